"""What a table is and what can be wrong with it: Column, Measure, Table, PlanGrid, Finding, PlanError.

A table is declared once. The template sheet with its notes, drop-downs and formats, the reader, the checks,
the data dictionary and the manual page all come from that one declaration. Add a column by adding one line to
the declaration of its table (``steps/*/tables.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

import pandas as pd

Kind = Literal["text", "number", "integer", "percent", "money", "date", "period", "flag"]
Owner = Literal["input", "result", "formula"]
Group = Literal["cycle", "inputs", "plans", "reviews", "system"]
Severity = Literal["error", "warning", "note"]
Tables = dict[str, pd.DataFrame]

NUMERIC_KINDS = ("number", "integer", "percent", "money")
ABBREVIATIONS = ("abc", "xyz", "mape", "mase", "rmsse")
"""Words of column names that headings write in capitals."""


@dataclass(frozen=True)
class Column:
    """One column of a table: its name in frames, its kind, and in one line what it means.

    ``refers_to`` names the table and column that its values must be found in (``items.item``).
    ``by_hand``: people write it in a table that sopxl writes otherwise; a run carries it over with its key.
    ``or_empty``: sums by this column of a grid take an empty cell for a value like any other.
    ``unit`` may hold ``{currency}`` and ``{bucket}``, which the template fills from the settings.
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    refers_to: str = ""
    by_hand: bool = False
    or_empty: bool = False

    @property
    def heading(self) -> str:
        """The heading in the workbook: the name in words (``lead_time`` -> ``Lead time``, ``mape`` -> ``MAPE``)."""
        words = " ".join(word.upper() if word in ABBREVIATIONS else word for word in self.name.split("_"))
        return words[:1].upper() + words[1:]

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers."""
        return self.kind in NUMERIC_KINDS

    @property
    def empty(self) -> Any:
        """What stands for 'nothing entered': the default, else NaN, NaT, False or an empty text."""
        if self.default is not None:
            return self.default
        if self.is_numeric:
            return float("nan")
        return {"date": pd.NaT, "flag": False}.get(self.kind, "")


@dataclass(frozen=True)
class Measure:
    """One row of every object in a plan grid.

    ``owner`` says who may write it: people (``input``), sopxl (``result``) or the template (``formula``).
    ``formula`` and ``first`` (for the first period) are in the language of :mod:`sopxl.formulas`.
    ``detail`` says that it explains another measure: its rows can be folded away.
    """

    name: str
    owner: Owner
    description: str
    kind: Kind = "number"
    unit: str = ""
    formula: str = ""
    first: str = ""
    minimum: float | None = None
    detail: bool = False


@dataclass(frozen=True)
class Table:
    """A list: one row per record. The name is the Excel table's name; the title is its sheet's."""

    name: str
    description: str
    group: Group
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    owner: Owner = "input"

    @property
    def title(self) -> str:
        """The sheet's title: the name in words (``bills_of_material`` -> ``Bills of material``)."""
        words = self.name.replace("_", " ")
        return words[:1].upper() + words[1:]

    @property
    def column_names(self) -> list[str]:
        """Names of the columns in declared order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    def empty_frame(self) -> pd.DataFrame:
        """A frame of no rows with the declared columns."""
        return self._no_rows.copy()

    @cached_property
    def _no_rows(self) -> pd.DataFrame:
        return pd.DataFrame({column.name: _typed([], column) for column in self.columns})


@dataclass(frozen=True)
class PlanGrid(Table):
    """A plan grid: key columns, attribute columns, ``measure`` and one column per period.

    ``columns`` holds keys and attributes; the rows of one object stand together, one per measure, in the
    order of ``measures``. The period columns are headed by the labels of :mod:`sopxl.periods`.
    """

    measures: tuple[Measure, ...] = ()
    owner: Owner = "result"

    def measure(self, name: str) -> Measure:
        """The measure of that name; KeyError where there is none."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(f"{self.name} has no measure {name}")

    @property
    def measure_names(self) -> list[str]:
        """Names of the measures in declared order."""
        return [measure.name for measure in self.measures]

    def owned_by(self, owner: Owner) -> list[Measure]:
        """The measures that this owner writes."""
        return [measure for measure in self.measures if measure.owner == owner]

    def empty_frame(self) -> pd.DataFrame:
        """A frame of no rows with keys, attributes and ``measure`` (no periods)."""
        return super().empty_frame().assign(measure=pd.Series(dtype="str"))


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or worth knowing: where, what, and what to do about it.

    ``row`` is the position in the table's frame (0 = first record), ``column`` a column name or period
    label; the workbook turns both into a sheet and a cell.
    """

    severity: Severity
    message: str
    remedy: str
    table: str = ""
    column: str = ""
    row: int | None = None
    sheet: str = ""
    cell: str = ""


class PlanError(Exception):
    """The plan cannot be computed; carries every finding that says why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings; the message is their sentences, one a line."""
        self.findings = list(findings)
        super().__init__("\n".join(f"{_place(f)}{f.message} {f.remedy}" for f in self.findings))


@dataclass
class FindingList:
    """Collects findings, so that all faults are told at once."""

    findings: list[Finding] = field(default_factory=list)

    def add(self, severity: Severity, message: str, remedy: str, **place: Any) -> None:
        """Add one finding; ``place`` takes table, column, row, sheet and cell."""
        self.findings.append(Finding(severity, message, remedy, **place))

    def raise_errors(self) -> None:
        """Raise PlanError with all findings if one of them is an error."""
        if any(finding.severity == "error" for finding in self.findings):
            raise PlanError(self.findings)


def conform(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Frame with every declared column in order and in its kind; undeclared columns are dropped.

    Missing columns and empty cells take the column's default. Values that cannot be read as their kind
    become empty: :func:`sopxl.checks.check_table` reports them first.
    """
    if not isinstance(table, PlanGrid) and frame.empty:
        return table.empty_frame()
    frame = frame.reset_index(drop=True)
    columns = {
        column.name: _typed(frame[column.name] if column.name in frame.columns else [column.empty] * len(frame), column)
        for column in table.columns
    }
    if not isinstance(table, PlanGrid) or "measure" not in frame.columns:
        return pd.DataFrame(columns, index=frame.index)
    result = pd.DataFrame(columns | {"measure": frame["measure"].astype("str").to_numpy()}, index=frame.index)
    periods = [name for name in frame.columns if name not in result.columns]
    numbers = {name: pd.to_numeric(frame[name], errors="coerce").to_numpy(float) for name in periods}
    return pd.concat([result, pd.DataFrame(numbers, index=result.index)], axis=1)


