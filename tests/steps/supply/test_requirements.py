"""Requirements planning by hand: netting, safety stock, lots, sources, firm production, what is past due."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sopxl import grids
from sopxl.schema import Tables
from sopxl.steps.supply.safety import safety_stock
from sopxl.steps.supply.tables import PRODUCTION_PLAN
from tests.cases.case_tables import Frames, network_of, plan_tables, row, run_supply, weekly

KEY = ("X", "Home")


def plan(demand: list[float], **frames: dict[str, Any]) -> Tables:
    """One item, bought from supplier S at once unless frames say otherwise."""
    usual: Frames = {"suppliers": {"supplier": ["S", "T"]},
                     "sourcing": {"item": ["X"], "location": "PLANT", "supplier": "S"}}
    return run_supply(plan_tables(weekly(len(demand)), {KEY: demand}, usual | frames))


def stock(quantity: float) -> dict[str, Any]:
    return {"item": ["X"], "location": ["PLANT"], "quantity": [quantity]}


def policy(**values: Any) -> dict[str, Any]:
    return {"item": ["X"], "location": ["PLANT"], **{name: [value] for name, value in values.items()}}


def receipts(tables: Tables, supplier: str = "S") -> list[float]:
    return row(tables, "procurement_plan", "Planned receipts", "X", "PLANT", supplier)


def test_stock_and_open_orders_are_used_by_date() -> None:
    order = {"order": ["P"], "kind": ["purchase"], "item": ["X"], "location": ["PLANT"], "supplier": ["S"],
             "due_period": ["2027-W03"], "quantity": [30.0]}
    tables = plan([10, 10, 10, 10, 10], stock_on_hand=stock(12), open_orders=order)
    assert receipts(tables) == [0, 8, 0, 0, 0]
    assert row(tables, "requirements", "Projected available", "X", "PLANT") == [2, 0, 20, 10, 0]
    assert row(tables, "procurement_plan", "Open orders", "X", "PLANT", "S") == [0, 0, 30, 0, 0]


def test_stock_stands_at_safety_stock_or_above() -> None:
    tables = plan([10, 10, 10], stock_on_hand=stock(18), stock_policies=policy(safety_stock=5.0))
    assert receipts(tables) == [0, 7, 10]
    assert row(tables, "inventory_plan", "Closing stock", "X", "PLANT") == [8, 5, 5]
    assert row(tables, "inventory_plan", "Safety stock", "X", "PLANT") == [5, 5, 5]


def test_safety_days_look_at_the_demand_that_follows() -> None:
    tables = plan([10, 20, 30, 40], stock_policies=policy(safety_days=10.5))
    assert row(tables, "inventory_plan", "Safety stock", "X", "PLANT") == [20 + 15, 30 + 20, 40 + 20, 60]
    assert row(tables, "inventory_plan", "Closing stock", "X", "PLANT") == [35, 50, 60, 60]


def test_safety_days_count_parts_of_periods_and_repeat_the_last_one() -> None:
    network = network_of(plan_tables(weekly(3), {KEY: [0, 0, 0]}, {}), weekly(3))
    nodes = network.nodes.reindex([0, 1]).assign(safety_days=[3.5, 0.0], safety_stock=[0.0, 7.0])
    gross = np.array([[10.0, 20.0, 40.0], [1.0, 1.0, 1.0]])
    minimum = np.array([[0.0, 0.0, 50.0], [0.0, 9.0, 0.0]])
    assert safety_stock(nodes, gross, minimum, "week").tolist() == [[10, 20, 50], [7, 9, 7]]


def test_overdue_orders_of_customers_are_needed_in_the_first_period() -> None:
    order = {"order": ["S"], "kind": ["sale"], "item": ["X"], "market": ["Home"], "due_period": ["2026-W50"],
             "quantity": [4.0]}
    tables = plan([10, 10], open_orders=order)
    assert receipts(tables) == [14, 10]
    assert row(tables, "backlog_plan", "Shipments", "X", "Home") == [14, 10]
    assert row(tables, "backlog_plan", "Backlog", "X", "Home") == [0, 0]


def test_what_should_have_been_ordered_before_is_ordered_at_once_and_told() -> None:
    sourcing = {"item": ["X"], "location": ["PLANT"], "supplier": ["S"], "lead_time": [14.0], "price": [3.0]}
    tables = plan([5, 6, 7, 8], sourcing=sourcing)
    assert receipts(tables) == [5, 6, 7, 8]
    assert row(tables, "procurement_plan", "Planned orders", "X", "PLANT", "S") == [5 + 6 + 7, 8, 0, 0]
    assert row(tables, "procurement_plan", "Expedited", "X", "PLANT", "S") == [5, 6, 0, 0]
    assert tables["procurement_plan"]["past_due"].unique().tolist() == [11]
    told = tables["exceptions"].iloc[0]
    assert (told["kind"], told["resource"], told["quantity"], told["money"]) == ("Order past due", "S", 11, 33)


def test_minimum_and_multiple_of_the_supplier_and_of_the_policy_round_up_and_carry_over() -> None:
    sourcing = {"item": ["X"], "location": ["PLANT"], "supplier": ["S"], "minimum_order": [25.0],
                "order_multiple": [10.0]}
    assert receipts(plan([12, 10, 10, 1], sourcing=sourcing)) == [30, 0, 30, 0]
    assert receipts(plan([12, 10, 10, 1], stock_policies=policy(minimum_lot=15.0, lot_multiple=4.0))) == [16, 16, 0, 16]


def test_what_a_supplier_cannot_deliver_comes_from_the_next_by_priority() -> None:
    sourcing = {"item": ["X", "X"], "location": "PLANT", "supplier": ["T", "S"], "priority": [2.0, 1.0],
                "capacity": [np.nan, 8.0]}
    tables = plan([5, 10, 20], sourcing=sourcing)
    assert receipts(tables) == [5, 8, 8]
    assert receipts(tables, "T") == [0, 2, 12]


def test_requirements_beyond_all_capacity_stay_with_the_usual_source() -> None:
    sourcing = {"item": ["X", "X"], "location": "PLANT", "supplier": ["S", "T"], "priority": [1.0, 2.0],
                "capacity": [8.0, 4.0]}
    tables = plan([10, 20], sourcing=sourcing)
    assert receipts(tables) == [8, 16]
    assert receipts(tables, "T") == [2, 4]


def firm(tables: Tables, quantities: list[float]) -> Tables:
    objects = PRODUCTION_PLAN.empty_frame().reindex([0]).assign(item="X", location="PLANT", routing="", family="")
    labels = weekly(len(quantities)).periods.labels
    tables["production_plan"] = grids.stack(
        PRODUCTION_PLAN, objects, {"Firm production": np.array([quantities])}, labels
    )
    return run_supply(tables)


MADE: Frames = {
    "bills_of_material": {"parent": ["X"], "component": ["Y"], "quantity": [2.0]},
    "suppliers": {"supplier": ["S"]}, "sourcing": {"item": ["Y"], "location": "PLANT", "supplier": "S"},
}


def made(demand: list[float], lead_days: float = 0.0) -> Tables:
    """X made of two Y, which are bought."""
    items: Frames = {"items": {"item": ["X", "Y"], "lead_time": [lead_days, 0.0]}}
    return plan_tables(weekly(len(demand)), {KEY: demand}, MADE | items)


def test_firm_production_is_made_exactly_so_and_the_rest_goes_to_earlier_open_periods() -> None:
    nothing = float("nan")
    tables = firm(made([10, 10, 10, 10]), [nothing, 4, nothing, 25])
    assert row(tables, "production_plan", "Planned production", "X", "PLANT") == [16, 4, 10, 25]
    assert row(tables, "production_plan", "Firm production", "X", "PLANT")[1] == 4
    assert row(tables, "inventory_plan", "Internal use", "Y", "PLANT") == [32, 8, 20, 50]


def test_what_firm_production_leaves_open_at_the_start_comes_later_and_demand_waits() -> None:
    nothing = float("nan")
    tables = firm(made([10, 10, 10]), [0, 5, nothing])
    assert row(tables, "production_plan", "Planned production", "X", "PLANT") == [0, 5, 25]
    assert row(tables, "backlog_plan", "Shipments", "X", "Home") == [0, 5, 25]
    assert row(tables, "backlog_plan", "Backlog", "X", "Home") == [10, 15, 0]
    told = tables["exceptions"].set_index("kind")
    assert told.loc["Demand waits", "quantity"] == 15


def test_firm_production_counts_when_it_is_finished() -> None:
    nothing = float("nan")
    tables = firm(made([0, 10, 10], lead_days=7.0), [12, nothing, nothing])
    assert row(tables, "production_plan", "Planned production", "X", "PLANT") == [12, 8, 0]
    assert row(tables, "inventory_plan", "Receipts", "X", "PLANT") == [0, 12, 8]


def test_the_first_priority_is_served_first_where_there_is_not_enough() -> None:
    nothing = float("nan")
    frames: Frames = {"markets": {"market": ["A", "B"], "market_group": ["A", "B"], "ship_from": "PLANT",
                                  "priority": [2.0, 1.0]}}
    tables = plan_tables(weekly(2), {("X", "A"): [10, 0], ("X", "B"): [10, 0]}, MADE | frames)
    planned = firm(tables, [15, nothing])
    assert row(planned, "backlog_plan", "Shipments", "X", "B") == [10, 0]
    assert row(planned, "backlog_plan", "Shipments", "X", "A") == [5, 5]


def test_past_due_production_uses_its_components_in_the_first_period() -> None:
    tables = run_supply(made([10, 10, 10], lead_days=7.0))
    assert row(tables, "production_plan", "Planned production", "X", "PLANT") == [20, 10, 0]
    assert row(tables, "requirements", "Gross requirements", "Y", "PLANT") == [40, 20, 0]
    assert tables["requirements"].query("item == 'X'")["past_due"].unique().tolist() == [10]


@pytest.mark.parametrize(("lanes", "expected"), [
    ({"unit_cost": [2.0, 1.0], "capacity": [np.nan, np.nan]}, [[0, 0], [10, 30]]),
    ({"unit_cost": [2.0, 1.0], "capacity": [np.nan, 12.0]}, [[0, 18], [10, 12]]),
])
def test_the_cheapest_lane_is_used_up_to_its_capacity(lanes: dict[str, Any], expected: list[list[float]]) -> None:
    frames: Frames = {
        "locations": {"location": ["NEAR", "FAR", "SHOP"], "kind": "warehouse"},
        "markets": {"market": ["Home"], "market_group": ["Home"], "ship_from": ["SHOP"]},
        "suppliers": {"supplier": ["S"]},
        "sourcing": {"item": ["X", "X"], "location": ["NEAR", "FAR"], "supplier": "S"},
        "lanes": {"from_location": ["NEAR", "FAR"], "to_location": "SHOP", **lanes},
    }
    planned = run_supply(plan_tables(weekly(2), {KEY: [10, 30]}, frames))
    arrivals = [row(planned, "distribution_plan", "Arrivals", "X", sends, "SHOP") for sends in ("NEAR", "FAR")]
    assert arrivals == expected


def test_the_next_plan_keeps_to_the_last_one_in_frozen_periods_and_near_it_in_slushy_ones() -> None:
    settings = weekly(4, frozen_periods=1, slushy_periods=2, slushy_change=10.0)
    first = run_supply(plan_tables(settings, {KEY: [10, 10, 10, 10]}, MADE))
    assert row(first, "production_plan", "Planned production", "X", "PLANT") == [10, 10, 10, 10]
    changed = plan_tables(settings, {KEY: [10, 20, 0, 30]}, MADE)
    changed["production_plan"] = first["production_plan"]
    second = run_supply(changed)
    assert row(second, "production_plan", "Planned production", "X", "PLANT") == pytest.approx([10, 11, 11, 28])
    assert row(second, "backlog_plan", "Backlog", "X", "Home") == pytest.approx([0, 9, 0, 0])
