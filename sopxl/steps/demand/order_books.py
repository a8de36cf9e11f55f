"""Order books of earlier plans: how much of a period's demand is usually ordered when it begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.history import History, orders_in_hand, rows_of_pairs
from sopxl.steps.demand.snapshots import ORDERS

LEAST_BOOKS = 3
"""Order books of periods that are over, from which the usual share is taken."""
LEAST_SHARE = 0.1
"""Below this share of demand, orders tell nothing of the rest."""


@dataclass(frozen=True)
class OrderBooks:
    """Orders due in the first period of each plan: ``positions`` C (0: this plan's), ``orders`` C x S units.

    ``history``: what was sold then; series of a channel share what is usual.
    """

    positions: np.ndarray
    orders: np.ndarray
    history: History

    def expected_at(self, position: int) -> np.ndarray:
        """S units that the order book of the plan at this position leads to; NaN where it tells nothing.

        Orders over the share of demand that was ordered, at the same time, in the periods that were over by then.
        """
        count = self.history.sold.shape[1]
        here = np.flatnonzero(self.positions == position)
        earlier = (self.positions < position) & (self.positions >= -count)
        if not len(here) or earlier.sum() < LEAST_BOOKS:
            return np.full(len(self.history.series), np.nan)
        sold = np.nan_to_num(self.history.sold[:, (count + self.positions[earlier]).astype(int)]).sum(axis=1)
        share = _share_by(self.orders[earlier].sum(axis=0), sold, self.history.series["channel"])
        return np.asarray(np.where(share >= LEAST_SHARE, self.orders[here[0]] / np.maximum(share, LEAST_SHARE), np.nan))


def read_order_books(tables: Tables, settings: Settings, history: History) -> OrderBooks:
    """The order books that snapshots of earlier plans kept, and the present one."""
    kept = tables["demand_snapshots"]
    cycle = positions_of(kept["cycle"], settings)
    positions = np.unique(cycle[cycle < 0])
    orders = np.zeros((len(positions), len(history.series)))
    books = kept[(kept["stage"] == ORDERS).to_numpy(bool) & (cycle < 0)]
    place = np.searchsorted(positions, positions_of(books["cycle"], settings))
    row = rows_of_pairs(history.series, books[["item", "market"]])
    known = row >= 0
    np.add.at(orders, (place[known], row[known]), np.nan_to_num(books["lag_1"].to_numpy(float)[known]))
    present = orders_in_hand(tables, settings, history.series)[:, :1]
    return OrderBooks(np.append(positions, 0.0), np.concatenate([orders, present.T]), history)


def _share_by(ordered: np.ndarray, sold: np.ndarray, channel: pd.Series) -> np.ndarray:
    """S: orders over sales of the series' channel; 0 where nothing was sold."""
    sums = pd.DataFrame({"ordered": ordered, "sold": sold}).groupby(channel.to_numpy()).transform("sum")
    total = sums["sold"].to_numpy(float)
    return np.asarray(np.where(total > 0, sums["ordered"].to_numpy(float) / np.where(total > 0, total, 1.0), 0.0))
