"""Answers to inquiries: when an order can be promised, from the plan or if more is made or bought for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.steps.demand.tables import planning_markets
from sopxl.steps.supply.capable_to_promise import SMALLEST, CapableToPromise
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.tables import ORDER_PROMISES
from sopxl.steps.supply.words import amount

BY_HAND = [column.name for column in ORDER_PROMISES.columns if column.by_hand]


@review(ORDER_PROMISES)
def order_promises(view: PlanView) -> pd.DataFrame:
    """The inquiries that people wrote, each with its answer, from the first to the last: what one takes is gone for
    the next, so nothing is promised twice.

    Available: stock and planned receipts that neither orders in hand nor internal use need. An inquiry takes the
    latest of them that are in time. Where they do not suffice in time, more may be made, bought or moved beside the
    plan; it takes whichever comes sooner.
    """
    typed = view.tables["order_promises"][BY_HAND]
    asked = typed[(typed["inquiry"] != "") | (typed["item"] != "")].reset_index(drop=True)
    if asked.empty:
        return ORDER_PROMISES.empty_frame()
    capable = CapableToPromise(view)
    wanted = positions_of(asked["wanted_period"], view.settings)
    rows = [{**record, **_answer(view, capable, record, float(at))}
            for record, at in zip(asked.to_dict("records"), wanted, strict=True)]
    return pd.DataFrame(rows, columns=ORDER_PROMISES.column_names)


def _answer(view: PlanView, capable: CapableToPromise, asked: dict[Any, Any], wanted: float) -> dict[str, Any]:
    """The result columns of one inquiry."""
    node, quantity = _node(view, str(asked["item"]), str(asked["market"])), float(asked["quantity"])
    if np.isnan(quantity) or quantity <= 0 or np.isnan(wanted):
        return {"answer": "Enter item, quantity and the period in which it is wanted."}
    if node < 0:
        return {"answer": f"{asked['item']} is not planned where this market is served from: it cannot be promised."}
    if wanted >= len(view.labels):
        return {"answer": "The plan does not reach so far."}
    at = max(int(wanted), 0)
    promised = capable.free.promised(node)
    enough = np.flatnonzero(promised[at:] >= quantity - SMALLEST) + at
    later = int(enough[0]) if len(enough) else None
    sooner = capable.take_earliest(node, quantity, at, (len(view.labels) if later is None else later) - 1)
    found = None if sooner.period is None else (sooner.period, sooner.cost)
    if found is None and later is not None:
        capable.take_promise(node, quantity, later)
        found = (later, 0.0)
    available = min(float(promised[at]), quantity)
    return {
        "available": available, "available_period": "" if later is None else view.labels[later],
        "capable_period": "" if found is None else view.labels[found[0]],
        "capable_cost": np.nan if found is None else found[1],
        "answer": _sentence(view, quantity, available, (at, later), found, sooner.obstacle),
    }


def _node(view: PlanView, item: str, market: str) -> int:
    """The node that serves an item to a planning market: by its demand, else by where the market ships from."""
    demands, nodes, markets = view.network.demands, view.network.nodes, view.tables["markets"]
    served = demands[(demands["item"] == item) & ((demands["market"] == market) | (market == ""))]
    if len(served):
        return int(served["node"].iloc[0])
    names = planning_markets(markets, view.settings.market_level).to_numpy()
    places = markets.loc[(names == market) | (market == ""), "ship_from"]
    found = np.flatnonzero((nodes["item"] == item) & nodes["location"].isin(places))
    return int(found[0]) if len(found) else -1


def _sentence(
    view: PlanView, quantity: float, available: float, periods: tuple[int, int | None],
    found: tuple[int, float] | None, obstacle: str,
) -> str:
    """The answer for the customer, and what limits it."""
    wanted, later = periods
    label, units = view.labels[wanted], f"{amount(quantity)} units"
    limit = f" Sooner it is held up by {obstacle}." if obstacle else ""
    if later == wanted:
        return f"Yes: {units} in {label} from stock and planned receipts."
    part = f"{amount(available)} units in {label}" if available > SMALLEST else f"Nothing in {label}"
    if found is None:
        return f"{part} from stock and planned receipts; all {units} not within the horizon.{limit}"
    when = view.labels[found[0]]
    if found[0] == later:
        return f"{part}; all {units} in {when} from stock and planned receipts.{limit}"
    extra = f" (costs {found[1]:,.0f} {view.settings.currency})" if found[1] > 0 else ""
    if found[0] == wanted:
        return (f"Yes: {units} in {when} if more is made or bought for it{extra}; the plan alone has "
                f"{amount(available)}.")
    return f"{part} from the plan; all {units} in {when} if more is made or bought for it{extra}.{limit}"
