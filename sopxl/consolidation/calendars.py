"""Days of periods, ordinary and fiscal (4-4-5, other years), and what of a unit's periods falls into the group's.

A flow goes by days: of a week that lies in two months each month gets its days' share. A balance is that of the unit's
last period that has ended by then (while none has, of the period that is running).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.consolidation.money import cents, cents_over_time
from sopxl.periods import parse

DAY = np.timedelta64(1, "D")


def first_and_last_days(labels: Sequence[str], bucket: str, calendar: str, calendars: pd.DataFrame) -> np.ndarray:
    """Periods x 2: first and last day of each label, by a fiscal calendar or, where none is named, the ordinary one.

    ``calendars``: the table fiscal_calendars. Raises KeyError with calendar and label where there is no such period.
    """
    if not calendar:
        periods = [parse(label, bucket) for label in labels]
        return np.array([[one.start_time.to_datetime64(), one.end_time.to_datetime64()] for one in periods],
                        dtype="datetime64[D]").reshape(-1, 2)
    rows = calendars[calendars["calendar"].str.lower() == calendar.lower()].set_index("period")
    missing = [label for label in labels if label not in rows.index]
    if missing:
        raise KeyError((calendar, missing[0]))
    days = rows.loc[list(labels), ["first_day", "last_day"]].to_numpy()
    return np.asarray(days.astype("datetime64[D]"))


def shares_of_days(unit: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Unit's periods x group's periods: what share of the days of one lies in the other."""
    first = np.maximum(unit[:, None, 0], group[None, :, 0])
    last = np.minimum(unit[:, None, 1], group[None, :, 1])
    common = np.maximum((last - first) / DAY + 1, 0.0)
    return np.asarray(common / ((unit[:, 1] - unit[:, 0]) / DAY + 1)[:, None])


def standing_at_end(unit: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Group's periods: the position of the unit's period whose closing balance is that of the group's."""
    ended = np.searchsorted(unit[:, 1], group[:, 1], side="right") - 1
    return np.asarray(np.clip(ended, 0, len(unit) - 1))


def covered(unit: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Group's periods: whether every day of it lies in some period of the unit."""
    shares = shares_of_days(unit, group)
    days = shares * ((unit[:, 1] - unit[:, 0]) / DAY + 1)[:, None]
    return np.asarray(days.sum(axis=0) + 0.5 >= (group[:, 1] - group[:, 0]) / DAY + 1)


@dataclass(frozen=True)
class UnitCalendar:
    """How a unit's periods become the group's: ``shares`` (unit x group) of flows, ``standing`` balances."""

    shares: np.ndarray
    standing: np.ndarray
    before: int = -1
    """The position of the unit's last period that has ended when the group's first begins; -1: there is none."""

    @classmethod
    def of(cls, unit: np.ndarray, group: np.ndarray) -> UnitCalendar:
        """From the first and last days of both."""
        return cls(shares_of_days(unit, group), standing_at_end(unit, group),
                   int(np.searchsorted(unit[:, 1], group[0, 0], side="left")) - 1)

    def split(self, values: np.ndarray, kind: str) -> np.ndarray:
        """Rows x unit's periods as rows x group's periods; a period of which the unit has no day is 0."""
        if kind == "balance":
            return np.asarray(values[:, self.standing] * (self.shares.sum(axis=0) > 0))
        return np.asarray(values @ self.shares)

    def total_cents(self, values: np.ndarray, kind: str) -> np.ndarray:
        """Amounts of the unit's periods in whole cents of the group's; split flows keep the sum of all periods."""
        split = self.split(values[None, :], kind)[0]
        is_whole = bool(((self.shares == 0) | (self.shares == 1)).all())
        return cents(split) if is_whole or kind == "balance" else cents_over_time(split)
