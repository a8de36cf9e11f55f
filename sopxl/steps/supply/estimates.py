"""What balancing has to know before it plans: rough requirements, what a unit costs to supply, usual lots.

Requirements here are of demand alone: level by level through the usual source, without netting stock.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.figures import add_rows
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.requirements import set_back

ECONOMIC_RULES = ("economic", "silver-meal", "least-unit-cost", "part-period", "optimal")


def explode(network: Network, wanted: np.ndarray) -> np.ndarray:
    """N x T units that ``wanted`` (N x T units at nodes) takes at every node, themselves included.

    A node is made where it can be, else bought, else moved in. Lead times move requirements forward; what
    would be needed before the first period counts in the first.
    """
    make, move = _usual_sources(network)
    make_lead, move_lead = network.makes["lead"].to_numpy(int), network.moves["lead"].to_numpy(int)
    component_make = network.components["make"].to_numpy(int)
    quantity = network.components["quantity"].to_numpy(float)[:, None]
    quantity = quantity if network.component_open is None else quantity * network.component_open
    rate = network.makes["yield_rate"].to_numpy(float)[:, None]
    made, moved = np.flatnonzero(make >= 0), np.flatnonzero(move >= 0)
    total = wanted.astype(float).copy()
    wave = total
    for _ in range(len(network.nodes) + 1):
        if not wave.any():
            break
        following, started = np.zeros_like(total), np.zeros((len(network.makes), total.shape[1]))
        started[make[made]] = set_back(wave[made], make_lead[make[made]])[0]
        add_rows(following, network.components["node"].to_numpy(int), quantity * (started / rate)[component_make])
        add_rows(following, network.moves["from_node"].to_numpy(int)[move[moved]],
                 set_back(wave[moved], move_lead[move[moved]])[0])
        total += following
        wave = following
    return total


def _usual_sources(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Per node its first make, and its move where it is neither made nor bought; -1 where there is none."""
    make = np.full(len(network.nodes), -1)
    move = np.full(len(network.nodes), -1)
    last_first = np.argsort(-network.makes["priority"].to_numpy(float), kind="stable")
    make[network.makes["node"].to_numpy(int)[last_first]] = last_first
    usual = np.flatnonzero(network.moves["usual"].to_numpy(bool))[::-1]
    move[network.moves["to_node"].to_numpy(int)[usual]] = usual
    move[make >= 0] = -1
    move[network.buys["node"].to_numpy(int)] = -1
    return make, move


def demand_at_nodes(network: Network) -> np.ndarray:
    """N x T units that customers want at each node, the opening backlog in the first period."""
    wanted = np.zeros(network.minimum_stock.shape)
    demand = network.demand.astype(float).copy()
    if demand.shape[1]:
        demand[:, 0] += network.demands["opening_backlog"].to_numpy(float)
    np.add.at(wanted, network.demands["node"].to_numpy(int), demand)
    return wanted


def supply_cost(network: Network) -> np.ndarray:
    """N: least cost of one more unit at each node in regular time, without limits; 0 where there is no source.

    Suppliers and lanes without any capacity are no source.
    """
    least = np.full(len(network.nodes), np.inf)
    price = network.buys["unit_price"].where(~(network.buys["capacity"] <= 0), np.inf)
    np.minimum.at(least, network.buys["node"].to_numpy(int), price.to_numpy(float))
    freight = network.moves["unit_cost"].where(~(network.moves["capacity"] <= 0), np.inf).to_numpy(float)
    making = network.makes["production_cost"].to_numpy(float) + hours_cost(network)
    component_make = network.components["make"].to_numpy(int)
    component_node = network.components["node"].to_numpy(int)
    quantity = mean_quantity(network)
    rate = network.makes["yield_rate"].to_numpy(float)
    for _ in range(len(network.nodes) + 1):
        before = least.copy()
        made = making.copy()
        np.add.at(made, component_make, quantity * np.where(quantity > 0, least[component_node], 0.0))
        np.minimum.at(least, network.makes["node"].to_numpy(int), made / rate)
        moved = least[network.moves["from_node"].to_numpy(int)] + freight
        np.minimum.at(least, network.moves["to_node"].to_numpy(int), moved)
        if np.array_equal(before, least):
            break
    return np.where(np.isfinite(least), least, 0.0)


def mean_quantity(network: Network) -> np.ndarray:
    """C: quantity of each component for one unit started; those that only some periods use by their share of them."""
    quantity = network.components["quantity"].to_numpy(float)
    used = network.component_open
    return quantity if used is None or not used.shape[1] else np.asarray(quantity * used.mean(axis=1))


def hours_cost(network: Network) -> np.ndarray:
    """M: cost of the regular hours in one unit started."""
    cost = np.zeros(len(network.makes))
    hourly = network.resources["hourly_cost"].to_numpy(float)[network.operations["resource"].to_numpy(int)]
    np.add.at(cost, network.operations["make"].to_numpy(int),
              hourly * network.operations["hours_per_unit"].to_numpy(float))
    return cost


def usual_lot(network: Network, requirements: np.ndarray) -> np.ndarray:
    """M: units started in a usual lot, for spreading set-up hours; inf where nothing is ever needed.

    The fixed lot, the periods that a lot covers, or the economic lot (Harris 1913) as the stock policy says;
    for lot-for-lot one lot a period. Not below the minimum lot, in whole multiples.
    """
    node = network.makes["node"].to_numpy(int)
    policy = network.nodes.iloc[node]
    rate = requirements.mean(axis=1)[node] if requirements.size else np.zeros(len(node))
    rule = policy["lot_rule"].to_numpy(str)
    order_cost = network.order_cost.mean(axis=1)[node] if network.order_cost.size else np.zeros(len(node))
    holding = policy["holding_cost"].to_numpy(float)
    economic = np.sqrt(2 * rate * order_cost / np.where(holding > 0, holding, np.inf))
    by_cost = np.isin(rule, ECONOMIC_RULES) & (economic > 0)
    lot = np.where(by_cost, economic, rate)
    periods = policy["lot_periods"].to_numpy(float)
    lot = np.where((rule == "period") & (periods > 0), rate * np.nan_to_num(periods), lot)
    lot = np.maximum(lot, np.nan_to_num(policy["minimum_lot"].to_numpy(float)))
    multiple = np.nan_to_num(policy["lot_multiple"].to_numpy(float))
    lot = np.where(multiple > 0, np.ceil(lot / np.where(multiple > 0, multiple, 1.0)) * multiple, lot)
    size = np.nan_to_num(policy["lot_size"].to_numpy(float))
    lot = np.where((rule == "fixed") & (size > 0), size, lot)
    firm = np.nan_to_num(network.firm_production)
    typed = firm.sum(axis=1) / np.maximum((firm > 0).sum(axis=1), 1) if firm.size else np.zeros(len(node))
    lot = np.where(lot > 0, lot / network.makes["yield_rate"].to_numpy(float), typed)
    return np.asarray(np.where(lot > 0, lot, np.inf))
