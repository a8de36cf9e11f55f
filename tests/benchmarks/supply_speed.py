"""How long the parts of a requirements plan take: ``python tests/benchmarks/supply_speed.py``.

Prints seconds for a generated plan of 1,000 items at 4 locations over 24 months: a fifth of the items are sold from
three warehouses, the rest go into them over three levels at one plant.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from sopxl.schema import conform_all
from sopxl.settings import Settings
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.exceptions import find_exceptions
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.results import write_grids
from sopxl.tables import TABLES
from tests.cases.case_tables import Frames, plan_tables, run_supply

ITEMS, PERIODS, RESOURCES = 1000, 24, 20
WAREHOUSES = ("NORTH", "SOUTH", "WEST")
Result = TypeVar("Result")


def generated() -> tuple[Settings, dict[tuple[str, str], list[float]], Frames]:
    """Settings, demand and frames of the plan."""
    random = np.random.default_rng(1)
    items = [f"I{number:04d}" for number in range(ITEMS)]
    levels = np.array_split(np.arange(ITEMS), [ITEMS // 5, 2 * ITEMS // 5, 3 * ITEMS // 5])
    pairs = [(parent, child) for upper, lower in pairwise(levels) for parent in upper
             for child in random.choice(lower, 4, replace=False)]
    sold, made, bought = levels[0], np.concatenate(levels[:-1]), levels[-1]
    frames: Frames = {
        "items": {"item": items, "lead_time": random.integers(0, 30, ITEMS)},
        "locations": {"location": ["PLANT", *WAREHOUSES], "kind": ["plant", *["warehouse"] * 3]},
        "markets": {"market": WAREHOUSES, "market_group": WAREHOUSES, "ship_from": WAREHOUSES},
        "bills_of_material": {"parent": [items[pair[0]] for pair in pairs],
                              "component": [items[pair[1]] for pair in pairs], "quantity": 2.0},
        "resources": {"resource": [f"R{number}" for number in range(RESOURCES)], "location": "PLANT",
                      "hours_per_day": 4000.0},
        "routings": {"item": [items[number] for number in made], "location": "PLANT", "operation": "10",
                     "resource": [f"R{number % RESOURCES}" for number in made], "hours_per_unit": 0.01},
        "suppliers": {"supplier": ["S1", "S2"]},
        "sourcing": {"item": [items[number] for number in bought] * 2, "location": "PLANT",
                     "supplier": ["S1"] * len(bought) + ["S2"] * len(bought), "price": 1.0, "lead_time": 40.0,
                     "priority": [1] * len(bought) + [2] * len(bought)},
        "lanes": {"from_location": "PLANT", "to_location": WAREHOUSES, "lead_time": 10.0, "unit_cost": 0.1},
        "stock_on_hand": {"item": items, "location": "PLANT", "quantity": random.integers(0, 500, ITEMS)},
        "stock_policies": {"item": items, "location": "", "safety_days": 10.0,
                           "lot_rule": random.choice(["lot-for-lot", "silver-meal", "optimal"], ITEMS),
                           "order_cost": 100.0, "holding_cost": 0.5},
    }
    demand = {(items[number], market): list(random.integers(0, 100, PERIODS).astype(float))
              for number in sold for market in WAREHOUSES}
    return Settings(horizon=PERIODS, plan_mode="requirements"), demand, frames


def timed(name: str, function: Callable[[], Result]) -> Result:
    """Run it twice and print the seconds of the second run."""
    function()
    started = time.perf_counter()
    result = function()
    print(f"{name:28s} {time.perf_counter() - started:6.2f} s")
    return result


def main() -> None:
    """Time each part."""
    settings, demand, frames = generated()
    typed = plan_tables(settings, demand, frames)
    tables = conform_all(TABLES, typed)
    network = timed("build_network", lambda: build_network(tables, settings))
    flows = timed("plan_requirements", lambda: plan_requirements(network))
    timed("write_grids", lambda: write_grids(tables, network, flows, flows))
    timed("find_exceptions", lambda: find_exceptions(PlanView(tables, network, flows, flows)))
    timed("the three steps, formulas too", lambda: run_supply(typed))
    print(f"{len(network.nodes)} nodes, {len(network.components)} components, {len(network.moves)} moves")


if __name__ == "__main__":
    main()
