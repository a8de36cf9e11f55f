"""What finance allows and asks for, in plans that can be reckoned by hand and in generated ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.shadow_prices import shadow_prices
from tests.cases.case_tables import plan_tables, run_supply, weekly
from tests.cases.case_tables import row as row_of
from tests.steps.supply.balance_networks import small_network
from tests.steps.supply.explained_plans import view_of, workshop

OVERTIME: dict[str, Any] = {"resources": [{"hourly_cost": 12.0, "overtime_cost": 18.0}], "overtime_hours": 5.0}


def limited(**limit: Any) -> dict[str, Any]:
    """One limit of finance, over both periods unless it says otherwise."""
    return {"financial_limits": [{"last": 1, **limit}]}


def test_overtime_costs_no_more_than_its_budget() -> None:
    # 14 bikes are wanted first, 10 made in regular time; 36 pays two hours at 18
    view = view_of(workshop([[14, 2]], **OVERTIME, settings={"late_cost": 10.0},
                            **limited(limit="overtime budget", amount=36.0)))
    assert view.planned.shipment.tolist() == [[12.0, 4.0]]
    told = shadow_prices(view)
    budget = dict(told[told["kind"] == "Overtime budget"].iloc[0])
    assert (budget["name"], budget["period"], budget["limit"], budget["used"]) == ("all families", "2027-01", 36, 36)
    # one more buys an 18th of an hour: that spares a bike's waiting (10) at a premium of 6 over regular time
    assert budget["value"] == pytest.approx((10.0 - 6.0) / 18.0)


def test_a_budget_for_all_periods_together_is_spent_where_it_serves_best() -> None:
    budget = limited(limit="overtime budget", amount=54.0, in_total=True)
    view = view_of(workshop([[13, 13]], **OVERTIME, **budget, settings={"late_cost": 10.0}))
    spent = 18.0 * np.maximum(view.plan.hours - view.plan.regular_hours, 0.0).sum()
    assert spent == pytest.approx(54.0)


def test_stock_is_worth_no_more_than_its_cap() -> None:
    # 15 bikes in the second period need 5 built ahead; 60 is worth 3 of them
    view = view_of(workshop([[0, 15]], **limited(limit="stock value", family="All", name="All", amount=60.0)))
    assert view.plan.closing_stock.tolist() == [[3.0, 0.0]]
    told = shadow_prices(view)
    cap = dict(told[told["kind"] == "Stock value"].iloc[0])
    assert (cap["name"], cap["period"], cap["limit"], cap["used"]) == ("All", "2027-01", 60, 60)
    assert cap["value"] > 0


def test_a_cap_on_another_family_does_not_bind() -> None:
    view = view_of(workshop([[0, 15]], **limited(limit="stock value", family="Tools", name="Tools", amount=0.0)))
    assert view.plan.closing_stock.tolist() == [[5.0, 0.0]]


def test_stock_that_is_there_at_the_start_may_be_worth_more_than_the_cap() -> None:
    network = workshop([[1, 1]], nodes=[{"unit_cost": 20.0, "holding_cost": 0.5, "on_hand": 5.0}],
                       **limited(limit="stock value", amount=10.0))
    assert balance(network).conflicts is None


def test_what_earns_less_than_finance_asks_for_is_not_shipped() -> None:
    # Home earns 80 a bike, the Shop loses 5; 390 of margin leave room for two bikes of the Shop
    prices = np.array([[100.0], [15.0]])
    view = view_of(workshop([[5], [5]], price=prices, settings={"unmet_demand": "lost"},
                            financial_limits=[{"limit": "gross margin", "amount": 390.0}]))
    assert view.planned.shipment.tolist() == [[5.0], [2.0]]
    told = shadow_prices(view)
    # a bike that the Shop does not get costs its price (15) and spares its hour (12)
    assert told.loc[told["kind"] == "Gross margin", "value"].iloc[0] == pytest.approx((15.0 - 12.0) / 5.0)


def test_a_margin_may_be_asked_for_as_a_share_of_revenue() -> None:
    # 5 x 100 and s x 40 of revenue at a cost of 20 and s x 20: at least 70 % of it is earned up to s = 12.5
    view = view_of(workshop([[5], [20]], price=np.array([[100.0], [40.0]]), regular_hours=50.0,
                            settings={"unmet_demand": "lost"},
                            financial_limits=[{"limit": "gross margin", "share": 0.7}]))
    assert view.planned.shipment == pytest.approx(np.array([[5.0], [50.0 / 8.0]]))


def test_a_margin_that_no_plan_earns_is_told_with_what_it_would_have_to_give() -> None:
    plan = balance(workshop([[5]], financial_limits=[{"limit": "gross margin", "amount": 1000.0}]))
    assert plan.conflicts is not None
    told = dict(plan.conflicts.iloc[0])
    assert (told["limit"], told["name"], told["gives"]) == ("Gross margin", "all families", pytest.approx(600.0))
    assert plan.shipment.tolist() == [[5.0]]


def test_a_budget_that_firm_production_breaks_is_told_with_what_it_would_have_to_give() -> None:
    network = workshop([[14, 14]], **OVERTIME, firm_production=14.0,
                       **limited(limit="overtime budget", amount=36.0, in_total=True))
    found = balance(network).conflicts
    assert found is not None
    assert found[["limit", "name", "period", "stated"]].to_numpy().tolist() == [
        ["Overtime budget", "all families", "2027-02", 36.0]]
    assert found["gives"].tolist() == [pytest.approx(2 * 4 * 18.0 - 36.0)]
    assert found["unit"].tolist() == ["money"]


def test_a_cap_on_stock_that_firm_production_breaks_is_told() -> None:
    network = workshop([[0, 15]], firm_production=np.array([[5.0, 10.0]]),
                       **limited(limit="stock value", amount=60.0))
    found = balance(network).conflicts
    assert found is not None
    assert found[["limit", "period", "gives"]].to_numpy().tolist() == [["Stock value", "2027-01", pytest.approx(40.0)]]


def test_the_table_reaches_the_plan() -> None:
    frames: dict[str, dict[str, Any]] = {
        "items": {"item": ["BIKE"], "family": ["Bikes"]}, "locations": {"location": ["PLANT"]},
        "markets": {"market": ["HOME"], "ship_from": ["PLANT"], "market_group": ["HOME"]},
        "resources": {"resource": ["LINE"], "location": ["PLANT"], "hours_per_day": [2.0]},
        "routings": {"item": ["BIKE"], "location": ["PLANT"], "operation": ["10"], "resource": ["LINE"],
                     "hours_per_unit": [1.0]},
        "costs": {"item": ["BIKE"], "material_cost": [20.0]},
        "financial_limits": {"limit": ["stock value"], "family": ["Bikes"], "amount": [60.0]},
    }
    tables = run_supply(plan_tables(weekly(2, plan_mode="balance"), {("BIKE", "HOME"): [0.0, 20.0]}, frames))
    assert row_of(tables, "inventory_plan", "Closing stock", "BIKE", "PLANT") == [3.0, 0.0]


@settings(max_examples=25, deadline=None)
@given(
    demand=st.lists(st.integers(0, 20), min_size=6, max_size=6),
    amounts=st.tuples(st.integers(0, 80), st.integers(0, 200)), in_total=st.booleans(),
)
def test_generated_plans_keep_to_what_finance_sets_and_never_cost_less_for_it(
    demand: list[int], amounts: tuple[int, int], in_total: bool
) -> None:
    rows = [{"limit": "overtime budget", "amount": float(amounts[0]), "last": 2, "in_total": in_total},
            {"limit": "stock value", "amount": float(amounts[1]), "last": 2}]
    parts: dict[str, Any] = {
        "nodes": [{"unit_cost": 20.0, "holding_cost": 0.5}], "demands": [{}, {"market": "Shop"}], "makes": [{}],
        "operations": [{"hours_per_unit": 1.0}], "demand": np.array(demand, float).reshape(2, 3), "price": 60.0,
        "regular_hours": 8.0, **OVERTIME,
    }
    free, kept = balance(small_network(3, **parts)), balance(small_network(3, **parts, financial_limits=rows))
    assert kept.conflicts is None
    overtime = 18.0 * np.maximum(kept.make_start.sum(axis=0) - 8.0, 0.0)
    assert (overtime.sum() if in_total else overtime.max()) <= amounts[0] + 1e-6
    stock = 20.0 * np.cumsum(kept.make_receipt.sum(axis=0) - kept.shipment.sum(axis=0))
    assert stock.max() <= amounts[1] + 1e-6
    assert sum(kept.cost.values()) >= sum(free.cost.values()) - 1e-6
