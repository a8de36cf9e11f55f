"""Live cells of the pages that show a part of the plan: a formula and the value that it has now, said together.

Rows are looked up by what stands in them, never by where they stand, so pages stay right when lists are sorted or
filtered. The functions used are those that Excel 2016 and LibreOffice 7 both calculate without array entry. To look
something up in another way, add a function that gives the formula (without ``=``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sopxl.file_engine import CellError

NOTHING = CellError("#N/A")
"""What a cell shows where a chart shall have a gap."""


def row_where(table: str, column: str, condition: str, position: int = 0) -> str:
    """The row, from 1, in which a condition holds for the n-th time (0 the first); 0 where it holds less often.

    ``condition``: a product over columns of the table; ``column``: the heading of any of its columns.
    """
    row = f"(ROW({table}[{column}])-ROW({table}[[#Headers],[{column}]]))"
    return f"IFERROR(SUMPRODUCT(LARGE({condition}*{row},SUMPRODUCT(1*{condition})-{position})),0)"


def field(table: str, heading: str, row: str, unknown: str = "") -> str:
    """One field of a row; nothing where the row is 0, ``unknown`` where the field is empty."""
    found = f"INDEX({table}[{heading}],{row})"
    return f'IF(N({row})=0,"",IF({found}="","{unknown}",{found}))'


def either(name: str, column: str) -> str:
    """A condition over a column that holds everywhere while the named cell is empty."""
    return f'((({name}="")+({column}={name}))>0)'


def field_value(frame: pd.DataFrame, column: str, row: int, unknown: str = "") -> Any:
    """What :func:`field` shows: ``row`` from 1, 0 for none."""
    if not 0 < row <= len(frame):
        return ""
    value = shown(frame[column].iloc[row - 1])
    return unknown if value == "" else value


def shown(value: Any) -> Any:
    """A value as a cell shows it: nothing for NaN, yes and no for flags, plain numbers."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return "" if value is None or value != value else float(value)


def gap(value: Any) -> Any:
    """A value for a chart: a gap for what is not known."""
    return NOTHING if value != value else float(value)


def rows_where(mask: Sequence[bool] | np.ndarray | pd.Series, count: int) -> list[int]:
    """The first ``count`` rows, from 1, in which the mask holds; 0 for those that there are not."""
    found = (np.flatnonzero(np.asarray(mask, dtype=bool)) + 1).tolist()[:count]
    return [*found, *[0] * (count - len(found))]


def like(values: pd.Series, wanted: str) -> pd.Series:
    """Whether texts are the same to a spreadsheet, which knows no capitals."""
    return values.astype("str").str.lower() == wanted.lower()
