"""Excel Tables (ListObjects) of a workbook: what their parts say, and resizing or renaming columns in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sopxl.file_engine.addresses import Rectangle, parse_rectangle
from sopxl.file_engine.markup import (
    Element,
    MarkupError,
    escape_text,
    from_utf8,
    outline,
    quote_attribute,
    set_attribute,
    splice,
    to_utf8,
    unescape_text,
)


@dataclass(frozen=True)
class TableColumn:
    """A column of a table: its header and the formula that fills it, if it has one."""

    name: str
    formula: str | None


class TablePart:
    """One table: its place on the sheet and its columns."""

    def __init__(self, part: str, raw: bytes) -> None:
        """Read the part. Raises MarkupError where it is not a table."""
        self.part = part
        self._content, self._encoding = to_utf8(raw)
        self._read()
        self.changed = False

    @property
    def body(self) -> Rectangle | None:
        """The rows between headers and totals, or None where there are none."""
        top, bottom = self.area.top + self.header_rows, self.area.bottom - self.totals_rows
        return self.area._replace(top=top, bottom=bottom) if top <= bottom else None

    @property
    def header(self) -> Rectangle | None:
        """The row of headers, or None where they are switched off."""
        return self.area._replace(bottom=self.area.top + self.header_rows - 1) if self.header_rows else None

    @property
    def totals(self) -> Rectangle | None:
        """The row of totals, or None where there is none."""
        return self.area._replace(top=self.area.bottom - self.totals_rows + 1) if self.totals_rows else None

    def content(self) -> bytes:
        """The part as it is to be saved."""
        return from_utf8(self._content, self._encoding)

    def resize(self, area: Rectangle, headers: Sequence[str]) -> None:
        """Let the table take another area with the same first cell; `headers` names all its columns then."""
        old_bottom, old_right = self.area.bottom, self.area.right
        edits = [self._with_area(each, old_bottom, old_right, area) for each in self._elements if self._follows(each)]
        if len(headers) != len(self.columns):
            edits += self._column_edits(headers)
        self._content = splice(self._content, edits)
        self._read()
        self.changed = True

    def rename_columns(self, headers: Sequence[str]) -> None:
        """Give the columns other names, from left to right."""
        edits = []
        for element, header in zip(self._column_elements, headers, strict=True):
            tag = self._content[element.start : element.tag_end]
            edits.append((element.start, element.tag_end, set_attribute(tag, b"name", _quoted(header))))
        self._content = splice(self._content, edits)
        self._read()
        self.changed = True

    def change_formulas(self, change: Callable[[str], str]) -> None:
        """Change the formulas that the table keeps for its columns and totals."""
        edits = []
        for each in self._elements:
            if each.name in ("calculatedColumnFormula", "totalsRowFormula"):
                old = unescape_text(each.text)
                if (new := change(old)) != old:
                    closing = self._content.rindex(b"</", each.tag_end, each.end)
                    edits.append((each.tag_end, closing, escape_text(new).encode()))
        if edits:
            self._content = splice(self._content, edits)
            self._read()
            self.changed = True

    def _read(self) -> None:
        self._elements = outline(self._content)
        root = self._elements[0]
        self.name = root.get("displayName") or root.get("name") or ""
        self.header_rows = int(root.get("headerRowCount") or 1)
        self.totals_rows = int(root.get("totalsRowCount") or 0)
        self._column_elements = [each for each in self._elements if each.name == "tableColumn"]
        self.columns = [
            TableColumn(unescape_text(each.get("name") or ""), self._formula(each)) for each in self._column_elements
        ]
        try:
            self.area = parse_rectangle(root.get("ref") or "")
            self._followers = {
                each.start: parse_rectangle(each.attributes["ref"]) for each in self._elements if self._follows(each)
            }
        except ValueError as error:
            raise MarkupError("table_area", "does not say where its table stands") from error
        if root.name != "table" or self.area.width != len(self.columns) or self.area.height < self.header_rows:
            raise MarkupError("table_area", "does not agree with itself about the table's columns or rows")

    def _formula(self, column: Element) -> str | None:
        for each in self._elements:
            if each.name == "calculatedColumnFormula" and each.parent is column and each.get("array") != "1":
                return unescape_text(each.text)
        return None

    def _follows(self, element: Element) -> bool:
        return element.name in ("table", "autoFilter", "sortState", "sortCondition") and bool(element.get("ref"))

    def _with_area(self, element: Element, bottom: int, right: int, area: Rectangle) -> tuple[int, int, bytes]:
        old = self._followers[element.start]
        new = old._replace(
            bottom=old.bottom - bottom + area.bottom if old.bottom >= bottom - self.totals_rows else old.bottom,
            right=area.right if old.right == right else old.right,
        )
        tag = self._content[element.start : element.tag_end]
        return element.start, element.tag_end, set_attribute(tag, b"ref", new.address.encode())

    def _column_edits(self, headers: Sequence[str]) -> list[tuple[int, int, bytes]]:
        counted = next(each for each in self._elements if each.name == "tableColumns")
        tag = set_attribute(self._content[counted.start : counted.tag_end], b"count", b"%d" % len(headers))
        edits = [(counted.start, counted.tag_end, tag)]
        edits += [(each.start, each.end, b"") for each in self._column_elements[len(headers) :]]
        last = self._column_elements[-1]
        name = self._content[last.start : last.tag_end].split(None, 1)[0]
        next_id = max(int(each.get("id") or 0) for each in self._column_elements) + 1
        added = b"".join(
            b'%b id="%d" name="%b"/>' % (name, next_id + place, _quoted(header))
            for place, header in enumerate(headers[len(self.columns) :])
        )
        return [*edits, (last.end, last.end, added)] if added else edits


def _quoted(header: str) -> bytes:
    """A header as the value of an attribute; line breaks as Excel writes them there."""
    text = header.replace("\n", "_x000a_").replace("\r", "_x000d_")
    return quote_attribute(text).encode()
