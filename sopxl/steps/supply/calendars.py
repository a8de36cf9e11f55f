"""Working hours by calendar: day by day, as intervals for job schedules, and period by period for plans.

On each day those rows of a calendar hold that say most exactly when: rows with the fewest days between their dates
replace all wider ones, and rows without dates hold where no others do. Rows of equally many days hold together:
they are the shifts of the day. A shift counts on the day on which it starts, at most 24 hours a day in all.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.tables import DAYS

HOURS_PER_DAY = 24.0
ALWAYS = np.iinfo(np.int64).max


def working_hours(tables: Tables, calendar: str, first_day: date | pd.Timestamp, days: int) -> list[np.ndarray]:
    """The working intervals of a calendar: for each of ``days`` days from ``first_day`` an array of (start, end) rows.

    Both are hours since the midnight at which ``first_day`` begins, so those of the second day lie between 24 and 48.
    An interval stands with the day on which its shift starts and may end on the next day; intervals are in order and
    never overlap, for a shift that starts before the one before it has ended begins at that one's end. A day without
    work has an array of no rows (0 x 2). The empty calendar works day and night; one without rows never works.
    """
    if not calendar:
        return [np.array([[day, day + 1]]) * HOURS_PER_DAY for day in range(days)]
    rows, hours = _hours_by_row(tables, calendar, _days_from(first_day, days))
    order = np.argsort(rows["start"].to_numpy(float), kind="stable")
    start, hours = rows["start"].to_numpy(float)[order], hours[order]
    end, intervals = -np.inf, []
    for day in range(days):
        shifts = []
        for row in np.flatnonzero(hours[:, day] > 0):
            begin = max(day * HOURS_PER_DAY + start[row], end)
            end = begin + hours[row, day]
            shifts.append((begin, end))
        intervals.append(np.array(shifts, float).reshape(-1, 2))
    return intervals


def hours_by_day(tables: Tables, calendar: str, first_day: date | pd.Timestamp, days: int) -> np.ndarray:
    """Hours of the calendar on each of ``days`` days from ``first_day``, all shifts together (24 without calendar)."""
    if not calendar:
        return np.full(days, HOURS_PER_DAY)
    return np.asarray(_hours_by_row(tables, calendar, _days_from(first_day, days))[1].sum(axis=0))


def hours_by_period(tables: Tables, calendars: pd.Series, settings: Settings) -> np.ndarray:
    """Hours of each calendar named, in each period: calendars x periods; the empty one works day and night."""
    periods = settings.periods
    starts = np.concatenate([[0], np.cumsum(periods.days)[:-1]])
    first, count = periods.index[0].start_time, int(periods.days.sum())
    names = calendars.astype("object").to_numpy()
    known = {
        name: np.add.reduceat(hours_by_day(tables, name, first, count), starts) for name in dict.fromkeys(names)
    }
    return np.array([known[name] for name in names]).reshape(len(names), settings.horizon)


def _days_from(first_day: date | pd.Timestamp, days: int) -> np.ndarray:
    """So many days from the first on."""
    return np.asarray(np.datetime64(pd.Timestamp(first_day).date(), "D") + np.arange(days))


def _hours_by_row(tables: Tables, calendar: str, days: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows of the calendar and the hours of each on each day: 0 where another row replaces it."""
    rows = tables["calendars"]
    rows = rows[rows["calendar"] == calendar].reset_index(drop=True)
    first, last, span = _dates_of(rows)
    holds = (first[:, None] <= days) & (days <= last[:, None])
    narrowest = np.where(holds, span[:, None], ALWAYS).min(axis=0, initial=ALWAYS)
    holds &= span[:, None] == narrowest
    weekday = (days.astype("int64") + 3) % 7
    hours = np.where(holds, rows[list(DAYS)].fillna(0.0).to_numpy(float)[:, weekday], 0.0)
    total = hours.sum(axis=0)
    return rows, hours * np.where(total > HOURS_PER_DAY, HOURS_PER_DAY / np.maximum(total, HOURS_PER_DAY), 1.0)


def _dates_of(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First and last day of each row and how many days lie between; a row with a first day only holds on that day."""
    dates = [rows[name].to_numpy().astype("datetime64[D]") for name in ("from_date", "until_date")]
    first, until = dates
    until = np.where(np.isnat(until), first, until)
    ever, never_ends = np.isnat(first), np.isnat(until)
    first = np.where(ever, np.datetime64("0001-01-01", "D"), first)
    last = np.where(never_ends, np.datetime64("9999-12-31", "D"), until)
    span = np.where(ever & never_ends, ALWAYS - 1, (last - first).astype("int64"))
    return first, last, span
