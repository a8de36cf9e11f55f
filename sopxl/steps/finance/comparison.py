"""The plan beside budget, last plan, last year and latest estimate, and the last plan kept for the next cycle.

The grid is live from the profit and loss; here stand what the versions say (:mod:`comparison_versions`) and what has
been sold of the running fiscal year.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sopxl.grids import stack
from sopxl.periods import is_label
from sopxl.prices import positions_of
from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.finance.comparison_versions import (
    KEYS,
    VERSION_FIGURES,
    Compared,
    figures_of_plan,
    grid_of,
    newest_kept,
)
from sopxl.steps.finance.tables import COMPARED, PLAN_COMPARISON, REFERENCE_PLANS

BELOW_MARGIN = ("operating_expenses", "depreciation")
COST_OF_GOODS = ("cost_of_goods", "production_variance", "overtime_and_expediting", "other_cost")


def plan_comparison(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid ``plan_comparison``. ``tables``: with the profit and loss computed."""
    known = Compared(tables, settings)
    versions = {version: figures(known) for version, figures in VERSION_FIGURES.items()}
    pairs = pairs_of(known, versions)
    measures = {"New fiscal year": np.broadcast_to(_new_years(settings), (len(pairs), settings.horizon))}
    for version, rows in versions.items():
        for name, values in amounts_of(rows, pairs, settings.horizon).items():
            measures[f"{version} {name}"] = values
    objects = pairs.assign(**_so_far("actual", known.history, pairs, settings),
                           **_so_far("budget", versions["Budget"], pairs, settings))
    return stack(PLAN_COMPARISON, objects, measures, settings.periods.labels)


def pairs_of(known: Compared, versions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every family and market of the plan or of a version within the plan's periods, in order."""
    last = known.settings.horizon - 1
    found = [rows.loc[rows["position"].between(0, last), KEYS] for rows in versions.values()]
    pairs = pd.concat([known.tables["profit_and_loss"][KEYS], *found], ignore_index=True)
    return pairs.drop_duplicates().sort_values(KEYS, ignore_index=True)


def amounts_of(rows: pd.DataFrame, pairs: pd.DataFrame, periods: int) -> dict[str, np.ndarray]:
    """What a version says of each figure that is compared, by its words: pairs x periods, NaN where not known."""
    figure = {name: grid_of(rows, name, pairs, periods) for name in ("quantity", "net_sales", *COST_OF_GOODS,
                                                                     *BELOW_MARGIN)}
    margin = figure["net_sales"] - sum(_known(figure[name], figure["net_sales"]) for name in COST_OF_GOODS)
    ebit = margin - figure["operating_expenses"] - figure["depreciation"]
    return {"quantity": figure["quantity"], "net sales": figure["net_sales"], "gross margin": margin, "EBIT": ebit}


def _known(cost: np.ndarray, sales: np.ndarray) -> np.ndarray:
    """A cost of goods, 0 where sales are known and it is not."""
    return np.where(np.isnan(cost) & ~np.isnan(sales), 0.0, cost)


def fiscal_years(positions: np.ndarray, settings: Settings) -> np.ndarray:
    """The number of the fiscal year of each position; a week belongs to the month of its Thursday."""
    first = settings.periods.index[0]
    dates = [(first + int(position)).start_time for position in positions]
    if settings.bucket == "week":
        dates = [date + pd.Timedelta(days=3) for date in dates]
    return np.array([(date.year * 12 + date.month - settings.fiscal_year_start) // 12 for date in dates])


def _new_years(settings: Settings) -> np.ndarray:
    """T: 1 in the first period of a fiscal year."""
    years = fiscal_years(np.arange(-1, settings.horizon), settings)
    return np.asarray(np.diff(years) > 0, dtype=float)


def _so_far(prefix: str, rows: pd.DataFrame, pairs: pd.DataFrame, settings: Settings) -> dict[str, np.ndarray]:
    """What rows say of the running fiscal year before the plan starts, added up by pair, as attributes."""
    year = settings.periods.season_length
    past = rows[rows["position"].between(-year, -1)]
    same = fiscal_years(past["position"].to_numpy(), settings) == fiscal_years(np.array([0]), settings)[0]
    past = past[same].fillna(0.0)
    gross_margin = past["net_sales"] - past[[name for name in COST_OF_GOODS if name in past]].sum(axis=1)
    sums = past.assign(gross_margin=gross_margin).groupby(KEYS)[["quantity", "net_sales", "gross_margin"]].sum()
    sums = sums.reindex(pd.MultiIndex.from_frame(pairs[KEYS])).fillna(0.0)
    return {f"{prefix}_{figure.attribute}": sums[figure.attribute].to_numpy(float)
            for figure in COMPARED if figure.has_actual}


def is_of_earlier_cycle(tables: Tables, settings: Settings) -> bool:
    """Whether the profit and loss is that of a plan that starts before the settings' first period."""
    labels = labels_of(tables)
    return bool(labels) and bool((positions_of(labels[:1], settings) < 0).all())


def labels_of(tables: Tables) -> list[str]:
    """The periods of the profit and loss that stands in the tables; none where it is empty."""
    plan = tables["profit_and_loss"]
    return [str(name) for name in plan.columns if is_label(str(name))] if len(plan) else []


def keep_plan(tables: Tables, settings: Settings, of_plan: Settings) -> pd.DataFrame:
    """The kept plans with the one that stands in ``tables``.

    ``settings``: those in force; ``of_plan``: the same with the periods of that plan, in which the tables are computed.
    """
    known = Compared(tables, of_plan)
    rows = figures_of_plan(known)
    version, labels = of_plan.first_period, np.array(of_plan.periods.labels, dtype=object)
    pairs = pd.MultiIndex.from_frame(rows[KEYS])
    kept = rows.assign(
        version=version, period=labels[rows["position"].to_numpy(int)], exchange_rate=known.rates(rows),
        currency=known.currencies.reindex(pairs).fillna(settings.currency).to_numpy(str),
    )
    others = tables["reference_plans"]
    others = others[others["version"] != version]
    together = pd.concat([others, conform(REFERENCE_PLANS, kept)], ignore_index=True) if len(others) else kept
    return newest_kept(conform(REFERENCE_PLANS, together), settings, settings.kept_plans)
