"""Orders of tasks by dispatching: whenever a machine is free, the most urgent of the tasks that wait for it goes next.

Add a rule by its function under ``@dispatch_rule``: smaller keys go first. Hours that nobody works are spread evenly.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from functools import partial
from heapq import heapify, heappop, heappush
from math import exp
from typing import Any, NamedTuple

import numpy as np

from sopxl.steps.supply.schedule.changeovers import Changeover
from sopxl.steps.supply.schedule.placing import Shop
from sopxl.steps.supply.schedule.timing import INFINITE

WEEK = 168.0
MOST_LOOKED_AT, LEAST_LOOKS, MOST_LOOKS = 300_000, 8, 100
"""Tasks that a rule looks at in all, and the fewest and most for each that goes next."""


class Waiting(NamedTuple):
    """A task that waits: when it must be done for its job, and all that wait for it, to be in time; the priority of
    the most urgent of these; the hours that it takes by the clock, and those of a usual task; when it would start;
    the changeover to it."""

    latest: float
    priority: float
    hours: float
    usual_hours: float
    now: float
    change: Changeover


Rule = Callable[[Waiting], tuple[Any, ...]]
DISPATCH_RULES: dict[str, Rule] = {}


def dispatch_rule(name: str) -> Callable[[Rule], Rule]:
    """Enter a rule in the list under its name."""

    def enter(function: Rule) -> Rule:
        DISPATCH_RULES[name] = function
        return function

    return enter


@dispatch_rule("due date")
def by_due_date(task: Waiting) -> tuple[Any, ...]:
    """By priority, then due date, then the cheapest changeover."""
    return task.priority, task.latest, task.change.cost, task.change.hours, task.hours


def _apparent_cost(task: Waiting, look_ahead: float, dearness: float) -> tuple[Any, ...]:
    """Apparent cost of being late with set-ups: short tasks that are about to be late, less so after a changeover.

    Source: Lee, Bhaskaran & Pinedo, "A heuristic to minimize the total weighted tardiness with sequence-dependent
    setups", IIE Transactions 29 (1997).
    """
    hours = max(task.hours, 1e-3 * task.usual_hours, 1e-6)
    slack = max(task.latest - hours - task.now, 0.0) / (look_ahead * task.usual_hours)
    setup = task.change.hours / (dearness * task.usual_hours)
    return -exp(-min(slack, 600.0) - min(setup, 60.0)) / task.priority / hours, task.latest, task.change.cost


for _look_ahead, _dearness in ((12.0, 0.1), (8.0, 0.06), (4.0, 0.1), (20.0, 0.15), (12.0, 0.03), (2.0, 0.3)):
    dispatch_rule(f"apparent cost of lateness {_look_ahead:g}, {_dearness:g}")(
        partial(_apparent_cost, look_ahead=_look_ahead, dearness=_dearness)
    )


@dispatch_rule("families of the week")
def by_week(task: Waiting) -> tuple[Any, ...]:
    """By priority and week in which it is due; within these by changeover."""
    return task.priority, task.latest // WEEK, task.change.cost, task.change.hours, task.latest


@dispatch_rule("families")
def by_family(task: Waiting) -> tuple[Any, ...]:
    """The cheapest changeover first, then priority and due date."""
    return task.change.cost, task.change.hours, task.priority, task.latest


class _Queue:
    """The tasks that wait for one resource, the most urgent first, those to come, and when its machines are free."""

    def __init__(self, machines: int) -> None:
        self.free = [0.0] * machines
        self.last: list[Any] = [None] * machines
        self.there: list[tuple[float, float, int]] = []
        self.coming: list[tuple[float, int]] = []
        self.now = 0.0

    @property
    def earliest(self) -> float:
        """When the next of its tasks can start."""
        if self.there:
            return max(min(self.free), self.now)
        return max(min(self.free), self.coming[0][0]) if self.coming else INFINITE

    def move_on(self, urgency: Urgency) -> None:
        """Go to when the next task can start: those that have come wait from then on."""
        self.now = self.earliest
        while self.coming and self.coming[0][0] <= self.now + 1e-9:
            _, number = heappop(self.coming)
            insort(self.there, (urgency.priority[number], urgency.latest[number], number))


class Urgency:
    """What all rules know of the tasks of a group before the first is placed."""

    def __init__(self, shop: Shop, tasks: list[int]) -> None:
        """Look at the tasks from the last to the first."""
        self.shop, self.tasks = shop, tasks
        self.stretch = {number: _stretch(shop, number) for number in tasks}
        self.hours = {number: shop.clock_hours(number, 0.0) * self.stretch[number] for number in tasks}
        self.usual = max(float(np.mean(list(self.hours.values()))), 1e-6)
        setups = {number: (shop.tasks[number].setup, shop.tasks[number].setup_hours) for number in tasks}
        kinds = {setup: kind for kind, setup in enumerate(dict.fromkeys(setups.values()))}
        self.kind = {number: kinds[setup] for number, setup in setups.items()}
        self.latest: dict[int, float] = {}
        self.priority: dict[int, float] = {}
        for number in reversed(_behind_each_other(shop, tasks)):
            task = shop.tasks[number]
            after = shop.after[number]
            own = [task.due] if task.is_last else []
            self.latest[number] = min([*own, *(self.latest[later] - self.hours[later] for later in after)])
            self.priority[number] = min([task.priority, *(self.priority[later] for later in after)])

    def waiting(self, number: int, now: float, change: Changeover) -> Waiting:
        """A task as the rules see it."""
        return Waiting(self.latest[number], self.priority[number], self.hours[number], self.usual, now, change)


def _stretch(shop: Shop, number: int) -> float:
    """Hours by the clock for an hour of the task's working time, on average."""
    time = shop.times[number]
    return (time.ends[-1] - time.starts[0]) / time.total if time.total > 0 else 1.0


