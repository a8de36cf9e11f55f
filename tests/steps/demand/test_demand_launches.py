"""Launches, takeovers and ends: curves checked by hand, known cases of Bass's model, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl.schema import conform
from sopxl.settings import Settings
from sopxl.steps.demand.forecasting.bass import adoption, fit_bass
from sopxl.steps.demand.history import History, read_history
from sopxl.steps.demand.launches import CURVES, launch_effects
from sopxl.steps.demand.tables import LAUNCHES
from tests.steps.demand.demand_cases import history_of, sales, tables_of

SETTINGS = Settings(first_period="2027-01", horizon=6)
STEADY = np.full(24, 100.0)
NOTHING = np.full(24, np.nan)


def item_history(*rows: np.ndarray) -> History:
    """Items A, B, ... in market M, of one family each."""
    history = history_of(np.array(rows))
    return replace(history, series=history.series.assign(item=list("ABCD")[:len(rows)]))


def forecast_with(launches: list[dict[str, Any]], statistical: list[list[float]], *rows: np.ndarray) -> np.ndarray:
    """Statistical forecast and launches together."""
    before = np.array(statistical, float)
    tables = tables_of(SETTINGS, launches=launches)
    return np.asarray(before + launch_effects(before, item_history(*rows), tables, SETTINGS))


def launched(*periods: float) -> np.ndarray:
    """A history whose last periods are these and nothing before."""
    return np.concatenate([NOTHING[: 24 - len(periods)], periods])


def test_every_curve_that_a_planner_can_choose_exists_and_no_other() -> None:
    assert set(CURVES) == set(LAUNCHES.column("curve").choices)


def test_a_launch_ramps_up_to_the_share_of_its_like_item() -> None:
    launch = {"item": "B", "start_period": "2027-03", "like_item": "A", "share": 0.5, "ramp_periods": 2}
    plan = forecast_with([launch], [[100] * 6, [70] * 6], STEADY, NOTHING)
    assert plan[1] == pytest.approx([0, 0, 25, 50, 50, 50])
    assert plan[0] == pytest.approx([100] * 6)


def test_the_like_item_of_the_item_is_followed_where_the_launch_names_none() -> None:
    history = item_history(STEADY, NOTHING)
    history.series["like"] = [-1, 0]
    tables = tables_of(SETTINGS, launches=[{"item": "B", "start_period": "2027-01", "ramp_periods": 0}])
    statistical = np.array([[100.0] * 6, [0.0] * 6])
    assert launch_effects(statistical, history, tables, SETTINGS)[1] == pytest.approx([100] * 6)


def test_a_launch_follows_the_first_periods_of_a_like_item_whose_launch_is_seen() -> None:
    like = launched(10, 30, 60, 60, 60, 60)
    launch = {"item": "B", "start_period": "2027-02", "like_item": "A", "share": 2}
    panel = item_history(like, NOTHING).panel()
    plan = forecast_with([launch], [[60] * 6, [0] * 6], like, NOTHING)[1] / panel.future_profile(6)[1]
    assert plan == pytest.approx(np.append([0], 2 * like[-6:-1] / panel.past_profile()[0, -6:-1]))
    assert plan[1] < 0.4 * plan[2] < plan[3]


def test_a_ramp_reaches_its_potential_in_a_straight_line() -> None:
    launch = {"item": "A", "curve": "ramp", "start_period": "2027-01", "potential": 90, "ramp_periods": 3}
    assert forecast_with([launch], [[0] * 6], NOTHING)[0] == pytest.approx([30, 60, 90, 90, 90, 90])


def test_a_bass_launch_sells_what_the_model_says() -> None:
    launch = {"item": "A", "curve": "bass", "start_period": "2027-01", "potential": 1000, "innovation": 0.03,
              "imitation": 0.38}
    plan = forecast_with([launch], [[0] * 6], NOTHING)[0]
    by_hand = 1000 * (1 - np.exp(-0.41)) / (1 + 0.38 / 0.03 * np.exp(-0.41))
    assert plan[0] == pytest.approx(by_hand)
    assert plan[0] == pytest.approx(35.76, abs=0.01)
    assert (np.diff(plan[:4]) > 0).all()


def test_bass_adoption_adds_up_to_the_whole_potential_and_peaks_where_bass_says() -> None:
    share = adoption(0.03, 0.38, np.arange(-3, 100))
    assert share.sum() == pytest.approx(1, abs=1e-6)
    assert (share[:3] == 0).all()
    peak = np.log(0.38 / 0.03) / 0.41
    assert abs(share[3:].argmax() + 0.5 - peak) <= 0.5


def test_a_fitted_launch_gives_back_the_model_that_made_it() -> None:
    potential, innovation, imitation = fit_bass(5000 * adoption(0.02, 0.3, np.arange(18)))
    assert potential == pytest.approx(5000, rel=0.01)
    assert innovation == pytest.approx(0.02, rel=0.02)
    assert imitation == pytest.approx(0.3, rel=0.02)


def test_a_launch_without_sales_has_no_potential() -> None:
    assert fit_bass(np.zeros(5))[0] == 0


def test_bass_without_parameters_repeats_the_like_items_launch() -> None:
    like = launched(*(5000 * adoption(0.02, 0.3, np.arange(18))))
    launch = {"item": "B", "curve": "bass", "start_period": "2027-01", "like_item": "A"}
    panel = item_history(like, NOTHING).panel()
    potential, innovation, imitation = fit_bass(like[-18:] / panel.past_profile()[0, -18:])
    plan = forecast_with([launch], [[50] * 6, [0] * 6], like, NOTHING)[1] / panel.future_profile(6)[1]
    assert plan == pytest.approx(potential * adoption(innovation, imitation, np.arange(6)))
    assert plan.sum() > 0


def test_a_launch_sells_by_the_season_of_its_family() -> None:
    season = np.tile([50.0] * 6 + [150.0] * 6, 3)
    history = history_of(np.array([season, np.full(36, np.nan)]), families=["F", "F"])
    launch = {"item": "1", "curve": "ramp", "start_period": "2027-01", "potential": 10, "ramp_periods": 0}
    settings = Settings(first_period="2027-01", horizon=12)
    tables = tables_of(settings, launches=[launch])
    change = launch_effects(np.zeros((2, 12)), history, tables, settings)[1]
    assert change == pytest.approx(10 * history.panel().future_profile(12)[1])
    assert change[8] > 2 * change[2]


def test_a_replacement_takes_over_what_the_old_item_sells_and_the_sum_stays() -> None:
    launch = {"item": "B", "kind": "replacement", "start_period": "2027-02", "replaces": "A", "ramp_periods": 4}
    plan = forecast_with([launch], [[100] * 6, [0] * 6], STEADY, NOTHING)
    assert plan[1] == pytest.approx([0, 25, 50, 75, 100, 100])
    assert plan[0] == pytest.approx([100, 75, 50, 25, 0, 0])


def test_only_the_taken_share_comes_off_the_replaced_item() -> None:
    launch = {"item": "B", "curve": "ramp", "potential": 60, "ramp_periods": 0, "start_period": "2027-01",
              "replaces": "A", "taken_share": 0.5}
    plan = forecast_with([launch], [[100] * 6, [0] * 6], STEADY, NOTHING)
    assert plan[0] == pytest.approx([70] * 6)


def test_a_replaced_item_never_falls_below_zero() -> None:
    launch = {"item": "B", "curve": "ramp", "potential": 500, "ramp_periods": 0, "start_period": "2027-01",
              "kind": "replacement", "replaces": "A"}
    assert (forecast_with([launch], [[100] * 6, [0] * 6], STEADY, NOTHING)[0] == 0).all()


def test_a_takeover_under_way_goes_on_from_where_it_stands() -> None:
    old, new = np.append(STEADY[:22], [75, 50]), launched(25, 50)
    launch = {"item": "B", "kind": "replacement", "start_period": "2026-11", "replaces": "A", "ramp_periods": 4}
    plan = forecast_with([launch], [[50] * 6, [37] * 6], old, new)
    profile = item_history(old, new).panel().future_profile(6)
    assert (plan / profile)[1, 1] == pytest.approx(50 + 37.5, rel=0.1), "like the replaced item, with what it lost"
    assert (np.diff(plan[0] / profile[0])[:2] < 1e-9).all()


def test_an_end_runs_out_in_a_straight_line_to_nothing() -> None:
    end = {"item": "A", "kind": "end", "start_period": "2027-02", "ramp_periods": 4}
    assert forecast_with([end], [[100] * 6], STEADY)[0] == pytest.approx([100, 75, 50, 25, 0, 0])


def test_a_run_out_under_way_is_not_counted_twice() -> None:
    end = {"item": "A", "kind": "end", "start_period": "2026-11", "ramp_periods": 4}
    assert forecast_with([end], [[50] * 6], STEADY)[0] == pytest.approx([25, 0, 0, 0, 0, 0])


def test_an_item_may_be_launched_and_ended() -> None:
    rows = [{"item": "A", "kind": "end", "start_period": "2027-04", "ramp_periods": 0},
            {"item": "A", "curve": "ramp", "potential": 10, "ramp_periods": 0, "start_period": "2027-02"}]
    assert forecast_with(rows, [[0] * 6], NOTHING)[0] == pytest.approx([0, 10, 10, 0, 0, 0])


def test_a_launch_for_one_market_wins_over_one_for_all() -> None:
    rows = [{"item": "A", "curve": "ramp", "potential": 10, "ramp_periods": 0, "start_period": "2027-01"},
            {"item": "A", "market": "M", "curve": "ramp", "potential": 30, "ramp_periods": 0,
             "start_period": "2027-01"}]
    assert forecast_with(rows, [[0] * 6], NOTHING)[0] == pytest.approx([30] * 6)


def test_own_first_sales_scale_the_curve_and_weigh_one_period_as_much_as_the_plan() -> None:
    """Planned 10, 20, 30, 40 ...; sold 20 and 40 in two periods: twice as much, of which two thirds are believed."""
    launch = {"item": "A", "curve": "ramp", "potential": 60, "ramp_periods": 6, "start_period": "2026-11"}
    plan = forecast_with([launch], [[30] * 6], launched(20, 40))[0]
    assert plan == pytest.approx(np.array([30, 40, 50, 60, 60, 60]) * (1 + 2 / 3))


def test_an_arrived_launch_hands_over_to_its_statistical_forecast() -> None:
    launch = {"item": "A", "curve": "ramp", "potential": 60, "ramp_periods": 0, "start_period": "2026-10"}
    plan = forecast_with([launch], [[50] * 6], launched(60, 60, 60))[0]
    assert plan == pytest.approx([0.25 * 60 + 0.75 * 50] * 6)


def test_a_late_launch_starts_now() -> None:
    launch = {"item": "A", "curve": "ramp", "potential": 60, "ramp_periods": 3, "start_period": "2026-10"}
    assert forecast_with([launch], [[0] * 6], NOTHING)[0] == pytest.approx([20, 40, 60, 60, 60, 60])


def test_a_launch_in_a_market_makes_a_series_there_and_nowhere_else() -> None:
    settings = Settings(first_period="2027-01", horizon=3, market_level="market")
    tables = tables_of(
        settings, items=[{"item": "A", "family": "F"}, {"item": "N", "family": "F"}],
        sales_history=[*sales("A", "FR-S", [100.0] * 12, settings), *sales("A", "DE-S", [50.0] * 12, settings)],
        launches=[{"item": "N", "market": "US-S", "curve": "ramp", "potential": 5, "start_period": "2027-01",
                   "ramp_periods": 0}],
    )
    history = read_history(tables, settings)
    assert history.series.loc[history.series["item"] == "N", "market"].tolist() == ["US-S"]
    change = launch_effects(np.zeros((len(history.series), 3)), history, tables, settings)
    assert change[(history.series["item"] == "N").to_numpy()] == pytest.approx(np.full((1, 3), 5.0))


def test_a_launch_in_all_markets_goes_where_the_family_sells() -> None:
    settings = Settings(first_period="2027-01", horizon=3, market_level="market")
    tables = tables_of(
        settings, items=[{"item": "A", "family": "F"}, {"item": "N", "family": "F"}],
        sales_history=sales("A", "FR-S", [100.0] * 12, settings),
        launches=[{"item": "N", "start_period": "2027-01"}],
    )
    series = read_history(tables, settings).series
    assert series.loc[series["item"] == "N", "market"].tolist() == ["FR-S"]


def test_no_launches_change_nothing() -> None:
    assert not launch_effects(np.ones((1, 6)), item_history(STEADY), tables_of(SETTINGS), SETTINGS).any()


ROWS = st.fixed_dictionaries({
    "item": st.sampled_from("ABC"), "kind": st.sampled_from(["launch", "replacement", "end"]),
    "curve": st.sampled_from(sorted(CURVES)), "like_item": st.sampled_from(["", "A", "B", "C"]),
    "replaces": st.sampled_from(["", "A", "B", "C"]),
    "start_period": st.sampled_from(["2024-01", "2026-10", "2027-01", "2027-03", "2029-01", "nonsense"]),
    "share": st.floats(0, 3), "potential": st.sampled_from([None, 0.0, 500.0]),
    "innovation": st.sampled_from([None, 0.0, 0.02, 1.0]), "imitation": st.sampled_from([None, 0.0, 2.0]),
    "ramp_periods": st.integers(0, 8), "taken_share": st.floats(0, 1),
})


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.lists(ROWS, max_size=4), st.integers(0, 8))
def test_whatever_is_launched_the_forecast_is_finite_and_never_below_zero(rows: list[dict[str, Any]], own: int) -> None:
    entered = pd.DataFrame(rows, columns=LAUNCHES.column_names).drop_duplicates(["item", "kind"])
    tables = {"launches": conform(LAUNCHES, entered)}
    history = item_history(STEADY, launched(*range(own)), launched(*[20.0] * 8))
    statistical = np.array([[100.0] * 6, [5.0] * 6, [20.0] * 6])
    change = launch_effects(statistical, history, tables, SETTINGS)
    assert np.isfinite(change).all()
    assert (statistical + change >= -1e-9).all()
    touched = {one[name] for one in rows for name in ("item", "replaces")}
    untouched = [row for row, item in enumerate("ABC") if item not in touched]
    assert not change[untouched].any()
