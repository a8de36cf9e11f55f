"""What is agreed beyond a single purchase or move: suppliers' totals, price breaks, contracts, and lanes' loads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.prices import exchange_rate
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.calendars import hours_by_period
from sopxl.steps.supply.validity import ever_open, open_periods, with_span

LANE_TERMS = ["total_capacity", "minimum_load", "load_size", "load_cost"]
LANE_ENDS = ["from_location", "to_location"]


def mean_rates(tables: Tables, settings: Settings, currencies: pd.Series) -> pd.Series:
    """What one unit of each currency is worth in the plan's, on average over the horizon.

    Raises PlanError for a currency without exchange rate.
    """
    rates = {name: float(exchange_rate(tables, settings, name).mean()) for name in currencies.unique()}
    return currencies.map(rates).astype(float)


def suppliers_of(buys: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The suppliers of the buys, with what they deliver per period of all items together."""
    known = tables["suppliers"].drop_duplicates("supplier").set_index("supplier")["capacity"]
    names = pd.Series(buys["supplier"].unique(), dtype="object")
    return pd.DataFrame({"supplier": names, "capacity": names.map(known).astype(float)})


def price_breaks_of(buys: pd.DataFrame, tables: Tables, settings: Settings) -> pd.DataFrame:
    """Price breaks of the buys in the plan's currency: buy, from_quantity, unit_price, all_units.

    Where a supplier has price breaks for the item at the location, those for all locations do not count there.
    """
    rows = tables["price_breaks"]
    currency = tables["suppliers"].drop_duplicates("supplier").set_index("supplier")["currency"]
    rows = rows[rows["supplier"].isin(set(buys["supplier"]))]
    rate = mean_rates(tables, settings, rows["supplier"].map(currency).fillna(""))
    rows = pd.DataFrame({
        "item": rows["item"], "supplier": rows["supplier"], "at": rows["location"],
        "from_quantity": rows["from_quantity"].fillna(0.0), "unit_price": rows["price"].fillna(0.0) * rate,
        "all_units": rows["applies_to"] != "units beyond",
    })
    found = buys[["item", "supplier", "location"]].rename_axis("buy").reset_index().merge(rows, on=["item", "supplier"])
    found = found[(found["at"] == "") | (found["at"] == found["location"])]
    special = found["at"] != ""
    found = found[special | ~special.groupby(found["buy"]).transform("any").astype(bool)]
    found = found.drop_duplicates(["buy", "from_quantity"]).sort_values(["buy", "from_quantity"], kind="stable")
    return found[["buy", "from_quantity", "unit_price", "all_units"]].reset_index(drop=True)


def contracts_of(
    buys: pd.DataFrame, tables: Tables, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Contracts that run in the horizon (as Network.contracts), and which buys count for each (contract, buy).

    The quantities are what is left of a contract that has begun; of one that ends after the horizon, the share of its
    periods that lie inside has to be taken.
    """
    rows = with_span(tables["contracts"], settings, "from_period", "until_period")
    rows = ever_open(rows, settings.horizon).reset_index(drop=True)
    first, last = np.maximum(rows["first"], 0).astype(int), np.minimum(rows["last"], settings.horizon - 1).astype(int)
    no_end = (rows["until_period"] == "").to_numpy()
    share = np.where(no_end, 1.0, (last - first + 1) / (np.where(no_end, last, rows["last"]) - first + 1))
    contracts = pd.DataFrame({
        "contract": rows["contract"], "supplier": rows["supplier"], "minimum": rows["minimum_quantity"] * share,
        "maximum": rows["maximum_quantity"],
        "shortfall_cost": rows["shortfall_cost"], "first": first, "last": last,
    })
    parties = rows[["supplier", "item"]].rename_axis("contract").reset_index()
    found = parties.merge(buys[["supplier", "item"]].rename_axis("buy").reset_index(), on="supplier",
                          suffixes=("", "_bought"))
    found = found[(found["item"] == "") | (found["item"] == found["item_bought"])]
    return contracts, found[["contract", "buy"]].reset_index(drop=True)


def lanes_of(moves: pd.DataFrame, tables: Tables) -> tuple[pd.DataFrame, np.ndarray]:
    """The lanes of the moves with LANE_TERMS, and the row of each move's lane; the row for all items has the terms."""
    ends = pd.MultiIndex.from_frame(moves[LANE_ENDS].drop_duplicates())
    rows = tables["lanes"].sort_values("item", key=lambda item: item != "", kind="stable")
    terms = rows.drop_duplicates(LANE_ENDS).set_index(LANE_ENDS)[LANE_TERMS]
    lanes = terms.reindex(ends).reset_index()
    return lanes, np.asarray(ends.get_indexer(pd.MultiIndex.from_frame(moves[LANE_ENDS])))


def open_buys(buys: pd.DataFrame, tables: Tables, settings: Settings) -> np.ndarray:
    """Whether each purchase can be received in each period: in force, the supplier delivers, the location is open."""
    suppliers = tables["suppliers"].drop_duplicates("supplier").set_index("supplier")["calendar"]
    delivers = _works(tables, buys["supplier"].map(suppliers), settings)
    return np.asarray(open_periods(buys, settings.horizon) & delivers & _is_open(tables, buys["location"], settings))


def open_moves(moves: pd.DataFrame, tables: Tables, settings: Settings) -> np.ndarray:
    """Whether goods can leave in each period: the sender is open then, and the receiver when they arrive."""
    sends, receives = (_is_open(tables, moves[end], settings) for end in LANE_ENDS)
    beyond = np.concatenate([receives, np.ones((len(moves), 1), bool)], axis=1)
    arrival = np.arange(settings.horizon) + moves["lead"].to_numpy(int)[:, None]
    return np.asarray(sends & np.take_along_axis(beyond, np.minimum(arrival, settings.horizon), axis=1))


def _is_open(tables: Tables, locations: pd.Series, settings: Settings) -> np.ndarray:
    """Whether each location works in each period."""
    calendars = tables["locations"].drop_duplicates("location").set_index("location")["calendar"]
    return _works(tables, locations.map(calendars), settings)


def _works(tables: Tables, calendars: pd.Series, settings: Settings) -> np.ndarray:
    """Whether each calendar has a working day in each period; none is always open."""
    return np.asarray(hours_by_period(tables, calendars.astype("object").fillna(""), settings) > 0)
