"""What finance allows and asks for: the table of its limits as rows of the network, and what counts in which row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.validity import ever_open, with_span

OVERTIME, STOCK, MARGIN = "overtime budget", "stock value", "gross margin"
KINDS = (OVERTIME, STOCK, MARGIN)
ALL_FAMILIES = "all families"
COLUMNS = ["limit", "family", "name", "amount", "share", "first", "last", "in_total"]


def financial_limits_of(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The rows of the table that hold in some period of the plan (COLUMNS), their span within the plan."""
    rows = with_span(tables["financial_limits"], settings, "from_period", "until_period")
    rows = ever_open(rows[rows["amount"].notna() | rows["share"].notna()], settings.horizon)
    return rows.assign(
        first=rows["first"].clip(lower=0).astype(int), last=rows["last"].clip(upper=settings.horizon - 1).astype(int),
        in_total=rows["holds_for"] == "all together", name=rows["family"].replace("", ALL_FAMILIES),
    )[COLUMNS].reset_index(drop=True)


def limits_of_kind(network: Network, kind: str) -> np.ndarray:
    """Numbers of the financial limits of a kind."""
    return np.flatnonzero(network.financial_limits["limit"] == kind)


def is_of_family(network: Network, nodes: np.ndarray, numbered: np.ndarray) -> np.ndarray:
    """Nodes x limits: whether the item of the node is of the limit's family; those without a family are for all."""
    families = network.financial_limits["family"].to_numpy(object)[numbered]
    of_nodes = network.nodes["family"].to_numpy(object)[nodes]
    return np.asarray((of_nodes[:, None] == families[None, :]) | (families == "")[None, :])


def counts_in(network: Network, numbered: np.ndarray, periods: int) -> np.ndarray:
    """Limits x T: the period whose row a period counts in, -1 outside the limit's span."""
    rows = network.financial_limits.iloc[numbered]
    first, last = (rows[name].to_numpy(int)[:, None] for name in ("first", "last"))
    period = np.arange(periods)
    row = np.where(rows["in_total"].to_numpy(bool)[:, None], last, period)
    return np.asarray(np.where((first <= period) & (period <= last), row, -1))


def stated(network: Network, numbered: np.ndarray, periods: int) -> np.ndarray:
    """Limits x T: the amount in the periods that have a row, NaN in others."""
    amount = network.financial_limits["amount"].fillna(0.0).to_numpy(float)[numbered]
    has_row = counts_in(network, numbered, periods) == np.arange(periods)
    return np.asarray(np.where(has_row, amount[:, None], np.nan))
