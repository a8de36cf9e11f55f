"""Lists on their sheets: one Excel table each, with units, header notes, drop-downs and formats.

Lists are not protected: planners sort, filter and add rows and columns as in any table.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pandas as pd

from sopxl.records import DATA_DICTIONARY, EXCEPTIONS
from sopxl.schema import NUMERIC_KINDS, Column, Table
from sopxl.settings import SETTINGS, setting_name
from sopxl.workbook.template.book import FIRST_DATA_ROW, HEADER_ROW, TableArea, TemplateBook
from sopxl.workbook.template.highlights import light_up_list
from sopxl.workbook.template.notes import column_note, validation, write_note
from sopxl.workbook.template.styles import number_format

READY_ROWS, READY_ROWS_OF_RESULTS = 500, 10_000
WIDEST = {"message": 110, "remedy": 75, "steps": 62, "method": 60}
SENTENCES = {"explanation": 80, "verdict": 60, "attention": 60, "stock_rule": 58}
"""Columns that sopxl writes sentences in: of this width also while the list is empty, wrapped."""
WRAPPED = {"meaning": 90, "rule": 70}
UNIT_WIDTH = 0.9


def add_list(book: TemplateBook, table: Table) -> None:
    """The sheet of a list, filled from the book's tables; inputs without records get empty rows to type in."""
    sheet = book.add_sheet(table.title, table.name, table.group)
    area, frame = book.area(table.name), book.tables[table.name]
    book.write_head(sheet, table.title, table.description)
    for position, column in enumerate(table.columns):
        _write_column(book, sheet, position, column, table, frame[column.name])
    book.add_table(sheet, area)
    for position, column in enumerate(table.columns):
        style = book.styles.list_heading(_owner(table, column), _alignment(column) or {"align": "right"})
        sheet.write_string(HEADER_ROW, position, column.heading, style)
    if table.key == SETTINGS.key:
        _write_settings(book, sheet)
    light_up_list(book, sheet, area)
    if table is EXCEPTIONS:
        _add_bars(sheet, area)
    if table is DATA_DICTIONARY or table.key == SETTINGS.key:
        _fit_rows(sheet, table, frame)
    _finish(sheet, area)


def _owner(table: Table, column: Column) -> Any:
    """Who writes a column: of the settings, only the value is for people; some columns are for them anywhere."""
    if column.by_hand:
        return "input"
    return "result" if table.key == SETTINGS.key and column.name != "value" else table.owner


def _finish(sheet: Any, area: TableArea) -> None:
    """Row heights, panes, printed headings and what Excel shall not complain about."""
    sheet.set_row(HEADER_ROW, 30)
    sheet.freeze_panes(FIRST_DATA_ROW, min(len(area.table.key), 2) if len(area.headings) > 6 else 0)
    sheet.repeat_rows(HEADER_ROW)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{area.letters(area.headings[-1])}{area.last_row + READY_ROWS}"})


def _write_column(
    book: TemplateBook, sheet: Any, position: int, column: Column, table: Table, values: pd.Series
) -> None:
    """One column: unit, note, width, drop-down and cells."""
    owner = _owner(table, column)
    written_by_people = owner == "input"
    number = number_format(column.kind, column.unit, typed=written_by_people)
    shown = cell_values(column, values)
    unit = _unit_line(book, column)
    least = max(10, UNIT_WIDTH * len(unit) + 1, *(len(word) + 4 for word in column.heading.split()))
    least = max(least, SENTENCES.get(column.name, 0))
    width = book.width_of(shown, least=least, most=(WIDEST | WRAPPED | SENTENCES).get(column.name, 34))
    sheet.set_column(position, position, width, book.styles.get(num_format=number, locked=False))
    place = _alignment(column) or {"align": "right"}
    sheet.write_string(HEADER_ROW - 1, position, unit, book.styles.quiet(**place))
    write_note(sheet, HEADER_ROW, position, column_note(book, column, owner))
    cell = book.styles.cell(owner, number, text_wrap=column.name in {**WRAPPED, **SENTENCES}, **_alignment(column))
    write_cells(sheet, position, shown, cell, book.area(table.name).rows)
    rule = validation(book, column) if written_by_people and table.key != SETTINGS.key else None
    if rule:
        spare = READY_ROWS_OF_RESULTS if table.owner == "result" else READY_ROWS
        sheet.data_validation(FIRST_DATA_ROW, position, FIRST_DATA_ROW + len(shown) + spare, position, rule)


