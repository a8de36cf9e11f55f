"""What a late supplier does to which customers: the deliveries of one supplier later, all else as planned.

What comes late is first made good by stock, safety stock included; what stock cannot make good is passed on through
bills of material and transfers to the demands behind them. ``delay`` reckons it for many suppliers at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sopxl.periods import DAYS_PER_PERIOD
from sopxl.steps.supply.figures import add_rows
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.price_breaks import order_costs
from sopxl.steps.supply.requirements import set_forward
from sopxl.steps.supply.tables import LATE_SUPPLIERS

SMALLEST = 1e-6
MOST_OTHERS = 5
"""So many of the suppliers who are not late are told in detail: those whose lateness would cost most."""

MOST_ROWS = 25
"""So many customers and items are told of each supplier; its total holds all."""

MOST_VALUES = 1_000_000
"""Suppliers are reckoned together as far as their values (suppliers x nodes x periods) stay below this."""

MOST_IN_ALL = 30_000_000
"""In large networks those who are not late are reckoned as far as all these values stay below this, the suppliers of
whom most is bought first."""


@dataclass(frozen=True)
class Delay:
    """What comes late, in units that should have come by the end of each period and have not; C suppliers.

    bought: C x N x T, purchases at nodes; nodes: C x N x T, receipts of all kinds; makes: C x M x T, units started;
    moves: C x V x T, units sent; demands: C x D x T, units shipped later than the plan has them.
    """

    bought: np.ndarray
    nodes: np.ndarray
    makes: np.ndarray
    moves: np.ndarray
    demands: np.ndarray


@review(LATE_SUPPLIERS)
def late_suppliers(view: PlanView) -> pd.DataFrame:
    """Rows of the table: who is said to be late, then what if each of the others were late by a period."""
    if not len(view.labels):
        return LATE_SUPPLIERS.empty_frame()
    cases = _cases(view)
    network, stock, plan = view.network, view.plan.closing_stock, PlannedFlows(view.network, view.planned)
    size = max(MOST_VALUES // max(len(network.nodes) * len(view.labels), 1), 1)
    totals = [np.zeros((0, 4))]
    for start in range(0, len(cases), size):
        part = cases.iloc[start: start + size]
        totals.append(_totals(network, _delay_of(view, plan, part, stock)))
    found = np.concatenate(totals)
    cases = cases.assign(money=found[:, 0], quantity=found[:, 1], first=found[:, 2], customers=found[:, 3])
    cases = cases.sort_values(["stated", "money", "quantity"], ascending=False, kind="stable", ignore_index=True)
    shown = cases["stated"] | (cases.index - int(cases["stated"].sum()) < MOST_OTHERS)
    rows = []
    for number, case in enumerate(cases.to_dict("records")):
        rows.append(pd.DataFrame([_total_row(view, case)]))
        if shown[number] and case["customers"]:
            rows.append(_details(view, plan, cases.iloc[[number]], stock))
    return pd.concat(rows, ignore_index=True) if rows else LATE_SUPPLIERS.empty_frame()


def _cases(view: PlanView) -> pd.DataFrame:
    """The suppliers of something planned or on order: supplier, days_late, shift (periods), stated (whether late)."""
    known = view.tables["suppliers"].drop_duplicates("supplier").set_index("supplier")
    names = view.network.buys["supplier"].drop_duplicates().to_numpy(object)
    known = known.reindex(pd.Index(names, dtype=object))
    days = np.nan_to_num(known["days_late"].astype(float).to_numpy())
    length = DAYS_PER_PERIOD[view.settings.bucket]
    active = known["active"].map(lambda flag: not pd.isna(flag) and bool(flag)).to_numpy(bool)
    cases = pd.DataFrame({
        "supplier": names, "days_late": np.where(days > 0, days, float(round(length))),
        "shift": np.where(days > 0, np.ceil(np.round(days / length, 9)), 1).astype(int), "stated": days > 0,
    })
    cases = pd.DataFrame(cases[(days > 0) | active])
    most = max(MOST_IN_ALL // max(len(view.network.nodes) * len(view.labels), 1), MOST_OTHERS)
    spent = (order_costs(view.network, view.planned.buy_receipt)
             + order_costs(view.network, view.network.open_purchases)).sum(axis=1)
    rank = cases["supplier"].map(pd.Series(spent).groupby(view.network.buys["supplier"].to_numpy(object)).sum())
    rank = rank.mask(cases["stated"]).rank(ascending=False, method="first")
    return pd.DataFrame(cases[cases["stated"] | (rank <= most)]).reset_index(drop=True)


def _delay_of(view: PlanView, plan: PlannedFlows, cases: pd.DataFrame, stock: np.ndarray) -> Delay:
    """The delay that these suppliers cause, each alone."""
    network = view.network
    receipts = network.open_purchases + view.planned.buy_receipt
    row = pd.Index(cases["supplier"]).get_indexer(network.buys["supplier"])
    of_case = np.flatnonzero(row >= 0)
    shift = cases["shift"].to_numpy(int)[row[of_case]]
    late = (receipts[of_case] - set_forward(receipts[of_case], shift)).cumsum(axis=1)
    bought = np.zeros((len(cases), *stock.shape))
    np.add.at(bought, (row[of_case], network.buys["node"].to_numpy(int)[of_case]), np.maximum(late, 0.0))
    return delay(network, plan, bought, stock)


def delay(network: Network, plan: PlannedFlows, bought: np.ndarray, stock: np.ndarray) -> Delay:
    """What late purchases (C x N x T, units not there yet) hold up, level by level from suppliers to customers.

    ``stock``: closing stock of the plan (N x T), which is used up first. What leaves a node is held up in the order in
    which it should have left; in one period in proportion. Production waits for the component that is latest.
    Transfers against the levels of the requirements plan (balancing between warehouses) pass nothing on.
    """
    counts = (len(network.makes), len(network.moves), len(network.demands))
    found = Delay(bought, bought.copy(), *(np.zeros((len(bought), count, bought.shape[2])) for count in counts))
    level = network.nodes["level"].to_numpy(int)
    for number in range(int(level.max(initial=-1)), -1, -1):
        nodes = np.flatnonzero(level == number)
        _receive(network, plan, found, nodes)
        case, at = np.nonzero((found.nodes[:, nodes] > SMALLEST).any(axis=2))
        if len(case):
            plan.hold_up(found, case, nodes[at], stock)
    return found


def _receive(network: Network, plan: PlannedFlows, found: Delay, nodes: np.ndarray) -> None:
    """What production and transfers that are held up bring later to these nodes, and beside them."""
    makes, moves = network.makes, network.moves
    made = np.flatnonzero(np.isin(makes["node"], nodes) & (found.makes > SMALLEST).any(axis=(0, 2)))
    good = _later(found.makes[:, made], makes["lead"].to_numpy(int)[made])
    good *= makes["yield_rate"].to_numpy(float)[made, None]
    _add(found.nodes, makes["node"].to_numpy(int)[made], np.minimum(good, plan.made[made]))
    beside = network.co_products[network.co_products["make"].isin(made)]
    make = beside["make"].to_numpy(int)
    per_good = beside["quantity"].to_numpy(float) / makes["yield_rate"].to_numpy(float)[make]
    _add(found.nodes, beside["node"].to_numpy(int), good[:, np.searchsorted(made, make)] * per_good[:, None])
    moved = np.flatnonzero(np.isin(moves["to_node"], nodes) & (found.moves > SMALLEST).any(axis=(0, 2)))
    later = _later(found.moves[:, moved], moves["lead"].to_numpy(int)[moved])
    _add(found.nodes, moves["to_node"].to_numpy(int)[moved], np.minimum(later, plan.arrived[moved]))


def _add(total: np.ndarray, rows: np.ndarray, values: np.ndarray) -> None:
    """Add each of ``values`` (cases x rows x periods) to the row of ``total`` that ``rows`` names."""
    for number, row in enumerate(rows):
        total[:, row] += values[:, number]


def _later(late: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Units held up (cases x rows x periods) as they are missed ``lead`` periods later.

    What should have started before the first period is missed at once.
    """
    when = np.maximum(np.arange(late.shape[2]) - lead[:, None], 0)
    return np.take_along_axis(late, np.broadcast_to(when, late.shape), axis=2)


