"""The register of the limits of balancing, and those of stock and demand: what every plan must keep to.

To add a limit, write a function under ``@limit`` that adds its rows to the model's program, in the file of its subject
(``hours``, ``purchasing``, ``transport``, ``whole_lots``). Limits on one column alone (firm and frozen production, a
supplier's or lane's capacity for one item, minimum and maximum stock, workers) are bounds of the decisions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from sopxl.steps.supply.balance_model import Model, stock_without_plan
from sopxl.steps.supply.network import numbers
from sopxl.steps.supply.program import INFINITY

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
    start, beside = columns["make_start"], network.co_products
    _arrive(model, start, network.makes["node"].to_numpy(int), model.make_lead, model.make_yield)
    made = beside["make"].to_numpy(int)
    _arrive(model, start[made], beside["node"].to_numpy(int), model.make_lead[made], beside["quantity"].to_numpy(float))
    model.program.add_entries(rows[network.buys["node"].to_numpy(int)], columns["buy_receipt"], -1.0)
    moves = network.moves
    moved = columns["move_shipment"]
    _arrive(model, moved, moves["to_node"].to_numpy(int), model.move_lead, np.ones(len(moves)))
    model.program.add_entries(rows[moves["from_node"].to_numpy(int)], moved, 1.0)
    used = network.components
    model.program.add_entries(
        rows[used["node"].to_numpy(int)], start[used["make"].to_numpy(int)], model.component_use
    )
    model.program.add_entries(rows[network.demands["node"].to_numpy(int)], columns["shipment"], 1.0)


def _arrive(model: Model, columns: np.ndarray, node: np.ndarray, lead: np.ndarray, share: np.ndarray) -> None:
    """Put ``share`` of what starts in a period into the stock of its node ``lead`` periods later."""
    started, period = np.nonzero(np.arange(model.period_count)[None, :] + lead[:, None] < model.period_count)
    rows = model.rows["stock_balance"][node[started], period + lead[started]]
    model.program.add_entries(rows, columns[started, period], -share[started])


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
def storage(model: Model) -> None:
    """All stock at a location fits into its places; what is there or on its way at the start may take more until
    demand takes it.
    """
    network = model.network
    place = pd.Index(network.storage["location"]).get_indexer(pd.Index(network.nodes["location"]))
    takes = numbers(network.nodes, "storage_units", 1.0)
    room = storage_room(model, place) if network.settings.keep_storage else INFINITY
    rows = model.program.add_rows((len(network.storage), model.period_count), upper=room)
    model.rows["storage"] = rows
    for part in ("stock", "safety_part"):
        limited = np.flatnonzero(place[model.objects[part]] >= 0)
        node = model.objects[part][limited]
        model.program.add_entries(rows[place[node]], model.columns[part][limited], takes[node][:, None])


def storage_room(model: Model, place: np.ndarray) -> np.ndarray:
    """Limited locations x T: most places; ``place`` numbers the limited location of each node, -1 where none is."""
    network = model.network
    unused = np.zeros((len(network.storage), model.period_count))
    inside = place >= 0
    takes = numbers(network.nodes, "storage_units", 1.0)[:, None]
    np.add.at(unused, place[inside], (takes * np.maximum(stock_without_plan(network), 0.0))[inside])
    capacity = network.storage["storage_capacity"].to_numpy(float)[:, None]
    return np.asarray(np.maximum(capacity, unused))
