"""From a unit's plan to its lines in the group: mapped to the group's names, split over its periods, in whole cents.

What is kept of a unit is a row of cents for each line, however large its workbook is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from sopxl.consolidation.accounts import (
    ACCOUNTS,
    OPENINGS,
    OTHER_MOVEMENTS,
    RATE_OF,
    REST_OF_OPENING,
    RESULT_SIGNS,
    Account,
)
from sopxl.consolidation.calendars import UnitCalendar, covered, first_and_last_days
from sopxl.consolidation.money import cents, cents_that_add_up
from sopxl.consolidation.names import GroupNames
from sopxl.consolidation.tables import PLAN
from sopxl.consolidation.unit_file import TABLES_READ, GridCells, UnitFile
from sopxl.consolidation.unit_reading import UnitLine, UnitReading, UnitTask
from sopxl.consolidation.unit_trade import TradeReader
from sopxl.consolidation.unit_volumes import VolumeReader
from sopxl.consolidation.volume_tables import VOLUME_GRIDS
from sopxl.schema import Finding, PlanError, PlanGrid
from sopxl.settings import Settings
from sopxl.steps.finance.tables import BALANCE_SHEET
from sopxl.tables import TABLES

_WEIGHTS = {"asset": 1, "debt": -1}
UNEXPLAINED = "(not in any line)"
"""Family of what the total of the unit has beyond its lines."""


def read_unit(task: UnitTask) -> UnitReading:
    """Read one unit's plan. Raises FileEngineError for a file that cannot be used, PlanError for faults in it."""
    wanted = TABLES_READ | VOLUME_GRIDS if task.settings.items else TABLES_READ
    file = UnitFile(task.path, task.unit, also_open=task.settings.open_files == "read", tables=wanted)
    findings: list[Finding] = []
    settings = file.settings
    calendar = _calendar(task, settings, findings)
    grid = cache(file.grid)
    names = GroupNames(task.unit, task.mappings, task.path.name)
    plan = _PlanReader(task, calendar, names, grid, findings)
    lines, totals = plan.lines()
    items = VolumeReader(task, calendar, names, grid).items() if task.settings.items else []
    names.raise_unmapped()
    trade, opening_stock = TradeReader(task, calendar, grid, file.records(TABLES["sourcing"])).lines()
    openings = plan.openings()
    lines = [replace(line, opening=openings.get(line.account, 0)) for line in lines]
    opening = sum(_WEIGHTS.get(ACCOUNTS[account].section, 0) * amount for account, amount in openings.items())
    return UnitReading(
        task.unit, task.path, settings.company, settings.currency.upper(),
        f"{settings.horizon} from {settings.first_period}", file.record(), file.fingerprint,
        [*lines, _other_movements(lines, opening), *trade], totals, opening, opening_stock, findings, items)


def _calendar(task: UnitTask, settings: Settings, findings: list[Finding]) -> UnitCalendar:
    """How this unit's periods become the group's. Raises PlanError for calendars and horizons that do not fit."""
    group = task.settings
    try:
        own = first_and_last_days(settings.periods.labels, settings.bucket, task.calendar, task.calendars)
        wanted = first_and_last_days(group.periods.labels, group.bucket, group.calendar, task.calendars)
    except KeyError as missing:
        raise PlanError([Finding(
            "error", f"{task.unit}: the calendar '{missing.args[0][0]}' has no period {missing.args[0][1]}.",
            "Add its first and last day.", table="fiscal_calendars")]) from None
    lacking = [label for label, has in zip(group.periods.labels, covered(own, wanted), strict=True) if not has]
    if lacking:
        is_error = group.missing_periods == "refuse"
        findings.append(Finding(
            "error" if is_error else "warning",
            f"{task.unit}: its plan ({settings.horizon} periods from {settings.first_period}) does not cover "
            f"{', '.join(lacking)}.",
            "Plan the unit over all periods of the group, shorten those, or set Missing periods to empty."
            if is_error else "Those periods are empty, or hold only the days that are planned.",
            sheet=f"[{task.path.name}]Settings"))
        if is_error:
            raise PlanError(findings)
    return UnitCalendar.of(own, wanted)


