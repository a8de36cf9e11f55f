from __future__ import annotations

import re
from pathlib import Path

import pytest

from sopxl.file_engine import open_book
from sopxl.file_engine.addresses import LAST_COLUMN, LAST_ROW, Rectangle
from sopxl.file_engine.errors import FileEngineError
from sopxl.workbook.formula_cells import TableRange, WorkbookParts
from sopxl.workbook.references import Reader

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "workbooks"
PLAN = TableRange("sales_plan", "Sales plan", Rectangle(4, 2, 100, 4), ("Item", "2026-12", "a [x]"), 1, 1)
READER = Reader(
    ["Stock", "Sales plan", "It's", "2026"],
    [PLAN],
    [
        ("opening", "", "Stock!$A$1:$A$5"),
        ("relative", "", "Stock!A1"),
        ("columns", "", "Stock!$A:$B"),
        ("here", "Stock", "sales_plan[Item]"),
        ("loop", "", "loop+1"),
        ("moving", "", "OFFSET(Stock!$A$1,1,0)"),
    ],
)


def _areas(formula: str, row: int = 7) -> set[str]:
    return {f"{sheet}!{block.address}" for sheet, block in READER.read(formula, "Stock", row).areas}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("A1+$B$2", {"Stock!A1", "Stock!B2"}),
        ("SUM('It''s'!A1:B2)", {"It's!A1:B2"}),
        ("SUM('2026'!A1,STOCK!c3)", {"2026!A1", "Stock!C3"}),
        ("Stock!$3:$5", {f"Stock!A3:{Rectangle(5, LAST_COLUMN, 5, LAST_COLUMN).address[:-1]}5"}),
        ("SUM(A:A)", {f"Stock!A1:A{LAST_ROW}"}),
        ("opening", {"Stock!A1:A5"}),
        ("columns", {f"Stock!A1:B{LAST_ROW}"}),
        ("here", {"Sales plan!B5:B99"}),
        ("sales_plan", {"Sales plan!B5:D99"}),
        ("sales_plan[2026-12]", {"Sales plan!C5:C99"}),
        ("sales_plan[[#This Row],[Item]:[a '[x']]]", {"Sales plan!B7:D7"}),
        ("sales_plan[#All]", {"Sales plan!B4:D100"}),
        ("sales_plan[[#Headers],[Item]]", {"Sales plan!B4"}),
        ("sales_plan[[#Totals],[2026-12]]", {"Sales plan!C100"}),
        ("sales_plan[[#Headers],[#Data],[Item]]", {"Sales plan!B4:B99"}),
        ('"A1"&"say ""B2"""', set()),
        ("LOG10(100)+DAYS360(1,2)", set()),
        ("1E5+{1,2;3,4}*5%", set()),
        ('IF(A1<>"",TRUE,#N/A)', {"Stock!A1"}),
    ],
)
def test_every_way_of_referring_is_read(formula: str, expected: set[str]) -> None:
    assert _areas(formula) == expected
    assert not READER.read(formula, "Stock", 7).is_open


@pytest.mark.parametrize(
    "formula",
    [
        "INDIRECT(\"A1\")", "OFFSET(A1,1,1)", "unknown_name", "relative", "moving", "loop", "sales_plan[gone]",
        "gone_table[x]", "Gone!A1", "SUM(Stock:It!A1)", "A1:INDEX(B:B,3)", "A1#", "MULTIPLE.OPERATIONS()!",
    ],
)
def test_a_formula_that_may_read_more_than_it_says_is_open(formula: str) -> None:
    assert READER.read(formula, "Stock", 7).is_open


@pytest.mark.parametrize("formula", ["[1]Other!A1", "'C:\\plans\\[b.xlsx]S'!A1", "[2]!their_name"])
def test_another_workbook_is_noticed(formula: str) -> None:
    assert READER.read(formula, "Stock", 7).is_external


def test_functions_are_named_without_the_prefix_of_newer_ones_but_add_ins_keep_theirs() -> None:
    found = READER.read("_xlfn._xlws.FILTER(A1,B1)+_xlfn.IFS(1,2)+sum(1)+_xll.VENDOR(1)", "Stock", 7)
    assert found.functions == {"FILTER", "IFS", "SUM", "_XLL.VENDOR"}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the real workbooks are not here")
def test_in_real_workbooks_no_cell_that_another_tokenizer_sees_is_missed() -> None:
    from openpyxl.formula import Tokenizer

    compared = 0
    for path in sorted(CORPUS.glob("*.xls[xm]")):
        try:
            parts = WorkbookParts(path)
            cells = list(parts.formula_cells())[:300]
        except FileEngineError:
            continue
        reader = Reader(parts.sheet_parts, parts.tables(), parts.names)
        for cell in cells:
            tokens = [token.value for token in Tokenizer(f"={cell.formula}").items if token.subtype == "RANGE"]
            corners = {token.replace("$", "").split(":")[0].upper() for token in tokens}
            expected = {corner for corner in corners if re.fullmatch("[A-Z]{1,2}[1-9][0-9]*", corner)}
            found = reader.read(cell.formula, cell.sheet, cell.row)
            seen = {block.address.split(":")[0] for sheet, block in found.areas if sheet == cell.sheet}
            assert expected <= seen, f"{path.name} {cell.sheet}!{cell.cell}: {cell.formula}"
            compared += len(expected)
    assert compared > 1000


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the real workbooks are not here")
def test_in_real_workbooks_the_quick_search_finds_the_formulas_that_the_parser_and_the_file_engine_find() -> None:
    compared = 0
    for path in sorted(CORPUS.glob("*.xls[xm]")):
        try:
            parts = WorkbookParts(path)
            cells = list(parts.formula_cells())
            listed = open_book(path, read_only=True).api.formula_cells()
            theirs = {(cell.sheet, cell.address): cell.formula for cell in listed}
        except FileEngineError:
            continue
        quick = {(sheet, *place) for sheet in parts.sheet_parts for place in parts.formula_places(sheet)}
        assert quick == {(cell.sheet, cell.row, cell.column) for cell in cells}, path.name
        mine = {cell.address: f"={cell.formula}" for cell in cells}
        assert theirs.items() <= mine.items(), path.name
        compared += len(quick)
    assert compared > 5000
