"""The xlwings engine `file`: apps, books, sheets and names over workbook files, with no spreadsheet program.

`open_book` is the way in. An object of xlwings that is not implemented here raises NotImplementedError.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import xlwings
from xlwings import base_classes
from xlwings.main import Engine as XlwingsEngine

from sopxl.file_engine.addresses import LAST_COLUMN, LAST_ROW, Rectangle
from sopxl.file_engine.errors import FileEngineError, NotFoundError
from sopxl.file_engine.listobjects import Tables
from sopxl.file_engine.names import DefinedName, is_valid_name
from sopxl.file_engine.ranges import Range, clean_values, range_of
from sopxl.file_engine.sheet import SheetPart
from sopxl.file_engine.workbook import Workbook

ENGINE_NAME = "file"


def open_book(path: str | Path, *, read_only: bool = False, may_break_signature: bool = False) -> xlwings.Book:
    """Open a workbook file as an `xlwings.Book`; `close()`, or the end of a `with`, discards what was not saved.

    Args:
        path: an .xlsx, .xlsm, .xltx, .xltm or .xlam file.
        read_only: do not mind that the file is open elsewhere, and refuse to save over it.
        may_break_signature: allow changes to a digitally signed file.

    Raises:
        FileEngineError: with a sentence for a planner and a `reason` code; see `errors`.
    """
    workbook = Workbook(Path(path), read_only=read_only, may_break_signature=may_break_signature)
    return xlwings.Book(impl=Book(workbook))


def is_file_book(book: xlwings.Book) -> bool:
    """Whether a book is a file opened by this engine, and not a book in a running spreadsheet program."""
    return isinstance(book.impl, Book)


class Engine:
    """What xlwings asks of an engine."""

    name = ENGINE_NAME
    type = "desktop"
    clean_value_data = staticmethod(clean_values)

    @property
    def apps(self) -> Apps:
        """The one app."""
        return Apps()

    @staticmethod
    def prepare_xl_data_element(value: Any, _options: Any) -> Any:
        """Values are prepared where they are encoded."""
        return value


class Apps(base_classes.Apps):  # type: ignore[misc]
    """The apps of this engine: always the same one."""

    def keys(self) -> list[int]:
        """The process ids."""
        return [APP.pid]

    def add(self, **_: Any) -> App:
        """The app; none is started."""
        return APP

    def __iter__(self) -> Iterator[App]:
        """The app."""
        return iter((APP,))

    def __len__(self) -> int:
        """One."""
        return 1

    def __getitem__(self, pid: int) -> App:
        """The app by its process id."""
        if pid != APP.pid:
            raise KeyError(pid)
        return APP


class App(base_classes.App):  # type: ignore[misc]
    """Stands where xlwings expects a running Excel; it shows nothing and calculates nothing."""

    pid = -1
    version = "0.0"
    selection = None
    visible = screen_updating = display_alerts = enable_events = interactive = False
    calculation = "manual"
    status_bar: str | bool = False

    @property
    def engine(self) -> Engine:
        """The engine."""
        return ENGINE

    @property
    def api(self) -> App:
        """This object."""
        return self

    @property
    def books(self) -> Books:
        """Opens books; it does not keep them."""
        return Books(self)

    def calculate(self) -> None:
        """Refused: the caller has to write the results of formulas, and Excel calculates when it opens the file."""
        raise FileEngineError("no_calculation", "Formulas cannot be calculated here, because no Excel is running.")

    def quit(self) -> None:
        """Nothing to end."""


class Books(base_classes.Books):  # type: ignore[misc]
    """Opens books by path."""

    app: Any = None
    api: Any = None

    def __init__(self, app: App) -> None:
        """Bind the collection to the app."""
        self.app = app
        self.api = self

    def __call__(self, name_or_index: int | str) -> Book:
        """No open book is kept here."""
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        """None are kept."""
        return 0

    def __iter__(self) -> Iterator[Book]:
        """None are kept."""
        return iter(())

    def open(self, fullname: str, _update_links: Any = None, read_only: bool | None = None, *_: Any) -> Book:
        """Open a file. Raises FileEngineError."""
        return Book(Workbook(Path(fullname), read_only=bool(read_only)))


class Book(base_classes.Book):  # type: ignore[misc]
    """A workbook file."""

    def __init__(self, workbook: Workbook) -> None:
        """Bind the book to its file."""
        self.workbook = workbook

    @property
    def api(self) -> Workbook:
        """The engine's own object, with `tables()`, `formula_cells()`, `changes()` and more."""
        return self.workbook

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.workbook.file_name

    @property
    def fullname(self) -> str:
        """The whole path of the file."""
        return str(self.workbook.path.absolute())

    @property
    def app(self) -> App:
        """The app."""
        return APP

    @property
    def names(self) -> Names:
        """All defined names."""
        return Names(self, None)

    @cached_property
    def sheets(self) -> Sheets:
        """The worksheets; chart, dialog and macro sheets are left out."""
        return Sheets(self)

    def sheet_of(self, part: SheetPart) -> Sheet:
        """The sheet of a part."""
        return next(each for each in self.sheets if each.part is part)

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """Save, over the file or as another. Raises FileEngineError; the old file is as it was then."""
        if password:
            raise FileEngineError("no_encryption", f"{self.name} cannot be saved with a password here.")
        self.workbook.save(Path(path) if path else None)

    def close(self) -> None:
        """Let go of the file; nothing is kept open on disk."""

    def activate(self) -> None:
        """Nothing is shown, so nothing comes to the front."""


