"""Available to promise: what can still be promised to customers out of stock and receipts."""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.figures import Figures
from sopxl.steps.supply.network import Network


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
    committed = plan.internal_use.copy()
    if network.orders_in_hand is not None:
        np.add.at(committed, network.demands["node"].to_numpy(int), network.orders_in_hand)
    return available_to_promise(network.nodes["on_hand"].to_numpy(float), plan.receipts, committed)
