"""What a write changes, what it must not change, and what it refuses."""

from __future__ import annotations

import datetime as dt
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from sopxl.file_engine import CellError, WriteRefusedError, open_book
from tests.file_engine.building import (
    ITEM_ROWS,
    MAIN,
    changed_parts,
    items_table,
    package_parts,
    parts_of,
    plain_book,
    relationships_xml,
    sheet_xml,
    table_book,
    workbook_xml,
    write_package,
)

SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"


def _written(path: Path, address: str, value: Any) -> Any:
    """Write a value, save, and read it back from the saved file."""
    with open_book(path) as book:
        book.sheets["Plan"][address].value = value
        book.save()
    with open_book(path) as book:
        return book.sheets["Plan"][address].value


def _sheet_after(path: Path, address: str, value: Any) -> str:
    _written(path, address, value)
    return parts_of(path)[SHEET].decode()


@pytest.mark.parametrize(
    "value",
    [
        "plain", " spaces ", "two  spaces", "line\nbreak", "tab\t", "carriage\r\nreturn", "bell\x07",
        "_x000D_", "_x0041_",
        "<&>\"'", "é漢字😀", "]]>", "1.5", "TRUE", "#REF!", "=1+1", "+1", "\ufffe", "a" * 32767,
        0.1, 1e300, -0.0, 1e16, 5e-324,
        12345678901234567.0, True, False, dt.datetime(2026, 2, 3, 4, 5, 6, 789000),
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_was_written(tmp_path: Path, value: object) -> None:
    back = _written(plain_book(tmp_path / "a.xlsx"), "B2", value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (7, 7.0), (10**20, 1e20), (np.int64(7), 7.0), (np.float64(0.1), 0.1), (np.bool_(True), True),
        (np.str_("a"), "a"),
        (decimal.Decimal("1.25"), 1.25), (dt.date(2026, 2, 3), dt.datetime(2026, 2, 3)), ("", None), (None, None),
        (float("nan"), None), (np.nan, None), (pd.NaT, None), (pd.NA, None), (dt.timedelta(hours=12), 0.5),
        (pd.Timestamp("2026-02-03 04:00"), dt.datetime(2026, 2, 3, 4)),
        (np.datetime64("2026-02-03T04:00:00.000000000"), dt.datetime(2026, 2, 3, 4)),
    ],
)  # fmt: skip
def test_values_of_other_types_become_what_excel_has(tmp_path: Path, value: object, back: object) -> None:
    path = plain_book(
        tmp_path / "a.xlsx", '<row r="2"><c r="B2" s="1"><v>5</v></c></row>' if back.__class__ is dt.datetime else ""
    )
    assert _written(path, "B2", value) == back


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("inf"), "infinite"), ("a" * 32768, "32,767"), ("😀" * 16384, "32,767"), ("\ud800", "surrogate"),
        (dt.date(1899, 1, 1), "calendar"), (object(), "type object"), (1 + 2j, "type complex"),
    ],
)  # fmt: skip
def test_a_value_that_no_cell_can_hold_is_refused_and_nothing_of_the_write_is_kept(
    tmp_path: Path, value: object, why: str
) -> None:
    path = plain_book(tmp_path / "a.xlsx", '<row r="2"><c r="B2"><v>5</v></c></row>')
    with open_book(path) as book:
        with pytest.raises(WriteRefusedError, match=f"a.xlsx, sheet Plan, cell B3 .*{why}") as refused:
            book.sheets["Plan"]["B2:B4"].api.raw_value = [[1], [value], [2]]
        assert refused.value.reason == "bad_value"
        assert book.sheets["Plan"]["B2:B4"].value == [5, None, None]


