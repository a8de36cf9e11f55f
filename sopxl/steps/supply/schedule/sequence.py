"""The order of the tasks: several starts, the best of them improved by moving tasks and families, within a budget.

The budget counts tasks placed, not seconds, so that a plan comes out the same each time and on each computer.
Groups of tasks that share neither resources nor jobs are ordered one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from sopxl.steps.supply.schedule.dispatch import DISPATCH_RULES, Urgency, dispatch, looks
from sopxl.steps.supply.schedule.exact import family_order, johnson, lot_sizing
from sopxl.steps.supply.schedule.placing import Place, Schedule, Shop, place_again, place_all

PLACED_PER_SECOND = 60_000
"""Tasks that a slow computer places in a second."""
PATIENCE = 40
"""Moves for each task without success after which no more are tried."""
REACH = 30
LOOKS_PER_PLACED = 6
"""Tasks that a rule looks at in the time in which one is placed."""
PREPARED = 6
"""Tasks placed in the time that it takes to find a task, its components and its row of the table."""


def make_schedule(shop: Shop, seconds: float, holding: Mapping[int, float]) -> list[Place | None]:
    """The place of each task; ``holding``: cost of having its units a day before they are due.

    ``seconds``: the longest that all of it may take, turned into a number of tasks placed; one order is always found.
    """
    places: list[Place | None] = [None] * len(shop.tasks)
    groups = _groups(shop)
    total = sum(len(group) ** 2 for group in groups)
    budget = max(seconds * PLACED_PER_SECOND - PREPARED * len(shop.tasks), 0.0)
    for group in groups:
        found = _order_group(shop, group, int(budget * len(group) ** 2 / total), holding)
        for number in group:
            places[number] = found.placement.places[number]
    return places


def _groups(shop: Shop) -> list[list[int]]:
    """Tasks that hang together by resources or by waiting for each other."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(key: tuple[str, int]) -> tuple[str, int]:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for number, task in enumerate(shop.tasks):
        me = root(("task", number))
        others = [("resource", resource) for resource in (task.resource, *task.beside)]
        for other in (*others, *(("task", earlier) for earlier in task.before)):
            parent[root(other)] = me
            me = root(me)
    groups: dict[tuple[str, int], list[int]] = {}
    for number in range(len(shop.tasks)):
        groups.setdefault(root(("task", number)), []).append(number)
    return list(groups.values())


def _order_group(shop: Shop, group: list[int], budget: int, holding: Mapping[int, float]) -> Schedule:
    """The best schedule found for one group."""
    found = lot_sizing(shop, group, holding)
    if found is not None:
        order, starts = found
        return place_all(shop, order, starts if any(holding.get(one) for one in group) else None)
    orders = starting_orders(shop, group, rules_within(len(group), budget))
    tried = [place_all(shop, order) for order in orders]
    return _improved(shop, min(tried, key=lambda one: one.merit), budget - len(orders) * _effort(len(group)))


def _effort(count: int) -> int:
    """What a rule takes to dispatch and place so many tasks, in tasks placed."""
    return count * (2 + looks(count) // LOOKS_PER_PLACED)


def rules_within(count: int, budget: int) -> int:
    """How many dispatching rules are tried on so many tasks: half of the budget, one at least."""
    return min(max(budget // (2 * _effort(count)), 1), len(DISPATCH_RULES))


def starting_orders(shop: Shop, group: list[int], rules: int) -> list[list[int]]:
    """Orders to start from: the exact ones that apply, then each of the first dispatching rules."""
    exact = [order for order in (johnson(shop, group), family_order(shop, group)) if order is not None]
    urgency = Urgency(shop, group)
    return [*exact, *(dispatch(urgency, rule) for rule in list(DISPATCH_RULES)[:rules])]


def _improved(shop: Shop, best: Schedule, budget: int) -> Schedule:
    """The schedule after moves that make it better; it stops when nothing is late and no changeover is paid."""
    random, idle, most_idle = Random(0), 0, max(300, PATIENCE * len(best.order))  # noqa: S311 - not for secrets
    machines = sum(len(shop.machines[shop.tasks[number].resource]) for number in best.order) / len(best.order)
    while budget > 0 and idle < most_idle and len(best.order) > 1:
        if best.merit.late <= 1e-9 and best.merit.cost <= 1e-9 and best.merit.hours <= 1e-9:
            break
        moved = _move(shop, best, random)
        idle += 1
        if moved is None:
            budget -= 1
            continue
        order, since = moved
        budget -= int((len(order) - since) * machines)
        tried = place_again(shop, order, best, since)
        if tried is not None and _is_better(tried, best):
            best, idle = tried, 0
    return best


def _is_better(tried: Schedule, best: Schedule) -> bool:
    """Whether the first merit in which they differ is better."""
    for new, old in zip(tried.merit, best.merit, strict=True):
        if abs(new - old) > 1e-7 * max(1.0, abs(old)):
            return new < old
    return False


def _move(shop: Shop, best: Schedule, random: Random) -> tuple[list[int], int] | None:
    """A task, or a run of tasks set up alike, put before or behind another on its resource: the order after it, and
    the first position that changed. None where what waits for it would stand before it."""
    order, places = best.order, best.placement.places
    at = random.randrange(len(order))
    if random.random() < 0.5:
        others = (random.randrange(len(order)), random.randrange(len(order)))
        at = max(at, *others, key=lambda one: _lateness(shop, best, one))
    number = order[at]
    resource = shop.tasks[number].resource
    block = [at]
    if random.random() < 0.5:
        block = _run(shop, best, at)
    taken = {order[position] for position in block}
    low, high = max(0, block[0] - REACH * len(block)), min(len(order), block[-1] + 1 + REACH * len(block))
    targets = [
        position for position in range(low, high)
        if order[position] not in taken and _shares(shop, order[position], resource)
    ]
    if not targets:
        return None
    target = random.choice(targets)
    goal = order[target]
    rest = [task for task in order[min(block[0], target):max(block[-1], target) + 1] if task not in taken]
    place = rest.index(goal) + (target > at)
    moved = [order[position] for position in block]
    since = min(block[0], target)
    changed = [*rest[:place], *moved, *rest[place:]]
    if places[number] is None or not _keeps_order(shop, changed):
        return None
    return [*order[:since], *changed, *order[since + len(changed):]], since


def _lateness(shop: Shop, best: Schedule, position: int) -> float:
    """Hours by which the task at a position is done after its job is due."""
    number = best.order[position]
    return best.placement.ends[number] - shop.tasks[number].due


def _shares(shop: Shop, number: int, resource: int) -> bool:
    task = shop.tasks[number]
    return task.resource == resource or resource in task.beside


def _run(shop: Shop, best: Schedule, at: int) -> list[int]:
    """The positions of the tasks set up alike that stand together on the machine of the one at a position."""
    order, places = best.order, best.placement.places
    first = places[order[at]]
    group = shop.tasks[order[at]].setup.group
    run = [at]
    for positions in (range(at - 1, -1, -1), range(at + 1, len(order))):
        for position in positions:
            place = places[order[position]]
            if first is None or place is None or place.machine != first.machine:
                continue
            if shop.tasks[order[position]].setup.group != group:
                break
            run.append(position)
    return sorted(run)


def _keeps_order(shop: Shop, part: list[int]) -> bool:
    """Whether nothing in a part of the order stands before what it waits for."""
    within, seen = set(part), set()
    for number in part:
        if any(earlier in within and earlier not in seen for earlier in shop.tasks[number].before):
            return False
        seen.add(number)
    return True
