"""The command line: what it prints, what it leaves, and the codes that a scheduler acts on."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from sopxl.cli import ExitCode, application
from sopxl.file_engine import FileInUseError, open_book
from sopxl.pipeline import STEP_NAMES
from sopxl.workbook.read import bind
from sopxl.workbook.template import build_workbook
from tests.small_company import SETTINGS, small_company

COMMANDS = sorted(getattr(get_command(application), "commands", {}))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "small.xlsx"
    build_workbook(path, small_company(), SETTINGS, macros=False)
    return path


@pytest.fixture
def plan(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(built, tmp_path / "plan.xlsx"))


def call(*words: object) -> tuple[int, str, str]:
    """Exit code, output and error output of a command line."""
    result = CliRunner().invoke(application, [str(word) for word in words])
    return result.exit_code, result.stdout, result.stderr


def spoil(path: Path) -> None:
    """Enter a price that is no number."""
    with open_book(path) as book:
        bound = bind(book, ["sourcing"]).tables["sourcing"]
        bound.excel.range.sheet.range(bound.address(0, "price")).value = "cheap"
        book.save()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_its_options(command: str) -> None:
    code, text, _ = call(command, "--help")
    assert code == 0
    assert len(text.splitlines()) > 5
    assert "Usage" in text


def test_help_tells_the_exit_codes() -> None:
    assert "70 a fault in sopxl" in call("--help")[1].replace("\n", " ")


def test_a_run_says_what_was_decided_and_where_the_file_is(plan: Path) -> None:
    code, text, progress = call("run", plan)
    assert code == ExitCode.DONE
    for step in STEP_NAMES:
        assert step.capitalize() in progress
    assert "Demand: 4 series forecast" in text
    assert text.splitlines()[-1].startswith(f"{plan}: done in ")


def test_steps_can_be_chosen_and_unknown_ones_are_a_wrong_command_line(plan: Path) -> None:
    code, text, _ = call("run", plan, "--steps", "demand")
    assert code == ExitCode.DONE
    assert "Finance:" not in text
    code, _, error = call("run", plan, "--steps", "demnd")
    assert code == ExitCode.USAGE
    assert "demnd" in error


def test_errors_in_the_inputs_are_told_by_cell_with_code_one_and_nothing_is_written(plan: Path) -> None:
    spoil(plan)
    before = plan.read_bytes()
    for command in ("check", "run"):
        code, text, error = call(command, plan)
        assert code == ExitCode.INPUT_ERRORS
        assert "Error  Sourcing!" in text
        assert "'cheap' is not a number. Enter a number" in text
        assert "No plan was written: 1 error in" in error
    assert plan.read_bytes() == before


def test_machines_read_json(plan: Path) -> None:
    code, text, _ = call("run", plan, "--json")
    report = json.loads(text)
    assert code == ExitCode.DONE
    assert report["done"] is True
    assert report["steps"] == list(STEP_NAMES)
    assert {"step", "kind", "money", "message", "remedy"} <= report["exceptions"][0].keys()
    spoil(plan)
    finding = json.loads(call("check", plan, "--json")[1])["findings"][0]
    assert (finding["severity"], finding["sheet"]) == ("error", "Sourcing")


def test_one_bad_file_does_not_stop_the_others_and_the_worst_code_is_told(plan: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.xlsx"
    nothing.write_bytes(b"this is no workbook")
    good = Path(shutil.copy(plan, tmp_path / "good.xlsx"))
    spoil(plan)
    code, text, error = call("run", nothing, plan, good, "--steps", "demand")
    assert code == ExitCode.FILE
    assert "nothing.xlsx" in error
    assert f"{good}: done" in text


@pytest.mark.slow
def test_a_folder_of_plans_is_run_many_at_a_time_and_open_ones_are_passed_over(plan: Path, tmp_path: Path) -> None:
    folder, results = tmp_path / "plans", tmp_path / "results"
    folder.mkdir()
    results.mkdir()
    for name in ("north.xlsx", "south.xlsx", "west.xlsx"):
        shutil.copy(plan, folder / name)
    (folder / "~$north of here.xlsx").write_bytes(b"owner file")
    (folder / "west.xlsx").write_bytes(b"damaged")
    code, text, error = call("run", folder, "--jobs", "2", "-o", results, "--steps", "demand")
    assert code == ExitCode.FILE
    assert "west.xlsx" in error
    assert sorted(path.name for path in results.iterdir()) == ["north.xlsx", "south.xlsx"]
    assert text.count("Demand: 4 series forecast") == 2


def test_a_folder_without_plans_is_said_to_be_no_workbook(tmp_path: Path) -> None:
    code, _, error = call("check", tmp_path)
    assert code == ExitCode.FILE
    assert "folder" in error


def test_a_result_can_be_written_elsewhere_and_the_source_stays(plan: Path, tmp_path: Path) -> None:
    before = plan.read_bytes()
    target = tmp_path / "result.xlsx"
    assert call("run", plan, "-o", target, "--steps", "demand")[0] == ExitCode.DONE
    assert plan.read_bytes() == before
    assert target.stat().st_size > 0


def test_new_writes_a_plan_that_checks_and_never_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsm"
    assert call("new", path)[0] == ExitCode.DONE
    assert call("check", path)[0] == ExitCode.DONE
    before = path.read_bytes()
    code, _, error = call("new", path)
    assert code == ExitCode.FILE
    assert "--force" in error
    assert path.read_bytes() == before
    assert call("new", path, "--force")[0] == ExitCode.DONE


@pytest.mark.parametrize("command", ["new", "demo"])
def test_a_folder_that_is_not_there_and_another_kind_of_file_are_told(command: str, tmp_path: Path) -> None:
    with pytest.raises(FileInUseError, match=r"There is no folder .*absent"):
        CliRunner().invoke(application, [command, str(tmp_path / "absent" / "plan.xlsm")], catch_exceptions=False)
    code, _, error = call(command, tmp_path / "plan.txt")
    assert code == ExitCode.USAGE
    assert ".xlsm (with buttons) or .xlsx (without)" in " ".join(error.split())


def test_a_blank_plan_runs_and_says_that_there_is_nothing_to_plan(tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    call("new", path)
    code, text, _ = call("run", path)
    assert code == ExitCode.DONE, text
    assert "Nothing is planned yet" in text
    assert "Demand:" not in text


def test_the_doctor_answers_every_question() -> None:
    code, text, _ = call("doctor")
    assert code == ExitCode.DONE
    for subject in ("Python", "Packages", "Solver", "Excel", "Buttons find Python", "LibreOffice"):
        assert subject in text
    answers = json.loads(call("doctor", "--json")[1])
    assert all({"subject", "fine", "message", "needed"} == answer.keys() for answer in answers)


def test_attaching_without_an_open_book_says_what_to_do() -> None:
    code, _, error = call("attach", "plan.xlsm")
    assert code == ExitCode.MISSING
    assert "sopxl run" in error


def test_the_manual_prints_its_pages_and_names_them() -> None:
    assert "## Settings" in call("manual")[1]
    code, _, error = call("manual", "poems")
    assert code == ExitCode.USAGE
    assert "reference" in error


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["check", "absent.xlsx"], ExitCode.FILE, "absent.xlsx"),
        (["check"], ExitCode.USAGE, "Missing argument"),
    ],
)
def test_a_real_process_ends_with_the_code_and_a_sentence_but_no_traceback(
    words: list[str], code: int, said: str, tmp_path: Path
) -> None:
    done = subprocess.run([sys.executable, "-m", "sopxl.cli", *words], cwd=tmp_path, capture_output=True, text=True,
                          check=False, timeout=120)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
