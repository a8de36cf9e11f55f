"""Netting of one level of nodes: from gross requirements to planned order receipts, and these over the sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.steps.supply.figures import add_rows
from sopxl.steps.supply.lots import LotTerms, make_lots, round_lots
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.price_breaks import economic_lots
from sopxl.steps.supply.settled import room_for_starts

NOISE = 1e-9
RANK = {"make": 0, "buy": 1, "move": 2}


def net_requirements(on_hand: np.ndarray, gross: np.ndarray, receipts: np.ndarray, safety: np.ndarray) -> np.ndarray:
    """What stock and scheduled receipts do not cover, when it is needed (nodes x periods).

    Stock is used by date over all users, and stands at safety stock or above at the end of every period.
    """
    short = safety + (gross - receipts).cumsum(axis=1) - on_hand[:, None]
    needed = np.maximum(np.maximum.accumulate(short, axis=1), 0.0)
    net = np.diff(needed, axis=1, prepend=0.0)
    return np.where(net > NOISE * (1.0 + needed), net, 0.0)


def bring_forward(net: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Net requirements ``ahead`` periods (per node) before they arise: the safety time of receipts.

    What would be before the first period stands in the first.
    """
    late = np.flatnonzero(ahead > 0)
    if not len(late) or not net.shape[1]:
        return net
    moved = net.copy()
    moved[late] = 0.0
    period = np.maximum(np.arange(net.shape[1]) - ahead[late][:, None], 0)
    np.add.at(moved, (late[:, None], period), net[late])
    return moved


def planned_receipts(network: Network, nodes: np.ndarray, net: np.ndarray, usual_buy: np.ndarray) -> np.ndarray:
    """Lots of these nodes by their rules, minimum and multiple; where the usual source is a supplier, by his too.

    ``usual_buy``: position of that purchase for each node of the network, -1 where it is none.
    """
    table = network.nodes.iloc[nodes]
    lots = make_lots(table["lot_rule"].to_numpy(object), net, _terms(network, table, nodes, net, usual_buy[nodes]))
    lots = round_lots(lots, table["minimum_lot"].to_numpy(float), table["lot_multiple"].to_numpy(float))
    buy = usual_buy[nodes]
    bought = np.flatnonzero(buy >= 0)
    lots[bought] = round_to_terms(network, buy[bought], lots[bought])
    return lots


def round_to_terms(network: Network, buy: np.ndarray, lots: np.ndarray) -> np.ndarray:
    """Lots (buys x periods) of at least the supplier's minimum order, in his multiples."""
    terms = network.buys.iloc[buy]
    return round_lots(lots, terms["minimum_order"].to_numpy(float), terms["order_multiple"].to_numpy(float))


def _terms(network: Network, table: pd.DataFrame, nodes: np.ndarray, net: np.ndarray, buy: np.ndarray) -> LotTerms:
    """What the lot rules of these nodes decide by."""
    order_cost, holding = network.order_cost[nodes], table["holding_cost"].to_numpy(float)
    if not net.size:
        return LotTerms(order_cost, holding, table["lot_size"].to_numpy(float), table["lot_periods"].to_numpy(float))
    return LotTerms(
        order_cost, holding, table["lot_size"].to_numpy(float), table["lot_periods"].to_numpy(float),
        economic_lots(network, buy, net.mean(axis=1), order_cost.mean(axis=1), holding),
    )


@dataclass(frozen=True)
class SourceList:
    """All sources that the requirements plan draws on, by node and, at each node, in the order of use.

    Arrays per source: rank (of its kind, see RANK), position (in the network's makes, buys or moves), node, order (0
    is the usual source), lead, quota (NaN: none), yield_rate (good units per unit released). limit (sources x
    periods): most new receipts by capacity; room (sources x periods): most by dates and fences, which requirements
    keep, inf where there is none; node_room (nodes x periods): that of all sources of a node, inf where it has none.
    """

    rank: np.ndarray
    position: np.ndarray
    node: np.ndarray
    order: np.ndarray
    lead: np.ndarray
    quota: np.ndarray
    yield_rate: np.ndarray
    limit: np.ndarray
    room: np.ndarray
    node_room: np.ndarray

    @property
    def table(self) -> pd.DataFrame:
        """The list as a frame: kind, position, node, order, lead, quota and yield_rate."""
        kinds = np.array(list(RANK), dtype=object)[self.rank]
        return pd.DataFrame({"kind": kinds, "position": self.position, "node": self.node, "order": self.order,
                             "lead": self.lead, "quota": self.quota, "yield_rate": self.yield_rate})

    def usual(self, kind: str, count: int) -> np.ndarray:
        """Position of the usual source of each of ``count`` nodes where it is of this kind, else -1.

        Where sources have quotas no one of them is usual.
        """
        chosen = (self.order == 0) & (self.rank == RANK[kind]) & ~np.isin(self.node, self.node[self.quota > 0])
        position = np.full(count, -1)
        position[self.node[chosen]] = self.position[chosen]
        return position


