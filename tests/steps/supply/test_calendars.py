"""Hours by calendar: shifts, weekdays, dates that replace others, and what a period of days adds up to."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sopxl.schema import Tables, conform_all
from sopxl.settings import Settings
from sopxl.steps.supply.calendars import hours_by_day, hours_by_period, working_hours
from sopxl.tables import TABLES

MONDAY = date(2027, 1, 4)
WEEKDAYS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), 8.0)


def calendars(*rows: dict[str, Any]) -> Tables:
    return conform_all(TABLES, {"calendars": pd.DataFrame([{"calendar": "SHOP", **row} for row in rows])})


def test_hours_are_those_of_the_weekday_all_shifts_together() -> None:
    tables = calendars({"shift": "early", **WEEKDAYS}, {"shift": "late", "monday": 4.0, "saturday": 3.0})
    assert hours_by_day(tables, "SHOP", MONDAY, 8).tolist() == [12, 8, 8, 8, 8, 3, 0, 12]


def test_a_calendar_without_rows_never_works_and_no_calendar_always() -> None:
    assert hours_by_day(calendars(), "SHOP", MONDAY, 2).tolist() == [0, 0]
    assert hours_by_day(calendars(), "", MONDAY, 2).tolist() == [24, 24]
    assert [day.tolist() for day in working_hours(calendars(), "", MONDAY, 2)] == [[[0, 24]], [[24, 48]]]


def test_rows_with_dates_replace_the_others_and_the_fewest_days_win() -> None:
    tables = calendars(
        {"shift": "early", **WEEKDAYS}, {"shift": "late", **WEEKDAYS},
        {"shift": "early", "from_date": "2027-01-05", "until_date": "2027-01-08", **WEEKDAYS},
        {"shift": "closed", "from_date": "2027-01-07"},
    )
    assert hours_by_day(tables, "SHOP", MONDAY, 5).tolist() == [16, 8, 8, 0, 8]


def test_a_row_with_a_last_day_only_holds_until_then() -> None:
    tables = calendars({"until_date": "2027-01-04", "monday": 5.0, "tuesday": 5.0}, {"tuesday": 2.0})
    assert hours_by_day(tables, "SHOP", MONDAY, 3).tolist() == [5, 2, 0]


def test_a_row_that_ends_before_it_starts_holds_never() -> None:
    tables = calendars({"from_date": "2027-01-06", "until_date": "2027-01-04", **WEEKDAYS})
    assert hours_by_day(tables, "SHOP", MONDAY, 5).tolist() == [0, 0, 0, 0, 0]


def test_a_day_has_at_most_24_hours() -> None:
    tables = calendars({"shift": "a", "monday": 24.0}, {"shift": "b", "monday": 12.0})
    assert hours_by_day(tables, "SHOP", MONDAY, 1).tolist() == [24]
    assert np.diff(working_hours(tables, "SHOP", MONDAY, 1)[0]).ravel() == pytest.approx([16, 8])


def test_intervals_start_with_their_shifts_run_past_midnight_and_never_overlap() -> None:
    tables = calendars(
        {"shift": "night", "start": 22.0, "monday": 9.0}, {"shift": "early", "start": 6.0, "tuesday": 8.0},
        {"shift": "late", "start": 6.0, "tuesday": 2.0},
    )
    told = working_hours(tables, "SHOP", MONDAY, 3)
    assert [day.tolist() for day in told] == [[[22, 31]], [[31, 39], [39, 41]], []]
    assert told[2].shape == (0, 2)


def test_hours_add_up_over_the_days_of_each_period() -> None:
    settings = Settings(bucket="week", first_period="2027-W01", horizon=2)
    tables = calendars(WEEKDAYS, {"from_date": "2027-01-11"})
    hours = hours_by_period(tables, pd.Series(["SHOP", "", "SHOP"]), settings)
    assert hours.tolist() == [[40, 32], [168, 168], [40, 32]]
    months = Settings(first_period="2027-02", horizon=3)
    assert hours_by_period(tables, pd.Series(["SHOP"]), months).tolist() == [[160, 184, 176]]
    assert hours_by_period(tables, pd.Series([], dtype=object), months).shape == (0, 3)
