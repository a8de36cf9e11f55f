"""The supply network as arrays: what both ways of planning see, and the flows that both give back.

A node is an item at a location. Stock comes to a node by making it, buying it or moving it; it leaves by being
used in making, by moving on, and by shipments to demands (an item in a planning market).

Time: production is dated by the period in which it starts: it uses components and hours then, and is in stock
``lead`` periods later. Purchases are received ``lead`` periods after the order; moves arrive ``lead`` periods
after they left. N nodes, D demands, M makes, B buys, V moves, R resources, T periods.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sopxl.settings import Settings


@dataclass(frozen=True)
class Network:
    """Everything that the supply step plans with. Frames have a plain index 0..n-1 that other frames refer to.

    nodes: item, location, level, on_hand, unit_cost, holding_cost (money per unit and period), lot_rule, lot_size,
      minimum_lot, lot_multiple, lot_periods (NaN where empty), safety_stock, safety_days, backlog_cost (NaN: settings)
    demands: item, market, node, priority, freight_cost, opening_backlog
    makes: node, item, location, lead, production_cost
    components: make, node, quantity (of the component for one unit made, scrap included)
    operations: make, resource, operation, hours_per_unit, setup_hours, offset (periods, for resource profiles)
    buys: node, item, location, supplier, lead, unit_price, expedite_price (NaN: not possible), minimum_order,
      order_multiple, capacity (NaN: no limit), priority
    moves: item, from_node, to_node, from_location, to_location, lead, unit_cost, capacity (NaN: no limit)
    resources: resource, location, hourly_cost, overtime_cost, overtime_share (limit as a share of regular hours),
      workers (NaN: not planned), worker_hours, wage, hiring_cost, layoff_cost, overall_share
    """

    settings: Settings
    nodes: pd.DataFrame
    demands: pd.DataFrame
    makes: pd.DataFrame
    components: pd.DataFrame
    operations: pd.DataFrame
    buys: pd.DataFrame
    moves: pd.DataFrame
    resources: pd.DataFrame
    demand: np.ndarray
    """D x T: what customers want, units."""
    price: np.ndarray
    """D x T: net price in the plan's currency."""
    minimum_stock: np.ndarray
    """N x T: stock that must be there (hard), 0 where none."""
    maximum_stock: np.ndarray
    """N x T: most stock, inf where no limit."""
    order_cost: np.ndarray
    """N x T: money for one order or set-up."""
    open_production: np.ndarray
    """M x T: production orders already placed, when they are received."""
    open_purchases: np.ndarray
    """B x T: purchase orders already placed, when they are received."""
    open_transfers: np.ndarray
    """V x T: transfers under way, when they arrive."""
    open_other: np.ndarray
    """N x T: open orders that come by none of the network's makes, buys or moves."""
    firm_production: np.ndarray
    """M x T: the planner's quantity, NaN where there is none."""
    regular_hours: np.ndarray
    """R x T: hours in regular time (where workers are planned: of the workers at the start)."""
    overtime_hours: np.ndarray
    """R x T: most overtime hours (where workers are planned: overtime_share of regular hours instead)."""

    @property
    def scheduled_receipts(self) -> np.ndarray:
        """N x T: all open orders, when their stock comes."""
        receipts = self.open_other.copy()
        np.add.at(receipts, self.makes["node"].to_numpy(int), self.open_production)
        np.add.at(receipts, self.buys["node"].to_numpy(int), self.open_purchases)
        np.add.at(receipts, self.moves["to_node"].to_numpy(int), self.open_transfers)
        return receipts


@dataclass(frozen=True)
class Flows:
    """A plan for a network: what is made, bought, moved and shipped. Units, unless said otherwise."""

    make_start: np.ndarray
    """M x T: new production, when it starts."""
    make_receipt: np.ndarray
    """M x T: new production, when it is in stock."""
    make_lots: np.ndarray
    """M x T: set-ups, when production starts."""
    buy_order: np.ndarray
    """B x T: new purchases, when ordered."""
    buy_receipt: np.ndarray
    """B x T: new purchases, when received."""
    buy_expedited: np.ndarray
    """B x T: part of buy_receipt that comes sooner than the lead time."""
    move_shipment: np.ndarray
    """V x T: new transfers, when they leave."""
    move_arrival: np.ndarray
    """V x T: new transfers, when they arrive."""
    shipment: np.ndarray
    """D x T: shipped to customers."""
    lost: np.ndarray
    """D x T: demand that is lost."""
    make_past_due: np.ndarray
    """M: production that should have started before the first period."""
    buy_past_due: np.ndarray
    """B: purchases that should have been ordered before the first period."""
    move_past_due: np.ndarray
    """V: transfers that should have left before the first period."""
    workers: np.ndarray
    """R x T: workers employed; NaN where they are not planned."""
    hired: np.ndarray
    """R x T."""
    laid_off: np.ndarray
    """R x T."""
    hour_value: np.ndarray
    """R x T: what one more regular hour would save, money; NaN where the way of planning does not tell."""
    cost: dict[str, float] = field(default_factory=dict)
    """Cost by term, money; the terms add up to the objective."""
    gross_requirements: np.ndarray | None = None
    """N x T: of the requirements record."""
    message: str = ""
    """How the plan was found, in a sentence."""
