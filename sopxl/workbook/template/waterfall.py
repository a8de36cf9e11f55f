"""Waterfalls: how one total becomes another, step by step and period by period, live from a plan grid.

A waterfall is a stacked column chart: an invisible base carries each step to where the one before it ended. A step
that crosses zero is drawn in two parts, one above and one below it. (Excel's own waterfall chart is unknown to Excel
2013 and to LibreOffice.) A page that shows one declares a :class:`Waterfall` and places its steps and its chart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sopxl.file_engine.addresses import column_letters
from sopxl.tables import GRIDS
from sopxl.workbook.template.book import TemplateBook, sheet_reference
from sopxl.workbook.template.dashboard import dress_chart
from sopxl.workbook.template.live_cells import like
from sopxl.workbook.template.styles import Palette

PERIODS = 18
"""Periods that are shown and added up."""
GREEN, RED, BLUE = "#4F9D69", "#C0504D", "#2F75B5"
PARTS: tuple[tuple[str, str], ...] = (
    ("Base", ""), ("Total", BLUE), ("More", GREEN), ("More, below zero", GREEN), ("Less", RED),
    ("Less, below zero", RED),
)
HELPERS = ("Label", "Start", "End", *(name for name, _ in PARTS))
SHARE_BELOW = 2.0
"""How far below the lowest level the columns begin, as a multiple of the distance between lowest and highest."""


@dataclass(frozen=True)
class Choice:
    """A named cell that says which rows of the grid are shown; while it is empty ``default``, or all without one."""

    cell: str
    column: str
    default: str = ""

    def chosen(self, book: TemplateBook) -> str:
        """What is chosen now; empty: all."""
        return book.chosen.get(self.cell, "") or self.default


@dataclass(frozen=True)
class Waterfall:
    """Steps of a plan grid (its measures), of which some are totals, for the rows that are chosen.

    ``first`` and ``last`` are named cells with the first and last period that are shown; empty: all of the plan.
    """

    grid: str
    title: str
    unit: str
    steps: tuple[str, ...]
    totals: tuple[str, ...]
    choices: tuple[Choice, ...]
    first: str = ""
    last: str = ""

    def formula(self, measure: str, heading: str) -> str:
        """A measure in one period (cells with both) for what is chosen."""
        grid, chosen = self.grid, ""
        for choice in self.choices:
            column = f"{grid}[{GRIDS[grid].column(choice.column).heading}]"
            if choice.default:
                chosen += f',{column},IF({choice.cell}="","{choice.default}",{choice.cell})'
            else:
                chosen += (f',IF({choice.cell}="",{grid}[Measure],{column})'
                           f',IF({choice.cell}="",{measure},{choice.cell})')
        values = f"INDEX({grid}[],0,MATCH({heading},{grid}[[#Headers]],0))"
        return f'IF({heading}="",0,IFERROR(SUMIFS({values},{grid}[Measure],{measure}{chosen}),0))'

    def values(self, book: TemplateBook, measure: str) -> list[float]:
        """What :meth:`formula` gives for each of the PERIODS."""
        rows = book.tables[self.grid]
        rows = rows[rows["measure"] == measure]
        for choice in self.choices:
            if chosen := choice.chosen(book):
                rows = rows[like(rows[choice.column], chosen)]
        periods = self.periods_shown(book)
        sums = [float(np.nansum(rows[period].to_numpy(float))) if period in rows else 0.0 for period in periods]
        return sums + [0.0] * (PERIODS - len(sums))

    def heading_formula(self, position: int) -> str:
        """The label of the period at this position, nothing where there are not so many."""
        grid, place = self.grid, position + 1
        start = f'MATCH("Measure",{grid}[[#Headers]],0)+{place}'
        if self.first:
            start = f'IF({self.first}="",{start},MATCH({self.first},{grid}[[#Headers]],0)+{position})'
        found = f"INDEX({grid}[[#Headers]],1,{start})"
        is_shown = f'MID({found},5,1)="-"'
        if self.last:
            is_shown = f'AND({is_shown},OR({self.last}="",{found}<={self.last}))'
        return f'IFERROR(IF({is_shown},{found},""),"")'

    def periods_shown(self, book: TemplateBook) -> list[str]:
        """The periods that find room, from the first to the last that are chosen."""
        periods = book.periods_of(GRIDS[self.grid])
        first, last = (book.chosen.get(name, "") if name else "" for name in (self.first, self.last))
        if first:
            known = [period.lower() for period in periods]
            periods = periods[known.index(first.lower()):] if first.lower() in known else []
        return [period for period in periods if not last or period.lower() <= last.lower()][:PERIODS]

    def levels_of(self, values: Sequence[float]) -> list[float]:
        """What is reached after each step."""
        reached: list[float] = []
        for step, value in zip(self.steps, values, strict=True):
            reached.append(value if step in self.totals else reached[-1] + value)
        return reached


def bars(step: str, is_total: bool, value: float, reached: float, cut: float = 0.0) -> dict[str, Any]:
    """The helpers of one step. ``reached``: where the step before ended; ``cut``: where the columns begin."""
    start, end = (cut, value) if is_total else (reached, reached + value)
    low, high = min(start, end) - cut, max(start, end) - cut
    above, below = max(0.0, high) - max(0.0, low), min(0.0, low) - min(0.0, high)
    more, less = float(not is_total and value > 0), float(not is_total and value < 0)
    return {
        "Label": f"{step}\n{_in_words(value, is_total)}", "Start": start, "End": end,
        "Base": 0.0 if is_total else max(0.0, low) + min(0.0, high), "Total": value - cut if is_total else 0.0,
        "More": above * more, "More, below zero": below * more,
        "Less": above * less, "Less, below zero": below * less,
    }


def bar_formulas(step: str, is_total: bool, row: int, first: int, value: str, cut: str) -> dict[str, str]:
    """The formulas of :func:`bars` on an Excel row: ``first`` is the helpers' column, ``value`` and ``cut`` cells."""
    start, end = (f"{column_letters(first + place + 1)}{row}" for place in (1, 2))
    before = f"{column_letters(first + 3)}{row - 1}"
    low, high = f"MIN({start},{end})-{cut}", f"MAX({start},{end})-{cut}"
    above, below = f"(MAX(0,{high})-MAX(0,{low}))", f"(MIN(0,{low})-MIN(0,{high}))"
    more, less = ("0", "0") if is_total else (f"({value}>0)", f"({value}<0)")
    sign = '""' if is_total else f'IF(ROUND({value},0)>0,"+","")'
    return {
        "Label": f'"{step}"&CHAR(10)&{sign}&FIXED(ROUND({value},0),0)',
        "Start": cut if is_total else before, "End": value if is_total else f"{start}+{value}",
        "Base": "0" if is_total else f"MAX(0,{low})+MIN(0,{high})", "Total": f"{value}-{cut}" if is_total else "0",
        "More": f"{above}*{more}", "More, below zero": f"{below}*{more}",
        "Less": f"{above}*{less}", "Less, below zero": f"{below}*{less}",
    }


