"""New XML for the rows of a grid: changed cells in place of the old ones, every other byte of a row as it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from sopxl.file_engine.addresses import COLUMN_LETTERS
from sopxl.file_engine.cells import Content
from sopxl.file_engine.grid import Cell, Grid, column_of_stretch, tag_end
from sopxl.file_engine.markup import mask, read_attributes, set_attribute

EMPTY_TAIL = b"/>"


class Patch(NamedTuple):
    """What to write into a cell, where a tail does not say it all.

    `content` None keeps the cell's value; `formula` None keeps its formula, b"" takes it away; `restyle` turns the
    style that the cell has, or would have, into the one it gets.
    """

    content: Content | None = None
    formula: bytes | None = b""
    restyle: Callable[[int], int] | None = None


Change = bytes | Patch
"""A tail, which replaces all of a cell but its address and style, or a patch. Large tables are written as tails."""

Changes = dict[int, dict[int, Change]]
"""Changes by row and column."""


PlainRow = dict[int, bytes]
"""The bytes of each cell of a row after `<c r="`, by its column."""

_PLAIN_ATTRIBUTES = re.compile(rb'(| s="[0-9]+")(?: t="[A-Za-z]+")?\s?/?')


def tail_of(content: Content, formula: bytes, prefix: bytes) -> bytes:
    """Everything of a cell that follows its style attribute."""
    kind, inner = content
    if not inner and not formula:
        return EMPTY_TAIL
    start = b' t="%b">' % kind if kind else b">"
    return b"%b%b%b</%bc>" % (start, formula, inner, prefix)


def is_empty(change: Change) -> bool:
    """Whether a change leaves a cell without value and formula."""
    if isinstance(change, bytes):
        return change == EMPTY_TAIL
    return not (change.formula or (change.content and change.content.inner))


def has_formula(change: Change, prefix: bytes) -> bool:
    """Whether a change puts a formula into a cell."""
    return b"<%bf>" % prefix in change if isinstance(change, bytes) else bool(change.formula)


class RowWriter:
    """Builds rows; `column_style` tells the style of a cell that neither exists nor has a row with a style."""

    def __init__(self, grid: Grid, column_style: Callable[[int], int]) -> None:
        """Bind the grid that the rows come from."""
        self._grid = grid
        self._prefix = grid.patterns.prefix
        self._open_cell = b"<%bc r=" % self._prefix + b'"'
        self._open_formula = b"<%bf" % self._prefix
        self._close_formula = b"</%bf>" % self._prefix
        self._column_style = column_style

    def build(self, changes: Mapping[int, Mapping[int, Change]]) -> dict[int, bytes]:
        """The XML of the changed rows. Raises MarkupError where a row is broken."""
        return {number: self._row(number, cells) for number, cells in changes.items() if cells}

    def _row(self, number: int, changes: Mapping[int, Change]) -> bytes:
        p = self._prefix
        row = self._grid.row(number) or b'<%brow r="%d"></%brow>' % (p, number, p)
        row = _opened(row, p)
        end = tag_end(row)
        own_style = _style_of_row(row[:end])
        cells = self._plain_row(row, changes)
        if cells is not None:
            pieces = self._merged(number, changes, cells, own_style)
        else:
            pieces = self._merged_carefully(number, row, changes, own_style)
        return b"".join((_with_spans(row[:end], changes), *pieces, row[row.rindex(b"</") :]))

    def _merged_carefully(
        self, number: int, row: bytes, changes: Mapping[int, Change], own_style: int | None
    ) -> list[bytes]:
        waiting = sorted(changes, reverse=True)
        pieces: list[bytes] = []
        place = tag_end(row)
        for cell in self._grid.cells(row):
            if not waiting:
                break
            while waiting and waiting[-1] < cell.column:
                column = waiting.pop()
                pieces += (row[place : cell.start], self._new_cell(number, column, changes[column], own_style))
                place = cell.start
            if waiting and waiting[-1] == cell.column:
                change = changes[waiting.pop()]
                pieces += (row[place : cell.start], self._changed_cell(number, row, cell, change))
                place = cell.end
        pieces.append(row[place : row.rindex(b"</")])
        pieces += (self._new_cell(number, column, changes[column], own_style) for column in reversed(waiting))
        return pieces

    def _plain_row(self, row: bytes, changes: Mapping[int, Change]) -> PlainRow | None:
        """The cells of a row with the old ones changed, if it is laid out plainly and none needs a closer look."""
        found = self._grid.stretches(row[tag_end(row) : row.rindex(b"</")])
        if found is None or found[0] or not all(each.endswith(b">") for each in found[1:]):
            return None
        cells = {column_of_stretch(stretch): stretch for stretch in found[1:]}
        if len(cells) != len(found) - 1:
            return None
        for column in cells.keys() & changes.keys():
            changed = self._changed_stretch(cells[column], changes[column])
            if changed is None:
                return None
            cells[column] = changed
        return cells

    def _changed_stretch(self, stretch: bytes, change: Change) -> bytes | None:
        """A cell from its address on with a change made, or None where that needs a closer look."""
        end = stretch.index(b'"') + 1
        kept = _kept_attributes(stretch[end : stretch.index(b">", end)])
        if kept is None:
            return None
        if isinstance(change, bytes):
            return stretch[:end] + kept + change
        content, formula, restyle = change
        if content is None or formula is not None or restyle is not None or self._close_formula not in stretch:
            return None
        formula = stretch[stretch.index(self._open_formula) : stretch.index(self._close_formula)] + self._close_formula
        return stretch[:end] + kept + tail_of(content, formula, self._prefix)

    def _merged(
        self, number: int, changes: Mapping[int, Change], cells: PlainRow, own_style: int | None
    ) -> list[bytes]:
        new = changes.keys() - cells.keys()
        if not new:
            return [self._open_cell, self._open_cell.join(cells.values())]
        return [
            self._new_cell(number, column, changes[column], own_style)
            if column in new
            else self._open_cell + cells[column]
            for column in sorted(cells.keys() | new)
        ]

    def _new_cell(self, number: int, column: int, change: Change, own_style: int | None) -> bytes:
        style = own_style if own_style is not None else self._column_style(column)
        if isinstance(change, bytes):
            return b"" if change == EMPTY_TAIL else self._cell(number, column, _style_attribute(style), change)
        if change.restyle:
            style = change.restyle(style)
        elif is_empty(change):
            return b""
        tail = tail_of(change.content or Content(b"", b""), change.formula or b"", self._prefix)
        return b"" if tail == EMPTY_TAIL and not style else self._cell(number, column, _style_attribute(style), tail)

    def _changed_cell(self, number: int, row: bytes, cell: Cell, change: Change) -> bytes:
        attributes = read_attributes(cell.attributes)
        style = attributes.get(b"s", b"0")
        if isinstance(change, bytes):
            return self._cell(number, cell.column, _style_attribute(int(style)), change)
        if change.restyle:
            style = b"%d" % change.restyle(int(style))
        if change.content is None and change.formula is None:
            old = row[cell.start : cell.end]
            end = tag_end(old)
            return set_attribute(old[:end], b"s", style) + old[end:]
        kept = _style_attribute(int(style))
        formula = change.formula
        if formula is None:
            formula = self._kept(cell, self._grid.patterns.formula.search)
            kept += b' cm="%b"' % attributes[b"cm"] if b"cm" in attributes else b""
        content = change.content
        if content is None:
            content = Content(attributes.get(b"t", b""), self._kept(cell, self._grid.patterns.value.search))
        return self._cell(number, cell.column, kept, tail_of(content, formula, self._prefix))

    def _kept(self, cell: Cell, search: Callable[[bytes], object]) -> bytes:
        match = search(mask(cell.inner))
        return cell.inner[slice(*match.span())] if match else b""  # type: ignore[attr-defined]

    def _cell(self, number: int, column: int, attributes: bytes, tail: bytes) -> bytes:
        return b'%b%b%d"%b%b' % (self._open_cell, COLUMN_LETTERS[column], number, attributes, tail)


@lru_cache(maxsize=4096)
def _kept_attributes(attributes: bytes) -> bytes | None:
    """What a plain cell keeps of its attributes when its content changes: its style; None where it is not plain."""
    plain = _PLAIN_ATTRIBUTES.fullmatch(attributes)
    return plain[1] if plain else None


def _style_attribute(style: int) -> bytes:
    return b' s="%d"' % style if style else b""


def _style_of_row(tag: bytes) -> int | None:
    attributes = read_attributes(tag)
    if attributes.get(b"customFormat", b"0") in (b"1", b"true") and attributes.get(b"s", b"").isdigit():
        return int(attributes[b"s"])
    return None


def _with_spans(tag: bytes, changes: Mapping[int, Change]) -> bytes:
    spans = read_attributes(tag).get(b"spans", b"")
    first, _, last = spans.partition(b":")
    if not first.isdigit() or not last.isdigit():
        return tag
    low, high = min(int(first), *changes), max(int(last), *changes)
    return tag if (low, high) == (int(first), int(last)) else set_attribute(tag, b"spans", b"%d:%d" % (low, high))


def _opened(row: bytes, prefix: bytes) -> bytes:
    end = tag_end(row)
    if row[end - 2 : end] != b"/>":
        return row
    return row[: end - 2].rstrip() + b"></%brow>" % prefix
