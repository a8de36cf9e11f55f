"""The balance model: a network with what its decisions, limits and costs need to know, and the register of decisions.

To add a decision, write a function under ``@decision`` that says for which objects it is taken and within which
bounds, in the file of its subject (``decisions``, ``hours``, ``purchasing``, ``transport``, ``whole_lots``); to charge
or limit it, see ``cost_terms`` and ``limits``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.periods import DAYS_PER_PERIOD
from sopxl.steps.supply.estimates import demand_at_nodes, explode, hours_cost, supply_cost, usual_lot
from sopxl.steps.supply.network import Network, numbers
from sopxl.steps.supply.program import INFINITY, Program
from sopxl.steps.supply.safety import safety_stock

RANK_STEP = 1.001
"""How much dearer waiting is for a better priority, and buying from a worse one: just enough to decide."""


@dataclass(frozen=True)
class Decision:
    """The columns of one decision: for these objects (row numbers of their frame), one a period or one in all."""

    objects: np.ndarray
    lower: np.ndarray | float = 0.0
    upper: np.ndarray | float = INFINITY
    whole: np.ndarray | bool = False
    once: bool = False
    """Whether it is taken once for the whole horizon."""


@dataclass
class Model:
    """A network, the program that is built for it and the columns of each decision."""

    network: Network
    program: Program = field(default_factory=Program)
    objects: dict[str, np.ndarray] = field(default_factory=dict)
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    """Decision -> columns, objects x periods (x 1 where it is taken once)."""
    rows: dict[str, np.ndarray] = field(default_factory=dict)
    """Limit -> rows, objects x periods (x 1 where it holds over the whole horizon)."""

    @property
    def period_count(self) -> int:
        """T."""
        return int(self.network.minimum_stock.shape[1])

    @cached_property
    def make_lead(self) -> np.ndarray:
        """M: periods from start to stock; 0 where the plan does not keep to lead times."""
        return self._lead(self.network.makes)

    @cached_property
    def buy_lead(self) -> np.ndarray:
        """B: periods from order to receipt; 0 where the plan does not keep to lead times."""
        return self._lead(self.network.buys)

    @cached_property
    def move_lead(self) -> np.ndarray:
        """V: periods on the way; 0 where the plan does not keep to lead times."""
        return self._lead(self.network.moves)

    def _lead(self, frame: pd.DataFrame) -> np.ndarray:
        """Periods that each row takes."""
        lead = frame["lead"].to_numpy(int)
        return lead if self.network.settings.keep_lead_times else np.zeros_like(lead)

    @cached_property
    def make_yield(self) -> np.ndarray:
        """M: good units per unit started."""
        return numbers(self.network.makes, "yield_rate", 1.0)

    @cached_property
    def component_use(self) -> np.ndarray:
        """C x T: units of the component that a unit started in the period uses; 0 where the bill does not hold."""
        quantity = np.repeat(self.network.components["quantity"].to_numpy(float)[:, None], self.period_count, axis=1)
        is_open = self.network.component_open
        return quantity if is_open is None else np.where(is_open, quantity, 0.0)

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
        """N x T: stock below which it shall not fall: the network's, else by rough requirements; with safety time.

        Receipts that come so many periods before they are needed leave the requirements of these periods in stock: so
        safety time is safety stock that moves with the requirements, on top of the other (Buzacott and Shanthikumar,
        Management Science 40, 1994). Like all safety stock it is used up where demand would have to wait otherwise.
        """
        network, bucket = self.network, self.network.settings.bucket
        target = network.safety_stock
        if target is None:
            target = safety_stock(network.nodes, self.requirements, network.minimum_stock, bucket)
        days = numbers(network.nodes, "safety_time") * DAYS_PER_PERIOD[bucket]
        if not days.any():
            return target
        early = network.nodes.assign(safety_stock=0.0, safety_days=days)
        return np.asarray(target + safety_stock(early, self.requirements, np.zeros_like(target), bucket))

    @cached_property
    def supply_cost(self) -> np.ndarray:
        """N: least cost of one more unit in regular time, without limits."""
        return supply_cost(self.network)

    @cached_property
    def unit_value(self) -> np.ndarray:
        """N: standard cost, or what a unit costs to supply where none is given."""
        cost = np.nan_to_num(self.network.nodes["unit_cost"].to_numpy(float))
        return np.where(cost > 0, cost, self.supply_cost)

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
        supply = self.supply_cost[node] * (1.0 + self.network.settings.holding_cost / 100.0) + freight
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
        supply = np.maximum(self.unit_value, self.supply_cost)[node] + freight
        worth = 2.0 * np.maximum(self.price.max(axis=1, initial=0.0), supply)
        priority = network.demands["priority"].to_numpy(float)
        return _no_less_than_worse(worth[:, None], node, priority)[:, 0]

    @cached_property
    def unusual_buy_cost(self) -> np.ndarray:
        """B: what buying from a lower-priority supplier is taken to cost beyond its price.

        Just so much that it serves only when better ones cannot; no money flows.
        """
        buys = self.network.buys
        return _unusual_cost(buys, buys["node"], buys["unit_price"].to_numpy(float), is_usable(buys))

    @cached_property
    def unusual_make_cost(self) -> np.ndarray:
        """M: what starting a unit by a lower-priority routing is taken to cost beyond its cost; no money flows."""
        network = self.network
        cost = network.makes["production_cost"].to_numpy(float) + hours_cost(network)
        used = network.components["quantity"].to_numpy(float) * self.supply_cost[
            network.components["node"].to_numpy(int)]
        np.add.at(cost, network.components["make"].to_numpy(int), used)
        usable = np.ones(len(cost), bool)
        beyond = _unusual_cost(network.makes, network.makes["node"], cost / self.make_yield, usable)
        return np.asarray(self.make_yield * beyond)

    @cached_property
    def unusual_move_cost(self) -> np.ndarray:
        """V: what coming by a lower-priority lane is taken to cost beyond its freight; no money flows."""
        moves = self.network.moves
        cost = moves["unit_cost"].to_numpy(float) + self.supply_cost[moves["from_node"].to_numpy(int)]
        return _unusual_cost(moves, moves["to_node"], cost, is_usable(moves))

    def add(self, name: str, decided: Decision) -> None:
        """Take a decision into the program."""
        shape = (len(decided.objects), 1 if decided.once else self.period_count)
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


def _unusual_cost(frame: pd.DataFrame, node: pd.Series, cost: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """What each source of a node is taken to cost beyond its cost, so that those of better priority serve first."""
    usual = np.where(usable, cost, 0.0)
    priority = numbers(frame, "priority", 1.0)
    ranked = _no_less_than_worse(usual[:, None], node.to_numpy(int), -priority)
    return np.asarray(np.where(usable, ranked[:, 0] - usual, 0.0))


def is_usable(frame: pd.DataFrame) -> np.ndarray:
    """Buys or moves that can bring anything at all: those without any capacity cannot."""
    return ~(frame["capacity"].to_numpy(float) <= 0)


def capacity_of(model: Model, frame: pd.DataFrame) -> np.ndarray:
    """Objects x 1: most that a buy or move brings in a period, infinity where there is no limit.

    Where the plan does not keep to material limits, only those without any capacity stay shut.
    """
    capacity = numbers(frame, "capacity", INFINITY)
    if not model.network.settings.keep_material:
        capacity = np.where(is_usable(frame), INFINITY, 0.0)
    return np.asarray(capacity[:, None])


DECISIONS: dict[str, Callable[[Model], Decision | None]] = {}


def decision(
    function: Callable[[Model], Decision | None],
) -> Callable[[Model], Decision | None]:
    """Register a decision under the function's name; it gives None where it does not arise."""
    DECISIONS[function.__name__] = function
    return function


