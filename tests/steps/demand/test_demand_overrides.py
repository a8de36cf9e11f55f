"""Overrides: every kind by hand on two families in two markets, and what must hold for any of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from sopxl.schema import conform
from sopxl.settings import Settings
from sopxl.steps.demand.overrides import Spread, spread_overrides
from sopxl.steps.demand.tables import OVERRIDES

SETTINGS = Settings(first_period="2027-01", horizon=3)
NONE = float("nan")
SERIES = pd.DataFrame({
    "item": ["oak", "oak", "pine", "stool"], "family": ["table", "table", "table", "seat"],
    "market": ["north", "south", "north", "north"], "channel": ["shop", "web", "shop", "shop"],
})
BASELINE = np.array([[10.0, 20, 30], [30, 30, 30], [10, 10, 40], [0, 0, 0]])
LAST_YEAR = np.array([[5.0, 5, NONE], [0, 5, NONE], [5, 0, NONE], [0, 0, NONE]])
PRICE = np.array([[100.0] * 3, [50] * 3, [20] * 3, [0] * 3])
OAK_NORTH, OAK_SOUTH, PINE, STOOL = range(4)


def override(kind: str, amount: float, **more: Any) -> dict[str, Any]:
    return {"role": "sales", "kind": kind, "amount": amount, "from_period": "2027-01", "reason": "because",
            "author": "Desk A", **more}


def spread(*rows: dict[str, Any], typed: np.ndarray | None = None, sold: np.ndarray | None = None) -> Spread:
    table = conform(OVERRIDES, pd.DataFrame(list(rows)))
    opinions = {} if typed is None else {"sales": typed}
    return spread_overrides(table, SERIES, BASELINE, LAST_YEAR, PRICE, opinions, SETTINGS, sold)


def sales(*rows: dict[str, Any], typed: np.ndarray | None = None, sold: np.ndarray | None = None) -> np.ndarray:
    return spread(*rows, typed=typed, sold=sold).by_role["sales"]


def told(*rows: dict[str, Any], typed: np.ndarray | None = None, sold: np.ndarray | None = None) -> list[str]:
    return [f"{one.severity}: {one.message}" for one in spread(*rows, typed=typed, sold=sold).findings]


def typed_at(*cells: tuple[int, int, float]) -> np.ndarray:
    result = np.full(BASELINE.shape, NONE)
    for row, period, quantity in cells:
        result[row, period] = quantity
    return result


def first(result: np.ndarray) -> list[float]:
    """The first period of the three tables."""
    return [round(float(quantity), 6) for quantity in result[:3, 0]]


def test_units_that_are_set_are_spread_in_the_proportions_of_the_baseline() -> None:
    result = sales(override("set units", 100, family="table"))
    assert first(result) == [20, 60, 20]
    assert np.isnan(result[:, 1:]).all()
    assert np.isnan(result[STOOL]).all()


def test_units_that_are_set_in_proportions_of_last_year_and_equally() -> None:
    assert first(sales(override("set units", 90, family="table", spread_by="last year"))) == [45, 0, 45]
    assert first(sales(override("set units", 90, family="table", spread_by="equal"))) == [30, 30, 30]


def test_where_last_year_knows_nothing_the_baseline_gives_the_proportions() -> None:
    result = sales(override("set units", 200, family="table", spread_by="last year", from_period="2027-03"))
    assert result[:3, 2].tolist() == [60, 60, 80]


def test_each_period_has_the_amount_or_all_together() -> None:
    each = sales(override("set units", 50, item="oak", to_period="2027-03", market="north"))
    assert each[OAK_NORTH].tolist() == [50, 50, 50]
    total = sales(override("set units", 120, item="oak", to_period="2027-03", market="north", amount_is="in total"))
    assert total[OAK_NORTH].tolist() == [20, 40, 60]


def test_units_that_are_added_come_on_top_of_the_baseline() -> None:
    assert first(sales(override("add units", 25, family="table"))) == [15, 45, 15]
    assert first(sales(override("add units", -25, family="table"))) == [5, 15, 5]


def test_percent_are_of_the_baseline() -> None:
    assert first(sales(override("add percent", 10, family="table"))) == [11, 33, 11]
    assert first(sales(override("add percent", -50, family="table"))) == [5, 15, 5]
    assert first(sales(override("add percent", 10, family="table", spread_by="equal"))) == pytest.approx(
        [11.67, 31.67, 11.66])


def test_money_that_is_set_keeps_the_mix_of_units_and_adds_up_to_the_cent() -> None:
    result = sales(override("set money", 5400, family="table"))
    assert first(result) == pytest.approx([10 * 5400 / 2700, 30 * 5400 / 2700, 10 * 5400 / 2700])
    odd = sales(override("set money", 999.99, family="table"))
    assert (odd[:3, 0] * PRICE[:3, 0]).sum() == pytest.approx(999.99, rel=1e-12)


def test_money_spread_equally_is_equal_money() -> None:
    assert first(sales(override("set money", 3000, family="table", spread_by="equal"))) == [10, 20, 50]


def test_money_that_is_added_comes_on_top() -> None:
    assert first(sales(override("add money", 270, family="table"))) == pytest.approx([11, 33, 11])
    assert first(sales(override("add money", -270, family="table"))) == pytest.approx([9, 27, 9])


def test_what_is_typed_counts_in_the_sum_and_does_not_move() -> None:
    """The example of Anaplan's breakback: 10, 20 and 30, the second held, 100 set: 20, 20 and 60."""
    baseline = np.array([[10.0], [20.0], [30.0]])
    table = conform(OVERRIDES, pd.DataFrame([override("set units", 100)]))
    series = SERIES.head(3).reset_index(drop=True)
    typed = {"sales": np.array([[NONE], [20.0], [NONE]])}
    result = spread_overrides(table, series, baseline, baseline, np.ones((3, 1)), typed,
                              Settings(first_period="2027-01", horizon=1)).by_role["sales"]
    np.testing.assert_array_equal(result, [[20], [NONE], [60]])


