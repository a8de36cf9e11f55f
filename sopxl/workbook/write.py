"""Write results into an open book: table sizes, values, live formulas with the values that they have.

Text is only ever written as a value, so that a name that looks like a formula stays a name. What people own is
left alone: their columns move with their rows, what they typed into input rows is put back as they typed it,
formulas included.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xlwings as xw

from sopxl.file_engine import is_file_book
from sopxl.formulas import compute
from sopxl.grids import stack
from sopxl.schema import PlanGrid, Table
from sopxl.tables import GRIDS
from sopxl.workbook.grid_formulas import GridLayout, row_formulas
from sopxl.workbook.read import BoundBook, BoundTable

Contents = list[list[Any]]


class BookWriter:
    """Writes frames into the tables of one bound book."""

    def __init__(self, bound_book: BoundBook, periods: list[str]) -> None:
        """``periods``: labels of the plan's periods, as every plan grid of the book is headed."""
        self.bound_book = bound_book
        self.periods = periods
        self.sources = {name: bound.headings for name, bound in bound_book.tables.items()}
        self.calculates = not is_file_book(bound_book.book)

    def write(self, name: str, frame: pd.DataFrame) -> None:
        """Put a whole table in place of what the book has; what people added to a row stays with its key."""
        bound = self.bound_book.tables[name]
        target = _Target(bound, self._records(bound.table, frame))
        own_columns = target.own_columns()
        target.resize()
        grid = bound.table if isinstance(bound.table, PlanGrid) else None
        contents = self._grid_contents(grid, target) if grid else {}
        for columns in _runs(sorted(set(bound.columns.values()) - set(contents))):
            target.body(columns).value = _by_row([target.values(position) for position in columns])
        for columns in _runs(sorted({*contents, *own_columns})):
            block = [contents.get(position) or own_columns[position] for position in columns]
            results = [target.values(position) if position in contents else own_columns[position]
                       for position in columns]
            self._put(target.body(columns), _by_row(block), _by_row(results))

    def refresh(self, name: str, before: pd.DataFrame, after: pd.DataFrame) -> bool:
        """Give the formulas of a plan grid that no step wrote the values that they have now; whether any cell changed.

        A grid whose rows were moved about is written anew.
        """
        bound = self.bound_book.tables[name]
        if after.empty:
            return False
        if _Target(bound, after).moved:
            self.write(name, after)
            return True
        old, new = before[self.periods].to_numpy(float), after[self.periods].to_numpy(float)
        if self.calculates or np.array_equal(old, new, equal_nan=True):
            return False
        for columns in _runs(sorted(bound.columns[period] for period in self.periods)):
            labels = [bound.headings[position] for position in columns]
            _body(bound, columns, bound.height).api.cached_values = _plain(after[labels].to_numpy(object))
        return True

    def _records(self, table: Table, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame to write; with nothing to write, one empty row stays, in a plan grid one object without a key."""
        if len(frame):
            return frame
        if not isinstance(table, PlanGrid):
            return frame.reindex([0])
        nothing = pd.DataFrame({column.name: [column.empty] for column in table.columns})
        empty = {name: grid.empty_frame() for name, grid in GRIDS.items()}
        return compute(table, stack(table, nothing, {}, self.periods), self.periods, empty)

    def _grid_contents(self, grid: PlanGrid, target: _Target) -> dict[int, list[Any]]:
        """Position of each period column -> its cells: numbers, what people typed, and formulas."""
        bound, frame = target.bound, target.frame
        layout = GridLayout(grid, {heading: bound.first_column + position
                                   for position, heading in enumerate(bound.headings)}, self.periods, self.sources)
        cells = frame[self.periods].to_numpy(object, copy=True)
        cells[pd.isna(cells)] = None
        count, first = len(grid.measures), bound.header_row + 1
        typed = target.typed(self.periods)
        for start in range(0, len(frame) - count + 1, count):
            row_of = {name: first + start + place for place, name in enumerate(grid.measure_names)}
            for place, measure in enumerate(grid.measures):
                if measure.owner == "formula":
                    cells[start + place] = row_formulas(layout, measure.name, row_of)
                elif measure.owner == "input" and typed:
                    cells[start + place] = typed.get(target.keys[start + place], cells[start + place])
        return {bound.columns[period]: list(cells[:, place]) for place, period in enumerate(self.periods)}

    def _put(self, body: xw.Range, contents: Contents, results: Contents) -> None:
        """Write numbers and formulas; where no spreadsheet program calculates, the formulas' results with them."""
        if self.calculates:
            body.formula = [["" if cell is None else cell for cell in row] for row in contents]
        else:
            body.api.set_formulas(contents, results)


class _Target:
    """One table of the book and the frame that is to stand in it."""

    def __init__(self, bound: BoundTable, frame: pd.DataFrame) -> None:
        self.bound = bound
        self.frame = frame.reset_index(drop=True)
        self.key = [*bound.table.key, "measure"] if isinstance(bound.table, PlanGrid) else list(bound.table.key)
        self.keys = _keys(self.frame, self.key)
        self.old_keys = _keys(bound.cells, self.key)
        self.moved = bound.height != len(self.frame) or self.old_keys != self.keys or len(self.old_keys) != bound.height

    def values(self, position: int) -> list[Any]:
        """The frame's values for the column at this position of the table."""
        name = next(name for name, place in self.bound.columns.items() if place == position)
        values = self.frame[name].to_numpy(object)
        return [row[0] for row in _plain(values.reshape(-1, 1))]

    def body(self, columns: list[int]) -> xw.Range:
        """The cells of adjoining columns, over all rows to be written."""
        return _body(self.bound, columns, len(self.frame))

    def resize(self) -> None:
        """Give the table as many rows as the frame; emptied rows keep nothing, new ones look like those above."""
        bound, wanted = self.bound, len(self.frame)
        sheet, top, left = bound.excel.range.sheet, bound.header_row, bound.first_column
        right = left + bound.width - 1
        if wanted < bound.height:
            sheet.range((top + 1 + wanted, left), (top + bound.height, right)).clear_contents()
        if wanted != bound.height:
            bound.excel.resize(sheet.range((top, left), (top + wanted, right)))
        if wanted > bound.height and isinstance(bound.table, PlanGrid):
            self._style_new_rows(sheet, top + 1, left, right, len(bound.table.measures))

    def _style_new_rows(self, sheet: xw.Sheet, top: int, left: int, right: int, count: int) -> None:
        """Let the new objects of a grid look like its first one: every measure has its own style."""
        start = self.bound.height // count * count
        pattern = sheet.range((top, left), (top + count - 1, right))
        new = sheet.range((top + start, left), (top + len(self.frame) - 1, right))
        if is_file_book(sheet.book):
            new.api.take_styles(pattern.api)
        else:
            pattern.copy()
            new.paste(paste="formats")

    def own_columns(self) -> dict[int, list[Any]]:
        """Position -> cells of the columns that people added, in the order of the frame; empty if nothing moves."""
        bound = self.bound
        own = [position for position in range(bound.width) if position not in bound.columns.values()]
        if not self.moved or not own or not bound.height:
            return {}
        found = _formulas(bound, own)
        row_of = dict(zip(reversed(self.old_keys), reversed(bound.rows.tolist()), strict=True)) if self.key else {}
        return {position: [found[row_of[key]][place] if key in row_of else None for key in self.keys]
                for place, position in enumerate(own)}

    def typed(self, periods: list[str]) -> dict[tuple[Any, ...], list[Any]]:
        """Key -> what people typed into an input row, for the rows where a formula of theirs is among it."""
        bound = self.bound
        if not isinstance(bound.table, PlanGrid) or not bound.height or not set(periods) <= set(bound.columns):
            return {}
        inputs = {measure.name for measure in bound.table.owned_by("input")}
        if not inputs:
            return {}
        cells = _formulas(bound, [bound.columns[period] for period in periods])
        return {
            key: [None if cell == "" else cell for cell in cells[row]]
            for key, row in zip(self.old_keys, bound.rows, strict=True)
            if key[-1] in inputs and any(str(cell).startswith("=") for cell in cells[row])
        }


def _formulas(bound: BoundTable, positions: list[int]) -> list[list[Any]]:
    """The cells of some columns of a table's body, row by row, formulas as text; each block is read once."""
    found: dict[int, list[Any]] = {}
    for columns in _runs(sorted(positions)):
        rows = _body(bound, columns, bound.height).formula
        rows = rows if isinstance(rows, list | tuple) else [[rows]]
        lines = [row if isinstance(row, list | tuple) else [row] for row in rows]
        found |= dict(zip(columns, (list(column) for column in zip(*lines, strict=True)), strict=True))
    return [list(row) for row in zip(*(found[position] for position in positions), strict=True)]


def _keys(frame: pd.DataFrame, key: list[str]) -> list[tuple[Any, ...]]:
    """The key of each row; of a table without a key, nothing."""
    if not key or not set(key) <= set(frame.columns):
        return [()] * len(frame)
    return list(frame[key].astype("str").itertuples(index=False, name=None))


def _body(bound: BoundTable, columns: list[int], height: int) -> xw.Range:
    """The cells of adjoining columns of a table's body."""
    sheet, top = bound.excel.range.sheet, bound.header_row + 1
    left, right = bound.first_column + columns[0], bound.first_column + columns[-1]
    return sheet.range((top, left), (top + height - 1, right))


def _runs(positions: list[int]) -> list[list[int]]:
    """Positions in runs without a gap."""
    runs: list[list[int]] = []
    for position in positions:
        if runs and runs[-1][-1] == position - 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    return runs


def _by_row(columns: list[list[Any]]) -> Contents:
    """Columns turned into rows."""
    return [list(row) for row in zip(*columns, strict=True)]


def _plain(values: np.ndarray) -> Contents:
    """Cells as a spreadsheet takes them: nothing for NaN, NaT and empty text, Python's own numbers."""
    plain = values.astype(object, copy=True)
    plain[pd.isna(plain)] = None
    return [[_plain_cell(cell) for cell in row] for row in plain.tolist()]


def _plain_cell(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.to_pydatetime()
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    return None if cell == "" else cell
