"""What finance enters: terms of payment, expenses, assets, opening balances. Add a column here."""

from __future__ import annotations

from sopxl.schema import Column, Table

_FAMILY = Column("family", "text", "Product family; empty: all.")
_MARKET = Column("market", "text", "Planning market; empty: all.")
_SUPPLIER = Column("supplier", "text", "Supplier; empty: all.", refers_to="suppliers.supplier")

MOST_MONEY = 1e13
"""Beyond it cents are lost to rounding."""
EXPENSE_BASES = ("fixed", "per unit", "percent")
PARTNERS = ("customers", "suppliers")
ACCOUNTS = (
    "cash", "receivables", "prepayments to suppliers", "payables", "prepayments from customers", "tax payable", "loans",
    "losses carried forward",
)

SALES_DEDUCTIONS = Table(
    "sales_deductions",
    "Discounts and rebates that lie between gross sales and the net prices; the row that says most counts.",
    "inputs",
    (
        _FAMILY,
        _MARKET,
        Column("channel", "text", "Sales channel; empty: all."),
        Column("from_period", "period", "First period in which it holds; empty: from the start."),
        Column("discount", "percent", "Discount on the invoice, as a share of gross sales.", default=0.0, minimum=0,
               maximum=0.99),
        Column("rebate", "percent", "Rebate or bonus afterwards, as a share of gross sales.", default=0.0, minimum=0,
               maximum=0.99),
    ),
    key=("family", "market", "channel", "from_period"),
)

OPERATING_EXPENSES = Table(
    "operating_expenses",
    "What selling, administration and development cost.",
    "inputs",
    (
        Column("expense", "text", "Name of the expense, like Commissions or Rent.", required=True),
        Column("basis", "text", "Fixed: money for each period; per unit: money for each unit shipped; percent: of net "
               "sales.", default="fixed", choices=EXPENSE_BASES),
        Column("amount", "number", "Money for a period, money for a unit, or percent (6 is 6 %).", required=True,
               minimum=0, maximum=MOST_MONEY),
        Column("from_period", "period", "First period in which it arises; empty: from the start."),
        Column("until_period", "period", "Last period in which it arises; empty: no end."),
        _FAMILY,
        _MARKET,
    ),
    key=("expense", "family", "market", "from_period"),
)

FIXED_ASSETS = Table(
    "fixed_assets",
    "Investments and assets whose depreciation is not in the hourly costs of resources; written off in equal parts.",
    "inputs",
    (
        Column("asset", "text", "Name of the asset.", required=True),
        Column("amount", "money", "What it costs.", unit="{currency}", required=True, minimum=0, maximum=MOST_MONEY),
        Column("bought_period", "period", "Period in which it is paid; empty: before the plan."),
        Column("in_use_period", "period", "First period of depreciation; empty: the period in which it is paid."),
        Column("life", "number", "Useful life.", unit="years", required=True, minimum=0, maximum=100),
        Column("residual", "money", "What it is worth at the end of its life.", unit="{currency}", default=0.0,
               minimum=0, maximum=MOST_MONEY),
        Column("opening_book_value", "money", "Book value at the start of an asset bought before; empty: by life and "
               "first period of use.", unit="{currency}", minimum=0, maximum=MOST_MONEY),
    ),
    key=("asset",),
)

PAYMENT_TERMS = Table(
    "payment_terms",
    "When customers pay, by market, and when suppliers are paid; the row for the market or supplier wins over that for "
    "all, and that over the settings.",
    "inputs",
    (
        Column("partner", "text", "Customers (who pay us) or suppliers (whom we pay).", required=True,
               choices=PARTNERS),
        _MARKET,
        _SUPPLIER,
        Column("days", "number", "Days from delivery until payment; empty: by the settings.", unit="days", minimum=0,
               maximum=720),
        Column("prepaid_share", "percent", "Share of the price that is paid in advance.", default=0.0, minimum=0,
               maximum=1),
        Column("prepayment_days", "number", "Days before delivery at which that share is paid.", unit="days",
               default=0.0, minimum=0, maximum=720),
        Column("payment_day", "integer", "Day of the month on which is paid, the next after the days have passed (31: "
               "the last); empty: any.", minimum=1, maximum=31),
    ),
    key=("partner", "market", "supplier"),
)

OPENING_BALANCES = Table(
    "opening_balances",
    "What is open at the start of the first period; an account without a row is estimated (receivables, payables, "
    "prepayments) or nothing.",
    "inputs",
    (
        Column("account", "text", "Account of the balance sheet.", required=True, choices=ACCOUNTS),
        _MARKET,
        _SUPPLIER,
        Column("amount", "money", "Balance, above 0 as the account's name says.", unit="{currency}", required=True,
               minimum=-MOST_MONEY, maximum=MOST_MONEY),
    ),
    key=("account", "market", "supplier"),
)

FINANCE_INPUTS: tuple[Table, ...] = (
    SALES_DEDUCTIONS, OPERATING_EXPENSES, FIXED_ASSETS, PAYMENT_TERMS, OPENING_BALANCES,
)
