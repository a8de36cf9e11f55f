"""Projects and initiatives in a workbook: one cell moves or switches them, and the file says what LibreOffice says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sopxl.file_engine import open_book
from sopxl.runner import plan_workbook, run_file
from sopxl.workbook.read import bind
from tests.libreoffice_agreement import assert_agrees
from tests.steps.strategy.strategy_company import HALF_YEAR, HOURS, PROJECT, SHIFT, STAGES, company


def type_in(path: Path, table: str, column: str, value: object) -> None:
    """Type into the first row of a table."""
    with open_book(path) as book:
        bound = bind(book, [table]).tables[table]
        bound.excel.range.sheet.range(bound.address(0, column)).value = value
        book.save()


@pytest.mark.slow
def test_a_slip_and_a_switch_are_one_cell_each(tmp_path: Path) -> None:
    settings = replace(HALF_YEAR, project_basis="expected", compare_initiatives=True)
    path = tmp_path / "plan.xlsx"
    tables = company(settings, development_projects=[PROJECT], project_stages=STAGES, project_resources=HOURS,
                     project_pools=[{"pool": "Engineers", "hours_per_period": 80.0}], initiatives=[SHIFT],
                     initiative_effects=[{"initiative": "SHIFT", "effect": "capacity hours", "resource": "SHOP",
                                          "amount": 40.0}])
    assert plan_workbook(path, tables).done
    for table, column, value in (("development_projects", "slip", 1), ("initiatives", "switched_on", "no")):
        type_in(path, table, column, value)
    assert run_file(path).done
    with open_book(path, read_only=True) as book:
        found = bind(book).frames()
    assert found["project_review"]["launch_period"].tolist() == ["2027-04"]
    assert found["initiative_review"]["in_plan"].tolist() == [0.0]
    assert found["launches"].empty
    assert len(found["project_pipeline"])
    assert len(found["plan_with_and_without"])
    assert_agrees(path)
