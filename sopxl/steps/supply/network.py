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

    nodes: item, location, level, on_hand, unit_cost, holding_cost (money per unit and period), storage_units (places
      that a unit takes), and the stock policy (stock_rules.POLICY_COLUMNS; NaN where empty; safety_time
      in periods)
    demands: item, market, node, priority, quota (NaN: none), freight_cost, opening_backlog
    makes: node, item, location, routing, lead, production_cost, yield_rate (good units per unit started), priority.
      Several makes of one node are alternate routings. Phantoms have no node: their components stand in their
      parents' bills.
    components: make, node, quantity (of the component for one unit started, scrap included), net_quantity (without
      scrap)
    co_products: make, node, quantity (for one unit started)
    operations: make, resource, operation, use (primary or secondary), hours_per_unit (for one unit started),
      setup_hours, setup_group, offset (periods, for resource profiles)
    alternates: operation (row of operations), resource that may do it instead, hours_factor
    buys: node, item, location, supplier, lead, unit_price, expedite_price (NaN: not possible), minimum_order,
      order_multiple, capacity (NaN: no limit), priority, quota (NaN: none)
    suppliers: supplier, capacity (NaN: no limit): those of the buys, all items together
    price_breaks: buy, from_quantity, unit_price, all_units (flag), ascending by buy and from_quantity
    contracts: contract, supplier, minimum, maximum (NaN: no limit), shortfall_cost, first, last (periods);
      contract_buys: contract (row), buy
    moves: item, from_node, to_node, from_location, to_location, lead, unit_cost, capacity (NaN: no limit), priority,
      quota (NaN: none), lane (row of lanes),
      usual (whether the requirements plan draws on it: usual moves never run in a circle)
    lanes: from_location, to_location, total_capacity (NaN: no limit), minimum_load, load_size (NaN: loads are not
      counted), load_cost
    resources: resource, location, machines, hourly_cost, overtime_cost, overtime_share (limit as a share of regular
      hours), most_extra_shifts, extra_shift_hours, extra_shift_cost, workers (NaN: not planned), worker_hours, wage,
      hiring_cost, layoff_cost, least_workers, most_workers, most_hired, most_laid_off (NaN: no limit), overall_share
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
    """R x T: most overtime hours (where workers are planned: of the workers at the start; it grows with them)."""
    orders_in_hand: np.ndarray | None = None
    """D x T: customers' orders within the demand, overdue ones in the first period; None counts as none."""
    make_open: np.ndarray | None = None
    """M x T: whether production may start (effectivity of routings); None: always."""
    component_open: np.ndarray | None = None
    """C x T: whether a start in the period uses the component (effectivity of bills); None: always."""
    buy_open: np.ndarray | None = None
    """B x T: whether a purchase can be received (supplier's calendar and validity); None: always."""
    move_open: np.ndarray | None = None
    """V x T: whether goods can leave; None: always."""
    prescribed_workers: np.ndarray | None = None
    """R x T: workers that shall be employed, NaN where the plan finds them; None: nowhere prescribed."""
    last_production: np.ndarray | None = None
    """M x T: what the last plan started in these periods, NaN where it planned nothing for them; None: no last plan."""
    frozen: np.ndarray | None = None
    """M x T: whether production stays as the last plan had it; None: nowhere, or not to be kept."""
    slushy: np.ndarray | None = None
    """M x T: whether it may change by the setting Slushy change only; None: nowhere."""
    co_products: pd.DataFrame = field(default_factory=lambda: _without_rows(make=int, node=int, quantity=float))
    alternates: pd.DataFrame = field(
        default_factory=lambda: _without_rows(operation=int, resource=int, hours_factor=float)
    )
    suppliers: pd.DataFrame = field(default_factory=lambda: _without_rows(supplier=object, capacity=float))
    price_breaks: pd.DataFrame = field(
        default_factory=lambda: _without_rows(buy=int, from_quantity=float, unit_price=float, all_units=bool)
    )
    contracts: pd.DataFrame = field(
        default_factory=lambda: _without_rows(
            contract=object, supplier=object, minimum=float, maximum=float, shortfall_cost=float, first=int, last=int
        )
    )
    contract_buys: pd.DataFrame = field(default_factory=lambda: _without_rows(contract=int, buy=int))
    lanes: pd.DataFrame = field(
        default_factory=lambda: _without_rows(
            from_location=object, to_location=object, total_capacity=float, minimum_load=float, load_size=float,
            load_cost=float,
        )
    )
    safety_stock: np.ndarray | None = None
    """N x T: safety stock, minimum stock included; None until the requirements plan has told what is used when
    (safety days look ahead over dependent demand too). plan_supply fills it before it balances."""
    targets: pd.DataFrame | None = None
    """How the safety stock of each node came about (stock_targets.TARGET_COLUMNS); None until targets are set."""
    storage: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"location": [], "storage_capacity": []}).astype({"location": "object"})
    )
    """location, storage_capacity (places): where only so much stock fits, all items together."""

    financial_limits: pd.DataFrame = field(
        default_factory=lambda: _without_rows(
            limit=object, family=object, name=object, amount=float, share=float, first=int, last=int, in_total=bool
        )
    )
    """Limits that finance sets: limit (kind), family (empty: all), name (of the family), amount (money), share (of
    revenue), first and last (periods), in_total (all periods together)."""

    @property
    def scheduled_receipts(self) -> np.ndarray:
        """N x T: all open orders, when their stock comes."""
        receipts = self.open_other.copy()
        np.add.at(receipts, self.makes["node"].to_numpy(int), self.open_production)
        np.add.at(receipts, self.buys["node"].to_numpy(int), self.open_purchases)
        np.add.at(receipts, self.moves["to_node"].to_numpy(int), self.open_transfers)
        return receipts


def numbers(frame: pd.DataFrame, column: str, otherwise: float = 0.0) -> np.ndarray:
    """A column with ``otherwise`` where nothing is entered, or where the network does not say it at all."""
    if column not in frame:
        return np.full(len(frame), otherwise)
    return np.asarray(np.nan_to_num(frame[column].to_numpy(float), nan=otherwise, posinf=np.inf))


def _without_rows(**kinds: type) -> pd.DataFrame:
    """A frame of no rows with these columns."""
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})


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
    extra_shifts: np.ndarray | None = None
    """R x T: extra shifts run; None: none."""
    alternate_hours: np.ndarray | None = None
    """A x T: hours of the operation's own resource that its alternate does instead; None: none."""
    lane_loads: np.ndarray | None = None
    """L x T: vehicles or containers, when they leave; None: by the units moved."""
    limit_values: dict[str, np.ndarray] = field(default_factory=dict)
    """Limit or decision -> objects x T: what the objective would save with one more unit of the limit; empty where
    the way of planning does not tell. Names as in ``limits.LIMITS`` (rows) and ``balance_model.DECISIONS`` (bounds)."""
    conflicts: pd.DataFrame | None = None
    """Rows of the table ``limit_conflicts`` where not all limits could be kept; None: all are kept."""
