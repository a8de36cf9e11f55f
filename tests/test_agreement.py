"""After every kind of run a real spreadsheet program finds the same value in every formula."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sopxl.build import build_blank, build_demo
from sopxl.file_engine import open_book
from sopxl.pipeline import STEP_NAMES
from sopxl.runner import run_file
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.workbook.read import bind
from sopxl.workbook.template import build_workbook
from tests.libreoffice_agreement import assert_agrees, needs_libreoffice
from tests.small_company import SETTINGS, small_company

pytestmark = needs_libreoffice

OTHER_BUCKETS = {
    "week": replace(SETTINGS, bucket="week", first_period="2027-W03", horizon=8),
    "quarter": replace(SETTINGS, bucket="quarter", first_period="2027-Q1", horizon=3),
}


def in_bucket(settings: Settings) -> Tables:
    """The small company with its periods in another bucket."""
    tables = small_company(settings)
    for name in ("open_orders", "budget"):
        column = "due_period" if name == "open_orders" else "period"
        tables[name][column] = pd.Series([settings.first_period] * len(tables[name]), dtype="str")
    return tables


def type_in(path: Path, table: str, column: str, value: object, **key: str) -> None:
    with open_book(path) as book:
        bound = bind(book, [table]).tables[table]
        rows = bound.cells
        for name, wanted in key.items():
            rows = rows[rows[name] == wanted]
        bound.excel.range.sheet.range(bound.address(int(rows.index[0]), column)).value = value
        book.save()


def _override_then(steps: tuple[str, ...]) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        type_in(path, "sales_plan", "2027-02", 77, item="TABLE", market="South Shop", measure="Override")
        assert run_file(path, steps).done

    return run


def _roll_forward(path: Path) -> None:
    type_in(path, "settings", "value", "2027-02", setting="First period")
    assert run_file(path).done


def _longer(path: Path) -> None:
    type_in(path, "settings", "value", "7", setting="Horizon")
    assert run_file(path).done


def _shorter(path: Path) -> None:
    type_in(path, "settings", "value", "3", setting="Horizon")
    assert run_file(path).done


def _requirements(path: Path) -> None:
    type_in(path, "settings", "value", "requirements", setting="Plan mode")
    assert run_file(path).done


def _one_product_less(path: Path) -> None:
    type_in(path, "items", "status", "ended", item="CHAIR")
    assert run_file(path).done


def _an_error_first(path: Path) -> None:
    type_in(path, "sourcing", "price", "x", item="WOOD")
    assert not run_file(path).done
    type_in(path, "sourcing", "price", 25, item="WOOD")
    assert run_file(path).done


RUNS: dict[str, Callable[[Path], None]] = {
    **{f"an override, then only {step}": _override_then((step,)) for step in STEP_NAMES},
    "an override, then all steps": _override_then(STEP_NAMES),
    "the plan rolled forward": _roll_forward,
    "a longer horizon": _longer,
    "a shorter horizon": _shorter,
    "requirements mode": _requirements,
    "a product less": _one_product_less,
    "an error mended": _an_error_first,
}


@pytest.mark.slow
def test_every_kind_of_run_on_a_small_company_agrees(tmp_path: Path) -> None:
    first = tmp_path / "first.xlsx"
    build_workbook(first, small_company(), SETTINGS, macros=False)
    assert run_file(first).done
    paths = [first]
    for name, run in RUNS.items():
        path = Path(shutil.copy(first, tmp_path / f"{name}.xlsx"))
        run(path)
        paths.append(path)
    for bucket, settings in OTHER_BUCKETS.items():
        path = tmp_path / f"{bucket}.xlsx"
        build_workbook(path, in_bucket(settings), settings, macros=False)
        assert run_file(path).done
        paths.append(path)
    blank = tmp_path / "blank.xlsx"
    build_blank(blank)
    paths.append(Path(shutil.copy(blank, tmp_path / "blank, then run.xlsx")))
    assert run_file(paths[-1]).done
    assert assert_agrees(blank, *paths) > 10_000


@pytest.mark.slow
def test_the_demo_company_agrees_as_built_and_after_another_run(tmp_path: Path) -> None:
    built = tmp_path / "demo.xlsm"
    assert build_demo(built).done
    again = Path(shutil.copy(built, tmp_path / "again.xlsm"))
    assert run_file(again, ("demand", "finance")).done
    assert assert_agrees(built, again, timeout=1200) > 400_000
