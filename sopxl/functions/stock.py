"""Worksheet functions about stock: how long it lasts, and how much of it is for safety."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

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
