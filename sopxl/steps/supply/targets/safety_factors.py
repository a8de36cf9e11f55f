"""Safety factors: how many standard deviations of stock give a service, and the shortage that remains. Arrays in, out.

Demand over the risk periods is x = mean + deviation * (a z + c (z^2 - 1)) with z standard normal and a^2 + 2 c^2 = 1:
the polynomial that keeps mean, deviation and skewness (Fleishman 1978, "A method for simulating non-normal
distributions", Psychometrika 43). Without skewness (c = 0) it is the normal distribution. ``curvature`` is c.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

MOST_SKEWNESS = 2.0
"""Of the exponential distribution: beyond it the polynomial's lower branch would come into the upper quantiles."""
MOST_STEPS = 60
NEGLIGIBLE = -6.0
"""Standard normal value below which the lower branch does not matter (one in a billion)."""
ENOUGH = 1e-12

_below = np.frompyfunc(lambda z: 0.5 * math.erfc(-z / math.sqrt(2.0)), 1, 1)
_inverse = np.frompyfunc(NormalDist().inv_cdf, 1, 1)


def curvature_of(skewness: np.ndarray) -> np.ndarray:
    """The curvature c that gives the skewness, 6 c - 4 c^3; skewness to the left counts as none (the safe side)."""
    bounded = np.clip(np.nan_to_num(skewness), 0.0, MOST_SKEWNESS)
    angle = (2.0 * np.pi - np.arccos(-bounded / math.sqrt(8.0))) / 3.0
    return np.asarray(np.where(bounded > 0, math.sqrt(2.0) * np.cos(angle), 0.0))


def factor_for_service(level: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Deviations above the mean that demand does not exceed with this probability (0 to 1, never quite certain)."""
    level = np.clip(np.asarray(level, float), ENOUGH, 1.0 - ENOUGH)
    z, level, curvature = np.broadcast_arrays(_inverse(level).astype(float), level, np.asarray(curvature, float))
    z = z.copy()
    bent = _lower_branch(z, curvature) > NEGLIGIBLE
    for _ in range(4 if bent.any() else 0):
        above = level[bent] + _normal(_lower_branch(z[bent], curvature[bent]))
        z[bent] = _inverse(np.minimum(above, 1.0 - ENOUGH)).astype(float)
    return np.asarray(_straight(curvature) * z + curvature * (z * z - 1.0))


def service_of(factor: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Probability that demand does not exceed the mean by more than so many deviations: the cycle service level."""
    z = _normal_value(factor, curvature)
    return np.asarray(np.clip(_normal(z) - _normal(_lower_branch(z, curvature)), 0.0, 1.0))


def shortage(factor: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Expected demand beyond mean and safety factor, in deviations: the standard loss function.

    Source: Silver, Pyke, Thomas, Inventory and Production Management in Supply Chains (2017), section 6.7 and
    appendix II, with the skewed distribution above.
    """
    straight = _straight(curvature)
    z = _normal_value(factor, curvature)
    low = _lower_branch(z, curvature)
    finite = np.where(np.isfinite(low), low, -40.0)
    above = (straight + curvature * z) * _density(z) - factor * _normal(-z)
    below = -(straight + curvature * finite) * _density(finite) - factor * _normal(finite)
    return np.asarray(np.maximum(above + below, 0.0))


def factor_for_shortage(wanted: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Least safety factor, 0 or more, at which the expected shortage (in deviations) is no more than wanted (> 0).

    By Newton's method from below: the loss function is convex and falls.
    """
    wanted, curvature = np.broadcast_arrays(np.asarray(wanted, float), np.asarray(curvature, float))
    factor = np.zeros(wanted.shape)
    for _ in range(MOST_STEPS):
        excess = shortage(factor, curvature) - wanted
        step = np.where(excess > ENOUGH * wanted, excess / np.maximum(1.0 - service_of(factor, curvature), 1e-300), 0.0)
        factor = np.minimum(factor + step, 40.0)
        if not (step > ENOUGH).any():
            break
    return factor


def _straight(curvature: np.ndarray) -> np.ndarray:
    """The weight a of z that leaves a variance of one."""
    return np.asarray(np.sqrt(1.0 - 2.0 * np.square(curvature)))


def _normal_value(factor: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """The upper z at which the polynomial has this value; where it has none, that of its lowest point."""
    straight = _straight(curvature)
    root = np.sqrt(np.maximum(np.square(straight) + 4.0 * curvature * (factor + curvature), 0.0))
    return np.asarray(2.0 * (factor + curvature) / (straight + root))


def _lower_branch(z: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """The other z at which the polynomial has the same value; minus infinity where it is a straight line."""
    with np.errstate(divide="ignore"):
        other = -_straight(curvature) / np.asarray(curvature, float)
    return np.asarray(np.where(np.asarray(curvature) > 0, other - z, -np.inf))


def _normal(z: np.ndarray) -> np.ndarray:
    return np.asarray(_below(z), float)


def _density(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * np.square(z)) / math.sqrt(2.0 * math.pi))
