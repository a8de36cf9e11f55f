"""Working capital and cash: what customers and suppliers owe, the cash flow in two ways, the balance sheet.

Closing balances are live: what was open, plus what is billed, less what is paid. When it is paid is a result, because
it goes by days (see ``terms.py``). Nothing is revalued; there is no interest, and loans stay as they are.
"""

from __future__ import annotations

from sopxl.schema import Column, Measure, PlanGrid
from sopxl.steps.finance.lines import Section, lines_of

_MONEY = "{currency}"
_CENTS = "{currency} per period"
"""The unit of proofs: money that is shown with its cents."""
_UNIT = Column("unit", "text", "Unit whose plan this is.")


def _paid_at_once(*sections: Section) -> str:
    """The lines of these sections that are paid at once, from the financial plan."""
    names = [line.name for section in sections for line in lines_of(section=section, paid="at once")]
    return f"SUM({','.join(f'{{financial_plan:{name}}}' for name in names)})" if names else "0"


def _balance(name: str, description: str, opening: str, change: str, *, detail: bool = False) -> Measure:
    """A balance that starts at an attribute, and the formula by which it changes."""
    return Measure(name, "formula", description, "money", _MONEY, first=f"{{#{opening}}}{change}",
                   formula=f"{{{name}@-1}}{change}", detail=detail)


RECEIVABLES_PLAN = PlanGrid(
    "receivables_plan",
    "What customers of each market owe: billed, paid by their terms, paid in advance.",
    "plans",
    (
        Column("market", "text", "Planning market."),
        Column("opening_receivables", "money", "Owed at the start.", unit=_MONEY, default=0.0),
        Column("opening_prepayments", "money", "Paid in advance at the start.", unit=_MONEY, default=0.0),
    ),
    key=("market",),
    measures=(
        Measure("Billed", "formula", "Net sales.", "money", _MONEY, formula="{profit_and_loss:Net sales by market}"),
        Measure("Prepayments received", "result", "Paid in advance for later deliveries.", "money", _MONEY,
                detail=True),
        Measure("Prepayments used", "result", "Part of what is billed that was paid in advance.", "money", _MONEY,
                detail=True),
        Measure("Invoices paid", "result", "What customers pay of earlier and present invoices, by their terms.",
                "money", _MONEY, detail=True),
        Measure("Receipts", "formula", "All that customers pay.", "money", _MONEY,
                formula="{Invoices paid}+{Prepayments received}"),
        _balance("Receivables", "Owed at the end of the period.",
                 "opening_receivables", "+{Billed}-{Prepayments used}-{Invoices paid}"),
        _balance("Prepayments", "Paid in advance and not yet delivered, at the end of the period.",
                 "opening_prepayments", "+{Prepayments received}-{Prepayments used}"),
    ),
)

PAYABLES_PLAN = PlanGrid(
    "payables_plan",
    "What we owe each supplier: billed, paid by its terms, paid in advance.",
    "plans",
    (
        Column("supplier", "text", "Supplier.", refers_to="suppliers.supplier"),
        Column("name", "text", "Name of the supplier."),
        Column("opening_payables", "money", "Owed at the start.", unit=_MONEY, default=0.0),
        Column("opening_prepayments", "money", "Paid in advance at the start.", unit=_MONEY, default=0.0),
    ),
    key=("supplier",),
    measures=(
        Measure("Billed", "formula", "Receipts at purchase prices, surcharges and contract shortfall.", "money", _MONEY,
                formula="{procurement_plan:Spend by supplier}+{supplier_plan:Contract shortfall by supplier}"),
        Measure("Prepayments made", "result", "Paid in advance for later receipts.", "money", _MONEY, detail=True),
        Measure("Prepayments used", "result", "Part of what is billed that was paid in advance.", "money", _MONEY,
                detail=True),
        Measure("Invoices paid", "result", "What is paid of earlier and present invoices, by the supplier's terms.",
                "money", _MONEY, detail=True),
        Measure("Payments", "formula", "All that is paid to the supplier.", "money", _MONEY,
                formula="{Invoices paid}+{Prepayments made}"),
        _balance("Payables", "Owed at the end of the period.",
                 "opening_payables", "+{Billed}-{Prepayments used}-{Invoices paid}"),
        _balance("Prepayments", "Paid in advance and not yet received, at the end of the period.",
                 "opening_prepayments", "+{Prepayments made}-{Prepayments used}"),
    ),
)

