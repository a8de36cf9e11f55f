"""The page 'Why this forecast': one series, chosen by the planner, with all that led to its forecast.

What it shows is said in :mod:`sopxl.workbook.template.shown_series`; here is where it stands. Everything is a live
formula over the review tables and the plans, so a new choice shows at once, without a run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sopxl.file_engine.addresses import column_letters
from sopxl.tables import TABLES
from sopxl.workbook.template.book import WHY, TemplateBook, sheet_reference
from sopxl.workbook.template.dashboard import dress_chart
from sopxl.workbook.template.live_cells import field, field_value, gap
from sopxl.workbook.template.shown_series import (
    FACTS,
    ITEM,
    LINES,
    MARKET,
    MARKETS_OFFERED,
    PERIODS_SHOWN,
    SEASON,
    Line,
    ShownSeries,
    day_formula,
    label_formula,
    line_formula,
    line_row_formula,
    market_formula,
    message_formula,
    nth_row,
    offset_formula,
    quality_row_formula,
    setting,
)
from sopxl.workbook.template.styles import OWNER_COLOURS, Palette

FIRST, HELPER = 1, PERIODS_SHOWN + 4
CHOICE_ROW, FACTS_ROW, LISTS_ROW, SECOND_LISTS_ROW, NUMBERS_ROW = 3, 7, 20, 29, 43
METHOD_ROW_HEIGHT, LIST_ROW_HEIGHT = 64, 26
CHART_COLUMN, LAST = 6, 19
CHART_SIZE, SEASON_SIZE = (1010, 370), (372, 235)
QUANTITY = "#,##0.0;[Red]-#,##0.0;0"

CANDIDATES: tuple[tuple[str, str, int, int, str], ...] = (
    ("Method tried", "candidate", 1, 2, "@"), ("Error", "error", 3, 3, "0.0%"), ("Weight", "weight", 4, 4, "0%"),
)
CORRECTIONS: tuple[tuple[str, str, int, int, str], ...] = (
    ("Period", "period", 6, 6, "@"), ("Reason", "reason", 7, 8, "@"), ("Sold", "sold", 9, 9, QUANTITY),
    ("Proposed", "proposed", 10, 10, QUANTITY), ("Used", "used", 11, 11, QUANTITY),
    ("Decision", "decision", 12, 12, "@"), ("Why", "explanation", 13, LAST, "@"),
)
DRIVERS: tuple[tuple[str, str, int, int, str], ...] = (
    ("Driver", "driver", 6, 8, "@"), ("Effect", "effect", 9, 9, "+0.0%;[Red]-0.0%;0%"),
    ("Certainty", "certainty", 10, 10, "0%"), ("Units", "units", 11, 12, QUANTITY),
    ("In words", "explanation", 13, LAST, "@"),
)
"""Of each list: heading, column of its table, first and last column on the page, number format."""
UNKNOWN = {("forecast_candidates", "error"): "not tested"}
"""What stands for an empty field: a method that needs more history than the backtest has cannot be tested."""

COLOURS = {
    "Sold": ("#9AA5B1", 3, "solid"), "Used by the forecast": ("#1F2933", 1.5, "round_dot"),
    "Backtest": ("#ED7D31", 1.75, "dash"), "Consensus": ("#4F9D69", 3, "solid"),
    "Statistical forecast": ("#2F75B5", 1.5, "solid"),
}
BAND_COLOUR, SEASON_COLOUR = "#DCE6F1", "#8E6BBF"


def add_why(book: TemplateBook) -> None:
    """The sheet of one series."""
    sheet = book.add_sheet(WHY, "why_this_forecast", "reviews")
    series = ShownSeries(book.tables, book.settings, book.chosen)
    book.write_head(sheet, WHY, "What one item's forecast in one market is made of. Choose both in the yellow cells.")
    sheet.set_column(0, 0, 2)
    sheet.set_column(FIRST, FIRST, 24)
    sheet.set_column(FIRST + 1, HELPER, 9.7)
    _write_choice(book, sheet, series)
    _write_helpers(book, sheet, series)
    _write_facts(book, sheet, series)
    _write_list(book, sheet, series, LISTS_ROW,
                ("Methods tried, the heaviest first, then by error", "forecast_candidates", CANDIDATES))
    _write_list(book, sheet, series, LISTS_ROW, ("Corrections of its history", "history_corrections", CORRECTIONS))
    _write_list(book, sheet, series, SECOND_LISTS_ROW, ("Drivers of its demand", "driver_effects", DRIVERS))
    _write_numbers(book, sheet, series)
    _insert_charts(book, sheet)
    sheet.print_area(0, 0, NUMBERS_ROW - 2, LAST)
    sheet.fit_to_pages(1, 1)


def _write_choice(book: TemplateBook, sheet: Any, series: ShownSeries) -> None:
    """The two cells that the planner fills, and what is shown for them."""
    inputs = book.styles.get(**OWNER_COLOURS["input"], border=1, border_color=Palette.LINE, locked=False,
                             num_format="@", align="left", indent=1)
    for row, name, words in ((CHOICE_ROW, ITEM, "Item"), (CHOICE_ROW + 1, MARKET, "Market")):
        sheet.write_string(row, FIRST, words, book.styles.get(bold=True, indent=1))
        sheet.merge_range(row, FIRST + 1, row, FIRST + 3, book.chosen.get(name, ""), inputs)
        book.name_cell(name, WHY, row, FIRST + 1)
    sheet.data_validation(CHOICE_ROW, FIRST + 1, CHOICE_ROW, FIRST + 1, {
        "validate": "list", "source": "=list_planned_items", "error_type": "warning", "error_title": "Item",
        "error_message": "No such item is planned.", "input_title": "Item",
        "input_message": "Empty: the one with the highest value.",
    })
    sheet.data_validation(CHOICE_ROW + 1, FIRST + 1, CHOICE_ROW + 1, FIRST + 1, {
        "validate": "list", "source": "=list_its_markets", "error_type": "warning", "error_title": "Market",
        "error_message": "The item is not planned in such a market.", "input_title": "Market",
        "input_message": "Offered: where the item is planned. Empty: its market with the highest value.",
    })
    book.workbook.define_name("list_planned_items", "=segments[Item]")
    sheet.write_formula(CHOICE_ROW, CHART_COLUMN, f"={message_formula()}", book.styles.title(14), series.message)


def _write_helpers(book: TemplateBook, sheet: Any, series: ShownSeries) -> None:
    """Out of sight to the right: which row is shown, the plan's start, and the markets to choose from."""
    quiet = book.styles.quiet()
    sheet.write_string(CHOICE_ROW - 1, HELPER, "Behind the page", quiet)
    cells = (
        ("shown_row", quality_row_formula(), float(series.row)),
        ("shown_item", 'IF(shown_row=0,"",INDEX(forecast_quality[Item],shown_row)&"")', series.item),
        ("shown_market", 'IF(shown_row=0,"",INDEX(forecast_quality[Market],shown_row)&"")', series.market),
        ("plan_start", f'{setting("First period")}&""', book.settings.first_period),
    )
    for row, (name, formula, value) in enumerate(cells, CHOICE_ROW):
        sheet.write_formula(row, HELPER, f"={formula}", quiet, value)
        sheet.write_string(row, HELPER + 1, name, quiet)
        book.name_cell(name, WHY, row, HELPER)
    first = CHOICE_ROW + len(cells) + 1
    sheet.write_string(first - 1, HELPER, "Markets of the item", quiet)
    for position, market in enumerate(series.markets):
        sheet.write_formula(first + position, HELPER, f"={market_formula(position)}", quiet, market)
    place = f"{sheet_reference(WHY)}!${column_letters(HELPER + 1)}$"
    cells_of_markets = f"{place}{first + 1}:${column_letters(HELPER + 1)}${first + MARKETS_OFFERED}"
    book.workbook.define_name(
        "list_its_markets", f'=OFFSET({place}{first + 1},0,0,MAX(1,COUNTIF({cells_of_markets},"?*")),1)'
    )


