"""Promotions laid over the series: which rows and which columns of history and plan each line of the table concerns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings


@dataclass(frozen=True)
class PromotionCells:
    """One line of the promotions: rows of the series, and columns [first, end) of history and plan side by side."""

    promotion: str
    kind: str
    rows: np.ndarray
    first: int
    end: int
    discount: float
    cost: float
    from_period: str

    def on_rows(self, rows: np.ndarray) -> PromotionCells:
        """The same on other rows."""
        return replace(self, rows=rows)


def promotion_cells(series: pd.DataFrame, tables: Tables, settings: Settings, count: int) -> list[PromotionCells]:
    """The lines of the promotions that concern a series; ``count``: periods of history. Lines without a period are
    left out, as are lines that end before they begin.
    """
    table = tables["promotions"]
    first = positions_of(table["from_period"], settings)
    last = np.where(table["to_period"] == "", first, positions_of(table["to_period"], settings))
    wanted = np.isfinite(first) & np.isfinite(last) & (last >= first) & (first > -(10**6))
    rows_of = _Rows(series)
    found = []
    for place in np.flatnonzero(wanted):
        line = table.iloc[place]
        rows = rows_of.of(line["item"], line["family"], line["market"])
        begin = int(np.clip(first[place] + count, -1, count + settings.horizon))
        end = int(np.clip(last[place] + 1 + count, 0, count + settings.horizon))
        if len(rows):
            found.append(PromotionCells(line["promotion"], line["kind"] or "promotion", rows, begin, end,
                                        min(float(line["discount"]), 0.99), float(line["cost"]), line["from_period"]))
    return found


class _Rows:
    """Finds the series that an item, a family and a market name; an empty text names all."""

    def __init__(self, series: pd.DataFrame) -> None:
        self.all = np.arange(len(series))
        self.places = {name: series.groupby(name).indices for name in ("item", "family", "market")}

    def of(self, item: str, family: str, market: str) -> np.ndarray:
        """Rows of the series; the family counts only where no item is named."""
        rows = self.all
        named = {"item": item} if item else {"family": family}
        for name, value in {**named, "market": market}.items():
            if value:
                rows = np.intersect1d(rows, self.places[name].get(value, np.zeros(0, dtype=int)))
        return rows


def rows_of(series: pd.DataFrame, lines: pd.DataFrame) -> list[np.ndarray]:
    """Rows of the series for each line's ``item`` and ``market`` (empty: all)."""
    rows = _Rows(series)
    return [rows.of(item, "", market) for item, market in zip(lines["item"], lines["market"], strict=True)]


