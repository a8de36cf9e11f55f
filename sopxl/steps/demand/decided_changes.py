"""What strategic initiatives change in demand, on top of forecast, drivers and launches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.tables import DEMAND_CHANGES, planning_markets

SCOPE = ("item", "family", "market")


def decided_changes(expected: np.ndarray, series: pd.DataFrame, tables: Tables) -> np.ndarray:
    """S x H units by which the expected demand (S x H) changes, row after row of ``demand_changes``.

    Percent count of what the rows before have left; units are shared out over all that the row covers in proportion
    to what is expected there, equally where nothing is.
    """
    total = expected.copy()
    period = np.arange(expected.shape[1])
    for row in _rows(tables).to_dict("records"):
        covers = np.all([(series[name] == row[name]) | (row[name] == "") for name in SCOPE], axis=0)
        when = (period >= row["first"]) & (period <= row["last"])
        if covers.any():
            here = total[covers]
            total[covers] = np.maximum(here + when * (
                here * row["amount"] / 100.0 if row["is_percent"] else row["amount"] * _proportions(here)), 0.0)
    return np.asarray(total - expected)


def _proportions(expected: np.ndarray) -> np.ndarray:
    """Share of each series in every period; the same for all where nothing is expected."""
    positive = np.maximum(expected, 0.0)
    whole = positive.sum(axis=0)
    return np.where(whole > 0, positive / np.where(whole > 0, whole, 1.0), 1.0 / len(expected))


def newly_sold_pairs(tables: Tables, settings: Settings) -> pd.DataFrame:
    """Active items and planning markets in which initiatives will sell them: item, market."""
    rows, items = _rows(tables), tables["items"]
    known = rows["market"].isin(set(planning_markets(tables["markets"], settings.market_level)))
    active = rows["item"].isin(items.loc[items["status"] == "active", "item"])
    return rows.loc[known & active & (rows["amount"] > 0) & ~rows["is_percent"], ["item", "market"]]


def _rows(tables: Tables) -> pd.DataFrame:
    """The changes, none where no initiative has laid any over the tables."""
    return tables.get(DEMAND_CHANGES.name, DEMAND_CHANGES.empty_frame())
