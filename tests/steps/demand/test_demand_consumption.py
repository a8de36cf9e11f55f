"""Forecast consumption: published examples by hand, and what must hold for any forecast and any orders."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.steps.demand.consumption import consumed_by_other_periods

QUANTITIES = arrays(float, (3, 6), elements=st.integers(0, 30).map(float))
WINDOWS = st.integers(0, 7)


def consume(forecast: np.ndarray, orders: np.ndarray, backward: int, forward: int) -> np.ndarray:
    """All that orders use up of the forecast: of their own period, and of others."""
    return np.asarray(np.minimum(forecast, orders) + consumed_by_other_periods(forecast, orders, backward, forward))


def consumed(forecast: list[float], orders: list[float], backward: int = 0, forward: int = 0) -> list[float]:
    row: list[float] = consume(np.array([forecast], float), np.array([orders], float), backward, forward)[0].tolist()
    return row


def days(**quantities: float) -> list[float]:
    """Twelve days with what happens on some of them: ``on_9=20``."""
    result = [0.0] * 12
    for day, quantity in quantities.items():
        result[int(day.removeprefix("on_")) - 1] = quantity
    return result


def test_oracle_an_order_without_windows_finds_no_forecast_on_its_day() -> None:
    assert consumed(days(on_2=20, on_9=20), days(on_12=25)) == days()


def test_oracle_an_order_goes_three_days_back_and_five_remain_unforecast() -> None:
    assert consumed(days(on_2=20, on_9=20), days(on_12=25), backward=3) == days(on_9=20)


def test_oracle_an_order_goes_back_and_then_forward_and_leaves_15_of_the_later_forecast() -> None:
    assert consumed(days(on_2=20, on_9=20), days(on_5=25), backward=3, forward=4) == days(on_2=20, on_9=5)


def test_oracle_an_order_above_the_forecast_of_its_period_uses_it_all_up() -> None:
    assert consumed([20], [25]) == [20]


def test_earlier_periods_are_used_up_nearest_first_before_later_ones() -> None:
    assert consumed([4, 5, 3, 6, 7], [0, 0, 14, 0, 0], backward=2, forward=2) == [4, 5, 3, 2, 0]
    assert consumed([4, 5, 3, 6, 7], [0, 0, 20, 0, 0], backward=1, forward=2) == [0, 5, 3, 6, 6]


def test_no_order_loses_the_forecast_of_its_own_period_to_the_excess_of_another() -> None:
    assert consumed([10, 10, 10], [15, 10, 0], forward=2) == [10, 10, 5]


def test_the_excess_of_the_earliest_period_takes_first() -> None:
    forecast, orders = np.array([[0.0, 6.0, 0.0]]), np.array([[4.0, 0.0, 4.0]])
    assert consume(forecast, orders, 1, 0).tolist() == [[0, 4, 0]]
    assert consume(forecast, orders, 1, 1).tolist() == [[0, 6, 0]]


def test_what_is_given_is_not_changed() -> None:
    forecast, orders = np.array([[5.0, 5.0]]), np.array([[0.0, 9.0]])
    consume(forecast, orders, 1, 1)
    assert forecast.tolist() == [[5, 5]]
    assert orders.tolist() == [[0, 9]]


@given(forecast=QUANTITIES, orders=QUANTITIES)
@settings(max_examples=50)
def test_without_windows_demand_is_the_larger_of_forecast_and_orders(
    forecast: np.ndarray, orders: np.ndarray
) -> None:
    demand = orders + forecast - consume(forecast, orders, 0, 0)
    assert np.array_equal(demand, np.maximum(forecast, orders))


@given(forecast=QUANTITIES, orders=QUANTITIES, backward=WINDOWS, forward=WINDOWS)
@settings(max_examples=100)
def test_nothing_is_consumed_twice_or_out_of_nothing(
    forecast: np.ndarray, orders: np.ndarray, backward: int, forward: int
) -> None:
    used = consume(forecast, orders, backward, forward)
    assert (used <= forecast).all()
    assert (used.sum(axis=1) <= orders.sum(axis=1)).all()
    assert (used >= np.minimum(forecast, orders)).all()
    demand = orders + forecast - used
    assert (demand >= orders).all()
    assert (demand.sum(axis=1) >= np.maximum(forecast.sum(axis=1), orders.sum(axis=1))).all()


@given(forecast=QUANTITIES, orders=QUANTITIES)
@settings(max_examples=50)
def test_with_windows_over_all_periods_whatever_can_be_consumed_is(forecast: np.ndarray, orders: np.ndarray) -> None:
    used = consume(forecast, orders, 5, 5)
    assert np.array_equal(used.sum(axis=1), np.minimum(forecast.sum(axis=1), orders.sum(axis=1)))


@given(forecast=QUANTITIES, orders=QUANTITIES, backward=WINDOWS, forward=WINDOWS)
@settings(max_examples=50)
def test_series_do_not_touch_one_another(
    forecast: np.ndarray, orders: np.ndarray, backward: int, forward: int
) -> None:
    together = consume(forecast, orders, backward, forward)
    alone = [consume(forecast[[row]], orders[[row]], backward, forward)[0] for row in range(3)]
    assert np.array_equal(together, np.array(alone))


@given(forecast=QUANTITIES, orders=QUANTITIES, backward=WINDOWS, forward=WINDOWS)
@settings(max_examples=50)
def test_the_plans_formula_for_demand_is_orders_and_the_forecast_that_is_not_consumed(
    forecast: np.ndarray, orders: np.ndarray, backward: int, forward: int
) -> None:
    others = consumed_by_other_periods(forecast, orders, backward, forward)
    demand = np.maximum(orders, forecast - others)
    assert np.array_equal(demand, orders + forecast - consume(forecast, orders, backward, forward))
    assert (others[orders >= forecast] == 0).all()
