"""The workbook that is being written: its sheets, formats and names, shared by all pages of the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, cast

import pandas as pd

from sopxl.file_engine.addresses import column_letters
from sopxl.periods import is_label
from sopxl.schema import PlanGrid, Table, Tables
from sopxl.settings import Settings
from sopxl.tables import TABLES
from sopxl.workbook.grid_formulas import headings
from sopxl.workbook.template.styles import TAB_COLOURS, Styles

HEADER_ROW = 4
FIRST_DATA_ROW = HEADER_ROW + 1
GRID_FIRST_COLUMN = 1
HOME, DASHBOARD, REVIEW = "Home", "Dashboard", "Executive review"
DEMAND_REVIEW, WHY, CAPACITY_REVIEW = "Demand review", "Why this forecast", "Capacity review"
JOB_CHART, PROFIT_REVIEW = "Job chart", "Profit review"
STRATEGY_REVIEW = "Strategy review"
PAGES = (HOME, DASHBOARD, REVIEW, DEMAND_REVIEW, WHY, CAPACITY_REVIEW, JOB_CHART, PROFIT_REVIEW, STRATEGY_REVIEW)
"""The sheets that are no table, in their order: they come first."""
PRINTED_PAPER = 9
VIEW_BUTTONS = ("SopxlHideEmptyRows", "SopxlShowAllRows", "SopxlJumpToCurrentPeriod", "SopxlGoHome")


@dataclass
class TemplateBook:
    """What every page needs to write itself.

    ``tables`` are conformed and computed; ``macros`` says whether buttons can work. ``code_names`` collects the
    VBA code names of the sheets in their order. ``sheet_class``: class of its worksheets, XlsxWriter's own if None.
    ``chosen``: what planners chose on the pages, by the name of the cell. ``declared``: the tables of the workbook,
    those of a plan if not given.
    """

    workbook: Any
    tables: Tables
    settings: Settings
    macros: bool
    styles: Styles
    code_names: list[str] = field(default_factory=list)
    sheet_class: Any = None
    chosen: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Table] = field(default_factory=lambda: TABLES)

    def add_sheet(self, title: str, name: str, group: str) -> Any:
        """A new worksheet with its tab colour, VBA code name and page set-up."""
        sheet = self.workbook.add_worksheet(title, self.sheet_class)
        sheet.set_tab_color(TAB_COLOURS[group])
        sheet.hide_gridlines(2)
        code_name = f"Sheet_{name}"
        sheet.set_vba_name(code_name)
        self.code_names.append(code_name)
        self._set_up_page(sheet, title)
        return sheet

    def _set_up_page(self, sheet: Any, title: str) -> None:
        sheet.set_landscape()
        sheet.set_paper(PRINTED_PAPER)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        company = self.settings.company.replace("&", "&&")
        sheet.set_header(f"&L{company}&C&B{title}&R&D")
        sheet.set_footer("&LSales and operations plan&RPage &P of &N")

    def write_head(self, sheet: Any, title: str, description: str) -> None:
        """The title, the description and the way home above a table."""
        sheet.write_string(0, 0, title, self.styles.title())
        sheet.write_string(1, 0, description, self.styles.quiet(font_size=10))
        sheet.write_url(2, 0, f"internal:'{HOME}'!A1", self.styles.link(), f"‹ {HOME}")
        sheet.set_row(0, 24)

    def insert_button(
        self, sheet: Any, cell: tuple[int, int], macro: str, size: tuple[int, int], offset: tuple[int, int] = (0, 0)
    ) -> None:
        """The button of a macro at a cell (row, column, from 0); size and offset in pixels."""
        from sopxl.workbook.macros.buttons import button

        sheet.insert_button(*cell, {
            "macro": macro, "caption": button(macro).caption, "description": button(macro).tip,
            "width": size[0], "height": size[1], "x_offset": offset[0], "y_offset": offset[1],
        })

    def unit(self, text: str) -> str:
        """A unit with the plan's currency and bucket put in."""
        return text.replace("{currency}", self.settings.currency).replace("{bucket}", self.settings.bucket)

    def periods_of(self, grid: PlanGrid) -> list[str]:
        """The periods that a grid's sheet shows: those of its frame, or the plan's where it has none."""
        found = [name for name in self.tables[grid.name].columns if is_label(str(name))]
        return found or self.settings.periods.labels

    def area(self, name: str) -> TableArea:
        """Where a table stands on its sheet."""
        table, frame = self.declared[name], self.tables[name]
        if isinstance(table, PlanGrid):
            rows = len(frame) or len(table.measures)
            return TableArea(table, headings(table, self.periods_of(table)), rows, GRID_FIRST_COLUMN)
        columns = [column.heading for column in table.columns]
        return TableArea(table, columns, len(frame) or blank_rows(table), 0)

    def add_table(self, sheet: Any, area: TableArea) -> None:
        """The Excel table over cells that are written already, headings excepted; it has no style of its own."""
        sheet.add_table(HEADER_ROW, area.first_column, area.last_row, area.last_column, {
            "name": area.table.name, "style": None, "banded_rows": False,
            "columns": [{"header": heading} for heading in area.headings],
        })

    def name_cell(self, name: str, title: str, row: int, column: int) -> None:
        """Give a cell a name in the whole workbook."""
        self.workbook.define_name(name, f"={sheet_reference(title)}!${column_letters(column + 1)}${row + 1}")

    def period_range(self, name: str, measure: str, position: int = 0, count: int | None = None) -> str:
        """The period cells (the first ``count``) of a measure of the object at this position of a grid."""
        area = self.area(name)
        grid = cast(PlanGrid, area.table)
        periods = self.periods_of(grid)
        row = FIRST_DATA_ROW + position * len(grid.measures) + grid.measure_names.index(measure) + 1
        first, last = area.letters(periods[0]), area.letters(periods[:count][-1])
        return f"{sheet_reference(grid.title)}!${first}${row}:${last}${row}"

    def width_of(self, values: Sequence[Any] | pd.Series, least: float = 8, most: float = 42) -> float:
        """A readable column width for these values, in characters."""
        longest = max((len(_as_shown(value)) for value in list(values)[:400]), default=0)
        return float(min(max(longest + 2, least), most))


