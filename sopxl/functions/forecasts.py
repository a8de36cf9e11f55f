"""Worksheet functions about demand: forecasts, their limits and errors, and the season."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sopxl.functions.register import Answer, Example, Numbers, check, choose, worksheet_function
from sopxl.schema import counted

if TYPE_CHECKING:
    from sopxl.steps.demand.forecasting.quantiles import Distribution

AUTOMATIC = "automatic"


@worksheet_function(
    Example(([[4.0, 6.0, 5.0, 7.0]], 2.0, 12.0, "naive"), [[7.0, 7.0]]),
    history="Demand of past periods, from left to right, one series a row; empty cells are not known. For the "
    "automatic forecast give rows of one family: they learn from one another.",
    periods="How many periods are forecast.",
    season="Periods in a year: 12, 4 or 52. If omitted: 12.",
    method="Name of the method, such as theta, seasonal naive or moving average. If omitted: automatic, as the plan "
    "weighs the methods.",
)
def demand_forecast(history: Numbers, periods: int, season: int = 12, method: str = AUTOMATIC) -> Answer:
    """Forecast of the periods after the history: as the plan makes it, or by one of the methods of the demand step."""
    from sopxl.steps.demand.forecasting.methods import METHODS

    name = choose("method", method, {AUTOMATIC: None, **METHODS})
    _check_past(history, periods, season)
    if name == AUTOMATIC:
        recent = _last_years(history, season)
        return _where_known(recent, _as_planned(recent, periods, season)[1])
    return _by_method(name, history, periods, season)


@worksheet_function(
    Example(([[5.0] * 8], 2.0, 12.0, 0.5), [[5.0, 5.0]]),
    history="Demand of past periods, from left to right, one series a row, as in demand_forecast.",
    periods="How many periods are forecast.",
    season="Periods in a year: 12, 4 or 52. If omitted: 12.",
    probability="Chance that a period's demand is not above the limit: 10 % is Low in the plan, 90 % is High. "
    "If omitted: 90 %.",
)
def demand_limits(history: Numbers, periods: int, season: int = 12, probability: float = 0.9) -> Answer:
    """What the demand of each period will not exceed, with that probability: around the automatic forecast.

    Each period by itself: over a lead time, the limits of its periods do not add up.
    """
    _check_past(history, periods, season)
    _check_probability(probability)
    recent = _last_years(history, season)
    distribution, _ = _as_planned(recent, periods, season)
    return _where_known(recent, distribution.quantiles([probability])[:, :, 0])


@worksheet_function(
    Example(([[100.0, 100.0]], [[110.0, 80.0]], "weighted mape"), [[0.15]]),
    actual="What was sold, from left to right; periods with an empty cell are left out.",
    predicted="What was forecast for the same periods, of the same size as actual; for pinball loss and coverage: the "
    "limits.",
    measure="Name of the measure, such as weighted mape, bias, mase, pinball loss or coverage. If omitted: weighted "
    "mape.",
    history="Demand before those periods, which mase, rmsse and scaled pinball loss compare with, as many rows as "
    "actual.",
    season="Periods in a year: 12, 4 or 52. If omitted: 12.",
    probability="Of limits only: the chance that demand is not above them, as in demand_limits. If omitted: 90 %.",
)
def forecast_error(
    actual: Numbers, predicted: Numbers, measure: str = "weighted mape", history: Numbers | None = None,
    season: int = 12, probability: float = 0.9,
) -> Answer:
    """How far a forecast or a limit was off, by one of the error measures of the demand step; one number a row.

    The coverage of a limit is the share of periods in which demand was not above it.
    """
    from sopxl.steps.demand.forecasting.measures import MEASURES, QUANTILE_MEASURES, benchmark

    name = choose("measure", measure, {**MEASURES, **QUANTILE_MEASURES})
    check(actual.shape == predicted.shape, "actual and predicted must have the same size.")
    _check_season(season)
    _check_probability(probability)
    past = np.full((len(actual), 0), np.nan) if history is None else history
    check(len(past) == len(actual), "history must have as many rows as actual.")
    known, scale = np.where(np.isnan(predicted), np.nan, actual), benchmark(past, season)
    if name in MEASURES:
        errors = MEASURES[name](known, predicted, scale)
    else:
        lowest = [np.full(predicted.shape, -np.inf)] if name == "coverage" else []
        limits = np.stack([*lowest, predicted], axis=2)
        errors = QUANTILE_MEASURES[name](known, limits, np.array([probability]), scale)
    return [[error] for error in errors.tolist()]


@worksheet_function(
    Example(([[1.0, 3.0] * 4], 2.0), [[0.5, 1.5]]),
    history="Demand of past periods, from left to right, one series a row.",
    season="Periods in a year: 12, 4 or 52. If omitted: 12.",
)
def season_index(history: Numbers, season: int = 12) -> Answer:
    """Index of each period of the year, mean 1: the first is that of the first column. It needs two years of history.

    Source: classical decomposition by ratios to the centred moving average; Hyndman and Athanasopoulos, Forecasting:
    Principles and Practice (2021), section 3.4.
    """
    from sopxl.steps.demand.forecasting.seasons import seasonal_indices

    check(2 <= season <= 366, "season must be between 2 and 366.")
    check(history.shape[1] >= 2 * season, f"history must have two years: {2 * season} periods.")
    answer: Answer = seasonal_indices(history, season).tolist()
    return answer


def _check_past(history: Numbers, periods: int, season: int) -> None:
    """Refuse what no forecast can be made from or for."""
    check(1 <= periods <= 520, "periods must be between 1 and 520.")
    _check_season(season)
    below = history[history < 0]
    check(not below.size, f"history holds {below.min(initial=0.0):g}; where more was returned than sold, enter 0.")


def _check_season(season: int) -> None:
    check(1 <= season <= 366, "season must be between 1 and 366.")


def _check_probability(probability: float) -> None:
    check(0 < probability < 1, "probability must be above 0 and below 1 (90 %).")


def _last_years(history: Numbers, season: int) -> Numbers:
    """As much of the history as the demand step reads."""
    from sopxl.steps.demand.tables import LONGEST_HISTORY

    return history[:, -LONGEST_HISTORY * season :]


def _as_planned(history: Numbers, periods: int, season: int) -> tuple[Distribution, np.ndarray]:
    """The distribution of demand and its forecast, S x periods, made as by the demand step with its usual settings.

    As there, history starts with the first sale. All rows count as one family in one market.
    """
    import pandas as pd

    from sopxl.settings import Settings
    from sopxl.steps.demand.history import History
    from sopxl.steps.demand.statistical import forecast_alone

    sold = history > 0
    before = (np.cumsum(sold, axis=1) == 0) & sold.any(axis=1, keepdims=True)
    quantity = np.where(before, np.nan, history)
    rows = [str(row) for row in range(len(quantity))]
    series = pd.DataFrame({"item": rows, "market": "", "family": "", "channel": "", "like": -1})
    whole = History(series, quantity, np.zeros_like(quantity), 0, season, quantity)
    _, distribution, forecast = forecast_alone(whole, periods, Settings().backtest_periods)
    return distribution, forecast


def _where_known(history: Numbers, planned: np.ndarray) -> Answer:
    """The planned rows; a sentence in place of those without any history."""
    answer: Answer = planned.tolist()
    for row in np.flatnonzero(np.isnan(history).all(axis=1)):
        answer[row] = _too_short(AUTOMATIC, 1, planned.shape[1])
    return answer


def _by_method(name: str, history: Numbers, periods: int, season: int) -> Answer:
    """Forecasts by that method, each row by itself; a sentence where its history is too short."""
    from sopxl.steps.demand.forecasting.methods import METHODS, forecast
    from sopxl.steps.demand.forecasting.panel import Panel
    from sopxl.steps.demand.forecasting.seasons import seasonal_indices

    panel = Panel(history, season, seasonal_indices(history, season), np.full(len(history), np.nan))
    least = METHODS[name].least_history(season)
    answer: Answer = forecast(name, panel, periods).tolist()
    for row in np.flatnonzero(panel.length < least):
        answer[row] = _too_short(name, least, periods)
    return answer


def _too_short(name: str, least: int, periods: int) -> list[str]:
    return [f"{name} needs {counted(least, 'period')} of history.", *[""] * (periods - 1)]
