"""The balance model: a network with what its limits and costs need to know, and the decisions that are open in it.

To add a decision, write a function under ``@decision`` that says for which objects it is taken and within which
bounds; to charge or limit it, see ``cost_terms`` and ``limits``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sopxl.steps.supply.estimates import demand_at_nodes, explode, supply_cost, usual_lot
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.program import INFINITY, Program
from sopxl.steps.supply.safety import safety_stock

RANK_STEP = 1.001
"""How much dearer waiting is for a better priority, and buying from a worse one: just enough to decide."""


@dataclass(frozen=True)
class Decision:
    """The columns of one decision: for these objects (row numbers of their frame), one a period."""

    objects: np.ndarray
    lower: np.ndarray | float = 0.0
    upper: np.ndarray | float = INFINITY
    whole: bool = False


@dataclass
class Model:
    """A network, the program that is built for it and the columns of each decision."""

    network: Network
    program: Program = field(default_factory=Program)
    objects: dict[str, np.ndarray] = field(default_factory=dict)
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    """Decision -> columns, objects x periods."""
    rows: dict[str, np.ndarray] = field(default_factory=dict)
    """Limit -> rows, objects x periods."""

    @property
    def period_count(self) -> int:
        """T."""
        return int(self.network.minimum_stock.shape[1])

    @cached_property
    def requirements(self) -> np.ndarray:
        """N x T: roughly what demand takes at every node."""
        return explode(self.network, demand_at_nodes(self.network))

    @cached_property
    def usual_lot(self) -> np.ndarray:
        """M: units in a usual lot."""
        return usual_lot(self.network, self.requirements)

    @cached_property
    def safety_target(self) -> np.ndarray:
        """N x T: stock below which it shall not fall: the network's, else by rough requirements."""
        network = self.network
        if network.safety_stock is not None:
            return network.safety_stock
        return safety_stock(network.nodes, self.requirements, network.minimum_stock, network.settings.bucket)

    @cached_property
    def unit_value(self) -> np.ndarray:
        """N: standard cost, or what a unit costs to supply where none is given."""
        cost = np.nan_to_num(self.network.nodes["unit_cost"].to_numpy(float))
        return np.where(cost > 0, cost, supply_cost(self.network))

    @cached_property
    def price(self) -> np.ndarray:
        """D x T: net price; where there is none, what the unit costs to supply, so that no demand is worthless."""
        node = self.network.demands["node"].to_numpy(int)
        cost = self.unit_value[node] + np.nan_to_num(self.network.demands["freight_cost"].to_numpy(float))
        price = np.nan_to_num(self.network.price)
        return np.where(price > 0, price, np.where(cost > 0, cost, 1.0)[:, None])

    @cached_property
    def lost_cost(self) -> np.ndarray:
        """D x T: cost of one unit of lost demand: its price, or to supply it and hold it a year if that costs more.

        So demand is lost where it cannot be served, not where serving it earns next to nothing.
        """
        node = self.network.demands["node"].to_numpy(int)
        freight = np.nan_to_num(self.network.demands["freight_cost"].to_numpy(float))
        supply = supply_cost(self.network)[node] * (1.0 + self.network.settings.holding_cost / 100.0) + freight
        return np.asarray(np.maximum(self.price, supply[:, None]))

    @cached_property
    def late_cost(self) -> np.ndarray:
        """D x T: cost of one unit waiting at the end of the period.

        The backlog cost of its stock policy, else the settings' share of its price. Where customers of one
        stock differ in priority, waiting costs a better one no less than a worse one.
        """
        network = self.network
        node = network.demands["node"].to_numpy(int)
        stated = network.nodes["backlog_cost"].to_numpy(float)[node][:, None]
        cost = np.where(np.isnan(stated), self.price * network.settings.late_cost / 100.0, stated)
        return _no_less_than_worse(cost, node, network.demands["priority"].to_numpy(float))

    @cached_property
    def final_late_cost(self) -> np.ndarray:
        """D: cost of one unit that still waits at the end of the horizon: more than it would cost to serve it.

        Twice the larger of price and supply cost with freight; a better priority costs no less than a worse one.
        """
        network = self.network
        node = network.demands["node"].to_numpy(int)
        freight = np.nan_to_num(network.demands["freight_cost"].to_numpy(float))
        supply = np.maximum(self.unit_value, supply_cost(network))[node] + freight
        worth = 2.0 * np.maximum(self.price.max(axis=1, initial=0.0), supply)
        priority = network.demands["priority"].to_numpy(float)
        return _no_less_than_worse(worth[:, None], node, priority)[:, 0]

    @cached_property
    def unusual_source_cost(self) -> np.ndarray:
        """B: what buying from a lower-priority supplier is taken to cost beyond its price.

        Just so much that it serves only when better ones cannot; no money flows.
        """
        buys = self.network.buys
        is_open = ~(buys["capacity"].to_numpy(float) <= 0)
        price = np.where(is_open, buys["unit_price"].to_numpy(float), 0.0)
        ranked = _no_less_than_worse(price[:, None], buys["node"].to_numpy(int), -buys["priority"].to_numpy(float))
        return np.asarray(np.where(is_open, ranked[:, 0] - price, 0.0))

    def add(self, name: str, decided: Decision) -> None:
        """Take a decision into the program."""
        shape = (len(decided.objects), self.period_count)
        self.objects[name] = decided.objects
        self.columns[name] = self.program.add_columns(shape, decided.lower, decided.upper, decided.whole)


