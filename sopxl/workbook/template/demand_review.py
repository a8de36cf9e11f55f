"""The demand review: from forecast to consensus, items by value and steadiness, accuracy and who added value.

It is the page for the meeting in which demand is agreed. Everything on it is live from the review tables. To show
another column of the accuracy lines or of the value added, add it to ACCURACY or ADDED.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from sopxl.file_engine.addresses import column_letters
from sopxl.schema import Tables
from sopxl.workbook.template.book import DEMAND_REVIEW, TemplateBook, sheet_reference
from sopxl.workbook.template.live_cells import field_value, row_where, rows_where
from sopxl.workbook.template.live_numbers import LiveNumber, weighted
from sopxl.workbook.template.page_lists import Part, line_style, write_fields, write_heads
from sopxl.workbook.template.styles import OWNER_COLOURS, Palette
from sopxl.workbook.template.waterfall import HELPERS, PERIODS, Choice, Waterfall, build_waterfall, write_steps

FAMILY_CHOSEN, MARKET_CHOSEN = "review_family", "review_market"
FROM_FORECAST_TO_CONSENSUS = Waterfall(
    "sales_summary", "From the statistical forecast to the consensus (units)", "Units",
    ("Statistical forecast", "Sensing", "Drivers", "Launches and ends", "Baseline forecast", "Sales change",
     "Marketing change", "Finance change", "Planner change", "Consensus"),
    ("Statistical forecast", "Baseline forecast", "Consensus"),
    (Choice(FAMILY_CHOSEN, "family"), Choice(MARKET_CHOSEN, "market")),
)
FIRST, LAST = 1, PERIODS + 2
HELPER = LAST + 2
LISTS = HELPER + len(HELPERS) + 1
FIGURES_ROW, CHOICE_ROW, CHART_ROW, STEPS_ROW, ADDED_ROW, ACCURACY_ROW = 3, 6, 8, 22, 34, 43
CHART_SIZE = (890, 335)
MATRIX_COLUMN = 13
ACCURACY_LINES, OFFERED = 10, 60
STAGES = ("baseline", "sales", "marketing", "finance", "rule", "planner")

SIGNED = "+0.0%;[Red]-0.0%;0%"
ADDED: tuple[Part, ...] = (
    ("Changes", "changes", 2, 2, "#,##0"), ("Improved", "improved", 3, 3, "0%"),
    ("Error before", "error_before", 4, 4, "0.0%"), ("Error after", "error_after", 5, 5, "0.0%"),
    ("Value added", "value_added", 6, 6, SIGNED), ("Lean", "lean", 7, 7, SIGNED),
    ("Small ones", "small_changes", 8, 8, "#,##0"), ("improved", "small_improved", 9, 9, "0%"),
    ("Money saved", "money", 10, 11, "#,##0;[Red]-#,##0;0"), ("What the record says", "verdict", 12, LAST, "@"),
)
ACCURACY: tuple[Part, ...] = (
    ("Level", "level", 1, 1, "@"), ("Item", "item", 2, 3, "@"), ("Family", "family", 4, 5, "@"),
    ("Market", "market", 6, 7, "@"), ("Stage", "stage", 8, 8, "@"), ("Lag", "lag", 9, 9, "0"),
    ("Error", "weighted_mape", 10, 10, "0.0%"), ("Bias", "bias", 11, 11, SIGNED),
    ("Signal", "tracking_signal", 12, 12, "0.0;[Red]-0.0"), ("Money", "money_error", 13, 13, "#,##0"),
    ("What to look at", "attention", 14, LAST, "@"),
)
"""Of each list: heading, column of its table, first and last column on the page, number format."""


def add_demand_review(book: TemplateBook) -> None:
    """The sheet of the demand review, set up to print on one landscape page, and no higher than fills its width."""
    sheet = book.add_sheet(DEMAND_REVIEW, "demand_review", "reviews")
    book.write_head(sheet, DEMAND_REVIEW, "How the consensus comes about, which items need care, and who makes the "
                                          "forecast better.")
    sheet.set_column(0, 0, 2)
    sheet.set_column(FIRST, FIRST, 24)
    sheet.set_column(FIRST + 1, LAST, 9.7)
    _write_figures(book, sheet)
    _write_choice(book, sheet)
    place = (STEPS_ROW, FIRST, HELPER)
    chart = build_waterfall(book, DEMAND_REVIEW, FROM_FORECAST_TO_CONSENSUS, place, CHART_SIZE)
    sheet.insert_chart(CHART_ROW, FIRST, chart, {"description": "From the statistical forecast to the consensus"})
    _write_matrix(book, sheet, CHART_ROW, "Items", _count)
    _write_matrix(book, sheet, CHART_ROW + 6, "Share of the value of a year", _share)
    write_steps(book, sheet, FROM_FORECAST_TO_CONSENSUS, place)
    _write_added(book, sheet)
    _write_accuracy(book, sheet)
    sheet.print_area(0, 0, ACCURACY_ROW + 1 + ACCURACY_LINES, LAST)
    sheet.fit_to_pages(1, 1)


def _waiting() -> LiveNumber:
    """Corrections of the history on which nobody has decided."""

    def value(tables: Tables) -> float:
        frame = tables["history_corrections"]
        return float(((frame["item"] != "") & (frame["decision"] == "")).sum())

    table = "history_corrections"
    return LiveNumber(f'SUMPRODUCT(({table}[Item]<>"")*({table}[Decision]=""))', value)


def _beyond(limit: float) -> LiveNumber:
    """Lines of the accuracy whose tracking signal lies beyond the limit."""
    signal = "forecast_accuracy[Tracking signal]"
    return LiveNumber(
        f'COUNTIF({signal},">{limit:g}")+COUNTIF({signal},"<-{limit:g}")',
        lambda tables: float((tables["forecast_accuracy"]["tracking_signal"].abs() > limit).sum()),
    )


def _in_review() -> LiveNumber:
    """Items that a planner shall look at in each cycle."""
    return LiveNumber(
        'COUNTIF(segments[Forecast policy],"review")',
        lambda tables: float((tables["segments"]["forecast_policy"] == "review").sum()),
    )


FIGURES: tuple[tuple[str, LiveNumber, str], ...] = (
    ("Backtest error of all series", weighted("weighted_error", "Weighted error"), "0.0%"),
    ("Backtest bias", weighted("bias", "Bias"), SIGNED),
    ("Corrections to decide", _waiting(), "#,##0"),
    ("Items to review", _in_review(), "#,##0"),
    ("Biased: signal beyond 4", _beyond(4.0), "#,##0"),
)


def _write_figures(book: TemplateBook, sheet: Any) -> None:
    """The figures that say how much there is to do."""
    sheet.set_row(FIGURES_ROW + 1, 22)
    for column, (words, number, number_format) in zip((1, 3, 6, 9, 12), FIGURES, strict=True):
        sheet.write_string(FIGURES_ROW, column, words, book.styles.quiet())
        style = book.styles.get(bold=True, font_size=14, align="left", font_color=Palette.HEADER,
                                num_format=number_format)
        sheet.write_formula(FIGURES_ROW + 1, column, f"={number.formula}", style, number.value(book.tables))


def _write_choice(book: TemplateBook, sheet: Any) -> None:
    """The family and market that the steps are shown for, and out of sight what there is to choose from."""
    inputs = book.styles.get(**OWNER_COLOURS["input"], border=1, border_color=Palette.LINE, locked=False,
                             num_format="@", align="left", indent=1)
    choices = ((FIRST, FAMILY_CHOSEN, "Family", "family"), (FIRST + 4, MARKET_CHOSEN, "Market", "market"))
    for place, (column, name, words, level) in enumerate(choices):
        sheet.write_string(CHOICE_ROW, column, f"{words} (empty: all)", book.styles.get(bold=True, align="right"))
        if place:
            sheet.merge_range(CHOICE_ROW, column, CHOICE_ROW, column + 1, f"{words} (empty: all)",
                              book.styles.get(bold=True, align="right"))
        first = column + 1 + place
        sheet.merge_range(CHOICE_ROW, first, CHOICE_ROW, first + 2, book.chosen.get(name, ""), inputs)
        book.name_cell(name, DEMAND_REVIEW, CHOICE_ROW, first)
        source = f"list_{name}"
        sheet.data_validation(CHOICE_ROW, first, CHOICE_ROW, first, {
            "validate": "list", "source": f"={source}", "error_type": "warning", "error_title": words,
            "error_message": f"No such {level} is planned."})
        _write_offered(book, sheet, LISTS + place, level, source)


def _write_offered(book: TemplateBook, sheet: Any, column: int, level: str, name: str) -> None:
    """The families or markets that are planned, each once, and a name over them."""
    table, heading = "demand_levels", level.capitalize()
    condition = f'({table}[Level]="{level}")*({table}[Measure]="Consensus")'
    frame = book.tables[table]
    rows = rows_where((frame["level"] == level) & (frame["measure"] == "Consensus"), OFFERED)
    sheet.write_string(CHOICE_ROW, column, heading, book.styles.quiet())
    for position, row in enumerate(rows):
        found = row_where(table, "Level", condition, position)
        formula = f'=IFERROR(INDEX({table}[{heading}],1/(1/{found}))&"","")'
        sheet.write_formula(CHOICE_ROW + 1 + position, column, formula, book.styles.quiet(),
                            field_value(frame, level, row))
    place, letters = sheet_reference(DEMAND_REVIEW), column_letters(column + 1)
    first, last = f"{place}!${letters}${CHOICE_ROW + 2}", f"${letters}${CHOICE_ROW + 1 + OFFERED}"
    book.workbook.define_name(name, f'=OFFSET({first},0,0,MAX(1,COUNTIF({first}:{last},"?*")),1)')


def _count(abc: str, xyz: str) -> LiveNumber:
    """Items in a cell of the matrix."""
    return LiveNumber(f'COUNTIFS(segments[ABC],"{abc}",segments[XYZ],"{xyz}")',
                      lambda tables: float(len(_cell(tables, abc, xyz))))


def _share(abc: str, xyz: str) -> LiveNumber:
    """Share of the value of all items that is in a cell of the matrix."""
    value = "segments[Annual value]"

    def share(tables: Tables) -> float:
        whole = tables["segments"]["annual_value"].sum()
        return float(_cell(tables, abc, xyz)["annual_value"].sum() / whole) if whole else 0.0

    return LiveNumber(
        f'IFERROR(SUMIFS({value},segments[ABC],"{abc}",segments[XYZ],"{xyz}")/SUM({value}),0)', share)


def _cell(tables: Tables, abc: str, xyz: str) -> pd.DataFrame:
    segments = tables["segments"]
    return segments[(segments["abc"] == abc) & (segments["xyz"] == xyz)]


def _write_matrix(book: TemplateBook, sheet: Any, top: int, title: str, number: Any) -> None:
    """Items by value (A, B, C) and by how well they can be forecast (X, Y, Z), with heat colours."""
    sheet.write_string(top, MATRIX_COLUMN, title, book.styles.get(bold=True, font_color=Palette.HEADER))
    for place, words in enumerate(("X steady", "Y varying", "Z hard to forecast")):
        first = MATRIX_COLUMN + 1 + 2 * place
        sheet.merge_range(top + 1, first, top + 1, first + 1, words, book.styles.quiet(align="center"))
    style = book.styles.get(num_format="#,##0" if title == "Items" else "0.0%", align="center", font_size=12, bold=True,
                            border=1, border_color="#FFFFFF")
    for down, abc in enumerate("ABC", top + 2):
        sheet.set_row(down, 26)
        sheet.write_string(down, MATRIX_COLUMN, abc, book.styles.get(bold=True, align="right", indent=1))
        for place, xyz in enumerate("XYZ"):
            first, cell = MATRIX_COLUMN + 1 + 2 * place, number(abc, xyz)
            sheet.merge_range(down, first, down, first + 1, "", style)
            sheet.write_formula(down, first, f"={cell.formula}", style, cell.value(book.tables))
    sheet.conditional_format(top + 2, MATRIX_COLUMN + 1, top + 4, MATRIX_COLUMN + 6, {
        "type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": "#F5F7FA", "max_color": "#8EB4DC",
    })


def _write_added(book: TemplateBook, sheet: Any) -> None:
    """By stage, whether it made the forecast better than what it replaced."""
    write_heads(book, sheet, ADDED_ROW, "Did it make the forecast better?", ADDED)
    table = "forecast_value_added"
    frame = book.tables[table]
    helper = LISTS + 3
    for place, stage in enumerate(STAGES, ADDED_ROW + 2):
        row = rows_where((frame["stage"].str.lower() == stage) & (frame["author"] == ""), 1)[0]
        found = row_where(table, "Stage", f'({table}[Stage]="{stage}")*({table}[Author]="")')
        sheet.write_formula(place, helper, f"={found}", book.styles.quiet(), float(row))
        sheet.write_string(place, FIRST, stage.capitalize(), line_style(book, "@"))
        write_fields(book, sheet, (place, helper), table, ADDED, row)
    first, last = ADDED_ROW + 2, ADDED_ROW + 1 + len(STAGES)
    cell = f"G{first + 1}"
    for criteria, colour in ((f'=AND(ISNUMBER({cell}),{cell}>0)', Palette.GOOD_INK),
                             (f'=AND(ISNUMBER({cell}),{cell}<0)', Palette.BAD_INK)):
        sheet.conditional_format(first, 6, last, 6, {
            "type": "formula", "criteria": criteria,
            "format": book.workbook.add_format({"font_color": colour, "bold": True})})


def _write_accuracy(book: TemplateBook, sheet: Any) -> None:
    """The first lines of the forecast's accuracy: what needs attention, then the dearest."""
    write_heads(book, sheet, ACCURACY_ROW, "Where earlier plans were off (first lines of Forecast accuracy)", ACCURACY)
    frame = book.tables["forecast_accuracy"]
    helper = LISTS + 3
    for position in range(ACCURACY_LINES):
        place, row = ACCURACY_ROW + 2 + position, position + 1 if position < len(frame) else 0
        formula = f"=IF(ROWS(forecast_accuracy[Level])<{position + 1},0,{position + 1})"
        planned = row if row or position else 1
        sheet.write_formula(place, helper, formula, book.styles.quiet(), float(planned))
        write_fields(book, sheet, (place, helper), "forecast_accuracy", ACCURACY, row)
    first, last = ACCURACY_ROW + 2, ACCURACY_ROW + 1 + ACCURACY_LINES
    sheet.conditional_format(first, 12, last, 12, {
        "type": "formula", "criteria": f"=AND(ISNUMBER(M{first + 1}),ABS(M{first + 1})>4)",
        "format": book.workbook.add_format({"bg_color": Palette.BAD, "font_color": Palette.BAD_INK})})
