"""Exceptions of projects and initiatives: gates, loads, launches and values that need a decision.

To add one, write a function ``(situation) -> rows`` under ``@exception`` (see :mod:`sopxl.exceptions`). They are told
with those of the finance step, once the plan stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from sopxl.exceptions import ExceptionRegister
from sopxl.grids import take
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.strategy.dates import label_at
from sopxl.steps.strategy.projects import Project, hours_of, read_projects
from sopxl.steps.strategy.tables import PROJECT_LOAD

SOON = 2
"""Periods, from the plan's first on, in which a gate that is due is told."""
OVERTIME_FACTOR = 1.5
CENT = 0.01


@dataclass(frozen=True)
class Situation:
    """The tables as planners entered them, the reviews of projects and initiatives, and the settings."""

    entered: Tables
    reviews: Tables
    settings: Settings

    @cached_property
    def under_way(self) -> list[Project]:
        """Projects that are worked on."""
        projects = read_projects(self.entered, self.settings)
        return [one for one in projects if one.row["status"] in ("active", "committed")]

    def worth(self, project: Project) -> float:
        """Net present value of a project if it is launched; NaN where it has none."""
        review = self.reviews["project_review"].set_index("project")["value_if_launched"]
        value = float(review.get(project.name, np.nan))
        return value if value > 0 else float("nan")


STRATEGY_EXCEPTIONS: ExceptionRegister[Situation] = ExceptionRegister()
exception = partial(STRATEGY_EXCEPTIONS.kind, "finance")


@exception("Gate due")
def gate_due(situation: Situation) -> list[dict[str, Any]]:
    """A gate that falls due in the plan's first periods and has not been passed; at stake is the project's value."""
    settings = situation.settings
    return [
        {
            "item": project.row["launch_item"], "period": label_at(gate.last, settings),
            "money": situation.worth(project),
            "message": f"The gate of {gate.name} of {project.name} is due in {label_at(gate.last, settings)}; it is "
                       f"passed with {gate.probability:.0%}.",
            "remedy": "Decide on it and mark it as passed; else move the project by its slip, or stop it.",
        }
        for project in situation.under_way for gate in project.stages
        if not gate.passed and 0 <= gate.last < SOON
    ]


@exception("Projects overload")
def projects_overload(situation: Situation) -> list[dict[str, Any]]:
    """A resource or pool of which the projects that are worked on need more hours than it has."""
    needs = hours_of(situation.under_way, situation.entered, situation.settings)
    grid, labels = situation.reviews["project_load"], situation.settings.periods.labels
    rows = []
    for resource, mine in needs.groupby("resource", sort=False):
        hours = np.sum(np.array(mine["hours"].tolist()), axis=0)
        there = take(PROJECT_LOAD, grid, "Capacity", labels).loc[[resource]].to_numpy(float)[0]
        missing = np.where(np.isnan(there), 0.0, np.maximum(hours - np.nan_to_num(there), 0.0))
        if missing.max() <= CENT:
            continue
        worst = int(missing.argmax())
        names = " and ".join(dict.fromkeys(project.name for project in mine["project"]))
        rows.append({
            "resource": resource, "period": labels[int(np.argmax(missing > CENT))], "quantity": float(missing.sum()),
            "money": float(missing.sum()) * _overtime_cost(situation.entered["resources"], str(resource)),
            "message": f"{names} take {hours[worst]:,.0f} hours of {resource} in {labels[worst]}, which has "
                       f"{there[worst]:,.0f}; in all periods {missing.sum():,.0f} hours are missing.",
            "remedy": "Move one of the projects by its slip, stretch the stage, add hours, or buy them outside.",
        })
    return rows


def _overtime_cost(resources: pd.DataFrame, name: str) -> float:
    """What an hour of overtime costs; NaN where it is not known, as of a pool."""
    found = resources[resources["resource"] == name]
    if found.empty:
        return float("nan")
    cost, usual = (float(found[column].iloc[0]) for column in ("overtime_cost", "hourly_cost"))
    cost = usual * OVERTIME_FACTOR if np.isnan(cost) else cost
    return cost if cost > 0 else float("nan")


@exception("Launch without commitment")
def launch_without_commitment(situation: Situation) -> list[dict[str, Any]]:
    """A project whose launch is past or in the plan's first period, though it is not committed."""
    settings = situation.settings
    return [
        {
            "item": project.row["launch_item"], "location": project.row["launch_market"],
            "period": label_at(project.launch, settings), "money": situation.worth(project),
            "message": f"{project.name} was to be launched in {label_at(project.launch, settings)}, but is not "
                       f"committed{_for_want_of(project)}.",
            "remedy": "Commit to it and pass its gates, move it by its slip, or stop it; where it is sold already, set "
                      "its status to launched.",
        }
        for project in situation.under_way if project.launch <= 0 and not project.is_committed
    ]


def _for_want_of(project: Project) -> str:
    """The gate that a project waits for, as the end of a sentence."""
    return f": the gate of {project.next_gate.name} has not been passed" if project.next_gate else ""


@exception("Initiative loses money")
def initiative_loses_money(situation: Situation) -> list[dict[str, Any]]:
    """An initiative that the plan counts, though the plan is worth more without it."""
    review = situation.reviews["initiative_review"]
    losing = review[(review["in_plan"] > 0) & (review["net_present_value"] < -CENT)]
    return [
        {
            "period": row["start_period"], "money": -float(row["net_present_value"]),
            "message": f"{row['initiative']} is switched on and has a net present value of "
                       f"{row['net_present_value']:,.0f}: it changes EBIT in the plan by {row['ebit']:,.0f}.",
            "remedy": "Switch it off, start it when what it brings is needed, or cut its investment and running cost.",
        }
        for row in losing.to_dict("records")
    ]
