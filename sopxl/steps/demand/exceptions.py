"""Exceptions of the demand step: where a planner should look at the forecast or its inputs.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sopxl.exceptions import ExceptionRegister
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.measures import benchmark, bias, weighted_mape
from sopxl.steps.demand.forecasting.selection import Choice
from sopxl.steps.demand.history import History, history_labels
from sopxl.steps.demand.overrides import Trouble
from sopxl.steps.demand.tables import FORECAST_ACCURACY, FORECAST_VALUE_ADDED, SEGMENTS

LARGE_CHANGE = 0.5
LARGE_ERROR = 0.5
LARGE_BIAS = 0.2
LARGE_MONEY_SHARE = 0.001


@dataclass(frozen=True)
class Situation:
    """What the demand step knows when it looks for exceptions; ``consensus`` is S x T units.

    ``accuracy`` and ``value_added``: FORECAST_ACCURACY and FORECAST_VALUE_ADDED of earlier plans.
    ``override_troubles``: what of the overrides does not come out as it was entered. ``segments``: SEGMENTS of this
    plan. ``last_baseline``: S x T units that the plan before this one expected, NaN where it did not say.
    """

    history: History
    choice: Choice
    settings: Settings
    measures: Mapping[str, np.ndarray]
    consensus: np.ndarray
    accuracy: pd.DataFrame = field(default_factory=FORECAST_ACCURACY.empty_frame)
    value_added: pd.DataFrame = field(default_factory=FORECAST_VALUE_ADDED.empty_frame)
    override_troubles: Sequence[Trouble] = ()
    segments: pd.DataFrame = field(default_factory=SEGMENTS.empty_frame)
    last_baseline: np.ndarray | None = None

    @property
    def series(self) -> pd.DataFrame:
        """The series, S rows."""
        return self.history.series

    @property
    def year(self) -> int:
        """Periods of the horizon that have a year before in the history."""
        return min(self.history.season, self.settings.horizon)

    @property
    def value(self) -> np.ndarray:
        """S x T: consensus at net price."""
        return np.asarray(self.consensus * self.measures["Price"])

    @property
    def mean_price(self) -> np.ndarray:
        """S: mean price over the horizon."""
        return np.asarray(self.measures["Price"].mean(axis=1))

    @property
    def large_money(self) -> float:
        """Money from which a series matters: a thousandth of the plan's value."""
        return float(LARGE_MONEY_SHARE * self.value.sum())

    def name(self, row: int) -> str:
        """The item as planners call it, and its market."""
        series = self.series.iloc[row]
        return f"{series['name'] or series['item']} in {series['market']}"


DEMAND_EXCEPTIONS: ExceptionRegister[Situation] = ExceptionRegister()
exception = partial(DEMAND_EXCEPTIONS.kind, "demand")


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
            **_place(situation, row), "period": situation.settings.first_period, "quantity": plan[row] - last[row],
            "money": money[row],
            "message": f"Demand of {situation.name(row)} is {abs(change[row]):.0%} "
                       f"{'above' if change[row] > 0 else 'below'} last year "
                       f"({plan[row]:,.0f} against {last[row]:,.0f} units).",
            "remedy": "Check with sales what changed; enter an override where the forecast is wrong.",
        }
        for row in _rows(rows)
    ]


@exception("Hard to forecast")
def hard_to_forecast(situation: Situation) -> list[dict[str, Any]]:
    """The backtest missed by more than half of demand, and the series is worth much."""
    error = _measured(situation, weighted_mape)
    value = situation.value[:, : situation.year].sum(axis=1)
    rows = (np.nan_to_num(error) > LARGE_ERROR) & (value > situation.large_money)
    return [
        {
            **_place(situation, row), "money": value[row] * min(error[row], 1.0),
            "message": f"The forecast of {situation.name(row)} would have missed by {error[row]:.0%} of demand "
                       f"in the last periods; it is worth {value[row]:,.0f}.",
            "remedy": "Ask sales for known orders and promotions, and keep more safety stock.",
        }
        for row in _rows(rows)
    ]


@exception("Forecast leans to one side")
def leans(situation: Situation) -> list[dict[str, Any]]:
    """The backtest was too high or too low by much in sum, and the series is worth much."""
    lean = np.nan_to_num(_measured(situation, bias))
    value = situation.value[:, : situation.year].sum(axis=1)
    rows = (np.abs(lean) > LARGE_BIAS) & (np.abs(lean) * value > situation.large_money)
    return [
        {
            **_place(situation, row), "money": abs(lean[row]) * value[row],
            "message": f"The forecast of {situation.name(row)} would have been {abs(lean[row]):.0%} too "
                       f"{'high' if lean[row] > 0 else 'low'} in sum over the last periods.",
            "remedy": "See whether the change is there to stay; if so, enter an override.",
        }
        for row in _rows(rows)
    ]


