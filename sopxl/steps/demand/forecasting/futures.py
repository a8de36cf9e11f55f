"""Futures: in which order the possible quantities of the periods ahead go together, so that sums are right.

Each period has N equally likely quantities. A table of H orders says which of them belong to the same future
(Schaake shuffle: Clark and others, Journal of Hydrometeorology 5 (2004) 243-262), by a normal copula. It is the
same for the same input: the draws have a fixed seed and exactly the wanted correlation.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.demand.forecasting.spread import Likeness

FUTURES = 200
LEVELS = (np.arange(FUTURES) + 0.5) / FUTURES
SEED = 1956
COMMON_SHARE = 0.05
"""Correlation of the errors of different series in the same period, as found on the public sets (0.01 to 0.13)."""


def normal_draws(likeness: Likeness, periods: int, seed: int = SEED) -> np.ndarray:
    """H x N standard normal draws, correlated over the periods as ``likeness`` says."""
    draws = np.random.default_rng(seed).standard_normal((periods, FUTURES))
    if periods < FUTURES:
        draws -= draws.mean(axis=1, keepdims=True)
        draws = np.linalg.qr(draws.T)[0].T * np.sqrt(FUTURES)
    return np.asarray(np.linalg.cholesky(likeness.matrix(periods)) @ draws)


def orders(draws: np.ndarray) -> np.ndarray:
    """... x N: the rank of each draw among those of its period."""
    return np.argsort(np.argsort(draws, axis=-1, kind="stable"), axis=-1, kind="stable")


def orders_among_series(likeness: Likeness, count: int, periods: int, block: int) -> np.ndarray:
    """count x H x N ranks: alike over the periods of a series, and by COMMON_SHARE over the series.

    ``block`` numbers the calls, so that no two blocks of series share their draws.
    """
    own, common = normal_draws(likeness, periods), normal_draws(likeness, periods, SEED + 1)
    shuffle = np.argsort(np.random.default_rng((SEED, block)).random((count, FUTURES)), axis=1)
    mixed = np.sqrt(1 - COMMON_SHARE) * own[:, shuffle].swapaxes(0, 1) + np.sqrt(COMMON_SHARE) * common
    return orders(mixed)
