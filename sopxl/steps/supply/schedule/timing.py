"""The working time of each resource as intervals of hours from the start of the schedule, and how long work takes.

A resource's shifts come from its calendar, else its hours a day start at 06:00 (earlier where they would run over
midnight). Each period is then stretched or cut to the hours that the plan gives the resource there, so downtime and
workers count as in the capacity plan.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.steps.supply.calendars import HOURS_PER_DAY, working_hours
from sopxl.steps.supply.plan_view import PlanView

USUAL_START = 6.0
SAME = 0.005
INFINITE = float("inf")


@dataclass(frozen=True)
class WorkingTime:
    """Working intervals, in order and apart: hours since the schedule starts."""

    starts: tuple[float, ...]
    ends: tuple[float, ...]

    @cached_property
    def before(self) -> tuple[float, ...]:
        """Hours worked before each interval, and in all of them."""
        lengths = np.asarray(self.ends) - np.asarray(self.starts)
        return tuple(np.concatenate([[0.0], np.cumsum(lengths)]).tolist())

    @property
    def total(self) -> float:
        """Hours in all."""
        return self.before[-1]

    def worked(self, moment: float) -> float:
        """Hours worked until a moment."""
        at = bisect_right(self.starts, moment) - 1
        return 0.0 if at < 0 else self.before[at] + min(moment, self.ends[at]) - self.starts[at]

    def begin(self, moment: float) -> float:
        """The first working moment from this one on; infinite where there is none."""
        at = bisect_right(self.ends, moment + 1e-9)
        return INFINITE if at == len(self.ends) else max(moment, self.starts[at])

    def finish(self, begin: float, hours: float) -> float:
        """When work that begins at a working moment is done; infinite where the hours do not suffice."""
        if begin == INFINITE:
            return INFINITE
        until = self.worked(begin) + hours
        if until > self.before[-1] + 1e-7:
            return INFINITE
        at = max(bisect_left(self.before, until - 1e-9) - 1, 0)
        return max(begin, self.starts[at] + until - self.before[at])

    def moment(self, worked: float) -> float:
        """The moment at which so many hours have been worked."""
        return self.finish(self.begin(0.0), worked)

    def together(self, other: WorkingTime) -> WorkingTime:
        """When both work."""
        starts, ends, mine, theirs = [], [], 0, 0
        while mine < len(self.starts) and theirs < len(other.starts):
            start = max(self.starts[mine], other.starts[theirs])
            end = min(self.ends[mine], other.ends[theirs])
            if end - start > 1e-9:
                starts.append(start)
                ends.append(end)
            if self.ends[mine] <= other.ends[theirs]:
                mine += 1
            else:
                theirs += 1
        return WorkingTime(tuple(starts), tuple(ends))


@dataclass(frozen=True)
class Machinery:
    """The resources of a schedule. ``rate``: hours of work done in an hour of working time where a resource has more
    hours a day than the day, on one machine: a team counted as one."""

    names: list[str]
    machines: np.ndarray
    efficiency: np.ndarray
    rate: np.ndarray
    hourly_cost: np.ndarray
    times: list[WorkingTime]

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of each resource by name."""
        return {name: number for number, name in enumerate(self.names)}


def read_machinery(view: PlanView, days: int) -> Machinery:
    """The resources with their working time of so many days from the first of the plan on, whole periods."""
    resources = view.tables["resources"].drop_duplicates("resource").reset_index(drop=True)
    hours = view.network.regular_hours
    machines = np.maximum(np.nan_to_num(resources["machines"].to_numpy(float), nan=1.0) // 1, 1.0)
    efficiency = resources["efficiency"].fillna(1.0).to_numpy(float)
    times, rates = [], []
    for row in range(len(resources)):
        shared = hours[row] / (machines[row] * efficiency[row]) if efficiency[row] > 0 else np.zeros(hours.shape[1])
        time, rate = _working_time(view, resources.iloc[row], shared, days)
        times.append(time)
        rates.append(rate)
    return Machinery(
        [str(name) for name in resources["resource"]], machines.astype(int), efficiency, np.asarray(rates, float),
        resources["hourly_cost"].fillna(0.0).to_numpy(float), times,
    )


def _working_time(view: PlanView, resource: pd.Series, hours: np.ndarray, days: int) -> tuple[WorkingTime, float]:
    """One resource's working time and rate; ``hours``: of one machine in each period of the plan."""
    first = view.settings.periods.index[0].start_time
    if resource["calendar"]:
        shifts = working_hours(view.tables, str(resource["calendar"]), first, days)
        usual = np.array([_length(day) for day in shifts], float)
        return _joined(shifts, _wanted(view, usual, hours, usual > 0)), 1.0
    weekday = (first + pd.to_timedelta(np.arange(days), "D")).day_of_week.to_numpy()
    works = (weekday < 5) if resource["days"] == "working" else np.ones(days, bool)
    usual = np.nan_to_num(float(resource["hours_per_day"])) / max(float(resource["machines"]) // 1, 1.0)
    wanted = _wanted(view, np.full(days, usual), hours, works)
    rate = max(float(wanted.max(initial=0.0)) / HOURS_PER_DAY, 1.0)
    length = wanted / rate
    start = np.arange(days) * HOURS_PER_DAY + np.minimum(USUAL_START, HOURS_PER_DAY - length)
    worked = length > 1e-9
    return _merged(start[worked], (start + length)[worked]), rate


def _length(intervals: np.ndarray) -> float:
    return float((intervals[:, 1] - intervals[:, 0]).sum())


def _wanted(view: PlanView, usual: np.ndarray, hours: np.ndarray, works: np.ndarray) -> np.ndarray:
    """Hours of one machine on each day, so that each period of the plan has its hours; as usual after its end."""
    wanted, first = np.where(works, usual, 0.0), 0
    for days, given in zip(view.settings.periods.days.astype(int), hours, strict=True):
        day = slice(first, first + days)
        first += days
        total, free = wanted[day].sum(), works[day].sum()
        if total > 0 and abs(given / total - 1) > SAME:
            wanted[day] *= given / total
        elif total == 0 and free > 0:
            wanted[day] = np.where(works[day], given / free, 0.0)
    return wanted


def _joined(shifts: list[np.ndarray], wanted: np.ndarray) -> WorkingTime:
    """Shifts cut, or their last stretched until the next begins, so that each day has the hours wanted."""
    following = [float(day[0, 0]) for day in shifts if len(day)]
    starts, ends, day_number = [], [], 0
    for day, hours in zip(shifts, wanted, strict=True):
        if not len(day):
            continue
        day_number += 1
        limit = following[day_number] if day_number < len(following) else INFINITE
        left = float(hours)
        for position, (start, end) in enumerate(day.tolist()):
            last = position == len(day) - 1
            length = min(left, limit - start if last else end - start, HOURS_PER_DAY)
            left -= length
            if length > 1e-9:
                starts.append(float(start))
                ends.append(float(start + length))
    return _merged(np.asarray(starts, float), np.asarray(ends, float))


def _merged(starts: np.ndarray, ends: np.ndarray) -> WorkingTime:
    """Intervals in order, those that touch joined."""
    if not len(starts):
        return WorkingTime((), ())
    apart = starts[1:] > ends[:-1] + 1e-9
    return WorkingTime(tuple(starts[np.r_[True, apart]].tolist()), tuple(ends[np.r_[apart, True]].tolist()))
