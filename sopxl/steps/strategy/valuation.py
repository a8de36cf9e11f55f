"""What flows of cash are worth today: net present value, payback, and how flows go on beyond the plan.

Source: Brealey, Myers, Allen, Principles of Corporate Finance, chapters 2 and 5.
"""

from __future__ import annotations

import numpy as np

from sopxl.settings import Settings


def discount_factors(count: int, settings: Settings) -> np.ndarray:
    """What one unit of money at the end of each of so many periods is worth at the start of the first.

    The yearly rate of the setting 'Discount rate' compounds: (1 + rate) ^ (-end of the period in years).
    """
    years = (np.arange(count) + 1.0) / settings.periods.season_length
    return np.asarray((1.0 + settings.discount_rate / 100.0) ** -years)


def net_present_value(flow: np.ndarray, settings: Settings) -> float:
    """Value at the start of the plan of a flow (T, from the first period on), paid at the end of each period."""
    return float(flow @ discount_factors(len(flow), settings))


def payback(flow: np.ndarray) -> float:
    """Periods until all that was paid out has come back for good, a part of a period by straight line.

    0 where nothing is ever paid out, NaN where it does not come back within the flow. Undiscounted.
    """
    total = np.cumsum(flow)
    below = np.flatnonzero(total < 0)
    if not len(below):
        return 0.0
    last = int(below[-1])
    if last == len(flow) - 1:
        return float("nan")
    return float(last + 1 - total[last] / flow[last + 1])


def continued(flow: np.ndarray, first: float, end: float, settings: Settings) -> np.ndarray:
    """The flow (T) up to position ``end``: beyond the plan each period brings the mean of the plan's last year.

    Only periods of the plan from ``first`` on count for the mean. A flow that ends within the plan is as it is.
    """
    horizon = len(flow)
    if np.isnan(end) or end < horizon:
        return flow
    since = int(np.clip(max(np.nan_to_num(first), horizon - settings.periods.season_length), 0, horizon))
    usual = float(flow[since:].mean()) if since < horizon else 0.0
    return np.concatenate([flow, np.full(int(end) + 1 - horizon, usual)])


def end_of_life(start: float, years: float, settings: Settings) -> float:
    """Position of the last period of a life that begins at ``start``; NaN where either is not known."""
    return float(start + np.ceil(years * settings.periods.season_length) - 1.0)
