"""Exceptions of what people say: opinions far apart, overrides that cannot hold, orders that nobody forecast.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sopxl.steps.demand.exceptions.situation import Situation, exception, rows_of
from sopxl.steps.demand.tables import ROLES

FAR_APART = 0.2
"""Share of the baseline from which a difference of opinion is worth a talk."""


@exception("Override cannot hold")
def override_cannot_hold(situation: Situation) -> list[dict[str, Any]]:
    """Overrides that do not come out as they were entered; at stake is what of them has no place."""
    return [
        {"money": trouble.money, "message": trouble.finding.message, "remedy": trouble.finding.remedy}
        for trouble in situation.override_troubles
        if trouble.finding.severity == "warning"
    ]


@exception("Opinions far apart")
def opinions_far_apart(situation: Situation) -> list[dict[str, Any]]:
    """Sales, marketing and finance expect very different demand of a series, and it is worth much."""
    views = np.array([_view(situation, role) for role in ROLES])
    several = (~np.isnan(views)).sum(axis=0) > 1
    gap = np.where(several, np.fmax.reduce(views) - np.fmin.reduce(views), 0.0)
    base = np.where(several, situation.measures["Baseline forecast"], 0.0).sum(axis=1)
    money = (gap * situation.measures["Price"]).sum(axis=1)
    rows = (gap.sum(axis=1) > FAR_APART * base) & (money > situation.large_money)
    return [
        {
            **situation.place(row), "period": situation.settings.periods.labels[int(np.argmax(gap[row] > 0))],
            "quantity": float(gap[row].sum()), "money": float(money[row]),
            "message": f"Opinions on {situation.name(row)} are far apart: {_said(views[:, row, several[row]])}; "
                       f"the baseline is {base[row]:,.0f}.",
            "remedy": "Agree on one number in the demand review, and enter it as override.",
        }
        for row in rows_of(rows)
    ]


@exception("Orders beyond the forecast")
def orders_beyond_the_forecast(situation: Situation) -> list[dict[str, Any]]:
    """Customers have ordered more than the consensus expects in the periods that the orders may consume."""
    orders = situation.measures["Orders in hand"]
    consumed = np.minimum(orders, situation.consensus) + situation.measures["Consumed by other periods"]
    excess = (orders - consumed).sum(axis=1)
    beyond = orders > situation.consensus
    money = excess * situation.mean_price
    return [
        {
            **situation.place(row), "period": situation.settings.periods.labels[int(np.argmax(beyond[row]))],
            "quantity": float(excess[row]), "money": float(money[row]),
            "message": f"{excess[row]:,.0f} units of {situation.name(row)} are on order beyond what is forecast.",
            "remedy": "See whether demand is higher than planned or came early; then enter an override, or let orders "
                      "consume more periods' forecasts (settings).",
        }
        for row in rows_of((excess > 0) & (money > situation.large_money))
    ]


def _view(situation: Situation, role: str) -> np.ndarray:
    """S x H units that a role expects: typed, else what its overrides come to; NaN where it is silent."""
    nothing = np.full(situation.consensus.shape, np.nan)
    typed = situation.measures.get(role.capitalize(), nothing)
    return np.where(np.isnan(typed), situation.measures.get(f"{role.capitalize()} spread", nothing), typed)


def _said(views: np.ndarray) -> str:
    """Roles x periods in words: what each says in the periods in which several speak."""
    sums = [(role, np.nansum(view)) for role, view in zip(ROLES, views, strict=True) if not np.isnan(view).all()]
    return ", ".join(f"{role} {total:,.0f}" for role, total in sums) + " units"
