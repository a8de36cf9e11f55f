"""What must hold for any plan, in both ways of planning, read from the grids alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.tables import GRIDS
from tests.cases.case_tables import Frames, measure, plan_tables, run_supply, weekly

WEEKS = 5
ITEMS = ("A", "B", "C", "D", "E")
SOLD, BOUGHT = ("A", "B"), ("D", "E")
SMALL = 1e-6


@dataclass(frozen=True)
class Given:
    """A generated plan: its tables, and the bill of material and routings that it is made of."""

    settings: Settings
    tables: Tables
    frames: Frames


@st.composite
def plans(draw: st.DrawFn, mode: str, rich: bool = False) -> Given:
    """A and B are sold from a shop, made of what follows them in the alphabet; D and E are bought.

    A rich plan has yields, a second routing where the first ends, components that come and go, and a co-product.
    """

    def numbers(count: int, low: float, high: float) -> list[float]:
        return draw(st.lists(st.floats(low, high).map(lambda value: round(value, 1)), min_size=count, max_size=count))

    pairs = [(parent, child) for number, parent in enumerate(ITEMS[:3]) for child in ITEMS[number + 1:]]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=3, max_size=6, unique=True))
    chosen += [(parent, "D") for parent in ITEMS[:3] if parent not in {pair[0] for pair in chosen}]
    rules = draw(st.lists(st.sampled_from(["lot-for-lot", "fixed", "period", "silver-meal", "optimal"]),
                          min_size=5, max_size=5))
    days = st.sampled_from([0.0, 7.0, 14.0])
    leads = draw(st.lists(days, min_size=5, max_size=5))
    frames: Frames = {
        "items": {"item": ITEMS, "lead_time": leads, "family": ["F2", "F1", "F1", "F3", "F3"]},
        "locations": {"location": ["PLANT", "SHOP"], "kind": ["plant", "warehouse"]},
        "markets": {"market": ["Home", "Far"], "market_group": ["Home", "Far"], "ship_from": "SHOP"},
        "bills_of_material": {"parent": [pair[0] for pair in chosen], "component": [pair[1] for pair in chosen],
                              "quantity": numbers(len(chosen), 0.5, 3.0), "scrap": numbers(len(chosen), 0.0, 0.3)},
        "resources": {"resource": ["R"], "location": "PLANT", "hours_per_day": numbers(1, 0.5, 40.0),
                      "overtime_limit": [0.2], "hourly_cost": [10.0]},
        "routings": {"item": ITEMS[:3], "location": "PLANT", "operation": "10", "resource": "R",
                     "hours_per_unit": numbers(3, 0.0, 0.5), "setup_hours": numbers(3, 0.0, 2.0)},
        "suppliers": {"supplier": ["S", "T"]},
        "sourcing": {"item": ["D", "E", "D"], "location": "PLANT", "supplier": ["S", "S", "T"],
                     "price": [2.0, 3.0, 4.0], "lead_time": [leads[3], leads[4], 0.0], "priority": [1, 1, 2],
                     "capacity": [draw(st.sampled_from([np.nan, 40.0])), np.nan, np.nan],
                     "expedite_cost": [np.nan, 0.3, np.nan]},
        "lanes": {"from_location": ["PLANT"], "to_location": ["SHOP"], "lead_time": [draw(days)], "unit_cost": [0.5]},
        "stock_on_hand": {"item": ITEMS, "location": "PLANT", "quantity": numbers(5, 0.0, 60.0)},
        "stock_policies": {"item": ITEMS, "location": "PLANT", "lot_rule": rules, "lot_size": 20.0,
                           "safety_stock": numbers(5, 0.0, 10.0), "safety_days": draw(days), "order_cost": 20.0,
                           "holding_cost": 0.3},
        "costs": {"item": ITEMS, "material_cost": 5.0},
    }
    if rich:
        _enrich(frames, numbers)
    demand = {(item, market): numbers(WEEKS, 0.0, 50.0) for item in SOLD for market in ("Home", "Far")}
    chosen_settings = weekly(WEEKS, plan_mode=mode)
    prices = {pair: [30.0] * WEEKS for pair in demand}
    return Given(chosen_settings, plan_tables(chosen_settings, demand, frames, Price=prices), frames)


def _enrich(frames: Frames, numbers: Callable[[int, float, float], list[float]]) -> None:
    """Yields, a second routing of B of two operations, validity of bills and routings, and E beside C."""
    frames["routings"] = {
        "item": ["A", "B", "B", "B", "C"], "location": "PLANT", "routing": ["", "usual", "other", "other", ""],
        "operation": ["10", "10", "10", "20", "10"], "resource": "R", "priority": [1, 1, 2, 2, 1],
        "hours_per_unit": numbers(5, 0.0, 0.5), "setup_hours": numbers(5, 0.0, 2.0),
        "yield_rate": [round(value, 2) for value in numbers(5, 0.5, 1.0)],
        "valid_until": ["", f"2027-W{2 + int(numbers(1, 0.0, 2.9)[0]):02d}", "", "", ""],
    }
    rows = len(frames["bills_of_material"]["parent"])
    ends = [f"2027-W{2 + int(value):02d}" for value in numbers(rows, 0.0, 2.9)]
    frames["bills_of_material"] |= {
        "valid_from": ["" if row % 3 != 1 else end for row, end in enumerate(ends)],
        "valid_until": ["" if row % 3 != 2 else end for row, end in enumerate(ends)],
    }
    frames["co_products"] = {"item": ["C"], "co_product": ["E"], "location": "", "quantity": numbers(1, 0.1, 0.9)}


@dataclass(frozen=True)
class Way:
    """A routing: hours for a unit started, hours of a set-up, and good units for a unit started."""

    item: str
    routing: str
    hours: float
    setup: float
    rate: float


def ways(given: Given) -> list[Way]:
    """The routings, their operations one after the other."""
    rows: dict[str, Any] = given.frames["routings"]
    blank, whole = [""] * len(rows["item"]), [1.0] * len(rows["item"])
    found: dict[tuple[str, str], Way] = {}
    for item, routing, hours, setup, rate in zip(
        rows["item"], rows.get("routing", blank), rows["hours_per_unit"], rows["setup_hours"],
        rows.get("yield_rate", whole), strict=True,
    ):
        so_far = found.get((item, routing), Way(item, routing, 0.0, 0.0, 1.0))
        found[item, routing] = Way(item, routing, so_far.hours + so_far.rate * hours, so_far.setup + setup,
                                   so_far.rate * rate)
    return list(found.values())


def good_output(given: Given, tables: Tables, kind: str, item: str) -> np.ndarray:
    """Good units of an item that the production brings, as it starts, those beside other items included."""
    made = values(tables, "production_plan", f"{kind} production")
    beside: dict[str, Any] = given.frames.get("co_products", {"item": [], "co_product": [], "quantity": []})
    output = np.zeros(WEEKS)
    for way in ways(given):
        good = at(made, way.item, "PLANT", way.routing) * way.rate
        output += good * (way.item == item)
        for parent, other, quantity in zip(beside["item"], beside["co_product"], beside["quantity"], strict=True):
            output += good * quantity * (parent == way.item and other == item)
    return output


def values(tables: Tables, grid: str, name: str) -> pd.DataFrame:
    return measure(tables, grid, name).fillna(0.0)


def at(frame: pd.DataFrame, *key: str) -> np.ndarray:
    """The row of an object by the first parts of its key, 0 where the grid does not have it."""
    rows = frame.to_numpy(float)[[place[: len(key)] == key for place in frame.index]]
    return np.asarray(rows[0] if len(rows) else np.zeros(WEEKS))


def closing_stock_is_what_came_less_what_went(tables: Tables) -> None:
    stock = tables["inventory_plan"].query("measure == 'Receipts'").set_index(["item", "location"])["on_hand"]
    flow = (values(tables, "inventory_plan", "Receipts") - values(tables, "inventory_plan", "Internal use")
            - values(tables, "inventory_plan", "Shipments"))
    expected = flow.cumsum(axis=1).add(stock, axis=0)
    np.testing.assert_allclose(values(tables, "inventory_plan", "Closing stock"), expected, atol=SMALL)
    assert values(tables, "inventory_plan", "Closing stock").to_numpy().min(initial=0.0) >= -SMALL


def receipts_are_what_is_made_bought_and_moved_in(given: Given, tables: Tables) -> None:
    lead = dict(zip(given.frames["items"]["item"], given.frames["items"]["lead_time"], strict=True))
    receipts = values(tables, "inventory_plan", "Receipts")
    arrivals = values(tables, "distribution_plan", "Arrivals")
    bought = values(tables, "procurement_plan", "Planned receipts").groupby(["item", "location"]).sum()
    for item, location in receipts.index:
        came = at(receipts, item, location)
        output = good_output(given, tables, "Planned", item)
        if location == "SHOP":
            assert came == pytest.approx(at(arrivals, item, "PLANT", "SHOP"), abs=SMALL)
        elif given.settings.plan_mode == "requirements":
            assert came.sum() == pytest.approx(at(bought, item, location).sum() + output.sum(), abs=SMALL)
        elif item not in BOUGHT:
            periods = int(lead[item] // 7)
            assert came == pytest.approx(np.concatenate([np.zeros(periods), output])[:WEEKS], abs=SMALL)
        elif not output.any():
            assert came == pytest.approx(at(bought, item, location), abs=SMALL)


def internal_use_is_what_production_takes_and_what_leaves(given: Given, tables: Tables) -> None:
    use = values(tables, "inventory_plan", "Internal use")
    made = values(tables, "production_plan", "Planned production").groupby(["item", "location"]).sum()
    sent = values(tables, "distribution_plan", "Planned shipments").groupby("item").sum()
    bill, labels = pd.DataFrame(given.frames["bills_of_material"]), np.array(given.settings.periods.labels)
    bill = pd.DataFrame({"valid_from": "", "valid_until": ""}, index=bill.index).assign(**bill)
    for item, location in use.index:
        expected = np.zeros(WEEKS)
        if location == "PLANT":
            for row in bill[bill["component"] == item].itertuples():
                holds = (labels >= row.valid_from) & ((labels <= row.valid_until) | (row.valid_until == ""))
                expected += holds * at(made, str(row.parent), "PLANT") * row.quantity / (1.0 - row.scrap)
            if item in sent.index:
                expected += sent.loc[item].to_numpy(float)
        assert at(use, item, location) == pytest.approx(expected, abs=SMALL)


def hours_are_those_of_the_production(given: Given, tables: Tables) -> None:
    for kind in ("Planned", "Required"):
        expected = np.zeros(WEEKS)
        for way in ways(given):
            made = at(values(tables, "production_plan", f"{kind} production"), way.item, "PLANT", way.routing)
            lots = at(values(tables, "production_plan", f"{kind} lots"), way.item, "PLANT", way.routing)
            expected += made * way.hours + lots * way.setup
        told = values(tables, "capacity_plan", f"{kind} hours").to_numpy(float)[0]
        assert told == pytest.approx(expected, abs=SMALL)


def nothing_flows_backwards(tables: Tables) -> None:
    for name, grid in GRIDS.items():
        for declared in grid.owned_by("result"):
            if name not in ("sales_plan", "profit_and_loss") and len(tables[name]):
                assert np.nanmin(measure(tables, name, declared.name).to_numpy(float), initial=0.0) >= 0


def demand_is_shipped_or_waits(tables: Tables) -> None:
    demand = values(tables, "backlog_plan", "Demand").cumsum(axis=1)
    shipped = values(tables, "backlog_plan", "Shipments").cumsum(axis=1)
    backlog = values(tables, "backlog_plan", "Backlog")
    np.testing.assert_allclose(backlog, demand - shipped, atol=SMALL)
    assert backlog.to_numpy().min(initial=0.0) >= -SMALL


def check_any_plan(given: Given, tables: Tables) -> None:
    closing_stock_is_what_came_less_what_went(tables)
    receipts_are_what_is_made_bought_and_moved_in(given, tables)
    internal_use_is_what_production_takes_and_what_leaves(given, tables)
    hours_are_those_of_the_production(given, tables)
    nothing_flows_backwards(tables)
    demand_is_shipped_or_waits(tables)


FEW = settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow],
               phases=[Phase.generate])


@FEW
@given(plans("requirements"))
def test_a_requirements_plan_nets_gross_to_net_and_keeps_every_balance(given_plan: Given) -> None:
    check_requirements(given_plan, run_supply(given_plan.tables))


@FEW
@given(plans("requirements", rich=True))
def test_yields_routings_validity_and_co_products_keep_every_balance_of_a_requirements_plan(given_plan: Given) -> None:
    tables = run_supply(given_plan.tables)
    check_requirements(given_plan, tables)
    usual = at(values(tables, "production_plan", "Planned production"), "B", "PLANT", "usual")
    labels = given_plan.settings.periods.labels
    last = labels.index(given_plan.frames["routings"]["valid_until"][1])
    assert not usual[last + 1:].any(), "nothing starts on a routing that has ended"


def check_requirements(given_plan: Given, tables: Tables) -> None:
    check_any_plan(given_plan, tables)
    assert values(tables, "backlog_plan", "Backlog").to_numpy().max(initial=0.0) <= SMALL
    projected = values(tables, "requirements", "Projected available")
    safety = values(tables, "inventory_plan", "Safety stock").reindex(projected.index)
    assert (projected.to_numpy() >= safety.to_numpy() - SMALL).all()
    np.testing.assert_allclose(projected, values(tables, "inventory_plan", "Closing stock").reindex(projected.index),
                               atol=SMALL)
    rules = dict(zip(ITEMS, given_plan.frames["stock_policies"]["lot_rule"], strict=True))
    receipts = values(tables, "requirements", "Planned order receipts")
    beside = given_plan.frames.get("co_products", {"co_product": []})["co_product"]
    for place in [place for place in receipts.index if rules[place[0]] == "lot-for-lot" or place[1] == "SHOP"]:
        ordered = (receipts.loc[place].to_numpy(float) > SMALL) & (place[0] not in beside)
        over = projected.loc[place].to_numpy(float) - safety.loc[place].to_numpy(float)
        assert over[ordered] == pytest.approx(0.0, abs=SMALL), "lot for lot orders no more than is needed"
    released = values(tables, "requirements", "Planned order releases").sum(axis=1)
    for place in [place for place in receipts.index if place[0] not in ITEMS[:3] or place[1] == "SHOP"]:
        output = good_output(given_plan, tables, "Required", place[0]) if place[1] == "PLANT" else np.zeros(WEEKS)
        assert released[place] + output.sum() == pytest.approx(receipts.loc[place].sum(), abs=SMALL)


@FEW
@given(plans("balance"))
def test_a_balanced_plan_keeps_every_balance_and_every_limit(given_plan: Given) -> None:
    check_balanced(given_plan, run_supply(given_plan.tables))


@FEW
@given(plans("balance", rich=True))
def test_yields_routings_validity_and_co_products_keep_every_balance_of_a_balanced_plan(given_plan: Given) -> None:
    check_balanced(given_plan, run_supply(given_plan.tables))


def check_balanced(given_plan: Given, tables: Tables) -> None:
    check_any_plan(given_plan, tables)
    limit = values(tables, "capacity_plan", "Regular hours") + values(tables, "capacity_plan", "Overtime limit")
    assert (values(tables, "capacity_plan", "Planned hours") <= limit + 1e-5).to_numpy().all()
    capacity = given_plan.frames["sourcing"]["capacity"][0]
    bought = values(tables, "procurement_plan", "Planned receipts")
    if not np.isnan(capacity):
        assert at(bought, "D", "PLANT", "S").max() <= capacity + SMALL
