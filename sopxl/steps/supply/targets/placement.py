"""Where along a network safety stock costs least, when every stock guarantees a service time: arrays in, out.

Each stage has a time of its own (lead time and review). It waits for its suppliers (service time in: the longest that
they quote), quotes a service time out, and its stock covers the time between: in + own - out. Source: Graves & Willems
(2000), "Optimizing strategic safety stock placement in supply chains", Manufacturing & Service Operations Management
2(1), with the erratum of 2003. Where the stages form a tree, dynamic programming finds the optimum on the grid of
service times. Otherwise arcs are left out until they do, which gives a lower bound; its answer and the placement of
each stage by itself are improved stage by stage and group by group, and the better one is taken. Where that is dearer
than the bound, stages that hang together are placed by a program of whole numbers (exact_placement), as far as they are
few enough for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sopxl.steps.supply.targets.exact_placement import place_exactly

ENOUGH = 1e-9
MOST_SWEEPS = 20
GOOD = 0.001
"""A placement that is dearer than its bound by no more than this share is not searched for again."""
SECONDS = 5.0
"""So long whole numbers are looked for in all."""


@dataclass(frozen=True)
class Stages:
    """J stages: own time, longest time that may be quoted (inf: free), and arcs from suppliers to users (numbers).

    ``cost`` takes times covered (J x K) and gives the cost of the stock (J x K), 0 or more; ``step`` is the grid of
    service times, in the unit of the times.
    """

    time: np.ndarray
    most_out: np.ndarray
    supplier: np.ndarray
    user: np.ndarray
    cost: Callable[[np.ndarray], np.ndarray]
    step: float = 1.0


@dataclass(frozen=True)
class Placement:
    """Service times in and out (J), what the stock costs, and what it costs at least (equal where it is optimal)."""

    time_in: np.ndarray
    time_out: np.ndarray
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """The share of its cost that another placement could save at most."""
        return max(1.0 - self.bound / self.cost, 0.0) if self.cost > 0 else 0.0


class _Grid:
    """Costs by the steps between service times in and out, and who is whose neighbour."""

    def __init__(self, stages: Stages) -> None:
        self.stages, count = stages, len(stages.time)
        self.suppliers: list[list[int]] = [[] for _ in range(count)]
        self.users: list[list[int]] = [[] for _ in range(count)]
        for supplier, user in zip(stages.supplier.tolist(), stages.user.tolist(), strict=True):
            self.suppliers[user].append(supplier)
            self.users[supplier].append(user)
        self.steps = int(np.floor(max(longest_times(stages), default=0.0) / stages.step + ENOUGH))
        apart = np.arange(-self.steps, self.steps + 1)
        covered = stages.time[:, None] + apart * stages.step
        cost = stages.cost(np.maximum(covered, 0.0))
        self.by_apart = np.where(covered < -ENOUGH, np.inf, cost)
        wide = np.where(np.isfinite(stages.most_out), stages.most_out, self.steps * stages.step)
        self.own = np.floor(stages.time / stages.step + ENOUGH).astype(int)
        self.most_out = np.minimum(np.floor(wide / stages.step + ENOUGH), self.steps).astype(int)

    def costs(self, stage: int, time_in: np.ndarray | np.int64, time_out: np.ndarray | np.int64) -> np.ndarray:
        """Cost of a stage's stock for service times in steps; infinite where it would promise what it cannot keep."""
        values = self.by_apart[stage, time_in - time_out + self.steps]
        return np.asarray(np.where(time_out <= self.most_out[stage], values, np.inf))

    def times_in(self, time_out: np.ndarray) -> np.ndarray:
        """The longest time that the suppliers of each stage quote."""
        time_in = np.zeros(len(time_out), int)
        np.maximum.at(time_in, self.stages.user, time_out[self.stages.supplier])
        return time_in

    def each(self, time_out: np.ndarray) -> np.ndarray:
        """Cost of each stage."""
        time_in = self.times_in(time_out)
        return np.array([float(self.costs(stage, time_in[stage], time_out[stage])) for stage in range(len(time_out))])

    def total(self, time_out: np.ndarray) -> float:
        """Cost of all stages."""
        return float(self.each(time_out).sum())


