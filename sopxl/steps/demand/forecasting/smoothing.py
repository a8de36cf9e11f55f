"""Exponential smoothing of many series at once, under a whole grid of parameters, averaged by how well each fits.

Recursions in error-correction form after Hyndman, Koehler, Ord, Snyder, Forecasting with Exponential Smoothing
(2008), tables 2.1 and 2.2, with the trend and season parameters of Holt and Winters (as statsmodels' Holt-Winters).
A multiplicative season is an additive one of the logarithms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np

from sopxl.steps.demand.forecasting.panel import first_known

CELLS_AT_ONCE = 30_000
EXACT = 1e-10
"""A mean squared error below this share of the mean square is taken for an exact fit."""


@dataclass(frozen=True)
class Parameters:
    """A grid of G parameter sets; each field is an array of G numbers."""

    alpha: np.ndarray
    beta: np.ndarray
    gamma: np.ndarray
    phi: np.ndarray

    @property
    def count(self) -> np.ndarray:
        """G: how many parameters a set has (those at their neutral value do not count)."""
        return 1.0 + (self.beta > 0) + (self.gamma > 0) + ((self.beta > 0) & (self.phi < 1))


@dataclass(frozen=True)
class Start:
    """State before the first period of each series: level and trend S, season S x season (or None: no season)."""

    level: np.ndarray
    trend: np.ndarray
    season: np.ndarray | None = None


@dataclass(frozen=True)
class State:
    """State after the history, averaged over the grid by the weights of its G parameter sets.

    ``level``: S. ``trend``: S x G, already weighted. ``season``: S x season, or None. ``weights``: S x G, sum 1.
    """

    level: np.ndarray
    trend: np.ndarray
    season: np.ndarray | None
    weights: np.ndarray


def grid(
    alpha: Iterable[float], beta: Iterable[float] = (0.0,), gamma: Iterable[float] = (0.0,),
    phi: Iterable[float] = (1.0,),
) -> Parameters:
    """Every combination of the values given, those without trend (``phi`` 0) once only."""
    sets = [one for one in product(alpha, beta, gamma, phi) if one[3] > 0 or one[1] == 0]
    return Parameters(*(np.array(column) for column in zip(*sets, strict=True)))


def smooth(values: np.ndarray, start: Start, parameters: Parameters) -> State:
    """Smooth S x T values under every parameter set, and average the states at the end by information weights.

    NaN is no observation: the state moves on without a correction. Until the first known value the state stands.
    The weight of a set is exp(-AIC / 2), by its squared one-step errors (Burnham and Anderson, Model Selection and
    Multimodel Inference (2002), section 2.9; Kolassa, International Journal of Forecasting 27 (2011) 238-251, for
    exponential smoothing).
    """
    first = first_known(values)
    order = np.argsort(first, kind="stable")
    size = max(1, CELLS_AT_ONCE // len(parameters.alpha))
    blocks = [order[place : place + size] for place in range(0, max(len(values), 1), size)]
    parts = [_smooth_block(values[rows].T, first[rows], _block(start, rows), parameters) for rows in blocks]
    level, trend, weights = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("level", "trend", "weights"))
    season = None if start.season is None else np.concatenate([np.asarray(part.season) for part in parts])
    back = np.argsort(order, kind="stable")
    return State(level[back], trend[back], None if season is None else season[back], weights[back])


def project(state: State, parameters: Parameters, phases: np.ndarray) -> np.ndarray:
    """S x H forecasts from a state; ``phases`` are the seasonal phases of the H periods after the history."""
    damping = np.cumsum(parameters.phi[:, None] ** np.arange(1, len(phases) + 1), axis=1)
    line = state.level[:, None] + state.trend @ damping
    return np.asarray(line if state.season is None else line + state.season[:, phases])


def _block(start: Start, rows: np.ndarray) -> Start:
    """The start of some of the series."""
    return Start(start.level[rows], start.trend[rows], None if start.season is None else start.season[rows])


def _smooth_block(values: np.ndarray, first: np.ndarray, start: Start, parameters: Parameters) -> State:
    """Smooth one block: time runs first (T x S), the grid is G x S so that each parameter meets a row of series."""
    alpha, beta, gamma, phi = (column[:, None].astype(np.float32) for column in (
        parameters.alpha, parameters.alpha * parameters.beta, parameters.gamma, parameters.phi))
    shape = (len(alpha), values.shape[1])
    level, trend, error, miss, step = (np.zeros(shape, np.float32) for _ in range(5))
    season = None if start.season is None else np.repeat(start.season.T[:, None], len(alpha), axis=1).astype(np.float32)
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0).astype(np.float32)
    whole, moves = known.all(axis=1), bool(beta.any() or start.trend.any())
    for period in range(int(first.min(initial=len(values))), len(values)):
        begun = np.flatnonzero(first == period)
        if len(begun):
            level[:, begun], trend[:, begun] = start.level[begun], start.trend[begun]
        if moves:
            trend *= phi
            level += trend
        np.subtract(filled[period], level, out=miss)
        if season is not None:
            miss -= season[period % len(season)]
        if not whole[period]:
            miss *= known[period]
        error += np.multiply(miss, miss, out=step)
        level += np.multiply(alpha, miss, out=step)
        if moves:
            trend += np.multiply(beta, miss, out=step)
        if season is not None:
            season[period % len(season)] += np.multiply(gamma, miss, out=step)
    weights = _information_weights(error, known.sum(axis=0), (filled**2).sum(axis=0), parameters.count[:, None])
    ends = None if season is None else np.einsum("gs,pgs->sp", weights, season)
    return State((weights * level).sum(axis=0), (weights * trend).T, ends, weights.T)


def _information_weights(error: np.ndarray, points: np.ndarray, power: np.ndarray, count: np.ndarray) -> np.ndarray:
    """G x S: exp(-AIC / 2) of each parameter set, sum 1 per series; equal where nothing is finite."""
    least = np.maximum(EXACT * power, np.finfo(float).tiny)
    error = np.where(np.isfinite(error), error, np.finfo(np.float32).max).astype(float)
    criterion = points * np.log(np.maximum(error, least)) + 2 * count
    weights = np.exp(-0.5 * (criterion - criterion.min(axis=0)))
    return np.asarray(weights / weights.sum(axis=0))
