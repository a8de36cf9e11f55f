"""Methods that learn from all series of the panel at once what follows after the last periods of any of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sopxl.steps.demand.forecasting.logarithms import logarithms
from sopxl.steps.demand.forecasting.panel import Panel, first_known, row_mean, without_gaps
from sopxl.steps.demand.forecasting.registry import method

YEARS, LEAST_LAGS, LAGS = 2, 4, 12
"""The regressors reach back two years, at least 4 and at most 12 periods."""
FADED = (0.05, 0.15, 0.4)
"""Constants of the smoothed levels among the regressors: the long memory."""
CUT = 2.0
"""Regressors and targets are cut at so many root mean squares: outliers teach nothing."""
RIDGE = 20.0
"""How many rows' worth of evidence there must be before a regressor counts half."""
FEW = 3
"""Rows to spare for each regressor at which what was learned counts half; the rest is the mean of the last year."""
ROWS = 12_000
"""About so many rows are learned from; a larger panel is looked at in fewer periods, at least LEAST_ORIGINS."""
LEAST_ORIGINS = 6
LEAST_SPREAD = 0.5


@method("regression over all series", seasons=1.25, periods=6, learns_from_all=True, votes=2)
def panel_regression(panel: Panel, horizon: int) -> np.ndarray:
    """Ridge regression, one for each period ahead, on the last periods of all series without season; times the season.

    The mean of two, so it has two votes: one in percent of each series' mean, one in units of its typical change
    within a year.
    Source: Hoerl and Kennard, Technometrics 12 (1970) 55-67; learning over series after Montero-Manso and Hyndman,
    International Journal of Forecasting 37 (2021) 1632-1653.
    """
    logs = logarithms(panel.without_season())
    values = without_gaps(logs.values)
    width = min(max(YEARS * panel.season, LEAST_LAGS), LAGS) + 1
    if values.shape[1] <= width:
        return np.asarray(logs.units(row_mean(logs.values)[:, None]) * panel.future_profile(horizon))
    spread = _yearly_change(logs.values, panel.season)
    rows = _rows(values, width)
    lines = [_regressed(values, rows, unit, horizon) for unit in (np.ones_like(spread), spread)]
    return np.asarray(logs.units(0.5 * lines[0] + 0.5 * lines[1]) * panel.future_profile(horizon))


def _yearly_change(values: np.ndarray, season: int) -> np.ndarray:
    """S x 1: mean absolute change from year to year, at least LEAST_SPREAD of the panel's median; 1 if unknown."""
    change = np.abs(values[:, season:] - values[:, :-season])
    known = (~np.isnan(change)).any(axis=1)
    if not known.any():
        return np.ones((len(values), 1))
    spread = row_mean(change)
    middle = float(np.median(spread[known]))
    spread = np.where(known, np.maximum(spread, LEAST_SPREAD * middle), middle)
    return np.where(spread > 0, spread, 1.0)[:, None]


@dataclass(frozen=True)
class Rows:
    """What is known at O origins of S series: ``regressors`` O x S x P, from the ``centre``, O x S.

    ``origins``: O columns, the last one the end of history. ``usable``: O x S, whether all of it is of the series' own.
    """

    origins: np.ndarray
    regressors: np.ndarray
    centre: np.ndarray
    usable: np.ndarray


def _regressed(values: np.ndarray, known: Rows, unit: np.ndarray, horizon: int) -> np.ndarray:
    """S x horizon: forecasts of S x T values (NaN only before the first), measured in ``unit`` (S x 1)."""
    units = unit[:, 0].astype(np.float32)
    rows = np.ones((*known.usable.shape, known.regressors.shape[2] + 1), dtype=np.float32)
    rows[:, :, :-1] = _cut(known.regressors / units[:, None], known.usable[:, :, None])
    learned = rows * known.usable[:, :, None]
    moments = np.cumsum((learned.transpose(0, 2, 1) @ learned).astype(float), axis=0)
    result = np.zeros((len(values), horizon))
    for ahead in range(1, horizon + 1):
        count = int((known.origins + ahead < values.shape[1]).sum())
        if count:
            target = ((values[:, known.origins[:count] + ahead].T - known.centre[:count]) / units).astype(np.float32)
            target = _cut(np.where(known.usable[:count], target, 0), known.usable[:count])
            product = target.ravel() @ learned[:count].reshape(-1, rows.shape[2])
            spare = max(float(moments[count - 1][-1, -1]) - rows.shape[2], 0.0)
            trusted = spare / (spare + FEW * rows.shape[2])
            result[:, ahead - 1] = trusted * (rows[-1] @ _ridge(moments[count - 1], product))
    return np.asarray(result * unit + known.centre[-1][:, None])


def _origins(values: np.ndarray, width: int) -> np.ndarray:
    """Columns from which is looked ahead, the last one the end of history; evenly spaced."""
    total = values.shape[1]
    most = max((total - width) // LEAST_ORIGINS, 1)
    stride = min(max(-(-values.size // ROWS), 1), most)
    return np.arange(total - 1, width - 2, -stride)[::-1]


def _rows(values: np.ndarray, width: int) -> Rows:
    """At each origin the last values and smoothed levels, from their mean.

    What lies before the first known value is taken to be like it.
    """
    origins, first = _origins(values, width), first_known(values)
    place = np.minimum(first, values.shape[1] - 1)
    earliest = np.nan_to_num(values[np.arange(len(values)), place])[:, None]
    filled = np.where(np.isnan(values), earliest, values)
    recent = sliding_window_view(filled, width, axis=1)[:, origins - width + 1].transpose(1, 0, 2)
    centre = recent[:, :, 1:].mean(axis=2)
    both = np.concatenate([recent, _smoothed_levels(filled)[origins]], axis=2) - centre[:, :, None]
    return Rows(origins, both.astype(np.float32), centre, first <= origins[:, None] - width + 1)


def _smoothed_levels(values: np.ndarray) -> np.ndarray:
    """T x S x F: levels of S x T values smoothed by each of the constants, from the first value on."""
    constants = np.array(FADED)
    levels = np.empty((values.shape[1], len(values), len(constants)))
    level = np.repeat(values[:, :1], len(constants), axis=1)
    for period, value in enumerate(values.T):
        level += constants * (value[:, None] - level)
        levels[period] = level
    return levels


def _cut(values: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Values, those beyond CUT root mean squares of the usable ones cut."""
    count = max(int(usable.sum()) * (values.size // max(usable.size, 1)), 1)
    limit = CUT * np.sqrt((values**2 * usable).sum(dtype=float) / count)
    return np.asarray(np.clip(values, -limit, limit))


def _ridge(moments: np.ndarray, product: np.ndarray) -> np.ndarray:
    """P coefficients; the last is the constant, which is not drawn to zero."""
    rows = max(float(moments[-1, -1]), 1.0)
    penalty = np.full(len(moments), RIDGE * np.trace(moments[:-1, :-1]) / (len(moments) - 1) / rows + 1e-12)
    penalty[-1] = 1e-9
    return np.linalg.solve(moments + np.diag(penalty), product)
