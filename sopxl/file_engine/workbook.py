"""The workbook as a whole: its sheets, tables, names and calendar, and what a save changes besides cells."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sopxl.file_engine.addresses import Rectangle, parse_rectangle
from sopxl.file_engine.errors import NotAWorkbookError, NotFoundError, WriteRefusedError
from sopxl.file_engine.grid import Reading
from sopxl.file_engine.markup import Element, MarkupError, from_utf8, set_attribute, splice, text_of, unescape_text
from sopxl.file_engine.names import DefinedName, name_markup, read_names, split_reference, split_table_reference
from sopxl.file_engine.package import Package
from sopxl.file_engine.relationships import (
    CONTENT_TYPES,
    Relationship,
    content_type,
    explained,
    followed,
    parse,
    read_markup,
    read_relationships,
    relationships_part,
    without_part,
)
from sopxl.file_engine.renaming import rename_columns
from sopxl.file_engine.saving import check_writable, read_file, replace_file
from sopxl.file_engine.sheet import SheetPart
from sopxl.file_engine.strings import read_shared_strings
from sopxl.file_engine.styles import Styles
from sopxl.file_engine.tables import TablePart

TABLE_HEAD = 1000
"""So many bytes of a table's part hold its name."""
_BEFORE_NAMES = (
    *("fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews"),
    *("sheets", "functionGroups", "externalReferences"),
)
_BEFORE_CALCULATION = (*_BEFORE_NAMES, "definedNames")


@dataclass(frozen=True)
class FormulaCell:
    """A cell with a formula, as `Workbook.formula_cells` lists them."""

    sheet: str
    address: str
    formula: str


