"""What to send where of the stock there is now: planned shipments in fair shares, and from excess to need.

Deploying limits the shipments of the first period to the stock on hand; what does not suffice is shared with the
sender's own customers by the setting Fair share. Balancing sends what one warehouse will not need for long to another
that runs short before its own source can deliver.
Source: Martin, *Distribution Resource Planning* (1983), fair share and rebalancing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.periods import DAYS_PER_PERIOD
from sopxl.steps.supply.fair_share import Receivers, fair_shares
from sopxl.steps.supply.figures import add_rows
from sopxl.steps.supply.inventory_review import excess_stock
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.shortage import PERIODS_AHEAD
from sopxl.steps.supply.tables import DEPLOYMENT
from sopxl.steps.supply.transfers import served_priority
from sopxl.steps.supply.words import amount, first_rows

SMALLEST = 1e-6
MOST_ROWS = 10_000
"""So many transfers are told; a last row adds up the others."""
RULE_WORDS = {"priority": "by priority", "equal days": "to equal days of supply", "quotas": "by quotas"}


@dataclass(frozen=True)
class _Stocks:
    """What deployment weighs, by node: on_hand, soon (on hand and due in the first period), use (units a day),
    priority (the best of the customers served from there or by transfers from there), gross and safety (nodes x
    periods).
    """

    on_hand: np.ndarray
    soon: np.ndarray
    use: np.ndarray
    priority: np.ndarray
    gross: np.ndarray
    safety: np.ndarray


@review(DEPLOYMENT)
def deployment(view: PlanView) -> pd.DataFrame:
    """Rows of the table: deploying, then balancing; what can be sent first, and of that to whom lasts shortest."""
    if not len(view.labels):
        return DEPLOYMENT.empty_frame()
    stocks = _stocks(view)
    quantity = _whole_shares(view, deployed(view, stocks))
    rows = [_deployed_rows(view, stocks, quantity), _balancing_rows(view, stocks, quantity)]
    found = pd.concat([part.assign(waits=part["quantity"] <= SMALLEST).sort_values(
        ["waits", "days_of_supply"], kind="stable") for part in rows], ignore_index=True)
    found = found.assign(name=view.name_of(found["item"]), period=view.labels[0])
    return first_rows(found, MOST_ROWS, ["wanted", "quantity", "freight"], kind="others", period=str(view.labels[0]),
                      reason="{count} transfers to where stock lasts longer.")


def _stocks(view: PlanView) -> _Stocks:
    """Stock and need of every node."""
    network, gross = view.network, view.required.gross_requirements
    gross = np.zeros_like(network.open_other) if gross is None else gross
    safety = np.zeros_like(gross) if network.safety_stock is None else network.safety_stock
    on_hand = network.nodes["on_hand"].to_numpy(float)
    use = gross[:, :PERIODS_AHEAD].mean(axis=1) / DAYS_PER_PERIOD[view.settings.bucket]
    return _Stocks(on_hand, on_hand + network.scheduled_receipts[:, 0], use, served_priority(network), gross, safety)


def deployed(view: PlanView, stocks: _Stocks) -> np.ndarray:
    """What each transfer planned for the first period gets of the stock on hand: units by move.

    Production that starts in the first period has its components first; transfers and customers share the rest.
    """
    network, planned = view.network, view.planned
    moves, demands = network.moves, network.demands
    there = np.maximum(stocks.on_hand - _used_now(network, planned.make_start[:, :1]), 0.0)
    sold = demands["node"].to_numpy(int)
    sold_a_day = np.maximum(network.demand[:, :PERIODS_AHEAD].mean(axis=1), 0.0)
    receiver = moves["to_node"].to_numpy(int)
    nothing = np.zeros(len(demands))
    given = fair_shares(network.settings.fair_share, there, Receivers(
        group=np.concatenate([moves["from_node"].to_numpy(int), sold]),
        wanted=np.concatenate([planned.move_shipment[:, 0], planned.shipment[:, 0]]),
        priority=np.concatenate([stocks.priority[receiver], demands["priority"].fillna(1.0).to_numpy(float)]),
        quota=np.concatenate([moves["quota"].to_numpy(float), demands["quota"].to_numpy(float)]),
        stock=np.concatenate([stocks.soon[receiver], nothing]),
        use=np.concatenate([stocks.use[receiver], sold_a_day / DAYS_PER_PERIOD[view.settings.bucket]]),
    ))
    return given[: len(moves)]


def _whole_shares(view: PlanView, quantity: np.ndarray) -> np.ndarray:
    """What each transfer gets, whole where items are counted in pieces, and from each sender no more in all.

    The pieces that rounding down leaves go to those with the largest parts of one (largest remainders).
    """
    moves = view.network.moves
    part = np.where(view.in_pieces(moves["item"]), quantity - np.floor(quantity + SMALLEST), 0.0)
    order = np.lexsort((-part, moves["from_node"].to_numpy(int)))
    sender = moves["from_node"].to_numpy(int)[order]
    rank = np.arange(len(order)) - np.searchsorted(sender, sender)
    spare = np.floor(np.bincount(sender, part[order], len(view.network.nodes)) + SMALLEST)
    more = np.zeros(len(order))
    more[order] = (rank < spare[sender]) & (part[order] > SMALLEST)
    return np.asarray(quantity - part + more)


def _used_now(network: Network, starts: np.ndarray) -> np.ndarray:
    """Components that production of the first period (makes x 1) uses, by node."""
    parts = network.components
    used = starts[parts["make"].to_numpy(int)] * parts["quantity"].to_numpy(float)[:, None]
    if network.component_open is not None:
        used = used * network.component_open[:, :1]
    total = np.zeros((len(network.nodes), 1))
    add_rows(total, parts["node"].to_numpy(int), used)
    return np.asarray(total[:, 0])


def _deployed_rows(view: PlanView, stocks: _Stocks, quantity: np.ndarray) -> pd.DataFrame:
    """A row for each transfer of the first period."""
    wanted = view.planned.move_shipment[:, 0]
    rows = np.flatnonzero(wanted > SMALLEST)
    moves = view.network.moves.iloc[rows]
    receiver = moves["to_node"].to_numpy(int)
    stock = stocks.soon.copy()
    np.add.at(stock, receiver, quantity[rows])
    rule = RULE_WORDS[view.settings.fair_share]
    return pd.DataFrame({
        "kind": "deploy", "item": moves["item"], "from_location": moves["from_location"],
        "to_location": moves["to_location"], "wanted": wanted[rows], "quantity": quantity[rows],
        "days_of_supply": _days(stock, stocks.use)[receiver], "freight": quantity[rows] * moves["unit_cost"],
        "reason": [_why_so_much(*those, rule) for those in zip(
            wanted[rows], quantity[rows], stocks.on_hand[moves["from_node"].to_numpy(int)], strict=True)],
    })


def _why_so_much(wanted: float, quantity: float, there: float, rule: str) -> str:
    """Why a receiver gets so much."""
    if quantity >= wanted - SMALLEST:
        return "All that is planned is there."
    if there >= wanted and wanted - quantity < 1.0:
        return "In whole pieces; the rest goes with the next."
    if there <= SMALLEST:
        return "Nothing is there yet: it waits for what comes to the sender."
    rest = "the rest" if quantity > SMALLEST else "it"
    return f"Shared {rule}: {amount(there)} are there for all who draw on them; {rest} waits for what comes."


def _days(stock: np.ndarray, use: np.ndarray) -> np.ndarray:
    """How many days stock lasts; NaN where nothing is used."""
    return np.asarray(np.divide(np.maximum(stock, 0.0), use, out=np.full(len(stock), np.nan), where=use > SMALLEST))


def _balancing_rows(view: PlanView, stocks: _Stocks, quantity: np.ndarray) -> pd.DataFrame:
    """A row for each transfer from excess to need."""
    lead = _source_lead(view.network)
    excess = _to_spare(view, stocks, lead)
    wanted, runs_out = _wanted(view.network, stocks, lead, quantity)
    pairs = _pairs(view, excess, wanted, lead)
    sent = _balance(view, pairs, stocks, excess, wanted)
    pairs = pairs.assign(quantity=np.where(view.in_pieces(pairs["item"]), np.floor(sent + SMALLEST), sent))
    pairs = pairs[pairs["quantity"] > SMALLEST]
    sender, receiver = pairs["sender"].to_numpy(int), pairs["receiver"].to_numpy(int)
    stock = stocks.soon.copy()
    np.add.at(stock, view.network.moves["to_node"].to_numpy(int), quantity)
    np.add.at(stock, receiver, pairs["quantity"].to_numpy(float))
    periods = view.settings.excess_periods
    return pd.DataFrame({
        "kind": "rebalance", "item": pairs["item"], "from_location": pairs["from_location"],
        "to_location": pairs["to_location"], "wanted": wanted[receiver], "quantity": pairs["quantity"],
        "days_of_supply": _days(stock, stocks.use)[receiver], "freight": pairs["quantity"] * pairs["unit_cost"],
        "reason": [
            f"{pair['from_location']} has {amount(more)} beyond safety stock and the need of {periods} periods; "
            f"{pair['to_location']} {'runs out' if out else 'is below safety stock'} before its source can deliver."
            for pair, more, out in zip(pairs.to_dict("records"), excess[sender], runs_out[receiver], strict=True)
        ],
    })


def _source_lead(network: Network) -> np.ndarray:
    """Periods in which the quickest usual source of each node can deliver; the horizon where there is none."""
    periods = network.demand.shape[1]
    lead = np.full(len(network.nodes), periods)
    usual = network.moves[network.moves["usual"].astype(bool)]
    for node, each in ((network.makes["node"], network.makes["lead"]), (network.buys["node"], network.buys["lead"]),
                       (usual["to_node"], usual["lead"])):
        np.minimum.at(lead, node.to_numpy(int), each.to_numpy(int))
    return lead


def _to_spare(view: PlanView, stocks: _Stocks, lead: np.ndarray) -> np.ndarray:
    """Excess stock that each node can do without in the plan.

    No more than leaves the planned stock at safety stock or above in the periods of the setting Excess periods; in all
    periods where no source could make up for it by then (``lead``: periods, by node).
    """
    periods, reach = stocks.gross.shape[1], view.settings.excess_periods
    spare = view.plan.closing_stock - stocks.safety
    within = np.arange(periods) < np.where(lead <= reach, reach, periods)[:, None]
    least = np.where(within, spare, np.inf).min(axis=1)
    return np.asarray(np.maximum(np.minimum(excess_stock(view), least), 0.0))


def _wanted(
    network: Network, stocks: _Stocks, lead: np.ndarray, quantity: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Units that bring each node to safety stock until its source can deliver, and whether it would run out.

    Nothing where it neither is below safety stock now nor runs out until then. What is deployed counts as sent.
    """
    moves = network.moves
    arrives = np.arange(stocks.gross.shape[1]) >= moves["lead"].to_numpy(int)[:, None]
    stock = stocks.on_hand[:, None] + (network.scheduled_receipts - stocks.gross).cumsum(axis=1)
    add_rows(stock, moves["to_node"].to_numpy(int), arrives * quantity[:, None])
    within = np.arange(stock.shape[1]) <= lead[:, None]
    runs_out = (within & (stock < -SMALLEST)).any(axis=1)
    below = stocks.on_hand < stocks.safety[:, 0] - SMALLEST
    missing = np.where(within, stocks.safety - stock, 0.0).max(axis=1, initial=0.0)
    return np.where(runs_out | below, missing, 0.0), runs_out


