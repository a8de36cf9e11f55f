"""Speed of the file engine as ratios in one run: against openpyxl, and against mere inflating and deflating.

Run: ``python -m tests.benchmarks.file_engine_speed [rows] [columns]``. The workbook has one sheet of numbers and of
texts, a fifth of the columns; every way of reading or writing works on the same file in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROWS, COLUMNS = 20_000, 50
TEXTS = 500
PATCHED = 10


def build(path: Path, rows: int, columns: int) -> None:
    """Write the workbook with XlsxWriter: every fifth column holds texts, the others numbers."""
    import xlsxwriter

    random = np.random.default_rng(1)
    numbers = np.round(random.uniform(0, 10_000, (rows, columns)), 2)
    texts = random.integers(0, TEXTS, (rows, columns))
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        for row in range(rows):
            sheet.write_row(row, 0, [f"Item {texts[row, column]}" if column % 5 == 0 else numbers[row, column]
                                     for column in range(columns)])


def engine_read(path: Path) -> None:
    """Open with the file engine and read every value."""
    from sopxl.file_engine import open_book

    with open_book(path, read_only=True) as book:
        assert book.sheets[0].used_range.options(ndim=2).value


def engine_write(path: Path) -> None:
    """Open with the file engine, read every value, write every value (numbers changed), save."""
    from sopxl.file_engine import open_book

    with open_book(path) as book:
        area = book.sheets[0].used_range
        area.value = [[value + 1 if isinstance(value, float) else value for value in row]
                      for row in area.options(ndim=2).value]
        book.save()


def engine_patch(path: Path) -> None:
    """Open with the file engine, change ten cells down the sheet, save."""
    from sopxl.file_engine import open_book

    with open_book(path) as book:
        sheet = book.sheets[0]
        last = sheet.used_range.last_cell.row
        for row in np.linspace(1, last, PATCHED).astype(int):
            sheet.range((int(row), 2)).value = 1.5
        book.save()


def openpyxl_read(path: Path) -> None:
    """Load with openpyxl's quick way to read, and read every value."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    assert [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()


def openpyxl_write(path: Path) -> None:
    """Load with openpyxl, change every number, save."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            if cell.data_type == "n":
                cell.value += 1
    book.save(path)


def openpyxl_patch(path: Path) -> None:
    """Load with openpyxl, change ten cells down the sheet, save."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for row in np.linspace(1, sheet.max_row, PATCHED).astype(int):
        sheet.cell(int(row), 2).value = 1.5
    book.save(path)


def zip_read(path: Path) -> None:
    """Inflate all parts."""
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            package.read(name)


def zip_write(path: Path) -> None:
    """Inflate all parts and deflate them at the level that the file engine uses."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zlib.DEFLATED, compresslevel=4) as package:
        for name, content in parts.items():
            package.writestr(name, content)


Work = Callable[[Path], None]
WORKS: dict[str, dict[str, Work]] = {
    "read all cells": {"file engine": engine_read, "openpyxl": openpyxl_read, "inflate": zip_read},
    "read, change and write all cells": {"file engine": engine_write, "openpyxl": openpyxl_write,
                                         "inflate and deflate": zip_write},
    "patch ten cells": {"file engine": engine_patch, "openpyxl": openpyxl_patch, "inflate and deflate": zip_write},
}


def measure(work: Work, workbook: Path, copy: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of the work, in a process of its own and without its imports."""
    copy.write_bytes(workbook.read_bytes())
    done = subprocess.run([sys.executable, "-m", __spec__.name, "--work", work.__name__, str(copy)],
                          capture_output=True, text=True, check=True)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def work_alone(name: str, path: str) -> None:
    """Do one work and print its CPU seconds and the peak memory of the process in megabytes."""
    import resource

    import openpyxl  # noqa: F401  (imports are not part of the measure)

    import sopxl.file_engine  # noqa: F401

    begun = time.process_time()
    {work.__name__: work for works in WORKS.values() for work in works.values()}[name](Path(path))
    spent = time.process_time() - begun
    print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def lines(workbook: Path, copy: Path) -> Iterator[str]:
    """The lines of the table."""
    for title, works in WORKS.items():
        engine = 0.0
        for name, work in works.items():
            seconds, memory = measure(work, workbook, copy)
            engine = engine or seconds
            yield f"| {title} | {name} | {seconds:.2f} | {seconds / engine:.2f} | {memory:,.0f} |"


def main(rows: int = ROWS, columns: int = COLUMNS) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        workbook, copy = Path(folder) / "large.xlsx", Path(folder) / "copy.xlsx"
        subprocess.run([sys.executable, "-m", __spec__.name, "--build", str(workbook), str(rows), str(columns)],
                       check=True)
        print(f"{rows * columns:,} cells, a file of {workbook.stat().st_size / 1e6:.1f} MB\n")
        print("| work | with | CPU s | of the file engine's | peak MB |\n|---|---|--:|--:|--:|")
        for line in lines(workbook, copy):
            print(line, flush=True)


if __name__ == "__main__":
    if "--work" in sys.argv:
        work_alone(*sys.argv[2:])
    elif "--build" in sys.argv:
        build(Path(sys.argv[2]), *(int(argument) for argument in sys.argv[3:]))
    else:
        main(*(int(argument) for argument in sys.argv[1:]))
