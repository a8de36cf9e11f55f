"""Safety factors against tables of the normal distribution, against simulation, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.targets.safety_factors import (
    curvature_of,
    factor_for_service,
    factor_for_shortage,
    service_of,
    shortage,
)

SKEWNESS = st.floats(0, 2)
STRAIGHT = np.zeros(1)


@pytest.mark.parametrize(("factor", "loss"), [(0.0, 0.3989), (0.5, 0.1978), (1.0, 0.0833), (2.0, 0.0085)])
def test_the_standard_loss_is_that_of_the_table(factor: float, loss: float) -> None:
    """Silver, Pyke, Thomas (2017), appendix II: G(k) of the unit normal."""
    assert shortage(np.array([factor]), STRAIGHT)[0] == pytest.approx(loss, abs=6e-5)


def test_the_factor_of_the_normal_distribution() -> None:
    assert factor_for_service(np.array([0.95]), STRAIGHT)[0] == pytest.approx(1.644853627)


@settings(max_examples=50, deadline=None)
@given(SKEWNESS)
def test_the_curvature_gives_the_skewness(skewness: float) -> None:
    c = curvature_of(np.array([skewness]))[0]
    straight = 1 - 2 * c * c
    assert 6 * straight * c + 8 * c**3 == pytest.approx(skewness, abs=1e-9)


@pytest.mark.parametrize("skewness", [0.0, 0.7, 2.0])
def test_service_and_shortage_are_those_of_simulated_demand(skewness: float) -> None:
    curvature = curvature_of(np.array([skewness]))
    z = np.random.default_rng(7).normal(size=400_000)
    demand = np.sqrt(1 - 2 * curvature**2) * z + curvature * (z * z - 1)
    for level in (0.6, 0.9, 0.98):
        factor = factor_for_service(np.array([level]), curvature)
        assert (demand <= factor).mean() == pytest.approx(level, abs=0.002)
        assert shortage(factor, curvature)[0] == pytest.approx(np.maximum(demand - factor, 0).mean(), abs=0.002)


@settings(max_examples=80, deadline=None)
@given(SKEWNESS, st.floats(0.5, 0.9999), st.floats(1e-6, 0.5))
def test_factor_and_service_belong_together(skewness: float, level: float, short: float) -> None:
    curvature = curvature_of(np.array([skewness]))
    factor = factor_for_service(np.array([level]), curvature)
    assert service_of(factor, curvature)[0] == pytest.approx(level, abs=1e-5)
    found = factor_for_shortage(np.array([short]), curvature)
    assert found[0] >= 0
    expected = min(short, shortage(STRAIGHT, curvature)[0])
    assert shortage(found, curvature)[0] == pytest.approx(expected, rel=1e-6)


def test_skewness_to_the_left_counts_as_none() -> None:
    assert curvature_of(np.array([-1.0, np.nan])).tolist() == [0, 0]