def list_sources(network: Network) -> SourceList:
    """The sources of every node: making first, then suppliers, then lanes, each by priority and cost.

    Suppliers who take no orders are left out; what is on order already counts against a supplier's capacity.
    A make takes no new orders for starts that the planner or a fence has fixed, nor while its routing is closed.
    """
    makes, buys, moves = network.makes, network.buys, network.moves
    parts = [
        pd.DataFrame({"kind": "make", "node": makes["node"], "lead": makes["lead"], "first": makes["priority"],
                      "yield_rate": makes["yield_rate"]}),
        pd.DataFrame({"kind": "buy", "node": buys["node"], "lead": buys["lead"], "first": buys["priority"],
                      "second": buys["unit_price"], "quota": buys["quota"]}).loc[~(buys["capacity"] <= 0)],
        pd.DataFrame({"kind": "move", "node": moves["to_node"], "lead": moves["lead"],
                      "first": moves["priority"], "second": moves["unit_cost"], "third": moves["lead"],
                      "quota": moves["quota"]})
        .loc[moves["usual"].astype(bool) & ~(moves["capacity"] <= 0)],
    ]
    table = pd.concat([part.rename_axis("position").reset_index() for part in parts], ignore_index=True)
    table = table.assign(rank=table["kind"].map(RANK), yield_rate=table["yield_rate"].fillna(1.0)).sort_values(
        ["node", "rank", "first", "second", "third"], kind="stable"
    ).reset_index(drop=True)
    node = table["node"].to_numpy(int)
    limit, room = _capacity(network, table), _room(network, table)
    return SourceList(
        table["rank"].to_numpy(int), table["position"].to_numpy(int), node,
        np.arange(len(table)) - np.searchsorted(node, node, side="left"), table["lead"].to_numpy(int),
        table["quota"].to_numpy(float), table["yield_rate"].to_numpy(float), np.minimum(limit, room), room,
        _node_room(len(network.nodes), node, room),
    )


