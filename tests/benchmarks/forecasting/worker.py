"""What a forecaster's own process does: read histories, forecast one series, then all, and say the CPU seconds.

Imports numpy only, so that it runs in any environment. Files in and out are npz. In: ``history`` S x T (NaN before the
first value), ``season``, ``horizon``, ``levels`` (percent, ascending). Out: ``point`` S x H and ``quantiles`` S x H x Q
(NaN for a series that the forecaster could not take), ``start`` and ``spent`` (CPU seconds: imports and the first
series in a fresh process; then all series).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

Forecast = tuple[np.ndarray, np.ndarray]
Forecaster = Callable[[np.ndarray, int, int, list[int]], Forecast]


def work(source: str, target: str, forecaster: Forecaster) -> None:
    """Forecast the histories of a file and write what came out to another; all CPU time since the start counts."""
    with np.load(source) as given:
        history, levels = given["history"], [int(level) for level in given["levels"]]
        season, horizon = int(given["season"]), int(given["horizon"])
    forecaster(history[:1], season, horizon, levels)
    start = time.process_time()
    point, quantiles = forecaster(history, season, horizon, levels)
    spent = time.process_time() - start
    failed = ~np.isfinite(point).all(axis=1)
    point[failed], quantiles[failed] = np.nan, np.nan
    np.savez_compressed(target, point=point, quantiles=quantiles, start=start, spent=spent)
