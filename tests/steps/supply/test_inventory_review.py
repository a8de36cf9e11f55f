"""The review of stock on hand, checked by hand on one item."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sopxl.steps.supply.inventory_review import needed_in
from tests.cases.case_tables import plan_tables, run_supply, weekly
from tests.steps.supply.explained_plans import view_of, workshop


def reviewed(stock: dict[str, Any], demand: float = 10.0, **policy: float) -> pd.DataFrame:
    """The review of cloth, 5 EUR a unit, in a plan of eight weeks of the same demand, bought with no lead time."""
    tables = plan_tables(weekly(8, excess_periods=4, obsolete_days=300), {("CLOTH", "SHOP"): [demand] * 8}, {
        "suppliers": {"supplier": ["MILL"]},
        "sourcing": {"item": ["CLOTH"], "location": ["PLANT"], "supplier": ["MILL"]},
        "costs": {"item": ["CLOTH"], "material_cost": [5.0]},
        "stock_policies": {"item": ["CLOTH"], "location": ["PLANT"], **{name: [one] for name, one in policy.items()}},
        "stock_on_hand": {"item": ["CLOTH"] * len(stock["quantity"]), "location": ["PLANT"] * len(stock["quantity"]),
                          **stock},
    })
    return run_supply(tables)["inventory_review"]


def test_how_long_stock_lasts_and_what_is_too_much() -> None:
    """60 on hand, 10 a week: six weeks; four weeks and 5 of safety stock need 45. Stock falls to 5."""
    row = reviewed({"quantity": [60.0], "batch": ["A"]}, safety_stock=5.0).iloc[0]
    assert row["days_of_supply"] == pytest.approx(42)
    assert (row["excess"], row["excess_value"], row["target"], row["value"]) == (15, 75, 5, 300)
    average = (50 + 40 + 30 + 20 + 10 + 5 + 5 + 5) / 8
    assert row["turns"] == pytest.approx(10 * 52 / average)
    assert row["obsolete"] == 0
    assert row["advice"] == "Hold back or cancel orders until it is used up."


def test_the_age_of_batches_counts_from_the_first_day_of_the_plan() -> None:
    """The plan begins on Monday, 4 January 2027."""
    row = reviewed({"quantity": [10.0, 7.0, 3.0], "batch": ["A", "B", "C"],
                    "received": pd.to_datetime(["2026-12-28", "2026-09-01", "2026-01-01"])}).iloc[0]
    assert row["oldest_days"] == (pd.Timestamp("2027-01-04") - pd.Timestamp("2026-01-01")).days
    assert row["aged_value"] == 5 * 10
    assert row["obsolete"] == 3
    assert "3 units" in row["advice"]


def test_stock_that_nothing_uses_is_obsolete() -> None:
    row = reviewed({"quantity": [12.0], "batch": [""]}, demand=0.0).iloc[0]
    assert (row["obsolete"], row["obsolete_value"]) == (12, 60)
    assert pd.isna(row["days_of_supply"])
    assert pd.isna(row["oldest_days"])


def test_what_is_missing_to_safety_stock_is_told() -> None:
    row = reviewed({"quantity": [4.0], "batch": [""]}, safety_stock=9.0).iloc[0]
    assert row["advice"] == "5 units are missing to safety stock: bring receipts forward."


def test_what_is_needed_is_that_of_the_next_periods_and_the_average_after_the_plan() -> None:
    view = view_of(workshop([[8.0, 0.0, 0.0, 4.0]], "requirements"))
    assert [needed_in(view, periods)[0] for periods in (1, 2, 4, 8)] == [8, 8, 12, 24]


def test_without_stock_there_is_nothing_to_review() -> None:
    assert reviewed({"quantity": [], "batch": []}).empty
