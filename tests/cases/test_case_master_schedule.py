"""Master schedule of pumps in fixed lots, with what can still be promised to customers."""

from __future__ import annotations

import math

import pytest

from sopxl.schema import Tables
from tests.cases.case_tables import Frames, plan_tables, read_case, row, run_supply, weekly

CASE, EXPECTED = read_case("mps_atp_pumps")


@pytest.fixture(scope="module")
def planned() -> Tables:
    frames: Frames = {
        "routings": {"item": ["PUMP"], "location": "PLANT", "operation": "10", "resource": "SHOP"},
        "resources": {"resource": ["SHOP"], "location": "PLANT"},
        "stock_on_hand": {"item": ["PUMP"], "location": "PLANT", "quantity": [CASE["on_hand"]]},
        "stock_policies": {"item": ["PUMP"], "location": "PLANT", "lot_rule": "fixed", "lot_size": [CASE["lot"]]},
    }
    key = ("PUMP", "Industry")
    tables = plan_tables(weekly(len(CASE["forecast"])), {key: CASE["forecast"]}, frames,
                         Orders_in_hand={key: CASE["customer_orders"]})
    return run_supply(tables)


def test_the_schedule_and_the_stock_are_those_of_the_book(planned: Tables) -> None:
    assert row(planned, "production_plan", "Planned production", "PUMP", "PLANT") == EXPECTED["mps"]
    assert row(planned, "inventory_plan", "Closing stock", "PUMP", "PLANT") == EXPECTED["projected_on_hand"]


def test_what_can_be_promised_is_that_of_the_book(planned: Tables) -> None:
    promise = row(planned, "inventory_plan", "Available to promise", "PUMP", "PLANT")
    assert [None if math.isnan(value) else value for value in promise] == EXPECTED["atp"]
