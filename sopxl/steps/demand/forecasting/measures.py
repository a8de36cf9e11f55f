"""Error measures: one function each, ``(actual, forecast, scale) -> S``, under :func:`measure`; those of quantiles,
``(actual, quantiles, levels, scale) -> S``, under :func:`quantile_measure`.

``actual`` and ``forecast`` are S x P (points of a backtest, NaN: no point); ``scale`` is a history S x T' that the
scaled measures compare with (already at the lag of the benchmark: see :class:`Benchmark`). ``quantiles`` are
S x P x Q at Q rising ``levels``. A measure is NaN where it is not defined, never infinite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MeasureFunction = Callable[[np.ndarray, np.ndarray, "Benchmark"], np.ndarray]


@dataclass(frozen=True)
class Benchmark:
    """What scaled measures divide by: in-sample errors of the (seasonal) naive forecast, each S, NaN where unknown."""

    absolute: np.ndarray
    squared: np.ndarray


QuantileMeasureFunction = Callable[[np.ndarray, np.ndarray, np.ndarray, Benchmark], np.ndarray]

MEASURES: dict[str, MeasureFunction] = {}
QUANTILE_MEASURES: dict[str, QuantileMeasureFunction] = {}


def measure(function: MeasureFunction) -> MeasureFunction:
    """Register an error measure under its function's name."""
    MEASURES[function.__name__] = function
    return function


def quantile_measure(function: QuantileMeasureFunction) -> QuantileMeasureFunction:
    """Register a measure of quantiles under its function's name."""
    QUANTILE_MEASURES[function.__name__] = function
    return function


def benchmark(history: np.ndarray, season: int) -> Benchmark:
    """Mean absolute and squared error of the seasonal naive forecast in the history (S x T).

    Where a series has no year to compare with, of the naive forecast.
    """
    absolute, squared = np.full(len(history), np.nan), np.full(len(history), np.nan)
    for lag in (season, 1):
        if history.shape[1] <= lag:
            continue
        step = history[:, lag:] - history[:, :-lag]
        absolute = np.where(np.isnan(absolute), _mean(np.abs(step)), absolute)
        squared = np.where(np.isnan(squared), _mean(step**2), squared)
    return Benchmark(absolute, squared)


