"""Demand sensing: corrections checked by hand, what must always hold, and the gains it tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.history import read_history
from sopxl.steps.demand.recent import read_recent_sales
from sopxl.steps.demand.sensing import (
    SOURCES,
    Evidence,
    Past,
    Sensed,
    carried_share,
    carry_over,
    past_forecasts,
    sense,
)
from tests.steps.demand.demand_cases import sales, tables_of

SETTINGS = Settings(first_period="2027-03", horizon=4, market_level="market")
HALF = "2027-03-16"
"""Twelve of the 23 working days of March 2027 are over."""


def daily(item: str, market: str, month: str, quantity: float, until: str = "") -> list[dict[str, Any]]:
    """A month's sales, the same on each working day, up to a day."""
    period = pd.Period(month)
    days = pd.bdate_range(period.start_time, period.end_time)
    each = quantity / len(days)
    return [{"date": day, "item": item, "market": market, "quantity": each} for day in days
            if not until or day <= pd.Timestamp(until)]


def company(levels: dict[str, list[float]], running: dict[str, float], **tables: Any) -> Tables:
    """Items with monthly sales before March 2027, all of them also by day, and March's pace up to its middle."""
    records, recent = [], []
    settings = tables.pop("settings", SETTINGS)
    for item, quantities in levels.items():
        records += sales(item, "FR-S", quantities, settings)
        for month, quantity in zip(settings.periods.before(len(quantities)), quantities, strict=True):
            recent += daily(item, "FR-S", month, quantity)
        if item in running:
            recent += daily(item, "FR-S", settings.first_period, running[item], HALF)
    return tables_of(settings, items=[{"item": item, "family": "F"} for item in levels], sales_history=records,
                     **{"recent_sales": recent, **tables})


def told_of(result: Sensed, source: str) -> dict[str, float]:
    """What is told of a source for the first period: strength, errors, and whether it is used (1 or 0)."""
    rows = result.gains[(result.gains["source"] == source) & (result.gains["ahead"] == 1)]
    return {name: float(rows[name].iloc[0]) for name in ("used", "strength", "error_before", "error_after")}


def noisy(items: int, months: int = 20, seed: int = 7) -> dict[str, list[float]]:
    """Items that sell 100 a month, give or take a fifth, without memory."""
    values = np.random.default_rng(seed).uniform(80, 120, (items, months))
    return {f"I{row:02d}": list(values[row]) for row in range(items)}


def sensed(tables: Tables, statistical: np.ndarray, settings: Settings = SETTINGS, **known: Any) -> Sensed:
    """What sensing says of these tables."""
    return sense(statistical, read_history(tables, settings), tables, settings, **known)


def past_of(deviation: np.ndarray, carried: tuple[float, ...]) -> Past:
    """A past in which 100 was forecast and that share of each deviation came true, period by period."""
    actual = 100 + deviation[:, :, None] * np.array(carried)
    return Past(np.arange(len(deviation)), np.full(actual.shape, 100.0), actual, np.full(deviation.shape[1], 100.0))


def test_what_past_deviations_carried_over_is_carried_over_now() -> None:
    deviation = np.random.default_rng(1).normal(0, 20, (10, 6))
    past = past_of(deviation, (1.0, 0.5, 0.25))
    now = np.array([30.0, 0, 0, 0, 0, -40])
    expected = np.full((6, 4), 100.0)
    expected[5] = 50.0
    change, _, rows = carry_over("Recent sales", Evidence(deviation, now), past, expected, SETTINGS)
    assert change[0] == pytest.approx([30, 15, 7.5, 0])
    assert change[5] == pytest.approx([-40, -20, -10, 0])
    assert not change[1:5].any()
    assert [row["strength"] for row in rows] == pytest.approx([1, 0.5, 0.25])
    assert all(row["used"] for row in rows)


def test_a_deviation_grows_with_the_season_of_the_period_it_is_carried_into() -> None:
    deviation = np.random.default_rng(1).normal(0, 20, (10, 6))
    change, _, _ = carry_over("Recent sales", Evidence(deviation, np.full(6, 30.0)), past_of(deviation, (1, 0.5, 0.5)),
                              np.tile([100.0, 200.0, 50.0], (6, 1)), SETTINGS)
    assert change[0] == pytest.approx([30, 30, 7.5])


