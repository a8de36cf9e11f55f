"""Small cycles of plans for the tests of snapshots, accuracy and value added: what was expected and what was sold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sopxl.settings import Settings
from sopxl.steps.demand.history import History
from sopxl.steps.demand.snapshots import take_snapshot
from sopxl.steps.demand.tables import DEMAND_SNAPSHOTS
from tests.steps.demand.demand_cases import history_of

SETTINGS = Settings(first_period="2027-01", horizon=4, snapshot_lags=2)
Stages = dict[str, np.ndarray]


def cycles(
    history: History, plans: dict[str, Stages], authors: dict[str, np.ndarray] | None = None,
    settings: Settings = SETTINGS,
) -> pd.DataFrame:
    """The snapshots of plans by their first period; stages are S x H, authors hold for all cycles."""
    snapshots = DEMAND_SNAPSHOTS.empty_frame()
    for cycle, stages in plans.items():
        snapshots = take_snapshot(snapshots, cycle, history.series, stages, authors or {},
                                  replace(settings, first_period=cycle))
    return snapshots


def sold_before(*quantities: list[float], families: list[str] | None = None) -> History:
    """A history of what each series sold in the last periods before 2027-01."""
    return history_of(np.array(quantities, float), families=families)


def labels_before(count: int) -> list[str]:
    """The last periods before the plan, oldest first."""
    return SETTINGS.periods.before(count)
