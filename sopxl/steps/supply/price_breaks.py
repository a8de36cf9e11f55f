"""What orders cost, and economic lots, where the price depends on the quantity ordered.

All-units breaks give the lower price for the whole order, incremental ones only for the units beyond the quantity.
Sources: Harris (1913), "How many parts to make at once"; Hadley & Whitin (1963), *Analysis of Inventory Systems*,
sections 2-11 and 2-12; Snyder & Shen (2019), *Fundamentals of Supply Chain Theory*, section 3.4.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.network import Network

ROUNDING = 1e-6
"""Units that an order may lack to a break by a solver's rounding."""


def price_lists(network: Network) -> pd.DataFrame:
    """Every stretch of the price list of a buy that has breaks: buy, first, unit_price, fixed.

    From ``first`` units on, an order of so many units costs ``fixed`` and ``unit_price`` a unit; before the first break
    the buy's own price holds.
    """
    own = network.buys["unit_price"].to_numpy(float)
    stretches = []
    for buy, breaks in network.price_breaks.sort_values(["buy", "from_quantity"], kind="stable").groupby("buy"):
        at = int(str(buy))
        first, price, fixed = 0.0, float(own[at]), 0.0
        for start, next_price, all_units in zip(
            breaks["from_quantity"], breaks["unit_price"], breaks["all_units"], strict=True
        ):
            if start > first:
                stretches.append((at, first, price, fixed))
            before = fixed + price * start
            first, price = float(start), float(next_price)
            fixed = 0.0 if all_units else before - price * start
        stretches.append((at, first, price, fixed))
    return pd.DataFrame(stretches, columns=["buy", "first", "unit_price", "fixed"])


def costs_of_orders(network: Network, buy: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """What orders of ``quantity`` from these buys (rows, broadcast against each other) cost at the prices that their
    quantities earn, surcharges left out.
    """
    buy, quantity = np.broadcast_arrays(buy, quantity)
    cost = quantity * np.nan_to_num(network.buys["unit_price"].to_numpy(float))[buy]
    for listed, prices in price_lists(network).groupby("buy"):
        at = np.nonzero((buy == int(str(listed))) & (quantity > 0))
        stretch = np.searchsorted(prices["first"].to_numpy(float), quantity[at] + ROUNDING, side="right") - 1
        fixed, price = (prices[name].to_numpy(float)[stretch] for name in ("fixed", "unit_price"))
        cost[at] = fixed + price * quantity[at]
    return np.asarray(cost)


def order_costs(network: Network, receipts: np.ndarray) -> np.ndarray:
    """B x T: what receipts (B x T) cost; what is received of a buy in a period counts as one order."""
    return costs_of_orders(network, np.arange(len(receipts))[:, None], receipts)


def mean_prices(network: Network, receipts: np.ndarray) -> np.ndarray:
    """B x T: what a unit of open orders and new receipts (B x T) costs on average; the first price where none come."""
    units = network.open_purchases + receipts
    cost = order_costs(network, network.open_purchases) + order_costs(network, receipts)
    first = np.nan_to_num(network.buys["unit_price"].to_numpy(float))[:, None]
    return np.asarray(np.divide(cost, units, out=np.broadcast_to(first, units.shape).copy(), where=units > ROUNDING))


def lot_with_price_breaks(
    demand: float, order_cost: float, from_quantity: np.ndarray, unit_price: np.ndarray, all_units: bool = True,
    holding_cost: float = 0.0, holding_share: float = 0.0,
) -> tuple[float, float]:
    """The quantity of least cost per period, and that cost: purchases, orders and holding.

    ``demand`` per period; ``from_quantity`` ascends from 0 with the price from there; a unit costs ``holding_cost``
    per period, plus ``holding_share`` of its price. Where holding costs nothing the lot is inf; where
    neither orders nor holding cost anything it may be 0: lot for lot. Without demand nothing is ordered.
    """
    start, price = np.asarray(from_quantity, float), np.asarray(unit_price, float)
    if demand <= 0:
        return 0.0, 0.0
    fixed = np.zeros(len(price)) if all_units else _dearer_units(start, price)
    holding = holding_cost + holding_share * price
    with np.errstate(divide="ignore", invalid="ignore"):
        lots = np.sqrt(2.0 * (order_cost + fixed) * demand / holding)
    lots = np.maximum(np.nan_to_num(lots, posinf=np.inf), start)
    tier = np.searchsorted(start, lots, side="right") - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        ordering = np.where(lots > 0, (order_cost + fixed[tier]) * demand / lots, 0.0)
        cost = ordering + price[tier] * demand + np.nan_to_num(holding[tier] * lots) / 2.0
    cost += holding_share * fixed[tier] / 2.0
    best = int(np.argmin(cost))
    return float(lots[best]), float(cost[best])


def _dearer_units(start: np.ndarray, price: np.ndarray) -> np.ndarray:
    """What the units before each break cost more than at the break's own price."""
    step = np.diff(price, prepend=price[:1])
    return np.asarray(-(step * start).cumsum())


def economic_lots(network: Network, buy: np.ndarray, demand: np.ndarray, order_cost: np.ndarray,
                  holding_cost: np.ndarray) -> np.ndarray:
    """Economic lots with price breaks of nodes that ``buy`` (position, -1: none) supplies; NaN without breaks.

    ``demand``, ``order_cost`` and ``holding_cost``: mean per period of the same nodes. Below the first break the
    buy's own price holds; its lowest break says whether prices are for all units.
    """
    lots = np.full(len(buy), np.nan)
    breaks = network.price_breaks.dropna()
    if breaks.empty:
        return lots
    of = breaks["buy"].to_numpy(int)
    prices = network.buys["unit_price"].to_numpy(float)
    for row in np.flatnonzero(np.isin(buy, of)):
        chosen = breaks[of == buy[row]].sort_values("from_quantity")
        start, price = chosen["from_quantity"].to_numpy(float), chosen["unit_price"].to_numpy(float)
        if start[0] > 0:
            start, price = np.append(0.0, start), np.append(prices[buy[row]], price)
        lots[row], _ = lot_with_price_breaks(float(demand[row]), float(order_cost[row]), start, price,
                                             bool(chosen["all_units"].iloc[0]), float(holding_cost[row]))
    return lots
