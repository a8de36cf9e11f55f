"""Who gets what where stock falls short in the requirements plan: shipments in fair shares, the rest waits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sopxl.steps.supply.fair_share import Receivers, fair_shares
from sopxl.steps.supply.figures import add_rows, figures
from sopxl.steps.supply.network import Flows, Network

PERIODS_AHEAD = 3


def shipments_within_stock(network: Network, flows: Flows) -> np.ndarray:
    """Shipments (D x T): demand and overdue orders when they are wanted, later where stock does not suffice.

    Internal use goes first; customers share what there is by the setting Fair share, each of them first for what has
    waited longest. What ``flows`` ship already is left out of account.
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
    shipped = wanted.copy()
    those = network.demands.iloc[rows]
    receivers = Receivers(those["node"].to_numpy(int), wanted[rows, :1].sum(axis=1), those["priority"].to_numpy(float),
                          those["quota"].to_numpy(float), np.zeros(len(rows)), np.zeros(len(rows)))
    shipped[rows] = share_over_periods(network.settings.fair_share, wanted[rows], receivers, supply)
    return shipped


def available_for_shipment(network: Network, flows: Flows) -> np.ndarray:
    """Stock that can have been shipped to customers by the end of each period, internal use taken off (N x T)."""
    stock = figures(network, replace(flows, shipment=np.zeros_like(network.demand))).closing_stock
    return np.asarray(np.maximum(np.minimum.accumulate(stock[:, ::-1], axis=1)[:, ::-1], 0.0))


def share_over_periods(rule: str, wanted: np.ndarray, receivers: Receivers, supply: np.ndarray) -> np.ndarray:
    """What each receiver gets by period (rows x periods) of what can have left each group by then (groups x periods).

    ``wanted``: rows x periods; what one does not get waits. Of ``receivers`` what is wanted and used is by ``wanted``.
    """
    use = use_ahead(wanted)
    given, waiting, gone = np.zeros_like(wanted), np.zeros(len(wanted)), np.zeros(len(supply))
    for period in range(wanted.shape[1]):
        waiting += wanted[:, period]
        rate = np.where(use[:, period] > 0, use[:, period], waiting)
        now = fair_shares(rule, supply[:, period] - gone, replace(receivers, wanted=waiting, use=rate))
        given[:, period] = now
        gone += np.bincount(receivers.group, now, len(supply))
        waiting = np.maximum(waiting - now, 0.0)
    return given


def use_ahead(quantity: np.ndarray) -> np.ndarray:
    """Mean of each period and the two that follow (rows x periods): what is used in a period from then on."""
    periods = quantity.shape[1]
    total = np.concatenate([np.zeros((len(quantity), 1)), quantity.cumsum(axis=1)], axis=1)
    start = np.arange(periods)
    end = np.minimum(start + PERIODS_AHEAD, periods)
    return np.asarray(np.maximum(total[:, end] - total[:, start], 0.0) / np.maximum(end - start, 1))
