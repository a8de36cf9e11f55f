"""Checks that follow from the declarations: kinds, bounds, choices, keys, references. All faults at once.

They look at cells as people typed them, before anything is converted. Rules that join several tables stand in
:mod:`sopxl.plan_checks`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pandas as pd

from sopxl.periods import is_label, parse
from sopxl.schema import Column, Finding, PlanGrid, Table, one_of, read_dates, read_text

ERROR_VALUES = (
    "#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA",
)
MOST_PER_COLUMN = 50
LARGEST_NUMBER = 1e15
"""Beyond it Excel no longer counts in ones; whatever stands there is mistyped."""


def check_table(table: Table, cells: pd.DataFrame, bucket: str, tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Every fault of one table. ``cells`` holds what was typed, ``tables`` the same of all tables."""
    findings: list[Finding] = []
    if cells.empty:
        return findings
    for column in table.columns:
        by_people = table.owner == "input" or column.by_hand
        if by_people and column.name in cells.columns:
            faults = _column_faults(table.name, column, cells[column.name].map(read_text), bucket, tables)
            findings += _at_most(list(faults), table, column)
    findings += _duplicate_keys(table, cells)
    if isinstance(table, PlanGrid):
        findings += _grid_faults(table, cells)
    return findings


def _column_faults(
    table: str, column: Column, typed: pd.Series, bucket: str, tables: Mapping[str, pd.DataFrame]
) -> Iterator[Finding]:
    """Every fault of one column that people write."""
    filled = typed != ""
    yield from _formula_errors(table, column, typed)
    if column.required:
        for row in _rows(~filled):
            yield _fault(table, column, row, f"{column.heading} is missing.",
                         f"Enter it: {_continued(column.description)}")
    usable = filled & ~typed.isin(ERROR_VALUES)
    if column.is_numeric:
        yield from _number_faults(table, column, typed, usable)
    elif column.kind == "period":
        yield from _period_faults(table, column, typed, usable, bucket)
    elif column.kind == "date":
        yield from _date_faults(table, column, typed, usable)
    elif column.choices:
        yield from _choice_faults(table, column, typed, usable)
    if column.refers_to:
        yield from _reference_faults(table, column, typed, usable, tables)