@measure
def weighted_mape(actual: np.ndarray, forecast: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Sum of absolute errors over the sum of demand.

    Source: Kolassa and Schuetz, Foresight 6 (2007) 40-43 (MAD/Mean ratio).
    """
    error, demand = _points(np.abs(forecast - actual), actual)
    return _ratio(error, demand)


@measure
def bias(actual: np.ndarray, forecast: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Sum of forecast minus demand over the sum of demand: above 0 the forecast is too high.

    Source: APICS Dictionary, 'bias'.
    """
    error, demand = _points(forecast - actual, actual)
    return _ratio(error, demand)


@measure
def mase(actual: np.ndarray, forecast: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Mean absolute error over the in-sample error of the seasonal naive forecast.

    Source: Hyndman and Koehler, International Journal of Forecasting 22 (2006) 679-688.
    """
    return _ratio(_mean(np.abs(forecast - actual)), scale.absolute)


@measure
def rmsse(actual: np.ndarray, forecast: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Root of the mean squared error over that of the seasonal naive forecast in the history.

    Source: Makridakis, Spiliotis, Assimakopoulos, International Journal of Forecasting 38 (2022) 1325-1336 (M5).
    """
    return np.asarray(np.sqrt(_ratio(_mean((forecast - actual) ** 2), scale.squared)))


@measure
def smape(actual: np.ndarray, forecast: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Mean of 2 |error| / (|demand| + |forecast|), between 0 and 2; a point where both are 0 counts as 0.

    Source: Makridakis and Hibon, International Journal of Forecasting 16 (2000) 451-476 (M3).
    """
    both = np.abs(actual) + np.abs(forecast)
    share = np.where(both > 0, 2 * np.abs(forecast - actual) / np.where(both > 0, both, 1.0), 0.0)
    return _mean(np.where(np.isnan(actual), np.nan, share))


@measure
def root_mean_squared_error(actual: np.ndarray, forecast: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Root of the mean squared error, in units: what safety stocks are reckoned from.

    Source: Silver, Pyke, Thomas, Inventory and Production Management in Supply Chains (2017), section 3.4.
    """
    return np.asarray(np.sqrt(_mean((forecast - actual) ** 2)))


@measure
def tracking_signal(actual: np.ndarray, forecast: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Sum of forecast minus demand over the mean absolute error: beyond 4 either way the forecast is biased.

    Above 0 the forecast is too high, as in ``bias``. Source: APICS Dictionary, 'tracking signal'; Brown, Smoothing,
    Forecasting and Prediction of Discrete Time Series (1963).
    """
    deviation = _mean(np.abs(forecast - actual))
    return np.where(deviation == 0, 0.0, _ratio(_points(forecast - actual)[0], deviation))


@quantile_measure
def pinball_loss(actual: np.ndarray, quantiles: np.ndarray, levels: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Mean over points and levels of level x shortfall, or (1 - level) x excess, of the quantile, in units.

    Source: Koenker and Bassett, Econometrica 46 (1978) 33-50.
    """
    return _mean(_pinball(actual, quantiles, levels).mean(axis=2))


@quantile_measure
def scaled_pinball_loss(actual: np.ndarray, quantiles: np.ndarray, levels: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Pinball loss over the in-sample absolute error of the seasonal naive forecast.

    Source: Makridakis and others, International Journal of Forecasting 38 (2022) 1365-1385 (M5 uncertainty).
    """
    return _ratio(pinball_loss(actual, quantiles, levels, scale), scale.absolute)


@quantile_measure
def weighted_quantile_loss(
    actual: np.ndarray, quantiles: np.ndarray, levels: np.ndarray, scale: Benchmark
) -> np.ndarray:
    """Twice the summed pinball loss, mean over the levels, over the sum of demand: for the median, weighted_mape.

    Source: Salinas, Flunkert, Gasthaus, Januschowski, International Journal of Forecasting 36 (2020) 1181-1191.
    """
    loss = _pinball(actual, quantiles, levels).mean(axis=2)
    total, demand = _points(2 * loss, np.abs(actual))
    return _ratio(total, demand)


@quantile_measure
def coverage(actual: np.ndarray, quantiles: np.ndarray, levels: np.ndarray, scale: Benchmark) -> np.ndarray:
    """Share of the points from the lowest to the highest quantile: highest minus lowest level, if they are honest.

    Source: Gneiting and Raftery, Journal of the American Statistical Association 102 (2007) 359-378.
    """
    within = (actual >= quantiles[:, :, 0]) & (actual <= quantiles[:, :, -1])
    return _mean(np.where(np.isnan(actual), np.nan, within))


def _pinball(actual: np.ndarray, quantiles: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """S x P x Q pinball losses; NaN where there is no point."""
    short = actual[:, :, None] - quantiles
    return np.asarray(np.where(short >= 0, levels * short, (levels - 1) * short))


def _points(*values: np.ndarray) -> list[np.ndarray]:
    """Row sums over the points at which all are known; NaN where there is no such point."""
    known = ~np.any([np.isnan(one) for one in values], axis=0)
    none = ~known.any(axis=1)
    return [np.where(none, np.nan, np.where(known, one, 0.0).sum(axis=1)) for one in values]


def _mean(values: np.ndarray) -> np.ndarray:
    """Row mean of the known values; NaN where none is known."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    return np.asarray(np.where(count > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan))


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient; NaN where the denominator is not above 0, or so small that the quotient is beyond all numbers."""
    usable = denominator > 0
    with np.errstate(over="ignore"):
        ratio = np.where(usable, numerator / np.where(usable, denominator, 1.0), np.nan)
    return np.where(np.isfinite(ratio), ratio, np.nan)
