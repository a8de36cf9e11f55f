"""Read the declared tables of an open book, wherever people have moved or reordered them.

Tables are found by their Excel table names, columns by their headings. What people added is left out of the
frames and kept in the book.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import xlwings as xw
from xlwings.utils import col_name

from sopxl.grids import in_order
from sopxl.periods import LABEL_PATTERNS, is_label, labels_of_dates
from sopxl.schema import Finding, PlanGrid, Table, Tables, conform_all, read_text
from sopxl.settings import SETTINGS
from sopxl.tables import TABLES


@dataclass(frozen=True)
class BoundTable:
    """A declared table as it stands in a book.

    ``columns``: declared name, ``measure`` or period label -> position in the table. ``cells``: what stands in
    them, blank rows left out; ``rows``: the position in the table's body that each of its rows has.
    """

    table: Table
    excel: xw.main.Table
    sheet: str
    header_row: int
    first_column: int
    width: int
    height: int
    headings: tuple[str, ...]
    columns: dict[str, int]
    cells: pd.DataFrame
    rows: np.ndarray

    @property
    def periods(self) -> list[str]:
        """Labels of the period columns, from left to right."""
        return [name for name in sorted(self.columns, key=self.columns.__getitem__) if is_label(name)]

    def address(self, row: int | None, column: str) -> str:
        """The cell of a record (by its position in ``cells``; None: the header) and a column."""
        position = self.columns.get(column, 0)
        line = self.header_row if row is None or row >= len(self.rows) else self.header_row + 1 + int(self.rows[row])
        return f"{col_name(self.first_column + position)}{line}"


_NO_PLAN = Finding("error", "This workbook is not a plan: it has none of the tables of one.",
                   "Choose a plan workbook, or make a new one with 'sopxl new' and copy your data into its tables.")


@dataclass
class BoundBook:
    """The declared tables found in a book, and what is wrong with their binding."""

    book: xw.Book
    tables: dict[str, BoundTable] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    declared: Mapping[str, Table] = field(default_factory=lambda: TABLES)

    def cells(self) -> dict[str, pd.DataFrame]:
        """What stands in every table's declared cells."""
        return {name: bound.cells for name, bound in self.tables.items()}

    def frames(self) -> Tables:
        """Every declared table, conformed; the rows of plan grids in declared order."""
        frames = conform_all(self.declared, self.cells())
        for name, bound in self.tables.items():
            if isinstance(bound.table, PlanGrid):
                frames[name] = in_order(bound.table, frames[name], bound.periods)
        return frames

    def place(self, finding: Finding) -> Finding:
        """The finding with the sheet and cell that it is about."""
        bound = self.tables.get(finding.table)
        if bound is None or finding.cell:
            return finding
        return replace(finding, sheet=bound.sheet, cell=bound.address(finding.row, finding.column))


def bind(
    book: xw.Book, names: Iterable[str] | None = None, declared: Mapping[str, Table] = TABLES
) -> BoundBook:
    """Find and read the named tables of a book, all of the ``declared`` ones (those of a plan) if none are named.

    A missing table, a missing or doubled column becomes a finding in the planner's words, never an exception.
    """
    bound_book = BoundBook(book, declared=declared)
    found = {table.name.casefold(): (sheet, table) for sheet in book.sheets for table in sheet.tables}
    if not found.keys() & declared.keys():
        bound_book.findings.append(_NO_PLAN)
        return bound_book
    settings = [table for table in declared.values() if table.key == SETTINGS.key and table.name in found]
    bucket = _bucket(settings[0], *found[settings[0].name]) if settings else "month"
    for name in names or declared:
        if name in found:
            sheet, excel = found[name]
            bound_book.tables[name] = _bind_table(declared[name], sheet.name, excel, bound_book.findings, bucket)
        else:
            bound_book.findings.append(_missing_table(declared[name], list(found)))
    return bound_book


def _bucket(table: Table, sheet: xw.Sheet, excel: xw.main.Table) -> str:
    """The plan's bucket, in which dates are read; month where the settings do not say."""
    cells = _bind_table(table, sheet.name, excel, [], "month").cells
    if not {"setting", "value"} <= set(cells.columns):
        return "month"
    named = cells.loc[cells["setting"].map(read_text).str.lower() == "bucket", "value"].map(read_text).str.lower()
    return next((text for text in named if text in LABEL_PATTERNS), "month")


