"""Forecasters in processes of their own, in the environment that has them, so that their start counts and is fair.

What another library forecast is kept in a folder, by everything that it depends on, and not reckoned again.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.forecasting import peers
from tests.benchmarks.forecasting.series import Series

ROOT = Path(__file__).parents[3]
PACKAGE = "tests.benchmarks.forecasting"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
VERSIONS = """
import importlib.metadata as m, json, platform
names = ("numpy", "pandas", "statsforecast", "statsmodels")
found = {}
for name in names:
    try:
        found[name] = m.version(name)
    except m.PackageNotFoundError:
        pass
print(json.dumps({"Python": platform.python_version(), **found}))
"""


@dataclass(frozen=True)
class Outcome:
    """Forecasts S x H and quantiles S x H x Q (NaN where none), and the CPU seconds of the process.

    ``start``: imports and a first series. ``spent``: all series, once started.
    """

    point: np.ndarray
    quantiles: np.ndarray
    start: float
    spent: float

    @property
    def failed(self) -> int:
        """Series that the forecaster could not take."""
        return int(np.isnan(self.point).any(axis=1).sum())

    def rows(self, chosen: np.ndarray) -> Outcome:
        """Some of the series; the time is that of all, in proportion."""
        share = len(chosen) / len(self.point)
        return Outcome(self.point[chosen], self.quantiles[chosen], self.start, self.spent * share)


@dataclass(frozen=True)
class Environment:
    """A Python to run forecasters in, and the versions of what it has."""

    name: str
    python: str
    versions: dict[str, str]


def environment(name: str, python: str) -> Environment:
    """An environment, asked for its versions. Raises CalledProcessError or OSError where it does not run."""
    told = subprocess.run([python, "-c", VERSIONS], capture_output=True, text=True, check=True).stdout
    return Environment(name, python, json.loads(told))


def engine_forecasts(series: Series, horizon: int, levels: list[int]) -> Outcome:
    """sopxl's forecasts of all series together, as in a company."""
    return _run([sys.executable, "-m", f"{PACKAGE}.engine"], _given(series, horizon, levels))


def peer_forecasts(
    name: str, where: Environment, series: Series, horizon: int, levels: list[int], cache: Path | None
) -> Outcome:
    """A peer's forecasts, from ``cache`` where the same library has forecast the same series there."""
    given = _given(series, horizon, levels)
    kept = cache / f"{_key(name, where, given)}.npz" if cache else None
    if kept and kept.exists():
        return _outcome(kept)
    return _run([where.python, "-m", f"{PACKAGE}.peers", name], given, kept)


def _given(series: Series, horizon: int, levels: list[int]) -> dict[str, np.ndarray]:
    """What a forecaster is told: no test values."""
    return {"history": series.history, "season": np.array(series.season), "horizon": np.array(horizon),
            "levels": np.array(levels)}


def _key(name: str, where: Environment, given: dict[str, np.ndarray]) -> str:
    """A name for all that a peer's forecast depends on."""
    library = peers.PEERS[name].library
    told = [f"{name} {where.versions[library]} {given['history'].shape}".encode(), Path(peers.__file__).read_bytes()]
    told += [given[one].tobytes() for one in sorted(given)]
    return hashlib.sha256(b"".join(told)).hexdigest()[:24]


def _run(command: list[str], given: dict[str, np.ndarray], kept: Path | None = None) -> Outcome:
    """Run a forecaster from the root of the repository, over files."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "given.npz"), Path(folder, "found.npz")
        np.savez_compressed(source, **given)  # type: ignore[arg-type]
        subprocess.run([*command, str(source), str(target)], check=True, cwd=ROOT, env=os.environ | ONE_THREAD)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(target.read_bytes())
        return _outcome(target)


def _outcome(path: Path) -> Outcome:
    """What a forecaster wrote."""
    with np.load(path) as found:
        return Outcome(found["point"], found["quantiles"], float(found["start"]), float(found["spent"]))