CASH_FLOW = PlanGrid(
    "cash_flow",
    "Cash in two ways: what is received and paid, and what profit, stock, terms and investment leave of it (IAS 7).",
    "plans",
    (
        _UNIT,
        Column("opening_cash", "money", "Cash at the start.", unit=_MONEY, default=0.0),
        Column("opening_tax_payable", "money", "Tax owed at the start.", unit=_MONEY, default=0.0),
    ),
    key=("unit",),
    measures=(
        Measure("Receipts from customers", "formula", "All that customers pay.", "money", _MONEY,
                formula="{receivables_plan:Receipts}"),
        Measure("Payments to suppliers", "formula", "All that is paid to suppliers.", "money", _MONEY,
                formula="{payables_plan:Payments}"),
        Measure("Production payments", "formula", "Hours, wages and other production cost, paid in their period.",
                "money", _MONEY, formula="{stock_flows:Production expenses}"),
        Measure("Freight payments", "formula", "Freight to customers and between locations.", "money", _MONEY,
                formula=_paid_at_once("freight")),
        Measure("Other payments for goods", "formula", "Other cost of goods that is paid at once: hiring and lay-off.",
                "money", _MONEY, formula=_paid_at_once("standard cost", "variances")),
        Measure("Expense payments", "formula", "Operating expenses, paid in their period.", "money", _MONEY,
                formula=_paid_at_once("expenses", "depreciation")),
        Measure("Tax paid", "result", "Tax of earlier periods that falls due.", "money", _MONEY),
        Measure("Cash flow from operations", "formula", "Receipts less all payments but those for investment.",
                "money", _MONEY, formula="{Receipts from customers}-SUM({Payments to suppliers},{Production payments},"
                "{Freight payments},{Other payments for goods},{Expense payments},{Tax paid})"),
        Measure("Capital expenditure", "formula", "Paid for fixed assets.", "money", _MONEY,
                formula="{asset_plan:Capital expenditure}"),
        Measure("Change in cash", "formula", "Cash that the period brings: the direct way.", "money", _MONEY,
                formula="{Cash flow from operations}-{Capital expenditure}"),
        Measure("EBIT", "formula", "Operating result.", "money", _MONEY, formula="{financial_plan:EBIT}", detail=True),
        Measure("Non-cash lines", "formula", "Depreciation: lines for which no money moves.", "money", _MONEY,
                formula="+".join(f"{{financial_plan:{line.name}}}" for line in lines_of(paid="never")), detail=True),
        Measure("Change in stock", "formula", "Cash that stock binds.", "money", _MONEY,
                formula="{financial_plan:Change in stock}", detail=True),
        Measure("Change in receivables", "formula", "Cash that customers' debts bind.", "money", _MONEY,
                formula="{financial_plan:Change in receivables}", detail=True),
        Measure("Change in prepayments to suppliers", "formula", "Cash that prepayments to suppliers bind.", "money",
                _MONEY, formula="{financial_plan:Change in prepayments to suppliers}", detail=True),
        Measure("Change in payables", "formula", "Cash that our debts to suppliers free.", "money", _MONEY,
                formula="{financial_plan:Change in payables}", detail=True),
        Measure("Change in prepayments from customers", "formula", "Cash that customers' prepayments bring.", "money",
                _MONEY, formula="{financial_plan:Change in prepayments from customers}", detail=True),
        Measure("Change in cash from EBIT", "formula", "The same from EBIT: non-cash lines added back, less what "
                "working capital binds, tax paid and capital expenditure.", "money", _MONEY,
                formula="{EBIT}+{Non-cash lines}-{Change in stock}-{Change in receivables}"
                        "-{Change in prepayments to suppliers}+{Change in payables}"
                        "+{Change in prepayments from customers}-{Tax paid}-{Capital expenditure}"),
        Measure("Difference", "formula", "Direct less indirect, to the cent: 0 where the books balance.", "money",
                _CENTS, formula="ROUND({Change in cash}-{Change in cash from EBIT},2)"),
        _balance("Cash", "Cash at the end of the period.",
                 "opening_cash", "+{Change in cash}"),
        _balance("Tax payable", "Tax owed at the end of the period.",
                 "opening_tax_payable", "+{financial_plan:Tax}-{Tax paid}", detail=True),
    ),
)

BALANCE_SHEET = PlanGrid(
    "balance_sheet",
    "What the unit has and what it owes at the end of each period.",
    "plans",
    (
        _UNIT,
        Column("opening_loans", "money", "Loans at the start; they stay as they are.", unit=_MONEY, default=0.0),
        Column("opening_equity", "money", "Assets less debts at the start.", unit=_MONEY, default=0.0),
    ),
    key=("unit",),
    measures=(
        Measure("Cash", "formula", "Cash; below 0 it must be borrowed.", "money", _MONEY, formula="{cash_flow:Cash}"),
        Measure("Receivables", "formula", "Owed by customers.", "money", _MONEY,
                formula="{receivables_plan:Receivables}"),
        Measure("Prepayments to suppliers", "formula", "Paid in advance for receipts to come.", "money", _MONEY,
                formula="{payables_plan:Prepayments}"),
        Measure("Stock", "formula", "Stock on hand, in transit and in process, at standard cost.", "money", _MONEY,
                formula="{stock_flows:Stock value}"),
        Measure("Fixed assets", "formula", "Book value of fixed assets.", "money", _MONEY,
                formula="{asset_plan:Book value}"),
        Measure("Total assets", "formula", "All that the unit has.", "money", _MONEY,
                formula="SUM({Cash},{Receivables},{Prepayments to suppliers},{Stock},{Fixed assets})"),
        Measure("Payables", "formula", "Owed to suppliers.", "money", _MONEY, formula="{payables_plan:Payables}"),
        Measure("Prepayments from customers", "formula", "Paid in advance for deliveries to come.", "money", _MONEY,
                formula="{receivables_plan:Prepayments}"),
        Measure("Tax payable", "formula", "Tax owed.", "money", _MONEY, formula="{cash_flow:Tax payable}"),
        Measure("Loans", "formula", "Borrowed.", "money", _MONEY, formula="{#opening_loans}"),
        _balance("Equity", "Opening equity and the results since.",
                 "opening_equity", "+{financial_plan:Net result}"),
        Measure("Total liabilities and equity", "formula", "All that the unit owes, to others and to its owners.",
                "money", _MONEY,
                formula="SUM({Payables},{Prepayments from customers},{Tax payable},{Loans},{Equity})"),
        Measure("Difference", "formula", "Assets less liabilities and equity, to the cent: 0 where the books balance.",
                "money", _CENTS, formula="ROUND({Total assets}-{Total liabilities and equity},2)"),
    ),
)

WORKING_CAPITAL_PLANS: tuple[PlanGrid, ...] = (RECEIVABLES_PLAN, PAYABLES_PLAN)
CASH_PLANS: tuple[PlanGrid, ...] = (CASH_FLOW, BALANCE_SHEET)
