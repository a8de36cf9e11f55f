"""Puts operations on machines one after the other: the order of the operations is the schedule.

Each operation goes, behind what its machines do already, to where it is done first; it starts when the operations
before it are done and its other resources are free, and works in the time in which all of them work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sopxl.steps.supply.schedule.changeovers import Changeover, Changeovers, Setup
from sopxl.steps.supply.schedule.timing import INFINITE, Machinery, WorkingTime

NEVER_LATE = 1e6
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
    known: dict[tuple[int, Setup | None, Setup, float], Changeover] = field(default_factory=dict)

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

    def clock_hours(self, number: int, setup_hours: float) -> float:
        """Hours of working time that a task takes with so much set-up."""
        task = self.tasks[number]
        efficiency = max(float(self.machinery.efficiency[task.resource]), 1e-9)
        return float((setup_hours + task.run_hours / efficiency) / self.machinery.rate[task.resource])

    def changeover(self, number: int, before: Setup | None) -> Changeover:
        """The changeover to a task on its resource."""
        task = self.tasks[number]
        key = (task.resource, before, task.setup, task.setup_hours)
        if key not in self.known:
            name = self.machinery.names[task.resource]
            self.known[key] = self.changeovers.between(name, before, task.setup, task.setup_hours)
        return self.known[key]


@dataclass
class Placement:
    """A schedule under way: ``free`` and ``last`` per machine of the shop, ``places`` per task."""

    shop: Shop
    not_before: dict[int, float]
    free: list[float]
    last: list[Setup | None]
    ends: list[float]
    places: list[Place | None]

    @classmethod
    def start(cls, shop: Shop, not_before: dict[int, float] | None = None) -> Placement:
        """Nothing placed."""
        count = shop.machines[-1].stop if shop.machines else 0
        size = len(shop.tasks)
        return cls(shop, not_before or {}, [0.0] * count, [None] * count, [0.0] * size, [None] * size)

    def put(self, number: int) -> Place:
        """Place a task where it is done first; of machines that are as fast, where the changeover costs least."""
        shop, task = self.shop, self.shop.tasks[number]
        ready = max(task.release, self.not_before.get(number, 0.0))
        for earlier in task.before:
            ready = max(ready, self.ends[earlier])
        beside = self._units_beside(task)
        for unit in beside:
            ready = max(ready, self.free[unit])
        time, machines = shop.times[number], shop.machines[task.resource]
        best: tuple[float, float, int] | None = None
        chosen: Place | None = None
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
        place = chosen or Place(machines.start, INFINITE, INFINITE, Changeover(0.0, 0.0), None, beside)
        self._occupy(number, place, task)
        return place

    def _units_beside(self, task: Task) -> tuple[int, ...]:
        """A free unit of each resource needed beside, the one that is free first."""
        units: list[int] = []
        for resource in task.beside:
            left = [unit for unit in self.shop.machines[resource] if unit not in units]
            units.append(min(left, key=lambda unit: self.free[unit]) if left else self.shop.machines[resource].start)
        return tuple(units)

    def _occupy(self, number: int, place: Place, task: Task) -> None:
        self.ends[number] = place.end
        self.places[number] = place
        if place.end == INFINITE:
            return
        self.free[place.machine] = place.end
        self.last[place.machine] = task.setup
        for unit in place.beside:
            self.free[unit] = place.end


class _Marks(NamedTuple):
    """The placement as it stood before a position of the order."""

    free: list[float]
    last: list[Setup | None]
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
    placement = Placement(shop, {}, list(mark.free), list(mark.last), list(old.ends), list(old.places))
    return _carry_on(shop, Schedule(order, placement, mark.merit, marks), first, based_on.merit.late)


def _stride(order: list[int]) -> int:
    """How many positions lie between two marks."""
    return max(1, len(order) // SNAPSHOTS)


def _carry_on(shop: Shop, schedule: Schedule, first: int, most_late: float) -> Schedule | None:
    """Place the order from a position on; None once it is later than ``most_late``."""
    placement, stride = schedule.placement, _stride(schedule.order)
    for position in range(first, len(schedule.order)):
        if position % stride == 0:
            schedule.marks[position] = _Marks(list(placement.free), list(placement.last), schedule.merit)
        number = schedule.order[position]
        schedule.merit = _added(schedule.merit, shop, number, placement.put(number))
        if schedule.merit.late > most_late + 1e-9:
            return None
    return schedule


def _added(merit: Merit, shop: Shop, number: int, place: Place) -> Merit:
    """The merit with one more task placed."""
    task, change = shop.tasks[number], place.changeover
    end = NEVER_LATE if place.end == INFINITE else place.end
    late = max(end - task.due, 0.0) / 24.0 / task.priority if task.is_last else 0.0
    cost = change.cost + change.hours * float(shop.machinery.hourly_cost[task.resource])
    return Merit(merit.late + late, merit.cost + cost, merit.hours + change.hours, max(merit.finish, end),
                 merit.ends + end)
