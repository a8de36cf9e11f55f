"""The linear program behind a promise: how much of an item can be had at a place by a period, and how it costs least.

It holds all that can bring something to the place: stock and receipts, making by every routing, buying from every
supplier, moving on every lane, within what the plan leaves free. Stock that later orders or production need may be used
before, where more comes until then. Set-ups are whole, and extra shifts where workers are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from sopxl.steps.supply.network import Network
from sopxl.steps.supply.program import INFINITY, Program, ProgramArrays
from sopxl.steps.supply.promise import Free, contract_buys, supplier_rows

SECONDS = 10.0
MOST_UNITS = 1e6
"""Units that one set-up serves at most, where no hours limit them."""
WAITING = "waiting"
WAITING_COST = 1e-4
"""What a unit that waits a period counts, so that of ways of equal cost the latest is taken; it is not told."""


@dataclass(frozen=True)
class Found:
    """What was found: units that are short, what is then left free, the cost beyond the plan, and the program."""

    short: float
    cost: float
    left: Free
    program: PromiseProgram


@dataclass(frozen=True)
class _Branch:
    """What can bring something to a place: rows of the network's frames of these names, ascending."""

    nodes: np.ndarray
    makes: np.ndarray
    buys: np.ndarray
    moves: np.ndarray
    operations: np.ndarray
    alternates: np.ndarray
    resources: np.ndarray

    def resource_places(self, resource: pd.Series) -> np.ndarray:
        """Where resources stand among these."""
        return np.searchsorted(self.resources, resource.to_numpy(int))


