"""Exceptions of procurement: orders that are past due, and orders that must come sooner than their lead time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.costed_moves import Move, Options, Shortage, moves_for
from sopxl.steps.supply.exceptions.register import SMALLEST, dearest, exception, first_period, tell
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.price_breaks import costs_of_orders
from sopxl.steps.supply.words import amount


@exception("procurement", "Order past due")
def purchase_past_due(view: PlanView) -> pd.DataFrame:
    """Purchases that should have been ordered before the first period."""
    buys, quantity = view.network.buys, view.required.buy_past_due
    rows = np.arange(len(buys))
    found = buys[["item", "location", "node"]].assign(
        resource=buys["supplier"], quantity=quantity, money=costs_of_orders(view.network, rows, quantity),
        period=view.labels[0], buy=rows)
    options = Options(view)
    return tell(
        view, dearest(found[found["quantity"] > SMALLEST]),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} for {row['location']} should have been ordered "
                    f"from {row['resource']} before {row['period']}.",
        lambda row: moves_for(options, Shortage(int(row["node"]), float(row["quantity"]), 0, besides=int(row["buy"]))),
        "Order at once and ask for early delivery, or draw on another supplier or location.",
    )


@exception("procurement", "Expedite")
def expedite(view: PlanView) -> pd.DataFrame:
    """Purchases that the balanced plan wants sooner than the lead time."""
    buys, quantity = view.network.buys, view.planned.buy_expedited
    total = quantity.sum(axis=1) * view.is_balanced
    found = pd.DataFrame({
        "item": buys["item"], "location": buys["location"], "resource": buys["supplier"],
        "period": first_period(view, quantity > SMALLEST), "quantity": total,
        "money": total * buys["expedite_price"].fillna(0.0), "node": buys["node"], "buy": range(len(buys)),
        "at": (quantity > SMALLEST).argmax(axis=1),
    })
    options = Options(view)

    def moves(row: pd.Series) -> list[Move]:
        short = Shortage(int(row["node"]), float(row["quantity"]), int(row["at"]), besides=int(row["buy"]))
        confirm = Move("Confirm the early delivery with the supplier", float(row["money"]), float(row["quantity"]))
        return [confirm, *(move for move in moves_for(options, short) if "Expedite" not in move.text)]

    return tell(
        view, dearest(found[found["quantity"] > SMALLEST]),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} for {row['location']} must come sooner than the "
                    f"lead time of {row['resource']}, first in {row['period']}, for a surcharge of "
                    f"{amount(row['money'])}.",
        moves, "Confirm the early delivery with the supplier.",
    )
