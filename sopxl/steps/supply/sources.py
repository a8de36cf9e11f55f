"""Where an item can come from at each location: made there, bought there, or moved there from another location.

An item is made where it has a routing; one without any routing or supplier there is made at a plant if it has a
bill of material and no lane brings it from elsewhere. Making is the usual source; buying what could be made
(subcontracting) comes after it, at an all-in price: the subcontractor brings the components.
A lane for all items carries an item only from where it is had to where it is not, so that lanes in both
directions do not send goods in circles; a lane for one item always counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.bills import co_products_of, components_of, read_bill
from sopxl.steps.supply.places import Places
from sopxl.steps.supply.routings import read_routings, ways_of_making
from sopxl.steps.supply.supply_terms import mean_rates
from sopxl.steps.supply.validity import with_span

NOWHERE = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Sources:
    """Every way in which stock can come to any place, needed or not.

    makes: place, routing and terms (routings.ways_of_making); routings: their operations. buys: place, supplier and
    terms. moves: from_place, to_place and terms; ``usual`` says whether the requirements plan draws on it. rank: of
    each place, 0 where the item is made or bought, one more for each move away from there, NOWHERE where it cannot be
    had. components: parent_place, routing, component_place, quantity, first, last; co_products: parent_place, routing,
    co_place, quantity.
    """

    makes: pd.DataFrame
    routings: pd.DataFrame
    buys: pd.DataFrame
    moves: pd.DataFrame
    components: pd.DataFrame
    co_products: pd.DataFrame
    rank: np.ndarray


def read_sources(tables: Tables, settings: Settings, places: Places, stocked: np.ndarray) -> Sources:
    """The sources of all places; ``stocked`` (flag per place) says where stock is on hand or on order.

    Raises PlanError where a supplier's currency has no exchange rate.
    """
    buys = _read_buys(tables, settings, places)
    lanes = _read_lanes(tables, settings, places)
    bought = np.zeros(places.count, bool)
    bought[buys.loc[buys["active"], "place"]] = True
    bill, routings = read_bill(tables, settings, places), read_routings(tables, settings, places)
    made = _made(tables, places, bought, lanes, routings["place"].to_numpy(int), bill)
    makes = ways_of_making(routings, np.flatnonzero(made))
    co_products = co_products_of(tables, makes, places)
    unlimited, had = made.copy(), made | bought
    unlimited[buys.loc[buys["active"] & buys["capacity"].isna(), "place"]] = True
    had[co_products["co_place"]] = True
    rank = _ranks(places, lanes, [unlimited, had, stocked])
    moves = _read_moves(places, lanes, rank, had | stocked)
    return Sources(makes, routings, buys, moves, components_of(bill, makes, places), co_products, rank)


def _read_buys(tables: Tables, settings: Settings, places: Places) -> pd.DataFrame:
    """Sourcing with places, lead times in periods and prices in the plan's currency (average of the horizon)."""
    buys = tables["sourcing"].merge(
        tables["suppliers"].drop_duplicates("supplier")[["supplier", "currency", "active"]], on="supplier", how="left"
    )
    buys["active"] = buys["active"].astype("object").map(lambda flag: flag is not False and flag != 0)
    buys["unit_price"] = buys["price"] * mean_rates(tables, settings, buys["currency"].fillna(""))
    buys["expedite_price"] = buys["unit_price"] * buys["expedite_cost"]
    buys["lead"] = settings.periods.offset(buys["lead_time"].to_numpy(float))
    buys["place"] = places.of(buys["item"], buys["location"])
    known = buys["place"] >= 0
    return with_span(pd.DataFrame(buys[known]), settings).drop_duplicates(["place", "supplier"]).reset_index(drop=True)


def _read_lanes(tables: Tables, settings: Settings, places: Places) -> pd.DataFrame:
    """Lanes by numbers: item_number (-1 for all items), from_number, to_number."""
    lanes = tables["lanes"].copy()
    lanes["item_number"] = places.item_numbers(lanes["item"])
    lanes["from_number"] = places.location_numbers(lanes["from_location"])
    lanes["to_number"] = places.location_numbers(lanes["to_location"])
    lanes["lead"] = settings.periods.offset(lanes["lead_time"].to_numpy(float))
    known = (lanes["from_number"] >= 0) & (lanes["to_number"] >= 0)
    known &= (lanes["item_number"] >= 0) | (lanes["item"] == "")
    lanes = lanes[known & (lanes["from_number"] != lanes["to_number"])]
    return lanes.drop_duplicates(["item_number", "from_number", "to_number"]).reset_index(drop=True)