def test_what_is_typed_counts_at_its_price_in_money_that_is_set() -> None:
    result = sales(override("set money", 1400, family="table"), typed=typed_at((OAK_NORTH, 0, 5)))
    assert np.isnan(result[OAK_NORTH, 0])
    assert result[1:3, 0].tolist() == pytest.approx([30 * 900 / 1700, 10 * 900 / 1700])


def test_what_is_added_goes_to_the_cells_that_are_not_typed() -> None:
    result = sales(override("add units", 40, family="table"), typed=typed_at((OAK_NORTH, 0, 5)))
    assert np.isnan(result[OAK_NORTH, 0])
    assert result[1:3, 0].tolist() == [60, 20]


def test_percent_are_of_the_cells_that_are_not_typed() -> None:
    result = sales(override("add percent", 10, family="table"), typed=typed_at((OAK_NORTH, 0, 500)))
    assert result[1:3, 0].tolist() == [33, 11]


def test_a_finer_override_holds_and_the_coarser_is_spread_around_it_in_whatever_order_they_came() -> None:
    fine = override("set units", 40, item="pine", entered="2026-11-01")
    coarse = override("set units", 100, family="table", entered="2026-12-01")
    for rows in ((fine, coarse), (coarse, fine), ({**fine, "entered": "2026-12-24"}, coarse)):
        assert first(sales(*rows)) == [15, 45, 40]


def test_overrides_that_cross_one_another_hold_both() -> None:
    result = sales(override("set units", 60, item="oak"), override("set units", 50, market="north", family="table"))
    assert result[OAK_NORTH, 0] + result[OAK_SOUTH, 0] == pytest.approx(60)
    assert result[OAK_NORTH, 0] + result[PINE, 0] == pytest.approx(50)


def test_a_month_that_is_set_holds_in_the_total_of_the_quarter() -> None:
    result = sales(override("set units", 100, item="pine", to_period="2027-03", amount_is="in total"),
                   override("set units", 30, item="pine", from_period="2027-02"))
    assert result[PINE].tolist() == [14, 30, 56]


def test_of_two_for_the_same_cells_the_later_entered_holds_then_the_lower_row() -> None:
    old, new = override("set units", 40, item="pine"), override("set units", 70, item="pine", author="Desk B")
    assert sales(old, new)[PINE, 0] == 70
    assert sales({**old, "entered": "2026-12-02"}, {**new, "entered": "2026-12-01"})[PINE, 0] == 40
    assert sales({**old, "entered": "2026-12-02"}, new)[PINE, 0] == 40
    assert told(old, new) == ["note: The override of sales for pine is replaced by later ones for the same cells."]


