"""A finished supply plan as those see it who tell planners about it: exceptions and review tables.

To fill a declared table, write a function of the :class:`PlanView` under ``@review(TABLE)``, in the file of its
subject, and import that file in ``plan.py``; what it leaves out of the table's columns is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.schema import Table, Tables
from sopxl.settings import Settings
from sopxl.steps.demand.tables import ITEMS
from sopxl.steps.supply.bottlenecks import holding_up
from sopxl.steps.supply.figures import Figures, figures
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.pegs import Pegs, peg

PIECES = ("EA", "PC", "PCS", "PCE", "ST", "SET")
"""Units that are whole, as in *items.unit*; all others are measured, weighed or counted by the thousand."""


@dataclass(frozen=True)
class PlanView:
    """The network, what is needed and what is planned, with their figures, and the tables that they came from."""

    tables: Tables
    network: Network
    required: Flows
    planned: Flows

    @cached_property
    def need(self) -> Figures:
        """Figures of what is needed."""
        return figures(self.network, self.required)

    @cached_property
    def plan(self) -> Figures:
        """Figures of what is planned."""
        return figures(self.network, self.planned)

    @cached_property
    def pegs(self) -> Pegs:
        """Which supply serves which demand in the plan."""
        return peg(self.network, self.planned)

    @cached_property
    def required_pegs(self) -> Pegs:
        """Which supply would serve which demand without limits."""
        return self.pegs if self.planned is self.required else peg(self.network, self.required)

    def holds_up(self, demand: int, period: int) -> str:
        """In a sentence, what holds up a demand (row) in the period in which it starts to wait."""
        if (demand, period) not in self._held_up:
            self._held_up[demand, period] = holding_up(self.network, self.planned, self.plan, demand, period)
        return self._held_up[demand, period]

    @cached_property
    def _held_up(self) -> dict[tuple[int, int], str]:
        """What was found to hold up demands."""
        return {}

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.network.settings

    @property
    def labels(self) -> np.ndarray:
        """Labels of the periods."""
        return np.asarray(self.network.settings.periods.labels, dtype=object)

    @property
    def is_balanced(self) -> bool:
        """Whether the plan keeps to limits."""
        return self.network.settings.plan_mode == "balance"

    def name_of(self, items: Iterable[object]) -> np.ndarray:
        """Name of each of these items; empty where it has none."""
        return self._told_of(items, "name", "")

    def family_of(self, items: Iterable[object]) -> np.ndarray:
        """Family of each of these items; as declared for items without one where it has none."""
        return self._told_of(items, "family", str(ITEMS.column("family").default))

    def in_pieces(self, items: Iterable[object]) -> np.ndarray:
        """Whether each of these items is counted in pieces (PIECES), so that nobody orders a part of one."""
        return np.isin([str(unit).upper() for unit in self._told_of(items, "unit", "")], PIECES)

    def _told_of(self, items: Iterable[object], column: str, otherwise: str) -> np.ndarray:
        """What the table of items says of each of these."""
        known = self._items[column].reindex(pd.Index(items, dtype=object))
        return np.asarray(known.fillna(otherwise).to_numpy(object))

    @cached_property
    def _items(self) -> pd.DataFrame:
        """The table of items, by item."""
        return self.tables["items"].drop_duplicates("item").set_index("item")


Review = Callable[[PlanView], pd.DataFrame]
REVIEWS: dict[str, Review] = {}


def review(table: Table) -> Callable[[Review], Review]:
    """Enter a function as the one that fills this table."""

    def enter(function: Review) -> Review:
        REVIEWS[table.name] = function
        return function

    return enter
