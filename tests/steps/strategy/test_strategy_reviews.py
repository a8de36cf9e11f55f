"""What is told of projects and initiatives, against small plans worked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.grids import stack, take
from sopxl.pipeline import run
from sopxl.schema import Tables
from sopxl.steps.finance.tables import CASH_FLOW
from sopxl.steps.strategy.initiative_reviews import review_initiatives
from sopxl.steps.strategy.tables import FIGURES, PLAN_WITH_AND_WITHOUT, PROJECT_LOAD, PROJECT_PIPELINE
from tests.steps.strategy.strategy_company import HALF_YEAR, LABELS, SHIFT, company, with_project
from tests.steps.strategy.strategy_reviewed import reviewed

QUICK = replace(HALF_YEAR, plan_mode="requirements")
COMPARED = replace(QUICK, compare_initiatives=True)
FACTOR = 1.1 ** (-(np.arange(600) + 1) / 12)
MARGIN = 12 * (300.0 - 120.0 - 1.0)
"""Of twelve desks: price less cost target less freight."""


def pipeline_row(plan: Tables, measure: str) -> list[float]:
    row = take(PROJECT_PIPELINE, plan["project_pipeline"], measure, LABELS).loc["D"]
    return [float(cell) for cell in row.to_numpy(float).ravel()]


@pytest.fixture(scope="module")
def plan() -> Tables:
    return reviewed(with_project(replace(QUICK, project_basis="committed")))


@pytest.mark.parametrize(("measure", "cells"), [
    ("Demand if launched", [0, 0, 12, 12, 12, 12]), ("Expected demand", [0, 0, 4.8, 4.8, 4.8, 4.8]),
    ("Committed demand", [0] * 6), ("Margin", [0, 0, MARGIN, MARGIN, MARGIN, MARGIN]),
    ("Net sales", [0, 0, 3600, 3600, 3600, 3600]), ("Expected expense", [1000, 0, 0, 0, 0, 0]),
    ("Expected investment", [0, 4800, 0, 0, 0, 0]), ("Hours", [100, 20, 0, 0, 0, 0]),
    ("Expected hours", [100, 16, 0, 0, 0, 0]), ("Cash", [-1000, -6000, MARGIN, MARGIN, MARGIN, MARGIN]),
    ("Expected cash to date", [-1000, -5800, *(-5800 + 0.4 * MARGIN * np.arange(1, 5))]),
])
def test_the_pipeline_shows_a_project_that_the_plan_does_not_count(
    plan: Tables, measure: str, cells: list[float]
) -> None:
    assert "DESK" not in set(plan["sales_plan"]["item"])
    np.testing.assert_allclose(pipeline_row(plan, measure), cells, atol=1e-9)


def test_the_review_values_the_project_by_its_gates(plan: Tables) -> None:
    (found,) = plan["project_review"].to_dict("records")
    spent = np.array([1000 * FACTOR[0], 6000 * FACTOR[1]])
    margin = MARGIN * FACTOR[2:6].sum()
    assert found["probability"] == pytest.approx(0.4)
    assert found["value_if_launched"] == pytest.approx(margin - spent.sum())
    assert found["expected_value"] == pytest.approx(0.4 * margin - spent[0] - 0.8 * spent[1])
    assert found["committed_value"] == 0
    assert found["spent_in_vain"] == pytest.approx(0.2 * spent[0] + 0.4 * spent.sum())
    assert found["payback"] == pytest.approx(5 + (7000 - 3 * MARGIN) / MARGIN)
    assert (found["next_gate"], found["next_gate_period"], found["launch_period"]) == ("Design", "2027-01", "2027-03")
    assert (found["peak_load"], found["peak_resource"], found["peak_period"]) == (1.25, "Engineers", "2027-01")


def test_the_load_stands_against_pools_and_resources(plan: Tables) -> None:
    loads = {name: take(PROJECT_LOAD, plan["project_load"], f"{name} load", LABELS) for name in ("Full", "Expected")}
    assert loads["Full"].loc["Engineers"].to_numpy(float).tolist() == [1.25, 0, 0, 0, 0, 0]
    np.testing.assert_allclose(loads["Expected"].loc["SHOP"].to_numpy(float), [0, 16 / 160, 0, 0, 0, 0])


def test_a_stopped_project_is_expected_to_bring_and_cost_nothing() -> None:
    plan = reviewed(with_project(QUICK, status="stopped"))
    assert not np.any(pipeline_row(plan, "Expected cash"))
    (found,) = plan["project_review"].to_dict("records")
    assert found["expected_value"] == found["spent_in_vain"] == found["committed_value"] == 0


def test_a_life_beyond_the_plan_counts_as_the_plan_s_last_periods() -> None:
    tables = with_project(replace(QUICK, project_basis="all"), life=1.0)
    (found,) = reviewed(tables)["project_review"].to_dict("records")
    assert found["value_if_launched"] == pytest.approx(
        MARGIN * FACTOR[2:14].sum() - 1000 * FACTOR[0] - 6000 * FACTOR[1])


def test_what_a_project_takes_from_another_item_lowers_its_margin() -> None:
    tables = with_project(replace(QUICK, project_basis="none"), replaces="TABLE", taken_share=0.5)
    found = pipeline_row(reviewed(tables), "Margin")
    lost = 6 * (400.0 - 170.0 - 1.0)
    np.testing.assert_allclose(found, np.array([0, 0, 1, 1, 1, 1]) * (MARGIN - lost), atol=1e-6)


def test_without_projects_and_initiatives_the_reviews_are_empty() -> None:
    plan = reviewed(company(QUICK))
    for name in ("project_pipeline", "project_load", "project_review", "initiative_review", "plan_with_and_without"):
        assert plan[name].empty


# -- initiatives ------------------------------------------------------------------------------------------------------

ROWS = [
    {**SHIFT, "probability": 1.0},
    {**SHIFT, "initiative": "FAIR", "investment": 0.0, "running_cost": 0.0, "depends_on": "SHIFT"},
    {**SHIFT, "initiative": "SAW", "switched_on": False, "running_cost": 0.0, "investment": 0.0, "probability": 1.0},
    {**SHIFT, "initiative": "LATE", "depends_on": "NEVER"},
    {**SHIFT, "initiative": "NEVER", "switched_on": False, "depends_on": "LATE"},
]
EFFECTS = [
    {"initiative": "FAIR", "effect": "demand", "family": "Chairs", "amount": 10, "counted_as": "percent"},
    {"initiative": "SAW", "effect": "capacity hours", "resource": "SHOP", "amount": 40.0},
]


@pytest.fixture(scope="module")
def compared() -> Tables:
    tables = company(COMPARED, initiatives=ROWS, initiative_effects=EFFECTS)
    tables["resources"]["hours_per_day"] = 3.0
    return run(tables, conformed=True)


def review(plan: Tables, name: str) -> dict[str, Any]:
    rows = plan["initiative_review"]
    (found,) = rows[rows["initiative"] == name].to_dict("records")
    return {str(key): value for key, value in found.items()}


def test_an_initiative_without_effects_costs_what_it_costs(compared: Tables) -> None:
    """Without the shift the fair does not count either: ten percent more chairs, at 90 less 45 of cost and freight."""
    found = review(compared, "SHIFT")
    shared = review(compared, "FAIR")
    depreciation = 5 * 2000.0 / 48
    assert found["ebit"] == pytest.approx(-500.0 - depreciation + shared["ebit"], abs=0.01)
    assert found["cash"] == pytest.approx(-2500.0 + shared["cash"], abs=0.01)
    assert found["running_cost"] == 500.0
    assert found["note"] == ""


def test_more_demand_is_worth_its_margin(compared: Tables) -> None:
    assert review(compared, "FAIR")["ebit"] == pytest.approx(5 * (3 * (90 - 45 - 3 - 2) + 6 * (90 - 45 - 1)), abs=0.05)


def test_an_initiative_that_is_off_is_judged_by_the_plan_with_it(compared: Tables) -> None:
    found = review(compared, "SAW")
    capacity = compared["capacity_plan"].set_index("measure")
    short = (capacity.loc["Required hours", LABELS] - capacity.loc["Regular hours", LABELS]).to_numpy(float)
    short = np.maximum(short, 0.0)
    assert (short[1:] > 0).all()
    assert found["hours_missing_without"] == pytest.approx(short.sum())
    with_it = np.maximum(short - 40.0 * (np.arange(6) > 0), 0.0)
    assert found["hours_missing_with"] == pytest.approx(with_it.sum())
    assert str(found["note"]).startswith("It is off")


def test_initiatives_that_wait_for_one_another_are_told_to_do_so(compared: Tables) -> None:
    assert "before NEVER" in str(review(compared, "LATE")["note"])
    assert "before LATE" in str(review(compared, "NEVER")["note"])


def test_the_plan_with_and_without_stands_side_by_side(compared: Tables) -> None:
    def row(name: str) -> np.ndarray:
        frame = take(PLAN_WITH_AND_WITHOUT, compared["plan_with_and_without"], name, LABELS)
        return np.asarray(frame.to_numpy(float)[0])

    np.testing.assert_allclose(row("Net sales difference"), [0, 810, 810, 810, 810, 810], atol=0.5)
    np.testing.assert_allclose(row("EBIT difference").sum(), review(compared, "SHIFT")["ebit"])
    np.testing.assert_allclose(row("Cash difference").sum(), review(compared, "SHIFT")["cash"])
    np.testing.assert_allclose(row("Cash with") - row("Cash without"), row("Cash difference"))


def plan_with_cash(*cash: float) -> Tables:
    """A plan of which no more is known than its cash."""
    grid = stack(CASH_FLOW, pd.DataFrame({"unit": ["Small & Co"]}), {"Change in cash": np.array([cash])}, LABELS)
    return {**{figure.table: pd.DataFrame() for figure in FIGURES}, "cash_flow": grid}


def test_value_goes_on_until_the_end_of_life() -> None:
    entered = company(COMPARED, initiatives=[ROWS[0]])
    with_it, without = plan_with_cash(0, -2100, -100, -100, -100, -100), plan_with_cash(0, 0, 0, 0, 0, 0)
    found = review(review_initiatives(entered, with_it, COMPARED, lambda tables: without), "SHIFT")
    flow = np.full(49, -100.0)
    flow[0], flow[1] = 0.0, -2100.0
    assert found["net_present_value"] == pytest.approx(flow @ FACTOR[:49])
    assert np.isnan(found["payback"])


def test_without_comparing_nothing_is_planned_twice() -> None:
    plan = reviewed(company(QUICK, initiatives=[ROWS[0]]))
    found = review(plan, "SHIFT")
    assert found["note"] == "Set 'Compare initiatives' to yes to see what it is worth."
    assert np.isnan(found["net_present_value"])
    assert plan["plan_with_and_without"].empty
