"""Move the period columns of all plan grids to the periods of the plan, when its first period or horizon changed."""

from __future__ import annotations

import xlwings as xw
from xlwings.utils import col_name

from sopxl.file_engine import is_file_book
from sopxl.schema import Finding, PlanError, PlanGrid
from sopxl.tables import TABLES
from sopxl.workbook.first_days import first_day, first_day_formula
from sopxl.workbook.read import BoundBook, BoundTable, bind


def moved_grids(bound_book: BoundBook, periods: list[str]) -> list[str]:
    """Names of the plan grids whose period columns are not those of the plan."""
    return [
        name for name, bound in bound_book.tables.items()
        if isinstance(bound.table, PlanGrid) and bound.periods != periods
    ]


def align_periods(bound_book: BoundBook, periods: list[str]) -> BoundBook:
    """Head the period columns of every plan grid with these labels, adding columns on the right.

    Columns keep their places, so that formulas and charts that look at 'the third period' still do. The cells
    are not moved: the caller writes the grids anew. Raises PlanError where columns to be taken away are not
    the last ones of their table.
    """
    moved = moved_grids(bound_book, periods)
    if not moved:
        return bound_book
    blocked = [_surplus_in_the_way(bound_book.tables[name], periods) for name in moved]
    findings = [finding for finding in blocked if finding]
    if findings:
        raise PlanError(findings)
    for name in moved:
        _align(bound_book.tables[name], periods)
    return bind(bound_book.book, [name for name in TABLES if name in bound_book.tables])


def _surplus_in_the_way(bound: BoundTable, periods: list[str]) -> Finding | None:
    """A finding where the table has more periods than the plan, and something stands right of them."""
    surplus = bound.periods[len(periods):]
    last = bound.width - len(surplus)
    if all(bound.columns[period] >= last for period in surplus):
        return None
    return Finding("error", f"{bound.table.title} has more periods than the plan, and your own columns right of them.",
                   f"Move your columns to the left of {bound.periods[0]}, or keep the longer horizon.",
                   table=bound.table.name, sheet=bound.sheet)


def _align(bound: BoundTable, periods: list[str]) -> None:
    """Head one table's period columns; grow or shrink it on its right."""
    width = bound.width + len(periods) - len(bound.periods)
    sheet, top, left = bound.excel.range.sheet, bound.header_row, bound.first_column
    bottom = top + bound.height
    if width < bound.width:
        sheet.range((top + 1, left + width), (bottom, left + bound.width - 1)).clear_contents()
    if width != bound.width:
        bound.excel.resize(sheet.range((top, left), (bottom, left + width - 1)))
    positions = [bound.columns[period] for period in bound.periods[: len(periods)]]
    positions += range(bound.width, width)
    headings = list(bound.headings[:width]) + [""] * (width - bound.width)
    for position, period in zip(positions, periods, strict=True):
        headings[position] = period
    if is_file_book(sheet.book):
        bound.excel.api.rename_columns(headings)
        _refresh_first_days(sheet, top, [left + position for position in positions], periods)
    else:
        bound.excel.header_row_range.number_format = "@"
        bound.excel.header_row_range.value = headings


def _refresh_first_days(sheet: xw.Sheet, header_row: int, columns: list[int], periods: list[str]) -> None:
    """Give the formulas over the headings, which show each period's first day, their new values."""
    for column, period in zip(columns, periods, strict=True):
        cell = sheet.range((header_row - 1, column))
        if cell.formula == first_day_formula(f"{col_name(column)}${header_row}"):
            cell.api.cached_values = first_day(period)
