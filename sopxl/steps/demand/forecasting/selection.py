"""The automatic choice: forecast the last periods again from several origins, and choose a method per series.

A series' own backtest is short, so its errors are drawn towards those of all series of its kind; the mean of the
best four methods competes with them and wins unless a single method is clearly better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sopxl.steps.demand.forecasting.methods import METHODS, forecast
from sopxl.steps.demand.forecasting.panel import Panel, first_known, row_mean
from sopxl.steps.demand.history import History

COMBINATION = "mean of the best four"
LEAST_ORIGIN = 3
ORIGINS = 3
MEMBERS = 4
OWN_POINTS = 24
HANDICAP = 1.0
CLEARLY_BETTER = 0.9
INTERMITTENT_INTERVAL = 1.32
ERRATIC_VARIATION = 0.49


@dataclass(frozen=True)
class Choice:
    """What was chosen for S series: the method's name, its forecasts S x H, and its backtest.

    ``actual`` and ``backtest`` are S x P, one column per origin and period ahead; NaN where there is no point.
    ``periods_tested``: how many of the last periods were held out at the first origin.
    """

    demand_class: np.ndarray
    method: np.ndarray
    forecast: np.ndarray
    actual: np.ndarray
    backtest: np.ndarray
    periods_tested: int


@dataclass(frozen=True)
class Backtest:
    """Forecasts of the past by every method: K x S x P, and the actual values S x P (NaN: no point).

    ``periods``: how many of the last periods the first origin holds out.
    """

    names: tuple[str, ...]
    forecasts: np.ndarray
    actual: np.ndarray
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


def choose(history: History, horizon: int, backtest_periods: int) -> Choice:
    """Forecast every series by the method that suits it: S x ``horizon``, finite and never below 0.

    ``backtest_periods``: how many of the last periods are held out to compare the methods.
    """
    panel = history.panel()
    classes = demand_classes(history.quantity, history.season)
    with np.errstate(over="ignore", invalid="ignore"):
        tested = run_backtest(history, backtest_periods)
        method, weights = _chosen_methods(tested, panel, classes, backtest_periods)
        own = np.where(weights[:, :, None] > 0, weights[:, :, None] * tested.forecasts, 0.0).sum(axis=0)
    forecasts = np.zeros((len(history.series), horizon))
    for position, name in enumerate(tested.names):
        rows = weights[position] > 0
        forecasts[rows] += weights[position, rows, None] * forecast(name, panel.rows(rows), horizon)
    backtest = np.where(np.isnan(tested.actual), np.nan, own)
    return Choice(classes, method, forecasts, tested.actual, backtest, tested.periods)


def run_backtest(history: History, backtest_periods: int) -> Backtest:
    """Every method's forecasts from up to ORIGINS origins in the last ``backtest_periods``, to the end of history."""
    count, total = history.quantity.shape
    names = tuple(METHODS)
    intermittent = interval_and_variation(history.quantity)[0] > INTERMITTENT_INTERVAL
    forecasts, actual = [np.zeros((len(names), count, 0))], [np.zeros((count, 0))]
    length_at_first = np.zeros(count, dtype=int)
    origins = _origins(total, backtest_periods)
    for origin in origins:
        panel = history.panel(origin)
        included = panel.length >= LEAST_ORIGIN
        length_at_first = np.where(included & (length_at_first == 0), panel.length, length_at_first)
        forecasts.append(_forecast_all(names, panel, total - origin, length_at_first, intermittent))
        actual.append(np.where(included[:, None], history.quantity[:, origin:], np.nan))
    held_out = total - origins[0] if origins else 0
    return Backtest(names, np.concatenate(forecasts, axis=2), np.concatenate(actual, axis=1), held_out)


def _origins(total: int, backtest_periods: int) -> list[int]:
    """Columns at which the past is forecast again, the earliest first."""
    first = max(total - backtest_periods, LEAST_ORIGIN)
    return sorted({int(origin) for origin in np.linspace(first, total, ORIGINS + 1)[:-1] if first <= origin < total})


def _forecast_all(
    names: tuple[str, ...], panel: Panel, horizon: int, length: np.ndarray, intermittent: np.ndarray
) -> np.ndarray:
    """K x S x horizon forecasts; NaN where a method is not for that series, by its length at its first origin."""
    result = np.full((len(names), len(length), horizon), np.nan)
    for position, name in enumerate(names):
        declared = METHODS[name]
        if not declared.is_tested:
            continue
        rows = length >= max(declared.least_history(panel.season), 1)
        if declared.intermittent is not None:
            rows &= intermittent == declared.intermittent
        result[position, rows] = forecast(name, panel.rows(rows), horizon)
    return result


