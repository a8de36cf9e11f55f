"""Projects and initiatives laid over what planners entered, before the steps run; in memory only."""

from __future__ import annotations

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.strategy.initiatives import with_initiatives
from sopxl.steps.strategy.project_overlay import with_projects


def with_strategy(tables: Tables, settings: Settings) -> Tables:
    """The tables that the plan is made from: those entered, with projects and then initiatives on their bases.

    A pure function: neither the tables given nor their frames change. ``tables``: all declared tables, conformed.
    """
    return with_initiatives(with_projects(tables, settings), settings)