def safety_room(model: Model) -> np.ndarray:
    """N x T: how much of the safety stock may be there."""
    return np.asarray(np.minimum(model.safety_target, most_stock(model)))


def most_stock(model: Model) -> np.ndarray:
    """N x T: maximum stock; what is there or on its way at the start may stand above it until demand takes it."""
    stated = model.network.maximum_stock
    if not model.network.settings.keep_storage:
        return np.full(stated.shape, INFINITY)
    if not np.isfinite(stated).any():
        return stated
    return np.asarray(np.maximum(stated, stock_without_plan(model.network)))


def stock_without_plan(network: Network) -> np.ndarray:
    """N x T: what stock on hand and open orders would come to, less what customers want; below 0 where too little."""
    coming = network.nodes["on_hand"].to_numpy(float)[:, None] + np.cumsum(network.scheduled_receipts, axis=1)
    return np.asarray(coming - np.cumsum(demand_at_nodes(network), axis=1))


def is_expedited(model: Model) -> np.ndarray:
    """B x T: whether a receipt in the period would come sooner than the lead time."""
    return np.asarray(np.arange(model.period_count)[None, :] < model.buy_lead[:, None])


def lands_in_time(lead: np.ndarray, count: int) -> np.ndarray:
    """Objects x T: whether what starts in the period is there within the horizon."""
    return np.asarray(np.arange(count)[None, :] + lead[:, None] < count)


def open_where(shape: tuple[int, int], is_open: np.ndarray | None) -> np.ndarray:
    """Objects x T: whether something may happen; None counts as always."""
    return np.ones(shape, bool) if is_open is None else np.asarray(is_open, bool)
