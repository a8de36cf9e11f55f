"""A linear program as arrays: columns, rows and costs are added a whole block at a time and read out once.

Nothing here knows of supply: what the columns and rows stand for is said in ``balance_model``, ``limits`` and
``cost_terms``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

INFINITY = np.inf


@dataclass(frozen=True)
class Basis:
    """Where a search starts or ended: which columns and rows carry the program; the others stand at a bound."""

    column: np.ndarray
    """Per column: whether it is basic."""
    row: np.ndarray
    column_at_upper: np.ndarray
    """Per column: whether it stands at its upper bound, where it is not basic."""
    row_at_upper: np.ndarray


@dataclass(frozen=True)
class ProgramArrays:
    """Minimise ``cost @ x`` with ``row_lower <= A x <= row_upper`` and ``lower <= x <= upper``; A row by row."""

    cost: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    whole: np.ndarray
    """Whether a column may only take whole numbers."""
    row_lower: np.ndarray
    row_upper: np.ndarray
    start: np.ndarray
    """Where each row starts in ``index`` and ``value``; one longer than the rows."""
    index: np.ndarray
    value: np.ndarray
    constant: float = 0.0
    """What is added to the cost whatever the columns are."""
    guess: np.ndarray | None = None
    """Values that keep to all limits, from which a search for whole numbers can start."""
    basis: Basis | None = None
    """From where the search for the least cost starts; None: from nothing."""

    def cost_of(self, values: np.ndarray) -> float:
        """The cost at these values."""
        return self.constant + float(self.cost @ values)


@dataclass
class Program:
    """Collects blocks of columns, rows, entries and costs."""

    column_count: int = 0
    row_count: int = 0
    _columns: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    _rows: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    _entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    costs: dict[str, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    """Cost term -> its columns and what a unit of each costs."""
    constants: dict[str, float] = field(default_factory=dict)
    """Cost term -> what it costs whatever is decided."""
    _new_bounds: list[tuple[np.ndarray, int, float]] = field(default_factory=list)

    def add_columns(
        self,
        shape: tuple[int, ...],
        lower: np.ndarray | float = 0.0,
        upper: np.ndarray | float = INFINITY,
        whole: np.ndarray | bool = False,
    ) -> np.ndarray:
        """Numbers of new columns, in that shape. Bounds and whether they are whole are broadcast to it."""
        count = int(np.prod(shape))
        low, high = (np.broadcast_to(np.asarray(bound, float), shape).ravel() for bound in (lower, upper))
        self._columns.append((low, high, np.broadcast_to(np.asarray(whole, bool), shape).ravel()))
        self.column_count += count
        return np.arange(self.column_count - count, self.column_count).reshape(shape)

    def add_rows(
        self,
        shape: tuple[int, ...],
        lower: np.ndarray | float = -INFINITY,
        upper: np.ndarray | float = INFINITY,
    ) -> np.ndarray:
        """Numbers of new rows, in that shape. Bounds are broadcast to it."""
        count = int(np.prod(shape))
        self._rows.append(
            (
                np.broadcast_to(np.asarray(lower, float), shape).ravel(),
                np.broadcast_to(np.asarray(upper, float), shape).ravel(),
            )
        )
        self.row_count += count
        return np.arange(self.row_count - count, self.row_count).reshape(shape)

    def add_entries(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray | float) -> None:
        """Entries of the matrix; the three are broadcast against each other, entries at one place add up."""
        shape = np.broadcast_shapes(rows.shape, columns.shape, np.shape(values))
        self._entries.append(
            (
                np.broadcast_to(rows, shape).ravel(),
                np.broadcast_to(columns, shape).ravel(),
                np.broadcast_to(np.asarray(values, float), shape).ravel(),
            )
        )

    def set_bounds(self, columns: np.ndarray, lower: float | None = None, upper: float | None = None) -> None:
        """Other bounds for columns that are there."""
        for side, bound in enumerate((lower, upper)):
            if bound is not None:
                self._new_bounds.append((columns.ravel(), side, bound))

    def add_cost(self, term: str, columns: np.ndarray, unit_cost: np.ndarray | float) -> None:
        """Charge ``unit_cost`` (broadcast) for a unit of each column, under that term."""
        charged = np.broadcast_to(np.asarray(unit_cost, float), columns.shape).ravel()
        self.costs.setdefault(term, []).append((columns.ravel(), charged))

    def add_constant(self, term: str, amount: float) -> None:
        """Charge ``amount`` whatever is decided, under that term."""
        self.constants[term] = self.constants.get(term, 0.0) + amount

    def cost_of(self, values: np.ndarray) -> dict[str, float]:
        """What the columns at these values cost, by term."""
        return {
            term: self.constants.get(term, 0.0) + float(sum(cost @ values[columns] for columns, cost in charges))
            for term, charges in self.costs.items()
        }

    def row_limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper limits of all rows so far."""
        return _joined([lower for lower, _ in self._rows]), _joined([upper for _, upper in self._rows])

    def arrays(self) -> ProgramArrays:
        """The program as it stands."""
        cost = np.zeros(self.column_count)
        for charges in self.costs.values():
            for columns, unit_cost in charges:
                np.add.at(cost, columns, unit_cost)
        start, index, value = self._matrix()
        lower, upper = self.bounds()
        whole = _joined([block[2] for block in self._columns])
        row_lower, row_upper = self.row_limits()
        return ProgramArrays(
            cost, lower, upper, whole.astype(bool), row_lower, row_upper, start, index, value,
            sum(self.constants.values()),
        )

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bound of every column."""
        lower, upper = (_joined([block[part] for block in self._columns]) for part in range(2))
        for columns, side, bound in self._new_bounds:
            (lower, upper)[side][columns] = bound
        return lower, upper

    def _matrix(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Starts, column numbers and values, row by row; entries at one place added up, zeros left out."""
        rows, columns, values = (_joined([block[part] for block in self._entries]) for part in range(3))
        place = rows.astype(np.int64) * max(self.column_count, 1) + columns.astype(np.int64)
        order = np.argsort(place, kind="stable")
        place, values = place[order], values[order]
        firsts = np.flatnonzero(np.diff(place, prepend=-1))
        values = np.add.reduceat(values, firsts) if len(firsts) else values
        place = place[firsts]
        kept = values != 0
        place, values = place[kept], values[kept]
        counts = np.bincount(place // max(self.column_count, 1), minlength=self.row_count)
        start = np.concatenate([[0], np.cumsum(counts)])
        return start.astype(np.int32), (place % max(self.column_count, 1)).astype(np.int32), values


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """The parts in one array; an empty one where there are none."""
    return np.concatenate(parts) if parts else np.zeros(0)
