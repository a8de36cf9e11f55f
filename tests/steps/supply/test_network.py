"""What the network holds: only what demand draws on, sources in their order, and faults told all at once."""

from __future__ import annotations

import numpy as np
import pytest

from sopxl import grids
from sopxl.schema import conform_all
from sopxl.settings import Settings
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.levels import find_loops, low_level_codes
from sopxl.steps.supply.tables import PRODUCTION_PLAN
from sopxl.tables import TABLES
from tests.cases.case_tables import network_of, plan_tables
from tests.steps.supply.bakery import HOME, SETTINGS, bakery, faults, network, nodes


def test_the_network_holds_what_demand_draws_on_and_nothing_else() -> None:
    assert nodes(network()) == [("CAKE", "PLANT"), ("FLOUR", "PLANT"), ("BOX", "PLANT")]


def test_stock_that_nothing_draws_on_has_a_node_without_sources() -> None:
    built = network(stock_on_hand={"item": ["EGG"], "location": ["SHOP"], "quantity": [12.0]})
    assert nodes(built)[-1] == ("EGG", "SHOP")
    assert built.nodes["on_hand"].tolist() == [0, 0, 0, 12]
    assert not built.moves["to_node"].isin([3]).any()


def test_demand_is_the_consensus_or_the_orders_in_hand_where_they_are_more() -> None:
    tables = plan_tables(SETTINGS, HOME, bakery(), Orders_in_hand={("CAKE", "Home"): [15.0, 5.0, 2.0, 0.0]})
    built = network_of(tables, SETTINGS)
    assert built.demand.tolist() == [[15, 20, 2, 5]]
    assert built.orders_in_hand is not None
    assert built.orders_in_hand.tolist() == [[15, 5, 2, 0]]


def test_overdue_orders_of_customers_are_the_opening_backlog() -> None:
    built = network(open_orders={
        "order": ["1", "2", "3"], "kind": "sale", "item": "CAKE", "market": "Home",
        "due_period": ["2026-W50", "2026-W52", "2027-W02"], "quantity": [3.0, 4.0, 50.0],
    })
    assert built.demands["opening_backlog"].tolist() == [7]


def test_scrap_raises_what_a_component_takes() -> None:
    assert network().components["quantity"].tolist() == [0.625, 1.0]


def test_suppliers_stand_by_priority_in_the_plans_currency_and_lead_times_in_periods() -> None:
    flour = network().buys.query("item == 'FLOUR'")
    assert flour["supplier"].tolist() == ["MILL", "OTHER"]
    assert flour["unit_price"].tolist() == [3.0, 2.5]
    assert flour["lead"].tolist() == [1, 2]
    assert flour["expedite_price"].tolist()[0] == 1.5
    assert np.isnan(flour["expedite_price"].tolist()[1])


def test_an_inactive_supplier_keeps_its_open_orders_but_gets_no_new_ones() -> None:
    suppliers = {"supplier": ["MILL", "OTHER"], "currency": ["", "EUR"], "active": [True, False]}
    order = {"order": ["P"], "kind": ["purchase"], "item": ["FLOUR"], "location": ["PLANT"], "supplier": ["OTHER"],
             "due_period": ["2027-W02"], "quantity": [8.0]}
    assert network(suppliers=suppliers).buys["supplier"].tolist() == ["MILL", "MILL"]
    built = network(suppliers=suppliers, open_orders=order)
    other = built.buys.index[built.buys["supplier"] == "OTHER"]
    assert built.buys.loc[other, "capacity"].tolist() == [0]
    assert built.open_purchases[other].tolist() == [[0, 8, 0, 0]]


