"""An xlwings engine over .xlsx and .xlsm files that needs no Excel and changes only what it is told to change.

`open_book` returns an `xlwings.Book`; see `engine` for what it offers and `errors` for what it refuses.

    with open_book("plan.xlsx") as book:
        table = book.sheets["Items"].tables["items"]
        table.data_body_range.value = rows
        book.save()
"""

from sopxl.file_engine.cells import CellError
from sopxl.file_engine.engine import is_file_book, open_book
from sopxl.file_engine.errors import (
    DamagedFileError,
    FileEngineError,
    FileInUseError,
    NotAWorkbookError,
    NotFoundError,
    UnsafeFileError,
    WriteRefusedError,
)
from sopxl.file_engine.workbook import FormulaCell

__all__ = [
    "CellError",
    "DamagedFileError",
    "FileEngineError",
    "FileInUseError",
    "FormulaCell",
    "NotAWorkbookError",
    "NotFoundError",
    "UnsafeFileError",
    "WriteRefusedError",
    "is_file_book",
    "open_book",
]