def conform_all(declared: Mapping[str, Table], tables: Mapping[str, pd.DataFrame]) -> Tables:
    """Every declared table, conformed; a table that is not given is empty."""
    return {
        name: conform(table, tables[name]) if name in tables else table.empty_frame()
        for name, table in declared.items()
    }


def _typed(values: Iterable[Any], column: Column) -> pd.Series:
    """The values as the column's kind, numbered from 0, with empty cells filled from its default."""
    if column.is_numeric:
        numbers = pd.Series(pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float))
        return numbers if column.default is None else numbers.fillna(column.default)
    if column.kind == "date":
        return read_dates(pd.Series(values))
    if column.kind == "flag":
        return pd.Series([read_flag(value) if read_text(value) else column.empty for value in values], dtype="bool")
    texts = [read_text(value) or column.empty for value in values]
    if column.choices:
        declared = {choice.lower(): choice for choice in column.choices}
        texts = [declared.get(text.lower(), text) for text in texts]
    return pd.Series(texts, dtype="str")


def read_text(value: Any) -> str:
    """A cell's value as text: whole numbers without a decimal point, nothing as an empty text."""
    if type(value) is str:
        return value.strip()
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def read_dates(values: pd.Series) -> pd.Series:
    """Cells as dates; what is no date becomes NaT: a plain number is none, nor a quarter, nor 'today'."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    dates = pd.to_datetime(values.map(_date_or_none), errors="coerce", format="mixed", utc=True)
    return dates.dt.tz_localize(None)


def _date_or_none(value: Any) -> Any:
    """The value where it may be a date."""
    if not isinstance(value, str):
        return value if isinstance(value, date) else None
    try:
        float(value)
    except ValueError:
        return value if any(sign.isdigit() for sign in value) and "q" not in value.lower() else None
    return None


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 error, 2 errors."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def one_of(words: Iterable[str]) -> str:
    """Words to choose from, as a planner reads them: ``a, b or c``."""
    return " or ".join(", ".join(words).rsplit(", ", 1))


def read_flag(value: Any) -> bool:
    """A cell's value as yes or no: yes, true, x and 1 are yes."""
    return read_text(value).lower() in {"yes", "true", "x", "1"}


def _place(finding: Finding) -> str:
    """Where a finding is, as the start of a sentence."""
    place = finding.sheet or finding.table
    if finding.cell:
        return f"{place}!{finding.cell}: "
    row = "" if finding.row is None else f" row {finding.row + 1}"
    column = f" {finding.column}" if finding.column else ""
    return f"{place}{row}{column}: " if place else ""
