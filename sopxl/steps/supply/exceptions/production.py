"""Exceptions of production: resources that are needed for longer than they work, and starts that are past due."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.costed_moves import Options, Overload, Shortage, moves_for
from sopxl.steps.supply.exceptions.register import SMALLEST, dearest, exception, first_period, tell
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.words import amount


@exception("production", "Overload")
def overload(view: PlanView) -> pd.DataFrame:
    """Resources that would need more than their regular hours.

    At stake is what regular time cannot make, at standard cost; at least what overtime for it would cost.
    """
    excess = np.maximum(view.need.hours - view.plan.regular_hours, 0.0)
    rows = np.flatnonzero(excess.max(axis=1, initial=0.0) > SMALLEST)
    resources = view.network.resources.iloc[rows]
    excess = excess[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        load = view.need.hours[rows] / view.plan.regular_hours[rows]
    found = pd.DataFrame({
        "resource": resources["resource"], "location": resources["location"],
        "period": first_period(view, excess > SMALLEST), "quantity": excess.sum(axis=1),
        "money": np.maximum(_value_beyond(view, excess, rows), excess.sum(axis=1) * resources["overtime_cost"]),
        "worst": view.labels[excess.argmax(axis=1)],
        "load": np.nan_to_num(load[np.arange(len(rows)), excess.argmax(axis=1)], posinf=np.nan), "row": rows,
    })
    options = Options(view)
    return tell(
        view, dearest(found),
        lambda row: f"{row['resource']} needs {amount(row['quantity'])} hours more than regular time from "
                    f"{row['period']} on, most in {row['worst']}"
                    + ("" if np.isnan(row["load"]) else f" ({row['load']:.0%})")
                    + f". {_what_the_plan_does(view, int(row['row']))}",
        lambda row: moves_for(options, Overload(int(row["row"]), excess[list(rows).index(row["row"])])),
        "Approve overtime or a shift, build ahead, use another resource or a subcontractor, or agree later dates with "
        "sales.",
    )


def _value_beyond(view: PlanView, excess: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Standard cost of what the hours beyond regular time would make, by resource of these rows."""
    makes = view.network.makes["node"].to_numpy(int)
    cost = view.network.nodes["unit_cost"].fillna(0.0).to_numpy(float)[makes]
    value = view.required.make_start * cost[:, None]
    made = view.network.operations.groupby("resource")["make"].unique()
    on_resource = np.stack([value[made[row]].sum(axis=0) for row in rows]) if len(rows) else np.zeros_like(excess)
    hours = view.need.hours[rows]
    share = np.divide(excess, hours, out=np.zeros_like(excess), where=hours > 0)
    return np.asarray((share * on_resource).sum(axis=1))


def _what_the_plan_does(view: PlanView, row: int) -> str:
    """How the plan deals with the overload of a resource."""
    if not view.is_balanced:
        return "The plan shows what is needed and keeps to no limit."
    ahead = (view.plan.hours[row] - view.need.hours[row]).cumsum()
    overtime = np.maximum(view.plan.hours[row] - view.plan.regular_hours[row], 0.0).sum()
    parts = (
        ("works {} hours of overtime", overtime), ("builds up to {} ahead", ahead.max(initial=0.0)),
        ("leaves up to {} for later or undone", -ahead.min(initial=0.0)),
    )
    told = [text.format(amount(hours)) for text, hours in parts if hours > 0.05]
    return f"The plan {', '.join(told)}." if told else "The plan needs less, from stock or other sources."


@exception("production", "Production past due")
def production_past_due(view: PlanView) -> pd.DataFrame:
    """Production that should have started before the first period."""
    makes, quantity = view.network.makes, view.required.make_past_due
    node = makes["node"].to_numpy(int)
    cost = view.network.nodes["unit_cost"].to_numpy(float)[node]
    found = makes[["item", "location"]].assign(quantity=quantity, money=quantity * cost, period=view.labels[0],
                                               node=node)
    options = Options(view)
    return tell(
        view, dearest(found[found["quantity"] > SMALLEST]),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} at {row['location']} should have been started "
                    f"before {row['period']}.",
        lambda row: moves_for(options, Shortage(int(row["node"]), float(row["quantity"]), 0)),
        "Start at once and shorten the run, or agree later dates.",
    )
