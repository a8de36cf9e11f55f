"""How each series answers to its signals: a robust quasi-Poisson regression with a log link, all series at once.

Poisson pseudo maximum likelihood needs no logarithm of demand, so that periods without sales count, and is consistent
whatever the distribution (Santos Silva and Tenreyro, Review of Economics and Statistics 88 (2006) 641-658); the
variance is a multiple of the mean that is estimated (McCullagh and Nelder, Generalized Linear Models (1989), chapter
9). Residuals beyond ROBUST standard deviations count less (Cantoni and Ronchetti, JASA 96 (2001) 1022-1030). Every
coefficient has a wide normal prior that keeps collinear signals finite; :mod:`pooling` takes it out again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROUNDS = 12
SMALLEST_SHIFT = 1e-4
ROBUST = 3.0
BLOCK = 256
FARTHEST = 5.0
LEAST_SALES = 6
LEAST_DISPERSION = 1e-6
SLOPE_SPREAD = 1.0
BEND_SPREAD = 0.6
SEASON_SPREAD = 0.5


@dataclass(frozen=True)
class Fit:
    """Coefficients of R series on C controls and K signals.

    ``effect``, ``variance``: R x K, prior included; variance is inf where nothing is known. ``influence``: R x T x K,
    what a standard residual of that period does to the effect. ``residual``: R x T standard residuals, NaN where there
    is no demand known. ``base``: R x T fitted demand without the signals. ``freedom``: R coefficients that were really
    used. ``noise``: R variance of demand as a share of its mean squared.
    """

    effect: np.ndarray
    variance: np.ndarray
    influence: np.ndarray
    residual: np.ndarray
    base: np.ndarray
    freedom: np.ndarray
    noise: np.ndarray


def controls(count: int, season: int) -> tuple[np.ndarray, np.ndarray]:
    """Level, slope and one bend a half year, T x C, and the standard deviations of their coefficients' priors.

    The bends let the level wander, so that a slow change is not taken for the effect of a price step.
    """
    years = (np.arange(count) - count + 1) / season
    bends = np.arange(0.5, count / season - 0.25, 0.5)
    columns = [np.ones(count), years, *(np.minimum(years + bend, 0.0) for bend in bends)]
    spread = [1e3, SLOPE_SPREAD, *([BEND_SPREAD] * len(bends))]
    return np.column_stack(columns), np.array(spread)


def fit(demand: np.ndarray, profile: np.ndarray, season: int, signals: np.ndarray, widest: np.ndarray) -> Fit:
    """Fit every series of demand R x T (NaN: not known) on signals R x T x K with prior deviations ``widest`` (K).

    ``profile``: R x T seasonal index, taken as it is but for a strength of its own. A series with fewer than
    LEAST_SALES periods of sales is not fitted: its variance is inf.
    """
    level, spread = controls(demand.shape[1], season)
    spread = np.concatenate([spread, [SEASON_SPREAD], widest])
    enough = np.flatnonzero((np.nan_to_num(demand) > 0).sum(axis=1) >= LEAST_SALES)
    rows, count, width = signals.shape
    result = Fit(np.zeros((rows, width)), np.full((rows, width), np.inf), np.zeros((rows, count, width)),
                 np.full((rows, count), np.nan), np.zeros((rows, count)), np.zeros(rows), np.ones(rows))
    for start in range(0, len(enough), BLOCK):
        block = enough[start : start + BLOCK]
        log_profile = np.log(np.maximum(profile[block], 1e-3))
        common = np.broadcast_to(level, (len(block), *level.shape))
        design = np.concatenate([common, log_profile[:, :, None], signals[block]], axis=2)
        _fit_block(demand[block], log_profile, design, spread, block, result)
    return result


def beyond_controls(signals: np.ndarray, known: np.ndarray, noise: np.ndarray, season: int) -> np.ndarray:
    """What of the signals R x T x K level, slope and bends cannot take over, judged by the ``known`` periods R x T."""
    level, spread = controls(known.shape[1], season)
    weighted = known[:, :, None] * level[None]
    products = np.swapaxes(weighted, 1, 2) @ level + noise[:, None, None] * np.diag(1.0 / spread**2)[None]
    taken = np.linalg.solve(products + 1e-9 * np.eye(level.shape[1]), np.swapaxes(weighted, 1, 2) @ signals)
    return np.asarray(signals - level[None] @ taken)


def _fit_block(
    demand: np.ndarray, offset: np.ndarray, design: np.ndarray, spread: np.ndarray, rows: np.ndarray, result: Fit
) -> None:
    """Fit a block of series by iteratively reweighted least squares and write it into the result."""
    known = ~np.isnan(demand)
    target = np.where(known, demand, 0.0)
    centre = np.log(target.sum(axis=1) / known.sum(axis=1))[:, None]
    dispersion = np.maximum(_mean(known * (target - np.exp(centre)) ** 2, known) / np.exp(centre[:, 0]), 1e-3)
    penalty = np.diag(1.0 / spread**2)
    linear = centre + 0.5 * offset
    coefficient = np.zeros((len(demand), design.shape[2]))
    for _ in range(ROUNDS):
        mean = np.exp(linear)
        weight = known * _caution(target, mean, dispersion)
        scaled = (weight * mean / dispersion[:, None])[:, :, None] * design
        information = np.swapaxes(design, 1, 2) @ scaled
        covariance = np.linalg.inv(information + penalty)
        working = linear - offset + (target - mean) / mean
        moved = (covariance @ (np.swapaxes(scaled, 1, 2) @ working[:, :, None]))[:, :, 0]
        shift = float(np.abs(moved - coefficient).max(initial=0.0))
        coefficient = moved
        linear = np.clip(offset + (design @ coefficient[:, :, None])[:, :, 0], centre - FARTHEST, centre + FARTHEST)
        used = np.einsum("rij,rji->r", covariance, information)
        dispersion = _dispersion(target, np.exp(linear), weight, used)
        if shift < SMALLEST_SHIFT:
            break
    _keep(result, rows, (target, known, offset, design, coefficient, covariance, dispersion, used))


def _keep(result: Fit, rows: np.ndarray, found: tuple[np.ndarray, ...]) -> None:
    """Write what was found for a block of series."""
    target, known, offset, design, coefficient, covariance, dispersion, used = found
    first = design.shape[2] - result.effect.shape[1]
    linear = offset + (design @ coefficient[:, :, None])[:, :, 0]
    answer = (design[:, :, first:] @ coefficient[:, first:, None])[:, :, 0]
    mean = np.exp(linear)
    deviation = np.sqrt(mean * dispersion[:, None])
    result.effect[rows] = coefficient[:, first:]
    result.variance[rows] = np.diagonal(covariance, axis1=1, axis2=2)[:, first:]
    weighted = design * (np.where(known, mean / deviation, 0.0))[:, :, None]
    result.influence[rows] = weighted @ covariance[:, :, first:]
    result.residual[rows] = np.where(known, np.clip((target - mean) / deviation, -ROBUST, ROBUST), np.nan)
    result.base[rows] = np.exp(linear - answer)
    result.freedom[rows] = used
    result.noise[rows] = dispersion / _mean(target, known)


def _caution(target: np.ndarray, mean: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """Weight of each period: 1 within ROBUST standard deviations, less beyond."""
    distance = np.abs(target - mean) / np.sqrt(mean * dispersion[:, None])
    return np.asarray(np.minimum(1.0, ROBUST / np.maximum(distance, 1e-9)))


def _dispersion(target: np.ndarray, mean: np.ndarray, weight: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Variance as a multiple of the mean: weighted Pearson residuals over what is left of the observations."""
    squares = (weight * (target - mean) ** 2 / mean).sum(axis=1)
    left = np.maximum(weight.sum(axis=1) - used, 2.0)
    smallest = LEAST_DISPERSION * np.maximum(mean.max(axis=1), 1.0)
    return np.asarray(np.maximum(squares / left, smallest))


def _mean(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Mean over the known periods."""
    return np.asarray(values.sum(axis=1) / known.sum(axis=1))
