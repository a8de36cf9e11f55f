"""Routings, bills of material, phantoms, co-products and alternates as the network has them, checked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sopxl.steps.supply.network import Network
from tests.steps.supply.bakery import faults, network, nodes

NAN = float("nan")
RESOURCES = {"resource": ["OVEN", "BELT", "TEAM"], "location": "PLANT", "hours_per_day": 8.0}


def routings(*rows: dict[str, Any]) -> dict[str, Any]:
    """Routing rows of CAKE at PLANT, as columns."""
    usual = {"item": "CAKE", "location": "PLANT", "routing": "", "operation": "10", "resource": "OVEN",
             "hours_per_unit": 1.0}
    full = [{**usual, **row} for row in rows]
    return {name: [row.get(name) for row in full] for name in {name for row in full for name in row}}


def bill(*rows: tuple[str, str, float], **columns: list[Any]) -> dict[str, Any]:
    parents, components, quantities = zip(*rows, strict=True)
    return {"parent": parents, "component": components, "quantity": quantities, **columns}


def used(built: Network) -> list[tuple[str, str, str, float]]:
    """Item and routing made, component and quantity."""
    makes = built.makes.iloc[built.components["make"]]
    items = built.nodes["item"].iloc[built.components["node"]]
    return list(zip(makes["item"], makes["routing"], items, built.components["quantity"], strict=True))


def test_each_routing_is_a_way_of_making_the_usual_one_first() -> None:
    built = network(resources=RESOURCES, routings=routings(
        {"routing": "slow", "priority": 2.0, "resource": "BELT", "valid_until": "2027-W02"},
        {"routing": "fast", "priority": 1.0, "valid_from": "2027-W02"},
        {"routing": "fast", "priority": 1.0, "valid_from": "2027-W03", "operation": "20", "resource": "BELT"},
    ))
    assert built.makes[["routing", "priority", "yield_rate"]].to_numpy().tolist() == [["fast", 1, 1], ["slow", 2, 1]]
    assert built.make_open is not None
    assert built.make_open.tolist() == [[False, False, True, True], [True, True, False, False]]
    assert built.operations[["make", "resource"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 1]]
    assert used(built) == [("CAKE", way, *part) for way in ("fast", "slow") for part in (("FLOUR", 0.625), ("BOX", 1))]


def test_hours_count_for_a_unit_started_and_later_operations_see_fewer() -> None:
    built = network(resources=RESOURCES, routings=routings(
        {"operation": "100", "yield_rate": 0.5, "resource": "BELT"},
        {"operation": "20", "yield_rate": 0.8, "use": "primary"},
        {"operation": "20", "yield_rate": 1.0, "use": "secondary", "resource": "TEAM", "hours_per_unit": 2.0},
        {"operation": "9", "yield_rate": 0.9, "setup_hours": 3.0, "setup_group": "warm"},
    ))
    assert built.makes["yield_rate"].tolist() == pytest.approx([0.9 * 0.8 * 0.5])
    rows = built.operations.set_index(["operation", "use"])
    assert rows["hours_per_unit"].to_dict() == pytest.approx({
        ("9", "primary"): 1, ("20", "primary"): 0.9, ("20", "secondary"): 1.8, ("100", "primary"): 0.72})
    assert rows["setup_hours"].tolist() == [3, 0, 0, 0]
    assert rows["setup_group"].tolist() == ["warm", "CAKE", "CAKE", "CAKE"]
    assert list(rows.index.get_level_values(0)) == ["9", "20", "20", "100"]


def test_bill_rows_hold_for_their_plant_routing_and_periods() -> None:
    built = network(
        resources=RESOURCES, routings=routings({"routing": "A"}, {"routing": "B", "resource": "BELT"}),
        bills_of_material=bill(
            ("CAKE", "FLOUR", 1), ("CAKE", "FLOUR", 2), ("CAKE", "FLOUR", 4), ("CAKE", "BOX", 1), ("CAKE", "EGG", 1),
            routing=["", "", "", "B", ""], location=["", "PLANT", "", "", "SHOP"],
            valid_from=["", "", "2027-W02", "", ""], valid_until=["", "", "2027-W03", "", ""],
        ),
    )
    assert used(built) == [("CAKE", "A", "FLOUR", 3), ("CAKE", "A", "FLOUR", 4), ("CAKE", "B", "FLOUR", 3),
                           ("CAKE", "B", "FLOUR", 4), ("CAKE", "B", "BOX", 1)]
    assert built.component_open is not None
    assert built.component_open.astype(int).tolist() == [[1] * 4, [0, 1, 1, 0], [1] * 4, [0, 1, 1, 0], [1] * 4]


def test_a_component_that_holds_outside_the_plan_only_is_not_in_it() -> None:
    built = network(bills_of_material=bill(
        ("CAKE", "FLOUR", 1), ("CAKE", "EGG", 1), ("CAKE", "BOX", 1),
        valid_from=["", "2027-W05", ""], valid_until=["", "", "2026-W50"],
    ))
    assert nodes(built) == [("CAKE", "PLANT"), ("FLOUR", "PLANT")]


def test_phantoms_are_blown_through_over_several_levels_with_scrap_and_validity() -> None:
    items = {"item": ["CAKE", "KIT", "MIX", "FLOUR", "BOX"], "phantom": ["", "yes", "yes", "", ""]}
    built = network(items=items, bills_of_material=bill(
        ("CAKE", "KIT", 2), ("KIT", "MIX", 3), ("MIX", "FLOUR", 1), ("KIT", "BOX", 1), ("CAKE", "BOX", 1),
        scrap=[0.5, 0.0, 0.2, 0.0, 0.0], valid_from=["2027-W02", "", "", "", ""],
        valid_until=["", "2027-W03", "", "", ""],
    ))
    assert used(built) == [("CAKE", "", "BOX", 1), ("CAKE", "", "BOX", 4), ("CAKE", "", "FLOUR", 15)]
    assert built.component_open is not None
    assert built.component_open.astype(int).tolist() == [[1, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0]]
    assert not {"KIT", "MIX"} & set(built.nodes["item"])


def test_a_phantom_that_is_sold_is_made_as_usual_and_one_without_a_bill_stays_a_component() -> None:
    items = {"item": ["CAKE", "MIX", "FLOUR", "BOX"], "phantom": ["", "yes", "", "yes"]}
    parts = bill(("CAKE", "MIX", 2), ("MIX", "FLOUR", 3), ("CAKE", "BOX", 1))
    built = network({("CAKE", "Home"): [1.0], ("MIX", "Home"): [1.0]}, items=items, bills_of_material=parts)
    assert used(built) == [("CAKE", "", "BOX", 1), ("CAKE", "", "FLOUR", 6), ("MIX", "", "FLOUR", 3)]


def test_phantoms_in_a_circle_are_told() -> None:
    items = {"item": ["CAKE", "MIX", "FLOUR", "BOX"], "phantom": ["", "yes", "yes", ""]}
    told = faults(items=items, bills_of_material=bill(("CAKE", "MIX", 2), ("MIX", "FLOUR", 3), ("FLOUR", "MIX", 3)))
    assert "The bill of material runs in a circle: MIX → FLOUR → MIX." in told


def test_co_products_come_out_of_each_unit_started_and_count_as_a_source() -> None:
    demand = {("CAKE", "Home"): [1.0], ("CRUMB", "Home"): [1.0]}
    changes: dict[str, Any] = {
        "items": {"item": ["CAKE", "FLOUR", "BOX", "CRUMB", "DUST"]}, "resources": RESOURCES,
        "routings": routings({"yield_rate": 0.5}),
        "co_products": {"item": ["CAKE", "CAKE", "CAKE", "CAKE"], "co_product": ["CRUMB", "DUST", "CAKE", "EGG"],
                        "quantity": [0.2, 1.0, 1.0, 1.0], "location": ["", "", "", "SHOP"]},
    }
    built = network(demand, **changes)
    item = built.nodes["item"]
    assert [(item[node], quantity) for node, quantity in built.co_products[["node", "quantity"]].to_numpy()] == [
        ("CRUMB", 0.1), ("DUST", 0.5)]
    assert built.co_products["make"].tolist() == [0, 0]
    assert dict(zip(item, built.nodes["level"], strict=True)) == {
        "CAKE": 0, "FLOUR": 1, "BOX": 1, "CRUMB": 1, "DUST": 1}
    only_crumbs = network({("CRUMB", "Home"): [1.0]}, **changes)
    assert only_crumbs.makes["item"].tolist() == ["CAKE"]


def test_a_co_product_that_goes_into_what_it_comes_from_makes_no_circle() -> None:
    built = network(
        bills_of_material=bill(("CAKE", "FLOUR", 1), ("FLOUR", "BOX", 1)), sourcing={
            "item": ["BOX"], "location": ["PLANT"], "supplier": ["MILL"]},
        co_products={"item": ["FLOUR"], "co_product": ["CAKE"], "quantity": [1.0]},
    )
    assert built.nodes["level"].tolist() == [0, 1, 2]
    assert len(built.co_products) == 1


def test_another_resource_may_take_over_work_by_item_or_of_all() -> None:
    built = network(
        resources=RESOURCES, routings=routings({}, {"operation": "20", "resource": "BELT"}),
        alternate_resources={
            "resource": ["OVEN", "OVEN", "BELT", "BELT", "OVEN"], "alternate": ["BELT", "BELT", "TEAM", "BELT", "TEAM"],
            "item": ["", "CAKE", "FLOUR", "", ""], "hours_factor": [2.0, 1.5, 1.0, 1.0, NAN]},
    )
    assert built.alternates.to_numpy().tolist() == [[0, 1, 1.5], [0, 2, 1.0]]


def test_open_production_orders_are_of_the_usual_routing() -> None:
    built = network(
        resources=RESOURCES, routings=routings({"routing": "A", "priority": 2.0}, {"routing": "B"}),
        open_orders={"order": ["1"], "kind": ["production"], "item": ["CAKE"], "location": ["PLANT"],
                     "due_period": ["2027-W02"], "quantity": [7.0]},
    )
    assert built.makes["routing"].tolist() == ["B", "A"]
    assert built.open_production.tolist() == [[0, 7, 0, 0], [0, 0, 0, 0]]


def test_an_item_whose_bill_holds_at_one_plant_only_is_made_there() -> None:
    plants = {"location": ["PLANT", "SECOND"], "kind": "plant"}
    sold = {"market": ["A"], "market_group": ["A"], "ship_from": ["SECOND"]}
    lanes = {"from_location": ["PLANT"], "to_location": ["SECOND"], "item": ["FLOUR"]}
    built = network({("CAKE", "A"): [1.0]}, locations=plants, markets=sold, lanes=lanes, bills_of_material=bill(
        ("CAKE", "FLOUR", 1), location=["SECOND"]))
    assert built.makes["location"].tolist() == ["SECOND"]
