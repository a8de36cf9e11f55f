"""What the profit and loss rests on beside sales: stock at real and at standard cost, expenses, fixed assets.

Shipments leave stock at standard cost; purchases and production enter it at standard, and what they really cost beyond
that is a variance of the period. Overtime stands once: regular hours in standard conversion, the rest as premium.
"""

from __future__ import annotations

from sopxl.schema import Column, Measure, PlanGrid
from sopxl.steps.finance.tables.inputs import EXPENSE_BASES

_MONEY = "{currency}"

STOCK_FLOWS = PlanGrid(
    "stock_flows",
    "What goes into stock at real and at standard cost, the variances between, and what the stock is worth.",
    "plans",
    (
        Column("unit", "text", "Unit whose plan this is."),
        Column("opening_stock_value", "money", "Stock at the start at standard cost: on hand, in transit, in process.",
               unit=_MONEY, default=0.0),
    ),
    key=("unit",),
    measures=(
        Measure("Purchases", "formula", "Receipts at purchase prices, surcharges included.", "money", _MONEY,
                formula="{procurement_plan:Spend}"),
        Measure("Expedite cost", "formula", "Surcharges in the purchases.", "money", _MONEY,
                formula="{procurement_plan:Expedite cost}", detail=True),
        Measure("Purchases at standard", "result", "The same receipts at standard cost: what they add to stock.",
                "money", _MONEY),
        Measure("Purchase price variance", "formula", "Purchases beyond standard cost, without surcharges.", "money",
                _MONEY, formula="{Purchases}-{Expedite cost}-{Purchases at standard}"),
        Measure("Other production cost", "result", "Units started at their production cost (see costs).", "money",
                _MONEY, detail=True),
        Measure("Production expenses", "formula", "Hours, wages and other production cost of what is made.", "money",
                _MONEY, formula="{capacity_plan:Regular cost}+{capacity_plan:Overtime cost}+{Other production cost}"),
        Measure("Overtime premium", "formula", "What overtime hours cost beyond regular ones: a line of its own.",
                "money", _MONEY, formula="{capacity_plan:Overtime premium}", detail=True),
        Measure("Components used", "result", "Components that production takes, at standard cost.", "money", _MONEY),
        Measure("Production at standard", "result", "Units started at standard cost: what production adds to stock.",
                "money", _MONEY),
        Measure("Production variance", "formula", "What production takes beyond what it adds to stock, without the "
                "overtime premium: above 0 idle wages or standards that are too low.", "money", _MONEY,
                formula="{Components used}+{Production expenses}-{Overtime premium}-{Production at standard}"),
        Measure("Stock on hand", "formula", "Closing stock of all locations at standard cost.", "money", _MONEY,
                formula="{inventory_plan:Stock value}"),
        Measure("In transit and in process", "result", "Stock between locations and started production, at standard "
                "cost.", "money", _MONEY),
        Measure("Stock value", "formula", "Stock on hand, in transit and in process.", "money", _MONEY,
                formula="{Stock on hand}+{In transit and in process}"),
        Measure("Change in stock", "formula", "Stock value against the period before.", "money", _MONEY,
                first="{Stock value}-{#opening_stock_value}", formula="{Stock value}-{Stock value@-1}"),
    ),
)

EXPENSE_PLAN = PlanGrid(
    "expense_plan",
    "Operating expenses by name: what is fixed, what moves with units and what with net sales.",
    "plans",
    (
        Column("expense", "text", "Name of the expense."),
        Column("basis", "text", "Fixed, per unit or percent of net sales.", choices=EXPENSE_BASES),
        Column("family", "text", "Product family that it is for; empty: all.", or_empty=True),
        Column("market", "text", "Planning market that it is for; empty: all.", or_empty=True),
    ),
    key=("expense", "basis", "family", "market"),
    measures=(
        Measure("Amount", "result", "Money for the period, money for a unit, or share of net sales."),
        Measure("Fixed cost", "formula", "Fixed expenses.", "money", _MONEY, formula='IF({#basis}="fixed",{Amount},0)',
                detail=True),
        Measure("Cost per unit", "formula", "Expenses for the units shipped.", "money", _MONEY,
                formula='IF({#basis}="per unit",{Amount}*{backlog_plan:Shipments by family?,market?},0)', detail=True),
        Measure("Cost on revenue", "formula", "Expenses that are a share of net sales.", "money", _MONEY,
                formula='IF({#basis}="percent",{Amount}*{backlog_plan:Sales value by family?,market?},0)', detail=True),
        Measure("Cost", "formula", "The expense.", "money", _MONEY,
                formula="{Fixed cost}+{Cost per unit}+{Cost on revenue}"),
    ),
)

ASSET_PLAN = PlanGrid(
    "asset_plan",
    "Capital expenditure, depreciation and book value of each fixed asset.",
    "plans",
    (
        Column("asset", "text", "Name of the asset."),
        Column("opening_book_value", "money", "Book value at the start.", unit=_MONEY, default=0.0),
    ),
    key=("asset",),
    measures=(
        Measure("Capital expenditure", "result", "What is paid for it.", "money", _MONEY),
        Measure("Depreciation", "result", "Cost less residual value in equal parts over its life, in cents.", "money",
                _MONEY),
        Measure("Book value", "formula", "What is not yet written off, at the end of the period.", "money", _MONEY,
                first="{#opening_book_value}+{Capital expenditure}-{Depreciation}",
                formula="{Book value@-1}+{Capital expenditure}-{Depreciation}"),
    ),
)

FLOW_PLANS: tuple[PlanGrid, ...] = (STOCK_FLOWS, EXPENSE_PLAN, ASSET_PLAN)
