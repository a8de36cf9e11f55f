"""Periods: labels, lengths, lead times."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sopxl.periods import Periods, is_label, labels_of_dates, parse


@pytest.mark.parametrize(
    ("bucket", "first", "labels"),
    [
        ("week", "2026-W52", ["2026-W52", "2026-W53", "2027-W01"]),
        ("month", "2026-11", ["2026-11", "2026-12", "2027-01"]),
        ("quarter", "2026-Q3", ["2026-Q3", "2026-Q4", "2027-Q1"]),
    ],
)
def test_labels_run_over_the_end_of_the_year(bucket: str, first: str, labels: list[str]) -> None:
    periods = Periods(bucket, first, 3)
    assert periods.labels == labels
    assert Periods(bucket, labels[2], 1).before(2) == labels[:2]


def test_days_and_working_days_are_those_of_the_calendar() -> None:
    periods = Periods("month", "2027-02", 2)
    assert periods.days.tolist() == [28, 31]
    assert periods.working_days.tolist() == [20, 23]
    assert Periods("week", "2026-W49", 1).days.tolist() == [7]


def test_a_lead_time_is_rounded_half_up_to_whole_periods() -> None:
    assert Periods("month", "2027-01", 1).offset(np.array([0, 15, 16, 45, 46])).tolist() == [0, 0, 1, 1, 2]
    assert Periods("week", "2027-W01", 1).offset(np.array([7, 14, 3, 4, np.nan])).tolist() == [1, 2, 0, 1, 0]


@pytest.mark.parametrize("text", ["2026-13", "2026", "12-2026", "2026-W54", "2026-Q5", "", "2026-1", "x2026-12"])
def test_what_is_no_label_is_refused(text: str) -> None:
    assert not is_label(text)
    for bucket in ("week", "month", "quarter"):
        with pytest.raises(ValueError, match="is not a"):
            parse(text, bucket)


@given(some.dates(min_value=pd.Timestamp("2000-01-01").date(), max_value=pd.Timestamp("2080-12-31").date()),
       some.sampled_from(["week", "month", "quarter"]))
def test_a_date_lies_in_the_period_that_its_label_names(day: object, bucket: str) -> None:
    text = labels_of_dates(pd.Series([pd.Timestamp(str(day))]), bucket).iloc[0]
    assert is_label(text)
    period = parse(text, bucket)
    assert period.start_time <= pd.Timestamp(str(day)) <= period.end_time
