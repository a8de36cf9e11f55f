"""What of projects and initiatives needs a decision, on the desk's project and the second shift."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from sopxl.pipeline import run
from sopxl.schema import Tables, conform, conform_all
from sopxl.steps.strategy.exceptions import STRATEGY_EXCEPTIONS, Situation
from sopxl.steps.strategy.projects import read_projects
from sopxl.steps.strategy.tables import INITIATIVE_REVIEW, PROJECT_LOAD
from sopxl.tables import TABLES
from tests.steps.strategy.strategy_company import HALF_YEAR, HOURS, LABELS, PROJECT, STAGES, company, with_project
from tests.steps.strategy.strategy_reviewed import reviewed

QUICK = replace(HALF_YEAR, plan_mode="requirements")


def found(tables: Tables, kind: str) -> list[dict[str, Any]]:
    """The exceptions of one kind, with what is filled of each."""
    rows = reviewed(tables)["exceptions"]
    assert set(rows["step"]) <= {"finance"}
    return [{str(name): value for name, value in row.items()} for row in rows[rows["kind"] == kind].to_dict("records")]


def test_a_gate_that_is_due_is_told_with_what_the_project_is_worth() -> None:
    tables = with_project(QUICK)
    worth = reviewed(tables)["project_review"]["value_if_launched"].iloc[0]
    design, tooling = sorted(found(tables, "Gate due"), key=lambda row: row["period"])
    assert (design["period"], tooling["period"]) == ("2027-01", "2027-02")
    assert design["message"] == "The gate of Design of D is due in 2027-01; it is passed with 80%."
    assert design["item"] == "DESK"
    assert design["money"] == tooling["money"] == pytest.approx(worth)


@pytest.mark.parametrize("changed", [{"slip": 2.0}, {"status": "idea"}, {"status": "stopped"}, {"status": "launched"}])
def test_gates_that_are_far_or_of_projects_that_nobody_works_on_are_not_told(changed: dict[str, Any]) -> None:
    assert found(with_project(QUICK, **changed), "Gate due") == []


def test_a_gate_that_has_been_passed_is_not_told() -> None:
    passed = [{**stage, "passed": True} for stage in STAGES]
    assert found(with_project(QUICK, stages=passed), "Gate due") == []


def test_a_pool_with_too_few_hours_is_told_once_with_the_projects_that_want_them() -> None:
    tables = company(
        QUICK, development_projects=[PROJECT, {**PROJECT, "project": "E", "launch_market": "North Shop"}],
        project_stages=[*STAGES, {**STAGES[0], "project": "E"}], project_pools=[
            {"pool": "Engineers", "hours_per_period": 80.0}],
        project_resources=[*HOURS, {**HOURS[0], "project": "E", "hours": 30.0}])
    (row,) = found(tables, "Projects overload")
    assert (row["resource"], row["period"], row["quantity"]) == ("Engineers", "2027-01", 50.0)
    assert row["message"] == ("D and E take 130 hours of Engineers in 2027-01, which has 80; in all periods 50 hours "
                              "are missing.")
    assert pd.isna(row["money"])


def test_a_resource_with_too_few_hours_costs_its_overtime() -> None:
    """The workshop has 8 hours on 20 working days of February: 200 hours are 40 too many, at 1.5 times 30."""
    tables = with_project(QUICK)
    tables["project_resources"] = tables["project_resources"].assign(hours=[10.0, 200.0])
    (row,) = found(tables, "Projects overload")
    assert (row["resource"], row["period"], row["quantity"]) == ("SHOP", "2027-02", 40.0)
    assert row["money"] == pytest.approx(40 * 45.0)


def test_a_pool_without_a_limit_is_never_too_small() -> None:
    tables = with_project(QUICK)
    tables["project_pools"] = tables["project_pools"].assign(hours_per_period=float("nan"))
    assert found(tables, "Projects overload") == []
    capacity = reviewed(tables)["project_load"].query("resource == 'Engineers' and measure == 'Capacity'")
    assert capacity[LABELS].isna().all(axis=None)
    assert PROJECT_LOAD.measure("Capacity").owner == "result"


def test_a_launch_that_nobody_committed_to_is_told_when_its_time_has_come() -> None:
    (row,) = found(with_project(QUICK, slip=-2.0), "Launch without commitment")
    assert row["message"] == ("D was to be launched in 2027-01, but is not committed: the gate of Design has not been "
                              "passed.")
    assert (row["item"], row["location"]) == ("DESK", "South Shop")
    assert found(with_project(QUICK), "Launch without commitment") == []
    assert found(with_project(QUICK, slip=-2.0, status="committed"), "Launch without commitment") == []


def test_only_initiatives_that_the_plan_counts_and_that_lose_money_are_told() -> None:
    review = conform(INITIATIVE_REVIEW, pd.DataFrame([
        {"initiative": "SHIFT", "in_plan": 0.5, "net_present_value": -900.0, "ebit": -400.0, "start_period": "2027-02"},
        {"initiative": "SAW", "in_plan": 0.0, "net_present_value": -50.0},
        {"initiative": "FAIR", "in_plan": 1.0, "net_present_value": 70.0},
        {"initiative": "NOT COMPARED", "in_plan": 1.0},
    ]))
    reviews = {**conform_all(TABLES, {}), "initiative_review": review}
    rows = STRATEGY_EXCEPTIONS.find(Situation(conform_all(TABLES, {}), reviews, QUICK))
    assert rows["kind"].tolist() == ["Initiative loses money"]
    assert rows["money"].tolist() == [900.0]
    assert rows["period"].tolist() == ["2027-02"]
    assert rows["message"].tolist() == [
        "SHIFT is switched on and has a net present value of -900: it changes EBIT in the plan by -400."]


def test_a_run_tells_them_among_the_others_and_forgets_what_is_settled() -> None:
    tables = with_project(QUICK)
    plan = run(tables, conformed=True)
    told = plan["exceptions"]
    assert {"Gate due", "Projects overload"} <= set(told["kind"])
    known = told["money"].dropna()
    assert known.is_monotonic_decreasing
    assert read_projects(plan, QUICK)[0].name == "D"
    stopped = plan["development_projects"].assign(status="stopped")
    after = run({**plan, "development_projects": stopped}, ["finance"], conformed=True)["exceptions"]
    assert not set(after["kind"]) & set(STRATEGY_EXCEPTIONS)
    assert set(told["step"]) == set(after["step"]) | {"finance"}


def test_every_exception_has_a_remedy_and_whole_sentences() -> None:
    rows = pd.concat([reviewed(with_project(QUICK, slip=-2.0))["exceptions"],
                      reviewed(with_project(QUICK))["exceptions"]])
    assert set(rows["kind"]) == set(STRATEGY_EXCEPTIONS) - {"Initiative loses money"}
    assert rows["message"].str.endswith(".").all()
    assert rows["remedy"].str.endswith(".").all()
