"""Which stock, receipts and jobs each job's components come from: first come, first served, item by item.

Whatever uses an item draws on it in the order of time: jobs, production that is in no job, customers and transfers.
Open orders have their components already.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sopxl.steps.supply.figures import add_rows, co_product_receipts
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.requirements import set_forward
from sopxl.steps.supply.schedule.jobs import NEGLIGIBLE, Job, period_starts
from sopxl.steps.supply.words import amount

NO_JOB = -1
BEFORE_THE_PLAN = -1
INSIDE, OUTWARD = 0, 1
"""In a period, production is served before customers and transfers."""


class _Use(NamedTuple):
    """Units of a node that are used in a period."""

    node: int
    period: int
    kind: int
    due: float
    job: int
    units: float


class _Supply(NamedTuple):
    """Units of a node that come in a period, and the job that makes them."""

    node: int
    period: int
    job: int
    units: float


def link_jobs(view: PlanView, jobs: list[Job], window: float, until: float) -> None:
    """Fill in what each planned job waits for, put off its release to its components' receipts, name what is missing.

    Jobs start in periods that begin within the window (hours). A job whose component can neither be had nor made in
    the periods that begin before ``until`` (hours) gets a fault that names it.
    """
    starts = period_starts(view)
    near, seen = (int((starts[:-1] < end).sum()) for end in (window, until))
    uses = _uses_of_jobs(view, jobs)
    nodes = np.unique([use.node for use in uses]).astype(int)
    if not len(nodes):
        return
    wanted = np.zeros(len(view.network.nodes), bool)
    wanted[nodes] = True
    beside = _starts_without_jobs(view, jobs)
    uses += _other_uses(view, beside, wanted, near)
    supplies = _supplies(view, jobs, beside, wanted, seen)
    _serve(view, jobs, sorted(uses), sorted(supplies), starts)


def _is_scheduled(job: Job) -> bool:
    return bool(job.operations)


def _uses_of_jobs(view: PlanView, jobs: list[Job]) -> list[_Use]:
    """What planned jobs use of each component."""
    network = view.network
    components, is_open = network.components, network.component_open
    of_make: dict[int, list[tuple[int, int, float]]] = {}
    columns = (components[name].tolist() for name in ("make", "node", "quantity"))
    for row, (make, node, quantity) in enumerate(zip(*columns, strict=True)):
        of_make.setdefault(make, []).append((row, node, quantity))
    return [
        _Use(node, job.period, INSIDE, job.due, job.number, quantity * job.started)
        for job in jobs if _is_scheduled(job) and not job.is_open
        for row, node, quantity in of_make.get(job.make, ()) if is_open is None or is_open[row, job.period]
    ]


def _starts_without_jobs(view: PlanView, jobs: list[Job]) -> np.ndarray:
    """Production of the plan that is in no job: M x T."""
    left = view.planned.make_start.copy()
    for job in jobs:
        if _is_scheduled(job) and not job.is_open:
            left[job.make, job.period] -= job.started
    return np.where(left > NEGLIGIBLE * np.maximum(view.planned.make_start, 1.0), left, 0.0)


def _other_uses(view: PlanView, beside: np.ndarray, wanted: np.ndarray, near: int) -> list[_Use]:
    """What production without jobs, customers and transfers use of the wanted nodes in the near periods."""
    network, flows = view.network, view.planned
    components = network.components
    inside, outward = np.zeros((len(wanted), near)), np.zeros((len(wanted), near))
    used = beside[components["make"].to_numpy(int), :near] * components["quantity"].to_numpy(float)[:, None]
    if network.component_open is not None:
        used = used * network.component_open[:, :near]
    add_rows(inside, components["node"].to_numpy(int), used)
    add_rows(outward, network.demands["node"].to_numpy(int), flows.shipment[:, :near])
    add_rows(outward, network.moves["from_node"].to_numpy(int), flows.move_shipment[:, :near])
    return [
        _Use(node, period, kind, 0.0, NO_JOB, float(units[node, period]))
        for kind, units in ((INSIDE, inside), (OUTWARD, outward))
        for node, period in np.argwhere((units > NEGLIGIBLE) & wanted[:, None]).tolist()
    ]


def _supplies(
    view: PlanView, jobs: list[Job], beside: np.ndarray, wanted: np.ndarray, seen: int
) -> list[_Supply]:
    """Stock, what jobs make, and receipts of the periods seen that no job makes, of the wanted nodes."""
    network = view.network
    node_of = network.makes["node"].to_numpy(int)
    made = [_Supply(int(node_of[job.make]), job.received, job.number, job.quantity)
            for job in jobs if _is_scheduled(job) and job.make >= 0]
    received = _receipts_without_jobs(view, jobs, beside)[:, :seen]
    on_hand = network.nodes["on_hand"].to_numpy(float)
    return [
        *(supply for supply in made if wanted[supply.node]),
        *(_Supply(node, BEFORE_THE_PLAN, NO_JOB, float(on_hand[node]))
          for node in np.flatnonzero((on_hand > NEGLIGIBLE) & wanted).tolist()),
        *(_Supply(node, period, NO_JOB, float(received[node, period]))
          for node, period in np.argwhere((received > NEGLIGIBLE) & wanted[:, None]).tolist()),
    ]


def _receipts_without_jobs(view: PlanView, jobs: list[Job], beside: np.ndarray) -> np.ndarray:
    """Purchases, transfers, co-products, and production and open orders that are in no job: N x T."""
    network, flows = view.network, view.planned
    makes = network.makes
    received = network.scheduled_receipts
    node_of = makes["node"].to_numpy(int)
    for job in jobs:
        if job.is_open and job.make >= 0 and _is_scheduled(job):
            received[node_of[job.make], job.received] -= job.quantity
    received = np.maximum(received, 0.0)
    finished = set_forward(beside * makes["yield_rate"].to_numpy(float)[:, None], makes["lead"].to_numpy(int))
    add_rows(received, node_of, finished)
    add_rows(received, network.co_products["node"].to_numpy(int), co_product_receipts(network, flows.make_receipt))
    add_rows(received, network.buys["node"].to_numpy(int), flows.buy_receipt)
    add_rows(received, network.moves["to_node"].to_numpy(int), flows.move_arrival)
    return np.asarray(received)


def _serve(
    view: PlanView, jobs: list[Job], uses: list[_Use], supplies: list[_Supply], starts: np.ndarray
) -> None:
    """Hand the supplies of each node to its uses, both in order; a job is put off to what it is served from."""
    items = view.network.nodes["item"].to_numpy(object)
    at, left = 0, supplies[0].units if supplies else 0.0
    for use in uses:
        need = use.units
        while at < len(supplies) and supplies[at].node <= use.node and need > NEGLIGIBLE * use.units:
            supply = supplies[at]
            if supply.node == use.node:
                taken = min(need, left)
                need -= taken
                left -= taken
                if use.job != NO_JOB and taken > NEGLIGIBLE * use.units:
                    _draw(jobs[use.job], supply, starts, str(items[use.node]))
            if supply.node < use.node or left <= NEGLIGIBLE * supply.units:
                at += 1
                left = supplies[at].units if at < len(supplies) else 0.0
        if use.job != NO_JOB and need > NEGLIGIBLE * max(use.units, 1.0) and not jobs[use.job].fault:
            jobs[use.job].fault = (f"Component missing: {amount(need)} of {items[use.node]} are neither in stock nor "
                                   "planned in time.")


def _draw(job: Job, supply: _Supply, starts: np.ndarray, item: str) -> None:
    """A job waits for the job that makes its component, or for the day on which the component comes."""
    if supply.job != NO_JOB:
        job.after.append(supply.job)
    elif supply.period >= 0 and starts[supply.period] > job.release:
        job.release, job.waits_for = float(starts[supply.period]), item
