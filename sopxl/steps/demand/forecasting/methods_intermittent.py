"""Methods for demand with many periods without a sale: how often it is sold, and how much then.

Every recursion runs over the periods, with all series and all candidate constants at once (A x S); the constant of
each series is the one with the least squared one-step error. Add a method as one function under ``@method``.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.methods_level import flat
from sopxl.steps.demand.forecasting.panel import Panel, row_mean
from sopxl.steps.demand.forecasting.registry import method

ALPHAS = np.array([0.05, 0.1, 0.2, 0.3])[:, None]
FADING = 0.9
LONGEST_BUCKET = 12


@method("croston", periods=6, intermittent=True)
def croston(panel: Panel, horizon: int) -> np.ndarray:
    """Size over interval, both smoothed; too high on average.

    Source: Croston, Operational Research Quarterly 23 (1972) 289-303.
    """
    return flat(_size_over_interval(panel.values, np.ones_like(ALPHAS)), horizon)


@method("croston (SBA)", periods=6, intermittent=True)
def croston_corrected(panel: Panel, horizon: int) -> np.ndarray:
    """Size over interval, both smoothed, with the Syntetos-Boylan correction.

    Source: Syntetos and Boylan, International Journal of Forecasting 21 (2005) 303-314.
    """
    return flat(_size_over_interval(panel.values, 1 - ALPHAS / 2), horizon)


@method("TSB", periods=6, intermittent=True)
def tsb(panel: Panel, horizon: int) -> np.ndarray:
    """Chance of a sale times its size, both smoothed: falls when an item dies.

    Source: Teunter, Syntetos, Babai, European Journal of Operational Research 214 (2011) 606-615.
    """
    values = panel.values
    size = np.broadcast_to(_first_size(values), (len(ALPHAS), len(values)))
    chance = np.broadcast_to(_share_sold(values[:, : panel.season]), size.shape)
    error = np.zeros(size.shape)
    for column in values.T:
        known, value = ~np.isnan(column), np.nan_to_num(column)
        error = error + np.where(known, (value - chance * size) ** 2, 0.0)
        chance = np.where(known, chance + ALPHAS * ((value > 0) - chance), chance)
        size = np.where(known & (value > 0), size + ALPHAS * (value - size), size)
    return flat(_best_of(error, chance * size), horizon)


@method("ADIDA", periods=6, intermittent=True)
def adida(panel: Panel, horizon: int) -> np.ndarray:
    """Smoothing of sums over the mean interval between sales, spread evenly.

    Source: Nikolopoulos and others, Journal of the Operational Research Society 62 (2011) 544-554.
    """
    bucket = _mean_interval(panel.values)
    rate = np.zeros(len(bucket))
    for periods in np.unique(bucket):
        rows = bucket == periods
        rate[rows] = _bucket_rate(panel.values[rows], int(periods))
    return flat(rate, horizon)


@method("IMAPA", periods=6, intermittent=True)
def imapa(panel: Panel, horizon: int) -> np.ndarray:
    """Mean over smoothings of sums over one period, two, and so on up to the mean interval between sales.

    Source: Petropoulos and Kourentzes, Journal of the Operational Research Society 66 (2015) 914-924.
    """
    bucket = _mean_interval(panel.values)
    total = np.zeros(len(bucket))
    for periods in range(1, int(bucket.max(initial=0)) + 1):
        rows = bucket >= periods
        total[rows] += _bucket_rate(panel.values[rows], periods)
    return flat(total / bucket, horizon)


@method("fading mean", periods=6, intermittent=True)
def fading_mean(panel: Panel, horizon: int) -> np.ndarray:
    """Mean of the past, each period counting for a tenth less than the one after it, drawn towards no demand.

    It is drawn as if one more period had passed without a sale, as far as the periods had none: what is sold
    now and then has been looked at because it was sold, and dies unannounced. Source: discounted mean of Harvey and
    Fernandes, Journal of Business and Economic Statistics 7 (1989) 407-417.
    """
    return flat(faded_mean(panel.values), horizon)


def faded_mean(values: np.ndarray) -> np.ndarray:
    """S: what the method ``fading mean`` forecasts after S x T values."""
    known, value = ~np.isnan(values), np.nan_to_num(values)
    weight = known * FADING ** np.arange(value.shape[1])[::-1]
    total = weight.sum(axis=1)
    idle = (weight * (value <= 0)).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.asarray((weight * value).sum(axis=1) / np.where(total > 0, total + idle, 1.0))


def _size_over_interval(values: np.ndarray, correction: np.ndarray) -> np.ndarray:
    """S: Croston's demand per period under each series' best constant; ``correction`` A x 1 factors."""
    size = np.broadcast_to(_first_size(values), (len(ALPHAS), len(values)))
    interval = np.broadcast_to(1 / _share_sold(values), size.shape)
    error = np.zeros(size.shape)
    since, begun = np.ones(len(values)), np.zeros(len(values), dtype=bool)
    for column in values.T:
        known, value = ~np.isnan(column), np.nan_to_num(column)
        sold = known & (value > 0)
        error = error + np.where(known & begun, (value - correction * size / interval) ** 2, 0.0)
        size = np.where(sold, size + ALPHAS * (value - size), size)
        interval = np.where(sold & begun, interval + ALPHAS * (since - interval), interval)
        since = np.where(sold, 1.0, since + known)
        begun = begun | sold
    return _best_of(error, correction * size / interval)


def _bucket_rate(values: np.ndarray, periods: int) -> np.ndarray:
    """S: demand per period by simple smoothing of the sums over ``periods``, the last sum ending the history."""
    count = values.shape[1] // periods
    if not count:
        return row_mean(values)
    shape = (len(values), count, periods)
    recent = values[:, values.shape[1] - count * periods :].reshape(shape)
    known = (~np.isnan(recent)).sum(axis=2)
    sums = np.where(known > 0, np.nansum(recent, axis=2) / np.maximum(known, 1), np.nan)
    level = np.broadcast_to(row_mean(sums), (len(ALPHAS), len(values)))
    error = np.zeros(level.shape)
    for column in sums.T:
        away = np.where(np.isnan(column), 0.0, np.nan_to_num(column) - level)
        error = error + away**2
        level = level + ALPHAS * away
    return _best_of(error, level)


def _mean_interval(values: np.ndarray) -> np.ndarray:
    """S: mean periods from sale to sale, in whole periods from 1 to LONGEST_BUCKET."""
    sold = (np.nan_to_num(values) > 0).sum(axis=1)
    known = (~np.isnan(values)).sum(axis=1)
    return np.asarray(np.clip(np.round(known / np.maximum(sold, 1)), 1, LONGEST_BUCKET).astype(int))


def _best_of(error: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """S: of the A x S rates, those whose constant has the least error."""
    return np.asarray(rate[error.argmin(axis=0), np.arange(rate.shape[1])])


def _first_size(values: np.ndarray) -> np.ndarray:
    """S: mean of the positive values, the start of the smoothed size."""
    return row_mean(np.where(values > 0, values, np.nan))


def _share_sold(values: np.ndarray) -> np.ndarray:
    """S: share of the known periods with a sale, counting one half more of both: never 0."""
    known = (~np.isnan(values)).sum(axis=1)
    return np.asarray(((values > 0).sum(axis=1) + 0.5) / (known + 0.5))
