"""The strategy review: value, risk and next gate of each project, their cash and load by period, and all initiatives.

Everything on it is live from ``project_review``, ``project_pipeline``, ``project_load`` and ``initiative_review``. To
show another column of a list, add it to LISTS; another line of cash, to CASH.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sopxl.file_engine.addresses import column_letters
from sopxl.tables import GRIDS
from sopxl.workbook.template.book import STRATEGY_REVIEW, TemplateBook
from sopxl.workbook.template.live_cells import row_where, rows_where
from sopxl.workbook.template.page_lists import Part, write_fields, write_heads
from sopxl.workbook.template.styles import Palette

PERIODS, LINES, RESOURCES = 18, 8, 8
FIRST = 1
LAST = FIRST + PERIODS
HELPER = LAST + 2
AMBER, RED, WHITE = "#FFEB84", "#F8696B", "#FFFFFF"
MONEY, SHARE, NUMBER = "#,##0;[Red]-#,##0;–", "0%;-0%;–", "#,##0.0"


@dataclass(frozen=True)
class Listed:
    """A list of the page: its table, the column that says whether a row is filled, its title and its columns."""

    table: str
    key: str
    heading: str
    title: str
    columns: tuple[Part, ...]


LISTS = (
    Listed("project_review", "project", "Project", "Development projects, the most valuable first", (
        ("Project", "project", 1, 1, "@"), ("Name", "name", 2, 4, "@"), ("Status", "status", 5, 5, "@"),
        ("Next gate", "next_gate", 6, 7, "@"), ("Due", "next_gate_period", 8, 8, "@"),
        ("Launch", "launch_period", 9, 9, "@"), ("Probability", "probability", 10, 10, SHARE),
        ("Expected value", "expected_value", 11, 12, MONEY), ("If launched", "value_if_launched", 13, 14, MONEY),
        ("Spent in vain", "spent_in_vain", 15, 16, MONEY), ("Payback", "payback", 17, 17, NUMBER),
        ("Peak load", "peak_load", 18, LAST, SHARE),
    )),
    Listed("initiative_review", "initiative", "Initiative", "Strategic initiatives", (
        ("Initiative", "initiative", 1, 1, "@"), ("Name", "name", 2, 5, "@"), ("Start", "start_period", 6, 6, "@"),
        ("In plan", "in_plan", 7, 7, SHARE), ("Present value", "net_present_value", 8, 9, MONEY),
        ("Payback", "payback", 10, 10, NUMBER), ("EBIT", "ebit", 11, 12, MONEY), ("Cash", "cash", 13, 14, MONEY),
        ("Hours missing without", "hours_missing_without", 15, 17, MONEY),
        ("With", "hours_missing_with", 18, LAST, MONEY),
    )),
)
CASH = ("Expected cash", "Expected cash to date", "Committed cash")
"""Measures of the pipeline whose sums over all projects are shown."""
LOAD = "Expected load"


def add_strategy_review(book: TemplateBook) -> None:
    """The sheet of the strategy review, set up to print on one landscape page."""
    sheet = book.add_sheet(STRATEGY_REVIEW, "strategy_review", "reviews")
    book.write_head(sheet, STRATEGY_REVIEW, "What projects and initiatives are worth, what they risk, and whom they "
                                            "load.")
    sheet.set_column(0, 0, 2)
    sheet.set_column(FIRST, FIRST, 24)
    sheet.set_column(FIRST + 1, LAST, 8.7)
    row = 4
    row = _write_list(book, sheet, row, LISTS[0])
    row = _write_cash(book, sheet, row)
    row = _write_load(book, sheet, row)
    row = _write_list(book, sheet, row, LISTS[1])
    sheet.print_area(0, 0, row, LAST)
    sheet.fit_to_pages(1, 1)


def _write_list(book: TemplateBook, sheet: Any, top: int, listed: Listed) -> int:
    """One list, live; the row below it."""
    write_heads(book, sheet, top, listed.title, listed.columns)
    rows = rows_where(book.tables[listed.table][listed.key] != "", LINES)
    condition = f'({listed.table}[{listed.heading}]<>"")'
    for position, row in enumerate(rows):
        place = top + 2 + position
        sheet.write_formula(place, HELPER, f"={row_where(listed.table, listed.heading, condition, position)}",
                            book.styles.quiet(), float(row))
        write_fields(book, sheet, (place, HELPER), listed.table, listed.columns, row)
    return top + LINES + 3


def _write_periods(book: TemplateBook, sheet: Any, row: int, grid: str, title: str, first: str) -> None:
    """The title of a part with the periods of a grid below it."""
    sheet.write_string(row, FIRST, title, book.styles.get(bold=True, font_color=Palette.HEADER))
    sheet.write_string(row + 1, FIRST, first, book.styles.heading(border=0))
    periods = book.periods_of(GRIDS[grid])[:PERIODS]
    for position in range(PERIODS):
        found = f'INDEX({grid}[[#Headers]],1,MATCH("Measure",{grid}[[#Headers]],0)+{position + 1})'
        sheet.write_formula(row + 1, FIRST + 1 + position, f'=IFERROR(IF(MID({found},5,1)="-",{found},""),"")',
                            book.styles.heading(border=0, align="right"),
                            periods[position] if position < len(periods) else "")


def _write_cash(book: TemplateBook, sheet: Any, top: int) -> int:
    """Cash of all projects by period; the row below it."""
    _write_periods(book, sheet, top, "project_pipeline", "Cash of all projects together, by their gates", "Cash")
    for line, measure in enumerate(CASH):
        row = top + 2 + line
        sheet.write_string(row, FIRST, measure, book.styles.get(align="left", indent=1))
        _write_sums(book, sheet, (row, top + 1), ("project_pipeline", f"$B{row + 1}", measure), MONEY)
    return top + len(CASH) + 3


def _write_load(book: TemplateBook, sheet: Any, top: int) -> int:
    """Expected load of resources and pools as a heat map; the row below it."""
    _write_periods(book, sheet, top, "project_load", "Load by projects under way, by their gates",
                   "Resource or pool")
    frame = book.tables["project_load"]
    names = frame.loc[frame["measure"] == LOAD, "resource"].tolist() if "measure" in frame else []
    for line in range(RESOURCES):
        row = top + 2 + line
        found = row_where("project_load", "Resource", f'(project_load[Measure]="{LOAD}")', line)
        name = str(names[line]) if line < len(names) else ""
        sheet.write_formula(row, FIRST, f'=IFERROR(INDEX(project_load[Resource],1/(1/{found}))&"","")',
                            book.styles.get(align="left", indent=1), name)
        _write_sums(book, sheet, (row, top + 1), ("project_load", f'"{LOAD}"', LOAD), SHARE, name)
    sheet.conditional_format(top + 2, FIRST + 1, top + 1 + RESOURCES, LAST, {
        "type": "3_color_scale", "min_type": "num", "mid_type": "num", "max_type": "num", "min_value": 0.0,
        "mid_value": 0.9, "max_value": 1.1, "min_color": WHITE, "mid_color": AMBER, "max_color": RED,
    })
    return top + RESOURCES + 3


def _write_sums(
    book: TemplateBook, sheet: Any, place: tuple[int, int], of: tuple[str, str, str], number: str,
    resource: str | None = None,
) -> None:
    """Sums of a measure of a grid (its name, its cell or text, the measure) in each period; of a resource if given."""
    (row, heads), (grid, criterion, measure) = place, of
    style = book.styles.get(num_format=number, align="right", border=1, border_color=WHITE)
    periods, frame = book.periods_of(GRIDS[grid])[:PERIODS], book.tables[grid]
    for position in range(PERIODS):
        heading = f"{column_letters(FIRST + 2 + position)}${heads + 1}"
        cells = f"INDEX({grid}[],0,MATCH({heading},{grid}[[#Headers]],0))"
        mine = "" if resource is None else f",{grid}[Resource],$B{row + 1}"
        empty = f'{heading}=""' if resource is None else f'OR($B{row + 1}="",{heading}="")'
        value: Any = ""
        if position < len(periods) and resource != "":
            rows = frame[frame["measure"] == measure] if "measure" in frame else frame
            rows = rows if resource is None else rows[rows["resource"] == resource]
            value = float(np.nansum(rows[periods[position]].to_numpy(float))) if len(rows) else 0.0
        sheet.write_formula(row, FIRST + 1 + position,
                            f'=IF({empty},"",SUMIFS({cells},{grid}[Measure],{criterion}{mine}))', style, value)
