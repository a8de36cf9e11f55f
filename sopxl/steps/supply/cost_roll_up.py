"""The cost roll-up: what a unit costs by the bills, routings, rates and prices of the plan, against its standard.

From the deepest level upwards, every node takes the cost of its usual source: its purchase price, the cost where it is
moved from and the freight, or its components, hours and set-ups. Source: Horngren, Datar and Rajan, *Cost
Accounting*, ch. 7; APICS Dictionary, "cost roll-up". To tell another element apart, add it to ELEMENTS and fill it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.steps.supply.network import Network, numbers
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.tables import COST_ROLL_UP

ELEMENTS = ("material", "conversion", "set_up", "subcontract", "freight", "scrap", "other_cost")
CENT = 0.005
_AT = {name: position for position, name in enumerate(ELEMENTS)}


@dataclass(frozen=True)
class RollUp:
    """What a unit of each node costs, and why it is not the standard. Money per unit."""

    elements: np.ndarray
    """N x elements."""
    source: np.ndarray
    """N: made, bought, subcontracted, moved, or nothing where the node has no source (its standard is its cost)."""
    by_inputs: np.ndarray
    """N: what its inputs (components, or the stock it is moved from) cost beyond their standard."""
    dearest_input: np.ndarray
    """N: the node of the input that differs most; -1: none does."""

    @property
    def cost(self) -> np.ndarray:
        """N: all elements together."""
        return np.asarray(self.elements.sum(axis=1))


@dataclass(frozen=True)
class _Inputs:
    """What goes into a unit of each node: one row an input."""

    node: np.ndarray
    """The node that takes it."""
    source: np.ndarray
    """The node that it is taken from."""
    quantity: np.ndarray
    """For one good unit, scrap and lost units included."""
    scrap: np.ndarray
    """How much of it is lost."""


def roll_up(network: Network, lot_sizes: np.ndarray, has_bill: np.ndarray) -> RollUp:
    """The cost of a unit of every node by its usual source, as of the first period.

    ``lot_sizes`` (M): units started of an average lot, over which a set-up is spread. ``has_bill`` (N): whether the
    item could be made, so that who sells it is a subcontractor. Where suppliers have quotas, their average price
    counts. A unit lost in making loses all that went into it: that is scrap. Co-products take
    their standard cost off what is made with them.
    """
    nodes = network.nodes
    make, buy, move = _usual_make(network), _shares(network.buys, "node"), _usual_moves(network)
    made = make >= 0
    bought = ~made & (np.bincount(network.buys["node"].to_numpy(int), buy, len(nodes)) > 0)
    to_node = network.moves["to_node"].to_numpy(int)
    moved = ~made & ~bought & (np.bincount(to_node, move, len(nodes)) > 0)
    elements = np.zeros((len(nodes), len(ELEMENTS)))
    _add_making(network, make, lot_sizes, elements)
    subcontracted = bought & has_bill
    _add_buying(network, buy, bought, subcontracted, elements)
    _add_moving(network, move, moved, elements)
    bare = ~made & ~bought & ~moved
    elements[bare, _AT["material"]] = nodes["unit_cost"].to_numpy(float)[bare]
    inputs = _inputs(network, make, move, moved)
    _pass_up(nodes["level"].to_numpy(int), inputs, elements)
    by_inputs, dearest = _beyond_standard(nodes["unit_cost"].fillna(0.0).to_numpy(float), inputs, elements)
    source = np.select([made, subcontracted, bought, moved], ["made", "subcontracted", "bought", "moved"], "")
    return RollUp(elements, source, by_inputs, dearest)


def _usual_make(network: Network) -> np.ndarray:
    """N: the make of each node that is open in the first period, the usual one; -1 where it is not made."""
    open_now = np.ones(len(network.makes), bool) if network.make_open is None else network.make_open[:, 0]
    makes = network.makes.assign(shut=~open_now).sort_values(["shut", "priority"], kind="stable")
    first = makes.drop_duplicates("node")
    usual = np.full(len(network.nodes), -1)
    usual[first["node"].to_numpy(int)] = first.index.to_numpy(int)
    return usual


def _shares(sources: pd.DataFrame, node: str) -> np.ndarray:
    """Share of each row in what its node gets: by quota among the usual ones, all from the first without quotas."""
    usual = sources["priority"] == sources.groupby(node)["priority"].transform("min")
    quota = sources["quota"].fillna(0.0).where(usual, 0.0)
    total = quota.groupby(sources[node]).transform("sum")
    first = usual & ~sources[[node]].where(usual).duplicated().to_numpy(bool)
    return np.asarray(np.where(total > 0, quota / total.where(total > 0, 1.0), first.to_numpy(float)))


def _usual_moves(network: Network) -> np.ndarray:
    """V: share of each move in what its receiver gets, by the moves that the requirements plan draws on."""
    shares = np.zeros(len(network.moves))
    usual = network.moves["usual"].to_numpy(bool)
    shares[usual] = _shares(network.moves[usual], "to_node")
    return shares


def _hourly_rates(network: Network) -> np.ndarray:
    """R: what an hour costs, the wages of its workers included."""
    resources = network.resources
    hours = resources["worker_hours"].where(resources["workers"].notna() & (resources["worker_hours"] > 0))
    return np.asarray(resources["hourly_cost"] + (resources["wage"] / hours).fillna(0.0), float)


def _add_making(network: Network, make: np.ndarray, lot_sizes: np.ndarray, elements: np.ndarray) -> None:
    """Hours, set-ups and other cost of what is made here, and the worth of what comes out beside it."""
    operations, rates = network.operations, _hourly_rates(network)
    of_make, rate = operations["make"].to_numpy(int), rates[operations["resource"].to_numpy(int)]
    count = len(network.makes)
    hours = np.bincount(of_make, operations["hours_per_unit"].to_numpy(float) * rate, count)
    set_up = np.bincount(of_make, operations["setup_hours"].to_numpy(float) * rate, count) / lot_sizes
    outputs = network.co_products
    worth = network.nodes["unit_cost"].fillna(0.0).to_numpy(float)[outputs["node"].to_numpy(int)]
    beside = np.bincount(outputs["make"].to_numpy(int), outputs["quantity"].to_numpy(float) * worth, count)
    good = network.makes["yield_rate"].to_numpy(float)
    made = np.flatnonzero(make >= 0)
    chosen = make[made]
    other = network.makes["production_cost"].fillna(0.0).to_numpy(float)
    lost = (hours + set_up + other) * (1.0 / good - 1.0)
    for name, values in (("conversion", hours), ("set_up", set_up), ("other_cost", other - beside / good),
                         ("scrap", lost)):
        elements[made, _AT[name]] = values[chosen]


def _add_buying(
    network: Network, share: np.ndarray, bought: np.ndarray, subcontracted: np.ndarray, elements: np.ndarray
) -> None:
    """Purchase prices: material, or the work of a subcontractor where the item could be made."""
    node = network.buys["node"].to_numpy(int)
    price = np.bincount(node, share * network.buys["unit_price"].fillna(0.0).to_numpy(float), len(network.nodes))
    for name, rows in (("material", bought & ~subcontracted), ("subcontract", subcontracted)):
        elements[rows, _AT[name]] = price[rows]


def _add_moving(network: Network, share: np.ndarray, moved: np.ndarray, elements: np.ndarray) -> None:
    """Freight of what comes from another location, full loads taken for granted."""
    moves, lanes = network.moves, network.lanes
    load = (lanes["load_cost"] / lanes["load_size"].where(lanes["load_size"] > 0)).fillna(0.0).to_numpy(float)
    freight = moves["unit_cost"].fillna(0.0).to_numpy(float) + load[moves["lane"].to_numpy(int)]
    total = np.bincount(moves["to_node"].to_numpy(int), share * freight, len(network.nodes))
    elements[moved, _AT["freight"]] = total[moved]


def _inputs(network: Network, make: np.ndarray, share: np.ndarray, moved: np.ndarray) -> _Inputs:
    """Components of what is made, and the stock elsewhere of what is moved."""
    components, moves = network.components, network.moves
    in_use = np.ones(len(components), bool) if network.component_open is None else network.component_open[:, 0]
    of_make = components["make"].to_numpy(int)
    parent = network.makes["node"].to_numpy(int)[of_make]
    usual = in_use & (make[parent] == of_make)
    good = network.makes["yield_rate"].to_numpy(float)[of_make[usual]]
    quantity = components["quantity"].to_numpy(float)[usual] / good
    net = numbers(components, "net_quantity", np.nan)[usual]
    to_node = moves["to_node"].to_numpy(int)
    drawn = moved[to_node] & (share > 0)
    return _Inputs(
        node=np.concatenate([parent[usual], to_node[drawn]]),
        source=np.concatenate([components["node"].to_numpy(int)[usual], moves["from_node"].to_numpy(int)[drawn]]),
        quantity=np.concatenate([quantity, share[drawn]]),
        scrap=np.concatenate([np.where(np.isnan(net), 0.0, quantity - net), np.zeros(drawn.sum())]),
    )


def _pass_up(level: np.ndarray, inputs: _Inputs, elements: np.ndarray) -> None:
    """Add the cost of inputs to what takes them, level by level from the deepest; ``elements`` is filled in place."""
    scrap = np.eye(len(ELEMENTS))[_AT["scrap"]]
    for depth in np.unique(level[inputs.node])[::-1]:
        rows = np.flatnonzero(level[inputs.node] == depth)
        cost = elements[inputs.source[rows]]
        used, lost = (inputs.quantity - inputs.scrap)[rows, None] * cost, inputs.scrap[rows] * cost.sum(axis=1)
        np.add.at(elements, inputs.node[rows], used + lost[:, None] * scrap)


def _beyond_standard(
    standard: np.ndarray, inputs: _Inputs, elements: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """N: what inputs cost beyond their standard; N: the input that differs most (-1: none by a cent)."""
    beyond = inputs.quantity * (elements.sum(axis=1) - standard)[inputs.source]
    total = np.bincount(inputs.node, beyond, len(standard))
    dearest = np.full(len(standard), -1)
    in_order = np.argsort(np.abs(beyond), kind="stable")
    in_order = in_order[np.abs(beyond[in_order]) > CENT]
    dearest[inputs.node[in_order]] = inputs.source[in_order]
    return np.asarray(total), dearest


@review(COST_ROLL_UP)
def cost_roll_up(view: PlanView) -> pd.DataFrame:
    """A row for each node, those first whose standard misses most money in a year."""
    network, nodes = view.network, view.network.nodes
    has_bill = nodes["item"].isin(set(view.tables["bills_of_material"]["parent"])).to_numpy(bool)
    found = roll_up(network, _average_lots(view), has_bill)
    standard = nodes["unit_cost"].fillna(0.0).to_numpy(float)
    difference = np.where(np.abs(found.cost - standard) > CENT, found.cost - standard, 0.0)
    rows = pd.DataFrame({
        "item": nodes["item"], "name": view.name_of(nodes["item"]), "location": nodes["location"],
        "source": found.source, **{name: found.elements[:, at] for name, at in _AT.items()},
        "rolled_up": found.cost, "standard": standard, "difference": found.cost - standard,
        "share": np.where(standard > 0, difference / np.where(standard > 0, standard, 1.0), np.nan),
        "by_source": found.cost - standard - found.by_inputs, "by_inputs": found.by_inputs,
        "yearly_effect": difference * _yearly_use(view),
    })
    rows["explanation"] = _explanations(rows, found, nodes["item"].to_numpy(object))
    return rows.sort_values("yearly_effect", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def _average_lots(view: PlanView) -> np.ndarray:
    """M: units started of an average lot: of the plan without limits, else by the stock policy, else one unit."""
    made, lots = view.required.make_start.sum(axis=1), view.required.make_lots.sum(axis=1)
    policy = view.network.nodes[["lot_size", "minimum_lot"]].max(axis=1).fillna(0.0)
    usual = np.maximum(policy.to_numpy(float)[view.network.makes["node"].to_numpy(int)], 1.0)
    return np.asarray(np.where((lots > 0) & (made > 0), made / np.where(lots > 0, lots, 1.0), usual))


def _yearly_use(view: PlanView) -> np.ndarray:
    """N: units that come into stock in an average year of the plan, all limits aside."""
    periods = max(len(view.labels), 1)
    return np.asarray(view.need.receipts.sum(axis=1) * view.settings.periods.season_length / periods)


def _explanations(rows: pd.DataFrame, found: RollUp, items: np.ndarray) -> list[str]:
    """Why each node's cost is not its standard."""
    own_cause = {"made": "hours, rates and yields here", "moved": "freight", "": "nothing that is known",
                 "bought": "the purchase price", "subcontracted": "the subcontractor's price"}
    texts = []
    for source, standard, gap, by_source, by_inputs, dearest in zip(
        rows["source"], rows["standard"], rows["difference"], rows["by_source"], rows["by_inputs"],
        found.dearest_input, strict=True,
    ):
        if standard <= 0:
            texts.append("It has no standard cost.")
            continue
        if abs(gap) <= CENT:
            texts.append("")
            continue
        parts = [f"{by_source:+,.2f} by {own_cause[source]}"] if abs(by_source) > CENT else []
        parts += [f"{by_inputs:+,.2f} by {_inputs_cause(source, items, dearest)}"] if abs(by_inputs) > CENT else []
        texts.append("; ".join(parts) + "." if parts else "")
    return texts


def _inputs_cause(source: str, items: np.ndarray, dearest: int) -> str:
    """What the inputs of a node are, and which of them counts most."""
    if source == "moved":
        return "its cost where it comes from"
    return "what goes into it" + (f", most of it by {items[dearest]}" if dearest >= 0 else "")
