"""What the formulas of Home, the dashboard and the review page show now: their cached values after a run.

The pages are written once more into something that only listens, so that a formula and its value are said in
one place. Nothing to add here for a new number on a page; a new page gets a line in PAGES.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.workbook.template.book import TemplateBook
from sopxl.workbook.template.dashboard import add_dashboard
from sopxl.workbook.template.home import add_home
from sopxl.workbook.template.review import add_review
from sopxl.workbook.template.styles import Styles

PAGES = (add_home, add_dashboard, add_review)


def page_values(tables: Tables, settings: Settings) -> dict[str, Any]:
    """Formula (with ``=``) -> the value that it shows with these tables."""
    listener = _Listener({})
    book = TemplateBook(listener, tables, settings, False, Styles(listener))
    for add_page in PAGES:
        add_page(book)
    return listener.formulas


class _Listener:
    """Takes any call that a workbook or worksheet is given and keeps the formulas."""

    def __init__(self, formulas: dict[str, Any]) -> None:
        self.formulas = formulas

    def write_formula(self, row: int, column: int, formula: str, style: Any = None, value: Any = 0) -> None:
        self.formulas[formula] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **options: self

    def __iter__(self) -> Iterator[Any]:
        return iter(())
