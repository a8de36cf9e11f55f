"""A planner's months from end to end: what is decided, typed and entered holds in the next run, and all adds up."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.pipeline import run
from sopxl.schema import Tables, conform
from sopxl.settings import settings_frame
from sopxl.steps.demand.tables import OVERRIDES
from sopxl.tables import TABLES
from tests.steps.demand.month_company import (
    MISTYPED,
    ONCE,
    SETTINGS,
    STOCK_OUT,
    assert_adds_up,
    assert_filled,
    grid,
    listed,
    month_company,
    next_month,
    told,
    typed,
)

LABELS = SETTINGS.periods.labels


@cache
def first_month() -> Tables:
    """The company after the first run of the demand step; tests must not write into its frames."""
    return run(month_company(), ["demand"])


def with_settings(tables: Tables, **changes: Any) -> Tables:
    """The tables under other settings."""
    return {**tables, "settings": settings_frame(replace(SETTINGS, **changes))}


def entered(**values: Any) -> dict[str, Any]:
    """A row of the overrides, with what is usual."""
    return {"role": "sales", "from_period": "2027-02", "to_period": "2027-04", "kind": "add percent", "amount": 10.0,
            "reason": "fair", "author": "Desk A", "entered": "2026-12-20", **values}


def overrides(*rows: dict[str, Any]) -> pd.DataFrame:
    """The table of overrides."""
    return conform(OVERRIDES, pd.DataFrame(rows))


# -- the history is cleaned ---------------------------------------------------------------------------------------

CELL = ("item", "market", "period")


def proposals(tables: Tables) -> Any:
    """The corrections by item, market and period."""
    return listed(tables, "history_corrections", *CELL)


def decided(tables: Tables) -> Tables:
    """Accept the order that came once, refuse the stock-out, give the mistyped sale its own value."""
    rows = tables["history_corrections"].copy()
    key = pd.MultiIndex.from_frame(rows[["item", "market", "period"]])
    rows.loc[key == ONCE, "decision"] = "accept"
    rows.loc[key == STOCK_OUT, "decision"] = "refuse"
    rows.loc[key == MISTYPED, "own_value"] = 83.0
    return {**tables, "history_corrections": rows}


def used(tables: Tables, cell: tuple[str, str, str]) -> float:
    """What the forecast was made from in one period of a series."""
    return float(listed(tables, "history_used", *CELL).loc[cell, "used"])


def test_what_does_not_fit_is_proposed_and_nothing_else_and_decides_nothing_before_the_planner() -> None:
    tables = first_month()
    rows = proposals(tables)
    assert set(rows.index) == {ONCE, STOCK_OUT, MISTYPED}
    assert rows["reason"].to_dict() == {ONCE: "outlier", STOCK_OUT: "stock-out", MISTYPED: "outlier"}
    assert [used(tables, cell) for cell in rows.index] == rows["sold"].tolist()
    waiting = told(tables, "History to be decided")
    assert waiting["message"].tolist()[0].startswith("3 proposals to clean the history wait for a decision")


def test_decisions_are_used_by_the_next_run_stay_in_the_list_and_leave_the_sales_as_they_were() -> None:
    before = first_month()
    after = run(decided(before), ["demand"])
    rows = proposals(after)
    assert rows.loc[ONCE, "decision"] == "accept"
    assert used(after, ONCE) == rows.loc[ONCE, "proposed"] == pytest.approx(41, abs=3)
    assert (rows.loc[STOCK_OUT, "decision"], used(after, STOCK_OUT)) == ("refuse", 0)
    assert (rows.loc[MISTYPED, "own_value"], used(after, MISTYPED)) == (83, 83)
    pd.testing.assert_frame_equal(after["sales_history"], month_company()["sales_history"])
    corrected = grid(after, "demand_baseline", "Statistical forecast").loc[ONCE[:2], "2027-05"]
    assert corrected != grid(before, "demand_baseline", "Statistical forecast").loc[ONCE[:2], "2027-05"]
    assert told(after, "History to be decided").empty
    pd.testing.assert_frame_equal(run(after, ["demand"])["history_corrections"], after["history_corrections"])


def test_last_year_shows_what_was_sold_also_where_the_forecast_uses_something_else() -> None:
    after = run(decided(first_month()), ["demand"])
    assert grid(after, "sales_plan", "Last year").loc[ONCE[:2], ONCE[2].replace("2026", "2027")] > 150


# -- promotions, launches ------------------------------------------------------------------------------------------

PLANNED = {"promotion": "Stools spring", "item": "STOOL", "from_period": "2027-03", "kind": "flyer", "cost": 500.0}


@cache
def promoted() -> Tables:
    tables = month_company()
    planned = pd.concat([tables["promotions"], conform(TABLES["promotions"], pd.DataFrame([PLANNED]))])
    return run({**tables, "promotions": planned}, ["demand"])


def test_a_planned_promotion_gets_the_uplift_of_the_past_ones_and_it_is_told() -> None:
    tables = promoted()
    drivers = grid(tables, "demand_baseline", "Drivers").loc["STOOL"]
    statistical = grid(tables, "demand_baseline", "Statistical forecast").loc["STOOL"]
    assert drivers["2027-03"].sum() / statistical["2027-03"].sum() == pytest.approx(0.5, abs=0.07)
    effects = listed(tables, "promotion_effects", "promotion")
    assert effects.loc["Stools spring", "status"] == "planned"
    assert effects.loc["Stools spring", "uplift_units"] == pytest.approx(drivers["2027-03"].sum(), rel=0.02)
    assert effects.loc["Stools spring", "worth"] == pytest.approx(effects.loc["Stools spring", "margin"] - 500)
    assert set(effects.loc[effects["status"] == "past"].index) == {"Stools 2025-04", "Stools 2025-11", "Stools 2026-06"}
    assert_adds_up(tables)


def test_the_promotions_of_the_past_are_not_in_next_years_statistical_forecast() -> None:
    plan = grid(first_month(), "demand_baseline", "Statistical forecast").loc["STOOL"].sum()
    last = grid(first_month(), "sales_plan", "Last year").loc["STOOL"].sum()
    assert plan["2027-06"] / last["2027-06"] < 0.8 < 0.95 < plan["2027-05"] / last["2027-05"]


def test_a_launch_follows_its_like_item_a_replacement_takes_over_and_an_end_runs_out() -> None:
    launches = [
        {"item": "GLOW", "start_period": "2027-03", "like_item": "LAMP", "share": 0.5, "ramp_periods": 2},
        {"item": "ASH", "kind": "replacement", "start_period": "2027-02", "replaces": "PINE", "ramp_periods": 4,
         "taken_share": 0.8},
        {"item": "SHADE", "kind": "end", "start_period": "2027-04", "ramp_periods": 3},
    ]
    tables = run(month_company(new=True, launches=launches), ["demand"])
    plan = grid(tables, "demand_baseline", "Baseline forecast").groupby(level="item").sum()
    statistical = grid(tables, "demand_baseline", "Statistical forecast").groupby(level="item").sum()
    assert plan.loc["GLOW", ["2027-01", "2027-02"]].tolist() == [0, 0]
    assert (plan.loc["GLOW"] / plan.loc["LAMP"])["2027-04":].to_numpy(float) == pytest.approx(0.5, rel=0.05)
    assert plan.loc["ASH", "2027-01"] == 0
    lost = (statistical.loc["PINE"] - plan.loc["PINE"]).to_numpy(float)
    assert lost == pytest.approx(0.8 * plan.loc["ASH"].to_numpy(float), abs=0.05)
    assert (plan.loc["SHADE"] > 0).tolist() == [True] * 5 + [False] * 7
    assert told(tables, "Far from last year").empty, "the takeover and the end explain it"
    assert told(tables, "New item like its family").empty
    assert_adds_up(tables)
    assert_filled(tables)


# -- levels --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("way", [
    "automatic", *(pytest.param(way, marks=pytest.mark.slow) for way in ("bottom-up", "top-down", "middle-out")),
    "minimum trace",
])
def test_all_levels_add_up_in_every_way_of_reconciliation(way: str) -> None:
    tables = run(with_settings(month_company(), reconciliation=way), ["demand"])
    assert_adds_up(tables)
    assert_filled(tables)
    low, baseline, high = (grid(tables, "demand_baseline", name).to_numpy(float)
                           for name in ("Low", "Baseline forecast", "High"))
    assert (low <= baseline + 0.01).mean() > 0.95
    assert (high >= baseline - 0.01).mean() > 0.95


# -- opinions ------------------------------------------------------------------------------------------------------

FAMILY_UP = entered(family="Chairs")
MONEY = entered(role="finance", family="Lights", kind="set money", amount=60000.0, amount_is="in total",
                from_period="2027-01", to_period="2027-03", author="Fin")
OVER = entered(item="OAK", amount=50.0, expires="2026-12", author="Old")


@cache
def with_opinions(rule: str = "last word") -> Tables:
    """Sales, marketing and finance speak; marketing has typed one cell, the planner another."""
    tables = {**first_month(), "overrides": overrides(FAMILY_UP, MONEY, OVER)}
    tables = typed(tables, "ARM", "South Shop", "Sales", {"2027-02": 300.0})
    tables = typed(tables, "OAK", "Web Net", "Marketing", {"2027-02": 30.0})
    tables = typed(tables, "PINE", "Web Net", "Override", {"2027-05": 0.0})
    return run(with_settings(tables, consensus_rule=rule, marketing_weight=3.0), ["demand"])


def test_ten_percent_on_a_family_is_ten_percent_of_what_nobody_typed() -> None:
    tables = with_opinions()
    baseline, spread = grid(tables, "sales_plan", "Baseline forecast"), grid(tables, "sales_plan", "Sales spread")
    chairs = baseline.index.get_level_values("item").isin(["ARM", "STOOL"])
    for period in ("2027-02", "2027-03", "2027-04"):
        free = chairs & ~((baseline.index == ("ARM", "South Shop")) & (period == "2027-02"))
        assert spread.loc[free, period].sum() == pytest.approx(1.1 * baseline.loc[free, period].sum(), abs=0.011)
    assert np.isnan(spread.loc[("ARM", "South Shop"), "2027-02"])
    assert grid(tables, "sales_plan", "Consensus").loc[("ARM", "South Shop"), "2027-02"] == 300
    assert spread.loc[~chairs].isna().all(axis=None)


def test_money_in_total_is_what_finance_sees_and_an_expired_override_is_not_used() -> None:
    tables = with_opinions("finance")
    value = grid(tables, "sales_plan", "Consensus value")
    lights = value.index.get_level_values("item").isin(["LAMP", "SHADE"])
    assert value.loc[lights, ["2027-01", "2027-02", "2027-03"]].sum().sum() == pytest.approx(60000, abs=0.01)
    assert grid(tables, "sales_plan", "Sales change").to_numpy(float) == pytest.approx(0)
    assert not (tables["demand_snapshots"]["author"] == "Old").any()


@pytest.mark.parametrize(("rule", "expected"), [
    ("last word", lambda baseline: 30.0), ("finance", lambda baseline: baseline),
    ("weights", lambda baseline: (baseline + 3 * 30.0) / 4),
    pytest.param("track record", lambda baseline: (baseline + 3 * 30) / 4, marks=pytest.mark.slow),
    pytest.param("marketing", lambda baseline: 30.0, marks=pytest.mark.slow),
    pytest.param("sales", lambda baseline: baseline, marks=pytest.mark.slow),
])
def test_every_rule_makes_the_consensus_that_it_says_and_the_steps_add_up(rule: str, expected: Any) -> None:
    tables = with_opinions(rule)
    cell = (("OAK", "Web Net"), "2027-02")
    baseline = grid(tables, "sales_plan", "Baseline forecast").loc[cell]
    assert grid(tables, "sales_plan", "Consensus").loc[cell] == pytest.approx(expected(baseline))
    assert grid(tables, "sales_plan", "Consensus").loc[("PINE", "Web Net"), "2027-05"] == 0
    assert_adds_up(tables)
    assert_filled(tables)


def test_orders_use_up_the_forecast_of_other_months_as_far_as_the_settings_let_them() -> None:
    order = {"order": "1", "kind": "sale", "item": "OAK", "market": "W-1", "due_period": "2027-03", "quantity": 100.0}
    tables = with_settings(month_company(open_orders=[order]), consume_backward=1, consume_forward=2)
    tables = run(tables, ["demand"])
    oak = {name: grid(tables, "sales_plan", name).loc[("OAK", "Web Net")].to_numpy(float)
           for name in ("Consensus", "Consumed by other periods", "Demand")}
    assert oak["Demand"].sum() == pytest.approx(max(oak["Consensus"].sum(), 100 + oak["Consensus"][5:].sum()
                                                    + oak["Consensus"][0]))
    assert oak["Demand"][2] == 100
    assert (oak["Consumed by other periods"] > 0).tolist() == [False, True, False, True, True] + [False] * 7


def test_planning_twice_gives_the_same_tables() -> None:
    once = run(with_opinions(), ["demand"])
    twice = run(once, ["demand"])
    for name in TABLES:
        pd.testing.assert_frame_equal(once[name], twice[name], obj=name)


# -- the cycle rolls on --------------------------------------------------------------------------------------------

@cache
def rolled(months: int = 7) -> Tables:
    """So many cycles in which Desk A raises stools by half, and marketing types what will be sold after each run."""
    settings = SETTINGS
    raised = overrides(entered(item="STOOL", amount=50.0, from_period="2027-01", to_period="2027-12"))
    tables = run({**month_company(), "overrides": raised}, ["demand"])
    for _ in range(months):
        first, coming = settings.first_period, next_month(tables, settings)
        sold = listed(coming, "sales_history", "period", "item", "market")["quantity"]
        tables = typed(tables, "OAK", "South Shop", "Marketing", {first: float(sold[first, "OAK", "S-1"])})
        tables = next_month(tables, settings)
        settings = replace(settings, first_period=settings.periods.labels[1])
        tables = run(tables, ["demand"])
    return tables


@pytest.mark.slow
def test_snapshots_keep_what_was_typed_after_the_last_run_of_a_cycle() -> None:
    kept = listed(rolled(), "demand_snapshots", "cycle", "item", "market", "stage")
    sold = listed(rolled(), "sales_history", "period", "item", "market")["quantity"]
    for cycle in ("2027-01", "2027-04", "2027-07"):
        assert kept.loc[(cycle, "OAK", "South Shop", "marketing"), "lag_1"] == sold[cycle, "OAK", "S-1"]
        assert kept.loc[(cycle, "STOOL", "South Shop", "sales"), "author"] == "Desk A"


@pytest.mark.slow
def test_accuracy_and_value_added_tell_who_helped_and_trust_follows() -> None:
    tables = rolled()
    total = listed(tables, "forecast_accuracy", "level", "stage", "lag").loc[("total", "consensus")]
    assert set(total.index) == {1, 2, 3, 4}
    assert total.loc[1, "points"] > total.loc[4, "points"] > 0
    added = listed(tables, "forecast_value_added", "stage", "author")
    assert added.loc[("marketing", ""), "value_added"] > 0 > added.loc[("sales", "Desk A"), "value_added"]
    assert added.loc[("marketing", ""), "trust"] > 1 > added.loc[("sales", ""), "trust"]
    assert told(tables, "Changes that do not help")["message"].str.contains("Desk A").any()
    assert told(tables, "Plans lean to one side")["remedy"].str.contains("see who changed it").all()
    by_record = {**tables, "settings": settings_frame(replace(SETTINGS, first_period="2027-08",
                                                              consensus_rule="track record"))}
    plan = run(by_record, ["demand"])["sales_plan"]
    assert set(plan["consensus_rule"]) == {"weights"}
    assert plan["marketing_weight"].iloc[0] == added.loc[("marketing", ""), "trust"]
    assert plan["sales_weight"].iloc[0] == added.loc[("sales", ""), "trust"]
