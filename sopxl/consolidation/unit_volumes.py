"""What a unit's plan says of its items: demand, shipments, production and stock, in the periods of the group.

What is read stands in ``volume_tables.py`` (VOLUMES). Only items with a volume in these periods are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sopxl.consolidation.calendars import UnitCalendar
from sopxl.consolidation.names import GroupNames
from sopxl.consolidation.tables import records_of
from sopxl.consolidation.unit_file import GridCells
from sopxl.consolidation.unit_reading import ItemVolumes, UnitTask
from sopxl.consolidation.unit_trade import pair_name
from sopxl.consolidation.volume_tables import VOLUMES, Volume

NOTHING = 1e-9


@dataclass
class VolumeReader:
    """Reads the volumes of one unit; ``grid`` gives a plan grid of its workbook."""

    task: UnitTask
    calendar: UnitCalendar
    names: GroupNames
    grid: Callable[[str], GridCells]
    _found: dict[str, ItemVolumes] = field(default_factory=dict)

    def items(self) -> list[ItemVolumes]:
        """Every item with volume, in the order of the plan; names without a mapping are collected by ``names``."""
        for volume in VOLUMES:
            grid = self.grid(volume.grid)
            rows = grid.rows_of(volume.measure)
            for item, amounts, first in self._added_up(volume, grid, rows):
                volumes = self._item(item, grid, first)
                volumes.amounts[volume.name] = amounts
            if volume.between_units:
                self._read_between(volume, grid, rows)
        return list(self._found.values())

    def _added_up(self, volume: Volume, grid: GridCells, rows: np.ndarray) -> list[tuple[str, np.ndarray, int]]:
        """Items with volume in these rows: name, amounts in the group's periods, first row."""
        items, first, place = np.unique(grid.keys["item"][rows].astype(str), return_index=True, return_inverse=True)
        sums = np.zeros((len(items), grid.values.shape[1]))
        np.add.at(sums, place, grid.values[rows])
        split = self.calendar.split(sums, volume.kind)
        return [(str(items[at]), split[at], int(rows[first[at]])) for at in np.argsort(first)
                if np.abs(split[at]).max(initial=0.0) > NOTHING]

    def _item(self, item: str, grid: GridCells, row: int) -> ItemVolumes:
        """What is kept of an item; the place where it was met first in this grid becomes part of its source."""
        if item not in self._found:
            family = str(grid.keys["family"][row]) if "family" in grid.keys else ""
            group_item, factor = self.names.item(item, family, grid.sheet, grid.cells[row])
            self._found[item] = ItemVolumes(item, group_item, factor, f"[{self.task.path.name}]")
        volumes, place = self._found[item], f"{grid.sheet}!{grid.cells[row]}"
        if f"{grid.sheet}!" not in volumes.source:
            volumes.source += place if volumes.source.endswith("]") else f"; {place}"
        return volumes

    def _read_between(self, volume: Volume, grid: GridCells, rows: np.ndarray) -> None:
        """What of a volume is for each unit that this one sells to."""
        markets = np.array([str(market).lower() for market in grid.keys["market"][rows]], object)
        for pair in records_of(self.task.pairs):
            if pair.seller.lower() != self.task.unit.lower():
                continue
            for item, amounts, _ in self._added_up(volume, grid, rows[markets == pair.market.lower()]):
                between = self._found[item].between
                key = (pair_name(pair.seller, pair.buyer), volume.name)
                between[key] = between.get(key, 0.0) + amounts
