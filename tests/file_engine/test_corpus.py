"""Real workbooks: after a write every other part has the same bytes, and other programs still read the file."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest

from sopxl.file_engine import FileEngineError, WriteRefusedError, open_book
from tests.file_engine.building import changed_parts, parts_of

FOLDER = (Path(__file__).parents[2] / ".." / "shared" / "workbooks").resolve()
MARK = "written by sopxl"
FILES = sorted(path.name for path in FOLDER.glob("*.xl*")) if FOLDER.is_dir() else []
REFUSED = {
    "apache__0d45c53e__hello-world-signed.xlsx": "signed",
    "apache__0d942ca8__54764-2.xlsx": "document_type",
    "apache__16515d70__clusterfuzz-testcase-minimized-POIXSSFFuzzer-5937385319563264.xlsx": "checksum",
    "apache__3a25e558__clusterfuzz-testcase-minimized-POIXSSFFuzzer-5265527465181184.xlsx": "checksum",
    "apache__5853cf1d__duplicate-filename.xlsx": "duplicate_part",
    "apache__938245b6__54764.xlsx": "document_type",
    "apache__d8ba05b1__ms-office-2010-signed.xlsx": "signed",
    "exceljs__7a49ecdb__missing-bits.xlsx": "not_a_workbook",  # it has neither a workbook part nor its relationship
}
NOT_READ_BY_OPENPYXL = {
    "dotnet__b19822dc__OLE-O12-XL-OLE.xlsx": "it sees no cells under the strict namespace",
    "dotnet__f75371bb__ActiveXControls-O12-XL-Controls.xlsx": "it sees no cells under the strict namespace",
    **dict.fromkeys((each for each in FILES if each.endswith(".xlam")), "it takes no add-ins"),
    "tafia__4b60db0a__pivots.xlsx": "it stumbles over the original's pivot tables",
    "tafia__6a8e5531__issue_530.xlsx": "it knows no part names with backslashes",
}
NOT_READ_BY_CALAMINE = {
    "ClosedXML__bb6ac6d0__tdf111974.xlsm": "it stumbles over the original's module sheets",
    "apache__c71d78a2__64420.xlsm": "it stumbles over the original's macro sheet",
}
NOT_READ_BY_LIBREOFFICE = {
    "tafia__6a8e5531__issue_530.xlsx": "it knows no part names with backslashes",
    "ClosedXML__bebf8ad3__SampleSparklines.xlsx": "version 7.4 ends over the original, too",
}
ROWS_BELOW = 30  # LibreOffice draws pivot tables anew when it opens a file, over what stands right below
LARGE = 140_000
TAKEN = [name for name in FILES if name not in REFUSED]
READ_BY_OPENPYXL = [name for name in TAKEN if name not in NOT_READ_BY_OPENPYXL]
pytestmark = pytest.mark.skipif(not FILES, reason="the folder of real workbooks is not here")


class Written(NamedTuple):
    """A workbook with one cell written: where, and the parts that this may change."""

    path: Path
    sheet: str
    row: int
    column: int
    parts: set[str]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    """Every workbook that is taken, written into a table of it where it has one, or else below its cells."""
    folder = tmp_path_factory.mktemp("written")
    return {name: _write_into(FOLDER / name, folder / name) for name in TAKEN}


def _write_into(source: Path, target: Path) -> Written:
    with open_book(source, read_only=True) as book:
        tables = book.api.tables()
        if tables:
            part, table = tables[0]
            sheet, cell = book.sheets[part.name], book.sheets[part.name].tables[table.name].data_body_range[0, 0]
        else:
            sheet = book.sheets[0]
            used = sheet.used_range
            cell = sheet.range((used.row + used.shape[0] + ROWS_BELOW, used.column))
        had_formula = cell.api.formulas[0][0] is not None
        cell.value = MARK
        book.save(target)
        parts = {sheet.api.part, book.api.part}
        if had_formula:
            parts |= {"xl/calcChain.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"}
        return Written(target, sheet.name, cell.row, cell.column, parts)


def _read_and_write(source: Path, target: Path) -> None:
    with open_book(source, read_only=True) as book:
        for sheet in book.sheets:
            assert sheet.used_range.api.raw_values
    _write_into(source, target)


@pytest.mark.parametrize(("name", "reason"), sorted(REFUSED.items()))
def test_a_file_that_cannot_be_trusted_or_changed_is_refused(name: str, reason: str, tmp_path: Path) -> None:
    """Damage in a sheet or in the shared strings is found when these are read, so all are."""
    with pytest.raises(FileEngineError) as refused:
        _read_and_write(FOLDER / name, tmp_path / name)
    assert refused.value.reason == reason


@pytest.mark.parametrize("name", TAKEN)
def test_all_other_parts_keep_their_compressed_bytes(name: str, written: dict[str, Written]) -> None:
    result = written[name]
    changed = {part.replace("\\", "/") for part in changed_parts(FOLDER / name, result.path)}
    assert changed <= result.parts
    with open_book(FOLDER / name, read_only=True) as book:
        assert book.sheets[result.sheet].api.part in changed


@pytest.mark.parametrize("name", TAKEN)
def test_the_changed_sheet_keeps_all_bytes_but_those_of_the_cell(name: str, written: dict[str, Written]) -> None:
    result = written[name]
    with open_book(result.path, read_only=True) as book:
        part = book.sheets[result.sheet].api.part
        assert book.sheets[result.sheet].range((result.row, result.column)).value == MARK
    old, new = (_without_dimension(parts_of(path), part) for path in (FOLDER / name, result.path))
    start = next(place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    end = next(place for place, (a, b) in enumerate(zip(reversed(old), reversed(new), strict=False)) if a != b)
    assert len(new) - end - start < 400
    assert MARK.encode() in new[start - 150 : len(new) - end + 150].replace(b"\x00", b"")


def _without_dimension(parts: dict[str, bytes], part: str) -> bytes:
    content = {name.replace("\\", "/"): each for name, each in parts.items()}[part]
    return re.sub(rb'<(\w+:)?dimension ref="[^"]*"', b"<dimension", content)


@pytest.mark.parametrize("name", [name for name in READ_BY_OPENPYXL if (FOLDER / name).stat().st_size < LARGE])
def test_openpyxl_reads_the_same_cells_as_before(name: str, written: dict[str, Written]) -> None:
    result = written[name]
    before, after = _cells_by_openpyxl(FOLDER / name), _cells_by_openpyxl(result.path)
    place = (result.sheet, result.row, result.column)
    assert after.pop(place) == MARK
    before.pop(place, None)
    assert after == before


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in READ_BY_OPENPYXL if (FOLDER / name).stat().st_size >= LARGE])
def test_openpyxl_reads_the_same_cells_of_a_large_file_as_before(name: str, written: dict[str, Written]) -> None:
    test_openpyxl_reads_the_same_cells_as_before(name, written)


def _cells_by_openpyxl(path: Path) -> dict[tuple[str, int, int], Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    return {
        (sheet.title, cell.row, cell.column): getattr(cell.value, "text", None) or cell.value
        for sheet in book.worksheets
        for cell in sheet._cells.values()
        if cell.value is not None and type(cell.value).__name__ != "DataTableFormula"
    }


def test_calamine_reads_what_was_written(written: dict[str, Written]) -> None:
    """In a process of its own, because a reader may end its process."""
    code = (
        "import json, sys; from python_calamine import CalamineWorkbook\n"
        "for path, sheet, row, column in json.load(sys.stdin):\n"
        "    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python(skip_empty_area=False)\n"
        "    print(json.dumps(rows[row - 1][column - 1]), flush=True)"
    )
    read = [each for name, each in written.items() if name not in NOT_READ_BY_CALAMINE]
    asked = [[str(each.path), each.sheet, each.row, each.column] for each in read]
    run = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert [json.loads(line) for line in run.stdout.splitlines()] == [MARK] * len(read)


@pytest.mark.slow
def test_libreoffice_reads_what_was_written(written: dict[str, Written], tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed")
    taken = [each.path for name, each in written.items() if name not in NOT_READ_BY_LIBREOFFICE]
    sources = [str(each) for each in taken if each.suffix in (".xlsx", ".xlsm")]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "ods", "--outdir", str(tmp_path), *sources]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    unread = []
    for source in map(Path, sources):
        converted = tmp_path / f"{source.stem}.ods"
        if not converted.exists() or MARK.encode() not in zipfile.ZipFile(converted).read("content.xml"):
            unread.append(source.name)
    assert unread == []


def _reason_against_growing(table: Any) -> str | None:
    try:
        table.set_body_rows(table.part.body.height + 1)
    except WriteRefusedError as refused:
        return refused.reason
    return None


@pytest.mark.parametrize("name", TAKEN)
def test_every_table_grows_by_a_row_or_says_what_is_in_the_way(name: str, tmp_path: Path) -> None:
    allowed = {None, "in_the_way", "table_totals"}
    with open_book(FOLDER / name, read_only=True) as book:
        grown = []
        for part, table in book.api.tables():
            reason = _reason_against_growing(book.sheets[part.name].tables[table.name].api)
            assert reason in allowed
            if reason is None:
                grown.append((part.name, table.name, table.area.address))
        if not grown:
            return
        book.save(tmp_path / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reread = openpyxl.load_workbook(tmp_path / name)
    assert [(sheet, table, reread[sheet].tables[table].ref) for sheet, table, _ in grown] == grown
