"""What the plan is compared with: the figures of budget, last plan and last year by family, market and period.

A version is a function in VERSION_FIGURES that gives rows of KEYS, position and FIGURES; what it does not know is NaN.
Positions count from the plan's first period (0); figures are units and money in the plan's currency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.grids import take
from sopxl.prices import exchange_rate, positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.tables import planning_markets
from sopxl.steps.finance.tables import BRIDGE_LINES, FIGURES, PROFIT_AND_LOSS, REFERENCE_PLANS, VERSIONS
from sopxl.steps.supply.tables import BACKLOG_PLAN

KEYS = ["family", "market"]
COLUMNS = [*KEYS, "position", *FIGURES]
NO_FAMILY = "(no family)"


@dataclass(frozen=True)
class Compared:
    """The computed plan with which versions are compared."""

    tables: Tables
    settings: Settings

    def lines(self, *names: str) -> np.ndarray:
        """Lines of the profit and loss added up: its families and markets (``pairs``) x T."""
        grid, labels = self.tables["profit_and_loss"], self.settings.periods.labels
        values = [np.nan_to_num(take(PROFIT_AND_LOSS, grid, name, labels).to_numpy(float)) for name in names]
        return np.asarray(np.stack(values).sum(axis=0))

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The families and markets of the profit and loss."""
        return self.tables["profit_and_loss"][KEYS].iloc[:: len(PROFIT_AND_LOSS.measures)].reset_index(drop=True)

    @cached_property
    def unserved(self) -> np.ndarray:
        """Demand less shipments: ``pairs`` x T."""
        labels, grid = self.settings.periods.labels, self.tables["backlog_plan"]
        grid = grid[["measure", *KEYS]].join(grid.reindex(columns=labels))
        demand, shipped = (grid[grid["measure"] == name].groupby(KEYS)[labels].sum()
                           for name in ("Demand", "Shipments"))
        values = (demand - shipped).reindex(pd.MultiIndex.from_frame(self.pairs)).to_numpy(float)
        return np.asarray(np.nan_to_num(values))

    @cached_property
    def history(self) -> pd.DataFrame:
        """What was sold: family, market, position (below 0), quantity, net_sales, cost_of_goods at present standard."""
        sold = self.tables["sales_history"]
        market_of = planning_markets(self.tables["markets"], self.settings.market_level)
        families = self.tables["items"].drop_duplicates("item").set_index("item")["family"]
        markets = sold["market"].map(market_of[~market_of.index.duplicated()]).fillna(sold["market"])
        rows = pd.DataFrame({
            "family": sold["item"].map(families).fillna(NO_FAMILY).to_numpy(str), "market": markets.to_numpy(str),
            "position": positions_of(sold["period"], self.settings), "quantity": sold["quantity"].to_numpy(float),
            "net_sales": sold["revenue"].to_numpy(float),
        })
        rows["cost_of_goods"] = rows["quantity"] * unit_costs(self.tables, sold["item"], markets)
        rows = rows[rows["position"] < 0]
        return rows.groupby([*KEYS, "position"], as_index=False)[["quantity", "net_sales", "cost_of_goods"]].sum()

    @cached_property
    def currencies(self) -> pd.Series:
        """Currency in which most of each family and market is sold, by (family, market); the plan's where it is."""
        return currencies_of(self.tables, self.settings)

    def rates(self, rows: pd.DataFrame) -> np.ndarray:
        """What one unit of the currency of each row (family, market, position) was or will be worth."""
        currency = self.currencies.reindex(pd.MultiIndex.from_frame(rows[KEYS])).fillna("").to_numpy(str)
        rates = np.ones(len(rows))
        for name in set(currency) - {"", self.settings.currency}:
            own = currency == name
            rates[own] = exchange_rate(self.tables, self.settings, name, rows["position"].to_numpy(float)[own])
        return rates


def unit_costs(tables: Tables, items: pd.Series, markets: pd.Series) -> np.ndarray:
    """Standard cost of a unit with freight to the customer, for each item and planning market; 0 where none is known.

    As the backlog plan has it for the item in that market, else for the item, else as the costs table has it.
    """
    names = [column.name for column in BACKLOG_PLAN.columns if column.kind == "money"]
    shipped = tables["backlog_plan"].drop_duplicates(["item", "market"])
    shipped = shipped.assign(cost=shipped[names].fillna(0.0).sum(axis=1))
    costs = tables["costs"].drop_duplicates("item").set_index("item")
    listed = costs[[name for name in names if name in costs]].fillna(0.0).sum(axis=1)
    exact = shipped.set_index(["item", "market"])["cost"]
    found = exact.reindex(pd.MultiIndex.from_arrays([items, markets])).to_numpy(float)
    for by_item in (shipped.groupby("item")["cost"].mean(), listed):
        found = np.where(np.isnan(found), by_item.reindex(items).to_numpy(float), found)
    return np.asarray(np.nan_to_num(found))


