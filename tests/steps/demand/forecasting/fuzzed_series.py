"""Series made to break a forecasting method: every kind of history that a planner's file may hold, at random.

A further kind is one function under ``@kind``: it turns a plain seasonal history (T values) into its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Kind = Callable[[np.ndarray, np.random.Generator], np.ndarray]
KINDS: dict[str, Kind] = {}


def kind(function: Kind) -> Kind:
    """Register a kind of history under its function's name."""
    KINDS[function.__name__] = function
    return function


def fuzzed_series(count: int, seed: int, periods: int = 72, season: int = 12) -> np.ndarray:
    """``count`` x ``periods`` units, NaN before the first sale and in gaps; the kinds take turns, row by row.

    Row ``r`` is of kind ``r`` modulo the number of :data:`KINDS`. The same seed gives the same series. Some are
    negative, without any known value, or so large that their squares overflow.
    """
    random = np.random.default_rng(seed)
    makers = list(KINDS.values())
    result = np.full((count, periods), np.nan)
    for row in range(count):
        result[row] = makers[row % len(makers)](_seasonal(periods, season, random), random)
    return result


def _seasonal(periods: int, season: int, random: np.random.Generator) -> np.ndarray:
    """A plain history: level, trend, season and noise, above 0, from a random first period on."""
    time = np.arange(periods)
    wave = 1 + random.uniform(0, 0.8) * np.sin(2 * np.pi * time / season + random.uniform(0, 6))
    noise = random.lognormal(0, random.uniform(0, 0.6), periods)
    values = 10 ** random.uniform(0, 4) * wave * noise * (1 + random.uniform(-0.01, 0.03)) ** time
    values[: random.integers(0, periods // 2 + 1)] = np.nan
    return np.asarray(values)


def _somewhere(values: np.ndarray, random: np.random.Generator) -> int:
    """A random column of the history after its first value."""
    return int(random.integers(int((~np.isnan(values)).argmax()), len(values)))


@kind
def plain(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return values


@kind
def whole_numbers(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.round(values)


@kind
def mostly_zero(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.where(np.isnan(values) | (random.uniform(size=len(values)) < random.uniform(0.02, 0.6)), values, 0.0)


@kind
def one_sale(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    result = np.where(np.isnan(values), np.nan, 0.0)
    column = _somewhere(values, random)
    result[column] = values[column]
    return result


@kind
def all_zero(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, 0.0)


@kind
def gaps(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.where(random.uniform(size=len(values)) < random.uniform(0, 0.7), np.nan, values)


@kind
def gap_at_the_end(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    result = values.copy()
    result[_somewhere(values, random) :] = np.nan
    return result


@kind
def ended(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    result = values.copy()
    result[_somewhere(values, random) :] = 0.0
    return result


@kind
def level_shift(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    result = values.copy()
    result[_somewhere(values, random) :] *= 10 ** random.uniform(-3, 3)
    return result


@kind
def outliers(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    result = values.copy()
    result[random.integers(0, len(values), 3)] *= 10 ** random.uniform(1, 6, 3)
    return result


@kind
def outlier_at_the_end(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    result = values.copy()
    result[-1] *= 10 ** random.uniform(-4, 4)
    return result


@kind
def all_equal(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, 10 ** random.uniform(-2, 6))


@kind
def exact_season(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, np.resize(np.round(values[-12:]), len(values)))


@kind
def exact_line(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, 1000 + random.uniform(-20, 20) * np.arange(len(values)))


@kind
def exponential_growth(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.asarray(values * random.uniform(1.1, 2.0) ** np.arange(len(values)))


@kind
def huge(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.asarray(values * 10.0 ** random.uniform(12, 200))


@kind
def tiny(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.asarray(values * 10.0 ** -random.uniform(6, 200))


@kind
def huge_beside_tiny(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.asarray(values * 10.0 ** random.uniform(-12, 12, len(values)))


@kind
def few_points(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    result = np.full(len(values), np.nan)
    count = int(random.integers(2, 14))
    result[-count:] = values[-count:]
    return result


@kind
def one_point(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    result = np.full(len(values), np.nan)
    result[-1] = values[-1]
    return result


@kind
def one_point_long_ago(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    result = np.full(len(values), np.nan)
    result[int(random.integers(0, len(values) - 1))] = values[-1]
    return result


@kind
def none_known(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.full(len(values), np.nan)


@kind
def some_negative(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.where(random.uniform(size=len(values)) < 0.1, -values, values)


@kind
def all_negative(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return -values
