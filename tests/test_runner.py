"""Runs on closed workbooks: all results or none, and what people put into the book stays theirs."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sopxl.file_engine import open_book
from sopxl.grids import take
from sopxl.pipeline import STEP_NAMES
from sopxl.runner import check_file, run_book, run_file
from sopxl.tables import GRIDS, TABLES
from sopxl.workbook import home, horizon, write
from sopxl.workbook.formula_cells import WorkbookParts
from sopxl.workbook.read import bind
from sopxl.workbook.template import build_workbook
from tests.cells import cell
from tests.small_company import SETTINGS, small_company

WITHOUT_OBJECTS = {"expense_plan", "asset_plan", "project_pipeline", "project_load", "plan_with_and_without"}
"""Plan grids of which the small company has nothing to plan."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company's workbook with its inputs, before any run."""
    path = tmp_path_factory.mktemp("built") / "small.xlsx"
    build_workbook(path, small_company(), SETTINGS, macros=False)
    return path


@pytest.fixture(scope="module")
def planned(built: Path) -> Path:
    """The same after all steps."""
    path = built.with_name("planned.xlsx")
    assert run_file(built, output=path).done
    return path


@pytest.fixture
def plan(planned: Path, tmp_path: Path) -> Path:
    """A planned workbook of the test's own."""
    return Path(shutil.copy(planned, tmp_path / "plan.xlsx"))


def test_a_run_fills_every_plan_and_reads_back_as_it_was_computed(planned: Path) -> None:
    with open_book(planned, read_only=True) as book:
        frames = bind(book).frames()
    assert {name for name in GRIDS if frames[name].empty} == WITHOUT_OBJECTS
    for name in GRIDS.keys() - WITHOUT_OBJECTS:
        grid = GRIDS[name]
        assert frames[name].groupby(list(grid.key)).size().eq(len(grid.measures)).all()
    log = frames["run_log"]
    assert log.loc[0, "status"] == "Done"
    assert "Finance: net sales" in str(log.loc[0, "message"])


def test_a_second_run_on_the_same_inputs_changes_no_number(plan: Path) -> None:
    with open_book(plan, read_only=True) as book:
        before = bind(book).frames()
    assert run_file(plan).done
    with open_book(plan, read_only=True) as book:
        after = bind(book).frames()
    for name in GRIDS:
        periods = SETTINGS.periods.labels
        assert (before[name][periods].fillna(-1) == after[name][periods].fillna(-1)).all(axis=None), name


@pytest.fixture(scope="module")
def typed(planned: Path) -> Path:
    """The planned workbook after another run, in which people have typed what the next tests name."""
    path = Path(shutil.copy(planned, planned.with_name("typed.xlsx")))
    with open_book(path) as book:
        cell(book, "sales_plan", "2027-02", item="TABLE", market="South Shop", measure="Override").value = 55
        cell(book, "sales_plan", "2027-03", item="CHAIR", market="North Shop", measure="Override").formula = "=10*4"
        cell(book, "items", "name", item="CHAIR").value = '=HYPERLINK("http://example.org")'
        book.save()
    assert run_file(path).done
    return path


def test_an_override_becomes_the_consensus_and_moves_the_later_plans(typed: Path) -> None:
    with open_book(typed, read_only=True) as book:
        frames = bind(book).frames()
        formula = cell(book, "sales_plan", "2027-02", item="TABLE", market="South Shop", measure="Consensus").formula
    consensus = take(GRIDS["sales_plan"], frames["sales_plan"], "Consensus", ["2027-02"])
    assert consensus.loc[("TABLE", "South Shop"), "2027-02"] == 55
    assert formula.startswith("=IF(")
    demand = take(GRIDS["backlog_plan"], frames["backlog_plan"], "Demand", ["2027-02"])
    assert demand.loc[("TABLE", "South Shop"), "2027-02"] == 55


