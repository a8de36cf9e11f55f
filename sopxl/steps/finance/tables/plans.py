"""The profit and loss by family and market, its sums, and the unit's financial plan, all made from the lines.

A line is a function in ``lines.py``; what stands here is what the grids hold beside the lines.

Simplified on purpose: freight between locations is an expense when it leaves (IAS 2 would add it to the stock);
standard costs hold over the whole plan (no revaluation); regular hours that are not worked cost nothing unless wages
are planned; open orders that no supplier of the plan delivers count as paid; tax is a rate on EBIT; no interest.
"""

from __future__ import annotations

from sopxl.schema import Column, Measure, PlanGrid
from sopxl.steps.finance.lines import Line, Subtotal, profit_and_loss_rows

_MONEY = "{currency}"
_UNIT = Column("unit", "text", "Unit whose plan this is.")
NOT_ALLOCATED = "(not allocated)"
"""Family and market of what arises while nothing is shipped that could bear it."""

SHARES: tuple[tuple[str, str], ...] = (
    ("Share of conversion", "Conversion in the shipments as a share of all: bears overtime, hiring and production "
                            "variance."),
    ("Share of purchases", "Material in the shipments as a share of all: bears surcharges, purchase price variance and "
                           "contract shortfall."),
    ("Share of transfers", "Transfer freight by the markets that the receiving location serves, their units shipped in "
                           "the plan as key."),
    ("Share of fixed expenses", "Fixed expenses by net sales of the families and markets that they are for."),
    ("Share of net sales", "Net sales as a share of all: bears depreciation."),
)
"""Keys by which lines of the whole unit are spread; each adds up to exactly 1 in every period."""

RATES: tuple[tuple[str, str, str, str], ...] = (
    ("Discount rate", "Discounts as a share of gross sales (see sales_deductions).", "percent", ""),
    ("Rebate rate", "Rebates as a share of gross sales (see sales_deductions).", "percent", ""),
    ("Expense per unit", "Operating expenses for one unit shipped (see operating_expenses).", "money",
     "{currency} per unit"),
    ("Expense rate", "Operating expenses as a share of net sales (see operating_expenses).", "percent", ""),
)


def _row(row: Line | Subtotal, formula: str = "") -> Measure:
    """The measure of a line or subtotal, with its own formula unless another is given."""
    kind = row.kind if isinstance(row, Subtotal) else "money"
    return Measure(row.name, "formula", row.description, kind, _MONEY if kind == "money" else "",
                   formula=formula or row.formula)


def _summed(source: str) -> tuple[Measure, ...]:
    """All rows of the profit and loss over another grid: lines from it, subtotals from the lines above them."""
    return tuple(_row(row, source.format(row.name) if isinstance(row, Line) else "") for row in profit_and_loss_rows())


def _shipments(formula: str) -> Measure:
    return Measure("Shipments", "formula", "Units shipped to customers.", unit="units", formula=formula)


def _gaps() -> tuple[Measure, ...]:
    """What stands against budget."""
    return (
        Measure("Gap to budget", "formula", "Net sales less budgeted revenue.", "money", _MONEY,
                formula="{Net sales}-{Budget revenue}"),
        Measure("Margin gap to budget", "formula", "Gross margin less budgeted gross margin.", "money", _MONEY,
                formula="{Gross margin}-{Budget gross margin}"),
    )


PROFIT_AND_LOSS = PlanGrid(
    "profit_and_loss",
    "From gross sales to EBIT by family and market; what arises for the whole unit is spread by stated keys.",
    "plans",
    (
        Column("family", "text", "Product family."),
        Column("market", "text", "Planning market."),
        Column("market_group", "text", "Market group of the market."),
        Column("channel", "text", "Sales channel of the market."),
        _UNIT,
    ),
    key=("family", "market"),
    measures=(
        _shipments("{backlog_plan:Shipments by family,market}"),
        *(_row(row) for row in profit_and_loss_rows()),
        *(Measure(name, "result", text, "percent" if kind == "percent" else "money", unit, detail=True)
          for name, text, kind, unit in RATES),
        *(Measure(name, "result", text, "percent", detail=True) for name, text in SHARES),
        Measure("Last year revenue", "result", "Revenue of the same period a year before.", "money", _MONEY),
        Measure("Budget revenue", "result", "Budgeted revenue.", "money", _MONEY),
        Measure("Budget gross margin", "result", "Budgeted gross margin.", "money", _MONEY),
        *_gaps(),
    ),
)