def _pairs(view: PlanView, excess: np.ndarray, wanted: np.ndarray, lead: np.ndarray) -> pd.DataFrame:
    """Senders and receivers of one item with a lane between them that is no slower than the receiver's source.

    sender, receiver (nodes), item, from_location, to_location, unit_cost, capacity (inf: no limit), turn (0: the
    receiver's cheapest). A lane of the item itself counts before one for all items.
    """
    nodes = view.network.nodes[["item", "location"]]
    senders, receivers = np.flatnonzero(excess > SMALLEST), np.flatnonzero(wanted > SMALLEST)
    have = nodes.iloc[senders].rename(columns={"location": "from_location"}).assign(sender=senders)
    lack = nodes.iloc[receivers].rename(columns={"location": "to_location"}).assign(receiver=receivers)
    lanes = view.tables["lanes"]
    lanes = lanes[["from_location", "to_location", "item", "lead_time", "unit_cost", "capacity"]].rename(
        columns={"item": "lane_item"}).assign(own=lanes["item"] != "")
    pairs = have.merge(lack, on="item").merge(lanes, on=["from_location", "to_location"])
    pairs = pairs[(pairs["lane_item"] == "") | (pairs["lane_item"] == pairs["item"])]
    pairs = pairs.sort_values("own", ascending=False, kind="stable").drop_duplicates(["sender", "receiver"])
    quick = view.settings.periods.offset(pairs["lead_time"].to_numpy(float)) <= lead[pairs["receiver"].to_numpy(int)]
    pairs = pairs[quick].fillna({"unit_cost": 0.0, "capacity": np.inf})
    pairs = pairs.sort_values(["receiver", "unit_cost"], kind="stable", ignore_index=True)
    return pd.DataFrame(pairs).assign(turn=pairs.groupby("receiver").cumcount())


def _balance(
    view: PlanView, pairs: pd.DataFrame, stocks: _Stocks, excess: np.ndarray, wanted: np.ndarray
) -> np.ndarray:
    """Units from sender to receiver of each pair: each receiver asks its cheapest sender first, then the next."""
    left, missing = excess.copy(), wanted.copy()
    quantity = np.zeros(len(pairs))
    for turn in range(int(pairs["turn"].max()) + 1 if len(pairs) else 0):
        rows = np.flatnonzero(pairs["turn"] == turn)
        sender, receiver = (pairs[name].to_numpy(int)[rows] for name in ("sender", "receiver"))
        asked = np.minimum(missing[receiver], pairs["capacity"].to_numpy(float)[rows])
        given = fair_shares(view.settings.fair_share, left, Receivers(
            sender, asked, stocks.priority[receiver], np.full(len(rows), np.nan), stocks.soon[receiver],
            stocks.use[receiver]))
        quantity[rows] = given
        left -= np.bincount(sender, given, len(left))
        missing[receiver] -= given
    return quantity
