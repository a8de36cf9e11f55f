"""Items made or assembled to order, in balancing: no stock of them is built ahead of the orders."""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.balance_model import Model, stock_without_plan
from sopxl.steps.supply.fulfilment import is_to_order
from sopxl.steps.supply.limits import limit
from sopxl.steps.supply.whole_lots import SOURCES, lot_terms, receiving_nodes


@limit
def made_to_order(model: Model) -> None:
    """Stock of what is made or assembled to order is what was on hand or on order at the start and is not used yet.

    Where customers draw, their demand uses it first; elsewhere stock grows by open orders alone. With whole lots the
    rest of a lot may stay. Items whose stock policy states a stock by hand are free, and so is what comes out beside
    another product, whether it is ordered or not.
    """
    network = model.network
    nodes = np.flatnonzero(is_to_order(network.nodes) & ~(model.safety_target > 0).any(axis=1))
    nodes = nodes[~np.isin(nodes, network.co_products["node"])]
    serves = np.isin(nodes, network.demands["node"])
    most = network.scheduled_receipts[nodes]
    most[:, :1] += network.nodes["on_hand"].to_numpy(float)[nodes, None]
    most[serves] = np.maximum(stock_without_plan(network)[nodes[serves]], 0.0)
    rows = model.program.add_rows(most.shape, upper=most + _rest_of_lots(model)[nodes, None])
    model.rows["made_to_order"], model.objects["made_to_order"] = rows, nodes
    model.program.add_entries(rows, model.columns["stock"][nodes], 1.0)
    model.program.add_entries(rows[~serves, 1:], model.columns["stock"][nodes[~serves], :-1], -1.0)


def _rest_of_lots(model: Model) -> np.ndarray:
    """N: the largest lot in which anything comes to the node; 0 where lots are not kept to."""
    rest = np.zeros(len(model.network.nodes))
    if model.network.settings.whole_lots:
        for source in SOURCES:
            terms = lot_terms(model, source)
            lot = np.maximum.reduce([terms.minimum, terms.multiple, terms.size])
            np.maximum.at(rest, receiving_nodes(model.network, source)[terms.objects], lot)
    return rest
