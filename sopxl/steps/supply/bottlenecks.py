"""What holds up a demand in a plan: a full resource, supplier, lane or store, a closed source, or the lead time.

To add a limit, write a function of the :class:`Place` under ``@holder``: the names of what is full, and the sentence
that they stand in. The first kind that holds anything up is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sopxl.steps.supply.figures import Figures
from sopxl.steps.supply.network import Flows, Network

FULL = 1e-6


@dataclass(frozen=True)
class Place:
    """Where to look: the nodes that a demand draws on, and the period in which it starts to wait."""

    network: Network
    planned: Flows
    plan: Figures
    nodes: np.ndarray
    period: int

    def is_here(self, node: object) -> np.ndarray:
        """Whether each record of a frame stands at one of the nodes (its column of nodes is given)."""
        return np.isin(np.asarray(node, int), self.nodes)


Holder = Callable[[Place], list[str]]
HOLDERS: list[tuple[Holder, str]] = []


def holder(sentence: str) -> Callable[[Holder], Holder]:
    """Register what can hold a demand up; ``sentence`` has {} for the names and {is} for is or are."""

    def enter(function: Holder) -> Holder:
        HOLDERS.append((function, sentence))
        return function

    return enter


def holding_up(network: Network, planned: Flows, plan: Figures, demand: int, period: int) -> str:
    """In a sentence, what holds up a demand in the period in which it starts to wait."""
    nodes = upstream(network, int(network.demands["node"].iloc[demand]))
    place = Place(network, planned, plan, nodes, period)
    for find, sentence in HOLDERS:
        names = list(dict.fromkeys(find(place)))
        if names:
            return sentence.format(" and ".join(names[:2]), **{"is": "is" if len(names) == 1 else "are"})
    leads = [*network.makes["lead"][place.is_here(network.makes["node"])],
             *network.buys["lead"][place.is_here(network.buys["node"])],
             *network.moves["lead"][place.is_here(network.moves["to_node"])]]
    if period < sum(leads):
        return "Lead times do not let it come sooner."
    return "Waiting costs less than supplying it sooner." if leads else "Nothing can bring more of it."


def upstream(network: Network, node: int) -> np.ndarray:
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


def hours_left(network: Network, planned: Flows, plan: Figures) -> np.ndarray:
    """R x T: hours that a resource could still work, overtime and extra shifts that are not run included."""
    left = plan.regular_hours + plan.overtime_limit + plan.extra_hours - plan.hours
    if "most_extra_shifts" in network.resources:
        most = np.nan_to_num(network.resources["most_extra_shifts"].to_numpy(float))[:, None]
        each = np.nan_to_num(network.resources["extra_shift_hours"].to_numpy(float))[:, None]
        run = np.zeros_like(left) if planned.extra_shifts is None else planned.extra_shifts
        left = np.maximum(left, 0.0) + np.maximum(most - run, 0.0) * each
    return np.asarray(np.maximum(left, 0.0))


def _is_full(left: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Whether so little is left of a limit (NaN: none)."""
    return np.asarray((left <= FULL * (1.0 + np.nan_to_num(limit))) & ~np.isnan(limit))


@holder("{} {is} full.")
def _resources(place: Place) -> list[str]:
    """Resources of these nodes that work all the hours they can in the period."""
    network = place.network
    makes = np.flatnonzero(place.is_here(network.makes["node"]))
    used = np.unique(network.operations.loc[network.operations["make"].isin(makes), "resource"].to_numpy(int))
    limit = (place.plan.regular_hours + place.plan.overtime_limit)[used, place.period]
    left = hours_left(network, place.planned, place.plan)[used, place.period]
    return [str(name) for name in network.resources["resource"].iloc[used[_is_full(left, limit)]]]