def sold_by_currency(tables: Tables, settings: Settings) -> pd.DataFrame:
    """What is shipped of each item in each market, at net prices: item, family, market, currency, one column a period.

    The currency is that of the price list's last price for the item in that market, else in all markets.
    """
    grid = tables["backlog_plan"]
    sold = grid[grid["measure"] == "Sales value"].reset_index(drop=True)
    sold = sold[["item", *KEYS]].join(sold.reindex(columns=settings.periods.labels).fillna(0.0))
    prices = tables["prices"].drop_duplicates(["item", "market"], keep="last").set_index(["item", "market"])["currency"]
    own, everywhere = (
        pd.Series(prices.reindex(pd.MultiIndex.from_arrays([sold["item"], market])).to_numpy(object))
        for market in (sold["market"], [""] * len(sold))
    )
    currency = own.fillna(everywhere).fillna("").astype("str")
    return sold.assign(currency=currency.where(currency != "", settings.currency))


def currencies_of(tables: Tables, settings: Settings) -> pd.Series:
    """Currency of each (family, market) of the backlog plan: that in which most of it is sold."""
    sold = sold_by_currency(tables, settings)
    sold = sold.assign(value=sold[settings.periods.labels].sum(axis=1))
    sums = sold.groupby([*KEYS, "currency"])["value"].sum().reset_index().sort_values("value", kind="stable")
    return sums.drop_duplicates(KEYS, keep="last").set_index(KEYS)["currency"]


def figures_of_plan(known: Compared) -> pd.DataFrame:
    """The figures of the plan itself, as a version that other plans are compared with."""
    values = {name: known.lines(*lines) for name, lines in BRIDGE_LINES.items()}
    beside = values["cost_of_goods"] + values["production_variance"] + values["overtime_and_expediting"]
    values |= {"quantity": known.lines("Shipments"), "net_sales": known.lines("Net sales"),
               "other_cost": known.lines("Cost of goods sold") - beside, "unserved": known.unserved}
    horizon = known.settings.horizon
    rows = known.pairs.loc[known.pairs.index.repeat(horizon)].reset_index(drop=True)
    rows["position"] = np.tile(np.arange(horizon, dtype=float), len(known.pairs))
    return rows.assign(**{name: values[name].reshape(-1) for name in FIGURES})[COLUMNS]


def budget(known: Compared) -> pd.DataFrame:
    """What was promised. What the budget leaves open follows from what it says, else from the plan's unit figures.

    Costs beside those of the shipments are 0, because they are in the budgeted cost of goods.
    """
    rows = known.tables["budget"]
    rows = rows.assign(position=positions_of(rows["period"], known.settings)).dropna(subset=["position"])
    price, cost = (_per_unit(known, lines, rows) for lines in (("Net sales",), BRIDGE_LINES["cost_of_goods"]))
    at_plan_price = _ratio(rows["revenue"].to_numpy(float), price)
    quantity = rows["quantity"].fillna(pd.Series(at_plan_price, index=rows.index))
    goods = rows["cost_of_goods"].fillna(rows["revenue"] - rows["gross_margin"]).fillna(quantity * cost)
    margin = rows["revenue"] - goods
    expenses = rows["operating_expenses"].fillna(margin - rows["depreciation"].fillna(0.0) - rows["ebit"])
    figures = rows[[*KEYS, "position"]].assign(
        quantity=quantity, net_sales=rows["revenue"], cost_of_goods=goods, unserved=0.0, production_variance=0.0,
        overtime_and_expediting=0.0, other_cost=0.0, operating_expenses=expenses, depreciation=rows["depreciation"],
    )
    return pd.DataFrame(figures.reset_index(drop=True)[COLUMNS])


