"""The table of pegging: late demands with all that stands behind them, and what the planner asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.pegs import NEVER, Pegs
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.tables import PEGGING

MOST_ROWS = 1000
"""Most rows about late demands, and most about inquiries."""

SUPPLY_NAMES = {
    "stock": "Stock", "open production": "Open production order", "open purchase": "Open purchase order",
    "open transfer": "Transfer under way", "open order": "Open order", "make": "Production",
    "co-product": "Co-product", "buy": "Purchase", "move": "Transfer",
}


@review(PEGGING)
def pegging(view: PlanView) -> pd.DataFrame:
    """Rows of the table: late demands first, the dearest first, then the inquiries."""
    late = late_parcels(view)
    told = _told(view, _behind(view.pegs, late[:MOST_ROWS]), len(late), "late demands")
    asked = _inquiries(view)
    parts = [part for part in (told, asked) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else PEGGING.empty_frame()


def late_parcels(view: PlanView) -> np.ndarray:
    """The parcels of demand that wait, the dearest first: by their worth and how long they wait."""
    worth = view.network.price[view.pegs.parcels["demand"].to_numpy(int), _wanted(view.pegs)]
    waits = periods_waiting(view)
    money = np.nan_to_num(worth) * view.pegs.parcels["quantity"].to_numpy(float) * waits
    order = np.lexsort((_wanted(view.pegs), -waits, -money))
    return order[waits[order] > 0]


def periods_waiting(view: PlanView) -> np.ndarray:
    """Periods that each parcel waits; what is not shipped within the horizon waits to its end."""
    shipped = view.pegs.parcels["shipped"].to_numpy(int)
    return np.asarray(np.where(shipped == NEVER, len(view.labels), shipped) - _wanted(view.pegs))


def _wanted(pegs: Pegs) -> np.ndarray:
    """Period in which each parcel is wanted; what is overdue, at once."""
    return np.asarray(np.maximum(pegs.parcels["wanted"].to_numpy(int), 0))


def parcel_names(view: PlanView, pegs: Pegs, parcels: np.ndarray) -> list[str]:
    """Parcels as planners call them: item for market and the period in which it is wanted."""
    rows = pegs.parcels.iloc[parcels]
    demands = view.network.demands.iloc[rows["demand"].to_numpy(int)]
    when = ["overdue" if period < 0 else view.labels[period] for period in rows["wanted"]]
    return [f"{item} for {market} {period}" for item, market, period in
            zip(demands["item"], demands["market"], when, strict=True)]


def _behind(pegs: Pegs, parcels: np.ndarray) -> pd.DataFrame:
    """What stands behind the parcels, in their order, and a row without supply for what is not shipped."""
    found = pegs.behind(parcels)
    missing = np.setdiff1d(parcels, found["parcel"].unique())
    nothing = pd.DataFrame({"parcel": missing, "supply": -1, "level": 0, "due": 0,
                            "quantity": pegs.parcels["quantity"].to_numpy(float)[missing]})
    rank = np.zeros(len(pegs.parcels), int)
    rank[parcels] = np.arange(len(parcels))
    both = pd.concat([part for part in (found, nothing) if len(part)] or [found], ignore_index=True)
    order = np.lexsort((both["supply"], both["level"], rank[both["parcel"].to_numpy(int)]))
    return both.iloc[order].reset_index(drop=True)


def _rows(view: PlanView, pegs: pd.DataFrame) -> pd.DataFrame:
    """Pegs (parcel, supply, level, quantity, due) as rows of the table."""
    parcels = view.pegs.parcels.iloc[pegs["parcel"].to_numpy(int)]
    demands = view.network.demands.iloc[parcels["demand"].to_numpy(int)]
    shipped, wanted = parcels["shipped"].to_numpy(int), parcels["wanted"].to_numpy(int)
    labels = np.append(view.labels, "")
    supply = pegs["supply"].to_numpy(int)
    kind, item, location, source, period = supply_names(view, view.pegs, supply)
    waits = periods_waiting(view)[pegs["parcel"].to_numpy(int)]
    late_by = np.minimum(np.maximum(period - pegs["due"].to_numpy(int), 0), waits) * (kind != "Stock")
    return pd.DataFrame({
        "demand_item": demands["item"].to_numpy(object), "market": demands["market"].to_numpy(object),
        "demand_period": np.where(wanted < 0, "overdue", labels[np.maximum(wanted, 0)]),
        "shipped_period": labels[shipped], "level": pegs["level"].to_numpy(int), "supply": kind, "item": item,
        "location": location, "source": source, "supply_period": np.where(supply < 0, "", labels[period]),
        "quantity": pegs["quantity"].to_numpy(float), "late": np.where(supply < 0, waits, late_by),
        "holds_up": _held_up(view, pegs),
    })


def supply_names(
    view: PlanView, pegs: Pegs, supply: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kind, item, location, source and period of supplies, as planners call them; empty for -1."""
    network, known = view.network, supply >= 0
    events = pegs.supplies.iloc[supply[known]]
    nodes = network.nodes.iloc[events["node"].to_numpy(int)]
    kinds, positions = events["kind"].to_numpy(object), events["position"].to_numpy(int)
    source = np.full(len(events), "", object)
    for kinds_of, names in (
        (("buy", "open purchase"), network.buys["supplier"]),
        (("move", "open transfer"), network.moves["from_location"]),
        (("make", "open production"), network.makes.get("routing", pd.Series("", network.makes.index))),
        (("co-product",), network.makes["item"]),
    ):
        rows = np.isin(kinds, kinds_of)
        source[rows] = names.to_numpy(object)[positions[rows]]
    found = []
    for values in ([SUPPLY_NAMES[kind] for kind in kinds], nodes["item"], nodes["location"], source):
        column = np.full(len(supply), "", object)
        column[known] = np.asarray(values, object)
        found.append(column)
    period = np.zeros(len(supply), int)
    period[known] = events["period"].to_numpy(int)
    return found[0], found[1], found[2], found[3], period


