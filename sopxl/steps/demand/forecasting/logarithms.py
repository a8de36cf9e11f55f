"""Logarithms of demand, in which growth and season add up: what they are taken of, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sopxl.steps.demand.forecasting.panel import row_mean

SMALLEST_SHARE = 0.01
LEAST = 1e-3
FURTHEST = 9.0


@dataclass(frozen=True)
class Logarithms:
    """Logarithms of S series in units of their means. ``values``: S x T, NaN where unknown. ``mean``: S x 1.

    ``shift``: S x 1; 1 for series with values near or at zero, of which log(1 + value) is taken, else 0.
    """

    values: np.ndarray
    mean: np.ndarray
    shift: np.ndarray

    def units(self, logarithms: np.ndarray) -> np.ndarray:
        """S x H in the unit of the series again."""
        return np.asarray((np.exp(np.clip(logarithms, -FURTHEST, FURTHEST)) - self.shift) * self.mean)


def logarithms(values: np.ndarray) -> Logarithms:
    """Logarithms of S x T values."""
    mean = row_mean(values)[:, None]
    mean = np.where(mean > 0, mean, 1.0)
    share = values / mean
    shift = np.where(np.nanmin(share, axis=1, initial=1.0)[:, None] < SMALLEST_SHARE, 1.0, 0.0)
    return Logarithms(np.log(np.maximum(share + shift, LEAST)), mean, shift)
