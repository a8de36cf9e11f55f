"""Rows added to a table, or changed in it, on a copy: what planners entered stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sopxl.schema import Table, Tables, conform
from sopxl.settings import SETTINGS


def with_rows(table: Table, frame: pd.DataFrame, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The frame of a declared table with these rows below; a column that a row does not have takes its default."""
    if not rows:
        return frame
    added = conform(table, pd.DataFrame(rows))
    return pd.concat([frame, added], ignore_index=True) if len(frame) else added


def changed_rows(frame: pd.DataFrame, changes: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    """The frame with new values in some cells: position of the row -> column -> value."""
    if not changes:
        return frame
    columns = sorted({name for row in changes.values() for name in row})
    values: dict[str, list[Any]] = {name: frame[name].tolist() for name in columns}
    for row, cells in changes.items():
        for name, value in cells.items():
            values[name][row] = value
    new = {name: pd.Series(cells, index=frame.index, dtype=frame[name].dtype) for name, cells in values.items()}
    return frame.assign(**new)


def with_setting(tables: Tables, name: str, value: str) -> Tables:
    """The tables with another value of a setting; ``name`` is the field's."""
    frame = tables["settings"]
    title = name.replace("_", " ").capitalize()
    others = frame[frame["setting"].str.strip().str.lower() != title.lower()]
    row = conform(SETTINGS, pd.DataFrame([{"setting": title, "value": value}]))
    return {**tables, "settings": pd.concat([others, row], ignore_index=True)}
