"""Group workbooks: a new one from plan workbooks, and an existing one consolidated again from its own list of sources.

A new one is written by the template of all workbooks; in an existing one only the tables that a consolidation owns
are written, in place, so that a controller's own sheets, columns and formulas stay.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO

import pandas as pd
import xlwings as xw

from sopxl import __version__
from sopxl.checks import check_table
from sopxl.consolidation.group import Consolidation, Progress, consolidate, group_inputs, sources_of
from sopxl.consolidation.home import add_home, refresh_proof
from sopxl.consolidation.results import empty_results
from sopxl.consolidation.settings import GROUP_SETTINGS, GroupSettings, read_group_settings
from sopxl.consolidation.tables import GROUP_RATES, GROUP_RESULTS, GROUP_TABLES
from sopxl.file_engine import open_book
from sopxl.file_engine.saving import check_writable, replace_file
from sopxl.records import FINDINGS, RUN_LOG
from sopxl.schema import Finding, PlanError, Tables, conform, conform_all, counted
from sopxl.settings import settings_frame
from sopxl.workbook.home import show_cells
from sopxl.workbook.horizon import align_periods, horizon_faults
from sopxl.workbook.read import BoundBook, bind
from sopxl.workbook.write import BookWriter

RUNS_KEPT = 200
NO_GROUP = Finding("error", "This is no group workbook: it has no list of sources.",
                   "Make one from the units' plans: sopxl consolidate PLANS … -o group.xlsx")


IN_THE_CLOUD = Finding("error", "This workbook was opened from the web, so that its units' files cannot be found.",
                       "Open it from a folder of this computer, or run: sopxl consolidate, with the name of this file.")


@dataclass
class GroupReport:
    """What a consolidation did: whether it wrote a group plan, what was found, in how many seconds."""

    path: str
    done: bool
    units: int = 0
    findings: list[Finding] = field(default_factory=list)
    message: str = ""
    seconds: float = 0.0

    @property
    def errors(self) -> int:
        """How many findings stop a consolidation."""
        return sum(finding.severity == "error" for finding in self.findings)

    def as_dict(self) -> dict[str, object]:
        """The report for machines."""
        return {"path": self.path, "done": self.done, "units": self.units, "seconds": round(self.seconds, 3),
                "message": self.message, "findings": [asdict(finding) for finding in self.findings]}


def consolidate_plans(
    plans: Iterable[Path], output: Path, *, settings: Mapping[str, Any] | None = None,
    rates: pd.DataFrame | None = None, only_prepare: bool = False, jobs: int = 1, progress: Progress | None = None,
    now: datetime | None = None,
) -> GroupReport:
    """Write a new group workbook from plan workbooks; periods and currency like the first plan's where not given.

    ``settings``: fields of GroupSettings; ``rates`` as :func:`sopxl.consolidation.group.group_inputs` takes them;
    ``only_prepare``: list the units and their currencies, so that the inputs can be filled in, and consolidate nothing.
    With an error nothing is written. Raises FileEngineError where the output cannot be written.
    """
    check_writable(output.resolve())
    sources, like = sources_of(plans, output.parent)
    chosen = replace(like or GroupSettings(), **(settings or {}))
    return write_group(output, group_inputs(sources, chosen, rates=rates), only_prepare=only_prepare, jobs=jobs,
                       progress=progress, now=now)


def write_group(
    output: Path, inputs: Tables, *, only_prepare: bool = False, jobs: int = 1, progress: Progress | None = None,
    now: datetime | None = None,
) -> GroupReport:
    """Consolidate input tables (see :func:`sopxl.consolidation.group.group_inputs`) into a new group workbook."""
    clock = perf_counter()
    settings = read_group_settings(inputs[GROUP_SETTINGS.name])
    outcome = consolidate(inputs, output.parent, jobs=jobs, progress=progress, now=now)
    report = _report(output, outcome)
    if report.done or only_prepare:
        currencies = outcome.tables["unit_status"]["currency"]
        tables = outcome.tables if not only_prepare else empty_results(outcome.tables, settings, currencies)
        if only_prepare:
            report = GroupReport(str(output), True, 0, [], _prepared(tables))
        report.seconds = perf_counter() - clock
        records = {FINDINGS.name: _findings_frame(report.findings),
                   RUN_LOG.name: _log(inputs[RUN_LOG.name], report, now or datetime.now(), "command line")}
        _save_new(output, {**tables, **records}, settings, report.message)
    report.seconds = perf_counter() - clock
    return report


def consolidate_workbook(
    path: Path, *, settings: Mapping[str, Any] | None = None, jobs: int = 1, progress: Progress | None = None,
    now: datetime | None = None,
) -> GroupReport:
    """Consolidate a closed group workbook again, from its own list of sources. ``settings`` hold for this run only.

    With an error its results stay, and its sheet Findings says what is wrong. Raises FileEngineError.
    """
    clock = perf_counter()
    with open_book(path) as book:
        report = consolidate_book(book, "command line", settings=settings, jobs=jobs, progress=progress, now=now)
        book.save()
    report.seconds = perf_counter() - clock
    return report


def consolidate_book(
    book: xw.Book, way_in: str, *, settings: Mapping[str, Any] | None = None, jobs: int = 1,
    progress: Progress | None = None, now: datetime | None = None,
) -> GroupReport:
    """Consolidate an open group workbook from its sources; with an error only findings and status are written.

    Raises PlanError for a workbook that is none of a group.
    """
    clock, started = perf_counter(), now or datetime.now()
    bound = bind(book, declared=GROUP_TABLES)
    if not {GROUP_SETTINGS.name, "group_sources"} <= bound.tables.keys():
        raise PlanError([NO_GROUP])
    if book.fullname.startswith("http"):
        raise PlanError([IN_THE_CLOUD])
    inputs, findings = _checked(bound)
    outcome = Consolidation(inputs, findings)
    if outcome.done:
        inputs = _with_settings(inputs, settings or {})
        outcome = consolidate(inputs, Path(book.fullname).parent, jobs=jobs, progress=progress, now=now)
        outcome.findings = [bound.place(finding) for finding in (*findings, *outcome.findings)]
    report = _report(Path(book.fullname), outcome)
    report.seconds = perf_counter() - clock
    records = {FINDINGS.name: _findings_frame(report.findings),
               RUN_LOG.name: _log(inputs[RUN_LOG.name], report, started, way_in)}
    _write(bound, outcome, records)
    show_cells(book, {"status_run": "Done" if report.done else "Not run", "message_run": report.message})
    return report


def is_group_workbook(path: Path) -> bool:
    """Whether a file is a group workbook. Raises FileEngineError for a file that cannot be used."""
    with open_book(path, read_only=True) as book:
        return any(table.name == "group_sources" for sheet in book.sheets for table in sheet.tables)


def _checked(bound: BoundBook) -> tuple[Tables, list[Finding]]:
    """The tables of a group workbook, and what is wrong with them, each with its cell."""
    findings = list(bound.findings)
    frames, cells = bound.frames(), bound.cells()
    settings = GroupSettings()
    try:
        settings = read_group_settings(frames[GROUP_SETTINGS.name])
    except PlanError as fault:
        findings += fault.findings
    for name, table in bound.tables.items():
        findings += check_table(table.table, cells[name], settings.bucket, cells)
    findings += horizon_faults(bound, settings.periods.labels)
    return frames, [bound.place(finding) for finding in findings]


def _with_settings(inputs: Tables, settings: Mapping[str, Any]) -> Tables:
    """The tables with some settings replaced."""
    frame = inputs[GROUP_SETTINGS.name].copy()
    for name, value in settings.items():
        title = name.replace("_", " ").lower()
        rows = frame["setting"].str.lower() == title
        if not rows.any():
            frame.loc[len(frame)] = [title, "", "", ""]
            rows = frame["setting"] == title
        frame.loc[rows, "value"] = str(value)
    return {**inputs, GROUP_SETTINGS.name: frame}


def _write(bound: BoundBook, outcome: Consolidation, records: Tables) -> None:
    """All results of a good consolidation; of another one only what says why."""
    if not outcome.done:
        writer = BookWriter(bound, [])
        for name in records.keys() & bound.tables.keys():
            writer.write(name, records[name])
        return
    periods = read_group_settings(outcome.tables[GROUP_SETTINGS.name]).periods.labels
    bound = align_periods(bound, periods)
    writer = BookWriter(bound, periods)
    results = {name: outcome.tables[name] for name in (GROUP_RATES.name, *(table.name for table in GROUP_RESULTS))}
    for name, frame in {**results, **records}.items():
        if name in bound.tables:
            writer.write(name, frame)
    refresh_proof(bound.book, outcome.tables, periods)


def _save_new(output: Path, tables: Tables, settings: GroupSettings, message: str) -> None:
    """Build the workbook beside nothing and put it in its place whole. Raises FileEngineError."""
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / f"group{output.suffix.lower()}"
        build_group_workbook(built, tables, settings, message)
        content = built.read_bytes()

    def write(stream: BinaryIO) -> None:
        stream.write(content)

    replace_file(output, write, None)


def build_group_workbook(path: Path, tables: Tables, settings: GroupSettings, message: str = "") -> None:
    """Write a group workbook of these tables (computed): .xlsm with its button, .xlsx without."""
    from xlsxwriter import Workbook

    from sopxl.workbook.template.book import TemplateBook, worksheet_class
    from sopxl.workbook.template.build import CREATED, add_macros, add_tables, define_names
    from sopxl.workbook.template.styles import Styles

    macros = path.suffix.lower() == ".xlsm"
    workbook = Workbook(str(path), {"default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": False})
    workbook.set_calc_mode("auto")
    workbook.set_properties({"title": f"Group plan of {settings.group_name}", "author": "sopxl", "created": CREATED})
    complete = {**conform_all(GROUP_TABLES, tables), GROUP_SETTINGS.name: settings_frame(settings)}
    book = TemplateBook(workbook, complete, settings, macros, Styles(workbook),  # type: ignore[arg-type]
                        sheet_class=worksheet_class(), declared=GROUP_TABLES)
    add_home(book)
    add_tables(book)
    define_names(book)
    if macros:
        add_macros(book)
    workbook.close()
    if macros:
        from sopxl.workbook.macros.ribbon import add_ribbon

        add_ribbon(path)
    if message:
        with open_book(path) as written:
            show_cells(written, {"message_run": message})
            written.save()


def _prepared(tables: Tables) -> str:
    """What is to be done with a workbook that was only prepared."""
    currencies = sorted(tables[GROUP_RATES.name]["currency"].unique())
    rates = f" Enter the rates of {', '.join(currencies)} in Group rates." if currencies else ""
    return f"Listed {counted(len(tables['group_sources']), 'unit')}.{rates} Then consolidate this workbook."


def _report(path: Path, outcome: Consolidation) -> GroupReport:
    """The report with its sentence."""
    report = GroupReport(str(path), outcome.done, outcome.units if outcome.done else 0, outcome.findings)
    if not report.done:
        report.message = (f"No group plan was written: {counted(report.errors, 'error')}. "
                          "Each is told with its unit, cell and remedy.")
        return report
    missing = outcome.tables["unit_status"].query("state != 'read'")["unit"].tolist()
    without = f" Without {', '.join(missing)}." if missing else ""
    doubtful = outcome.tables["unit_status"]["attention"].ne("").sum() - len(missing)
    doubts = f" {counted(int(doubtful), 'unit')} need attention: see Unit status." if doubtful else ""
    report.message = f"Consolidated {counted(report.units, 'unit')}.{without}{doubts}"
    return report


def _findings_frame(findings: list[Finding]) -> pd.DataFrame:
    """Findings as the rows of their table, errors first."""
    order = {"error": 0, "warning": 1, "note": 2}
    rows = [{"severity": f.severity, "sheet": f.sheet or f.table, "cell": f.cell, "message": f.message,
             "remedy": f.remedy} for f in sorted(findings, key=lambda finding: order[finding.severity])]
    return conform(FINDINGS, pd.DataFrame(rows, columns=FINDINGS.column_names))


def _log(before: pd.DataFrame, report: GroupReport, started: datetime, way_in: str) -> pd.DataFrame:
    """The run log with this run on top."""
    row = {"started": started.replace(microsecond=0), "steps": "consolidation", "way_in": way_in,
           "status": "Done" if report.done else "Stopped: see Findings", "seconds": round(report.seconds, 2),
           "findings": len(report.findings), "exceptions": 0, "message": report.message, "version": __version__}
    return conform(RUN_LOG, pd.concat([pd.DataFrame([row]), before], ignore_index=True).head(RUNS_KEPT))
