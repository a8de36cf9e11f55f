"""Whatever is written into a table comes back, from this engine and from another reader."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from sopxl.file_engine import open_book
from tests.file_engine.building import ITEM_ROWS, items_table, table_book

moments = st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9999, 12, 31)).map(lambda each: each.replace(microsecond=0))
values = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.text(st.sampled_from("_x0D\r\n\t\x00\x0b\x1f =<>&'\"]😀\ufffe"), max_size=12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    moments,
    st.none(),
)
tables = st.lists(st.tuples(values, values), min_size=1, max_size=6)


def _expected(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return None if value == "" else value


def _as_openpyxl_reads(value: Any) -> Any:
    """openpyxl leaves `_x000B_` as it stands in the file, but takes `x005F_` out; line ends are those of XML."""
    if isinstance(value, str):
        escaped = re.sub(
            "[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)", lambda each: f"_x{ord(each[0]):04X}_", value
        )
        return escaped.replace("x005F_", "")
    return value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables)
def test_random_values_come_back_from_a_table(tmp_path: Path, rows: list[tuple[Any, Any]]) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())
    with open_book(path) as book:
        table = book.sheets["Plan"].tables["items"]
        table.api.set_body_rows(len(rows))
        body = table.data_body_range[:, :2]
        body.value = [list(row) for row in rows]
        book.save()
    expected = [[_expected(value) for value in row] for row in rows]
    with open_book(path) as book:
        read = book.sheets["Plan"].tables["items"].data_body_range[:, :2].options(ndim=2).value
    assert read == expected
    assert [[type(value) for value in row] for row in read] == [[type(value) for value in row] for row in expected]
    sheet = openpyxl.load_workbook(path)["Plan"]
    others = [[sheet.cell(3 + row, 2 + column).value for column in range(2)] for row in range(len(rows))]
    assert others == [[_as_openpyxl_reads(value) for value in row] for row in expected]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(st.floats(-1e15, 1e15), st.text("abc é😀<&", min_size=1, max_size=9)), min_size=1, max_size=9)
)
def test_random_values_are_read_by_calamine(tmp_path: Path, row: list[Any]) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())
    with open_book(path) as book:
        book.sheets["Plan"][9, 0].value = row
        book.save()
    read = CalamineWorkbook.from_path(path).get_sheet_by_name("Plan").to_python(skip_empty_area=False)[9]
    assert read[: len(row)] == row


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 30), values), min_size=1, max_size=25))
def test_single_writes_in_any_order_add_up_to_the_same_sheet(
    tmp_path: Path, writes: list[tuple[int, int, Any]]
) -> None:
    path = table_book(tmp_path / "a.xlsx", ITEM_ROWS, items_table())
    cells: dict[tuple[int, int], Any] = {}
    with open_book(path) as book:
        for row, column, value in writes:
            book.sheets["Plan"].range((row + 10, column)).value = value
            cells[row + 10, column] = _expected(value)
        book.save()
    with open_book(path) as book:
        area = book.sheets["Plan"].range((11, 1), (22, 30)).value
    assert {(r + 11, c + 1): v for r, row in enumerate(area) for c, v in enumerate(row) if v is not None} == {
        place: value for place, value in cells.items() if value is not None
    }


def test_the_values_above_reach_the_cases_that_matter() -> None:
    """A guard on the strategy: control characters, escapes, edges and every type do turn up."""
    with pytest.raises(AssertionError):
        _never_special()


@settings(max_examples=300, database=None)
@given(values)
def _never_special(value: Any) -> None:
    assert not (isinstance(value, str) and "\x0b" in value)
