"""The grids of working capital, of the unit's profit and cash, and of its balance sheet, with opening balances."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.grids import stack, take
from sopxl.periods import DAYS_PER_PERIOD
from sopxl.schema import PlanGrid, Tables
from sopxl.settings import Settings
from sopxl.steps.finance.tables import (
    BALANCE_SHEET,
    CASH_FLOW,
    FINANCIAL_PLAN,
    NOT_ALLOCATED,
    PAYABLES_PLAN,
    PROFIT_AND_LOSS,
    RECEIVABLES_PLAN,
)
from sopxl.steps.finance.terms import Days, terms_of
from sopxl.steps.finance.working_capital import Payments, payments, stated_balances
from sopxl.steps.supply.tables import PROCUREMENT_PLAN, SUPPLIER_PLAN

PERCENT = 100.0


def receivables_plan(tables: Tables, settings: Settings, history: pd.DataFrame) -> pd.DataFrame:
    """The grid of what customers owe, market by market. ``history``: past revenue by market and position."""
    sales = _summed(PROFIT_AND_LOSS, tables, settings, "Net sales", "market").drop(NOT_ALLOCATED, errors="ignore")
    names = _named(sales.index, tables, "market", ("receivables", "prepayments from customers"))
    billed = sales.reindex(names).fillna(0.0).to_numpy(float)
    terms = terms_of(tables, "customers", names, settings.receivable_days)
    days = Days.around(settings, terms)
    past = _past_sales(history, names, days.before)
    opening = _stated(tables, ("receivables", "prepayments from customers"), "market", names, billed)
    found = payments(billed, past, terms, days, opening)
    objects = pd.DataFrame({"market": names, "opening_receivables": found.opening_invoices,
                            "opening_prepayments": found.opening_prepaid})
    return _stacked(RECEIVABLES_PLAN, objects, "Prepayments received", found, settings)


def payables_plan(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of what suppliers are owed. Past purchases are not known; they are taken to be as the first planned.

    So the first periods neither free nor bind cash by payables while purchases stay as they are.
    """
    spend = _summed(PROCUREMENT_PLAN, tables, settings, "Spend", "supplier")
    bills = spend.add(_summed(SUPPLIER_PLAN, tables, settings, "Contract shortfall", "supplier"), fill_value=0.0)
    names = _named(bills.index, tables, "supplier", ("payables", "prepayments to suppliers"))
    billed = bills.reindex(names).fillna(0.0).to_numpy(float)
    terms = terms_of(tables, "suppliers", names, settings.payable_days)
    days = Days.around(settings, terms)
    first = np.ceil(terms.days / DAYS_PER_PERIOD[settings.bucket]).clip(1, settings.horizon).astype(int)
    so_far = np.cumsum(spend.reindex(names).fillna(0.0).to_numpy(float), axis=1)
    usual = so_far[np.arange(len(names)), first - 1] / first
    past = np.repeat(usual[:, None], days.before, axis=1)
    opening = _stated(tables, ("payables", "prepayments to suppliers"), "supplier", names, billed)
    found = payments(billed, past, terms, days, opening)
    known = tables["suppliers"].drop_duplicates("supplier").set_index("supplier")["name"].astype("object")
    objects = pd.DataFrame({"supplier": names, "name": known.reindex(pd.Index(names)).fillna("").to_numpy(object),
                            "opening_payables": found.opening_invoices, "opening_prepayments": found.opening_prepaid})
    return _stacked(PAYABLES_PLAN, objects, "Prepayments made", found, settings)


