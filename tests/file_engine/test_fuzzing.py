"""Whatever is wrong inside a part, a planner sees a sentence and never a traceback."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sopxl.file_engine import FileEngineError, NotFoundError, open_book
from tests.file_engine.building import (
    ITEM_ROWS,
    items_table,
    parts_of,
    plain_book,
    table_book,
    workbook_xml,
    write_package,
)

PARTS = ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/tables/table1.xml", "xl/styles.xml", "[Content_Types].xml",
         "xl/_rels/workbook.xml.rels", "xl/worksheets/_rels/sheet1.xml.rels", "_rels/.rels")  # fmt: skip
ROWS = ITEM_ROWS + (
    '<row r="6"><c r="A6"><f t="shared" ref="A6:B6" si="0">B2</f><v>1</v></c><c r="B6"><f t="shared" si="0"/></c>'
    '<c r="C6" t="d"><v>2026-01-01</v></c></row><row r="7"><c r="A7"><f t="array" ref="A7:B7">{1,2}</f></c></row>'
)
SURROUNDINGS = {
    "before": '<dimension ref="A1:D7"/><cols><col min="1" max="3" style="1"/></cols>',
    "after": '<mergeCells><mergeCell ref="F1:G2"/></mergeCells>'
    '<dataValidations><dataValidation sqref="B3:B4"/></dataValidations>',
}
NAMES = workbook_xml('<definedNames><definedName name="a" localSheetId="0">Plan!$A$1</definedName></definedNames>')


def _use(path: Path) -> None:
    with open_book(path) as book:
        for sheet in book.sheets:
            assert sheet.used_range.address
            assert sheet["A1:H9"].api.raw_values
            assert list(sheet.api.all_formulas()) is not None
            for table in sheet.tables:
                table.api.set_body_rows(3)
            sheet["A6"].value = 5
            sheet["E5:H9"].value = "x"
        for name in book.names:
            with contextlib.suppress(NotFoundError):
                assert name.refers_to_range
        book.save()
    with open_book(path) as book:
        assert len(book.sheets) >= 0


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PARTS), st.integers(0, 5000), st.integers(0, 40), st.sampled_from(
    ["", "0", "-1", "99999999999", "A1", "XFE1", "&#49;", "<x/>", 'r="B9"', "NaN", "é", "/>", "..", " ", "]]>", "&amp;"]
))  # fmt: skip
def test_a_change_anywhere_in_a_part_is_taken_or_refused_in_a_sentence(
    tmp_path: Path, part: str, place: int, length: int, new: str
) -> None:
    path = table_book(tmp_path / "a.xlsx", ROWS, items_table(), xl__workbook_dot_xml=NAMES, **SURROUNDINGS)
    parts = dict(parts_of(path))
    content = parts[part]
    place %= len(content)
    parts[part] = content[:place] + new.encode() + content[place + length :]
    write_package(path, parts)
    with contextlib.suppress(FileEngineError):
        _use(path)


def test_without_a_change_all_of_it_works(tmp_path: Path) -> None:
    _use(table_book(tmp_path / "a.xlsx", ROWS, items_table(), xl__workbook_dot_xml=NAMES, **SURROUNDINGS))


def test_names_that_go_round_in_circles_lead_nowhere(tmp_path: Path) -> None:
    names = '<definedNames><definedName name="a">b</definedName><definedName name="b">a</definedName></definedNames>'
    path = plain_book(tmp_path / "a.xlsx", "", xl__workbook_dot_xml=workbook_xml(names))
    with open_book(path) as book, pytest.raises(NotFoundError):
        book.names["a"].refers_to_range  # noqa: B018 - reading it is the test


def test_a_cell_of_an_unknown_type_is_refused(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", '<row r="1"><c r="A1" t="&#115;"><v>0</v></c></row>')
    with open_book(path) as book, pytest.raises(FileEngineError, match="unknown type"):
        book.sheets["Plan"]["A1"].value  # noqa: B018 - reading it is the test
