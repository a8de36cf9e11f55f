"""The command line: parse, call once, show. Everything that it does can be called from Python too.

Exit codes, for schedulers: 0 done; 1 the inputs have errors, nothing was written; 2 wrong command line; 3 a file
cannot be used; 4 something is missing on this machine; 70 a fault in sopxl itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sopxl import __version__
from sopxl.file_engine.errors import FileEngineError
from sopxl.pipeline import STEP_NAMES, Step
from sopxl.schema import PlanError, counted

if TYPE_CHECKING:
    from sopxl.consolidation.group_workbook import GroupReport
    from sopxl.runner import RunReport
    from sopxl.schema import Finding

application = typer.Typer(
    name="sopxl",
    help="Sales & Operations Planning inside an ordinary Excel workbook.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    epilog="Exit codes: 0 done, 1 the inputs have errors, 2 wrong command line, 3 a file cannot be used, "
    "4 something is missing on this machine, 70 a fault in sopxl.",
)

FINDINGS_SHOWN = 30
EXCEPTIONS_SHOWN = 8
ENDINGS = (".xlsm", ".xlsx")


class ExitCode(IntEnum):
    """What a scheduler is told."""

    DONE = 0
    INPUT_ERRORS = 1
    USAGE = 2
    FILE = 3
    MISSING = 4
    FAULT = 70


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]
Plans = Annotated[list[Path], typer.Argument(help="Plan workbooks, closed in Excel, or folders of them.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="How many plans at a time.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is already there.")]
Steps = Annotated[
    str, typer.Option("--steps", help=f"Steps to run, with commas between them: {', '.join(STEP_NAMES)}; or all.")
]


def main() -> None:
    """Run the command line; what goes wrong becomes a sentence and an exit code."""
    try:
        application()
    except Exception as fault:  # no traceback reaches a planner
        code, sentence = _explained(fault)
        typer.echo(sentence, err=True)
        sys.exit(code)


def _explained(fault: Exception, path: Path | None = None) -> tuple[ExitCode, str]:
    """What a scheduler and what a planner are told of a fault; ``path``: the file in work, where it is known."""
    name = path.name if path else "A file"
    if isinstance(fault, FileEngineError):
        return ExitCode.FILE, str(fault)
    if isinstance(fault, OSError):
        where = Path(fault.filename).name if isinstance(fault.filename, str) else name
        return ExitCode.FILE, f"{where} cannot be used ({fault.strerror or fault}); mend that and run again."
    if isinstance(fault, MemoryError):
        return ExitCode.FILE, (f"{name} needs more memory than there is, and is as it was; close other programs, or "
                               "take a machine with more.")
    return ExitCode.FAULT, (f"Something went wrong inside sopxl {__version__} ({type(fault).__name__}: {fault}). "
                            f"{name} is as it was. Please report it with the output of 'sopxl doctor'.")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sopxl {__version__}")
        raise typer.Exit


@application.callback()
def _everything(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Sales & Operations Planning inside an ordinary Excel workbook."""


@application.command(short_help="Write a blank plan workbook.")
def new(
    path: Annotated[Path, typer.Argument(help="The workbook to write: .xlsm with buttons, .xlsx without.")],
    with_demo: Annotated[bool, typer.Option("--demo", help="Fill it with the demo company.")] = False,
    force: Force = False,
) -> None:
    """Write a blank plan workbook, or with --demo one that holds a company to try."""
    from sopxl.build import build_blank, build_demo

    _refuse_target(path, force)
    if with_demo:
        build_demo(path)
    else:
        build_blank(path)
    typer.echo(f"Wrote {path}. Fill its yellow cells, then press Run all steps on Home, or: sopxl run {path}")


