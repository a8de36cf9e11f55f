"""The bridge from each version's EBIT to the plan's: what the versions say, laid beside the profit and loss.

The effects are live formulas: a step is a line in STEPS (``tables/comparison.py``), where its definition stands.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.grids import stack
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.finance.comparison import pairs_of
from sopxl.steps.finance.comparison_versions import KEYS, VERSION_FIGURES, Compared, base_rates, grid_of
from sopxl.steps.finance.tables import BELOW_MARGIN, BRIDGE_DETAIL, PROFIT_BRIDGE, STEP_NAMES

UNITS_AND_MARGIN = ("quantity", "net sales", "cost of goods", "unserved")


def bridge_detail(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of every version, family and market. ``tables``: with the profit and loss computed.

    A version that knows nothing of the plan's periods has no bridge.
    """
    known = Compared(tables, settings)
    parts = [_detail(version, figures(known), known) for version, figures in VERSION_FIGURES.items()]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else BRIDGE_DETAIL.empty_frame()


def falling_steps(detail: pd.DataFrame, version: str, family: str, periods: list[str]) -> pd.Series:
    """The steps that lower the EBIT of a family against a version, the largest first: step -> money below 0."""
    rows = detail[(detail["version"] == version) & (detail["family"] == family) & detail["measure"].isin(STEP_NAMES)]
    money = rows.reindex(columns=periods).sum(axis=1)
    totals = money.groupby(rows["measure"]).sum().sort_values(kind="stable")
    return totals[totals < 0]


def profit_bridge(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of the sums by version: formulas only. ``tables``: with ``bridge_detail`` computed."""
    versions = tables["bridge_detail"][["version"]].drop_duplicates(ignore_index=True)
    if versions.empty:
        return PROFIT_BRIDGE.empty_frame()
    return stack(PROFIT_BRIDGE, versions, {}, settings.periods.labels)


def _detail(version: str, rows: pd.DataFrame, known: Compared) -> pd.DataFrame:
    """The objects of one version: every family and market that it or the plan sells."""
    horizon, labels = known.settings.horizon, known.settings.periods.labels
    rows = rows[rows["position"].between(0, horizon - 1)]
    if rows.empty:
        return BRIDGE_DETAIL.empty_frame()
    pairs = pairs_of(known, {version: rows})
    is_compared = np.isin(np.arange(horizon), rows["position"])
    measures = {f"Base {name}": grid_of(rows, name.replace(" ", "_"), pairs, horizon)
                for name in (*UNITS_AND_MARGIN, *BELOW_MARGIN)}
    plan_rate, base_rate = _rates(version, pairs, known)
    of_all = measures["Base quantity"].sum(axis=0)
    measures |= {
        "Compared": np.broadcast_to(is_compared.astype(float), (len(pairs), horizon)),
        "Base quantity of all": np.broadcast_to(of_all, (len(pairs), horizon)),
        "Base rate": np.where(is_compared, base_rate, np.nan), "Plan rate": np.where(is_compared, plan_rate, np.nan),
    }
    currency = known.currencies.reindex(pd.MultiIndex.from_frame(pairs)).fillna(known.settings.currency)
    return stack(BRIDGE_DETAIL, pairs.assign(version=version, currency=currency.to_numpy(str)), measures, labels)


def _rates(version: str, pairs: pd.DataFrame, known: Compared) -> tuple[np.ndarray, np.ndarray]:
    """Exchange rates of the plan and of the version: pairs x periods."""
    horizon = known.settings.horizon
    rows = pairs[KEYS].loc[pairs.index.repeat(horizon)].reset_index(drop=True)
    rows["position"] = np.tile(np.arange(horizon), len(pairs))
    of_plan = known.rates(rows)
    of_base = base_rates(version, known, rows)
    shape = (len(pairs), horizon)
    return of_plan.reshape(shape), np.where(np.isnan(of_base), of_plan, of_base).reshape(shape)
