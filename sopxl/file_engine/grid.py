"""The cells of one sheet: found in its XML, read in blocks, and rewritten row by row without touching other bytes.

Everything outside the rewritten rows keeps its bytes. Only `sheet.py` uses this module; it knows tables and rules,
this one knows only rows and cells.
"""

from __future__ import annotations

import bisect
import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sopxl.file_engine.addresses import COLUMN_NUMBERS, LAST_ROW, Rectangle
from sopxl.file_engine.cells import (
    CellValue,
    Grammar,
    decode_error,
    formula_text,
    grammar,
    inline_text,
    to_datetime,
)
from sopxl.file_engine.markup import (
    ATTRIBUTES,
    MAIN_NAMESPACES,
    MarkupError,
    check_well_formed,
    mask,
    read_attributes,
    text_of,
)

_ROOT = re.compile(rb"<(?:([\w.-]+):)?worksheet" + ATTRIBUTES + rb"/?>")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["']([0-9]+)["']""")


class Cell(NamedTuple):
    """A cell as it stands in the bytes of its row."""

    column: int
    start: int
    end: int
    attributes: bytes
    inner: bytes


class Formula(NamedTuple):
    """The `f` element of a cell: its attributes, its text (empty for the children of a shared formula)."""

    attributes: dict[bytes, bytes]
    text: str


class Reading(NamedTuple):
    """What the values of cells need beyond the sheet: texts, which styles are dates, and the calendar."""

    strings: Callable[[], list[str]]
    date_styles: frozenset[bytes]
    date_1904: bool


class Grid:
    """Rows and cells of one worksheet part."""

    def __init__(self, content: bytes) -> None:
        """Find the rows. Raises MarkupError where the part is not a well-formed worksheet."""
        self._has_hidden = check_well_formed(content)
        self.content = content
        masked = mask(content) if self._has_hidden else content
        root = _ROOT.search(masked)
        if root is None or not any(name.encode() in root[0] for name in MAIN_NAMESPACES):
            raise MarkupError("not_a_sheet", "is not a worksheet")
        self.patterns: Grammar = grammar(root[1] + b":" if root[1] else b"")
        self._refuse_second_prefix(root[0], masked)
        self._find_data(masked)
        self._rows: dict[int, tuple[int, int]] = self._index_rows(masked)
        self._numbers = sorted(self._rows)
        self._rewritten: dict[int, bytes] = {}
        self._row_numbers: list[int] | None = self._numbers

    @property
    def row_numbers(self) -> list[int]:
        """The numbers of all rows that the sheet has, rising."""
        if self._row_numbers is None:
            self._row_numbers = sorted(self._rows.keys() | self._rewritten.keys())
        return self._row_numbers

    @property
    def changed(self) -> bool:
        """Whether any row was rewritten."""
        return bool(self._rewritten)

    @property
    def skeleton(self) -> tuple[bytes, int, int]:
        """The part without its rows, the offset where they were cut out, and how many bytes that took."""
        start, end = self._data_span
        return self.content[:start] + self.content[end:], start, end - start

    def row(self, number: int) -> bytes | None:
        """The XML of a row, or None where the sheet does not have it."""
        if number in self._rewritten:
            return self._rewritten[number]
        span = self._rows.get(number)
        return None if span is None else self.content[span[0] : span[1]]

    def cells(self, row: bytes) -> Iterator[Cell]:
        """The cells of a row in their order. Raises MarkupError where that order is broken."""
        last = 0
        masked = mask(row) if self._has_hidden else row
        for match in self.patterns.cell.finditer(masked):
            attributes = match[1]
            column = _column_of(attributes, last)
            if column <= last:
                raise MarkupError("cell_order", f"has cells out of order or twice in row {row_number(row) or '?'}")
            last = column
            inner = b"" if match[2] is None else row[match.start(2) : match.end(2)]
            yield Cell(column, match.start(), match.end(), attributes, inner)

    def values(self, area: Rectangle, reading: Reading) -> list[list[CellValue]]:
        """The values in an area, row by row; cells that do not exist are None. Raises MarkupError."""
        result: list[list[CellValue]] = []
        for number in range(area.top, area.bottom + 1):
            values: list[CellValue] = [None] * area.width
            row = self.row(number)
            if row is not None:
                try:
                    self._fill(row, values, area.left, reading)
                except (ValueError, IndexError) as error:
                    raise self._bad_value(error, number) from error
            result.append(values)
        return result

    def plain_cells(self, row: bytes) -> list[tuple[bytes, bytes, bytes, bytes, bytes]] | None:
        """Letters, style, type, value and inline text of a row's cells, or None where one is not laid out plainly."""
        if self._has_hidden:
            return None
        plain = self.patterns.plain_cell.findall(row)
        return plain if len(plain) == row.count(b"<%bc" % self.patterns.prefix) else None

    def stretches(self, row: bytes) -> list[bytes] | None:
        """What stands before the first cell of a row, then each cell from its address on; None if one lacks it.

        Where a part has neither comments nor CDATA, each `<` opens a tag, so that no pattern is needed.
        """
        opened = b'<%bc r="' % self.patterns.prefix
        found = None if self._has_hidden else row.split(opened)
        return found if found and len(found) == row.count(opened[:-4]) + 1 else None

    def formula(self, cell: Cell) -> Formula | None:
        """The formula element of a cell, or None."""
        masked = mask(cell.inner) if self._has_hidden else cell.inner
        match = self.patterns.formula.search(masked)
        if match is None:
            return None
        text = b"" if match[2] is None else cell.inner[match.start(2) : match.end(2)]
        return Formula(read_attributes(match[1]), formula_text(text))

    def style_of(self, number: int, column: int, column_styles: Callable[[int], int]) -> int:
        """The index of the style that a cell shows: its own, or that of its row or column."""
        row = self.row(number)
        if row is None:
            return column_styles(column)
        for cell in self.cells(row):
            if cell.column == column:
                return int(read_attributes(cell.attributes).get(b"s", b"0"))
        own = read_attributes(row[: tag_end(row)])
        has_own = own.get(b"customFormat") in (b"1", b"true") and own.get(b"s", b"").isdigit()
        return int(own[b"s"]) if has_own else column_styles(column)

    def formula_columns(self, row: bytes) -> set[int]:
        """The columns of a row whose cells hold a formula element. Raises MarkupError."""
        opened = b"<%bf" % self.patterns.prefix
        if opened not in row:
            return set()
        stretches = self.stretches(row)
        if stretches is None:
            return {cell.column for cell in self.cells(row) if self.formula(cell) is not None}
        return {column_of_stretch(stretch) for stretch in stretches[1:] if opened in stretch}

    def plain_formulas(self, row: bytes) -> list[tuple[int, str]] | None:
        """Column and text of a row's formulas, or None where one is not a plain formula of its own."""
        found = self.patterns.plain_formula.findall(row)
        if self._has_hidden or len(found) != row.count(b"<%bf" % self.patterns.prefix):
            return None
        return [(COLUMN_NUMBERS[letters], formula_text(text)) for letters, text in found if text]

    def extent(self, row: bytes) -> tuple[int, int] | None:
        """The first and the last column of a row, or None where it has no cell. Raises MarkupError."""
        plain = self.plain_cells(row)
        if plain:
            return COLUMN_NUMBERS[plain[0][0]], COLUMN_NUMBERS[plain[-1][0]]
        columns = [cell.column for cell in self.cells(row)]
        return (columns[0], columns[-1]) if columns else None

    def rows_with(self, *needles: bytes) -> Iterator[tuple[int, bytes]]:
        """Number and XML of the rows whose bytes contain any of the needles."""
        if not self._rewritten and not any(needle in self.content for needle in needles):
            return
        for number in self.row_numbers:
            row = self.row(number)
            if row is not None and any(needle in row for needle in needles):
                yield number, row

    def put_rows(self, rows: Mapping[int, bytes]) -> None:
        """Put rows in place of what stands at their numbers."""
        self._rewritten.update(rows)
        self._row_numbers = None

    def render(self) -> bytes:
        """The part with all rewritten rows in their places."""
        start, end = self._data_span
        pieces: list[bytes] = [self.content[:start]]
        place = start
        if self._is_empty_tag:
            tag = self.content[start:end]
            pieces.append(tag[:-2].rstrip() + b">")
            place = end
        for number in sorted(self._rewritten):
            first, last = self._rows.get(number) or (self._end_of_row_before(number, place),) * 2
            pieces += (self.content[place:first], self._rewritten[number])
            place = last
        if self._is_empty_tag:
            pieces.append(b"</%bsheetData>" % self.patterns.prefix)
        return b"".join((*pieces, self.content[place:]))

    def _end_of_row_before(self, number: int, place: int) -> int:
        index = bisect.bisect_left(self._numbers, number)
        return self._rows[self._numbers[index - 1]][1] if index else max(place, self._first_place)

    def _find_data(self, masked: bytes) -> None:
        p = self.patterns.prefix
        opened = re.compile(rb"<" + re.escape(p) + rb"sheetData" + ATTRIBUTES + rb"/?>").search(masked)
        if opened is None:
            raise MarkupError("not_a_sheet", "has no list of cells")
        self._is_empty_tag = opened[0].endswith(b"/>")
        self._first_place = opened.end()
        end = opened.end()
        if not self._is_empty_tag:
            close = re.compile(rb"</" + re.escape(p) + rb"sheetData\s*>").search(masked, end)
            if close is None:
                raise MarkupError("not_a_sheet", "has no end of its list of cells")
            end = close.end()
        self._data_span = (opened.start(), end)

    def _refuse_second_prefix(self, root: bytes, masked: bytes) -> None:
        for name, value in read_attributes(root).items():
            prefix = b"" if name == b"xmlns" else name[6:] + b":" if name.startswith(b"xmlns:") else None
            if prefix is None or prefix == self.patterns.prefix or value.decode() not in MAIN_NAMESPACES:
                continue
            if prefix and (b"<" + prefix) in masked:
                raise MarkupError("two_prefixes", "mixes two prefixes for its cells")

    def _index_rows(self, masked: bytes) -> dict[int, tuple[int, int]]:
        rows: dict[int, tuple[int, int]] = {}
        last = 0
        close = b"</%brow" % self.patterns.prefix
        start, end = self._data_span
        for match in self.patterns.row.finditer(masked, start, end):
            tag = match[0]
            number_match = _ROW_NUMBER.search(tag) if match[1] is None else match
            number = int(number_match[1]) if number_match else last + 1
            if number <= last or number > LAST_ROW:
                raise MarkupError("row_order", f"has row {number} out of order, twice or beyond the sheet")
            last = number
            finish = match.end() if tag.endswith(b"/>") else masked.index(b">", masked.index(close, match.end())) + 1
            rows[number] = (match.start(), finish)
        return rows

    def _fill(self, row: bytes, values: list[CellValue], left: int, reading: Reading) -> None:
        plain = self.plain_cells(row)
        if plain is None:
            return self._fill_slowly(row, values, left, reading)
        width = len(values)
        dates = reading.date_styles
        for letters, style, kind, text, inline in plain:
            place = COLUMN_NUMBERS[letters] - left
            if not 0 <= place < width:
                continue
            if not kind or kind == b"n":
                if text:
                    number = float(text)
                    if number - number:
                        raise ValueError("not a number")
                    values[place] = to_datetime(number, reading.date_1904) if style in dates else number
            elif kind == b"inlineStr":
                values[place] = text_of(inline) or None
            elif text:
                values[place] = reading.strings()[_index(text)] or None if kind == b"s" else _other_value(kind, text)
        return None

    def _fill_slowly(self, row: bytes, values: list[CellValue], left: int, reading: Reading) -> None:
        for cell in self.cells(row):
            place = cell.column - left
            if 0 <= place < len(values):
                values[place] = self._value(cell, reading)

    def _value(self, cell: Cell, reading: Reading) -> CellValue:
        attributes = read_attributes(cell.attributes)
        kind = attributes.get(b"t", b"n")
        if kind == b"inlineStr":
            return inline_text(cell.inner, self.patterns) or None
        masked = mask(cell.inner) if self._has_hidden else cell.inner
        match = self.patterns.value.search(masked)
        if match is None or match[2] is None:
            return None
        text = cell.inner[match.start(2) : match.end(2)]
        if kind == b"s":
            return reading.strings()[_index(text)] or None
        if kind != b"n":
            return _other_value(kind, text)
        plain = text_of(text).strip()
        if not plain:
            return None
        number = float(plain)
        if number - number:
            raise ValueError("not a number")
        dated = attributes.get(b"s", b"") in reading.date_styles
        return to_datetime(number, reading.date_1904) if dated else number

    def _bad_value(self, error: Exception, number: int) -> MarkupError:
        if isinstance(error, MarkupError):
            return error
        what = "points to a text that is not there" if isinstance(error, IndexError) else f"is not readable ({error})"
        return MarkupError("bad_value", f"has a cell in row {number} whose value {what}")


def row_number(row: bytes) -> int | None:
    """The number that a row's XML gives, or None where it relies on its place."""
    match = _ROW_NUMBER.search(row[: tag_end(row)])
    return int(match[1]) if match else None


def column_of_stretch(stretch: bytes) -> int:
    """The column of a cell by what stands from its address on. Raises MarkupError."""
    letters = stretch[: stretch.index(b'"')].rstrip(b"0123456789")
    try:
        return COLUMN_NUMBERS[letters]
    except (ValueError, UnicodeDecodeError) as error:
        raise MarkupError("bad_address", f"has a cell at {letters.decode('latin-1')!r}") from error


def _column_of(attributes: bytes, last: int) -> int:
    if attributes.startswith(b' r="'):
        reference = attributes[4 : attributes.index(b'"', 4)]
    else:
        found = read_attributes(attributes).get(b"r")
        if found is None:
            return last + 1
        reference = found
    letters = reference.rstrip(b"0123456789")
    try:
        return COLUMN_NUMBERS[letters]
    except (ValueError, UnicodeDecodeError) as error:
        raise MarkupError("bad_address", f"has a cell at {reference.decode('latin-1')!r}") from error


def _other_value(kind: bytes, text: bytes) -> CellValue:
    if kind == b"s":
        raise ValueError("a text without a number")
    plain = text_of(text)
    if kind == b"b":
        return plain.strip() in ("1", "true")
    if kind == b"e":
        return decode_error(plain)
    if kind == b"d":
        return dt.datetime.fromisoformat(plain).replace(tzinfo=None)
    if kind != b"str":
        raise ValueError(f"of the unknown type {kind.decode()!r}")
    return plain or None


def _index(text: bytes) -> int:
    index = int(text)
    if index < 0:
        raise IndexError(index)
    return index


def tag_end(row: bytes) -> int:
    """Where the first tag of a row or cell ends."""
    end = row.find(b">") + 1
    tag = row[:end]
    if tag.count(b'"') % 2 == 0 and tag.count(b"'") % 2 == 0:
        return end
    match = re.match(rb"<[^\s/>]+" + ATTRIBUTES + rb"/?>", row)
    return match.end() if match else end
