"""Moves that cure the overload of a resource: more hours, other hours, other hands, or another time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sopxl.steps.supply.costed_moves.situations import Move, Options, Overload, move
from sopxl.steps.supply.words import amount


@move(Overload)
def overtime(options: Options, overload: Overload) -> Iterator[Move]:
    """Overtime within its limit, in the periods of the overload."""
    hours = np.minimum(overload.excess, options.view.plan.overtime_limit[overload.resource]).sum()
    yield Move(f"Work {amount(hours)} hours of overtime", hours * options.overtime_cost[overload.resource], hours)


@move(Overload)
def extra_shifts(options: Options, overload: Overload) -> Iterator[Move]:
    """As many extra shifts as may be run."""
    row = overload.resource
    each, most = (options.of_resources(name)[row] for name in ("extra_shift_hours", "most_extra_shifts"))
    if each <= 0 or most <= 0:
        return
    shifts = np.minimum(np.ceil(overload.excess / each), np.floor(most))
    hours = np.minimum(shifts * each, overload.excess).sum()
    cost = shifts.sum() * options.of_resources("extra_shift_cost")[row]
    cost += hours * options.of_resources("hourly_cost")[row]
    yield Move(f"Run {amount(shifts.sum())} extra shifts", cost, hours)


@move(Overload)
def alternates(options: Options, overload: Overload) -> Iterator[Move]:
    """The regular hours that an alternate resource has left over when all is made as needed."""
    network, need = options.network, options.view.need
    if not len(network.alternates):
        return
    own = network.operations["resource"].to_numpy(int)[network.alternates["operation"].to_numpy(int)]
    mine = network.alternates[own == overload.resource].groupby("resource")["hours_factor"].mean()
    for other, factor in mine.items():
        free = np.maximum(options.view.plan.regular_hours[int(str(other))] - need.hours[int(str(other))], 0.0) / factor
        hours = np.minimum(free, overload.excess).sum()
        cost = hours * factor * options.of_resources("hourly_cost")[int(str(other))]
        yield Move(f"Give {amount(hours)} hours of work to {options.resource_name(int(str(other)))}", cost, hours)


@move(Overload)
def subcontract(options: Options, overload: Overload) -> Iterator[Move]:
    """Buy what can also be bought, the item first that costs least for an hour that it frees."""
    network = options.network
    each = options.hours_of_making[:, overload.resource]
    made_at = network.makes["node"].to_numpy(int)
    best: Move | None = None
    buys = network.buys
    for buy in np.flatnonzero(np.isin(buys["node"], made_at[each > 0])):
        make = int(np.flatnonzero(made_at == buys["node"].iloc[buy])[0])
        if each[make] <= 0:
            continue
        need = options.view.required.make_start[make] * each[make]
        capacity = buys["capacity"].to_numpy(float)[buy]
        room = np.inf if np.isnan(capacity) else max(capacity, 0.0) * each[make]
        hours = np.minimum(np.minimum(overload.excess, need), room).sum()
        material = max(options.supply_cost[made_at[make]] - options.cost_of_making[make], 0.0)
        units = hours / each[make]
        price = float(buys["unit_price"].to_numpy(float)[buy])
        found = Move(f"Buy {amount(units)} units of {buys['item'].iloc[buy]} from {buys['supplier'].iloc[buy]}",
                     units * max(price - material, 0.0), hours)
        if best is None or found.cost_of_one < best.cost_of_one:
            best = found
    if best is not None:
        yield best


@move(Overload)
def build_ahead(options: Options, overload: Overload) -> Iterator[Move]:
    """Work in earlier regular hours that are free, the latest of them first, and hold the stock until it is needed."""
    hours, waits = _moved(options, overload, -1)
    if hours > 0:
        hourly = options.of_resources("hourly_cost")[overload.resource]
        holding = _of_an_hour(options, overload, options.holding_cost)
        yield Move(f"Build {amount(hours)} hours of work ahead in free regular time", hours * hourly + waits * holding,
                   hours)


@move(Overload)
def later_dates(options: Options, overload: Overload) -> Iterator[Move]:
    """Do the work in later regular hours that are free, and let demand wait."""
    hours, waits = _moved(options, overload, 1)
    if hours > 0:
        hourly = options.of_resources("hourly_cost")[overload.resource]
        late = _late_of_an_hour(options, overload)
        yield Move(f"Agree later dates for {amount(hours)} hours of work", hours * hourly + waits * late, hours)


def _moved(options: Options, overload: Overload, step: int) -> tuple[float, float]:
    """Hours of the overload that fit into free regular hours before (-1) or after (1) it, and their hours x periods."""
    row = overload.resource
    free = np.maximum(options.view.plan.regular_hours[row] - options.view.need.hours[row], 0.0)
    periods = range(len(free)) if step < 0 else range(len(free) - 1, -1, -1)
    hours = waits = 0.0
    for period in periods:
        left = overload.excess[period]
        other = period + step
        while left > 0 and 0 <= other < len(free):
            taken = min(left, free[other])
            free[other] -= taken
            left -= taken
            hours, waits = hours + taken, waits + taken * abs(other - period)
            other += step
    return hours, waits


def _of_an_hour(options: Options, overload: Overload, of_unit: np.ndarray) -> float:
    """What a figure of the nodes (N, per unit) comes to for an hour of the overload's work."""
    each = options.hours_of_making[:, overload.resource]
    units = options.view.required.make_start[:, overload.excess > 0].sum(axis=1) * (each > 0)
    hours = float((units * each).sum())
    return float((units * of_unit[options.network.makes["node"].to_numpy(int)]).sum() / hours) if hours > 0 else 0.0


def _late_of_an_hour(options: Options, overload: Overload) -> float:
    """Cost of a period's waiting for the demands that an hour of the overload's work serves."""
    supplies = options.view.required_pegs.supplies
    each = options.hours_of_making[:, overload.resource]
    rows = np.flatnonzero((supplies["kind"] == "make").to_numpy())
    started, make = supplies["started"].to_numpy(int)[rows], supplies["position"].to_numpy(int)[rows]
    quantity = supplies["quantity"].to_numpy(float)[rows] * (overload.excess[started] > 0) * (each[make] > 0)
    hours = float((quantity * each[make]).sum())
    worth = float((quantity * options.worth_of_supplies[rows]).sum())
    return worth * options.late_share / hours if hours > 0 else 0.0
