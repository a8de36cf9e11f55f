"""Figures of forecasters on sets of series, and the Markdown table that the manual shows."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np

from tests.benchmarks.forecasting.measures import MEASURES, Case, coverage, naive2, owa
from tests.benchmarks.forecasting.peers import probabilities
from tests.benchmarks.forecasting.processes import Environment, Outcome
from tests.benchmarks.forecasting.series import Series


@dataclass(frozen=True)
class Line:
    """One forecaster on one set: means over its series, coverage by level, and CPU seconds (NaN where not known).

    ``start``: imports and a first series, in a fresh process; ``per_thousand``: 1,000 series once started.
    """

    name: str
    series: int
    forecaster: str
    owa: float
    measures: dict[str, float]
    coverage: dict[int, float]
    start: float
    per_thousand: float
    failed: int

    @property
    def cold(self) -> float:
        """CPU seconds of a fresh process that forecasts 1,000 series."""
        return self.start + self.per_thousand


def line(forecaster: str, series: Series, outcome: Outcome, levels: list[int]) -> Line:
    """Judge forecasts; a series that the forecaster could not take gets the Naive 2 forecast, and no quantiles."""
    naive = naive2(series.history, series.season, series.test.shape[1])
    point = np.where(np.isnan(outcome.point).any(axis=1, keepdims=True), naive, outcome.point)
    found = _means(series, point, outcome.quantiles, levels)
    of_naive = _means(series, naive, np.full_like(outcome.quantiles, np.nan), levels)
    case = Case(series.history, series.season, series.test, point, outcome.quantiles, probabilities(levels))
    covered = {level: coverage(case, len(levels) - 1 - place) for place, level in enumerate(levels)}
    weighted = owa(found["mase"], found["smape"], of_naive["mase"], of_naive["smape"])
    return Line(series.name, len(point), forecaster, weighted, found, covered, outcome.start,
                outcome.spent / len(point) * 1000, outcome.failed)


def _means(series: Series, point: np.ndarray, quantiles: np.ndarray, levels: list[int]) -> dict[str, float]:
    """Mean of each measure over the series for which it is defined."""
    case = Case(series.history, series.season, series.test, point, quantiles, probabilities(levels))
    result = {}
    for name, one in MEASURES.items():
        values = one(case)
        known = values[np.isfinite(values)]
        result[name] = float(known.mean()) if len(known) else math.nan
    return result


def mean_outcome(outcomes: list[Outcome]) -> Outcome:
    """The mean of some forecasters' forecasts and quantiles, in one process that starts once; their times added."""
    return Outcome(
        np.mean([one.point for one in outcomes], axis=0), np.mean([one.quantiles for one in outcomes], axis=0),
        max(one.start for one in outcomes), sum(one.spent for one in outcomes),
    )


def markdown(lines: list[Line], environments: list[Environment], levels: list[int]) -> str:
    """The table with its date, versions, machine and sample sizes."""
    versions = "; ".join(
        f"{one.name}: " + ", ".join(f"{name} {version}" for name, version in one.versions.items())
        for one in environments
    )
    heads = ["set", "series", "forecast", "OWA", "MASE", "sMAPE %", "RMSSE", "bias", "total", "pinball",
             *(f"in {level} %" for level in levels), "cold CPU s per 1,000", "warm"]
    rows = [f"| {' | '.join(heads)} |", "|---|--:|---|" + "--:|" * (len(heads) - 3)]
    rows += [f"| {' | '.join(_cells(one))} |" for one in lines]
    failures = [f"* {one.forecaster} could not take {one.failed} series of {one.name}; Naive 2 counts there."
                for one in lines if one.failed]
    told = f"{date.today().isoformat()}, {os.cpu_count()} cores, one used. {versions}."
    return "\n".join([told, "", *rows, *([""] if failures else []), *failures, ""])


def _cells(one: Line) -> list[str]:
    """A line's figures as text; '-' where there is none."""
    found = one.measures
    numbers = [(one.owa, 3), (found["mase"], 3), (found["smape"], 2), (found["rmsse"], 3), (found["bias"], 3),
               (found["total"], 3), (found["pinball"], 3)]
    shares = [(100 * share, 1) for share in one.coverage.values()]
    seconds = [(one.cold, 2), (one.per_thousand, 2)]
    figures = ["-" if math.isnan(value) else f"{value:,.{digits}f}" for value, digits in [*numbers, *shares, *seconds]]
    return [one.name, f"{one.series:,}", one.forecaster, *figures]


def as_records(lines: list[Line]) -> list[dict[str, object]]:
    """The lines for JSON; null where a figure is not known."""
    records = []
    for one in lines:
        flat = asdict(one)
        flat |= flat.pop("measures") | {f"coverage_{level}": share for level, share in flat.pop("coverage").items()}
        records.append({name: None if isinstance(value, float) and math.isnan(value) else value
                        for name, value in flat.items()})
    return records