def test_what_did_not_help_before_is_not_used_unless_it_always_is() -> None:
    generator = np.random.default_rng(3)
    deviation = generator.normal(0, 20, (10, 6))
    past = past_of(generator.normal(0, 20, (10, 6)), (1, 1, 1))
    evidence = Evidence(deviation, np.full(6, 30.0))
    for sensing, may_move in (("when it helps", False), ("always", True)):
        change, _, rows = carry_over("Recent sales", evidence, past, np.full((6, 4), 100.0),
                                     Settings(sensing=sensing, horizon=4))
        assert not change.any() or may_move
        assert (pd.DataFrame(rows)["strength"] < 0.4).all()


def test_the_share_carried_over_is_least_squares_without_noise_and_drawn_to_nothing_by_noise() -> None:
    generator = np.random.default_rng(5)
    deviation, scale = generator.normal(0, 10, (8, 20)), np.full(20, 100.0)
    assert carried_share(deviation, 0.4 * deviation, scale) == pytest.approx(0.4)
    noisy_error = 0.4 * deviation + generator.normal(0, 10, deviation.shape)
    plain = (deviation * noisy_error).sum() / (deviation**2).sum()
    shrunk = carried_share(deviation, noisy_error, scale)
    assert shrunk is not None
    assert 0.8 * plain < shrunk < plain
    assert carried_share(deviation, -deviation, scale) == 0
    assert carried_share(np.full((2, 2), np.nan), np.ones((2, 2)), np.ones(2)) is None


def test_the_past_is_forecast_only_from_what_was_known() -> None:
    tables = company(noisy(3), {})
    history = read_history(tables, SETTINGS)
    before = past_forecasts(history)
    history.quantity[:, -1] = 10_000
    after = past_forecasts(history)
    assert np.allclose(before.forecast, after.forecast)
    assert after.actual[-1, 0, 0] == 10_000
    assert np.isnan(after.actual[-1, 0, 1:]).all()


def test_a_surge_of_30_percent_at_mid_month_moves_the_month_by_30_percent() -> None:
    """Sold 12 / 23 of 130: at the usual pace of working days that is 130, and paces have held in every month."""
    tables = company(noisy(8), {"I00": 130.0, **{f"I{row:02d}": 100.0 for row in range(1, 8)}})
    result = sensed(tables, np.full((8, 4), 100.0))
    corrected = 100 + result.correction
    told = told_of(result, "Recent sales")
    assert told["used"] == 1
    assert told["strength"] == pytest.approx(1, abs=0.05)
    assert told["error_after"] < 0.3 * told["error_before"]
    assert corrected[0, 0] == pytest.approx(130, abs=1.5)
    assert np.abs(corrected[0, 1:3] - 100).max() < 10, "demand without memory: little of it stays"
    assert corrected[0, 3] == 100


def test_the_running_period_is_raised_by_the_usual_share_of_its_working_days() -> None:
    tables = company(noisy(2), {"I00": 230.0})
    history = read_history(tables, SETTINGS)
    recent = read_recent_sales(tables, SETTINGS, history)
    assert recent is not None
    assert recent.elapsed == pytest.approx(12 / 23)
    assert recent.sold == pytest.approx([120, 0])
    assert recent.raised_at(0)[0] == pytest.approx(230, rel=0.02)
    assert recent.raised_at(-1) == pytest.approx(history.quantity[:, -1], rel=0.05)
    assert np.isnan(recent.raised_at(-100)).all()


def test_an_item_that_is_ordered_on_the_first_day_is_not_taken_for_a_surge() -> None:
    months = [*SETTINGS.periods.before(15), "2027-03"]
    recent = [{"date": f"{month}-01", "item": "A", "market": "FR-S", "quantity": 100.0} for month in months]
    recent += [record for month in months for record in daily("B", "FR-S", month, 100.0, HALF)]
    tables = company({"A": [100.0] * 15, "B": [100.0] * 15}, {}, recent_sales=recent)
    found = read_recent_sales(tables, SETTINGS, read_history(tables, SETTINGS))
    assert found is not None
    assert found.raised_at(0)[0] == pytest.approx(100, rel=0.05)


def test_weeks_count_evenly_on_their_days() -> None:
    weeks = [{"date": day, "item": "A", "market": "FR-S", "quantity": 70.0}
             for day in pd.date_range("2026-10-05", "2027-03-08", freq="7D")]
    tables = company({"A": [300.0] * 12}, {}, recent_sales=weeks)
    recent = read_recent_sales(tables, SETTINGS, read_history(tables, SETTINGS))
    assert recent is not None
    assert recent.sold == pytest.approx([140])
    assert recent.elapsed == pytest.approx(10 / 23), "the week of 8 March ends on Sunday the 14th"


