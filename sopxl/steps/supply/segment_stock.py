"""Safety stock from service levels: for nodes whose stock policy gives none, by the segment of their item."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np

from sopxl.schema import Tables
from sopxl.steps.supply.network import Network

DECIMALS = 2


def with_segment_stock(network: Network, tables: Tables) -> Network:
    """The network with a safety stock at every node that sells to markets and whose policy gives none.

    It is z(service level) x standard deviation of the item's forecast error over lead time and one period, from one
    plan to the next. The error of an item in all markets is shared out to the places that sell it as independent
    errors are: by the root of their share in demand. An item without a service level keeps no safety stock.
    Source: Silver, Pyke, Thomas, Inventory and Production Management in Supply Chains (2017), chapter 6 (periodic
    review: the risk lasts a review and a lead time).
    """
    segments = tables["segments"].drop_duplicates("item").set_index("item")
    known = segments.reindex(network.nodes["item"])
    factor = np.array([_factor(level) for level in known["service_level"].fillna(0.0)])
    spread = known["deviation"].fillna(0.0).to_numpy(float) * np.sqrt(_share_of_demand(network))
    wanted = np.round(factor * spread * np.sqrt(_lead(network) + 1.0), DECIMALS)
    given = (network.nodes[["safety_stock", "safety_days"]] > 0).any(axis=1)
    return replace(network, nodes=network.nodes.assign(
        safety_stock=np.where(given, network.nodes["safety_stock"], wanted)))


def _factor(service_level: float) -> float:
    """Standard deviations that cover demand with that probability; none for even odds or less."""
    return NormalDist().inv_cdf(service_level) if service_level > 0.5 else 0.0


def _share_of_demand(network: Network) -> np.ndarray:
    """N: share of the item's demand in the horizon that is served from the node."""
    here = np.bincount(network.demands["node"].to_numpy(int), network.demand.sum(axis=1), len(network.nodes))
    total = network.nodes.assign(here=here).groupby("item")["here"].transform("sum").to_numpy(float)
    return np.asarray(np.where(total > 0, here / np.where(total > 0, total, 1.0), 0.0))


def _lead(network: Network) -> np.ndarray:
    """N: longest lead time of the ways that stock comes to a node, in periods."""
    lead = np.zeros(len(network.nodes))
    for ways, node in ((network.makes, "node"), (network.buys, "node"), (network.moves, "to_node")):
        np.maximum.at(lead, ways[node].to_numpy(int), ways["lead"].to_numpy(float))
    return lead
