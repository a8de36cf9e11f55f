"""Forecasting methods: all of them hold on any history, and each gives what its source says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.steps.demand.forecasting.logarithms import logarithms
from sopxl.steps.demand.forecasting.methods import METHODS, forecast, method
from sopxl.steps.demand.forecasting.panel import Panel, plain_panel
from sopxl.steps.demand.forecasting.seasons import seasonal_indices
from sopxl.steps.demand.forecasting.smoothing import Start, grid, project, smooth

QUANTITIES = st.one_of(
    st.just(0.0), st.just(float("nan")), st.integers(0, 1000).map(float),
    st.floats(0, 1e300, allow_nan=False), st.floats(0, 1e-300, allow_nan=False),
)
HISTORIES = st.tuples(st.integers(0, 4), st.integers(0, 40)).flatmap(
    lambda shape: arrays(float, shape, elements=QUANTITIES)
)
OWN = [name for name, one in METHODS.items() if not one.learns_from_all]
YEARS = 10 + np.tile([0.0, 2, 5, 3, 1, 0, -2, -4, -3, 0, 1, 2], 4)


@pytest.mark.parametrize("name", METHODS)
@given(history=HISTORIES, horizon=st.integers(0, 15), season=st.sampled_from([4, 12]))
@settings(max_examples=25, deadline=None)
def test_a_forecast_is_finite_and_never_below_zero_whatever_the_history(
    name: str, history: np.ndarray, horizon: int, season: int
) -> None:
    result = forecast(name, plain_panel(history, season), horizon)
    assert result.shape == (len(history), horizon)
    assert np.isfinite(result).all()
    assert (result >= 0).all()


@pytest.mark.parametrize("name", METHODS)
def test_a_method_says_what_it_does(name: str) -> None:
    assert (METHODS[name].function.__doc__ or "").strip().endswith((".", ")."))
    assert METHODS[name].least_history(12) <= 24


@pytest.mark.parametrize("name", METHODS)
def test_a_forecast_grows_with_the_unit_it_is_counted_in(name: str) -> None:
    panel = plain_panel(np.vstack([YEARS, YEARS[::-1] * 3]), 12)
    thousandfold = Panel(panel.values * 1000, 12, panel.profile, panel.expected)
    assert forecast(name, thousandfold, 6) == pytest.approx(1000 * forecast(name, panel, 6), rel=1e-9)


@pytest.mark.parametrize("name", OWN)
def test_a_series_is_forecast_the_same_alone_and_among_others(name: str) -> None:
    random = np.random.default_rng(3)
    values = random.poisson(4, (40, 36)) * random.integers(0, 2, (40, 36)) * 1.0
    together = forecast(name, plain_panel(values, 12), 8)
    assert forecast(name, plain_panel(values[7:8], 12), 8)[0] == pytest.approx(together[7], abs=1e-12)


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"no demand", "new item"}))
def test_what_never_changes_is_forecast_to_stay(name: str) -> None:
    assert forecast(name, plain_panel(np.full((1, 36), 7.0), 12), 12)[0] == pytest.approx(
        np.full(12, 7 * (0.95 if name == "croston (SBA)" else 1.0)), rel=0.03)


@pytest.mark.parametrize("name", [
    "seasonal naive", "moving average", "theta", "exponential smoothing with additive season",
    "exponential smoothing with multiplicative season", "regression over all series"])
def test_a_season_without_trend_is_repeated(name: str) -> None:
    panel = Panel(YEARS[None], 12, seasonal_indices(YEARS[None], 12), np.array([np.nan]))
    assert forecast(name, panel, 12)[0] == pytest.approx(YEARS[:12], rel=0.05)


@pytest.mark.parametrize("name", [name for name, one in METHODS.items() if one.learns_from_all])
def test_what_is_learned_from_all_series_does_not_depend_on_their_order(name: str) -> None:
    values = np.random.default_rng(3).poisson(40, (40, 48)) * np.linspace(1, 2, 48)
    values[7] = values[0]
    order = np.random.default_rng(4).permutation(40)
    whole = forecast(name, plain_panel(values, 12), 8)
    assert forecast(name, plain_panel(values[order], 12), 8) == pytest.approx(whole[order], rel=1e-5)
    assert whole[7] == pytest.approx(whole[0], rel=1e-5)


def test_the_regression_learns_from_other_series_what_one_series_cannot_show() -> None:
    """Every series falls back to its level in the second period after a jump: one of them has not jumped before."""
    random = np.random.default_rng(5)
    values = 100.0 + random.normal(0, 1, (60, 60))
    for row in range(60):
        values[row, random.choice(np.arange(14, 58), 4, replace=False)] += 80
    values[0] = 100
    values[0, -1] = 180
    ahead = forecast("regression over all series", plain_panel(values, 12), 1)[0, 0]
    assert ahead == pytest.approx(100, rel=0.1)


def test_a_second_method_of_the_same_name_is_refused() -> None:
    with pytest.raises(ValueError, match="there is a method 'naive' already"):
        method("naive")(lambda panel, horizon: np.zeros((len(panel.values), horizon)))


@pytest.mark.parametrize("phi", [0.9, 1.0])
def test_smoothing_with_a_season_equals_the_holt_winters_of_statsmodels(phi: float) -> None:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    values = YEARS + 0.1 * np.arange(48) + np.random.default_rng(1).normal(0, 0.3, 48)
    season = YEARS[:12] - 10
    reference = ExponentialSmoothing(
        values, trend="add", damped_trend=phi < 1, seasonal="add", seasonal_periods=12, initialization_method="known",
        initial_level=10.0, initial_trend=0.1, initial_seasonal=season,
    ).fit(smoothing_level=0.3, smoothing_trend=0.2, smoothing_seasonal=0.15,
          damping_trend=phi if phi < 1 else None, optimized=False)
    parameters = grid((0.3,), (0.2,), (0.15,), (phi,))
    ours = smooth(values[None], Start(np.array([10.0]), np.array([0.1]), season[None]), parameters)
    ahead = project(ours, parameters, np.arange(12))
    # statsmodels 0.15 takes the last phase's season from a year earlier in forecasts, so only 11 are compared
    assert ahead[0, :11] == pytest.approx(np.asarray(reference.forecast(11)), abs=1e-4)
    assert ours.season is not None
    assert ours.season[0] == pytest.approx(np.asarray(reference.season)[-12:], abs=1e-4)


def test_simple_smoothing_and_holt_equal_statsmodels() -> None:
    from statsmodels.tsa.holtwinters import Holt, SimpleExpSmoothing

    values = YEARS + 0.2 * np.arange(48)
    simple = SimpleExpSmoothing(values, initialization_method="known", initial_level=9.0).fit(0.4, optimized=False)
    ours = smooth(values[None], Start(np.array([9.0]), np.array([0.0])), grid((0.4,)))
    assert ours.level[0] == pytest.approx(float(np.asarray(simple.forecast(1))[0]), abs=1e-4)
    holt = Holt(values, damped_trend=True, initialization_method="known", initial_level=9.0, initial_trend=0.5).fit(
        0.4, smoothing_trend=0.3, damping_trend=0.8, optimized=False)
    parameters = grid((0.4,), (0.3,), phi=(0.8,))
    damped = smooth(values[None], Start(np.array([9.0]), np.array([0.5])), parameters)
    assert project(damped, parameters, np.zeros(6, int))[0] == pytest.approx(np.asarray(holt.forecast(6)), abs=1e-4)


def test_smoothing_begins_with_the_first_known_value_of_each_series() -> None:
    late = np.concatenate([np.full(20, np.nan), YEARS[:28]])
    start = Start(np.array([9.0, 9.0]), np.array([0.1, 0.1]))
    both = smooth(np.vstack([YEARS, late]), start, grid((0.2, 0.5), (0.1,)))
    alone = smooth(YEARS[None, :28], Start(start.level[:1], start.trend[:1]), grid((0.2, 0.5), (0.1,)))
    assert both.level[1] == pytest.approx(alone.level[0], rel=1e-5)
    assert both.weights[1] == pytest.approx(alone.weights[0], rel=1e-4)


def test_the_weights_of_the_grid_follow_the_fit() -> None:
    values = np.array([[1.0, 1, 1, 9, 9, 9, 9, 9], [5.0, 1, 9, 1, 9, 1, 9, 5], [3.0, 3, 3, 3, 3, 3, 3, 3]])
    weights = smooth(values, Start(np.array([1.0, 5.0, 3.0]), np.zeros(3)), grid((0.1, 0.5, 0.9))).weights
    assert weights.sum(axis=1) == pytest.approx([1, 1, 1])
    assert weights.argmax(axis=1)[:2].tolist() == [2, 0]
    assert weights[2] == pytest.approx([1 / 3] * 3)


def test_the_theta_line_is_smoothing_with_half_the_growth_as_drift() -> None:
    growing = 100 * 1.01 ** np.arange(120.0)
    ahead = forecast("theta", plain_panel(growing[None], 12), 13)[0]
    assert 1.004 < (ahead[12] / ahead[0]) ** (1 / 12) < 1.006


def test_logarithms_lead_back_to_the_values() -> None:
    values = np.array([[1.0, 10, 100, np.nan], [0.0, 5, 10, 5], [1e-200, 2e-200, 3e-200, np.nan]])
    logs = logarithms(values)
    assert logs.shift[:, 0].tolist() == [0, 1, 0]
    back = logs.units(logs.values)
    known = ~np.isnan(values)
    assert back[known] == pytest.approx(values[known], rel=1e-9, abs=1e-9)


def test_croston_divides_size_by_interval_and_corrects_it() -> None:
    every_third = np.tile([6.0, 0, 0], 12)[None]
    rate = forecast("croston (SBA)", plain_panel(every_third, 12), 1)[0, 0]
    assert rate == pytest.approx(2.0, rel=0.16)
    assert 0.85 * 2 <= rate < 2.1


def test_tsb_forgets_an_item_that_is_not_sold_any_more() -> None:
    dying = np.array([[5.0, 0, 5, 0, 5, 0] * 3 + [0.0] * 18])
    alive = np.array([[5.0, 0, 5, 0, 5, 0] * 6])
    rates = forecast("TSB", plain_panel(np.vstack([dying, alive]), 12), 1)[:, 0]
    assert rates[0] < 0.5 < 2 < rates[1]


def test_a_short_series_takes_the_season_of_its_family() -> None:
    profile = np.array([[0.5, 1.5, 0.5, 1.5]])
    panel = Panel(np.array([[np.nan, np.nan, 5.0, 15.0]]), 4, profile, np.array([np.nan]))
    assert forecast("moving average", panel, 4)[0] == pytest.approx([5, 15, 5, 15])


def test_a_new_item_takes_the_level_and_season_that_are_expected_of_it() -> None:
    panel = Panel(np.full((1, 4), np.nan), 4, np.array([[0.5, 1.5, 0.5, 1.5]]), np.array([8.0]))
    assert forecast("new item", panel, 5)[0].tolist() == [4, 12, 4, 12, 4]


def test_gaps_are_not_taken_for_zero() -> None:
    values = np.array([[8.0, np.nan, 8, np.nan, 8, 8, np.nan, 8]])
    for name in ("moving average", "naive", "theta", "exponential smoothing with additive season",
    "exponential smoothing with multiplicative season", "regression over all series"):
        assert forecast(name, plain_panel(values, 4), 2)[0] == pytest.approx([8, 8]), name


def test_steps_that_follow_from_the_last_ones_are_carried_on_and_fade() -> None:
    random = np.random.default_rng(4)
    steps = np.zeros((50, 108))
    for period in range(1, 108):
        steps[:, period] = 0.7 * steps[:, period - 1] + random.normal(0, 0.02, 50)
    walks = 100 * np.exp(np.cumsum(steps, axis=1))
    carried = forecast("autoregression of steps", plain_panel(walks[:, :100], 4), 8)
    last, coming = walks[:, 99:100], walks[:, 100:102]
    assert np.abs(carried[:, :2] - coming).mean() < 0.8 * np.abs(last - coming).mean()
    turns = np.abs(np.diff(np.log(np.hstack([last, carried])), axis=1)).mean(axis=0)
    assert turns[7] < 0.5 * turns[0]
