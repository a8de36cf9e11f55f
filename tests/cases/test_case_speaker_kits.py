"""MRP explosion of speaker kits: gross and net requirements by date, common parts, lead times."""

from __future__ import annotations

import pytest

from sopxl.schema import Tables
from tests.cases.case_tables import Frames, plan_tables, read_case, row, run_supply, weekly

CASE, EXPECTED = read_case("mrp_explosion_speaker_kits")
WEEKS = 8


def planned(with_stock: bool) -> Tables:
    parents = list(CASE["bom"])
    bought = [item for item in CASE["lead_time_weeks"] if item not in parents]
    days = {item: 7.0 * weeks for item, weeks in CASE["lead_time_weeks"].items()}
    frames: Frames = {
        "items": {"item": list(days), "lead_time": list(days.values())},
        "bills_of_material": {
            "parent": [parent for parent in parents for _ in CASE["bom"][parent]],
            "component": [component for parent in parents for component, _ in CASE["bom"][parent]],
            "quantity": [quantity for parent in parents for _, quantity in CASE["bom"][parent]],
        },
        "suppliers": {"supplier": ["S"]},
        "sourcing": {"item": bought, "location": "PLANT", "supplier": "S",
                     "lead_time": [days[item] for item in bought]},
    }
    if with_stock:
        stock = CASE["on_hand"]
        frames["stock_on_hand"] = {"item": list(stock), "location": "PLANT", "quantity": list(stock.values())}
    demand = [CASE["demand"]["A"].get(str(week), 0.0) for week in range(1, WEEKS + 1)]
    return run_supply(plan_tables(weekly(WEEKS), {("A", "Home"): demand}, frames))


def by_week(tables: Tables, measure: str, item: str) -> dict[str, float]:
    values = row(tables, "requirements", measure, item, "PLANT")
    return {str(week): value for week, value in enumerate(values, 1) if value}


@pytest.fixture(scope="module")
def with_stock() -> Tables:
    return planned(True)


@pytest.fixture(scope="module")
def without_stock() -> Tables:
    return planned(False)


@pytest.mark.parametrize("item", "ABCDEFG")
def test_without_stock_totals_and_releases_are_those_of_the_book(without_stock: Tables, item: str) -> None:
    total = sum(by_week(without_stock, "Gross requirements", item).values())
    assert total == EXPECTED["gross_totals_without_stock"][item]
    assert by_week(without_stock, "Planned order releases", item) == EXPECTED["releases_without_stock"][item]


@pytest.mark.parametrize("item", "ABCDEFG")
def test_stock_is_used_by_date_over_all_parents(with_stock: Tables, item: str) -> None:
    assert by_week(with_stock, "Gross requirements", item) == EXPECTED["gross_with_stock"][item]
    assert by_week(with_stock, "Planned order receipts", item) == EXPECTED["net_receipts_with_stock"][item]
    assert by_week(with_stock, "Planned order releases", item) == EXPECTED["releases_with_stock"][item]


def test_common_parts_stand_at_their_deepest_level(with_stock: Tables) -> None:
    levels = with_stock["requirements"].drop_duplicates("item").set_index("item")["level"].to_dict()
    assert levels == {"A": 0, "B": 1, "C": 1, "E": 2, "F": 2, "D": 3, "G": 3}


def test_nothing_is_past_due_in_eight_weeks(with_stock: Tables) -> None:
    assert with_stock["requirements"]["past_due"].sum() == 0