@dataclass(frozen=True)
class _PlanReader:
    """Reads the accounts of one unit as finely as the group wants them."""

    task: UnitTask
    calendar: UnitCalendar
    names: GroupNames
    grid: Callable[[str], GridCells]
    findings: list[Finding]

    def lines(self) -> tuple[list[UnitLine], dict[str, np.ndarray]]:
        """All lines, and by account the total of the file, in whole cents; unmapped names are collected."""
        lines: list[UnitLine] = []
        totals: dict[str, np.ndarray] = {}
        for account, source in self._accounts():
            sheet, cell = self.grid(account.total).sheet, self._cell(account, source)
            target_name, factor = self.names.account(source, sheet, cell)
            target = ACCOUNTS.get(target_name, account)
            found, total = self._account_lines(replace(account, name=target.name, kind=target.kind,
                                                       section=target.section), source, factor)
            lines += found
            totals[target.name] = totals.get(target.name, 0) + total
        return _merged(lines), totals

    def openings(self) -> dict[str, int]:
        """Account of the balance sheet -> whole cents when the group's first period begins, in local currency.

        Where the plan begins then, its opening values; where it began before, its balances at the end of that period.
        """
        found: dict[str, float] = {}
        for account, source in self._accounts():
            grid = self.grid(account.total)
            target, factor = self.names.account(source, grid.sheet, self._cell(account, source))
            if ACCOUNTS.get(target, account).kind == "balance":
                amount = factor * self._opening(source, grid.values[grid.rows_of(source)].sum(axis=0))
                found[target] = found.get(target, 0.0) + amount
        in_cents = {name: int(cents(np.array([amount]))[0]) for name, amount in found.items()}
        if self.calendar.before < 0:
            equity = int(cents(np.array([self.grid(BALANCE_SHEET.name).attribute("opening_equity", 0)]))[0])
            known = sum(_WEIGHTS[ACCOUNTS[name].section] * amount for name, amount in in_cents.items()
                        if name in ACCOUNTS)
            in_cents[REST_OF_OPENING] = in_cents.get(REST_OF_OPENING, 0) + equity - known
        return in_cents

    def _opening(self, source: str, balances: np.ndarray) -> float:
        """What a line of the unit's balance sheet is when the group's first period begins."""
        if self.calendar.before >= 0:
            return float(balances[self.calendar.before])
        grid, column = OPENINGS.get(source, ("", ""))
        return self.grid(grid).attribute(column, 0) if grid else 0.0

    def _accounts(self) -> Iterator[tuple[Account, str]]:
        """Every account with what the unit calls it: the declared lines, and lines that only the unit's plan has."""
        for account in ACCOUNTS.values():
            if len(self.grid(account.total).rows_of(account.name)):
                yield account, account.name
        by_grid = {account.total: account for account in reversed(ACCOUNTS.values()) if account.kind != "quantity"}
        for name, account in by_grid.items():
            declared = TABLES[name]
            known = set(declared.measure_names) if isinstance(declared, PlanGrid) else set()
            for measure in dict.fromkeys(self.grid(name).measures):
                if measure not in known:
                    yield account, str(measure)

    def _cell(self, account: Account, source: str) -> str:
        """The first cell of a line in the unit's total."""
        grid = self.grid(account.total)
        return grid.cells[int(grid.rows_of(source)[0])]

    def _account_lines(self, account: Account, source: str, factor: float) -> tuple[list[UnitLine], np.ndarray]:
        """The lines of one account in whole cents, which add up to the total of the unit's file, and that total."""
        whole = self.grid(account.total)
        detail = self.grid(account.detail) if account.detail and self.task.settings.detail != "account" else whole
        rows = detail.rows_of(source)
        if not len(rows):
            detail, rows = whole, whole.rows_of(source)
        members = self._members(detail, rows)
        factors = self._factors(account, detail, rows) * factor
        scaled = dict(zip(rows.tolist(), detail.values[rows] * factors[:, None], strict=True))
        amounts = np.array([sum(scaled[row] for row in group) for group in members.values()])
        total = whole.values[whole.rows_of(source)].sum(axis=0) * factor
        if account.kind == "quantity" and self.names.scales_quantities:
            total = amounts.sum(axis=0)
        return self._in_cents(account, detail, members, amounts, total)

    def _members(self, grid: GridCells, rows: np.ndarray) -> dict[tuple[str, str], list[int]]:
        """Family and market of the group -> the rows of the unit that are added up."""
        found: dict[tuple[str, str], list[int]] = {}
        for row in rows.tolist():
            key = tuple(
                self.names.of(kind, str(grid.keys[kind][row]), grid.sheet, grid.cells[row])
                if kind in grid.keys and kind in self.task.settings.detail else "" for kind in ("family", "market"))
            found.setdefault((key[0], key[1]), []).append(row)
        return found

    def _factors(self, account: Account, grid: GridCells, rows: np.ndarray) -> np.ndarray:
        """What each row's quantity is multiplied with; money is as it is."""
        if account.kind != "quantity":
            return np.ones(len(rows))
        families = grid.keys["family"][rows] if "family" in grid.keys else [""] * len(rows)
        return np.array([self.names.quantity_factor(str(family)) for family in families])

    def _in_cents(
        self, account: Account, grid: GridCells, members: dict[tuple[str, str], list[int]], amounts: np.ndarray,
        total: np.ndarray,
    ) -> tuple[list[UnitLine], np.ndarray]:
        """The lines in whole cents that add up to the total's; what no line explains is a line of its own."""
        split = self.calendar.split(amounts, account.kind)
        whole = self.calendar.total_cents(total, account.kind)
        gap = self.calendar.split(total[None, :], account.kind) - split.sum(axis=0)
        keys, first = list(members), [group[0] for group in members.values()]
        if (np.abs(gap) > 0.005).any():
            self._tell_gap(account, grid, first[0], float(np.abs(gap).max()))
            keys, first, split = [*keys, (UNEXPLAINED, "")], [*first, first[0]], np.vstack([split, gap])
        counts = [len(group) for group in members.values()] + [0]
        return [
            UnitLine(PLAN, "", account.name, *key, account.section, RATE_OF[account.kind], self.task.source(grid, row),
                     count, in_cents)
            for key, row, count, in_cents in zip(keys, first, counts, cents_that_add_up(split, whole), strict=False)
        ], whole

    def _tell_gap(self, account: Account, grid: GridCells, row: int, gap: float) -> None:
        self.findings.append(Finding(
            "warning", f"{self.task.unit}: its lines of {account.name} do not add up to its financial plan, by "
            f"{gap:,.2f} at most in a period.", "Run the unit's plan again; the rest stands as a line of its own.",
            sheet=f"[{self.task.path.name}]{grid.sheet}", cell=grid.cells[row]))


def _merged(lines: Iterable[UnitLine]) -> list[UnitLine]:
    """Lines of the same account, family and market added up, as mappings make them."""
    found: dict[tuple[str, str, str], UnitLine] = {}
    for line in lines:
        key = (line.account, line.family, line.market)
        before = found.get(key)
        found[key] = line if before is None else replace(
            before, cents=before.cents + line.cents, rows_added=before.rows_added + line.rows_added)
    return list(found.values())


def _other_movements(lines: Sequence[UnitLine], opening: int) -> UnitLine:
    """What changes net assets beside the result: their change less the result, in whole cents."""
    nothing = np.zeros_like(lines[0].cents)
    lines = [line for line in lines if line.role == PLAN]
    net_assets = sum((_WEIGHTS.get(line.section, 0) * line.cents for line in lines), nothing)
    result = sum((RESULT_SIGNS.get(line.account, 0) * line.cents for line in lines), nothing)
    change = np.diff(net_assets, prepend=opening) - result
    return UnitLine(PLAN, "", OTHER_MOVEMENTS, "", "", "equity", "average", "", 0, change)
