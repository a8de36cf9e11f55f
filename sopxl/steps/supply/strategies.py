"""The classic strategies of aggregate planning, as limits beyond those that every balanced plan keeps to.

To add a strategy, write a function under ``@strategy`` that takes the model as it is built and limits its program
further. Source: Heizer and Render, *Operations Management*, aggregate planning; Chopra and Meindl, *Supply Chain
Management*, aggregate planning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sopxl.steps.supply.balance_model import Model, stock_without_plan
from sopxl.steps.supply.figures import without_noise
from sopxl.steps.supply.hours import hours_per_worker, operation_hours
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.requirements import set_forward


@dataclass(frozen=True)
class Strategy:
    """A strategy: its name and what it is in a sentence (the docstring), and how it limits the model."""

    name: str
    meaning: str
    limit: Callable[[Model], None]


STRATEGIES: list[Strategy] = []


def strategy(name: str) -> Callable[[Callable[[Model], None]], Callable[[Model], None]]:
    """Register a strategy under this name."""

    def enter(function: Callable[[Model], None]) -> Callable[[Model], None]:
        STRATEGIES.append(Strategy(name, (function.__doc__ or "").strip(), function))
        return function

    return enter


def plan_by(chosen: Strategy, network: Network) -> tuple[Flows | None, str]:
    """The plan of least cost that keeps to the strategy, or None, and a note on why it cannot be or what to know."""
    from sopxl.steps.supply.balance import build
    from sopxl.steps.supply.first_basis import first_basis
    from sopxl.steps.supply.flows_of_solution import read_flows
    from sopxl.steps.supply.solve import SolverFailed, solve

    model = build(network)
    chosen.limit(model)
    program = model.program.arrays()
    try:
        solution = solve(replace(program, basis=first_basis(model, program)), network.settings.time_limit)
    except SolverFailed as failure:
        return None, f"No solver gave an answer ({failure})."
    if solution.status == "infeasible":
        return None, "It cannot be: some limit, firm production or closed backlog asks for more than it allows."
    if not solution.has_plan:
        return None, "No plan was found within the time limit."
    note = "The best that was found within the time limit." if solution.status == "time limit" else ""
    return without_noise(read_flows(model, solution)), note


@strategy("level")
def level(model: Model) -> None:
    """The same work force throughout, hired or laid off at the start; where workers are not planned, the same output
    for every hour of regular time.
    """
    for name in ("hired", "laid_off"):
        model.program.set_bounds(model.columns[name][:, 1:], upper=0.0)
    starts = model.columns["make_start"]
    weight = _working_time(model)
    is_open = _may_start(model) & (weight > 0)
    for make in np.flatnonzero(is_open.sum(axis=1) > 1):
        periods = np.flatnonzero(is_open[make])
        first, others = periods[0], periods[1:]
        rows = model.program.add_rows((len(others),), 0.0, 0.0)
        model.program.add_entries(rows, starts[make, others], 1.0 / weight[make, others])
        model.program.add_entries(rows, starts[make, first], -1.0 / weight[make, first])


def _working_time(model: Model) -> np.ndarray:
    """M x T: regular hours of the resource that does a make's first operation, else working days of the period.

    Scaled to 1 on average; 0 throughout where its workers are planned.
    """
    network = model.network
    days = np.asarray(network.settings.periods.working_days, float)[: model.period_count]
    time = np.repeat(days[None, :], len(network.makes), axis=0)
    first = network.operations.drop_duplicates("make")
    rows, resource = first["make"].to_numpy(int), first["resource"].to_numpy(int)
    regular = np.nan_to_num(network.regular_hours)[resource]
    has_hours = regular.sum(axis=1) > 0
    time[rows[has_hours]] = regular[has_hours]
    planned = network.resources["workers"].notna().to_numpy()[resource]
    time[rows[planned]] = 0.0
    mean = time.mean(axis=1, keepdims=True) if time.shape[1] else np.ones((len(time), 1))
    return np.asarray(time / np.where(mean > 0, mean, 1.0))


def _may_start(model: Model) -> np.ndarray:
    """M x T: whether production may start by the plan's own choice and be ready within the horizon."""
    network = model.network
    lead = network.makes["lead"].to_numpy(int)[:, None]
    found = (np.arange(model.period_count)[None, :] + lead < model.period_count) & np.isnan(network.firm_production)
    for closed in (network.frozen, None if network.make_open is None else ~network.make_open.astype(bool)):
        if closed is not None:
            found &= ~closed.astype(bool)
    return np.asarray(found)


@strategy("chase")
def chase(model: Model) -> None:
    """Output follows demand and the work force follows output: nothing is built ahead, so that no stock stands above
    its safety stock but what is there or on order at the start, and no planned worker is idle.
    """
    network = model.network
    firm = set_forward(np.nan_to_num(network.firm_production), network.makes["lead"].to_numpy(int))
    coming = np.zeros_like(network.open_other)
    np.add.at(coming, network.makes["node"].to_numpy(int), firm)
    room = np.maximum(stock_without_plan(network) + coming.cumsum(axis=1), 0.0)
    nodes = model.objects["stock"]
    rows = model.program.add_rows(room[nodes].shape, upper=room[nodes])
    model.program.add_entries(rows, model.columns["stock"], 1.0)
    _nobody_idle(model)


def _nobody_idle(model: Model) -> None:
    """Work forces that may be hired and laid off at will work all their regular hours."""
    network, columns = model.network, model.columns
    planned = model.objects["workers"]
    resources = network.resources.iloc[planned]
    bound = np.zeros(len(planned), bool)
    for name in ("least_workers", "most_laid_off", "most_workers", "most_hired"):
        if name in resources:
            bound |= (resources[name].fillna(0.0) > 0).to_numpy()
    if network.prescribed_workers is not None:
        bound |= ~np.isnan(network.prescribed_workers[planned]).all(axis=1)
    free = planned[~bound]
    row_of = np.full(len(network.resources), -1)
    row_of[free] = np.arange(len(free))
    rows = model.program.add_rows((len(free), model.period_count), lower=0.0)
    resource = row_of[network.operations["resource"].to_numpy(int)]
    used = np.flatnonzero(resource >= 0)
    make = network.operations["make"].to_numpy(int)[used]
    model.program.add_entries(rows[resource[used]], columns["make_start"][make], operation_hours(model)[used, None])
    model.program.add_entries(rows, columns["overtime"][free], -1.0)
    model.program.add_entries(rows, columns["workers"][~bound], -hours_per_worker(model)[~bound])


@strategy("mixed")
def mixed(model: Model) -> None:
    """The best of both: whatever costs least within all limits."""
