"""The benchmark's measures and its Naive 2, checked by hand and against statsmodels' decomposition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.benchmarks.forecasting.measures import (
    MEASURES,
    Case,
    coverage,
    is_seasonal,
    naive2,
    owa,
    scale,
    seasonal_indices,
)

HISTORY = np.array([[1.0, 3.0, 5.0, 7.0]])
"""Steps of 2 from period to period, of 4 from year to year where a year has two periods."""
CASE = Case(HISTORY, 2, np.array([[10.0, 10.0]]), np.array([[8.0, 14.0]]),
            np.array([[[8.0, 12.0], [12.0, 14.0]]]), np.array([0.1, 0.9]))


@pytest.mark.parametrize(("name", "expected"), [
    ("mase", 3 / 4),  # errors of 2 and 4, steps of 4
    ("smape", (200 * 2 / 18 + 200 * 4 / 24) / 2),
    ("rmsse", np.sqrt(10 / 16)),  # squares of 4 and 16
    ("bias", 1 / 4),  # errors of -2 and +4
    ("total", 1 / 4),
    ("pinball", (0.1 * 2 + 0.1 * 2 + 0.9 * 2 + 0.1 * 4) / 4 / 4),
])
def test_each_measure_is_what_one_gets_by_hand(name: str, expected: float) -> None:
    assert MEASURES[name](CASE)[0] == pytest.approx(expected)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_of_a_perfect_forecast_is_nought(name: str) -> None:
    perfect = replace(CASE, point=CASE.test, quantiles=np.repeat(CASE.test[:, :, None], 2, axis=2))
    assert MEASURES[name](perfect)[0] == 0


@pytest.mark.parametrize("name", MEASURES)
def test_no_measure_looks_at_a_point_that_is_not_known(name: str) -> None:
    longer = replace(CASE, test=np.array([[10.0, 10.0, np.nan]]), point=np.array([[8.0, 14.0, 99.0]]),
                     quantiles=np.concatenate([CASE.quantiles, np.full((1, 1, 2), 99.0)], axis=1))
    assert MEASURES[name](longer)[0] == pytest.approx(MEASURES[name](CASE)[0])


def test_a_point_without_demand_and_forecast_has_no_smape() -> None:
    nothing = replace(CASE, test=np.zeros((1, 2)), point=np.array([[0.0, 3.0]]))
    assert MEASURES["smape"](nothing)[0] == 100  # 0 % and 200 %


def test_errors_are_scaled_by_the_step_from_year_to_year_or_else_from_period_to_period() -> None:
    histories = np.array([[1.0, 3, 5, 7], [np.nan, np.nan, 5, 8], [6, 6, 6, 6], [np.nan, np.nan, np.nan, 5]])
    np.testing.assert_array_equal(scale(histories, 2), [4, 3, np.nan, np.nan])
    np.testing.assert_array_equal(scale(histories, 2, power=2), [16, 9, np.nan, np.nan])
    np.testing.assert_array_equal(scale(histories, 12), [2, 3, np.nan, np.nan])


def test_coverage_counts_the_bounds_and_leaves_out_what_is_not_known() -> None:
    low_and_high = np.array([[[10.0, 20.0], [11.0, 20.0], [1.0, 10.0], [9.0, 11.0]]])
    case = replace(CASE, test=np.array([[10.0, 10.0, 10.0, np.nan]]), quantiles=low_and_high)
    assert coverage(case, 0) == pytest.approx(2 / 3)
    assert np.isnan(coverage(replace(case, quantiles=np.full((1, 4, 2), np.nan)), 0))


def test_owa_is_the_mean_of_two_ratios() -> None:
    assert owa(2.0, 30.0, 4.0, 20.0) == 1.0


def test_the_season_of_an_exact_multiplicative_history_is_found_and_carried_on() -> None:
    history = 10 * np.tile([0.8, 1.2, 1.1, 0.9], 5)
    np.testing.assert_allclose(seasonal_indices(history, 4), [0.8, 1.2, 1.1, 0.9])
    np.testing.assert_allclose(naive2(history[None, :-1], 4, 6), [[9, 8, 12, 11, 9, 8]])


def test_naive_2_repeats_the_last_value_where_no_season_can_be_tested() -> None:
    short = 10 * np.tile([0.8, 1.2, 1.1, 0.9], 2)
    histories = np.array([short, [np.nan] * 8, [np.nan] * 7 + [3.0], [0.0, 9.0] * 4])
    np.testing.assert_array_equal(naive2(histories, 4, 2), [[9, 9], [0, 0], [3, 3], [9, 9]])


@pytest.mark.parametrize(("length", "expected"), [(10, False), (12, True)])
def test_the_test_for_a_season_is_bartletts_at_90_percent(length: int, expected: bool) -> None:
    """Values 2, 1, 2, 1: autocorrelations -(n - 1) / n and (n - 2) / n.

    Of 10 values 0.8 against 1.645 / sqrt(10) * sqrt(1 + 2 * 0.81) = 0.842; of 12, 0.833 against 0.777.
    """
    assert is_seasonal(np.tile([2.0, 1.0], length // 2), 2) is expected


@pytest.mark.parametrize("season", [4, 7, 12])
def test_the_decomposition_is_that_of_statsmodels(season: int) -> None:
    from statsmodels.tsa.seasonal import seasonal_decompose

    random = np.random.default_rng(season)
    values = np.linspace(50, 90, 5 * season + 3) * random.uniform(0.5, 1.5, 5 * season + 3)
    expected = seasonal_decompose(values, "multiplicative", period=season).seasonal[:season]
    np.testing.assert_allclose(seasonal_indices(values, season), expected)
