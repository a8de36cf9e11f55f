from __future__ import annotations

import datetime as dt
import importlib
import inspect
import subprocess
import sys
import types
from typing import Any

import numpy as np
import pytest
import xlwings as xw
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl import functions
from sopxl.functions import FUNCTIONS, register
from sopxl.functions.register import LONGEST_HELP, Answer, Example, Numbers, WorksheetFunction, worksheet_function
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.measures import MEASURES, QUANTILE_MEASURES
from sopxl.steps.demand.forecasting.methods import METHODS
from sopxl.steps.demand.history import History, read_history
from sopxl.steps.demand.statistical import LIMITS, forecast_alone
from tests.steps.demand.demand_cases import sales, tables_of

EACH_FUNCTION = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
CELL = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(-5, 60), st.text(max_size=8), st.datetimes(),
    st.sampled_from(["#N/A", "2026-12", "2026-W53", "theta", "mase", "9999-12"]),
)
AMOUNT = st.one_of(st.none(), st.integers(0, 30), st.floats(-10, 1e6))
NUMBERS = st.integers(1, 30).flatmap(lambda width: st.lists(
    st.lists(AMOUNT, min_size=width, max_size=width), min_size=1, max_size=2
))
MIXED = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=4)
)
NAME = st.sampled_from(["automatic", *METHODS, *MEASURES, *QUANTILE_MEASURES])
ARGUMENT = st.one_of(NUMBERS, st.integers(1, 5), NAME, CELL, st.lists(CELL, max_size=4), MIXED)


def _call(name: str, *arguments: Any) -> Any:
    return FUNCTIONS[name].call(*arguments)


def test_planners_have_these_functions() -> None:
    assert set(FUNCTIONS) == {
        "coverage", "period_shift", "rolling_sum", "rolling_mean", "shifted_sum", "demand_forecast", "demand_limits",
        "safety_stock", "forecast_error", "season_index", "economic_lot", "order_up_to", "reorder_point",
    }


@EACH_FUNCTION
def test_the_example_of_each_function_comes_out(function: WorksheetFunction) -> None:
    assert _cells(function.call(*function.example.arguments)) == pytest.approx(_cells(function.example.answer))


@EACH_FUNCTION
def test_the_wizard_explains_each_function_and_each_argument(function: WorksheetFunction) -> None:
    assert 20 < len(function.description) <= LONGEST_HELP
    assert list(function.arguments) == list(inspect.signature(function.call).parameters)
    assert all(10 < len(text) <= LONGEST_HELP for text in function.arguments.values())
    assert getattr(functions, function.name) is function.call


@EACH_FUNCTION
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_the_cells_hold_the_answer_is_cells_and_never_a_traceback(
    function: WorksheetFunction, data: st.DataObject
) -> None:
    parameters = inspect.signature(function.call).parameters.values()
    required = sum(parameter.default is inspect.Parameter.empty for parameter in parameters)
    count = data.draw(st.integers(required, len(parameters)))
    answer = function.call(*(data.draw(ARGUMENT) for _ in range(count)))
    rows = answer if isinstance(answer, list) else [[answer]]
    for row in rows:
        for cell in row:
            assert isinstance(cell, str | float | int)
            assert cell == cell, "an undefined number is text"
            assert not isinstance(cell, str) or not cell.startswith("This cannot be"), "a fault that no sentence tells"


@EACH_FUNCTION
def test_each_function_says_what_is_missing(function: WorksheetFunction) -> None:
    first = next(iter(function.arguments))
    assert first in str(function.call()).lower()
    assert str(function.call()).endswith("must be given.")


def test_coverage_counts_whole_periods_and_the_share_of_the_next() -> None:
    stock = [[250.0], [0.0], [None], [600.0], [5.0], [30.0]]
    demand = [[100, 100, 100], [1, 1, 1], [1, 1, 1], [100, 100, 100], [0, None, 0], [0, 30, 30]]
    assert _call("coverage", stock, demand) == [[2.5], [0.0], [""], [6.0], ["n/a"], [2.0]]
    assert _call("coverage", [[1.0, 2.0]], [[1.0, 2.0]]) == "Stock must be one column with as many rows as demand."


