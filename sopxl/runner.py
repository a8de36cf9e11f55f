"""A book in, a book out: read the tables, check them, run steps, write all results or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter

import pandas as pd
import xlwings as xw

from sopxl import __version__, pipeline
from sopxl.checks import check_table
from sopxl.file_engine import is_file_book, open_book
from sopxl.pipeline import ALWAYS_WRITTEN, STEP_NAMES, STEPS, Step
from sopxl.plan_checks import check_plan, check_rows
from sopxl.records import FINDINGS, RUN_LOG
from sopxl.schema import Finding, FindingList, PlanError, Tables, conform, conform_all, counted
from sopxl.settings import Settings, read_settings
from sopxl.summary import decisions
from sopxl.tables import GRIDS, TABLES
from sopxl.workbook.home import finished, refresh_pages, running, show_cells, stopped
from sopxl.workbook.horizon import align_periods, horizon_faults, moved_grids
from sopxl.workbook.read import BoundBook, bind
from sopxl.workbook.write import BookWriter

RUNS_KEPT = 200
Progress = Callable[[Step], None]


@dataclass
class RunReport:
    """What a run did: whether it wrote, what was found, what was decided."""

    steps: tuple[str, ...]
    done: bool
    findings: list[Finding] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    exceptions: pd.DataFrame = field(default_factory=pd.DataFrame)
    seconds: float = 0.0
    path: str = ""
    written: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """How many findings stop a run."""
        return sum(finding.severity == "error" for finding in self.findings)

    def as_dict(self) -> dict[str, object]:
        """The report for machines."""
        return {
            "path": self.path, "done": self.done, "steps": list(self.steps), "seconds": round(self.seconds, 3),
            "findings": [asdict(finding) for finding in self.findings], "decisions": self.decisions,
            "exceptions": [
                {key: None if value != value else value for key, value in row.items()}
                for row in self.exceptions.to_dict("records")
            ],
        }


def run_file(
    path: Path,
    steps: Iterable[str] = STEP_NAMES,
    output: Path | None = None,
    progress: Progress | None = None,
    *,
    recalculate: bool = False,
) -> RunReport:
    """Run steps on a closed workbook and save it (as ``output`` where one is given).

    With errors in the inputs nothing is written. ``recalculate`` gives formulas that are the planner's own
    LibreOffice's values afterwards. Raises FileEngineError for a file that cannot be used.
    """
    target, started = output or path, perf_counter()
    with open_book(path, read_only=output is not None) as book:
        report = run_book(book, steps, "command line", progress)
        if report.done:
            book.save(target)
    report.path = str(target)
    if report.done:
        report.decisions += _own_formulas(target, set(report.written), recalculate=recalculate)
    report.seconds = perf_counter() - started
    return report


def _own_formulas(path: Path, written: set[str], *, recalculate: bool) -> list[str]:
    """What is to be said of the planner's own formulas that look at what was written; nothing where there are none."""
    if recalculate:
        from sopxl.workbook.recalculate import recalculate as recalculate_own_formulas

        return [recalculate_own_formulas(path, written).sentence]
    from sopxl.workbook.recalculate import dependents

    found = dependents(path, written)
    return [found.sentence] if found.certain or found.possible else []


def each_book(
    paths: Iterable[Path], do: Callable[[Path], RunReport], jobs: int = 1
) -> Iterator[RunReport | Exception]:
    """Do the same with every book, so many at a time; the reports in the order of the books.

    A book that cannot be done gives its exception in place of a report and does not stop the others. More
    than one job goes through joblib, whose backend the caller may choose (``joblib.parallel_config``).
    """
    if jobs == 1:
        yield from (_attempt(do, path) for path in paths)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=jobs, return_as="generator")(delayed(_attempt)(do, path) for path in paths)


def _attempt(do: Callable[[Path], RunReport], path: Path) -> RunReport | Exception:
    try:
        return do(path)
    except Exception as fault:  # the next file may well be good
        return fault


def books_in(path: Path) -> list[Path]:
    """The workbooks of a folder, by name, without the owner files of open ones; anything else is itself."""
    found = sorted(path.iterdir()) if path.is_dir() else []
    books = [one for one in found if one.suffix.lower() in (".xlsx", ".xlsm") and not one.name.startswith("~$")]
    return books or [path]


