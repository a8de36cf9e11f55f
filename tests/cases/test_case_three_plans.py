"""Heizer and Render's roofing supplier: three hand plans, at what the plan then costs.

Plans 1 and 2 are firm production. Plan 3 (chase) prescribes the work force: a worker here stands for one unit of the
daily rate, so that hiring and lay-off cost what the book charges for a change of the rate.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sopxl import grids
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.tables import PRODUCTION_PLAN
from tests.cases.case_tables import Frames, network_of, plan_tables, read_case, row, run_supply

CASE, EXPECTED = read_case("heizer_hughes_three_plans")
DAYS = np.array(CASE["working_days"])


def settings_of() -> Settings:
    return Settings(first_period="2027-01", horizon=len(DAYS), final_backlog="none")


def inputs(daily_rate: float) -> Tables:
    """The plan at this daily rate, subcontracting what it leaves open; labour is paid for the units made."""
    labels = settings_of().periods.labels
    item = {"item": ["Roofing"], "location": "PLANT"}
    frames: Frames = {
        "resources": {"resource": ["Team"], "location": "PLANT", "hourly_cost": CASE["wage_per_hour"]},
        "resource_calendar": {"resource": "Team", "period": labels,
                              "available_hours": daily_rate * DAYS * CASE["hours_per_unit"]},
        "routings": {**item, "operation": "10", "resource": "Team", "hours_per_unit": CASE["hours_per_unit"]},
        "suppliers": {"supplier": ["Subcontractor"]},
        "sourcing": {**item, "supplier": "Subcontractor", "price": CASE["subcontract_cost_per_unit"]},
        "stock_policies": {**item, "holding_cost": CASE["holding_cost_per_unit_month"]},
    }
    tables = plan_tables(settings_of(), {("Roofing", "Home"): CASE["demand"]}, frames)
    objects = pd.DataFrame({"item": ["Roofing"], "location": ["PLANT"], "routing": [""], "family": ["All"]})
    firm = {"Firm production": (daily_rate * DAYS)[None, :]}
    return {**tables, "production_plan": grids.stack(PRODUCTION_PLAN, objects, firm, labels)}


def test_the_level_plan_costs_what_the_book_says() -> None:
    tables = inputs(50)
    cost = balance(network_of(tables, settings_of())).cost
    assert cost["Regular hours"] == pytest.approx(EXPECTED["plan1_level"]["labour"])
    assert cost["Holding"] == pytest.approx(EXPECTED["plan1_level"]["holding"])
    assert sum(cost.values()) == pytest.approx(EXPECTED["plan1_level"]["total"])
    assert row(run_supply(tables), "inventory_plan", "Closing stock", "Roofing", "PLANT") == pytest.approx(
        EXPECTED["plan1_level"]["ending_inventory"])


def test_the_plan_with_a_constant_low_work_force_subcontracts_what_the_book_says() -> None:
    tables = inputs(38)
    cost = balance(network_of(tables, settings_of())).cost
    assert cost["Regular hours"] == pytest.approx(EXPECTED["plan2_subcontract"]["labour"])
    assert cost["Purchases"] == pytest.approx(EXPECTED["plan2_subcontract"]["subcontract"])
    assert sum(cost.values()) == pytest.approx(EXPECTED["plan2_subcontract"]["total"])
    planned = run_supply(tables)
    bought = row(planned, "procurement_plan", "Planned receipts", "Roofing", "PLANT", "Subcontractor")
    assert sum(bought) == pytest.approx(EXPECTED["plan2_subcontract"]["subcontracted"])


def chase() -> Tables:
    """The plan whose work force follows demand: workers by period, together making just what is wanted.

    The book rounds their number and makes the demand all the same: so each makes a unit a day, give or take a rounding.
    """
    tables = inputs(0)
    labels, rate = settings_of().periods.labels, EXPECTED["plan3_chase"]["daily_rate"]
    hours_of_one = np.array(CASE["demand"]) * CASE["hours_per_unit"] / np.array(rate)
    assert hours_of_one == pytest.approx(DAYS * CASE["hours_per_unit"], rel=0.005)
    team = {"resource": ["Team"], "location": "PLANT", "hourly_cost": CASE["wage_per_hour"], "workers": rate[0],
            "worker_hours": CASE["hours_per_unit"] * DAYS[0], "hiring_cost": CASE["hire_cost_per_unit_rate"],
            "layoff_cost": CASE["layoff_cost_per_unit_rate"]}
    calendar = {"resource": "Team", "period": labels, "workers": rate,
                "available_hours": rate[0] * hours_of_one}
    return {**{name: frame for name, frame in tables.items() if name != "production_plan"},
            "resources": pd.DataFrame(team), "resource_calendar": pd.DataFrame(calendar)}


def test_the_chase_plan_hires_and_lays_off_for_what_the_book_says() -> None:
    expected = EXPECTED["plan3_chase"]
    network = network_of(chase(), settings_of())
    flows = balance(network)
    assert flows.workers.tolist() == [expected["daily_rate"]]
    assert flows.cost["Hiring"] == pytest.approx(expected["hire"])
    assert flows.cost["Lay-off"] == pytest.approx(expected["layoff"])
    assert flows.cost["Regular hours"] == pytest.approx(expected["labour"])
    assert sum(flows.cost.values()) == pytest.approx(expected["total"])
