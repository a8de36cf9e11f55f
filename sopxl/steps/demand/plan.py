"""The demand step: history in, a baseline for every series, and the grids in which planners make it a consensus."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.grids import carry_inputs, stack
from sopxl.prices import positions_of, price_matrix
from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.demand.exceptions import DEMAND_EXCEPTIONS, Situation
from sopxl.steps.demand.forecasting.measures import MEASURES, benchmark
from sopxl.steps.demand.forecasting.selection import Choice, choose
from sopxl.steps.demand.history import History, ordered_pairs, read_history
from sopxl.steps.demand.tables import (
    DEMAND_BASELINE,
    DEMAND_LEVELS,
    FORECAST_QUALITY,
    REVIEW_TABLES,
    SALES_PLAN,
    SALES_SUMMARY,
)

DECIMALS = 2


def plan_demand(tables: Tables, settings: Settings) -> Tables:
    """Sales plan, its summary, the forecast's quality and the exceptions of the demand step.

    ``tables``: all declared tables, conformed. Formula rows of the grids are left empty: the pipeline fills them.
    Raises PlanError where a price is in a currency without a rate.
    """
    history = read_history(tables, settings)
    labels = settings.periods.labels
    choice = choose(history, settings.horizon, settings.backtest_periods)
    baseline = np.round(choice.forecast * selling_periods(history.series, settings), DECIMALS)
    price = price_matrix(tables, settings, history.series[["item", "market"]])
    orders = orders_in_hand(tables, settings, history.series)
    inputs = carry_inputs(SALES_PLAN, tables["sales_plan"], history.series, labels)
    measures = {
        "Last year": history.last_year(settings.horizon),
        "Baseline forecast": baseline,
        "Orders in hand": orders,
        "Price": price,
        **inputs,
    }
    consensus = np.where(np.isnan(inputs["Override"]), baseline, inputs["Override"])
    measures["Consumed by other periods"] = np.zeros_like(orders)
    statistical = {"Last year": measures["Last year"], "Statistical forecast": baseline}
    situation = Situation(history, choice, settings, measures, consensus)
    families = history.series[["family", "market"]].drop_duplicates().sort_values(["family", "market"])
    return {
        **{table.name: table.empty_frame() for table in REVIEW_TABLES},
        "demand_baseline": stack(DEMAND_BASELINE, history.series, statistical, labels),
        "demand_levels": stack(DEMAND_LEVELS, levels_of(history.series), {}, labels),
        "sales_plan": stack(SALES_PLAN, history.series, measures, labels),
        "sales_summary": stack(SALES_SUMMARY, families, {}, labels),
        "forecast_quality": forecast_quality(history, choice, consensus * price),
        "exceptions": DEMAND_EXCEPTIONS.find(situation),
    }


def levels_of(series: pd.DataFrame) -> pd.DataFrame:
    """The levels that are looked at: the total, families, markets and items."""
    total = pd.DataFrame({"level": ["total"]})
    families = series[["family"]].drop_duplicates().sort_values("family").assign(level="family")
    markets = series[["market"]].drop_duplicates().sort_values("market").assign(level="market")
    items = series[["item", "name", "family"]].drop_duplicates("item").sort_values(["family", "item"])
    levels = pd.concat([total, families, markets, items.assign(level="item")], ignore_index=True)
    return levels.reindex(columns=DEMAND_LEVELS.column_names).fillna("").astype("str")


def selling_periods(series: pd.DataFrame, settings: Settings) -> np.ndarray:
    """S x T: whether the item is sold in the period: active, and between its first and last sales period."""
    first = positions_of(series["first_sales_period"], settings)[:, None]
    last = positions_of(series["last_sales_period"], settings)
    last = np.where((series["last_sales_period"] == "") | np.isnan(last), np.inf, last)[:, None]
    period = np.arange(settings.horizon)
    active = (series["status"] == "active").to_numpy(bool)[:, None]
    return np.asarray(active & ~(period < first) & (period <= last))


def orders_in_hand(tables: Tables, settings: Settings, series: pd.DataFrame) -> np.ndarray:
    """S x T: customers' open orders by due period, overdue ones in the first."""
    orders = ordered_pairs(tables, settings)
    orders = orders[orders["position"] < settings.horizon]
    row_of = pd.Series(np.arange(len(series)), index=pd.MultiIndex.from_frame(series[["item", "market"]]))
    rows = row_of.reindex(pd.MultiIndex.from_frame(orders[["item", "market"]])).to_numpy(float)
    known = ~np.isnan(rows)
    due = np.zeros((len(series), settings.horizon))
    cell = (rows[known].astype(int), orders["position"].to_numpy(int)[known])
    np.add.at(due, cell, orders["quantity"].to_numpy(float)[known])
    return due


def forecast_quality(history: History, choice: Choice, value: np.ndarray) -> pd.DataFrame:
    """One row per series: its class, method, backtest errors and what its forecast of a year is worth.

    ``value``: S x T consensus at net price.
    """
    untested = history.quantity[:, : history.quantity.shape[1] - choice.periods_tested]
    scale = benchmark(untested, history.season)
    errors = {name: MEASURES[name](choice.actual, choice.backtest, scale) for name in ("weighted_mape", "mase", "bias")}
    frame = history.series[["item", "name", "market"]].assign(
        demand_class=choice.demand_class,
        method=choice.method,
        history_periods=history.length,
        mean_demand=np.round(history.mean_demand, DECIMALS),
        weighted_error=errors["weighted_mape"],
        scaled_error=errors["mase"],
        bias=errors["bias"],
        annual_value=value[:, : history.season].sum(axis=1),
    )
    return conform(FORECAST_QUALITY, frame)
