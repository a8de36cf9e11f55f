"""Intermittent demand: each method against its source worked out series by series, and what planners expect of it."""

from __future__ import annotations

import numpy as np
import pytest

from sopxl.steps.demand.forecasting import methods_intermittent
from sopxl.steps.demand.forecasting.methods import METHODS, forecast
from sopxl.steps.demand.forecasting.panel import plain_panel

INTERMITTENT = [name for name, one in METHODS.items() if one.function.__module__ == methods_intermittent.__name__]
SALES = np.array([0, 3, 0, 0, 1, 0, 5, 0, 0, 0, 2, 0, 0, 4, 0, 0, 0, 1.0])
ALPHA = 0.2


@pytest.fixture
def one_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods_intermittent, "ALPHAS", np.array([[ALPHA]]))


def rate(name: str, *series: np.ndarray) -> np.ndarray:
    return forecast(name, plain_panel(np.vstack(series), 12), 3)[:, 0]


def croston_by_hand(sales: np.ndarray) -> float:
    size, interval, since, begun = sales[sales > 0].mean(), (len(sales) + 0.5) / ((sales > 0).sum() + 0.5), 1, False
    for value in sales:
        if value > 0:
            size += ALPHA * (value - size)
            interval += ALPHA * (since - interval) if begun else 0
            since, begun = 1, True
        else:
            since += 1
    return float(size / interval)


def tsb_by_hand(sales: np.ndarray) -> float:
    size, chance = sales[sales > 0].mean(), ((sales[:12] > 0).sum() + 0.5) / (len(sales[:12]) + 0.5)
    for value in sales:
        chance += ALPHA * ((value > 0) - chance)
        size += ALPHA * (value - size) if value > 0 else 0
    return float(chance * size)


def smoothed_by_hand(sums: np.ndarray) -> float:
    level = sums.mean()
    for value in sums:
        level += ALPHA * (value - level)
    return float(level)


@pytest.mark.usefixtures("one_constant")
def test_croston_and_its_correction_follow_their_recursion() -> None:
    assert rate("croston", SALES)[0] == pytest.approx(croston_by_hand(SALES))
    assert rate("croston (SBA)", SALES)[0] == pytest.approx((1 - ALPHA / 2) * croston_by_hand(SALES))


@pytest.mark.usefixtures("one_constant")
def test_tsb_follows_its_recursion() -> None:
    assert rate("TSB", SALES)[0] == pytest.approx(tsb_by_hand(SALES))


@pytest.mark.usefixtures("one_constant")
def test_adida_smooths_sums_over_the_mean_interval_that_end_with_the_history() -> None:
    assert round(len(SALES) / (SALES > 0).sum()) == 3
    assert rate("ADIDA", SALES)[0] == pytest.approx(smoothed_by_hand(SALES.reshape(6, 3).sum(axis=1)) / 3)


@pytest.mark.usefixtures("one_constant")
def test_imapa_is_the_mean_of_smoothings_up_to_the_mean_interval() -> None:
    by_length = [smoothed_by_hand(SALES.reshape(-1, periods).sum(axis=1)) / periods for periods in (1, 2, 3)]
    assert rate("IMAPA", SALES)[0] == pytest.approx(np.mean(by_length))


def test_the_fading_mean_is_drawn_to_nothing_by_the_share_of_periods_without_a_sale() -> None:
    idle = (0.9**5 + 0.9**3 + 0.9**2 + 0.9) / (weights := 0.9 ** np.arange(6)[::-1]).sum()
    sold = np.array([0, 2.0, 0, 0, 0, 4])
    assert rate("fading mean", sold)[0] == pytest.approx((2 * 0.9**4 + 4) / (weights.sum() + idle))


@pytest.mark.parametrize("name", INTERMITTENT)
def test_a_steady_intermittent_item_is_forecast_at_its_mean(name: str) -> None:
    assert rate(name, np.tile([0, 0, 6.0], 16))[0] == pytest.approx(2, rel=0.13)


@pytest.mark.parametrize("name", sorted(set(INTERMITTENT) - {"croston", "croston (SBA)"}))
def test_an_item_that_no_longer_sells_fades(name: str) -> None:
    alive = np.tile([0, 0, 6.0], 12)
    dying = np.where(np.arange(36) < 24, alive, 0)
    assert rate(name, dying)[0] < 0.7 * rate(name, alive)[0]


@pytest.mark.parametrize("name", INTERMITTENT)
def test_periods_that_are_not_known_are_no_periods_without_a_sale(name: str) -> None:
    sales = np.random.default_rng(1).poisson(0.6, 30) * 1.0
    late = np.concatenate([np.full(10, np.nan), sales])
    assert rate(name, late, np.concatenate([np.zeros(10), sales]))[0] == pytest.approx(rate(name, sales)[0], rel=0.05)


def test_over_many_items_the_fading_mean_is_nearly_right_in_total_and_the_correction_lowers_croston() -> None:
    random = np.random.default_rng(7)
    mean = random.gamma(1.0, 0.5, 400)[:, None]
    past, future = random.poisson(mean, (400, 40)), random.poisson(mean, (400, 12))
    seen = (past[:, :20] > 0).any(axis=1)
    expected = {name: rate(name, past[seen] * 1.0).sum() * 12 / future[seen].sum() for name in INTERMITTENT}
    assert expected["fading mean"] == pytest.approx(1, abs=0.1)
    assert expected["croston (SBA)"] < expected["croston"]
