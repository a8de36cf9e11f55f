"""Where the supply plan needs a decision. One function an exception, under ``@exception``.

A function takes a :class:`PlanView` and gives a frame with columns of ``records.EXCEPTIONS`` (what it leaves out is
empty), the dearest of them with message and remedy in the planner's words. Add one by writing its function.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from sopxl.exceptions import MOST_PER_KIND, ExceptionRegister
from sopxl.steps.supply.bottlenecks import holding_up
from sopxl.steps.supply.plan_view import PlanView

SMALLEST = 1e-6
EXCESS_PERIODS = 12


SUPPLY_EXCEPTIONS: ExceptionRegister[PlanView] = ExceptionRegister()
exception = SUPPLY_EXCEPTIONS.kind


def find_exceptions(view: PlanView) -> pd.DataFrame:
    """All exceptions of the supply steps (columns of records.EXCEPTIONS), the dearest first."""
    return SUPPLY_EXCEPTIONS.find(view)


def amount(value: float) -> str:
    """A quantity as planners read it."""
    return f"{value:,.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:,.1f}"


def dearest(rows: pd.DataFrame) -> pd.DataFrame:
    """The dearest rows, then the largest, as many as are told."""
    return rows.sort_values(["money", "quantity"], ascending=False, kind="stable").head(MOST_PER_KIND)


def first_period(view: PlanView, found: np.ndarray) -> np.ndarray:
    """Label of the first period in which the flag (rows x periods) holds."""
    return np.asarray(view.labels[found.argmax(axis=1)])


def tell(rows: pd.DataFrame, message: Callable[[pd.Series], str], remedy: Callable[[pd.Series], str]) -> pd.DataFrame:
    """The rows with a message and a remedy each."""
    texts = [(message(row), remedy(row)) for _, row in rows.iterrows()]
    return rows.assign(message=[text for text, _ in texts], remedy=[text for _, text in texts])


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
    return tell(
        dearest(found),
        lambda row: f"{row['resource']} needs {amount(row['quantity'])} hours more than regular time from "
                    f"{row['period']} on, most in {row['worst']}"
                    + ("" if np.isnan(row["load"]) else f" ({row['load']:.0%})")
                    + f". {_what_the_plan_does(view, int(row['row']))}",
        lambda row: "Approve overtime or a shift, build ahead, use another resource or a subcontractor, or agree later "
                    "dates with sales.",
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


@exception("distribution", "Demand waits")
def demand_waits(view: PlanView) -> pd.DataFrame:
    """Demand that is not shipped in the period in which it is wanted."""
    demands = view.network.demands
    backlog = view.plan.backlog
    found = pd.DataFrame({
        "item": demands["item"], "location": demands["market"], "period": first_period(view, backlog > SMALLEST),
        "quantity": backlog.max(axis=1, initial=0.0),
        "money": (backlog * view.network.price).max(axis=1, initial=0.0), "row": np.arange(len(demands)),
    })
    found = dearest(found[found["quantity"] > SMALLEST])
    return tell(
        found,
        lambda row: f"Up to {amount(row['quantity'])} units of {row['item']} for {row['location']} wait from "
                    f"{row['period']} on. {_reason(view, row)}",
        lambda row: "Agree the date with the customer, or raise what holds it up.",
    )


def _reason(view: PlanView, row: pd.Series) -> str:
    """What holds up a demand, where it can be seen."""
    period = int(np.flatnonzero(view.labels == row["period"])[0])
    return holding_up(view.network, view.planned, view.plan, int(row["row"]), period)


@exception("distribution", "Lost sales")
def lost_sales(view: PlanView) -> pd.DataFrame:
    """Demand that is given up."""
    demands, lost = view.network.demands, view.planned.lost
    found = pd.DataFrame({
        "item": demands["item"], "location": demands["market"], "period": first_period(view, lost > SMALLEST),
        "quantity": lost.sum(axis=1), "money": (lost * view.network.price).sum(axis=1),
    })
    return tell(
        dearest(found[found["quantity"] > SMALLEST]),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} for {row['location']} are lost, first in "
                    f"{row['period']}.",
        lambda row: "Raise what limits the supply, or take the demand out of the sales plan.",
    )


def _past_due(view: PlanView, objects: pd.DataFrame, quantity: np.ndarray, price: np.ndarray) -> pd.DataFrame:
    """Past-due quantities above nothing, with their money."""
    found = objects.assign(quantity=quantity, money=quantity * price, period=view.labels[0])
    return dearest(found[found["quantity"] > SMALLEST])


@exception("procurement", "Order past due")
def purchase_past_due(view: PlanView) -> pd.DataFrame:
    """Purchases that should have been ordered before the first period."""
    buys = view.network.buys
    found = _past_due(view, buys[["item", "location", "supplier"]], view.required.buy_past_due,
                      buys["unit_price"].to_numpy(float))
    return tell(
        found.rename(columns={"supplier": "resource"}),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} for {row['location']} should have been ordered "
                    f"from {row['resource']} before {row['period']}.",
        lambda row: "Order at once and ask for early delivery, or draw on another supplier or location.",
    )


@exception("production", "Production past due")
def production_past_due(view: PlanView) -> pd.DataFrame:
    """Production that should have started before the first period."""
    makes = view.network.makes
    cost = view.network.nodes["unit_cost"].to_numpy(float)[makes["node"].to_numpy(int)]
    return tell(
        _past_due(view, makes[["item", "location"]], view.required.make_past_due, cost),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} at {row['location']} should have been started "
                    f"before {row['period']}.",
        lambda row: "Start at once and shorten the run, or agree later dates.",
    )


@exception("distribution", "Transfer past due")
def transfer_past_due(view: PlanView) -> pd.DataFrame:
    """Transfers that should have left before the first period."""
    moves = view.network.moves
    cost = view.network.nodes["unit_cost"].to_numpy(float)[moves["from_node"].to_numpy(int)]
    objects = moves[["item", "to_location", "from_location"]].rename(
        columns={"to_location": "location", "from_location": "resource"}
    )
    return tell(
        _past_due(view, objects, view.required.move_past_due, cost),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} should have left {row['resource']} for "
                    f"{row['location']} before {row['period']}.",
        lambda row: "Send by a faster way, or serve the market from another location.",
    )


@exception("procurement", "Expedite")
def expedite(view: PlanView) -> pd.DataFrame:
    """Purchases that the balanced plan wants sooner than the lead time."""
    buys, quantity = view.network.buys, view.planned.buy_expedited
    total = quantity.sum(axis=1) * view.is_balanced
    found = pd.DataFrame({
        "item": buys["item"], "location": buys["location"], "resource": buys["supplier"],
        "period": first_period(view, quantity > SMALLEST), "quantity": total,
        "money": total * buys["expedite_price"].fillna(0.0),
    })
    return tell(
        dearest(found[found["quantity"] > SMALLEST]),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} for {row['location']} must come sooner than the "
                    f"lead time of {row['resource']}, first in {row['period']}, for a surcharge of "
                    f"{amount(row['money'])}.",
        lambda row: "Confirm the early delivery with the supplier.",
    )


def _short_of(view: PlanView, wanted: np.ndarray | float) -> pd.DataFrame:
    """The dearest nodes whose closing stock falls below what is wanted, by how much at worst, and when first."""
    nodes, missing = view.network.nodes, np.maximum(wanted - view.plan.closing_stock, 0.0)
    worst = missing.max(axis=1, initial=0.0)
    found = pd.DataFrame({
        "item": nodes["item"], "location": nodes["location"], "period": first_period(view, missing > SMALLEST),
        "quantity": worst, "money": worst * nodes["unit_cost"],
    })
    return dearest(found[found["quantity"] > SMALLEST])


@exception("distribution", "Below safety stock")
def below_safety_stock(view: PlanView) -> pd.DataFrame:
    """Items whose stock falls below safety stock at some location."""
    safety = view.network.safety_stock
    return tell(
        _short_of(view, 0.0 if safety is None else safety),
        lambda row: f"{row['item']} at {row['location']} falls up to {amount(row['quantity'])} units below safety "
                    f"stock, first in {row['period']}.",
        lambda row: "Order sooner, or lower the safety stock if the risk is acceptable.",
    )


@exception("distribution", "Stock runs out")
def stock_runs_out(view: PlanView) -> pd.DataFrame:
    """Items of which more is used at a location than is there: what is needed cannot be had."""
    return tell(
        _short_of(view, 0.0),
        lambda row: f"Production and transfers need {amount(row['quantity'])} more units of {row['item']} at "
                    f"{row['location']} than can be had, first in {row['period']}.",
        lambda row: "Give the item a source, lift the firm production, or plan in balance mode.",
    )


@exception("distribution", "Excess stock")
def excess_stock(view: PlanView) -> pd.DataFrame:
    """Stock on hand beyond what twelve periods and the safety stock need."""
    nodes, safety = view.network.nodes, view.network.safety_stock
    gross = view.required.gross_requirements
    use = np.zeros(len(nodes)) if gross is None or not gross.shape[1] else gross.mean(axis=1) * EXCESS_PERIODS
    kept = 0.0 if safety is None or not safety.shape[1] else safety.max(axis=1)
    quantity = nodes["on_hand"].to_numpy(float) - use - kept
    found = pd.DataFrame({
        "item": nodes["item"], "location": nodes["location"], "period": view.labels[0], "quantity": quantity,
        "money": quantity * nodes["unit_cost"], "used": use > SMALLEST,
    })
    return tell(
        dearest(found[found["quantity"] > SMALLEST]),
        lambda row: f"{amount(row['quantity'])} units of {row['item']} at {row['location']} are more than "
                    + (f"{EXCESS_PERIODS} periods need." if row["used"] else "anyone needs: nothing draws on them."),
        lambda row: "Hold back orders, sell or move the stock, or write it down.",
    )
