"""Panel: the histories of many series side by side, which every forecasting method takes at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Panel:
    """S series over T periods, all ending in the same period.

    ``values``: S x T units; NaN where nothing is known (before the first sale, or a gap).
    ``season``: periods in a year. ``profile``: S x season, the share of an average period that falls on each
    phase (phase = column modulo season), pooled over the family. ``expected``: S, the mean demand per period
    that a new series is expected to have (NaN where nothing is known).
    """

    values: np.ndarray
    season: int
    profile: np.ndarray
    expected: np.ndarray

    @property
    def start(self) -> np.ndarray:
        """S: column of the first known value; T where there is none."""
        return first_known(self.values)

    @property
    def length(self) -> np.ndarray:
        """S: periods from the first known value to the end of history."""
        return np.asarray(self.values.shape[1] - self.start)

    def phases(self, count: int) -> np.ndarray:
        """Phases of the ``count`` periods after the history."""
        return np.asarray((self.values.shape[1] + np.arange(count)) % self.season)

    def future_profile(self, count: int) -> np.ndarray:
        """S x count: the pooled profile of the periods after the history."""
        return np.asarray(self.profile[:, self.phases(count)])

    def past_profile(self) -> np.ndarray:
        """S x T: the pooled profile of the history's periods."""
        return np.asarray(self.profile[:, np.arange(self.values.shape[1]) % self.season])

    def without_season(self) -> np.ndarray:
        """S x T values without the pooled season."""
        return np.asarray(self.values / self.past_profile())

    def rows(self, mask: np.ndarray) -> Panel:
        """The series of the mask only."""
        return Panel(self.values[mask], self.season, self.profile[mask], self.expected[mask])


def plain_panel(values: np.ndarray, season: int) -> Panel:
    """A panel of series that have nothing in common: flat profiles, nothing expected of new ones."""
    count = len(values)
    return Panel(np.asarray(values, float), season, np.ones((count, season)), np.full(count, np.nan))


def first_known(values: np.ndarray) -> np.ndarray:
    """S: column of the first known value of each series; T where there is none."""
    known = ~np.isnan(values)
    if not values.shape[1]:
        return np.zeros(len(values), dtype=int)
    return np.asarray(np.where(known.any(axis=1), known.argmax(axis=1), values.shape[1]))


def without_gaps(values: np.ndarray) -> np.ndarray:
    """S x T values, a gap filled with the value before it; NaN before the first known value."""
    column = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    return np.take_along_axis(values, np.maximum.accumulate(column, axis=1), axis=1)


def row_mean(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """S: mean of the known values of each series (weighted, where weights are given); 0 where none is known."""
    known = ~np.isnan(values)
    share = known.astype(float) if weights is None else known * weights
    total = share.sum(axis=1)
    filled = np.where(known, values, 0.0)
    return np.asarray((filled * share).sum(axis=1) / np.where(total > 0, total, 1.0))


def line_fit(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least squares line through the known values of each series: value at column 0 and slope per column, each S.

    A series with fewer than two known values has slope 0.
    """
    known = ~np.isnan(values)
    column = np.arange(values.shape[1], dtype=float)
    count = np.maximum(known.sum(axis=1), 1)
    mean_column = (known * column).sum(axis=1) / count
    mean_value = row_mean(values)
    away = np.where(known, column - mean_column[:, None], 0.0)
    spread = (away**2).sum(axis=1)
    lift = (away * np.where(known, values - mean_value[:, None], 0.0)).sum(axis=1)
    slope = np.where(spread > 0, lift / np.where(spread > 0, spread, 1.0), 0.0)
    return np.asarray(mean_value - slope * mean_column), np.asarray(slope)
