"""Numbers on Home and on the review page: each is a live formula together with what the formula gives.

The formulas look rows up by measure and columns by the form of their heading, so they hold when the plan rolls
forward, rows are added or columns moved. To add a number to the tiles of Home, add it to KEY_NUMBERS.

Headings are written ``table[[#Headers]]``: that and ``table[#Headers]`` are the same to Excel ([MS-XLSX] 2.2.2),
but LibreOffice 7.4 reads only the former.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.periods import is_label
from sopxl.schema import Tables

PERIOD_HEADINGS = '"????-*"'
MONEY = '[>=999500]#,##0.0,,"M";[Red][<=-999500]-#,##0.0,,"M";#,##0'
PERCENT = '0.0%;[Red]-0.0%;"–"'


@dataclass(frozen=True)
class LiveNumber:
    """A formula (without ``=``) and the function that gives its value from the tables."""

    formula: str
    value: Callable[[Tables], float]

    def __truediv__(self, other: LiveNumber) -> LiveNumber:
        """The quotient, 0 where there is nothing to divide by."""
        return LiveNumber(
            f"IFERROR(({self.formula})/({other.formula}),0)",
            lambda tables: self.value(tables) / other.value(tables) if other.value(tables) else 0.0,
        )

    def __sub__(self, other: LiveNumber) -> LiveNumber:
        """The difference."""
        return LiveNumber(
            f"({self.formula})-({other.formula})", lambda tables: self.value(tables) - other.value(tables)
        )


def row_reference(grid: str, measure: str) -> str:
    """The first row of a measure in a grid's table, as a reference."""
    return f'INDEX({grid}[],MATCH("{measure}",{grid}[Measure],0),0)'


def total(grid: str, measure: str) -> LiveNumber:
    """The sum of a measure over all periods, in a grid of one object."""
    formula = f"IFERROR(SUMIF({grid}[[#Headers]],{PERIOD_HEADINGS},{row_reference(grid, measure)}),0)"
    return LiveNumber(formula, lambda tables: float(np.nansum(_row(tables, grid, measure))))


def comparable(grid: str, measure: str, against: str) -> LiveNumber:
    """The sum of a measure over the periods in which another measure of the grid is above 0."""
    rows = f"{row_reference(grid, measure)},{row_reference(grid, against)}"
    formula = f'IFERROR(SUMIFS({rows},">0",{grid}[[#Headers]],{PERIOD_HEADINGS}),0)'

    def value(tables: Tables) -> float:
        values, others = (np.nan_to_num(_row(tables, grid, name)) for name in (measure, against))
        return float(values[others > 0].sum())

    return LiveNumber(formula, value)


def last(grid: str, measure: str) -> LiveNumber:
    """A measure in the last period."""
    row = row_reference(grid, measure)
    formula = f'IFERROR(LOOKUP(2,1/(MID({grid}[[#Headers]],5,1)="-"),{row})+0,0)'
    return LiveNumber(formula, lambda tables: float(np.nan_to_num(_row(tables, grid, measure))[-1:].sum()))


def highest(grid: str, measure: str) -> LiveNumber:
    """The largest value of a measure, in a grid without number attributes."""
    return LiveNumber(
        f"IFERROR(MAX({row_reference(grid, measure)}),0)",
        lambda tables: float(np.nan_to_num(_row(tables, grid, measure)).max(initial=0.0)),
    )


def weighted(column: str, heading: str) -> LiveNumber:
    """A column of ``forecast_quality``, weighted with mean demand, over the series that have an error."""
    table = "forecast_quality"
    weights = f"{table}[Mean demand]"
    return LiveNumber(
        f'IFERROR(SUMPRODUCT({weights},{table}[{heading}])/SUMIFS({weights},{table}[Weighted error],">=0"),0)',
        lambda tables: _weighted(tables[table], column),
    )


def _row(tables: Tables, grid: str, measure: str) -> np.ndarray:
    """The values of the first row of a measure over the grid's periods, in their order."""
    frame = tables[grid]
    periods = [name for name in frame.columns if is_label(str(name))]
    return np.asarray(frame.loc[frame["measure"] == measure, periods].to_numpy(float)[:1].ravel())


def _weighted(quality: pd.DataFrame, column: str) -> float:
    weights = quality.loc[quality["weighted_error"] >= 0, "mean_demand"].sum()
    values = (quality["mean_demand"] * quality[column]).sum()
    return float(values / weights) if weights else 0.0


@dataclass(frozen=True)
class KeyNumber:
    """One tile: its title, its number, a second number that says what to compare it with, and its trend.

    Comparisons with last year and budget take only the periods that have one. ``compared_format`` carries the
    words around the second number. ``trend`` is the grid and measure whose periods the tile's sparkline shows.
    """

    title: str
    number: LiveNumber
    number_format: str
    compared: LiveNumber
    compared_format: str
    trend: tuple[str, str] | None = None


def _percent_words(words: str) -> str:
    return f'+0.0%" {words}";-0.0%" {words}";0%" {words}"'


_REVENUE = total("financial_plan", "Net sales")
_BUDGET = total("financial_plan", "Budget revenue")
_LAST_YEAR = total("financial_plan", "Last year revenue")
_REVENUE_WITH_LAST_YEAR = comparable("financial_plan", "Net sales", "Last year revenue")
_REVENUE_WITH_BUDGET = comparable("financial_plan", "Net sales", "Budget revenue")

KEY_NUMBERS: tuple[KeyNumber, ...] = (
    KeyNumber("Revenue of the plan", _REVENUE, MONEY, (_REVENUE_WITH_LAST_YEAR - _LAST_YEAR) / _LAST_YEAR,
              _percent_words("on last year"), ("financial_plan", "Net sales")),
    KeyNumber("Gap to budget", _REVENUE_WITH_BUDGET - _BUDGET, MONEY, (_REVENUE_WITH_BUDGET - _BUDGET) / _BUDGET,
              _percent_words("on budget"), ("financial_plan", "Gap to budget")),
    KeyNumber("Gross margin", total("financial_plan", "Gross margin") / _REVENUE, PERCENT,
              total("financial_plan", "Budget gross margin") / _BUDGET, '0.0%" budgeted"',
              ("financial_plan", "Gross margin share")),
    KeyNumber("EBIT", total("financial_plan", "EBIT"), MONEY,
              total("financial_plan", "EBIT") / _REVENUE, '0.0%" of revenue";[Red]-0.0%" of revenue"',
              ("financial_plan", "EBIT")),
    KeyNumber("Stock value at the end", last("financial_plan", "Stock value"), MONEY,
              total("financial_plan", "Change in stock"),
              '+#,##0,"k since start";-#,##0,"k since start";"as at start"', ("financial_plan", "Stock value")),
    KeyNumber("Backlog value at the end", last("financial_plan", "Backlog value"), MONEY,
              last("financial_plan", "Backlog value") / last("financial_plan", "Net sales"),
              '0%" of a period"', ("financial_plan", "Backlog value")),
    KeyNumber("Highest planned load", highest("key_figures", "Highest planned load"), PERCENT,
              highest("key_figures", "Highest required load"), '0%" required"',
              ("key_figures", "Highest planned load")),
    KeyNumber("Forecast error", weighted("weighted_error", "Weighted error"), PERCENT,
              weighted("bias", "Bias"), '"bias "+0.0%;"bias "-0.0%;"bias "0%'),
)
