"""Forecast consumption: customers' orders use up the forecast that expected them, so that demand is not counted twice.

One rule. What supply plans for is then the orders and the forecast that they have not consumed (see ``SALES_PLAN``).
"""

from __future__ import annotations

import numpy as np


def consumed_by_other_periods(forecast: np.ndarray, orders: np.ndarray, backward: int, forward: int) -> np.ndarray:
    """S x H units of each period's forecast that orders of other periods have used up; 0 where its own exceed it.

    ``forecast`` and ``orders``: S x H units, none below 0.

    Every order first uses up the forecast of the period in which it is due. What it has in excess of that, the
    earliest period's excess first, uses up what is left in earlier periods, the nearest first and at most
    ``backward`` periods back, then in later ones, the nearest first and at most ``forward`` periods on. What is
    still left is demand that nobody forecast. Without such windows, demand is the larger of forecast and orders.

    The order of search is that of Oracle Master Scheduling/MRP (User's Guide, "Backward and Forward Consumption
    Days") and of SAP's consumption mode 2, backward/forward. That only the excess over the own period's forecast
    goes to other periods is as in QAD Enterprise Applications ("Forward and Backward Forecast Consumption"): no
    order loses the forecast of its own period to another's excess.
    """
    horizon = forecast.shape[1]
    left, excess = np.maximum(forecast - orders, 0.0), np.maximum(orders - forecast, 0.0)
    consumed = np.zeros_like(left)
    for due in range(horizon):
        earlier = range(due - 1, max(due - backward, 0) - 1, -1)
        later = range(due + 1, min(due + forward, horizon - 1) + 1)
        for period in (*earlier, *later):
            taken = np.minimum(left[:, period], excess[:, due])
            left[:, period] -= taken
            excess[:, due] -= taken
            consumed[:, period] += taken
    return np.asarray(consumed)
