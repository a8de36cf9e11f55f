"""Present values, payback and flows that go on, against cases worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopxl.steps.strategy.valuation import continued, discount_factors, end_of_life, net_present_value, payback
from tests.small_company import SETTINGS

YEARLY = replace(SETTINGS, bucket="quarter", first_period="2027-Q1", discount_rate=10.0)


def by_year(*flow: float) -> np.ndarray:
    """A flow by quarters that comes at the end of each year."""
    quarters = np.zeros((len(flow), 4))
    quarters[:, 3] = flow
    return quarters.ravel()


def test_the_value_of_a_flow_is_that_of_the_textbook() -> None:
    # 100 at the end of each of three years at 10 %: the annuity factor is 2.48685
    assert net_present_value(by_year(100, 100, 100), YEARLY) == pytest.approx(248.685, abs=0.001)


def test_twelve_months_discount_as_one_year() -> None:
    assert discount_factors(12, SETTINGS)[11] == pytest.approx(1 / 1.1)
    assert discount_factors(12, SETTINGS)[5] == pytest.approx(1.1 ** -0.5)


def test_payback_takes_a_part_of_the_period_in_which_the_money_is_back() -> None:
    assert payback(np.array([-100.0, 30.0, 40.0, 60.0])) == pytest.approx(3.5)


def test_payback_counts_from_the_last_time_that_money_is_out() -> None:
    assert payback(np.array([-10.0, 20.0, -30.0, 40.0])) == pytest.approx(3.5)


def test_what_never_comes_back_has_no_payback_and_what_is_never_out_has_none_to_wait_for() -> None:
    assert np.isnan(payback(np.array([-10.0, 2.0])))
    assert payback(np.array([1.0, 2.0])) == 0.0


def test_a_flow_goes_on_as_in_the_periods_of_its_last_year() -> None:
    flow = np.array([0.0, 0.0, 10.0, 20.0])
    assert continued(flow, 2, 6, SETTINGS).tolist() == [0, 0, 10, 20, 15, 15, 15]
    assert continued(flow, 2, 2, SETTINGS).tolist() == flow.tolist()
    assert continued(flow, 9, 10, SETTINGS)[4:].tolist() == [0.0] * 7


def test_a_life_of_half_a_year_from_the_third_period_ends_in_the_eighth() -> None:
    assert end_of_life(2, 0.5, SETTINGS) == 7
    assert np.isnan(end_of_life(2, float("nan"), SETTINGS))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=24), st.floats(0.0, 1.0))
def test_value_is_linear_in_the_flow(flow: list[float], share: float) -> None:
    whole = net_present_value(np.array(flow), SETTINGS)
    parts = [net_present_value(np.array(flow) * part, SETTINGS) for part in (share, 1.0 - share)]
    assert sum(parts) == pytest.approx(whole, abs=1e-5)
