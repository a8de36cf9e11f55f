"""Write results into an open book: table sizes, values, live formulas with the values that they have.

Text is only ever written as a value, so that a name that looks like a formula stays a name. What people own is
left alone: their columns move with their rows, and formulas that they typed into input rows or into columns that are
theirs to fill are put back.

In a file only the rows that change are written, in a running spreadsheet program whole tables: there each write
is slow however little it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xlwings as xw

from sopxl.file_engine import is_file_book
from sopxl.grids import stack
from sopxl.schema import PlanGrid, Table
from sopxl.workbook.grid_formulas import GridLayout, row_formulas
from sopxl.workbook.read import BoundBook, BoundTable

SAME = 1e-14
"""Numbers that differ by less, in proportion, are the same: files hold 15 to 17 digits."""


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
        target = _Target(bound, self._records(bound.table, frame), self.periods)
        formulas, own_values = target.peoples_own()
        target.resize()
        if isinstance(bound.table, PlanGrid) and len(frame):
            # formulas of an object without a key would add up what belongs to no object
            self._add_formulas(bound.table, target, formulas)
        is_anew = self.calculates or target.moved
        changed = np.ones(formulas.shape, bool) if is_anew else target.changed_cells(formulas)
        live = {*own_values, *np.flatnonzero(pd.notna(formulas).any(axis=0)).tolist()}
        plain = set(bound.columns.values()) - live
        for columns in [*_runs(sorted(plain)), *_runs(sorted(live))]:
            rows = np.flatnonzero(changed[:, columns].any(axis=1))
            if len(rows):
                values = target.values(columns, rows, own_values)
                self._put(target, columns, formulas[rows][:, columns], values, rows)

    def refresh(self, name: str, before: pd.DataFrame, after: pd.DataFrame) -> bool:
        """Give the formulas of a plan grid that no step wrote the values that they have now; whether any cell changed.

        A grid whose rows were moved about is written anew.
        """
        bound = self.bound_book.tables[name]
        if after.empty:
            return False
        if _Target(bound, after, self.periods).moved:
            self.write(name, after)
            return True
        is_same = _same_numbers(before[self.periods].to_numpy(float), after[self.periods].to_numpy(float))
        rows = np.flatnonzero(~is_same.all(axis=1))
        if self.calculates or not len(rows):
            return False
        for columns in _runs(sorted(bound.columns[period] for period in self.periods)):
            values = after[[bound.headings[position] for position in columns]].to_numpy(float)[rows]
            _body(bound, columns, bound.height).api.set_cached_values(_plain_numbers(values).tolist(), rows.tolist())
        return True

    def _records(self, table: Table, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame to write; with nothing to write, one empty row stays, in a plan grid one object without a key."""
        if len(frame):
            return frame
        if not isinstance(table, PlanGrid):
            return frame.reindex([0])
        nothing = pd.DataFrame({column.name: [column.empty] for column in table.columns})
        return stack(table, nothing, {}, self.periods)

    def _add_formulas(self, grid: PlanGrid, target: _Target, formulas: np.ndarray) -> None:
        """Put the formulas of the grid's formula measures in their places."""
        bound = target.bound
        layout = GridLayout(grid, {heading: bound.first_column + position
                                   for position, heading in enumerate(bound.headings)}, self.periods, self.sources,
                            self.bound_book.declared)
        places = [bound.columns[period] for period in self.periods]
        count, first = len(grid.measures), bound.header_row + 1
        written = [(place, measure.name) for place, measure in enumerate(grid.measures) if measure.owner == "formula"]
        for start in range(0, len(target.frame) - count + 1, count):
            row_of = {name: first + start + place for place, name in enumerate(grid.measure_names)}
            for place, measure in written:
                formulas[start + place, places] = row_formulas(layout, measure, row_of)

    def _put(
        self, target: _Target, columns: list[int], formulas: np.ndarray, values: np.ndarray, rows: np.ndarray
    ) -> None:
        """Write adjoining columns; where no spreadsheet program calculates, formulas with their results."""
        body = target.body(columns)
        if not self.calculates:
            body.api.set_formulas(formulas.tolist(), values.tolist(), rows.tolist())
        elif pd.notna(formulas).any():
            values[pd.isna(values)] = ""
            body.formula = np.where(pd.notna(formulas), formulas, values).tolist()
        else:
            body.value = values.tolist()


