"""Which values of the plans are lit up: one rule per line, as conditional formats over the whole table.

To light up another measure, add a line to HIGHLIGHTS; a column of a list, to LIST_HIGHLIGHTS. Rules name the
measure, not the rows, and reach beyond the table's end, so that they hold when rows and periods are added, moved or
hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sopxl.file_engine.addresses import column_letters
from sopxl.workbook.grid_formulas import GridLayout
from sopxl.workbook.template.book import FIRST_DATA_ROW, HEADER_ROW, TableArea, TemplateBook
from sopxl.workbook.template.styles import Palette

ROWS_TO_SPARE = 5000
SPARE_COLUMNS = 26

BAD = {"bg_color": Palette.BAD, "font_color": Palette.BAD_INK}
WARN = {"bg_color": Palette.WARN, "font_color": Palette.WARN_INK}
GOOD = {"font_color": Palette.GOOD_INK}
FADED = {"font_color": Palette.QUIET}
CHANGED = {"bg_color": Palette.BAND, "font_color": Palette.INK}


@dataclass(frozen=True)
class Highlight:
    """One rule: cells of a grid's measure for which ``condition`` (``{cell}`` stands for the cell) is true.

    ``whole_row``: of a list, lights up the row of such a cell instead.
    """

    grid: str
    measure: str
    condition: str
    style: tuple[tuple[str, str], ...]
    whole_row: bool = False


def _rule(grid: str, measure: str, condition: str, style: dict[str, str], whole_row: bool = False) -> Highlight:
    return Highlight(grid, measure, condition, tuple(style.items()), whole_row)


HIGHLIGHTS: tuple[Highlight, ...] = (
    *(
        rule
        for grid, measures in (
            ("capacity_plan", ("Required load", "Planned load")),
            ("key_figures", ("Highest required load", "Highest planned load")),
        )
        for measure in measures
        for rule in (
            _rule(grid, measure, "ROUND({cell},4)>1", BAD),
            _rule(grid, measure, "{cell}>=0.85", WARN),
        )
    ),
    _rule("capacity_plan", "Overtime hours", "{cell}>0.0001", WARN),
    _rule("capacity_plan", "Value of one more hour", "{cell}>0", WARN),
    _rule("inventory_plan", "Closing stock", "{cell}<-0.0001", BAD),
    _rule("inventory_plan", "Below safety stock", "{cell}>0.0001", WARN),
    _rule("backlog_plan", "Backlog", "{cell}>0.0001", WARN),
    _rule("backlog_plan", "Lost sales", "{cell}>0.0001", BAD),
    _rule("key_figures", "Backlog", "{cell}>0.0001", WARN),
    _rule("requirements", "Projected available", "{cell}<-0.0001", BAD),
    _rule("procurement_plan", "Expedited", "{cell}>0.0001", WARN),
    *(_rule("sales_plan", measure, "{cell}<>\"\"", {"bg_color": "#FFE699", "font_color": "#0000FF"})
      for measure in ("Sales", "Marketing", "Finance", "Override")),
    *(_rule(grid, measure, "ABS(N({cell}))>=0.5", CHANGED)
      for grid, measures in (
          ("demand_baseline", ("Sensing", "Drivers", "Launches and ends")),
          ("sales_plan", ("Sales change", "Marketing change", "Finance change", "Planner change")),
          ("sales_summary", ("Sales change", "Marketing change", "Finance change", "Planner change")),
      )
      for measure in measures),
    _rule("sales_summary", "Growth", "{cell}>=0.0005", GOOD),
    *(_rule(grid, "Difference", "ABS({cell})>0.005", BAD) for grid in ("cash_flow", "balance_sheet")),
    *(_rule(grid, "Cash", "{cell}<0", BAD) for grid in ("cash_flow", "balance_sheet", "key_figures")),
    *(_rule(grid, "EBIT", "{cell}<0", WARN) for grid in ("profit_and_loss", "profit_summary", "financial_plan")),
    _rule("profit_and_loss", "Gap to budget", "{cell}>0", GOOD),
    _rule("profit_and_loss", "Margin gap to budget", "{cell}>0", GOOD),
    _rule("financial_plan", "Gap to budget", "{cell}>0", GOOD),
    _rule("financial_plan", "Margin gap to budget", "{cell}>0", GOOD),
)


LIST_HIGHLIGHTS: tuple[Highlight, ...] = (
    _rule("forecast_accuracy", "tracking_signal", "AND(ISNUMBER({cell}),ABS({cell})>4)", BAD),
    _rule("forecast_accuracy", "attention", "{cell}<>\"\"", WARN),
    _rule("forecast_value_added", "value_added", "AND(ISNUMBER({cell}),{cell}>=0.0005)", GOOD),
    _rule("segments", "forecast_policy", "{cell}=\"review\"", WARN),
    _rule("history_corrections", "decision", "{cell}=\"accept\"", GOOD),
    _rule("sensing_gains", "used", "{cell}=\"yes\"", GOOD),
    _rule("driver_effects", "units", "AND(ISNUMBER({cell}),{cell}=0)", FADED, whole_row=True),
    _rule("promotion_effects", "worth", "AND(ISNUMBER({cell}),{cell}>0)", GOOD),
)
"""The same for lists: ``measure`` is the name of a column, whose cells are lit up."""


def light_up_list(book: TemplateBook, sheet: Any, area: TableArea) -> None:
    """The conditional formats of a list."""
    for rule in LIST_HIGHLIGHTS:
        if rule.grid == area.table.name:
            column = area.column(area.table.column(rule.measure).heading)
            first, last = (area.first_column, area.last_column) if rule.whole_row else (column, column)
            cell = f"${column_letters(column + 1)}{FIRST_DATA_ROW + 1}"
            sheet.conditional_format(FIRST_DATA_ROW, first, area.last_row + ROWS_TO_SPARE, last, {
                "type": "formula", "criteria": f"={rule.condition.format(cell=cell)}",
                "format": _changes(book, dict(rule.style)),
            })


def light_up(book: TemplateBook, sheet: Any, area: TableArea, layout: GridLayout) -> None:
    """The conditional formats of a grid: its highlights, and the period of today in the header."""
    last_row, last_column = area.last_row + ROWS_TO_SPARE, area.last_column + SPARE_COLUMNS
    first = area.column(layout.periods[0])
    cell = f"{column_letters(first + 1)}{FIRST_DATA_ROW + 1}"
    measure = f"${area.letters('Measure')}{FIRST_DATA_ROW + 1}"
    for rule in HIGHLIGHTS:
        if rule.grid == layout.grid.name:
            sheet.conditional_format(FIRST_DATA_ROW, first, last_row, last_column, {
                "type": "formula", "stop_if_true": True,
                "criteria": f'=AND({measure}="{rule.measure}",{rule.condition.format(cell=cell)})',
                "format": _changes(book, dict(rule.style)),
            })
    _light_up_current_period(book, sheet, area, first)


def _light_up_current_period(book: TemplateBook, sheet: Any, area: TableArea, first: int) -> None:
    letters = column_letters(first + 1)
    day = f"{letters}${HEADER_ROW}"
    sheet.conditional_format(HEADER_ROW - 1, first, HEADER_ROW, area.last_column + SPARE_COLUMNS, {
        "type": "formula", "criteria": f"={letters}${HEADER_ROW + 1}=current_period",
        "format": _changes(book, {"bg_color": Palette.CURRENT, "font_color": Palette.INK}),
    })
    span = {"week": f"MONTH({day})", "quarter": f"YEAR({day})"}.get(
        book.settings.bucket, f"ROUNDUP(MONTH({day})/3,0)")
    sheet.conditional_format(HEADER_ROW - 1, first, HEADER_ROW - 1, area.last_column + SPARE_COLUMNS, {
        "type": "formula", "criteria": f"=AND(ISNUMBER({day}),MOD({span},2)=0)",
        "format": _changes(book, {"bg_color": Palette.BAND}),
    })


def _changes(book: TemplateBook, properties: dict[str, str]) -> Any:
    """A format for conditional formats: only what it changes."""
    return book.workbook.add_format(properties)
