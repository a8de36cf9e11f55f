"""Speed of the demand step as ratios in one run: against statsmodels series by series, and against one pass of numpy.

Run it with ``python tests/benchmarks/demand_speed.py [series] [periods]``; it prints, and asserts nothing.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.selection import choose
from sopxl.steps.demand.history import read_history
from sopxl.steps.demand.plan import plan_demand
from tests.steps.demand.demand_cases import tables_of

SAMPLE = 20
SETTINGS = Settings(first_period="2026-01", horizon=12)


def company(count: int, periods: int) -> Tables:
    """Tables with ``count`` items in one market, of all demand classes, over ``periods`` months."""
    random = np.random.default_rng(1)
    month = np.arange(periods)
    season = 1 + 0.3 * np.sin(month * np.pi / 6 + random.uniform(0, 6, (count, 1)))
    noise = random.lognormal(0, 0.3, (count, periods))
    values = random.uniform(5, 500, (count, 1)) * season * noise * (1 + 0.01 * month)
    values[::5] *= random.uniform(size=values[::5].shape) < 0.4
    items = [f"I{number:05}" for number in range(count)]
    history = {"period": np.tile(SETTINGS.periods.before(periods), count), "item": np.repeat(items, periods),
               "market": "US-S", "quantity": np.round(values).ravel(), "revenue": np.round(values).ravel() * 10}
    families = [f"F{number % 20:02}" for number in range(count)]
    return tables_of(SETTINGS, items={"item": items, "family": families}, sales_history=history)


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Least CPU time of some runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def statsmodels_seconds(values: np.ndarray) -> float:
    """CPU time of one optimised Holt-Winters per series in statsmodels, scaled up from a sample."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    def forecast_sample() -> None:
        for row in np.linspace(0, len(values) - 1, SAMPLE).astype(int):
            ExponentialSmoothing(
                values[row], trend="add", damped_trend=True, seasonal="add", seasonal_periods=12
            ).fit().forecast(SETTINGS.horizon)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return seconds(forecast_sample, 1) * len(values) / SAMPLE


def main(count: int = 1000, periods: int = 36) -> None:
    """Print the figures for ``count`` series of ``periods`` months."""
    tables = company(count, periods)
    history = read_history(tables, SETTINGS)
    values = np.nan_to_num(history.quantity)
    step = seconds(lambda: plan_demand(tables, SETTINGS))
    choice = seconds(lambda: choose(history, SETTINGS.horizon, SETTINGS.backtest_periods))
    one_by_one = statsmodels_seconds(values)
    one_pass = seconds(lambda: values * 0.3 + 0.7, 50)
    print(f"{count:,} series of {periods} periods, {SETTINGS.horizon} ahead")
    print(f"demand step: {step / count * 1000:.2f} CPU s per 1,000 series; choosing and forecasting is "
          f"{choice / step:.0%} of it")
    print(f"one Holt-Winters per series in statsmodels: {one_by_one / step:.0f} times the whole step")
    print(f"one pass of numpy over the history: 1/{step / one_pass:,.0f} of the step")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
