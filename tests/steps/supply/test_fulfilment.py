"""Time fences of items made or assembled to order: what is not ordered yet counts from the lead time on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sopxl.schema import Tables
from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.figures import figures
from sopxl.steps.supply.fulfilment import lead_times
from sopxl.steps.supply.network import Network
from tests.cases.case_tables import network_of, plan_tables, row, run_supply
from tests.steps.supply.bakery import HOME, SETTINGS, bakery
from tests.steps.supply.balance_networks import small_network

ORDERS = {("CAKE", "Home"): [4.0, 5.0, 0.0, 0.0]}


def tables(fulfilment: str, **changes: dict[str, Any]) -> Tables:
    """10, 20, 0, 5 cakes wanted, of which 4 and 5 are ordered; a cake takes 1 week, flour 1, boxes none."""
    items = {**bakery()["items"], "fulfilment": [fulfilment, "", "", ""]}
    frames = bakery(items=items, sourcing={"item": ["FLOUR", "BOX"], "location": "PLANT", "supplier": "MILL",
                                           "lead_time": [7.0, 0.0]}, **changes)
    return plan_tables(SETTINGS, HOME, frames, Orders_in_hand=ORDERS)


@pytest.mark.parametrize(("fulfilment", "expected"), [
    ("make-to-stock", [10, 20, 0, 5]), ("assemble-to-order", [4, 20, 0, 5]), ("make-to-order", [4, 5, 0, 5]),
])
def test_inside_the_lead_time_only_orders_count(fulfilment: str, expected: list[float]) -> None:
    assert network_of(tables(fulfilment), SETTINGS).demand.tolist() == [expected]


def test_overdue_orders_wait_beside_the_orders_of_the_first_period() -> None:
    late = {"order": ["S"], "kind": ["sale"], "item": ["CAKE"], "market": ["Home"], "due_period": ["2026-W52"],
            "quantity": [3.0]}
    built = network_of(tables("assemble-to-order", open_orders=late), SETTINGS)
    assert built.demand.tolist() == [[4, 20, 0, 5]]
    assert built.demands["opening_backlog"].tolist() == [3]
    assert built.orders_in_hand is not None
    assert built.orders_in_hand.tolist() == [[7, 5, 0, 0]]


def test_the_way_from_the_plant_is_part_of_the_lead_time() -> None:
    shop: dict[str, Any] = {"lanes": {"from_location": ["PLANT"], "to_location": ["SHOP"], "lead_time": [7.0]},
                            "markets": {"market": ["Home"], "market_group": ["Home"], "ship_from": ["SHOP"]}}
    built = network_of(tables("assemble-to-order", **shop), SETTINGS)
    time_of = dict(zip(zip(built.nodes["item"], built.nodes["location"], strict=True),
                       lead_times(built, True), strict=True))
    assert time_of == {("CAKE", "SHOP"): 3, ("CAKE", "PLANT"): 2, ("FLOUR", "PLANT"): 1, ("BOX", "PLANT"): 0}
    assert lead_times(built, False)[built.demands["node"]].tolist() == [2]
    assert built.demand.tolist() == [[4, 5, 0, 5]]


def test_nothing_is_released_to_the_forecast_but_components_of_what_is_assembled() -> None:
    released = {}
    for fulfilment in ("make-to-order", "assemble-to-order"):
        planned = run_supply(tables(fulfilment))
        released[fulfilment] = [row(planned, "requirements", "Planned order releases", item, "PLANT")[:2]
                                for item in ("CAKE", "FLOUR")]
    assert released["make-to-order"] == [[9, 0], [9 * 0.625, 5 * 0.625]], "4 and 5 ordered; 5 forecast, made in W03"
    assert released["assemble-to-order"] == [[24, 0], [24 * 0.625, 5 * 0.625]]


def workshop(fulfilment: str, settings: dict[str, Any] | None = None, **parts: Any) -> Network:
    """A bench that makes 6 bikes a month; 3 are on hand."""
    node = {"fulfilment": fulfilment, "on_hand": 3.0, "holding_cost": 1.0, "backlog_cost": 9.0, "unit_cost": 20.0,
            **parts.pop("node", {})}
    given: dict[str, Any] = {
        "nodes": [node], "demands": [{}], "makes": [{}], "operations": [{"hours_per_unit": 1.0}], "resources": [{}],
        "regular_hours": 6.0, "price": 60.0, "demand": [[2, 0, 10]],
    }
    return small_network(3, settings, **{**given, **parts})


@pytest.mark.parametrize(("fulfilment", "made", "stock"), [
    ("make-to-stock", [0, 3, 6], [1, 4, 0]), ("make-to-order", [0, 0, 6], [1, 1, 0]),
    ("assemble-to-order", [0, 0, 6], [1, 1, 0]),
])
def test_nothing_is_built_ahead_of_orders_but_stock_at_hand_is_used(
    fulfilment: str, made: list[float], stock: list[float]
) -> None:
    network = workshop(fulfilment)
    flows = balance(network)
    assert flows.make_start.tolist() == [made]
    assert figures(network, flows).closing_stock.tolist() == [stock]
    assert flows.conflicts is None


def test_where_no_customer_draws_stock_does_not_grow() -> None:
    nodes: list[dict[str, Any]] = [
        {"fulfilment": "make-to-order", "on_hand": 5.0, "holding_cost": 0.1},
        {"fulfilment": "make-to-order", "location": "Depot", "holding_cost": 5.0, "backlog_cost": 9.0}]
    network = workshop("make-to-order", nodes=nodes, demands=[{"node": 1}], moves=[{}], demand=[[2, 0, 20]])
    flows = balance(network)
    assert figures(network, flows).closing_stock.tolist() == [[5, 5, 0], [0, 0, 0]]
    assert flows.shipment.tolist() == [[2, 0, 11]]


def test_open_orders_may_stand_until_they_are_used() -> None:
    network = workshop("make-to-order", open_other=[[0, 4, 0]])
    assert figures(network, balance(network)).closing_stock.tolist() == [[1, 5, 0]]


def test_stock_that_a_policy_states_by_hand_is_kept_all_the_same() -> None:
    network = workshop("make-to-order", node={"safety_stock": 2.0}, demand=[[3, 0, 0]])
    assert figures(network, balance(network)).closing_stock[0, -1] == 2


def test_the_rest_of_a_lot_may_stay() -> None:
    network = workshop("make-to-order", {"whole_lots": True}, node={"on_hand": 0.0, "minimum_lot": 5.0},
                       demand=[[2, 0, 10]])
    flows = balance(network)
    assert flows.make_start.tolist() == [[6, 0, 6]], "the rest of 5, and 1 that fits in"
    assert flows.conflicts is None


def test_firm_production_that_nobody_ordered_is_told_as_a_conflict() -> None:
    network = workshop("make-to-order", firm_production=[[4.0, np.nan, np.nan]])
    conflicts = balance(network).conflicts
    assert conflicts is not None
    told = conflicts[["limit", "name", "period", "stated", "gives", "unit", "money"]].to_numpy(object).tolist()
    assert sorted(told) == [["Made to order", "Bike at Plant", month, 1.0, 4.0, "units", 80.0]
                            for month in network.settings.periods.labels[:2]]


@pytest.mark.parametrize("mode", ["balance", "requirements"])
@pytest.mark.parametrize(("fulfilment", "keeps"), [("make-to-stock", True), ("assemble-to-order", False)])
@pytest.mark.parametrize("by_segment", [True, False])
def test_no_safety_stock_by_service_level_or_segment_for_what_is_made_to_order(
    mode: str, fulfilment: str, keeps: bool, by_segment: bool
) -> None:
    policy = {"item": ["CAKE"], "location": ["PLANT"], "demand_deviation": [5.0]}
    asked: dict[str, Any] = {
        "items": {**bakery()["items"], "fulfilment": [fulfilment, "", "", ""]},
        "segments": {"item": ["CAKE"], "service_level": [0.98 if by_segment else np.nan]},
        "stock_policies": policy if by_segment else {**policy, "service_level": [0.98]},
    }
    given = plan_tables(replace(SETTINGS, plan_mode=mode), HOME, bakery(**asked))
    planned = run_supply(given)
    assert any(row(planned, "inventory_plan", "Safety stock", "CAKE", "PLANT")) == keeps