def test_open_orders_come_when_they_are_due_and_late_ones_at_once() -> None:
    built = network(
        lanes={"from_location": ["PLANT"], "to_location": ["SHOP"]},
        markets={"market": ["Home"], "market_group": ["Home"], "ship_from": ["SHOP"]},
        open_orders={
            "order": list("12345"), "kind": ["production", "transfer", "purchase", "purchase", "transfer"],
            "item": ["CAKE", "CAKE", "BOX", "BOX", "EGG"], "location": ["PLANT", "SHOP", "PLANT", "PLANT", "SHOP"],
            "supplier": ["", "PLANT", "MILL", "STRANGER", "PLANT"],
            "due_period": ["2026-W51", "2027-W02", "2027-W03", "2027-W01", "2028-W01"], "quantity": [1.0, 2, 3, 4, 5],
        },
    )
    assert built.open_production.tolist() == [[1, 0, 0, 0]]
    assert built.open_transfers.tolist() == [[0, 2, 0, 0]]
    assert built.open_purchases.sum(axis=0).tolist() == [0, 0, 3, 0]
    assert built.open_other.sum(axis=0).tolist() == [4, 0, 0, 0]
    assert built.scheduled_receipts.sum() == 10


def test_lanes_in_both_directions_do_not_send_goods_in_circles() -> None:
    built = network(
        lanes={"from_location": ["PLANT", "SHOP"], "to_location": ["SHOP", "PLANT"]},
        markets={"market": ["Home"], "market_group": ["Home"], "ship_from": ["SHOP"]},
    )
    assert list(zip(built.moves["from_location"], built.moves["to_location"], strict=True)) == [("PLANT", "SHOP")]
    assert nodes(built) == [("CAKE", "PLANT"), ("CAKE", "SHOP"), ("FLOUR", "PLANT"), ("BOX", "PLANT")]


def test_a_lane_for_the_item_wins_over_one_for_all_items() -> None:
    built = network(
        lanes={"from_location": "PLANT", "to_location": "SHOP", "item": ["", "CAKE"], "unit_cost": [1.0, 2.0]},
        markets={"market": ["Home"], "market_group": ["Home"], "ship_from": ["SHOP"]},
    )
    assert built.moves["unit_cost"].tolist() == [2.0]


def test_an_item_with_a_bill_of_material_is_made_at_plants_but_not_where_a_supplier_or_lane_brings_it() -> None:
    sold_at_both = {"market": ["A", "B"], "market_group": ["A", "B"], "ship_from": ["PLANT", "SECOND"]}
    plants = {"location": ["PLANT", "SECOND"], "kind": "plant"}
    demand = {("CAKE", "A"): [1.0], ("CAKE", "B"): [1.0]}
    lane = {"from_location": ["PLANT"], "to_location": ["SECOND"]}
    assert network(demand, locations=plants, markets=sold_at_both, lanes=lane).makes["location"].tolist() == ["PLANT"]
    bought = {key: list(np.append(value, more)) for (key, value), more in zip(
        {"item": ["FLOUR", "BOX"], "location": ["PLANT"] * 2, "supplier": ["MILL"] * 2}.items(),
        ("CAKE", "SECOND", "MILL"), strict=True)}
    built = network(demand, locations=plants, markets=sold_at_both, sourcing=bought)
    assert built.makes["location"].tolist() == ["PLANT"]
    assert ("CAKE", "SECOND") in list(zip(built.buys["item"], built.buys["location"], strict=True))


def test_what_is_made_and_could_be_bought_has_both_sources() -> None:
    built = network(
        routings={"item": ["CAKE"], "location": ["PLANT"], "operation": ["10"], "resource": ["OVEN"],
                  "hours_per_unit": [0.1]},
        resources={"resource": ["OVEN"], "location": ["PLANT"], "hours_per_day": [8.0]},
        sourcing={"item": ["FLOUR", "BOX", "CAKE"], "location": "PLANT", "supplier": "MILL"},
    )
    assert built.makes["item"].tolist() == ["CAKE"]
    assert built.buys["item"].tolist() == ["CAKE", "FLOUR", "BOX"]
    assert built.operations["hours_per_unit"].tolist() == [0.1]


