"""Formulas of one sheet that concern more than their own cell: shared, array, spilled and data-table formulas."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import NamedTuple

from sopxl.file_engine.addresses import Rectangle, parse_rectangle
from sopxl.file_engine.formulas import move_formula
from sopxl.file_engine.grid import Cell, Formula, Grid
from sopxl.file_engine.markup import MarkupError

Place = tuple[int, int]


class Block(NamedTuple):
    """A formula that fills an area from one cell: `array` (also spilled) or `dataTable`."""

    area: Rectangle
    master: Place
    kind: str


@dataclass
class FormulaGroups:
    """The blocks of a sheet, and the cells that take their formula from another cell."""

    blocks: list[Block] = field(default_factory=list)
    masters: dict[Place, str] = field(default_factory=dict)
    master_of: dict[Place, Place] = field(default_factory=dict)

    def formula_of(self, place: Place) -> str:
        """The formula of a child of a shared formula, moved from its master to the child."""
        master = self.master_of[place]
        return move_formula(self.masters[master], place[0] - master[0], place[1] - master[1])

    def orphans(self, area: Rectangle, rows: Container[int]) -> dict[Place, str]:
        """Cells whose formula would be lost if these rows of an area were overwritten, with that formula."""

        def is_overwritten(place: Place) -> bool:
            return area.left <= place[1] <= area.right and place[0] in rows

        lost = {place for place in self.masters if is_overwritten(place)}
        if not lost:
            return {}
        return {
            child: self.formula_of(child)
            for child, master in self.master_of.items()
            if master in lost and not is_overwritten(child)
        }


def find_formula_groups(grid: Grid) -> FormulaGroups:
    """Read the groups of a sheet. Raises MarkupError where they contradict themselves."""
    groups = FormulaGroups()
    current: dict[bytes, Place] = {}
    for number, row in grid.rows_with(b"shared", b"array", b"dataTable"):
        for cell in grid.cells(row):
            formula = grid.formula(cell)
            if formula is not None:
                _add(groups, current, (number, cell.column), formula)
    return groups


def formula_text_of(grid: Grid, groups: FormulaGroups, number: int, cell: Cell) -> str | None:
    """The formula of a cell without its `=`, or None where it has none of its own."""
    formula = grid.formula(cell)
    if formula is None:
        return None
    if (number, cell.column) in groups.master_of:
        return groups.formula_of((number, cell.column))
    return formula.text or None


def _add(groups: FormulaGroups, current: dict[bytes, Place], place: Place, formula: Formula) -> None:
    kind = formula.attributes.get(b"t", b"").decode()
    if kind in ("array", "dataTable"):
        address = formula.attributes.get(b"ref", b"").decode()
        try:
            area = parse_rectangle(address)
        except ValueError as error:
            raise MarkupError("bad_address", f"has an array formula over {address!r}") from error
        groups.blocks.append(Block(area, place, kind))
    elif kind == "shared":
        index = formula.attributes.get(b"si", b"")
        if formula.text:
            current[index] = place
            groups.masters[place] = formula.text
        elif index in current:
            groups.master_of[place] = current[index]
