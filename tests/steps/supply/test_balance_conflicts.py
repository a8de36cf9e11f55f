"""Where no plan keeps to all limits: which of them give, by how much, what stands in the way, and the plan then."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.softenings import GOALS, MEANS
from tests.benchmarks.balance_speed import demo_company, scarce
from tests.cases.case_tables import plan_tables, run_supply, weekly
from tests.steps.supply.balance_networks import NAN, small_network

PLANT: dict[str, Any] = {
    "nodes": [{}], "demands": [{}], "makes": [{}], "operations": [{"hours_per_unit": 1.0}], "resources": [{}],
    "price": 10.0, "regular_hours": 10.0,
}
BOUGHT: dict[str, Any] = {
    "nodes": [{}, {"item": "Frame"}], "demands": [{}], "makes": [{}], "components": [{"node": 1}], "price": 10.0,
}
FIRM = "firm production of Bike at Plant from 2026-12 to 2027-02"
SHORT = "hours of Assembly from 2026-12 to 2027-02"


def compromise(settings: dict[str, Any] | None = None, **parts: Any) -> Flows:
    """The plan of a network whose limits conflict."""
    flows = balance(small_network(3, settings, **parts))
    assert flows.conflicts is not None
    assert (flows.conflicts["remedy"] != "").all()
    assert "Not all limits can be kept" in flows.message
    return flows


def conflicts(settings: dict[str, Any] | None = None, **parts: Any) -> list[tuple[Any, ...]]:
    """Limit, name, period, the limit as stated, what it gives, what stands in the way."""
    found = compromise(settings, **parts).conflicts
    assert found is not None
    columns = found[["limit", "name", "period", "stated", "gives", "stands_in_the_way"]]
    return [(*row[:4], pytest.approx(row[4]), row[5]) for row in columns.itertuples(index=False)]


def test_a_plan_that_keeps_to_all_limits_has_no_conflicts() -> None:
    assert balance(small_network(3, **PLANT, demand=[[1, 1, 1]])).conflicts is None


def test_demand_that_may_not_wait_at_the_end_names_the_hours_that_are_missing() -> None:
    assert conflicts({"final_backlog": "none"}, **PLANT, demand=[[10, 10, 20]]) == [
        ("Final backlog", "Bike for Home", "2027-02", 0, 10, SHORT)]


def test_the_plan_is_the_cheapest_of_those_in_which_as_little_as_possible_gives() -> None:
    plant = {**PLANT, "nodes": [{"holding_cost": 1.0}]}
    flows = compromise({"final_backlog": "none"}, **plant, demand=[[5, 10, 20]])
    assert flows.make_start.tolist() == [[10, 10, 10]]
    assert flows.shipment.tolist() == [[5, 10, 15]]
    assert flows.cost["Holding"] == pytest.approx(10)


def test_it_names_suppliers_lead_times_and_capacities() -> None:
    buy = {"node": 1, "item": "Frame", "lead": 2, "capacity": 30.0}
    assert conflicts({"final_backlog": "none"}, **BOUGHT, buys=[buy], demand=[[10, 10, 20]]) == [
        ("Final backlog", "Bike for Home", "2027-02", 0, 10,
         "capacity for Frame from Supplier to Plant in 2027-02; lead time of Frame from Supplier to Plant from 2026-12 "
         "to 2027-01")]


def test_a_minimum_stock_out_of_reach_says_how_much_is_missing() -> None:
    assert conflicts(**PLANT, demand=[[0, 10, 0]], minimum_stock=[[0, 5, 35]]) == [
        ("Minimum stock", "Bike at Plant", "2027-02", 35, 5, SHORT)]


def test_customers_wait_before_a_minimum_stock_is_given_up() -> None:
    flows = balance(small_network(3, **PLANT, demand=[[10, 10, 0]], minimum_stock=[[0, 5, 25]]))
    assert flows.shipment.sum() == pytest.approx(5)


def test_what_could_only_have_been_started_before_the_plan_is_told() -> None:
    plant = {**PLANT, "makes": [{"lead": 1}]}
    assert conflicts(**plant, demand=[[0, 0, 0]], minimum_stock=[[4, 0, 0]]) == [
        ("Minimum stock", "Bike at Plant", "2026-12", 4, 4, "It would have had to be started before the plan.")]


def test_a_maximum_stock_that_firm_production_breaks_names_it() -> None:
    assert conflicts(**PLANT, demand=[[0, 0, 5]], firm_production=[[5, 5, 5]], maximum_stock=7.0) == [
        ("Maximum stock", "Bike at Plant", "2027-01", 7, 3, FIRM),
        ("Maximum stock", "Bike at Plant", "2027-02", 7, 3, FIRM)]


def test_storage_that_firm_production_overfills_is_named() -> None:
    stored = [{"location": "Plant", "storage_capacity": 12.0}]
    assert conflicts(**PLANT, storage=stored, demand=[[0, 0, 0]], firm_production=[[5, 5, 5]]) == [
        ("Storage", "Plant", "2027-02", 12, 3, FIRM)]


def test_a_minimum_above_the_maximum_is_told() -> None:
    (found,) = conflicts(**PLANT, demand=[[0, 0, 0]], minimum_stock=[[0, 0, 9]], maximum_stock=6.0)
    assert found[2] == "2027-02"
    assert found[4] == 3


def test_firm_production_beyond_the_hours_names_resource_period_and_hours() -> None:
    flows = compromise(**PLANT, demand=[[10, 10, 20]], firm_production=[[15, NAN, NAN]])
    assert flows.conflicts is not None
    assert flows.conflicts.iloc[0][["limit", "name", "period", "stated", "unit"]].tolist() == [
        "Hours", "Assembly", "2026-12", 10, "hours"]
    assert flows.conflicts["gives"].tolist() == pytest.approx([5])
    assert flows.make_start.tolist() == [[15, 10, 10]]


def test_firm_production_without_components_names_them() -> None:
    buy = {"node": 1, "item": "Frame", "lead": 2}
    found = conflicts(**BOUGHT, buys=[buy], demand=[[10, 10, 20]], firm_production=[[5, 6, NAN]])
    assert [(row[0], row[1], row[2], row[4]) for row in found] == [
        ("Material", "Frame at Plant", "2027-01", 6), ("Material", "Frame at Plant", "2026-12", 5)]


def test_lots_that_do_not_fit_into_the_maximum_stock_are_told() -> None:
    lots = {**PLANT, "nodes": [{"minimum_lot": 9.0}]}
    found = conflicts({"whole_lots": True, "final_backlog": "none"}, **lots, demand=[[0, 0, 2]], maximum_stock=5.0)
    assert found[0][0] in {"Final backlog", "Maximum stock"}
    assert found[0][4] == 2


def test_what_the_last_plan_froze_gives_where_there_are_no_hours_for_it() -> None:
    frozen: dict[str, Any] = {"last_production": [[14.0, 3.0, 0.0]], "frozen": [[True, False, False]]}
    flows = compromise(**PLANT, **frozen, demand=[[10, 5, 5]])
    assert flows.conflicts is not None
    assert flows.conflicts[["limit", "name", "period", "stated", "gives"]].to_numpy().tolist() == [
        ["Frozen production", "Bike at Plant", "2026-12", 14, pytest.approx(4)]]
    assert flows.make_start[0, 0] == pytest.approx(10)


@pytest.mark.parametrize(
    ("workers", "most", "limit"), [(6.0, "most_hired", "Hiring"), (1.0, "most_laid_off", "Lay-off")]
)
def test_prescribed_workers_who_cannot_come_or_go_are_told(workers: float, most: str, limit: str) -> None:
    resource = {"workers": 3.0, "worker_hours": 10.0, most: 2.0 if workers > 3 else 1.0}
    plant = {**PLANT, "resources": [resource], "regular_hours": 30.0}
    found = conflicts(**plant, demand=[[5, 5, 5]], prescribed_workers=[[workers, NAN, NAN]])
    assert [row[:5] for row in found] == [(limit, "Assembly", "2026-12", resource[most], 1)]


def test_firm_production_that_a_supplier_cannot_feed_leaves_material_missing() -> None:
    buy = {"node": 1, "item": "Frame"}
    supplier = {"supplier": "Supplier", "capacity": 4.0}
    firm = [[6, NAN, NAN]]
    found = compromise(
        **BOUGHT, buys=[buy], suppliers=[supplier], demand=[[6, 0, 0]], firm_production=firm).conflicts
    assert found is not None
    assert found["gives"].sum() == pytest.approx(2)
    assert set(found["limit"]) <= {"Material", "Supplier capacity"}


def test_many_conflicts_are_told_the_largest_first() -> None:
    nodes = [{"item": f"Item {number:02}"} for number in range(25)]
    found = conflicts(nodes=nodes, minimum_stock=[[0, 0, number + 1.0] for number in range(25)])
    assert [row[4] for row in found] == [25.0 - number for number in range(25)]


def test_every_limit_that_can_be_softened_is_told_in_some_test() -> None:
    assert {softening.limit for softening in [*GOALS, *MEANS]} == {
        "Minimum stock", "Maximum stock", "Made to order", "Overtime budget", "Stock value", "Gross margin",
        "Storage", "Final backlog", "Frozen production", "Hours", "Material", "Hiring", "Lay-off"}


def test_planners_find_the_conflict_in_its_table_and_among_the_exceptions() -> None:
    plan = weekly(4, plan_mode="balance", final_backlog="none")
    frames: Any = {
        "locations": {"location": ["PLANT", "SHOP"], "kind": ["plant", "warehouse"]},
        "routings": {"item": ["X"], "location": ["PLANT"], "operation": ["10"], "resource": ["R"],
                     "hours_per_unit": [1.0]},
        "resources": {"resource": ["R"], "location": ["PLANT"], "hourly_cost": [20.0]},
        "resource_calendar": {"resource": "R", "period": plan.periods.labels, "available_hours": 10.0},
        "costs": {"item": ["X"], "material_cost": [4.0], "conversion_cost": [20.0]},
    }
    tables = run_supply(plan_tables(plan, {("X", "Home"): [10.0, 10.0, 10.0, 16.0]}, frames))
    (row,) = tables["limit_conflicts"].to_dict("records")
    assert (row["limit"], row["name"], row["gives"]) == ("Final backlog", "X for Home", pytest.approx(6))
    told = tables["exceptions"].set_index("kind").loc["Limits conflict"]
    assert told["message"].startswith("Final backlog of X for Home in")
    assert told["money"] == pytest.approx(6 * 24)


MOST_SECONDS = 30.0
"""Of processor time, to explain a conflict of a real company's limits."""


