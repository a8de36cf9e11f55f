"""The automatic choice: classes of demand, eligible methods, and accuracy on public series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.steps.demand.forecasting.measures import MEASURES, benchmark
from sopxl.steps.demand.forecasting.methods import METHODS, forecast
from sopxl.steps.demand.forecasting.panel import plain_panel
from sopxl.steps.demand.forecasting.selection import COMBINATION, Choice, choose, demand_classes, run_backtest
from tests.steps.demand.demand_cases import history_of, public_series

PAST, FUTURE = public_series()


def error(measure: str, forecasts: np.ndarray) -> float:
    """Mean error over the public series."""
    return float(np.nanmean(MEASURES[measure](FUTURE, forecasts, benchmark(PAST, 12))))


@pytest.fixture(scope="module")
def choice() -> Choice:
    return choose(history_of(PAST), 12, 6)


def test_demand_is_classed_by_interval_and_variation() -> None:
    values = np.array([
        [10.0, 11, 9, 10, 10, 11, 9, 10], [1.0, 30, 2, 1, 40, 1, 2, 1], [5.0, 0, 0, 5, 0, 0, 5, 0],
        [1.0, 0, 0, 40, 0, 0, 1, 0], [np.nan] * 6 + [3.0, 4], [np.nan] * 8,
    ])
    assert demand_classes(values, 4).tolist() == ["smooth", "erratic", "intermittent", "lumpy", "short", "new"]


def test_the_choice_beats_the_seasonal_naive_and_the_simple_methods_on_public_series(choice: Choice) -> None:
    ours = error("mase", choice.forecast)
    panel = history_of(PAST).panel()
    assert ours < 0.9 * error("mase", forecast("seasonal naive", panel, 12))
    for name in ("naive", "moving average", "simple smoothing", "damped trend"):
        assert ours < 0.85 * error("mase", forecast(name, panel, 12)), name
    assert error("smape", choice.forecast) < 0.9 * error("smape", forecast("seasonal naive", panel, 12))


def test_the_choice_is_close_to_the_best_single_method_in_hindsight(choice: Choice) -> None:
    panel = history_of(PAST).panel()
    hindsight = min(error("rmsse", forecast(name, panel, 12)) for name in METHODS)
    assert error("rmsse", choice.forecast) < 1.03 * hindsight


@pytest.mark.slow
def test_the_choice_is_as_good_as_the_exponential_smoothing_of_statsmodels(choice: Choice) -> None:
    import warnings

    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    reference = np.zeros_like(FUTURE)
    for row, values in enumerate(PAST):
        known = values[~np.isnan(values)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = ExponentialSmoothing(known, trend="add", damped_trend=True, seasonal="add",
                                          seasonal_periods=12).fit()
        reference[row] = np.maximum(np.asarray(fitted.forecast(12)), 0)
    assert error("mase", choice.forecast) < error("mase", reference)


def test_what_was_not_sold_for_a_year_is_not_forecast() -> None:
    values = np.array([[9.0] * 12 + [0.0] * 12, [9.0] * 24])
    choice = choose(history_of(values), 6, 6)
    assert choice.method[0] == "no demand"
    assert choice.forecast.tolist() == [[0.0] * 6, pytest.approx([9.0] * 6)]


def test_a_series_is_only_given_methods_that_its_history_allows() -> None:
    values = np.full((30, 30), np.nan)
    random = np.random.default_rng(4)
    for row in range(30):
        values[row, 29 - row :] = random.poisson(20, row + 1) + 1
    choice = choose(history_of(values), 6, 6)
    for row, name in enumerate(choice.method):
        if name != COMBINATION:
            assert METHODS[name].least_history(12) <= row + 1, (row, name)


def test_the_backtest_sees_nothing_of_the_periods_that_it_forecasts() -> None:
    values = np.tile(np.array([[5.0, 7, 9, 7]]), (3, 6)) * np.array([[1.0], [2], [3]])
    changed = values.copy()
    changed[:, -6:] *= 10
    first = [run_backtest(history_of(one, season=4), 6).forecasts[:, :, :6] for one in (values, changed)]
    assert np.array_equal(first[0], first[1], equal_nan=True)


def test_the_same_history_gives_the_same_forecast() -> None:
    values = PAST[:10]
    assert np.array_equal(choose(history_of(values), 6, 6).forecast, choose(history_of(values), 6, 6).forecast)


def test_a_clear_season_is_forecast_from_two_years_on() -> None:
    wave = 100 + 50 * np.sin(np.arange(36) * np.pi / 6)
    choice = choose(history_of(wave[None, :24]), 12, 6)
    assert choice.forecast[0] == pytest.approx(wave[24:], rel=0.1)


@given(
    values=st.tuples(st.integers(0, 5), st.integers(0, 30)).flatmap(lambda shape: arrays(
        float, shape, elements=st.one_of(st.just(0.0), st.just(float("nan")), st.floats(0, 1e200)))),
    horizon=st.integers(1, 14), backtest=st.integers(1, 52),
)
@settings(max_examples=40, deadline=None)
def test_any_history_is_forecast_finite_and_never_below_zero(
    values: np.ndarray, horizon: int, backtest: int
) -> None:
    choice = choose(history_of(values), horizon, backtest)
    assert choice.forecast.shape == (len(values), horizon)
    assert np.isfinite(choice.forecast).all()
    assert (choice.forecast >= 0).all()
    assert set(choice.method) <= {*METHODS, COMBINATION}


def test_every_method_can_win_or_is_for_series_that_cannot_be_tested() -> None:
    untested = {name for name, one in METHODS.items() if not one.is_tested}
    assert untested == {"no demand", "new item", "naive"}
    assert len(plain_panel(PAST, 12).rows(np.zeros(len(PAST), dtype=bool)).values) == 0
