"""What a plan costs: one function for each cost term, which charges the decisions that cause it.

To add a term, write a function under ``@cost_term`` with the name that planners read and the line of the financial plan
that holds it (see finance/tables.py), or ``money_flows=False`` for a price that steers the plan and is not paid. What
has a unit cost below 0 needs an upper bound, so that a least cost exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sopxl.steps.supply.balance_model import Model, is_expedited
from sopxl.steps.supply.hours import alternates_cost, operation_hours
from sopxl.steps.supply.network import numbers
from sopxl.steps.supply.order_prices import price_segments
from sopxl.steps.supply.price_breaks import order_costs
from sopxl.steps.supply.purchasing import quota_prices


@dataclass(frozen=True)
class CostTerm:
    """A cost term: its name, what it is in a sentence, and how it is charged."""

    name: str
    description: str
    charge: Callable[[Model], list[tuple[np.ndarray, np.ndarray | float]]]
    """Model -> pairs of columns and what a unit of each costs (broadcast)."""
    money_flows: bool = True
    """Whether it is paid; a price that steers the plan is not."""
    plan_line: str = ""
    """Line of the financial plan that holds it; empty where none does."""


END_SHORTFALL = 1.2
"""Standard costs of a unit that is missing at the end: it pays to make it in regular time, not in overtime."""

ALTERNATE_HOUR = 0.001
"""What an hour that another resource takes over is taken to cost: just enough that the own one works first."""

COST_TERMS: list[CostTerm] = []
Charges = list[tuple[np.ndarray, np.ndarray | float]]
Charge = Callable[[Model], Charges]


def cost_term(name: str, plan_line: str = "", money_flows: bool = True) -> Callable[[Charge], Charge]:
    """Register a cost term under this name; the function's docstring is its description."""

    def register(function: Charge) -> Charge:
        description = " ".join((function.__doc__ or "").split())
        COST_TERMS.append(CostTerm(name, description, function, money_flows, plan_line))
        return function

    return register


def _over_periods(unit_cost: np.ndarray) -> np.ndarray:
    """A cost per object as a column, nothing entered being 0."""
    return np.asarray(np.nan_to_num(unit_cost.astype(float))[:, None])


def _hourly(model: Model, name: str) -> np.ndarray:
    """R: a cost of the resources."""
    return np.asarray(np.nan_to_num(model.network.resources[name].to_numpy(float)))


@cost_term("Production", "Other production cost")
def production(model: Model) -> Charges:
    """Units started at the cost of making that neither hours nor components carry."""
    return [(model.columns["make_start"], _over_periods(model.network.makes["production_cost"].to_numpy(float)))]


@cost_term("Regular hours", "Production expenses")
def regular_hours(model: Model) -> Charges:
    """Hours worked in regular time and extra shifts at the hourly cost of who does them; overtime hours are taken off
    here and charged there.
    """
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
    if "alternate_hours" in model.columns:
        charges.append((model.columns["alternate_hours"], alternates_cost(model)[:, None]))
    return charges


@cost_term("Overtime", "Production expenses")
def overtime(model: Model) -> Charges:
    """Overtime hours at their cost, taken to be no less than that of a regular hour."""
    return [(model.columns["overtime"], overtime_cost(model)[:, None])]


def overtime_cost(model: Model) -> np.ndarray:
    """R: cost of an hour of overtime."""
    return np.asarray(np.maximum(_hourly(model, "overtime_cost"), _hourly(model, "hourly_cost")))


@cost_term("Extra shifts", "Production expenses")
def extra_shifts(model: Model) -> Charges:
    """Extra shifts run, beside the hourly cost of their hours."""
    if "extra_shifts" not in model.columns:
        return []
    cost = numbers(model.network.resources, "extra_shift_cost")[model.objects["extra_shifts"]]
    return [(model.columns["extra_shifts"], cost[:, None])]


@cost_term("Wages", "Production expenses")
def wages(model: Model) -> Charges:
    """Pay of the workers employed, busy or not."""
    return [(model.columns["workers"], _over_periods(_hourly(model, "wage")[model.objects["workers"]]))]


@cost_term("Hiring", "Hiring and lay-off cost")
def hiring(model: Model) -> Charges:
    """Workers hired."""
    return [(model.columns["hired"], _over_periods(_hourly(model, "hiring_cost")[model.objects["hired"]]))]


@cost_term("Lay-off", "Hiring and lay-off cost")
def layoff(model: Model) -> Charges:
    """Workers laid off."""
    return [(model.columns["laid_off"], _over_periods(_hourly(model, "layoff_cost")[model.objects["laid_off"]]))]


@cost_term("Purchases", "Purchases")
def purchases(model: Model) -> Charges:
    """New receipts from suppliers at the prices that their quantities earn; the plan is steered by the first price
    where whole lots are not planned.
    """
    price = model.network.buys["unit_price"].to_numpy(float)
    charges: Charges = [(model.columns["buy_receipt"], _over_periods(price))]
    if "price_quantity" in model.columns:
        segments = price_segments(model)
        less = segments["unit_price"].to_numpy(float) - price[segments["buy"].to_numpy(int)]
        charges.append((model.columns["price_quantity"], less[:, None]))
        charges.append((model.columns["price_choice"], segments["fixed"].to_numpy(float)[:, None]))
    return charges