class PlannedFlows:
    """What leaves each node in the plan, and by which component, transfer or shipment, all added up over time."""

    def __init__(self, network: Network, flows: Flows) -> None:
        """The flows of a plan for the network."""
        parts, moves, demands = network.components, network.moves, network.demands
        self.make = parts["make"].to_numpy(int)
        each = np.repeat(parts["quantity"].to_numpy(float)[:, None], flows.shipment.shape[1], axis=1)
        if network.component_open is not None:
            each = each * network.component_open
        self.kind = np.repeat([0, 1, 2], [len(parts), len(moves), len(demands)])
        self.row = np.concatenate([np.arange(len(parts)), np.arange(len(moves)), np.arange(len(demands))])
        self.node = np.concatenate([parts["node"], moves["from_node"], demands["node"]]).astype(int)
        quantity = np.concatenate([flows.make_start[self.make] * each, flows.move_shipment, flows.shipment])
        self.gone = np.maximum(quantity, 0.0).cumsum(axis=1)
        self.total = np.zeros((len(network.nodes), quantity.shape[1]))
        add_rows(self.total, self.node, self.gone)
        self.made, self.arrived = flows.make_receipt.cumsum(axis=1), flows.move_arrival.cumsum(axis=1)
        self.per_start = parts["quantity"].to_numpy(float)
        self.order = np.argsort(self.node, kind="stable")
        self.first = np.searchsorted(self.node[self.order], np.arange(len(network.nodes) + 1))

    def hold_up(self, found: Delay, case: np.ndarray, node: np.ndarray, stock: np.ndarray) -> None:
        """Pass on what stock at these nodes (one of each case) does not make good."""
        short = np.maximum(found.nodes[case, node] - np.maximum(stock[node], 0.0), 0.0)
        short = np.minimum(short, self.total[node])
        kept = (short > SMALLEST).any(axis=1)
        case, node, short = case[kept], node[kept], short[kept]
        count = self.first[node + 1] - self.first[node]
        pair = np.repeat(np.arange(len(node)), count)
        within = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
        arc = self.order[self.first[node[pair]] + within]
        until, part = _reached(self.total[node], self.total[node] - short)
        late = np.maximum(self.gone[arc] - _at(self.gone[arc], until[pair], part[pair]), 0.0)
        self._pass_on(found, case[pair], arc, late)

    def _pass_on(self, found: Delay, case: np.ndarray, arc: np.ndarray, late: np.ndarray) -> None:
        """Hold up what the arcs lead to: makes by the latest of their components, transfers and shipments."""
        kind, row = self.kind[arc], self.row[arc]
        moved, sold, used = kind == 1, kind == 2, (kind == 0) & (late > 0).any(axis=1)
        found.moves[case[moved], row[moved]] = late[moved]
        found.demands[case[sold], row[sold]] = late[sold]
        starts = late[used] / self.per_start[row[used], None]
        np.maximum.at(found.makes, (case[used], self.make[row[used]]), starts)