@application.command(short_help="Build the demo company and plan it.")
def demo(
    path: Annotated[Path, typer.Argument(help="The workbook to write; with --units the folder.")] = Path(
        "adventure_works.xlsm"),
    units: Annotated[bool, typer.Option(
        "--units", help="Split it into three units that trade, each with its workbook, and a group workbook.")] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Build the Adventure Works demo company and run it through the whole cycle."""
    from sopxl.build import build_demo, build_units

    if units:
        folder = path.with_suffix("")
        _refuse_existing(folder, force)
        files = build_units(folder, lambda name: typer.echo(f"  {name} …", err=True))
        typer.echo(f"Wrote {', '.join(file.name for file in files)} in {folder}. Open {files[-1].name}: its sheet "
                   "Proof shows that the units are the group.")
        return
    _refuse_target(path, force)
    report = build_demo(path, _progress(as_json))
    _show(report, as_json)


@application.command("import", short_help="Make a plan workbook from another planning system's data.")
def import_data(
    source: Annotated[Path, typer.Argument(help="frePPLe's tables: a folder of CSV files, or a workbook of them.",
                                           exists=True)],
    to: Annotated[Path, typer.Option("--to", help="The workbook to write.")] = Path("imported.xlsm"),
    bucket: Annotated[str, typer.Option("--bucket", help="week, month or quarter; empty: by the sales.")] = "",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Read the tables of frePPLe, write them as a plan workbook and run it through the whole cycle."""
    from sopxl.frepple import read_frepple
    from sopxl.runner import RunReport, plan_workbook

    _refuse_target(to, force)
    try:
        tables = read_frepple(source, bucket)
    except PlanError as fault:
        report = RunReport((), False, fault.findings, path=str(source))
    else:
        report = plan_workbook(to, tables, _progress(as_json))
    _show(report, as_json)


@application.command(short_help="Tell every fault in the inputs; change nothing.")
def check(
    plans: Plans,
    as_json: Json = False,
) -> None:
    """Check plan workbooks and tell every fault with its sheet, its cell and the remedy. Changes nothing."""
    from sopxl.runner import books_in, check_file

    _each([book for path in plans for book in books_in(path)], check_file, as_json)


@application.command(short_help="Plan closed workbooks.")
def run(
    plans: Plans,
    steps: Steps = "all",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write here instead: a file, or a folder for many plans.")
    ] = None,
    recalculate: Annotated[
        bool, typer.Option("--recalculate", help="Give your own formulas LibreOffice's values afterwards.")
    ] = False,
    jobs: Jobs = 1,
    as_json: Json = False,
) -> None:
    """Run steps of the cycle on plan workbooks and write the results into them."""
    from sopxl.runner import books_in, run_file

    chosen = _chosen(steps)
    books = [book for path in plans for book in books_in(path)]
    progress = _progress(as_json or jobs > 1)

    def run_one(path: Path) -> RunReport:
        target = output / path.name if output and (len(books) > 1 or output.is_dir()) else output
        return run_file(path, chosen, target, progress, recalculate=recalculate)

    _each(books, run_one, as_json, jobs)


@application.command(short_help="Plan a workbook that is open in Excel.")
def attach(
    plan: Annotated[str, typer.Argument(help="Name of a workbook that is open in Excel.")],
    steps: Steps = "all",
    as_json: Json = False,
) -> None:
    """Run steps on a workbook that is open in Excel, where Excel itself may not start programs."""
    from sopxl.runner import run_open_book

    report = run_open_book(plan, _chosen(steps), _progress(as_json))
    if report is None:
        typer.echo(f"No workbook named {plan} is open in an Excel on this machine. Open it, then try again; closed "
                   "workbooks are run by 'sopxl run'.", err=True)
        raise typer.Exit(ExitCode.MISSING)
    _show(report, as_json)