def test_sales_before_the_plan_tell_nothing_of_the_running_period() -> None:
    tables = company(noisy(2), {})
    assert read_recent_sales(tables, SETTINGS, read_history(tables, SETTINGS)) is None
    gains = sensed(tables, np.full((2, 4), 100.0)).gains.set_index("source")
    assert gains.loc["Recent sales so far", "explanation"] == (
        "None of the recent sales is in 2027-03: they tell nothing of it yet.")


@pytest.mark.parametrize(("bucket", "first", "day", "elapsed"), [
    ("week", "2027-W10", "2027-03-10", 3 / 5), ("quarter", "2027-Q1", "2027-02-26", 41 / 64),
])
def test_weeks_and_quarters_run_by_their_working_days(bucket: str, first: str, day: str, elapsed: float) -> None:
    settings = Settings(bucket=bucket, first_period=first, horizon=4, market_level="market")
    sale = {"date": day, "item": "A", "market": "FR-S", "quantity": 30.0}
    tables = tables_of(settings, items=[{"item": "A"}], sales_history=sales("A", "FR-S", [100.0] * 9, settings),
                       recent_sales=[sale])
    recent = read_recent_sales(tables, settings, read_history(tables, settings))
    assert recent is not None
    assert recent.elapsed == pytest.approx(elapsed)
    assert recent.raised_at(0) == pytest.approx([30 / elapsed])


def test_a_new_company_without_any_history_is_sensed_without_a_fault() -> None:
    sale = {"date": "2027-03-10", "item": "A", "market": "FR-S", "quantity": 30.0}
    price = {"item": "A", "market": "FR-S", "price": 1.0}
    tables = tables_of(SETTINGS, items=[{"item": "A"}], prices=[price], recent_sales=[sale])
    assert sensed(tables, np.full((1, 4), 10.0)).correction[0].tolist() == [20, 0, 0, 0]


def test_markets_of_a_group_are_sensed_together() -> None:
    settings = Settings(first_period="2027-03", horizon=4)
    tables = company({"A": [100.0] * 15}, {}, settings=settings, recent_sales=[
        {"date": "2027-03-01", "item": "A", "market": market, "quantity": 10.0} for market in ("FR-S", "DE-S")])
    recent = read_recent_sales(tables, settings, read_history(tables, settings))
    assert recent is not None
    assert recent.sold == pytest.approx([20])


def test_the_forecast_is_never_below_what_is_sold_already() -> None:
    tables = company({"A": [100.0] * 15}, {}, recent_sales=daily("A", "FR-S", "2027-03", 460.0, HALF))
    result = sensed(tables, np.full((1, 4), 100.0))
    assert 100 + result.correction[0, 0] == pytest.approx(240)
    assert not result.correction[0, 1:].any()
    told = result.gains[result.gains["source"] == "Recent sales so far"]
    assert told["explanation"].tolist() == ["1 forecast of 2027-03 raised to what is sold already."]
    rest = result.gains.drop(told.index)
    assert not rest["used"].any()
    assert rest["explanation"].str.contains("cannot be tested|Not used").all()


def test_steady_demand_as_forecast_is_not_corrected() -> None:
    tables = company({"A": [100.0] * 20, "B": [50.0] * 20}, {"A": 100.0, "B": 50.0})
    result = sensed(tables, np.array([[100.0] * 4, [50.0] * 4]))
    assert result.correction == pytest.approx(np.zeros((2, 4)), abs=1.5)
    quiet = company({"A": [100.0] * 20, "B": [50.0] * 20}, {}, recent_sales=[])
    assert not sensed(quiet, np.array([[100.0] * 4, [50.0] * 4])).correction.any()


