"""What one percent more of a driver does to EBIT and cash: exposures as attributes and rows, effects as live formulas.

A driver is a row of DRIVERS; foreign currencies of sales and purchases are added by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopxl.schema import Column, Measure, PlanGrid
from sopxl.steps.finance.lines import lines_of

_MONEY = "{currency}"


@dataclass(frozen=True)
class Driver:
    """What is changed by one percent (or one day), and which part of the plan moves with it (1: all of it)."""

    name: str
    meaning: str
    net_sales: float = 0.0
    shipments: float = 0.0
    purchases: float = 0.0
    production: float = 0.0
    freight: float = 0.0


DRIVERS: tuple[Driver, ...] = (
    Driver("Volume", "Shipments, at standard cost; bought and made as they are shipped.", net_sales=1.0, shipments=1.0),
    Driver("Price", "Sales prices, quantities as planned.", net_sales=1.0),
    Driver("Material cost", "Purchase prices; standard costs stay.", purchases=1.0),
    Driver("Conversion cost", "Wages, hourly and production costs; standard costs stay.", production=1.0),
    Driver("Freight", "Freight to customers and between locations.", freight=1.0),
)
CURRENCY_MEANING = "Value of the currency, for the sales and purchases in it; standard costs stay."
RECEIVABLE_DAYS, PAYABLE_DAYS = "Receivable days", "Payable days"
DAYS_MEANING = {RECEIVABLE_DAYS: "Customers pay one day later.", PAYABLE_DAYS: "Suppliers are paid one day later."}
ONE_PERCENT = 0.01


def _lines(*names: str) -> str:
    return "+".join(f"{{financial_plan:{name}}}" for name in names)


STANDARD_COST = _lines(*(line.name for line in lines_of(section="standard cost")))
FREIGHT = _lines(*(line.name for line in lines_of(section="freight")))
EXPENSES = ("{Share of net sales}*{financial_plan:Expenses on revenue}"
            "+{#shipments}*{financial_plan:Expenses per unit}")

SENSITIVITIES = PlanGrid(
    "sensitivities",
    "What one percent more of volume, prices, costs and exchange rates, or one more day, does to EBIT and cash.",
    "reviews",
    (
        Column("driver", "text", "What is changed."),
        Column("meaning", "text", "What moves with it."),
        Column("change", "number", "By how much: 0.01 is one percent; 1 is one day.", default=ONE_PERCENT),
        Column("shipments", "percent", "Share of the shipments' cost that moves with it.", default=0.0),
        Column("production", "percent", "Share of production expenses that moves with it.", default=0.0),
        Column("freight", "percent", "Share of freight that moves with it.", default=0.0),
    ),
    key=("driver",),
    measures=(
        Measure("Share of net sales", "result", "Net sales that move with it.", "percent", detail=True),
        Measure("Share of purchases", "result", "Purchases that move with it.", "percent", detail=True),
        Measure("Receipts concerned", "result", "What customers pay in the period of what moves with it; for days: "
                "what they pay more in the period.", "money", _MONEY, detail=True),
        Measure("Payments concerned", "result", "What suppliers are paid in the period of what moves with it; for "
                "days: what they are paid more in the period.", "money", _MONEY, detail=True),
        Measure("EBIT effect", "formula", "What the change does to EBIT.", "money", _MONEY,
                formula="{#change}*({Share of net sales}*{financial_plan:Net sales}"
                        "-{Share of purchases}*{stock_flows:Purchases}-{#production}*{stock_flows:Production expenses}"
                        f"-{{#shipments}}*({STANDARD_COST})-({{#shipments}}+{{#freight}})*({FREIGHT})-({EXPENSES}))"),
        Measure("EBIT effect so far", "formula", "The sum up to the period; in the last one the whole.", "money",
                _MONEY, first="{EBIT effect}", formula="{EBIT effect so far@-1}+{EBIT effect}"),
        Measure("Cash effect", "formula", "What the change does to cash, before tax, without interest.", "money",
                _MONEY, formula="{#change}*({Receipts concerned}-{Payments concerned}"
                "-{#production}*{stock_flows:Production expenses}-{#shipments}*{financial_plan:Conversion}"
                f"-({{#shipments}}+{{#freight}})*({FREIGHT})-({EXPENSES}))"),
        Measure("Cash effect so far", "formula", "The sum up to the period; in the last one the whole.", "money",
                _MONEY, first="{Cash effect}", formula="{Cash effect so far@-1}+{Cash effect}"),
    ),
)
