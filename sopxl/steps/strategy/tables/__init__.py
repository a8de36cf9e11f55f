"""Tables of the strategic plans: development projects and initiatives. Add a column in its file, nowhere else."""

from __future__ import annotations

from sopxl.schema import Table
from sopxl.steps.strategy.tables.initiatives import (
    EFFECT_KINDS,
    FIGURES,
    INITIATIVE_EFFECTS,
    INITIATIVE_REVIEW,
    INITIATIVE_TABLES,
    INITIATIVES,
    PLAN_WITH_AND_WITHOUT,
    Figure,
)
from sopxl.steps.strategy.tables.projects import (
    DEVELOPMENT_PROJECTS,
    PROJECT_LOAD,
    PROJECT_PIPELINE,
    PROJECT_POOLS,
    PROJECT_RESOURCES,
    PROJECT_REVIEW,
    PROJECT_STAGES,
    PROJECT_TABLES,
)

STRATEGY_TABLES: tuple[Table, ...] = (*PROJECT_TABLES, *INITIATIVE_TABLES)
STRATEGY_REVIEWS: tuple[Table, ...] = tuple(table for table in STRATEGY_TABLES if table.owner == "result")

__all__ = [
    "DEVELOPMENT_PROJECTS",
    "EFFECT_KINDS",
    "FIGURES",
    "INITIATIVES",
    "INITIATIVE_EFFECTS",
    "INITIATIVE_REVIEW",
    "PLAN_WITH_AND_WITHOUT",
    "PROJECT_LOAD",
    "PROJECT_PIPELINE",
    "PROJECT_POOLS",
    "PROJECT_RESOURCES",
    "PROJECT_REVIEW",
    "PROJECT_STAGES",
    "STRATEGY_REVIEWS",
    "STRATEGY_TABLES",
    "Figure",
]
