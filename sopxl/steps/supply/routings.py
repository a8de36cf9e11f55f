"""The ways of making: one for each routing of an item at a plant, with its operations and those who can take over.

Hours and components count for a unit started. Each operation lets only its yield of good units through, so later
operations see fewer: an operation's hours count times the yields of all before it, and the yield of the routing is
the product over its operations. (Source: Hopp and Spearman, Factory Physics, yield loss in a line.)
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.places import Places
from sopxl.steps.supply.tables import ROUTINGS
from sopxl.steps.supply.validity import with_span

WAY = ["place", "routing"]
LEAST_YIELD = ROUTINGS.column("yield_rate").minimum
"""A yield of nothing cannot be planned with; checks refuse less than this."""
OPERATION_COLUMNS = ["make", "resource", "operation", "use", "hours_per_unit", "setup_hours", "setup_group", "offset"]


def read_routings(tables: Tables, settings: Settings, places: Places) -> pd.DataFrame:
    """The rows of routings with their place, in the order of their operations; hours are for one unit started."""
    rows = with_span(tables["routings"], settings)
    rows = rows.assign(place=places.of(rows["item"], rows["location"]), routing=rows["routing"].astype("object"),
                       number=pd.to_numeric(rows["operation"], errors="coerce").fillna(np.inf))
    rows = rows[rows["place"] >= 0].sort_values([*WAY, "number", "operation"], kind="stable").reset_index(drop=True)
    own = rows.groupby([*WAY, "operation"], sort=False)["yield_rate"].min().clip(lower=LEAST_YIELD)
    through = own.groupby(level=[0, 1], sort=False).cumprod()
    step = rows.groupby([*WAY, "operation"], sort=False).ngroup().to_numpy()
    return rows.assign(own_yield=own.to_numpy(float)[step], through=through.to_numpy(float)[step])


def ways_of_making(routings: pd.DataFrame, made: np.ndarray) -> pd.DataFrame:
    """Every way of making: place, routing, priority, yield_rate, first and last; the usual way of a place first.

    ``made``: places where the item is made; those without routing have one way, of no name. A routing may be started
    when all its operations may.
    """
    found = routings.groupby(WAY, sort=False).agg(
        priority=("priority", "min"), yield_rate=("through", "min"), first=("first", "max"), last=("last", "min")
    ).reset_index()
    bare = pd.DataFrame({"place": np.setdiff1d(made, found["place"])}).assign(
        routing="", priority=1.0, yield_rate=1.0, first=-np.inf, last=np.inf
    )
    ways = pd.concat([part for part in (found, bare) if len(part)] or [bare], ignore_index=True)
    return ways.astype({"place": int}).sort_values(["place", "priority", "routing"], kind="stable", ignore_index=True)


def operations_of(routings: pd.DataFrame, tables: Tables, settings: Settings, makes: pd.DataFrame) -> pd.DataFrame:
    """Operations of the makes (OPERATION_COLUMNS) by make and resource number; those on unknown resources are left out.

    A set-up group that is not given is the item.
    """
    ways = pd.MultiIndex.from_frame(makes[WAY])
    resources = pd.Index(tables["resources"]["resource"].drop_duplicates())
    operations = routings.assign(
        make=ways.get_indexer(pd.MultiIndex.from_frame(routings[WAY])),
        resource=resources.get_indexer(routings["resource"]),
        hours_per_unit=routings["hours_per_unit"] * (routings["through"] / routings["own_yield"]),
        setup_group=routings["setup_group"].where(routings["setup_group"] != "", routings["item"]),
        offset=settings.periods.offset(routings["offset"].to_numpy(float)),
    )
    operations = operations[(operations["make"] >= 0) & (operations["resource"] >= 0)]
    return operations.sort_values("make", kind="stable")[OPERATION_COLUMNS].reset_index(drop=True)


def alternates_of(operations: pd.DataFrame, makes: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Which other resource may do an operation: operation (row), resource, hours_factor.

    A row of alternate_resources for the item wins over one for all items.
    """
    resources = pd.Index(tables["resources"]["resource"].drop_duplicates())
    rows = tables["alternate_resources"]
    rows = pd.DataFrame({
        "of": resources.get_indexer(rows["resource"]), "resource": resources.get_indexer(rows["alternate"]),
        "for_item": rows["item"].astype("object"), "hours_factor": rows["hours_factor"],
    })
    rows = rows[(rows["of"] >= 0) & (rows["resource"] >= 0) & (rows["of"] != rows["resource"])]
    work = pd.DataFrame({
        "operation": np.arange(len(operations)), "of": operations["resource"].to_numpy(int),
        "item": makes["item"].to_numpy(object)[operations["make"].to_numpy(int)],
    })
    found = work.merge(rows, on="of")
    found = found[(found["for_item"] == "") | (found["for_item"] == found["item"])]
    found = found.sort_values(["operation", "resource", "for_item"], ascending=[True, True, False], kind="stable")
    found = found.drop_duplicates(["operation", "resource"])
    return found[["operation", "resource", "hours_factor"]].reset_index(drop=True)
