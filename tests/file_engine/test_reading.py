"""What is read from a workbook, whatever layout its XML has."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sopxl.file_engine import CellError, DamagedFileError, NotFoundError, open_book
from sopxl.file_engine.grid import Grid
from tests.file_engine.building import (
    DECLARATION,
    ITEM_ROWS,
    MAIN,
    STRICT,
    items_table,
    package_parts,
    plain_book,
    relationships_xml,
    sheet_xml,
    table_book,
    workbook_xml,
    write_package,
)

ROWS = (
    '<row r="1"><c r="A1"><v>1.5</v></c><c r="B1" t="inlineStr"><is><t>text</t></is></c>'
    '<c r="C1" t="b"><v>1</v></c></row>'
    '<row r="3"><c r="A3" s="1"><v>46023</v></c><c r="C3" t="e"><v>#REF!</v></c></row>'
)
VALUES = [[1.5, "text", True], [None, None, None], [dt.datetime(2026, 1, 1), None, "#REF!"]]


def _values(path: Path, address: str = "A1:C3") -> object:
    with open_book(path) as book:
        return book.sheets["Plan"][address].options(err_to_str=True).value


def test_numbers_texts_booleans_dates_and_errors_come_back(tmp_path: Path) -> None:
    assert _values(plain_book(tmp_path / "a.xlsx", ROWS)) == VALUES


def test_errors_are_none_by_default_and_told_from_text_in_raw_values(tmp_path: Path) -> None:
    with open_book(plain_book(tmp_path / "a.xlsx", ROWS)) as book:
        cell = book.sheets["Plan"]["C3"]
        assert cell.value is None
        assert isinstance(cell.api.raw_values[0][0], CellError)
        assert not isinstance(book.sheets["Plan"]["B1"].api.raw_values[0][0], CellError)


def test_a_prefix_on_all_elements_makes_no_difference(tmp_path: Path) -> None:
    rows = ROWS.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    sheet = f'{DECLARATION}<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    path = write_package(tmp_path / "a.xlsx", package_parts(sheet))
    assert _values(path) == VALUES


def test_two_prefixes_for_cells_are_refused_because_half_of_them_would_not_be_seen(tmp_path: Path) -> None:
    sheet = sheet_xml(ROWS + '<x:row r="9"/>').replace("<worksheet ", f'<worksheet xmlns:x="{MAIN}" ')
    with pytest.raises(DamagedFileError, match="two prefixes"):
        _values(write_package(tmp_path / "a.xlsx", package_parts(sheet)))


def test_the_strict_namespace_makes_no_difference(tmp_path: Path) -> None:
    parts = package_parts(sheet_xml(ROWS).replace(MAIN, STRICT), xl__workbook_dot_xml=workbook_xml(namespace=STRICT))
    assert _values(write_package(tmp_path / "a.xlsx", parts)) == VALUES


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_other_encodings_make_no_difference(tmp_path: Path, encoding: str) -> None:
    declared = sheet_xml(ROWS).replace("UTF-8", encoding[:6].upper() if "16" in encoding else "UTF-8")
    assert _values(write_package(tmp_path / "a.xlsx", package_parts(declared.encode(encoding)))) == VALUES


def test_an_encoding_that_excel_does_not_write_is_refused(tmp_path: Path) -> None:
    sheet = sheet_xml(ROWS).replace("UTF-8", "windows-1252").encode("cp1252")
    with pytest.raises(DamagedFileError, match="windows-1252"):
        _values(write_package(tmp_path / "a.xlsx", package_parts(sheet)))


def test_rows_and_cells_without_numbers_stand_after_those_before_them(tmp_path: Path) -> None:
    rows = "<row><c><v>1</v></c><c/><c><v>3</v></c></row><row r='3'><c r='B3'><v>5</v></c><c><v>6</v></c></row>"
    assert _values(plain_book(tmp_path / "a.xlsx", rows)) == [[1, None, 3], [None] * 3, [None, 5, 6]]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ('<row r="2"/><row r="1"/>', "row 1 out of order"),
        ('<row r="2"/><row r="2"/>', "row 2 out of order"),
        ('<row r="1048577"/>', "beyond the sheet"),
        ('<row r="1"><c r="B1" foo="1"><v>1</v></c><c r="A1" foo="1"><v>1</v></c></row>', "cells out of order"),
        ('<row r="1"><c r="ZZZ1" foo="1"><v>1</v></c></row>', "a cell at"),
        ('<row r="1"><c r="A1"><v>five</v></c></row>', "not readable"),
        ('<row r="1"><c r="A1"><v>NaN</v></c></row>', "not readable"),
        ('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', "text that is not there"),
        ('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>', "text that is not there"),
    ],
)
def test_cells_that_contradict_themselves_are_refused(tmp_path: Path, rows: str, what: str) -> None:
    with pytest.raises(DamagedFileError, match=what):
        _values(plain_book(tmp_path / "a.xlsx", rows))


def test_comments_instructions_and_cdata_hide_no_cells_and_make_none(tmp_path: Path) -> None:
    rows = (
        "<!-- <row r='1'><c r='A1'><v>9</v></c></row> --><?pi <row r='1'> ?><row r='1'><c r='A1'>"
        "<v>1<!-- 0 -->2</v></c>"
        "<c r='B1' t='inlineStr'><is><t><![CDATA[</c></row>&amp;]]> b</t></is></c></row>"
    )
    assert _values(plain_book(tmp_path / "a.xlsx", rows), "A1:C1") == [12, "</c></row>&amp; b", None]


def test_signs_in_attributes_end_no_tag(tmp_path: Path) -> None:
    rows = "<row r='1' x='/>'><c x='>' r='A1' y=\"/>'\"><f x='/>'>1+1</f><v y='>'>2</v></c></row>"
    assert _values(plain_book(tmp_path / "a.xlsx", rows), "A1:B1") == [2, None]


def test_shared_strings_are_read_with_their_runs_and_without_phonetic_guides(tmp_path: Path) -> None:
    strings = (
        f'{DECLARATION}<sst xmlns="{MAIN}"><si><t>plain &amp; simple</t></si><si><r><t>bold</t></r><r>'
        '<rPr><b/></rPr><t xml:space="preserve"> text</t></r><rPh sb="0" eb="1"><t>no</t></rPh></si><si/>'
        "<si><t>line_x000D_\nnext _x005F_x0041_</t></si></sst>"
    )
    rows = '<row r="1">' + "".join(f'<c r="{c}1" t="s"><v>{n}</v></c>' for n, c in enumerate("ABCD")) + "</row>"
    rels = relationships_xml(("worksheet", "/xl/worksheets/sheet1.xml"), ("sharedStrings", "..\\xl\\sharedStrings.xml"))
    path = plain_book(
        tmp_path / "a.xlsx", rows, xl__sharedStrings_dot_xml=strings, **{"xl/_rels/workbook.xml.rels": rels}
    )
    assert _values(path, "A1:D1") == ["plain & simple", "bold text", None, "line\r\nnext _x0041_"]


def test_dates_count_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    parts = package_parts(sheet_xml(ROWS), xl__workbook_dot_xml=workbook_xml(properties=' date1904="1"'))
    assert _values(write_package(tmp_path / "a.xlsx", parts), "A3") == dt.datetime(2030, 1, 2)


@pytest.mark.parametrize(
    ("serial", "moment"),
    [
        (1, dt.datetime(1900, 1, 1)),
        (59, dt.datetime(1900, 2, 28)),
        (61, dt.datetime(1900, 3, 1)),
        (0.5, dt.datetime(1899, 12, 30, 12)),
        (46023.999988425926, dt.datetime(2026, 1, 1, 23, 59, 59)),
        (-1, -1),
        (9999999, 9999999),
    ],
)
def test_a_date_is_the_one_that_excel_shows(tmp_path: Path, serial: float, moment: object) -> None:
    path = plain_book(tmp_path / "a.xlsx", f'<row r="1"><c r="A1" s="1"><v>{serial}</v></c></row>')
    assert _values(path, "A1") == moment


def test_formulas_come_back_with_their_sign_and_other_cells_as_their_text(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><f>B1&lt;&gt;"a&amp;b"</f><v>1</v></c><c r="B1"><v>2</v></c>'
        '<c r="D1" t="b"><v>0</v></c></row>'
    )
    with open_book(plain_book(tmp_path / "a.xlsx", rows)) as book:
        sheet = book.sheets["Plan"]
        assert sheet["A1:D1"].formula == (('=B1<>"a&b"', "2", "", "FALSE"),)
        assert sheet["A1"].formula == '=B1<>"a&b"'
        assert sheet["A1:D1"].api.formulas == [['=B1<>"a&b"', None, None, None]]


def test_children_of_a_shared_formula_show_their_own_formula(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1*$C$1+SUM(items[b1])</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>1</v></c></row><row r="3"><c r="A3">'
        '<f t="shared" si="0"/></c></row>'
    )
    with open_book(plain_book(tmp_path / "a.xlsx", rows)) as book:
        assert book.sheets["Plan"]["A3"].formula == "=B3*$C$1+SUM(items[b1])"
        assert [(each.address, each.formula) for each in book.api.formula_cells()][1] == (
            "A2",
            "=B2*$C$1+SUM(items[b1])",
        )


def test_tables_are_listed_without_reading_a_cell(tmp_path: Path) -> None:
    path = table_book(tmp_path / "a.xlsx", "<row r='1'><c r='A1' t='s'><v>99</v></c></row>", items_table())
    with open_book(path) as book:
        [(sheet, table)] = book.api.tables()
        assert (sheet.name, table.name, table.area.address) == ("Plan", "items", "B2:D4")
        assert book.sheets["Plan"].tables["ITEMS"].api.headers == ["item", "quantity", "double"]
        assert "grid" not in vars(sheet)


def test_a_table_gives_its_ranges(tmp_path: Path) -> None:
    with open_book(table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())) as book:
        table = book.sheets["Plan"].tables["items"]
        assert table.header_row_range.value == ["item", "quantity", "double"]
        assert table.data_body_range.value == [["bolt", 5, 10], ["nut", 7, 14]]
        assert table.range.address == "$B$2:$D$4"
        assert table.totals_row_range is None
        assert [column.name for column in table.columns] == ["item", "quantity", "double"]
        assert table.columns["quantity"].data_body_range.value == [5, 7]
        assert table.api.body_values == [["bolt", 5, 10], ["nut", 7, 14]]
        assert table.api.body_formulas[0] == [None, None, "=items[[#This Row],[quantity]]*2"]
        assert book.sheets["Plan"]["C3"].table.name == "items"
        assert book.sheets["Plan"]["A1"].table is None


def test_names_and_table_references_lead_to_their_cells(tmp_path: Path) -> None:
    names = (
        '<definedNames><definedName name="rate">Plan!$C$3</definedName>'
        '<definedName name="all">items[#All]</definedName>'
        '<definedName name="own" localSheetId="0">Plan!$B$3:$B$4</definedName><definedName name="two">1+1</definedName>'
        '<definedName name="gone" hidden="1">#REF!</definedName></definedNames>'
    )
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table(), xl__workbook_dot_xml=workbook_xml(names))
    with open_book(path) as book:
        assert book.names["rate"].refers_to_range.value == 5
        assert book.names["all"].refers_to_range.address == "$B$2:$D$4"
        assert book.names["Plan!own"].refers_to_range.value == ["bolt", "nut"]
        assert book.sheets["Plan"].names["own"].refers_to == "=Plan!$B$3:$B$4"
        assert book.sheets["Plan"]["own"].value == ["bolt", "nut"]
        assert book.sheets["Plan"]["items[quantity]"].value == [5, 7]
        assert book.names["two"].refers_to == "=1+1"
        assert "RATE" in book.names
        assert "own" not in book.names
        with pytest.raises(NotFoundError, match="1\\+1"):
            book.names["two"].refers_to_range  # noqa: B018 - reading it is the test
        with pytest.raises(NotFoundError, match="no name nothing"):
            book.names["nothing"]


def test_what_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with open_book(plain_book(tmp_path / "a.xlsx", ROWS)) as book:
        with pytest.raises(NotFoundError, match="no sheet Items"):
            book.sheets["Items"]
        with pytest.raises(NotFoundError, match="no table items"):
            book.sheets["Plan"].tables["items"]
        with pytest.raises(NotFoundError, match="no cells called nowhere"):
            book.sheets["Plan"]["nowhere"]


def test_xlwings_tools_work_on_the_ranges(tmp_path: Path) -> None:
    with open_book(plain_book(tmp_path / "a.xlsx", ROWS)) as book:
        sheet = book.sheets["Plan"]
        assert sheet.used_range.address == "$A$1:$C$3"
        assert sheet["A1"].expand("right").value == [1.5, "text", True]
        assert sheet["A1"].expand().address == "$A$1:$C$1"
        assert sheet["A1"].end("down").address == "$A$3"
        assert sheet["B1"].end("down").row == 1048576
        assert sheet["C3"].end("left").address == "$A$3"
        assert sheet.range((1, 1), (3, 3)).value == sheet["A1:C3"].value
        assert sheet["A1:C3"].options(dict).impl is not None
        assert sheet["A3"].options(dates=dt.date).value == dt.date(2026, 1, 1)
        assert sheet["A1"].options(numbers=int).value == 2
        assert sheet["A2"].options(empty="-").value == "-"
        assert sheet["A3"].number_format == "yyyy\\-mm\\-dd"
        assert sheet["A1"].number_format == "General"


def test_sheets_tell_whether_they_are_hidden_or_protected(tmp_path: Path) -> None:
    book_part = workbook_xml().replace('r:id="rId1"', 'state="veryHidden" r:id="rId1"')
    path = plain_book(
        tmp_path / "a.xlsx", ROWS, after='<sheetProtection sheet="1" objects="1"/>', xl__workbook_dot_xml=book_part
    )
    with open_book(path) as book:
        sheet = book.sheets["Plan"]
        assert (sheet.visible, sheet.api.visibility, sheet.api.is_protected) == (False, "veryHidden", True)


def test_reading_a_whole_sheet_is_refused_instead_of_filling_the_memory(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with open_book(plain_book(tmp_path / "a.xlsx", rows)) as book:
        with pytest.raises(Exception, match="smaller range"):
            book.sheets["Plan"].used_range.value  # noqa: B018 - reading it is the test
        assert book.sheets["Plan"]["XFD1048576"].value == 1


@pytest.mark.parametrize("text", ["Oak table", " <two>  & spaces ", "a\nb\tc", "_x000D_", "Größe"])
def test_rows_that_the_engine_wrote_are_read_back_the_quick_way(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = plain_book(tmp_path / "a.xlsx", ROWS)
    written = [[text, 1.5, True, "plain"]]
    with open_book(path) as book:
        book.sheets["Plan"]["A5:D5"].value = written
        book.sheets["Plan"]["E5"].formula = "=B5*2"
        book.save()
    monkeypatch.setattr(Grid, "_fill_slowly", lambda *_: pytest.fail("the row was read cell by cell"))
    assert _values(path, "A5:D5") == written[0]
