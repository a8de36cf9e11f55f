"""Who gets what where stock falls short in the requirements plan: shipments by priority, the rest waits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sopxl.steps.supply.figures import figures
from sopxl.steps.supply.network import Flows, Network


def shipments_within_stock(network: Network, flows: Flows) -> np.ndarray:
    """Shipments (D x T): demand and overdue orders when they are wanted, later where stock does not suffice.

    Internal use goes first; customers of first priority are served before others, whoever has waited longest
    first. What ``flows`` ship already is left out of account.
    """
    wanted = network.demand.copy()
    wanted[:, :1] += network.demands[["opening_backlog"]].to_numpy(float)
    supply = available_for_shipment(network, flows)
    node = network.demands["node"].to_numpy(int)
    total = np.zeros_like(supply)
    np.add.at(total, node, wanted)
    scale = 1e-9 * (1.0 + np.abs(supply).max(axis=1, initial=0.0))
    short = ((total.cumsum(axis=1) > supply + scale[:, None]) & (total.sum(axis=1) > 0)[:, None]).any(axis=1)
    shipped = wanted.copy()
    for number in np.flatnonzero(short):
        rows = np.flatnonzero(node == number)
        rows = rows[np.argsort(network.demands["priority"].to_numpy(float)[rows], kind="stable")]
        shipped[rows] = _serve(wanted[rows], supply[number])
    return shipped


def available_for_shipment(network: Network, flows: Flows) -> np.ndarray:
    """Stock that can have been shipped to customers by the end of each period, internal use taken off (N x T)."""
    stock = figures(network, replace(flows, shipment=np.zeros_like(network.demand))).closing_stock
    return np.asarray(np.maximum(np.minimum.accumulate(stock[:, ::-1], axis=1)[:, ::-1], 0.0))


def _serve(wanted: np.ndarray, supply: np.ndarray) -> np.ndarray:
    """Shipments to customers in order of priority (customers x periods) out of cumulative supply (periods)."""
    shipped = np.zeros_like(wanted)
    waiting = np.zeros(len(wanted))
    gone = 0.0
    for period in range(wanted.shape[1]):
        waiting += wanted[:, period]
        can = max(supply[period] - gone, 0.0)
        for row in range(len(wanted)):
            shipped[row, period] = min(waiting[row], can)
            can -= shipped[row, period]
        waiting -= shipped[:, period]
        gone += shipped[:, period].sum()
    return shipped
