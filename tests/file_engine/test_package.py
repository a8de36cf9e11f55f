"""Files that are no workbook, damaged or hostile: each is taken or refused by a rule that can be stated."""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sopxl.file_engine import DamagedFileError, FileEngineError, NotAWorkbookError, UnsafeFileError, open_book, package
from tests.file_engine.building import (
    DECLARATION,
    MAIN,
    TYPES,
    package_parts,
    parts_of,
    plain_book,
    relationships_xml,
    sheet_xml,
    workbook_xml,
    write_package,
)

HOSTILE = Path(__file__).parents[2] / ".." / "shared" / "workbooks" / "hostile"
TAKEN = {
    "cdata_comment_pi.xlsx": "comments, instructions and CDATA are XML like any other",
    "dde_formula.xlsx": "a formula is text until a spreadsheet program asks its user",
    "dimension_lie.xlsx": "the dimension is not believed",
    "far_corner_cell.xlsx": "a sheet may be used to its last cell; only reading all of it at once is refused",
    "merge_whole_sheet.xlsx": "merged cells may cover a sheet; all but the first are refused for writing",
    "ok_baseline.xlsx": "nothing is wrong with it",
    "utf16_sheet.xlsx": "UTF-16 is one of the two encodings of the format",
}
REFUSED = {
    "bad_xml.xlsx": "not_well_formed",
    "billion_laughs_workbook.xlsx": "document_type",
    "case_duplicate_parts.xlsx": "duplicate_part",
    "duplicate_parts.xlsx": "duplicate_part",
    "empty.xlsx": "empty",
    "missing_sheet_part.xlsx": "part_missing",
    "random.xlsx": "not_a_workbook",
    "sst_index_out_of_range.xlsx": "bad_value",
    "traversal_rel.xlsx": "path_outside",
    "truncated.xlsx": "truncated",
    "wrong_content_types.xlsx": "content_type",
    "xxe_file_sst.xlsx": "document_type",
    "zipbomb_1GiB_spaces_sheet.xlsx": "too_large",
}
needs_hostile = pytest.mark.skipif(not HOSTILE.is_dir(), reason="the folder of hostile workbooks is not here")


def _read_everything(path: Path) -> None:
    with open_book(path, read_only=True) as book:
        for sheet in book.sheets:
            assert sheet["A1:C3"].value
        assert list(book.api.formula_cells()) is not None


@needs_hostile
def test_every_hostile_file_has_a_rule() -> None:
    assert {each.name for each in HOSTILE.iterdir()} == TAKEN.keys() | REFUSED.keys()


@needs_hostile
@pytest.mark.parametrize("name", sorted(TAKEN))
def test_a_file_that_is_only_odd_is_taken(name: str) -> None:
    _read_everything(HOSTILE / name)


@needs_hostile
@pytest.mark.parametrize(("name", "reason"), sorted(REFUSED.items()))
def test_a_hostile_file_is_refused_in_a_sentence(name: str, reason: str) -> None:
    with pytest.raises(FileEngineError) as refused:
        _read_everything(HOSTILE / name)
    assert refused.value.reason == reason
    assert str(refused.value).startswith(name)
    assert str(refused.value).endswith(".")


@needs_hostile
def test_no_hostile_file_takes_much_memory() -> None:
    code = (
        "import sys, resource; from pathlib import Path; from sopxl.file_engine import *\n"
        "start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for path in Path(sys.argv[1]).iterdir():\n"
        "    try:\n"
        "        for sheet in open_book(path, read_only=True).sheets: sheet['A1:C3'].value\n"
        "    except FileEngineError: pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(HOSTILE)], capture_output=True, text=True, check=True)
    unit = 1024 if sys.platform != "darwin" else 1
    assert int(run.stdout) * unit < 40 * 1024**2


def _bomb(path: Path, size: int) -> Path:
    return write_package(path, package_parts(sheet_xml("").encode() + b" " * size))


def test_a_part_that_inflates_too_much_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError, match="inflates to more than 512 MB or 250 times"):
        open_book(_bomb(tmp_path / "a.xlsx", 20 * 1024**2))
    _read_everything(_bomb(tmp_path / "b.xlsx", 1024**2))


