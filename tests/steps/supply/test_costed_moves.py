"""What each move costs that cures an overload, a shortage or an excess, reckoned by hand on small plans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.steps.supply.costed_moves import MOVES, Excess, Move, Options, Overload, Shortage, moves_for
from sopxl.steps.supply.exceptions import find_exceptions
from tests.steps.supply.explained_plans import view_of, workshop

PLANT_AND_DEPOT = [
    {"location": "Depot", "unit_cost": 20.0, "holding_cost": 0.5},
    {"location": "Plant", "level": 1, "unit_cost": 20.0, "holding_cost": 0.5},
]
TO_DEPOT = {"from_node": 1, "to_node": 0, "unit_cost": 2.0}


def costs(moves: list[Move]) -> dict[str, tuple[float, float]]:
    """Text -> cost and what it cures."""
    return {one.text: (pytest.approx(one.cost), pytest.approx(one.cured)) for one in moves}  # type: ignore[misc]


def overload(mode: str = "requirements", **changes: Any) -> dict[str, tuple[float, float]]:
    """The moves for a plan that needs 4, 16 and 8 of 10 hours."""
    view = view_of(workshop([[4, 16, 8]], mode, **changes))
    return costs(moves_for(Options(view), Overload(0, np.array([0.0, 6.0, 0.0]))))


def shortage(network: Any, **of: Any) -> dict[str, tuple[float, float]]:
    return costs(moves_for(Options(view_of(network)), Shortage(**{"node": 0, "quantity": 6.0, "period": 1} | of)))


def test_an_overload_is_cured_by_building_ahead_overtime_or_later_dates() -> None:
    assert overload(overtime_hours=5.0) == {
        "Work 5 hours of overtime": (5 * 18, 5),
        "Build 6 hours of work ahead in free regular time": (6 * 12 + 6 * 0.5, 6),
        "Agree later dates for 2 hours of work": (2 * 12 + 2 * 3, 2),
    }


def test_extra_shifts_alternate_resources_and_subcontractors_count_where_they_are_there() -> None:
    network = workshop([[4, 16, 8]], "requirements", buys=[{"unit_price": 30.0, "priority": 2.0, "lead": 1}],
                       resources=[{"hourly_cost": 12.0}, {"resource": "Spare", "hourly_cost": 10.0}],
                       regular_hours=np.array([[10.0] * 3, [4.0] * 3]))
    network.resources[["most_extra_shifts", "extra_shift_hours", "extra_shift_cost"]] = [2.0, 4.0, 25.0]
    network = replace(network, alternates=pd.DataFrame({"operation": [0], "resource": [1], "hours_factor": [2.0]}))
    found = costs(moves_for(Options(view_of(network)), Overload(0, np.array([0.0, 6.0, 0.0]))))
    assert found["Run 2 extra shifts"] == (2 * 25 + 6 * 12, 6)
    assert found["Give 2 hours of work to Spare"] == (2 * 2 * 10, 2)
    assert found["Buy 6 units of Bike from Supplier"] == (6 * 30, 6)
    assert "Work 0 hours of overtime" not in found


def test_a_missing_unit_can_be_started_earlier_made_in_overtime_or_wait() -> None:
    network = workshop([[4, 16, 8]], overtime_hours=3.0, settings={"late_cost": 0.1})
    found = shortage(network, demand=0)
    assert found["Take the demand out of the sales plan"] == (600, 6)
    assert "Agree a later date with the customer" in found
    worked = shortage(workshop([[4, 10, 8]], overtime_hours=3.0), quantity=6.0)
    assert worked["Start 6 units in 2027-01, where hours are free"] == (6 * 0.5, 6)
    assert worked["Work 3 hours of overtime on Assembly"] == (3 * 18, 3)


def test_a_missing_unit_can_come_from_another_location_or_its_safety_stock() -> None:
    nodes = [PLANT_AND_DEPOT[0], {**PLANT_AND_DEPOT[1], "on_hand": 9.0, "safety_stock": 5.0}]
    network = workshop([[0, 0]], nodes=nodes, makes=[], operations=[], moves=[TO_DEPOT])
    network = replace(network, safety_stock=np.array([[0.0, 0.0], [5.0, 5.0]]))
    found = shortage(network)
    assert found["Move 4 units from Plant"] == (8, 4)
    assert found["Take 5 units of safety stock at Plant"] == (5 * (0.02 * 20 + 2), 5)


def test_a_customer_is_served_straight_from_elsewhere_where_the_lane_is_too_slow() -> None:
    nodes = [PLANT_AND_DEPOT[0], {**PLANT_AND_DEPOT[1], "on_hand": 9.0}]
    network = workshop([[6, 0]], "requirements", nodes=nodes, makes=[], operations=[], moves=[{**TO_DEPOT, "lead": 1}])
    found = shortage(network, period=0, demand=0, quantity=3.0)
    assert found["Ship 3 units to the customer straight from Plant"] == (6, 3)
    assert not any(text.startswith("Move") for text in found)


def test_purchases_are_expedited_or_bought_elsewhere() -> None:
    buys = [{"lead": 3, "unit_price": 5.0, "expedite_price": 2.0},
            {"supplier": "Second", "unit_price": 7.0, "capacity": 4.0, "priority": 2.0},
            {"supplier": "Slow", "unit_price": 6.0, "lead": 2, "priority": 3.0}]
    found = shortage(workshop([[0, 0]], makes=[], operations=[], buys=buys), besides=0)
    assert found == {"Expedite 6 units from Supplier": (12, 6), "Buy 4 units from Second instead": (8, 4)}


def test_parts_are_expedited_for_what_is_made_of_them() -> None:
    nodes = [{"unit_cost": 20.0}, {"item": "Frame", "level": 1, "on_hand": 2.0}]
    network = workshop([[0, 0, 0]], nodes=nodes, components=[{"node": 1, "quantity": 2.0}],
                       buys=[{"node": 1, "item": "Frame", "lead": 2, "expedite_price": 3.0}])
    assert shortage(network)["Expedite Frame"] == ((12 - 2) * 3, 6)


def test_missing_safety_stock_may_be_accepted_at_its_price() -> None:
    found = shortage(workshop([[0, 0]]), of_safety=True)
    assert found["Lower the safety stock if the risk is acceptable"] == (6 * 20 * 0.02, 6)


def test_excess_is_held_back_moved_sold_used_up_or_written_off() -> None:
    nodes = [{**PLANT_AND_DEPOT[0]}, {**PLANT_AND_DEPOT[1], "on_hand": 50.0}]
    network = workshop(
        [[1, 1], [3, 3]], "requirements", nodes=nodes, demands=[{"node": 1}, {"node": 0, "market": "Shop"}], makes=[],
        operations=[], buys=[{"node": 0, "location": "Depot", "unit_price": 9.0}], moves=[TO_DEPOT],
        open_other=np.array([[0.0, 0.0], [5.0, 0.0]]),
    )
    found = costs(moves_for(Options(view_of(network)), Excess(1, 20.0, 2.0)))
    assert found == {
        "Hold back 5 units on order or planned": (-2.5, 5),
        "Move 6 units to Depot, which needs them": (12, 6),
        "Sell them with up to 80% off the price, which still earns their standard cost": (0, 20),
        "Keep them until they are used, 10 periods longer": (20 * 0.5 * (12 + 5), 20),
        "Write them off": (400, 20),
    }


def test_a_move_is_told_with_its_cost_and_what_it_cures() -> None:
    assert Move("Work 3 hours", 54.0, 3.0).told(3.0, "EUR") == "Work 3 hours: costs 54 EUR."
    assert Move("Work 3 hours", 54.0, 3.0).told(5.0, "EUR") == "Work 3 hours (cures 3 of 5): costs 54 EUR."
    assert Move("Hold back 5", -12.0, 5.0).told(5.0, "EUR") == "Hold back 5: saves 12 EUR."
    assert Move("Sell", 0.0, 5.0).told(5.0, "EUR") == "Sell: at no cost."


def test_the_remedy_is_the_cheapest_move_that_cures_most_of_it() -> None:
    view = view_of(workshop([[4, 16, 8]], "requirements", overtime_hours=5.0))
    told = find_exceptions(view).set_index("kind").loc["Overload"]
    assert told["remedy"] == "Build 6 hours of work ahead in free regular time: costs 75 USD."
    assert told["second_move"] == "Work 5 hours of overtime (cures 5 of 6): costs 90 USD."
    assert told["third_move"] == "Agree later dates for 2 hours of work (cures 2 of 6): costs 30 USD."


def test_moves_are_only_told_where_the_network_allows_them() -> None:
    bare = workshop([[0, 0]], makes=[], operations=[], regular_hours=0.0, price=0.0)
    for situation in (Overload(0, np.array([1.0, 0.0])), Shortage(0, 1.0, 0), Excess(0, 1.0, 0.0)):
        texts = [one.text for one in moves_for(Options(view_of(bare)), situation)]
        assert texts in ([], ["Write them off"])
        assert MOVES[type(situation)]
