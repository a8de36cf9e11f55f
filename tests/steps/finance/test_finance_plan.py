"""The finance step against books kept by hand, and what must hold of any plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sopxl
from sopxl.grids import take
from sopxl.pipeline import compute_formulas, run
from sopxl.schema import Tables
from sopxl.settings import Settings, settings_frame
from sopxl.steps.finance.lines import lines_of, profit_and_loss_rows
from sopxl.steps.finance.plan import plan_finance
from sopxl.steps.finance.standard_flows import standard_flows
from sopxl.steps.finance.tables import FINANCE_PLANS, KEY_FIGURES, PROFIT_AND_LOSS
from sopxl.steps.finance.tables.inputs import ACCOUNTS, EXPENSE_BASES
from sopxl.tables import GRIDS
from tests.steps.finance.finance_books import BIKE_COST, WHEEL_COST, Books, later, planned

ZERO = np.zeros(2)
SMALL = Books(
    started=np.array([90.0, 60.0]), bought=np.array([150.0, 130.0]), moved=np.array([70.0, 80.0]),
    shipped=np.array([50.0, 75.0]), expedited=np.array([20.0, 0.0]), open_purchases=np.array([30.0, 0.0]),
    open_production=ZERO, open_transfers=np.array([40.0, 0.0]), on_hand=(10.0, 5.0, 15.0),
    sales_history=[{"period": "2025-12", "item": "bike", "market": "town", "quantity": 60, "revenue": 900.0},
                   {"period": "2025-01", "item": "bike", "market": "town", "quantity": 50, "revenue": 800.0},
                   {"period": "2025-02", "item": "old bike", "market": "town", "quantity": 1, "revenue": 11.0}],
    budget=[{"period": "2026-01", "family": "Bikes", "market": "Home Shop", "revenue": 1100.0, "gross_margin": 450.0},
            {"period": "2026-02", "family": "Frames", "market": "Home Shop", "revenue": 60.0, "gross_margin": 6.0},
            {"period": "2027-01", "family": "Bikes", "market": "Home Shop", "revenue": 9.0, "gross_margin": 9.0}],
    settings={"receivable_days": 15.0, "payable_days": 30.0, "tax_rate": 20.0},
    inputs={
        "operating_expenses": [{"expense": "Commissions", "basis": "percent", "amount": 10.0},
                               {"expense": "Rent", "amount": 25.0}],
        "sales_deductions": [{"discount": 0.15, "rebate": 0.05}],
        "fixed_assets": [{"asset": "Van", "amount": 1000.0, "bought_period": "2025-12", "in_use_period": "2026-01",
                          "life": 1.0},
                         {"asset": "Press", "amount": 240.0, "bought_period": "2026-02", "life": 2.0}],
        "opening_balances": [{"account": "cash", "amount": 700.0}, {"account": "tax payable", "amount": 11.0}],
    },
)

# Two months; every figure was worked out on paper. Standard costs: wheel 3.00, bike 12.00 (7.00 and 5.00).
BY_HAND = {
    "Shipments": (50.00, 75.00),
    "Gross sales": (1250.00, 1875.00),  # 20.00 is 80 % of 25.00
    "Discounts": (187.50, 281.25),
    "Rebates": (62.50, 93.75),
    "Net sales": (1000.00, 1500.00),  # 50 and 75 bikes at 20.00
    "Material": (350.00, 525.00),
    "Conversion": (250.00, 375.00),
    "Freight to customers": (12.50, 18.75),
    "Transfer freight": (70.00, 80.00),
    "Overtime premium": (20.00, 0.00),  # 45 hours against 40: 5 at 12.00 instead of 8.00
    "Expedite cost": (10.00, 0.00),
    "Purchase price variance": (18.00, 13.00),
    "Production variance": (0.00, 0.00),
    "Cost of goods sold": (730.50, 1011.75),
    "Gross margin": (269.50, 488.25),
    "Gross margin share": (0.2695, 0.3255),
    "Expenses on revenue": (100.00, 150.00),
    "Fixed expenses": (25.00, 25.00),
    "Operating expenses": (125.00, 175.00),
    "EBITDA": (144.50, 313.25),
    "Depreciation": (83.33, 93.34),  # 1000.00 over 12 periods: 83.33, then 166.67 in all; 240.00 over 24: 10.00
    "EBIT": (61.17, 219.91),
    "Tax": (12.234, 43.982),
    "Net result": (48.936, 175.928),
    "Stock value": (1230.00, 1080.00),
    "Change in stock": (480.00, -150.00),  # from 270.00 on hand and 480.00 in transit
    "Receivables": (1000.00 * 15 / 31, 1500.00 * 15 / 28),
    "Payables": (568.00 * 30 / 31, 403.00 + 568.00 * 2 / 31),  # of January's bills two days are due in March
    "Last year revenue": (800.00, 11.00),
    "Budget revenue": (1100.00, 60.00),
    "Gap to budget": (-100.00, 1440.00),
    "Budget gross margin": (450.00, 6.00),
    "Margin gap to budget": (-180.50, 482.25),
}
STOCK_FLOWS_BY_HAND = {
    "Purchases": (568.00, 403.00),  # 180 at 3.10 and 20 at 0.50; 130 at 3.10
    "Purchases at standard": (540.00, 390.00),
    "Other production cost": (180.00, 120.00),
    "Production expenses": (560.00, 360.00),  # 40 h at 8.00 + 5 h at 12.00 + 180.00; 30 h at 8.00 + 120.00
    "Components used": (540.00, 360.00),
    "Production at standard": (1080.00, 720.00),
    "Stock on hand": (390.00, 120.00),  # 10 wheels, 25 and 5 bikes; 20 wheels, 5 and 0 bikes
    "In transit and in process": (840.00, 960.00),  # 70 and 80 bikes between plant and store
}
RECEIVED = (1000.00 * 16 / 31 + 900.00 * 15 / 31, 1500.00 * 13 / 28 + 1000.00 * 15 / 31)
PAID = (568.00, 568.00 * 28 / 31)
CASH_BY_HAND = {
    "Receipts from customers": RECEIVED,  # of December's 900.00 the last 15 days were open
    "Payments to suppliers": PAID,
    "Production payments": (560.00, 360.00),
    "Freight payments": (82.50, 98.75),
    "Expense payments": (125.00, 175.00),
    "Tax paid": (11.00, 12.234),
    "Capital expenditure": (0.00, 240.00),
    "Change in cash": (RECEIVED[0] - PAID[0] - 778.50, RECEIVED[1] - PAID[1] - 885.984),
    "Difference": (0.00, 0.00),
    "Cash": (700.00 + RECEIVED[0] - PAID[0] - 778.50,
             700.00 + sum(RECEIVED) - sum(PAID) - 778.50 - 885.984),
    "Tax payable": (12.234, 43.982),
}
BALANCE_BY_HAND = {
    "Fixed assets": (916.67, 1063.33),  # the van less a twelfth a period; the press less 10.00
    "Equity": (700.00 + 900.00 * 15 / 31 + 750.00 + 1000.00 - 568.00 * 30 / 31 - 11.00 + 48.936,
               700.00 + 900.00 * 15 / 31 + 750.00 + 1000.00 - 568.00 * 30 / 31 - 11.00 + 48.936 + 175.928),
    "Difference": (0.00, 0.00),
}
OTHERS = {("stock_flows", name): values for name, values in STOCK_FLOWS_BY_HAND.items()}
OTHERS |= {("cash_flow", name): values for name, values in CASH_BY_HAND.items()}
OTHERS |= {("balance_sheet", name): values for name, values in BALANCE_BY_HAND.items()}


def line(tables: Tables, measure: str, grid: str = "financial_plan") -> np.ndarray:
    frame = tables[grid]
    periods = [name for name in frame.columns if name[:2] == "20"]
    return np.asarray(take(GRIDS[grid], frame, measure, periods).to_numpy(float).sum(axis=0))


@pytest.fixture(scope="module")
def small() -> Tables:
    return planned(SMALL)


@pytest.mark.parametrize("measure", BY_HAND)
def test_the_small_plan_agrees_with_the_books_kept_by_hand_to_the_cent(small: Tables, measure: str) -> None:
    np.testing.assert_allclose(line(small, measure), BY_HAND[measure], rtol=0, atol=1e-5)


def test_the_worked_example_of_the_manual_is_this_plan() -> None:
    page = (Path(sopxl.__file__).parent / "manual" / "finance.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1:4] for row in page.partition("## 4.")[2].partition("## 5.")[0].splitlines() if "|" in row]
    told = {name.strip(): tuple(float(value.replace(",", "")) for value in values) for name, *values in rows[2:]}
    assert len(told) > 10
    for name, values in told.items():
        assert values == pytest.approx(BY_HAND[name], abs=0.005), name


@pytest.mark.parametrize(("grid", "measure"), OTHERS)
def test_stock_cash_and_balance_agree_with_the_books_kept_by_hand(small: Tables, grid: str, measure: str) -> None:
    np.testing.assert_allclose(line(small, measure, grid), OTHERS[grid, measure], rtol=0, atol=1e-5)


def test_families_without_sales_keep_their_budget_and_the_only_seller_bears_all(small: Tables) -> None:
    frame = small["profit_and_loss"]
    periods = ["2026-01", "2026-02"]
    margin = take(PROFIT_AND_LOSS, frame, "Gross margin", periods)
    assert list(margin.index) == [("(no family)", "Home Shop"), ("Bikes", "Home Shop"), ("Frames", "Home Shop")]
    np.testing.assert_allclose(margin.to_numpy(float)[1], BY_HAND["Gross margin"])
    gap = take(PROFIT_AND_LOSS, frame, "Gap to budget", periods)
    np.testing.assert_allclose(gap.to_numpy(float)[2], [0.0, -60.0])
    assert (frame["market_group"] == "Home").all()
    assert (frame["channel"] == "Shop").all()
    assert (frame["unit"] == "Wheelers").all()


def test_the_key_figures_repeat_the_financial_plan(small: Tables) -> None:
    for measure in ("Net sales", "EBIT", "Stock value"):
        figures = take(KEY_FIGURES, small["key_figures"], measure, ["2026-01", "2026-02"]).to_numpy(float)[0]
        np.testing.assert_allclose(figures, BY_HAND[measure])


def test_started_production_is_in_process_until_it_is_received() -> None:
    books = replace(SMALL, make_lead=1, move_lead=0, open_transfers=ZERO, open_production=np.array([7.0, 0.0]))
    tables = planned(books)
    under_way = line(tables, "In transit and in process", "stock_flows")
    np.testing.assert_allclose(under_way, [90 * BIKE_COST, 60 * BIKE_COST])
    assert tables["stock_flows"]["opening_stock_value"].iloc[0] == 10 * WHEEL_COST + (20 + 7) * BIKE_COST


def test_overdue_open_orders_are_under_way_and_those_after_the_horizon_are_not() -> None:
    tables = planned(SMALL)
    orders = tables["open_orders"].copy()
    orders.loc[orders["kind"] == "transfer", "due_period"] = ["2025-11", "2027-01"]
    late = {**tables, "open_orders": orders}
    assert standard_flows(late, SMALL.in_settings()).opening_under_way == 40 * BIKE_COST


def test_a_steady_plan_binds_no_cash_by_payables() -> None:
    steady = replace(SMALL, bought=np.array([100.0, 100.0]), expedited=ZERO, open_purchases=ZERO,
                     settings={"payable_days": 61.0}, inputs={})
    tables = planned(steady)
    np.testing.assert_allclose(line(tables, "Payables"), [310.0 * (1 + 30 / 31), 310.0 * (1 + 31 / 31 + 2 / 31)])
    opening = tables["payables_plan"]["opening_payables"].iloc[0]
    np.testing.assert_allclose(opening, 310.0 * (1 + 30 / 30))  # all of December and of November


def test_paid_at_once_nothing_is_ever_open() -> None:
    tables = planned(replace(SMALL, settings={"receivable_days": 0.0, "payable_days": 0.0}))
    for measure in ("Receivables", "Payables", "Change in receivables", "Change in payables"):
        np.testing.assert_allclose(line(tables, measure), ZERO, atol=1e-9)


def test_a_plan_without_anything_is_nought_everywhere() -> None:
    tables = run({"settings": settings_frame(Settings())}, ["finance"])
    periods = Settings().periods.labels
    for grid in FINANCE_PLANS:
        frame = tables[grid.name]
        money = frame[~frame["measure"].str.startswith("Share of")] if len(frame) else frame
        assert not len(money) or (money[periods].fillna(0.0).to_numpy(float) == 0).all(), grid.name
    assert set(tables["profit_and_loss"]["family"]) == {"(not allocated)"}
    assert tables["exceptions"].empty


def test_expenses_of_a_plan_that_ships_nothing_are_not_allocated_and_not_lost() -> None:
    idle = replace(SMALL, shipped=ZERO, inputs={"operating_expenses": [{"expense": "Rent", "amount": 25.0}]})
    tables = planned(idle)
    np.testing.assert_allclose(line(tables, "Fixed expenses"), [25.0, 25.0])
    rows = take(PROFIT_AND_LOSS, tables["profit_and_loss"], "Fixed expenses", ["2026-01", "2026-02"])
    assert rows.index[-1] == ("(not allocated)", "(not allocated)")
    np.testing.assert_allclose(rows.to_numpy(float)[-1], [25.0, 25.0])


UNITS = st.floats(0, 500, allow_nan=False).map(lambda value: round(value, 2))
DAYS = st.sampled_from([0.0, 10.0, 30.0, 45.0, 120.0])
SHARE = st.sampled_from([0.0, 0.3, 1.0])


@st.composite
def any_terms(draw: st.DrawFn) -> list[dict[str, object]]:
    """Terms of customers and suppliers, with prepayments and payment days."""
    return [
        {"partner": partner, "days": draw(DAYS), "prepaid_share": draw(SHARE), "prepayment_days": draw(DAYS),
         "payment_day": draw(st.sampled_from([None, 1, 15, 31]))}
        for partner in ("customers", "suppliers") if draw(st.booleans())
    ]


@st.composite
def any_inputs(draw: st.DrawFn) -> dict[str, list[dict[str, object]]]:
    """What finance enters: any of it may be missing."""
    accounts = draw(st.lists(st.sampled_from(ACCOUNTS), unique=True))
    return {
        "operating_expenses": [{"expense": basis, "basis": basis, "amount": draw(UNITS) / 10}
                               for basis in draw(st.lists(st.sampled_from(EXPENSE_BASES), unique=True))],
        "sales_deductions": [{"discount": draw(st.sampled_from([0.0, 0.1, 0.45])), "rebate": 0.05}],
        "fixed_assets": [
            {"asset": f"asset {place}", "amount": draw(UNITS), "life": draw(st.sampled_from([0.1, 0.5, 3.0, 7.3])),
             "residual": draw(st.sampled_from([0.0, 20.0])),
             "bought_period": draw(st.sampled_from(["", "2024-03", "2026-01", "2026-03", "2031-01"])),
             "in_use_period": draw(st.sampled_from(["", "2024-05", "2026-02"]))}
            for place in range(draw(st.integers(0, 3)))
        ],
        "payment_terms": draw(any_terms()),
        "opening_balances": [{"account": account, "amount": draw(UNITS)} for account in accounts],
    }


@st.composite
def any_books(draw: st.DrawFn) -> Books:
    horizon = draw(st.integers(1, 5))

    def flow() -> np.ndarray:
        return np.array(draw(st.lists(UNITS, min_size=horizon, max_size=horizon)))

    return Books(
        started=flow(), bought=flow(), moved=flow(), shipped=flow(), expedited=flow(), open_purchases=flow(),
        open_production=flow(), open_transfers=flow(), make_lead=draw(st.integers(0, 2)),
        move_lead=draw(st.integers(0, 2)), on_hand=(draw(UNITS), draw(UNITS), draw(UNITS)),
        price=draw(st.floats(1, 50)), unit_price=draw(st.floats(1, 5)), regular_hours=draw(UNITS),
        settings={"receivable_days": draw(DAYS), "payable_days": draw(DAYS),
                  "tax_rate": draw(st.sampled_from([0.0, 25.0])), "tax_payment_periods": draw(st.integers(0, 6))},
        inputs=draw(any_inputs()),
        sales_history=[{"period": "2025-12", "item": "bike", "market": "town", "quantity": 1,
                        "revenue": draw(UNITS)}],
    )


def check_the_two_cash_flows_agree_and_the_balance_sheet_balances(tables: Tables) -> None:
    np.testing.assert_allclose(line(tables, "Difference", "cash_flow"), 0.0, atol=1e-6)
    np.testing.assert_allclose(line(tables, "Difference", "balance_sheet"), 0.0, atol=1e-6)


def check_stock_value_is_what_is_on_hand_and_what_is_under_way(books: Books, tables: Tables) -> None:
    in_process = np.cumsum(books.started - later(books.started, books.make_lead))
    in_transit = np.cumsum(books.moved - later(books.moved, books.move_lead))
    still_open = sum(orders.sum() - np.cumsum(orders) for orders in (books.open_production, books.open_transfers))
    under_way = (in_process + in_transit + still_open) * BIKE_COST
    np.testing.assert_allclose(line(tables, "In transit and in process", "stock_flows"), under_way, atol=1e-6)
    opening = tables["stock_flows"]["opening_stock_value"].iloc[0]
    np.testing.assert_allclose(opening + np.cumsum(line(tables, "Change in stock")), line(tables, "Stock value"),
                               atol=1e-6)


def check_what_goes_through_stock_is_what_was_bought_and_made(tables: Tables) -> None:
    of_stock = sum(line(tables, one.name) for one in lines_of(paid="through stock"))
    spent = line(tables, "Purchases", "stock_flows") + line(tables, "Production expenses", "stock_flows")
    np.testing.assert_allclose(of_stock + line(tables, "Change in stock"), spent, atol=1e-6)


def check_families_add_up_to_the_unit(tables: Tables) -> None:
    for row in profit_and_loss_rows():
        if row.name == "Gross margin share":
            continue
        families = line(tables, row.name, "profit_and_loss")
        np.testing.assert_allclose(line(tables, row.name), families, atol=1e-6)
        levels = tables["profit_summary"]
        for level in ("total", "family", "market group", "channel", "market"):
            of_level = {"profit_summary": levels[levels["level"] == level]}
            np.testing.assert_allclose(line(of_level, row.name, "profit_summary"), families, atol=1e-6)
    expenses = line(tables, "Cost", "expense_plan") if len(tables["expense_plan"]) else 0.0
    np.testing.assert_allclose(line(tables, "Operating expenses"), expenses, atol=1e-6)


def check_nothing_is_paid_twice_or_never(tables: Tables) -> None:
    """What is open at the end is never below 0, unless an opening balance was stated so."""
    for grid, measure in (("receivables_plan", "Receivables"), ("payables_plan", "Payables"),
                          ("receivables_plan", "Prepayments"), ("payables_plan", "Prepayments"),
                          ("asset_plan", "Book value"), ("cash_flow", "Tax payable")):
        if len(tables[grid]):
            assert line(tables, measure, grid).min() > -1e-4, (grid, measure)


@settings(max_examples=12, deadline=None)
@given(any_books())
def test_the_books_of_any_plan_balance(books: Books) -> None:
    tables = planned(books)
    check_the_two_cash_flows_agree_and_the_balance_sheet_balances(tables)
    check_stock_value_is_what_is_on_hand_and_what_is_under_way(books, tables)
    check_what_goes_through_stock_is_what_was_bought_and_made(tables)
    check_families_add_up_to_the_unit(tables)
    check_nothing_is_paid_twice_or_never(tables)


def test_standards_that_do_not_add_up_show_as_production_variance_and_leave_cash_alone() -> None:
    dear = planned(SMALL)
    tables = {**dear, "inventory_plan": dear["inventory_plan"].copy(), "backlog_plan": dear["backlog_plan"].copy()}
    tables["inventory_plan"].loc[tables["inventory_plan"]["item"] == "bike", "unit_cost"] = 15.0
    tables["backlog_plan"]["material_cost"] = 10.0
    set_up = replace(SMALL, settings={**SMALL.settings, "tax_rate": 0.0}).in_settings()
    computed = compute_formulas(tables, set_up)
    changed = {**computed, **plan_finance(computed, set_up)}
    np.testing.assert_allclose(line(changed, "Production variance"), [-270.0, -180.0])
    before_tax = line(dear, "Change in cash", "cash_flow") + np.array([0.0, 12.234])
    np.testing.assert_allclose(line(changed, "Change in cash", "cash_flow"), before_tax)
    kinds = pd.Index(changed["exceptions"]["kind"])
    assert "Production variance" in kinds
