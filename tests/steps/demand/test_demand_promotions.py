"""What promotions come to, by hand: uplift, dip, what others lose, revenue less discount, margin and worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sopxl.schema import Tables
from sopxl.standard_cost import standard_cost
from sopxl.steps.demand.influences.model import Model, units_of
from sopxl.steps.demand.influences.pooling import Effects
from sopxl.steps.demand.influences.promotion_cells import PromotionCells, promotion_cells
from sopxl.steps.demand.influences.signals import OTHERS, Nature, Signal
from sopxl.steps.demand.promotions import Planned, promotion_effects
from tests.steps.demand.demand_cases import tables_of
from tests.steps.demand.driver_cases import SETTINGS, Planted, company
from tests.steps.demand.test_demand_drivers import fitted, planned

COSTS = pd.DataFrame({"item": ["A", "B"], "material_cost": [4.0, 5.0], "conversion_cost": [2.0, 0.0]})
LEAFLET = PromotionCells("Spring", "leaflet", np.array([0]), 1, 2, 0.2, 10.0, "2027-01")


def signal(name: str, nature: Nature, *cells: tuple[int, int, float]) -> Signal:
    strength = np.zeros((2, 4))
    for row, column, value in cells:
        strength[row, column] = value
    return Signal(name, nature, strength)


def two_items(*lines: tuple[Signal, float], count: int = 1) -> Planned:
    """Items A and B of one family: one past month, three to plan, 100 a month at 10 and 200 at 20."""
    signals = [one for one, _ in lines]
    mean = np.tile([effect for _, effect in lines], (2, 1))
    effects = Effects(mean, np.full_like(mean, 0.05))
    model = Model(signals, effects, np.ones_like(mean), np.zeros(len(lines)), np.ones(mean.shape, dtype=bool),
                  np.zeros((2, 1)))
    series = pd.DataFrame({"item": ["A", "B"], "market": "M", "family": "F"})
    base = np.array([[100.0] * 4, [200.0] * 4])
    price = np.array([[10.0] * 4, [20.0] * 4])
    group = np.zeros(2, dtype=int)
    return Planned(series, model, units_of(model, base, group), base, price, count, group)


def only_row(of: Planned, *lines: PromotionCells, costs: pd.DataFrame = COSTS) -> pd.Series:
    frame = promotion_effects(of, list(lines), {"costs": costs})
    assert len(frame) == 1
    return frame.iloc[0]


UPLIFT = (signal("Leaflet", "promotion", (0, 1, 1.0)), float(np.log(1.5)))
DIP = (signal("After: Leaflet", "after", (0, 2, 1.0)), float(np.log(0.8)))
TAKEN = (signal(OTHERS, "others", (1, 1, 0.25)), float(np.log(0.95)) * 4)


def test_a_promotion_of_half_more_at_a_fifth_off_is_worth_what_the_hand_says() -> None:
    """50 more at 8 are 400, 100 that would have been sold anyway lose 200; 50 more cost 300: margin -100."""
    row = only_row(two_items(UPLIFT), LEAFLET)
    assert (row["base_units"], row["uplift_units"], row["dip_units"], row["net_units"]) == (100, 50, 0, 50)
    assert (row["revenue"], row["margin"], row["cost"], row["worth"]) == (200, -100, 10, -110)
    assert row["status"] == "planned"
    assert row["certainty"] > 0.99
    assert "sell 50% more" in row["explanation"]


def test_what_is_bought_earlier_and_what_others_lose_is_taken_off() -> None:
    """20 less of A afterwards at 10 and 6; 10 less of B at 20 and 5."""
    row = only_row(two_items(UPLIFT, DIP, TAKEN), LEAFLET)
    assert (row["dip_units"], row["cannibalised_units"], row["net_units"]) == (20, 10, 20)
    assert row["revenue"] == 200 - 20 * 10 - 10 * 20
    assert row["margin"] == -200 - (50 - 20) * 6 + 10 * 5
    assert "20 are bought earlier and 10 taken from other items: 20 remain" in row["explanation"]


def test_promotions_share_what_their_family_loses_by_what_they_bring() -> None:
    strength = (signal("Leaflet", "promotion", (0, 1, 1.0), (0, 2, 1.0)), float(np.log(1.5)))
    of = two_items(strength, (signal(OTHERS, "others", (1, 1, 0.25), (1, 2, 0.25)), float(np.log(0.95)) * 4))
    both = [LEAFLET, replace(LEAFLET, promotion="Easter", first=1, end=3)]
    frame = promotion_effects(of, both, {"costs": COSTS}).set_index("promotion")
    assert frame["uplift_units"].to_dict() == {"Spring": 25.0, "Easter": 75.0}
    assert frame["cannibalised_units"].to_dict() == {"Spring": 5.0, "Easter": 15.0}


def test_lines_of_one_promotion_are_one_promotion() -> None:
    strength = (signal("Leaflet", "promotion", (0, 1, 1.0), (1, 1, 1.0)), float(np.log(1.5)))
    row = only_row(two_items(strength), LEAFLET, replace(LEAFLET, rows=np.array([1]), cost=5.0))
    assert (row["base_units"], row["uplift_units"], row["cost"]) == (300, 150, 15)


def test_a_promotion_that_is_over_is_past() -> None:
    assert only_row(two_items(UPLIFT, count=4), LEAFLET)["status"] == "past"


def test_without_standard_costs_the_margin_is_the_revenue_and_says_so() -> None:
    row = only_row(two_items(UPLIFT), LEAFLET, costs=COSTS.head(0))
    assert row["margin"] == row["revenue"]
    assert "No standard costs" in row["explanation"]
    np.testing.assert_array_equal(standard_cost({"costs": COSTS}, pd.Series(["B", "X", "A"])), [5, 0, 6])


def test_a_kind_that_has_never_been_and_has_no_discount_is_not_known() -> None:
    row = only_row(two_items(UPLIFT), replace(LEAFLET, kind="fair", discount=0.0))
    assert row[["uplift_units", "worth", "certainty"]].isna().all()
    assert "nothing is known" in row["explanation"]


def with_promotions(tables: Tables, *lines: dict[str, object]) -> Tables:
    given = {name: frame for name, frame in tables.items() if name in (
        "items", "sales_history", "prices", "costs")}
    return tables_of(SETTINGS, **given, promotions=list(lines))


def test_a_discount_of_a_kind_that_has_never_been_works_as_a_price_cut() -> None:
    tables = with_promotions(company(Planted(elasticity=-2.0, promoted=0.0)), {
        "promotion": "Fair", "item": "I3", "from_period": "2027-03", "kind": "fair", "discount": 0.1})
    row = planned(fitted(tables)).promotion_effects.iloc[0]
    assert row["uplift_units"] == pytest.approx(100 * (0.9**-2.0 - 1), rel=0.3)
    assert "as a price cut" in row["explanation"]


def test_a_promotion_never_takes_more_than_it_brings() -> None:
    tables = company(Planted(uplift=0.5, taken=1.6, items=12, families=4, promoted=0.1, noise=0.05))
    told = planned(fitted(tables)).promotion_effects
    assert told["cannibalised_units"].max() > 0
    told = told.dropna(subset=["uplift_units"])
    assert (told["cannibalised_units"] <= told["uplift_units"] + 0.02).all()


def test_a_planned_promotion_is_told_with_what_past_ones_brought() -> None:
    result = planned(fitted(company(Planted(uplift=np.log(1.5), discount=0.1, promoted=0.08))))
    first = result.promotion_effects.iloc[0]
    assert (first["promotion"], first["status"], first["from_period"]) == ("P0-49", "planned", "2027-02")
    assert first["uplift_units"] == pytest.approx(50, abs=12)
    assert first["uplift_units"] == pytest.approx(result.effect[0, 1], abs=8)
    assert (result.promotion_effects["status"].iloc[1:] == "past").all()


def test_a_promotion_concerns_its_item_else_its_family_and_only_its_market() -> None:
    series = pd.DataFrame({"item": ["A", "A", "B", "C"], "market": ["EU", "US", "EU", "EU"],
                           "family": ["F", "F", "F", "G"]})
    lines = [{"promotion": "1", "item": "A", "family": "G", "from_period": "2027-01"},
             {"promotion": "2", "family": "F", "market": "EU", "from_period": "2026-12", "to_period": "2027-02"},
             {"promotion": "3", "from_period": "2026-11"},
             {"promotion": "4", "item": "A", "from_period": "2027-03", "to_period": "2027-01"},
             {"promotion": "5", "item": "nowhere", "from_period": "2027-01"}]
    cells = promotion_cells(series, tables_of(SETTINGS, promotions=lines), SETTINGS, 12)
    assert [(line.promotion, line.rows.tolist(), line.first, line.end) for line in cells] == [
        ("1", [0, 1], 12, 13), ("2", [0, 2], 11, 14), ("3", [0, 1, 2, 3], 10, 11)]


def test_a_kind_seen_on_one_occasion_is_not_planned_with() -> None:
    """Twelve items sold double in the same month: the promotion, or whatever else happened in it."""
    tables = company(Planted(promoted=0.0, items=12, families=1))
    labels = SETTINGS.periods.before(12)
    sold = tables["sales_history"]
    month = sold["period"] == labels[3]
    tables["sales_history"] = sold.assign(quantity=sold["quantity"].where(~month, 2 * sold["quantity"]))
    lines: list[dict[str, object]] = [
        {"promotion": period, "family": "F0", "from_period": period} for period in (labels[3], "2027-02")]
    told = planned(fitted(with_promotions(tables, *lines))).promotion_effects
    assert told[["uplift_units", "worth"]].isna().all(axis=None)
    assert told["explanation"].str.contains("not been seen often enough").all()
