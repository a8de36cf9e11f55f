"""What a press of a button costs before and while it works: fresh processes, by step, on the small company's workbook.

Run: ``python -m tests.benchmarks.start_up [repeats]``. Each line is the least of some fresh processes; a press imports
sopxl.buttons, opens a closed workbook, runs one step and writes it. The last column names what was imported of the
heavy packages, so that a needless one shows.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sopxl.pipeline import STEP_NAMES
from sopxl.workbook.template import build_workbook
from tests.small_company import SETTINGS, small_company

HEAVY = ("statsmodels", "scipy", "highspy", "pulp", "openpyxl", "xlsxwriter", "lxml", "joblib", "typer", "xlwings",
         "pandas")
PRESS = """
import sys
import sopxl.buttons
from sopxl.file_engine import open_book
with open_book(sys.argv[1]) as book:
    sopxl.buttons.{function}(book)
    assert book.names["status_run"].refers_to_range.value == "{status}", "the step did not run"
    book.save()
"""
TELL = """
import json, sys
print(json.dumps([name for name in {names!r} if name in sys.modules]))
"""


def processes() -> Iterator[tuple[str, str]]:
    """What each line of the table runs in a fresh Python."""
    yield "python -c pass", ""
    for package in ("numpy", "pandas", "xlwings"):
        yield f"import {package}", f"import {package}"
    yield "import sopxl.buttons", "import sopxl.buttons"
    yield "sopxl --help", "import sys\nfrom sopxl.cli import main\nsys.argv = ['sopxl', '--help']\n"
    for name in ("check", *STEP_NAMES, "run_all"):
        yield f"press {name}", PRESS.format(function=name, status="Done")


def measure(code: str, workbook: Path, repeats: int) -> tuple[float, float, list[str]]:
    """Least CPU and wall seconds of fresh processes, and the heavy packages that they imported."""
    times = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            plan = shutil.copy(workbook, folder)
            before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            command = [sys.executable, "-c", _whole(code), plan]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall))
    imported = json.loads(done.stdout.splitlines()[-1])
    return min(cpu for cpu, _ in times), min(wall for _, wall in times), imported


def _whole(code: str) -> str:
    """The code with the telling of its imports at its end, whether it exits or not."""
    tell = TELL.format(names=HEAVY)
    return f"{code}\ntry:\n    main()\nexcept SystemExit:\n    pass\n{tell}" if "main" in code else code + tell


def main(repeats: str = "5") -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        workbook = Path(folder) / "small.xlsx"
        build_workbook(workbook, small_company(), SETTINGS, macros=False)
        print("| fresh process | CPU s | wall s | times python -c pass | imports |\n|---|--:|--:|--:|---|")
        least = 0.0
        for name, code in processes():
            cpu, wall, imported = measure(code, workbook, int(repeats))
            least = least or cpu
            print(f"| {name} | {cpu:.2f} | {wall:.2f} | {cpu / least:.0f} | {', '.join(imported)} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
