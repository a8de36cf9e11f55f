"""What a run writes into a file: what differs and nothing else, whatever people did to cells that are not theirs."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from sopxl.file_engine import open_book
from sopxl.runner import run_file
from sopxl.workbook.template import build_workbook
from tests.cells import cell
from tests.small_company import SETTINGS, small_company

CHAIR = {"item": "CHAIR", "market": "North Shop"}
FORECAST = {**CHAIR, "measure": "Baseline forecast"}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company's workbook after two runs of all steps."""
    path = tmp_path_factory.mktemp("planned") / "small.xlsx"
    build_workbook(path, small_company(), SETTINGS, macros=False)
    assert run_file(path).done
    assert run_file(path).done
    return path


@pytest.fixture
def plan(planned: Path, tmp_path: Path) -> Path:
    """A planned workbook of the test's own."""
    return Path(shutil.copy(planned, tmp_path / "plan.xlsx"))


def sheets(path: Path) -> dict[str, bytes]:
    """Each sheet's part by its title."""
    with open_book(path, read_only=True) as book, zipfile.ZipFile(path) as package:
        return {sheet.name: package.read(sheet.api.part) for sheet in book.sheets}


def test_a_run_that_changes_no_number_leaves_the_sheets_of_the_plans_byte_for_byte(plan: Path) -> None:
    before = sheets(plan)
    assert run_file(plan).done
    after = sheets(plan)
    changed = {name for name in before if before[name] != after[name]}
    assert "Run log" in changed
    assert not changed & {"Sales plan", "Backlog plan", "Inventory plan", "Capacity plan", "Financial plan"}


def test_a_formula_that_was_typed_over_comes_back_even_where_its_value_is_the_same(plan: Path) -> None:
    with open_book(plan) as book:
        consensus = cell(book, "sales_plan", "2027-02", **CHAIR, measure="Consensus")
        formula, value = consensus.formula, consensus.value
        consensus.value = value
        book.save()
    assert run_file(plan, ["demand"]).done
    with open_book(plan, read_only=True) as book:
        consensus = cell(book, "sales_plan", "2027-02", **CHAIR, measure="Consensus")
        assert (consensus.formula, consensus.value) == (formula, value)


def test_a_result_that_was_turned_into_a_formula_is_a_number_again(plan: Path) -> None:
    with open_book(plan) as book:
        baseline = cell(book, "sales_plan", "2027-02", **CHAIR, measure="Baseline forecast")
        value = baseline.value
        baseline.api.set_formulas([["=1+1"]], [[value]])
        book.save()
    assert run_file(plan, ["demand"]).done
    with open_book(plan, read_only=True) as book:
        baseline = cell(book, "sales_plan", "2027-02", **CHAIR, measure="Baseline forecast")
        assert baseline.api.formulas == [[None]]
        assert baseline.value == value


def test_a_number_that_was_typed_over_a_result_is_put_right_and_its_neighbours_stay(plan: Path) -> None:
    with open_book(plan) as book:
        shown = [cell(book, "sales_plan", period, **FORECAST) for period in ("2027-02", "2027-03")]
        values = [one.value for one in shown]
        shown[0].value = 12345
        book.save()
    assert run_file(plan, ["demand"]).done
    with open_book(plan, read_only=True) as book:
        shown = [cell(book, "sales_plan", period, **FORECAST) for period in ("2027-02", "2027-03")]
        assert [one.value for one in shown] == values


def test_where_rows_move_a_typed_formula_stays_one_and_the_numbers_beside_it_stay_numbers(plan: Path) -> None:
    with open_book(plan) as book:
        cell(book, "sales_plan", "2027-03", **CHAIR, measure="Override").formula = "=10*4"
        cell(book, "sales_plan", "2027-04", **CHAIR, measure="Override").value = 7
        upper = cell(book, "sales_plan", "measure", item="TABLE", market="South Shop", measure="Baseline forecast")
        lower = cell(book, "sales_plan", "measure", item="TABLE", market="South Shop", measure="Consensus")
        upper.value, lower.value = "Consensus", "Baseline forecast"
        book.save()
    assert run_file(plan, ["demand"]).done
    with open_book(plan, read_only=True) as book:
        assert cell(book, "sales_plan", "2027-03", **CHAIR, measure="Override").formula == "=10*4"
        assert cell(book, "sales_plan", "2027-04", **CHAIR, measure="Override").value == 7.0
