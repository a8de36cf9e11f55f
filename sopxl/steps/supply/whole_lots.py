"""Whole lots in balancing: order costs, set-ups, minimum lots, multiples and fixed lots, exactly, by whole numbers.

Stock policies hold for whatever brings stock to a node (making, buying, moving); a supplier's minimum and multiple
hold besides. A lot is dated like the quantity: when production starts, a purchase is received, a transfer leaves.
A planner's firm quantity counts its lots but need not keep to their sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.steps.supply.balance_model import Decision, Model, decision
from sopxl.steps.supply.limits import limit
from sopxl.steps.supply.network import Network, numbers

SOURCES = ("make", "buy", "move")
QUANTITIES = {"make": "make_start", "buy": "buy_receipt", "move": "move_shipment"}


@dataclass(frozen=True)
class LotTerms:
    """How one kind of source comes in lots: row numbers of the objects that do, and per object its terms."""

    objects: np.ndarray
    minimum: np.ndarray
    multiple: np.ndarray
    """0 where any quantity may come."""
    size: np.ndarray
    """Fixed lot, 0 where there is none."""
    most: np.ndarray
    """More than this never comes at once."""


def receiving_nodes(network: Network, source: str) -> np.ndarray:
    """The node to which each source (make, buy or move) brings stock."""
    frames = {"make": network.makes["node"], "buy": network.buys["node"], "move": network.moves["to_node"]}
    return frames[source].to_numpy(int)


def lot_terms(model: Model, source: str) -> LotTerms:
    """Terms of the sources (make, buy or move) that come in lots."""
    network = model.network
    frame = {"make": network.makes, "buy": network.buys, "move": network.moves}[source]
    node = receiving_nodes(network, source)
    policy = network.nodes.iloc[node]
    minimum, multiple = numbers(policy, "minimum_lot"), numbers(policy, "lot_multiple")
    size = np.where(policy["lot_rule"].to_numpy(str) == "fixed", numbers(policy, "lot_size"), 0.0)
    if source == "buy":
        minimum = np.maximum(minimum, numbers(frame, "minimum_order"))
        own = numbers(frame, "order_multiple")
        multiple = np.where(own > 0, own, multiple)
    setup = np.zeros(len(frame))
    if source == "make":
        np.add.at(setup, network.operations["make"].to_numpy(int), numbers(network.operations, "setup_hours"))
    costs = (network.order_cost[node] > 0).any(axis=1)
    objects = np.flatnonzero(costs | (minimum > 0) | (multiple > 0) | (size > 0) | (setup > 0))
    most = most_ever_needed(model)[node]
    if source == "make":
        most = most / model.make_yield
    return LotTerms(objects, minimum[objects], multiple[objects], size[objects], most[objects])


def most_ever_needed(model: Model) -> np.ndarray:
    """N: units of the node's item that all demand, stock targets, firm production and rounding to lots could take.

    Added up over locations and through bills of material, so it holds whichever source serves.
    """
    network = model.network
    item, names = pd.factorize(network.nodes["item"])
    wanted = np.zeros(len(names))
    targets = model.safety_target.max(axis=1, initial=0.0) + network.minimum_stock.max(axis=1, initial=0.0)
    lots = sum(numbers(network.nodes, name) for name in ("minimum_lot", "lot_multiple", "lot_size"))
    demand = network.demand.sum(axis=1) + numbers(network.demands, "opening_backlog")
    np.add.at(wanted, item[network.demands["node"].to_numpy(int)], demand)
    np.add.at(wanted, item, targets + lots)
    orders = numbers(network.buys, "minimum_order") + numbers(network.buys, "order_multiple")
    np.add.at(wanted, item[network.buys["node"].to_numpy(int)], orders)
    makes = item[network.makes["node"].to_numpy(int)]
    fixed = np.nan_to_num(network.firm_production).sum(axis=1)
    if network.last_production is not None:
        fixed = fixed + 2.0 * np.nan_to_num(network.last_production).sum(axis=1)
    np.add.at(wanted, makes, fixed)
    agreed = numbers(network.contracts, "minimum")[network.contract_buys["contract"].to_numpy(int)]
    bought = network.buys["node"].to_numpy(int)[network.contract_buys["buy"].to_numpy(int)]
    np.add.at(wanted, item[bought], agreed)
    components = network.components
    per_good = components["quantity"] / model.make_yield[components["make"].to_numpy(int)]
    return np.asarray(_through_bills(components.assign(quantity=per_good), makes, item, wanted)[item])


def _through_bills(components: pd.DataFrame, makes: np.ndarray, item: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Wanted items with what goes into them, level by level."""
    bills = pd.DataFrame({
        "parent": makes[components["make"].to_numpy(int)],
        "component": item[components["node"].to_numpy(int)],
        "quantity": components["quantity"].to_numpy(float),
    }).groupby(["parent", "component"], as_index=False)["quantity"].max()
    parent, component = bills["parent"].to_numpy(int), bills["component"].to_numpy(int)
    quantity = bills["quantity"].to_numpy(float)
    total, wave = wanted.astype(float), wanted
    for _ in range(len(wanted)):
        following = np.zeros_like(total)
        np.add.at(following, component, quantity * wave[parent])
        if not following.any():
            break
        total += following
        wave = following
    return total


