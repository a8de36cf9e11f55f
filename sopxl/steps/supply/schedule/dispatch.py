"""Orders of tasks by dispatching: whenever a machine is free, the most urgent of the tasks that wait for it goes next.

Add a rule by its function under ``@dispatch_rule``: smaller keys go first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sopxl.steps.supply.schedule.changeovers import Changeover
from sopxl.steps.supply.schedule.placing import Shop, Task
from sopxl.steps.supply.schedule.timing import INFINITE

WEEK = 168.0
Rule = Callable[[Task, Changeover], tuple[Any, ...]]
DISPATCH_RULES: dict[str, Rule] = {}


def dispatch_rule(name: str) -> Callable[[Rule], Rule]:
    """Enter a rule in the list under its name."""

    def enter(function: Rule) -> Rule:
        DISPATCH_RULES[name] = function
        return function

    return enter


@dispatch_rule("due date")
def by_due_date(task: Task, change: Changeover) -> tuple[Any, ...]:
    """By priority, then due date, then the cheapest changeover."""
    return task.priority, task.due, change.cost, change.hours, task.run_hours


@dispatch_rule("families of the week")
def by_week(task: Task, change: Changeover) -> tuple[Any, ...]:
    """By priority and week in which it is due; within these by changeover."""
    return task.priority, task.due // WEEK, change.cost, change.hours, task.due


@dispatch_rule("families")
def by_family(task: Task, change: Changeover) -> tuple[Any, ...]:
    """The cheapest changeover first, then priority and due date."""
    return change.cost, change.hours, task.priority, task.due


class _Queue:
    """The tasks that wait for one resource, and when its machines are free."""

    def __init__(self, machines: int) -> None:
        self.free = [0.0] * machines
        self.last: list[Any] = [None] * machines
        self.waiting: dict[int, float] = {}

    @property
    def earliest(self) -> float:
        """When the next of its tasks can start."""
        return max(min(self.free), min(self.waiting.values())) if self.waiting else INFINITE


def dispatch(shop: Shop, tasks: list[int], rule: str) -> list[int]:
    """The order of the tasks by a rule; hours that nobody works are left out of account."""
    key_of = DISPATCH_RULES[rule]
    queues: dict[int, _Queue] = {}
    missing = {number: len(shop.tasks[number].before) for number in tasks}
    ready = {number: shop.tasks[number].release for number in tasks}
    for number in tasks:
        resource = shop.tasks[number].resource
        queues.setdefault(resource, _Queue(len(shop.machines[resource])))
        if not missing[number]:
            queues[resource].waiting[number] = ready[number]
    order: list[int] = []
    while len(order) < len(tasks):
        queue = min(queues.values(), key=lambda one: one.earliest)
        number, end = _take(shop, queue, key_of)
        order.append(number)
        for later in shop.after[number]:
            ready[later] = max(ready[later], end)
            missing[later] -= 1
            if not missing[later]:
                queues[shop.tasks[later].resource].waiting[later] = ready[later]
    return order


def _take(shop: Shop, queue: _Queue, key_of: Rule) -> tuple[int, float]:
    """The task that goes next on a resource, and when it is roughly done."""
    now = queue.earliest
    machine = min(range(len(queue.free)), key=lambda one: queue.free[one])
    before = queue.last[machine]
    _, number = min(
        (key_of(shop.tasks[number], shop.changeover(number, before)), number)
        for number, moment in queue.waiting.items() if moment <= now + 1e-9
    )
    del queue.waiting[number]
    hours = shop.clock_hours(number, shop.changeover(number, queue.last[machine]).hours)
    queue.free[machine] = now + hours
    queue.last[machine] = shop.tasks[number].setup
    return number, now + hours
