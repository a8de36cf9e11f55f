"""A consolidation: read every unit, say what is wrong with all of them at once, and reckon the group plan.

``consolidate`` takes and gives tables; ``group_workbook.py`` puts them into workbooks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd

from sopxl.consolidation.group_checks import check_inputs, check_items, check_rates
from sopxl.consolidation.ownership import group_shares
from sopxl.consolidation.results import empty_results, rates_for, results_of
from sopxl.consolidation.settings import GroupSettings, read_group_settings
from sopxl.consolidation.tables import GROUP_RATES, GROUP_TABLES, UNIT_STATUS, records_of
from sopxl.consolidation.unit_file import NEEDED, UnitFile
from sopxl.consolidation.unit_lines import read_unit
from sopxl.consolidation.unit_reading import UnitReading, UnitTask
from sopxl.file_engine.errors import FileEngineError
from sopxl.formulas import compute
from sopxl.grids import stack
from sopxl.schema import Finding, PlanError, Tables, conform, conform_all
from sopxl.settings import settings_frame

CURRENCY_CODE = re.compile(r"[A-Z]{3}")
Progress = Callable[[str, int, int], None]
"""Called after each unit with its name, how many are read and how many there are."""


@dataclass
class Consolidation:
    """What a consolidation gave: all tables of the group, and what was found; results only where it is ``done``."""

    tables: Tables
    findings: list[Finding] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether there is a group plan."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def units(self) -> int:
        """How many units are in the group plan."""
        return int((self.tables[UNIT_STATUS.name]["state"] == "read").sum())


def group_inputs(
    sources: pd.DataFrame, settings: GroupSettings, *, rates: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None, mappings: pd.DataFrame | None = None, calendars: pd.DataFrame | None = None,
) -> Tables:
    """The input tables of a group, conformed.

    ``sources``: unit, path, ownership, parent … (see GROUP_SOURCES); ``rates``: currency, period, average, closing, a
    row for each period from which they hold (one before the first period gives the opening rate).
    """
    given = {"group_sources": sources, "intercompany_pairs": pairs, "unit_mappings": mappings,
             "fiscal_calendars": calendars, "group_settings": settings_frame(settings)}
    tables = conform_all(GROUP_TABLES, {name: frame for name, frame in given.items() if frame is not None})
    if rates is not None:
        tables[GROUP_RATES.name] = _rates_entered(rates, settings)
    return tables


def consolidate(
    inputs: Tables, folder: Path, *, jobs: int = 1, progress: Progress | None = None, now: datetime | None = None
) -> Consolidation:
    """The group plan of the units that the inputs list.

    ``inputs``: conformed tables of a group; ``folder``: where relative paths start; ``jobs``: how many files are read
    at a time. No unit's file is changed. The findings hold all faults of all units; with an error there is no plan.
    """
    settings = read_group_settings(inputs["group_settings"])
    sources = inputs["group_sources"]
    included = sources[sources["include"] & (sources["unit"] != "")].reset_index(drop=True)
    shares, findings = group_shares(sources)
    findings += check_inputs(inputs, settings, folder)
    tasks = [UnitTask(row.unit, folder / row.path, row.calendar, settings, inputs["unit_mappings"],
                      inputs["fiscal_calendars"], inputs["intercompany_pairs"]) for row in records_of(included)]
    outcomes: list[UnitReading | Exception] = []
    for task, outcome in zip(tasks, _read_all(tasks, jobs), strict=True):
        outcomes.append(outcome)
        if progress is not None:
            progress(task.unit, len(outcomes), len(tasks))
    readings = [outcome for outcome in outcomes if isinstance(outcome, UnitReading)]
    for task, outcome in zip(tasks, outcomes, strict=True):
        findings += _unit_findings(task, outcome, settings, now or datetime.now())
    findings += _same_unit_twice(readings)
    findings += check_items(sum(len(reading.items) for reading in readings))
    if not readings and not any(finding.severity == "error" for finding in findings):
        findings.append(Finding("error", "There is no unit to consolidate.",
                                "List the units' plan workbooks in Group sources.", table="group_sources"))
    return _reckoned(inputs, settings, tasks, outcomes, shares, findings, now or datetime.now())


def _reckoned(
    inputs: Tables, settings: GroupSettings, tasks: Sequence[UnitTask], outcomes: Sequence[UnitReading | Exception],
    shares: dict[str, float], findings: list[Finding], now: datetime,
) -> Consolidation:
    """The group plan where nothing speaks against it, else the inputs and the state of the units."""
    readings = [outcome for outcome in outcomes if isinstance(outcome, UnitReading)]
    currencies = {reading.unit: reading.currency for reading in readings if CURRENCY_CODE.fullmatch(reading.currency)}
    known = {**inputs, GROUP_RATES.name: rates_for(inputs[GROUP_RATES.name], settings, currencies.values())}
    labels = settings.periods.labels
    known[GROUP_RATES.name] = compute(GROUP_RATES, known[GROUP_RATES.name], labels, known)
    findings += check_rates(inputs[GROUP_RATES.name], known[GROUP_RATES.name], currencies, settings)
    known[UNIT_STATUS.name] = _status(tasks, outcomes, shares, settings, now)
    result = Consolidation(known, findings)
    if result.done:
        result.tables = results_of(known, settings, readings, shares)
    else:
        result.tables = empty_results(known, settings, currencies.values())
    return result


def _read_all(tasks: Sequence[UnitTask], jobs: int) -> Iterator[UnitReading | Exception]:
    """Each unit as it was read, or why it was not, in their order."""
    if jobs == 1 or len(tasks) < 2:
        yield from (_attempt(task) for task in tasks)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=jobs, return_as="generator")(delayed(_attempt)(task) for task in tasks)


def _attempt(task: UnitTask) -> UnitReading | Exception:
    """One unit; a fault of it does not stop the others."""
    try:
        return read_unit(task)
    except (FileEngineError, PlanError, OSError) as fault:
        return fault


def _unit_findings(
    task: UnitTask, outcome: UnitReading | Exception, settings: GroupSettings, now: datetime
) -> Iterator[Finding]:
    """What is to be said of one unit."""
    if isinstance(outcome, PlanError):
        yield from outcome.findings
        return
    if isinstance(outcome, Exception):
        yield _not_read(task, outcome, settings)
        return
    yield from outcome.findings
    if not CURRENCY_CODE.fullmatch(outcome.currency):
        yield Finding("error", f"{task.unit}: its currency '{outcome.currency}' is unknown.",
                      "Enter an ISO code like EUR in its settings, and run its plan again.",
                      sheet=f"[{task.path.name}]Settings")
    for word, message, remedy in _doubts(outcome, settings, now):
        is_error = word == "not locked" and settings.unlocked_units == "refuse"
        yield Finding("error" if is_error else "warning", f"{task.unit}: {message}", remedy,
                      sheet=f"[{task.path.name}]Run log")


def _not_read(task: UnitTask, fault: Exception, settings: GroupSettings) -> Finding:
    """The finding for a unit whose file cannot be used."""
    why = str(fault) if isinstance(fault, FileEngineError) else f"{task.path.name} cannot be used ({fault})."
    if settings.missing_units == "allow":
        return Finding("warning", f"{task.unit} is missing in the group plan: {why}", "Send for its plan.",
                       table="group_sources", sheet=task.path.name)
    return Finding("error", f"{task.unit} cannot be read: {why}",
                   "Mend that, or write the group plan without it: set Missing units to allow (--allow-missing).",
                   table="group_sources", sheet=task.path.name)


def _doubts(reading: UnitReading, settings: GroupSettings, now: datetime) -> Iterator[tuple[str, str, str]]:
    """What speaks against a plan that can be read: a word for it, a sentence, a remedy."""
    record = reading.record
    if record.last_run is None:
        yield "never run", "its plan was never run.", "Run it with this version of sopxl."
    elif (now - record.last_run).total_seconds() > settings.stale_after_days * 86400:
        yield ("stale", f"its plan is stale: it was last run on {record.last_run:%Y-%m-%d}, "
               f"{(now - record.last_run).days} days ago.", "Ask for a new plan, or raise Stale after days.")
    if record.last_run is not None and record.status != "Done":
        yield "stopped", f"its last run ended with '{record.status}'.", "Have the unit mend its plan and run it."
    if record.errors:
        yield "errors", f"its sheet Findings names {record.errors} errors.", "Have the unit mend them and run again."
    if not record.locked:
        yield ("not locked", "its plan is not locked.",
               "Have the unit mark it as final: File, Info, Protect Workbook, Mark as Final.")


def _status(
    tasks: Sequence[UnitTask], outcomes: Sequence[UnitReading | Exception], shares: dict[str, float],
    settings: GroupSettings, now: datetime,
) -> pd.DataFrame:
    """The table of the units' states."""
    rows = []
    for task, outcome in zip(tasks, outcomes, strict=True):
        row: dict[str, object] = {"unit": task.unit, "file": task.path.name, "ownership": shares[task.unit]}
        if isinstance(outcome, Exception):
            is_fault = isinstance(outcome, PlanError)
            rows.append({**row, "state": "faulty: see Findings" if is_fault else "missing", "attention":
                         "faulty" if is_fault else "missing", "locked": False})
            continue
        record = outcome.record
        age = None if record.last_run is None else round((now - record.last_run).total_seconds() / 86400, 1)
        rows.append({
            **row, "company": outcome.company, "state": "read", "last_run": record.last_run, "age": age,
            "attention": ", ".join(word for word, *_ in _doubts(outcome, settings, now)),
            "run_status": record.status, "version": record.version, "errors": record.errors, "locked": record.locked,
            "currency": outcome.currency, "periods": outcome.periods, "fingerprint": outcome.fingerprint,
        })
    return conform(UNIT_STATUS, pd.DataFrame(rows, columns=UNIT_STATUS.column_names))


