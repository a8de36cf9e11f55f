"""The automatic choice: forecast the last periods again from several origins, and weigh the methods for each series.

A series' own backtest is short, so its errors are drawn towards those of all series of its kind; the weights of the
methods in its forecast follow from them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sopxl.steps.demand.forecasting.methods import METHODS, forecast
from sopxl.steps.demand.forecasting.panel import Panel, first_known, row_mean
from sopxl.steps.demand.history import History

COMBINATION = "weighted mean"
UNTESTED = "moving average"
"""What forecasts a series that is too short for a backtest."""
LEAST_ORIGIN = 3
ORIGINS = 3
OWN_POINTS = 40
"""Points of a series' own backtest that count as much as the backtests of all series of its kind."""
POWER = 8.0
"""Weights fall with this power of the error."""
LEAST_WEIGHT = 0.05
LEAST_RELATIVE = 0.1
NEARLY_NOTHING = 1e-9
SHARE_OF_HISTORY, FARTHER = 3, 2
LEAST_STEADY = 6
"""Known periods, all equal, from which on a series is taken to have neither trend nor season."""
INTERMITTENT_INTERVAL = 1.32
ERRATIC_VARIATION = 0.49


@dataclass(frozen=True)
class Choice:
    """What was chosen for S series and why.

    ``demand_class``, ``method``: S names; a weighted mean names its members, the heaviest first. ``forecast``: S x H.
    ``actual`` and ``backtest``: S x P, one column per origin and period ahead, NaN where there is no point;
    ``origin``: P, how many periods were known at that origin; ``ahead``: P, how many periods ahead of it (from 1).
    ``periods_tested``: how many of the last periods were held out at the first origin.
    ``candidates``: K names; ``errors``: K x S, of each in the backtest (mean absolute error; of intermittent demand
    root mean squared; NaN where it was not tried); ``weights``: K x S, in the forecast.
    ``level``, ``trend``: S, the forecast without its season as a line: at the end of history, and per period;
    ``season``: S x season, the index of each phase (the first is that of the first period after the history).
    """

    demand_class: np.ndarray
    method: np.ndarray
    forecast: np.ndarray
    actual: np.ndarray
    backtest: np.ndarray
    periods_tested: int
    origin: np.ndarray
    ahead: np.ndarray
    candidates: tuple[str, ...]
    errors: np.ndarray
    weights: np.ndarray
    level: np.ndarray
    trend: np.ndarray
    season: np.ndarray


@dataclass(frozen=True)
class Backtest:
    """Forecasts of the past by every method: K x S x P (NaN: not for that series), and the actual values S x P.

    ``origin`` and ``ahead``: P each. ``periods``: how many of the last periods the first origin holds out.
    """

    names: tuple[str, ...]
    forecasts: np.ndarray
    actual: np.ndarray
    origin: np.ndarray
    ahead: np.ndarray
    periods: int


def demand_classes(values: np.ndarray, season: int) -> np.ndarray:
    """S class names: smooth, erratic, intermittent or lumpy; short below one year of history, new without any.

    Source: Syntetos, Boylan, Croston, Journal of the Operational Research Society 56 (2005) 495-503: mean interval
    between sales 1.32, squared coefficient of variation of their sizes 0.49.
    """
    interval, variation = interval_and_variation(values)
    length = values.shape[1] - first_known(values)
    rare, erratic = interval > INTERMITTENT_INTERVAL, variation > ERRATIC_VARIATION
    conditions = [length == 0, length < season, rare & erratic, rare, erratic]
    return np.select(conditions, ["new", "short", "lumpy", "intermittent", "erratic"], "smooth")


