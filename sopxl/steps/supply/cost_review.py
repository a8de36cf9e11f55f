"""The review of what a balanced plan costs, by term: what is paid, and what only steers the plan."""

from __future__ import annotations

import pandas as pd

from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.tables import PLAN_COST


@review(PLAN_COST)
def plan_cost(view: PlanView) -> pd.DataFrame:
    """Every term that was charged; the amounts add up to what was made as small as possible, save that purchases
    count at the prices that orders earn. Empty where the plan was not balanced."""
    if not view.planned.cost:
        return PLAN_COST.empty_frame()
    from sopxl.steps.supply.cost_terms import COST_TERMS

    return pd.DataFrame([{
        "term": term.name, "amount": view.planned.cost[term.name],
        "money_flows": "paid" if term.money_flows else "steers the plan", "plan_line": term.plan_line,
        "meaning": term.description,
    } for term in COST_TERMS if term.name in view.planned.cost])