def test_a_part_that_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    path = _bomb(tmp_path / "a.xlsx", 20 * 1024**2)
    size = struct.pack("<I", len(sheet_xml("")) + 20 * 1024**2)
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<I", 100)))
    with pytest.raises(UnsafeFileError, match="larger than the file says"):
        _read_everything(path)


def test_too_many_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_PARTS", 20)
    path = plain_book(tmp_path / "a.xlsx", "", **{f"xl/media/{number}.png": "" for number in range(20)})
    with pytest.raises(UnsafeFileError, match="more than 20 parts"):
        open_book(path)


def test_too_much_in_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_BYTES_IN_ALL", 2 * 1024**2)
    path = plain_book(tmp_path / "a.xlsx", "", **{f"xl/media/{number}.png": "x" * 1024**2 for number in range(2)})
    with pytest.raises(UnsafeFileError, match="more than 2 MB"):
        open_book(path)


def test_parts_that_share_bytes_are_refused(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", "", **{"xl/media/1.png": "a" * 100, "xl/media/2.png": "a" * 100})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        first, second = (archive.getinfo(f"xl/media/{number}.png").header_offset for number in (1, 2))
    place = data.rindex(struct.pack("<I", second) + b"xl/media/2.png")
    data[place : place + 4] = struct.pack("<I", first)
    path.write_bytes(data)
    with pytest.raises(UnsafeFileError, match="same bytes"):
        open_book(path)


@pytest.mark.parametrize("name", ["../../secret.xml", "xl/../../a.xml", "C:/a.xml", "..\\a.xml"])
def test_a_part_outside_the_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeFileError, match="outside the file"):
        open_book(plain_book(tmp_path / "a.xlsx", "", **{name: ""}))


