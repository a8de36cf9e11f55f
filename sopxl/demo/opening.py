"""The demo company's position at the start: stock, and orders that are open. One function a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.demo import assumptions
from sopxl.demo.source import Source
from sopxl.periods import DAYS_PER_PERIOD, Periods

HORIZON = Periods("month", assumptions.FIRST_PERIOD, assumptions.HORIZON)


def stock_on_hand(source: Source) -> pd.DataFrame:
    """Stock in the plant's own stores; finished goods split over the warehouses by last year's sales."""
    total = source.inventory.groupby("sku")["quantity"].sum()
    total = total[total > 0]
    rows, left = [], total.copy()
    for group, warehouse in assumptions.WAREHOUSE_OF_GROUP.items():
        share = (total * _share_of_sales(source, group).reindex(total.index).fillna(0.0)) // 1
        left -= share
        rows.append(pd.DataFrame({"item": share.index, "location": warehouse, "quantity": share.to_numpy()}))
    rows.insert(0, pd.DataFrame({"item": left.index, "location": assumptions.PLANT, "quantity": left.to_numpy()}))
    stock = pd.concat(rows, ignore_index=True)
    return stock[stock["quantity"] > 0]


def open_orders(source: Source) -> pd.DataFrame:
    """Web orders in hand, purchases within their lead time, and transfers under way."""
    return pd.concat([_web_orders(source), _purchases(source), _transfers(source)], ignore_index=True)


def _share_of_sales(source: Source, group: str) -> pd.Series:
    """A market group's share of each item's sales last year."""
    sales = source.last_year
    there = sales[sales["group"] == group].groupby("sku")["quantity"].sum()
    return (there / sales.groupby("sku")["quantity"].sum()).fillna(0.0)


def _safety_months(source: Source) -> pd.Series:
    """Safety stock of each item in months of demand."""
    return source.items["category"].map(assumptions.SAFETY_DAYS) / DAYS_PER_PERIOD["month"]


def _web_orders(source: Source) -> pd.DataFrame:
    """What the source sold in its last, incomplete month, as orders in hand."""
    sales = source.sales[source.sales["period"] == assumptions.FIRST_PERIOD]
    orders = sales.groupby(["market", "sku"], as_index=False)["quantity"].sum()
    return pd.DataFrame({
        "order": "WEB " + orders["market"].str.removesuffix(" Online"), "kind": "sale", "item": orders["sku"],
        "market": orders["market"], "due_period": assumptions.FIRST_PERIOD, "quantity": orders["quantity"],
    })


def _purchases(source: Source) -> pd.DataFrame:
    """Purchases under way: an average month of last year's needs, grown, for each month of the lead time.

    The first also brings the safety stock; what is on hand is taken off.
    """
    monthly = source.needs(source.last_year.groupby("sku")["quantity"].sum()) / 12 * assumptions.ORDERED_GROWTH
    on_hand = source.inventory.groupby("sku")["quantity"].sum().reindex(monthly.index).fillna(0.0)
    held = on_hand - monthly * _safety_months(source)
    usual = source.sourcing.sort_values("share_of_purchases", ascending=False).drop_duplicates("component_sku")
    rows = []
    for item, supplier, days in zip(usual["component_sku"], usual["supplier_id"], usual["lead_time_days"], strict=True):
        months = int(HORIZON.offset(float(days)))
        covered = np.maximum(np.arange(1, months + 1) * monthly[item] - held[item], 0.0)
        for month, quantity in enumerate(np.ceil(np.diff(covered, prepend=0.0))):
            rows.append((f"PO {item}-{month + 1}", item, supplier, HORIZON.labels[month], quantity))
    frame = pd.DataFrame(rows, columns=["order", "item", "supplier", "due_period", "quantity"])
    return frame[frame["quantity"] > 0].assign(kind="purchase", location=assumptions.PLANT)


def _transfers(source: Source) -> pd.DataFrame:
    """Transfers under way to the warehouses: what last year's same month, grown, and the safety stock need there.

    The stock that is there is taken off.
    """
    stock = stock_on_hand(source).set_index(["location", "item"])["quantity"]
    same_month = Periods("month", assumptions.FIRST_PERIOD, 1).before(12)[0]
    rows = []
    for group, warehouse in assumptions.WAREHOUSE_OF_GROUP.items():
        sales = source.sales[(source.sales["period"] == same_month) & (source.sales["group"] == group)]
        need = sales.groupby("sku")["quantity"].sum() * assumptions.ORDERED_GROWTH
        need *= 1 + _safety_months(source).reindex(need.index)
        held = stock[warehouse].reindex(need.index).fillna(0.0)
        short = np.ceil(np.maximum(need - held, 0.0))
        rows.append(pd.DataFrame({
            "order": f"TR {group}", "kind": "transfer", "item": short.index, "location": warehouse,
            "supplier": assumptions.PLANT, "due_period": assumptions.FIRST_PERIOD, "quantity": short.to_numpy(),
        }))
    transfers = pd.concat(rows, ignore_index=True)
    return transfers[transfers["quantity"] > 0]
