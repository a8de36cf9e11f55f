"""Speed and memory of a consolidation as ratios in one run, by the number of unit workbooks.

Run: ``python -m tests.benchmarks.consolidation_speed [units] [units read by openpyxl]``. The units are copies of the
small company's plan, each under its own name. Compared with: reading the same files with pandas and openpyxl and
adding them up (of some of them, as it takes so long: per file), and merely inflating every part of every package.
Every way works in a process of its own, whose processor time and peak memory are told.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from sopxl.file_engine.package import Package
from sopxl.runner import plan_workbook
from tests.small_company import SETTINGS, small_company

UNITS, BY_OPENPYXL = 200, 5
SHEETS = ("Profit and loss", "Financial plan", "Balance sheet")
STRINGS = "xl/sharedStrings.xml"


def build(folder: Path, count: int) -> list[Path]:
    """So many plan workbooks, alike but for the name of their company."""
    first = folder / "first.xlsx"
    assert plan_workbook(first, small_company()).done
    package = Package(first.read_bytes(), first.name)
    texts = package.read(STRINGS)
    name = SETTINGS.company.replace("&", "&amp;").encode()
    paths = [folder / f"unit_{number:03d}.xlsx" for number in range(count)]
    for path in paths:
        with path.open("wb") as stream:
            package.write(stream, {STRINGS: texts.replace(name, path.stem.encode())})
    first.unlink()
    return paths


def read_and_add_up(paths: list[Path], jobs: int = 1) -> None:
    """The plans read and the group reckoned, without writing its workbook."""
    from sopxl.consolidation.group import consolidate, group_inputs

    outcome = consolidate(_inputs(paths, group_inputs), paths[0].parent, jobs=jobs)
    assert outcome.done
    assert outcome.units == len(paths)


def with_workbook(paths: list[Path]) -> None:
    """All of it: the group workbook written, too."""
    from sopxl.consolidation.group import group_inputs
    from sopxl.consolidation.group_workbook import write_group

    assert write_group(paths[0].parent / "group.xlsx", _inputs(paths, group_inputs)).done


def _inputs(paths: list[Path], group_inputs: Callable[..., dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    from sopxl.consolidation.settings import GroupSettings

    settings = GroupSettings(currency=SETTINGS.currency, first_period=SETTINGS.first_period, horizon=SETTINGS.horizon)
    return group_inputs(pd.DataFrame({"unit": [path.stem for path in paths], "path": [path.name for path in paths]}),
                        settings)


def by_openpyxl(paths: list[Path]) -> None:
    """The same sheets with pandas over openpyxl, and their lines added up."""
    warnings.simplefilter("ignore")
    total: pd.DataFrame | None = None
    for path in paths:
        sheets = pd.read_excel(path, [*SHEETS], header=4, engine="openpyxl")
        lines = pd.concat(sheets.values()).groupby("Measure")[SETTINGS.periods.labels].sum()
        total = lines if total is None else total.add(lines, fill_value=0.0)
    assert total is not None
    assert total.loc["Gross sales"].min() > 0


def inflate(paths: list[Path]) -> None:
    """Every part of every package inflated, and nothing done with it."""
    for path in paths:
        with zipfile.ZipFile(path) as package:
            assert sum(len(package.read(part)) for part in package.namelist())


WAYS: dict[str, Callable[[list[Path]], None]] = {
    "read": read_and_add_up, "group": with_workbook, "openpyxl": by_openpyxl, "inflate": inflate,
}


def measured(way: str, folder: Path, count: int) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak megabytes of a way in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.consolidation_speed", "--way", way, str(folder), str(count)]
    seconds, processor, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(processor), float(peak)


def run_way(way: str, folder: Path, count: int) -> None:
    """What the process of a way does."""
    paths = sorted(folder.glob("unit_*.xlsx"))[:count]
    clock, processor = time.perf_counter(), time.process_time()
    WAYS[way](paths)
    print(time.perf_counter() - clock, time.process_time() - processor, peak_memory())


def peak_memory() -> float:
    """The most memory that this process has held, in megabytes (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def main(units: int = UNITS, by_hand: int = BY_OPENPYXL) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = build(folder, units)
        with zipfile.ZipFile(paths[0]) as package:
            sheets = sum(part.startswith("xl/worksheets/sheet") for part in package.namelist())
        print(f"{units} workbooks of {sheets} sheets, {paths[0].stat().st_size / 1024:,.0f} kB each")
        print(f"{'way':28} {'files':>5} {'seconds':>8} {'processor':>9} {'ms a file':>9} {'peak MB':>8}")
        per_file = {}
        for way, count in (("inflate", units), ("openpyxl", by_hand), ("read", units // 4), ("read", units),
                           ("group", units)):
            seconds, processor, peak = measured(way, folder, count)
            per_file[way] = processor / count
            print(f"{way:28} {count:5} {seconds:8.1f} {processor:9.1f} {1000 * processor / count:9.1f} {peak:8.0f}",
                  flush=True)
        print(f"consolidation against pandas and openpyxl: {per_file['openpyxl'] / per_file['read']:.0f} times as fast")
        print(f"consolidation against mere inflating: {per_file['read'] / per_file['inflate']:.1f} times as long")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        run_way(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main(*(int(argument) for argument in sys.argv[1:3]))
