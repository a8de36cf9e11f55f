"""Exceptions from the history of sales: levels that have shifted for good, which no correction of single periods mends.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sopxl.steps.demand.exceptions.situation import Situation, exception, rows_of
from sopxl.steps.demand.history import history_labels
from sopxl.steps.demand.suspicions import Usual, usual_demand

YEARS = 3
LARGE_SHIFT = 1.5
CERTAIN_SHIFT = 4.0


@exception("Level has shifted")
def level_has_shifted(situation: Situation) -> list[dict[str, Any]]:
    """Within the last year sales rose or fell at once by half or more and stayed there."""
    history = situation.history
    total = history.quantity.shape[1]
    if total < 2 * history.season:
        return []
    recent = history.quantity[:, -YEARS * history.season :]
    usual = usual_demand(recent, history.season, history.groups(), np.ones(recent.shape[1]),
                         np.zeros(recent.shape, dtype=bool))
    column, before, after = last_shift(usual)
    money = np.abs(after - before) * situation.mean_price * history.season
    active = (situation.series["status"] == "active").to_numpy(bool)
    labels = history_labels(situation.settings, recent.shape[1])
    return [
        {
            **situation.place(row),
            "period": labels[column[row]], "quantity": after[row] - before[row], "money": money[row],
            "message": f"{situation.name(row)} sells about {after[row]:,.0f} a {situation.settings.bucket} since "
                       f"{labels[column[row]]}; before it was about {before[row]:,.0f}.",
            "remedy": "Ask sales whether it stays. If it was once only, correct those periods in history corrections; "
                      "if it is to go on changing, enter an override.",
        }
        for row in rows_of((column >= 0) & active & (money > situation.large_money))
    ]


def last_shift(usual: Usual) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per series: first column of the new level (-1: no shift in the last year), old level and new level, each S.

    A shift is where the periods after let expect LARGE_SHIFT times more or less than the periods before, by more
    than CERTAIN_SHIFT usual deviations; enough periods must have passed since to fill the median.
    """
    total = usual.sold.shape[1]
    known = (np.arange(total) >= total - usual.season) & usual.steady[:, None] & (usual.before > 0) & (usual.after > 0)
    size = np.abs(np.log(np.where(known, usual.after, 1.0) / np.where(known, usual.before, 1.0)))
    place = size.argmax(axis=1)
    rows = np.arange(len(place))
    old, new, noise = (part[rows, place] for part in (usual.before, usual.after, usual.noise))
    sure = (size[rows, place] >= np.log(LARGE_SHIFT)) & (np.abs(new - old) > CERTAIN_SHIFT * noise)
    is_new = np.abs(usual.sold - new[:, None]) <= np.abs(usual.sold - old[:, None])
    start = place + 1
    for _ in range(usual.reach):
        start = start - is_new[rows, start - 1]
    return np.where(sure & (place < total - usual.reach), start, -1), old, new