def test_an_error_that_lasts_is_learnt_from_the_last_periods() -> None:
    """All items step up by half every fifth month: a moving average lags, and lags by the same for months."""
    steps = {f"I{row}": list(100 * 1.5 ** ((np.arange(30) + row) // 5)) for row in range(5)}
    tables = company(steps, {}, recent_sales=[])
    history = read_history(tables, SETTINGS)
    lagging = past_forecasts(history).forecast[-1]
    result = sensed(tables, np.concatenate([lagging, lagging[:, :1]], axis=1))
    told = told_of(result, "Last periods' errors")
    assert told["used"] == 1
    assert told["error_after"] < told["error_before"]
    assert (result.correction[:, 0] > 0).all()


def test_planned_promotions_are_no_surprise() -> None:
    tables = company(noisy(8), {"I00": 130.0, **{f"I{row:02d}": 100.0 for row in range(1, 8)}})
    planned = np.zeros((8, 4))
    planned[0, 0] = 30
    assert abs(sensed(tables, np.full((8, 4), 100.0), planned=planned).correction[0, 0]) < 1.5


def test_never_means_never() -> None:
    settings = Settings(first_period="2027-03", horizon=4, market_level="market", sensing="never")
    result = sensed(company(noisy(2), {"I00": 500.0}), np.full((2, 4), 100.0), settings)
    assert not result.correction.any()
    assert result.gains.empty


def test_always_keeps_what_is_sold_where_nothing_can_be_tested() -> None:
    """March is at twice its pace after 12 of 23 days, with no earlier days known: the rest is as forecast."""
    settings = Settings(first_period="2027-03", horizon=4, market_level="market", sensing="always")
    tables = company({"A": [100.0] * 15}, {}, recent_sales=daily("A", "FR-S", "2027-03", 200.0, HALF))
    result = sensed(tables, np.full((1, 4), 100.0), settings)
    assert result.correction[0] == pytest.approx([100 * 12 / 23, 0, 0, 0])


@pytest.mark.parametrize(("sensing", "first"), [("always", 180), ("when it helps", 100)])
def test_orders_raise_the_forecast_only_where_sensing_is_always(sensing: str, first: float) -> None:
    settings = Settings(first_period="2027-03", horizon=4, market_level="market", sensing=sensing)
    order = {"order": "1", "kind": "sale", "item": "A", "market": "FR-S", "due_period": "2027-03", "quantity": 180.0}
    tables = company({"A": [100.0] * 15}, {}, recent_sales=[], open_orders=[order])
    result = sensed(tables, np.full((1, 4), 100.0), settings)
    assert 100 + result.correction[0] == pytest.approx([first, 100, 100, 100])
    told = result.gains[result.gains["source"] == "Orders in hand"]
    assert told["ahead"].tolist() == [1]
    assert told["explanation"].str.contains("three plans").all()


def with_order_books(share: float, now: float) -> Tables:
    """Two items of unsteady sales, of which each plan knew that share beforehand, and what is ordered now."""
    levels = noisy(2, 24)
    books = [
        {"cycle": label, "item": item, "market": "FR-S", "stage": "orders", "lag_1": share * quantity}
        for item, quantities in levels.items()
        for label, quantity in zip(SETTINGS.periods.before(24), quantities, strict=True)
    ]
    order = {"order": "1", "kind": "sale", "item": "I00", "market": "FR-S", "due_period": "2027-03", "quantity": now}
    return company(levels, {}, recent_sales=[], demand_snapshots=books, open_orders=[order])


def test_orders_that_told_past_demand_correct_the_first_period_by_the_usual_share() -> None:
    result = sensed(with_order_books(0.4, 60.0), np.full((2, 4), 100.0))
    told = told_of(result, "Orders in hand")
    assert told["used"] == 1
    assert told["error_after"] < 0.02 < told["error_before"]
    assert result.correction[0, 0] == pytest.approx(50, rel=0.05)  # 60 ordered of what is usually 40 %


def test_orders_that_are_next_to_nothing_tell_nothing() -> None:
    gains = sensed(with_order_books(0.05, 60.0), np.full((2, 4), 100.0)).gains
    assert not gains.loc[gains["source"] == "Orders in hand", "used"].any()


def test_every_source_tells_its_gain_for_each_period_ahead() -> None:
    gains = sensed(company(noisy(4), {"I00": 130.0}), np.full((4, 4), 100.0)).gains
    without_orders = set(SOURCES) - {"Orders in hand"}
    assert {(name, ahead) for name in without_orders for ahead in (1, 2, 3)} == set(
        zip(gains["source"], gains["ahead"].astype(int), strict=True))
    tested = gains[gains["points"] > 0]
    assert (tested["gain"] - (tested["error_before"] - tested["error_after"])).abs().max() < 1e-12


@hypothesis_settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 1000), st.sampled_from(["when it helps", "always"]))
def test_corrections_grow_with_the_data_and_leave_no_forecast_below_zero(seed: int, factor: float, how: str) -> None:
    settings = Settings(first_period="2027-03", horizon=4, market_level="market", sensing=how)
    generator = np.random.default_rng(seed)
    levels = {name: list(generator.gamma(1.0, 50, 9)) for name in "AB"}
    pace = dict(zip("AB", generator.gamma(0.5, 100, 2), strict=True))
    statistical = generator.gamma(1.0, 50, (2, 4))
    once = sensed(company(levels, pace), statistical, settings).correction
    larger = company({name: [factor * one for one in values] for name, values in levels.items()},
                     {name: factor * one for name, one in pace.items()})
    assert sensed(larger, factor * statistical, settings).correction == pytest.approx(
        factor * once, rel=1e-6, abs=1e-6 * factor)
    assert (statistical + once >= -1e-9).all()
