"""Exceptions of the demand step: each kind is raised where it should be, in words, and not elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.exceptions import MOST_PER_KIND
from sopxl.records import EXCEPTIONS
from sopxl.settings import Settings
from sopxl.steps.demand.exceptions import DEMAND_EXCEPTIONS, forecast, sales_records
from sopxl.steps.demand.plan import plan_demand
from tests.steps.demand.demand_cases import sales, tables_of

SETTINGS = Settings(first_period="2026-01", horizon=12)
ERRATIC = [*np.random.default_rng(5).choice([15.0, 185, 20, 180, 30, 170], size=42), 20, 180, 30, 190, 10, 170]
ITEMS = [{"item": "A", "name": "Alpha bike", "family": "F"}]
STEADY = sales("A", "FR-S", [100.0] * 24, SETTINGS)
NEW = {"item": "N", "name": "Nova", "family": "unheard of", "first_sales_period": "2026-02"}

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "Far from last year": (
        {"sales_plan": [{"item": "A", "market": "EU Shop", "measure": "Override",
                         **dict.fromkeys(SETTINGS.periods.labels, 162)}]},
        "Demand of Alpha bike in EU Shop is 62% above last year (1,944 against 1,200 units).",
    ),
    "Hard to forecast": (
        {"sales_history": sales("A", "FR-S", ERRATIC, SETTINGS)}, "would have missed by"),
    "Forecast leans to one side": (
        {"sales_history": sales("A", "FR-S", [100.0 + 7 * (month % 4) for month in range(18)] + [62.0] * 6, SETTINGS)},
        "too high in sum"),
    "New item like its family": (
        {"items": [*ITEMS, {**NEW, "family": "F"}]},
        "Nova in EU Shop has not been sold yet and names no like item: it is forecast like the average item of its "
        "family there (1,100 units)."),
    "History to be decided": (
        {"sales_history": sales("A", "FR-S", [100.0, 104, 97, 101, 95, 103] * 5 + [99.0, 400, 98, 102, 96, 100],
                                SETTINGS)},
        "1 proposal to clean the history waits for a decision; until then the forecast is made from what was sold."),
    "More returned than sold": (
        {"sales_history": [*STEADY[:-1], {**STEADY[-1], "quantity": -30}]}, "30 units more were returned than sold"),
    "New item without a pattern": ({"items": [*ITEMS, NEW]}, "Nova in EU Shop has no history"),
    "No price": ({"sales_history": [{**record, "revenue": 0} for record in STEADY]}, "has no price: 1,200 units"),
    "History ends early": (
        {"sales_history": [record for record in STEADY if record["period"] < "2025-11"]
         + [{"period": "2025-12", "item": "A", "market": "FR-S", "quantity": 0}]},
        "No sale of any item is recorded from 2025-11 to 2025-12.",
    ),
    "History inside the plan": (
        {"sales_history": [*STEADY, {"period": "2026-01", "item": "A", "market": "FR-S", "quantity": 3}]},
        "1 sales record lies in or after 2026-01",
    ),
}


def exceptions_of(**records: Any) -> pd.DataFrame:
    """The exceptions of a plan."""
    given = {"items": ITEMS, "sales_history": STEADY, **records}
    return plan_demand(tables_of(SETTINGS, **given), SETTINGS)["exceptions"]


HERE = [kind for kind, function in DEMAND_EXCEPTIONS.functions.items()
        if function.__module__ in (forecast.__name__, sales_records.__name__)]
"""The kinds that the forecast and the sales records give rise to; others are tested with their parts."""


@pytest.mark.parametrize("kind", HERE)
def test_each_kind_is_told_in_the_planners_words(kind: str) -> None:
    records, words = CASES[kind]
    found = exceptions_of(**records)
    told = found[found["kind"] == kind]
    assert any(words in message for message in told["message"]), found["message"].tolist()
    assert (told["step"] == "demand").all()
    assert told["remedy"].str.endswith(".").all()
    assert told["message"].str.endswith(".").all()
    assert (told["money"] >= 0).all()


def test_a_steady_plan_has_no_exceptions() -> None:
    found = exceptions_of()
    assert found.empty
    assert found.columns.tolist() == EXCEPTIONS.column_names


def test_exceptions_are_ranked_by_money_and_bounded_in_number() -> None:
    items = [{"item": f"I{number:03}"} for number in range(80)]
    history = [record for number in range(80)
               for record in sales(f"I{number:03}", "FR-S", [20.0] * 18 + [100.0 + number] * 6, SETTINGS)]
    found = exceptions_of(items=items, sales_history=history)
    assert found["money"].is_monotonic_decreasing
    assert found["kind"].value_counts().max() <= MOST_PER_KIND
    assert found.iloc[0]["item"] == "I079"
