"""The consensus: what each rule makes of baseline and opinions, in frames, in the summary and in a spreadsheet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.formulas import compute
from sopxl.grids import stack, take
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.consensus import consensus, consensus_attributes, earned_trust
from sopxl.steps.demand.tables import (
    DEMAND_BASELINE,
    FORECAST_VALUE_ADDED,
    ROLES,
    SALES_PLAN,
    SALES_SUMMARY,
)
from sopxl.workbook.template import build_workbook
from tests.libreoffice_agreement import assert_agrees, needs_libreoffice
from tests.small_company import SETTINGS, small_company

RULES = ("last word", "weights", *ROLES)
PERIODS = ["2027-01", "2027-02", "2027-03", "2027-04"]
NOBODY = float("nan")
UNITS = st.integers(0, 5000).map(lambda cents: cents / 100)
OPINIONS = arrays(float, (3, 4), elements=st.one_of(st.just(NOBODY), UNITS))
WEIGHT = st.sampled_from([0.0, 0.5, 1.0, 3.0])


def series(count: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"item": [f"I{row}" for row in range(count)], "name": "", "market": "M", "family": "F"})


def objects(settings: Settings, count: int = 1, trust: dict[str, float] | None = None) -> pd.DataFrame:
    plain = series(count)
    return pd.concat([plain, consensus_attributes(plain, settings, trust)], axis=1)


def one(rule: str, trust: dict[str, float] | None = None, baseline: float = 100, **typed: float) -> float:
    """The consensus of one cell; ``sales_spread=120`` is what overrides of sales come to."""
    settings = Settings(consensus_rule=rule, sales_weight=1, marketing_weight=2, finance_weight=4)
    measures = {name.capitalize().replace("_", " "): np.array([[value]], float) for name, value in typed.items()}
    measures["Baseline forecast"] = np.array([[baseline]], float)
    return float(consensus(objects(settings, trust=trust), measures, ["2027-01"])[0, 0])


def test_where_nobody_objects_every_rule_gives_the_baseline() -> None:
    assert {one(rule) for rule in RULES} == {100}


def test_finance_has_the_last_word_over_marketing_and_marketing_over_sales() -> None:
    assert one("last word", sales=120) == 120
    assert one("last word", sales=120, marketing=90) == 90
    assert one("last word", sales=120, marketing=90, finance=105) == 105
    assert one("last word", sales=120, finance=105) == 105


def test_weights_mix_the_baseline_with_those_who_speak() -> None:
    assert one("weights", sales=120) == 110
    assert one("weights", marketing=130) == pytest.approx(120)
    assert one("weights", sales=180, marketing=60, finance=140) == pytest.approx((100 + 180 + 2 * 60 + 4 * 140) / 8)


def test_the_role_that_decides_decides_alone_and_leaves_the_baseline_where_it_is_silent() -> None:
    assert one("marketing", sales=120, marketing=90, finance=105) == 90
    assert one("marketing", sales=120, finance=105) == 100


def test_what_is_typed_goes_over_what_overrides_come_to_and_nought_is_an_opinion() -> None:
    assert one("last word", sales_spread=130) == 130
    assert one("last word", sales_spread=130, sales=0) == 0
    assert one("last word", sales=120, finance_spread=0) == 0


def test_the_planners_override_goes_over_all_rules() -> None:
    assert {one(rule, sales=120, finance=80, override=0) for rule in RULES} == {0}


def test_by_track_record_each_role_has_the_weight_that_it_has_earned() -> None:
    assert one("track record", {"sales": 3.0}, sales=120) == pytest.approx(115)
    assert one("track record", {"sales": 0.0}, sales=120) == 100
    assert one("track record", {"sales": 3.0}, finance=150) == pytest.approx(140)
    assert one("weights", {"sales": 3.0}, sales=120) == 110


def test_trust_is_that_of_the_role_as_a_whole() -> None:
    record = pd.DataFrame([
        {"stage": "baseline", "author": "", "trust": 9.0}, {"stage": "sales", "author": "", "trust": 0.4},
        {"stage": "sales", "author": "Desk A", "trust": 0.9}, {"stage": "finance", "author": "", "trust": NOBODY},
    ])
    assert earned_trust(record) == {"sales": 0.4}
    assert earned_trust(FORECAST_VALUE_ADDED.empty_frame()) == {}


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    opinions = {name: draw(OPINIONS) for role in ROLES for name in (role.capitalize(), f"{role.capitalize()} spread")}
    weights: dict[str, Any] = {f"{role}_weight": draw(WEIGHT) for role in ROLES}
    return {
        "settings": Settings(consensus_rule=draw(st.sampled_from(RULES)), **weights),
        "measures": {"Baseline forecast": draw(arrays(float, (3, 4), elements=UNITS)), **opinions,
                     "Override": draw(OPINIONS)},
    }


def by_hand(settings: Settings, measures: dict[str, np.ndarray], cell: tuple[int, int]) -> float:
    """The consensus of one cell, rule by rule, as a planner would say it."""
    baseline = float(measures["Baseline forecast"][cell])
    if not np.isnan(measures["Override"][cell]):
        return float(measures["Override"][cell])
    said = {}
    for role in ROLES:
        typed, spread = measures[role.capitalize()][cell], measures[f"{role.capitalize()} spread"][cell]
        said[role] = float(spread if np.isnan(typed) else typed)
    said = {role: quantity for role, quantity in said.items() if not np.isnan(quantity)}
    if settings.consensus_rule == "last word":
        return [baseline, *said.values()][-1]
    if settings.consensus_rule == "weights":
        weights = [1.0, *(getattr(settings, f"{role}_weight") for role in said)]
        return float(np.average([baseline, *said.values()], weights=weights))
    return said.get(settings.consensus_rule, baseline)


@given(plan=plans())
@limits(max_examples=40, deadline=None)
def test_the_formulas_give_what_the_rules_say(plan: dict[str, Any]) -> None:
    result = consensus(objects(plan["settings"], 3), plan["measures"], PERIODS)
    expected = [[by_hand(plan["settings"], plan["measures"], (row, column)) for column in range(4)] for row in range(3)]
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-8)
    assert (result >= 0).all()


@given(plan=plans())
@limits(max_examples=25, deadline=None)
def test_baseline_and_changes_add_up_to_the_consensus_in_the_plan_and_in_its_summary(plan: dict[str, Any]) -> None:
    tables = summarised(plan)
    for grid in (SALES_PLAN, SALES_SUMMARY):
        steps = [take(grid, tables[grid.name], name, PERIODS).to_numpy() for name in (
            "Baseline forecast", "Sales change", "Marketing change", "Finance change", "Planner change")]
        total = take(grid, tables[grid.name], "Consensus", PERIODS).to_numpy()
        np.testing.assert_allclose(sum(steps), total, rtol=1e-12, atol=1e-7)
    of_family = take(SALES_SUMMARY, tables["sales_summary"], "Consensus", PERIODS).to_numpy()
    of_series = take(SALES_PLAN, tables["sales_plan"], "Consensus", PERIODS).to_numpy()
    np.testing.assert_allclose(of_family[0], of_series.sum(axis=0), rtol=1e-12, atol=1e-7)


@given(plan=plans())
@limits(max_examples=25, deadline=None)
def test_with_weights_the_consensus_lies_between_the_baseline_and_the_opinions(plan: dict[str, Any]) -> None:
    settings, measures = replace(plan["settings"], consensus_rule="weights"), dict(plan["measures"])
    del measures["Override"]
    result = consensus(objects(settings, 3), measures, PERIODS)
    said = [np.where(np.isnan(measures[role.capitalize()]), measures[f"{role.capitalize()} spread"],
                     measures[role.capitalize()]) for role in ROLES]
    views = np.array([measures["Baseline forecast"], *said])
    assert (result >= np.nanmin(views, axis=0) - 1e-8).all()
    assert (result <= np.nanmax(views, axis=0) + 1e-8).all()


def summarised(plan: dict[str, Any]) -> Tables:
    """Baseline, sales plan and summary of three series, all formulas computed."""
    described = objects(plan["settings"], 3)
    baseline = {"Statistical forecast": plan["measures"]["Baseline forecast"]}
    tables = {"demand_baseline": stack(DEMAND_BASELINE, described[list(series().columns)], baseline, PERIODS),
              "sales_plan": stack(SALES_PLAN, described, plan["measures"], PERIODS),
              "sales_summary": stack(SALES_SUMMARY, series()[["family", "market"]], {}, PERIODS)}
    for grid in (DEMAND_BASELINE, SALES_PLAN, SALES_SUMMARY):
        tables[grid.name] = compute(grid, tables[grid.name], PERIODS, tables)
    return tables


@pytest.mark.slow
@needs_libreoffice
def test_a_spreadsheet_finds_the_same_consensus_by_every_rule(tmp_path: Path) -> None:
    path = tmp_path / "consensus.xlsx"
    build_workbook(path, every_opinion_by_every_rule(), SETTINGS, macros=False)
    assert assert_agrees(path) > 1000


def every_opinion_by_every_rule() -> Tables:
    """The small company with a series for every rule and every set of roles that speak, typed or spread or both."""
    chance = np.random.default_rng(7)
    spoken = chance.random((len(RULES) * 16, 7, len(PERIODS))) < 0.4
    quantities = np.where(spoken, chance.integers(0, 20000, spoken.shape) / 100, NOBODY)
    names = ["Sales", "Sales spread", "Marketing", "Marketing spread", "Finance", "Finance spread", "Override"]
    described = objects(SETTINGS, len(spoken)).assign(
        consensus_rule=np.repeat(RULES, 16), sales_weight=chance.integers(0, 4, len(spoken)) / 2,
        finance_weight=chance.integers(0, 4, len(spoken)) / 2)
    measures = {name: quantities[:, place] for place, name in enumerate(names)}
    measures["Baseline forecast"] = chance.integers(0, 20000, spoken[:, 0].shape) / 100
    plan = stack(SALES_PLAN, described, measures, PERIODS)
    return {**small_company(), "sales_plan": plan,
            "sales_summary": stack(SALES_SUMMARY, series()[["family", "market"]], {}, PERIODS)}
