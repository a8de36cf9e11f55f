"""Plan grids on their sheets: trend, keys, attributes, measures and periods from left to right.

Plan sheets are protected without a password, so that rows of an object stay together (no sorting) and results
and formulas are not overwritten by mistake; everything else is allowed. The price: Excel does not fold outlines
and does not let a table grow by typing below it while a sheet is protected. sopxl adds the rows of a plan itself,
the macros fold outlines all the same, and Review > Unprotect Sheet lifts it at any time.
"""

from __future__ import annotations

from typing import Any

from sopxl.file_engine.addresses import column_letters
from sopxl.schema import Column, PlanGrid
from sopxl.workbook.first_days import first_day, first_day_formula
from sopxl.workbook.grid_formulas import GridLayout
from sopxl.workbook.template.book import (
    FIRST_DATA_ROW,
    GRID_FIRST_COLUMN,
    HEADER_ROW,
    VIEW_BUTTONS,
    TableArea,
    TemplateBook,
    sheet_reference,
)
from sopxl.workbook.template.grid_cells import key_measure, write_grid_cells
from sopxl.workbook.template.highlights import ROWS_TO_SPARE, SPARE_COLUMNS, light_up
from sopxl.workbook.template.list_sheets import cell_values
from sopxl.workbook.template.notes import column_note, measures_note, write_note
from sopxl.workbook.template.styles import Palette

ALLOWED = (
    "objects", "scenarios", "format_cells", "format_columns", "format_rows", "insert_columns", "insert_rows",
    "insert_hyperlinks", "delete_columns", "delete_rows", "autofilter", "pivot_tables",
)
BUTTON_SIZE = (104, 24)
PERIOD_WIDTH = 9.5
PERIODS_PER_PAGE = 18
TREND_WIDTH = 12
MOST_VISIBLE_ATTRIBUTES = 2
MOST_SPARKLINES, SPARKLINES_TO_COME = 600, 60
DAY_FORMATS = {"week": "d mmm", "month": "mmm", "quarter": "mmm yyyy"}


def add_grid(book: TemplateBook, grid: PlanGrid) -> None:
    """The sheet of a plan grid, filled from the book's tables, or with one empty block of its measures."""
    sheet = book.add_sheet(grid.title, grid.name, grid.group)
    area, periods = book.area(grid.name), book.periods_of(grid)
    layout = GridLayout(grid, {name: area.column(name) + 1 for name in area.headings}, periods,
                        declared=book.declared)
    book.write_head(sheet, grid.title, grid.description)
    _write_hint(book, sheet, area)
    _add_buttons(book, sheet, area)
    _set_columns(book, sheet, grid, area, periods)
    write_grid_cells(book, sheet, area, layout)
    book.add_table(sheet, area)
    _write_headings(book, sheet, grid, area, periods)
    _write_first_days(book, sheet, area, periods)
    light_up(book, sheet, area, layout)
    _validate_inputs(sheet, grid, area, periods)
    _add_trends(book, sheet, grid, area, periods)
    _group_details(sheet, grid, book)
    _finish(book, sheet, grid, area)


def _write_hint(book: TemplateBook, sheet: Any, area: TableArea) -> None:
    """What to do, shown as long as the plan is empty."""
    sheet.write_string(2, GRID_FIRST_COLUMN, "Nothing planned yet: run all steps from Home.",
                       book.styles.get(italic=True, font_color=Palette.WARN_INK))
    keys = f"$B${FIRST_DATA_ROW + 1}:$B${area.last_row + ROWS_TO_SPARE}"
    sheet.conditional_format(2, GRID_FIRST_COLUMN, 2, GRID_FIRST_COLUMN, {
        "type": "formula", "criteria": f"=COUNTA({keys})>0",
        "format": book.workbook.add_format({"font_color": "#FFFFFF", "num_format": ";;;"}),
    })


