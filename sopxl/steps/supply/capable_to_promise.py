"""Capable to promise: what more could be made, bought or moved in time beside the plan, and what that costs.

All that the plan leaves free may be used: stock of every place, all suppliers, routings and lanes, alternate
resources, overtime and extra shifts. A linear program (``promise_program``) tells whether a quantity can be had by a
period, and how at least cost. What one inquiry takes is gone for the next.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.promise import Free, left_free
from sopxl.steps.supply.promise_obstacles import obstacle
from sopxl.steps.supply.promise_program import Found, PromiseProgram

SMALLEST = 1e-6


@dataclass(frozen=True)
class Answer:
    """The first period in which it can be had (None: in none that was asked for), what it costs beyond the plan, and
    what stood in the way of having it sooner (empty where nothing did).
    """

    period: int | None
    cost: float = 0.0
    obstacle: str = ""


class CapableToPromise:
    """Answers of one plan."""

    def __init__(self, view: PlanView) -> None:
        """Take stock of what the plan leaves free."""
        self.network = view.network
        self.free: Free = left_free(view.network, view.planned, view.plan)

    def take_promise(self, node: int, quantity: float, period: int) -> None:
        """Take a quantity out of what a node can promise by a period."""
        self.free.stock[node, period:] -= quantity

    def take_earliest(self, node: int, quantity: float, first: int, last: int) -> Answer:
        """Take a quantity in the first period from ``first`` to ``last`` (inclusive) by which it can be had at a node.

        What can be had by a period can be had by every later one, so steps are doubled until one is found, then halved.
        Set-ups that have to fit into hours as a whole are reckoned from there on.
        """
        low, high, step = first, last + 1, 1
        while low < high:
            middle = min(low + step - 1, (low + high) // 2)
            step *= 2
            if self._most(node, quantity, middle, whole=False).short <= SMALLEST * max(quantity, 1.0):
                high = middle
            else:
                low = middle + 1
        for period in range(low, last + 1):
            found = self._most(node, quantity, period, whole=True)
            if found.short <= SMALLEST * max(quantity, 1.0):
                obstructed = self._obstacle(node, quantity, period - 1) if period > first else ""
                return Answer(period, self._take(found), obstructed)
        return Answer(None, obstacle=self._obstacle(node, quantity, last) if last >= first else "")

    def _most(self, node: int, quantity: float, period: int, whole: bool) -> Found:
        """As much as can be had by a period, up to a quantity."""
        return PromiseProgram(self.network, self.free, node, quantity, period).most(whole)

    def _obstacle(self, node: int, quantity: float, period: int) -> str:
        """What stands in the way of having it by a period."""
        return obstacle(self.network, self._most(node, quantity, period, whole=True).left, node, period)

    def _take(self, found: Found) -> float:
        """Take it out of what is free at least cost, and tell that cost."""
        best = found.program.cheapest(found)
        self.free = best.left
        return best.cost

