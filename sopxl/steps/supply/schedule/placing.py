"""Puts operations on machines one after the other: the order of the operations is the schedule.

Each operation goes, behind what its machines do already, to where it is done first; it starts when the operations
before it are done and its other resources are free, and works in the time in which all of them work. Where a machine
stood idle before, because a job waited for what it is made of, an operation that fits there with the changeovers on
both sides goes into the gap. What is used beside others is not filled up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sopxl.steps.supply.schedule.changeovers import Changeover, Changeovers, Setup
from sopxl.steps.supply.schedule.timing import INFINITE, Machinery, WorkingTime

NEVER_LATE = 1e6
LEAST_GAP = 1 / 60
"""Hours of working time that it takes for a gap to be filled."""
SNAPSHOTS = 25


class Merit(NamedTuple):
    """What makes one schedule better than another, the first difference deciding: days late (each divided by its
    job's priority), cost of changeovers, hours of changeovers, when the last job is done, and the sum of all ends."""

    late: float
    cost: float
    hours: float
    finish: float
    ends: float


NOTHING = Merit(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Task:
    """An operation to be placed; ``before``: tasks that must be done first. ``is_last``: the job is done with it."""

    job: int
    name: str
    resource: int
    beside: tuple[int, ...]
    run_hours: float
    setup_hours: float
    setup: Setup
    before: tuple[int, ...]
    release: float
    due: float
    priority: float
    is_last: bool
    quantity: float


class Place(NamedTuple):
    """Where and when a task is done: machine (number on its resource), start, end, changeover and units beside."""

    machine: int
    start: float
    end: float
    changeover: Changeover
    setup_before: Setup | None
    beside: tuple[int, ...]


@dataclass
class Shop:
    """All that placing needs: tasks, resources, changeovers."""

    tasks: list[Task]
    machinery: Machinery
    changeovers: Changeovers

    @cached_property
    def after(self) -> list[list[int]]:
        """The tasks that wait for each task."""
        after: list[list[int]] = [[] for _ in self.tasks]
        for number, task in enumerate(self.tasks):
            for earlier in task.before:
                after[earlier].append(number)
        return after

    @cached_property
    def machines(self) -> list[range]:
        """The machines of each resource by number, as many as there can be work for."""
        load = np.bincount(
            [resource for task in self.tasks for resource in (task.resource, *task.beside)],
            minlength=len(self.machinery.names),
        )
        counts = np.minimum(self.machinery.machines, np.maximum(load, 1))
        ends = np.cumsum(counts)
        return [range(int(end - count), int(end)) for end, count in zip(ends, counts, strict=True)]

    @cached_property
    def times(self) -> list[WorkingTime]:
        """The working time of each task: when all of its resources work."""
        known: dict[tuple[int, ...], WorkingTime] = {}
        result = []
        for task in self.tasks:
            key = (task.resource, *sorted(set(task.beside)))
            if key not in known:
                time = self.machinery.times[task.resource]
                for other in key[1:]:
                    time = time.together(self.machinery.times[other])
                known[key] = time
            result.append(known[key])
        return result

    @cached_property
    def is_filled(self) -> list[bool]:
        """Whether gaps of a resource are filled: where nothing needs it beside another."""
        beside = {resource for task in self.tasks for resource in task.beside}
        return [resource not in beside for resource in range(len(self.machinery.names))]

    @cached_property
    def _hours_of_work(self) -> list[tuple[float, float]]:
        """Hours of working time of each task without set-up, and the rate of its resource."""
        efficiency = np.maximum(self.machinery.efficiency, 1e-9).tolist()
        rate = self.machinery.rate.tolist()
        return [(task.run_hours / efficiency[task.resource] / rate[task.resource], rate[task.resource])
                for task in self.tasks]

    def clock_hours(self, number: int, setup_hours: float) -> float:
        """Hours of working time that a task takes with so much set-up."""
        work, rate = self._hours_of_work[number]
        return work + setup_hours / rate

    def priced(self, number: int, change: Changeover) -> Changeover:
        """A changeover to a task, its hours at the cost of the resource added to its cost."""
        hourly = self._hourly_cost[self.tasks[number].resource]
        return change._replace(cost=change.cost + change.hours * hourly) if change.hours else change

    @cached_property
    def _hourly_cost(self) -> list[float]:
        return [float(cost) for cost in self.machinery.hourly_cost]

    def changeover(self, number: int, before: Setup | None) -> Changeover:
        """The changeover to a task on its resource."""
        task = self.tasks[number]
        return self.changeovers.between(self.machinery.names[task.resource], before, task.setup, task.setup_hours)


class Gap(NamedTuple):
    """Idle time of a machine: from when, until when, what it is set up for, and the task that follows."""

    start: float
    end: float
    setup: Setup | None
    following: int


@dataclass
class Placement:
    """A schedule under way: ``free``, ``last`` and ``gaps`` per machine of the shop, ``places``, ``ends`` and
    ``ready`` (from when on all else would let it start) per task."""

    shop: Shop
    not_before: dict[int, float]
    free: list[float]
    last: list[Setup | None]
    gaps: list[tuple[Gap, ...]]
    ends: list[float]
    ready: list[float]
    places: list[Place | None]

    @classmethod
    def start(cls, shop: Shop, not_before: dict[int, float] | None = None) -> Placement:
        """Nothing placed."""
        count, size = shop.machines[-1].stop if shop.machines else 0, len(shop.tasks)
        return cls(shop, not_before or {}, [0.0] * count, [None] * count, [()] * count, [0.0] * size, [0.0] * size,
                   [None] * size)

    def put(self, number: int) -> tuple[Place, Changeover]:
        """Place a task where it is done first; of machines that are as fast, where the changeover costs least.

        Also what the changeovers of the schedule cost more (hours at the resource's rate included) and take longer.
        """
        shop, task = self.shop, self.shop.tasks[number]
        ready = max(task.release, self.not_before.get(number, 0.0))
        for earlier in task.before:
            ready = max(ready, self.ends[earlier])
        beside = self._units_beside(task)
        for unit in beside:
            ready = max(ready, self.free[unit])
        place = self._behind(number, ready, beside)
        added = shop.priced(number, place.changeover)
        filled = self._in_gap(number, ready, place, added) if place.start > ready else None
        if filled is not None:
            place, added = filled
            for unit in beside:
                self.free[unit] = place.end
        else:
            self._occupy(number, ready, place)
        self.ends[number], self.ready[number], self.places[number] = place.end, ready, place
        return place, added

    def _behind(self, number: int, ready: float, beside: tuple[int, ...]) -> Place:
        """The best place behind what the machines do already."""
        shop, time = self.shop, self.shop.times[number]
        machines = shop.machines[shop.tasks[number].resource]
        best: tuple[float, float, int] | None = None
        chosen = Place(machines.start, INFINITE, INFINITE, Changeover(0.0, 0.0), None, beside)
        for machine in machines:
            if machine in beside:
                continue
            change = shop.changeover(number, self.last[machine])
            begin = time.begin(max(ready, self.free[machine]))
            end = time.finish(begin, shop.clock_hours(number, change.hours))
            key = (end, change.cost, machine)
            if best is None or key < best:
                best = key
                chosen = Place(machine, begin, end, change, self.last[machine], beside)
        return chosen

    def _units_beside(self, task: Task) -> tuple[int, ...]:
        """A free unit of each resource needed beside, the one that is free first."""
        units: list[int] = []
        for resource in task.beside:
            left = [unit for unit in self.shop.machines[resource] if unit not in units]
            units.append(min(left, key=lambda unit: self.free[unit]) if left else self.shop.machines[resource].start)
        return tuple(units)

    def _occupy(self, number: int, ready: float, place: Place) -> None:
        """Take up the machines; what they stood idle before is a gap."""
        if place.end == INFINITE:
            return
        machine, task = place.machine, self.shop.tasks[number]
        idle = self.free[machine]
        if ready > idle + LEAST_GAP and self.shop.is_filled[task.resource]:
            self.gaps[machine] += self._gap(Gap(idle, place.start, self.last[machine], number))
        self.free[machine] = place.end
        self.last[machine] = task.setup
        for unit in place.beside:
            self.free[unit] = place.end

    def _gap(self, gap: Gap) -> tuple[Gap, ...]:
        """The gap, unless next to nothing could be done in it."""
        time = self.shop.machinery.times[self.shop.tasks[gap.following].resource]
        return (gap,) if time.worked(gap.end) - time.worked(gap.start) > LEAST_GAP else ()

    def _in_gap(self, number: int, ready: float, behind: Place, added: Changeover) -> tuple[Place, Changeover] | None:
        """The task in the first gap that it fits, where it is done sooner; at a dearer changeover only if it would be
        late else."""
        is_late = behind.end > self.shop.tasks[number].due
        for machine in self.shop.machines[self.shop.tasks[number].resource]:
            for position, gap in enumerate(self.gaps[machine]):
                if gap.end <= ready or gap.start >= behind.start:
                    continue
                place, moved, more = self._fitted(number, ready, machine, gap)
                if place is None or moved is None or place.end >= behind.end:
                    continue
                if is_late or more.cost <= added.cost + 1e-9:
                    self._fill(number, position, place, moved)
                    return place._replace(beside=behind.beside), more
        return None

    def _fitted(
        self, number: int, ready: float, machine: int, gap: Gap
    ) -> tuple[Place | None, Place | None, Changeover]:
        """The task in a gap, the task that follows as it is then, and what changeovers cost and take more; None where
        it does not fit."""
        shop, time, old = self.shop, self.shop.times[number], self.places[gap.following]
        change = shop.changeover(number, gap.setup)
        begin = time.begin(max(ready, gap.start))
        end = time.finish(begin, shop.clock_hours(number, change.hours)) if begin < gap.end else INFINITE
        if end == INFINITE or old is None:
            return None, None, change
        again, start = shop.changeover(gap.following, shop.tasks[number].setup), old.start
        if again.hours != old.changeover.hours:
            theirs = shop.times[gap.following]
            left = theirs.worked(old.end) - shop.clock_hours(gap.following, again.hours)
            start = min(theirs.begin(theirs.moment(left)), old.end) if left >= 0 else -INFINITE
        if start < max(end, self.ready[gap.following]) - 1e-7:
            return None, None, change
        mine, new, gone = (shop.priced(one, what) for one, what in (
            (number, change), (gap.following, again), (gap.following, old.changeover)))
        more = Changeover(mine.hours + new.hours - gone.hours, mine.cost + new.cost - gone.cost)
        moved = old._replace(start=start, changeover=again, setup_before=shop.tasks[number].setup)
        return Place(machine, begin, end, change, gap.setup, ()), moved, more

    def _fill(self, number: int, position: int, place: Place, moved: Place) -> None:
        """Put a task into a gap; what is left of the gap on both sides are gaps again."""
        gaps = self.gaps[place.machine]
        gap = gaps[position]
        before = self._gap(Gap(gap.start, place.start, gap.setup, number))
        after = self._gap(Gap(place.end, moved.start, self.shop.tasks[number].setup, gap.following))
        self.gaps[place.machine] = (*gaps[:position], *before, *after, *gaps[position + 1:])
        self.places[gap.following] = moved


class _Marks(NamedTuple):
    """The placement as it stood before a position of the order."""

    free: list[float]
    last: list[Setup | None]
    gaps: list[tuple[Gap, ...]]
    places: list[Place | None]
    merit: Merit


@dataclass
class Schedule:
    """An order of tasks and what comes of it; marks let a changed order be placed from the change on."""

    order: list[int]
    placement: Placement
    merit: Merit
    marks: dict[int, _Marks]


def place_all(shop: Shop, order: list[int], not_before: dict[int, float] | None = None) -> Schedule:
    """The schedule of an order; ``not_before``: earliest starts beside the tasks' own."""
    schedule = Schedule(order, Placement.start(shop, not_before), NOTHING, {})
    return _carry_on(shop, schedule, 0, INFINITE) or schedule


def place_again(shop: Shop, order: list[int], based_on: Schedule, since: int) -> Schedule | None:
    """The schedule of an order that is that of ``based_on`` before position ``since``; None as soon as it is later."""
    first = since - since % _stride(order)
    mark, old = based_on.marks[first], based_on.placement
    marks = {at: kept for at, kept in based_on.marks.items() if at <= first}
    placement = Placement(shop, {}, list(mark.free), list(mark.last), list(mark.gaps), list(old.ends),
                          list(old.ready), list(mark.places))
    return _carry_on(shop, Schedule(order, placement, mark.merit, marks), first, based_on.merit.late)


def _stride(order: list[int]) -> int:
    """How many positions lie between two marks."""
    return max(1, len(order) // SNAPSHOTS)


def _carry_on(shop: Shop, schedule: Schedule, first: int, most_late: float) -> Schedule | None:
    """Place the order from a position on; None once it is later than ``most_late``."""
    placement, stride = schedule.placement, _stride(schedule.order)
    for position in range(first, len(schedule.order)):
        if position % stride == 0:
            schedule.marks[position] = _Marks(list(placement.free), list(placement.last), list(placement.gaps),
                                              list(placement.places), schedule.merit)
        number = schedule.order[position]
        schedule.merit = _added(schedule.merit, shop.tasks[number], *placement.put(number))
        if schedule.merit.late > most_late + 1e-9:
            return None
    return schedule


def _added(merit: Merit, task: Task, place: Place, change: Changeover) -> Merit:
    """The merit with one more task placed, and what changeovers cost and take more for it."""
    end = NEVER_LATE if place.end == INFINITE else place.end
    late = max(end - task.due, 0.0) / 24.0 / task.priority if task.is_last else 0.0
    return Merit(merit.late + late, merit.cost + change.cost, merit.hours + change.hours, max(merit.finish, end),
                 merit.ends + end)
