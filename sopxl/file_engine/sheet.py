"""One worksheet: reads and writes of areas, with the rules that protect what must not be written.

What must not be written stands in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sopxl.file_engine.addresses import LAST_COLUMN, LAST_ROW, Rectangle, cell_address
from sopxl.file_engine.cells import CellValue, encode, encode_formula, encode_result
from sopxl.file_engine.errors import WriteRefusedError
from sopxl.file_engine.formula_groups import FormulaGroups, find_formula_groups, formula_text_of
from sopxl.file_engine.grid import Grid
from sopxl.file_engine.markup import Element, from_utf8, outline, splice
from sopxl.file_engine.row_writing import EMPTY_TAIL, Change, Changes, Patch, RowWriter, has_formula, tail_of
from sopxl.file_engine.rules import refuse_protected
from sopxl.file_engine.surroundings import Growth, area_of, surrounding_edits
from sopxl.file_engine.tables import TablePart

if TYPE_CHECKING:
    from sopxl.file_engine.workbook import Workbook

MOST_CELLS_AT_ONCE = 20_000_000


@dataclass
class SheetPart:
    """A worksheet of a workbook; its cells are read when first needed."""

    workbook: Workbook
    name: str
    part: str
    visibility: str
    sheet_id: str
    tables: list[TablePart] = field(default_factory=list)
    pivot_areas: list[tuple[str, Rectangle]] = field(default_factory=list)
    _written: Rectangle | None = None
    _groups: FormulaGroups | None = None
    _growths: list[Growth] = field(default_factory=list)

    @cached_property
    def grid(self) -> Grid:
        """The cells. Raises DamagedFileError or UnsafeFileError."""
        content, self._encoding = self.workbook.read_part(self.part)
        with self.workbook.explaining(self.part):
            return Grid(content)

    @cached_property
    def frame(self) -> list[Element]:
        """The elements of the part around its cells; offsets are those of `Grid.skeleton`."""
        with self.workbook.explaining(self.part):
            return outline(self.grid.skeleton[0])

    @cached_property
    def merged_areas(self) -> list[Rectangle]:
        """The merged areas."""
        with self.workbook.explaining(self.part):
            return [area_of(each) for each in self.frame if each.name == "mergeCell" and each.get("ref")]

    @property
    def is_protected(self) -> bool:
        """Whether people have to unprotect the sheet before they can type in locked cells."""
        return any(
            each.name == "sheetProtection" and each.depth == 1 and each.get("sheet") in ("1", "true", "on")
            for each in self.frame
        )

    @property
    def changed(self) -> bool:
        """Whether anything was written; false also where the cells were never read."""
        return "grid" in self.__dict__ and self.grid.changed

    @property
    def groups(self) -> FormulaGroups:
        """Shared, array and data-table formulas."""
        if self._groups is None:
            with self.workbook.explaining(self.part):
                self._groups = find_formula_groups(self.grid)
        return self._groups

    def used_area(self) -> Rectangle:
        """The smallest area around all cells that the sheet holds; A1 where it holds none."""
        area: Rectangle | None = None
        with self.workbook.explaining(self.part):
            for number in self.grid.row_numbers:
                extent = self.grid.extent(self.grid.row(number) or b"")
                if extent:
                    found = Rectangle(number, extent[0], number, extent[1])
                    area = area.around(found) if area else found
        return area or Rectangle(1, 1, 1, 1)

    def values(self, area: Rectangle) -> list[list[CellValue]]:
        """The values of an area, row by row; errors as `CellError`. Raises DamagedFileError."""
        self._refuse_too_many(area)
        with self.workbook.explaining(self.part):
            return self.grid.values(area, self.workbook.reading)

    def formulas(self, area: Rectangle) -> list[list[str | None]]:
        """The formulas of an area with their `=`; None where a cell has none of its own."""
        self._refuse_too_many(area)
        result: list[list[str | None]] = [[None] * area.width for _ in range(area.height)]
        for number, column, text in self._formulas_between(area):
            result[number - area.top][column - area.left] = f"={text}"
        return result

    def all_formulas(self) -> Iterator[tuple[str, str]]:
        """Address and text (with `=`) of every formula, in the order of the sheet."""
        for number, column, text in self._formulas_between(Rectangle(1, 1, LAST_ROW, LAST_COLUMN)):
            yield cell_address(number, column), f"={text}"

    def write_values(self, area: Rectangle, values: Sequence[Sequence[Any]]) -> None:
        """Put values into an area. Text stays text. Raises WriteRefusedError naming the cell."""
        self._write(area, self._patches(area, values, self._change))

    def write_formulas(
        self,
        area: Rectangle,
        formulas: Sequence[Sequence[str | None]],
        results: Sequence[Sequence[Any]] | None = None,
        rows: Sequence[int] | None = None,
    ) -> None:
        """Put formulas and their results into an area, or into some of its rows, named by their place in it.

        Where there is no formula (None) the result is put as a value, and so is a formula that does not begin with
        `=`. Without results the formulas hold none until a spreadsheet program calculates. Raises WriteRefusedError.
        """
        date_1904 = self.workbook.date_1904
        flat = results or [[None] * area.width] * len(formulas)

        def patch(pair: tuple[Any, Any], prefix: bytes) -> Change:
            formula, result = pair
            if formula is None:
                return self._change(result, prefix)
            if isinstance(formula, str) and formula.startswith("=") and len(formula) > 1:
                return tail_of(encode_result(result, prefix, date_1904), encode_formula(formula, prefix), prefix)
            return self._change(formula, prefix)

        pairs = [list(zip(line, found, strict=True)) for line, found in zip(formulas, flat, strict=True)]
        self._write(area, self._patches(area, pairs, patch, rows))

    def write_results(
        self, area: Rectangle, results: Sequence[Sequence[Any]], rows: Sequence[int] | None = None
    ) -> None:
        """Put results into the formula cells of an area, or of some of its rows; all else stays as it is."""
        date_1904 = self.workbook.date_1904

        def patch(value: Any, prefix: bytes) -> Patch:
            return Patch(encode_result(value, prefix, date_1904), None)

        patches = self._patches(area, results, patch, rows)
        self.workbook.refuse_signed()
        with self.workbook.explaining(self.part):
            kept = {number: self._only_results(number, line) for number, line in patches.items()}
            self._put({number: line for number, line in kept.items() if line})

    def replace_formulas(self, formulas: Mapping[tuple[int, int], str]) -> None:
        """Put other formulas in place of formulas, by row and column; the results stay. Shared ones are taken apart."""
        shared = {*self.groups.masters, *self.groups.master_of}
        changes: dict[int, dict[int, Change]] = {}
        for place in shared if shared & formulas.keys() else ():
            text = self.groups.masters.get(place) or self.groups.formula_of(place)
            changes.setdefault(place[0], {})[place[1]] = Patch(None, encode_formula(text, self.grid.patterns.prefix))
        for (row, column), formula in formulas.items():
            content = encode_formula(formula, self.grid.patterns.prefix)
            changes.setdefault(row, {})[column] = Patch(None, content)
        with self.workbook.explaining(self.part):
            self._put(changes)
        self._groups = None

    def clear(self, area: Rectangle) -> None:
        """Empty the cells of an area, keeping their styles. Raises WriteRefusedError naming the cell."""
        patches: Changes = {}
        with self.workbook.explaining(self.part):
            for number, row in self._rows_between(area):
                columns = [cell.column for cell in self.grid.cells(row) if area.left <= cell.column <= area.right]
                patches[number] = dict.fromkeys(columns, EMPTY_TAIL)
        self._write(area, patches, clearing=True)

    def restyle(self, area: Rectangle, styles: Sequence[int]) -> None:
        """Give the cells of an area the style of their column in `styles`, keeping what they hold."""
        line = {area.left + place: Patch(None, None, lambda _, s=style: s) for place, style in enumerate(styles)}  # type: ignore[misc]
        with self.workbook.explaining(self.part):
            self._put(dict.fromkeys(range(area.top, area.bottom + 1), line))
        self._written = self._written.around(area) if self._written else area

    def restyle_like(self, area: Rectangle, pattern: Rectangle) -> None:
        """Give the rows of an area the styles of a pattern as wide, its rows over and over; what they hold stays."""
        lines = []
        for number in range(pattern.top, pattern.bottom + 1):
            styles = [self.style_of(number, column) for column in range(pattern.left, pattern.right + 1)]
            lines.append(
                {
                    area.left + place: Patch(None, None, lambda _, s=style: s)  # type: ignore[misc]
                    for place, style in enumerate(styles)
                }
            )
        with self.workbook.explaining(self.part):
            self._put({number: lines[(number - area.top) % len(lines)] for number in range(area.top, area.bottom + 1)})
        self._written = self._written.around(area) if self._written else area

    def restyle_as_columns(self, area: Rectangle) -> None:
        """Give the cells of an area the style of their column, as cells that were never touched have."""
        self.restyle(area, [self._column_style(column) for column in range(area.left, area.right + 1)])

    def write_headers(self, area: Rectangle, headers: Sequence[str]) -> None:
        """Put headers into a row of a table; only for what changes the table's part alongside."""
        self._write(
            area,
            self._patches(area, [headers], lambda each, prefix: tail_of(encode(each, prefix, False), b"", prefix)),
            headers=True,
        )

    def style_of(self, row: int, column: int) -> int:
        """The index of the style that a cell shows."""
        with self.workbook.explaining(self.part):
            return self.grid.style_of(row, column, self._column_style)

    def first_filled(self, area: Rectangle) -> str | None:
        """The address of the first cell of an area that holds a value or a formula."""
        with self.workbook.explaining(self.part):
            for number, row in self._rows_between(area):
                for cell in self.grid.cells(row):
                    if area.left <= cell.column <= area.right and cell.inner:
                        return cell_address(number, cell.column)
        return None

    def render(self) -> bytes:
        """The part as it is to be saved."""
        content = self.grid.render()
        skeleton, cut, _ = self.grid.skeleton
        moved = len(content) - len(skeleton)
        with self.workbook.explaining(self.part):
            edits = surrounding_edits(skeleton, self.frame, self._written, self._growths)
        shifted = [
            (start + moved, end + moved, new) if start >= cut else (start, end, new) for start, end, new in edits
        ]
        return from_utf8(splice(content, shifted), self._encoding)

    def grow_rules(self, body: Rectangle, bottom: int) -> None:
        """Let validation lists and conditional formats of a table's last row go on to a new last row."""
        self._growths.append(Growth(body, bottom))

    def refuse(self, reason: str, row: int, column: int, why: str) -> WriteRefusedError:
        """The error that names a cell and why it is not written."""
        return WriteRefusedError(
            reason,
            f"{self.workbook.file_name}, sheet {self.name}, cell {cell_address(row, column)} is not written: {why}.",
        )

    def _change(self, value: Any, prefix: bytes) -> Change:
        """The change that puts a value into a cell; a date changes its style too."""
        if type(value) is float and value - value == 0:
            return b"><%bv>%b</%bv></%bc>" % (prefix, repr(value).removesuffix(".0").encode(), prefix, prefix)
        content = encode(value, prefix, self.workbook.date_1904)
        if content.inner and hasattr(value, "isoformat"):
            return Patch(content, b"", self.workbook.styles.with_date)
        return tail_of(content, b"", prefix)

    def _patches(
        self,
        area: Rectangle,
        values: Sequence[Sequence[Any]],
        patch: Callable[[Any, bytes], Change],
        rows: Sequence[int] | None = None,
    ) -> Changes:
        self._refuse_too_many(area)
        prefix = self.grid.patterns.prefix
        patches: Changes = {}
        column = area.left
        numbers = range(area.top, area.bottom + 1) if rows is None else [area.top + row for row in rows]
        for number, line in zip(numbers, values, strict=True):
            try:
                cells: dict[int, Change] = {}
                for column, value in enumerate(line, area.left):
                    cells[column] = patch(value, prefix)
                patches[number] = cells
            except ValueError as error:
                raise self.refuse("bad_value", number, column, str(error)) from error
        return patches

    def _write(self, area: Rectangle, patches: Changes, *, headers: bool = False, clearing: bool = False) -> None:
        self.workbook.refuse_signed()
        refuse_protected(self, area, patches, headers=headers)
        orphans = self.groups.orphans(area, patches.keys())
        watched = self.workbook.watches_formulas
        formulas_before = self._formulas_in(area, patches) if watched else set()
        with self.workbook.explaining(self.part):
            for (number, column), text in orphans.items():
                formula = encode_formula(text, self.grid.patterns.prefix)
                patches.setdefault(number, {})[column] = Patch(None, formula)
            self._put(patches)
        if watched and formulas_before != set(_formula_places(patches, area, self.grid.patterns.prefix)):
            self.workbook.drop_calculation_chain = True
        if self.groups.blocks or self.groups.masters:
            self._groups = None
        if patches and not clearing:
            filled = area._replace(top=min(patches), bottom=max(patches))
            self._written = self._written.around(filled) if self._written else filled

    def _put(self, changes: Mapping[int, Mapping[int, Change]]) -> None:
        self.grid.put_rows(RowWriter(self.grid, self._column_style).build(changes))

    def _formulas_in(self, area: Rectangle, rows: Iterable[int]) -> set[tuple[int, int]]:
        found = set()
        with self.workbook.explaining(self.part):
            for number in rows:
                columns = self.grid.formula_columns(self.grid.row(number) or b"")
                found |= {(number, column) for column in columns if area.left <= column <= area.right}
        return found

    def _only_results(self, number: int, line: dict[int, Change]) -> dict[int, Change]:
        row = self.grid.row(number)
        if row is None:
            return {}
        wanted = self.grid.formula_columns(row)
        for block in self.groups.blocks:
            if block.area.top <= number <= block.area.bottom:
                wanted |= set(range(block.area.left, block.area.right + 1)) & line.keys()
        return {column: patch for column, patch in line.items() if column in wanted}

    def _rows_between(self, area: Rectangle) -> Iterator[tuple[int, bytes]]:
        if area.height < len(self.grid.row_numbers):
            numbers: Sequence[int] = range(area.top, area.bottom + 1)
        else:
            numbers = [number for number in self.grid.row_numbers if area.top <= number <= area.bottom]
        for number in numbers:
            row = self.grid.row(number)
            if row is not None:
                yield number, row

    def _formulas_between(self, area: Rectangle) -> Iterator[tuple[int, int, str]]:
        opened = b"<%bf" % self.grid.patterns.prefix
        with self.workbook.explaining(self.part):
            for number, row in self._rows_between(area):
                if opened not in row:
                    continue
                plain = self.grid.plain_formulas(row)
                if plain is not None:
                    yield from ((number, column, text) for column, text in plain if area.left <= column <= area.right)
                    continue
                for cell in self.grid.cells(row):
                    if area.left <= cell.column <= area.right and opened in cell.inner:
                        text = formula_text_of(self.grid, self.groups, number, cell)
                        if text is not None:
                            yield number, cell.column, text

    def _refuse_too_many(self, area: Rectangle) -> None:
        if area.height * area.width > MOST_CELLS_AT_ONCE:
            raise WriteRefusedError(
                "too_many_cells",
                f"{self.workbook.file_name}, sheet {self.name}: {area.address} has more than"
                f" {MOST_CELLS_AT_ONCE:,} cells; work on a smaller range.",
            )

    def _column_style(self, column: int) -> int:
        for first, last, style in self._column_styles:
            if first <= column <= last:
                return style
        return 0

    @cached_property
    def _column_styles(self) -> list[tuple[int, int, int]]:
        return [
            (int(each.get("min") or 0), int(each.get("max") or 0), int(each.get("style") or 0))
            for each in self.frame
            if each.name == "col" and each.get("style")
        ]


def _formula_places(patches: Changes, area: Rectangle, prefix: bytes) -> Iterator[tuple[int, int]]:
    for number, line in patches.items():
        if area.top <= number <= area.bottom:
            for column, patch in line.items():
                if has_formula(patch, prefix) and area.left <= column <= area.right:
                    yield number, column
