"""The limits of the network that can be scarce: who has how much of what, how much of it the plan uses, what loads it.

To add one, write a function of the :class:`PlanView` under ``@scarce`` with the limit's name in
``Flows.limit_values``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.steps.supply.capacity_bill import Loads, hours_of_making
from sopxl.steps.supply.financial_terms import MARGIN, OVERTIME, STOCK, counts_in, is_of_family, limits_of_kind, stated
from sopxl.steps.supply.network import numbers
from sopxl.steps.supply.plan_view import PlanView


@dataclass(frozen=True)
class Scarce:
    """A kind of limit. K objects, T periods."""

    kind: str
    names: np.ndarray
    limit: np.ndarray
    """K x T, NaN where there is none."""
    used: np.ndarray
    """K x T."""
    unit: str
    loads: Callable[[np.ndarray], Loads]
    """Objects (row numbers) -> what one unit made, bought, moved or kept takes of them."""


SCARCE: dict[str, Callable[[PlanView], Scarce]] = {}


def scarce(name: str) -> Callable[[Callable[[PlanView], Scarce]], Callable[[PlanView], Scarce]]:
    """Register a limit under its name in ``Flows.limit_values``."""

    def enter(function: Callable[[PlanView], Scarce]) -> Callable[[PlanView], Scarce]:
        SCARCE[name] = function
        return function

    return enter


def _every_period(values: np.ndarray, view: PlanView) -> np.ndarray:
    """K values as K x T."""
    return np.repeat(values[:, None], len(view.labels), axis=1)


def _added_up(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Rows x T added up by group; -1 belongs to none."""
    total = np.zeros((count, values.shape[1]))
    np.add.at(total, group[group >= 0], values[group >= 0])
    return total


def _hours_loads(view: PlanView, each: np.ndarray) -> Callable[[np.ndarray], Loads]:
    """Loads of resources in units of so many hours."""

    def loads(rows: np.ndarray) -> Loads:
        nothing = Loads.nothing(view.network, len(rows))
        scale = np.where(each[rows] > 0, each[rows], np.inf)
        return Loads(hours_of_making(view.network)[:, rows] / scale, nothing.buy, nothing.move, nothing.node)

    return loads


def _one_each(view: PlanView, part: str, group: np.ndarray, each: np.ndarray | None = None
              ) -> Callable[[np.ndarray], Loads]:
    """Loads where each buy, move or node takes one unit (or ``each``) of its group's limit."""

    def loads(rows: np.ndarray) -> Loads:
        found = Loads.nothing(view.network, len(rows))
        getattr(found, part)[:] = (group[:, None] == rows[None, :]) * (1.0 if each is None else each[:, None])
        return found

    return loads


@scarce("resource_hours")
def hours(view: PlanView) -> Scarce:
    """Regular hours of resources."""
    names = view.network.resources["resource"].to_numpy(object)
    regular = view.plan.regular_hours
    used = np.minimum(view.plan.hours, regular)
    return Scarce("Hours", names, regular, used, "hours", _hours_loads(view, np.ones(len(names))))


@scarce("overtime")
def overtime(view: PlanView) -> Scarce:
    """Overtime hours of resources."""
    names = view.network.resources["resource"].to_numpy(object)
    used = np.maximum(view.plan.hours - view.plan.regular_hours - view.plan.extra_hours, 0.0)
    return Scarce("Overtime", names, view.plan.overtime_limit, used, "hours", _hours_loads(view, np.ones(len(names))))


@scarce("extra_shifts")
def extra_shifts(view: PlanView) -> Scarce:
    """Extra shifts of resources."""
    resources, run = view.network.resources, view.planned.extra_shifts
    used = np.zeros_like(view.plan.hours) if run is None else run
    most = _every_period(numbers(resources, "most_extra_shifts", np.nan), view)
    each = numbers(resources, "extra_shift_hours")
    return Scarce("Extra shifts", resources["resource"].to_numpy(object), most, used, "shifts",
                  _hours_loads(view, each))


@scarce("workers")
def workers(view: PlanView) -> Scarce:
    """Room for workers."""
    resources = view.network.resources
    each = numbers(resources, "worker_hours")
    return Scarce("Workers", resources["resource"].to_numpy(object),
                  _every_period(numbers(resources, "most_workers", np.nan), view), view.planned.workers, "workers",
                  _hours_loads(view, each))


@scarce("supplier_capacity")
def suppliers(view: PlanView) -> Scarce:
    """What suppliers deliver of all items together."""
    network = view.network
    group = pd.Index(network.suppliers["supplier"]).get_indexer(pd.Index(network.buys["supplier"]))
    used = _added_up(network.open_purchases + view.planned.buy_receipt, group, len(network.suppliers))
    return Scarce("Supplier", network.suppliers["supplier"].to_numpy(object),
                  _every_period(numbers(network.suppliers, "capacity", np.nan), view), used, "units",
                  _one_each(view, "buy", group))


