"""What this machine has and lacks for sopxl: one function a question, under ``@question``."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from sopxl import __version__


@dataclass(frozen=True)
class Answer:
    """Whether something is in order, and what to do if it is not. ``needed``: sopxl does not plan without it."""

    subject: str
    fine: bool
    message: str
    needed: bool = True

    def as_dict(self) -> dict[str, object]:
        """The answer for machines."""
        return asdict(self)


QUESTIONS: dict[str, Callable[[], Answer]] = {}


def question(function: Callable[[], Answer]) -> Callable[[], Answer]:
    """Enter a question in the list."""
    QUESTIONS[function.__name__] = function
    return function


def examine() -> list[Answer]:
    """The answers to all questions; a question that fails says so instead of stopping the others."""
    answers = []
    for name, ask in QUESTIONS.items():
        try:
            answers.append(ask())
        except Exception as fault:
            answers.append(Answer(name.replace("_", " "), False, f"could not be examined: {fault}"))
    return answers


@question
def python() -> Answer:
    """The interpreter."""
    fine = sys.version_info >= (3, 11)
    message = f"{platform.python_version()} at {sys.executable}"
    return Answer("Python", fine, message if fine else f"{message}; sopxl needs 3.11 or newer")


@question
def packages() -> Answer:
    """The packages that sopxl stands on."""
    names = ("xlwings", "openpyxl", "pandas", "numpy", "statsmodels", "pulp", "highspy", "XlsxWriter", "lxml")
    found, missing = [f"sopxl {__version__}"], []
    for name in names:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Answer("Packages", False, f"{', '.join(missing)} not installed; run: pip install sopxl")
    return Answer("Packages", True, ", ".join(found))


@question
def solver() -> Answer:
    """Whether the solver solves: the smallest of all plans."""
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.addVar(1.0, 10.0)
    solver.changeColCost(0, 1.0)
    solver.run()
    value = solver.getInfo().objective_function_value
    fine = abs(value - 1.0) < 1e-9
    return Answer("Solver", fine, "HiGHS solves" if fine else f"HiGHS gave {value} instead of 1; install highspy anew")


@question
def excel() -> Answer:
    """Excel itself: buttons need it, everything else does not."""
    system = platform.system()
    if system == "Windows":
        import winreg

        try:
            winreg.CloseKey(winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, "Excel.Application"))  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return Answer("Excel", False, "not found; buttons need it, 'sopxl run' does not", needed=False)
        return Answer("Excel", True, "found", needed=False)
    if system == "Darwin":
        fine = Path("/Applications/Microsoft Excel.app").exists()
        return Answer("Excel", fine, "found" if fine else "not found in Applications; buttons need it", needed=False)
    return Answer("Excel", False, f"does not exist for {system}; 'sopxl run' plans closed workbooks without it",
                  needed=False)


@question
def buttons_find_python() -> Answer:
    """Whether the macros of a workbook will find this Python: xlwings' user configuration."""
    if platform.system() not in ("Windows", "Darwin"):
        return Answer("Buttons find Python", False, "buttons need Excel for Windows or Mac", needed=False)
    file = configuration_file()
    key = "INTERPRETER_MAC" if platform.system() == "Darwin" else "INTERPRETER_WIN"
    line = f'"{key}","{sys.executable}"'
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    fine = sys.executable in text
    message = f"{file} names this Python" if fine else f"add this line to {file}: {line}"
    return Answer("Buttons find Python", fine, message, needed=False)


def configuration_file() -> Path:
    """Where xlwings' macros look for the interpreter of this user."""
    if platform.system() == "Darwin":
        return Path.home() / "Library/Containers/com.microsoft.Excel/Data/xlwings.conf"
    return Path.home() / ".xlwings/xlwings.conf"


@question
def libreoffice() -> Answer:
    """LibreOffice: only --recalculate and some tests need it."""
    from sopxl.workbook.libreoffice import find_libreoffice

    program = find_libreoffice()
    message = f"found at {program}" if program else "not found; only 'sopxl run --recalculate' needs it"
    return Answer("LibreOffice", program is not None, message, needed=False)
