"""Lists on the pages: headings and lines that show a part of a declared table, live, each heading over its columns."""

from __future__ import annotations

from typing import Any

from sopxl.file_engine.addresses import column_letters
from sopxl.tables import TABLES
from sopxl.workbook.template.book import TemplateBook
from sopxl.workbook.template.live_cells import field, field_value
from sopxl.workbook.template.styles import Palette

Part = tuple[str, str, int, int, str]
"""Heading, column of the table, first and last column on the page, number format."""
SENTENCES = ("verdict", "attention", "serves")
"""Columns of sentences: they stand a little apart from the number before them."""


def write_heads(book: TemplateBook, sheet: Any, top: int, title: str, columns: tuple[Part, ...]) -> None:
    """The title of a list with a line under it over all its columns, and their headings in the row below."""
    style = book.styles.get(bold=True, font_color=Palette.HEADER, bottom=2, bottom_color=Palette.HEADER)
    for column in range(1, max(part[3] for part in columns) + 1):
        sheet.write_blank(top, column, None, style)
    sheet.write_string(top, 1, title, style)
    for heading, name, first, last, number in columns:
        place = {"align": "left", "indent": int(name in SENTENCES)} if number == "@" else {"align": "right"}
        sheet.write_string(top + 1, first if number == "@" else last, heading, book.styles.quiet(**place))


def write_fields(
    book: TemplateBook, sheet: Any, place: tuple[int, int], table: str, columns: tuple[Part, ...], row: int
) -> None:
    """The fields of one line; ``place``: its row, and the column of the helper in which its place in the table stands.

    ``row``: that place now, from 1; 0 for none.
    """
    line, helper = place
    for _, name, first, last, number in columns:
        style = line_style(book, number, name)
        if last > first:
            sheet.merge_range(line, first, line, last, "", style)
        formula = field(table, TABLES[table].column(name).heading, f"${column_letters(helper + 1)}{line + 1}")
        sheet.write_formula(line, first, f"={formula}", style, field_value(book.tables[table], name, row))


def line_style(book: TemplateBook, number: str, column: str = "") -> Any:
    """The style of a field in this number format."""
    line = {"bottom": 4, "bottom_color": Palette.LINE}
    if number != "@":
        return book.styles.get(num_format=number, align="right", **line)
    return book.styles.get(num_format=number, align="left", indent=int(column in SENTENCES), **line)
