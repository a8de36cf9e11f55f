"""Checks of what is entered for the finance step: each finds its fault at its cell, says what to do, and only that."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sopxl import finance_checks
from sopxl.check_register import CHECKS
from sopxl.checks import check_table
from sopxl.plan_checks import check_plan
from sopxl.schema import Tables, conform
from sopxl.tables import TABLES
from tests.small_company import SETTINGS, small_company

GOOD: dict[str, dict[str, Any]] = {
    "sales_deductions": {"family": "Tables", "market": "South Shop", "channel": "Shop", "discount": 0.1,
                         "rebate": 0.05},
    "operating_expenses": {"expense": "Rent", "amount": 900.0, "from_period": "2027-02", "until_period": "2027-03"},
    "fixed_assets": {"asset": "Saw", "amount": 5000.0, "bought_period": "2027-02", "life": 4.0, "residual": 200.0},
    "payment_terms": {"partner": "customers", "market": "South Shop", "days": 14.0, "payment_day": 15},
    "budget": {"period": "2027-01", "family": "Tables", "market": "South Shop", "revenue": 900.0,
               "cost_of_goods": 500.0, "gross_margin": 400.0, "operating_expenses": 150.0, "depreciation": 50.0,
               "ebit": 200.0},
    "opening_balances": {"account": "receivables", "market": "South Shop", "amount": 800.0},
}
RENT_TWICE: tuple[dict[str, Any], ...] = ({}, {"from_period": "2027-03", "until_period": ""})
FAULTS: dict[str, list[tuple[str, tuple[dict[str, Any], ...], str, int, str]]] = {
    "budget_that_contradicts_itself": [
        ("budget", ({"gross_margin": 401.0},), "gross_margin", 0, "less cost of goods of 500; cost of goods counts"),
        ("budget", ({"ebit": 210.0},), "ebit", 0, "not what operating expenses of 150 and depreciation leave"),
    ],
    "deductions_take_all": [
        ("sales_deductions", ({"discount": 0.6, "rebate": 0.4},), "rebate", 0, "Discount 0.6 and rebate 0.4 together"),
    ],
    "deductions_after_the_plan": [
        ("sales_deductions", ({"from_period": "2027-05"},), "from_period", 0, "holds from 2027-05, after the plan"),
    ],
    "asset_that_cannot_be_written_off": [
        ("fixed_assets", ({"life": 0.0},), "life", 0, "Saw has no useful life."),
        ("fixed_assets", ({"residual": 6000.0},), "residual", 0, "worth 6000 at the end of its life"),
        ("fixed_assets", ({"in_use_period": "2027-01"},), "in_use_period", 0, "used from 2027-01, before it is bought"),
    ],
    "asset_out_of_the_plan": [
        ("fixed_assets", ({"bought_period": "2027-05"},), "bought_period", 0, "in 2027-05, after the plan"),
        ("fixed_assets", ({"opening_book_value": 3.0},), "opening_book_value", 0, "has no book value at its start"),
        ("fixed_assets", ({"bought_period": ""},), "in_use_period", 0, "but not when; it counts as new"),
    ],
    "expense_outside_the_plan": [
        ("operating_expenses", ({"until_period": "2027-01"},), "until_period", 0, "before it starts in 2027-02"),
        ("operating_expenses", ({"until_period": "2027-09", "from_period": "2027-05"},), "from_period", 0,
         "in no period of the plan"),
    ],
    "expenses_overlap": [
        ("operating_expenses", RENT_TWICE, "from_period", 1, "holds at the same time; the two are added up"),
    ],
    "terms_for_the_wrong_partner": [
        ("payment_terms", ({"supplier": "SAWMILL"},), "supplier", 0, "cannot be for the supplier SAWMILL"),
        ("payment_terms", ({"partner": "suppliers"},), "market", 0, "cannot be for the market South Shop"),
    ],
    "opening_balance_of_the_wrong_partner": [
        ("opening_balances", ({"account": "cash"},), "market", 0, "'cash' is not kept by market"),
        ("opening_balances", ({"supplier": "SAWMILL"},), "supplier", 0, "'receivables' is not kept by supplier"),
    ],
}
CASES = [(check, case) for check, cases in FAULTS.items() for case in cases]


def changed(table: str, *rows: dict[str, Any]) -> Tables:
    """The small company with good rows of that table, and some of their cells changed."""
    typed = pd.DataFrame([{**GOOD[table], **cells} for cells in rows])
    return {**small_company(), table: conform(TABLES[table], typed)}


def test_every_finance_check_has_a_fault_to_find() -> None:
    own = {name for name, function in CHECKS.items() if function.__module__ == finance_checks.__name__}
    assert own == FAULTS.keys()


@pytest.mark.parametrize("table", GOOD)
def test_good_rows_have_no_fault(table: str) -> None:
    assert check_plan(changed(table, {}), SETTINGS) == []


@pytest.mark.parametrize(("check", "case"), CASES)
def test_a_check_finds_its_fault_at_its_cell_and_nothing_else_does(check: str, case: tuple[Any, ...]) -> None:
    table, rows, column, row, message = case
    tables = changed(table, *rows)
    found = check_plan(tables, SETTINGS)
    assert [(finding.table, finding.column, finding.row) for finding in found] == [(table, column, row)]
    assert found == list(CHECKS[check](tables, SETTINGS))
    assert message in found[0].message
    assert found[0].message.endswith(".")
    assert found[0].remedy.endswith(".")


@pytest.mark.parametrize(("table", "column"), [
    (table, column) for table in GOOD for column in ("market", "family", "channel") if column in GOOD[table]
])
def test_a_market_family_or_channel_that_is_not_there_is_told(table: str, column: str) -> None:
    found = check_plan(changed(table, {column: "Moon"}), SETTINGS)
    assert [(finding.table, finding.column) for finding in found] == [(table, column)]
    assert "'Moon'" in found[0].message


def test_an_account_that_is_stated_twice_is_told() -> None:
    balances = changed("opening_balances", {}, {"amount": 5.0})["opening_balances"]
    found = check_table(TABLES["opening_balances"], balances.astype(object), SETTINGS.bucket, small_company())
    assert [finding.table for finding in found] == ["opening_balances"]
    assert found[0].severity == "error"