def last_plan(known: Compared) -> pd.DataFrame:
    """The newest of the kept plans that starts before this one."""
    rows = known.tables["reference_plans"]
    start = positions_of(rows["version"], known.settings)
    newest = start[start < 0].max(initial=-np.inf)
    rows = rows.assign(position=positions_of(rows["period"], known.settings))[start == newest]
    return pd.DataFrame(rows[COLUMNS].dropna(subset=["position"]).reset_index(drop=True))


def last_year(known: Compared) -> pd.DataFrame:
    """What was sold in the same period a year before, at present standard cost; other costs are not known."""
    rows = known.history.assign(position=known.history["position"] + known.settings.periods.season_length)
    rows = rows[rows["position"] >= 0].assign(unserved=0.0)
    return rows.reindex(columns=COLUMNS).reset_index(drop=True)


VERSION_FIGURES: dict[str, Callable[[Compared], pd.DataFrame]] = dict(
    zip(VERSIONS, (budget, last_plan, last_year), strict=True)
)


def base_rates(version: str, known: Compared, rows: pd.DataFrame) -> np.ndarray:
    """The exchange rate of the version for each row (family, market, position) that it has; NaN: as in the plan."""
    if version == "Last year":
        return known.rates(rows.assign(position=rows["position"] - known.settings.periods.season_length))
    source = "reference_plans" if version == "Last plan" else "budget"
    kept = known.tables[source].assign(position=lambda frame: positions_of(frame["period"], known.settings))
    if version == "Last plan":
        start = positions_of(kept["version"], known.settings)
        kept = kept[start == start[start < 0].max(initial=-np.inf)]
        own = known.currencies.reindex(pd.MultiIndex.from_frame(kept[KEYS])).to_numpy(object)
        kept = kept[(kept["currency"] == own).to_numpy(bool)]
    rates = kept.drop_duplicates([*KEYS, "position"]).set_index([*KEYS, "position"])["exchange_rate"]
    return rates.reindex(pd.MultiIndex.from_frame(rows[[*KEYS, "position"]])).to_numpy(float)


def _per_unit(known: Compared, lines: tuple[str, ...], rows: pd.DataFrame) -> np.ndarray:
    """Lines of the plan per unit shipped, for each row's family, market and position: else over its whole horizon."""
    units, money = known.lines("Shipments"), known.lines(*lines)
    place = pd.MultiIndex.from_frame(known.pairs).get_indexer(pd.MultiIndex.from_frame(rows[KEYS]))
    position = rows["position"].to_numpy(float)
    inside = (place >= 0) & (position >= 0) & (position < known.settings.horizon)
    column = np.where(inside, position, 0).astype(int)
    of_period, of_all = [], []
    for values in (money, units):
        padded = np.vstack([values, np.zeros((1, known.settings.horizon))])
        of_period.append(np.where(inside, padded[place, column], 0.0))
        of_all.append(padded.sum(axis=1)[place])
    is_sold = of_period[1] > 0
    return _ratio(np.where(is_sold, of_period[0], of_all[0]), np.where(is_sold, of_period[1], of_all[1]))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """The quotient, 0 where there is nothing to divide by."""
    return np.asarray(np.divide(above, below, out=np.zeros(len(below)), where=below > 0))


def grid_of(figures: pd.DataFrame, column: str, pairs: pd.DataFrame, periods: int) -> np.ndarray:
    """Pairs x periods: a figure added up at its pair and position, 0 where there is none, NaN where it is not known.

    A period in which no row knows the figure is NaN for all pairs.
    """
    inside = figures[figures["position"].between(0, periods - 1)]
    index = pd.MultiIndex.from_frame(pairs[KEYS])
    values = np.zeros((len(pairs), periods))
    is_known = np.zeros(periods, bool)
    rows = inside[inside[column].notna()]
    place, position = index.get_indexer(pd.MultiIndex.from_frame(rows[KEYS])), rows["position"].to_numpy(int)
    np.add.at(values, (place, position), rows[column].to_numpy(float))
    is_known[position] = True
    return np.where(is_known, values, np.nan)


def newest_kept(reference: pd.DataFrame, settings: Settings, keep: int) -> pd.DataFrame:
    """The newest kept plans, the newest first."""
    start = positions_of(reference["version"], settings)
    versions = np.unique(start[~np.isnan(start)])[::-1][:keep]
    ordered = reference.assign(start=-start)[np.isin(start, versions)]
    return ordered.sort_values(["start", "period", *KEYS], kind="stable", ignore_index=True)[
        REFERENCE_PLANS.column_names]


