"""Available to promise: what can still be promised to customers out of stock and receipts, and what else is free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.steps.supply.figures import Figures, add_rows
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.settled import room_for_starts, settled_starts


def available_to_promise(on_hand: np.ndarray, receipts: np.ndarray, committed: np.ndarray) -> np.ndarray:
    """Units that can still be promised at each receipt (nodes x periods), NaN where there is no receipt.

    Receipts less what is committed (orders in hand, internal use) until the next receipt; stock on hand counts in
    the first period. What a receipt lacks is taken from the receipts before it.
    Source: APICS/ASCM dictionary, discrete available-to-promise; Stevenson, *Operations Management*, master
    scheduling. ``on_hand`` per node, the others nodes x periods.
    """
    supply = receipts.copy()
    supply[:, :1] += on_hand[:, None]
    comes = receipts > 0
    comes[:, :1] = True
    promise = np.full(receipts.shape, np.nan)
    waiting = np.zeros(len(receipts))
    for period in range(receipts.shape[1] - 1, -1, -1):
        waiting = waiting + committed[:, period]
        left = supply[:, period] - waiting
        promise[:, period] = np.where(comes[:, period], np.maximum(left, 0.0), np.nan)
        waiting = np.where(comes[:, period], np.maximum(-left, 0.0), waiting)
    return promise


def promises_of_plan(network: Network, plan: Figures) -> np.ndarray:
    """Units of every node that can still be promised, when they come (N x T): orders in hand and internal use are
    committed, what is only forecast is not.
    """
    return available_to_promise(network.nodes["on_hand"].to_numpy(float), plan.receipts, _committed(network, plan))


def _committed(network: Network, plan: Figures) -> np.ndarray:
    """Units of every node that orders in hand and internal use need (N x T)."""
    committed = plan.internal_use.copy()
    if network.orders_in_hand is not None:
        np.add.at(committed, network.demands["node"].to_numpy(int), network.orders_in_hand)
    return committed


@dataclass(frozen=True)
class Free:
    """What a plan leaves free in each period: stock at the end of the period that neither orders in hand nor internal
    use need until then (N x T units, below 0 where they wait), starts (M x T units), regular hours, overtime (R x T
    hours) and extra shifts (R x T), what buys, moves, suppliers and lanes can still bring (B, V, S, L x T units), and
    what contracts still allow (C units). inf: no limit.
    """

    stock: np.ndarray
    starts: np.ndarray
    regular: np.ndarray
    overtime: np.ndarray
    shifts: np.ndarray
    buys: np.ndarray
    moves: np.ndarray
    suppliers: np.ndarray
    lanes: np.ndarray
    contracts: np.ndarray

    def promised(self, node: int) -> np.ndarray:
        """Units of a node that can be had by the end of each period without making, buying or moving more."""
        return np.asarray(np.maximum(np.minimum.accumulate(self.stock[node, ::-1])[::-1], 0.0))


def left_free(network: Network, planned: Flows, plan: Figures) -> Free:
    """What a plan leaves free of the network."""
    received = network.open_purchases + planned.buy_receipt
    worked = plan.regular_hours + plan.extra_hours
    buys = _room(network.buys["capacity"], received, network.buy_open)
    moves = _room(network.moves["capacity"], planned.move_shipment, network.move_open)
    taken = np.array([
        received[contract_buys(network, row), first: last + 1].sum()
        for row, first, last in network.contracts[["first", "last"]].itertuples(name=None)
    ])
    most_shifts = network.resources["most_extra_shifts"].fillna(0.0).to_numpy(float)
    most_shifts = most_shifts * (network.resources["extra_shift_hours"].fillna(0.0).to_numpy(float) > 0)
    run = np.zeros_like(plan.hours) if planned.extra_shifts is None else np.nan_to_num(planned.extra_shifts)
    return Free(
        stock=network.nodes["on_hand"].to_numpy(float)[:, None] + (
            plan.receipts - _committed(network, plan)).cumsum(axis=1),
        starts=np.maximum(room_for_starts(network) - np.maximum(
            planned.make_start - np.nan_to_num(settled_starts(network)), 0.0), 0.0),
        regular=np.maximum(worked - plan.hours, 0.0),
        overtime=np.maximum(plan.overtime_limit - np.maximum(plan.hours - worked, 0.0), 0.0),
        shifts=np.maximum(most_shifts[:, None] - run, 0.0), buys=buys, moves=moves,
        suppliers=_room(network.suppliers["capacity"], _added_up(supplier_rows(network), received, network.suppliers)),
        lanes=_room(network.lanes["total_capacity"],
                    _added_up(network.moves["lane"].to_numpy(int), planned.move_shipment, network.lanes)),
        contracts=np.maximum(network.contracts["maximum"].fillna(np.inf).to_numpy(float) - taken, 0.0),
    )


def supplier_rows(network: Network) -> np.ndarray:
    """Row of the supplier of each buy, -1 where it is not among them."""
    return np.asarray(pd.Index(network.suppliers["supplier"]).get_indexer(pd.Index(network.buys["supplier"])))


def contract_buys(network: Network, contract: int) -> np.ndarray:
    """The buys that count for a contract."""
    rows = network.contract_buys
    return rows.loc[rows["contract"] == contract, "buy"].to_numpy(int)


def _added_up(row: np.ndarray, values: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
    """Values by the row of the frame that they count for (-1: none)."""
    total = np.zeros((len(frame), values.shape[1]))
    add_rows(total, row[row >= 0], values[row >= 0])
    return total


def _room(capacity: pd.Series, used: np.ndarray, is_open: np.ndarray | None = None) -> np.ndarray:
    """What is left of a capacity per period (NaN: no limit), nothing where it is not open."""
    left = np.maximum(capacity.fillna(np.inf).to_numpy(float)[:, None] - used, 0.0)
    return np.asarray(left if is_open is None else np.where(is_open, left, 0.0))
