"""Reconciliation: forecasts of series and of the groups that they add up to are made to agree, exactly.

Everything is summed from the series, so that what comes out adds up at every level. To add a way, write a function
``(forecasts, errors, groups) -> S x H`` under :func:`way`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CLEARLY_BETTER = 0.97
FEWEST_ERRORS = 3
LEAST_RANGE = 0.1
WEIGHT_OF_SIZE = 24
NEARLY_NOTHING = 1e-9


@dataclass(frozen=True)
class Groups:
    """How S series add up to groups: for each level, the group number of every series (each S, from 0 on).

    Groups are numbered through over the levels: group g of level l has number ``offsets[l] + g``.
    """

    codes: tuple[np.ndarray, ...]

    @property
    def sizes(self) -> list[int]:
        """Number of groups at each level."""
        return [int(level.max(initial=-1)) + 1 for level in self.codes]

    @property
    def offsets(self) -> list[int]:
        """Number of the first group of each level."""
        return [0, *np.cumsum(self.sizes)[:-1].tolist()] if self.codes else []

    @property
    def count(self) -> int:
        """Number of groups over all levels."""
        return sum(self.sizes)

    def add_up(self, values: np.ndarray) -> np.ndarray:
        """Groups x columns: sums of the S x columns values; not known (NaN) counts as nothing."""
        totals = np.zeros((self.count, values.shape[1]))
        known = np.nan_to_num(values)
        for offset, level in zip(self.offsets, self.codes, strict=True):
            np.add.at(totals, offset + level, known)
        return totals

    def hand_down(self, values: np.ndarray) -> np.ndarray:
        """S x columns: for each series, the sum of what its groups (groups x columns) have."""
        return np.asarray(sum((values[offset + level] for offset, level in zip(self.offsets, self.codes, strict=True)),
                              np.zeros((len(self.codes[0]) if self.codes else 0, values.shape[1]))))

    def shared(self, weights: np.ndarray) -> np.ndarray:
        """Groups x groups: sum of the weights (S) of the series that two groups have in common."""
        result = np.zeros((self.count, self.count))
        pairs = list(zip(self.offsets, self.codes, strict=True))
        for row_offset, rows in pairs:
            for column_offset, columns in pairs:
                np.add.at(result, (row_offset + rows, column_offset + columns), weights)
        return result


Way = Callable[[np.ndarray, np.ndarray, Groups], np.ndarray]
WAYS: dict[str, Way] = {}


def way(name: str) -> Callable[[Way], Way]:
    """Register a way to reconcile under the name that the setting uses."""

    def register(function: Way) -> Way:
        WAYS[name] = function
        return function

    return register


def reconcile(name: str, forecasts: np.ndarray, errors: np.ndarray, groups: Groups) -> np.ndarray:
    """S x H forecasts of the series, not below 0, in agreement with those of the groups in the way of that name.

    ``forecasts``: (S + groups) x H, the series first; ``errors``: (S + groups) x P backtest errors, NaN where there
    is none. What would fall below zero is zero (Di Fonzo, Girolimetto, International Journal of Forecasting 39
    (2023) 39-57: set-negative-to-zero). Raises KeyError for a way that is not there.
    """
    count = len(forecasts) - groups.count
    if not count or not forecasts.shape[1]:
        return np.zeros((count, forecasts.shape[1]))
    scale = float(forecasts.max(initial=0.0)) or 1.0
    return np.asarray(np.maximum(WAYS[name](forecasts / scale, errors / scale, groups), 0.0) * scale)


def best_way(backtest: np.ndarray, actual: np.ndarray, groups: Groups) -> str:
    """Minimum trace where it would have been clearly better over all levels in the backtest, else bottom-up.

    ``backtest`` and ``actual``: (S + groups) x P. The levels count alike, each by its absolute error. On a beverage
    maker's series minimum trace lowers the error, on a company whose items come and go it does not: the levels above
    then see growth that is none.
    """
    errors, known = backtest - actual, np.nan_to_num(backtest)
    return min(("bottom-up", "minimum trace"), key=lambda name: (
        _error_over_levels(reconcile(name, known, errors, groups), actual, groups)
        / (CLEARLY_BETTER if name == "minimum trace" else 1.0)
    ))


def _error_over_levels(forecasts: np.ndarray, actual: np.ndarray, groups: Groups) -> float:
    """Mean over the levels of the absolute error."""
    own = actual[: len(forecasts)]
    away = np.where(np.isnan(own), 0.0, forecasts - np.nan_to_num(own))
    by_group = np.abs(groups.add_up(away)).sum(axis=1)
    by_level = [by_group[first : first + size].sum() for first, size in zip(groups.offsets, groups.sizes, strict=True)]
    return float(np.mean([np.abs(away).sum(), *by_level]))


@way("bottom-up")
def bottom_up(forecasts: np.ndarray, errors: np.ndarray, groups: Groups) -> np.ndarray:
    """The series as they are; the levels above are their sums."""
    return np.asarray(forecasts[: len(forecasts) - groups.count])


@way("top-down")
def top_down(forecasts: np.ndarray, errors: np.ndarray, groups: Groups) -> np.ndarray:
    """The first level's forecast, shared out in the proportions of the series' own forecasts.

    Source: Athanasopoulos, Ahmed, Hyndman, International Journal of Forecasting 25 (2009) 146-166 (forecasted
    proportions).
    """
    return _shared_out(forecasts, groups, 0)


@way("middle-out")
def middle_out(forecasts: np.ndarray, errors: np.ndarray, groups: Groups) -> np.ndarray:
    """The second level's forecasts, shared out in the proportions of the series' own forecasts."""
    return _shared_out(forecasts, groups, min(1, len(groups.codes) - 1))


def _shared_out(forecasts: np.ndarray, groups: Groups, level: int) -> np.ndarray:
    """S x H: the forecasts of one level in the proportions of the series; a group of nothing stays nothing."""
    own = np.maximum(forecasts[: len(forecasts) - groups.count], 0.0)
    member = groups.offsets[level] + groups.codes[level]
    total, wanted = groups.add_up(own)[member], forecasts[len(own) :][member]
    return np.asarray(np.where(total > 0, own * wanted / np.where(total > 0, total, 1.0), own))


@way("minimum trace")
def minimum_trace(forecasts: np.ndarray, errors: np.ndarray, groups: Groups) -> np.ndarray:
    """The forecasts that agree and have the least variance, given how sure each of them has been.

    Source: Wickramasuriya, Athanasopoulos, Hyndman, Journal of the American Statistical Association 114 (2019)
    804-819, with the variances of the errors on the diagonal of W (their WLS-v; with covariances estimated from few
    errors it was worse). In their form with the constraint C = [-A I] (A adds series up to groups):
    y - W C' (C W C')^-1 C y, so that only a matrix of groups x groups is solved. A series that is forecast to be
    nothing stays nothing.
    """
    count = len(forecasts) - groups.count
    variance = _variances(errors, forecasts)
    own = np.where((forecasts[:count] > 0).any(axis=1), variance[:count], 0.0)
    matrix = np.diag(variance[count:]) + groups.shared(own)
    matrix[np.diag_indices_from(matrix)] += NEARLY_NOTHING * max(float(np.trace(matrix)) / len(matrix), NEARLY_NOTHING)
    pull = np.linalg.solve(matrix, forecasts[count:] - groups.add_up(forecasts[:count]))
    return np.asarray(forecasts[:count] + own[:, None] * groups.hand_down(pull))


def _variances(errors: np.ndarray, forecasts: np.ndarray) -> np.ndarray:
    """N: mean squared errors, drawn towards what is usual for forecasts of that size (a power law over all of them).

    What is usual counts like WEIGHT_OF_SIZE errors.
    """
    counted = (~np.isnan(errors)).sum(axis=1)
    mean_square = (np.nan_to_num(errors) ** 2).sum(axis=1) / np.maximum(counted, 1)
    size = np.square(forecasts.mean(axis=1))
    told = (counted >= FEWEST_ERRORS) & (size > 0) & (mean_square > 0)
    usual = size
    if told.any():
        sizes, squares = np.log(size[told]), np.log(mean_square[told])
        away = sizes - sizes.mean()
        slope = float(away @ squares) / float(away @ away) if np.ptp(sizes) > LEAST_RANGE else 1.0
        usual = np.exp(squares.mean() + slope * (np.log(np.where(size > 0, size, 1.0)) - sizes.mean()))
    mixed = (counted * mean_square + WEIGHT_OF_SIZE * usual) / (counted + WEIGHT_OF_SIZE)
    return np.asarray(np.where(size > 0, mixed, mean_square))