def _same_unit_twice(readings: Sequence[UnitReading]) -> Iterator[Finding]:
    """A finding for each two files that say they are the plan of the same unit."""
    first: dict[str, UnitReading] = {}
    for reading in readings:
        before = first.setdefault(reading.company.lower(), reading)
        if before is not reading:
            yield Finding(
                "error", f"{before.path.name} and {reading.path.name} are both the plan of '{reading.company}' "
                f"({before.periods}; {reading.periods}).", "Keep one of them, or correct Company in the settings of "
                "the other.", table="group_sources", sheet=f"[{reading.path.name}]Settings")


def _rates_entered(rates: pd.DataFrame, settings: GroupSettings) -> pd.DataFrame:
    """The grid of rates from rows of currency, period, average and closing."""
    rows = rates.assign(currency=rates["currency"].astype(str).str.strip().str.upper(),
                        period=rates["period"].astype(str).str.strip()).sort_values("period", kind="stable")
    labels = settings.periods.labels
    objects = pd.DataFrame({"currency": sorted(rows["currency"].unique())}, dtype="str")
    before = rows[rows["period"] < labels[0]].groupby("currency").last()
    first = rows[rows["period"] <= labels[0]].groupby("currency").last()
    measures = {}
    for name in ("average", "closing"):
        table = rows.pivot_table(index="currency", columns="period", values=name, aggfunc="last")
        grid = table.reindex(index=objects["currency"], columns=labels).to_numpy(float, copy=True)
        if name in first and len(grid):
            grid[:, 0] = first[name].reindex(objects["currency"]).to_numpy(float)
        measures[name.capitalize()] = grid
    objects["opening_rate"] = before["closing"].reindex(objects["currency"]).to_numpy(float)
    return stack(GROUP_RATES, objects, measures, labels)


def sources_of(paths: Iterable[Path], folder: Path) -> tuple[pd.DataFrame, GroupSettings | None]:
    """A table of sources for plan workbooks, each unit called as its plan names itself; and settings like the first's.

    A file that cannot be read is listed by its name; None where none of them can be.
    """
    rows, like = [], None
    for path in paths:
        unit = path.stem
        try:
            settings = UnitFile(path, unit, tables=NEEDED).settings
            unit = settings.company
            like = like or GroupSettings(currency=settings.currency, bucket=settings.bucket,
                                         first_period=settings.first_period, horizon=settings.horizon)
        except (FileEngineError, PlanError, OSError):
            pass  # what is wrong with it is told when it is consolidated
        rows.append({"unit": unit, "path": _relative(path, folder)})
    return pd.DataFrame(rows, columns=["unit", "path"]), like


def _relative(path: Path, folder: Path) -> str:
    """A path from the folder of the group workbook where it lies below or beside it, else the whole path."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(path.resolve())
