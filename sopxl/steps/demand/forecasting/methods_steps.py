"""Methods that learn how the next step of demand follows from the last ones: for what wanders and has no level."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sopxl.steps.demand.forecasting.logarithms import logarithms
from sopxl.steps.demand.forecasting.panel import Panel, row_mean, without_gaps
from sopxl.steps.demand.forecasting.registry import method

LEAST_LAGS, QUARTERS = 3, 4
CUT = 3.0
"""Steps are cut at so many root mean squares of their series: outliers teach nothing."""
SHARED = 40.0
"""What all series teach counts as much as so many steps of the series' own."""
RIDGE = 0.05


@method("autoregression of steps", seasons=1.25, periods=6, learns_from_all=True, votes=0.3)
def autoregression_of_steps(panel: Panel, horizon: int) -> np.ndarray:
    """Each step from one period to the next by the steps of the quarter before, one after another; times the season.

    Least squares on logarithms without season, each series' coefficients drawn to those of all series.
    Source: Box and Jenkins, Time Series Analysis (1970), ARIMA(p,1,0); drawn together after Lindley and Smith, Journal
    of the Royal Statistical Society B 34 (1972) 1-41.
    """
    logs = logarithms(panel.without_season())
    values = without_gaps(logs.values)
    lags = min(max(LEAST_LAGS, panel.season // QUARTERS), values.shape[1] - 3)
    if lags < 1:
        return np.asarray(logs.units(row_mean(values)[:, None]) * panel.future_profile(horizon))
    steps = np.diff(values, axis=1)
    spread = np.sqrt(row_mean(steps**2))[:, None]
    steps = np.clip(np.nan_to_num(steps / np.where(spread > 0, spread, 1.0)), -CUT, CUT)
    ahead = np.cumsum(_carried_on(steps[:, -lags:], _coefficients(steps, lags), horizon), axis=1)
    return np.asarray(logs.units(values[:, -1:] + ahead * spread) * panel.future_profile(horizon))


def _coefficients(steps: np.ndarray, lags: int) -> np.ndarray:
    """S x lags: what each of the last steps (the latest last) adds to the next, from S x T steps (0: unknown)."""
    rows = np.ascontiguousarray(sliding_window_view(np.pad(steps, ((0, 0), (lags, 0))), lags + 1, axis=1))
    moments = rows.transpose(0, 2, 1) @ rows
    mean = moments.sum(axis=0) / max(np.count_nonzero(steps), 1)
    square, product = mean[:-1, :-1] + RIDGE * np.eye(lags), mean[:-1, -1]
    known, told = moments[:, :-1, :-1] + SHARED * square, moments[:, :-1, -1] + SHARED * product
    return np.asarray(np.linalg.solve(known, told[:, :, None])[:, :, 0])


def _carried_on(last: np.ndarray, coefficients: np.ndarray, horizon: int) -> np.ndarray:
    """S x horizon steps after the last ones (S x lags)."""
    steps = np.concatenate([last, np.zeros((len(last), horizon))], axis=1)
    lags = last.shape[1]
    for period in range(horizon):
        steps[:, lags + period] = (steps[:, period : lags + period] * coefficients).sum(axis=1)
    return steps[:, lags:]
