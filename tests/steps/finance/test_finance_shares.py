"""Shares that add up to exactly 1, and a plan of several families and markets that adds up to the unit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.formulas import references
from sopxl.grids import take
from sopxl.pipeline import run
from sopxl.schema import Tables, conform, conform_all
from sopxl.settings import settings_frame
from sopxl.steps.finance.assets import Asset, asset_plan
from sopxl.steps.finance.lines import LINES, SECTIONS, SUBTOTALS, lines_of, profit_and_loss_rows
from sopxl.steps.finance.shares import SHARES_OF, exact_shares
from sopxl.steps.finance.tables import ASSET_PLAN, PROFIT_AND_LOSS
from sopxl.steps.finance.tables.plans import SHARES
from sopxl.tables import GRIDS, TABLES
from tests.small_company import SETTINGS, small_company

LABELS = SETTINGS.periods.labels
WEIGHTS = arrays(float, st.tuples(st.integers(1, 40), st.integers(1, 4)),
                 elements=st.one_of(st.just(0.0), st.floats(1e-9, 1e12)))


@hypothesis_settings(max_examples=60, deadline=None)
@given(WEIGHTS)
def test_shares_add_up_to_exactly_one_in_any_order(weights: np.ndarray) -> None:
    found = exact_shares(weights)
    order = np.random.default_rng(len(weights)).permutation(len(weights))
    for column in found.T:
        total = 0.0
        for share in column[order]:
            total += share
        assert total == 1.0 == np.sum(column)
        assert sum(Fraction(share) for share in column) == 1
    assert (found >= 0).all()
    assert (found[:, weights.sum(axis=0) == 0][-1] == 1).all()
    known = weights.sum(axis=0) > 0
    np.testing.assert_allclose(found[:, known], weights[:, known] / weights[:, known].sum(axis=0), atol=1e-12)


def test_every_share_is_weighed() -> None:
    assert list(SHARES_OF) == [name for name, _ in SHARES]


def test_every_line_stands_once_in_a_sum_and_ties_to_a_plan_or_to_lines_that_do() -> None:
    summed = [reference.name for subtotal in SUBTOTALS for reference in references(subtotal.formula)]
    rows = [row.name for row in profit_and_loss_rows()]
    assert len(rows) == len(set(rows)) == len(LINES) + len(SUBTOTALS)
    for line in LINES.values():
        assert summed.count(line.name) == 1, line.name
        assert line.section in SECTIONS
        used = {reference.name for reference in references(line.formula) if not reference.table}
        assert line.ties_to or used & {*LINES, "Net sales", "Shipments"}, line.name
        assert line.description.endswith(".")
    assert {line.paid for line in lines_of(section="standard cost")} == {"through stock"}


@pytest.fixture(scope="module")
def company() -> Tables:
    """The small company in two families and markets, with everything that finance enters."""
    tables = small_company()
    typed: dict[str, list[dict[str, Any]]] = {
        "operating_expenses": [
            {"expense": "Rent", "amount": 1000.0}, {"expense": "Fair", "amount": 300.0, "family": "Chairs",
                                                    "from_period": "2027-02", "until_period": "2027-02"},
            {"expense": "Handling", "basis": "per unit", "amount": 2.5, "market": "North Shop"},
            {"expense": "Agents", "basis": "percent", "amount": 4.0, "family": "Tables"},
            {"expense": "Old shop", "amount": 11.0, "family": "Parts"}],
        "sales_deductions": [{"discount": 0.1}, {"channel": "Shop", "discount": 0.2, "from_period": "2027-03"},
                             {"market": "South Shop", "rebate": 0.05}],
        "fixed_assets": [{"asset": "Saw", "amount": 1000.01, "bought_period": "2027-02", "life": 1.0}],
    }
    settings = replace(SETTINGS, plan_mode="requirements", tax_rate=30.0)
    frames = {name: conform(TABLES[name], pd.DataFrame(rows)) for name, rows in typed.items()}
    return run({**tables, **frames, "settings": settings_frame(settings)})


def by_pair(tables: Tables, measure: str) -> pd.DataFrame:
    return take(PROFIT_AND_LOSS, tables["profit_and_loss"], measure, LABELS).fillna(0.0)


def of_market(tables: Tables, measure: str, market: str, family: str = "") -> np.ndarray:
    """The rows of a market, of all families or of one."""
    rows = by_pair(tables, measure).reset_index()
    chosen = rows[(rows["market"] == market) & ((rows["family"] == family) | (family == ""))]
    return chosen[LABELS].to_numpy(float)


def of_unit(tables: Tables, grid: str, measure: str) -> np.ndarray:
    return np.asarray(take(GRIDS[grid], tables[grid], measure, LABELS).sum().to_numpy(float))


def test_families_and_markets_add_up_to_the_unit_to_the_cent(company: Tables) -> None:
    for row in profit_and_loss_rows():
        if row.name != "Gross margin share":
            np.testing.assert_allclose(by_pair(company, row.name).sum(), of_unit(company, "financial_plan", row.name),
                                       atol=1e-6)
    assert of_unit(company, "financial_plan", "Transfer freight").sum() > 0, "it would prove nothing"
    for grid, measure, line in (("capacity_plan", "Overtime premium", "Overtime premium"),
                                ("distribution_plan", "Freight cost", "Transfer freight"),
                                ("expense_plan", "Cost", "Operating expenses"),
                                ("asset_plan", "Depreciation", "Depreciation")):
        np.testing.assert_allclose(by_pair(company, line).sum(), of_unit(company, grid, measure), atol=1e-6)


def test_what_is_for_one_family_or_market_falls_on_it_alone(company: Tables) -> None:
    fixed, rent = by_pair(company, "Fixed expenses"), by_pair(company, "Share of net sales") * 1000.0
    beside = fixed - rent
    assert beside.loc["Chairs"]["2027-02"].sum() == pytest.approx(300.0)
    assert beside.loc["Tables"].to_numpy() == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(beside.loc["(not allocated)"].to_numpy(float), 11.0)  # nobody is sold parts
    handling, units = (of_market(company, name, "North Shop") for name in ("Expenses per unit", "Shipments"))
    np.testing.assert_allclose(handling, units * 2.5)
    assert (of_market(company, "Expenses per unit", "South Shop") == 0).all()


def test_transfer_freight_falls_on_the_market_that_the_receiving_location_serves(company: Tables) -> None:
    assert of_market(company, "Transfer freight", "North Shop").sum() > 0
    assert (of_market(company, "Transfer freight", "South Shop") == 0).all()


def test_the_row_of_deductions_that_says_most_counts(company: Tables) -> None:
    discount = of_market(company, "Discount rate", "North Shop", "Chairs")[0]
    np.testing.assert_allclose(discount, [0.1, 0.1, 0.2, 0.2])
    np.testing.assert_allclose(of_market(company, "Discount rate", "South Shop", "Tables"), 0.0)
    np.testing.assert_allclose(of_market(company, "Rebate rate", "South Shop", "Tables"), 0.05)
    gross, net = (of_market(company, name, "North Shop", "Chairs")[0] for name in ("Gross sales", "Net sales"))
    np.testing.assert_allclose(net, gross * (1 - discount))
    np.testing.assert_allclose(by_pair(company, "Net sales").sum(), of_unit(company, "backlog_plan", "Sales value"))


def test_both_proofs_hold(company: Tables) -> None:
    for grid in ("cash_flow", "balance_sheet"):
        np.testing.assert_allclose(of_unit(company, grid, "Difference"), 0.0, atol=1e-5)


MONEY = st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100)


@hypothesis_settings(max_examples=60, deadline=None)
@given(MONEY, MONEY, st.integers(-40, 30), st.integers(-40, 30), st.sampled_from([0.0, 0.4, 1.0, 7.0, 18.5, 60.0]))
def test_depreciation_is_exact_to_the_cent(
    amount: Decimal, residual: Decimal, bought: int, in_use: int, life: float
) -> None:
    asset = Asset(amount, residual, bought, in_use, life, None)
    charges = asset.depreciation(200)
    assert all(charge >= 0 for charge in charges)
    assert all(charge == charge.quantize(Decimal("0.01")) for charge in charges)
    left = (asset.opening_book_value if bought < 0 else amount) - sum(charges)
    assert left == (min(residual, amount) if residual <= amount else amount)
    assert asset.opening_book_value >= (min(residual, amount) if bought < 0 else 0)
    assert not any(charges[: max(bought, in_use, 0)])


def test_an_asset_of_before_goes_on_from_its_stated_book_value() -> None:
    rows = [{"asset": "Van", "amount": 1200.0, "bought_period": "2025-06", "life": 5.0, "opening_book_value": 50.0},
            {"asset": "Old", "amount": 600.0, "life": 5.0},
            {"asset": "Later", "amount": 600.0, "bought_period": "2029-01", "life": 5.0}]
    tables = conform_all(TABLES, {"fixed_assets": pd.DataFrame(rows)})
    charges = take(ASSET_PLAN, asset_plan(tables, SETTINGS), "Depreciation", LABELS)
    assert charges.index.tolist() == ["Van", "Old", "Later"]
    assert charges.to_numpy(float).tolist() == [[20.0, 20.0, 10.0, 0.0], [10.0] * 4, [0.0] * 4]
