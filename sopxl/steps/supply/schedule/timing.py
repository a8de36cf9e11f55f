"""The working time of each resource as intervals of hours from the start of the schedule, and how long work takes.

A resource's shifts come from its calendar, else its hours a day start at 06:00 (earlier where they would run over
midnight). Each period is then stretched or cut to the hours that the plan gives the resource there, so downtime,
workers, extra shifts and overtime count as in the capacity plan: days get longer, and where they are full the days
off are worked.
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
SAME = 1e-6
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
    regular, hours = np.nan_to_num(view.plan.regular_hours), _planned_hours(view)
    machines = np.maximum(np.nan_to_num(resources["machines"].to_numpy(float), nan=1.0) // 1, 1.0)
    efficiency = resources["efficiency"].fillna(1.0).to_numpy(float)
    times, rates = [], []
    for row in range(len(resources)):
        share = 1.0 / (machines[row] * efficiency[row]) if efficiency[row] > 0 else 0.0
        time, rate = _working_time(view, resources.iloc[row], regular[row] * share, hours[row] * share, days)
        times.append(time)
        rates.append(rate)
    return Machinery(
        [str(name) for name in resources["resource"]], machines.astype(int), efficiency, np.asarray(rates, float),
        resources["hourly_cost"].fillna(0.0).to_numpy(float), times,
    )


def _planned_hours(view: PlanView) -> np.ndarray:
    """Hours of each resource (R x T): regular time of those employed, extra shifts run, and overtime as planned."""
    found = view.plan
    hours = np.nan_to_num(found.regular_hours) + found.extra_hours
    overtime = np.minimum(np.maximum(found.hours - hours, 0.0), np.nan_to_num(found.overtime_limit))
    return np.asarray(hours + overtime)


def _working_time(
    view: PlanView, resource: pd.Series, regular: np.ndarray, hours: np.ndarray, days: int
) -> tuple[WorkingTime, float]:
    """One resource's working time and rate; ``regular`` and all ``hours``: of one machine in each period."""
    first, lengths = view.settings.periods.index[0].start_time, view.settings.periods.days.astype(int)
    if resource["calendar"]:
        shifts = _with_free_days(working_hours(view.tables, str(resource["calendar"]), first, days))
        usual = np.array([_length(day) for day in shifts])
        return _joined(shifts, _wanted(lengths, usual, hours, usual > 0, _room(shifts))), 1.0
    weekday = (first + pd.to_timedelta(np.arange(days), "D")).day_of_week.to_numpy()
    works = (weekday < 5) if resource["days"] == "working" else np.ones(days, bool)
    usual = np.where(works, np.nan_to_num(float(resource["hours_per_day"])) / max(resource["machines"] // 1, 1.0), 0.0)
    in_regular_time = _wanted(lengths, usual, regular, works, np.full(days, INFINITE))
    most = max(in_regular_time.max(initial=0.0), (hours / np.maximum(lengths, 1)).max(initial=0.0))
    rate = max(float(most) / HOURS_PER_DAY, 1.0)
    length = _wanted(lengths, usual, hours, works, np.full(days, HOURS_PER_DAY * rate)) / rate
    start = np.arange(days) * HOURS_PER_DAY + np.minimum(USUAL_START, np.floor(HOURS_PER_DAY - length))
    worked = length > 1e-9
    return _merged(start[worked], (start + length)[worked]), rate


def _length(intervals: np.ndarray) -> float:
    return float((intervals[:, 1] - intervals[:, 0]).sum())


def _wanted(
    lengths: np.ndarray, usual: np.ndarray, hours: np.ndarray, works: np.ndarray, room: np.ndarray
) -> np.ndarray:
    """Hours of one machine on each day, so that each period (of ``lengths`` days) has its hours; as usual after its
    end. What days have no room for falls to the others of the period, last to those on which nobody works else."""
    wanted, first = usual.copy(), 0
    for days, given in zip(lengths, hours, strict=True):
        day = slice(first, first + days)
        first += days
        total, free = wanted[day].sum(), works[day].sum()
        if total > 0 and abs(given / total - 1) > SAME:
            wanted[day] *= given / total
        elif total == 0 and free > 0:
            wanted[day] = np.where(works[day], given / free, 0.0)
        wanted[day] = _within(room[day], wanted[day], works[day], given)
    return wanted


def _within(room: np.ndarray, wanted: np.ndarray, works: np.ndarray, given: float) -> np.ndarray:
    """The hours of the days of a period with none beyond its room."""
    kept = np.minimum(wanted, room)
    left = given - kept.sum()
    for days in (works, ~works):
        space = np.where(days, room - kept, 0.0)
        if left > SAME * given and space.sum() > 0:
            added = space * min(left / space.sum(), 1.0) if np.isfinite(space).all() else np.zeros(len(space))
            kept, left = kept + added, left - added.sum()
    return np.asarray(kept)


def _with_free_days(shifts: list[np.ndarray]) -> list[np.ndarray]:
    """The shifts of each day; a day without has one of no length, where overtime may begin."""
    end, filled = 0.0, []
    for day, intervals in enumerate(shifts):
        begin = max(day * HOURS_PER_DAY + USUAL_START, end)
        filled.append(intervals if len(intervals) else np.array([[begin, begin]]))
        end = float(filled[-1][-1, 1])
    return filled


def _limits(shifts: list[np.ndarray]) -> list[float]:
    """When the last shift of each day must end: as the next day begins to work, after 24 hours at most."""
    following = [float(day[0, 0]) for day in shifts[1:]]
    return [min(limit, float(day[0, 0]) + HOURS_PER_DAY) for day, limit in zip(shifts, [*following, INFINITE],
                                                                               strict=True)]


def _room(shifts: list[np.ndarray]) -> np.ndarray:
    """Hours that each day can have."""
    return np.array([_length(day[:-1]) + limit - day[-1, 0] for day, limit in zip(shifts, _limits(shifts),
                                                                                  strict=True)])


def _joined(shifts: list[np.ndarray], wanted: np.ndarray) -> WorkingTime:
    """Shifts cut, or the last of a day stretched, so that each day has the hours wanted."""
    starts, ends = [], []
    for day, limit, hours in zip(shifts, _limits(shifts), wanted, strict=True):
        left = float(hours)
        for position, (start, end) in enumerate(day.tolist()):
            length = min(left, limit - start if position == len(day) - 1 else end - start)
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