def _write_facts(book: TemplateBook, sheet: Any, series: ShownSeries) -> None:
    """What kind of series it is, how it is forecast and how well."""
    _write_title(book, sheet, FACTS_ROW - 1, FIRST, FIRST + 3, "What it is and how well it is forecast")
    line = {"bottom": 4, "bottom_color": Palette.LINE}
    for row, (words, column, number) in enumerate(FACTS, FACTS_ROW):
        heading = TABLES["forecast_quality"].column(column).heading
        sheet.write_string(row, FIRST, words, book.styles.get(indent=1, **line))
        style = book.styles.get(num_format=number, align="left", bold=True, text_wrap=number == "@", **line)
        if column == "method":
            style = book.styles.get(num_format=number, align="left", font_size=9, text_wrap=True, **line)
            sheet.set_row(row, METHOD_ROW_HEIGHT)
        sheet.merge_range(row, FIRST + 1, row, FIRST + 3, "", style)
        sheet.write_formula(row, FIRST + 1, "=" + field("forecast_quality", heading, "shown_row"), style,
                            series.fact(column))


def _write_title(book: TemplateBook, sheet: Any, row: int, first: int, last: int, words: str) -> None:
    style = book.styles.get(bold=True, font_color=Palette.HEADER, bottom=2, bottom_color=Palette.HEADER)
    for column in range(first, last + 1):
        sheet.write_blank(row, column, None, style)
    sheet.write_string(row, first, words, style)


