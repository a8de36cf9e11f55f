"""Growing and shrinking a table on its sheet: what may be taken in, what new rows inherit, what is let go."""

from __future__ import annotations

from sopxl.file_engine.addresses import LAST_COLUMN, LAST_ROW, Rectangle, cell_address
from sopxl.file_engine.errors import WriteRefusedError
from sopxl.file_engine.formulas import move_formula
from sopxl.file_engine.sheet import SheetPart
from sopxl.file_engine.tables import TablePart


def resize_table(sheet: SheetPart, table: TablePart, area: Rectangle) -> None:
    """Let a table take another area with the same first cell.

    New rows take styles and calculated columns from the row above; new columns take their headers from the cells
    there, or get `Column5` and so on. Cells that a smaller table lets go stay as they are.

    Raises:
        WriteRefusedError: the area starts elsewhere or has no row, something is in the way, or the table has totals.
    """
    _refuse_shape(sheet, table, area)
    old = table.area
    for strip in _gained(old, area):
        _refuse_filled(sheet, table, strip, header=table.header_rows and strip.left > old.right)
    sheet.workbook.refuse_signed()
    headers = _headers(sheet, table, area)
    old_body = table.body or old
    table.resize(area, headers)
    _write_headers(sheet, table, old, headers)
    if area.right > old.right:
        _style_new_columns(sheet, old, area)
    if area.bottom > old.bottom:
        _fill_new_rows(sheet, table, old_body.bottom, area._replace(top=old.bottom + 1))
        sheet.grow_rules(old_body, area.bottom)


def set_body_rows(sheet: SheetPart, table: TablePart, rows: int) -> None:
    """Give a table so many body rows (at least one); rows let go are emptied, formats too.

    Raises WriteRefusedError as `resize_table`.
    """
    old = table.area
    resize_table(sheet, table, old._replace(bottom=old.top + table.header_rows + max(rows, 1) - 1))
    if table.area.bottom < old.bottom:
        gone = old._replace(top=table.area.bottom + 1)
        sheet.clear(gone)
        sheet.restyle_as_columns(gone)


def _refuse_shape(sheet: SheetPart, table: TablePart, area: Rectangle) -> None:
    if (area.top, area.left) != (table.area.top, table.area.left):
        raise _refusal(
            sheet, table, "resize_start", f"its first cell has to stay {table.area.address.partition(':')[0]}"
        )
    if area.height < table.header_rows + 1:
        raise _refusal(sheet, table, "resize_rows", "a table needs at least one row below its headers")
    if table.totals_rows:
        raise _refusal(sheet, table, "table_totals", "it has a row of totals; switch that off in Excel first")
    if area.bottom > LAST_ROW or area.right > LAST_COLUMN:
        raise _refusal(sheet, table, "resize_end", "the sheet ends before that")


def _gained(old: Rectangle, new: Rectangle) -> list[Rectangle]:
    strips = []
    if new.right > old.right:
        strips.append(new._replace(left=old.right + 1))
    if new.bottom > old.bottom:
        strips.append(new._replace(top=old.bottom + 1, right=min(old.right, new.right)))
    return strips


def _refuse_filled(sheet: SheetPart, table: TablePart, strip: Rectangle, *, header: bool | int) -> None:
    for other in sheet.tables:
        if other is not table and other.area.meets(strip):
            raise _in_the_way(sheet, table, other.area.shared_with(strip), f"the table {other.name} stands there")
    for name, pivot in sheet.pivot_areas:
        if pivot.meets(strip):
            raise _in_the_way(sheet, table, pivot.shared_with(strip), f"the pivot table {name} stands there")
    for merged in sheet.merged_areas:
        if merged.meets(strip):
            raise _in_the_way(sheet, table, merged.shared_with(strip), "it is merged with others")
    for block in sheet.groups.blocks:
        if block.area.meets(strip):
            raise _in_the_way(sheet, table, block.area.shared_with(strip), "an array formula fills it")
    filled = sheet.first_filled(strip._replace(top=strip.top + 1) if header else strip)
    if filled:
        raise _refusal(sheet, table, "in_the_way", f"cell {filled} is not empty; move what stands there or insert rows")


def _in_the_way(sheet: SheetPart, table: TablePart, area: Rectangle, why: str) -> WriteRefusedError:
    return _refusal(sheet, table, "in_the_way", f"cell {cell_address(area.top, area.left)} is in the way: {why}")


def _refusal(sheet: SheetPart, table: TablePart, reason: str, why: str) -> WriteRefusedError:
    return WriteRefusedError(
        reason, f"{sheet.workbook.file_name}, sheet {sheet.name}: the table {table.name} cannot be resized: {why}."
    )


def _headers(sheet: SheetPart, table: TablePart, area: Rectangle) -> list[str]:
    headers = [column.name for column in table.columns][: area.width]
    found: list[object] = [None] * (area.width - len(headers))
    if table.header and found:
        found = list(sheet.values(table.header._replace(left=table.area.right + 1, right=area.right))[0])
    for value in found:
        taken = {header.lower() for header in headers}
        header = value if isinstance(value, str) else f"Column{len(headers) + 1}"
        while header.lower() in taken:
            header += "_"
        headers.append(header)
    return headers


def _write_headers(sheet: SheetPart, table: TablePart, old: Rectangle, headers: list[str]) -> None:
    new = headers[old.width :]
    if table.header and new:
        sheet.write_headers(table.header._replace(left=old.right + 1), new)


def _style_new_columns(sheet: SheetPart, old: Rectangle, area: Rectangle) -> None:
    for row in range(area.top, min(old.bottom, area.bottom) + 1):
        style = sheet.style_of(row, old.right)
        sheet.restyle(Rectangle(row, old.right + 1, row, area.right), [style] * (area.right - old.right))


def _fill_new_rows(sheet: SheetPart, table: TablePart, above: int, new: Rectangle) -> None:
    styles = [sheet.style_of(above, column) for column in range(new.left, new.right + 1)]
    sheet.restyle(new, styles)
    formulas = sheet.formulas(new._replace(top=above, bottom=above))[0]
    for place, (column, formula) in enumerate(zip(table.columns, formulas, strict=True)):
        if column.formula is None or formula is None:
            continue
        moved = [[move_formula(formula, row - above, 0)] for row in range(new.top, new.bottom + 1)]
        sheet.write_formulas(new._replace(left=new.left + place, right=new.left + place), moved)
