"""Faults of files and of cells, through the command line: the code, one sentence with the remedy, nothing touched.

A fault of a file goes into FILES, a fault of a cell into the list of the stage that finds it.
"""

from __future__ import annotations

import errno
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from sopxl import runner
from sopxl.cli import ExitCode, main
from sopxl.workbook.read import bind
from sopxl.workbook.template import build_workbook
from tests.small_company import SETTINGS, small_company

HOSTILE = Path(__file__).parents[2] / "shared" / "workbooks" / "hostile"
READABLE = {
    "bad_xml", "cdata_comment_pi", "dde_formula", "dimension_lie", "far_corner_cell", "merge_whole_sheet",
    "ok_baseline", "sst_index_out_of_range", "utf16_sheet", "xxe_file_sst",
}
"""Odd ones whose list of sheets and tables is sound; sheets without a table of the plan are never read."""

COMMANDS = ("check", "run", "add-buttons")
REMEDY = re.compile(r"(?:[;.] |, or |and )(?:\w+ )?(ask|check|choose|clear|close|delete|go back|make|mend|name|open|"
                    r"remove|run|save|take|try)\b", re.IGNORECASE)
Call = Callable[..., tuple[int, str, str]]


def _zip_of_something_else() -> bytes:
    with zipfile.ZipFile(stream := io.BytesIO(), "w") as package:
        package.writestr("letter.txt", "Dear planner")
    return stream.getvalue()


OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)
FILES: dict[str, bytes] = {
    "a text": b"item;quantity\nTABLE;5\n",
    "nothing": b"",
    "encrypted": OLE + "EncryptedPackage".encode("utf-16-le") + bytes(512),
    "old format": OLE + "Workbook".encode("utf-16-le") + bytes(512),
    "another zip": _zip_of_something_else(),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("faults") / "small.xlsx"
    build_workbook(path, small_company(), SETTINGS, macros=False)
    return path.read_bytes()


@pytest.fixture
def plan(built: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(built)
    return path


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command line; give its exit code, its output and its error output."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sopxl", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def refuse(call: Call, path: Path, *words: object) -> str:
    """Hold that a command is refused in one sentence about that file and leaves its folder as it is; give it."""
    folder = path.parent
    before = contents(folder)
    ended, out, said = call(*words)
    said = "".join(line for line in said.splitlines(keepends=True) if not line.endswith(" …\n"))
    assert (ended, out) == (ExitCode.FILE, ""), said
    assert path.name in said
    assert said.strip().count("\n") == 0
    assert REMEDY.search(said), said
    assert not re.search(r"Traceback|Error\b|Errno|0x", said), said
    assert contents(folder) == before
    return said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fault", FILES)
def test_a_file_that_is_no_workbook_is_refused(fault: str, command: str, tmp_path: Path, call: Call) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(FILES[fault])
    refuse(call, path, command, path)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("share", [0.001, 0.3, 0.99])
def test_a_file_that_is_cut_off_is_refused(share: float, command: str, plan: Path, call: Call) -> None:
    plan.write_bytes(plan.read_bytes()[: int(share * plan.stat().st_size)])
    refuse(call, plan, command, plan)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_not_there_and_a_folder_are_refused(command: str, tmp_path: Path, call: Call) -> None:
    (tmp_path / "folder.xlsx").mkdir()
    refuse(call, tmp_path / "absent.xlsx", command, tmp_path / "absent.xlsx")
    refuse(call, tmp_path / "folder.xlsx", command, tmp_path / "folder.xlsx")


@pytest.mark.skipif(not HOSTILE.exists(), reason="the hostile workbooks are not here")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", sorted(path.name for path in HOSTILE.glob("*")) or ["none"])
def test_a_hostile_file_is_refused_or_taken_for_no_plan_and_never_touched(
    name: str, command: str, tmp_path: Path, call: Call
) -> None:
    path = tmp_path / name
    path.write_bytes((HOSTILE / name).read_bytes())
    if path.stem not in READABLE or (path.stem, command) == ("utf16_sheet", "add-buttons"):
        refuse(call, path, command, path)
        return
    before = path.read_bytes()
    code, out, said = call(command, path)
    assert path.read_bytes() == before
    if command == "add-buttons":
        assert code == ExitCode.DONE
        assert zipfile.ZipFile(path.with_suffix(".xlsm")).testzip() is None
        return
    assert code == ExitCode.INPUT_ERRORS
    assert out.startswith("Error  This workbook is not a plan")
    assert "sopxl new" in out
    assert path.name in said


def test_a_plan_that_is_open_in_excel_can_be_checked_but_not_run(plan: Path, call: Call) -> None:
    plan.with_name("~$plan.xlsx").write_bytes(bytes([4]) + b"Anne" + bytes(50))
    assert call("check", plan)[0] == ExitCode.DONE
    assert "open in Excel by Anne" in refuse(call, plan, "run", plan)


def test_a_read_only_plan_can_be_checked_but_not_run(plan: Path, call: Call) -> None:
    plan.chmod(0o444)
    assert call("check", plan)[0] == ExitCode.DONE
    refuse(call, plan, "run", plan)


def test_a_plan_in_a_read_only_folder_can_be_checked_but_not_run(plan: Path, call: Call) -> None:
    plan.parent.chmod(0o555)
    try:
        assert call("check", plan)[0] == ExitCode.DONE
        refuse(call, plan, "run", plan)
        refuse(call, plan.with_suffix(".xlsm"), "add-buttons", plan)
    finally:
        plan.parent.chmod(0o755)


def test_a_folder_that_is_not_there_is_named(plan: Path, call: Call) -> None:
    target = plan.parent / "nowhere" / "result.xlsx"
    refuse(call, target.parent, "run", plan, "--steps", "demand", "-o", target)
    assert not target.parent.exists()


def raising(fault: BaseException) -> Callable[..., NoReturn]:
    """A function that meets a fault whatever it is called with."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise fault

    return fail


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
FORBIDDEN = PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize("command", [("run", "--steps", "demand"), ("add-buttons",)], ids=["run", "add-buttons"])
@pytest.mark.parametrize(
    ("place", "name", "fault", "said"),
    [
        (os, "fsync", FULL, "disk is full"),
        (tempfile, "mkstemp", FULL, "disk is full"),
        (Path, "replace", FORBIDDEN, "close it in other programs"),
        (os, "fsync", OSError(errno.EIO, os.strerror(errno.EIO)), "Input/output error"),
    ],
    ids=["disk full when flushed", "disk full when made", "no right to replace", "a broken disk"],
)
def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    command: tuple[str, ...], place: object, name: str, fault: OSError, said: str, plan: Path, call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = plan if command[0] == "run" else plan.with_suffix(".xlsm")
    monkeypatch.setattr(place, name, raising(fault))
    assert said in refuse(call, target, command[0], plan, *command[1:])


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [(MemoryError(), ExitCode.FILE), (RecursionError("too deep"), ExitCode.FAULT), (KeyError("x"), ExitCode.FAULT)],
    ids=["memory", "recursion", "a fault of sopxl"],
)
def test_what_nobody_thought_of_ends_in_a_sentence_and_the_next_file_is_still_worked_on(
    command: str, fault: Exception, code: ExitCode, plan: Path, built: bytes, call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    next_plan = plan.with_name("next.xlsx")
    next_plan.write_bytes(built)
    faults = [fault]
    monkeypatch.setattr(runner, "bind", lambda book: raising(faults.pop())() if faults else bind(book))
    ended, out, said = call(command, plan, next_plan, *(["--steps", "demand"] if command == "run" else []))
    assert ended == code
    assert "plan.xlsx" in said.splitlines()[1]
    assert "is as it was" in said
    assert "Traceback" not in said
    assert plan.read_bytes() == built
    assert f"{next_plan}: " in out.splitlines()[-1]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_real_process_refuses_in_a_sentence(command: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    path.write_bytes(FILES["encrypted"])
    done = subprocess.run([sys.executable, "-m", "sopxl.cli", command, str(path)], capture_output=True, text=True,
                          check=False, timeout=120)
    assert (done.returncode, done.stdout) == (ExitCode.FILE, "")
    assert done.stderr.strip() == "plan.xlsx is encrypted with a password; remove it in Excel (File, Info) and save."
    assert contents(tmp_path) == {"plan.xlsx": FILES["encrypted"]}
