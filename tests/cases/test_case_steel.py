"""AMPL's steel mill: two products compete for the hours of one mill, week by week."""

from __future__ import annotations

import pytest

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.balance import balance
from tests.cases.case_tables import Frames, measure, network_of, plan_tables, read_case, row, run_supply, weekly

CASE, EXPECTED = read_case("ampl_steelT")
PRODUCTS = list(CASE["rate"])


def settings_of() -> Settings:
    return weekly(CASE["weeks"], plan_mode="balance", unmet_demand="lost")


def inputs() -> Tables:
    items = {"item": PRODUCTS, "location": "PLANT"}
    frames: Frames = {
        "resources": {"resource": ["Mill"], "location": "PLANT"},
        "resource_calendar": {"resource": "Mill", "period": settings_of().periods.labels,
                              "available_hours": CASE["hours"]},
        "routings": {**items, "operation": "10", "resource": "Mill",
                     "hours_per_unit": [1 / CASE["rate"][product] for product in PRODUCTS]},
        "costs": {"item": PRODUCTS, "production_cost": [CASE["prodcost"][product] for product in PRODUCTS]},
        "stock_on_hand": {**items, "quantity": [CASE["opening"][product] for product in PRODUCTS]},
        "stock_policies": {**items, "holding_cost": [CASE["invcost"][product] for product in PRODUCTS]},
    }
    by_product = {name: {(product, "Home"): CASE[name][product] for product in PRODUCTS}
                  for name in ("market", "revenue")}
    return plan_tables(settings_of(), by_product["market"], frames, Price=by_product["revenue"])


def test_profit_and_what_an_hour_is_worth_are_the_published_ones() -> None:
    flows = balance(network_of(inputs(), settings_of()))
    most = sum(price * units for product in PRODUCTS
               for price, units in zip(CASE["revenue"][product], CASE["market"][product], strict=True))
    assert most - sum(flows.cost.values()) == pytest.approx(EXPECTED["profit"], abs=1e-6)
    assert flows.hour_value[0].tolist() == pytest.approx(EXPECTED["hour_shadow_prices"])


def test_the_plan_grids_tell_the_same() -> None:
    tables = run_supply(inputs())
    for product in PRODUCTS:
        for grid, name, expected in (("production_plan", "Planned production", "make"),
                                     ("inventory_plan", "Closing stock", "inventory")):
            assert row(tables, grid, name, product, "PLANT") == pytest.approx(EXPECTED[expected][product], abs=1e-5)
        assert row(tables, "backlog_plan", "Shipments", product, "Home") == pytest.approx(EXPECTED["sell"][product])
    assert row(tables, "capacity_plan", "Value of one more hour", "Mill") == pytest.approx(
        EXPECTED["hour_shadow_prices"])
    revenue = float(measure(tables, "backlog_plan", "Sales value").to_numpy().sum())
    cost = sum(CASE["prodcost"][product] * sum(row(tables, "production_plan", "Planned production", product, "PLANT"))
               + CASE["invcost"][product] * sum(row(tables, "inventory_plan", "Closing stock", product, "PLANT"))
               for product in PRODUCTS)
    assert revenue - cost == pytest.approx(EXPECTED["profit"], abs=1e-3)