def _missing_table(table: Table, found: list[str]) -> Finding:
    """The finding for a table that the book does not have."""
    near = difflib.get_close_matches(table.name, found, 1, cutoff=0.7)
    renamed = f" Is it the table that is now called '{near[0]}'?" if near else ""
    return Finding("error",
                   f"The table '{table.name}' is missing: its sheet was deleted or the table renamed.{renamed}",
                   f"Name the table '{table.name}' again (Table Design, Table Name), or copy the sheet "
                   f"'{table.title}' from a new plan made by 'sopxl new'.", table=table.name, sheet=table.title)


def _bind_table(
    table: Table, sheet: str, excel: xw.main.Table, findings: list[Finding], bucket: str
) -> BoundTable:
    """One table as it stands in the book; faults of its headings go into the findings."""
    header, body = excel.header_row_range, excel.data_body_range
    headings = tuple(read_text(value) for value in header.options(ndim=1, err_to_str=True).value)
    columns = _match_columns(table, headings, sheet, findings)
    values = [] if body is None else body.options(ndim=2, err_to_str=True).value
    rows = _filled_rows(table, columns, values)
    return BoundTable(
        table, excel, sheet, header.row, header.column, len(headings), len(values), headings, columns,
        _cells(table, columns, [values[row] for row in rows], bucket), np.array(rows, dtype=int),
    )


def _filled_rows(table: Table, columns: dict[str, int], values: list[list[Any]]) -> list[int]:
    """Which rows are records: those with anything in a declared column; in a plan grid, with a key."""
    names = table.key if isinstance(table, PlanGrid) else columns
    positions = [columns[name] for name in names if name in columns]
    return [row for row, cells in enumerate(values) if any(read_text(cells[position]) for position in positions)]


def _match_columns(
    table: Table, headings: tuple[str, ...], sheet: str, findings: list[Finding]
) -> dict[str, int]:
    """Declared columns, ``measure`` and periods -> position; a finding for each that is missing."""
    position_of = {heading.casefold(): position for position, heading in reversed(list(enumerate(headings)))}
    declared = {column.heading: column.name for column in table.columns}
    if isinstance(table, PlanGrid):
        declared["Measure"] = "measure"
    columns = {name: position_of[heading.casefold()] for heading, name in declared.items()
               if heading.casefold() in position_of}
    unknown = [heading for heading in headings if heading.casefold() not in {h.casefold() for h in declared}]
    findings += [_missing_column(table, heading, name, unknown, sheet) for heading, name in declared.items()
                 if name not in columns and (name in _needed(table) or table.owner == "input")]
    if isinstance(table, PlanGrid):
        columns |= {heading: position for position, heading in enumerate(headings) if is_label(heading)}
    return columns


def _needed(table: Table) -> set[str]:
    """The columns without which a table says nothing."""
    values = {"value"} if table.key == SETTINGS.key else set()
    return {column.name for column in table.columns if column.required} | set(table.key) | {"measure"} | values


def _missing_column(table: Table, heading: str, name: str, unknown: list[str], sheet: str) -> Finding:
    """The finding for a declared column that is not there: an error where its values may stand under another name."""
    near = difflib.get_close_matches(heading, unknown, 1)
    if near or name in _needed(table):
        renamed = f" Is it the column now headed '{near[0]}'?" if near else ""
        return Finding("error", f"The column '{heading}' is missing or renamed.{renamed}",
                       f"Head it '{heading}' again.", table=table.name, column=name, sheet=sheet)
    return Finding("note", f"The column '{heading}' is missing; its cells count as empty.",
                   "Add it again where you need it.", table=table.name, column=name, sheet=sheet)


def _cells(table: Table, columns: dict[str, int], values: list[list[Any]], bucket: str) -> pd.DataFrame:
    """The declared columns of a table's body; dates in period columns become labels."""
    body = pd.DataFrame(values, dtype=object)
    if body.empty:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    cells = pd.DataFrame({name: body[position] for name, position in columns.items()}, dtype=object)
    for column in table.columns:
        if column.kind == "period" and column.name in cells:
            cells[column.name] = _labels(cells[column.name], bucket)
    return cells


def _labels(values: pd.Series, bucket: str) -> pd.Series:
    """Period cells as labels: Excel turns a typed 2026-12 into a date."""
    dates = values.map(lambda value: isinstance(value, datetime))
    if not dates.any():
        return values
    labels = labels_of_dates(pd.Series(pd.to_datetime(values[dates])), bucket)
    return values.where(~dates, labels.reindex(values.index))