def _continued(sentence: str) -> str:
    """A sentence as it goes on after a colon; what begins with capitals (ISO) keeps them."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def _formula_errors(table: str, column: Column, typed: pd.Series) -> Iterator[Finding]:
    for row in _rows(typed.isin(ERROR_VALUES)):
        yield _fault(table, column, row, f"The cell holds the formula error {typed.iloc[row]}.",
                     "Mend the formula, or enter a value.")


def _choice_faults(table: str, column: Column, typed: pd.Series, usable: pd.Series) -> Iterator[Finding]:
    choices = [choice.lower() for choice in column.choices]
    for row in _rows(usable & ~typed.str.lower().isin(choices)):
        yield _fault(table, column, row, f"'{typed.iloc[row]}' cannot be chosen.",
                     f"Choose {one_of(column.choices)}.")


def _date_faults(table: str, column: Column, typed: pd.Series, usable: pd.Series) -> Iterator[Finding]:
    dates = read_dates(typed.where(usable))
    for row in _rows(usable & dates.isna()):
        yield _fault(table, column, row, f"'{typed.iloc[row]}' is not a date.", "Enter a date.")


def _number_faults(table: str, column: Column, typed: pd.Series, usable: pd.Series) -> Iterator[Finding]:
    numbers = pd.to_numeric(typed.where(usable), errors="coerce")
    unit = f" ({column.unit})" if column.unit and "{" not in column.unit else ""
    numbers = numbers.where(numbers.abs() < float("inf"))
    least = -LARGEST_NUMBER if column.minimum is None else column.minimum
    most = LARGEST_NUMBER if column.maximum is None else column.maximum
    for row in _rows(usable & numbers.isna()):
        yield _fault(table, column, row, f"'{typed.iloc[row]}' is not a number.", f"Enter a number{unit}.")
    for row in _rows(numbers < least):
        yield _fault(table, column, row, f"{typed.iloc[row]} is too small.", f"Enter at least {least:g}{unit}.")
    for row in _rows(numbers > most):
        yield _fault(table, column, row, f"{typed.iloc[row]} is too large.", f"Enter at most {most:g}{unit}.")
    if column.kind == "integer":
        for row in _rows(numbers.notna() & (numbers % 1 != 0)):
            yield _fault(table, column, row, f"{typed.iloc[row]} is not a whole number.", "Enter a whole number.")


def _period_faults(
    table: str, column: Column, typed: pd.Series, usable: pd.Series, bucket: str
) -> Iterator[Finding]:
    faults = {}
    for text in typed[usable].unique():
        try:
            parse(text, bucket)
        except ValueError as fault:
            faults[text] = str(fault)
    for row in _rows(typed.isin(list(faults))):
        yield _fault(table, column, row, f"{faults[typed.iloc[row]]}.",
                     f"Enter the {bucket} in that form, or a date in it.")


def _reference_faults(
    table: str, column: Column, typed: pd.Series, usable: pd.Series, tables: Mapping[str, pd.DataFrame]
) -> Iterator[Finding]:
    target, _, target_column = column.refers_to.partition(".")
    if target not in tables or target_column not in tables[target]:
        return
    known = set(tables[target][target_column].map(read_text))
    unknown = typed[usable & ~typed.isin(known)]
    near = {text: difflib.get_close_matches(text, known, 1) for text in unknown.unique()[:MOST_PER_COLUMN]}
    for row in _rows(usable & ~typed.isin(known)):
        text = typed.iloc[row]
        meant = f" Did you mean '{near[text][0]}'?" if near.get(text) else ""
        yield _fault(table, column, row, f"'{text}' is not in {target.replace('_', ' ')}.",
                     f"Correct it, or add it to {target.replace('_', ' ')}.{meant}")


def _duplicate_keys(table: Table, cells: pd.DataFrame) -> Iterable[Finding]:
    """A finding for each record whose key stands in an earlier record."""
    key = [*table.key, "measure"] if isinstance(table, PlanGrid) else list(table.key)
    if not key or not set(key) <= set(cells.columns):
        return []
    typed = cells[key].map(read_text)
    chosen = [column.name for column in table.columns if column.choices and column.name in key]
    compared = typed.assign(**{name: typed[name].str.lower() for name in chosen})
    repeated = compared.duplicated() & (typed != "").any(axis=1)
    words = " and ".join(", ".join(key).replace("_", " ").rsplit(", ", 1))
    faults = [
        _fault(table.name, table.columns[0], row, f"{' / '.join(typed.iloc[row])} stands here a second time.",
               f"Keep one row for each {words}.")
        for row in _rows(repeated)
    ]
    return _at_most(faults, table, table.columns[0])


def _grid_faults(grid: PlanGrid, cells: pd.DataFrame) -> list[Finding]:
    """Faults in what people typed into a plan grid's input rows."""
    findings: list[Finding] = []
    if "measure" not in cells:
        return findings
    measures = cells["measure"].map(read_text)
    periods = [name for name in cells.columns if is_label(str(name))]
    for measure in grid.owned_by("input"):
        rows = cells.loc[measures == measure.name, periods]
        for period in periods:
            typed = rows[period].dropna().map(read_text)
            if typed.empty:
                continue
            column = Column(period, measure.kind, measure.description, measure.unit, minimum=measure.minimum)
            faults = [replace(fault, row=int(typed.index[fault.row or 0]))
                      for fault in _column_faults(grid.name, column, typed, "", {})]
            findings += _at_most(faults, grid, column)
    return findings


def _rows(mask: pd.Series) -> list[int]:
    """Positions at which the mask holds, at most one more than are told."""
    return [int(row) for row in mask.to_numpy(bool).nonzero()[0][: MOST_PER_COLUMN + 1]]


def _at_most(faults: list[Finding], table: Table, column: Column) -> list[Finding]:
    """The faults, cut where one column has very many."""
    if len(faults) <= MOST_PER_COLUMN:
        return faults
    more = Finding("error", f"{column.heading} has more faults of this kind.", "Mend these first, then check again.",
                   table=table.name, column=column.name, row=faults[MOST_PER_COLUMN].row)
    return [*faults[:MOST_PER_COLUMN], more]


def _fault(table: str, column: Column, row: int, message: str, remedy: str) -> Finding:
    return Finding("error", message, remedy, table=table, column=column.name, row=row)
