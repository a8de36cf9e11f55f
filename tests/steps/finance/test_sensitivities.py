"""What one percent does, against the plan made again with the input changed by one percent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from sopxl.grids import take
from sopxl.pipeline import run
from sopxl.schema import PlanGrid, Tables
from sopxl.settings import settings_frame
from sopxl.steps.finance.tables import (
    CASH_FLOW,
    DRIVERS,
    FINANCIAL_PLAN,
    PAYABLE_DAYS,
    RECEIVABLE_DAYS,
    SENSITIVITIES,
)
from tests.small_company import SETTINGS, small_company

LABELS = SETTINGS.periods.labels
PLAN_SETTINGS = replace(SETTINGS, plan_mode="requirements", receivable_days=40.0, payable_days=20.0)


def company() -> Tables:
    """The small company, which sells chairs in dollars and buys wood in them, with stated opening balances."""
    tables = small_company(PLAN_SETTINGS)
    tables["prices"]["currency"] = ["", "USD"]
    tables["suppliers"]["currency"] = ["USD", ""]
    tables["exchange_rates"] = pd.DataFrame({"currency": ["USD", "USD"], "from_period": ["", "2027-03"],
                                             "average_rate": [0.9, 0.95]})
    tables["operating_expenses"] = pd.DataFrame({
        "expense": ["Commission", "Packing", "Rent"], "basis": ["percent", "per unit", "fixed"],
        "amount": [5.0, 1.5, 700.0]})
    tables["opening_balances"] = pd.DataFrame({"account": ["receivables", "payables"], "amount": [9000.0, 4000.0]})
    return tables


def with_factor(table: str, *columns: str, factor: float = 1.01) -> Callable[[Tables], Tables]:
    """The tables with these columns of one table multiplied."""
    return lambda tables: {**tables, table: tables[table].assign(**{
        column: tables[table][column] * factor for column in columns})}


def one_percent_more_demand(tables: Tables) -> Tables:
    return {**tables, "overrides": pd.DataFrame({
        "role": ["finance"], "from_period": [LABELS[0]], "to_period": [LABELS[-1]], "kind": ["add percent"],
        "amount": [1.0], "reason": ["test"], "author": ["Desk A"]})}


def all_of(*changes: Callable[[Tables], Tables]) -> Callable[[Tables], Tables]:
    def change(tables: Tables) -> Tables:
        for one in changes:
            tables = one(tables)
        return tables

    return change


def later(setting: str) -> Callable[[Tables], Tables]:
    settings = replace(PLAN_SETTINGS, **{setting: getattr(PLAN_SETTINGS, setting) + 1.0})
    return lambda tables: {**tables, "settings": settings_frame(settings)}


CHANGES: dict[str, Callable[[Tables], Tables]] = {
    "Volume": one_percent_more_demand,
    "Price": with_factor("prices", "price"),
    "Material cost": with_factor("sourcing", "price"),
    "Conversion cost": all_of(with_factor("resources", "hourly_cost", "overtime_cost"),
                              with_factor("costs", "production_cost")),
    "Freight": all_of(with_factor("markets", "freight_cost"), with_factor("lanes", "unit_cost")),
    "USD": with_factor("exchange_rates", "average_rate"),
    RECEIVABLE_DAYS: later("receivable_days"),
    PAYABLE_DAYS: later("payable_days"),
}


DAYS = (RECEIVABLE_DAYS, PAYABLE_DAYS)
QUICK = ("Volume", "USD", RECEIVABLE_DAYS)
TRIED = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CHANGES]


@cache
def planned(change: str = "") -> Tables:
    tables = company()
    return run(CHANGES[change](tables) if change else tables)


def line(grid: PlanGrid, tables: Tables, measure: str) -> np.ndarray:
    return np.asarray(take(grid, tables[grid.name], measure, LABELS).to_numpy(float)[0])


def effect(driver: str, measure: str) -> np.ndarray:
    found = take(SENSITIVITIES, planned()["sensitivities"], measure, LABELS)
    row: np.ndarray = found[found.index == driver].to_numpy(float)[0]
    return row


def test_every_driver_is_tried() -> None:
    assert set(planned()["sensitivities"]["driver"]) == set(CHANGES)
    assert {driver.name for driver in DRIVERS} < set(CHANGES)


@pytest.mark.parametrize("driver", TRIED)
def test_the_effect_on_ebit_is_what_the_plan_made_again_earns_more(driver: str) -> None:
    again = line(FINANCIAL_PLAN, planned(driver), "EBIT") - line(FINANCIAL_PLAN, planned(), "EBIT")
    told = effect(driver, "EBIT effect")
    if driver == "Volume":  # what is moved and made for it lies in other periods
        assert told.sum() == pytest.approx(again.sum(), rel=0.05)
    else:
        np.testing.assert_allclose(told, again, atol=0.01)
    assert np.abs(told).max() > 1 or driver in DAYS


@pytest.mark.parametrize("driver", [one for one in TRIED if one != "Volume"])
def test_the_effect_on_cash_is_what_the_plan_made_again_brings_more(driver: str) -> None:
    again = line(CASH_FLOW, planned(driver), "Change in cash") - line(CASH_FLOW, planned(), "Change in cash")
    told = effect(driver, "Cash effect")
    if driver in DAYS:  # what was sold and bought before the plan is not told by steady bills alone
        np.testing.assert_allclose(told.sum(), again.sum(), rtol=0.15)
    else:
        np.testing.assert_allclose(told, again, atol=0.01)
    assert np.abs(told).max() > 1


@pytest.mark.parametrize("part", ["EBIT", "Cash"])
def test_the_last_period_holds_the_effect_of_all(part: str) -> None:
    for driver in CHANGES:
        assert effect(driver, f"{part} effect so far")[-1] == pytest.approx(effect(driver, f"{part} effect").sum())
