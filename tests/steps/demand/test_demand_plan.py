"""The demand step as a whole: what stands in the sales plan, and that it adds up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from sopxl.grids import take
from sopxl.pipeline import run
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.plan import plan_demand
from sopxl.steps.demand.tables import FORECAST_QUALITY, SALES_PLAN, SALES_SUMMARY
from tests.steps.demand.demand_cases import sales, tables_of

SETTINGS = Settings(first_period="2026-01", horizon=6)
LABELS = SETTINGS.periods.labels
ITEMS = [{"item": "A", "name": "Alpha", "family": "F"}, {"item": "B", "family": "F"}, {"item": "C", "family": "G"}]
HISTORY = [
    *sales("A", "FR-S", [20.0, 22, 18, 20, 21, 19] * 4, SETTINGS),
    *sales("A", "US-S", [5.0, 0, 0, 6, 0, 0] * 4, SETTINGS, price=12),
    *sales("B", "DE-S", [8.0, 9, 7], SETTINGS),
    *sales("C", "US-S", [100.0] * 12, SETTINGS),
]


def planned(settings: Settings = SETTINGS, **records: Any) -> Tables:
    """All tables after the demand step has run through the pipeline."""
    given = {"items": ITEMS, "sales_history": HISTORY, **records}
    return run(tables_of(settings, **given), ["demand"])


def row(tables: Tables, measure: str, item: str, market: str) -> list[float]:
    """One row of the sales plan."""
    rows = take(SALES_PLAN, tables["sales_plan"], measure, LABELS)
    values: list[float] = rows.to_numpy()[rows.index.get_loc((item, market))].tolist()
    return values


def test_a_steady_item_is_forecast_as_it_sold_and_valued_at_its_average_revenue() -> None:
    tables = planned()
    assert row(tables, "Baseline forecast", "C", "US Shop") == [100.0] * 6
    assert row(tables, "Last year", "C", "US Shop") == [100.0] * 6
    assert row(tables, "Price", "A", "US Shop") == [12.0] * 6
    assert row(tables, "Consensus value", "C", "US Shop") == [1000.0] * 6
    assert np.mean(row(tables, "Baseline forecast", "A", "EU Shop")) == pytest.approx(20, rel=0.05)


def test_the_override_is_kept_and_the_consensus_follows_it() -> None:
    first = planned()["sales_plan"]
    mask = (first["item"] == "C") & (first["measure"] == "Override")
    first.loc[mask, "2026-02"] = 130.0
    first.loc[mask, "2026-03"] = 0.0
    tables = planned(sales_plan=first)
    assert row(tables, "Override", "C", "US Shop")[1:3] == [130.0, 0.0]
    assert row(tables, "Consensus", "C", "US Shop") == [100, 130, 0, 100, 100, 100]


def test_a_row_that_carries_an_override_stays_although_nothing_else_needs_it() -> None:
    typed = pd.DataFrame({"item": ["B"], "market": ["US Shop"], "family": ["F"], "measure": ["Override"],
                          "2026-01": [40.0]})
    tables = planned(sales_plan=typed)
    assert row(tables, "Consensus", "B", "US Shop") == [40, *row(tables, "Baseline forecast", "B", "US Shop")[1:]]


def test_nothing_is_forecast_outside_the_sales_periods_or_of_an_ended_item() -> None:
    items = [{**ITEMS[0], "status": "ended"}, {**ITEMS[1], "first_sales_period": "2026-03"},
             {**ITEMS[2], "last_sales_period": "2026-02"}]
    tables = planned(items=items)
    assert row(tables, "Baseline forecast", "A", "EU Shop") == [0.0] * 6
    assert sum(row(tables, "Last year", "A", "EU Shop")) == 120
    assert row(tables, "Baseline forecast", "C", "US Shop") == [100, 100, 0, 0, 0, 0]
    assert row(tables, "Baseline forecast", "B", "EU Shop")[:2] == [0, 0]
    assert row(tables, "Baseline forecast", "B", "EU Shop")[2] > 0


def test_orders_in_hand_stand_in_their_period_and_overdue_ones_in_the_first() -> None:
    orders = [
        {"order": str(number), "kind": kind, "item": "A", "market": market, "due_period": due, "quantity": quantity}
        for number, (kind, market, due, quantity) in enumerate([
            ("sale", "FR-S", "2025-10", 1), ("sale", "DE-S", "2026-01", 2), ("sale", "FR-S", "2026-04", 4),
            ("sale", "FR-S", "2027-04", 8), ("purchase", "", "2026-01", 16)])
    ]
    assert row(planned(open_orders=orders), "Orders in hand", "A", "EU Shop") == [3, 0, 0, 4, 0, 0]


def test_a_new_item_follows_its_like_item() -> None:
    items = [*ITEMS, {"item": "D", "family": "G", "like_item": "C", "first_sales_period": "2026-03"}]
    assert row(planned(items=items), "Baseline forecast", "D", "US Shop") == [0, 0, 100, 100, 100, 100]


def test_the_summary_adds_up_the_plan_by_family_and_market_and_in_total() -> None:
    tables = planned()
    summary = take(SALES_SUMMARY, tables["sales_summary"], "Consensus", LABELS)
    detail = take(SALES_PLAN, tables["sales_plan"], "Consensus", LABELS)
    assert summary.index.tolist() == [("F", "EU Shop"), ("F", "US Shop"), ("G", "US Shop")]
    by_item = dict(zip(detail.index, detail.to_numpy(), strict=True))
    assert summary.to_numpy()[0] == pytest.approx(by_item["A", "EU Shop"] + by_item["B", "EU Shop"])
    assert summary.sum().to_numpy() == pytest.approx(detail.sum().to_numpy())


def test_every_series_has_a_line_of_forecast_quality() -> None:
    tables = planned()
    quality = {(line["item"], line["market"]): line for line in tables["forecast_quality"].to_dict("records")}
    assert tables["forecast_quality"].columns.tolist() == FORECAST_QUALITY.column_names
    assert len(quality) == 4
    steady = quality["C", "US Shop"]
    assert (steady["weighted_error"], steady["bias"], steady["history_periods"]) == (0, 0, 12)
    assert steady["annual_value"] == 6000
    assert quality["A", "US Shop"]["demand_class"] == "intermittent"
    assert quality["B", "EU Shop"]["demand_class"] == "short"


def test_planning_twice_changes_nothing() -> None:
    once = planned()
    twice = run(once, ["demand"])
    for name in ("sales_plan", "sales_summary", "forecast_quality", "exceptions"):
        pd.testing.assert_frame_equal(once[name], twice[name])


def test_weeks_and_quarters_are_planned_like_months() -> None:
    for bucket, first in (("week", "2026-W05"), ("quarter", "2026-Q2")):
        settings = replace(SETTINGS, bucket=bucket, first_period=first, horizon=5)
        records = sales("C", "US-S", [50.0] * 120, settings)
        tables = planned(settings, sales_history=records)
        consensus = take(SALES_PLAN, tables["sales_plan"], "Consensus", settings.periods.labels)
        assert consensus.to_numpy().tolist() == [[50.0] * 5]


def test_an_empty_plan_is_empty() -> None:
    result = plan_demand(tables_of(SETTINGS), SETTINGS)
    assert [len(result[name]) for name in ("sales_plan", "sales_summary", "forecast_quality", "exceptions")] == [0] * 4
    assert set(LABELS) <= set(result["sales_plan"].columns)


RECORDS = st.lists(st.fixed_dictionaries({
    "period": st.sampled_from([*SETTINGS.periods.before(30), "2026-01", "2025-W03", "soon"]),
    "item": st.sampled_from(["A", "B", "C", "NONE"]),
    "market": st.sampled_from(["FR-S", "DE-S", "US-S", "NONE"]),
    "quantity": st.floats(-1e6, 1e6),
    "revenue": st.floats(-1e6, 1e6),
}), max_size=60)


@given(RECORDS, st.sampled_from(["zero", "gap"]), st.sampled_from(["group", "market"]))
@example_settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_any_history_gives_a_plan_that_is_whole(records: list[dict[str, Any]], missing: str, level: str) -> None:
    settings = replace(SETTINGS, missing_history=missing, market_level=level)
    tables = planned(settings, sales_history=records)
    plan = tables["sales_plan"]
    may_be_empty = [one.name for one in SALES_PLAN.measures if one.owner == "input" or one.name.endswith("spread")]
    filled = plan[~plan["measure"].isin(may_be_empty)]
    assert np.isfinite(filled[LABELS].to_numpy(float)).all()
    baseline = take(SALES_PLAN, plan, "Baseline forecast", LABELS).to_numpy()
    assert (baseline >= 0).all()
    assert np.array_equal(baseline, np.round(baseline, 2))
    assert not plan.duplicated(["item", "market", "measure"]).any()
    summary = take(SALES_SUMMARY, tables["sales_summary"], "Baseline forecast", LABELS).to_numpy()
    assert summary.sum() == pytest.approx(baseline.sum(), rel=1e-9, abs=1e-6)
