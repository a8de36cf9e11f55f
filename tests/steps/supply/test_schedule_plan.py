"""The job schedule keeps to what the plan decided: hours, alternates, lots, receipts, and who else uses components."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.figures import without_noise
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.schedule import jobs as job_finding
from sopxl.steps.supply.schedule.jobs import NO_ROUTING, lots_of
from sopxl.steps.supply.schedule.review import job_schedule
from tests.cases.case_tables import Frames, weekly
from tests.steps.supply.test_schedule import MONDAY, by, scheduled, shop, view_of, with_legs


def resource(**columns: Any) -> dict[str, Any]:
    return {"resource": ["Saw"], "location": "PLANT", "calendar": "day", **columns}


def planned(view: PlanView, **flows: Any) -> pd.DataFrame:
    """The schedule of a plan that has these flows."""
    return job_schedule(replace(view, planned=replace(view.planned, **flows)))


def test_days_are_longer_by_the_overtime_of_the_plan() -> None:
    frames = shop(resources=resource(overtime_limit=[0.5]))
    jobs = scheduled(frames, (30,))
    assert jobs["status"].tolist() == ["In time"]
    assert jobs["end"][0] == MONDAY + pd.Timedelta(days=4, hours=18)
    assert scheduled(frames, (10,))["end"][0] == MONDAY + pd.Timedelta(days=2, hours=10)


def test_extra_shifts_of_the_plan_are_worked() -> None:
    frames = shop(resources=resource(extra_shift_hours=[10.0], most_extra_shifts=[9.0]))
    view = view_of(frames, (30,), weekly(4))
    shifts = np.array([[2.0, 0.0, 0.0, 0.0]])
    assert planned(view, extra_shifts=shifts)["end"].tolist() == [MONDAY + pd.Timedelta(days=4, hours=18)]
    assert planned(view)["status"].str.startswith("Late").all()


def test_hours_that_full_days_have_no_room_for_are_worked_on_days_off() -> None:
    frames = shop(resources=resource(overtime_limit=[2.5]))
    jobs = scheduled(frames, (69,))
    assert jobs["status"].tolist() == ["In time"]
    assert jobs["end"][0].day_name() == "Sunday"


def test_the_share_of_an_alternate_is_a_job_on_it() -> None:
    frames = shop(alternate_resources={"resource": ["Saw"], "alternate": ["Lathe"], "hours_factor": [1.5]})
    view = view_of(frames, (8,), weekly(4))
    hours = np.zeros((len(view.network.alternates), 4))
    hours[0, 0] = 6.0
    jobs = by("resource", planned(view, alternate_hours=hours))
    assert (jobs["Saw"]["quantity"], jobs["Saw"]["run_hours"]) == (5.0, 10.0)
    assert (jobs["Lathe"]["quantity"], jobs["Lathe"]["run_hours"]) == (3.0, 9.0)
    hours[0, 0] = 16.0
    assert planned(view, alternate_hours=hours)["resource"].tolist() == ["Lathe"]


def test_a_balanced_plan_that_uses_all_hours_and_an_alternate_has_no_late_job() -> None:
    frames = shop(
        alternate_resources={"resource": ["Saw"], "alternate": ["Lathe"], "hours_factor": [1.5]},
        resources={"resource": ["Saw", "Lathe"], "location": "PLANT", "calendar": "day",
                   "overtime_limit": [0.2, 0.0], "hourly_cost": 10.0, "overtime_cost": 12.0},
        stock_policies={"item": ["TABLE"], "backlog_cost": [500.0]},
    )
    view = view_of(frames, (27.0, 30.0), weekly(4, plan_mode="balance"))
    jobs = job_schedule(replace(view, planned=without_noise(balance(view.network))))
    assert set(jobs["status"]) == {"In time"}
    assert jobs["quantity"].sum() == pytest.approx(57.0)
    hours = jobs.groupby("resource")["run_hours"].sum()
    assert hours["Lathe"] == pytest.approx(1.5 * (2 * 57.0 - hours["Saw"]))
    assert hours["Saw"] == pytest.approx(2 * 48.0)


def test_fixed_lots_stay_whole_between_a_resource_and_its_alternate() -> None:
    frames = shop(alternate_resources={"resource": ["Saw"], "alternate": ["Lathe"]},
                  stock_policies={"item": ["TABLE"], "lot_rule": "fixed", "lot_size": [4.0]})
    view = view_of(frames, (12,), weekly(4))
    hours = np.zeros((len(view.network.alternates), 4))
    hours[0, 0] = 10.0
    jobs = planned(view, alternate_hours=hours)
    assert jobs[["resource", "quantity"]].to_numpy().tolist() == [["Saw", 4.0], ["Saw", 4.0], ["Lathe", 4.0]]


def without_saw(frames: Frames) -> Frames:
    """The table goes together without a routing; a stool on the saw takes legs too."""
    return {
        **frames,
        "items": {"item": ["TABLE", "STOOL", "LEG"]},
        "routings": {"item": ["STOOL"], "location": "PLANT", "operation": "10", "resource": "Saw",
                     "hours_per_unit": [1.0]},
        "bills_of_material": {"parent": ["TABLE", "STOOL"], "component": "LEG", "quantity": [4.0, 3.0]},
        "sourcing": {"item": ["LEG"], "location": "PLANT", "supplier": ["Mill"]},
        "suppliers": {"supplier": ["Mill"]},
    }


def test_production_without_a_routing_is_named() -> None:
    frames = without_saw(with_legs(stock_on_hand={"item": ["LEG"], "location": "PLANT", "quantity": [14.0]}))
    jobs = by("item", scheduled(frames, (2,)))
    assert jobs["TABLE"]["status"] == NO_ROUTING
    assert jobs["TABLE"]["start"] is pd.NaT
    assert (jobs["TABLE"]["quantity"], jobs["TABLE"]["due"].date()) == (2.0, (MONDAY + pd.Timedelta(days=6)).date())


@pytest.mark.parametrize(("stock", "status"), [
    (14.0, "In time"),
    (13.0, "Component missing: 1 of LEG are neither in stock nor planned in time."),
])
def test_what_production_without_jobs_uses_is_not_there_for_later_jobs(stock: float, status: str) -> None:
    frames = without_saw(with_legs(stock_on_hand={"item": ["LEG"], "location": "PLANT", "quantity": [stock]}))
    frames["bills_of_material"] = {"parent": ["TABLE", "TABLE", "STOOL"], "component": ["STOOL", "LEG", "LEG"],
                                   "quantity": [1.0, 4.0, 3.0]}
    view = view_of(frames, (0, 2), weekly(4))
    no_purchases = np.zeros_like(view.planned.buy_receipt)
    sooner = view.planned.make_start.copy()
    table = view.network.makes["item"].tolist().index("TABLE")
    sooner[table] = [2.0, 0.0, 0.0, 0.0]
    jobs = by("item", planned(view, buy_receipt=no_purchases, make_start=sooner))
    assert jobs["STOOL"]["status"] == status


def test_a_component_that_customers_take_first_is_waited_for() -> None:
    frames = with_legs(
        routings={"item": ["TABLE"], "location": "PLANT", "operation": "10", "resource": "Saw",
                  "hours_per_unit": [2.0]},
        sourcing={"item": ["LEG"], "location": "PLANT", "supplier": ["Mill"]}, suppliers={"supplier": ["Mill"]},
        stock_on_hand={"item": ["LEG"], "location": "PLANT", "quantity": [16.0]},
    )
    view = view_of(frames, (0, 4), weekly(4))
    node = view.network.nodes["item"].tolist().index("LEG")
    demands = pd.concat([view.network.demands, view.network.demands.assign(item="LEG", node=node)], ignore_index=True)
    sold = replace(view, network=replace(view.network, demands=demands))

    def with_legs_sold(week: int) -> dict[str, Any]:
        shipment = np.vstack([view.planned.shipment, np.eye(4)[week]])
        return by("item", planned(sold, shipment=shipment, buy_receipt=np.array([[0.0, 0.0, 1.0, 0.0]])))["TABLE"]

    after, first = with_legs_sold(1), with_legs_sold(0)
    assert after["start"] == MONDAY + pd.Timedelta(days=7, hours=6)
    assert first["start"] == MONDAY + pd.Timedelta(days=14, hours=6)
    assert (after["status"], first["status"]) == ("In time", "Late: LEG comes on 18.01. 00:00.")


def test_what_should_have_started_before_the_plan_is_due_when_it_is_needed() -> None:
    frames = shop(items={"item": ["TABLE"], "lead_time": [14.0]})
    jobs = scheduled(frames, (2, 3, 4)).sort_values("due")
    assert jobs["quantity"].tolist() == [2.0, 3.0, 4.0]
    assert [(due - MONDAY).days for due in jobs["due"]] == [6, 13, 20]
    assert (jobs["start"] < MONDAY + pd.Timedelta(days=4)).all()


def test_a_late_job_names_the_resource_that_others_take_and_the_job_that_it_waits_for() -> None:
    busy = scheduled(shop(stock_policies={"item": ["TABLE"], "lot_rule": "fixed", "lot_size": [15.0]}), (30,))
    assert busy["status"].tolist() == ["In time", "Late: Saw is busy until 07.01. 12:00."]
    jobs = by("item", scheduled(with_legs(routings={
        "item": ["TABLE", "LEG"], "location": "PLANT", "operation": "10", "resource": ["Saw", "Lathe"],
        "hours_per_unit": [2.0, 1.0]}), (10,)))
    assert jobs["TABLE"]["status"] == f"Late: waits until 08.01. 14:00 for LEG of job {jobs['LEG']['job']}."


def test_a_job_due_before_the_plan_says_so() -> None:
    frames = shop(open_orders={"order": ["P1"], "kind": "production", "item": "TABLE", "location": "PLANT",
                               "due_period": "2026-W52", "quantity": 4.0})
    assert scheduled(frames)["status"].tolist() == ["Late: it was due before the plan begins."]


def test_lots_that_are_too_many_run_together() -> None:
    assert lots_of(10.0, 1.0, 4.0) == [4.0, 4.0, 2.0]
    assert lots_of(100.0, 1.0, 4.0, 5) == [20.0] * 5
    assert lots_of(90.0, 1.0, 4.0, 5) == [20.0, 20.0, 20.0, 20.0, 10.0]
    assert lots_of(10.0, 7.0, float("nan"), 2) == [5.0, 5.0]


def test_no_more_jobs_are_made_than_can_be_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = shop(stock_policies={"item": ["TABLE"], "lot_rule": "fixed", "lot_size": [1.0]})
    view = view_of(frames, (9, 2), weekly(4))
    assert len(job_schedule(view)) == 11
    monkeypatch.setattr(job_finding, "MOST_JOBS", 5)
    jobs = job_schedule(view)
    assert sorted(jobs["quantity"]) == [1.0, 1.0, 3.0, 3.0, 3.0]
