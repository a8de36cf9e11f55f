"""Balancing how things are made, on plans that can be checked by hand: yields, routings, shifts, alternates, fences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.figures import figures
from tests.steps.supply.balance_networks import NAN, small_network
from tests.steps.supply.test_balance import ONE_PLANT, costs


def test_more_is_started_than_comes_out_where_the_yield_is_below_one() -> None:
    network = small_network(2, **{**ONE_PLANT, "makes": [{"yield_rate": 0.8, "lead": 1, "production_cost": 4.0}]},
                            demand=[[0, 16]], regular_hours=50)
    flows = balance(network)
    assert flows.make_start.tolist() == [[20, 0]]
    assert flows.make_receipt.tolist() == [[0, 16]]
    assert costs(flows) == {"Production": 80.0}


def test_what_comes_out_beside_serves_demand_too() -> None:
    network = small_network(
        1, nodes=[{}, {"item": "Whey"}], demands=[{}, {"item": "Whey", "node": 1}], price=100, demand=[[10], [7]],
        makes=[{"production_cost": 1.0, "yield_rate": 0.5}], co_products=[{"node": 1, "quantity": 0.25}],
        buys=[{"node": 1, "item": "Whey", "unit_price": 3.0}],
    )
    flows = balance(network)
    assert flows.make_start.tolist() == [[20]]
    assert flows.buy_receipt.tolist() == [[2]]
    assert figures(network, flows).closing_stock == pytest.approx(np.zeros((2, 1)))


def test_a_component_is_used_only_while_the_bill_holds() -> None:
    network = small_network(
        2, nodes=[{"holding_cost": 1.0}, {"item": "Frame"}], demands=[{}], price=100, demand=[[5, 5]], makes=[{}],
        components=[{"node": 1, "quantity": 2.0}], component_open=[[True, False]],
        buys=[{"node": 1, "item": "Frame", "unit_price": 0.25}],
    )
    assert balance(network).buy_receipt.tolist() == [[10, 0]]


def test_nothing_starts_in_closed_periods_but_what_is_firm() -> None:
    closed: dict[str, Any] = {"make_open": [[True, False, False]], "regular_hours": 20, "demand": [[2, 3, 4]]}
    assert balance(small_network(3, **ONE_PLANT, **closed)).make_start.tolist() == [[9, 0, 0]]
    firm = balance(small_network(3, **ONE_PLANT, **closed, firm_production=[[NAN, NAN, 4]]))
    assert firm.make_start.tolist() == [[5, 0, 4]]


def test_the_usual_routing_serves_first_and_the_other_when_it_cannot() -> None:
    plant = {**ONE_PLANT, "makes": [{"routing": "New", "priority": 2.0}, {"routing": "Usual", "production_cost": 3.0}],
             "operations": [{"make": 0}, {"make": 1, "hours_per_unit": 1.0}]}
    flows = balance(small_network(1, **plant, demand=[[15]], regular_hours=10))
    assert flows.make_start.tolist() == [[5], [10]]
    assert flows.cost["Production"] == pytest.approx(30)
    assert flows.cost["Second sources"] == pytest.approx(5 * 3 * 1.001)


SHIFTS: dict[str, Any] = {**ONE_PLANT, "nodes": [{"holding_cost": 50.0, "backlog_cost": 50.0}], "resources": [{
    "hourly_cost": 2.0, "overtime_cost": 6.0, "most_extra_shifts": 2.0, "extra_shift_hours": 8.0,
    "extra_shift_cost": 20.0}]}


def test_extra_shifts_run_where_they_cost_less_than_overtime() -> None:
    network = small_network(1, {"whole_workers": True}, **SHIFTS, demand=[[21]], regular_hours=10, overtime_hours=10)
    flows = balance(network)
    assert flows.extra_shifts is not None
    assert flows.extra_shifts.tolist() == [[1]]
    assert costs(flows) == {"Regular hours": 18 * 2.0, "Extra shifts": 20.0, "Overtime": 3 * 6.0}


def test_there_are_no_more_extra_shifts_than_allowed_and_each_is_worth_what_it_saves() -> None:
    flows = balance(small_network(1, **SHIFTS, demand=[[40]], regular_hours=10, overtime_hours=20))
    assert flows.extra_shifts is not None
    assert flows.extra_shifts.tolist() == [[2]]
    assert costs(flows) == {"Regular hours": 26 * 2.0, "Extra shifts": 40.0, "Overtime": 14 * 6.0}
    assert flows.limit_values["extra_shifts"].tolist() == [[pytest.approx(8 * (6 - 2) - 20)]]


def alternates(**more: Any) -> Any:
    return small_network(1, nodes=[{"backlog_cost": 90.0}], demands=[{}], price=100, makes=[{}],
                         operations=[{"hours_per_unit": 1.0}],
                         resources=[{"hourly_cost": 2.0}, {"resource": "Old line", "hourly_cost": 3.0}],
                         alternates=[{"resource": 1, "hours_factor": 2.0}], regular_hours=[[10], [8]], **more)


def test_an_alternate_takes_over_what_the_resource_cannot_do() -> None:
    network = alternates(demand=[[13]])
    flows = balance(network)
    assert flows.alternate_hours is not None
    assert flows.alternate_hours.tolist() == [[3]]
    assert flows.cost["Regular hours"] == pytest.approx(10 * 2 + 6 * 3)
    assert figures(network, flows).hours.tolist() == [[10], [6]]
    late = balance(alternates(demand=[[15]]))
    assert late.shipment.tolist() == [[14]]


def test_an_alternate_does_no_more_of_an_operation_than_there_is() -> None:
    network = alternates(demand=[[4]])
    cheap = network.resources.assign(hourly_cost=[9.0, 1.0])
    flows = balance(type(network)(**{**network.__dict__, "resources": cheap}))
    assert flows.alternate_hours is not None
    assert flows.alternate_hours.tolist() == [[4]]
    assert flows.cost["Regular hours"] == pytest.approx(8.0)


TEAM = {"workers": 2.0, "worker_hours": 10.0, "wage": 20.0, "hiring_cost": 5.0, "layoff_cost": 5.0}
BUSY: dict[str, Any] = {**ONE_PLANT, "nodes": [{"holding_cost": 50.0, "backlog_cost": 60.0}]}


@pytest.mark.parametrize(("limits", "expected"), [
    ({}, [1, 4, 1]),
    ({"least_workers": 2.0}, [2, 4, 2]),
    ({"most_workers": 3.0}, [2, 3, 1]),
    ({"most_hired": 2.0}, [2, 4, 1]),
    ({"most_laid_off": 1.0}, [1, 4, 3]),
])
def test_work_forces_keep_to_their_limits(limits: dict[str, float], expected: list[float]) -> None:
    network = small_network(3, **{**BUSY, "resources": [{**TEAM, **limits}]}, demand=[[10, 40, 10]], regular_hours=20)
    assert balance(network).workers.tolist() == [expected]


def test_prescribed_workers_are_employed_exactly() -> None:
    network = small_network(3, {"whole_workers": True}, **{**BUSY, "resources": [TEAM]}, demand=[[10, 40, 10]],
                            regular_hours=20, prescribed_workers=[[3, NAN, 2.5]])
    flows = balance(network)
    assert flows.workers.tolist() == [[3, 4, 2.5]]
    assert flows.cost["Wages"] == pytest.approx(9.5 * 20)


LAST: dict[str, Any] = {**ONE_PLANT, "demand": [[10, 10, 10, 10]], "regular_hours": 30}


def test_frozen_periods_stay_as_the_last_plan_and_slushy_ones_change_a_little() -> None:
    fenced: dict[str, Any] = {"last_production": [[4, 20, 5, 8]], "frozen": [[True, True, False, False]],
              "slushy": [[False, False, True, False]]}
    assert balance(small_network(4, {"slushy_change": 20}, **LAST, **fenced)).make_start.tolist() == [[4, 20, 6, 10]]
    assert balance(small_network(4, {"keep_frozen": False}, **LAST, **fenced)).make_start.tolist() == [[10, 10, 10, 10]]
    firm = balance(small_network(4, {"slushy_change": 20}, **LAST, **fenced, firm_production=[[7, NAN, 9, NAN]]))
    assert firm.make_start.tolist() == [[7, 20, 9, 4]]


def test_periods_for_which_the_last_plan_says_nothing_are_free() -> None:
    fenced: dict[str, Any] = {"last_production": [[NAN, 20, NAN, NAN]], "frozen": [[True, True, False, False]]}
    assert balance(small_network(4, **LAST, **fenced)).make_start.tolist() == [[10, 20, 0, 10]]


def test_safety_time_brings_receipts_before_they_are_needed() -> None:
    node = {"unit_cost": 50.0, "safety_time": 1.0}
    network = small_network(3, {"safety_stock_cost": 5.0}, nodes=[node], demands=[{}], price=100,
                            buys=[{"unit_price": 50.0}], demand=[[4, 6, 3]])
    flows = balance(network)
    assert flows.buy_receipt.tolist() == [[10, 3, 3]]
    late = small_network(3, {"safety_stock_cost": 5.0}, nodes=[node], demands=[{}], price=100,
                         buys=[{"unit_price": 50.0, "capacity": 6.0}], demand=[[4, 6, 3]])
    assert balance(late).shipment.tolist() == [[4, 6, 3]]


@pytest.mark.parametrize(("switch", "expected"), [("keep_capacity", 30.0), ("keep_lead_times", 20.0)])
def test_what_the_plan_need_not_keep_to_does_not_limit_it(switch: str, expected: float) -> None:
    network = small_network(1, {switch: False}, nodes=[{}], demands=[{}], price=100, demand=[[30]], regular_hours=10,
                            makes=[{}, {"routing": "Slow", "lead": 1}], overtime_hours=5,
                            operations=[{"hours_per_unit": 1.0}, {"make": 1, "hours_per_unit": 0.75}],
                            resources=[{"hourly_cost": 2.0, "overtime_cost": 3.0}])
    flows = balance(network)
    assert flows.shipment.tolist() == [[expected]]
    assert bool(flows.cost["Overtime"]) is (switch != "keep_capacity")


def test_without_lead_times_what_is_bought_and_moved_is_there_at_once_without_surcharge() -> None:
    network = small_network(
        2, {"keep_lead_times": False}, nodes=[{}, {"location": "Depot"}], demands=[{"node": 1}], price=100,
        demand=[[5, 5]], buys=[{"lead": 2, "unit_price": 1.0, "expedite_price": 9.0}], moves=[{"lead": 1}],
    )
    flows = balance(network)
    assert flows.move_arrival.sum() == pytest.approx(10)
    assert flows.shipment.tolist() == [[5, 5]]
    assert costs(flows) == {"Purchases": 10.0}
