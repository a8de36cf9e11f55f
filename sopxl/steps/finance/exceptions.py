"""Exceptions of the finance step: where profit, stock or cash of the plan needs a decision.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sopxl.exceptions import ExceptionRegister
from sopxl.grids import take
from sopxl.schema import PlanGrid, Tables
from sopxl.settings import Settings
from sopxl.standard_cost import ELEMENTS
from sopxl.steps.finance.bridge import falling_steps
from sopxl.steps.finance.tables import (
    CASH_FLOW,
    FINANCIAL_PLAN,
    PAYABLES_PLAN,
    PROFIT_AND_LOSS,
    RECEIVABLES_PLAN,
    STOCK_FLOWS,
)
from sopxl.steps.supply.tables import BACKLOG_PLAN, INVENTORY_PLAN

NOTICEABLE_SHARE = 0.001
LARGE_GAP = 0.02
LARGE_RISE = 0.25
LARGE_VARIANCE = 0.02
CENT = 0.01


@dataclass(frozen=True)
class Situation:
    """The computed plan; money in the plan's currency."""

    tables: Tables
    settings: Settings

    @property
    def labels(self) -> list[str]:
        """Periods of the plan."""
        return self.settings.periods.labels

    def line(self, measure: str, grid: PlanGrid = FINANCIAL_PLAN) -> np.ndarray:
        """T: a measure of the financial plan, or another grid, over all its objects."""
        values = take(grid, self.tables[grid.name], measure, self.labels).to_numpy(float)
        return np.asarray(np.nan_to_num(values).sum(axis=0))

    def lines(self, measure: str) -> pd.DataFrame:
        """A measure of the profit and loss: (family, market) x periods."""
        return take(PROFIT_AND_LOSS, self.tables["profit_and_loss"], measure, self.labels).fillna(0.0)

    @property
    def noticeable(self) -> float:
        """Money from which something matters: a thousandth of the plan's net sales."""
        return float(NOTICEABLE_SHARE * self.line("Net sales").sum())


FINANCE_EXCEPTIONS: ExceptionRegister[Situation] = ExceptionRegister()
exception = partial(FINANCE_EXCEPTIONS.kind, "finance")


@exception("Revenue below budget")
def revenue_below_budget(situation: Situation) -> list[dict[str, Any]]:
    """A family whose revenue over the horizon misses its budget."""
    return _below_budget(situation, "Net sales", "Budget revenue",
                         "See whether demand, price or supply falls short (backlog plan); win demand, free capacity "
                         "for it, or take the gap to the executive meeting.")


@exception("Margin below budget")
def margin_below_budget(situation: Situation) -> list[dict[str, Any]]:
    """A family whose gross margin misses its budget."""
    return _below_budget(situation, "Gross margin", "Budget gross margin",
                         "See whether volume, price or mix falls short; steer scarce capacity to what earns more.")


@exception("Sold below cost")
def sold_below_cost(situation: Situation) -> list[dict[str, Any]]:
    """A family that costs more in a market than it brings there."""
    margin, revenue = (situation.lines(name) for name in ("Gross margin", "Net sales"))
    total = margin.sum(axis=1)
    rows = []
    for family, market in total.index[total < -situation.noticeable]:
        lost, sold = -float(total[(family, market)]), float(revenue.loc[(family, market)].sum())
        rows.append({
            "location": market, "period": _first(margin.loc[(family, market)].to_numpy() < 0, situation), "money": lost,
            "message": f"{family} for {market}: the cost is {lost:,.0f} above the net sales of {sold:,.0f}.",
            "remedy": "Raise the price, lower the cost, or serve the market only from what capacity is left.",
        })
    return rows


