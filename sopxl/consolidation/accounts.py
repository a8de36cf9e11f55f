"""What is consolidated: the accounts, the grids of a unit's plan that they are read from, and how they are translated.

This is the one place that says so. The lines of the profit and loss come from the register of lines, those of the
balance sheet from its totals, so that a new line of a unit's plan is a new account of the group. A flow is translated
at the average rate of its period, a balance at the closing rate (IAS 21.39), a quantity not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from sopxl.formulas import compute, references
from sopxl.grids import stack, take
from sopxl.schema import Column, Measure, PlanGrid
from sopxl.steps.finance.lines import Line, Subtotal, lines_of, profit_and_loss_rows
from sopxl.steps.finance.tables import BALANCE_SHEET, FINANCIAL_PLAN, PROFIT_AND_LOSS

Kind = Literal["flow", "balance", "quantity"]
RATE_OF: dict[Kind, str] = {"flow": "average", "balance": "closing", "quantity": "none"}
_MONEY = "{currency}"


@dataclass(frozen=True)
class Account:
    """One line that is read from the units and added up.

    ``total``: the unit's grid with one row for it; ``detail``: the grid that holds it by family and market, if any.
    ``section``: what it is part of: quantity, result, asset or debt.
    """

    name: str
    description: str
    kind: Kind
    section: str
    total: str
    detail: str = ""


def _operands(grid: PlanGrid, measure: str) -> list[str]:
    """The measures that a sum adds up."""
    return [reference.name for reference in references(grid.measure(measure).formula)]


def _balance_accounts(section: str, total: str, without: tuple[str, ...] = ()) -> list[Account]:
    """The lines that a total of the balance sheet adds up."""
    return [Account(name, BALANCE_SHEET.measure(name).description, "balance", section, BALANCE_SHEET.name)
            for name in _operands(BALANCE_SHEET, total) if name not in without]


STATEMENT: tuple[Line | Subtotal, ...] = tuple(profit_and_loss_rows())
SHIPMENTS = Account("Shipments", "Units shipped to customers.", "quantity", "quantity", FINANCIAL_PLAN.name,
                    PROFIT_AND_LOSS.name)
TAX = Account("Tax", "Tax on the results of the units.", "flow", "result", FINANCIAL_PLAN.name)
RESULT_LINES: tuple[Account, ...] = tuple(
    Account(row.name, row.description, "flow", "result", FINANCIAL_PLAN.name, PROFIT_AND_LOSS.name)
    for row in STATEMENT if isinstance(row, Line)
)
NET_RESULT = FINANCIAL_PLAN.measure("Net result")
ASSETS = tuple(_balance_accounts("asset", "Total assets"))
DEBTS = tuple(_balance_accounts("debt", "Total liabilities and equity", without=("Equity",)))

ACCOUNTS: dict[str, Account] = {
    account.name: account for account in (SHIPMENTS, *RESULT_LINES, TAX, *ASSETS, *DEBTS)
}

OTHER_MOVEMENTS = "Other movements in equity"
"""What changes a unit's net assets beside its result: rounding, and what its plan does not explain."""
DIFFERENCES = "Differences between units"
"""The line of the group's balance sheet that takes up debts between units that do not agree."""

PURCHASES = "Purchases from sister units"
STOCK_FROM_SISTERS = "Stock from sister units"
REVENUE_LINES: dict[str, float] = {
    **{line.name: 1.0 for line in lines_of(section="sales")},
    **{line.name: -1.0 for line in lines_of(section="deductions")},
}
"""The lines of net sales with their signs."""
COST_LINE = "Material"
"""The line that cost of sales between units is taken out of: the buyer holds it as material."""
STOCK_LINE = "Stock"


@dataclass(frozen=True)
class Trade:
    """Something that a unit's plan says of its business with one sister unit.

    ``seller``: whether the seller's plan says it; ``party``: the column of ``grid`` that names the other (its market or
    supplier). ``account``: what the group calls it; an account of the plans is eliminated as it is.
    """

    account: str
    seller: bool
    grid: str
    measure: str
    party: str
    kind: Kind
    opening: str = ""
    """The column of ``grid`` that holds what it is at the start."""


