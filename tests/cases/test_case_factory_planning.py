"""Williams's factory planning: seven products on five kinds of machines that are down in turn; sales are limited."""

from __future__ import annotations

import pytest

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.balance import balance
from tests.cases.case_tables import Frames, measure, network_of, plan_tables, read_case, row, run_supply

CASE, EXPECTED = read_case("williams_factory_planning_1")
PRODUCTS, MONTHS = CASE["products"], CASE["months"]


def settings_of() -> Settings:
    return Settings(first_period="2027-01", horizon=len(MONTHS), unmet_demand="lost")


def inputs(is_planer_down: bool = True) -> Tables:
    labels = settings_of().periods.labels
    machines, hours = CASE["machines"], CASE["hours_per_machine_month"]
    down = {month: {machine: count for machine, count in CASE["down"][month].items()
                    if is_planer_down or machine != "planer"} for month in MONTHS}
    calendar = [(machine, label, hours * (machines[machine] - down[month].get(machine, 0)))
                for machine in machines for month, label in zip(MONTHS, labels, strict=True)]
    routings = [(product, machine, needed[product]) for machine, needed in CASE["hours_per_unit"].items()
                for product in PRODUCTS if product in needed]
    items = {"item": PRODUCTS, "location": "PLANT"}
    frames: Frames = {
        "resources": {"resource": list(machines), "location": "PLANT"},
        "resource_calendar": dict(zip(("resource", "period", "available_hours"), zip(*calendar, strict=True),
                                      strict=True)),
        "routings": {"location": "PLANT", **{name: list(values) for name, values in zip(
            ("item", "operation", "resource", "hours_per_unit"),
            zip(*((product, machine, machine, needed) for product, machine, needed in routings), strict=True),
            strict=True)}},
        "stock_policies": {**items, "holding_cost": CASE["storage_cost"], "maximum_stock": CASE["storage_max"]},
        "stock_policy_changes": {**items, "period": labels[-1], "minimum_stock": CASE["end_stock"]},
    }
    sales = {(product, "Home"): [CASE["max_sales"][month][at] for month in MONTHS]
             for at, product in enumerate(PRODUCTS)}
    price = {(product, "Home"): [CASE["profit"][product]] * len(MONTHS) for product in PRODUCTS}
    return plan_tables(settings_of(), sales, frames, Price=price)


def most_sales() -> float:
    """Profit of all that could be sold."""
    return float(sum(CASE["profit"][product] * CASE["max_sales"][month][at]
                     for month in MONTHS for at, product in enumerate(PRODUCTS)))


@pytest.mark.parametrize(("is_planer_down", "expected"), [
    (True, EXPECTED["profit"]), (False, EXPECTED["profit_if_planer_not_down_in_june"])])
def test_the_profit_is_the_published_one(is_planer_down: bool, expected: float) -> None:
    flows = balance(network_of(inputs(is_planer_down), settings_of()))
    assert most_sales() - sum(flows.cost.values()) == pytest.approx(expected, abs=1e-6)


def test_the_plan_grids_add_up_to_that_profit() -> None:
    tables = run_supply(inputs())
    profit = float(measure(tables, "backlog_plan", "Sales value").to_numpy().sum())
    profit -= CASE["storage_cost"] * float(measure(tables, "inventory_plan", "Closing stock").to_numpy().sum())
    assert profit == pytest.approx(EXPECTED["profit"], abs=1e-3)


def test_an_hour_of_a_machine_is_worth_what_williams_publishes() -> None:
    tables = run_supply(inputs())
    for key, value in EXPECTED["capacity_shadow_prices_per_hour"].items():
        month, machine = key.split("_")
        values = row(tables, "capacity_plan", "Value of one more hour", machine)
        assert values[MONTHS.index(month)] == pytest.approx(value, abs=1e-4), key
