"""Contracts with suppliers in any plan: what counts for them, what is still to be taken, and what a shortfall costs."""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.network import Network


def calls(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Contract, buy and period of every receipt that counts for a contract."""
    contracts, pairs = network.contracts, network.contract_buys
    contract, buy = (pairs[name].to_numpy(int) for name in ("contract", "buy"))
    first, last = (contracts[name].to_numpy(int)[contract][:, None] for name in ("first", "last"))
    period = np.arange(network.open_purchases.shape[1])[None, :]
    pair, when = np.nonzero((first <= period) & (period <= last))
    return contract[pair], buy[pair], when


def called(network: Network, receipts: np.ndarray) -> np.ndarray:
    """Per contract: units of receipts (B x T) that count for it."""
    contract, buy, when = calls(network)
    return np.bincount(contract, receipts[buy, when], len(network.contracts))


def still_to_take(network: Network) -> np.ndarray:
    """Per contract: units that it asks for beyond open orders.

    Of a contract that reaches beyond the horizon, the part of its periods that lies within counts.
    """
    contracts, periods = network.contracts, network.open_purchases.shape[1]
    first, last = (contracts[name].to_numpy(int) for name in ("first", "last"))
    inside = np.minimum(last, periods - 1) - np.maximum(first, 0) + 1
    share = np.clip(inside / np.maximum(last - first + 1, 1), 0.0, 1.0)
    least = np.nan_to_num(contracts["minimum"].to_numpy(float)) * share
    return np.asarray(np.maximum(least - called(network, network.open_purchases), 0.0))


def not_taken(network: Network, receipts: np.ndarray) -> np.ndarray:
    """Per contract: units of its minimum that neither open orders nor new receipts (B x T) take."""
    return np.asarray(np.maximum(still_to_take(network) - called(network, receipts), 0.0))


def paid_for_shortfall(network: Network, receipts: np.ndarray) -> np.ndarray:
    """Contracts x T: money for what is not taken, due in the last period in which receipts count."""
    paid = np.zeros((len(network.contracts), receipts.shape[1]))
    cost = np.nan_to_num(network.contracts["shortfall_cost"].to_numpy(float))
    last = np.minimum(network.contracts["last"].to_numpy(int), receipts.shape[1] - 1)
    paid[np.arange(len(paid)), last] = not_taken(network, receipts) * cost
    return paid
