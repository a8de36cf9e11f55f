"""Exponential smoothing of many series at once, over a grid of parameters: level, trend (damped) and season.

Recursions in error-correction form after Hyndman, Koehler, Ord, Snyder, Forecasting with Exponential Smoothing
(2008), tables 2.1 and 2.2, with the trend and season parameters of Holt and Winters (as statsmodels' Holt-Winters).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np

CELLS_AT_ONCE = 24_000
SMALL = 1e-9


@dataclass(frozen=True)
class Parameters:
    """A grid of G parameter sets; each field is an array of G numbers."""

    alpha: np.ndarray
    beta: np.ndarray
    gamma: np.ndarray
    phi: np.ndarray


@dataclass(frozen=True)
class Start:
    """State before the first period of each series: level and trend S, season S x season (or None: no season)."""

    level: np.ndarray
    trend: np.ndarray
    season: np.ndarray | None = None


@dataclass(frozen=True)
class Fit:
    """State after the history under each series' best parameters, and which of the grid those are."""

    level: np.ndarray
    trend: np.ndarray
    season: np.ndarray | None
    chosen: np.ndarray
    squared_error: np.ndarray


def grid(
    alpha: Iterable[float], beta: Iterable[float] = (0.0,), gamma: Iterable[float] = (0.0,),
    phi: Iterable[float] = (1.0,),
) -> Parameters:
    """Every combination of the values given."""
    return Parameters(*(np.array(column) for column in zip(*product(alpha, beta, gamma, phi), strict=True)))


def fit(values: np.ndarray, start: Start, parameters: Parameters, multiplicative: bool = False) -> Fit:
    """Smooth S x T values under every parameter set and keep, per series, the least squared one-step error.

    NaN is no observation: the state moves on without a correction. Until the first known value the state stands.
    """
    size = max(1, CELLS_AT_ONCE // len(parameters.alpha))
    parts = [
        _fit_block(values[rows], _block(start, rows), parameters, multiplicative)
        for rows in (slice(first, first + size) for first in range(0, max(len(values), 1), size))
    ]
    season = None if start.season is None else np.concatenate([np.asarray(part.season) for part in parts])
    level, trend, chosen, error = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("level", "trend", "chosen", "squared_error")
    )
    return Fit(level, trend, season, chosen, error)


def project(
    fitted: Fit, parameters: Parameters, phases: np.ndarray, multiplicative: bool = False
) -> np.ndarray:
    """S x H forecasts from a fit; ``phases`` are the seasonal phases of the H periods after the history."""
    phi = parameters.phi[fitted.chosen]
    damping = np.cumsum(phi[:, None] ** np.arange(1, len(phases) + 1), axis=1)
    line = fitted.level[:, None] + damping * fitted.trend[:, None]
    if fitted.season is None:
        return np.asarray(line)
    season = fitted.season[:, phases]
    return np.asarray(line * season if multiplicative else line + season)


def _block(start: Start, rows: slice) -> Start:
    """The start of some of the series."""
    return Start(start.level[rows], start.trend[rows], None if start.season is None else start.season[rows])


def _fit_block(values: np.ndarray, start: Start, parameters: Parameters, multiplicative: bool) -> Fit:
    """Smooth one block of series."""
    shape = (len(values), len(parameters.alpha))
    level = np.repeat(start.level[:, None], shape[1], axis=1)
    trend = np.repeat(start.trend[:, None], shape[1], axis=1)
    season = None
    if start.season is not None:
        season = np.repeat(np.ascontiguousarray(start.season.T)[:, :, None], shape[1], axis=2)
    error = np.zeros(shape)
    known = ~np.isnan(values)
    begun = np.maximum.accumulate(known, axis=1)
    weights = (parameters.alpha, parameters.alpha * parameters.beta, parameters.gamma, parameters.phi)
    for period in range(values.shape[1]):
        phase = None if season is None else season[period % len(season)]
        step = _multiplicative_step if multiplicative and phase is not None else _additive_step
        moved = step(values[:, period], known[:, period], level, trend, phase, weights)
        squared = moved[3]
        if begun[:, period].all():
            level, trend = moved[0], moved[1]
        else:
            mask = begun[:, period, None]
            level, trend = np.where(mask, moved[0], level), np.where(mask, moved[1], trend)
        if season is not None:
            season[period % len(season)] = moved[2]
        error += squared
    return _best(level, trend, season, error)


Weights = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Moved = tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray]


def _additive_step(
    value: np.ndarray, known: np.ndarray, level: np.ndarray, trend: np.ndarray, phase: np.ndarray | None,
    weights: Weights,
) -> Moved:
    """One period of smoothing with an additive season or none: level, trend, season and squared error."""
    alpha, alpha_beta, gamma, phi = weights
    slope = phi * trend
    line = level + slope
    forecast = line if phase is None else line + phase
    miss = np.where(known, value, 0.0)[:, None] - forecast
    miss *= known[:, None]
    season = None if phase is None else phase + gamma * miss
    return line + alpha * miss, slope + alpha_beta * miss, season, miss * miss


def _multiplicative_step(
    value: np.ndarray, known: np.ndarray, level: np.ndarray, trend: np.ndarray, phase: np.ndarray | None,
    weights: Weights,
) -> Moved:
    """One period of smoothing with a multiplicative season: level, trend, season and squared error."""
    assert phase is not None  # noqa: S101 - the caller chooses this step only where there is a season
    alpha, alpha_beta, gamma, phi = weights
    slope = phi * trend
    line = level + slope
    miss = np.where(known, value, 0.0)[:, None] - line * phase
    miss *= known[:, None]
    correction = miss / np.maximum(phase, SMALL)
    season = np.maximum(phase + gamma * miss / np.maximum(line, SMALL), 0.0)
    return line + alpha * correction, slope + alpha_beta * correction, season, miss * miss


def _best(level: np.ndarray, trend: np.ndarray, season: np.ndarray | None, error: np.ndarray) -> Fit:
    """The state under the parameters of least squared error, series by series."""
    error = np.where(np.isfinite(error), error, np.inf)
    chosen = error.argmin(axis=1) if error.size else np.zeros(len(error), dtype=int)
    rows = np.arange(len(error))
    kept = None if season is None else np.ascontiguousarray(season[:, rows, chosen].T)
    return Fit(level[rows, chosen], trend[rows, chosen], kept, chosen, error[rows, chosen])
