"""Operating expenses and deductions from sales: which row of their tables holds for a family, a market and a period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.grids import stack, take
from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.finance.tables import EXPENSE_PLAN

PERCENT = 100.0


def expense_plan(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of expenses: the amount of each in force, period by period; rows of one expense that overlap add up."""
    rows = tables["operating_expenses"]
    rows = rows[rows["amount"].notna()].reset_index(drop=True)
    objects = rows[list(EXPENSE_PLAN.key)].drop_duplicates(ignore_index=True)
    number = pd.MultiIndex.from_frame(objects).get_indexer(pd.MultiIndex.from_frame(rows[list(EXPENSE_PLAN.key)]))
    amount = rows["amount"].to_numpy(float) / np.where(rows["basis"] == "percent", PERCENT, 1.0)
    amounts = np.zeros((len(objects), settings.horizon))
    np.add.at(amounts, number, amount[:, None] * _in_force(rows, settings))
    return stack(EXPENSE_PLAN, objects, {"Amount": amounts}, settings.periods.labels)


def _in_force(rows: pd.DataFrame, settings: Settings) -> np.ndarray:
    """Rows x T: whether the row holds in the period."""
    period = np.arange(settings.horizon)
    first = positions_of(rows["from_period"], settings)
    last = np.where(rows["until_period"] == "", np.inf, positions_of(rows["until_period"], settings))
    return np.asarray((period >= first[:, None]) & (period <= last[:, None]))


def matches(pairs: pd.DataFrame, family: str, market: str) -> np.ndarray:
    """Pairs (rows with family and market) that a row is for; empty: all."""
    of_family = (pairs["family"] == family).to_numpy(bool) | (family == "")
    return np.asarray(of_family & ((pairs["market"] == market).to_numpy(bool) | (market == "")))


def expense_rates(tables: Tables, settings: Settings, pairs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Expense per unit and expense rate of each pair: P x T."""
    amounts = take(EXPENSE_PLAN, tables["expense_plan"], "Amount", settings.periods.labels).fillna(0.0)
    rates = {name: np.zeros((len(pairs), settings.horizon)) for name in ("Expense per unit", "Expense rate")}
    named = {"per unit": "Expense per unit", "percent": "Expense rate"}
    for place, (_, basis, family, market) in enumerate(amounts.index):
        if basis in named:
            rates[named[basis]] += np.outer(matches(pairs, family, market), amounts.iloc[place].to_numpy(float))
    return rates


def deduction_rates(tables: Tables, settings: Settings, pairs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Discount and rebate rate of each pair (with family, market and channel): P x T.

    The row that says most counts: one for the market before one for the channel before one for the family; of several
    for the same the latest that is in force.
    """
    rows = tables["sales_deductions"]
    rows = rows.assign(
        start=positions_of(rows["from_period"], settings),
        rank=4 * (rows["market"] != "") + 2 * (rows["channel"] != "") + (rows["family"] != ""),
    ).dropna(subset=["start"]).sort_values(["rank", "start"], kind="stable")
    rates = {name: np.zeros((len(pairs), settings.horizon)) for name in ("Discount rate", "Rebate rate")}
    columns = (rows[name] for name in ("family", "market", "channel", "start", "discount", "rebate"))
    for family, market, channel, start, discount, rebate in zip(*columns, strict=True):
        meant = matches(pairs, family, market)
        meant &= (pairs["channel"] == channel).to_numpy(bool) | (channel == "")
        first = max(int(start), 0)
        rates["Discount rate"][meant, first:] = discount
        rates["Rebate rate"][meant, first:] = rebate
    return rates
