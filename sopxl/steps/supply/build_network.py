"""From tables to the network: what demand draws on, where it can come from, and what stands in the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sopxl.schema import FindingList, Tables
from sopxl.settings import Settings
from sopxl.steps.supply.capacity import available_hours, prescribed_workers, read_resources
from sopxl.steps.supply.demands import read_demands
from sopxl.steps.supply.financial_terms import financial_limits_of
from sopxl.steps.supply.fulfilment import with_time_fences
from sopxl.steps.supply.levels import low_level_codes, without_loops
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.orders import (
    firm_places,
    firm_production,
    last_production,
    place_receipts,
    read_receipts,
    time_fences,
)
from sopxl.steps.supply.places import Places, positions, read_places
from sopxl.steps.supply.reach import find_bill_loops, find_missing_sources, reach
from sopxl.steps.supply.routings import WAY, alternates_of, operations_of
from sopxl.steps.supply.sources import NOWHERE, Sources, read_sources
from sopxl.steps.supply.stock_rules import (
    find_unknown_rules,
    node_policies,
    places_to_keep_stocked,
    stock_limits,
)
from sopxl.steps.supply.supply_terms import contracts_of, lanes_of, open_buys, open_moves, price_breaks_of, suppliers_of
from sopxl.steps.supply.validity import open_periods

BUY_COLUMNS = ["node", "item", "location", "supplier", "lead", "unit_price", "expedite_price", "minimum_order",
               "order_multiple", "capacity", "priority", "quota"]
MOVE_COLUMNS = ["item", "from_node", "to_node", "from_location", "to_location", "lead", "unit_cost", "capacity",
                "priority", "quota", "lane", "usual"]
DEMAND_COLUMNS = ["item", "market", "node", "priority", "quota", "freight_cost", "opening_backlog"]
MAKE_COLUMNS = ["node", "item", "location", "routing", "lead", "production_cost", "yield_rate", "priority"]


def build_network(tables: Tables, settings: Settings) -> Network:
    """The network of the plan: what demand, firm production and local stock policies draw on, and all stock.

    Stock that nothing draws on has nodes of its own without sources, so that stock value is complete; so has what
    comes out of needed production as a co-product.
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
    kept = places_to_keep_stocked(tables, places)
    needed = np.union1d(needed, reach(kept[sources.rank[kept] < NOWHERE], sources, places))
    outputs = sources.co_products
    beside = outputs.loc[np.isin(outputs["parent_place"], needed), "co_place"].to_numpy(int)
    node_places = np.union1d(np.union1d(needed, beside), np.flatnonzero(stocked))
    wanted: dict[str, Any] = {"demand": demand, "orders_in_hand": orders, "price": price}
    network = _assemble(tables, settings, places, sources, receipts, demands, wanted, on_hand, needed, node_places)
    return with_time_fences(network, tables)


def _on_hand(tables: Tables, places: Places) -> np.ndarray:
    """Stock at each place."""
    stock = tables["stock_on_hand"]
    place = places.of(stock["item"], stock["location"])
    on_hand = np.zeros(places.count)
    np.add.at(on_hand, place[place >= 0], stock["quantity"].fillna(0.0).to_numpy(float)[place >= 0])
    return on_hand


def _assemble(
    tables: Tables, settings: Settings, places: Places, sources: Sources, receipts: pd.DataFrame,
    demands: pd.DataFrame, wanted: dict[str, Any], on_hand: np.ndarray, needed: np.ndarray,
    node_places: np.ndarray,
) -> Network:
    """The network over these places; makes, buys and moves only where they are needed."""
    makes = _numbered(_makes(tables, settings, places, sources, needed), node_places)
    buys = _numbered(_buys(sources, receipts, needed), node_places)
    moves = _moves(places, sources, needed, node_places)
    lanes, moves["lane"] = lanes_of(moves, tables)
    policies = node_policies(tables, settings, places, node_places)
    minimum, maximum, order_cost = stock_limits(tables, settings, places, node_places, policies)
    production, purchases, transfers, other = place_receipts(
        receipts, settings.horizon, makes, buys, moves, node_places
    )
    components, component_open = _components(sources, settings, makes, node_places)
    co_products = _by_make(sources.co_products, "co_place", makes, node_places)[["make", "node", "quantity"]]
    regular, overtime = available_hours(tables, settings)
    return Network(
        settings=settings,
        nodes=_nodes(places, node_places, on_hand, policies, makes, components, co_products, moves),
        demands=_numbered(demands, node_places)[DEMAND_COLUMNS], makes=makes[MAKE_COLUMNS], components=components,
        component_open=component_open, co_products=co_products, buys=buys[BUY_COLUMNS], moves=moves[MOVE_COLUMNS],
        lanes=lanes, resources=read_resources(tables), regular_hours=regular, overtime_hours=overtime,
        prescribed_workers=prescribed_workers(tables, settings), storage=_storage(tables),
        financial_limits=financial_limits_of(tables, settings),
        minimum_stock=minimum, maximum_stock=maximum, order_cost=order_cost, open_production=production,
        open_purchases=purchases, open_transfers=transfers, open_other=other,
        make_open=open_periods(makes, settings.horizon), buy_open=open_buys(buys, tables, settings),
        move_open=open_moves(moves, tables, settings), **wanted, **_terms(tables, settings, sources, makes, buys),
        **_planned_before(tables, settings, makes, policies),
    )


