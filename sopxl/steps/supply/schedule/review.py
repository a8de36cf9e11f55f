"""Fills the table of the job schedule: the jobs of the near weeks, in order on their resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.periods import DAYS_PER_PERIOD
from sopxl.steps.supply.calendars import HOURS_PER_DAY
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.schedule.changeovers import Changeovers, Setup, read_changeovers
from sopxl.steps.supply.schedule.feeding import link_jobs
from sopxl.steps.supply.schedule.jobs import Job, find_jobs
from sopxl.steps.supply.schedule.open_orders import BEYOND
from sopxl.steps.supply.schedule.placing import Place, Shop, Task
from sopxl.steps.supply.schedule.reasons import name_impossible, why_late
from sopxl.steps.supply.schedule.sequence import make_schedule
from sopxl.steps.supply.schedule.timing import INFINITE, read_machinery
from sopxl.steps.supply.tables import JOB_SCHEDULE

LEAST_MARGIN = 14
MINUTE = 1 / 60
ORDER = ["_resource", "_machine", "_start", "job", "operation"]


@review(JOB_SCHEDULE)
def job_schedule(view: PlanView) -> pd.DataFrame:
    """The jobs that start or are due within the setting Schedule days, an operation a row, by resource and sequence.

    Jobs that cannot be done have rows without dates, with the reason. What starts later and is not due is left out.
    """
    window = float(view.settings.schedule_days) * HOURS_PER_DAY
    if window <= 0:
        return JOB_SCHEDULE.empty_frame()
    days = _days_looked_at(view)
    machinery = read_machinery(view, days)
    jobs = find_jobs(view, machinery, window)
    if not jobs:
        return JOB_SCHEDULE.empty_frame()
    link_jobs(view, jobs, window, days * HOURS_PER_DAY)
    name_impossible(jobs, machinery)
    changeovers = read_changeovers(view.tables["changeovers"])
    shop = Shop(_tasks(jobs, changeovers), machinery, changeovers)
    places = make_schedule(shop, view.settings.schedule_seconds, _holding(view, jobs, shop))
    return _Writer(view, jobs, shop, places).rows(window)


def _days_looked_at(view: PlanView) -> int:
    """Days for which working time is read: the periods scheduled and as many days again, so that late jobs still find
    a place; to the end of a period."""
    days, ends = view.settings.schedule_days, np.cumsum(view.settings.periods.days).astype(int)
    last = len(ends) - 1
    scheduled = int(ends[min(int(np.searchsorted(ends, days)), last)])
    most = max(days, scheduled) + max(days, LEAST_MARGIN)
    return max(most, int(ends[min(int(np.searchsorted(ends, most)), last)]))


def _tasks(jobs: list[Job], changeovers: Changeovers) -> list[Task]:
    """The operations of all jobs that can be done, each behind the one before it and behind the jobs that feed it."""
    possible = [job for job in jobs if not job.fault]
    first, last, count = {}, {}, 0
    for job in possible:
        first[job.number] = count
        count += len(job.operations)
        last[job.number] = count - 1
    tasks = []
    for job in possible:
        feeding = tuple(dict.fromkeys(last[earlier] for earlier in job.after))
        for position, operation in enumerate(job.operations):
            number = first[job.number] + position
            tasks.append(Task(
                job.number, operation.name, operation.resource, operation.beside, operation.run_hours,
                operation.setup_hours, changeovers.setup(operation.setup_group, job.item),
                (number - 1,) if position else feeding, job.release, job.due, job.priority,
                number == last[job.number], job.quantity,
            ))
    return tasks


def _holding(view: PlanView, jobs: list[Job], shop: Shop) -> dict[int, float]:
    """Cost of having a task's units in stock one day."""
    nodes = view.network.nodes
    per_day = dict(zip(zip(nodes["item"], nodes["location"], strict=True),
                       np.nan_to_num(nodes["holding_cost"].to_numpy(float)) / DAYS_PER_PERIOD[view.settings.bucket],
                       strict=True))
    return {
        number: float(per_day.get((jobs[task.job].item, jobs[task.job].location), 0.0)) * task.quantity
        for number, task in enumerate(shop.tasks)
    }


