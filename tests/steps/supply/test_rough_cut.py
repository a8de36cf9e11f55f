"""Rough-cut hours over routings, yields, tools, phantoms and validity."""

from __future__ import annotations

import pytest

from sopxl.schema import Tables
from sopxl.steps.supply.rough_cut import rough_cut
from tests.cases.case_tables import Frames, measure, plan_tables, row, run_supply, weekly

PLAN = weekly(4)


def plan(frames: Frames, demand: list[float]) -> Tables:
    """The plan of item Z over four weeks."""
    return run_supply(plan_tables(PLAN, {("Z", "Home"): demand}, frames))


def hours(planned: Tables) -> dict[str, list[float]]:
    """Hours of the capacity bill by resource."""
    found = rough_cut("capacity bill", planned, PLAN)[PLAN.periods.labels]
    return {str(resource): [float(value) for value in row] for resource, row in
            zip(found.index, found.to_numpy(float), strict=True)}


def test_hours_count_for_units_started_over_all_levels() -> None:
    frames: Frames = {
        "bills_of_material": {"parent": ["Z"], "component": ["M"], "quantity": [2.0], "scrap": [0.5]},
        "resources": {"resource": ["V", "W"], "location": "PLANT"},
        "routings": {"item": ["Z", "M"], "location": "PLANT", "operation": "10", "resource": ["W", "V"],
                     "hours_per_unit": [1.0, 0.5], "yield_rate": [0.5, 0.8]},
    }
    found = hours(plan(frames, [0, 0, 0, 10]))
    assert found["W"][3] == pytest.approx(10 / 0.5)
    assert found["V"][3] == pytest.approx(10 / 0.5 * 2 / 0.5 / 0.8 * 0.5)


def test_the_load_of_the_plan_is_that_of_the_capacity_bill_where_nothing_takes_time() -> None:
    frames: Frames = {
        "items": {"item": ["Z", "P", "M", "N"], "phantom": [False, True, False, False]},
        "bills_of_material": {"parent": ["Z", "P", "M"], "component": ["P", "M", "N"], "quantity": [2.0, 3.0, 1.0]},
        "resources": {"resource": ["V", "W", "TOOL"], "location": "PLANT"},
        "suppliers": {"supplier": ["S"]}, "sourcing": {"item": ["N"], "location": "PLANT", "supplier": "S"},
        "routings": {
            "item": ["Z", "Z", "Z", "M", "M"], "location": "PLANT", "routing": ["A", "A", "B", "", ""],
            "operation": ["10", "20", "10", "10", "10"], "resource": ["W", "V", "V", "V", "TOOL"],
            "use": ["primary"] * 4 + ["secondary"], "hours_per_unit": [1.0, 0.5, 2.0, 0.25, 0.1],
            "yield_rate": [0.9, 0.8, 1.0, 0.7, 0.7], "priority": [1, 1, 2, 1, 1],
            "valid_until": ["2027-W02", "2027-W02", "", "", ""],
        },
    }
    planned = plan(frames, [10, 20, 30, 40])
    found = hours(planned)
    for resource in ("V", "W", "TOOL"):
        assert found[resource] == pytest.approx(row(planned, "capacity_plan", "Planned hours", resource))
    assert found["TOOL"] == pytest.approx(
        [units * 6 / 0.7 * 0.1 for units in (10 / 0.72, 20 / 0.72, 30.0, 40.0)])


def test_components_that_come_and_go_count_by_their_share_of_the_periods() -> None:
    frames: Frames = {
        "bills_of_material": {"parent": ["Z", "Z"], "component": ["M", "N"], "quantity": 1.0,
                              "valid_until": ["2027-W03", ""], "valid_from": ["", "2027-W04"]},
        "resources": {"resource": ["V"], "location": "PLANT"},
        "routings": {"item": ["Z", "M", "N"], "location": "PLANT", "operation": "10", "resource": "V",
                     "hours_per_unit": [0.0, 4.0, 8.0]},
    }
    assert hours(plan(frames, [10, 0, 0, 10]))["V"] == [50, 0, 0, 50]


def test_the_grid_is_in_the_order_of_resource_and_method() -> None:
    frames: Frames = {
        "resources": {"resource": ["W", "V"], "location": "PLANT", "overall_share": [0.5, 0.5]},
        "routings": {"item": ["Z"], "location": "PLANT", "operation": "10", "resource": "W", "hours_per_unit": 1.0},
    }
    planned = plan(frames, [1, 2, 3, 4])
    rows = measure(planned, "rough_cut_plan", "Hours").index
    assert list(rows) == sorted(rows)
    assert len(rows) == 6
    assert row(planned, "rough_cut_plan", "Hours", "W", "capacity bill") == [1, 2, 3, 4]
