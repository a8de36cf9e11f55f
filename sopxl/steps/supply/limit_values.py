"""What one more unit of each limit would be worth: the shadow prices of a balanced plan, by limit and decision.

To tell the value of another limit, put its rows into ROWS, or write a function under ``@bound`` for a bound of one
decision. Values are what the objective would save with one more unit, 0 where the limit does not bind; with whole
numbers they hold as long as these stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sopxl.steps.supply.balance_model import Model, capacity_of, is_expedited, lands_in_time, most_stock, open_where
from sopxl.steps.supply.solve import Solution

NOTICEABLE = 1e-9
AT_LIMIT = 1e-6

ROWS = {
    "resource_hours": "resources", "supplier_capacity": "suppliers", "lane_capacity": "lanes", "storage": "storage",
    "stock_balance": "nodes", "overtime_budget": "financial_limits", "stock_value": "financial_limits",
}
"""Limit whose rows are valued -> frame of its objects. Of stock_balance: one more unit there in that period."""


@dataclass(frozen=True)
class Prices:
    """A model with its solution, and what its bounds and rows are worth."""

    model: Model
    solution: Solution
    upper: np.ndarray
    """Upper bound of every column."""

    def of_bound(self, name: str) -> np.ndarray:
        """Objects of the decision x T: value of its upper bound where it stands there."""
        columns = self.model.columns[name]
        upper = self.upper[columns]
        finite = np.where(np.isfinite(upper), upper, 0.0)
        near = self.solution.values[columns] >= finite - AT_LIMIT * np.maximum(1.0, finite)
        return np.asarray(np.where(np.isfinite(upper) & near, _saved(self.solution.column_value[columns]), 0.0))

    def of_rows(self, name: str, count: int, sign: float = 1.0) -> np.ndarray:
        """Objects x T: value of the rows of a limit, 0 for objects without one; ``sign`` -1 of what is asked at least.
        """
        values = np.zeros((count, self.model.period_count))
        if name in self.model.rows:
            rows = self.model.rows[name]
            values[self.model.objects.get(name, np.arange(count))] = _saved(sign * self.solution.row_value[rows])
        return values

    def of_resources(self, name: str) -> np.ndarray:
        """R x T: value of a bound that some resources have."""
        value = np.zeros((len(self.model.network.resources), self.model.period_count))
        if name in self.model.columns:
            value[self.model.objects[name]] = self.of_bound(name)
        return value


Bound = Callable[[Prices], np.ndarray]
BOUNDS: dict[str, Bound] = {}


def bound(function: Bound) -> Bound:
    """Register a decision whose upper bound planners know as a limit, under the function's name."""
    BOUNDS[function.__name__] = function
    return function


def limit_values(model: Model, solution: Solution) -> dict[str, np.ndarray]:
    """Limit or decision -> objects x T: what one more unit would save, money per unit."""
    prices = Prices(model, solution, model.program.bounds()[1])
    values = {name: prices.of_rows(name, len(getattr(model.network, frame))) for name, frame in ROWS.items()}
    return {**values, **{name: value(prices) for name, value in BOUNDS.items()}}


def _saved(value: np.ndarray) -> np.ndarray:
    """What is saved where one more unit lowers the objective, else 0."""
    return np.asarray(np.where(-value > NOTICEABLE, -value, 0.0))


@bound
def buy_receipt(prices: Prices) -> np.ndarray:
    """What a supplier can deliver of one item; not what its lead time or calendar forbids."""
    model, network = prices.model, prices.model.network
    can_come = ~np.isnan(network.buys["expedite_price"].to_numpy(float))[:, None] | ~is_expedited(model)
    limited = np.isfinite(capacity_of(model, network.buys)) & can_come & open_where(can_come.shape, network.buy_open)
    return np.asarray(np.where(limited, prices.of_bound("buy_receipt"), 0.0))


@bound
def move_shipment(prices: Prices) -> np.ndarray:
    """What a lane can take of one item."""
    model, network = prices.model, prices.model.network
    may_leave = lands_in_time(model.move_lead, model.period_count)
    may_leave = may_leave & open_where(may_leave.shape, network.move_open)
    limited = np.isfinite(capacity_of(model, network.moves)) & may_leave
    return np.asarray(np.where(limited, prices.of_bound("move_shipment"), 0.0))


@bound
def stock(prices: Prices) -> np.ndarray:
    """Maximum stock, where it is the stated one."""
    model = prices.model
    value, within, most = prices.of_bound("stock"), model.objects["safety_part"], most_stock(model)
    below = most[within] < model.safety_target[within]
    value[within] = np.where(below, prices.of_bound("safety_part"), value[within])
    is_stated = np.isfinite(most) & (most <= model.network.maximum_stock)
    return np.asarray(np.where(is_stated, value, 0.0))


@bound
def overtime(prices: Prices) -> np.ndarray:
    """Hours of overtime; of planned workers by the share of their hours."""
    of_workers = prices.of_rows("overtime_share", len(prices.model.network.resources))
    return np.asarray(prices.of_bound("overtime") + of_workers)


@bound
def extra_shifts(prices: Prices) -> np.ndarray:
    """Extra shifts."""
    return prices.of_resources("extra_shifts")


@bound
def least_margin(prices: Prices) -> np.ndarray:
    """Gross margin that finance asks for: what one less would save."""
    return prices.of_rows("least_margin", len(prices.model.network.financial_limits), -1.0)


@bound
def workers(prices: Prices) -> np.ndarray:
    """Most workers, or as many as are prescribed."""
    return prices.of_resources("workers")
