"""The planner's own formulas after a run: which depend on what was written, and LibreOffice's values for them.

By default nobody touches them. A new value is given only to a formula whose every function LibreOffice knows,
as it does for every formula that it depends on; the functions are listed in ``libreoffice_functions.txt``,
and those whose result hangs on language, chance or the machine are left out on purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path

from sopxl.file_engine import CellError, open_book
from sopxl.file_engine.addresses import Rectangle, cell_address, parse_rectangle
from sopxl.file_engine.names import split_reference
from sopxl.periods import is_label
from sopxl.tables import TABLES
from sopxl.workbook.formula_cells import Address, TableRange, Value, WorkbookParts
from sopxl.workbook.formula_graph import FormulaGraph, Links, Place
from sopxl.workbook.libreoffice import TIMEOUT, recalculated_values, same_value
from sopxl.workbook.references import Area, References
from sopxl.workbook.template.book import PAGES

CODE_NAME = "Sheet_"
OF_THE_CLOCK = frozenset({"TODAY", "NOW"})
SIGNS_OF_A_FORMULA_NOT_UNDERSTOOD = ("#NAME?", "#VALUE!", "#REF!", "#NULL!")


@dataclass(frozen=True)
class Dependents:
    """The planner's own formulas that depend on what was written: surely, or perhaps (INDIRECT, OFFSET and such)."""

    certain: tuple[Address, ...] = ()
    possible: tuple[Address, ...] = ()

    @property
    def sentence(self) -> str:
        """What the run report says; an empty text where there is nothing to say."""
        if not self.certain and not self.possible:
            return ""
        sure, perhaps = len(self.certain), len(self.possible)
        more = f"{perhaps} more may" if sure else f"{_formulas(perhaps)} of your own may depend on what was written"
        start = f"{_formulas(sure)} of your own {'depend' if sure != 1 else 'depends'} on what was written"
        said = "; ".join([start] * (sure > 0) + [more] * (perhaps > 0))
        return f"{said}. They show their old values until Excel calculates them, on opening the workbook."