TRADES: tuple[Trade, ...] = (
    Trade(SHIPMENTS.name, True, PROFIT_AND_LOSS.name, "Shipments", "market", "quantity"),
    *(Trade(name, True, PROFIT_AND_LOSS.name, name, "market", "flow") for name in REVENUE_LINES),
    Trade(PURCHASES, False, "payables_plan", "Billed", "supplier", "flow"),
    Trade("Receivables", True, "receivables_plan", "Receivables", "market", "balance", "opening_receivables"),
    Trade("Prepayments from customers", True, "receivables_plan", "Prepayments", "market", "balance",
          "opening_prepayments"),
    Trade("Payables", False, "payables_plan", "Payables", "supplier", "balance", "opening_payables"),
    Trade("Prepayments to suppliers", False, "payables_plan", "Prepayments", "supplier", "balance",
          "opening_prepayments"),
)
OPENINGS: dict[str, tuple[str, str]] = {
    "Cash": ("cash_flow", "opening_cash"),
    "Receivables": (FINANCIAL_PLAN.name, "opening_receivables"),
    "Prepayments to suppliers": (FINANCIAL_PLAN.name, "opening_prepayments_made"),
    "Stock": ("stock_flows", "opening_stock_value"),
    "Payables": (FINANCIAL_PLAN.name, "opening_payables"),
    "Prepayments from customers": (FINANCIAL_PLAN.name, "opening_prepayments_received"),
    "Tax payable": ("cash_flow", "opening_tax_payable"),
    "Loans": (BALANCE_SHEET.name, "opening_loans"),
}
"""Where a unit's plan says what a line of its balance sheet is at the start; the rest of its net assets is fixed."""
REST_OF_OPENING = "Fixed assets"


@dataclass(frozen=True)
class StockPlace:
    """Where a plan says what stock is worth: the measure of its value, and the columns of its start."""

    grid: str
    measure: str
    quantity: str
    cost: str


STOCK_PLACES = (
    StockPlace("inventory_plan", "Stock value", "on_hand", "unit_cost"),
    StockPlace("distribution_plan", "In transit value", "under_way", "standard_cost"),
)
TRADE_DEBTS: dict[str, float] = {
    "Receivables": 1.0, "Prepayments from customers": -1.0, "Payables": -1.0, "Prepayments to suppliers": 1.0,
}
"""The balances between units; with these signs they add up to nought where both plans agree."""


def result_measures(formula: str) -> tuple[Measure, ...]:
    """The profit and loss as measures: ``formula`` of an account (``{}``: its name), subtotals as units have them."""
    rows = [Measure(row.name, "formula", row.description, row.kind, _MONEY if row.kind == "money" else "", row.formula)
            if isinstance(row, Subtotal) else _measure(ACCOUNTS[row.name], formula) for row in STATEMENT]
    net = Measure(NET_RESULT.name, "formula", NET_RESULT.description, "money", _MONEY, NET_RESULT.formula)
    return (_measure(SHIPMENTS, formula), *rows, _measure(TAX, formula), net)


def balance_measures(formula: str) -> tuple[Measure, ...]:
    """Assets and debts as measures with their totals, down to net assets."""
    def total(name: str, description: str, accounts: tuple[Account, ...], more: str = "") -> Measure:
        names = [*(account.name for account in accounts), *([more] if more else [])]
        return Measure(name, "formula", description, "money", _MONEY, f"SUM({','.join(f'{{{one}}}' for one in names)})")

    differences = Account(DIFFERENCES, "Debts between units that do not agree: mostly goods and money under way.",
                          "balance", "asset", "")
    return (
        *(_measure(account, formula) for account in (*ASSETS, differences)),
        total("Total assets", "All that is owned.", ASSETS, DIFFERENCES),
        *(_measure(account, formula) for account in DEBTS),
        total("Total debts", "All that is owed to others.", DEBTS),
        Measure("Net assets", "formula", "Total assets less total debts.", "money", _MONEY,
                "{Total assets}-{Total debts}"),
    )


def _measure(account: Account, formula: str) -> Measure:
    kind: Literal["number", "money"] = "number" if account.kind == "quantity" else "money"
    return Measure(account.name, "formula", account.description, kind, "units" if kind == "number" else _MONEY,
                   formula.format(account.name))


def _result_signs() -> dict[str, int]:
    """Each line of the net result with the sign that it has there: what one unit of it alone makes of it."""
    lines = [account.name for account in (*RESULT_LINES, TAX)]
    measures = tuple(replace(measure, owner="result", formula="") if measure.name in lines else measure
                     for measure in result_measures("0"))
    trial = PlanGrid("trial", "", "plans", (Column("line", "text", ""),), key=("line",), measures=measures)
    one_each = {name: np.eye(len(lines))[:, [place]] for place, name in enumerate(lines)}
    frame = compute(trial, stack(trial, pd.DataFrame({"line": lines}), one_each, ["value"]), ["value"], {})
    net = take(trial, frame, NET_RESULT.name, ["value"])["value"]
    return dict(zip(lines, net.astype(int).tolist(), strict=True))


RESULT_SIGNS: dict[str, int] = _result_signs()
"""The lines of the net result with their signs."""
