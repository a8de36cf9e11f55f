"""What is asked of a unit's plan and what is kept of it: lines in whole cents, volumes by item, its last run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from sopxl.consolidation.settings import GroupSettings
from sopxl.consolidation.unit_file import GridCells, UnitRecord
from sopxl.schema import Finding


@dataclass(frozen=True)
class UnitTask:
    """One unit to read: where it is, and the group's settings, mappings, calendars and pairs of trading units."""

    unit: str
    path: Path
    calendar: str
    settings: GroupSettings
    mappings: pd.DataFrame
    calendars: pd.DataFrame
    pairs: pd.DataFrame

    def source(self, grid: GridCells, row: int) -> str:
        """File, sheet and cell of a row's first period."""
        return f"[{self.path.name}]{grid.sheet}!{grid.cells[row]}"


@dataclass(frozen=True)
class UnitLine:
    """One line of a unit in the group's periods; ``cents`` are whole (of quantities: hundredths)."""

    role: str
    pair: str
    account: str
    family: str
    market: str
    section: str
    rate_kind: str
    source: str
    rows_added: int
    cents: np.ndarray
    opening: int = 0
    """Of balances: whole cents in local currency when the group's first period begins."""


@dataclass
class ItemVolumes:
    """Volumes of one item in the group's periods, in the unit's unit of measure.

    ``amounts``: volume -> its quantities; ``between``: pair and volume -> the part that is for the buyer of the pair.
    """

    item: str
    group_item: str
    factor: float
    source: str
    amounts: dict[str, np.ndarray] = field(default_factory=dict)
    between: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class UnitReading:
    """What is kept of a unit.

    ``totals``: account -> whole cents of the total in its file, by the group's periods. ``opening_equity`` and
    ``opening_stock`` (by pair) are whole cents in local currency.
    """

    unit: str
    path: Path
    company: str
    currency: str
    periods: str
    record: UnitRecord
    fingerprint: str
    lines: list[UnitLine]
    totals: dict[str, np.ndarray]
    opening_equity: int
    opening_stock: dict[str, int]
    findings: list[Finding] = field(default_factory=list)
    items: list[ItemVolumes] = field(default_factory=list)
