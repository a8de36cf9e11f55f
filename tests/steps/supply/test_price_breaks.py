"""Economic lots with prices that depend on the quantity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl import pipeline
from sopxl.steps.supply.price_breaks import lot_with_price_breaks, mean_prices, order_costs
from sopxl.steps.supply.requirements import plan_requirements
from tests.cases.case_tables import Frames, measure, plan_tables, row, weekly
from tests.steps.supply.balance_networks import small_network


@pytest.mark.parametrize(("order_cost", "share", "demand", "breaks", "prices", "published"), [
    (8, 0.3, 1300, [0, 400, 800], [0.75, 0.72, 0.68], (800, 978.60)),
    (2250, 0.25, 182500, [0, 1200, 2400], [1490, 1220, 1100], (2400, 201_251_093.75)),
])
def test_all_units_breaks_give_the_published_lot_and_cost(
    order_cost: float, share: float, demand: float, breaks: list[float], prices: list[float],
    published: tuple[float, float],
) -> None:
    """Snyder & Shen (2019), Fundamentals of Supply Chain Theory, example 3.5, and its sequel."""
    found = lot_with_price_breaks(demand, order_cost, np.array(breaks), np.array(prices), holding_share=share)
    assert found == pytest.approx(published, abs=0.005)


def cost_of(lot: float, demand: float, order_cost: float, breaks: list[float], prices: list[float],
            share: float, cost: float) -> float:
    """Cost per period of an order's quantity, the units of each step bought at its price."""
    ends = [*breaks[1:], np.inf]
    paid = sum(price * max(0.0, min(lot, end) - start) for start, end, price in zip(breaks, ends, prices, strict=True))
    return float((order_cost + paid) * demand / lot + (cost + share * paid / lot) * lot / 2)


def test_incremental_breaks_give_the_lot_that_no_other_quantity_beats() -> None:
    breaks, prices = [0.0, 400.0, 800.0], [0.75, 0.72, 0.68]
    for share, holding in ((0.3, 0.0), (0.0, 0.2), (0.1, 0.05)):
        lot, cost = lot_with_price_breaks(1300, 8, np.array(breaks), np.array(prices), False, holding, share)
        assert cost == pytest.approx(cost_of(lot, 1300, 8, breaks, prices, share, holding))
        others = [cost_of(one, 1300, 8, breaks, prices, share, holding) for one in np.arange(1.0, 3000.0)]
        assert cost <= min(others) + 1e-9


def test_one_price_gives_harris_quantity_and_nothing_wanted_orders_nothing() -> None:
    lot, _ = lot_with_price_breaks(1300, 8, np.array([0.0]), np.array([0.75]), holding_cost=0.225)
    assert lot == pytest.approx(304.0467800264368)
    assert lot_with_price_breaks(0, 8, np.array([0.0]), np.array([0.75])) == (0.0, 0.0)
    assert lot_with_price_breaks(10, 8, np.array([0.0, 50.0]), np.array([2.0, 1.0]))[0] == np.inf
    assert lot_with_price_breaks(10, 0, np.array([0.0, 50.0]), np.array([2.0, 1.0]))[0] == 50.0


def test_the_economic_rule_orders_the_lot_that_the_price_breaks_make_worth_while() -> None:
    breaks = [{"from_quantity": 60.0, "unit_price": 0.3}]
    for listed, lots in (([], [20, 0, 20, 0, 20, 0]), (breaks, [60, 0, 0, 0, 0, 0])):
        network = small_network(
            6, nodes=[{"lot_rule": "economic", "holding_cost": 0.5}], demands=[{}], demand=10.0,
            buys=[{"unit_price": 1.0}], order_cost=10.0, price_breaks=listed,
        )
        assert plan_requirements(network).buy_receipt.tolist() == [lots]


def test_a_lot_reaches_the_quantity_of_its_price_even_within_a_period() -> None:
    network = small_network(
        5, nodes=[{"lot_rule": "economic", "holding_cost": 0.01}], demands=[{}], demand=[[10, 20, 30, 40, 70]],
        buys=[{"unit_price": 1.0}], order_cost=0.1, price_breaks=[{"from_quantity": 45.0, "unit_price": 0.5}],
    )
    assert plan_requirements(network).buy_receipt.tolist() == [[45, 0, 45, 45, 45]]


