"""What one percent more of each driver does: the shares of sales and purchases that move with it, and when it is paid.

The effects are live formulas (``tables/sensitivities.py``). They are the derivative of the plan as it stands: nothing
is planned anew, no opening balance changes, standard costs stay as they are; there is no interest and no tax.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.grids import stack, take
from sopxl.schema import PlanGrid, Tables
from sopxl.settings import Settings
from sopxl.steps.finance.comparison_versions import sold_by_currency
from sopxl.steps.finance.lines import lines_of
from sopxl.steps.finance.tables import (
    CURRENCY_MEANING,
    DAYS_MEANING,
    DRIVERS,
    FINANCIAL_PLAN,
    ONE_PERCENT,
    PAYABLE_DAYS,
    PAYABLES_PLAN,
    RECEIVABLE_DAYS,
    RECEIVABLES_PLAN,
    SENSITIVITIES,
)
from sopxl.steps.finance.terms import Days, Terms, terms_of
from sopxl.steps.finance.working_capital import payments
from sopxl.steps.supply.tables import PROCUREMENT_PLAN


def sensitivities(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of drivers. ``tables``: with the grids of profit, working capital and cash computed."""
    customers = _Partners.of(RECEIVABLES_PLAN, "customers", tables, settings)
    suppliers = _Partners.of(PAYABLES_PLAN, "suppliers", tables, settings)
    spend = _spend(tables, settings, suppliers)
    rows = [
        _Row(driver.name, driver.meaning, ONE_PERCENT, driver.net_sales * customers.billed, driver.purchases * spend,
             (driver.shipments, driver.production, driver.freight))
        for driver in DRIVERS
    ]
    sold, of_supplier = sold_by_currency(tables, settings), _currency_of(suppliers.names, tables, settings)
    for currency in sorted({*sold["currency"], *of_supplier} - {settings.currency}):
        in_it = sold[sold["currency"] == currency].groupby("market")[settings.periods.labels].sum()
        sales = in_it.reindex(customers.names).fillna(0.0).to_numpy(float)
        rows.append(_Row(currency, CURRENCY_MEANING, ONE_PERCENT, sales, (of_supplier == currency)[:, None] * spend))
    return _grid(rows, customers, suppliers, tables, settings)


@dataclass(frozen=True)
class _Row:
    """A driver: net sales of markets x T and purchases of suppliers x T that move with it, and its other exposures."""

    name: str
    meaning: str
    change: float
    net_sales: np.ndarray
    purchases: np.ndarray
    exposures: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class _Partners:
    """Customers by market, or suppliers: what they are billed (N x T), their terms and opening balances."""

    names: pd.Series
    billed: np.ndarray
    terms: Terms
    days: Days
    opening: np.ndarray

    @classmethod
    def of(cls, grid: PlanGrid, partner: str, tables: Tables, settings: Settings) -> _Partners:
        """The partners of a grid of working capital."""
        usual = settings.receivable_days if partner == "customers" else settings.payable_days
        billed = take(grid, tables[grid.name], "Billed", settings.periods.labels).fillna(0.0)
        names = pd.Series(billed.index.to_numpy(), dtype="str")
        terms = terms_of(tables, partner, names, usual)
        open_invoices = next(column.name for column in grid.columns if column.name.startswith("opening_"))
        opening = tables[grid.name].drop_duplicates(grid.key[0])[open_invoices].to_numpy(float)
        return cls(names, billed.to_numpy(float), terms, Days.around(settings, _later(terms)), opening)

    def paid(self, billed: np.ndarray) -> np.ndarray:
        """T: when these bills of the plan are paid."""
        nothing = np.zeros(len(self.names))
        found = payments(billed, np.zeros((len(billed), self.days.before)), self.terms, self.days, (nothing, nothing))
        return np.asarray((found.invoices_paid + found.prepaid).sum(axis=0))

    @cached_property
    def one_day_later(self) -> np.ndarray:
        """T: what is paid more in each period when everyone pays one day later."""
        steady = np.repeat(self.billed.mean(axis=1, keepdims=True), self.days.before, axis=1)
        now, later = (
            payments(self.billed, steady, terms, self.days, (self.opening, np.zeros(len(self.names)))).invoices_paid
            for terms in (self.terms, _later(self.terms))
        )
        return np.asarray((later - now).sum(axis=0))


def _later(terms: Terms) -> Terms:
    """The terms with one day more."""
    return Terms(terms.days + 1.0, terms.prepaid_share, terms.prepayment_days, terms.payment_day)


def _grid(
    rows: list[_Row], customers: _Partners, suppliers: _Partners, tables: Tables, settings: Settings
) -> pd.DataFrame:
    """The grid of these drivers and of the days."""
    labels = settings.periods.labels
    materials, spend = _materials(tables, suppliers, labels), _spend(tables, settings, suppliers)
    objects, found = [], []
    for row in rows:
        shipments, production, freight = row.exposures
        objects.append((row.name, row.meaning, row.change, shipments, production, freight))
        found.append((_share(row.net_sales, customers.billed), _share(row.purchases, spend),
                      customers.paid(row.net_sales), suppliers.paid(row.purchases + shipments * materials)))
    nothing = np.zeros(len(labels))
    for name, receipts, paid in ((RECEIVABLE_DAYS, customers.one_day_later, nothing),
                                 (PAYABLE_DAYS, nothing, suppliers.one_day_later)):
        objects.append((name, DAYS_MEANING[name], 1.0, 0.0, 0.0, 0.0))
        found.append((nothing, nothing, receipts, paid))
    names = ("Share of net sales", "Share of purchases", "Receipts concerned", "Payments concerned")
    measures = {name: np.array(values) for name, values in zip(names, zip(*found, strict=True), strict=True)}
    columns = ["driver", "meaning", "change", "shipments", "production", "freight"]
    return stack(SENSITIVITIES, pd.DataFrame(objects, columns=columns), measures, labels)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """T: what a part is of the whole, both added up over partners; 0 where there is nothing."""
    above, below = part.sum(axis=0), whole.sum(axis=0)
    return np.asarray(np.divide(above, below, out=np.zeros(len(below)), where=below != 0))


def _spend(tables: Tables, settings: Settings, suppliers: _Partners) -> np.ndarray:
    """Suppliers x T: receipts at purchase prices, surcharges included."""
    spend = take(PROCUREMENT_PLAN, tables["procurement_plan"], "Spend", settings.periods.labels).fillna(0.0)
    return spend.groupby(level="supplier").sum().reindex(suppliers.names).fillna(0.0).to_numpy(float)


def _materials(tables: Tables, suppliers: _Partners, labels: list[str]) -> np.ndarray:
    """Suppliers x T: what the shipments cost beside conversion, as the suppliers share the purchases of the plan."""
    names = [line.name for line in lines_of(section="standard cost") if line.name != "Conversion"]
    plan = tables["financial_plan"]
    worth = sum(take(FINANCIAL_PLAN, plan, name, labels).fillna(0.0).to_numpy(float)[0] for name in names)
    of_supplier = suppliers.billed.sum(axis=1)
    shares = of_supplier / of_supplier.sum() if of_supplier.sum() else of_supplier
    return np.asarray(shares[:, None] * worth)


def _currency_of(suppliers: pd.Series, tables: Tables, settings: Settings) -> np.ndarray:
    """Currency of each supplier's prices."""
    known = dict(zip(tables["suppliers"]["supplier"], tables["suppliers"]["currency"], strict=True))
    return np.array([known.get(name, "") or settings.currency for name in suppliers], dtype=object)
