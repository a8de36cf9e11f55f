"""The jobs of the near weeks: open production orders and the lots that the plan starts, with their operations.

What a job is made of and when it may start and shall be done is said here; when it is done is for ``sequence``.
All times are hours since the first day of the plan begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.steps.supply.calendars import HOURS_PER_DAY
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.schedule.timing import Machinery

MOST_LOTS = 100
"""Most jobs that one period's production of an item is broken into."""
PLANNED_PRIORITY = 1.0
"""Planned lots count as much as open orders whose priority nobody changed."""
NEGLIGIBLE = 1e-6
PLACE = ["item", "location"]


@dataclass
class Job:
    """A lot to be made. ``started``: units that the first operation works on; ``quantity``: good units.

    ``make``: row of the network's makes, -1 for an order of what the plan does not make. ``fault``: why it cannot be
    scheduled; empty: it can. ``after``: jobs that it waits for because they make its components.
    """

    number: int
    order: str
    item: str
    location: str
    routing: str
    make: int
    quantity: float
    started: float
    period: int
    release: float
    due: float
    priority: float
    is_open: bool
    fault: str = ""
    after: list[int] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The job's number as planners see it."""
        return f"J{self.number + 1:04d}"


@dataclass(frozen=True)
class Operation:
    """One step of a job on its primary resource; ``beside``: resources needed at the same time."""

    name: str
    resource: int
    beside: tuple[int, ...]
    run_hours: float
    setup_hours: float
    setup_group: str


def find_jobs(view: PlanView, machinery: Machinery, window: float) -> list[Job]:
    """The jobs that start or are due in the periods that begin within the window (hours), operations filled in."""
    starts = _period_starts(view)
    jobs = [*_open_jobs(view, starts, window), *_planned_jobs(view, starts, window)]
    jobs.sort(key=lambda job: (not job.is_open, job.due, job.priority, job.item, job.location, job.order))
    steps = _steps_by_place(view)
    for job in jobs:
        found, job.routing = _routing_of(steps.get((job.item, job.location), {}), job.routing)
        if found is None:
            job.fault = "No routing says on which resource it is made and how long it takes."
        else:
            job.operations = _operations(job, found, machinery)
    jobs = [job for job in jobs if job.operations or job.is_open]
    for number, job in enumerate(jobs):
        job.number = number
    return jobs


def _period_starts(view: PlanView) -> np.ndarray:
    """When each period starts, and when the last ends: hours."""
    return np.concatenate([[0.0], np.cumsum(view.settings.periods.days)]) * HOURS_PER_DAY


def _planned_jobs(view: PlanView, starts: np.ndarray, window: float) -> list[Job]:
    """The lots of production that starts within the window; due by the end of the period that the plan has them in."""
    makes, flows = view.network.makes, view.planned
    near = int((starts[:-1] < window).sum())
    lot_size = _lot_sizes(view)
    jobs = []
    for make, period in np.argwhere(flows.make_start[:, :near] > NEGLIGIBLE).tolist():
        way = makes.iloc[make]
        good = _number(way.get("yield_rate", 1.0), 1.0)
        due = starts[min(period + int(way["lead"]) + 1, len(starts) - 1)]
        lots = _lots(float(flows.make_start[make, period]), float(flows.make_lots[make, period]), lot_size[make])
        jobs += [Job(0, "", str(way["item"]), str(way["location"]), str(way.get("routing", "")), make, started * good,
                     started, period, float(starts[period]), float(due), PLANNED_PRIORITY, False) for started in lots]
    return jobs


def _lot_sizes(view: PlanView) -> np.ndarray:
    """The fixed lot of each make, NaN where there is none."""
    nodes = view.network.nodes.iloc[view.network.makes["node"].to_numpy(int)]
    fixed = (nodes["lot_rule"] == "fixed").to_numpy()
    return np.where(fixed, nodes["lot_size"].to_numpy(float), np.nan)


def _lots(quantity: float, count: float, size: float) -> list[float]:
    """A quantity in lots: of the usual size and a rest, else of equal size (whole units where the whole is)."""
    if size > 0 and quantity / size <= MOST_LOTS:
        whole = int(quantity / size + NEGLIGIBLE)
        rest = quantity - whole * size
        return [size] * whole + ([rest] if rest > NEGLIGIBLE * quantity else [])
    number = int(min(max(round(_number(count, 1.0)), 1), MOST_LOTS))
    if quantity == round(quantity) and quantity >= number:
        low, more = divmod(int(quantity), number)
        return [float(low + 1)] * more + [float(low)] * (number - more)
    return [quantity / number] * number


