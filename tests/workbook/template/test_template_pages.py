"""Home, macros, code names, and that the same plan always gives the same file."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sopxl.pipeline import STEPS
from sopxl.schema import Tables
from sopxl.tables import GRIDS, TABLES
from sopxl.workbook.first_days import first_day
from sopxl.workbook.macros.buttons import BUTTONS
from sopxl.workbook.template import build_workbook
from sopxl.workbook.template.book import PAGES
from sopxl.workbook.template.highlights import HIGHLIGHTS
from sopxl.workbook.template.review import LINES
from tests.small_company import SETTINGS
from tests.workbook.template.conftest import opened, part_of_sheet, parts


def test_the_cells_that_a_run_fills_are_named(formulas: Workbook) -> None:
    names = formulas.defined_names
    for step in STEPS:
        for kind in ("status", "last_run", "findings"):
            assert re.fullmatch(r"'Home'!\$[A-Z]\$\d+", names[f"{kind}_{step.name}"].attr_text)
    assert {"status_run", "message_run", "current_period"} <= set(names)
    assert "sopxl_home" in formulas["Home"].defined_names
    cells = [names[f"status_{step.name}"].attr_text for step in STEPS]
    assert len(set(cells)) == len(STEPS)


def test_home_leads_to_every_sheet_and_every_sheet_back(formulas: Workbook) -> None:
    cells = [cell for row in formulas["Home"].iter_rows() for cell in row]
    targets = {cell.hyperlink.location for cell in cells if cell.hyperlink}
    for title in formulas.sheetnames[1:]:
        assert f"'{title}'!A1" in targets
        back = formulas[title]["A3"]
        assert back.hyperlink is not None
        assert back.hyperlink.location == "'Home'!A1"


def test_home_has_a_button_for_every_step_and_one_for_all(planned_with_macros: Path) -> None:
    drawings = b"".join(text for name, text in parts(planned_with_macros).items() if name.endswith(".vml")).decode()
    pressed = set(re.findall(r"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", drawings))
    assert pressed <= {button.macro for button in BUTTONS}
    assert {f"Sopxl{step.title}" for step in STEPS} | {"SopxlRunAll", "SopxlCheck"} <= pressed


def test_without_macros_home_shows_the_command_instead(formulas: Workbook, planned: Path) -> None:
    shown = [cell.value for row in formulas["Home"].iter_rows() for cell in row]
    assert "sopxl run … --steps demand" in shown
    assert not any("vbaProject" in name for name in parts(planned))


def test_every_sheet_has_the_code_name_that_the_macros_know(planned_with_macros: Path) -> None:
    found = parts(planned_with_macros)
    names = []
    for number in range(1, len(TABLES) + len(PAGES) + 1):
        text = found[f"xl/worksheets/sheet{number}.xml"].decode()
        names += re.findall(r'<sheetPr codeName="(\w+)"', text)
    pages = ["Home", "Dashboard", "executive_review", "demand_review", "why_this_forecast", "capacity_review",
             "job_chart", "profit_review", "strategy_review"]
    assert names == [f"Sheet_{name}" for name in (*pages, *TABLES)]
    assert b'codeName="ThisWorkbook"' in found["xl/workbook.xml"]
    assert "xl/vbaProject.bin" in found
    assert any(name.startswith("customUI") for name in found)


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm"])
def test_the_same_plan_gives_the_same_bytes(
    suffix: str, tmp_path: Path, plan_tables: Tables, request: pytest.FixtureRequest
) -> None:
    first = request.getfixturevalue("planned" if suffix == ".xlsx" else "planned_with_macros")
    second = tmp_path / f"again{suffix}"
    build_workbook(second, plan_tables, SETTINGS, macros=suffix == ".xlsm")
    assert first.read_bytes() == second.read_bytes()


def test_a_file_whose_suffix_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"plan\.xlsx should end in \.xlsm"):
        build_workbook(tmp_path / "plan.xlsx", {}, SETTINGS)


def test_highlights_and_review_lines_name_measures_that_exist() -> None:
    for rule in HIGHLIGHTS:
        GRIDS[rule.grid].measure(rule.measure)
    for grid, measure in LINES:
        GRIDS[grid].measure(measure)


def test_highlights_reach_beyond_the_table_so_that_new_rows_are_lit_too(formulas: Workbook) -> None:
    sheet = formulas["Capacity plan"]
    last = sheet.tables["capacity_plan"].ref.split(":")[1]
    areas = sheet.conditional_formatting
    lit = [area.sqref for area in areas if any('"Planned load"' in rule.formula[0] for rule in area.rules)]
    assert lit
    assert max(cells.max_row for area in lit for cells in area.ranges) > int(re.sub(r"\D", "", last)) + 1000


def test_charts_draw_the_rows_that_they_name(planned: Path, formulas: Workbook) -> None:
    charts = [text.decode() for name, text in parts(planned).items() if name.startswith("xl/charts/chart")]
    assert len(charts) >= 6
    for chart in charts:
        for series in re.findall(r"<c:ser>.*?</c:ser>", chart, re.S):
            named = re.findall(r"<c:tx><c:v>([^<]+)</c:v>|<c:tx>.*?<c:v>([^<]+)</c:v>", series)
            title, row = re.findall(r"<c:val><c:numRef><c:f>'([^']+)'!\$[A-Z]+\$(\d+):", series)[0]
            if title in PAGES:
                continue
            assert _measure(formulas[title], int(row)) in {text for pair in named for text in pair}


def _measure(sheet: Worksheet, row: int) -> str:
    table = next(iter(sheet.tables.values()))
    head = next(cell for cell in sheet[table.ref][0] if cell.value == "Measure")
    return str(sheet.cell(row, head.column).value)


def test_every_page_prints_on_one_sheet_of_paper(formulas: Workbook) -> None:
    for title in PAGES:
        setup = formulas[title].page_setup
        assert (int(setup.fitToWidth or 1), int(setup.fitToHeight or 1)) == (1, 1)


def test_over_each_period_stands_its_first_day(formulas: Workbook, planned: Path) -> None:
    shown = opened(planned, data_only=True)["Sales plan"]
    row = formulas["Sales plan"].tables["sales_plan"].ref
    columns = {cell.value: cell.column for cell in shown[row][0]}
    assert shown.cell(4, columns["2027-02"]).value.date() == date(2027, 2, 1)
    assert first_day("2027-02") == (date(2027, 2, 1) - date(1899, 12, 30)).days


def test_a_company_name_with_an_ampersand_prints_as_it_is(planned: Path) -> None:
    assert "&amp;LSmall &amp;&amp; Co" in part_of_sheet(planned, "Home")


def test_a_plan_of_a_year_in_weeks_prints_on_as_many_pages_abreast_as_can_be_read(tmp_path: Path) -> None:
    settings = replace(SETTINGS, bucket="week", first_period="2026-W50", horizon=52)
    path = tmp_path / "weeks.xlsx"
    build_workbook(path, {}, settings, macros=False)
    assert int(opened(path)["Sales plan"].page_setup.fitToWidth) == 3
