"""The fuzzed series are what they are called, and the same for the same seed."""

from __future__ import annotations

import numpy as np

from tests.steps.demand.forecasting.fuzzed_series import KINDS, fuzzed_series

KIND = list(KINDS)


def of_kind(values: np.ndarray, name: str) -> np.ndarray:
    return values[KIND.index(name) :: len(KIND)]


def test_the_same_seed_gives_the_same_series_and_another_seed_others() -> None:
    np.testing.assert_array_equal(fuzzed_series(60, 1), fuzzed_series(60, 1))
    assert not np.array_equal(fuzzed_series(60, 1), fuzzed_series(60, 2), equal_nan=True)


def test_every_kind_is_what_its_name_says() -> None:
    values = fuzzed_series(20 * len(KIND), 3)
    known = ~np.isnan(values)
    assert not np.isinf(values).any()
    assert not of_kind(known, "none_known").any()
    assert (of_kind(known, "one_point").sum(axis=1) == 1).all()
    assert (of_kind(known, "one_point_long_ago").sum(axis=1) == 1).all()
    assert (np.nansum(of_kind(values, "all_zero"), axis=1) == 0).all()
    assert ((of_kind(values, "one_sale") > 0).sum(axis=1) == 1).all()
    assert np.nanmax(of_kind(values, "all_negative")) < 0
    assert np.nanmin(of_kind(values, "some_negative")) < 0
    assert np.nanmax(of_kind(values, "huge")) > 1e100
    assert np.nanmin(of_kind(values, "tiny")) < 1e-100
    assert np.nanmin(of_kind(values, "plain")) > 0
    equal = of_kind(values, "all_equal")
    assert (np.nanmax(equal, axis=1) == np.nanmin(equal, axis=1)).all()
