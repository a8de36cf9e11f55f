"""Hours and workers in balancing: overtime, extra shifts, alternate resources, hiring and lay-off.

Hours are worked in regular time first (at the hourly cost), extra shifts add regular hours at a price a shift, and
what is beyond both is overtime: as the formulas of the capacity plan have it. Where the plan does not keep to
capacity, resources have as many regular hours as they need, and work forces may grow, shrink and hire without limit.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.balance_model import Decision, Model, decision
from sopxl.steps.supply.limits import limit
from sopxl.steps.supply.network import numbers
from sopxl.steps.supply.program import INFINITY


def _work_forces(model: Model) -> np.ndarray:
    """Resources whose workers are planned."""
    return np.flatnonzero(~np.isnan(model.network.resources["workers"].to_numpy(float)))


def _prescribed(model: Model) -> np.ndarray:
    """Work forces x T: workers that shall be employed, NaN where the plan finds them."""
    planned = _work_forces(model)
    prescribed = model.network.prescribed_workers
    return np.full((len(planned), model.period_count), np.nan) if prescribed is None else prescribed[planned]


def _bound(model: Model, column: str, otherwise: float) -> np.ndarray:
    """Work forces x 1: a limit on workers, none where the plan does not keep to capacity."""
    planned = _work_forces(model)
    if not model.network.settings.keep_capacity:
        return np.full((len(planned), 1), otherwise)
    return np.asarray(numbers(model.network.resources, column, otherwise)[planned][:, None])


@decision
def overtime(model: Model) -> Decision:
    """Hours of overtime; none where hours are not limited."""
    network = model.network
    planned = ~np.isnan(network.resources["workers"].to_numpy(float))
    limit = np.nan_to_num(network.overtime_hours) * network.settings.keep_capacity
    return Decision(np.arange(len(planned)), 0.0, np.where(planned[:, None], INFINITY, limit))


@decision
def extra_shifts(model: Model) -> Decision | None:
    """Extra shifts run, each with its hours; whole where workers are, none where hours are not limited."""
    resources, settings = model.network.resources, model.network.settings
    most = numbers(resources, "most_extra_shifts") * (numbers(resources, "extra_shift_hours") > 0)
    objects = np.flatnonzero(most > 0)
    if not len(objects):
        return None
    return Decision(objects, 0.0, most[objects][:, None] * settings.keep_capacity, whole=settings.whole_workers)


@decision
def alternate_hours(model: Model) -> Decision | None:
    """Hours of an operation that an alternate resource does instead of its own."""
    return Decision(np.arange(len(model.network.alternates))) if len(model.network.alternates) else None


def _ends_of_alternates(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """A: the operation's own resource, and the one that does it instead."""
    alternates = model.network.alternates
    own = model.network.operations["resource"].to_numpy(int)[alternates["operation"].to_numpy(int)]
    return own, alternates["resource"].to_numpy(int)


@decision
def workers(model: Model) -> Decision:
    """Workers employed, between fewest and most; as many as are prescribed, where they are."""
    prescribed = _prescribed(model)
    is_free = np.isnan(prescribed)
    most = _bound(model, "most_workers", INFINITY)
    least = np.minimum(_bound(model, "least_workers", 0.0), most)
    whole = is_free & model.network.settings.whole_workers
    return Decision(
        _work_forces(model), np.where(is_free, least, prescribed), np.where(is_free, most, prescribed), whole
    )


@decision
def hired(model: Model) -> Decision:
    """Workers hired at the start of a period; whole where the workers are."""
    return Decision(_work_forces(model), 0.0, _bound(model, "most_hired", INFINITY))


@decision
def laid_off(model: Model) -> Decision:
    """Workers laid off at the start of a period; whole where the workers are."""
    return Decision(_work_forces(model), 0.0, _bound(model, "most_laid_off", INFINITY))


@limit
def resource_hours(model: Model) -> None:
    """Hours of production fit into regular hours, extra shifts and overtime; workers bring the hours where they are
    planned. What alternate resources do is taken off here and fits there.
    """
    network, columns = model.network, model.columns
    planned = model.objects["workers"]
    upper = np.nan_to_num(network.regular_hours).astype(float)
    upper[planned] = 0.0
    if not network.settings.keep_capacity:
        upper[~np.isin(np.arange(len(upper)), planned)] = INFINITY
        upper[planned] = np.where(np.isnan(_prescribed(model)), 0.0, INFINITY)
    rows = model.program.add_rows(upper.shape, upper=upper)
    model.rows["resource_hours"] = rows
    operations = network.operations
    resource = operations["resource"].to_numpy(int)
    make = operations["make"].to_numpy(int)
    model.program.add_entries(rows[resource], columns["make_start"][make], operation_hours(model)[:, None])
    if "make_lots" in columns:
        _add_setup_hours(model, rows)
    if "alternate_hours" in columns:
        own, other = _ends_of_alternates(model)
        factor = network.alternates["hours_factor"].to_numpy(float)[:, None]
        model.program.add_entries(rows[own], columns["alternate_hours"], -1.0)
        model.program.add_entries(rows[other], columns["alternate_hours"], factor)
    if "extra_shifts" in columns:
        more = model.objects["extra_shifts"]
        adds = numbers(network.resources, "extra_shift_hours")[more][:, None]
        model.program.add_entries(rows[more], columns["extra_shifts"], -adds)
    model.program.add_entries(rows, columns["overtime"], -1.0)
    model.program.add_entries(rows[planned], columns["workers"], -hours_per_worker(model))


