"""A level that has shifted for good is told with its old and new level; what comes and goes is not."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from sopxl.settings import Settings
from sopxl.steps.demand.exceptions import Situation
from sopxl.steps.demand.exceptions.shifts import level_has_shifted
from sopxl.steps.demand.forecasting.selection import Choice
from tests.steps.demand.demand_cases import history_of

SETTINGS = Settings(first_period="2026-01", horizon=12)
STEADY = np.array([100, 104, 97, 101, 95, 103, 99, 106, 98, 102, 96, 100] * 3, float)
PERIOD = np.arange(36)


def shifts(*series: Any) -> list[dict[str, Any]]:
    values = np.array(series, float)
    plan = np.full((len(values), 12), 100.0)
    situation = Situation(history_of(values), cast(Choice, None), SETTINGS, {"Price": np.full(plan.shape, 10.0)}, plan)
    return cast("list[dict[str, Any]]", level_has_shifted(situation))


def test_a_shift_is_told_with_its_first_period_its_levels_and_what_a_year_of_it_is_worth() -> None:
    (row,) = shifts(np.where(PERIOD >= 29, 2.5 * STEADY, STEADY))
    assert (row["item"], row["location"], row["period"]) == ("0", "M", "2025-06")
    assert row["money"] == pytest.approx(150 * 10 * 12, rel=0.05)
    assert row["message"].startswith("0 in M sells about 24")
    assert "a month since 2025-06; before it was about 10" in row["message"]


def test_a_fall_is_told_too() -> None:
    (row,) = shifts(np.where(PERIOD >= 29, 0.4 * STEADY, STEADY))
    assert (row["period"], row["quantity"] < 0) == ("2025-06", True)


@pytest.mark.parametrize("values", [
    STEADY,
    np.where(PERIOD == 29, 9 * STEADY, STEADY),
    np.where(PERIOD >= 34, 3 * STEADY, STEADY),
    np.where(PERIOD >= 12, 3 * STEADY, STEADY),
    STEADY * (1 + 0.03 * PERIOD),
    STEADY * (1 + 0.6 * np.sin(2 * np.pi * PERIOD / 12)),
    np.where(PERIOD % 3 == 0, 30.0, 0.0) * np.where(PERIOD >= 29, 3, 1),
], ids=["steady", "spike", "too new", "long ago", "trend", "season", "intermittent"])
def test_what_is_no_shift_is_not_told(values: np.ndarray) -> None:
    assert shifts(values) == []


def test_a_history_of_less_than_two_years_cannot_tell_a_shift_from_a_season() -> None:
    assert shifts(np.where(PERIOD[:20] >= 14, 3.0, 1.0) * STEADY[:20]) == []
