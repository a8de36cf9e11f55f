"""The lines of the profit and loss: one function a line under ``@line``, its name the line's title.

A function gives the line's live formula (see :mod:`sopxl.formulas`) for one family in one market; its docstring is the
description. Tables, subtotals, summaries, the unit's plan and the cash flow are made from this register. So adding a
line is adding a function here; a line that arises at no family is spread by a share (see ``shares.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sopxl.formulas import references

Section = Literal["sales", "deductions", "standard cost", "freight", "variances", "expenses", "depreciation"]
Paid = Literal["customers", "suppliers", "at once", "through stock", "never"]
"""How a line is paid: by customers' terms, by suppliers' terms, at once, as what it took out of stock was bought or
made (through stock: see ``stock_flows``), or never, because no money moves."""

SECTIONS: tuple[Section, ...] = (
    "sales", "deductions", "standard cost", "freight", "variances", "expenses", "depreciation",
)


@dataclass(frozen=True)
class Line:
    """One line: its title, what it is, the section that it adds up in, how it is paid, its live formula."""

    name: str
    description: str
    section: Section
    paid: Paid
    formula: str

    @property
    def ties_to(self) -> tuple[str, ...]:
        """The plan tables that it comes from."""
        return tuple(sorted({reference.table for reference in references(self.formula) if reference.table}))


@dataclass(frozen=True)
class Subtotal:
    """A sum: of whole sections, and of subtotals before it; ``after`` is the last section that is in it."""

    name: str
    description: str
    after: Section
    adds: tuple[str, ...]
    takes: tuple[str, ...] = ()
    kind: Literal["money", "percent"] = "money"

    @property
    def formula(self) -> str:
        """Its formula over the lines and subtotals above it."""
        if self.kind == "percent":
            part, whole = self.adds
            return f"IF({{{whole}}}=0,0,{{{part}}}/{{{whole}}})"
        return "-".join(filter(None, (_sum_of(self.adds), *(_sum_of((one,)) for one in self.takes))))


LINES: dict[str, Line] = {}

SUBTOTALS: tuple[Subtotal, ...] = (
    Subtotal("Net sales", "Shipments at net prices: gross sales less deductions.", "deductions", ("sales",),
             ("deductions",)),
    Subtotal("Cost of goods sold", "Shipments at standard cost, freight, and what the plan costs beyond standard.",
             "variances", ("standard cost", "freight", "variances")),
    Subtotal("Gross margin", "Net sales less cost of goods sold.", "variances", ("Net sales",),
             ("Cost of goods sold",)),
    Subtotal("Gross margin share", "Gross margin as a share of net sales.", "variances", ("Gross margin", "Net sales"),
             kind="percent"),
    Subtotal("Operating expenses", "Expenses per unit, by revenue and fixed.", "expenses", ("expenses",)),
    Subtotal("EBITDA", "Earnings before interest, tax, depreciation and amortisation.", "expenses", ("Gross margin",),
             ("Operating expenses",)),
    Subtotal("EBIT", "Earnings before interest and tax: the operating result.", "depreciation", ("EBITDA",),
             ("depreciation",)),
)


def line(section: Section, paid: Paid) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Enter a line of a section, and how it is paid."""

    def enter(function: Callable[[], str]) -> Callable[[], str]:
        name = function.__name__.replace("_", " ").replace("lay off", "lay-off").capitalize()
        LINES[name] = Line(name, (function.__doc__ or "").strip(), section, paid, function())
        return function

    return enter


def lines_of(*, section: Section | None = None, paid: Paid | None = None) -> list[Line]:
    """The lines of a section, or paid in one way, in the order of the profit and loss."""
    found = [one for part in SECTIONS for one in LINES.values() if one.section == part]
    return [one for one in found if section in (None, one.section) and paid in (None, one.paid)]


def sum_of_lines(lines: list[Line]) -> str:
    """The formula that adds lines up; 0 where there are none."""
    return f"SUM({','.join(f'{{{one.name}}}' for one in lines)})" if lines else "0"


def profit_and_loss_rows() -> list[Line | Subtotal]:
    """All lines and subtotals, as they stand one below the other."""
    rows: list[Line | Subtotal] = []
    for part in SECTIONS:
        rows += lines_of(section=part)
        rows += [subtotal for subtotal in SUBTOTALS if subtotal.after == part]
    return rows


