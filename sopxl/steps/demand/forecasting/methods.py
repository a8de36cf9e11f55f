"""All forecasting methods: importing this fills the register. Add a file of methods here.

Methods with regressors (promotions, prices) belong in a file of their own that imports statsmodels where it fits.
"""

from __future__ import annotations

from sopxl.steps.demand.forecasting import (
    methods_intermittent,
    methods_level,
    methods_panel,
    methods_steps,
    methods_trend,
)
from sopxl.steps.demand.forecasting.registry import METHODS, Method, forecast, method

__all__ = ["METHODS", "Method", "forecast", "method", "methods_intermittent", "methods_level",
           "methods_panel", "methods_steps", "methods_trend"]
