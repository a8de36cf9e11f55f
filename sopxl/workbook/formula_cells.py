"""The formulas of a closed workbook and the values that it holds for them, read from its parts and from nothing else.

Read only, and of one cell no more than its formula and its value: what LibreOffice made of a copy can be held
against what stands in the planner's file. To read more of a cell, extend CalculatedCell and ``_read_row``.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from sopxl.file_engine.addresses import COLUMN_NUMBERS, Rectangle, cell_address, parse_rectangle
from sopxl.file_engine.cells import CellError
from sopxl.file_engine.formulas import move_formula
from sopxl.file_engine.package import Package

Address = tuple[str, str]
Value = float | str | bool | CellError | None

_RELATIONSHIP = "{*}Relationship"
_CODE_NAME = re.compile(rb"""<(?:\w+:)?sheetPr\b[^>]*?\bcodeName=["']([^"']*)["']""")
_HEAD = 4096
_FORMULA_PLACE = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^<>]*><f[\s/>]')
_FORMULA = re.compile(rb"<f[\s/>]")
_NOT_PLAIN = (b't="array"', b't="dataTable"', b"<!")
DATA_TABLE = "MULTIPLE.OPERATIONS()"


@dataclass(frozen=True)
class CalculatedCell:
    """A cell with a formula (without its equals sign), and the value that the file holds for it.

    A cell that an array formula fills carries that formula.
    """

    sheet: str
    row: int
    column: int
    formula: str
    value: Value

    @property
    def cell(self) -> str:
        """The address in its sheet, such as ``B7``."""
        return cell_address(self.row, self.column)

    @property
    def address(self) -> Address:
        """Sheet and cell."""
        return self.sheet, self.cell


@dataclass(frozen=True)
class TableRange:
    """An Excel table: its name, sheet, headings, and the block that it covers with headings and totals."""

    name: str
    sheet: str
    range: Rectangle
    headings: tuple[str, ...]
    header_rows: int
    totals_rows: int

    @property
    def body(self) -> Rectangle:
        """The block without headings and totals."""
        return self.range._replace(
            top=self.range.top + self.header_rows, bottom=self.range.bottom - self.totals_rows
        )


class WorkbookParts:
    """What is needed of a workbook file to read its formulas: sheets, tables, defined names, texts."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises FileEngineError where it is no workbook, damaged or unsafe, OSError where absent."""
        self._package = Package(path.read_bytes(), path.name)
        self._workbook_part = self._find_workbook()
        root = self._parse(self._workbook_part)
        related = self._related(self._workbook_part)
        self.sheet_parts = {
            sheet.get("name"): related[_relation(sheet)][1]
            for sheet in root.iterfind("{*}sheets/{*}sheet")
            if related.get(_relation(sheet), ("", ""))[0].endswith("/worksheet")
        }
        every_sheet = [sheet.get("name") for sheet in root.iterfind("{*}sheets/{*}sheet")]
        self.names = [
            (name.get("name"), _sheet_of_name(name, every_sheet), name.text or "")
            for name in root.iterfind("{*}definedNames/{*}definedName")
        ]
        self._texts = self._shared_texts([part for kind, part in related.values() if kind.endswith("/sharedStrings")])

    def tables(self) -> list[TableRange]:
        """Every Excel table of the workbook."""
        return [
            _read_table(self._parse(part), sheet)
            for sheet, sheet_part in self.sheet_parts.items()
            for kind, part in self._related(sheet_part).values()
            if kind.endswith("/table")
        ]

    def code_name(self, sheet: str) -> str:
        """The name that macros know a sheet by, which stays when people rename it; an empty text where it has none."""
        found = _CODE_NAME.search(self._package.read(self.sheet_parts[sheet], _HEAD))
        return found[1].decode() if found else ""

    def formula_cells(self) -> Iterator[CalculatedCell]:
        """Every cell with a formula, sheet by sheet and row by row."""
        for sheet in self.sheet_parts:
            yield from self.cells_of_sheet(sheet)

    def cells_of_sheet(self, sheet: str) -> Iterator[CalculatedCell]:
        """Every cell of one sheet with a formula, row by row."""
        part = self.sheet_parts[sheet]
        with self._explaining(part):
            yield from _SheetFormulas(sheet, self._texts).read(self._content(part))

    def formula_places(self, sheet: str) -> list[tuple[int, int]]:
        """Row and column of every cell of one sheet with a formula: quick, where it is written as Excel writes it."""
        content = self._package.read(self.sheet_parts[sheet])
        found = _FORMULA_PLACE.findall(content)
        is_plain = b"<sheetData" in content and not any(word in content for word in _NOT_PLAIN)
        if is_plain and len(found) == len(_FORMULA.findall(content)):
            return [(int(row), COLUMN_NUMBERS[letters]) for letters, row in found]
        return [(cell.row, cell.column) for cell in self.cells_of_sheet(sheet)]

    def values(self, wanted: Container[Address]) -> dict[Address, Value]:
        """The values of the wanted cells; a cell that is not in the file is left out."""
        found: dict[Address, Value] = {}
        for sheet, part in self.sheet_parts.items():
            with self._explaining(part):
                for number, row in _rows(self._content(part)):
                    for column, cell in _cells_of(row):
                        address = (sheet, cell.get("r") or cell_address(number, column))
                        if address in wanted:
                            found[address] = _value(cell, self._texts)
        return found

    def _parse(self, part: str) -> Any:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        with self._explaining(part):
            return etree.fromstring(self._content(part), parser)

    def _content(self, part: str) -> bytes:
        content = self._package.read(part)
        if b"<!DOCTYPE" in content:
            raise self._package.unsafe("dtd", f"its part {part} holds a document type definition")
        return content

    @contextmanager
    def _explaining(self, part: str) -> Iterator[None]:
        """Turn what a parser stumbles over into the sentence that says the file is damaged."""
        try:
            yield
        except (etree.XMLSyntaxError, ValueError, KeyError, IndexError) as error:
            raise self._package.damaged("bad_xml", f"the part {part} cannot be read") from error

    def _find_workbook(self) -> str:
        for kind, part in self._related("").values():
            if kind.endswith("/officeDocument"):
                return part
        raise self._package.damaged("part_missing", "it does not say where its workbook is")

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """Relationships of a part: id -> (type, part); those that point outside the file are left out."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self._package:
            return {}
        return {
            one.get("Id"): (one.get("Type"), posixpath.normpath(posixpath.join("/", folder, one.get("Target")))[1:])
            for one in self._parse(relations).iterfind(_RELATIONSHIP)
            if one.get("TargetMode") != "External"
        }

    def _shared_texts(self, parts: list[str]) -> list[str]:
        if not parts or parts[0] not in self._package:
            return []
        return [_plain(text) for text in self._parse(parts[0]).iterfind("{*}si")]


class _SheetFormulas:
    """Reads one sheet's formulas: shared formulas are spelled out, array formulas given to each cell they fill."""

    def __init__(self, sheet: str, texts: list[str]) -> None:
        self.sheet = sheet
        self.texts = texts
        self.shared: dict[str, tuple[int, int, str]] = {}
        self.arrays: list[tuple[Rectangle, str]] = []

    def read(self, content: bytes) -> Iterator[CalculatedCell]:
        for number, row in _rows(content):
            for column, cell in _cells_of(row):
                element = _child(cell, "}f")
                if element is not None:
                    formula = self._formula(element, number, column)
                elif self.arrays:
                    formula = self._filled_by(number, column)
                else:
                    continue
                if formula is not None:
                    yield CalculatedCell(self.sheet, number, column, formula, _value(cell, self.texts))

    def _formula(self, element: Any, row: int, column: int) -> str | None:
        text: str = element.text or ""
        kind = element.get("t")
        if kind == "shared":
            if text:
                self.shared[element.get("si")] = (row, column, text)
                return text
            top, left, master = self.shared.get(element.get("si"), (row, column, ""))
            return move_formula(master, row - top, column - left)
        if kind in ("array", "dataTable") and element.get("ref"):
            text = DATA_TABLE if kind == "dataTable" else text
            self.arrays.append((parse_rectangle(element.get("ref")), text))
        return text or None

    def _filled_by(self, row: int, column: int) -> str | None:
        for block, formula in self.arrays:
            if block.top <= row <= block.bottom and block.left <= column <= block.right:
                return formula
        return None