@dataclass(frozen=True)
class TableArea:
    """Where a table stands: its headings in order, its number of data rows, its first column (from 0)."""

    table: Table
    headings: list[str]
    rows: int
    first_column: int

    @property
    def last_row(self) -> int:
        """The last data row, from 0."""
        return HEADER_ROW + self.rows

    @property
    def last_column(self) -> int:
        """The last column, from 0."""
        return self.first_column + len(self.headings) - 1

    def column(self, heading: str) -> int:
        """The column of a heading, from 0."""
        return self.first_column + self.headings.index(heading)

    def letters(self, heading: str) -> str:
        """The column of a heading, in letters."""
        return column_letters(self.column(heading) + 1)


@cache
def worksheet_class() -> Any:
    """XlsxWriter's worksheet, but formulas are taken as they are.

    It looks through each formula for some thirty functions newer than Excel 2010, of which the template uses
    none; for a quarter of a million formulas that takes most of the time of writing them.
    """
    from xlsxwriter.worksheet import Worksheet

    return type("PlanWorksheet", (Worksheet,), {"_prepare_formula": _as_it_is})


def _as_it_is(sheet: Any, formula: str, expand_future_functions: bool = False) -> str:
    return formula.removeprefix("=")


def blank_rows(table: Table) -> int:
    """How many empty rows a list starts with: some to type in, one where sopxl writes."""
    return 20 if table.owner == "input" else 1


def _as_shown(value: Any) -> str:
    """Roughly what a cell shows of a value."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 or value.is_integer() else f"{value:,.2f}"
    return str(value)[:16] if isinstance(value, datetime) else str(value or "")


def sheet_reference(title: str) -> str:
    """A sheet's title as formulas write it."""
    return "'" + title.replace("'", "''") + "'"
