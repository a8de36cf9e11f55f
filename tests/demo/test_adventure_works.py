"""The demo company's tables: complete, consistent, and true to the source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sopxl.checks import check_table
from sopxl.demo import assumptions, opening
from sopxl.demo.adventure_works import adventure_works
from sopxl.demo.source import Source, read_source
from sopxl.demo.standard_costs import standard_costs
from sopxl.demo.trim import DATA_FOLDER, KEPT_COLUMNS, trimmed
from sopxl.plan_checks import check_plan
from sopxl.schema import Tables
from sopxl.settings import read_settings
from sopxl.tables import TABLES

FULL_SOURCE = Path(__file__).parents[3] / "shared" / "adventureworks"
LAST_YEAR_REVENUE_OF_ALL_ITEMS = 52_751_208.56


@pytest.fixture(scope="module")
def source() -> Source:
    return read_source()


@pytest.fixture(scope="module")
def demo() -> Tables:
    return adventure_works()


@pytest.mark.parametrize("market_level", ["group", "market"])
def test_no_check_finds_an_error_or_a_warning(market_level: str) -> None:
    tables = adventure_works(market_level)
    settings = read_settings(tables["settings"])
    findings = check_plan(tables, settings)
    for name, table in TABLES.items():
        findings += check_table(table, tables[name], settings.bucket, tables)
    assert [finding for finding in findings if finding.severity != "note"] == []


def test_every_table_that_people_fill_is_filled(demo: Tables) -> None:
    empty = {name for name, table in TABLES.items() if table.owner == "input" and demo[name].empty}
    assert empty == {
        "resource_calendar", "stock_policy_changes", "drivers", "launches", "overrides", "segment_policies",
        "calendars", "alternate_resources", "changeovers", "co_products", "price_breaks", "contracts",
        "pegging_inquiries", "sales_deductions", "financial_limits",
    }


def test_recent_sales_are_the_web_sales_of_bikes_in_the_last_complete_months(demo: Tables) -> None:
    recent, history = demo["recent_sales"], demo["sales_history"]
    assert len(recent) < 6000
    months = recent["date"].dt.strftime("%Y-%m")
    assert sorted(set(months)) == ["2014-03", "2014-04", "2014-05"]
    sold = history[history["item"].isin(set(recent["item"])) & history["market"].str.endswith(" Online")]
    by_month = sold[sold["period"].isin(set(months))].groupby(["period", "item", "market"])["quantity"].sum()
    found = recent.groupby([months.rename("period"), "item", "market"])["quantity"].sum()
    pd.testing.assert_series_equal(found, by_month.reindex(found.index))
    assert found.sum() == by_month.sum() == 3298


def test_promotions_are_the_limited_offers_that_resellers_used(demo: Tables) -> None:
    promotions = demo["promotions"]
    assert set(promotions["promotion"]) == {
        "Sport Helmet Discount-2002", "Road-650 Overstock", "Sport Helmet Discount-2003", "Touring-3000 Promotion",
        "Touring-1000 Promotion", "Mountain-500 Silver Clearance Sale"}
    assert set(promotions["market"]) == {"Europe Reseller", "North America Reseller", "Pacific Reseller"}
    clearance = promotions[promotions["promotion"] == "Mountain-500 Silver Clearance Sale"]
    assert set(clearance[["from_period", "to_period", "discount"]].itertuples(index=False, name=None)) == {
        ("2014-04", "2014-05", 0.4)}
    history = demo["sales_history"]
    rows = history[history["period"].isin(["2014-04", "2014-05"]) & history["item"].isin(set(clearance["item"]))]
    assert rows["quantity"].sum() >= 382


def test_prices_and_budget_name_planning_markets(demo: Tables) -> None:
    expected = {f"{group} {channel}" for group in ("Europe", "North America", "Pacific")
                for channel in ("Online", "Reseller")}
    assert set(demo["budget"]["market"]) == expected
    assert set(demo["prices"]["market"]) == expected | {""}


def test_the_history_keeps_99_percent_of_last_years_revenue_and_ends_before_the_plan(demo: Tables) -> None:
    history = demo["sales_history"]
    last_year = history[history["period"] >= "2013-06"]
    share = last_year["revenue"].sum() / LAST_YEAR_REVENUE_OF_ALL_ITEMS
    assert 0.99 < share < 1
    assert history["period"].nunique() == 36
    assert history["period"].max() == "2014-05"


def test_the_incomplete_month_stands_as_orders_in_hand(demo: Tables) -> None:
    orders = demo["open_orders"]
    web = orders[orders["kind"] == "sale"]
    assert set(web["due_period"]) == {"2014-06"}
    assert web["quantity"].sum() == 2209
    assert web["market"].str.endswith(" Online").all()


def test_last_years_sales_load_subassembly_with_104_and_final_assembly_with_101_percent(
    demo: Tables, source: Source
) -> None:
    need = source.needs(source.last_year.groupby("sku")["quantity"].sum())
    hours = demo["routings"]["item"].map(need) * demo["routings"]["hours_per_unit"]
    by_resource = hours.groupby(demo["routings"]["resource"]).sum()
    available = demo["resources"].set_index("resource")["hours_per_day"] * 365.25
    load = by_resource / available
    assert load["Subassembly"] == pytest.approx(1.04, abs=0.005)
    assert load["Final Assembly"] == pytest.approx(1.01, abs=0.005)
    assert load["Frame Forming"] == pytest.approx(0.56, abs=0.005)


def test_every_sold_item_is_made_or_bought_and_reaches_every_place_that_ships_it(demo: Tables) -> None:
    active = set(demo["items"].loc[demo["items"]["status"] == "active", "item"])
    had = set(demo["bills_of_material"]["parent"]) | set(demo["sourcing"]["item"])
    assert len(active) == 178
    assert active <= had
    lanes = demo["lanes"]
    for location in set(demo["markets"]["ship_from"]) - {assumptions.PLANT}:
        assert active <= set(lanes.loc[lanes["to_location"] == location, "item"])


def test_every_component_is_made_or_bought(demo: Tables) -> None:
    bill = demo["bills_of_material"]
    assert set(bill["component"]) <= set(bill["parent"]) | set(demo["sourcing"]["item"])


def test_no_component_costs_more_than_its_parent_nor_all_of_them_together(demo: Tables) -> None:
    costs = demo["costs"].set_index("item")
    cost = costs["material_cost"] + costs["conversion_cost"]
    bill = demo["bills_of_material"]
    in_parent = bill["quantity"] * bill["component"].map(cost)
    assert (cost > 0).all()
    assert (in_parent <= bill["parent"].map(cost) + 1e-9).all()
    together = in_parent.groupby(bill["parent"]).sum()
    assert (together <= cost.reindex(together.index) + 1e-9).all()


def test_a_parents_standard_cost_is_its_components_hours_and_production_cost(source: Source) -> None:
    costs = standard_costs(source)
    made = costs.loc[list(source.parts)]
    parts = made["components"] + made["hours_cost"] + made["production_cost"]
    np.testing.assert_allclose(made["cost"], parts, rtol=0, atol=1e-9)
    np.testing.assert_allclose(costs["cost"], costs["material"] + costs["conversion"], rtol=0, atol=1e-9)


def test_bikes_clothing_and_accessories_that_go_into_nothing_keep_their_source_cost(source: Source) -> None:
    costs = standard_costs(source)["cost"]
    last = [item for item in source.sold if item not in set(source.bom["component_sku"])]
    bikes = [item for item in last if item.startswith("BK-")]
    assert len(bikes) == 65
    np.testing.assert_allclose(costs[bikes], source.items.loc[bikes, "standard_cost"], rtol=1e-12)


def test_margins_at_these_costs_are_those_of_the_readme(source: Source) -> None:
    sales = source.last_year
    cost = sales["quantity"] * sales["sku"].map(standard_costs(source)["cost"])
    margin = 1 - cost.groupby(sales["channel"]).sum() / sales.groupby("channel")["revenue"].sum()
    assert margin["Online"] == pytest.approx(0.415, abs=0.0005)
    assert margin["Reseller"] == pytest.approx(0.027, abs=0.0005)


def test_purchase_prices_lie_near_standard_cost(demo: Tables) -> None:
    costs = demo["costs"].set_index("item")
    standard = costs["material_cost"] + costs["conversion_cost"]
    ratio = demo["sourcing"]["price"] / demo["sourcing"]["item"].map(standard)
    assert ratio.between(0.6, 1.4).all()


def test_splitting_stock_over_warehouses_loses_nothing(demo: Tables, source: Source) -> None:
    stock = demo["stock_on_hand"]
    assert stock["quantity"].sum() == source.inventory["quantity"].sum()
    abroad = stock[stock["location"] != assumptions.PLANT]
    assert set(abroad["item"]) <= set(source.sold)
    assert (stock["quantity"] % 1 == 0).all()


def test_open_purchases_come_within_their_lead_time(demo: Tables) -> None:
    orders = demo["open_orders"]
    purchases = orders[orders["kind"] == "purchase"]
    lead = demo["sourcing"].set_index(["item", "supplier"])["lead_time"]
    days = lead.loc[pd.MultiIndex.from_frame(purchases[["item", "supplier"]])].to_numpy()
    last = np.array(opening.HORIZON.labels)[opening.HORIZON.offset(days) - 1]
    assert (purchases["due_period"].to_numpy() <= last).all()


def test_the_budget_is_last_year_grown(demo: Tables) -> None:
    budget = demo["budget"].groupby("period")["revenue"].sum()
    history = demo["sales_history"].groupby("period")["revenue"].sum()
    assert budget["2014-06"] == pytest.approx(1.15 * history["2013-06"], abs=2)
    assert budget["2015-06"] == pytest.approx(1.15**2 * history["2013-06"], abs=2)
    assert len(budget) == 18


def test_every_assumption_has_its_line_in_the_readme() -> None:
    readme = (DATA_FOLDER.parent / "README.md").read_text(encoding="utf-8")
    names = {name for name in vars(assumptions) if name.isupper()}
    listed = {line.split("`")[1] for line in readme.splitlines() if line.startswith("| `")}
    assert listed == names


def test_the_shipped_files_are_small() -> None:
    assert sum(path.stat().st_size for path in DATA_FOLDER.iterdir()) < 600_000


@pytest.mark.skipif(not FULL_SOURCE.is_dir(), reason="the full source of the demo is not at hand")
def test_trimming_the_full_source_gives_the_shipped_files() -> None:
    frames = trimmed(FULL_SOURCE)
    assert set(frames) == set(KEPT_COLUMNS) == {path.name for path in DATA_FOLDER.iterdir()}
    for name, frame in frames.items():
        shipped = pd.read_csv(DATA_FOLDER / name, dtype=str)
        pd.testing.assert_frame_equal(frame, shipped, check_dtype=False)


def test_no_minimum_order_lasts_longer_than_three_months_and_a_pack(demo: Tables, source: Source) -> None:
    need = source.needs(source.last_year.groupby("sku")["quantity"].sum()) / 4
    sourcing = demo["sourcing"]
    most = sourcing["item"].map(need) + sourcing["order_multiple"].fillna(1.0)
    assert (sourcing["minimum_order"] <= most).all()
    assert (sourcing["minimum_order"] > 0).all()
    assert (sourcing["minimum_order"] % sourcing["order_multiple"].fillna(1.0) == 0).all()
