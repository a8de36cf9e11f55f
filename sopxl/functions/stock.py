"""Worksheet functions about stock: how long it lasts, how much of it is for safety, and how much to order when."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from sopxl.functions import order_formulas
from sopxl.functions.register import (
    NOT_DEFINED,
    Answer,
    BadInputError,
    Example,
    Numbers,
    check,
    worksheet_function,
)


@worksheet_function(
    Example(([[250.0]], [[100.0, 100.0, 100.0]]), [[2.5]]),
    stock="Stock at the end of the period, one cell a row.",
    demand="Demand of the periods that follow, from left to right, as many rows as the stock.",
)
def coverage(stock: Numbers, demand: Numbers) -> Answer:
    """How many periods the stock lasts against the demand that follows; beyond it, its mean goes on.

    Source: APICS Dictionary, 'days of supply', with the demand of each period instead of a mean.
    """
    demand = np.nan_to_num(demand)
    if stock.shape[1] != 1 or len(stock) != len(demand):
        raise BadInputError("stock must be one column with as many rows as demand.")
    return [[_periods_covered(float(quantity), needs)] for quantity, needs in zip(stock[:, 0], demand, strict=True)]


@worksheet_function(
    Example((0.95, 100.0, 4.0), 328.970725),
    service_level="Probability of no shortage in a replenishment cycle, above 0 and below 1 (95 %).",
    deviation="Standard deviation of the forecast error of one period, in units.",
    lead_time="Lead time (and review time, if orders are not placed every day), in periods.",
    mean_demand="Mean demand of a period, in units; only needed with a deviation of the lead time. If omitted: 0.",
    lead_time_deviation="Standard deviation of the lead time, in periods. If omitted: 0.",
)
def safety_stock(
    service_level: float, deviation: float, lead_time: float, mean_demand: float = 0.0, lead_time_deviation: float = 0.0
) -> Answer:
    """Safety stock for a service level per cycle, from the spread of demand and of the lead time.

    Source: Silver, Pyke, Thomas, Inventory and Production Management in Supply Chains (2017), chapter 6 (service
    measure P1, and variable lead times).
    """
    check(0 < service_level < 1, "service_level must be above 0 and below 1 (95 %).")
    numbers = {"deviation": deviation, "lead_time": lead_time, "mean_demand": mean_demand,
               "lead_time_deviation": lead_time_deviation}
    for name, number in numbers.items():
        check(number >= 0, f"{name} must not be below 0.")
    spread = math.hypot(deviation * math.sqrt(lead_time), mean_demand * lead_time_deviation)
    return [[max(0.0, NormalDist().inv_cdf(service_level)) * spread]]


@worksheet_function(
    Example((8.0, 1300.0, 0.225), [[304.04678, 68.410526]]),
    order_cost="Cost of one order or set-up.",
    demand="Demand of a period, in units.",
    holding_cost="Cost of holding one unit for a period.",
)
def economic_lot(order_cost: float, demand: float, holding_cost: float) -> Answer:
    """The economic order quantity, and what ordering and holding then cost per period.

    Source: Harris (1913), "How many parts to make at once".
    """
    _check_above_0(order_cost=order_cost, demand=demand, holding_cost=holding_cost)
    return [list(order_formulas.economic_order_quantity(order_cost, demand, holding_cost))]


@worksheet_function(
    Example((0.18, 0.7, 50.0, 8.0), [[56.603956, 1.997605]]),
    holding_cost="Cost of one unit left over.",
    shortage_cost="Cost of one unit short.",
    mean="Mean demand of a period, in units.",
    deviation="Standard deviation of its demand, in units.",
    periods="Lead time and review, where stock is ordered up to this at each review. If omitted: 1.",
)
def order_up_to(
    holding_cost: float, shortage_cost: float, mean: float, deviation: float, periods: float = 1.0
) -> Answer:
    """Stock and orders to have for normal demand at least cost (newsvendor, base stock), and the expected cost.

    Source: Snyder & Shen, Fundamentals of Supply Chain Theory (2019), sections 4.3 and 4.4.
    """
    _check_above_0(holding_cost=holding_cost, shortage_cost=shortage_cost, deviation=deviation, periods=periods)
    spread = deviation * math.sqrt(periods)
    return [list(order_formulas.newsvendor(holding_cost, shortage_cost, mean * periods, spread))]


@worksheet_function(
    Example((8.0, 0.225, 7.5, 1300.0, 150.0, 1.0 / 12.0), [[213.970442, 318.590184, 95.45114]]),
    order_cost="Cost of one order or set-up.",
    holding_cost="Cost of holding one unit for a period.",
    shortage_cost="Cost of one unit short, whenever it comes.",
    demand="Demand of a period, in units.",
    deviation="Standard deviation of its demand, in units.",
    lead_time="Lead time, in periods.",
)
def reorder_point(
    order_cost: float, holding_cost: float, shortage_cost: float, demand: float, deviation: float, lead_time: float
) -> Answer:
    """Reorder point and lot that together cost least for normal demand, and their cost per period.

    Source: Hadley & Whitin (1963); Snyder & Shen (2019), section 5.3.1 (expected-inventory-level approximation).
    """
    _check_above_0(order_cost=order_cost, holding_cost=holding_cost, shortage_cost=shortage_cost, demand=demand,
                   deviation=deviation, lead_time=lead_time)
    try:
        found = order_formulas.reorder_point_and_lot(
            order_cost, holding_cost, shortage_cost, demand, deviation, lead_time)
    except ValueError as fault:
        raise BadInputError(f"{fault}.") from None
    return [list(found)]


def _check_above_0(**numbers: float) -> None:
    """A sentence for each number that is not above 0."""
    for name, number in numbers.items():
        check(number > 0, f"{name} must be above 0.")


def _periods_covered(stock: float, demand: np.ndarray) -> float | str:
    """Periods until the stock is used up, fractions of a period by its share of demand."""
    if math.isnan(stock):
        return ""
    used_up = np.cumsum(demand)
    if stock <= 0:
        return 0.0
    if stock >= used_up[-1]:
        mean = float(used_up[-1]) / len(demand)
        return len(demand) + (stock - float(used_up[-1])) / mean if mean > 0 else NOT_DEFINED
    period = int(np.argmax(used_up > stock))
    before = float(used_up[period - 1]) if period else 0.0
    return period + (stock - before) / float(demand[period])
