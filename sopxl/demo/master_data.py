"""The demo company's master data: one function a table, from the source and the assumptions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.demo import assumptions
from sopxl.demo.source import Source
from sopxl.demo.standard_costs import average_prices, standard_costs, unit_prices


def items(source: Source) -> pd.DataFrame:
    """Items that still sell, and what goes into them."""
    frame = source.items
    unit = source.bom.drop_duplicates("component_sku").set_index("component_sku")["unit"]
    sold = frame.index.isin(source.sold)
    return pd.DataFrame({
        "item": frame.index,
        "name": frame["name"].to_numpy(),
        "category": frame["category"].to_numpy(),
        "family": frame["subcategory"].to_numpy(),
        "unit": unit.reindex(frame.index).fillna("EA").to_numpy(),
        "status": np.where(sold, "active", "component"),
        "first_sales_period": np.where(sold, frame["first_sales_month"].str[:7].fillna(""), ""),
        "lead_time": frame["days_to_manufacture"].to_numpy(float),
    })


def locations(source: Source) -> pd.DataFrame:
    """The plant, and the warehouses overseas."""
    warehouses = list(assumptions.WAREHOUSE_OF_GROUP.values())
    return pd.DataFrame({
        "location": [assumptions.PLANT, *warehouses],
        "name": ["Plant and warehouse for North America", *(f"{name.split()[0]} distribution" for name in warehouses)],
        "kind": ["plant"] + ["warehouse"] * len(warehouses),
    })


def ship_from(groups: pd.Series) -> pd.Series:
    """The location that serves each market group."""
    return groups.map(assumptions.WAREHOUSE_OF_GROUP).fillna(assumptions.PLANT)


def markets(source: Source) -> pd.DataFrame:
    """Territory by channel, wherever something was sold."""
    sold = source.sales[["market", "territory", "channel", "group"]].drop_duplicates().sort_values("market")
    return pd.DataFrame({
        "market": sold["market"],
        "territory": sold["territory"],
        "country": sold["territory"].map(source.territories.set_index("territory")["country"]),
        "channel": sold["channel"],
        "market_group": sold["group"],
        "ship_from": ship_from(sold["group"]),
        "freight_cost": assumptions.CUSTOMER_FREIGHT,
    })


def resources(source: Source) -> pd.DataFrame:
    """The seven work centres."""
    centers = source.work_centers
    return pd.DataFrame({
        "resource": centers["work_center"],
        "name": centers["work_center"],
        "location": assumptions.PLANT,
        "hours_per_day": centers["availability_hours_per_day"],
        "days": "calendar",
        "hourly_cost": centers["cost_rate_per_hour"],
        "overtime_limit": assumptions.OVERTIME_LIMIT,
        "overtime_cost": centers["cost_rate_per_hour"] * assumptions.OVERTIME_FACTOR,
    })


def routings(source: Source) -> pd.DataFrame:
    """Recorded operations, with the hours of one unit at last year's lots."""
    return pd.DataFrame({
        "item": source.hours["sku"],
        "location": assumptions.PLANT,
        "operation": source.hours["operation"].astype(str),
        "resource": source.hours["work_center"],
        "hours_per_unit": source.hours["hours"],
    })


def bills_of_material(source: Source) -> pd.DataFrame:
    """All levels below the items that still sell."""
    columns = {"parent_sku": "parent", "component_sku": "component"}
    return source.bom.rename(columns=columns)[["parent", "component", "quantity"]]


def suppliers(source: Source) -> pd.DataFrame:
    """Suppliers of what is bought."""
    frame = source.suppliers
    return pd.DataFrame({
        "supplier": frame["supplier_id"], "name": frame["name"], "currency": "USD",
        "rating": frame["credit_rating_text"], "active": frame["active"] == 1,
    })


def sourcing(source: Source) -> pd.DataFrame:
    """Who delivers what: the supplier with the largest share of purchases first."""
    frame = source.sourcing
    pack = frame["order_unit"].map(assumptions.PACK_SIZE)
    rank = frame.sort_values("share_of_purchases", ascending=False, kind="stable").groupby("component_sku").cumcount()
    return pd.DataFrame({
        "item": frame["component_sku"],
        "location": assumptions.PLANT,
        "supplier": frame["supplier_id"],
        "price": _sane_prices(source).round(6),
        "lead_time": frame["lead_time_days"],
        "minimum_order": np.minimum(frame["min_order_qty"], _most_packs(source)) * pack,
        "order_multiple": pack.where(pack > 1),
        "expedite_cost": assumptions.EXPEDITE_SURCHARGE,
        "priority": rank + 1,
    })


def _most_packs(source: Source) -> pd.Series:
    """The largest minimum order that makes sense, in packs: a few months of last year's needs."""
    need = source.needs(source.last_year.groupby("sku")["quantity"].sum()) / 12 * assumptions.MINIMUM_ORDER_MONTHS
    packs = source.sourcing["component_sku"].map(need) / source.sourcing["order_unit"].map(assumptions.PACK_SIZE)
    return pd.Series(np.ceil(packs), index=source.sourcing.index)


def _sane_prices(source: Source) -> pd.Series:
    """Prices per unit: the source's for goods that are only sold on, else around the standard cost.

    A component's suppliers differ from its standard cost as they differ from their average in the source.
    """
    item = source.sourcing["component_sku"]
    price = unit_prices(source)
    only_sold_on = ~item.isin(source.bom["component_sku"]) & (source.sourcing["order_unit"] == "EA")
    only_sold_on &= price < 1.2 * item.map(source.items["standard_cost"])
    at_standard = item.map(standard_costs(source)["cost"]) * price / item.map(average_prices(source))
    return price.where(only_sold_on, at_standard)


def lanes(source: Source) -> pd.DataFrame:
    """From the plant to each warehouse, for every item sold there or elsewhere."""
    category = source.items.loc[source.sold, "category"]
    frames = [
        pd.DataFrame({
            "from_location": assumptions.PLANT,
            "to_location": warehouse,
            "item": source.sold,
            "lead_time": assumptions.TRANSIT_DAYS[group],
            "unit_cost": category.map(assumptions.TRANSIT_FREIGHT[group]).to_numpy(),
        })
        for group, warehouse in assumptions.WAREHOUSE_OF_GROUP.items()
    ]
    return pd.concat(frames, ignore_index=True)


def costs(source: Source) -> pd.DataFrame:
    """Standard costs by element."""
    standard = standard_costs(source)
    return pd.DataFrame({
        "item": standard.index,
        "material_cost": standard["material"].to_numpy(),
        "conversion_cost": standard["conversion"].to_numpy(),
        "production_cost": standard["production_cost"].to_numpy(),
    })


def stock_policies(source: Source) -> pd.DataFrame:
    """Safety stock as days of demand, everywhere."""
    return pd.DataFrame({
        "item": source.items.index,
        "safety_days": source.items["category"].map(assumptions.SAFETY_DAYS).to_numpy(),
    })


def exchange_rates(source: Source) -> pd.DataFrame:
    """The last complete month's rates, turned round: USD for one unit of each currency."""
    return pd.DataFrame({
        "currency": source.rates["to_currency"],
        "average_rate": 1.0 / source.rates["average_rate"],
        "closing_rate": 1.0 / source.rates["end_rate"],
    })
