"""What is told of projects and initiatives once the plan stands; it follows the finance step."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sopxl.exceptions import dearest_first
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.strategy.exceptions import STRATEGY_EXCEPTIONS, Situation
from sopxl.steps.strategy.initiative_reviews import review_initiatives
from sopxl.steps.strategy.project_reviews import review_projects
from sopxl.steps.strategy.rows import with_setting
from sopxl.steps.strategy.tables import STRATEGY_REVIEWS

ALL_STEPS: tuple[str, ...] = ()
Replan = Callable[[Tables, Collection[str]], Tables]
"""Makes a plan anew from tables as planners would have entered them, by these steps (none named: all)."""


def review_strategy(entered: Tables, planned: Tables, settings: Settings, replan: Replan) -> Tables:
    """Every table in which projects and initiatives are reviewed, and the exceptions with what needs a decision.

    Formula rows of the grids are left empty.

    ``entered``: the tables as planners entered them; ``planned``: those of the plan, formula rows computed.
    """
    written = {table.name: table.empty_frame() for table in STRATEGY_REVIEWS}
    if len(entered["development_projects"]):
        launched = planned
        if settings.project_basis != "all":
            launched = replan(with_setting(entered, "project_basis", "all"), ["demand"])
        written |= review_projects(entered, launched, settings)
    if len(entered["initiatives"]):
        written |= review_initiatives(entered, planned, settings, lambda tables: replan(tables, ALL_STEPS))
    found = STRATEGY_EXCEPTIONS.find(Situation(entered, written, settings))
    return {**written, "exceptions": dearest_first(planned["exceptions"], found)}
