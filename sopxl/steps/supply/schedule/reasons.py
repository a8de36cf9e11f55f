"""Why a job is late or cannot be done, in a sentence for its planner."""

from __future__ import annotations

from collections.abc import Callable

from sopxl.steps.supply.schedule.jobs import Job
from sopxl.steps.supply.schedule.placing import Place, Shop
from sopxl.steps.supply.schedule.timing import INFINITE, Machinery

NEGLIGIBLE = 1e-6


def name_impossible(jobs: list[Job], machinery: Machinery) -> None:
    """Give a fault to jobs whose resources never work or do not work long enough, and to those that wait for such."""
    for job in jobs:
        job.fault = job.fault or _no_time(job, machinery)
    faulty = {job.number for job in jobs if job.fault}
    waiting: dict[int, list[Job]] = {}
    for job in jobs:
        for earlier in job.after:
            waiting.setdefault(earlier, []).append(job)
    reached = sorted(faulty)
    for number in reached:
        for job in waiting.get(number, []):
            if not job.fault:
                job.fault = f"It waits for {jobs[number].item}: job {jobs[number].code} cannot be done."
                reached.append(job.number)


def _no_time(job: Job, machinery: Machinery) -> str:
    """What the first operation lacks that can never be done; empty: nothing."""
    for operation in job.operations:
        for resource in (operation.resource, *operation.beside):
            if not machinery.times[resource].total * machinery.efficiency[resource]:
                return f"Resource {machinery.names[resource]} has no working hours in this time."
        resource = operation.resource
        total = machinery.times[resource].total
        needed = operation.run_hours / max(machinery.efficiency[resource], 1e-9) / machinery.rate[resource]
        if needed > total + NEGLIGIBLE:
            return (f"Operation {operation.name} takes {needed:,.0f} hours, more than the {total:,.0f} that "
                    f"{machinery.names[resource]} works in this time.")
    return ""


def why_late(
    shop: Shop, jobs: list[Job], tasks: list[int], places: list[Place | None], ends: dict[int, float],
    when: Callable[[float], str],
) -> str:
    """What puts a late job off most: ``tasks`` are those of the job in order, ``ends`` when each job is done.

    ``when`` tells a moment as planners read it.
    """
    job = jobs[shop.tasks[tasks[0]].job]
    if job.due <= 0:
        return "Late: it was due before the plan begins."
    put_off = [(0.0, "Late: its work takes longer than the time until it is due.")]
    first, before = job.planned_start, job.release
    if job.waits_for:
        put_off.append((before - first, f"Late: {job.waits_for} comes on {when(before)}."))
    for earlier in job.after:
        if ends[earlier] > before:
            before = ends[earlier]
            put_off.append((before - first, f"Late: waits until {when(before)} for {jobs[earlier].item} of job "
                                            f"{jobs[earlier].code}."))
    for number in tasks:
        place = places[number]
        if place is None or place.end == INFINITE:
            break
        begin = shop.times[number].begin(before)
        if place.start > begin + NEGLIGIBLE:
            name = shop.machinery.names[shop.tasks[number].resource]
            busy = f"{name} or what it needs beside is busy" if place.beside else f"{name} is busy"
            put_off.append((place.start - begin, f"Late: {busy} until {when(place.start)}."))
        before = place.end
    return max(put_off, key=lambda one: one[0])[1]
