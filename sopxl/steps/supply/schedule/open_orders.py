"""Open production orders that belong into the job schedule, and when they shall be done."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.steps.supply.calendars import HOURS_PER_DAY
from sopxl.steps.supply.plan_view import PlanView

BEYOND = 1e7
"""Due beyond the plan: hours that no schedule reaches."""


class Order(NamedTuple):
    """An open production order: good units, the period of the plan in which it is due, the hour by which."""

    code: str
    item: str
    location: str
    quantity: float
    period: int
    due: float
    priority: float


def find_orders(view: PlanView, starts: np.ndarray, window: float) -> list[Order]:
    """The orders whose lead time begins within the window (hours), or in the first period."""
    orders = view.tables["open_orders"]
    orders = orders[(orders["kind"] == "production") & (orders["quantity"].fillna(0.0) > 0)]
    period = positions_of(orders["due_period"], view.settings)
    due = _due_hours(view, orders, period, starts)
    lead = view.tables["items"].drop_duplicates("item").set_index("item")["lead_time"]
    days = lead.reindex(pd.Index(orders["item"])).fillna(0.0).to_numpy(float)
    near = due - (days + 1) * HOURS_PER_DAY < max(window, starts[1] if window > 0 else 0.0)
    at = np.clip(np.nan_to_num(period), 0, len(starts) - 2).astype(int)
    columns = (orders["order"].astype(str), orders["item"].astype(str), orders["location"].astype(str),
               orders["quantity"].astype(float), at, due, orders["priority"].fillna(1.0).astype(float))
    return [Order(code, item, location, quantity, int(place), float(hour), priority)
            for code, item, location, quantity, place, hour, priority, is_near in zip(*columns, near, strict=True)
            if is_near]


def _due_hours(view: PlanView, orders: pd.DataFrame, period: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """When each order shall be done: the end of its due date, else of its period; without either the first period's."""
    last = len(starts) - 2
    known = ~np.isnan(period)
    at = np.where(known, period, 0).astype(int)
    due = starts[np.clip(at, 0, last) + 1]
    due = np.where(known & (at < 0), 0.0, np.where(known & (at > last), BEYOND, due))
    first = view.settings.periods.index[0].start_time
    days = (pd.to_datetime(orders["due_date"]).dt.normalize() - first).dt.days.to_numpy(float)
    return np.where(np.isnan(days), due, (days + 1) * HOURS_PER_DAY)
