"""Accuracy of the automatic choice on public competition series, beside the seasonal naive forecast and statsmodels.

Run: ``python -m tests.benchmarks.demand_accuracy [folder] [sample]``; the folder holds parquet files (``unique_id``,
``ds``, ``y``, ``split``), which pandas reads by pyarrow. Seasonal naive: the value of the same month of the last
year (for the whole series, no test for a season). OWA: mean of the ratios of mean MASE and mean sMAPE to those of the
seasonal naive forecast (M4 takes Naive 2 there, so its OWA is another). All by the same code on the same series.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sopxl.steps.demand.forecasting.measures import MEASURES, Benchmark, benchmark
from sopxl.steps.demand.forecasting.selection import choose
from sopxl.steps.demand.history import LONGEST_HISTORY, History

SEASON = 12
BACKTEST = 6
SAMPLE = 150
Forecaster = Callable[[np.ndarray, int], np.ndarray]
Forecasts = dict[str, tuple[np.ndarray, float]]


@dataclass(frozen=True)
class Series:
    """Histories S x T (NaN before the first value) that end in the same column, and test values S x H."""

    history: np.ndarray
    test: np.ndarray

    def rows(self, chosen: np.ndarray) -> Series:
        """Some of the series."""
        return Series(self.history[chosen], self.test[chosen])

    @property
    def scale(self) -> Benchmark:
        """What scaled measures divide by."""
        return benchmark(self.history, SEASON)


def read_series(path: Path) -> Series:
    """The series of a file, whenever they began and ended, side by side from their last training month."""
    records = pd.read_parquet(path).sort_values(["unique_id", "ds"])
    parts = {}
    for split, from_end in (("train", True), ("test", False)):
        rows = records[records["split"] == split]
        order = rows.groupby("unique_id").cumcount(ascending=not from_end)
        table = rows.assign(place=-order if from_end else order).pivot_table("y", "unique_id", "place")
        parts[split] = table.reindex(columns=range(int(table.columns.min()), int(table.columns.max()) + 1))
    test = parts["test"].reindex(parts["train"].index)
    return Series(np.maximum(parts["train"].to_numpy(float), 0), test.to_numpy(float))


def seasonal_naive(history: np.ndarray, horizon: int) -> np.ndarray:
    """The value of the same month of the last year, again and again."""
    return np.tile(np.nan_to_num(history[:, -SEASON:]), horizon // SEASON + 1)[:, :horizon]


def automatic(history: np.ndarray, horizon: int) -> np.ndarray:
    """What sopxl chooses from as many years as it looks at; all series count as one family in one market."""
    history = history[:, -LONGEST_HISTORY * SEASON :]
    names = [f"S{number}" for number in range(len(history))]
    series = pd.DataFrame({"item": names, "market": "M", "family": "F", "channel": "C", "like": -1})
    return choose(History(series, history, np.zeros_like(history), 0, SEASON, history), horizon, BACKTEST).forecast


def holt_winters(history: np.ndarray, horizon: int) -> np.ndarray:
    """statsmodels' additive Holt-Winters with damped trend, series by series."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    return _one_by_one(history, horizon, lambda values: ExponentialSmoothing(
        values, trend="add", damped_trend=True, seasonal="add", seasonal_periods=SEASON
    ).fit().forecast(horizon))


def theta(history: np.ndarray, horizon: int) -> np.ndarray:
    """statsmodels' Theta model with its own test for a season, series by series."""
    from statsmodels.tsa.forecasting.theta import ThetaModel

    return _one_by_one(history, horizon, lambda values: ThetaModel(
        pd.Series(values, pd.period_range("2000-01", periods=len(values), freq="M")), period=SEASON
    ).fit().forecast(horizon).to_numpy())


def _one_by_one(history: np.ndarray, horizon: int, fit: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Forecasts of a model that takes one series; the seasonal naive forecast where it fails."""
    result = seasonal_naive(history, horizon)
    for row, values in enumerate(history):
        try:
            result[row] = np.maximum(fit(values[~np.isnan(values)]), 0)
        except (ValueError, np.linalg.LinAlgError, ZeroDivisionError):
            print(f"    series {row} could not be fitted; seasonal naive taken", file=sys.stderr)
    return result


def scores(series: Series, forecast: np.ndarray) -> dict[str, float]:
    """Means over the series for which a measure is defined."""
    return {name: float(np.nanmean(MEASURES[name](series.test, forecast, series.scale)))
            for name in ("mase", "smape", "rmsse")}


def forecast_all(series: Series, forecasters: dict[str, Forecaster]) -> Forecasts:
    """Forecasts of each forecaster, and the CPU milliseconds that it took for a series."""
    results: Forecasts = {}
    for label, forecaster in forecasters.items():
        begun = time.process_time()
        result = forecaster(series.history, series.test.shape[1])
        spent = time.process_time() - begun
        results[label] = np.where(np.isfinite(result), result, 0.0), spent / len(result) * 1000
    return results


def show(name: str, series: Series, results: Forecasts) -> None:
    """Print one line for each forecaster; the first is what OWA compares with."""
    naive: dict[str, float] = {}
    for label, (result, milliseconds) in results.items():
        found = scores(series, result)
        naive = naive or found
        owa = (found["mase"] / naive["mase"] + found["smape"] / naive["smape"]) / 2
        print(f"| {name} | {len(result):,} | {label} | {found['mase']:.3f} | {found['smape'] * 100:.1f} % | "
              f"{owa:.3f} | {found['rmsse']:.3f} | {milliseconds:.2f} |", flush=True)


def main(folder: str = "../shared/series", sample: str = str(SAMPLE)) -> None:
    """Print all series of each file by our choice, and a sample of them by statsmodels too."""
    warnings.simplefilter("ignore")
    ours: dict[str, Forecaster] = {"seasonal naive": seasonal_naive, "sopxl, automatic": automatic}
    theirs: dict[str, Forecaster] = {"Holt-Winters damped (statsmodels)": holt_winters, "Theta (statsmodels)": theta}
    print("| file | series | forecast | MASE | sMAPE | OWA | RMSSE | CPU ms a series |")
    print("|---|--:|---|--:|--:|--:|--:|--:|")
    for path in sorted(Path(folder).glob("*.parquet")):
        series = read_series(path)
        results = forecast_all(series, ours)
        show(path.stem, series, results)
        rows = np.sort(np.random.default_rng(1).permutation(len(series.history))[: int(sample)])
        if len(rows):
            some = series.rows(rows)
            of_sample = {label: (result[rows], spent) for label, (result, spent) in results.items()}
            show(f"{path.stem}, sample", some, of_sample | forecast_all(some, theirs))


if __name__ == "__main__":
    main(*sys.argv[1:])
