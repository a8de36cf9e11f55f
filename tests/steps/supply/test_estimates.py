"""What balancing knows before it plans: requirements, supply cost and usual lots, yields and validity minded."""

from __future__ import annotations

import numpy as np
import pytest

from sopxl.steps.supply.estimates import demand_at_nodes, explode, mean_quantity, supply_cost, usual_lot
from sopxl.steps.supply.network import Network
from tests.steps.supply.balance_networks import small_network


def bike() -> Network:
    """A bike in two routings, of old parts in the first half and new parts in the second, for a shop."""
    return small_network(
        4, nodes=[{"lot_rule": "fixed", "lot_size": 40.0}, {"item": "Old", "level": 1}, {"item": "New", "level": 1},
                  {"location": "Shop"}],
        makes=[{"priority": 2.0, "routing": "slow", "production_cost": 90.0},
               {"yield_rate": 0.8, "lead": 1, "production_cost": 3.0}],
        components=[{"make": 1, "node": 1, "quantity": 2.0}, {"make": 1, "node": 2, "quantity": 1.0},
                    {"make": 0, "node": 2, "quantity": 9.0}],
        component_open=[[True, True, False, False], [False, False, True, True], [True] * 4],
        operations=[{"make": 1, "hours_per_unit": 0.5, "setup_hours": 8.0}], resources=[{"hourly_cost": 4.0}],
        buys=[{"node": 1, "item": "Old", "unit_price": 5.0}, {"node": 2, "item": "New", "unit_price": 6.0}],
        moves=[{"from_node": 0, "to_node": 3, "lead": 1, "unit_cost": 1.0}],
        demands=[{"node": 3, "opening_backlog": 4.0}], demand=[[0, 0, 8, 16]],
    )


def test_requirements_go_through_the_usual_routing_and_start_more_than_is_good() -> None:
    network = bike()
    need = explode(network, demand_at_nodes(network))
    assert need[3].tolist() == [4, 0, 8, 16]
    assert need[0].tolist() == [4, 8, 16, 0]
    assert need[1] == pytest.approx(np.array([12, 16, 0, 0]) / 0.8 * 2)
    assert need[2].tolist() == [0, 0, 0, 0]


def test_a_unit_costs_what_its_started_units_cost() -> None:
    network = bike()
    assert mean_quantity(network).tolist() == [1.0, 0.5, 9.0]
    each = (3.0 + 0.5 * 4.0 + 1.0 * 5.0 + 0.5 * 6.0) / 0.8
    assert supply_cost(network) == pytest.approx([each, 5.0, 6.0, each + 1.0])


def test_a_usual_lot_is_in_units_started() -> None:
    network = bike()
    assert usual_lot(network, explode(network, demand_at_nodes(network))) == pytest.approx([40.0, 50.0])
