"""Who gets what where stock falls short in the requirements plan: shipments by priority, the rest waits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sopxl.steps.supply.figures import add_rows, figures
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
    add_rows(total, node, wanted)
    scale = 1e-9 * (1.0 + np.abs(supply).max(axis=1, initial=0.0))
    short = ((total.cumsum(axis=1) > supply + scale[:, None]) & (total.sum(axis=1) > 0)[:, None]).any(axis=1)
    rows = np.flatnonzero(short[node])
    rows = rows[np.lexsort((network.demands["priority"].to_numpy(float)[rows], node[rows]))]
    shipped = wanted.copy()
    shipped[rows] = _serve(wanted[rows], node[rows], supply)
    return shipped


def available_for_shipment(network: Network, flows: Flows) -> np.ndarray:
    """Stock that can have been shipped to customers by the end of each period, internal use taken off (N x T)."""
    stock = figures(network, replace(flows, shipment=np.zeros_like(network.demand))).closing_stock
    return np.asarray(np.maximum(np.minimum.accumulate(stock[:, ::-1], axis=1)[:, ::-1], 0.0))


def _serve(wanted: np.ndarray, node: np.ndarray, supply: np.ndarray) -> np.ndarray:
    """Shipments to customers (customers x periods) out of cumulative supply (nodes x periods).

    ``node`` of each customer, ascending; those of one node are in the order in which they are served.
    """
    turn = np.arange(len(node)) - np.searchsorted(node, node, side="left")
    turns = [np.flatnonzero(turn == number) for number in range(int(turn.max(initial=-1)) + 1)]
    shipped, waiting, gone = np.zeros_like(wanted), np.zeros(len(wanted)), np.zeros(len(supply))
    for period in range(wanted.shape[1]):
        waiting += wanted[:, period]
        for rows in turns:
            given = np.minimum(waiting[rows], np.maximum(supply[node[rows], period] - gone[node[rows]], 0.0))
            shipped[rows, period] = given
            gone[node[rows]] += given
        waiting -= shipped[:, period]
    return shipped
