"""Prices and exchange rates by period: which price wins, and what a currency is worth."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sopxl.prices import closing_rate, exchange_rate, price_matrix
from sopxl.schema import PlanError, Tables, conform_all
from sopxl.settings import Settings
from sopxl.tables import TABLES

SETTINGS = Settings(first_period="2026-01", horizon=4, currency="USD")
PAIRS = pd.DataFrame({"item": ["A", "A", "B"], "market": ["EU Shop", "US Shop", "EU Shop"]})


def tables_with(**records: list[dict[str, Any]]) -> Tables:
    """Conformed tables from records, with two markets."""
    markets = [
        {"market": "EU-S", "market_group": "EU", "channel": "Shop", "ship_from": "P"},
        {"market": "US-S", "market_group": "US", "channel": "Shop", "ship_from": "P"},
    ]
    given = {"markets": markets, **records}
    return conform_all(TABLES, {name: pd.DataFrame(rows) for name, rows in given.items()})


def test_the_price_of_an_item_in_a_market_wins_over_the_price_of_the_item() -> None:
    prices = [{"item": "A", "price": 10}, {"item": "A", "market": "US Shop", "price": 12}, {"item": "B", "price": 3}]
    assert price_matrix(tables_with(prices=prices), SETTINGS, PAIRS)[:, 0].tolist() == [10, 12, 3]


def test_a_price_holds_from_its_period_until_the_next_one() -> None:
    prices = [
        {"item": "A", "from_period": "2026-03", "price": 12},
        {"item": "A", "from_period": "2025-01", "price": 10},
        {"item": "A", "market": "US Shop", "from_period": "2026-04", "price": 20},
    ]
    matrix = price_matrix(tables_with(prices=prices), SETTINGS, PAIRS.head(2))
    assert matrix.tolist() == [[10, 10, 12, 12], [10, 10, 12, 20]]


def test_a_price_in_a_foreign_currency_moves_with_the_average_rate() -> None:
    prices = [{"item": "A", "price": 10, "currency": "EUR"}]
    rates = [
        {"currency": "EUR", "from_period": "2025-07", "average_rate": 1.1},
        {"currency": "EUR", "from_period": "2026-02", "average_rate": 1.2, "closing_rate": 1.3},
    ]
    tables = tables_with(prices=prices, exchange_rates=rates)
    assert price_matrix(tables, SETTINGS, PAIRS.head(1)).tolist() == [[11, 12, 12, 12]]
    assert exchange_rate(tables, SETTINGS, "EUR").tolist() == [1.1, 1.2, 1.2, 1.2]
    assert closing_rate(tables, SETTINGS, "EUR").tolist() == [1.1, 1.3, 1.3, 1.3]
    assert exchange_rate(tables, SETTINGS, "USD").tolist() == [1, 1, 1, 1]


def test_a_currency_without_a_rate_is_a_fault_in_words() -> None:
    with pytest.raises(PlanError, match="no exchange rate for GBP"):
        exchange_rate(tables_with(), SETTINGS, "GBP")


def test_without_a_price_the_average_revenue_of_the_last_year_stands_in() -> None:
    history = [
        {"period": "2025-05", "item": "A", "market": "EU-S", "quantity": 4, "revenue": 40},
        {"period": "2025-06", "item": "A", "market": "EU-S", "quantity": 1, "revenue": 20},
        {"period": "2020-01", "item": "B", "market": "US-S", "quantity": 2, "revenue": 10},
    ]
    matrix = price_matrix(tables_with(sales_history=history), SETTINGS, PAIRS)
    assert matrix[:, 0].tolist() == [12, 12, 5]


def test_an_item_that_was_never_priced_or_sold_costs_nothing() -> None:
    assert price_matrix(tables_with(), SETTINGS, PAIRS).tolist() == [[0.0] * 4] * 3
    assert price_matrix(tables_with(), SETTINGS, PAIRS.head(0)).shape == (0, 4)


def test_a_price_of_another_bucket_is_left_out() -> None:
    prices = [{"item": "A", "from_period": "2026-W01", "price": 12}, {"item": "A", "price": 7}]
    assert price_matrix(tables_with(prices=prices), SETTINGS, PAIRS.head(1))[0].tolist() == [7, 7, 7, 7]