def test_labels_are_shifted_over_years_in_every_bucket_and_row_by_row() -> None:
    assert _call("period_shift", "2026-W52", 2) == "2027-W01"
    assert _call("period_shift", "2026-Q4", -4.0) == "2025-Q4"
    assert _call("period_shift", [["2026-12", None, dt.datetime(2026, 1, 1)]], -1) == [["2026-11", "", "2025-12"]]
    assert _call("period_shift", "December", 1) == (
        "'December' is no label of a period such as 2026-W49, 2026-12 or 2026-Q4."
    )
    assert _call("period_shift", "2026-12", 1.5) == "Periods must be a whole number, not 1.5."


def test_rolling_functions_take_rows_and_refuse_a_window_that_does_not_fit() -> None:
    assert _call("rolling_sum", [[1, None, 3], [4, 5, 6]], 2) == [["", 1, 3], ["", 9, 11]]
    assert _call("rolling_mean", [[2, 4]], 1) == [[2, 4]]
    assert _call("rolling_sum", [[1, 2]], 3) == "Window must be between 1 and 2, the width of values."
    assert _call("rolling_sum", [["a", 2]], 1) == "Values holds 'a', which is no number."
    assert _call("rolling_sum", [["#N/A", 2]], 1) == "Values holds '#N/A', which is no number."


def test_a_shifted_sum_adds_up_what_follows_or_went_before_and_nothing_beyond_the_row() -> None:
    rows = [[10, 20, None, 40, 50], [1, 2, 3, 4, 5]]
    assert _call("shifted_sum", rows, 1, 2) == [[20, 40, 90, 50, 0], [5, 7, 9, 5, 0]]
    assert _call("shifted_sum", rows, 0, 3) == [[30, 60, 90, 90, 50], [6, 9, 12, 9, 5]]
    assert _call("shifted_sum", rows, -2, 2) == [[0, 10, 30, 20, 40], [0, 1, 3, 5, 7]]
    assert _call("shifted_sum", rows, -1, 3) == [[30, 30, 60, 90, 90], [3, 6, 9, 12, 9]]


def test_a_shifted_sum_of_one_period_moves_the_row() -> None:
    assert _call("shifted_sum", [[1, 2, 3]], 1) == [[2, 3, 0]]
    assert _call("shifted_sum", [[1, 2, 3]], -2) == [[0, 0, 1]]
    assert _call("shifted_sum", [[1, 2, 3]], 9, 5) == _call("shifted_sum", [[1, 2, 3]], -9, 5) == [[0, 0, 0]]
    assert _call("shifted_sum", [[1, 2, 3]], 0, 0) == "Window must be at least 1."


@given(row=st.lists(st.integers(0, 99), min_size=1, max_size=8), window=st.integers(1, 8))
def test_a_shifted_sum_that_ends_with_its_period_is_the_rolling_sum(row: list[int], window: int) -> None:
    window = min(window, len(row))
    shifted = _rows(_call("shifted_sum", [row], 1 - window, window))
    assert shifted[0][window - 1 :] == _rows(_call("rolling_sum", [row], window))[0][window - 1 :]


SEASONAL = [0, None, 30, 42, 55, 61, 58, 44, 31, 20, 18, 25, 33, 47, 52, 66, 60, 41, 35, 22, 15, 27, 36, 45, 59, 64, 57]
SELDOM = [0, 0, 4, 0, 0, 0, 2, 0, 0, 3, 0, 0, 0, 0, 5, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 3, 0]


def _history_of_plan(row: list[Any], plan: Settings) -> History:
    """What the demand step reads for an item that sold this in the months before the plan."""
    quantities = [np.nan if cell is None else float(cell) for cell in row]
    records = sales("chair", "US-S", quantities, plan)
    return read_history(tables_of(plan, items=[{"item": "chair", "family": "seats"}], sales_history=records), plan)


@pytest.mark.parametrize("row", [SEASONAL, SELDOM, [7, 9, 8]], ids=["seasonal", "seldom", "short"])
def test_the_automatic_forecast_and_its_limits_are_those_of_the_demand_step(row: list[Any]) -> None:
    plan = Settings()
    _, distribution, forecast = forecast_alone(_history_of_plan(row, plan), plan.horizon, plan.backtest_periods)
    low, high = np.moveaxis(distribution.quantiles(LIMITS), 2, 0)
    assert _call("demand_forecast", [row], plan.horizon)[0] == pytest.approx(forecast[0].tolist())
    assert _call("demand_limits", [row], plan.horizon, 12, 0.1)[0] == pytest.approx(low[0].tolist())
    assert _call("demand_limits", [row], plan.horizon)[0] == pytest.approx(high[0].tolist())
    assert high.min() > 0


