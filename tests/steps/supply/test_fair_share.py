"""Fair shares by hand, and what holds whoever draws on how much: nothing is lost, nothing is taken back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopxl.settings import Settings
from sopxl.steps.supply.fair_share import RULES, Receivers, fair_shares

NAN = float("nan")
AMOUNT = st.integers(0, 1000).map(lambda tenths: tenths / 10)


def receivers(wanted: list[float], **given: Any) -> Receivers:
    """Receivers of one group unless said otherwise."""
    count = len(wanted)
    usual: dict[str, Any] = {"group": [0] * count, "priority": [1.0] * count, "quota": [NAN] * count,
                             "stock": [0.0] * count, "use": [1.0] * count} | given
    group = np.asarray(usual.pop("group"), int)
    return Receivers(group=group, wanted=np.asarray(wanted, float),
                     **{name: np.asarray(values, float) for name, values in usual.items()})


def shares(rule: str, supply: list[float], wanted: list[float], **given: Any) -> list[float]:
    """What each gets."""
    found = fair_shares(rule, np.asarray(supply, float), receivers(wanted, **given))
    return [round(float(share), 9) for share in found]


def test_first_priority_is_served_in_full_before_the_next() -> None:
    assert shares("priority", [100], [50, 60, 30], priority=[2, 1, 3]) == [40, 60, 0]


def test_among_equals_who_stands_first_is_first() -> None:
    assert shares("priority", [70], [50, 60], priority=[1, 1]) == [50, 20]


def test_everyone_gets_to_the_same_days_of_supply() -> None:
    """100 + 40 + 20 units last 16 days at 2 + 8 a day: 32 and 128, of which they have 20 and 40."""
    assert shares("equal days", [100], [500, 500], stock=[20, 40], use=[2, 8]) == [12, 88]


def test_who_has_more_days_already_gets_nothing() -> None:
    assert shares("equal days", [60], [500, 500, 500], stock=[300, 0, 10], use=[1, 1, 6]) == [0, 10, 50]


def test_what_one_does_not_need_for_its_days_goes_to_the_others() -> None:
    assert shares("equal days", [100], [10, 500, 500], use=[5, 5, 10]) == [10, 30, 60]


def test_who_uses_nothing_comes_last() -> None:
    assert shares("equal days", [100], [80, 50], use=[0, 4]) == [50, 50]


def test_quotas_are_kept() -> None:
    assert shares("quotas", [100], [500, 500], quota=[0.7, 0.3]) == [70, 30]


def test_what_one_does_not_need_of_its_quota_goes_to_the_others_in_proportion() -> None:
    assert shares("quotas", [100], [10, 500, 500], quota=[0.4, 0.4, 0.2]) == [10, 60, 30]


def test_without_quotas_demand_decides() -> None:
    assert shares("quotas", [100], [150, 50]) == [75, 25]


def test_those_without_a_quota_share_the_rest_by_demand() -> None:
    assert shares("quotas", [100], [500, 60, 120], quota=[0.4, NAN, NAN]) == [40, 20, 40]


def test_a_quota_of_nothing_gets_what_nobody_else_wants() -> None:
    assert shares("quotas", [100], [70, 50], quota=[1.0, 0.0]) == [70, 30]


def test_groups_do_not_share() -> None:
    found = shares("quotas", [10, 500, 30], [20, 100, 20, 60, 7], group=[0, 1, 0, 2, 2],
                   quota=[NAN, 1.0, NAN, 0.9, 0.1])
    assert found == [5, 100, 5, 27, 3]


def test_no_receiver_and_no_supply_are_no_trouble() -> None:
    for name in RULES:
        assert shares(name, [], []) == []
        assert shares(name, [0, -5], [3, 4], group=[0, 1]) == [0, 0]


def test_every_choice_of_the_setting_is_a_rule() -> None:
    declared = next(one for one in fields(Settings) if one.name == "fair_share")
    assert set(RULES) == set(declared.metadata["choices"])


@st.composite
def shortages(draw: st.DrawFn) -> tuple[np.ndarray, Receivers]:
    count, groups = draw(st.integers(1, 8)), draw(st.integers(1, 3))

    def each(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count))

    found = receivers(each(AMOUNT), group=each(st.integers(0, groups - 1)), priority=each(st.integers(1, 3)),
                      quota=each(st.one_of(st.just(NAN), st.sampled_from([0.0, 0.2, 0.5, 1.0]))), stock=each(AMOUNT),
                      use=each(AMOUNT))
    return np.asarray(draw(st.lists(AMOUNT, min_size=groups, max_size=groups)), float), found


@pytest.mark.parametrize("rule", list(RULES))
@given(case=shortages())
@settings(max_examples=60, deadline=None)
def test_all_is_given_out_and_nobody_gets_more_than_it_wants(rule: str, case: tuple[np.ndarray, Receivers]) -> None:
    supply, those = case
    given_out = fair_shares(rule, supply, those)
    assert (given_out >= 0).all()
    assert (given_out <= those.wanted + 1e-9).all()
    wanted = np.bincount(those.group, those.wanted, len(supply))
    np.testing.assert_allclose(np.bincount(those.group, given_out, len(supply)), np.minimum(supply, wanted), atol=1e-6)


@given(case=shortages())
@settings(max_examples=60, deadline=None)
def test_nobody_who_gets_something_ends_above_one_who_still_wants(case: tuple[np.ndarray, Receivers]) -> None:
    supply, those = case
    got = fair_shares("equal days", supply, those)
    uses = those.use > 0
    days = np.divide(those.stock + got, those.use, out=np.zeros_like(got), where=uses)
    for group in range(len(supply)):
        here = uses & (those.group == group)
        rich, poor = here & (got > 1e-6), here & (got < those.wanted - 1e-6)
        if rich.any() and poor.any():
            assert days[rich].max() <= days[poor].min() + 1e-4
