"""Every kind of finance exception: when it is raised, with what money, and when not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sopxl.exceptions import MOST_PER_KIND
from sopxl.pipeline import compute_formulas
from sopxl.schema import Tables
from sopxl.steps.finance import exceptions
from sopxl.steps.finance.exceptions import FINANCE_EXCEPTIONS
from sopxl.steps.finance.plan import plan_finance
from tests.steps.finance.finance_books import Books, planned

ZERO = np.zeros(2)
SOUND = Books(
    started=np.array([50.0, 50.0]), bought=np.array([100.0, 100.0]), moved=np.array([50.0, 50.0]),
    shipped=np.array([50.0, 50.0]), expedited=ZERO, open_purchases=ZERO, open_production=ZERO, open_transfers=ZERO,
    move_lead=0, on_hand=(0.0, 0.0, 5.0), unit_price=3.0,
    inputs={"opening_balances": [{"account": "cash", "amount": 1000.0}]},
    sales_history=[{"period": "2025-12", "item": "bike", "market": "town", "quantity": 50, "revenue": 1000.0}],
)


AT_ONCE: dict[str, object] = {"receivable_days": 0.0, "payable_days": 0.0}
RENT: dict[str, list[dict[str, object]]] = {"operating_expenses": [{"expense": "Rent", "amount": 400.0}]}


PREPAID: dict[str, list[dict[str, object]]] = {"opening_balances": [
    {"account": "cash", "amount": 1000.0}, {"account": "prepayments to suppliers", "amount": 90.0}]}


def budget(revenue: float, gross_margin: float) -> list[dict[str, object]]:
    return [{"period": "2026-02", "family": "Bikes", "market": "Home Shop", "revenue": revenue,
             "gross_margin": gross_margin}]


def without_cost(tables: Tables) -> Tables:
    changed = {**tables, "backlog_plan": tables["backlog_plan"].assign(material_cost=0.0, conversion_cost=0.0)}
    return again(changed)


def with_other_cost(tables: Tables) -> Tables:
    return again({**tables, "backlog_plan": tables["backlog_plan"].assign(material_cost=8.0)})


def with_dear_stock(tables: Tables) -> Tables:
    changed = {**tables, "inventory_plan": tables["inventory_plan"].copy()}
    changed["inventory_plan"].loc[changed["inventory_plan"]["item"] == "bike", "unit_cost"] = 15.0
    return again(changed)


def with_safety_stock(tables: Tables) -> Tables:
    changed = {**tables, "inventory_plan": tables["inventory_plan"].copy()}
    rows = changed["inventory_plan"]["measure"] == "Safety stock"
    changed["inventory_plan"].loc[rows & (changed["inventory_plan"]["location"] == "store"), "2026-02"] = 25.0
    return again(changed)


def again(tables: Tables) -> Tables:
    settings = SOUND.in_settings()
    computed = compute_formulas(tables, settings)
    return {**computed, **plan_finance(computed, settings)}


FOUND: dict[str, tuple[Callable[[], Tables], float, str]] = {
    "Revenue below budget": (lambda: planned(replace(SOUND, budget=budget(2500.0, 0.0))), 500.0, "2026-02"),
    "Margin below budget": (lambda: planned(replace(SOUND, budget=budget(0.0, 800.0))), 125.0, "2026-02"),
    "Sold below cost": (lambda: planned(replace(SOUND, price=11.0)), 225.0, "2026-01"),
    "Stock value rises": (lambda: planned(replace(SOUND, shipped=np.array([50.0, 40.0]))), 120.0, "2026-02"),
    "Stock used up": (lambda: with_safety_stock(planned(SOUND)), 240.0, "2026-02"),
    "Operating loss": (lambda: planned(replace(SOUND, inputs={**SOUND.inputs, **RENT})), 125.0, "2026-01"),
    "Cash runs out": (lambda: planned(replace(SOUND, inputs=RENT, settings=AT_ONCE)), 125.0, "2026-01"),
    "Production variance": (lambda: with_dear_stock(planned(SOUND)), 300.0, "2026-01"),
    "No standard cost": (lambda: without_cost(planned(SOUND)), 2000.0, "2026-01"),
    "Prepayment not used": (lambda: planned(replace(SOUND, bought=ZERO, inputs={**SOUND.inputs, **PREPAID})), 90.0,
                            "2026-02"),
    "Cash unexplained": (lambda: with_other_cost(planned(SOUND)), 100.0, "2026-01"),
}



@cache
def tables_of(kind: str) -> Tables:
    return FOUND[kind][0]()


def test_every_kind_is_tried() -> None:
    of = FINANCE_EXCEPTIONS.functions
    assert set(FOUND) == {kind for kind in of if of[kind].__module__ == exceptions.__name__}


def test_a_sound_plan_raises_none() -> None:
    assert planned(SOUND)["exceptions"].empty


@pytest.mark.parametrize("kind", FOUND)
def test_a_kind_is_raised_with_its_money_in_its_first_period(kind: str) -> None:
    tables, (_, money, period) = tables_of(kind), FOUND[kind]
    rows = tables["exceptions"][tables["exceptions"]["kind"] == kind]
    assert len(rows) == 1
    row = rows.iloc[0]
    assert row["step"] == "finance"
    assert row["money"] == pytest.approx(money, abs=1e-6)
    assert row["period"] == period
    assert row["message"].endswith(".")
    assert row["remedy"].endswith(".")


@pytest.mark.parametrize("kind", FOUND)
def test_the_dearest_stand_first_and_not_too_many(kind: str) -> None:
    money = tables_of(kind)["exceptions"]["money"]
    assert money.is_monotonic_decreasing
    assert tables_of(kind)["exceptions"]["kind"].value_counts().max() <= MOST_PER_KIND
