"""The executive review: one printed page with the figures, the plan by period, charts and the dearest exceptions.

To show another line of the plan, add it to LINES.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sopxl.file_engine.addresses import column_letters
from sopxl.tables import GRIDS
from sopxl.workbook.template.book import HEADER_ROW, REVIEW, TemplateBook, sheet_reference
from sopxl.workbook.template.dashboard import CHARTS, build_chart
from sopxl.workbook.template.live_numbers import KEY_NUMBERS
from sopxl.workbook.template.styles import Palette, number_format

FIRST, LAST = 1, 16
FIGURES_ROW = 3
LINES_ROW = 7
EXCEPTIONS_SHOWN = 12
MOST_PERIODS = 18
FIRST_PIXELS, COLUMN_PIXELS = 159, 82
CHARTS_SHOWN = ("Demand and what is shipped", "Revenue against budget and last year", "Stock value")

LINES: tuple[tuple[str, str], ...] = (
    ("key_figures", "Demand"), ("key_figures", "Shipments"), ("key_figures", "Backlog"),
    ("financial_plan", "Net sales"), ("financial_plan", "Budget revenue"), ("financial_plan", "Gap to budget"),
    ("financial_plan", "Gross margin"), ("financial_plan", "Gross margin share"),
    ("financial_plan", "EBIT"), ("financial_plan", "Stock value"),
    ("cash_flow", "Change in cash"), ("cash_flow", "Cash"),
    ("key_figures", "Highest required load"), ("key_figures", "Highest planned load"),
)
EXCEPTION_COLUMNS = (
    ("kind", 1, 1), ("period", 2, 2), ("money", 3, 3), ("message", 4, 10), ("remedy", 11, LAST),
)


def add_review(book: TemplateBook) -> None:
    """The sheet of the executive review, set up to print on one landscape page."""
    sheet = book.add_sheet(REVIEW, "executive_review", "reviews")
    book.write_head(sheet, REVIEW, "What the plan brings, where it differs from budget, and what has to be decided.")
    periods = book.periods_of(GRIDS["financial_plan"])[:MOST_PERIODS]
    sheet.set_column(0, 0, 2)
    sheet.set_column(FIRST, FIRST, 22)
    sheet.set_column(FIRST + 1, FIRST + MOST_PERIODS, 11)
    _write_figures(book, sheet)
    row = _write_lines(book, sheet, periods)
    row = _insert_charts(book, sheet, row + 1, periods)
    last = _write_exceptions(book, sheet, row)
    sheet.print_area(0, 0, last, max(FIRST + len(periods), LAST))
    sheet.fit_to_pages(1, 1)


def _write_figures(book: TemplateBook, sheet: Any) -> None:
    """The key numbers, side by side."""
    places = [FIRST, *(FIRST + 2 + 2 * n for n in range(len(KEY_NUMBERS) - 1))]
    sheet.set_row(FIGURES_ROW + 1, 24)
    for column, key_number in zip(places, KEY_NUMBERS, strict=True):
        sheet.write_string(FIGURES_ROW, column, key_number.title, book.styles.quiet())
        for below in (1, 2) if column > FIRST else ():
            sheet.merge_range(FIGURES_ROW + below, column, FIGURES_ROW + below, column + 1, "", book.styles.get())
        number = book.styles.get(bold=True, font_size=14, align="left", font_color=Palette.HEADER,
                                 num_format=key_number.number_format)
        sheet.write_formula(FIGURES_ROW + 1, column, f"={key_number.number.formula}", number,
                            key_number.number.value(book.tables))
        sheet.write_formula(FIGURES_ROW + 2, column, f"={key_number.compared.formula}",
                            book.styles.quiet(align="left", num_format=key_number.compared_format),
                            key_number.compared.value(book.tables))


def _write_lines(book: TemplateBook, sheet: Any, periods: list[str]) -> int:
    """The plan's lines by period, looked up by measure and period; gives the row after them.

    There are as many columns as the page holds; those beyond the horizon stay empty until it grows.
    """
    plan = GRIDS["financial_plan"]
    first = book.area("financial_plan").column(periods[0])
    sheet.write_string(LINES_ROW, FIRST, f"Plan by {book.settings.bucket}", book.styles.heading(border=0))
    for place in range(MOST_PERIODS):
        cell = f"{sheet_reference(plan.title)}!{column_letters(first + place + 1)}${HEADER_ROW + 1}"
        sheet.write_formula(LINES_ROW, FIRST + 1 + place, f'=IF(MID({cell},5,1)="-",{cell},"")',
                            book.styles.heading(border=0, align="right"),
                            periods[place] if place < len(periods) else "")
    for row, (grid, measure) in enumerate(LINES, LINES_ROW + 1):
        _write_line(book, sheet, row, grid, measure, periods)
    return LINES_ROW + 1 + len(LINES)


def _write_line(book: TemplateBook, sheet: Any, row: int, grid: str, measure: str, periods: list[str]) -> None:
    declared = GRIDS[grid].measure(measure)
    line = {"bottom": 4, "bottom_color": Palette.LINE}
    style = book.styles.get(num_format=number_format(declared.kind, declared.unit), **line)
    sheet.write_string(row, FIRST, measure, book.styles.get(bold=True, **line))
    frame = book.tables[grid]
    rows = frame[frame["measure"] == measure].head(1)
    for place in range(MOST_PERIODS):
        heading = f"{column_letters(FIRST + place + 2)}${LINES_ROW + 1}"
        formula = (f'=IF({heading}="","",IFERROR(INDEX({grid}[],MATCH($B{row + 1},{grid}[Measure],0),'
                   f"MATCH({heading},{grid}[[#Headers]],0))+0,0))")
        period = periods[place] if place < len(periods) else ""
        value = float(np.nan_to_num(rows[period].iloc[0])) if len(rows) and period in rows else 0.0
        sheet.write_formula(row, FIRST + 1 + place, formula, style, value if period else "")


def _insert_charts(book: TemplateBook, sheet: Any, row: int, periods: list[str]) -> int:
    """Three charts abreast; gives the row below them."""
    chosen = [chart for chart in CHARTS if chart.title in CHARTS_SHOWN]
    width = (FIRST_PIXELS + COLUMN_PIXELS * max(len(periods), LAST - FIRST)) // len(chosen)
    for position, chart in enumerate(chosen):
        drawn = build_chart(book, chart)
        drawn.set_size({"width": width - 8, "height": 240})
        sheet.insert_chart(row, FIRST, drawn, {"x_offset": position * width, "description": chart.title})
    return row + 13


def _write_exceptions(book: TemplateBook, sheet: Any, row: int) -> int:
    """The dearest exceptions, live from their table; gives the last row."""
    heads = {"kind": "To decide", "money": f"Worth ({book.settings.currency})", "message": "What is the matter",
             "remedy": "What would cure it"}
    for column in range(FIRST, LAST + 1):
        sheet.write_blank(row, column, None, book.styles.heading(border=0))
    for name, column, _ in EXCEPTION_COLUMNS:
        head = heads.get(name, name.capitalize())
        place = {"align": "right"} if name == "money" else {"indent": int(column > FIRST)}
        sheet.write_string(row, column, head, book.styles.heading(border=0, text_wrap=False, **place))
    for position in range(EXCEPTIONS_SHOWN):
        sheet.set_row(row + 1 + position, 26)
        for name, first, last in EXCEPTION_COLUMNS:
            _write_exception_cell(book, sheet, (row + 1 + position, first, last), name, position)
    return row + EXCEPTIONS_SHOWN


def _write_exception_cell(
    book: TemplateBook, sheet: Any, place: tuple[int, int, int], name: str, position: int
) -> None:
    """One field of the exception at this position; nothing where there are not so many."""
    row, first, last = place
    frame = book.tables["exceptions"]
    source = f"INDEX(exceptions[{name.capitalize()}],{position + 1})"
    found = frame[name].iloc[position] if position < len(frame) else ""
    line = {"bottom": 4, "bottom_color": Palette.LINE, "valign": "top"}
    style = book.styles.get(text_wrap=True, align="left", indent=int(first > FIRST), **line)
    formula = f'=IFERROR({source}&"","")'
    if name == "money":
        style = book.styles.get(num_format="#,##0", align="right", **line)
        formula = f'=IFERROR(IF({source}="","",{source}),"")'
    if last > first:
        sheet.merge_range(row, first, row, last, "", style)
    sheet.write_formula(row, first, formula, style, "" if found != found else found)
