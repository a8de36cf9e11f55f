"""xlwings' `Range` over a worksheet part, and the extras that `rng.api` offers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from xlwings import base_classes

from sopxl.file_engine.addresses import LAST_COLUMN, LAST_ROW, Rectangle, column_letters
from sopxl.file_engine.cells import CellError, CellValue
from sopxl.file_engine.errors import NotFoundError, WriteRefusedError

if TYPE_CHECKING:
    from sopxl.file_engine.engine import Sheet
    from sopxl.file_engine.listobjects import Table


class Range(base_classes.Range):  # type: ignore[misc]
    """A block of cells of a sheet. Text put through `.value` stays text; formulas go through `.formula`."""

    sheet: Sheet = cast("Sheet", None)  # takes the place of a property of the base class

    def __init__(self, sheet: Sheet, area: Rectangle) -> None:
        """Name the block; nothing is read yet."""
        self.sheet = sheet
        self.area = area
        self.options: dict[str, Any] = {}

    @property
    def api(self) -> Range:
        """The engine's own object: this one."""
        return self

    @property
    def raw_values(self) -> list[list[CellValue]]:
        """The values as a list of rows, whatever the shape; errors are `CellError`, which is a kind of text."""
        return self.sheet.part.values(self.area)

    @property
    def formulas(self) -> list[list[str | None]]:
        """The formulas as a list of rows; None where a cell has none of its own."""
        return self.sheet.part.formulas(self.area)

    @property
    def cached_values(self) -> list[list[CellValue]]:
        """The results that formula cells hold, as a list of rows; None where a cell has no formula."""
        pairs = zip(self.raw_values, self.formulas, strict=True)
        return [[value if formula else None for value, formula in zip(*each, strict=True)] for each in pairs]

    @cached_values.setter
    def cached_values(self, values: Any) -> None:
        self.sheet.part.write_results(self.area, self._as_rows(values))

    def set_formulas(self, formulas: Any, cached_values: Any = None, rows: Sequence[int] | None = None) -> None:
        """Put formulas together with their results; without a formula (None) the result is put as a value.

        `rows`: the places of the only rows that are written, counted from 0; formulas and values are theirs alone.
        Raises WriteRefusedError naming the cell.
        """
        results = None if cached_values is None else self._as_rows(cached_values, rows)
        self.sheet.part.write_formulas(self.area, self._as_rows(formulas, rows), results, rows)

    def set_cached_values(self, values: Any, rows: Sequence[int]) -> None:
        """Give the formula cells of some rows, named by their places from 0, their results."""
        self.sheet.part.write_results(self.area, self._as_rows(values, rows), rows)

    def take_styles(self, pattern: Range) -> None:
        """Look like another block as wide, its rows repeated as often as needed. What the cells hold stays."""
        self.sheet.part.restyle_like(self.area, pattern.area)

    @property
    def raw_value(self) -> Any:
        """The value of one cell, or a list of rows."""
        values = self.raw_values
        return values[0][0] if self.area.height == self.area.width == 1 else values

    @raw_value.setter
    def raw_value(self, values: Any) -> None:
        if values is None:
            self.clear_contents()
            return
        self.sheet.part.write_values(self.area, self._as_rows(values))

    @property
    def formula(self) -> Any:
        """The formula of one cell, or a tuple of rows; for a cell without one, its value as text."""
        rows = tuple(
            tuple(formula if formula else _as_formula_text(value) for formula, value in zip(*each, strict=True))
            for each in zip(self.formulas, self.raw_values, strict=True)
        )
        return rows[0][0] if self.area.height == self.area.width == 1 else rows

    @formula.setter
    def formula(self, formulas: Any) -> None:
        self.set_formulas(formulas)

    formula2 = formula

    @property
    def has_array(self) -> bool:
        """Whether the block belongs to an array formula."""
        return any(block.area.meets(self.area) for block in self.sheet.part.groups.blocks)

    @property
    def row(self) -> int:
        """The first row."""
        return self.area.top

    @property
    def column(self) -> int:
        """The first column."""
        return self.area.left

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.area.height, self.area.width

    @property
    def address(self) -> str:
        """The address with dollar signs."""
        return self.get_address(True, True, False)

    @property
    def max_cells_per_read(self) -> None:
        """No chunks: the engine reads an area in one go."""
        return

    @property
    def max_cells_per_write(self) -> None:
        """No chunks: a write is checked as a whole before any of it is kept."""
        return

    def __len__(self) -> int:
        """Number of cells."""
        return self.area.height * self.area.width

    def __call__(self, row: int, column: int | None = None) -> Range:
        """A cell by its place in the block, counted from 1; it may lie outside."""
        if column is None:
            row, column = divmod(row - 1, self.area.width)
            row, column = row + 1, column + 1
        top, left = self.area.top + row - 1, self.area.left + column - 1
        return Range(self.sheet, Rectangle(top, left, top, left))

    def get_address(self, row_absolute: bool, column_absolute: bool, external: bool) -> str:
        """The address, with or without dollar signs, and with book and sheet if `external`."""
        row, column = "$" * row_absolute, "$" * column_absolute
        area = self.area
        first = f"{column}{column_letters(area.left)}{row}{area.top}"
        last = f"{column}{column_letters(area.right)}{row}{area.bottom}"
        address = first if len(self) == 1 else f"{first}:{last}"
        return f"'[{self.sheet.book.name}]{self.sheet.name}'!{address}" if external else address

    def clear_contents(self) -> None:
        """Empty the cells, keeping their formats. Raises WriteRefusedError naming the cell."""
        self.sheet.part.clear(self.area)

    def end(self, direction: str) -> Range:
        """Where Ctrl and an arrow key lead from the first cell."""
        rows, columns = {"d": (1, 0), "u": (-1, 0), "r": (0, 1), "l": (0, -1)}[direction[0].lower()]
        used = self.sheet.part.used_area()
        start = Rectangle(self.area.top, self.area.left, self.area.top, self.area.left)
        edge = used.around(start)
        line = start._replace(
            top=edge.top if rows else start.top,
            bottom=edge.bottom if rows else start.bottom,
            left=edge.left if columns else start.left,
            right=edge.right if columns else start.right,
        )
        filled = [value is not None for each in self.sheet.part.values(line) for value in each]
        place = (start.top - line.top) if rows else (start.left - line.left)
        step = _steps(filled[place:] if rows + columns > 0 else filled[place::-1])
        if step is None:
            top = {1: LAST_ROW, -1: 1, 0: start.top}[rows]
            left = {1: LAST_COLUMN, -1: 1, 0: start.left}[columns]
        else:
            top, left = start.top + rows * step, start.left + columns * step
        return Range(self.sheet, Rectangle(top, left, top, left))

    @property
    def table(self) -> Table | None:
        """The table that the first cell lies in."""
        return next((each for each in self.sheet.tables if each.part.area.meets(self.area)), None)

    @property
    def merge_area(self) -> Range:
        """The merged cells that the block lies in, or itself."""
        merged = (each for each in self.sheet.part.merged_areas if each.contains(self.area))
        return Range(self.sheet, next(merged, self.area))

    @property
    def merge_cells(self) -> bool:
        """Whether the block lies in merged cells."""
        return any(each.contains(self.area) for each in self.sheet.part.merged_areas)

    @property
    def number_format(self) -> str:
        """The number format of the first cell."""
        part = self.sheet.part
        return part.workbook.styles.number_format(part.style_of(self.area.top, self.area.left))

    def _as_rows(self, values: Any, places: Sequence[int] | None = None) -> Sequence[Sequence[Any]]:
        area = self.area
        height = area.height if places is None else len(places)
        if not isinstance(values, (list, tuple)):
            if len(self) > 20_000_000:
                raise self.sheet.part.refuse("too_many_cells", area.top, area.left, "the range is too large")
            return [[values] * area.width] * height
        rows = values if values and isinstance(values[0], (list, tuple)) else [values]
        if len(rows) != height or any(len(each) != area.width for each in rows):
            where = f"{self.sheet.book.name}, sheet {self.sheet.name}, {area.address}"
            raise WriteRefusedError("shape", f"{where}: the values do not have the shape of the range.")
        return rows


