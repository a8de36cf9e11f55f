"""What must not be written on a sheet, and the sentence for each. To add a rule, add a function to `_RULES`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopxl.file_engine.addresses import Rectangle
from sopxl.file_engine.row_writing import Changes, is_empty

if TYPE_CHECKING:
    from sopxl.file_engine.sheet import SheetPart


def refuse_protected(sheet: SheetPart, area: Rectangle, changes: Changes, *, headers: bool = False) -> None:
    """Raise WriteRefusedError, naming the first cell, where changes within an area break a rule.

    `headers` allows the headers of a table, for what changes the table's part alongside.
    """
    for rule in _RULES:
        if not (headers and rule is _refuse_table_edges):
            rule(sheet, area, changes)


def _refuse_table_edges(sheet: SheetPart, area: Rectangle, _changes: Changes) -> None:
    for table in sheet.tables:
        for part, what in ((table.header, "headers"), (table.totals, "totals")):
            if part and part.meets(area):
                cell = part.shared_with(area)
                why = f"it holds the {what} of the table {table.name}"
                raise sheet.refuse(f"table_{what}", cell.top, cell.left, why)


def _refuse_pivot_tables(sheet: SheetPart, area: Rectangle, _changes: Changes) -> None:
    for name, pivot in sheet.pivot_areas:
        if pivot.meets(area):
            cell = pivot.shared_with(area)
            raise sheet.refuse("pivot_table", cell.top, cell.left, f"it is part of the pivot table {name}")


def _refuse_parts_of_arrays(sheet: SheetPart, area: Rectangle, _changes: Changes) -> None:
    for block in sheet.groups.blocks:
        if block.area.meets(area) and not area.contains(block.area):
            cell = block.area.shared_with(area)
            kind = "data table" if block.kind == "dataTable" else "array formula"
            why = f"it belongs to the {kind} over {block.area.address}, of which a part cannot be changed"
            raise sheet.refuse("array_formula", cell.top, cell.left, why)


def _refuse_merged_insides(sheet: SheetPart, area: Rectangle, changes: Changes) -> None:
    for merged in sheet.merged_areas:
        if not merged.meets(area):
            continue
        shared = merged.shared_with(area)
        numbers = range(shared.top, shared.bottom + 1) if shared.height < len(changes) else changes
        for number in numbers:
            for column, change in changes.get(number, {}).items():
                inside = merged.top <= number <= merged.bottom and merged.left <= column <= merged.right
                if inside and (number, column) != (merged.top, merged.left) and not is_empty(change):
                    why = f"it is hidden in the merged cells {merged.address}; unmerge them"
                    raise sheet.refuse("merged_cells", number, column, why)


_RULES = (_refuse_table_edges, _refuse_pivot_tables, _refuse_parts_of_arrays, _refuse_merged_insides)
