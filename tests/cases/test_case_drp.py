"""DRP of two distribution centres: order quantities, transit times, safety stock, and an order that is past due."""

from __future__ import annotations

import pytest

from sopxl.schema import Tables
from tests.cases.case_tables import Frames, plan_tables, read_case, row, run_supply, weekly

CASE, EXPECTED = read_case("drp_item_4682")
CENTRES = ("DC_A", "DC_B")
WEEKS = 5


@pytest.fixture(scope="module")
def planned() -> Tables:
    frames: Frames = {
        "locations": {"location": ["CENTRAL", *CENTRES], "kind": ["plant", "warehouse", "warehouse"]},
        "markets": {"market": CENTRES, "market_group": CENTRES, "ship_from": CENTRES},
        "lanes": {"from_location": "CENTRAL", "to_location": CENTRES,
                  "lead_time": [7.0 * CASE[centre]["transit_weeks"] for centre in CENTRES]},
        "suppliers": {"supplier": ["S"]},
        "sourcing": {"item": ["4682"], "location": "CENTRAL", "supplier": "S"},
        "stock_on_hand": {"item": "4682", "location": CENTRES,
                          "quantity": [CASE[centre]["on_hand"] for centre in CENTRES]},
        "stock_policies": {"item": "4682", "location": CENTRES, "lot_rule": "fixed",
                           "lot_size": [CASE[centre]["order_quantity"] for centre in CENTRES],
                           "safety_stock": [CASE[centre]["safety_stock"] for centre in CENTRES]},
    }
    demand = {("4682", centre): CASE[centre]["gross"] for centre in CENTRES}
    return run_supply(plan_tables(weekly(WEEKS), demand, frames))


def past_due(planned: Tables, centre: str) -> float:
    plan = planned["distribution_plan"]
    return float(plan.loc[plan["to_location"] == centre, "past_due"].iloc[0])


@pytest.mark.parametrize("centre", CENTRES)
def test_stock_and_receipts_of_a_distribution_centre(planned: Tables, centre: str) -> None:
    expected = EXPECTED[centre]
    assert row(planned, "requirements", "Projected available", "4682", centre) == expected["projected_on_hand"]
    assert row(planned, "inventory_plan", "Closing stock", "4682", centre) == expected["projected_on_hand"]
    assert row(planned, "distribution_plan", "Arrivals", "4682", "CENTRAL", centre) == expected["receipts"]


@pytest.mark.parametrize("centre", CENTRES)
def test_orders_before_the_first_week_are_told_as_past_due(planned: Tables, centre: str) -> None:
    due = past_due(planned, centre)
    shipped = row(planned, "distribution_plan", "Planned shipments", "4682", "CENTRAL", centre)
    in_time = dict(enumerate([due, shipped[0] - due, *shipped[1:]]))
    assert {str(week): value for week, value in in_time.items() if value} == EXPECTED[centre]["planned_orders_by_week"]


def test_the_central_facility_sees_what_the_centres_order(planned: Tables) -> None:
    gross = row(planned, "requirements", "Gross requirements", "4682", "CENTRAL")
    due = sum(past_due(planned, centre) for centre in CENTRES)
    weeks = dict(enumerate([due, gross[0] - due, *gross[1:]]))
    expected = EXPECTED["central_gross_requirements_derived"]
    assert {str(week): value for week, value in weeks.items() if value} == expected


def test_two_lots_are_counted_where_one_does_not_suffice(planned: Tables) -> None:
    assert row(planned, "requirements", "Planned lots", "4682", "DC_B") == [0, 1, 0, 2, 1]


def test_the_past_due_transfer_is_an_exception(planned: Tables) -> None:
    found = planned["exceptions"]
    late = found[found["kind"] == "Transfer past due"]
    assert list(late["quantity"]) == [100.0]
    assert "before 2027-W01" in late["message"].iloc[0]
