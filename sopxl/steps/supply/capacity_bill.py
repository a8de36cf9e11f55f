"""The bill of capacity: what one unit of an item at a location takes of anything, with all that goes into it.

Source: Vollmann, Berry, Whybark, *Manufacturing Planning and Control Systems*, bill of capacity; here over purchases,
transfers and places as well as hours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sopxl.steps.supply.network import Network


@dataclass(frozen=True)
class Loads:
    """What one unit made (M x K), bought (B x K), moved (V x K) or standing at a node (N x K) takes of K things."""

    make: np.ndarray
    buy: np.ndarray
    move: np.ndarray
    node: np.ndarray

    @staticmethod
    def nothing(network: Network, count: int) -> Loads:
        """Loads of nothing on so many things, to be added to."""
        frames = (network.makes, network.buys, network.moves, network.nodes)
        return Loads(*(np.zeros((len(frame), count)) for frame in frames))


def hours_of_making(network: Network) -> np.ndarray:
    """M x R: hours of each resource for one good unit made, without set-ups."""
    hours = np.zeros((len(network.makes), len(network.resources)))
    operations = network.operations
    np.add.at(hours, (operations["make"].to_numpy(int), operations["resource"].to_numpy(int)),
              operations["hours_per_unit"].to_numpy(float))
    return np.asarray(hours / yield_of(network)[:, None])


def yield_of(network: Network) -> np.ndarray:
    """M: good units for each unit started."""
    if "yield_rate" not in network.makes:
        return np.ones(len(network.makes))
    return np.asarray(np.nan_to_num(network.makes["yield_rate"].to_numpy(float), nan=1.0))


def usual_sources(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """N each: the make, else the buy, else the move that a node is usually supplied by; -1 where it is none."""
    found = []
    taken = np.zeros(len(network.nodes), bool)
    for frame, node in ((network.makes, "node"), (network.buys, "node"), (network.moves, "to_node")):
        usable = frame["usual"].to_numpy(bool) if "usual" in frame else np.ones(len(frame), bool)
        if "capacity" in frame:
            usable = usable & ~(frame["capacity"].to_numpy(float) <= 0)
        rank = frame["priority"].to_numpy(float) if "priority" in frame else np.zeros(len(frame))
        rows = np.flatnonzero(usable)
        # the best priority is written last, and of equals the first row
        rows = rows[np.lexsort((-rows, -np.nan_to_num(rank, nan=1.0)[rows]))]
        source = np.full(len(network.nodes), -1)
        source[frame[node].to_numpy(int)[rows]] = rows
        source[taken] = -1
        taken |= source >= 0
        found.append(source)
    return found[0], found[1], found[2]


def bill_of_capacity(network: Network, loads: Loads) -> np.ndarray:
    """N x K: what one unit at each node takes by its usual source, level by level from the parts up."""
    make, buy, move = usual_sources(network)
    bill = loads.node.copy()
    parts = network.components
    part_make, part_node = parts["make"].to_numpy(int), parts["node"].to_numpy(int)
    quantity = (parts["quantity"].to_numpy(float) / yield_of(network)[part_make])[:, None]
    level = network.nodes["level"].to_numpy(int)
    make_node = network.makes["node"].to_numpy(int)
    from_node = network.moves["from_node"].to_numpy(int)
    for depth in range(int(level.max(initial=-1)), -1, -1):
        made, bought, moved = (np.flatnonzero((level == depth) & (source >= 0)) for source in (make, buy, move))
        bill[made] += loads.make[make[made]]
        bill[bought] += loads.buy[buy[bought]]
        bill[moved] += loads.move[move[moved]] + bill[from_node[move[moved]]]
        used = np.flatnonzero((level[make_node[part_make]] == depth) & (make[make_node[part_make]] == part_make))
        np.add.at(bill, make_node[part_make[used]], bill[part_node[used]] * quantity[used])
    return bill
