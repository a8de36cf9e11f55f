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
    """R x T: hours of the resources, set-ups included, after work has moved to alternates."""
    regular_hours: np.ndarray
    """R x T: hours in regular time, of the workers employed where hiring and lay-off are planned."""
    overtime_limit: np.ndarray
    """R x T."""
    extra_hours: np.ndarray
    """R x T: hours of the extra shifts run."""
    hours_taken_over: np.ndarray
    """R x T: hours worked for other resources."""
    hours_given_away: np.ndarray
    """R x T: hours of its own work that other resources do."""
    backlog: np.ndarray
    """D x T: demand that waits at the end of the period."""


def figures(network: Network, flows: Flows) -> Figures:
    """The figures of a plan."""
    receipts, internal_use = _receipts(network, flows), _internal_use(network, flows)
    shipments = np.zeros_like(receipts)
    add_rows(shipments, network.demands["node"].to_numpy(int), flows.shipment)
    on_hand = network.nodes["on_hand"].to_numpy(float)[:, None]
    regular, overtime = _limits(network, flows)
    taken, given = hours_moved(network, flows)
    opening = network.demands["opening_backlog"].to_numpy(float)[:, None]
    return Figures(
        receipts, internal_use, shipments, on_hand + (receipts - internal_use - shipments).cumsum(axis=1),
        _hours(network, flows) + taken - given, regular, overtime, _extra_hours(network, flows), taken, given,
        opening + (network.demand - flows.shipment - flows.lost).cumsum(axis=1),
    )


def add_rows(total: np.ndarray, rows: np.ndarray, values: np.ndarray) -> None:
    """Add each row of ``values`` to the row of ``total`` that ``rows`` names; a row may be named many times."""
    if not len(rows):
        return
    order = np.argsort(rows, kind="stable")
    sorted_rows = rows[order]
    starts = np.flatnonzero(np.diff(sorted_rows, prepend=-1))
    total[sorted_rows[starts]] += np.add.reduceat(values[order], starts, axis=0)


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
    """What comes to stock, co-products included: N x T."""
    receipts = network.scheduled_receipts
    add_rows(receipts, network.makes["node"].to_numpy(int), flows.make_receipt)
    add_rows(receipts, network.co_products["node"].to_numpy(int), co_product_receipts(network, flows.make_receipt))
    add_rows(receipts, network.buys["node"].to_numpy(int), flows.buy_receipt)
    add_rows(receipts, network.moves["to_node"].to_numpy(int), flows.move_arrival)
    return receipts


def co_product_receipts(network: Network, make_receipt: np.ndarray) -> np.ndarray:
    """What comes out beside good receipts of makes (M x T): rows of the network's co-products x T.

    Open production orders bring what is on order and nothing beside.
    """
    make = network.co_products["make"].to_numpy(int)
    per_good = network.co_products["quantity"].to_numpy(float) / network.makes["yield_rate"].to_numpy(float)[make]
    return np.asarray(make_receipt[make] * per_good[:, None])


def _internal_use(network: Network, flows: Flows) -> np.ndarray:
    """What production uses and transfers take away: N x T."""
    use = np.zeros_like(network.open_other)
    components = network.components
    used = flows.make_start[components["make"].to_numpy(int)] * components["quantity"].to_numpy(float)[:, None]
    if network.component_open is not None:
        used *= network.component_open
    add_rows(use, components["node"].to_numpy(int), used)
    add_rows(use, network.moves["from_node"].to_numpy(int), flows.move_shipment)
    return use


def _hours(network: Network, flows: Flows) -> np.ndarray:
    """Hours by resource, each operation on its own: R x T."""
    operations = network.operations
    hours = np.zeros_like(network.regular_hours)
    make = operations["make"].to_numpy(int)
    load = flows.make_start[make] * operations["hours_per_unit"].to_numpy(float)[:, None]
    load += flows.make_lots[make] * operations["setup_hours"].to_numpy(float)[:, None]
    add_rows(hours, operations["resource"].to_numpy(int), load)
    return hours


def hours_moved(network: Network, flows: Flows) -> tuple[np.ndarray, np.ndarray]:
    """Hours that resources take over from others, and hours of their own that they give away: R x T each."""
    taken, given = np.zeros_like(network.regular_hours), np.zeros_like(network.regular_hours)
    if flows.alternate_hours is not None and len(network.alternates):
        own = network.operations["resource"].to_numpy(int)[network.alternates["operation"].to_numpy(int)]
        factor = network.alternates["hours_factor"].to_numpy(float)[:, None]
        add_rows(given, own, flows.alternate_hours)
        add_rows(taken, network.alternates["resource"].to_numpy(int), flows.alternate_hours * factor)
    return taken, given


def _extra_hours(network: Network, flows: Flows) -> np.ndarray:
    """Hours of the extra shifts run: R x T."""
    if flows.extra_shifts is None:
        return np.zeros_like(network.regular_hours)
    each = np.nan_to_num(network.resources["extra_shift_hours"].to_numpy(float))[:, None]
    return np.asarray(np.nan_to_num(flows.extra_shifts) * each)


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
