"""The formulas of plan grids: declared once, rendered as Excel formulas and computed here for their cached values.

A formula is an Excel expression in which braces stand for cells:

* ``{Closing stock}``: that measure of the same object, in the same period;
* ``{Closing stock@-1}``: the period before, ``{Issues@+2}``: two periods later (the last period stands for
  what lies beyond it); a measure with an offset of -1 needs ``first`` for the first period;
* ``{Override?}``: whether the cell is empty;
* ``{#unit_price}``: an attribute column of the same row, a number or a text (``{#rule}="weights"``);
* ``{backlog_plan:Sales value by family,market}``: sum of that measure over all rows of another grid whose
  columns equal this row's (``by`` may be left out; ``by family?`` takes all rows where this row's family is empty);
* ``{max capacity_plan:Planned load}``: the largest value of that measure in another grid.

Operators ``+ - * / = <> < > <= >=`` and the functions in FUNCTIONS may be used. To allow another function, add
it there; its twin must give what Excel gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from sopxl.schema import Measure, PlanGrid

NOUGHT = 1e-8
"""Differences smaller than this are what is left of rounding; spreadsheets show 0 for them."""

REFERENCE = re.compile(r"\{([^{}]+)\}")
OPERATORS = re.compile(r"<>|<=|>=|=")

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "IF": lambda condition, then, otherwise: np.where(condition, then, otherwise),
    "SUM": lambda *values: sum(values),
    "MAX": lambda *values: np.maximum.reduce(np.broadcast_arrays(*values)),
    "MIN": lambda *values: np.minimum.reduce(np.broadcast_arrays(*values)),
    "ABS": np.abs,
    "AND": lambda *values: np.logical_and.reduce(np.broadcast_arrays(*values)),
    "NOT": np.logical_not,
    "OR": lambda *values: np.logical_or.reduce(np.broadcast_arrays(*values)),
}


@dataclass(frozen=True)
class Reference:
    """What a pair of braces stands for."""

    name: str
    offset: int = 0
    is_blank_test: bool = False
    is_attribute: bool = False
    table: str = ""
    by: tuple[str, ...] = ()
    is_maximum: bool = False


@lru_cache(maxsize=4096)
def read_reference(text: str) -> Reference:
    """The reference written between a pair of braces."""
    if text.startswith("#"):
        return Reference(text[1:], is_attribute=True)
    if ":" in text:
        table, _, rest = text.partition(":")
        name, _, by = rest.partition(" by ")
        is_maximum = table.startswith("max ")
        return Reference(
            name, table=table.removeprefix("max "), by=tuple(by.split(",")) if by else (), is_maximum=is_maximum
        )
    name, _, offset = text.removesuffix("?").partition("@")
    return Reference(name, int(offset or 0), is_blank_test=text.endswith("?"))


def references(formula: str) -> list[Reference]:
    """Every reference of a formula, in order."""
    return [read_reference(text) for text in REFERENCE.findall(formula)]


def render(formula: str, write_reference: Callable[[Reference], str]) -> str:
    """The Excel formula, each reference replaced by what ``write_reference`` gives for it."""
    return "=" + REFERENCE.sub(lambda match: write_reference(read_reference(match[1])), formula)


def formula_at(measure: Measure, position: int) -> str:
    """The formula of a measure in the period at this position."""
    return measure.first if position == 0 and measure.first else measure.formula


def compute(
    grid: PlanGrid, frame: pd.DataFrame, periods: list[str], tables: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """The frame with every formula row filled with the value that Excel would show.

    ``frame`` holds all measures of every object, in declared order (see :func:`sopxl.grids.stack`);
    ``tables`` the grids that its formulas add up. Raises KeyError for a reference to nothing.
    """
    formulas = grid.owned_by("formula")
    if frame.empty or not formulas:
        return frame
    count = len(grid.measures)
    cube = frame[periods].to_numpy(float, copy=True).reshape(-1, count, len(periods))
    attributes = frame.iloc[::count].reset_index(drop=True)
    position_of = {name: position for position, name in enumerate(grid.measure_names)}
    sums = _Totals(attributes, tables)
    for period, period_name in enumerate(periods):
        for measure in formulas:
            cells = _Cells(cube, position_of, attributes, sums, period, period_name)
            values = _evaluate(formula_at(measure, period), cells)
            cube[:, position_of[measure.name], period] = np.where(np.abs(values) < NOUGHT, 0.0, values)
    filled = frame.copy()
    filled[periods] = cube.reshape(-1, len(periods))
    return filled


@dataclass(frozen=True)
class _Cells:
    """Gives the values of references for all objects at once, in one period."""

    cube: np.ndarray
    position_of: Mapping[str, int]
    attributes: pd.DataFrame
    totals: _Totals
    period: int
    period_name: str

    def value(self, reference: Reference) -> np.ndarray:
        if reference.table:
            return self.totals.of(reference, self.period_name)
        if reference.is_attribute:
            column = self.attributes[reference.name]
            if column.dtype.kind != "f":
                return column.to_numpy(object)
            return np.asarray(np.nan_to_num(column.to_numpy(float)))
        period = min(self.period + reference.offset, self.cube.shape[2] - 1)
        if period < 0:
            raise KeyError(f"{reference.name} has no period before the first: give the measure a 'first'")
        values = self.cube[:, self.position_of[reference.name], period]
        return np.asarray(np.isnan(values) if reference.is_blank_test else np.nan_to_num(values))


class _Totals:
    """Sums of other grids' measures, matched to this grid's objects; each is added up once."""

    def __init__(self, attributes: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> None:
        self.attributes = attributes
        self.tables = tables
        self.sums: dict[Reference, pd.DataFrame] = {}

    def of(self, reference: Reference, period: str) -> np.ndarray:
        if reference not in self.sums:
            self.sums[reference] = self._add_up(reference)
        sums = self.sums[reference]
        if period not in sums:
            return np.zeros(len(self.attributes))
        return np.asarray(sums[period].to_numpy(float))

    def _add_up(self, reference: Reference) -> pd.DataFrame:
        source = self.tables[reference.table]
        rows = source[source["measure"] == reference.name]
        periods = [name for name in rows.columns if rows[name].dtype.kind == "f"]
        if not reference.by:
            highest = rows[periods].max().fillna(0.0).clip(lower=0)
            total = (highest if reference.is_maximum else rows[periods].sum()).to_frame().T
            return total.loc[total.index.repeat(len(self.attributes))].reset_index(drop=True)
        by, totals = [name.removesuffix("?") for name in reference.by], np.zeros((len(self.attributes), len(periods)))
        left_out = self._left_out(reference.by)
        for pattern in np.unique(left_out, axis=0):
            here = (left_out == pattern).all(axis=1)
            kept = [name for name, is_left_out in zip(by, pattern, strict=True) if not is_left_out]
            totals[here] = _sums(rows, kept, periods, self.attributes[here])
        return pd.DataFrame(totals, columns=periods)

    def _left_out(self, by: tuple[str, ...]) -> np.ndarray:
        """Objects x columns: whether an optional column is empty, so that all rows count."""
        return np.array([
            (self.attributes[name.removesuffix("?")] == "").to_numpy(bool) & name.endswith("?") for name in by
        ]).T


def _sums(rows: pd.DataFrame, by: list[str], periods: list[str], wanted: pd.DataFrame) -> np.ndarray:
    """Sums of the rows for each wanted object (objects x periods), matched by some columns; 0 where none matches."""
    if not by:
        return np.broadcast_to(rows[periods].sum().to_numpy(float), (len(wanted), len(periods)))
    sums = rows.groupby(by, sort=False)[periods].sum()
    keys = pd.MultiIndex.from_frame(wanted[by]) if len(by) > 1 else wanted[by[0]]
    return sums.reindex(keys).fillna(0.0).to_numpy(float)


def _evaluate(formula: str, cells: _Cells) -> np.ndarray:
    """The values of a formula for all objects."""
    values: dict[str, Any] = dict(FUNCTIONS)

    def name_of(match: re.Match[str]) -> str:
        name = f"cell_{len(values)}"
        values[name] = cells.value(read_reference(match[1]))
        return name

    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(eval(_compiled(REFERENCE.sub(name_of, formula)), {"__builtins__": {}}, values), float)  # noqa: S307 - only formulas declared in this package


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    """The expression as Python code: Excel's comparison operators become Python's."""
    spelled = OPERATORS.sub(lambda match: {"=": "==", "<>": "!="}.get(match[0], match[0]), expression)
    return compile(spelled, expression, "eval")
