"""Snapshots of plans: what is kept of each cycle, for how long, and what is read back beside the sales."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.grids import stack
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.snapshots import STAGES, read_past_plans, snapshot_of_plan, take_snapshot
from sopxl.steps.demand.tables import DEMAND_SNAPSHOTS, SALES_PLAN
from tests.steps.demand.demand_cases import history_of, tables_of
from tests.steps.demand.past_plans import SETTINGS, cycles, sold_before

NAN = np.nan
SERIES = pd.DataFrame({"item": ["A", "B"], "market": ["EU Shop", "EU Shop"]})
UNITS = st.one_of(st.just(NAN), st.integers(0, 3).map(float))


def take(existing: pd.DataFrame, cycle: str, rules: Settings = SETTINGS, **stages: list[list[float]]) -> pd.DataFrame:
    values = {stage: np.array(units, float) for stage, units in stages.items()}
    return take_snapshot(existing, cycle, SERIES, values, {}, rules)


def kept(snapshots: pd.DataFrame) -> list[tuple[str, str, str, float, float]]:
    return list(snapshots[["cycle", "item", "stage", "lag_1", "lag_2"]].fillna(-1).itertuples(index=False, name=None))


def test_the_baseline_is_kept_always_and_other_stages_where_they_changed_it() -> None:
    snapshots = take(DEMAND_SNAPSHOTS.empty_frame(), "2027-01",
                     baseline=[[10, 11, 12], [5, 5, 5]], sales=[[10, 20, 30], [NAN, NAN, 7]],
                     planner=[[NAN, 20, NAN], [6, NAN, NAN]])
    assert kept(snapshots) == [
        ("2027-01", "A", "baseline", 10, 11), ("2027-01", "A", "sales", -1, 20),
        ("2027-01", "B", "baseline", 5, 5), ("2027-01", "B", "planner", 6, -1),
    ]
    assert snapshots["lag_3"].isna().all(), "the setting keeps two periods"


def test_what_is_left_of_rounding_is_no_change() -> None:
    snapshots = take(DEMAND_SNAPSHOTS.empty_frame(), "2027-01", baseline=[[1, 1], [1, 1]],
                     sales=[[12.345, NAN], [NAN, NAN]], rule=[[12.345 - 1e-12, NAN], [1 + 1e-9, NAN]])
    assert set(snapshots["stage"]) == {"baseline", "sales"}


def test_each_author_has_a_row_of_their_own() -> None:
    stages = {"baseline": np.zeros((2, 2)), "sales": np.array([[1.0, 2], [3, 4]])}
    names = {"sales": np.array([["Desk A", "Desk B"], ["Desk A", ""]], dtype=object)}
    snapshots = take_snapshot(DEMAND_SNAPSHOTS.empty_frame(), "2027-01", SERIES, stages, names, SETTINGS)
    told = snapshots[snapshots["stage"] == "sales"].fillna(-1)
    assert list(told[["item", "author", "lag_1", "lag_2"]].itertuples(index=False, name=None)) == [
        ("A", "Desk A", 1, -1), ("A", "Desk B", -1, 2), ("B", "", -1, 4), ("B", "Desk A", 3, -1)]


@pytest.mark.parametrize(("count", "left"), [(0, []), (1, ["2027-01"]), (2, ["2027-01", "2026-12"])])
def test_only_the_newest_plans_are_kept(count: int, left: list[str]) -> None:
    snapshots = DEMAND_SNAPSHOTS.empty_frame()
    for cycle in ("2026-11", "2026-12", "2027-01"):
        snapshots = take(snapshots, cycle, replace(SETTINGS, snapshot_cycles=count), baseline=[[1, 1], [2, 2]])
    assert list(snapshots["cycle"].unique()) == left


def test_plans_of_another_bucket_are_dropped() -> None:
    weekly = take(DEMAND_SNAPSHOTS.empty_frame(), "2026-W49", replace(SETTINGS, bucket="week", first_period="2026-W49"),
                  baseline=[[1, 1], [2, 2]])
    assert len(weekly) == 2
    assert list(take(weekly, "2027-01", baseline=[[1, 1], [2, 2]])["cycle"]) == ["2027-01"] * 2


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_taking_a_cycle_again_replaces_it_and_nothing_else(data: st.DataObject) -> None:
    def drawn() -> dict[str, np.ndarray]:
        base = {"baseline": data.draw(arrays(float, (2, 2), elements=st.integers(0, 3).map(float)))}
        return base | {stage: data.draw(arrays(float, (2, 2), elements=UNITS)) for stage in STAGES[1:]}

    other, before, now = drawn(), drawn(), drawn()
    empty = DEMAND_SNAPSHOTS.empty_frame()
    earlier = take_snapshot(empty, "2026-12", SERIES, other, {}, SETTINGS)
    again = take_snapshot(take_snapshot(earlier, "2027-01", SERIES, before, {}, SETTINGS), "2027-01", SERIES, now, {},
                          SETTINGS)
    pd.testing.assert_frame_equal(again, take_snapshot(earlier, "2027-01", SERIES, now, {}, SETTINGS))
    pd.testing.assert_frame_equal(again[again["cycle"] == "2026-12"].reset_index(drop=True), earlier)
    assert not again.duplicated(list(DEMAND_SNAPSHOTS.key)).any()


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_what_is_read_back_is_what_stood_after_each_stage(data: st.DataObject) -> None:
    stages = {"baseline": data.draw(arrays(float, (2, 2), elements=st.integers(0, 3).map(float)))}
    stages |= {stage: data.draw(arrays(float, (2, 2), elements=UNITS)) for stage in STAGES[1:]}
    history = sold_before([1, 2, 3], [4, 5, 6])
    plans = read_past_plans(cycles(history, {"2026-11": stages}), history, SETTINGS)
    cell = (plans.row, plans.lag - 1)
    assert sorted(zip(*cell, strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    standing = stages["baseline"]
    for stage in STAGES:
        standing = np.where(np.isnan(stages[stage]), standing, stages[stage])
        assert (plans.after[stage] == standing[cell]).all()
    assert (plans.sold == history.sold[:, 1:][cell]).all()
    assert (plans.period == plans.lag - 3).all()


def test_only_periods_that_are_over_are_read() -> None:
    history = sold_before([7, 8])
    plans = read_past_plans(cycles(history, {"2026-12": {"baseline": np.array([[5.0, 6]])},
                                             "2027-01": {"baseline": np.array([[5.0, 6]])}}), history, SETTINGS)
    assert (plans.sold.tolist(), plans.consensus.tolist(), plans.lag.tolist()) == ([8], [5], [1])


def test_naive_is_last_years_sale_else_the_last_one_known_to_the_cycle() -> None:
    year = [float(month) for month in range(1, 15)]  # 2025-11 to 2026-12
    history = sold_before(year, [NAN] * 11 + [50, 60, 70], [NAN] * 13 + [9])
    plans = read_past_plans(cycles(history, {"2026-11": {"baseline": np.ones((3, 2))}}), history, SETTINGS)
    naive = {(row, lag): value for row, lag, value in zip(plans.row, plans.lag, plans.naive, strict=True)}
    assert (naive[0, 1], naive[0, 2]) == (1, 2), "the same month of the year before"
    assert (naive[1, 1], naive[1, 2]) == (50, 50), "no year before: the last month known in the cycle"
    assert np.isnan([naive[2, 1], naive[2, 2]]).all(), "nothing had been sold yet"


def test_naive_looks_two_years_back_where_one_was_not_over() -> None:
    history = history_of(np.array([[1.0, 2, 3, 4, 5, 6]]), season=2)
    plans = read_past_plans(cycles(history, {"2026-10": {"baseline": np.ones((1, 3))}},
                                   settings=replace(SETTINGS, snapshot_lags=3)), history, SETTINGS)
    assert plans.naive.tolist() == [2, 3, 2]


@pytest.mark.parametrize(("missing", "sold"), [("zero", [0.0, 4.0]), ("gap", [4.0])])
def test_a_launch_that_has_not_sold_yet_sold_nothing(missing: str, sold: list[float]) -> None:
    history = sold_before([1.0, NAN, 4.0])
    plans = read_past_plans(cycles(history, {"2026-11": {"baseline": np.ones((1, 2))}}), history,
                            replace(SETTINGS, missing_history=missing))
    assert plans.sold.tolist() == sold


def test_series_that_are_planned_no_more_are_left_out() -> None:
    snapshots = cycles(sold_before([1.0, 2.0], [3.0, 4.0]), {"2026-12": {"baseline": np.ones((2, 1))}})
    assert read_past_plans(snapshots, sold_before([1.0, 2.0]), SETTINGS).row.tolist() == [0]


def company(rules: Settings, **measures: list[list[float]]) -> Tables:
    """Tables with a sales plan of A and B in one market, and two overrides of sales."""
    objects = SERIES.assign(name="", family="F", consensus_rule=rules.consensus_rule)
    values = {"Price": np.ones((2, 4)), **{name: np.array(units, float) for name, units in measures.items()}}
    override = {"role": "sales", "kind": "set units", "reason": "", "author": "Desk A", "from_period": "2027-01"}
    tables = tables_of(rules, items=[{"item": "A", "family": "F"}, {"item": "B", "family": "F"}],
                       overrides=[{**override, "item": "A", "amount": 15}])
    return {**tables, "sales_plan": stack(SALES_PLAN, objects, values, rules.periods.labels)}


PLAN: dict[str, list[list[float]]] = {
    "Baseline forecast": [[10.0, 11, 12, 13], [5, 5, 5, 5]],
    "Sales spread": [[15, NAN, NAN, NAN], [NAN] * 4],
    "Marketing": [[NAN] * 4, [NAN, 8, NAN, NAN]],
    "Override": [[NAN, 20, NAN, NAN], [NAN] * 4],
}


def test_a_snapshot_of_the_plan_holds_what_was_typed_and_who_entered_the_overrides() -> None:
    snapshots = snapshot_of_plan(company(SETTINGS, **PLAN), SETTINGS)
    assert kept(snapshots) == [
        ("2027-01", "A", "baseline", 10, 11), ("2027-01", "A", "sales", 15, -1), ("2027-01", "A", "planner", -1, 20),
        ("2027-01", "B", "baseline", 5, 5), ("2027-01", "B", "marketing", -1, 8),
    ]
    assert dict(zip(snapshots["stage"], snapshots["author"], strict=True)) == {
        "baseline": "", "sales": "Desk A", "planner": "", "marketing": ""}


def test_what_the_consensus_rule_makes_of_opinions_is_a_stage_of_its_own() -> None:
    rules = replace(SETTINGS, consensus_rule="weights")
    snapshots = snapshot_of_plan(company(rules, **PLAN), rules)
    by_rule = snapshots[snapshots["stage"] == "rule"].fillna(-1)
    assert list(by_rule[["item", "lag_1", "lag_2"]].itertuples(index=False, name=None)) == [
        ("A", 12.5, -1), ("B", -1, 6.5)]


def test_the_plan_of_the_cycle_before_is_kept_as_planners_left_it_when_the_plan_moves_on() -> None:
    tables = company(SETTINGS, **PLAN)
    tables["demand_snapshots"] = snapshot_of_plan(tables, SETTINGS)
    typed = dict(PLAN, Override=[[33.0, NAN, NAN, NAN], [NAN] * 4], Sales=[[NAN] * 4, [9.0, NAN, NAN, NAN]])
    tables["sales_plan"] = company(SETTINGS, **typed)["sales_plan"]
    tables["overrides"] = tables["overrides"].head(0)
    snapshots = snapshot_of_plan(tables, replace(SETTINGS, first_period="2027-02"))
    assert kept(snapshots) == [
        ("2027-01", "A", "baseline", 10, 11), ("2027-01", "A", "sales", 15, -1), ("2027-01", "A", "planner", 33, -1),
        ("2027-01", "B", "baseline", 5, 5), ("2027-01", "B", "sales", 9, -1), ("2027-01", "B", "marketing", -1, 8),
    ]
    assert snapshots.loc[snapshots["stage"] == "sales", "author"].tolist() == ["Desk A", ""]


def test_taking_a_snapshot_of_the_plan_twice_changes_nothing() -> None:
    tables = company(SETTINGS, **PLAN)
    once = snapshot_of_plan(tables, SETTINGS)
    pd.testing.assert_frame_equal(snapshot_of_plan({**tables, "demand_snapshots": once}, SETTINGS), once)


def test_without_a_plan_the_snapshots_stay() -> None:
    tables = company(SETTINGS, **PLAN)
    tables["demand_snapshots"] = snapshot_of_plan(tables, SETTINGS)
    for plan in (SALES_PLAN.empty_frame(), tables["sales_plan"].assign(item="", market="")):
        left = snapshot_of_plan({**tables, "sales_plan": plan}, SETTINGS)
        pd.testing.assert_frame_equal(left, tables["demand_snapshots"])


