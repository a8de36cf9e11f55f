"""Buttons put into workbooks that planners already have: what is added, what stays, what is refused."""

import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import xlsxwriter

from sopxl.workbook.macros import BUTTONS, MacroError, add_buttons, is_current
from sopxl.workbook.macros.button_sheet import CODE_NAME
from sopxl.workbook.macros.project import Project, build_vba_project, modules_of
from sopxl.workbook.macros.sources import Kind, Module

openpyxl = pytest.importorskip("openpyxl")  # this way it has no types, whether or not stubs are installed
bar_chart = pytest.importorskip("openpyxl.chart").BarChart

OWN_MODULE = Module("Mine", Kind.STANDARD, 'Attribute VB_Name = "Mine"\r\nSub Mine1()\r\n    Beep\r\nEnd Sub\r\n')
MAY_CHANGE = {"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"}


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def rewritten(path: Path, part: str, content: bytes) -> Path:
    parts = contents(path) | {part: content}
    with zipfile.ZipFile(path, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return path


def code_name_pairs(path: Path) -> tuple[set[str], set[str]]:
    parts = contents(path)
    sheets = {
        name
        for part, data in parts.items()
        if re.match(r"xl/(worksheets|chartsheets|dialogsheets)/[^/]+$", part)
        for name in re.findall(r'<(?:\w+:)?sheetPr[^>]* codeName="([^"]+)"', data.decode())
    }
    documents = {m.name for m in modules_of(parts["xl/vbaProject.bin"]) if m.kind is Kind.DOCUMENT}
    return sheets, documents


@pytest.fixture
def plain_workbook(tmp_path: Path) -> Path:
    """An .xlsx without code names, with a chart, a note and a chart sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Übersicht"
    sheet["A1"] = 1
    sheet.add_chart(bar_chart())
    book.create_sheet("Sales plan")
    book.create_sheet("xlwings")
    book.create_chartsheet("Chart").add_chart(bar_chart())
    path = tmp_path / "mine.xlsx"
    book.save(path)
    return path


@pytest.fixture
def macro_workbook(tmp_path: Path) -> Callable[[Iterable[Module]], Path]:
    """An .xlsm with macros of its own and two sheets."""

    def write(modules: Iterable[Module]) -> Path:
        project = Project(build_vba_project(["Sheet1", "Tabelle2"], [OWN_MODULE]))
        for module in modules:
            project.put(module)
        path = tmp_path / "project.bin"
        path.write_bytes(project.to_bytes())
        target = tmp_path / "mine.xlsm"
        with xlsxwriter.Workbook(target) as book:
            book.add_vba_project(str(path))
            book.set_vba_name("ThisWorkbook")
            for code_name in ("Sheet1", "Tabelle2"):
                book.add_worksheet().set_vba_name(code_name)
        return target

    return write


def test_a_workbook_without_macros_gains_them_and_keeps_its_other_parts(plain_workbook: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.xlsm"
    untouched = plain_workbook.read_bytes()
    add_buttons(plain_workbook, target)
    before, after = contents(plain_workbook), contents(target)
    changed = {name for name in before if before[name] != after[name]}
    assert {name for name in changed if not re.match(r"xl/(work|chart)sheets/", name)} <= MAY_CHANGE
    assert is_current(after["xl/vbaProject.bin"])
    assert plain_workbook.read_bytes() == untouched
    assert b"sheet.macroEnabled.main+xml" in after["[Content_Types].xml"]


def test_of_a_sheet_only_the_code_name_changes(plain_workbook: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.xlsm"
    add_buttons(plain_workbook, target)
    before, after = contents(plain_workbook), contents(target)
    for name in before:
        if name.startswith("xl/worksheets/sheet"):
            assert re.sub(rb' codeName="\w+"', b"", after[name]) == before[name]


def test_every_sheet_has_a_code_name_that_matches_a_module(plain_workbook: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.xlsm"
    add_buttons(plain_workbook, target)
    sheets, documents = code_name_pairs(target)
    assert documents == sheets | {"ThisWorkbook"}
    assert sheets >= {"SalesPlan", "Xlwings2", "Chart", CODE_NAME}
    assert b'codeName="ThisWorkbook"' in contents(target)["xl/workbook.xml"]


def test_there_is_a_button_for_each_macro(plain_workbook: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.xlsm"
    add_buttons(plain_workbook, target)
    drawings = b"".join(data for name, data in contents(target).items() if name.startswith("xl/drawings/drawing"))
    assert set(re.findall(r'macro="\[0\]!(\w+)"', drawings.decode())) == {each.macro for each in BUTTONS}


def test_openpyxl_reads_the_result(plain_workbook: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.xlsm"
    add_buttons(plain_workbook, target)
    book = openpyxl.load_workbook(target, keep_vba=True)
    assert book.sheetnames == ["Übersicht", "Sales plan", "xlwings", "Chart", "sopxl"]
    assert book["sopxl"]["B1"].value == "Buttons of sopxl"


def test_own_macros_keep_their_sources(macro_workbook: Callable[[Iterable[Module]], Path], tmp_path: Path) -> None:
    source = macro_workbook([])
    target = tmp_path / "out.xlsm"
    add_buttons(source, target)
    before = {m.name: m.source for m in modules_of(contents(source)["xl/vbaProject.bin"])}
    after = {m.name: m.source for m in modules_of(contents(target)["xl/vbaProject.bin"])}
    assert after["Mine"] == before["Mine"]
    assert after["Tabelle2"] == before["Tabelle2"]
    assert is_current(contents(target)["xl/vbaProject.bin"])


def test_own_event_procedures_stay_the_only_ones_of_their_name(
    macro_workbook: Callable[[Iterable[Module]], Path], tmp_path: Path
) -> None:
    project = Project(build_vba_project([]))
    events = str(project.source("ThisWorkbook")).split("Option Explicit")[0]
    own = events + "Private Sub Workbook_Open()\r\n    Beep\r\nEnd Sub\r\n"
    target = tmp_path / "out.xlsm"
    source = macro_workbook([Module("ThisWorkbook", Kind.DOCUMENT, own)])
    add_buttons(source, target)
    add_buttons(target, target)
    text = str(Project(contents(target)["xl/vbaProject.bin"]).source("ThisWorkbook"))
    assert text.startswith(own)
    assert text.count("Sub Workbook_Open()") == text.count("Sub Workbook_Activate()") == 1
    assert "SopxlPreparePlanSheets" not in text


def test_doing_it_again_changes_nothing(plain_workbook: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.xlsm"
    add_buttons(plain_workbook, target)
    once = contents(target)
    add_buttons(target, target)
    assert contents(target) == once


def test_the_same_workbook_gives_the_same_bytes(plain_workbook: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.xlsm", tmp_path / "two.xlsm"
    add_buttons(plain_workbook, one)
    add_buttons(plain_workbook, two)
    assert one.read_bytes() == two.read_bytes()


def test_a_module_of_the_planners_own_is_never_overwritten(
    macro_workbook: Callable[[Iterable[Module]], Path], tmp_path: Path
) -> None:
    clash = Module("Dictionary", Kind.STANDARD, 'Attribute VB_Name = "Dictionary"\r\nSub A()\r\nEnd Sub\r\n')
    target = tmp_path / "out.xlsm"
    with pytest.raises(MacroError, match="module of its own named Dictionary"):
        add_buttons(macro_workbook([clash]), target)
    assert not target.exists()


def test_macros_under_a_password_are_refused(
    macro_workbook: Callable[[Iterable[Module]], Path], tmp_path: Path
) -> None:
    path = macro_workbook([])
    container = contents(path)["xl/vbaProject.bin"]
    with pytest.raises(MacroError, match="protected by a password"):
        add_buttons(rewritten(path, "xl/vbaProject.bin", _with_password(container)), tmp_path / "out.xlsm")


def _with_password(container: bytes) -> bytes:
    """The project with a protection record as long as that of a password's hash ([MS-OVBA] 2.4.4)."""
    project = Project(container)
    record = b'DPB="' + b"0E0CD1ECDFF4E7F5E7F5E7" * 4 + b'"'
    project._declarations = re.sub(rb'DPB="[0-9A-F]+"', record, project._declarations)
    return project.to_bytes()


@pytest.mark.parametrize("part", ["_xmlsignatures/sig1.xml", "xl/vbaProjectSignature.bin"])
def test_a_signed_workbook_is_refused(plain_workbook: Path, tmp_path: Path, part: str) -> None:
    with zipfile.ZipFile(plain_workbook, "a") as package:
        package.writestr(part, b"<x/>")
    with pytest.raises(MacroError, match="signed"):
        add_buttons(plain_workbook, tmp_path / "out.xlsm")


def test_only_an_xlsm_is_written(plain_workbook: Path, tmp_path: Path) -> None:
    with pytest.raises(MacroError, match=r"must end in \.xlsm"):
        add_buttons(plain_workbook, tmp_path / "out.xlsx")


def test_a_template_file_is_refused(plain_workbook: Path, tmp_path: Path) -> None:
    types = contents(plain_workbook)["[Content_Types].xml"].replace(b"sheet.main+xml", b"template.main+xml")
    rewritten(plain_workbook, "[Content_Types].xml", types)
    with pytest.raises(MacroError, match=r"no \.xlsx or \.xlsm"):
        add_buttons(plain_workbook, tmp_path / "out.xlsm")