@exception("Stock value rises")
def stock_value_rises(situation: Situation) -> list[dict[str, Any]]:
    """A family whose stock is at some time worth much more than at the start."""
    grid = situation.tables["inventory_plan"]
    if grid.empty:
        return []
    rows = grid[grid["measure"] == INVENTORY_PLAN.measure("Stock value").name]
    start = (rows["on_hand"] * rows["unit_cost"]).groupby(rows["family"]).sum()
    value = rows.groupby("family")[situation.labels].sum()
    rise = value.max(axis=1) - start
    families = rise.index[(rise > situation.noticeable) & (rise > LARGE_RISE * start)]
    return [
        {
            "period": value.columns[int(np.argmax(value.loc[family].to_numpy()))], "money": float(rise[family]),
            "message": f"Stock of {family} rises from {start[family]:,.0f} to {value.loc[family].max():,.0f}.",
            "remedy": "Check safety stocks, minimum lots and what is built ahead; sell it off or make less.",
        }
        for family in families
    ]


@exception("Stock used up")
def stock_used_up(situation: Situation) -> list[dict[str, Any]]:
    """The plan ends below safety stock: its cash is flattered by stock that must be bought or made again."""
    grid = situation.tables["inventory_plan"]
    if grid.empty:
        return []
    last = situation.labels[-1]
    missing = grid[grid["measure"] == INVENTORY_PLAN.measure("Below safety stock").name]
    money = float((missing[last] * missing["unit_cost"]).sum())
    if money <= situation.noticeable:
        return []
    return [{
        "period": last, "money": money,
        "message": f"At the end of {last} stock worth {money:,.0f} is missing to the safety stocks; cash "
                   "holds that much which the next plan must spend.",
        "remedy": "Judge the last periods' cash and stock with care; lengthen the horizon, or raise the cost of "
                  "standing below safety stock.",
    }]


@exception("Operating loss")
def operating_loss(situation: Situation) -> list[dict[str, Any]]:
    """Periods in which EBIT is below zero."""
    result = situation.line("EBIT")
    losses = result < -CENT
    if not losses.any():
        return []
    lost = -float(result[losses].sum())
    return [{
        "period": _first(losses, situation), "money": lost,
        "message": f"The plan loses {lost:,.0f} in {int(losses.sum())} of {len(result)} periods.",
        "remedy": "See which line of the financial plan turns: margin, variances or expenses.",
    }]


@exception("Cash runs out")
def cash_runs_out(situation: Situation) -> list[dict[str, Any]]:
    """Cash falls below zero; the lowest point is told."""
    cash = situation.line("Cash", CASH_FLOW)
    lowest = int(np.argmin(cash))
    if cash[lowest] >= -situation.noticeable:
        return []
    return [{
        "period": _first(cash < -situation.noticeable, situation), "money": -float(cash[lowest]),
        "message": f"Cash is {-cash[lowest]:,.0f} below zero in {situation.labels[lowest]}, its lowest point.",
        "remedy": "Make sure that it is funded (state cash and loans in opening_balances), agree on other terms, or "
                  "hold back stock that is built ahead, early purchases and investments.",
    }]


@exception("Production variance")
def production_variance(situation: Situation) -> list[dict[str, Any]]:
    """Production costs much more or less than it adds to stock: idle wages, or standards that do not add up."""
    variance = situation.line("Production variance")
    at_standard = situation.line("Production at standard", STOCK_FLOWS).sum()
    total = float(variance.sum())
    if abs(total) <= max(LARGE_VARIANCE * at_standard, situation.noticeable):
        return []
    return [{
        "period": _first(np.abs(variance) > CENT, situation), "money": abs(total),
        "message": f"Production takes {abs(total):,.0f} {'more' if total > 0 else 'less'} than the {at_standard:,.0f} "
                   "that it adds to stock at standard cost.",
        "remedy": "See whether wages are paid for idle hours; if not, roll up the standard costs again from "
                  "components, hours and production cost.",
    }]