class Sheets(base_classes.Sheets):  # type: ignore[misc]
    """The worksheets of a book."""

    book: Book = cast("Book", None)
    api: Any = None

    def __init__(self, book: Book) -> None:
        """List the sheets."""
        self.book = book
        self.api = self
        self._sheets = [Sheet(book, part, number) for number, part in enumerate(book.workbook.sheets, 1)]

    @property
    def active(self) -> Sheet:
        """The first sheet that people can see. Raises NotFoundError where the book has only chart sheets."""
        if not self._sheets:
            raise NotFoundError("no_such_sheet", f"{self.book.name} has no worksheet.")
        return next((each for each in self._sheets if each.visible), self._sheets[0])

    def __call__(self, key: int | str) -> Sheet:
        """A sheet by name, whatever the case, or by number from 1. Raises NotFoundError."""
        if isinstance(key, str):
            return self.book.sheet_of(self.book.workbook.sheet(key))
        if not 1 <= key <= len(self._sheets):
            raise NotFoundError("no_such_sheet", f"{self.book.name} has no sheet {key}.")
        return self._sheets[key - 1]

    def __len__(self) -> int:
        """Number of sheets."""
        return len(self._sheets)

    def __iter__(self) -> Iterator[Sheet]:
        """All sheets in order."""
        return iter(self._sheets)

    def __contains__(self, key: str) -> bool:
        """Whether there is such a sheet."""
        return any(each.name.lower() == key.lower() for each in self._sheets)


class Sheet(base_classes.Sheet):  # type: ignore[misc]
    """A worksheet."""

    book: Book = cast("Book", None)
    index: int = 0

    def __init__(self, book: Book, part: SheetPart, index: int) -> None:
        """Bind the sheet to its part."""
        self.book = book
        self.part = part
        self.index = index

    @property
    def api(self) -> SheetPart:
        """The engine's own object, with `visibility`, `is_protected` and more."""
        return self.part

    @property
    def name(self) -> str:
        """The name on the tab."""
        return self.part.name

    @property
    def visible(self) -> bool:
        """Whether people can see the sheet; `api.visibility` tells hidden from very hidden."""
        return self.part.visibility == "visible"

    @property
    def names(self) -> Names:
        """The names that belong to this sheet."""
        return Names(self.book, self.name)

    @property
    def tables(self) -> Tables:
        """The tables."""
        return Tables(self)

    @property
    def cells(self) -> Range:
        """All cells that a sheet can have."""
        return Range(self, Rectangle(1, 1, LAST_ROW, LAST_COLUMN))

    @property
    def used_range(self) -> Range:
        """The block around all cells that the sheet holds."""
        return Range(self, self.part.used_area())

    def range(self, first: Any, last: Any = None) -> Range:
        """A block of cells. Raises NotFoundError."""
        return range_of(self, first, last)

    def clear_contents(self) -> None:
        """Empty all cells, keeping their formats. Raises WriteRefusedError naming the cell."""
        self.cells.clear_contents()

    def activate(self) -> None:
        """Nothing is shown, so nothing comes to the front."""

    def select(self) -> None:
        """Nothing is shown, so nothing is selected."""


