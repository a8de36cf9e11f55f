"""Cell addresses: letters to numbers and back, and rectangles of cells. Rows and columns count from 1."""

from __future__ import annotations

import re
from itertools import product
from string import ascii_uppercase
from typing import NamedTuple

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384

_CELL = r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})"
_RECTANGLE = re.compile(rf"{_CELL}(?::{_CELL})?")
_WHOLE_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_WHOLE_ROWS = re.compile(r"\$?([0-9]{1,7}):\$?([0-9]{1,7})")


class Rectangle(NamedTuple):
    """A block of cells: first row, first column, last row, last column, all counted from 1 and included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top + 1

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left + 1

    @property
    def address(self) -> str:
        """The rectangle in A1 notation without dollar signs, as `ref` attributes hold it."""
        first = cell_address(self.top, self.left)
        if (self.top, self.left) == (self.bottom, self.right):
            return first
        return f"{first}:{cell_address(self.bottom, self.right)}"

    def meets(self, other: Rectangle) -> bool:
        """Whether the two share a cell."""
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )

    def contains(self, other: Rectangle) -> bool:
        """Whether every cell of the other is in this one."""
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )

    def shared_with(self, other: Rectangle) -> Rectangle:
        """The cells that both have; only meaningful where `meets` is true."""
        return Rectangle(
            max(self.top, other.top),
            max(self.left, other.left),
            min(self.bottom, other.bottom),
            min(self.right, other.right),
        )

    def around(self, other: Rectangle) -> Rectangle:
        """The smallest rectangle that holds both."""
        return Rectangle(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )


class _ColumnNumbers(dict[bytes, int]):
    """Column numbers by their letters as bytes, worked out once each."""

    def __missing__(self, letters: bytes) -> int:
        number = column_number(letters.decode("ascii"))
        self[letters] = number
        return number


def column_number(letters: str) -> int:
    """`A` is 1, `XFD` is 16384. Raises ValueError beyond the last column of a sheet."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    if not 1 <= number <= LAST_COLUMN:
        raise ValueError(f"{letters} is not a column of a sheet.")
    return number


def column_letters(number: int) -> str:
    """1 is `A`, 16384 is `XFD`."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


COLUMN_NUMBERS = _ColumnNumbers()
COLUMN_LETTERS: tuple[bytes, ...] = tuple(
    "".join(letters).encode() for length in range(4) for letters in product(ascii_uppercase, repeat=length)
)[: LAST_COLUMN + 1]


def cell_address(row: int, column: int) -> str:
    """The address of one cell, such as `B7`."""
    return f"{column_letters(column)}{row}"


def split_address(address: str) -> tuple[int, int]:
    """Row and column of one cell. Raises ValueError where the text is not the address of a cell."""
    rectangle = parse_rectangle(address)
    return rectangle.top, rectangle.left


def parse_rectangle(address: str) -> Rectangle:
    """Read `B2`, `$B$2:C9`, `A:C` or `2:5`. Raises ValueError where the text is none of these."""
    if match := _RECTANGLE.fullmatch(address):
        first_column, first_row, last_column, last_row = match.groups()
        rows = (int(first_row), int(last_row or first_row))
        columns = (column_number(first_column), column_number(last_column or first_column))
    elif match := _WHOLE_COLUMNS.fullmatch(address):
        rows = (1, LAST_ROW)
        columns = (column_number(match[1]), column_number(match[2]))
    elif match := _WHOLE_ROWS.fullmatch(address):
        rows = (int(match[1]), int(match[2]))
        columns = (1, LAST_COLUMN)
    else:
        raise ValueError(f"{address!r} is not the address of a cell or range.")
    if not (min(rows) >= 1 and max(rows) <= LAST_ROW):
        raise ValueError(f"{address!r} lies outside a sheet.")
    return Rectangle(min(rows), min(columns), max(rows), max(columns))
