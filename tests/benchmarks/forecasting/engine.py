"""sopxl's own forecasts for the benchmark: ``python -m tests.benchmarks.forecasting.engine SOURCE TARGET``."""

from __future__ import annotations

import sys

import numpy as np

from tests.benchmarks.forecasting.peers import probabilities
from tests.benchmarks.forecasting.worker import Forecast, work

LONGEST_HISTORY = 10
"""Years that the demand step looks at."""
BACKTEST = 6


def sopxl_forecasts(values: np.ndarray, season: int, horizon: int, levels: list[int]) -> Forecast:
    """Forecasts S x H and quantiles S x H x Q of the automatic choice; all series count as one family in one market."""
    import pandas as pd

    from sopxl.steps.demand.history import History
    from sopxl.steps.demand.statistical import forecast_alone

    history = np.maximum(values[:, -LONGEST_HISTORY * season :], 0)
    names = [f"S{number}" for number in range(len(history))]
    series = pd.DataFrame({"item": names, "market": "M", "family": "F", "channel": "C", "like": -1})
    whole = History(series, history, np.zeros_like(history), 0, season, history)
    _, distribution, forecast = forecast_alone(whole, horizon, BACKTEST)
    return forecast, distribution.quantiles(list(probabilities(levels)))


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], sopxl_forecasts)