def _behind_each_other(shop: Shop, tasks: list[int]) -> list[int]:
    """The tasks, each behind those that it waits for."""
    missing = {number: len(shop.tasks[number].before) for number in tasks}
    order = [number for number in tasks if not missing[number]]
    for number in order:
        for later in shop.after[number]:
            missing[later] -= 1
            if not missing[later]:
                order.append(later)
    return order


def dispatch(urgency: Urgency, rule: str) -> list[int]:
    """The order of the tasks by a rule."""
    shop, tasks, key_of = urgency.shop, urgency.tasks, DISPATCH_RULES[rule]
    queues = {resource: _Queue(len(shop.machines[resource])) for resource in sorted(
        {shop.tasks[number].resource for number in tasks})}
    missing = {number: len(shop.tasks[number].before) for number in tasks}
    ready = {number: shop.tasks[number].release for number in tasks}
    for number in tasks:
        if not missing[number]:
            heappush(queues[shop.tasks[number].resource].coming, (ready[number], number))
    turns = [(queue.earliest, resource) for resource, queue in queues.items()]
    heapify(turns)
    order: list[int] = []
    while len(order) < len(tasks):
        moment, resource = heappop(turns)
        if moment != queues[resource].earliest:
            continue
        number, end = _take(urgency, queues[resource], key_of)
        order.append(number)
        heappush(turns, (queues[resource].earliest, resource))
        for later in shop.after[number]:
            ready[later] = max(ready[later], end)
            missing[later] -= 1
            if not missing[later]:
                other = shop.tasks[later].resource
                heappush(queues[other].coming, (ready[later], later))
                heappush(turns, (queues[other].earliest, other))
    return order


def looks(count: int) -> int:
    """Of so many tasks, how many of the most urgent that wait for a machine a rule looks at."""
    return int(min(max(MOST_LOOKED_AT / max(count, 1), LEAST_LOOKS), MOST_LOOKS))


def _take(urgency: Urgency, queue: _Queue, key_of: Rule) -> tuple[int, float]:
    """The task that goes next on a resource, and when it is roughly done."""
    queue.move_on(urgency)
    shop, now = urgency.shop, queue.now
    machine = min(range(len(queue.free)), key=lambda one: queue.free[one])
    before = queue.last[machine]
    there = [number for _, _, number in queue.there[:looks(len(urgency.tasks))]]
    one_of = {urgency.kind[number]: number for number in there}
    changed = {kind: shop.changeover(number, before) for kind, number in one_of.items()}
    _, number = min((key_of(urgency.waiting(number, now, changed[urgency.kind[number]])), number) for number in there)
    queue.there.remove((urgency.priority[number], urgency.latest[number], number))
    hours = shop.clock_hours(number, shop.changeover(number, before).hours) * urgency.stretch[number]
    queue.free[machine] = now + hours
    queue.last[machine] = shop.tasks[number].setup
    return number, now + hours
