"""From the statistical forecast to the consensus: the steps by period, live from sales_summary, and their waterfall.

A waterfall is a stacked column chart: an invisible base carries each step to where the one before it ended. A step
that crosses zero is drawn in two parts, one above and one below it. To show another step, add a line to STEPS.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
FAMILY_CHOSEN, MARKET_CHOSEN = "review_family", "review_market"
TOTALS = ("Statistical forecast", "Baseline forecast", "Consensus")
STEPS = (
    "Statistical forecast", "Sensing", "Drivers", "Launches and ends", "Baseline forecast", "Sales change",
    "Marketing change", "Finance change", "Planner change", "Consensus",
)
GREEN, RED, BLUE = "#4F9D69", "#C0504D", "#2F75B5"
PARTS: tuple[tuple[str, str], ...] = (
    ("Base", ""), ("Total", BLUE), ("More", GREEN), ("More, below zero", GREEN), ("Less", RED),
    ("Less, below zero", RED),
)
HELPERS = ("Label", "Start", "End", *(name for name, _ in PARTS))
SHARE_BELOW = 2.0
"""How far below the lowest level the columns begin, as a multiple of the distance between lowest and highest."""


def step_formula(measure: str, heading: str) -> str:
    """A measure of sales_summary in one period (cells with both), for the family and market that are chosen."""
    chosen = "".join(
        f',IF({name}="",sales_summary[Measure],sales_summary[{column}]),IF({name}="",{measure},{name})'
        for name, column in ((FAMILY_CHOSEN, "Family"), (MARKET_CHOSEN, "Market"))
    )
    values = f"INDEX(sales_summary[],0,MATCH({heading},sales_summary[[#Headers]],0))"
    return f'IF({heading}="",0,IFERROR(SUMIFS({values},sales_summary[Measure],{measure}{chosen}),0))'


def step_values(book: TemplateBook, measure: str) -> list[float]:
    """What :func:`step_formula` gives for each of the PERIODS."""
    rows = book.tables["sales_summary"]
    rows = rows[rows["measure"] == measure]
    for name, column in ((FAMILY_CHOSEN, "family"), (MARKET_CHOSEN, "market")):
        if book.chosen.get(name):
            rows = rows[like(rows[column], book.chosen[name])]
    periods = periods_shown(book)
    sums = [float(np.nansum(rows[period].to_numpy(float))) if period in rows else 0.0 for period in periods]
    return sums + [0.0] * (PERIODS - len(sums))


def periods_shown(book: TemplateBook) -> list[str]:
    """The periods of the summary that find room."""
    return book.periods_of(GRIDS["sales_summary"])[:PERIODS]


def bars(step: str, value: float, reached: float, cut: float = 0.0) -> dict[str, Any]:
    """The helpers of one step. ``reached``: where the step before ended; ``cut``: where the columns begin."""
    is_total = step in TOTALS
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


def bar_formulas(step: str, row: int, first: int, value: str, cut: str) -> dict[str, str]:
    """The formulas of :func:`bars` on an Excel row: ``first`` is the helpers' column, ``value`` and ``cut`` cells."""
    start, end = (f"{column_letters(first + place + 1)}{row}" for place in (1, 2))
    before = f"{column_letters(first + 3)}{row - 1}"
    low, high = f"MIN({start},{end})-{cut}", f"MAX({start},{end})-{cut}"
    above, below = f"(MAX(0,{high})-MAX(0,{low}))", f"(MIN(0,{low})-MIN(0,{high}))"
    is_total = step in TOTALS
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


def levels_of(values: Sequence[float]) -> list[float]:
    """What is reached after each step."""
    reached: list[float] = []
    for step, value in zip(STEPS, values, strict=True):
        reached.append(value if step in TOTALS else reached[-1] + value)
    return reached


def _in_words(value: float, is_total: bool) -> str:
    """A number of units as FIXED shows it."""
    rounded = math.copysign(math.floor(abs(value) + 0.5), value) + 0.0
    return f"{rounded:,.0f}" if is_total or rounded <= 0 else f"+{rounded:,.0f}"


