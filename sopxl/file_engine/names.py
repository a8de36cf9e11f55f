"""Defined names of a workbook: reading them, and adding, changing or deleting one in the bytes of its part."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sopxl.file_engine.markup import Element, escape_markup, quote_attribute

_REFERENCE = re.compile(
    r"(?:'((?:[^']|'')+)'|([^'!\[\]():;,+*/^&=<> ]+))!(\$?[A-Za-z]*\$?[0-9]*(?::\$?[A-Za-z]*\$?[0-9]*)?)"
)
_TABLE = re.compile(r"([^\W\d][\w.\\]*)(?:\[(?:([^\[\]#@']+)|(#All|#Data|#Headers|#Totals))\])?")
_VALID = re.compile(r"[^\W\d][\w.?]*|[\\_][\w.?\\]*")


@dataclass(frozen=True)
class DefinedName:
    """A name: what it refers to (with `=`), the sheet it belongs to or None for the whole book."""

    name: str
    refers_to: str
    sheet: str | None
    hidden: bool
    element: Element

    @property
    def full_name(self) -> str:
        """The name as xlwings shows it: with its sheet where it belongs to one."""
        if self.sheet is None:
            return self.name
        plain = re.fullmatch(r"[^\W\d]\w*", self.sheet) is not None
        return f"{self.sheet}!{self.name}" if plain else "'{}'!{}".format(self.sheet.replace("'", "''"), self.name)


def read_names(elements: list[Element], sheet_names: list[str]) -> list[DefinedName]:
    """All names of the workbook part; `sheet_names` lists every sheet, chart sheets too, in order."""
    names = []
    for each in elements:
        if each.name != "definedName" or each.depth != 2:
            continue
        local = each.get("localSheetId")
        sheet = sheet_names[int(local)] if local and local.isdigit() and int(local) < len(sheet_names) else None
        hidden = each.get("hidden") in ("1", "true")
        names.append(DefinedName(each.get("name") or "", f"={each.text.strip()}", sheet, hidden, each))
    return names


def split_reference(text: str) -> tuple[str, str] | None:
    """Sheet and address of a reference such as `='My sheet'!$A$1:$B$2`; None where the text is something else."""
    match = _REFERENCE.fullmatch(text.removeprefix("=").strip())
    if match is None:
        return None
    return (match[1] or match[2]).replace("''", "'"), match[3]


def split_table_reference(text: str) -> tuple[str, str | None, str | None] | None:
    """Table, column and section of `=items`, `=items[cost]` or `=items[#All]`; None where it is something else."""
    match = _TABLE.fullmatch(text.removeprefix("=").strip())
    return (match[1], match[2], match[3]) if match else None


def is_valid_name(name: str) -> bool:
    """Whether Excel takes this as a name (that it is no cell address is checked by the caller)."""
    return len(name) <= 255 and _VALID.fullmatch(name) is not None


def name_markup(prefix: bytes, name: str, refers_to: str, local_sheet: int | None) -> bytes:
    """The XML of a name."""
    local = b"" if local_sheet is None else b' localSheetId="%d"' % local_sheet
    text = escape_markup(refers_to.removeprefix("=")).encode()
    return b'<%bdefinedName name="%b"%b>%b</%bdefinedName>' % (
        prefix,
        quote_attribute(name).encode(),
        local,
        text,
        prefix,
    )
