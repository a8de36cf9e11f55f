"""Sharing out: exact sums, in proportion, in hundredths, within the room that each cell has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from sopxl.steps.demand.spreading import share_out

WEIGHTS = st.lists(st.integers(0, 50).map(float), min_size=1, max_size=8).map(np.array)


def shared(amount: float, weights: list[float], room: list[float] | None = None, **more: bool) -> list[float]:
    limit = None if room is None else np.array(room, float)
    parts: list[float] = share_out(amount, np.array(weights, float), limit, **more).tolist()
    return parts


def test_an_amount_is_shared_in_proportion() -> None:
    assert shared(60, [1, 2, 3]) == [10, 20, 30]


def test_the_largest_remainders_take_the_hundredths_that_are_left() -> None:
    assert shared(1, [1, 1, 1]) == [0.34, 0.33, 0.33]
    assert shared(0.05, [1, 2, 3]) == [0.01, 0.02, 0.02]
    assert shared(100, [1, 1, 1], hundredths=False) == pytest.approx([100 / 3] * 3)


def test_what_is_finer_than_a_hundredth_goes_to_the_largest_part() -> None:
    assert shared(10.005, [1, 4]) == pytest.approx([2, 8.005])


def test_what_a_cell_has_no_room_for_goes_to_the_others_in_their_proportions() -> None:
    assert shared(60, [1, 1, 2], [100, 5, 100]) == pytest.approx([18.33, 5, 36.67])
    assert shared(60, [1, 0], [10, 20]) == [10, 20]
    assert shared(15, [1, 0, 0], [10, 20, 5]) == [10, 4, 1]


def test_without_weights_all_share_alike() -> None:
    assert shared(9, [0, 0, 0]) == [3, 3, 3]
    assert shared(9, []) == []


@given(amount=st.integers(0, 10**7).map(lambda thousandths: thousandths / 1000), weights=WEIGHTS)
@limits(max_examples=100, deadline=None)
def test_the_parts_add_up_and_none_is_a_hundredth_off_its_share(amount: float, weights: np.ndarray) -> None:
    parts = share_out(amount, weights)
    assert parts.sum() == pytest.approx(amount, rel=1e-9, abs=1e-9)
    exact = amount * (weights / weights.sum() if weights.sum() else np.full(len(weights), 1 / len(weights)))
    assert (np.abs(parts - exact) < 0.02 + 1e-9).all()
    assert (parts >= 0).all()


@given(amount=st.integers(0, 20000).map(lambda cents: cents / 100), weights=WEIGHTS, data=st.data())
@limits(max_examples=100, deadline=None)
def test_no_part_is_above_its_room_and_the_sum_is_all_that_there_is(
    amount: float, weights: np.ndarray, data: st.DataObject
) -> None:
    rooms = st.lists(st.integers(0, 50000).map(lambda thousandths: thousandths / 1000),
                     min_size=len(weights), max_size=len(weights))
    room = np.array(data.draw(rooms))
    parts = share_out(amount, weights, room)
    assert (parts <= room + 1e-12).all()
    assert (parts >= 0).all()
    assert parts.sum() == pytest.approx(min(amount, room.sum()), rel=1e-9, abs=1e-8)
