"""Which formulas depend on which: the formulas of a workbook as a graph, searched only as far as a question needs.

Nothing to add for a new kind of reference: that is the business of :mod:`sopxl.workbook.references`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sopxl.workbook.formula_cells import CalculatedCell, WorkbookParts
from sopxl.workbook.references import Area, Reader, References

Place = tuple[str, int, int]


@dataclass
class Links:
    """The formulas that a search met, and what reads what among them."""

    places: set[Place]
    readers_of: dict[Area, list[Place]] = field(default_factory=dict)
    areas_with: dict[Place, list[Area]] = field(default_factory=dict)

    def spread(self, seeds: Iterable[Place]) -> set[Place]:
        """The seeds and every formula that was met and depends on one of them, however indirectly."""
        reached = set(seeds)
        waiting = list(reached)
        passed: set[Area] = set()
        while waiting:
            for area in self.areas_with.get(waiting.pop(), ()):
                if area not in passed:
                    passed.add(area)
                    new = set(self.readers_of[area]) - reached
                    reached |= new
                    waiting += new
        return reached


class FormulaGraph:
    """The formulas of a workbook by their place (sheet, row, column; counted from 1).

    A sheet is read when one of its formulas is first asked for: plan sheets hold many that nobody asks for.
    """

    def __init__(self, parts: WorkbookParts) -> None:
        """Know the tables and names; no formula is read yet."""
        self.tables = parts.tables()
        self._parts = parts
        self._reader = Reader(parts.sheet_parts, self.tables, parts.names)
        self._cells: dict[str, dict[Place, CalculatedCell]] = {}
        self._rows: dict[str, dict[int, list[int]]] = {}
        self._references: dict[Place, References] = {}

    def cell(self, place: Place) -> CalculatedCell:
        """The formula cell at this place; KeyError where there is none."""
        return self._sheet(place[0])[place]

    def places(self) -> Iterator[Place]:
        """The places of all formulas."""
        for sheet in self._parts.sheet_parts:
            yield from self._sheet(sheet)

    def references(self, place: Place) -> References:
        """What the formula at this place reads."""
        if place not in self._references:
            self._references[place] = self._reader.read(self.cell(place).formula, place[0], place[1])
        return self._references[place]

    def formulas_in(self, area: Area) -> Iterator[Place]:
        """The places in an area that hold a formula."""
        sheet, block = area
        self._sheet(sheet)
        columns = self._rows[sheet]
        wanted = range(block.left, block.right + 1) if block.width < len(columns) else columns
        for column in wanted:
            if column in columns and block.left <= column <= block.right:
                rows = columns[column]
                for row in rows[bisect_left(rows, block.top) : bisect_right(rows, block.bottom)]:
                    yield sheet, row, column

    def trace(self, places: Iterable[Place], stops: Callable[[References], bool] = lambda _: False) -> Links:
        """What these formulas depend on, back to cells without a formula or to a formula at which it ``stops``."""
        links = Links(set(places))
        waiting = list(links.places)
        while waiting:
            place = waiting.pop()
            references = self.references(place)
            if stops(references):
                continue
            for area in references.areas:
                if area in links.readers_of:
                    links.readers_of[area].append(place)
                    continue
                links.readers_of[area] = [place]
                for inner in self.formulas_in(area):
                    links.areas_with.setdefault(inner, []).append(area)
                    if inner not in links.places:
                        links.places.add(inner)
                        waiting.append(inner)
        return links

    def _sheet(self, sheet: str) -> dict[Place, CalculatedCell]:
        if sheet not in self._cells:
            cells = {(sheet, cell.row, cell.column): cell for cell in self._parts.cells_of_sheet(sheet)}
            self._cells[sheet], self._rows[sheet] = cells, {}
            for _, row, column in sorted(cells):
                self._rows[sheet].setdefault(column, []).append(row)
        return self._cells[sheet]