def financial_plan(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of the unit: its lines are sums, its attributes tax rate and opening balances."""
    return stack(FINANCIAL_PLAN, pd.DataFrame({
        "unit": [settings.company],
        "tax_rate": settings.tax_rate / PERCENT,
        "opening_losses": opening_balance(tables, "losses carried forward"),
        "opening_receivables": _opening(tables, "receivables_plan", "opening_receivables"),
        "opening_prepayments_made": _opening(tables, "payables_plan", "opening_prepayments"),
        "opening_payables": _opening(tables, "payables_plan", "opening_payables"),
        "opening_prepayments_received": _opening(tables, "receivables_plan", "opening_prepayments"),
    }), {}, settings.periods.labels)


def cash_flow(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of cash: the tax of a period is paid some periods later, what was owed at the start until then."""
    labels, wait = settings.periods.labels, settings.tax_payment_periods
    owed = opening_balance(tables, "tax payable")
    tax = take(FINANCIAL_PLAN, tables["financial_plan"], "Tax", labels).fillna(0.0).to_numpy(float)
    earlier = np.full((1, max(wait, 1)), owed / max(wait, 1))
    paid = np.concatenate([earlier, tax], axis=1) if wait else tax + np.pad(earlier, ((0, 0), (0, len(labels) - 1)))
    unit = pd.DataFrame({"unit": [settings.company], "opening_cash": opening_balance(tables, "cash"),
                         "opening_tax_payable": owed})
    return stack(CASH_FLOW, unit, {"Tax paid": paid[:, : len(labels)]}, labels)


def balance_sheet(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of the balance sheet; equity at the start is what assets leave beyond debts."""
    loans = opening_balance(tables, "loans")
    assets = (
        opening_balance(tables, "cash") + _opening(tables, "receivables_plan", "opening_receivables")
        + _opening(tables, "payables_plan", "opening_prepayments")
        + _opening(tables, "stock_flows", "opening_stock_value")
        + _opening(tables, "asset_plan", "opening_book_value")
    )
    debts = (
        loans + opening_balance(tables, "tax payable") + _opening(tables, "payables_plan", "opening_payables")
        + _opening(tables, "receivables_plan", "opening_prepayments")
    )
    unit = pd.DataFrame({"unit": [settings.company], "opening_loans": loans, "opening_equity": assets - debts})
    return stack(BALANCE_SHEET, unit, {}, settings.periods.labels)


def opening_balance(tables: Tables, account: str) -> float:
    """The stated balance of an account; 0 where none is stated."""
    rows = tables["opening_balances"]
    return float(rows.loc[rows["account"] == account, "amount"].sum())


def _opening(tables: Tables, grid: str, column: str) -> float:
    """An attribute of all objects of a grid added up: the first row of each object holds it."""
    frame = tables[grid]
    first = frame[frame["measure"] == frame["measure"].iloc[0]] if len(frame) else frame
    return float(first[column].sum())


def _summed(grid: PlanGrid, tables: Tables, settings: Settings, measure: str, by: str) -> pd.DataFrame:
    """A measure of a computed grid by one of its keys: names x T."""
    values = take(grid, tables[grid.name], measure, settings.periods.labels).fillna(0.0)
    return values.groupby(level=by).sum()


def _named(names: pd.Index, tables: Tables, column: str, accounts: tuple[str, str]) -> pd.Series:
    """The partners of the plan and those of stated opening balances; '(not allocated)' where there are none."""
    rows = tables["opening_balances"]
    rows = rows[rows["account"].isin(accounts)]
    found = sorted({*names, *rows[column]} - {""})
    return pd.Series(found or [NOT_ALLOCATED] * bool(len(rows)), dtype="str")


def _stated(
    tables: Tables, accounts: tuple[str, str], column: str, names: pd.Series, billed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Stated opening invoices and prepayments of each name, NaN where none are."""
    invoices, prepaid = (
        stated_balances(tables["opening_balances"], account, column, names, billed.sum(axis=1)) for account in accounts
    )
    return invoices, prepaid


def _past_sales(history: pd.DataFrame, names: pd.Series, before: int) -> np.ndarray:
    """Past revenue of each market in the last so many periods, the latest last: N x before."""
    rows = history[history["position"] >= -before]
    table = rows.pivot_table(index="market", columns="position", values="revenue", aggfunc="sum")
    return table.reindex(index=names, columns=np.arange(-before, 0)).fillna(0.0).to_numpy(float)


def _stacked(
    grid: PlanGrid, objects: pd.DataFrame, in_advance: str, found: Payments, settings: Settings
) -> pd.DataFrame:
    """The grid with its results."""
    return stack(grid, objects, {in_advance: found.prepaid, "Prepayments used": found.used,
                                 "Invoices paid": found.invoices_paid}, settings.periods.labels)
