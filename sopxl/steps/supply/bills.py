"""Bills of material and co-products for each way of making: phantoms blown through, validity and plant minded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.places import Places
from sopxl.steps.supply.validity import SPAN, ever_open, with_span

_ROW = ["parent", "component", "at", "for_routing", *SPAN]
_QUANTITIES = ["quantity", "net_quantity"]


def read_bill(tables: Tables, settings: Settings, places: Places) -> pd.DataFrame:
    """Bills of material by numbers: parent, component, at (location, -1: all), for_routing (empty: all), quantity with
    scrap, net_quantity without it, first and last period.

    A phantom that has a bill stands in no parent's bill: its components do, in its quantity and as long as both rows
    hold, through any number of phantoms. (Source: Orlicky, *Material Requirements Planning*, 1975: blow-through.)
    Rows that hold in no period of the plan are left out.
    """
    rows = tables["bills_of_material"]
    bill = pd.DataFrame({
        "parent": places.item_numbers(rows["parent"]), "component": places.item_numbers(rows["component"]),
        "at": np.where(rows["location"] == "", -1, places.location_numbers(rows["location"])),
        "for_routing": rows["routing"].astype("object"), "quantity": rows["quantity"] / (1.0 - rows["scrap"]),
        "net_quantity": rows["quantity"],
    })
    strange = (rows["location"] != "").to_numpy() & (bill["at"] < 0).to_numpy()
    known = (bill["parent"] >= 0) & (bill["component"] >= 0) & (bill["quantity"] > 0) & ~strange
    bill = with_span(bill.assign(valid_from=rows["valid_from"], valid_until=rows["valid_until"])[known], settings)
    bill = ever_open(bill, settings.horizon)[[*_ROW, *_QUANTITIES]]
    return _explode(bill, _phantoms(tables, places))


def _phantoms(tables: Tables, places: Places) -> np.ndarray:
    """Numbers of the items that are phantoms."""
    items = tables["items"]
    return places.item_numbers(items.loc[items["phantom"].astype(bool), "item"])


def _explode(bill: pd.DataFrame, phantoms: np.ndarray) -> pd.DataFrame:
    """The bill with the components of phantoms in their place."""
    own = bill[bill["parent"].isin(phantoms)]
    blown = np.intersect1d(phantoms, own["parent"])
    if not bill["component"].isin(blown).any():
        return bill
    routed = own[own["for_routing"] != ""]
    usual = own["parent"].map(routed.drop_duplicates("parent").set_index("parent")["for_routing"])
    own = own[(own["for_routing"] == "") | (own["for_routing"] == usual)].drop(columns="for_routing")
    done, rest = [], bill
    for _ in range(len(blown) + 1):
        passes = rest["component"].isin(blown)
        done.append(rest[~passes])
        rest = _through(rest[passes], own)
    return pd.concat(done, ignore_index=True)


def _through(rows: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Rows for phantoms replaced by rows for what the phantoms are made of."""
    both = rows.merge(own, left_on="component", right_on="parent", suffixes=("", "_own"))
    both = both[(both["at"] < 0) | (both["at_own"] < 0) | (both["at"] == both["at_own"])]
    found = pd.DataFrame({
        "parent": both["parent"], "component": both["component_own"], "at": both[["at", "at_own"]].max(axis=1),
        "for_routing": both["for_routing"], "first": both[["first", "first_own"]].max(axis=1),
        "last": both[["last", "last_own"]].min(axis=1),
        **{name: both[name] * both[f"{name}_own"] for name in _QUANTITIES},
    })
    found = found[found["first"] <= found["last"]]
    return found.groupby(_ROW, sort=False)[_QUANTITIES].sum().reset_index()


def components_of(bill: pd.DataFrame, makes: pd.DataFrame, places: Places) -> pd.DataFrame:
    """The bill of each way of making: parent_place, routing, component_place, quantity, net_quantity, first and last.

    Rows of one component that hold equally long are added up; others stay apart.
    """
    rows = _for_makes(bill, makes, places)
    rows = rows.assign(component_place=rows["component"] * len(places.locations) + rows["location"])
    key = ["parent_place", "routing", "component_place", *SPAN]
    return rows.groupby(key, sort=False)[_QUANTITIES].sum().reset_index()


def co_products_of(tables: Tables, makes: pd.DataFrame, places: Places) -> pd.DataFrame:
    """What else comes out of each way of making: parent_place, routing, co_place, quantity for one unit started."""
    rows = tables["co_products"]
    outputs = pd.DataFrame({
        "parent": places.item_numbers(rows["item"]), "output": places.item_numbers(rows["co_product"]),
        "at": np.where(rows["location"] == "", -1, places.location_numbers(rows["location"])),
        "for_routing": rows["routing"].astype("object"), "quantity": rows["quantity"],
    })
    strange = (rows["location"] != "").to_numpy() & (outputs["at"] < 0).to_numpy()
    known = (outputs["parent"] >= 0) & (outputs["output"] >= 0) & (outputs["quantity"] > 0) & ~strange
    outputs = _for_makes(outputs[known & (outputs["parent"] != outputs["output"])], makes, places)
    outputs = outputs.assign(co_place=outputs["output"] * len(places.locations) + outputs["location"],
                             quantity=outputs["quantity"] * outputs["yield_rate"])
    return outputs.groupby(["parent_place", "routing", "co_place"], sort=False)["quantity"].sum().reset_index()


def _for_makes(rows: pd.DataFrame, makes: pd.DataFrame, places: Places) -> pd.DataFrame:
    """The rows for each way of making that they hold for, with its parent_place, location, routing and yield_rate."""
    width = max(len(places.locations), 1)
    ways = makes[["place", "routing", "yield_rate"]].rename(columns={"place": "parent_place"})
    ways = ways.assign(parent=ways["parent_place"] // width, location=ways["parent_place"] % width)
    found = ways.merge(rows, on="parent")
    here = (found["at"] < 0) | (found["at"] == found["location"])
    return found[here & ((found["for_routing"] == "") | (found["for_routing"] == found["routing"]))]