class Workbook:
    """One workbook file, read as far as it is needed; nothing is written before `save`."""

    def __init__(
        self, path: Path, *, read_only: bool = False, may_break_signature: bool = False,
        only_tables: Collection[str] = (),
    ) -> None:
        """Open a file. Raises FileEngineError with a sentence that says why it cannot be taken.

        ``only_tables``: names of tables, in small letters; only sheets that hold one of them are looked at then, which
        of a large book takes a small part of the time.
        """
        self.path = path
        self.file_name = path.name
        self.read_only = read_only
        self.drop_calculation_chain = False
        self._may_break_signature = may_break_signature
        data, self._stamp = read_file(path)
        if not read_only:
            check_writable(path.resolve())
        self.package = Package(data, path.name)
        self.part = self._find_workbook_part()
        self._content, self._encoding = read_markup(self.package, self.part)
        self._names_changed = False
        self._read_workbook_part()
        self._relationships = read_relationships(self.package, self.part)
        self.sheets = self._read_sheets(only_tables)

    @property
    def changed(self) -> bool:
        """Whether anything was written since the file was opened."""
        return self._names_changed or any(
            sheet.changed or any(table.changed for table in sheet.tables) for sheet in self.sheets
        )

    @cached_property
    def styles(self) -> Styles:
        """The cell formats."""
        part = self._related("styles")
        if part is None:
            return Styles(None)
        content, self._styles_encoding = read_markup(self.package, part)
        with self.explaining(part):
            return Styles(content)

    @cached_property
    def strings(self) -> list[str]:
        """The shared strings."""
        part = self._related("sharedStrings")
        if part is None:
            return []
        content, _ = read_markup(self.package, part)
        with self.explaining(part):
            return read_shared_strings(content)

    @property
    def watches_formulas(self) -> bool:
        """Whether the book has a list of its formula cells, which goes when one comes or goes."""
        return not self.drop_calculation_chain and self._related("calcChain") is not None

    @property
    def reading(self) -> Reading:
        """What cells need to be read."""
        return Reading(lambda: self.strings, self.styles.date_styles, self.date_1904)

    @property
    def names(self) -> list[DefinedName]:
        """The defined names, in the order of the file."""
        return list(self._names)

    def sheet(self, name: str) -> SheetPart:
        """A worksheet by name, whatever the case. Raises NotFoundError."""
        for sheet in self.sheets:
            if sheet.name.lower() == name.lower():
                return sheet
        raise NotFoundError("no_such_sheet", f"{self.file_name} has no sheet {name}.")

    def tables(self) -> list[tuple[SheetPart, TablePart]]:
        """All tables with their sheets, without reading any cell."""
        return [(sheet, table) for sheet in self.sheets for table in sheet.tables]

    def formula_cells(self) -> Iterator[FormulaCell]:
        """Every formula of the book, sheet by sheet."""
        for sheet in self.sheets:
            for address, formula in sheet.all_formulas():
                yield FormulaCell(sheet.name, address, formula)

    def resolve(self, text: str, sheet: SheetPart | None = None, steps: int = 9) -> tuple[SheetPart, Rectangle]:
        """The cells that an address, name or table reference means when read on a sheet. Raises NotFoundError."""
        if sheet is not None:
            with contextlib.suppress(ValueError):
                return sheet, parse_rectangle(text)
        if reference := split_reference(text):
            with contextlib.suppress(ValueError):
                return self.sheet(reference[0]), parse_rectangle(reference[1])
        called = text.removeprefix("=").lower()
        for name in sorted(self.names if steps else (), key=lambda each: each.sheet is None):
            if name.name.lower() == called and name.sheet in (None, sheet.name if sheet else None):
                return self.resolve(name.refers_to, None, steps - 1)
        if (parts := split_table_reference(text)) and (found := self._resolve_in_table(*parts)):
            return found
        raise NotFoundError("no_such_range", f"{self.file_name} has no cells called {text.removeprefix('=')}.")

    def refuse_signed(self) -> None:
        """Raise WriteRefusedError where the file carries a digital signature that any change would break."""
        if self._may_break_signature or not self._is_signed:
            return
        raise WriteRefusedError(
            "signed",
            f"{self.file_name} carries a digital signature, which any change would break;"
            " remove the signature in Excel first.",
        )

    def put_name(self, name: str, refers_to: str, sheet: str | None = None) -> None:
        """Add a name, or let it refer to something else."""
        self.refuse_signed()
        local = None if sheet is None else self._all_sheet_names.index(sheet)
        for each in self.names:
            if each.name.lower() == name.lower() and each.sheet == sheet:
                self._edit(each.element.start, each.element.end, self._with_reference(each.element, refers_to))
                return
        self._add_name(name_markup(self._prefix, name, refers_to, local))

    def rename_columns(self, headers: Mapping[str, Sequence[str]]) -> None:
        """Give the columns of tables new headers (table -> headers); formulas follow. Raises WriteRefusedError."""
        rename_columns(self, headers)

    def delete_name(self, name: DefinedName) -> None:
        """Take a name out of the book."""
        self.refuse_signed()
        parent = name.element.parent
        alone = parent is not None and sum(each.parent is parent for each in self._elements) == 1
        element = parent if alone and parent is not None else name.element
        self._edit(element.start, element.end, b"")

    def save(self, path: Path | None = None) -> None:
        """Write the file, whole or not at all. Raises FileInUseError or FileEngineError; the old file stays then."""
        target = path or self.path
        same = target.resolve() == self.path.resolve()
        if same and self.read_only:
            raise WriteRefusedError("opened_read_only", f"{self.file_name} was opened for reading only.")
        if target.suffix.lower() != self.path.suffix.lower():
            raise WriteRefusedError(
                "other_format", f"{self.file_name} can only be saved as {self.path.suffix}, not as {target.name}."
            )
        if same and not self.changed:
            return
        changes = self.changes()
        stamp = replace_file(target, lambda stream: self.package.write(stream, changes), self._stamp if same else None)
        if same:
            self._stamp = stamp

    def changes(self) -> dict[str, bytes | None]:
        """The parts that a save replaces (bytes) or leaves out (None)."""
        if not self.changed:
            return {}
        changes: dict[str, bytes | None] = {}
        if self.drop_calculation_chain and (chain := self._related("calcChain")):
            changes |= without_part(self.package, chain, self.part)
        for sheet in self.sheets:
            if sheet.changed:
                changes[sheet.part] = sheet.render()
            changes |= {table.part: table.content() for table in sheet.tables if table.changed}
        if "styles" in self.__dict__ and (styles := self.styles.changed_part()) is not None:
            part = self._related("styles")
            if part is not None:
                changes[part] = from_utf8(styles, self._styles_encoding)
        changes[self.part] = from_utf8(self._with_full_calculation(), self._encoding)
        if changes[self.part] == self.package.read(self.part):
            del changes[self.part]
        return changes

    def read_part(self, part: str) -> tuple[bytes, str]:
        """A part as UTF-8, and the encoding it came in."""
        return read_markup(self.package, part)

    @contextlib.contextmanager
    def explaining(self, part: str) -> Iterator[None]:
        """Turn a fault found in the XML of a part into the sentence a planner sees."""
        try:
            yield
        except MarkupError as error:
            raise explained(self.package, part, error) from error
        except ValueError as error:
            raise self.package.damaged("bad_value", f"its part {part} holds a value that is not readable") from error

    def _find_workbook_part(self) -> str:
        found = next((each for each in read_relationships(self.package, "") if each.kind == "officeDocument"), None)
        if found is None:
            raise NotAWorkbookError(
                "not_a_workbook", f"{self.file_name} is a zip file, but not an Excel workbook; choose another file."
            )
        part = followed(self.package, found)
        types = self._types
        kind = content_type(self.package, types, part) or ""
        if part.lower().endswith(".bin") or "binary" in kind:
            raise NotAWorkbookError(
                "binary", f"{self.file_name} is a binary workbook (.xlsb); save it from Excel as .xlsx or .xlsm."
            )
        if "wordprocessing" in kind or "presentation" in kind:
            raise NotAWorkbookError(
                "not_a_workbook", f"{self.file_name} is an Office file, but not an Excel workbook; choose another file."
            )
        return part

    @cached_property
    def _types(self) -> list[Element]:
        if CONTENT_TYPES not in self.package:
            raise self.package.damaged("part_missing", f"the part {CONTENT_TYPES} is missing")
        return parse(self.package, CONTENT_TYPES, read_markup(self.package, CONTENT_TYPES)[0])

    @cached_property
    def _is_signed(self) -> bool:
        return any(part.lower().startswith("_xmlsignatures/") for part in self.package.parts)

    def _read_workbook_part(self) -> None:
        self._elements = parse(self.package, self.part, self._content)
        root = self._elements[0]
        if root.name != "workbook":
            raise self.package.damaged("not_a_workbook", f"its part {self.part} is not a workbook")
        tag = self._content[root.start : root.tag_end]
        match = re.match(rb"<([\w.-]+:)?", tag)
        self._prefix = (match[1] or b"") if match else b""
        properties = next((each for each in self._elements if each.name == "workbookPr" and each.depth == 1), None)
        self.date_1904 = properties is not None and properties.get("date1904") in ("1", "true", "on")
        entries = [each for each in self._elements if each.name == "sheet" and each.depth == 2]
        self._sheet_entries = entries
        self._all_sheet_names = [each.get("name") or "" for each in entries]
        self._names = read_names(self._elements, self._all_sheet_names)

    def _read_sheets(self, only_tables: Collection[str]) -> list[SheetPart]:
        wanted = self._parts_of_tables(only_tables)
        by_id = {each.id: each for each in self._relationships}
        sheets = []
        for entry in self._sheet_entries:
            if entry.relationship() == "":  # what very old files keep of a module sheet
                continue
            relationship = by_id.get(entry.relationship() or "")
            if relationship is None:
                raise self.package.damaged("part_missing", f"the sheet {entry.get('name')} has no part")
            if relationship.kind == "worksheet" and (not only_tables or self._refers_to(relationship.target, wanted)):
                sheets.append(self._read_sheet(entry, relationship))
        return sheets

    def _parts_of_tables(self, names: Collection[str]) -> list[str]:
        """The parts of tables of these names."""
        if not names:
            return []
        parts = [(each.get("PartName") or "").lstrip("/") for each in self._types
                 if (each.get("ContentType") or "").endswith(".table+xml")]
        found = []
        for part in parts:
            head = self.package.read(part, TABLE_HEAD) if part in self.package else b""
            match = re.search(rb'\sdisplayName="([^"]*)"', head)
            if match is None or unescape_text(text_of(match[1])).casefold() in names:
                found.append(part)
        return found

    def _refers_to(self, part: str, others: list[str]) -> bool:
        """Whether a part's relationships name one of the other parts."""
        name = relationships_part(part)
        content = self.package.read(name) if name in self.package else b""
        return any(other.rpartition("/")[2].encode() in content for other in others)

    def _read_sheet(self, entry: Element, relationship: Relationship) -> SheetPart:
        part = followed(self.package, relationship)
        kind = content_type(self.package, self._types, part)
        if kind is not None and "sheet+xml" in kind and not kind.endswith(".worksheet+xml"):
            raise self.package.damaged(
                "content_type", f"it calls the sheet {entry.get('name')} both a worksheet and {kind}"
            )
        sheet = SheetPart(
            self, entry.get("name") or "", part, entry.get("state") or "visible", entry.get("sheetId") or ""
        )
        for each in read_relationships(self.package, part):
            if each.kind == "table":
                sheet.tables.append(self._read_table(followed(self.package, each)))
            elif each.kind == "pivotTable":
                sheet.pivot_areas.append(self._read_pivot(followed(self.package, each)))
        return sheet

    def _read_table(self, part: str) -> TablePart:
        with self.explaining(part):
            return TablePart(part, self.package.read(part))

    def _read_pivot(self, part: str) -> tuple[str, Rectangle]:
        elements = parse(self.package, part, read_markup(self.package, part)[0])
        location = next((each for each in elements if each.name == "location"), None)
        try:
            area = parse_rectangle((location.get("ref") if location else None) or "")
        except ValueError as error:
            raise self.package.damaged(
                "bad_address", f"its part {part} does not say where its pivot table stands"
            ) from error
        return elements[0].get("name") or "", area

    def _resolve_in_table(
        self, name: str, column: str | None, section: str | None
    ) -> tuple[SheetPart, Rectangle] | None:
        for sheet, table in self.tables():
            if table.name.lower() != name.lower():
                continue
            sections = {None: table.body, "#Data": table.body, "#All": table.area}
            sections |= {"#Headers": table.header, "#Totals": table.totals}
            area = sections[section]
            places = {each.name.lower(): table.area.left + place for place, each in enumerate(table.columns)}
            if area is not None and column is not None:
                place = places.get(column.lower())
                area = area._replace(left=place, right=place) if place else None
            return (sheet, area) if area else None
        return None

    def _related(self, kind: str) -> str | None:
        for each in self._relationships:
            if each.kind == kind and not each.external and each.target in self.package:
                return each.target
        return None

    def _add_name(self, markup: bytes) -> None:
        names = next((each for each in self._elements if each.name == "definedNames" and each.depth == 1), None)
        if names is not None and names.tag_end != names.end:
            place = self._content.rindex(b"</", 0, names.end)
            self._edit(place, place, markup)
            return
        whole = b"<%bdefinedNames>%b</%bdefinedNames>" % (self._prefix, markup, self._prefix)
        if names is not None:
            self._edit(names.start, names.end, whole)
        else:
            place = self._place_after(_BEFORE_NAMES)
            self._edit(place, place, whole)

    def _with_reference(self, element: Element, refers_to: str) -> bytes:
        tag = self._content[element.start : element.tag_end].removesuffix(b"/>").removesuffix(b">")
        markup = name_markup(self._prefix, "", refers_to, None)
        return tag + markup[markup.index(b">") :]

    def _edit(self, start: int, end: int, new: bytes) -> None:
        self._content = splice(self._content, [(start, end, new)])
        self._names_changed = True
        self._read_workbook_part()

    def _place_after(self, names: tuple[str, ...]) -> int:
        return max(each.end for each in self._elements if each.depth == 1 and each.name in names)

    def _with_full_calculation(self) -> bytes:
        found = next((each for each in self._elements if each.name == "calcPr" and each.depth == 1), None)
        if found is None:
            place = self._place_after(_BEFORE_CALCULATION)
            return splice(self._content, [(place, place, b'<%bcalcPr fullCalcOnLoad="1"/>' % self._prefix)])
        tag = set_attribute(self._content[found.start : found.tag_end], b"fullCalcOnLoad", b"1")
        return splice(self._content, [(found.start, found.tag_end, tag)])
