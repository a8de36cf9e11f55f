"""Whether effects help where they have not been fitted: what comes and goes, and what lasts, each by its own trial.

What comes and goes (promotions, events) is tried by leaving out the past piece by piece, in blocks of successive
periods, so that neighbours do not tell on each other (Roberts and others, Ecography 40 (2017) 913-929; Bergmeir,
Hyndman and Koo, Computational Statistics and Data Analysis 120 (2018) 70-83). What lasts (prices, a competitor's price,
the market) may be taken for a trend, which only a forecast shows: it is tried by forecasting the past from earlier
origins.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.methods import forecast
from sopxl.steps.demand.forecasting.panel import Panel, row_mean
from sopxl.steps.demand.influences.pooling import pool
from sopxl.steps.demand.influences.regression import beyond_controls, fit

FOLDS = 4
BLOCK = 3
LARGEST_ANSWER = np.log(10.0)
LEAST_YEARS = 1.5
ORIGINS = 3


def error_saved(
    demand: np.ndarray, profile: np.ndarray, season: int, signals: np.ndarray, families: np.ndarray,
    widest: np.ndarray, elastic: np.ndarray,
) -> np.ndarray:
    """K: share of the absolute error that each signal takes away in periods left out of the fit; 0: not tried.

    ``demand``, ``profile``: R x T; ``signals``: R x T x K. Counted over the periods in which the signal is on, each
    series in units of its mean demand. Without a signal, the level would have taken over what looks like a level in it.
    """
    fold = folds(demand.shape[1])
    saved, before = np.zeros(signals.shape[2]), np.zeros(signals.shape[2])
    size = np.maximum(row_mean(demand), 1e-9)[:, None, None]
    for out in range(FOLDS):
        left = np.where(fold == out, np.nan, demand)
        fitted = fit(left, profile, season, signals, widest)
        effects = pool(fitted, families, widest, elastic)
        answers = signals * effects.mean[:, None, :]
        answer = np.clip(answers.sum(axis=2), -LARGEST_ANSWER, LARGEST_ANSWER)[:, :, None]
        base = (fitted.base * np.exp(answer[:, :, 0]))[:, :, None]
        actual = demand[:, :, None]
        tried = (fold == out)[None, :, None] & (np.abs(signals) > 0) & ~np.isnan(actual) & (base > 0)
        with_it = np.abs(actual - base) / size
        missed = beyond_controls(signals, ~np.isnan(left), fitted.noise, season) * effects.mean[:, None, :]
        without = np.abs(actual - base * np.exp(-np.clip(missed, -LARGEST_ANSWER, LARGEST_ANSWER))) / size
        saved += np.where(tried, without - with_it, 0.0).sum(axis=(0, 1))
        before += np.where(tried, without, 0.0).sum(axis=(0, 1))
    return np.asarray(np.where(before > 0, saved / np.where(before > 0, before, 1.0), 0.0))


def folds(count: int) -> np.ndarray:
    """The fold in which each period is left out: blocks in turn, the turn shifted so that no month is always out."""
    block = np.arange(count) // BLOCK
    return np.asarray((block + block // FOLDS) % FOLDS)


def forecast_error_saved(
    demand: np.ndarray, profile: np.ndarray, season: int, signals: np.ndarray, families: np.ndarray,
    widest: np.ndarray, elastic: np.ndarray,
) -> np.ndarray:
    """K: share of the absolute error of forecasts from earlier origins that each signal takes away; 0: not tried.

    The history is forecast by Theta as it was, and without what the signal did, plus what it then did. The worst origin
    counts: a signal must have helped whenever it was tried.
    """
    size = np.maximum(row_mean(demand), 1e-9)[:, None]
    saved = []
    for origin in (demand.shape[1] - season // 2 * back for back in range(1, ORIGINS + 1)):
        if origin < LEAST_YEARS * season:
            continue
        known, future = demand[:, :origin], demand[:, origin : origin + season]
        effects = pool(fit(known, profile[:, :origin], season, signals[:, :origin], widest), families, widest, elastic)
        answers = np.clip(signals[:, : origin + season] * effects.mean[:, None, :], -LARGEST_ANSWER, LARGEST_ANSWER)
        errors = [
            np.nansum(np.abs(_forecast(known, moved, profile[:, :season]) - future) / size)
            for moved in (np.ones_like(answers[:, :, 0]), *np.exp(np.moveaxis(answers, 2, 0)))
        ]
        saved.append((errors[0] - np.array(errors[1:])) / max(errors[0], 1e-9))
    if not saved:
        return np.zeros(signals.shape[2])
    return np.asarray(np.min(saved, axis=0))


def _forecast(known: np.ndarray, moved: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Theta's forecast of demand R x T that drivers ``moved`` (factors R x (T + H)), with the drivers of the future."""
    count = known.shape[1]
    panel = Panel(known / moved[:, :count], profile.shape[1], profile, np.full(len(known), np.nan))
    return np.asarray(forecast("theta", panel, moved.shape[1] - count) * moved[:, count:])
