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

from sopxl.schema import FindingList, Tables
from sopxl.settings import Settings
from sopxl.steps.supply.capacity import available_hours, read_resources
from sopxl.steps.supply.demands import read_demands
from sopxl.steps.supply.levels import low_level_codes
from sopxl.steps.supply.orders import firm_places, firm_production, place_receipts, read_receipts
from sopxl.steps.supply.places import Places, positions, read_places
from sopxl.steps.supply.reach import find_bill_loops, find_missing_sources, reach
from sopxl.steps.supply.sources import NOWHERE, Sources, read_sources
from sopxl.steps.supply.stock_rules import (
    find_unknown_rules,
    node_policies,
    places_to_keep_stocked,
    stock_limits,
)


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
    moves: item, from_node, to_node, from_location, to_location, lead, unit_cost, capacity (NaN: no limit),
      usual (whether the requirements plan draws on it: usual moves never run in a circle)
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
    """R x T: most overtime hours (where workers are planned: of the workers at the start; it grows with them)."""
    orders_in_hand: np.ndarray | None = None
    """D x T: customers' orders within the demand, overdue ones in the first period; None counts as none."""
    safety_stock: np.ndarray | None = None
    """N x T: safety stock, minimum stock included; None until the requirements plan has told what is used when
    (safety days look ahead over dependent demand too). plan_supply fills it before it balances."""
    storage: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"location": [], "storage_capacity": []}).astype({"location": "object"})
    )
    """location, storage_capacity: where only so much stock fits, all items together."""

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


def build_network(tables: Tables, settings: Settings) -> Network:
    """The network of the plan: what demand, firm production and local stock policies draw on, and all stock.

    Stock that nothing draws on has nodes of its own without sources, so that stock value is complete.
    ``tables``: every declared table, conformed, formula rows computed. Raises PlanError with all findings that
    make a network impossible: bills of material in a circle, markets that ship from no or several locations,
    needed items that can be neither made, bought nor moved to where they are needed.
    """
    places, findings = read_places(tables), FindingList()
    find_bill_loops(tables, places, findings)
    find_unknown_rules(tables, findings)
    on_hand = _on_hand(tables, places)
    receipts = read_receipts(tables, settings, places)
    stocked = on_hand > 0
    stocked[receipts["place"]] = True
    sources = read_sources(tables, settings, places, stocked)
    demands, demand, orders, price = read_demands(tables, settings, places, findings)
    firm = firm_places(tables, places)
    needed = reach(np.concatenate([demands["place"].to_numpy(int), firm]), sources, places)
    find_missing_sources(tables, sources, places, needed, demands, findings)
    findings.raise_errors()
    kept = places_to_keep_stocked(tables, settings, places)
    needed = np.union1d(needed, reach(kept[sources.rank[kept] < NOWHERE], sources, places))
    return _assemble(tables, settings, places, sources, receipts, demands, demand, orders, price, on_hand, needed,
                     np.union1d(needed, np.flatnonzero(stocked)))


def _on_hand(tables: Tables, places: Places) -> np.ndarray:
    """Stock at each place."""
    stock = tables["stock_on_hand"]
    place = places.of(stock["item"], stock["location"])
    on_hand = np.zeros(places.count)
    np.add.at(on_hand, place[place >= 0], stock["quantity"].fillna(0.0).to_numpy(float)[place >= 0])
    return on_hand


def _assemble(
    tables: Tables, settings: Settings, places: Places, sources: Sources, receipts: pd.DataFrame,
    demands: pd.DataFrame, demand: np.ndarray, orders: np.ndarray, price: np.ndarray, on_hand: np.ndarray,
    needed: np.ndarray, node_places: np.ndarray,
) -> Network:
    """The network over these places; makes, buys and moves only where they are needed."""
    makes = _makes(tables, settings, places, sources, needed)
    buys = _buys(sources, receipts, needed)
    moves = sources.moves[np.isin(sources.moves["to_place"], needed)].reset_index(drop=True)
    policies = node_policies(tables, settings, places, node_places)
    minimum, maximum, order_cost = stock_limits(tables, settings, places, node_places, policies)
    production, purchases, transfers, other = place_receipts(
        receipts, settings.horizon, makes, buys, moves, node_places
    )
    components = _components(sources, makes, node_places)
    numbered = [
        frame.assign(**{node: positions(frame[place].to_numpy(int), node_places) for place, node in ends.items()})
        for frame, ends in ((demands, {"place": "node"}), (makes, {"place": "node"}), (buys, {"place": "node"}),
                            (moves, {"from_place": "from_node", "to_place": "to_node"}))
    ]
    demands, makes, buys, moves = numbered
    regular, overtime = available_hours(tables, settings)
    return Network(
        settings=settings,
        nodes=_nodes(places, node_places, on_hand, policies, makes, components, moves),
        demands=demands[["item", "market", "node", "priority", "freight_cost", "opening_backlog"]],
        makes=makes[["node", "item", "location", "lead", "production_cost"]],
        components=components,
        operations=_operations(tables, settings, makes),
        buys=buys[["node", "item", "location", "supplier", "lead", "unit_price", "expedite_price", "minimum_order",
                   "order_multiple", "capacity", "priority"]],
        moves=_named_moves(moves, places),
        resources=read_resources(tables), demand=demand, price=price,
        minimum_stock=minimum, maximum_stock=maximum, order_cost=order_cost,
        open_production=production, open_purchases=purchases, open_transfers=transfers, open_other=other,
        firm_production=firm_production(tables, settings, makes), regular_hours=regular, overtime_hours=overtime,
        orders_in_hand=orders, storage=_storage(tables),
    )