class _Target:
    """One table of the book and the frame that is to stand in it."""

    def __init__(self, bound: BoundTable, frame: pd.DataFrame, periods: list[str]) -> None:
        self.bound = bound
        self.frame = frame.reset_index(drop=True)
        self.periods = periods
        self.key = [*bound.table.key, "measure"] if isinstance(bound.table, PlanGrid) else list(bound.table.key)
        self.moved = not bound.height == len(self.frame) == len(bound.cells) or not all(
            name in bound.cells and (_texts(bound.cells[name]) == _texts(self.frame[name])).all() for name in self.key)

    def values(self, columns: list[int], rows: np.ndarray, own: Mapping[int, np.ndarray]) -> np.ndarray:
        """What is to stand in some columns and rows, as a spreadsheet takes it: the frame's values, or people's own."""
        name_of = {position: name for name, position in self.bound.columns.items()}
        values = _nothing(len(rows), len(columns))
        for place, position in enumerate(columns):
            is_own = position in own
            values[:, place] = own[position][rows] if is_own else _plain(self.frame[name_of[position]].iloc[rows])
        return values

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

    def changed_cells(self, formulas: np.ndarray) -> np.ndarray:
        """Where the book does not hold what it is to hold, though every row has its place (rows x columns)."""
        bound = self.bound
        changed = np.zeros(formulas.shape, bool)
        for name, position in bound.columns.items():
            changed[:, position] = ~_is_same(bound.cells[name], self.frame[name])
            changed[:, position] |= self.found[:, position] != formulas[:, position]
        return changed

    def peoples_own(self) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        """What people put into the table, row by row of the frame.

        First a matrix (rows x columns) with their formulas, None elsewhere; then position -> values of the
        columns that they added, which is empty where nothing moves.
        """
        bound, height = self.bound, len(self.frame)
        own = [position for position in range(bound.width) if position not in bound.columns.values()]
        formulas = _nothing(height, bound.width)
        theirs = [*own, *self._filled_by_people()] if self.moved else self._filled_by_people()
        if not theirs or not bound.height:
            return formulas, {}
        origin = self._origin() if self.moved else np.arange(height)
        formulas[:, theirs] = np.vstack([self.found, _nothing(1, bound.width)])[origin][:, theirs]
        if isinstance(bound.table, PlanGrid):
            inputs = [measure.name for measure in bound.table.owned_by("input")]
            is_input = self.frame["measure"].isin(inputs).to_numpy(bool)
            for period in self.periods:
                formulas[~is_input, bound.columns[period]] = None
        values = _values(bound, own) if self.moved else {}
        return formulas, {position: cells[origin] for position, cells in values.items()}

    @cached_property
    def found(self) -> np.ndarray:
        """The formulas in the table's body (rows x columns): of all declared columns, or of those that are people's.

        The latter where rows move, and in a running spreadsheet program, because all is written anew there.
        """
        declared = self.bound.columns.values()
        if not self.moved and is_file_book(self.bound.excel.range.sheet.book):
            return _formulas(self.bound, sorted(declared))
        own = set(range(self.bound.width)) - set(declared) if self.moved else set()
        return _formulas(self.bound, sorted({*own, *self._filled_by_people()}))

    def _origin(self) -> np.ndarray:
        """The old place of each row of the frame by its key; one below the table for a new one."""
        keys, bound = _keys(self.frame, self.key), self.bound
        old_keys = _keys(bound.cells, self.key)
        row_of = dict(zip(reversed(old_keys), reversed(bound.rows.tolist()), strict=True)) if self.key else {}
        return np.array([row_of.get(key, bound.height) for key in keys])

    def _filled_by_people(self) -> list[int]:
        """Positions of the declared columns that people fill in a table that sopxl writes."""
        bound, table = self.bound, self.bound.table
        names = [column.name for column in table.columns if column.by_hand]
        if isinstance(table, PlanGrid) and table.owned_by("input"):
            names += self.periods
        return sorted(bound.columns[name] for name in names if name in bound.columns)


def _formulas(bound: BoundTable, positions: list[int]) -> np.ndarray:
    """The formulas in some columns of a table's body (rows x all columns); None where a cell has none."""
    found = _nothing(bound.height, bound.width)
    for columns in _runs(positions):
        body = _body(bound, columns, bound.height)
        if is_file_book(body.sheet.book):
            found[:, columns] = body.api.formulas
        else:
            typed = np.array(body.formula, dtype=object).reshape(bound.height, len(columns))
            found[:, columns] = [[cell if str(cell).startswith("=") else None for cell in row] for row in typed]
    return found


def _values(bound: BoundTable, positions: list[int]) -> dict[int, np.ndarray]:
    """Position -> the cells of some columns of a table's body, as they can be put back, and nothing below them."""
    found: dict[int, np.ndarray] = {}
    for columns in _runs(positions):
        body = _body(bound, columns, bound.height)
        cells = body.api.raw_values if is_file_book(body.sheet.book) else body.formula
        block = np.array(cells, dtype=object).reshape(bound.height, len(columns))
        block = np.vstack([block, _nothing(1, len(columns))])
        found |= {position: block[:, place] for place, position in enumerate(columns)}
    return found


def _nothing(height: int, width: int) -> np.ndarray:
    """Cells without anything in them."""
    return np.full((height, width), None, dtype=object)


def _same_numbers(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Cell by cell, whether two numbers are the same; nothing (NaN) is the same as nothing."""
    return np.asarray((np.isnan(old) & np.isnan(new)) | (np.abs(old - new) <= SAME * np.abs(new)))


def _is_same(cells: pd.Series, values: pd.Series) -> np.ndarray:
    """Row by row, whether the cells of a column hold these values."""
    if values.dtype.kind == "f" and pd.api.types.infer_dtype(cells, skipna=True) in ("floating", "empty"):
        return _same_numbers(cells.to_numpy(float), values.to_numpy(float))
    return np.asarray(cells.where(cells.notna(), None).to_numpy(object) == _plain(values), bool)


def _keys(frame: pd.DataFrame, key: list[str]) -> list[tuple[Any, ...]]:
    """The key of each row; of a table without a key, nothing."""
    if not key or not set(key) <= set(frame.columns):
        return [()] * len(frame)
    return list(frame[key].astype("str").itertuples(index=False, name=None))


def _texts(values: pd.Series) -> np.ndarray:
    """A column of a key as text."""
    return np.asarray(values.astype("str").to_numpy(object))


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


def _plain(values: pd.Series) -> np.ndarray:
    """A column as a spreadsheet takes it: nothing for NaN, NaT and empty text, Python's own numbers."""
    if values.dtype.kind == "f":
        return _plain_numbers(values.to_numpy(float))
    plain = values.to_numpy(object, copy=True)
    plain[pd.isna(plain)] = None
    return np.array([None, *map(_plain_cell, plain.tolist())], dtype=object)[1:]


def _plain_numbers(values: np.ndarray) -> np.ndarray:
    """Numbers as a spreadsheet takes them: nothing for NaN."""
    plain = values.astype(object)
    plain[np.isnan(values)] = None
    return plain


def _plain_cell(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.to_pydatetime()
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    return None if cell == "" else cell
