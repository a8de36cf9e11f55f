"""The finance step: profit by family and market, the unit's plan, working capital, cash, balance sheet, key figures.

Nearly every line is a formula (``lines.py`` and ``tables/``). ``_parts`` names the grids in the order in which they are
made, each by a function of the tables before it; a new grid gets its line there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from sopxl.formulas import compute
from sopxl.grids import stack
from sopxl.schema import PlanGrid, Tables
from sopxl.settings import Settings
from sopxl.steps.finance import bridge_exceptions as _bridge_exceptions  # noqa: F401 - fills the exception register
from sopxl.steps.finance import tables as declared
from sopxl.steps.finance.assets import asset_plan
from sopxl.steps.finance.balances import balance_sheet, cash_flow, financial_plan, payables_plan, receivables_plan
from sopxl.steps.finance.bridge import bridge_detail, profit_bridge
from sopxl.steps.finance.comparison import plan_comparison
from sopxl.steps.finance.exceptions import FINANCE_EXCEPTIONS, Situation
from sopxl.steps.finance.expenses import expense_plan
from sopxl.steps.finance.profit import history_by_family, profit_and_loss, profit_summary
from sopxl.steps.finance.sensitivities import sensitivities
from sopxl.steps.finance.standard_flows import standard_flows

MILLIONTHS = 6

Part = Callable[[Tables, Settings], pd.DataFrame]


def plan_finance(tables: Tables, settings: Settings) -> Tables:
    """The grids of the finance step and its exceptions.

    ``tables``: all declared tables, conformed, with the grids of demand and supply computed. Formula rows come
    computed too, because later grids and the exceptions need them.
    """
    labels, known = settings.periods.labels, dict(tables)
    for grid, part in _parts(history_by_family(tables, settings)):
        known[grid.name] = compute(grid, part(known, settings), labels, known)
    written = {grid.name: known[grid.name] for grid, _ in _parts(pd.DataFrame())}
    return {**written, "exceptions": FINANCE_EXCEPTIONS.find(Situation(known, settings))}


def _parts(history: pd.DataFrame) -> list[tuple[PlanGrid, Part]]:
    """The grids in the order in which they are made. ``history``: past revenue by family, market and position."""
    return [
        (declared.STOCK_FLOWS, stock_flows), (declared.EXPENSE_PLAN, expense_plan), (declared.ASSET_PLAN, asset_plan),
        (declared.PROFIT_AND_LOSS, partial(profit_and_loss, history=history)),
        (declared.PROFIT_SUMMARY, profit_summary),
        (declared.RECEIVABLES_PLAN, partial(receivables_plan, history=history)),
        (declared.PAYABLES_PLAN, payables_plan), (declared.FINANCIAL_PLAN, financial_plan),
        (declared.CASH_FLOW, cash_flow), (declared.BALANCE_SHEET, balance_sheet),
        (declared.KEY_FIGURES, key_figures), (declared.PLAN_COMPARISON, plan_comparison),
        (declared.BRIDGE_DETAIL, bridge_detail), (declared.PROFIT_BRIDGE, profit_bridge),
        (declared.SENSITIVITIES, sensitivities),
    ]


def stock_flows(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of what goes through stock, with the lines at standard cost that no formula can give."""
    flows = standard_flows(tables, settings)
    measures = {
        "Purchases at standard": flows.purchases,
        "Other production cost": flows.other_production_cost,
        "Components used": flows.components,
        "Production at standard": flows.production,
        "In transit and in process": flows.under_way,
    }
    rounded = {name: np.round(line, MILLIONTHS)[None, :] + 0.0 for name, line in measures.items()}
    unit = pd.DataFrame({"unit": [settings.company],
                         "opening_stock_value": flows.opening_on_hand + flows.opening_under_way})
    return stack(declared.STOCK_FLOWS, unit, rounded, settings.periods.labels)


def key_figures(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of the dashboard: formulas only."""
    return stack(declared.KEY_FIGURES, pd.DataFrame({"unit": [settings.company]}), {}, settings.periods.labels)
