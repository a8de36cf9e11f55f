"""Exceptions of the forecast itself: where it is far from what was, was often wrong, or has nothing to go by.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sopxl.steps.demand.exceptions.situation import Situation, exception, rows_of
from sopxl.steps.demand.forecasting.measures import benchmark, bias, weighted_mape

LARGE_CHANGE = 0.5
LARGE_ERROR = 0.5
LARGE_BIAS = 0.2


@exception("Far from last year")
def far_from_last_year(situation: Situation) -> list[dict[str, Any]]:
    """The next year's demand is more than half above or below last year's, and the difference is much money."""
    last = np.nan_to_num(situation.measures["Last year"][:, : situation.year]).sum(axis=1)
    plan = situation.consensus[:, : situation.year].sum(axis=1)
    change = np.where(last > 0, plan / np.where(last > 0, last, 1.0) - 1, 0.0)
    money = np.abs(plan - last) * situation.mean_price
    whole_year = situation.history.length >= situation.history.season
    active = (situation.series["status"] == "active").to_numpy(bool)
    rows = (np.abs(change) > LARGE_CHANGE) & (money > situation.large_money) & whole_year & active
    return [
        {
            **situation.place(row), "period": situation.settings.first_period, "quantity": plan[row] - last[row],
            "money": money[row],
            "message": f"Demand of {situation.name(row)} is {abs(change[row]):.0%} "
                       f"{'above' if change[row] > 0 else 'below'} last year "
                       f"({plan[row]:,.0f} against {last[row]:,.0f} units).",
            "remedy": "Check with sales what changed; enter an override where the forecast is wrong.",
        }
        for row in rows_of(rows)
    ]


@exception("Hard to forecast")
def hard_to_forecast(situation: Situation) -> list[dict[str, Any]]:
    """The backtest missed by more than half of demand, and the series is worth much."""
    error = _measured(situation, weighted_mape)
    value = situation.value[:, : situation.year].sum(axis=1)
    rows = (np.nan_to_num(error) > LARGE_ERROR) & (value > situation.large_money)
    return [
        {
            **situation.place(row), "money": value[row] * min(error[row], 1.0),
            "message": f"The forecast of {situation.name(row)} would have missed by {error[row]:.0%} of demand "
                       f"in the last periods; it is worth {value[row]:,.0f}.",
            "remedy": "Ask sales for known orders and promotions, and keep more safety stock.",
        }
        for row in rows_of(rows)
    ]


@exception("Forecast leans to one side")
def leans(situation: Situation) -> list[dict[str, Any]]:
    """The backtest was too high or too low by much in sum, and the series is worth much."""
    lean = np.nan_to_num(_measured(situation, bias))
    value = situation.value[:, : situation.year].sum(axis=1)
    rows = (np.abs(lean) > LARGE_BIAS) & (np.abs(lean) * value > situation.large_money)
    return [
        {
            **situation.place(row), "money": abs(lean[row]) * value[row],
            "message": f"The forecast of {situation.name(row)} would have been {abs(lean[row]):.0%} too "
                       f"{'high' if lean[row] > 0 else 'low'} in sum over the last periods.",
            "remedy": "See whether the change is there to stay; if so, enter an override.",
        }
        for row in rows_of(rows)
    ]


@exception("New item without a pattern")
def new_without_pattern(situation: Situation) -> list[dict[str, Any]]:
    """Nothing to go by: no history, no like item, no family that sells in the market."""
    nothing = (situation.history.length == 0) & (situation.consensus.sum(axis=1) == 0)
    nothing &= (situation.series["status"] == "active").to_numpy(bool)
    return [
        {
            **situation.place(row), "period": situation.settings.first_period, "money": 0.0,
            "message": f"{situation.name(row)} has no history, and nothing like it is sold there: its forecast is 0.",
            "remedy": "Name a like item that sells in this market, or enter an override.",
        }
        for row in rows_of(nothing)
    ]


def _measured(situation: Situation, measure: Callable[..., np.ndarray]) -> np.ndarray:
    """S: one error measure of the backtest."""
    choice = situation.choice
    return measure(choice.actual, choice.backtest, benchmark(situation.history.quantity, situation.history.season))
