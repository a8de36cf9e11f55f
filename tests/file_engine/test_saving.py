"""A save replaces the file whole or not at all, and only a file that nobody else has open or has changed."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sopxl.file_engine import FileEngineError, FileInUseError, NotAWorkbookError, WriteRefusedError, open_book
from tests.file_engine.building import plain_book


def _fail(number: int) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("target", "number", "reason"),
    [
        ("os.fsync", errno.EIO, "system"),
        ("os.fsync", errno.ENOSPC, "disk_full"),
        ("pathlib.Path.replace", errno.EACCES, "locked"),
        ("pathlib.Path.chmod", errno.EIO, "system"),
        ("sopxl.file_engine.package.Package.write", errno.ENOSPC, "disk_full"),
    ],
)
def test_a_failing_save_leaves_the_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, number: int, reason: str
) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    before = path.read_bytes()
    with open_book(path) as book:
        book.sheets["Plan"]["A1"].value = 1
        with monkeypatch.context() as patched:
            patched.setattr(target, _fail(number))
            with pytest.raises(FileEngineError, match=r"a\.xlsx") as refused:
                book.save()
        assert refused.value.reason == reason
        assert path.read_bytes() == before
        assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]
        book.save()
    assert path.read_bytes() != before


def test_an_interrupted_save_leaves_the_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    path = plain_book(tmp_path / "a.xlsx")
    before = path.read_bytes()
    with open_book(path) as book:
        book.sheets["Plan"]["A1"].value = 1
        monkeypatch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            book.save()
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]


def test_the_new_file_is_flushed_before_it_takes_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def flush(handle: int) -> None:
        order.append("flush")
        fsync(handle)

    def rename(path: Path, target: Path) -> Path:
        order.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(Path, "replace", rename)
    with open_book(path) as book:
        book.sheets["Plan"]["A1"].value = 1
        book.save()
    assert order == ["flush", "rename", "flush"]


def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from sopxl.file_engine import open_book, FileEngineError\n"
        "book = open_book(sys.argv[1]); book.sheets[0]['A1'].value = 'x' * 30000\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: book.save()\n"
        "except FileEngineError as error: print(error)"
    )
    path = plain_book(tmp_path / "a.xlsx")
    before = path.read_bytes()
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("a.xlsx could not be read or saved (File too large)")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.xlsx"]


def test_the_mode_of_the_file_is_kept_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    path.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to(path)
    with open_book(link) as book:
        book.sheets["Plan"]["A1"].value = 1
        book.save()
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with open_book(path) as book:
        assert book.sheets["Plan"]["A1"].value == 1


def test_a_new_file_gets_the_mode_that_new_files_get(tmp_path: Path) -> None:
    with open_book(plain_book(tmp_path / "a.xlsx")) as book:
        book.save(tmp_path / "b.xlsx")
    (tmp_path / "c").touch()
    assert (tmp_path / "b.xlsx").stat().st_mode == (tmp_path / "c").stat().st_mode


@pytest.mark.parametrize(
    ("lock", "content", "sentence"),
    [
        ("~$a.xlsx", b"\x0bAnna Berg  " + b" " * 60, "a.xlsx is open in Excel by Anna Berg; close it"),
        ("~$a.xlsx", b"", "a.xlsx is open in Excel; close it"),
        (".~lock.a.xlsx#", b",anna,pc,", "a.xlsx is open in LibreOffice; close it"),
    ],
)
def test_a_file_open_elsewhere_is_refused_before_any_work_is_done(
    tmp_path: Path, lock: str, content: bytes, sentence: str
) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    (tmp_path / lock).write_bytes(content)
    with pytest.raises(FileInUseError, match=sentence):
        open_book(path)
    with open_book(path, read_only=True) as book:
        assert book.sheets["Plan"]["A1"].value is None


def test_a_file_opened_elsewhere_in_the_meantime_is_refused_at_the_save(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    before = path.read_bytes()
    with open_book(path) as book:
        book.sheets["Plan"]["A1"].value = 1
        (tmp_path / "~$a.xlsx").touch()
        with pytest.raises(FileInUseError, match="open in Excel"):
            book.save()
    assert path.read_bytes() == before


def test_a_locked_file_is_refused(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    code = (
        "import sys; from sopxl.file_engine import *\n"
        "try: open_book(sys.argv[1])\nexcept FileEngineError as error: print(error.reason)"
    )
    with path.open("r+b") as stream:
        fcntl.lockf(stream, fcntl.LOCK_EX)
        run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert run.stdout == "locked\n"


def test_a_file_changed_by_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    with open_book(path) as book:
        book.sheets["Plan"]["A1"].value = 1
        plain_book(path, '<row r="1"><c r="A1"><v>2</v></c></row>')
        with pytest.raises(FileInUseError, match="changed or removed by somebody else"):
            book.save()
        book.save(tmp_path / "b.xlsx")
    with open_book(path) as book:
        assert book.sheets["Plan"]["A1"].value == 2


def test_read_only_files_and_folders_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    path = plain_book(folder / "a.xlsx")
    path.chmod(0o444)
    with pytest.raises(FileInUseError, match=r"a\.xlsx is read-only"):
        open_book(path)
    path.chmod(0o644)
    folder.chmod(0o555)
    try:
        with pytest.raises(FileInUseError, match=r"folder .*closed is read-only"):
            open_book(path)
    finally:
        folder.chmod(0o755)


def test_a_book_opened_for_reading_is_only_saved_elsewhere(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    with open_book(path, read_only=True) as book:
        book.sheets["Plan"]["A1"].value = 1
        with pytest.raises(WriteRefusedError, match="opened for reading only"):
            book.save()
        book.save(tmp_path / "b.xlsx")
        with pytest.raises(WriteRefusedError, match=r"only be saved as .xlsx"):
            book.save(tmp_path / "b.xlsm")


def test_a_missing_file_and_a_folder_are_told_from_a_workbook(tmp_path: Path) -> None:
    with pytest.raises(NotAWorkbookError, match="There is no file"):
        open_book(tmp_path / "a.xlsx")
    with pytest.raises(NotAWorkbookError, match="is a folder"):
        open_book(tmp_path)


def test_closing_discards_what_was_not_saved(tmp_path: Path) -> None:
    path = plain_book(tmp_path / "a.xlsx")
    before = path.read_bytes()
    with open_book(path) as book:
        book.sheets["Plan"]["A1"].value = 1
    assert path.read_bytes() == before
