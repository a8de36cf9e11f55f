"""The demo company split into three units and joined again: the group is the one company."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sopxl.build import build_units
from sopxl.consolidation.group_workbook import consolidate_workbook
from sopxl.consolidation.tables import GROUP_TABLES
from sopxl.demo.adventure_works import adventure_works
from sopxl.file_engine import open_book
from sopxl.grids import take
from sopxl.pipeline import run
from sopxl.schema import PlanGrid, Tables
from sopxl.settings import read_settings
from sopxl.tables import GRIDS
from sopxl.workbook.read import bind

pytestmark = pytest.mark.slow
ROUNDING = 1.0
"""Lines are translated to the cent, one by one: a line of the group may miss the company's by cents."""
SAME_IN_BOTH = (
    "Shipments", "Gross sales", "Net sales", "Cost of goods sold", "Gross margin", "Transfer freight",
    "Overtime premium", "Expedite cost", "Purchase price variance", "Operating expenses", "EBITDA", "Depreciation",
    "EBIT",
)


@pytest.fixture(scope="module")
def company() -> Tables:
    return run(adventure_works(plan_mode="requirements"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return build_units(tmp_path_factory.mktemp("units"))


@pytest.fixture(scope="module")
def group(files: list[Path]) -> Tables:
    with open_book(files[-1], read_only=True) as book:
        return bind(book, declared=GROUP_TABLES).frames()


def line(tables: Tables, grid: str, measure: str, part: str) -> np.ndarray:
    """T: one line of the group."""
    declared = GROUP_TABLES[grid]
    assert isinstance(declared, PlanGrid)
    labels = [name for name in tables[grid].columns if name[:1].isdigit()]
    return np.asarray(take(declared, tables[grid], measure, labels).loc[part].to_numpy(float))


@pytest.mark.parametrize("measure", SAME_IN_BOTH)
def test_the_group_plans_what_the_company_plans(company: Tables, group: Tables, measure: str) -> None:
    labels = read_settings(company["settings"]).periods.labels
    whole = take(GRIDS["financial_plan"], company["financial_plan"], measure, labels).to_numpy(float)[0]
    np.testing.assert_allclose(line(group, "group_plan", measure, "Group"), whole, atol=ROUNDING, rtol=0)


def test_stock_and_cash_of_the_group_are_the_companys(company: Tables, group: Tables) -> None:
    labels = read_settings(company["settings"]).periods.labels
    stock = take(GRIDS["financial_plan"], company["financial_plan"], "Stock value", labels).to_numpy(float)[0]
    np.testing.assert_allclose(line(group, "group_balance", "Stock", "Group"), stock, atol=ROUNDING, rtol=0)


def test_the_proof_and_the_balance_sheet_tie_to_the_cent(group: Tables) -> None:
    name = group["proof"]["group"].iloc[0]
    assert (line(group, "proof", "Largest difference", name) == 0).all()
    assert (line(group, "group_balance", "Difference", "Group") == 0).all()


def test_what_the_units_sell_to_one_another_is_what_they_buy(group: Tables) -> None:
    for pair in group["intercompany"]["pair"].unique():
        assert np.abs(line(group, "intercompany", "Difference in sales", pair)).max() <= 0.02
        assert np.abs(line(group, "intercompany", "Difference in debts", pair)).max() <= 0.05


def test_consolidating_again_changes_no_number_and_no_unit(files: list[Path], group: Tables) -> None:
    before = [file.read_bytes() for file in files[:-1]]
    report = consolidate_workbook(files[-1])
    assert report.done
    assert [file.read_bytes() for file in files[:-1]] == before
    with open_book(files[-1], read_only=True) as book:
        again = bind(book, declared=GROUP_TABLES).frames()
    earned, before_it = (line(tables, "group_plan", "EBIT", "Group") for tables in (again, group))
    np.testing.assert_array_equal(earned, before_it)
