"""Dates of projects and initiatives as positions in the plan, moved by their slip, and back to labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.periods import label
from sopxl.prices import ALWAYS, positions_of
from sopxl.settings import Settings

NEVER = 10**9
"""Position of what has no end."""


def moved(labels: pd.Series, slip: pd.Series, settings: Settings) -> np.ndarray:
    """Position of each date after its slip: 0 is the plan's first period; NaN where there is no date."""
    positions = positions_of(labels, settings)
    return np.where(positions == ALWAYS, np.nan, positions + slip.fillna(0.0).to_numpy(float))


def label_at(position: float, settings: Settings) -> str:
    """The label of the period at a position, also before and after the plan; empty where there is none."""
    if np.isnan(position) or abs(position) >= NEVER:
        return ""
    return label(settings.periods.index[0] + int(position), settings.bucket)


def share_of_periods(first: float, last: float, settings: Settings) -> np.ndarray:
    """T: the share of something that falls on each period of the plan, spread evenly from first to last position."""
    if np.isnan(first) or np.isnan(last) or last < first:
        return np.zeros(settings.horizon)
    return open_in(first, last, settings) / (last - first + 1.0)


def open_in(first: float, last: float, settings: Settings) -> np.ndarray:
    """T: 1 in the periods of the plan from first to last position, else 0."""
    period = np.arange(settings.horizon)
    return ((period >= first) & (period <= last)).astype(float)