@application.command(short_help="Join the plans of many units into a group plan.")
def consolidate(
    plans: Annotated[list[Path], typer.Argument(
        help="Plan workbooks or folders of them, with -o; or a group workbook, to consolidate it again.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The group workbook to write.")] = None,
    rates: Annotated[Path | None, typer.Option(
        "--rates", exists=True, help="CSV file of rates: currency, period, average, closing.")] = None,
    prepare: Annotated[bool, typer.Option(
        "--prepare", help="Only list the units and their currencies, to be filled in.")] = False,
    allow_missing: Annotated[bool, typer.Option(
        "--allow-missing", help="Write the group plan without units whose file cannot be read.")] = False,
    currency: Annotated[str, typer.Option("--currency", help="Currency of the group; else the first unit's.")] = "",
    name: Annotated[str, typer.Option("--name", help="Name of the group.")] = "",
    jobs: Jobs = 1,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Join the plans of units into a group plan: translated, eliminated, proved. The units' files are only read."""
    if output is None and (len(plans) > 1 or rates is not None or prepare):
        raise typer.BadParameter("name the group workbook to write.", param_hint="--output")
    if output is not None:
        _refuse_target(output, force)
    given = {"missing_units": "allow" if allow_missing else "", "currency": currency.upper(), "group_name": name}
    settings = {key: value for key, value in given.items() if value}
    _show_group(_consolidated(plans, output, rates, settings, prepare, jobs, _unit_read(as_json)), as_json)


def _consolidated(
    plans: list[Path], output: Path | None, rates: Path | None, settings: dict[str, str], prepare: bool, jobs: int,
    progress: Callable[[str, int, int], None],
) -> GroupReport:
    """The report of a new group workbook, or of one that is consolidated again."""
    from sopxl.consolidation.group_workbook import GroupReport, consolidate_plans, consolidate_workbook
    from sopxl.consolidation.rate_file import read_rates
    from sopxl.runner import books_in

    try:
        if output is None:
            return consolidate_workbook(plans[0], settings=settings, jobs=jobs, progress=progress)
        books = [book for path in plans for book in books_in(path) if book.resolve() != output.resolve()]
        return consolidate_plans(books, output, settings=settings, rates=None if rates is None else read_rates(rates),
                                 only_prepare=prepare, jobs=jobs, progress=progress)
    except PlanError as fault:
        return GroupReport(str(output or plans[0]), False, 0, fault.findings, "No group plan was written.")


@application.command(name="add-buttons", short_help="Put the buttons into a workbook of yours.")
def add_buttons(
    workbook: Annotated[Path, typer.Argument(help="A workbook that you already have.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The .xlsm to write; else beside it.")] = None,
    force: Force = False,
) -> None:
    """Put sopxl's buttons and ribbon tab into a workbook that you already have (written as a new .xlsm)."""
    from sopxl.workbook.macros import MacroError
    from sopxl.workbook.macros import add_buttons as put_buttons

    target = output or workbook.with_suffix(".xlsm")
    if target != workbook:
        _refuse_existing(target, force)
    try:
        put_buttons(workbook, target)
    except MacroError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(ExitCode.FILE) from None
    typer.echo(f"Wrote {target} with the buttons of sopxl.")


@application.command(short_help="Say what this machine has and lacks.")
def doctor(as_json: Json = False) -> None:
    """Say what is missing on this machine for buttons, solving and recalculation, and what to do about it."""
    from sopxl.doctor import examine

    answers = examine()
    if as_json:
        typer.echo(json.dumps([answer.as_dict() for answer in answers], indent=2))
    else:
        for answer in answers:
            mark = "ok" if answer.fine else "missing" if answer.needed else "optional"
            typer.echo(f"{mark:8}  {answer.subject}: {answer.message}")
    if not all(answer.fine for answer in answers if answer.needed):
        raise typer.Exit(ExitCode.MISSING)


@application.command(short_help="Print a page of the manual.")
def manual(
    page: Annotated[
        str, typer.Argument(help="Page: consolidation, demand, figures, finance, reference, strategy, supply.")
    ] = "reference",
) -> None:
    """Print a page of the manual: the demand planner's month, supply, finance, what was measured, or the reference."""
    from importlib.resources import files

    text = files("sopxl.manual") / f"{page}.md"
    if not text.is_file():
        pages = sorted(one.name.removesuffix(".md") for one in files("sopxl.manual").iterdir()
                       if one.name.endswith(".md"))
        raise typer.BadParameter(f"there is no page '{page}'; pages are {', '.join(pages)}.", param_hint="PAGE")
    typer.echo(text.read_text(encoding="utf-8"))


def _chosen(steps: str) -> tuple[str, ...]:
    """The steps of a comma-separated list. Ends with the usage code for an unknown one."""
    names = STEP_NAMES if steps.strip().lower() == "all" else tuple(name.strip().lower() for name in steps.split(","))
    unknown = [name for name in names if name not in STEP_NAMES]
    if unknown:
        raise typer.BadParameter(f"'{unknown[0]}' is no step. Steps are {', '.join(STEP_NAMES)}, or all.",
                                 param_hint="--steps")
    return names


def _refuse_target(path: Path, force: bool) -> None:
    """End where no plan workbook can be written by this name, or where one would be written over."""
    from sopxl.file_engine.saving import check_writable

    if path.suffix.lower() not in ENDINGS:
        raise typer.BadParameter(f"{path.name} must end in .xlsm (with buttons) or .xlsx (without).")
    _refuse_existing(path, force)
    check_writable(path)


def _refuse_existing(path: Path, force: bool) -> None:
    """End where a file would be written over."""
    if path.exists() and not force:
        typer.echo(f"{path} is already there. Choose another name, or write over it with --force.", err=True)
        raise typer.Exit(ExitCode.FILE)


def _progress(as_json: bool) -> Callable[[Step], None]:
    """Tells each step on the error stream as it starts."""

    def tell(step: Step) -> None:
        if not as_json:
            typer.echo(f"  {step.title} …", err=True)

    return tell


def _unit_read(as_json: bool) -> Callable[[str, int, int], None]:
    """Tells each unit on the error stream when it is read."""

    def tell(unit: str, number: int, count: int) -> None:
        if not as_json:
            typer.echo(f"  {unit} ({number} of {count})", err=True)

    return tell


def _show_group(report: GroupReport, as_json: bool) -> None:
    """Show what a consolidation did and end with its exit code."""
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2, default=str))
    else:
        _show_findings(report.findings)
        typer.echo(report.message, err=not report.done)
        if report.done:
            typer.echo(f"{report.path}: done in {report.seconds:.1f} s.")
    if report.errors:
        raise typer.Exit(ExitCode.INPUT_ERRORS)


