"""Effects of single series drawn towards those of their family, and these towards all: few promotions tell little.

Normal hierarchy by empirical Bayes (Morris, JASA 78 (1983) 47-65), variances between series and between families by
moments (DerSimonian and Laird, Controlled Clinical Trials 7 (1986) 177-188). What moves all series in the same month
is seen once, not once per series: errors may be correlated from series to series and from period to period, and both
correlations, taken from the residuals, widen the uncertainty of the means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sopxl.steps.demand.influences.regression import Fit

LEAST_INFORMATION = 1e-3
EXPECTED_MEMBERS = 4.0
DIFFERENCE = {True: 0.5, False: 0.15}
HIGHEST_CORRELATION = 0.95


@dataclass(frozen=True)
class Effects:
    """R x K effects per unit of their signals (logarithms), their standard deviations; and whether there is any."""

    mean: np.ndarray
    deviation: np.ndarray

    def below_zero(self) -> np.ndarray:
        """R x K: probability that the effect lies below 0."""
        return normal_share(-self.mean / self.deviation)


@dataclass(frozen=True)
class _Own:
    """What each series says by itself of one signal: estimate and variance (inf: nothing) and influence R x T."""

    estimate: np.ndarray
    variance: np.ndarray
    influence: np.ndarray


def pool(fitted: Fit, families: np.ndarray, widest: np.ndarray, elastic: np.ndarray) -> Effects:
    """Effects of all series from their own fits. ``families``: R numbers; ``elastic``: K, is it an elasticity.

    Series that say nothing themselves take their family's effect, families without a word that of all.
    """
    rows, width = fitted.effect.shape
    mean, variance = np.zeros((rows, width)), np.zeros((rows, width))
    among_all = among_series(fitted.residual, np.zeros_like(families))
    correlation = in_time(fitted), among_series(fitted.residual, families), among_all
    for signal in range(width):
        own = _own(fitted, signal, widest[signal], correlation[0])
        prior = DIFFERENCE[bool(elastic[signal])] ** 2
        mean[:, signal], variance[:, signal] = _pooled(own, families, widest[signal], prior, correlation)
    return Effects(mean, np.sqrt(variance))


def in_time(fitted: Fit) -> float:
    """Correlation of a series' residual with that of the period before, without the loss that fitting causes."""
    residual = np.nan_to_num(fitted.residual)
    square = float((residual**2).sum())
    if square <= 0:
        return 0.0
    observed = float((residual[:, 1:] * residual[:, :-1]).sum()) / square
    lost = float(fitted.freedom.sum()) / max(int((~np.isnan(fitted.residual)).sum()), 1)
    return float(np.clip(observed + lost, 0.0, HIGHEST_CORRELATION))


def among_series(residual: np.ndarray, groups: np.ndarray) -> float:
    """Mean correlation of the residuals of two series of a group in the same period."""
    known, filled = ~np.isnan(residual), np.nan_to_num(residual)
    count = int(groups.max(initial=-1)) + 1
    sums, members = np.zeros((count, residual.shape[1])), np.zeros((count, residual.shape[1]))
    np.add.at(sums, groups, filled)
    np.add.at(members, groups, known)
    square = float((filled**2).sum())
    pairs = float((members * (members - 1.0)).sum())
    if pairs <= 0 or square <= 0:
        return 0.0
    product = (float((sums**2).sum()) - square) / pairs
    return float(np.clip(product / (square / known.sum()), 0.0, HIGHEST_CORRELATION))


def normal_share(value: np.ndarray) -> np.ndarray:
    """Probability that a standard normal value lies below ``value`` (Abramowitz and Stegun 26.2.17, within 1e-7)."""
    size = np.abs(value)
    step = 1.0 / (1.0 + 0.2316419 * size)
    series = step * (0.319381530 + step * (-0.356563782 + step * (1.781477937 + step * (
        -1.821255978 + step * 1.330274429))))
    tail = np.exp(-(size**2) / 2) / np.sqrt(2 * np.pi) * series
    return np.asarray(np.where(value > 0, 1.0 - tail, tail))


def _own(fitted: Fit, signal: int, widest: float, in_time_: float) -> _Own:
    """The estimates of one signal without their prior: precision and mean less those of the prior."""
    precision = 1.0 / fitted.variance[:, signal]
    own = precision - 1.0 / widest**2
    told = np.isfinite(fitted.variance[:, signal]) & (own > LEAST_INFORMATION / widest**2)
    own = np.where(told, own, 1.0)
    stretch = np.where(told, precision / own, 0.0)
    influence = fitted.influence[:, :, signal] * stretch[:, None]
    spread = (influence**2).sum(axis=1)
    inflated = np.where(spread > 0, (influence * _in_time(influence, in_time_)).sum(axis=1) / np.where(
        spread > 0, spread, 1.0), 1.0)
    variance = np.where(told, np.maximum(inflated, 1.0) / own, np.inf)
    return _Own(fitted.effect[:, signal] * stretch, variance, influence)


