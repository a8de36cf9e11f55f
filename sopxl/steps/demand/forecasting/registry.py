"""The register of forecasting methods: what a method is, and how all of them are called.

A method is one function ``(panel, horizon) -> S x H`` under :func:`method`, in one of the ``methods_*`` files;
it may assume values scaled to between -1 and 1 and may give back anything finite or not: :func:`forecast` scales,
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
    ``is_averaged``: whether the weighted mean may take it; the others are for comparison, or for what cannot be tested.
    ``learns_from_all``: whether a series' forecast depends on the other series too. ``votes``: what it weighs in the
    mean if the errors of all methods are equal.
    """

    name: str
    function: MethodFunction
    seasons: float
    periods: int
    intermittent: bool | None
    is_averaged: bool
    learns_from_all: bool = False
    votes: float = 1.0

    def least_history(self, season: int) -> int:
        """Periods of history that it needs."""
        return max(self.periods, int(np.ceil(self.seasons * season)))


METHODS: dict[str, Method] = {}


def method(
    name: str,
    seasons: float = 0,
    periods: int = 1,
    intermittent: bool | None = None,
    is_averaged: bool = True,
    learns_from_all: bool = False,
    votes: float = 1.0,
) -> Callable[[MethodFunction], MethodFunction]:
    """Register a forecasting method under the name that planners see. Raises ValueError for a name already there."""

    def register(function: MethodFunction) -> MethodFunction:
        if name in METHODS:
            raise ValueError(f"there is a method '{name}' already")
        METHODS[name] = Method(name, function, seasons, periods, intermittent, is_averaged, learns_from_all, votes)
        return function

    return register


def forecast(name: str, panel: Panel, horizon: int) -> np.ndarray:
    """S x horizon forecasts by that method: finite, not below 0, not above HIGHEST_MULTIPLE times what was known.

    Raises KeyError for a method that is not registered.
    """
    count = len(panel.values)
    if not count or not horizon:
        return np.zeros((count, horizon))
    known = np.nan_to_num(panel.values)
    reached = known.max(axis=1, initial=0.0)
    hoped = np.where(reached > 0, 0.0, np.maximum(np.nan_to_num(panel.expected), 0.0))
    scale = np.maximum(np.abs(known).max(axis=1, initial=0.0), hoped)
    scale = np.where(scale > 0, scale, 1.0)
    scaled = Panel(panel.values / scale[:, None], panel.season, panel.profile, panel.expected / scale)
    highest = np.where(hoped > 0, max(HIGHEST_MULTIPLE, float(panel.season)), HIGHEST_MULTIPLE * (reached / scale))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        result = METHODS[name].function(scaled, horizon)
        finite = np.nan_to_num(result, nan=0.0, posinf=np.inf, neginf=0.0)
        return np.asarray(np.minimum(np.clip(finite, 0.0, highest[:, None]) * scale[:, None], np.finfo(float).max))
