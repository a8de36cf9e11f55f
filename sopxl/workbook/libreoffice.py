"""LibreOffice as an independent calculator: what it makes of a workbook's formulas when it recalculates all of them.

It runs without a window, on a copy, with a profile of its own that is thrown away: the planner's file and the
planner's own LibreOffice are never touched. A setting for that profile is one line of SETTINGS.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from sopxl.workbook.formula_cells import Address, Value, WorkbookParts

TIMEOUT = 300.0

PLACES = {
    "win32": (
        "C:/Program Files/LibreOffice/program/soffice.com",
        "C:/Program Files (x86)/LibreOffice/program/soffice.com",
    ),
    "darwin": (
        "/Applications/LibreOffice.app/Contents/MacOS/soffice",
        "~/Applications/LibreOffice.app/Contents/MacOS/soffice",
    ),
    "linux": ("/usr/lib/libreoffice/program/soffice", "/usr/lib64/libreoffice/program/soffice"),
}
COMMANDS = ("soffice", "libreoffice")

_CALC = "/org.openoffice.Office.Calc"
_COMMON = "/org.openoffice.Office.Common"
_SCRIPTING = f"{_COMMON}/Security/Scripting"
_INTERNET = "/org.openoffice.Inet/Settings"
SETTINGS: tuple[tuple[str, str, str], ...] = (
    (f"{_CALC}/Formula/Load", "OOXMLRecalcMode", "0"),  # recalculate everything on loading
    (f"{_CALC}/Formula/Calculation", "UseThreadedCalculationForFormulaGroups", "false"),  # miscalculates recursions
    (f"{_CALC}/Content/Update", "Link", "1"),  # never follow links to other documents
    (f"{_COMMON}/Misc", "UseOpenCL", "false"),
    (f"{_COMMON}/Misc", "FirstRun", "false"),
    (f"{_COMMON}/Misc", "CrashReport", "false"),
    (_SCRIPTING, "MacroSecurityLevel", "3"),
    (_SCRIPTING, "DisableMacrosExecution", "true"),
    (_SCRIPTING, "BlockUntrustedRefererLinks", "true"),
    (_INTERNET, "ooInetProxyType", "1"),  # by hand: nobody listens there, so nothing gets out
    (_INTERNET, "ooInetHTTPProxyName", "127.0.0.1"),
    (_INTERNET, "ooInetHTTPProxyPort", "9"),
    (_INTERNET, "ooInetHTTPSProxyName", "127.0.0.1"),
    (_INTERNET, "ooInetHTTPSProxyPort", "9"),
    (_INTERNET, "ooInetFTPProxyName", "127.0.0.1"),
    (_INTERNET, "ooInetFTPProxyPort", "9"),
)
WORKBOOK_PART = "xl/workbook.xml"
PRINT_NAMES = re.compile(rb'<definedName [^>]*name="_xlnm\.Print_[^>]*>[^<]*</definedName>')
_UNWANTED_ENVIRONMENT = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")


class LibreOfficeError(Exception):
    """LibreOffice is missing or could not recalculate a workbook; the message is a sentence for a planner."""


def find_libreoffice() -> Path | None:
    """The program file of LibreOffice, or None where it is not installed in a usual place or on the path."""
    for command in COMMANDS:
        found = shutil.which(command)
        if found:
            return Path(found)
    platform = sys.platform if sys.platform in PLACES else "linux"
    places = [Path(place).expanduser() for place in PLACES[platform]]
    if platform == "linux":
        places += sorted(Path("/opt").glob("libreoffice*/program/soffice"), reverse=True)
    return next((place for place in places if place.is_file()), None)


def recalculated_values(path: Path, timeout: float = TIMEOUT) -> dict[Address, Value]:
    """The value of every formula cell, (sheet, cell) -> value, after LibreOffice has recalculated the whole workbook.

    An error is a CellError (a function that LibreOffice does not know gives ``#NAME?``). Takes at most ``timeout``
    seconds. Raises LibreOfficeError where LibreOffice is missing, fails or takes too long, FileEngineError where
    the file is no workbook.
    """
    return recalculated_values_of_all([path], timeout)[0]


def recalculated_values_of_all(paths: Iterable[Path], timeout: float = TIMEOUT) -> list[dict[Address, Value]]:
    """As :func:`recalculated_values`, for many workbooks in one start of LibreOffice; in the order of ``paths``."""
    wanted = [(path, {cell.address for cell in WorkbookParts(path).formula_cells()}) for path in paths]
    if not any(addresses for _, addresses in wanted):
        return [{} for _ in wanted]
    with tempfile.TemporaryDirectory(prefix="sopxl-", ignore_cleanup_errors=True) as folder:
        copies = recalculate_copies([path for path, _ in wanted], Path(folder), timeout)
        return [
            WorkbookParts(copy).values(addresses) if addresses else {}
            for copy, (_, addresses) in zip(copies, wanted, strict=True)
        ]


def recalculate_copies(paths: list[Path], folder: Path, timeout: float = TIMEOUT) -> list[Path]:
    """Copies of the workbooks, saved by LibreOffice in ``folder`` after it has recalculated every formula.

    Raises LibreOfficeError where LibreOffice is missing, fails or takes longer than ``timeout`` seconds.
    """
    program = find_libreoffice()
    if program is None:
        raise LibreOfficeError(
            "Recalculation needs LibreOffice, which is not installed here: install it, or leave the option out."
        )
    before, after, profile = folder / "before", folder / "after", folder / "profile"
    before.mkdir()
    copies = [before / f"{number}{path.suffix.lower()}" for number, path in enumerate(paths)]
    for path, copy in zip(paths, copies, strict=True):
        _copy_to_calculate(path, copy)
    _write_profile(profile)
    _run([*_command(program, profile, after), *map(str, copies)], timeout)
    saved = [after / f"{copy.stem}.xlsx" for copy in copies]
    for path, copy in zip(paths, saved, strict=True):
        if not copy.is_file():
            raise LibreOfficeError(f"LibreOffice could not open or recalculate {path.name}.")
    return saved


def same_value(cached: Value, recalculated: Value, relative: float = 1e-9, absolute: float = 1e-6) -> bool:
    """Whether two values of one cell are the same beyond rounding: nothing is an empty text, TRUE is not 1."""
    if isinstance(cached, int | float) and isinstance(recalculated, int | float):
        same_kind = isinstance(cached, bool) == isinstance(recalculated, bool)
        return same_kind and math.isclose(cached, recalculated, rel_tol=relative, abs_tol=absolute)
    left, right = (value if value is not None else "" for value in (cached, recalculated))
    return type(left) is type(right) and left == right


def _copy_to_calculate(path: Path, copy: Path) -> None:
    """Copy a workbook without its print titles and areas: with them LibreOffice lays out every page as it loads."""
    try:
        with ZipFile(path) as source, ZipFile(copy, "w", ZIP_DEFLATED) as target:
            for name in source.namelist():
                part = source.read(name)
                target.writestr(name, PRINT_NAMES.sub(b"", part) if name == WORKBOOK_PART else part)
    except BadZipFile as fault:
        raise LibreOfficeError(f"LibreOffice could not open or recalculate {path.name}.") from fault


def _write_profile(profile: Path) -> None:
    items = "".join(
        f'<item oor:path="{escape(path)}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>\n'
        for path, name, value in SETTINGS
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n{items}</oor:items>\n',
        encoding="utf-8",
    )


def _command(program: Path, profile: Path, folder: Path) -> list[str]:
    return [
        str(program),
        f"-env:UserInstallation={profile.resolve().as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo", "--nofirststartwizard"),
        *("--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder)),
    ]


def _run(command: list[str], timeout: float) -> None:
    """Run to the end, or stop the process that was started (and its children, nobody else's) after ``timeout``."""
    environment = {name: value for name, value in os.environ.items() if name not in _UNWANTED_ENVIRONMENT}
    process = subprocess.Popen(  # noqa: S603 - the program that was found, the arguments are ours
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=sys.platform != "win32",
    )
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        raise LibreOfficeError(f"LibreOffice took longer than {timeout:g} seconds and was stopped.") from error
    finally:
        if process.poll() is None:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/PID", str(process.pid), "/T", "/F"], check=False, capture_output=True)  # noqa: S603, S607
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
