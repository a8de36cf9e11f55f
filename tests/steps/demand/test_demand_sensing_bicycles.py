"""Demand sensing on the orders of the bicycle maker, day by day: whether it would have helped half way through a month.

Every plan is made from what was known on the 15th, and its first three months are compared with what was sold.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.selection import choose
from sopxl.steps.demand.history import History, read_history
from sopxl.steps.demand.sensing import sense
from tests.steps.demand.demand_cases import tables_of

ORDERS = Path(__file__).parents[4] / "shared" / "adventureworks" / "sales_order_lines.csv.gz"
ITEMS = ORDERS.with_name("items.csv")
FIRST_PERIODS = ("2013-11", "2013-12", "2014-01", "2014-02", "2014-03")
CALENDAR_SHIFT, MONTHS_ON = 2160, 71
"""Days by which the source's dates were moved, and months on to the data's planning months (its README)."""


def orders_by_day() -> pd.DataFrame:
    """Date, period, item, market and quantity; markets are the two channels."""
    lines = pd.read_csv(ORDERS, parse_dates=["order_date"])
    date = lines["order_date"] - pd.Timedelta(days=CALENDAR_SHIFT)
    month = date.dt.to_period("M").map(lambda period: period + MONTHS_ON)
    lines["date"] = month.dt.start_time + pd.to_timedelta(np.minimum(date.dt.day, month.dt.days_in_month) - 1, unit="D")
    by_day = lines.groupby(["date", "sku", "channel"])["quantity"].sum().reset_index()
    by_day = by_day.rename(columns={"sku": "item", "channel": "market"})
    return by_day.assign(period=by_day["date"].dt.strftime("%Y-%m"))


def known_on_the_15th(by_day: pd.DataFrame, settings: Settings) -> Tables:
    """The tables of a plan whose first month is half over."""
    start = pd.Timestamp(settings.first_period)
    past = by_day[by_day["date"] < start]
    history = past.groupby(["period", "item", "market"])["quantity"].sum().reset_index()
    seen = (by_day["date"] < start + pd.Timedelta(days=15)) & (by_day["date"] >= start - pd.DateOffset(months=13))
    families = pd.read_csv(ITEMS).set_index("sku")["subcategory"]
    items = pd.DataFrame({"item": by_day["item"].unique()})
    markets = [{"market": name, "channel": name, "ship_from": "P"} for name in by_day["market"].unique()]
    return tables_of(settings, items=items.assign(family=items["item"].map(families)), markets=markets,
                     sales_history=history, recent_sales=by_day[seen].drop(columns="period"))


def came_to(by_day: pd.DataFrame, history: History, settings: Settings) -> np.ndarray:
    """S x 3 units sold in the plan's first months."""
    months = settings.periods.labels[:3]
    sold = by_day.pivot_table(index=["item", "market"], columns="period", values="quantity", aggfunc="sum")
    wanted = pd.MultiIndex.from_frame(history.series[["item", "market"]])
    return np.asarray(np.nan_to_num(sold.reindex(wanted)[months].to_numpy(float)))


@pytest.mark.slow
@pytest.mark.skipif(not ORDERS.exists(), reason="the bicycle maker's orders are not there (shared/adventureworks)")
def test_half_a_month_of_orders_makes_the_next_months_surer() -> None:
    by_day, errors, demand = orders_by_day(), np.zeros((2, 3)), np.zeros(3)
    for first in FIRST_PERIODS:
        settings = Settings(first_period=first, horizon=6, market_level="market")
        tables = known_on_the_15th(by_day, settings)
        history = read_history(tables, settings)
        choice = choose(history, settings.horizon, settings.backtest_periods)
        weights = dict(zip(choice.candidates, choice.weights, strict=True))
        correction = sense(choice.forecast, history, tables, settings, weights).correction
        actual = came_to(by_day, history, settings)
        demand += actual.sum(axis=0)
        for place, made in enumerate((choice.forecast, choice.forecast + correction)):
            errors[place] += np.abs(made[:, :3] - actual).sum(axis=0)
    before, after = errors / demand
    assert after[0] < 0.4 * before[0], f"first month: {before[0]:.1%} -> {after[0]:.1%}"
    assert after[1] < before[1], f"second month: {before[1]:.1%} -> {after[1]:.1%}"
    assert after[2] < 1.01 * before[2], f"third month: {before[2]:.1%} -> {after[2]:.1%}"
