"""What each row of the overrides covers and how much it says: rows become amounts for cells of the sales plan.

A new kind of override is a choice of the column ``kind`` (tables/influence.py) and its rule in ``overrides.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sopxl.prices import positions_of
from sopxl.schema import FindingList, counted
from sopxl.settings import Settings

SCOPE = ("item", "family", "market", "channel")


@dataclass(frozen=True)
class Amount:
    """What one override says of some cells together: of one period, or of all its periods where it is in total.

    ``row``: of the override in its table. ``cells``: places in the S x H arrays, flattened. ``quantity``: units,
    money or percent, as ``kind`` says. ``turn``: 0 for what was entered first.
    """

    row: int
    role: str
    author: str
    scope: str
    kind: str
    spread_by: str
    cells: np.ndarray
    quantity: float
    turn: int

    @property
    def sets(self) -> bool:
        """Whether it says how much demand is, not by how much it changes."""
        return self.kind.startswith("set")

    @property
    def in_money(self) -> bool:
        """Whether the quantity is money."""
        return self.kind.endswith("money")

    @property
    def breadth(self) -> int:
        """How many cells it covers: the fewer, the finer."""
        return len(self.cells)


@dataclass(frozen=True)
class Reader:
    """Turns rows of the overrides into amounts; ``price`` is S x H, ``sold`` S x T units of the history."""

    series: pd.DataFrame
    price: np.ndarray
    sold: np.ndarray
    settings: Settings
    findings: FindingList

    def amounts(self, overrides: pd.DataFrame) -> list[Amount]:
        """The amounts of all overrides that hold in this plan; what is not used is told."""
        first = positions_of(overrides["from_period"], self.settings)
        named_last = np.where(overrides["to_period"] == "", overrides["from_period"], overrides["to_period"])
        last = positions_of(named_last.astype(str), self.settings)
        expires = positions_of(overrides["expires"], self.settings)
        over = ((overrides["expires"] != "").to_numpy(bool) & (expires < 0)) | (last < 0)
        self._tell_what_is_over(np.flatnonzero(over))
        entered = overrides["entered"].reset_index(drop=True).sort_values(kind="stable", na_position="first")
        turn = np.argsort(entered.index.to_numpy())
        result: list[Amount] = []
        for row, record in enumerate(overrides.to_dict("records")):
            if not over[row] and record["amount"] == record["amount"]:
                result += self._amounts_of(row, record, (first[row], last[row]), int(turn[row]))
        return result

    def _tell_what_is_over(self, rows: np.ndarray) -> None:
        if len(rows):
            self.findings.add("note", f"{counted(len(rows), 'override')} ended before this plan or expired: not used.",
                              "Delete them when nobody needs the record.", table="overrides", row=int(rows[0]))

    def _amounts_of(
        self, row: int, record: Mapping[Any, Any], span: tuple[float, float], turn: int
    ) -> Iterator[Amount]:
        rows = self._covered(record)
        periods = self._periods(span)
        scope = ", ".join(record[name] for name in SCOPE if record[name]) or "everything"
        if not len(rows) or not len(periods):
            what = "nothing in the sales plan" if len(periods) else "no period of the plan"
            self.findings.add("warning", f"The override of {record['role']} for {scope} covers {what}.",
                              "Correct its item, family, market, channel or periods.", table="overrides", row=row,
                              column="from_period" if len(rows) else _first_named(record))
            return
        grid = rows[:, None] * self.settings.horizon + periods
        fixed = (row, record["role"], record["author"], scope, record["kind"], record["spread_by"])
        if record["amount_is"] == "in total" and record["kind"] != "add percent":
            yield Amount(*fixed, grid.ravel(), self._part_in_plan(row, record, rows, span), turn)
        else:
            for cells in grid.T:
                yield Amount(*fixed, cells, record["amount"], turn)

    def _covered(self, record: Mapping[Any, Any]) -> np.ndarray:
        """Rows of the series that the override covers."""
        covered = np.ones(len(self.series), dtype=bool)
        for name in SCOPE:
            if record[name]:
                covered &= (self.series[name] == record[name]).to_numpy(bool)
        return np.flatnonzero(covered)

    def _periods(self, span: tuple[float, float]) -> np.ndarray:
        """Positions of the covered periods in the plan; none where a label is no period or the end is too early."""
        if np.isnan(span).any():
            return np.array([], dtype=int)
        return np.arange(max(span[0], 0), min(span[1] + 1, self.settings.horizon), dtype=int)

    def _part_in_plan(self, row: int, record: Mapping[Any, Any], rows: np.ndarray, span: tuple[float, float]) -> float:
        """What of an amount in total falls on the plan's periods.

        Of a total that is set, what has been sold in its past periods is done (in money: at the price of the plan's
        first period). What reaches beyond the horizon, and what is added, goes by the number of periods.
        """
        first, last = span
        inside, ahead = len(self._periods(span)), last - max(first, 0) + 1
        if not record["kind"].startswith("set"):
            return float(record["amount"] * inside / (last - first + 1))
        past = int(min(max(-first, 0), self.sold.shape[1]))
        worth = self.price[rows, :1] if record["kind"] == "set money" else 1.0
        sold = float((np.nan_to_num(self.sold[rows, self.sold.shape[1] - past :]) * worth).sum())
        if sold > record["amount"] >= 0:
            self.findings.add("warning", f"{record['role'].capitalize()} sets {record['amount']:,.2f} in total, but "
                              f"{sold:,.2f} have been sold already: nothing more is planned in its periods.",
                              "Raise the amount, or let the override start later.", table="overrides", row=row,
                              column="amount")
        return float((record["amount"] - min(sold, max(record["amount"], 0.0))) * inside / ahead)


def _first_named(record: Mapping[Any, Any]) -> str:
    """The first column of the scope that is filled."""
    return next((name for name in SCOPE if record[name]), SCOPE[0])
