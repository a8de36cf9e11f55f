"""Late suppliers by hand: who waits for how much where deliveries come later, and what stock makes good."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.figures import figures
from sopxl.steps.supply.late_suppliers import PlannedFlows, delay, late_suppliers
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.requirements import plan_requirements
from tests.steps.supply.balance_networks import small_network

WEEKLY = {"bucket": "week", "first_period": "2027-W01"}
WEEKS = [f"2027-W{week:02d}" for week in range(1, 7)]


def told(network: Network, **days_late: float) -> pd.DataFrame:
    """The table for this network; suppliers that are not named are in time."""
    flows = plan_requirements(network)
    names = list(dict.fromkeys(network.buys["supplier"]))
    days = [days_late.get(name, 0.0) for name in names]
    suppliers = pd.DataFrame({"supplier": names, "active": True, "days_late": days})
    return late_suppliers(PlanView({"suppliers": suppliers}, network, flows, flows))


def bikes(periods: int = 4, stock: float = 0.0, make_lead: int = 0, **parts: Any) -> Network:
    """10 bikes a week at 50, each of 2 pieces of steel, of which ``stock`` stands as safety stock."""
    return small_network(
        periods, WEEKLY, **{
            "nodes": [{"item": "Bike", "level": 0},
                      {"item": "Steel", "level": 1, "on_hand": stock, "safety_stock": stock}],
            "demands": [{"node": 0}], "demand": 10.0, "price": 50.0, "makes": [{"node": 0, "lead": make_lead}],
            "components": [{"make": 0, "node": 1, "quantity": 2.0}], "buys": [{"node": 1, "item": "Steel"}], **parts})


def test_what_comes_a_week_late_makes_customers_wait_for_a_weeks_demand() -> None:
    found = told(bikes(), Supplier=7.0)
    assert found["quantity"].tolist() == [10.0, 10.0]
    assert found["money"].tolist() == [500.0, 500.0]
    assert found["period"].tolist() == WEEKS[:1] * 2
    assert found["item"].tolist() == ["", "Bike"]
    assert found["market"].tolist() == ["", "Home"]
    assert found["through"].tolist() == ["An item waits in one market.", "Steel at Plant → Bike"]


def test_days_count_as_whole_periods() -> None:
    assert told(bikes(), Supplier=8.0)["quantity"].iloc[0] == 20.0
    assert told(bikes(), Supplier=14.0)["quantity"].iloc[0] == 20.0


def test_longer_than_the_horizon_nothing_comes() -> None:
    assert told(bikes(3), Supplier=3650.0)["quantity"].iloc[0] == 30.0


@pytest.mark.parametrize(("stock", "late"), [(5.0, 7.5), (20.0, 0.0)])
def test_stock_makes_good_what_it_can(stock: float, late: float) -> None:
    found = told(bikes(stock=stock), Supplier=7.0)
    assert found["quantity"].iloc[0] == late
    if not late:
        assert found["through"].tolist() == ["Nobody waits: stock makes it good."]


def test_customers_wait_when_production_would_have_been_done() -> None:
    found = told(bikes(5, make_lead=2, demand=[[0.0, 0.0, 10.0, 10.0, 10.0]]), Supplier=7.0)
    assert found["period"].iloc[1] == WEEKS[2]
    assert found["quantity"].iloc[1] == 10.0


def test_open_orders_come_late_too() -> None:
    found = told(bikes(3, open_purchases=[[20.0, 20.0, 20.0]]), Supplier=7.0)
    assert found["quantity"].iloc[0] == 10.0


def test_in_one_period_those_who_draw_on_it_wait_in_proportion() -> None:
    network = small_network(
        2, WEEKLY, nodes=[{"location": "East"}, {"location": "West"}, {"location": "Plant", "level": 1}],
        demands=[{"node": 0, "market": "East"}, {"node": 1, "market": "West"}, {"node": 2, "market": "Home"}],
        demand=[[0.0, 30.0], [0.0, 60.0], [10.0, 0.0]], price=1.0, buys=[{"node": 2}],
        moves=[{"from_node": 2, "to_node": 0, "lead": 1}, {"from_node": 2, "to_node": 1, "lead": 1}],
        open_other=[[0.0, 0.0], [0.0, 0.0], [50.0, 0.0]],
    )
    found = told(network, Supplier=7.0).set_index("market")
    assert found["quantity"].round(6).to_dict() == {"": 50.0, "East": 15.0, "West": 30.0, "Home": 5.0}
    assert found.loc["West", "through"] == "Bike at Plant → Bike at West"
    assert found.loc["East", "period"] == WEEKS[1]


def test_who_is_late_comes_first_then_what_if_others_were_late_by_a_period() -> None:
    network = bikes(3, nodes=[{"item": "Bike"}, {"item": "Steel", "level": 1}, {"item": "Tyre", "level": 1}],
                    components=[{"make": 0, "node": 1, "quantity": 2.0}, {"make": 0, "node": 2, "quantity": 2.0}],
                    buys=[{"node": 1, "supplier": "Mill", "lead": 0}, {"node": 2, "supplier": "Rubber"}])
    found = told(network, Rubber=14.0)
    totals = found[found["item"] == ""]
    assert totals[["supplier", "days_late", "quantity"]].to_numpy(object).tolist() == [
        ["Rubber", 14.0, 20.0], ["Mill", 7.0, 10.0]]


def test_production_waits_for_the_component_that_is_latest_not_for_the_sum() -> None:
    network = bikes(3, nodes=[{"item": "Bike"}, {"item": "Steel", "level": 1}, {"item": "Tyre", "level": 1}],
                    components=[{"make": 0, "node": 1, "quantity": 2.0}, {"make": 0, "node": 2, "quantity": 1.0}],
                    buys=[{"node": 1, "supplier": "Mill"}, {"node": 2, "supplier": "Mill"}])
    assert told(network, Mill=7.0)["quantity"].iloc[0] == 10.0


def test_who_takes_no_orders_and_is_not_late_is_left_out() -> None:
    network = bikes()
    flows = plan_requirements(network)
    suppliers = pd.DataFrame({"supplier": ["Supplier"], "active": [False], "days_late": [0.0]})
    assert late_suppliers(PlanView({"suppliers": suppliers}, network, flows, flows)).empty


def test_nothing_bought_is_no_trouble() -> None:
    assert told(small_network(2, WEEKLY, nodes=[{}], demands=[{}], makes=[{}], demand=5.0)).empty


def test_in_large_networks_the_suppliers_of_whom_most_is_bought_are_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sopxl.steps.supply.late_suppliers.MOST_IN_ALL", 1)
    monkeypatch.setattr("sopxl.steps.supply.late_suppliers.MOST_OTHERS", 2)
    prices = {"Mill": 5.0, "Rubber": 1.0, "Saddler": 3.0, "Late": 0.5}
    network = bikes(3, nodes=[{"item": "Bike"}, *({"item": name, "level": 1} for name in prices)],
                    components=[{"make": 0, "node": node + 1} for node in range(4)],
                    buys=[{"node": node + 1, "supplier": name, "unit_price": price}
                          for node, (name, price) in enumerate(prices.items())])
    found = told(network, Late=7.0)
    assert found["supplier"].unique().tolist() == ["Late", "Mill", "Saddler"]


WEEK = st.lists(st.integers(0, 30).map(float), min_size=5, max_size=5)


@given(receipts=WEEK, shift=st.integers(1, 4), first=WEEK, second=WEEK, stock=st.integers(0, 40).map(float))
@settings(max_examples=40, deadline=None)
def test_what_is_held_up_is_what_stock_lacks_and_nobody_sends_goods_back(
    receipts: list[float], shift: int, first: list[float], second: list[float], stock: float
) -> None:
    network = small_network(5, WEEKLY, nodes=[{"on_hand": stock}], demands=[{"market": "A"}, {"market": "B"}],
                            demand=[first, second], buys=[{}], open_purchases=[receipts])
    flows = plan_requirements(network)
    closing = figures(network, flows).closing_stock
    coming = np.array([receipts]) + flows.buy_receipt
    later = np.concatenate([np.zeros(shift), coming[0, :-shift]])
    bought = np.maximum((coming[0] - later).cumsum(), 0.0)[None, None, :]
    held = delay(network, PlannedFlows(network, flows), bought, closing).demands[0]
    np.testing.assert_allclose(held.sum(axis=0), np.maximum(bought[0, 0] - closing[0], 0.0), atol=1e-4)
    shipped = flows.shipment.cumsum(axis=1) - held
    assert (np.diff(shipped, axis=1, prepend=0.0) >= -1e-4).all()


def test_suppliers_are_looked_at_by_what_their_orders_really_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    from sopxl.steps.supply import late_suppliers as late_suppliers_module

    monkeypatch.setattr(late_suppliers_module, "MOST_OTHERS", 1)
    monkeypatch.setattr(late_suppliers_module, "MOST_IN_ALL", 0)
    nodes = [{"item": "Steel"}, {"item": "Paint"}]
    parts: dict[str, Any] = {
        "nodes": nodes, "demands": [{"node": 0}, {"node": 1}], "demand": 10.0, "price": 50.0,
        "buys": [{"node": 0, "item": "Steel", "supplier": "A", "unit_price": 5.0},
                 {"node": 1, "item": "Paint", "supplier": "B", "unit_price": 4.0}],
    }
    breaks = [{"buy": 0, "from_quantity": 10.0, "unit_price": 3.0, "all_units": True}]
    assert set(told(small_network(4, WEEKLY, **parts))["supplier"]) == {"A"}
    assert set(told(small_network(4, WEEKLY, **parts, price_breaks=breaks))["supplier"]) == {"B"}
