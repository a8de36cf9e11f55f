"""Every file that declares decisions, limits and costs of balancing: whoever imports this one has them all.

Add the file of a new subject here.
"""

from __future__ import annotations

from sopxl.steps.supply import (  # noqa: F401
    cost_terms,
    decisions,
    financial_limits,
    hours,
    limits,
    made_to_order,
    order_prices,
    purchasing,
    transport,
    whole_lots,
)
