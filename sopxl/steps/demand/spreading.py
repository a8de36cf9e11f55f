"""An amount shared out over cells in proportion: exact in sum, in hundredths, never more than a cell has room for."""

from __future__ import annotations

import numpy as np

HUNDREDTH = 0.01
ROUNDING = 1e-9


def share_out(
    amount: float, weights: np.ndarray, room: np.ndarray | None = None, hundredths: bool = True
) -> np.ndarray:
    """N parts in proportion to N weights (none below 0); together the amount, or all the room where that is less.

    What a cell has no room for goes to the others in their proportions. Where no weight is left, all cells share
    alike, or by their room. In hundredths the parts are rounded by largest remainders (Hamilton's method), so that
    what is shown adds up; what of the amount is finer than a hundredth goes to the largest part.
    """
    limit = np.full(len(weights), np.inf) if room is None else room
    parts = _filled(min(amount, float(limit.sum())), weights, limit)
    return _in_hundredths(parts, limit) if hundredths else parts


def _filled(amount: float, weights: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """The parts before rounding: cells are filled in proportion until they are full."""
    parts = np.zeros(len(weights))
    free, left = limit > 0, amount
    while left > 1e-12 * amount and free.any():
        share = np.where(free, weights, 0.0)
        if share.sum() <= 0:
            share = np.where(free, np.where(np.isinf(limit), 1.0, limit), 0.0)
        parts = np.minimum(parts + left * (share / share.sum()), limit)
        left = amount - float(parts.sum())
        free = parts < limit
    return parts


def _in_hundredths(parts: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """The parts in hundredths with the same sum; as they are where the cells' room does not allow it."""
    whole = np.floor(parts / HUNDREDTH + 1e-6) * HUNDREDTH
    spare = int(np.floor((parts.sum() - whole.sum()) / HUNDREDTH + 1e-6))
    largest_first = np.argsort(whole - parts, kind="stable")
    takes_one_more = largest_first[(limit - whole)[largest_first] >= HUNDREDTH - ROUNDING][:spare]
    whole[takes_one_more] += HUNDREDTH
    rounded = np.minimum(np.round(whole, 2), limit)
    left = float(parts.sum() - rounded.sum())
    if abs(left) <= ROUNDING * max(1.0, float(parts.sum())):
        return np.asarray(rounded)
    fits = (limit - rounded >= left) & (rounded + left >= 0)
    if not fits.any():
        return parts
    rounded[np.argmax(np.where(fits, rounded, -1.0))] += left
    return np.asarray(rounded)
