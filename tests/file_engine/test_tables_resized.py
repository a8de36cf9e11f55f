"""Growing, shrinking and renaming tables."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from sopxl.file_engine import WriteRefusedError, open_book
from tests.file_engine.building import (
    ITEM_ROWS,
    MAIN,
    changed_parts,
    items_table,
    parts_of,
    plain_book,
    relationships_xml,
    table_book,
    workbook_xml,
    write_package,
)

SHEET, BOOK, TABLE = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/tables/table1.xml"
DOUBLE = "=items[[#This Row],[quantity]]*2"


def _resize(path: Path, address: str) -> None:
    with open_book(path) as book:
        book.sheets["Plan"].tables["items"].resize(book.sheets["Plan"][address])
        book.save()


def test_a_longer_table_takes_styles_and_calculated_columns_from_the_row_above(tmp_path: Path) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())
    with open_book(path) as book:
        table = book.sheets["Plan"].tables["items"]
        table.resize(book.sheets["Plan"]["B2:D6"])
        table.data_body_range[2:, :2].value = [["screw", 9], ["plate", 1]]
        table.columns["double"].data_body_range.api.cached_values = [[10], [14], [18], [2]]
        book.save(tmp_path / "b.xlsx")
    assert changed_parts(path, tmp_path / "b.xlsx") == {SHEET, BOOK, TABLE}
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx")["Plan"]
    assert sheet.tables["items"].ref == "B2:D6"
    assert sheet.tables["items"].autoFilter.ref == "B2:D6"
    assert [each.value for each in sheet[6]] == [None, "plate", 1, DOUBLE]
    assert sheet["C6"].number_format == "#,##0.00"
    assert openpyxl.load_workbook(tmp_path / "b.xlsx", data_only=True)["Plan"]["D6"].value == 2


def test_a_formula_with_addresses_moves_down_with_its_rows(tmp_path: Path) -> None:
    rows = ITEM_ROWS.replace("items[[#This Row],[quantity]]*2</f><v>14", 'C4*$A$1&amp;"C4"</f><v>14')
    path = table_book(tmp_path / "a.xlsx", rows, items_table())
    _resize(path, "B2:D5")
    with open_book(path) as book:
        assert book.sheets["Plan"]["D5"].formula == '=C5*$A$1&"C4"'
        assert book.sheets["Plan"]["D5"].value is None


def test_a_shorter_table_lets_cells_go_as_they_are(tmp_path: Path) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())
    before = parts_of(path)
    _resize(path, "B2:D3")
    after = parts_of(path)
    assert after[SHEET] == before[SHEET]
    assert after[TABLE] == before[TABLE].replace(b"B2:D4", b"B2:D3")


def test_rows_let_go_by_number_are_emptied_so_that_the_table_can_grow_again(tmp_path: Path) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())
    with open_book(path) as book:
        sheet = book.sheets["Plan"]
        sheet.tables["items"].api.set_body_rows(1)
        assert sheet.tables["items"].range.address == "$B$2:$D$3"
        assert sheet["B4:D4"].value == [None] * 3
        assert sheet["C4"].number_format == "General"
        sheet.tables["items"].api.set_body_rows(3)
        assert sheet["D5"].formula == DOUBLE
        assert sheet["C5"].number_format == "#,##0.00"
        sheet.tables["items"].api.set_body_rows(0)
        assert sheet.tables["items"].data_body_range.shape == (1, 3)


@pytest.mark.parametrize(
    ("below", "more", "cell"),
    [
        ('<row r="6"><c r="C6"><v>1</v></c></row>', "", "C6"),
        ('<row r="6"><c r="D6"><f>1</f></c></row>', "", "D6"),
        ("", '<mergeCells count="1"><mergeCell ref="A6:B7"/></mergeCells>', "B6"),
        ('<row r="5"><c r="A5"><f t="array" ref="A5:B5">{1,2}</f></c></row>', "", "B5"),
    ],
)
def test_a_table_does_not_grow_over_what_stands_below(tmp_path: Path, below: str, more: str, cell: str) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS + below, items_table(), after=more)
    before = path.read_bytes()
    with open_book(path) as book:
        with pytest.raises(WriteRefusedError, match=f"sheet Plan: the table items .*cell {cell} ") as refused:
            book.sheets["Plan"].tables["items"].resize(book.sheets["Plan"]["B2:D7"])
        assert refused.value.reason == "in_the_way"
        assert book.sheets["Plan"].tables["items"].range.address == "$B$2:$D$4"
        book.save()
    assert path.read_bytes() == before


def test_cells_with_only_a_format_are_not_in_the_way(tmp_path: Path) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS + '<row r="5"><c r="C5" s="1"/></row>', items_table())
    _resize(path, "B2:D5")
    with open_book(path) as book:
        assert book.sheets["Plan"]["C5"].number_format == "#,##0.00"


def test_a_table_does_not_grow_into_another_table_or_pivot_table(tmp_path: Path) -> None:
    path = table_book(
        tmp_path / "a.xlsx",
        ITEM_ROWS,
        items_table(),
        **{
            "xl/worksheets/_rels/sheet1.xml.rels": "replaced below",
            "xl/tables/table2.xml": items_table().replace("items", "other").replace("B2:D4", "B8:D9"),
            "xl/pivotTables/pivotTable1.xml": (
                f'<pivotTableDefinition xmlns="{MAIN}" name="Sales"><location ref="C6:C7"/></pivotTableDefinition>'
            ),
        },
    )
    parts = parts_of(path)
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = relationships_xml(
        ("table", "../tables/table1.xml"),
        ("table", "../tables/table2.xml"),
        ("pivotTable", "../pivotTables/pivotTable1.xml"),
    ).encode()
    write_package(path, parts)
    with open_book(path) as book:
        sheet = book.sheets["Plan"]
        with pytest.raises(WriteRefusedError, match=r"cell B8 .*table other"):
            sheet.tables["items"].resize(sheet["B2:D8"])
        with pytest.raises(WriteRefusedError, match=r"cell C6 .*pivot table Sales"):
            sheet.tables["items"].resize(sheet["B2:D7"])
        sheet.tables["items"].resize(sheet["B2:D5"])


@pytest.mark.parametrize(
    ("address", "reason"), [("A2:D4", "resize_start"), ("B3:D4", "resize_start"), ("B2:D2", "resize_rows")]
)
def test_a_table_keeps_its_first_cell_and_a_row(tmp_path: Path, address: str, reason: str) -> None:
    with open_book(table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())) as book:
        with pytest.raises(WriteRefusedError) as refused:
            book.sheets["Plan"].tables["items"].resize(book.sheets["Plan"][address])
        assert refused.value.reason == reason


def test_a_table_with_totals_is_not_resized(tmp_path: Path) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table(5, ' totalsRowCount="1"'))
    with open_book(path) as book, pytest.raises(WriteRefusedError, match="row of totals"):
        book.sheets["Plan"].tables["items"].resize(book.sheets["Plan"]["B2:D7"])


def test_new_columns_take_their_headers_from_the_cells_or_get_one(tmp_path: Path) -> None:
    rows = ITEM_ROWS.replace(
        '</c></row><row r="3"', '</c><c r="E2" t="inlineStr"><is><t>cost &amp; "price"</t></is></c></row><row r="3"', 1
    )
    path = table_book(tmp_path / "a.xlsx", rows, items_table())
    _resize(path, "B2:F4")
    sheet = openpyxl.load_workbook(path)["Plan"]
    assert sheet.tables["items"].column_names == ["item", "quantity", "double", 'cost & "price"', "Column5"]
    assert [each.value for each in sheet[2]][1:] == ["item", "quantity", "double", 'cost & "price"', "Column5"]
    assert sheet["F3"].number_format == "#,##0.00"
    _resize(path, "B2:C4")
    assert openpyxl.load_workbook(path)["Plan"].tables["items"].column_names == ["item", "quantity"]


def test_columns_are_renamed_in_the_table_and_on_the_sheet(tmp_path: Path) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())
    with open_book(path) as book:
        book.sheets["Plan"].tables["items"].api.rename_columns(["part <no.>", "quantity", "2026-12"])
        book.save()
    sheet = openpyxl.load_workbook(path)["Plan"]
    assert sheet.tables["items"].column_names == ["part <no.>", "quantity", "2026-12"]
    assert [each.value for each in sheet[2]][1:] == ["part <no.>", "quantity", "2026-12"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (["item", "ITEM", "double"], "headers"),
        (["item", "", "double"], "headers"),
        (["item"], "headers"),
    ],
)
def test_headers_that_no_table_can_have_are_refused(tmp_path: Path, headers: list[str], reason: str) -> None:
    with open_book(table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())) as book:
        with pytest.raises(WriteRefusedError) as refused:
            book.sheets["Plan"].tables["items"].api.rename_columns(headers)
        assert refused.value.reason == reason


def test_validation_lists_and_conditional_formats_of_the_last_row_cover_new_rows(tmp_path: Path) -> None:
    rules = (
        '<conditionalFormatting sqref="C3:C4 F1"><cfRule type="expression" priority="1">'
        "<formula>C3&gt;1</formula></cfRule>"
        '</conditionalFormatting><dataValidations count="2"><dataValidation type="list" sqref="B3:B4">'
        '<formula1>"a,b"</formula1>'
        '</dataValidation><dataValidation type="list" sqref="B3 B9"><formula1>"c"</formula1>'
        "</dataValidation></dataValidations>"
    )
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table(), after=rules)
    _resize(path, "B2:D6")
    after = parts_of(path)[SHEET].decode()
    assert 'sqref="C3:C6 F1"' in after
    assert 'sqref="B3:B6"' in after
    assert 'sqref="B3 B9"' in after


def test_a_table_without_headers_resizes(tmp_path: Path) -> None:
    table = (
        items_table(attributes=' headerRowCount="0"').replace("B2:D4", "B3:D4").replace('<autoFilter ref="B3:D4"/>', "")
    )
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, table)
    _resize(path, "B3:D5")
    with open_book(path) as book:
        assert book.sheets["Plan"].tables["items"].data_body_range.address == "$B$3:$D$5"
        assert book.sheets["Plan"].tables["items"].header_row_range is None


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    for number, broken in enumerate(
        (items_table().replace('ref="B2:D4"', 'ref="nowhere"'), items_table().replace("B2:D4", "B2:E4"))
    ):
        with pytest.raises(Exception, match=r"table1.xml"):
            open_book(table_book(tmp_path / f"{number}.xlsx", ITEM_ROWS, broken))


def test_a_plain_book_has_no_tables(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", xl__workbook_dot_xml=workbook_xml())
    with open_book(path) as book:
        assert len(book.sheets["Plan"].tables) == 0
        assert "items" not in book.sheets["Plan"].tables