def _held_up(view: PlanView, pegs: pd.DataFrame) -> np.ndarray:
    """What holds up each late parcel, told where it is shipped itself."""
    told = np.full(len(pegs), "", object)
    waits = periods_waiting(view)
    wanted, demand = _wanted(view.pegs), view.pegs.parcels["demand"].to_numpy(int)
    parcels = pegs["parcel"].to_numpy(int)
    for row in np.flatnonzero((waits[parcels] > 0) & (pegs["level"] == 0).to_numpy())[:MOST_ROWS]:
        told[row] = view.holds_up(int(demand[parcels[row]]), int(wanted[parcels[row]]))
    return told


def _told(view: PlanView, pegs: pd.DataFrame, parcels: int, what: str) -> pd.DataFrame:
    """As many pegs as are told as rows of the table, and one that says what is left out of so many parcels."""
    shown = pegs.iloc[:MOST_ROWS]
    rows = _rows(view, shown)
    left_out = parcels - shown["parcel"].nunique()
    if len(pegs) <= MOST_ROWS and not left_out:
        return rows
    more = f"{len(pegs) - MOST_ROWS:,} more rows and " if len(pegs) > MOST_ROWS else ""
    note = {"holds_up": f"{more}{left_out:,} more {what} are left out: ask for them in pegging inquiries."}
    return pd.concat([rows, pd.DataFrame([note])], ignore_index=True)


def _inquiries(view: PlanView) -> pd.DataFrame:
    """What the planner asked for: the demands behind orders, and the supplies behind demands."""
    asked = view.tables["pegging_inquiries"].drop_duplicates()
    periods = {label: period for period, label in enumerate(view.labels)}
    found = []
    for item, place, label in asked[["item", "place", "period"]].fillna("").itertuples(index=False):
        if label and label not in periods:
            continue
        period = periods.get(label, -1)
        found += [_orders(view, item, place, period), _demands(view, item, place, period)]
    found = [part for part in found if len(part)]
    if not found:
        return PEGGING.empty_frame()
    pegs = pd.concat(found, ignore_index=True).drop_duplicates(ignore_index=True)
    return _told(view, pegs, pegs["parcel"].nunique(), "demands")


def _orders(view: PlanView, item: str, place: str, period: int) -> pd.DataFrame:
    """The demands behind all supplies of an item at a location; -1: of all periods."""
    pegs, nodes = view.pegs, view.network.nodes
    here = (nodes["item"] == item) & ((nodes["location"] == place) if place else True)
    supplies = pegs.supplies
    chosen = here.to_numpy(bool)[supplies["node"].to_numpy(int)] & ((supplies["period"] == period) | (period < 0))
    ends = pegs.ahead(np.flatnonzero(chosen))
    reached = pegs.behind(ends["parcel"].unique()).merge(ends[["supply", "parcel"]], on=["supply", "parcel"])
    order = np.lexsort((reached["parcel"], reached["supply"]))
    return reached.iloc[order].reset_index(drop=True)


def _demands(view: PlanView, item: str, place: str, period: int) -> pd.DataFrame:
    """All supplies behind the demand for an item in a market; -1: of all periods."""
    demands, parcels = view.network.demands, view.pegs.parcels
    here = (demands["item"] == item) & ((demands["market"] == place) if place else True)
    wanted = _wanted(view.pegs)
    chosen = here.to_numpy(bool)[parcels["demand"].to_numpy(int)] & ((wanted == period) | (period < 0))
    return _behind(view.pegs, np.flatnonzero(chosen))