def _declare(source: str) -> None:
    """Declare the decisions on the lots of one kind of source."""

    def lots(model: Model) -> Decision | None:
        if not model.network.settings.whole_lots:
            return None
        terms = lot_terms(model, source)
        most = np.ceil(terms.most / np.where(terms.size > 0, terms.size, 1.0)) + 1
        return Decision(terms.objects, 0.0, np.where(terms.size > 0, most, 1.0)[:, None], whole=True)

    def multiples(model: Model) -> Decision | None:
        if not model.network.settings.whole_lots:
            return None
        terms = lot_terms(model, source)
        in_multiples = (terms.multiple > 0) & (terms.size <= 0)
        return Decision(terms.objects[in_multiples], whole=True)

    lots.__name__, multiples.__name__ = f"{source}_lots", f"{source}_multiples"
    lots.__doc__ = f"Lots of what is to {source}: one a period, or the number of fixed lots."
    multiples.__doc__ = f"Multiples in what is to {source}."
    functions: list[Callable[[Model], Decision | None]] = [lots, multiples]
    for function in functions:
        decision(function)


for _source in SOURCES:
    _declare(_source)


@limit
def whole_lots(model: Model) -> None:
    """Quantities keep to their lots: none without a lot, not below the minimum, in multiples or fixed sizes."""
    if not model.network.settings.whole_lots:
        return
    for source in SOURCES:
        terms = lot_terms(model, source)
        quantity = model.columns[QUANTITIES[source]][terms.objects]
        is_firm = np.zeros(quantity.shape, bool)
        if source == "make":
            is_firm = ~np.isnan(model.network.firm_production[terms.objects])
        _add_lot_rows(model, source, terms, quantity, is_firm)


def _add_lot_rows(model: Model, source: str, terms: LotTerms, quantity: np.ndarray, is_firm: np.ndarray) -> None:
    """Rows that bind the quantities of one kind of source to its lots."""
    lots = model.columns[f"{source}_lots"]
    is_fixed = terms.size > 0
    most = np.where(is_fixed, terms.size, terms.most)[:, None]
    lower = np.where(is_fixed[:, None] & ~is_firm, 0.0, -np.inf)
    every = np.arange(len(terms.objects))
    least = np.flatnonzero((terms.minimum > 0) & ~is_fixed)
    multiple = np.flatnonzero((terms.multiple > 0) & ~is_fixed)
    free = np.where(is_firm[multiple], np.inf, 0.0)
    for name, chosen, low, high, columns, factor in (
        ("lot_size", every, lower, 0.0, lots, most),
        ("minimum_lot", least, np.where(is_firm[least], -np.inf, 0.0), np.inf, lots[least],
         terms.minimum[least][:, None]),
        ("lot_multiple", multiple, 0.0 - free, free, model.columns[f"{source}_multiples"],
         terms.multiple[multiple][:, None]),
    ):
        rows = model.program.add_rows(quantity[chosen].shape, low, high)
        model.rows[f"{source}_{name}"], model.objects[f"{source}_{name}"] = rows, terms.objects[chosen]
        model.program.add_entries(rows, quantity[chosen], 1.0)
        model.program.add_entries(rows, columns, -factor)
