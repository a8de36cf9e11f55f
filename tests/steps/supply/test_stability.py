"""Of plans that cost the same, the one nearest to the last is taken; nothing changes that need not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.network import Flows
from tests.steps.supply.balance_networks import NAN, small_network

TWO_LINES: dict[str, Any] = {
    "nodes": [{}], "demands": [{}], "price": 100.0, "makes": [{}, {}],
    "operations": [{"hours_per_unit": 1.0}, {"make": 1, "resource": 1, "hours_per_unit": 1.0}],
    "resources": [{}, {"resource": "Second"}], "regular_hours": 10.0,
}
"""Two lines that can make the same at the same cost, in any period: nothing costs anything."""


def plan(demand: list[float], last: Any = None, settings: dict[str, Any] | None = None) -> Flows:
    """The plan of the two lines, starts of the last plan given."""
    network = small_network(3, settings, **TWO_LINES, demand=[demand])
    return balance(replace(network, last_production=None if last is None else np.array(last, float)))


def cost(flows: Flows) -> float:
    return sum(flows.cost.values())


@pytest.mark.parametrize("last", [
    [[8, 0, 0], [4, 6, 6]], [[2, 6, 6], [6, 4, 0]], [[4, 4, 4], [4, 4, 4]], [[10, 0, 5], [0, 9, 0]],
])
def test_a_last_plan_that_still_is_among_the_cheapest_stays_as_it_is(last: Any) -> None:
    flows = plan([8, 8, 8], last)
    np.testing.assert_allclose(flows.make_start, last)
    assert cost(flows) == pytest.approx(cost(plan([8, 8, 8])), rel=1e-7, abs=1e-7)


def test_one_unit_more_of_demand_changes_one_unit_of_the_plan() -> None:
    last = [[8, 0, 0], [4, 6, 6]]
    changed = plan([8, 8, 9], last).make_start - last
    assert np.abs(changed).sum() == pytest.approx(1)


def test_a_run_with_its_own_plan_as_the_last_changes_nothing() -> None:
    first = plan([5, 13, 12])
    second = plan([5, 13, 12], first.make_start)
    np.testing.assert_array_equal(second.make_start, first.make_start)
    assert second.cost == first.cost


def test_what_costs_more_is_not_kept() -> None:
    network = small_network(2, nodes=[{"holding_cost": 1.0}], demands=[{}], makes=[{}], price=9.0, demand=[[5, 5]])
    flows = balance(replace(network, last_production=np.array([[10.0, 0.0]])))
    assert flows.make_start.tolist() == [[5, 5]]


def test_it_stays_close_only_where_there_was_a_plan_and_the_setting_says_so() -> None:
    last = [[8, 0, 0], [4, 6, 6]]
    usual = plan([8, 8, 8])
    np.testing.assert_array_equal(plan([8, 8, 8], last, {"stay_close": False}).make_start, usual.make_start)
    np.testing.assert_array_equal(plan([8, 8, 8], np.full((2, 3), NAN)).make_start, usual.make_start)
    partly = plan([8, 8, 8], [[NAN, NAN, 3.0], [NAN, NAN, 2.0]])
    assert partly.make_start[:, 2].tolist() == [3, 2]


def test_whole_lots_stay_whole() -> None:
    network = small_network(3, {"whole_lots": True}, **{**TWO_LINES, "nodes": [{"lot_multiple": 2.0}]},
                            demand=[[8, 8, 8]])
    flows = balance(replace(network, last_production=np.array([[8.0, 0, 0], [4, 6, 6]])))
    np.testing.assert_allclose(flows.make_start % 2, 0, atol=1e-9)
    assert cost(flows) == pytest.approx(0)


def test_where_limits_conflict_the_plan_nearest_to_the_last_is_taken_too() -> None:
    last = np.array([[10.0, 5.0, 0.0], [10.0, 0.0, 5.0]])
    network = small_network(3, **TWO_LINES, demand=[[0, 25, 5]], minimum_stock=[[25, 0, 0]])
    flows = balance(replace(network, last_production=last))
    assert flows.conflicts is not None
    assert flows.conflicts["gives"].tolist() == pytest.approx([5])
    np.testing.assert_allclose(flows.make_start, last)
    np.testing.assert_allclose(balance(replace(network, last_production=last[::-1])).make_start, last[::-1])
