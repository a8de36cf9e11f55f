"""Heizer and Render's roofing supplier: two of three hand plans as firm production, at what the plan then costs.

Plan 3 (chase) prescribes the work force and pays it by working days: there is no table for either.
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
