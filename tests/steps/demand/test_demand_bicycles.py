"""The demand plan of the demo company, judged as its planner would: held-out error, season, growth, no absurd item."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sopxl.demo.adventure_works import adventure_works
from sopxl.grids import take
from sopxl.schema import Tables
from sopxl.settings import Settings, read_settings
from sopxl.steps.demand.forecasting.methods import forecast
from sopxl.steps.demand.forecasting.selection import choose
from sopxl.steps.demand.history import History, read_history
from sopxl.steps.demand.plan import plan_demand
from sopxl.steps.demand.tables import SALES_PLAN

TABLES: Tables = adventure_works()
SETTINGS: Settings = read_settings(TABLES["settings"])


@pytest.fixture(scope="module")
def by_market() -> dict[str, pd.DataFrame]:
    """Baseline and last year of the next twelve months, added up by market."""
    plan = plan_demand(TABLES, SETTINGS)["sales_plan"]
    year = SETTINGS.periods.labels[:12]
    rows = {name: take(SALES_PLAN, plan, name, year) for name in ("Baseline forecast", "Last year")}
    return {name: frame.groupby("market").sum() for name, frame in rows.items()}


def held_out(periods: int) -> tuple[History, np.ndarray]:
    """The history without its last periods, and what was sold in them by the same series."""
    whole = read_history(TABLES, SETTINGS)
    first = SETTINGS.periods.before(periods)[0]
    earlier = read_history(TABLES, replace(SETTINGS, first_period=first))
    row_of = {pair: row for row, pair in enumerate(zip(whole.series["item"], whole.series["market"], strict=True))}
    pairs = zip(earlier.series["item"], earlier.series["market"], strict=True)
    kept = np.array([row_of.get(pair, -1) for pair in pairs])
    sold = np.where(kept[:, None] >= 0, np.nan_to_num(whole.quantity[kept, -periods:]), 0.0)
    return earlier, sold


@pytest.mark.parametrize(("periods", "most"), [(3, 0.28), (6, 0.38)])
def test_the_held_out_error_is_well_below_that_of_the_simple_methods(periods: int, most: float) -> None:
    history, sold = held_out(periods)
    ours = np.abs(choose(history, periods, 6).forecast - sold).sum() / sold.sum()
    for name in ("seasonal naive", "naive"):
        simple = np.abs(forecast(name, history.panel(), periods) - sold).sum() / sold.sum()
        assert ours < 0.8 * simple, name
    assert ours < most


@pytest.mark.parametrize("market", ["North America Reseller", "Europe Reseller", "Pacific Reseller"])
def test_the_order_cycle_of_the_resellers_goes_on(by_market: dict[str, pd.DataFrame], market: str) -> None:
    pattern = {name: frame.to_numpy()[frame.index.get_loc(market)] for name, frame in by_market.items()}
    assert np.corrcoef(pattern["Baseline forecast"], pattern["Last year"])[0, 1] > 0.85


def test_no_market_is_forecast_far_from_last_year(by_market: dict[str, pd.DataFrame]) -> None:
    growth = by_market["Baseline forecast"].sum(axis=1) / by_market["Last year"].sum(axis=1) - 1
    assert growth.between(-0.1, 0.5).all(), growth


def test_no_item_is_forecast_beyond_reason() -> None:
    history = read_history(TABLES, SETTINGS)
    highest = np.nan_to_num(history.quantity).max(axis=1)
    forecasts = choose(history, 18, 6).forecast
    assert (forecasts.max(axis=1) <= 2 * highest + 1).all()
