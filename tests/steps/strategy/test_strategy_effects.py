"""Initiatives: each effect on its table, what counts, what is opened and closed, what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl.grids import take
from sopxl.pipeline import run
from sopxl.prices import price_matrix
from sopxl.schema import Tables
from sopxl.steps.strategy.effects import EFFECTS
from sopxl.steps.strategy.initiatives import read_initiatives
from sopxl.steps.strategy.overlay import with_strategy
from sopxl.steps.strategy.tables import EFFECT_KINDS
from sopxl.steps.supply.capacity import available_hours
from sopxl.tables import GRIDS
from tests.steps.strategy.strategy_company import HALF_YEAR, LABELS, SHIFT, company, with_effect

EXPECTED = replace(HALF_YEAR, initiative_basis="expected")
WORKING = np.array([168.0, 160.0, 184.0, 176.0, 168.0, 176.0])
"""Hours of the workshop: eight on each working day of January to June 2027."""
FROM_FEBRUARY = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0])


def laid(settings: Any = HALF_YEAR, initiative: dict[str, Any] | None = None, **effect: Any) -> Tables:
    return with_strategy(with_effect(settings, initiative, **effect), settings)


def cell(tables: Tables, name: str, column: str, **keys: str) -> float:
    rows = tables[name]
    for key, value in keys.items():
        rows = rows[rows[key] == value]
    (found,) = rows[column]
    return float(found)


def test_every_declared_effect_has_its_function_and_needs_an_object() -> None:
    assert tuple(EFFECTS) == EFFECT_KINDS
    assert all(effect.needs for effect in EFFECTS.values())


@pytest.mark.parametrize(("amount", "counted_as", "more"), [
    (40.0, "amount", 40.0 * FROM_FEBRUARY), (10.0, "percent", 0.1 * WORKING * FROM_FEBRUARY),
    (-1000.0, "amount", -WORKING * FROM_FEBRUARY),
])
def test_capacity_changes_from_its_period_on_and_never_below_nothing(
    amount: float, counted_as: str, more: np.ndarray
) -> None:
    tables = laid(effect="capacity hours", resource="SHOP", amount=amount, counted_as=counted_as)
    regular, overtime = available_hours(tables, HALF_YEAR)
    np.testing.assert_allclose(regular[0], WORKING + more)
    np.testing.assert_allclose(overtime[0], 0.25 * (WORKING + more))


def test_percent_effects_follow_one_another() -> None:
    tables = company(initiatives=[SHIFT], initiative_effects=[
        {"initiative": "SHIFT", "effect": "capacity hours", "resource": "SHOP", "amount": 50, "counted_as": "percent"},
        {"initiative": "SHIFT", "effect": "capacity hours", "resource": "SHOP", "amount": 10, "counted_as": "percent"},
    ])
    regular, _ = available_hours(with_strategy(tables, HALF_YEAR), HALF_YEAR)
    np.testing.assert_allclose(regular[0], WORKING * np.where(FROM_FEBRUARY > 0, 1.5 * 1.1, 1.0))


def test_overtime_changes_by_hours() -> None:
    tables = laid(effect="overtime limit", resource="SHOP", amount=-10.0)
    _, overtime = available_hours(tables, HALF_YEAR)
    np.testing.assert_allclose(overtime[0], 0.25 * WORKING - 10.0 * FROM_FEBRUARY)


def test_no_overtime_at_all_is_a_limit_of_nought() -> None:
    tables = laid(effect="overtime limit", resource="SHOP", amount=-100.0, counted_as="percent")
    assert available_hours(tables, HALF_YEAR)[1][0].tolist() == [42.0, 0, 0, 0, 0, 0]


def test_what_holds_for_a_whole_plan_changes_by_the_mean_of_its_periods() -> None:
    tables = laid(effect="hourly cost", resource="SHOP", amount=-10.0, counted_as="percent")
    assert cell(tables, "resources", "hourly_cost", resource="SHOP") == pytest.approx(30.0 * (1 - 0.1 * 5 / 6))


def test_purchase_prices_fall_at_one_supplier_only() -> None:
    tables = laid(effect="purchase price", supplier="SAWMILL", amount=-6.0)
    assert cell(tables, "sourcing", "price", supplier="SAWMILL") == pytest.approx(20.0 - 6.0 * 5 / 6)
    assert cell(tables, "sourcing", "price", supplier="SEATS") == 45.0


def test_the_unit_cost_of_what_is_bought_takes_its_purchase_price_along() -> None:
    tables = laid(effect="unit cost", item="CHAIR", amount=-12.0, counted_as="percent")
    assert cell(tables, "costs", "material_cost", item="CHAIR") == pytest.approx(45.0 * 0.9)
    assert cell(tables, "sourcing", "price", item="CHAIR") == pytest.approx(45.0 * 0.9)


def test_the_unit_cost_of_what_is_made_falls_by_no_more_than_its_production_cost() -> None:
    tables = with_effect(effect="unit cost", item="TABLE", amount=-100.0, from_period="2027-01")
    tables["costs"].loc[tables["costs"]["item"] == "TABLE", "production_cost"] = 17.0
    after = with_strategy(tables, HALF_YEAR)
    assert cell(after, "costs", "production_cost", item="TABLE") == 0.0
    elements = after["costs"].loc[after["costs"]["item"] == "TABLE", ["material_cost", "conversion_cost"]]
    assert float(elements.sum(axis=1).iloc[0]) == pytest.approx(170.0 - 17.0)


def test_a_price_changes_in_its_market_and_periods_and_no_other() -> None:
    tables = laid(effect="price", item="TABLE", market="South Shop", amount=5.0, counted_as="percent",
                  until_period="2027-03")
    pairs = pd.DataFrame({"item": ["TABLE", "TABLE"], "market": ["South Shop", "North Shop"]})
    np.testing.assert_allclose(price_matrix(tables, HALF_YEAR, pairs), [[400, 420, 420, 400, 400, 400], [400] * 6])


@pytest.mark.parametrize(("from_period", "days"), [("2027-02", 10.0), ("2027-05", 20.0)])
def test_a_lead_time_changes_where_the_effect_holds_in_half_of_the_plan(from_period: str, days: float) -> None:
    tables = laid(effect="lead time", supplier="SAWMILL", amount=-10.0, from_period=from_period)
    assert cell(tables, "sourcing", "lead_time", supplier="SAWMILL") == days


def test_lanes_to_a_location_get_faster() -> None:
    tables = laid(effect="lead time", location="NORTH", amount=-40.0, counted_as="percent")
    assert tables["lanes"]["lead_time"].tolist() == [3.0]


def test_capacity_of_suppliers_and_stores_changes_only_where_there_is_a_limit() -> None:
    tables = with_effect(effect="supplier capacity", supplier="SAWMILL", amount=60.0)
    tables["suppliers"].loc[0, "capacity"] = 100.0
    tables["locations"]["storage_capacity"] = [500.0, np.nan]
    after = with_strategy(tables, HALF_YEAR)
    assert after["suppliers"]["capacity"].tolist()[0] == pytest.approx(150.0)
    assert np.isnan(after["suppliers"]["capacity"].tolist()[1])
    stores = {**tables, "initiative_effects": tables["initiative_effects"].assign(
        effect="storage capacity", supplier="", location="PLANT")}
    found = with_strategy(stores, HALF_YEAR)["locations"]["storage_capacity"].tolist()
    assert found[0] == pytest.approx(550.0)
    assert np.isnan(found[1])


def test_a_supplier_that_an_initiative_opens_is_closed_without_it() -> None:
    on = laid(effect="opens", supplier="SEATS")
    assert on["suppliers"]["active"].tolist() == [True, True]
    assert on["sourcing"].loc[on["sourcing"]["supplier"] == "SEATS", "valid_from"].tolist() == ["2027-02"]
    off = laid(initiative={"switched_on": False}, effect="opens", supplier="SEATS")
    assert off["suppliers"]["active"].tolist() == [True, False]


def test_a_plant_that_an_initiative_opens_makes_nothing_without_it() -> None:
    on = laid(effect="opens", location="PLANT")
    assert set(on["routings"]["valid_from"]) == {"2027-02"}
    off = laid(initiative={"switched_on": False}, effect="opens", location="PLANT")
    assert len(off["routings"]) == len(off["lanes"]) == len(off["sourcing"]) == 0


def test_a_line_that_an_initiative_opens_has_its_hours_from_then_on() -> None:
    on = laid(effect="opens", resource="SHOP", until_period="2027-04")
    np.testing.assert_allclose(available_hours(on, HALF_YEAR)[0][0], WORKING * [0, 1, 1, 1, 0, 0])
    off = laid(initiative={"switched_on": False}, effect="opens", resource="SHOP")
    assert not np.any(available_hours(off, HALF_YEAR))


def test_cost_and_investment_go_to_finance_and_move_with_the_slip() -> None:
    tables = laid(initiative={"slip": 1, "end_period": "2027-04"}, effect="capacity hours", resource="SHOP", amount=1)
    assert tables["operating_expenses"][["expense", "amount", "from_period", "until_period"]].to_numpy().tolist() == [
        ["SHIFT", 100.0, "2027-03", "2027-05"]]
    assert tables["fixed_assets"][["asset", "amount", "bought_period", "life"]].to_numpy().tolist() == [
        ["SHIFT", 2000.0, "2027-03", 4.0]]
    assert tables["resource_calendar"]["period"].tolist() == ["2027-03", "2027-04", "2027-05"]


def test_an_initiative_counts_only_with_all_that_it_needs() -> None:
    rows = [{**SHIFT, "initiative": name, "depends_on": needs, "switched_on": on}
            for name, needs, on in (("A", "B, C", True), ("B", "C", True), ("C", "", True), ("D", "E", True),
                                    ("E", "D", True), ("F", "G", True), ("G", "", False))]
    found = {one.name: one.weight for one in read_initiatives(company(initiatives=rows), HALF_YEAR)}
    assert found == {"A": 1, "B": 1, "C": 1, "D": 0, "E": 0, "F": 0, "G": 0}


def test_an_initiative_that_is_off_changes_nothing() -> None:
    tables = with_effect(initiative={"switched_on": False}, effect="capacity hours", resource="SHOP", amount=40)
    after = with_strategy(tables, HALF_YEAR)
    assert {name for name in after if after[name] is not tables.get(name)} == set()


def test_the_overlay_never_changes_what_was_entered() -> None:
    for kind, effect in EFFECTS.items():
        objects: dict[str, Any] = {"resource": "SHOP", "item": "CHAIR", "family": "Chairs", "market": "South Shop",
                                   "supplier": "SEATS", "location": "PLANT"}
        tables = with_effect(effect=kind, amount=7.0, **{name: objects[name] for name in effect.needs[:1]})
        copies = {name: frame.copy(deep=True) for name, frame in tables.items()}
        with_strategy(tables, HALF_YEAR)
        for name, frame in tables.items():
            pd.testing.assert_frame_equal(frame, copies[name])


@hypothesis_settings(max_examples=15, deadline=None)
@given(st.floats(0.0, 1.0), st.floats(-50.0, 80.0), st.sampled_from(["amount", "percent"]))
def test_the_expected_effect_is_the_full_effect_by_its_probability(
    probability: float, amount: float, counted_as: str
) -> None:
    change: dict[str, Any] = {"effect": "capacity hours", "resource": "SHOP", "amount": amount,
                              "counted_as": counted_as}
    full, expected = (
        available_hours(laid(settings, {"probability": probability}, **change), settings)[0][0]
        for settings in (HALF_YEAR, EXPECTED)
    )
    np.testing.assert_allclose(expected - WORKING, probability * (full - WORKING), atol=1e-9)


def demand(tables: Tables, **keys: str) -> np.ndarray:
    plan = run(tables, ["demand"], conformed=True)["sales_plan"]
    rows = take(GRIDS["sales_plan"], plan, "Consensus", LABELS).reset_index()
    for name, value in keys.items():
        rows = rows[rows[name] == value]
    return np.asarray(rows[LABELS].to_numpy(float))


def test_demand_rises_by_percent_and_by_units_shared_in_proportion() -> None:
    tables = company(initiatives=[SHIFT], initiative_effects=[
        {"initiative": "SHIFT", "effect": "demand", "family": "Chairs", "amount": 10, "counted_as": "percent"},
        {"initiative": "SHIFT", "effect": "demand", "item": "CHAIR", "amount": 9, "from_period": "2027-06"},
    ])
    np.testing.assert_allclose(demand(tables, item="CHAIR"), [
        [30, 33, 33, 33, 33, 36], [60, 66, 66, 66, 66, 72]], atol=0.01)
    np.testing.assert_allclose(demand(tables, item="TABLE"), [[10] * 6, [20] * 6], atol=0.01)


def test_a_market_is_entered_by_an_initiative_with_units() -> None:
    tables = with_effect(effect="demand", item="DESK", market="North Shop", amount=8.0)
    np.testing.assert_allclose(demand(tables, item="DESK"), [[0, 8, 8, 8, 8, 8]])
    off = with_effect(initiative={"switched_on": False}, effect="demand", item="DESK", market="North Shop", amount=8.0)
    assert demand(off, item="DESK").size == 0