def operation_hours(model: Model) -> np.ndarray:
    """O: hours of each operation for one unit; set-ups are spread over the usual lot unless lots are planned."""
    operations = model.network.operations
    hours = operations["hours_per_unit"].to_numpy(float)
    setup = np.nan_to_num(operations["setup_hours"].to_numpy(float))
    make = operations["make"].to_numpy(int)
    if "make_lots" in model.columns:
        setup = np.where(np.isin(make, model.objects["make_lots"]), 0.0, setup)
    return np.asarray(hours + setup / model.usual_lot[make])


def _add_setup_hours(model: Model, rows: np.ndarray) -> None:
    """Hours of whole lots."""
    operations = model.network.operations
    place = {made: position for position, made in enumerate(model.objects["make_lots"].tolist())}
    lotted = operations[operations["make"].isin(place) & (operations["setup_hours"] > 0)]
    lots = model.columns["make_lots"][[place[made] for made in lotted["make"]]]
    setup = lotted["setup_hours"].to_numpy(float)[:, None]
    model.program.add_entries(rows[lotted["resource"].to_numpy(int)], lots, setup)


def hours_per_worker(model: Model) -> np.ndarray:
    """Work forces x T: regular hours of one worker, by the calendar where workers are there at the start."""
    resources = model.network.resources
    planned = model.objects["workers"]
    at_start = resources["workers"].to_numpy(float)[planned][:, None]
    usual = np.nan_to_num(resources["worker_hours"].to_numpy(float))[planned][:, None]
    by_calendar = np.nan_to_num(model.network.regular_hours)[planned] / np.where(at_start > 0, at_start, 1.0)
    return np.asarray(np.where(at_start > 0, by_calendar, usual))


@limit
def overtime_share(model: Model) -> None:
    """Overtime of planned workers: the share of their regular hours that holds for the workers at the start."""
    planned = model.objects["workers"]
    rows = model.program.add_rows((len(planned), model.period_count), upper=0.0)
    model.rows["overtime_share"], model.objects["overtime_share"] = rows, planned
    usual = np.nan_to_num(model.network.resources["overtime_share"].to_numpy(float))[planned][:, None]
    regular, most = (np.nan_to_num(hours)[planned] for hours in (
        model.network.regular_hours, model.network.overtime_hours))
    share = np.where(regular > 0, most / np.where(regular > 0, regular, 1.0), usual)
    model.program.add_entries(rows, model.columns["overtime"][planned], 1.0)
    model.program.add_entries(rows, model.columns["workers"], -share * hours_per_worker(model))


@limit
def work_force(model: Model) -> None:
    """Workers employed: those before, plus hired, less laid off."""
    columns = model.columns
    known = np.zeros(columns["workers"].shape)
    known[:, :1] = model.network.resources["workers"].to_numpy(float)[model.objects["workers"]][:, None]
    rows = model.program.add_rows(known.shape, known, known)
    model.rows["work_force"], model.objects["work_force"] = rows, model.objects["workers"]
    model.program.add_entries(rows, columns["workers"], 1.0)
    model.program.add_entries(rows[:, 1:], columns["workers"][:, :-1], -1.0)
    model.program.add_entries(rows, columns["hired"], -1.0)
    model.program.add_entries(rows, columns["laid_off"], 1.0)


@limit
def alternate_work(model: Model) -> None:
    """Alternate resources do no more of an operation than there is of it."""
    network = model.network
    if "alternate_hours" not in model.columns:
        return
    done_for, place = np.unique(network.alternates["operation"].to_numpy(int), return_inverse=True)
    rows = model.program.add_rows((len(done_for), model.period_count), upper=0.0)
    model.rows["alternate_work"], model.objects["alternate_work"] = rows, done_for
    model.program.add_entries(rows[place], model.columns["alternate_hours"], 1.0)
    make = network.operations["make"].to_numpy(int)[done_for]
    model.program.add_entries(rows, model.columns["make_start"][make], -operation_hours(model)[done_for][:, None])
    if "make_lots" in model.columns:
        setup = np.nan_to_num(network.operations["setup_hours"].to_numpy(float))[done_for]
        at = np.full(len(network.makes), -1)
        at[model.objects["make_lots"]] = np.arange(len(model.objects["make_lots"]))
        lotted = np.flatnonzero((at[make] >= 0) & (setup > 0))
        model.program.add_entries(
            rows[lotted], model.columns["make_lots"][at[make[lotted]]], -setup[lotted][:, None]
        )


def alternates_cost(model: Model) -> np.ndarray:
    """A: what an hour of the own resource's work costs more at its alternate, in regular time; below 0 where less."""
    own, other = _ends_of_alternates(model)
    hourly = numbers(model.network.resources, "hourly_cost")
    return np.asarray(model.network.alternates["hours_factor"].to_numpy(float) * hourly[other] - hourly[own])
