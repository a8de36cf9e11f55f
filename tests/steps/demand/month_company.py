"""A maker of furniture and lamps through its demand planners' months: six items, three markets, three years of sales.

Its history has a season, growth and noise, and five things that planners meet: an order that came once, a stock-out,
a mistyped sale, and three promotions of stools. Two more items are not sold yet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from sopxl.grids import take
from sopxl.periods import Periods
from sopxl.schema import Tables, conform_all
from sopxl.settings import Settings, settings_frame
from sopxl.tables import GRIDS, TABLES

SETTINGS = Settings(company="Month & Co", first_period="2027-01", horizon=12, currency="EUR")
FAMILY = {"OAK": "Tables", "PINE": "Tables", "ARM": "Chairs", "STOOL": "Chairs", "LAMP": "Lights", "SHADE": "Lights"}
NEW = {"ASH": "Tables", "GLOW": "Lights"}
SIZE = {"OAK": 60.0, "PINE": 90.0, "ARM": 150.0, "STOOL": 240.0, "LAMP": 120.0, "SHADE": 80.0}
PRICE = {"OAK": 400.0, "PINE": 250.0, "ASH": 300.0, "ARM": 120.0, "STOOL": 40.0, "LAMP": 60.0, "SHADE": 25.0,
         "GLOW": 80.0}
MARKETS = {"South": 1.0, "North": 0.5, "Web": 0.3}
GROWTH = 0.004
NOISE = 0.05

ONCE = ("OAK", "North Shop", "2026-05")
STOCK_OUT = ("ARM", "South Shop", "2026-08")
MISTYPED = ("LAMP", "South Shop", "2025-10")
PROMOTED = ("2025-04", "2025-11", "2026-06")

PARTS = ("Statistical forecast", "Drivers", "Launches and ends", "Sensing")
CHANGES = ("Sales change", "Marketing change", "Finance change", "Planner change")


def month_company(settings: Settings = SETTINGS, periods: int = 36, new: bool = False, **records: Any) -> Tables:
    """The input tables, conformed, with so many periods of history.

    ``new``: with the two items that are not sold yet; ``records``: tables to add or to put in the place of others.
    """
    items = {**FAMILY, **NEW} if new else FAMILY
    given: dict[str, Any] = {
        "settings": settings_frame(settings),
        "items": [{"item": item, "name": item.capitalize(), "family": family, "lead_time": 0.0}
                  for item, family in items.items()],
        "locations": [{"location": "PLANT"}],
        "markets": [{"market": f"{name[0]}-1", "market_group": name, "channel": "Net" if name == "Web" else "Shop",
                     "ship_from": "PLANT"} for name in MARKETS],
        "sales_history": sales_history(settings, periods),
        "prices": [{"item": item, "price": price} for item, price in PRICE.items() if item in items],
        "suppliers": [{"supplier": "MAKER"}],
        "sourcing": [{"item": item, "location": "PLANT", "supplier": "MAKER", "price": PRICE[item] / 2,
                      "lead_time": 20.0} for item in items],
        "stock_on_hand": [{"item": item, "location": "PLANT", "quantity": 400.0} for item in FAMILY],
        "costs": [{"item": item, "material_cost": PRICE[item] / 2} for item in items],
        "promotions": [
            {"promotion": f"Stools {period}", "item": "STOOL", "from_period": period, "kind": "flyer"}
            for period in (PROMOTED if settings.bucket == "month" else ())
        ],
        **records,
    }
    return conform_all(TABLES, {name: pd.DataFrame(rows) for name, rows in given.items()})


def sales_history(settings: Settings = SETTINGS, periods: int = 36) -> list[dict[str, Any]]:
    """Sales records of the last periods before the plan, the same numbers for the same period whenever it is asked."""
    labels = Periods(settings.bucket, settings.first_period, 1).before(periods)
    rows = []
    for item, size in SIZE.items():
        for name, share in MARKETS.items():
            channel = "Net" if name == "Web" else "Shop"
            for label in labels:
                units = _units(item, f"{name} {channel}", label, size * share, settings)
                rows.append({"period": label, "item": item, "market": f"{name[0]}-1", "quantity": units,
                             "revenue": units * PRICE[item]})
    return rows


def _units(item: str, market: str, label: str, size: float, settings: Settings) -> float:
    """What was sold in a period: season, growth, noise, and what happened in it."""
    season = settings.periods.season_length
    phase = _phase(label)
    years = int(label[:4]) - 2024 + phase / season
    noise = np.random.default_rng(crc32(f"{item} {market} {label}".encode())).normal(1.0, NOISE)
    expected = size * (1 + GROWTH * season * years) * (1 + 0.3 * np.sin(2 * np.pi * phase / season)) * noise
    happened = {ONCE: 4.0, STOCK_OUT: 0.0, MISTYPED: 5.0}.get((item, market, label), 1.0)
    if item == "STOOL" and label in PROMOTED:
        happened *= 1.5
    return float(np.round(expected * happened))


def _phase(label: str) -> int:
    """Position of a period in its year, from 0."""
    return int(label[5:].lstrip("WQ")) - 1


def next_month(tables: Tables, settings: Settings) -> Tables:
    """The same tables a period later: a new first period, the period that is over in the history."""
    (label,) = settings.periods.labels[1:2]
    moved = replace(settings, first_period=label)
    history = pd.DataFrame(sales_history(moved, 1))
    return {**tables, "settings": settings_frame(moved),
            "sales_history": pd.concat([tables["sales_history"], history], ignore_index=True)}


def listed(tables: Tables, name: str, *keys: str) -> Any:
    """A list by its key columns, in their order."""
    return tables[name].set_index(list(keys)).sort_index()


def told(tables: Tables, kind: str) -> Any:
    """The exceptions of one kind."""
    return tables["exceptions"][tables["exceptions"]["kind"] == kind]


def grid(tables: Tables, name: str, measure: str, periods: list[str] | None = None) -> Any:
    """One measure of a plan grid: a frame with a row per object and a column per period."""
    return take(GRIDS[name], tables[name], measure, periods or SETTINGS.periods.labels)


def typed(tables: Tables, item: str, market: str, measure: str, values: dict[str, float]) -> Tables:
    """The tables after somebody typed into the sales plan."""
    plan = tables["sales_plan"].copy()
    rows = (plan["item"] == item) & (plan["market"] == market) & (plan["measure"] == measure)
    assert rows.sum() == 1, (item, market, measure)
    for period, value in values.items():
        plan.loc[rows, period] = value
    return {**tables, "sales_plan": plan}


def assert_adds_up(tables: Tables, labels: list[str] = SETTINGS.periods.labels) -> None:
    """Parts make the baseline to the hundredth; all levels and the summary's steps make the consensus."""
    parts = sum(grid(tables, "demand_baseline", part, labels).to_numpy(float) for part in PARTS)
    baseline = grid(tables, "demand_baseline", "Baseline forecast", labels).to_numpy(float)
    np.testing.assert_allclose(parts, baseline, atol=1e-9)
    assert np.abs(baseline * 100 - np.round(baseline * 100)).max() < 1e-6
    assert (baseline >= 0).all()
    np.testing.assert_allclose(baseline, grid(tables, "sales_plan", "Baseline forecast", labels).to_numpy(float))
    for measure in ("Baseline forecast", "Consensus", "Consensus value"):
        detail = grid(tables, "sales_plan", measure, labels)
        summary = grid(tables, "sales_summary", measure, labels).sum().to_numpy(float)
        np.testing.assert_allclose(summary, detail.sum().to_numpy(float), rtol=1e-9)
        assert_levels_add_up(grid(tables, "demand_levels", measure, labels), detail)
    steps = grid(tables, "sales_summary", "Statistical forecast", labels).to_numpy(float)
    for name in (*PARTS[1:], *CHANGES):
        steps = steps + grid(tables, "sales_summary", name, labels).to_numpy(float)
    np.testing.assert_allclose(steps, grid(tables, "sales_summary", "Consensus", labels).to_numpy(float), atol=1e-6)


def assert_levels_add_up(levels: Any, detail: Any) -> None:
    """The rows of each level come to the total of the series."""
    names = levels.index.get_level_values("level")
    assert set(names) == {"total", "family", "market", "family and market", "item"}
    for level in set(names):
        total = levels[names == level].sum().to_numpy(float)
        np.testing.assert_allclose(total, detail.sum().to_numpy(float), rtol=1e-9)


def assert_filled(tables: Tables) -> None:
    """No result row of the demand grids is empty where it has to be filled."""
    for name in ("demand_baseline", "sales_plan", "sales_summary", "demand_levels"):
        frame = tables[name]
        labels = [label for label in frame.columns if label[:2] == "20"]
        may_be_empty = {"Last year", "Sales", "Marketing", "Finance", "Override", *(f"{role} spread" for role in
                        ("Sales", "Marketing", "Finance"))}
        rows = frame[~frame["measure"].isin(may_be_empty)]
        assert rows[labels].notna().all(axis=None), (name, rows[rows[labels].isna().any(axis=1)]["measure"].unique())
        assert np.isfinite(rows[labels].to_numpy(float)).all()
