"""Plan, budget, last plan, last year and latest estimate side by side, and the plan that is kept for the next cycle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.formulas import compute
from sopxl.grids import take
from sopxl.periods import Periods
from sopxl.pipeline import run
from sopxl.schema import Tables, conform
from sopxl.settings import Settings, settings_frame
from sopxl.steps.finance.comparison import fiscal_years, is_of_earlier_cycle, keep_plan, plan_comparison
from sopxl.steps.finance.comparison_versions import Compared, figures_of_plan
from sopxl.steps.finance.tables import FIGURES, PLAN_COMPARISON, PROFIT_AND_LOSS, REFERENCE_PLANS
from tests.small_company import SETTINGS as COMPANY
from tests.small_company import small_company
from tests.steps.finance.comparison_cases import SETTINGS, Lines, Pair, budget_of, plan_in_money

PLAIN = ("Plain", "Town")
LONG = replace(SETTINGS, first_period="2026-11", horizon=4, fiscal_year_start=1)
MASTER = {
    "items": pd.DataFrame({"item": ["Plain"], "family": ["Plain"]}),
    "markets": pd.DataFrame({"market": ["Town"], "market_group": ["Town"], "ship_from": ["Plant"]}),
}
TEN: Lines = {"Shipments": 10, "Net sales": 100, "Material": 60, "Fixed expenses": 15, "Depreciation": 5}


def compared(tables: Tables, plan_settings: Settings) -> pd.DataFrame:
    """The grid, computed."""
    labels = plan_settings.periods.labels
    return compute(PLAN_COMPARISON, plan_comparison(tables, plan_settings), labels, tables)


def row(grid: pd.DataFrame, measure: str, plan_settings: Settings = LONG, pair: Pair = PLAIN) -> list[float]:
    found = take(PLAN_COMPARISON, grid, measure, plan_settings.periods.labels)
    return [float(value) for value in found[found.index == pair].to_numpy(float)[0]]


def history(first: str, periods: int, quantity: float = 8.0, revenue: float = 90.0) -> pd.DataFrame:
    return pd.DataFrame({"period": Periods("month", first, periods).labels, "item": "Plain", "market": "Town",
                         "quantity": quantity, "revenue": revenue})


def test_every_version_stands_beside_the_plan_and_what_it_does_not_know_stays_empty() -> None:
    budget = budget_of({PLAIN: {"quantity": 12, "revenue": 110, "gross_margin": 50, "operating_expenses": 20}},
                       "2026-12")
    tables = plan_in_money({PLAIN: TEN}, LONG, budget=budget, sales_history=history("2025-11", 2), **MASTER)
    grid = compared(tables, LONG)
    assert row(grid, "Quantity") == [10, 10, 10, 10]
    np.testing.assert_equal(row(grid, "Budget quantity"), [np.nan, 12, np.nan, np.nan])
    assert row(grid, "Quantity against budget") == [0, -2, 0, 0]
    assert row(grid, "Gross margin against budget") == [0, -10, 0, 0]
    np.testing.assert_equal(row(grid, "Last year net sales"), [90, 90, np.nan, np.nan])
    assert row(grid, "Last year gross margin")[0] == 90 - 8 * 6
    assert row(grid, "EBIT against last year") == [0, 0, 0, 0], "last year's expenses are not known"
    assert row(grid, "EBIT") == [20, 20, 20, 20]


def test_the_latest_estimate_is_what_was_sold_of_the_fiscal_year_and_then_the_plan() -> None:
    budget = pd.concat([budget_of({PLAIN: {"quantity": 9, "revenue": 95, "gross_margin": 40}}, period)
                        for period in ("2026-09", "2026-10", "2026-11", "2027-01")])
    tables = plan_in_money({PLAIN: TEN}, LONG, budget=budget, sales_history=history("2026-08", 3), **MASTER)
    grid = compared(tables, LONG)
    assert row(grid, "New fiscal year") == [0, 0, 1, 0]
    assert row(grid, "Latest estimate of quantity") == [34, 44, 10, 20]
    assert row(grid, "Budget to date of quantity") == [27, 27, 9, 9]
    assert row(grid, "Latest estimate of gross margin") == [3 * (90 - 48) + 40, 3 * (90 - 48) + 80, 40, 80]
    october = compared(tables, replace(LONG, fiscal_year_start=10))
    assert row(october, "Latest estimate of quantity") == [18, 28, 38, 48]
    assert row(october, "Budget to date of net sales") == [190, 190, 285, 285]


@pytest.mark.parametrize(("bucket", "first", "starts"), [
    ("month", "2026-12", ["2027-04"]), ("quarter", "2026-Q3", ["2027-Q2"]), ("week", "2027-W10", ["2027-W13"])])
def test_a_fiscal_year_starts_in_its_month_and_a_week_belongs_to_the_month_of_its_thursday(
    bucket: str, first: str, starts: list[str]
) -> None:
    plan_settings = replace(SETTINGS, bucket=bucket, first_period=first, horizon=6, fiscal_year_start=4)
    years = fiscal_years(np.arange(6), plan_settings)
    labels = plan_settings.periods.labels
    assert [labels[place] for place in np.flatnonzero(np.diff(years)) + 1] == starts


def test_a_plan_of_an_earlier_cycle_is_kept_with_its_rate_and_the_oldest_are_dropped() -> None:
    kept = conform(REFERENCE_PLANS, pd.DataFrame([
        {"version": version, "period": "2026-01", "family": "Plain", "market": "Town", "quantity": 1.0}
        for version in ("2025-10", "2025-11")]))
    tables = plan_in_money(
        {PLAIN: {**TEN, "Demand": 13}}, reference_plans=kept,
        prices=pd.DataFrame({"item": ["Plain"], "market": [""], "price": [11.0], "currency": ["USD"]}),
        exchange_rates=pd.DataFrame({"currency": ["USD"], "average_rate": [0.9]}))
    now = replace(SETTINGS, first_period="2026-02", kept_plans=2)
    assert is_of_earlier_cycle(tables, now)
    assert not is_of_earlier_cycle(tables, SETTINGS)
    found = keep_plan(tables, now, SETTINGS)
    assert found["version"].tolist() == ["2026-01", "2025-11"]
    newest = found.iloc[0]
    assert (newest["period"], newest["currency"], newest["exchange_rate"]) == ("2026-01", "USD", 0.9)
    assert (newest["quantity"], newest["unserved"], newest["cost_of_goods"], newest["operating_expenses"]) == (
        10, 3, 60, 15)
    again = keep_plan({**tables, "reference_plans": found}, now, SETTINGS)
    pd.testing.assert_frame_equal(again, found)


def test_when_the_first_period_moves_on_the_plan_of_the_cycle_before_becomes_the_last_plan() -> None:
    before = run(small_company())
    assert before["reference_plans"].empty
    moved = settings_frame(replace(COMPANY, first_period="2027-02"))
    after = run({**before, "settings": moved})
    kept = after["reference_plans"]
    assert set(kept["version"]) == {"2027-01"}
    net_sales = take(PROFIT_AND_LOSS, before["profit_and_loss"], "Net sales", COMPANY.periods.labels)
    assert kept["net_sales"].sum() == pytest.approx(net_sales.to_numpy(float).sum())
    grid = after["plan_comparison"]
    for label in ("2027-02", "2027-04"):
        told = grid.loc[grid["measure"] == "Last plan net sales", label].sum()
        assert told == pytest.approx(net_sales[label].sum())
    assert grid.loc[grid["measure"] == "Last plan net sales", "2027-05"].isna().all()
    assert run({**after, "settings": moved}, ["finance"])["reference_plans"].equals(kept)


MONEY = st.integers(-10**6, 10**6).map(lambda cents: cents / 100)


@settings(max_examples=15, deadline=None)
@given(lines=st.fixed_dictionaries(dict.fromkeys(
    ("Net sales", "Material", "Production variance", "Overtime premium", "Transfer freight", "Fixed expenses",
     "Depreciation"), MONEY)))
def test_what_is_kept_of_a_plan_adds_up_to_its_ebit(lines: dict[str, float]) -> None:
    tables = plan_in_money({PLAIN: {"Shipments": 1, **lines}})
    (kept,) = figures_of_plan(Compared(tables, SETTINGS))[list(FIGURES)].to_dict("records")
    costs = sum(value for name, value in kept.items() if name not in ("quantity", "unserved", "net_sales"))
    ebit = take(PLAN_COMPARISON, compared(tables, SETTINGS), "EBIT", SETTINGS.periods.labels).to_numpy(float)
    assert kept["net_sales"] - costs == pytest.approx(ebit.item(), abs=1e-6)
