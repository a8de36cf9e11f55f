"""The exception that tells of limits that cannot all be kept, the dearest first."""

from __future__ import annotations

import pandas as pd

from sopxl.exceptions import MOST_PER_KIND
from sopxl.steps.supply.exceptions.register import SUPPLY_EXCEPTIONS
from sopxl.steps.supply.plan_view import PlanView


@SUPPLY_EXCEPTIONS.kind("production", "Limits conflict")
def limits_conflict(view: PlanView) -> pd.DataFrame:
    """Limits that give in the plan because not all of them can be kept.

    At stake is what gives: units at standard cost, hours at the cost of overtime.
    """
    conflicts = view.planned.conflicts
    if conflicts is None or conflicts.empty:
        return pd.DataFrame()
    found = conflicts.assign(quantity=conflicts["gives"], resource=conflicts["name"])
    found = found.sort_values(["money", "quantity"], ascending=False, kind="stable").head(MOST_PER_KIND)
    return found.assign(message=[_message(row) for _, row in found.iterrows()])


def _message(row: pd.Series) -> str:
    """What gives, where, when and why."""
    because = str(row["stands_in_the_way"]).rstrip(".")
    return (f"{row['limit']} of {row['name']} in {row['period']} cannot be kept: it gives {row['quantity']:,.6g} "
            f"{row['unit']}. What stands in the way: {because}.")
