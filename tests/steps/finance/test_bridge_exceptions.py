"""Where the plan earns less than it was promised: the family, the money and the step of the bridge that takes most."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sopxl.exceptions import Rows
from sopxl.formulas import compute
from sopxl.grids import stack
from sopxl.schema import Tables
from sopxl.steps.finance.bridge import bridge_detail
from sopxl.steps.finance.bridge_exceptions import REMEDIES, profit_below_budget, profit_below_last_plan
from sopxl.steps.finance.exceptions import Situation
from sopxl.steps.finance.tables import BRIDGE_DETAIL, FINANCIAL_PLAN, STEP_NAMES
from tests.steps.finance.comparison_cases import LABELS, SETTINGS, budget_of, plan_in_money


def only(rows: Rows) -> dict[str, Any]:
    """The one row."""
    assert isinstance(rows, list)
    assert len(rows) == 1
    return rows[0]


def situation_of(tables: Tables) -> Situation:
    unit = stack(FINANCIAL_PLAN, pd.DataFrame({"unit": ["Wheelers"]}), {}, LABELS)
    unit.loc[unit["measure"] == "Net sales", LABELS] = 1000.0
    known = {**tables, "financial_plan": unit}
    return Situation({**known, "bridge_detail": compute(BRIDGE_DETAIL, bridge_detail(known, SETTINGS), LABELS, known)},
                     SETTINGS)


def promised(**row: float) -> Situation:
    """Ten units for 100 at a cost of 60, against this budget."""
    return situation_of(plan_in_money({("Plain", "Town"): {"Shipments": 10, "Net sales": 100, "Material": 60,
                                                           "Overtime premium": 5}},
                                      budget=budget_of({("Plain", "Town"): row})))


def test_a_family_that_misses_its_budget_is_told_with_the_step_that_takes_most_and_those_that_follow() -> None:
    found = only(profit_below_budget(promised(quantity=12, revenue=144, cost_of_goods=72)))
    assert found["money"] == pytest.approx(37)
    assert found["message"] == ("Plain earns 37 less than the budget (72): most of it by Price (-20), "
                                "then Volume (-12) and Overtime and expediting (-5).")
    assert found["remedy"] == REMEDIES["Price"]
    assert found["period"] == LABELS[0]


def test_a_small_gap_and_a_plan_above_its_budget_are_not_told() -> None:
    assert profit_below_budget(promised(quantity=10, revenue=100.3, cost_of_goods=65)) == []
    assert profit_below_budget(promised(quantity=5, revenue=50, cost_of_goods=30)) == []


def test_what_the_last_plan_expected_is_told_apart_from_the_budget() -> None:
    kept = pd.DataFrame([{"version": "2025-12", "period": LABELS[0], "family": "Plain", "market": "Town",
                          "currency": "EUR", "exchange_rate": 1.0, "quantity": 10.0, "unserved": 0.0,
                          "net_sales": 100.0, "cost_of_goods": 40.0, "production_variance": 0.0,
                          "overtime_and_expediting": 0.0, "other_cost": 0.0, "operating_expenses": 0.0,
                          "depreciation": 0.0}])
    situation = situation_of(plan_in_money({("Plain", "Town"): {"Shipments": 10, "Net sales": 100, "Material": 60}},
                                           reference_plans=kept))
    assert profit_below_budget(situation) == []
    found = only(profit_below_last_plan(situation))
    assert found["message"].startswith("Plain earns 20 less than the last plan (60): most of it by Standard cost (-20)")


def test_every_step_of_the_bridge_has_a_remedy() -> None:
    assert tuple(REMEDIES) == STEP_NAMES
