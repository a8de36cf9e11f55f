"""The formulas of plan grids as Excel formulas for the cells that they stand in.

The template writes them once and the runner again for the rows that it adds or moves; both come here. Nothing
to add for a new measure: its formula is declared with it, in the language of :mod:`sopxl.formulas`.

Rows and columns are numbered from 1, as in Excel. Where a column stands is looked up by its heading, so that
planners may move columns and add their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sopxl.file_engine.addresses import column_letters
from sopxl.formulas import Reference, formula_at, references, render
from sopxl.schema import Measure, PlanGrid, Table
from sopxl.tables import TABLES

MEASURE_HEADING = "Measure"
ESCAPED_IN_COLUMN_NAMES = "'#[]"


@dataclass(frozen=True)
class GridLayout:
    """Where the columns of a plan grid stand on its sheet.

    ``columns``: heading -> column number, from 1 (``Item``, ``Measure``, ``2026-12``). ``periods``: the labels of
    the plan's periods in order; each is the heading of a column. ``sources``: name of another table -> headings
    that it has in this workbook; a sum over a period that a table given here does not have is 0. A table that
    is not given is taken to have every heading. ``declared``: the tables of the workbook, those of a plan if not given.
    """

    grid: PlanGrid
    columns: Mapping[str, int]
    periods: Sequence[str]
    sources: Mapping[str, Collection[str]] = field(default_factory=dict)
    declared: Mapping[str, Table] = field(default_factory=lambda: TABLES)

    @cached_property
    def patterns(self) -> dict[str, str]:
        """Formula measure -> a line per period, in which ``{0}`` is the row of the first measure, and so on."""
        return {
            measure.name: "\n".join(self._pattern(measure, position) for position in range(len(self.periods)))
            for measure in self.grid.owned_by("formula")
        }

    @cached_property
    def measures_used(self) -> dict[str, set[str]]:
        """Formula measure -> the measures of the same object that it refers to."""
        return {
            measure.name: {
                reference.name
                for reference in references(measure.formula) + references(measure.first)
                if not reference.table and not reference.is_attribute
            }
            for measure in self.grid.owned_by("formula")
        }

    def _pattern(self, measure: Measure, position: int) -> str:
        own_row = self.grid.measure_names.index(measure.name)
        return render(formula_at(measure, position), lambda reference: self._cell(reference, position, own_row))

    def _cell(self, reference: Reference, position: int, own_row: int) -> str:
        """What stands in the formula for a reference; rows are left open."""
        if reference.table:
            return self._total(reference, self.periods[position], own_row)
        if reference.is_attribute:
            return f"${self._letters(heading_of(self.grid, reference.name))}{{{own_row}}}"
        wanted = min(position + reference.offset, len(self.periods) - 1)
        if wanted < 0:
            raise KeyError(f"{reference.name} has no period before the first: give the measure a 'first'")
        row = self.grid.measure_names.index(reference.name)
        cell = f"{self._letters(self.periods[wanted])}{{{row}}}"
        return f'{cell}=""' if reference.is_blank_test else cell

    def _total(self, reference: Reference, period: str, own_row: int) -> str:
        """The sum or maximum of another grid's measure, in functions that Excel 2016 and LibreOffice share."""
        if reference.table in self.sources and period not in self.sources[reference.table]:
            return "0"
        values = structured_reference(reference.table, period)
        measures = structured_reference(reference.table, MEASURE_HEADING)
        name = _quoted(reference.name)
        if reference.is_maximum:
            return f"SUMPRODUCT(MAX(({measures}={name})*{values}))"
        criteria = [measures, name]
        for attribute in reference.by:
            name, is_given, value = attribute.removesuffix("?").partition("=")
            column = self.declared[reference.table].column(name)
            criteria.append(structured_reference(reference.table, column.heading))
            if is_given:
                criteria.append(_quoted(value))
                continue
            own = f"${self._letters(heading_of(self.grid, name))}{{{own_row}}}"
            if_empty = "<>" if attribute.endswith("?") else "=" if column.or_empty else ""
            criteria.append(f'IF({own}="","{if_empty}",{own})' if if_empty else own)
        return f"SUMIFS({values},{','.join(criteria)})"

    def _letters(self, heading: str) -> str:
        return column_letters(self.columns[heading])


def row_formulas(layout: GridLayout, measure: str, row_of_measure: Mapping[str, int]) -> list[str]:
    """The formulas of one row of a plan grid, one per period of the layout, each from ``=`` on.

    ``row_of_measure``: measure -> row number, from 1, of the rows of the same object. Raises KeyError for a
    measure that has no formula, and for one that the formula needs and the object has no row for.
    """
    pattern = layout.patterns[measure]
    missing = sorted(layout.measures_used[measure] - row_of_measure.keys())
    if missing or measure not in row_of_measure:
        raise KeyError(f"{layout.grid.name}: {measure} needs the rows {', '.join(missing) or measure}")
    rows = [row_of_measure.get(name, 0) for name in layout.grid.measure_names]
    return pattern.format(*rows).split("\n")


def structured_reference(table: str, heading: str) -> str:
    """The data of one column of an Excel table: ``sales_plan[2014-06]``.

    In files, only ``' # [ ]`` must be escaped in a column's name ([MS-XLSX] 2.2.2, simple-column-name).
    """
    escaped = "".join(f"'{letter}" if letter in ESCAPED_IN_COLUMN_NAMES else letter for letter in heading)
    return f"{table}[{escaped}]"


def heading_of(table: Table, column: str) -> str:
    """The heading of a declared column; KeyError where there is none."""
    return table.column(column).heading


def headings(grid: PlanGrid, periods: Sequence[str]) -> list[str]:
    """The headings of a plan grid in the order in which the template writes them."""
    return [*(column.heading for column in grid.columns), MEASURE_HEADING, *periods]


def _quoted(text: str) -> str:
    """Text as it stands in a formula."""
    return '"' + text.replace('"', '""') + '"'
