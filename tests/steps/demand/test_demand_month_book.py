"""The planner's month in a real workbook: what is typed into cells comes back planned, the same by every way in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlwings as xw
from typer.testing import CliRunner

from sopxl.cli import application
from sopxl.file_engine import open_book
from sopxl.pipeline import run
from sopxl.runner import run_book, run_file
from sopxl.schema import Tables
from sopxl.settings import read_settings
from sopxl.steps.demand.tables import DEMAND_TABLES
from sopxl.workbook.read import bind
from sopxl.workbook.template import build_workbook
from tests.cells import cell
from tests.steps.demand.month_company import MISTYPED, ONCE, SETTINGS, STOCK_OUT, grid, listed, month_company

OVERRIDES = [
    {"role": "sales", "family": "Chairs", "from_period": "2027-02", "to_period": "2027-04", "kind": "add percent",
     "amount": 10.0, "reason": "fair", "author": "Desk A"},
]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company's workbook after the first run of the demand step."""
    path = tmp_path_factory.mktemp("month") / "month.xlsx"
    build_workbook(path, month_company(overrides=OVERRIDES), SETTINGS, macros=False)
    report = run_file(path, ("demand",))
    assert report.done, report.findings
    return path


@pytest.fixture
def plan(planned: Path, tmp_path: Path) -> Path:
    """A planned workbook of the test's own."""
    return Path(shutil.copy(planned, tmp_path / "plan.xlsx"))


def correction(book: xw.Book, place: tuple[str, str, str], column: str) -> xw.Range:
    """A cell of a proposal."""
    item, market, period = place
    return cell(book, "history_corrections", column, item=item, market=market, period=period)


def frames_of(path: Path) -> Tables:
    """All tables of a closed workbook."""
    with open_book(path, read_only=True) as book:
        return bind(book).frames()


def type_the_month(path: Path) -> None:
    """Decide on the proposals, type an opinion and an override, and make the sales override dearer."""
    with open_book(path) as book:
        correction(book, ONCE, "decision").value = "accept"
        correction(book, STOCK_OUT, "decision").value = "refuse"
        correction(book, MISTYPED, "own_value").value = 83
        cell(book, "overrides", "amount", author="Desk A").value = 20
        cell(book, "sales_plan", "2027-03", item="LAMP", market="Web Net", measure="Finance").value = 12
        cell(book, "sales_plan", "2027-05", item="PINE", market="Web Net", measure="Override").value = 0
        book.save()


def assert_same_plan(one: Tables, other: Tables) -> None:
    """All tables of the demand step hold the same."""
    for table in DEMAND_TABLES:
        left, right = (frames[table.name].reset_index(drop=True) for frames in (one, other))
        pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=1e-9, atol=1e-9, obj=table.name)


def test_what_is_typed_into_the_workbook_is_planned_with_and_stays(plan: Path) -> None:
    type_the_month(plan)
    sales = frames_of(plan)["sales_history"]
    assert run_file(plan, ("demand",)).done
    tables = frames_of(plan)
    pd.testing.assert_frame_equal(tables["sales_history"], sales)
    used = listed(tables, "history_used", "item", "market", "period")["used"]
    corrections = listed(tables, "history_corrections", "item", "market", "period")
    assert (used[ONCE], used[STOCK_OUT], used[MISTYPED]) == (corrections.loc[ONCE, "proposed"], 0, 83)
    assert corrections["decision"].to_dict() == {ONCE: "accept", STOCK_OUT: "refuse", MISTYPED: ""}
    consensus = grid(tables, "sales_plan", "Consensus")
    assert consensus.loc[("LAMP", "Web Net"), "2027-03"] == 12
    assert consensus.loc[("PINE", "Web Net"), "2027-05"] == 0
    chairs = [name in ("ARM", "STOOL") for name in consensus.index.get_level_values("item")]
    baseline = grid(tables, "sales_plan", "Baseline forecast")
    raised = 1.2 * baseline.loc[chairs, "2027-03"].sum()
    assert consensus.loc[chairs, "2027-03"].sum() == pytest.approx(raised, abs=0.02)


@pytest.mark.slow
def test_frames_file_button_and_command_line_agree(plan: Path, tmp_path: Path) -> None:
    type_the_month(plan)
    by_command = Path(shutil.copy(plan, tmp_path / "command.xlsx"))
    by_frames = run(frames_of(plan), ["demand"])
    with open_book(plan) as book:
        assert run_book(book, ("demand",), "button").done
        by_button = bind(book).frames()
    assert CliRunner().invoke(application, ["run", "--steps", "demand", str(by_command)]).exit_code == 0
    assert_same_plan(by_frames, by_button)
    assert_same_plan(by_button, frames_of(by_command))


@pytest.mark.slow
def test_the_plan_rolls_on_with_what_was_typed_after_the_last_run(plan: Path) -> None:
    with open_book(plan) as book:
        cell(book, "sales_plan", "2027-01", item="LAMP", market="Web Net", measure="Finance").value = 7
        cell(book, "sales_plan", "2027-02", item="LAMP", market="Web Net", measure="Finance").value = 8
        cell(book, "settings", "value", setting="First period").value = "2027-02"
        book.save()
    report = run_file(plan, ("demand",))
    assert report.done, report.findings
    tables = frames_of(plan)
    assert read_settings(tables["settings"]).first_period == "2027-02"
    kept = listed(tables, "demand_snapshots", "cycle", "item", "market", "stage")
    assert kept.loc[("2027-01", "LAMP", "Web Net", "finance"), ["lag_1", "lag_2"]].tolist() == [7, 8]
    labels = read_settings(tables["settings"]).periods.labels
    assert grid(tables, "sales_plan", "Finance", labels).loc[("LAMP", "Web Net"), "2027-02"] == 8


FAULTS: list[tuple[str, str, dict[str, str], Any, str]] = [
    ("history_corrections", "decision", {"item": "OAK"}, "maybe", "maybe"),
    ("history_corrections", "own_value", {"item": "ARM"}, -5, "-5"),
    ("overrides", "role", {"author": "Desk A"}, "boss", "boss"),
    ("overrides", "amount", {"author": "Desk A"}, "a lot", "a lot"),
    ("sales_plan", "2027-02", {"item": "PINE", "market": "Web Net", "measure": "Override"}, "?", "?"),
    ("promotions", "discount", {"promotion": "Stools 2025-04"}, 3, "3"),
]


def test_what_cannot_be_is_told_all_at_once_with_its_cell_and_nothing_is_written(plan: Path) -> None:
    places = set()
    with open_book(plan) as book:
        for table, column, key, value, _ in FAULTS:
            place = cell(book, table, column, **key)
            places.add((place.sheet.name, place.address.replace("$", "")))
            place.value = value
        book.save()
    before = plan.read_bytes()
    report = run_file(plan, ("demand",))
    assert not report.done
    assert plan.read_bytes() == before
    told = {(finding.sheet, finding.cell): finding for finding in report.findings if finding.severity == "error"}
    assert set(told) == places
    for finding in told.values():
        assert finding.message.endswith(".")
        assert finding.remedy.endswith((".", "?"))
