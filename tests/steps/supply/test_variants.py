"""Plans side by side: by hand, and the textbook's level and chase plans of a roofing supplier.

Source: Heizer and Render, *Operations Management*, aggregate planning (tests/cases/heizer_hughes_three_plans).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.settings import Settings
from sopxl.steps.supply.variants import plan_variants
from tests.cases.case_tables import Frames, network_of, plan_tables, read_case
from tests.steps.supply.explained_plans import view_of, workshop

CASE, EXPECTED = read_case("heizer_hughes_three_plans")
DAYS = np.array(CASE["working_days"], float)
DEMAND = np.array(CASE["demand"], float)


def roofing(frames: Frames, daily_rate: float) -> pd.DataFrame:
    """The variants of the roofing supplier's plan, by name; labour is paid for the units made."""
    settings = Settings(first_period="2027-01", horizon=len(DAYS), final_backlog="none", compare_strategies=True,
                        late_cost=1000.0)
    item = {"item": ["Roofing"], "location": "PLANT"}
    hours = daily_rate * DAYS * CASE["hours_per_unit"]
    usual: Frames = {
        "resources": {"resource": ["Team"], "location": "PLANT", "hourly_cost": CASE["wage_per_hour"]},
        "resource_calendar": {"resource": "Team", "period": settings.periods.labels, "available_hours": hours},
        "routings": {**item, "operation": "10", "resource": "Team", "hours_per_unit": CASE["hours_per_unit"]},
        "stock_policies": {**item, "holding_cost": CASE["holding_cost_per_unit_month"]},
    }
    tables = plan_tables(settings, {("Roofing", "Home"): CASE["demand"]}, usual | frames)
    return plan_variants(view_of(network_of(tables, settings))).set_index("variant")


def test_the_level_strategy_is_the_books_level_plan() -> None:
    level = roofing({}, daily_rate=70).loc["level"]
    assert level["cost"] == pytest.approx(EXPECTED["plan1_level"]["total"])
    assert level["stock_units"] == pytest.approx(EXPECTED["plan1_level"]["inventory_units"] / len(DAYS))


def test_level_with_a_subcontractor_is_no_dearer_than_the_books_low_work_force() -> None:
    sourcing = {"item": ["Roofing"], "location": "PLANT", "supplier": "Sub", "price": CASE["subcontract_cost_per_unit"]}
    variants = roofing({"suppliers": {"supplier": ["Sub"]}, "sourcing": sourcing}, daily_rate=70)
    assert number(variants, "level", "cost") <= EXPECTED["plan2_subcontract"]["total"]
    assert number(variants, "level", "bought_in") > 1000
    assert number(variants, "mixed", "cost") <= number(variants, "level", "cost")


def test_the_chase_strategy_is_the_books_chase_plan_before_it_rounds_the_workers() -> None:
    rate = DEMAND / DAYS
    team = {"resource": ["Team"], "location": "PLANT", "hourly_cost": CASE["wage_per_hour"], "workers": rate[0],
            "worker_hours": 32.0, "hiring_cost": CASE["hire_cost_per_unit_rate"],
            "layoff_cost": CASE["layoff_cost_per_unit_rate"]}
    chase = roofing({"resources": team}, daily_rate=rate[0]).loc["chase"]
    change = np.diff(rate)
    by_hand = (DEMAND.sum() * 16 + 300 * change[change > 0].sum() - 600 * change[change < 0].sum())
    assert chase["cost"] == pytest.approx(by_hand)
    assert chase["cost"] == pytest.approx(EXPECTED["plan3_chase"]["total"], rel=1e-3)
    assert (chase["stock_units"], chase["late"]) == (0, 0)
    assert chase["hired"] == pytest.approx(change[change > 0].sum())


def number(variants: pd.DataFrame, variant: str, figure: str) -> float:
    return float(np.asarray(variants[figure], float)[list(variants.index).index(variant)])


def told(demand: list[list[float]], **changes: Any) -> pd.DataFrame:
    return plan_variants(view_of(workshop(demand, **changes))).set_index("variant")


def test_needed_planned_and_their_difference_stand_side_by_side() -> None:
    variants = told([[4, 16]])
    assert variants.index.tolist() == ["without limits", "planned", "difference"]
    figures = ["cost", "stock_units", "stock_value", "overtime_hours", "peak_load", "shipped", "late"]
    assert variants[figures].to_numpy(float)[0] == pytest.approx([20 * 12 + 6 * (18 - 12), 0, 0, 6, 1.6, 20, 0])
    assert variants[figures].to_numpy(float)[1] == pytest.approx([20 * 12 + 6 * 0.5, 3, 60, 0, 1, 20, 0])
    assert variants.loc["difference", "cost"] == pytest.approx(6 * 0.5 - 36)


def test_a_plan_without_limits_costs_what_balancing_finds_for_the_same_flows() -> None:
    network = workshop([[4, 6]], nodes=[{"unit_cost": 20.0, "holding_cost": 0.5, "safety_stock": 3.0}],
                       settings={"safety_stock_cost": 10.0})
    variants = plan_variants(view_of(network)).set_index("variant")
    assert number(variants, "without limits", "cost") == pytest.approx(number(variants, "planned", "cost"))


def test_a_strategy_that_cannot_be_says_why() -> None:
    settings = {"final_backlog": "none", "compare_strategies": True}
    variants = told([[4, 16]], settings=settings)
    assert str(variants.loc["chase", "note"]).startswith("It cannot be")
    assert np.isnan(number(variants, "chase", "cost"))
    assert variants.loc["level", "cost"] == pytest.approx(20 * 12 + 6 * 0.5)
    assert variants.loc["mixed", "note"] == "The plan as it stands."


def test_strategies_can_be_compared_with_a_plan_that_keeps_to_no_limits() -> None:
    variants = told([[4, 16]], mode="requirements", settings={"compare_strategies": True})
    assert variants.loc["mixed", "cost"] == pytest.approx(243)
    assert variants.loc["difference", "cost"] == 0


def test_a_plan_of_nothing_has_figures_of_nothing() -> None:
    assert told([[0.0]]).loc[["planned"], ["cost", "shipped", "stock_units"]].to_numpy().tolist() == [[0, 0, 0]]
