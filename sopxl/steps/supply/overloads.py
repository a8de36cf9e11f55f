"""The orders behind each overload: which items need the hours beyond regular time, and for which demands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.pegging import parcel_names
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.tables import OVERLOAD_ORDERS
from sopxl.steps.supply.words import amount, listed

SMALLEST = 1e-6
MOST_ROWS = 1000
MOST_DEMANDS = 3


@review(OVERLOAD_ORDERS)
def overload_orders(view: PlanView) -> pd.DataFrame:
    """Rows of the table: what would be made without limits where it needs more than regular hours.

    The largest overload first, in it the item of most hours; the dearest MOST_ROWS rows.
    """
    hours, regular = view.need.hours, view.plan.regular_hours
    over = np.maximum(hours - regular, 0.0)
    rows = _orders_in(view, over > SMALLEST)
    resource, period, make = (rows[name].to_numpy(int) for name in ("resource", "period", "make"))
    makes = view.network.makes.iloc[make]
    cost = np.nan_to_num(view.network.nodes["unit_cost"].to_numpy(float))[makes["node"].to_numpy(int)]
    with np.errstate(divide="ignore", invalid="ignore"):
        load = hours[resource, period] / regular[resource, period]
    quantity = view.required.make_start[make, period]
    found = pd.DataFrame({
        "resource": view.network.resources["resource"].to_numpy(object)[resource], "period": view.labels[period],
        "load": np.where(np.isfinite(load), load, np.nan), "over_hours": over[resource, period],
        "item": makes["item"].to_numpy(object), "location": makes["location"].to_numpy(object),
        "name": view.name_of(makes["item"]),
        "hours": rows["hours"].to_numpy(float), "quantity": quantity, "money": quantity * cost,
    })
    order = np.lexsort((-found["hours"], period, resource, -found["over_hours"]))[:MOST_ROWS]
    return found.iloc[order].assign(serves=_demands_behind(view, make[order], period[order])).reset_index(drop=True)


def _orders_in(view: PlanView, overloaded: np.ndarray) -> pd.DataFrame:
    """What loads each resource in the periods of its overload: resource, period, make, hours."""
    operations, flows = view.network.operations, view.required
    row, period = np.nonzero(overloaded[operations["resource"].to_numpy(int)])
    make = operations["make"].to_numpy(int)[row]
    hours = flows.make_start[make, period] * operations["hours_per_unit"].to_numpy(float)[row]
    hours += flows.make_lots[make, period] * operations["setup_hours"].to_numpy(float)[row]
    found = pd.DataFrame({"resource": operations["resource"].to_numpy(int)[row], "period": period, "make": make,
                          "hours": hours})
    return pd.DataFrame(found[hours > SMALLEST].groupby(["resource", "period", "make"], as_index=False).sum())


def _demands_behind(view: PlanView, make: np.ndarray, period: np.ndarray) -> list[str]:
    """The demands that production of these makes in these periods serves, those of most units first."""
    pegs = view.required_pegs
    made = pegs.supplies[pegs.supplies["kind"] == "make"]
    wanted = pd.MultiIndex.from_arrays([make, period]).unique()
    group = np.full(len(pegs.supplies), -1)
    group[made.index] = wanted.get_indexer(pd.MultiIndex.from_arrays([made["position"], made["started"]]))
    reached = pegs.ahead(np.flatnonzero(group >= 0))
    reached["group"] = group[reached["supply"].to_numpy(int)]
    ends = reached.groupby(["group", "parcel"])["serves"].sum().reset_index()
    ends = ends.sort_values(["group", "serves"], ascending=[True, False], kind="stable")
    counts = np.bincount(ends["group"].to_numpy(int), minlength=len(wanted))
    shown = ends[ends.groupby("group").cumcount() < MOST_DEMANDS]
    texts: list[list[str]] = [[] for _ in range(len(wanted))]
    names = parcel_names(view, pegs, shown["parcel"].to_numpy(int))
    for at, name, units in zip(shown["group"].to_numpy(int), names, shown["serves"], strict=True):
        texts[at].append(f"{name}: {amount(units)}")
    told = [listed([*parts, *[""] * (count - len(parts))], MOST_DEMANDS)
            for parts, count in zip(texts, counts.tolist(), strict=True)]
    return [told[at] for at in wanted.get_indexer(pd.MultiIndex.from_arrays([make, period]))]
