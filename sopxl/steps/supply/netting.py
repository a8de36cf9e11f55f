"""Netting of one level of nodes: from gross requirements to planned order receipts, and these over the sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.steps.supply.lots import LotTerms, make_lots, round_lots
from sopxl.steps.supply.network import Network

NOISE = 1e-9


def net_requirements(on_hand: np.ndarray, gross: np.ndarray, receipts: np.ndarray, safety: np.ndarray) -> np.ndarray:
    """What stock and scheduled receipts do not cover, when it is needed (nodes x periods).

    Stock is used by date over all users, and stands at safety stock or above at the end of every period.
    """
    short = safety + (gross - receipts).cumsum(axis=1) - on_hand[:, None]
    needed = np.maximum(np.maximum.accumulate(short, axis=1), 0.0)
    net = np.diff(needed, axis=1, prepend=0.0)
    return np.where(net > NOISE * (1.0 + needed), net, 0.0)


def planned_receipts(network: Network, nodes: np.ndarray, net: np.ndarray, usual_buy: np.ndarray) -> np.ndarray:
    """Lots of these nodes by their rules, minimum and multiple; where the usual source is a supplier, by his too.

    ``usual_buy``: position of that purchase for each node of the network, -1 where it is none.
    """
    table = network.nodes.iloc[nodes]
    terms = LotTerms(
        network.order_cost[nodes], table["holding_cost"].to_numpy(float), table["lot_size"].to_numpy(float),
        table["lot_periods"].to_numpy(float),
    )
    lots = make_lots(table["lot_rule"].to_numpy(object), net, terms)
    lots = round_lots(lots, table["minimum_lot"].to_numpy(float), table["lot_multiple"].to_numpy(float))
    buy = usual_buy[nodes]
    bought = np.flatnonzero(buy >= 0)
    terms_of = network.buys.iloc[buy[bought]]
    lots[bought] = round_lots(
        lots[bought], terms_of["minimum_order"].to_numpy(float), terms_of["order_multiple"].to_numpy(float)
    )
    return lots


@dataclass(frozen=True)
class SourceList:
    """All sources that the requirements plan draws on, in the order of use at each node.

    kind ('make', 'buy', 'move'), position (in the network's makes, buys or moves), node, order (0 is the usual
    source), lead; limit (sources x periods): most new receipts, inf where there is none.
    """

    table: pd.DataFrame
    limit: np.ndarray

    def usual(self, kind: str, count: int) -> np.ndarray:
        """Position of the usual source of each of ``count`` nodes where it is of this kind, else -1."""
        chosen = self.table[(self.table["order"] == 0) & (self.table["kind"] == kind)]
        position = np.full(count, -1)
        position[chosen["node"]] = chosen["position"]
        return position


def list_sources(network: Network) -> SourceList:
    """The sources of every node: making first, then suppliers by priority, then lanes by cost and lead time.

    Suppliers who take no orders are left out; what is on order already counts against a supplier's capacity.
    A make takes no new orders for starts that the planner has fixed.
    """
    buys, moves = network.buys, network.moves
    parts = [
        pd.DataFrame({"kind": "make", "node": network.makes["node"], "lead": network.makes["lead"]}),
        pd.DataFrame({"kind": "buy", "node": buys["node"], "lead": buys["lead"], "first": buys["priority"],
                      "second": buys["unit_price"]}).loc[~(buys["capacity"] <= 0)],
        pd.DataFrame({"kind": "move", "node": moves["to_node"], "lead": moves["lead"], "first": moves["unit_cost"],
                      "second": moves["lead"]}).loc[moves["usual"].astype(bool) & ~(moves["capacity"] <= 0)],
    ]
    rank = {"make": 0, "buy": 1, "move": 2}
    table = pd.concat([part.rename_axis("position").reset_index() for part in parts], ignore_index=True)
    table = table.assign(rank=table["kind"].map(rank)).sort_values(
        ["node", "rank", "first", "second"], kind="stable"
    ).reset_index(drop=True)
    table["order"] = table.groupby("node").cumcount()
    return SourceList(table, _limits(network, table))


def _limits(network: Network, table: pd.DataFrame) -> np.ndarray:
    """Most new receipts of each source: sources x periods."""
    limit = np.full((len(table), network.demand.shape[1]), np.inf)
    position = table["position"].to_numpy(int)
    bought, moved, made = ((table["kind"] == kind).to_numpy() for kind in ("buy", "move", "make"))
    capacity = network.buys["capacity"].fillna(np.inf).to_numpy(float)[position[bought], None]
    limit[bought] = np.maximum(capacity - network.open_purchases[position[bought]], 0.0)
    limit[moved] = network.moves["capacity"].fillna(np.inf).to_numpy(float)[position[moved], None]
    fixed = ~np.isnan(network.firm_production[position[made]])
    start = np.maximum(np.arange(limit.shape[1]) - table["lead"].to_numpy(int)[made][:, None], 0)
    limit[made] = np.where(np.take_along_axis(fixed, start, axis=1), 0.0, np.inf)
    return limit


def move_off_closed(lots: np.ndarray, is_open: np.ndarray) -> np.ndarray:
    """Lots moved out of periods that take none: to the nearest open one before, else to the next one after."""
    moved = lots.copy()
    for period in range(lots.shape[1] - 1, 0, -1):
        closed = ~is_open[:, period]
        moved[closed, period - 1] += moved[closed, period]
        moved[closed, period] = 0.0
    for period in range(lots.shape[1] - 1):
        closed = ~is_open[:, period]
        moved[closed, period + 1] += moved[closed, period]
        moved[closed, period] = 0.0
    return np.where(is_open, moved, 0.0)


def split_over_sources(sources: SourceList, rows: np.ndarray, nodes: np.ndarray, lots: np.ndarray) -> np.ndarray:
    """Receipts of the sources in ``rows`` (sources x periods) that bring these lots (nodes x periods).

    Each source takes what it can and leaves the rest to the next; what none can take stays with the usual source
    that is open, because requirements are shown limits or not.
    """
    table = sources.table.iloc[rows]
    at = pd.Index(nodes).get_indexer(pd.Index(table["node"]))
    receipts = np.zeros((len(rows), lots.shape[1]))
    left = lots.copy()
    for order in range(int(table["order"].max()) + 1 if len(rows) else 0):
        chosen = np.flatnonzero(table["order"] == order)
        receipts[chosen] = np.minimum(left[at[chosen]], sources.limit[rows[chosen]])
        left[at[chosen]] -= receipts[chosen]
    usual = np.flatnonzero(table["order"] == 0)
    closed = (table["kind"].to_numpy() == "make")[:, None] & (sources.limit[rows] == 0)
    receipts[usual] += np.where(closed[usual], 0.0, left[at[usual]])
    return receipts
