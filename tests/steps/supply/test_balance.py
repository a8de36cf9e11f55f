"""Balancing small plans that can be checked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sopxl.schema import PlanError
from sopxl.settings import Settings
from sopxl.steps.supply import solve as solving
from sopxl.steps.supply.balance import balance
from tests.cases.case_tables import network_of, plan_tables
from tests.steps.supply.balance_networks import NAN, small_network

ONE_PLANT: dict[str, Any] = {
    "nodes": [{"holding_cost": 1.0}], "demands": [{}], "makes": [{}], "operations": [{"hours_per_unit": 1.0}],
    "resources": [{"overtime_cost": 5.0}], "price": 100.0,
}


def costs(flows: Any) -> dict[str, Any]:
    """Cost terms that are not zero."""
    return {name: pytest.approx(value) for name, value in flows.cost.items() if abs(value) > 1e-9}


def test_it_builds_ahead_where_that_costs_less_than_overtime() -> None:
    flows = balance(small_network(3, **ONE_PLANT, demand=[[5, 5, 20]], regular_hours=10, overtime_hours=10))
    assert flows.make_start.tolist() == [[10, 10, 10]]
    assert costs(flows) == {"Holding": 15.0}
    assert flows.hour_value.tolist() == [[0, 1, 2]]


def test_it_uses_overtime_where_that_costs_less_than_holding_or_waiting() -> None:
    plant = {**ONE_PLANT, "nodes": [{"holding_cost": 9.0, "backlog_cost": 9.0}]}
    flows = balance(small_network(3, **plant, demand=[[5, 20, 5]], regular_hours=10, overtime_hours=10))
    assert flows.make_start.tolist() == [[5, 20, 5]]
    assert costs(flows) == {"Overtime": 50.0}


def test_it_lets_orders_wait_where_that_costs_least() -> None:
    plant = {**ONE_PLANT, "nodes": [{"holding_cost": 9.0, "backlog_cost": 2.0}]}
    flows = balance(small_network(3, **plant, demand=[[5, 20, 0]], regular_hours=10, overtime_hours=10))
    assert flows.shipment.tolist() == [[5, 10, 10]]
    assert costs(flows) == {"Late demand": 20.0}


def test_regular_hours_cost_their_rate_and_overtime_never_less() -> None:
    plant = {**ONE_PLANT, "resources": [{"hourly_cost": 4.0, "overtime_cost": 0.0}]}
    flows = balance(small_network(1, **plant, demand=[[15]], regular_hours=10, overtime_hours=10))
    assert sum(flows.cost.values()) == pytest.approx(60)


def test_what_cannot_be_served_by_the_end_is_dearer_than_serving_it() -> None:
    plant = {**ONE_PLANT, "makes": [{"production_cost": 150.0}]}
    flows = balance(small_network(2, **plant, demand=[[0, 12]], regular_hours=5, overtime_hours=[[0, 3]]))
    assert flows.shipment.tolist() == [[0, 12]]
    flows = balance(small_network(2, **plant, demand=[[0, 12]], regular_hours=5))
    assert flows.shipment.tolist() == [[0, 10]]
    assert flows.cost["Late demand at the end"] == pytest.approx(2 * 2 * 150)


def test_lost_sales_cost_their_revenue_and_are_chosen_by_it() -> None:
    network = small_network(
        1, {"unmet_demand": "lost"}, nodes=[{}, {"item": "Trike"}], demands=[{}, {"item": "Trike", "node": 1}],
        makes=[{}, {"item": "Trike", "node": 1}], resources=[{}], price=[[100], [150]], demand=[[10], [10]],
        operations=[{"hours_per_unit": 1.0}, {"make": 1, "hours_per_unit": 2.0}], regular_hours=12,
    )
    flows = balance(network)
    assert flows.shipment.ravel().tolist() == [10, 1]
    assert flows.lost.ravel().tolist() == [0, 9]
    assert costs(flows) == {"Lost sales": 1350.0}
    assert flows.hour_value.tolist() == [[75]]


def test_demand_that_can_be_served_is_not_lost_because_it_earns_nothing() -> None:
    network = small_network(1, {"unmet_demand": "lost"}, nodes=[{}], demands=[{"freight_cost": 2.0}], price=10,
                            buys=[{"unit_price": 11.0, "capacity": 6.0}], demand=[[9]])
    flows = balance(network)
    assert flows.shipment.tolist() == [[6]]
    assert flows.cost["Lost sales"] == pytest.approx(3 * (11 * 1.2 + 2))


def test_purchases_come_after_the_lead_time_or_are_expedited_at_a_surcharge() -> None:
    buy = {"lead": 2, "unit_price": 10.0}
    network = small_network(3, nodes=[{}], demands=[{}], buys=[buy], demand=[[4, 4, 4]], price=100)
    flows = balance(network)
    assert flows.buy_receipt.tolist() == [[0, 0, 12]]
    assert flows.buy_order.tolist() == [[12, 0, 0]]
    network = small_network(3, nodes=[{}], demands=[{}], buys=[{**buy, "expedite_price": 1.0}],
                            demand=[[4, 4, 4]], price=100)
    flows = balance(network)
    assert flows.buy_expedited.tolist() == [[4, 4, 0]]
    assert flows.buy_order.tolist() == [[12, 0, 0]]
    assert costs(flows) == {"Purchases": 120.0, "Expediting": 8.0}


def test_open_orders_come_and_take_up_the_supplier_s_capacity() -> None:
    network = small_network(2, nodes=[{}], demands=[{}], buys=[{"unit_price": 1.0, "capacity": 10.0}], price=100,
                            demand=[[12, 8]], open_purchases=[[7, 0]])
    flows = balance(network)
    assert flows.buy_receipt.tolist() == [[3, 10]]
    assert flows.shipment.tolist() == [[10, 10]]


def test_lower_priority_suppliers_serve_only_when_better_ones_cannot() -> None:
    buys = [{"supplier": "Cheap", "unit_price": 1.0, "priority": 2.0}, {"supplier": "Usual", "unit_price": 5.0,
                                                                        "capacity": 10.0}]
    flows = balance(small_network(1, nodes=[{}], demands=[{}], buys=buys, demand=[[14]], price=100))
    assert flows.buy_receipt.tolist() == [[4], [10]]
    assert flows.cost["Purchases"] == pytest.approx(54)
    assert flows.cost["Second sources"] == pytest.approx(4 * 4.005)


def test_customers_of_better_priority_are_served_first_even_at_a_lower_price() -> None:
    demands = [{"market": "Rich", "priority": 2.0}, {"market": "Friend", "priority": 1.0}]
    network = small_network(2, nodes=[{}], demands=demands, buys=[{"capacity": 10.0, "unit_price": 1.0}],
                            demand=[[10, 0], [10, 0]], price=[[200, 200], [50, 50]])
    assert balance(network).shipment.tolist() == [[0, 10], [10, 0]]


def test_moves_and_production_arrive_after_their_lead_times_and_use_components_at_the_start() -> None:
    network = small_network(
        4, nodes=[{}, {"location": "Depot"}, {"item": "Frame"}], demands=[{"node": 1}], makes=[{"lead": 1}],
        components=[{"node": 2, "quantity": 2.0}], moves=[{"lead": 1, "unit_cost": 3.0}], price=100,
        buys=[{"node": 2, "item": "Frame", "unit_price": 5.0}], demand=[[0, 0, 6, 0]],
    )
    flows = balance(network)
    assert flows.buy_receipt.tolist() == [[12, 0, 0, 0]]
    assert flows.make_start.tolist() == [[6, 0, 0, 0]]
    assert flows.make_receipt.tolist() == [[0, 6, 0, 0]]
    assert flows.move_shipment.tolist() == [[0, 6, 0, 0]]
    assert flows.move_arrival.tolist() == [[0, 0, 6, 0]]
    assert costs(flows) == {"Purchases": 60.0, "Transfer freight": 18.0}


def test_stock_is_not_sent_off_or_used_up_to_save_its_holding_cost() -> None:
    network = small_network(
        3, nodes=[{"holding_cost": 5.0, "on_hand": 10.0}, {"location": "Depot", "on_hand": 0.0}], makes=[{"lead": 2}],
        components=[{"node": 0, "quantity": 1.0}], moves=[{"lead": 2}], demands=[{}], demand=[[1, 1, 1]], price=100,
    )
    flows = balance(network)
    assert flows.move_shipment[:, 1:].sum() == 0
    assert flows.make_start[:, 1:].sum() == 0


def test_the_plan_ends_at_the_safety_stock_where_that_costs_no_more_than_the_standard() -> None:
    network = small_network(2, nodes=[{"unit_cost": 50.0, "safety_stock": 8.0}], demands=[{}], price=100,
                            buys=[{"lead": 1, "unit_price": 50.0}], demand=[[0, 0]])
    flows = balance(network)
    assert flows.buy_receipt.tolist() == [[0, 8]]
    assert costs(flows) == {"Below safety stock": 8 * 1.0, "Purchases": 8 * 50.0}


def test_standing_below_safety_stock_costs_its_share_of_the_standard_cost() -> None:
    dear = small_network(2, nodes=[{"unit_cost": 50.0, "safety_stock": 8.0}], demands=[{}], price=100,
                         buys=[{"lead": 1, "unit_price": 70.0}], demand=[[0, 0]])
    flows = balance(dear)
    assert flows.buy_receipt.tolist() == [[0, 0]]
    assert costs(flows) == {"Below safety stock": 2 * 8 * 1.0, "Below safety stock at the end": 8 * 50.0 * 1.2}
    needed = small_network(2, {"safety_stock_cost": 200.0}, nodes=[{"unit_cost": 50.0, "safety_stock": 8.0}],
                           demands=[{}], price=100, buys=[{"lead": 1, "unit_price": 70.0}], demand=[[0, 0]])
    assert balance(needed).buy_receipt.tolist() == [[0, 8]]


def test_opening_stock_above_the_maximum_is_used_up_and_not_refilled() -> None:
    network = small_network(3, nodes=[{"on_hand": 20.0}], demands=[{}], buys=[{"unit_price": 1.0}], price=100,
                            demand=[[4, 4, 20]], maximum_stock=5.0)
    flows = balance(network)
    assert flows.buy_receipt.tolist() == [[0, 0, 8]]


def test_all_items_together_fit_into_the_storage_of_their_location() -> None:
    nodes = [{"on_hand": 3.0}, {"item": "Trike"}, {"location": "Depot"}]
    network = small_network(
        2, nodes=nodes, demands=[{}, {"item": "Trike", "node": 1}], price=100, demand=[[0, 20], [0, 20]],
        buys=[{"unit_price": 1.0, "capacity": 14.0}, {"node": 1, "item": "Trike", "unit_price": 2.0, "capacity": 14.0}],
        storage=[{"location": "Plant", "storage_capacity": 8.0}],
    )
    flows = balance(network)
    assert flows.buy_receipt[:, 0].sum() == pytest.approx(8 - 3)
    assert flows.shipment.sum() == pytest.approx(8 + 28)


def test_the_storage_capacity_is_that_of_the_locations_table() -> None:
    settings = Settings(horizon=2)
    tables = plan_tables(settings, {("Bike", "Home"): [0, 20]}, {
        "locations": {"location": ["PLANT", "DEPOT"], "storage_capacity": [8.0, NAN]},
        "suppliers": {"supplier": ["S"]},
        "sourcing": {"item": ["Bike"], "location": "PLANT", "supplier": "S", "price": 1.0, "capacity": 11.0},
    })
    assert balance(network_of(tables, settings)).buy_receipt.tolist() == [[8, 11]]


def test_stock_that_does_not_fit_at_the_start_may_be_used_up() -> None:
    network = small_network(2, nodes=[{"on_hand": 20.0}], demands=[{}], price=100, demand=[[4, 4]],
                            storage=[{"location": "Plant", "storage_capacity": 8.0}])
    assert balance(network).shipment.tolist() == [[4, 4]]


def test_firm_production_is_made_exactly_and_the_rest_planned_round_it() -> None:
    network = small_network(3, **ONE_PLANT, demand=[[5, 5, 5]], regular_hours=10, firm_production=[[7, NAN, 0]])
    assert balance(network).make_start.tolist() == [[7, 8, 0]]


def test_workers_are_hired_where_they_cost_less_than_they_save() -> None:
    plant = {**ONE_PLANT, "nodes": [{"holding_cost": 50.0, "backlog_cost": 50.0}], "resources": [
        {"workers": 1.0, "worker_hours": 10.0, "wage": 20.0, "hiring_cost": 30.0, "layoff_cost": 30.0}]}
    flows = balance(small_network(3, **plant, demand=[[10, 20, 20]], regular_hours=10))
    assert flows.workers.tolist() == [[1, 2, 2]]
    assert flows.hired.tolist() == [[0, 1, 0]]
    assert costs(flows) == {"Wages": 100.0, "Hiring": 30.0}
    flows = balance(small_network(3, {"whole_workers": True}, **plant, demand=[[10, 14, 14]], regular_hours=10))
    assert flows.workers.tolist() == [[1, 2, 2]]


def test_set_up_hours_are_spread_over_the_usual_lot_where_lots_are_not_planned() -> None:
    plant = {**ONE_PLANT, "operations": [{"hours_per_unit": 1.0, "setup_hours": 5.0}],
             "nodes": [{"holding_cost": 1.0, "lot_rule": "fixed", "lot_size": 10.0}]}
    flows = balance(small_network(2, **plant, demand=[[10, 20]], regular_hours=22.5))
    assert flows.make_start.tolist() == [[15, 15]]
    assert flows.make_lots.tolist() == [[1.5, 1.5]]


@pytest.mark.parametrize(("node", "buy", "expected"), [
    ({"minimum_lot": 25.0}, {}, [25, 0, 30]),
    ({"lot_multiple": 8.0}, {}, [16, 0, 40]),
    ({"lot_rule": "fixed", "lot_size": 15.0}, {}, [15, 0, 45]),
    ({}, {"minimum_order": 24.0}, [24, 0, 31]),
    ({}, {"order_multiple": 6.0}, [12, 6, 42]),
])
def test_whole_lots_keep_to_minimum_multiple_and_fixed_size(
    node: dict[str, Any], buy: dict[str, Any], expected: list[float]
) -> None:
    network = small_network(
        3, {"whole_lots": True, "final_backlog": "none"}, nodes=[{"holding_cost": 1.0, "backlog_cost": 50.0, **node}],
        demands=[{}], buys=[{"unit_price": 10.0, **buy}], price=100, demand=[[10, 5, 40]],
    )
    assert balance(network).buy_receipt.tolist() == [expected]


def test_whole_lots_pay_for_each_set_up_and_take_its_hours() -> None:
    network = small_network(
        2, {"whole_lots": True}, nodes=[{"holding_cost": 1.0}], demands=[{}], makes=[{}],
        operations=[{"hours_per_unit": 1.0, "setup_hours": 4.0}], resources=[{"hourly_cost": 2.0}], price=100,
        demand=[[5, 5]], order_cost=3.0, regular_hours=20,
    )
    flows = balance(network)
    assert flows.make_start.tolist() == [[10, 0]]
    assert flows.make_lots.tolist() == [[1, 0]]
    assert costs(flows) == {"Regular hours": 28.0, "Holding": 5.0, "Orders and set-ups": 3.0}


def test_firm_production_counts_its_lot_but_need_not_keep_to_its_size() -> None:
    network = small_network(2, {"whole_lots": True}, **ONE_PLANT | {"nodes": [
        {"holding_cost": 1.0, "lot_rule": "fixed", "lot_size": 10.0}]}, demand=[[7, 10]], regular_hours=30,
        firm_production=[[7, NAN]], order_cost=2.0)
    flows = balance(network)
    assert flows.make_start.tolist() == [[7, 10]]
    assert flows.make_lots.tolist() == [[1, 1]]


def test_the_value_of_an_hour_is_what_one_more_would_save() -> None:
    hours = np.array([[8.0, 10.0, 9.0]])
    given = {**ONE_PLANT, "demand": [[5, 13, 12]], "overtime_hours": 10.0}
    flows = balance(small_network(3, **given, regular_hours=hours))
    for period in range(3):
        more = hours.copy()
        more[0, period] += 0.01
        saved = sum(flows.cost.values()) - sum(balance(small_network(3, **given, regular_hours=more)).cost.values())
        assert saved / 0.01 == pytest.approx(flows.hour_value[0, period], abs=1e-6)


def test_cbc_takes_over_where_highs_is_missing_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    network = small_network(3, **ONE_PLANT, demand=[[5, 5, 20]], regular_hours=10, overtime_hours=10)
    expected = balance(network)

    def missing(*_: Any) -> solving.Solution:
        raise ImportError("no highspy")

    monkeypatch.setitem(solving.SOLVERS, "HiGHS", missing)
    flows = balance(network)
    assert "CBC" in flows.message
    assert sum(flows.cost.values()) == pytest.approx(sum(expected.cost.values()), abs=1e-5)
    np.testing.assert_allclose(flows.hour_value, expected.hour_value)


def test_a_missing_solver_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "SOLVERS", {})
    with pytest.raises(PlanError, match="no solver"):
        balance(small_network(1, **ONE_PLANT, demand=[[1]]))


@pytest.mark.parametrize(("status", "words"), [("time limit", "time limit of 60 s was reached"),
                                               ("nothing found", "No plan was found within the time limit")])
def test_reaching_the_time_limit_is_told(monkeypatch: pytest.MonkeyPatch, status: Any, words: str) -> None:
    network = small_network(1, **ONE_PLANT, demand=[[1]], regular_hours=10)
    usual = solving.SOLVERS["HiGHS"]

    def slow(program: Any, time_limit: float) -> solving.Solution:
        found = usual(program, time_limit)
        return solving.Solution(status, found.values, found.row_value, found.column_value, 0.02, "HiGHS")

    monkeypatch.setitem(solving.SOLVERS, "HiGHS", slow)
    if status == "nothing found":
        with pytest.raises(PlanError, match=words):
            balance(network)
    else:
        assert words in balance(network).message
        assert "2.00% dearer" in balance(network).message


def test_a_plan_that_takes_longer_than_the_time_limit_is_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("highspy")
    network = small_network(3, **ONE_PLANT, demand=[[5, 5, 20]], regular_hours=10, overtime_hours=10)
    usual, needed = solving._run_highs, 2 * network.settings.time_limit

    def slow(program: Any, time_limit: float, method: str) -> solving.Solution:
        found = usual(program, time_limit, method)
        return found if time_limit >= needed else solving._without_values("nothing found", "HiGHS")

    monkeypatch.setattr(solving, "_run_highs", slow)
    assert balance(network).make_start == pytest.approx(np.array([[10, 10, 10]]))


def test_a_plan_is_the_same_every_time() -> None:
    network = small_network(3, **ONE_PLANT, demand=[[5, 13, 12]], regular_hours=9, overtime_hours=5)
    first, second = balance(network), balance(network)
    assert first.cost == second.cost
    np.testing.assert_array_equal(first.make_start, second.make_start)


def test_an_empty_network_has_an_empty_plan() -> None:
    flows = balance(small_network(2))
    assert flows.shipment.shape == (0, 2)
    assert sum(flows.cost.values()) == 0
