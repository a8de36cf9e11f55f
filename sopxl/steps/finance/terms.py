"""Terms of payment day by day: in which period is paid what was billed, and when is paid in advance.

What is billed in a period is spread evenly over its calendar days; each day's bill is paid so many days later, on the
next payment day of the month where one is agreed. That gives, exactly, the share of a period's bills that each later
period pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.periods import DAYS_PER_PERIOD
from sopxl.schema import Tables
from sopxl.settings import Settings

LONGEST_WAIT = 31
"""Days that the next payment day of the month may be away."""


@dataclass(frozen=True)
class Terms:
    """Terms of N partners, arrays of N; ``payment_day`` is 0 where any day will do."""

    days: np.ndarray
    prepaid_share: np.ndarray
    prepayment_days: np.ndarray
    payment_day: np.ndarray


def terms_of(tables: Tables, partner: str, names: pd.Series, usual_days: float) -> Terms:
    """Terms of markets (``customers``) or suppliers: their own row, else the row for all, else the usual days."""
    column = "market" if partner == "customers" else "supplier"
    rows = tables["payment_terms"]
    rows = rows[rows["partner"] == partner].drop_duplicates(column).set_index(column)
    found = rows.reindex([name if name in rows.index else "" for name in names])
    return Terms(
        np.rint(found["days"].fillna(usual_days).to_numpy(float)), found["prepaid_share"].fillna(0.0).to_numpy(float),
        np.rint(found["prepayment_days"].fillna(0.0).to_numpy(float)), found["payment_day"].fillna(0.0).to_numpy(float),
    )


@dataclass(frozen=True)
class Days:
    """The days of ``before`` periods before the plan, of its T periods, and of ``after`` periods beyond."""

    settings: Settings
    before: int
    after: int

    @classmethod
    def around(cls, settings: Settings, terms: Terms) -> Days:
        """As many periods before and after the plan as these terms reach."""
        length = DAYS_PER_PERIOD[settings.bucket]
        wait = (terms.days + np.where(terms.payment_day > 0, LONGEST_WAIT, 0)).max(initial=0.0)
        return cls(settings, int(wait // length) + 2, int(terms.prepayment_days.max(initial=0.0) // length) + 2)

    @cached_property
    def starts(self) -> np.ndarray:
        """First day of each period, and the day after the last."""
        first = self.settings.periods.index[0] - self.before
        index = pd.period_range(first, periods=self.before + self.settings.horizon + self.after + 1)
        return index.start_time.to_numpy().astype("datetime64[D]")

    @cached_property
    def days(self) -> np.ndarray:
        """Every day."""
        return np.arange(self.starts[0], self.starts[-1])

    @cached_property
    def period_of_day(self) -> np.ndarray:
        """The number of each day's period, 0 for the earliest."""
        return np.searchsorted(self.starts, self.days, side="right") - 1

    def shares(self, dates: np.ndarray) -> np.ndarray:
        """Periods x (T + 2): the share of each period's days whose date is before the plan, in period t, or later."""
        target = np.searchsorted(self.starts[self.before : self.before + self.settings.horizon + 1], dates,
                                 side="right")
        counts = np.zeros((len(self.starts) - 1, self.settings.horizon + 2))
        np.add.at(counts, (self.period_of_day, target), 1.0)
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))

    def paid(self, days: float, payment_day: float) -> np.ndarray:
        """Periods x (T + 2): the share of what each period bills that is paid before the plan, in t, or later."""
        due = self.days + np.timedelta64(int(days), "D")
        return self.shares(next_payment_day(due, int(payment_day)) if payment_day else due)

    def prepaid(self, days: float) -> np.ndarray:
        """Periods x (T + 2): the same for what is paid so many days before delivery."""
        return self.shares(self.days - np.timedelta64(int(days), "D"))


def next_payment_day(dates: np.ndarray, payment_day: int) -> np.ndarray:
    """The first such day of a month on or after each date; the month's last where it has fewer days."""
    def in_month(months: np.ndarray) -> np.ndarray:
        last = (months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        return np.minimum(months.astype("datetime64[D]") + np.timedelta64(payment_day - 1, "D"), last)

    months = dates.astype("datetime64[M]")
    this = in_month(months)
    return np.where(this >= dates, this, in_month(months + 1))