def test_the_automatic_forecast_can_be_told_its_season() -> None:
    history = [[10, 20, 30, 40] * 4]
    assert _call("demand_forecast", history, 4, 4) == [pytest.approx([10, 20, 30, 40])]
    assert _call("demand_forecast", history, 4, 4, "Automatic") == _call("demand_forecast", history, 4, 4, None)


def test_a_higher_probability_gives_a_higher_limit() -> None:
    low, middle, high = (_call("demand_limits", [SEASONAL], 3, 12, share)[0] for share in (0.1, 0.5, 0.9))
    assert all(a < b < c for a, b, c in zip(low, middle, high, strict=True))
    assert _call("demand_limits", [SEASONAL], 3, 12, 90) == "Probability must be above 0 and below 1 (90 %)."


@pytest.mark.parametrize("name", ["demand_forecast", "demand_limits"])
def test_what_no_forecast_can_be_made_from_is_told(name: str) -> None:
    assert _call(name, [[5, -3, 4]], 2) == "History holds -3; where more was returned than sold, enter 0."
    assert _call(name, [[5, "many", 4]], 2) == "History holds 'many', which is no number."
    assert _call(name, [[None, None]], 2) == "History is empty."
    assert _call(name, [[5, 4]], 0) == "Periods must be between 1 and 520."
    assert _call(name, [[5, 4]], 2, 0) == "Season must be between 1 and 366."
    answer = _call(name, [[5, 5, 5], [None] * 3, [0, 0, 0]], 2)
    assert answer[0] == pytest.approx([5, 5], abs=4)
    assert answer[1:] == [["automatic needs 1 period of history.", ""], [0, 0]]


def test_the_automatic_forecast_reads_the_last_ten_years_as_the_plan_does() -> None:
    long_ago, recent = [900] * 8, [10, 12, 9, 11] * 10
    assert _call("demand_forecast", [long_ago + recent], 4, 4) == _call("demand_forecast", [recent], 4, 4)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_the_demand_step_forecasts_by_its_name(method: str) -> None:
    history = [[10.0, 20.0, 30.0, 40.0] * 4]
    answer = _call("demand_forecast", history, 3.0, 4.0, method.upper())
    assert all(isinstance(cell, float) and 0 <= cell <= 160 for cell in answer[0])


def test_a_seasonal_forecast_follows_the_season_and_a_short_history_is_told() -> None:
    history = [[10.0, 20.0, 30.0, 40.0] * 4, [None] * 14 + [5.0, 6.0]]
    answer = _call("demand_forecast", history, 4, 4, "seasonal naive")
    assert answer[0] == [10.0, 20.0, 30.0, 40.0]
    assert answer[1] == ["seasonal naive needs 4 periods of history.", "", "", ""]
    assert _call("demand_forecast", history, 4, 4, "magic").startswith(
        "There is no method 'magic'; choose one of: automatic, "
    )


def test_safety_stock_covers_the_spread_of_demand_and_of_the_lead_time() -> None:
    assert _call("safety_stock", 0.5, 100, 4) == 0
    assert _call("safety_stock", 0.975, 30, 1) == pytest.approx(58.798919)
    assert _call("safety_stock", 0.95, 3, 16, 8, 2) == pytest.approx(1.6448536 * (9 * 16 + 64 * 4) ** 0.5)
    assert _call("safety_stock", 95, 3, 16) == "Service_level must be above 0 and below 1 (95 %)."
    assert _call("safety_stock", 0.95, -3, 16) == "Deviation must not be below 0."


@pytest.mark.parametrize("measure", MEASURES)
def test_every_error_measure_of_the_demand_step_is_zero_for_a_perfect_forecast(measure: str) -> None:
    actual, history = [[10.0, 20.0], [3.0, 4.0]], [[1.0, 5.0, 2.0], [7.0, 9.0, 1.0]]
    assert _call("forecast_error", actual, actual, measure.replace("_", " "), history, 1) == [[0.0], [0.0]]


