"""The data dictionary: every table, column and measure in a row of its own, from the declarations."""

from __future__ import annotations

import pandas as pd

from sopxl.records import DATA_DICTIONARY
from sopxl.schema import PlanGrid, Table, conform
from sopxl.settings import SETTINGS
from sopxl.tables import TABLES
from sopxl.workbook.template.notes import KIND_WORDS, OWNER_WORDS, column_rule


def data_dictionary(currency: str, bucket: str) -> pd.DataFrame:
    """The rows of the table ``data_dictionary``, with currency and bucket put into the units."""
    rows = [row for table in TABLES.values() for row in (*_columns(table), *_measures(table))]
    frame = pd.DataFrame(rows)
    for placeholder, word in (("{currency}", currency), ("{bucket}", bucket)):
        frame["unit"] = frame["unit"].str.replace(placeholder, word, regex=False)
    return conform(DATA_DICTIONARY, frame)


def _columns(table: Table) -> list[dict[str, str]]:
    return [
        {
            "table": table.title,
            "column": column.heading,
            "kind": KIND_WORDS[column.kind],
            "unit": column.unit,
            "written_by": OWNER_WORDS["result" if table is SETTINGS and column.name != "value" else table.owner],
            "meaning": column.description,
            "rule": " ".join(filter(None, ("Key." if column.name in table.key else "", column_rule(column)))),
        }
        for column in table.columns
    ]


def _measures(table: Table) -> list[dict[str, str]]:
    if not isinstance(table, PlanGrid):
        return []
    return [
        {
            "table": table.title,
            "column": measure.name,
            "kind": KIND_WORDS[measure.kind],
            "unit": measure.unit,
            "written_by": OWNER_WORDS[measure.owner],
            "meaning": measure.description,
            "rule": formula_in_words(measure.formula, measure.first),
        }
        for measure in table.measures
    ]


def formula_in_words(formula: str, first: str = "") -> str:
    """A declared formula for reading; it must not look like one to Excel, so it starts with 'Formula:'."""
    if not formula:
        return ""
    start = f" First period: {first}" if first else ""
    return f"Formula: {formula}{start}"
