"""Lot sizing of single items by balancing in whole lots: the optimum of the books, by mixed-integer programming."""

from __future__ import annotations

import pytest

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.balance import balance
from tests.cases.case_tables import Frames, network_of, plan_tables, read_case, row, run_supply, weekly

CASE, EXPECTED = read_case("lot_sizing_single_item")


def settings_of(name: str) -> Settings:
    return weekly(len(CASE[name]["demand"]), plan_mode="balance", whole_lots=True, final_backlog="none")


def inputs(name: str) -> Tables:
    """The case's item, bought without lead time; waiting is too dear to be worth a set-up."""
    case = CASE[name]
    item = {"item": ["Item"], "location": "PLANT"}
    policy = {**item, "holding_cost": case["holding"], "backlog_cost": 1000.0}
    frames: Frames = {"suppliers": {"supplier": ["S"]}, "sourcing": {**item, "supplier": "S"},
                      "stock_policies": policy}
    if isinstance(case["setup"], list):
        frames["stock_policy_changes"] = {"item": "Item", "location": "PLANT",
                                          "period": settings_of(name).periods.labels, "order_cost": case["setup"]}
    else:
        policy["order_cost"] = case["setup"]
    return plan_tables(settings_of(name), {("Item", "Home"): case["demand"]}, frames)


@pytest.mark.parametrize("name", CASE)
def test_balancing_in_whole_lots_finds_the_published_optimum(name: str) -> None:
    cost = balance(network_of(inputs(name), settings_of(name))).cost
    assert sum(cost.values()) == pytest.approx(EXPECTED[name]["optimal"], abs=1e-6)


def test_the_procurement_plan_shows_the_published_orders() -> None:
    name = "wagner_whitin_1958"
    orders = row(run_supply(inputs(name)), "procurement_plan", "Planned receipts", "Item", "PLANT", "S")
    assert orders == pytest.approx(EXPECTED[name]["optimal_orders"])
