"""Forecast value added: whether stages and people made the plan better, checked by hand and against enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sopxl.steps.demand.accuracy import measure_accuracy
from sopxl.steps.demand.consensus import earned_trust
from sopxl.steps.demand.exceptions import Situation
from sopxl.steps.demand.exceptions.past_plans import changes_that_harm
from sopxl.steps.demand.history import History
from sopxl.steps.demand.snapshots import read_past_plans
from sopxl.steps.demand.tables import DEMAND_SNAPSHOTS, FORECAST_VALUE_ADDED
from sopxl.steps.demand.value_added import LEAST_TRUST, MOST_TRUST, REMARKS, TYPED, signed_rank_certainty, value_added
from tests.steps.demand.past_plans import SETTINGS, cycles, labels_before, sold_before

NAN = np.nan
Names = list[list[str]]


def added(
    history: History, names: dict[str, Names] | None = None, price: list[float] | None = None, /,
    **stages: list[list[float]],
) -> pd.DataFrame:
    """Value added by stage and author; stages are S lists of what was expected for the next period, by cycle."""
    snapshots = DEMAND_SNAPSHOTS.empty_frame()
    for place, label in enumerate(labels_before(len(stages["baseline"][0]))):
        values = {stage: np.array(units, float)[:, [place]] for stage, units in stages.items()}
        authors = {stage: np.array(told, dtype=object)[:, [place]] for stage, told in (names or {}).items()}
        taken = cycles(history, {label: values}, authors)
        snapshots = pd.concat([snapshots, taken], ignore_index=True) if len(snapshots) else taken
    plans = read_past_plans(snapshots, history, SETTINGS)
    return value_added(plans, history, np.array(price or [1.0] * len(history.series)))


def record(frame: pd.DataFrame, stage: str, author: str = "") -> pd.Series:
    chosen = (frame["stage"] == stage) & (frame["author"] == author)
    assert chosen.sum() == 1, frame
    return frame[chosen].iloc[0]


HAND = added(
    sold_before([110.0] * 3, [50.0] * 3), {"sales": [["Desk A"] * 3, ["Desk B"] * 3]}, [2.0, 1.0],
    baseline=[[100.0] * 3, [50.0] * 3], sales=[[112.0] * 3, [60.0] * 3],
)


def test_the_record_of_a_stage_is_that_reckoned_by_hand() -> None:
    sales = record(HAND, "sales")
    assert (sales["changes"], sales["improved"], sales["small_changes"]) == (6, 0.5, 0)
    assert sales["error_before"] == pytest.approx(30 / 480)
    assert sales["error_after"] == pytest.approx((6 + 30) / 480)
    assert sales["value_added"] == pytest.approx(-6 / 480)
    assert sales["lean"] == pytest.approx((6 + 30) / 480)
    assert sales["money"] == pytest.approx(2 * 24 - 30)
    assert sales["verdict"] == "Not enough periods to tell (3 of 6)."


def test_trust_is_the_ratio_of_squared_errors_shrunk_by_few_periods_and_bounded() -> None:
    first, second = record(HAND, "sales", "Desk A"), record(HAND, "sales", "Desk B")
    assert first["trust"] == pytest.approx(((10 / 2) ** 2) ** (3 / 9))
    assert second["trust"] == pytest.approx((1 / 25) ** (3 / 9)), "the baseline had no error: bounded"
    assert record(HAND, "baseline")["trust"] == 1
    assert earned_trust(HAND) == {"sales": record(HAND, "sales")["trust"]}
    always_right = added(sold_before([100.0, 300] * 10), baseline=[[200.0] * 20], sales=[[100.0, 300] * 10])
    assert record(always_right, "sales")["trust"] == MOST_TRUST


def test_the_baseline_is_compared_with_naive_and_later_stages_with_what_stood_before() -> None:
    found = added(sold_before([100.0] * 4), baseline=[[110.0] * 4], sales=[[120.0, NAN, 120, NAN]],
                  finance=[[110.0, 105, NAN, NAN]], planner=[[NAN, NAN, NAN, 100]])
    assert list(found["stage"]) == ["baseline", "sales", "finance", "planner"]
    baseline = record(found, "baseline")
    assert (baseline["changes"], baseline["error_before"], baseline["error_after"]) == (3, 0, pytest.approx(0.1))
    finance = record(found, "finance")
    assert finance["changes"] == 2, "one against sales, one against the baseline"
    assert finance["money"] == pytest.approx((20 - 10) + (10 - 5))
    assert record(found, "planner")["value_added"] == pytest.approx(0.1)


def test_what_is_typed_in_the_plan_stands_beside_the_named_authors_only() -> None:
    history = sold_before([100.0] * 2)
    named = added(history, {"sales": [["Desk A", ""]]}, baseline=[[90.0] * 2], sales=[[95.0] * 2])
    assert list(named.loc[named["stage"] == "sales", "author"]) == ["", TYPED, "Desk A"]
    typed = added(history, baseline=[[90.0] * 2], sales=[[95.0] * 2])
    assert list(typed.loc[typed["stage"] == "sales", "author"]) == [""]


LONG = [100.0] * 12
VERDICTS = {
    "helps": (
        {"baseline": [[80.0, 120] * 4], "sales": [[90.0, 110] * 4]},
        "Helps: the error went from 20% to 10% of demand, better in 8 of 8 periods."),
    "harms": (
        {"baseline": [[95.0, 105] * 4], "sales": [[80.0, 120] * 4]},
        "Does harm: the error went from 5% to 20% of demand, better in 0 of 8 periods; leave what was there."),
    "cannot be told": (
        {"baseline": [[90.0, 110] * 4], "sales": [[80.0, 120, 80, 120, 100, 100, 100, 100]]},
        "No clear effect: the error went from 10% to 10% of demand, better in 4 of 8 periods."),
    "leans": (
        {"baseline": [[125.0] * 8], "sales": [[110.0] * 8]},
        "Helps: the error went from 25% to 10% of demand, better in 8 of 8 periods. Leans high, by 10% of demand."),
    "small": (
        {"baseline": [[100.0] * 8], "sales": [[97.0, 103] * 4]},
        "Does harm: the error went from 0% to 3% of demand, better in 0 of 8 periods; leave what was there. "
        "Changes of less than 10% did not help (0% came nearer): leave them out."),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdicts_are_told_in_words(name: str) -> None:
    stages, said = VERDICTS[name]
    assert record(added(sold_before(LONG), **stages), "sales")["verdict"] == said


def test_a_worse_baseline_is_told_to_look_at_its_methods() -> None:
    verdict = record(added(sold_before(LONG), baseline=[[80.0, 120] * 4]), "baseline")["verdict"]
    assert verdict.endswith("better in 0 of 8 periods; look at the methods and the history.")


def test_each_remark_is_made_in_one_of_the_verdicts() -> None:
    beginnings = ("Helps", "Leans", "Changes of less")
    assert len(REMARKS) == len(beginnings)
    for beginning in beginnings:
        assert any(beginning in said for _, said in VERDICTS.values())


def test_evidence_is_counted_by_period_not_by_item() -> None:
    history = sold_before(*([100.0] * 5 for _ in range(20)))
    found = added(history, baseline=[[90.0] * 5] * 20, sales=[[99.0] * 5] * 20)
    assert record(found, "sales")["changes"] == 100
    assert record(found, "sales")["verdict"] == "Not enough periods to tell (5 of 6)."


def test_without_past_plans_there_is_no_record() -> None:
    history = sold_before(LONG)
    found = value_added(read_past_plans(DEMAND_SNAPSHOTS.empty_frame(), history, SETTINGS), history, np.ones(1))
    assert found.empty
    assert list(found.columns) == FORECAST_VALUE_ADDED.column_names


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-4, 4), max_size=8))
def test_the_certainty_of_signed_ranks_is_that_of_all_signs_counted_out(differences: list[int]) -> None:
    kept = np.array([one for one in differences if one], float)
    ranks = pd.Series(np.abs(kept)).rank().to_numpy(float)
    sums = np.array([ranks[np.array(signs, dtype=bool)].sum() for signs in product([0, 1], repeat=len(kept))])
    above, below = ranks[kept > 0].sum(), ranks[kept < 0].sum()
    p = min(1.0, 2 * (sums <= min(above, below) + 1e-9).mean())
    certainty = signed_rank_certainty(np.array(differences, float))
    assert abs(certainty) == pytest.approx(1 - p, abs=1e-12)
    assert certainty * (above - below) >= 0


def test_the_certainty_of_six_of_a_kind_is_that_of_the_published_table() -> None:
    assert signed_rank_certainty(np.array([1.0, 2, 3, 4, 5, 6])) == pytest.approx(1 - 2 / 64)
    assert signed_rank_certainty(-np.array([1.0, 2, 3, 4, 5, 6])) == pytest.approx(2 / 64 - 1)


UNITS = arrays(float, (2, 2), elements=st.integers(1, 9).map(float))


@settings(max_examples=20, deadline=None)
@given(UNITS, UNITS, UNITS)
def test_changes_for_the_worse_have_a_negative_value_and_no_trust_to_gain(
    sold: np.ndarray, baseline: np.ndarray, further: np.ndarray
) -> None:
    worse = np.where(baseline >= sold, baseline + further, np.maximum(baseline - further, 0.0))
    assume((worse != baseline).all())
    sales = record(added(sold_before(*sold.tolist()), baseline=baseline.tolist(), sales=worse.tolist()), "sales")
    assert sales["value_added"] < 0
    assert sales["money"] < 0
    assert sales["improved"] == 0
    assert LEAST_TRUST <= sales["trust"] < 1


@settings(max_examples=20, deadline=None)
@given(UNITS, UNITS, UNITS, arrays(object, (2, 2), elements=st.sampled_from(["", "Desk A", "Desk B"])))
def test_the_records_of_authors_add_up_to_that_of_the_stage(
    sold: np.ndarray, baseline: np.ndarray, sales: np.ndarray, names: np.ndarray
) -> None:
    changed = sales != baseline
    assume((names[changed] != "").any())
    found = added(sold_before(*sold.tolist()), {"sales": names.tolist()}, [2.0, 3.0],
                  baseline=baseline.tolist(), sales=sales.tolist())
    stage, authors = record(found, "sales"), found[(found["stage"] == "sales") & (found["author"] != "")]
    for name in ("changes", "small_changes", "money"):
        assert stage[name] == pytest.approx(authors[name].sum()), name
    assert stage["improved"] * stage["changes"] == pytest.approx((authors["improved"] * authors["changes"]).sum())


@settings(max_examples=15, deadline=None)
@given(arrays(float, (2, 3), elements=st.integers(1, 9).map(float)))
def test_a_plan_that_was_right_adds_all_the_error_of_naive(sold: np.ndarray) -> None:
    baseline = added(sold_before(*sold.tolist()), baseline=sold[:, 1:].tolist())
    right = record(baseline, "baseline")
    assert right["error_after"] == 0
    assert right["value_added"] == right["error_before"]
    assert right["money"] == pytest.approx(np.abs(np.diff(sold)).sum())


def test_harm_is_an_exception_for_each_author_at_what_it_cost() -> None:
    history = sold_before(LONG, LONG)
    plans = {"baseline": [[100.0] * 8, [100.0] * 8], "sales": [[80.0, 120] * 4, [100.0] * 8],
             "planner": [[NAN] * 8, [70.0, 130] * 4]}
    found = added(history, {"sales": [["Desk A"] * 8, [""] * 8]}, [2.0, 2.0], **plans)
    situation = Situation(history, None, SETTINGS, {}, np.zeros((2, 4)), value_added=found)  # type: ignore[arg-type]
    told = pd.DataFrame(changes_that_harm(situation))
    assert told["message"].tolist() == [
        "The overrides of Desk A (sales) made the plan worse. Error 0% of demand before, 20% after.",
        "The demand planner's overrides made the plan worse. Error 0% of demand before, 30% after.",
    ]
    assert told["money"].tolist() == [8 * 20 * 2, 8 * 30 * 2]
    assert told["remedy"].str.endswith(".").all()


def test_who_does_no_harm_is_no_exception() -> None:
    history = sold_before(LONG)
    found = added(history, baseline=[[80.0, 120] * 4], sales=[[90.0, 110] * 4])
    found = found[found["stage"] == "sales"]
    situation = Situation(history, None, SETTINGS, {}, np.zeros((1, 4)), value_added=found)  # type: ignore[arg-type]
    assert changes_that_harm(situation) == []


def test_accuracy_and_value_added_tell_the_same_error() -> None:
    history = sold_before([110.0] * 3)
    snapshots = cycles(history, {label: {"baseline": np.array([[100.0]])} for label in labels_before(2)})
    plans = read_past_plans(snapshots, history, SETTINGS)
    total = measure_accuracy(plans, history, np.ones(1)).query("level == 'total' and stage == 'baseline'")
    baseline = record(value_added(plans, history, np.ones(1)), "baseline")
    assert total["weighted_mape"].tolist() == [baseline["error_after"]] == [10 / 110]


def test_what_was_left_as_it_was_is_no_small_change() -> None:
    baseline = record(added(sold_before([100.0, 100, 100]), baseline=[[100.0, 105, 100]]), "baseline")
    assert (baseline["changes"], baseline["small_changes"], baseline["small_improved"]) == (2, 1, 0)
