"""Moves that cure a shortage at a node: sooner, from elsewhere, with more hours, or at a later date."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sopxl.steps.supply.costed_moves.situations import NOTICEABLE, Move, Options, Shortage, move
from sopxl.steps.supply.words import amount


@move(Shortage)
def expedite(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Purchases of the item itself sooner than the lead time."""
    buys = options.buys
    price, lead = buys["expedite_price"], buys["lead"]
    rows = np.flatnonzero((buys["node"] == shortage.node) & ~np.isnan(price) & (lead > shortage.period))
    if len(rows):
        best = rows[np.argmin(price[rows])]
        yield Move(f"Expedite {amount(shortage.quantity)} units from {buys['supplier'][best]}",
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
    buys = options.buys
    bought = options.usual_sources[1][node]
    lead = np.where(bought >= 0, buys["lead"][bought] if len(buys["lead"]) else 0, 0)
    missing = np.maximum(each * shortage.quantity - options.spare_stock[node, shortage.period], 0.0)
    late = (missing > NOTICEABLE) & (lead > shortage.period)
    price = buys["expedite_price"][bought[late]] if late.any() else np.zeros(0)
    if len(price) and not np.isnan(price).any():
        names = network.nodes["item"].to_numpy(object)[node[late]]
        what = str(names[0]) if len(names) == 1 else f"{len(names)} parts"
        yield Move(f"Expedite {what}", float((missing[late] * price).sum()), shortage.quantity)


@move(Shortage)
def make_earlier(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Start it in the latest earlier period in which all its resources have regular hours left, and hold the stock."""
    each = options.hours_of_supply[shortage.node]
    used = np.flatnonzero(each > 0)
    last = shortage.period - options.usual_lead[shortage.node]
    if not len(used) or last < 1:
        return
    left = (options.regular_left[used, :last] / each[used, None]).min(axis=0)
    enough = np.flatnonzero(left >= min(shortage.quantity, left.max(initial=0.0)))
    units = min(shortage.quantity, float(left[enough[-1]]))
    held = (last - enough[-1]) * float(options.holding_cost[shortage.node])
    label = options.view.labels[enough[-1]]
    yield Move(f"Start {amount(units)} units in {label}, where hours are free", units * held, units)


@move(Shortage)
def more_hours(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Overtime or extra shifts on the resources that have no regular hours left when it would have to be made."""
    each = options.hours_of_supply[shortage.node]
    when = shortage.period - options.usual_lead[shortage.node]
    if when < 0:
        return
    need = each * shortage.quantity
    full = np.flatnonzero((each > 0) & (options.regular_left[:, when] < need))
    if not len(full):
        return
    names = " and ".join(options.resource_name(row) for row in full[:2])
    part = min(1.0, float((options.overtime_left[full, when] / need[full]).min()))
    yield Move(f"Work {amount(part * need[full].sum())} hours of overtime on {names}",
               part * float((need * options.overtime_cost)[full].sum()), part * shortage.quantity)
    shift = options.of_resources("extra_shift_hours")[full]
    left = options.shifts_left[full, when]
    part = min(1.0, float((shift * left / need[full]).min()))
    if part > 0:
        count = np.ceil(part * need[full] / shift)
        cost = count @ options.of_resources("extra_shift_cost")[full]
        cost += part * (need * options.of_resources("hourly_cost"))[full].sum()
        yield Move(f"Run {amount(count.sum())} extra shifts on {names}", float(cost), part * shortage.quantity)


@move(Shortage)
def other_stock(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Stock that another location does not need, by the cheapest lane that is fast enough."""
    moves = options.moves
    lead = moves["lead"]
    rows = np.flatnonzero((moves["to_node"] == shortage.node) & (lead <= shortage.period))
    rows = rows[np.argsort(moves["unit_cost"][rows], kind="stable")]
    for row in rows:
        sends = shortage.period - lead[row]
        capacity = moves["capacity"][row] - options.view.planned.move_shipment[row, sends]
        units = min(options.spare_stock[moves["from_node"][row], sends], shortage.quantity,
                    np.inf if np.isnan(capacity) else max(capacity, 0.0))
        if units > NOTICEABLE:
            yield Move(f"Move {amount(units)} units from {moves['from_location'][row]}",
                       units * float(moves["unit_cost"][row]), units)
            return


@move(Shortage)
def other_source(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Another supplier, or a supplier of what is usually made, that is fast enough and has units left."""
    network, buys = options.network, options.buys
    usual = options.usual_sources[1][shortage.node] if shortage.besides is None else shortage.besides
    open_in_time = buys["lead"] <= shortage.period
    rows = np.flatnonzero((buys["node"] == shortage.node) & open_in_time)
    found = []
    for row in rows[rows != usual]:
        capacity = buys["capacity"][row]
        taken = network.open_purchases[row, shortage.period] + options.view.planned.buy_receipt[row, shortage.period]
        units = shortage.quantity if np.isnan(capacity) else min(shortage.quantity, max(capacity - taken, 0.0))
        dearer = float(buys["unit_price"][row]) - options.supply_cost[shortage.node]
        if units > NOTICEABLE:
            found.append(Move(f"Buy {amount(units)} units from {buys['supplier'][row]} instead",
                              units * max(dearer, 0.0), units))
    if found:
        yield min(found, key=lambda one: one.cost_of_one)


@move(Shortage)
def other_routing(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Another way of making it, on resources that have regular hours left."""
    makes = options.makes
    usual = options.usual_sources[0][shortage.node]
    cost = options.cost_of_making + np.nan_to_num(makes["production_cost"])
    until = slice(0, shortage.period + 1)
    for row in np.flatnonzero((makes["node"] == shortage.node) & (makes["lead"] <= shortage.period)):
        each = options.hours_of_making[row]
        used = np.flatnonzero(each > 0)
        if row == usual or not len(used):
            continue
        units = min(shortage.quantity, float((options.regular_left[used, until].sum(axis=1) / each[used]).min()))
        yield Move(f"Make {amount(units)} units by routing {makes['routing'][row]}",
                   units * max(float(cost[row] - cost[usual]), 0.0), units)


@move(Shortage)
def ship_directly(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Serve the customer from another location that has stock to spare, where a lane tells what the way costs."""
    moves = options.moves
    if shortage.demand is None:
        return
    rows = np.flatnonzero((moves["to_node"] == shortage.node) & (moves["lead"] > shortage.period))
    for row in rows[np.argsort(moves["unit_cost"][rows], kind="stable")]:
        units = min(options.spare_stock[moves["from_node"][row], shortage.period], shortage.quantity)
        if units > NOTICEABLE:
            yield Move(f"Ship {amount(units)} units to the customer straight from {moves['from_location'][row]}",
                       units * float(moves["unit_cost"][row]), units)
            return


@move(Shortage)
def use_safety_stock(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Stock that the node or a location that sends to it keeps for safety, at the price of standing below it."""
    moves, period = options.moves, shortage.period
    share = options.view.settings.safety_stock_cost / 100.0 * float(options.unit_cost[shortage.node])
    rows = np.flatnonzero((moves["to_node"] == shortage.node) & (moves["lead"] <= period))
    ways = [(shortage.node, period, 0.0)] if not shortage.of_safety else []
    ways += [(int(moves["from_node"][row]), period - int(moves["lead"][row]),
              float(moves["unit_cost"][row])) for row in rows]
    for node, when, freight in ways:
        units = min(options.kept_stock[node, when] - options.spare_stock[node, when], shortage.quantity)
        if units > NOTICEABLE:
            place = options.network.nodes["location"].iloc[node]
            yield Move(f"Take {amount(units)} units of safety stock at {place}", units * (share + freight), units)
            return


@move(Shortage)
def later_date(options: Options, shortage: Shortage) -> Iterator[Move]:
    """What waiting costs where a customer waits, else what it would cost with the customers behind it."""
    view, demand = options.view, shortage.demand
    if demand is None:
        if not shortage.of_safety:
            late = float(options.late_cost_behind[shortage.node])
            periods = max(int(options.usual_lead[shortage.node]), 1)
            if late > 0:
                yield Move("Agree later dates with the customers that it is for", late * periods * shortage.quantity,
                           shortage.quantity)
    elif not view.planned.lost[demand].any():
        price = np.nan_to_num(view.network.price[demand])
        cost = float((np.maximum(view.plan.backlog[demand], 0.0) * price).sum()) * options.late_share
        yield Move("Agree a later date with the customer", cost, shortage.quantity)


@move(Shortage)
def give_up(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Take a customer's demand out of the plan, at the revenue that is foregone."""
    if shortage.demand is not None:
        price = float(np.nan_to_num(options.network.price[shortage.demand, shortage.period]))
        yield Move("Take the demand out of the sales plan", price * shortage.quantity, shortage.quantity)


@move(Shortage)
def less_safety(options: Options, shortage: Shortage) -> Iterator[Move]:
    """Living with less safety stock, at the price that the settings put on it."""
    if shortage.of_safety:
        share = options.view.settings.safety_stock_cost / 100.0
        yield Move("Lower the safety stock if the risk is acceptable",
                   shortage.quantity * float(options.unit_cost[shortage.node]) * share, shortage.quantity)
