"""What one more of a scarce thing is worth in plans that can be reckoned by hand, and the orders that it frees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sopxl.steps.supply.capacity_bill import Loads, bill_of_capacity, hours_of_making
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.scarce_limits import SCARCE
from sopxl.steps.supply.shadow_prices import NO_ORDER, shadow_prices
from tests.steps.supply.balance_networks import small_network
from tests.steps.supply.explained_plans import view_of, workshop


def with_values(view: PlanView, **values: np.ndarray) -> PlanView:
    """The view with these values of limits."""
    return PlanView(view.tables, view.network, view.required, replace(view.planned, limit_values=values))


def test_an_hour_that_brings_a_waiting_order_forward_is_worth_what_waiting_costs() -> None:
    view = view_of(workshop([[10, 14, 0, 0]]))
    told = shadow_prices(with_values(view, resource_hours=view.planned.hour_value))
    second = dict(told[told["period"] == "2027-02"].iloc[0])
    assert (second["kind"], second["name"], second["unit"]) == ("Hours", "Assembly", "hours")
    assert (second["limit"], second["used"]) == (10, 10)
    assert second["value"] == pytest.approx(0.03 * 100)
    assert second["frees"] == "Bike for Home 2027-02: 1 unit"


def test_half_an_hour_a_bike_frees_two_and_the_dearest_customer_is_told_first() -> None:
    told = shadow_prices(view_of(workshop([[10, 21, 0, 0], [10, 1, 0, 0]], operations=[{"hours_per_unit": 0.5}])))
    assert told.loc[told["period"] == "2027-02", "frees"].iloc[0] == (
        "Bike for Home 2027-02: 1 unit; Bike for Shop 2027-02: 1 unit")


def test_an_order_that_is_never_shipped_is_freed_by_its_bill_of_capacity() -> None:
    told = shadow_prices(view_of(workshop([[10, 14]])))
    assert told.loc[told["kind"] == "Hours", "frees"].tolist() == ["Bike for Home 2027-02: 1 unit"] * 2


def test_a_limit_for_which_no_order_waits_says_so() -> None:
    told = shadow_prices(view_of(workshop([[5, 14, 0]])))
    assert (told["value"] > 0).all()
    assert set(told["frees"]) == {NO_ORDER}


def test_a_requirements_plan_has_no_prices() -> None:
    assert shadow_prices(view_of(workshop([[10, 14]], "requirements"))).empty


def test_every_scarce_limit_fits_its_objects() -> None:
    view = view_of(workshop([[10, 14]], moves=[], buys=[{"capacity": 3.0, "unit_price": 90.0}],
                            storage=[{"location": "Plant", "storage_capacity": 50.0}]))
    for name, limit in SCARCE.items():
        found = limit(view)
        assert found.limit.shape == found.used.shape == (len(found.names), 2), name
        loads = found.loads(np.arange(len(found.names)))
        assert loads.make.shape == (1, len(found.names))
    told = shadow_prices(with_values(view, **{name: np.ones((len(limit(view).names), 2))
                                              for name, limit in SCARCE.items()}))
    assert set(told["kind"]) == {"Hours", "Overtime", "Extra shifts", "Workers", "Supplier", "Storage", "Stock"}


def test_the_bill_of_capacity_adds_up_over_parts_transfers_and_yield() -> None:
    network = small_network(
        1, nodes=[{"location": "Depot"}, {"level": 1}, {"item": "Frame", "level": 2}],
        makes=[{"node": 1}, {"node": 2, "item": "Frame"}], components=[{"make": 0, "node": 2, "quantity": 3.0}],
        operations=[{"hours_per_unit": 1.0}, {"make": 1, "hours_per_unit": 0.5}], resources=[{}],
        moves=[{"from_node": 1, "to_node": 0}],
    )
    network.makes["yield_rate"] = [0.5, 1.0]
    nothing = Loads.nothing(network, 1)
    bill = bill_of_capacity(network, replace(nothing, make=hours_of_making(network)))
    assert bill[:, 0].tolist() == [(1 + 1.5) / 0.5, (1 + 1.5) / 0.5, 0.5]