def _alignment(column: Column) -> dict[str, Any]:
    """Numbers to the right, codes of fixed length in the middle, words to the left with a little room."""
    if column.kind in ("flag", "period", "date"):
        return {"align": "center"}
    return {} if column.is_numeric else {"indent": 1}


def _unit_line(book: TemplateBook, column: Column) -> str:
    """The unit over a heading; percent and yes/no tell themselves."""
    if column.unit:
        return book.unit(column.unit)
    return {"percent": "%", "flag": "yes / no", "period": book.settings.bucket}.get(column.kind, "")


def cell_values(column: Column, values: pd.Series) -> list[Any]:
    """The values as cells take them: None for nothing, yes and no for flags, Python dates for dates."""
    if column.kind == "flag":
        return ["yes" if value else "no" for value in values]
    if column.kind == "date":
        return [None if pd.isna(value) else value.to_pydatetime() for value in values]
    if column.kind in NUMERIC_KINDS:
        return [None if value != value else value for value in values.astype(float).tolist()]
    return [value or None for value in values.tolist()]


def write_cells(sheet: Any, position: int, values: list[Any], cell: Any, rows: int) -> None:
    """The cells of one column of a list, blank ones with their format."""
    for row, value in enumerate(values, FIRST_DATA_ROW):
        if value is None:
            sheet.write_blank(row, position, None, cell)
        elif isinstance(value, float):
            sheet.write_number(row, position, value, cell)
        elif isinstance(value, str):
            sheet.write_string(row, position, value, cell)
        else:
            sheet.write_datetime(row, position, value, cell)
    for row in range(FIRST_DATA_ROW + len(values), FIRST_DATA_ROW + rows):
        sheet.write_blank(row, position, None, cell)


def _write_settings(book: TemplateBook, sheet: Any) -> None:
    """Numbers as numbers, and the drop-down or limits of each setting on its own cell."""
    column = SETTINGS.column_names.index("value")
    for row, declared in enumerate(fields(book.settings), FIRST_DATA_ROW):
        value = getattr(book.settings, declared.name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = "#,##0" if value >= 1000 else "General"
            sheet.write_number(row, column, value, book.styles.cell("input", number, align="left", indent=1))
        rule = _setting_rule(declared)
        if rule:
            title = setting_name(declared)[:32]
            sheet.data_validation(row, column, row, column, {**rule, "error_title": title})


def _add_bars(sheet: Any, area: TableArea) -> None:
    """Bars in the money column, so that the dear exceptions stand out."""
    column = area.column("Money")
    sheet.conditional_format(FIRST_DATA_ROW, column, FIRST_DATA_ROW + READY_ROWS * 4, column, {
        "type": "data_bar", "bar_solid": True, "bar_color": "#F4B183", "min_type": "num", "min_value": 0,
    })


def _fit_rows(sheet: Any, table: Table, frame: pd.DataFrame) -> None:
    """Rows as high as their longest wrapped text."""
    wrapped = [name for name in table.column_names if name in WRAPPED]
    for row, texts in enumerate(frame[wrapped].itertuples(index=False), FIRST_DATA_ROW):
        lines = max(1 + len(text) // WRAPPED[name] for name, text in zip(wrapped, texts, strict=True))
        if lines > 1:
            sheet.set_row(row, 13.5 * lines)


def _setting_rule(declared: Any) -> dict[str, Any] | None:
    limits = declared.metadata
    if isinstance(declared.default, bool):
        return {"validate": "list", "source": ["yes", "no"]}
    if limits["choices"]:
        return {"validate": "list", "source": list(limits["choices"])}
    if limits["minimum"] is None:
        return None
    kind = "integer" if isinstance(declared.default, int) else "decimal"
    if limits["maximum"] is None:
        return {"validate": kind, "criteria": ">=", "value": limits["minimum"]}
    return {"validate": kind, "criteria": "between", "minimum": limits["minimum"], "maximum": limits["maximum"]}
