"""From sales records to clean histories: one series per item and planning market, periods without gaps in time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.formulas import NOUGHT
from sopxl.grids import objects_with_inputs
from sopxl.periods import Periods
from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.decided_changes import newly_sold_pairs
from sopxl.steps.demand.forecasting.panel import Panel, first_known, row_mean
from sopxl.steps.demand.forecasting.seasons import pooled_profile
from sopxl.steps.demand.tables import LONGEST_HISTORY, SALES_PLAN, planning_markets

SELDOM = 4
SELDOM_INTERVAL = 3.0


@dataclass(frozen=True)
class History:
    """S series over T past periods, and what was found while cleaning.

    ``series``: item, market, decided (sold only because an initiative says so), family, name, status, channel, like
    (row of the series it follows, -1: none).
    ``quantity``: S x T units that forecasts are made from, NaN before the first sale and in gaps. ``returned``:
    S x T units by which returns were more than sales. ``late_records``: records in or after the first period of the
    plan, which are not history. ``sold``: S x T units as recorded; quantity is the same until corrections are used.
    """

    series: pd.DataFrame
    quantity: np.ndarray
    returned: np.ndarray
    late_records: int
    season: int
    sold: np.ndarray

    @property
    def length(self) -> np.ndarray:
        """S: periods from the first sale to the end of history."""
        return np.asarray(self.quantity.shape[1] - first_known(self.quantity))

    @property
    def mean_demand(self) -> np.ndarray:
        """S: mean of the known periods of the last year."""
        return row_mean(self.quantity[:, -self.season :])

    def last_year(self, horizon: int) -> np.ndarray:
        """S x horizon: sold in the same period a year before; NaN where that is no past period."""
        result = np.full((len(self.series), horizon), np.nan)
        count = min(horizon, self.season)
        source = np.nan_to_num(self.sold[:, -self.season :])
        padded = np.pad(source, ((0, 0), (self.season - source.shape[1], 0)))
        result[:, :count] = padded[:, :count]
        return result

    def panel(self, cut: int | None = None, profile: np.ndarray | None = None) -> Panel:
        """The histories up to column ``cut`` (all of them where it is left out), with the profiles seen by then.

        ``profile``: the profiles of an earlier column, to be used instead.
        """
        values = without_first_sale(self.quantity[:, :cut])
        if profile is not None:
            return Panel(values, self.season, profile, self.expected(values))
        profile = pooled_profile(values, self.season, self.groups())
        like = self.series["like"].to_numpy(int)
        borrowed = (like >= 0) & (values.shape[1] - first_known(values) < self.season)
        profile[borrowed] = profile[like[borrowed]]
        return Panel(values, self.season, profile, self.expected(values))

    def groups(self) -> list[np.ndarray]:
        """Group numbers of the series, the coarsest group first: all, channel, family in channel, family in market."""
        return self._groups

    @cached_property
    def _groups(self) -> list[np.ndarray]:
        levels: list[list[str]] = [["channel"], ["channel", "family"], ["market", "family"]]
        codes = [self.series.groupby(level, sort=False).ngroup().to_numpy(int) for level in levels]
        return [np.zeros(len(self.series), dtype=int), *codes]

    def expected(self, values: np.ndarray) -> np.ndarray:
        """S: mean demand per period that a new item may expect: its like item's, else the mean item's of its family.

        The family's is taken in the same market; NaN where neither has sold within a year. Items of which more was
        returned than sold are not new: nothing is expected of them.
        """
        recent = values[:, -self.season :]
        level = row_mean(recent)
        selling = pd.Series(np.where(level > 0, level, np.nan))
        family = selling.groupby(self.groups()[-1]).transform("mean").to_numpy(float)
        like = self.series["like"].to_numpy(int)
        expected = np.where((like >= 0) & (level[like] > 0), level[like], family)
        return np.where((self.returned > 0).any(axis=1), np.nan, expected)


def without_first_sale(values: np.ndarray) -> np.ndarray:
    """S x T values, without the first sale of series that are sold now and then.

    History starts with a sale by definition; what was sold once in five months would look like more. From
    SELDOM periods of history on, with a mean interval between sales above SELDOM_INTERVAL, the first is left out.
    """
    start = first_known(values)
    known = (~np.isnan(values)).sum(axis=1)
    sold = (np.nan_to_num(values) > 0).sum(axis=1)
    seldom = np.flatnonzero((known >= SELDOM) & (known > SELDOM_INTERVAL * sold) & (sold > 0))
    result = values.copy()
    result[seldom, start[seldom]] = np.nan
    return result


def read_history(tables: Tables, settings: Settings) -> History:
    """Clean histories of everything that is sold, in the planning markets.

    Missing periods after the first sale are 0 or gaps, as the setting ``missing_history`` says; what a customer
    returned is netted, and a period whose net is below zero counts as 0.
    """
    records, late = _records(tables, settings)
    series = _series(tables, settings, records)
    count = int(-records["position"].min()) if len(records) else 0
    net, recorded = _matrix(records, series, count)
    quantity = np.where(recorded | (settings.missing_history == "zero"), np.maximum(net, 0.0), np.nan)
    start = first_known(np.where(quantity > 0, quantity, np.nan))
    quantity[np.arange(count) < start[:, None]] = np.nan
    return History(series, quantity, np.maximum(-net, 0.0), late, settings.periods.season_length, quantity)


def planning_market_of(tables: Tables, settings: Settings) -> pd.Series:
    """Planning market by market, each market once."""
    market_of = planning_markets(tables["markets"], settings.market_level)
    return market_of[~market_of.index.duplicated()]


def rows_of_pairs(series: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Row of the series for each pair of item and market (the two columns of ``pairs``); -1 where there is none."""
    known = pd.MultiIndex.from_frame(series[["item", "market"]])
    return np.asarray(known.get_indexer(pd.MultiIndex.from_frame(pairs)), dtype=int)