def _sum_of(names: tuple[str, ...]) -> str:
    """The sum of sections (all of their lines) and subtotals."""
    parts = [f"{{{row}}}" for name in names
             for row in ([one.name for one in lines_of(section=name)] if name in SECTIONS else [name])]
    return parts[0] if len(parts) == 1 else f"SUM({','.join(parts)})" if parts else "0"


def _from_backlog(measure: str) -> str:
    """A measure of what is shipped, for the family and market."""
    return f"{{backlog_plan:{measure} by family,market}}"


@line("sales", "customers")
def gross_sales() -> str:
    """Shipments at gross prices: prices of the price list are net of discounts and rebates."""
    return f"{_from_backlog('Sales value')}/(1-{{Discount rate}}-{{Rebate rate}})"


@line("deductions", "customers")
def discounts() -> str:
    """Discounts on the invoice, as a share of gross sales."""
    return "{Gross sales}*{Discount rate}"


@line("deductions", "customers")
def rebates() -> str:
    """Rebates and bonuses, as a share of gross sales; taken to be settled with the invoices."""
    return "{Gross sales}*{Rebate rate}"


@line("standard cost", "through stock")
def material() -> str:
    """Material in the shipments, at standard."""
    return _from_backlog("Material")


@line("standard cost", "through stock")
def conversion() -> str:
    """Labour and machines in the shipments, at standard."""
    return _from_backlog("Conversion")


@line("standard cost", "through stock")
def subcontract() -> str:
    """Work done by subcontractors in the shipments, at standard."""
    return _from_backlog("Subcontract")


@line("standard cost", "through stock")
def scrap() -> str:
    """Usual losses in the shipments, at standard."""
    return _from_backlog("Scrap")


@line("freight", "at once")
def freight_to_customers() -> str:
    """Freight of the shipments to customers."""
    return _from_backlog("Freight")


@line("freight", "at once")
def transfer_freight() -> str:
    """Freight between locations, by unit and by load, borne by the markets that the receiving location serves."""
    return "({distribution_plan:Freight cost}+{lane_plan:Load cost})*{Share of transfers}"


@line("variances", "through stock")
def overtime_premium() -> str:
    """What overtime hours cost beyond regular ones, spread by conversion shipped."""
    return "{capacity_plan:Overtime premium}*{Share of conversion}"


@line("variances", "at once")
def hiring_and_lay_off_cost() -> str:
    """Workers hired and laid off, spread by conversion shipped."""
    return "{capacity_plan:Hiring and lay-off cost}*{Share of conversion}"


@line("variances", "through stock")
def expedite_cost() -> str:
    """Surcharges for receipts sooner than the lead time, spread by material shipped."""
    return "{procurement_plan:Expedite cost}*{Share of purchases}"


@line("variances", "through stock")
def purchase_price_variance() -> str:
    """Purchases beyond standard cost, without surcharges, spread by material shipped."""
    return "{stock_flows:Purchase price variance}*{Share of purchases}"


@line("variances", "through stock")
def production_variance() -> str:
    """What production takes beyond what it adds to stock, spread by conversion shipped."""
    return "{stock_flows:Production variance}*{Share of conversion}"


@line("variances", "suppliers")
def contract_shortfall() -> str:
    """Paid to suppliers for what contracts ask for and is not taken, spread by material shipped."""
    return "{supplier_plan:Contract shortfall}*{Share of purchases}"


@line("expenses", "at once")
def expenses_per_unit() -> str:
    """Operating expenses for each unit shipped."""
    return "{Shipments}*{Expense per unit}"


@line("expenses", "at once")
def expenses_on_revenue() -> str:
    """Operating expenses that are a share of net sales."""
    return "{Net sales}*{Expense rate}"


@line("expenses", "at once")
def fixed_expenses() -> str:
    """Fixed operating expenses, spread by net sales of the families and markets that they are for."""
    return "{expense_plan:Fixed cost}*{Share of fixed expenses}"


@line("depreciation", "never")
def depreciation() -> str:
    """Straight-line depreciation of the fixed assets, spread by net sales."""
    return "{asset_plan:Depreciation}*{Share of net sales}"
