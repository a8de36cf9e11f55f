"""Deployment by hand: a plant with 60 bikes, two depots, and what each of them gets; balancing of warehouses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.steps.supply import deployment as deployment_module
from sopxl.steps.supply.deployment import deployment
from sopxl.steps.supply.inventory_review import excess_stock
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.requirements import plan_requirements
from tests.steps.supply.balance_networks import small_network

WEEKLY = {"bucket": "week", "first_period": "2027-W01"}
LANE_COLUMNS = ["from_location", "to_location", "item", "lead_time", "unit_cost", "capacity"]
ITEMS = pd.DataFrame({"item": ["Bike"], "name": ["A bike"], "family": ["Bikes"], "unit": ["KG"]})


def view_of(network: Network, lanes: list[list[Any]] | None = None, unit: str = "KG") -> PlanView:
    flows = plan_requirements(network)
    tables = {"items": ITEMS.assign(unit=unit), "lanes": pd.DataFrame(lanes or [], columns=LANE_COLUMNS)}
    return PlanView(tables, network, flows, flows)


def plant(rule: str = "priority", **parts: Any) -> Network:
    """60 bikes at the plant; East (7 a week, 0 there) and West (14 a week, 14 there) want 35 and 56 for five weeks."""
    usual: dict[str, Any] = {
        "nodes": [{"location": "Plant", "level": 1, "on_hand": 60.0}, {"location": "East"},
                  {"location": "West", "on_hand": 14.0}],
        "demands": [{"node": 1, "market": "East", "priority": 2.0}, {"node": 2, "market": "West"}],
        "demand": [[7.0] * 5, [14.0] * 5], "buys": [{"node": 0, "lead": 3}],
        "moves": [{"from_node": 0, "to_node": 1, "to_location": "East", "lead": 5, "unit_cost": 2.0},
                  {"from_node": 0, "to_node": 2, "to_location": "West", "lead": 5, "unit_cost": 3.0}],
    } | parts
    return small_network(5, WEEKLY | {"fair_share": rule}, **usual)


@pytest.mark.parametrize(("rule", "east", "west"), [
    ("priority", 4.0, 56.0),
    ("equal days", 24.0 + 2 / 3, 35.0 + 1 / 3),
    ("quotas", 60 * 35 / 91, 60 * 56 / 91),
])
def test_what_there_is_goes_to_the_depots_by_the_rule(rule: str, east: float, west: float) -> None:
    """Equal days: 60 and 14 there for 3 a day: 24 2/3 days, 24 2/3 for East and 49 1/3 for West."""
    found = deployment(view_of(plant(rule))).set_index("to_location")
    assert found["wanted"].to_dict() == {"East": 35.0, "West": 56.0}
    assert found["quantity"].to_dict() == pytest.approx({"East": east, "West": west})
    assert found["days_of_supply"].to_dict() == pytest.approx({"East": east, "West": (west + 14.0) / 2.0})
    assert found["freight"].to_dict() == pytest.approx({"East": 2 * east, "West": 3 * west})


def test_where_there_are_very_many_transfers_the_others_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    every = deployment(view_of(plant()))
    monkeypatch.setattr(deployment_module, "MOST_ROWS", 1)
    found = deployment(view_of(plant()))
    assert found["kind"].tolist() == ["deploy", "others"]
    for name in ("wanted", "quantity", "freight"):
        assert found[name].sum() == every[name].sum()


def test_pieces_are_sent_whole_and_no_more_than_there_are() -> None:
    """Of 24 2/3 and 35 1/3 the larger part gets the piece that is left; excess of 7.5 is sent as 7."""
    found = deployment(view_of(plant("equal days"), unit="EA"))
    assert dict(zip(found["to_location"], found["quantity"], strict=True)) == {"East": 25.0, "West": 35.0}
    assert found["freight"].sum() == 25 * 2 + 35 * 3
    assert deployment(view_of(two_warehouses(72.5), NORTH_SOUTH, unit="pc"))["quantity"].tolist() == [7.0]


def test_a_quota_of_a_lane_is_kept() -> None:
    moves = [{"from_node": 0, "to_node": 1, "to_location": "East", "lead": 5, "quota": 0.5},
             {"from_node": 0, "to_node": 2, "to_location": "West", "lead": 5, "quota": 0.5}]
    found = deployment(view_of(plant("quotas", moves=moves))).set_index("to_location")
    assert found["quantity"].to_dict() == {"East": 30.0, "West": 30.0}


def test_where_all_is_there_all_is_sent() -> None:
    nodes = [{"location": "Plant", "level": 1, "on_hand": 600.0}, {"location": "East"},
             {"location": "West", "on_hand": 14.0}]
    found = deployment(view_of(plant(nodes=nodes)))
    assert found["quantity"].tolist() == found["wanted"].tolist()
    assert set(found["reason"]) == {"All that is planned is there."}
    assert set(found["period"]) == {"2027-W01"}
    assert set(found["name"]) == {"A bike"}


def test_production_has_its_components_first_and_customers_of_the_sender_share() -> None:
    """Of 60, a start of 10 uses 20; 40 are for the plant's own customers (30) and the depot (50): by demand."""
    network = small_network(
        1, WEEKLY | {"fair_share": "quotas"},
        nodes=[{"location": "Plant", "level": 1, "on_hand": 60.0}, {"location": "East"}, {"item": "Set"}],
        demands=[{"node": 0, "market": "Home"}, {"node": 1, "market": "East"}, {"node": 2, "item": "Set"}],
        demand=[[30.0], [50.0], [10.0]], makes=[{"node": 2}], components=[{"make": 0, "node": 0, "quantity": 2.0}],
        buys=[{"node": 0, "lead": 0}], moves=[{"from_node": 0, "to_node": 1, "to_location": "East"}],
    )
    assert deployment(view_of(network))["quantity"].tolist() == [25.0]


