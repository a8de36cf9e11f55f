"""Items made or assembled to order: which they are, and what of their forecast is planned.

Of what is not ordered yet, only what an order of today could still get is planned.

An order that comes in the first period can be delivered one lead time later. Until then only orders in hand count; from
then on the forecast does, so that capacity and materials are planned for it, yet nothing is released before the order
is there. For assemble-to-order the lead time is that of the last assembly and its way to the customer: components are
planned, ordered and stocked by the forecast. For make-to-order it is the cumulative lead time, components and purchases
included. (Source: APICS Dictionary, *demand time fence*: inside it total demand holds no forecast.) The whole forecast
stands in the sales plan, planned or not. That no stock is built of such items is a limit of balancing (made_to_order).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.steps.supply.network import Network

TO_ORDER = ("make-to-order", "assemble-to-order")


def is_to_order(nodes: pd.DataFrame) -> np.ndarray:
    """N: whether the item of each node is made or assembled to order."""
    return np.asarray(nodes["fulfilment"].isin(TO_ORDER))


def with_time_fences(network: Network, tables: Tables) -> Network:
    """The network whose demand holds no forecast inside the time fence of items that are made or assembled to order."""
    items = tables["items"].drop_duplicates("item").set_index("item")["fulfilment"]
    ways = network.demands["item"].map(items)
    if network.orders_in_hand is None or not ways.isin(TO_ORDER).any():
        return network
    node = network.demands["node"].to_numpy(int)
    fence = np.where(ways == "make-to-order", lead_times(network, True)[node],
                     np.where(ways == "assemble-to-order", lead_times(network, False)[node], 0))
    orders = network.orders_in_hand.copy()
    orders[:, :1] -= network.demands[["opening_backlog"]].to_numpy(float)
    fixed = np.arange(network.demand.shape[1]) < fence[:, None]
    return replace(network, demand=np.where(fixed, np.clip(orders, 0.0, network.demand), network.demand))


def lead_times(network: Network, with_components: bool) -> np.ndarray:
    """N: periods from an order until the usual source has it at the node, on the way there and, if wanted, of all
    components: the longest path through the bill of material (cumulative lead time, APICS Dictionary)."""
    times = np.zeros(len(network.nodes), int)
    arcs = _usual_arcs(network, with_components)
    level = network.nodes["level"].to_numpy(int)
    for deep in range(int(level.max(initial=-1)), -1, -1):
        here = arcs[level[arcs["node"].to_numpy(int)] == deep]
        below = np.where(here["draws_on"] >= 0, times[here["draws_on"].to_numpy(int)], 0)
        np.maximum.at(times, here["node"].to_numpy(int), here["lead"].to_numpy(int) + below)
    return times


def _usual_arcs(network: Network, with_components: bool) -> pd.DataFrame:
    """The usual source of each node, a row for each node that it draws on (-1: none): node, lead, draws_on."""
    makes, buys = network.makes, network.buys
    moves = network.moves[network.moves["usual"].astype(bool)]
    parts = [
        makes.assign(rank=0, draws_on=-1).reset_index(names="make"),
        buys.assign(rank=1, draws_on=-1, make=-1),
        moves.assign(node=moves["to_node"], rank=2, draws_on=moves["from_node"], make=-1),
    ]
    sources = pd.concat([part[["node", "rank", "priority", "lead", "draws_on", "make"]] for part in parts],
                        ignore_index=True)
    usual = sources.sort_values(["node", "rank", "priority"], kind="stable").drop_duplicates("node")
    if not with_components:
        return usual
    used = usual.merge(network.components[["make", "node"]].rename(columns={"node": "component"}), on="make")
    return pd.concat([usual, used.assign(draws_on=used["component"])], ignore_index=True)
