"""The profit and loss by family and market: its objects, rates, shares and what it is held against."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.grids import stack
from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.tables import planning_markets
from sopxl.steps.finance.expenses import deduction_rates, expense_rates
from sopxl.steps.finance.shares import Spread, shares
from sopxl.steps.finance.tables import NOT_ALLOCATED, PROFIT_AND_LOSS, PROFIT_SUMMARY

NO_FAMILY = "(no family)"
KEYS = ["family", "market"]
LEVELS = {"total": "", "family": "family", "market group": "market_group", "channel": "channel", "market": "market"}
"""Level of the profit summary -> the column whose values it has a row for."""


def history_by_family(tables: Tables, settings: Settings) -> pd.DataFrame:
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


def profit_and_loss(tables: Tables, settings: Settings, history: pd.DataFrame) -> pd.DataFrame:
    """The grid of every family and market that ships, was sold last year or has a budget.

    A last object '(not allocated)' stands where something arises that none of them can bear. ``tables``: with the
    grids before it computed; ``history``: see :func:`history_by_family`.
    """
    last, year = settings.horizon - 1, settings.periods.season_length
    budget = tables["budget"].assign(position=positions_of(tables["budget"]["period"], settings))
    budget = budget[budget["position"].between(0, last)]
    last_year = history.assign(position=history["position"] + year)
    last_year = last_year[last_year["position"].between(0, last)]
    pairs = pd.concat([tables["backlog_plan"][KEYS], budget[KEYS], last_year[KEYS]], ignore_index=True)
    pairs = _with_market(pairs.drop_duplicates().sort_values(KEYS, ignore_index=True), tables, settings)
    past = np.arange(settings.horizon) < year
    of_pairs = {
        **deduction_rates(tables, settings, pairs), **expense_rates(tables, settings, pairs),
        "Last year revenue": np.where(past, _spread(last_year, "revenue", pairs, settings.horizon), np.nan),
        "Budget revenue": _spread(budget, "revenue", pairs, settings.horizon),
        "Budget gross margin": _spread(budget, "gross_margin", pairs, settings.horizon),
    }
    nothing = np.zeros((1, settings.horizon))
    measures = {name: np.concatenate([values, nothing]) for name, values in of_pairs.items()}
    measures |= shares(Spread(tables, settings, pairs))
    objects = pd.concat([pairs, _not_allocated(settings)], ignore_index=True)
    if not any(values[-1].any() for values in measures.values()):
        objects, measures = pairs, {name: values[:-1] for name, values in measures.items()}
    return stack(PROFIT_AND_LOSS, objects, measures, settings.periods.labels)


def profit_summary(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of sums: the unit, and each family, market group, channel and market of the profit and loss."""
    objects = tables["profit_and_loss"][["family", "market_group", "channel", "market"]].drop_duplicates()
    rows = []
    for level, column in LEVELS.items():
        values = sorted(set(objects[column]) - {""}) if column else [""]
        rows += [{"level": level, **({column: value} if column else {})} for value in values]
    frame = pd.DataFrame(rows).reindex(columns=PROFIT_SUMMARY.column_names).fillna("").astype("str")
    return stack(PROFIT_SUMMARY, frame, {}, settings.periods.labels)


def _with_market(pairs: pd.DataFrame, tables: Tables, settings: Settings) -> pd.DataFrame:
    """The pairs with market group and channel of their planning market, and the unit."""
    markets = tables["markets"]
    names = planning_markets(markets, settings.market_level).to_numpy()
    known = markets.set_axis(names)[["market_group", "channel"]]
    found = known[~known.index.duplicated()].reindex(pairs["market"]).fillna("").reset_index(drop=True)
    return pairs.assign(market_group=found["market_group"], channel=found["channel"], unit=settings.company)


def _not_allocated(settings: Settings) -> pd.DataFrame:
    """The object of what no family and market can bear."""
    names = dict.fromkeys(("family", "market", "market_group", "channel"), NOT_ALLOCATED)
    return pd.DataFrame([{**names, "unit": settings.company}])


def _spread(rows: pd.DataFrame, column: str, pairs: pd.DataFrame, periods: int) -> np.ndarray:
    """Pairs x periods: the column added up at its pair and position; what lies beyond the plan is left out."""
    rows = rows[rows["position"] < periods]
    row_of = pd.Series(np.arange(len(pairs)), index=pd.MultiIndex.from_frame(pairs[KEYS]), dtype=int)
    values = np.zeros((len(pairs), periods))
    pair = row_of.loc[pd.MultiIndex.from_frame(rows[KEYS])].to_numpy().astype(int)
    np.add.at(values, (pair, rows["position"].to_numpy().astype(int)), rows[column].fillna(0.0).to_numpy(float))
    return values
