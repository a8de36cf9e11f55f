"""The requirements plan: level by level from customers back to suppliers, without limits.

Stock is netted by date, orders are made into lots and set back by their lead times. What should have been released
before the first period is released in the first and told as past due; its receipt stays where it is needed.
Source: Orlicky, *Material Requirements Planning* (1975); Martin, *Distribution Resource Planning* (1983).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sopxl.steps.supply.figures import add_rows
from sopxl.steps.supply.lots import count_lots
from sopxl.steps.supply.netting import (
    RANK,
    SourceList,
    bring_forward,
    fit_into_room,
    list_sources,
    net_requirements,
    planned_receipts,
    round_to_terms,
    split_over_sources,
)
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.safety import safety_stock
from sopxl.steps.supply.settled import is_slushy, settled_starts
from sopxl.steps.supply.shortage import shipments_within_stock

MESSAGE = "Required quantities without limits, level by level."


@dataclass
class _Record:
    """The requirements record while it grows; sources in the order of the source list.

    gross and coming (scheduled, settled and co-products): nodes x periods; settled: units that makes start in any
    case (makes x periods). Receipts are good units; releases, and what is past due, units started.
    """

    gross: np.ndarray
    coming: np.ndarray
    settled: np.ndarray
    receipts: np.ndarray
    releases: np.ndarray
    past_due: np.ndarray
    lots: np.ndarray


def plan_requirements(network: Network) -> Flows:
    """The flows that meet all demand in time, whatever the limits; ``gross_requirements`` is filled.

    Firm and frozen production is made exactly so; what it leaves open, or a closed source, goes to other periods or
    sources. Where an item cannot be had at all, demand waits. Co-products cover requirements of their item where its
    level is below what it comes out of; else they only add to its stock.
    """
    sources = list_sources(network)
    record = _start_record(network, sources)
    usual_buy = sources.usual("buy", len(network.nodes))
    arcs = _Arcs(network, sources)
    for level in range(int(arcs.level.max(initial=-1)) + 1):
        nodes = np.flatnonzero(arcs.level == level)
        _plan_level(network, sources, record, arcs, nodes, usual_buy)
    return _flows(network, sources, record)


def _start_record(network: Network, sources: SourceList) -> _Record:
    """The record with what customers want, overdue orders first, and with what comes in any case."""
    periods = network.demand.shape[1]
    gross = np.zeros((len(network.nodes), periods))
    node = network.demands["node"].to_numpy(int)
    add_rows(gross, node, network.demand)
    if periods:
        np.add.at(gross[:, 0], node, network.demands["opening_backlog"].to_numpy(float))
    size = (len(sources.rank), periods)
    settled = settled_starts(network)
    coming = network.scheduled_receipts
    finished = set_forward(settled, network.makes["lead"].to_numpy(int))
    add_rows(coming, network.makes["node"].to_numpy(int), finished * _yield(network))
    beside = network.co_products
    add_rows(coming, beside["node"].to_numpy(int),
             finished[beside["make"].to_numpy(int)] * beside["quantity"].to_numpy(float)[:, None])
    return _Record(gross, coming, settled, np.zeros(size), np.zeros(size), np.zeros(size[0]), np.zeros(size))


def _yield(network: Network) -> np.ndarray:
    """Good units per unit started: M x 1."""
    return network.makes["yield_rate"].to_numpy(float)[:, None]


class _Arcs:
    """Which rows of components, co-products and moves pass quantities on from each source, level by level."""

    def __init__(self, network: Network, sources: SourceList) -> None:
        made = np.flatnonzero(sources.rank == RANK["make"])
        self.source_of_make = np.full(len(network.makes), -1)
        self.source_of_make[sources.position[made]] = made
        moved = np.flatnonzero(sources.rank == RANK["move"])
        self.from_node = np.full(len(sources.rank), -1)
        self.from_node[moved] = network.moves["from_node"].to_numpy(int)[sources.position[moved]]
        self.level = network.nodes["level"].to_numpy(int)
        self.source_level = self.level[sources.node]
        make_level = self.level[network.makes["node"].to_numpy(int)]
        self.component_level = make_level[network.components["make"].to_numpy(int)]
        self.co_product_level = make_level[network.co_products["make"].to_numpy(int)]


def _plan_level(
    network: Network, sources: SourceList, record: _Record, arcs: _Arcs, nodes: np.ndarray, usual_buy: np.ndarray
) -> None:
    """Net the nodes of one level, order from their sources and pass the releases on as gross requirements."""
    rows = np.flatnonzero(arcs.source_level == arcs.level[nodes[0]]) if len(nodes) else nodes
    lots = _lots(network, record, nodes, usual_buy)
    narrow = np.flatnonzero(np.isfinite(sources.node_room[nodes]).any(axis=1))
    lots[narrow] = fit_into_room(lots[narrow], sources.node_room[nodes[narrow]])
    receipts = _round_shared(network, sources, rows, split_over_sources(sources, rows, nodes, lots))
    record.receipts[rows] = receipts
    record.lots[rows] = _count(network, sources, rows, receipts)
    released, past_due = set_back(receipts, sources.lead[rows])
    rate = sources.yield_rate[rows]
    record.releases[rows], record.past_due[rows] = released / rate[:, None], past_due / rate
    made = rows[sources.rank[rows] == RANK["make"]]
    record.releases[made] += record.settled[sources.position[made]]
    _pass_on(network, sources, record, arcs, rows)


def _lots(network: Network, record: _Record, nodes: np.ndarray, usual_buy: np.ndarray) -> np.ndarray:
    """Lots that cover the net requirements of nodes, as early as their safety time asks for."""
    gross, table, settings = record.gross[nodes], network.nodes.iloc[nodes], network.settings
    safety = safety_stock(table, gross, network.minimum_stock[nodes], settings.bucket)
    net = net_requirements(table["on_hand"].to_numpy(float), gross, record.coming[nodes], safety)
    net = bring_forward(net, settings.periods.offset(table["safety_time"].to_numpy(float)))
    return planned_receipts(network, nodes, net, usual_buy)


def _round_shared(network: Network, sources: SourceList, rows: np.ndarray, receipts: np.ndarray) -> np.ndarray:
    """Receipts from suppliers with a quota in whole orders of each; the others' lots are whole already."""
    shared = np.flatnonzero((sources.quota[rows] > 0) & (sources.rank[rows] == RANK["buy"]))
    if len(shared):
        receipts[shared] = round_to_terms(network, sources.position[rows[shared]], receipts[shared])
    return receipts


