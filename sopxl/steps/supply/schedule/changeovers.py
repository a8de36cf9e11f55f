"""What it takes to change a resource from one set-up to the next: the most specific row of the changeovers, else the
routing's set-up hours where the set-up group changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import pandas as pd


class Setup(NamedTuple):
    """What a resource is set up for: the set-up group, and the item that asked for it where that matters."""

    group: str
    item: str


class Changeover(NamedTuple):
    """Hours that a changeover takes, and its cost beside them."""

    hours: float
    cost: float


@dataclass
class Changeovers:
    """The declared changeovers, looked up and remembered.

    ``rows``: (resource, from, to) -> changeover, empty text for any. A row that names the item is more specific than
    one that names its group; of rows equally specific the one that names the resource, then what runs next, wins.
    """

    rows: dict[tuple[str, str, str], Changeover]
    known: dict[tuple[str, Setup | None, Setup], Changeover | None] = field(default_factory=dict)

    @cached_property
    def _named(self) -> set[str]:
        return {name for _, *ends in self.rows for name in ends}

    def setup(self, group: str, item: str) -> Setup:
        """The set-up for an item; the item stays out of it unless a row names it."""
        return Setup(group, item if item in self._named else "")

    def between(self, resource: str, before: Setup | None, after: Setup, setup_hours: float) -> Changeover:
        """The changeover on a resource; ``before`` None: nothing is known of what ran, and only rows for any count."""
        if self.rows:
            key = (resource, before, after)
            if key not in self.known:
                self.known[key] = self._find(*key)
            found = self.known[key]
            if found is not None:
                return found
        alike = before is not None and before.group == after.group
        return Changeover(0.0 if alike else setup_hours, 0.0)

    def _find(self, resource: str, before: Setup | None, after: Setup) -> Changeover | None:
        """The most specific row that fits; None where none does."""
        left = [(0, "")] if before is None else [(2, before.item), (1, before.group), (0, "")]
        right = [(2, after.item), (1, after.group), (0, "")]
        if before is not None and before.group == after.group:
            left = [choice for choice in left if choice[0]]
            right = [choice for choice in right if choice[0]]
        fits = [
            ((from_score + to_score + by_name, by_name, to_score), self.rows[(name, from_name, to_name)])
            for by_name, name in ((1, resource), (0, "")) for from_score, from_name in left
            for to_score, to_name in right if (name, from_name, to_name) in self.rows
        ]
        return max(fits)[1] if fits else None


def read_changeovers(changeovers: pd.DataFrame) -> Changeovers:
    """The declared table ``changeovers`` to look up in."""
    rows: dict[tuple[str, str, str], Changeover] = {}
    columns = [changeovers[name] for name in ("resource", "from_group", "to_group", "hours", "cost")]
    for resource, before, after, hours, cost in zip(*columns, strict=True):
        place = (str(resource), str(before), str(after))
        rows.setdefault(place, Changeover(_number(hours), _number(cost)))
    return Changeovers(rows)


def _number(value: float) -> float:
    return 0.0 if value != value else float(value)
