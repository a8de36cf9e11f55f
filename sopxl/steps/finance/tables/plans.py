"""Tables of the finance step. A line of the financial plan is one measure here: add it, and the plan has it.

The lines tie. Shipments leave stock at standard cost; purchases and production enter it at standard, and what they
really cost beyond that is a variance of the period. Overtime stands once: regular hours in standard conversion,
the rest as premium. So operating result less change in stock, receivables and payables is receipts less payments,
and 'Cash unexplained' is 0.

Simplified on purpose: freight between locations is an expense when it leaves (IAS 2 would add it to the stock);
standard costs hold over the whole plan (no revaluation); wages, hours and other production cost are paid in their
period, depreciation in hourly costs as if it were; regular hours that are not worked cost nothing unless wages are
planned; open orders that no supplier of the plan delivers count as paid. Tax, interest and investment are not in it.
"""

from __future__ import annotations

from sopxl.schema import Column, Measure, PlanGrid

_MONEY = "{currency}"

FAMILY_MARGIN = PlanGrid(
    "family_margin",
    "Revenue, cost of goods at standard and margin by family and market, against budget and last year.",
    "plans",
    (
        Column("family", "text", "Product family."),
        Column("market", "text", "Planning market."),
    ),
    key=("family", "market"),
    measures=(
        Measure("Revenue", "formula", "Shipments at net prices.", "money", _MONEY,
                formula="{backlog_plan:Sales value by family,market}"),
        Measure("Material", "formula", "Material in the shipments, at standard.", "money", _MONEY,
                formula="{backlog_plan:Material by family,market}", detail=True),
        Measure("Conversion", "formula", "Conversion in the shipments, at standard.", "money", _MONEY,
                formula="{backlog_plan:Conversion by family,market}", detail=True),
        Measure("Freight", "formula", "Freight to customers.", "money", _MONEY,
                formula="{backlog_plan:Freight by family,market}", detail=True),
        Measure("Cost of goods sold", "formula", "Material, conversion and freight.", "money", _MONEY,
                formula="{Material}+{Conversion}+{Freight}"),
        Measure("Gross margin", "formula", "Revenue less cost of goods sold at standard: the plan's standard margin.",
                "money", _MONEY, formula="{Revenue}-{Cost of goods sold}"),
        Measure("Gross margin share", "formula", "Gross margin as a share of revenue.", "percent",
                formula="IF({Revenue}=0,0,{Gross margin}/{Revenue})"),
        Measure("Last year revenue", "result", "Revenue of the same period a year before.", "money", _MONEY),
        Measure("Budget revenue", "result", "Budgeted revenue.", "money", _MONEY),
        Measure("Gap to budget", "formula", "Revenue less budgeted revenue.", "money", _MONEY,
                formula="{Revenue}-{Budget revenue}"),
        Measure("Budget gross margin", "result", "Budgeted gross margin.", "money", _MONEY),
        Measure("Margin gap to budget", "formula", "Gross margin less budgeted gross margin.", "money", _MONEY,
                formula="{Gross margin}-{Budget gross margin}"),
    ),
)

