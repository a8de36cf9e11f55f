"""Checks of projects and initiatives: each finds its fault at its cell, says what to do, and only that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl import strategy_checks
from sopxl.check_register import CHECKS
from sopxl.checks import check_table
from sopxl.plan_checks import check_plan, check_rows
from sopxl.schema import PlanError, Tables, conform_all
from sopxl.settings import Settings
from sopxl.steps.strategy.overlay import with_strategy
from sopxl.steps.strategy.reviews import review_strategy
from sopxl.tables import TABLES
from tests.steps.strategy.strategy_company import HALF_YEAR, HOURS, PROJECT, SHIFT, STAGES, company

EFFECT = {"initiative": "SHIFT", "effect": "capacity hours", "resource": "SHOP", "amount": 40.0}
LATER = {**SHIFT, "initiative": "LATER", "start_period": "2027-04"}
POOL = {"pool": "Engineers", "hours_per_period": 80.0}
ALL = replace(HALF_YEAR, project_basis="all")
GOOD: dict[str, list[dict[str, Any]]] = {
    "development_projects": [PROJECT], "project_stages": STAGES, "project_resources": HOURS, "project_pools": [POOL],
    "initiatives": [SHIFT, {**LATER, "depends_on": "SHIFT"}], "initiative_effects": [EFFECT],
}


def strategy(settings: Settings = HALF_YEAR, **changed: Any) -> Tables:
    return company(settings, **{**GOOD, **changed})


def findings(tables: Tables, settings: Settings = HALF_YEAR) -> list[tuple[str, str, str, str, int | None]]:
    """What the checks of this file find: check, severity, table, column, row."""
    own = [name for name, function in CHECKS.items() if function.__module__ == strategy_checks.__name__]
    return [
        (name, finding.severity, finding.table, finding.column, finding.row)
        for name in own for finding in CHECKS[name](tables, settings)
    ]


def test_a_sound_strategy_has_no_findings() -> None:
    assert findings(strategy()) == []
    assert [one for one in check_plan(strategy(), HALF_YEAR) if one.severity == "error"] == []


STAGE_1, STAGE_2 = STAGES
FAULTS: dict[str, tuple[dict[str, Any], tuple[str, str, str, str, int]]] = {
    "a stage ends before it starts": (
        {"project_stages": [STAGE_1, {**STAGE_2, "from_period": "2027-03", "until_period": "2027-02"}]},
        ("strategy_ends_before_it_starts", "error", "project_stages", "until_period", 1)),
    "an initiative ends before it starts": (
        {"initiatives": [{**SHIFT, "end_period": "2027-01"}]},
        ("strategy_ends_before_it_starts", "error", "initiatives", "end_period", 0)),
    "an effect ends before it starts": (
        {"initiative_effects": [{**EFFECT, "from_period": "2027-04", "until_period": "2027-03"}]},
        ("strategy_ends_before_it_starts", "error", "initiative_effects", "until_period", 0)),
    "a project launches no item": (
        {"development_projects": [{**PROJECT, "launch_item": ""}]},
        ("project_that_launches_nothing", "warning", "development_projects", "launch_item", 0)),
    "a project has no launch period": (
        {"development_projects": [{**PROJECT, "launch_period": ""}]},
        ("project_that_launches_nothing", "warning", "development_projects", "launch_period", 0)),
    "a launch is past": (
        {"development_projects": [{**PROJECT, "launch_period": "2026-11"}], "project_stages": [],
         "project_resources": []},
        ("launch_in_the_past", "warning", "development_projects", "launch_period", 0)),
    "an item replaces itself": (
        {"development_projects": [{**PROJECT, "replaces": "DESK"}]},
        ("project_that_follows_itself", "error", "development_projects", "replaces", 0)),
    "nobody says how much it sells": (
        {"development_projects": [{**PROJECT, "potential": np.nan}]},
        ("project_without_a_size", "warning", "development_projects", "potential", 0)),
    "a launch has no price": (
        {"development_projects": [{**PROJECT, "price_target": np.nan}]},
        ("launched_item_without_price", "warning", "development_projects", "price_target", 0)),
    "two projects launch one item": (
        {"development_projects": [PROJECT, {**PROJECT, "project": "E"}]},
        ("launch_told_twice", "warning", "development_projects", "launch_item", 1)),
    "launches have the item too": (
        {"launches": [{"item": "DESK", "market": "South Shop", "start_period": "2027-03", "curve": "ramp",
                       "potential": 5}]},
        ("launch_told_twice", "warning", "development_projects", "launch_item", 0)),
    "stages overlap": (
        {"project_stages": [{**STAGE_1, "until_period": "2027-02"}, STAGE_2]},
        ("stages_that_overlap", "warning", "project_stages", "from_period", 1)),
    "a gate is due after the launch": (
        {"project_stages": [STAGE_1, {**STAGE_2, "until_period": "2027-04"}]},
        ("stages_that_overlap", "warning", "project_stages", "until_period", 1)),
    "a gate is passed before an earlier one": (
        {"project_stages": [STAGE_1, {**STAGE_2, "passed": True}]},
        ("gates_out_of_order", "warning", "project_stages", "passed", 1)),
    "a gate was due": (
        {"project_stages": [{**STAGE_1, "from_period": "2026-11"}, STAGE_2]},
        ("gates_out_of_order", "warning", "project_stages", "passed", 0)),
    "a committed project waits for its gate": (
        {"development_projects": [{**PROJECT, "status": "committed"}],
         "project_stages": [{**STAGE_1, "commits": True}, STAGE_2]},
        ("gates_out_of_order", "warning", "project_stages", "passed", 0)),
    "hours are of no stage": (
        {"project_resources": [{**HOURS[0], "stage": "Test"}]},
        ("hours_of_nothing", "error", "project_resources", "stage", 0)),
    "hours are of nobody": (
        {"project_resources": [{**HOURS[0], "resource": "Engineer"}]},
        ("hours_of_nothing", "error", "project_resources", "resource", 0)),
    "a pool is a resource": (
        {"project_pools": [POOL, {"pool": "SHOP"}]},
        ("pool_named_like_a_resource", "error", "project_pools", "pool", 1)),
    "an initiative needs what is not there": (
        {"initiatives": [{**SHIFT, "depends_on": "SHIFTS"}]},
        ("initiatives_in_a_circle", "error", "initiatives", "depends_on", 0)),
    "what it needs is off": (
        {"initiatives": [{**SHIFT, "switched_on": False}, {**LATER, "depends_on": "SHIFT"}]},
        ("initiative_on_before_its_time", "warning", "initiatives", "switched_on", 1)),
    "what it needs begins later": (
        {"initiatives": [{**SHIFT, "depends_on": "LATER"}, LATER]},
        ("initiative_on_before_its_time", "warning", "initiatives", "start_period", 0)),
    "an investment is past": (
        {"initiatives": [{**SHIFT, "start_period": "2026-10"}]},
        ("initiative_bought_in_the_past", "warning", "initiatives", "start_period", 0)),
    "a stage's investment is past": (
        {"project_stages": [{**STAGE_1, "from_period": "2026-12", "passed": True, "investment": 500.0}, STAGE_2]},
        ("stage_bought_in_the_past", "warning", "project_stages", "investment", 0)),
    "an effect names nothing": (
        {"initiative_effects": [{**EFFECT, "resource": ""}]},
        ("effect_of_nothing", "error", "initiative_effects", "resource", 0)),
    "an effect is nought": (
        {"initiative_effects": [{**EFFECT, "amount": 0.0}]},
        ("effect_of_nothing", "warning", "initiative_effects", "amount", 0)),
    "an effect takes more than all": (
        {"initiative_effects": [{**EFFECT, "amount": -120.0, "counted_as": "percent"}]},
        ("effect_of_nothing", "error", "initiative_effects", "amount", 0)),
    "a family is not known": (
        {"initiative_effects": [{**EFFECT, "effect": "demand", "resource": "", "family": "Chair"}]},
        ("strategy_of_what_is_not_known", "error", "initiative_effects", "family", 0)),
    "a market is not known": (
        {"development_projects": [{**PROJECT, "launch_market": "South shop"}]},
        ("strategy_of_what_is_not_known", "error", "development_projects", "launch_market", 0)),
    "a cost cannot fall": (
        {"initiative_effects": [{**EFFECT, "effect": "unit cost", "item": "TABLE", "amount": -5.0}]},
        ("unit_cost_that_cannot_fall", "warning", "initiative_effects", "item", 0)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_at_its_cell_and_nothing_else(fault: str) -> None:
    changed, found = FAULTS[fault]
    assert findings(strategy(**changed)) == [found]


def test_initiatives_in_a_circle_are_told_at_each_of_them() -> None:
    tables = strategy(initiatives=[{**SHIFT, "depends_on": "LATER"}, {**LATER, "depends_on": "SHIFT"}])
    circle = [one for one in findings(tables) if one[0] == "initiatives_in_a_circle"]
    assert [(one[1], one[4]) for one in circle] == [("error", 0), ("error", 1)]


def test_a_launch_of_what_nobody_makes_stops_the_plan_that_counts_it() -> None:
    rows = {name: company()[name] for name in ("routings", "bills_of_material")}
    tables = strategy(ALL) | {"routings": rows["routings"][rows["routings"]["item"] != "DESK"],
                              "bills_of_material": rows["bills_of_material"].query("parent != 'DESK'")}
    error = ("launched_item_cannot_be_had", "error", "development_projects", "launch_item", 0)
    assert error in findings(tables, ALL)
    assert error not in findings(tables)


def test_an_investment_that_fixed_assets_have_is_not_missing() -> None:
    changed, found = FAULTS["a stage's investment is past"]
    asset = {"asset": "D: Design", "amount": 500.0, "in_use_period": "2027-03", "life": 5.0}
    assert found not in findings(strategy(**changed, fixed_assets=[asset]))


def test_every_check_has_its_fault() -> None:
    own = {name for name, function in CHECKS.items() if function.__module__ == strategy_checks.__name__}
    assert {found[0] for _, found in FAULTS.values()} | {"launched_item_cannot_be_had"} == own


@pytest.mark.parametrize("fault", FAULTS)
def test_every_sentence_is_whole(fault: str) -> None:
    for finding in check_plan(strategy(**FAULTS[fault][0]), HALF_YEAR):
        assert finding.message.endswith(".")
        assert finding.remedy
        assert "{" not in finding.message + finding.remedy


GARBAGE: list[Any] = [
    None, "", " ", "A", 0, -1, 1.5, 1e300, -1e300, float("inf"), float("nan"), "x", "TABLE", "DESK", "D", "SHIFT",
    "SHIFT, SHIFT", ",;,", "Design", "SHOP", "Tables", "South Shop", "2026-13", "2026-12", "2027-02", "2029-01",
    "0001-01", "9999-12", "2026-W53", "#REF!", "{x}", "opens", "demand", "price", "unit cost", "lead time", "percent",
    "committed", "launched", "stopped", "bass", "yes", True, "🪑",
]
CELLS = [(name, column.name) for name in GOOD for column in TABLES[name].columns]


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(GARBAGE)), min_size=1, max_size=3),
       st.sampled_from(["none", "committed", "expected", "all"]))
def test_garbage_is_told_or_laid_over_but_never_breaks(spoilt: list[tuple[tuple[str, str], Any]], basis: str) -> None:
    settings = replace(HALF_YEAR, project_basis=basis)
    typed = {name: frame.astype(object) for name, frame in strategy(settings).items()}
    for (name, column), value in spoilt:
        typed[name].loc[0, column] = value
    read = conform_all(TABLES, typed)
    faults = [one for name in GOOD for one in check_table(TABLES[name], typed[name], "month", typed)]
    faults += check_rows(read, settings)
    assert all(fault.message and fault.remedy for fault in faults)
    if any(fault.severity == "error" for fault in faults):
        return
    check_plan(read, settings)
    laid = with_strategy(read, settings)
    try:
        told = review_strategy(read, laid, settings, lambda tables, steps: tables)
    except PlanError:
        return
    assert set(told) >= {"project_review", "initiative_review"}