def _open_jobs(view: PlanView, starts: np.ndarray, window: float) -> list[Job]:
    """Open production orders whose lead time begins within the window; what they are made of is issued already."""
    orders = view.tables["open_orders"]
    orders = orders[(orders["kind"] == "production") & (orders["quantity"].fillna(0.0) > NEGLIGIBLE)]
    first = view.settings.periods.index[0].start_time
    places = view.network.makes[PLACE].drop_duplicates()
    make_of = {(item, location): int(row) for row, item, location in places.itertuples()}
    lead = view.tables["items"].drop_duplicates("item").set_index("item")["lead_time"]
    period = positions_of(orders["due_period"], view.settings)
    jobs = []
    for at, (_, order) in zip(period, orders.iterrows(), strict=True):
        known = at == at
        end = starts[int(np.clip(at, 0, len(starts) - 2)) + 1] if known else starts[1]
        if order["due_date"] == order["due_date"]:
            end = ((pd.Timestamp(order["due_date"]).normalize() - first).days + 1) * HOURS_PER_DAY
        elif known and (at < 0 or at > len(starts) - 2):
            end = 0.0 if at < 0 else INFINITE_DUE
        days = _number(lead.get(order["item"], 0.0), 0.0)
        if end - (days + 1) * HOURS_PER_DAY >= max(window, starts[1] if window > 0 else 0.0):
            continue
        jobs.append(Job(0, str(order["order"]), str(order["item"]), str(order["location"]), "",
                        make_of.get((order["item"], order["location"]), -1), float(order["quantity"]), 0.0,
                        int(np.clip(np.nan_to_num(at), 0, len(starts) - 2)), 0.0, float(end),
                        _number(order["priority"], 1.0), True))
    return jobs


INFINITE_DUE = 1e7
"""Due beyond the plan: hours that no schedule reaches."""


def _steps_by_place(view: PlanView) -> dict[tuple[str, str], dict[str, pd.DataFrame]]:
    """The rows of each routing: place -> routing -> rows in the order of operations, the usual routing first."""
    routings = view.tables["routings"]
    order = pd.DataFrame({
        "priority": routings["priority"].fillna(1.0), "routing": routings["routing"],
        "place": pd.to_numeric(routings["operation"], errors="coerce"), "operation": routings["operation"],
    }).sort_values(["priority", "routing", "place", "operation"], kind="stable").index
    steps: dict[tuple[str, str], dict[str, pd.DataFrame]] = {}
    for (item, location, routing), rows in routings.loc[order].groupby([*PLACE, "routing"], sort=False):
        steps.setdefault((str(item), str(location)), {})[str(routing)] = rows
    return steps


def _routing_of(ways: dict[str, pd.DataFrame], wanted: str) -> tuple[pd.DataFrame | None, str]:
    """The rows of the routing wanted, else of the usual one, and its code."""
    if not ways:
        return None, wanted
    code = wanted if wanted in ways else next(iter(ways))
    return ways[code], code


def _operations(job: Job, rows: pd.DataFrame, machinery: Machinery) -> list[Operation]:
    """The job's operations; sets how many units it starts with, and its fault where a resource is unknown."""
    grouped = [(str(name), step) for name, step in rows.groupby("operation", sort=False)]
    rates = [_number(float(step["yield_rate"].min()), 1.0) for _, step in grouped]
    if job.is_open:
        job.started = job.quantity / max(float(np.prod(rates)), NEGLIGIBLE)
    units, operations = job.started, []
    for (name, step), rate in zip(grouped, rates, strict=True):
        unknown = [str(code) for code in step["resource"] if str(code) not in machinery.number]
        if unknown:
            job.fault = f"Resource {unknown[0]} of operation {name} is not among the resources."
            return []
        operations.append(_operation(job, name, step, units, machinery))
        units *= rate
    return operations


def _operation(job: Job, name: str, step: pd.DataFrame, units: float, machinery: Machinery) -> Operation:
    """One operation: of its primary resources the one that takes longest sets its duration."""
    numbers = [machinery.number[str(code)] for code in step["resource"]]
    hours = step["hours_per_unit"].fillna(0.0).to_numpy(float) * units
    setup = step["setup_hours"].fillna(0.0).to_numpy(float)
    primary = (step["use"] != "secondary").to_numpy()
    efficiency = np.maximum(machinery.efficiency[numbers], NEGLIGIBLE)
    length = np.where(primary if primary.any() else True, setup + hours / efficiency, -1.0)
    chosen = int(np.argmax(length))
    group = str(step["setup_group"].iloc[chosen]) or job.item
    beside = tuple(number for position, number in enumerate(numbers) if position != chosen)
    return Operation(name, numbers[chosen], beside, float(hours[chosen]), float(setup[chosen]),
                     group)


def _number(value: float, otherwise: float) -> float:
    """A number, or what stands for an empty one."""
    return otherwise if value is None or value != value else float(value)
