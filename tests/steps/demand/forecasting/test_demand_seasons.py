"""Seasonal indices: found where they are, drawn to the family's where history is short, none where it is noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.steps.demand.forecasting.seasons import (
    LASTING,
    last_year_line,
    moving_average,
    persistence,
    pooled_profile,
    seasonal_indices,
    while_sold,
)

SHAPE = np.array([0.6, 0.7, 1.0, 1.2, 1.4, 1.3, 1.1, 1.0, 0.9, 0.9, 0.9, 1.0])


def alone(values: np.ndarray) -> list[np.ndarray]:
    """All series in one group."""
    return [np.zeros(len(values), dtype=int)]


def test_the_moving_average_of_a_straight_line_is_the_line() -> None:
    line = np.arange(1.0, 25)[None]
    smoothed = moving_average(line, 12)
    assert smoothed[0, 6:-6] == pytest.approx(line[0, 6:-6])
    assert np.isnan(smoothed[0, :6]).all()
    assert np.isnan(smoothed[0, -6:]).all()


def test_classical_indices_give_back_the_season_of_a_growing_series() -> None:
    values = np.tile(SHAPE, 3) * np.linspace(100, 150, 36)
    assert seasonal_indices(values[None], 12)[0] == pytest.approx(SHAPE, abs=0.02)


def test_a_young_series_takes_the_profile_of_its_group() -> None:
    old = np.tile(SHAPE, 3) * 100
    young = np.concatenate([np.full(30, np.nan), 50 * np.tile(SHAPE, 3)[30:]])
    profile = pooled_profile(np.vstack([old, young]), 12, alone(np.zeros((2, 1))))
    assert profile[1] == pytest.approx(SHAPE, abs=0.02)


def test_noise_is_hardly_taken_for_a_season() -> None:
    noise = np.random.default_rng(5).normal(100, 20, (200, 36))
    groups = [np.arange(200)]
    own = seasonal_indices(noise, 12)
    assert pooled_profile(noise, 12, groups).std() < 0.5 * own.std()


def test_launches_are_not_taken_for_season() -> None:
    steady = np.full((1, 36), 100.0)
    launched = np.concatenate([np.full((5, 24), np.nan), np.full((5, 12), 400.0)], axis=1)
    assert pooled_profile(np.vstack([steady, launched]), 12, alone(np.zeros((6, 1)))) == pytest.approx(1.0)


def test_ends_are_not_taken_for_season() -> None:
    steady = np.full((1, 36), 100.0)
    ended = np.concatenate([np.full((5, 24), 400.0), np.zeros((5, 12))], axis=1)
    assert pooled_profile(np.vstack([steady, ended]), 12, alone(np.zeros((6, 1)))) == pytest.approx(1.0)
    assert np.isnan(while_sold(ended, 12)[:, 24:]).all()


def test_a_cycle_within_the_quarter_shows_in_one_year() -> None:
    cycle = np.tile([0.5, 1.0, 1.5], 4)
    young = np.concatenate([np.full((3, 24), np.nan), np.tile(cycle * 100, (3, 1))], axis=1)
    steady = np.full((1, 36), 10.0)
    groups = [np.zeros(4, dtype=int), np.array([0, 1, 1, 1])]
    profile = pooled_profile(np.vstack([steady, young]), 12, groups)
    assert profile[1] == pytest.approx(cycle, abs=0.1)
    assert profile[0] == pytest.approx(1.0)


def test_one_year_is_believed_as_far_as_the_months_known_twice_repeat_it() -> None:
    random = np.random.default_rng(2)
    noise = random.lognormal(0, 0.2, (60, 15))
    lasting = noise[:, np.arange(15) % 12]
    swing = [pooled_profile(values * 100, 12, [np.arange(60)]).std() for values in (noise, lasting)]
    assert swing[0] < 0.1 < 0.15 < swing[1]
    assert persistence(lasting, last_year_line(lasting, 12), 12) > 0.8
    assert persistence(lasting[:, :12], last_year_line(lasting[:, :12], 12), 12) == LASTING


def test_one_year_of_a_smooth_season_is_believed_and_of_a_jagged_one_not() -> None:
    smooth = 1 + 0.5 * np.sin(np.arange(12) * np.pi / 6)
    jagged = np.random.default_rng(2).normal(1, 0.2, (40, 12))
    profiles = pooled_profile(np.vstack([np.tile(smooth, (40, 1)), jagged]) * 100, 12, [np.arange(80)])
    swing = profiles.std(axis=1)
    assert swing[:40].min() > 0.25
    assert swing[40:].mean() < 0.5 * jagged.std()


def test_late_years_count_more_than_early_ones_and_an_outlier_little() -> None:
    early, late = np.tile(SHAPE, 3), np.tile(SHAPE[::-1], 3)
    profile = pooled_profile(np.concatenate([early, late])[None] * 100, 12, [])[0]
    assert np.abs(profile - SHAPE[::-1]).sum() < np.abs(profile - SHAPE).sum()
    upset = np.tile(SHAPE, 6) * 100
    upset[40] *= 5
    assert pooled_profile(upset[None], 12, [])[0] == pytest.approx(SHAPE, abs=0.15)


@given(st.tuples(st.integers(0, 5), st.integers(0, 40)).flatmap(
    lambda shape: arrays(float, shape, elements=st.one_of(st.just(float("nan")), st.floats(0, 1e9)))))
@settings(max_examples=60, deadline=None)
def test_a_profile_is_positive_and_averages_one(values: np.ndarray) -> None:
    profile = pooled_profile(values, 12, alone(values))
    assert profile.shape == (len(values), 12)
    assert (profile > 0).all()
    assert profile.mean(axis=1) == pytest.approx(np.ones(len(values)))


def test_a_week_is_drawn_to_the_weeks_around_it() -> None:
    random = np.random.default_rng(3)
    year = 1 + 0.3 * np.sin(2 * np.pi * np.arange(52) / 52)
    weeks = 100 * np.tile(year, 4) * random.lognormal(0, 0.2, (30, 208))
    found = pooled_profile(weeks, 52, [np.arange(30)])
    classical = seasonal_indices(weeks, 52)
    assert np.abs(found - year).mean() < 0.5 * np.abs(classical - year).mean()


def test_one_week_that_stands_out_every_year_is_kept() -> None:
    year = np.ones(52)
    year[30] = 3.0
    weeks = 100 * np.tile(year, 4) * np.random.default_rng(3).lognormal(0, 0.05, (10, 208))
    assert (pooled_profile(weeks, 52, [np.arange(10)])[:, 30] > 2.5).all()
