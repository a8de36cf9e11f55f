"""xlwings' `Table` and its collections over table parts, and the extras that `table.api` offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from xlwings import base_classes

from sopxl.file_engine.addresses import Rectangle
from sopxl.file_engine.cells import CellValue
from sopxl.file_engine.errors import NotFoundError
from sopxl.file_engine.ranges import Range
from sopxl.file_engine.resizing import resize_table, set_body_rows
from sopxl.file_engine.tables import TablePart

if TYPE_CHECKING:
    from sopxl.file_engine.engine import Sheet


class Table(base_classes.Table):  # type: ignore[misc]
    """A table of a sheet."""

    sheet: Sheet = cast("Sheet", None)  # takes the place of a property of the base class

    def __init__(self, sheet: Sheet, part: TablePart) -> None:
        """Bind the part to its sheet."""
        self.sheet = sheet
        self.part = part

    @property
    def api(self) -> Table:
        """The engine's own object: this one."""
        return self

    @property
    def parent(self) -> Sheet:
        """The sheet."""
        return self.sheet

    @property
    def name(self) -> str:
        """The name by which formulas know the table."""
        return self.part.name

    display_name = name

    @property
    def range(self) -> Range:
        """The whole table with headers and totals."""
        return Range(self.sheet, self.part.area)

    @property
    def data_body_range(self) -> Range | None:
        """The rows between headers and totals."""
        return self._range(self.part.body)

    @property
    def header_row_range(self) -> Range | None:
        """The headers, or None where they are switched off."""
        return self._range(self.part.header)

    @property
    def totals_row_range(self) -> Range | None:
        """The totals, or None where there are none."""
        return self._range(self.part.totals)

    @property
    def insert_row_range(self) -> None:
        """Always None: the engine leaves no table without a row."""
        return

    @property
    def show_headers(self) -> bool:
        """Whether the table shows its headers."""
        return bool(self.part.header_rows)

    @property
    def show_totals(self) -> bool:
        """Whether the table shows totals."""
        return bool(self.part.totals_rows)

    @property
    def columns(self) -> TableColumns:
        """The columns."""
        return TableColumns(self)

    @property
    def headers(self) -> list[str]:
        """The names of the columns from the table's part, without reading a cell."""
        return [column.name for column in self.part.columns]

    @property
    def body_values(self) -> list[list[CellValue]]:
        """The values of all body rows in one go; errors are `CellError`."""
        return self.sheet.part.values(self.part.body) if self.part.body else []

    @property
    def body_formulas(self) -> list[list[str | None]]:
        """The formulas of all body rows in one go; None where a cell has none."""
        return self.sheet.part.formulas(self.part.body) if self.part.body else []

    def resize(self, rng: Any) -> None:
        """Take another area with the same first cell. Raises WriteRefusedError naming the cell in the way."""
        resize_table(self.sheet.part, self.part, rng.impl.area)

    def set_body_rows(self, rows: int) -> None:
        """Take so many body rows, at least one; rows let go are emptied. Raises WriteRefusedError as `resize`."""
        set_body_rows(self.sheet.part, self.part, rows)

    def rename_columns(self, headers: Sequence[str]) -> None:
        """Give all columns new headers, from left to right; formulas follow. Raises WriteRefusedError."""
        self.sheet.part.workbook.rename_columns({self.part.name: headers})

    def _range(self, area: Rectangle | None) -> Range | None:
        return Range(self.sheet, area) if area else None


class Tables(base_classes.Tables):  # type: ignore[misc]
    """The tables of a sheet."""

    parent: Sheet = cast("Sheet", None)
    api: Any = None

    def __init__(self, sheet: Sheet) -> None:
        """Bind the collection to its sheet."""
        self.parent = sheet
        self.api = self

    def __call__(self, key: int | str) -> Table:
        """A table by name, whatever the case, or by number from 1. Raises NotFoundError."""
        for number, part in enumerate(self.parent.part.tables, 1):
            if number == key or (isinstance(key, str) and part.name.lower() == key.lower()):
                return Table(self.parent, part)
        raise NotFoundError("no_such_table", f"{self.parent.book.name}, sheet {self.parent.name} has no table {key}.")

    def __len__(self) -> int:
        """Number of tables."""
        return len(self.parent.part.tables)

    def __iter__(self) -> Iterator[Table]:
        """All tables."""
        return (Table(self.parent, part) for part in self.parent.part.tables)

    def __contains__(self, key: int | str) -> bool:
        """Whether there is such a table."""
        try:
            self(key)
        except NotFoundError:
            return False
        return True


class TableColumn(base_classes.TableColumn):  # type: ignore[misc]
    """A column of a table."""

    parent: Table = cast("Table", None)
    index: int = 0
    api: Any = None

    def __init__(self, table: Table, index: int) -> None:
        """Bind the column, counted from 1, to its table."""
        self.parent = table
        self.index = index
        self.api = self

    @property
    def name(self) -> str:
        """The header."""
        return self.parent.part.columns[self.index - 1].name

    @property
    def range(self) -> Range:
        """Header, body and totals of the column."""
        return self._of(self.parent.part.area)

    @property
    def data_body_range(self) -> Range | None:
        """The body of the column."""
        return self._of(self.parent.part.body) if self.parent.part.body else None

    def _of(self, area: Rectangle) -> Range:
        column = area.left + self.index - 1
        return Range(self.parent.sheet, area._replace(left=column, right=column))


class TableColumns(base_classes.TableColumns):  # type: ignore[misc]
    """The columns of a table."""

    parent: Table = cast("Table", None)
    api: Any = None

    def __init__(self, table: Table) -> None:
        """Bind the collection to its table."""
        self.parent = table
        self.api = self

    def __call__(self, key: int | str) -> TableColumn:
        """A column by header, whatever the case, or by number from 1. Raises NotFoundError."""
        for column in self:
            if column.index == key or (isinstance(key, str) and column.name.lower() == key.lower()):
                return column
        raise NotFoundError("no_such_column", f"The table {self.parent.name} has no column {key}.")

    def __len__(self) -> int:
        """Number of columns."""
        return len(self.parent.part.columns)

    def __iter__(self) -> Iterator[TableColumn]:
        """All columns."""
        return (TableColumn(self.parent, number + 1) for number in range(len(self)))

    def __contains__(self, key: int | str) -> bool:
        """Whether there is such a column."""
        return any(key in (column.index, column.name) for column in self)
