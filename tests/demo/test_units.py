"""The demo company split into three units: together they plan what the one company plans."""

from __future__ import annotations

import pandas as pd
import pytest

from sopxl.demo import assumptions
from sopxl.demo.adventure_works import adventure_works
from sopxl.demo.units import INTERCOMPANY, PLANT_UNIT, SALES_UNITS, UNITS, Unit, planned_units
from sopxl.grids import take
from sopxl.pipeline import run
from sopxl.plan_checks import check_plan
from sopxl.schema import Tables
from sopxl.settings import read_settings
from sopxl.tables import GRIDS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def company() -> Tables:
    return run(adventure_works(plan_mode="requirements"))


@pytest.fixture(scope="module")
def units(company: Tables) -> dict[str, Tables]:
    return planned_units(company)


def values(tables: Tables, grid: str, measure: str) -> pd.DataFrame:
    """A measure of a grid by its key, empty cells as nought."""
    labels = read_settings(tables["settings"]).periods.labels
    return take(GRIDS[grid], tables[grid], measure, labels).fillna(0.0)


def together(units: dict[str, Tables], grid: str, measure: str, by: str | list[str]) -> pd.DataFrame:
    """A measure of all units, what they sell to one another left out, added up."""
    every = pd.concat([values(tables, grid, measure) for tables in units.values()])
    if "market" in every.index.names:
        every = every[~every.index.get_level_values("market").str.startswith(INTERCOMPANY)]
    return every.groupby(level=by).sum()


@pytest.mark.parametrize(("grid", "measure", "by"), [
    ("backlog_plan", "Demand", ["item", "market"]), ("backlog_plan", "Shipments", ["item", "market"]),
    ("distribution_plan", "Planned shipments", ["item", "to_location"]),
    ("production_plan", "Planned production", ["item", "location"]), ("capacity_plan", "Planned hours", "resource"),
])
def test_the_units_plan_what_the_company_plans(
    company: Tables, units: dict[str, Tables], grid: str, measure: str, by: list[str]
) -> None:
    whole = values(company, grid, measure).groupby(level=by).sum()
    parts = together(units, grid, measure, by)
    pd.testing.assert_frame_equal(parts[parts.any(axis=1)], whole[whole.any(axis=1)], rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("unit", SALES_UNITS, ids=lambda unit: unit.group)
def test_the_plant_sells_in_each_period_what_the_sales_company_buys(units: dict[str, Tables], unit: Unit) -> None:
    bought = values(units[unit.name], "procurement_plan", "Planned receipts").groupby(level="item").sum()
    sold = values(units[PLANT_UNIT.name], "backlog_plan", "Shipments").reset_index("market")
    sold = sold[sold.pop("market") == f"{INTERCOMPANY} {unit.group}"].reindex(bought.index).fillna(0.0)
    pd.testing.assert_frame_equal(sold, bought, rtol=1e-9, atol=1e-6)


def test_every_unit_is_a_plan_without_errors_in_its_own_currency(units: dict[str, Tables]) -> None:
    for unit in UNITS:
        settings = read_settings(units[unit.name]["settings"])
        assert (settings.company, settings.currency) == (unit.name, unit.currency)
        findings = check_plan(units[unit.name], settings)
        assert [finding.message for finding in findings if finding.severity == "error"] == []


def test_the_units_earn_what_the_company_earns_but_for_the_profit_in_their_stock(
    company: Tables, units: dict[str, Tables]
) -> None:
    rates = company["exchange_rates"].set_index("currency")["average_rate"]
    plans = {unit: values(units[unit.name], "financial_plan", "EBIT").iloc[0] * rates[unit.currency] for unit in UNITS}
    stock = {unit: values(units[unit.name], "financial_plan", "Change in stock").iloc[0] * rates[unit.currency]
             for unit in SALES_UNITS}
    marked_up = sum(stock.values()) * (assumptions.INTERCOMPANY_MARKUP / (1 + assumptions.INTERCOMPANY_MARKUP))
    whole = values(company, "financial_plan", "EBIT").iloc[0]
    pd.testing.assert_series_equal(sum(plans.values()) - marked_up, whole, atol=0.005, rtol=0.0, check_names=False)