def cut_of(levels: Sequence[float]) -> float:
    """Where the columns begin: at zero, or higher where the changes would be too small to be seen beside the totals."""
    low, high = min(levels), max(levels)
    return max(0.0, low - SHARE_BELOW * (high - low)) if high > low else 0.0


def _in_words(value: float, is_total: bool) -> str:
    """A number of units as FIXED shows it."""
    rounded = math.copysign(math.floor(abs(value) + 0.5), value) + 0.0
    return f"{rounded:,.0f}" if is_total or rounded <= 0 else f"+{rounded:,.0f}"


def write_steps(book: TemplateBook, sheet: Any, waterfall: Waterfall, place: tuple[int, int, int]) -> None:
    """The steps by period with their total; ``place``: row, first column and first column of the helpers."""
    top, left, helper = place
    heading = book.styles.heading(border=0)
    sheet.write_string(top, left, book.unit(waterfall.unit), heading)
    sheet.write_string(top, left + 1, "Total", book.styles.heading(border=0, align="right"))
    periods = waterfall.periods_shown(book)
    for position in range(PERIODS):
        sheet.write_formula(top, left + 2 + position, f"={waterfall.heading_formula(position)}",
                            book.styles.heading(border=0, align="right"),
                            periods[position] if position < len(periods) else "")
    for position, name in enumerate(HELPERS):
        sheet.write_string(top, helper + position, name, book.styles.quiet())
    values = [waterfall.values(book, step) for step in waterfall.steps]
    levels = waterfall.levels_of([sum(each) for each in values])
    cut = cut_of(levels)
    for row, (step, each) in enumerate(zip(waterfall.steps, values, strict=True), top + 1):
        is_total = step in waterfall.totals
        _write_step(book, sheet, waterfall, (row, top, left), step, each)
        parts = bars(step, is_total, sum(each), levels[row - top - 2], cut)
        _write_bar(book, sheet, (row, top, left, helper), step, is_total, parts)
    _write_cut(book, sheet, place, len(waterfall.steps), cut)


