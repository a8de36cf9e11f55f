"""What earlier plans expected: taken from the sales plan whenever a step runs, read back beside what was sold since.

A plan goes through STAGES: the baseline, what each role made of it, the consensus rule, the planner's override. A
snapshot keeps the baseline, and of the other stages only what they changed. To keep another stage, give it a place in
STAGES and its values in :func:`stages_of_plan`. What the seasonal naive forecast would have been is not kept: it
follows from the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.formulas import compute
from sopxl.grids import in_order
from sopxl.periods import LABEL_PATTERNS, is_label
from sopxl.prices import positions_of
from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.demand.history import History, rows_of_pairs
from sopxl.steps.demand.overrides import spread_overrides
from sopxl.steps.demand.tables import DEMAND_SNAPSHOTS, MOST_LAGS, ROLES, SALES_PLAN, planning_markets

STAGES = ("baseline", *ROLES, "rule", "planner")
"""Stages of a plan, each of which may change what the one before left."""
ORDERS = "orders"
"""What customers had ordered when the plan was made; kept beside the stages."""

DECIMALS = 2
SMALLEST_CHANGE = 0.005
LAG_COLUMNS = [f"lag_{lag}" for lag in range(1, MOST_LAGS + 1)]


def take_snapshot(
    existing: pd.DataFrame,
    cycle: str,
    series: pd.DataFrame,
    stages: Mapping[str, np.ndarray],
    authors: Mapping[str, np.ndarray],
    settings: Settings,
) -> pd.DataFrame:
    """The snapshots with those of one cycle replaced by the plan as it stands now.

    ``cycle``: label of the plan's first period. ``series``: S rows with item and market. ``stages``: stage -> S x H
    units, NaN where the stage has no opinion; ``authors``: stage -> S x H names, a stage may be left out. Kept are
    the first ``snapshot_lags`` periods of the newest ``snapshot_cycles`` plans of the plan's bucket.
    """
    lags = min(settings.snapshot_lags, MOST_LAGS, *(values.shape[1] for values in stages.values()))
    changes = _changes({stage: values[:, :lags] for stage, values in stages.items()})
    parts = [
        rows
        for stage, values in changes.items()
        for rows in _rows_by_author(series, stage, np.round(values, DECIMALS), authors.get(stage))
    ]
    if ORDERS in stages:
        orders = np.round(stages[ORDERS][:, :lags], DECIMALS)
        parts += _rows_by_author(series, ORDERS, np.where(orders > 0, orders, np.nan), None)
    others = existing[existing["cycle"] != cycle]
    if not parts:
        return _newest(others, settings)
    present = conform(DEMAND_SNAPSHOTS, pd.concat(parts, ignore_index=True).assign(cycle=cycle))
    snapshots = pd.concat([others, present], ignore_index=True) if len(others) else present
    return _newest(snapshots, settings)


def snapshot_of_plan(tables: Tables, settings: Settings) -> pd.DataFrame:
    """The snapshots, with the sales plan that now stands in ``tables`` as that of its own first period.

    The cycle is told by the plan's own period headings, so that after the first period of the settings was moved
    on, the plan of the cycle before is kept as planners left it. Formula rows are reckoned anew; a plan in another
    bucket than the settings' is left out.
    """
    plan, existing = tables["sales_plan"], tables["demand_snapshots"]
    plan, labels = plan[plan["item"] != ""], [name for name in plan.columns if is_label(name)]
    if plan.empty or not labels or not LABEL_PATTERNS[settings.bucket].match(labels[0]):
        return _newest(existing, settings)
    plan = compute(SALES_PLAN, in_order(SALES_PLAN, plan, labels), labels, tables)
    series = plan.iloc[:: len(SALES_PLAN.measures)][["item", "market", "family"]].reset_index(drop=True)
    typed = {role: _measure(plan, role.capitalize(), labels) for role in ROLES}
    if labels == settings.periods.labels:
        authors = _authors_of_overrides(tables, settings, plan, series, typed)
    else:
        authors = _kept_authors(existing, series, labels)
    authors = {role: np.where(np.isnan(typed[role]), authors[role], "") for role in ROLES}
    return take_snapshot(existing, labels[0], series, stages_of_plan(plan, labels), authors, settings)


def stages_of_plan(plan: pd.DataFrame, labels: list[str]) -> dict[str, np.ndarray]:
    """The stages of a sales plan whose formulas are reckoned, and ORDERS: stage -> S x H units, NaN: no opinion."""
    stages = {"baseline": np.nan_to_num(_measure(plan, "Baseline forecast", labels))}
    change = np.zeros_like(stages["baseline"])
    for role in (role.capitalize() for role in ROLES):
        typed, spread = _measure(plan, role, labels), _measure(plan, f"{role} spread", labels)
        stages[role.lower()] = np.where(np.isnan(typed), spread, typed)
        change += np.nan_to_num(_measure(plan, f"{role} change", labels))
    return {
        **stages, "rule": stages["baseline"] + change, "planner": _measure(plan, "Override", labels),
        ORDERS: np.nan_to_num(_measure(plan, "Orders in hand", labels)),
    }


@dataclass(frozen=True)
class PastPlans:
    """N forecasts of earlier plans whose period has been sold, one of a series in a cycle at a lag each.

    ``row``: N rows of the series; ``cycle`` and ``period``: N positions before the plan (-1: the period before it);
    ``lag``: N, 1 for the cycle's first period. ``sold`` and ``naive``: N units (naive NaN where nothing was known).
    ``after``: stage -> N units that stood after it; ``changed``: stage -> N whether it changed them; ``author``:
    stage -> N names.
    """

    row: np.ndarray
    cycle: np.ndarray
    lag: np.ndarray
    sold: np.ndarray
    naive: np.ndarray
    after: dict[str, np.ndarray]
    changed: dict[str, np.ndarray]
    author: dict[str, np.ndarray]

    @property
    def period(self) -> np.ndarray:
        """N: position of the period that was planned."""
        return np.asarray(self.cycle + self.lag - 1)

    @property
    def consensus(self) -> np.ndarray:
        """N: what the plan was made for."""
        return self.after[STAGES[-1]]


def read_past_plans(snapshots: pd.DataFrame, history: History, settings: Settings) -> PastPlans:
    """What earlier plans expected of periods that are over, beside what was sold.

    Compared is ``history.sold``, not what corrections made of it. A series that was planned and had not sold yet sold
    0, unless missing records mean 'not known'. Left out are series that the history does not have any more.
    """
    row = rows_of_pairs(history.series, snapshots[["item", "market"]])
    cycle = positions_of(snapshots["cycle"], settings)
    quantity = snapshots[LAG_COLUMNS].to_numpy(float)
    position = cycle[:, None] + np.arange(MOST_LAGS)
    past = ~np.isnan(quantity) & (position < 0) & (position >= -history.sold.shape[1]) & (row >= 0)[:, None]
    record, lag = np.nonzero(past)
    keys = np.stack([row[record], cycle[record], lag + 1.0]).astype(int)
    points, place = np.unique(keys, axis=1, return_inverse=True)
    values, names = _by_stage(snapshots, quantity, record, lag, place.reshape(-1), points.shape[1])
    sold = _sold(history, points, settings)
    known = ~np.isnan(sold) & ~np.isnan(values["baseline"])
    points, before = points[:, known], np.full(int(known.sum()), np.nan)
    after, changed = {}, {}
    for stage in STAGES:
        changed[stage] = ~np.isnan(values[stage][known])
        before = after[stage] = np.where(changed[stage], values[stage][known], before)
    author = {stage: names[stage][known] for stage in STAGES}
    return PastPlans(points[0], points[1], points[2], sold[known], _naive(history, points), after, changed, author)


def _changes(stages: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Stage -> S x L units where it changed what stood before it, else NaN; the baseline always."""
    before = stages["baseline"]
    changes = {"baseline": before}
    for stage in STAGES[1:]:
        if stage in stages:
            changed = ~np.isnan(stages[stage]) & (np.abs(stages[stage] - before) > SMALLEST_CHANGE)
            changes[stage] = np.where(changed, stages[stage], np.nan)
            before = np.where(changed, stages[stage], before)
    return changes


