from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell as at

from sopxl.file_engine import CellError, DamagedFileError, FileEngineError, UnsafeFileError
from sopxl.workbook import libreoffice
from sopxl.workbook.formula_cells import WorkbookParts
from sopxl.workbook.libreoffice import (
    LibreOfficeError,
    find_libreoffice,
    recalculated_values,
    recalculated_values_of_all,
    same_value,
)
from tests.libreoffice_agreement import assert_agrees, needs_libreoffice

ITEMS, PERIODS = 500, 40


def _workbook(path: Path, cells: dict[str, tuple[str, Any]]) -> Path:
    """A workbook with one sheet of formulas and the values that it claims for them; B1:B3 hold 1, 2 and 3."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Own sheet")
        sheet.write_column("B1", [1, 2, 3])
        for cell, (formula, value) in cells.items():
            sheet.write_formula(cell, formula, None, value)
    return path


def _recursion(path: Path, error: float) -> Path:
    """Stock of 500 items over 40 periods, each from the one before; ``error`` is put on the last value."""
    with xlsxwriter.Workbook(path) as book:
        demand, opening, stock = (book.add_worksheet(name) for name in ("Demand", "Opening", "Stock"))
        for row in range(1, ITEMS + 1):
            quantity = 100.0 + row
            stock.write(row, 0, quantity)
            for column in range(1, PERIODS + 1):
                used = (row * column) % 7
                demand.write(row, column, used)
                opening.write_formula(row, column, f"=Stock!{at(row, column - 1)}", None, quantity)
                quantity = max(0.0, quantity - used)
                is_last = (row, column) == (ITEMS, PERIODS)
                stock.write_formula(
                    row, column, f"=MAX(0,Opening!{at(row, column)}-Demand!{at(row, column)})", None,
                    quantity + (error if is_last else 0),
                )
    return path


@pytest.fixture(scope="module")
def odd_values(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Any]:
    """What LibreOffice makes of all sorts of formulas, in one start."""
    path = tmp_path_factory.mktemp("odd") / "Odd & sorts.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("It's")
        sheet.write_column("B1", [1, 2, 3])
        sheet.write_formula("A1", '=IF(B1=1,"","x")', None, "x")
        sheet.write_formula("A2", "=1/0", None, 5)
        sheet.write_formula("A3", "=B2=2", None, 0)
        sheet.write_formula("A4", "=_xlfn.XLOOKUP(1,B1:B3,B1:B3)", None, 1)
        sheet.write_formula("A5", '="a"&"<b>"', None, "")
        sheet.write_array_formula("C1:C3", "{=B1:B3*2}", None, 2)
        sheet.write_formula("A6", '=_xlfn.WEBSERVICE("http://127.0.0.1:9/")', None, "fetched")
    return recalculated_values(path) if find_libreoffice() else {}


@needs_libreoffice
def test_a_hard_recalculation_replaces_every_cached_value(odd_values: dict[tuple[str, str], Any]) -> None:
    values = {cell: value for (sheet, cell), value in odd_values.items() if sheet == "It's"}
    assert values["A1"] in ("", None)
    assert values["A3"] is True
    assert values["A5"] == "a<b>"
    assert [values[cell] for cell in ("C1", "C2", "C3")] == [2, 4, 6]


@needs_libreoffice
def test_errors_are_told_from_text_and_an_unknown_function_gives_a_name_error(
    odd_values: dict[tuple[str, str], Any],
) -> None:
    values = {cell: value for (_, cell), value in odd_values.items()}
    assert isinstance(values["A2"], CellError)
    assert values["A2"] == "#DIV/0!"
    assert values["A4"] == "#NAME?"
    assert isinstance(values["A6"], CellError)


@needs_libreoffice
def test_an_inventory_recursion_agrees_but_for_the_one_wrong_cent_in_forty_thousand_values(tmp_path: Path) -> None:
    wrong = _recursion(tmp_path / "wrong.xlsx", error=0.01)
    untouched = wrong.read_bytes()
    with pytest.raises(AssertionError, match=r"1 of 40000 formulas disagree[^!]*wrong\.xlsx Stock!AO501: .*=MAX\("):
        assert_agrees(wrong)
    assert wrong.read_bytes() == untouched


@needs_libreoffice
def test_workbooks_that_agree_pass_with_the_number_of_formulas_compared(tmp_path: Path) -> None:
    first = _workbook(tmp_path / "first.xlsx", {"A1": ("=SUM(B1:B3)", 6), "A2": ("=1/3", 1 / 3)})
    second = _workbook(tmp_path / "second.xlsx", {"A1": ('=IF(B1=1,"","x")', "")})
    assert assert_agrees(first, second) == 3


@needs_libreoffice
def test_many_workbooks_of_one_name_are_recalculated_in_one_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[list[str]] = []
    really_run = libreoffice._run

    def run(command: list[str], timeout: float) -> None:
        starts.append(command)
        really_run(command, timeout)

    monkeypatch.setattr(libreoffice, "_run", run)
    paths = []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        paths.append(_workbook(tmp_path / str(number) / "plan.xlsx", {"A1": (f"=B3*{number}", -1)}))
    values = recalculated_values_of_all(paths)
    assert [value[("Own sheet", "A1")] for value in values] == [0, 3, 6]
    assert len(starts) == 1


@needs_libreoffice
def test_the_message_names_twenty_cells_and_counts_the_rest(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "wrong.xlsx", {f"A{row}": ("=B2", -1.5) for row in range(1, 31)})
    with pytest.raises(AssertionError) as caught:
        assert_agrees(path)
    message = str(caught.value)
    assert "30 of 30 formulas disagree" in message
    assert "wrong.xlsx Own sheet!A20: the file says -1.5, LibreOffice 2.0, =B2" in message
    assert "A21" not in message
    assert "… and 10 more" in message


@needs_libreoffice
def test_a_workbook_without_formulas_proves_nothing_and_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="holds no formula"):
        assert_agrees(_workbook(tmp_path / "empty.xlsx", {}))


@needs_libreoffice
def test_what_is_calculated_has_no_print_titles_and_all_else(tmp_path: Path) -> None:
    first, copy = tmp_path / "first.xlsx", tmp_path / "copy.xlsx"
    with xlsxwriter.Workbook(first) as book:
        sheet = book.add_worksheet("Plan")
        sheet.repeat_rows(0)
        sheet.print_area(0, 0, 9, 9)
        book.define_name("own", "=Plan!$A$1")
    libreoffice._copy_to_calculate(first, copy)
    with zipfile.ZipFile(first) as before, zipfile.ZipFile(copy) as after:
        assert before.namelist() == after.namelist()
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
        names = after.read("xl/workbook.xml")
    assert changed == ["xl/workbook.xml"]
    assert b"_xlnm.Print" not in names
    assert b'<definedNames><definedName name="own">Plan!$A$1</definedName></definedNames>' in names


def test_a_file_that_libreoffice_cannot_open_is_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 nothing")
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(LibreOfficeError, match=r"could not open or recalculate broken\.xlsx\."):
        libreoffice.recalculate_copies([broken], work)


def test_a_missing_libreoffice_is_told_in_a_sentence_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libreoffice, "COMMANDS", ("no-such-program",))
    monkeypatch.setattr(libreoffice, "PLACES", {sys.platform: (), "linux": ()})
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    with pytest.raises(LibreOfficeError, match=r"not installed here: install it, or leave the option out\."):
        recalculated_values(_workbook(tmp_path / "plan.xlsx", {"A1": ("=B1", 1)}))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for LibreOffice is a shell script")
def test_a_libreoffice_that_hangs_is_stopped_with_its_children_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\nsleep 60 & echo $! > {tmp_path}/child\nwait\n")
    program.chmod(0o755)
    monkeypatch.setattr(libreoffice, "find_libreoffice", lambda: program)
    bystander = subprocess.Popen(["sleep", "60"])
    started = time.monotonic()
    with pytest.raises(LibreOfficeError, match=r"took longer than 0\.5 seconds and was stopped"):
        recalculated_values(_workbook(tmp_path / "plan.xlsx", {"A1": ("=B1", 1)}), timeout=0.5)
    assert time.monotonic() - started < 20
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    assert _has_ended(int((tmp_path / "child").read_text()))


def _has_ended(process: int) -> bool:
    for _ in range(50):
        status = Path(f"/proc/{process}/stat")
        if not status.exists() or status.read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("cached", "recalculated", "is_same"),
    [
        (1.0, 1.0 + 1e-12, True),
        (0.0, 9e-7, True),
        (1e9, 1e9 + 0.5, True),
        (1e9, 1e9 + 5, False),
        (100.0, 100.01, False),
        (None, "", True),
        (None, 0.0, False),
        (True, 1.0, False),
        (True, True, True),
        ("5", 5.0, False),
        (CellError("#N/A"), CellError("#N/A"), True),
        (CellError("#N/A"), "#N/A", False),
        (CellError("#N/A"), 0.0, False),
    ],
)
def test_values_are_the_same_only_beyond_rounding(cached: Any, recalculated: Any, is_same: bool) -> None:
    assert same_value(cached, recalculated) is is_same


def test_shared_array_and_plain_formulas_are_read_with_their_values(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path / "plan.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Plan"
    sheet["A1"] = openpyxl.worksheet.formula.DataTableFormula("A1:A2", r1="C1")
    sheet["B1"] = openpyxl.worksheet.formula.ArrayFormula("B1:B2", "=C1:C2*2")
    sheet["B2"] = 4
    sheet["D1"] = "=C1&\"x\""
    book.save(path)
    cells = {cell.cell: cell.formula for cell in WorkbookParts(path).formula_cells()}
    assert cells["B1"] == cells["B2"] == "C1:C2*2"
    assert cells["D1"] == 'C1&"x"'
    assert cells["A1"] == "MULTIPLE.OPERATIONS()"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>', UnsafeFileError),
        (b"<worksheet><sheetData><row", DamagedFileError),
    ],
)
def test_a_hostile_or_cut_off_part_is_refused_in_a_sentence(
    tmp_path: Path, part: str, content: bytes, error: type[FileEngineError]
) -> None:
    whole = _workbook(tmp_path / "whole.xlsx", {"A1": ("=B1", 1)})
    bad = tmp_path / "bad.xlsx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            target.writestr(name, content if name == part else source.read(name))
    with pytest.raises(error, match=r"bad\.xlsx is (refused as unsafe|damaged)"):
        list(WorkbookParts(bad).formula_cells())
