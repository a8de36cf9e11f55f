"""Months that are not like the others: half a month gone, segments with policies, weeks and quarters, next to nothing.

Warnings are errors in these tests: a company with one item or a month of history is planned without any.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.pipeline import run
from sopxl.plan_checks import check_plan
from sopxl.schema import Tables, conform
from sopxl.settings import Settings, settings_frame
from sopxl.steps.demand.tables import DEMAND_TABLES
from sopxl.tables import TABLES
from tests.steps.demand.month_company import (
    SETTINGS,
    assert_adds_up,
    assert_filled,
    grid,
    listed,
    month_company,
    sales_history,
)

LABELS = SETTINGS.periods.labels


# -- half a month is gone ------------------------------------------------------------------------------------------

def half_a_month(share: float, item: str = "LAMP") -> list[dict[str, Any]]:
    """Ten working days of January in which the item sells at that share of its usual pace; others at theirs."""
    january = {(row["item"], row["market"]): row["quantity"] / 21 for row in sales_history(SETTINGS, 12)
               if row["period"] == "2026-01"}
    return [
        {"date": pd.Timestamp(2027, 1, 4) + pd.Timedelta(days=day), "item": name, "market": market,
         "quantity": units * (share if name == item else 1.0)}
        for (name, market), units in january.items() for day in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)
    ]


@cache
def sensed(share: float) -> Tables:
    tables = month_company(recent_sales=half_a_month(share))
    return run({**tables, "settings": settings_frame(replace(SETTINGS, sensing="always"))}, ["demand"])


def test_a_month_that_runs_at_twice_its_pace_is_raised_at_half_time_and_the_rest_stays() -> None:
    baseline = {share: grid(sensed(share), "demand_baseline", "Baseline forecast") for share in (1.0, 2.0)}
    lamps = baseline[2.0].loc["LAMP", "2027-01"].sum() / baseline[1.0].loc["LAMP", "2027-01"].sum()
    assert 1.2 < lamps <= 2.1
    others = [name != "LAMP" for name in baseline[1.0].index.get_level_values("item")]
    january = baseline[2.0].loc[others, "2027-01"].sum() / baseline[1.0].loc[others, "2027-01"].sum()
    assert january == pytest.approx(1.0, abs=0.1)
    assert_adds_up(sensed(2.0))
    assert_filled(sensed(2.0))


def test_no_month_is_planned_below_what_is_sold_in_it_already() -> None:
    tables = sensed(6.0)
    sold = 10 / 21 * 6 * sum(row["quantity"] for row in sales_history(SETTINGS, 12)
                             if row["period"] == "2026-01" and row["item"] == "LAMP")
    assert grid(tables, "demand_baseline", "Baseline forecast").loc["LAMP", "2027-01"].sum() >= sold - 0.02


def test_whether_the_latest_sales_would_have_helped_is_told_for_each_source() -> None:
    gains = sensed(2.0)["sensing_gains"]
    assert set(gains["source"]) == {"Recent sales", "Last periods' errors"}
    assert gains["explanation"].str.endswith(".").all()


# -- segments and their policies -----------------------------------------------------------------------------------

POLICIES = [{"abc": abc, "xyz": xyz, "forecast_policy": "simple" if abc != "A" else "automatic",
             "service_level": 0.95} for abc in "ABC" for xyz in "XYZ"]


@cache
def with_policies() -> tuple[Tables, Tables]:
    """The first plan under the policies, and the one after it."""
    first = run(month_company(segment_policies=POLICIES))
    return first, run(first)


@pytest.mark.slow
def test_a_simple_policy_takes_effect_with_the_next_run() -> None:
    first, second = with_policies()
    simple = set(first["segments"].loc[first["segments"]["forecast_policy"] == "simple", "item"])
    assert "SHADE" in simple
    methods = {number: tables["forecast_quality"].set_index("item")["method"]
               for number, tables in enumerate((first, second))}
    assert set(methods[1][list(simple)]) == {"moving average"}
    assert "moving average" not in set(methods[0][list(simple)])
    others = [item for item in set(methods[1].index) if item not in simple]
    assert "moving average" not in set(methods[1][others])


def test_the_service_level_becomes_safety_stock_where_markets_are_served() -> None:
    first, _ = with_policies()
    stock = grid(first, "inventory_plan", "Safety stock").loc[("OAK", "PLANT")]
    high, middle = (grid(first, "demand_baseline", name).loc["OAK"].iloc[:, 0]
                    for name in ("High", "Baseline forecast"))
    deviation = np.hypot.reduce((high - middle).to_numpy(float) / 1.2816)
    lead = 20 / 30.4
    assert stock.iloc[0] == pytest.approx(1.645 * deviation * np.sqrt(1 + lead), rel=0.2)
    none = grid(run(month_company()), "inventory_plan", "Safety stock").loc[("OAK", "PLANT")]
    assert none.to_numpy(float).tolist() == [0.0] * 12


# -- weeks and quarters --------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("bucket", "first", "periods"), [
    pytest.param("week", "2027-W02", 110, marks=pytest.mark.slow), ("quarter", "2027-Q1", 14),
])
def test_the_same_month_in_weeks_and_quarters(bucket: str, first: str, periods: int) -> None:
    settings = replace(SETTINGS, bucket=bucket, first_period=first, horizon=6)
    labels = settings.periods.labels
    before = settings.periods.before(periods)
    promotions = [{"promotion": f"Stools {period}", "item": "STOOL", "from_period": period, "kind": "flyer"}
                  for period in (before[-9], before[-5], labels[2])]
    raised = {"role": "sales", "family": "Lights", "from_period": labels[1], "to_period": labels[3],
              "kind": "set units", "amount": 900.0, "amount_is": "in total", "reason": "fair", "author": "Desk A"}
    launch = {"item": "GLOW", "start_period": labels[1], "like_item": "LAMP", "share": 0.5}
    tables = month_company(settings, periods, new=True, promotions=promotions, overrides=[raised], launches=[launch])
    assert [finding for finding in check_plan(tables, settings) if finding.severity == "error"] == []
    planned = run(tables, ["demand"])
    assert_adds_up(planned, labels)
    assert_filled(planned)
    lights = listed(planned, "sales_plan", "family", "measure").loc[("Lights", "Consensus"), labels[1:4]]
    assert lights.to_numpy(float).sum() == pytest.approx(900, abs=0.01)
    assert "planned" in set(planned["promotion_effects"]["status"])
    again = run(planned, ["demand"])
    for table in DEMAND_TABLES:
        pd.testing.assert_frame_equal(again[table.name], planned[table.name], obj=table.name)


# -- next to nothing -----------------------------------------------------------------------------------------------

def little(quantities: list[float], settings: Settings = SETTINGS) -> Tables:
    """One item in one market, with the last sales of that size."""
    rows = [{"period": period, "item": "OAK", "market": "S-1", "quantity": units, "revenue": 400 * units}
            for period, units in zip(settings.periods.before(len(quantities)), quantities, strict=True)]
    one = month_company(settings)
    return {**one, "items": one["items"][one["items"]["item"] == "OAK"].reset_index(drop=True),
            "promotions": TABLES["promotions"].empty_frame(), "sourcing": one["sourcing"][:1],
            "stock_on_hand": one["stock_on_hand"][:1], "costs": one["costs"][:1], "prices": one["prices"][:1],
            "sales_history": conform(TABLES["sales_history"], pd.DataFrame(rows))}


@pytest.mark.parametrize("quantities", [
    [30.0], [30.0, 32.0], [30.0, 32.0, 31.0], [0.0], [0.0] * 36, [5.0] + [0.0] * 35, [0.0] * 35 + [5.0],
    [30.0, 33.0, 28.0, 31.0] * 9, [0.0, 0.0, 7.0] * 12, [1e7, 1.2e7, 0.9e7] * 12, [0.001, 0.002] * 18, [-4.0] * 12,
])
def test_one_series_however_short_or_empty_is_planned_without_a_warning(quantities: list[float]) -> None:
    tables = run(little(quantities), ["demand"])
    assert_filled(tables)
    if len(tables["sales_plan"]):
        assert_adds_up(tables)
        mean = grid(tables, "demand_baseline", "Baseline forecast").to_numpy(float).mean()
        assert 0 <= mean <= 1.3 * max(*quantities, 0.0) + 0.01
    assert not tables["exceptions"]["message"].str.contains("nan|inf ", regex=True).any()


def test_a_steady_item_alone_is_forecast_near_what_it_sells() -> None:
    baseline = grid(run(little([30.0, 33.0, 28.0, 31.0] * 9), ["demand"]), "demand_baseline", "Baseline forecast")
    assert ((baseline > 26) & (baseline < 36)).all(axis=None)


@pytest.mark.slow
@pytest.mark.parametrize("quantities", [[30.0], [0.0] * 36, [-4.0] * 12])
def test_the_steps_after_demand_plan_such_a_series_too(quantities: list[float]) -> None:
    assert not run(little(quantities))["exceptions"]["message"].str.contains("nan").any()


def test_an_empty_workbook_is_planned_and_stays_empty() -> None:
    tables = run({"settings": settings_frame(SETTINGS)})
    for table in DEMAND_TABLES:
        if table.name != "settings":
            assert len(tables[table.name]) == 0, table.name


def test_items_and_markets_without_any_sale_are_planned_as_nothing_known() -> None:
    tables = month_company(sales_history=[], promotions=[])
    planned = run(tables)
    assert_filled(planned)
