from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from sopxl.workbook import recalculate as module
from sopxl.workbook.formula_cells import WorkbookParts
from sopxl.workbook.libreoffice import recalculated_values_of_all
from sopxl.workbook.recalculate import Dependents, dependents, known_functions, recalculate
from sopxl.workbook.template.book import PAGES
from tests.libreoffice_agreement import needs_libreoffice

STALE = -1
HEADINGS = ["Item", "Market", "Family", "Measure", "2026-01", "2026-02", "My own"]

# The planner's own formulas on the sheet 'Mine' (the plan stands in B2:H4 of 'Sales plan', 10 and 20 in F3:G3).
DEPEND = {
    "A1": ("='Sales plan'!F3*2", 20),
    "A2": ("=A1+1", 21),
    "A3": ("=SUM(sales_plan[2026-02])", 60),
    "A4": ("=january", 50),
    "A5": ("=SUM('Sales plan'!G:G)", 60),
    "A6": ("=Passed_on!B1", 22),
    "A7": ("=IF('SALES PLAN'!F3=10,\"\",\"x\")", ""),
    "A8": ("='Sales plan'!F3>5", True),
}
LEFT_ALONE = {
    "B1": "=_xlfn.XLOOKUP(\"Bike\",sales_plan[Item],sales_plan[2026-01])",
    "B2": "=IFERROR(B1,0)",
    "B3": "=Vendor.Addin(sales_plan[2026-01])",
    "B4": "=TEXT('Sales plan'!F3,\"0.0\")",
    "B5": "='Sales plan'!F3+[1]Other!A1",
}
UNTOUCHED = {"C1": "=SUM(D1:D3)", "C2": "=sales_plan[[#Headers],[My own]]", "C3": "='Sales plan'!H3"}
POSSIBLE = {"E1": "=INDIRECT(\"A\"&1)"}


