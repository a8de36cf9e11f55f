"""Red Tomato Tools: hiring, lay-off, overtime, subcontracting, stock and backlog at least cost."""

from __future__ import annotations

from functools import cache

import pytest

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.balance import balance
from tests.cases.case_tables import Frames, measure, network_of, plan_tables, read_case, row, run_supply

CASE, EXPECTED = read_case("red_tomato")
COSTS = CASE["costs"]
MONTHS = len(CASE["demand"])
VARIANTS = [(scenario, workers) for scenario in CASE["scenarios"] for workers in ("lp", "integer_workers")]


def settings_of(workers: str) -> Settings:
    return Settings(first_period="2027-01", horizon=MONTHS, final_backlog="none",
                    whole_workers=workers == "integer_workers")


def inputs(scenario: str, workers: str) -> Tables:
    hours = CASE["working_days"] * CASE["hours_per_day"]
    item = {"item": ["Tool"], "location": "PLANT"}
    frames: Frames = {
        "resources": {
            "resource": ["Team"], "location": "PLANT", "workers": CASE["start_workers"], "worker_hours": hours,
            "wage": hours * COSTS["regular_per_hour"], "hiring_cost": COSTS["hire"], "layoff_cost": COSTS["layoff"],
            "overtime_limit": CASE["overtime_hours_per_worker_max"] / hours,
            "overtime_cost": COSTS["overtime_per_hour"],
        },
        "routings": {**item, "operation": "10", "resource": "Team", "hours_per_unit": COSTS["hours_per_unit"]},
        "costs": {"item": ["Tool"], "production_cost": COSTS["material"]},
        "suppliers": {"supplier": ["Subcontractor"]},
        "sourcing": {**item, "supplier": "Subcontractor", "price": COSTS["subcontract"]},
        "stock_on_hand": {**item, "quantity": CASE["start_inventory"]},
        "stock_policies": {**item, "holding_cost": COSTS["holding"], "backlog_cost": COSTS["backlog"]},
        "stock_policy_changes": {**item, "period": settings_of(workers).periods.labels[-1],
                                 "minimum_stock": CASE["end_inventory_min"]},
    }
    sales = CASE["scenarios"][scenario]
    return plan_tables(settings_of(workers), {("Tool", "Home"): sales["demand"]}, frames,
                       Price={("Tool", "Home"): sales["price"]})


@cache
def plan_of(scenario: str, workers: str) -> Tables:
    return run_supply(inputs(scenario, workers))


@pytest.mark.parametrize(("scenario", "workers"), VARIANTS)
def test_the_plan_costs_what_the_book_says(scenario: str, workers: str) -> None:
    cost = balance(network_of(inputs(scenario, workers), settings_of(workers))).cost
    assert sum(cost.values()) == pytest.approx(EXPECTED["scenarios"][scenario][workers]["cost"], abs=1e-3)


@pytest.mark.parametrize(("scenario", "workers"), VARIANTS)
def test_the_plan_grids_add_up_to_that_cost_and_to_the_published_profit(scenario: str, workers: str) -> None:
    tables = plan_of(scenario, workers)
    cost = sum(float(measure(tables, "capacity_plan", name).to_numpy().sum()) for name in
               ("Regular cost", "Overtime cost", "Hiring and lay-off cost"))
    cost += float(measure(tables, "procurement_plan", "Spend").to_numpy().sum())
    cost += COSTS["material"] * sum(row(tables, "production_plan", "Planned production", "Tool", "PLANT"))
    cost += COSTS["holding"] * sum(row(tables, "inventory_plan", "Closing stock", "Tool", "PLANT"))
    cost += COSTS["backlog"] * sum(row(tables, "backlog_plan", "Backlog", "Tool", "Home"))
    revenue = float(measure(tables, "sales_plan", "Consensus value").to_numpy().sum())
    expected = EXPECTED["scenarios"][scenario]
    assert cost == pytest.approx(expected[workers]["cost"], abs=1e-2)
    assert revenue == pytest.approx(expected["revenue"])
    assert revenue - cost == pytest.approx(expected[workers]["profit"], abs=1e-2)


def test_the_last_month_ends_without_backlog_and_with_the_stock_wanted() -> None:
    tables = plan_of("base_40", "lp")
    assert row(tables, "backlog_plan", "Backlog", "Tool", "Home")[-1] == pytest.approx(0, abs=1e-6)
    assert row(tables, "inventory_plan", "Closing stock", "Tool", "PLANT")[-1] == pytest.approx(500)
    assert row(tables, "capacity_plan", "Workers", "Team") == pytest.approx([64.58333] * MONTHS, abs=1e-4)
