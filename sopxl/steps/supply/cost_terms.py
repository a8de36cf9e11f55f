"""What a plan costs: one function for each cost term, which charges the decisions that cause it.

To add a term, write a function under ``@cost_term`` with the name that planners read; it charges columns by
``model.program.add_cost``. What has a unit cost below 0 needs an upper bound, so that a least cost exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sopxl.steps.supply.balance_model import Model, is_expedited
from sopxl.steps.supply.limits import operation_hours


@dataclass(frozen=True)
class CostTerm:
    """A cost term: its name, what it is in a sentence, and how it is charged."""

    name: str
    description: str
    charge: Callable[[Model], list[tuple[np.ndarray, np.ndarray | float]]]
    """Model -> pairs of columns and what a unit of each costs (broadcast)."""


END_SHORTFALL = 1.2
"""Standard costs of a unit that is missing at the end: it pays to make it in regular time, not in overtime."""

COST_TERMS: list[CostTerm] = []
Charges = list[tuple[np.ndarray, np.ndarray | float]]
Charge = Callable[[Model], Charges]


def cost_term(name: str) -> Callable[[Charge], Charge]:
    """Register a cost term under this name; the function's docstring is its description."""

    def register(function: Charge) -> Charge:
        COST_TERMS.append(CostTerm(name, (function.__doc__ or "").strip(), function))
        return function

    return register


def _over_periods(unit_cost: np.ndarray) -> np.ndarray:
    """A cost per object as a column, nothing entered being 0."""
    return np.asarray(np.nan_to_num(unit_cost.astype(float))[:, None])


def _hourly(model: Model, name: str) -> np.ndarray:
    """R: a cost of the resources."""
    return np.asarray(np.nan_to_num(model.network.resources[name].to_numpy(float)))


@cost_term("Production")
def production(model: Model) -> Charges:
    """Units started at the cost of making that neither hours nor components carry."""
    return [(model.columns["make_start"], _over_periods(model.network.makes["production_cost"].to_numpy(float)))]


@cost_term("Regular hours")
def regular_hours(model: Model) -> Charges:
    """Hours worked in regular time at the hourly cost; overtime hours are taken off here and charged there."""
    operations = model.network.operations
    resource, make = operations["resource"].to_numpy(int), operations["make"].to_numpy(int)
    hourly = _hourly(model, "hourly_cost")
    charges: Charges = [
        (model.columns["make_start"][make], (hourly[resource] * operation_hours(model))[:, None]),
        (model.columns["overtime"], -hourly[:, None]),
    ]
    if "make_lots" in model.columns:
        setup = np.zeros(len(model.network.makes))
        np.add.at(setup, make, hourly[resource] * np.nan_to_num(operations["setup_hours"].to_numpy(float)))
        charges.append((model.columns["make_lots"], setup[model.objects["make_lots"]][:, None]))
    return charges


@cost_term("Overtime")
def overtime(model: Model) -> Charges:
    """Overtime hours at their cost, taken to be no less than that of a regular hour."""
    return [(model.columns["overtime"], overtime_cost(model)[:, None])]


def overtime_cost(model: Model) -> np.ndarray:
    """R: cost of an hour of overtime."""
    return np.asarray(np.maximum(_hourly(model, "overtime_cost"), _hourly(model, "hourly_cost")))


@cost_term("Wages")
def wages(model: Model) -> Charges:
    """Pay of the workers employed, busy or not."""
    return [(model.columns["workers"], _over_periods(_hourly(model, "wage")[model.objects["workers"]]))]


@cost_term("Hiring")
def hiring(model: Model) -> Charges:
    """Workers hired."""
    return [(model.columns["hired"], _over_periods(_hourly(model, "hiring_cost")[model.objects["hired"]]))]


@cost_term("Lay-off")
def layoff(model: Model) -> Charges:
    """Workers laid off."""
    return [(model.columns["laid_off"], _over_periods(_hourly(model, "layoff_cost")[model.objects["laid_off"]]))]


