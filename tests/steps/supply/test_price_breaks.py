"""Economic lots with prices that depend on the quantity."""

from __future__ import annotations

import numpy as np
import pytest

from sopxl.steps.supply.price_breaks import lot_with_price_breaks
from sopxl.steps.supply.requirements import plan_requirements
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
    for given, lots in (([], [20, 0, 20, 0, 20, 0]), (breaks, [60, 0, 0, 0, 0, 0])):
        network = small_network(
            6, nodes=[{"lot_rule": "economic", "holding_cost": 0.5}], demands=[{}], demand=10.0,
            buys=[{"unit_price": 1.0}], order_cost=10.0, price_breaks=given,
        )
        assert plan_requirements(network).buy_receipt.tolist() == [lots]


def test_a_lot_reaches_the_quantity_of_its_price_even_within_a_period() -> None:
    network = small_network(
        5, nodes=[{"lot_rule": "economic", "holding_cost": 0.01}], demands=[{}], demand=[[10, 20, 30, 40, 70]],
        buys=[{"unit_price": 1.0}], order_cost=0.1, price_breaks=[{"from_quantity": 45.0, "unit_price": 0.5}],
    )
    assert plan_requirements(network).buy_receipt.tolist() == [[45, 0, 45, 45, 45]]
