"""Worksheet functions for planners: what they type in cells, each one function under ``@worksheet_function``.

To add one, write it in one of these files with an example (the tests run it), say what each argument is, and name it
below: Excel imports what it finds here.
"""

from __future__ import annotations

from sopxl.functions.forecasts import demand_forecast, demand_limits, forecast_error, season_index
from sopxl.functions.register import FUNCTIONS
from sopxl.functions.stock import coverage, economic_lot, order_up_to, reorder_point, safety_stock
from sopxl.functions.windows import period_shift, rolling_mean, rolling_sum, shifted_sum

__all__ = [
    "FUNCTIONS", "coverage", "demand_forecast", "demand_limits", "economic_lot", "forecast_error", "order_up_to",
    "period_shift", "reorder_point", "rolling_mean", "rolling_sum", "safety_stock", "season_index", "shifted_sum",
]
