"""What is agreed with suppliers, in balancing: their total capacity, contracts, and quotas of suppliers and lanes.

Capacity and the most that a contract allows are hard, unless the plan does not keep to material limits. What a contract
asks for at least, and the shares that quotas promise, are prices: a plan that cannot keep them pays for what is
missing, it is never impossible because of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from sopxl.steps.supply.balance_model import RANK_STEP, Decision, Model, decision, is_usable
from sopxl.steps.supply.contracts import called, calls, still_to_take
from sopxl.steps.supply.limits import limit
from sopxl.steps.supply.network import numbers


@limit
def supplier_capacity(model: Model) -> None:
    """All that a supplier delivers in a period, open orders included, is within its capacity."""
    network = model.network
    capacity = numbers(network.suppliers, "capacity", np.inf)
    limited = np.flatnonzero(np.isfinite(capacity) & network.settings.keep_material)
    if not len(limited):
        return
    supplier = pd.Index(network.suppliers["supplier"].iloc[limited]).get_indexer(pd.Index(network.buys["supplier"]))
    buys = np.flatnonzero(supplier >= 0)
    taken = np.zeros((len(limited), model.period_count))
    np.add.at(taken, supplier[buys], network.open_purchases[buys])
    rows = model.program.add_rows(taken.shape, upper=np.maximum(capacity[limited][:, None] - taken, 0.0))
    model.rows["supplier_capacity"], model.objects["supplier_capacity"] = rows, limited
    model.program.add_entries(rows[supplier[buys]], model.columns["buy_receipt"][buys], 1.0)


@decision
def contract_shortfall(model: Model) -> Decision | None:
    """Units of a contract's minimum that are not taken."""
    objects = np.flatnonzero(numbers(model.network.contracts, "minimum") > 0)
    return Decision(objects, once=True) if len(objects) else None


@limit
def contract_minimum(model: Model) -> None:
    """What a contract asks for at least is taken, or missing at its price; open orders count."""
    if "contract_shortfall" not in model.columns:
        return
    objects = model.objects["contract_shortfall"]
    rows = model.program.add_rows((len(objects), 1), lower=still_to_take(model.network)[objects][:, None])
    model.rows["contract_minimum"], model.objects["contract_minimum"] = rows, objects
    model.program.add_entries(rows, model.columns["contract_shortfall"], 1.0)
    _add_called(model, rows, objects)


@limit
def contract_maximum(model: Model) -> None:
    """No more is called than a contract allows; open orders count."""
    if not model.network.settings.keep_material:
        return
    most = numbers(model.network.contracts, "maximum", np.inf)
    objects = np.flatnonzero(np.isfinite(most))
    left = np.maximum(most - called(model.network, model.network.open_purchases), 0.0)[objects]
    rows = model.program.add_rows((len(objects), 1), upper=left[:, None])
    model.rows["contract_maximum"], model.objects["contract_maximum"] = rows, objects
    _add_called(model, rows, objects)


def _add_called(model: Model, rows: np.ndarray, objects: np.ndarray) -> None:
    """Put the receipts that count for each of these contracts into its row."""
    at = np.full(len(model.network.contracts), -1)
    at[objects] = np.arange(len(objects))
    contract, buy, when = calls(model.network)
    counted = at[contract] >= 0
    columns = model.columns["buy_receipt"][buy[counted], when[counted]]
    model.program.add_entries(rows[at[contract[counted]], 0], columns, 1.0)


class _Quota(NamedTuple):
    """What comes by one kind of source, and the shares that are agreed for it."""

    quantity: str
    frame: pd.DataFrame
    node: np.ndarray
    under_way: np.ndarray
    cost: np.ndarray


def _bought(model: Model) -> _Quota:
    """Purchases: a share of all purchases of the item at the location."""
    buys = model.network.buys
    cost = buys["unit_price"].to_numpy(float) + model.unusual_buy_cost
    return _Quota("buy_receipt", buys, buys["node"].to_numpy(int), model.network.open_purchases, cost)


def _moved(model: Model) -> _Quota:
    """Transfers: a share of all that is moved to the receiver."""
    moves = model.network.moves
    cost = moves["unit_cost"].to_numpy(float) + model.supply_cost[moves["from_node"].to_numpy(int)]
    return _Quota("move_shipment", moves, moves["to_node"].to_numpy(int), model.network.open_transfers,
                  cost + model.unusual_move_cost)


def _agreed(frame: pd.DataFrame) -> np.ndarray:
    """Rows with a share that is agreed."""
    return np.flatnonzero((numbers(frame, "quota") > 0) & is_usable(frame))


@decision
def buy_quota_shortfall(model: Model) -> Decision | None:
    """Units by which a supplier gets less than its share of all purchases of the item there, over the horizon."""
    objects = _agreed(model.network.buys)
    return Decision(objects, once=True) if len(objects) else None


@decision
def move_quota_shortfall(model: Model) -> Decision | None:
    """Units by which less comes by a lane than its share of all that is moved to the receiver, over the horizon."""
    objects = _agreed(model.network.moves)
    return Decision(objects, once=True) if len(objects) else None


@limit
def buy_quota(model: Model) -> None:
    """Suppliers get the share that is agreed of all purchases of the item at the location, or what is missing is
    charged; open orders count.
    """
    if "buy_quota_shortfall" in model.columns:
        _add_quota(model, "buy_quota", _bought(model))


@limit
def move_quota(model: Model) -> None:
    """The share that is agreed of all that is moved to a receiver comes by its lane, or what is missing is charged;
    transfers under way count.
    """
    if "move_quota_shortfall" in model.columns:
        _add_quota(model, "move_quota", _moved(model))


def _add_quota(model: Model, name: str, quota: _Quota) -> None:
    """Rows: what comes by the source, and what is missing, is no less than its share of all that comes to the node."""
    objects = model.objects[f"{name}_shortfall"]
    share = numbers(quota.frame, "quota")[objects]
    pair, other = np.nonzero(quota.node[objects][:, None] == quota.node[None, :])
    counts = (other == objects[pair]) - share[pair]
    under_way = np.zeros(len(objects))
    np.add.at(under_way, pair, counts * quota.under_way.sum(axis=1)[other])
    rows = model.program.add_rows((len(objects), 1), lower=(0.0 - under_way)[:, None])
    model.rows[name], model.objects[name] = rows, objects
    model.program.add_entries(rows, model.columns[f"{name}_shortfall"], 1.0)
    model.program.add_entries(rows[pair], model.columns[quota.quantity][other], counts[:, None])


def quota_prices(model: Model) -> dict[str, np.ndarray]:
    """Decision -> what a unit missing to each quota is taken to cost: just more than to get it from this source.

    That is what the source costs beyond the cheapest of its node, so that shares are kept where they can be, and
    nothing is bought for the share alone.
    """
    prices: dict[str, np.ndarray] = {}
    for name, read in (("buy_quota_shortfall", _bought), ("move_quota_shortfall", _moved)):
        if name not in model.columns:
            continue
        quota = read(model)
        cheapest = np.full(len(model.network.nodes), np.inf)
        np.minimum.at(cheapest, quota.node, np.where(is_usable(quota.frame), quota.cost, np.inf))
        objects = model.objects[name]
        cost = quota.cost[objects]
        extra = cost - cheapest[quota.node[objects]]
        prices[name] = RANK_STEP * extra + (RANK_STEP - 1.0) * np.maximum(cost, 1.0)
    return prices
