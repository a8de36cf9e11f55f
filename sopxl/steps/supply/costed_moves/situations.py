"""Situations that call for a decision, the register of the moves that cure them, and what moves have to know.

Costs are what a move costs in money of the plan, the work that it has done included; moves are ranked by the cost of
one unit or hour that they cure, those that cure little last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.steps.supply.capacity_bill import Loads, bill_of_capacity, hours_of_making, usual_sources
from sopxl.steps.supply.estimates import supply_cost
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.words import amount

NOTICEABLE = 1e-6
EARLY_PERIODS = 3
"""Supplies of so many periods tell for which demands a part is, and what their waiting costs."""
MAIN_PART = 0.5
"""Share of a situation that a move must cure to come before the others."""
WORTH_TELLING = 0.01
"""Share of a situation that a move must cure at least."""


@dataclass(frozen=True)
class Move:
    """Something that can be done: in words without a full stop, what it costs and how much of the trouble it cures."""

    text: str
    cost: float
    cured: float

    @property
    def cost_of_one(self) -> float:
        """Cost of one unit or hour that is cured."""
        return self.cost / self.cured if self.cured > 0 else np.inf

    def rank(self, quantity: float) -> tuple[bool, float]:
        """What comes first: moves that cure at least half, of these the cheapest for what it cures."""
        return self.cured < MAIN_PART * quantity, self.cost_of_one

    def told(self, quantity: float, currency: str) -> str:
        """The move in a sentence with its cost, and how much of ``quantity`` it cures where that is not all."""
        part = f" (cures {amount(self.cured)} of {amount(quantity)})" if self.cured < quantity * (1 - 1e-3) else ""
        if abs(self.cost) < 0.5:
            return f"{self.text}{part}: at no cost."
        cost = f"{'costs' if self.cost > 0 else 'saves'} {amount(round(abs(self.cost)))} {currency}"
        return f"{self.text}{part}: {cost}."


@dataclass(frozen=True)
class Overload:
    """A resource (row) that would need more than its regular hours, by so much in each period."""

    resource: int
    excess: np.ndarray


@dataclass(frozen=True)
class Shortage:
    """Units that are missing at a node (row) in a period, and what they are missing for.

    demand: row of the demand that waits or is lost (None: none); besides: the buy (row) that is late (None: none);
    of_safety: whether only safety stock is missing.
    """

    node: int
    quantity: float
    period: int
    demand: int | None = None
    besides: int | None = None
    of_safety: bool = False


@dataclass(frozen=True)
class Excess:
    """Units at a node (row) that nobody needs, and how many are used a period."""

    node: int
    quantity: float
    rate: float


Situation = Overload | Shortage | Excess
MoveFunction = Callable[["Options", "Situation"], Iterator[Move]]
MOVES: dict[type, list[Callable[..., Iterator[Move]]]] = {Overload: [], Shortage: [], Excess: []}


def move(situation: type) -> Callable[[Callable[..., Iterator[Move]]], Callable[..., Iterator[Move]]]:
    """Register a function of the options and a situation of this kind that yields the moves that are possible."""

    def enter(function: Callable[..., Iterator[Move]]) -> Callable[..., Iterator[Move]]:
        MOVES[situation].append(function)
        return function

    return enter


def moves_for(options: Options, situation: Situation) -> list[Move]:
    """The moves that cure a noticeable part of a situation, in no order."""
    whole = situation.excess.sum() if isinstance(situation, Overload) else situation.quantity
    found = [one for function in MOVES[type(situation)] for one in function(options, situation)]
    return [one for one in found if one.cured > max(WORTH_TELLING * whole, NOTICEABLE) and np.isfinite(one.cost)]


class Options:
    """What the moves have to know of a plan, reckoned once when it is first asked for. N, M, R, T as in the network."""

    def __init__(self, view: PlanView) -> None:
        """The options in the network of this plan."""
        self.view = view

    @property
    def network(self) -> Network:
        """The network."""
        return self.view.network

    @cached_property
    def makes(self) -> dict[str, np.ndarray]:
        """The columns of the network's makes, to be looked up many times."""
        return _columns(self.network.makes)

    @cached_property
    def buys(self) -> dict[str, np.ndarray]:
        """The columns of its buys."""
        return _columns(self.network.buys)

    @cached_property
    def moves(self) -> dict[str, np.ndarray]:
        """The columns of its moves."""
        return _columns(self.network.moves)

    @cached_property
    def overtime_left(self) -> np.ndarray:
        """R x T: overtime that is allowed and not worked."""
        plan = self.view.plan
        worked = np.maximum(plan.hours - plan.regular_hours - plan.extra_hours, 0.0)
        return np.asarray(np.maximum(plan.overtime_limit - worked, 0.0))

    @cached_property
    def regular_left(self) -> np.ndarray:
        """R x T: regular hours that are not worked."""
        return np.asarray(np.maximum(self.view.plan.regular_hours - self.view.plan.hours, 0.0))

    @cached_property
    def hours_of_making(self) -> np.ndarray:
        """M x R: hours of each resource for one good unit made."""
        return hours_of_making(self.network)

    @cached_property
    def hours_of_supply(self) -> np.ndarray:
        """N x R: hours of each resource in one unit at a node, with all that goes into it."""
        nothing = Loads.nothing(self.network, len(self.network.resources))
        return bill_of_capacity(self.network, Loads(self.hours_of_making, nothing.buy, nothing.move, nothing.node))

    @cached_property
    def cost_of_making(self) -> np.ndarray:
        """M: money for the hours in one good unit made."""
        return np.asarray(self.hours_of_making @ self.of_resources("hourly_cost"))

    @cached_property
    def supply_cost(self) -> np.ndarray:
        """N: least cost of one more unit."""
        return supply_cost(self.network)

    @cached_property
    def unit_cost(self) -> np.ndarray:
        """N: standard cost, or what a unit costs to supply where none is given."""
        cost = np.nan_to_num(self.network.nodes["unit_cost"].to_numpy(float))
        return np.where(cost > 0, cost, self.supply_cost)

    @cached_property
    def holding_cost(self) -> np.ndarray:
        """N: money for holding a unit for a period."""
        return np.asarray(np.nan_to_num(self.network.nodes["holding_cost"].to_numpy(float)))

    @cached_property
    def usual_sources(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """N each: the usual make, buy or move of a node, -1 where it is none."""
        return usual_sources(self.network)

    @cached_property
    def spare_stock(self) -> np.ndarray:
        """N x T: stock above safety stock that is there from the period to the end of the plan."""
        safety = self.network.safety_stock
        free = self.view.plan.closing_stock - (0.0 if safety is None else safety)
        return np.asarray(np.maximum(np.minimum.accumulate(free[:, ::-1], axis=1)[:, ::-1], 0.0))

    @cached_property
    def kept_stock(self) -> np.ndarray:
        """N x T: stock that is there from the period to the end of the plan, safety stock included."""
        stock = self.view.plan.closing_stock
        return np.asarray(np.maximum(np.minimum.accumulate(stock[:, ::-1], axis=1)[:, ::-1], 0.0))

    @cached_property
    def usual_lead(self) -> np.ndarray:
        """N: lead time of the usual source, periods."""
        lead = np.zeros(len(self.network.nodes), int)
        frames = (self.network.makes, self.network.buys, self.network.moves)
        for frame, source in zip(frames, self.usual_sources, strict=True):
            known = source >= 0
            lead[known] = frame["lead"].to_numpy(int)[source[known]]
        return lead

    @cached_property
    def shifts_left(self) -> np.ndarray:
        """R x T: extra shifts that may be run and are not."""
        run = self.view.planned.extra_shifts
        most = self.of_resources("most_extra_shifts")[:, None]
        return np.asarray(np.maximum(most - (np.zeros_like(self.regular_left) if run is None else run), 0.0))

    @cached_property
    def worth_of_supplies(self) -> np.ndarray:
        """Per supply of the required plan: money of the demands that one unit of it is for."""
        pegs = self.view.required_pegs
        wanted = np.maximum(pegs.parcels["wanted"].to_numpy(int), 0)
        return pegs.worth(np.nan_to_num(self.network.price[pegs.parcels["demand"].to_numpy(int), wanted]))

    @cached_property
    def late_cost_behind(self) -> np.ndarray:
        """N: cost of a period's waiting for the demands behind one unit that is made, bought or moved early on."""
        supplies, count = self.view.required_pegs.supplies, len(self.network.nodes)
        early = supplies["kind"].isin(["make", "buy", "move"]) & (supplies["period"] < EARLY_PERIODS)
        rows = np.flatnonzero(early.to_numpy())
        node, quantity = supplies["node"].to_numpy(int)[rows], supplies["quantity"].to_numpy(float)[rows]
        worth = np.bincount(node, quantity * self.worth_of_supplies[rows], minlength=count)
        units = np.bincount(node, quantity, minlength=count)
        return np.asarray(worth * self.late_share / np.where(units > 0, units, np.inf))

    @cached_property
    def late_share(self) -> float:
        """Cost of waiting one period, as a share of the price."""
        return self.view.settings.late_cost / 100.0

    def of_resources(self, name: str) -> np.ndarray:
        """R: a cost or number of the resources, 0 where nothing is entered."""
        resources = self.network.resources
        return np.asarray(np.nan_to_num(np.asarray(resources.get(name, np.zeros(len(resources))), float)))

    def resource_name(self, resource: int) -> str:
        """Code of a resource."""
        return str(self.network.resources["resource"].iloc[resource])

    @cached_property
    def overtime_cost(self) -> np.ndarray:
        """R: money for an hour of overtime, no less than that of a regular hour."""
        return np.asarray(np.maximum(self.of_resources("overtime_cost"), self.of_resources("hourly_cost")))


def _columns(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns of a frame by name."""
    return {str(name): frame[name].to_numpy() for name in frame}
