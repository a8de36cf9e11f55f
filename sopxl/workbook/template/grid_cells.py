"""The cells of a plan grid: keys, attributes, measures, and in each period an input, a result or a formula.

An empty grid gets one block of rows with nothing in them: the pattern of formats that its first objects take
over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from sopxl.schema import Measure, Owner, PlanGrid
from sopxl.workbook.grid_formulas import GridLayout, row_formulas
from sopxl.workbook.template.book import FIRST_DATA_ROW, TableArea, TemplateBook
from sopxl.workbook.template.list_sheets import cell_values
from sopxl.workbook.template.styles import Palette, number_format

KEY_MEASURES = (
    "Consensus", "Closing stock", "Projected available", "Planned production", "Planned load", "Planned hours",
    "Planned receipts", "Arrivals", "Shipments", "EBIT", "Net sales", "EBITDA", "Gross margin", "Difference",
    "Translated",
)


def write_grid_cells(book: TemplateBook, sheet: Any, area: TableArea, layout: GridLayout) -> None:
    """Every cell below the header of a plan grid."""
    grid, frame = layout.grid, book.tables[layout.grid.name]
    if frame.empty:
        names = [*grid.column_names, "measure", *layout.periods]
        frame = pd.DataFrame({"measure": grid.measure_names}).reindex(columns=names)
    blocks = list(object_rows(grid, frame))
    _write_keys(book, sheet, grid, frame, blocks)
    _write_measures(book, sheet, area, grid, frame, blocks)
    _write_periods(book, sheet, area, layout, frame, blocks)


def object_rows(grid: PlanGrid, frame: pd.DataFrame) -> Iterator[dict[str, int]]:
    """For each object of a grid in turn, the frame row of each of its measures.

    An object ends where a measure comes up again or the keys change.
    """
    keys = list(frame[list(grid.key)].astype("str").itertuples(index=False, name=None))
    rows: dict[str, int] = {}
    for row, measure in enumerate(frame["measure"].tolist()):
        if rows and (measure in rows or keys[row] != keys[row - 1]):
            yield rows
            rows = {}
        rows[measure] = row
    if rows:
        yield rows


def key_measure(grid: PlanGrid) -> str:
    """The measure that says most of an object: the first that the plan is known by, else the first of all."""
    return next((name for name in KEY_MEASURES if name in grid.measure_names), grid.measure_names[0])


def _format(book: TemplateBook, grid: PlanGrid, measure: Measure, is_first: bool) -> Any:
    """The format of a measure's cells: bold if it is the key measure, quiet if a detail, a line over each object."""
    weight: dict[str, Any] = {"font_color": Palette.QUIET} if measure.detail and measure.owner == "result" else {}
    if measure.name == key_measure(grid):
        weight = {"bold": True, "font_color": Palette.INK}
    return book.styles.cell(measure.owner, number_format(measure.kind, measure.unit), **_edge(is_first), **weight)


def _edge(is_first: bool) -> dict[str, Any]:
    return {"top": 1, "top_color": Palette.QUIET} if is_first else {}


def _write_keys(
    book: TemplateBook, sheet: Any, grid: PlanGrid, frame: pd.DataFrame, blocks: list[dict[str, int]]
) -> None:
    """Keys and attributes: strong in the first row of an object, quiet in the others."""
    first_rows = {min(block.values()) for block in blocks}
    for position, column in enumerate(grid.columns, 1):
        values = [None] * len(frame) if frame[column.name].isna().all() else cell_values(column, frame[column.name])
        number = number_format(column.kind, column.unit)
        room = {} if column.is_numeric else {"indent": 1}
        owner: Owner = "input" if column.by_hand else "result"
        strong = book.styles.cell(owner, number, **_edge(True), bold=column.name in grid.key, **room)
        quiet = book.styles.cell("result", number, font_color=Palette.QUIET, **room)
        for row, value in enumerate(values):
            style = strong if row in first_rows else quiet
            if value is None:
                sheet.write_blank(FIRST_DATA_ROW + row, position, None, style)
            elif isinstance(value, float):
                sheet.write_number(FIRST_DATA_ROW + row, position, value, style)
            else:
                sheet.write_string(FIRST_DATA_ROW + row, position, value, style)


def _write_measures(
    book: TemplateBook, sheet: Any, area: TableArea, grid: PlanGrid, frame: pd.DataFrame, blocks: list[dict[str, int]]
) -> None:
    """The names of the measures; nothing but their formats in the pattern of an empty grid."""
    column = area.column("Measure")
    key, is_blank = key_measure(grid), book.tables[grid.name].empty
    details = {measure.name for measure in grid.measures if measure.detail}
    for block in blocks:
        top = min(block.values())
        for measure, row in block.items():
            quiet = {"font_color": Palette.QUIET} if measure in details else {}
            style = book.styles.cell("result", "@", right=1, right_color=Palette.QUIET, bold=measure == key,
                                     indent=2 if quiet else 1, **_edge(row == top), **quiet)
            if is_blank:
                sheet.write_blank(FIRST_DATA_ROW + row, column, None, style)
            else:
                sheet.write_string(FIRST_DATA_ROW + row, column, measure, style)


def _write_periods(
    book: TemplateBook, sheet: Any, area: TableArea, layout: GridLayout, frame: pd.DataFrame,
    blocks: list[dict[str, int]],
) -> None:
    """The period cells of every measure of every object; formulas with their cached values."""
    grid = layout.grid
    columns = [area.column(period) for period in layout.periods]
    values = frame[list(layout.periods)].to_numpy(float)
    is_blank = book.tables[grid.name].empty
    measures = {measure.name: measure for measure in grid.measures}
    styles = {(name, first): _format(book, grid, measure, first)
              for name, measure in measures.items() for first in (True, False)}
    for block in blocks:
        top = min(block.values())
        excel_rows = {name: FIRST_DATA_ROW + 1 + row for name, row in block.items()}
        for name, row in block.items():
            if name not in measures:
                continue
            style = styles[name, row == top]
            if measures[name].owner == "formula" and not is_blank:
                formulas = row_formulas(layout, name, excel_rows)
                _write_formulas(sheet, FIRST_DATA_ROW + row, columns, formulas, values[row].tolist(), style)
            else:
                _write_numbers(sheet, FIRST_DATA_ROW + row, columns, values[row].tolist(), style)


def _write_formulas(
    sheet: Any, row: int, columns: list[int], formulas: list[str], values: list[float], style: Any
) -> None:
    for column, formula, value in zip(columns, formulas, values, strict=True):
        sheet.write_formula(row, column, formula, style, value if np.isfinite(value) else "")


def _write_numbers(sheet: Any, row: int, columns: list[int], values: list[float], style: Any) -> None:
    for column, value in zip(columns, values, strict=True):
        if value == value:
            sheet.write_number(row, column, value, style)
        else:
            sheet.write_blank(row, column, None, style)
