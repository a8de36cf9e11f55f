"""The pipeline of development projects: what each brings period by period, its value and risk, and the load of all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sopxl.grids import stack, take
from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.standard_cost import standard_cost
from sopxl.steps.demand.tables import SALES_PLAN, planning_markets
from sopxl.steps.strategy.dates import label_at
from sopxl.steps.strategy.project_overlay import with_projects
from sopxl.steps.strategy.projects import WEIGHTS, Project, hours_of, read_projects
from sopxl.steps.strategy.tables import PROJECT_LOAD, PROJECT_PIPELINE, PROJECT_REVIEW
from sopxl.steps.strategy.valuation import continued, end_of_life, net_present_value, payback
from sopxl.steps.supply.capacity import available_hours

LOADS = {"Full": "all", "Expected": "expected", "Committed": "committed"}
"""Rows of the load by the basis on which they count."""


@dataclass(frozen=True)
class Sales:
    """What one project sells if it is launched, T periods each: units, price and cost of one, and what it takes."""

    demand: np.ndarray
    price: np.ndarray
    unit_cost: np.ndarray
    taken: np.ndarray
    margin_of_taken: np.ndarray

    @property
    def margin(self) -> np.ndarray:
        """T: net sales less cost, less the margin taken from the item that it replaces."""
        return np.asarray(self.demand * (self.price - self.unit_cost) - self.taken * self.margin_of_taken)


def review_projects(entered: Tables, launched: Tables, settings: Settings) -> Tables:
    """The three tables of the pipeline.

    ``entered``: the tables as planners entered them; ``launched``: the demand step's tables where every project is
    launched.
    """
    projects = read_projects(entered, settings)
    full = with_projects(entered, replace(settings, project_basis="all"))
    sales = [_sales(project, full, launched["sales_plan"], settings) for project in projects]
    load = _load(projects, entered, settings)
    return {
        "project_pipeline": _pipeline(projects, sales, entered, settings),
        "project_load": load.grid,
        "project_review": _review(projects, sales, load, settings),
    }


def _sales(project: Project, tables: Tables, plan: pd.DataFrame, settings: Settings) -> Sales:
    """What the project sells in its markets."""
    item, market = project.row["launch_item"], project.row["launch_market"]
    nothing = np.zeros(settings.horizon)
    if not item or "measure" not in plan:
        return Sales(nothing, nothing, nothing, nothing, nothing)
    demand, price, cost = _of_item(str(item), str(market), tables, plan, settings)
    _, other_price, other_cost = _of_item(str(project.row["replaces"]), str(market), tables, plan, settings)
    share = float(project.row["taken_share"]) if project.row["replaces"] else 0.0
    return Sales(demand, price, cost, demand * share, other_price - other_cost)


def _of_item(
    item: str, market: str, tables: Tables, plan: pd.DataFrame, settings: Settings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units of an item in a market (empty: all), and average price and cost of one with freight; T each."""
    rows = plan[(plan["item"] == item) & ((plan["market"] == market) | (market == ""))]
    units, price = (take(SALES_PLAN, rows, name, settings.periods.labels) for name in ("Consensus", "Price"))
    if not len(units):
        return np.zeros(settings.horizon), np.zeros(settings.horizon), np.zeros(settings.horizon)
    quantity = np.nan_to_num(units.to_numpy(float))
    whole = quantity.sum(axis=0)
    shares = np.where(whole > 0, quantity / np.where(whole > 0, whole, 1.0), 1.0 / len(quantity))
    standard = float(standard_cost(tables, [item])[0])
    markets = planning_markets(tables["markets"], settings.market_level)
    freight = pd.Series(tables["markets"]["freight_cost"].to_numpy(float)).groupby(markets.to_numpy()).mean()
    of_market = freight.reindex(units.index.get_level_values("market")).fillna(0.0).to_numpy(float)
    return whole, (shares * np.nan_to_num(price.to_numpy(float))).sum(axis=0), standard + of_market @ shares


def _pipeline(projects: list[Project], sales: list[Sales], tables: Tables, settings: Settings) -> pd.DataFrame:
    """The grid of what every project brings and takes."""
    objects = pd.DataFrame({
        "project": [project.name for project in projects], "name": [project.row["name"] for project in projects],
        "status": [project.row["status"] for project in projects],
        "probability": [project.probability for project in projects],
        "committed": [float(project.is_committed) for project in projects],
    })
    needs = hours_of(projects, tables, settings)
    rows: dict[str, list[np.ndarray]] = {name: [] for name in (
        "Demand if launched", "Price", "Unit cost", "Demand taken", "Margin of one taken", "Expense",
        "Expected expense", "Investment", "Expected investment", "Hours", "Expected hours")}
    for project, sold in zip(projects, sales, strict=True):
        reached = np.array([stage.reached for stage in project.stages])
        mine = needs[[one is project for one in needs["project"]]]
        flows = {
            "Expense": _by_stage([stage.expenses(settings) for stage in project.stages], settings),
            "Investment": _by_stage([stage.investments(settings) for stage in project.stages], settings),
        }
        cells = {
            "Demand if launched": sold.demand, "Price": sold.price, "Unit cost": sold.unit_cost,
            "Demand taken": sold.taken, "Margin of one taken": sold.margin_of_taken,
            **{name: flow.sum(axis=0) for name, flow in flows.items()},
            **{f"Expected {name.lower()}": reached @ flow for name, flow in flows.items()},
            "Hours": _by_stage(mine["hours"].tolist(), settings).sum(axis=0),
            "Expected hours": np.array([stage.reached for stage in mine["stage"]]) @ _by_stage(
                mine["hours"].tolist(), settings),
        }
        for name, values in cells.items():
            rows[name].append(values)
    measures = {name: np.array(values).reshape(len(projects), settings.horizon) for name, values in rows.items()}
    return stack(PROJECT_PIPELINE, objects, measures, settings.periods.labels)


