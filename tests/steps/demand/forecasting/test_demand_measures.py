"""Error measures: hand-checked values, and what holds of all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.steps.demand.forecasting.measures import MEASURES, QUANTILE_MEASURES, Benchmark, benchmark

ACTUAL = np.array([[10.0, 20, 30, np.nan]])
FORECAST = np.array([[12.0, 16, 30, 99]])
SCALE = Benchmark(np.array([4.0]), np.array([5.0]))
BY_HAND = {
    "weighted_mape": 6 / 60,
    "bias": -2 / 60,
    "mase": 2 / 4,
    "rmsse": np.sqrt((4 + 16) / 3 / 5),
    "smape": (4 / 22 + 8 / 36) / 3,
    "root_mean_squared_error": np.sqrt(20 / 3),
    "tracking_signal": -2 / (6 / 3),
}
LEVELS = np.array([0.1, 0.5, 0.9])
QUANTILES = np.array([[[8.0, 12, 14], [16, 18, 19], [20, 30, 31], [0, 0, 0]]])
QUANTILE_LOSS = (0.2 + 1 + 0.4) + (0.4 + 1 + 0.9) + (1 + 0 + 0.1)
QUANTILES_BY_HAND = {
    "pinball_loss": QUANTILE_LOSS / 9,
    "scaled_pinball_loss": QUANTILE_LOSS / 9 / 4,
    "weighted_quantile_loss": 2 * QUANTILE_LOSS / 3 / 60,
    "coverage": 2 / 3,
}
POINTS = arrays(float, (3, 5), elements=st.one_of(st.just(float("nan")), st.floats(0, 1e9)))


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_gives_what_its_source_says(name: str) -> None:
    assert MEASURES[name](ACTUAL, FORECAST, SCALE)[0] == pytest.approx(BY_HAND[name])


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_names_its_source(name: str) -> None:
    assert "Source:" in (MEASURES[name].__doc__ or "")


@pytest.mark.parametrize("name", MEASURES)
@given(actual=POINTS, forecast=POINTS)
def test_a_measure_is_never_infinite_and_zero_for_a_perfect_forecast(
    name: str, actual: np.ndarray, forecast: np.ndarray
) -> None:
    scale = benchmark(np.nan_to_num(actual), 2)
    assert not np.isinf(MEASURES[name](actual, forecast, scale)).any()
    perfect = MEASURES[name](actual, actual, scale)
    assert (perfect[~np.isnan(perfect)] == 0).all()


@pytest.mark.parametrize("name", MEASURES)
def test_without_points_there_is_no_error(name: str) -> None:
    none = np.full((2, 3), np.nan)
    assert np.isnan(MEASURES[name](none, np.ones((2, 3)), benchmark(np.ones((2, 3)), 2))).all()
    assert len(MEASURES[name](np.zeros((0, 3)), np.zeros((0, 3)), benchmark(np.zeros((0, 3)), 2))) == 0


def test_the_benchmark_is_the_seasonal_naive_error_or_the_naive_one_of_a_short_history() -> None:
    values = np.array([[1.0, 2, 3, 5], [np.nan, np.nan, 3, 7]])
    scale = benchmark(values, 2)
    assert scale.absolute.tolist() == [2.5, 4.0]
    assert scale.squared.tolist() == [6.5, 16.0]


@pytest.mark.parametrize("name", QUANTILE_MEASURES)
def test_a_measure_of_quantiles_gives_what_its_source_says_and_names_it(name: str) -> None:
    assert QUANTILE_MEASURES[name](ACTUAL, QUANTILES, LEVELS, SCALE)[0] == pytest.approx(QUANTILES_BY_HAND[name])
    assert "Source:" in (QUANTILE_MEASURES[name].__doc__ or "")


@pytest.mark.parametrize("name", QUANTILE_MEASURES)
@given(actual=POINTS, forecast=POINTS)
def test_a_measure_of_quantiles_is_never_infinite_and_best_for_what_came(
    name: str, actual: np.ndarray, forecast: np.ndarray
) -> None:
    scale = benchmark(np.nan_to_num(actual), 2)
    best = 1.0 if name == "coverage" else 0.0
    for quantiles in (forecast, actual):
        found = QUANTILE_MEASURES[name](actual, np.repeat(quantiles[:, :, None], 3, axis=2), LEVELS, scale)
        assert not np.isinf(found).any()
    assert (found[~np.isnan(found)] == best).all()


def test_the_weighted_quantile_loss_of_the_median_is_the_weighted_mape() -> None:
    median = QUANTILE_MEASURES["weighted_quantile_loss"](ACTUAL, FORECAST[:, :, None], np.array([0.5]), SCALE)
    assert median == pytest.approx(MEASURES["weighted_mape"](ACTUAL, FORECAST, SCALE))
