"""Safety stock period by period: units, or days of the requirements that follow, whichever is more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.periods import DAYS_PER_PERIOD


def safety_stock(nodes: pd.DataFrame, gross: np.ndarray, minimum_stock: np.ndarray, bucket: str) -> np.ndarray:
    """Stock to hold at the end of each period (nodes x periods): of safety_stock, safety_days and minimum stock.

    ``nodes`` has safety_stock and safety_days; ``gross`` and ``minimum_stock`` are nodes x periods. Days that
    reach beyond the horizon look at the requirements of its last period.
    """
    ahead = nodes["safety_days"].to_numpy(float) / DAYS_PER_PERIOD[bucket]
    following = _following(gross, ahead)
    units = nodes["safety_stock"].to_numpy(float)[:, None]
    return np.asarray(np.maximum.reduce([np.broadcast_to(units, gross.shape), following, minimum_stock]))


def _following(gross: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Requirements of the next ``ahead`` periods (per node, fractions count) after each period."""
    count, periods = gross.shape
    total = np.concatenate([np.zeros((count, 1)), gross.cumsum(axis=1)], axis=1)
    end = np.arange(1, periods + 1) + ahead[:, None]
    inside = np.minimum(end, periods)
    whole = np.minimum(inside.astype(int), periods - 1)
    rows = np.arange(count)[:, None]
    reached = total[rows, whole] + (inside - whole) * gross[rows, whole]
    beyond = np.maximum(end - periods, 0.0) * gross[:, [-1]]
    return np.asarray(np.maximum(reached + beyond - total[:, 1:], 0.0))
