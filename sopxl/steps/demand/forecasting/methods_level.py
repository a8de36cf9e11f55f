"""Methods for demand around a level: means, simple smoothing, intermittent demand, nothing sold, new items."""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.panel import Panel, first_known, row_mean
from sopxl.steps.demand.forecasting.registry import method
from sopxl.steps.demand.forecasting.smoothing import Start, fit, grid

LEVEL_GRID = grid(alpha=(0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9))
FIRST_PERIODS = 4
INTERMITTENT_ALPHAS = (0.05, 0.1, 0.2, 0.3)


@method("no demand", periods=0, is_tested=False)
def no_demand(panel: Panel, horizon: int) -> np.ndarray:
    """Nothing: for what has not been sold for a whole year."""
    return np.zeros((len(panel.values), horizon))


@method("new item", periods=0, is_tested=False)
def new_item(panel: Panel, horizon: int) -> np.ndarray:
    """The expected mean demand of a new item, spread by the profile of its family."""
    return np.asarray(np.nan_to_num(panel.expected)[:, None] * panel.future_profile(horizon))


@method("naive", is_tested=False)
def naive(panel: Panel, horizon: int) -> np.ndarray:
    """The last known value."""
    return _flat(_last_known(panel.values), horizon)


@method("moving average")
def moving_average_forecast(panel: Panel, horizon: int) -> np.ndarray:
    """Mean of the last quarter of a year, of at least three periods."""
    window = max(3, panel.season // 4)
    return _flat(_recent_mean(panel.values, window), horizon)


@method("simple smoothing", periods=4)
def simple_smoothing(panel: Panel, horizon: int) -> np.ndarray:
    """Simple exponential smoothing (Brown 1956); its constant is chosen per series by squared one-step error."""
    return _flat(smoothed_level(panel.values), horizon)


@method("croston (SBA)", periods=6, intermittent=True)
def croston(panel: Panel, horizon: int) -> np.ndarray:
    """Size over interval, both smoothed, with the Syntetos-Boylan correction.

    Source: Syntetos and Boylan, International Journal of Forecasting 21 (2005) 303-314.
    """
    return _flat(_best_of([_croston_rates(panel.values, alpha) for alpha in INTERMITTENT_ALPHAS]), horizon)


@method("TSB", periods=6, intermittent=True)
def tsb(panel: Panel, horizon: int) -> np.ndarray:
    """Probability of a sale times its size, both smoothed: falls when an item dies.

    Source: Teunter, Syntetos, Babai, European Journal of Operational Research 214 (2011) 606-615.
    """
    return _flat(_best_of([_tsb_rates(panel.values, alpha) for alpha in INTERMITTENT_ALPHAS]), horizon)


@method("mean of the year")
def year_mean(panel: Panel, horizon: int) -> np.ndarray:
    """Mean of the last year, or of what there is of it."""
    return _flat(_recent_mean(panel.values, panel.season), horizon)


def smoothed_level(values: np.ndarray) -> np.ndarray:
    """S: level at the end of history under the best constant; starts from the mean of the first periods."""
    first = first_known(values)[:, None]
    column = np.arange(values.shape[1])
    early = (column >= first) & (column < first + FIRST_PERIODS)
    start = Start(row_mean(values, early.astype(float)), np.zeros(len(values)))
    return fit(values, start, LEVEL_GRID).level


def _flat(level: np.ndarray, horizon: int) -> np.ndarray:
    """The same value in every period."""
    return np.repeat(level[:, None], horizon, axis=1)


def _last_known(values: np.ndarray) -> np.ndarray:
    """S: last known value; 0 where there is none."""
    if not values.shape[1]:
        return np.zeros(len(values))
    known = ~np.isnan(values)
    last = values.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.where(known.any(axis=1), np.nan_to_num(values[np.arange(len(values)), last]), 0.0)


def _recent_mean(values: np.ndarray, window: int) -> np.ndarray:
    """S: mean of the known values among the last ``window``; of all known ones where none is among them."""
    recent = values[:, -window:]
    return np.where((~np.isnan(recent)).any(axis=1), row_mean(recent), row_mean(values))


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
