"""The usual lot of each node: half of it is the cycle stock, and fill rates are shares of it."""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.netting import list_sources
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.price_breaks import economic_lots


def usual_lots(network: Network, mean: np.ndarray, review: np.ndarray) -> np.ndarray:
    """The usual lot of each node, units: stated, or economic where an order costs something, or the review's demand.

    Where price breaks decide the economic lot, that.

    ``mean``: demand of one period; ``review``: periods between two orders.
    """
    nodes = network.nodes
    order_cost = network.order_cost.mean(axis=1) if network.order_cost.shape[1] else np.zeros(len(nodes))
    holding = nodes["holding_cost"].to_numpy(float)
    rule = nodes["lot_rule"].to_numpy(object)
    size, periods = nodes["lot_size"].to_numpy(float), nodes["lot_periods"].to_numpy(float)
    economic = (order_cost > 0) & (holding > 0) & (mean > 0)
    quantity = np.sqrt(2.0 * order_cost * mean / np.where(holding > 0, holding, 1.0))
    usual_buy = list_sources(network).usual("buy", len(nodes))
    by_breaks = economic_lots(network, usual_buy, mean, order_cost, holding)
    quantity = np.where(np.isfinite(by_breaks), by_breaks, quantity)
    lot = np.where(economic & (rule != "lot-for-lot"), quantity, mean * review)
    lot = np.where((rule == "period") & (periods > 0), mean * np.nan_to_num(periods), lot)
    lot = np.where((rule == "fixed") & (size > 0), np.nan_to_num(size), lot)
    lot = np.maximum(lot, nodes["minimum_lot"].to_numpy(float))
    multiple = np.nan_to_num(nodes["lot_multiple"].to_numpy(float))
    step = np.where(multiple > 0, multiple, 1.0)
    return np.asarray(np.where(multiple > 0, np.ceil(lot / step - 1e-9) * step, lot))
