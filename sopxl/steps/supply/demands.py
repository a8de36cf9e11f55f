"""What customers want: item by planning market, from the sales plan and from orders that are overdue."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl import grids
from sopxl.prices import positions_of, price_matrix
from sopxl.schema import FindingList, Tables
from sopxl.settings import Settings
from sopxl.steps.demand.tables import SALES_PLAN, planning_markets
from sopxl.steps.supply.places import Places

PAIR = ["item", "market"]


def read_demands(
    tables: Tables, settings: Settings, places: Places, findings: FindingList
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Demands (item, market, place, priority, quota, freight_cost, opening_backlog), demand, orders, price (D x T).

    quota is the share of the planning market, the sum over its markets (NaN: none).
    Demand is the orders in hand and the forecast that they have not consumed; what customers ordered for a period
    before the first is the opening backlog, and counts among the orders of the first. What nobody wants is left out.
    What of this is not planned for items made or assembled to order is said in :mod:`sopxl.steps.supply.fulfilment`.
    """
    periods = settings.periods.labels
    plan, measures = tables["sales_plan"], ("Demand", "Orders in hand", "Price")
    taken = [grids.take(SALES_PLAN, plan, name, periods) for name in measures]
    backlog = _opening_backlog(tables, settings)
    pairs = taken[0].index.union(backlog.index, sort=False).unique()
    arrays = [frame[~frame.index.duplicated()].reindex(pairs).to_numpy(float) for frame in taken]
    demand, orders, price = (np.nan_to_num(array) for array in arrays)
    demand = np.maximum(demand, 0.0)
    demands = pd.DataFrame({
        "item": pairs.get_level_values(0).astype("object"), "market": pairs.get_level_values(1).astype("object"),
        "opening_backlog": backlog.reindex(pairs).fillna(0.0).to_numpy(float),
    })
    wanted = (demand.sum(axis=1) > 0) | (demands["opening_backlog"] > 0).to_numpy()
    demands = _add_markets(demands[wanted].reset_index(drop=True), tables, settings, places, findings)
    known = (demands["place"] >= 0).to_numpy()
    price = _price_where_missing(tables, settings, demands, price[wanted])
    demands = demands[known].reset_index(drop=True)
    orders = np.maximum(orders[wanted][known], 0.0)
    orders[:, :1] += demands[["opening_backlog"]].to_numpy(float)
    return demands, demand[wanted][known], orders, price[known]


def _price_where_missing(tables: Tables, settings: Settings, demands: pd.DataFrame, price: np.ndarray) -> np.ndarray:
    """The sales plan's prices; from the price list where the sales plan has none (only overdue orders)."""
    missing = np.flatnonzero(~(price > 0).any(axis=1))
    if len(missing):
        price[missing] = price_matrix(tables, settings, demands.iloc[missing].reset_index(drop=True))
    return price


def _opening_backlog(tables: Tables, settings: Settings) -> pd.Series:
    """Customers' orders due before the first period, by item and planning market."""
    orders = tables["open_orders"]
    due = positions_of(orders["due_period"], settings)
    orders = orders[(orders["kind"] == "sale").to_numpy() & (due < 0)]
    names = planning_markets(tables["markets"], settings.market_level)
    market = orders["market"].map(names[~names.index.duplicated()])
    return orders.assign(market=market).dropna(subset=["market"]).groupby(PAIR, sort=False)["quantity"].sum()


def _add_markets(
    demands: pd.DataFrame, tables: Tables, settings: Settings, places: Places, findings: FindingList
) -> pd.DataFrame:
    """The demands with where they ship from, priority (the first of the planning market's) and mean freight.

    A finding for each planning market that is unknown, has no location, or ships from several.
    """
    markets = tables["markets"]
    names = planning_markets(markets, settings.market_level).to_numpy()
    grouped = markets.groupby(names)
    _find_market_faults(demands, grouped["ship_from"].agg(lambda codes: sorted(set(codes))), findings)
    ship_from = demands["market"].map(grouped["ship_from"].first()).astype("object").fillna("")
    return demands.assign(
        place=places.of(demands["item"], ship_from),
        priority=demands["market"].map(grouped["priority"].min()).fillna(1.0),
        freight_cost=demands["market"].map(grouped["freight_cost"].mean()).fillna(0.0),
        quota=demands["market"].map(grouped["quota"].sum(min_count=1)).astype(float),
    )


def _find_market_faults(demands: pd.DataFrame, locations: pd.Series, findings: FindingList) -> None:
    """Add a finding for each planning market with demand that cannot be shipped from exactly one location."""
    for market in demands["market"].unique():
        codes = locations.get(market, [])
        if not codes:
            findings.add("error", f"'{market}' is in the sales plan but is no planning market.",
                         "Plan demand again, or add the market to markets.", table="sales_plan", column="market")
        elif len(codes) > 1:
            findings.add("error", f"'{market}' ships from several locations: {', '.join(codes)}.",
                         "Let its markets ship from one location, or set 'Market level' to market.",
                         table="markets", column="ship_from")
        elif not codes[0]:
            findings.add("error", f"'{market}' has no location that serves it.", "Enter where it ships from.",
                         table="markets", column="ship_from")