def two_breaks(all_units: bool, **parts: Any) -> Any:
    breaks = [{"from_quantity": start, "unit_price": price, "all_units": all_units}
              for start, price in ((10.0, 8.0), (20.0, 7.0))]
    return small_network(4, nodes=[{}], buys=[{"unit_price": 10.0}], price_breaks=breaks, **parts)


@pytest.mark.parametrize(("all_units", "paid"), [(True, [90, 80, 152, 210]), (False, [90, 100, 172, 250])])
def test_an_order_costs_what_its_quantity_earns(all_units: bool, paid: list[float]) -> None:
    assert order_costs(two_breaks(all_units), np.array([[9.0, 10.0, 19.0, 30.0]])).tolist() == [paid]


def test_open_orders_earn_their_own_price() -> None:
    network = two_breaks(True, open_purchases=[[5, 10, 0, 0]])
    assert mean_prices(network, np.array([[20.0, 0.0, 0.0, 9.999_999_9]])) == pytest.approx(
        np.array([[(50 + 140) / 25, 8, 10, 8]]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 20)), min_size=1, max_size=4), st.integers(0, 80),
       st.booleans())
def test_every_unit_beyond_a_break_costs_its_price_and_with_all_units_every_unit_does(
    breaks: list[tuple[int, int]], quantity: int, all_units: bool
) -> None:
    listed = dict(sorted(breaks))
    network = small_network(1, nodes=[{}], buys=[{"unit_price": 21.0}], price_breaks=[
        {"from_quantity": float(start), "unit_price": float(price), "all_units": all_units}
        for start, price in listed.items()])
    price_of = {unit: next((listed[start] for start in reversed(listed) if unit >= start), 21)
                for unit in range(quantity + 1)}
    each = quantity * price_of[quantity] if all_units else sum(
        next((listed[start] for start in reversed(listed) if unit > start), 21) for unit in range(1, quantity + 1))
    assert order_costs(network, np.array([[float(quantity)]])).item() == pytest.approx(each)


@pytest.mark.parametrize(("mode", "whole_lots"), [("balance", False), ("balance", True), ("requirements", False)])
def test_the_plans_of_purchases_cost_and_money_agree_to_the_cent(mode: str, whole_lots: bool) -> None:
    frames: Frames = {
        "suppliers": {"supplier": ["S"]},
        "sourcing": {"item": ["Bike"], "location": "PLANT", "supplier": "S", "price": 5.0, "lead_time": [7.0],
                     "expedite_cost": [0.1]},
        "price_breaks": {"item": ["Bike", "Bike"], "location": "", "supplier": "S", "from_quantity": [10.0, 15.0],
                         "price": [4.03, 3.77], "applies_to": ["all units", "units beyond"]},
        "contracts": {"contract": ["C"], "supplier": "S", "item": "", "minimum_quantity": [70.0],
                      "shortfall_cost": [0.33]},
        "stock_policies": {"item": ["Bike"], "location": "PLANT", "holding_cost": 0.5},
        "costs": {"item": ["Bike"], "material_cost": 5.0},
    }
    plan = replace(weekly(4, plan_mode=mode), whole_lots=whole_lots)
    tables = pipeline.run(plan_tables(plan, {("Bike", "Home"): [4, 12, 19, 10]}, frames),
                          ["procurement", "production", "distribution", "finance"])
    money = {name: float(measure(tables, grid, name).to_numpy().sum()) for grid, name in (
        ("stock_flows", "Purchases"), ("financial_plan", "Expedite cost"), ("financial_plan", "Contract shortfall"))}
    assert money["Purchases"] == pytest.approx(sum(row(tables, "procurement_plan", "Spend", "Bike", "PLANT", "S")))
    np.testing.assert_allclose(measure(tables, "cash_flow", "Difference"), 0.0, atol=1e-6)
    prices = row(tables, "procurement_plan", "Price", "Bike", "PLANT", "S")
    assert min(prices) < 5.0, "it would prove nothing"
    if mode == "balance":
        cost = tables["plan_cost"].set_index("term")["amount"]
        assert money["Purchases"] == pytest.approx(cost["Purchases"] + cost["Expediting"], abs=0.005)
        assert money["Expedite cost"] == pytest.approx(cost["Expediting"], abs=0.005)
        assert money["Contract shortfall"] == pytest.approx(cost["Contract shortfall"], abs=0.005)
        assert money["Contract shortfall"] == pytest.approx(25 * 0.33) or whole_lots
