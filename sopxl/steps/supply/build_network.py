"""From tables to the network: what demand draws on, where it can come from, and what stands in the way."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.schema import FindingList, Tables
from sopxl.settings import Settings
from sopxl.steps.supply.capacity import available_hours, read_resources
from sopxl.steps.supply.demands import read_demands
from sopxl.steps.supply.levels import low_level_codes
from sopxl.steps.supply.network import Network
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
        makes=makes[["node", "item", "location", "routing", "lead", "production_cost", "yield_rate", "priority"]],
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
        "routing": "", "yield_rate": 1.0, "priority": 1.0,
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
