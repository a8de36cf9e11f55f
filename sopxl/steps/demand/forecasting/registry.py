"""The register of forecasting methods: what a method is, and how all of them are called.

A method is one function ``(panel, horizon) -> S x H`` under :func:`method`, in one of the ``methods_*`` files;
it may assume values scaled to at most 1 and may give back anything finite or not: :func:`forecast` scales,
cuts below zero and above a sane multiple of the history, and never gives NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sopxl.steps.demand.forecasting.panel import Panel

MethodFunction = Callable[[Panel, int], np.ndarray]
HIGHEST_MULTIPLE = 2.0


@dataclass(frozen=True)
class Method:
    """A forecasting method. ``seasons``: years of history from which it may be chosen; ``periods``: at least so many.

    ``intermittent``: whether it is for demand with many zeros (True), without (False), or for any (None).
    ``seasonal_from``: years of history from which it sees the season (inf: never).
    ``is_tested``: whether the backtest tries it; the others are for series that cannot be tested.
    """

    name: str
    function: MethodFunction
    seasons: float
    periods: int
    intermittent: bool | None
    seasonal_from: float
    is_tested: bool

    def least_history(self, season: int) -> int:
        """Periods of history that it needs."""
        return max(self.periods, int(np.ceil(self.seasons * season)))


METHODS: dict[str, Method] = {}


def method(
    name: str,
    seasons: float = 0,
    periods: int = 1,
    intermittent: bool | None = None,
    seasonal_from: float = np.inf,
    is_tested: bool = True,
) -> Callable[[MethodFunction], MethodFunction]:
    """Register a forecasting method under the name that planners see. Raises ValueError for a name already there."""

    def register(function: MethodFunction) -> MethodFunction:
        if name in METHODS:
            raise ValueError(f"there is a method '{name}' already")
        METHODS[name] = Method(name, function, seasons, periods, intermittent, seasonal_from, is_tested)
        return function

    return register


def forecast(name: str, panel: Panel, horizon: int) -> np.ndarray:
    """S x horizon forecasts by that method: finite, not below 0, not above HIGHEST_MULTIPLE times what was known.

    Raises KeyError for a method that is not registered.
    """
    count = len(panel.values)
    if not count or not horizon:
        return np.zeros((count, horizon))
    reached = np.fmax(np.nan_to_num(panel.values).max(axis=1, initial=0.0), 0.0)
    hoped = np.where(reached > 0, 0.0, np.nan_to_num(panel.expected))
    scale = np.where(np.maximum(reached, hoped) > 0, np.maximum(reached, hoped), 1.0)
    scaled = Panel(panel.values / scale[:, None], panel.season, panel.profile, panel.expected / scale)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        result = METHODS[name].function(scaled, horizon)
        finite = np.nan_to_num(result, nan=0.0, posinf=HIGHEST_MULTIPLE, neginf=0.0)
        highest = np.where(reached > 0, HIGHEST_MULTIPLE, max(HIGHEST_MULTIPLE, float(panel.season)))[:, None]
        return np.asarray(np.minimum(np.clip(finite, 0.0, highest) * scale[:, None], np.finfo(float).max))
