"""Where the search for the least cost starts: the plan that a planner would make without limits.

Every node is refilled period by period as needed from its cheapest usual source, up to its safety stock; customers
get what they want. What a unit then costs at every node and period tells where it is cheaper to let customers wait
or to leave the safety stock unfilled, and the plan is made again. Told to the solver as a basis (which columns carry
the rows), it leaves only what is scarce to be found out; how much that saves is measured in
tests/benchmarks/balance_speed.py. It is a start, no more: from any start the solver comes to the same least cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from sopxl.steps.supply.balance_model import Model
from sopxl.steps.supply.program import Basis, ProgramArrays

SOURCES = ("make_start", "buy_receipt", "move_shipment")
SMALLEST = 1e-9
MOST_LEVELS = 100


def first_basis(model: Model, program: ProgramArrays) -> Basis:
    """The basis of the plan without limits."""
    column, row = np.zeros(len(program.cost), bool), np.ones(len(program.row_lower), bool)
    at_upper = np.isfinite(program.upper) & (~np.isfinite(program.lower) | (program.cost < 0))
    refilling = _Refilling(model, program).improved()
    plan, inner = refilling.plan, refilling.inner
    at_upper[inner[inner >= 0]] = plan.is_full[inner >= 0]
    pairs = [
        (model.rows["stock_balance"], plan.carrier), (model.rows["demand_balance"], plan.customer),
        (model.rows["work_force"], model.columns["workers"]),
    ]
    for rows, carriers in pairs:
        column[carriers] = True
        row[rows] = False
    return Basis(column, row, ~column & at_upper, ~row & ~np.isfinite(program.row_lower))


@dataclass(frozen=True)
class _Plan:
    """What carries the rows of stock (N x T) and of customers (D x T), and where the safety stock is full (N x T)."""

    carrier: np.ndarray
    customer: np.ndarray
    is_full: np.ndarray
    lacks: np.ndarray
    """N x T: whether something is missing there that nobody waits for."""


@dataclass(frozen=True)
class _Refilling:
    """The stock of every node and period, and what refills it. N nodes, T periods, E entries of the sources."""

    model: Model
    program: ProgramArrays
    waits: np.ndarray | None = None
    """N x T: whether customers rather wait than be served by a refill."""
    fills: np.ndarray | None = None
    """N x T: whether the safety stock is refilled."""
    closed: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    """Columns that nothing is left for."""

    @cached_property
    def shape(self) -> tuple[int, int]:
        """N, T."""
        return len(self.model.network.nodes), self.model.period_count

    @cached_property
    def inner(self) -> np.ndarray:
        """N x T: the column of the stock within safety stock, -1 where there is none."""
        inner = np.full(self.shape, -1)
        inner[self.model.objects["safety_part"]] = self.model.columns["safety_part"]
        return inner

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
        unit_cost = self._unit_costs(np.repeat(model.supply_cost, self.shape[1]))
        is_open = program.upper > program.lower
        is_open[model.columns["move_shipment"][~model.network.moves["usual"].to_numpy(bool)]] = False
        is_open[self.closed] = False
        refills = np.flatnonzero((value < 0) & is_open[column])
        order = refills[np.lexsort((column[refills], -unit_cost[column[refills]] / value[refills], place[refills]))]
        found, first = np.unique(place[order], return_index=True)
        source = np.full(model.rows["stock_balance"].size, -1)
        source[found] = column[order[first]]
        return source

    def _unit_costs(self, price: np.ndarray) -> np.ndarray:
        """Per column: what a unit costs where what it uses has these prices (N*T)."""
        place, column, value = self.entries
        used = np.where(value > 0, value * price[place], 0.0)
        return np.asarray(self.program.cost + np.bincount(column, used, minlength=len(self.program.cost)))

    @cached_property
    def served(self) -> np.ndarray:
        """Per column: the node that it refills as its source, -1 where none."""
        served = np.full(len(self.program.cost), -1)
        refilled = np.flatnonzero(self.source >= 0)
        served[self.source[refilled]] = refilled // self.shape[1]
        return served

    @cached_property
    def level(self) -> np.ndarray:
        """N: the number of steps from the node to where customers draw, by the sources chosen."""
        place, column, value = self.entries
        draws = (value > 0) & (self.served[column] >= 0)
        pairs = np.unique(place[draws] // self.shape[1] * self.shape[0] + self.served[column[draws]])
        drawn, drawing = pairs // max(self.shape[0], 1), pairs % max(self.shape[0], 1)
        level = np.zeros(self.shape[0], int)
        for _ in range(MOST_LEVELS):
            before = level.copy()
            np.maximum.at(level, drawn, level[drawing] + 1)
            if np.array_equal(before, level):
                break
        return level

    @cached_property
    def given(self) -> np.ndarray:
        """Per column: units that come into stock for one unit of it."""
        _, column, value = self.entries
        come = np.bincount(column, np.where(value < 0, -value, 0.0), minlength=len(self.program.cost))
        return np.maximum(come, SMALLEST)

    @cached_property
    def plan(self) -> _Plan:
        """The plan that refills, waits and fills as said."""
        program, stock_columns = self.program, self.model.columns["stock"]
        place, column, value = self.entries
        source, within = self.source.reshape(self.shape), self.inner >= 0
        low = np.maximum(program.lower[stock_columns], 0.0)
        most = np.where(within, program.upper[self.inner], 0.0) + low
        room = most if self.fills is None else np.where(self.fills, most, low)
        waits = np.zeros(self.shape, bool) if self.waits is None else self.waits
        change, stock, refilled = self._change(), np.zeros(self.shape), np.zeros(self.shape, bool)
        drawing = np.where(value > 0, np.append(self.level, -1)[self.served[column]], -1)
        for level in range(int(self.level.max(initial=0)) + 1):
            nodes = np.flatnonzero(self.level == level)
            stock[nodes], added = _refilled(change[nodes], room[nodes], source[nodes] >= 0, waits[nodes])
            refilled[nodes] = added > 0
            quantity = np.zeros(len(program.cost))
            used = source[nodes][added > 0]
            quantity[used] = added[added > 0] / self.given[used]
            drawn = drawing == level
            change -= np.bincount(place[drawn], value[drawn] * quantity[column[drawn]],
                                  minlength=change.size).reshape(self.shape)
        partly = ~refilled & within & (stock > low + SMALLEST) & (stock < most - SMALLEST)
        carrier = np.where(refilled, source, np.where(partly, self.inner, stock_columns))
        customer, lacks = self._let_wait(np.maximum(-stock, 0.0), carrier)
        return _Plan(carrier, customer, within & (stock >= most - SMALLEST) & ~partly, lacks)

    def _change(self) -> np.ndarray:
        """N x T: what comes into stock whatever is decided, less what customers want."""
        place, column, value = self.entries
        program, count = self.program, self.shape[1]
        planned = np.where(np.isfinite(program.lower), program.lower, 0.0)
        change = program.row_lower[self.model.rows["stock_balance"]].ravel()
        change = change - np.bincount(place, value * planned[column], minlength=len(change))
        np.subtract.at(change, (self._node[:, None] * count + np.arange(count)).ravel(), self._wanted.ravel())
        return np.asarray(change.reshape(self.shape))

    @cached_property
    def _node(self) -> np.ndarray:
        """D: the node that each demand draws on."""
        return self.model.network.demands["node"].to_numpy(int)

    @cached_property
    def _wanted(self) -> np.ndarray:
        """D x T: what customers want, the opening backlog in the first period."""
        return np.asarray(self.program.row_lower[self.model.rows["demand_balance"]])

    def _let_wait(self, waiting: np.ndarray, carrier: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Spread what waits at the nodes over their demands, the cheapest first; the last one carries the stock.

        Gives what carries the rows of the customers, and where more is missing than customers wait for.
        """
        columns, wanted = self.model.columns, self._wanted
        customer, before = columns["shipment"].copy(), np.zeros(len(wanted))
        for period in range(self.shape[1]):
            left = waiting[:, period].copy()
            for demands in self._ranks:
                node = self._node[demands]
                could = before[demands] + wanted[demands, period]
                wait = np.minimum(left[node], could)
                whole, part = (wait > SMALLEST) & (wait >= could), (wait > SMALLEST) & (wait < could)
                customer[demands[whole], period] = columns["backlog"][demands[whole], period]
                carrier[node[part], period] = columns["backlog"][demands[part], period]
                before[demands] = wait
                left[node] -= wait
            waiting[:, period] = left
        return customer, waiting > SMALLEST

    @cached_property
    def _ranks(self) -> list[np.ndarray]:
        """Demands that are the cheapest to wait at their nodes, then the second cheapest, and so on."""
        node = self._node
        late = self.program.cost[self.model.columns["backlog"]].mean(axis=1) if self.shape[1] else np.zeros(len(node))
        order = np.lexsort((late, node))
        first = np.searchsorted(node[order], node[order])
        rank = np.arange(len(order)) - first
        return [order[rank == number] for number in range(int(rank.max(initial=-1)) + 1)]

    def improved(self) -> _Refilling:
        """Refilling as the prices of this plan suggest."""
        price = self._prices()
        later = np.concatenate([price[:, 1:], np.zeros((self.shape[0], 1))], axis=1)
        late = np.full(self.shape, np.inf)
        np.minimum.at(late, self._node, self.program.cost[self.model.columns["backlog"]])
        place, column, value = self.entries
        starved = column[(value > 0) & self.plan.lacks.ravel()[place]]
        kept = np.where(self.inner >= 0, self.program.cost[self.inner], 0.0)
        return replace(
            self, waits=later + late < price - SMALLEST, fills=kept + price - later <= SMALLEST,
            closed=np.union1d(self.closed, starved).astype(int),
        )

    def _prices(self) -> np.ndarray:
        """N x T: what one more unit costs in this plan (the dual values of its basis)."""
        carrier, cost = self.plan.carrier, self.program.cost
        price = np.zeros(self.shape)
        is_source = carrier == self.source.reshape(self.shape)
        waiting = np.zeros(len(cost), bool)
        waiting[self.model.columns["backlog"]] = True
        step = np.where(waiting[carrier], cost[carrier], -cost[carrier])
        for level in range(int(self.level.max(initial=0)), -1, -1):
            nodes = np.flatnonzero(self.level == level)
            unit = self._unit_costs(price.ravel())
            later = np.zeros(len(nodes))
            for period in range(self.shape[1] - 1, -1, -1):
                column = carrier[nodes, period]
                later = np.where(is_source[nodes, period], unit[column] / self.given[column],
                                 later + step[nodes, period])
                price[nodes, period] = later
        return price


def _refilled(
    change: np.ndarray, room: np.ndarray, can_refill: np.ndarray, waits: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """N x T: stock (below 0: waits), and what is refilled up to the room where there is less."""
    stock, added = np.zeros(change.shape), np.zeros(change.shape)
    now = np.zeros(len(change))
    for period in range(change.shape[1]):
        now = now + change[:, period]
        short = room[:, period] - now
        refills = (short > SMALLEST) & can_refill[:, period] & ~(waits[:, period] & (now < 0))
        added[:, period] = np.where(refills, short, 0.0)
        now = np.where(refills, room[:, period], now)
        stock[:, period] = now
    return stock, added
