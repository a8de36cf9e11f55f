"""Methods for demand with a trend, a season, or both."""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.methods_level import smoothed_level
from sopxl.steps.demand.forecasting.panel import Panel, first_known, line_fit, row_mean
from sopxl.steps.demand.forecasting.registry import method
from sopxl.steps.demand.forecasting.seasons import seasonal_indices
from sopxl.steps.demand.forecasting.smoothing import Parameters, Start, fit, grid, project

TREND_GRID = grid(alpha=(0.05, 0.1, 0.2, 0.35, 0.5, 0.75), beta=(0.0, 0.05, 0.15, 0.3), phi=(0.8, 0.9, 0.97))
SEASON_GRID = grid(alpha=(0.05, 0.1, 0.2, 0.35, 0.6), beta=(0.0, 0.05, 0.2), gamma=(0.0, 0.1, 0.3), phi=(0.95,))
THETA_ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SEASON_SIGNIFICANCE = 1.645


@method("seasonal naive", seasons=1, seasonal_from=1)
def seasonal_naive(panel: Panel, horizon: int) -> np.ndarray:
    """The value of the same period a year before; the year before that where it is not known; else the mean."""
    season = panel.season
    phases = np.arange(panel.values.shape[1]) % season
    last = np.repeat(row_mean(panel.values[:, -season:])[:, None], season, axis=1)
    for phase in range(season):
        for column in np.flatnonzero(phases == phase):
            value = panel.values[:, column]
            last[:, phase] = np.where(np.isnan(value), last[:, phase], value)
    return np.asarray(last[:, panel.phases(horizon)])