@pytest.fixture(scope="module")
def demo() -> Network:
    """The demo company, with patience for a busy computer."""
    network = demo_company("group")
    return replace(network, settings=replace(network.settings, time_limit=600.0))


def explained(network: Network) -> pd.DataFrame:
    """The conflicts of the demo company's limits, told in time."""
    begun = time.process_time()
    flows = balance(network)
    assert time.process_time() - begun < MOST_SECONDS
    assert flows.conflicts is not None
    return flows.conflicts


@pytest.mark.slow
def test_a_real_company_with_too_few_hours_lets_demand_wait(demo: Network) -> None:
    begun = time.process_time()
    flows = balance(scarce(demo))
    assert time.process_time() - begun < MOST_SECONDS
    assert flows.conflicts is None
    assert flows.shipment.sum() < demo.demand.sum() - 1000


@pytest.mark.slow
def test_a_real_company_learns_what_must_wait_at_its_end(demo: Network) -> None:
    short = scarce(demo)
    found = explained(replace(short, settings=replace(short.settings, final_backlog="none")))
    assert set(found["limit"]) == {"Final backlog"}
    assert found["stands_in_the_way"].str.contains("hours of Final Assembly").all()


@pytest.mark.slow
def test_a_real_company_learns_which_minimum_stock_it_cannot_reach(demo: Network) -> None:
    made = demo.makes["node"].to_numpy(int)
    bike = made[demo.nodes["unit_cost"].to_numpy(float)[made].argmax()]
    wanted = np.nan_to_num(demo.minimum_stock)
    wanted[bike, 2] = 1e6
    found = explained(replace(demo, minimum_stock=wanted))
    assert found["limit"].tolist() == ["Minimum stock"]
    assert "hours of" in found["stands_in_the_way"].iloc[0]


@pytest.mark.slow
def test_a_real_company_learns_how_far_it_is_from_its_margin(demo: Network) -> None:
    margin = {"limit": "gross margin", "family": "", "name": "all families", "amount": 5e8, "share": np.nan,
              "first": 0, "last": demo.settings.horizon - 1, "in_total": True}
    found = explained(replace(demo, financial_limits=pd.DataFrame([margin])))
    assert found["limit"].tolist() == ["Gross margin"]
    assert found["gives"].iloc[0] > 1e8
    assert found["stands_in_the_way"].iloc[0] == "Demand and prices: all that earns more is sold."