def _storage(tables: Tables) -> pd.DataFrame:
    """The locations whose storage is limited: location and storage_capacity."""
    locations = tables["locations"].drop_duplicates("location")
    limited = locations.loc[locations["storage_capacity"].notna(), ["location", "storage_capacity"]]
    return limited.reset_index(drop=True)


def _makes(
    tables: Tables, settings: Settings, places: Places, sources: Sources, needed: np.ndarray
) -> pd.DataFrame:
    """Production at needed places: place, item, location, lead (periods) and cost."""
    place = sources.made[np.isin(sources.made, needed)]
    item = pd.Index(places.item_of(place))
    days = tables["items"].drop_duplicates("item").set_index("item")["lead_time"].reindex(item)
    costs = tables["costs"].drop_duplicates("item").set_index("item")["production_cost"].reindex(item)
    return pd.DataFrame({
        "place": place, "item": item, "location": places.location_of(place),
        "lead": settings.periods.offset(days.to_numpy(float)), "production_cost": costs.fillna(0.0).to_numpy(float),
    })


def _buys(sources: Sources, receipts: pd.DataFrame, needed: np.ndarray) -> pd.DataFrame:
    """Purchases at needed places; an inactive supplier only with its open orders, at capacity 0."""
    buys = sources.buys
    ordered = receipts.loc[receipts["kind"] == "purchase", ["place", "supplier"]].drop_duplicates()
    key = ["place", "supplier"]
    is_ordered = pd.MultiIndex.from_frame(buys[key]).isin(pd.MultiIndex.from_frame(ordered))
    usable = buys["active"].to_numpy(bool) & np.isin(buys["place"], needed)
    buys = buys.assign(capacity=buys["capacity"].where(usable, 0.0))[usable | is_ordered]
    return buys.sort_values(["place", "priority", "unit_price"], kind="stable").reset_index(drop=True)


def _components(sources: Sources, makes: pd.DataFrame, node_places: np.ndarray) -> pd.DataFrame:
    """Components of each make by node."""
    make = positions(sources.components["parent_place"].to_numpy(int), makes["place"].to_numpy(int))
    components = pd.DataFrame({
        "make": make, "node": positions(sources.components["component_place"].to_numpy(int), node_places),
        "quantity": sources.components["quantity"].to_numpy(float),
    })
    return components[make >= 0].reset_index(drop=True)


def _operations(tables: Tables, settings: Settings, makes: pd.DataFrame) -> pd.DataFrame:
    """Operations of each make by resource number; those on unknown resources are left out."""
    routings = tables["routings"]
    ways = pd.MultiIndex.from_frame(makes[["item", "location"]])
    operations = pd.DataFrame({
        "make": ways.get_indexer(pd.MultiIndex.from_frame(routings[["item", "location"]])),
        "resource": pd.Index(tables["resources"]["resource"].drop_duplicates()).get_indexer(routings["resource"]),
        "operation": routings["operation"], "hours_per_unit": routings["hours_per_unit"],
        "setup_hours": routings["setup_hours"], "offset": settings.periods.offset(routings["offset"].to_numpy(float)),
    })
    operations = operations[(operations["make"] >= 0) & (operations["resource"] >= 0)]
    return operations.sort_values(["make", "operation"], kind="stable").reset_index(drop=True)


def _named_moves(moves: pd.DataFrame, places: Places) -> pd.DataFrame:
    """The moves with item and locations by name."""
    moves = moves.assign(item=places.item_of(moves["to_place"].to_numpy(int)))
    return moves[["item", "from_node", "to_node", "from_location", "to_location", "lead", "unit_cost", "capacity",
                  "usual"]]


def _nodes(
    places: Places, node_places: np.ndarray, on_hand: np.ndarray, policies: pd.DataFrame, makes: pd.DataFrame,
    components: pd.DataFrame, moves: pd.DataFrame,
) -> pd.DataFrame:
    """The nodes with their low-level codes, stock and policies."""
    usual = moves["usual"].to_numpy(bool)
    users = np.concatenate([makes["node"].to_numpy(int)[components["make"].to_numpy(int)], moves["to_node"][usual]])
    used = np.concatenate([components["node"], moves["from_node"][usual]]).astype(int)
    return pd.DataFrame({
        "item": places.item_of(node_places), "location": places.location_of(node_places),
        "level": low_level_codes(len(node_places), users.astype(int), used), "on_hand": on_hand[node_places],
    }).join(policies.drop(columns=["maximum_stock", "order_cost"]))
