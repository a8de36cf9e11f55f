"""The series that the page 'Why this forecast' shows: which one, and each of its numbers as formula and value.

The planner's choice stands in the named cells ``why_item`` and ``why_market``; what is shown of it in ``shown_item``,
``shown_market`` and ``shown_row`` (its row in forecast_quality). To show another fact, add a line to FACTS; to draw
another line, add one to LINES.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sopxl.periods import label
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.workbook.first_days import first_day, first_day_formula, label_formulas
from sopxl.workbook.template.live_cells import (
    either,
    field_value,
    gap,
    like,
    row_where,
    rows_where,
)

PERIODS_SHOWN, LEAST_PAST = 54, 30
ITEM, MARKET = "why_item", "why_market"
QUALITY = "forecast_quality"
MARKETS_OFFERED = 30
LISTED = 6

FACTS: tuple[tuple[str, str, str], ...] = (
    ("Demand class", "demand_class", "@"), ("Method", "method", "@"),
    ("Periods of history", "history_periods", "0"), ("Mean demand", "mean_demand", "#,##0.0"),
    ("Level now", "level", "#,##0.0"), ("Trend per period", "trend", "+#,##0.00;[Red]-#,##0.00;0"),
    ("Season moves it by", "season_strength", "0%"), ("Backtest: weighted error", "weighted_error", "0.0%"),
    ("Backtest: MASE", "scaled_error", "0.00"), ("Backtest: bias", "bias", "+0.0%;[Red]-0.0%;0%"),
    ("Value of the next year", "annual_value", "#,##0"),
)
"""What is told of a series: words, column of forecast_quality, number format."""


@dataclass(frozen=True)
class Line:
    """One row of numbers behind the chart: a column of history_used or a measure of a plan grid."""

    title: str
    table: str
    source: str

    @property
    def is_past(self) -> bool:
        """Whether it is known for the past only."""
        return self.table == "history_used"


LINES: tuple[Line, ...] = (
    Line("Sold", "history_used", "sold"),
    Line("Used by the forecast", "history_used", "used"),
    Line("Backtest", "history_used", "backtest"),
    Line("Statistical forecast", "demand_baseline", "Statistical forecast"),
    Line("Low", "demand_baseline", "Low"),
    Line("High", "demand_baseline", "High"),
    Line("Baseline forecast", "sales_plan", "Baseline forecast"),
    Line("Consensus", "sales_plan", "Consensus"),
)
SEASON = Line("Season", "demand_baseline", "Season")


def same_series(table: str) -> str:
    """The condition that a row of a table is of the series shown."""
    return f"({table}[Item]=shown_item)*({table}[Market]=shown_market)"


def setting(name: str) -> str:
    """A setting's value, without ``=``."""
    return f'INDEX(settings[Value],MATCH("{name}",settings[Setting],0))'


def quality_row_formula() -> str:
    """The row of the series that is shown: the dearest of those that the choice allows; 0 where there is none."""
    allowed = f"{either(ITEM, QUALITY + '[Item]')}*{either(MARKET, QUALITY + '[Market]')}"
    dearest = f"SUMPRODUCT(MAX({allowed}*{QUALITY}[Annual value]))"
    is_series = f'({QUALITY}[Item]<>"")'
    return row_where(QUALITY, "Item", f"{allowed}*{is_series}*({QUALITY}[Annual value]={dearest})")


def message_formula() -> str:
    """What heads the page: item and market, or why nothing is shown."""
    name = f'INDEX({QUALITY}[Name],shown_row)&""'
    none = f'IF({ITEM}&{MARKET}="","{NOT_PLANNED}",{ITEM}&" {NOT_THERE}")'
    return f'IF(shown_row=0,{none},{name}&" ("&shown_item&"), "&shown_market)'


NOT_PLANNED = "Nothing planned yet: run the demand step from Home."
NOT_THERE = "is not planned there: choose another item or market."


def offset_formula(place: int) -> str:
    """Periods from the start of the plan to the period at a place of the window: the past is below 0."""
    return f"{place}-MAX({LEAST_PAST},{PERIODS_SHOWN}-1*{setting('Horizon')})"


def day_formula(offset: str) -> str:
    """The first day of the period that lies so many periods from the start of the plan (a cell)."""
    first = first_day_formula("plan_start").removeprefix("=")
    kind = "MID(plan_start,6,1)"
    return f'IF({kind}="W",{first}+7*{offset},EDATE({first},{offset}*IF({kind}="Q",3,1)))'


def label_formula(day: str) -> str:
    """The label of the period that a day falls in, in the plan's bucket."""
    labels, kind = label_formulas(day), "MID(plan_start,6,1)"
    return f'IF({kind}="W",{labels["week"]},IF({kind}="Q",{labels["quarter"]},{labels["month"]}))'


