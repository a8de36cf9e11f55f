"""What the demand step knows when it looks for exceptions, and the register that they enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sopxl.exceptions import ExceptionRegister
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.selection import Choice
from sopxl.steps.demand.history import History
from sopxl.steps.demand.overrides import Trouble
from sopxl.steps.demand.tables import FORECAST_ACCURACY, FORECAST_VALUE_ADDED, HISTORY_CORRECTIONS, SEGMENTS

LARGE_MONEY_SHARE = 0.001


@dataclass(frozen=True)
class Situation:
    """What the demand step knows when it looks for exceptions; ``consensus`` is S x T units.

    ``accuracy`` and ``value_added``: FORECAST_ACCURACY and FORECAST_VALUE_ADDED of earlier plans.
    ``override_troubles``: what of the overrides does not come out as it was entered. ``segments``: SEGMENTS of this
    plan. ``last_baseline``: S x T units that the plan before this one expected, NaN where it did not say.
    ``corrections``: HISTORY_CORRECTIONS. ``launched``: S, whether the series has a launch or replacement.
    ``launches``: S x T units that starting, replaced and ending items add or take; None where there are none.
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
    corrections: pd.DataFrame = field(default_factory=HISTORY_CORRECTIONS.empty_frame)
    launched: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=bool))
    launches: np.ndarray | None = None

    @property
    def series(self) -> pd.DataFrame:
        """The series, S rows."""
        return self.history.series

    @property
    def year(self) -> int:
        """Periods of the horizon that have a year before in the history."""
        return min(self.history.season, self.settings.horizon)

    @property
    def launched_units(self) -> np.ndarray:
        """S: what launches, takeovers and ends change in the next year."""
        nothing = np.zeros(len(self.series))
        return nothing if self.launches is None else np.asarray(self.launches[:, : self.year].sum(axis=1))

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

    def place(self, row: int) -> dict[str, Any]:
        """Item and market of a series, as columns of an exception."""
        series = self.series.iloc[row]
        return {"item": series["item"], "location": series["market"]}


DEMAND_EXCEPTIONS: ExceptionRegister[Situation] = ExceptionRegister()
exception = partial(DEMAND_EXCEPTIONS.kind, "demand")


def rows_of(mask: np.ndarray) -> list[int]:
    """Numbers of the series of a mask."""
    return [int(row) for row in np.flatnonzero(mask)]