def _write_cut(book: TemplateBook, sheet: Any, place: tuple[int, int, int], count: int, cut: float) -> None:
    """Where the columns of the chart begin, in the cell above the helpers, and in words above the steps."""
    top, left, helper = place
    ends = f"{column_letters(helper + 3)}{top + 2}:{column_letters(helper + 3)}{top + 1 + count}"
    formula = f"=IF(MAX({ends})>MIN({ends}),MAX(0,MIN({ends})-{SHARE_BELOW:g}*(MAX({ends})-MIN({ends}))),0)"
    sheet.write_formula(top - 1, helper, formula, book.styles.quiet(num_format="#,##0"), cut)
    cell = f"{column_letters(helper + 1)}{top}"
    sheet.write_formula(top - 1, left, f'=IF({cell}>0,"The columns begin at "&FIXED({cell},0)&".","")',
                        book.styles.quiet(), f"The columns begin at {_in_words(cut, True)}." if cut > 0 else "")


def _write_step(
    book: TemplateBook, sheet: Any, waterfall: Waterfall, place: tuple[int, int, int], step: str, values: list[float]
) -> None:
    """One step: its name, total and periods."""
    row, top, left = place
    is_total = step in waterfall.totals
    line: dict[str, Any] = {"bottom": 4, "bottom_color": Palette.LINE, "bold": is_total}
    number = "#,##0" if is_total else '[>=0.5]+#,##0;[Red][<=-0.5]-#,##0;"–"'
    sheet.write_string(row, left, step, book.styles.get(indent=0 if is_total else 1, **line))
    style = book.styles.get(num_format=number, align="right", **line)
    first, last = column_letters(left + 3), column_letters(left + 2 + PERIODS)
    sheet.write_formula(row, left + 1, f"=SUM({first}{row + 1}:{last}{row + 1})", style, sum(values))
    for position, value in enumerate(values):
        heading = f"{column_letters(left + 3 + position)}${top + 1}"
        formula = waterfall.formula(f"${column_letters(left + 1)}{row + 1}", heading)
        sheet.write_formula(row, left + 2 + position, f"={formula}", style, value)


def _write_bar(
    book: TemplateBook, sheet: Any, place: tuple[int, int, int, int], step: str, is_total: bool, parts: dict[str, Any]
) -> None:
    """The helpers of one step."""
    row, top, left, helper = place
    cut = f"${column_letters(helper + 1)}${top}"
    formulas = bar_formulas(step, is_total, row + 1, helper, f"${column_letters(left + 2)}{row + 1}", cut)
    for position, name in enumerate(HELPERS):
        sheet.write_formula(row, helper + position, "=" + formulas[name], book.styles.quiet(num_format="#,##0"),
                            parts[name])


def build_waterfall(
    book: TemplateBook, title: str, waterfall: Waterfall, place: tuple[int, int, int], size: tuple[int, int]
) -> Any:
    """The chart over the steps that :func:`write_steps` put at the same place of the sheet of this title."""
    top, _, helper = place
    count = len(waterfall.steps)
    names = _cells(title, top, helper, count)
    chart: Any = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for name, colour in PARTS:
        chart.add_series({
            "name": name, "values": _cells(title, top, helper + HELPERS.index(name), count), "categories": names,
            "gap": 40, "fill": {"color": colour} if colour else {"none": True}, "border": {"none": True},
        })
    dress_chart(chart, waterfall.title, "#,##0", count)
    chart.set_legend({"none": True})
    chart.set_y_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_size({"width": size[0], "height": size[1]})
    return chart


def _cells(title: str, top: int, column: int, count: int) -> str:
    letters = column_letters(column + 1)
    return f"={sheet_reference(title)}!${letters}${top + 2}:${letters}${top + 1 + count}"
