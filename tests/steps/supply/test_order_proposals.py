"""Order proposals by hand: one item bought at once, 10 a week, and what becomes of the orders that are open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.schema import conform_all
from sopxl.settings import Settings
from sopxl.steps.supply import order_proposals as order_proposals_module
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.order_proposals import order_proposals
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.safety import safety_stock
from sopxl.tables import TABLES
from tests.cases.case_tables import plan_tables, weekly
from tests.steps.supply.balance_networks import small_network

KEY = ("X", "Home")
WEEKS = [f"2027-W{week:02d}" for week in range(1, 9)]
ORDER_COLUMNS = ["order", "kind", "item", "location", "supplier", "due_period", "quantity"]


def proposals(
    orders: list[tuple[str, float]], demand: list[float], on_hand: float = 0.0, lead_days: float = 0.0,
    terms: dict[str, Any] | None = None, unit: str = "EA", breaks: dict[str, Any] | None = None, **policy: Any,
) -> pd.DataFrame:
    """Proposals for purchase orders P1, P2, ... (due, quantity) of item X, bought from S at 2, or as price breaks say.
    """
    frames: dict[str, dict[str, Any]] = {
        "items": {"item": ["X"], "unit": [unit]}, "suppliers": {"supplier": ["S"]},
        "sourcing": {"item": ["X"], "location": "PLANT", "supplier": "S", "price": 2.0, "lead_time": lead_days,
                     **(terms or {})},
        "stock_on_hand": {"item": ["X"], "location": ["PLANT"], "quantity": [on_hand]},
        "stock_policies": {"item": ["X"], "location": ["PLANT"], **{name: [value] for name, value in policy.items()}},
    }
    if breaks:
        frames["price_breaks"] = {"item": ["X"], "location": "", "supplier": "S", **breaks}
    if orders:
        frames["open_orders"] = {
            "order": [f"P{number + 1}" for number in range(len(orders))], "kind": "purchase", "item": "X",
            "location": "PLANT", "supplier": "S", "due_period": [due for due, _ in orders],
            "quantity": [quantity for _, quantity in orders],
        }
    settings = weekly(len(demand))
    tables = plan_tables(settings, {KEY: demand}, frames)
    return order_proposals(view_of(tables, settings))


def view_of(tables: dict[str, pd.DataFrame], settings: Settings) -> PlanView:
    """The view of a requirements plan."""
    conformed = conform_all(TABLES, tables)
    network = build_network(conformed, settings)
    flows = plan_requirements(network)
    assert flows.gross_requirements is not None
    safety = safety_stock(network.nodes, flows.gross_requirements, network.minimum_stock, settings.bucket)
    return PlanView(conformed, replace(network, safety_stock=safety), flows, flows)


def told(found: pd.DataFrame, action: str) -> list[tuple[Any, ...]]:
    """Order, quantity, present and due period of the proposals of this kind."""
    rows = found[found["action"] == action]
    return list(zip(rows["order"], rows["quantity"], rows["present_period"], rows["due_period"], strict=True))


def test_an_order_that_comes_too_late_is_expedited() -> None:
    found = proposals([(WEEKS[3], 20.0)], [10] * 5, on_hand=25)
    assert told(found, "expedite") == [("P1", 5.0, WEEKS[3], WEEKS[2])]
    row = found[found["action"] == "expedite"].iloc[0]
    assert row["money"] == 10.0
    assert row["reason"] == "Stock of X at PLANT runs out in 2027-W03 without it."


def test_what_an_expedited_order_covers_is_not_ordered_anew_before_it_was_due() -> None:
    """20 due in week 4 and needed in weeks 1 and 2; what they were for is ordered for week 4 instead."""
    soon = proposals([(WEEKS[3], 20.0)], [10, 10, 0, 10, 10], lead_days=7)
    assert told(soon, "expedite") == [("P1", 20.0, WEEKS[3], WEEKS[0])]
    assert told(soon, "release") == []
    slow = proposals([(WEEKS[3], 20.0)], [10, 10, 0, 10, 10], lead_days=21)
    assert told(slow, "release") == [("", 20.0, "", WEEKS[3])]
    assert slow["reason"].iloc[1] == "Stock of X at PLANT runs out in 2027-W04 without it."


def test_where_only_safety_stock_is_touched_the_reason_says_so() -> None:
    found = proposals([(WEEKS[3], 50.0)], [10] * 5, on_hand=31, safety_stock=5.0)
    row = found[found["action"] == "expedite"].iloc[0]
    assert (row["quantity"], row["due_period"]) == (4.0, WEEKS[2])
    assert row["reason"] == "Stock of X at PLANT falls below safety stock in 2027-W03 without it."


def test_an_order_that_is_needed_later_is_delayed() -> None:
    found = proposals([(WEEKS[0], 20.0)], [10] * 6, on_hand=40)
    assert told(found, "delay") == [("P1", 20.0, WEEKS[0], WEEKS[4])]


def test_an_order_that_nothing_needs_is_cancelled() -> None:
    found = proposals([(WEEKS[1], 30.0), (WEEKS[2], 50.0)], [10] * 4, on_hand=10)
    assert told(found, "cancel") == [("P2", 50.0, WEEKS[2], "")]
    assert found.loc[found["action"] == "cancel", "money"].tolist() == [100.0]


def test_an_order_of_which_a_part_is_needed_is_reduced() -> None:
    found = proposals([(WEEKS[1], 50.0)], [10] * 4, on_hand=10)
    assert told(found, "reduce") == [("P1", 20.0, WEEKS[1], WEEKS[1])]
    assert "Only 30 of 50" in found["reason"].iloc[0]


@pytest.mark.parametrize("terms", [{"order_multiple": 25.0}, {"minimum_order": 50.0}])
def test_an_order_is_not_reduced_below_what_the_supplier_sells(terms: dict[str, Any]) -> None:
    assert proposals([(WEEKS[1], 50.0)], [10] * 4, on_hand=10, terms=terms).empty


def test_neither_less_than_a_period_nor_a_hundredth_of_the_order_is_worth_a_message() -> None:
    assert proposals([(WEEKS[1], 30.2)], [10] * 4, on_hand=10).empty
    assert proposals([(WEEKS[1], 100.0)], [10, 90, 10], on_hand=10.0).empty


def test_an_order_due_after_the_horizon_can_come_sooner_but_is_not_cancelled() -> None:
    found = proposals([("2027-W20", 50.0)], [10, 10, 10], on_hand=20)
    assert found[["action", "order", "quantity", "due_period"]].to_numpy(object).tolist() == [
        ["expedite", "P1", 10.0, WEEKS[2]]]
    assert proposals([("2027-W20", 50.0)], [10, 10, 10], on_hand=30).empty


def test_an_overdue_order_that_is_needed_at_once_is_expedited() -> None:
    found = proposals([("2026-W50", 20.0)], [10, 10], on_hand=0)
    assert told(found, "expedite") == [("P1", 10.0, "2026-W50", WEEKS[0])]
    assert found["reason"].iloc[0].startswith("It was due in 2026-W50 and has not come.")


def test_orders_are_used_in_the_order_in_which_they_come() -> None:
    found = proposals([(WEEKS[1], 10.0), (WEEKS[0], 10.0), (WEEKS[5], 10.0)], [10] * 6)
    assert told(found, "expedite") == [("P3", 10.0, WEEKS[5], WEEKS[2])]
    assert told(found, "delay") == []


def test_new_orders_are_released_within_their_lead_time_past_due_first() -> None:
    found = proposals([], [10, 0, 7, 5], lead_days=14)
    assert told(found, "release") == [("", 10.0, "", WEEKS[0]), ("", 7.0, "", WEEKS[2])]
    assert found["order_period"].tolist() == [WEEKS[0]] * 2
    assert found["money"].tolist() == [20.0, 14.0]
    assert found["reason"].tolist() == [
        "It should have been ordered 2 periods ago. Stock of X at PLANT runs out in 2027-W01 without it.",
        "Stock of X at PLANT runs out in 2027-W03 without it.",
    ]


def test_pieces_are_ordered_whole_never_less_than_planned_and_less_than_one_more_in_all() -> None:
    """10.4 a week and two weeks of lead time: 10.4, 20.8 and 31.2 are needed by the weeks, 11, 21 and 32 ordered."""
    found = proposals([], [10.4] * 5, lead_days=14).sort_values("due_period")
    assert told(found, "release") == [("", 11.0, "", WEEKS[0]), ("", 10.0, "", WEEKS[1]), ("", 11.0, "", WEEKS[2])]
    assert found["money"].tolist() == [22.0, 20.0, 22.0]
    assert found["reason"].iloc[0].endswith("without it. Whole pieces: the plan has 10.40.")


def test_what_is_weighed_is_ordered_to_the_fraction() -> None:
    found = proposals([], [10.4] * 5, unit="KG")
    assert told(found, "release") == [("", 10.4, "", WEEKS[0])]
    assert "Whole" not in found["reason"].iloc[0]


def test_an_order_of_pieces_is_reduced_by_no_more_than_is_certainly_not_needed() -> None:
    found = proposals([(WEEKS[1], 50.0)], [10.4] * 4, on_hand=10)
    assert told(found, "reduce") == [("P1", 18.0, WEEKS[1], WEEKS[1])]


def test_an_open_order_is_increased_instead_of_placing_another_for_the_same_period() -> None:
    found = proposals([(WEEKS[1], 10.0)], [0, 25], lead_days=7)
    assert told(found, "increase") == [("P1", 15.0, WEEKS[1], WEEKS[1])]
    assert told(found, "release") == []


def test_the_most_urgent_proposals_are_told_and_the_others_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    every = proposals([], [10.4] * 5, lead_days=14)
    monkeypatch.setattr(order_proposals_module, "MOST_ROWS", 1)
    found = proposals([], [10.4] * 5, lead_days=14)
    assert found["action"].tolist() == ["release", "others"]
    assert found["due_period"].iloc[0] == WEEKS[0]
    assert found["money"].sum() == every["money"].sum() == 64
    assert found["reason"].iloc[1] == "2 less urgent proposals."


def test_without_orders_and_demand_there_is_nothing_to_propose() -> None:
    assert proposals([], [0, 0]).empty


def test_production_and_transfers_are_released_too_and_transfers_under_way_are_not_increased() -> None:
    network = small_network(
        3, nodes=[{"location": "Plant", "level": 1, "unit_cost": 4.0}, {"location": "Depot", "unit_cost": 5.0}],
        demands=[{"node": 1}], demand=[[0.0, 20.0, 0.0]], makes=[{"node": 0}],
        moves=[{"from_node": 0, "to_node": 1, "lead": 1}], open_transfers=[[0.0, 6.0, 0.0]],
    )
    flows = plan_requirements(network)
    orders = pd.DataFrame([["T1", "transfer", "Bike", "Depot", "Plant", network.settings.periods.labels[1], 6.0]],
                          columns=ORDER_COLUMNS)
    tables = {"open_orders": orders, "items": pd.DataFrame({"item": ["Bike"], "name": ["A bike"], "unit": "EA"})}
    found = order_proposals(PlanView(tables, network, flows, flows))
    assert found[["action", "kind", "source", "quantity", "money"]].to_numpy(object).tolist() == [
        ["release", "transfer", "Plant", 14.0, 70.0], ["release", "production", "", 14.0, 56.0]]
    assert set(found["name"]) == {"A bike"}
    assert np.isfinite(found["urgency"]).all()


@pytest.mark.parametrize(("applies_to", "spent"), [("all units", 15 * 1.0), ("units beyond", 10 * 2.0 + 5 * 1.0)])
def test_orders_are_worth_what_their_quantity_earns(applies_to: str, spent: float) -> None:
    breaks = {"from_quantity": [10.0], "price": 1.0, "applies_to": applies_to}
    (release,) = proposals([], [15, 0, 0], breaks=breaks).to_dict("records")
    assert (release["action"], release["quantity"], release["money"]) == ("release", 15.0, pytest.approx(spent))
    (cancel,) = proposals([(WEEKS[1], 15.0)], [0, 0, 0], breaks=breaks).to_dict("records")
    assert (cancel["action"], cancel["quantity"], cancel["money"]) == ("cancel", 15.0, pytest.approx(spent))
    assert proposals([], [9, 0, 0], breaks=breaks)["money"].tolist() == [18.0]
