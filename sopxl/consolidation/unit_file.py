"""A unit's plan workbook as a consolidation reads it: only the tables that are needed, and nothing is ever written.

Tables are found by their names and columns by their headings, so that a unit may move and add what it likes. The file
engine inflates only the sheets whose cells are asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sopxl.consolidation.accounts import ACCOUNTS, OPENINGS, STOCK_PLACES, TRADES
from sopxl.file_engine.addresses import Rectangle, cell_address
from sopxl.file_engine.cells import to_datetime
from sopxl.file_engine.errors import FileInUseError, NotAWorkbookError
from sopxl.file_engine.grid import Reading
from sopxl.file_engine.saving import read_file
from sopxl.file_engine.sheet import SheetPart
from sopxl.file_engine.tables import TablePart
from sopxl.file_engine.workbook import Workbook
from sopxl.records import FINDINGS, RUN_LOG
from sopxl.schema import Finding, PlanError, PlanGrid, Table, read_text
from sopxl.settings import SETTINGS, Settings, read_settings
from sopxl.steps.finance.tables import FINANCIAL_PLAN
from sopxl.tables import TABLES

FINAL_MARK = re.compile(rb'name="_MarkAsFinal".*?<vt:bool>\s*(?:true|1)\s*</vt:bool>', re.DOTALL)
CUSTOM_PROPERTIES = "docProps/custom.xml"
TABLES_READ = frozenset({
    SETTINGS.name, FINDINGS.name, RUN_LOG.name, "procurement_plan", "sourcing",
    *(account.total for account in ACCOUNTS.values()), *(account.detail for account in ACCOUNTS.values()),
    *(grid for grid, _ in OPENINGS.values()), *(trade.grid for trade in TRADES),
    *(place.grid for place in STOCK_PLACES),
})
"""The tables of a unit's plan that a consolidation looks at."""
NEEDED = frozenset({SETTINGS.name, FINANCIAL_PLAN.name})
"""The tables without which a workbook is no plan."""


@dataclass(frozen=True)
class GridCells:
    """The rows of one plan grid of a unit: keys and attributes as text, values in the order of the unit's periods."""

    sheet: str
    keys: dict[str, np.ndarray]
    measures: np.ndarray
    values: np.ndarray
    """Rows x periods; nothing is 0."""
    cells: list[str]
    """The address of each row's first period."""

    def rows_of(self, measure: str) -> np.ndarray:
        """The positions of a measure's rows."""
        return np.flatnonzero(self.measures == measure)

    def attribute(self, name: str, row: int) -> float:
        """A number among the attributes of a row; 0 where there is none."""
        return _number(self.keys[name][row]) if name in self.keys else 0.0


@dataclass(frozen=True)
class UnitRecord:
    """What a plan says of its last run."""

    last_run: datetime | None
    status: str
    version: str
    errors: int
    locked: bool


