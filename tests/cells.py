"""Cells of a workbook, found as a planner finds them: by the record that they stand in."""

from __future__ import annotations

import xlwings as xw

from sopxl.workbook.read import bind


def cell(book: xw.Book, table: str, column: str, **key: str) -> xw.Range:
    """The cell of a record, found by its key."""
    bound = bind(book, [table]).tables[table]
    rows = bound.cells
    for name, value in key.items():
        rows = rows[rows[name] == value]
    assert len(rows), key
    return bound.excel.range.sheet.range(bound.address(int(rows.index[0]), column))