def _each(books: list[Path], do: Callable[[Path], RunReport], as_json: bool, jobs: int = 1) -> None:
    """Do the same with every file; one that fails does not stop the others. Ends with the worst exit code."""
    from sopxl.runner import each_book

    worst = ExitCode.DONE
    results: list[dict[str, Any]] = []
    for path, report in zip(books, each_book(books, do, jobs), strict=True):
        if len(books) > 1 and not as_json:
            typer.echo(f"{path} ({len(results) + 1} of {len(books)})", err=True)
        if isinstance(report, Exception):
            code, sentence = _explained(report, path)
            results.append({"path": str(path), "done": False, "error": sentence})
            if not as_json:
                typer.echo(sentence, err=True)
        else:
            code = ExitCode.INPUT_ERRORS if report.errors else ExitCode.DONE
            results.append(report.as_dict())
            if not as_json:
                _show_text(report)
        worst = max(worst, code)
    if as_json:
        typer.echo(json.dumps(results if len(books) > 1 else results[0], indent=2, default=str))
    if worst:
        raise typer.Exit(worst)


def _show(report: RunReport, as_json: bool) -> None:
    """Show one report and end with its exit code."""
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2, default=str))
    else:
        _show_text(report)
    if report.errors:
        raise typer.Exit(ExitCode.INPUT_ERRORS)


def _show_text(report: RunReport) -> None:
    """A report for people: what was found, what was decided, where the file is."""
    _show_findings(report.findings)
    if not report.done:
        typer.echo(f"No plan was written: {counted(report.errors, 'error')} in the inputs of {report.path}.", err=True)
        return
    for sentence in report.decisions:
        typer.echo(sentence)
    _show_exceptions(report)
    typer.echo(f"{report.path}: {'done' if report.steps else 'no errors'} in {report.seconds:.1f} s.")


def _show_findings(findings: list[Finding]) -> None:
    """What was found, a line each."""
    for finding in findings[:FINDINGS_SHOWN]:
        place = f"{finding.sheet or finding.table}!{finding.cell}" if finding.cell else finding.sheet or finding.table
        where = f"{place}: " if place else ""
        typer.echo(f"{finding.severity.capitalize()}  {where}{finding.message} {finding.remedy}")
    if len(findings) > FINDINGS_SHOWN:
        typer.echo(f"… and {len(findings) - FINDINGS_SHOWN} more findings (all of them with --json).")


def _show_exceptions(report: RunReport) -> None:
    """The dearest exceptions of the steps that ran."""
    found = report.exceptions
    if report.steps and len(found):
        found = found[found["step"].isin(report.steps)]
    if not len(found):
        return
    count = len(found)
    typer.echo("1 exception:" if count == 1 else f"{count:,} exceptions, the dearest first:")
    for row in found.head(EXCEPTIONS_SHOWN).itertuples():
        typer.echo(f"  {row.message} {row.remedy}")
    if count > EXCEPTIONS_SHOWN:
        typer.echo("  … the others stand on the sheet Exceptions.")


if __name__ == "__main__":
    main()
