"""The whole cycle on the demo company, judged as a controller would."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sopxl.demo.adventure_works import adventure_works
from sopxl.demo.source import read_source
from sopxl.grids import take
from sopxl.periods import Periods
from sopxl.pipeline import run
from sopxl.schema import PlanGrid, Tables
from sopxl.steps.finance.tables import CASH_FLOW, FINANCIAL_PLAN, PROFIT_AND_LOSS, STOCK_FLOWS
from sopxl.steps.supply.cost_roll_up import ELEMENTS

LABELS = Periods("month", "2014-06", 18).labels
MODES = ["requirements", "balance"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=MODES)
def plan(request: pytest.FixtureRequest) -> Tables:
    return run(adventure_works(plan_mode=request.param))


def line(plan: Tables, measure: str, grid: PlanGrid = FINANCIAL_PLAN) -> np.ndarray:
    return np.asarray(take(grid, plan[grid.name], measure, LABELS).to_numpy(float)[0])


def test_the_books_balance_to_the_cent(plan: Tables) -> None:
    np.testing.assert_allclose(line(plan, "Difference", CASH_FLOW), 0.0, atol=0.005)


def test_standard_costs_add_up_so_that_production_leaves_no_variance(plan: Tables) -> None:
    made = line(plan, "Production at standard", STOCK_FLOWS)
    assert np.abs(line(plan, "Production variance")).max() < 1e-3 * made.mean()


def test_the_next_year_grows_less_than_the_last_and_more_than_nothing(plan: Tables) -> None:
    growth = line(plan, "Net sales")[:12].sum() / line(plan, "Last year revenue")[:12].sum() - 1
    assert 0.0 < growth < 0.57


def test_last_years_revenue_in_the_plan_is_the_sources(plan: Tables) -> None:
    source = read_source().last_year["revenue"].sum()
    assert np.nansum(line(plan, "Last year revenue")) == pytest.approx(source, abs=0.01)


def test_web_sales_earn_about_42_percent_and_resellers_about_nothing(plan: Tables) -> None:
    sums: dict[str, pd.Series] = {}
    for measure in ("Gross margin", "Net sales"):
        rows = take(PROFIT_AND_LOSS, plan["profit_and_loss"], measure, LABELS)
        sums[measure] = rows.sum(axis=1).groupby(rows.index.get_level_values("market").str.split().str[-1]).sum()
    share = sums["Gross margin"] / sums["Net sales"]
    assert 0.38 < share["Online"] < 0.45
    assert -0.02 < share["Reseller"] < 0.05


def test_stock_never_falls_below_nothing_nor_rises_far_above_the_start(plan: Tables) -> None:
    value, under_way = line(plan, "Stock value"), line(plan, "In transit and in process", STOCK_FLOWS)
    assert (value > -0.01).all()
    assert (under_way > -0.01).all()
    assert value.max() < 1.2 * plan["stock_flows"]["opening_stock_value"].iloc[0]


def test_little_demand_ever_waits(plan: Tables) -> None:
    assert line(plan, "Backlog value").max() < 0.1 * line(plan, "Net sales").mean()


def test_every_exception_of_supply_names_a_move_and_overloads_name_their_orders(plan: Tables) -> None:
    told = plan["exceptions"]
    supply = told[told["step"].isin(["procurement", "production", "distribution"])]
    assert (supply["remedy"] != "").all()
    assert supply.loc[supply["kind"] == "Overload", "third_move"].str.contains("USD").all()
    orders = plan["overload_orders"]
    assert set(orders["resource"]) == set(supply.loc[supply["kind"] == "Overload", "resource"])
    assert (orders["serves"] != "").all()
    assert plan["plan_variants"]["variant"].tolist() == ["without limits", "planned", "difference"]


def test_late_demands_are_followed_down_to_their_parts(plan: Tables) -> None:
    late = plan["pegging"]
    waits = plan["exceptions"]["kind"].eq("Demand waits").any()
    assert bool(len(late)) == waits
    assert (late.loc[late["level"] == 0, "holds_up"] != "").all()


def test_the_elements_of_rolled_up_costs_add_up_and_differences_are_explained(plan: Tables) -> None:
    rows = plan["cost_roll_up"]
    assert len(rows) > 300
    assert (rows[list(ELEMENTS)].sum(axis=1) - rows["rolled_up"]).abs().max() < 1e-6
    assert (rows["by_source"] + rows["by_inputs"] - rows["difference"]).abs().max() < 1e-6
    told = rows["explanation"] != ""
    assert (told == ((rows["difference"].abs() > 0.005) | (rows["standard"] <= 0))).all()