@pytest.mark.parametrize("mode", ["", ' TargetMode="External"'])
def test_a_sheet_outside_the_file_is_refused(tmp_path: Path, mode: str) -> None:
    rels = relationships_xml(("worksheet", "../../etc/passwd")).replace('passwd"', f'passwd"{mode}')
    with pytest.raises(UnsafeFileError, match="outside the file"):
        open_book(plain_book(tmp_path / "a.xlsx", "", **{"xl/_rels/workbook.xml.rels": rels}))


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "_rels/.rels"])
def test_a_document_type_is_refused_wherever_it_would_be_read(tmp_path: Path, part: str) -> None:
    parts = package_parts(sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>'))
    parts[part] = str(parts[part]).replace(
        DECLARATION, f'{DECLARATION}<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    )
    with pytest.raises(UnsafeFileError, match="document type"):
        _read_everything(write_package(tmp_path / "a.xlsx", parts))


def test_a_document_type_in_a_part_that_is_never_read_is_kept_as_it_is(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", "", **{"customXml/item1.xml": "<!DOCTYPE x><x/>"})
    with open_book(path) as book:
        book.sheets["Plan"]["A1"].value = 1
        book.save()
    assert parts_of(path)["customXml/item1.xml"] == b"<!DOCTYPE x><x/>"


def test_old_encrypted_and_other_files_are_told_apart(tmp_path: Path) -> None:
    ole = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600)
    word = package_parts(sheet_xml(""))
    word["[Content_Types].xml"] = str(word["[Content_Types].xml"]).replace(
        f"{TYPES}.sheet.main", "application/wordprocessingml"
    )
    binary = package_parts(sheet_xml(""))
    binary["[Content_Types].xml"] = str(binary["[Content_Types].xml"]).replace(
        f"{TYPES}.sheet.main+xml", "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    )
    files: dict[str, tuple[bytes | dict[str, str | bytes], str]] = {
        "old_format": (ole + "Workbook".encode("utf-16-le"), "old Excel format"),
        "encrypted": (ole + "EncryptedPackage".encode("utf-16-le"), "encrypted with a password"),
        "empty": (b"", "is empty"),
        "not_a_workbook": (b"item;quantity\n", "not an Excel workbook"),
        "binary": (binary, "binary workbook"),
    }
    for reason, (content, sentence) in files.items():
        path = tmp_path / f"{reason}.xlsx"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            write_package(path, content)
        with pytest.raises(NotAWorkbookError, match=sentence) as refused:
            open_book(path)
        assert refused.value.reason == reason
    with pytest.raises(NotAWorkbookError, match="Office file"):
        open_book(write_package(tmp_path / "word.docx", word))
    with pytest.raises(NotAWorkbookError, match="zip file"):
        open_book(write_package(tmp_path / "zip.xlsx", {"a.txt": "a"}))


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    data = path.read_bytes()
    for length in range(4, len(data), 97):
        path.write_bytes(data[:length])
        with pytest.raises(DamagedFileError):
            open_book(path)


def test_a_flipped_byte_in_a_part_is_noticed(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", "<row r='1'/>" * 1)
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 70
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DamagedFileError, match=r"sheet1\.xml"):
        _read_everything(path)


def test_a_zip_password_and_an_unusual_compression_are_told(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(NotAWorkbookError, match="zip password"):
        open_book(path)
    path = write_package(tmp_path / "b.xlsx", package_parts(sheet_xml("")), zipfile.ZIP_BZIP2)
    with pytest.raises(DamagedFileError, match="compressed in a way"):
        open_book(path)


def test_stored_parts_backslashes_and_other_zip_habits_are_taken_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    parts = package_parts(sheet_xml(""))
    parts["docProps\\é.bin"] = b"\x00" * 50
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("xl/"), b"")
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name.replace("xl/w", "xl\\w"), (2024, 2, 3, 4, 5, 6))
            entry.comment = b"note"
            entry.external_attr = 0o600 << 16
            with archive.open(entry, "w", force_zip64=True) as stream:
                stream.write(content.encode() if isinstance(content, str) else content)
    with open_book(path) as book:
        book.sheets["Plan"]["A1"].value = 1
        book.save()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert [each.orig_filename for each in archive.infolist()][1:] == [
            name.replace("xl/w", "xl\\w") for name in parts
        ]
        kept = archive.getinfo("docProps\\é.bin")
        assert (kept.comment, kept.date_time, kept.external_attr >> 16) == (b"note", (2024, 2, 3, 4, 5, 6), 0o600)
        assert (kept.compress_type, kept.file_size) == (zipfile.ZIP_STORED, 50)
    with open_book(path) as book:
        assert book.sheets["Plan"]["A1"].value == 1


def test_a_file_behind_other_bytes_is_read(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>')
    path.write_bytes(b"PK\x03\x04" + bytes(50) + path.read_bytes())
    _read_everything(path)


def test_sheets_that_hold_no_cells_are_left_out(tmp_path: Path) -> None:
    entries = '<sheets><sheet name="Chart" sheetId="2" r:id="rId3"/><sheet name="Module" sheetId="3" r:id=""/>'
    rels = relationships_xml(
        ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("chartsheet", "chartsheets/sheet1.xml")
    )
    book_part = workbook_xml(
        '<definedNames><definedName name="a" localSheetId="2">Plan!$A$1</definedName></definedNames>'
    )
    path = plain_book(
        tmp_path / "a.xlsx",
        "",
        **{
            "xl/workbook.xml": book_part.replace("<sheets>", entries),
            "xl/_rels/workbook.xml.rels": rels,
            "xl/chartsheets/sheet1.xml": f'<chartsheet xmlns="{MAIN}"/>',
        },
    )
    with open_book(path) as book:
        assert [each.name for each in book.sheets] == ["Plan"]
        assert [each.name for each in book.names] == ["Plan!a"]


def test_errors_travel_between_processes() -> None:
    import pickle

    error = UnsafeFileError("too_large", "a.xlsx is refused.")
    copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copied), copied.reason, str(copied)) == (UnsafeFileError, "too_large", "a.xlsx is refused.")