@scarce("buy_receipt")
def purchases(view: PlanView) -> Scarce:
    """What a supplier delivers of one item."""
    buys = view.network.buys
    names = [f"{supplier}: {item} for {location}" for supplier, item, location in
             zip(buys["supplier"], buys["item"], buys["location"], strict=True)]
    return Scarce("Supplier", np.array(names, object), _every_period(numbers(buys, "capacity", np.nan), view),
                  view.network.open_purchases + view.planned.buy_receipt, "units",
                  _one_each(view, "buy", np.arange(len(buys))))


@scarce("lane_capacity")
def lanes(view: PlanView) -> Scarce:
    """What lanes carry of all items together."""
    network = view.network
    names = [f"{sends}–{receives}" for sends, receives in
             zip(network.lanes["from_location"], network.lanes["to_location"], strict=True)]
    group = network.moves["lane"].to_numpy(int) if "lane" in network.moves else np.full(len(network.moves), -1)
    used = _added_up(view.planned.move_shipment, group, len(network.lanes))
    most = _every_period(numbers(network.lanes, "total_capacity", np.nan), view)
    return Scarce("Lane", np.array(names, object), most, used, "units", _one_each(view, "move", group))


@scarce("move_shipment")
def moves(view: PlanView) -> Scarce:
    """What a lane carries of one item."""
    frame = view.network.moves
    names = [f"{sends}–{receives}: {item}" for sends, receives, item in
             zip(frame["from_location"], frame["to_location"], frame["item"], strict=True)]
    return Scarce("Lane", np.array(names, object), _every_period(numbers(frame, "capacity", np.nan), view),
                  view.planned.move_shipment, "units", _one_each(view, "move", np.arange(len(frame))))


@scarce("overtime_budget")
def overtime_budget(view: PlanView) -> Scarce:
    """What finance allows for overtime."""
    cost = numbers(view.network.resources, "overtime_cost")[:, None]
    hours_over = np.maximum(view.plan.hours - view.plan.regular_hours - view.plan.extra_hours, 0.0)
    return _of_finance(view, OVERTIME, "Overtime budget", cost * hours_over, np.zeros(len(cost), int))


@scarce("stock_value")
def stock_value(view: PlanView) -> Scarce:
    """What finance allows stock to be worth."""
    value = view.plan.closing_stock * numbers(view.network.nodes, "unit_cost")[:, None]
    return _of_finance(view, STOCK, "Stock value", value, np.arange(len(value)))


@scarce("least_margin")
def least_margin(view: PlanView) -> Scarce:
    """What finance asks shipments to earn."""
    network = view.network
    node = network.demands["node"].to_numpy(int)
    cost = numbers(network.nodes, "unit_cost")[node] + numbers(network.demands, "freight_cost")
    earned = view.planned.shipment * (np.nan_to_num(network.price) - cost[:, None])
    return _of_finance(view, MARGIN, "Gross margin", earned, node)


def _of_finance(view: PlanView, kind: str, title: str, money: np.ndarray, node: np.ndarray) -> Scarce:
    """A limit that finance sets: rows of ``money`` (x T) at these nodes count in those of their family."""
    network, periods = view.network, len(view.labels)
    numbered = limits_of_kind(network, kind)
    every = len(network.financial_limits)
    most, used = np.full((every, periods), np.nan), np.zeros((every, periods))
    most[numbered] = stated(network, numbered, periods)
    row_of = counts_in(network, numbered, periods)
    belongs = is_of_family(network, node, numbered) if len(network.nodes) else np.zeros((len(node), len(numbered)))
    for place, number in enumerate(numbered):
        inside = np.flatnonzero(row_of[place] >= 0)
        np.add.at(used[number], row_of[place, inside], (belongs[:, place] @ money)[inside])
    names = network.financial_limits["name"].to_numpy(object)
    return Scarce(title, names, most, used, view.settings.currency, lambda rows: Loads.nothing(network, len(rows)))


@scarce("storage")
def storage(view: PlanView) -> Scarce:
    """Places in locations."""
    network = view.network
    group = pd.Index(network.storage["location"]).get_indexer(pd.Index(network.nodes["location"]))
    each = numbers(network.nodes, "storage_units", 1.0)
    used = _added_up(view.plan.closing_stock * each[:, None], group, len(network.storage))
    return Scarce("Storage", network.storage["location"].to_numpy(object),
                  _every_period(numbers(network.storage, "storage_capacity", np.nan), view), used, "places",
                  _one_each(view, "node", group, each))


@scarce("stock")
def stock(view: PlanView) -> Scarce:
    """Most stock of an item at a location."""
    nodes = view.network.nodes
    names = [f"{item} at {location}" for item, location in zip(nodes["item"], nodes["location"], strict=True)]
    most = np.where(np.isfinite(view.network.maximum_stock), view.network.maximum_stock, np.nan)
    return Scarce("Stock", np.array(names, object), most, view.plan.closing_stock, "units",
                  _one_each(view, "node", np.arange(len(nodes))))
