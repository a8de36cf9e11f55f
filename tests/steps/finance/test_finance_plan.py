"""The finance step against books kept by hand, and what must hold of any plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.grids import take
from sopxl.pipeline import compute_formulas, run
from sopxl.schema import Tables
from sopxl.settings import Settings, settings_frame
from sopxl.steps.finance.plan import plan_finance
from sopxl.steps.finance.standard_flows import standard_flows
from sopxl.steps.finance.tables import FAMILY_MARGIN, FINANCIAL_PLAN, KEY_FIGURES
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
    settings={"operating_expense_percent": 10.0, "operating_expense_fixed": 25.0,
              "receivable_days": 365.25 / 24, "payable_days": 365.25 / 12},
)

# Two months; every figure was worked out on paper. Standard costs: wheel 3.00, bike 12.00 (7.00 and 5.00).
BY_HAND = {
    "Revenue": (1000.00, 1500.00),  # 50 and 75 bikes at 20.00
    "Material": (350.00, 525.00),
    "Conversion": (250.00, 375.00),
    "Freight to customers": (12.50, 18.75),
    "Transfer freight": (70.00, 80.00),
    "Standard margin": (387.50, 581.25),
    "Overtime premium": (20.00, 0.00),  # 45 hours against 40: 5 at 12.00 instead of 8.00
    "Purchases": (568.00, 403.00),  # 180 at 3.10 and 20 at 0.50; 130 at 3.10
    "Purchases at standard": (540.00, 390.00),
    "Expedite cost": (10.00, 0.00),
    "Purchase price variance": (18.00, 13.00),
    "Other production cost": (180.00, 120.00),
    "Production expenses": (560.00, 360.00),  # 40 h at 8.00 + 5 h at 12.00 + 180.00; 30 h at 8.00 + 120.00
    "Components used": (540.00, 360.00),
    "Production at standard": (1080.00, 720.00),
    "Production variance": (0.00, 0.00),
    "Cost of goods sold": (730.50, 1011.75),
    "Gross margin": (269.50, 488.25),
    "Operating expenses": (125.00, 175.00),
    "Operating result": (144.50, 313.25),
    "Stock on hand": (390.00, 120.00),  # 10 wheels, 25 and 5 bikes; 20 wheels, 5 and 0 bikes
    "In transit and in process": (840.00, 960.00),  # 70 and 80 bikes between plant and store
    "Stock value": (1230.00, 1080.00),
    "Change in stock": (480.00, -150.00),  # from 270.00 on hand and 480.00 in transit
    "Receivables": (500.00, 750.00),
    "Payables": (568.00, 403.00),
    "Other payments": (767.50, 633.75),
    "Payments to suppliers": (568.00, 568.00),
    "Receipts from customers": (950.00, 1250.00),  # 450.00 of December's 900.00 were open
    "Cash effect": (-385.50, 48.25),
    "Cash unexplained": (0.00, 0.00),
    "Last year revenue": (800.00, 11.00),
    "Budget revenue": (1100.00, 60.00),
    "Gap to budget": (-100.00, 1440.00),
    "Budget gross margin": (450.00, 6.00),
    "Margin gap to budget": (-180.50, 482.25),
}


def line(tables: Tables, measure: str) -> np.ndarray:
    frame = tables["financial_plan"]
    periods = [name for name in frame.columns if name[:2] == "20"]
    return np.asarray(take(FINANCIAL_PLAN, frame, measure, periods).to_numpy(float)[0])


@pytest.fixture(scope="module")
def small() -> Tables:
    return planned(SMALL)


@pytest.mark.parametrize("measure", BY_HAND)
def test_the_small_plan_agrees_with_the_books_kept_by_hand_to_the_cent(small: Tables, measure: str) -> None:
    np.testing.assert_allclose(line(small, measure), BY_HAND[measure], rtol=0, atol=1e-9)


def test_the_margin_of_a_family_is_at_standard_and_families_without_sales_keep_their_budget(small: Tables) -> None:
    frame = small["family_margin"]
    periods = ["2026-01", "2026-02"]
    margin = take(FAMILY_MARGIN, frame, "Gross margin", periods)
    assert list(margin.index) == [("(no family)", "Home Shop"), ("Bikes", "Home Shop"), ("Frames", "Home Shop")]
    np.testing.assert_allclose(margin.to_numpy(float)[1], [387.50, 581.25])
    gap = take(FAMILY_MARGIN, frame, "Gap to budget", periods)
    np.testing.assert_allclose(gap.to_numpy(float)[2], [0.0, -60.0])


def test_the_key_figures_repeat_the_financial_plan(small: Tables) -> None:
    for measure in ("Revenue", "Operating result", "Stock value", "Cash effect"):
        figures = take(KEY_FIGURES, small["key_figures"], measure, ["2026-01", "2026-02"]).to_numpy(float)[0]
        np.testing.assert_allclose(figures, BY_HAND[measure])


def test_what_contracts_ask_for_in_vain_is_an_expense_paid_at_once(small: Tables) -> None:
    tables = planned(replace(SMALL, contract_shortfall=30.0))
    for measure, change in (("Contract shortfall", 30.0), ("Cost of goods sold", 30.0), ("Other payments", 30.0),
                            ("Cash effect", -30.0), ("Cash unexplained", 0.0)):
        np.testing.assert_allclose(line(tables, measure) - line(small, measure), [0.0, change], atol=1e-9)


def test_started_production_is_in_process_until_it_is_received() -> None:
    books = replace(SMALL, make_lead=1, move_lead=0, open_transfers=ZERO, open_production=np.array([7.0, 0.0]))
    tables = planned(books)
    np.testing.assert_allclose(line(tables, "In transit and in process"), [90 * BIKE_COST, 60 * BIKE_COST])
    assert tables["financial_plan"]["opening_stock_value"].iloc[0] == 10 * WHEEL_COST + (20 + 7) * BIKE_COST


def test_overdue_open_orders_are_under_way_and_those_after_the_horizon_are_not() -> None:
    tables = planned(SMALL)
    orders = tables["open_orders"].copy()
    orders.loc[orders["kind"] == "transfer", "due_period"] = ["2025-11", "2027-01"]
    late = {**tables, "open_orders": orders}
    assert standard_flows(late, SMALL.in_settings()).opening_under_way == 40 * BIKE_COST


def test_with_sixty_days_two_months_of_revenue_are_open_and_a_steady_plan_binds_no_cash() -> None:
    days = 2 * 365.25 / 12
    steady = replace(
        SMALL, shipped=np.array([50.0, 50.0]), bought=np.array([100.0, 100.0]), expedited=ZERO, open_purchases=ZERO,
        settings={"receivable_days": days, "payable_days": days},
        sales_history=[{"period": period, "item": "bike", "market": "town", "quantity": 50, "revenue": 1000.0}
                       for period in ("2025-11", "2025-12")],
    )
    tables = planned(steady)
    np.testing.assert_allclose(line(tables, "Receivables"), [2000.0, 2000.0])
    np.testing.assert_allclose(line(tables, "Payables"), [620.0, 620.0])
    np.testing.assert_allclose(line(tables, "Change in receivables"), 0.0, atol=1e-9)


def test_with_sixty_days_more_revenue_is_collected_over_two_months() -> None:
    rising = replace(SMALL, settings={"receivable_days": 2 * 365.25 / 12},
                     sales_history=[{"period": period, "item": "bike", "market": "town", "quantity": 50,
                                     "revenue": 800.0} for period in ("2025-11", "2025-12")])
    # 1,600.00 are open at the start; half of what is open is paid each month, and all new revenue is open.
    np.testing.assert_allclose(line(planned(rising), "Receivables"), [1800.0, 2400.0])


def test_paid_at_once_nothing_is_ever_open() -> None:
    tables = planned(replace(SMALL, settings={"receivable_days": 0.0, "payable_days": 0.0}))
    for measure in ("Receivables", "Payables", "Change in receivables", "Change in payables"):
        np.testing.assert_array_equal(line(tables, measure), ZERO)


def test_a_plan_without_anything_is_nought_everywhere() -> None:
    tables = run({"settings": settings_frame(Settings())}, ["finance"])
    periods = Settings().periods.labels
    assert (tables["financial_plan"][periods].fillna(0.0).to_numpy(float) == 0).all()
    assert tables["family_margin"].empty
    assert tables["exceptions"].empty


UNITS = st.floats(0, 500, allow_nan=False).map(lambda value: round(value, 2))
DAYS = st.sampled_from([0.0, 10.0, 30.4375, 45.0, 120.0])


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
        contract_shortfall=draw(UNITS),
        settings={"receivable_days": draw(DAYS), "payable_days": draw(DAYS), "operating_expense_percent": 5.0,
                  "operating_expense_fixed": 100.0},
        sales_history=[{"period": "2025-12", "item": "bike", "market": "town", "quantity": 1,
                        "revenue": draw(UNITS)}],
    )


def check_cash_by_profit_and_stock_is_cash_by_receipts_and_payments(books: Books, tables: Tables) -> None:
    paid = [line(tables, name) for name in (
        "Payments to suppliers", "Production expenses", "Freight to customers", "Transfer freight",
        "Hiring and lay-off cost", "Contract shortfall", "Operating expenses",
    )]
    np.testing.assert_allclose(line(tables, "Cash effect"), line(tables, "Receipts from customers") - sum(paid),
                               atol=1e-6)
    np.testing.assert_allclose(line(tables, "Cash unexplained"), 0.0, atol=1e-6)


def check_stock_value_is_what_is_on_hand_and_what_is_under_way(books: Books, tables: Tables) -> None:
    in_process = np.cumsum(books.started - later(books.started, books.make_lead))
    in_transit = np.cumsum(books.moved - later(books.moved, books.move_lead))
    still_open = sum(orders.sum() - np.cumsum(orders) for orders in (books.open_production, books.open_transfers))
    under_way = (in_process + in_transit + still_open) * BIKE_COST
    np.testing.assert_allclose(line(tables, "In transit and in process"), under_way, atol=1e-6)
    opening = tables["financial_plan"]["opening_stock_value"].iloc[0]
    np.testing.assert_allclose(opening + np.cumsum(line(tables, "Change in stock")), line(tables, "Stock value"),
                               atol=1e-6)


def check_families_and_variances_add_up_to_the_gross_margin(books: Books, tables: Tables) -> None:
    labels = books.in_settings().periods.labels
    families = take(FAMILY_MARGIN, tables["family_margin"], "Gross margin", labels).sum().to_numpy(float)
    np.testing.assert_allclose(line(tables, "Standard margin"), families, atol=1e-6)
    rest = [line(tables, name) for name in (
        "Transfer freight", "Overtime premium", "Hiring and lay-off cost", "Expedite cost", "Contract shortfall",
        "Purchase price variance", "Production variance",
    )]
    np.testing.assert_allclose(line(tables, "Gross margin"), families - sum(rest), atol=1e-6)
    np.testing.assert_allclose(line(tables, "Production variance"), 0.0, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(any_books())
def test_the_books_of_any_plan_balance(books: Books) -> None:
    tables = planned(books)
    check_cash_by_profit_and_stock_is_cash_by_receipts_and_payments(books, tables)
    check_stock_value_is_what_is_on_hand_and_what_is_under_way(books, tables)
    check_families_and_variances_add_up_to_the_gross_margin(books, tables)


def test_standards_that_do_not_add_up_show_as_production_variance_and_leave_cash_alone() -> None:
    dear = planned(SMALL)
    tables = {**dear, "inventory_plan": dear["inventory_plan"].copy(), "backlog_plan": dear["backlog_plan"].copy()}
    tables["inventory_plan"].loc[tables["inventory_plan"]["item"] == "bike", "unit_cost"] = 15.0
    tables["backlog_plan"]["material_cost"] = 10.0
    set_up = SMALL.in_settings()
    computed = compute_formulas(tables, set_up)
    changed = {**computed, **plan_finance(computed, set_up)}
    np.testing.assert_allclose(line(changed, "Production variance"), [-270.0, -180.0])
    np.testing.assert_allclose(line(changed, "Cash effect"), BY_HAND["Cash effect"])
    kinds = pd.Index(changed["exceptions"]["kind"])
    assert "Production variance" in kinds
