"""Time fences of items made or assembled to order: what is not ordered yet counts from the lead time on."""

from __future__ import annotations

from typing import Any

import pytest

from sopxl.schema import Tables
from sopxl.steps.supply.fulfilment import lead_times
from tests.cases.case_tables import network_of, plan_tables, row, run_supply
from tests.steps.supply.bakery import HOME, SETTINGS, bakery

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
