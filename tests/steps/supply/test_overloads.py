"""The orders behind an overload, with their hours and the demands that they are for."""

from __future__ import annotations

from sopxl.steps.supply.overloads import overload_orders
from tests.steps.supply.explained_plans import view_of, workshop


def test_the_items_behind_an_overload_are_told_with_hours_units_worth_and_demands() -> None:
    told = overload_orders(view_of(workshop([[4, 9, 0], [3, 6, 2]], "requirements")))
    assert len(told) == 1
    row = dict(told.iloc[0])
    assert (row["resource"], row["period"], row["over_hours"], row["load"]) == ("Assembly", "2027-02", 5, 1.5)
    assert (row["item"], row["name"], row["hours"], row["quantity"], row["money"]) == ("Bike", "A bike", 15, 15, 300)
    assert row["serves"] == "Bike for Home 2027-02: 9; Bike for Shop 2027-02: 6"


def test_set_ups_count_among_the_hours_and_the_item_of_most_hours_comes_first() -> None:
    network = workshop(
        [[6], [2]], "requirements", nodes=[{"unit_cost": 20.0}, {"item": "Frame", "unit_cost": 5.0, "level": 1}],
        makes=[{}, {"node": 1, "item": "Frame"}], components=[{"make": 0, "node": 1, "quantity": 2.0}],
        operations=[{"hours_per_unit": 1.0}, {"make": 1, "hours_per_unit": 0.5, "setup_hours": 4.0}],
    )
    told = overload_orders(view_of(network))
    assert told[["item", "hours", "quantity"]].to_numpy().tolist() == [["Frame", 12, 16], ["Bike", 8, 8]]
    assert told["over_hours"].tolist() == [10, 10]
    assert told["serves"].iloc[0] == "Bike for Home 2027-01: 6; Bike for Shop 2027-01: 2"


def test_no_overload_has_no_rows() -> None:
    assert overload_orders(view_of(workshop([[4, 9, 0]]))).empty
    assert overload_orders(view_of(workshop([[0.0]]))).empty
