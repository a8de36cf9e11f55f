"""The benchmark's own error measures and its Naive 2: simple on purpose, and independent of the product's.

A further measure is one function under ``@measure``, from a :class:`Case` to S values, NaN where not defined.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ONE_SIDED_90 = 1.645


@dataclass(frozen=True)
class Case:
    """S series with history S x T, test values and point forecasts S x H, and quantiles S x H x Q.

    ``probabilities``: Q, ascending and symmetric around a half (interval k lies between quantiles k and Q-1-k).
    """

    history: np.ndarray
    season: int
    test: np.ndarray
    point: np.ndarray
    quantiles: np.ndarray
    probabilities: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """S x H: forecast minus demand."""
        return np.asarray(self.point - self.test)


Measure = Callable[[Case], np.ndarray]
MEASURES: dict[str, Measure] = {}


def measure(function: Measure) -> Measure:
    """Register a measure under its function's name."""
    MEASURES[function.__name__] = function
    return function


@measure
def mase(case: Case) -> np.ndarray:
    """Mean absolute error over the mean absolute step from one year to the next in the history.

    Source: Hyndman and Koehler, International Journal of Forecasting 22 (2006) 679-688; as in M4.
    """
    return np.asarray(mean(np.abs(case.error)) / scale(case.history, case.season))


@measure
def smape(case: Case) -> np.ndarray:
    """Percent: mean of 200 |error| / (|demand| + |forecast|); a point where both are 0 counts as 0.

    Source: Makridakis, Spiliotis, Assimakopoulos, International Journal of Forecasting 36 (2020) 54-74 (M4).
    """
    both = np.abs(case.test) + np.abs(case.point)
    return mean(200 * np.abs(case.error) / np.where(both == 0, 1.0, both))


@measure
def rmsse(case: Case) -> np.ndarray:
    """Root of the mean squared error over the mean squared step from year to year in the history.

    Source: Makridakis, Spiliotis, Assimakopoulos, International Journal of Forecasting 38 (2022) 1325-1336 (M5, there
    with the step from period to period).
    """
    return np.asarray(np.sqrt(mean(case.error**2) / scale(case.history, case.season, power=2)))


@measure
def bias(case: Case) -> np.ndarray:
    """Mean error (above 0: forecast too high) over what MASE divides by."""
    return np.asarray(mean(case.error) / scale(case.history, case.season))


@measure
def total(case: Case) -> np.ndarray:
    """Absolute error of the total over the horizon, per period, over what MASE divides by."""
    return np.abs(bias(case))


@measure
def pinball(case: Case) -> np.ndarray:
    """Mean pinball loss over all quantiles and points, over what MASE divides by.

    Source: Makridakis et al., International Journal of Forecasting 38 (2022) 1365-1385 (M5 uncertainty, scaled
    pinball loss).
    """
    over = case.test[:, :, None] - case.quantiles
    loss = np.maximum(case.probabilities * over, (case.probabilities - 1) * over)
    return np.asarray(mean(loss.reshape(len(loss), -1)) / scale(case.history, case.season))


def coverage(case: Case, interval: int) -> float:
    """Share of all points that lie within an interval, bounds included; NaN where there is none."""
    low, high = case.quantiles[:, :, interval], case.quantiles[:, :, -1 - interval]
    known = ~np.isnan(case.test) & ~np.isnan(low) & ~np.isnan(high)
    within = (case.test >= low) & (case.test <= high)
    return float(within[known].mean()) if known.any() else float("nan")


def owa(mean_mase: float, mean_smape: float, naive_mase: float, naive_smape: float) -> float:
    """Overall weighted average: mean of the ratios of the set's mean MASE and mean sMAPE to those of Naive 2 (M4)."""
    return (mean_mase / naive_mase + mean_smape / naive_smape) / 2


def scale(history: np.ndarray, season: int, power: int = 1) -> np.ndarray:
    """S: mean absolute step to the power, from a year before, or from the period before where no year is known.

    NaN where no step is known or all are 0.
    """
    result = np.full(len(history), np.nan)
    for lag in (season, 1):
        if history.shape[1] > lag:
            steps = mean(np.abs(history[:, lag:] - history[:, :-lag]) ** power)
            result = np.where(np.isnan(result), steps, result)
    return np.where(result > 0, result, np.nan)


def naive2(history: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """S x horizon: the last value, seasonally adjusted where a season shows, times the season; never below 0.

    Source: Makridakis, Spiliotis, Assimakopoulos, International Journal of Forecasting 36 (2020) 54-74 (M4): test for
    a season at 90 %, classical multiplicative decomposition. A gap counts as 0, a series without values as 0.
    """
    result = np.zeros((len(history), horizon))
    for row, padded in enumerate(history):
        values = known_part(padded)
        if len(values):
            indices = seasonal_indices(values, season) if is_seasonal(values, season) else np.ones(season)
            phases = (len(values) - 1 + np.arange(horizon + 1)) % season
            result[row] = values[-1] / indices[phases[0]] * indices[phases[1:]]
    return np.maximum(result, 0.0)


def known_part(values: np.ndarray) -> np.ndarray:
    """The values from the first known on, with 0 for gaps."""
    known = np.flatnonzero(~np.isnan(values))
    return np.nan_to_num(values[known[0] :]) if len(known) else values[:0]


def is_seasonal(values: np.ndarray, season: int) -> bool:
    """Whether the autocorrelation at the lag of a year is significant at 90 %, by Bartlett's formula (M4).

    Never with less than three years, as in M4, nor with a value that is not above 0, which no multiplicative
    decomposition can take.
    """
    if season < 2 or len(values) < 3 * season or values.min() <= 0:
        return False
    away = values - values.mean()
    if not away.any():
        return False
    correlation = np.array([away[lag:] @ away[: len(away) - lag] for lag in range(1, season + 1)]) / (away @ away)
    limit = ONE_SIDED_90 / np.sqrt(len(values)) * np.sqrt(1 + 2 * (correlation[:-1] ** 2).sum())
    return bool(abs(correlation[-1]) > limit)


def seasonal_indices(values: np.ndarray, season: int) -> np.ndarray:
    """``season`` factors with mean 1, the first for the first value: ratios to the centred moving average.

    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice (2021), section 3.4.
    """
    weights = np.ones(season) / season if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5] / season
    trend = np.convolve(values, weights, mode="valid")
    first = len(weights) // 2
    ratio = values[first : first + len(trend)] / trend
    phase = np.arange(first, first + len(trend)) % season
    indices = np.array([ratio[phase == one].mean() for one in range(season)])
    return np.asarray(indices / indices.mean())


def mean(values: np.ndarray) -> np.ndarray:
    """Row mean of the known values; NaN where none is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=1))
