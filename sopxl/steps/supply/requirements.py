"""The requirements plan: level by level from customers back to suppliers, without limits.

Stock is netted by date, orders are made into lots and set back by their lead times. What should have been released
before the first period is released in the first and told as past due; its receipt stays where it is needed.
Source: Orlicky, *Material Requirements Planning* (1975); Martin, *Distribution Resource Planning* (1983).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sopxl.steps.supply.lots import count_lots
from sopxl.steps.supply.netting import (
    SourceList,
    list_sources,
    move_off_closed,
    net_requirements,
    planned_receipts,
    split_over_sources,
)
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.safety import safety_stock
from sopxl.steps.supply.shortage import shipments_within_stock

MESSAGE = "Required quantities without limits, level by level."


@dataclass
class _Record:
    """The requirements record while it grows; sources in the order of the source list."""

    gross: np.ndarray
    receipts: np.ndarray
    releases: np.ndarray
    past_due: np.ndarray
    lots: np.ndarray


def plan_requirements(network: Network) -> Flows:
    """The flows that meet all demand in time, whatever the limits; ``gross_requirements`` is filled.

    Firm production is made exactly so; what it leaves open goes to other periods or sources. Where an item cannot
    be had at all, demand waits.
    """
    sources = list_sources(network)
    record = _start_record(network, sources)
    usual_buy = sources.usual("buy", len(network.nodes))
    receipts = network.scheduled_receipts + _firm_receipts(network)
    level_of = network.nodes["level"].to_numpy(int)
    users = _Users(network, sources)
    for level in range(int(level_of.max(initial=-1)) + 1):
        nodes = np.flatnonzero(level_of == level)
        _plan_level(network, sources, record, users, nodes, receipts[nodes], usual_buy)
    return _flows(network, sources, record)


def _start_record(network: Network, sources: SourceList) -> _Record:
    """The record with what customers want, overdue orders first."""
    periods = network.demand.shape[1]
    gross = np.zeros((len(network.nodes), periods))
    node = network.demands["node"].to_numpy(int)
    np.add.at(gross, node, network.demand)
    if periods:
        np.add.at(gross[:, 0], node, network.demands["opening_backlog"].to_numpy(float))
    size = (len(sources.table), periods)
    return _Record(gross, np.zeros(size), np.zeros(size), np.zeros(size[0]), np.zeros(size))


class _Users:
    """Which rows of components and moves pass requirements on from each source."""

    def __init__(self, network: Network, sources: SourceList) -> None:
        table = sources.table
        self.source_of_make = np.full(len(network.makes), -1)
        made = table[table["kind"] == "make"]
        self.source_of_make[made["position"]] = made.index
        self.component_make = network.components["make"].to_numpy(int)
        self.component_node = network.components["node"].to_numpy(int)
        self.quantity = network.components["quantity"].to_numpy(float)
        self.make_level = network.nodes["level"].to_numpy(int)[network.makes["node"].to_numpy(int)]
        self.from_node = np.full(len(table), -1)
        moved = table[table["kind"] == "move"]
        self.from_node[moved.index] = network.moves["from_node"].to_numpy(int)[moved["position"]]


def _plan_level(
    network: Network, sources: SourceList, record: _Record, users: _Users, nodes: np.ndarray, scheduled: np.ndarray,
    usual_buy: np.ndarray,
) -> None:
    """Net the nodes of one level, order from their sources and pass the releases on as gross requirements."""
    gross = record.gross[nodes]
    table = network.nodes.iloc[nodes]
    safety = safety_stock(table, gross, network.minimum_stock[nodes], network.settings.bucket)
    net = net_requirements(table["on_hand"].to_numpy(float), gross, scheduled, safety)
    lots = planned_receipts(network, nodes, net, usual_buy)
    rows = np.flatnonzero(sources.table["node"].isin(nodes))
    lots = _move_off_firm(sources, rows, nodes, lots)
    record.receipts[rows] = split_over_sources(sources, rows, nodes, lots)
    record.lots[rows] = _count(network, sources, rows, record.receipts[rows])
    lead = sources.table["lead"].to_numpy(int)[rows]
    record.releases[rows], record.past_due[rows] = set_back(record.receipts[rows], lead)
    _add_firm_starts(network, sources, record, rows)
    _pass_on(record, users, rows, int(table["level"].iloc[0]))


def _move_off_firm(sources: SourceList, rows: np.ndarray, nodes: np.ndarray, lots: np.ndarray) -> np.ndarray:
    """Lots moved out of periods that firm production closes, where a node has no other source."""
    table = sources.table.iloc[rows]
    only = table.groupby("node")["order"].transform("max").eq(0) & (table["kind"] == "make")
    closed = (sources.limit[rows] == 0).any(axis=1) & only.to_numpy()
    chosen = rows[closed]
    at = np.asarray([int(np.searchsorted(nodes, node)) for node in sources.table["node"].to_numpy(int)[chosen]], int)
    moved = lots.copy()
    if len(at):
        moved[at] = move_off_closed(lots[at], sources.limit[chosen] > 0)
    return moved


def _count(network: Network, sources: SourceList, rows: np.ndarray, receipts: np.ndarray) -> np.ndarray:
    """Number of lots behind receipts."""
    table = network.nodes.iloc[sources.table["node"].to_numpy(int)[rows]]
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


def _firm_starts(network: Network) -> np.ndarray:
    """Firm production (M x T), 0 where there is none."""
    return np.asarray(np.nan_to_num(network.firm_production))


def _firm_receipts(network: Network) -> np.ndarray:
    """What firm production brings to stock (N x T)."""
    receipts = np.zeros_like(network.open_other)
    lead = network.makes["lead"].to_numpy(int)
    np.add.at(receipts, network.makes["node"].to_numpy(int), set_forward(_firm_starts(network), lead))
    return receipts


def _add_firm_starts(network: Network, sources: SourceList, record: _Record, rows: np.ndarray) -> None:
    """Add firm production to the releases of its sources, so that it uses components too."""
    table = sources.table.iloc[rows]
    made = (table["kind"] == "make").to_numpy()
    record.releases[rows[made]] += _firm_starts(network)[table["position"].to_numpy(int)[made]]


def _pass_on(record: _Record, users: _Users, rows: np.ndarray, level: int) -> None:
    """Turn releases into gross requirements of components and of sending locations."""
    parts = np.flatnonzero(users.make_level[users.component_make] == level)
    releases = record.releases[users.source_of_make[users.component_make[parts]]]
    np.add.at(record.gross, users.component_node[parts], releases * users.quantity[parts, None])
    moved = rows[users.from_node[rows] >= 0]
    np.add.at(record.gross, users.from_node[moved], record.releases[moved])


def _flows(network: Network, sources: SourceList, record: _Record) -> Flows:
    """The record as flows of the network."""
    table = sources.table
    counts = {"make": len(network.makes), "buy": len(network.buys), "move": len(network.moves)}

    def of(kind: str, values: np.ndarray) -> np.ndarray:
        rows = np.flatnonzero(table["kind"] == kind)
        result = np.zeros((counts[kind], *values.shape[1:]))
        result[table["position"].to_numpy(int)[rows]] = values[rows]
        return result

    make_receipt = of("make", record.receipts) + set_forward(_firm_starts(network), network.makes["lead"].to_numpy(int))
    lots, _ = set_back(of("make", record.lots), network.makes["lead"].to_numpy(int))
    buy_receipt = of("buy", record.receipts)
    early = np.arange(buy_receipt.shape[1]) < network.buys["lead"].to_numpy(int)[:, None]
    workers = np.broadcast_to(network.resources["workers"].to_numpy(float)[:, None], network.regular_hours.shape)
    flows = Flows(
        make_start=of("make", record.releases), make_receipt=make_receipt,
        make_lots=lots + _firm_lots(network), buy_order=of("buy", record.releases), buy_receipt=buy_receipt,
        buy_expedited=np.where(early, buy_receipt, 0.0), move_shipment=of("move", record.releases),
        move_arrival=of("move", record.receipts), shipment=np.zeros_like(network.demand),
        lost=np.zeros_like(network.demand),
        make_past_due=of("make", record.past_due), buy_past_due=of("buy", record.past_due),
        move_past_due=of("move", record.past_due), workers=workers.copy(), hired=np.zeros_like(workers),
        laid_off=np.zeros_like(workers), hour_value=np.full_like(workers, np.nan),
        gross_requirements=record.gross, message=MESSAGE,
    )
    return replace(flows, shipment=shipments_within_stock(network, flows))


def _firm_lots(network: Network) -> np.ndarray:
    """Lots of firm production (M x T)."""
    table = network.nodes.iloc[network.makes["node"].to_numpy(int)]
    return count_lots(table["lot_rule"].to_numpy(object), _firm_starts(network), table["lot_size"].to_numpy(float))
