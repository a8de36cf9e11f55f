"""The pages that are no table: the cells of Home that a run fills, and what the pages' formulas show after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

import xlwings as xw

from sopxl.file_engine import is_file_book
from sopxl.schema import Tables, read_text
from sopxl.settings import Settings
from sopxl.workbook.read import BoundBook


def show_cells(book: xw.Book, cells: Mapping[str, Any]) -> None:
    """Put values into named cells; a name that the book does not have (any more) is passed over."""
    known = {name.name: name for name in book.names}
    for name, value in cells.items():
        if name in known:
            known[name].refers_to_range.value = value


def running(step: str) -> dict[str, Any]:
    """What Home shows while a step runs."""
    return {f"status_{step}": "Running …"}


def finished(steps: tuple[str, ...], started: datetime, findings: int, message: str) -> dict[str, Any]:
    """What Home shows after a run that wrote its results."""
    cells: dict[str, Any] = {"status_run": "Done", "message_run": message}
    for step in steps:
        cells |= {f"status_{step}": "Done", f"last_run_{step}": started, f"findings_{step}": findings}
    return cells


def stopped(steps: tuple[str, ...], findings: int, message: str) -> dict[str, Any]:
    """What Home shows after a run that could not be made; the time of the last good run stays."""
    cells: dict[str, Any] = {"status_run": "Not run", "message_run": message}
    for step in steps:
        cells |= {f"status_{step}": "Not run: see Findings", f"findings_{step}": findings}
    return cells


def _chosen(book: xw.Book, names: Collection[str]) -> dict[str, str]:
    """What planners chose in the named cells of the pages; a name that is gone or broken has nothing chosen."""
    cells = {name.name: name for name in book.names if name.name in names and "#REF!" not in name.refers_to}
    return {name: read_text(cell.refers_to_range.value) for name, cell in cells.items()}


def _stretches(line: list[Any]) -> Iterator[tuple[int, int]]:
    """Where the known values of a line stand together: the first of each stretch, and the one after its last."""
    for known, stretch in groupby(range(len(line)), key=lambda column: line[column] is not None):
        if known:
            columns = list(stretch)
            yield columns[0], columns[-1] + 1


def refresh_pages(bound_book: BoundBook, tables: Tables, settings: Settings) -> None:
    """Give the formulas on the pages that are no table the values that they have now.

    A formula is known by its text, wherever it stands; the planner's own are left alone. Where a spreadsheet
    program has the book open, it has done this already.
    """
    book = bound_book.book
    if not is_file_book(book):
        return
    from sopxl.workbook.template.page_values import CHOICES, page_values

    values = page_values(tables, settings, _chosen(book, CHOICES))
    with_tables = {bound.sheet for bound in bound_book.tables.values()}
    for sheet in book.sheets:
        if sheet.name in with_tables:
            continue
        area = sheet.used_range
        shown = [[values.get(formula or "") for formula in row] for row in area.api.formulas]
        for row, line in enumerate(shown):
            for first, end in _stretches(line):
                area[row, first:end].api.cached_values = [line[first:end]]
