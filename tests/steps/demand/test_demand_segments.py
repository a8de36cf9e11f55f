"""Segments checked by hand, and what their policies do to the forecast."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.demand.exceptions import Situation
from sopxl.steps.demand.exceptions.segments import to_be_reviewed
from sopxl.steps.demand.history import History
from sopxl.steps.demand.segments import (
    DEFAULT_POLICIES,
    default_policies,
    last_baseline,
    policies_in_force,
    segment_items,
    simple_forecast_series,
)
from sopxl.steps.demand.tables import DEMAND_SNAPSHOTS, SEGMENT_POLICIES, SEGMENTS
from tests.steps.demand.demand_cases import history_of

SETTINGS = Settings(first_period="2027-01", horizon=12)


def tables_with(policies: list[dict[str, Any]] | None = None, segments: list[dict[str, Any]] | None = None) -> Tables:
    """Only the two tables that segments are made from."""
    return {"segment_policies": conform(SEGMENT_POLICIES, pd.DataFrame(policies or [])),
            "segments": conform(SEGMENTS, pd.DataFrame(segments or []))}


def items_in_markets(items: str, quantity: np.ndarray) -> History:
    """A history of these items, each letter a series; the same letter again is another market."""
    history = history_of(quantity)
    history.series["item"] = list(items)
    history.series["market"] = [f"M{items[:place].count(item)}" for place, item in enumerate(items)]
    return history


def segmented(items: str, value: list[float], actual: Any = None, backtest: Any = None, **tables: Any) -> pd.DataFrame:
    """Segments of items with that value a month, indexed by item."""
    known = np.full((len(items), 2), 100.0) if actual is None else np.array(actual, float)
    forecast = known if backtest is None else np.array(backtest, float)
    history = items_in_markets(items, np.full((len(items), 24), 100.0))
    frame = segment_items(history, known, forecast, np.repeat(np.array(value, float)[:, None], 12, axis=1),
                          tables_with(**tables), SETTINGS)
    return frame.set_index("item")


def test_items_are_classed_by_their_cumulative_value() -> None:
    found = segmented("PQRST", [500, 290, 110, 60, 40])
    assert found.index.tolist() == list("PQRST")
    assert found["annual_value"].tolist() == [6000, 3480, 1320, 720, 480]
    assert found["cumulative_share"].tolist() == pytest.approx([0.5, 0.79, 0.9, 0.96, 1.0])
    assert found["abc"].tolist() == ["A", "A", "A", "B", "C"]


def test_exactly_80_percent_is_a_and_the_next_item_is_b() -> None:
    assert segmented("PQR", [80, 15, 5])["abc"].tolist() == ["A", "B", "C"]


def test_items_without_value_are_c() -> None:
    assert segmented("PQ", [0, 0])["abc"].tolist() == ["C", "C"]
    assert segmented("PQ", [10, 0])["abc"].tolist() == ["A", "C"]


def test_an_items_error_is_taken_over_all_its_markets() -> None:
    """Ten too many in one market and ten too few in the other are no error of the item."""
    actual = [[100, 100], [100, 100], [100, 100], [100, 100]]
    backtest = [[110, 90], [90, 110], [130, 70], [160, 100]]
    found = segmented("PPQR", [1, 1, 1, 1], actual, backtest)
    assert found.loc["P", "forecast_error"] == 0
    assert found.loc["Q", "forecast_error"] == pytest.approx(0.3)
    assert found.loc["R", "forecast_error"] == pytest.approx(0.3)
    assert found.loc["Q", "deviation"] == pytest.approx(30)
    assert found.loc["R", "deviation"] == pytest.approx(np.sqrt(60**2 / 2))
    assert found["xyz"].to_dict() == {"P": "X", "Q": "Y", "R": "Y"}


def test_a_history_too_short_to_tell_is_z() -> None:
    nothing = np.full((1, 2), np.nan)
    found = segmented("P", [1], nothing, nothing)
    assert found.loc["P", "xyz"] == "Z"
    assert found["forecast_error"].isna()["P"]


def test_the_demand_class_is_that_of_the_item_not_of_its_markets() -> None:
    """Two markets that buy every other month, in turn: the item sells steadily."""
    turns = np.tile([100.0, 0.0], 12)
    history = items_in_markets("PP", np.array([turns, 100 - turns]))
    points = np.full((2, 1), 50.0)
    found = segment_items(history, points, points, np.ones((2, 12)), tables_with(), SETTINGS)
    assert found["demand_class"].tolist() == ["smooth"]


def test_the_template_offers_all_nine_cells_and_changes_nothing() -> None:
    offered = default_policies()
    assert set(zip(offered["abc"], offered["xyz"], strict=True)) == {(a, x) for a in "ABC" for x in "XYZ"}
    assert set(DEFAULT_POLICIES) == set(zip(offered["abc"], offered["xyz"], strict=True))
    assert offered["service_level"].isna().all()
    assert "simple" not in set(offered["forecast_policy"])
    assert set(offered["forecast_policy"]) <= set(SEGMENT_POLICIES.column("forecast_policy").choices)
    pd.testing.assert_frame_equal(policies_in_force(tables_with()), offered)


def test_an_entered_policy_replaces_the_default_of_its_cell_only() -> None:
    entered = [{"abc": "A", "xyz": "X", "forecast_policy": "review", "service_level": 0.98}]
    found = segmented("PQ", [90, 10], policies=entered)
    assert (found["forecast_policy"]["P"], found["service_level"]["P"]) == ("review", 0.98)
    assert found.loc["P", "stock_rule"] == DEFAULT_POLICIES["A", "X"][1]
    assert found.loc["Q", "forecast_policy"] == DEFAULT_POLICIES["B", "X"][0]
    assert found["service_level"].isna()["Q"]


def test_simple_forecasts_follow_the_policy_in_force_and_the_last_segments() -> None:
    history = items_in_markets("PPQ", np.full((3, 12), 1.0))
    last = [{"item": "P", "abc": "C", "xyz": "Z"}, {"item": "Q", "abc": "A", "xyz": "X"}]
    simple = [{"abc": "C", "xyz": "Z", "forecast_policy": "simple"}]
    assert simple_forecast_series(history, tables_with(simple, last)).tolist() == [True, True, False]
    assert not simple_forecast_series(history, tables_with(None, last)).any()
    assert not simple_forecast_series(history, tables_with(simple)).any()


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=12))
def test_classes_never_rise_as_value_falls_and_shares_end_at_all(values: list[float]) -> None:
    found = segmented("ABCDEFGHIJKL"[: len(values)], values)
    assert found["abc"].is_monotonic_increasing
    assert found["annual_value"].is_monotonic_decreasing
    assert sum(values) == 0 or found["cumulative_share"].iloc[-1] == pytest.approx(1)
    assert sum(values) == 0 or found["abc"].iloc[0] == "A"


def snapshot(cycle: str, item: str, *lags: float, stage: str = "baseline") -> dict[str, Any]:
    """What the plan of that cycle expected of its first periods."""
    return {"cycle": cycle, "item": item, "market": "M0", "stage": stage,
            **{f"lag_{place + 1}": quantity for place, quantity in enumerate(lags)}}


def with_snapshots(*rows: dict[str, Any]) -> Tables:
    """Only the table of snapshots."""
    return {"demand_snapshots": conform(DEMAND_SNAPSHOTS, pd.DataFrame(rows))}


def test_the_last_baseline_is_that_of_the_newest_plan_before_this_one_for_the_same_periods() -> None:
    history = items_in_markets("PQ", np.ones((2, 12)))
    tables = with_snapshots(
        snapshot("2026-11", "P", 1, 2, 3, 4), snapshot("2026-12", "P", 10, 20, 30, 40),
        snapshot("2026-12", "P", 99, 99, stage="sales"), snapshot("2027-01", "P", 7, 7, 7, 7),
    )
    found = last_baseline(history, tables, SETTINGS)
    assert found.shape == (2, 12)
    assert found[0, :3].tolist() == [20, 30, 40]
    assert np.isnan(found[0, 3:]).all()
    assert np.isnan(found[1]).all()
    assert np.isnan(last_baseline(history, with_snapshots(), SETTINGS)).all()


@pytest.mark.parametrize(("policy", "before", "told"), [
    ("review", 60.0, True), ("review", 95.0, False), ("automatic", 60.0, False), ("review", np.nan, False),
])
def test_only_moved_forecasts_of_reviewed_segments_are_told(policy: str, before: float, told: bool) -> None:
    history = items_in_markets("P", np.full((1, 12), 100.0))
    baseline, last = np.full((1, 12), 100.0), np.full((1, 12), np.nan)
    last[0, :2] = before
    segments = conform(SEGMENTS, pd.DataFrame([{"item": "P", "forecast_policy": policy}]))
    measures = {"Baseline forecast": baseline, "Price": np.full((1, 12), 3.0)}
    choice: Any = None
    situation = Situation(history, choice, SETTINGS, measures, baseline, segments=segments, last_baseline=last)
    found = to_be_reviewed(situation)
    assert len(found) == told
    if told:
        assert found[0]["quantity"] == 80
        assert found[0]["money"] == 240
        assert "from 120 to 200 units" in found[0]["message"]