@dataclass
class Recalculation:
    """What became of the planner's own formulas: given a new value, found right, or left alone and why."""

    changed: list[Address] = field(default_factory=list)
    unchanged: list[Address] = field(default_factory=list)
    left_alone: dict[Address, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What the run report says."""
        if not (self.changed or self.unchanged or self.left_alone):
            return "No formula of your own had to be recalculated."
        said = f"LibreOffice gave {_formulas(len(self.changed))} of your own a new value"
        if self.unchanged:
            said += f", {len(self.unchanged)} had the right one"
        if self.left_alone:
            said += f", {len(self.left_alone)} were left alone because LibreOffice may not calculate them as Excel does"
        return f"{said}."


def dependents(path: Path, written: Collection[str]) -> Dependents:
    """The planner's own formulas that depend, directly or through others, on what was written.

    ``written``: names of tables, or addresses such as ``'My sheet'!A1:C9``; what the workbook does not have is
    passed over. Raises FileEngineError where the file is no workbook.
    """
    parts = WorkbookParts(path)
    graph = FormulaGraph(parts)
    own = planners_own(parts, graph)
    return _dependents(graph, own, _areas(graph.tables, written)) if own else Dependents()


def recalculate(path: Path, written: Collection[str] | None = None, timeout: float = TIMEOUT) -> Recalculation:
    """Give the planner's own formulas that depend on what was written LibreOffice's values, and save the workbook.

    ``written`` as in :func:`dependents`; None: all own formulas. Only cached values change, and the file only
    where one did. Raises LibreOfficeError where LibreOffice is missing or fails, FileEngineError where the file
    cannot be used.
    """
    parts = WorkbookParts(path)
    graph = FormulaGraph(parts)
    own = planners_own(parts, graph)
    stale = own
    areas = None if written is None else _areas(graph.tables, written)
    if areas is not None:
        found = _dependents(graph, own, areas)
        addresses = {*found.certain, *found.possible}
        stale = {place for place in own if graph.cell(place).address in addresses}
    if not stale:
        return Recalculation()
    values = recalculated_values(path, timeout)
    distrusted = _distrusted(graph, stale, areas, values)
    report = Recalculation()
    for place in sorted(stale):
        cell = graph.cell(place)
        if place in distrusted:
            report.left_alone[cell.address] = distrusted[place]
        elif same_value(cell.value, values[cell.address]):
            report.unchanged.append(cell.address)
        else:
            report.changed.append(cell.address)
    _write(path, [place for place in sorted(stale) if graph.cell(place).address in set(report.changed)], values)
    return report


def planners_own(parts: WorkbookParts, graph: FormulaGraph) -> set[Place]:
    """The formulas that are not sopxl's: not in its columns of its tables, above these, or on its own pages."""
    owned: dict[str, dict[int, list[range]]] = {}
    headed: dict[str, int] = {}
    for table in graph.tables:
        for block in _owned_columns(table):
            rows = range(block.top, block.bottom + 1)
            owned.setdefault(table.sheet, {}).setdefault(block.left, []).append(rows)
        if parts.code_name(table.sheet) == f"{CODE_NAME}{table.name}":
            headed[table.sheet] = table.range.top
    found: set[Place] = set()
    for sheet in parts.sheet_parts:
        if _is_own_page(sheet, parts.code_name(sheet)):
            continue
        top, blocks = headed.get(sheet, 0), owned.get(sheet, {})
        first = {column: rows[0] for column, rows in blocks.items()}
        others = [place for place in parts.formula_places(sheet)
                  if place[0] >= top and place[0] not in first.get(place[1], ())]
        found |= {(sheet, row, column) for row, column in others
                  if not any(row in rows for rows in blocks.get(column, ()))}
    return found


@cache
def known_functions() -> frozenset[str]:
    """Functions that LibreOffice 7.4 and later calculates as Excel does."""
    return frozenset(Path(__file__).with_name("libreoffice_functions.txt").read_text(encoding="utf-8").split())


def _dependents(graph: FormulaGraph, own: set[Place], written: list[Area]) -> Dependents:
    links = graph.trace(own, lambda references: _reads(references, written))
    certain = links.spread(place for place in links.places if _reads(graph.references(place), written))
    possible = links.spread(place for place in links.places if graph.references(place).is_open) - certain
    return Dependents(*(
        tuple(graph.cell(place).address for place in sorted(places & own)) for places in (certain, possible)
    ))


def _areas(tables: Iterable[TableRange], written: Collection[str]) -> list[Area]:
    names = {text.lower() for text in written}
    areas = [(table.sheet, block) for table in tables if table.name.lower() in names for block in _owned_columns(table)]
    for text in written:
        reference = split_reference(text)
        if reference is not None:
            areas.append((reference[0], parse_rectangle(reference[1])))
    return areas


def _owned_columns(table: TableRange) -> Iterator[Rectangle]:
    """The columns of a table that are sopxl's; none where the table is not."""
    declared = TABLES.get(table.name.lower())
    if declared is None:
        return
    headings = {"measure", *(column.heading.casefold() for column in declared.columns)}
    for position, heading in enumerate(table.headings):
        if heading.casefold() in headings or is_label(heading):
            column = table.range.left + position
            yield table.range._replace(left=column, right=column)


def _is_own_page(sheet: str, code_name: str) -> bool:
    if not code_name.startswith(CODE_NAME):
        return sheet in PAGES
    return code_name.removeprefix(CODE_NAME) not in TABLES


def _holds(block: Rectangle, place: Place) -> bool:
    return block.top <= place[1] <= block.bottom and block.left <= place[2] <= block.right


def _distrusted(
    graph: FormulaGraph, stale: set[Place], written: list[Area] | None, values: dict[Address, Value]
) -> dict[Place, str]:
    """Formulas to which LibreOffice's value is not given, and why.

    One that may read any cell is trusted only where everything else in the workbook is.
    """
    links = graph.trace(stale)
    is_anything_open = any(graph.references(place).is_open for place in links.places)
    if is_anything_open:
        links = graph.trace(graph.places())
    reasons = {place: reason for place in links.places if (reason := _fault(graph, place, values))}
    if written is not None:
        reasons |= dict.fromkeys(
            _calculated_differently(graph, links, written, values) - reasons.keys(),
            "LibreOffice calculates it differently",
        )
    if reasons and is_anything_open:
        reasons |= {
            place: "it may read a formula that LibreOffice does not calculate as Excel does"
            for place in links.places - reasons.keys() if graph.references(place).is_open
        }
    others = links.spread(reasons) - reasons.keys()
    return reasons | dict.fromkeys(others, "it depends on a formula that LibreOffice does not calculate as Excel does")


def _fault(graph: FormulaGraph, place: Place, values: dict[Address, Value]) -> str:
    """Why LibreOffice's value of a formula cannot be trusted; an empty text where it can."""
    references, cell = graph.references(place), graph.cell(place)
    unknown = references.functions - known_functions()
    if unknown:
        return f"LibreOffice does not know, or not as Excel does: {', '.join(sorted(unknown))}"
    if references.is_external:
        return "it reads another workbook"
    if cell.address not in values:
        return "LibreOffice gives no value"
    value = values[cell.address]
    if isinstance(value, CellError) and value in SIGNS_OF_A_FORMULA_NOT_UNDERSTOOD and value != cell.value:
        return f"LibreOffice gives {value}"
    return ""


def _calculated_differently(
    graph: FormulaGraph, links: Links, written: list[Area], values: dict[Address, Value]
) -> set[Place]:
    """Formulas whose value should not have changed, for nothing that they read was written, but that differ."""
    changing = links.spread(place for place in links.places if _may_change(graph.references(place), written))
    return {
        place
        for place in links.places - changing
        if not any(place[0] == sheet and _holds(area, place) for sheet, area in written)
        and not same_value(graph.cell(place).value, values.get(graph.cell(place).address))
    }


def _reads(references: References, written: list[Area]) -> bool:
    return any(sheet == name and block.meets(area) for sheet, block in references.areas for name, area in written)


def _may_change(references: References, written: list[Area]) -> bool:
    return references.is_open or not OF_THE_CLOCK.isdisjoint(references.functions) or _reads(references, written)


def _write(path: Path, places: list[Place], values: dict[Address, Value]) -> None:
    """Put the values into these formula cells, and save the file once."""
    if not places:
        return
    with open_book(path) as book:
        for sheet, row, columns in _runs(places):
            cells = book.sheets[sheet].range((row, columns[0]), (row, columns[-1]))
            cells.api.cached_values = [[values[(sheet, cell_address(row, column))] for column in columns]]
        book.save()


def _runs(places: list[Place]) -> Iterator[tuple[str, int, list[int]]]:
    """Neighbouring cells of one row, from sorted places."""
    for (sheet, row, _), run in groupby(enumerate(places), lambda pair: (*pair[1][:2], pair[1][2] - pair[0])):
        yield sheet, row, [place[2] for _, place in run]


def _formulas(count: int) -> str:
    return "1 formula" if count == 1 else f"{count:,} formulas"
