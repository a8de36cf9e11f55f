"""The register of worksheet functions: how cells are read and answered, and how bad input is told.

What a function is given decides its annotation: ``Numbers`` and ``Texts`` are ranges, read row by row, from left to
right; ``float``, ``int`` and ``str`` single cells. Bad input is answered with a sentence in the cell.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import xlwings as xw

CATEGORY = "sopxl"
NOT_DEFINED = "n/a"
LONGEST_HELP = 255  # of the function wizard

Numbers = np.ndarray
Texts = list[list[Any]]
Answer = list[list[Any]]
ANNOTATIONS = {"Numbers", "Numbers | None", "Texts", "float", "int", "str"}
Function = TypeVar("Function", bound=Callable[..., Any])


class BadInputError(ValueError):
    """What is wrong with an argument; the message is the sentence that the cell shows."""


@dataclass(frozen=True)
class Example:
    """Arguments as a worksheet gives them, and what the cells then show."""

    arguments: tuple[Any, ...]
    answer: Any


@dataclass(frozen=True)
class WorksheetFunction:
    """A worksheet function: ``call`` takes what a worksheet gives, ``arguments`` says what each is."""

    name: str
    description: str
    arguments: dict[str, str]
    example: Example
    call: Callable[..., Any]


FUNCTIONS: dict[str, WorksheetFunction] = {}


def worksheet_function(example: Example, **arguments: str) -> Callable[[Function], Function]:
    """Register a function for worksheets; ``arguments`` says in a line what each argument is, for the wizard.

    Raises ValueError where an argument is not described or annotated, or a description does not fit into the wizard.
    """

    def register(function: Function) -> Function:
        parameters = inspect.signature(function).parameters
        description = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ")
        if list(parameters) != list(arguments):
            raise ValueError(f"{function.__name__}: describe exactly the arguments {', '.join(parameters)}")
        if not {str(parameter.annotation) for parameter in parameters.values()} <= ANNOTATIONS:
            raise ValueError(f"{function.__name__}: annotate arguments as one of {', '.join(sorted(ANNOTATIONS))}")
        if not all(0 < len(text) <= LONGEST_HELP for text in (description, *arguments.values())):
            raise ValueError(f"{function.__name__}: each description needs 1 to {LONGEST_HELP} characters")
        call = _for_worksheets(function, description, arguments)
        FUNCTIONS[function.__name__] = WorksheetFunction(function.__name__, description, arguments, example, call)
        return cast(Function, call)

    return register


def _for_worksheets(function: Callable[..., Any], description: str, arguments: dict[str, str]) -> Callable[..., Any]:
    """The function as worksheets call it: it reads what cells hold, and answers bad input with a sentence."""
    parameters = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*given: Any) -> Any:
        try:
            read = {
                name: _read(name, parameter, value)
                for (name, parameter), value in zip(parameters.items(), given, strict=False)
            }
            missing = [name for name, parameter in parameters.items()
                       if name not in read and parameter.default is inspect.Parameter.empty]
            check(not missing, f"{' and '.join(missing)} must be given.")
            with np.errstate(all="ignore"):
                return _shown(function(**read))
        except BadInputError as fault:
            text = str(fault)
            return text[:1].upper() + text[1:]
        except Exception:  # a planner reads a sentence, never a traceback
            return "This cannot be calculated from these cells."

    call.__annotations__ = {}
    call.__doc__ = description
    registered: Callable[..., Any] = call
    for name, text in arguments.items():
        is_range = str(parameters[name].annotation).startswith(("Numbers", "Texts"))
        options = {"ndim": 2, "err_to_str": True} if is_range else {"err_to_str": True}
        registered = xw.arg(name, doc=text, **options)(registered)
    declared: Callable[..., Any] = xw.func(category=CATEGORY)(registered)  # last: xw.arg would reset the category
    return declared


def _read(name: str, parameter: inspect.Parameter, value: Any) -> Any:
    """An argument as its annotation wants it; an empty cell stands for the default."""
    kind = str(parameter.annotation)
    cells = value if isinstance(value, list) else [value]
    rows = [row if isinstance(row, list) else [row] for row in cells] if _is_nested(cells) else [cells]
    if all(cell is None or cell == "" for row in rows for cell in row):
        if parameter.default is not inspect.Parameter.empty:
            return parameter.default
        check(kind.startswith("Texts"), f"{name} is empty.")
    if kind.startswith("Texts"):
        return rows
    if kind.startswith("Numbers"):
        return np.array([[_number(name, cell) for cell in row] for row in rows], float)
    check(len(rows) == len(rows[0]) == 1, f"{name} must be one cell.")
    if kind == "str":
        return str(rows[0][0]).strip()
    number = _number(name, rows[0][0])
    if kind == "int":
        check(not math.isnan(number), f"{name} is empty.")
        check(number == int(number), f"{name} must be a whole number, not {number:g}.")
        return int(number)
    return number


def _is_nested(cells: list[Any]) -> bool:
    return any(isinstance(row, list) for row in cells)


def _number(name: str, cell: Any) -> float:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return math.nan
    if isinstance(cell, bool) or not isinstance(cell, int | float) or math.isinf(cell):
        raise BadInputError(f"{name} holds '{cell}', which is no number.")
    return float(cell)


def choose(argument: str, text: str, registered: dict[str, Any]) -> str:
    """The registered name that is meant: upper and lower case, blanks and underscores are the same."""
    def plain(name: str) -> str:
        return name.lower().replace("_", " ")

    for name in registered:
        if plain(name) == plain(text):
            return name
    names = ", ".join(name.replace("_", " ") for name in registered)
    raise BadInputError(f"there is no {argument} '{text}'; choose one of: {names}.")


def _shown(answer: Answer) -> Any:
    """What the cells show: one value alone, numbers that are not defined as text."""
    rows = [[NOT_DEFINED if isinstance(cell, float) and not math.isfinite(cell) else _plain(cell) for cell in row]
            for row in answer]
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else rows


def _plain(cell: Any) -> Any:
    return cell.item() if isinstance(cell, np.generic) else cell


def check(is_right: bool, sentence: str) -> None:
    """Raise BadInputError with that sentence where it is not right."""
    if not is_right:
        raise BadInputError(sentence)