def _write_list(
    book: TemplateBook, sheet: Any, series: ShownSeries, top: int,
    part: tuple[str, str, tuple[tuple[str, str, int, int, str], ...]],
) -> None:
    """The first rows that a list has for the series; their places in it stand out of sight."""
    title, table, columns = part
    _write_title(book, sheet, top, columns[0][2], columns[-1][3], title)
    helper = HELPER + 2 + (columns[0][2] > FIRST) + 2 * (top > LISTS_ROW)
    for heading, name, first, last, number in columns:
        align = "left" if number == "@" else "right"
        for column in range(first, last + 1):
            sheet.write_blank(top + 1, column, None, book.styles.quiet())
        place = first if number == "@" else last
        sheet.write_string(top + 1, place, heading, book.styles.quiet(align=align, indent=int(name == "explanation")))
    rows = series.rows_of(table)
    title_style = book.styles.get(bold=True, font_color=Palette.HEADER, bottom=2, bottom_color=Palette.HEADER)
    none = f'IF(N({column_letters(helper + 1)}{top + 3})=0,": none","")'
    sheet.write_formula(top, columns[0][2], f'="{title}"&{none}', title_style, title if rows[0] else f"{title}: none")
    for position, row in enumerate(rows):
        place = top + 2 + position
        sheet.set_row(place, LIST_ROW_HEIGHT)
        sheet.write_formula(place, helper, f"={nth_row(table, position)}", book.styles.quiet(), float(row))
        cell = f"${column_letters(helper + 1)}${place + 1}"
        for _, name, first, last, number in columns:
            style = _list_style(book, number, name)
            if last > first:
                sheet.merge_range(place, first, place, last, "", style)
            unknown = UNKNOWN.get((table, name), "")
            formula = field(table, TABLES[table].column(name).heading, cell, unknown)
            sheet.write_formula(place, first, f"={formula}", style, field_value(book.tables[table], name, row, unknown))


def _list_style(book: TemplateBook, number: str, column: str) -> Any:
    line = {"bottom": 4, "bottom_color": Palette.LINE}
    if number != "@":
        return book.styles.get(num_format=number, align="right", **line)
    return book.styles.get(num_format=number, align="left", text_wrap=True, indent=int(column == "explanation"), **line)


def _write_numbers(book: TemplateBook, sheet: Any, series: ShownSeries) -> None:
    """The numbers behind the charts, time from left to right."""
    _write_title(book, sheet, NUMBERS_ROW - 1, FIRST, FIRST + PERIODS_SHOWN, "The numbers behind the charts")
    _write_calendar(book, sheet, series, NUMBERS_ROW,
                    [(f"{offset_formula(place)}", offset) for place, offset in enumerate(series.offsets)])
    rows = range(NUMBERS_ROW + 3, NUMBERS_ROW + 3 + len(LINES))
    for row, line in zip(rows, LINES, strict=True):
        _write_line(book, sheet, series, (NUMBERS_ROW, row), line, series.offsets)
    high, low = rows[5], rows[4]
    sheet.write_string(rows[-1] + 1, FIRST, "High less low", book.styles.quiet(indent=1))
    values = [series.line_values(line, series.offsets) for line in LINES[4:6]]
    for place, (below, above) in enumerate(zip(*values, strict=True)):
        letters = column_letters(FIRST + place + 2)
        band = gap(float("nan")) if isinstance(below, str) or isinstance(above, str) else above - below
        sheet.write_formula(rows[-1] + 1, FIRST + 1 + place, f"={letters}{high + 1}-{letters}{low + 1}",
                            book.styles.quiet(num_format=QUANTITY), band)
    year = list(range(book.settings.periods.season_length))
    top = rows[-1] + 3
    _write_calendar(book, sheet, series, top, [(str(offset), offset) for offset in year])
    _write_line(book, sheet, series, (top, top + 3), SEASON, year)
    sheet.conditional_format(NUMBERS_ROW, FIRST + 1, top + 3, FIRST + PERIODS_SHOWN, {
        "type": "formula", "criteria": f"=ISNA({column_letters(FIRST + 2)}{NUMBERS_ROW + 1})",
        "format": book.workbook.add_format({"font_color": "#FFFFFF"}),
    })


