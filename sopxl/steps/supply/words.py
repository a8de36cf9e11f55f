"""How the supply steps tell planners amounts and lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd


def amount(value: float) -> str:
    """A quantity as planners read it."""
    return f"{value:,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:,.1f}"


def few_units(value: float) -> str:
    """A number of units that may be a fraction of one, by two digits."""
    number = f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"
    return f"{number} unit{'' if number == '1' else 's'}"


def listed(parts: Sequence[str], most: int) -> str:
    """The first parts, and how many more there are."""
    more = [f"{len(parts) - most} more"] if len(parts) > most else []
    return "; ".join([*parts[:most], *more])


def first_rows(rows: pd.DataFrame, most: int, adds: Sequence[str], **last: Any) -> pd.DataFrame:
    """The first so many rows; where there are more, a last row that adds up these columns over all the others.

    ``last``: what its text columns say, with {count} for how many rows it stands for; those left out are empty.
    """
    if len(rows) <= most:
        return rows
    others = rows.iloc[most:]
    texts = {name: text.format(count=f"{len(others):,}") for name, text in last.items()}
    total = pd.DataFrame([{**texts, **{name: others[name].sum() for name in adds}}])
    return pd.concat([rows.iloc[:most], total], ignore_index=True)
