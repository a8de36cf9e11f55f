"""Periods of the plan: weeks, months or quarters, their labels, first days and lengths.

Labels are text (``2026-W49``, ``2026-12``, ``2026-Q4``): they head the columns of every plan grid.
Weeks are ISO 8601 weeks, from Monday.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

LABEL_PATTERNS: dict[str, re.Pattern[str]] = {
    "week": re.compile(r"^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$"),
    "month": re.compile(r"^\d{4}-(0[1-9]|1[0-2])$"),
    "quarter": re.compile(r"^\d{4}-Q[1-4]$"),
}
FREQUENCIES = {"week": "W-SUN", "month": "M", "quarter": "Q-DEC"}
PERIODS_PER_YEAR = {"week": 52, "month": 12, "quarter": 4}
DAYS_PER_PERIOD = {"week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4}


def is_label(text: str) -> bool:
    """Whether the text is the label of a week, month or quarter."""
    return any(pattern.match(text) for pattern in LABEL_PATTERNS.values())


def label(period: pd.Period, bucket: str) -> str:
    """The label of a pandas period."""
    if bucket == "week":
        year, week, _ = period.start_time.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{period.year}-Q{period.quarter}" if bucket == "quarter" else period.strftime("%Y-%m")


def parse(text: str, bucket: str) -> pd.Period:
    """The pandas period of a label. Raises ValueError where the text is no label of that bucket."""
    if not LABEL_PATTERNS[bucket].match(text):
        example = {"week": "2026-W49", "month": "2026-12", "quarter": "2026-Q4"}[bucket]
        raise ValueError(f"'{text}' is not a {bucket} like {example}")
    if bucket == "week":
        try:
            day = pd.Timestamp.fromisocalendar(int(text[:4]), int(text[6:]), 1)
        except ValueError:
            raise ValueError(f"'{text}': {text[:4]} has no week {int(text[6:])}") from None
        return pd.Period(day, freq=FREQUENCIES[bucket])
    return pd.Period(text.replace("-Q", "Q"), freq=FREQUENCIES[bucket])


def labels_of_dates(dates: pd.Series, bucket: str) -> pd.Series:
    """The label of the period that each date falls in."""
    periods = pd.to_datetime(dates).dt.to_period(FREQUENCIES[bucket])
    names = {period: label(period, bucket) for period in periods.dropna().unique()}
    return periods.map(names)


@dataclass(frozen=True)
class Periods:
    """The periods of one plan: ``count`` buckets from ``first`` on."""

    bucket: str
    first: str
    count: int

    @cached_property
    def index(self) -> pd.PeriodIndex:
        """The periods as a pandas index."""
        return pd.period_range(parse(self.first, self.bucket), periods=self.count)

    @cached_property
    def labels(self) -> list[str]:
        """The labels in order."""
        return [label(period, self.bucket) for period in self.index]

    @cached_property
    def days(self) -> np.ndarray:
        """Calendar days in each period."""
        return np.asarray((self.index.end_time.normalize() - self.index.start_time.normalize()).days + 1)

    @cached_property
    def working_days(self) -> np.ndarray:
        """Days from Monday to Friday in each period."""
        starts = self.index.start_time.to_numpy().astype("datetime64[D]")
        ends = self.index.end_time.to_numpy().astype("datetime64[D]") + np.timedelta64(1, "D")
        return np.asarray(np.busday_count(starts, ends))

    @property
    def season_length(self) -> int:
        """Periods in a year: 52, 12 or 4."""
        return PERIODS_PER_YEAR[self.bucket]

    def before(self, count: int) -> list[str]:
        """The labels of the ``count`` periods before the first, oldest first."""
        earlier = pd.period_range(end=self.index[0] - 1, periods=count)
        return [label(period, self.bucket) for period in earlier]

    def offset(self, days: np.ndarray | float) -> np.ndarray:
        """A lead time in days as whole periods, rounded half up (17 days in months: 1)."""
        in_periods = np.nan_to_num(np.asarray(days, float)) / DAYS_PER_PERIOD[self.bucket]
        return np.asarray(np.floor(in_periods + 0.5).astype(int))
