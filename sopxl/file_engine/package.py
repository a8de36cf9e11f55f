"""The zip package of a workbook: guarded reading of its parts, and writing it back with untouched parts as they are.

Untouched parts are copied still compressed. The limits below are this engine's rules against hostile files; to
change what is tolerated, change them here.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from sopxl.file_engine.errors import DamagedFileError, NotAWorkbookError, UnsafeFileError

MOST_PARTS = 10_000
MOST_BYTES_IN_A_PART = 512 * 1024**2
MOST_BYTES_IN_ALL = 1024**3
RATIO_WATCHED_FROM = 16 * 1024**2
MOST_TIMES_INFLATED = 250
COMPRESSION_LEVEL = 4

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_CENTRAL_HEADER = struct.Struct("<4s6H3I5H2I")
_END_RECORD = struct.Struct("<4s4H2IH")
_KEPT_FLAGS = 0x0806  # text encoding of the name, compression options; not: sizes follow the data
_UTF8_NAME = 0x0800
_ENCRYPTED = 0x0001
_ZIP64_EXTRA = 0x0001
_OLE_SIGNATURE = bytes.fromhex("D0CF11E0A1B11AE1")


class Package:
    """A workbook file held in memory as it is on disk, with its parts found by name whatever their case."""

    def __init__(self, data: bytes, file_name: str) -> None:
        """Index the parts. Raises NotAWorkbookError, DamagedFileError or UnsafeFileError."""
        self.file_name = file_name
        self._data = data
        _refuse_other_formats(data, file_name)
        self._entries = self._read_directory()
        self._by_key = self._index_names()
        self._check_sizes()

    def __contains__(self, part: str) -> bool:
        """Whether the package has this part."""
        return _key(part) in self._by_key

    @property
    def parts(self) -> list[str]:
        """Names of all parts, with forward slashes, in the order of the file."""
        return [_clean_name(entry.orig_filename) for entry in self._entries if not _is_folder(entry)]

    def read(self, part: str, first: int | None = None) -> bytes:
        """The inflated bytes of a part, or only the first. Raises DamagedFileError or UnsafeFileError."""
        entry = self._by_key.get(_key(part))
        if entry is None:
            raise self.damaged("part_missing", f"the part {part} is missing")
        if entry.flag_bits & _ENCRYPTED:
            raise NotAWorkbookError(
                "encrypted", f"{self.file_name} is protected by a zip password; save it from Excel without one."
            )
        raw = self.stored_bytes(entry)
        content = self._inflate(entry, raw, first)
        if first is None and zlib.crc32(content) != entry.CRC:
            raise self.damaged("checksum", f"the check sum of {part} is wrong")
        return content

    def damaged(self, reason: str, what: str) -> DamagedFileError:
        """The error that says this file is damaged and how."""
        return DamagedFileError(
            reason, f"{self.file_name} is damaged: {what}. Open and repair it in Excel, or go back to a backup."
        )

    def unsafe(self, reason: str, what: str) -> UnsafeFileError:
        """The error that says this file holds what no honest workbook holds."""
        return UnsafeFileError(
            reason, f"{self.file_name} is refused as unsafe: {what}. Ask whoever sent it for a copy saved from Excel."
        )

    def stored_bytes(self, entry: zipfile.ZipInfo) -> bytes:
        """The bytes of a part as they are stored, still compressed."""
        start = entry.header_offset
        header = self._data[start : start + _LOCAL_HEADER.size]
        if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            raise self.damaged("truncated", f"the part {entry.filename} is cut off")
        fields = _LOCAL_HEADER.unpack(header)
        start += _LOCAL_HEADER.size
        if self._data[start : start + fields[9]] != _encoded_name(entry):
            raise self.damaged("name_mismatch", f"the part {entry.filename} has two different names")
        start += fields[9] + fields[10]
        raw = self._data[start : start + entry.compress_size]
        if len(raw) < entry.compress_size:
            raise self.damaged("truncated", f"the part {entry.filename} is cut off")
        return raw

    def write(self, stream: BinaryIO, changes: Mapping[str, bytes | None]) -> None:
        """Write the package with some parts replaced (bytes) or left out (None).

        Every other part keeps its compressed bytes, its place, its date and its attributes.
        """
        replaced = {_key(part): content for part, content in changes.items()}
        directory: list[bytes] = []
        offset = 0
        for entry in self._entries:
            key = _key(entry.orig_filename)
            if key in replaced and not _is_folder(entry):
                content = replaced[key]
                if content is None:
                    continue
                record = _compress(entry, content)
            else:
                record = entry, self.stored_bytes(entry)
            directory.append(_central_header(record[0], offset))
            offset += stream.write(_local_header(record[0])) + stream.write(record[1])
        _write_directory(stream, directory, offset)

    def _read_directory(self) -> list[zipfile.ZipInfo]:
        if self._data.count(b"PK\x01\x02") > MOST_PARTS:
            raise self.unsafe("too_many_parts", f"it has more than {MOST_PARTS:,} parts")
        try:
            with zipfile.ZipFile(io.BytesIO(self._data)) as archive:
                return archive.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
            raise self.damaged("truncated", "it is cut off or its list of parts cannot be read") from error

    def _index_names(self) -> dict[str, zipfile.ZipInfo]:
        names: dict[str, zipfile.ZipInfo] = {}
        for entry in self._entries:
            name = _clean_name(entry.orig_filename)
            if ".." in name.split("/") or "\x00" in name or ":" in name:
                raise self.unsafe("path_outside", f"its part {entry.filename!r} points outside the file")
            if _is_folder(entry):
                continue
            if _key(name) in names:
                raise self.damaged(
                    "duplicate_part", f"it holds the part {name} twice (upper and lower case are the same)"
                )
            names[_key(name)] = entry
        return names

    def _check_sizes(self) -> None:
        total = 0
        end_of_last = 0
        for entry in sorted(self._entries, key=lambda each: each.header_offset):
            total += entry.file_size
            if entry.header_offset < end_of_last:
                raise self.unsafe("overlapping_parts", "two of its parts use the same bytes")
            end_of_last = entry.header_offset + _LOCAL_HEADER.size + entry.compress_size
            if entry.file_size > MOST_BYTES_IN_A_PART or _inflates_too_much(entry):
                raise self._too_large(entry.filename)
        if total > MOST_BYTES_IN_ALL:
            raise self.unsafe("too_large", f"it inflates to more than {MOST_BYTES_IN_ALL // 1024**2:,} MB")

    def _too_large(self, part: str) -> UnsafeFileError:
        return self.unsafe(
            "too_large",
            f"its part {part} inflates to more than {MOST_BYTES_IN_A_PART // 1024**2} MB"
            f" or {MOST_TIMES_INFLATED} times its stored size",
        )

    def _inflate(self, entry: zipfile.ZipInfo, raw: bytes, first: int | None = None) -> bytes:
        if entry.compress_type == zipfile.ZIP_STORED:
            return raw[:first]
        if entry.compress_type != zipfile.ZIP_DEFLATED:
            raise self.damaged("compression", f"the part {entry.filename} is compressed in a way Excel does not use")
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(raw, first or entry.file_size + 1)
        except zlib.error as error:
            raise self.damaged("checksum", f"the part {entry.filename} cannot be inflated") from error
        if len(content) > entry.file_size:
            raise self.unsafe("size_lie", f"its part {entry.filename} is larger than the file says")
        return content


def _refuse_other_formats(data: bytes, file_name: str) -> None:
    if not data:
        raise NotAWorkbookError("empty", f"{file_name} is empty (0 bytes); go back to a backup.")
    if data.startswith(_OLE_SIGNATURE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise NotAWorkbookError(
                "encrypted",
                f"{file_name} is encrypted with a password; remove it in Excel (File, Info) and save.",
            )
        raise NotAWorkbookError(
            "old_format", f"{file_name} is in the old Excel format (.xls); save it from Excel as .xlsx or .xlsm."
        )
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise NotAWorkbookError(
            "not_a_workbook", f"{file_name} is not an Excel workbook; choose an .xlsx or .xlsm file."
        )


def _inflates_too_much(entry: zipfile.ZipInfo) -> bool:
    """Only for XML: an empty picture may well shrink to a thousandth, and is never inflated here."""
    is_markup = entry.filename.lower().endswith((".xml", ".rels", ".vml"))
    size = entry.file_size
    return is_markup and size > RATIO_WATCHED_FROM and size > entry.compress_size * MOST_TIMES_INFLATED


def _clean_name(name: str) -> str:
    return name.replace("\\", "/").lstrip("/")


def _key(name: str) -> str:
    return posixpath.normpath(_clean_name(name)).lower()


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    return entry.orig_filename.endswith(("/", "\\"))


def _encoded_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437")


def _compress(entry: zipfile.ZipInfo, content: bytes) -> tuple[zipfile.ZipInfo, bytes]:
    deflater = zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    raw = deflater.compress(content) + deflater.flush()
    changed = zipfile.ZipInfo(entry.filename, entry.date_time)
    for attribute in (
        "orig_filename",
        "flag_bits",
        "create_system",
        "create_version",
        "external_attr",
        "internal_attr",
    ):
        setattr(changed, attribute, getattr(entry, attribute))
    changed.extract_version = max(20, entry.extract_version)
    changed.compress_type = zipfile.ZIP_DEFLATED
    changed.CRC, changed.file_size, changed.compress_size = zlib.crc32(content), len(content), len(raw)
    changed.extra, changed.comment = entry.extra, entry.comment
    return changed, raw


def _dos_date_time(entry: zipfile.ZipInfo) -> tuple[int, int]:
    year, month, day, hour, minute, second = entry.date_time
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def _extra_without_zip64(extra: bytes) -> bytes:
    kept = b""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind != _ZIP64_EXTRA:
            kept += extra[: 4 + length]
        extra = extra[4 + length :]
    return kept


def _local_header(entry: zipfile.ZipInfo) -> bytes:
    name = _encoded_name(entry)
    return (
        _LOCAL_HEADER.pack(
            b"PK\x03\x04",
            entry.extract_version,
            entry.flag_bits & _KEPT_FLAGS,
            entry.compress_type,
            *_dos_date_time(entry),
            entry.CRC,
            entry.compress_size,
            entry.file_size,
            len(name),
            0,
        )
        + name
    )


def _central_header(entry: zipfile.ZipInfo, offset: int) -> bytes:
    name = _encoded_name(entry)
    extra = _extra_without_zip64(entry.extra)
    return (
        _CENTRAL_HEADER.pack(
            b"PK\x01\x02",
            entry.create_version | entry.create_system << 8,
            entry.extract_version,
            entry.flag_bits & _KEPT_FLAGS,
            entry.compress_type,
            *_dos_date_time(entry),
            entry.CRC,
            entry.compress_size,
            entry.file_size,
            len(name),
            len(extra),
            len(entry.comment),
            0,
            entry.internal_attr,
            entry.external_attr,
            offset,
        )
        + name
        + extra
        + entry.comment
    )


def _write_directory(stream: BinaryIO, directory: list[bytes], offset: int) -> None:
    size = sum(stream.write(header) for header in directory)
    stream.write(_END_RECORD.pack(b"PK\x05\x06", 0, 0, len(directory), len(directory), size, offset, 0))
