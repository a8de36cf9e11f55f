"""Tables of the finance step. Add a column or a measure in its file, nowhere else; a line of the profit in lines.py."""

from __future__ import annotations

from sopxl.schema import PlanGrid, Table
from sopxl.steps.finance.tables.cash import (
    BALANCE_SHEET,
    CASH_FLOW,
    CASH_PLANS,
    PAYABLES_PLAN,
    RECEIVABLES_PLAN,
    WORKING_CAPITAL_PLANS,
)
from sopxl.steps.finance.tables.comparison import (
    BEGIN,
    BELOW_MARGIN,
    BRIDGE_DETAIL,
    BRIDGE_LINES,
    BUDGET,
    COMPARED,
    COMPARISON_GRIDS,
    COMPARISON_TABLES,
    END,
    FIGURES,
    PLAN_COMPARISON,
    PROFIT_BRIDGE,
    REFERENCE_PLANS,
    STEP_NAMES,
    UNEXPLAINED,
    VERSIONS,
)
from sopxl.steps.finance.tables.flows import ASSET_PLAN, EXPENSE_PLAN, FLOW_PLANS, STOCK_FLOWS
from sopxl.steps.finance.tables.inputs import (
    FINANCE_INPUTS,
    FIXED_ASSETS,
    OPENING_BALANCES,
    OPERATING_EXPENSES,
    PAYMENT_TERMS,
    SALES_DEDUCTIONS,
)
from sopxl.steps.finance.tables.plans import FINANCIAL_PLAN, NOT_ALLOCATED, PROFIT_AND_LOSS, PROFIT_SUMMARY
from sopxl.steps.finance.tables.reviews import FINANCE_REVIEWS, KEY_FIGURES
from sopxl.steps.finance.tables.sensitivities import (
    CURRENCY_MEANING,
    DAYS_MEANING,
    DRIVERS,
    ONE_PERCENT,
    PAYABLE_DAYS,
    RECEIVABLE_DAYS,
    SENSITIVITIES,
)

FINANCE_PLANS: tuple[PlanGrid, ...] = (
    *FLOW_PLANS, PROFIT_AND_LOSS, PROFIT_SUMMARY, *WORKING_CAPITAL_PLANS, FINANCIAL_PLAN, *CASH_PLANS,
)
"""In the order in which they are computed: each reads only those before it."""

FINANCE_TABLES: tuple[Table, ...] = (*FINANCE_INPUTS, *FINANCE_PLANS, *FINANCE_REVIEWS, *COMPARISON_TABLES)

__all__ = [
    "ASSET_PLAN", "BALANCE_SHEET", "BEGIN", "BELOW_MARGIN", "BRIDGE_DETAIL", "BRIDGE_LINES", "BUDGET", "CASH_FLOW",
    "COMPARED", "COMPARISON_GRIDS", "COMPARISON_TABLES", "CURRENCY_MEANING", "DAYS_MEANING", "DRIVERS", "END",
    "EXPENSE_PLAN", "FIGURES", "FINANCE_INPUTS", "FINANCE_PLANS", "FINANCE_REVIEWS", "FINANCE_TABLES",
    "FINANCIAL_PLAN", "FIXED_ASSETS", "KEY_FIGURES", "NOT_ALLOCATED", "ONE_PERCENT", "OPENING_BALANCES",
    "OPERATING_EXPENSES", "PAYABLES_PLAN", "PAYABLE_DAYS", "PAYMENT_TERMS", "PLAN_COMPARISON", "PROFIT_AND_LOSS",
    "PROFIT_BRIDGE", "PROFIT_SUMMARY", "RECEIVABLES_PLAN", "RECEIVABLE_DAYS", "REFERENCE_PLANS", "SALES_DEDUCTIONS",
    "SENSITIVITIES", "STEP_NAMES", "STOCK_FLOWS", "UNEXPLAINED", "VERSIONS",
]
