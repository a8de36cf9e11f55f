"""Reading of long tables (``unique_id``, ``ds``, ``y``, ``split``: train or test) into histories side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SEASONS = {52: 10, 12: 45, 4: 120}
"""Periods in a year, and the most days between two of them."""
INTERMITTENT_SHARE = 1 / 3
SEED = 1


@dataclass(frozen=True)
class Series:
    """Histories S x T (NaN before the first value and in gaps) that end in the same column, and test values S x H."""

    name: str
    season: int
    history: np.ndarray
    test: np.ndarray

    @property
    def is_intermittent(self) -> bool:
        """Whether more than a third of what is known is 0."""
        known = self.history[~np.isnan(self.history)]
        return bool((known == 0).mean() > INTERMITTENT_SHARE)

    def sample(self, count: int) -> np.ndarray:
        """Rows of ``count`` series drawn at random, always the same; all rows where there are not more."""
        return np.sort(np.random.default_rng(SEED).permutation(len(self.history))[:count])

    def rows(self, chosen: np.ndarray) -> Series:
        """Some of the series, named a sample where they are not all."""
        name = self.name if len(chosen) == len(self.history) else f"{self.name}, sample"
        return Series(name, self.season, self.history[chosen], self.test[chosen])


def read_series(path: Path, season: int | None = None, horizon: int | None = None) -> Series:
    """The series of a csv or parquet file, whenever they began and ended, side by side from their last training period.

    ``season``: periods in a year (else from the days between the periods). ``horizon``: at most so many test periods.
    Raises ValueError where a column is missing, or training or test values.
    """
    records = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, parse_dates=["ds"])
    missing = {"unique_id", "ds", "y", "split"} - set(records.columns)
    if missing:
        raise ValueError(f"{path.name}: no column {', '.join(sorted(missing))}")
    records = records.astype({"unique_id": str, "y": float}).sort_values(["unique_id", "ds"])
    history = _side_by_side(records[records["split"] == "train"], from_end=True)
    test = _side_by_side(records[records["split"] == "test"], from_end=False).reindex(history.index)
    if not history.size or not test.size:
        raise ValueError(f"{path.name}: needs rows with split 'train' and with split 'test'")
    return Series(path.stem, season or season_of(records), history.to_numpy(float), test.to_numpy(float)[:, :horizon])


def season_of(records: pd.DataFrame) -> int:
    """Periods in a year, from the median days between the periods of a series; 1 where they are years."""
    days = records.groupby("unique_id")["ds"].diff().dt.days.median()
    return next((season for season, most in SEASONS.items() if days <= most), 1)


def _side_by_side(records: pd.DataFrame, *, from_end: bool) -> pd.DataFrame:
    """One row per series, counted from its first record or (right aligned) from its last."""
    place = records.groupby("unique_id").cumcount(ascending=not from_end)
    table = records.assign(place=-place if from_end else place).pivot_table(
        "y", "unique_id", "place", dropna=False, observed=True
    )
    return table.sort_index(axis=1)