def line_formula(line: Line, period: str, offset: str, row: str) -> str:
    """The value of a line in a period (a cell with its label); a gap where there is none."""
    if line.is_past:
        table = line.table
        mean = (f"AVERAGEIFS({table}[{line.source.capitalize()}],{table}[Item],shown_item,{table}[Market],shown_market,"
                f'{table}[Period],{period}&"*")')
        return f"IF({offset}>=0,NA(),IFERROR({mean},NA()))"
    cell = f"INDEX({line.table}[],{row},MATCH({period},{line.table}[[#Headers]],0))"
    return f"IF({row}=0,NA(),IFERROR(AVERAGE({cell}),NA()))"


def line_row_formula(line: Line) -> str:
    """The row of a line's measure in its grid; 0 where there is none."""
    condition = f'{same_series(line.table)}*({line.table}[Measure]="{line.source}")'
    return f'IF(shown_row=0,0,{row_where(line.table, "Item", condition)})'


@dataclass(frozen=True)
class ShownSeries:
    """What the formulas of the page give: the values of one series. ``chosen``: named cell -> what stands in it."""

    tables: Tables
    settings: Settings
    chosen: Mapping[str, str]

    @cached_property
    def row(self) -> int:
        """Its row in forecast_quality, from 1; 0 where nothing is shown."""
        quality = self.tables[QUALITY]
        allowed = quality["item"] != ""
        for name, column in ((ITEM, "item"), (MARKET, "market")):
            if self.chosen.get(name):
                allowed &= like(quality[column], self.chosen[name])
        value = quality["annual_value"].fillna(0.0)
        dearest = np.flatnonzero(allowed & (value == value.where(allowed, 0.0).max()))
        return int(dearest[0] + 1) if len(dearest) else 0

    @property
    def item(self) -> str:
        """Its item, '' for none."""
        return str(field_value(self.tables[QUALITY], "item", self.row))

    @property
    def market(self) -> str:
        """Its market, '' for none."""
        return str(field_value(self.tables[QUALITY], "market", self.row))

    @property
    def message(self) -> str:
        """What heads the page."""
        if self.row:
            return f"{field_value(self.tables[QUALITY], 'name', self.row)} ({self.item}), {self.market}"
        item, market = (self.chosen.get(name, "") for name in (ITEM, MARKET))
        return f"{item} {NOT_THERE}" if item or market else NOT_PLANNED

    @property
    def markets(self) -> list[str]:
        """The markets in which its item is planned."""
        quality = self.tables[QUALITY]
        rows = rows_where(like(quality["item"], self.item) & (quality["item"] != ""), MARKETS_OFFERED)
        return [str(field_value(quality, "market", row)) for row in rows]

    def fact(self, column: str) -> Any:
        """One field of its row in forecast_quality."""
        return field_value(self.tables[QUALITY], column, self.row)

    def rows_of(self, table: str) -> list[int]:
        """Its first rows in a list, from 1; 0 for those that there are not."""
        return rows_where(self.of_series(self.tables[table]), LISTED) if self.row else [0] * LISTED

    def of_series(self, frame: pd.DataFrame) -> pd.Series:
        """Which rows of a frame are of the series."""
        return like(frame["item"], self.item) & like(frame["market"], self.market)

    @cached_property
    def offsets(self) -> list[int]:
        """Periods from the start of the plan, for each period of the window."""
        past = max(LEAST_PAST, PERIODS_SHOWN - self.settings.horizon)
        return [place - past for place in range(PERIODS_SHOWN)]

    def label_at(self, offset: int) -> str:
        """The label of the period that lies so many periods from the start of the plan."""
        return label(self.settings.periods.index[0] + offset, self.settings.bucket)

    def day_at(self, offset: int) -> int:
        """Its first day, as spreadsheets count."""
        return first_day(self.label_at(offset))

    def line_row(self, line: Line) -> int:
        """The row of a line's measure in its grid, from 1; 0 where there is none."""
        frame = self.tables[line.table]
        return rows_where(self.of_series(frame) & (frame["measure"] == line.source), 1)[0] if self.row else 0

    def line_values(self, line: Line, offsets: list[int]) -> list[Any]:
        """The values of a line; a gap where there is none."""
        if line.is_past:
            rows = self.tables[line.table]
            rows = rows[self.of_series(rows)] if self.row else rows.head(0)
            known = rows.groupby("period")[line.source].mean()
            return [gap(known.get(self.label_at(offset), np.nan) if offset < 0 else np.nan) for offset in offsets]
        row = self.line_row(line)
        if not row:
            return [gap(np.nan)] * len(offsets)
        cells = self.tables[line.table].iloc[row - 1]
        return [gap(cells.get(self.label_at(offset), np.nan)) for offset in offsets]


def nth_row(table: str, position: int) -> str:
    """The row of a list that is the n-th of the series shown, without ``=``; 0 where there are not so many."""
    return f'IF(shown_row=0,0,{row_where(table, "Item", same_series(table), position)})'


def market_formula(position: int) -> str:
    """The n-th market in which the item is planned."""
    row = row_where(QUALITY, "Item", f"({QUALITY}[Item]=shown_item)", position)
    return f'IF(shown_row=0,"",IFERROR(INDEX({QUALITY}[Market],1/(1/{row}))&"",""))'

