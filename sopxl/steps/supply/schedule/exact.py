"""Orders that are best for special shops: two machines in a row, one machine with dear changeovers, families.

Each gives a start for the sequence, or None where its conditions do not hold. Add one by its function here and its
line in ``sequence.starting_orders``.
"""

from __future__ import annotations

from collections.abc import Mapping

from sopxl.steps.supply.schedule.changeovers import Setup
from sopxl.steps.supply.schedule.placing import Shop

MOST_FAMILIES = 12
MOST_STATES = 150_000
SAME = 1e-9

State = tuple[tuple[int, ...], int]
"""Units made of each kind, from the last time slot back to the present one, and the kind that runs next (-1: none)."""


def johnson(shop: Shop, tasks: list[int]) -> list[int] | None:
    """Johnson's order of jobs that all go over the same two machines: the last is done as early as can be.

    Jobs shorter on the first machine come first, by that time rising; then the others, by their time on the second
    falling. Source: S. M. Johnson, "Optimal two- and three-stage production schedules with setup times included",
    Naval Research Logistics Quarterly 1 (1954). None where the jobs are of another kind or not all there at once.
    """
    by_job: dict[int, list[int]] = {}
    for number in tasks:
        by_job.setdefault(shop.tasks[number].job, []).append(number)
    pairs = list(by_job.values())
    ways = {tuple(shop.tasks[number].resource for number in pair) for pair in pairs}
    if len(ways) != 1 or len(next(iter(ways))) != 2 or len(set(next(iter(ways)))) != 2:
        return None
    if any(len(shop.machines[resource]) > 1 for resource in next(iter(ways))):
        return None
    firsts = [shop.tasks[pair[0]] for pair in pairs]
    if any(task.before or task.release > 0 for task in firsts) or any(shop.tasks[one].beside for one in tasks):
        return None
    hours = {pair[0]: tuple(shop.clock_hours(one, shop.changeover(one, None).hours) for one in pair) for pair in pairs}
    early = sorted((pair for pair in pairs if hours[pair[0]][0] < hours[pair[0]][1]), key=lambda p: hours[p[0]][0])
    late = sorted((pair for pair in pairs if hours[pair[0]][0] >= hours[pair[0]][1]), key=lambda p: -hours[p[0]][1])
    return [number for pair in (*early, *late) for number in pair]


def family_order(shop: Shop, tasks: list[int]) -> list[int] | None:
    """On one machine, whole families (set-ups alike) one after the other in the order that costs least changeover.

    Found exactly by dynamic programming over sets of families (Held & Karp, 1962); inside a family by due date. None
    for other shops and for more than twelve families.
    """
    families: dict[Setup, list[int]] = {}
    for number in tasks:
        task = shop.tasks[number]
        families.setdefault(Setup(task.setup.group, ""), []).append(number)
    one = {shop.tasks[number].resource for number in tasks}
    if len(one) != 1 or len(shop.machines[next(iter(one))]) > 1 or not 1 < len(families) <= MOST_FAMILIES:
        return None
    if any(shop.tasks[number].before for number in tasks):
        return None
    members = [sorted(family, key=lambda number: (shop.tasks[number].due, number)) for family in families.values()]
    return [number for family in _cheapest_path(shop, members) for number in members[family]]


def _cheapest_path(shop: Shop, members: list[list[int]]) -> list[int]:
    """The order of families with the least changeover cost and hours."""
    count = len(members)
    hourly = float(shop.machinery.hourly_cost[shop.tasks[members[0][0]].resource])

    def cost(before: int | None, after: int) -> tuple[float, float]:
        setup = None if before is None else shop.tasks[members[before][-1]].setup
        change = shop.changeover(members[after][0], setup)
        return change.cost + change.hours * hourly, change.hours

    step = [[cost(before, after) for after in range(count)] for before in range(count)]
    best: dict[tuple[int, int], tuple[float, float, int]] = {
        (1 << family, family): (*cost(None, family), -1) for family in range(count)
    }
    for done in range(1, 1 << count):
        for last in range(count):
            here = best.get((done, last))
            if here is None:
                continue
            for family in range(count):
                if done >> family & 1:
                    continue
                key = (done | 1 << family, family)
                found = (here[0] + step[last][family][0], here[1] + step[last][family][1], last)
                if key not in best or found < best[key]:
                    best[key] = found
    done = (1 << count) - 1
    last = min(range(count), key=lambda family: best[(done, family)])
    path = []
    while last >= 0:
        path.append(last)
        before = best[(done, last)][2]
        done, last = done & ~(1 << last), before
    return path[::-1]


def lot_sizing(
    shop: Shop, tasks: list[int], holding: Mapping[int, float]
) -> tuple[list[int], dict[int, float]] | None:
    """Order and starts of equally long jobs on one machine at least cost of changeovers and of stock, none late.

    ``holding``: cost of having a task's units one day before they are due. The machine keeps its set-up while it
    stands still. Solved exactly by dynamic programming from the last time slot to the first: the state is what is
    still to be made of each kind and what runs next (discrete lot sizing and scheduling; Salomon, *Deterministic
    Lotsizing Models for Production Planning*, 1991). None where the jobs are not alike, changeovers cost nothing or
    take time, there are too many states, or some job would be late anyway.
    """
    if not _is_unit_shop(shop, tasks):
        return None
    slots = _Slots(shop, tasks, holding)
    if slots.length <= 0 or min(slots.due.values()) < 0:
        return None
    path = slots.solve()
    if path is None:
        return None
    order = [number for _, number in path]
    return order, {number: slots.begins(slot) for slot, number in path}


