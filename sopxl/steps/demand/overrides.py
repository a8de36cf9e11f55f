"""Overrides by sales, marketing and finance, at any level, spread over the cells of the sales plan.

How a row is read (its scope, periods and amount) is in ``override_amounts.py``; how an amount is shared out in
``spreading.py``. What can go wrong with one is a line of PROBLEMS.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.schema import Finding, FindingList, Severity
from sopxl.settings import Settings
from sopxl.steps.demand.override_amounts import Amount, Reader
from sopxl.steps.demand.spreading import ROUNDING, share_out
from sopxl.steps.demand.tables import ROLES

PROBLEMS: dict[str, tuple[Severity, str, str]] = {
    "below zero set": ("warning", "is {missed} below zero: 0 is planned.", "Enter 0 or more."),
    "no price": ("warning", "is in money, but nothing that it covers has a price: it is not used.",
                 "Enter prices, or the override in units."),
    "replaced": ("note", "is replaced by later ones for the same cells.", "Delete it when nobody needs the record."),
    "all fixed": ("warning", "cannot be spread: all that it covers is typed in the sales plan or set by finer or later "
                  "overrides; {missed} have no place.", "Clear what is typed, or correct the override."),
    "too much fixed": ("warning", "sets less than what is typed in the sales plan or set by finer or later overrides: "
                       "the rest is 0, the sum {missed} too high.", "Raise it, or correct what is fixed."),
    "below zero": ("warning", "takes more than there is: {missed} could not be taken.", "Take less."),
    "percent of nothing": ("note", "is a percentage of a baseline of 0: it changes nothing there.",
                           "Enter units instead."),
    "no proportions": ("note", "finds no demand to go by, at least in one period, and is spread equally there.",
                       "Name items and markets, or see whether they should be sold."),
}
"""What may happen to an override: severity, message (after 'The override of sales for Chairs'), remedy."""

ONLY_IF_UNUSED = ("replaced", "percent of nothing")
"""What is told only of an override that governs no cell at all."""


@dataclass(frozen=True)
class Trouble:
    """An override that does not come out as it was entered: what is wrong, and what of it has no place in money."""

    finding: Finding
    money: float = 0.0


@dataclass(frozen=True)
class Spread:
    """What overrides come to: role -> S x H units, NaN where none governs, and who entered what governs a cell."""

    by_role: dict[str, np.ndarray]
    authors: dict[str, np.ndarray]
    troubles: list[Trouble]

    @property
    def findings(self) -> list[Finding]:
        """What is wrong or worth knowing, without its worth."""
        return [trouble.finding for trouble in self.troubles]


def spread_overrides(
    overrides: pd.DataFrame,
    series: pd.DataFrame,
    baseline: np.ndarray,
    last_year: np.ndarray,
    price: np.ndarray,
    typed: Mapping[str, np.ndarray],
    settings: Settings,
    sold: np.ndarray | None = None,
) -> Spread:
    """Every role's overrides over the cells of the sales plan; what was typed there stays as it was typed.

    ``series``: S rows with item, family, market, channel; ``baseline``, ``last_year``, ``price`` and ``typed`` (by
    role, NaN where nothing is typed): S x H; ``sold``: S x T units of the history, for totals that began in the past.

    *Set* says what the covered cells come to together, in units or in money at net price. Cells that the role typed
    itself count in the sum and do not move; the rest is spread over the others (as Anaplan's breakback does with
    held cells). All that is set holds at once: the finer override (the one that covers fewer cells) is placed first,
    of two as fine the later entered, and a coarser one is spread around it.

    *Add* changes what the cells have: what earlier overrides made of them, else the baseline. It leaves alone what is
    typed or set by a finer override; percent are of the baseline of the cells that it may move. Where the same or a
    coarser level was set later, that number has the last word. Below zero nothing goes: what one cell cannot give is
    taken from the others.

    Rows without a date count as entered first, then the order of rows decides. Proportions are those of
    ``spread_by``; where they are all 0, the baseline's; else equal. In money they are of value, so that the mix of
    units stays, or equal money. Units come in hundredths that add up exactly; money stays exact and units follow.
    """
    told = FindingList()
    past = np.zeros((len(series), 0)) if sold is None else sold
    amounts = Reader(series, price, past, settings, told).amounts(overrides)
    by_role, authors, troubles = {}, {}, [Trouble(finding) for finding in told.findings]
    for role in ROLES:
        cells = _Cells(baseline.ravel(), np.nan_to_num(last_year).ravel(), price.ravel(),
                       typed[role].ravel() if role in typed else np.full(baseline.size, np.nan))
        cells.place([amount for amount in amounts if amount.role == role])
        by_role[role] = cells.value.reshape(baseline.shape)
        authors[role] = cells.author.reshape(baseline.shape)
        troubles += cells.troubles({amount.row: amount for amount in amounts}, settings.currency)
    return Spread(by_role, authors, troubles)


@dataclass
class _Cells:
    """The cells of one role while its overrides are placed, flattened.

    ``breadth`` and ``turn`` are those of the amount that sets a cell.
    """

    baseline: np.ndarray
    last_year: np.ndarray
    price: np.ndarray
    typed: np.ndarray

    def __post_init__(self) -> None:
        self.missed: defaultdict[tuple[int, str], float] = defaultdict(float)
        self.money: defaultdict[tuple[int, str], float] = defaultdict(float)
        self.used: set[int] = set()
        count = len(self.baseline)
        self.ones = np.ones(count)
        self.value = np.full(count, np.nan)
        self.author = np.full(count, "", dtype=object)
        self.breadth = np.full(count, np.inf)
        self.turn = np.full(count, -1)

    def place(self, amounts: list[Amount]) -> None:
        """Place all amounts: what is set, the finest first; then what is added, in the order in which it came."""
        for amount in sorted(amounts, key=lambda one: (one.breadth, -one.turn)):
            if amount.sets:
                self._set(amount)
        for amount in sorted(amounts, key=lambda one: one.turn):
            if not amount.sets:
                self._add(amount)

    def troubles(self, amount_of: Mapping[int, Amount], currency: str) -> list[Trouble]:
        """One trouble for each override (by row) and kind of problem, however many periods it has."""
        result = []
        for (row, problem), missed in sorted(self.missed.items()):
            if problem in ONLY_IF_UNUSED and row in self.used:
                continue
            severity, message, remedy = PROBLEMS[problem]
            amount = amount_of[row]
            said = message.format(missed=f"{abs(missed):,.2f} {currency if amount.in_money else 'units'}")
            finding = Finding(severity, f"The override of {amount.role} for {amount.scope} {said}", remedy,
                              table="overrides", column="amount", row=row)
            result.append(Trouble(finding, abs(self.money[row, problem])))
        return result

    def _note(self, amount: Amount, problem: str, missed: float) -> None:
        """Note a problem and how much has no place because of it."""
        price = 1.0 if amount.in_money else float(self.price[amount.cells].mean())
        self.missed[amount.row, problem] += missed
        self.money[amount.row, problem] += missed * price

    def _set(self, amount: Amount) -> None:
        cells = self._measurable(amount)
        fixed = ~np.isnan(self.typed[cells]) | ~np.isinf(self.breadth[cells])
        free, unit = cells[~fixed], self._unit(amount)
        rest = max(amount.quantity, 0.0) - float((self._present(cells[fixed]) * unit[cells[fixed]]).sum())
        if amount.quantity < 0:
            self._note(amount, "below zero set", amount.quantity)
        self._tell_of_fixed(amount, cells, len(free), rest)
        parts = share_out(max(rest, 0.0), self._weights(amount, free), hundredths=not amount.in_money)
        self.value[free] = parts / unit[free]
        self.breadth[free], self.turn[free], self.author[free] = amount.breadth, amount.turn, amount.author
        self._use(amount, free)

    def _add(self, amount: Amount) -> None:
        cells = self._measurable(amount)
        fixed = ~np.isnan(self.typed[cells]) | (self.breadth[cells] < amount.breadth)
        free, unit = cells[~fixed], self._unit(amount)
        change = self._change(amount, free if len(free) else cells)
        if not len(free):
            if len(cells):
                self._note(amount, "all fixed", change)
            return
        has = self._present(free)
        room = has * unit[free] if change < 0 else None
        parts = share_out(abs(change), self._weights(amount, free), room, hundredths=not amount.in_money)
        if abs(change) - parts.sum() > _noise(change):
            self._note(amount, "below zero", abs(change) - float(parts.sum()))
        still_open = self.turn[free] < amount.turn
        if not still_open.any():
            self._note(amount, "replaced", change)
        moved = still_open & (parts > 0)
        result = np.maximum(np.round(has + np.sign(change) * parts / unit[free], 10), 0.0)
        self.value[free[moved]], self.author[free[moved]] = result[moved], amount.author
        self._use(amount, free[moved])

    def _change(self, amount: Amount, cells: np.ndarray) -> float:
        """What is added to the cells together: units or money."""
        if amount.kind != "add percent":
            return amount.quantity
        base = float(self.baseline[cells].sum())
        if base <= 0:
            self._note(amount, "percent of nothing", 0.0)
        return round(amount.quantity / 100 * base, 2)

    def _use(self, amount: Amount, cells: np.ndarray) -> None:
        """Note that the override governs cells."""
        if len(cells):
            self.used.add(amount.row)

    def _measurable(self, amount: Amount) -> np.ndarray:
        """The covered cells; of an amount in money, those with a price."""
        if not amount.in_money:
            return amount.cells
        cells = amount.cells[self.price[amount.cells] > 0]
        if not len(cells):
            self._note(amount, "no price", amount.quantity)
        return np.asarray(cells)

    def _unit(self, amount: Amount) -> np.ndarray:
        """What a unit counts in the amount: its price, or 1."""
        return self.price if amount.in_money else self.ones

    def _present(self, cells: np.ndarray) -> np.ndarray:
        """What the role expects of the cells so far: typed, else by its overrides, else the baseline."""
        value, typed = self.value[cells], self.typed[cells]
        return np.asarray(np.where(~np.isnan(typed), typed, np.where(np.isnan(value), self.baseline[cells], value)))

    def _weights(self, amount: Amount, free: np.ndarray) -> np.ndarray:
        """The proportions for the cells that may move."""
        unit = self._unit(amount)[free]
        chosen = {"last year": (self.last_year, self.baseline), "baseline": (self.baseline,)}
        for source in chosen.get(amount.spread_by, ()):
            if (weights := source[free] * unit).sum() > 0:
                return np.asarray(weights)
        if amount.spread_by in chosen and len(free) > 1 and amount.quantity and amount.kind != "add percent":
            self._note(amount, "no proportions", amount.quantity)
        return np.ones(len(free))

    def _tell_of_fixed(self, amount: Amount, cells: np.ndarray, free: int, rest: float) -> None:
        """Note where what is fixed leaves no way to come to the amount that is set."""
        if abs(rest) <= _noise(amount.quantity) or not len(cells) or (free and rest > 0):
            return
        spread = cells[np.isnan(self.typed[cells])]
        if not free and len(spread) and (self.breadth[spread] == amount.breadth).all():
            self._note(amount, "replaced", rest)
        elif not free and rest > 0:
            self._note(amount, "all fixed", rest)
        else:
            self._note(amount, "too much fixed", -rest)


def _noise(amount: float) -> float:
    """Differences that are nothing but rounding."""
    return ROUNDING * max(1.0, abs(amount))
