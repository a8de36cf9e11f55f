"""Other libraries' forecasts: run in an environment that has them, ``python -m tests.benchmarks.forecasting.peers
MODEL SOURCE TARGET``.

Only numpy, scipy and the library are needed there, not sopxl. A further model is one function under ``@peer``: it
takes one history (no NaN), season, horizon and levels, and returns the point forecast H and quantiles H x Q.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from tests.benchmarks.forecasting.worker import Forecast, work

Fit = Callable[[np.ndarray, int, int, list[int]], Forecast]


@dataclass(frozen=True)
class Peer:
    """A model of a library; ``intermittent``: whether it is for demand that is mostly 0."""

    library: str
    intermittent: bool
    fit: Fit


PEERS: dict[str, Peer] = {}


def peer(library: str, name: str, *, intermittent: bool = False) -> Callable[[Fit], Fit]:
    """Register a model under its name in the library."""

    def register(fit: Fit) -> Fit:
        PEERS[name] = Peer(library, intermittent, fit)
        return fit

    return register


def nixtla(name: str) -> None:
    """A model of statsforecast with intervals of its own."""

    @peer("statsforecast", name)
    def fit(values: np.ndarray, season: int, horizon: int, levels: list[int]) -> Forecast:
        model = getattr(import_module("statsforecast.models"), name)(season_length=season)
        result = model.forecast(values, horizon, level=levels)
        bounds = [result[f"lo-{level}"] for level in reversed(levels)] + [result[f"hi-{level}"] for level in levels]
        return result["mean"], np.stack(bounds, axis=1)


def nixtla_intermittent(name: str, **settings: float) -> None:
    """A model of statsforecast for intermittent demand; negative binomial quantiles around its forecast."""

    @peer("statsforecast", name, intermittent=True)
    def fit(values: np.ndarray, season: int, horizon: int, levels: list[int]) -> Forecast:
        model = getattr(import_module("statsforecast.models"), name)(**settings)
        point = model.forecast(values, horizon)["mean"]
        return point, negative_binomial(point, values, levels)


for one in ("AutoETS", "DynamicOptimizedTheta", "AutoCES", "AutoARIMA"):
    nixtla(one)
for one in ("CrostonClassic", "CrostonSBA", "ADIDA", "IMAPA", "SimpleExponentialSmoothingOptimized"):
    nixtla_intermittent(one)
nixtla_intermittent("TSB", alpha_d=0.2, alpha_p=0.2)


@peer("statsmodels", "ETSModel (A,Ad,A)")
def damped_trend(values: np.ndarray, season: int, horizon: int, levels: list[int]) -> Forecast:
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    seasonal = "add" if 1 < season <= len(values) / 2 else None
    model = ETSModel(pd.Series(values), trend="add", damped_trend=True, seasonal=seasonal,
                     seasonal_periods=season if seasonal else None)
    predicted = model.fit(disp=False).get_prediction(len(values), len(values) + horizon - 1)
    frames = [predicted.summary_frame(alpha=1 - level / 100) for level in levels]
    return frames[0]["mean"].to_numpy(), _bounds(frames, "pi_lower", "pi_upper")


@peer("statsmodels", "ThetaModel")
def theta(values: np.ndarray, season: int, horizon: int, levels: list[int]) -> Forecast:
    import pandas as pd
    from statsmodels.tsa.forecasting.theta import ThetaModel

    deseasonalised = len(values) >= 2 * season > 2
    fitted = ThetaModel(pd.Series(values), period=season, deseasonalize=deseasonalised).fit()
    frames = [fitted.prediction_intervals(horizon, alpha=1 - level / 100) for level in levels]
    return fitted.forecast(horizon).to_numpy(), _bounds(frames, "lower", "upper")


def _bounds(frames: list[Any], lower: str, upper: str) -> np.ndarray:
    """H x Q: the bounds of intervals, the lowest quantile first; ``frames``: one per level, the narrowest first."""
    columns = [frame[lower].to_numpy() for frame in reversed(frames)] + [frame[upper].to_numpy() for frame in frames]
    return np.stack(columns, axis=1)


def probabilities(levels: list[int]) -> np.ndarray:
    """Q probabilities, ascending: the bounds of central intervals of the given levels (percent, ascending)."""
    lower = [(1 - level / 100) / 2 for level in reversed(levels)]
    return np.array([*lower, *(1 - one for one in reversed(lower))])


def negative_binomial(point: np.ndarray, values: np.ndarray, levels: list[int]) -> np.ndarray:
    """H x Q quantiles with the forecast as mean and the history's variance; Poisson where that is not above the mean.

    Source: Snyder, Ord, Beaumont, International Journal of Forecasting 28 (2012) 485-496.
    """
    from scipy import stats

    average = np.maximum(np.asarray(point, float), 1e-9)[:, None]
    variance = max(float(values.var()), 0.0)
    share = np.clip(average / np.maximum(variance, average * 1.0001), 1e-9, 1 - 1e-9)
    return np.asarray(stats.nbinom.ppf(probabilities(levels), average * share / (1 - share), share))


def forecast_all(name: str, history: np.ndarray, season: int, horizon: int, levels: list[int]) -> Forecast:
    """Forecasts S x H and quantiles S x H x Q, none below 0; NaN where the model could not take the series."""
    point = np.full((len(history), horizon), np.nan)
    quantiles = np.full((len(history), horizon, 2 * len(levels)), np.nan)
    for row, padded in enumerate(history):
        known = np.flatnonzero(~np.isnan(padded))
        values = np.nan_to_num(padded[known[0] :]) if len(known) else np.zeros(1)
        try:
            point[row], quantiles[row] = PEERS[name].fit(values, season, horizon, levels)
        except Exception as fault:  # whatever a library may raise: counted, and told
            print(f"{name}: series {row}: {type(fault).__name__}: {fault}", file=sys.stderr)
    return np.maximum(point, 0.0), np.maximum(quantiles, 0.0)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    work(sys.argv[2], sys.argv[3], lambda *given: forecast_all(sys.argv[1], *given))
