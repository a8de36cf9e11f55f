"""Safety stocks, order points and lots of two textbooks: as inventory targets where they are a plan, else in cells.

Weeks are the periods; what a book gives per day or year is turned into weeks, which changes none of the answers.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sopxl import functions
from sopxl.steps.supply.price_breaks import lot_with_price_breaks
from tests.cases.case_tables import plan_tables, read_case, run_supply, weekly

GIVEN, EXPECTED = read_case("inventory_targets_textbook")
TOLERANCE = {row["what"]: row["tolerance"] for row in EXPECTED["verified"]}
PUBLISHED = {row["what"]: row["published"] for row in EXPECTED["verified"]}
CHOPRA = GIVEN["chopra"]


def target(weekly_demand: float, lead_days: float, **policy: Any) -> pd.Series:
    """The inventory target of one item bought for one market, by its stock policy."""
    stated = {"item": ["PHONE"], "location": ["PLANT"], **{name: [value] for name, value in policy.items()}}
    tables = plan_tables(weekly(8), {("PHONE", "STORE"): [weekly_demand] * 8}, {
        "suppliers": {"supplier": ["MAKER"]},
        "sourcing": {"item": ["PHONE"], "location": ["PLANT"], "supplier": ["MAKER"], "lead_time": [lead_days]},
        "stock_policies": stated,
    })
    targets = run_supply(tables)["inventory_targets"]
    assert len(targets) == 1
    return targets.iloc[0]


def chopra(**policy: Any) -> pd.Series:
    """The phones of Chopra & Meindl: reviewed all the time, two weeks of lead time, lots of 10,000."""
    lot = {"lot_rule": "fixed", "lot_size": CHOPRA["lot"]}
    return target(CHOPRA["weekly_demand"], 7.0 * CHOPRA["lead_time_weeks"], demand_deviation=CHOPRA["sd"],
                  review_days=0.0, **lot, **policy)


def test_the_service_that_a_reorder_point_gives() -> None:
    expected = EXPECTED["chopra"]
    found = chopra(safety_stock=expected["safety_stock"])
    assert found["method"] == "by hand"
    assert found["reorder_point"] == pytest.approx(CHOPRA["reorder_point"])
    assert found["cycle_stock"] == expected["cycle_inventory"]
    assert found["cycle_stock"] + found["safety_stock"] == expected["average_inventory"]
    flow_time = (found["cycle_stock"] + found["safety_stock"]) / found["mean_demand"]
    assert flow_time == pytest.approx(expected["average_flow_time_weeks"])
    assert found["service_level"] == pytest.approx(expected["csl"], abs=1e-9)
    assert found["service_level"] == pytest.approx(PUBLISHED["CSL"], abs=TOLERANCE["CSL"])
    assert found["expected_shortage"] == pytest.approx(expected["expected_shortage_per_cycle"], abs=1e-6)
    assert found["fill_rate"] == pytest.approx(expected["fill_rate"], abs=1e-9)


def test_the_safety_stock_of_a_cycle_service_level() -> None:
    found = chopra(service_level=GIVEN["chopra_csl"]["csl"])
    assert found["method"] == "service level"
    assert found["safety_stock"] == pytest.approx(EXPECTED["safety_stock_csl90"], abs=0.005)
    assert found["safety_stock"] == pytest.approx(PUBLISHED["ss at CSL .9"], abs=TOLERANCE["ss at CSL .9"])


def test_the_safety_stock_of_a_fill_rate() -> None:
    found = chopra(fill_rate=GIVEN["chopra_fill_rate"]["fill_rate"])
    assert found["method"] == "fill rate"
    assert found["safety_stock"] == pytest.approx(EXPECTED["safety_stock_fill975"], abs=0.005)
    assert found["safety_stock"] == pytest.approx(PUBLISHED["ss at fill .975"], abs=TOLERANCE["ss at fill .975"])
    assert found["expected_shortage"] == pytest.approx((1 - 0.975) * CHOPRA["lot"], abs=0.01)


@pytest.mark.parametrize("deviation", ["6", "5", "4", "3", "2", "1", "0"])
def test_the_safety_stock_for_lead_times_that_vary(deviation: str) -> None:
    given = GIVEN["chopra_lead_time"]
    found = target(7.0 * given["daily_demand"], given["lead_time"], service_level=given["csl"], review_days=0.0,
                   demand_deviation=7.0**0.5 * given["sd"], lead_time_deviation=float(deviation))
    what = f"lead time sd {deviation}"
    assert found["safety_stock"] == pytest.approx(EXPECTED["lead_time_sd_table_csl90"][deviation], abs=0.005)
    assert found["safety_stock"] == pytest.approx(PUBLISHED[what], abs=TOLERANCE[what])


def test_the_deviation_of_demand_over_a_lead_time_that_varies() -> None:
    given = GIVEN["chopra_lead_time"]
    found = target(7.0 * given["daily_demand"], given["lead_time"], service_level=given["csl"], review_days=0.0,
                   demand_deviation=7.0**0.5 * given["sd"], lead_time_deviation=given["lead_time_sd"])
    assert found["deviation"] == pytest.approx(EXPECTED["sd_lead_time_demand_sL7"])


def test_the_economic_order_quantity_is_the_usual_lot() -> None:
    given, weeks = GIVEN["eoq"], 52.0
    found = target(given["demand"] / weeks, 7.0, lot_rule="economic", order_cost=given["K"],
                   holding_cost=given["h"] / weeks)
    assert found["order_lot"] == pytest.approx(EXPECTED["eoq"][0], abs=TOLERANCE["EOQ"])
    assert functions.economic_lot(given["K"], given["demand"], given["h"]) == [pytest.approx(EXPECTED["eoq"])]


@pytest.mark.parametrize(("example", "what"), [(0, "discount 3.5"), (1, "discount 3.12")])
def test_the_lot_with_a_discount_on_all_units(example: int, what: str) -> None:
    given, (quantity, cost) = GIVEN["all_units_discount"][example], EXPECTED["discount"][example]
    lot, least = lot_with_price_breaks(
        given["demand"], given["K"], given["breaks"], given["cost"], holding_share=given["i"])
    assert (lot, least) == pytest.approx((quantity, cost))
    assert least == pytest.approx(PUBLISHED[what], abs=TOLERANCE[what])


def test_base_stock_is_what_is_ordered_up_to_at_each_review() -> None:
    """Lead time and review: five periods. The service that costs least is p / (p + h)."""
    given = GIVEN["base_stock"]
    found = target(given["mean"], 7.0 * given["lead_time"], demand_deviation=given["sd"],
                   service_level=given["p"] / (given["p"] + given["h"]))
    assert found["risk_periods"] == given["lead_time"] + 1
    assert found["order_up_to"] == pytest.approx(EXPECTED["base_stock"][0], abs=0.005)
    cells = functions.order_up_to(given["h"], given["p"], given["mean"], given["sd"], given["lead_time"] + 1)
    assert cells == [pytest.approx(EXPECTED["base_stock"], abs=TOLERANCE["base stock S"])]


def test_the_newsvendor() -> None:
    given = GIVEN["newsvendor"]
    cells = functions.order_up_to(given["h"], given["p"], given["mean"], given["sd"])
    assert cells == [pytest.approx(EXPECTED["newsvendor"], abs=TOLERANCE["newsvendor S"])]


def test_the_reorder_point_and_lot_that_cost_least() -> None:
    given, expected = GIVEN["rq"], EXPECTED["rq_eil"]
    cells = functions.reorder_point(
        given["K"], given["h"], given["p"], given["demand_mean"], given["demand_sd"], given["lead_time"])
    point, lot, cost = cells[0]
    assert point == pytest.approx(PUBLISHED["rQ r"], abs=TOLERANCE["rQ r"])
    assert point == pytest.approx(expected["r"], abs=1e-6)
    assert lot == pytest.approx(expected["Q"], abs=TOLERANCE["rQ Q"])
    assert cost == pytest.approx(expected["cost"], abs=TOLERANCE["rQ cost"])
