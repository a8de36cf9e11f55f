"""Terms of suppliers and lanes, calendars, workers, stock policies and time fences in the network, checked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sopxl import grids
from sopxl.schema import conform_all
from sopxl.settings import Settings
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.tables import PRODUCTION_PLAN
from sopxl.tables import TABLES
from tests.cases.case_tables import network_of, plan_tables, weekly
from tests.steps.supply.bakery import HOME, SETTINGS, bakery, network

NAN = float("nan")
TO_SHOP: dict[str, Any] = {
    "lanes": {"from_location": ["PLANT"], "to_location": ["SHOP"], "lead_time": [7.0]},
    "markets": {"market": ["Home"], "market_group": ["Home"], "ship_from": ["SHOP"]},
}
WEEKDAYS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), 8.0)
SECOND_WEEK_CLOSED = {
    "calendar": ["DAY", "DAY"], "from_date": ["", "2027-01-11"], "until_date": ["", "2027-01-17"],
    **{day: [hours, 0.0] for day, hours in WEEKDAYS.items()},
}


def buys(built: Network) -> list[tuple[str, str]]:
    return list(zip(built.buys["item"], built.buys["supplier"], strict=True))


def test_purchases_arrive_while_the_source_is_valid_and_the_supplier_and_the_location_work() -> None:
    source = {**bakery()["sourcing"], "valid_from": ["", "2027-W02", ""], "valid_until": ["2027-W03", "", ""],
              "quota": [0.25, NAN, 0.75]}
    built = network(sourcing=source, calendars=SECOND_WEEK_CLOSED, suppliers={
        "supplier": ["MILL", "OTHER"], "currency": ["", "EUR"], "calendar": ["DAY", ""]})
    assert buys(built) == [("FLOUR", "MILL"), ("FLOUR", "OTHER"), ("BOX", "MILL")]
    assert built.buy_open is not None
    assert built.buy_open.astype(int).tolist() == [[1, 0, 1, 1], [1, 1, 1, 0], [0, 0, 1, 1]]
    assert built.buys["quota"].tolist() == pytest.approx([0.75, 0.25, NAN], nan_ok=True)
    closed = network(calendars=SECOND_WEEK_CLOSED, locations={"location": ["PLANT"], "calendar": ["DAY"]})
    assert closed.buy_open is not None
    assert closed.buy_open.astype(int).tolist() == [[1, 0, 1, 1]] * 3


def test_goods_leave_when_the_sender_works_and_arrive_when_the_receiver_does() -> None:
    for code, expected in (("PLANT", [1, 0, 1, 1]), ("SHOP", [0, 1, 1, 1])):
        locations = {"location": ["PLANT", "SHOP"], "kind": ["plant", "warehouse"],
                     "calendar": ["DAY" if name == code else "" for name in ("PLANT", "SHOP")]}
        built = network(**TO_SHOP, calendars=SECOND_WEEK_CLOSED, locations=locations)
        assert built.move_open is not None
        assert built.move_open.astype(int).tolist() == [expected]


def test_suppliers_are_those_of_the_buys_with_their_totals() -> None:
    built = network(suppliers={"supplier": ["IDLE", "MILL", "OTHER"], "currency": ["", "", "EUR"],
                               "capacity": [1.0, 50.0, NAN]})
    assert built.suppliers["supplier"].tolist() == ["MILL", "OTHER"]
    assert built.suppliers["capacity"].tolist() == pytest.approx([50, NAN], nan_ok=True)


def test_price_breaks_are_in_the_plans_currency_and_those_of_a_location_win() -> None:
    built = network(price_breaks={
        "item": ["FLOUR", "FLOUR", "FLOUR", "BOX", "BOX"], "supplier": ["OTHER", "OTHER", "OTHER", "MILL", "IDLE"],
        "location": ["", "PLANT", "PLANT", "", ""], "from_quantity": [5.0, 100.0, 10.0, 7.0, 1.0],
        "price": [1.0, 1.2, 1.6, 0.4, 0.1], "applies_to": ["", "all units", "units beyond", "", ""],
    })
    assert buys(built)[1] == ("FLOUR", "OTHER")
    assert built.price_breaks.to_numpy().tolist() == [
        [1, 10, 2.0, False], [1, 100, 1.5, True], [2, 7, 0.4, True]]


def test_contracts_count_the_buys_of_their_item_or_of_the_supplier_within_the_plan() -> None:
    built = network(contracts={
        "contract": ["K1", "K2", "OVER", "K3"], "supplier": ["MILL", "OTHER", "MILL", "MILL"],
        "item": ["", "FLOUR", "", "BOX"], "from_period": ["", "2027-W03", "2026-W01", "2026-W40"],
        "until_period": ["", "2027-W06", "2026-W50", "2027-W02"], "minimum_quantity": [10.0, 80.0, 1.0, 30.0],
        "maximum_quantity": [NAN, 500.0, NAN, 40.0], "shortfall_cost": [2.0, 0.0, 0.0, 0.0],
    })
    assert built.contracts["contract"].tolist() == ["K1", "K2", "K3"]
    assert built.contracts[["first", "last"]].to_numpy().tolist() == [[0, 3], [2, 3], [0, 1]]
    assert built.contracts["minimum"].tolist() == [10, 40, 30], "half of K2 lies in the plan"
    assert built.contracts["maximum"].tolist() == pytest.approx([NAN, 500, 40], nan_ok=True)
    assert built.contract_buys.to_numpy().tolist() == [[0, 0], [0, 2], [1, 1], [2, 2]]


def test_a_lane_has_the_terms_of_its_row_for_all_items() -> None:
    built = network(
        {("CAKE", "Home"): [1.0], ("BOX", "Home"): [1.0]}, markets=TO_SHOP["markets"],
        lanes={"from_location": "PLANT", "to_location": "SHOP", "item": ["CAKE", ""], "priority": [2.0, 1.0],
               "quota": [0.5, NAN], "total_capacity": [NAN, 90.0], "minimum_load": [0.0, 10.0],
               "load_size": [NAN, 30.0], "load_cost": [0.0, 200.0]},
    )
    assert built.lanes.to_numpy().tolist() == [["PLANT", "SHOP", 90, 10, 30, 200]]
    terms = built.moves[["item", "priority", "quota", "lane"]].fillna(-1).to_numpy().tolist()
    assert terms == [["CAKE", 2, 0.5, 0], ["BOX", 1, -1, 0]]


def test_the_quota_of_a_planning_market_is_the_sum_over_its_markets() -> None:
    markets = {"market": ["a", "b", "c"], "market_group": ["Home", "Home", "Away"], "ship_from": "PLANT",
               "quota": [0.2, 0.1, NAN]}
    built = network({("CAKE", "Home"): [1.0], ("CAKE", "Away"): [1.0]}, markets=markets)
    assert built.demands["quota"].tolist() == pytest.approx([0.3, NAN], nan_ok=True)


def test_hours_of_a_calendar_count_for_each_machine_at_its_efficiency() -> None:
    built = network(calendars=SECOND_WEEK_CLOSED, resources={
        "resource": ["OVEN", "MIXER"], "location": "PLANT", "calendar": ["DAY", ""], "machines": [3.0, 3.0],
        "hours_per_day": [99.0, 1.0], "efficiency": [0.5, 1.0], "most_extra_shifts": [2.0, NAN],
        "extra_shift_hours": [8.0, NAN], "extra_shift_cost": [100.0, NAN], "most_workers": [5.0, NAN],
    })
    assert built.regular_hours.tolist() == [[60, 0, 60, 60], [7, 7, 7, 7]]
    extra = built.resources[["machines", "most_extra_shifts", "extra_shift_hours", "extra_shift_cost"]]
    assert extra.to_numpy().tolist() == [[3, 2, 8, 100], [3, 0, 0, 0]]
    assert built.resources["most_workers"].tolist() == pytest.approx([5, NAN], nan_ok=True)


def test_prescribed_workers_are_told_where_workers_are_planned_and_are_hours_elsewhere() -> None:
    built = network(
        resources={"resource": ["TEAM", "CREW", "OVEN"], "location": "PLANT", "hours_per_day": [NAN, 10.0, 10.0],
                   "workers": [3.0, NAN, NAN], "worker_hours": [40.0, 30.0, NAN]},
        resource_calendar={"resource": ["TEAM", "CREW", "CREW", "OVEN"], "workers": [4.0, 2.0, 5.0, 9.0],
                           "period": ["2027-W02", "2027-W02", "2027-W03", "2027-W02"],
                           "available_hours": [NAN, NAN, 11.0, NAN], "downtime": [0.0, 8.0, 0.0, 0.0]},
    )
    assert built.prescribed_workers is not None
    assert np.array_equal(built.prescribed_workers, [[NAN, 4, NAN, NAN], [NAN] * 4, [NAN] * 4], equal_nan=True)
    assert built.regular_hours.tolist() == [[120] * 4, [70, 52, 11, 70], [70] * 4]
    assert network().prescribed_workers is None


def test_nodes_have_their_whole_stock_policy_and_the_places_that_a_unit_takes() -> None:
    built = network(
        items={"item": ["CAKE", "FLOUR", "BOX"], "storage_units": [2.0, 0.1, NAN]},
        stock_policies={"item": ["CAKE"], "location": [""], "service_level": [0.95], "fill_rate": [0.98],
                        "demand_deviation": [4.0], "lead_time_deviation": [2.0], "review_days": [14.0],
                        "service_time": [0.0], "safety_time": [10.0], "frozen_periods": [1.0]},
    )
    cake, flour = (built.nodes.iloc[row] for row in (0, 1))
    assert [cake[name] for name in (
        "service_level", "fill_rate", "demand_deviation", "lead_time_deviation", "review_days", "service_time",
        "safety_time", "frozen_periods")] == [0.95, 0.98, 4, 2, 14, 0, 1, 1]
    assert np.isnan([flour["service_level"], flour["fill_rate"], flour["slushy_periods"]]).all()
    assert flour["safety_time"] == 0
    assert built.nodes["storage_units"].tolist() == [2, 0.1, 1]


def with_last_plan(settings: Settings, **changes: dict[str, Any]) -> Network:
    """The bakery whose last plan started 5 cakes in the first period, 6 in the third and knew no fourth."""
    tables = conform_all(TABLES, plan_tables(settings, HOME, bakery(**changes)))
    objects = TABLES["production_plan"].empty_frame().reindex([0])
    objects = objects.assign(item="CAKE", location="PLANT", routing="", family="")
    planned = np.array([[5.0, 0.0, 6.0]])
    tables["production_plan"] = grids.stack(
        PRODUCTION_PLAN, objects, {"Planned production": planned}, settings.periods.labels[:3])
    return build_network(tables, settings)


def test_what_the_last_plan_started_is_known_where_it_had_the_period() -> None:
    built = with_last_plan(SETTINGS)
    assert built.last_production is not None
    assert np.array_equal(built.last_production, [[5, 0, 6, NAN]], equal_nan=True)
    assert (built.frozen, built.slushy) == (None, None)
    assert network_of(plan_tables(SETTINGS, HOME, bakery()), SETTINGS).last_production is None


def test_frozen_and_slushy_periods_follow_the_policy_else_the_settings_where_a_last_plan_is() -> None:
    policy = {"stock_policies": {"item": ["CAKE"], "location": [""], "frozen_periods": [1.0], "slushy_periods": [3.0]}}
    fenced = weekly(4, frozen_periods=2, slushy_periods=1)
    for settings, changes, frozen, slushy in (
        (fenced, {}, [1, 1, 0, 0], [0, 0, 1, 0]), (fenced, policy, [1, 0, 0, 0], [0, 1, 1, 0]),
    ):
        built = with_last_plan(settings, **changes)
        assert built.frozen is not None
        assert built.slushy is not None
        assert (built.frozen.astype(int).tolist(), built.slushy.astype(int).tolist()) == ([frozen], [slushy])
    assert with_last_plan(weekly(4, frozen_periods=2, keep_frozen=False)).frozen is None