def run_open_book(name: str, steps: Iterable[str], progress: Progress | None = None) -> RunReport | None:
    """Run steps on a workbook that is open in Excel; None where no Excel on this machine has it open."""
    try:
        books = [book for app in xw.apps for book in app.books]
    except xw.XlwingsError:  # a system without Excel
        return None
    for book in books:
        if name in (book.name, book.fullname):
            report = run_book(book, steps, "attached", progress)
            report.path = book.fullname
            return report
    return None


def check_file(path: Path) -> RunReport:
    """Check a closed workbook without changing it. Raises FileEngineError for a file that cannot be used."""
    started = perf_counter()
    with open_book(path, read_only=True) as book:
        _, findings = check_book(bind(book))
    report = RunReport((), not _stops(findings), findings)
    report.seconds, report.path = perf_counter() - started, str(path)
    return report


def check_book(bound: BoundBook) -> tuple[Tables, list[Finding]]:
    """The tables of a bound book, and everything that is wrong with them, each with its sheet and cell."""
    findings = FindingList(list(bound.findings))
    frames = bound.frames()
    settings = _settings(frames, findings)
    cells = bound.cells()
    for name, table in bound.tables.items():
        findings.findings += check_table(table.table, cells[name], settings.bucket, cells)
    if _stops(findings.findings):
        findings.findings += check_rows(frames, settings)
    else:
        findings.findings += check_plan(frames, settings)
        findings.findings += horizon_faults(bound, settings.periods.labels)
    order = {"error": 0, "warning": 1, "note": 2}
    placed = [bound.place(finding) for finding in findings.findings]
    return frames, sorted(placed, key=lambda finding: order[finding.severity])


def plan_workbook(
    path: Path, tables: Tables, progress: Progress | None = None, started: datetime | None = None
) -> RunReport:
    """Run all steps on tables and write them with their plans as a new workbook: .xlsm with buttons, .xlsx without.

    ``started``: the time that the workbook shows for the run; now, if not given. Where the tables have errors the
    workbook holds them without a plan, so that they can be mended there, and the report says where. Raises PlanError
    for settings that cannot be.
    """
    from sopxl.workbook.template import build_workbook

    started, clock = started or datetime.now(), perf_counter()
    settings = read_settings(tables["settings"])
    read = conform_all(TABLES, tables)
    findings = _faults_of({**read, **tables}, read, settings)
    if _stops(findings):
        build_workbook(path, read, settings, macros=path.suffix.lower() == ".xlsm")
        return check_file(path)
    after = pipeline.run(read, STEP_NAMES, progress, conformed=True)
    report = RunReport(STEP_NAMES, True, findings, decisions(after, settings, STEP_NAMES))
    report.exceptions, report.path = after["exceptions"], str(path)
    report.seconds = perf_counter() - clock
    records = {"findings": _findings_frame(report.findings), "run_log": _log(read, report, started, "command line")}
    build_workbook(path, after | records, settings, macros=path.suffix.lower() == ".xlsm")
    with open_book(path) as book:
        show_cells(book, finished(STEP_NAMES, started, len(report.findings), " ".join(report.decisions)))
        book.save()
    report.seconds = perf_counter() - clock
    return report


def _faults_of(typed: Tables, read: Tables, settings: Settings) -> list[Finding]:
    """What is wrong with tables that stand in no workbook yet: as they were given, and as they are read."""
    found = [one for name, table in TABLES.items() for one in check_table(table, typed[name], settings.bucket, typed)]
    found += [] if _stops(found) else check_plan(read, settings)
    return [replace(one, sheet=TABLES[one.table].title) if one.table else one for one in found]


def _stops(findings: list[Finding]) -> bool:
    """Whether no plan can be made."""
    return any(finding.severity == "error" for finding in findings)


def run_book(
    book: xw.Book, steps: Iterable[str], way_in: str, progress: Progress | None = None
) -> RunReport:
    """Run steps on an open book. With errors in the inputs only status and findings are written."""
    started, clock = datetime.now(), perf_counter()
    chosen = tuple(name for name in STEP_NAMES if name in set(steps))
    bound = bind(book)
    before, findings = check_book(bound)
    report = RunReport(chosen, False, findings)
    after = before
    if not report.errors:
        try:
            after = pipeline.run(before, chosen, _telling(book, progress), conformed=True)
            report.done = True
        except PlanError as fault:
            report.findings = [bound.place(finding) for finding in fault.findings] + findings
    if report.done:
        report.decisions = decisions(after, read_settings(after["settings"]), chosen)
        report.exceptions = after["exceptions"]
    report.seconds = perf_counter() - clock
    _write(bound, before, after, report, started, way_in)
    return report


