"""Shares by which lines of the whole unit are spread over families and markets; each adds up to exactly 1.

A share is a function in SHARES_OF that weighs the pairs; what no pair can bear goes to the row '(not allocated)'. To
add one, name it in ``tables/plans.py`` and weigh it here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.grids import take
from sopxl.schema import PlanGrid, Tables
from sopxl.settings import Settings
from sopxl.steps.demand.tables import planning_markets
from sopxl.steps.finance.expenses import matches
from sopxl.steps.finance.tables import EXPENSE_PLAN
from sopxl.steps.supply.tables import BACKLOG_PLAN, DISTRIBUTION_PLAN, LANE_PLAN

GRAIN = 2.0**48
"""Shares are multiples of 1/GRAIN: such numbers, none above 1, are added up without rounding in any order."""


@dataclass(frozen=True)
class Spread:
    """What shares are made from. ``pairs``: P rows with family and market; arrays are P x T."""

    tables: Tables
    settings: Settings
    pairs: pd.DataFrame

    @property
    def labels(self) -> list[str]:
        """Periods of the plan."""
        return self.settings.periods.labels

    @cached_property
    def shipped(self) -> pd.DataFrame:
        """Every measure of the backlog plan by measure, family and market, in the plan's periods."""
        rows = self.tables["backlog_plan"].reindex(columns=["measure", "family", "market", *self.labels])
        return rows.groupby(["measure", "family", "market"])[self.labels].sum()

    def backlog(self, measure: str) -> np.ndarray:
        """A measure of the backlog plan by family and market: P x T, not below 0."""
        BACKLOG_PLAN.measure(measure)
        wanted = pd.MultiIndex.from_arrays([[measure] * len(self.pairs), self.pairs["family"], self.pairs["market"]])
        return np.asarray(np.maximum(self.shipped.reindex(wanted).fillna(0.0).to_numpy(float), 0.0))


def exact_shares(weights: np.ndarray) -> np.ndarray:
    """Rows x T: weights as shares that add up to exactly 1 in each period, whatever the order of adding.

    The last row takes 1 where nothing has weight; the row of most weight takes what rounding to GRAIN leaves.
    """
    weights = np.nan_to_num(np.array(weights, float))
    weights[-1] = np.where(weights.sum(axis=0) > 0, weights[-1], 1.0)
    grains = np.floor(weights / weights.sum(axis=0) * GRAIN)
    grains[weights.argmax(axis=0), np.arange(weights.shape[1])] += GRAIN - grains.sum(axis=0)
    return np.asarray(grains / GRAIN)


def shares(spread: Spread) -> dict[str, np.ndarray]:
    """Every share: P + 1 rows, the last for what is not allocated."""
    return {name: exact_shares(weigh(spread)) for name, weigh in SHARES_OF.items()}


def _of_backlog(measure: str) -> Callable[[Spread], np.ndarray]:
    """Weighs by a measure of what is shipped; nothing is given to '(not allocated)' while anything is shipped."""
    return lambda spread: _with_last(spread.backlog(measure))


def _with_last(weights: np.ndarray, last: np.ndarray | None = None) -> np.ndarray:
    """The weights with the row of what is not allocated."""
    below = np.zeros((1, weights.shape[1])) if last is None else last[None, :]
    return np.concatenate([weights, below])


def _fixed_expenses(spread: Spread) -> np.ndarray:
    """Money: each fixed expense by the net sales of the pairs that it is for."""
    plan, sales = spread.tables["expense_plan"], spread.backlog("Sales value")
    costs = take(EXPENSE_PLAN, plan, "Fixed cost", spread.labels).fillna(0.0)
    weights = np.zeros((len(sales) + 1, sales.shape[1]))
    for place, (_, _, family, market) in enumerate(costs.index):
        cost = costs.iloc[place].to_numpy(float)
        meant = sales * matches(spread.pairs, family, market)[:, None]
        total = meant.sum(axis=0)
        weights[:-1] += meant * np.divide(cost, total, out=np.zeros_like(cost), where=total > 0)
        weights[-1] += np.where(total > 0, 0.0, cost)
    return weights


def _transfers(spread: Spread) -> np.ndarray:
    """Money: freight to each location by the units of the family that its markets are shipped over the plan.

    A family that the location ships to nobody falls on all it ships, and what a location without markets gets on
    all pairs.
    """
    units = spread.backlog("Shipments").sum(axis=1)
    costs = _freight_by_family_and_receiver(spread)
    served_from = _served_from(spread)
    family = spread.pairs["family"].to_numpy(object)
    weights = np.zeros((len(units), len(spread.labels)))
    for (item_family, location), cost in zip(costs.index, costs.to_numpy(float), strict=True):
        there = units * (served_from == location)
        key = next((found for found in (there * (family == item_family), there, units) if found.sum() > 0), units)
        weights += np.outer(key / max(key.sum(), 1e-300), cost)
    return _with_last(weights)


def _served_from(spread: Spread) -> np.ndarray:
    """The location that serves the market of each pair."""
    markets = spread.tables["markets"]
    names = planning_markets(markets, spread.settings.market_level).to_numpy()
    first = markets.groupby(names)["ship_from"].first() if len(markets) else pd.Series(dtype="object")
    return np.asarray(first.astype("object").reindex(pd.Index(spread.pairs["market"])).to_numpy(object))


def _freight_by_family_and_receiver(spread: Spread) -> pd.DataFrame:
    """(family, receiving location) x T: freight of the transfers, the cost of loads by the units in them."""
    units, freight = (_rows(spread, DISTRIBUTION_PLAN, name) for name in ("Planned shipments", "Freight cost"))
    lane = ["from_location", "to_location"]
    loads = _rows(spread, LANE_PLAN, "Load cost")
    by_lane = units.groupby(level=lane).transform("sum").to_numpy(float)
    lanes = pd.MultiIndex.from_frame(units.index.to_frame()[lane])
    load_cost = loads.reindex(lanes).fillna(0.0).to_numpy(float)
    share = np.divide(units.to_numpy(float), by_lane, out=np.zeros_like(by_lane), where=by_lane > 0)
    cost = freight + share * load_cost
    items = spread.tables["items"].drop_duplicates("item").set_index("item")["family"]
    family = items.astype("object").reindex(cost.index.get_level_values("item")).fillna("").to_numpy(object)
    sums: pd.DataFrame = cost.groupby([family, cost.index.get_level_values("to_location")]).sum()
    return sums


def _rows(spread: Spread, grid: PlanGrid, measure: str) -> pd.DataFrame:
    return take(grid, spread.tables[grid.name], measure, spread.labels).fillna(0.0)


SHARES_OF: dict[str, Callable[[Spread], np.ndarray]] = {
    "Share of conversion": _of_backlog("Conversion"),
    "Share of purchases": _of_backlog("Material"),
    "Share of transfers": _transfers,
    "Share of fixed expenses": _fixed_expenses,
    "Share of net sales": _of_backlog("Sales value"),
}
