"""Reconciled forecasts: they add up at every level, never fall below zero, and are those of the textbooks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopxl.steps.demand.forecasting.reconciliation import WAYS, Groups, best_way, reconcile

TWO_PAIRS = Groups((np.zeros(4, dtype=int), np.array([0, 0, 1, 1])))


def test_groups_add_series_up_level_by_level() -> None:
    values = np.array([[1.0], [2.0], [np.nan], [4.0]])
    assert TWO_PAIRS.add_up(values).tolist() == [[7.0], [3.0], [4.0]]
    assert TWO_PAIRS.hand_down(np.array([[10.0], [1.0], [2.0]])).tolist() == [[11.0], [11.0], [12.0], [12.0]]


def test_what_two_groups_share_is_the_weight_of_their_common_series() -> None:
    assert TWO_PAIRS.shared(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [[10, 3, 7], [3, 3, 0], [7, 0, 7]]


def test_bottom_up_leaves_the_series_as_they_are() -> None:
    forecasts = np.array([[1.0], [2.0], [3.0], [4.0], [99.0], [99.0], [99.0]])
    assert reconcile("bottom-up", forecasts, np.zeros((7, 0)), TWO_PAIRS)[:, 0].tolist() == [1, 2, 3, 4]


def test_top_down_shares_the_total_out_in_proportion() -> None:
    forecasts = np.array([[1.0], [2.0], [3.0], [4.0], [20.0], [99.0], [99.0]])
    assert reconcile("top-down", forecasts, np.zeros((7, 0)), TWO_PAIRS)[:, 0] == pytest.approx([2, 4, 6, 8])


def test_middle_out_shares_the_second_level_out_in_proportion() -> None:
    forecasts = np.array([[1.0], [2.0], [3.0], [4.0], [99.0], [6.0], [14.0]])
    assert reconcile("middle-out", forecasts, np.zeros((7, 0)), TWO_PAIRS)[:, 0] == pytest.approx([2, 4, 6, 8])


def test_minimum_trace_meets_half_way_where_sum_and_total_are_equally_sure() -> None:
    groups = Groups((np.zeros(2, dtype=int),))
    forecasts = np.array([[10.0] * 3, [10.0] * 3, [26.0] * 3])
    errors = np.array([[1.0, -1.0] * 500, [1.0, -1.0] * 500, [2**0.5, -(2**0.5)] * 500])
    assert reconcile("minimum trace", forecasts, errors, groups)[:, 0] == pytest.approx([11.5, 11.5], rel=0.02)


def test_minimum_trace_is_the_generalised_least_squares_of_the_paper() -> None:
    random = np.random.default_rng(7)
    forecasts, errors = random.uniform(15, 20, (7, 3)), random.normal(0, 2, (7, 4000))
    variance = (errors**2).mean(axis=1)
    adding = np.vstack([np.eye(4), [1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1]])
    weight = np.diag(1 / variance)
    expected = np.linalg.solve(adding.T @ weight @ adding, adding.T @ weight @ forecasts)
    assert reconcile("minimum trace", forecasts, errors, TWO_PAIRS) == pytest.approx(expected, rel=0.01)


def test_a_series_that_is_forecast_to_be_nothing_stays_nothing_by_minimum_trace() -> None:
    forecasts = np.array([[0.0], [2.0], [3.0], [4.0], [30.0], [12.0], [18.0]])
    errors = np.random.default_rng(1).normal(0, 1, (7, 12))
    assert reconcile("minimum trace", forecasts, errors, TWO_PAIRS)[0, 0] == 0


def test_the_way_is_bottom_up_where_the_levels_above_were_worse() -> None:
    actual = np.tile(np.array([[1.0], [2.0], [3.0], [4.0], [10.0], [3.0], [7.0]]), 6)
    wrong_above = actual * np.array([[1.0], [1.0], [1.0], [1.0], [1.5], [1.5], [1.5]])
    wrong_below = actual * np.array([[1.5], [1.6], [1.4], [1.5], [1.0], [1.0], [1.0]])
    assert best_way(wrong_above, actual, TWO_PAIRS) == "bottom-up"
    assert best_way(wrong_below, actual, TWO_PAIRS) == "minimum trace"


@pytest.mark.parametrize("name", WAYS)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1e-9, 1.0, 1e9]), points=st.integers(0, 8))
def test_reconciled_forecasts_are_whole_and_scale_with_the_data(
    name: str, seed: int, scale: float, points: int
) -> None:
    random = np.random.default_rng(seed)
    forecasts = random.choice([0.0, 1.0, 5.0, 100.0], (7, 2)) * random.uniform(0.5, 1.5, (7, 2))
    errors = random.normal(0, 10, (7, points))
    errors[random.random((7, points)) < 0.2] = np.nan
    result = reconcile(name, forecasts, errors, TWO_PAIRS)
    assert result.shape == (4, 2)
    assert np.isfinite(result).all()
    assert (result >= 0).all()
    assert reconcile(name, forecasts * scale, errors * scale, TWO_PAIRS) == pytest.approx(result * scale, rel=1e-6)


@pytest.mark.parametrize("name", WAYS)
def test_forecasts_that_agree_already_are_left_alone(name: str) -> None:
    own = np.array([[1.0, 8.0], [2.0, 7.0], [3.0, 6.0], [4.0, 5.0]])
    forecasts = np.vstack([own, TWO_PAIRS.add_up(own)])
    errors = np.random.default_rng(3).normal(0, 1, (7, 12))
    assert reconcile(name, forecasts, errors, TWO_PAIRS) == pytest.approx(own)


@pytest.mark.parametrize("name", WAYS)
def test_no_series_gives_no_forecast(name: str) -> None:
    nothing = Groups((np.zeros(0, dtype=int),))
    assert reconcile(name, np.zeros((0, 3)), np.zeros((0, 4)), nothing).shape == (0, 3)
