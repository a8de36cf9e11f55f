"""Exceptions of what the forecast is made from: sales that are missing, returned or misplaced, demand without a price.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sopxl.schema import counted
from sopxl.steps.demand.exceptions.situation import Situation, exception, rows_of
from sopxl.steps.demand.history import history_labels


@exception("History to be decided")
def history_to_be_decided(situation: Situation) -> list[dict[str, Any]]:
    """Proposals to clean the history that nobody has answered, where only accepted ones are used."""
    rows = situation.corrections
    waiting = rows[(rows["decision"] == "") & rows["own_value"].isna()]
    if waiting.empty or situation.settings.corrections != "when accepted":
        return []
    count = counted(len(waiting), "proposal")
    return [{
        "money": waiting["money"].sum(),
        "message": f"{count} to clean the history wait{'s' if len(waiting) == 1 else ''} for a decision; until then "
                   "the forecast is made from what was sold.",
        "remedy": "Accept or refuse them, or enter values of your own (History corrections), the dearest first.",
    }]


@exception("More returned than sold")
def more_returned(situation: Situation) -> list[dict[str, Any]]:
    """A past period's returns were more than its sales: it counts as 0."""
    returned = situation.history.returned
    labels = history_labels(situation.settings, returned.shape[1])
    return [
        {
            **situation.place(row), "period": labels[int(np.argmax(returned[row] > 0))],
            "quantity": returned[row].sum(), "money": returned[row].sum() * situation.mean_price[row],
            "message": f"Of {situation.name(row)}, {returned[row].sum():,.0f} units more were returned than sold "
                       f"in {int((returned[row] > 0).sum())} past periods; these count as 0.",
            "remedy": "Book returns in the period of the sale, if they should lower the history.",
        }
        for row in rows_of(np.any(returned > 0, axis=1))
    ]


@exception("No price")
def without_price(situation: Situation) -> list[dict[str, Any]]:
    """Demand without a price: its value is 0 in every sum; at stake is about what its family's items cost."""
    units = np.where(situation.measures["Price"] > 0, 0.0, situation.consensus)
    labels = situation.settings.periods.labels
    usual = _usual_price(situation)
    return [
        {
            **situation.place(row), "period": labels[int(np.argmax(units[row] > 0))], "quantity": units[row].sum(),
            "money": units[row].sum() * usual[row],
            "message": f"{situation.name(row)} has no price: {units[row].sum():,.0f} units of demand bring no revenue.",
            "remedy": "Enter its price.",
        }
        for row in rows_of(np.any(units > 0, axis=1))
    ]


@exception("History ends early")
def history_ends_early(situation: Situation) -> list[dict[str, Any]]:
    """The last past periods have no sale of anything: they are perhaps not loaded yet."""
    sold = np.nan_to_num(situation.history.quantity).sum(axis=0)
    labels = history_labels(situation.settings, len(sold))
    if not len(sold) or sold[-1] > 0:
        return []
    last = int(np.flatnonzero(sold > 0)[-1]) if (sold > 0).any() else -1
    return [{
        "period": labels[last + 1], "money": 0.0,
        "message": f"No sale of any item is recorded from {labels[last + 1]} to {labels[-1]}.",
        "remedy": "Load the missing sales history, or set the first period of the plan back.",
    }]


@exception("History inside the plan")
def history_inside_plan(situation: Situation) -> list[dict[str, Any]]:
    """Records of sales in the plan's own periods are not used."""
    count = situation.history.late_records
    if not count:
        return []
    first = situation.settings.first_period
    records = "1 sales record lies" if count == 1 else f"{count:,} sales records lie"
    return [{
        "period": first, "quantity": float(count), "money": 0.0,
        "message": f"{records} in or after {first}, the first period of the plan, and cannot be used as history.",
        "remedy": "Roll the first period forward, if these periods are over.",
    }]


def _usual_price(situation: Situation) -> np.ndarray:
    """S: mean price of the priced series of the family; of all, where the family has none."""
    price = pd.Series(np.where(situation.mean_price > 0, situation.mean_price, np.nan))
    family = price.groupby(situation.series["family"].to_numpy()).transform("mean")
    return np.asarray(family.fillna(price.mean()).fillna(0.0).to_numpy(float))
