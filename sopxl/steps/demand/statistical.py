"""The statistical forecast: series and all levels above them at once, made to agree, with what may come instead."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.quantiles import Distribution, demand_distribution
from sopxl.steps.demand.forecasting.reconciliation import best_way, reconcile
from sopxl.steps.demand.forecasting.selection import Choice, choose
from sopxl.steps.demand.forecasting.spread import Tested
from sopxl.steps.demand.hierarchy import Hierarchy, build_hierarchy, with_levels
from sopxl.steps.demand.history import History

LIMITS = (0.1, 0.9)
"""Quantiles that the plan shows as Low and High."""


@dataclass(frozen=True)
class Statistical:
    """Forecasts of S series and of the G groups above them.

    ``choice``: of the series; ``own``: (S + G) x H, each forecast by itself; ``forecast``: S x H, reconciled in the
    way of that name; ``low`` and ``high``: (S + G) x H, what demand falls below and exceeds in one of ten cases.
    """

    hierarchy: Hierarchy
    choice: Choice
    way: str
    own: np.ndarray
    forecast: np.ndarray
    low: np.ndarray
    high: np.ndarray
    distribution: Distribution

    def limits(self, baseline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Low and high of the series and the groups, (S + G) x H each, moved along with the baseline (S x H)."""
        below = np.concatenate([self.forecast, self.hierarchy.groups.add_up(self.forecast)])
        now = np.concatenate([baseline, self.hierarchy.groups.add_up(baseline)])
        factor = np.where(below > 0, now / np.where(below > 0, below, 1.0), 1.0)
        return self.low * factor, self.high * factor


def forecast_levels(history: History, settings: Settings) -> Statistical:
    """Forecast the series and the levels above them, and make them agree as the setting ``reconciliation`` says.

    ``history``: what the forecast is made from.
    """
    hierarchy, count = build_hierarchy(history.series), len(history.series)
    whole = with_levels(history, hierarchy)
    choice = choose(whole, settings.horizon, settings.backtest_periods)
    way = settings.reconciliation
    if way == "automatic":
        way = best_way(choice.backtest, choice.actual, hierarchy.groups) if count else "bottom-up"
    forecast = reconcile(way, choice.forecast, choice.backtest - choice.actual, hierarchy.groups)
    agreed = np.concatenate([forecast, hierarchy.groups.add_up(forecast)])
    distribution = _distribution(agreed, whole, choice)
    limits = distribution.quantiles(LIMITS)
    return Statistical(
        hierarchy, of_series(choice, count), way, choice.forecast, forecast, limits[:, :, 0], limits[:, :, 1],
        distribution,
    )


def _distribution(forecast: np.ndarray, history: History, choice: Choice) -> Distribution:
    """The distribution of demand around the forecasts, as wide as the backtest says."""
    tested = Tested(choice.actual, choice.backtest, choice.ahead, choice.origin)
    counted = np.isin(choice.demand_class, ("intermittent", "lumpy"))
    return demand_distribution(forecast, history.quantity, history.season, tested, counted)


def of_series(choice: Choice, count: int) -> Choice:
    """The choice of the first ``count`` rows: the series, without the levels above."""
    by_series = ("demand_class", "method", "forecast", "actual", "backtest", "level", "trend", "season")
    rows = {name: getattr(choice, name)[:count] for name in by_series}
    return replace(choice, errors=choice.errors[:, :count], weights=choice.weights[:, :count], **rows)
