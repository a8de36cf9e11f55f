"""Which places and sources a plan needs, so that the network holds nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.schema import FindingList, Tables
from sopxl.steps.supply.levels import find_loops
from sopxl.steps.supply.places import Places
from sopxl.steps.supply.sources import NOWHERE, Sources


def reach(start: np.ndarray, sources: Sources, places: Places) -> np.ndarray:
    """Places from which the starting places draw, over any number of components and moves, and themselves.

    A co-product draws on what it comes out of.
    """
    parts, extras, moves = sources.components, sources.co_products, sources.moves
    users = np.concatenate([parts["parent_place"], extras["co_place"], moves["to_place"]]).astype(int)
    used = np.concatenate([parts["component_place"], extras["parent_place"], moves["from_place"]]).astype(int)
    reached = np.zeros(places.count, bool)
    reached[start] = True
    while True:
        found = used[reached[users]]
        if reached[found].all():
            return np.flatnonzero(reached)
        reached[found] = True


def find_bill_loops(tables: Tables, places: Places, findings: FindingList) -> None:
    """Add a finding for each loop in the bills of material."""
    bill = tables["bills_of_material"]
    bill = bill[bill["quantity"] > 0]
    for loop in find_loops(places.item_numbers(bill["parent"]), places.item_numbers(bill["component"])):
        names = [str(places.items[item]) for item in (*loop, loop[0])]
        rows = bill.index[(bill["parent"] == names[-2]) & (bill["component"] == names[-1])]
        findings.add("error", f"The bill of material runs in a circle: {' → '.join(names)}.",
                     "Take the component out that closes the circle.", table="bills_of_material", column="component",
                     row=int(rows[0]))


def find_missing_sources(
    tables: Tables, sources: Sources, places: Places, needed: np.ndarray, demands: pd.DataFrame, findings: FindingList
) -> None:
    """Add a finding for each needed place to which stock can come in no way and where none is.

    Items that have ended are sold off: what they lack is no fault.
    """
    items = tables["items"]
    ended = set(items.loc[items["status"] == "ended", "item"])
    row_of = {item: row for row, item in enumerate(items["item"])}
    markets = demands.groupby("place")["market"].first()
    lacking = needed[sources.rank[needed] >= NOWHERE]
    for place, item, location in zip(lacking, places.item_of(lacking), places.location_of(lacking), strict=True):
        if item in ended:
            continue
        use = f"is sold in {markets[place]} from {location}" if place in markets.index else f"is needed at {location}"
        findings.add("error", f"{item} {use}, but can be neither made, bought nor moved there.",
                     f"Give it a routing or bill of material, an active supplier in sourcing, or a lane to {location}.",
                     table="items", column="item", row=row_of.get(item))
