"""Placing safety stock along a network: published examples, brute force on small networks, and what always holds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.targets import placement
from sopxl.steps.supply.targets.placement import Placement, Stages, longest_times, place

FREE = math.inf


def square_roots(weight: list[float]) -> Callable[[np.ndarray], np.ndarray]:
    """Cost of stock that grows with the root of the time covered."""
    return lambda covered: np.array(weight)[:, None] * np.sqrt(covered)


def stages(
    time: list[float], most_out: list[float], arcs: list[tuple[int, int]], weight: list[float], step: float = 1.0
) -> Stages:
    """Stages with arcs from suppliers to users."""
    ends = np.array(arcs, int).reshape(-1, 2)
    return Stages(np.array(time, float), np.array(most_out, float), ends[:, 0], ends[:, 1], square_roots(weight), step)


def test_the_tree_of_example_6_5() -> None:
    """Snyder & Shen, Fundamentals of Supply Chain Theory (2019), example 6.5: 2 root 2 + root 6 + 3 = 8.2779.

    Stage 1 waits one day for its own supplier: that counts with its time of two. The first inner stages see two
    customers of deviation 1: root 2. Stage order: 1, 2, 3, 4.
    """
    tree = stages([3, 1, 1, 1], [FREE, 0, FREE, 1], [(0, 2), (2, 1), (2, 3)],
                  [1 * math.sqrt(2), 3, 2 * math.sqrt(2), 3])
    found = place(tree)
    assert found.cost == pytest.approx(2 * math.sqrt(2) + math.sqrt(6) + 3)
    assert found.cost == pytest.approx(8.277916867529369)
    assert found.time_out.tolist() == [0, 0, 0, 1]
    assert found.bound == pytest.approx(found.cost)


CAMERA_TIMES = [2, 3, 2, 4, 2, 3, 6, 4, 3, 2]
CAMERA_HOLDING = [0.01, 0.03, 0.04, 0.06, 0.12, 0.13, 0.20, 0.08, 0.04, 0.50]
CAMERA_ARCS = [(0, 1), (1, 2), (2, 4), (3, 4), (4, 5), (6, 9), (5, 9), (7, 9), (8, 9)]


@pytest.mark.parametrize(("promised", "cost"), [
    (2, 18.8240044725922), (5, 12.4686888061037), (8, 3.25788236403285), (12, 0.232617430735335),
])
def test_the_digital_camera_of_figure_6_14(promised: float, cost: float) -> None:
    """Snyder & Shen (2019), figure 6.14, after Graves & Willems (2000): the optimal costs that stockpyl 1.0 gives."""
    weight = [holding * 10 * 1.6448536269514722 for holding in CAMERA_HOLDING]
    found = place(stages([float(time) for time in CAMERA_TIMES], [FREE] * 9 + [promised], CAMERA_ARCS, weight))
    assert found.cost == pytest.approx(cost, rel=1e-9)
    assert found.bound == pytest.approx(cost, rel=1e-9)


@pytest.mark.parametrize(("promised", "cost"), [
    ((3, 3), 15.649530249501), ((0, 7), 13.121240238718), ((21, 5), 10.5811190103555),
])
def test_the_assembly_with_two_customers_of_problem_6_9(promised: tuple[float, float], cost: float) -> None:
    """Snyder & Shen (2019), problem 6.9: the optimal costs that stockpyl 1.0 gives."""
    deviation = [4.1, 6.2, *[math.hypot(4.1, 6.2)] * 4]
    weight = [4 * price * 0.2 / 365 * spread
              for price, spread in zip([220, 140, 90, 5, 20, 7.5], deviation, strict=True)]
    arcs = [(5, 4), (3, 2), (4, 2), (2, 0), (2, 1)]
    found = place(stages([7, 7, 21, 3, 8, 2], [*promised, *[FREE] * 4], arcs, weight))
    assert found.cost == pytest.approx(cost, rel=1e-9)


def test_a_serial_line_that_keeps_all_stock_at_the_end() -> None:
    """Snyder & Shen (2019), problem 6.7: 4 x 10 x 4 x root 5 = 160 root 5."""
    found = place(stages([2, 1, 2], [FREE, FREE, 0], [(0, 1), (1, 2)], [80, 120, 160]))
    assert found.cost == pytest.approx(160 * math.sqrt(5))
    assert found.time_out.tolist() == [2, 3, 0]


def brute_force(network: Stages) -> float:
    """The least cost over all service times out on the grid."""
    longest = longest_times(network)
    ranges = [range(int(min(most, time) // network.step) + 1)
              for most, time in zip(network.most_out, longest, strict=True)]
    best = math.inf
    for steps in itertools.product(*ranges):
        time_out = np.array(steps) * network.step
        time_in = np.zeros(len(steps))
        np.maximum.at(time_in, network.user, time_out[network.supplier])
        covered = time_in + network.time - time_out
        if (covered >= -1e-9).all():
            best = min(best, float(network.cost(np.maximum(covered, 0.0)[:, None]).sum()))
    return best


@st.composite
def networks(draw: st.DrawFn, is_tree: bool) -> Stages:
    """Up to five stages with short times; arcs run from lower to higher numbers."""
    count = draw(st.integers(1, 5))
    weight = draw(st.lists(st.floats(0.1, 9.0), min_size=count, max_size=count))
    time = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=count, max_size=count))
    most = draw(st.lists(st.sampled_from([0.0, 1.0, FREE]), min_size=count, max_size=count))
    arcs = [(draw(st.integers(0, user - 1)), user) for user in range(1, count) if draw(st.booleans())]
    if not is_tree:
        arcs += [(one, other) for one, other in itertools.combinations(range(count), 2)
                 if (one, other) not in arcs and draw(st.booleans())]
    return stages(time, most, arcs, weight)


def local(network: Stages) -> float:
    """Cost where each stock covers its own time."""
    return float(network.cost(network.time[:, None]).sum())


@settings(max_examples=60, deadline=None)
@given(networks(is_tree=True))
def test_on_a_tree_nothing_costs_less_than_the_answer(network: Stages) -> None:
    found = place(network)
    assert found.cost == pytest.approx(brute_force(network), abs=1e-9)
    assert found.bound == pytest.approx(found.cost, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(networks(is_tree=False))
def test_on_any_small_network_nothing_costs_less_than_the_answer(network: Stages) -> None:
    found, best = place(network), brute_force(network)
    assert found.cost == pytest.approx(best, rel=1e-5, abs=1e-9)
    assert found.bound == pytest.approx(best, rel=1e-5, abs=1e-9)
    assert found.bound <= best + 1e-9
    assert found.cost <= local(network) + 1e-9
    assert_promises_are_kept(network, found)


def meshed(seed: int, count: int) -> Stages:
    """So many stages, each drawing on up to three of those before it, two of them promising at once."""
    random = np.random.default_rng(seed)
    arcs = [(int(supplier), user) for user in range(1, count)
            for supplier in random.choice(user, size=min(user, 3), replace=False)]
    most = [FREE] * (count - 2) + [0.0, 0.0]
    time, weight = random.integers(0, 4, count).astype(float), random.uniform(0.1, 9, count)
    return stages(time.tolist(), most, arcs, weight.tolist())


@pytest.mark.parametrize("seed", range(3))
def test_a_meshed_network_is_placed_exactly(seed: int) -> None:
    found = place(meshed(seed, 9))
    assert found.cost == pytest.approx(found.bound, rel=1e-5)
    assert_promises_are_kept(meshed(seed, 9), found)


def test_where_there_is_no_time_for_whole_numbers_the_answer_lies_between_its_bound_and_the_best(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the search alone finds is kept, is never better than the best, and its bound never above it."""
    network = meshed(0, 9)
    best = place(network).cost
    monkeypatch.setattr(placement, "SECONDS", 0.0)
    searched = place(network)
    assert searched.bound <= best + 1e-6
    assert best - 1e-6 <= searched.cost <= local(network) + 1e-9
    assert_promises_are_kept(network, searched)


def assert_promises_are_kept(network: Stages, found: Placement) -> None:
    """Nobody quotes more than it may or needs, and everybody waits for all its suppliers."""
    assert (found.time_out <= network.most_out + 1e-9).all()
    assert (found.time_out <= found.time_in + network.time + 1e-9).all()
    assert (found.time_in[network.user] >= found.time_out[network.supplier] - 1e-9).all()


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        place(stages([1, 1], [FREE, FREE], [(0, 1), (1, 0)], [1, 1]))


def test_no_stages_cost_nothing() -> None:
    assert place(stages([], [], [], [])).cost == 0