PROFIT_SUMMARY = PlanGrid(
    "profit_summary",
    "The profit and loss of the unit, of each family, market group, channel and market.",
    "plans",
    (
        Column("level", "text", "Total, family, market group, channel or market."),
        Column("family", "text", "Product family; empty: all.", or_empty=True),
        Column("market_group", "text", "Market group; empty: all.", or_empty=True),
        Column("channel", "text", "Sales channel; empty: all.", or_empty=True),
        Column("market", "text", "Planning market; empty: all.", or_empty=True),
    ),
    key=("level", "family", "market_group", "channel", "market"),
    measures=(
        _shipments("{profit_and_loss:Shipments by family?,market_group?,channel?,market?}"),
        *_summed("{{profit_and_loss:{} by family?,market_group?,channel?,market?}}"),
    ),
)

FINANCIAL_PLAN = PlanGrid(
    "financial_plan",
    "Profit, tax and working capital of the whole plan, period by period.",
    "plans",
    (
        _UNIT,
        Column("tax_rate", "percent", "Tax as a share of profit.", default=0.0),
        Column("opening_losses", "money", "Losses of earlier years that profits may be set against.", unit=_MONEY,
               default=0.0),
        Column("opening_receivables", "money", "Receivables at the start.", unit=_MONEY, default=0.0),
        Column("opening_prepayments_made", "money", "Prepayments to suppliers at the start.", unit=_MONEY,
               default=0.0),
        Column("opening_payables", "money", "Payables at the start.", unit=_MONEY, default=0.0),
        Column("opening_prepayments_received", "money", "Prepayments from customers at the start.", unit=_MONEY,
               default=0.0),
    ),
    key=("unit",),
    measures=(
        _shipments("{profit_and_loss:Shipments}"),
        *_summed("{{profit_and_loss:{}}}"),
        Measure("Losses carried forward", "formula", "Losses that later profits may be set against.", "money", _MONEY,
                first="MAX(0,{#opening_losses}-{EBIT})", formula="MAX(0,{Losses carried forward@-1}-{EBIT})",
                detail=True),
        Measure("Taxable profit", "formula", "EBIT less losses carried forward.", "money", _MONEY,
                first="MAX(0,{EBIT}-{#opening_losses})", formula="MAX(0,{EBIT}-{Losses carried forward@-1})",
                detail=True),
        Measure("Tax", "formula", "Taxable profit at the tax rate.", "money", _MONEY,
                formula="{Taxable profit}*{#tax_rate}"),
        Measure("Net result", "formula", "EBIT less tax.", "money", _MONEY, formula="{EBIT}-{Tax}"),
        Measure("Stock value", "formula", "Stock on hand, in transit and in process, at standard cost.", "money",
                _MONEY, formula="{stock_flows:Stock value}"),
        Measure("Change in stock", "formula", "Stock value against the period before.", "money", _MONEY,
                formula="{stock_flows:Change in stock}", detail=True),
        *(measure for name, source, opening, text in (
            ("Receivables", "receivables_plan:Receivables", "opening_receivables", "Owed by customers."),
            ("Prepayments to suppliers", "payables_plan:Prepayments", "opening_prepayments_made",
             "Paid in advance for receipts to come."),
            ("Payables", "payables_plan:Payables", "opening_payables", "Owed to suppliers."),
            ("Prepayments from customers", "receivables_plan:Prepayments", "opening_prepayments_received",
             "Paid in advance for deliveries to come."),
        ) for measure in (
            Measure(name, "formula", text, "money", _MONEY, formula=f"{{{source}}}"),
            Measure(f"Change in {name[:1].lower()}{name[1:]}", "formula", f"{name} against the period before.", "money",
                    _MONEY, first=f"{{{name}}}-{{#{opening}}}", formula=f"{{{name}}}-{{{name}@-1}}", detail=True),
        )),
        Measure("Working capital", "formula", "Stock, receivables and prepayments to suppliers, less payables and "
                "prepayments from customers.", "money", _MONEY,
                formula="SUM({Stock value},{Receivables},{Prepayments to suppliers})-{Payables}"
                        "-{Prepayments from customers}"),
        *(Measure(name, "formula", text, "money", _MONEY, formula=f"{{profit_and_loss:{name}}}") for name, text in (
            ("Last year revenue", "Revenue of the same period a year before."),
            ("Budget revenue", "Budgeted revenue."), ("Budget gross margin", "Budgeted gross margin."))),
        *_gaps(),
        Measure("Backlog value", "formula", "Demand that waits, at net prices.", "money", _MONEY,
                formula="{backlog_plan:Backlog value}"),
    ),
)
