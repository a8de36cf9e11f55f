"""The Bass diffusion model: how a new product is adopted by innovators, and by imitators of those who have it."""

from __future__ import annotations

import numpy as np

STEPS = 25
ZOOMS = 4
SLOWEST, FASTEST = 1e-4, 0.5
LARGEST_IMITATION = 1.5
MOST_AHEAD = 20.0
"""A history that shows no peak cannot tell the potential: it is at most that many times what has been sold."""


def adoption(innovation: float | np.ndarray, imitation: float | np.ndarray, age: np.ndarray) -> np.ndarray:
    """Share of the potential that is sold in the period of that age (0 is the first); 0 before it.

    F(t + 1) - F(t) of F(t) = (1 - exp(-(p + q) t)) / (1 + q / p exp(-(p + q) t)).
    Source: Bass, Management Science 15 (1969) 215-227.
    """
    start = np.maximum(age, 0.0)
    return np.where(age >= 0, _adopted(innovation, imitation, start + 1) - _adopted(innovation, imitation, start), 0.0)


def _adopted(innovation: float | np.ndarray, imitation: float | np.ndarray, time: np.ndarray) -> np.ndarray:
    """Share of the potential that has been sold by that time; nobody starts without innovators."""
    p, q = np.maximum(innovation, 1e-9), np.asarray(imitation)
    fading = np.exp(-(p + q) * time)
    return np.asarray((1 - fading) / (1 + q / p * fading))


def fit_bass(sold: np.ndarray) -> tuple[float, float, float]:
    """Potential (units), innovation and imitation (per period) of a launch, from its sales per period since then.

    Nonlinear least squares on the sales of each period, as Srinivasan and Mason (Marketing Science 5 (1986)
    169-178) advise against Bass's regression: for each innovation and imitation the best potential is linear, so
    only two are searched, on a grid that is refined around its best point.
    """
    sold = np.asarray(sold, float)
    total = sold.sum()
    if total <= 0:
        return 0.0, SLOWEST, 0.0
    slow, fast, low, high = np.log(SLOWEST), np.log(FASTEST), 0.0, LARGEST_IMITATION
    best = (total, SLOWEST, 0.0)
    for _ in range(ZOOMS):
        p, q = np.meshgrid(np.exp(np.linspace(slow, fast, STEPS)), np.linspace(low, high, STEPS), indexing="ij")
        potential, error = _potential(sold, p.ravel(), q.ravel())
        place = int(error.argmin())
        best = (float(potential[place]), float(p.ravel()[place]), float(q.ravel()[place]))
        width, height = (fast - slow) / STEPS * 2, (high - low) / STEPS * 2
        slow, fast = np.log(best[1]) - width, min(np.log(best[1]) + width, 0.0)
        low, high = max(best[2] - height, 0.0), best[2] + height
    return best


def _potential(sold: np.ndarray, innovation: np.ndarray, imitation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Best potential for each of K pairs of innovation and imitation, and the squared error with it."""
    share = adoption(innovation[:, None], imitation[:, None], np.arange(len(sold))[None, :])
    best = share @ sold / np.maximum((share**2).sum(axis=1), 1e-300)
    potential = np.clip(best, 0.0, MOST_AHEAD * sold.sum())
    return potential, ((sold - potential[:, None] * share) ** 2).sum(axis=1)
