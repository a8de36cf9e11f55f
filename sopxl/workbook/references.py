"""What a formula refers to and which functions it calls, read from its text as Excel stores it.

References may be cells, whole rows and columns, structured references and defined names. To understand
one more way of referring, add it to ``_TOKEN`` and give it a branch in ``Reader._read_token``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sopxl.file_engine.addresses import Rectangle, parse_rectangle
from sopxl.workbook.formula_cells import TableRange

Area = tuple[str, Rectangle]
DYNAMIC = frozenset({"INDIRECT", "OFFSET", "CELL", "INFO"})
DEEPEST_NAME = 20

_TOKEN = re.compile(
    r"""
    (?P<text> "(?:[^"]|"")*" )
  | (?P<error> \#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!|GETTING_DATA) )
  | (?P<number> (?<![\w.$]) (?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)? (?![\w.:!]) )
  | (?P<sheet> (?:'(?:[^']|'')+'|(?:\[\d+\])?[^\W\d][\w.]*(?::[^\W\d][\w.]*)?|\[\d+\][\w.]*)! )?
    (?: (?P<cells> \$?[A-Za-z]{1,3}\$?\d{1,7}(?::\$?[A-Za-z]{1,3}\$?\d{1,7})? ) (?![\w.(\[!])
      | (?P<lines> \$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3} | \$?\d{1,7}:\$?\d{1,7} ) (?![\w.(\[!])
      | (?P<function> [^\W\d][\w.]* ) \(
      | (?P<table> [^\W\d][\w.\\]* ) (?P<part> \[ (?: [^\[\]'] | '. | \[ (?:[^\[\]']|'.)* \] )* \] )
      | (?P<lost> \#REF! )
      | (?P<name> [^\W\d][\w.\\?]* ) (?![(\[!])
    )
  | (?P<operator> [\s+\-*/^&=<>(),;{}%@]+ )
    """,
    re.VERBOSE,
)
_SECTION = re.compile(r"\[(#[^\]]+)\]|\[((?:[^\[\]']|'.)*)\]")


@dataclass
class References:
    """What a formula reads: areas of sheets, and the functions it calls (without ``_xlfn.``, in capitals).

    ``is_open``: it may read cells that its text does not tell (INDIRECT, OFFSET, an unknown name, a range that
    a function gives, several sheets at once). ``is_external``: it reads another workbook.
    """

    areas: list[Area] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    is_open: bool = False
    is_external: bool = False


class Reader:
    """Reads formulas of one workbook, whose sheets, tables and defined names it knows. Case does not matter."""

    def __init__(
        self, sheets: Iterable[str], tables: Iterable[TableRange], names: Iterable[tuple[str, str, str]]
    ) -> None:
        """``names``: (name, the sheet it belongs to or an empty text, what it refers to)."""
        self._sheets = {sheet.lower(): sheet for sheet in sheets}
        self._tables = {table.name.lower(): table for table in tables}
        self._names = {(sheet.lower(), name.lower()): text for name, sheet, text in names}

    def read(self, formula: str, sheet: str, row: int) -> References:
        """What the formula (without its equals sign) in this row of this sheet reads."""
        found = References()
        self._read_into(found, formula, sheet, row, 0)
        found.is_open = found.is_open or not DYNAMIC.isdisjoint(found.functions)
        return found

    def _read_into(self, found: References, formula: str, sheet: str, row: int, depth: int) -> None:
        place = 0
        while place < len(formula):
            match = _TOKEN.match(formula, place)
            if match is None or not match[0]:
                found.is_open = True
                place += 1
                continue
            place = match.end()
            if match.lastgroup not in ("text", "error", "number", "operator"):
                self._read_token(found, match, sheet, row, depth)

    def _read_token(self, found: References, match: re.Match[str], sheet: str, row: int, depth: int) -> None:
        if match["function"]:
            found.functions.add(_plain_function(match["function"], match["sheet"]))
            return
        if match["table"]:
            self._read_table(found, match["table"], match["part"], row, is_here=match["sheet"] is None)
            return
        named = match["sheet"]
        if named and "[" in named:
            found.is_external = True
            return
        place = self._sheets.get(named[:-1].strip("'").replace("''", "'").lower()) if named else sheet
        if match["name"]:
            self._read_name(found, match["name"], place, sheet, row, depth)
        elif match["lost"]:
            return
        elif place is None:  # a sheet that is not there, or several at once
            found.is_open = True
        else:
            self._read_cells(found, place, match, is_in_name=depth > 0)

    @staticmethod
    def _read_cells(found: References, sheet: str, match: re.Match[str], is_in_name: bool) -> None:
        text = match["cells"] or match["lines"]
        try:
            found.areas.append((sheet, parse_rectangle(text)))
        except ValueError:
            found.is_open = True
        dollars = (text.count(":") + 1) * (2 if match["cells"] else 1)
        if is_in_name and text.count("$") < dollars:
            found.is_open = True  # a relative reference in a name moves with the cell that uses it

    def _read_table(self, found: References, name: str, part: str, row: int, is_here: bool) -> None:
        table = self._tables.get(name.lower())
        area = table_area(table, part, row) if table is not None and is_here else None
        if table is None or area is None:
            found.is_open = True
        else:
            found.areas.append((table.sheet, area))

    def _read_name(
        self, found: References, name: str, place: str | None, sheet: str, row: int, depth: int
    ) -> None:
        if name.upper() in ("TRUE", "FALSE"):
            return
        text = self._names.get(((place or sheet).lower(), name.lower()), self._names.get(("", name.lower())))
        if text is not None and depth < DEEPEST_NAME:
            self._read_into(found, text, place or sheet, row, depth + 1)
        elif text is None and name.lower() in self._tables:
            table = self._tables[name.lower()]
            found.areas.append((table.sheet, table.body))
        else:
            found.is_open = True


def table_area(table: TableRange, part: str, row: int) -> Rectangle | None:
    """The cells of a table that the brackets of a structured reference mean; None where a column is not there.

    ``row`` is the row of the formula, for ``[#This Row]``.
    """
    inner = part[1:-1].strip()
    if "[" not in inner:
        inner = f"[{inner}]" if inner else ""
    sections = [match[1].lower() for match in _SECTION.finditer(inner) if match[1]]
    columns = [re.sub(r"'(.)", r"\1", match[2]).lower() for match in _SECTION.finditer(inner) if match[2]]
    area = _rows_of(table, sections, row)
    if not columns:
        return area
    headings = [heading.lower() for heading in table.headings]
    if any(column not in headings for column in columns):
        return None
    places = [table.range.left + headings.index(column) for column in columns]
    return area._replace(left=min(places), right=max(places))


def _rows_of(table: TableRange, sections: list[str], row: int) -> Rectangle:
    whole, body = table.range, table.body
    if "#this row" in sections:
        return body._replace(top=row, bottom=row)
    if "#all" in sections:
        return whole
    top, bottom = body.top, body.bottom
    if "#headers" in sections:
        top = whole.top
        bottom = bottom if len(sections) > 1 else body.top - 1
    if "#totals" in sections:
        bottom = whole.bottom
        top = top if len(sections) > 1 else body.bottom + 1
    return whole._replace(top=top, bottom=max(top, bottom))


def _plain_function(name: str, sheet: str | None) -> str:
    """The function's name in capitals without the prefix of newer functions; one of another book keeps its own."""
    if sheet:
        return f"{sheet}{name}".upper()
    return re.sub(r"^_XLFN\.(_XLWS\.)?", "", name.upper())