def test_the_policy_of_a_location_wins_over_that_of_all_locations() -> None:
    built = network(
        stock_policies={"item": ["CAKE", "CAKE", "BOX"], "location": ["", "PLANT", "SHOP"],
                        "safety_stock": [1.0, 2.0, 3.0]},
    )
    assert dict(zip(nodes(built), built.nodes["safety_stock"], strict=True)) == {
        ("CAKE", "PLANT"): 2, ("FLOUR", "PLANT"): 0, ("BOX", "PLANT"): 0,
    }


def test_a_local_safety_stock_brings_its_item_into_the_network() -> None:
    built = network(
        stock_policies={"item": ["CAKE"], "location": ["SHOP"], "safety_stock": [4.0]},
        lanes={"from_location": ["PLANT"], "to_location": ["SHOP"]},
    )
    assert ("CAKE", "SHOP") in nodes(built)
    assert built.moves["to_location"].tolist() == ["SHOP"]


@pytest.mark.parametrize(("policy", "kept"), [
    ({"service_level": [0.95], "demand_deviation": [4.0]}, True),
    ({"fill_rate": [0.98], "demand_deviation": [4.0]}, True),
    ({"service_level": [0.95]}, False), ({"demand_deviation": [4.0]}, False),
])
def test_a_local_service_with_its_deviation_brings_its_item_into_the_network(
    policy: dict[str, list[float]], kept: bool
) -> None:
    built = network(
        stock_policies={"item": ["CAKE"], "location": ["SHOP"], **policy},
        lanes={"from_location": ["PLANT"], "to_location": ["SHOP"]},
    )
    assert (("CAKE", "SHOP") in nodes(built)) is kept


def test_holding_cost_comes_from_the_settings_where_the_policy_gives_none() -> None:
    settings = Settings(bucket="month", first_period="2027-01", horizon=4, holding_cost=24.0)
    frames = bakery(costs={"item": ["CAKE"], "material_cost": [30.0], "conversion_cost": [20.0]})
    built = network_of(plan_tables(settings, HOME, frames), settings)
    assert built.nodes["unit_cost"].tolist()[0] == 50
    assert built.nodes["holding_cost"].tolist()[0] == pytest.approx(50 * 0.24 / 12)


def test_changes_of_a_stock_policy_hold_in_their_periods() -> None:
    built = network(
        stock_policies={"item": ["CAKE"], "location": [""], "maximum_stock": [100.0], "order_cost": [9.0]},
        stock_policy_changes={"item": "CAKE", "location": "PLANT", "period": ["2027-W02", "2027-W04"],
                              "maximum_stock": [50.0, np.nan], "minimum_stock": [np.nan, 20.0],
                              "order_cost": [np.nan, 5.0]},
    )
    assert built.maximum_stock[0].tolist() == [100, 50, 100, 100]
    assert built.minimum_stock[0].tolist() == [0, 0, 0, 20]
    assert built.order_cost[0].tolist() == [9, 9, 9, 5]


def test_hours_follow_days_efficiency_calendar_and_downtime() -> None:
    settings = Settings(first_period="2027-01", horizon=3)
    frames = bakery(
        resources={"resource": ["OVEN", "TEAM"], "location": "PLANT", "hours_per_day": [10.0, np.nan],
                   "days": ["working", "calendar"], "efficiency": [0.5, 1.0], "overtime_limit": [0.2, 0.1],
                   "workers": [np.nan, 3.0], "worker_hours": [np.nan, 160.0], "hourly_cost": [20.0, 0.0]},
        resource_calendar={"resource": ["OVEN", "OVEN", "TEAM"], "period": ["2027-02", "2027-03", "2027-01"],
                           "available_hours": [40.0, np.nan, np.nan], "downtime": [10.0, 200.0, 80.0],
                           "overtime_limit": [np.nan, 7.0, np.nan]},
    )
    built = network_of(plan_tables(settings, HOME, frames), settings)
    assert built.regular_hours.tolist() == [[21 * 5, 30, 0], [400, 480, 480]]
    assert built.overtime_hours.tolist() == [[21, 6, 7], [40, 48, 48]]
    assert built.resources["overtime_cost"].tolist() == [30, 0]


