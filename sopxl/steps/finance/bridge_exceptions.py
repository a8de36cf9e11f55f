"""Exceptions of the comparison: where the plan earns less than budget or last plan, and the step that does it.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sopxl.steps.finance.bridge import falling_steps
from sopxl.steps.finance.exceptions import LARGE_GAP, Situation, exception
from sopxl.steps.finance.tables import BEGIN, END

REMEDIES = {
    "Volume": "Win demand, or take the gap to the executive meeting.",
    "Capacity loss": "Free capacity or material for it: see the backlog plan and the exceptions of production.",
    "Mix": "Steer demand and scarce capacity to what earns more.",
    "Price": "Review discounts and price increases, market by market.",
    "Exchange rate": "Agree with treasury on hedging, or on prices in the plan's currency.",
    "Standard cost": "See which element of the cost rose: purchase prices, hours, freight.",
    "Stock effect": "See whether production stays below what is shipped, or wages are paid for idle hours.",
    "Overtime and expediting": "Level the load: build ahead, or order sooner.",
    "Other cost of goods": "See price variances, transfers and contract shortfalls in the profit and loss.",
    "Operating expenses": "Go through the expenses with those who answer for them.",
    "Depreciation": "Put off what is not needed yet.",
}
"""Step of the bridge -> what to do about it."""


@exception("Profit below budget")
def profit_below_budget(situation: Situation) -> list[dict[str, Any]]:
    """A family whose EBIT over the budgeted periods misses its budget, with the largest steps of the bridge."""
    return _below(situation, "Budget", "the budget")


@exception("Profit below last plan")
def profit_below_last_plan(situation: Situation) -> list[dict[str, Any]]:
    """A family whose EBIT misses what the last plan expected of the same periods, with the largest steps."""
    return _below(situation, "Last plan", "the last plan")


def _below(situation: Situation, version: str, words: str) -> list[dict[str, Any]]:
    """Families that earn less than a version by more than LARGE_GAP of it."""
    detail = situation.tables["bridge_detail"]
    detail = detail[detail["version"] == version]
    if detail.empty:
        return []
    sums = detail.groupby(["measure", "family"])[situation.labels].sum()
    total = sums.sum(axis=1)
    totals = pd.DataFrame({name: total.loc[name] for name in (BEGIN, END)})
    gap = totals[BEGIN] - totals[END]
    large = (gap > situation.noticeable) & (gap > LARGE_GAP * totals[BEGIN].abs())
    return [
        _row(family, totals.loc[family], sums, falling_steps(detail, version, family, situation.labels), words)
        for family in gap.index[large]
    ]


def _row(family: str, total: pd.Series, sums: pd.DataFrame, steps: pd.Series, words: str) -> dict[str, Any]:
    """The exception of one family: its gap, the steps that take most, what to do about the first."""
    gap = float(total[BEGIN] - total[END])
    largest = str(steps.index[0])
    others = [f"{name} ({value:+,.0f})" for name, value in steps.iloc[1:3].items()]
    also = f", then {' and '.join(others)}" if others else ""
    before, after = (sums.loc[[(name, family)]].to_numpy(float)[0] for name in (BEGIN, END))
    return {
        "period": str(sums.columns[int(np.argmax(before - after))]), "money": gap,
        "message": f"{family} earns {gap:,.0f} less than {words} ({total[BEGIN]:,.0f}): most of it by {largest} "
                   f"({steps.iloc[0]:+,.0f}){also}.",
        "remedy": REMEDIES[largest],
    }