def test_a_later_step_alone_plans_for_an_override_that_nobody_has_calculated_yet(plan: Path) -> None:
    with open_book(plan) as book:
        cell(book, "sales_plan", "2027-02", item="TABLE", market="South Shop", measure="Override").value = 55
        book.save()
    assert run_file(plan, ("distribution",)).done
    with open_book(plan, read_only=True) as book:
        frames = bind(book).frames()
    demand = take(GRIDS["backlog_plan"], frames["backlog_plan"], "Demand", ["2027-02"])
    assert demand.loc[("TABLE", "South Shop"), "2027-02"] == 55


def test_rows_that_were_torn_apart_are_put_in_order_by_the_next_run_of_any_step(plan: Path) -> None:
    with open_book(plan) as book:
        upper = cell(book, "capacity_plan", "measure", resource="SHOP", measure="Required hours")
        lower = cell(book, "capacity_plan", "measure", resource="SHOP", measure="Planned hours")
        upper.value, lower.value = "Planned hours", "Required hours"
        cell(book, "sales_plan", "2027-02", item="TABLE", market="South Shop", measure="Override").value = 55
        book.save()
    assert run_file(plan, ("finance",)).done
    with open_book(plan, read_only=True) as book:
        for measure in ("Required hours", "Planned hours"):
            formula = cell(book, "capacity_plan", "2027-02", resource="SHOP", measure=measure).formula
            assert f"resource_load[Measure],\"{measure}\"" in formula


def test_a_formula_that_a_planner_typed_as_override_stays_a_formula(typed: Path) -> None:
    with open_book(typed, read_only=True) as book:
        kept = cell(book, "sales_plan", "2027-03", item="CHAIR", market="North Shop", measure="Override")
        assert kept.formula == "=10*4"


def test_a_name_that_looks_like_a_formula_stays_a_name_in_every_plan(typed: Path) -> None:
    with open_book(typed, read_only=True) as book:
        for name in ("sales_plan", "backlog_plan", "inventory_plan"):
            shown = cell(book, name, "name", item="CHAIR")
            assert shown.value == '=HYPERLINK("http://example.org")'
            assert shown.api.formulas == [[None]]


def test_errors_leave_the_file_byte_for_byte_and_name_the_cell(plan: Path) -> None:
    with open_book(plan) as book:
        cell(book, "bills_of_material", "quantity", parent="TABLE", component="LEG").value = "four"
        cell(book, "sourcing", "supplier", item="CHAIR").value = "SAETS"
        book.save()
    before = plan.read_bytes()
    report = run_file(plan)
    assert not report.done
    assert plan.read_bytes() == before
    told = {(finding.sheet, finding.cell): f"{finding.message} {finding.remedy}" for finding in report.findings}
    assert len(told) == 2
    by_sheet = {sheet: text for (sheet, _), text in told.items()}
    assert "'four' is not a number" in by_sheet["Bills of material"]
    assert "Did you mean 'SEATS'?" in by_sheet["Sourcing"]
    with open_book(plan, read_only=True) as book:
        for sheet, place in told:
            assert book.sheets[sheet].range(place).value in ("four", "SAETS")


def test_a_press_that_cannot_run_says_so_in_the_workbook_and_changes_no_plan(plan: Path) -> None:
    with open_book(plan) as book:
        cell(book, "sourcing", "price", item="CHAIR").value = -5
        before = bind(book).frames()
        report = run_book(book, ("procurement",), "button")
        after = bind(book).frames()
        assert not report.done
        assert "Nothing was changed" in book.names["message_run"].refers_to_range.value
        assert "see Findings" in book.names["status_procurement"].refers_to_range.value
    assert after["findings"].loc[0, "sheet"] == "Sourcing"
    assert str(after["run_log"].loc[0, "status"]).startswith("Stopped")
    for name in GRIDS:
        assert before[name].equals(after[name])


def test_checking_changes_nothing(plan: Path) -> None:
    before = plan.read_bytes()
    assert check_file(plan).done
    assert plan.read_bytes() == before