class UnitFile:
    """One plan workbook, opened for reading only; cells are read when they are asked for."""

    def __init__(
        self, path: Path, unit: str, *, also_open: bool = True, tables: frozenset[str] = TABLES_READ
    ) -> None:
        """Open it to read some tables. Raises FileEngineError for a file that cannot be used, or is open elsewhere.

        ``also_open``: whether what was saved last is read of a file that another program has open.
        """
        self.path, self.unit = path, unit
        if not also_open and is_open(path):
            raise FileInUseError("open", f"{path.name} is open in another program; let it be saved and closed.")
        self.workbook = Workbook(path, read_only=True, only_tables=tables | NEEDED)
        self._tables = {table.name.casefold(): (sheet, table) for sheet, table in self.workbook.tables()}
        if not self._tables.keys() >= NEEDED:
            raise NotAWorkbookError("no_plan", f"{path.name} is no plan of sopxl: it lacks the tables of one; choose "
                                               "the unit's plan workbook.")

    @cached_property
    def settings(self) -> Settings:
        """The settings of the plan. Raises PlanError where they cannot be."""
        frame = pd.DataFrame(self.records(SETTINGS), columns=SETTINGS.column_names)
        try:
            return read_settings(frame)
        except PlanError as fault:
            raise PlanError(self._placed(finding) for finding in fault.findings) from fault

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file as it is on disk."""
        return hashlib.sha256(read_file(self.path)[0]).hexdigest()

    def record(self) -> UnitRecord:
        """Last run, version, errors and whether the plan is marked as final."""
        runs = self.records(RUN_LOG) or [{}]
        errors = sum(read_text(row.get("severity")).lower() == "error" for row in self.records(FINDINGS))
        newest = max(runs, key=lambda row: _number(row.get("started")))
        days = _number(newest.get("started"))
        started = to_datetime(days, self.workbook.date_1904) if days > 0 else None
        package = self.workbook.package
        locked = CUSTOM_PROPERTIES in package and bool(FINAL_MARK.search(package.read(CUSTOM_PROPERTIES)))
        return UnitRecord(started if isinstance(started, datetime) else None, read_text(newest.get("status")),
                          read_text(newest.get("version")), errors, locked)

    def grid(self, name: str) -> GridCells:
        """A plan grid in the periods of the plan. Raises PlanError where something of it is missing or no number."""
        if name not in self._tables:
            raise PlanError([Finding("error", f"The plan of {self.unit} has no table '{name}': it was made by another "
                                              "version of sopxl, or its sheet was deleted.",
                                     "Run it with this version, then consolidate again.", sheet=self.path.name)])
        sheet, table = self._tables[name]
        grid = TABLES[name]
        places = _places(table)
        body = table.body
        rows = self._values(sheet, body) if body is not None else []
        rows = [row for row in rows if read_text(row[places.get("measure", 0)])]
        missing = [label for label in self.settings.periods.labels if label.casefold() not in places]
        if missing or "measure" not in places or body is None:
            raise PlanError([self._fault(sheet, f"{table.name} lacks the column {[*missing, 'Measure'][0]}.",
                                         "Run the plan again: its periods follow its settings.")])
        first = places[self.settings.periods.labels[0].casefold()]
        keys = {column.name: np.array([read_text(row[places[column.heading.casefold()]]) for row in rows], object)
                for column in grid.columns if column.heading.casefold() in places}
        columns = [places[label.casefold()] for label in self.settings.periods.labels]
        numbers = self._numbers(sheet, table, rows, columns)
        return GridCells(sheet.name, keys, np.array([read_text(row[places["measure"]]) for row in rows], object),
                         numbers, [cell_address(body.top + line, body.left + first) for line in range(len(rows))])

    def _values(self, sheet: SheetPart, area: Rectangle) -> list[list[Any]]:
        """The values of an area; dates as the numbers that stand for them, so that no formats have to be read."""
        with self.workbook.explaining(sheet.part):
            return sheet.grid.values(area, Reading(lambda: self.workbook.strings, frozenset(), self.workbook.date_1904))

    def _numbers(self, sheet: SheetPart, table: TablePart, rows: list[list[Any]], columns: list[int]) -> np.ndarray:
        """The period cells of rows as numbers. Raises PlanError with every cell that holds something else."""
        picked = [[row[column] for column in columns] for row in rows]
        try:
            values = np.array(picked, dtype=float).reshape(len(rows), len(columns))
        except (TypeError, ValueError):
            self._refuse_texts(sheet, table, rows, columns)
            values = np.array([[_number(cell) for cell in row] for row in picked]).reshape(len(rows), len(columns))
        return np.asarray(np.nan_to_num(values))

    def _refuse_texts(self, sheet: SheetPart, table: TablePart, rows: list[list[Any]], columns: list[int]) -> None:
        """Raise PlanError where a cell of a period holds neither a number nor nothing."""
        measured = _places(table).get("measure", 0)
        money = {measure.name for measure in _measures(table.name) if measure.kind == "money"}
        faults = [
            self._fault(sheet, f"The cell holds '{read_text(row[column])}', not an amount.",
                        "Run the unit's plan again.", cell_address(table.area.top + 1 + line, table.area.left + column))
            for line, row in enumerate(rows) if read_text(row[measured]) in money
            for column in columns if row[column] is not None and not isinstance(row[column], (int, float))
        ]
        if faults:
            raise PlanError(faults)

    def records(self, table: Table) -> list[dict[str, Any]]:
        """The rows of a list, empty ones left out; none where the book does not have it."""
        if table.name not in self._tables:
            return []
        sheet, part = self._tables[table.name]
        places = _places(part)
        wanted = {column.name: places[column.heading.casefold()] for column in table.columns
                  if column.heading.casefold() in places}
        rows = self._values(sheet, part.body) if part.body is not None else []
        return [{name: row[place] for name, place in wanted.items()} for row in rows
                if any(cell is not None for cell in row)]

    def _placed(self, finding: Finding) -> Finding:
        """A finding of the settings with the unit's file and cell."""
        sheet, table = self._tables[SETTINGS.name]
        column = _places(table).get(finding.column, 0)
        row = table.area.top + 1 + (finding.row or 0)
        return self._fault(sheet, finding.message, finding.remedy, cell_address(row, table.area.left + column))

    def _fault(self, sheet: SheetPart, message: str, remedy: str, cell: str = "") -> Finding:
        """An error in this unit's file."""
        return Finding("error", f"{self.unit}: {message}", remedy, sheet=f"[{self.path.name}]{sheet.name}", cell=cell)


def is_open(path: Path) -> bool:
    """Whether a spreadsheet program has left its owner file beside the workbook, as it does while it is open."""
    return any((path.parent / name).exists() for name in (f"~${path.name}", f".~lock.{path.name}#"))


def _places(table: TablePart) -> dict[str, int]:
    """Heading, in small letters -> its position."""
    return {column.name.casefold(): position for position, column in reversed(list(enumerate(table.columns)))}


def _measures(name: str) -> Iterable[Any]:
    grid = TABLES.get(name.casefold())
    return grid.measures if isinstance(grid, PlanGrid) else ()


def _number(cell: Any) -> float:
    """A cell as a number; 0 where it is none."""
    try:
        return float(cell or 0.0)
    except (TypeError, ValueError):
        return 0.0
