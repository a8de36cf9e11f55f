"""The reviews of projects and initiatives without a plan of supply and finance, which take far longer than they do."""

from __future__ import annotations

from collections.abc import Collection

from sopxl.pipeline import compute_formulas, run
from sopxl.schema import Tables
from sopxl.settings import read_settings
from sopxl.steps.strategy.reviews import review_strategy


def reviewed(tables: Tables) -> Tables:
    """The tables after the demand step, with the reviews and exceptions of projects; formulas are computed.

    Initiatives cannot be compared: whoever asks for a plan of all steps fails.
    """
    settings = read_settings(tables["settings"])
    entered = {name: frame for name, frame in tables.items() if name != "exceptions"}
    planned = run(entered, ["demand"])
    planned["exceptions"] = planned["exceptions"].head(0)
    return compute_formulas({**planned, **review_strategy(tables, planned, settings, _demand_only)}, settings)


def _demand_only(tables: Tables, steps: Collection[str]) -> Tables:
    """The plan of the demand step, the only one that a review of projects needs."""
    assert list(steps) == ["demand"]
    return run(tables, ["demand"], conformed=True)
