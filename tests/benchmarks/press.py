"""One press of Forecast on the demo company's workbook: a fresh process from its start to the saved file, in parts.

Run: ``python -m tests.benchmarks.press [repeats]``. CPU seconds, the least of some fresh processes. Once the plan
stands as the last press left it, once all sales have changed and with them every forecast. Beside it openpyxl,
which opens and saves the same file and plans nothing, and the limit: inflating all parts, parsing the sheets with
nobody listening, and deflating the parts that the press changed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.parsers import expat

from sopxl.build import build_demo
from sopxl.file_engine import open_book
from sopxl.file_engine.package import COMPRESSION_LEVEL

PARTS = ("start and import", "open and read", "check", "plan", "write", "save", "own formulas")
PRESS = """
import json, sys, time
from pathlib import Path
from sopxl import runner
from tests.benchmarks.press import timed_press
print(json.dumps(timed_press(runner, Path(sys.argv[1]))))
"""
OPENPYXL = """
import json, sys, time
import openpyxl
book = openpyxl.load_workbook(sys.argv[1], keep_vba=True)
book.save(sys.argv[1])
print(json.dumps({"whole": time.process_time()}))
"""


def timed_press(runner: Any, path: Path) -> dict[str, float]:
    """CPU seconds of each part of a press in this process, which has only just begun, and of the whole."""
    from sopxl.file_engine.workbook import Workbook

    spent = dict.fromkeys(PARTS, 0.0)
    spent["start and import"] = time.process_time()

    def watch(owner: Any, name: str, part: str) -> None:
        work: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            begun = time.process_time()
            try:
                return work(*arguments, **options)
            finally:
                spent[part] += time.process_time() - begun

        setattr(owner, name, watched)

    watch(runner, "open_book", "open and read")
    watch(runner, "bind", "open and read")
    watch(runner, "check_book", "check")
    watch(runner.pipeline, "run", "plan")
    watch(runner, "_write", "write")
    watch(Workbook, "save", "save")
    watch(runner, "_own_formulas", "own formulas")
    assert runner.run_file(path, ["demand"]).done
    return spent | {"whole": time.process_time()}


def least(code: str, workbook: Path, repeats: int) -> tuple[dict[str, float], Path]:
    """The least CPU seconds of fresh processes, each on its own copy of a workbook; the last copy."""
    copy, found = workbook.with_name(f"pressed {workbook.name}"), []
    for _ in range(repeats):
        shutil.copy(workbook, copy)
        command = [sys.executable, "-c", code, str(copy)]
        found.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    return min(found, key=lambda spent: spent["whole"]), copy


def limit(before: Path, after: Path) -> float:
    """CPU seconds to inflate all parts, to parse the sheets and to deflate what a press changed."""
    begun = time.process_time()
    with zipfile.ZipFile(before) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for name, content in parts.items():
        if name.startswith("xl/worksheets/sheet"):
            expat.ParserCreate().Parse(content, True)
    spent = time.process_time() - begun
    with zipfile.ZipFile(after) as package:
        changed = [package.read(name) for name in package.namelist() if package.read(name) != parts.get(name)]
    begun = time.process_time()
    for content in changed:
        zlib.compress(content, COMPRESSION_LEVEL)
    return spent + time.process_time() - begun


def with_other_sales(workbook: Path) -> Path:
    """A copy of the workbook in which half as much again was always sold."""
    changed = workbook.with_name("other sales.xlsm")
    with open_book(workbook) as book:
        table = next(table for sheet in book.sheets for table in sheet.tables if table.name == "sales_history")
        place = table.header_row_range.value.index("Quantity")
        sold = table.data_body_range.columns[place]
        sold.value = [[quantity * 1.5] for quantity in sold.options(ndim=1).value]
        book.save(changed)
    return changed


def main(repeats: str = "3") -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        workbook = Path(folder) / "demo.xlsm"
        build_demo(workbook)
        other = with_other_sales(workbook)
        (same, pressed), (anew, pressed_anew) = least(PRESS, workbook, int(repeats)), least(PRESS, other, int(repeats))
        least_of_all = limit(workbook, pressed), limit(other, pressed_anew)
        print("| CPU s | the plan as it was | all sales changed |\n|---|--:|--:|")
        for part in (*PARTS, "whole"):
            print(f"| {part} | {same[part]:.2f} | {anew[part]:.2f} |")
        print(f"| inflate, parse, deflate | {least_of_all[0]:.2f} | {least_of_all[1]:.2f} |")
        ratios = [spent["whole"] / bound for spent, bound in zip((same, anew), least_of_all, strict=True)]
        print(f"| the press, of that | {ratios[0]:.1f} | {ratios[1]:.1f} |", flush=True)
        alone = least(OPENPYXL, workbook, 1)[0]["whole"]
        print(f"| openpyxl, open and save alone | {alone:.2f} | |")


if __name__ == "__main__":
    main(*sys.argv[1:])
