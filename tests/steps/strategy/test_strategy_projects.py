"""Development projects: probabilities, weights, and all that moves with one slip."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.grids import take
from sopxl.pipeline import run
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.strategy.overlay import with_strategy
from sopxl.steps.strategy.projects import read_projects
from sopxl.tables import GRIDS
from tests.steps.strategy.strategy_company import HALF_YEAR, LABELS, STAGES, company, with_project

EXPECTED, ALL, NONE = (replace(HALF_YEAR, project_basis=basis) for basis in ("expected", "all", "none"))
QUICK: dict[str, Any] = {"plan_mode": "requirements"}


def row(plan: Tables, grid: str, measure: str, **keys: str) -> np.ndarray:
    """One row of a grid, or the sum of several."""
    rows = take(GRIDS[grid], plan[grid], measure, LABELS).reset_index()
    for name, value in keys.items():
        rows = rows[rows[name] == value]
    return np.asarray(rows[LABELS].to_numpy(float).sum(axis=0))


def laid_over(tables: Tables, settings: Settings) -> Tables:
    return with_strategy(tables, settings)


def test_the_probability_of_launch_is_the_product_of_the_gates_not_yet_passed() -> None:
    (project,) = read_projects(with_project(), HALF_YEAR)
    assert project.probability == pytest.approx(0.8 * 0.5)
    assert [stage.reached for stage in project.stages] == pytest.approx([1.0, 0.8])
    (passed,) = read_projects(with_project(stages=[{**STAGES[0], "passed": True}, STAGES[1]]), HALF_YEAR)
    assert passed.probability == pytest.approx(0.5)


@pytest.mark.parametrize(("cells", "probability"), [
    ({"probability": 0.3}, 0.3), ({"status": "launched"}, 1.0), ({"status": "stopped"}, 0.0),
])
def test_what_is_entered_or_done_holds_before_the_gates(cells: dict[str, Any], probability: float) -> None:
    (project,) = read_projects(with_project(**cells), HALF_YEAR)
    assert project.probability == probability


@pytest.mark.parametrize(("status", "none", "committed", "expected", "everything"), [
    ("idea", 0, 0, 0, 1), ("active", 0, 0, 0.4, 1), ("committed", 0, 1, 0.4, 1), ("launched", 0, 1, 1, 1),
    ("stopped", 0, 0, 0, 0),
])
def test_every_status_counts_as_its_basis_says(
    status: str, none: float, committed: float, expected: float, everything: float
) -> None:
    (project,) = read_projects(with_project(status=status), HALF_YEAR)
    found = [project.weight(basis) for basis in ("none", "committed", "expected", "all")]
    assert found == pytest.approx([none, committed, expected, everything])


def test_a_committed_project_counts_as_committed_only_past_the_gate_that_commits() -> None:
    before = with_project(status="committed", stages=[{**STAGES[0], "commits": True}, STAGES[1]])
    after = with_project(status="committed", stages=[{**STAGES[0], "commits": True, "passed": True}, STAGES[1]])
    assert [read_projects(tables, HALF_YEAR)[0].is_committed for tables in (before, after)] == [False, True]


def test_the_overlay_never_changes_what_was_entered() -> None:
    tables = with_project(ALL)
    copies = {name: frame.copy(deep=True) for name, frame in tables.items()}
    laid_over(tables, ALL)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, copies[name])


def test_a_run_gives_back_the_tables_as_they_were_entered() -> None:
    tables = with_project(replace(ALL, **QUICK))
    plan = run(tables, conformed=True)
    for name in ("items", "launches", "prices", "costs", "resource_calendar", "operating_expenses", "fixed_assets"):
        pd.testing.assert_frame_equal(plan[name], tables[name])
    assert "demand_changes" not in plan


def test_the_launch_comes_with_price_cost_hours_and_money() -> None:
    tables = laid_over(with_project(ALL), ALL)
    assert tables["launches"].iloc[-1][["item", "market", "start_period", "potential"]].tolist() == [
        "DESK", "South Shop", "2027-03", 12.5]
    assert tables["prices"].iloc[-1][["item", "price"]].tolist() == ["DESK", 300.0]
    assert tables["costs"].iloc[-1][["item", "material_cost"]].tolist() == ["DESK", 120.0]
    assert tables["resource_calendar"][["resource", "period", "downtime"]].to_numpy().tolist() == [
        ["SHOP", "2027-02", 20.0]]
    assert tables["operating_expenses"][["amount", "from_period", "until_period"]].to_numpy().tolist() == [
        [1000.0, "2027-01", "2027-01"]]
    assert tables["fixed_assets"][["amount", "bought_period", "in_use_period", "life"]].to_numpy().tolist() == [
        [6000.0, "2027-02", "2027-03", 5.0]]


def test_stages_weigh_by_the_probability_that_they_are_reached() -> None:
    tables = laid_over(with_project(EXPECTED), EXPECTED)
    assert tables["launches"]["potential"].iloc[-1] == pytest.approx(0.4 * 12.5)
    assert tables["operating_expenses"]["amount"].tolist() == [1000.0]
    assert tables["fixed_assets"]["amount"].tolist() == pytest.approx([0.8 * 6000.0])
    assert tables["resource_calendar"]["downtime"].tolist() == pytest.approx([0.8 * 20.0])


def test_prices_and_costs_that_are_listed_hold_before_the_targets() -> None:
    tables = with_project(ALL)
    tables["prices"] = pd.concat([tables["prices"], tables["prices"].head(1).assign(item="DESK", price=250.0)])
    tables["costs"] = pd.concat([tables["costs"], tables["costs"].head(1).assign(item="DESK", material_cost=99.0)])
    laid = laid_over(tables, ALL)
    assert laid["prices"] is tables["prices"]
    assert laid["costs"] is tables["costs"]


def test_an_item_whose_project_does_not_count_is_not_sold() -> None:
    like = with_project(NONE)
    like["items"].loc[like["items"]["item"] == "DESK", "like_item"] = "TABLE"
    plan = run(like, ["demand"], conformed=True)
    assert "DESK" not in set(plan["sales_plan"]["item"])
    assert like["items"].loc[like["items"]["item"] == "DESK", "status"].tolist() == ["active"]


@pytest.fixture(scope="module")
def plans() -> dict[int, Tables]:
    """The plan with the desk launched in March, and two months later."""
    settings = replace(ALL, **QUICK)
    return {slip: run(with_project(settings, slip=slip), conformed=True) for slip in (0, 2)}


@pytest.fixture(scope="module")
def nothing() -> Tables:
    """The plan of the company without a project."""
    return run(company(replace(NONE, **QUICK)), conformed=True)


def moved_by_two(flow: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros(2), flow[:-2]])


def test_the_desk_sells_what_the_project_says(plans: dict[int, Tables]) -> None:
    assert row(plans[0], "sales_plan", "Consensus", item="DESK").tolist() == [0, 0, 12, 12, 12, 12]


@pytest.mark.parametrize(("grid", "measure", "keys"), [
    ("sales_plan", "Consensus", {"item": "DESK"}),
    ("production_plan", "Planned production", {"item": "DESK"}),
    ("resource_load", "Planned hours", {"item": "DESK"}),
    ("profit_and_loss", "Net sales", {"family": "Tables"}),
])
def test_one_slip_moves_demand_production_hours_and_sales(
    plans: dict[int, Tables], nothing: Tables, grid: str, measure: str, keys: dict[str, str]
) -> None:
    without = row(nothing, grid, measure, **keys)
    early, late = (row(plans[slip], grid, measure, **keys) - without for slip in (0, 2))
    assert early.sum() > 0
    np.testing.assert_allclose(late, moved_by_two(early), atol=1e-6)


def test_one_slip_moves_wood_hours_expense_and_investment_too(plans: dict[int, Tables], nothing: Tables) -> None:
    for grid, measure, keys in (
        ("procurement_plan", "Required receipts", {"item": "WOOD"}), ("capacity_plan", "Regular hours", {}),
        ("financial_plan", "Fixed expenses", {}), ("cash_flow", "Capital expenditure", {}),
    ):
        without = row(nothing, grid, measure, **keys)
        early, late = (row(plans[slip], grid, measure, **keys) - without for slip in (0, 2))
        assert np.abs(early).sum() > 0, measure
        np.testing.assert_allclose(late, moved_by_two(early), atol=1e-6, err_msg=measure)


def test_without_projects_the_plan_is_exactly_the_plan_without(nothing: Tables) -> None:
    plan = run(with_project(replace(NONE, **QUICK)), conformed=True)
    for name in ("sales_plan", "production_plan", "capacity_plan", "procurement_plan", "financial_plan", "cash_flow"):
        desk = plan[name]["item"] == "DESK" if "item" in plan[name] else np.zeros(len(plan[name]), bool)
        assert not desk.any()
        without = nothing[name][nothing[name]["item"] != "DESK"] if "item" in nothing[name] else nothing[name]
        pd.testing.assert_frame_equal(plan[name].reset_index(drop=True), without.reset_index(drop=True))


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_the_expected_demand_is_the_full_demand_by_its_probability(probability: float) -> None:
    settings = replace(HALF_YEAR, project_basis="expected")
    plan = run(with_project(settings, probability=probability), ["demand"], conformed=True)
    rows = plan["sales_plan"]
    found = row(plan, "sales_plan", "Consensus", item="DESK") if "DESK" in set(rows["item"]) else np.zeros(6)
    np.testing.assert_allclose(found, probability * np.array([0, 0, 12, 12, 12, 12]), atol=0.01)


def test_what_the_desk_takes_from_tables_is_taken_by_probability_too() -> None:
    settings = replace(HALF_YEAR, project_basis="expected")
    cells: dict[str, Any] = {"replaces": "TABLE", "taken_share": 0.5, "probability": 0.5}
    plan = run(with_project(settings, **cells), ["demand"], conformed=True)
    tables = row(plan, "sales_plan", "Consensus", item="TABLE", market="South Shop")
    np.testing.assert_allclose(tables, [20, 20, 17, 17, 17, 17], atol=0.01)
