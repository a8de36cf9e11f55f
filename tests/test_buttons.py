"""The functions behind the buttons: each button has one, and a press ends in a sentence, whatever happens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import xlwings as xw

from sopxl import runner
from sopxl.buttons import BUTTON_FUNCTIONS
from sopxl.file_engine import open_book
from sopxl.schema import Tables
from sopxl.workbook import home, horizon, write
from sopxl.workbook.macros import BUTTONS
from sopxl.workbook.read import bind
from sopxl.workbook.template import build_workbook
from tests.small_company import SETTINGS, small_company


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("buttons") / "planned.xlsx"
    build_workbook(path, small_company(), SETTINGS, macros=False)
    assert runner.run_file(path).done
    return path


@pytest.fixture
def plan(planned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(planned, tmp_path / "plan.xlsx"))


def shown(book: xw.Book, name: str) -> str:
    return str(book.names[name].refers_to_range.value)


def test_every_button_that_plans_has_its_function_and_every_function_its_button() -> None:
    assert {button.python_function for button in BUTTONS} - {""} == {*BUTTON_FUNCTIONS, "consolidate"}


PRESSED = [name if name in ("run_all", "check") else pytest.param(name, marks=pytest.mark.slow)
           for name in BUTTON_FUNCTIONS]


@pytest.mark.parametrize("name", PRESSED)
def test_a_press_runs_on_the_open_book_and_says_on_home_that_it_is_done(name: str, plan: Path) -> None:
    with open_book(plan) as book:
        before = bind(book).frames()["run_log"]
        BUTTON_FUNCTIONS[name](book)
        log = bind(book).frames()["run_log"]
        assert shown(book, "status_run") == "Done"
    assert len(log) == len(before) + 1
    assert (log.loc[0, "way_in"], log.loc[0, "status"]) == ("button", "Done")


def test_a_fault_in_a_step_is_a_sentence_on_home_and_no_traceback(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Tables:
        raise RuntimeError("the solver broke.")

    monkeypatch.setattr("sopxl.pipeline.run", fail)
    with open_book(plan) as book:
        BUTTON_FUNCTIONS["production"](book)
        assert "the solver broke." in shown(book, "message_run")
        assert shown(book, "status_run") == "Not run"


def test_a_run_that_breaks_while_writing_puts_back_what_an_open_book_had(
    plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file engine stands in for a running spreadsheet program."""
    for module in (write, home, horizon, runner):
        monkeypatch.setattr(module, "is_file_book", lambda book: False)

    def fail(*_: object) -> None:
        raise OSError("the link to Excel broke")

    monkeypatch.setattr(runner, "refresh_pages", fail)
    with open_book(plan) as book:
        bound = bind(book, ["sales_plan"]).tables["sales_plan"]
        row = bound.cells.index[(bound.cells["item"] == "TABLE") & (bound.cells["measure"] == "Override")][0]
        bound.excel.range.sheet.range(bound.address(int(row), "2027-02")).value = 99
        before = bind(book).frames()
        BUTTON_FUNCTIONS["run_all"](book)
        after = bind(book).frames()
        assert "the link to Excel broke" in shown(book, "message_run")
    for name in ("production_plan", "backlog_plan", "inventory_plan", "requirements", "run_log", "exceptions"):
        results = before[name]["measure"].isin(_results_of(name)) if "measure" in before[name] else slice(None)
        assert after[name][results].equals(before[name][results]), name


def _results_of(name: str) -> list[str]:
    from sopxl.tables import GRIDS

    return [measure.name for measure in GRIDS[name].owned_by("result")]
