"""What finance is told beside the plan. Add a measure here, nowhere else."""

from __future__ import annotations

from sopxl.schema import Column, Measure, PlanGrid, Table

_MONEY = "{currency}"

KEY_FIGURES = PlanGrid(
    "key_figures",
    "The figures of the dashboard: demand against supply, stock, load and profit.",
    "reviews",
    (Column("unit", "text", "Unit whose plan this is."),),
    key=("unit",),
    measures=(
        Measure("Last year", "formula", "Units sold in the same period a year before.", unit="units",
                formula="{sales_plan:Last year}"),
        Measure("Demand", "formula", "Units that customers want.", unit="units", formula="{backlog_plan:Demand}"),
        Measure("Shipments", "formula", "Units shipped to customers.", unit="units",
                formula="{backlog_plan:Shipments}"),
        Measure("Backlog", "formula", "Units that wait.", unit="units", formula="{backlog_plan:Backlog}"),
        Measure("Demand value", "formula", "Consensus at net prices.", "money", _MONEY,
                formula="{sales_plan:Consensus value}"),
        Measure("Net sales", "formula", "Shipments at net prices.", "money", _MONEY,
                formula="{financial_plan:Net sales}"),
        Measure("Gross margin", "formula", "Net sales less cost of goods sold, variances included.", "money", _MONEY,
                formula="{financial_plan:Gross margin}"),
        Measure("EBIT", "formula", "Operating result.", "money", _MONEY, formula="{financial_plan:EBIT}"),
        Measure("Last year revenue", "formula", "Revenue of the same period a year before.", "money", _MONEY,
                formula="{financial_plan:Last year revenue}"),
        Measure("Budget revenue", "formula", "Budgeted revenue.", "money", _MONEY,
                formula="{financial_plan:Budget revenue}"),
        Measure("Stock value", "formula", "Closing stock at standard cost.", "money", _MONEY,
                formula="{financial_plan:Stock value}"),
        Measure("Change in cash", "formula", "Cash that the plan brings.", "money", _MONEY,
                formula="{cash_flow:Change in cash}"),
        Measure("Cash", "formula", "Cash at the end of the period.", "money", _MONEY, formula="{cash_flow:Cash}"),
        Measure("Highest required load", "formula", "Load of the busiest resource without limits.", "percent",
                formula="{max capacity_plan:Required load}"),
        Measure("Highest planned load", "formula", "Load of the busiest resource in the plan.", "percent",
                formula="{max capacity_plan:Planned load}"),
        Measure("Overtime hours", "formula", "Overtime of all resources.", unit="hours",
                formula="{capacity_plan:Overtime hours}"),
    ),
)

FINANCE_REVIEWS: tuple[Table, ...] = (KEY_FIGURES,)