@cost_term("Expediting", "Expedite cost")
def expediting(model: Model) -> Charges:
    """Surcharge for receipts sooner than the lead time."""
    surcharge = _over_periods(model.network.buys["expedite_price"].to_numpy(float))
    return [(model.columns["buy_receipt"], surcharge * is_expedited(model))]


@cost_term("Contract shortfall", "Contract shortfall")
def contract_shortfall(model: Model) -> Charges:
    """What is paid for units of contracts that are not taken."""
    if "contract_shortfall" not in model.columns:
        return []
    cost = numbers(model.network.contracts, "shortfall_cost")[model.objects["contract_shortfall"]]
    return [(model.columns["contract_shortfall"], cost[:, None])]


@cost_term("Second sources", money_flows=False)
def second_sources(model: Model) -> Charges:
    """What a supplier, routing, lane or resource that is not the usual one is taken to cost beyond its price, so that
    it serves only when better ones cannot; no money flows.
    """
    charges: Charges = [
        (model.columns["buy_receipt"], model.unusual_buy_cost[:, None]),
        (model.columns["make_start"], model.unusual_make_cost[:, None]),
        (model.columns["move_shipment"], model.unusual_move_cost[:, None]),
    ]
    if "alternate_hours" in model.columns:
        charges.append((model.columns["alternate_hours"], ALTERNATE_HOUR))
    return charges


@cost_term("Missed quotas", money_flows=False)
def missed_quotas(model: Model) -> Charges:
    """What a unit that is missing to the agreed share of a supplier or lane is taken to cost: just more than getting it
    there; no money flows.
    """
    return [(model.columns[name], price[:, None]) for name, price in quota_prices(model).items()]


@cost_term("Transfer freight", "Transfer freight")
def transfer_freight(model: Model) -> Charges:
    """Units moved between locations at the freight of their lanes."""
    return [(model.columns["move_shipment"], _over_periods(model.network.moves["unit_cost"].to_numpy(float)))]


@cost_term("Loads", "Transfer freight")
def loads(model: Model) -> Charges:
    """Vehicles or containers between locations, beside the freight of their units."""
    if "lane_loads" not in model.columns:
        return []
    cost = numbers(model.network.lanes, "load_cost")[model.objects["lane_loads"]]
    return [(model.columns["lane_loads"], cost[:, None])]


@cost_term("Freight to customers", "Freight to customers")
def customer_freight(model: Model) -> Charges:
    """Units shipped to customers at the freight of their markets."""
    return [(model.columns["shipment"], _over_periods(model.network.demands["freight_cost"].to_numpy(float)))]


@cost_term("Holding", money_flows=False)
def holding(model: Model) -> Charges:
    """Closing stock of every period."""
    cost = _over_periods(model.network.nodes["holding_cost"].to_numpy(float))
    return [(model.columns[part], cost[model.objects[part]]) for part in ("stock", "safety_part")]


@cost_term("Below safety stock", money_flows=False)
def below_safety_stock(model: Model) -> Charges:
    """Units missing to the safety stock, as a share of their standard cost for every period."""
    share = model.network.settings.safety_stock_cost / 100.0
    unit_cost = _over_periods(model.unit_value * share)
    model.program.add_constant("Below safety stock", float((unit_cost * model.safety_target).sum()))
    return [(model.columns["safety_part"], -unit_cost[model.objects["safety_part"]])]


@cost_term("Below safety stock at the end", money_flows=False)
def final_below_safety_stock(model: Model) -> Charges:
    """Units missing to the safety stock at the end, a fifth above standard cost: the next plan has to supply them."""
    unit_cost = model.unit_value * END_SHORTFALL
    model.program.add_constant("Below safety stock at the end", float((unit_cost * model.safety_target[:, -1]).sum()))
    return [(model.columns["safety_part"][:, -1], -unit_cost[model.objects["safety_part"]])]


@cost_term("Late demand", money_flows=False)
def late_demand(model: Model) -> Charges:
    """Demand that waits, for every period that it waits."""
    return [(model.columns["backlog"], model.late_cost)]


@cost_term("Late demand at the end", money_flows=False)
def final_late_demand(model: Model) -> Charges:
    """Demand that still waits at the end of the horizon: dearer than serving it, so that it is not left for nothing."""
    return [(model.columns["backlog"][:, -1], model.final_late_cost)]


@cost_term("Lost sales", money_flows=False)
def lost_sales(model: Model) -> Charges:
    """Revenue foregone on demand that is lost, or what it would cost to supply and hold a year if that is more."""
    return [(model.columns["lost"], model.lost_cost)] if "lost" in model.columns else []


@cost_term("Orders and set-ups", money_flows=False)
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


def costs_of(model: Model, values: np.ndarray) -> dict[str, float]:
    """What the columns at these values cost, by term; purchases at the prices that their quantities earn."""
    costs = model.program.cost_of(values)
    if len(model.network.price_breaks):
        costs["Purchases"] = float(order_costs(model.network, values[model.columns["buy_receipt"]]).sum())
    return costs