@dataclass
class _Writer:
    """Holds what the rows are written from."""

    view: PlanView
    jobs: list[Job]
    shop: Shop
    places: list[Place | None]

    @cached_property
    def first(self) -> datetime:
        """When the plan begins."""
        return self.view.settings.periods.index[0].start_time.to_pydatetime()

    @cached_property
    def done(self) -> dict[int, float]:
        """When each job is done."""
        done: dict[int, float] = {}
        for task, place in zip(self.shop.tasks, self.places, strict=True):
            if place is not None:
                done[task.job] = max(done.get(task.job, 0.0), place.end)
        return done

    def rows(self, window: float) -> pd.DataFrame:
        """The rows of the table, by resource, machine and start; jobs that cannot be done come last."""
        placed = [
            number for number, (task, place) in enumerate(zip(self.shop.tasks, self.places, strict=True))
            if place is not None
            and (place.start < window or self.jobs[task.job].due <= window or self.jobs[task.job].is_open)
        ]
        bare = [(job, name) for job in self.jobs if job.fault
                for name in [operation.name for operation in job.operations] or [""]]
        found = [frame for frame in (self._placed(placed), self._bare(bare)) if len(frame)]
        if not found:
            return JOB_SCHEDULE.empty_frame()
        frame = pd.concat(found, ignore_index=True).sort_values(ORDER, kind="stable", ignore_index=True)
        sequence = frame.groupby("resource").cumcount() + 1.0
        return frame.assign(sequence=sequence.where(frame["start"].notna()), line=np.arange(1.0, len(frame) + 1))

    def _known(self, jobs: list[Job], operations: list[str]) -> pd.DataFrame:
        """What is known of operations without their places."""
        items = pd.Index([job.item for job in jobs], dtype="object")
        due = np.array([job.due for job in jobs], float)
        return pd.DataFrame({
            "job": [job.code for job in jobs], "order": [job.order for job in jobs], "item": items,
            "name": self.view.name_of(items),
            "location": [job.location for job in jobs], "operation": operations,
            "quantity": [job.quantity for job in jobs],
            "due": self._moments(np.where(due < BEYOND, due - MINUTE, np.nan)),
        })

    def _bare(self, operations: list[tuple[Job, str]]) -> pd.DataFrame:
        """Operations of jobs that cannot be done."""
        jobs, none = [job for job, _ in operations], self._moments([np.nan] * len(operations))
        return self._known(jobs, [name for _, name in operations]).assign(
            resource="", status=[job.fault for job in jobs], **dict.fromkeys(("start", "end"), none),
            _resource=len(self.shop.machinery.names), _machine=0, _start=INFINITE,
        )

    def _placed(self, numbers: list[int]) -> pd.DataFrame:
        """Operations with their places, and those for which no time is left."""
        tasks = [self.shop.tasks[number] for number in numbers]
        places = [place for number in numbers if (place := self.places[number]) is not None]
        begin, end = (np.array([getattr(place, name) for place in places], float) for name in ("start", "end"))
        done = np.array([self.done[task.job] for task in tasks], float)
        late = np.maximum(done - [task.due for task in tasks], 0.0) / HOURS_PER_DAY
        never = end == INFINITE
        efficiency = np.maximum(self.shop.machinery.efficiency, 1e-9)
        frame = self._known([self.jobs[task.job] for task in tasks], [task.name for task in tasks]).assign(
            resource=[self._unit(task.resource, place.machine) for task, place in zip(tasks, places, strict=True)],
            beside=[", ".join(self._unit(other, unit) for other, unit in zip(task.beside, place.beside, strict=True))
                    for task, place in zip(tasks, places, strict=True)],
            setup_group=[task.setup.group for task in tasks], start=self._moments(begin), end=self._moments(end),
            setup_hours=[place.changeover.hours for place in places],
            run_hours=[task.run_hours / efficiency[task.resource] for task in tasks],
            changeover=[_change(place.setup_before, task.setup) for task, place in zip(tasks, places, strict=True)],
            changeover_cost=[place.changeover.cost for place in places],
            days_late=np.where(np.isfinite(late), late, np.nan), status=self._statuses(tasks, places, late),
            _resource=[task.resource for task in tasks], _machine=[place.machine for place in places], _start=begin,
        )
        frame.loc[never, ["resource", "beside", "changeover"]] = ""
        frame.loc[never, ["setup_hours", "run_hours", "changeover_cost"]] = np.nan
        return frame

    def _statuses(self, tasks: list[Task], places: list[Place], late: np.ndarray) -> list[str]:
        """In time, or why not."""
        of_job: dict[int, list[int]] = {}
        for number, task in enumerate(self.shop.tasks):
            of_job.setdefault(task.job, []).append(number)
        why: dict[int, str] = {}
        found = []
        for task, place, days in zip(tasks, places, late.tolist(), strict=True):
            if days > MINUTE / HOURS_PER_DAY and task.job not in why:
                why[task.job] = why_late(self.shop, self.jobs, of_job[task.job], self.places, self.done, self._told)
            if place.end == INFINITE:
                found.append(f"No working time is left for it on {self.shop.machinery.names[task.resource]} "
                             "in these weeks.")
            elif days == INFINITE:
                found.append("A later operation finds no working time in these weeks.")
            else:
                found.append(why.get(task.job, "In time"))
        return found

    def _unit(self, resource: int, machine: int) -> str:
        """The resource, and the number of its machine where it has several."""
        name = self.shop.machinery.names[resource]
        if self.shop.machinery.machines[resource] < 2:
            return name
        return f"{name} #{machine - self.shop.machines[resource].start + 1}"

    def _moments(self, hours: Sequence[float] | np.ndarray) -> pd.DatetimeIndex:
        """Hours from the start as dates and times, to the minute; empty where there are none."""
        minutes = np.asarray(hours, float) * 60
        known = np.isfinite(minutes)
        offset = pd.to_timedelta(np.where(known, np.round(np.where(known, minutes, 0.0)), 0.0), unit="min")
        moments = self.first + offset
        return pd.DatetimeIndex(moments.where(known))

    def _told(self, hours: float) -> str:
        """A moment as the job chart shows it."""
        return f"{self.first + timedelta(hours=hours):%d.%m. %H:%M}" if hours < INFINITE else "no day of these weeks"


def _change(before: Setup | None, after: Setup) -> str:
    """From what to what a resource is changed."""
    return f"{before.group} → {after.group}" if before is not None and before.group != after.group else ""
