"""Transfers of the requirements plan within the stock that there is: no location sends what it has not.

Requirements are planned whatever can be had; where an item cannot be had in time, what there is goes to transfers and
customers in fair shares (setting Fair share), after the production that uses it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sopxl.steps.supply.fair_share import Receivers
from sopxl.steps.supply.figures import add_rows, figures
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.shortage import share_over_periods, shipments_within_stock, use_ahead


def transfers_within_stock(network: Network, flows: Flows) -> Flows:
    """The flows with transfers cut and put off to what their senders have, and shipments to what is left and arrives.

    The same object where every sender has enough. Production is left as it is.
    """
    stock = _stock_for_others(network, flows)
    shipment, arrival = flows.move_shipment.copy(), flows.move_arrival.copy()
    level, sender = network.nodes["level"].to_numpy(int), network.moves["from_node"].to_numpy(int)
    cut = False
    for number in np.unique(level[sender])[::-1]:
        for_node = np.flatnonzero(level == number)
        rows = _of_short_senders(network, for_node, shipment, stock)
        if not len(rows):
            continue
        cut = True
        shipment[rows] = _shared(network, rows, shipment, stock)
        before = arrival[rows]
        arrival[rows] = _arrivals(before, flows.move_shipment[rows] - shipment[rows],
                                  network.moves["lead"].to_numpy(int)[rows])
        add_rows(stock, network.moves["to_node"].to_numpy(int)[rows], (arrival[rows] - before).cumsum(axis=1))
    if not cut:
        return flows
    found = replace(flows, move_shipment=shipment, move_arrival=arrival)
    return replace(found, shipment=shipments_within_stock(network, found))


def served_priority(network: Network) -> np.ndarray:
    """The best priority of the customers served from each node, directly or after transfers; 1 where there are none."""
    best = np.full(len(network.nodes), np.inf)
    demands, moves = network.demands, network.moves
    np.minimum.at(best, demands["node"].to_numpy(int), demands["priority"].fillna(1.0).to_numpy(float))
    level = network.nodes["level"].to_numpy(int)
    sender, receiver = moves["from_node"].to_numpy(int), moves["to_node"].to_numpy(int)
    for number in np.unique(level[receiver]):
        rows = np.flatnonzero(level[receiver] == number)
        np.minimum.at(best, sender[rows], best[receiver[rows]])
    return np.where(np.isfinite(best), best, 1.0)


def _stock_for_others(network: Network, flows: Flows) -> np.ndarray:
    """Closing stock of each node if nothing were sent or shipped from there: N x T."""
    nothing_sent = replace(flows, move_shipment=np.zeros_like(flows.move_shipment),
                           shipment=np.zeros_like(flows.shipment))
    return figures(network, nothing_sent).closing_stock


def _can_leave(stock: np.ndarray) -> np.ndarray:
    """What can have left by the end of each period without going short later: rows x periods."""
    return np.asarray(np.maximum(np.minimum.accumulate(stock[:, ::-1], axis=1)[:, ::-1], 0.0))


def _wanted(network: Network) -> np.ndarray:
    """What customers want, overdue orders in the first period: D x T."""
    wanted = network.demand.copy()
    wanted[:, :1] += network.demands[["opening_backlog"]].to_numpy(float)
    return wanted


def _of_short_senders(network: Network, nodes: np.ndarray, shipment: np.ndarray, stock: np.ndarray) -> np.ndarray:
    """The transfers that leave those of the nodes that have not enough for all."""
    total = np.zeros_like(stock)
    sender = network.moves["from_node"].to_numpy(int)
    add_rows(total, sender, shipment)
    add_rows(total, network.demands["node"].to_numpy(int), _wanted(network))
    there = _can_leave(stock[nodes])
    scale = 1e-9 * (1.0 + np.abs(stock[nodes]).max(axis=1, initial=0.0))
    short = nodes[(total[nodes].cumsum(axis=1) > there + scale[:, None]).any(axis=1)]
    return np.flatnonzero(np.isin(sender, short) & (shipment > 0).any(axis=1))


def _shared(network: Network, rows: np.ndarray, shipment: np.ndarray, stock: np.ndarray) -> np.ndarray:
    """What these transfers get of what their senders have, whose customers share it: transfers x periods."""
    moves, demands = network.moves.iloc[rows], network.demands
    sender, receiver = moves["from_node"].to_numpy(int), moves["to_node"].to_numpy(int)
    sold = np.flatnonzero(np.isin(demands["node"], sender))
    wanted = np.concatenate([shipment[rows], _wanted(network)[sold]])
    receivers = Receivers(
        group=np.concatenate([sender, demands["node"].to_numpy(int)[sold]]), wanted=wanted[:, 0],
        priority=np.concatenate([served_priority(network)[receiver], demands["priority"].to_numpy(float)[sold]]),
        quota=np.concatenate([moves["quota"].to_numpy(float), demands["quota"].to_numpy(float)[sold]]),
        stock=np.zeros(len(wanted)), use=use_ahead(wanted)[:, 0],
    )
    return share_over_periods(network.settings.fair_share, wanted, receivers, _can_leave(stock))[: len(rows)]


def _arrivals(arrival: np.ndarray, held: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Arrivals (transfers x periods) where ``held`` units (wanted less sent, by period) are not sent when wanted.

    What arrives before the lead time has passed left in the first period; it is what is missing first.
    """
    when = np.maximum(np.arange(arrival.shape[1]) - lead[:, None], 0)
    missing = np.take_along_axis(held.cumsum(axis=1), when, axis=1)
    there = np.maximum(arrival.cumsum(axis=1) - missing, 0.0)
    return np.asarray(np.maximum(np.diff(there, axis=1, prepend=0.0), 0.0))
