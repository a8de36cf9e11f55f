"""What to do with which order: release, expedite, delay, cancel, increase or reduce, the most urgent first.

Open orders are set against what is needed by date, first due, first used, as in rescheduling messages of requirements
planning; new orders are those of the plan that have to be released in the first period or should have been before.
Source: *APICS Dictionary*, 'action message' and 'exception report'; Orlicky, *Material Requirements Planning* (1975).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.steps.supply.lots import round_lots
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.pegs import overlaps
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.price_breaks import costs_of_orders
from sopxl.steps.supply.tables import ORDER_PROPOSALS
from sopxl.steps.supply.words import amount, first_rows

SMALLEST = 1e-6
MOST_ROWS = 10_000
"""So many proposals are told, the most urgent first; a last row adds up the others."""

DAMPING = 0.01
"""What concerns less than this share of an order is not worth a message; nor is less than a period."""


@dataclass(frozen=True)
class _Need:
    """What open orders and new ones have to cover at each node, nodes x periods.

    wanted: units beyond stock on hand that have to be there by the end of the period, safety stock included; bare: the
    same without safety stock; coming: what is on order, added up by due period; expedited: the same as far as orders
    come sooner because they are needed; left: stock with these and without any new order; safety: safety stock.
    """

    wanted: np.ndarray
    bare: np.ndarray
    coming: np.ndarray
    expedited: np.ndarray
    left: np.ndarray
    safety: np.ndarray


@review(ORDER_PROPOSALS)
def order_proposals(view: PlanView) -> pd.DataFrame:
    """Rows of the table: messages on open orders and new orders to release now."""
    orders = open_orders(view)
    need = _need(view.network, view.required.gross_requirements, orders)
    orders = _with_need(orders, need)
    found = pd.concat([_on_open_orders(view, need, orders), _to_release(view, need, orders)], ignore_index=True)
    found = found.sort_values(["urgency", "money"], ascending=[True, False], kind="stable", ignore_index=True)
    found = found.assign(name=view.name_of(found["item"]))
    return first_rows(found, MOST_ROWS, ["money"], action="others", reason="{count} less urgent proposals.")


def _need(network: Network, gross: np.ndarray | None, orders: pd.DataFrame) -> _Need:
    """What is needed beyond stock, by date; orders due after the horizon can be had sooner too."""
    used = np.zeros_like(network.open_other) if gross is None else gross.cumsum(axis=1)
    safety = np.zeros_like(used) if network.safety_stock is None else network.safety_stock
    on_hand = network.nodes["on_hand"].to_numpy(float)[:, None]

    def beyond(kept: np.ndarray | float) -> np.ndarray:
        return np.asarray(np.maximum.accumulate(np.maximum(used + kept - on_hand, 0.0), axis=1))

    wanted, coming = beyond(safety), network.scheduled_receipts.cumsum(axis=1)
    after = orders[orders["due"] >= coming.shape[1]]
    beyond_it = np.bincount(after["node"].to_numpy(int), after["quantity"].to_numpy(float), len(coming))
    sooner = np.maximum(coming, np.minimum(wanted, coming[:, -1:] + beyond_it[:, None]))
    settled = ~np.isnan(network.firm_production).all(axis=1)
    if network.frozen is not None:
        settled |= network.frozen.any(axis=1)
    fixed = network.makes["node"].to_numpy(int)[settled]
    sooner[fixed] = coming[fixed]
    return _Need(wanted, beyond(0.0), coming, sooner, on_hand + sooner - used, safety)


def open_orders(view: PlanView) -> pd.DataFrame:
    """Open orders that bring stock to a node, by node and due period, with what comes before each of them.

    order, kind, item, location, source, node, due (period of the plan; negative: overdue), present (its label),
    quantity, price (of a unit), before (units of orders that are due sooner).
    """
    network, table = view.network, view.tables["open_orders"]
    nodes = pd.MultiIndex.from_frame(network.nodes[["item", "location"]])
    found = pd.DataFrame({
        "order": table["order"], "kind": table["kind"], "item": table["item"], "location": table["location"],
        "source": table["supplier"], "node": nodes.get_indexer(pd.MultiIndex.from_frame(table[["item", "location"]])),
        "due": positions_of(table["due_period"], view.settings), "present": table["due_period"],
        "quantity": table["quantity"].fillna(0.0).astype(float),
    })
    found = found[(found["kind"] != "sale") & (found["node"] >= 0) & found["due"].notna() & (found["quantity"] > 0)]
    found = found.assign(due=found["due"].clip(-10000, 10000).astype(int), price=_prices(network, found))
    found = found.sort_values(["node", "due"], kind="stable", ignore_index=True)
    before = found.groupby("node")["quantity"].cumsum() - found["quantity"]
    return found.assign(before=before.astype(float))


def _prices(network: Network, orders: pd.DataFrame) -> np.ndarray:
    """Cost of a unit of each order: of a purchase the price that its quantity earns, where there is one, else standard
    cost.
    """
    cost = network.nodes["unit_cost"].fillna(0.0).to_numpy(float)[orders["node"].to_numpy(int)]
    row = _buy_of(network, orders)
    priced = (row >= 0) & ~np.isnan(np.append(network.buys["unit_price"].to_numpy(float), np.nan)[row])
    quantity = orders["quantity"].to_numpy(float)[priced]
    cost[priced] = costs_of_orders(network, row[priced], quantity) / quantity
    return np.asarray(cost)


def _buy_of(network: Network, orders: pd.DataFrame) -> np.ndarray:
    """Row of the buys by which each order comes, -1 where by none."""
    buys = network.buys.drop_duplicates(["node", "supplier"])
    ways = pd.MultiIndex.from_arrays([buys["node"], buys["supplier"]])
    row = ways.get_indexer(pd.MultiIndex.from_arrays([orders["node"], orders["source"]]))
    row = np.append(buys.index.to_numpy(int), -1)[row]
    return np.asarray(np.where(orders["kind"] == "purchase", row, -1))


def _with_need(orders: pd.DataFrame, need: _Need) -> pd.DataFrame:
    """The open orders with at (period of the plan in which they are due) and first (in which they are needed)."""
    periods = need.wanted.shape[1]
    least = orders["before"] + np.maximum(DAMPING * orders["quantity"], SMALLEST)
    first = _first(need.wanted[orders["node"].to_numpy(int)] > least.to_numpy(float)[:, None])
    return orders.assign(first=first, at=np.clip(orders["due"].to_numpy(int), 0, periods))


def _on_open_orders(view: PlanView, need: _Need, orders: pd.DataFrame) -> pd.DataFrame:
    """Messages on orders that are placed already; whether one due after the horizon is needed then is not known."""
    periods = need.wanted.shape[1]
    node, quantity, before = (orders[name].to_numpy() for name in ("node", "quantity", "before"))
    first, due, wanted = orders["first"].to_numpy(int), orders["at"].to_numpy(int), need.wanted[node]
    used = np.clip(wanted[:, -1] - before, 0.0, quantity)
    kept = _in_lots(view.network, orders, used)
    early = np.clip(wanted[np.arange(len(node)), np.maximum(due - 1, 0)] - before, 0.0, quantity)
    bare = need.bare[node][np.arange(len(node)), np.minimum(first, periods - 1)] > before + SMALLEST
    pieces = view.in_pieces(orders["item"])
    excess = np.where(first < periods, quantity - kept, 0.0)
    table = orders.assign(used=used, excess=np.where(pieces, np.floor(excess + SMALLEST), excess),
                          early=np.where(pieces, np.minimum(np.ceil(early - SMALLEST), quantity), early),
                          runs_out=bare & (first < periods))
    table = table[(table["first"] < periods) | (table["at"] < periods)]
    table["excess"] = table["excess"].where(table["at"] < periods, 0.0)
    overdue = (table["due"] < 0) & (table["first"] == 0)
    parts = [
        _message(view, "cancel", table[table["first"] >= periods], "quantity", "at"),
        _message(view, "expedite", table[(table["first"] < table["at"]) | overdue], "early", "first"),
        _message(view, "delay", table[(table["first"] > table["at"]) & (table["first"] < periods)].assign(
            kept=lambda rows: rows["quantity"] - rows["excess"]), "kept", "at"),
        _message(view, "reduce", table[table["excess"] >= np.maximum(DAMPING * table["quantity"], SMALLEST)],
                 "excess", "at"),
    ]
    return pd.concat(parts, ignore_index=True)


def _first(found: np.ndarray) -> np.ndarray:
    """First period in which the flag (rows x periods) holds; the number of periods where it never does."""
    return np.asarray(np.where(found.any(axis=1), found.argmax(axis=1), found.shape[1]))


def _in_lots(network: Network, orders: pd.DataFrame, used: np.ndarray) -> np.ndarray:
    """What is needed of each order in the smallest order that its item and its supplier allow, at most all of it."""
    table = network.nodes.iloc[orders["node"].to_numpy(int)]
    fixed = (table["lot_rule"] == "fixed").to_numpy() & (table["lot_size"].to_numpy(float) > 0)
    multiple = np.where(fixed, table["lot_size"].to_numpy(float), table["lot_multiple"].to_numpy(float))
    lots = round_lots(used[:, None], table["minimum_lot"].to_numpy(float), multiple)
    buy = _buy_of(network, orders)
    terms = network.buys.iloc[buy[buy >= 0]]
    lots[buy >= 0] = round_lots(
        lots[buy >= 0], terms["minimum_order"].to_numpy(float), terms["order_multiple"].to_numpy(float)
    )
    return np.asarray(np.minimum(lots[:, 0], orders["quantity"].to_numpy(float)))


def _message(view: PlanView, action: str, rows: pd.DataFrame, quantity: str, urgency: str) -> pd.DataFrame:
    """Messages of one kind on these orders; ``quantity`` and ``urgency`` name the columns that hold them."""
    due = np.append(view.labels, "")[np.minimum(rows["first"].to_numpy(int), len(view.labels))]
    if action in ("cancel", "reduce"):
        due = np.where(rows["first"] >= len(view.labels), "", rows["present"])
    return pd.DataFrame({
        "action": action, **{name: rows[name] for name in ("kind", "order", "item", "location", "source")},
        "quantity": rows[quantity], "present_period": rows["present"], "due_period": due, "order_period": "",
        "money": rows[quantity] * rows["price"], "urgency": rows[urgency] - 0.5 * rows["runs_out"],
        "reason": [REASONS[action](view.labels, row) for row in rows.to_dict("records")],
    })


Row = dict[Any, Any]


def _why_expedite(labels: np.ndarray, row: Row) -> str:
    overdue = f"It was due in {row['present']} and has not come. " if int(row["due"]) < 0 else ""
    return overdue + _shortage(labels, row, bool(row["runs_out"]), int(row["first"]))


def _shortage(labels: np.ndarray, row: Row, runs_out: bool, period: int) -> str:
    """That stock falls short without the order."""
    how = "runs out" if runs_out else "falls below safety stock"
    return f"Stock of {row['item']} at {row['location']} {how} in {labels[period]} without it."


def _units(row: Row, column: str) -> str:
    """A quantity of the row as planners read it."""
    return amount(float(row[column]))


REASONS: dict[str, Callable[[np.ndarray, Row], str]] = {
    "expedite": _why_expedite,
    "delay": lambda labels, row: f"Nothing needs it before {labels[int(row['first'])]}: stock and earlier orders "
                                 "suffice until then.",
    "cancel": lambda labels, row: "Nothing needs it within the horizon: stock and earlier orders suffice.",
    "reduce": lambda labels, row: f"Only {_units(row, 'used')} of {_units(row, 'quantity')} are needed within the "
                                  "horizon.",
}


def _to_release(view: PlanView, need: _Need, orders: pd.DataFrame) -> pd.DataFrame:
    """New orders of the plan that are to be released in the first period, what is past due among them.

    Where an open order of the same source is due in the same period and stays there, that is to be increased instead,
    unless it is on its way already (transfers).
    """
    rows = _after_expediting(planned_orders(view), need)
    rows = _in_whole_pieces(view, pd.DataFrame(rows[rows["at"] <= rows["lead"]]))
    node, at = rows["node"].to_numpy(int), rows["at"].to_numpy(int)
    ahead = np.arange(need.left.shape[1]) >= at[:, None]
    short = ahead & (need.left[node] < need.safety[node] - SMALLEST)
    when = _first(short)
    last = np.minimum(when, need.left.shape[1] - 1)
    runs_out = (need.left[node, last] < -SMALLEST) & (when < need.left.shape[1])
    rows = rows.assign(when=when, runs_out=runs_out, late=rows["lead"] - rows["at"])
    key = ["kind", "node", "source", "at"]
    stays = (orders["kind"] != "transfer") & (orders["first"] == orders["at"])
    placed = orders[stays].drop_duplicates(key)[[*key, "order"]]
    rows = rows.merge(placed, on=key, how="left")
    is_open = rows["order"].notna()
    labels = view.labels
    return pd.DataFrame({
        "action": np.where(is_open, "increase", "release"), "kind": rows["kind"], "order": rows["order"].fillna(""),
        "item": rows["item"], "location": rows["location"], "source": rows["source"], "quantity": rows["quantity"],
        "order_period": labels[0], "present_period": np.where(is_open, labels[rows["at"].to_numpy(int)], ""),
        "due_period": labels[rows["at"].to_numpy(int)], "money": rows["quantity"] * _prices(view.network, rows),
        "urgency": -rows["late"] - 0.5 * rows["runs_out"],
        "reason": [_why_release(labels, row) for row in rows.to_dict("records")],
    })


def _in_whole_pieces(view: PlanView, rows: pd.DataFrame) -> pd.DataFrame:
    """New orders of items counted in pieces as whole numbers: from each source never less than planned by any date, and
    less than a piece more in all. ``planned`` is the quantity before.
    """
    source = ["kind", "node", "source"]
    rows = rows.sort_values([*source, "at"], kind="stable", ignore_index=True)
    rows["planned"] = rows["quantity"]
    total = np.ceil(rows.groupby(source)["quantity"].cumsum() - SMALLEST)
    whole = total - total.groupby([rows[name] for name in source]).shift(fill_value=0.0)
    rows["quantity"] = rows["quantity"].mask(view.in_pieces(rows["item"]), whole)
    return pd.DataFrame(rows[rows["quantity"] > SMALLEST]).reset_index(drop=True)


def _after_expediting(rows: pd.DataFrame, need: _Need) -> pd.DataFrame:
    """New orders as they are needed once open orders come sooner: what these cover then is wanted when they were due.

    One order may become several with different periods, and orders of one period become one.
    """
    moved = (need.expedited - need.coming > SMALLEST).any(axis=1)
    chosen = moved[rows["node"].to_numpy(int)]
    if not chosen.any():
        return rows
    late = rows[chosen].sort_values(["node", "at"], kind="stable", ignore_index=True)
    receipts = np.zeros_like(need.coming)
    np.add.at(receipts, (late["node"].to_numpy(int), late["at"].to_numpy(int)), late["quantity"].to_numpy(float))
    wanted = receipts.cumsum(axis=1) + need.coming - need.expedited
    wanted = np.maximum.accumulate(np.maximum(wanted, 0.0), axis=1)
    steps = np.diff(wanted, axis=1, prepend=0.0)
    node, at = np.nonzero(steps > SMALLEST)
    row, step, quantity = overlaps(late["node"].to_numpy(int), late["quantity"].to_numpy(float), node, steps[node, at])
    late = late.iloc[row].assign(at=at[step], quantity=quantity)
    same = [name for name in late.columns if name != "quantity"]
    late = pd.DataFrame(late.groupby(same, as_index=False, sort=False).sum())
    return pd.DataFrame(pd.concat([rows[~chosen], late], ignore_index=True))


WORDS = {"purchase": "ordered", "production": "started", "transfer": "sent"}


def _why_release(labels: np.ndarray, row: Row) -> str:
    late = int(row["late"])
    periods = f"{late} periods" if late > 1 else "a period"
    past = f"It should have been {WORDS[row['kind']]} {periods} ago. " if late else ""
    when = int(row["when"])
    whole = abs(float(row["quantity"]) - float(row["planned"])) > SMALLEST
    rounded = f" Whole pieces: the plan has {float(row['planned']):,.2f}." if whole else ""
    if when >= len(labels):
        return past + "The plan has it ahead of the need, or as part of a whole lot." + rounded
    return past + _shortage(labels, row, bool(row["runs_out"]), when) + rounded


def planned_orders(view: PlanView) -> pd.DataFrame:
    """New orders of the plan: kind, item, location, source, node, lead, at (period of receipt), quantity."""
    network, planned = view.network, view.planned
    ways = (
        ("purchase", planned.buy_receipt, network.buys, "location", "supplier", "node"),
        ("production", planned.make_receipt, network.makes, "location", "routing", "node"),
        ("transfer", planned.move_arrival, network.moves, "to_location", "from_location", "to_node"),
    )
    parts = []
    for kind, receipts, table, location, source, node in ways:
        row, at = np.nonzero(receipts > SMALLEST)
        chosen = table.iloc[row]
        parts.append(pd.DataFrame({
            "kind": kind, "item": chosen["item"].to_numpy(object), "location": chosen[location].to_numpy(object),
            "source": chosen[source].to_numpy(object), "node": chosen[node].to_numpy(int),
            "lead": chosen["lead"].to_numpy(int), "at": at, "quantity": receipts[row, at],
        }))
    return pd.concat(parts, ignore_index=True)
