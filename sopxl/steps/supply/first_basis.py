"""Where the search for the least cost starts: the plan that a planner would make without limits.

Every node is refilled period by period as needed from its cheapest usual source, up to its safety stock; customers
get what they want. Told to the solver as a basis (which columns carry the rows), it leaves only what is scarce to be
found out; how much that saves is measured in tests/benchmarks/balance_speed.py. It is a start, no more: from any
start the solver comes to the same least cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sopxl.steps.supply.balance_model import Model
from sopxl.steps.supply.estimates import supply_cost
from sopxl.steps.supply.program import Basis, ProgramArrays

SOURCES = ("make_start", "buy_receipt", "move_shipment")
SMALLEST = 1e-9
MOST_LEVELS = 100


def first_basis(model: Model, program: ProgramArrays) -> Basis:
    """The basis of the plan without limits."""
    column, row = np.zeros(len(program.cost), bool), np.ones(len(program.row_lower), bool)
    pairs = [
        (model.rows["stock_balance"], _Refilling(model, program).carriers()),
        (model.rows["demand_balance"], model.columns["shipment"]),
        (model.rows["work_force"], model.columns["workers"]),
    ]
    for rows, carriers in pairs:
        column[carriers] = True
        row[rows] = False
    at_upper = ~column & np.isfinite(program.upper) & (~np.isfinite(program.lower) | (program.cost < 0))
    return Basis(column, row, at_upper, ~row & ~np.isfinite(program.row_lower))


@dataclass
class _Refilling:
    """The stock of every node and period, and what refills it. N nodes, T periods, E entries of the sources."""

    model: Model
    program: ProgramArrays

    @cached_property
    def entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """E: place (node x T, flat), column and value of every entry of a source in a row of stock."""
        program, rows = self.program, self.model.rows["stock_balance"]
        place = np.full(len(program.row_lower), -1)
        place[rows.ravel()] = np.arange(rows.size)
        is_source = np.zeros(len(program.cost), bool)
        for name in SOURCES:
            is_source[self.model.columns[name]] = True
        at = np.repeat(place, np.diff(program.start))
        chosen = (at >= 0) & is_source[program.index]
        return at[chosen], program.index[chosen], program.value[chosen]

    @cached_property
    def source(self) -> np.ndarray:
        """N*T: the cheapest open column that refills the place, -1 where there is none."""
        place, column, value = self.entries
        program, model = self.program, self.model
        least = np.repeat(supply_cost(model.network), model.period_count)
        used = np.where(value > 0, value * least[place], 0.0)
        unit_cost = program.cost + np.bincount(column, used, minlength=len(program.cost))
        is_open = program.upper > program.lower
        is_open[model.columns["move_shipment"][~model.network.moves["usual"].to_numpy(bool)]] = False
        refills = np.flatnonzero((value < 0) & is_open[column])
        order = refills[np.lexsort((column[refills], -unit_cost[column[refills]] / value[refills], place[refills]))]
        found, first = np.unique(place[order], return_index=True)
        source = np.full(model.rows["stock_balance"].size, -1)
        source[found] = column[order[first]]
        return source

    @cached_property
    def level(self) -> np.ndarray:
        """N: the number of steps from the node to where customers draw, by the sources chosen."""
        place, column, value = self.entries
        count = self.model.period_count
        served = np.full(len(self.program.cost), -1)
        refilled = np.flatnonzero(self.source >= 0)
        served[self.source[refilled]] = refilled // count
        draws = (value > 0) & (served[column] >= 0)
        drawn, drawing = np.unique(np.stack([place[draws] // count, served[column[draws]]]), axis=1)
        level = np.zeros(len(self.model.network.nodes), int)
        for _ in range(MOST_LEVELS):
            before = level.copy()
            np.maximum.at(level, drawn, level[drawing] + 1)
            if np.array_equal(before, level):
                break
        return level

    def carriers(self) -> np.ndarray:
        """N x T: the column that carries each row of stock: its source where it is refilled, else its stock."""
        model, program = self.model, self.program
        place, column, value = self.entries
        carrier = model.columns["stock"].copy()
        inner = np.full(carrier.shape, -1)
        inner[model.objects["safety_part"]] = model.columns["safety_part"]
        room = np.where(inner >= 0, program.upper[inner], 0.0) + np.maximum(program.lower[carrier], 0.0)
        source = self.source.reshape(carrier.shape)
        planned = np.where(np.isfinite(program.lower), program.lower, 0.0)
        change = program.row_lower[model.rows["stock_balance"]].ravel()
        change = change - np.bincount(place, value * planned[column], minlength=len(change))
        np.subtract.at(change, self._shipped, model.network.demand.ravel())
        change = change.reshape(carrier.shape)
        entry_level = self._entry_levels()
        for level in range(int(self.level.max(initial=0)) + 1):
            nodes = np.flatnonzero(self.level == level)
            missing = _missing(change[nodes], room[nodes], source[nodes] >= 0)
            refilled, within = missing > SMALLEST, (missing < -SMALLEST) & (inner[nodes] >= 0)
            carrier[nodes] = np.where(refilled, source[nodes], np.where(within, inner[nodes], carrier[nodes]))
            quantity = np.zeros(len(program.cost))
            quantity[source[nodes][refilled]] = missing[refilled] / self._yield[source[nodes][refilled]]
            drawn = entry_level == level
            change -= np.bincount(place[drawn], value[drawn] * quantity[column[drawn]],
                                  minlength=change.size).reshape(change.shape)
        return carrier

    @property
    def _shipped(self) -> np.ndarray:
        """D*T: the places from which customers draw."""
        count = self.model.period_count
        node = self.model.network.demands["node"].to_numpy(int)
        return (node[:, None] * count + np.arange(count)).ravel()

    @cached_property
    def _yield(self) -> np.ndarray:
        """Per column: units that come into stock for one unit of it."""
        _, column, value = self.entries
        return np.maximum(-np.bincount(column, np.where(value < 0, value, 0.0), minlength=len(self.program.cost)),
                          SMALLEST)

    def _entry_levels(self) -> np.ndarray:
        """E: the level at which the quantity of the entry's column becomes known; -1 for what refills its own node."""
        _, column, value = self.entries
        served = np.full(len(self.program.cost), -1)
        refilled = np.flatnonzero(self.source >= 0)
        served[self.source[refilled]] = self.level[refilled // self.model.period_count]
        return np.where(value > 0, served[column], -1)


def _missing(change: np.ndarray, room: np.ndarray, can_refill: np.ndarray) -> np.ndarray:
    """N x T: what is refilled up to the room; below 0 where nothing can refill what is missing, but some is there."""
    missing = np.zeros(change.shape)
    stock = np.zeros(len(change))
    for period in range(change.shape[1]):
        stock = stock + change[:, period]
        short = room[:, period] - stock
        missing[:, period] = np.where(short <= SMALLEST, 0.0, np.where(
            can_refill[:, period], short, np.where(stock > SMALLEST, -short, 0.0)))
        stock = np.where((short > SMALLEST) & can_refill[:, period], room[:, period], np.maximum(stock, 0.0))
    return missing
