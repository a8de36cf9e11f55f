"""Formula text: moving relative references, as a shared formula or a filled-down column needs it."""

from __future__ import annotations

import re

from sopxl.file_engine.addresses import LAST_COLUMN, LAST_ROW, column_letters, column_number

_PIECES = re.compile(
    r"""
    (?P<kept> "(?:[^"]|"")*"                             # text
      | '(?:[^']|'')*'                                   # name of a sheet in quotes
      | \#[A-Z/0-9]+[!?]? )                              # error
    | (?P<bracket> \[ )                                  # structured or external reference
    | (?P<cell> (?<![\w.\\$]) (?P<col>\$?[A-Za-z]{1,3}) (?P<row>\$?[1-9][0-9]{0,6}) (?![\w.(\[!]) )
    | (?P<columns> (?<![\w.\\$:]) (?P<first>\$?[A-Za-z]{1,3}) : (?P<last>\$?[A-Za-z]{1,3}) (?![\w.(\[!:]) )
    | (?P<rows> (?<![\w.\\$:]) (?P<from>\$?[1-9][0-9]{0,6}) : (?P<to>\$?[1-9][0-9]{0,6}) (?![\w.(\[!:]) )
    """,
    re.VERBOSE,
)


def move_formula(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when copied so many rows down and columns right.

    References that fall off the sheet become `#REF!`. Text, quoted sheet names and brackets are left alone.
    """
    pieces: list[str] = []
    place = 0
    while match := _PIECES.search(formula, place):
        pieces.append(formula[place : match.start()])
        place = match.end()
        if match["bracket"]:
            place = end_of_bracket(formula, match.start())
            pieces.append(formula[match.start() : place])
        elif match["kept"]:
            pieces.append(match[0])
        else:
            pieces.append(_moved(match, rows, columns))
    return "".join((*pieces, formula[place:]))


def _moved(match: re.Match[str], rows: int, columns: int) -> str:
    try:
        if match["cell"]:
            return _moved_column(match["col"], columns) + _moved_row(match["row"], rows)
        if match["columns"]:
            return f"{_moved_column(match['first'], columns)}:{_moved_column(match['last'], columns)}"
        return f"{_moved_row(match['from'], rows)}:{_moved_row(match['to'], rows)}"
    except OverflowError:
        return "#REF!"
    except ValueError:  # letters beyond the last column: a name, not a cell
        return match[0]


def _moved_column(text: str, columns: int) -> str:
    number = column_number(text.lstrip("$"))
    if text.startswith("$"):
        return text
    if not 1 <= number + columns <= LAST_COLUMN:
        raise OverflowError
    return column_letters(number + columns)


def _moved_row(text: str, rows: int) -> str:
    number = int(text.lstrip("$"))
    if number > LAST_ROW:
        raise ValueError(text)
    if text.startswith("$"):
        return text
    if not 1 <= number + rows <= LAST_ROW:
        raise OverflowError
    return str(number + rows)


def end_of_bracket(formula: str, start: int) -> int:
    """The place after the bracket that closes the one at `start`, whatever stands between them."""
    depth = 0
    place = start
    while place < len(formula):
        character = formula[place]
        if character == "'":
            place += 1  # in a structured reference the next character is quoted
        elif character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
            if not depth:
                return place + 1
        place += 1
    return len(formula)
