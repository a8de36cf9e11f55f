"""Methods for demand around a level: means, simple smoothing, nothing sold, new items."""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.panel import Panel, first_known, row_mean
from sopxl.steps.demand.forecasting.registry import method
from sopxl.steps.demand.forecasting.smoothing import Start, fit, grid

LEVEL_GRID = grid(alpha=(0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9))
FIRST_PERIODS = 4


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
    return flat(_last_known(panel.values), horizon)


@method("moving average")
def moving_average_forecast(panel: Panel, horizon: int) -> np.ndarray:
    """Mean of the last quarter of a year, of at least three periods."""
    window = max(3, panel.season // 4)
    return flat(_recent_mean(panel.values, window), horizon)


@method("simple smoothing", periods=4)
def simple_smoothing(panel: Panel, horizon: int) -> np.ndarray:
    """Simple exponential smoothing (Brown 1956); its constant is chosen per series by squared one-step error."""
    return flat(smoothed_level(panel.values), horizon)


@method("mean of the year")
def year_mean(panel: Panel, horizon: int) -> np.ndarray:
    """Mean of the last year, or of what there is of it."""
    return flat(_recent_mean(panel.values, panel.season), horizon)


def smoothed_level(values: np.ndarray) -> np.ndarray:
    """S: level at the end of history under the best constant; starts from the mean of the first periods."""
    first = first_known(values)[:, None]
    column = np.arange(values.shape[1])
    early = (column >= first) & (column < first + FIRST_PERIODS)
    start = Start(row_mean(values, early.astype(float)), np.zeros(len(values)))
    return fit(values, start, LEVEL_GRID).level


def flat(level: np.ndarray, horizon: int) -> np.ndarray:
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
