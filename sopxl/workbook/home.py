"""The cells of Home that a run fills: status, time and findings of each step, found by their defined names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import xlwings as xw


def show_cells(book: xw.Book, cells: Mapping[str, Any]) -> None:
    """Put values into named cells; a name that the book does not have (any more) is passed over."""
    known = {name.name for name in book.names}
    for name, value in cells.items():
        if name in known:
            book.names[name].refers_to_range.value = value


def running(step: str) -> dict[str, Any]:
    """What Home shows while a step runs."""
    return {f"status_{step}": "Running …"}


def finished(steps: tuple[str, ...], started: datetime, findings: int, message: str) -> dict[str, Any]:
    """What Home shows after a run that wrote its results."""
    cells: dict[str, Any] = {"status_run": "Done", "message_run": message}
    for step in steps:
        cells |= {f"status_{step}": "Done", f"last_run_{step}": started, f"findings_{step}": findings}
    return cells


def stopped(steps: tuple[str, ...], findings: int, message: str) -> dict[str, Any]:
    """What Home shows after a run that could not be made; the time of the last good run stays."""
    cells: dict[str, Any] = {"status_run": "Not run", "message_run": message}
    for step in steps:
        cells |= {f"status_{step}": "Not run: see Findings", f"findings_{step}": findings}
    return cells
