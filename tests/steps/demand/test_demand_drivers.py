"""What is planted in a history is found again, what is not there is not, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl.prices import price_matrix
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.demand.drivers import Influences, PlannedInfluences, explained_periods, fit_drivers
from sopxl.steps.demand.history import read_history
from sopxl.steps.demand.influences.past_prices import steps
from sopxl.steps.demand.influences.pooling import Effects, normal_share, pool
from sopxl.steps.demand.influences.regression import Fit, controls, fit
from sopxl.steps.demand.influences.trial import folds
from tests.small_company import SETTINGS as SMALL_SETTINGS
from tests.small_company import small_company
from tests.steps.demand.demand_cases import sales, tables_of
from tests.steps.demand.driver_cases import PAST, SETTINGS, Planted, company

ITEMS = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}]


def fitted(tables: Tables, settings: Settings = SETTINGS) -> Influences:
    return fit_drivers(read_history(tables, settings), tables, settings)


def planned(influences: Influences, settings: Settings = SETTINGS, base: float = 100.0) -> PlannedInfluences:
    series = influences.history.series
    price = price_matrix(influences.tables, settings, series[["item", "market"]])
    return influences.plan(np.full((len(series), settings.horizon), base), price)


def found(influences: Influences, name: str) -> tuple[float, float]:
    """Mean effect over the series and share of the series that use it."""
    assert influences.model is not None
    place = [signal.name for signal in influences.model.signals].index(name)
    return float(influences.model.effects.mean[:, place].mean()), float(influences.model.used[:, place].mean())


@pytest.mark.parametrize("listed", [True, False])
def test_an_elasticity_that_is_there_is_found_from_the_list_and_from_what_was_paid(listed: bool) -> None:
    effect, used = found(fitted(company(Planted(elasticity=-2.0, promoted=0.0, listed=listed))), "Price")
    assert effect == pytest.approx(-2.0, abs=0.4)
    assert used > 0.95


def test_uplift_dip_and_cannibalisation_are_found_as_they_were_planted() -> None:
    planted = Planted(uplift=np.log(1.5), dip=np.log(0.8), taken=0.15, items=80, families=20, promoted=0.08)
    influences = fitted(company(planted))
    assert np.expm1(found(influences, "Leaflet")[0]) == pytest.approx(0.5, abs=0.06)
    assert np.expm1(found(influences, "After: Leaflet")[0]) == pytest.approx(-0.2, abs=0.05)
    assert found(influences, "Promotion of other items")[0] == pytest.approx(-0.15, abs=0.06)
    assert found(influences, "Leaflet")[1] == found(influences, "After: Leaflet")[1] == 1.0


def test_of_drivers_that_do_nothing_hardly_any_is_used() -> None:
    used = []
    for seed in range(8):
        model = fitted(company(Planted(items=24, noise=0.25), seed)).model
        assert model is not None
        used.append(model.used.mean(axis=0))
    assert float(np.mean(used)) < 0.05


def test_a_quantity_booked_wrongly_makes_no_elasticity() -> None:
    """The revenue is right and the price constant; each quantity is off by a tenth, so the paid price moves against it.

    Regressing the logarithm of quantity on that of the paid price would give about -0.5 with great certainty.
    """
    random = np.random.default_rng(3)
    rows: list[dict[str, Any]] = []
    for item in ("A", "B"):
        true = 100 * np.exp(0.1 * random.normal(size=PAST))
        booked = true * np.exp(0.1 * random.normal(size=PAST))
        rows += [{**row, "revenue": 10 * right}
                 for row, right in zip(sales(item, "FR-S", list(booked), SETTINGS), true, strict=True)]
    influences = fitted(tables_of(SETTINGS, items=ITEMS, sales_history=rows))
    assert len(influences.rows) == 0


def test_prices_are_steps_that_last() -> None:
    random = np.random.default_rng(5)
    true = np.repeat([0.0, 0.1, 0.05], [10, 8, 6])
    single = np.zeros(24)
    single[12] = -0.2
    level = steps(np.array([true + 0.004 * random.normal(size=24), single, np.full(24, np.nan)]))
    np.testing.assert_allclose(level[0], true, atol=0.01)
    assert not level[1].any(), "a price that holds for one period is no step"
    assert np.isnan(level[2]).all()


def test_a_promotion_that_always_comes_with_a_listed_price_cut_does_not_blow_up() -> None:
    planted = Planted(elasticity=-1.0, uplift=0.2, cut_with_promotion=True, promoted=0.1)
    influences = fitted(company(planted))
    assert influences.model is not None
    mean = influences.model.effects.mean
    assert np.isfinite(mean).all()
    promotion, price = found(influences, "Leaflet")[0], found(influences, "Price")[0]
    assert promotion + price * np.log(0.8) == pytest.approx(0.2 - np.log(0.8), abs=0.1), "together they are known"


def test_a_price_that_seems_to_sell_more_when_it_rises_is_doubtful_and_not_used() -> None:
    influences = fitted(company(Planted(elasticity=1.5, promoted=0.0)))
    effect, used = found(influences, "Price")
    assert effect > 1.0
    assert used == 0
    told = planned(influences).driver_effects
    assert told.loc[told["driver"] == "Price", "explanation"].str.contains("doubtful").all()


def test_taking_the_effects_out_leaves_the_demand_that_would_have_been() -> None:
    influences = fitted(company(Planted(uplift=np.log(2.0), noise=0.02, elasticity=0.0)))
    base = influences.history.quantity - influences.past
    assert (base >= 0).all()
    assert influences.model is not None
    promoted = influences.model.signals[[s.name for s in influences.model.signals].index("Leaflet")].strength[:, :PAST]
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(PAST) / 12)
    level = base / season
    typical = np.median(level, axis=1, keepdims=True)
    assert np.median(np.abs(level / typical - 1)[promoted > 0]) < 0.06
    assert float(np.abs(influences.past[:, 1:][(promoted[:, 1:] == 0) & (promoted[:, :-1] == 0)]).mean()) < 1.5


def test_what_a_promotion_explains_is_no_outlier_and_a_price_explains_nothing() -> None:
    tables = company(Planted(uplift=0.5, elasticity=-2.0, promoted=0.05))
    history = read_history(tables, SETTINGS)
    explained = explained_periods(history, tables, SETTINGS)
    assert 0.05 < explained.mean() < 0.15


def test_what_drivers_do_adds_up_to_the_effect_on_the_plan() -> None:
    tables = company(Planted(elasticity=-2.0, uplift=0.4, dip=-0.2, taken=0.2))
    rise = pd.DataFrame([{"item": f"I{row}", "from_period": "2027-03", "price": 14.0} for row in range(40)])
    tables["prices"] = pd.concat([tables["prices"], rise.assign(market="", currency="")], ignore_index=True)
    result = planned(fitted(tables))
    items = read_history(tables, SETTINGS).series["item"]
    by_item = result.driver_effects.groupby("item")["units"].sum().reindex(items)
    np.testing.assert_allclose(by_item.to_numpy(), result.effect.sum(axis=1), atol=0.05)
    assert (result.effect[:, 2:].sum(axis=1) < 0).all(), "a dearer price sells less"
    assert result.effect[0, 1] > 20, "the planned promotion sells more"
    text = result.driver_effects.loc[result.driver_effects["driver"] == "Price", "explanation"].iloc[0]
    assert text.startswith("A price 1% lower sells ")
    assert "% more (80% interval " in text


def test_an_event_that_moves_is_found_and_one_that_does_not_is_left_to_the_season() -> None:
    random = np.random.default_rng(7)
    labels = SETTINGS.periods.before(PAST) + SETTINGS.periods.labels
    easter = {"2023-04", "2024-03", "2025-04", "2026-04", "2027-03"}
    on = np.array([label in easter for label in labels])
    items = [{"item": f"I{row}", "family": "F"} for row in range(12)]
    sold = [row for one in items for row in sales(one["item"], "FR-S", list(
        100 * np.where(on[:PAST], 1.4, 1.0) * np.exp(0.05 * random.normal(size=PAST))), SETTINGS)]
    drivers = [{"driver": "Easter", "period": label, "value": 1.0} for label in sorted(easter)]
    drivers += [{"driver": "Christmas", "period": label, "value": 1.0} for label in labels if label.endswith("-12")]
    influences = fitted(tables_of(SETTINGS, items=items, sales_history=sold, drivers=drivers))
    result = planned(influences)
    told = result.driver_effects
    christmas = told[told["driver"] == "Christmas"]
    assert christmas["explanation"].str.contains("the season of the forecast holds it").all()
    assert christmas["effect"].isna().all()
    assert told.loc[told["driver"] == "Easter", "effect"].mean() == pytest.approx(0.4, abs=0.08)
    usual = 0.25 * np.log(1.4)  # Easter is in March one year of four: the season of March holds so much of it
    np.testing.assert_allclose(result.effect[:, 2], 100 * np.expm1(np.log(1.4) - usual), rtol=0.4)
    np.testing.assert_allclose(result.effect[:, 3], 100 * np.expm1(-3 * usual), rtol=0.4)
    np.testing.assert_allclose(result.effect[:, [0, 1, 4, 5]], 0, atol=1.5)


def test_an_effect_of_a_single_item_is_drawn_to_its_family() -> None:
    random = np.random.default_rng(2)
    own = 0.4 + 0.3 * random.normal(size=60)
    fit_of = Fit(own[:, None], np.full((60, 1), 0.09), np.zeros((60, 10, 1)), np.full((60, 10), np.nan),
                 np.ones((60, 10)), np.zeros(60), np.ones(60))
    drawn = pool(fit_of, np.zeros(60, dtype=int), np.array([50.0]), np.array([False])).mean[:, 0]
    assert drawn.std() < 0.5 * own.std()
    assert drawn.mean() == pytest.approx(own.mean(), abs=0.01)


def test_many_effects_pool_as_statsmodels_pools_them() -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    random = np.random.default_rng(4)
    variance = random.uniform(0.02, 0.2, 400)
    own = -0.5 + 0.4 * random.normal(size=400) + np.sqrt(variance) * random.normal(size=400)
    reference = combine_effects(own, variance, method_re="chi2")
    fit_of = Fit(own[:, None], variance[:, None], np.zeros((400, 10, 1)), np.full((400, 10), np.nan),
                 np.ones((400, 10)), np.zeros(400), np.ones(400))
    effects = pool(fit_of, np.zeros(400, dtype=int), np.array([1e3]), np.array([True]))
    expected = (own / variance + reference.mean_effect_re / reference.tau2) / (1 / variance + 1 / reference.tau2)
    np.testing.assert_allclose(effects.mean[:, 0], expected, atol=0.02)
    np.testing.assert_allclose(effects.deviation[:, 0], np.sqrt(1 / (1 / variance + 1 / reference.tau2)), rtol=0.05)


def test_the_regression_of_a_series_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    random = np.random.default_rng(6)
    signals = random.normal(size=(3, 60, 2)) * 0.3
    demand = random.poisson(200 * np.exp(0.5 * signals[:, :, 0] - 0.8 * signals[:, :, 1])).astype(float)
    ours = fit(demand, np.ones((3, 60)), 12, signals, np.array([50.0, 50.0]))
    level, spread = controls(60, 12)
    for row in range(3):
        design = np.column_stack([level, signals[row]])
        reference = sm.GLM(demand[row], design, family=sm.families.Poisson()).fit(scale="X2")
        np.testing.assert_allclose(ours.effect[row], reference.params[-2:], atol=0.02)
        np.testing.assert_allclose(np.sqrt(ours.variance[row]), reference.bse[-2:], rtol=0.15)
    assert spread.shape == (level.shape[1],)


def test_a_month_all_series_share_is_not_counted_once_per_series() -> None:
    """A shock that hit all series in the month of an event is one observation, however many series there are."""
    random = np.random.default_rng(8)
    shock = 0.15 * random.normal(size=PAST)
    demand = 100 * np.exp(shock + 0.02 * random.normal(size=(60, PAST)))
    event = np.zeros((60, PAST, 1))
    event[:, 20, 0] = 1.0
    one = fit(demand, np.ones((60, PAST)), 12, event, np.array([1.5]))
    effects = pool(one, np.zeros(60, dtype=int), np.array([1.5]), np.array([False]))
    assert 0.08 < effects.deviation.mean() < 0.25


def test_probabilities_are_those_of_the_normal_distribution() -> None:
    values = np.linspace(-4, 4, 33)
    np.testing.assert_allclose(normal_share(values), [NormalDist().cdf(value) for value in values], atol=1e-6)
    sure = Effects(np.array([[-1.0]]), np.array([[0.1]])).below_zero()
    assert sure[0, 0] > 0.999


def test_no_month_is_always_left_out() -> None:
    fold = folds(48).reshape(4, 12)
    assert all(len(set(fold[:, month])) == 4 for month in range(12))


def test_series_without_drivers_are_left_alone() -> None:
    influences = fitted(small_company(), SMALL_SETTINGS)
    result = planned(influences, SMALL_SETTINGS)
    assert influences.model is None
    assert not influences.past.any()
    assert not result.effect.any()
    assert result.driver_effects.empty
    assert result.promotion_effects.empty


@pytest.mark.parametrize("bucket", ["week", "month", "quarter"])
@pytest.mark.parametrize("quantities", [[], [5.0], [5.0, np.nan, 7, 0, 0, 3, 9], [0.0] * 30 + [5.0] + [0.0] * 9,
                                        [1e12] * 20 + [1e-6] * 20], ids=["none", "one", "short", "rare", "huge"])
def test_any_history_can_be_planned(bucket: str, quantities: list[float]) -> None:
    first = {"week": "2027-W05", "month": "2027-01", "quarter": "2027-Q1"}[bucket]
    settings = replace(SETTINGS, bucket=bucket, first_period=first, missing_history="gap")
    before, after = settings.periods.before(12), settings.periods.labels
    tables = tables_of(
        settings, items=ITEMS, sales_history=sales("A", "FR-S", quantities, settings),
        prices=[{"item": "A", "price": 3.0}, {"item": "A", "from_period": after[2], "price": 4.0}],
        promotions=[{"promotion": "P", "family": "F", "from_period": before[9], "to_period": after[1], "discount": 0.2},
                    {"promotion": "Q", "item": "A", "from_period": after[-1], "kind": "new", "discount": 1.0}],
        drivers=[{"driver": "Fair", "period": before[3], "value": 1.0}, {"driver": "Rain", "period": before[2],
                                                                        "value": -5.0}],
    )
    result = planned(fitted(tables, settings), settings)
    assert np.isfinite(result.effect).all()
    assert set(result.promotion_effects["promotion"]) <= {"P", "Q"}


@hypothesis_settings(max_examples=6, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 7.0, 1e4, float("nan")]), min_size=1, max_size=30),
       st.integers(0, 29), st.floats(0, 1))
def test_the_base_is_never_below_nothing_and_the_plan_never_below_nothing(
    quantities: list[float], month: int, discount: float
) -> None:
    labels = SETTINGS.periods.before(30) + SETTINGS.periods.labels
    tables = tables_of(SETTINGS, items=ITEMS, sales_history=sales("A", "FR-S", quantities, SETTINGS), promotions=[
        {"promotion": str(start), "item": "A", "from_period": labels[start], "discount": discount}
        for start in (month, 31)])
    influences = fitted(tables)
    quantity = influences.history.quantity
    assert (np.nan_to_num(quantity) - influences.past >= 0).all()
    assert (100 + planned(influences).effect >= 0).all()