@exception("More returned than sold")
def more_returned(situation: Situation) -> list[dict[str, Any]]:
    """A past period's returns were more than its sales: it counts as 0."""
    returned = situation.history.returned
    labels = history_labels(situation.settings, returned.shape[1])
    return [
        {
            **_place(situation, row), "period": labels[int(np.argmax(returned[row] > 0))],
            "quantity": returned[row].sum(), "money": returned[row].sum() * situation.mean_price[row],
            "message": f"Of {situation.name(row)}, {returned[row].sum():,.0f} units more were returned than sold "
                       f"in {int((returned[row] > 0).sum())} past periods; these count as 0.",
            "remedy": "Book returns in the period of the sale, if they should lower the history.",
        }
        for row in _rows(np.any(returned > 0, axis=1))
    ]


@exception("New item without a pattern")
def new_without_pattern(situation: Situation) -> list[dict[str, Any]]:
    """Nothing to go by: no history, no like item, no family that sells in the market."""
    nothing = (situation.history.length == 0) & (situation.consensus.sum(axis=1) == 0)
    nothing &= (situation.series["status"] == "active").to_numpy(bool)
    return [
        {
            **_place(situation, row), "period": situation.settings.first_period, "money": 0.0,
            "message": f"{situation.name(row)} has no history, and nothing like it is sold there: its forecast is 0.",
            "remedy": "Name a like item that sells in this market, or enter an override.",
        }
        for row in _rows(nothing)
    ]


@exception("No price")
def without_price(situation: Situation) -> list[dict[str, Any]]:
    """Demand without a price: its value is 0 in every sum; at stake is about what its family's items cost."""
    units = np.where(situation.measures["Price"] > 0, 0.0, situation.consensus)
    labels = situation.settings.periods.labels
    usual = _usual_price(situation)
    return [
        {
            **_place(situation, row), "period": labels[int(np.argmax(units[row] > 0))], "quantity": units[row].sum(),
            "money": units[row].sum() * usual[row],
            "message": f"{situation.name(row)} has no price: {units[row].sum():,.0f} units of demand bring no revenue.",
            "remedy": "Enter its price.",
        }
        for row in _rows(np.any(units > 0, axis=1))
    ]


@exception("History ends early")
def history_ends_early(situation: Situation) -> list[dict[str, Any]]:
    """The last past periods have no sale of anything: they are perhaps not loaded yet."""
    sold = np.nan_to_num(situation.history.quantity).sum(axis=0)
    labels = history_labels(situation.settings, len(sold))
    if not len(sold) or sold[-1] > 0:
        return []
    last = int(np.flatnonzero(sold > 0)[-1]) if (sold > 0).any() else -1
    return [{
        "period": labels[last + 1], "money": 0.0,
        "message": f"No sale of any item is recorded from {labels[last + 1]} to {labels[-1]}.",
        "remedy": "Load the missing sales history, or set the first period of the plan back.",
    }]


@exception("History inside the plan")
def history_inside_plan(situation: Situation) -> list[dict[str, Any]]:
    """Records of sales in the plan's own periods are not used."""
    count = situation.history.late_records
    if not count:
        return []
    first = situation.settings.first_period
    records = "1 sales record lies" if count == 1 else f"{count:,} sales records lie"
    return [{
        "period": first, "quantity": float(count), "money": 0.0,
        "message": f"{records} in or after {first}, the first period of the plan, and cannot be used as history.",
        "remedy": "Roll the first period forward, if these periods are over.",
    }]


def _usual_price(situation: Situation) -> np.ndarray:
    """S: mean price of the priced series of the family; of all, where the family has none."""
    price = pd.Series(np.where(situation.mean_price > 0, situation.mean_price, np.nan))
    family = price.groupby(situation.series["family"].to_numpy()).transform("mean")
    return np.asarray(family.fillna(price.mean()).fillna(0.0).to_numpy(float))


def _rows(mask: np.ndarray) -> list[int]:
    """Numbers of the series of a mask."""
    return [int(row) for row in np.flatnonzero(mask)]


def _place(situation: Situation, row: int) -> dict[str, Any]:
    """Item and market of a series."""
    series = situation.series.iloc[row]
    return {"item": series["item"], "location": series["market"]}


def _measured(situation: Situation, measure: Callable[..., np.ndarray]) -> np.ndarray:
    """S: one error measure of the backtest."""
    choice = situation.choice
    return measure(choice.actual, choice.backtest, benchmark(situation.history.quantity, situation.history.season))
