"""Prices and exchange rates, period by period: the one place that says what a unit sold is worth in the plan.

Every step that needs a net price takes :func:`price_matrix`; every step that converts a currency takes
:func:`exchange_rate` (prices, costs) or :func:`closing_rate` (balances).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from sopxl.periods import parse
from sopxl.schema import Finding, PlanError, Tables
from sopxl.settings import Settings
from sopxl.steps.demand.tables import planning_markets

ALWAYS = -(10**9)
SMALLEST_SALE = 1e-6
PRICE_DECIMALS = 4


def price_matrix(tables: Tables, settings: Settings, pairs: pd.DataFrame) -> np.ndarray:
    """Net price in the plan's currency: pairs (rows with ``item`` and planning ``market``) x periods.

    A price for the item in that market wins over one for the item in all markets; of several, the latest that
    is in force. Where there is none, the average revenue of a unit over the last year of history: of the item in
    that market, else of the item, else of the item in all of its history; else 0.
    Raises PlanError where a price is in a currency without a rate.
    """
    listed = listed_prices(tables, settings, pairs)
    missing = np.isnan(listed)
    if missing.any():
        listed = np.where(missing, _average_revenue(tables, settings, pairs)[:, None], listed)
    return np.asarray(np.nan_to_num(listed))


def exchange_rate(
    tables: Tables, settings: Settings, currency: str, positions: np.ndarray | None = None
) -> np.ndarray:
    """Average rate of each period: what one unit of the currency is worth in the plan's currency.

    ``positions``: of the periods that are wanted (-1: the one before the plan); all of the plan's where left out.
    The plan's own currency (or an empty text) is worth 1. Periods before the first rate take the first.
    Raises PlanError where there is no rate.
    """
    return _rates(tables["exchange_rates"], settings, currency, "average_rate", positions)


def closing_rate(tables: Tables, settings: Settings, currency: str) -> np.ndarray:
    """Rate at the end of each period; where it is empty, the average rate. Raises PlanError where there is none."""
    rates = tables["exchange_rates"]
    filled = rates.assign(closing_rate=rates["closing_rate"].fillna(rates["average_rate"]))
    return _rates(filled, settings, currency, "closing_rate")


def positions_of(labels: Iterable[str], settings: Settings) -> np.ndarray:
    """Position of each period label in the plan: 0 is the first period, -1 the one before it, NaN no such period.

    An empty label (from the start) is ALWAYS.
    """
    names = list(labels)
    known = {name: _position(str(name), settings) for name in set(names)}
    return np.array([known[name] for name in names], dtype=float)


def _position(label: str, settings: Settings) -> float:
    """Position of one label in the plan."""
    if not label:
        return ALWAYS
    try:
        return float(parse(label, settings.bucket).ordinal - settings.periods.index[0].ordinal)
    except ValueError:
        return float("nan")


def _rates(
    rates: pd.DataFrame, settings: Settings, currency: str, column: str, positions: np.ndarray | None = None
) -> np.ndarray:
    """One kind of rate, period by period."""
    wanted = np.arange(settings.horizon) if positions is None else positions
    if currency in ("", settings.currency):
        return np.ones(len(wanted))
    rows = rates[(rates["currency"] == currency) & rates[column].notna()]
    start = positions_of(rows["from_period"], settings)
    in_order = np.argsort(start, kind="stable")
    in_order = in_order[~np.isnan(start[in_order])]
    if not len(in_order):
        raise PlanError([Finding(
            "error", f"There is no exchange rate for {currency}.",
            f"Enter what one {currency} is worth in {settings.currency}.", table="exchange_rates", column="currency",
        )])
    steps = np.searchsorted(start[in_order], wanted, side="right") - 1
    return np.asarray(rows[column].to_numpy(float)[in_order][np.maximum(steps, 0)])


def listed_prices(tables: Tables, settings: Settings, pairs: pd.DataFrame) -> np.ndarray:
    """Prices of the price list for pairs x periods; NaN where none is in force.

    Raises PlanError where a price is in a currency without a rate.
    """
    prices = tables["prices"]
    prices = prices.assign(start=positions_of(prices["from_period"], settings)).dropna(subset=["start", "price"])
    prices = prices[prices["item"].isin(set(pairs["item"])) & (prices["start"] < settings.horizon)]
    prices = prices.sort_values("start", kind="stable")
    rates = {currency: exchange_rate(tables, settings, currency) for currency in prices["currency"].unique()}
    rows_of = [pairs.groupby("item").indices, pairs.groupby(["item", "market"]).indices]
    levels = np.full((2, len(pairs), settings.horizon), np.nan)
    columns = (prices["item"], prices["market"], prices["start"], prices["price"], prices["currency"])
    for item, market, start, price, currency in zip(*columns, strict=True):
        rows = rows_of[1].get((item, market)) if market else rows_of[0].get(item)
        first = int(max(start, 0))
        if rows is not None:
            levels[int(bool(market)), rows, first:] = price * rates[currency][first:]
    return np.asarray(np.where(np.isnan(levels[1]), levels[0], levels[1]))


def _average_revenue(tables: Tables, settings: Settings, pairs: pd.DataFrame) -> np.ndarray:
    """Average revenue of a unit for each pair; NaN where the item has never been sold for money."""
    history = tables["sales_history"]
    history = history[history["item"].isin(set(pairs["item"]))]
    market_of = planning_markets(tables["markets"], settings.market_level)
    history = history.assign(market=history["market"].map(market_of[~market_of.index.duplicated()]))
    last_year = history[history["period"].isin(settings.periods.before(settings.periods.season_length))]
    sources = ((last_year, ["item", "market"]), (last_year, ["item"]), (history, ["item"]))
    average = np.full(len(pairs), np.nan)
    for rows, keys in sources:
        sums = rows.groupby(keys)[["revenue", "quantity"]].sum()
        sold = sums[(sums["quantity"] >= SMALLEST_SALE) & (sums["revenue"] > 0)]
        unit_revenue = (sold["revenue"] / sold["quantity"]).round(PRICE_DECIMALS)
        wanted = pd.MultiIndex.from_frame(pairs[keys]) if len(keys) > 1 else pd.Index(pairs[keys[0]])
        average = np.where(np.isnan(average), unit_revenue.reindex(wanted).to_numpy(float), average)
    return average
