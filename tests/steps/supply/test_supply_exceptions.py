"""Every exception of the supply steps is found where it should be, with money and words, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl import grids
from sopxl.exceptions import MOST_PER_KIND
from sopxl.records import EXCEPTIONS
from sopxl.steps.supply.exceptions import SUPPLY_EXCEPTIONS
from sopxl.steps.supply.tables import PRODUCTION_PLAN
from tests.cases.case_tables import Frames, plan_tables, run_supply, weekly

WEEKS = 4
LABELS = weekly(WEEKS).periods.labels


def factory(**changes: dict[str, Any]) -> Frames:
    """X made of Y on resource R (10 hours a week), Y bought from S."""
    frames: Frames = {
        "locations": {"location": ["PLANT", "SHOP"], "kind": ["plant", "warehouse"]},
        "bills_of_material": {"parent": ["X"], "component": ["Y"], "quantity": [1.0]},
        "routings": {"item": ["X"], "location": ["PLANT"], "operation": ["10"], "resource": ["R"],
                     "hours_per_unit": [1.0]},
        "resources": {"resource": ["R"], "location": ["PLANT"], "hourly_cost": [20.0], "overtime_limit": [0.5]},
        "resource_calendar": {"resource": "R", "period": LABELS, "available_hours": 10.0},
        "suppliers": {"supplier": ["S"]},
        "sourcing": {"item": ["Y"], "location": ["PLANT"], "supplier": ["S"], "price": [4.0]},
        "costs": {"item": ["X", "Y"], "material_cost": [4.0, 4.0], "conversion_cost": [20.0, 0.0]},
    }
    return frames | changes


def exceptions(
    demand: list[float], mode: str = "requirements", settings: dict[str, Any] | None = None, **changes: dict[str, Any]
) -> pd.DataFrame:
    """The exceptions of the plan, by kind."""
    chosen = weekly(WEEKS, plan_mode=mode, **(settings or {}))
    tables = plan_tables(chosen, {("X", "Home"): demand}, factory(**changes), Price={("X", "Home"): [50.0] * WEEKS})
    return run_supply(tables)["exceptions"].set_index("kind")


def message(told: pd.DataFrame, kind: str) -> str:
    return str(told.loc[kind, "message"])


def place(**values: Any) -> dict[str, Any]:
    return {"item": ["X"], "location": ["PLANT"], **{name: [value] for name, value in values.items()}}


def test_a_plan_without_trouble_has_no_exceptions() -> None:
    assert exceptions([10, 10, 10, 10]).empty
    assert exceptions([10, 10, 10, 10], "balance").empty


def test_an_overload_tells_its_hours_money_and_worst_period() -> None:
    told = exceptions([10, 14, 16, 10]).loc["Overload"]
    assert (told["resource"], told["period"], told["quantity"], told["money"]) == ("R", "2027-W02", 10, 10 * 30)
    assert told["message"] == ("R needs 10 hours more than regular time from 2027-W02 on, most in 2027-W03 (160%). "
                               "The plan shows what is needed and keeps to no limit.")


def test_an_overload_of_dear_work_counts_what_regular_time_cannot_make() -> None:
    costs = {"item": ["X", "Y"], "material_cost": [4.0, 4.0], "conversion_cost": [96.0, 0.0]}
    assert exceptions([10, 14, 16, 10], costs=costs).loc["Overload", "money"] == pytest.approx((4 + 6) * 100)


def test_a_balanced_plan_tells_what_it_does_about_an_overload() -> None:
    ahead = exceptions([0, 10, 20, 10], "balance").loc["Overload"]
    assert "builds up to 10 ahead" in ahead["message"]
    overtime = exceptions([10, 10, 15, 10], "balance").loc["Overload"]
    assert "works 5 hours of overtime" in overtime["message"]


def test_waiting_demand_is_told_with_what_holds_it_up() -> None:
    told = exceptions([10, 40, 10, 0], "balance")
    waits = told.loc["Demand waits"]
    assert waits["location"] == "Home"
    assert waits["quantity"] == pytest.approx(waits["money"] / 50)
    assert waits["message"].endswith("R is full.")
    assert "leaves up to" in message(told, "Overload")


def test_lead_times_are_named_where_they_hold_demand_up() -> None:
    late = {"item": ["Y"], "location": ["PLANT"], "supplier": ["S"], "price": [4.0], "lead_time": [14.0]}
    told = exceptions([5, 5, 5, 5], "balance", sourcing=late)
    assert message(told, "Demand waits").endswith("Lead times do not let it come sooner.")


def test_a_suppliers_limit_is_named_where_it_holds_demand_up() -> None:
    limited = {"item": ["Y"], "location": ["PLANT"], "supplier": ["S"], "price": [4.0], "capacity": [3.0]}
    told = exceptions([5, 5, 5, 5], "balance", sourcing=limited)
    assert message(told, "Demand waits").endswith("S (Y) cannot deliver more.")


def test_a_lanes_limit_is_named_where_it_holds_demand_up() -> None:
    told = exceptions(
        [5, 5, 5, 5], "balance", markets={"market": ["Home"], "market_group": ["Home"], "ship_from": ["SHOP"]},
        lanes={"from_location": ["PLANT"], "to_location": ["SHOP"], "capacity": [3.0]},
    )
    assert message(told, "Demand waits").endswith("the lane PLANT–SHOP (X) cannot carry more.")


def test_lost_sales_are_told_with_their_money() -> None:
    told = exceptions([10, 40, 10, 0], "balance", settings={"unmet_demand": "lost"}).loc["Lost sales"]
    assert told["quantity"] > 0
    assert told["money"] == pytest.approx(50 * told["quantity"])


def test_past_due_orders_production_and_transfers_are_told_apart() -> None:
    told = exceptions(
        [5, 5, 5, 5], items={"item": ["X", "Y"], "lead_time": [7.0, 0.0]},
        sourcing={"item": ["Y"], "location": ["PLANT"], "supplier": ["S"], "price": [4.0], "lead_time": [7.0]},
        markets={"market": ["Home"], "market_group": ["Home"], "ship_from": ["SHOP"]},
        lanes={"from_location": ["PLANT"], "to_location": ["SHOP"], "lead_time": [7.0]},
    )
    quantities = told["quantity"].to_dict()
    assert quantities["Transfer past due"] == 5
    assert quantities["Production past due"] == 10
    assert quantities["Order past due"] == 15
    assert told.loc["Order past due", "money"] == 15 * 4
    assert told["step"].to_dict()["Production past due"] == "production"


def test_past_due_orders_are_worth_what_their_quantity_earns() -> None:
    told = exceptions(
        [5, 5, 5, 5], items={"item": ["X", "Y"], "lead_time": [7.0, 0.0]},
        sourcing={"item": ["Y"], "location": ["PLANT"], "supplier": ["S"], "price": [4.0], "lead_time": [7.0]},
        price_breaks={"item": ["Y"], "location": "", "supplier": "S", "from_quantity": [6.0], "price": 3.0,
                      "applies_to": "units beyond"},
    ).loc["Order past due"]
    assert (told["quantity"], told["money"]) == (10, 6 * 4 + 4 * 3)


def test_expedites_are_told_only_where_the_plan_decides_for_them() -> None:
    dear = {"item": ["Y"], "location": ["PLANT"], "supplier": ["S"], "price": [4.0], "lead_time": [14.0],
            "expedite_cost": [0.5]}
    assert "Expedite" not in exceptions([5, 5, 5, 5], sourcing=dear).index
    told = exceptions([5, 5, 5, 5], "balance", settings={"late_cost": 100.0}, sourcing=dear).loc["Expedite"]
    assert (told["resource"], told["period"]) == ("S", "2027-W01")
    assert told["money"] == pytest.approx(told["quantity"] * 2.0)


def test_stock_below_safety_stock_is_told_at_standard_cost() -> None:
    told = exceptions([10, 10, 10, 10], "balance", settings={"safety_stock_cost": 0.01},
                      stock_policies=place(safety_stock=8.0)).loc["Below safety stock"]
    assert (told["quantity"], told["money"]) == (8, 8 * 24)


def test_excess_stock_is_what_a_year_of_periods_does_not_need() -> None:
    told = exceptions([10, 10, 10, 10], stock_on_hand=place(quantity=150.0)).loc["Excess stock"]
    assert (told["quantity"], told["money"]) == (150 - 120, 30 * 24)
    unused = exceptions([0, 0, 0, 0], stock_on_hand=place(quantity=7.0)).loc["Excess stock"]
    assert "nothing draws on them" in unused["message"]


def test_use_beyond_stock_that_cannot_be_had_is_told() -> None:
    objects = PRODUCTION_PLAN.empty_frame().reindex([0]).assign(item="Y", location="PLANT", routing="", family="")
    chosen = weekly(WEEKS)
    tables = plan_tables(chosen, {("X", "Home"): [5, 0, 0, 0]}, factory(
        bills_of_material={"parent": ["X", "Y"], "component": ["Y", "Z"], "quantity": 1.0},
        routings={"item": ["X", "Y"], "location": "PLANT", "operation": "10", "resource": "R", "hours_per_unit": 1.0},
        sourcing={"item": ["Z"], "location": ["PLANT"], "supplier": ["S"]},
    ))
    tables["production_plan"] = grids.stack(
        PRODUCTION_PLAN, objects, {"Firm production": np.zeros((1, WEEKS))}, LABELS
    )
    told = run_supply(tables)["exceptions"].set_index("kind").loc["Stock runs out"]
    assert (told["item"], told["quantity"]) == ("Y", 5)


def test_only_the_dearest_of_a_kind_are_told() -> None:
    items = [f"I{number:03d}" for number in range(MOST_PER_KIND + 10)]
    stock = {"item": items, "location": "PLANT", "quantity": np.arange(len(items)) + 1.0}
    costs = {"item": items, "material_cost": 1.0}
    told = exceptions([10, 10, 10, 10], stock_on_hand=stock, costs=costs)
    assert len(told) == MOST_PER_KIND
    assert told["quantity"].tolist() == sorted(told["quantity"], reverse=True)
    assert told["quantity"].max() == len(items)


def test_every_exception_is_tried_here() -> None:
    tried = {"Overload", "Demand waits", "Lost sales", "Order past due", "Production past due", "Transfer past due",
             "Expedite", "Below safety stock", "Stock runs out", "Excess stock"}
    elsewhere = {"Limits conflict", "Standard cost out of date"}  # test_balance_conflicts, test_cost_roll_up
    assert set(SUPPLY_EXCEPTIONS) - elsewhere == tried
    assert set(exceptions([10, 14, 16, 10]).columns) == set(EXCEPTIONS.column_names) - {"kind"}