FINANCIAL_PLAN = PlanGrid(
    "financial_plan",
    "Profit, stock value and cash of the whole plan, period by period.",
    "plans",
    (
        Column("unit", "text", "Unit whose plan this is."),
        Column("expense_share", "percent", "Operating expenses as a share of revenue.", default=0.0),
        Column("fixed_expenses", "money", "Fixed operating expenses of a period.", unit=_MONEY, default=0.0),
        Column("receivable_share", "number", "Receivable days in periods.", unit="periods", default=0.0),
        Column("payable_share", "number", "Payable days in periods.", unit="periods", default=0.0),
        Column("opening_stock_value", "money", "Stock at the start at standard cost: on hand, in transit, in process.",
               unit=_MONEY, default=0.0),
        Column("opening_receivables", "money", "Receivables at the start.", unit=_MONEY, default=0.0),
        Column("opening_payables", "money", "Payables at the start.", unit=_MONEY, default=0.0),
    ),
    key=("unit",),
    measures=(
        Measure("Revenue", "formula", "Shipments at net prices.", "money", _MONEY, formula="{family_margin:Revenue}"),
        Measure("Material", "formula", "Material in the shipments, at standard.", "money", _MONEY,
                formula="{family_margin:Material}"),
        Measure("Conversion", "formula", "Conversion in the shipments, at standard.", "money", _MONEY,
                formula="{family_margin:Conversion}"),
        Measure("Freight to customers", "formula", "Freight of the shipments.", "money", _MONEY,
                formula="{family_margin:Freight}"),
        Measure("Transfer freight", "formula", "Freight between locations, by unit and by load.", "money", _MONEY,
                formula="{distribution_plan:Freight cost}+{lane_plan:Load cost}"),
        Measure("Standard margin", "formula", "Revenue less material, conversion and freight to customers: the margin "
                "of all families.", "money", _MONEY,
                formula="{Revenue}-{Material}-{Conversion}-{Freight to customers}"),
        Measure("Overtime premium", "formula", "What overtime hours cost beyond regular ones.", "money", _MONEY,
                formula="{capacity_plan:Overtime premium}", detail=True),
        Measure("Hiring and lay-off cost", "formula", "Workers hired and laid off.", "money", _MONEY,
                formula="{capacity_plan:Hiring and lay-off cost}", detail=True),
        Measure("Expedite cost", "formula", "Surcharges for receipts sooner than the lead time.", "money", _MONEY,
                formula="{procurement_plan:Expedite cost}", detail=True),
        Measure("Contract shortfall", "formula", "Paid to suppliers for what contracts ask for and is not taken.",
                "money", _MONEY, formula="{supplier_plan:Contract shortfall}", detail=True),
        Measure("Purchases", "formula", "Receipts at purchase prices, surcharges included.", "money", _MONEY,
                formula="{procurement_plan:Spend}", detail=True),
        Measure("Purchases at standard", "result", "The same receipts at standard cost: what they add to stock.",
                "money", _MONEY, detail=True),
        Measure("Purchase price variance", "formula", "Purchases beyond standard cost, without surcharges.", "money",
                _MONEY, formula="{Purchases}-{Expedite cost}-{Purchases at standard}", detail=True),
        Measure("Other production cost", "result", "Units started at their production cost (see costs).", "money",
                _MONEY, detail=True),
        Measure("Production expenses", "formula", "Hours, wages and other production cost of what is made.", "money",
                _MONEY, formula="{capacity_plan:Regular cost}+{capacity_plan:Overtime cost}+{Other production cost}",
                detail=True),
        Measure("Components used", "result", "Components that production takes, at standard cost.", "money", _MONEY,
                detail=True),
        Measure("Production at standard", "result", "Units started at standard cost: what production adds to stock.",
                "money", _MONEY, detail=True),
        Measure("Production variance", "formula", "What production takes beyond what it adds to stock, without the "
                "overtime premium: above 0 idle wages or standards that are too low.", "money", _MONEY,
                formula="{Components used}+{Production expenses}-{Overtime premium}-{Production at standard}",
                detail=True),
        Measure("Cost of goods sold", "formula", "Shipments at standard cost, freight, overtime premium, hiring and "
                "lay-off, surcharges, contract shortfall and variances.", "money", _MONEY,
                formula="SUM({Material},{Conversion},{Freight to customers},{Transfer freight},{Overtime premium},"
                        "{Hiring and lay-off cost},{Expedite cost},{Contract shortfall},{Purchase price variance},"
                        "{Production variance})"),
        Measure("Gross margin", "formula", "Revenue less cost of goods sold.", "money", _MONEY,
                formula="{Revenue}-{Cost of goods sold}"),
        Measure("Gross margin share", "formula", "Gross margin as a share of revenue.", "percent",
                formula="IF({Revenue}=0,0,{Gross margin}/{Revenue})"),
        Measure("Operating expenses", "formula", "Expenses that move with revenue and fixed ones.", "money", _MONEY,
                formula="{Revenue}*{#expense_share}+{#fixed_expenses}"),
        Measure("Operating result", "formula", "Gross margin less operating expenses.", "money", _MONEY,
                formula="{Gross margin}-{Operating expenses}"),
        Measure("Stock on hand", "formula", "Closing stock of all locations at standard cost.", "money", _MONEY,
                formula="{inventory_plan:Stock value}", detail=True),
        Measure("In transit and in process", "result", "Stock between locations and started production, at standard "
                "cost.", "money", _MONEY, detail=True),
        Measure("Stock value", "formula", "Stock on hand, in transit and in process.", "money", _MONEY,
                formula="{Stock on hand}+{In transit and in process}"),
        Measure("Change in stock", "formula", "Stock value against the period before.", "money", _MONEY,
                first="{Stock value}-{#opening_stock_value}", formula="{Stock value}-{Stock value@-1}", detail=True),
        Measure("Receivables", "formula", "Revenue that customers have yet to pay.", "money", _MONEY,
                first="{#opening_receivables}*(1-1/MAX(1,{#receivable_share}))"
                      "+{Revenue}*MIN(1,{#receivable_share})",
                formula="{Receivables@-1}*(1-1/MAX(1,{#receivable_share}))+{Revenue}*MIN(1,{#receivable_share})",
                detail=True),
        Measure("Change in receivables", "formula", "Receivables against the period before.", "money", _MONEY,
                first="{Receivables}-{#opening_receivables}", formula="{Receivables}-{Receivables@-1}", detail=True),
        Measure("Payables", "formula", "Purchases that we have yet to pay.", "money", _MONEY,
                first="{#opening_payables}*(1-1/MAX(1,{#payable_share}))+{Purchases}*MIN(1,{#payable_share})",
                formula="{Payables@-1}*(1-1/MAX(1,{#payable_share}))+{Purchases}*MIN(1,{#payable_share})",
                detail=True),
        Measure("Change in payables", "formula", "Payables against the period before.", "money", _MONEY,
                first="{Payables}-{#opening_payables}", formula="{Payables}-{Payables@-1}", detail=True),
        Measure("Cash effect", "formula",
                "Operating result less what stock and receivables bind, plus what payables free; before tax, interest "
                "and investment.", "money", _MONEY,
                formula="{Operating result}-{Change in stock}-{Change in receivables}+{Change in payables}"),
        Measure("Receipts from customers", "formula", "Revenue less what receivables bind.", "money", _MONEY,
                formula="{Revenue}-{Change in receivables}", detail=True),
        Measure("Payments to suppliers", "formula", "Purchases less what payables free.", "money", _MONEY,
                formula="{Purchases}-{Change in payables}", detail=True),
        Measure("Other payments", "formula", "Production expenses, freight, hiring and lay-off, contract shortfall, "
                "operating expenses: paid at once.", "money", _MONEY,
                formula="SUM({Production expenses},{Freight to customers},{Transfer freight},"
                        "{Hiring and lay-off cost},{Contract shortfall},{Operating expenses})", detail=True),
        Measure("Cash unexplained", "formula", "Cash effect against receipts less payments: 0 where the books "
                "balance.", "money", _MONEY,
                formula="{Cash effect}-({Receipts from customers}-{Payments to suppliers}-{Other payments})",
                detail=True),
        Measure("Last year revenue", "formula", "Revenue of the same period a year before.", "money", _MONEY,
                formula="{family_margin:Last year revenue}"),
        Measure("Budget revenue", "formula", "Budgeted revenue.", "money", _MONEY,
                formula="{family_margin:Budget revenue}"),
        Measure("Gap to budget", "formula", "Revenue less budgeted revenue.", "money", _MONEY,
                formula="{Revenue}-{Budget revenue}"),
        Measure("Budget gross margin", "formula", "Budgeted gross margin.", "money", _MONEY,
                formula="{family_margin:Budget gross margin}"),
        Measure("Margin gap to budget", "formula", "Gross margin less budgeted gross margin.", "money", _MONEY,
                formula="{Gross margin}-{Budget gross margin}"),
        Measure("Backlog value", "formula", "Demand that waits, at net prices.", "money", _MONEY,
                formula="{backlog_plan:Backlog value}"),
    ),
)

FINANCE_PLANS: tuple[PlanGrid, ...] = (FAMILY_MARGIN, FINANCIAL_PLAN)
