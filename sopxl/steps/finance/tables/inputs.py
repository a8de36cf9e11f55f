"""What finance enters: what was promised. Add a column here, nowhere else."""

from __future__ import annotations

from sopxl.schema import Column, Table

BUDGET = Table(
    "budget",
    "What was promised for each period, family and market.",
    "inputs",
    (
        Column("period", "period", "Period.", required=True),
        Column("family", "text", "Product family.", required=True),
        Column("market", "text", "Planning market.", required=True),
        Column("revenue", "money", "Budgeted net revenue.", unit="{currency}", default=0.0),
        Column("gross_margin", "money", "Budgeted gross margin.", unit="{currency}", default=0.0),
    ),
    key=("period", "family", "market"),
)

FINANCE_INPUTS: tuple[Table, ...] = (BUDGET,)
