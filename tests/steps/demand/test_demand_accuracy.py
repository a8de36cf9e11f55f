"""Accuracy of earlier plans: measures checked by hand, levels, limits, and what needs attention."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.exceptions import MOST_PER_KIND
from sopxl.steps.demand import accuracy
from sopxl.steps.demand.accuracy import ADVICE, measure_accuracy
from sopxl.steps.demand.exceptions import Situation
from sopxl.steps.demand.exceptions.past_plans import plans_lean
from sopxl.steps.demand.history import History
from sopxl.steps.demand.snapshots import read_past_plans
from sopxl.steps.demand.tables import DEMAND_SNAPSHOTS, FORECAST_ACCURACY
from tests.steps.demand.past_plans import SETTINGS, Stages, cycles, labels_before, sold_before

NAN = np.nan


def accuracy_of(history: History, plans: dict[str, Stages], price: list[float] | None = None) -> pd.DataFrame:
    past = read_past_plans(cycles(history, plans), history, SETTINGS)
    return measure_accuracy(past, history, np.array(price or [1.0] * len(history.series)))


def row_of(frame: pd.DataFrame, **wanted: object) -> pd.Series:
    chosen = np.all([frame[name] == value for name, value in wanted.items()], axis=0)
    assert chosen.sum() == 1
    return frame[chosen].iloc[0]


def one_ahead(*expected: list[float], **stages: list[list[float]]) -> dict[str, Stages]:
    """Plans of the last cycles that foresee one period each: S lists of what was expected from cycle to cycle."""
    values = {"baseline": expected, **stages}
    labels = labels_before(len(expected[0]))
    return {label: {stage: np.array(units, float)[:, [place]] for stage, units in values.items()}
            for place, label in enumerate(labels)}


BY_HAND = sold_before([80.0, 110, 120], [10.0, 10, 10])
HAND_PLANS = one_ahead([100.0, 100, 100], [12.0, 12, 12])


def test_the_measures_of_an_item_are_those_reckoned_by_hand() -> None:
    found = row_of(accuracy_of(BY_HAND, HAND_PLANS, [2.0, 1.0]), level="item", item="0", stage="consensus", lag=1)
    assert (found["points"], found["demand"]) == (3, 310)
    assert found["weighted_mape"] == pytest.approx(50 / 310)
    assert found["mape"] == pytest.approx((20 / 80 + 10 / 110 + 20 / 120) / 3)
    assert found["mase"] == pytest.approx((50 / 3) / 20), "naive missed by 30 and 10"
    assert found["rmsse"] == pytest.approx(np.sqrt(300 / 500)), "mean squares: 900 / 3, and 1000 / 2 of naive"
    assert found["bias"] == pytest.approx(-10 / 310)
    assert found["tracking_signal"] == pytest.approx(-10 / (50 / 3))
    assert found["money_error"] == 100


def test_the_error_of_a_level_is_that_of_its_sum() -> None:
    found = row_of(accuracy_of(BY_HAND, HAND_PLANS, [2.0, 1.0]), level="total", stage="baseline", lag=1)
    assert found["demand"] == 340
    assert found["weighted_mape"] == pytest.approx((22 + 8 + 18) / 340)
    assert found["money_error"] == 42 + 18 + 38


def test_every_level_tells_its_groups_and_each_lag_is_measured_alone() -> None:
    history = sold_before([10.0] * 4, [10.0] * 4, families=["F", "G"])
    found = accuracy_of(history, {"2026-11": {"baseline": np.array([[11.0, 12], [10, 10]])}})
    family = row_of(found, level="family", family="F", stage="consensus", lag=2)
    assert (family["bias"], family["item"], family["market"]) == (pytest.approx(0.2), "", "")
    market = row_of(found, level="market", market="M", stage="consensus", lag=1)
    assert (market["bias"], market["family"]) == (pytest.approx(0.05), "")
    assert set(found["level"]) == {"total", "family", "market", "item", "item and market"}
    assert not found.duplicated(list(FORECAST_ACCURACY.key)).any()


def test_a_stage_is_told_of_where_somebody_changed_something() -> None:
    plans = one_ahead([10.0, 10, 10], sales=[[NAN, 12, NAN]])
    found = accuracy_of(sold_before([10.0, 10, 10]), plans)
    assert set(found[found["level"] == "total"]["stage"]) == {"naive", "baseline", "sales", "consensus"}
    assert row_of(found, level="total", stage="sales", lag=1)["bias"] == pytest.approx(2 / 30)
    assert row_of(found, level="total", stage="naive", lag=1)["points"] == 2, "nothing was known before the first"


def test_of_items_only_the_dearest_are_told_at_the_first_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy, "MOST_GROUPS", 2)
    history = sold_before([10.0] * 3, [10.0] * 3, [10.0] * 3)
    found = accuracy_of(history, {"2026-11": {"baseline": np.array([[11.0, 11], [15, 15], [12, 12]])}})
    for level in ("item", "item and market"):
        rows = found[found["level"] == level]
        assert set(rows["item"]) == {"1", "2"}
        assert set(rows["stage"]) == {"baseline", "consensus"}
        assert set(rows["lag"]) == {1}


YEAR = [100.0] * 12
UP_AND_DOWN = [100.0, 300, 100, 300, 100, 300]
SAID: dict[str, tuple[History, dict[str, Stages], str]] = {
    "leans": (sold_before(YEAR), one_ahead([120.0] * 6),
              "Too high in 6 of 6 plans: tracking signal 6.0; lower the forecast or ask sales."),
    "worse_than_baseline": (
        sold_before(YEAR), one_ahead([100.0] * 6, planner=[[80.0, 120, 80, 120, 80, 120]]),
        "Off by 20% of demand, the baseline by 0%: see who changed it (Forecast value added)."),
    "worse_than_naive": (
        sold_before(YEAR), one_ahead([80.0, 120, 80, 120, 80, 120]),
        "Off by 20% of demand, last year's sales by 0%: look at the history and the method."),
    "far_off": (sold_before([*UP_AND_DOWN, *UP_AND_DOWN]), one_ahead([300.0, 100, 300, 100, 300, 100]),
                "Off by 100% of demand: ask sales for known orders and keep safety stock."),
}


@pytest.mark.parametrize("name", [function.__name__ for function in ADVICE])
def test_what_needs_attention_is_told_in_words(name: str) -> None:
    history, plans, said = SAID[name]
    found = accuracy_of(history, plans)
    assert row_of(found, level="total", stage="consensus", lag=1)["attention"] == said
    assert (found.loc[found["stage"] != "consensus", "attention"] == "").all()


def test_few_plans_and_slight_leans_need_no_attention() -> None:
    assert (accuracy_of(sold_before(YEAR), one_ahead([150.0] * 3))["attention"] == "").all()
    slight = accuracy_of(sold_before([101.0, 99] * 6), one_ahead([103.0] * 6))
    assert row_of(slight, level="total", stage="consensus", lag=1)["tracking_signal"] == 6
    assert (slight["attention"] == "").all()


def test_what_needs_attention_comes_first_then_the_dearest() -> None:
    history = sold_before(YEAR, [1000.0, 1050] * 6)
    found = accuracy_of(history, one_ahead([120.0] * 6, [1050.0, 1000] * 3))
    urgent = found["attention"] != ""
    assert urgent.any()
    assert not urgent.is_monotonic_increasing
    assert urgent.is_monotonic_decreasing
    assert found.loc[urgent, "money_error"].is_monotonic_decreasing
    assert found.loc[~urgent, "money_error"].is_monotonic_decreasing


def test_without_past_plans_nothing_is_told() -> None:
    history = sold_before(YEAR)
    found = measure_accuracy(read_past_plans(DEMAND_SNAPSHOTS.empty_frame(), history, SETTINGS), history, np.ones(1))
    assert found.empty
    assert list(found.columns) == FORECAST_ACCURACY.column_names


@settings(max_examples=10, deadline=None)
@given(arrays(float, (2, 8), elements=st.integers(0, 9).map(float)))
def test_plans_that_were_right_have_no_error_at_any_level(sold: np.ndarray) -> None:
    found = accuracy_of(sold_before(*sold.tolist()), one_ahead(*sold[:, -5:].tolist()), [3.0, 4.0])
    right = found[found["stage"].isin(["baseline", "consensus"])]
    assert (right["money_error"] == 0).all()
    for name in ("weighted_mape", "mape", "mase", "rmsse", "bias", "tracking_signal"):
        assert (right[name].fillna(0.0) == 0).all(), name
    assert (right["attention"] == "").all()


def situation_of(history: History, found: pd.DataFrame) -> Situation:
    return Situation(history, None, SETTINGS, {}, np.zeros((len(history.series), 4)), accuracy=found)  # type: ignore[arg-type]


def test_plans_that_lean_are_an_exception_worth_the_sum_of_their_errors() -> None:
    history = sold_before(YEAR, YEAR)
    plans = one_ahead([120.0] * 6, [80.0, 120, 80, 120, 80, 120])
    told = pd.DataFrame(plans_lean(situation_of(history, accuracy_of(history, plans, [2.0, 2.0]))))
    assert told[["item", "location"]].to_numpy().tolist() == [["0", "M"]]
    assert told[["quantity", "money"]].to_numpy() == pytest.approx(np.array([[120, 240]]))
    assert told["message"][0] == "The last 6 plans of 0 in M were 20% too high in sum (tracking signal 6.0)."
    assert told["remedy"][0] == "Lower the forecast, or ask sales what has changed."


def test_the_limit_of_items_leaves_room_for_all_exceptions_of_a_kind() -> None:
    assert accuracy.MOST_GROUPS >= MOST_PER_KIND
