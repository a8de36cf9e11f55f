"""Which jobs make the components of which: pegging at item level through the bill, for what is not in stock.

Stock and receipts from outside serve first what uses them first; what they leave open comes out of jobs, and the
user waits for these. Orders that are open have their components already.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from sopxl.steps.supply.calendars import HOURS_PER_DAY
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.schedule.jobs import NEGLIGIBLE, Job


@dataclass
class _Supply:
    """What can still be drawn: from when on, how much, and the job that makes it (-1: none does)."""

    moment: float
    left: float
    job: int


def link_jobs(view: PlanView, jobs: list[Job], window: float) -> None:
    """Fill in what each planned job waits for, put off its release to its components' receipts, name what is missing.

    A job whose component can neither be had nor made in time within the plan gets a fault that names it.
    """
    components = view.network.components
    of_make: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for make, node, quantity in components[["make", "node", "quantity"]].itertuples(index=False):
        of_make[int(make)].append((int(node), float(quantity)))
    users: dict[int, list[tuple[Job, float]]] = defaultdict(list)
    for job in jobs:
        if not job.is_open and job.operations:
            for node, quantity in of_make[job.make]:
                users[node].append((job, quantity * job.started))
    makers = _makers(view, jobs)
    for node, wanting in users.items():
        _draw(view, node, wanting, _supplies(view, node, makers.get(node, []), window))


def _makers(view: PlanView, jobs: list[Job]) -> dict[int, list[Job]]:
    """The jobs that make each node."""
    node_of = view.network.makes["node"].to_numpy(int)
    makers: dict[int, list[Job]] = defaultdict(list)
    for job in jobs:
        if job.make >= 0 and job.operations:
            makers[int(node_of[job.make])].append(job)
    return makers


def _supplies(view: PlanView, node: int, makers: list[Job], window: float) -> list[_Supply]:
    """Stock, receipts by period (those that no job makes), and jobs by when they are due."""
    network, flows = view.network, view.planned
    starts = np.concatenate([[0.0], np.cumsum(view.settings.periods.days)[:-1]]) * HOURS_PER_DAY
    received = network.open_other[node].copy()
    for ends, arrived in ((network.buys["node"], network.open_purchases + flows.buy_receipt),
                          (network.moves["to_node"], network.open_transfers + flows.move_arrival)):
        received += arrived[ends.to_numpy(int) == node].sum(axis=0)
    if not makers:
        received += (network.open_production + flows.make_receipt)[network.makes["node"].to_numpy(int) == node].sum(0)
    near = starts < window
    used = flows.shipment[network.demands["node"].to_numpy(int) == node].sum(axis=0)
    used = used + flows.move_shipment[network.moves["from_node"].to_numpy(int) == node].sum(axis=0)
    supplies = [_Supply(0.0, float(network.nodes["on_hand"].iloc[node]), -1)]
    supplies += [_Supply(float(start), float(units), -1) for start, units in zip(starts, received, strict=True)
                 if units > NEGLIGIBLE]
    supplies += [_Supply(job.due, job.quantity, job.number) for job in makers]
    supplies.sort(key=lambda supply: (supply.moment, supply.job))
    return _without(supplies, used[near])


def _without(supplies: list[_Supply], used: np.ndarray) -> list[_Supply]:
    """The supplies less what goes to customers and other locations: the latest that is left over goes there last."""
    going = float(used.sum())
    for supply in reversed(supplies):
        taken = min(going, supply.left)
        supply.left -= taken
        going -= taken
    return supplies


def _draw(view: PlanView, node: int, wanting: list[tuple[Job, float]], supplies: list[_Supply]) -> None:
    """Serve the users of a component in the order in which they start."""
    wanting.sort(key=lambda use: (use[0].period, use[0].due, use[0].number))
    item = str(view.network.nodes["item"].iloc[node])
    total = sum(need for _, need in wanting)
    for job, need in wanting:
        left = need
        for supply in supplies:
            taken = min(left, supply.left)
            if taken <= NEGLIGIBLE * need:
                continue
            supply.left -= taken
            left -= taken
            if supply.job >= 0:
                job.after.append(supply.job)
            else:
                job.release = max(job.release, supply.moment)
        if left > NEGLIGIBLE * max(total, 1.0) and not job.fault:
            job.fault = f"Component missing: {left:,.6g} of {item} are neither in stock nor planned in time."
