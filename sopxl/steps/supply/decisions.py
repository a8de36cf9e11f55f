"""What every balanced plan decides: what is made, bought, moved and shipped, what waits and what stays in stock.

Decisions that go with limits of their own stand with them: hours and workers in ``hours``, contracts and quotas in
``purchasing``, loads in ``transport``, lots in ``whole_lots``.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.balance_model import (
    Decision,
    Model,
    capacity_of,
    decision,
    is_expedited,
    lands_in_time,
    most_stock,
    open_where,
    safety_room,
)
from sopxl.steps.supply.program import INFINITY


@decision
def make_start(model: Model) -> Decision:
    """Units whose production starts; none that would be ready after the horizon, none in closed periods.

    Frozen periods stay as the last plan had them, slushy ones within their share of it; the planner's firm
    production is made exactly so, whatever else holds.
    """
    network = model.network
    may_start = lands_in_time(model.make_lead, model.period_count)
    lower, upper = np.zeros(may_start.shape), np.where(may_start, INFINITY, 0.0)
    if network.last_production is not None and network.settings.keep_frozen:
        last = np.maximum(network.last_production, 0.0)
        change = network.settings.slushy_change / 100.0
        for fence, share in ((network.slushy, change), (network.frozen, 0.0)):
            holds = open_where(last.shape, fence) & ~np.isnan(last) & (fence is not None)
            lower = np.where(holds, last * (1.0 - share), lower)
            upper = np.where(holds, last * (1.0 + share), upper)
    is_open = open_where(upper.shape, network.make_open)
    lower, upper = np.where(is_open, lower, 0.0), np.where(is_open, upper, 0.0)
    firm = network.firm_production
    is_firm = ~np.isnan(firm)
    return Decision(np.arange(len(firm)), np.where(is_firm, firm, lower), np.where(is_firm, firm, upper))


@decision
def buy_receipt(model: Model) -> Decision:
    """Units received from suppliers in open periods; sooner than the lead time only where they can be expedited.

    Open orders take up the supplier's capacity of the period in which they come.
    """
    network = model.network
    upper = np.maximum(capacity_of(model, network.buys) - network.open_purchases, 0.0)
    can_come = ~np.isnan(network.buys["expedite_price"].to_numpy(float))[:, None] | ~is_expedited(model)
    can_come &= open_where(upper.shape, network.buy_open)
    return Decision(np.arange(len(upper)), 0.0, np.where(can_come, upper, 0.0))


@decision
def move_shipment(model: Model) -> Decision:
    """Units that leave for another location in open periods; none that would arrive after the horizon."""
    network = model.network
    may_leave = lands_in_time(model.move_lead, model.period_count)
    may_leave = may_leave & open_where(may_leave.shape, network.move_open)
    return Decision(np.arange(len(may_leave)), 0.0, np.where(may_leave, capacity_of(model, network.moves), 0.0))


@decision
def shipment(model: Model) -> Decision:
    """Units shipped to customers."""
    return Decision(np.arange(len(model.network.demands)))


@decision
def lost(model: Model) -> Decision | None:
    """Demand that is lost, where what cannot be served in time does not wait."""
    if model.network.settings.unmet_demand != "lost":
        return None
    return Decision(np.arange(len(model.network.demands)))


@decision
def backlog(model: Model) -> Decision:
    """Demand that waits at the end of a period; where it is lost instead, only what waited at the start may."""
    settings = model.network.settings
    opening = model.network.demands["opening_backlog"].to_numpy(float)
    upper = np.full((len(opening), model.period_count), INFINITY)
    if settings.unmet_demand == "lost":
        upper = np.repeat(opening[:, None], model.period_count, axis=1)
    if settings.final_backlog == "none":
        upper[:, -1:] = 0.0
    return Decision(np.arange(len(opening)), 0.0, upper)


@decision
def safety_part(model: Model) -> Decision:
    """The part of the stock at the end of a period that stands within its safety stock, where there is one.

    It is charged less than the rest, so it fills first; no rows are needed to tell what is missing.
    """
    nodes = np.flatnonzero((safety_room(model) > 0).any(axis=1))
    room = safety_room(model)[nodes]
    return Decision(nodes, np.minimum(np.nan_to_num(model.network.minimum_stock[nodes]), room), room)


@decision
def stock(model: Model) -> Decision:
    """Stock at the end of a period beyond its safety stock: all of it where there is none; within its limits."""
    room = safety_room(model)
    lower = np.maximum(np.nan_to_num(model.network.minimum_stock) - room, 0.0)
    return Decision(np.arange(len(room)), lower, most_stock(model) - room)