def _made(
    tables: Tables, places: Places, bought: np.ndarray, lanes: pd.DataFrame, routed_places: np.ndarray,
    bill: pd.DataFrame,
) -> np.ndarray:
    """Flag per place: whether the item is made there."""
    shape = (len(places.items), len(places.locations))
    routed, has_bill = np.zeros(places.count, bool), np.zeros(shape, bool)
    routed[routed_places] = True
    routed, sourced = routed.reshape(shape), bought.reshape(shape)
    anywhere = (bill["at"] < 0).to_numpy()
    has_bill[bill.loc[anywhere, "parent"]] = True
    has_bill[bill.loc[~anywhere, "parent"], bill.loc[~anywhere, "at"]] = True
    kinds = tables["locations"].drop_duplicates("location").set_index("location")["kind"]
    is_plant = kinds.reindex(places.locations).fillna("plant").to_numpy() == "plant"
    special, general = _brought(lanes, shape)
    possible = has_bill & is_plant & ~sourced & ~special
    had_elsewhere = (routed | sourced).any(axis=1)
    here = possible & ~general
    only_by_bill = ~had_elsewhere & ~here.any(axis=1)
    return np.asarray(routed | np.where(only_by_bill[:, None], possible, here)).ravel()


def _brought(lanes: pd.DataFrame, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Whether a lane for the item leads to a place (items x locations), and a lane for all items to a location."""
    special, general = np.zeros(shape, bool), np.zeros(shape[1], bool)
    for_all = (lanes["item_number"] < 0).to_numpy()
    special[lanes.loc[~for_all, "item_number"], lanes.loc[~for_all, "to_number"]] = True
    general[lanes.loc[for_all, "to_number"]] = True
    return special, general


def _ranks(places: Places, lanes: pd.DataFrame, stages: list[np.ndarray]) -> np.ndarray:
    """How many moves each place is away from where the item is had: first without limit, then at all, then stocked."""
    rank = np.full((len(places.items), len(places.locations)), NOWHERE, dtype=np.int64)
    for stage in stages:
        start = int(rank[rank < NOWHERE].max(initial=-1)) + 1
        rank[stage.reshape(rank.shape) & (rank == NOWHERE)] = start
        step = start
        while _reach_next(rank, lanes, step):
            step += 1
    return rank.ravel()


def _reach_next(rank: np.ndarray, lanes: pd.DataFrame, step: int) -> bool:
    """Give the rank step + 1 to what lanes reach from rank step (or less); whether anything was reached."""
    reached = np.zeros(rank.shape, bool)
    numbers = lanes[["item_number", "from_number", "to_number"]].to_numpy(int)
    for _, sends, receives in numbers[numbers[:, 0] < 0]:
        reached[:, receives] |= rank[:, sends] <= step
    items, sends, receives = numbers[numbers[:, 0] >= 0].T
    np.logical_or.at(reached, (items, receives), rank[items, sends] <= step)
    reached &= rank == NOWHERE
    rank[reached] = step + 1
    return bool(reached.any())


def _read_moves(places: Places, lanes: pd.DataFrame, rank: np.ndarray, had: np.ndarray) -> pd.DataFrame:
    """Every item on every lane that can carry it; a lane for the item wins over one for all items."""
    width = len(places.locations)
    items = np.arange(len(places.items))
    general = lanes[lanes["item_number"] < 0].drop(columns="item_number")
    general = general.merge(pd.DataFrame({"item_number": items}), how="cross")
    special = lanes[lanes["item_number"] >= 0]
    moves = pd.concat([special.assign(special=True), general.assign(special=False)], ignore_index=True)
    moves["from_place"] = moves["item_number"] * width + moves["from_number"]
    moves["to_place"] = moves["item_number"] * width + moves["to_number"]
    moves = moves.drop_duplicates(["from_place", "to_place"])
    sends, receives = rank[moves["from_place"]], rank[moves["to_place"]]
    moves["usual"] = sends < receives
    carries = moves["special"].to_numpy(bool) | moves["usual"].to_numpy(bool) | had[moves["from_place"]]
    rows = np.flatnonzero((sends < NOWHERE) & carries)
    return moves.iloc[rows].reset_index(drop=True)
