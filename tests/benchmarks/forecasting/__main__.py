"""``python -m tests.benchmarks.forecasting FILE...``: sopxl and other libraries on the same series, one table."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.benchmarks.forecasting.measures import naive2
from tests.benchmarks.forecasting.peers import PEERS
from tests.benchmarks.forecasting.processes import (
    Environment,
    Outcome,
    engine_forecasts,
    environment,
    peer_forecasts,
)
from tests.benchmarks.forecasting.report import Line, as_records, line, markdown, mean_outcome
from tests.benchmarks.forecasting.series import Series, read_series


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.forecasting", description=__doc__)
    add = parser.add_argument
    add("files", nargs="+", type=Path, metavar="FILE", help="csv or parquet: unique_id, ds, y, split (train, test)")
    add("--season", type=int, help="periods in a year; without it, from the days between the periods")
    add("--horizon", type=int, help="at most so many of the test periods")
    add("--sample", type=int, default=200, help="series a set that the other libraries forecast (default 200)")
    add("--peers", default="statsforecast,statsmodels", help="libraries, or how names of models begin, or none")
    add("--levels", default="80,95", help="percent of the intervals")
    add("--python", action="append", default=[], metavar="NAME=PATH", help="an environment that has other libraries")
    add("--cache", type=Path, help="folder that keeps the other libraries' forecasts")
    add("--no-engine", action="store_true", help="other libraries only")
    add("--json", type=Path, metavar="OUT", help="write the figures there too")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    given = arguments()
    levels = sorted(int(level) for level in given.levels.split(","))
    environments = [environment("sopxl", sys.executable)]
    environments += [environment(*one.split("=", 1)) for one in given.python]
    lines: list[Line] = []
    for path in given.files:
        series = read_series(path, given.season, given.horizon)
        chosen = series.sample(given.sample)
        if not given.no_engine:
            lines += of_engine(series, chosen, levels)
        lines += of_peers(series.rows(chosen), given.peers, environments, levels, given.cache)
    print(markdown(lines, environments, levels))
    if given.json:
        told = {"versions": {one.name: one.versions for one in environments}, "lines": as_records(lines)}
        given.json.write_text(json.dumps(told, indent=1), encoding="utf-8")


def of_engine(series: Series, chosen: np.ndarray, levels: list[int]) -> list[Line]:
    """Naive 2 and sopxl on all series, and on the sample where that is not all."""
    horizon = series.test.shape[1]
    none = np.full((*series.test.shape, 2 * len(levels)), np.nan)
    outcomes = {
        "Naive 2": Outcome(naive2(series.history, series.season, horizon), none, np.nan, np.nan),
        "sopxl": engine_forecasts(series, horizon, levels),
    }
    lines = [line(label, series, one, levels) for label, one in outcomes.items()]
    if len(chosen) < len(series.history):
        lines += [line(label, series.rows(chosen), one.rows(chosen), levels)
                  for label, one in outcomes.items()]
    return lines


def of_peers(
    series: Series, wanted: str, environments: list[Environment], levels: list[int], cache: Path | None
) -> list[Line]:
    """Each wanted model that suits the series and that an environment has, and the mean of statsforecast's."""
    outcomes: dict[str, Outcome] = {}
    for name, declared in PEERS.items():
        where = next((one for one in environments if declared.library in one.versions), None)
        is_wanted = any(declared.library == one or name.startswith(one) for one in wanted.split(","))
        if declared.intermittent != series.is_intermittent or not is_wanted:
            continue
        if where is None:
            print(f"{name}: no environment has {declared.library}", file=sys.stderr)
            continue
        try:
            outcomes[name] = peer_forecasts(name, where, series, series.test.shape[1], levels, cache)
        except subprocess.CalledProcessError as fault:
            print(f"{name} on {series.name}: {fault}", file=sys.stderr)
    labelled = {f"{name} ({PEERS[name].library})": one for name, one in outcomes.items()}
    together = [one for name, one in outcomes.items() if PEERS[name].library == "statsforecast"]
    if len(together) > 1:
        labelled[f"mean of the {len(together)} (statsforecast)"] = mean_outcome(together)
    return [line(label, series, one, levels) for label, one in labelled.items()]


if __name__ == "__main__":
    main()
