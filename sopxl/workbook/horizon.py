"""Move the period columns of all plan grids to the periods of the plan, when its first period or horizon changed."""

from __future__ import annotations

from xlwings.utils import col_name

from sopxl.file_engine import is_file_book
from sopxl.periods import is_label
from sopxl.schema import Finding, PlanGrid
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
    are not moved: the caller writes the grids anew. :func:`horizon_faults` says beforehand what would be in the way.
    """
    moved = moved_grids(bound_book, periods)
    if not moved:
        return bound_book
    headings = {name: _take_room(bound_book.tables[name], periods) for name in moved}
    if is_file_book(bound_book.book):
        bound_book.book.api.rename_columns(headings)
    else:
        for name in moved:
            header = bound_book.tables[name].excel.header_row_range
            header.number_format = "@"
            header.value = headings[name]
    for name in moved:
        _refresh_first_days(bound_book.tables[name], headings[name])
    return bind(bound_book.book, list(bound_book.tables), bound_book.declared)


def horizon_faults(bound_book: BoundBook, periods: list[str]) -> list[Finding]:
    """A finding for each plan grid whose period columns cannot become those of the plan."""
    found = (_surplus_in_the_way(bound_book.tables[name], periods) for name in moved_grids(bound_book, periods))
    return [finding for finding in found if finding]


def _surplus_in_the_way(bound: BoundTable, periods: list[str]) -> Finding | None:
    """A finding where the table has more periods than the plan, and something stands right of them."""
    surplus = bound.periods[len(periods):]
    last = bound.width - len(surplus)
    if all(bound.columns[period] >= last for period in surplus):
        return None
    return Finding("error", f"{bound.table.title} has more periods than the plan, and your own columns right of them.",
                   f"Move your columns to the left of {bound.periods[0]}, or keep the longer horizon.",
                   table=bound.table.name, sheet=bound.sheet)


def _take_room(bound: BoundTable, periods: list[str]) -> list[str]:
    """Grow or shrink a table on its right to the number of periods; gives the headings that it is to have."""
    width = bound.width + len(periods) - len(bound.periods)
    sheet, top, left = bound.excel.range.sheet, bound.header_row, bound.first_column
    bottom = top + bound.height
    if width < bound.width:
        sheet.range((top + 1, left + width), (bottom, left + bound.width - 1)).clear_contents()
    if width != bound.width:
        bound.excel.resize(sheet.range((top, left), (bottom, left + width - 1)))
    if width > bound.width and not is_file_book(sheet.book):
        sheet.range((top, left + bound.width - 1), (bottom, left + bound.width - 1)).copy()
        sheet.range((top, left + bound.width), (bottom, left + width - 1)).paste(paste="formats")
    if width < bound.width:
        sheet.range((max(top - 1, 1), left + width), (top, left + bound.width - 1)).clear_contents()
    positions = [bound.columns[period] for period in bound.periods[: len(periods)]]
    headings = list(bound.headings[:width]) + [""] * (width - bound.width)
    for position, period in zip([*positions, *range(bound.width, width)], periods, strict=True):
        headings[position] = period
    return headings


def _refresh_first_days(bound: BoundTable, headings: list[str]) -> None:
    """Let the row over the headings show the first day of each period."""
    sheet, row = bound.excel.range.sheet, bound.header_row - 1
    if row < 1:
        return
    for position, heading in enumerate(headings):
        if is_label(heading):
            column = bound.first_column + position
            cell = sheet.range((row, column))
            formula = first_day_formula(f"{col_name(column)}${bound.header_row}")
            if is_file_book(sheet.book) and (cell.formula == formula or not cell.formula):
                cell.api.set_formulas([[formula]], [[first_day(heading)]])
            elif not cell.formula:
                cell.formula = formula
