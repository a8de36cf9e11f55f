"""Jobs from the tables of a plan: lots, release, components, due dates, working time and what stands in the way."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest

from sopxl.schema import Tables, conform, conform_all
from sopxl.settings import Settings
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.schedule.review import job_schedule
from sopxl.tables import TABLES
from tests.cases.case_tables import Frames, plan_tables, weekly

MONDAY = pd.Timestamp("2027-01-04")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def shop(**frames: dict[str, Any]) -> Frames:
    """A table made on a saw that runs one shift of eight hours from Monday to Friday, two hours a table."""
    usual: Frames = {
        "items": {"item": ["TABLE", "LEG"]},
        "calendars": {"calendar": ["day"], "shift": ["early"], "start": [6.0], **{day: [8.0] for day in DAYS}},
        "resources": {"resource": ["Saw", "Lathe"], "location": "PLANT", "calendar": "day"},
        "routings": {"item": ["TABLE"], "location": "PLANT", "operation": "10", "resource": "Saw",
                     "hours_per_unit": [2.0]},
    }
    return {**usual, **frames}


def scheduled(frames: Frames, table: tuple[float, ...] = (), **settings: Any) -> pd.DataFrame:
    return job_schedule(view_of(frames, table, weekly(4, **settings)))


@cache
def empty_tables() -> Tables:
    return conform_all(TABLES, {})


def view_of(frames: Frames, table: tuple[float, ...], settings: Settings) -> PlanView:
    """What is required of the tables on these frames, as if it were the plan."""
    given = plan_tables(settings, {("TABLE", "Home"): list(table)}, frames)
    tables = {**empty_tables(), **{name: conform(TABLES[name], frame) for name, frame in given.items()}}
    network = build_network(tables, settings)
    required = plan_requirements(network)
    return PlanView(tables, network, required, required)


def by(column: str, jobs: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The rows by what stands in a column."""
    return {str(row[column]): {str(name): value for name, value in row.items()} for row in jobs.to_dict("records")}


def orders(**columns: Any) -> dict[str, Any]:
    usual = {"order": ["P1"], "kind": "production", "item": "TABLE", "location": "PLANT", "due_period": "2027-W02",
             "quantity": 4.0}
    return usual | columns


def test_a_lot_runs_in_the_shifts_of_its_week_and_is_in_time() -> None:
    jobs = scheduled(shop(), (0, 6))
    assert jobs[["item", "resource", "status"]].to_numpy().tolist() == [["TABLE", "Saw", "In time"]]
    week = MONDAY + pd.Timedelta(days=7)
    assert jobs["start"][0] == week + pd.Timedelta(hours=6)
    assert jobs["end"][0] == week + pd.Timedelta(days=1, hours=10)
    assert jobs["due"][0].date() == (week + pd.Timedelta(days=6)).date()
    assert (jobs["run_hours"][0], jobs["quantity"][0]) == (12.0, 6.0)


def test_fixed_lots_are_jobs_of_their_own_and_a_rest_is_one_more() -> None:
    rule = {"item": ["TABLE"], "lot_rule": "fixed", "lot_size": [4.0]}
    jobs = scheduled(shop(stock_policies=rule), (0, 10))
    assert jobs["quantity"].tolist() == [4.0, 4.0, 4.0]
    assert jobs["sequence"].tolist() == [1.0, 2.0, 3.0]
    assert jobs["job"].is_unique


def test_more_work_than_hours_ends_late_and_says_by_how_much() -> None:
    jobs = scheduled(shop(), (30,))
    assert jobs["status"].tolist() == ["Late: its work takes longer than the time until it is due."]
    assert jobs["end"][0] == MONDAY + pd.Timedelta(days=9, hours=10)
    assert jobs["days_late"][0] == pytest.approx(2 + 10 / 24)


def test_efficiency_makes_work_longer_but_not_its_set_up() -> None:
    frames = shop(resources={"resource": ["Saw"], "location": "PLANT", "calendar": "day", "efficiency": [0.5]})
    frames["routings"] |= {"setup_hours": [1.0]}
    jobs = scheduled(frames, (1,))
    assert (jobs["setup_hours"][0], jobs["run_hours"][0]) == (1.0, 4.0)
    assert jobs["end"][0] - jobs["start"][0] == pd.Timedelta(hours=5)


def test_open_orders_run_by_due_date_and_priority() -> None:
    frames = shop(open_orders=orders(order=["late", "early", "urgent"], quantity=[4.0, 4.0, 12.0],
                                     due_date=[MONDAY + pd.Timedelta(days=day) for day in (3, 1, 2)]))
    jobs = scheduled(frames).sort_values("start")
    assert jobs["order"].tolist() == ["early", "urgent", "late"]
    assert jobs["due"].dt.date.tolist() == [(MONDAY + pd.Timedelta(days=day)).date() for day in (1, 2, 3)]
    frames["open_orders"] |= {"priority": [1.0, 9.0, 9.0], "due_date": [MONDAY] * 3}
    assert scheduled(frames).sort_values("start")["order"].iloc[0] == "late"


def with_legs(**frames: dict[str, Any]) -> Frames:
    """Tables of four legs each, which a lathe turns in a quarter of an hour."""
    usual = shop(
        routings={"item": ["TABLE", "LEG"], "location": "PLANT", "operation": "10", "resource": ["Saw", "Lathe"],
                  "hours_per_unit": [2.0, 0.25]},
        bills_of_material={"parent": ["TABLE"], "component": ["LEG"], "quantity": [4.0]},
    )
    return {**usual, **frames}


