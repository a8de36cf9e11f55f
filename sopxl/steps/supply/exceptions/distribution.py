"""Exceptions of distribution: demand that waits or is lost, and transfers that are past due."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.costed_moves import Options, Shortage, moves_for
from sopxl.steps.supply.exceptions.register import SMALLEST, dearest, exception, first_period, tell
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.words import amount


@exception("distribution", "Demand waits")
def demand_waits(view: PlanView) -> pd.DataFrame:
    """Demand that is not shipped in the period in which it is wanted."""
    demands = view.network.demands
    backlog = view.plan.backlog
    found = pd.DataFrame({
        "item": demands["item"], "location": demands["market"], "period": first_period(view, backlog > SMALLEST),
        "quantity": backlog.max(axis=1, initial=0.0),
        "money": (backlog * view.network.price).max(axis=1, initial=0.0), "row": np.arange(len(demands)),
        "at": (backlog > SMALLEST).argmax(axis=1), "node": demands["node"],
    })
    found = dearest(found[found["quantity"] > SMALLEST])
    options = Options(view)
    return tell(
        view, found,
        lambda row: f"Up to {amount(row['quantity'])} units of {row['item']} for {row['location']} wait from "
                    f"{row['period']} on. "
                    + view.holds_up(int(row["row"]), int(row["at"])),
        lambda row: moves_for(options, Shortage(int(row["node"]), float(row["quantity"]), int(row["at"]),
                                                demand=int(row["row"]))),
        "Agree the date with the customer, or raise what holds it up.",
    )


@exception("distribution", "Lost sales")
def lost_sales(view: PlanView) -> pd.DataFrame:
    """Demand that is given up."""
    demands, lost = view.network.demands, view.planned.lost
    found = pd.DataFrame({
        "item": demands["item"], "location": demands["market"], "period": first_period(view, lost > SMALLEST),
        "quantity": lost.sum(axis=1), "money": (lost * view.network.price).sum(axis=1), "row": np.arange(len(demands)),
        "at": (lost > SMALLEST).argmax(axis=1), "node": demands["node"],
    })
    options = Options(view)
    return tell(
        view, dearest(found[found["quantity"] > SMALLEST]),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} for {row['location']} are lost, first in "
                    f"{row['period']}.",
        lambda row: moves_for(options, Shortage(int(row["node"]), float(row["quantity"]), int(row["at"]),
                                                demand=int(row["row"]))),
        "Raise what limits the supply, or take the demand out of the sales plan.",
    )


@exception("distribution", "Transfer past due")
def transfer_past_due(view: PlanView) -> pd.DataFrame:
    """Transfers that should have left before the first period."""
    moves, quantity = view.network.moves, view.required.move_past_due
    cost = view.network.nodes["unit_cost"].to_numpy(float)[moves["from_node"].to_numpy(int)]
    found = moves[["item", "to_location", "from_location", "to_node"]].rename(
        columns={"to_location": "location", "from_location": "resource", "to_node": "node"}
    ).assign(quantity=quantity, money=quantity * cost, period=view.labels[0], move=range(len(moves)))
    options = Options(view)
    return tell(
        view, dearest(found[found["quantity"] > SMALLEST]),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} should have left {row['resource']} for "
                    f"{row['location']} before {row['period']}.",
        lambda row: moves_for(options, Shortage(int(row["node"]), float(row["quantity"]), 0)),
        "Send by a faster way, or serve the market from another location.",
    )
