"""The bridge of profit: textbook cases worked out by hand, and what holds of any two versions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sopxl
from sopxl.formulas import compute
from sopxl.grids import take
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.finance.bridge import bridge_detail, profit_bridge
from sopxl.steps.finance.tables import (
    BEGIN,
    BRIDGE_DETAIL,
    END,
    PROFIT_BRIDGE,
    REFERENCE_PLANS,
    STEP_NAMES,
    UNEXPLAINED,
)
from tests.steps.finance.comparison_cases import LABELS, SETTINGS, Lines, Pair, budget_of, exactly, plan_in_money

NO_STEPS = dict.fromkeys(STEP_NAMES, 0.0)


def bridges(tables: Tables, plan_settings: Settings) -> Tables:
    """Both grids, computed."""
    labels, known = plan_settings.periods.labels, dict(tables)
    for grid, part in ((BRIDGE_DETAIL, bridge_detail), (PROFIT_BRIDGE, profit_bridge)):
        known[grid.name] = compute(grid, part(known, plan_settings), labels, known)
    return known


def bridge_of(tables: Tables, version: str = "Budget", plan_settings: Settings = SETTINGS) -> dict[str, float]:
    """The bridge from a version, over all periods."""
    found = bridges(tables, plan_settings)["profit_bridge"]
    labels = plan_settings.periods.labels
    return {name: float(take(PROFIT_BRIDGE, found, name, labels).loc[[version]].to_numpy(float).sum())
            for name in PROFIT_BRIDGE.measure_names}


def assert_steps(found: dict[str, float], **steps: float) -> None:
    """The named steps (words joined by _) are these, all others 0, and nothing stays unexplained."""
    wanted = NO_STEPS | {name.replace("_", " "): value for name, value in steps.items()}
    assert {name: found[name] for name in STEP_NAMES} == pytest.approx(wanted, abs=1e-9)
    assert found[UNEXPLAINED] == 0
    assert found[BEGIN] + sum(wanted.values()) == pytest.approx(found[END])


def test_volume_mix_and_price_of_two_products_as_a_textbook_works_them_out() -> None:
    # Budget: 120 at a margin of 4 and 80 at 3: 720 of 200 units, 3.60 on average.
    # Plan: 110 and 110. Quantity 20 units more at 3.60 = 72. Mix: 220 units at the budget's mix are 132 and 88;
    # 22 fewer at 4 and 22 more at 3 = -22. Price: 110 units 0.50 cheaper = -55.
    tables = plan_in_money(
        {("Plain", "Town"): {"Shipments": 110, "Net sales": 110 * 9.5, "Material": 110 * 6},
         ("Fine", "Town"): {"Shipments": 110, "Net sales": 110 * 8, "Material": 110 * 5}},
        budget=budget_of({("Plain", "Town"): {"quantity": 120, "revenue": 1200, "gross_margin": 480},
                          ("Fine", "Town"): {"quantity": 80, "revenue": 640, "gross_margin": 240}}))
    found = bridge_of(tables)
    assert (found[BEGIN], found[END]) == pytest.approx((720, 715))
    assert_steps(found, Volume=72.0, Mix=-22.0, Price=-55.0)


def test_the_cost_of_a_unit_is_a_step_at_the_quantity_of_the_plan() -> None:
    tables = plan_in_money({("Plain", "Town"): {"Shipments": 50, "Net sales": 500, "Material": 330}},
                           budget=budget_of({("Plain", "Town"): {"quantity": 40, "revenue": 400,
                                                                 "cost_of_goods": 240}}))
    assert_steps(bridge_of(tables), Volume=40.0, Standard_cost=-30.0)


def test_price_is_told_in_the_market_s_currency_and_the_rate_at_the_plan_s_price() -> None:
    # Budget: 10 units at 20 USD at 0.80 = 160 EUR. Plan: 10 units at 22 USD at 0.90 = 198 EUR.
    tables = plan_in_money(
        {("Plain", "Town"): {"Shipments": 10, "Net sales": 198.0, "Material": 100}},
        prices=pd.DataFrame({"item": ["Plain"], "market": [""], "price": [22.0], "currency": ["USD"]}),
        exchange_rates=pd.DataFrame({"currency": ["USD"], "average_rate": [0.9]}),
        budget=budget_of({("Plain", "Town"): {"quantity": 10, "revenue": 160.0, "cost_of_goods": 100,
                                              "exchange_rate": 0.8}}))
    assert_steps(bridge_of(tables), Price=16.0, Exchange_rate=22.0)


def test_a_family_that_only_the_plan_sells_counts_with_its_whole_margin_as_mix() -> None:
    tables = plan_in_money(
        {("Plain", "Town"): {"Shipments": 10, "Net sales": 100, "Material": 60},
         ("New", "Town"): {"Shipments": 5, "Net sales": 90, "Material": 30}},
        budget=budget_of({("Plain", "Town"): {"quantity": 10, "revenue": 100, "gross_margin": 40}}))
    assert_steps(bridge_of(tables), Volume=20.0, Mix=40.0)


def test_a_family_that_only_the_budget_sells_is_lost_as_volume_and_mix() -> None:
    tables = plan_in_money(
        {("Plain", "Town"): {"Shipments": 10, "Net sales": 100, "Material": 60}},
        budget=budget_of({("Plain", "Town"): {"quantity": 10, "revenue": 100, "gross_margin": 40},
                          ("Old", "Town"): {"quantity": 10, "revenue": 300, "gross_margin": 100}}))
    assert_steps(bridge_of(tables), Volume=-70.0, Mix=-30.0)


def test_a_plan_that_sells_nothing_and_a_budget_of_nothing_are_bridged_too() -> None:
    empty = plan_in_money({("Plain", "Town"): {"Shipments": 0, "Net sales": 0}},
                          budget=budget_of({("Plain", "Town"): {"quantity": 10, "revenue": 100, "gross_margin": 40}}))
    assert_steps(bridge_of(empty), Volume=-40.0)
    first = plan_in_money({("Plain", "Town"): {"Shipments": 10, "Net sales": 100, "Material": 60}},
                          budget=budget_of({("Plain", "Town"): {"revenue": 0}}))
    assert_steps(bridge_of(first), Mix=40.0)


def test_what_limits_leave_unserved_is_taken_out_of_the_volume() -> None:
    tables = plan_in_money({("Plain", "Town"): {"Shipments": 90, "Demand": 115, "Net sales": 900, "Material": 540}},
                           budget=budget_of({("Plain", "Town"): {"quantity": 100, "revenue": 1000,
                                                                 "gross_margin": 400}}))
    assert_steps(bridge_of(tables), Volume=60.0, Capacity_loss=-100.0)


def test_costs_that_the_budget_does_not_know_are_taken_as_in_the_plan_and_explain_nothing() -> None:
    plan: dict[Pair, Lines] = {("Plain", "Town"): {"Shipments": 10, "Net sales": 100, "Material": 60,
                                                   "Fixed expenses": 25, "Depreciation": 5}}
    sold = {"quantity": 10, "revenue": 100, "gross_margin": 40}
    silent = bridge_of(plan_in_money(plan, budget=budget_of({("Plain", "Town"): sold})))
    assert silent[BEGIN] == silent[END] == 10
    assert_steps(silent)
    known = bridge_of(plan_in_money(plan, budget=budget_of({("Plain", "Town"): {**sold, "operating_expenses": 20}})))
    assert_steps(known, Operating_expenses=-5.0)
    by_ebit = bridge_of(plan_in_money(plan, budget=budget_of({("Plain", "Town"): {**sold, "depreciation": 4,
                                                                                  "ebit": 18}})))
    assert_steps(by_ebit, Operating_expenses=-7.0, Depreciation=-1.0)


def test_stock_effect_overtime_and_other_costs_of_the_plan_are_steps_from_the_budget() -> None:
    tables = plan_in_money(
        {("Plain", "Town"): {"Shipments": 10, "Net sales": 100, "Material": 60, "Production variance": -6,
                             "Overtime premium": 4, "Transfer freight": 3}},
        budget=budget_of({("Plain", "Town"): {"quantity": 10, "revenue": 100, "gross_margin": 40}}))
    found = bridge_of(tables)
    assert_steps(found, Stock_effect=6.0, Overtime_and_expediting=-4.0, Other_cost_of_goods=-3.0)
    assert found[END] == 39


def test_a_budget_without_quantities_is_taken_at_the_plan_s_prices_and_without_costs_at_its_costs() -> None:
    tables = plan_in_money({("Plain", "Town"): {"Shipments": 10, "Net sales": 100, "Material": 60}},
                           budget=budget_of({("Plain", "Town"): {"revenue": 150}}))
    assert_steps(bridge_of(tables), Volume=-20.0)


def test_only_periods_that_the_version_knows_are_compared() -> None:
    longer = replace(SETTINGS, horizon=3)
    tables = plan_in_money({("Plain", "Town"): {"Shipments": 10, "Net sales": 100, "Material": 60}}, longer,
                           budget=budget_of({("Plain", "Town"): {"quantity": 5, "revenue": 50, "gross_margin": 20}},
                                            "2026-02"))
    found = bridges(tables, longer)["profit_bridge"]
    np.testing.assert_allclose(take(PROFIT_BRIDGE, found, END, longer.periods.labels).to_numpy(float), [[0, 40, 0]])
    assert_steps(bridge_of(tables, plan_settings=longer), Volume=20.0)


def test_the_newest_plan_before_this_one_is_the_last_plan_with_its_own_unserved_demand_and_rate() -> None:
    kept = pd.DataFrame([
        {"version": version, "period": LABELS[0], "family": "Plain", "market": "Town", "currency": "USD",
         "exchange_rate": 0.8, "quantity": quantity, "unserved": 5, "net_sales": 16 * quantity,
         "cost_of_goods": 10 * quantity, "production_variance": 2, "overtime_and_expediting": 1, "other_cost": 0,
         "operating_expenses": 3, "depreciation": 0}
        for version, quantity in (("2025-11", 99), ("2025-12", 10), ("2026-01", 77))])
    tables = plan_in_money(
        {("Plain", "Town"): {"Shipments": 10, "Demand": 12, "Net sales": 180, "Material": 100, "Fixed expenses": 4}},
        prices=pd.DataFrame({"item": ["Plain"], "market": [""], "price": [20.0], "currency": ["USD"]}),
        exchange_rates=pd.DataFrame({"currency": ["USD"], "average_rate": [0.9]}), reference_plans=kept)
    assert set(kept.columns) == set(REFERENCE_PLANS.column_names)
    assert_steps(bridge_of(tables, "Last plan"), Capacity_loss=18.0, Volume=-18.0, Exchange_rate=20.0,
                 Stock_effect=2.0, Overtime_and_expediting=1.0, Operating_expenses=-1.0)


def test_without_any_version_there_is_no_bridge() -> None:
    found = bridges(plan_in_money({("Plain", "Town"): {"Shipments": 10, "Net sales": 100}}), SETTINGS)
    assert found["bridge_detail"].empty
    assert found["profit_bridge"].empty


def test_the_manual_names_every_step_in_its_order() -> None:
    page = (Path(sopxl.__file__).parent / "manual" / "finance.md").read_text(encoding="utf-8")
    table = page[page.index("| step | how |") : page.index("* What only one of the two sells")]
    named = [name for line in table.splitlines()[2:] if line.startswith("|") for name in line.split("|")[1].split(",")]
    assert tuple(name.strip() for name in named) == STEP_NAMES


MONEY = st.integers(-10**7, 10**7).map(lambda cents: cents / 100)
UNITS = st.integers(0, 10**5).map(lambda tenths: tenths / 10)
PLAN = st.dictionaries(st.sampled_from([("A", "X"), ("A", "Y"), ("B", "X"), ("C", "Y")]), st.fixed_dictionaries({
    "Shipments": UNITS, "Demand": UNITS, "Net sales": MONEY, "Material": MONEY, "Production variance": MONEY,
    "Overtime premium": MONEY, "Transfer freight": MONEY, "Fixed expenses": MONEY, "Depreciation": MONEY}), min_size=1)
PROMISED = st.dictionaries(st.sampled_from([("A", "X"), ("B", "X"), ("D", "X")]), st.fixed_dictionaries(
    {"quantity": UNITS, "revenue": MONEY, "cost_of_goods": MONEY},
    optional={"operating_expenses": MONEY, "depreciation": MONEY, "ebit": MONEY}), min_size=1)


@settings(max_examples=8, deadline=None)
@given(plan=PLAN, promised=PROMISED, rates=st.tuples(*[st.integers(1, 300).map(lambda cents: cents / 100)] * 2))
def test_any_bridge_ties_exactly_in_fractions_and_to_the_cent_in_cells(
    plan: dict[Pair, Lines], promised: dict[Pair, dict[str, float]], rates: tuple[float, float]
) -> None:
    tables = plan_in_money(
        plan, budget=budget_of(promised).assign(exchange_rate=rates[0]),
        prices=pd.DataFrame({"item": ["A"], "market": [""], "price": [1.0], "currency": ["USD"]}),
        exchange_rates=pd.DataFrame({"currency": ["USD"], "average_rate": [rates[1]]}))
    tables["profit_and_loss"][LABELS] = tables["profit_and_loss"][LABELS].round(2)
    found = bridges(tables, SETTINGS)
    for one in exactly(BRIDGE_DETAIL, found["bridge_detail"], LABELS[0], tables):
        assert one[UNEXPLAINED] == 0
        assert one[END] - one[BEGIN] == sum((one[name] for name in STEP_NAMES), start=one[UNEXPLAINED])
    assert bridge_of(tables)[UNEXPLAINED] == pytest.approx(0.0, abs=0.001)
