"""Money in whole cents, so that what is added up ties exactly: rounding of single lines and of lines with a total."""

from __future__ import annotations

import numpy as np

from sopxl.formulas import round_half_up


def cents(values: np.ndarray) -> np.ndarray:
    """Amounts as whole cents, halves away from nought."""
    return np.asarray(np.rint(round_half_up(values, 2) * 100.0), dtype=np.int64)


def cents_that_add_up(rows: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Rows x periods in whole cents which add up to ``total`` (periods, whole cents); each within a cent of its amount.

    Each row gets what brings the rounded running sum forward. The last row takes what is left of a total that is
    not the sum of the rows, so the caller adds a row where that can be more than rounding.
    """
    running = cents(np.cumsum(rows, axis=0))
    running[-1] = total
    return np.diff(running, axis=0, prepend=np.zeros((1, rows.shape[1]), np.int64))


def cents_over_time(values: np.ndarray) -> np.ndarray:
    """Amounts of periods in whole cents whose running sum is always the rounded running sum."""
    return np.diff(cents(np.cumsum(values)), prepend=0)
