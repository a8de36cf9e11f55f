"""Worksheet functions for planners: what they type in cells, each one function under :func:`worksheet_function`.

To add one, write it here with an example (the tests run it) and say what each argument is; ranges are read row by
row, from left to right. What a function is given decides its annotation: ``Numbers`` and ``Texts`` are ranges,
``float``, ``int`` and ``str`` single cells. Bad input is answered with a sentence in the cell.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
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
            _check(not missing, f"{' and '.join(missing)} must be given.")
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
        _check(kind.startswith("Texts"), f"{name} is empty.")
    if kind.startswith("Texts"):
        return rows
    if kind.startswith("Numbers"):
        return np.array([[_number(name, cell) for cell in row] for row in rows], float)
    _check(len(rows) == len(rows[0]) == 1, f"{name} must be one cell.")
    if kind == "str":
        return str(rows[0][0]).strip()
    number = _number(name, rows[0][0])
    if kind == "int":
        _check(not math.isnan(number), f"{name} is empty.")
        _check(number == int(number), f"{name} must be a whole number, not {number:g}.")
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


def _choose(argument: str, text: str, registered: dict[str, Any]) -> str:
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


def _check(is_right: bool, sentence: str) -> None:
    if not is_right:
        raise BadInputError(sentence)


@worksheet_function(
    Example(([[250.0]], [[100.0, 100.0, 100.0]]), [[2.5]]),
    stock="Stock at the end of the period, one cell a row.",
    demand="Demand of the periods that follow, from left to right, as many rows as the stock.",
)
def coverage(stock: Numbers, demand: Numbers) -> Answer:
    """How many periods the stock lasts against the demand that follows; beyond it, its mean goes on.

    Source: APICS Dictionary, 'days of supply', with the demand of each period instead of a mean.
    """
    demand = np.nan_to_num(demand)
    if stock.shape[1] != 1 or len(stock) != len(demand):
        raise BadInputError("stock must be one column with as many rows as demand.")
    return [[_periods_covered(float(quantity), needs)] for quantity, needs in zip(stock[:, 0], demand, strict=True)]


@worksheet_function(
    Example(("2026-12", 3.0), "2027-03"),
    label="Label of a week, month or quarter: 2026-W49, 2026-12 or 2026-Q4.",
    periods="How many periods later; below 0: earlier.",
)
def period_shift(label: Texts, periods: int) -> Answer:
    """The label of the period that lies so many periods later or earlier."""
    return [[_shifted(text, periods) for text in row] for row in label]


@worksheet_function(
    Example(([[1.0, 2.0, 3.0, 4.0]], 3.0), [["", "", 6.0, 9.0]]),
    values="Numbers, from left to right; empty cells count as 0.",
    window="How many periods are added up.",
)
def rolling_sum(values: Numbers, window: int) -> Answer:
    """The sum of each period and those before it; empty until there are enough periods."""
    return [[""] * (window - 1) + list(row) for row in _window_sums(values, window)]


@worksheet_function(
    Example(([[1.0, 2.0, 3.0, 4.0]], 2.0), [["", 1.5, 2.5, 3.5]]),
    values="Numbers, from left to right; empty cells count as 0.",
    window="Over how many periods the mean is taken.",
)
def rolling_mean(values: Numbers, window: int) -> Answer:
    """The mean of each period and those before it; empty until there are enough periods."""
    return [[""] * (window - 1) + list(row / window) for row in _window_sums(values, window)]


@worksheet_function(
    Example(([[4.0, 6.0, 5.0, 7.0]], 2.0, "naive"), [[7.0, 7.0]]),
    history="Demand of past periods, from left to right, one series a row; empty cells are not known.",
    periods="How many periods are forecast.",
    method="Name of the method, such as theta, seasonal naive or moving average. If omitted: theta.",
    season="Periods in a year: 12, 4 or 52. If omitted: 12.",
)
def demand_forecast(history: Numbers, periods: int, method: str = "theta", season: int = 12) -> Answer:
    """Forecast of the periods after the history, by one of the methods of the demand step."""
    from sopxl.steps.demand.forecasting.methods import METHODS, forecast
    from sopxl.steps.demand.forecasting.panel import Panel
    from sopxl.steps.demand.forecasting.seasons import seasonal_indices

    name = _choose("method", method, METHODS)
    _check(1 <= periods <= 520, "periods must be between 1 and 520.")
    _check(1 <= season <= 366, "season must be between 1 and 366.")
    panel = Panel(history, season, seasonal_indices(history, season), np.full(len(history), np.nan))
    least = METHODS[name].least_history(season)
    answer: Answer = forecast(name, panel, periods).tolist()
    for row in np.flatnonzero(panel.length < least):
        answer[row] = [f"{name} needs {least} periods of history.", *[""] * (periods - 1)]
    return answer


@worksheet_function(
    Example((0.95, 100.0, 4.0), 328.970725),
    service_level="Probability of no shortage in a replenishment cycle, above 0 and below 1 (95 %).",
    deviation="Standard deviation of the forecast error of one period, in units.",
    lead_time="Lead time (and review time, if orders are not placed every day), in periods.",
    mean_demand="Mean demand of a period, in units; only needed with a deviation of the lead time. If omitted: 0.",
    lead_time_deviation="Standard deviation of the lead time, in periods. If omitted: 0.",
)
def safety_stock(
    service_level: float, deviation: float, lead_time: float, mean_demand: float = 0.0, lead_time_deviation: float = 0.0
) -> Answer:
    """Safety stock for a service level per cycle, from the spread of demand and of the lead time.

    Source: Silver, Pyke, Thomas, Inventory and Production Management in Supply Chains (2017), chapter 6 (service
    measure P1, and variable lead times).
    """
    _check(0 < service_level < 1, "service_level must be above 0 and below 1 (95 %).")
    numbers = {"deviation": deviation, "lead_time": lead_time, "mean_demand": mean_demand,
               "lead_time_deviation": lead_time_deviation}
    for name, number in numbers.items():
        _check(number >= 0, f"{name} must not be below 0.")
    spread = math.hypot(deviation * math.sqrt(lead_time), mean_demand * lead_time_deviation)
    return [[max(0.0, NormalDist().inv_cdf(service_level)) * spread]]


@worksheet_function(
    Example(([[100.0, 100.0]], [[110.0, 80.0]], "weighted mape"), [[0.15]]),
    actual="What was sold, from left to right; periods with an empty cell are left out.",
    predicted="What was forecast for the same periods, of the same size as actual.",
    measure="Name of the measure, such as weighted mape, bias, smape or mase. If omitted: weighted mape.",
    history="Demand before those periods, which mase and rmsse compare with, as many rows as actual.",
    season="Periods in a year: 12, 4 or 52. If omitted: 12.",
)
def forecast_error(
    actual: Numbers, predicted: Numbers, measure: str = "weighted mape", history: Numbers | None = None,
    season: int = 12,
) -> Answer:
    """How far a forecast was off, by one of the error measures of the demand step; one number a row."""
    from sopxl.steps.demand.forecasting.measures import MEASURES, benchmark

    name = _choose("measure", measure, MEASURES)
    _check(actual.shape == predicted.shape, "actual and predicted must have the same size.")
    _check(1 <= season <= 366, "season must be between 1 and 366.")
    past = np.full((len(actual), 0), np.nan) if history is None else history
    _check(len(past) == len(actual), "history must have as many rows as actual.")
    errors = MEASURES[name](np.where(np.isnan(predicted), np.nan, actual), predicted, benchmark(past, season))
    return [[error] for error in errors.tolist()]


@worksheet_function(
    Example(([[1.0, 3.0] * 4], 2.0), [[0.5, 1.5]]),
    history="Demand of past periods, from left to right, one series a row.",
    season="Periods in a year: 12, 4 or 52. If omitted: 12.",
)
def season_index(history: Numbers, season: int = 12) -> Answer:
    """Index of each period of the year, mean 1: the first is that of the first column. It needs two years of history.

    Source: classical decomposition by ratios to the centred moving average; Hyndman and Athanasopoulos, Forecasting:
    Principles and Practice (2021), section 3.4.
    """
    from sopxl.steps.demand.forecasting.seasons import seasonal_indices

    _check(2 <= season <= 366, "season must be between 2 and 366.")
    _check(history.shape[1] >= 2 * season, f"history must have two years: {2 * season} periods.")
    answer: Answer = seasonal_indices(history, season).tolist()
    return answer


def _periods_covered(stock: float, demand: np.ndarray) -> float | str:
    """Periods until the stock is used up, fractions of a period by its share of demand."""
    if math.isnan(stock):
        return ""
    used_up = np.cumsum(demand)
    if stock <= 0:
        return 0.0
    if stock >= used_up[-1]:
        mean = float(used_up[-1]) / len(demand)
        return len(demand) + (stock - float(used_up[-1])) / mean if mean > 0 else NOT_DEFINED
    period = int(np.argmax(used_up > stock))
    before = float(used_up[period - 1]) if period else 0.0
    return period + (stock - before) / float(demand[period])


def _window_sums(values: Numbers, window: int) -> np.ndarray:
    _check(1 <= window <= values.shape[1], f"window must be between 1 and {values.shape[1]}, the width of values.")
    windows = np.lib.stride_tricks.sliding_window_view(np.nan_to_num(values), window, axis=1)
    return np.asarray(windows.sum(axis=2))


def _shifted(value: Any, count: int) -> str:
    from sopxl.periods import LABEL_PATTERNS, label, parse

    text = value.strftime("%Y-%m") if isinstance(value, date) else "" if value is None else str(value).strip()
    if not text:
        return ""
    for bucket, pattern in LABEL_PATTERNS.items():
        if pattern.match(text):
            try:
                return label(parse(text, bucket) + count, bucket)
            except (ValueError, OverflowError) as error:
                raise BadInputError(f"there is no period {count} periods from {text}.") from error
    raise BadInputError(f"'{text}' is no label of a period such as 2026-W49, 2026-12 or 2026-Q4.")
