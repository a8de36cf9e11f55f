"""The levels of demand: every series lies in one group of each level, and groups are what their series add up to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sopxl.settings import Settings
from sopxl.steps.demand.hierarchy import LEVELS, build_hierarchy, with_levels
from sopxl.steps.demand.history import History
from sopxl.steps.demand.statistical import forecast_levels
from tests.steps.demand.demand_cases import history_of

SERIES = pd.DataFrame({
    "item": ["A", "A", "B", "C"], "market": ["North", "South", "North", "South"], "family": ["F", "F", "F", "G"],
    "name": ["Anvil", "Anvil", "Bolt", "Clamp"], "status": "active", "channel": "", "like": -1,
})


def history(quantity: list[list[float]]) -> History:
    values = np.array(quantity, float)
    return History(SERIES, values, np.zeros_like(values), 0, 12, values)


def test_every_level_has_its_groups_in_order() -> None:
    nodes = build_hierarchy(SERIES).nodes
    assert nodes["level"].drop_duplicates().tolist() == list(LEVELS)
    assert nodes.loc[nodes["level"] == "family", "family"].tolist() == ["F", "G"]
    assert nodes.loc[nodes["level"] == "item", ["item", "name", "family"]].to_numpy().tolist() == [
        ["A", "Anvil", "F"], ["B", "Bolt", "F"], ["C", "Clamp", "G"]]
    assert len(nodes) == 1 + 2 + 2 + 3 + 3


def test_groups_are_what_their_series_add_up_to_and_start_with_the_first() -> None:
    nan = np.nan
    whole = with_levels(history([[nan, 1, 2], [nan, nan, 3], [nan, 10, 20], [nan, nan, 5]]), build_hierarchy(SERIES))
    assert len(whole.series) == 4 + 11
    total, family = whole.quantity[4], whole.quantity[5]
    assert np.array_equal(total, [nan, 11, 30], equal_nan=True)
    assert np.array_equal(family, [nan, 11, 25], equal_nan=True)
    assert np.array_equal(whole.quantity[6], [nan, nan, 5], equal_nan=True)


def test_a_plan_without_series_has_no_levels() -> None:
    assert build_hierarchy(SERIES.iloc[:0]).groups.count == 0


def test_errors_are_told_of_the_forecasts_that_are_planned_with_not_of_those_before_they_agree() -> None:
    sold = np.random.default_rng(1).gamma(4.0, 25.0, (5, 36))
    settings = Settings(first_period="2026-01", horizon=3)
    ways = [replace(settings, reconciliation=way) for way in ("bottom-up", "top-down")]
    plain, agreed = (forecast_levels(history_of(sold), way, np.zeros(5, dtype=bool)).choice.backtest for way in ways)
    factor = agreed / plain
    assert np.allclose(factor, factor[0]), "top-down moves all series by the factor of their total"
    assert not np.allclose(factor, 1.0)
