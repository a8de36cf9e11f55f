"""vbaProject.bin, read back by olefile and oletools, which share no code with what wrote it."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import olefile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oletools.olevba import VBA_Parser, decompress_stream
from pyopenvba.vba import compress  # type: ignore[import-untyped]

from sopxl.workbook.macros import build_vba_project, code_names, is_current, project, sources
from sopxl.workbook.macros.project import NO_CACHE, Project, donor_modules
from sopxl.workbook.macros.sources import DonorError, MacroError, Module, own_modules, workbook_module

SHEETS = ["Home", "SalesPlan", "ProductionPlan"]
RECORD_WITH_TWO_PARTS = {0x0009: 6}  # PROJECTVERSION: its size field is a reserved word, its data six bytes


def streams(data: bytes) -> dict[str, bytes]:
    with olefile.OleFileIO(io.BytesIO(data)) as container:
        return {"/".join(name): container.openstream(name).read() for name in container.listdir()}


def sources_by_olevba(data: bytes) -> dict[str, str]:
    parser = VBA_Parser("vbaProject.bin", data=data)
    return {Path(stream).name: code for _, stream, _, code in parser.extract_all_macros()}


def without_attributes(source: str) -> str:
    return "".join(line for line in source.splitlines(keepends=True) if not line.startswith("Attribute VB_"))


def dir_records(listing: bytes) -> list[tuple[int, bytes]]:
    """The records of a dir stream, [MS-OVBA] 2.3.4.2: an id of two bytes, a size of four, the data."""
    records, at = [], 0
    while at < len(listing):
        kind = int.from_bytes(listing[at : at + 2], "little")
        size = RECORD_WITH_TWO_PARTS.get(kind, int.from_bytes(listing[at + 2 : at + 6], "little"))
        records.append((kind, listing[at + 6 : at + 6 + size]))
        at += 6 + size
    return records


def test_olevba_reads_each_module_as_it_stands_in_the_sources() -> None:
    read = sources_by_olevba(build_vba_project(SHEETS))
    for module in (*own_modules(), *donor_modules(), workbook_module()):
        assert read[module.name].replace("\r\n", "\n") == module.source.replace("\r\n", "\n")
    for file_name in sources.OWN_MODULES:
        text = (sources.SOURCES / file_name).read_text(encoding="ascii")
        assert read[Path(file_name).stem].replace("\r\n", "\n") == text


def test_each_sheet_and_the_workbook_has_a_document_module_of_its_code_name() -> None:
    found = streams(build_vba_project(SHEETS))
    declared = re.findall(r"^Document=(\w+)/&H00000000\r$", found["PROJECT"].decode("ascii"), re.MULTILINE)
    assert declared == ["ThisWorkbook", *SHEETS]
    for name in declared:
        source = bytes(decompress_stream(bytearray(found[f"VBA/{name}"]))).decode("ascii")
        assert f'Attribute VB_Name = "{name}"\r\n' in source


def test_the_code_names_in_a_written_workbook_match_the_project(
    written_workbook: Callable[[Iterable[Module] | None], Path],
) -> None:
    with zipfile.ZipFile(written_workbook(None)) as package:
        declared = re.findall(rb"Document=(\w+)/", streams(package.read("xl/vbaProject.bin"))["PROJECT"])
        sheets = [package.read(f"xl/worksheets/sheet{number}.xml") for number in (1, 2)]
        book = package.read("xl/workbook.xml")
    names = [re.findall(rb'<(?:sheetPr|workbookPr)[^>]* codeName="(\w+)"', part)[0] for part in (book, *sheets)]
    assert names == declared


def test_nothing_of_an_earlier_compilation_is_left() -> None:
    found = streams(build_vba_project(SHEETS))
    assert found["VBA/_VBA_PROJECT"] == NO_CACHE
    assert not [name for name in found if "__SRP_" in name.upper()]
    offsets = [data for kind, data in dir_records(decompress_stream(bytearray(found["VBA/dir"]))) if kind == 0x0031]
    assert set(offsets) == {bytes(4)}


def test_the_dir_stream_lists_every_module_once_and_ends_where_it_should() -> None:
    found = streams(build_vba_project(SHEETS))
    records = dir_records(decompress_stream(bytearray(found["VBA/dir"])))
    names = [data.decode("cp1252") for kind, data in records if kind == 0x0019]
    modules = {name.removeprefix("VBA/") for name in found if name.startswith("VBA/")} - {"dir", "_VBA_PROJECT"}
    assert sorted(names) == sorted(modules)
    count = next(data for kind, data in records if kind == 0x000F)
    assert int.from_bytes(count, "little") == len(names)
    assert records[-1][0] == 0x0010


def test_the_references_are_those_of_the_project_that_xlwings_carries() -> None:
    def references(data: bytes) -> list[tuple[int, bytes]]:
        records = dir_records(decompress_stream(bytearray(streams(data)["VBA/dir"])))
        return [record for record in records if record[0] in (0x000D, 0x000E, 0x0016, 0x002F, 0x0030, 0x0033)]

    assert references(build_vba_project(SHEETS)) == references(sources.donor_project())


def test_the_same_input_gives_the_same_bytes() -> None:
    assert build_vba_project(SHEETS) == build_vba_project(SHEETS)


def test_each_stream_is_where_the_container_says() -> None:
    with olefile.OleFileIO(io.BytesIO(build_vba_project([f"Sheet{n}" for n in range(60)]))) as container:
        assert not container.parsing_issues
        assert len(container.listdir()) > 60


def test_the_project_is_built_anew_when_xlwings_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = build_vba_project(SHEETS)
    assert is_current(before)
    donor = Project(sources.donor_project())
    runner = next(module for module in donor_modules() if module.name == "xlwings")
    donor.put(Module("xlwings", runner.kind, runner.source.replace("Version: ", "Version: 99.", 1)))
    newer = donor.to_bytes()
    monkeypatch.setattr(project, "donor_project", lambda: newer)
    assert not is_current(before)
    after = build_vba_project(SHEETS)
    assert after != before
    assert is_current(after)
    assert "Version: 99." in sources_by_olevba(after)["xlwings"]


def test_the_modules_of_xlwings_are_the_free_ones() -> None:
    modules = {module.name: module.source for module in donor_modules()}
    assert "xlwings is distributed under a BSD 3-clause license." in modules["xlwings"]
    assert set(modules) <= {"xlwings", "Dictionary"}
    assert "License: MIT" in modules.get("Dictionary", "License: MIT")


def test_the_runner_in_the_project_is_that_of_the_installed_xlwings() -> None:
    runner = next(module.source for module in donor_modules() if module.name == "xlwings")
    from importlib.metadata import version

    assert f'XLWINGS_VERSION As String = "{version("xlwings")}"' in runner


def test_a_donor_without_run_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    donor = Project(sources.donor_project())
    donor.remove("xlwings")
    poorer = donor.to_bytes()
    monkeypatch.setattr(project, "donor_project", lambda: poorer)
    with pytest.raises(DonorError, match="RunPython"):
        build_vba_project(SHEETS)


@pytest.mark.parametrize("name", ["Sales plan", "1st", "", "Übersicht", "A" * 32, "Sheet-1"])
def test_a_code_name_that_vba_does_not_take_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no VBA name"):
        build_vba_project([name])


@pytest.mark.parametrize("names", [["Home", "HOME"], ["xlwings"], ["Sopxl"], ["thisworkbook"]])
def test_a_code_name_that_is_taken_is_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match="twice"):
        build_vba_project(names)


def test_bytes_that_are_no_project_are_refused_in_a_sentence() -> None:
    with pytest.raises(MacroError, match="cannot be read"):
        Project(b"PK not a container")


@given(st.lists(st.text(max_size=40), max_size=12, unique=True))
def test_code_names_for_any_titles_can_be_built(titles: list[str]) -> None:
    names = code_names(titles)
    project.check_code_names(("ThisWorkbook", "xlwings", "Dictionary", "Sopxl", *names))
    assert len(names) == len(titles)


def test_code_names_are_the_titles_without_blanks() -> None:
    assert code_names(["Home", "Sales plan", "sales-plan", "売上"]) == ["Home", "SalesPlan", "SalesPlan2", "Sheet"]


@settings(max_examples=60)
@given(st.text(st.characters(max_codepoint=126), max_size=9000).map(lambda text: text.encode("ascii")))
def test_what_is_compressed_oletools_inflates_again(data: bytes) -> None:
    assert bytes(decompress_stream(bytearray(compress(data)))) == data
