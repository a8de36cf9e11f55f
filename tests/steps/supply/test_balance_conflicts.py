"""Where no plan keeps to all limits: which of them conflict, by how much, and what stands in the way."""

from __future__ import annotations

from typing import Any

import pytest

from sopxl.schema import PlanError
from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.conflicts import GOALS, MEANS
from tests.steps.supply.balance_networks import NAN, small_network

PLANT: dict[str, Any] = {
    "nodes": [{}], "demands": [{}], "makes": [{}], "operations": [{"hours_per_unit": 1.0}], "resources": [{}],
    "price": 10.0, "regular_hours": 10.0,
}
BOUGHT: dict[str, Any] = {
    "nodes": [{}, {"item": "Frame"}], "demands": [{}], "makes": [{}], "components": [{"node": 1}], "price": 10.0,
}


def conflicts(settings: dict[str, Any] | None = None, **parts: Any) -> list[str]:
    """Messages of the findings."""
    with pytest.raises(PlanError) as failure:
        balance(small_network(3, settings, **parts))
    assert all(finding.severity == "error" and finding.remedy for finding in failure.value.findings)
    return [finding.message for finding in failure.value.findings]


def test_demand_that_may_not_wait_at_the_end_names_the_hours_that_are_missing() -> None:
    assert conflicts({"final_backlog": "none"}, **PLANT, demand=[[10, 10, 20]]) == [
        "10 units of Bike for Home would still wait at the end of 2027-02, but no demand may. "
        "What stands in the way: hours of Assembly from 2026-12 to 2027-02."]


def test_it_names_suppliers_lead_times_and_capacities() -> None:
    buy = {"node": 1, "item": "Frame", "lead": 2, "capacity": 30.0}
    assert conflicts({"final_backlog": "none"}, **BOUGHT, buys=[buy], demand=[[10, 10, 20]]) == [
        "10 units of Bike for Home would still wait at the end of 2027-02, but no demand may. What stands in the way: "
        "capacity for Frame from Supplier to Plant in 2027-02; lead time of Frame from Supplier to Plant from "
        "2026-12 to 2027-01."]


def test_a_minimum_stock_out_of_reach_says_how_much_is_missing() -> None:
    assert conflicts(**PLANT, demand=[[0, 10, 0]], minimum_stock=[[0, 5, 35]]) == [
        "The minimum stock of 35 Bike at Plant in 2027-02 cannot be reached: 5 units are missing. "
        "What stands in the way: hours of Assembly from 2026-12 to 2027-02."]


def test_customers_wait_before_a_minimum_stock_is_given_up() -> None:
    flows = balance(small_network(3, **PLANT, demand=[[10, 10, 0]], minimum_stock=[[0, 5, 25]]))
    assert flows.shipment.sum() == pytest.approx(5)


def test_what_could_only_have_been_started_before_the_plan_is_told() -> None:
    plant = {**PLANT, "makes": [{"lead": 1}]}
    assert conflicts(**plant, demand=[[0, 0, 0]], minimum_stock=[[4, 0, 0]]) == [
        "The minimum stock of 4 Bike at Plant in 2026-12 cannot be reached: 4 units are missing. "
        "It would have had to be started before the plan."]


def test_a_maximum_stock_that_firm_production_breaks_names_it() -> None:
    messages = conflicts(**PLANT, demand=[[0, 0, 5]], firm_production=[[5, 5, 5]], maximum_stock=7.0)
    assert messages[0] == (
        "The maximum stock of 7 Bike at Plant in 2027-01 cannot be kept: 3 units too many. "
        "What stands in the way: firm production of Bike at Plant from 2026-12 to 2027-02.")


def test_storage_that_firm_production_overfills_is_named() -> None:
    storage = [{"location": "Plant", "storage_capacity": 12.0}]
    assert conflicts(**PLANT, storage=storage, demand=[[0, 0, 0]], firm_production=[[5, 5, 5]])[0] == (
        "The storage capacity of Plant does not suffice in 2027-02: 3 units too many. "
        "What stands in the way: firm production of Bike at Plant from 2026-12 to 2027-02.")


def test_a_minimum_above_the_maximum_is_told() -> None:
    (message,) = conflicts(**PLANT, demand=[[0, 0, 0]], minimum_stock=[[0, 0, 9]], maximum_stock=6.0)
    assert "3 units" in message
    assert "in 2027-02" in message


def test_firm_production_beyond_the_hours_names_resource_period_and_hours() -> None:
    assert conflicts(**PLANT, demand=[[10, 10, 20]], firm_production=[[15, NAN, NAN]]) == [
        "Assembly would need 5 hours more than it has in 2026-12, overtime included: firm production asks for more "
        "than its capacity."]


def test_firm_production_without_components_names_them() -> None:
    buy = {"node": 1, "item": "Frame", "lead": 2}
    assert conflicts(**BOUGHT, buys=[buy], demand=[[10, 10, 20]], firm_production=[[5, 6, NAN]]) == [
        "6 units of Frame at Plant are missing in 2027-01 for firm production.",
        "5 units of Frame at Plant are missing in 2026-12 for firm production."]


def test_lots_that_do_not_fit_into_the_maximum_stock_are_told() -> None:
    lots = {**PLANT, "nodes": [{"minimum_lot": 9.0}]}
    messages = conflicts({"whole_lots": True, "final_backlog": "none"}, **lots, demand=[[0, 0, 2]], maximum_stock=5.0)
    assert messages[0].startswith(("2 units of Bike for Home would still wait", "The maximum stock of 5 Bike"))


def test_many_conflicts_are_told_the_largest_first_and_then_counted() -> None:
    nodes = [{"item": f"Item {number:02}"} for number in range(25)]
    messages = conflicts(nodes=nodes, minimum_stock=[[0, 0, number + 1.0] for number in range(25)])
    assert messages[0].startswith("The minimum stock of 25 Item 24 at Plant")
    assert messages[-1] == "5 more limits cannot be kept."


def test_every_limit_that_can_be_softened_is_told_in_some_test() -> None:
    names = {soften.__name__ for soften in [*GOALS, *MEANS]}
    assert names == {"minimum_stock", "maximum_stock", "storage", "final_backlog", "hours", "material"}
