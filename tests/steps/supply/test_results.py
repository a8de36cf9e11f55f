"""The grids of a plan: loads of lanes, values of one more unit, orders that wait, hours that move, co-products."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl import grids
from sopxl.formulas import compute
from sopxl.schema import Tables, conform_all
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.results import waiting_orders, write_grids
from sopxl.tables import GRIDS, TABLES
from tests.steps.supply.balance_networks import small_network

WEEKS = {"bucket": "week", "first_period": "2027-W01"}


def written(network: Network, required: Flows, planned: Flows) -> Tables:
    """The grids, with the attributes and tables of nothing but the network."""
    tables = conform_all(TABLES, {"suppliers": pd.DataFrame({"supplier": ["Supplier"], "capacity": [7.0]})})
    return write_grids(tables, network, required, planned)


def values(tables: Tables, grid: str, name: str) -> list[list[float | None]]:
    """A measure, None where it is empty."""
    periods = [column for column in tables[grid].columns if column[:1].isdigit()]
    found = grids.take(GRIDS[grid], tables[grid], name, periods).to_numpy(float)
    return [[None if np.isnan(value) else float(value) for value in row] for row in found]


def shop(**parts: Any) -> Network:
    """A plant that buys and sends to a shop."""
    given: dict[str, Any] = {
        "nodes": [{"level": 1}, {"location": "Depot"}], "demands": [{"node": 1}], "buys": [{}], "moves": [{}],
        "lanes": [{"load_size": 10.0, "load_cost": 5.0, "total_capacity": 40.0}], "demand": [[25, 30, 0]],
        "suppliers": [{"capacity": 7.0}], "storage": [{"location": "Depot", "storage_capacity": 9.0}],
    }
    return small_network(3, WEEKS, **{**given, **parts})


def test_loads_are_the_fewest_that_carry_the_units_unless_they_are_planned() -> None:
    network = shop()
    flows = plan_requirements(network)
    tables = written(network, flows, flows)
    assert values(tables, "lane_plan", "Loads") == [[3, 3, 0]]
    assert values(tables, "lane_plan", "Capacity") == [[40, 40, 40]]
    assert tables["lane_plan"][["load_size", "load_cost"]].drop_duplicates().to_numpy().tolist() == [[10, 5]]
    planned = replace(flows, lane_loads=np.array([[4.0, 3.0, 0.0]]))
    assert values(written(network, flows, planned), "lane_plan", "Loads") == [[4, 3, 0]]
    uncounted = shop(lanes=[{}])
    assert values(written(uncounted, flows, planned), "lane_plan", "Loads") == [[None] * 3]


def test_values_of_one_more_unit_and_place_are_told_where_the_plan_knows_them() -> None:
    network = shop()
    flows = plan_requirements(network)
    one_more = {"supplier_capacity": np.array([[1.0, 2, 3]]), "storage": np.array([[4.0, 5, 6]])}
    told = replace(flows, limit_values=one_more)
    tables = written(network, flows, told)
    assert values(tables, "supplier_plan", "Value of one more unit") == [[1, 2, 3]]
    assert values(tables, "supplier_plan", "Capacity") == [[7, 7, 7]]
    assert values(tables, "storage_plan", "Value of one more place") == [[4, 5, 6], [None] * 3]
    assert values(tables, "storage_plan", "Capacity") == [[9, 9, 9], [None] * 3]
    tables = written(network, flows, flows)
    assert values(tables, "supplier_plan", "Value of one more unit") == [[None] * 3]


def test_orders_are_served_before_forecast() -> None:
    orders = np.array([[6.0, 0.0, 4.0, 0.0]])
    demand, shipment = np.array([[10.0, 5.0, 5.0, 0.0]]), np.array([[4.0, 1.0, 3.0, 12.0]])
    backlog = (demand - shipment).cumsum(axis=1)
    assert waiting_orders(orders, shipment, backlog).tolist() == [[2, 1, 2, 0]]


def test_no_more_orders_wait_than_demand_waits_at_all() -> None:
    orders, shipment = np.array([[6.0, 0.0]]), np.array([[1.0, 0.0]])
    lost = np.array([[3.0, 1.0]])
    backlog = (np.array([[6.0, 0.0]]) - shipment - lost).cumsum(axis=1)
    assert waiting_orders(orders, shipment, backlog).tolist() == [[2, 1]]


def test_the_backlog_plan_tells_orders_in_hand_and_those_that_wait() -> None:
    network = small_network(2, WEEKS, nodes=[{}], demands=[{"opening_backlog": 2.0}], demand=[[5, 5]],
                            makes=[{}], firm_production=[[3, 1]], orders_in_hand=[[4, 3]])
    flows = plan_requirements(network)
    tables = written(network, flows, flows)
    assert values(tables, "backlog_plan", "Orders in hand") == [[4, 3]]
    assert values(tables, "backlog_plan", "Waiting orders") == [[1, 3]]


def test_hours_that_move_stand_with_both_resources() -> None:
    network = small_network(
        2, WEEKS, nodes=[{}], demands=[{}], demand=[[10, 20]], makes=[{}], operations=[{"hours_per_unit": 1.0}],
        resources=[{}, {"resource": "Spare", "extra_shift_hours": 8.0, "extra_shift_cost": 50.0}],
        alternates=[{"operation": 0, "resource": 1, "hours_factor": 1.5}],
    )
    flows = plan_requirements(network)
    planned = replace(flows, alternate_hours=np.array([[4.0, 0.0]]), extra_shifts=np.array([[0.0, 0], [1, 0]]))
    tables = written(network, flows, planned)
    assert values(tables, "capacity_plan", "Hours taken over") == [[0, 0], [6, 0]]
    assert values(tables, "capacity_plan", "Hours given away") == [[4, 0], [0, 0]]
    assert values(tables, "capacity_plan", "Extra shifts") == [[0, 0], [1, 0]]
    spare = tables["capacity_plan"].query("resource == 'Spare'")
    assert spare[["extra_shift_hours", "extra_shift_cost"]].drop_duplicates().to_numpy().tolist() == [[8, 50]]


def test_co_products_and_yields_keep_the_record_and_the_stock_adding_up() -> None:
    network = small_network(
        3, WEEKS, nodes=[{"on_hand": 1.0}, {"item": "Offcut", "level": 1, "storage_units": 2.0}],
        demands=[{}, {"item": "Offcut", "node": 1}], demand=[[8, 0, 4], [5, 5, 5]],
        makes=[{"yield_rate": 0.8}], co_products=[{"node": 1, "quantity": 0.7}], buys=[{"node": 1, "item": "Offcut"}],
    )
    flows = plan_requirements(network)
    tables, periods = written(network, flows, flows), network.settings.periods.labels
    tables["requirements"] = compute(GRIDS["requirements"], tables["requirements"], periods, tables)
    tables["inventory_plan"] = compute(GRIDS["inventory_plan"], tables["inventory_plan"], periods, tables)
    record = values(tables, "requirements", "Projected available")
    assert values(tables, "inventory_plan", "Closing stock") == record
    assert record[1] == pytest.approx([1.125, 0, 0])
    assert values(tables, "inventory_plan", "Storage used")[1] == pytest.approx([2.25, 0, 0])
