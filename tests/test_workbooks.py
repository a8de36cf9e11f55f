"""The workbooks that the repository keeps are those that the code writes. To write them: python -m sopxl.build"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from sopxl.build import build_blank
from sopxl.demo.adventure_works import adventure_works
from sopxl.file_engine import open_book
from sopxl.grids import take
from sopxl.pipeline import run, starting_tables
from sopxl.runner import check_file
from sopxl.settings import read_settings
from sopxl.tables import GRIDS, TABLES
from sopxl.workbook.macros import is_current
from sopxl.workbook.read import BoundBook, bind

KEPT = Path(__file__).parent.parent / "workbooks"
STALE = "workbooks/ is stale: run python -m sopxl.build"
RESULTS_OF_RUNS = {"settings", "exceptions", "findings", "run_log"}


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture(scope="module")
def kept_demo() -> BoundBook:
    with open_book(KEPT / "adventure_works.xlsm", read_only=True) as book:
        return bind(book)


def test_the_blank_workbook_is_part_by_part_what_the_code_writes(tmp_path: Path) -> None:
    fresh = tmp_path / "plan.xlsm"
    build_blank(fresh)
    kept, written = parts_of(KEPT / "plan.xlsm"), parts_of(fresh)
    assert kept.keys() == written.keys(), STALE
    assert [name for name in written if kept[name] != written[name]] == [], STALE


@pytest.mark.parametrize("name", ["plan.xlsm", "adventure_works.xlsm"])
def test_the_macros_fit_the_sources_and_the_installed_xlwings(name: str) -> None:
    assert is_current(parts_of(KEPT / name)["xl/vbaProject.bin"]), STALE


def test_the_demo_workbook_has_every_declared_table_and_column(kept_demo: BoundBook) -> None:
    assert kept_demo.findings == []
    for name, table in TABLES.items():
        bound = kept_demo.tables[name]
        headings = [column.heading for column in table.columns]
        assert list(bound.headings[: len(headings)]) == headings, f"{name}: {STALE}"


def test_the_demo_workbook_holds_the_demo_company(kept_demo: BoundBook) -> None:
    frames, given = kept_demo.frames(), adventure_works() | starting_tables()
    for name, table in TABLES.items():
        if table.owner == "input" and name not in RESULTS_OF_RUNS:
            pd.testing.assert_frame_equal(frames[name], given[name], check_dtype=False, obj=f"{name} ({STALE})")
    assert read_settings(frames["settings"]) == read_settings(given["settings"]), STALE


@pytest.mark.slow
def test_the_demo_workbook_checks_clean_and_says_when_it_was_planned(kept_demo: BoundBook) -> None:
    log = kept_demo.frames()["run_log"]
    assert log.loc[0, "status"] == "Done"
    assert check_file(KEPT / "adventure_works.xlsm").findings == []


@pytest.mark.slow
def test_the_plans_in_the_demo_workbook_are_those_that_a_run_makes(kept_demo: BoundBook) -> None:
    fresh, kept = run(adventure_works()), kept_demo.frames()
    labels = read_settings(fresh["settings"]).periods.labels
    made, found = (take(GRIDS["sales_plan"], frames["sales_plan"], "Baseline forecast", labels)
                   for frames in (fresh, kept))
    pd.testing.assert_frame_equal(found, made, check_dtype=False, obj=STALE)
    for measure in ("Net sales", "Gross margin", "EBIT"):  # equal plans may differ in detail
        lines = [take(GRIDS["financial_plan"], frames["financial_plan"], measure, labels).to_numpy().sum()
                 for frames in (fresh, kept)]
        assert lines[0] == pytest.approx(lines[1], rel=1e-3), STALE


def test_no_kept_workbook_names_a_folder_of_the_machine_that_wrote_it() -> None:
    for path in KEPT.glob("*.xlsm"):
        for name, content in parts_of(path).items():
            assert not re.search(rb"/(home|work|tmp|root|Users)/", content), f"{path.name} {name}"