def test_limits_are_measured_by_pinball_loss_and_coverage() -> None:
    actual, limit = [[10, 20, 15, None]], [[15, 15, 15, 15]]
    loss = (0.1 * 5 + 0.9 * 5 + 0) / 3
    assert _call("forecast_error", actual, limit, "pinball loss") == pytest.approx(loss)
    assert _call("forecast_error", actual, limit, "coverage") == pytest.approx(2 / 3)
    assert _call("forecast_error", actual, limit, "weighted quantile loss") == pytest.approx(2 * 3 * loss / 45)
    assert _call("forecast_error", actual, limit, "scaled pinball loss", [[1, 3, 7]], 1) == pytest.approx(loss / 3)
    median = _call("forecast_error", actual, limit, "weighted quantile loss", None, 12, 0.5)
    assert median == pytest.approx(_call("forecast_error", actual, limit, "weighted mape"))
    assert _call("forecast_error", actual, limit, "pinball loss", None, 12, 1) == (
        "Probability must be above 0 and below 1 (90 %)."
    )


@pytest.mark.parametrize("measure", QUANTILE_MEASURES)
def test_every_measure_of_limits_has_no_fault_to_find_in_a_perfect_limit(measure: str) -> None:
    perfect = 1.0 if measure == "coverage" else 0.0
    assert _call("forecast_error", [[10.0, 20.0]], [[10.0, 20.0]], measure, [[1.0, 5.0]], 1) == perfect


def test_an_error_that_is_not_defined_is_said_so() -> None:
    assert _call("forecast_error", [[0.0, 0.0], [1.0, None]], [[1.0, 1.0], [2.0, 5.0]]) == [["n/a"], [1.0]]
    assert _call("forecast_error", [[1.0]], [[2.0]], "mase") == "n/a"
    assert _call("forecast_error", [[1.0]], [[2.0, 3.0]]) == "Actual and predicted must have the same size."


def test_season_indices_have_mean_one_and_need_two_years() -> None:
    assert _call("season_index", [[1.0, 3.0] * 4, [2.0, 2.0] * 4], 2) == [[0.5, 1.5], [1.0, 1.0]]
    assert _call("season_index", [[1.0] * 20]) == "History must have two years: 24 periods."


def test_a_function_without_help_for_an_argument_cannot_be_added() -> None:
    with pytest.raises(ValueError, match="describe exactly the arguments value"):
        worksheet_function(Example((1.0,), 1.0))(_doubled)
    assert "_doubled" not in FUNCTIONS


def test_excel_on_windows_gets_names_help_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    client = types.ModuleType("win32com.client")
    client.Dispatch = None  # type: ignore[attr-defined]
    initialize = types.ModuleType("pythoncom")
    initialize.CoInitialize = None  # type: ignore[attr-defined]
    monkeypatch.delitem(sys.modules, "xlwings.udfs", raising=False)
    stands_in = {"pythoncom": initialize, "pywintypes": types.ModuleType("pywintypes"),
                 "win32com": types.ModuleType("win32com"), "win32com.client": client}
    for name, module in stands_in.items():
        monkeypatch.setitem(sys.modules, name, module)
    udfs = importlib.import_module("xlwings.udfs")
    monkeypatch.setattr(xw, "func", udfs.xlfunc)
    monkeypatch.setattr(xw, "arg", udfs.xlarg)
    call: Any = register._for_worksheets(_doubled, "Twice the value.", {"value": "What is doubled."})
    declared = call.__xlfunc__
    assert (declared["name"], declared["category"], declared["ret"]["doc"]) == ("_doubled", "sopxl", "Twice the value.")
    assert declared["args"][0]["doc"] == "What is doubled."
    assert declared["args"][0]["options"] == {"ndim": 2, "err_to_str": True}
    sys.modules.pop("xlwings.udfs", None)


def test_the_demand_step_is_imported_only_when_a_function_needs_it() -> None:
    code = "import sys, sopxl.functions; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "sopxl.functions" in run.stdout
    assert "sopxl.steps" not in run.stdout
    assert "statsmodels" not in run.stdout


def _doubled(value: Numbers) -> Answer:
    return (2 * value).tolist()  # type: ignore[no-any-return]


def _cells(answer: Any) -> list[Any]:
    return [cell for row in answer for cell in row] if isinstance(answer, list) else [answer]


def _rows(answer: Any) -> list[list[Any]]:
    return answer if isinstance(answer, list) else [[answer]]
