"""Development projects as they stand: dates after their slip, probabilities by gate, and with what weight they count.

The weight of a project is the share of its launch that the plan counts; the weight of a stage, that of its expense,
investment and hours. The setting 'Project basis' says which: see WEIGHTS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.strategy.dates import moved, share_of_periods

UNDER_WAY = ("active", "committed", "launched")


@dataclass(frozen=True)
class Stage:
    """One stage and the gate at its end; dates are positions in the plan, NaN: none.

    ``probability``: of passing its gate, 1 where it has been passed. ``reached``: of getting into the stage.
    """

    name: str
    gate: float
    first: float
    last: float
    probability: float
    passed: bool
    commits: bool
    expense: float
    investment: float
    in_use: float
    life: float
    reached: float

    def spread(self, settings: Settings) -> np.ndarray:
        """T: share of the stage that falls on each period of the plan."""
        return share_of_periods(self.first, self.last, settings)

    def expenses(self, settings: Settings) -> np.ndarray:
        """T: its expense."""
        return np.asarray(self.expense * self.spread(settings))

    def investments(self, settings: Settings) -> np.ndarray:
        """T: its investment, in its last period."""
        return np.asarray(self.investment * (np.arange(settings.horizon) == self.last))


@dataclass(frozen=True)
class Project:
    """One project: its row of the table, its stages in the order of their gates, and when it launches."""

    row: dict[str, Any]
    stages: tuple[Stage, ...]
    launch: float

    @property
    def name(self) -> str:
        """Code of the project."""
        return str(self.row["project"])

    @cached_property
    def probability(self) -> float:
        """Probability of launch: as entered, else the product of the gates that have not been passed."""
        if self.row["status"] in ("launched", "stopped"):
            return float(self.row["status"] == "launched")
        entered = float(self.row["probability"])
        if not np.isnan(entered):
            return entered
        return float(np.prod([stage.probability for stage in self.stages]))

    @property
    def next_gate(self) -> Stage | None:
        """The first stage whose gate has not been passed."""
        waiting = [stage for stage in self.stages if not stage.passed]
        return waiting[0] if waiting and self.row["status"] not in ("launched", "stopped") else None

    @cached_property
    def is_committed(self) -> bool:
        """Whether it will be launched: launched already, or committed and past the gate that commits."""
        if self.row["status"] == "launched":
            return True
        commits = [place for place, stage in enumerate(self.stages) if stage.commits]
        needed = self.stages[: commits[-1] + 1] if commits else ()
        return self.row["status"] == "committed" and all(stage.passed for stage in needed)

    def weight(self, basis: str) -> float:
        """Share of its launch that counts on this basis."""
        return WEIGHTS[basis](self, self.probability)

    def stage_weight(self, stage: Stage, basis: str) -> float:
        """Share of a stage that counts on this basis."""
        return WEIGHTS[basis](self, stage.reached)


WEIGHTS: dict[str, Callable[[Project, float], float]] = {
    "none": lambda project, probability: 0.0,
    "committed": lambda project, probability: float(project.is_committed),
    "expected": lambda project, probability: probability * (project.row["status"] in UNDER_WAY),
    "all": lambda project, probability: float(project.row["status"] != "stopped"),
}
"""Weight by the setting 'Project basis', from the project and the probability of what is weighed."""


def read_projects(tables: Tables, settings: Settings) -> list[Project]:
    """The projects of the plan in the order of their table; rows without a code and doubles are left out."""
    rows = tables["development_projects"]
    rows = rows[rows["project"] != ""].drop_duplicates("project").reset_index(drop=True)
    launches = moved(rows["launch_period"], rows["slip"], settings)
    slips = rows.set_index("project")["slip"]
    stages = tables["project_stages"]
    stages = stages[stages["project"].isin(rows["project"])].reset_index(drop=True)
    slip = stages["project"].map(slips)
    stages = stages.assign(**{
        name: moved(stages[column], slip, settings)
        for name, column in (("first", "from_period"), ("last", "until_period"), ("in_use", "in_use_period"))
    }).sort_values(["gate", "first"], kind="stable")
    of_project = dict(tuple(stages.groupby("project", sort=False)))
    return [
        Project({str(key): value for key, value in row.items()},
                _stages(of_project.get(row["project"]), row["status"], launch), float(launch))
        for row, launch in zip(rows.to_dict("records"), launches, strict=True)
    ]


def _stages(rows: pd.DataFrame | None, status: str, launch: float) -> tuple[Stage, ...]:
    """The stages of one project; those of a launched one have passed their gates, those of a stopped one never will."""
    if rows is None:
        return ()
    reached, stages = float(status != "stopped"), []
    for row in rows.to_dict("records"):
        passed = bool(row["passed"]) or status == "launched"
        probability = 1.0 if passed else float(row["gate_probability"])
        last = row["first"] if np.isnan(row["last"]) else row["last"]
        in_use = launch if np.isnan(row["in_use"]) else row["in_use"]
        stages.append(Stage(
            str(row["stage"]), float(row["gate"]), float(row["first"]), float(last), probability, passed,
            bool(row["commits"]), float(row["expense"]), float(row["investment"]), float(in_use), float(row["life"]),
            reached,
        ))
        reached *= probability
    return tuple(stages)


def hours_of(projects: list[Project], tables: Tables, settings: Settings) -> pd.DataFrame:
    """One row for each need of hours: project (as Project), stage (as Stage), resource, ``hours`` (T each).

    Rows for a stage that the project does not have are left out.
    """
    stages = {(project.name, stage.name): (project, stage) for project in projects for stage in project.stages}
    needs = tables["project_resources"]
    keys = zip(needs["project"], needs["stage"], needs["resource"], needs["hours"].fillna(0.0), strict=True)
    found = []
    for name, of_stage, resource, hours in keys:
        if (name, of_stage) in stages and resource:
            project, stage = stages[name, of_stage]
            found.append({"project": project, "stage": stage, "resource": resource,
                          "hours": hours * stage.spread(settings)})
    return pd.DataFrame(found, columns=["project", "stage", "resource", "hours"])
