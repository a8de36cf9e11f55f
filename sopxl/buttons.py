"""What the buttons of a workbook call: one function each, with the book, or without for the one that called.

A macro runs ``RunPython "import sopxl.buttons; sopxl.buttons.demand()"``. The functions carry ``@xw.script``, so
that the same module serves xlwings Server and xlwings Lite for those who have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import xlwings as xw

from sopxl.workbook.home import show_cells, stopped


def _press(book: xw.Book | None, steps: Iterable[str]) -> None:
    """Run steps on the book of the button; what goes wrong is said on Home, never as a traceback."""
    book = book or xw.Book.caller()
    chosen = tuple(steps)
    try:
        from sopxl.runner import run_book

        run_book(book, chosen, "button")
    except Exception as fault:  # a planner reads a sentence
        message = f"Nothing was changed: {fault} If this happens again, run 'sopxl doctor' and report it."
        show_cells(book, stopped(chosen, 0, message))


@xw.script
def demand(book: xw.Book | None = None) -> None:
    """Forecast every series and set the consensus."""
    _press(book, ("demand",))


@xw.script
def procurement(book: xw.Book | None = None) -> None:
    """Plan what is bought from whom."""
    _press(book, ("procurement",))


@xw.script
def production(book: xw.Book | None = None) -> None:
    """Plan what is made, and how it loads the resources."""
    _press(book, ("production",))


@xw.script
def distribution(book: xw.Book | None = None) -> None:
    """Plan what is moved, stocked and shipped."""
    _press(book, ("distribution",))


@xw.script
def finance(book: xw.Book | None = None) -> None:
    """Roll the plans up into money."""
    _press(book, ("finance",))


@xw.script
def run_all(book: xw.Book | None = None) -> None:
    """Run all five steps."""
    from sopxl.pipeline import STEP_NAMES

    _press(book, STEP_NAMES)


@xw.script
def check(book: xw.Book | None = None) -> None:
    """Check the inputs and list every fault on the sheet Findings; no step runs."""
    _press(book, ())


@xw.script
def consolidate(book: xw.Book | None = None) -> None:
    """Consolidate the units that a group workbook lists; their files are only read."""
    book = book or xw.Book.caller()
    try:
        from sopxl.consolidation.group_workbook import consolidate_book

        consolidate_book(book, "button")
    except Exception as fault:  # a controller reads a sentence
        message = f"Nothing was changed: {fault} If this happens again, run 'sopxl doctor' and report it."
        show_cells(book, stopped((), 0, message))


BUTTON_FUNCTIONS: dict[str, Callable[..., None]] = {
    function.__name__: function
    for function in (demand, procurement, production, distribution, finance, run_all, check)
}
"""The buttons of a plan workbook; ``consolidate`` is that of a group workbook."""