class PromiseProgram:
    """Columns and rows for one quantity at one node by one period."""

    def __init__(self, network: Network, free: Free, node: int, quantity: float, period: int) -> None:
        """State the program; nothing is solved yet."""
        self.network, self.free, self.quantity, self.count = network, free, quantity, free.stock.shape[1]
        self.branch = _branch(network, node)
        self.program = Program()
        self.columns: dict[str, np.ndarray] = {}
        self._decide()
        self._balance(node, period)
        self._hours()
        self._share_limits()

    def most(self, whole: bool) -> Found:
        """As much as can be had, up to the quantity; ``whole``: with whole set-ups and shifts."""
        arrays = self.program.arrays()
        cost = np.zeros(len(arrays.cost))
        cost[self.columns["short"]] = 1.0
        return self._solved(replace(arrays, cost=cost), whole)

    def cheapest(self, most: Found) -> Found:
        """The same quantity at least cost."""
        arrays = self.program.arrays()
        upper = arrays.upper.copy()
        upper[self.columns["short"]] = most.short
        return self._solved(replace(arrays, upper=upper), True)

    def _solved(self, arrays: ProgramArrays, whole: bool) -> Found:
        from sopxl.steps.supply.solve import solve

        if not whole:
            arrays = replace(arrays, whole=np.zeros_like(arrays.whole))
        solution = solve(arrays, SECONDS)
        if not solution.has_plan:
            return Found(self.quantity, 0.0, self.free, self)
        values: np.ndarray = solution.values  # noqa: PD011 - of a solution, not of a frame
        costs = self.program.cost_of(values)
        total = sum(cost for term, cost in costs.items() if term != WAITING)
        return Found(float(values[self.columns["short"]].sum()), total, self._left(values), self)

    def _decide(self) -> None:
        """Columns: what is made, bought, moved and in stock, in each period, with its costs."""
        network, branch, count = self.network, self.branch, self.count
        free, program, columns = self.free, self.program, self.columns
        columns["short"] = program.add_columns((1,), upper=self.quantity)
        stock = free.stock[branch.nodes]
        columns["stock"] = program.add_columns(stock.shape, lower=np.minimum(stock, 0.0))
        columns["starts"] = program.add_columns((len(branch.makes), count), upper=free.starts[branch.makes])
        columns["moves"] = program.add_columns((len(branch.moves), count), upper=free.moves[branch.moves])
        buys = network.buys.iloc[branch.buys]
        lead, surcharge = buys["lead"].to_numpy(int)[:, None], buys["expedite_price"].to_numpy(float)[:, None]
        soon = np.arange(count) < lead
        most = np.where(soon & np.isnan(surcharge), 0.0, free.buys[branch.buys])
        columns["buys"] = program.add_columns(most.shape, upper=most)
        price = buys["unit_price"].fillna(0.0).to_numpy(float)[:, None] + np.where(soon, np.nan_to_num(surcharge), 0.0)
        for name, cost in (
            ("starts", network.makes["production_cost"].fillna(0.0).to_numpy(float)[branch.makes, None]),
            ("moves", network.moves["unit_cost"].fillna(0.0).to_numpy(float)[branch.moves, None]), ("buys", price),
        ):
            program.add_cost(name, columns[name], np.broadcast_to(cost, columns[name].shape))
        program.add_cost(WAITING, columns["stock"], WAITING_COST)

    def _balance(self, node: int, period: int) -> None:
        """Rows: free stock changes by what comes, is used and leaves beside the plan, at each node in each period."""
        network, branch, count = self.network, self.branch, self.count
        columns, program = self.columns, self.program
        coming = np.diff(self.free.stock[branch.nodes], axis=1, prepend=0.0)
        at = np.full(len(network.nodes), -1)
        at[branch.nodes] = np.arange(len(branch.nodes))
        coming[at[node], period] -= self.quantity
        rows = program.add_rows(coming.shape, -coming, -coming)
        program.add_entries(rows[at[node], [period]], columns["short"], 1.0)
        program.add_entries(rows, columns["stock"], -1.0)
        program.add_entries(rows[:, 1:], columns["stock"][:, :-1], 1.0)
        buys, makes, moves = (frame.iloc[chosen] for frame, chosen in (
            (network.buys, branch.buys), (network.makes, branch.makes), (network.moves, branch.moves)))
        program.add_entries(rows[at[buys["node"].to_numpy(int)]], columns["buys"], 1.0)
        self._arrive(rows[at[makes["node"].to_numpy(int)]], columns["starts"], makes["lead"].to_numpy(int),
                     makes["yield_rate"].to_numpy(float))
        self._arrive(rows[at[moves["to_node"].to_numpy(int)]], columns["moves"], moves["lead"].to_numpy(int),
                     np.ones(len(moves)))
        program.add_entries(rows[at[moves["from_node"].to_numpy(int)]], columns["moves"], -1.0)
        place = np.full(len(network.makes), -1)
        place[branch.makes] = np.arange(len(branch.makes))
        used = np.flatnonzero(place[network.components["make"].to_numpy(int)] >= 0)
        parts = network.components.iloc[used]
        each = np.repeat(parts["quantity"].to_numpy(float)[:, None], count, axis=1)
        if network.component_open is not None:
            each = each * network.component_open[used]
        program.add_entries(rows[at[parts["node"].to_numpy(int)]],
                            columns["starts"][place[parts["make"].to_numpy(int)]], -each)

    def _arrive(self, rows: np.ndarray, columns: np.ndarray, lead: np.ndarray, share: np.ndarray) -> None:
        """Entries of what comes to these rows (one a way) so many periods after it started."""
        way, start = np.nonzero(np.arange(self.count) + lead[:, None] < self.count)
        self.program.add_entries(rows[way, start + lead[way]], columns[way, start], share[way])

    def _hours(self) -> None:
        """Rows: hours of what starts fit into free regular hours, extra shifts, overtime and those of alternates."""
        network, branch, count, program, columns = self.network, self.branch, self.count, self.program, self.columns
        self._pay_hours()
        rows = program.add_rows((len(branch.resources), count), upper=0.0)
        for name in ("regular", "overtime"):
            program.add_entries(rows, columns[name], -1.0)
        operations = network.operations.iloc[branch.operations]
        work = program.add_rows((len(operations), count), lower=0.0, upper=0.0)
        columns["work"] = program.add_columns((len(operations), count))
        program.add_entries(work, columns["work"], 1.0)
        program.add_entries(rows[branch.resource_places(operations["resource"])], columns["work"], 1.0)
        starts = columns["starts"][np.searchsorted(branch.makes, operations["make"].to_numpy(int))]
        program.add_entries(work, starts, -operations["hours_per_unit"].fillna(0.0).to_numpy(float)[:, None])
        self._set_ups(work)
        self._alternates(rows)

    def _pay_hours(self) -> None:
        """Columns of regular hours, overtime and extra shifts with their costs; shifts add to the regular hours."""
        branch, count, program, columns = self.branch, self.count, self.program, self.columns
        resources = self.network.resources.iloc[branch.resources]
        for name, most, cost in (("regular", None, "hourly_cost"), ("overtime", self.free.overtime, "overtime_cost"),
                                 ("shifts", self.free.shifts, "extra_shift_cost")):
            columns[name] = program.add_columns(
                (len(resources), count), upper=INFINITY if most is None else most[branch.resources],
                whole=name == "shifts" and self.network.settings.whole_workers)
            each = resources[cost].fillna(0.0).to_numpy(float)[:, None]
            program.add_cost(name, columns[name], np.broadcast_to(each, columns[name].shape))
        rows = program.add_rows((len(resources), count), upper=self.free.regular[branch.resources])
        program.add_entries(rows, columns["regular"], 1.0)
        program.add_entries(rows, columns["shifts"], -shift_hours(self.network)[branch.resources])

    def _set_ups(self, work: np.ndarray) -> None:
        """Whole set-ups of the makes that need hours for them, in each period in which they start anything."""
        operations = self.network.operations.iloc[self.branch.operations]
        setup = operations["setup_hours"].fillna(0.0).to_numpy(float)
        lotted = np.flatnonzero(setup > 0)
        make = operations["make"].to_numpy(int)
        chosen = np.unique(make[lotted])
        set_up = self.program.add_columns((len(chosen), self.count), upper=1.0, whole=True)
        self.program.add_entries(work[lotted], set_up[np.searchsorted(chosen, make[lotted])], -setup[lotted, None])
        most = np.minimum(self._most_units(chosen), MOST_UNITS)
        rows = self.program.add_rows((len(chosen), self.count), upper=0.0)
        self.program.add_entries(rows, self.columns["starts"][np.searchsorted(self.branch.makes, chosen)], 1.0)
        self.program.add_entries(rows, set_up, -most)

    def _most_units(self, makes: np.ndarray) -> np.ndarray:
        """Units that each make can start in each period by free hours alone, its own resources' and alternates'."""
        network, count, free = self.network, self.count, self.free
        shift = shift_hours(network)
        room = free.regular + free.overtime + free.shifts * shift
        operations = network.operations.iloc[self.branch.operations]
        hours = room[operations["resource"].to_numpy(int)]
        alternates = network.alternates.iloc[self.branch.alternates]
        other = room[alternates["resource"].to_numpy(int)] / np.maximum(
            alternates["hours_factor"].to_numpy(float)[:, None], 1e-9)
        np.add.at(hours, np.searchsorted(self.branch.operations, alternates["operation"].to_numpy(int)), other)
        each = operations["hours_per_unit"].fillna(0.0).to_numpy(float)[:, None]
        units = np.divide(hours, each, out=np.full(hours.shape, np.inf), where=each > 0)
        most = np.full((len(network.makes), count), np.inf)
        np.minimum.at(most, operations["make"].to_numpy(int), units)
        return np.asarray(np.minimum(most[makes], free.starts[makes]))

    def _alternates(self, rows: np.ndarray) -> None:
        """Hours that other resources do instead, at most those of the operation."""
        network, branch = self.network, self.branch
        alternates = network.alternates.iloc[branch.alternates]
        moved = self.program.add_columns((len(alternates), self.count))
        place = np.searchsorted(branch.operations, alternates["operation"].to_numpy(int))
        own = network.operations["resource"].iloc[branch.operations[place]]
        factor = alternates["hours_factor"].to_numpy(float)[:, None]
        self.program.add_entries(rows[branch.resource_places(own)], moved, -1.0)
        self.program.add_entries(rows[branch.resource_places(alternates["resource"])], moved, factor)
        done = self.program.add_rows((len(branch.operations), self.count), upper=0.0)
        self.program.add_entries(done, self.columns["work"], -1.0)
        self.program.add_entries(done[place], moved, 1.0)

    def _share_limits(self) -> None:
        """Rows: suppliers, lanes and contracts hold for all that is bought and moved together."""
        network, branch, free, count = self.network, self.branch, self.free, self.count
        for name, row, most in (("buys", supplier_rows(network)[branch.buys], free.suppliers),
                                ("moves", network.moves["lane"].to_numpy(int)[branch.moves], free.lanes)):
            limited, place = np.unique(row, return_inverse=True)
            rows = self.program.add_rows((len(limited), count), upper=np.where(
                limited[:, None] >= 0, np.append(most, np.full((1, count), np.inf), axis=0)[limited], np.inf))
            self.program.add_entries(rows[place], self.columns[name], 1.0)
        allowed = self.program.add_rows((len(network.contracts),), upper=free.contracts)
        for contract, first, last in network.contracts[["first", "last"]].itertuples(name=None):
            counted = np.isin(branch.buys, contract_buys(network, contract))
            units = self.columns["buys"][counted, first: last + 1]
            self.program.add_entries(np.broadcast_to(allowed[contract], units.shape), units, 1.0)

    def _left(self, values: np.ndarray) -> Free:
        """What is free less what these values take."""
        network, branch = self.network, self.branch
        taken = {field.name: np.zeros_like(getattr(self.free, field.name)) for field in fields(Free)}
        for name, chosen in (("starts", branch.makes), ("buys", branch.buys),
                             ("moves", branch.moves), ("overtime", branch.resources), ("shifts", branch.resources),
                             ("regular", branch.resources)):
            taken[name][chosen] = values[self.columns[name]]
        taken["regular"] -= taken["shifts"] * shift_hours(network)
        supplier, lane = supplier_rows(network), network.moves["lane"].to_numpy(int)
        np.add.at(taken["suppliers"], supplier[supplier >= 0], taken["buys"][supplier >= 0])
        np.add.at(taken["lanes"], lane[lane >= 0], taken["moves"][lane >= 0])
        for contract, first, last in network.contracts[["first", "last"]].itertuples(name=None):
            taken["contracts"][contract] = taken["buys"][contract_buys(network, contract), first: last + 1].sum()
        left = {name: np.maximum(getattr(self.free, name) - units, 0.0) for name, units in taken.items()}
        left["stock"] = self.free.stock.copy()
        left["stock"][branch.nodes] = values[self.columns["stock"]]
        return Free(**left)


