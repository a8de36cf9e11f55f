"""Demand sensing: the latest sales and the last errors correct the next periods, as far as that has helped before.

A source of evidence is one function under ``@source``: it says for every series how far demand was from the
forecast, at past origins and now. How much of that is carried into the next periods is fitted over all series, and
tried on origins that the fit has not seen; only what made those forecasts better is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sopxl.schema import Tables, conform, counted
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.methods import METHODS, forecast
from sopxl.steps.demand.forecasting.panel import Panel
from sopxl.steps.demand.history import History, without_first_sale
from sopxl.steps.demand.order_books import OrderBooks, read_order_books
from sopxl.steps.demand.recent import RecentSales, read_recent_sales
from sopxl.steps.demand.tables import SENSING_GAINS

WHEN = ("this {bucket}", "the {bucket} after", "two {bucket}s after")
AHEAD = len(WHEN)
"""Periods that are corrected, as they are called."""
ORIGINS = 12
"""Past origins from which the forecast is made again."""
SEASON_EVERY = 3
"""Origins after which the pooled season is looked at again: it takes most of the time and changes little."""
LEAST_HISTORY = 3
ERRORS_SEEN = 3
"""Last complete periods whose errors are looked at."""
CLEARLY_BETTER = 0.05
"""Share of the error by which it must have become smaller."""
LARGEST_RATIO = 4.0
TOO_FEW_BOOKS = ("Not used: the order books of three plans that are over are needed to tell what share of demand is "
                 "usually ordered; every plan keeps its own (Demand snapshots).")
SMALLEST = 0.005
STAND_IN = "moving average"
"""Method for series whose own methods needed more history than there was."""


@dataclass(frozen=True)
class Sensed:
    """Correction of the statistical forecast, S x H units, and the table SENSING_GAINS that says what it is worth."""

    correction: np.ndarray
    gains: pd.DataFrame


@dataclass(frozen=True)
class Past:
    """The forecast as it would have been made at O past origins, the earliest first, and what came of it.

    ``forecast`` and ``actual`` are O x S x AHEAD units, NaN where there was no history or is no actual value yet.
    ``origins``: O columns of the history. ``scale``: S mean demand, by which errors are made comparable.
    """

    origins: np.ndarray
    forecast: np.ndarray
    actual: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True)
class Present:
    """What is known now: the expected demand S x H (planned effects included), the latest sales and the order books."""

    expected: np.ndarray
    history: History
    recent: RecentSales | None
    books: OrderBooks


@dataclass(frozen=True)
class Evidence:
    """How far demand is from the forecast, in units of a whole period: at past origins O x S, and now S.

    ``least``: share of it that is carried into the first period where nothing could be tested.
    """

    past: np.ndarray
    now: np.ndarray
    least: float = 0.0


@dataclass(frozen=True)
class Trial:
    """One source at one distance: what is carried, and the errors without and with it at unseen origins."""

    strength: float
    points: int
    before: float
    after: float

    @property
    def helps(self) -> bool:
        """Whether it made forecasts clearly better that it had not seen."""
        return self.points > 0 and self.strength > 0 and self.after < (1 - CLEARLY_BETTER) * self.before


SourceFunction = Callable[[Past, Present], Evidence | None]
SOURCES: dict[str, SourceFunction] = {}


def source(name: str) -> Callable[[SourceFunction], SourceFunction]:
    """Register a source of evidence under the name that planners see; each corrects what those before it left."""

    def register(function: SourceFunction) -> SourceFunction:
        SOURCES[name] = function
        return function

    return register


def sense(
    statistical: np.ndarray,
    history: History,
    tables: Tables,
    settings: Settings,
    weights: Mapping[str, np.ndarray] | None = None,
    planned: np.ndarray | None = None,
) -> Sensed:
    """Correct the first periods of the statistical forecast (S x H) by the latest sales, errors and orders.

    ``weights``: by method its weight in each series' forecast (S), with which the past is forecast again.
    ``planned``: S x H units that drivers and launches add: sales that were planned are no surprise. Forecast, planned
    units and correction together are never below 0, nor in the running period below what has been sold in it.
    """
    if settings.sensing == "never" or not len(statistical):
        return Sensed(np.zeros_like(statistical), SENSING_GAINS.empty_frame())
    expected = statistical if planned is None else statistical + planned
    recent = read_recent_sales(tables, settings, history)
    past, books = past_forecasts(history, weights), read_order_books(tables, settings, history)
    corrected, rows = expected.copy(), []
    for name, function in SOURCES.items():
        evidence = function(past, Present(corrected, history, recent, books))
        if evidence is None:
            continue
        change, past, found = carry_over(name, evidence, past, corrected, settings)
        corrected = np.maximum(corrected + change, 0.0)
        rows += found
    sold = np.zeros_like(corrected) if recent is None else _in_first(recent.sold, corrected)
    beyond = int((sold > corrected + SMALLEST).sum())
    if recent is None and len(tables["recent_sales"]):
        rows.append(_told(f"None of the recent sales is in {settings.first_period}: they tell nothing of it yet."))
    if beyond:
        raised = counted(beyond, "forecast")
        rows.append(_told(f"{raised} of {settings.first_period} raised to what is sold already.", used=True))
    if books.orders[-1].any() and "Orders in hand" not in {row["source"] for row in rows}:
        rows.append(_told(TOO_FEW_BOOKS, source="Orders in hand"))
    orders = _in_first(books.orders[-1] * (settings.sensing == "always"), corrected)
    floor = np.maximum(sold, orders)
    correction = np.where(floor > corrected, floor, corrected) - expected
    return Sensed(correction, conform(SENSING_GAINS, pd.DataFrame(rows, columns=SENSING_GAINS.column_names)))


def past_forecasts(history: History, weights: Mapping[str, np.ndarray] | None = None) -> Past:
    """The statistical forecast made again at the last origins, by each series' methods as far as they were possible."""
    count, total = history.quantity.shape
    origins = np.arange(max(total - ORIGINS, min(LEAST_HISTORY, total)), total)
    known = np.concatenate([history.quantity, np.full((count, AHEAD), np.nan)], axis=1)
    forecasts = np.full((len(origins), count, AHEAD), np.nan)
    actual = np.full_like(forecasts, np.nan)
    for place, origin in enumerate(origins):
        if place % SEASON_EVERY == 0:
            panel = history.panel(int(origin))
        panel = replace(panel, values=without_first_sale(history.quantity[:, :origin]))
        forecasts[place] = _forecast_at(panel, weights or {})
        actual[place] = known[:, origin:origin + AHEAD]
    return Past(origins, forecasts, actual, history.mean_demand)


