"""Exceptions of standard costs: where what a unit really costs has left its standard."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.cost_roll_up import cost_roll_up
from sopxl.steps.supply.exceptions.register import SMALLEST, dearest, exception
from sopxl.steps.supply.plan_view import PlanView

LARGE_SHARE = 0.05
REMEDIES = {
    "bought": "Renegotiate or buy elsewhere; else set its standard cost to {cost:,.2f}.",
    "subcontracted": "Renegotiate or make it; else set its standard cost to {cost:,.2f}.",
    "made": "Correct hours, yields or rates, or improve them; else set its standard cost to {cost:,.2f}.",
}


@exception("production", "Standard cost out of date")
def standard_cost_out_of_date(view: PlanView) -> pd.DataFrame:
    """Items whose price, hours or yield have moved their cost by a twentieth or more from the standard."""
    rows = cost_roll_up(view)
    rows = rows[(rows["source"] != "moved") & (rows["by_source"].abs() > LARGE_SHARE * rows["standard"])]
    rows = rows[(rows["standard"] > SMALLEST) & (rows["difference"].abs() > SMALLEST)]
    found = dearest(rows.assign(
        money=np.abs(rows["yearly_effect"] * rows["by_source"] / rows["difference"]), quantity=rows["by_source"].abs(),
        period=view.labels[0],
    ))
    found = found[found["money"] > SMALLEST]
    return found.assign(
        message=[f"{row.item} at {row.location} costs {row.rolled_up:,.2f}, not {row.standard:,.2f}: "
                 f"{row.explanation}" for row in found.itertuples()],
        remedy=[REMEDIES[str(row.source)].format(cost=row.rolled_up) for row in found.itertuples()],
    )