def _rows_by_author(
    series: pd.DataFrame, stage: str, values: np.ndarray, authors: np.ndarray | None
) -> list[pd.DataFrame]:
    """Rows of one stage, for each author those series that they changed."""
    lags = values.shape[1]
    known = ~np.isnan(values)
    names = np.full(values.shape, "", dtype=object) if authors is None else authors[:, :lags]
    parts = []
    for name in sorted(set(names[known])):
        own = np.where(known & (names == name), values, np.nan)
        rows = np.flatnonzero(~np.isnan(own).all(axis=1))
        frame = series.iloc[rows][["item", "market"]].reset_index(drop=True).assign(stage=stage, author=name)
        parts.append(pd.concat([frame, pd.DataFrame(own[rows], columns=LAG_COLUMNS[:lags])], axis=1))
    return parts


def _newest(snapshots: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The newest cycles that are to be kept, the newest first, by item, market and stage."""
    position = positions_of(snapshots["cycle"], settings)
    cycles = np.unique(position[~np.isnan(position)])[::-1][: settings.snapshot_cycles]
    stage = snapshots["stage"].map({stage: place for place, stage in enumerate((*STAGES, ORDERS))})
    ordered = snapshots.assign(position=-position, place=stage)[np.isin(position, cycles)]
    ordered = ordered.sort_values(["position", "item", "market", "place", "author"], kind="stable", ignore_index=True)
    return ordered[DEMAND_SNAPSHOTS.column_names]


def _measure(plan: pd.DataFrame, name: str, labels: list[str]) -> np.ndarray:
    """One measure of a sales plan whose rows are in order, S x H."""
    return plan[labels].iloc[SALES_PLAN.measure_names.index(name) :: len(SALES_PLAN.measures)].to_numpy(float)


def _authors_of_overrides(
    tables: Tables, settings: Settings, plan: pd.DataFrame, series: pd.DataFrame, typed: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Who entered the override that governs each cell of the plan in force: role -> S x H names."""
    labels = settings.periods.labels
    markets = planning_markets(tables["markets"], settings.market_level)
    channel_of = dict(zip(markets, tables["markets"]["channel"], strict=True))
    baseline, last_year, price = (
        np.nan_to_num(_measure(plan, name, labels)) for name in ("Baseline forecast", "Last year", "Price")
    )
    described = series.assign(channel=series["market"].map(channel_of).fillna(""))
    return spread_overrides(tables["overrides"], described, baseline, last_year, price, typed, settings).authors


def _kept_authors(existing: pd.DataFrame, series: pd.DataFrame, labels: list[str]) -> dict[str, np.ndarray]:
    """Who is named in the snapshot of a past cycle: role -> S x H names; its overrides may have gone since."""
    names = {role: np.full((len(series), len(labels)), "", dtype=object) for role in ROLES}
    lags = LAG_COLUMNS[: len(labels)]
    for role, held in names.items():
        kept = existing[(existing["cycle"] == labels[0]) & (existing["stage"] == role)]
        rows = rows_of_pairs(series, kept[["item", "market"]])
        record, lag = np.nonzero(kept[lags].notna().to_numpy(bool) & (rows >= 0)[:, None])
        held[rows[record], lag] = kept["author"].to_numpy(object)[record]
    return names


def _by_stage(
    snapshots: pd.DataFrame, quantity: np.ndarray, record: np.ndarray, lag: np.ndarray, place: np.ndarray, count: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Stage -> units and authors of each point, NaN and empty where the stage has none."""
    stage, author = snapshots["stage"].to_numpy(object)[record], snapshots["author"].to_numpy(object)[record]
    values = {name: np.full(count, np.nan) for name in STAGES}
    names = {name: np.full(count, "", dtype=object) for name in STAGES}
    for name in STAGES:
        own = stage == name
        values[name][place[own]] = quantity[record[own], lag[own]]
        names[name][place[own]] = author[own]
    return values, names


def _sold(history: History, points: np.ndarray, settings: Settings) -> np.ndarray:
    """What was sold in the period of each point; NaN where it is not known."""
    row, cycle, lag = points
    sold = history.sold[row, cycle + lag - 1]
    return np.asarray(np.nan_to_num(sold) if settings.missing_history == "zero" else sold)


def _naive(history: History, points: np.ndarray) -> np.ndarray:
    """Sales of the same period in the last year known to the cycle; else of the last period known to it; else NaN."""
    row, cycle, lag = points
    count = history.sold.shape[1]
    years_back = -(-lag // history.season)
    seasonal = _at(history, row, count + cycle + lag - 1 - history.season * years_back)
    last = _at(history, row, count + cycle - 1)
    return np.asarray(np.where(np.isnan(seasonal), last, seasonal))


def _at(history: History, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """What was sold by each series in each column of the history; NaN before its start."""
    padded = np.pad(history.sold, ((0, 0), (1, 0)), constant_values=np.nan)
    return np.asarray(padded[row, np.maximum(column, -1) + 1])

