"""The macros at work: run by pyOpenVBA's interpreter over its model of Excel, which knows tables and protection."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from pyopenvba.apps.excel import ExcelApplication  # type: ignore[import-untyped]

from sopxl.workbook.macros import BUTTONS
from sopxl.workbook.macros.sources import Module, own_modules

# Members of Excel that the interpreter does not have; their lines are left out here and not checked.
UNKNOWN_MEMBERS = (
    "Application.Cursor",
    "Application.OnTime",
    "sheet.EnableOutlining",
    "If table.ShowAutoFilter",
    "ActiveWindow.Scroll",
)
PLANNING = [each for each in BUTTONS if each.python_function]


def opened(path: Path, runner: Module, replaced: tuple[str, str] = ("", "")) -> Any:
    application = ExcelApplication.open(str(path), with_vba=False)
    for module in (runner, *own_modules()):
        if module.name != "SopxlRibbon":
            lines = ("" if line.strip().startswith(UNKNOWN_MEMBERS) else line for line in module.source.splitlines())
            application.add_module("\r\n".join(lines).replace(*replaced) + "\r\n", name=module.name)
    return application


@pytest.fixture
def excel(stubbed_workbook: Path, stub: Module) -> Any:
    return opened(stubbed_workbook, stub)


def hidden_rows(excel: Any) -> list[int]:
    return [row for row in range(1, 15) if excel.evaluate(f'Worksheets("Sales plan").Rows({row}).Hidden')]


@pytest.mark.parametrize("button", PLANNING, ids=lambda each: each.macro)
def test_each_planning_button_calls_its_function_with_the_plan_sheets_open(excel: Any, button: Any) -> None:
    excel.run(button.macro)
    home = excel.sheet("Home")
    assert home.value("A1") == f"import sopxl.buttons; sopxl.buttons.{button.python_function}()"
    assert home.value("A2") is False
    assert excel.evaluate('Worksheets("Sales plan").ProtectContents') is True


def test_the_plan_sheets_are_protected_again_with_the_same_options(excel: Any) -> None:
    excel.run("SopxlDemand")
    protection = 'Worksheets("Sales plan").Protection'
    assert excel.evaluate(f"{protection}.AllowSorting") is True
    assert excel.evaluate(f"{protection}.AllowFiltering") is True
    assert excel.evaluate(f"{protection}.AllowDeletingRows") is False


def test_a_sheet_that_was_not_protected_stays_so(excel: Any) -> None:
    excel.evaluate('Worksheets("Sales plan").Unprotect')
    excel.run("SopxlFinance")
    assert excel.evaluate('Worksheets("Sales plan").ProtectContents') is False
    assert excel.evaluate('Worksheets("Home").ProtectContents') is False


@pytest.mark.parametrize("body", ["RunPython = -1", "Err.Raise 1004"], ids=["python fails", "excel fails"])
def test_when_python_does_not_start_the_planner_is_told_and_the_sheets_are_closed(
    stubbed_workbook: Path, stub: Module, body: str
) -> None:
    failing = Module(stub.name, stub.kind, stub.source.replace("End Function", f"    {body}\r\nEnd Function"))
    excel = opened(stubbed_workbook, failing)
    excel.run("SopxlProduction")
    told = str(excel.dialogs[-1])
    assert "sopxl doctor" in told
    assert "the production plan" in told
    assert excel.evaluate('Worksheets("Sales plan").ProtectContents') is True
    excel.run("SopxlDemand")
    assert "still working" not in str(excel.dialogs[-1])


@pytest.mark.parametrize(("answer", "calls"), [(7, 1), (6, 2)], ids=["no", "yes"])
def test_a_press_while_a_step_runs_asks_before_it_starts_anew(
    stubbed_workbook: Path, stub: Module, answer: int, calls: int
) -> None:
    again = (
        '    With ThisWorkbook.Worksheets("Home").Range("A3")',
        "        .Value = .Value + 1",
        "        If .Value = 1 Then SopxlDemand",
        "    End With",
        "End Function",
    )
    excel = opened(
        stubbed_workbook, Module(stub.name, stub.kind, stub.source.replace("End Function", "\r\n".join(again)))
    )
    excel.answer_dialogs(answer)
    excel.run("SopxlDemand")
    assert "still working" in str(excel.dialogs[0])
    assert len(excel.dialogs) == 1
    assert excel.sheet("Home").value("A3") == calls
    assert excel.evaluate('Worksheets("Sales plan").ProtectContents') is True


def test_on_a_mac_the_sheets_stay_open_until_python_has_given_the_status_bar_back(
    stubbed_workbook: Path, stub: Module
) -> None:
    excel = opened(stubbed_workbook, stub, ("SopxlPythonRunsOn = False", "SopxlPythonRunsOn = True"))
    is_protected = 'Worksheets("Sales plan").ProtectContents'
    excel.run("SopxlDemand")
    excel.run("SopxlLookForPython")
    assert excel.evaluate(is_protected) is False
    excel.evaluate('Worksheets("Sales plan").Activate')
    excel.run("SopxlHideEmptyRows")
    assert excel.evaluate(is_protected) is False
    excel.add_module("Sub CleanUp()\n    Application.StatusBar = False\nEnd Sub\n", name="AfterPython")
    excel.run("CleanUp")
    excel.run("SopxlLookForPython")
    assert excel.evaluate(is_protected) is True


def test_empty_rows_are_hidden_and_shown_again(excel: Any) -> None:
    excel.evaluate('Worksheets("Sales plan").Activate')
    excel.run("SopxlHideEmptyRows")
    assert hidden_rows(excel) == [7, 8, 10]
    assert excel.evaluate('Worksheets("Sales plan").ProtectContents') is True
    excel.run("SopxlShowAllRows")
    assert hidden_rows(excel) == []


@pytest.mark.parametrize(
    ("today", "column"),
    [((2026, 5, 31), 8), ((2026, 12, 1), 15), ((2025, 7, 1), 4), ((2030, 1, 1), 15)],
    ids=["within", "last", "before the plan", "after the plan"],
)
def test_the_jump_goes_to_the_period_of_today(excel: Any, today: tuple[int, int, int], column: int) -> None:
    excel.freeze_clock(datetime.datetime(*today, 12))
    excel.evaluate('Worksheets("Sales plan").Activate')
    excel.run("SopxlJumpToCurrentPeriod")
    assert excel.evaluate("ActiveCell.Column") == column


@pytest.mark.parametrize("day", ["2026-01-01", "2024-12-30", "2027-01-03", "2020-12-31", "2026-11-22"])
def test_weeks_are_those_of_iso_8601(excel: Any, day: str) -> None:
    date = datetime.date.fromisoformat(day)
    year, week, _ = date.isocalendar()
    found = excel.run("PeriodOf", (date - datetime.date(1899, 12, 30)).days, "2026-W01")
    assert found == f"{year}-W{week:02}"


def test_a_sheet_without_periods_says_so(excel: Any) -> None:
    excel.evaluate('Worksheets("Home").Activate')
    excel.run("SopxlJumpToCurrentPeriod")
    assert "no table with periods" in str(excel.dialogs[-1])


def test_the_way_home_is_found_by_its_mark_even_when_the_sheet_is_renamed(excel: Any) -> None:
    excel.evaluate('Worksheets("Sales plan").Activate')
    mark = 'Worksheets("Start").Names.Add "sopxl_home", "=TRUE"'  # the interpreter drops names when it renames
    excel.add_module(f'Sub Rename()\n    Worksheets("Home").Name = "Start"\n    {mark}\nEnd Sub\n', name="Renaming")
    excel.run("Rename")
    excel.run("SopxlGoHome")
    assert excel.evaluate("ActiveSheet.Name") == "Start"