def _in_time(influence: np.ndarray, correlation: float) -> np.ndarray:
    """Influence R x T times the correlations of the periods, falling by ``correlation`` from one to the next."""
    if correlation <= 0:
        return influence
    earlier, later = np.zeros_like(influence), np.zeros_like(influence)
    for place in range(1, influence.shape[1]):
        earlier[:, place] = correlation * (earlier[:, place - 1] + influence[:, place - 1])
        later[:, -1 - place] = correlation * (later[:, -place] + influence[:, -place])
    return np.asarray(influence + earlier + later)


def _pooled(
    own: _Own, families: np.ndarray, widest: float, prior: float, correlation: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of one signal's effect for every series; ``correlation``: in time, in a family, among all."""
    told = np.isfinite(own.variance)
    count = int(families.max(initial=-1)) + 1
    between = _difference(own.estimate[told], own.variance[told], families[told], prior)
    weight = np.where(told, 1.0 / (np.where(told, own.variance, 1.0) + between), 0.0)
    total = np.bincount(families, weight, count)
    shared = weight / np.where(total > 0, total, 1.0)[families]
    family = np.bincount(families, shared * own.estimate, count)
    shock = _shocks(shared, own, families, count, correlation[:2])
    spread = np.where(total > 0, 1.0 / np.where(total > 0, total, 1.0) + shock, np.inf)
    known = total > 0
    apart = _difference(family[known], spread[known], np.zeros(int(known.sum()), dtype=int), prior)
    above = np.where(known, 1.0 / (np.where(known, spread, 1.0) + apart), 0.0)
    share = above / max(above.sum(), 1e-300)
    every = _shocks(share[families] * shared, own, np.zeros_like(families), 1, correlation[::2])[0]
    uncertain = 1.0 / max(above.sum(), 1e-300) + max(every - float((share**2 * np.nan_to_num(shock)).sum()), 0.0)
    drawn = widest**2 / (widest**2 + uncertain)
    mean, variance = float((share * family).sum()) * drawn, uncertain * drawn
    family_mean, family_variance = _towards(family, spread, mean, variance, apart)
    return _towards(own.estimate, own.variance, family_mean[families], family_variance[families], between)


def _towards(
    estimate: np.ndarray, variance: np.ndarray, mean: np.ndarray | float, mean_variance: np.ndarray | float,
    between: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Estimates drawn towards the mean that they come from, and their variances (Morris 1983)."""
    told = np.isfinite(variance)
    finite = np.where(told, variance, 1.0)
    pull = np.where(told, finite / (finite + between), 1.0)
    drawn = np.where(told, (1 - pull) * estimate, 0.0) + pull * mean
    return drawn, np.where(told, (1 - pull) * finite, between) + pull**2 * mean_variance


def _difference(estimate: np.ndarray, variance: np.ndarray, groups: np.ndarray, prior: float) -> float:
    """Variance of true effects within groups by moments, drawn towards ``prior`` while few estimates tell."""
    if not len(estimate):
        return prior
    weight = 1.0 / variance
    total = np.bincount(groups, weight)
    present = np.where(total > 0, total, 1.0)
    mean = np.bincount(groups, weight * estimate) / present
    excess = float((weight * (estimate - mean[groups]) ** 2).sum()) - (len(estimate) - int((total > 0).sum()))
    scale = float((total - np.bincount(groups, weight**2) / present).sum())
    known_before = EXPECTED_MEMBERS * float(np.median(weight))
    return (max(excess, 0.0) + known_before * prior) / (scale + known_before)


def _shocks(
    weight: np.ndarray, own: _Own, groups: np.ndarray, count: int, correlation: tuple[float, ...]
) -> np.ndarray:
    """Variance that the mean of each group has because its series err together in the same periods."""
    weighted = weight[:, None] * own.influence
    summed = np.zeros((count, weighted.shape[1]))
    np.add.at(summed, groups, weighted)
    together = (summed * _in_time(summed, correlation[0])).sum(axis=1)
    alone = np.bincount(groups, (weighted * _in_time(weighted, correlation[0])).sum(axis=1), count)
    return np.asarray(correlation[1] * np.maximum(together - alone, 0.0))