def _count(network: Network, sources: SourceList, rows: np.ndarray, receipts: np.ndarray) -> np.ndarray:
    """Number of lots behind receipts."""
    table = network.nodes.iloc[sources.node[rows]]
    return count_lots(table["lot_rule"].to_numpy(object), receipts, table["lot_size"].to_numpy(float))


def set_back(receipts: np.ndarray, lead: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Releases of receipts (rows x periods), each row ``lead`` periods earlier, and what is past due (per row).

    What is past due is released in the first period.
    """
    periods = receipts.shape[1]
    when = np.arange(periods) + lead[:, None]
    padded = np.concatenate([receipts, np.zeros((len(receipts), 1))], axis=1)
    releases = np.take_along_axis(padded, np.minimum(when, periods), axis=1)
    past_due = np.where(np.arange(periods) < lead[:, None], receipts, 0.0).sum(axis=1)
    if periods:
        releases[:, 0] += past_due
    return releases, past_due


def set_forward(starts: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Receipts of starts (rows x periods), each row ``lead`` periods later; what falls beyond the end is left out."""
    periods = starts.shape[1]
    when = np.arange(periods) - lead[:, None]
    padded = np.concatenate([starts, np.zeros((len(starts), 1))], axis=1)
    return np.asarray(np.take_along_axis(padded, np.where(when < 0, periods, when), axis=1))


def _pass_on(network: Network, sources: SourceList, record: _Record, arcs: _Arcs, rows: np.ndarray) -> None:
    """Turn releases into gross requirements of components and of sending locations, and into co-products."""
    if not len(rows):
        return
    level = arcs.source_level[rows[0]]
    parts = np.flatnonzero(arcs.component_level == level)
    used = network.components.iloc[parts]
    quantity = used["quantity"].to_numpy(float)[:, None]
    if network.component_open is not None:
        quantity = quantity * network.component_open[parts]
    releases = record.releases[arcs.source_of_make[used["make"].to_numpy(int)]]
    add_rows(record.gross, used["node"].to_numpy(int), releases * quantity)
    moved = rows[arcs.from_node[rows] >= 0]
    add_rows(record.gross, arcs.from_node[moved], record.releases[moved])
    beside = network.co_products[arcs.co_product_level == level]
    source = arcs.source_of_make[beside["make"].to_numpy(int)]
    per_good = beside["quantity"].to_numpy(float) / sources.yield_rate[source]
    add_rows(record.coming, beside["node"].to_numpy(int), record.receipts[source] * per_good[:, None])


def _flows(network: Network, sources: SourceList, record: _Record) -> Flows:
    """The record as flows of the network."""
    counts = {"make": len(network.makes), "buy": len(network.buys), "move": len(network.moves)}

    def of(kind: str, values: np.ndarray) -> np.ndarray:
        rows = np.flatnonzero(sources.rank == RANK[kind])
        result = np.zeros((counts[kind], *values.shape[1:]))
        result[sources.position[rows]] = values[rows]
        return result

    lead = network.makes["lead"].to_numpy(int)
    buy_receipt = of("buy", record.receipts)
    early = np.arange(buy_receipt.shape[1]) < network.buys["lead"].to_numpy(int)[:, None]
    workers = np.broadcast_to(network.resources["workers"].to_numpy(float)[:, None], network.regular_hours.shape)
    make_start = of("make", record.releases)
    flows = Flows(
        make_start=make_start,
        make_receipt=of("make", record.receipts) + set_forward(record.settled, lead) * _yield(network),
        make_lots=_lots_started(network, record, of("make", record.lots), make_start),
        buy_order=of("buy", record.releases), buy_receipt=buy_receipt,
        buy_expedited=np.where(early, buy_receipt, 0.0), move_shipment=of("move", record.releases),
        move_arrival=of("move", record.receipts), shipment=np.zeros_like(network.demand),
        lost=np.zeros_like(network.demand),
        make_past_due=of("make", record.past_due), buy_past_due=of("buy", record.past_due),
        move_past_due=of("move", record.past_due), workers=workers.copy(), hired=np.zeros_like(workers),
        laid_off=np.zeros_like(workers), hour_value=np.full_like(workers, np.nan),
        gross_requirements=record.gross, message=MESSAGE,
    )
    return replace(flows, shipment=shipments_within_stock(network, flows))


def _lots_started(network: Network, record: _Record, received: np.ndarray, make_start: np.ndarray) -> np.ndarray:
    """Set-ups when production starts (M x T): of settled production and of the new lots received.

    What a slushy period adds to the last plan's quantity is one lot with it.
    """
    table = network.nodes.iloc[network.makes["node"].to_numpy(int)]
    rule, size = table["lot_rule"].to_numpy(object), table["lot_size"].to_numpy(float)
    new, _ = set_back(received, network.makes["lead"].to_numpy(int))
    lots = new + count_lots(rule, record.settled * _yield(network), size)
    return np.where(is_slushy(network), count_lots(rule, make_start * _yield(network), size), lots)
