"""What development projects add to the tables that planners entered: launches, prices, costs, hours and money.

One function a table, under :func:`brings`; a project's weight says with what share each counts. To let projects move
another table, add a function here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.standard_cost import standard_cost
from sopxl.steps.demand.tables import LAUNCHES, PRICES
from sopxl.steps.finance.tables import FIXED_ASSETS, OPERATING_EXPENSES
from sopxl.steps.strategy.dates import label_at, open_in
from sopxl.steps.strategy.projects import Project, hours_of, read_projects
from sopxl.steps.strategy.rows import changed_rows, with_rows
from sopxl.steps.supply.tables import COSTS, RESOURCE_CALENDAR


@dataclass(frozen=True)
class Counted:
    """The projects of the plan and the basis on which they count."""

    projects: list[Project]
    tables: Tables
    settings: Settings

    def weight(self, project: Project) -> float:
        """Share of the project's launch that the plan counts."""
        return project.weight(self.settings.project_basis)

    @property
    def launches(self) -> list[tuple[Project, float]]:
        """The projects that launch an item, with their weights above 0."""
        return [
            (project, weight) for project in self.projects
            if (weight := self.weight(project)) > 0 and project.row["launch_item"] and not np.isnan(project.launch)
        ]


Bringing = Callable[[Counted], pd.DataFrame]
BROUGHT: dict[str, Bringing] = {}


def brings(function: Bringing) -> Bringing:
    """Enter a function that gives the table of its name with what projects bring."""
    BROUGHT[function.__name__] = function
    return function


def with_projects(tables: Tables, settings: Settings) -> Tables:
    """The tables with what projects bring on the setting's basis; the tables given stay as they are."""
    projects = read_projects(tables, settings)
    if not projects:
        return tables
    counted = Counted(projects, tables, settings)
    return {**tables, **{name: bring(counted) for name, bring in BROUGHT.items() if name in tables}}


@brings
def items(counted: Counted) -> pd.DataFrame:
    """Items that a project launches are sold from its launch on; those of projects that do not count, not at all.

    Items that have been sold, or that the planner has entered in launches, are left as they are.
    """
    frame = counted.tables["items"]
    own = {*counted.tables["sales_history"]["item"], *counted.tables["launches"]["item"]}
    launched = {project.row["launch_item"] for project in counted.projects} - own
    start: dict[str, float] = {}
    like: dict[str, str] = {}
    for project, _ in counted.launches:
        item = project.row["launch_item"]
        start[item] = min(project.launch, start.get(item, np.inf))
        like.setdefault(item, project.row["like_item"])
    changes = {
        row: {"status": "active", "first_sales_period": label_at(start[item], counted.settings),
              "like_item": known or like[item]} if item in start else {"status": "component"}
        for row, (item, known) in enumerate(zip(frame["item"], frame["like_item"], strict=True)) if item in launched
    }
    return changed_rows(frame, changes)


@brings
def launches(counted: Counted) -> pd.DataFrame:
    """A launch for each project; what the planner has entered for the same item and market holds before it."""
    rows = [
        {
            "item": project.row["launch_item"], "market": project.row["launch_market"],
            "kind": "replacement" if project.row["replaces"] else "launch",
            "start_period": label_at(project.launch, counted.settings), "curve": project.row["curve"],
            "like_item": project.row["like_item"], "share": project.row["share"] * weight,
            "potential": project.row["potential"] * weight, "ramp_periods": project.row["ramp_periods"],
            "replaces": project.row["replaces"], "taken_share": project.row["taken_share"],
        }
        for project, weight in counted.launches
    ]
    return with_rows(LAUNCHES, counted.tables["launches"], rows)


@brings
def prices(counted: Counted) -> pd.DataFrame:
    """The price target, where no price is listed for the item in the market or in all."""
    frame = counted.tables["prices"]
    listed = set(zip(frame["item"], frame["market"], strict=True))
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for project, _ in counted.launches:
        item, market = project.row["launch_item"], project.row["launch_market"]
        if not {(item, market), (item, "")} & listed and not np.isnan(project.row["price_target"]):
            rows.setdefault((item, market), {
                "item": item, "market": market, "price": project.row["price_target"]})
    return with_rows(PRICES, frame, list(rows.values()))


@brings
def costs(counted: Counted) -> pd.DataFrame:
    """The cost target as standard cost, where the item has none."""
    frame = counted.tables["costs"]
    costed = set(frame.loc[standard_cost(counted.tables, frame["item"]) > 0, "item"])
    target = {
        project.row["launch_item"]: project.row["cost_target"] for project, _ in reversed(counted.launches)
        if project.row["launch_item"] not in costed and not np.isnan(project.row["cost_target"])
    }
    listed = {item: row for row, item in enumerate(frame["item"])}
    changes = {listed[item]: {"material_cost": cost} for item, cost in target.items() if item in listed}
    rows = [{"item": item, "material_cost": cost} for item, cost in target.items() if item not in listed]
    return with_rows(COSTS, changed_rows(frame, changes), rows)


@brings
def resource_calendar(counted: Counted) -> pd.DataFrame:
    """Hours that projects take of a resource, as downtime."""
    frame, settings = counted.tables["resource_calendar"], counted.settings
    known = set(counted.tables["resources"]["resource"])
    needs = hours_of(counted.projects, counted.tables, settings)
    rows = [
        {"resource": resource, "period": settings.periods.labels[period], "downtime": hours[period] * weight}
        for project, stage, resource, hours in needs.itertuples(index=False) if resource in known
        for weight in [project.stage_weight(stage, settings.project_basis)]
        for period in np.flatnonzero(hours * weight > 0)
    ]
    return with_rows(RESOURCE_CALENDAR, frame, rows)


@brings
def operating_expenses(counted: Counted) -> pd.DataFrame:
    """The expense of each stage, evenly over its periods."""
    settings = counted.settings
    rows = []
    for project in counted.projects:
        for stage in project.stages:
            weight = project.stage_weight(stage, settings.project_basis)
            planned = open_in(stage.first, stage.last, settings)
            if stage.expense * weight > 0 and planned.any():
                rows.append({
                    "expense": f"{project.name}: {stage.name}", "basis": "fixed",
                    "amount": weight * stage.expense / (stage.last - stage.first + 1.0),
                    "from_period": label_at(stage.first, settings), "until_period": label_at(stage.last, settings),
                })
    return with_rows(OPERATING_EXPENSES, counted.tables["operating_expenses"], rows)


@brings
def fixed_assets(counted: Counted) -> pd.DataFrame:
    """The investment of each stage that is bought in the plan."""
    settings = counted.settings
    rows = []
    for project in counted.projects:
        for stage in project.stages:
            amount = stage.investment * project.stage_weight(stage, settings.project_basis)
            if amount > 0 and 0 <= stage.last < settings.horizon:
                rows.append({
                    "asset": f"{project.name}: {stage.name}", "amount": amount,
                    "bought_period": label_at(stage.last, settings),
                    "in_use_period": label_at(max(stage.in_use, stage.last), settings), "life": stage.life,
                })
    return with_rows(FIXED_ASSETS, counted.tables["fixed_assets"], rows)