def test_an_override_that_later_ones_replace_in_some_periods_only_is_no_news() -> None:
    old = override("set units", 40, item="pine", to_period="2027-03")
    assert told(old, override("set units", 70, item="pine")) == []
    assert told(override("add percent", 10, family="seat"), override("add percent", 10, to_period="2027-02")) == [
        "note: The override of sales for seat is a percentage of a baseline of 0: it changes nothing there."]


def test_what_has_no_place_is_worth_its_price() -> None:
    too_much = (override("add units", -60, family="table"), override("add money", -5000, item="pine", role="finance"))
    assert [round(trouble.money, 2) for trouble in spread(*too_much).troubles] == [566.67, 4800]
    assert "4,800.00 USD could not be taken" in told(*too_much)[1]


def test_what_is_added_later_comes_on_top_of_what_is_set_and_a_later_number_has_the_last_word() -> None:
    number, more = override("set units", 100, family="table"), override("add units", 25, family="table")
    assert first(sales(number, more)) == [25, 75, 25]
    assert first(sales(more, number)) == [20, 60, 20]


def test_what_is_added_to_a_family_leaves_an_item_that_is_set_alone() -> None:
    assert first(sales(override("set units", 7, item="pine"), override("add units", 20, family="table"))) == [15, 45, 7]


def test_several_additions_add_up() -> None:
    both = sales(override("add percent", 10, family="table"), override("add units", 4, item="pine"))
    assert first(both) == [11, 33, 15]


def test_nothing_goes_below_zero_and_what_could_not_be_taken_is_told() -> None:
    assert first(sales(override("add units", -60, family="table"))) == [0, 0, 0]
    assert told(override("add units", -60, family="table")) == [
        "warning: The override of sales for table takes more than there is: 10.00 units could not be taken."]
    assert first(sales(override("add units", -45, family="table", spread_by="equal"))) == [0, 5, 0]


def test_a_number_below_zero_counts_as_zero_and_is_told() -> None:
    assert sales(override("set units", -5, item="pine"))[PINE, 0] == 0
    assert "is 5.00 units below zero" in told(override("set units", -5, item="pine"))[0]


def test_less_than_what_is_typed_leaves_zero_for_the_rest_and_is_told() -> None:
    typed = typed_at((OAK_NORTH, 0, 120))
    result = sales(override("set units", 100, family="table"), typed=typed)
    np.testing.assert_array_equal(result[:3, 0], [NONE, 0, 0])
    assert "the sum 20.00 units too high" in told(override("set units", 100, family="table"), typed=typed)[0]


def test_where_all_is_typed_what_is_missing_is_told_and_nothing_where_it_adds_up() -> None:
    typed = typed_at((PINE, 0, 12))
    assert "8.00 units have no place" in told(override("set units", 20, item="pine"), typed=typed)[0]
    assert "2.00 units have no place" in told(override("add percent", 20, item="pine"), typed=typed)[0]
    assert told(override("set units", 12, item="pine"), typed=typed) == []
    assert np.isnan(sales(override("set units", 20, item="pine"), typed=typed)).all()


def test_where_nothing_is_sold_an_amount_is_spread_equally_and_told() -> None:
    seat = override("set units", 9, family="seat", to_period="2027-03", amount_is="in total")
    assert sales(seat)[STOOL].tolist() == [3, 3, 3]
    assert told(seat) == ["note: The override of sales for seat finds no demand to go by, at least in one period, "
                          "and is spread equally there."]


def test_a_percentage_of_nothing_is_told() -> None:
    assert np.isnan(sales(override("add percent", 9, item="stool"))).all()
    assert "percentage of a baseline of 0" in told(override("add percent", 9, item="stool"))[0]


def test_money_without_a_price_is_told() -> None:
    assert np.isnan(sales(override("set money", 9, item="stool"))).all()
    assert "nothing that it covers has a price" in told(override("set money", 9, item="stool"))[0]


