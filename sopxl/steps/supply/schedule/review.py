"""Fills the table of the job schedule: the jobs of the near weeks, in order on their resources."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.periods import DAYS_PER_PERIOD
from sopxl.steps.supply.calendars import HOURS_PER_DAY
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.schedule.changeovers import Changeovers, read_changeovers
from sopxl.steps.supply.schedule.feeding import link_jobs
from sopxl.steps.supply.schedule.jobs import Job, find_jobs
from sopxl.steps.supply.schedule.placing import Place, Shop, Task
from sopxl.steps.supply.schedule.sequence import make_schedule
from sopxl.steps.supply.schedule.timing import INFINITE, Machinery, read_machinery
from sopxl.steps.supply.tables import JOB_SCHEDULE

LEAST_MARGIN = 14
MINUTE = 1 / 60


@review(JOB_SCHEDULE)
def job_schedule(view: PlanView) -> pd.DataFrame:
    """The jobs that start or are due within the setting Schedule days, an operation a row, by resource and sequence.

    Jobs that cannot be done have rows without dates, with the reason. What starts later and is not due is left out.
    """
    window = float(view.settings.schedule_days) * HOURS_PER_DAY
    if window <= 0:
        return JOB_SCHEDULE.empty_frame()
    machinery = read_machinery(view, _days_looked_at(view))
    jobs = find_jobs(view, machinery, window)
    if not jobs:
        return JOB_SCHEDULE.empty_frame()
    link_jobs(view, jobs, window)
    _name_impossible(view, jobs, machinery)
    changeovers = read_changeovers(view.tables["changeovers"])
    shop = Shop(_tasks(jobs, changeovers), machinery, changeovers)
    places = make_schedule(shop, view.settings.schedule_seconds, _holding(view, jobs, shop))
    return _rows(view, jobs, shop, places, window)


def _days_looked_at(view: PlanView) -> int:
    """Days for which working time is read: those scheduled and as many again, so that late jobs still find a place."""
    days, ends = view.settings.schedule_days, np.cumsum(view.settings.periods.days)
    starting = ends[np.searchsorted(ends - view.settings.periods.days, days) - 1]
    return int(max(days, starting) + max(days, LEAST_MARGIN))


def _name_impossible(view: PlanView, jobs: list[Job], machinery: Machinery) -> None:
    """Give a fault to jobs whose resources never work or do not work long enough, and to those that wait for such."""
    for job in jobs:
        for operation in job.operations:
            total = machinery.times[operation.resource].total
            efficiency = machinery.efficiency[operation.resource]
            name = machinery.names[operation.resource]
            without = [other for other in (operation.resource, *operation.beside)
                       if not machinery.times[other].total * machinery.efficiency[other]]
            needed = operation.run_hours / max(efficiency, 1e-9) / machinery.rate[operation.resource]
            if job.fault:
                break
            if without:
                job.fault = f"Resource {machinery.names[without[0]]} has no working hours in this time."
            elif needed > total + 1e-6:
                job.fault = (f"Operation {operation.name} takes {needed:,.0f} hours, more than the {total:,.0f} that "
                             f"{name} works in this time.")
    for job in sorted(jobs, key=lambda one: (one.period, one.number)):
        _inherit(jobs, job)


def _inherit(jobs: list[Job], job: Job) -> None:
    """A job that waits for one that cannot be done cannot be done either."""
    waiting = [job]
    seen: set[int] = set()
    while waiting and not job.fault:
        for earlier in waiting.pop().after:
            if jobs[earlier].fault:
                job.fault = f"It waits for {jobs[earlier].item}: job {jobs[earlier].code} cannot be done."
                break
            if earlier not in seen:
                seen.add(earlier)
                waiting.append(jobs[earlier])


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


def _rows(view: PlanView, jobs: list[Job], shop: Shop, places: list[Place | None], window: float) -> pd.DataFrame:
    """The rows of the table, by resource, machine and start; jobs that cannot be done come last."""
    done: dict[int, float] = {}
    for task, place in zip(shop.tasks, places, strict=True):
        if place is not None:
            done[task.job] = max(done.get(task.job, 0.0), place.end)
    records = []
    for task, place in zip(shop.tasks, places, strict=True):
        job = jobs[task.job]
        if place is None or (place.start >= window and job.due > window and job.order == ""):
            continue
        records.append(_row(view, job, shop, task, place, done[task.job]))
    for job in jobs:
        if job.fault:
            names = [operation.name for operation in job.operations] or [""]
            records += [_bare_row(view, job, name) for name in names]
    frame = pd.DataFrame(records)
    if frame.empty:
        return JOB_SCHEDULE.empty_frame()
    order = {name: number for number, name in enumerate(shop.machinery.names)}
    key = frame["_resource"].map(order).fillna(len(order))
    frame = frame.assign(_key=key).sort_values(["_key", "_machine", "_start", "job", "operation"], kind="stable")
    frame["sequence"] = frame.groupby("resource").cumcount() + 1.0
    frame.loc[frame["start"].isna(), "sequence"] = np.nan
    frame["line"] = np.arange(1.0, len(frame) + 1)
    return frame.assign(name=view.name_of(frame["item"])).reset_index(drop=True)


def _row(view: PlanView, job: Job, shop: Shop, task: Task, place: Place, done: float) -> dict[str, object]:
    """One operation with its place."""
    row = _bare_row(view, job, task.name)
    row |= {"_resource": shop.machinery.names[task.resource], "setup_group": task.setup.group}
    if place.end == INFINITE:
        return {**row, "resource": row["_resource"], "status": "No working time is left for it in these weeks."}
    before = place.setup_before
    changed = before is not None and before.group != task.setup.group
    days = max(done - job.due, 0.0) / HOURS_PER_DAY if done < INFINITE else np.nan
    return {
        **row, "_machine": place.machine, "_start": place.start, "resource": _unit(shop, task.resource, place.machine),
        "beside": ", ".join(_unit(shop, other, unit) for other, unit in zip(task.beside, place.beside, strict=True)),
        "start": _moment(view, place.start), "end": _moment(view, place.end),
        "setup_hours": place.changeover.hours,
        "run_hours": task.run_hours / max(float(shop.machinery.efficiency[task.resource]), 1e-9),
        "changeover": f"{before.group} → {task.setup.group}" if changed and before is not None else "",
        "changeover_cost": place.changeover.cost, "days_late": days,
        "status": "In time" if days <= MINUTE / HOURS_PER_DAY else "Late" if days == days else
        "A later operation finds no working time in these weeks.",
    }


def _bare_row(view: PlanView, job: Job, operation: str) -> dict[str, object]:
    """What is known of an operation without its place."""
    due = _moment(view, job.due - MINUTE) if job.due < 1e6 else pd.NaT
    return {
        "job": job.code, "order": job.order, "item": job.item, "location": job.location, "operation": operation,
        "resource": "", "quantity": job.quantity, "due": due,
        "status": job.fault, "start": pd.NaT, "end": pd.NaT, "_resource": "", "_machine": 0, "_start": 1e9,
    }


def _unit(shop: Shop, resource: int, machine: int) -> str:
    """The resource, and the number of its machine where it has several."""
    name = shop.machinery.names[resource]
    if shop.machinery.machines[resource] < 2:
        return name
    return f"{name} #{machine - shop.machines[resource].start + 1}"


def _moment(view: PlanView, hours: float) -> pd.Timestamp:
    """Hours from the start as date and time, to the minute."""
    first = view.settings.periods.index[0].start_time
    return pd.Timestamp(first + pd.Timedelta(minutes=round(hours * 60)))