def _reached(total: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where running totals (rows x periods) reach what is wanted, at most what they are in the same column.

    Whole periods before, and the part of the next. Looked for backwards, as what is held up is not held up for long.
    """
    rows, periods = total.shape
    padded = np.concatenate([np.zeros((rows, 1)), total], axis=1)
    until = np.repeat(np.arange(1, periods + 1)[None, :], rows, axis=0)
    row, period = np.nonzero(wanted < total - SMALLEST)
    while len(row):
        until[row, period] -= 1
        at = until[row, period]
        beyond = (at > 0) & (padded[row, at] > wanted[row, period] + SMALLEST)
        row, period = row[beyond], period[beyond]
    lower = np.take_along_axis(padded, until, axis=1)
    upper = np.take_along_axis(padded, np.minimum(until + 1, periods), axis=1)
    part = np.divide(wanted - lower, upper - lower, out=np.zeros_like(lower), where=upper - lower > SMALLEST)
    return until, np.clip(part, 0.0, 1.0)


def _at(gone: np.ndarray, until: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Running totals (rows x periods) at these points of time, evenly within a period."""
    padded = np.concatenate([np.zeros((len(gone), 1)), gone], axis=1)
    lower = np.take_along_axis(padded, until, axis=1)
    upper = np.take_along_axis(padded, np.minimum(until + 1, gone.shape[1]), axis=1)
    return np.asarray(lower + part * (upper - lower))


def _worst(network: Network, found: Delay) -> tuple[np.ndarray, np.ndarray]:
    """Units that come late at the worst time, and their money at price: C x D each."""
    late = np.where(found.demands > SMALLEST, found.demands, 0.0)
    return late.max(axis=2, initial=0.0), (late * np.nan_to_num(network.price)).max(axis=2, initial=0.0)


def _totals(network: Network, found: Delay) -> np.ndarray:
    """By case: money, units, the first period in which anyone waits, and how many customers' demands wait."""
    units, money = _worst(network, found)
    waits = (found.demands > SMALLEST).any(axis=1)
    return np.column_stack([money.sum(axis=1), units.sum(axis=1), waits.argmax(axis=1), (units > 0).sum(axis=1)])


def _total_row(view: PlanView, case: dict[Any, Any]) -> dict[str, Any]:
    """The line of all that waits for a supplier."""
    waits = case["customers"] > 0
    count = int(case["customers"])
    told = f"{count} items and markets wait." if count > 1 else "An item waits in one market."
    return {
        "supplier": case["supplier"], "days_late": case["days_late"], "item": "", "market": "",
        "period": view.labels[int(case["first"])] if waits else "", "quantity": case["quantity"],
        "money": case["money"], "through": told if waits else "Nobody waits: stock makes it good.",
    }


def _details(view: PlanView, plan: PlannedFlows, case: pd.DataFrame, stock: np.ndarray) -> pd.DataFrame:
    """The items and markets that wait for a supplier, the dearest first."""
    found, demands = _delay_of(view, plan, case, stock), view.network.demands
    units, money = _worst(view.network, found)
    rows = np.flatnonzero(units[0] > 0)
    rows = rows[np.lexsort((-units[0, rows], -money[0, rows]))][:MOST_ROWS]
    trail = _Trail(view.network, found, stock)
    return pd.DataFrame({
        "supplier": case["supplier"].iloc[0], "days_late": case["days_late"].iloc[0],
        "item": demands["item"].to_numpy(object)[rows], "market": demands["market"].to_numpy(object)[rows],
        "period": view.labels[(found.demands[0, rows] > SMALLEST).argmax(axis=1)], "quantity": units[0, rows],
        "money": money[0, rows],
        "through": [trail.words(node) for node in demands["node"].to_numpy(int)[rows]],
    })


class _Trail:
    """The way of what comes late, from the purchase to a node, along what is held up most (first case)."""

    def __init__(self, network: Network, found: Delay, stock: np.ndarray) -> None:
        self.network = network
        self.bought = found.bought[0].max(axis=1, initial=0.0)
        self.made, self.moved = (late[0].max(axis=1, initial=0.0) for late in (found.makes, found.moves))
        self.short = np.maximum(found.nodes[0] - np.maximum(stock, 0.0), 0.0).max(axis=1, initial=0.0)
        self.maker, self.bringer = network.makes["node"].to_numpy(int), network.moves["to_node"].to_numpy(int)
        self.sender = network.moves["from_node"].to_numpy(int)
        self.part_of, self.part = (network.components[name].to_numpy(int) for name in ("make", "node"))
        self.per_start = network.components["quantity"].to_numpy(float)

    def nodes(self, node: int) -> list[int]:
        """The nodes on the way, the one bought first."""
        way = [node]
        while (before := self._before(way[0])) >= 0 and before not in way:
            way.insert(0, before)
        return way

    def _before(self, node: int) -> int:
        """The node that holds this one up most, -1 where that is its own purchases."""
        makes, moves = np.flatnonzero(self.maker == node), np.flatnonzero(self.bringer == node)
        make, move = (rows[values[rows].argmax()] if len(rows) else -1
                      for rows, values in ((makes, self.made), (moves, self.moved)))
        made = self.made[make] if make >= 0 else 0.0
        moved = self.moved[move] if move >= 0 else 0.0
        if self.bought[node] >= max(made, moved):
            return -1
        if moved > made:
            return int(self.sender[move])
        parts = np.flatnonzero((self.part_of == make) & (self.per_start > 0))
        return int(self.part[parts[(self.short[self.part[parts]] / self.per_start[parts]).argmax()]])

    def words(self, node: int) -> str:
        """The way in words; a location is named where it changes."""
        way = self.network.nodes.iloc[self.nodes(node)]
        place = way["location"].to_numpy(object)
        changes = np.append(True, place[1:] != place[:-1])
        steps = [f"{item} at {location}" if changed else str(item)
                 for item, location, changed in zip(way["item"], place, changes, strict=True)]
        return " → ".join(steps)
