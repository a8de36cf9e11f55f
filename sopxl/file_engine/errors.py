"""The faults this engine can tell a planner: one family of exceptions, each a whole sentence with a reason code.

To add a fault, raise the class that fits with a new `reason` and a sentence that names file, sheet, cell and remedy.
"""

from __future__ import annotations


class FileEngineError(Exception):
    """Anything that the file engine refuses or cannot do; `str()` of it is a sentence for a planner.

    Attributes:
        reason: a short code that stays the same when the wording changes, for programs and tests.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence

    def __reduce__(self) -> tuple[type[FileEngineError], tuple[str, str]]:
        """Let the error travel between processes of a batch."""
        return type(self), (self.reason, self.sentence)


class NotAWorkbookError(FileEngineError):
    """The file is not an .xlsx or .xlsm workbook (old format, encrypted, something else, empty)."""


class DamagedFileError(FileEngineError):
    """The file says it is a workbook, but a part of it is missing, cut off or contradicts itself."""


class UnsafeFileError(FileEngineError):
    """The file holds what no honest workbook holds (inflation bomb, document type definition, path outside it)."""


class FileInUseError(FileEngineError):
    """The file or its folder cannot be written now: open elsewhere, read-only, changed since it was opened."""


class WriteRefusedError(FileEngineError):
    """A cell that must not be written, or a value that no cell can hold; the sentence names the cell."""


class NotFoundError(FileEngineError, KeyError):
    """A sheet, table, name or address that the workbook does not have."""

    def __str__(self) -> str:
        """Say the sentence as it is (KeyError would put it in quotes)."""
        return self.sentence