def place(stages: Stages) -> Placement:
    """The placement that costs least, or one with a bound on how much less another could cost.

    Raises ValueError where the arcs run in a circle.
    """
    grid = _Grid(stages)
    kept = _spanning_forest(grid)
    time_out, bounds = _optimal_on_forest(grid, kept)
    if not kept.all():
        starts, time_out = (time_out, np.zeros(len(time_out), int)), _improved(grid, time_out)
        if grid.total(time_out) > bounds.sum() * (1.0 + GOOD):
            time_out = min(time_out, _improved(grid, starts[1]), key=grid.total)
        time_out, bounds = _exact(grid, kept, time_out, bounds)
    return Placement(
        grid.times_in(time_out) * stages.step, time_out * stages.step, grid.total(time_out), float(bounds.sum()))


def _exact(
    grid: _Grid, kept: np.ndarray, time_out: np.ndarray, bounds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Better service times out, and bounds, of the stages that hang together and are dearer than their bound.

    ``bounds``: what they cost at least, at one stage of each group, 0 at the others.
    """
    stages, until, time_out, bounds = grid.stages, time.monotonic() + SECONDS, time_out.copy(), bounds.copy()
    group = _groups(grid, kept)
    longest = np.floor(longest_times(stages) / stages.step + ENOUGH).astype(int)
    for number in np.unique(group[stages.supplier[~kept]]).tolist():
        members = np.flatnonzero(group == number)
        cost, bound = float(grid.each(time_out)[members].sum()), float(bounds[members].sum())
        if cost <= bound * (1.0 + ENOUGH) or time.monotonic() >= until:
            continue
        inside = group[stages.supplier] == number
        steps = int(longest[members].max())
        costs = grid.by_apart[members, grid.steps - steps: grid.steps + steps + 1].copy()
        costs[np.arange(-steps, steps + 1) > (longest - grid.own)[members, None]] = np.inf
        supplier, user = (np.searchsorted(members, ends[inside]) for ends in (stages.supplier, stages.user))
        most_out = np.minimum(grid.most_out[members], longest[members])
        found = place_exactly(costs, most_out, supplier, user, until - time.monotonic())
        if found is None:
            continue
        bounds[members] = 0.0
        bounds[members[0]] = min(max(bound, found.bound), cost)
        time_in, other = np.zeros_like(time_out), time_out.copy()
        time_in[members], other[members] = found.time_in, found.time_out
        settled = _without_idle_waiting(grid, np.where(group == number, time_in, grid.times_in(other)), other)
        if float(grid.each(settled)[members].sum()) < cost:
            time_out[members] = settled[members]
    return time_out, bounds


def _groups(grid: _Grid, kept: np.ndarray) -> np.ndarray:
    """Number of the group of stages that hang together, of each stage."""
    root = list(range(len(grid.stages.time)))
    for supplier, user in zip(grid.stages.supplier[kept].tolist(), grid.stages.user[kept].tolist(), strict=True):
        root[_root(root, supplier)] = _root(root, user)
    return np.array([_root(root, stage) for stage in range(len(root))], int)


def longest_times(stages: Stages) -> np.ndarray:
    """J: the longest time from the first supplier to each stage. Raises ValueError where the arcs run in a circle."""
    return _longest(stages, stages.time.astype(float))


def _longest(stages: Stages, time: np.ndarray) -> np.ndarray:
    """The longest way from the first supplier to each stage, its own time included."""
    longest = time.copy()
    for _ in range(len(longest) + 1):
        following = time.copy()
        np.maximum.at(following, stages.user, longest[stages.supplier] + time[stages.user])
        if np.array_equal(following, longest):
            return longest
        longest = following
    raise ValueError("the arcs of the network run in a circle")


def _spanning_forest(grid: _Grid) -> np.ndarray:
    """Flag per arc: kept so that no circle is left, the arcs between the dearest stocks first (Kruskal 1956)."""
    stages, at_zero = grid.stages, grid.by_apart[:, grid.steps]
    weight = at_zero[stages.supplier] + at_zero[stages.user]
    root = list(range(len(stages.time)))
    kept = np.zeros(len(weight), bool)
    for arc in np.argsort(-weight, kind="stable").tolist():
        one, other = (_root(root, int(ends[arc])) for ends in (stages.supplier, stages.user))
        kept[arc] = one != other
        root[one] = other
    return kept


def _root(root: list[int], stage: int) -> int:
    while root[stage] != stage:
        root[stage] = root[root[stage]]
        stage = root[stage]
    return stage


def _optimal_on_forest(grid: _Grid, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Service times out in steps of the optimum over the kept arcs, tree by tree from the leaves, and what each tree
    costs at its root (0 at the other stages).
    """
    order, towards = _from_leaves(grid, kept)
    count, steps = len(order), grid.steps
    time_in, time_out = np.meshgrid(np.arange(steps + 1), np.arange(steps + 1))
    by_in, by_out = np.zeros((count, steps + 1)), np.zeros((count, steps + 1))
    best_in, best_out = np.zeros((count, steps + 1), int), np.zeros((count, steps + 1), int)
    roots = {}
    for stage in order:
        cost = grid.costs(stage, time_in, time_out) + by_out[stage][:, None] + by_in[stage][None, :]
        parent, is_user = towards[stage]
        if parent < 0:
            where = np.unravel_index(int(cost.argmin()), cost.shape)
            roots[stage] = (int(where[0]), int(where[1]), float(cost[where]))
        elif is_user:  # the parent waits at least as long as this stage quotes
            best_in[stage], values = cost.argmin(axis=1), cost.min(axis=1)
            best_out[stage] = _argmin_up_to(values)
            by_in[parent] += np.minimum.accumulate(values)
        else:  # this stage waits at least as long as the parent quotes
            best_out[stage], values = cost.argmin(axis=0), cost.min(axis=0)
            best_in[stage] = steps - _argmin_up_to(values[::-1])[::-1]
            by_out[parent] += np.minimum.accumulate(values[::-1])[::-1]
    chosen = _without_idle_waiting(grid, *_walk_back(order, towards, roots, best_in, best_out))
    bounds = np.zeros(count)
    for stage, (_, _, cost_of_tree) in roots.items():
        bounds[stage] = cost_of_tree
    return chosen, bounds


def _walk_back(
    order: list[int], towards: dict[int, tuple[int, bool]], roots: dict[int, tuple[int, int, float]],
    best_in: np.ndarray, best_out: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The service times in and out, in steps, from the roots back to the leaves."""
    outs, ins = np.zeros(len(order), int), np.zeros(len(order), int)
    for stage in reversed(order):
        parent, is_user = towards[stage]
        if parent < 0:
            outs[stage], ins[stage], _ = roots[stage]
        elif is_user:
            outs[stage] = best_out[stage, ins[parent]]
            ins[stage] = best_in[stage, outs[stage]]
        else:
            ins[stage] = best_in[stage, outs[parent]]
            outs[stage] = best_out[stage, ins[stage]]
    return ins, outs


def _without_idle_waiting(grid: _Grid, time_in: np.ndarray, time_out: np.ndarray) -> np.ndarray:
    """Service times out where nobody plans to wait longer than its suppliers quote: never dearer."""
    settled = time_out.copy()
    for stage in np.argsort(_longest(grid.stages, np.ones(len(settled))), kind="stable").tolist():
        waits = max((int(settled[one]) for one in grid.suppliers[stage]), default=0)
        settled[stage] = max(int(settled[stage]) - max(int(time_in[stage]) - waits, 0), 0)
    return settled


def _argmin_up_to(values: np.ndarray) -> np.ndarray:
    """For each position, where the least value up to it stands (the first of several)."""
    lowest = np.minimum.accumulate(values)
    new = np.concatenate([[True], values[1:] < lowest[:-1]])
    return np.asarray(np.maximum.accumulate(np.where(new, np.arange(len(values)), 0)))


def _from_leaves(grid: _Grid, kept: np.ndarray) -> tuple[list[int], dict[int, tuple[int, bool]]]:
    """Stages in an order in which each has at most one neighbour after it: its parent, and whether that draws on it."""
    neighbours: list[list[tuple[int, bool]]] = [[] for _ in grid.stages.time]
    for supplier, user in zip(grid.stages.supplier[kept].tolist(), grid.stages.user[kept].tolist(), strict=True):
        neighbours[supplier].append((user, True))
        neighbours[user].append((supplier, False))
    towards: dict[int, tuple[int, bool]] = {}
    order: list[int] = []
    for first in range(len(neighbours)):
        if first in towards:
            continue
        towards[first] = (-1, False)
        found = [first]
        for stage in found:
            for other, draws in neighbours[stage]:
                if other not in towards:
                    towards[other] = (stage, not draws)
                    found.append(other)
        order += reversed(found)
    return order, towards


def _improved(grid: _Grid, start: np.ndarray) -> np.ndarray:
    """The placement after each stage, and each stage's suppliers together, take their best times until none gains."""
    time_out: list[int] = start.tolist()
    together = {tuple(sorted(suppliers)) for suppliers in grid.suppliers if suppliers}
    groups = sorted({(stage,) for stage in range(len(start))} | together)
    touched: list[list[int]] = [[] for _ in time_out]
    for number, group in enumerate(groups):
        for stage in _concerned(grid, group):
            touched[stage].append(number)
    waiting = set(range(len(groups)))
    for _ in range(MOST_SWEEPS):
        for number in sorted(waiting):
            waiting.discard(number)
            if _improve(grid, time_out, groups[number]):
                waiting.update(other for stage in groups[number] for other in touched[stage])
        if not waiting:
            break
    return np.array(time_out, int)


def _concerned(grid: _Grid, group: tuple[int, ...]) -> set[int]:
    """The stages on whose times it depends what a group of stages should quote."""
    waiting = {*group, *(user for stage in group for user in grid.users[stage])}
    return waiting | {supplier for stage in waiting for supplier in grid.suppliers[stage]}


def _improve(grid: _Grid, time_out: list[int], group: tuple[int, ...]) -> bool:
    """Let a group of stages quote the same time, or as much of it as each can: the best. Whether that gains."""
    waits_now = {one: max((time_out[other] for other in grid.suppliers[one]), default=0)
                 for one in {*group, *(user for stage in group for user in grid.users[stage])}}
    before = sum(float(grid.costs(one, np.int64(waits), np.int64(time_out[one]))) for one, waits in waits_now.items())
    if before <= 0.0:
        return False
    most = {one: min(int(grid.most_out[one]), waits_now[one] + int(grid.own[one])) for one in group}
    wanted = np.arange(max(most.values()) + 1)
    quoted = {one: np.minimum(wanted, longest) for one, longest in most.items()}
    after = np.zeros(len(wanted))
    for one in waits_now:
        moving = [quoted[other] for other in grid.suppliers[one] if other in quoted]
        fixed = max((time_out[other] for other in grid.suppliers[one] if other not in quoted), default=0)
        after += grid.costs(one, np.maximum.reduce([np.full(len(wanted), fixed), *moving]),
                            quoted[one] if one in quoted else np.int64(time_out[one]))
    best = int(after.argmin())
    if not after[best] < before * (1.0 - ENOUGH) - 1e-12:
        return False
    for one, values in quoted.items():
        time_out[one] = int(values[best])
    return True
