"""The limits of balancing, each declared once: what every plan must keep to.

To add a limit, write a function under ``@limit`` that adds its rows to the model's program. Limits on one
column alone (firm production, supplier and lane capacity, minimum and maximum stock) are bounds of the decisions
in ``balance_model``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from sopxl.steps.supply.balance_model import Model, stock_without_plan

LIMITS: dict[str, Callable[[Model], None]] = {}


def limit(function: Callable[[Model], None]) -> Callable[[Model], None]:
    """Register a limit under the function's name."""
    LIMITS[function.__name__] = function
    return function


@limit
def stock_balance(model: Model) -> None:
    """What is in stock: the stock before, plus what comes, less what is used, moved on and shipped."""
    network, columns = model.network, model.columns
    known = network.scheduled_receipts.copy()
    known[:, :1] += network.nodes["on_hand"].to_numpy(float)[:, None]
    rows = model.program.add_rows(known.shape, known, known)
    model.rows["stock_balance"] = rows
    for part in ("stock", "safety_part"):
        stocked = rows[model.objects[part]]
        model.program.add_entries(stocked, columns[part], 1.0)
        model.program.add_entries(stocked[:, 1:], columns[part][:, :-1], -1.0)
    _arrive(model, columns["make_start"], network.makes["node"].to_numpy(int), network.makes["lead"].to_numpy(int))
    model.program.add_entries(rows[network.buys["node"].to_numpy(int)], columns["buy_receipt"], -1.0)
    moves = network.moves
    _arrive(model, columns["move_shipment"], moves["to_node"].to_numpy(int), moves["lead"].to_numpy(int))
    model.program.add_entries(rows[moves["from_node"].to_numpy(int)], columns["move_shipment"], 1.0)
    used = network.components
    model.program.add_entries(
        rows[used["node"].to_numpy(int)],
        columns["make_start"][used["make"].to_numpy(int)],
        used["quantity"].to_numpy(float)[:, None],
    )
    model.program.add_entries(rows[network.demands["node"].to_numpy(int)], columns["shipment"], 1.0)


def _arrive(model: Model, columns: np.ndarray, node: np.ndarray, lead: np.ndarray) -> None:
    """Put what starts in a period into the stock of its node ``lead`` periods later."""
    started, period = np.nonzero(np.arange(model.period_count)[None, :] + lead[:, None] < model.period_count)
    rows = model.rows["stock_balance"][node[started], period + lead[started]]
    model.program.add_entries(rows, columns[started, period], -1.0)


@limit
def demand_balance(model: Model) -> None:
    """What waits: what waited before, plus demand, less what is shipped and lost."""
    network, columns = model.network, model.columns
    wanted = network.demand.astype(float).copy()
    wanted[:, :1] += network.demands["opening_backlog"].to_numpy(float)[:, None]
    rows = model.program.add_rows(wanted.shape, wanted, wanted)
    model.rows["demand_balance"] = rows
    model.program.add_entries(rows, columns["shipment"], 1.0)
    model.program.add_entries(rows, columns["backlog"], 1.0)
    model.program.add_entries(rows[:, 1:], columns["backlog"][:, :-1], -1.0)
    if "lost" in columns:
        model.program.add_entries(rows, columns["lost"], 1.0)


@limit
def resource_hours(model: Model) -> None:
    """Hours of production fit into regular hours and overtime; workers bring the hours where they are planned."""
    network, columns = model.network, model.columns
    planned = model.objects["workers"]
    upper = np.nan_to_num(network.regular_hours).astype(float)
    upper[planned] = 0.0
    rows = model.program.add_rows(upper.shape, upper=upper)
    model.rows["resource_hours"] = rows
    operations = network.operations
    resource = operations["resource"].to_numpy(int)
    make = operations["make"].to_numpy(int)
    model.program.add_entries(rows[resource], columns["make_start"][make], operation_hours(model)[:, None])
    if "make_lots" in columns:
        _add_setup_hours(model, rows)
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
def storage(model: Model) -> None:
    """All stock at a location fits; what is there or on its way at the start may be more until demand takes it."""
    network = model.network
    place = pd.Index(network.storage["location"]).get_indexer(pd.Index(network.nodes["location"]))
    rows = model.program.add_rows((len(network.storage), model.period_count), upper=storage_room(model, place))
    model.rows["storage"] = rows
    for part in ("stock", "safety_part"):
        limited = np.flatnonzero(place[model.objects[part]] >= 0)
        stored = rows[place[model.objects[part][limited]]]
        model.program.add_entries(stored, model.columns[part][limited], 1.0)


def storage_room(model: Model, place: np.ndarray) -> np.ndarray:
    """Limited locations x T: most stock; ``place`` numbers the limited location of each node, -1 where none is."""
    network = model.network
    unused = np.zeros((len(network.storage), model.period_count))
    inside = place >= 0
    np.add.at(unused, place[inside], np.maximum(stock_without_plan(network), 0.0)[inside])
    capacity = network.storage["storage_capacity"].to_numpy(float)[:, None]
    return np.asarray(np.maximum(capacity, unused))
