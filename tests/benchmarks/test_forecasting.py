"""The benchmark command: what it reads, what it asks of forecasters, and what its table says."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.forecasting.engine import sopxl_forecasts
from tests.benchmarks.forecasting.measures import naive2
from tests.benchmarks.forecasting.peers import forecast_all, negative_binomial, probabilities
from tests.benchmarks.forecasting.processes import ROOT, Environment, Outcome, peer_forecasts
from tests.benchmarks.forecasting.report import line, markdown, mean_outcome
from tests.benchmarks.forecasting.series import Series, read_series
from tests.benchmarks.forecasting.worker import work

LEVELS = [80, 95]


def long_table(path: Path, frequency: str = "MS", lengths: tuple[int, ...] = (40, 30), horizon: int = 6) -> Path:
    """A csv with seasonal series of some lengths of training part."""
    parts = []
    for number, length in enumerate(lengths):
        periods = pd.date_range("2015-01-01", periods=length + horizon, freq=frequency)
        values = 100 + 10 * number + 30 * np.sin(np.arange(len(periods)) * np.pi / 6)
        parts.append(pd.DataFrame({"unique_id": f"S{number}", "ds": periods, "y": values,
                                   "split": ["train"] * length + ["test"] * horizon}))
    pd.concat(parts).to_csv(path, index=False)
    return path


def some_series() -> Series:
    random = np.random.default_rng(1)
    return Series("some", 4, random.uniform(5, 9, (5, 20)), random.uniform(5, 9, (5, 3)))


def outcome(point: np.ndarray) -> Outcome:
    return Outcome(point, np.repeat(point[:, :, None], 4, axis=2), 1.5, 0.1)


def test_series_that_began_at_different_times_end_in_the_same_column(tmp_path: Path) -> None:
    series = read_series(long_table(tmp_path / "some.csv"))
    assert series.name == "some"
    assert series.history.shape == (2, 40)
    assert np.isnan(series.history[1, :10]).all()
    assert series.history[1, 10] == 110
    np.testing.assert_allclose(series.test[0, 0], 100 + 30 * np.sin(40 * np.pi / 6))
    assert read_series(tmp_path / "some.csv", horizon=2).test.shape == (2, 2)


@pytest.mark.parametrize(("frequency", "season"), [("W-MON", 52), ("MS", 12), ("QS", 4), ("YS", 1)])
def test_the_season_is_told_from_the_days_between_the_periods(tmp_path: Path, frequency: str, season: int) -> None:
    assert read_series(long_table(tmp_path / "some.csv", frequency)).season == season


def test_a_table_without_what_is_needed_is_refused(tmp_path: Path) -> None:
    table = pd.read_csv(long_table(tmp_path / "some.csv"))
    table.drop(columns="split").to_csv(tmp_path / "no_split.csv")
    table[table["split"] == "train"].to_csv(tmp_path / "no_test.csv")
    with pytest.raises(ValueError, match="no column split"):
        read_series(tmp_path / "no_split.csv")
    with pytest.raises(ValueError, match="split 'test'"):
        read_series(tmp_path / "no_test.csv")


def test_a_set_with_more_than_a_third_of_zeros_is_intermittent() -> None:
    history = np.array([[np.nan, 0.0, 5.0, 5.0], [np.nan, 4.0, 0.0, 5.0]])
    test = np.ones((2, 1))
    assert not Series("third", 12, history, test).is_intermittent
    assert Series("more", 12, np.where(history == 4, 0, history), test).is_intermittent


def test_naive_2_has_an_owa_of_one_and_half_its_errors_an_owa_of_a_half() -> None:
    series = some_series()
    naive = naive2(series.history, 4, 3)
    assert line("Naive 2", series, outcome(naive), LEVELS).owa == pytest.approx(1)
    halfway = Series("some", 4, series.history, naive * 1.5)
    better = line("better", halfway, outcome(naive * 1.25), LEVELS)
    assert better.measures["mase"] == pytest.approx(line("", halfway, outcome(naive), LEVELS).measures["mase"] / 2)
    assert better.owa == pytest.approx((0.5 + (0.25 / 2.75) / (0.5 / 2.5)) / 2)


def test_a_series_that_a_forecaster_could_not_take_gets_naive_2() -> None:
    series = some_series()
    naive = naive2(series.history, 4, 3)
    with_failure = np.where(np.arange(5)[:, None] == 2, np.nan, naive)
    assert line("fails", series, outcome(with_failure), LEVELS).owa == pytest.approx(1)


def test_the_table_says_versions_sizes_and_what_failed() -> None:
    series = some_series()
    naive = naive2(series.history, 4, 3)
    series = Series("some", 4, series.history, np.where(np.arange(5)[:, None] == 2, naive, series.test))
    failed = Outcome(np.where(np.arange(5)[:, None] == 2, np.nan, series.test), np.full((5, 3, 4), np.nan), 2.0, 0.5)
    told = markdown([line("perfect", series, failed, LEVELS)],
                    [Environment("here", "python", {"Python": "3.11", "numpy": "2"})], LEVELS)
    assert "here: Python 3.11, numpy 2." in told
    measures = "0.000 | 0.000 | 0.00 | 0.000 | 0.000 | 0.000 | - | - | -"
    assert f"| some | 5 | perfect | {measures} | 102.00 | 100.00 |" in told
    assert "* perfect could not take 1 series of some; Naive 2 counts there." in told


def test_coverage_is_told_by_level() -> None:
    series = Series("one", 4, np.arange(8.0)[None], np.array([[5.0, 25.0]]))
    bounds = np.array([[[0.0, 10, 20, 30], [0, 10, 20, 30]]])
    told = line("any", series, Outcome(series.test, bounds, 0, 0), LEVELS)
    assert told.coverage == {80: 0.0, 95: 1.0}


def test_the_mean_of_forecasters_starts_once_and_takes_the_time_of_all() -> None:
    together = mean_outcome([outcome(np.full((1, 2), 2.0)), outcome(np.full((1, 2), 4.0))])
    assert together.point.tolist() == [[3, 3]]
    assert (together.start, together.spent) == (1.5, 0.2)


def test_the_bounds_of_intervals_have_these_probabilities() -> None:
    np.testing.assert_allclose(probabilities(LEVELS), [0.025, 0.1, 0.9, 0.975])


def test_negative_binomial_quantiles_are_poissons_where_the_history_varies_little_and_wider_where_much() -> None:
    from scipy import stats

    little = negative_binomial(np.array([3.0]), np.full(10, 3.0), LEVELS)
    np.testing.assert_array_equal(little[0], stats.poisson.ppf(probabilities(LEVELS), 3.0))
    much = negative_binomial(np.array([3.0]), np.array([0.0, 0, 0, 0, 15]), LEVELS)
    expected = stats.nbinom.ppf(probabilities(LEVELS), 9 / 33, 3 / 36)  # variance 36: n = 9 / (36 - 3), p = 3 / 36
    np.testing.assert_array_equal(much[0], expected)


@pytest.mark.parametrize("name", ["ThetaModel", "ETSModel (A,Ad,A)"])
def test_a_peer_gives_quantiles_in_order_around_its_forecast_and_none_where_it_fails(name: str) -> None:
    month = np.arange(48)
    history = np.array([100 + 20 * np.sin(month * np.pi / 6) + np.random.default_rng(1).normal(0, 3, 48),
                        np.r_[[np.nan] * 47, 5.0]])
    import statsmodels.tsa.api  # noqa: F401  it sets warning filters of its own when it is imported

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        point, quantiles = forecast_all(name, history, 12, 4, LEVELS)
    assert (np.diff(quantiles[0], axis=1) > 0).all()
    assert ((quantiles[0, :, 1] < point[0]) & (point[0] < quantiles[0, :, 2])).all()
    np.testing.assert_allclose(point[0], 100 + 20 * np.sin(np.arange(48, 52) * np.pi / 6), atol=8)
    assert np.isnan(quantiles[1]).all() == np.isnan(point[1]).all()


def test_a_worker_says_what_it_could_not_forecast_and_keeps_that_empty(tmp_path: Path) -> None:
    np.savez(tmp_path / "given.npz", history=np.ones((3, 5)), season=4, horizon=2, levels=LEVELS)

    def forecaster(history: np.ndarray, season: int, horizon: int, levels: list[int]) -> tuple[np.ndarray, np.ndarray]:
        point = np.full((len(history), horizon), 7.0)
        point[1:2, 1] = np.inf
        return point, np.full((len(history), horizon, 2 * len(levels)), 7.0)

    work(str(tmp_path / "given.npz"), str(tmp_path / "found.npz"), forecaster)
    with np.load(tmp_path / "found.npz") as found:
        assert np.isnan(found["point"]).all(axis=1).tolist() == [False, True, False]
        assert np.isnan(found["quantiles"]).all(axis=(1, 2)).tolist() == [False, True, False]
        assert found["start"] > 0


def test_sopxl_forecasts_every_series_with_finite_numbers() -> None:
    history = np.array([np.arange(1.0, 41), np.r_[[np.nan] * 39, 3.0], np.zeros(40)])
    point, quantiles = sopxl_forecasts(history, 12, 5, LEVELS)
    assert point.shape == (3, 5)
    assert quantiles.shape == (3, 5, 4)
    assert np.isfinite(point).all()
    assert (quantiles >= 0).all()
    assert (np.diff(quantiles, axis=2) >= 0).all()


@pytest.mark.slow
def test_a_peers_forecast_is_kept_and_not_reckoned_again(tmp_path: Path) -> None:
    series = read_series(long_table(tmp_path / "some.csv"))
    here = Environment("here", sys.executable, {"statsmodels": "1"})
    first = peer_forecasts("ThetaModel", here, series, 6, LEVELS, tmp_path / "cache")
    nowhere = Environment("nowhere", "/no/python", {"statsmodels": "1"})
    again = peer_forecasts("ThetaModel", nowhere, series, 6, LEVELS, tmp_path / "cache")
    np.testing.assert_array_equal(first.point, again.point)
    with pytest.raises(OSError, match="no/python"):
        peer_forecasts("ThetaModel", nowhere, series, 5, LEVELS, tmp_path / "cache")


@pytest.mark.slow
def test_the_command_prints_the_table_and_writes_the_figures(tmp_path: Path) -> None:
    path = long_table(tmp_path / "some.csv", lengths=(40, 30, 50))
    told = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.forecasting", str(path), "--sample", "2", "--peers", "ThetaModel",
         "--json", str(tmp_path / "figures.json")], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "| some | 3 | Naive 2 | 1.000 |" in told
    assert "| some, sample | 2 | ThetaModel (statsmodels) |" in told
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert [one["forecaster"] for one in figures["lines"]] == ["Naive 2", "sopxl"] * 2 + ["ThetaModel (statsmodels)"]
    assert figures["lines"][0]["coverage_80"] is None
