"""Methods that follow each series' own level, trend and season; on logarithms growth is in percent."""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.logarithms import logarithms
from sopxl.steps.demand.forecasting.panel import Panel, first_known, line_fit, row_mean
from sopxl.steps.demand.forecasting.registry import method
from sopxl.steps.demand.forecasting.smoothing import Start, grid, project, smooth

THETA_GRID = grid(alpha=(0.03, 0.06, 0.1, 0.15, 0.22, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0))
SMOOTHING_GRID = grid(alpha=(0.06, 0.18, 0.4, 0.8), beta=(0.0, 0.05), gamma=(0.06,), phi=(0.0, 0.9, 1.0))
DRIFT = 0.5
DOUBT = 4
"""Periods of history at which half of the slope is believed."""


@method("theta", periods=4)
def theta(panel: Panel, horizon: int) -> np.ndarray:
    """Smoothed level plus half the slope of the whole history, without the season; times the season.

    The slope of a short history is drawn to none, and carried on no longer than the history is.
    Source: Assimakopoulos and Nikolopoulos, International Journal of Forecasting 16 (2000) 521-530, as smoothing with
    drift after Hyndman and Billah, same journal 19 (2003) 287-290; on logarithms.
    """
    logs = logarithms(panel.without_season())
    _, slope = line_fit(logs.values)
    level = smooth(logs.values, Start(_first_value(logs.values), np.zeros(len(slope))), THETA_GRID).level
    known = (~np.isnan(logs.values)).sum(axis=1)
    drift = DRIFT * slope * known / (known + DOUBT)
    line = level[:, None] + drift[:, None] * np.minimum(np.arange(1, horizon + 1), known[:, None])
    return np.asarray(logs.units(line) * panel.future_profile(horizon))


@method("exponential smoothing with multiplicative season", seasons=2)
def multiplicative_season(panel: Panel, horizon: int) -> np.ndarray:
    """Level, trend and multiplicative season, smoothed by many sets of constants, weighted by their fit.

    Among them are sets without trend, with a damped and with a whole one, each of which may stand or move.
    Source: Winters, Management Science 6 (1960) 324-342; Gardner and McKenzie, same journal 31 (1985) 1237-1246.
    """
    logs = logarithms(panel.values)
    season = np.log(panel.profile)
    season = season - season.mean(axis=1, keepdims=True)
    return logs.units(_smoothed(logs.values, season, panel, horizon))


@method("exponential smoothing with additive season", seasons=2)
def additive_season(panel: Panel, horizon: int) -> np.ndarray:
    """Level, trend and additive season, smoothed by many sets of constants, weighted by their fit.

    The same sets as with a multiplicative season, on the values as they are. Source: as there.
    """
    season = (panel.profile - 1) * row_mean(panel.values)[:, None]
    return _smoothed(panel.values, season, panel, horizon)


def _smoothed(values: np.ndarray, season: np.ndarray, panel: Panel, horizon: int) -> np.ndarray:
    """S x horizon: smoothing of S x T values that starts with the season given (S x season, around 0)."""
    line = _line_start(values - season[:, np.arange(values.shape[1]) % panel.season], 2 * panel.season)
    state = smooth(values, Start(line.level, line.trend, season), SMOOTHING_GRID)
    return project(state, SMOOTHING_GRID, panel.phases(horizon))


def _first_value(values: np.ndarray) -> np.ndarray:
    """S: first known value; 0 where there is none."""
    if not values.shape[1]:
        return np.zeros(len(values))
    first = np.minimum(first_known(values), values.shape[1] - 1)
    return np.asarray(np.nan_to_num(values[np.arange(len(values)), first]))


def _line_start(values: np.ndarray, window: int) -> Start:
    """Level before the first known value and trend, by a line through the first ``window`` columns from there."""
    first = first_known(values)
    column = np.arange(values.shape[1])
    early = (column >= first[:, None]) & (column < first[:, None] + window)
    at_zero, slope = line_fit(np.where(early, values, np.nan))
    return Start(at_zero + slope * (first - 1), slope)
