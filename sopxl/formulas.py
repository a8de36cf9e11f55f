"""The formulas of plan grids: declared once, rendered as Excel formulas and computed here for their cached values.

A formula is an Excel expression in which braces stand for cells:

* ``{Closing stock}``: that measure of the same object, in the same period;
* ``{Closing stock@-1}``: the period before, ``{Issues@+2}``: two periods later (the last period stands for
  what lies beyond it); a measure with an offset of -1 needs ``first`` for the first period;
* ``{Override?}``: whether the cell is empty;
* ``{#unit_price}``: an attribute column of the same row, a number or a text (``{#rule}="weights"``);
* ``{backlog_plan:Sales value by family,market}``: sum of that measure over all rows of another grid whose
  columns equal this row's (``by`` may be left out; ``by family?`` takes all rows where this row's family is empty;
  ``by unit,account=Net sales`` takes only the rows whose account is Net sales);
* ``{max capacity_plan:Planned load}``: the largest value of that measure in another grid.

Operators ``+ - * / = <> < > <= >=`` and the functions in FUNCTIONS may be used. To allow another function, add
it there; its twin must give what Excel gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from sopxl.schema import Measure, PlanGrid

NOUGHT = 1e-8
"""Differences smaller than this are what is left of rounding; spreadsheets show 0 for them."""

SHOWN_DIGITS = 5e-16
"""What a number's last digit, the fifteenth, can hide, as a share of it."""

REFERENCE = re.compile(r"\{([^{}]+)\}")
OPERATORS = re.compile(r"<>|<=|>=|=")

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "IF": lambda condition, then, otherwise: np.where(condition, then, otherwise),
    "SUM": lambda *values: sum(values),
    "MAX": lambda *values: np.maximum.reduce(np.broadcast_arrays(*values)),
    "MIN": lambda *values: np.minimum.reduce(np.broadcast_arrays(*values)),
    "ABS": np.abs,
    "ROUND": lambda values, digits: round_half_up(values, digits),
    "AND": lambda *values: np.logical_and.reduce(np.broadcast_arrays(*values)),
    "NOT": np.logical_not,
    "OR": lambda *values: np.logical_or.reduce(np.broadcast_arrays(*values)),
}


def round_half_up(values: Any, digits: int) -> np.ndarray:
    """Numbers rounded as spreadsheets do: half away from nought, by the 15 digits that they show of a number."""
    scaled = np.asarray(values, float) * 10.0**digits
    size = np.abs(scaled)
    return np.asarray(np.copysign(np.floor(size + 0.5 + size * SHOWN_DIGITS), scaled) / 10.0**digits)


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


def tables_read(grid: PlanGrid) -> list[str]:
    """Names of the other grids that a grid's formulas add up."""
    return sorted({reference.table for measure in grid.owned_by("formula")
                   for reference in references(measure.formula) + references(measure.first) if reference.table})


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
    totals = _Totals(attributes, periods, tables)
    for measures in _in_order_of_need(grid):
        for span in _spans(measures, len(periods)):
            cells = _Cells(cube, position_of, attributes, totals, span)
            for measure in measures:
                values = _evaluate(formula_at(measure, span.start), cells)
                cube[:, position_of[measure.name], span] = np.where(np.abs(values) < NOUGHT, 0.0, values)
    filled = frame.copy()
    filled[periods] = cube.reshape(-1, len(periods))
    return filled


def _in_order_of_need(grid: PlanGrid) -> list[list[Measure]]:
    """The formula measures, each after those that it refers to; together those that need one another over time."""
    formulas = grid.owned_by("formula")
    names = {measure.name for measure in formulas}
    needs = {measure.name: names & {reference.name for text in (measure.formula, measure.first)
                                    for reference in references(text) if not reference.table}
             for measure in formulas}
    reached = {name: _reached(name, needs) for name in names}
    groups: list[list[Measure]] = []
    placed: set[str] = set()

    def place(name: str) -> None:
        if name in placed:
            return
        together = {name} | {other for other in reached[name] if name in reached[other]}
        placed.update(together)
        for other in sorted(set().union(*(needs[each] for each in together)) - together):
            place(other)
        groups.append([measure for measure in formulas if measure.name in together])

    for measure in formulas:
        place(measure.name)
    return groups


def _reached(start: str, needs: Mapping[str, set[str]]) -> set[str]:
    """All measures that one needs, directly or through others."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = needs[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


def _spans(measures: list[Measure], count: int) -> list[slice]:
    """The periods that can be computed at once: one by one where measures need one another's periods before."""
    first = measures[0]
    own = {reference.name for reference in references(first.formula) if not reference.table}
    if len(measures) > 1 or first.name in own:
        return [slice(period, period + 1) for period in range(count)]
    return [slice(0, 1), slice(1, count)] if first.first and count > 1 else [slice(0, count)]


