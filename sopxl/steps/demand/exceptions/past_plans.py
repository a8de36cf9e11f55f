"""Exceptions from the record of earlier plans: plans that lean to one side, and changes that make them worse.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`).
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from sopxl.steps.demand.accuracy import SLIGHT_LEAN, TRACKING_LIMIT
from sopxl.steps.demand.exceptions.situation import Situation, exception
from sopxl.steps.demand.value_added import HARM

WHO = {
    "baseline": "The statistical forecast was further off than last year's sales would have been.",
    "rule": "What the consensus rule makes of the opinions was further off than the last of them.",
    "planner": "The demand planner's overrides made the plan worse.",
}
REMEDIES = {
    "baseline": "Look at the methods, the corrections of the history and the drivers.",
    "rule": "Choose another consensus rule, or weights by track record.",
    "planner": "Override only what is known and not in the history; clear the small overrides.",
}
SHOW_THE_RECORD = "Show them their record (Forecast value added), and let their overrides expire."


@exception("Plans lean to one side")
def plans_lean(situation: Situation) -> list[dict[str, Any]]:
    """The plans of earlier cycles for the next period were too high or too low again and again."""
    accuracy = situation.accuracy[situation.accuracy["level"] == "item and market"]
    rows = accuracy[accuracy["stage"] == "consensus"]
    rows = rows[(rows["tracking_signal"].abs() > TRACKING_LIMIT) & (rows["bias"].abs() > SLIGHT_LEAN)]
    key = ["item", "market", "lag"]
    baseline = accuracy[accuracy["stage"] == "baseline"].set_index(key)["bias"]
    return [_lean(situation, row, baseline.get(tuple(row[key]), row["bias"])) for _, row in rows.iterrows()]


def _lean(situation: Situation, row: pd.Series, baseline: float) -> dict[str, Any]:
    """One item in one market whose plans lean; at stake is the sum of its errors, not their size.

    ``baseline``: bias of the baseline of the same plans, which tells whether people made them lean.
    """
    series = situation.series
    names = series.loc[(series["item"] == row["item"]) & (series["market"] == row["market"]), "name"]
    name = (names.iloc[0] if len(names) else "") or row["item"]
    high, lean = row["bias"] > 0, abs(row["bias"])
    return {
        "item": row["item"], "location": row["market"], "quantity": row["bias"] * row["demand"],
        "money": row["money_error"] * min(1.0, lean / row["weighted_mape"]),
        "message": f"The last {row['points']:.0f} plans of {name} in {row['market']} were {lean:.0%} too "
                   f"{'high' if high else 'low'} in sum (tracking signal {row['tracking_signal']:.1f}).",
        "remedy": f"{'Lower' if high else 'Raise'} the forecast, or ask sales what has changed."
                  if abs(baseline) > lean / 2 else
                  f"The baseline was only {abs(baseline):.0%} off: see who changed it (Forecast value added).",
    }


@exception("Changes that do not help")
def changes_that_harm(situation: Situation) -> list[dict[str, Any]]:
    """A stage or a person whose changes were surely worse than what they replaced."""
    record = situation.value_added
    harm = record[record["verdict"].str.startswith(HARM)]
    named = set(harm.loc[harm["author"] != "", "stage"])
    return [
        {
            "quantity": row["changes"], "money": max(-row["money"], 0.0),
            "message": f"{_who(row['stage'], row['author'])} Error {row['error_before']:.0%} of demand before, "
                       f"{row['error_after']:.0%} after.",
            "remedy": REMEDIES.get(row["stage"], SHOW_THE_RECORD),
        }
        for _, row in harm.iterrows() if row["author"] or row["stage"] not in named
    ]


def _who(stage: str, author: str) -> str:
    """Who or what made the forecast worse, as a sentence."""
    return WHO.get(stage, f"The overrides of {author or stage}{f' ({stage})' if author else ''} made the plan worse.")
