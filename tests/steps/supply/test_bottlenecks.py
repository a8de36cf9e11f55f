"""What holds a demand up is named, whichever limit it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sopxl.steps.supply.network import Network
from tests.steps.supply.explained_plans import view_of, workshop

DEPOT = [{"location": "Depot", "unit_cost": 20.0}, {"location": "Plant", "level": 1, "unit_cost": 20.0}]


def bought(demand: list[float], **changes: Any) -> Network:
    """Bikes that are bought at 20."""
    return workshop([demand], makes=[], operations=[], **({"buys": [{"unit_price": 20.0}]} | changes))


def reason(network: Network, period: int = 1) -> str:
    """What holds up the first demand in a period in which it does wait."""
    view = view_of(network)
    assert view.plan.backlog[0, period] > 0
    return view.holds_up(0, period)


def test_a_full_resource_is_named() -> None:
    assert reason(workshop([[10, 14, 0]])) == "Assembly is full."


def test_a_resource_that_could_still_run_a_shift_is_not_full() -> None:
    network = workshop([[10, 14, 0]])
    network.resources[["most_extra_shifts", "extra_shift_hours", "extra_shift_cost"]] = [1.0, 8.0, 1e6]
    assert reason(network) == "Waiting costs less than supplying it sooner."


def test_what_a_supplier_delivers_of_all_items_together_is_named() -> None:
    network = replace(bought([5, 9, 0]), suppliers=pd.DataFrame({"supplier": ["Supplier"], "capacity": [6.0]}))
    assert reason(network) == "Supplier cannot deliver more."


def test_a_supplier_who_is_closed_is_named() -> None:
    network = replace(bought([0, 5, 0], nodes=[{"unit_cost": 20.0, "holding_cost": 50.0}]),
                      buy_open=np.array([[False, False, True]]))
    assert reason(network) == "Supplier is closed then."


def test_what_a_lane_carries_of_all_items_together_is_named() -> None:
    network = bought([5, 9, 0], nodes=DEPOT, buys=[{"node": 1, "unit_price": 20.0}],
                     moves=[{"from_node": 1, "to_node": 0, "lane": 0}])
    network.moves["lane"] = 0
    lanes = {"from_location": ["Plant"], "to_location": ["Depot"], "total_capacity": [6.0], "minimum_load": [0.0],
             "load_size": [np.nan], "load_cost": [0.0]}
    assert reason(replace(network, lanes=pd.DataFrame(lanes))) == "the lane Plant–Depot cannot carry more."


def test_a_contract_of_which_all_is_taken_is_named() -> None:
    contract = {"contract": ["C1"], "minimum": [0.0], "maximum": [8.0], "shortfall_cost": [0.0], "first": [0],
                "last": [2]}
    network = replace(bought([5, 9, 0]), contracts=pd.DataFrame(contract),
                      contract_buys=pd.DataFrame({"contract": [0], "buy": [0]}))
    assert reason(network) == "The contract C1 allows no more."


def test_storage_that_is_full_before_is_named() -> None:
    view = view_of(workshop([[0, 4]], storage=[{"location": "Plant", "storage_capacity": 3.0}]))
    full = replace(view, planned=replace(view.planned, limit_values={"storage": np.array([[2.0, 0.0]])}))
    assert full.holds_up(0, 1) == "The storage at Plant is full before."


def test_lead_times_are_named_where_nothing_is_full() -> None:
    network = bought([0, 5, 0, 0], buys=[{"unit_price": 20.0, "lead": 3}])
    assert reason(network) == "Lead times do not let it come sooner."


def test_an_item_without_any_source_is_told_apart() -> None:
    assert reason(workshop([[0, 5]], makes=[], operations=[])) == "Nothing can bring more of it."