def test_text_that_looks_like_a_formula_stays_text_in_other_readers_too(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    _written(path, "A1", "=cmd|'/c calc'!A0")
    cell = openpyxl.load_workbook(path)["Plan"]["A1"]
    assert (cell.value, cell.data_type) == ("=cmd|'/c calc'!A0", "s")


def test_only_the_bytes_of_changed_cells_change(tmp_path: Path) -> None:
    rows = (
        '<row r="1" spans="1:3"  ht="20" customHeight="1"><c r="A1" s="2" ph="1"><v>1</v>'
        '</c> <c  r="B1"><v>2.50</v></c></row>\n'
        '<row r="4"><c r="C4" s="2"/></row><!-- kept --><row r="5" x:y="z" xmlns:x="u"><c r="A5"><v>9</v></c></row>'
    )
    path = plain_book(tmp_path / "a.xlsx", rows, before='<dimension ref="A1:C5"/>')
    before = parts_of(path)[SHEET]
    after = _sheet_after(path, "A1", 3)
    assert after == before.decode().replace('<c r="A1" s="2" ph="1"><v>1</v></c>', '<c r="A1" s="2"><v>3</v></c>')


def test_other_parts_keep_their_compressed_bytes(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", "<row r='1'/>")
    with open_book(path) as book:
        book.sheets["Plan"]["A1"].value = 1
        book.save(tmp_path / "b.xlsx")
    assert changed_parts(path, tmp_path / "b.xlsx") == {SHEET, BOOK}


def test_saving_without_a_change_leaves_the_file_alone(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", "<row r='1'/>")
    before = path.read_bytes(), path.stat().st_mtime_ns
    with open_book(path) as book:
        assert book.sheets["Plan"]["A1"].value is None
        book.save()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_excel_is_told_to_calculate_when_it_opens_a_changed_file(tmp_path: Path) -> None:
    inside = '<calcPr calcId="191029" calcMode="manual" fullCalcOnLoad="0"/><extLst/>'
    path = plain_book(tmp_path / "a.xlsx", xl__workbook_dot_xml=workbook_xml(inside))
    _written(path, "A1", 1)
    assert '<calcPr calcId="191029" calcMode="manual" fullCalcOnLoad="1"/><extLst/>' in parts_of(path)[BOOK].decode()


def test_the_calculation_setting_is_added_at_its_place(tmp_path: Path) -> None:
    inside = '<definedNames><definedName name="a">1</definedName></definedNames><oleSize ref="A1"/>'
    path = plain_book(tmp_path / "a.xlsx", xl__workbook_dot_xml=workbook_xml(inside))
    _written(path, "A1", 1)
    assert '</definedNames><calcPr fullCalcOnLoad="1"/><oleSize' in parts_of(path)[BOOK].decode()


def test_dimension_and_spans_grow_with_what_is_written(tmp_path: Path) -> None:
    path = plain_book(
        tmp_path / "a.xlsx", '<row r="2" spans="2:3"><c r="B2"><v>1</v></c></row>', before='<dimension ref="B2"/>'
    )
    after = _sheet_after(path, "D2:E3", [[1, 2], [3, 4]])
    assert '<dimension ref="B2:E3"/>' in after
    assert '<row r="2" spans="2:5"><c r="B2"><v>1</v></c><c r="D2">' in after
    assert '</row><row r="3"><c r="D3"><v>3</v></c><c r="E3"><v>4</v></c></row></sheetData>' in after


def test_new_rows_stand_between_the_old_ones(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", '<row r="2"><c r="A2"><v>2</v></c></row> <row r="5"/>')
    assert '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2">' in _sheet_after(path, "A1", 1)
    assert '</row><row r="3"><c r="A3"><v>3</v></c></row> <row r="5"/>' in _sheet_after(path, "A3", 3)
    assert '<row r="5"/><row r="9"><c r="A9"><v>9</v></c></row></sheetData>' in _sheet_after(path, "A9", 9)


def test_an_empty_sheet_takes_cells(tmp_path: Path) -> None:
    parts = package_parts(sheet_xml("").replace("<sheetData></sheetData>", "<sheetData/>"))
    assert _written(write_package(tmp_path / "a.xlsx", parts), "B2", "x") == "x"


def test_a_new_cell_takes_the_style_of_its_row_or_else_of_its_column(tmp_path: Path) -> None:
    path = plain_book(
        tmp_path / "a.xlsx",
        '<row r="2" s="2" customFormat="1"/>',
        before='<cols><col min="1" max="2" style="3"/></cols>',
    )
    after = _sheet_after(path, "A1:C2", [[1, 1, 1], [1, 1, 1]])
    assert '<c r="A1" s="3">' in after
    assert '<c r="C1"><v>' in after
    assert '<c r="A2" s="2">' in after


def test_a_date_in_a_cell_without_a_date_format_gets_one_and_the_style_sheet_only_grows(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", '<row r="1"><c r="A1" s="2"/></row>')
    before = parts_of(path)["xl/styles.xml"].decode()
    assert _written(path, "A1:A2", [[dt.date(2026, 1, 2)]] * 2) == [dt.datetime(2026, 1, 2)] * 2
    after = parts_of(path)["xl/styles.xml"].decode()
    assert (
        after.replace('count="6"', 'count="4"').replace(
            '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' * 2, ""
        )
        == before
    )
    sheet = openpyxl.load_workbook(path)["Plan"]
    assert (sheet["A1"].value, sheet["A2"].is_date) == (dt.datetime(2026, 1, 2), True)


def test_dates_are_written_for_the_calendar_of_the_workbook(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" s="1"><v>1</v></c></row>'
    path = plain_book(tmp_path / "a.xlsx", rows, xl__workbook_dot_xml=workbook_xml(properties=' date1904="1"'))
    assert _written(path, "A1", dt.date(2026, 1, 2)) == dt.datetime(2026, 1, 2)
    assert openpyxl.load_workbook(path)["Plan"]["A1"].value == dt.datetime(2026, 1, 2)


def test_a_utf16_part_stays_utf16_and_keeps_its_other_text(tmp_path: Path) -> None:
    sheet = sheet_xml('<row r="1"><c r="A1" t="inlineStr"><is><t>é</t></is></c></row>').replace("UTF-8", "UTF-16")
    path = write_package(tmp_path / "a.xlsx", package_parts(sheet.encode("utf-16")))
    _written(path, "B1", "ü")
    after = parts_of(path)[SHEET]
    assert after.startswith(b"\xff\xfe")
    new = '<c r="B1" t="inlineStr"><is><t>ü</t></is></c></row>'
    assert after.decode("utf-16") == sheet.replace("</row>", new)


def test_a_prefixed_sheet_gets_prefixed_cells(tmp_path: Path) -> None:
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData/></x:worksheet>'
    path = write_package(tmp_path / "a.xlsx", package_parts(sheet))
    with open_book(path) as book:
        book.sheets["Plan"]["A1:C1"].value = [1, "two", True]
        book.sheets["Plan"]["D1"].formula = "=A1"
        book.save()
    assert list(openpyxl.load_workbook(path)["Plan"].values) == [(1, "two", True, "=A1")]


def test_what_belongs_to_the_old_content_of_a_cell_goes_with_it(tmp_path: Path) -> None:
    path = plain_book(
        tmp_path / "a.xlsx", '<row r="1"><c r="A1" s="2" vm="1" cm="1" ph="1" t="e"><v>#VALUE!</v></c></row>'
    )
    assert '<c r="A1" s="2"><v>4</v></c>' in _sheet_after(path, "A1", 4)


def test_formulas_and_their_results_are_written_together(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    with open_book(path) as book:
        cells = book.sheets["Plan"]["A1:A4"]
        cells.api.set_formulas(
            [["=1+1"], ['="a"&"b"'], ["=NA()"], ["=1=1"]], [[2], ["ab"], [CellError("#N/A")], [True]]
        )
        book.sheets["Plan"]["B1"].formula = "=A1<3"
        book.sheets["Plan"]["B2:B3"].formula = [['=A2&"x"'], ["text"]]
        book.save()
    formulas, results = openpyxl.load_workbook(path)["Plan"], openpyxl.load_workbook(path, data_only=True)["Plan"]
    assert [each.value for each in formulas["A"]] == ["=1+1", '="a"&"b"', "=NA()", "=1=1"]
    assert [each.value for each in results["A"]] == [2, "ab", "#N/A", True]
    assert [each.value for each in formulas["B"]] == ["=A1<3", '=A2&"x"', "text", None]
    assert results["B1"].value is None


def test_results_are_written_without_touching_formulas_or_other_cells(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" s="2"><f ca="1">B1*2</f><v>1</v></c><c r="B1"><v>5</v></c>'
        '<c r="C1" t="str"><f t="shared" ref="C1:C2" si="0">"x"&amp;B1</f><v>x5</v></c></row>'
        '<row r="2"><c r="A2" cm="1"><f t="array" ref="A2">SUM(B1)</f><v>5</v></c><c r="C2" t="str">'
        '<f t="shared" si="0"/></c></row>'
    )
    path = plain_book(tmp_path / "a.xlsx", rows)
    with open_book(path) as book:
        cells = book.sheets["Plan"]["A1:C2"].api
        cells.cached_values = [[10, 99, "y"], [7.5, 99, CellError("#N/A")]]
        assert cells.cached_values == [[10, None, "y"], [7.5, None, "#N/A"]]
        book.save()
    after = parts_of(path)[SHEET].decode()
    assert (
        sheet_xml(
            '<row r="1"><c r="A1" s="2"><f ca="1">B1*2</f><v>10</v></c><c r="B1"><v>5</v></c>'
            '<c r="C1" t="str"><f t="shared" ref="C1:C2" si="0">"x"&amp;B1</f><v>y</v></c></row>'
            '<row r="2"><c r="A2" cm="1"><f t="array" ref="A2">SUM(B1)</f><v>7.5</v></c><c r="C2" t="e">'
            '<f t="shared" si="0"/><v>#N/A</v></c></row>'
        )
        == after
    )


def test_the_results_of_an_array_formula_can_be_written_over_its_whole_area(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><f t="array" ref="A1:B1">{1,2}</f><v>1</v></c><c r="B1"><v>2</v></c></row>'
    path = plain_book(tmp_path / "a.xlsx", rows)
    with open_book(path) as book:
        book.sheets["Plan"]["A1:B1"].api.cached_values = [[3, 4]]
        assert book.sheets["Plan"]["A1:B1"].value == [3, 4]
        assert book.sheets["Plan"]["A1"].has_array


def test_children_keep_their_formula_when_the_master_of_a_shared_formula_is_overwritten(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1+1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row><row r="3"><c r="A3" t="str">'
        '<f t="shared" si="0"/><v>x</v></c></row>'
    )
    path = plain_book(tmp_path / "a.xlsx", rows)
    after = _sheet_after(path, "A1", 9)
    assert '<c r="A1"><v>9</v></c>' in after
    assert '<c r="A2"><f>B2+1</f><v>2</v></c>' in after
    assert '<c r="A3" t="str"><f>B3+1</f><v>x</v></c>' in after


def test_a_child_of_a_shared_formula_can_be_overwritten_alone(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1+1</f></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/></c></row><row r="3"><c r="A3"><f t="shared" si="0"/></c></row>'
    )
    path = plain_book(tmp_path / "a.xlsx", rows)
    assert _sheet_after(path, "A2", 9) == sheet_xml(
        rows.replace('<c r="A2"><f t="shared" si="0"/></c>', '<c r="A2"><v>9</v></c>')
    )


CHAIN = f'<calcChain xmlns="{MAIN}"><c r="A1" i="1"/></calcChain>'


def _book_with_chain(path: Path) -> Path:
    parts = package_parts(sheet_xml('<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><v>1</v></c></row>'))
    parts["xl/calcChain.xml"] = CHAIN
    rels = relationships_xml(
        ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("calcChain", "calcChain.xml")
    )
    parts["xl/_rels/workbook.xml.rels"] = rels
    override = '<Override PartName="/xl/calcChain.xml" ContentType="calcChain+xml"/></Types>'
    parts["[Content_Types].xml"] = str(parts["[Content_Types].xml"]).replace("</Types>", override)
    return write_package(path, parts)


def test_the_calculation_chain_goes_when_a_formula_goes_or_comes(tmp_path: Path) -> None:
    for number, (address, formula) in enumerate((("A1", "1"), ("B1", "=2"))):
        path = _book_with_chain(tmp_path / f"{number}.xlsx")
        with open_book(path) as book:
            book.sheets["Plan"][address].formula = formula
            book.save()
        parts = parts_of(path)
        assert "xl/calcChain.xml" not in parts
        assert b"calcChain" not in parts["[Content_Types].xml"] + parts["xl/_rels/workbook.xml.rels"]
        assert b"styles" in parts["[Content_Types].xml"]
        assert b"styles" in parts["xl/_rels/workbook.xml.rels"]


def test_the_calculation_chain_stays_when_only_values_and_results_change(tmp_path: Path) -> None:
    path = _book_with_chain(tmp_path / "a.xlsx")
    with open_book(path) as book:
        book.sheets["Plan"]["B1"].value = 5
        book.sheets["Plan"]["A1"].formula = "=3"
        book.sheets["Plan"]["A1"].api.cached_values = 3
        book.save(tmp_path / "b.xlsx")
    assert changed_parts(path, tmp_path / "b.xlsx") == {SHEET, BOOK}


@pytest.mark.parametrize(
    ("address", "reason", "cell"),
    [
        ("B2", "table_headers", "B2"),
        ("A1:C3", "table_headers", "B2"),
        ("D5", "table_totals", "D5"),
        ("C4:C9", "table_totals", "C5"),
    ],
)
def test_headers_and_totals_of_a_table_are_refused(tmp_path: Path, address: str, reason: str, cell: str) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table(5, ' totalsRowCount="1"'))
    with open_book(path) as book, pytest.raises(WriteRefusedError, match=f"cell {cell} .*items") as refused:
        book.sheets["Plan"][address].value = 1
    assert refused.value.reason == reason


def test_hidden_parts_of_merged_cells_are_refused_but_their_first_cell_is_not(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", after='<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>')
    with open_book(path) as book:
        with pytest.raises(WriteRefusedError, match=r"cell B1 .*A1:B2"):
            book.sheets["Plan"]["A1:B1"].value = [1, 2]
        book.sheets["Plan"]["A1:B2"].value = [["x", None], [None, None]]
        assert book.sheets["Plan"]["A1"].merge_area.address == "$A$1:$B$2"
        assert book.sheets["Plan"]["A1:B2"].value == [["x", None], [None, None]]


@pytest.mark.parametrize("kind", ['t="array" ref="A1:B2"', 't="dataTable" ref="A1:B2" dt2D="1" r1="C1" r2="C2"'])
def test_a_part_of_an_array_or_data_table_is_refused_but_all_of_it_can_be_replaced(tmp_path: Path, kind: str) -> None:
    rows = f'<row r="1"><c r="A1"><f {kind}>C1:D2</f><v>1</v></c><c r="B1"><v>2</v></c></row>'
    path = plain_book(tmp_path / "a.xlsx", rows)
    with open_book(path) as book:
        with pytest.raises(WriteRefusedError, match=r"cell B2 .*A1:B2"):
            book.sheets["Plan"]["B2:C2"].value = [1, 2]
        book.sheets["Plan"]["A1:B2"].value = [[1, 2], [3, 4]]
        book.sheets["Plan"]["B2"].value = 5
        assert book.sheets["Plan"]["A1:B2"].value == [[1, 2], [3, 5]]


def test_the_cells_of_a_pivot_table_are_refused(tmp_path: Path) -> None:
    path = plain_book(
        tmp_path / "a.xlsx",
        "",
        **{
            "xl/worksheets/_rels/sheet1.xml.rels": relationships_xml(("pivotTable", "../pivotTables/pivotTable1.xml")),
            "xl/pivotTables/pivotTable1.xml": (
                f'<pivotTableDefinition xmlns="{MAIN}" name="Sales"><location ref="C3:D9"/></pivotTableDefinition>'
            ),
        },
    )
    with open_book(path) as book:
        with pytest.raises(WriteRefusedError, match=r"cell C4 .*pivot table Sales"):
            book.sheets["Plan"]["A4:C4"].value = [1, 2, 3]
        book.sheets["Plan"]["A4:B4"].value = [1, 2]


def test_a_signed_workbook_is_read_but_only_changed_when_told_so(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", "", **{"_xmlsignatures/origin.sigs": ""})
    with open_book(path) as book:
        assert book.sheets["Plan"]["A1"].value is None
        with pytest.raises(WriteRefusedError, match="digital signature"):
            book.sheets["Plan"]["A1"].value = 1
    with open_book(path, may_break_signature=True) as book:
        book.sheets["Plan"]["A1"].value = 1
        book.save()
    assert _written(plain_book(tmp_path / "b.xlsx"), "A1", 1) == 1


def test_hidden_and_protected_sheets_are_written_because_protection_is_against_typing(tmp_path: Path) -> None:
    book_part = workbook_xml().replace('r:id="rId1"', 'state="veryHidden" r:id="rId1"')
    path = plain_book(tmp_path / "a.xlsx", "", after='<sheetProtection sheet="1"/>', xl__workbook_dot_xml=book_part)
    assert _written(path, "A1", 1) == 1


def test_clearing_empties_cells_and_keeps_their_formats(tmp_path: Path) -> None:
    path = plain_book(
        tmp_path / "a.xlsx", '<row r="1"><c r="A1" s="2"><f>1</f><v>1</v></c><c r="B1"><v>2</v></c></row>'
    )
    with open_book(path) as book:
        book.sheets["Plan"].clear_contents()
        book.save()
    assert '<row r="1"><c r="A1" s="2"/><c r="B1"/></row>' in parts_of(path)[SHEET].decode()


def test_clearing_a_sheet_does_not_stretch_its_dimension(tmp_path: Path) -> None:
    rows = '<row r="2"><c r="B2" s="2"><v>1</v></c></row>'
    path = plain_book(tmp_path / "a.xlsx", rows, before='<dimension ref="B2"/>')
    with open_book(path) as book:
        book.sheets["Plan"]["A:Z"].value = None
        book.save()
    assert parts_of(path)[SHEET].decode() == sheet_xml('<row r="2"><c r="B2" s="2"/></row>', '<dimension ref="B2"/>')


def test_values_of_another_shape_are_refused(tmp_path: Path) -> None:
    with open_book(plain_book(tmp_path / "a.xlsx")) as book, pytest.raises(WriteRefusedError, match="shape"):
        book.sheets["Plan"]["A1:B2"].api.cached_values = [[1], [2]]


def test_one_value_fills_a_range_and_a_list_is_a_row(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    assert _written(path, "A1:B2", 7) == [[7, 7], [7, 7]]
    assert _written(path, "A1:C1", [1, 2, 3]) == [1, 2, 3]


def test_names_are_added_changed_and_deleted_in_place(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", '<row r="1"><c r="A1"><v>5</v></c></row>')
    with open_book(path) as book:
        book.names.add("first", "=Plan!$A$1")
        book.sheets["Plan"].names.add("local", "=Plan!$B$1")
        book.names.add("gone", '="<&>"')
        book.names["first"].refers_to = "=Plan!$A$1:$A$2"
        book.names["gone"].delete()
        book.save(tmp_path / "b.xlsx")
    assert changed_parts(path, tmp_path / "b.xlsx") == {BOOK}
    reread = openpyxl.load_workbook(tmp_path / "b.xlsx")
    assert reread.defined_names["first"].attr_text == "Plan!$A$1:$A$2"
    assert set(reread.defined_names) == {"first"}
    assert reread["Plan"].defined_names["local"].attr_text == "Plan!$B$1"
    with open_book(tmp_path / "b.xlsx") as book:
        assert book.names["first"].refers_to_range.value == [5, None]
        with pytest.raises(Exception, match="cannot be a name"):
            book.names.add("not a name", "=1")


def test_a_book_can_be_saved_again_and_again(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    with open_book(path) as book:
        for number in range(3):
            book.sheets["Plan"][number, 0].value = number
            book.save()
    with open_book(path) as book:
        assert book.sheets["Plan"]["A1:A3"].value == [0, 1, 2]


def test_calculating_is_refused_because_nothing_here_calculates(tmp_path: Path) -> None:
    with open_book(plain_book(tmp_path / "a.xlsx")) as book, pytest.raises(Exception, match="no Excel is running"):
        book.app.calculate()