def _chosen_methods(
    tested: Backtest, panel: Panel, classes: np.ndarray, backtest_periods: int
) -> tuple[np.ndarray, np.ndarray]:
    """S names of what was chosen, and the weights K x S of the methods in it."""
    scores = _scores(tested, classes) * season_handicap(panel, tested.names, backtest_periods)
    best = np.argsort(scores, axis=0, kind="stable")[:MEMBERS]
    members = np.isfinite(np.take_along_axis(scores, best, axis=0))
    chosen = _single_or_combination(tested, best, members)
    names = np.array([*tested.names, COMBINATION], dtype=object)
    return _forced(names[chosen], _weights(chosen, best, members, len(tested.names)), panel, tested.names)


def _scores(tested: Backtest, classes: np.ndarray) -> np.ndarray:
    """K x S: error of each method relative to the mean method's, drawn towards that of the series' kind.

    It is inf where the method is not for the series.
    """
    own = _errors(tested.forecasts, tested.actual)
    usable = np.isfinite(own)
    typical = np.where(usable, own, 0.0).sum(axis=0) / np.maximum(usable.sum(axis=0), 1)
    relative = np.where(usable, own / np.where(typical > 0, typical, 1.0), np.nan)
    points = (~np.isnan(tested.actual)).sum(axis=1)
    share = points / (points + OWN_POINTS)
    pooled = np.full_like(relative, np.nan)
    for kind in np.unique(classes):
        rows = classes == kind
        pooled[:, rows] = _column_mean(relative[:, rows])[:, None]
    return np.where(usable, share * relative + (1 - share) * pooled, np.inf)


def season_handicap(panel: Panel, names: tuple[str, ...], backtest_periods: int) -> np.ndarray:
    """K x S factors on the scores: a backtest of part of a year cannot see the season that a method leaves out.

    A method that does not see the season of the series is held to be worse by the size of its season (standard
    deviation of the pooled profile), as far as the backtest is shorter than a year. Intermittent demand is spared:
    its profile is mostly noise.
    """
    unseen = max(0.0, 1 - backtest_periods / panel.season)
    size = HANDICAP * unseen * panel.profile.std(axis=1)
    size = np.where(interval_and_variation(panel.values)[0] > INTERMITTENT_INTERVAL, 0.0, size)
    years = panel.length / panel.season
    blind = np.array([METHODS[name].seasonal_from for name in names])[:, None] > years
    return np.asarray(1 + np.where(blind, size, 0.0))


def _errors(forecasts: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Root mean squared error over the known points; inf where the method gave nothing or nothing is known."""
    known = ~np.isnan(actual)
    squares = np.where(known, (forecasts - np.where(known, actual, 0.0)) ** 2, 0.0).sum(axis=-1)
    count = known.sum(axis=-1)
    error = np.sqrt(squares / np.maximum(count, 1))
    return np.where((count > 0) & np.isfinite(error), error, np.inf)


def _column_mean(relative: np.ndarray) -> np.ndarray:
    """K: mean over the series for which a method was tried."""
    known = ~np.isnan(relative)
    return np.asarray(np.where(known, relative, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def _single_or_combination(tested: Backtest, best: np.ndarray, members: np.ndarray) -> np.ndarray:
    """S: position of the chosen method, or -1 for the combination."""
    first = best[0]
    rows = np.arange(len(first))
    own = _errors(tested.forecasts, tested.actual)[first, rows]
    stacked = tested.forecasts[best, rows]
    together = np.where(members[:, :, None], stacked, 0.0).sum(axis=0) / np.maximum(members.sum(axis=0), 1)[:, None]
    combined = _errors(together, tested.actual)
    clearly = own < CLEARLY_BETTER * combined
    return np.where(clearly | (members.sum(axis=0) < 2), first, -1)


def _weights(chosen: np.ndarray, best: np.ndarray, members: np.ndarray, count: int) -> np.ndarray:
    """K x S: weight of each method in each series' forecast."""
    weights = np.zeros((count, len(chosen)))
    rows = np.arange(len(chosen))
    shares = members / np.maximum(members.sum(axis=0), 1)
    for place in range(len(best)):
        np.add.at(weights, (best[place], rows), np.where(chosen < 0, shares[place], 0.0))
    weights[chosen[chosen >= 0], rows[chosen >= 0]] = 1.0
    return weights


def _forced(
    method: np.ndarray, weights: np.ndarray, panel: Panel, names: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Where there is nothing to test: new items, series too short for a backtest, items not sold for a year."""
    recent = panel.values[:, -panel.season :]
    silent = (panel.length >= panel.season) & (~np.isnan(recent)).any(axis=1) & ~(np.nan_to_num(recent) > 0).any(axis=1)
    untested = weights.sum(axis=0) == 0
    untested |= panel.length < LEAST_ORIGIN + 1
    rules = (("family season, mean level", untested), ("new item", panel.length == 0), ("no demand", silent))
    method, weights = method.copy(), weights.copy()
    for name, rows in rules:
        method[rows] = name
        weights[:, rows] = 0.0
        weights[names.index(name), rows] = 1.0
    return method, weights
