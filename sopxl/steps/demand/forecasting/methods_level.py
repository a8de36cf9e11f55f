"""Methods for demand around a level: what was sold last, means and medians, nothing sold, new items."""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.panel import Panel, row_mean
from sopxl.steps.demand.forecasting.registry import method

LEAST, YOUNG = 3, 12
"""A moving average is of at least so many periods; of so many where no history is a year long."""


@method("no demand", periods=0, is_averaged=False)
def no_demand(panel: Panel, horizon: int) -> np.ndarray:
    """Nothing: for what has not been sold for a whole year."""
    return np.zeros((len(panel.values), horizon))


@method("new item", periods=0, is_averaged=False)
def new_item(panel: Panel, horizon: int) -> np.ndarray:
    """The expected mean demand of a new item, spread by the profile of its family."""
    return np.asarray(np.nan_to_num(panel.expected)[:, None] * panel.future_profile(horizon))


@method("naive", is_averaged=False)
def naive(panel: Panel, horizon: int) -> np.ndarray:
    """The last known value."""
    return flat(_last_known(panel.values), horizon)


@method("seasonal naive", seasons=1, is_averaged=False)
def seasonal_naive(panel: Panel, horizon: int) -> np.ndarray:
    """The value of the same period a year before; the year before that where it is not known; else the mean."""
    season = panel.season
    phases = np.arange(panel.values.shape[1]) % season
    last = np.repeat(row_mean(panel.values[:, -season:])[:, None], season, axis=1)
    for column, phase in enumerate(phases):
        value = panel.values[:, column]
        last[:, phase] = np.where(np.isnan(value), last[:, phase], value)
    return np.asarray(last[:, panel.phases(horizon)])


@method("moving average")
def moving_average_forecast(panel: Panel, horizon: int) -> np.ndarray:
    """Mean of the last half year, of at least three periods, each without its season; times the season.

    Of at least twelve periods where no series is known for a year, so that no season is either. An item that is young
    among older ones is growing: of that the last half year tells more.
    """
    least = YOUNG if panel.values.shape[1] < panel.season else LEAST
    window = slice(-max(least, panel.season // 2), None)
    values, share = panel.values[:, window], panel.past_profile()[:, window]
    known = ~np.isnan(values)
    level = np.where(known, values, 0.0).sum(axis=1) / np.maximum((known * share).sum(axis=1), np.finfo(float).tiny)
    level = np.where(known.any(axis=1), level, row_mean(panel.without_season()))
    return np.asarray(level[:, None] * panel.future_profile(horizon))


def flat(level: np.ndarray, horizon: int) -> np.ndarray:
    """The same value in every period: S x horizon from S."""
    return np.repeat(level[:, None], horizon, axis=1)


def _last_known(values: np.ndarray) -> np.ndarray:
    """S: last known value; 0 where there is none."""
    if not values.shape[1]:
        return np.zeros(len(values))
    known = ~np.isnan(values)
    last = values.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.where(known.any(axis=1), np.nan_to_num(values[np.arange(len(values)), last]), 0.0)
