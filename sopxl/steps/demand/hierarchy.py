"""The levels of demand: total, families, markets, families in markets, items; forecast beside the series themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sopxl.steps.demand.forecasting.reconciliation import Groups
from sopxl.steps.demand.history import History
from sopxl.steps.demand.tables import DEMAND_LEVELS

LEVELS: dict[str, tuple[str, ...]] = {
    "total": (),
    "family": ("family",),
    "market": ("market",),
    "family and market": ("family", "market"),
    "item": ("item",),
}
"""Level -> the columns of the series by which it adds up; top-down starts at the first, middle-out at the second."""


@dataclass(frozen=True)
class Hierarchy:
    """The groups over S series: ``nodes`` has a row per group (level, item, name, family, market), level by level."""

    nodes: pd.DataFrame
    groups: Groups


def build_hierarchy(series: pd.DataFrame) -> Hierarchy:
    """The levels over the series (S rows with item, name, family, market)."""
    codes, nodes = [], []
    for level, by in LEVELS.items():
        columns = list(by)
        numbered = series.groupby(columns, sort=True).ngroup() if by else pd.Series(0, index=series.index)
        first = series.groupby(numbered.to_numpy()).first()
        shown = [*columns, "name", "family"] if level == "item" else columns
        nodes.append(first.reindex(columns=shown).assign(level=level))
        codes.append(numbered.to_numpy(int))
    frame = pd.concat(nodes, ignore_index=True).reindex(columns=DEMAND_LEVELS.column_names).fillna("").astype("str")
    return Hierarchy(frame, Groups(tuple(codes)))


def with_levels(history: History, hierarchy: Hierarchy) -> History:
    """The history of the series and, below them, of every group: S + groups rows.

    A group is known from its first series' start on. The groups of a level are forecast as if they were the items of
    one family of that level, so that they lend each other their season.
    """
    known = (~np.isnan(history.quantity)).astype(float)
    total = np.where(hierarchy.groups.add_up(known) > 0, hierarchy.groups.add_up(history.quantity), np.nan)
    nodes = hierarchy.nodes
    frame = pd.DataFrame({
        "item": nodes["item"], "market": nodes["market"], "name": nodes["name"], "status": "active", "like": -1,
        "family": nodes["level"], "channel": nodes["level"], "like_item": "", "first_sales_period": "",
        "last_sales_period": "",
    })
    series = pd.concat([history.series, frame.reindex(columns=history.series.columns)], ignore_index=True)
    quantity, sold, returned = (
        np.concatenate([own, above])
        for own, above in ((history.quantity, total), (history.sold, total), (history.returned, np.zeros_like(total)))
    )
    return replace(history, series=series, quantity=quantity, sold=sold, returned=returned)
