"""What a unit's plan says of its business with sister units: sales, purchases, debts, and stock bought from them.

What is read for whom stands in ``accounts.py`` (TRADES).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sopxl.consolidation.accounts import RATE_OF, STOCK_FROM_SISTERS, STOCK_PLACES, TRADES, Trade
from sopxl.consolidation.calendars import UnitCalendar
from sopxl.consolidation.money import cents
from sopxl.consolidation.tables import BETWEEN_UNITS, records_of
from sopxl.consolidation.unit_file import GridCells
from sopxl.consolidation.unit_reading import UnitLine, UnitTask
from sopxl.schema import Finding, PlanError, read_text


@dataclass(frozen=True)
class TradeReader:
    """Reads the business of one unit; ``grid`` gives a plan grid of its workbook."""

    task: UnitTask
    calendar: UnitCalendar
    grid: Callable[[str], GridCells]
    sourcing: Sequence[dict[str, Any]]
    """The rows of the unit's table of who delivers what."""

    def lines(self) -> tuple[list[UnitLine], dict[str, int]]:
        """All lines, and by pair the unit's stock from that seller at the start (whole cents, local currency)."""
        lines: list[UnitLine] = []
        opening: dict[str, int] = {}
        for row in records_of(self.task.pairs):
            pair = pair_name(row.seller, row.buyer)
            for trade in TRADES:
                if self._is(row.seller if trade.seller else row.buyer):
                    lines += self._line(trade, pair, row.market if trade.seller else row.supplier)
            if self._is(row.buyer):
                stock, start = self._stock(pair, row.supplier)
                lines += stock
                opening[pair] = opening.get(pair, 0) + start
        return _added_up(lines), opening

    def _is(self, unit: str) -> bool:
        return self.task.unit.lower() == unit.lower()

    def _line(self, trade: Trade, pair: str, party: str) -> list[UnitLine]:
        """One line; no balance where the other has none. Raises PlanError where the plan does not know the other."""
        grid = self.grid(trade.grid)
        parties = _small(grid.keys[trade.party])
        if party.lower() not in parties:
            if trade.kind == "balance":
                return []
            raise PlanError([Finding(
                "error", f"{self.task.unit}: {grid.sheet} has no {trade.party} '{party}', by which they should trade.",
                f"Correct the {trade.party} in Intercompany pairs.", table="intercompany_pairs",
                sheet=f"[{self.task.path.name}]{grid.sheet}")])
        rows = np.flatnonzero((parties == party.lower()) & (grid.measures == trade.measure))
        if not len(rows):
            return []
        line = self._of(trade.account, trade.kind, pair, grid, rows, grid.values[rows].sum(axis=0))
        return [replace(line, opening=self._opening(trade, grid, rows)) if trade.opening else line]

    def _opening(self, trade: Trade, grid: GridCells, rows: np.ndarray) -> int:
        """What a balance is when the group's first period begins, in whole cents."""
        before = self.calendar.before
        amount = (grid.values[rows, before].sum() if before >= 0
                  else sum(grid.attribute(trade.opening, row) for row in rows.tolist()))
        return int(cents(np.array([amount]))[0])

    def _of(self, account: str, kind: Any, pair: str, grid: GridCells, rows: Any, amounts: np.ndarray) -> UnitLine:
        return UnitLine(BETWEEN_UNITS, pair, account, "", "", "between units", RATE_OF[kind],
                        self.task.source(grid, int(rows[0])), len(rows), self.calendar.total_cents(amounts, kind))

    def _stock(self, pair: str, supplier: str) -> tuple[list[UnitLine], int]:
        """Stock bought from a supplier, on hand and under way, by its share of each item's receipts; and its start."""
        shares = _shares_bought(self.grid("procurement_plan"), self.sourcing, supplier)
        lines, opening = [], 0.0
        for place in STOCK_PLACES:
            grid = self.grid(place.grid)
            rows = [int(row) for row in grid.rows_of(place.measure) if str(grid.keys["item"][row]) in shares]
            if rows:
                weights = np.array([shares[str(grid.keys["item"][row])] for row in rows])
                lines.append(self._of(STOCK_FROM_SISTERS, "balance", pair, grid, rows, weights @ grid.values[rows]))
                before = self.calendar.before
                opening += (float(weights @ grid.values[rows, before]) if before >= 0 else
                            sum(weight * grid.attribute(place.quantity, row) * grid.attribute(place.cost, row)
                                for weight, row in zip(weights, rows, strict=True)))
        return lines, int(cents(np.array([opening]))[0])


def pair_name(seller: str, buyer: str) -> str:
    """How a pair of units is called."""
    return f"{seller} to {buyer}"


def _added_up(lines: list[UnitLine]) -> list[UnitLine]:
    """One line for each pair and account, where they trade under more than one name."""
    found: dict[tuple[str, str], UnitLine] = {}
    for line in lines:
        before = found.get((line.pair, line.account))
        found[line.pair, line.account] = line if before is None else replace(
            before, cents=before.cents + line.cents, opening=before.opening + line.opening)
    return list(found.values())


def _shares_bought(procurement: GridCells, sourcing: Sequence[dict[str, Any]], supplier: str) -> dict[str, float]:
    """Item -> the supplier's share of its receipts over the plan; by the number of its suppliers where none comes."""
    received = np.isin(procurement.measures, ["Open orders", "Planned receipts"])
    items, suppliers = procurement.keys["item"], _small(procurement.keys["supplier"])
    named = [(read_text(row.get("item")), read_text(row.get("supplier")).lower()) for row in sourcing]
    suppliers_of = Counter(item for item, _ in named)
    shares = {item: 1.0 / suppliers_of[item] for item, name in named if name == supplier.lower()}
    for item in dict.fromkeys(items[suppliers == supplier.lower()]):
        of_item = received & (items == item)
        everything = procurement.values[of_item].sum()
        own = procurement.values[of_item & (suppliers == supplier.lower())].sum()
        if everything > 0:
            shares[str(item)] = float(own / everything)
    return shares


def _small(texts: np.ndarray) -> np.ndarray:
    """Texts in small letters."""
    return np.array([str(text).lower() for text in texts], object)