@exception("No standard cost")
def no_standard_cost(situation: Situation) -> list[dict[str, Any]]:
    """Items that are shipped at no cost: their margin is too good to be true."""
    grid = situation.tables["backlog_plan"]
    if grid.empty:
        return []
    sales = grid[grid["measure"] == BACKLOG_PLAN.measure("Sales value").name]
    free = sales[sales[list(ELEMENTS)].fillna(0.0).sum(axis=1) <= 0]
    value = free.groupby("item")[situation.labels].sum().sum(axis=1)
    return [
        {
            "item": item, "money": float(value[item]), "period": situation.labels[0],
            "message": f"{item} has no standard cost: its sales of {value[item]:,.0f} count as pure margin.",
            "remedy": "Enter its material and conversion cost in costs.",
        }
        for item in value.index[value > 0]
    ]


@exception("Cash unexplained")
def cash_unexplained(situation: Situation) -> list[dict[str, Any]]:
    """Cash from profit differs from receipts less payments: shipments are costed otherwise than stock."""
    gap = situation.line("Difference", CASH_FLOW)
    wrong = np.abs(gap) > max(CENT, 1e-9 * situation.noticeable)
    if not wrong.any():
        return []
    return [{
        "period": _first(wrong, situation), "money": float(np.abs(gap).sum()),
        "message": f"Receipts less payments and the cash flow from EBIT differ by {np.abs(gap).sum():,.2f}.",
        "remedy": "Run all steps again, so that shipments and stock have the same standard cost.",
    }]


@exception("Prepayment not used")
def prepayment_not_used(situation: Situation) -> list[dict[str, Any]]:
    """What was paid in advance at the start, and no delivery of the plan makes use of."""
    rows = []
    for grid, column, whose, remedy in PREPAYMENTS:
        frame = situation.tables[grid.name]
        opening = frame.drop_duplicates(column).set_index(column)["opening_prepayments"]
        used = take(grid, frame, "Prepayments used", situation.labels).sum(axis=1)
        left = (opening - used)[opening > 0]
        for name in left.index[left > situation.noticeable]:
            place = {"location": name} if column == "market" else {"resource": name}
            rows.append({
                **place, "period": situation.labels[-1], "money": float(left[name]),
                "message": f"Of {opening[name]:,.0f} paid in advance {whose} {name}, {left[name]:,.0f} are still open "
                           "when the plan ends.",
                "remedy": remedy,
            })
    return rows


PREPAYMENTS = (
    (PAYABLES_PLAN, "supplier", "to", "Ask the supplier to deliver or to pay it back, or correct opening_balances."),
    (RECEIVABLES_PLAN, "market", "by customers of", "Deliver or pay it back, or correct opening_balances."),
)


def _below_budget(situation: Situation, measure: str, budget: str, remedy: str) -> list[dict[str, Any]]:
    """Families whose measure over the horizon misses the budget by more than LARGE_GAP of it."""
    planned, promised = (situation.lines(name).groupby(level="family").sum() for name in (measure, budget))
    gap = (promised - planned).sum(axis=1)
    large = (gap > situation.noticeable) & (gap > LARGE_GAP * promised.sum(axis=1).abs())
    return [
        {
            "period": _first((promised.loc[family] - planned.loc[family]).to_numpy() > CENT, situation),
            "money": float(gap[family]),
            "message": f"{measure} of {family} is {gap[family]:,.0f} below the budget of "
                       f"{promised.loc[family].sum():,.0f}{_why(situation, family)}.",
            "remedy": remedy,
        }
        for family in gap.index[large]
    ]


def _why(situation: Situation, family: str) -> str:
    """The step of the bridge from the budget that takes most of the family's EBIT, as the end of a sentence."""
    steps = falling_steps(situation.tables["bridge_detail"], "Budget", family, situation.labels)
    return f"; most of the fall in its EBIT is {steps.index[0]} ({steps.iloc[0]:+,.0f})" if len(steps) else ""


def _first(mask: np.ndarray, situation: Situation) -> str:
    """The first period for which the mask holds; the plan's first where it never does."""
    return situation.labels[int(np.argmax(np.asarray(mask, bool)))]
