"""Customers share what there is by the setting Fair share; what they do not get waits."""

from __future__ import annotations

import numpy as np
import pytest

from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.shortage import use_ahead
from tests.steps.supply.balance_networks import small_network

NAN = float("nan")


def shipped(rule: str, quota: float = NAN) -> list[list[float]]:
    """100 on hand and 50 to come in the third period; A wants 30, B 90 a period, and B is served first."""
    network = small_network(
        3, {"fair_share": rule}, nodes=[{"on_hand": 100.0}],
        demands=[{"market": "A", "priority": 2.0, "quota": quota}, {"market": "B", "priority": 1.0}],
        demand=[[30.0], [90.0]], open_other=[[0.0, 0.0, 50.0]],
    )
    found = plan_requirements(network).shipment
    return [[round(float(value), 6) for value in row] for row in found]


@pytest.mark.parametrize(("rule", "expected"), [
    ("priority", [[10, 0, 0], [90, 0, 50]]),
    ("equal days", [[25, 0, 12.5], [75, 0, 37.5]]),
    ("quotas", [[25, 0, 12.5], [75, 0, 37.5]]),
])
def test_customers_share_by_the_rule(rule: str, expected: list[list[float]]) -> None:
    assert shipped(rule) == expected


def test_a_quota_is_kept_while_there_is_not_enough() -> None:
    assert shipped("quotas", 0.1) == [[10, 0, 5], [90, 0, 45]]


def test_use_ahead_is_the_mean_of_three_periods_as_far_as_there_are_so_many() -> None:
    assert use_ahead(np.array([[3.0, 6.0, 9.0, 12.0]])).tolist() == [[6.0, 9.0, 10.5, 12.0]]
    assert use_ahead(np.zeros((0, 4))).shape == (0, 4)
