"""Tables of the finance step. Add a column or a measure in its file, nowhere else."""

from __future__ import annotations

from sopxl.schema import Table
from sopxl.steps.finance.tables.inputs import BUDGET, FINANCE_INPUTS
from sopxl.steps.finance.tables.plans import FAMILY_MARGIN, FINANCE_PLANS, FINANCIAL_PLAN
from sopxl.steps.finance.tables.reviews import FINANCE_REVIEWS, KEY_FIGURES

FINANCE_TABLES: tuple[Table, ...] = (*FINANCE_INPUTS, *FINANCE_PLANS, *FINANCE_REVIEWS)

__all__ = [
    "BUDGET", "FAMILY_MARGIN", "FINANCE_INPUTS", "FINANCE_PLANS", "FINANCE_REVIEWS", "FINANCE_TABLES",
    "FINANCIAL_PLAN", "KEY_FIGURES",
]