@method("seasonal naive with growth", seasons=1.25, seasonal_from=1)
def seasonal_naive_with_growth(panel: Panel, horizon: int) -> np.ndarray:
    """Last year's pattern at the growth of the last half year over the same periods a year before, drawn to none.

    The growth is the root of the ratio (half of it persists), between one half and double.
    """
    season = panel.season
    window = max(1, season // 2)
    recent = panel.values[:, -window:]
    before = panel.values[:, : -season][:, -window:]
    both = ~np.isnan(recent[:, -before.shape[1]:]) & ~np.isnan(before) if before.size else np.zeros((len(recent), 0))
    now = (np.nan_to_num(recent[:, recent.shape[1] - both.shape[1]:]) * both).sum(axis=1)
    then = (np.nan_to_num(before) * both).sum(axis=1) if before.size else np.zeros(len(recent))
    growth = np.sqrt(np.where((then > 0) & (now > 0), now / np.where(then > 0, then, 1.0), 1.0))
    return np.asarray(seasonal_naive(panel, horizon) * np.clip(growth, 0.5, 2.0)[:, None])


@method("damped trend", periods=8)
def damped_trend(panel: Panel, horizon: int) -> np.ndarray:
    """Holt's trend, damped (Gardner and McKenzie, Management Science 31 (1985) 1237-1246)."""
    return _trended(panel.values, horizon)


@method("Holt-Winters additive", seasons=2, seasonal_from=2)
def holt_winters_additive(panel: Panel, horizon: int) -> np.ndarray:
    """Level, damped trend and additive season (Winters 1960)."""
    return _holt_winters(panel, horizon, multiplicative=False)


@method("Holt-Winters multiplicative", seasons=2, seasonal_from=2)
def holt_winters_multiplicative(panel: Panel, horizon: int) -> np.ndarray:
    """Level, damped trend and multiplicative season (Winters 1960)."""
    return _holt_winters(panel, horizon, multiplicative=True)


@method("classical decomposition", seasons=2, seasonal_from=2)
def classical_decomposition(panel: Panel, horizon: int) -> np.ndarray:
    """Seasonal index times a level that is smoothed and trended without the season."""
    index = seasonal_indices(panel.values, panel.season)
    phases = np.arange(panel.values.shape[1]) % panel.season
    return np.asarray(_trended(panel.values / index[:, phases], horizon) * index[:, panel.phases(horizon)])


@method("theta", periods=6, seasonal_from=2)
def theta(panel: Panel, horizon: int) -> np.ndarray:
    """Theta method on values without their season, where the season is significant.

    Source: Assimakopoulos and Nikolopoulos (2000); as simple smoothing with drift after Hyndman and Billah,
    International Journal of Forecasting 19 (2003) 287-290.
    """
    index = np.where(has_season(panel.values, panel.season)[:, None], seasonal_indices(panel.values, panel.season), 1.0)
    phases = np.arange(panel.values.shape[1]) % panel.season
    return np.asarray(theta_line(panel.values / index[:, phases], horizon) * index[:, panel.phases(horizon)])


@method("family season", periods=2, seasonal_from=0)
def family_season(panel: Panel, horizon: int) -> np.ndarray:
    """Own level, smoothed, times the season that the series shares with its family."""
    return np.asarray(smoothed_level(_without_profile(panel))[:, None] * panel.future_profile(horizon))


@method("family season, mean level", periods=1, seasonal_from=0)
def family_season_mean(panel: Panel, horizon: int) -> np.ndarray:
    """Mean level of the last half year times the season that the series shares with its family."""
    recent = slice(-max(3, panel.season // 2), None)
    values, share = panel.values[:, recent], panel.past_profile()[:, recent]
    known = ~np.isnan(values)
    level = np.where(known, values, 0.0).sum(axis=1) / np.maximum((known * share).sum(axis=1), 1e-9)
    return np.asarray(level[:, None] * panel.future_profile(horizon))


@method("family season with trend", periods=8, seasonal_from=0)
def family_season_with_trend(panel: Panel, horizon: int) -> np.ndarray:
    """Own level and damped trend times the season that the series shares with its family."""
    return np.asarray(_trended(_without_profile(panel), horizon) * panel.future_profile(horizon))


@method("family season, theta", periods=6, seasonal_from=0)
def family_season_theta(panel: Panel, horizon: int) -> np.ndarray:
    """Theta line of the values without the season that the series shares with its family, times that season."""
    return np.asarray(theta_line(_without_profile(panel), horizon) * panel.future_profile(horizon))


def has_season(values: np.ndarray, season: int) -> np.ndarray:
    """S: whether the autocorrelation at the seasonal lag is significant (90 %, Bartlett), over two years at least.

    Source: the deseasonalising test of Assimakopoulos and Nikolopoulos (2000).
    """
    length = values.shape[1] - first_known(values)
    away = np.nan_to_num(values - row_mean(values)[:, None])
    power = np.maximum((away**2).sum(axis=1), 1e-300)
    lags = [(away[:, lag:] * away[:, :-lag]).sum(axis=1) / power for lag in range(1, season + 1)]
    limit = SEASON_SIGNIFICANCE * np.sqrt((1 + 2 * sum(lag**2 for lag in lags[:-1])) / np.maximum(length, 1))
    return np.asarray((np.abs(lags[-1]) > limit) & (length >= 2 * season))


def theta_line(values: np.ndarray, horizon: int) -> np.ndarray:
    """S x horizon theta forecasts of values without season: smoothed level plus half the slope of the whole history."""
    _, slope = line_fit(values)
    parameters = Parameters(np.array(THETA_ALPHAS), *(np.full(len(THETA_ALPHAS), weight) for weight in (0.0, 0.0, 1.0)))
    fitted = fit(values, Start(_first_value(values), np.zeros(len(values))), parameters)
    alpha = np.array(THETA_ALPHAS)[fitted.chosen][:, None]
    length = (values.shape[1] - first_known(values))[:, None]
    ahead = np.arange(horizon) + (1 - (1 - alpha) ** length) / alpha
    return np.asarray(fitted.level[:, None] + 0.5 * slope[:, None] * ahead)


def _first_value(values: np.ndarray) -> np.ndarray:
    """S: first known value; 0 where there is none."""
    if not values.shape[1]:
        return np.zeros(len(values))
    first = np.minimum(first_known(values), values.shape[1] - 1)
    return np.asarray(np.nan_to_num(values[np.arange(len(values)), first]))


def _without_profile(panel: Panel) -> np.ndarray:
    """S x T values without the season shared with the family."""
    return np.asarray(panel.values / panel.past_profile())


def _trended(values: np.ndarray, horizon: int) -> np.ndarray:
    """S x horizon: damped trend of values without season."""
    fitted = fit(values, _line_start(values, 12), TREND_GRID)
    return project(fitted, TREND_GRID, np.zeros(horizon, dtype=int))


def _holt_winters(panel: Panel, horizon: int, multiplicative: bool) -> np.ndarray:
    """S x horizon: Holt-Winters with parameters of least squared error; starts from the classical decomposition."""
    season = panel.season
    index = seasonal_indices(panel.values, season, multiplicative)
    past = index[:, np.arange(panel.values.shape[1]) % season]
    line = _line_start(panel.values / past if multiplicative else panel.values - past, 2 * season)
    fitted = fit(panel.values, Start(line.level, line.trend, index), SEASON_GRID, multiplicative)
    return project(fitted, SEASON_GRID, panel.phases(horizon), multiplicative)


def _line_start(values: np.ndarray, window: int) -> Start:
    """Level before the first known value and trend, by a line through the first ``window`` columns from there."""
    first = first_known(values)
    column = np.arange(values.shape[1])
    early = (column >= first[:, None]) & (column < first[:, None] + window)
    at_zero, slope = line_fit(np.where(early, values, np.nan))
    return Start(at_zero + slope * (first - 1), slope)