def interval_and_variation(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean periods from sale to sale, and squared coefficient of variation of the sizes sold; each S."""
    known = ~np.isnan(values)
    sold = known & (np.nan_to_num(values) > 0)
    count = sold.sum(axis=1)
    interval = known.sum(axis=1) / np.maximum(count, 1)
    largest = np.nan_to_num(values).max(axis=1, initial=0.0)
    sizes = np.where(sold, values, np.nan) / np.where(largest > 0, largest, 1.0)[:, None]
    mean = row_mean(sizes)
    spread = row_mean((sizes - mean[:, None]) ** 2)
    return interval, np.asarray(np.where(mean > 0, spread / np.where(mean > 0, mean, 1.0) ** 2, 0.0))


def choose(history: History, horizon: int, backtest_periods: int, simple: np.ndarray | None = None) -> Choice:
    """Forecast every series by the methods that suit it: S x ``horizon``, finite and never below 0.

    ``backtest_periods``: how many of the last periods are held out to compare the methods. ``simple``: S, series for
    which a moving average is enough.
    """
    panel = history.panel()
    classes = demand_classes(history.quantity, history.season)
    rare = is_intermittent(history.quantity)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        tested = run_backtest(history, backtest_periods)
        errors = _errors(tested, rare)
        averaged = np.array([METHODS[name].is_averaged for name in tested.names])[:, None]
        weights = _weights(tested, errors, classes, _eligible(tested.names, panel, rare) & averaged)
        plain = np.zeros(len(classes), dtype=bool) if simple is None else simple
        weights = _forced(weights, panel, tested.names, plain)
        backtest = _blend(tested.forecasts, weights)
        backtest = np.where(np.isnan(backtest), tested.forecasts[tested.names.index(UNTESTED)], backtest)
        forecasts = _blend(_forecast_all(tested.names, panel, horizon, weights > 0), weights)
    forecasts = np.minimum(np.nan_to_num(forecasts), np.finfo(float).max)
    season = np.roll(panel.profile, -(panel.values.shape[1] % panel.season), axis=1)
    level, trend = _line_under(forecasts, panel.future_profile(horizon))
    return Choice(
        classes, _method_names(tested.names, weights), forecasts, tested.actual,
        np.where(np.isnan(tested.actual), np.nan, backtest), tested.periods, tested.origin, tested.ahead,
        tested.names, errors, weights, level, trend, season,
    )


def far_backtest(history: History, choice: Choice, horizon: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Actual values and forecasts from one origin twice as far back as the backtest's, and that origin.

    S x periods each, NaN where there is no point: the chosen methods and weights, as far as history allowed them by
    then. It tells how errors grow with the periods ahead; methods are not chosen by it, for what is far back says less
    of them. At most the horizon and a third of the history are looked at.
    """
    count, total = history.quantity.shape
    origin = total - min(horizon, FARTHER * choice.periods_tested, total // SHARE_OF_HISTORY)
    if total - origin <= choice.periods_tested:
        return np.zeros((count, 0)), np.zeros((count, 0)), total
    panel = history.panel(origin)
    known = _eligible(choice.candidates, panel, is_intermittent(history.quantity)) & (panel.length >= LEAST_ORIGIN)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        made = _forecast_all(choice.candidates, panel, total - origin, known & (choice.weights > 0))
        blended = _blend(made, choice.weights)
    return np.where(np.isnan(blended), np.nan, history.quantity[:, origin:]), blended, origin


def _line_under(forecasts: np.ndarray, profile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Level at the end of history and change per period, each S: the line which times the profile is nearest.

    ``forecasts`` and ``profile``: S x H. Periods in which hardly anything is sold hardly count.
    """
    ahead = np.arange(1, forecasts.shape[1] + 1)
    scale = np.maximum(forecasts.max(axis=1, initial=0.0), np.finfo(float).tiny)
    square, mixed, spread = ((profile**2 * ahead**power).sum(axis=1) for power in (0, 1, 2))
    product, lever = ((forecasts / scale[:, None] * profile * ahead**power).sum(axis=1) for power in (0, 1))
    apart = square * spread - mixed**2
    sure = apart > NEARLY_NOTHING * square * spread
    trend = np.where(sure, square * lever - mixed * product, 0.0) / np.where(sure, apart, 1.0)
    level = (product - trend * mixed) / np.where(square > 0, square, 1.0)
    return level * scale, trend * scale


def is_intermittent(values: np.ndarray) -> np.ndarray:
    """S: whether the mean interval between sales is so long that methods for intermittent demand are for it."""
    return np.asarray(interval_and_variation(values)[0] > INTERMITTENT_INTERVAL)


def run_backtest(history: History, backtest_periods: int) -> Backtest:
    """Every method's forecasts from up to ORIGINS origins in the last ``backtest_periods``, to the end of history.

    All use the season that the first origin shows.
    """
    count, total = history.quantity.shape
    names = tuple(METHODS)
    rare = is_intermittent(history.quantity)
    forecasts, actual = [np.zeros((len(names), count, 0))], [np.zeros((count, 0))]
    eligible = np.zeros((len(names), count), dtype=bool)
    begun = np.zeros(count, dtype=bool)
    origins = _origins(total, backtest_periods)
    panel: Panel | None = None
    for origin in origins:
        panel = history.panel(origin, panel.profile) if panel else history.panel(origin)
        included = panel.length >= LEAST_ORIGIN
        eligible = np.where(included & ~begun, _eligible(names, panel, rare), eligible)
        begun |= included
        forecasts.append(_forecast_all(names, panel, total - origin, eligible & included))
        actual.append(np.where(included[:, None], history.quantity[:, origin:], np.nan))
    ahead = [np.arange(1, total - origin + 1) for origin in origins]
    starts = [np.full(total - origin, origin) for origin in origins]
    none = np.zeros(0, dtype=int)
    return Backtest(
        names, np.concatenate(forecasts, axis=2), np.concatenate(actual, axis=1),
        np.concatenate([none, *starts]), np.concatenate([none, *ahead]), total - origins[0] if origins else 0,
    )


def _origins(total: int, backtest_periods: int) -> list[int]:
    """Columns at which the past is forecast again, the earliest first."""
    first = max(total - backtest_periods, LEAST_ORIGIN)
    return sorted({int(origin) for origin in np.linspace(first, total, ORIGINS + 1)[:-1] if first <= origin < total})


def _eligible(names: tuple[str, ...], panel: Panel, rare: np.ndarray) -> np.ndarray:
    """K x S: whether the method is for the series."""
    rows = []
    for name in names:
        declared = METHODS[name]
        enough = panel.length >= max(declared.least_history(panel.season), 1)
        kind = np.ones(len(rare), dtype=bool) if declared.intermittent is None else rare == declared.intermittent
        rows.append(enough & kind)
    return np.array(rows)


def _forecast_all(names: tuple[str, ...], panel: Panel, horizon: int, wanted: np.ndarray) -> np.ndarray:
    """K x S x horizon forecasts; NaN where not ``wanted`` (K x S)."""
    result = np.full((*wanted.shape, horizon), np.nan)
    for position, name in enumerate(names):
        rows = wanted[position]
        if rows.any() and METHODS[name].learns_from_all:
            result[position, rows] = forecast(name, panel, horizon)[rows]
        elif rows.any():
            result[position, rows] = forecast(name, panel.rows(rows), horizon)
    return result


def _errors(tested: Backtest, rare: np.ndarray) -> np.ndarray:
    """K x S: mean absolute error over the points; root mean squared where intermittent; NaN where not tried."""
    known = ~np.isnan(tested.actual)
    tried = known.any(axis=1) & ~(np.isnan(tested.forecasts) & known).any(axis=2)
    miss = np.where(known, np.abs(tested.forecasts - np.where(known, tested.actual, 0.0)), 0.0)
    largest = np.maximum(miss.max(axis=2, initial=0.0), np.finfo(float).tiny)
    count = np.maximum(known.sum(axis=1), 1)
    squared = largest * np.sqrt(((miss / largest[:, :, None]) ** 2).sum(axis=2) / count)
    error = np.where(rare, squared, miss.sum(axis=2) / count)
    return np.where(tried & np.isfinite(error), error, np.nan)


def _weights(tested: Backtest, errors: np.ndarray, classes: np.ndarray, eligible: np.ndarray) -> np.ndarray:
    """K x S weights: 1 / error ** POWER, the errors relative to the mean method's and drawn to the class's.

    A method that could not be tested where others were is not taken to be better than their mean.
    """
    compared = np.where(eligible, errors, np.nan)
    typical = row_mean(compared.T)
    relative = np.where(typical > 0, compared, compared + 1.0) / np.where(typical > 0, typical, 1.0)
    points = (~np.isnan(tested.actual)).sum(axis=1)
    share = np.where(np.isnan(relative), 0.0, points / (points + OWN_POINTS))
    by_class = _by_class(relative, classes)
    untested = np.isnan(relative) & ~np.isnan(relative).all(axis=0)
    expected = np.where(untested, np.maximum(by_class, 1.0), share * np.nan_to_num(relative) + (1 - share) * by_class)
    return _shares(_votes(tested.names, eligible) * np.maximum(expected, LEAST_RELATIVE) ** -POWER)


def _votes(names: tuple[str, ...], eligible: np.ndarray) -> np.ndarray:
    """K x S: what methods would weigh if their errors were equal: all those for intermittent demand have one half."""
    votes = eligible * np.array([METHODS[name].votes for name in names])[:, None]
    special = np.array([METHODS[name].intermittent is not None for name in names])[:, None]
    of_kind = np.where(special, (votes * special).sum(axis=0), (votes * ~special).sum(axis=0))
    return np.asarray(votes / np.maximum(of_kind, 1))


def _by_class(relative: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """K x S: mean relative error of the methods among the series of that class; of all where the class has none."""
    known = ~np.isnan(relative)
    overall = row_mean(relative)
    overall = np.where(known.any(axis=1), overall, 1.0)
    result = np.repeat(overall[:, None], relative.shape[1], axis=1)
    for kind in np.unique(classes):
        rows = classes == kind
        result[:, rows] = np.where(known[:, rows].any(axis=1), row_mean(relative[:, rows]), overall)[:, None]
    return result


def _shares(weights: np.ndarray) -> np.ndarray:
    """K x S weights with sum 1 per series, those below LEAST_WEIGHT left out; all 0 where there are none."""
    for least in (0.0, LEAST_WEIGHT):
        total = weights.sum(axis=0)
        weights = weights / np.where(total > 0, total, 1.0)
        weights = np.where(weights >= least, weights, 0.0)
    total = weights.sum(axis=0)
    return np.asarray(weights / np.where(total > 0, total, 1.0))


def _blend(forecasts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """S x P: weighted mean of the K x S x P forecasts that there are; NaN where there is none."""
    total, blended = np.zeros(forecasts.shape[1:]), np.zeros(forecasts.shape[1:])
    for weight, one in zip(weights, forecasts, strict=True):
        parts = np.where(np.isnan(one), 0.0, weight[:, None])
        total += parts
        blended += parts * np.where(np.isnan(one), 0.0, one)
    return np.where(total > 0, blended / np.where(total > 0, total, 1.0), np.nan)


def _forced(weights: np.ndarray, panel: Panel, names: tuple[str, ...], simple: np.ndarray) -> np.ndarray:
    """Where there is nothing to weigh: simple, too short for a backtest, never changed, new, not sold for a year."""
    recent = panel.values[:, -panel.season :]
    silent = (panel.length >= panel.season) & (~np.isnan(recent)).any(axis=1) & ~(np.nan_to_num(recent) > 0).any(axis=1)
    least = np.nanmin(panel.values, axis=1, initial=np.inf)
    steady = least == np.nanmax(panel.values, axis=1, initial=-np.inf)
    steady &= (~np.isnan(panel.values)).sum(axis=1) >= LEAST_STEADY
    untested = (weights.sum(axis=0) == 0) | (panel.length <= LEAST_ORIGIN)
    weights = weights.copy()
    rules = {UNTESTED: untested | simple, "naive": steady, "new item": panel.length == 0, "no demand": silent}
    for name, rows in rules.items():
        weights[:, rows] = 0.0
        weights[names.index(name), rows] = 1.0
    return weights


def _method_names(names: tuple[str, ...], weights: np.ndarray) -> np.ndarray:
    """S: the method's name, or the weighted mean with its members, the heaviest first."""
    order = np.argsort(-weights, axis=0, kind="stable")
    members = np.where(np.take_along_axis(weights, order, axis=0) > 0, order, -1)
    different, which = np.unique(members, axis=1, return_inverse=True)
    labels = np.empty(different.shape[1], dtype=object)
    for position, column in enumerate(different.T):
        listed = [names[member] for member in column if member >= 0]
        labels[position] = ", ".join(listed) if len(listed) < 2 else f"{COMBINATION}: {', '.join(listed)}"
    return np.asarray(labels[which.ravel()])
