"""Capable to promise: what more could be made, bought or moved in time beside the plan, and what that costs.

A node first gives what it can still promise; the rest is made, bought or moved by its usual source, as late as hours,
suppliers, lanes, lead times and components allow. What one inquiry takes is gone for the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.steps.supply.netting import list_sources
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.promise import promises_of_plan

SMALLEST = 1e-6


@dataclass
class Free:
    """What the plan leaves free: promises (N x T units), regular hours and overtime (R x T), what buys, moves and
    suppliers can still bring (B x T, V x T, S x T units; inf: no limit).
    """

    promises: np.ndarray
    regular: np.ndarray
    overtime: np.ndarray
    buys: np.ndarray
    moves: np.ndarray
    suppliers: np.ndarray

    def copy(self) -> Free:
        """The same, to try something out."""
        return Free(*(values.copy() for values in
                      (self.promises, self.regular, self.overtime, self.buys, self.moves, self.suppliers)))


@dataclass(frozen=True)
class Answer:
    """Whether it can be had, what it costs beyond the plan, what it leaves free, and what stood in the way if not."""

    possible: bool
    cost: float
    free: Free
    obstacle: str = ""


class CapableToPromise:
    """Answers of one plan."""

    def __init__(self, view: PlanView) -> None:
        """Take stock of what the plan leaves free."""
        self.network = view.network
        table = list_sources(view.network).table
        usual = table[table["order"] == 0].set_index("node")
        self.source = {int(node): (str(kind), int(position)) for node, kind, position
                       in zip(usual.index, usual["kind"], usual["position"], strict=True)}
        limited = pd.Index(view.network.suppliers["supplier"])
        self.supplier = limited.get_indexer(pd.Index(view.network.buys["supplier"]))
        self.free = _left_by(view, self.supplier)

    def take_promise(self, free: Free, node: int, quantity: float, period: int) -> float:
        """Take up to a quantity out of what a node can promise by a period, the latest first; what was taken."""
        taken = 0.0
        for at in range(period, -1, -1):
            part = min(quantity - taken, float(free.promises[node, at]))
            free.promises[node, at] -= part
            taken += part
        return taken

    def by(self, node: int, quantity: float, period: int) -> Answer:
        """Whether a quantity can be had at a node by a period, making or buying more where that is needed."""
        free = self.free.copy()
        cost, obstacle = self._have(free, node, quantity, period)
        return Answer(not obstacle, cost, free, obstacle)

    def _have(self, free: Free, node: int, quantity: float, period: int) -> tuple[float, str]:
        """Cost of having a quantity by a period, and what stands in the way (empty: nothing)."""
        quantity -= self.take_promise(free, node, quantity, period)
        if quantity <= SMALLEST:
            return 0.0, ""
        kind, position = self.source.get(node, ("", -1))
        if kind == "make":
            return self._make(free, position, quantity, period)
        if kind == "buy":
            return self._buy(free, position, quantity, period)
        if kind == "move":
            return self._move(free, position, quantity, period)
        return 0.0, f"nothing can bring more of {self.network.nodes['item'].iloc[node]}"

    def _make(self, free: Free, make: int, quantity: float, period: int) -> tuple[float, str]:
        """Make it in the latest periods with free hours, and have its components then."""
        network, row = self.network, self.network.makes.iloc[make]
        started = quantity / float(row["yield_rate"])
        start = period - int(row["lead"])
        if start < 0:
            return 0.0, f"the lead time of {row['item']}"
        components = network.components[network.components["make"] == make]
        cost, full = 0.0, ""
        for at in range(start, -1, -1):
            if network.make_open is not None and not network.make_open[make, at]:
                continue
            units, full_now, hours_cost = self._take_hours(free, make, started, at)
            full = full_now or full
            cost += hours_cost + units * float(row["production_cost"])
            started -= units
            for node, each in zip(components["node"], components["quantity"], strict=True):
                if units > SMALLEST:
                    more, obstacle = self._have(free, int(node), units * float(each), at)
                    cost += more
                    if obstacle:
                        return cost, obstacle
            if started <= SMALLEST:
                return cost, ""
        return cost, f"the hours of {full}" if full else f"the validity of the routing of {row['item']}"

    def _take_hours(self, free: Free, make: int, units: float, at: int) -> tuple[float, str, float]:
        """Take the hours for up to so many units in a period: units started, the fullest resource, cost of hours."""
        network = self.network
        operations = network.operations[network.operations["make"] == make]
        resource, each = operations["resource"].to_numpy(int), operations["hours_per_unit"].to_numpy(float)
        setup = operations["setup_hours"].to_numpy(float)
        if not len(operations):
            return units, "", 0.0
        total = np.bincount(resource, each, len(network.resources))
        fixed = np.bincount(resource, setup, len(network.resources))
        room = free.regular[:, at] + free.overtime[:, at] - fixed
        used = np.flatnonzero((total > 0) | (fixed > 0))
        most = np.where(total[used] > 0, room[used] / np.where(total[used] > 0, total[used], 1.0), np.inf)
        most = np.where(room[used] < -SMALLEST, 0.0, np.maximum(most, 0.0))
        if not len(used) or most.min() >= units:
            possible, full = units, ""
        else:
            possible, full = float(most.min()), str(network.resources["resource"].iloc[used[int(most.argmin())]])
        if possible <= SMALLEST:
            return 0.0, full, 0.0
        hours = fixed + total * possible
        regular = np.minimum(hours, free.regular[:, at])
        free.regular[:, at] -= regular
        free.overtime[:, at] -= hours - regular
        rates = (network.resources[name].fillna(0.0).to_numpy(float) for name in ("hourly_cost", "overtime_cost"))
        hourly, overtime = rates
        return possible, full, float((regular * hourly + (hours - regular) * overtime).sum())

    def _buy(self, free: Free, buy: int, quantity: float, period: int) -> tuple[float, str]:
        """Buy it as late as it can be received; sooner than the lead time only at the surcharge."""
        row = self.network.buys.iloc[buy]
        lead, surcharge, cost = int(row["lead"]), float(row["expedite_price"]), 0.0
        supplier = int(self.supplier[buy])
        for at in range(period, -1, -1):
            if at < lead and np.isnan(surcharge):
                return cost, f"the lead time of {row['item']} from {row['supplier']}"
            units = min(quantity, float(free.buys[buy, at]))
            if supplier >= 0:
                units = min(units, float(free.suppliers[supplier, at]))
                free.suppliers[supplier, at] -= units
            free.buys[buy, at] -= units
            cost += units * (float(row["unit_price"]) + (surcharge if at < lead else 0.0))
            quantity -= units
            if quantity <= SMALLEST:
                return cost, ""
        return cost, f"what {row['supplier']} can deliver of {row['item']}"

    def _move(self, free: Free, move: int, quantity: float, period: int) -> tuple[float, str]:
        """Move it in as late as it can leave, and have it where it comes from."""
        row, cost = self.network.moves.iloc[move], 0.0
        lane = f"{row['from_location']}–{row['to_location']}"
        if period < int(row["lead"]):
            return cost, f"the time in transit {lane}"
        for at in range(period - int(row["lead"]), -1, -1):
            units = min(quantity, float(free.moves[move, at]))
            if units > SMALLEST:
                more, obstacle = self._have(free, int(row["from_node"]), units, at)
                if obstacle:
                    return cost, obstacle
                free.moves[move, at] -= units
                cost += more + units * float(row["unit_cost"])
                quantity -= units
            if quantity <= SMALLEST:
                return cost, ""
        return cost, f"what the lane {lane} can carry"


def _left_by(view: PlanView, supplier: np.ndarray) -> Free:
    """What the plan leaves free; ``supplier``: row of the supplier of each buy, -1 where it has no limit."""
    network, plan, planned = view.network, view.plan, view.planned
    regular = np.maximum(plan.regular_hours - plan.hours, 0.0)
    overtime = np.maximum(plan.regular_hours + plan.overtime_limit - np.maximum(plan.hours, plan.regular_hours), 0.0)
    received = network.open_purchases + planned.buy_receipt
    buys = _room(network.buys["capacity"].to_numpy(float), received)
    moves = _room(network.moves["capacity"].to_numpy(float), planned.move_shipment)
    for room, is_open in ((buys, network.buy_open), (moves, network.move_open)):
        if is_open is not None:
            room[~np.asarray(is_open, bool)] = 0.0
    delivered = np.zeros((len(network.suppliers), len(view.labels)))
    np.add.at(delivered, supplier[supplier >= 0], received[supplier >= 0])
    suppliers = _room(network.suppliers["capacity"].to_numpy(float), delivered)
    return Free(np.nan_to_num(promises_of_plan(network, plan)), regular, overtime, buys, moves, suppliers)


def _room(capacity: np.ndarray, used: np.ndarray) -> np.ndarray:
    """What is left of a capacity per period (NaN: no limit)."""
    return np.asarray(np.maximum(np.where(np.isnan(capacity), np.inf, capacity)[:, None] - used, 0.0))
