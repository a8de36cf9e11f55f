"""Moves that cure a shortage at a node: sooner, from elsewhere, with more hours, or at a later date."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sopxl.steps.supply.costed_moves.situations import NOTICEABLE, Move, Options, Shortage, move
from sopxl.steps.supply.words import amount


@move(Shortage)
def expedite(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Purchases of the item itself sooner than the lead time."""
    buys = options.network.buys
    price, lead = buys["expedite_price"].to_numpy(float), buys["lead"].to_numpy(int)
    rows = np.flatnonzero((buys["node"] == shortage.node) & ~np.isnan(price) & (lead > shortage.period))
    if len(rows):
        best = rows[np.argmin(price[rows])]
        yield Move(f"Expedite {amount(shortage.quantity)} units from {buys['supplier'].iloc[best]}",
                   shortage.quantity * price[best], shortage.quantity)


@move(Shortage)
def expedite_parts(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Purchases of the parts that are not there in time, where all of them can come sooner."""
    network = options.network
    make = options.usual_sources[0][shortage.node]
    if make < 0:
        return
    parts = network.components[network.components["make"] == make]
    node, each = parts["node"].to_numpy(int), parts["quantity"].to_numpy(float)
    buys = network.buys
    bought = options.usual_sources[1][node]
    lead = np.where(bought >= 0, buys["lead"].to_numpy(int)[bought] if len(buys) else 0, 0)
    missing = np.maximum(each * shortage.quantity - options.spare_stock[node, shortage.period], 0.0)
    late = (missing > NOTICEABLE) & (lead > shortage.period)
    price = buys["expedite_price"].to_numpy(float)[bought[late]] if late.any() else np.zeros(0)
    if len(price) and not np.isnan(price).any():
        names = network.nodes["item"].to_numpy(object)[node[late]]
        what = str(names[0]) if len(names) == 1 else f"{len(names)} parts"
        yield Move(f"Expedite {what}", float((missing[late] * price).sum()), shortage.quantity)


@move(Shortage)
def more_hours(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Overtime or extra shifts on the resources that have no regular hours left until then."""
    each = options.hours_of_supply[shortage.node]
    until = slice(0, shortage.period + 1)
    need = each * shortage.quantity
    full = np.flatnonzero((each > 0) & (options.regular_left[:, until].sum(axis=1) < need))
    if not len(full):
        return
    names = " and ".join(options.resource_name(row) for row in full[:2])
    hourly = options.overtime_cost
    part = min(1.0, float((options.overtime_left[full, until].sum(axis=1) / need[full]).min()))
    yield Move(f"Work {amount(part * need[full].sum())} hours of overtime on {names}",
               part * float((need * hourly)[full].sum()), part * shortage.quantity)
    shift, most = options.of_resources("extra_shift_hours")[full], options.of_resources("most_extra_shifts")[full]
    run = options.view.planned.extra_shifts
    left = np.maximum(most * (shortage.period + 1) - (0.0 if run is None else run[full, until].sum(axis=1)), 0.0)
    part = min(1.0, float((shift * left / need[full]).min()))
    if part > 0:
        count = np.ceil(part * need[full] / shift)
        cost = count @ options.of_resources("extra_shift_cost")[full]
        cost += part * (need * options.of_resources("hourly_cost"))[full].sum()
        yield Move(f"Run {amount(count.sum())} extra shifts on {names}", float(cost), part * shortage.quantity)


@move(Shortage)
def other_stock(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Stock that another location does not need, by the cheapest lane that is fast enough."""
    moves = options.network.moves
    lead = moves["lead"].to_numpy(int)
    rows = np.flatnonzero((moves["to_node"] == shortage.node) & (lead <= shortage.period))
    rows = rows[np.argsort(moves["unit_cost"].to_numpy(float)[rows], kind="stable")]
    for row in rows:
        sends = shortage.period - lead[row]
        capacity = moves["capacity"].to_numpy(float)[row] - options.view.planned.move_shipment[row, sends]
        units = min(options.spare_stock[moves["from_node"].iloc[row], sends], shortage.quantity,
                    np.inf if np.isnan(capacity) else max(capacity, 0.0))
        if units > NOTICEABLE:
            yield Move(f"Move {amount(units)} units from {moves['from_location'].iloc[row]}",
                       units * float(moves["unit_cost"].to_numpy(float)[row]), units)
            return


@move(Shortage)
def other_source(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Another supplier, or a supplier of what is usually made, that is fast enough and has units left."""
    network, buys = options.network, options.network.buys
    usual = options.usual_sources[1][shortage.node] if shortage.besides is None else shortage.besides
    open_in_time = buys["lead"].to_numpy(int) <= shortage.period
    rows = np.flatnonzero((buys["node"] == shortage.node) & open_in_time)
    found = []
    for row in rows[rows != usual]:
        capacity = buys["capacity"].to_numpy(float)[row]
        taken = network.open_purchases[row, shortage.period] + options.view.planned.buy_receipt[row, shortage.period]
        units = shortage.quantity if np.isnan(capacity) else min(shortage.quantity, max(capacity - taken, 0.0))
        dearer = float(buys["unit_price"].to_numpy(float)[row]) - options.supply_cost[shortage.node]
        if units > NOTICEABLE:
            found.append(Move(f"Buy {amount(units)} units from {buys['supplier'].iloc[row]} instead",
                              units * max(dearer, 0.0), units))
    if found:
        yield min(found, key=lambda one: one.cost_of_one)


@move(Shortage)
def other_routing(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Another way of making it, on resources that have regular hours left."""
    makes = options.network.makes
    usual = options.usual_sources[0][shortage.node]
    cost = options.cost_of_making + np.nan_to_num(makes["production_cost"].to_numpy(float))
    until = slice(0, shortage.period + 1)
    for row in np.flatnonzero((makes["node"] == shortage.node) & (makes["lead"] <= shortage.period)):
        each = options.hours_of_making[row]
        used = np.flatnonzero(each > 0)
        if row == usual or not len(used):
            continue
        units = min(shortage.quantity, float((options.regular_left[used, until].sum(axis=1) / each[used]).min()))
        yield Move(f"Make {amount(units)} units by routing {makes['routing'].iloc[row]}",
                   units * max(float(cost[row] - cost[usual]), 0.0), units)


@move(Shortage)
def later_date(options: Options, shortage: Shortage) -> Iterator[Move]:
    """What waiting costs, where a customer waits; giving the demand up, where it is lost."""
    view, demand = options.view, shortage.demand
    if demand is None:
        return
    price = np.nan_to_num(view.network.price[demand])
    if view.planned.lost[demand].any():
        margin = max(float(price[shortage.period]) - float(options.supply_cost[shortage.node]), 0.0)
        yield Move("Take the demand out of the sales plan", margin * shortage.quantity, shortage.quantity)
        return
    cost = float((view.plan.backlog[demand] * price).sum()) * options.late_share
    yield Move("Agree a later date with the customer", cost, shortage.quantity)


@move(Shortage)
def less_safety(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Living with less safety stock, at the price that the settings put on it."""
    if shortage.of_safety:
        share = options.view.settings.safety_stock_cost / 100.0
        yield Move("Lower the safety stock if the risk is acceptable",
                   shortage.quantity * float(options.unit_cost[shortage.node]) * share, shortage.quantity)
