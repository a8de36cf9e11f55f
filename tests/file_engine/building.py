"""Small workbooks for tests, built part by part so that each trap stands in plain sight."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

STYLES = (
    f'{DECLARATION}<styleSheet xmlns="{MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
    '<patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def sheet_xml(rows: str, before: str = "", after: str = "") -> str:
    """A worksheet part around the XML of its rows."""
    return (
        f'{DECLARATION}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONSHIPS}">{before}'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>"
    )


def package_parts(sheet: str | bytes, **more: str | bytes) -> dict[str, str | bytes]:
    """The parts of a workbook with one sheet `Plan`; `more` is named by path with `__` for `/` and `_dot_` for `.`."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": (
            f'{DECLARATION}<Types xmlns="{PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPES}.worksheet+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles+xml"/></Types>'
        ),
        "_rels/.rels": _relationships(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": workbook_xml(),
        "xl/_rels/workbook.xml.rels": _relationships(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/styles.xml": STYLES,
    }
    parts |= {name.replace("__", "/").replace("_dot_", "."): content for name, content in more.items()}
    return parts


def workbook_xml(inside: str = "", properties: str = "", namespace: str = MAIN) -> str:
    """The workbook part of a book with one sheet `Plan`."""
    return (
        f'{DECLARATION}<workbook xmlns="{namespace}" xmlns:r="{RELATIONSHIPS}"><workbookPr{properties}/>'
        f'<sheets><sheet name="Plan" sheetId="1" r:id="rId1"/></sheets>{inside}</workbook>'
    )


def _relationships(*pairs: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONSHIPS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs, 1)
    )
    return f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">{inside}</Relationships>'


relationships_xml = _relationships


def write_package(path: Path, parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Zip the parts into a file."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def plain_book(path: Path, rows: str = "", **more: Any) -> Path:
    """A workbook with one sheet `Plan` made of these rows."""
    before, after = more.pop("before", ""), more.pop("after", "")
    return write_package(path, package_parts(sheet_xml(rows, before, after), **more))


def table_book(path: Path, rows: str, table: str, **more: Any) -> Path:
    """A workbook whose sheet `Plan` carries one table, given as XML."""
    after = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    parts = package_parts(sheet_xml(rows, more.pop("before", ""), more.pop("after", "") + after), **more)
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = _relationships(("table", "../tables/table1.xml"))
    parts["xl/tables/table1.xml"] = f"{DECLARATION}{table}"
    types = str(parts["[Content_Types].xml"])
    override = f'<Override PartName="/xl/tables/table1.xml" ContentType="{TYPES}.table+xml"/></Types>'
    parts["[Content_Types].xml"] = types.replace("</Types>", override)
    return write_package(path, parts)


def items_table(bottom: int = 4, attributes: str = "") -> str:
    """The XML of a table `items` over B2:D<bottom> with the columns item, quantity and double (calculated)."""
    return (
        f'<table xmlns="{MAIN}" id="1" name="items" displayName="items" ref="B2:D{bottom}"{attributes}>'
        f'<autoFilter ref="B2:D{bottom}"/><tableColumns count="3"><tableColumn id="1" name="item"/>'
        '<tableColumn id="2" name="quantity"/><tableColumn id="3" name="double">'
        "<calculatedColumnFormula>items[[#This Row],[quantity]]*2</calculatedColumnFormula>"
        "</tableColumn></tableColumns>"
        '<tableStyleInfo name="TableStyleMedium2" showRowStripes="1"/></table>'
    )


ITEM_ROWS = (
    '<row r="2" spans="2:4"><c r="B2" t="inlineStr"><is><t>item</t></is></c>'
    '<c r="C2" t="inlineStr"><is><t>quantity</t></is></c><c r="D2" t="inlineStr"><is><t>double</t></is></c></row>'
    '<row r="3" spans="2:4"><c r="B3" t="inlineStr"><is><t>bolt</t></is></c><c r="C3" s="2"><v>5</v></c>'
    '<c r="D3" s="2"><f>items[[#This Row],[quantity]]*2</f><v>10</v></c></row>'
    '<row r="4" spans="2:4"><c r="B4" t="inlineStr"><is><t>nut</t></is></c><c r="C4" s="2"><v>7</v></c>'
    '<c r="D4" s="2"><f>items[[#This Row],[quantity]]*2</f><v>14</v></c></row>'
)


def parts_of(path: Path) -> dict[str, bytes]:
    """All parts of a file, inflated."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def stored_parts_of(path: Path) -> dict[str, bytes]:
    """All parts of a file as their bytes are stored, still compressed."""
    data = path.read_bytes()
    stored = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            start = entry.header_offset + 26
            lengths = int.from_bytes(data[start : start + 2], "little") + int.from_bytes(
                data[start + 2 : start + 4], "little"
            )
            start += 4 + lengths
            stored[entry.orig_filename] = data[start : start + entry.compress_size]
    return stored


def changed_parts(before: Path, after: Path) -> set[str]:
    """The parts whose stored bytes differ, or that only one of the two files has."""
    old, new = stored_parts_of(before), stored_parts_of(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