def _edit(path: Path, sheet: str, change: str) -> None:
    """Restructure a workbook as a planner would in Excel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # openpyxl tells of the extensions that it drops
        book = load_workbook(path)
    worksheet = book[sheet]
    if change == "rename":
        worksheet.title = "Umbenannt"
    elif change == "delete":
        book.remove(worksheet)
    elif change.startswith("head "):
        table = next(iter(worksheet.tables.values()))
        old, new = change.removeprefix("head ").split(" as ")
        for column, header in zip(table.tableColumns, worksheet[table.ref][0], strict=True):
            if header.value == old:
                header.value = column.name = new
    book.save(path)


def test_a_renamed_sheet_is_found_by_its_table(plan: Path) -> None:
    _edit(plan, "Sourcing", "rename")
    assert check_file(plan).done


def test_a_missing_sheet_and_a_renamed_column_are_told_with_the_way_back(plan: Path) -> None:
    _edit(plan, "Lanes", "delete")
    _edit(plan, "Sourcing", "head Supplier as Vendor")
    report = check_file(plan)
    text = "\n".join(f"{finding.sheet}: {finding.message} {finding.remedy}" for finding in report.findings)
    assert "The table 'lanes' is missing" in text
    assert "Sourcing: The column 'Supplier' is missing or renamed." in text
    assert not report.done


def test_columns_that_people_add_are_kept_beside_their_rows(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.xlsx"
    shutil.copy(built, path)
    assert run_file(path, ("demand",)).done
    with open_book(path) as book:
        excel = bind(book, ["sales_plan"]).tables["sales_plan"].excel
        area = excel.range
        grown = area.sheet.range((area.row, area.column), (area.last_cell.row, area.last_cell.column + 1))
        excel.resize(grown)
        excel.api.rename_columns([*excel.api.headers[:-1], "Remark"])
        bound = bind(book, ["sales_plan"]).tables["sales_plan"]
        row = bound.cells.index[(bound.cells["item"] == "TABLE") & (bound.cells["measure"] == "Override")][0]
        area.sheet.range((area.row + 1 + int(row), area.last_cell.column + 1)).value = "ask Oslo"
        items = bind(book, ["items"]).tables["items"]
        cell(book, "items", "status", item="CHAIR").value = "ended"
        assert items.sheet
        book.save()
    assert run_file(path).done
    with open_book(path, read_only=True) as book:
        bound = bind(book, ["sales_plan"]).tables["sales_plan"]
        remark = bound.excel.range.sheet.range((bound.header_row + 1, bound.first_column + bound.width - 1),
                                               (bound.header_row + bound.height, bound.first_column + bound.width - 1))
        keys = list(zip(bound.cells["item"], bound.cells["measure"], strict=True))
        said = [key for key, value in zip(keys, remark.options(ndim=1).value, strict=True) if value == "ask Oslo"]
    assert said == [("TABLE", "Override")]


def test_a_shorter_horizon_behind_own_columns_is_told_before_anything_is_written(plan: Path) -> None:
    with open_book(plan) as book:
        excel = bind(book, ["capacity_plan"]).tables["capacity_plan"].excel
        area = excel.range
        excel.resize(area.sheet.range((area.row, area.column), (area.last_cell.row, area.last_cell.column + 1)))
        cell(book, "settings", "value", setting="Horizon").value = "3"
        book.save()
    before = plan.read_bytes()
    report = run_file(plan)
    assert not report.done
    assert plan.read_bytes() == before
    assert [finding.sheet for finding in report.findings] == ["Capacity plan"]
    assert "your own columns right of them" in report.findings[0].message


@pytest.mark.parametrize(("step", "setting", "value"), [
    ("finance", "First period", "2027-02"), ("finance", "Horizon", 7), ("demand", "First period", "2027-02"),
    pytest.param("demand", "Horizon", 7, marks=pytest.mark.slow),
    pytest.param("finance", "Horizon", 3, marks=pytest.mark.slow),
    pytest.param("procurement", "First period", "2026-11", marks=pytest.mark.slow),
    pytest.param("production", "First period", "2027-09", marks=pytest.mark.slow),
    pytest.param("distribution", "Horizon", 7, marks=pytest.mark.slow),
])
def test_each_step_runs_alone_after_first_period_or_horizon_changed(
    plan: Path, step: str, setting: str, value: str | int
) -> None:
    with open_book(plan) as book:
        before = bind(book).frames()
        cell(book, "settings", "value", setting=setting).value = value
        book.save()
    assert run_file(plan, (step,)).done
    with open_book(plan, read_only=True) as book:
        bound = bind(book)
        after, periods = bound.frames(), [bound.tables[name].periods for name in GRIDS]
    first, horizon_now = (value, SETTINGS.horizon) if setting == "First period" else (SETTINGS.first_period, value)
    wanted = replace(SETTINGS, first_period=str(first), horizon=int(horizon_now)).periods.labels
    assert all(found == wanted for found in periods)
    still = [label for label in SETTINGS.periods.labels if label in wanted]
    other = GRIDS["inventory_plan" if step in ("finance", "demand") else "sales_plan"]
    for measure in other.owned_by("result"):
        old, new = (take(other, tables[other.name], measure.name, still) for tables in (before, after))
        assert new.equals(old)


def test_a_grid_without_objects_adds_up_nothing(planned: Path) -> None:
    titles = {GRIDS[name].title for name in WITHOUT_OBJECTS}
    found = [one for one in WorkbookParts(planned).formula_cells() if one.sheet in titles and one.row >= 6]
    assert not found


def test_the_plan_rolls_forward_when_the_first_period_moves_on(plan: Path) -> None:
    with open_book(plan) as book:
        cell(book, "sales_plan", "2027-03", item="TABLE", market="South Shop", measure="Override").value = 33
        cell(book, "settings", "value", setting="First period").value = "2027-02"
        cell(book, "settings", "value", setting="Horizon").value = "5"
        book.save()
    assert run_file(plan).done
    rolled = replace(SETTINGS, first_period="2027-02", horizon=5).periods.labels
    with open_book(plan, read_only=True) as book:
        bound = bind(book)
        for name in GRIDS:
            assert bound.tables[name].periods == rolled, name
        frames = bound.frames()
    override = take(GRIDS["sales_plan"], frames["sales_plan"], "Override", rolled)
    assert override.loc[("TABLE", "South Shop"), "2027-03"] == 33
    assert override.notna().to_numpy().sum() == 1


def test_every_declared_table_is_in_the_workbook(built: Path) -> None:
    with open_book(built, read_only=True) as book:
        bound = bind(book)
    assert set(bound.tables) == set(TABLES)
    assert bound.findings == []


def test_a_running_spreadsheet_program_is_given_the_same_cells(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no Excel here: the file engine stands in for it, with the ways of the program that it shares."""
    for module in (write, home, horizon):
        monkeypatch.setattr(module, "is_file_book", lambda book: False)
    with open_book(plan) as book:
        before = {name: bound.excel.range.formula for name, bound in bind(book).tables.items()}
        cell(book, "sales_plan", "2027-03", item="CHAIR", market="North Shop", measure="Override").formula = "=10*4"
        assert run_book(book, STEP_NAMES, "button").done
        after = {name: bound.excel.range.formula for name, bound in bind(book).tables.items()}
        assert book.names["status_finance"].refers_to_range.value == "Done"
        kept = cell(book, "sales_plan", "2027-03", item="CHAIR", market="North Shop", measure="Override")
        assert kept.formula == "=10*4"
    for name in ("resource_load", "capacity_plan", "financial_plan", "key_figures"):
        assert [row[:5] for row in before[name]] == [row[:5] for row in after[name]], name
        formulas = [[str(text) for text in row if str(text).startswith("=")] for row in before[name]]
        assert formulas == [[str(text) for text in row if str(text).startswith("=")] for row in after[name]], name
