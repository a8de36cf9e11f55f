"""Exceptions of what people say: raised where opinions, overrides or orders call for a talk, and not elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from sopxl.exceptions import Rows
from sopxl.schema import Finding
from sopxl.settings import Settings
from sopxl.steps.demand.exceptions import Situation
from sopxl.steps.demand.exceptions.opinions import (
    opinions_far_apart,
    orders_beyond_the_forecast,
    override_cannot_hold,
)
from sopxl.steps.demand.forecasting.selection import Choice
from sopxl.steps.demand.overrides import Trouble
from tests.steps.demand.demand_cases import history_of

SETTINGS = Settings(first_period="2027-01", horizon=3)
NONE = float("nan")


@pytest.fixture
def situation() -> Situation:
    """Two series of which nothing is worth telling: 100 a period at a price of 10, half of it on order."""
    flat = np.full((2, 3), 100.0)
    silent = np.full((2, 3), NONE)
    measures = {"Baseline forecast": flat, "Price": np.full((2, 3), 10.0), "Orders in hand": flat / 2,
                "Consumed by other periods": 0 * flat, "Sales": silent, "Finance": silent, "Sales spread": silent}
    return Situation(history_of(np.full((2, 12), 100.0)), cast(Choice, None), SETTINGS, measures, flat)


def measured(situation: Situation, **rows: list[list[float]]) -> Situation:
    values = {name.replace("_", " "): np.array(value, float) for name, value in rows.items()}
    return replace(situation, measures={**situation.measures, **values})


def told(kind: Callable[[Situation], Rows], situation: Situation) -> list[dict[str, Any]]:
    rows = kind(situation)
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize("kind", [override_cannot_hold, opinions_far_apart, orders_beyond_the_forecast])
def test_where_all_is_well_nothing_is_told(kind: Callable[[Situation], Rows], situation: Situation) -> None:
    assert told(kind, situation) == []


def test_two_roles_that_expect_very_different_demand_are_told_with_what_each_says(situation: Situation) -> None:
    nobody = [NONE] * 3
    views = measured(situation, Sales_spread=[nobody, [NONE, 150, 130]], Finance=[nobody, [NONE, 90, NONE]])
    [row] = told(opinions_far_apart, views)
    assert (row["item"], row["location"], row["period"]) == ("1", "M", "2027-02")
    assert row["money"] == 600
    assert "sales 150, finance 90 units; the baseline is 100." in row["message"]


def test_one_role_alone_or_a_small_difference_is_not_told(situation: Situation) -> None:
    nobody = [NONE] * 3
    assert told(opinions_far_apart, measured(situation, Sales=[nobody, [500, 500, 500]])) == []
    near = measured(situation, Sales=[nobody, [110, 100, 100]], Finance=[nobody, [100, 100, 100]])
    assert told(opinions_far_apart, near) == []


def test_orders_that_nobody_forecast_are_told_in_the_first_period_that_has_too_many(situation: Situation) -> None:
    orders = measured(situation, Orders_in_hand=[[0, 130, 190], [0, 0, 0]],
                      Consumed_by_other_periods=[[20, 0, 0], [0, 0, 0]])
    [row] = told(orders_beyond_the_forecast, orders)
    assert (row["item"], row["period"], row["quantity"], row["money"]) == ("0", "2027-02", 100, 1000)
    assert row["message"].startswith("100 units of 0 in M are on order beyond")


def test_an_override_that_cannot_hold_is_told_at_its_worth_and_a_note_is_not(situation: Situation) -> None:
    troubles = (Trouble(Finding("warning", "It cannot hold.", "Correct it."), 75.0),
                Trouble(Finding("note", "It is replaced.", "Delete it.")))
    rows = told(override_cannot_hold, replace(situation, override_troubles=troubles))
    assert rows == [{"money": 75.0, "message": "It cannot hold.", "remedy": "Correct it."}]
