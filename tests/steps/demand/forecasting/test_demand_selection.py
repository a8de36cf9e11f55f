"""The automatic choice: classes of demand, eligible methods, and accuracy on public series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.steps.demand.forecasting.measures import MEASURES, benchmark
from sopxl.steps.demand.forecasting.methods import METHODS, forecast
from sopxl.steps.demand.forecasting.selection import (
    COMBINATION,
    Choice,
    choose,
    demand_classes,
    far_backtest,
    run_backtest,
)
from tests.steps.demand.demand_cases import history_of, public_series
from tests.steps.demand.forecasting.fuzzed_series import KINDS, fuzzed_series

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
    for name in ("seasonal naive", "naive"):
        assert ours < 0.85 * error("mase", forecast(name, panel, 12)), name
    assert ours < 0.95 * error("mase", forecast("moving average", panel, 12))
    assert error("smape", choice.forecast) < 0.85 * error("smape", forecast("seasonal naive", panel, 12))


def test_the_choice_is_as_good_as_the_best_single_method_in_hindsight(choice: Choice) -> None:
    panel = history_of(PAST).panel()
    hindsight = min(error("mase", forecast(name, panel, 12)) for name in METHODS)
    assert error("mase", choice.forecast) < 1.01 * hindsight


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
    for position, name in enumerate(choice.candidates):
        assert METHODS[name].least_history(12) <= 1 + np.flatnonzero(choice.weights[position]).min(initial=30), name


def test_the_choice_says_which_methods_make_the_forecast_and_how_they_did(choice: Choice) -> None:
    assert choice.weights.sum(axis=0) == pytest.approx(np.ones(len(PAST)))
    tried = ~np.isnan(choice.errors)
    assert (tried.sum(axis=0) >= 3).all()
    for row, name in enumerate(choice.method):
        members = [choice.candidates[member] for member in np.argsort(-choice.weights[:, row], kind="stable")
                   if choice.weights[member, row] > 0]
        assert name == (f"{COMBINATION}: {', '.join(members)}" if len(members) > 1 else members[0])


def test_the_better_method_weighs_more(choice: Choice) -> None:
    averaged = [position for position, name in enumerate(choice.candidates)
                if METHODS[name].is_averaged and not METHODS[name].intermittent]
    errors, weights = choice.errors[averaged], choice.weights[averaged]
    relative = np.nanmean(errors / np.nanmean(errors, axis=0), axis=1)
    assert weights.mean(axis=1)[relative.argmin()] > weights.mean(axis=1)[relative.argmax()]
    line = 100 * 1.04 ** np.arange(48.0)
    growing = choose(history_of(np.vstack([line * scale for scale in (1, 5, 9)])), 6, 6)
    assert growing.weights[growing.candidates.index("moving average")].tolist() == [0, 0, 0]


def test_a_point_of_the_backtest_knows_its_origin_and_how_far_ahead_it_looks(choice: Choice) -> None:
    assert choice.origin.tolist() == [66] * 6 + [68] * 4 + [70] * 2
    assert choice.ahead.tolist() == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 1, 2]
    assert np.array_equal(choice.actual, PAST[:, choice.origin + choice.ahead - 1], equal_nan=True)


def test_level_trend_and_season_make_the_forecast() -> None:
    season = np.array([0.5, 1.5, 1.2, 0.8])
    values = 100 * 1.02 ** np.arange(30) * season[np.arange(30) % 4]
    choice = choose(history_of(values[None], season=4), 8, 4)
    assert choice.season[0] == pytest.approx(season[[2, 3, 0, 1]], rel=0.05)
    line = choice.level[0] + choice.trend[0] * np.arange(1, 9)
    assert line * np.tile(choice.season[0], 2) == pytest.approx(choice.forecast[0], rel=0.03)
    assert choice.trend[0] > 1


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
    hold(choose(history_of(values), horizon, backtest), (len(values), horizon))


@pytest.mark.parametrize("season", [4, 12, 52])
def test_what_may_break_a_forecast_does_not(season: int) -> None:
    values = fuzzed_series(12 * len(KINDS), season, 2 * season + 20, season)
    hold(choose(history_of(values, season), 14, 6), (len(values), 14))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_series_that_may_break_a_forecast_do_not(seed: int) -> None:
    values = fuzzed_series(1000, 100 + seed)
    hold(choose(history_of(values), 18, 6), (1000, 18))


def hold(choice: Choice, shape: tuple[int, int]) -> None:
    """Whatever the history, all that is told of the choice is finite, and no forecast is below zero."""
    assert choice.forecast.shape == shape
    for values in (choice.forecast, choice.weights, choice.level, choice.trend, choice.season):
        assert np.isfinite(values).all()
    assert (choice.forecast >= 0).all()
    assert choice.weights.sum(axis=0) == pytest.approx(np.ones(shape[0]))
    assert not np.isinf(choice.errors).any()
    assert np.array_equal(np.isnan(choice.actual), np.isnan(choice.backtest))
    assert (choice.backtest[~np.isnan(choice.backtest)] >= 0).all()


def test_the_unit_that_demand_is_counted_in_does_not_matter() -> None:
    values = PAST[:20]
    thousandfold = choose(history_of(values * 1000), 12, 6)
    assert thousandfold.forecast == pytest.approx(1000 * choose(history_of(values), 12, 6).forecast, rel=1e-4)


def test_an_older_beginning_of_the_panel_does_not_matter() -> None:
    """The same series after a year in which nothing is known of any: the columns move, the forecast stays."""
    values = PAST[:20]
    later = np.concatenate([np.full((20, 12), np.nan), values], axis=1)
    first, second = (choose(history_of(one), 12, 6).forecast for one in (values, later))
    assert second == pytest.approx(first, rel=1e-4)


def test_the_order_of_the_series_does_not_matter_and_twins_are_forecast_alike() -> None:
    values = np.vstack([PAST[:20], PAST[:1]])
    order = np.random.default_rng(1).permutation(21)
    forecasts = choose(history_of(values), 12, 6).forecast
    assert choose(history_of(values[order]), 12, 6).forecast == pytest.approx(forecasts[order], rel=1e-4)
    assert forecasts[20] == pytest.approx(forecasts[0], rel=1e-4)


@given(st.floats(0, 1e9), st.integers(6, 40), st.sampled_from([4, 12, 52]))
@settings(max_examples=20, deadline=None)
def test_what_never_changes_is_forecast_as_it_is(value: float, periods: int, season: int) -> None:
    values = np.full((2, 60), np.nan)
    values[0, -periods:] = value
    values[1] = 100 + 50 * np.sin(np.arange(60) * 2 * np.pi / season)
    assert choose(history_of(values, season), 12, 6).forecast[0].tolist() == [value] * 12


@pytest.mark.parametrize("periods", [14, 18])
def test_a_strong_season_shows_in_little_more_than_a_year(periods: int) -> None:
    """One year shows what may be a season; over all series, the months known twice show how much of it lasts."""
    random = np.random.default_rng(6)
    seasons = random.lognormal(0, 0.5, (60, 12))
    scale = 100 / seasons.mean(axis=1, keepdims=True)
    values = (scale * seasons)[:, np.arange(periods + 12) % 12] * random.lognormal(0, 0.05, (60, periods + 12))
    ahead = choose(history_of(values[:, :periods]), 12, 6).forecast
    assert np.abs(ahead - values[:, periods:]).mean() < 0.15 * values.mean()


def test_one_order_does_not_make_a_single_steady_series_explode() -> None:
    history = [100.0, 104, 97, 101, 95, 103] * 5 + [99.0, 400, 98, 102, 96, 100]
    forecasts = choose(history_of(np.array([history])), 12, 6).forecast[0]
    assert forecasts.min() > 80
    assert forecasts.max() < 150


def test_the_level_is_that_of_the_months_in_which_it_sells() -> None:
    """Sold in summer only: 120 a month in four months is 40 in an average month, whatever the other months say."""
    year = [0.0, 0, 0, 0, 120, 120, 120, 120, 0, 0, 0, 0]
    choice = choose(history_of(np.array([year * 4])), 12, 6)
    assert choice.level[0] == pytest.approx(40, rel=0.25)
    assert abs(choice.trend[0]) < 4


def test_the_far_backtest_looks_twice_as_far_and_sees_nothing_of_what_follows() -> None:
    values = np.tile(np.array([[5.0, 7, 9, 7]]), (3, 12)) * np.array([[1.0], [2], [3]])
    choice = choose(history_of(values, season=4), 18, 6)
    actual, made, origin = far_backtest(history_of(values, season=4), choice, 18)
    changed = values.copy()
    changed[:, origin:] *= 10
    assert origin == 48 - 12
    assert np.array_equal(actual, values[:, origin:])
    assert made == pytest.approx(actual, rel=0.05)
    assert np.array_equal(far_backtest(history_of(changed, season=4), choice, 18)[1], made)


def test_there_is_no_far_backtest_of_a_short_history() -> None:
    history = history_of(np.full((2, 9), 5.0))
    actual, made, origin = far_backtest(history, choose(history, 12, 6), 12)
    assert actual.shape == made.shape == (2, 0)
    assert origin == 9