def _settings(frames: Tables, findings: FindingList) -> Settings:
    """The settings, or the defaults where they cannot be read (the faults are among the findings then)."""
    try:
        return read_settings(frames["settings"])
    except PlanError as fault:
        findings.findings += fault.findings
        return Settings()


def _telling(book: xw.Book, progress: Progress | None) -> Progress:
    """Progress for the caller and on the Home sheet."""

    def tell(step: Step) -> None:
        show_cells(book, running(step.name))
        if progress is not None:
            progress(step)

    return tell


def _write(
    bound: BoundBook, before: Tables, after: Tables, report: RunReport, started: datetime, way_in: str
) -> None:
    """Write findings, run log and status, and after a good run every result; all of them or none."""
    records = {"findings": _findings_frame(report.findings), "run_log": _log(before, report, started, way_in)}
    if report.done:
        report.written = _write_results(bound, before, after, records, report.steps)
        cells = finished(report.steps, started, len(report.findings), " ".join(report.decisions))
    else:
        writer = BookWriter(bound, [])
        for name in records.keys() & bound.tables.keys():
            writer.write(name, records[name])
        cells = stopped(report.steps, len(report.findings), _why_not(report))
    show_cells(bound.book, cells)


def _write_results(
    bound: BoundBook, before: Tables, after: Tables, records: Tables, steps: tuple[str, ...]
) -> tuple[str, ...]:
    """Write what the steps write and refresh what depends on it; on a fault in mid-write put back what was there.

    Gives the names of the tables whose cells changed.
    """
    settings = read_settings(after["settings"])
    periods = settings.periods.labels
    moved = moved_grids(bound, periods)
    bound = align_periods(bound, periods)
    by_steps = [name for step in STEPS if step.name in steps for name in step.writes]
    results = {name: after[name] for name in dict.fromkeys([*by_steps, *moved, *ALWAYS_WRITTEN])} | records
    writer = BookWriter(bound, periods)
    written: list[str] = []
    try:
        for name, frame in results.items():
            written.append(name)
            writer.write(name, frame)
        others = [name for name in GRIDS if name not in results]
        refreshed = [name for name in others if writer.refresh(name, before[name], after[name])]
        refresh_pages(bound, after | records, settings)
    except Exception:
        _put_back(bound, before, written, periods)
        raise
    return (*written, *refreshed)


def _why_not(report: RunReport) -> str:
    """The sentence on Home after a run that could not be made."""
    return (f"Nothing was changed: {counted(report.errors, 'error')} in the inputs. "
            "The sheet Findings names each cell and the remedy.")


def _put_back(bound: BoundBook, before: Tables, names: list[str], periods: list[str]) -> None:
    """Write the tables as they were; it matters where a spreadsheet program shows every write at once."""
    if is_file_book(bound.book):
        return
    writer = BookWriter(bind(bound.book, names), periods)
    for name in names:
        if name not in GRIDS or set(periods) <= set(before[name].columns):
            writer.write(name, before[name])


def _findings_frame(findings: list[Finding]) -> pd.DataFrame:
    """Findings as the rows of their table."""
    rows = [{"severity": f.severity, "sheet": f.sheet or f.table, "cell": f.cell, "message": f.message,
             "remedy": f.remedy} for f in findings]
    return conform(FINDINGS, pd.DataFrame(rows, columns=FINDINGS.column_names))


def _log(before: Tables, report: RunReport, started: datetime, way_in: str) -> pd.DataFrame:
    """The run log with this run on top."""
    row = {
        "started": started.replace(microsecond=0), "steps": ", ".join(report.steps), "way_in": way_in,
        "status": "Done" if report.done else "Stopped: the inputs have errors", "seconds": round(report.seconds, 2),
        "findings": len(report.findings), "exceptions": len(report.exceptions),
        "message": " ".join(report.decisions)[:1000], "version": __version__,
    }
    return conform(RUN_LOG, pd.concat([pd.DataFrame([row]), before["run_log"]], ignore_index=True).head(RUNS_KEPT))
