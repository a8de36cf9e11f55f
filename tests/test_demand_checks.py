"""Checks of what is entered for the demand step: each finds its fault at its cell, says what to do, and only that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import pytest

from sopxl import pipeline
from sopxl.check_register import CHECKS, MOST_PER_CHECK, ROW_CHECKS
from sopxl.checks import check_table
from sopxl.plan_checks import check_plan, check_rows, demand_checks
from sopxl.schema import Finding, Tables, conform
from sopxl.settings import Settings
from sopxl.tables import TABLES
from tests.small_company import SETTINGS, small_company

PROMOTION = {"promotion": "Spring", "item": "TABLE", "from_period": "2027-02", "to_period": "2027-03"}
LAUNCH = {"item": "CHAIR", "start_period": "2027-02", "like_item": "TABLE"}
OVERRIDE = {"role": "sales", "item": "TABLE", "from_period": "2027-02", "kind": "add units", "amount": 5,
            "reason": "Fair", "author": "Desk A"}
DRIVER = {"driver": "Fair", "period": "2026-05", "value": 1}
CORRECTION = {"item": "TABLE", "market": "South Shop", "period": "2026-05", "reason": "outlier", "sold": 20,
              "proposed": 25, "decision": "accept"}
GOOD: dict[str, dict[str, Any]] = {
    "promotions": PROMOTION, "launches": LAUNCH, "overrides": OVERRIDE, "drivers": DRIVER,
    "history_corrections": CORRECTION,
}


def with_rows(table: str, *rows: dict[str, Any]) -> Tables:
    tables = small_company()
    tables[table] = conform(TABLES[table], pd.DataFrame(rows))
    return tables


def changed(table: str, **cells: Any) -> Tables:
    """The small company with one good row of that table, and some of its cells changed."""
    return with_rows(table, {**GOOD[table], **cells})


def with_cell(table: str, row: int, column: str, value: Any) -> Tables:
    tables = small_company()
    tables[table].loc[row, column] = value
    return tables


FAULTS: dict[str, list[tuple[Callable[[], Tables], str, int, str]]] = {
    "sales_below_zero": [
        (lambda: with_cell("sales_history", 2, "quantity", -5.0), "quantity", 2,
         "-5 units of CHAIR are below zero. Correct the quantity, or set 'Returns' to net"),
    ],
    "end_before_start": [
        (lambda: changed("promotions", to_period="2027-01"), "to_period", 0,
         "It ends in 2027-01, before it starts in 2027-02. Correct one"),
        (lambda: changed("overrides", to_period="2026-12"), "to_period", 0, "before it starts in 2027-02."),
    ],
    "promotion_of_nothing": [
        (lambda: changed("promotions", item=""), "item", 0, "'Spring' names neither an item nor a family. Enter one"),
    ],
    "amount_that_cannot_be": [
        (lambda: changed("overrides", kind="set units", amount=-1), "amount", 0, "Demand cannot be set to -1."),
        (lambda: changed("overrides", kind="set money", amount=-1), "amount", 0, "Demand cannot be set to -1."),
        (lambda: changed("overrides", kind="add percent", amount=-101), "amount", 0, "-101 percent would leave less"),
    ],
    "override_entered_twice": [
        (lambda: with_rows("overrides", OVERRIDE, {**OVERRIDE, "amount": 7}, OVERRIDE), "amount", 2,
         "The same override of Desk A stands in an earlier row."),
    ],
    "item_that_follows_itself": [
        (lambda: with_cell("items", 1, "like_item", "CHAIR"), "like_item", 1, "CHAIR cannot sell like itself."),
        (lambda: changed("launches", like_item="CHAIR"), "like_item", 0, "CHAIR cannot sell like itself."),
        (lambda: changed("launches", replaces="CHAIR"), "replaces", 0, "CHAIR cannot replace itself."),
    ],
    "replacement_of_nothing": [
        (lambda: changed("launches", kind="replacement"), "replaces", 0, "It is not said what CHAIR replaces."),
    ],
    "recent_sales_after_the_first_period": [
        (lambda: with_rows("recent_sales", *(
            {"date": date, "item": "TABLE", "market": "South shop", "quantity": 1}
            for date in ("2027-01-31", "2027-02-01", "2062-01-01"))), "date", 1,
         "2 records of recent sales dated after 2027-01, the first of 2027-02-01."),
    ],
    "launch_without_a_size": [
        (lambda: changed("launches", like_item=""), "like_item", 0, "It is not said which item CHAIR will sell like."),
        (lambda: changed("launches", like_item="", curve="bass"), "potential", 0, "how much CHAIR will sell."),
        (lambda: changed("launches", like_item="", curve="ramp"), "potential", 0, "how much CHAIR will sell."),
    ],
    "replacements_in_a_circle": [
        (lambda: with_rows("launches", {**LAUNCH, "replaces": "TABLE"},
                           {**LAUNCH, "item": "STOOL", "replaces": "CHAIR"},
                           {**LAUNCH, "item": "TABLE", "like_item": "STOOL", "replaces": "CHAIR"}), "replaces", 0,
         "CHAIR replaces TABLE, which in the end replaces CHAIR."),
    ],
    "launch_after_the_end": [
        (lambda: {**with_cell("items", 1, "last_sales_period", "2027-01"),
                  "launches": conform(TABLES["launches"], pd.DataFrame([LAUNCH]))}, "start_period", 0,
         "CHAIR starts or ends in 2027-02, after its last sales period."),
        (lambda: with_rows("launches", LAUNCH, {**LAUNCH, "market": "North Shop", "kind": "end"}), "start_period", 1,
         "CHAIR ends in 2027-02, before it has started."),
    ],
    "family_or_channel_that_nobody_has": [
        (lambda: changed("promotions", item="", family="Table"), "family", 0,
         "No row of items has the family 'Table'. Correct it. Did you mean 'Tables'?"),
        (lambda: changed("overrides", item="", family="{x}"), "family", 0, "No row of items has the family '{x}'."),
        (lambda: changed("overrides", channel="Shops"), "channel", 0, "Did you mean 'Shop'?"),
    ],
    "market_that_is_not_planned": [
        (lambda: with_cell("prices", 0, "market", "South shop"), "market", 0,
         "'South shop' is not a planning market: the plan is by market group and channel. Enter market group and "
         "channel, like 'South Shop'."),
        (lambda: with_cell("budget", 0, "market", "Moon"), "market", 0, "'Moon' is not a planning market"),
        *((partial(changed, table, market="Suth Shop"), "market", 0, "like 'South Shop'.")
          for table in ("promotions", "launches", "overrides", "drivers")),
    ],
    "nothing_fits_both": [
        (lambda: changed("promotions", family="Chairs"), "family", 0, "TABLE is not in the family Chairs."),
        (lambda: changed("overrides", family="Chairs"), "family", 0, "TABLE is not in the family Chairs."),
        (lambda: {**changed("overrides", market="South Shop", channel="Online"),
                  "markets": conform(TABLES["markets"], pd.DataFrame([
                      {"market": channel, "market_group": "South", "channel": channel, "ship_from": "PLANT"}
                      for channel in ("Shop", "Online")]))}, "channel", 0,
         "South Shop does not sell in the channel Online."),
    ],
    "opinion_on_what_is_not_sold": [
        (partial(changed, table, item="LEG"), "item", 0, "LEG is a component: it is not forecast.")
        for table in ("promotions", "launches", "drivers", "overrides")
    ],
    "correction_of_nothing": [
        (lambda: changed("history_corrections", period="2027-01"), "decision", 0, "has no history in '2027-01'"),
        (lambda: changed("history_corrections", market="South shop"), "decision", 0, "TABLE in South shop has no"),
        (lambda: changed("history_corrections", item="STOOL"), "decision", 0, "STOOL in South Shop has no history"),
        (lambda: changed("history_corrections", proposed=float("nan")), "own_value", 0, "There is no proposal to"),
        *((partial(changed, "history_corrections", proposed=number), "proposed", 0,
           f"{number:g} cannot have been sold. Enter your own value, or refuse the proposal.")
          for number in (1e300, float("inf"), -1.0)),
    ],
    "sales_older_than_is_looked_at": [
        (lambda: with_cell("sales_history", 3, "period", "0206-01"), "period", 3,
         "1 record older than 10 years, the oldest of 0206-01; they are not used. Correct the period"),
    ],
}
CASES = [(check, case) for check, cases in FAULTS.items() for case in cases]
REJECTING = replace(SETTINGS, returns="reject")


def test_every_demand_check_has_a_fault_to_find() -> None:
    assert {name for name in CHECKS if hasattr(demand_checks, name)} == FAULTS.keys()


@pytest.mark.parametrize("table", GOOD)
def test_good_rows_have_no_fault(table: str) -> None:
    assert check_plan(changed(table), REJECTING) == []


@pytest.mark.parametrize(("check", "case"), CASES, ids=[check for check, _ in CASES])
def test_each_check_tells_its_fault_at_its_cell(check: str, case: tuple[Callable[[], Tables], str, int, str]) -> None:
    make, column, row, said = case
    finding, *more = CHECKS[check](make(), REJECTING)
    assert (finding.column, finding.row) == (column, row)
    assert said in f"{finding.message} {finding.remedy}"
    assert finding.remedy.endswith((".", "?"))
    TABLES[finding.table].column(finding.column)
    assert {one.row for one in more} <= {2}, "the circle is told at both ends"


@pytest.mark.parametrize("answer", [{"decision": "refuse"}, {"own_value": 25}])
def test_a_proposal_that_cannot_be_is_harmless_when_it_is_not_used(answer: dict[str, Any]) -> None:
    tables = changed("history_corrections", **{"proposed": 1e300, **answer})
    assert check_plan(tables, SETTINGS) == []
    correction = pipeline.run(tables, ["demand"])["history_corrections"].query("period == '2026-05'").iloc[0]
    assert correction["used"] == answer.get("own_value", correction["sold"])


def test_returns_are_netted_unless_the_setting_rejects_them() -> None:
    tables = with_cell("sales_history", 2, "quantity", -5.0)
    assert check_plan(tables, SETTINGS) == []
    assert [finding.severity for finding in check_plan(tables, REJECTING)] == ["error"]


def test_checks_of_rows_run_while_other_cells_are_faulty() -> None:
    tables = changed("promotions", to_period="2027-01", item="")
    tables["markets"] = tables["markets"].head(0)
    assert {finding.column for finding in check_rows(tables, SETTINGS)} == {"to_period", "item"}
    assert ROW_CHECKS.keys() < CHECKS.keys()


def test_of_very_many_findings_the_first_are_told_and_that_there_are_more() -> None:
    tables = small_company()
    tables["sales_history"]["quantity"] = -1.0
    found = check_rows(tables, REJECTING)
    assert len(found) == MOST_PER_CHECK + 1
    assert found[-1].message == "There are more faults of this kind."


def cell_faults(table: str, rows: list[dict[str, Any]], settings: Settings = SETTINGS) -> list[Finding]:
    """Faults of single cells, as typed."""
    cells = pd.DataFrame(rows, dtype=object)
    return check_table(TABLES[table], cells, settings.bucket, {**small_company(), table: cells})


@pytest.mark.parametrize(("table", "cells", "said"), [
    ("sales_history", {"quantity": "twelve"}, "'twelve' is not a number"),
    ("sales_history", {"quantity": 1e300}, "is too large. Enter at most 1e+15 (units)"),
    ("sales_history", {"quantity": -1e16}, "is too small. Enter at least -1e+15 (units)"),
    ("sales_history", {"period": "2026-13"}, "'2026-13' is not a month like 2026-12"),
    ("sales_history", {"period": "2026-W49"}, "'2026-W49' is not a month like 2026-12"),
    ("sales_history", {"item": "CHIAR"}, "Did you mean 'CHAIR'?"),
    ("sales_history", {"market": "South shp"}, "Did you mean 'South shop'?"),
    ("recent_sales", {"date": "soon"}, "'soon' is not a date. Enter a date"),
    ("recent_sales", {"date": 45000.0}, "'45000' is not a date"),
    ("recent_sales", {"date": "today"}, "'today' is not a date"),
    ("drivers", {"period": "Easter"}, "'Easter' is not a month"),
    ("drivers", {"value": None}, "Value is missing"),
    ("promotions", {"discount": 20}, "20 is too large. Enter at most 1"),
    ("launches", {"like_item": "STOOL"}, "'STOOL' is not in items"),
    ("launches", {"start_period": "2027-W02"}, "'2027-W02' is not a month"),
    ("overrides", {"role": "boss"}, "'boss' cannot be chosen. Choose sales, marketing or finance"),
    ("history_corrections", {"decision": "maybe"}, "'maybe' cannot be chosen. Choose accept or refuse"),
    ("history_corrections", {"own_value": "lots"}, "'lots' is not a number"),
    ("history_corrections", {"own_value": -1}, "-1 is too small. Enter at least 0"),
    ("segment_policies", {"abc": "D"}, "'D' cannot be chosen. Choose A, B or C"),
])
def test_a_cell_that_cannot_be_is_told(table: str, cells: dict[str, Any], said: str) -> None:
    good: dict[str, Any] = {
        **GOOD, "segment_policies": {"abc": "A", "xyz": "x"},
        "sales_history": {"period": "2026-12", "item": "TABLE", "market": "South shop", "quantity": 1},
        "recent_sales": {"date": "2027-01-04", "item": "TABLE", "market": "South shop", "quantity": 1},
    }[table]
    assert cell_faults(table, [good]) == []
    (finding,) = cell_faults(table, [{**good, **cells}])
    assert (finding.column, finding.row) == (next(iter(cells)), 0)
    assert said in f"{finding.message} {finding.remedy}"


def test_a_week_that_a_year_does_not_have_is_told() -> None:
    weekly = replace(SETTINGS, bucket="week", first_period="2027-W01")
    (finding,) = cell_faults("drivers", [{**DRIVER, "period": "2025-W53"}], weekly)
    assert finding.message == "'2025-W53': 2025 has no week 53."


def test_a_row_that_stands_twice_is_told_whatever_its_capitals() -> None:
    (finding,) = cell_faults("segment_policies", [{"abc": "A", "xyz": "X"}, {"abc": "a", "xyz": "x"}])
    assert (finding.row, finding.message) == (1, "a / x stands here a second time.")
    twice = {"date": "2027-01-04", "item": "TABLE", "market": "South shop", "quantity": 1}
    assert [finding.row for finding in cell_faults("recent_sales", [twice, twice])] == [1]


def test_a_choice_in_other_capitals_is_read_as_declared() -> None:
    read = conform(TABLES["history_corrections"], pd.DataFrame([{**CORRECTION, "decision": "ACCEPT"}]))
    assert read["decision"].tolist() == ["accept"]
