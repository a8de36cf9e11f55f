"""Where the supply plan needs a decision. One function an exception, under ``@exception``.

A function takes a :class:`PlanView` and gives a frame with columns of ``records.EXCEPTIONS`` (what it leaves out is
empty), the dearest of them with message and costed moves in the planner's words. Add one by writing its function in
the file of its step; a new file is imported here, which enters its kinds. The moves are in ``costed_moves``.
"""

from __future__ import annotations

import pandas as pd

from sopxl.steps.supply.exceptions import conflicts, costs, distribution, inventory, procurement, production
from sopxl.steps.supply.exceptions.register import SUPPLY_EXCEPTIONS
from sopxl.steps.supply.plan_view import PlanView

PARTS = (production, distribution, procurement, inventory, costs, conflicts)

__all__ = ["PARTS", "SUPPLY_EXCEPTIONS", "find_exceptions"]


def find_exceptions(view: PlanView) -> pd.DataFrame:
    """All exceptions of the supply steps (columns of records.EXCEPTIONS), the dearest first."""
    return SUPPLY_EXCEPTIONS.find(view)