@dataclass(frozen=True)
class _Cells:
    """Gives the values of references for all objects at once, in a span of periods (objects x periods)."""

    cube: np.ndarray
    position_of: Mapping[str, int]
    attributes: pd.DataFrame
    totals: _Totals
    span: slice

    def value(self, reference: Reference) -> np.ndarray:
        if reference.table:
            return self.totals.of(reference)[:, self.span]
        if reference.is_attribute:
            column = self.attributes[reference.name]
            if column.dtype.kind != "f":
                return column.to_numpy(object)[:, None]
            return np.asarray(np.nan_to_num(column.to_numpy(float)))[:, None]
        periods = np.arange(self.span.start, self.span.stop) + reference.offset
        if periods[0] < 0:
            raise KeyError(f"{reference.name} has no period before the first: give the measure a 'first'")
        last = self.cube.shape[2] - 1
        values = self.cube[:, self.position_of[reference.name], np.minimum(periods, last)]
        return np.asarray(np.isnan(values) if reference.is_blank_test else np.nan_to_num(values))


class _Totals:
    """Sums of other grids' measures, matched to this grid's objects (objects x periods); each is added up once."""

    def __init__(self, attributes: pd.DataFrame, periods: list[str], tables: Mapping[str, pd.DataFrame]) -> None:
        self.attributes = attributes
        self.periods = periods
        self.tables = tables
        self.of = cache(self._add_up)
        self._values = cache(self._read_values)
        self._groups = cache(self._number_groups)
        self._holding = cache(self._compare)

    def _add_up(self, reference: Reference) -> np.ndarray:
        """A period that the other grid does not have is 0."""
        table = reference.table
        rows = self._rows(reference)
        values = self._values(table)[rows]
        shape = (len(self.attributes), len(self.periods))
        if reference.is_maximum:
            return np.broadcast_to(values.max(axis=0, initial=0.0), shape)
        if all("=" in name for name in reference.by):
            return np.broadcast_to(_sums(values, np.zeros(len(values), int), np.zeros(1, int)), shape)
        by = tuple(name for name in reference.by if "=" not in name)
        if not any(name.endswith("?") for name in by):
            theirs, ours = self._groups(table, by)
            return _sums(values, theirs[rows], ours)
        totals, left_out = np.zeros(shape), self._left_out(by)
        for pattern in np.unique(left_out, axis=0):
            here = (left_out == pattern).all(axis=1)
            kept = [name.removesuffix("?") for name, is_out in zip(by, pattern, strict=True) if not is_out]
            theirs, ours = self._groups(table, tuple(kept))
            totals[here] = _sums(values, theirs[rows], ours[here])
        return totals

    def _rows(self, reference: Reference) -> np.ndarray:
        """The rows of the other grid that hold the measure, where columns have the values that are asked for."""
        found = self._holding(reference.table, "measure", reference.name)
        for name in reference.by:
            column, is_given, value = name.partition("=")
            if is_given:
                found = found & self._holding(reference.table, column, value)
        return np.flatnonzero(found)

    def _compare(self, table: str, column: str, value: str) -> np.ndarray:
        """Rows of another grid: whether a column holds a value."""
        return np.asarray(self.tables[table][column].to_numpy(object) == value)

    def _read_values(self, table: str) -> np.ndarray:
        """The other grid's cells in the periods of this one, 0 where there is nothing."""
        return np.asarray(np.nan_to_num(self.tables[table].reindex(columns=self.periods).to_numpy(float)))

    def _number_groups(self, table: str, by: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        """A number for each combination of values in some columns: for the other grid's rows and this one's objects."""
        source = self.tables[table]
        if not by:
            return np.zeros(len(source), int), np.zeros(len(self.attributes), int)
        both = pd.concat([source[list(by)], self.attributes[list(by)]], ignore_index=True)
        numbers = both.groupby(list(by), sort=False).ngroup().to_numpy()
        return numbers[: len(source)], numbers[len(source) :]

    def _left_out(self, by: tuple[str, ...]) -> np.ndarray:
        """Objects x columns: whether an optional column is empty, so that all rows count."""
        return np.array([
            (self.attributes[name.removesuffix("?")] == "").to_numpy(bool) & name.endswith("?") for name in by
        ]).T


def _sums(values: np.ndarray, groups: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Sums of the rows of each wanted group, 0 where there are none, rounded but once.

    The leading digits of all values are added without rounding, and so are nearly all of what is left of them
    (Rump, Ogita and Oishi, Accurate floating-point summation, SIAM Journal on Scientific Computing 31, 2008).
    """
    count, width = 1 + max(groups.max(initial=0), wanted.max(initial=0)), values.shape[1]
    cells = (groups[:, None] * width + np.arange(width)).ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        unit = 2.0 ** np.ceil(1 + np.log2((len(values) + 2) * np.abs(values).max(initial=1.0)))
        leading = (unit + values) - unit
        sums = sum(np.bincount(cells, part.ravel(), count * width) for part in (leading, values - leading))
    return np.asarray(np.reshape(sums, (count, width))[wanted])


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
