"""The bridge of profit: from budget, last plan or last year to the plan, as a waterfall and as a live table.

Everything on it is live from ``bridge_detail``, where the definition of each step stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sopxl.file_engine.addresses import column_letters
from sopxl.formulas import references
from sopxl.tables import GRIDS
from sopxl.workbook.template.book import PROFIT_REVIEW, TemplateBook
from sopxl.workbook.template.live_cells import like
from sopxl.workbook.template.styles import OWNER_COLOURS, Palette
from sopxl.workbook.template.waterfall import HELPERS, PERIODS, Choice, Waterfall, build_waterfall, write_steps

VERSIONS = GRIDS["profit_bridge"].column("version").choices
*STEPS, UNEXPLAINED = GRIDS["profit_bridge"].measure_names
BEGIN, END = STEPS[0], STEPS[-1]
MAY_BE_UNKNOWN = [reference.name for reference in references(GRIDS["bridge_detail"].measure(BEGIN).formula)
                  if reference.is_blank_test]
"""Costs that a version may say nothing of."""
VERSION, FAMILY, MARKET = "bridge_version", "bridge_family", "bridge_market"
FROM, UNTIL = "bridge_from", "bridge_until"
CHOICES = (VERSION, FAMILY, MARKET, FROM, UNTIL)
FIRST, LAST = 1, PERIODS + 2
HELPER = LAST + 2
KNOWN = HELPER + len(HELPERS) + 1
CHOICE_ROW, TIES_ROW, CHART_ROW, STEPS_ROW = 4, 7, 10, 36
UNEXPLAINED_ROW = STEPS_ROW + len(STEPS) + 1
CHART_SIZE = (1640, 500)
SMALLEST = 0.005
CHOSEN_VERSION = f'IF({VERSION}="","{VERSIONS[0]}",{VERSION})'

BRIDGE = Waterfall(
    "bridge_detail", "From the EBIT of the version to that of the plan", "{currency}", tuple(STEPS),
    (BEGIN, END), (Choice(VERSION, "version", VERSIONS[0]), Choice(FAMILY, "family"), Choice(MARKET, "market")),
    FROM, UNTIL,
)


def add_profit_bridge(book: TemplateBook) -> None:
    """The sheet of the bridge, set up to print on one landscape page."""
    sheet = book.add_sheet(PROFIT_REVIEW, "profit_review", "reviews")
    book.write_head(sheet, PROFIT_REVIEW, "Why the plan earns more or less than budget, last plan or last year.")
    sheet.set_column(0, 0, 2)
    sheet.set_column(FIRST, FIRST, 26)
    sheet.set_column(FIRST + 1, FIRST + 1, 12.5)
    sheet.set_column(FIRST + 2, LAST, 10.2)
    _write_choices(book, sheet)
    place = (STEPS_ROW, FIRST, HELPER)
    chart = build_waterfall(book, PROFIT_REVIEW, BRIDGE, place, CHART_SIZE)
    sheet.insert_chart(CHART_ROW, FIRST, chart, {"description": "From the EBIT of the version to that of the plan"})
    write_steps(book, sheet, BRIDGE, place)
    _write_unexplained(book, sheet)
    _write_unknown(book, sheet)
    sheet.print_area(0, 0, UNEXPLAINED_ROW, LAST)
    sheet.fit_to_pages(1, 1)


def _write_choices(book: TemplateBook, sheet: Any) -> None:
    """What is compared with the plan, for which family and market, and in which periods."""
    inputs = book.styles.get(**OWNER_COLOURS["input"], border=1, border_color=Palette.LINE, locked=False,
                             num_format="@", align="left", indent=1)
    label = book.styles.get(bold=True, font_color=Palette.HEADER)
    book.workbook.define_name(
        "list_bridge_periods", '=OFFSET(bridge_detail[[#Headers],[Measure]],0,1,1,'
                               'MAX(1,COUNTIF(bridge_detail[#Headers],"????-*")))')
    for name, words, first, last, source in (
        (VERSION, "Compare the plan with", 1, 1, list(VERSIONS)),
        (FAMILY, "Family (empty: all)", 3, 5, "=list_review_family"),
        (MARKET, "Market (empty: all)", 7, 9, "=list_review_market"),
        (FROM, "From period", 11, 12, "=list_bridge_periods"), (UNTIL, "To period", 14, 15, "=list_bridge_periods"),
    ):
        sheet.write_string(CHOICE_ROW, first, words, label)
        chosen = book.chosen.get(name, "") or (VERSIONS[0] if name == VERSION else "")
        if last > first:
            sheet.merge_range(CHOICE_ROW + 1, first, CHOICE_ROW + 1, last, chosen, inputs)
        else:
            sheet.write_string(CHOICE_ROW + 1, first, chosen, inputs)
        book.name_cell(name, PROFIT_REVIEW, CHOICE_ROW + 1, first)
        sheet.data_validation(CHOICE_ROW + 1, first, CHOICE_ROW + 1, first, {
            "validate": "list", "source": source, "error_type": "warning", "error_title": words,
            "error_message": "The plan has no such entry."})


def _write_unexplained(book: TemplateBook, sheet: Any) -> None:
    """What no step explains, period by period and as a sentence: nothing, to the cent."""
    row = UNEXPLAINED_ROW
    style = book.styles.quiet(num_format="#,##0.00;[Red]-#,##0.00;0.00", align="right")
    sheet.write_string(row, FIRST, UNEXPLAINED, book.styles.quiet(indent=1))
    values = BRIDGE.values(book, UNEXPLAINED)
    for position, value in enumerate(values):
        heading = f"{column_letters(FIRST + 3 + position)}${STEPS_ROW + 1}"
        formula = BRIDGE.formula(f"${column_letters(FIRST + 1)}{row + 1}", heading)
        sheet.write_formula(row, FIRST + 2 + position, f"={formula}", style, value)
    first, last = column_letters(FIRST + 3), column_letters(FIRST + 2 + PERIODS)
    total = sum(values)
    sheet.write_formula(row, FIRST + 1, f"=SUM({first}{row + 1}:{last}{row + 1})", style, total)
    cell = f"{column_letters(FIRST + 2)}{row + 1}"
    amount = f"FIXED(ROUND({cell},2),2)"
    formula = (f'=IF(COUNTIF(bridge_detail[Version],{CHOSEN_VERSION})=0,{CHOSEN_VERSION}&": nothing is known of the '
               f'periods of the plan.",IF(ABS({cell})<{SMALLEST:g},"Ties to the cent: unexplained "&{amount}&".",'
               f'"Does not tie: unexplained "&{amount}&"."))')
    sheet.write_formula(TIES_ROW, FIRST, formula, book.styles.get(bold=True, font_color=Palette.GOOD_INK),
                        _ties(book, total))
    sheet.conditional_format(TIES_ROW, FIRST, TIES_ROW, FIRST, {
        "type": "formula", "criteria": f'=LEFT(${column_letters(FIRST + 1)}${TIES_ROW + 1},4)<>"Ties"',
        "format": book.workbook.add_format({"font_color": Palette.BAD_INK, "bold": True})})


def _ties(book: TemplateBook, total: float) -> str:
    """What the sentence says now."""
    version = BRIDGE.choices[0].chosen(book)
    if not like(book.tables["bridge_detail"]["version"], version).any():
        return f"{version}: nothing is known of the periods of the plan."
    start = "Ties to the cent" if abs(total) < SMALLEST else "Does not tie"
    return f"{start}: unexplained {round(total, 2) + 0.0:,.2f}."


def _write_unknown(book: TemplateBook, sheet: Any) -> None:
    """Which costs the version does not know: for them the plan's own are taken, so that they explain nothing."""
    heading = f"${column_letters(FIRST + 3)}${STEPS_ROW + 1}"
    period = next(iter(BRIDGE.periods_shown(book)), "")
    column = f"INDEX(bridge_detail[],0,MATCH({heading},bridge_detail[[#Headers]],0))"
    words = []
    for place, name in enumerate(MAY_BE_UNKNOWN):
        row = STEPS_ROW + 1 + place
        of_version = f"bridge_detail[Version],{CHOSEN_VERSION}"
        known = f'COUNTIFS(bridge_detail[Measure],"{name}",{of_version},{column},"<>")'
        compared = f'SUMIFS({column},bridge_detail[Measure],"Compared",{of_version})'
        shown = f", {name.removeprefix('Base ')}"
        words.append(shown if _is_unknown(book, period, name) else "")
        sheet.write_formula(row, KNOWN, f'=IFERROR(IF(AND({compared}>0,{known}=0),"{shown}",""),"")',
                            book.styles.quiet(), words[-1])
    letters = column_letters(KNOWN + 1)
    cells = "&".join(f"{letters}{STEPS_ROW + 2 + place}" for place in range(len(MAY_BE_UNKNOWN)))
    text = "".join(words)
    sheet.write_formula(
        TIES_ROW + 1, FIRST, f'=IF({cells}="","",{CHOSEN_VERSION}&" does not hold "&MID({cells},3,200)&": taken as in '
                             'the plan, so that it is no part of the gap.")',
        book.styles.quiet(), f"{BRIDGE.choices[0].chosen(book)} does not hold {text[2:]}: taken as in the plan, so "
                             "that it is no part of the gap." if text else "")


def _is_unknown(book: TemplateBook, period: str, name: str) -> bool:
    """Whether the version knows the period and not this cost."""
    frame = book.tables["bridge_detail"]
    if period not in frame:
        return False
    rows = frame[like(frame["version"], BRIDGE.choices[0].chosen(book))]
    compared = np.nansum(rows.loc[rows["measure"] == "Compared", period].to_numpy(float))
    return bool(compared > 0 and rows.loc[rows["measure"] == name, period].isna().all())