def test_a_component_that_is_made_is_done_before_what_it_goes_into() -> None:
    jobs = by("item", scheduled(with_legs(), (0, 4)))
    assert jobs["TABLE"]["start"] >= jobs["LEG"]["end"]
    assert jobs["TABLE"]["start"] == jobs["LEG"]["start"] + pd.Timedelta(hours=4)


def test_components_in_stock_hold_nothing_up() -> None:
    frames = with_legs(stock_on_hand={"item": ["LEG"], "location": "PLANT", "quantity": [16.0]})
    jobs = scheduled(frames, (0, 4))
    assert jobs["item"].tolist() == ["TABLE"]
    assert jobs["start"][0] == MONDAY + pd.Timedelta(days=7, hours=6)


def test_a_missing_component_is_named() -> None:
    frames = with_legs(
        routings={"item": ["TABLE"], "location": "PLANT", "operation": "10", "resource": "Saw",
                  "hours_per_unit": [2.0]},
        sourcing={"item": ["LEG"], "location": "PLANT", "supplier": ["Mill"], "capacity": [8.0]},
        suppliers={"supplier": ["Mill"], "active": [True]},
    )
    view = view_of(frames, (0, 4), weekly(4))
    assert job_schedule(view)["status"].tolist() == ["In time"]
    starved = replace(view.planned, buy_receipt=view.planned.buy_receipt / 2)
    jobs = job_schedule(replace(view, planned=starved))
    assert jobs["status"].tolist() == ["Component missing: 8 of LEG are neither in stock nor planned in time."]
    assert jobs["start"].isna().all()


def test_a_resource_without_hours_is_named_and_so_is_what_waits_for_its_jobs() -> None:
    frames = with_legs(resources={"resource": ["Saw", "Lathe"], "location": "PLANT", "calendar": ["day", "none"]})
    frames["calendars"] = {"calendar": ["day", "none"], "shift": "early", "start": 6.0,
                           **{day: [8.0, 0.0] for day in DAYS}}
    jobs = by("item", scheduled(frames, (0, 4)))
    assert jobs["LEG"]["status"] == "Resource Lathe has no working hours in this time."
    assert jobs["TABLE"]["status"].startswith("It waits for LEG")


def test_a_job_longer_than_the_time_says_so_and_one_without_routing_too() -> None:
    frames = shop(open_orders=orders(order=["long", "lost"], item=["TABLE", "LEG"], quantity=[5000.0, 1.0]))
    jobs = by("order", scheduled(frames))
    assert jobs["long"]["status"].startswith("Operation 10 takes 10,000 hours, more than the")
    assert jobs["lost"]["status"] == "Not scheduled: it has no routing."


def test_a_crew_is_needed_beside_and_machines_side_by_side_share_the_work() -> None:
    frames = shop(
        resources={"resource": ["Saw", "Crew"], "location": "PLANT", "calendar": "day", "machines": [3, 2]},
        routings={"item": "TABLE", "location": "PLANT", "operation": "10", "resource": ["Saw", "Crew"],
                  "use": ["primary", "secondary"], "hours_per_unit": [2.0, 0.0]},
        open_orders=orders(order=["P1", "P2", "P3"]),
    )
    jobs = scheduled(frames)
    assert sorted(jobs["beside"]) == ["Crew #1", "Crew #1", "Crew #2"]
    assert jobs["resource"].str.startswith("Saw #").all()
    assert sorted(jobs["end"].dt.day.tolist()) == [4, 4, 5]


def test_downtime_and_holidays_are_no_working_time() -> None:
    frames = shop()
    frames["calendars"] = {"calendar": "day", "shift": "early", "start": 6.0,
                           "from_date": [pd.NaT, MONDAY], "until_date": [pd.NaT, MONDAY],
                           **{day: [8.0, 0.0] for day in DAYS}}
    jobs = scheduled(frames, (1,))
    assert jobs["start"][0] == MONDAY + pd.Timedelta(days=1, hours=6)
    halved = shop(resource_calendar={"resource": ["Saw"], "period": ["2027-W01"], "available_hours": [20.0]})
    ends = scheduled(halved, (4,))["end"]
    assert ends[0] == MONDAY + pd.Timedelta(days=1, hours=10)


def test_hours_a_day_that_no_single_machine_has_are_a_team_that_works_faster() -> None:
    frames = shop(resources={"resource": ["Saw"], "location": "PLANT", "hours_per_day": [48.0]})
    jobs = scheduled(frames, (24,))
    assert jobs["end"][0] - jobs["start"][0] == pd.Timedelta(hours=24)


def test_no_days_no_schedule_and_an_empty_plan_has_none() -> None:
    assert scheduled(shop(), (4,), schedule_days=0).empty
    assert scheduled(shop(), (0,)).empty
    assert scheduled({"items": {"item": ["TABLE"]}, "sourcing": {"item": ["TABLE"], "location": "PLANT",
                      "supplier": ["S"]}, "suppliers": {"supplier": ["S"]}}, (1,)).empty


def test_lines_number_all_rows_by_resource_and_sequence() -> None:
    jobs = scheduled(with_legs(), (0, 4, 4))
    assert jobs["line"].tolist() == [float(number) for number in range(1, len(jobs) + 1)]
    assert jobs.groupby("resource")["sequence"].apply(lambda one: one.tolist() == sorted(one)).all()


def test_the_same_tables_give_the_same_schedule() -> None:
    frames = with_legs(open_orders=orders(order=[f"P{number}" for number in range(6)], quantity=9.0))
    view = view_of(frames, (4, 9, 9), weekly(4))
    pd.testing.assert_frame_equal(job_schedule(view), job_schedule(replace(view)))
