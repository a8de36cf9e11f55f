"""Lanes in balancing: what moves on them all items together, in how many loads, and how small a shipment may be.

Loads may be parts of one, so that a full vehicle is paid for by what stands in it; with whole lots they are whole, and
what moves at all is no less than the smallest shipment of its lane.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.balance_model import Decision, Model, decision
from sopxl.steps.supply.limits import limit
from sopxl.steps.supply.network import numbers
from sopxl.steps.supply.whole_lots import most_ever_needed


def lane_of_moves(model: Model) -> np.ndarray:
    """V: lane of each move, -1 where it has none."""
    lanes = numbers(model.network.moves, "lane", -1.0).astype(int)
    return np.where(lanes < len(model.network.lanes), lanes, -1)


def _add_moved(model: Model, rows: np.ndarray, objects: np.ndarray) -> None:
    """Put all that moves on each of these lanes into its row."""
    at = np.full(len(model.network.lanes) + 1, -1)
    at[objects] = np.arange(len(objects))
    row = at[lane_of_moves(model)]
    moves = np.flatnonzero(row >= 0)
    model.program.add_entries(rows[row[moves]], model.columns["move_shipment"][moves], 1.0)


@limit
def lane_capacity(model: Model) -> None:
    """All that moves on a lane in a period is within its capacity."""
    capacity = numbers(model.network.lanes, "total_capacity", np.inf)
    objects = np.flatnonzero(np.isfinite(capacity) & model.network.settings.keep_material)
    rows = model.program.add_rows((len(objects), model.period_count), upper=capacity[objects][:, None])
    model.rows["lane_capacity"], model.objects["lane_capacity"] = rows, objects
    _add_moved(model, rows, objects)


@decision
def lane_loads(model: Model) -> Decision | None:
    """Vehicles or containers that leave, where they are paid for; whole with whole lots."""
    lanes = model.network.lanes
    objects = np.flatnonzero((numbers(lanes, "load_size") > 0) & (numbers(lanes, "load_cost") > 0))
    return Decision(objects, whole=model.network.settings.whole_lots) if len(objects) else None


@limit
def load_size(model: Model) -> None:
    """What moves on a lane fits into its loads."""
    if "lane_loads" not in model.columns:
        return
    objects = model.objects["lane_loads"]
    rows = model.program.add_rows((len(objects), model.period_count), upper=0.0)
    model.rows["load_size"], model.objects["load_size"] = rows, objects
    _add_moved(model, rows, objects)
    size = numbers(model.network.lanes, "load_size")[objects][:, None]
    model.program.add_entries(rows, model.columns["lane_loads"], -size)


@decision
def lane_runs(model: Model) -> Decision | None:
    """Whether anything moves on a lane with a smallest shipment; with whole lots only."""
    objects = np.flatnonzero(numbers(model.network.lanes, "minimum_load") > 0)
    if not len(objects) or not model.network.settings.whole_lots:
        return None
    return Decision(objects, 0.0, 1.0, whole=True)


@limit
def lane_minimum(model: Model) -> None:
    """On a lane with a smallest shipment there moves nothing, or no less than that."""
    if "lane_runs" not in model.columns:
        return
    objects = model.objects["lane_runs"]
    least = numbers(model.network.lanes, "minimum_load")
    most = least.copy()
    lane = lane_of_moves(model)
    moves = np.flatnonzero(lane >= 0)
    np.add.at(most, lane[moves], most_ever_needed(model)[model.network.moves["to_node"].to_numpy(int)[moves]])
    for name, bound, lower, upper in (("lane_minimum", least, 0.0, np.inf), ("lane_most", most, -np.inf, 0.0)):
        rows = model.program.add_rows((len(objects), model.period_count), lower, upper)
        model.rows[name], model.objects[name] = rows, objects
        _add_moved(model, rows, objects)
        model.program.add_entries(rows, model.columns["lane_runs"], -bound[objects][:, None])