def _terms(
    tables: Tables, settings: Settings, sources: Sources, makes: pd.DataFrame, buys: pd.DataFrame
) -> dict[str, Any]:
    """Operations and who can take them over; suppliers, price breaks and contracts."""
    operations = operations_of(sources.routings, tables, settings, makes)
    contracts, contract_buys = contracts_of(buys, tables, settings)
    return {
        "operations": operations, "alternates": alternates_of(operations, makes, tables),
        "suppliers": suppliers_of(buys, tables), "price_breaks": price_breaks_of(buys, tables, settings),
        "contracts": contracts, "contract_buys": contract_buys,
    }


def _planned_before(
    tables: Tables, settings: Settings, makes: pd.DataFrame, policies: pd.DataFrame
) -> dict[str, Any]:
    """What the planner has fixed and what the last plan started, and for how long that stays."""
    last = last_production(tables, settings, makes)
    of_makes = policies.iloc[makes["node"].to_numpy(int)]
    frozen, slushy = time_fences(settings, of_makes, last)
    return {"firm_production": firm_production(tables, settings, makes), "last_production": last, "frozen": frozen,
            "slushy": slushy}


def _storage(tables: Tables) -> pd.DataFrame:
    """The locations whose storage is limited: location and storage_capacity."""
    locations = tables["locations"].drop_duplicates("location")
    limited = locations.loc[locations["storage_capacity"].notna(), ["location", "storage_capacity"]]
    return limited.reset_index(drop=True)


def _numbered(rows: pd.DataFrame, node_places: np.ndarray) -> pd.DataFrame:
    """The rows with the node of their place."""
    return rows.assign(node=positions(rows["place"].to_numpy(int), node_places))


def _makes(
    tables: Tables, settings: Settings, places: Places, sources: Sources, needed: np.ndarray
) -> pd.DataFrame:
    """The ways of making at needed places, with item, location, lead (periods) and cost."""
    makes = sources.makes[np.isin(sources.makes["place"], needed)].reset_index(drop=True)
    place = makes["place"].to_numpy(int)
    item = pd.Index(places.item_of(place))
    days = tables["items"].drop_duplicates("item").set_index("item")["lead_time"].reindex(item)
    costs = tables["costs"].drop_duplicates("item").set_index("item")["production_cost"].reindex(item)
    return makes.assign(
        item=item, location=places.location_of(place), lead=settings.periods.offset(days.to_numpy(float)),
        production_cost=costs.fillna(0.0).to_numpy(float),
    )


def _buys(sources: Sources, receipts: pd.DataFrame, needed: np.ndarray) -> pd.DataFrame:
    """Purchases at needed places; an inactive supplier only with its open orders, at capacity 0."""
    buys = sources.buys
    ordered = receipts.loc[receipts["kind"] == "purchase", ["place", "supplier"]].drop_duplicates()
    key = ["place", "supplier"]
    is_ordered = pd.MultiIndex.from_frame(buys[key]).isin(pd.MultiIndex.from_frame(ordered))
    usable = buys["active"].to_numpy(bool) & np.isin(buys["place"], needed)
    buys = buys.assign(capacity=buys["capacity"].where(usable, 0.0))[usable | is_ordered]
    return buys.sort_values(["place", "priority", "unit_price"], kind="stable").reset_index(drop=True)


def _moves(places: Places, sources: Sources, needed: np.ndarray, node_places: np.ndarray) -> pd.DataFrame:
    """The moves to needed places, with item and nodes."""
    moves = sources.moves[np.isin(sources.moves["to_place"], needed)].reset_index(drop=True)
    return moves.assign(
        item=places.item_of(moves["to_place"].to_numpy(int)),
        **{f"{end}_node": positions(moves[f"{end}_place"].to_numpy(int), node_places) for end in ("from", "to")},
    )


def _components(
    sources: Sources, settings: Settings, makes: pd.DataFrame, node_places: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """Components of each make by node, and in which periods starts use them."""
    components = _by_make(sources.components, "component_place", makes, node_places)
    return components[["make", "node", "quantity", "net_quantity"]], open_periods(components, settings.horizon)


def _by_make(rows: pd.DataFrame, place: str, makes: pd.DataFrame, node_places: np.ndarray) -> pd.DataFrame:
    """Rows of makes that the network has, with the number of the make and the node of the item that they name."""
    ways = pd.MultiIndex.from_frame(makes[WAY])
    make = ways.get_indexer(pd.MultiIndex.from_frame(rows[["parent_place", "routing"]]))
    rows = rows.assign(make=make, node=positions(rows[place].to_numpy(int), node_places))
    return rows[make >= 0].reset_index(drop=True)


def _nodes(
    places: Places, node_places: np.ndarray, on_hand: np.ndarray, policies: pd.DataFrame, makes: pd.DataFrame,
    components: pd.DataFrame, co_products: pd.DataFrame, moves: pd.DataFrame,
) -> pd.DataFrame:
    """The nodes with their low-level codes, stock and policies."""
    usual, made = moves["usual"].to_numpy(bool), makes["node"].to_numpy(int)
    users = np.concatenate([made[components["make"].to_numpy(int)], moves["to_node"][usual]]).astype(int)
    used = np.concatenate([components["node"], moves["from_node"][usual]]).astype(int)
    beside = made[co_products["make"].to_numpy(int)], co_products["node"].to_numpy(int)
    fits = without_loops(users, used, *beside)
    level = low_level_codes(len(node_places), *(
        np.concatenate([arcs, more[fits]]) for arcs, more in zip((users, used), beside, strict=True)))
    return pd.DataFrame({
        "item": places.item_of(node_places), "location": places.location_of(node_places),
        "level": level, "on_hand": on_hand[node_places],
    }).join(policies.drop(columns=["maximum_stock", "order_cost"]))
