"""Whether effects help where they have not been fitted: the past is left out piece by piece and foretold by the rest.

Blocks of successive periods are left out, so that neighbours do not tell on each other (Roberts and others, Ecography
40 (2017) 913-929; Bergmeir, Hyndman and Koo, Computational Statistics and Data Analysis 120 (2018) 70-83).
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.panel import row_mean
from sopxl.steps.demand.influences.pooling import pool
from sopxl.steps.demand.influences.regression import beyond_controls, fit

FOLDS = 4
BLOCK = 3
LARGEST_ANSWER = np.log(10.0)


def error_saved(
    demand: np.ndarray, profile: np.ndarray, season: int, signals: np.ndarray, families: np.ndarray,
    widest: np.ndarray, elastic: np.ndarray,
) -> np.ndarray:
    """K: share of the absolute error that each signal takes away in periods left out of the fit; 0: not tried.

    ``demand``, ``profile``: R x T; ``signals``: R x T x K. Counted over the periods in which the signal is on, each
    series in units of its mean demand. Without a signal, the level would have taken over what looks like a level in it.
    """
    fold = (np.arange(demand.shape[1]) // BLOCK) % FOLDS
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