def write_steps(book: TemplateBook, sheet: Any, place: tuple[int, int, int]) -> None:
    """The steps by period with their total; ``place``: row, first column and first column of the helpers."""
    top, left, helper = place
    heading = book.styles.heading(border=0)
    sheet.write_string(top, left, "Units", heading)
    sheet.write_string(top, left + 1, "Total", book.styles.heading(border=0, align="right"))
    periods = periods_shown(book)
    for position in range(PERIODS):
        found = f"INDEX(sales_summary[[#Headers]],1,MATCH(\"Measure\",sales_summary[[#Headers]],0)+{position + 1})"
        formula = f'=IFERROR(IF(MID({found},5,1)="-",{found},""),"")'
        sheet.write_formula(top, left + 2 + position, formula, book.styles.heading(border=0, align="right"),
                            periods[position] if position < len(periods) else "")
    for position, name in enumerate(HELPERS):
        sheet.write_string(top, helper + position, name, book.styles.quiet())
    values = [step_values(book, step) for step in STEPS]
    totals = [sum(each) for each in values]
    levels = levels_of(totals)
    cut = cut_of(levels)
    for row, (step, each) in enumerate(zip(STEPS, values, strict=True), top + 1):
        _write_step(book, sheet, (row, top, left), step, each)
        _write_bar(book, sheet, (row, top, left, helper), step, bars(step, sum(each), levels[row - top - 2], cut))
    _write_cut(book, sheet, place, cut)


def _write_cut(book: TemplateBook, sheet: Any, place: tuple[int, int, int], cut: float) -> None:
    """Where the columns of the chart begin, in the cell above the helpers, and in words above the steps."""
    top, left, helper = place
    ends = f"{column_letters(helper + 3)}{top + 2}:{column_letters(helper + 3)}{top + 1 + len(STEPS)}"
    formula = f"=IF(MAX({ends})>MIN({ends}),MAX(0,MIN({ends})-{SHARE_BELOW:g}*(MAX({ends})-MIN({ends}))),0)"
    sheet.write_formula(top - 1, helper, formula, book.styles.quiet(num_format="#,##0"), cut)
    cell = f"{column_letters(helper + 1)}{top}"
    sheet.write_formula(top - 1, left, f'=IF({cell}>0,"The columns begin at "&FIXED({cell},0)&".","")',
                        book.styles.quiet(), f"The columns begin at {_in_words(cut, True)}." if cut > 0 else "")


def _write_step(
    book: TemplateBook, sheet: Any, place: tuple[int, int, int], step: str, values: list[float]
) -> None:
    """One step: its name, total and periods."""
    row, top, left = place
    line: dict[str, Any] = {"bottom": 4, "bottom_color": Palette.LINE, "bold": step in TOTALS}
    number = "#,##0" if step in TOTALS else '+#,##0;[Red]-#,##0;"–"'
    sheet.write_string(row, left, step, book.styles.get(indent=0 if step in TOTALS else 1, **line))
    style = book.styles.get(num_format=number, align="right", **line)
    first, last = column_letters(left + 3), column_letters(left + 2 + PERIODS)
    sheet.write_formula(row, left + 1, f"=SUM({first}{row + 1}:{last}{row + 1})", style, sum(values))
    for position, value in enumerate(values):
        heading = f"{column_letters(left + 3 + position)}${top + 1}"
        sheet.write_formula(row, left + 2 + position,
                            "=" + step_formula(f"${column_letters(left + 1)}{row + 1}", heading), style, value)


def _write_bar(
    book: TemplateBook, sheet: Any, place: tuple[int, int, int, int], step: str, parts: dict[str, Any]
) -> None:
    """The helpers of one step."""
    row, top, left, helper = place
    cut = f"${column_letters(helper + 1)}${top}"
    formulas = bar_formulas(step, row + 1, helper, f"${column_letters(left + 2)}{row + 1}", cut)
    for position, name in enumerate(HELPERS):
        sheet.write_formula(row, helper + position, "=" + formulas[name], book.styles.quiet(num_format="#,##0"),
                            parts[name])


def build_waterfall(book: TemplateBook, title: str, place: tuple[int, int, int], size: tuple[int, int]) -> Any:
    """The chart over the steps that :func:`write_steps` put at the same place of the sheet of this title."""
    top, _, helper = place
    names = _cells(title, top, helper)
    chart: Any = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for name, colour in PARTS:
        chart.add_series({
            "name": name, "values": _cells(title, top, helper + HELPERS.index(name)), "categories": names, "gap": 40,
            "fill": {"color": colour} if colour else {"none": True}, "border": {"none": True},
        })
    dress_chart(chart, "From the statistical forecast to the consensus (units)", "#,##0", len(STEPS))
    chart.set_legend({"none": True})
    chart.set_y_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_size({"width": size[0], "height": size[1]})
    return chart


def _cells(title: str, top: int, column: int) -> str:
    letters = column_letters(column + 1)
    return f"={sheet_reference(title)}!${letters}${top + 2}:${letters}${top + 1 + len(STEPS)}"
