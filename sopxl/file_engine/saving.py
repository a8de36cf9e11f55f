"""Replacing a workbook on disk: whole or not at all, and never one that somebody else has open or has changed."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from sopxl.file_engine.errors import FileEngineError, FileInUseError, NotAWorkbookError, UnsafeFileError

LARGEST_FILE = 1024**3
Stamp = tuple[int, int, int]
"""What tells one state of a file from another: time of change, size, file number."""


def read_file(path: Path) -> tuple[bytes, Stamp]:
    """The bytes of a file and its stamp.

    Raises:
        NotAWorkbookError: there is no such file, or it is a folder.
        FileInUseError: the file cannot be read.
        UnsafeFileError: it is too large to be held in memory.
    """
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if status.st_size > LARGEST_FILE:
                size = f"{LARGEST_FILE // 1024**2:,} MB"
                raise UnsafeFileError("too_large", f"{path.name} is larger than {size}, more than sopxl reads; "
                                      "take what is not needed out of it.")
            return stream.read(), _stamp(status)
    except FileNotFoundError as error:
        raise NotAWorkbookError("no_such_file", f"There is no file {path}; check its name and folder.") from error
    except IsADirectoryError as error:
        raise NotAWorkbookError("not_a_workbook", f"{path} is a folder, no workbook; name a workbook, or a "
                                "folder that holds some.") from error
    except OSError as error:
        raise _explained(error, path) from error


def check_writable(path: Path) -> None:
    """Refuse a file that a save would not be able, or not be right, to replace.

    Raises:
        FileInUseError: the file is open in Excel or LibreOffice, locked, read-only, or in a read-only folder or none.
    """
    if not path.parent.is_dir():
        raise FileInUseError("no_such_folder", f"There is no folder {path.parent}; make it, or choose another.")
    _refuse_owner_files(path)
    if _is_read_only(path.parent):
        raise FileInUseError(
            "read_only_folder",
            f"The folder {path.parent} is read-only, so {path.name} cannot be saved; save a copy in another folder.",
        )
    if not path.exists():
        return
    if _is_read_only(path):
        raise FileInUseError(
            "read_only_file", f"{path.name} is read-only; clear the mark in its properties, or save a copy."
        )
    _refuse_locked(path)


def replace_file(path: Path, write: Callable[[BinaryIO], None], expected: Stamp | None) -> Stamp:
    """Write beside the target, flush to disk, then rename over it; return the stamp of the new file.

    Args:
        path: the target; a symbolic link stays one, its file is replaced.
        write: called once with the stream of the temporary file.
        expected: the stamp of the file when it was read, or None where the target may be anything.

    Raises:
        FileInUseError: as `check_writable`, or the file was changed by somebody else since it was read.
        FileEngineError: the disk is full or another fault of the system; the old file is as it was.
    """
    target = path.resolve()
    check_writable(target)
    if expected is not None and _stamp_of(target) != expected:
        raise FileInUseError(
            "changed_meanwhile",
            f"{path.name} was changed or removed by somebody else since it was opened, so it is not overwritten;"
            " run again on the new file.",
        )
    try:
        with _temporary_beside(target) as (stream, temporary):
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
            _copy_mode(target, temporary)
            temporary.replace(target)
            _flush_folder(target.parent)
            return _stamp(target.stat())
    except OSError as error:
        raise _explained(error, path) from error


@contextlib.contextmanager
def _temporary_beside(target: Path) -> Iterator[tuple[BinaryIO, Path]]:
    handle, name = tempfile.mkstemp(prefix=f".{target.stem[:40]}.", suffix=".saving", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream, temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _copy_mode(target: Path, temporary: Path) -> None:
    if target.exists():
        old = target.stat()
        temporary.chmod(stat.S_IMODE(old.st_mode))
        if hasattr(os, "chown"):
            with contextlib.suppress(OSError):
                os.chown(temporary, old.st_uid, old.st_gid)
    elif os.name == "posix":
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems cannot; the file itself is flushed
            os.fsync(handle)
    finally:
        os.close(handle)


def _is_read_only(path: Path) -> bool:
    if not os.access(path, os.W_OK):
        return True
    if path.is_dir() and os.name != "posix":
        return False  # Windows marks special folders read-only and means something else by it
    return not path.stat().st_mode & 0o222  # also for an administrator, who may write anything


def _refuse_owner_files(path: Path) -> None:
    owner = path.with_name(f"~${path.name}")
    if owner.exists():
        raise FileInUseError(
            "open_in_excel",
            f"{path.name} is open in Excel{_owner_name(owner)}; close it there and run again"
            f" (if nobody has it open, delete the left-over file {owner.name}).",
        )
    lock = path.with_name(f".~lock.{path.name}#")
    if lock.exists():
        raise FileInUseError(
            "open_in_libreoffice",
            f"{path.name} is open in LibreOffice; close it there and run again"
            f" (if nobody has it open, delete the left-over file {lock.name}).",
        )


def _owner_name(owner: Path) -> str:
    try:
        record = owner.read_bytes()[:55]
    except OSError:
        return ""
    name = record[1 : 1 + record[0]].decode("latin-1").strip(" \x00") if record else ""
    return f" by {name}" if name.isprintable() and name else ""


def _refuse_locked(path: Path) -> None:
    try:
        with path.open("r+b") as stream:
            _try_lock(stream)
    except OSError as error:
        raise FileInUseError(
            "locked", f"{path.name} is locked by another program; close it there and run again."
        ) from error


def _try_lock(stream: BinaryIO) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: opening for writing has already failed where Excel holds the file
        return
    try:
        fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            raise
        return  # this file system keeps no locks
    fcntl.lockf(stream, fcntl.LOCK_UN)


def _explained(error: OSError, path: Path) -> FileEngineError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC):
        return FileEngineError(
            "disk_full", f"The disk is full, so {path.name} was not saved and is as it was; make room and run again."
        )
    if isinstance(error, PermissionError):
        return FileInUseError(
            "locked",
            f"{path.name} cannot be opened or replaced; close it in other programs, or ask for the right to change it.",
        )
    why = error.strerror or error
    return FileEngineError(
        "system", f"{path.name} could not be read or saved ({why}); what was there is as it was. Try again."
    )


def _stamp_of(path: Path) -> Stamp | None:
    try:
        return _stamp(path.stat())
    except OSError:
        return None


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino
