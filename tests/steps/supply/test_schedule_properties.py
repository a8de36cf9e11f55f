"""What holds for every job schedule: machines, order, working time, tools, changeovers, and the same result twice."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.schedule.changeovers import Changeover, Changeovers, Setup
from sopxl.steps.supply.schedule.dispatch import Urgency, dispatch
from sopxl.steps.supply.schedule.placing import Place, Shop, Task, place_again, place_all
from sopxl.steps.supply.schedule.sequence import make_schedule, starting_orders
from sopxl.steps.supply.schedule.timing import Machinery, WorkingTime

DAYS = 60
GROUPS = ("Red", "Blue", "Green")


def shifts(start: float, hours: float) -> WorkingTime:
    starts = tuple(24.0 * day + start for day in range(DAYS) if day % 7 < 5)
    return WorkingTime(starts, tuple(begin + hours for begin in starts))


def machinery(machines: list[int]) -> Machinery:
    count = len(machines)
    return Machinery([f"R{number}" for number in range(count)], np.asarray(machines), np.full(count, 0.8),
                     np.ones(count), np.full(count, 10.0), [shifts(6.0 + number, 10.0) for number in range(count)])


def task(job: int, resource: int, hours: float, **other: Any) -> Task:
    usual: dict[str, Any] = {
        "job": job, "name": "10", "resource": resource, "beside": (), "run_hours": hours, "setup_hours": 0.5,
        "setup": Setup("Red", f"item {job}"), "before": (), "release": 0.0, "due": 24.0 * 5, "priority": 1.0,
        "is_last": True, "quantity": 1.0,
    }
    return Task(**(usual | other))


@st.composite
def shops(draw: st.DrawFn) -> Shop:
    """Up to eight jobs of one to three operations on two resources, with a crew that some need beside."""
    tasks: list[Task] = []
    for job in range(draw(st.integers(1, 8))):
        length = draw(st.integers(1, 3))
        feeds = len(tasks) - 1 if tasks and draw(st.integers(0, 3)) == 0 else None
        for position in range(length):
            before = (len(tasks) - 1,) if position else (() if feeds is None else (feeds,))
            tasks.append(task(
                job, draw(st.integers(0, 1)), draw(st.sampled_from([0.0, 1.0, 3.5, 12.0])), name=str(position),
                beside=draw(st.sampled_from([(), (2,)])), setup=Setup(draw(st.sampled_from(GROUPS)), f"item {job}"),
                before=before, release=draw(st.sampled_from([0.0, 30.0, 100.0])), is_last=position == length - 1,
                due=24.0 * draw(st.integers(1, 9)), priority=float(draw(st.integers(1, 3))),
            ))
    rows = {("", "Red", ""): Changeover(2.0, 0.0), ("R0", "Blue", "Green"): Changeover(1.0, 50.0)}
    return Shop(tasks, machinery([draw(st.integers(1, 2)), 1, draw(st.integers(1, 2))]), Changeovers(rows))


def placed(shop: Shop, seconds: float = 0.01) -> list[Place]:
    places = make_schedule(shop, seconds, {})
    assert all(place is not None for place in places)
    return [place for place in places if place is not None]


def works(shop: Shop, number: int, place: Place) -> float:
    """Hours worked between start and end, of all resources of the task together."""
    time = shop.times[number]
    return time.worked(place.end) - time.worked(place.start)


@settings(max_examples=25, deadline=None)
@given(shops())
def test_no_machine_and_no_crew_does_two_jobs_at_once(shop: Shop) -> None:
    busy: dict[int, list[tuple[float, float]]] = {}
    for number, place in enumerate(placed(shop)):
        assert place.machine in shop.machines[shop.tasks[number].resource]
        for unit, resource in zip(place.beside, shop.tasks[number].beside, strict=True):
            assert unit in shop.machines[resource]
        for unit in (place.machine, *place.beside):
            busy.setdefault(unit, []).append((place.start, place.end))
    for spans in busy.values():
        spans.sort()
        assert all(later[0] >= earlier[1] - 1e-6 for earlier, later in pairwise(spans))


@settings(max_examples=25, deadline=None)
@given(shops())
def test_operations_follow_each_other_after_release_and_last_as_long_as_their_hours(shop: Shop) -> None:
    places = placed(shop)
    for number, (one, place) in enumerate(zip(shop.tasks, places, strict=True)):
        assert place.start >= one.release - 1e-9
        assert all(place.start >= places[earlier].end - 1e-6 for earlier in one.before)
        assert works(shop, number, place) == pytest.approx(one.run_hours / 0.8 + place.changeover.hours, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(shops())
def test_between_neighbours_on_a_machine_stands_the_declared_changeover(shop: Shop) -> None:
    places = placed(shop)
    for machines in shop.machines:
        for machine in machines:
            on_it = sorted((number for number, place in enumerate(places) if place.machine == machine),
                           key=lambda number: (places[number].start, places[number].end))
            setups = {number: shop.tasks[number].setup for number in on_it}
            before = [places[number].setup_before for number in on_it]
            for number in on_it:
                assert places[number].changeover == shop.changeover(number, places[number].setup_before)
            starts = [places[number].start for number in on_it]
            if len(set(starts)) == len(starts):
                assert before == [None, *(setups[number] for number in on_it[:-1])][:len(on_it)]


@settings(max_examples=15, deadline=None)
@given(shops())
def test_the_same_shop_has_the_same_schedule_each_time(shop: Shop) -> None:
    again = Shop(shop.tasks, shop.machinery, Changeovers(shop.changeovers.rows))
    assert placed(shop) == placed(again)


@settings(max_examples=15, deadline=None)
@given(shops(), st.integers(0, 40))
def test_a_changed_order_placed_from_the_change_on_is_the_one_placed_in_full(shop: Shop, since: int) -> None:
    order = starting_orders(shop, list(range(len(shop.tasks))), 3)[-1]
    whole = place_all(shop, order)
    again = place_again(shop, order, whole, since % len(order))
    assert again is not None
    assert again.merit == pytest.approx(whole.merit)
    assert again.placement.places == whole.placement.places


@settings(max_examples=15, deadline=None)
@given(shops())
def test_improving_never_makes_lateness_worse(shop: Shop) -> None:
    def late(places: list[Place]) -> float:
        return sum(max(place.end - one.due, 0) / one.priority for one, place in zip(shop.tasks, places, strict=True)
                   if one.is_last)

    assert late(placed(shop, 0.05)) <= late(placed(shop, 0.0)) + 1e-6


def waiting_shop(*more: Task, prices: dict[tuple[str, str], Changeover] | None = None) -> Shop:
    """A machine on which the first of its tasks waits for its material until the second day at 10:00."""
    first = task(0, 0, 4.0, release=34.0, setup=Setup("Red", "item 0"))
    rows = {("", *pair): change for pair, change in (prices or {}).items()}
    return Shop([first, *more], machinery([1]), Changeovers(rows))


def test_a_job_that_fits_runs_while_the_machine_would_wait_for_another_ones_material() -> None:
    shop = waiting_shop(task(1, 0, 4.0), task(2, 0, 2.4))
    waiting, longer, shorter = (place for place in place_all(shop, [0, 1, 2]).placement.places if place)
    assert (longer.start, shorter.start, waiting.start) == (6.0, 11.5, 34.5)
    assert (longer.changeover.hours, shorter.changeover.hours, waiting.changeover.hours) == (0.5, 0.0, 0.0)
    assert waiting.end == 39.5


def test_a_job_with_its_changeovers_that_is_longer_than_the_gap_goes_behind() -> None:
    blue = Setup("Blue", "item 1")
    fits, too_long = (waiting_shop(task(1, 0, hours, setup=blue)) for hours in (10.8, 10.9))
    assert place_all(fits, [0, 1]).placement.ends[1] == pytest.approx(34.0)
    assert place_all(too_long, [0, 1]).placement.ends[1] > 39.5


def test_a_gap_is_left_alone_where_filling_it_costs_more_and_the_job_is_in_time_behind() -> None:
    dear = {("Red", "Blue"): Changeover(0.0, 5.0), ("Blue", "Red"): Changeover(0.0, 90.0)}
    shops_by_due = [waiting_shop(task(1, 0, 4.0, setup=Setup("Blue", "item 1"), due=due), prices=dear)
                    for due in (24.0 * 5, 24.0)]
    in_time, late_else = (place_all(shop, [0, 1]) for shop in shops_by_due)
    assert in_time.placement.ends[1] > in_time.placement.ends[0]
    assert in_time.merit.cost == pytest.approx(5.0 + 0.5 * 10.0)
    assert late_else.placement.ends[1] < late_else.placement.ends[0]
    assert late_else.merit.cost == pytest.approx(90.0 + 0.5 * 10.0)


@settings(max_examples=15, deadline=None)
@given(shops())
def test_the_merit_is_that_of_the_places_whatever_gaps_were_filled(shop: Shop) -> None:
    order = dispatch(Urgency(shop, list(range(len(shop.tasks)))), "families")
    whole = place_all(shop, order)
    changes = [place.changeover for place in whole.placement.places if place is not None]
    hours = sum(change.hours for change in changes)
    assert whole.merit.hours == pytest.approx(hours)
    assert whole.merit.cost == pytest.approx(sum(change.cost for change in changes) + 10.0 * hours)


@pytest.mark.parametrize("rule", ["due date", "families", "apparent cost of lateness 2, 0.3"])
@settings(max_examples=12, deadline=None)
@given(shop=shops())
def test_every_rule_dispatches_every_task_once_and_none_before_what_it_waits_for(rule: str, shop: Shop) -> None:
    order = dispatch(Urgency(shop, list(range(len(shop.tasks)))), rule)
    assert sorted(order) == list(range(len(shop.tasks)))
    for position, number in enumerate(order):
        assert all(earlier in order[:position] for earlier in shop.tasks[number].before)


def test_work_that_does_not_fit_before_the_night_goes_on_in_the_morning() -> None:
    time = shifts(6.0, 10.0)
    assert time.begin(0.0) == 6.0
    assert time.begin(16.0) == 30.0
    assert time.finish(14.0, 5.0) == 33.0
    assert time.finish(6.0, 10.0) == 16.0
    assert time.finish(6.0, 1e6) == float("inf")


def test_families_in_the_cheapest_order_save_changeovers_that_due_dates_would_cost() -> None:
    tasks = [task(job, 0, 1.0, setup=Setup(GROUPS[job % 3], f"item {job}"), due=24.0 * 20) for job in range(9)]
    prices = {("Red", "Blue"): 9.0, ("Blue", "Red"): 1.0, ("Red", "Green"): 2.0, ("Green", "Red"): 9.0,
              ("Blue", "Green"): 9.0, ("Green", "Blue"): 9.0}
    rows = {("R0", *pair): Changeover(0.25, price) for pair, price in prices.items()}
    shop = Shop(tasks, machinery([1]), Changeovers(rows))
    places = placed(shop)
    order = sorted(range(9), key=lambda number: places[number].start)
    assert [tasks[number].setup.group for number in order] == ["Blue"] * 3 + ["Red"] * 3 + ["Green"] * 3
    assert sum(place.changeover.cost for place in places) == 3.0


def test_the_more_specific_changeover_wins_and_alike_set_ups_need_none() -> None:
    rows = {("", "", ""): Changeover(9.0, 0.0), ("", "", "Blue"): Changeover(3.0, 0.0),
            ("R0", "", ""): Changeover(4.0, 0.0), ("R0", "Red", "Blue"): Changeover(1.0, 0.0),
            ("", "item 1", "item 2"): Changeover(0.1, 0.0)}
    known = Changeovers(rows)
    red, blue, green = (Setup(group, f"item {number}") for number, group in enumerate(GROUPS, 1))
    assert known.between("R0", red, Setup("Blue", "item 7"), 5.0).hours == 1.0
    assert known.between("R0", red, blue, 5.0).hours == 0.1
    assert known.between("R1", green, blue, 5.0).hours == 3.0
    assert known.between("R0", blue, green, 5.0).hours == 4.0
    assert known.between("R1", blue, red, 5.0).hours == 9.0
    assert known.between("R1", red, Setup("Red", "item 9"), 5.0).hours == 0.0
    assert Changeovers({}).between("R1", None, red, 5.0).hours == 5.0
