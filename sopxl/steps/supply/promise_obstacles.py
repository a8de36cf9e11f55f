"""What stands in the way of a promise, in words: of what is left free once as much as can be had is taken."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sopxl.steps.supply.network import Network
from sopxl.steps.supply.promise import Free, supplier_rows

SMALLEST = 1e-6


def obstacle(network: Network, left: Free, node: int, period: int) -> str:
    """What stands in the way of more of a node by a period, by its first source that is held up: making, then
    suppliers, then lanes, as in the requirements plan. ``left``: what is free after as much as possible was taken.
    """
    found = next(_held_up(network, left, node, period, frozenset()), "")
    return found or f"what {network.nodes['item'].iloc[node]} is made of, bought and moved with, all taken together"


def _held_up(network: Network, left: Free, node: int, period: int, above: frozenset[int]) -> Iterator[str]:
    """What holds up each source of a node; ``above``: the nodes that lead here, so that lanes run in no circle."""
    makes, buys, moves = network.makes, network.buys, network.moves
    sources = [(makes.index[makes["node"] == node], makes["priority"], _making),
               (buys.index[(buys["node"] == node) & ~(buys["capacity"] <= 0)], buys["priority"], _buying),
               (moves.index[moves["to_node"] == node], moves["priority"] + ~moves["usual"].astype(bool) * 1e6, _moving)]
    known = False
    for rows, priority, why in sources:
        for row in priority.loc[rows].sort_values(kind="stable").index:
            known = True
            if words := why(network, left, int(row), period, above | {node}):
                yield words
    if not known:
        yield f"nothing can bring more of {network.nodes['item'].iloc[node]}"


def _making(network: Network, left: Free, make: int, period: int, above: frozenset[int]) -> str:
    """What holds up making: its lead time, its dates, hours, or the first component that is held up itself."""
    item, last = network.makes["item"].iloc[make], period - int(network.makes["lead"].iloc[make])
    if last < 0:
        return f"the lead time of {item}"
    able = np.flatnonzero(left.starts[make, : last + 1] > SMALLEST)
    if not len(able):
        return f"the dates between which {item} can be started"
    full = _full_resource(network, left, make, able)
    if full:
        return f"the hours of {full}"
    parts = network.components.loc[network.components["make"] == make, "node"]
    return _first_of(network, left, parts.astype(int).tolist(), int(able[-1]), above)


def _full_resource(network: Network, left: Free, make: int, able: np.ndarray) -> str:
    """The resource without hours for more in most of these periods; empty where some period has them all."""
    operations = network.operations[network.operations["make"] == make]
    resource = operations["resource"].to_numpy(int)
    shift = network.resources["extra_shift_hours"].fillna(0.0).to_numpy(float)
    room = left.regular + left.overtime + left.shifts * shift[:, None]
    needs = (operations[["hours_per_unit", "setup_hours"]].fillna(0.0) > 0).any(axis=1).to_numpy()
    lacks = needs[:, None] & (
        room[resource][:, able] <= operations["setup_hours"].fillna(0.0).to_numpy(float)[:, None] + SMALLEST)
    if not len(operations) or not lacks.any(axis=0).all():
        return ""
    return str(network.resources["resource"].iloc[resource[int(lacks.sum(axis=1).argmax())]])


def _buying(network: Network, left: Free, buy: int, period: int, above: frozenset[int]) -> str:
    """What holds up buying: the lead time, or what the supplier can deliver."""
    row, supplier = network.buys.iloc[buy], int(supplier_rows(network)[buy])
    first = int(row["lead"]) if np.isnan(row["expedite_price"]) else 0
    if first > period:
        return f"the lead time of {row['item']} from {row['supplier']}"
    room = left.buys[buy, first: period + 1]
    if supplier >= 0:
        room = np.minimum(room, left.suppliers[supplier, first: period + 1])
    held = network.contract_buys.loc[network.contract_buys["buy"] == buy, "contract"].to_numpy(int)
    used_up = (room <= SMALLEST).all() or (left.contracts[held] <= SMALLEST).any()
    return f"what {row['supplier']} can deliver of {row['item']}" if used_up else ""


def _moving(network: Network, left: Free, move: int, period: int, above: frozenset[int]) -> str:
    """What holds up a transfer: time in transit, what the lane can carry, or what holds up its sender."""
    row = network.moves.iloc[move]
    name, last, lane = f"{row['from_location']}–{row['to_location']}", period - int(row["lead"]), int(row["lane"])
    if last < 0:
        return f"the time in transit {name}"
    room = left.moves[move, : last + 1]
    if lane >= 0:
        room = np.minimum(room, left.lanes[lane, : last + 1])
    able = np.flatnonzero(room > SMALLEST)
    if not len(able):
        return f"what the lane {name} can carry"
    return _first_of(network, left, [int(row["from_node"])], int(able[-1]), above)


def _first_of(network: Network, left: Free, nodes: list[int], period: int, above: frozenset[int]) -> str:
    """What holds up the first of these nodes of which no more can be promised by a period."""
    for node in nodes:
        none_left = node not in above and left.promised(node)[period] <= SMALLEST
        if none_left and (words := next(_held_up(network, left, node, period, above), "")):
            return words
    return ""
