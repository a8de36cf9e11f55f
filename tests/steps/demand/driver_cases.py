"""A company whose drivers are known, because they are planted: what is found can be compared with what is true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sopxl.schema import Tables
from sopxl.settings import Settings
from tests.steps.demand.demand_cases import tables_of

SETTINGS = Settings(first_period="2027-01", horizon=6)
PAST = 48


@dataclass(frozen=True)
class Planted:
    """What is true: logarithms of uplift and dip, elasticity, share taken from others, and how noisy demand is."""

    elasticity: float = 0.0
    uplift: float = 0.0
    dip: float = 0.0
    taken: float = 0.0
    noise: float = 0.12
    promoted: float = 0.06
    items: int = 40
    families: int = 8
    discount: float = 0.0
    listed: bool = True
    cut_with_promotion: bool = False


def company(planted: Planted, seed: int = 1) -> Tables:
    """Tables of that company: four years of sales in one market, a promotion of the first item in the second month."""
    random = np.random.default_rng(seed)
    shape = (planted.items, PAST + SETTINGS.horizon)
    family = np.arange(planted.items) % planted.families
    on = random.random(shape) < planted.promoted
    on[:, PAST:] = False
    on[0, PAST + 1] = True
    price = _prices(random, shape, on if planted.cut_with_promotion else np.zeros(shape, dtype=bool))
    demand = _demand(random, planted, price, on, family)
    return _tables(planted, demand, price, on, family)


def _prices(random: np.random.Generator, shape: tuple[int, int], cut: np.ndarray) -> np.ndarray:
    """Prices around 10 that move twice in the past, each time by 6 to 10 %; cut by a fifth where told."""
    logarithm = np.zeros(shape)
    for row in range(shape[0]):
        for month in random.choice(np.arange(5, PAST - 5, 4), 2, replace=False):
            logarithm[row, month:] += random.choice([-0.1, 0.06, 0.1])
    return np.round(10 * np.exp(logarithm) * np.where(cut, 0.8, 1.0), 2)


def _demand(
    random: np.random.Generator, planted: Planted, price: np.ndarray, on: np.ndarray, family: np.ndarray
) -> np.ndarray:
    """Demand as it is planted, with a season, in whole units."""
    level = 100 * np.exp(0.3 * random.normal(size=(len(price), 1)))
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(price.shape[1]) / 12)
    base = level * season * (price / price[:, [PAST - 1]]) ** planted.elasticity
    after = np.zeros_like(on)
    after[:, 1:] = on[:, :-1]
    brought = base * np.where(on, np.expm1(planted.uplift), 0)
    demand = base + brought + base * np.where(after & ~on, np.expm1(planted.dip), 0)
    for number in range(planted.families):
        rows = family == number
        left = np.where(on[rows], 0, base[rows])
        demand[rows] -= planted.taken * brought[rows].sum(axis=0) * left / np.maximum(left.sum(axis=0), 1e-9)
    return np.asarray(np.round(np.maximum(demand, 0) * np.exp(planted.noise * random.normal(size=demand.shape))))


def _tables(planted: Planted, demand: np.ndarray, price: np.ndarray, on: np.ndarray, family: np.ndarray) -> Tables:
    """The tables that say so."""
    labels = SETTINGS.periods.before(PAST) + SETTINGS.periods.labels
    names = [f"I{row}" for row in range(planted.items)]
    sold = [{"period": labels[month], "item": name, "market": "FR-S", "quantity": demand[row, month],
             "revenue": round(demand[row, month] * price[row, month] * (1 - planted.discount * on[row, month]), 2)}
            for row, name in enumerate(names) for month in range(PAST)]
    promotions = [{"promotion": f"P{row}-{month}", "item": names[row], "from_period": labels[month], "kind": "leaflet",
                   "discount": planted.discount, "cost": 10.0} for row, month in np.argwhere(on)]
    listed = [{"item": name, "from_period": labels[month], "price": price[row, month]}
              for row, name in enumerate(names) for month in range(PAST)
              if month == 0 or price[row, month] != price[row, month - 1]]
    return tables_of(
        SETTINGS, items=[{"item": name, "family": f"F{number}"} for name, number in zip(names, family, strict=True)],
        sales_history=sold, promotions=promotions if planted.promoted else [],
        prices=listed if planted.listed else [],
        costs=[{"item": name, "material_cost": 4.0, "conversion_cost": 2.0} for name in names],
    )
