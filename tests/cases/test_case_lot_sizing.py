"""Lot sizing of single items: every rule through stock policies, with order costs that may change by period."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from sopxl.schema import Tables
from sopxl.steps.supply.tables import LOT_RULES
from tests.cases.case_tables import Frames, plan_tables, read_case, row, run_supply, weekly

CASE, EXPECTED = read_case("lot_sizing_single_item")
RULES = {"silver_meal": "silver-meal", "least_unit_cost": "least-unit-cost", "part_period_balancing": "part-period",
         "lot_for_lot": "lot-for-lot"}
PUBLISHED = [(name, rule) for name in CASE for rule in RULES if rule in EXPECTED[name]]


@cache
def plan_of(name: str) -> Tables:
    """The plan of a case: one item for each rule, all with the case's demand and costs."""
    case: dict[str, Any] = CASE[name]
    settings = weekly(len(case["demand"]))
    policy = {"item": LOT_RULES, "location": "", "lot_rule": LOT_RULES, "holding_cost": case["holding"]}
    frames: Frames = {
        "suppliers": {"supplier": ["S"]}, "sourcing": {"item": LOT_RULES, "location": "PLANT", "supplier": "S"},
    }
    if isinstance(case["setup"], list):
        frames["stock_policy_changes"] = {
            "item": [rule for rule in LOT_RULES for _ in case["setup"]], "location": "PLANT",
            "period": settings.periods.labels * len(LOT_RULES), "order_cost": case["setup"] * len(LOT_RULES),
        }
    else:
        policy["order_cost"] = case["setup"]
    frames["stock_policies"] = policy
    return run_supply(plan_tables(settings, {(rule, "Home"): case["demand"] for rule in LOT_RULES}, frames))


def lots(name: str, rule: str) -> list[float]:
    """Planned receipts of the case's item by the rule."""
    return row(plan_of(name), "procurement_plan", "Planned receipts", rule, "PLANT", "S")


def cost(name: str, orders: list[float]) -> float:
    """Order cost of each lot and holding cost of the stock at the end of each period."""
    case = CASE[name]
    stock = np.cumsum(np.subtract(orders, case["demand"]))
    assert stock.min() >= 0
    return float(np.sum(np.where(np.array(orders) > 0, case["setup"], 0)) + case["holding"] * stock.sum())


@pytest.mark.parametrize("name", CASE)
def test_the_optimal_rule_finds_the_published_optimum(name: str) -> None:
    orders = lots(name, "optimal")
    assert orders == EXPECTED[name]["optimal_orders"]
    assert cost(name, orders) == pytest.approx(EXPECTED[name]["optimal"], abs=1e-9)


@pytest.mark.parametrize(("name", "rule"), PUBLISHED)
def test_a_rule_orders_what_the_book_orders(name: str, rule: str) -> None:
    orders = lots(name, RULES[rule])
    assert orders == EXPECTED[name][rule]["orders"]
    assert cost(name, orders) == pytest.approx(EXPECTED[name][rule]["cost"], abs=1e-9)


@pytest.mark.parametrize("name", [name for name in CASE if "poq" in EXPECTED[name]])
def test_the_period_rule_covers_the_periods_that_an_economic_quantity_lasts(name: str) -> None:
    assert cost(name, lots(name, "period")) == pytest.approx(EXPECTED[name]["poq"]["cost"], abs=1e-9)


def test_the_economic_rule_takes_the_whole_months_nearest_to_the_economic_quantity() -> None:
    published = next(one for one in EXPECTED["verified"] if one["what"] == "MIDAS order whole months nearest to EOQ")
    orders = lots("silver_pyke_peterson_midas", "economic")
    assert cost("silver_pyke_peterson_midas", orders) == pytest.approx(published["published"], abs=1e-9)