def _branch(network: Network, node: int) -> _Branch:
    """All that can bring something to a node, from the first supplier on."""
    makes, parts, moves = network.makes, network.components, network.moves
    made, sends, receives = (column.to_numpy(int) for column in (makes["node"], moves["from_node"], moves["to_node"]))
    part, part_of = parts["node"].to_numpy(int), made[parts["make"].to_numpy(int)]
    reached = np.zeros(len(network.nodes), bool)
    reached[node] = True
    count = 0
    while reached.sum() > count:
        count = int(reached.sum())
        reached[part[reached[part_of]]] = True
        reached[sends[reached[receives]]] = True
    chosen = np.flatnonzero(reached[made])
    operations = np.flatnonzero(np.isin(network.operations["make"], chosen))
    alternates = np.flatnonzero(np.isin(network.alternates["operation"], operations))
    return _Branch(
        np.flatnonzero(reached), chosen, np.flatnonzero(reached[network.buys["node"].to_numpy(int)]),
        np.flatnonzero(reached[receives]), operations, alternates, np.union1d(
            network.operations["resource"].to_numpy(int)[operations],
            network.alternates["resource"].to_numpy(int)[alternates]),
    )


def shift_hours(network: Network) -> np.ndarray:
    """R x 1: hours that an extra shift adds."""
    return network.resources["extra_shift_hours"].fillna(0.0).to_numpy(float)[:, None]
