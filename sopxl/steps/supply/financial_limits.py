"""Limits that finance sets, in balancing: a budget of overtime, a cap on the value of stock, a least gross margin.

A row of the table holds for every period of its span, or for all of them together; it then has its row of the program
in the last one. To add a kind of limit, add its name to the choices of the table and write its function under
``@limit`` here.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.balance_model import Model, stock_without_plan
from sopxl.steps.supply.financial_terms import MARGIN, OVERTIME, STOCK, counts_in, is_of_family, limits_of_kind, stated
from sopxl.steps.supply.limits import limit
from sopxl.steps.supply.network import numbers
from sopxl.steps.supply.program import INFINITY


def _begin(model: Model, name: str, kind: str) -> np.ndarray:
    """Limits x T: the amounts of a kind; the objects of the limit are its numbers in the network's frame."""
    model.objects[name] = limits_of_kind(model.network, kind)
    return stated(model.network, model.objects[name], model.period_count)


def _count(model: Model, name: str, columns: np.ndarray, money: np.ndarray, belongs: np.ndarray) -> None:
    """Let columns (objects x T) count at ``money`` a unit in the limits that they belong to (objects x limits)."""
    row_of = counts_in(model.network, model.objects[name], model.period_count)
    money = np.broadcast_to(money, columns.shape)
    for place, rows in enumerate(model.rows[name]):
        inside, members = np.flatnonzero(row_of[place] >= 0), np.flatnonzero(belongs[:, place])
        at = np.ix_(members, inside)
        model.program.add_entries(rows[row_of[place, inside]][None, :], columns[at], money[at])


@limit
def overtime_budget(model: Model) -> None:
    """What overtime costs stays within its budget; families have no overtime of their own."""
    most = _begin(model, "overtime_budget", OVERTIME)
    model.rows["overtime_budget"] = model.program.add_rows(most.shape, upper=np.where(np.isnan(most), INFINITY, most))
    cost = np.nan_to_num(model.network.resources["overtime_cost"].to_numpy(float))[:, None]
    columns = model.columns["overtime"]
    _count(model, "overtime_budget", columns, cost, np.ones((len(columns), len(most)), bool))


@limit
def stock_value(model: Model) -> None:
    """Stock at standard cost stays within its cap; what is there or on its way at the start may be worth more until
    demand takes it.
    """
    most, network = _begin(model, "stock_value", STOCK), model.network
    nodes = np.arange(len(network.nodes))
    belongs = is_of_family(network, nodes, model.objects["stock_value"])
    cost = numbers(network.nodes, "unit_cost")
    there = (belongs * cost[:, None]).T @ np.maximum(stock_without_plan(network), 0.0)
    upper = np.where(np.isnan(most), INFINITY, np.maximum(np.nan_to_num(most), there))
    model.rows["stock_value"] = model.program.add_rows(most.shape, upper=upper)
    for part in ("stock", "safety_part"):
        node = model.objects[part]
        _count(model, "stock_value", model.columns[part], cost[node][:, None], belongs[node])


@limit
def least_margin(model: Model) -> None:
    """Shipments earn at least so much, or such a share of their revenue, beyond standard cost and freight."""
    least, network = _begin(model, "least_margin", MARGIN), model.network
    model.rows["least_margin"] = model.program.add_rows(least.shape, lower=np.where(np.isnan(least), -INFINITY, least))
    node = network.demands["node"].to_numpy(int)
    belongs = is_of_family(network, node, model.objects["least_margin"])
    price = np.nan_to_num(network.price)
    cost = (numbers(network.nodes, "unit_cost")[node] + numbers(network.demands, "freight_cost"))[:, None]
    share = network.financial_limits["share"].fillna(0.0).to_numpy(float)[model.objects["least_margin"]]
    for each in np.unique(share):
        chosen = belongs & (share == each)[None, :]
        _count(model, "least_margin", model.columns["shipment"], price * (1.0 - each) - cost, chosen)
