"""Exceptions of the demand step: where a planner should look at the forecast or its inputs.

To add one, write a function ``(situation) -> rows`` under ``@exception`` in the file of its part; a new part is
imported here, which enters its kinds.
"""

from sopxl.steps.demand.exceptions import forecast, opinions, past_plans, sales_records, segments, shifts
from sopxl.steps.demand.exceptions.situation import DEMAND_EXCEPTIONS, Situation

PARTS = (forecast, sales_records, shifts, opinions, segments, past_plans)

__all__ = ["DEMAND_EXCEPTIONS", "PARTS", "Situation"]