def _forecast_at(panel: Panel, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """S x AHEAD forecasts of the periods after the panel's; NaN where the history was too short."""
    usable = panel.length >= LEAST_HISTORY
    total, mixed = np.zeros(len(usable)), np.zeros((len(usable), AHEAD))
    for name, weight in weights.items():
        rows = usable & (weight > 0) & (panel.length >= METHODS[name].least_history(panel.season))
        _add_forecast(name, panel, rows, weight, total, mixed)
    _add_forecast(STAND_IN, panel, usable & (total == 0), np.ones(len(usable)), total, mixed)
    return np.where(usable[:, None], mixed / np.where(total > 0, total, 1.0)[:, None], np.nan)


def _add_forecast(
    name: str, panel: Panel, rows: np.ndarray, weight: np.ndarray, total: np.ndarray, mixed: np.ndarray
) -> None:
    """Add one method's weighted forecasts of those rows to ``mixed``, and the weights to ``total``, in place."""
    if not rows.any():
        return
    from_all = METHODS[name].learns_from_all
    made = forecast(name, panel, AHEAD)[rows] if from_all else forecast(name, panel.rows(rows), AHEAD)
    mixed[rows] += weight[rows, None] * made
    total[rows] += weight[rows]


@source("Last periods' errors")
def last_errors(past: Past, present: Present) -> Evidence | None:
    """Mean error of the last complete periods, each forecast one period ahead: errors that persist are a new level."""
    if len(past.origins) <= ERRORS_SEEN:
        return None
    errors = past.actual[:, :, 0] - past.forecast[:, :, 0]
    means = np.full((len(errors) + 1, errors.shape[1]), np.nan)
    for place in range(ERRORS_SEEN, len(errors) + 1):
        means[place] = errors[place - ERRORS_SEEN:place].mean(axis=0)
    return Evidence(means[:-1], np.nan_to_num(means[-1]))


@source("Recent sales")
def running_period(past: Past, present: Present) -> Evidence | None:
    """Sales of the running period so far, raised to a whole period by the usual share, against its forecast.

    The share that is usually sold by this day is that of the channel in earlier periods (working days counting as
    one period more).
    """
    recent = present.recent
    if recent is None:
        return None
    positions = past.origins - present.history.quantity.shape[1]
    raised = np.array([recent.raised_at(int(position)) for position in positions]).reshape(past.forecast.shape[:2])
    now = recent.raised_at(0) - present.expected[:, 0]
    return Evidence(raised - past.forecast[:, :, 0], np.nan_to_num(now), recent.elapsed)


@source("Orders in hand")
def order_book(past: Past, present: Present) -> Evidence | None:
    """What the orders due in the first period lead to, by the share that is usually ordered, against its forecast."""
    positions = past.origins - present.history.quantity.shape[1]
    led_to = [present.books.expected_at(int(position)) for position in positions]
    now = present.books.expected_at(0) - present.expected[:, 0]
    if np.isnan(now).all() or not led_to:
        return None
    return Evidence(np.array(led_to) - past.forecast[:, :, 0], np.nan_to_num(now))


def carry_over(
    name: str, evidence: Evidence, past: Past, expected: np.ndarray, settings: Settings
) -> tuple[np.ndarray, Past, list[dict[str, object]]]:
    """What one source changes now (S x H), the past as it would have corrected it, and its rows of the gains."""
    change = np.zeros_like(expected)
    forecasts, rows = past.forecast.copy(), []
    for ahead in range(min(AHEAD, expected.shape[1])):
        trial, tried = _try(evidence.past, past, ahead)
        used = trial.helps or settings.sensing == "always"
        if settings.sensing == "always" and not trial.points and ahead == 0:
            trial = replace(trial, strength=evidence.least)
        if used:
            change[:, ahead] = trial.strength * evidence.now * _ratio(expected[:, ahead], expected[:, 0])
            forecasts[:, :, ahead] = tried
        rows.append(_gain_row(name, ahead, trial, used and trial.strength > 0, settings.bucket))
    return change, replace(past, forecast=forecasts), rows


def _try(deviation: np.ndarray, past: Past, ahead: int) -> tuple[Trial, np.ndarray]:
    """Fit on earlier origins, test on each later one: the trial, and the forecasts O x S as they would have been."""
    before, actual = past.forecast[:, :, ahead], past.actual[:, :, ahead]
    moved = deviation * _ratio(before, past.forecast[:, :, 0])
    error = actual - before
    tried, tested = before.copy(), np.zeros(before.shape, dtype=bool)
    for place in range(len(before)):
        seen = slice(0, max(place - ahead, 0))  # only errors of periods that were over by then
        strength = carried_share(moved[seen], error[seen], past.scale)
        if strength is None:
            continue
        tried[place] = np.maximum(before[place] + strength * np.nan_to_num(moved[place]), 0.0)
        tested[place] = ~np.isnan(error[place]) & ~np.isnan(moved[place])
    demand = float(np.where(tested, actual, 0.0).sum()) or 1.0
    errors = [float(np.where(tested, np.abs(actual - made), 0.0).sum()) / demand for made in (before, tried)]
    strength = carried_share(moved, error, past.scale)
    return Trial(strength or 0.0, int(tested.sum()), *errors), tried


def carried_share(deviation: np.ndarray, error: np.ndarray, scale: np.ndarray) -> float | None:
    """Share of the deviation (O x S) that the error (O x S) has in common with it, 0 to 1; None without a point.

    Weighted least squares through the origin over all series and origins, the variance of a series taken to grow
    with its demand; drawn towards 0 as far as it may be chance: b (1 - s² / b²), not below 0.
    Source of the shrinkage: James and Stein, Fourth Berkeley Symposium (1961) 361-379, positive part.
    """
    known = ~np.isnan(deviation) & ~np.isnan(error) & (scale > 0)
    if not known.any():
        return None
    weight = np.where(known, 1 / np.where(scale > 0, scale, 1.0), 0.0)
    x, y = np.where(known, deviation, 0.0), np.where(known, error, 0.0)
    size = float((weight * x**2).sum())
    if size <= 0:
        return 0.0
    share = float((weight * x * y).sum()) / size
    noise = float((weight**2 * x**2 * (y - share * x) ** 2).sum()) / size**2
    return float(np.clip(share - noise / share, 0.0, 1.0)) if share > 0 else 0.0


def _ratio(later: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Later forecast over the first, by which a deviation grows with the season; 1 where the first is nothing."""
    some = first > 0
    return np.where(some, np.clip(later / np.where(some, first, 1.0), 0.0, LARGEST_RATIO), 1.0)


def _in_first(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    """S values in the first of H periods."""
    result = np.zeros_like(like)
    result[:, 0] = values
    return result


def _told(text: str, used: bool = False, source: str = "Recent sales so far") -> dict[str, object]:
    """A row that only tells something of what was looked at."""
    return {"source": source, "ahead": 1, "points": 0, "used": used, "explanation": text}


def _gain_row(name: str, ahead: int, trial: Trial, used: bool, bucket: str) -> dict[str, object]:
    """One row of the gains."""
    tested = trial.points > 0
    return {
        "source": name, "ahead": ahead + 1, "points": trial.points,
        "error_before": trial.before if tested else np.nan, "error_after": trial.after if tested else np.nan,
        "gain": trial.before - trial.after if tested else np.nan, "strength": trial.strength, "used": used,
        "explanation": _explained(trial, used, WHEN[ahead].format(bucket=bucket)),
    }


def _explained(trial: Trial, used: bool, when: str) -> str:
    """What a trial means, in a sentence; ``when``: the period that is corrected."""
    if not trial.points:
        return "It cannot be tested yet: there are no earlier periods to test it with." + (
            " It is used all the same, as the setting says." if used else "")
    would = f"error {trial.before:.1%} without it and {trial.after:.1%} with it"
    if used:
        verdict = "" if trial.helps else ", as the setting says, though it did not help"
        return f"{trial.strength:.0%} of the deviation is carried into {when}{verdict}: {would}."
    return f"Not used: it would not have made the forecast of {when} clearly better ({would})."
