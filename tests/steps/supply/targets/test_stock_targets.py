"""Safety stock of nodes on small networks checked by hand, and what always holds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl import grids
from sopxl.pipeline import run
from sopxl.schema import Tables, conform, conform_all
from sopxl.steps.demand.tables import DEMAND_BASELINE, SEGMENTS
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.plan import plan_supply
from sopxl.steps.supply.targets.demand_spread import demand_spread
from sopxl.steps.supply.targets.stock_targets import read_risk, stages_of, with_targets
from sopxl.tables import TABLES
from tests.cases.case_tables import plan_tables, row, run_supply, weekly
from tests.small_company import SETTINGS, small_company
from tests.steps.supply.balance_networks import small_network

NO_TABLES = conform_all(TABLES, {})


def limits(low: float, mean: float, high: float, periods: int, item: str = "Bike") -> Tables:
    """Tables with a baseline of these limits in every period, for one item and the market Home."""
    objects = pd.DataFrame({"item": [item], "market": ["Home"], "family": ["All"]})
    labels = small_network(periods).settings.periods.labels
    rows = {name: np.full((1, periods), value)
            for name, value in (("Low", low), ("Baseline forecast", mean), ("High", high))}
    return {**NO_TABLES, "demand_baseline": grids.stack(DEMAND_BASELINE, objects, rows, labels)}


def bought(demand: float = 100.0, lead: int = 0, periods: int = 6, **policy: Any) -> Network:
    """One item bought and sold."""
    return small_network(periods, nodes=[policy], demands=[{}], buys=[{"lead": lead}], demand=demand)


def stock_of(network: Network, tables: Tables = NO_TABLES, node: int = 0) -> float:
    """Safety stock of a node."""
    return float(with_targets(network, tables).nodes["safety_stock"].iloc[node])


def test_for_one_period_and_ninety_percent_the_stock_is_the_upper_limit_less_the_mean() -> None:
    assert stock_of(bought(service_level=0.9), limits(70, 100, 145, 6)) == pytest.approx(45.0, abs=0.2)


def test_demand_without_skewness_is_normal() -> None:
    """Limits 1.2816 deviations of 20 away; three periods and the review: two deviations of 20 times 1.6449."""
    tables = limits(100 - 25.631, 100, 100 + 25.631, 6)
    assert stock_of(bought(lead=3, service_level=0.95), tables) == pytest.approx(1.64485 * 20 * 2, abs=0.01)


def test_skewed_demand_needs_more_stock_for_high_service_than_normal_demand_with_the_same_limits() -> None:
    """Low and High have the same distance, but the mean lies nearer to Low: above it demand reaches farther."""
    even, skewed = limits(60, 100, 140, 6), limits(75, 100, 155, 6)
    assert stock_of(bought(service_level=0.98), skewed) > stock_of(bought(service_level=0.98), even) + 10


def test_a_stated_deviation_wins_over_the_limits() -> None:
    network = bought(service_level=0.95, demand_deviation=10.0)
    found = with_targets(network, limits(0, 100, 900, 6))
    assert found.nodes["safety_stock"].iloc[0] == pytest.approx(16.45)
    assert found.targets is not None
    assert found.targets["basis"].iloc[0] == "stated deviation"


def test_a_lead_time_that_varies_adds_the_demand_of_its_deviation() -> None:
    """Months of 30.4375 days: a deviation of one month, 100 units; with 30 of demand: root(30^2 + 100^2)."""
    network = bought(service_level=0.95, demand_deviation=30.0, lead_time_deviation=30.4375)
    assert stock_of(network) == pytest.approx(1.644854 * np.hypot(30, 100), abs=0.01)


def test_dependent_demand_spreads_through_the_bill() -> None:
    """Two bikes with deviations 3 and 4 take two wheels each, one of four bikes is scrapped: 8/3 x root(9 + 16)."""
    network = small_network(
        4, nodes=[{"item": "Red", "demand_deviation": 3.0}, {"item": "Blue", "demand_deviation": 4.0},
                  {"item": "Wheel", "level": 1, "service_level": 0.95}],
        demands=[{"item": "Red"}, {"item": "Blue", "node": 1}], demand=30.0,
        makes=[{"item": "Red", "yield_rate": 0.75}, {"item": "Blue", "node": 1, "yield_rate": 0.75}],
        components=[{"make": 0, "node": 2, "quantity": 2.0}, {"make": 1, "node": 2, "quantity": 2.0}],
        buys=[{"item": "Wheel", "node": 2}],
    )
    spread = demand_spread(network, NO_TABLES)
    assert np.sqrt(spread.variance[2]) == pytest.approx(np.full(4, 8 / 3 * 5))
    assert spread.usual.tolist() == pytest.approx([30, 30, 160])
    assert stock_of(network, node=2) == pytest.approx(1.644854 * 8 / 3 * 5, abs=0.01)


def test_without_a_forecast_demand_s_own_swing_counts() -> None:
    network = replace(bought(service_level=0.95), demand=np.array([[80.0, 120, 80, 120, 80, 120]]))
    found = with_targets(network, NO_TABLES)
    assert found.targets is not None
    assert found.targets["basis"].iloc[0] == "demand's own swing"
    assert found.nodes["safety_stock"].iloc[0] == pytest.approx(1.644854 * np.std([80, 120] * 3, ddof=1), abs=0.01)


def test_stock_by_hand_is_the_least() -> None:
    network = bought(service_level=0.95, demand_deviation=10.0, safety_stock=40.0)
    found = with_targets(network, NO_TABLES)
    assert found.targets is not None
    assert (found.nodes["safety_stock"].iloc[0], found.targets["method"].iloc[0]) == (40.0, "by hand")


@pytest.mark.parametrize("demand", [0.0, 100.0])
@pytest.mark.parametrize("periods", [1, 3])
@pytest.mark.parametrize("placement", ["local", "guaranteed service"])
def test_nothing_to_go_by_gives_no_safety_stock(demand: float, periods: int, placement: str) -> None:
    network = small_network(periods, {"safety_placement": placement}, nodes=[{"service_level": 0.95}], demands=[{}],
                            demand=demand)
    assert stock_of(network) == 0
    assert with_targets(small_network(periods), NO_TABLES).nodes.empty


@settings(max_examples=15, deadline=None)
@given(st.floats(0.5, 0.999), st.floats(0.5, 0.999), st.floats(0, 50), st.floats(0, 50), st.integers(0, 5))
def test_more_service_needs_no_less_stock(one: float, other: float, below: float, above: float, lead: int) -> None:
    tables = limits(100 - below, 100, 100 + above, 6)
    for name in ("service_level", "fill_rate"):
        network = bought(lead=lead)
        less, more = (stock_of(replace(network, nodes=network.nodes.assign(**{name: level})), tables)
                      for level in sorted((one, other)))
        assert less <= more


def chain(**changes: Any) -> Network:
    """A bike made of a frame that is bought: both hold stock, the frame more cheaply."""
    setting = {"safety_placement": "guaranteed service", "bucket": "week", "first_period": "2027-W01"}
    return small_network(
        8, setting, nodes=[{"demand_deviation": 10.0, "holding_cost": 3.0, "service_level": 0.95, **changes},
                           {"item": "Frame", "level": 1, "holding_cost": 1.0}],
        demands=[{}], demand=50.0, makes=[{"lead": 1}], components=[{"node": 1}],
        buys=[{"item": "Frame", "node": 1, "lead": 4}],
    )


def test_along_a_chain_stock_is_placed_where_it_costs_least() -> None:
    """Frame by itself: 4 + 1 weeks at 1, bike 1 + 1 weeks at 3; or all seven weeks at the bike: 3 root 7 is more."""
    found = with_targets(chain(), NO_TABLES)
    assert found.nodes["safety_stock"].tolist() == pytest.approx(
        [1.644854 * 10 * 2**0.5, 1.644854 * 10 * 5**0.5], abs=0.01)
    assert found.targets is not None
    assert set(found.targets["method"]) == {"guaranteed service"}


def test_customers_who_wait_two_weeks_leave_the_bike_without_stock() -> None:
    found = with_targets(chain(service_time=14.0), NO_TABLES)
    assert found.nodes["safety_stock"].tolist() == pytest.approx([0.0, 1.644854 * 10 * 5**0.5], abs=0.01)
    assert found.targets is not None
    assert found.targets["service_time_out"].tolist() == pytest.approx([14.0, 0.0])


@settings(max_examples=10, deadline=None)
@given(st.floats(0.55, 0.999), st.floats(0, 60), st.floats(0, 9))
def test_guaranteed_service_is_never_dearer_than_each_stock_by_itself(level: float, time: float, cost: float) -> None:
    network = chain(service_level=level, service_time=time, holding_cost=cost)
    found = with_targets(network, NO_TABLES)
    alone = network.nodes.assign(service_level=level)
    by_itself = with_targets(
        replace(network, nodes=alone, settings=replace(network.settings, safety_placement="local")), NO_TABLES)
    cost_of = [float((one.nodes["safety_stock"] * one.nodes["holding_cost"]).sum()) for one in (found, by_itself)]
    assert cost_of[0] <= cost_of[1] + 0.05


def test_stages_cover_lead_time_and_review() -> None:
    network = chain()
    assert stages_of(network, read_risk(network, NO_TABLES)).time.tolist() == pytest.approx([2.0, 5.0])


@cache
def demand_planned() -> Tables:
    """The small company after its demand step."""
    return run(small_company(), steps=["demand"])


def company(service_level: float | None) -> Tables:
    """The small company after its demand step, its chairs with an error of 12 a month and that service level."""
    tables = demand_planned()
    rows = [{"item": item, "deviation": 12.0, "service_level": service_level} for item in ("CHAIR", "TABLE")]
    return {**tables, "sourcing": tables["sourcing"].copy(), "segments": conform(SEGMENTS, pd.DataFrame(rows)),
            "demand_baseline": tables["demand_baseline"].head(0)}


def test_the_service_level_of_the_segment_counts_where_the_policy_states_nothing() -> None:
    """95 %: 1.645 deviations, of all and of 1/3 of demand, over lead time (10 and 5 days) and a month; tables keep 5.

    The plant supplies the warehouse: it sees what both sell.
    """
    tables = company(0.95)
    network = with_targets(build_network(tables, SETTINGS), tables)
    stock = network.nodes.set_index(["item", "location"])["safety_stock"]
    month = 365.25 / 12
    assert stock["CHAIR", "PLANT"] == pytest.approx(1.6449 * 12 * np.sqrt(1 + 10 / month), abs=0.01)
    assert stock["CHAIR", "NORTH"] == pytest.approx(1.6449 * 12 * np.sqrt(1 / 3 * (1 + 5 / month)), abs=0.01)
    assert stock["TABLE", "PLANT"] == 5
    assert stock["WOOD", "PLANT"] == 0


@pytest.mark.parametrize("service_level", [None, 0.0, 0.5])
def test_without_a_service_level_nothing_changes(service_level: float | None) -> None:
    tables = company(service_level)
    network = build_network(tables, SETTINGS)
    pd.testing.assert_frame_equal(with_targets(network, tables).nodes, network.nodes)


def test_the_supply_plan_holds_the_safety_stock_and_tells_how_it_came_about() -> None:
    tables = company(0.95)
    planned = plan_supply(tables, SETTINGS)
    targets = planned["inventory_targets"].set_index(["item", "location"])
    assert targets["method"]["CHAIR", "NORTH"] == "service level"
    assert targets["method"]["TABLE", "PLANT"] == "by hand"
    assert targets["method"]["WOOD", "PLANT"] == "none"
    assert targets["basis"]["WOOD", "PLANT"] == "forecast errors of the backtest"
    assert 0.95 < targets["fill_rate"]["CHAIR", "NORTH"] < 1
    plan = planned["inventory_plan"]
    row = plan[(plan["item"] == "CHAIR") & (plan["location"] == "NORTH") & (plan["measure"] == "Safety stock")]
    stock = targets["safety_stock"]["CHAIR", "NORTH"]
    assert row[SETTINGS.periods.labels].to_numpy(float) == pytest.approx(np.full((1, 4), stock))


def test_the_targets_tell_what_stock_placed_along_the_network_costs_and_could_save_at_most() -> None:
    tables, placing = company(0.95), replace(SETTINGS, safety_placement="guaranteed service")
    targets = plan_supply(tables, placing)["inventory_targets"].set_index(["item", "location"])
    placed = targets[targets["method"] == "guaranteed service"]
    assert placed["possible_saving"].to_numpy(float) == pytest.approx(np.zeros(len(placed)), abs=1e-5)
    network = build_network(tables, placing)
    holding = network.nodes.set_index(["item", "location"])["holding_cost"].reindex(targets.index)
    assert targets["safety_cost"].to_numpy(float) == pytest.approx((targets["safety_stock"] * holding).to_numpy(float))
    assert targets["safety_cost"].sum() > 0
    assert plan_supply(tables, SETTINGS)["inventory_targets"]["possible_saving"].isna().all()


def test_a_place_where_nothing_sells_is_stocked_by_its_stated_service() -> None:
    """Ten a week deviate at a shop that the forecast knows nothing of: 90 % over a week are 1.2816 deviations."""
    frames: dict[str, Any] = {
        "sourcing": {"item": ["CAKE"], "location": ["PLANT"], "supplier": ["BAKER"]},
        "suppliers": {"supplier": ["BAKER"]},
        "lanes": {"from_location": ["PLANT"], "to_location": ["SHOP"]},
        "stock_policies": {"item": ["CAKE"], "location": ["SHOP"], "service_level": [0.9], "demand_deviation": [10.0]},
    }
    plan = run_supply(plan_tables(weekly(3), {("CAKE", "HOME"): [5.0] * 3}, frames))
    targets = plan["inventory_targets"].set_index(["item", "location"])
    assert targets["method"]["CAKE", "SHOP"] == "service level"
    assert targets["safety_stock"]["CAKE", "SHOP"] == pytest.approx(12.82)
    assert row(plan, "distribution_plan", "Planned shipments", "CAKE", "PLANT", "SHOP") == pytest.approx([12.82, 0, 0])