@cost_term("Purchases")
def purchases(model: Model) -> Charges:
    """New receipts from suppliers at their prices."""
    return [(model.columns["buy_receipt"], _over_periods(model.network.buys["unit_price"].to_numpy(float)))]


@cost_term("Expediting")
def expediting(model: Model) -> Charges:
    """Surcharge for receipts sooner than the lead time."""
    surcharge = _over_periods(model.network.buys["expedite_price"].to_numpy(float))
    return [(model.columns["buy_receipt"], surcharge * is_expedited(model))]


@cost_term("Second sources")
def second_sources(model: Model) -> Charges:
    """What a supplier of lower priority is taken to cost beyond its price, so that it serves only when better ones
    cannot; no money flows.
    """
    return [(model.columns["buy_receipt"], _over_periods(model.unusual_source_cost))]


@cost_term("Transfer freight")
def transfer_freight(model: Model) -> Charges:
    """Units moved between locations at the freight of their lanes."""
    return [(model.columns["move_shipment"], _over_periods(model.network.moves["unit_cost"].to_numpy(float)))]


@cost_term("Freight to customers")
def customer_freight(model: Model) -> Charges:
    """Units shipped to customers at the freight of their markets."""
    return [(model.columns["shipment"], _over_periods(model.network.demands["freight_cost"].to_numpy(float)))]


@cost_term("Holding")
def holding(model: Model) -> Charges:
    """Closing stock of every period."""
    cost = _over_periods(model.network.nodes["holding_cost"].to_numpy(float))
    return [(model.columns[part], cost[model.objects[part]]) for part in ("stock", "safety_part")]


@cost_term("Below safety stock")
def below_safety_stock(model: Model) -> Charges:
    """Units missing to the safety stock, as a share of their standard cost for every period."""
    share = model.network.settings.safety_stock_cost / 100.0
    unit_cost = _over_periods(model.unit_value * share)
    model.program.add_constant("Below safety stock", float((unit_cost * model.safety_target).sum()))
    return [(model.columns["safety_part"], -unit_cost[model.objects["safety_part"]])]


@cost_term("Below safety stock at the end")
def final_below_safety_stock(model: Model) -> Charges:
    """Units missing to the safety stock at the end, a fifth above standard cost: the next plan has to supply them."""
    unit_cost = model.unit_value * END_SHORTFALL
    model.program.add_constant("Below safety stock at the end", float((unit_cost * model.safety_target[:, -1]).sum()))
    return [(model.columns["safety_part"][:, -1], -unit_cost[model.objects["safety_part"]])]


@cost_term("Late demand")
def late_demand(model: Model) -> Charges:
    """Demand that waits, for every period that it waits."""
    return [(model.columns["backlog"], model.late_cost)]


@cost_term("Late demand at the end")
def final_late_demand(model: Model) -> Charges:
    """Demand that still waits at the end of the horizon: dearer than serving it, so that it is not left for nothing."""
    return [(model.columns["backlog"][:, -1], model.final_late_cost)]


@cost_term("Lost sales")
def lost_sales(model: Model) -> Charges:
    """Revenue foregone on demand that is lost, or what it would cost to supply and hold a year if that is more."""
    return [(model.columns["lost"], model.lost_cost)] if "lost" in model.columns else []


@cost_term("Orders and set-ups")
def orders(model: Model) -> Charges:
    """Lots at the order cost of their stock policy; where only whole lots are planned."""
    network, charges = model.network, Charges()
    for source, node in (("make", network.makes["node"]), ("buy", network.buys["node"]),
                         ("move", network.moves["to_node"])):
        name = f"{source}_lots"
        if name in model.columns:
            charges.append((model.columns[name], network.order_cost[node.to_numpy(int)[model.objects[name]]]))
    return charges


def charge_all(model: Model) -> None:
    """Charge every cost term to the model's program."""
    for term in COST_TERMS:
        for columns, unit_cost in term.charge(model):
            model.program.add_cost(term.name, columns, unit_cost)