def two_warehouses(have: float, **parts: Any) -> Network:
    """North has much and uses 10 a week, South 5 against 10 a week and a supplier who needs three weeks."""
    usual: dict[str, Any] = {
        "nodes": [{"location": "North", "on_hand": have}, {"location": "South", "on_hand": 5.0}],
        "demands": [{"node": 0, "market": "North"}, {"node": 1, "market": "South"}], "demand": 10.0,
        "buys": [{"node": 0, "lead": 1}, {"node": 1, "lead": 3}], "safety_stock": [[5.0], [0.0]],
    } | parts
    return small_network(8, WEEKLY | {"excess_periods": 6}, **usual)


NORTH_SOUTH = [["North", "South", "", 7.0, 4.0, np.nan]]


@pytest.mark.parametrize(("have", "sent"), [(200.0, 35.0), (85.0, 20.0), (65.0, 0.0), (10.0, 0.0)])
def test_excess_goes_to_where_stock_runs_out_before_the_source_can_deliver(have: float, sent: float) -> None:
    """South lacks 4 x 10 - 5 = 35 until the supplier's delivery; North keeps 6 x 10 and 5 of safety stock."""
    found = deployment(view_of(two_warehouses(have), NORTH_SOUTH))
    assert found["quantity"].tolist() == ([sent] if sent else [])
    if sent:
        row = found.iloc[0]
        assert (row["kind"], row["from_location"], row["to_location"]) == ("rebalance", "North", "South")
        assert (row["wanted"], row["freight"]) == (35.0, 4.0 * sent)
        assert row["days_of_supply"] == pytest.approx((5.0 + sent) / 10.0 * 7.0)
        assert "South runs out before its source can deliver" in row["reason"]


def test_nothing_moves_without_a_lane_nor_by_one_that_is_slower_than_the_source() -> None:
    network = two_warehouses(200.0)
    assert deployment(view_of(network)).empty
    assert deployment(view_of(network, [["South", "North", "", 7.0, 4.0, np.nan]])).empty
    assert deployment(view_of(network, [["North", "South", "Other", 7.0, 4.0, np.nan]])).empty
    assert deployment(view_of(network, [["North", "South", "", 28.0, 4.0, np.nan]])).empty


def test_a_lane_of_the_item_itself_counts_and_its_capacity_is_kept() -> None:
    lanes = [*NORTH_SOUTH, ["North", "South", "Bike", 7.0, 1.0, 12.0]]
    found = deployment(view_of(two_warehouses(200.0), lanes))
    assert found[["quantity", "freight"]].to_numpy().tolist() == [[12.0, 12.0]]


def test_the_cheapest_sender_is_asked_first() -> None:
    network = two_warehouses(
        75.0, nodes=[{"location": "North", "on_hand": 75.0}, {"location": "South", "on_hand": 5.0},
                     {"location": "West", "on_hand": 500.0}],
        safety_stock=[[5.0], [0.0], [0.0]])
    found = deployment(view_of(network, [["West", "South", "", 0.0, 9.0, np.nan], *NORTH_SOUTH]))
    assert dict(zip(found["from_location"], found["quantity"], strict=True)) == {"North": 10.0, "West": 25.0}


def test_stock_below_safety_stock_is_filled_up() -> None:
    network = two_warehouses(200.0, demand=[[10.0], [0.0]], safety_stock=[[5.0], [9.0]])
    found = deployment(view_of(network, NORTH_SOUTH))
    assert found["quantity"].tolist() == [4.0]
    assert "South is below safety stock" in found["reason"].iloc[0]
    assert np.isnan(found["days_of_supply"].iloc[0])


WEEKS = st.lists(st.integers(0, 20).map(float), min_size=8, max_size=8)


@given(demand=st.lists(WEEKS, min_size=3, max_size=3),
       stock=st.lists(st.integers(0, 150).map(float), min_size=3, max_size=3), safety=st.integers(0, 20).map(float),
       rule=st.sampled_from(["priority", "equal days", "quotas"]))
@settings(max_examples=40, deadline=None)
def test_no_sender_is_left_short_and_nothing_is_sent_twice(
    demand: list[list[float]], stock: list[float], safety: float, rule: str
) -> None:
    places = ["North", "South", "West"]
    network = small_network(
        8, WEEKLY | {"excess_periods": 6, "fair_share": rule},
        nodes=[{"location": place, "on_hand": have, "level": 0, "safety_stock": safety}
               for place, have in zip(places, stock, strict=True)],
        demands=[{"node": node, "market": place} for node, place in enumerate(places)], demand=demand,
        buys=[{"node": 0, "lead": 1}, {"node": 1, "lead": 3}, {"node": 2, "lead": 2}], safety_stock=safety,
    )
    lanes = [[here, there, "", 7.0, 1.0, np.nan] for here in places for there in places if here != there]
    view = view_of(network, lanes)
    found = deployment(view)
    assert (found["quantity"] > 0).all()
    sent = found.groupby("from_location")["quantity"].sum()
    for node, place in enumerate(places):
        left = view.plan.closing_stock[node, :6] - sent.get(place, 0.0)
        assert sent.get(place, 0.0) <= max(excess_stock(view)[node], 0.0) + 1e-6
        if place in sent:
            assert (left >= safety - 1e-6).all()
            assert stock[node] - sent[place] >= sum(demand[node][:6]) - 1e-6