def test_firm_production_is_read_and_keeps_its_item_in_the_plan() -> None:
    tables = conform_all(TABLES, plan_tables(SETTINGS, {("BOX", "Home"): [1.0]}, bakery()))
    objects = TABLES["production_plan"].empty_frame().reindex([0])
    objects = objects.assign(item="CAKE", location="PLANT", routing="", family="")
    tables["production_plan"] = grids.stack(
        PRODUCTION_PLAN, objects, {"Firm production": np.array([[np.nan, 30.0, 0.0, np.nan]])}, SETTINGS.periods.labels
    )
    built = build_network(tables, SETTINGS)
    assert built.makes["item"].tolist() == ["CAKE"]
    assert np.array_equal(built.firm_production, [[np.nan, 30, 0, np.nan]], equal_nan=True)


def test_an_item_that_can_be_had_in_no_way_is_told_with_every_other_fault() -> None:
    told = faults(
        {("CAKE", "Home"): [1.0], ("EGG", "Home"): [1.0], ("CAKE", "Abroad"): [1.0], ("CAKE", "Ghost"): [1.0]},
        markets={"market": ["Home", "a1", "a2"], "market_group": ["Home", "Abroad", "Abroad"],
                 "ship_from": ["PLANT", "PLANT", "SHOP"]},
    )
    assert told == [
        "'Abroad' ships from several locations: PLANT, SHOP.",
        "'Ghost' is in the sales plan but is no planning market.",
        "EGG is sold in Home from PLANT, but can be neither made, bought nor moved there.",
    ]


def test_a_component_without_supplier_is_told_unless_there_is_stock_of_it() -> None:
    sourcing = {"item": ["FLOUR"], "location": ["PLANT"], "supplier": ["MILL"]}
    assert faults(sourcing=sourcing) == ["BOX is needed at PLANT, but can be neither made, bought nor moved there."]
    network(sourcing=sourcing, stock_on_hand={"item": ["BOX"], "location": ["PLANT"], "quantity": [1.0]})


def test_an_ended_item_may_be_sold_off_without_a_source() -> None:
    items = {"item": ["CAKE", "FLOUR", "BOX", "EGG"], "status": ["active", "active", "active", "ended"]}
    assert ("EGG", "PLANT") in nodes(network({("EGG", "Home"): [1.0]}, items=items))


def test_each_loop_in_the_bills_of_material_is_told_once() -> None:
    told = faults(bills_of_material={
        "parent": ["CAKE", "FLOUR", "BOX", "EGG"], "component": ["FLOUR", "CAKE", "EGG", "BOX"],
        "quantity": [1.0, 1.0, 1.0, 1.0],
    })
    loops = [message for message in told if "circle" in message]
    assert loops == ["The bill of material runs in a circle: CAKE → FLOUR → CAKE.",
                     "The bill of material runs in a circle: BOX → EGG → BOX."]


def test_empty_tables_make_an_empty_network() -> None:
    assert len(build_network(conform_all(TABLES, {}), SETTINGS).nodes) == 0


def test_low_level_codes_are_one_below_the_deepest_user() -> None:
    assert low_level_codes(4, np.array([0, 0, 1]), np.array([1, 2, 2])).tolist() == [0, 1, 2, 0]
    with pytest.raises(ValueError, match="circle"):
        low_level_codes(2, np.array([0, 1]), np.array([1, 0]))


def test_loops_are_found_as_the_items_on_the_way_round() -> None:
    assert find_loops(np.array([0, 1, 2, 3]), np.array([1, 2, 1, 0])) == [[1, 2]]
    assert find_loops(np.array([0, 1]), np.array([1, 2])) == []
