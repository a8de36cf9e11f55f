"""Methods for demand with many periods without a sale: how often it is sold, and how much then."""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.methods_level import flat
from sopxl.steps.demand.forecasting.panel import Panel, row_mean
from sopxl.steps.demand.forecasting.registry import method

INTERMITTENT_ALPHAS = (0.05, 0.1, 0.2, 0.3)


@method("croston (SBA)", periods=6, intermittent=True)
def croston(panel: Panel, horizon: int) -> np.ndarray:
    """Size over interval, both smoothed, with the Syntetos-Boylan correction.

    Source: Syntetos and Boylan, International Journal of Forecasting 21 (2005) 303-314.
    """
    return flat(_best_of([_croston_rates(panel.values, alpha) for alpha in INTERMITTENT_ALPHAS]), horizon)


@method("TSB", periods=6, intermittent=True)
def tsb(panel: Panel, horizon: int) -> np.ndarray:
    """Probability of a sale times its size, both smoothed: falls when an item dies.

    Source: Teunter, Syntetos, Babai, European Journal of Operational Research 214 (2011) 606-615.
    """
    return flat(_best_of([_tsb_rates(panel.values, alpha) for alpha in INTERMITTENT_ALPHAS]), horizon)


def _best_of(rates: list[np.ndarray]) -> np.ndarray:
    """S: last rate of the candidate whose column 0 (squared error) is least; candidates are S x 2."""
    stacked = np.stack(rates)
    chosen = stacked[:, :, 0].argmin(axis=0)
    return np.asarray(stacked[chosen, np.arange(stacked.shape[1]), 1])


def _croston_rates(values: np.ndarray, alpha: float) -> np.ndarray:
    """S x 2: squared one-step error and demand rate at the end."""
    size, interval = _first_size(values), np.ones(len(values))
    since = np.ones(len(values))
    error = np.zeros(len(values))
    begun = np.zeros(len(values), dtype=bool)
    for column in values.T:
        known = ~np.isnan(column)
        sold = known & (np.nan_to_num(column) > 0)
        rate = (1 - alpha / 2) * size / interval
        error += np.where(known & begun, (np.nan_to_num(column) - rate) ** 2, 0.0)
        size = np.where(sold, size + alpha * (np.nan_to_num(column) - size), size)
        interval = np.where(sold & begun, interval + alpha * (since - interval), interval)
        since = np.where(sold, 1.0, since + known)
        begun |= sold
    return np.column_stack([error, (1 - alpha / 2) * size / interval])


def _tsb_rates(values: np.ndarray, alpha: float) -> np.ndarray:
    """S x 2: squared one-step error and demand rate at the end."""
    size, chance = _first_size(values), _share_sold(values[:, :12])
    error = np.zeros(len(values))
    for column in values.T:
        known = ~np.isnan(column)
        value = np.nan_to_num(column)
        error += np.where(known, (value - chance * size) ** 2, 0.0)
        chance = np.where(known, chance + alpha * ((value > 0) - chance), chance)
        size = np.where(known & (value > 0), size + alpha * (value - size), size)
    return np.column_stack([error, chance * size])


def _first_size(values: np.ndarray) -> np.ndarray:
    """S: mean of the positive values, the start of the smoothed size."""
    return row_mean(np.where(values > 0, values, np.nan))


def _share_sold(values: np.ndarray) -> np.ndarray:
    """S: share of the known periods with a sale; one half where none is known."""
    known = (~np.isnan(values)).sum(axis=1)
    return np.asarray(np.where(known > 0, (values > 0).sum(axis=1) / np.maximum(known, 1), 0.5))