def _no_less_than_worse(cost: np.ndarray, group: np.ndarray, priority: np.ndarray) -> np.ndarray:
    """Costs (rows x T) raised to a little above those of every worse priority (larger number) in the group."""
    raised = cost.copy()
    if not len(group):
        return raised
    floor = np.zeros((group.max() + 1, cost.shape[1]))
    priority = np.nan_to_num(priority, nan=1.0)
    for level in np.unique(priority)[::-1]:
        rows = np.flatnonzero(priority == level)
        raised[rows] = np.maximum(raised[rows], floor[group[rows]])
        np.maximum.at(floor, group[rows], raised[rows] * RANK_STEP)
    return raised


DECISIONS: dict[str, Callable[[Model], Decision | None]] = {}


def decision(
    function: Callable[[Model], Decision | None],
) -> Callable[[Model], Decision | None]:
    """Register a decision under the function's name; it gives None where it does not arise."""
    DECISIONS[function.__name__] = function
    return function


@decision
def make_start(model: Model) -> Decision:
    """Units whose production starts; firm production exactly so, none that would be ready after the horizon."""
    network = model.network
    in_time = _lands_in_time(network.makes["lead"].to_numpy(int), model.period_count)
    firm = network.firm_production
    is_firm = ~np.isnan(firm)
    return Decision(
        np.arange(len(network.makes)),
        np.where(is_firm, firm, 0.0),
        np.where(is_firm, firm, np.where(in_time, INFINITY, 0.0)),
    )


@decision
def overtime(model: Model) -> Decision:
    """Hours of overtime."""
    network = model.network
    planned = ~np.isnan(network.resources["workers"].to_numpy(float))
    limit = np.nan_to_num(network.overtime_hours)
    return Decision(np.arange(len(planned)), 0.0, np.where(planned[:, None], INFINITY, limit))


@decision
def buy_receipt(model: Model) -> Decision:
    """Units received from suppliers; sooner than the lead time only where they can be expedited.

    Open orders take up the supplier's capacity of the period in which they come.
    """
    buys = model.network.buys
    capacity = buys["capacity"].to_numpy(float)[:, None]
    upper = np.where(np.isnan(capacity), INFINITY, np.maximum(capacity - model.network.open_purchases, 0.0))
    can_expedite = ~np.isnan(buys["expedite_price"].to_numpy(float))[:, None]
    return Decision(np.arange(len(buys)), 0.0, np.where(is_expedited(model) & ~can_expedite, 0.0, upper))


