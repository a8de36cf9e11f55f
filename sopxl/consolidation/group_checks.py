"""What is wrong with the inputs of a group: sources, calendars, pairs and rates; all faults at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sopxl.consolidation.settings import GroupSettings
from sopxl.consolidation.tables import GROUP_RATES, records_of
from sopxl.consolidation.volume_tables import ITEM_LINES
from sopxl.grids import take
from sopxl.schema import Finding, Tables

ROWS_OF_A_SHEET, ROWS_ABOVE = 1_048_576, 20
"""Rows of a spreadsheet, and those left for the title and headings."""


def check_inputs(inputs: Tables, settings: GroupSettings, folder: Path) -> list[Finding]:
    """Every fault of the input tables that their declarations do not say."""
    return [*_files_twice(inputs["group_sources"], folder), *_calendar_faults(inputs["fiscal_calendars"]),
            *_calendars_unknown(inputs, settings), *_pair_faults(inputs)]


def _files_twice(sources: pd.DataFrame, folder: Path) -> Iterator[Finding]:
    """Units that stand twice, and files that two units share."""
    units: dict[str, int] = {}
    files: dict[Path, str] = {}
    for row, source in enumerate(records_of(sources)):
        if not source.unit or not source.include:
            continue
        if units.setdefault(source.unit.lower(), row) != row:
            yield Finding("error", f"{source.unit} stands here a second time, with {source.path}: two files for the "
                          "same unit.", "Keep one row for each unit.", table="group_sources", column="unit", row=row)
        path = (folder / source.path).resolve()
        if files.setdefault(path, source.unit) != source.unit:
            yield Finding("error", f"{source.path} is the file of {files[path]} too.",
                          "Give each unit its own plan workbook.", table="group_sources", column="path", row=row)


def _calendar_faults(calendars: pd.DataFrame) -> Iterator[Finding]:
    """Periods that end before they begin, and days that two periods of a calendar have or none."""
    for name, rows in calendars.groupby("calendar"):
        ordered = rows.sort_values("first_day")
        last = None
        for row in records_of(ordered):
            place: dict[str, Any] = {"table": "fiscal_calendars", "column": "first_day", "row": int(row.Index)}
            if pd.isna(row.first_day) or pd.isna(row.last_day) or row.last_day < row.first_day:
                yield Finding("error", f"{row.period} of {name} does not end after it begins.",
                              "Correct its first and last day.", **place)
            elif last is not None and (row.first_day - last).days != 1:
                yield Finding("error", f"{row.period} of {name} does not begin on the day after the period before it.",
                              "Let each day lie in one period.", **place)
            last = row.last_day


def _calendars_unknown(inputs: Tables, settings: GroupSettings) -> Iterator[Finding]:
    """Calendars that are named and not declared."""
    known = set(inputs["fiscal_calendars"]["calendar"].str.lower())
    if settings.calendar and settings.calendar.lower() not in known:
        yield Finding("error", f"Calendar: '{settings.calendar}' is not in fiscal calendars.",
                      "Enter its periods there, or clear the setting.", table="group_settings")
    for row, name in enumerate(inputs["group_sources"]["calendar"]):
        if name and name.lower() not in known:
            yield Finding("error", f"'{name}' is not in fiscal calendars.",
                          "Enter its periods there, or clear the cell.", table="group_sources",
                          column="calendar", row=row)


def _pair_faults(inputs: Tables) -> Iterator[Finding]:
    """Pairs of a unit with itself, and of units that are not in the list of sources."""
    units = set(inputs["group_sources"]["unit"].str.lower())
    margins: dict[tuple[str, str], float] = {}
    for row, pair in enumerate(records_of(inputs["intercompany_pairs"])):
        if pair.seller.lower() == pair.buyer.lower():
            yield Finding("error", f"{pair.seller} cannot trade with itself.", "Correct the seller or the buyer.",
                          table="intercompany_pairs", column="buyer", row=row)
        if margins.setdefault((pair.seller.lower(), pair.buyer.lower()), pair.margin) != pair.margin:
            yield Finding("error", f"{pair.seller} and {pair.buyer} have two margins.", "Enter the same margin in all "
                          "rows of the two, say the one of all that is sold.", table="intercompany_pairs",
                          column="margin", row=row)
        for column in ("seller", "buyer"):
            if getattr(pair, column).lower() not in units:
                yield Finding("error", f"'{getattr(pair, column)}' is not in group sources.",
                              "Correct it, or add the unit.", table="intercompany_pairs", column=column, row=row)


def check_items(items: int) -> Iterator[Finding]:
    """A finding where there are more items, all units together, than a sheet has rows for."""
    most = (ROWS_OF_A_SHEET - ROWS_ABOVE) // len(ITEM_LINES.measures)
    if items > most:
        yield Finding("error", f"The units have {items:,} items with volume, all together; a sheet takes {most:,}.",
                      "Set Items to no, or join fewer units in one group workbook.", table="group_settings")


def check_rates(
    entered: pd.DataFrame, rates: pd.DataFrame, currencies: Mapping[str, str], settings: GroupSettings
) -> Iterator[Finding]:
    """A finding for each rate that a unit's currency needs and nobody entered.

    ``entered``: the grid as it stands in the workbook (for the cell), ``rates``: with the rates in force;
    ``currencies``: unit -> currency.
    """
    labels = settings.periods.labels
    for currency in sorted({*currencies.values()} - {settings.currency.upper()}):
        units = ", ".join(unit for unit, of_unit in currencies.items() if of_unit == currency)
        for measure in ("Average", "Closing"):
            in_force = take(GROUP_RATES, rates, f"{measure} rate", labels).loc[currency].to_numpy(float)
            missing = [label for label, rate in zip(labels, np.nan_to_num(in_force), strict=True) if rate <= 0]
            if missing:
                rows = np.flatnonzero((entered.get("currency") == currency) & (entered.get("measure") == measure))
                yield Finding(
                    "error", f"There is no {measure.lower()} rate of {currency} for {missing[0]}"
                    f"{f' to {missing[-1]}' if len(missing) > 1 else ''}; {units} needs it.",
                    "Enter it in Group rates; a rate holds until the next one.", table="group_rates",
                    column=missing[0], row=int(rows[0]) if len(rows) else None)
