"""A development project and two initiatives of the demo company, all of them assumptions and none of them counted."""

from __future__ import annotations

import pandas as pd

from sopxl.demo import assumptions
from sopxl.schema import Tables


def strategy_inputs(planning_market: pd.Series) -> Tables:
    """The tables of the strategic plans. ``planning_market``: the planning market of each market."""
    market = planning_market[str(assumptions.PROJECT["launch_market"])]
    code = assumptions.PROJECT["project"]
    return {
        "development_projects": pd.DataFrame([{**assumptions.PROJECT, "launch_market": market}]),
        "project_stages": pd.DataFrame([
            {"project": code, "stage": stage, "gate": gate, "from_period": first, "until_period": last,
             "gate_probability": probability, "expense": expense, "investment": investment, "commits": commits}
            for gate, (stage, first, last, probability, expense, investment, commits)
            in enumerate(assumptions.PROJECT_STAGES, start=1)
        ]),
        "project_resources": pd.DataFrame([
            {"project": code, "stage": stage, "resource": resource, "hours": hours}
            for (stage, resource), hours in assumptions.PROJECT_HOURS.items()
        ]),
        "project_pools": pd.DataFrame([
            {"pool": pool, "hours_per_period": hours} for pool, hours in assumptions.PROJECT_POOLS.items()
        ]),
        "initiatives": pd.DataFrame([
            {"initiative": name, **cells} for name, cells in assumptions.INITIATIVES.items()
        ]),
        "initiative_effects": pd.DataFrame([
            {"initiative": name, **cells} for name, cells in assumptions.INITIATIVE_EFFECTS.items()
        ]),
    }
