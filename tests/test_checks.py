"""Checks of cells and of the plan: every fault is found, at its place, all at once."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from sopxl import plan_checks
from sopxl.checks import check_table
from sopxl.plan_checks import CHECKS, check_plan
from sopxl.schema import Finding, Tables, conform
from sopxl.tables import TABLES
from tests.small_company import SETTINGS, small_company


def found(tables: Tables, name: str) -> list[tuple[str, int | None, str]]:
    findings = check_table(TABLES[name], tables[name], SETTINGS.bucket, tables)
    return [(finding.column, finding.row, f"{finding.message} {finding.remedy}") for finding in findings]


def with_cell(name: str, row: int, column: str, value: object) -> Tables:
    tables = small_company()
    tables[name] = tables[name].astype(object)
    changed = list(tables[name][column])
    changed[row] = value
    tables[name][column] = pd.Series(changed, dtype=object)
    return tables


@pytest.mark.parametrize("name", TABLES)
def test_a_sound_company_has_no_faults(name: str) -> None:
    assert found(small_company(), name) == []


def test_a_sound_company_makes_a_plan() -> None:
    assert check_plan(small_company(), SETTINGS) == []


@pytest.mark.parametrize(
    ("name", "row", "column", "value", "said"),
    [
        ("sourcing", 1, "price", "twelve", "'twelve' is not a number. Enter a number"),
        ("sourcing", 1, "price", -1, "-1 is too small. Enter at least 0"),
        ("bills_of_material", 0, "scrap", 1.5, "1.5 is too large. Enter at most 0.99"),
        ("bills_of_material", 2, "quantity", "#REF!", "formula error #REF!. Mend the formula, or enter a value"),
        ("items", 0, "status", "sleeping", "'sleeping' cannot be chosen. Choose active, ended or component"),
        ("items", 1, "item", "", "Item is missing"),
        ("sales_history", 3, "item", "CHIAR", "'CHIAR' is not in items. Correct it, or add it to items. Did you mean "
         "'CHAIR'?"),
        ("sales_history", 3, "market", "Moon", "'Moon' is not in markets"),
        ("sales_history", 3, "period", "2026-W03", "'2026-W03' is not a month like 2026-12"),
        ("lanes", 0, "to_location", "NOWHERE", "'NOWHERE' is not in locations"),
        ("routings", 0, "resource", "ROBOT", "'ROBOT' is not in resources"),
        ("stock_policies", 0, "lot_periods", 1.5, "1.5 is not a whole number"),
        ("sourcing", 0, "price", float("inf"), "is not a number"),
    ],
)
def test_a_wrong_cell_is_told_with_row_column_and_remedy(
    name: str, row: int, column: str, value: object, said: str
) -> None:
    told = [(place, line) for place, line, text in found(with_cell(name, row, column, value), name) if said in text]
    assert told == [(column, row)]


def test_all_faults_of_a_table_are_told_at_once() -> None:
    tables = with_cell("sourcing", 0, "price", "x")
    tables["sourcing"].loc[1, "item"] = "GHOST"
    tables["sourcing"].loc[1, "lead_time"] = -3
    assert {(column, row) for column, row, _ in found(tables, "sourcing")} == {
        ("price", 0), ("item", 1), ("lead_time", 1),
    }


def test_a_key_that_stands_twice_is_told_at_its_second_row() -> None:
    tables = small_company()
    tables["items"] = pd.concat([tables["items"], tables["items"].head(1)], ignore_index=True)
    assert [(column, row) for column, row, text in found(tables, "items") if "second time" in text] == [("item", 4)]


def test_very_many_faults_are_cut_and_said_to_be_more() -> None:
    tables = small_company()
    tables["sales_history"] = tables["sales_history"].astype(object)
    tables["sales_history"]["quantity"] = "x"
    told = found(tables, "sales_history")
    assert len(told) == 51
    assert "more faults" in told[-1][2]


def faults_of(check: str, tables: Tables) -> list[Finding]:
    return list(CHECKS[check](tables, SETTINGS))


def _bill_loop(tables: Tables) -> None:
    loop = pd.DataFrame({"parent": ["WOOD"], "component": ["TABLE"], "quantity": [1.0], "scrap": [0.0]})
    tables["bills_of_material"] = pd.concat([tables["bills_of_material"], loop], ignore_index=True)


def _sold_not_had(tables: Tables) -> None:
    tables["sourcing"] = tables["sourcing"].iloc[:1]


def _component_not_had(tables: Tables) -> None:
    tables["sourcing"] = tables["sourcing"].iloc[1:]
    tables["stock_on_hand"] = tables["stock_on_hand"].iloc[:2]


def _no_rate(tables: Tables) -> None:
    tables["suppliers"].loc[0, "currency"] = "SEK"


def _two_places(tables: Tables) -> None:
    tables["markets"]["market_group"] = "All"


def _lane_to_itself(tables: Tables) -> None:
    tables["lanes"].loc[0, "to_location"] = "PLANT"


def _no_hours(tables: Tables) -> None:
    tables["resources"].loc[0, "hours_per_day"] = float("nan")


def _order_without_place(tables: Tables) -> None:
    tables["open_orders"].loc[0, "market"] = ""


def _holes(tables: Tables) -> None:
    history = tables["sales_history"]
    tables["sales_history"] = history[history["period"] != "2026-03"].reset_index(drop=True)


def _too_late(tables: Tables) -> None:
    tables["sales_history"].loc[0, "period"] = "2027-02"


def _same_to_sums(tables: Tables) -> None:
    tables["resources"] = pd.concat([tables["resources"]] * 2, ignore_index=True)
    tables["resources"].loc[1, "resource"] = "shop"
    tables["items"].loc[3, "family"] = "Oak*"


def _no_price(tables: Tables) -> None:
    tables["prices"] = tables["prices"].iloc[:1]
    tables["sales_history"]["revenue"] = 0.0


def _no_cost(tables: Tables) -> None:
    tables["costs"] = tables["costs"].iloc[2:]


BREAKS = {
    "bill_of_material_contains_itself": (_bill_loop, 4),
    "sold_item_cannot_be_had": (_sold_not_had, 1),
    "component_cannot_be_had": (_component_not_had, 1),
    "currency_without_rate": (_no_rate, 1),
    "planning_market_ships_from_two_places": (_two_places, 1),
    "lane_to_itself": (_lane_to_itself, 1),
    "resource_without_hours": (_no_hours, 1),
    "order_without_place": (_order_without_place, 1),
    "history_has_holes": (_holes, 1),
    "history_in_the_plan": (_too_late, 1),
    "codes_that_sums_cannot_tell_apart": (_same_to_sums, 2),
    "sold_item_without_price": (_no_price, 1),
    "sold_item_without_standard_cost": (_no_cost, 1),
}


@pytest.mark.parametrize("check", [
    name for name, function in CHECKS.items() if function.__module__ == plan_checks.__name__
])
def test_every_check_finds_its_fault_and_says_what_to_do(check: str) -> None:
    assert faults_of(check, small_company()) == []
    tables = small_company()
    breaking, count = BREAKS[check]
    breaking(tables)
    findings = faults_of(check, tables)
    assert len(findings) == count, [finding.message for finding in findings]
    for finding in findings:
        assert finding.message.endswith(".")
        assert finding.remedy.endswith(".")
        TABLES[finding.table].column(finding.column)


def test_an_empty_flag_takes_its_default() -> None:
    suppliers = conform(TABLES["suppliers"], pd.DataFrame({"supplier": ["A", "B", "C"], "active": [None, "no", "yes"]}))
    assert suppliers["active"].tolist() == [True, False, True]


def test_holes_of_a_weekly_history_are_told_by_the_labels_that_planners_know() -> None:
    settings = replace(SETTINGS, bucket="week", first_period="2027-W01")
    history = conform(TABLES["sales_history"], pd.DataFrame(
        {"period": ["2026-W50", "2026-W53"], "item": "TABLE", "market": "South shop", "quantity": 1.0}))
    (told,) = plan_checks.history_has_holes({**small_company(), "sales_history": history}, settings)
    assert "in 2 periods before the plan starts: 2026-W51, 2026-W52." in told.message
