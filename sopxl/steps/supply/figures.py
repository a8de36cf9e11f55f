"""What follows from flows by arithmetic: stock, hours and backlog of a plan for a network."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from sopxl.steps.supply.network import Flows, Network

NOISE = 1e-9


@dataclass(frozen=True)
class Figures:
    """The figures of one plan. N nodes, R resources, D demands, T periods."""

    receipts: np.ndarray
    """N x T: made, bought and moved in, open orders included."""
    internal_use: np.ndarray
    """N x T: used in production and moved out."""
    shipments: np.ndarray
    """N x T: shipped to customers."""
    closing_stock: np.ndarray
    """N x T."""
    hours: np.ndarray
    """R x T: hours of the resources, set-ups included."""
    regular_hours: np.ndarray
    """R x T: hours in regular time, of the workers employed where hiring and lay-off are planned."""
    overtime_limit: np.ndarray
    """R x T."""
    backlog: np.ndarray
    """D x T: demand that waits at the end of the period."""


def figures(network: Network, flows: Flows) -> Figures:
    """The figures of a plan."""
    receipts, internal_use = _receipts(network, flows), _internal_use(network, flows)
    shipments = np.zeros_like(receipts)
    np.add.at(shipments, network.demands["node"].to_numpy(int), flows.shipment)
    on_hand = network.nodes["on_hand"].to_numpy(float)[:, None]
    regular, overtime = _limits(network, flows)
    opening = network.demands["opening_backlog"].to_numpy(float)[:, None]
    return Figures(
        receipts, internal_use, shipments, on_hand + (receipts - internal_use - shipments).cumsum(axis=1),
        _hours(network, flows), regular, overtime,
        opening + (network.demand - flows.shipment - flows.lost).cumsum(axis=1),
    )


def without_noise(flows: Flows) -> Flows:
    """The flows with what is nothing but a solver's rounding set to 0."""
    cleaned: dict[str, Any] = {}
    for one in fields(flows):
        values = getattr(flows, one.name)
        if isinstance(values, np.ndarray):
            scale = np.nanmax(np.abs(values), initial=1.0) if values.size else 1.0
            cleaned[one.name] = np.where(np.abs(values) < NOISE * scale, 0.0, values)
    return replace(flows, **cleaned)


def _receipts(network: Network, flows: Flows) -> np.ndarray:
    """What comes to stock: N x T."""
    receipts = network.scheduled_receipts
    np.add.at(receipts, network.makes["node"].to_numpy(int), flows.make_receipt)
    np.add.at(receipts, network.buys["node"].to_numpy(int), flows.buy_receipt)
    np.add.at(receipts, network.moves["to_node"].to_numpy(int), flows.move_arrival)
    return receipts


def _internal_use(network: Network, flows: Flows) -> np.ndarray:
    """What production uses and transfers take away: N x T."""
    use = np.zeros_like(network.open_other)
    started = flows.make_start[network.components["make"].to_numpy(int)]
    quantity = network.components["quantity"].to_numpy(float)[:, None]
    np.add.at(use, network.components["node"].to_numpy(int), started * quantity)
    np.add.at(use, network.moves["from_node"].to_numpy(int), flows.move_shipment)
    return use


def _hours(network: Network, flows: Flows) -> np.ndarray:
    """Hours by resource: R x T."""
    operations = network.operations
    hours = np.zeros_like(network.regular_hours)
    make = operations["make"].to_numpy(int)
    load = flows.make_start[make] * operations["hours_per_unit"].to_numpy(float)[:, None]
    load += flows.make_lots[make] * operations["setup_hours"].to_numpy(float)[:, None]
    np.add.at(hours, operations["resource"].to_numpy(int), load)
    return hours


def _limits(network: Network, flows: Flows) -> tuple[np.ndarray, np.ndarray]:
    """Regular hours and most overtime hours: R x T each; where workers are planned, of those employed.

    Each worker brings the hours that one of those at the start has by the calendar.
    """
    resources = network.resources
    planned = resources["workers"].notna().to_numpy()[:, None] & ~np.isnan(flows.workers)
    at_start = np.nan_to_num(resources["workers"].to_numpy(float))[:, None]
    usual, most = network.regular_hours, network.overtime_hours
    each = np.broadcast_to(np.nan_to_num(resources["worker_hours"].to_numpy(float))[:, None], usual.shape).copy()
    np.divide(usual, at_start, out=each, where=np.broadcast_to(at_start > 0, usual.shape))
    share = np.broadcast_to(resources["overtime_share"].to_numpy(float)[:, None], usual.shape).copy()
    np.divide(most, usual, out=share, where=usual > 0)
    regular = np.where(planned, np.nan_to_num(flows.workers) * each, usual)
    return regular, np.where(planned, regular * share, most)
