"""Every quantity of a plan is followed to the demand that it serves: plans by hand, and nothing is served twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.network import Network
from sopxl.steps.supply.pegs import overlaps, peg
from sopxl.steps.supply.requirements import plan_requirements
from tests.cases.case_tables import Frames, plan_tables, run_supply, weekly
from tests.steps.supply.balance_networks import small_network

WEEKS = 4
LABELS = weekly(WEEKS).periods.labels


def bikes(demand: list[list[float]], periods: int = WEEKS, **changes: Any) -> Network:
    """Bikes of two wheels each, made at the plant, sold there and from a depot; wheels are bought."""
    parts: dict[str, Any] = {
        "nodes": [{"item": "Bike", "location": "Depot"}, {"item": "Bike", "level": 1}, {"item": "Wheel", "level": 2}],
        "demands": [{"market": "Shop", "node": 0}, {"market": "Home", "node": 1}],
        "makes": [{"node": 1, "lead": 1}], "components": [{"node": 2, "quantity": 2.0}],
        "buys": [{"node": 2, "item": "Wheel", "lead": 1}],
        "moves": [{"from_node": 1, "to_node": 0, "lead": 1}],
    }
    return small_network(periods, {"plan_mode": "requirements"}, demand=np.array(demand, float), **(parts | changes))


def test_intervals_overlap_within_their_group_only() -> None:
    supply, use, quantity = overlaps(
        np.array([0, 0, 2]), np.array([4.0, 6.0, 3.0]), np.array([0, 0, 1, 2]), np.array([5.0, 3.0, 9.0, 7.0]))
    assert list(zip(supply, use, quantity, strict=True)) == [(0, 0, 4), (1, 0, 1), (1, 1, 3), (2, 3, 3)]


def test_a_demand_is_pegged_through_transfer_and_production_to_the_parts() -> None:
    network = bikes([[0, 0, 0, 5], [0, 0, 3, 0]])
    pegs = peg(network, plan_requirements(network))
    behind = pegs.behind(np.array([0])).merge(pegs.supplies, left_on="supply", right_index=True)
    told = [tuple(row) for row in behind[["level", "kind", "period", "quantity_x", "due"]].to_numpy(object)]
    assert told == [(0, "move", 3, 5, 3), (1, "make", 2, 5, 2), (2, "buy", 1, 10, 1)]


def test_an_order_is_followed_to_the_demands_that_it_serves() -> None:
    network = bikes([[0, 0, 0, 5], [0, 0, 3, 0]])
    pegs = peg(network, plan_requirements(network))
    wheels = np.flatnonzero((pegs.supplies["kind"] == "buy").to_numpy())
    ends = pegs.ahead(wheels).merge(pegs.parcels, left_on="parcel", right_index=True)
    assert ends[["demand", "quantity_x", "serves"]].to_numpy().tolist() == [[0, 10, 5], [1, 6, 3]]


def test_what_is_needed_first_takes_what_came_first_and_production_comes_before_customers() -> None:
    network = bikes([[0, 4, 0, 0], [3, 0, 0, 2]], nodes=[
        {"item": "Bike", "location": "Depot"}, {"item": "Bike", "level": 1, "on_hand": 7.0},
        {"item": "Wheel", "level": 2}])
    pegs = peg(network, plan_requirements(network))
    from_stock = pegs.ahead(np.flatnonzero((pegs.supplies["kind"] == "stock").to_numpy()))
    assert dict(zip(from_stock["parcel"], from_stock["quantity"], strict=True)) == {0: 4, 1: 3}


@given(
    demand=st.lists(st.lists(st.integers(0, 9), min_size=5, max_size=5), min_size=2, max_size=2),
    on_hand=st.lists(st.integers(0, 20), min_size=3, max_size=3), leads=st.tuples(*[st.integers(0, 2)] * 3),
    lot=st.sampled_from([0.0, 7.0]), backlog=st.integers(0, 5),
)
@settings(max_examples=40, deadline=None)
def test_no_supply_serves_more_than_there_is_and_every_shipment_is_served_in_full(
    demand: list[list[float]], on_hand: list[float], leads: tuple[int, int, int], lot: float, backlog: int
) -> None:
    network = bikes(
        demand, 5,
        nodes=[{"item": item, "level": level, "on_hand": float(stock), "minimum_lot": lot}
               for level, (item, stock) in enumerate(zip(["Bike", "Bike", "Wheel"], on_hand, strict=True))],
        demands=[{"node": 0, "opening_backlog": float(backlog)}, {"node": 1, "priority": 2.0}],
        makes=[{"node": 1, "lead": leads[0]}], buys=[{"node": 2, "lead": leads[1]}],
        moves=[{"from_node": 1, "to_node": 0, "lead": leads[2]}],
    )
    flows = plan_requirements(network)
    pegs = peg(network, flows)
    everything = pegs.behind(np.arange(len(pegs.parcels)))
    used = everything.groupby("supply")["quantity"].sum()
    assert (used <= pegs.supplies["quantity"][used.index] + 1e-6).all()
    shipped = everything[everything["level"] == 0].groupby("parcel")["quantity"].sum()
    sent = pegs.parcels.index[pegs.parcels["shipped"] >= 0]
    assert shipped.reindex(sent).to_numpy() == pytest.approx(pegs.parcels["quantity"][sent].to_numpy(), abs=1e-6)
    assert pegs.parcels.loc[sent, "quantity"].sum() == pytest.approx(flows.shipment.sum(), abs=1e-6)
    total = pegs.parcels.groupby("demand")["quantity"].sum().reindex([0, 1], fill_value=0)
    assert total.tolist() == pytest.approx([sum(demand[0]) + backlog, sum(demand[1])], abs=1e-6)
    ahead = pegs.ahead(np.arange(len(pegs.supplies))).set_index(["supply", "parcel"])["quantity"]
    both = everything.groupby(["supply", "parcel"])["quantity"].sum()
    pd.testing.assert_series_equal(ahead, both, check_index_type=False)
    price = np.arange(1.0, len(pegs.parcels) + 1)
    reached = pegs.ahead(np.arange(len(pegs.supplies)))
    money = np.bincount(reached["supply"], reached["serves"] * price[reached["parcel"]], minlength=len(pegs.supplies))
    assert pegs.worth(price) * pegs.supplies["quantity"].to_numpy(float) == pytest.approx(money, abs=1e-6)


def test_a_plan_of_nothing_has_no_pegs() -> None:
    network = bikes([[0] * WEEKS, [0] * WEEKS])
    pegs = peg(network, plan_requirements(network))
    assert len(pegs.behind(np.zeros(0, int))) == len(pegs.ahead(np.zeros(0, int))) == len(pegs.parcels) == 0


def factory(**changes: Any) -> Frames:
    """X of Y on R (10 hours a week)."""
    frames: Frames = {
        "bills_of_material": {"parent": ["X"], "component": ["Y"], "quantity": [1.0]},
        "routings": {"item": ["X"], "location": ["PLANT"], "operation": ["10"], "resource": ["R"],
                     "hours_per_unit": [1.0]},
        "resources": {"resource": ["R"], "location": ["PLANT"], "hourly_cost": [20.0]},
        "resource_calendar": {"resource": "R", "period": LABELS, "available_hours": 10.0},
        "suppliers": {"supplier": ["S"]},
        "sourcing": {"item": ["Y"], "location": ["PLANT"], "supplier": ["S"], "price": [4.0]},
    }
    return frames | changes


def test_late_demands_are_told_with_their_supplies_and_what_holds_them_up() -> None:
    chosen = weekly(WEEKS, plan_mode="balance")
    tables = plan_tables(chosen, {("X", "Home"): [10, 15, 5, 0]}, factory(), Price={("X", "Home"): [50.0] * WEEKS})
    told = run_supply(tables)["pegging"]
    assert told["shipped_period"].unique().tolist() == [LABELS[2]]
    first, second = (dict(told.iloc[row]) for row in (0, 1))
    assert (first["supply"], first["item"], first["quantity"], first["late"]) == ("Production", "X", 5, 1)
    assert first["holds_up"] == "R is full."
    assert (second["supply"], second["item"], second["source"], second["level"]) == ("Purchase", "Y", "S", 1)


def test_inquiries_are_answered_from_orders_to_demands_and_from_demands_to_supplies() -> None:
    asked = {"item": ["Y", "X"], "place": ["PLANT", "Home"], "period": [LABELS[0], LABELS[2]]}
    told = run_supply(plan_tables(weekly(WEEKS), {("X", "Home"): [10, 0, 5, 0]}, factory(pegging_inquiries=asked)))
    rows = told["pegging"][["demand_period", "level", "item", "supply_period", "quantity"]].to_numpy(object).tolist()
    assert rows == [[LABELS[0], 1, "Y", LABELS[0], 10], [LABELS[2], 0, "X", LABELS[2], 5],
                    [LABELS[2], 1, "Y", LABELS[2], 5]]


def test_what_comes_out_beside_an_item_serves_its_own_demand() -> None:
    network = bikes([[0, 0, 0, 0], [0, 0, 3, 0]], nodes=[
        {"item": "Scrap", "location": "Plant"}, {"item": "Bike", "level": 1}, {"item": "Wheel", "level": 2}], moves=[])
    network.makes["yield_rate"] = 1.0
    network = replace(network, co_products=pd.DataFrame({"make": [0], "node": [0], "quantity": [2.0]}),
                      demand=np.array([[0, 0, 0, 4.0], [0, 0, 3, 0]]))
    flows = plan_requirements(network)
    pegs = peg(network, replace(flows, shipment=network.demand))
    behind = pegs.behind(np.array([0])).merge(pegs.supplies, left_on="supply", right_index=True)
    assert behind[["kind", "period", "quantity_x"]].to_numpy(object).tolist() == [["co-product", 2, 4.0]]


def test_what_is_left_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sopxl.steps.supply.pegging.MOST_ROWS", 3)
    chosen = weekly(WEEKS, plan_mode="balance")
    demand = {("X", "Home"): [20, 12, 12, 0], ("X", "Shop"): [0, 2, 0, 0]}
    tables = plan_tables(chosen, demand, factory(), Price=dict.fromkeys(demand, [50.0] * WEEKS))
    told = run_supply(tables)["pegging"]
    assert len(told) == 4
    note = str(told["holds_up"].iloc[-1])
    assert note.endswith("more late demands are left out: ask for them in pegging inquiries.")
    assert told["demand_item"].iloc[-1] == ""
