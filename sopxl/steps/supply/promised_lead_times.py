"""The lead time that can be promised to customers by family and market, what sets it, and what would shorten it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.steps.supply.bottlenecks import holding_up
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.promise import promises_of_plan
from sopxl.steps.supply.tables import PROMISED_LEAD_TIMES
from sopxl.steps.supply.targets.stock_targets import lead_days
from sopxl.steps.supply.words import amount

PROMISED_SHARE = 0.9
"""An order is taken to be one average period's demand of the family; so much of it has to be there in time."""
SMALLEST = 1e-6


@dataclass(frozen=True)
class _Group:
    """The demands of one family in one market: rows of the network's demands, their nodes, what an order asks of each
    (units), what can be promised by the end of each period (rows x periods) and at once (rows).
    """

    rows: np.ndarray
    nodes: np.ndarray
    asked: np.ndarray
    by_period: np.ndarray
    at_once: np.ndarray

    def share(self, available: np.ndarray) -> float:
        """Share of the order that so much of each item serves."""
        return float(np.minimum(available, self.asked).sum() / self.asked.sum())

    def missing(self, available: np.ndarray) -> np.ndarray:
        """Units of each item that are short for it."""
        return np.asarray(np.maximum(self.asked - available, 0.0))

    def period(self, extra: np.ndarray | float = 0.0) -> int | None:
        """First period by whose end enough of the order is there, -1 at once, None: not in the plan."""
        if self.share(self.at_once + extra) >= PROMISED_SHARE - SMALLEST:
            return -1
        for at in range(self.by_period.shape[1]):
            if self.share(self.by_period[:, at] + extra) >= PROMISED_SHARE - SMALLEST:
                return at
        return None


@review(PROMISED_LEAD_TIMES)
def promised_lead_times(view: PlanView) -> pd.DataFrame:
    """A row for each family in each market, the longest lead time first.

    An order placed now is taken to ask for one average period's demand of the family. Each item is promised from
    what neither orders in hand nor internal use need: at once from stock, else at the end of the period in which its
    receipt comes. The lead time is when nine tenths of the order are there; empty: not within the horizon.
    """
    demands = view.network.demands
    if not len(demands) or not len(view.labels):
        return PROMISED_LEAD_TIMES.empty_frame()
    families = view.family_of(demands["item"])
    leads = lead_days(view.network, view.tables)
    promises = np.nan_to_num(promises_of_plan(view.network, view.plan))
    average = view.network.demand.mean(axis=1)
    rows = []
    keys = pd.MultiIndex.from_arrays([families, demands["market"].to_numpy(object)])
    for family, market in keys.unique():
        at = np.flatnonzero(keys == (family, market))
        group = _group(view, at, promises, average)
        waiting = float(demands["opening_backlog"].iloc[at].sum())
        row = {"family": family, "market": market, "waiting": waiting}
        rows.append(row if group is None else {**row, **_tell(view, group, leads)})
    found = pd.DataFrame(rows, columns=PROMISED_LEAD_TIMES.column_names)
    return found.sort_values(["lead_time", "family", "market"], ascending=[False, True, True], na_position="first",
                             ignore_index=True)


def _group(view: PlanView, rows: np.ndarray, promises: np.ndarray, average: np.ndarray) -> _Group | None:
    """The demands of these rows that ask for something; None where none does."""
    rows = rows[average[rows] > SMALLEST]
    if not len(rows):
        return None
    nodes = view.network.demands["node"].to_numpy(int)[rows]
    on_hand = view.network.nodes["on_hand"].to_numpy(float)[nodes]
    by_period = promises[nodes].cumsum(axis=1)
    return _Group(rows, nodes, average[rows], by_period, np.minimum(on_hand, by_period[:, 0]))


def _tell(view: PlanView, group: _Group, leads: np.ndarray) -> dict[str, object]:
    """Lead time, share from stock, what sets it and what would shorten it."""
    period = group.period()
    limited, shorter = "Nothing: it is there.", ""
    if period != -1:
        before = group.at_once if not period else group.by_period[:, (period or len(view.labels)) - 1]
        short = group.missing(before)
        worst = int(short.argmax())
        held = holding_up(view.network, view.planned, view.plan, int(group.rows[worst]),
                          min(period or 0, len(view.labels) - 1))
        item = str(view.network.demands["item"].iloc[group.rows[worst]])
        limited = f"{item}: {held}" if len(group.rows) > 1 else held
        shorter = _shorter(view, group, worst, float(leads[group.nodes[worst]]), period)
    return {
        "lead_time": _days(view, period), "from_stock": group.share(group.at_once), "limited_by": limited,
        "shorter_by": shorter,
    }


def _shorter(view: PlanView, group: _Group, worst: int, lead: float, period: int | None) -> str:
    """What would shorten the lead time: more stock of what is short, or supply as soon as its lead time allows."""
    item = str(view.network.demands["item"].iloc[group.rows[worst]])
    location = str(view.network.nodes["location"].iloc[group.nodes[worst]])
    short = group.missing(group.at_once)
    only = np.where(np.arange(len(short)) == worst, short, 0.0)
    now, parts = _days(view, period), []
    with_stock = _days(view, group.period(only))
    if not np.isnan(with_stock) and not with_stock >= now:
        more = amount(float(short[worst]))
        parts.append(f"{more} more units of {item} in stock at {location}: {with_stock:.0f} days")
    elif (short > SMALLEST).sum() > 1:
        parts.append(f"{amount(float(short.sum()))} more units in stock, of {(short > SMALLEST).sum()} items: 0 days")
    if lead < (np.inf if np.isnan(now) else now):
        parts.append(f"supply of {item} when ordered, hours and components free: {lead:.0f} days")
    return "; ".join(parts)


def _days(view: PlanView, period: int | None) -> float:
    """Days from the start of the plan to the end of a period; 0 at once, NaN where it is not in the plan."""
    if period is None:
        return float("nan")
    return float(view.settings.periods.days[: period + 1].sum())
