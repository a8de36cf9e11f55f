"""Clean histories: what is a zero, what is a gap, what is not history, and which series there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sopxl.settings import Settings
from sopxl.steps.demand.history import ordered_pairs, read_history, without_first_sale
from tests.steps.demand.demand_cases import sales, tables_of

SETTINGS = Settings(first_period="2026-01", horizon=6)
A = [{"item": "A", "family": "F"}]
NAN = float("nan")


def test_periods_without_a_record_are_zeros_or_gaps_by_the_setting() -> None:
    records = sales("A", "FR-S", [5, NAN, 7, NAN], SETTINGS)
    zeros = read_history(tables_of(SETTINGS, items=A, sales_history=records), SETTINGS)
    assert zeros.quantity.tolist() == [[5, 0, 7, 0]]
    gaps = replace(SETTINGS, missing_history="gap")
    assert read_history(tables_of(gaps, items=A, sales_history=records), gaps).quantity == pytest.approx(
        np.array([[5, NAN, 7, NAN]]), nan_ok=True)


def test_what_lies_before_the_first_sale_is_not_history() -> None:
    records = sales("A", "FR-S", [0, 0, 4, 0], SETTINGS) + sales("A", "US-S", [1, 1, 1, 1], SETTINGS)
    history = read_history(tables_of(SETTINGS, items=A, sales_history=records), SETTINGS)
    assert history.length.tolist() == [2, 4]
    assert np.isnan(history.quantity[0, :2]).all()


def test_markets_of_one_group_and_channel_are_one_series_or_not_by_the_setting() -> None:
    records = sales("A", "FR-S", [1, 2], SETTINGS) + sales("A", "DE-S", [10, 20], SETTINGS)
    history = read_history(tables_of(SETTINGS, items=A, sales_history=records), SETTINGS)
    assert history.series["market"].tolist() == ["EU Shop"]
    assert history.quantity.tolist() == [[11, 22]]
    finer = replace(SETTINGS, market_level="market")
    assert len(read_history(tables_of(finer, items=A, sales_history=records), finer).series) == 2


def test_returns_are_netted_and_a_net_below_zero_counts_as_zero() -> None:
    records = sales("A", "FR-S", [5, 1, 6], SETTINGS) + sales("A", "DE-S", [NAN, -4, -2], SETTINGS)
    history = read_history(tables_of(SETTINGS, items=A, sales_history=records), SETTINGS)
    assert history.quantity.tolist() == [[5, 0, 4]]
    assert history.returned.tolist() == [[0, 3, 0]]


def test_records_in_the_plan_of_another_bucket_or_of_unknown_items_are_left_out() -> None:
    records = [
        *sales("A", "FR-S", [5, 6], SETTINGS), *sales("NONE", "FR-S", [5, 6], SETTINGS),
        {"period": "2026-02", "item": "A", "market": "FR-S", "quantity": 99},
        {"period": "2025-W10", "item": "A", "market": "FR-S", "quantity": 99},
        {"period": "2025-12", "item": "A", "market": "nowhere", "quantity": 99},
    ]
    history = read_history(tables_of(SETTINGS, items=A, sales_history=records), SETTINGS)
    assert history.quantity.tolist() == [[5, 6]]
    assert history.late_records == 1


def test_a_mistyped_ancient_period_does_not_stretch_the_history() -> None:
    records = [*sales("A", "FR-S", [5, 6], SETTINGS),
               {"period": "0206-01", "item": "A", "market": "FR-S", "quantity": 1}]
    assert read_history(tables_of(SETTINGS, items=A, sales_history=records), SETTINGS).quantity.shape == (1, 2)


def test_an_ended_item_stays_while_it_was_sold_in_the_last_year_or_is_on_order() -> None:
    items = [{"item": name, "status": "ended"} for name in "XYZ"]
    records = sales("X", "FR-S", [1.0] * 3, SETTINGS) + sales("Y", "FR-S", [1.0] + [NAN] * 20, SETTINGS)
    orders = [{"order": "1", "kind": "sale", "item": "Z", "market": "US-S", "due_period": "2025-01", "quantity": 3}]
    tables = tables_of(SETTINGS, items=items, sales_history=records, open_orders=orders)
    series = read_history(tables, SETTINGS).series
    assert list(zip(series["item"], series["market"], strict=True)) == [("X", "EU Shop"), ("Z", "US Shop")]
    assert ordered_pairs(tables, SETTINGS)["position"].tolist() == [0]


def test_a_new_item_is_planned_where_its_like_item_is_priced_or_its_family_sells() -> None:
    items = [{"item": "A", "family": "F"}, {"item": "LIKE", "like_item": "A"}, {"item": "PRICED"},
             {"item": "KIN", "family": "F", "first_sales_period": "2026-02"}, {"item": "SILENT", "family": "F"},
             {"item": "PART", "status": "component", "like_item": "A"}]
    prices = [{"item": "PRICED", "market": "US Shop", "price": 5}]
    tables = tables_of(SETTINGS, items=items, prices=prices, sales_history=sales("A", "FR-S", [4.0] * 12, SETTINGS))
    series = read_history(tables, SETTINGS).series
    assert list(zip(series["item"], series["market"], strict=True)) == [
        ("A", "EU Shop"), ("KIN", "EU Shop"), ("LIKE", "EU Shop"), ("PRICED", "US Shop")]


def test_a_new_item_expects_what_its_like_item_sells_else_the_mean_item_of_its_family() -> None:
    items = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}, {"item": "LIKE", "like_item": "A"},
             {"item": "NEW", "family": "F", "first_sales_period": "2026-01"}]
    records = sales("A", "FR-S", [10.0] * 12, SETTINGS) + sales("B", "FR-S", [4.0] * 12, SETTINGS)
    history = read_history(tables_of(SETTINGS, items=items, sales_history=records), SETTINGS)
    assert dict(zip(history.series["item"], history.expected(history.quantity), strict=True))["LIKE"] == 10
    assert dict(zip(history.series["item"], history.expected(history.quantity), strict=True))["NEW"] == 7


def test_last_year_is_the_same_period_a_year_before_and_empty_beyond_the_first_year() -> None:
    settings = replace(SETTINGS, horizon=14)
    records = sales("A", "FR-S", [float(month) for month in range(1, 13)], settings)
    last = read_history(tables_of(settings, items=A, sales_history=records), settings).last_year(14)
    assert last[0, :12].tolist() == list(range(1, 13))
    assert np.isnan(last[0, 12:]).all()


def test_without_any_sales_there_is_an_empty_history() -> None:
    history = read_history(tables_of(SETTINGS), SETTINGS)
    assert history.quantity.shape == (0, 0)
    assert history.last_year(6).shape == (0, 6)


def test_the_first_sale_of_what_sells_now_and_then_does_not_count_as_its_rate() -> None:
    values = np.array([[NAN, 1, 0, 0, 0], [1, 1, 0, 1, 1], [NAN, NAN, NAN, 1, 0]])
    expected = np.array([[NAN, NAN, 0, 0, 0], [1, 1, 0, 1, 1], [NAN, NAN, NAN, 1, 0]])
    assert np.array_equal(without_first_sale(values), expected, equal_nan=True)
