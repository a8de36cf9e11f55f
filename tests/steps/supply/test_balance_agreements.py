"""Balancing what is agreed with suppliers and carriers, on plans that can be checked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sopxl.steps.finance.tables import FINANCIAL_PLAN, STOCK_FLOWS
from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.contracts import not_taken, paid_for_shortfall
from sopxl.steps.supply.cost_terms import COST_TERMS
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.price_breaks import order_costs
from tests.steps.supply.balance_networks import small_network
from tests.steps.supply.test_balance import costs

BOUGHT: dict[str, Any] = {"nodes": [{"holding_cost": 1.0, "backlog_cost": 50.0}], "demands": [{}], "price": 100}
TWO: list[dict[str, Any]] = [{"unit_price": 2.0}, {"unit_price": 5.0, "supplier": "Other"}]


def test_a_suppliers_items_share_its_capacity_and_open_orders_take_part_of_it() -> None:
    network = small_network(
        1, nodes=[{"backlog_cost": 9.0}, {"item": "Trike", "backlog_cost": 5.0}], price=100, demand=[[8], [8]],
        demands=[{}, {"item": "Trike", "node": 1}], suppliers=[{"capacity": 12.0}], open_purchases=[[2], [0]],
        buys=[{"unit_price": 1.0}, {"node": 1, "item": "Trike", "unit_price": 1.0}],
    )
    flows = balance(network)
    assert flows.buy_receipt.sum() == pytest.approx(10)
    assert flows.shipment.ravel().tolist() == [8, 4]
    off = small_network(periods=1, settings={"keep_material": False}, nodes=[{}], demands=[{}], price=100,
                        suppliers=[{"capacity": 3.0}], buys=[{"capacity": 4.0}], demand=[[8]])
    assert balance(off).shipment.tolist() == [[8]]


def test_nothing_is_received_in_closed_periods() -> None:
    network = small_network(3, **BOUGHT, buys=[{"unit_price": 2.0}], demand=[[4, 4, 4]], buy_open=[[True, False, True]])
    assert balance(network).buy_receipt.tolist() == [[8, 0, 4]]


def contract(**terms: Any) -> tuple[Network, Flows]:
    network = small_network(3, **BOUGHT, buys=TWO, demand=[[4, 4, 4]],
                            contracts=[{"first": 0, "last": 2, **terms}], contract_buys=[{"buy": 1}])
    return network, balance(network)


def test_a_contract_is_taken_where_its_shortfall_costs_more_than_the_other_supplier_saves() -> None:
    network, flows = contract(minimum=7.0, shortfall_cost=4.0)
    assert flows.buy_receipt[1].sum() == pytest.approx(7)
    assert not_taken(network, flows.buy_receipt) == pytest.approx([0])
    network, flows = contract(minimum=7.0, shortfall_cost=2.5)
    assert not_taken(network, flows.buy_receipt).tolist() == [7]
    assert costs(flows) == {"Purchases": 24.0, "Contract shortfall": 17.5}


@pytest.mark.parametrize(("last", "paid"), [(1, [0, 25, 0]), (2, [0, 0, 25]), (9, [0, 0, 7.5])])
def test_a_shortfall_is_paid_in_the_last_period_in_which_receipts_count(last: int, paid: list[float]) -> None:
    network, flows = contract(minimum=10.0, shortfall_cost=2.5, last=last)
    assert paid_for_shortfall(network, flows.buy_receipt).tolist() == [paid]
    assert flows.cost["Contract shortfall"] == pytest.approx(sum(paid))


def test_of_a_contract_that_reaches_beyond_the_horizon_the_part_within_it_counts() -> None:
    _, flows = contract(minimum=10.0, shortfall_cost=4.0, last=4)
    assert flows.buy_receipt[1].sum() == pytest.approx(6)


def test_no_more_is_called_than_a_contract_allows() -> None:
    network = small_network(2, **BOUGHT, buys=TWO, demand=[[6, 6]], open_purchases=[[1, 0], [0, 0]],
                            contracts=[{"maximum": 5.0, "last": 1}], contract_buys=[{"buy": 0}])
    flows = balance(network)
    assert flows.buy_receipt.sum(axis=1).tolist() == [4, 7]


def test_suppliers_get_the_share_that_is_agreed_of_all_purchases() -> None:
    quota = [TWO[0], {**TWO[1], "quota": 0.25}]
    flows = balance(small_network(2, **BOUGHT, buys=quota, demand=[[10, 10]]))
    assert flows.buy_receipt.sum(axis=1).tolist() == [pytest.approx(15), pytest.approx(5)]
    assert "Missed quotas" not in costs(flows)
    cannot = [TWO[0], {**TWO[1], "quota": 0.25, "capacity": 1.0}]
    flows = balance(small_network(2, **BOUGHT, buys=cannot, demand=[[10, 10]]))
    assert flows.buy_receipt.sum(axis=1).tolist() == [18, 2]
    assert flows.cost["Missed quotas"] == pytest.approx(3 * (3 * 1.001 + 0.005))


def test_nothing_is_bought_for_a_quota_alone() -> None:
    late = [{"unit_price": 2.0}, {"unit_price": 5.0, "supplier": "Other", "quota": 0.5, "lead": 1}]
    flows = balance(small_network(2, **BOUGHT, buys=late, demand=[[10, 0]]))
    assert flows.buy_receipt.sum() == pytest.approx(10)


def two_lanes(**more: Any) -> Any:
    nodes = [{}, {"location": "Depot", "holding_cost": 1.0, "backlog_cost": 50.0}, {"location": "Shop"}]
    return {"nodes": nodes, "demands": [{"node": 1}], "price": 100, "buys": [{}],
            "moves": [{"unit_cost": 1.0}], **more}


def test_lanes_share_a_capacity_over_all_items() -> None:
    network = small_network(
        1, nodes=[{}, {"location": "Depot", "backlog_cost": 9.0}, {"item": "Trike"},
                  {"item": "Trike", "location": "Depot", "backlog_cost": 5.0}],
        demands=[{"node": 1}, {"item": "Trike", "node": 3}], price=100, demand=[[8], [8]],
        buys=[{}, {"node": 2, "item": "Trike"}], moves=[{}, {"item": "Trike", "from_node": 2, "to_node": 3}],
        lanes=[{"total_capacity": 11.0}],
    )
    flows = balance(network)
    assert flows.shipment.ravel().tolist() == [8, 3]
    assert flows.limit_values["lane_capacity"][0, 0] > 0
    assert flows.limit_values["lane_capacity"].shape == (1, 1)


@pytest.mark.parametrize(("whole", "loads", "moved"), [(False, [1.2, 0.4], [12, 4]), (True, [2, 0], [16, 0])])
def test_loads_are_paid_by_what_they_hold_or_whole(whole: bool, loads: list[float], moved: list[float]) -> None:
    network = small_network(2, {"whole_lots": whole}, **two_lanes(lanes=[{"load_size": 10.0, "load_cost": 30.0}]),
                            demand=[[12, 4]])
    flows = balance(network)
    assert flows.lane_loads is not None
    assert flows.lane_loads[0] == pytest.approx(loads)
    assert flows.move_shipment[0] == pytest.approx(moved)
    assert flows.cost["Loads"] == pytest.approx(30 * sum(loads))


def test_a_shipment_is_no_smaller_than_the_least_load() -> None:
    parts = two_lanes(lanes=[{"minimum_load": 6.0}])
    assert balance(small_network(2, {"whole_lots": True}, **parts, demand=[[4, 8]])).move_shipment.tolist() == [[6, 6]]
    assert balance(small_network(2, **parts, demand=[[4, 8]])).move_shipment.tolist() == [[4, 8]]


def test_what_takes_more_places_fills_a_store_sooner() -> None:
    network = small_network(2, nodes=[{"storage_units": 2.0}], demands=[{}], price=100, demand=[[0, 20]],
                            buys=[{"unit_price": 1.0, "capacity": 12.0}],
                            storage=[{"location": "Plant", "storage_capacity": 10.0}])
    flows = balance(network)
    assert flows.buy_receipt.tolist() == [[5, 12]]
    assert flows.limit_values["storage"][0, 0] > 0
    off = small_network(2, {"keep_storage": False}, nodes=[{"storage_units": 2.0}], demands=[{}], price=100,
                        demand=[[0, 20]], buys=[{"unit_price": 1.0, "capacity": 12.0}], maximum_stock=3.0,
                        storage=[{"location": "Plant", "storage_capacity": 10.0}])
    assert balance(off).shipment.tolist() == [[0, 20]]


@pytest.mark.parametrize(("all_units", "demand", "cost"), [
    (True, 8.0, 8 * 10.0), (True, 9.5, 10 * 8.0), (True, 12.0, 12 * 8.0), (True, 25.0, 25 * 7.0),
    (False, 8.0, 80.0), (False, 12.0, 100 + 2 * 8.0), (False, 25.0, 100 + 10 * 8.0 + 5 * 7.0),
])
def test_prices_depend_on_the_quantity_where_lots_are_whole(all_units: bool, demand: float, cost: float) -> None:
    breaks: list[dict[str, Any]] = [{"from_quantity": 10.0, "unit_price": 8.0, "all_units": all_units},
                                    {"from_quantity": 20.0, "unit_price": 7.0, "all_units": all_units}]
    parts: dict[str, Any] = {**BOUGHT, "nodes": [{"backlog_cost": 50.0, "unit_cost": 10.0}]}
    buy: dict[str, Any] = {"buys": [{"unit_price": 10.0}], "price_breaks": breaks, "demand": [[demand]]}
    assert balance(small_network(1, {"whole_lots": True}, **parts, **buy)).cost["Purchases"] == pytest.approx(cost)
    network = small_network(1, **parts, **buy)
    flows = balance(network)
    assert flows.buy_receipt.tolist() == [[demand]], "without whole lots the first price steers the plan"
    assert flows.cost["Purchases"] == pytest.approx(order_costs(network, np.array([[demand]])).item())


def test_the_value_of_a_limit_is_what_one_more_unit_would_save() -> None:
    def plan(more: float = 0.0, at: str = "") -> Flows:
        add = {name: more if name == at else 0.0 for name in (
            "supplier_capacity", "lane_capacity", "move_shipment", "storage", "stock", "overtime")}
        return balance(small_network(
            3, nodes=[{"holding_cost": 1.0}, {"location": "Depot", "holding_cost": 1.0, "backlog_cost": 20.0},
                      {"item": "Frame", "holding_cost": 0.25}],
            demands=[{"node": 1}], price=100, demand=[[4.3, 30.7, 40.9]], makes=[{}], components=[{"node": 2}],
            operations=[{"hours_per_unit": 1.0}], resources=[{"overtime_cost": 2.0}],
            buys=[{"node": 2, "item": "Frame", "unit_price": 3.0}], suppliers=[{"capacity": 19.3 + add[
                "supplier_capacity"]}],
            moves=[{"capacity": 20.9 + add["move_shipment"]}], lanes=[{"total_capacity": 21.7 + add["lane_capacity"]}],
            regular_hours=16.2, overtime_hours=3.6 + add["overtime"],
            maximum_stock=[[np.inf] * 3, [6.4 + add["stock"]] * 3, [np.inf] * 3],
            storage=[{"location": "Plant", "storage_capacity": 4.1 + add["storage"]}],
        ))

    usual = plan()
    for name in ("supplier_capacity", "lane_capacity", "move_shipment", "storage", "overtime", "stock"):
        step = 1e-3
        saved = (sum(usual.cost.values()) - sum(plan(step, name).cost.values())) / step
        assert usual.limit_values[name].sum() == pytest.approx(saved, abs=1e-6), name
        assert (usual.limit_values[name] >= 0).all()
        assert name == "lane_capacity" or usual.limit_values[name].any(), "it would prove nothing"
    np.testing.assert_array_equal(usual.limit_values["resource_hours"], usual.hour_value)
    assert (usual.limit_values["stock_balance"] > 0).any()


def test_terms_that_are_paid_stand_in_a_line_of_the_financial_plan() -> None:
    lines = {*FINANCIAL_PLAN.measure_names, *STOCK_FLOWS.measure_names}
    for term in COST_TERMS:
        assert not term.plan_line or term.plan_line in lines, term.name
        assert bool(term.plan_line) == term.money_flows, term.name