def _records(tables: Tables, settings: Settings) -> tuple[pd.DataFrame, int]:
    """Net sales by item, planning market and position in time, and how many records lie in the plan's periods."""
    history = tables["sales_history"]
    records = pd.DataFrame({
        "item": history["item"],
        "market": history["market"].map(planning_market_of(tables, settings)),
        "position": positions_of(history["period"], settings),
        "quantity": history["quantity"],
    }).dropna()
    records = records[records["item"].isin(set(tables["items"]["item"]))]
    late = int((records["position"] >= 0).sum())
    longest = LONGEST_HISTORY * settings.periods.season_length
    records = records[(records["position"] < 0) & (records["position"] >= -longest)]
    return records.groupby(["item", "market", "position"])["quantity"].sum().reset_index(), late


def _matrix(records: pd.DataFrame, series: pd.DataFrame, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Net quantity S x T, and whether there is a record."""
    rows = rows_of_pairs(series, records[["item", "market"]])
    kept = rows >= 0
    cell = (rows[kept], (records["position"].to_numpy(float)[kept] + count).astype(int))
    net, recorded = np.zeros((len(series), count)), np.zeros((len(series), count), dtype=bool)
    quantity = records["quantity"].to_numpy(float)[kept]
    net[cell] = np.where(np.abs(quantity) < NOUGHT, 0.0, quantity)
    recorded[cell] = True
    return net, recorded


def _series(tables: Tables, settings: Settings, records: pd.DataFrame) -> pd.DataFrame:
    """The series that are planned, sorted by item and market, with what is known of their items."""
    items = tables["items"].drop_duplicates("item").set_index("item")
    sold = records[["item", "market"]].drop_duplicates()
    status = sold["item"].map(items["status"])
    last_year = set(map(tuple, records.loc[records["position"] >= -settings.periods.season_length,
                                           ["item", "market"]].to_numpy()))
    recent = np.array([pair in last_year for pair in map(tuple, sold.to_numpy())], dtype=bool)
    parts = [
        sold[(status == "active") | ((status == "ended") & recent)],
        _new_pairs(tables, settings, records),
        _launched_pairs(tables, settings),
        ordered_pairs(tables, settings)[["item", "market"]],
        objects_with_inputs(SALES_PLAN, tables["sales_plan"]),
    ]
    newly_sold = newly_sold_pairs(tables, settings).assign(decided=True)
    pairs = pd.concat([pd.concat(parts).assign(decided=False), newly_sold], ignore_index=True)
    pairs = pairs.drop_duplicates(["item", "market"])
    pairs = pairs[pairs["item"].isin(items.index)].sort_values(["item", "market"], ignore_index=True)
    return _described(pairs, items, tables, settings)


def _described(pairs: pd.DataFrame, items: pd.DataFrame, tables: Tables, settings: Settings) -> pd.DataFrame:
    """Pairs with family, name, status, channel and the row of the series that they follow."""
    facts = items.loc[pairs["item"], ["family", "name", "status", "like_item", "first_sales_period",
                                      "last_sales_period"]].reset_index(drop=True)
    series = pd.concat([pairs, facts], axis=1)
    channels = pd.Series(tables["markets"]["channel"].to_numpy(),
                         index=planning_markets(tables["markets"], settings.market_level).to_numpy())
    series["channel"] = series["market"].map(channels[~channels.index.duplicated()]).fillna("")
    series["like"] = rows_of_pairs(series, series[["like_item", "market"]])
    return series


def _new_pairs(tables: Tables, settings: Settings, records: pd.DataFrame) -> pd.DataFrame:
    """Items without history, and the markets in which they will be sold.

    In the markets of its launches, where all of them name one; else where the like item sells; else where a price is
    given; else where the family sells; else everywhere.
    """
    items, prices = tables["items"], tables["prices"]
    launches = tables["launches"][tables["launches"]["kind"] != "end"]
    announced = (items["like_item"] != "") | (items["first_sales_period"] != "")
    announced |= items["item"].isin(prices["item"]) | items["item"].isin(launches["item"])
    everywhere_launched = launches.loc[launches["market"] == "", "item"]
    announced &= ~items["item"].isin(launches["item"]) | items["item"].isin(everywhere_launched)
    new = items[(items["status"] == "active") & announced & ~items["item"].isin(records["item"])]
    recent = records[records["position"] >= -settings.periods.season_length]
    family_of = items.drop_duplicates("item").set_index("item")["family"]
    markets_of_item = recent.groupby("item")["market"].agg(set).to_dict()
    markets_of_family = recent.groupby(recent["item"].map(family_of))["market"].agg(set).to_dict()
    everywhere = set(planning_market_of(tables, settings))
    priced = prices[prices["market"].isin(everywhere)].groupby("item")["market"].agg(set).to_dict()
    pairs = [
        (item, market)
        for item, family, like in zip(new["item"], new["family"], new["like_item"], strict=True)
        for market in markets_of_item.get(like) or priced.get(item) or markets_of_family.get(family) or everywhere
    ]
    return pd.DataFrame(pairs, columns=["item", "market"], dtype="str")


def _launched_pairs(tables: Tables, settings: Settings) -> pd.DataFrame:
    """Active items and the planning markets in which a launch or replacement of theirs is entered."""
    launches, items = tables["launches"], tables["items"]
    active = launches["item"].isin(items.loc[items["status"] == "active", "item"])
    known = launches["market"].isin(set(planning_market_of(tables, settings)))
    return launches.loc[active & known & (launches["kind"] != "end"), ["item", "market"]]


def ordered_pairs(tables: Tables, settings: Settings) -> pd.DataFrame:
    """Customers' open orders: item, planning market, position in the plan (past ones at 0), quantity."""
    orders = tables["open_orders"]
    orders = orders[orders["kind"] == "sale"]
    result = pd.DataFrame({
        "item": orders["item"],
        "market": orders["market"].map(planning_market_of(tables, settings)),
        "position": np.maximum(positions_of(orders["due_period"], settings), 0.0),
        "quantity": orders["quantity"],
    }).dropna()
    return result.reset_index(drop=True)


def orders_in_hand(tables: Tables, settings: Settings, series: pd.DataFrame) -> np.ndarray:
    """S x H: customers' open orders by due period, overdue ones in the first."""
    orders = ordered_pairs(tables, settings)
    rows = rows_of_pairs(series, orders[["item", "market"]])
    known = (rows >= 0) & (orders["position"] < settings.horizon).to_numpy(bool)
    due = np.zeros((len(series), settings.horizon))
    cell = (rows[known], orders["position"].to_numpy(int)[known])
    np.add.at(due, cell, orders["quantity"].to_numpy(float)[known])
    return due


def history_labels(settings: Settings, count: int) -> list[str]:
    """Labels of the history's periods."""
    periods: Periods = settings.periods
    return periods.before(count) if count else []