def _node_room(count: int, node: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Room of all sources of each of ``count`` nodes together (nodes x periods); inf where a node has none."""
    total = np.full((count, room.shape[1]), np.inf)
    total[node] = 0.0
    add_rows(total, node, room)
    return total


def _capacity(network: Network, table: pd.DataFrame) -> np.ndarray:
    """Most new receipts of each source by its capacity: sources x periods."""
    limit = np.full((len(table), network.demand.shape[1]), np.inf)
    position = table["position"].to_numpy(int)
    bought, moved = ((table["kind"] == kind).to_numpy() for kind in ("buy", "move"))
    capacity = network.buys["capacity"].fillna(np.inf).to_numpy(float)[position[bought], None]
    limit[bought] = np.maximum(capacity - network.open_purchases[position[bought]], 0.0)
    limit[moved] = network.moves["capacity"].fillna(np.inf).to_numpy(float)[position[moved], None]
    return limit


def _room(network: Network, table: pd.DataFrame) -> np.ndarray:
    """Most new receipts of each source by dates and fences: sources x periods.

    Makes and moves are open by the period in which they start, which for what is past due is the first.
    """
    room = np.full((len(table), network.demand.shape[1]), np.inf)
    if not room.shape[1]:
        return room
    position = table["position"].to_numpy(int)
    made, bought, moved = ((table["kind"] == kind).to_numpy() for kind in ("make", "buy", "move"))
    ahead = np.arange(room.shape[1]) - table["lead"].to_numpy(int)[:, None]
    start = np.maximum(ahead, 0)
    starts = np.take_along_axis(room_for_starts(network)[position[made]], start[made], axis=1)
    starts = np.where(np.isfinite(starts) & (ahead[made] < 0), 0.0, starts)
    room[made] = starts * table["yield_rate"].to_numpy(float)[made, None]
    if network.buy_open is not None:
        room[bought] = np.where(network.buy_open[position[bought]], np.inf, 0.0)
    if network.move_open is not None:
        leaves = np.take_along_axis(network.move_open[position[moved]], start[moved], axis=1)
        room[moved] = np.where(leaves, np.inf, 0.0)
    return room


def fit_into_room(lots: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Lots within the room of each period: what is too much goes to the nearest period before, else to the next after.

    What there is no room for in the whole horizon is left out.
    """
    fitted = lots.copy()
    last = lots.shape[1] - 1
    for period, neighbour in [*((one, one - 1) for one in range(last, 0, -1)),
                              *((one, one + 1) for one in range(last))]:
        over = np.maximum(fitted[:, period] - room[:, period], 0.0)
        fitted[:, neighbour] += over
        fitted[:, period] -= over
    return np.asarray(np.minimum(fitted, room))


def split_over_sources(sources: SourceList, rows: np.ndarray, nodes: np.ndarray, lots: np.ndarray) -> np.ndarray:
    """Receipts of the sources in ``rows`` (sources x periods) that bring these lots (nodes x periods).

    Lanes with a quota have their share of all, suppliers with a quota that of all purchases. Else each source takes
    what it can and leaves the rest to the next; what none can take stays with the first that is open, because
    requirements are shown limits or not. ``nodes`` ascend.
    """
    split = _Split(sources, rows, np.searchsorted(nodes, sources.node[rows]), lots)
    rank, shared = sources.rank[rows], sources.quota[rows] > 0
    if shared.any():
        split.share_out(np.flatnonzero(shared & (rank == RANK["move"])))
        split.take(np.flatnonzero(rank == RANK["make"]), split.limit)
        split.share_out(np.flatnonzero(shared & (rank == RANK["buy"])))
        split.take(np.flatnonzero(~shared), split.limit)
    split.take(np.arange(len(rows)), split.limit)
    split.take(np.arange(len(rows)), split.room)
    return split.receipts


class _Split:
    """Lots on their way to their sources."""

    def __init__(self, sources: SourceList, rows: np.ndarray, at: np.ndarray, lots: np.ndarray) -> None:
        self.at, self.left = at, lots.copy()
        self.limit, self.room = sources.limit[rows], sources.room[rows]
        self.order, self.quota = sources.order[rows], sources.quota[rows]
        self.receipts = np.zeros((len(rows), lots.shape[1]))

    def take(self, among: np.ndarray, most: np.ndarray) -> None:
        """Let these sources take what is left, in their order, up to ``most``."""
        for order in np.unique(self.order[among]) if self.left.any() else ():
            self._give(among[self.order[among] == order], self.left, most)

    def share_out(self, among: np.ndarray) -> None:
        """Let these sources have their quota of what is left; quotas above 1 in all count in proportion."""
        total = np.bincount(self.at[among], self.quota[among], len(self.left))
        share = self.quota / np.maximum(total[self.at], 1.0)
        whole = self.left.copy()
        for order in np.unique(self.order[among]):
            chosen = among[self.order[among] == order]
            wanted = np.zeros_like(whole)
            wanted[self.at[chosen]] = whole[self.at[chosen]] * share[chosen, None]
            self._give(chosen, wanted, self.limit)
        self.left[self.left <= NOISE * (1.0 + whole)] = 0.0

    def _give(self, chosen: np.ndarray, wanted: np.ndarray, most: np.ndarray) -> None:
        """Give these sources, one a node, what is wanted at their node, up to ``most``."""
        node = self.at[chosen]
        taken = np.maximum(np.minimum(wanted[node], most[chosen] - self.receipts[chosen]), 0.0)
        self.receipts[chosen] += taken
        self.left[node] = np.maximum(self.left[node] - taken, 0.0)
