"""The register of exceptions, one for each part of the plan: how they are entered, found and put in order.

An exception is one function under ``register.kind(step, name)``: it takes what its part knows of the plan and gives
rows with the columns of ``records.EXCEPTIONS`` that it fills; ``money`` is what is at stake. Their homes are
``steps/*/exceptions.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import pandas as pd

from sopxl.records import EXCEPTIONS
from sopxl.schema import conform

MOST_PER_KIND = 50

View = TypeVar("View")
Rows = pd.DataFrame | list[dict[str, Any]]


def dearest_first(*lists: pd.DataFrame) -> pd.DataFrame:
    """Exceptions of several lists as one, the dearest first, those without money last."""
    merged = pd.concat(lists, ignore_index=True)
    return conform(EXCEPTIONS, merged.sort_values("money", ascending=False, kind="stable", na_position="last"))


class ExceptionRegister(Generic[View]):
    """Kinds of exceptions by the name that planners see; ``View`` is what their functions look at."""

    def __init__(self) -> None:
        """Start empty."""
        self.functions: dict[str, Callable[[View], Rows]] = {}
        self.steps: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        """The names of the kinds."""
        return iter(self.functions)

    def kind(self, step: str, name: str) -> Callable[[Callable[[View], Rows]], Callable[[View], Rows]]:
        """Enter a function under its name; ``step`` is the step that tells it."""

        def enter(function: Callable[[View], Rows]) -> Callable[[View], Rows]:
            self.functions[name] = function
            self.steps[name] = step
            return function

        return enter

    def find(self, view: View) -> pd.DataFrame:
        """All exceptions as rows of their table, at most MOST_PER_KIND of each kind, the dearest first."""
        found = []
        for name, function in self.functions.items():
            rows = pd.DataFrame(function(view), columns=EXCEPTIONS.column_names)
            if len(rows):
                dearest = rows.sort_values("money", ascending=False, kind="stable").head(MOST_PER_KIND)
                found.append(dearest.assign(step=self.steps[name], kind=name))
        frame = conform(EXCEPTIONS, pd.concat(found, ignore_index=True)) if found else EXCEPTIONS.empty_frame()
        return frame.sort_values("money", ascending=False, kind="stable", ignore_index=True)