def clean_values(
    rows: list[list[CellValue]], datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool
) -> list[list[Any]]:
    """Values as xlwings' options ask for them; errors become None unless they are wanted as text."""
    make_date = None if datetime_builder is dt.datetime else datetime_builder
    needs_care: set[type] = set() if err_to_str else {CellError}
    needs_care |= {type(None), str} if empty_as is not None else set()
    needs_care |= {dt.datetime} if make_date else set()
    needs_care |= {float} if number_builder else set()
    if not needs_care:
        return rows

    def clean(value: Any) -> Any:
        if isinstance(value, CellError):
            return str(value) if err_to_str else None
        if value is None or value == "":
            return empty_as
        if isinstance(value, dt.datetime) and make_date:
            parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
            return make_date(**{part: getattr(value, part) for part in parts}, tzinfo=None)
        return number_builder(value) if number_builder and isinstance(value, float) else value

    return [[clean(value) if type(value) in needs_care else value for value in row] for row in rows]


def range_of(sheet: Sheet, first: Any, last: Any = None) -> Range:
    """The block between two corners, each an address, a name, a pair of numbers or a block. Raises NotFoundError."""
    sheet_part, area = _corner(sheet, first)
    if last is not None:
        area = area.around(_corner(sheet, last)[1])
    if area.bottom > LAST_ROW or area.right > LAST_COLUMN or min(area) < 1:
        raise NotFoundError("no_such_range", f"{sheet.book.name}: {area} lies outside a sheet.")
    return Range(sheet if sheet_part is sheet.part else sheet.book.sheet_of(sheet_part), area)


def _corner(sheet: Sheet, corner: Any) -> tuple[Any, Rectangle]:
    if isinstance(corner, Range):
        return corner.sheet.part, corner.area
    if isinstance(corner, str):
        return sheet.part.workbook.resolve(corner, sheet.part)
    row, column, *size = corner
    height, width = size or (1, 1)
    if 0 in corner:
        raise IndexError("Rows and columns count from 1, and a range needs at least one cell.")
    return sheet.part, Rectangle(row, column, row + height - 1, column + width - 1)


def _steps(filled: list[bool]) -> int | None:
    if len(filled) > 1 and filled[0] and filled[1]:
        return next((place - 1 for place, is_filled in enumerate(filled) if not is_filled), len(filled) - 1)
    return next((place for place, is_filled in enumerate(filled) if place and is_filled), None)


def _as_formula_text(value: CellValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