def test_an_override_that_covers_nothing_is_told_with_its_row_and_column() -> None:
    findings = spread(override("set units", 5, item="pine"), override("set units", 5, item="pine", market="south"),
                      override("set units", 5, from_period="2028-01")).findings
    assert [(one.row, one.column, one.table) for one in findings] == [
        (1, "item", "overrides"), (2, "from_period", "overrides")]


def test_what_has_expired_or_ended_is_not_used_and_told_once() -> None:
    rows = (override("set units", 5, item="pine", expires="2026-12"),
            override("set units", 6, item="pine", from_period="2026-11"))
    assert np.isnan(sales(*rows)).all()
    assert told(*rows) == ["note: 2 overrides ended before this plan or expired: not used."]
    assert sales(override("set units", 5, item="pine", expires="2027-01"))[PINE, 0] == 5


def test_a_total_that_began_in_the_past_is_lessened_by_what_has_been_sold() -> None:
    year = override("set units", 100, item="pine", from_period="2026-11", to_period="2027-03", amount_is="in total")
    sold = np.array([[9.0, 9, 9], [9, 9, 9], [500, 15, 25], [9, 9, 9]])
    assert sales(year, sold=sold)[PINE].tolist() == [10, 10, 40]
    money = {**year, "kind": "set money", "amount": 2000}
    assert sales(money, sold=sold)[PINE].tolist() == pytest.approx([10, 10, 40])
    assert "have been sold already" in told({**year, "amount": 39}, sold=sold)[0]
    assert sales({**year, "kind": "add units"}, sold=sold)[PINE].tolist() == [20, 20, 80]


def test_of_a_total_that_reaches_beyond_the_horizon_the_plans_periods_have_their_share() -> None:
    result = sales(override("set units", 120, item="pine", to_period="2027-06", amount_is="in total"))
    assert result[PINE].tolist() == [10, 10, 40]


def test_a_channel_and_everything_can_be_covered() -> None:
    assert sales(override("set units", 8, channel="web"))[OAK_SOUTH, 0] == 8
    assert sales(override("add percent", 100))[:3, 0].tolist() == [20, 60, 20]


def test_each_role_has_its_own_and_the_author_of_what_governs_is_known() -> None:
    result = spread(override("set units", 8, item="pine"), override("add units", 2, item="pine", author="Desk B"),
                    override("set units", 80, item="pine", role="finance", author="Cy"))
    assert result.by_role["sales"][PINE, 0] == 10
    assert result.by_role["finance"][PINE, 0] == 80
    assert np.isnan(result.by_role["marketing"]).all()
    assert result.authors["sales"][PINE].tolist() == ["Desk B", "", ""]
    assert result.authors["finance"][PINE, 0] == "Cy"


def test_hundredths_add_up() -> None:
    thirds = sales(override("set units", 100, family="table", spread_by="equal"))
    assert first(thirds) == [33.34, 33.33, 33.33]


KINDS = st.sampled_from(["set units", "add units", "set money", "add money", "add percent"])
SCOPES = st.sampled_from([{}, {"item": "oak"}, {"item": "pine"}, {"family": "table"}, {"market": "north"},
                          {"item": "oak", "market": "south"}, {"channel": "shop", "family": "table"}])
PERIODS = st.sampled_from(["2027-01", "2027-02", "2027-03"])


@st.composite
def any_override(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(KINDS)
    amount = draw(st.integers(0 if kind.startswith("set") else -30000, 30000)) / 100
    return override(kind, amount, **draw(SCOPES), from_period=draw(PERIODS), to_period="2027-03",
                    amount_is=draw(st.sampled_from(["each period", "in total"])),
                    spread_by=draw(st.sampled_from(["baseline", "last year", "equal"])))


ANYTHING_TYPED = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 5000).map(lambda c: c / 100)),
                          max_size=5).map(lambda cells: typed_at(*cells))


@given(rows=st.lists(any_override(), min_size=1, max_size=4), typed=ANYTHING_TYPED)
@limits(max_examples=60, deadline=None)
def test_what_is_typed_never_moves_and_nothing_is_negative(rows: list[dict[str, Any]], typed: np.ndarray) -> None:
    result = sales(*rows, typed=typed)
    assert np.isnan(result[~np.isnan(typed)]).all()
    assert (result[~np.isnan(result)] >= 0).all()