def _rows(content: bytes) -> Iterator[tuple[int, Any]]:
    """The rows of a sheet with their numbers; each is let go when the next is asked for."""
    number = 0
    for _, row in etree.iterparse(
        io.BytesIO(content), tag="{*}row", resolve_entities=False, no_network=True, load_dtd=False
    ):
        number = int(row.get("r") or number + 1)
        yield number, row
        row.clear()


def _cells_of(row: Any) -> Iterator[tuple[int, Any]]:
    """The cells of a row that hold something, with the numbers of their columns."""
    column = 0
    for cell in row:
        reference = cell.get("r")
        column = COLUMN_NUMBERS[reference.rstrip("0123456789").encode()] if reference else column + 1
        if len(cell):
            yield column, cell


def _child(cell: Any, ending: str) -> Any:
    """The part of a cell whose tag ends so; much faster than a search by path."""
    for part in cell:
        if part.tag.endswith(ending):
            return part
    return None


def _value(cell: Any, texts: list[str]) -> Value:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _plain(_child(cell, "}is"))
    element = _child(cell, "}v")
    text = element.text if element is not None else None
    if text is None:
        return "" if kind == "str" else None
    if kind == "n":
        return _number(text)
    if kind == "b":
        return text.strip() in ("1", "true")
    if kind == "s":
        return texts[int(text)]
    return CellError(text) if kind == "e" else str(text)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _plain(element: Any) -> str:
    """The text of a string item: its runs, without phonetic notes."""
    if element is None:
        return ""
    runs = [*element.iterfind("{*}t"), *element.iterfind("{*}r/{*}t")]
    return "".join(run.text or "" for run in runs)


def _relation(sheet: Any) -> str:
    return next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")


def _sheet_of_name(name: Any, sheets: list[str]) -> str:
    index = name.get("localSheetId")
    return sheets[int(index)] if index is not None and int(index) < len(sheets) else ""


def _read_table(root: Any, sheet: str) -> TableRange:
    return TableRange(
        root.get("displayName") or root.get("name"),
        sheet,
        parse_rectangle(root.get("ref")),
        tuple(column.get("name") for column in root.iterfind("{*}tableColumns/{*}tableColumn")),
        int(root.get("headerRowCount", "1")),
        int(root.get("totalsRowCount", "0")),
    )
