"""Why this forecast: what kind of series it is, which methods were tried with what error, and what history it saw."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.schema import conform
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.measures import MEASURES, benchmark
from sopxl.steps.demand.forecasting.methods import METHODS
from sopxl.steps.demand.forecasting.panel import first_known
from sopxl.steps.demand.forecasting.selection import Choice
from sopxl.steps.demand.history import History, history_labels
from sopxl.steps.demand.tables import FORECAST_CANDIDATES, FORECAST_QUALITY, HISTORY_USED

DECIMALS = 2
MOST_CANDIDATES = 6
YEARS_SHOWN = 3
"""Years of history in the table of what was used."""


def forecast_quality(history: History, choice: Choice, value: np.ndarray) -> pd.DataFrame:
    """One row per series: its class, method, level, trend and season, backtest errors and what a year of it is worth.

    ``history``: what the forecast was made from; ``value``: S x H consensus at net price.
    """
    untested = history.quantity[:, : history.quantity.shape[1] - choice.periods_tested]
    scale = benchmark(untested, history.season)
    errors = {name: MEASURES[name](choice.actual, choice.backtest, scale) for name in ("weighted_mape", "mase", "bias")}
    frame = history.series[["item", "name", "market"]].assign(
        demand_class=choice.demand_class,
        method=choice.method,
        history_periods=history.length,
        mean_demand=np.round(history.mean_demand, DECIMALS),
        level=np.round(choice.level, DECIMALS),
        trend=np.round(choice.trend, DECIMALS),
        season_strength=np.abs(choice.season - 1).mean(axis=1),
        weighted_error=errors["weighted_mape"],
        scaled_error=errors["mase"],
        bias=errors["bias"],
        annual_value=value[:, : history.season].sum(axis=1),
    )
    return conform(FORECAST_QUALITY, frame)


def forecast_candidates(history: History, choice: Choice) -> pd.DataFrame:
    """The methods tried for each series: those with a share in the forecast, the largest first, then by error.

    All with a share are told, the others up to MOST_CANDIDATES.
    """
    weighted = choice.weights > 0
    order = np.lexsort((np.where(np.isnan(choice.errors), np.inf, choice.errors), -choice.weights), axis=0)
    shown = np.arange(len(choice.candidates))[:, None] < np.maximum(weighted.sum(axis=0), MOST_CANDIDATES)
    place, series = np.nonzero((shown & _tried(choice, order)).T)[::-1]
    method = order[place, series]
    mean = np.where(history.mean_demand > 0, history.mean_demand, np.nan)
    frame = history.series[["item", "market"]].iloc[series].assign(
        error=choice.errors[method, series] / mean[series],
        candidate=np.array(choice.candidates, dtype=object)[method],
        weight=choice.weights[method, series],
    )
    frame["rank"] = frame.groupby(["item", "market"], sort=False).cumcount() + 1
    return conform(FORECAST_CANDIDATES, frame)


def _tried(choice: Choice, order: np.ndarray) -> np.ndarray:
    """K x S, in that order: whether the method has a weight, or an error and is not only for what has no history."""
    compared = np.array([METHODS[name].periods > 0 for name in choice.candidates], dtype=bool)[:, None]
    known = (~np.isnan(choice.errors) & compared) | (choice.weights > 0)
    return np.asarray(np.take_along_axis(known, order, axis=0))


def history_used(history: History, choice: Choice, settings: Settings) -> pd.DataFrame:
    """What was sold and what the forecast saw, by series and period, with the backtest's last forecast of the period.

    ``history``: what the forecast was made from. The last YEARS_SHOWN years, from each series' first sale.
    """
    total = history.quantity.shape[1]
    first = max(total - YEARS_SHOWN * history.season, 0)
    backtest = np.full(history.quantity.shape, np.nan)
    for column in range(len(choice.origin)):
        backtest[:, choice.origin[column] + choice.ahead[column] - 1] = choice.backtest[:, column]
    known = np.arange(total) >= np.maximum(first_known(history.sold), first)[:, None]
    series, period = np.nonzero(known)
    frame = history.series[["item", "market"]].iloc[series].assign(
        period=np.array(history_labels(settings, total), dtype=object)[period],
        sold=history.sold[series, period],
        used=np.round(history.quantity[series, period], DECIMALS),
        backtest=np.round(backtest[series, period], DECIMALS),
    )
    return conform(HISTORY_USED, frame)