@given(row=any_override(), typed=ANYTHING_TYPED)
@limits(max_examples=100, deadline=None)
def test_what_is_set_adds_up_to_the_amount_unless_it_is_told(row: dict[str, Any], typed: np.ndarray) -> None:
    row = {**row, "kind": row["kind"].replace("add percent", "set units").replace("add", "set"),
           "amount": abs(row["amount"])}
    result = spread(row, typed=typed)
    if any(finding.severity == "warning" for finding in result.findings):
        return
    scope = np.ones(4, dtype=bool)
    for name in ("item", "family", "market", "channel"):
        scope &= (SERIES[name] == row[name]).to_numpy() if row.get(name) else True
    unit = PRICE if row["kind"] == "set money" else np.ones(PRICE.shape)
    now = np.where(np.isnan(typed), result.by_role["sales"], typed)
    start = int(row["from_period"][-1]) - 1
    sums = (np.nan_to_num(now) * unit)[scope, start:].sum(axis=0)
    if row["amount_is"] == "in total":
        assert sums.sum() == pytest.approx(row["amount"], rel=1e-9, abs=1e-9)
    else:
        assert sums.tolist() == pytest.approx([row["amount"]] * len(sums), rel=1e-9, abs=1e-9)


@given(cents=st.lists(st.integers(0, 30000), min_size=4, max_size=4), order=st.permutations(range(4)))
@limits(max_examples=60, deadline=None)
def test_numbers_within_numbers_all_hold(cents: list[int], order: list[int]) -> None:
    scopes: list[dict[str, Any]] = [{"item": "oak", "market": "south"}, {"item": "oak"}, {"family": "table"}, {}]
    amounts = np.cumsum(cents) / 100
    rows = [override("set units", amount, **scope) for amount, scope in zip(amounts, scopes, strict=True)]
    now = sales(*(rows[place] for place in order))[:, 0]
    assert [now[OAK_SOUTH], now[:2].sum(), now[:3].sum(), now.sum()] == pytest.approx(amounts, rel=1e-9, abs=1e-9)


@given(row=any_override())
@limits(max_examples=60, deadline=None)
def test_what_is_added_changes_the_sum_by_the_amount_unless_it_is_told(row: dict[str, Any]) -> None:
    row = {**row, "kind": row["kind"].replace("add percent", "add units").replace("set", "add"),
           "amount_is": "in total"}
    result = spread(row)
    if any(finding.severity == "warning" for finding in result.findings):
        return
    unit = PRICE if row["kind"] == "add money" else np.ones(PRICE.shape)
    change = np.nan_to_num((result.by_role["sales"] - BASELINE) * unit).sum()
    assert change == pytest.approx(row["amount"], rel=1e-9, abs=1e-7)


@given(rows=st.permutations([
    override("set units", 77, item="pine"), override("add percent", 7, item="oak", market="north"),
    override("set money", 510, item="oak", market="south"), override("set units", 5, item="stool"),
    override("add units", 3, item="oak", market="north", from_period="2027-02"),
]))
@limits(max_examples=30, deadline=None)
def test_the_order_of_unrelated_overrides_does_not_matter(rows: list[dict[str, Any]]) -> None:
    np.testing.assert_array_equal(sales(*rows), sales(*sorted(rows, key=lambda one: (one["kind"], one["amount"]))))


@given(rows=st.lists(any_override(), min_size=2, max_size=4), seed=st.randoms())
@limits(max_examples=40, deadline=None)
def test_dated_overrides_may_stand_in_any_order(rows: list[dict[str, Any]], seed: Any) -> None:
    dated = [{**row, "entered": f"2026-12-0{day + 1}"} for day, row in enumerate(rows)]
    shuffled = list(dated)
    seed.shuffle(shuffled)
    np.testing.assert_array_equal(sales(*dated), sales(*shuffled))


def test_without_overrides_there_is_nothing() -> None:
    result = spread_overrides(OVERRIDES.empty_frame(), SERIES, BASELINE, LAST_YEAR, PRICE, {}, SETTINGS)
    assert all(np.isnan(values).all() for values in result.by_role.values())
    assert set(result.by_role) == {"sales", "marketing", "finance"}
    assert not result.findings