@decision
def move_shipment(model: Model) -> Decision:
    """Units that leave for another location; none that would arrive after the horizon."""
    moves = model.network.moves
    capacity = np.nan_to_num(moves["capacity"].to_numpy(float), nan=INFINITY)[:, None]
    in_time = _lands_in_time(moves["lead"].to_numpy(int), model.period_count)
    return Decision(np.arange(len(moves)), 0.0, np.where(in_time, capacity, 0.0))


@decision
def shipment(model: Model) -> Decision:
    """Units shipped to customers."""
    return Decision(np.arange(len(model.network.demands)))


@decision
def lost(model: Model) -> Decision | None:
    """Demand that is lost, where what cannot be served in time does not wait."""
    if model.network.settings.unmet_demand != "lost":
        return None
    return Decision(np.arange(len(model.network.demands)))


@decision
def backlog(model: Model) -> Decision:
    """Demand that waits at the end of a period; where it is lost instead, only what waited at the start may."""
    settings = model.network.settings
    opening = model.network.demands["opening_backlog"].to_numpy(float)
    upper = np.full((len(opening), model.period_count), INFINITY)
    if settings.unmet_demand == "lost":
        upper = np.repeat(opening[:, None], model.period_count, axis=1)
    if settings.final_backlog == "none":
        upper[:, -1:] = 0.0
    return Decision(np.arange(len(opening)), 0.0, upper)


@decision
def safety_part(model: Model) -> Decision:
    """The part of the stock at the end of a period that stands within its safety stock, where there is one.

    It is charged less than the rest, so it fills first; no rows are needed to tell what is missing.
    """
    nodes = np.flatnonzero((safety_room(model) > 0).any(axis=1))
    room = safety_room(model)[nodes]
    return Decision(nodes, np.minimum(np.nan_to_num(model.network.minimum_stock[nodes]), room), room)


@decision
def stock(model: Model) -> Decision:
    """Stock at the end of a period beyond its safety stock: all of it where there is none; within its limits."""
    room = safety_room(model)
    lower = np.maximum(np.nan_to_num(model.network.minimum_stock) - room, 0.0)
    return Decision(np.arange(len(room)), lower, most_stock(model) - room)


def safety_room(model: Model) -> np.ndarray:
    """N x T: how much of the safety stock may be there."""
    return np.asarray(np.minimum(model.safety_target, most_stock(model)))


def most_stock(model: Model) -> np.ndarray:
    """N x T: maximum stock; what is there or on its way at the start may stand above it until demand takes it."""
    if not np.isfinite(model.network.maximum_stock).any():
        return model.network.maximum_stock
    return np.asarray(np.maximum(model.network.maximum_stock, stock_without_plan(model.network)))


def stock_without_plan(network: Network) -> np.ndarray:
    """N x T: what stock on hand and open orders would come to, less what customers want; below 0 where too little."""
    coming = network.nodes["on_hand"].to_numpy(float)[:, None] + np.cumsum(network.scheduled_receipts, axis=1)
    return np.asarray(coming - np.cumsum(demand_at_nodes(network), axis=1))


def _work_forces(model: Model) -> np.ndarray:
    """Resources whose workers are planned."""
    return np.flatnonzero(~np.isnan(model.network.resources["workers"].to_numpy(float)))


@decision
def workers(model: Model) -> Decision:
    """Workers employed."""
    return Decision(_work_forces(model), whole=model.network.settings.whole_workers)


@decision
def hired(model: Model) -> Decision:
    """Workers hired at the start of a period; whole where the workers are."""
    return Decision(_work_forces(model))


@decision
def laid_off(model: Model) -> Decision:
    """Workers laid off at the start of a period; whole where the workers are."""
    return Decision(_work_forces(model))


def is_expedited(model: Model) -> np.ndarray:
    """B x T: whether a receipt in the period would come sooner than the lead time."""
    lead = model.network.buys["lead"].to_numpy(int)
    return np.asarray(np.arange(model.period_count)[None, :] < lead[:, None])


def _lands_in_time(lead: np.ndarray, count: int) -> np.ndarray:
    """Objects x T: whether what starts in the period is there within the horizon."""
    return np.asarray(np.arange(count)[None, :] + lead[:, None] < count)
