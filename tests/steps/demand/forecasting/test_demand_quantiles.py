"""The distribution of demand: ordered, finite and never below zero on any history, honest on public series,
coherent over lead times and totals.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.steps.demand.forecasting import spread
from sopxl.steps.demand.forecasting.counts import thinned, trusted_shape, typical_sizes, weighted_quantiles
from sopxl.steps.demand.forecasting.futures import FUTURES, LEVELS, normal_draws
from sopxl.steps.demand.forecasting.methods import forecast
from sopxl.steps.demand.forecasting.panel import plain_panel
from sopxl.steps.demand.forecasting.quantiles import (
    QUANTILE_LEVELS,
    Distribution,
    at_levels,
    demand_distribution,
    stock_for_shortage,
)
from sopxl.steps.demand.forecasting.spread import Likeness, error_growth, likeness, student_quantile
from tests.steps.demand.demand_cases import public_series
from tests.steps.demand.forecasting.fuzzed_series import fuzzed_series

SEASON = 12
QUANTITIES = st.one_of(
    st.just(0.0), st.just(float("nan")), st.integers(0, 1000).map(float),
    st.floats(0, 1e300, allow_nan=False), st.floats(0, 1e-300, allow_nan=False),
)
HISTORIES = st.tuples(st.integers(0, 4), st.integers(0, 30)).flatmap(
    lambda shape: arrays(float, shape, elements=QUANTITIES)
)


def backtest(values: np.ndarray, method: str, held_out: tuple[int, ...]) -> spread.Tested:
    """Forecasts again from the origins that hold out so many periods."""
    held_out = tuple(periods for periods in held_out if periods < values.shape[1])
    total = values.shape[1]
    actual = [np.zeros((len(values), 0)), *(values[:, total - periods :] for periods in held_out)]
    again = [forecast(method, plain_panel(values[:, : total - periods], SEASON), periods) for periods in held_out]
    ahead = [np.arange(1, periods + 1) for periods in held_out]
    origin = [np.full(periods, total - periods) for periods in held_out]
    none = np.zeros(0, dtype=int)
    return spread.Tested(np.concatenate(actual, axis=1), np.concatenate([np.zeros((len(values), 0)), *again], axis=1),
                  np.concatenate([none, *ahead]), np.concatenate([none, *origin]))


def distribution(
    values: np.ndarray, horizon: int = 6, counted: bool | np.ndarray = False, method: str = "theta",
    held_out: tuple[int, ...] = (12, 8, 4),
) -> Distribution:
    ahead = forecast(method, plain_panel(values, SEASON), horizon)
    rows = np.broadcast_to(counted, len(values))
    return demand_distribution(ahead, values, SEASON, backtest(values, method, held_out), rows)


def steady(count: int = 30, periods: int = 60, seed: int = 1) -> np.ndarray:
    return np.asarray(np.random.default_rng(seed).gamma(16, 5, (count, periods)))


def seldom(count: int = 200, periods: int = 40, seed: int = 2) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.asarray(random.negative_binomial(0.5, 0.4, (count, periods)) * 1.0)


def check_holds_everywhere(found: Distribution) -> None:
    quantiles = found.quantiles()
    assert np.isfinite(quantiles).all()
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=2) >= -1e-12 * quantiles[:, :, 1:]).all()
    horizon = found.forecast.shape[1]
    sums = found.lead_time_demand(horizon)
    assert np.isfinite(sums).all()
    assert np.isfinite(found.mean()).all()
    assert np.isfinite(found.safety_stock(horizon, 0.95)).all()
    if len(quantiles) and horizon:
        assert sums.mean(axis=1) == pytest.approx(found.mean().sum(axis=1), rel=1e-9)
        assert found.lead_time_quantiles(1, 0.9) == pytest.approx(found.quantiles((0.9,))[:, 0, 0], rel=1e-9)


@given(history=HISTORIES, horizon=st.integers(0, 8), counted=st.booleans())
@settings(max_examples=80, deadline=None)
def test_it_is_ordered_finite_and_coherent_whatever_the_history(
    history: np.ndarray, horizon: int, counted: bool
) -> None:
    check_holds_everywhere(distribution(history, horizon, counted))


@pytest.mark.parametrize("counted", [False, True])
def test_it_is_ordered_finite_and_coherent_for_series_made_to_break_it(counted: bool) -> None:
    check_holds_everywhere(distribution(fuzzed_series(72, seed=5), 18, counted))


def test_the_same_input_gives_the_same_output() -> None:
    values = np.vstack([steady(5, 40), seldom(5)])
    counted = np.arange(10) >= 5
    first, second = (distribution(values, 6, counted) for _ in range(2))
    assert np.array_equal(first.quantiles(), second.quantiles())
    assert np.array_equal(first.totals(np.arange(10) % 2), second.totals(np.arange(10) % 2))


@given(factor=st.sampled_from([1e-6, 0.01, 3.0, 1e6, 1e100]))
@settings(deadline=None)
def test_steady_demand_counted_in_another_unit_has_quantiles_in_that_unit(factor: float) -> None:
    values = steady(8)
    assert distribution(values * factor).quantiles() == pytest.approx(factor * distribution(values).quantiles())


def test_the_middle_of_steady_demand_is_its_forecast() -> None:
    found = distribution(steady())
    assert found.quantiles((0.5,))[:, :, 0] == pytest.approx(found.forecast * found.unit[:, None], rel=1e-9)


def test_what_has_been_forecast_without_error_hardly_strays() -> None:
    found = distribution(np.full((5, 48), 20.0))
    assert found.quantiles((0.01, 0.99)) == pytest.approx(20, rel=0.05)


def test_of_two_series_the_one_with_larger_errors_has_the_wider_interval() -> None:
    values = 100 + np.random.default_rng(3).normal(0, 1, (20, 60)) * np.repeat([2.0, 20.0], 10)[:, None]
    width = np.ptp(distribution(values).quantiles((0.1, 0.9)), axis=2).mean(axis=1)
    assert width[10:].min() > 3 * width[:10].max()


def test_what_is_forecast_to_sell_nothing_any_more_is_certain() -> None:
    assert (distribution(np.zeros((3, 24))).quantiles() == 0).all()
    assert (distribution(steady(3), method="no demand").quantiles() == 0).all()


def test_an_item_without_history_is_not_certain() -> None:
    values = np.vstack([np.full((1, 36), np.nan), steady(5, 36)])
    ahead = np.vstack([np.full((1, 6), 50.0), forecast("theta", plain_panel(values[1:], SEASON), 6)])
    found = demand_distribution(ahead, values, SEASON, backtest(values, "theta", (6, 3)), np.zeros(6, dtype=bool))
    low, high = found.quantiles((0.1, 0.9))[0].T
    assert (low < 25).all()
    assert (high > 75).all()


@pytest.mark.parametrize("held_out", [(12, 8, 4), (6, 4, 2)])
def test_the_intervals_hold_what_their_levels_say_on_public_series(held_out: tuple[int, ...]) -> None:
    past, future = public_series()
    quantiles = distribution(past, 12, False, "theta", held_out).quantiles((0.025, 0.1, 0.9, 0.975))
    inside = [((future >= quantiles[:, :, low]) & (future <= quantiles[:, :, 3 - low])).mean() for low in (0, 1)]
    assert inside[0] == pytest.approx(0.95, abs=0.035)
    assert inside[1] == pytest.approx(0.80, abs=0.06)


def test_sums_over_a_lead_time_hold_what_their_levels_say_on_public_series() -> None:
    past, future = public_series()
    found = distribution(past, 12)
    for periods in (3, 6, 12):
        low, high = (found.lead_time_quantiles(periods, level) for level in (0.1, 0.9))
        total = future[:, :periods].sum(axis=1)
        assert ((total >= low) & (total <= high)).mean() == pytest.approx(0.8, abs=0.12)


def test_counts_are_whole_and_as_often_zero_as_they_will_be() -> None:
    values = seldom(600, 52)
    found = distribution(values[:, :40], 12, True, "TSB")
    levels = np.array([0.3, 0.5, 0.8, 0.9, 0.95, 0.99])
    quantiles = found.quantiles(list(levels))
    assert (found.possible() == np.round(found.possible())).all()
    future = values[:, 40:, None]
    assert ((future <= quantiles).mean(axis=(0, 1)) > levels - 0.01).all()
    assert ((future < quantiles).mean(axis=(0, 1)) < levels + 0.01).all()
    assert found.mean().sum() == pytest.approx(values[:, 40:].sum(), rel=0.1)


def test_counts_do_not_follow_a_forecast_of_the_wrong_height() -> None:
    values = seldom(300)
    ahead = 2 * forecast("TSB", plain_panel(values, SEASON), 3)
    found = demand_distribution(ahead, values, SEASON, backtest(values, "TSB", (12, 8, 4)), np.ones(300, dtype=bool))
    assert found.mean().mean() == pytest.approx(values.mean(), rel=0.15)
    assert ahead.mean() > 1.7 * values.mean()


def test_counts_follow_the_ups_and_downs_of_the_forecast_only_where_sales_return_in_their_season() -> None:
    random = np.random.default_rng(9)
    season = np.array([0.2, 0.2, 0.2, 2.0, 2.0, 0.2])
    ahead = np.tile(season, (300, 1))
    seasonal, plain = (random.poisson(mean, (300, 36)) * 1.0 for mean in (np.tile(season, 6), np.full(36, 0.8)))
    assert trusted_shape(ahead, seasonal, 6)[0] == pytest.approx(season, abs=0.25)
    assert trusted_shape(ahead, plain, 6)[0] == pytest.approx(np.full(6, 0.8), abs=0.15)
    again = backtest(seasonal, "TSB", (12, 8, 4))
    found = demand_distribution(ahead, seasonal, 6, again, np.ones(300, dtype=bool)).mean().mean(axis=0)
    assert found == pytest.approx(season, abs=0.3)


def test_items_are_counted_like_those_that_sold_as_often() -> None:
    values = np.vstack([seldom(300), np.zeros((100, 40))])
    values[300:, 0] = 1
    found = distribution(values, 3, True, "TSB").mean()[:, 0]
    assert found[300:].mean() < 0.05 * found[:300].mean()


def test_a_lead_time_may_differ_by_item_and_end_within_a_period() -> None:
    found = distribution(steady(3))
    mean = found.mean()
    sums = found.lead_time_demand(np.array([0.0, 1.0, 2.5])).mean(axis=1)
    assert sums == pytest.approx([0, mean[1, 0], mean[2, :2].sum() + mean[2, 2] / 2])
    with pytest.raises(ValueError, match="from 0 to the 6 periods"):
        found.lead_time_demand(7)


def test_a_lead_time_needs_less_than_the_sum_of_its_periods_and_more_than_independent_ones() -> None:
    found = distribution(steady())
    mean = found.mean()
    apart = found.quantiles((0.95,))[:, :, 0] - mean
    together = found.safety_stock(6, 0.95)
    assert (together < 0.95 * apart.sum(axis=1)).all()
    assert (together > 1.05 * np.sqrt((apart**2).sum(axis=1))).all()


def test_the_safety_stock_rises_with_the_service_level_and_is_its_quantile() -> None:
    found = distribution(steady(4))
    low, high = found.safety_stock(3, 0.9), found.safety_stock(3, np.full(4, 0.98))
    assert (low > 0).all()
    assert (low < high).all()
    assert high == pytest.approx(found.lead_time_quantiles(3, 0.98) - found.mean()[:, :3].sum(axis=1))


def test_the_stock_for_a_fill_rate_leaves_just_the_shortage_that_it_allows() -> None:
    found = distribution(steady(4))
    mean = found.mean()[:, :2].sum(axis=1)
    cycle = 0.5 * mean
    stock = found.safety_stock_for_fill_rate(2, 0.97, cycle) + mean
    short = np.maximum(found.lead_time_demand(2) - stock[:, None], 0).mean(axis=1)
    assert short == pytest.approx(0.03 * cycle)


def test_the_stock_for_a_shortage_by_hand() -> None:
    demand = np.array([[0.0, 2, 4, 10]] * 5)
    assert stock_for_shortage(demand, np.array([0.0, 0.5, 1.5, 2.0, 9.0])) == pytest.approx([10, 8, 4, 3, 0])


@given(demand=arrays(float, (1, 8), elements=st.floats(0, 100)), allowed=st.floats(0.01, 40))
def test_the_stock_for_a_shortage_allows_it_and_no_more(demand: np.ndarray, allowed: float) -> None:
    rising = np.sort(demand, axis=1)
    stock = stock_for_shortage(rising, np.array([allowed]))[0]
    short = np.maximum(rising - stock, 0).mean()
    assert short == pytest.approx(min(allowed, rising.mean()), abs=1e-6)


def test_a_total_over_many_items_strays_less_than_its_items_together_and_more_than_strangers() -> None:
    found = distribution(steady(40))
    totals = np.sort(found.totals(np.zeros(40, dtype=int))[0, 0])
    beyond = at_levels(totals, np.array([0.9]))[0] - totals.mean()
    each = found.quantiles((0.9,))[:, 0, 0] - found.mean()[:, 0]
    assert totals.mean() == pytest.approx(found.mean()[:, 0].sum())
    assert np.sqrt((each**2).sum()) < beyond < 0.5 * each.sum()


def test_a_total_of_one_item_is_that_item_in_its_periods_and_nearly_over_them() -> None:
    values = np.vstack([steady(2, 40), seldom(2)])
    found = distribution(values, 6, np.arange(4) >= 2)
    totals = found.totals(np.arange(4))
    assert np.sort(totals, axis=2) == pytest.approx(found.possible())
    sums = at_levels(np.sort(totals.sum(axis=1), axis=1), np.array([0.8]))[:, 0]
    assert sums[:2] == pytest.approx(found.lead_time_quantiles(6, 0.8)[:2], rel=0.02)


def test_errors_of_a_random_walk_grow_with_its_root_and_those_of_a_level_do_not() -> None:
    noise = np.random.default_rng(4).normal(0, 1, (60, 120))
    walk = 500 + noise.cumsum(axis=1)
    naive = backtest(walk, "naive", (12, 9, 6))
    assert error_growth(walk, SEASON, naive) == pytest.approx(0.5, abs=0.1)
    level = 500 + noise
    assert error_growth(level, SEASON, backtest(level, "theta", (12, 9, 6))) == pytest.approx(0, abs=0.06)


def test_intervals_grow_beyond_the_periods_that_were_tested() -> None:
    walk = 500 + np.random.default_rng(4).normal(0, 1, (60, 120)).cumsum(axis=1)
    width = np.ptp(distribution(walk, 24, False, "naive", (6, 4, 2)).quantiles((0.1, 0.9)), axis=2).mean(axis=0)
    assert (np.diff(width) > 0).all()
    assert width[23] / width[0] == pytest.approx(np.sqrt(24), rel=0.35)


def test_errors_that_last_make_the_periods_alike_and_passing_ones_do_not() -> None:
    random = np.random.default_rng(6)
    ahead, origin = np.tile(np.arange(1, 7), 2), np.repeat([10, 20], 6)
    lasting = np.repeat(random.normal(0, 1, (80, 2)), 6, axis=1)
    passing = random.normal(0, 1, (80, 12))
    alike, apart = (likeness(spread.Tested(error, np.zeros((80, 12)), ahead, origin)) for error in (lasting, passing))
    assert alike.matrix(6).min() > 0.9
    assert apart.matrix(6)[0, 5] < 0.15
    assert np.linalg.eigvalsh(apart.matrix(40)).min() > 0


def test_the_draws_have_just_the_wanted_correlation() -> None:
    wanted = Likeness(0.3, 0.5)
    draws = normal_draws(wanted, 12)
    assert draws.shape == (12, FUTURES)
    assert draws @ draws.T / FUTURES == pytest.approx(wanted.matrix(12), abs=1e-9)


def test_the_student_quantiles_are_those_of_scipy() -> None:
    from scipy import stats

    levels = np.array([0.0025, 0.01, 0.1, 0.5, 0.8, 0.975, 0.999])
    assert student_quantile(levels) == pytest.approx(stats.t.ppf(levels, 5), abs=1e-4)


def test_rare_levels_are_read_beyond_the_futures() -> None:
    from scipy import stats

    levels = np.array([0.001, 0.9985, 0.999, 0.9995])
    found = at_levels(student_quantile(LEVELS)[None], levels)[0]
    assert found[1:] == pytest.approx(stats.t.ppf(levels[1:], 5), rel=0.08)
    assert found[0] == pytest.approx(stats.t.ppf(LEVELS[0], 5))
    assert at_levels(np.full((1, FUTURES), 3.0), levels).tolist() == [[3.0] * 4]


def test_weighted_quantiles_by_hand() -> None:
    atoms, weights = np.array([[3.0, 0, 1], [5, 5, 5]]), np.array([[1.0, 2, 1], [0, 1, 0]])
    assert weighted_quantiles(atoms, weights, np.array([0.5, 0.6, 0.75, 0.9])).tolist() == [[0, 1, 1, 3], [5] * 4]


@given(ratio=st.floats(0.05, 4), chance=st.floats(0.05, 1))
def test_thinned_demand_has_the_mean_that_is_wanted(ratio: float, chance: float) -> None:
    atoms = np.where(1 - chance < LEVELS, 4 + 2 * LEVELS, 0.0)[None]
    thin = thinned(atoms, LEVELS, np.array([[ratio]]))[0, 0]
    assert (np.diff(thin) >= 0).all()
    assert thin.mean() == pytest.approx(ratio * atoms.mean(), rel=0.05, abs=0.06)


def test_sizes_are_drawn_to_the_panel_only_where_the_panel_is_alike() -> None:
    random = np.random.default_rng(8)
    few = np.zeros((50, 24))
    few[:, ::8] = random.integers(1, 10, (50, 3))
    apart = few * np.where(np.arange(50) < 25, 1, 1000)[:, None]
    own = few.sum(axis=1) / 3
    assert typical_sizes(few).std() < 0.6 * own.std()
    sizes = typical_sizes(apart)
    assert sizes[25:].min() > 100 * sizes[:25].max() / 10
    assert np.abs(np.log(sizes[25:] / (1000 * own[25:]))).max() < 0.5


def test_the_levels_hold_the_median_and_both_intervals() -> None:
    assert list(QUANTILE_LEVELS) == sorted(QUANTILE_LEVELS)
    assert {0.025, 0.1, 0.5, 0.9, 0.975} <= set(QUANTILE_LEVELS)
