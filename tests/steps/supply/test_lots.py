"""Lot rules: every rule covers what is needed in time; the optimal one is the cheapest of all."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.lots import LOT_RULE_FUNCTIONS, LotTerms, count_lots, make_lots, optimal, round_lots
from sopxl.steps.supply.tables import LOT_RULES

NOTHING = float("nan")
needs = st.lists(st.lists(st.integers(0, 60), min_size=6, max_size=6), min_size=1, max_size=4)


def terms(count: int, order_cost: float = 50.0, holding_cost: float = 1.0, lot_size: float = NOTHING,
          lot_periods: float = NOTHING, periods: int = 6) -> LotTerms:
    return LotTerms(np.full((count, periods), order_cost), np.full(count, holding_cost), np.full(count, lot_size),
                    np.full(count, lot_periods))


def cost(net: np.ndarray, lots: np.ndarray, given: LotTerms) -> np.ndarray:
    stock = (lots - net).cumsum(axis=1)
    return np.asarray(((lots > 0) * given.order_cost).sum(axis=1) + given.holding_cost * stock.sum(axis=1))


def test_every_rule_that_planners_can_choose_has_its_function_and_a_source() -> None:
    assert set(LOT_RULE_FUNCTIONS) == set(LOT_RULES)
    for name, rule in LOT_RULE_FUNCTIONS.items():
        assert "Source" in (rule.__doc__ or "") or name in ("lot-for-lot", "fixed")


@pytest.mark.parametrize("name", LOT_RULES)
@settings(max_examples=40, deadline=None)
@given(needs, st.sampled_from([0.0, 50.0, 500.0]), st.sampled_from([0.0, 0.5, 3.0]))
def test_lots_cover_what_is_needed_in_time_and_are_never_negative(
    name: str, needed: list[list[int]], order_cost: float, holding_cost: float
) -> None:
    net = np.array(needed, float)
    lots = LOT_RULE_FUNCTIONS[name](net, terms(len(net), order_cost, holding_cost, lot_size=25.0))
    assert (lots >= 0).all()
    assert ((lots - net).cumsum(axis=1) >= -1e-9).all()
    if name != "fixed":
        assert lots.sum(axis=1) == pytest.approx(net.sum(axis=1))


@settings(max_examples=40, deadline=None)
@given(needs, st.lists(st.integers(0, 200), min_size=6, max_size=6), st.sampled_from([0.0, 0.5, 3.0]))
def test_no_rule_is_cheaper_than_the_optimal_one_and_no_plan_is(
    needed: list[list[int]], order_costs: list[int], holding_cost: float
) -> None:
    net = np.array(needed, float)
    chosen = LotTerms(np.tile(np.array(order_costs, float), (len(net), 1)), np.full(len(net), holding_cost),
                      np.full(len(net), NOTHING), np.full(len(net), NOTHING))
    best = cost(net, optimal(net, chosen), chosen)
    for name in set(LOT_RULES) - {"fixed"}:
        assert (cost(net, LOT_RULE_FUNCTIONS[name](net, chosen), chosen) >= best - 1e-6).all()
    for starts in itertools.product((False, True), repeat=5):
        lots = np.zeros_like(net)
        for period in range(6):
            start = max((early for early in range(1, period + 1) if starts[early - 1]), default=0)
            lots[:, start] += net[:, period]
        assert (cost(net, lots, chosen) >= best - 1e-6).all()


def test_each_node_is_lotted_by_its_own_rule() -> None:
    net = np.array([[5.0, 5.0, 5.0], [5.0, 5.0, 5.0], [5.0, 5.0, 5.0]])
    lots = make_lots(np.array(["fixed", "lot-for-lot", "period"], object), net,
                     terms(3, lot_size=8.0, lot_periods=2.0, periods=3))
    assert lots.tolist() == [[8, 8, 0], [5, 5, 5], [10, 0, 5]]
    with pytest.raises(KeyError):
        make_lots(np.array(["weekly"], object), net[:1], terms(1, periods=3))


def test_a_fixed_lot_without_a_size_is_lot_for_lot() -> None:
    net = np.array([[5.0, 0.0, 7.0]])
    assert LOT_RULE_FUNCTIONS["fixed"](net, terms(1, periods=3)).tolist() == net.tolist()


def test_rounding_keeps_minimum_and_multiple_and_uses_what_is_left_over() -> None:
    lots = round_lots(np.array([[3.0, 3.0, 30.0], [3.0, 3.0, 30.0]]), np.array([10.0, 0.0]), np.array([NOTHING, 4.0]))
    assert lots.tolist() == [[10, 0, 26], [4, 4, 28]]


def test_a_quantity_of_the_fixed_rule_counts_as_many_lots_as_sizes() -> None:
    counted = count_lots(np.array(["fixed", "optimal"], object), np.array([[400.0, 0.0], [400.0, 1e-12]]),
                         np.array([200.0, 200.0]))
    assert counted.tolist() == [[2, 0], [1, 0]]
