"""When orders and lead times can be promised: a small company checked by hand, and what always holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.schema import Tables
from tests.cases.case_tables import plan_tables, row, run_supply, weekly

WEEKS = [f"2027-W{week:02d}" for week in range(1, 7)]


def company(
    inquiries: list[tuple[float, str]], orders: float = 0.0, market: str = "SHOP",
    demand: Sequence[float] = (10.0,) * 6, mode: str = "requirements", **changes: Any,
) -> Tables:
    """Benches of two boards each, six weeks of 10 a week; 25 benches and 100 boards in stock,
    of which the plan uses 70.

    A bench takes an hour of the 20 a week (10 EUR, overtime up to 10 hours at 15 EUR) and a week to make, a board a
    week from the mill, 3 EUR. Inquiries: quantity and week, of one bench for SHOP each.
    """
    frames: dict[str, dict[str, Any]] = {
        "items": {"item": ["BENCH", "BOARD"], "family": ["Garden", "Wood"], "lead_time": [7.0, 0.0]},
        "resources": {"resource": ["SAW"], "location": ["PLANT"], "hours_per_day": [20 / 7], "hourly_cost": [10.0],
                      "overtime_limit": [0.5], "overtime_cost": [15.0]},
        "routings": {"item": ["BENCH"], "location": ["PLANT"], "operation": ["10"], "resource": ["SAW"],
                     "hours_per_unit": [1.0]},
        "bills_of_material": {"parent": ["BENCH"], "component": ["BOARD"], "quantity": [2.0]},
        "suppliers": {"supplier": ["MILL"]},
        "sourcing": {"item": ["BOARD"], "location": ["PLANT"], "supplier": ["MILL"], "price": [3.0],
                     "lead_time": [7.0]},
        "stock_on_hand": {"item": ["BENCH", "BOARD"], "location": ["PLANT", "PLANT"], "quantity": [25.0, 100.0]},
        "order_promises": {
            "inquiry": [f"Q{number}" for number in range(len(inquiries))], "item": ["BENCH"] * len(inquiries),
            "market": [market] * len(inquiries), "quantity": [quantity for quantity, _ in inquiries],
            "wanted_period": [week for _, week in inquiries],
        },
        **changes,
    }
    in_hand = {("BENCH", "SHOP"): [orders] * 6}
    asked, price = {("BENCH", "SHOP"): demand}, {("BENCH", "SHOP"): [900.0] * 6}
    return run_supply(plan_tables(weekly(6, plan_mode=mode), asked, frames, Orders_in_hand=in_hand, Price=price))


def test_what_is_in_stock_is_promised_from_stock() -> None:
    found = company([(20.0, WEEKS[0])])["order_promises"].iloc[0]
    assert (found["available"], found["available_period"], found["capable_period"]) == (20, WEEKS[0], WEEKS[0])
    assert found["capable_cost"] == 0
    assert found["answer"] == "Yes: 20 units in 2027-W01 from stock and planned receipts."


def test_orders_in_hand_are_not_promised_again() -> None:
    """25 in stock, 9 a week ordered: 18 until the receipt of 5 in the third week, which lacks 4 for that week."""
    plan = company([(20.0, WEEKS[0])], orders=9.0)
    assert row(plan, "inventory_plan", "Available to promise", "BENCH", "PLANT")[0] == 3
    assert plan["order_promises"].iloc[0]["available"] == 3


def test_more_is_made_where_the_plan_has_too_little() -> None:
    """40 in week 2: 25 in stock, 15 made in week 1 from the 30 boards that the plan leaves, at 10 an hour.

    The plan itself has the rest later: receipts of 5, 10, 10, 10 from week 3 on, so all 40 in week 4.
    """
    found = company([(40.0, WEEKS[1])])["order_promises"].iloc[0]
    assert (found["available"], found["available_period"]) == (25, WEEKS[3])
    assert (found["capable_period"], found["capable_cost"]) == (WEEKS[1], 150)
    assert found["answer"] == ("Yes: 40 units in 2027-W02 if more is made or bought for it (costs 150 USD); the plan "
                               "alone has 25.")


def test_stock_that_the_plan_needs_later_is_used_and_bought_again() -> None:
    """All 30 boards are committed from week 2 on: 15 benches take them in week 1, the mill brings others until then."""
    boards = {"item": ["BENCH", "BOARD"], "location": ["PLANT", "PLANT"], "quantity": [25.0, 30.0]}
    found = company([(40.0, WEEKS[1])], stock_on_hand=boards)["order_promises"].iloc[0]
    assert (found["capable_period"], found["capable_cost"]) == (WEEKS[1], 15 * (10 + 2 * 3))


def test_overtime_is_dearer_and_hours_end() -> None:
    """In week 2: 25 and what a week makes, 20 at 10 and 5 at 15; 10 hours of overtime are the most."""
    boards = {"item": ["BENCH", "BOARD"], "location": ["PLANT", "PLANT"], "quantity": [25.0, 900.0]}
    found = company([(50.0, WEEKS[1])], stock_on_hand=boards)["order_promises"].iloc[0]
    assert (found["capable_period"], found["capable_cost"]) == (WEEKS[1], 275)
    late = company([(60.0, WEEKS[1])], stock_on_hand=boards)["order_promises"].iloc[0]
    assert late["capable_period"] == WEEKS[2]
    assert late["answer"].endswith("Sooner it is held up by the hours of SAW.")


def test_what_stands_in_the_way_of_sooner_is_told() -> None:
    """More than the stock in the first week: a bench takes a week."""
    found = company([(30.0, WEEKS[0])])["order_promises"].iloc[0]
    assert (found["available"], found["available_period"], found["capable_period"]) == (25, WEEKS[2], WEEKS[1])
    assert found["answer"] == ("25 units in 2027-W01 from the plan; all 30 units in 2027-W02 if more is made or bought "
                               "for it (costs 50 USD). Sooner it is held up by the lead time of BENCH.")


def test_later_inquiries_get_what_earlier_ones_leave() -> None:
    found = company([(20.0, WEEKS[0]), (20.0, WEEKS[0])])["order_promises"]
    assert found["available"].tolist() == [20, 5]


@pytest.mark.parametrize(("market", "quantity", "week", "answer"), [
    ("NOWHERE", 5.0, WEEKS[0], "cannot be promised"), ("SHOP", 5.0, "2029-W01", "does not reach"),
    ("SHOP", 5.0, "soon", "Enter item"), ("SHOP", 0.0, WEEKS[0], "Enter item"),
    ("SHOP", 9999.0, WEEKS[0], "not within the horizon"), ("", 5.0, "2026-W40", "Yes: 5 units in 2027-W01"),
])
def test_any_inquiry_gets_an_answer(market: str, quantity: float, week: str, answer: str) -> None:
    found = company([(quantity, week)], market=market)["order_promises"].iloc[0]
    assert answer in found["answer"]
    assert (found["inquiry"], found["item"], found["market"], found["quantity"], found["wanted_period"]) == (
        "Q0", "BENCH", market, quantity, week)


PLENTY = {"item": ["BENCH", "BOARD"], "location": ["PLANT", "PLANT"], "quantity": [25.0, 900.0]}
SAW: dict[str, list[Any]] = {
    "resource": ["SAW"], "location": ["PLANT"], "hours_per_day": [20 / 7], "hourly_cost": [10.0],
    "overtime_limit": [0.5], "overtime_cost": [15.0],
}


def with_other(**other: Any) -> dict[str, list[Any]]:
    """The saw and another resource of these columns."""
    return {name: [*values, other.get(name, 0.0)] for name, values in SAW.items()}


def promise(**changes: Any) -> tuple[str, Any]:
    """When 60 benches wanted in the second week can be had, and what that costs: 25 are there, 30 the saw can make."""
    found = company([(60.0, WEEKS[1])], stock_on_hand=PLENTY, **changes)["order_promises"].iloc[0]
    return found["capable_period"], float(found["capable_cost"])


def test_extra_shifts_are_run_where_they_cost_less_than_overtime() -> None:
    """20 hours at 10; a shift of 8 hours at 10 and 30 for itself, 13.75 an hour; 7 hours of overtime at 15."""
    shifts = {"most_extra_shifts": [1.0], "extra_shift_hours": [8.0], "extra_shift_cost": [30.0]}
    assert promise(resources=SAW | shifts) == (WEEKS[1], pytest.approx(200 + 110 + 105))


def test_another_resource_takes_work_over() -> None:
    """The old saw takes 1.5 hours a bench at 12: five benches in 7.5 of its 9 hours."""
    other = with_other(resource="OLD SAW", location="PLANT", hours_per_day=9 / 7, hourly_cost=12.0)
    alternates = {"resource": ["SAW"], "alternate": ["OLD SAW"], "hours_factor": [1.5]}
    assert promise(resources=other, alternate_resources=alternates) == (WEEKS[1], pytest.approx(200 + 150 + 90))


def test_another_routing_makes_what_the_usual_one_cannot() -> None:
    """By hand a bench takes 2 hours at 10: five in 10 hours."""
    other = with_other(resource="HAND", location="PLANT", hours_per_day=10 / 7, hourly_cost=10.0)
    routings = {"item": ["BENCH"] * 2, "location": ["PLANT"] * 2, "routing": ["SAWN", "BY HAND"],
                "operation": ["10", "10"], "resource": ["SAW", "HAND"], "hours_per_unit": [1.0, 2.0],
                "priority": [1.0, 2.0]}
    assert promise(resources=other, routings=routings) == (WEEKS[1], pytest.approx(200 + 150 + 100))


def test_set_ups_take_their_hours_whole() -> None:
    """Three hours of set-up leave 27 benches for the first week: 52 by the second, all 60 in the third.

    25 in stock and 5 that the plan has for the third week leave 30: 17 in the 20 regular hours of the first week, 9 in
    the 12 that the plan leaves of the second, and 4 in overtime.
    """
    routings = {"item": ["BENCH"], "location": ["PLANT"], "operation": ["10"], "resource": ["SAW"],
                "hours_per_unit": [1.0], "setup_hours": [3.0]}
    assert promise(routings=routings) == (WEEKS[2], pytest.approx(10 * 20 + 10 * 12 + 15 * 4))


def test_a_dearer_supplier_who_is_sooner_is_asked() -> None:
    """20 benches take 40 boards: 30 in stock, which the mill brings again in a week for 3, and 10 at once for 5."""
    boards = {"item": ["BENCH", "BOARD"], "location": ["PLANT", "PLANT"], "quantity": [25.0, 30.0]}
    sourcing = {"item": ["BOARD"] * 2, "location": ["PLANT"] * 2, "supplier": ["MILL", "YARD"], "price": [3.0, 5.0],
                "lead_time": [7.0, 0.0], "priority": [1.0, 2.0]}
    found = company([(45.0, WEEKS[1])], stock_on_hand=boards, suppliers={"supplier": ["MILL", "YARD"]},
                    sourcing=sourcing)["order_promises"].iloc[0]
    assert (found["capable_period"], found["capable_cost"]) == (WEEKS[1], pytest.approx(20 * 10 + 30 * 3 + 10 * 5))


def test_all_items_on_a_lane_share_what_it_can_carry() -> None:
    """12 a week from the plant to the depot, where 25 are: 37 in the first week; the plan needs the lane later."""
    plan = company(
        [(30.0, WEEKS[0]), (12.0, WEEKS[0])],
        locations={"location": ["PLANT", "DEPOT"], "kind": ["plant", "warehouse"]},
        markets={"market": ["SHOP"], "market_group": ["SHOP"], "ship_from": ["DEPOT"]},
        lanes={"from_location": ["PLANT"], "to_location": ["DEPOT"], "unit_cost": [1.0], "total_capacity": [12.0]},
        stock_on_hand={"item": ["BENCH", "BENCH"], "location": ["DEPOT", "PLANT"], "quantity": [25.0, 100.0]},
    )
    found = plan["order_promises"]
    assert found["capable_period"].tolist() == WEEKS[:2]
    assert found["capable_cost"].tolist() == [pytest.approx(5), pytest.approx(12)]
    assert found["answer"].iloc[1].endswith("Sooner it is held up by what the lane PLANT–DEPOT can carry.")


@pytest.mark.parametrize("quantity", [33.0, 58.0, 77.0])
def test_what_is_promised_can_be_planned_and_no_sooner(quantity: float) -> None:
    """All demand is ordered. Balancing ships the inquiry beside it in the promised week, and is late a week sooner."""
    promised = company([(quantity, WEEKS[0])], orders=10.0)["order_promises"].iloc[0]["capable_period"]
    week = WEEKS.index(promised)
    for at in (week, week - 1):
        demand = [10.0 + quantity * (period == at) for period in range(6)]
        plan = company([], demand=demand, mode="balance")
        late = sum(row(plan, "backlog_plan", "Backlog", "BENCH", "SHOP"))
        assert (late < 1e-4) == (at == week)


def test_inquiries_stay_as_typed_and_are_answered_anew_when_the_plan_changes() -> None:
    """20 of 25 in stock are promised at once; of 5, and 5 that the first week lacks, 10; of 25 again as before."""
    typed = ["inquiry", "item", "market", "quantity", "wanted_period"]
    first = company([(20.0, WEEKS[0]), (3.0, WEEKS[1])])
    asked = first["order_promises"][typed]
    stock = first["stock_on_hand"]
    fewer = {**first, "stock_on_hand": stock.assign(quantity=stock["quantity"].where(stock["item"] != "BENCH", 5.0))}
    second = run_supply(fewer)
    pd.testing.assert_frame_equal(second["order_promises"][typed], asked)
    assert first["order_promises"]["capable_period"].tolist() == [WEEKS[0], WEEKS[1]]
    assert second["order_promises"]["available"].tolist()[0] == 10
    assert second["order_promises"]["capable_period"].tolist()[0] > WEEKS[0]
    third = run_supply({**second, "stock_on_hand": stock})
    pd.testing.assert_frame_equal(third["order_promises"], first["order_promises"])


def test_a_new_inquiry_is_answered_beside_those_that_stand_and_a_deleted_one_is_gone() -> None:
    plan = company([(20.0, WEEKS[0])])
    added = pd.concat([plan["order_promises"], pd.DataFrame([{
        "inquiry": "NEW", "item": "BENCH", "market": "SHOP", "quantity": 5.0, "wanted_period": WEEKS[0]}])])
    both = run_supply({**plan, "order_promises": added})["order_promises"]
    assert both["inquiry"].tolist() == ["Q0", "NEW"]
    assert both["available"].tolist() == [20, 5]
    rest = run_supply({**plan, "order_promises": both.iloc[1:]})["order_promises"]
    assert rest["inquiry"].tolist() == ["NEW"]


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 40), st.sampled_from(WEEKS)), min_size=1, max_size=5), st.floats(0, 12))
def test_nothing_is_promised_twice(inquiries: list[tuple[float, str]], orders: float) -> None:
    """What the plan promises until any week is no more than stock and receipts until then."""
    plan = company(inquiries, orders)
    supply = 25 + np.cumsum(row(plan, "inventory_plan", "Receipts", "BENCH", "PLANT"))
    promises = plan["order_promises"]
    from_plan = promises[(promises["capable_cost"] == 0) & (promises["capable_period"] != "")]
    for week, label in enumerate(WEEKS):
        until = from_plan.loc[from_plan["capable_period"] <= label, "quantity"].sum()
        assert until <= supply[week] - min(orders * (week + 1), supply[week]) + 1e-6


def lead_time(**changes: Any) -> pd.Series:
    """The promised lead time of benches."""
    found = company([], **changes)["promised_lead_times"]
    assert len(found) == 1
    return found.iloc[0]


def test_what_stands_in_stock_is_promised_at_once() -> None:
    found = lead_time()
    assert (found["family"], found["market"], found["lead_time"], found["from_stock"]) == ("Garden", "SHOP", 0, 1)
    assert found["limited_by"] == "Nothing: it is there."


NOTHING = {"item": ["BOARD"], "location": ["PLANT"], "quantity": [300.0]}


def test_without_stock_the_lead_time_lasts_to_the_end_of_the_first_week_whose_receipt_suffices() -> None:
    found = lead_time(stock_on_hand=NOTHING)
    assert (found["lead_time"], found["from_stock"], found["waiting"]) == (7, 0, 0)
    assert found["shorter_by"] == "10 more units of BENCH in stock at PLANT: 0 days"


def test_where_everything_is_ordered_already_stock_or_more_making_would_help() -> None:
    found = lead_time(stock_on_hand=NOTHING, orders=10.0)
    assert pd.isna(found["lead_time"])
    assert found["shorter_by"] == ("10 more units of BENCH in stock at PLANT: 0 days; supply of BENCH when ordered, "
                                   "hours and components free: 7 days")
