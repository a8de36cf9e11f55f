"""The operations of each way of making, as the network has them: what a job does on which resource for how long.

An open order of what the plan does not make goes by the routings of its item, if there are any.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pandas as pd

from sopxl.steps.supply.places import read_places
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.routings import operations_of, read_routings, ways_of_making
from sopxl.steps.supply.schedule.timing import Machinery

Instead = Mapping[int, tuple[int, float]]
"""Row of the operations -> resource that does it instead, and hours that it takes for an hour of the own resource."""
LEAST_EFFICIENCY = 1e-6


class Operation(NamedTuple):
    """One step of a job on the resource that sets its time; ``beside``: resources needed at the same time."""

    name: str
    resource: int
    beside: tuple[int, ...]
    run_hours: float
    setup_hours: float
    setup_group: str


class _Row(NamedTuple):
    """A row of the operations."""

    row: int
    operation: str
    resource: int
    is_primary: bool
    hours: float
    setup_hours: float
    setup_group: str


class Ways:
    """Ways of making by number: those of the network, then those of open orders that the plan does not make."""

    def __init__(self, makes: pd.DataFrame, operations: pd.DataFrame) -> None:
        """``makes``: item, location, yield_rate; ``operations``: as in the network, ``make`` a row of the makes."""
        self.good = makes["yield_rate"].fillna(1.0).to_numpy(float)
        places = zip(makes["item"], makes["location"], strict=True)
        self.first: dict[tuple[str, str], int] = {}
        for number, (item, location) in enumerate(places):
            self.first.setdefault((str(item), str(location)), number)
        self.steps = _steps(operations, makes["item"].to_numpy(object))

    def usual(self, item: str, location: str) -> int:
        """The usual way of making an item at a location, -1 where there is none."""
        return self.first.get((item, location), -1)

    def is_routed(self, way: int) -> bool:
        """Whether it has operations."""
        return way in self.steps

    def yield_rate(self, way: int) -> float:
        """Good units for each unit started."""
        return float(self.good[way]) if way >= 0 else 1.0

    def operations(self, way: int, units: float, instead: Instead, machinery: Machinery) -> list[Operation]:
        """The operations on so many units started; none without a routing."""
        return [_operation(rows, units, instead, machinery) for rows in self.steps.get(way, [])]


def _steps(operations: pd.DataFrame, items: np.ndarray) -> dict[int, list[list[_Row]]]:
    """The rows of each operation of each way of making, in their order."""
    make = operations["make"].to_numpy(int)
    order = np.argsort(make, kind="stable")
    named = zip(*(operations[name].to_numpy(object)[order] for name in (
        "operation", "resource", "use", "hours_per_unit", "setup_hours", "setup_group")), strict=True)
    rows = [
        (way, _Row(row, str(name), int(resource), use != "secondary", _number(hours), _number(setup),
                   str(group) or str(items[way])))
        for way, row, (name, resource, use, hours, setup, group) in zip(
            make[order].tolist(), order.tolist(), named, strict=True)
    ]
    steps: dict[int, list[list[_Row]]] = {}
    for (way, _), members in groupby(rows, key=lambda one: (one[0], one[1].operation)):
        steps.setdefault(way, []).append([row for _, row in members])
    return steps


def _operation(rows: list[_Row], units: float, instead: Instead, machinery: Machinery) -> Operation:
    """One operation: of its primary resources the one that takes longest sets its duration."""
    done = []
    for row in rows:
        resource, factor = instead.get(row.row, (row.resource, 1.0))
        done.append((row, resource, row.hours * units * factor, row.setup_hours * factor))
    chosen = done[0]
    if len(done) > 1:
        primary = [one for one in done if one[0].is_primary] or done
        chosen = max(primary, key=lambda one: one[3] + one[2] / max(machinery.efficiency[one[1]], LEAST_EFFICIENCY))
    row, resource, run_hours, setup_hours = chosen
    beside = tuple(other for one, other, _, _ in done if one is not row)
    return Operation(row.operation, resource, beside, run_hours, setup_hours, row.setup_group)


def read_ways(view: PlanView) -> Ways:
    """The network's ways of making and those of open production orders beside them."""
    network = view.network
    makes = network.makes[["item", "location", "yield_rate"]]
    orders = view.tables["open_orders"]
    orders = orders.loc[orders["kind"] == "production", ["item", "location"]].drop_duplicates()
    known = pd.MultiIndex.from_frame(makes[["item", "location"]].astype("object"))
    others = orders[~pd.MultiIndex.from_frame(orders.astype("object")).isin(known)]
    if others.empty:
        return Ways(makes, network.operations)
    places = read_places(view.tables)
    routings = read_routings(view.tables, view.settings, places)
    wanted = np.unique(places.of(others["item"], others["location"]))
    ways = ways_of_making(routings[routings["place"].isin(wanted)], wanted[wanted >= 0])
    more = operations_of(routings, view.tables, view.settings, ways)
    ways = ways.assign(item=places.item_of(ways["place"].to_numpy(int)),
                       location=places.location_of(ways["place"].to_numpy(int)))
    return Ways(
        pd.concat([makes, ways[["item", "location", "yield_rate"]]], ignore_index=True),
        pd.concat([network.operations, more.assign(make=more["make"] + len(makes))], ignore_index=True),
    )


def _number(value: float) -> float:
    return 0.0 if value is None or value != value else float(value)
