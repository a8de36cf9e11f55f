"""From when to when rows hold, as positions in the plan, and in which of its periods that is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.prices import ALWAYS, positions_of
from sopxl.settings import Settings

SPAN = ["first", "last"]
NO_END = 10**9


def with_span(
    rows: pd.DataFrame, settings: Settings, start: str = "valid_from", end: str = "valid_until"
) -> pd.DataFrame:
    """The rows with ``first`` and ``last``, the positions of their first and last period in the plan.

    An empty or unreadable label is no limit: ALWAYS or NO_END.
    """
    first, last = positions_of(rows[start], settings), positions_of(rows[end], settings)
    no_end = np.isnan(last) | (rows[end] == "").to_numpy()
    return rows.assign(first=np.where(np.isnan(first), ALWAYS, first), last=np.where(no_end, NO_END, last))


def open_periods(rows: pd.DataFrame, horizon: int) -> np.ndarray:
    """Whether each row (with ``first`` and ``last``) holds in each period: rows x periods."""
    periods = np.arange(horizon)
    return np.asarray((rows["first"].to_numpy(float)[:, None] <= periods)
                      & (periods <= rows["last"].to_numpy(float)[:, None]))


def ever_open(rows: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """The rows that hold in some period of the plan."""
    return rows[(rows["last"] >= 0) & (rows["first"] < horizon) & (rows["first"] <= rows["last"])]
