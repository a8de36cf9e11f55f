"""Rough-cut capacity planning by overall factors, capacity bill and resource profile."""

from __future__ import annotations

import pytest

from sopxl.schema import PlanError
from sopxl.settings import Settings
from sopxl.steps.supply.rough_cut import rough_cut
from tests.cases.case_tables import Frames, plan_tables, read_case, row, run_supply, weekly

CASE, EXPECTED = read_case("rccp_three_methods")


def by_week(values: list[float], first: int) -> dict[str, float]:
    return {str(week): value for week, value in enumerate(values, first) if value}


def test_overall_factors_spread_all_hours_by_each_work_centres_share() -> None:
    case, expected = CASE["cpof"], EXPECTED["cpof"]
    shares = case["work_centre_share"]
    frames: Frames = {
        "resources": {"resource": list(shares), "location": "PLANT", "overall_share": list(shares.values())},
        "routings": {"item": ["A", "B"], "location": "PLANT", "operation": "10", "resource": "100",
                     "hours_per_unit": [case["hours_per_unit"]["A"], case["hours_per_unit"]["B"]]},
    }
    settings = weekly(len(case["mps_A"]))
    demand = {("A", "Home"): case["mps_A"], ("B", "Home"): case["mps_B"]}
    planned = run_supply(plan_tables(settings, demand, frames))
    hours = rough_cut("overall factors", planned, settings)
    assert hours.sum().tolist() == pytest.approx(expected["total_hours"], abs=1e-9)
    for centre, published in expected["work_centre_hours"].items():
        assert hours.loc[centre].tolist() == pytest.approx(published, abs=0.006)


def test_overall_factors_without_any_share_say_what_is_missing() -> None:
    settings = weekly(2)
    frames: Frames = {"resources": {"resource": ["100"], "location": "PLANT"},
              "routings": {"item": ["A"], "location": "PLANT", "operation": "10", "resource": "100"}}
    planned = run_supply(plan_tables(settings, {("A", "Home"): [1, 1]}, frames))
    with pytest.raises(PlanError, match="overall share"):
        rough_cut("overall factors", planned, settings)


def test_the_capacity_bill_loads_each_department_and_tells_the_overloads() -> None:
    case, expected = CASE["capacity_bill"], EXPECTED["capacity_bill"]
    departments = list(case["hours"])
    settings = weekly(len(case["mps"]))
    labels = settings.periods.labels
    frames: Frames = {
        "resources": {"resource": departments, "location": "PLANT"},
        "resource_calendar": {
            "resource": [name for name in departments for _ in labels], "period": labels * len(departments),
            "available_hours": [case["capacity"][name] for name in departments for _ in labels],
        },
        "routings": {"item": "BOX", "location": "PLANT", "operation": ["10", "20"], "resource": departments,
                     "hours_per_unit": [case["hours"][name] for name in departments]},
    }
    planned = run_supply(plan_tables(settings, {("BOX", "Home"): case["mps"]}, frames))
    hours = rough_cut("capacity bill", planned, settings)
    for name in departments:
        assert hours.loc[name].tolist() == pytest.approx(expected["load"][name], abs=1e-9)
        assert row(planned, "capacity_plan", "Required hours", name) == pytest.approx(expected["load"][name], abs=1e-9)
        load = row(planned, "capacity_plan", "Required load", name)
        assert [week for week, share in enumerate(load, 1) if share > 1] == expected["overloaded"][name]
    told = planned["exceptions"].query("kind == 'Overload'").set_index("resource")
    assert told["period"].to_dict() == {"circuit_board": "2027-W04", "assembly": "2027-W03"}
    assert told.loc["assembly", "quantity"] == pytest.approx(187.5 + 267 - 2 * 160)


def profile_settings() -> Settings:
    return weekly(len(CASE["resource_profile"]["mps"]))


def test_the_resource_profile_sets_each_operation_back_and_counts_a_set_up_per_lot() -> None:
    case, settings = CASE["resource_profile"], profile_settings()
    parts = case["parts"]
    centres = sorted({part["work_centre"] for part in parts.values()})
    frames: Frames = {
        "resources": {"resource": centres, "location": "PLANT"},
        "routings": {
            "item": "Z", "location": "PLANT", "operation": list(parts),
            "resource": [part["work_centre"] for part in parts.values()],
            "hours_per_unit": [part["run"] for part in parts.values()],
            "setup_hours": [part["setup"] for part in parts.values()],
            "offset": [7.0 * part["offset_periods"] for part in parts.values()],
        },
    }
    planned = run_supply(plan_tables(settings, {("Z", "Home"): case["mps"]}, frames))
    hours = rough_cut("resource profile", planned, settings)
    first = 1 - (len(hours.columns) - settings.horizon)
    for centre, published in EXPECTED["resource_profile"].items():
        assert by_week(hours.loc[centre].tolist(), first) == published
    assert hours.columns[0] == "2026-W50"


def test_a_components_operations_stand_ahead_by_the_lead_time_of_what_they_go_into() -> None:
    settings = weekly(4)
    frames: Frames = {
        "items": {"item": ["Z", "M"], "lead_time": [7.0, 0.0]},
        "bills_of_material": {"parent": ["Z"], "component": ["M"], "quantity": [2.0]},
        "resources": {"resource": ["W", "V"], "location": "PLANT"},
        "routings": {"item": ["Z", "M"], "location": "PLANT", "operation": "10", "resource": ["W", "V"],
                     "hours_per_unit": [1.0, 0.5]},
    }
    planned = run_supply(plan_tables(settings, {("Z", "Home"): [0, 0, 0, 10]}, frames))
    hours = rough_cut("resource profile", planned, settings)
    assert hours.iloc[:, -4:].to_numpy().tolist() == [[0, 0, 0, 10], [0, 0, 10, 0]]
