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
ONE_SIDED = 0.5
"""Share of the error from which it is a lean: what is missing is missing again and again."""


@exception("Far from last year")
def far_from_last_year(situation: Situation) -> list[dict[str, Any]]:
    """The next year's demand is more than half above or below last year's, and the difference is much money."""
    last, plan = _last_and_next_year(situation)
    change, lean = _change(situation), _lean(situation)
    money = np.abs(plan - last) * situation.mean_price
    return [
        {
            **situation.place(row), "period": situation.settings.first_period, "quantity": plan[row] - last[row],
            "money": money[row],
            "message": f"Demand of {situation.name(row)} is {abs(change[row]):.0%} "
                       f"{'above' if change[row] > 0 else 'below'} last year "
                       f"({plan[row]:,.0f} against {last[row]:,.0f} units).{_lately(lean[row])}",
            "remedy": "Check with sales what changed; enter an override where the forecast is wrong.",
        }
        for row in rows_of(_is_far(situation))
    ]


@exception("Forecast leans to one side")
def leans(situation: Situation) -> list[dict[str, Any]]:
    """The backtest was too high or too low by much in sum, and the series is worth much.

    Series that are far from last year, or hard to forecast, are told there.
    """
    lean, value = _lean(situation), _year_value(situation)
    return [
        {
            **situation.place(row), "money": abs(lean[row]) * value[row],
            "message": f"The forecast of {situation.name(row)} would have been {abs(lean[row]):.0%} too "
                       f"{'high' if lean[row] > 0 else 'low'} in sum over the last periods.",
            "remedy": "See whether the change is there to stay; if so, enter an override.",
        }
        for row in rows_of(_is_leaning(situation) & ~_is_hard(situation) & ~_is_far(situation))
    ]


@exception("Hard to forecast")
def hard_to_forecast(situation: Situation) -> list[dict[str, Any]]:
    """The backtest missed by more than half of demand, to both sides, and the series is worth much."""
    error, value = np.nan_to_num(_measured(situation, weighted_mape)), _year_value(situation)
    return [
        {
            **situation.place(row), "money": value[row] * min(error[row], 1.0),
            "message": f"The forecast of {situation.name(row)} would have missed by {error[row]:.0%} of demand "
                       f"in the last periods; it is worth {value[row]:,.0f}.",
            "remedy": "Ask sales for known orders and promotions, and keep more safety stock.",
        }
        for row in rows_of(_is_hard(situation) & ~_is_far(situation))
    ]


@exception("New item like its family")
def new_like_family(situation: Situation) -> list[dict[str, Any]]:
    """An item without history, launch or like item: it is forecast like the mean item of its family."""
    unknown = (situation.history.length == 0) & (situation.series["like"] < 0).to_numpy(bool) & ~situation.launched
    units = np.where(unknown[:, None], situation.measures["Baseline forecast"], 0.0)
    money = (units * situation.measures["Price"]).sum(axis=1)
    labels = situation.settings.periods.labels
    return [
        {
            **situation.place(row), "period": labels[int(np.argmax(units[row] > 0))], "quantity": units[row].sum(),
            "money": money[row],
            "message": f"{situation.name(row)} has not been sold yet and names no like item: it is forecast like the "
                       f"average item of its family there ({units[row].sum():,.0f} units).",
            "remedy": "Name a like item, or enter its launch or its first sales period.",
        }
        for row in rows_of(units.sum(axis=1) > 0)
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


def _last_and_next_year(situation: Situation) -> tuple[np.ndarray, np.ndarray]:
    """S units sold in the last year, and S expected in the same periods of the next."""
    last = np.nan_to_num(situation.measures["Last year"][:, : situation.year]).sum(axis=1)
    return last, situation.consensus[:, : situation.year].sum(axis=1)


def _change(situation: Situation) -> np.ndarray:
    """S: next year against last; 0 where nothing was sold."""
    last, plan = _last_and_next_year(situation)
    return np.where(last > 0, plan / np.where(last > 0, last, 1.0) - 1, 0.0)


def _is_far(situation: Situation) -> np.ndarray:
    """S: whether the next year is far from the last, also without what launches, takeovers and ends explain."""
    last, plan = _last_and_next_year(situation)
    much = np.abs(plan - situation.launched_units - last) * situation.mean_price > situation.large_money
    whole_year = situation.history.length >= situation.history.season
    active = (situation.series["status"] == "active").to_numpy(bool)
    without = np.abs(plan - situation.launched_units - last) > LARGE_CHANGE * last
    return np.asarray((np.abs(_change(situation)) > LARGE_CHANGE) & without & much & whole_year & active)


def _lean(situation: Situation) -> np.ndarray:
    """S: bias of the backtest, 0 where there is none."""
    return np.asarray(np.nan_to_num(_measured(situation, bias)))


def _is_leaning(situation: Situation) -> np.ndarray:
    """S: whether the backtest leans by much."""
    lean = np.abs(_lean(situation))
    return np.asarray((lean > LARGE_BIAS) & (lean * _year_value(situation) > situation.large_money))


def _is_hard(situation: Situation) -> np.ndarray:
    """S: whether the backtest missed by much, and not mostly to one side."""
    error = np.nan_to_num(_measured(situation, weighted_mape))
    to_both_sides = np.abs(_lean(situation)) <= ONE_SIDED * error
    return np.asarray((error > LARGE_ERROR) & to_both_sides & (_year_value(situation) > situation.large_money))


def _lately(lean: float) -> str:
    """What the backtest adds to a forecast that is far from last year."""
    if abs(lean) <= LARGE_BIAS:
        return ""
    return f" The forecasts of the last periods would have been {abs(lean):.0%} too {'high' if lean > 0 else 'low'}."


def _year_value(situation: Situation) -> np.ndarray:
    """S: consensus of the next year at net price."""
    return np.asarray(situation.value[:, : situation.year].sum(axis=1))


def _measured(situation: Situation, measure: Callable[..., np.ndarray]) -> np.ndarray:
    """S: one error measure of the backtest."""
    choice = situation.choice
    return measure(choice.actual, choice.backtest, benchmark(situation.history.quantity, situation.history.season))