def _write_calendar(
    book: TemplateBook, sheet: Any, series: ShownSeries, top: int, offsets: Iterable[tuple[str, int]]
) -> None:
    """Three rows: how far each period is from the start of the plan, its first day, and its label."""
    for row, words in enumerate(("Periods from the start of the plan", "First day", "Period"), top):
        sheet.write_string(row, FIRST, words, book.styles.quiet(indent=1))
    for column, (formula, offset) in enumerate(offsets, FIRST + 1):
        letters = column_letters(column + 1)
        sheet.write_formula(top, column, f"={formula}", book.styles.quiet(align="right"), float(offset))
        sheet.write_formula(top + 1, column, "=" + day_formula(f"{letters}${top + 1}"),
                            book.styles.quiet(align="right", num_format="yyyy-mm-dd"), series.day_at(offset))
        sheet.write_formula(top + 2, column, "=" + label_formula(f"{letters}${top + 2}"),
                            book.styles.get(bold=True, align="right"), series.label_at(offset))


def _write_line(
    book: TemplateBook, sheet: Any, series: ShownSeries, rows: tuple[int, int], line: Line, offsets: list[int]
) -> None:
    """One row of numbers under its calendar (first of ``rows``)."""
    top, row = rows
    sheet.write_string(row, FIRST, line.title, book.styles.get(indent=1))
    helper = f"${column_letters(HELPER + 1)}${row + 1}"
    if not line.is_past:
        sheet.write_formula(row, HELPER, f"={line_row_formula(line)}", book.styles.quiet(),
                            float(series.line_row(line)))
    number = "0%" if line is SEASON else QUANTITY
    for place, value in enumerate(series.line_values(line, offsets)):
        letters = column_letters(FIRST + place + 2)
        formula = line_formula(line, f"{letters}${top + 3}", f"{letters}${top + 1}", helper)
        sheet.write_formula(row, FIRST + 1 + place, f"={formula}", book.styles.get(num_format=number), value)


def _insert_charts(book: TemplateBook, sheet: Any) -> None:
    """History and forecast as lines over the band in which demand will probably lie; the season as columns."""
    titles = [line.title for line in LINES]
    rows = {title: NUMBERS_ROW + 3 + position for position, title in enumerate([*titles, "High less low"])}
    band: Any = book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for title, fill in (("Low", {"none": True}), ("High less low", {"color": BAND_COLOUR})):
        band.add_series({**_series(rows[title], PERIODS_SHOWN, NUMBERS_ROW + 2), "fill": fill, "gap": 0,
                         "border": {"none": True}, "name": "Low to high" if fill != {"none": True} else "Low"})
    lines: Any = book.workbook.add_chart({"type": "line"})
    for title, (colour, width, dash) in COLOURS.items():
        lines.add_series({**_series(rows[title], PERIODS_SHOWN, NUMBERS_ROW + 2), "name": title,
                          "line": {"color": colour, "width": width, "dash_type": dash}})
    band.combine(lines)
    dress_chart(band, "Sold, used, backtest and forecast (units)", "#,##0", PERIODS_SHOWN)
    band.set_legend({"position": "bottom", "delete_series": [0], "font": {"size": 9}})
    band.set_size({"width": CHART_SIZE[0], "height": CHART_SIZE[1]})
    sheet.insert_chart(CHOICE_ROW + 1, CHART_COLUMN, band, {"y_offset": 6, "description": "History and forecast"})
    season: Any = book.workbook.add_chart({"type": "column"})
    top = NUMBERS_ROW + 3 + len(LINES) + 2
    count = book.settings.periods.season_length
    season.add_series({**_series(top + 3, count, top + 2), "name": "Season", "gap": 50,
                       "fill": {"color": SEASON_COLOUR}})
    dress_chart(season, "Season: share of an average period", "0%", count, size=10)
    season.set_legend({"none": True})
    season.set_y_axis({"min": 0, "num_format": "0%", "num_font": {"size": 9}, "line": {"none": True},
                       "major_gridlines": {"visible": True, "line": {"color": Palette.LINE, "width": 0.75}}})
    season.set_size({"width": SEASON_SIZE[0], "height": SEASON_SIZE[1]})
    sheet.insert_chart(SECOND_LISTS_ROW, FIRST, season, {"y_offset": 2, "description": "Season"})


def _series(row: int, count: int, labels: int) -> dict[str, Any]:
    """Values and categories of one row of the page."""
    title, first, last = sheet_reference(WHY), column_letters(FIRST + 2), column_letters(FIRST + 1 + count)
    return {"values": f"={title}!${first}${row + 1}:${last}${row + 1}",
            "categories": f"={title}!${first}${labels + 1}:${last}${labels + 1}"}