class Names(base_classes.Names):  # type: ignore[misc]
    """The defined names of a book, or those of one sheet."""

    book: Book = cast("Book", None)
    api: Any = None

    def __init__(self, book: Book, sheet: str | None) -> None:
        """Bind the collection."""
        self.book = book
        self.sheet = sheet
        self.api = self

    def __call__(self, key: int | str) -> Name:
        """A name by its text (`sheet!name` where it belongs to one), or by number from 1. Raises NotFoundError."""
        for number, each in enumerate(self._all(), 1):
            if number == key or (isinstance(key, str) and key.lower() in self._keys(each)):
                return Name(self.book, each.name, each.sheet)
        raise NotFoundError("no_such_name", f"{self.book.name} has no name {key}.")

    def __len__(self) -> int:
        """Number of names."""
        return len(self._all())

    def contains(self, key: int | str) -> bool:
        """Whether there is such a name."""
        try:
            self(key)
        except NotFoundError:
            return False
        return True

    def add(self, name: str, refers_to: str) -> Name:
        """Add a name. Raises FileEngineError where Excel would not take it."""
        if not is_valid_name(name):
            raise FileEngineError("bad_name", f"{name!r} cannot be a name in Excel.")
        self.book.workbook.put_name(name, refers_to, self.sheet)
        return Name(self.book, name, self.sheet)

    def _all(self) -> list[DefinedName]:
        return [each for each in self.book.workbook.names if self.sheet in (None, each.sheet)]

    def _keys(self, name: DefinedName) -> tuple[str, ...]:
        own = name.sheet is None or self.sheet is not None
        return (name.full_name.lower(), name.name.lower()) if own else (name.full_name.lower(),)


class Name(base_classes.Name):  # type: ignore[misc]
    """A defined name."""

    book: Book = cast("Book", None)
    api: Any = None

    def __init__(self, book: Book, name: str, sheet: str | None) -> None:
        """Bind the name by its text."""
        self.book = book
        self.api = self
        self._key = (name.lower(), sheet)

    @property
    def name(self) -> str:
        """The name, with its sheet where it belongs to one."""
        return self._found.full_name

    @property
    def refers_to(self) -> str:
        """What it refers to, with `=`."""
        return self._found.refers_to

    @refers_to.setter
    def refers_to(self, refers_to: str) -> None:
        found = self._found
        self.book.workbook.put_name(found.name, refers_to, found.sheet)

    @property
    def refers_to_range(self) -> Range:
        """The cells it refers to. Raises NotFoundError where it refers to something else."""
        part, area = self.book.workbook.resolve(self.refers_to)
        return Range(self.book.sheet_of(part), area)

    def delete(self) -> None:
        """Take the name out of the book."""
        self.book.workbook.delete_name(self._found)

    @property
    def _found(self) -> DefinedName:
        for each in self.book.workbook.names:
            if (each.name.lower(), each.sheet) == self._key:
                return each
        raise NotFoundError("no_such_name", f"{self.book.name} has no name {self._key[0]}.")


ENGINE = Engine()
APP = App()
if ENGINE_NAME not in xlwings.engines.engines_by_name:
    xlwings.engines.add(XlwingsEngine(impl=ENGINE))
