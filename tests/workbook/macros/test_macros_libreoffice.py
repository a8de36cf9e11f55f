"""Buttons pressed in a real spreadsheet program, over a stub of RunPython.

LibreOffice cannot run xlwings' own VBA module, and turns every macro beside it into nothing, hence the stub.
"""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xlsxwriter

from sopxl.workbook.libreoffice import find_libreoffice
from sopxl.workbook.macros import BUTTONS, PLAN_MARKER, add_buttons, planner_file, project
from sopxl.workbook.macros.button_sheet import TITLE
from sopxl.workbook.macros.sources import Module

PRESSER = Path(__file__).with_name("press_in_libreoffice.py")
SECONDS = 120


def python_with_uno() -> str | None:
    """A Python that can talk to LibreOffice: the one it brings along, or the system's."""
    office = find_libreoffice()
    beside = str(office.resolve().parent) if office else ""
    candidates = (shutil.which("python", path=beside), shutil.which("python3", path=os.defpath))
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", "import uno"], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_libreoffice() is None, reason="LibreOffice is not installed"),
]


@contextmanager
def listening_libreoffice(profile: Path) -> Iterator[str]:
    """A LibreOffice of our own, with a profile of its own, reachable through a pipe only; gives the pipe's name."""
    pipe = f"sopxl{uuid.uuid4().hex[:12]}"
    command = [
        str(find_libreoffice()),
        "--headless",
        "--norestore",
        "--nologo",
        f"-env:UserInstallation={profile.as_uri()}",
        f"--accept=pipe,name={pipe};urp",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield pipe
        process.wait(SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()


@pytest.fixture
def planners_workbook(tmp_path: Path, stub: Module, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A planner's own .xlsx with a protected plan, to which the buttons were added afterwards."""
    for module in (planner_file, project):
        name = "modules_of_xlwings" if module is planner_file else "donor_modules"
        monkeypatch.setattr(module, name, lambda: (stub,))
    source, target = tmp_path / "own.xlsx", tmp_path / "own.xlsm"
    with xlsxwriter.Workbook(source) as workbook:
        workbook.add_worksheet("Home")
        workbook.add_worksheet("Sales plan").protect()
        workbook.define_name(f"'Sales plan'!{PLAN_MARKER}", "=TRUE")
    add_buttons(source, target)
    return target


def test_each_button_runs_its_macro_which_passes_the_right_call(
    stubbed_workbook: Path, planners_workbook: Path, tmp_path: Path
) -> None:
    python = python_with_uno()
    if python is None:
        pytest.skip("no Python with uno, the bridge to LibreOffice")
    with listening_libreoffice(tmp_path / "profile") as pipe:
        command = [python, str(PRESSER), pipe, str(stubbed_workbook), str(planners_workbook)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    for sheet, presses in zip(("Home", TITLE), json.loads(answer.stdout), strict=True):
        assert sorted(press[1] for press in presses) == sorted(each.macro for each in BUTTONS)
        assert {press[0] for press in presses} == {sheet}
        functions = {each.macro: each.python_function for each in BUTTONS}
        for _, macro, call, protected, protected_afterwards, active in presses:
            function = functions[macro]
            assert call == (f"import sopxl.buttons; sopxl.buttons.{function}()" if function else "")
            assert protected == ("FALSE" if function else "")
            assert protected_afterwards
            assert macro != "SopxlGoHome" or active == "Home"