def _is_unit_shop(shop: Shop, tasks: list[int]) -> bool:
    """Whether all are single operations of one length on one machine, with changeovers that only cost money."""
    first = shop.tasks[tasks[0]]
    if len(tasks) < 2 or len(shop.machines[first.resource]) > 1 or not shop.changeovers.rows:
        return False
    alike = all(
        task.resource == first.resource and not task.before and not task.beside and task.is_last
        and task.release <= 0 and abs(task.run_hours - first.run_hours) <= SAME
        for task in (shop.tasks[number] for number in tasks)
    )
    if not alike:
        return False
    kinds = {shop.tasks[number].setup: number for number in tasks}
    changes = [shop.changeover(number, setup) for number in kinds.values() for setup in (None, *kinds)]
    return all(change.hours <= SAME for change in changes) and any(change.cost > 0 for change in changes)


class _Slots:
    """The time slots of a unit shop, from the first; kinds are set-ups with the jobs of each by due slot."""

    def __init__(self, shop: Shop, tasks: list[int], holding: Mapping[int, float]) -> None:
        self.shop = shop
        self.time = shop.times[tasks[0]]
        self.length = shop.clock_hours(tasks[0], 0.0)
        self.due = {number: self._due_slot(number) for number in tasks}
        kinds: dict[tuple[Setup, float], list[int]] = {}
        for number in sorted(tasks, key=lambda number: (-self.due[number], -number)):
            kinds.setdefault((shop.tasks[number].setup, holding.get(number, 0.0)), []).append(number)
        self.kinds = list(kinds.values())
        self.hold = [hold for _, hold in kinds]
        self.change = [[shop.changeover(after[0], shop.tasks[before[0]].setup).cost for after in self.kinds]
                       for before in self.kinds]

    def _due_slot(self, number: int) -> int:
        """The last slot that ends by the time the task is due, -1 where none does."""
        if self.length <= 0:
            return -1
        most = int(self.time.total / self.length + SAME)
        return min(int(self.time.worked(self.shop.tasks[number].due) / self.length + 1e-7), most) - 1

    def begins(self, slot: int) -> float:
        """When a slot begins."""
        return self.time.begin(self.time.moment(slot * self.length) + 1e-7) if slot else self.time.begin(0.0)

    def _ends(self, slot: int) -> float:
        return self.time.moment((slot + 1) * self.length)

    def solve(self) -> list[tuple[int, int]] | None:
        """(slot, task) from the first slot to the last; None where it cannot be or is too large."""
        last_slot = max(self.due.values())
        state: dict[State, float] = {((0,) * len(self.kinds), -1): 0.0}
        steps: list[dict[State, tuple[State, int]]] = []
        for slot in range(last_slot, -1, -1):
            asked = [sum(self.due[number] >= slot for number in kind) for kind in self.kinds]
            days = (self._ends(slot) - self._ends(slot - 1)) / 24.0 if slot else 0.0
            state, chosen = self._step(state, asked, days, slot)
            steps.append(chosen)
            if not state or len(state) > MOST_STATES:
                return None
        final = [(cost, key) for key, cost in state.items() if sum(key[0]) == len(self.due)]
        return self._path(min(final)[1], steps) if final else None

    def _step(
        self, state: dict[State, float], asked: list[int], days: float, slot: int
    ) -> tuple[
        dict[State, float],
        dict[State, tuple[State, int]],
    ]:
        """One slot back in time: stand still or make a unit of any kind that is asked for; then pay for stock."""
        after: dict[State, float] = {}
        chosen: dict[State, tuple[State, int]] = {}
        total = sum(asked)
        for key, cost in state.items():
            made, following = key
            options = [(made, following, 0.0, -1)]
            for kind, count in enumerate(made):
                if count < asked[kind]:
                    price = self.change[kind][following] if following >= 0 else 0.0
                    options.append(((*made[:kind], count + 1, *made[kind + 1:]), kind, price, kind))
            for units, first, price, kind in options:
                if total - sum(units) > slot:
                    continue
                stock = sum(rate * (want - have) for rate, want, have in zip(self.hold, asked, units, strict=True))
                worth, place = cost + price + stock * days, (units, first)
                if place not in after or worth < after[place] - SAME:
                    after[place] = worth
                    chosen[place] = (key, kind)
        return after, chosen

    def _path(
        self, key: State,
        steps: list[dict[State, tuple[State, int]]],
    ) -> list[tuple[int, int]]:
        """What was made in which slot, from the first slot on."""
        path = []
        for slot, chosen in enumerate(reversed(steps)):
            before, kind = chosen[key]
            if kind >= 0:
                path.append((slot, self.kinds[kind][before[0][kind]]))
            key = before
        return path