def _plan(path: Path, formulas: dict[str, tuple[str, Any]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        plan, mine, passed = (book.add_worksheet(name) for name in ("Sales plan", "Mine", "Passed_on"))
        rows = [["Bike", "North", "Bikes", "Consensus", 10, 20], ["Car", "North", "Cars", "Consensus", 40, 40]]
        plan.add_table("B2:H4", {
            "name": "sales_plan", "data": rows, "columns": [{"header": heading} for heading in HEADINGS],
        })
        plan.write_formula("G3", "=F3*2", None, 20)
        plan.write_formula("H4", "=F4+1", None, STALE)
        plan.write_formula("J3", "=F3+3", None, STALE)
        book.define_name("january", "='Sales plan'!$F$3:$F$4")
        mine.write_column("D1", [1, 2, 3])
        passed.write_formula("B1", "=Mine!A2+1", None, STALE)
        for cell, (formula, value) in formulas.items():
            if formula == "=january":
                formula = "=SUM(january)"
            mine.write_formula(cell, formula, None, value)
    return path


def _stale(*groups: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    formulas = {cell: formula for group in groups for cell, formula in group.items()}
    return {
        cell: (formula if isinstance(formula, str) else formula[0], "old" if cell == "A7" else STALE)
        for cell, formula in formulas.items()
    }


def _held(path: Path) -> dict[str, Any]:
    return {f"{cell.sheet}!{cell.cell}": cell.value for cell in WorkbookParts(path).formula_cells()}


def test_own_formulas_that_depend_on_a_written_table_are_found_however_they_refer_to_it(tmp_path: Path) -> None:
    path = _plan(tmp_path / "plan.xlsx", _stale(DEPEND, LEFT_ALONE, UNTOUCHED, POSSIBLE))
    found = dependents(path, {"sales_plan"})
    expected = {("Mine", cell) for cell in (*DEPEND, *LEFT_ALONE)}
    beside_the_plan = {("Sales plan", "H4"), ("Sales plan", "J3"), ("Passed_on", "B1")}
    assert set(found.certain) == expected | beside_the_plan
    assert set(found.possible) == {("Mine", "E1")}
    assert found.sentence == (
        "16 formulas of your own depend on what was written; 1 more may."
        " They show their old values until Excel calculates them, on opening the workbook."
    )


def test_sopxls_own_formulas_are_not_counted_but_pass_the_dependence_on(tmp_path: Path) -> None:
    path = _plan(tmp_path / "plan.xlsx", {"A1": ("=sales_plan[[#Totals],[2026-02]]", 0), "A2": ("='Sales plan'!G3", 0)})
    found = dependents(path, {"'Sales plan'!$F$3"})
    assert ("Sales plan", "G3") not in found.certain
    assert ("Mine", "A2") in found.certain


def test_a_table_that_was_not_written_makes_nothing_stale(tmp_path: Path) -> None:
    path = _plan(tmp_path / "plan.xlsx", _stale(DEPEND, UNTOUCHED))
    assert dependents(path, {"inventory_plan"}) == Dependents()
    assert dependents(path, {"inventory_plan"}).sentence == ""
    assert recalculate(path, {"inventory_plan"}).sentence == "No formula of your own had to be recalculated."


@needs_libreoffice
def test_only_stale_formulas_that_libreoffice_understands_get_its_values(tmp_path: Path) -> None:
    path = _plan(tmp_path / "plan.xlsx", _stale(DEPEND, LEFT_ALONE) | {"C1": ("=SUM(D1:D3)", 6)})
    before = _parts(path)
    report = recalculate(path, {"sales_plan"})
    held = _held(path)
    for cell, (formula, value) in DEPEND.items():
        assert held[f"Mine!{cell}"] == value, formula
    assert held["Sales plan!H4"] == 41
    assert [held[f"Mine!{cell}"] for cell in LEFT_ALONE] == [STALE] * len(LEFT_ALONE)
    assert set(report.left_alone) == {("Mine", cell) for cell in LEFT_ALONE}
    assert report.left_alone["Mine", "B1"] == "LibreOffice does not know, or not as Excel does: XLOOKUP"
    assert report.left_alone["Mine", "B2"].startswith("it depends on a formula that LibreOffice does not calculate")
    assert report.left_alone["Mine", "B5"] == "it reads another workbook"
    assert report.sentence.startswith("LibreOffice gave 11 formulas of your own a new value, 5 were left alone")
    after = _parts(path)
    assert {name for name in before if before[name] != after.get(name)} <= {
        f"xl/worksheets/sheet{number}.xml" for number in (1, 2, 3)
    } | {"xl/workbook.xml"}


@needs_libreoffice
def test_a_second_recalculation_finds_everything_right_and_does_not_save(tmp_path: Path) -> None:
    path = _plan(tmp_path / "plan.xlsx", _stale(DEPEND))
    recalculate(path, {"sales_plan"})
    saved = path.stat().st_mtime_ns
    report = recalculate(path, {"sales_plan"})
    assert report.changed == []
    assert len(report.unchanged) == len(DEPEND) + 3
    assert path.stat().st_mtime_ns == saved


@needs_libreoffice
def test_a_formula_that_libreoffice_calculates_differently_without_cause_taints_what_reads_it(tmp_path: Path) -> None:
    formulas = {"A1": ("=SUM(D1:D3)", 7), "A2": ("=A1+'Sales plan'!F3", STALE), "A3": ("='Sales plan'!F3", STALE)}
    path = _plan(tmp_path / "plan.xlsx", formulas)
    report = recalculate(path, {"sales_plan"})
    assert ("Mine", "A2") in report.left_alone
    assert _held(path)["Mine!A2"] == STALE
    assert _held(path)["Mine!A3"] == 10


@needs_libreoffice
def test_indirect_is_trusted_only_where_everything_else_in_the_workbook_is(tmp_path: Path) -> None:
    clean = _plan(tmp_path / "clean.xlsx", {"A2": ("='Sales plan'!F3", 10), "E1": ('=INDIRECT("A"&2)', STALE)})
    assert ("Mine", "E1") in recalculate(clean, {"sales_plan"}).changed
    assert _held(clean)["Mine!E1"] == 10
    tainted = _plan(tmp_path / "tainted.xlsx", _stale(POSSIBLE, {"B3": LEFT_ALONE["B3"]}))
    assert ("Mine", "E1") in recalculate(tainted, {"sales_plan"}).left_alone


@pytest.mark.slow
@needs_libreoffice
def test_libreoffice_knows_every_function_on_the_list(tmp_path: Path) -> None:
    names = sorted(known_functions())
    path = tmp_path / "functions.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("All")
        for row, name in enumerate(names):
            sheet.write_formula(row, 0, f"={name}(1)", None, 0)
            sheet.write_formula(row, 1, f"=_xlfn.{name}(1)", None, 0)
    values = recalculated_values_of_all([path])[0]
    unknown = [
        name for row, name in enumerate(names, 1)
        if values["All", f"A{row}"] == "#NAME?" and values["All", f"B{row}"] == "#NAME?"
    ]
    assert unknown == []
    assert {"XLOOKUP", "LET", "FILTER", "UNIQUE", "RAND", "TEXT"}.isdisjoint(names)


def test_the_lines_above_a_table_are_the_templates_on_its_own_sheet_only(tmp_path: Path) -> None:
    found = []
    for code_name in ("Sheet_sales_plan", "Sheet1"):
        path = tmp_path / f"{code_name}.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Plan")
            sheet.set_vba_name(code_name)
            sheet.add_table("B4:C6", {"name": "sales_plan", "columns": [{"header": "Item"}, {"header": "2026-01"}]})
            sheet.write_formula("C2", "=SUM(sales_plan[2026-01])", None, 0)
            sheet.write_formula("C9", "=SUM(sales_plan[2026-01])", None, 0)
        found.append({cell for _, cell in dependents(path, {"sales_plan"}).certain})
    assert found == [{"C9"}, {"C2", "C9"}]


def test_the_pages_of_sopxl_are_known_by_their_code_names_even_when_renamed() -> None:
    assert module._is_own_page("Start", "Sheet_home")
    assert all(module._is_own_page(page, "") for page in PAGES)
    assert not module._is_own_page("Sales plan", "Sheet_sales_plan")
    assert not module._is_own_page("Mine", "Sheet1")


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}