@holder("{} cannot deliver more.")
def _purchases(place: Place) -> list[str]:
    """Purchases of these nodes of which all that can be had comes in the period, by item or by supplier."""
    network, period = place.network, place.period
    buys = network.buys
    taken = (network.open_purchases + place.planned.buy_receipt)[:, period]
    capacity = buys["capacity"].to_numpy(float)
    here = place.is_here(buys["node"])
    full = here & (capacity > 0) & _is_full(capacity - taken, capacity)
    names = [f"{supplier} ({item})" for supplier, item in zip(buys["supplier"][full], buys["item"][full], strict=True)]
    if not network.suppliers["capacity"].notna().any():
        return names
    total = network.suppliers.drop_duplicates("supplier").set_index("supplier")["capacity"]
    all_taken = buys["supplier"].map(buys.assign(taken=taken).groupby("supplier")["taken"].sum()).to_numpy(float)
    most = buys["supplier"].map(total).to_numpy(float)
    return names + [str(name) for name in buys["supplier"][here & (most > 0) & _is_full(most - all_taken, most)]]


@holder("{} {is} closed then.")
def _closed_suppliers(place: Place) -> list[str]:
    """Suppliers of these nodes that do not deliver in the period, where no other does."""
    network, is_open = place.network, place.network.buy_open
    if is_open is None:
        return []
    here = place.is_here(network.buys["node"])
    closed = here & ~is_open[:, place.period].astype(bool)
    served = np.isin(network.buys["node"], network.buys["node"][here & ~closed])
    return [str(name) for name in network.buys["supplier"][closed & ~served]]


@holder("{} cannot carry more.")
def _lanes(place: Place) -> list[str]:
    """Lanes to these nodes that carry all they can when they would have to, to arrive in the period."""
    moves = place.network.moves
    if not len(moves):
        return []
    leaves = place.period - moves["lead"].to_numpy(int)
    at = np.arange(len(moves)), np.maximum(leaves, 0)
    carried = place.planned.move_shipment
    capacity = moves["capacity"].to_numpy(float)
    here = place.is_here(moves["to_node"]) & (leaves >= 0)
    full = here & _is_full(capacity - carried[at], capacity)
    ends = zip(moves["from_location"][full], moves["to_location"][full], moves["item"][full], strict=True)
    names = [f"the lane {sends}–{receives} ({item})" for sends, receives, item in ends]
    return names + _full_lanes(place, here, leaves)


def _full_lanes(place: Place, here: np.ndarray, leaves: np.ndarray) -> list[str]:
    """Lanes that carry all they can of all items together."""
    network, moves = place.network, place.network.moves
    if not len(network.lanes) or "lane" not in moves:
        return []
    lane = moves["lane"].to_numpy(int)
    carried = np.zeros((len(network.lanes), place.planned.move_shipment.shape[1]))
    np.add.at(carried, lane[lane >= 0], place.planned.move_shipment[lane >= 0])
    most = network.lanes["total_capacity"].to_numpy(float)
    rows = np.flatnonzero(here & (lane >= 0))
    full = _is_full(most[lane[rows]] - carried[lane[rows], leaves[rows]], most[lane[rows]])
    return [f"the lane {moves['from_location'].iloc[row]}–{moves['to_location'].iloc[row]}" for row in rows[full]]


@holder("The storage at {} {is} full before.")
def _stores(place: Place) -> list[str]:
    """Locations of these nodes whose storage is full in an earlier period, so that nothing can be built ahead."""
    value = place.planned.limit_values.get("storage")
    if value is None or not len(value):
        return []
    full = (value[:, : place.period + 1] > FULL).any(axis=1)
    here = place.network.storage["location"].isin(place.network.nodes["location"].iloc[place.nodes])
    return [str(name) for name in place.network.storage["location"][full & here.to_numpy(bool)]]


@holder("The contract {} allows no more.")
def _contracts(place: Place) -> list[str]:
    """Contracts of these nodes of which all that may be taken is taken."""
    network = place.network
    contracts, linked = network.contracts, network.contract_buys
    taken = np.zeros(len(contracts))
    within = network.open_purchases + place.planned.buy_receipt
    for contract, buy in zip(linked["contract"].to_numpy(int), linked["buy"].to_numpy(int), strict=True):
        first, last = contracts[["first", "last"]].to_numpy(int)[contract]
        taken[contract] += within[buy, max(first, 0): last + 1].sum()
    here = linked.loc[place.is_here(network.buys["node"].to_numpy(int)[linked["buy"].to_numpy(int)]), "contract"]
    most = contracts["maximum"].to_numpy(float)
    full = _is_full(most - taken, most) & contracts.index.isin(here)
    return [str(name) for name in contracts["contract"][full]]
