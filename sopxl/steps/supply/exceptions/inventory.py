"""Exceptions of inventory: stock below what is wanted, stock that runs out, and stock that nobody needs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.costed_moves import Excess, Options, Shortage, moves_for
from sopxl.steps.supply.exceptions.register import SMALLEST, dearest, exception, first_period, tell
from sopxl.steps.supply.inventory_review import excess_stock as excess_quantity
from sopxl.steps.supply.inventory_review import needed_in
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.words import amount


def _short_of(view: PlanView, wanted: np.ndarray | float) -> pd.DataFrame:
    """The dearest nodes whose closing stock falls below what is wanted, by how much at worst, and when first."""
    nodes, missing = view.network.nodes, np.maximum(wanted - view.plan.closing_stock, 0.0)
    worst = missing.max(axis=1, initial=0.0)
    found = pd.DataFrame({
        "item": nodes["item"], "location": nodes["location"], "period": first_period(view, missing > SMALLEST),
        "quantity": worst, "money": worst * nodes["unit_cost"], "node": np.arange(len(nodes)),
        "at": (missing > SMALLEST).argmax(axis=1),
    })
    return dearest(found[found["quantity"] > SMALLEST])


@exception("distribution", "Below safety stock")
def below_safety_stock(view: PlanView) -> pd.DataFrame:
    """Items whose stock falls below safety stock at some location."""
    safety = view.network.safety_stock
    options = Options(view)
    return tell(
        view, _short_of(view, 0.0 if safety is None else safety),
        lambda row: f"{row['item']} at {row['location']} falls up to {amount(row['quantity'])} units below safety "
                    f"stock, first in {row['period']}.",
        lambda row: moves_for(options, Shortage(int(row["node"]), float(row["quantity"]), int(row["at"]),
                                                of_safety=True)),
        "Order sooner, or lower the safety stock if the risk is acceptable.",
    )


@exception("distribution", "Stock runs out")
def stock_runs_out(view: PlanView) -> pd.DataFrame:
    """Items of which more is used at a location than is there: what is needed cannot be had."""
    options = Options(view)
    return tell(
        view, _short_of(view, 0.0),
        lambda row: f"Production and transfers need {amount(row['quantity'])} more units of {row['item']} at "
                    f"{row['location']} than can be had, first in {row['period']}.",
        lambda row: moves_for(options, Shortage(int(row["node"]), float(row["quantity"]), int(row["at"]))),
        "Give the item a source, lift the firm production, or plan in balance mode.",
    )


@exception("distribution", "Excess stock")
def excess_stock(view: PlanView) -> pd.DataFrame:
    """Stock on hand beyond what the periods of the setting Excess periods and the safety stock need."""
    nodes, periods, quantity = view.network.nodes, view.settings.excess_periods, excess_quantity(view)
    rate = needed_in(view, len(view.labels)) / max(len(view.labels), 1)
    found = pd.DataFrame({
        "item": nodes["item"], "location": nodes["location"], "period": view.labels[0], "quantity": quantity,
        "money": quantity * nodes["unit_cost"], "rate": rate, "node": np.arange(len(nodes)),
    })
    options, unused = Options(view), "anyone needs: nothing draws on them."
    return tell(
        view, dearest(found[found["quantity"] > SMALLEST]),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} at {row['location']} are more than "
                    + (f"{periods} periods need." if row["rate"] > SMALLEST else unused),
        lambda row: moves_for(options, Excess(int(row["node"]), float(row["quantity"]), float(row["rate"]))),
        "Hold back orders, sell or move the stock, or write it down.",
    )
