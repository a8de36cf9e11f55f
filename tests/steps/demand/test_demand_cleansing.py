"""Cleansing: what is proposed and what is not, in which words, and what planners' decisions make of the history."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.demand import cleansing
from sopxl.steps.demand.cleansing import SENTENCES, propose_corrections, with_corrections
from sopxl.steps.demand.history import History, read_history
from sopxl.steps.demand.suspicions import DETECTORS, Usual, usual_demand
from sopxl.steps.demand.tables import HISTORY_CORRECTIONS
from tests.steps.demand.demand_cases import public_series, sales, tables_of

SETTINGS = Settings(first_period="2026-01", horizon=6)
STEADY = [100, 104, 97, 101, 95, 103, 99, 106, 98, 102, 96, 100] * 3
NAN = float("nan")


def company(settings: Settings = SETTINGS, corrections: Any = (), **items: Any) -> Tables:
    """Items by their sales of the last periods, all in one market, at a price of 10."""
    records = [row for item, values in items.items() for row in sales(item, "FR-S", list(values), settings)]
    return tables_of(settings, items=[{"item": item, "name": f"The {item}", "family": "F"} for item in items],
                     sales_history=records, history_corrections=list(corrections))


def proposals(tables: Tables, settings: Settings = SETTINGS, explained: np.ndarray | None = None) -> pd.DataFrame:
    return propose_corrections(read_history(tables, settings), tables, settings, explained)


def used_by(tables: Tables, settings: Settings = SETTINGS) -> History:
    history = read_history(tables, settings)
    return with_corrections(history, propose_corrections(history, tables, settings), settings)


def spoilt(**changes: float) -> list[float]:
    """Three years of steady sales with some periods changed (``p30=900``: the thirty-first)."""
    values = [float(value) for value in STEADY]
    for place, value in changes.items():
        values[int(place[1:])] = value
    return values


def usual_of(values: np.ndarray, days: np.ndarray | None = None) -> Usual:
    rows = np.arange(len(values))
    days = np.full(values.shape[1], 21.0) if days is None else days
    return usual_demand(values, 12, [rows * 0, rows * 0, rows, rows], days, np.zeros(values.shape, dtype=bool))


def test_an_outlier_is_proposed_with_its_value_its_money_and_a_sentence() -> None:
    (row,) = proposals(company(A=spoilt(p29=900))).to_dict("records")
    assert (row["item"], row["name"], row["market"], row["period"]) == ("A", "The A", "EU Shop", "2025-06")
    assert (row["reason"], row["sold"], row["used"], row["decision"]) == ("outlier", 900, 900, "")
    assert 95 <= row["proposed"] <= 105
    assert row["money"] == pytest.approx(10 * (900 - row["proposed"]), rel=1e-6)
    assert row["explanation"].startswith(f"Sold 900, usually about {row['proposed']:.0f} in June; ")
    assert row["explanation"].endswith(" times the usual deviation.")


def test_periods_without_sales_in_steady_sales_are_a_stock_out_and_those_at_the_end_an_end() -> None:
    found = proposals(company(A=spoilt(p20=0, p21=0), B=spoilt(p33=0, p34=0, p35=0), C=spoilt(p35=0)))
    assert sorted(zip(found["item"], found["period"], found["reason"], strict=True)) == [
        ("A", "2024-09", "stock-out"), ("A", "2024-10", "stock-out"), ("C", "2025-12", "stock-out")]
    assert found["proposed"].between(90, 110).all()
    assert found["explanation"].str.startswith("Nothing sold, usually about ").all()


def test_very_little_sold_is_a_stock_out_and_what_came_later_is_told() -> None:
    found = proposals(company(A=spoilt(p20=15, p21=150)))
    row = found[found["period"] == "2024-09"].iloc[0]
    assert row["reason"] == "stock-out"
    assert row["explanation"].startswith("Only 15 sold, usually about ")
    assert row["explanation"].endswith("The next period sold more than usual: part may have come later.")


@pytest.mark.parametrize("values", [
    STEADY[:18] + [2 * value for value in STEADY[18:]],
    [value * (1 + period / 12) for period, value in enumerate(STEADY)],
    [value * (3 if period % 12 == 11 else 1) for period, value in enumerate(STEADY)],
    [value * (0 if period % 12 == 7 else 1) for period, value in enumerate(STEADY)],
    [0, 0, 5, 0, 0, 7, 0, 3, 0, 0, 6, 0] * 3,
    STEADY[:5],
], ids=["level shift", "trend", "Christmas peak", "closed in August", "intermittent", "short"])
def test_what_is_no_fault_of_the_history_is_not_proposed(values: list[float]) -> None:
    assert proposals(company(A=values)).empty


def test_a_size_out_of_all_proportion_of_what_sells_now_and_then_is_an_outlier() -> None:
    values = [0, 0, 5, 0, 0, 7, 0, 3, 0, 0, 6, 0] * 3
    values[29] = 400
    (row,) = proposals(company(A=values)).to_dict("records")
    assert (row["period"], row["reason"]) == ("2025-06", "outlier")
    assert row["explanation"] == f"Sold 400 at once, where a sale is usually about {row['proposed']:.0f}."
    assert 3 <= row["proposed"] <= 7


def test_what_a_promotion_explains_is_no_outlier() -> None:
    tables = company(A=spoilt(p29=900))
    explained = np.zeros((1, 36), dtype=bool)
    explained[0, 29] = True
    assert proposals(tables, explained=explained).empty


def test_noise_gives_hardly_a_false_alarm_and_spikes_are_found() -> None:
    values = np.maximum(np.random.default_rng(1).normal(100, 20, (300, 60)), 0)
    assert sum((~np.isnan(detect(usual_of(values)))).sum() for detect in DETECTORS.values()) <= 10
    values[:, 40] = 350
    found = DETECTORS["outlier"](usual_of(values))
    assert (~np.isnan(found[:, 40])).mean() > 0.95
    assert np.nanmedian(np.abs(found[:, 40] / 100 - 1)) < 0.15


def test_public_series_are_left_alone_mostly_and_injected_faults_found() -> None:
    past, _ = public_series()
    known = ~np.isnan(past)
    found = [~np.isnan(detect(usual_of(past))) for detect in DETECTORS.values()]
    assert np.logical_or.reduce(found).sum() < 0.005 * known.sum()
    spiked = past.copy()
    spiked[:, 50] *= 5
    again = ~np.isnan(DETECTORS["outlier"](usual_of(spiked)))
    assert again[:, 50][known[:, 50]].mean() > 0.9


def test_months_are_normalised_by_working_days_only_where_sales_move_with_them() -> None:
    rng = np.random.default_rng(3)
    days = rng.choice([19.0, 20.0, 21.0, 22.0, 23.0], 48)
    moved = np.round(1000 * days / 21 * rng.normal(1, 0.01, (20, 48)))
    still = np.round(1000 * rng.normal(1, 0.02, (20, 48)))
    assert np.isnan(DETECTORS["calendar"](usual_of(still, days))).all()
    proposed = DETECTORS["calendar"](usual_of(moved, days))
    assert (~np.isnan(proposed)).mean() > 0.2
    raw = moved / moved.mean()
    cleaned = np.where(np.isnan(proposed), moved, proposed)
    assert (cleaned / cleaned.mean()).std() < 0.7 * raw.std()


def test_the_calendar_sentence_names_the_days(monkeypatch: pytest.MonkeyPatch) -> None:
    def every_day(usual: Usual) -> np.ndarray:
        return np.where(np.arange(usual.sold.shape[1]) == 35, usual.sold * 1.1, np.nan)

    monkeypatch.setitem(DETECTORS, "calendar", every_day)
    (row,) = proposals(company(A=STEADY)).to_dict("records")
    assert row["explanation"].startswith("23 working days, on average 22.0 in December; ")


def test_every_reason_has_its_sentence() -> None:
    assert DETECTORS.keys() == SENTENCES.keys()


@pytest.mark.parametrize(("rule", "decision", "own", "used"), [
    ("when accepted", "", NAN, 900), ("when accepted", "accept", NAN, None), ("when accepted", "refuse", NAN, 900),
    ("unless refused", "", NAN, None), ("unless refused", "refuse", NAN, 900), ("when accepted", "", 250, 250),
    ("unless refused", "refuse", 250, 250), ("when accepted", "Accept", NAN, None),
])
def test_a_decision_or_the_setting_says_what_is_used(
    rule: str, decision: str, own: float, used: float | None
) -> None:
    settings = replace(SETTINGS, corrections=rule)
    answer = {"item": "A", "market": "EU Shop", "period": "2025-06", "reason": "outlier", "decision": decision,
              "own_value": own}
    tables = company(settings, [answer] if decision or own == own else [], A=spoilt(p29=900))
    (row,) = proposals(tables, settings).to_dict("records")
    expected = row["proposed"] if used is None else used
    assert row["used"] == expected
    history = used_by(tables, settings)
    assert history.quantity[0, 29] == expected
    assert history.sold[0, 29] == 900
    assert history.last_year(12)[0, 5] == 900
    assert (history.quantity == history.sold).sum() == 35 + (expected == 900)


def test_a_decided_row_stays_when_it_is_no_longer_proposed_until_its_period_is_gone() -> None:
    decided = [
        {"item": "A", "market": "EU Shop", "period": period, "reason": "outlier", "proposed": 120, "sold": 7,
         "decision": "accept", "explanation": "Sold 7."} for period in ("2025-06", "2022-12", "2026-01", "nonsense")]
    (row,) = proposals(company(corrections=decided, A=STEADY)).to_dict("records")
    assert (row["period"], row["sold"], row["proposed"], row["used"]) == ("2025-06", 103, 120, 120)
    assert row["explanation"] == "Sold 7."


def test_a_row_that_a_planner_adds_corrects_the_history_too() -> None:
    added = [{"item": "A", "market": "EU Shop", "period": "2025-06", "own_value": 80}]
    tables = company(corrections=added, A=STEADY)
    (row,) = proposals(tables).to_dict("records")
    assert (row["reason"], row["used"], row["explanation"]) == ("by hand", 80, "Entered by hand.")
    assert used_by(tables).quantity[0, 29] == 80


def test_of_two_accepted_rows_for_one_period_the_first_counts() -> None:
    rows = pd.DataFrame([{"item": "A", "market": "EU Shop", "period": "2025-06", "proposed": proposed,
                          "decision": "accept"} for proposed in (300, 200, 100)])
    history = read_history(company(A=STEADY), SETTINGS)
    assert with_corrections(history, conform(HISTORY_CORRECTIONS, rows), SETTINGS).quantity[0, 29] == 300


def test_a_settled_period_is_not_proposed_again_for_another_reason() -> None:
    decided = [{"item": "A", "market": "EU Shop", "period": "2025-06", "reason": "stock-out", "decision": "refuse",
                "proposed": 5}]
    found = proposals(company(corrections=decided, A=spoilt(p29=900)))
    assert found["reason"].tolist() == ["stock-out"]


def test_the_dearest_come_first_and_what_is_not_shown_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = company(A=spoilt(p29=900), B=spoilt(p20=500), C=spoilt(p12=2000))
    assert proposals(tables)["item"].tolist() == ["C", "A", "B"]
    monkeypatch.setattr(cleansing, "MOST_PROPOSALS", 2)
    found = proposals(tables)
    assert found["item"].tolist() == ["C", "A"]
    assert found["explanation"].iloc[-1].endswith(
        " 1 more proposal of less money will be shown when these are decided.")


def test_corrections_of_other_series_or_periods_change_nothing() -> None:
    tables = company(A=STEADY)
    history = read_history(tables, SETTINGS)
    strange = conform(HISTORY_CORRECTIONS, pd.DataFrame([
        {"item": item, "market": "EU Shop", "period": period, "own_value": 1.0}
        for item, period in (("B", "2025-06"), ("A", "2026-06"), ("A", "1999-01"), ("A", "2025-W01"))]))
    assert (with_corrections(history, strange, SETTINGS).quantity == history.sold).all()


def test_without_history_there_is_nothing_to_propose() -> None:
    assert proposals(tables_of(SETTINGS)).empty


@hypothesis_settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(st.sampled_from([NAN, 0, 1, 3, 7, 50, 1e6, 0.25]), min_size=1, max_size=40), min_size=1,
                max_size=4), st.sampled_from(["zero", "gap"]), st.sampled_from(["when accepted", "unless refused"]))
def test_whatever_was_sold_only_proposed_periods_change_and_the_record_never(
    rows: list[list[float]], missing: str, rule: str
) -> None:
    settings = replace(SETTINGS, missing_history=missing, corrections=rule)
    tables = company(settings, **{f"I{number}": values for number, values in enumerate(rows)})
    history = read_history(tables, settings)
    before = history.sold.copy()
    found = propose_corrections(history, tables, settings)
    after = with_corrections(history, found, settings)
    assert np.array_equal(after.sold, before, equal_nan=True)
    assert np.array_equal(np.isnan(after.quantity), np.isnan(before))
    assert (found["proposed"] >= 0).all()
    assert np.isfinite(found["proposed"]).all()
    assert not found.duplicated(["item", "market", "period"]).any()
    changed = int((np.nan_to_num(after.quantity) != np.nan_to_num(before)).sum())
    assert changed == (len(found) if rule == "unless refused" else 0)


@pytest.mark.parametrize(("bucket", "first", "count", "season"), [
    ("week", "2026-W01", 150, "week 30"), ("quarter", "2026-Q1", 24, "quarter 1"),
])
def test_weeks_and_quarters_are_cleansed_as_months_are(bucket: str, first: str, count: int, season: str) -> None:
    settings = Settings(bucket=bucket, first_period=first, horizon=8)
    values = np.round(np.random.default_rng(0).normal(100, 8, count))
    values[count - 10], values[count // 2] = 900, 0
    found = proposals(company(settings, A=values), settings)
    assert found["reason"].tolist() == ["outlier", "stock-out"]
    assert f" in {season}" in found["explanation"].iloc[1]
    assert found["proposed"].between(85, 115).all()
