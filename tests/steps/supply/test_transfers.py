"""Transfers within stock by hand: what a plant without a source has goes to two depots and its own customers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.figures import figures
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.transfers import served_priority, transfers_within_stock
from tests.steps.supply.balance_networks import small_network


def plant(rule: str = "priority", have: float = 60.0, **parts: Any) -> Network:
    """East wants 10 a period and West 20, both a period away; nothing but ``have`` at the plant can be had."""
    usual: dict[str, Any] = {
        "nodes": [{"location": "Plant", "level": 1, "on_hand": have}, {"location": "East", "on_hand": 10.0},
                  {"location": "West", "on_hand": 20.0}],
        "demands": [{"node": 1, "market": "East", "priority": 2.0}, {"node": 2, "market": "West"}],
        "demand": [[10.0] * 4, [20.0] * 4],
        "moves": [{"from_node": 0, "to_node": 1, "to_location": "East", "lead": 1},
                  {"from_node": 0, "to_node": 2, "to_location": "West", "lead": 1}],
    } | parts
    return small_network(4, {"fair_share": rule}, **usual)


def rows(values: np.ndarray) -> list[list[float]]:
    return [[round(float(value), 6) for value in row] for row in values]


def test_where_all_is_there_nothing_changes() -> None:
    network = plant(have=90.0)
    flows = plan_requirements(network)
    assert transfers_within_stock(network, flows) is flows


@pytest.mark.parametrize(("rule", "east", "west"), [
    ("priority", [10, 10, 0, 0], [20, 20, 0, 0]),
    ("equal days", [10, 10, 0, 0], [20, 20, 0, 0]),
])
def test_no_more_is_sent_than_there_is(rule: str, east: list[float], west: list[float]) -> None:
    network = plant(rule)
    found = transfers_within_stock(network, plan_requirements(network))
    assert rows(found.move_shipment) == [east, west]
    assert rows(found.move_arrival) == [[0, *east[:3]], [0, *west[:3]]]
    assert rows(found.shipment) == [[10, 10, 10, 0], [20, 20, 20, 0]]


@pytest.mark.parametrize(("rule", "east", "west"), [
    ("priority", [10, 0, 0, 0], [20, 15, 0, 0]),
    ("equal days", [10, 5, 0, 0], [20, 10, 0, 0]),
    ("quotas", [10, 5, 0, 0], [20, 10, 0, 0]),
])
def test_what_does_not_suffice_is_shared(rule: str, east: list[float], west: list[float]) -> None:
    network = plant(rule, 45.0)
    assert rows(transfers_within_stock(network, plan_requirements(network)).move_shipment) == [east, west]


def test_what_comes_late_is_sent_late() -> None:
    network = plant(have=0.0, open_other=[[0.0, 45.0, 45.0, 0.0], [0.0] * 4, [0.0] * 4])
    found = transfers_within_stock(network, plan_requirements(network))
    assert rows(found.move_shipment) == [[0, 5, 25, 0], [0, 40, 20, 0]]
    assert rows(found.shipment) == [[10, 0, 5, 25], [20, 0, 40, 20]]


def test_what_should_have_left_before_the_plan_is_missed_first() -> None:
    """Nothing on hand at East: 10 are past due and arrive at once, 10 leave in time; 12 are there, so 8 are missed."""
    network = small_network(
        2, nodes=[{"location": "Plant", "level": 1, "on_hand": 12.0}, {"location": "East"}],
        demands=[{"node": 1}], demand=10.0, moves=[{"from_node": 0, "to_node": 1, "lead": 1}])
    flows = plan_requirements(network)
    assert rows(flows.move_shipment) == [[20, 0]]
    found = transfers_within_stock(network, flows)
    assert rows(found.move_shipment) == [[12, 0]]
    assert rows(found.move_arrival) == [[2, 10]]
    assert rows(found.shipment) == [[2, 10]]


def test_shortage_is_passed_on_from_depot_to_depot() -> None:
    network = small_network(
        3, nodes=[{"location": "Plant", "level": 2, "on_hand": 25.0}, {"location": "Hub", "level": 1},
                  {"location": "Shop"}],
        demands=[{"node": 2}], demand=10.0,
        moves=[{"from_node": 0, "to_node": 1, "to_location": "Hub"},
               {"from_node": 1, "to_node": 2, "from_location": "Hub", "to_location": "Shop"}])
    found = transfers_within_stock(network, plan_requirements(network))
    assert rows(found.move_shipment) == [[10, 10, 5], [10, 10, 5]]
    assert rows(found.shipment) == [[10, 10, 5]]


def test_customers_of_the_sender_share_with_those_behind_its_transfers() -> None:
    network = plant("quotas", 30.0, demands=[
        {"node": 0, "market": "Home", "priority": 3.0}, {"node": 1, "market": "East", "priority": 2.0}, {"node": 2}],
        demand=[[30.0, 0.0, 0.0, 0.0], [10.0, 10.0, 0.0, 0.0], [20.0, 20.0, 0.0, 0.0]])
    found = transfers_within_stock(network, plan_requirements(network))
    assert rows(found.move_shipment) == [[5, 0, 0, 0], [10, 0, 0, 0]]
    assert rows(found.shipment)[0] == [15, 0, 0, 0]
    assert served_priority(network).tolist() == [1, 2, 1]


AMOUNTS = st.lists(st.integers(0, 30).map(float), min_size=4, max_size=4)


@given(home=AMOUNTS, east=AMOUNTS, west=AMOUNTS, coming=AMOUNTS, have=st.integers(0, 60).map(float),
       rule=st.sampled_from(["priority", "equal days", "quotas"]), leads=st.tuples(*[st.integers(0, 2)] * 2))
@settings(max_examples=60, deadline=None)
def test_no_stock_falls_below_nothing_and_nothing_is_sent_back(
    home: list[float], east: list[float], west: list[float], coming: list[float], have: float, rule: str,
    leads: tuple[int, int],
) -> None:
    network = plant(rule, have, demands=[{"node": 0, "market": "Home"}, {"node": 1, "market": "East"}, {"node": 2}],
                    demand=[home, east, west], open_other=[coming, [0.0] * 4, [0.0] * 4],
                    moves=[{"from_node": 0, "to_node": 1, "lead": leads[0]},
                           {"from_node": 0, "to_node": 2, "lead": leads[1]}])
    required = plan_requirements(network)
    found = transfers_within_stock(network, required)
    for flow in (found.move_shipment, found.move_arrival, found.shipment):
        assert (flow >= 0).all()
    assert (figures(network, found).closing_stock >= -1e-6).all()
    sent = found.move_shipment.cumsum(axis=1)
    assert (sent <= required.move_shipment.cumsum(axis=1) + 1e-6).all()
    assert (found.move_arrival.sum(axis=1) <= found.move_shipment.sum(axis=1) + 1e-6).all()
