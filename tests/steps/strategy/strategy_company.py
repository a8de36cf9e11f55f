"""The small company with a desk under development and initiatives to choose from; tests build on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from sopxl.schema import Tables, conform_all
from sopxl.settings import Settings, settings_frame
from sopxl.tables import TABLES
from tests.small_company import SETTINGS, small_company

HALF_YEAR = replace(SETTINGS, horizon=6)
LABELS = HALF_YEAR.periods.labels

PROJECT = {
    "project": "D", "name": "Desk", "owner": "Ana", "status": "active", "launch_item": "DESK",
    "launch_market": "South Shop", "curve": "ramp", "potential": 12.5, "ramp_periods": 1, "launch_period": "2027-03",
    "price_target": 300.0, "cost_target": 120.0,
}
"""It sells 12 desks a month from March on: 12.5 in an average month, of which these months have 96 %."""
STAGES = [
    {"project": "D", "stage": "Design", "gate": 1, "from_period": "2027-01", "gate_probability": 0.8,
     "expense": 1000.0},
    {"project": "D", "stage": "Tooling", "gate": 2, "from_period": "2027-02", "gate_probability": 0.5,
     "investment": 6000.0, "life": 5.0},
]
HOURS = [
    {"project": "D", "stage": "Design", "resource": "Engineers", "hours": 100.0},
    {"project": "D", "stage": "Tooling", "resource": "SHOP", "hours": 20.0},
]
SHIFT = {"initiative": "SHIFT", "name": "Second shift", "kind": "shift", "owner": "Bo", "switched_on": True,
         "start_period": "2027-02", "investment": 2000.0, "running_cost": 100.0, "life": 4.0, "probability": 0.5}


def company(settings: Settings = HALF_YEAR, **records: Any) -> Tables:
    """Conformed tables; ``records``: rows of more tables, as lists of dictionaries."""
    tables = small_company(settings)
    desk = {
        "items": {"item": "DESK", "name": "Desk", "family": "Tables", "status": "active"},
        "bills_of_material": {"parent": "DESK", "component": "WOOD", "quantity": 3.0},
        "routings": {"item": "DESK", "location": "PLANT", "operation": "10", "resource": "SHOP",
                     "hours_per_unit": 1.0},
    }
    added = {name: pd.concat([tables[name], pd.DataFrame([row])], ignore_index=True) for name, row in desk.items()}
    given = {name: pd.DataFrame(rows) for name, rows in records.items()}
    return conform_all(TABLES, {**tables, **added, **given, "settings": settings_frame(settings)})


def with_project(settings: Settings = HALF_YEAR, stages: list[dict[str, Any]] | None = None, **cells: Any) -> Tables:
    """The company with the desk's project, some cells of it changed."""
    return company(
        settings, development_projects=[{**PROJECT, **cells}], project_stages=STAGES if stages is None else stages,
        project_resources=HOURS, project_pools=[{"pool": "Engineers", "hours_per_period": 80.0}],
    )


def with_effect(settings: Settings = HALF_YEAR, initiative: dict[str, Any] | None = None, **effect: Any) -> Tables:
    """The company with the second shift's initiative and one effect of it."""
    return company(settings, initiatives=[{**SHIFT, **(initiative or {})}],
                   initiative_effects=[{"initiative": "SHIFT", **effect}])