def _add_buttons(book: TemplateBook, sheet: Any, area: TableArea) -> None:
    """The comforts of plan sheets, over the first periods."""
    if book.macros:
        for position, macro in enumerate(VIEW_BUTTONS):
            book.insert_button(sheet, (0, area.column("Measure") + 1), macro, BUTTON_SIZE,
                               (4 + position * (BUTTON_SIZE[0] + 6), 4))


def _finish(book: TemplateBook, sheet: Any, grid: PlanGrid, area: TableArea) -> None:
    """Panes, printing, protection, and the name by which macros know a plan sheet."""
    measure = area.column("Measure")
    sheet.freeze_panes(FIRST_DATA_ROW, measure + 1)
    sheet.repeat_rows(HEADER_ROW - 1, HEADER_ROW)
    sheet.repeat_columns(area.first_column, measure)
    sheet.fit_to_pages(-(-(area.last_column - measure) // PERIODS_PER_PAGE), 0)
    sheet.protect("", dict.fromkeys(ALLOWED, True))
    title = sheet_reference(grid.title)
    book.workbook.define_name(f"{title}!sopxl_plan", f"={title}!$A$1")
    sheet.ignore_errors({"number_stored_as_text": f"A1:{column_letters(measure + 1)}{area.last_row + ROWS_TO_SPARE}"})


def _set_columns(book: TemplateBook, sheet: Any, grid: PlanGrid, area: TableArea, periods: list[str]) -> None:
    """Widths; number attributes are folded away where they would push the periods off the screen."""
    sheet.set_column(0, 0, TREND_WIDTH, book.styles.free)
    frame = book.tables[grid.name]
    folded = _folded_attributes(grid)
    most = max(26, 52 // sum(not column.is_numeric for column in grid.columns))
    for position, column in enumerate(grid.columns, area.first_column):
        shown = cell_values(column, frame[column.name])
        width = book.width_of(shown, least=max(9, *(len(word) + 4 for word in column.heading.split())), most=most)
        options = {"level": 1, "hidden": True} if column in folded else {}
        sheet.set_column(position, position, 11 if column.is_numeric else width, book.styles.free, options)
    measure = area.column("Measure")
    options = {"collapsed": True} if folded else {}
    sheet.set_column(measure, measure, book.width_of(grid.measure_names, most=40), book.styles.free, options)
    widest = _period_width(book, grid, periods)
    sheet.set_column(measure + 1, area.last_column, widest, book.styles.free)
    sheet.set_column(area.last_column + 1, area.last_column + SPARE_COLUMNS, None, book.styles.free)


def _period_width(book: TemplateBook, grid: PlanGrid, periods: list[str]) -> float:
    """Wide enough for the largest number of the grid with its separators and sign."""
    frame = book.tables[grid.name]
    values = frame[periods].abs().max().max() if len(frame) else 0.0
    digits = len(f"{values:,.0f}") if values == values else 1
    decimals = 3 if any(" per " in f" {m.unit}" for m in grid.measures) and digits < 8 else 0
    return max(PERIOD_WIDTH, digits + decimals + 2.5)


def _folded_attributes(grid: PlanGrid) -> list[Column]:
    numbers = [column for column in grid.columns if column.is_numeric and column.name not in grid.key]
    return numbers if len(numbers) > MOST_VISIBLE_ATTRIBUTES else []


def _write_headings(
    book: TemplateBook, sheet: Any, grid: PlanGrid, area: TableArea, periods: list[str]
) -> None:
    """The header row with its notes, and units over the attributes."""
    sheet.set_row(HEADER_ROW, 30)
    sheet.write_string(HEADER_ROW, 0, "Trend", book.styles.quiet(align="center"))
    for column in grid.columns:
        position = area.column(column.heading)
        place = {"align": "right"} if column.is_numeric else {"indent": 1}
        sheet.write_string(HEADER_ROW, position, column.heading, book.styles.heading(**place))
        sheet.write_string(HEADER_ROW - 1, position, book.unit(column.unit), book.styles.quiet(**place))
        write_note(sheet, HEADER_ROW, position, column_note(book, column, "result"))
    sheet.write_string(HEADER_ROW, area.column("Measure"), "Measure", book.styles.heading(indent=1))
    write_note(sheet, HEADER_ROW, area.column("Measure"), measures_note(book, grid))
    for period in periods:
        sheet.write_string(HEADER_ROW, area.column(period), period, book.styles.heading(align="center"))


def _write_first_days(book: TemplateBook, sheet: Any, area: TableArea, periods: list[str]) -> None:
    """Over each period its first day, by a formula over the heading, so that it moves with it."""
    style = book.styles.quiet(num_format=DAY_FORMATS[book.settings.bucket], align="center")
    for period in periods:
        column = area.column(period)
        formula = first_day_formula(f"{column_letters(column + 1)}${HEADER_ROW + 1}")
        sheet.write_formula(HEADER_ROW - 1, column, formula, style, first_day(period))
    for column in range(area.last_column + 1, area.last_column + SPARE_COLUMNS + 1):
        sheet.write_blank(HEADER_ROW - 1, column, None, style)


def _validate_inputs(sheet: Any, grid: PlanGrid, area: TableArea, periods: list[str]) -> None:
    """One rule over all periods: where an input measure stands, only numbers from its minimum on."""
    inputs = grid.owned_by("input")
    if not inputs:
        return
    first = area.column(periods[0])
    cell = f"{column_letters(first + 1)}{FIRST_DATA_ROW + 1}"
    measure = f"${area.letters('Measure')}{FIRST_DATA_ROW + 1}"
    least = {one.name: "" if one.minimum is None else f",{cell}>={one.minimum:g}" for one in inputs}
    rules = [f'AND({measure}="{name}",ISNUMBER({cell}){limit})' for name, limit in least.items()]
    known = " ".join(f"{one.name}: {one.description}" for one in inputs)
    sheet.data_validation(FIRST_DATA_ROW, first, area.last_row + ROWS_TO_SPARE,
                          area.last_column + SPARE_COLUMNS, {
        "validate": "custom", "value": f"=OR({','.join(rules)})", "error_title": "Not a number",
        "error_message": f"Enter a number, 0 or more, or clear the cell. {known}"[:255],
    })


def _add_trends(book: TemplateBook, sheet: Any, grid: PlanGrid, area: TableArea, periods: list[str]) -> None:
    """A sparkline at the start of each row; in large grids only of each object's key measure.

    An empty grid gets them for some rows to come, but not for many: they are printed like cells.
    """
    objects = 1 if grid.key == ("unit",) else -(-SPARKLINES_TO_COME // len(grid.measures))
    names = book.tables[grid.name]["measure"].tolist() or grid.measure_names * objects
    wanted = set(names) if len(names) <= MOST_SPARKLINES else {key_measure(grid)}
    first, last = area.letters(periods[0]), area.letters(periods[-1])
    rows = [row for row, name in enumerate(names, FIRST_DATA_ROW + 1) if name in wanted]
    sheet.add_sparkline(rows[0] - 1, 0, {
        "location": [f"A{row}" for row in rows],
        "range": [f"{sheet_reference(grid.title)}!{first}{row}:{last}{row}" for row in rows],
        "series_color": Palette.HEADER, "negative_points": True, "negative_color": "#C00000", "weight": 1.25,
    })


def _group_details(sheet: Any, grid: PlanGrid, book: TemplateBook) -> None:
    """Outline: the detail measures of each object can be folded away."""
    details = {measure.name for measure in grid.measures if measure.detail}
    if not details:
        return
    sheet.outline_settings(True, False, False, False)
    frame = book.tables[grid.name]
    names = frame["measure"].tolist() if len(frame) else grid.measure_names
    for row, name in enumerate(names, FIRST_DATA_ROW):
        if name in details:
            sheet.set_row(row, None, None, {"level": 1})
