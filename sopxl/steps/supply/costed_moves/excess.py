"""Moves that cure an excess of stock: stop what comes, put it where it is short, sell it, use it up or write it off."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sopxl.steps.supply.costed_moves.situations import NOTICEABLE, Excess, Move, Options, move
from sopxl.steps.supply.words import amount


@move(Excess)
def hold_back(options: Options, excess: Excess) -> Iterator[Move]:
    """Open orders and planned supply that would add to it: each unit not taken saves a period's holding at least."""
    planned, node = options.view.planned, excess.node
    coming = options.network.scheduled_receipts[node].sum()
    for flow, at in ((planned.make_receipt, options.makes["node"]),
                     (planned.buy_receipt, options.buys["node"]),
                     (planned.move_arrival, options.moves["to_node"])):
        coming += flow[at == node].sum()
    units = min(coming, excess.quantity)
    if units > NOTICEABLE:
        yield Move(f"Hold back {amount(units)} units on order or planned",
                   -units * float(options.holding_cost[node]), units)


@move(Excess)
def send_away(options: Options, excess: Excess) -> Iterator[Move]:
    """Move it to the location that is short of it or will be supplied with it, by the cheapest lane."""
    moves, required = options.moves, options.view.required
    rows = np.flatnonzero(moves["from_node"] == excess.node)
    for row in rows[np.argsort(moves["unit_cost"][rows], kind="stable")]:
        receiver = int(moves["to_node"][row])
        wanted = required.buy_receipt[options.buys["node"] == receiver].sum()
        wanted += required.make_receipt[options.makes["node"] == receiver].sum()
        others = (moves["to_node"] == receiver) & (np.arange(len(moves["lead"])) != row)
        wanted += required.move_arrival[others].sum()
        units = min(float(wanted), excess.quantity)
        if units > NOTICEABLE:
            yield Move(f"Move {amount(units)} units to {moves['to_location'][row]}, which needs them",
                       units * float(moves["unit_cost"][row]), units)
            return


@move(Excess)
def sell(options: Options, excess: Excess) -> Iterator[Move]:
    """Sell it where it is sold, at standard cost if need be."""
    demands = options.network.demands
    here = np.flatnonzero(demands["node"] == excess.node)
    price = np.nan_to_num(options.network.price[here])
    if price.size and price.max() > 0:
        unit = max(float(options.unit_cost[excess.node]), 0.0)
        discount = max(1.0 - unit / price.max(), 0.0)
        yield Move(f"Sell them with up to {discount:.0%} off the price, which still earns their standard cost", 0.0,
                   excess.quantity)


@move(Excess)
def use_up(options: Options, excess: Excess) -> Iterator[Move]:
    """Keep it until it is used, at the cost of holding it."""
    if excess.rate > NOTICEABLE:
        periods = excess.quantity / excess.rate
        cost = excess.quantity * float(options.holding_cost[excess.node]) * (
            options.view.settings.excess_periods + periods / 2.0)
        yield Move(f"Keep them until they are used, {amount(periods)} periods longer", cost, excess.quantity)


@move(Excess)
def write_off(options: Options, excess: Excess) -> Iterator[Move]:
    """Write it off."""
    yield Move("Write them off", excess.quantity * float(options.unit_cost[excess.node]), excess.quantity)
