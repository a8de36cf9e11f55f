"""The finance step: margin by family and market, the financial plan and the key figures, against budget.

Nearly every line is a formula (``tables.py``); here stand its objects, opening balances and the lines that no
formula can give. A new line of the plan is a measure in ``tables.py``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.formulas import compute
from sopxl.grids import stack, take
from sopxl.periods import DAYS_PER_PERIOD
from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.tables import planning_markets
from sopxl.steps.finance.exceptions import FINANCE_EXCEPTIONS, Situation
from sopxl.steps.finance.standard_flows import StandardFlows, standard_flows
from sopxl.steps.finance.tables import FAMILY_MARGIN, FINANCIAL_PLAN, KEY_FIGURES
from sopxl.steps.supply.tables import PROCUREMENT_PLAN

NO_FAMILY = "(no family)"
KEYS = ["family", "market"]
MILLIONTHS = 6


def plan_finance(tables: Tables, settings: Settings) -> Tables:
    """Family margin, financial plan, key figures and the exceptions of the finance step.

    ``tables``: all declared tables, conformed, with the grids of demand and supply computed. Formula rows come
    computed too, because the exceptions need them.
    """
    labels = settings.periods.labels
    history = _history_by_family(tables, settings)
    family_margin = _family_margin(tables, settings, history)
    known = {**tables, "family_margin": compute(FAMILY_MARGIN, family_margin, labels, tables)}
    plan = _financial_plan(known, settings, standard_flows(known, settings), history)
    known["financial_plan"] = compute(FINANCIAL_PLAN, plan, labels, known)
    unit = pd.DataFrame({"unit": [settings.company]})
    known["key_figures"] = compute(KEY_FIGURES, stack(KEY_FIGURES, unit, {}, labels), labels, known)
    written = {name: known[name] for name in ("family_margin", "financial_plan", "key_figures")}
    return {**written, "exceptions": FINANCE_EXCEPTIONS.find(Situation(known, settings))}


def _family_margin(tables: Tables, settings: Settings, history: pd.DataFrame) -> pd.DataFrame:
    """The grid of every family and market that ships, was sold last year or has a budget."""
    last, year = settings.horizon - 1, settings.periods.season_length
    budget = tables["budget"].assign(position=positions_of(tables["budget"]["period"], settings))
    budget = budget[budget["position"].between(0, last)]
    last_year = history.assign(position=history["position"] + year)
    last_year = last_year[last_year["position"].between(0, last)]
    pairs = pd.concat([tables["backlog_plan"][KEYS], budget[KEYS], last_year[KEYS]], ignore_index=True)
    pairs = pairs.drop_duplicates().sort_values(KEYS, ignore_index=True)
    past = np.arange(settings.horizon) < year
    measures = {
        "Last year revenue": np.where(past, _spread(last_year, "revenue", pairs, settings.horizon), np.nan),
        "Budget revenue": _spread(budget, "revenue", pairs, settings.horizon),
        "Budget gross margin": _spread(budget, "gross_margin", pairs, settings.horizon),
    }
    return stack(FAMILY_MARGIN, pairs, measures, settings.periods.labels)


def _financial_plan(
    tables: Tables, settings: Settings, flows: StandardFlows, history: pd.DataFrame
) -> pd.DataFrame:
    """The grid of the one unit, with its opening balances and the lines at standard cost."""
    days = DAYS_PER_PERIOD[settings.bucket]
    receivable_share, payable_share = settings.receivable_days / days, settings.payable_days / days
    unit = pd.DataFrame({
        "unit": [settings.company],
        "expense_share": settings.operating_expense_percent / 100.0,
        "fixed_expenses": settings.operating_expense_fixed,
        "receivable_share": receivable_share,
        "payable_share": payable_share,
        "opening_stock_value": flows.opening_on_hand + flows.opening_under_way,
        "opening_receivables": _opening_receivables(history, receivable_share),
        "opening_payables": _opening_payables(tables, settings, payable_share),
    })
    measures = {
        "Purchases at standard": flows.purchases[None, :],
        "Other production cost": flows.other_production_cost[None, :],
        "Components used": flows.components[None, :],
        "Production at standard": flows.production[None, :],
        "In transit and in process": flows.under_way[None, :],
    }
    rounded = {name: np.round(line, MILLIONTHS) + 0.0 for name, line in measures.items()}
    return stack(FINANCIAL_PLAN, unit, rounded, settings.periods.labels)


def _history_by_family(tables: Tables, settings: Settings) -> pd.DataFrame:
    """Past revenue by family, planning market and position (-1 is the period before the plan)."""
    history = tables["sales_history"]
    market_of = planning_markets(tables["markets"], settings.market_level)
    family_of = tables["items"].drop_duplicates("item").set_index("item")["family"]
    rows = pd.DataFrame({
        "family": history["item"].map(family_of).fillna(NO_FAMILY).to_numpy(),
        "market": history["market"].map(market_of[~market_of.index.duplicated()]).fillna(history["market"]).to_numpy(),
        "position": positions_of(history["period"], settings),
        "revenue": history["revenue"].to_numpy(float),
    })
    rows = rows[rows["position"] < 0]
    return rows.groupby([*KEYS, "position"])["revenue"].sum().reset_index()


def _spread(rows: pd.DataFrame, column: str, pairs: pd.DataFrame, periods: int) -> np.ndarray:
    """Pairs x periods: the column added up at its pair and position; what lies beyond the plan is left out."""
    rows = rows[rows["position"] < periods]
    row_of = pd.Series(np.arange(len(pairs)), index=pd.MultiIndex.from_frame(pairs[KEYS]), dtype=int)
    values = np.zeros((len(pairs), periods))
    pair = row_of.loc[pd.MultiIndex.from_frame(rows[KEYS])].to_numpy().astype(int)
    np.add.at(values, (pair, rows["position"].to_numpy().astype(int)), rows[column].fillna(0.0).to_numpy(float))
    return values


def _opening_receivables(history: pd.DataFrame, share: float) -> float:
    """What customers owe at the start: the mean revenue of the periods not yet paid, times how many they are."""
    periods = max(1, int(np.ceil(share)))
    return float(history.loc[history["position"] >= -periods, "revenue"].sum() / periods * share)


def _opening_payables(tables: Tables, settings: Settings, share: float) -> float:
    """What is owed to suppliers at the start: past purchases are not known; they are taken to be as the first planned.

    So the first periods neither free nor bind cash by payables while purchases stay as they are.
    """
    periods = max(1, int(np.ceil(share)))
    spend = take(PROCUREMENT_PLAN, tables["procurement_plan"], "Spend", settings.periods.labels[:periods])
    return float(np.nan_to_num(spend.to_numpy(float)).sum() / max(1, min(periods, settings.horizon)) * share)
