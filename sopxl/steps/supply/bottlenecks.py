"""What holds up a demand in a plan: a full resource, a supplier's or lane's limit, or the lead time."""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.figures import Figures
from sopxl.steps.supply.network import Flows, Network

FULL = 1e-6


def holding_up(network: Network, planned: Flows, plan: Figures, demand: int, period: int) -> str:
    """In a sentence, what holds up a demand in the period in which it starts to wait."""
    nodes = _upstream(network, int(network.demands["node"].iloc[demand]))
    resources = _full_resources(network, plan, nodes, period)
    if resources:
        return f"{' and '.join(resources[:2])} {'is' if len(resources) == 1 else 'are'} full."
    suppliers = _full_suppliers(network, planned, nodes, period)
    if suppliers:
        return f"{' and '.join(suppliers[:2])} cannot deliver more."
    lanes = _full_lanes(network, planned, nodes, period)
    if lanes:
        return f"{' and '.join(lanes[:2])} cannot carry more."
    leads = [*network.makes["lead"][np.isin(network.makes["node"], nodes)],
             *network.buys["lead"][np.isin(network.buys["node"], nodes)],
             *network.moves["lead"][np.isin(network.moves["to_node"], nodes)]]
    if period < sum(leads):
        return "Lead times do not let it come sooner."
    return "Waiting costs less than supplying it sooner." if leads else "Nothing can bring more of it."


def _upstream(network: Network, node: int) -> np.ndarray:
    """The nodes that a node draws on, itself included."""
    make_node = network.makes["node"].to_numpy(int)
    users = np.concatenate([make_node[network.components["make"].to_numpy(int)], network.moves["to_node"]]).astype(int)
    used = np.concatenate([network.components["node"], network.moves["from_node"]]).astype(int)
    reached = np.zeros(len(network.nodes), bool)
    reached[node] = True
    while True:
        found = used[reached[users]]
        if reached[found].all():
            return np.flatnonzero(reached)
        reached[found] = True


def _full_resources(network: Network, plan: Figures, nodes: np.ndarray, period: int) -> list[str]:
    """Resources of these nodes that work all they can up to the period, the fullest first."""
    makes = np.flatnonzero(np.isin(network.makes["node"], nodes))
    used = np.unique(network.operations.loc[network.operations["make"].isin(makes), "resource"].to_numpy(int))
    limit = (plan.regular_hours + plan.overtime_limit)[used, : period + 1]
    free = (limit - plan.hours[used, : period + 1])[:, -1]
    full = used[free <= FULL * (1.0 + limit[:, -1])]
    return [str(name) for name in network.resources["resource"].iloc[full]]


def _full_suppliers(network: Network, planned: Flows, nodes: np.ndarray, period: int) -> list[str]:
    """Suppliers of these nodes that deliver all they can in the period."""
    buys = network.buys
    capacity = buys["capacity"].to_numpy(float)
    left = capacity - network.open_purchases[:, period] - planned.buy_receipt[:, period]
    full = np.isin(buys["node"], nodes) & (capacity > 0) & (left <= FULL * (1.0 + np.nan_to_num(capacity)))
    return [f"{supplier} ({item})" for supplier, item in zip(buys["supplier"][full], buys["item"][full], strict=True)]


def _full_lanes(network: Network, planned: Flows, nodes: np.ndarray, period: int) -> list[str]:
    """Lanes to these nodes that carry all they can when they would have to, to arrive in the period."""
    moves = network.moves
    leaves = period - moves["lead"].to_numpy(int)
    capacity = moves["capacity"].to_numpy(float)
    carried = planned.move_shipment[np.arange(len(moves)), np.maximum(leaves, 0)] if len(moves) else np.zeros(0)
    loaded = capacity - carried <= FULL * (1.0 + np.nan_to_num(capacity))
    full = np.isin(moves["to_node"], nodes) & (leaves >= 0) & loaded
    ends = zip(moves["from_location"][full], moves["to_location"][full], moves["item"][full], strict=True)
    return [f"the lane {sends}–{receives} ({item})" for sends, receives, item in ends]