def _by_stage(flows: list[np.ndarray], settings: Settings) -> np.ndarray:
    """Flows one below the other; stages x T."""
    return np.array(flows).reshape(len(flows), settings.horizon)


@dataclass(frozen=True)
class Load:
    """The grid of the load, and for finding peaks: resource -> load by all projects (T), project -> its resources."""

    grid: pd.DataFrame
    by_resource: dict[str, np.ndarray]
    needed_by: dict[str, list[str]]


def _load(projects: list[Project], tables: Tables, settings: Settings) -> Load:
    """Hours of all projects by resource and pool, against what there is."""
    needs = hours_of(projects, tables, settings)
    names = sorted(set(needs["resource"]))
    known = tables["resources"]["resource"].drop_duplicates().tolist()
    regular = available_hours(tables, settings)[0]
    pools = tables["project_pools"].drop_duplicates("pool").set_index("pool")["hours_per_period"]
    capacity = np.array([
        regular[known.index(name)] if name in known else np.full(settings.horizon, pools.get(name, np.nan))
        for name in names
    ]).reshape(len(names), settings.horizon)
    measures = {"Capacity": capacity}
    for title, basis in LOADS.items():
        hours = np.zeros(capacity.shape)
        for project, stage, resource, spread in needs.itertuples(index=False):
            weight = WEIGHTS[basis](project, stage.reached)
            hours[names.index(resource)] += spread * weight
        measures[f"{title} hours"] = hours
    objects = pd.DataFrame({"resource": names, "kind": ["resource" if name in known else "pool" for name in names]},
                           dtype="str")
    there = np.nan_to_num(capacity)
    share = np.where(there > 0, measures["Full hours"] / np.where(there > 0, there, 1.0), 0.0)
    needed_by = {project.name: sorted({
        resource for one, resource in zip(needs["project"], needs["resource"], strict=True) if one is project
    }) for project in projects}
    return Load(stack(PROJECT_LOAD, objects, measures, settings.periods.labels),
                dict(zip(names, share, strict=True)), needed_by)


def _review(projects: list[Project], sales: list[Sales], load: Load, settings: Settings) -> pd.DataFrame:
    """One row a project, the most valuable first."""
    rows = [
        {**_facts(project, settings), **_value(project, sold, settings), **_peak(project, load, settings)}
        for project, sold in zip(projects, sales, strict=True)
    ]
    frame = conform(PROJECT_REVIEW, pd.DataFrame(rows, columns=PROJECT_REVIEW.column_names))
    return frame.sort_values("expected_value", ascending=False, kind="stable", ignore_index=True)


def _facts(project: Project, settings: Settings) -> dict[str, Any]:
    """What is known of a project without reckoning."""
    gate = project.next_gate
    return {
        "project": project.name, **{name: project.row[name] for name in ("name", "owner", "status")},
        "in_plan": project.weight(settings.project_basis), "launch_period": label_at(project.launch, settings),
        "next_gate": gate.name if gate else "", "next_gate_period": label_at(gate.last, settings) if gate else "",
        "probability": project.probability,
    }


def _value(project: Project, sold: Sales, settings: Settings) -> dict[str, Any]:
    """Present values and payback; stages and sales count beyond the plan too."""
    end = end_of_life(project.launch, float(project.row["life"]), settings)
    margin = continued(sold.margin, project.launch, end, settings)
    last = max([stage.last for stage in project.stages if not np.isnan(stage.last)], default=0.0)
    longer = replace(settings, horizon=int(max(len(margin), last + 1.0)))
    margin = np.pad(margin, (0, longer.horizon - len(margin)))
    spent = np.array([stage.expenses(longer) + stage.investments(longer) for stage in project.stages])
    spent = spent.reshape(len(project.stages), longer.horizon)
    reached = np.array([stage.reached for stage in project.stages])
    launched = margin - spent.sum(axis=0)
    value = net_present_value(launched, settings)
    sunk = np.cumsum([net_present_value(flow, settings) for flow in spent])
    failing = np.array([stage.reached * (1.0 - stage.probability) for stage in project.stages])
    return {
        "expected_value": net_present_value(project.probability * margin - reached @ spent, settings),
        "value_if_launched": value, "committed_value": project.is_committed * value,
        "expense": sum(stage.expenses(settings).sum() for stage in project.stages),
        "investment": sum(stage.investments(settings).sum() for stage in project.stages),
        "spent_in_vain": float(failing @ sunk), "payback": payback(launched),
    }


def _peak(project: Project, load: Load, settings: Settings) -> dict[str, Any]:
    """Where and when the resources of a project are busiest with projects."""
    peaks = [(float(load.by_resource[name].max()), name) for name in load.needed_by[project.name]]
    if not peaks or not max(peaks)[0]:
        return {"peak_load": np.nan, "peak_resource": "", "peak_period": ""}
    highest, name = max(peaks)
    period = int(load.by_resource[name].argmax())
    return {"peak_load": highest, "peak_resource": name, "peak_period": settings.periods.labels[period]}
