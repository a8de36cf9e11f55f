"""The demo company's whole cycle with no Excel: building the workbook, each press in turn, and all steps at once.

Run: ``python -m tests.benchmarks.whole_cycle``. CPU seconds of this process; the file's size; and writing as a ratio to
what deflating the same parts takes, which no way of writing a workbook can go below.
"""

from __future__ import annotations

import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sopxl.build import build_demo
from sopxl.demo.adventure_works import adventure_works
from sopxl.file_engine import open_book
from sopxl.pipeline import STEP_NAMES, run
from sopxl.runner import check_file, run_file
from sopxl.schema import Tables
from sopxl.settings import read_settings
from sopxl.workbook.template import build_workbook

Result = TypeVar("Result")
LEVEL_OF_XLSXWRITER = 6


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """CPU seconds of the work, and what it gave."""
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def line(work: str, seconds: float, remark: str = "") -> None:
    """Print one line of the table."""
    print(f"| {work} | {seconds:.2f} | {remark} |", flush=True)


def deflate(path: Path) -> float:
    """CPU seconds to deflate all parts of a workbook."""
    with zipfile.ZipFile(path) as package:
        parts = [package.read(name) for name in package.namelist()]
    return timed(lambda: [zlib.compress(part, LEVEL_OF_XLSXWRITER) for part in parts])[0]


def cells(path: Path) -> int:
    """How many cells of the workbook hold something."""
    with zipfile.ZipFile(path) as package:
        sheets = [package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
    return sum(sheet.count(b"</c>") for sheet in sheets)


def headless(tables: Tables) -> Tables:
    """Print the steps on data frames alone, one after the other as buttons would run them; give their tables."""
    for step in STEP_NAMES:
        seconds, tables = timed(lambda step=step, tables=tables: run(tables, [step]))  # type: ignore[misc]
        line(f"{step}, tables only", seconds)
    return tables


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demo.xlsm"
        print("| work | CPU s | |\n|---|--:|---|")
        seconds, tables = timed(adventure_works)
        line("read the demo company's source", seconds, f"{len(tables['sales_history']):,} sales records")
        after = headless(tables)
        line("all five steps, tables only", timed(lambda: run(tables))[0])
        settings = read_settings(tables["settings"])
        seconds, _ = timed(lambda: build_workbook(path, after, settings, macros=True))
        plain = deflate(path)
        line("write the workbook anew", seconds, f"{cells(path):,} cells, {path.stat().st_size / 1e6:.1f} MB; "
             f"{seconds / plain:.1f} times the {plain:.2f} s of deflating its parts")
        line("`sopxl demo` as a whole", timed(lambda: build_demo(path))[0])
        line("open it", timed(lambda: open_book(path).close())[0])
        line("`sopxl check`", timed(lambda: check_file(path))[0])
        for step in STEP_NAMES:
            line(f"`sopxl run --steps {step}`", timed(lambda step=step: run_file(path, [step]))[0])  # type: ignore[misc]
        line("`sopxl run`", timed(lambda: run_file(path))[0], f"the file is {path.stat().st_size / 1e6:.1f} MB then")


if __name__ == "__main__":
    main()
