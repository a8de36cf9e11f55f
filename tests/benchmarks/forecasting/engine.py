"""sopxl's own forecasts for the benchmark: ``python -m tests.benchmarks.forecasting.engine SOURCE TARGET``."""

from __future__ import annotations

import sys

import numpy as np

from tests.benchmarks.forecasting.worker import work

LONGEST_HISTORY = 10
"""Years that the demand step looks at."""
BACKTEST = 6


def sopxl_forecasts(values: np.ndarray, season: int, horizon: int, levels: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Forecasts S x H and quantiles S x H x Q of the automatic choice; all series count as one family in one market."""
    import pandas as pd

    from sopxl.steps.demand.forecasting.selection import choose
    from sopxl.steps.demand.history import History

    history = np.maximum(values[:, -LONGEST_HISTORY * season :], 0)
    names = [f"S{number}" for number in range(len(history))]
    series = pd.DataFrame({"item": names, "market": "M", "family": "F", "channel": "C", "like": -1})
    point = choose(History(series, history, np.zeros_like(history), 0, season), horizon, BACKTEST).forecast
    return point, np.full((*point.shape, 2 * len(levels)), np.nan)


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], sopxl_forecasts)
