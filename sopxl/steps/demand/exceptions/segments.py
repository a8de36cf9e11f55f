"""Exceptions of segments: forecasts that a planner has to look at, as the policy of their segment says.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sopxl.steps.demand.exceptions.situation import Situation, exception, rows_of

MOVED = 0.1
"""Share of the last plan's baseline from which a change is worth a look."""


@exception("To be reviewed this cycle")
def to_be_reviewed(situation: Situation) -> list[dict[str, Any]]:
    """Items under review whose baseline is more than a tenth off what the last plan expected of the same periods."""
    if situation.last_baseline is None:
        return []
    segments = situation.segments
    reviewed = situation.series["item"].isin(segments.loc[segments["forecast_policy"] == "review", "item"])
    said = ~np.isnan(situation.last_baseline)
    before = np.where(said, situation.last_baseline, 0.0).sum(axis=1)
    now = np.where(said, situation.measures["Baseline forecast"], 0.0).sum(axis=1)
    moved = np.abs(now - before)
    money = moved * situation.mean_price
    rows = reviewed.to_numpy(bool) & (moved > MOVED * before) & (money > situation.large_money)
    return [
        {
            **situation.place(row),
            "period": situation.settings.first_period, "quantity": now[row] - before[row], "money": money[row],
            "message": f"The forecast of {situation.name(row)} went from {before[row]:,.0f} to {now[row]:,.0f} units "
                       f"since the last plan, for the same {int(said[row].sum())} periods; its segment is reviewed.",
            "remedy": "Look at the latest sales; override the forecast where it follows a single event.",
        }
        for row in rows_of(rows)
    ]
