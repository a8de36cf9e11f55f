"""Lots and order points by formula: the economic order quantity, and what is ordered once or at each review."""

from __future__ import annotations

import math
from statistics import NormalDist

MOST_ROUNDS = 200


def economic_order_quantity(order_cost: float, demand: float, holding_cost: float) -> tuple[float, float]:
    """The lot that costs least and what it costs per period. Source: Harris (1913), "How many parts to make at once".

    ``demand`` per period, ``holding_cost`` per unit and period, all above 0.
    """
    return math.sqrt(2.0 * order_cost * demand / holding_cost), math.sqrt(2.0 * order_cost * demand * holding_cost)


def newsvendor(holding_cost: float, shortage_cost: float, mean: float, deviation: float) -> tuple[float, float]:
    """The quantity to have for one selling period of normal demand, and the expected cost of its error.

    Source: Snyder & Shen, Fundamentals of Supply Chain Theory (2019), section 4.3.2.
    """
    factor = NormalDist().inv_cdf(shortage_cost / (shortage_cost + holding_cost))
    return mean + factor * deviation, (holding_cost + shortage_cost) * NormalDist().pdf(factor) * deviation


def reorder_point_and_lot(
    order_cost: float, holding_cost: float, shortage_cost: float, demand: float, deviation: float, lead_time: float
) -> tuple[float, float, float]:
    """The reorder point and the lot that together cost least, and what they cost per period, for normal demand.

    Demand, deviation, holding cost and lead time per period; ``shortage_cost`` for each unit short. By turns from
    the economic order quantity (expected-inventory-level approximation). Raises ValueError where shortages cost so
    little that none would be kept from. Source: Hadley & Whitin (1963); Snyder & Shen (2019), section 5.3.1.
    """
    mean, spread = demand * lead_time, deviation * math.sqrt(lead_time)
    lot, _ = economic_order_quantity(order_cost, demand, holding_cost)
    normal, short, factor = NormalDist(), 0.0, 0.0
    for _ in range(MOST_ROUNDS):
        out = lot * holding_cost / (shortage_cost * demand)
        if not 0.0 < out < 1.0:
            raise ValueError("shortages cost too little against holding")
        factor = normal.inv_cdf(1.0 - out)
        short = spread * (normal.pdf(factor) - factor * out)
        previous, lot = lot, math.sqrt(2.0 * demand * (order_cost + shortage_cost * short) / holding_cost)
        if abs(lot - previous) <= 1e-10 * lot:
            break
    point = mean + factor * spread
    holding = holding_cost * (point - mean + lot / 2.0)
    return point, lot, holding + (order_cost + shortage_cost * short) * demand / lot
