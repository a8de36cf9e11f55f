"""The sheet with the buttons that a planner's own workbook gains: rectangles that call a macro when clicked.

Rectangles of DrawingML need no form control, no ActiveX and no VML, and Excel for Windows and Mac and LibreOffice all
run their macro. To change where buttons stand, change ROWS_PER_BUTTON and the columns.
"""

from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from sopxl.workbook.macros.buttons import BUTTONS, GROUPS, Button
from sopxl.workbook.macros.parts import Parts

CODE_NAME = "SopxlButtons"
TITLE = "sopxl"
ROWS_PER_BUTTON = 3
LEFT_COLUMN, RIGHT_COLUMN = 1, 4

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
SHEET_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.drawing+xml"

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = (
    _DECLARATION + f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    '<sheetPr codeName="{code_name}"/>'
    '<sheetViews><sheetView showGridLines="0" workbookViewId="0"/></sheetViews>'
    '<sheetData>{rows}</sheetData><drawing r:id="{drawing}"/></worksheet>'
)
_ROW = '<row r="{row}"><c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c></row>'
_DRAWING = _DECLARATION + f'<xdr:wsDr xmlns:xdr="{SHEET_DRAWING}" xmlns:a="{DRAWING}">{{shapes}}</xdr:wsDr>'
_SHAPE = (
    '<xdr:twoCellAnchor editAs="absolute">'
    "<xdr:from><xdr:col>{left}</xdr:col><xdr:colOff>0</xdr:colOff>"
    "<xdr:row>{top}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
    "<xdr:to><xdr:col>{right}</xdr:col><xdr:colOff>0</xdr:colOff>"
    "<xdr:row>{bottom}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>"
    '<xdr:sp macro="[0]!{macro}" textlink="">'
    '<xdr:nvSpPr><xdr:cNvPr id="{number}" name="{macro}" descr={tip}/><xdr:cNvSpPr/></xdr:nvSpPr>'
    '<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="1828800" cy="381000"/></a:xfrm>'
    '<a:prstGeom prst="roundRect"><a:avLst/></a:prstGeom>'
    '<a:solidFill><a:srgbClr val="1F4E79"/></a:solidFill><a:ln><a:noFill/></a:ln></xdr:spPr>'
    '<xdr:txBody><a:bodyPr vertOverflow="clip" wrap="square" anchor="ctr"/><a:lstStyle/>'
    '<a:p><a:pPr algn="ctr"/><a:r><a:rPr lang="en-US" sz="1100" b="1">'
    '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill><a:latin typeface="Calibri"/></a:rPr>'
    "<a:t>{caption}</a:t></a:r></a:p></xdr:txBody>"
    '</xdr:sp><xdr:clientData fPrintsWithSheet="0"/></xdr:twoCellAnchor>'
)


def add_button_sheet(parts: Parts, workbook: str) -> None:
    """Adds the sheet after the last one, unless the workbook has it already."""
    root = parts.tree(workbook)
    sheets = root.find(f"{{{MAIN}}}sheets")
    if sheets is None or _is_there(parts, workbook):
        return
    part = parts.unused("xl/worksheets/sheet{}.xml")
    drawing = parts.unused("xl/drawings/drawing{}.xml")
    parts.put(drawing, _drawing_xml())
    parts.declare(drawing, DRAWING_TYPE)
    parts.put(part, _sheet_xml(parts.relate(part, f"{OFFICE}/drawing", drawing)))
    parts.declare(part, SHEET_TYPE)
    numbers = [int(sheet.get("sheetId", "0")) for sheet in sheets]
    taken = {sheet.get("name", "").lower() for sheet in sheets}
    title = next(t for n in range(1, 1000) if (t := TITLE if n == 1 else f"{TITLE} {n}").lower() not in taken)
    etree.SubElement(
        sheets,
        f"{{{MAIN}}}sheet",
        {
            "name": title,
            "sheetId": str(max(numbers, default=0) + 1),
            f"{{{OFFICE}}}id": parts.relate(workbook, f"{OFFICE}/worksheet", part),
        },
    )
    parts.put_tree(workbook, root)


def _is_there(parts: Parts, workbook: str) -> bool:
    mark = f'codeName="{CODE_NAME}"'.encode()
    sheets = (each.target for each in parts.relationships(workbook) if each.kind.endswith("/worksheet"))
    return any(mark in parts.read(part)[:2000] for part in sheets)


def _sheet_xml(drawing_id: str) -> bytes:
    """The heading and, beside each button, its tip, so that the sheet explains itself."""
    rows = [_ROW.format(row=1, column="B", text="Buttons of sopxl")]
    rows += [
        _ROW.format(row=_row(index) + 1, column="F", text=escape(_tip(button)))
        for index, button in enumerate(_in_order())
    ]
    return _SHEET.format(code_name=CODE_NAME, rows="".join(rows), drawing=drawing_id).encode()


def _drawing_xml() -> bytes:
    shapes = [_shape(index, button) for index, button in enumerate(_in_order())]
    return _DRAWING.format(shapes="".join(shapes)).encode()


def _shape(index: int, button: Button) -> str:
    return _SHAPE.format(
        left=LEFT_COLUMN,
        right=RIGHT_COLUMN,
        top=_row(index) - 1,
        bottom=_row(index) + 1,
        number=index + 2,
        macro=button.macro,
        tip=quoteattr(button.tip),
        caption=escape(button.caption),
    )


def _tip(button: Button) -> str:
    return f"{button.tip} ({button.keys})" if button.keys else button.tip


def _in_order() -> list[Button]:
    return [button for group in GROUPS for button in BUTTONS if button.group == group]


def _row(index: int) -> int:
    return 3 + index * ROWS_PER_BUTTON
