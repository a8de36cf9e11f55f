"""How long the parts of a requirements plan take: ``python tests/benchmarks/supply_speed.py``.

Prints seconds for a generated company of 10,000 items in five levels at one plant over 52 weeks, with stock, lots of
every kind, yields, routings and two suppliers for each bought item: once with its network built directly as arrays,
once through tables. Beside stands the time of one pass of numpy over as many numbers as the plan has to write, which
no plan can be faster than. ``--profile`` shows where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))

from sopxl.schema import conform_all
from sopxl.settings import Settings
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.results import write_grids
from sopxl.steps.supply.rough_cut import rough_cut_plan
from sopxl.steps.supply.schedule.jobs import find_jobs
from sopxl.steps.supply.schedule.review import job_schedule
from sopxl.steps.supply.schedule.timing import read_machinery
from sopxl.tables import TABLES
from tests.cases.case_tables import Frames, plan_tables, run_supply

ITEMS, LEVELS, PERIODS, RESOURCES, PARTS = 10_000, 5, 52, 50, 4
RULES = ("lot-for-lot", "fixed", "period", "silver-meal", "optimal")
SETTINGS = Settings(horizon=PERIODS, bucket="week", first_period="2027-W01", plan_mode="requirements")
Result = TypeVar("Result")


def bill(random: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Items of each level, and parents and components of the bill: each item has parts in the level below."""
    levels = np.array_split(np.arange(ITEMS), LEVELS)
    parents = np.concatenate([np.repeat(upper, PARTS) for upper, _ in pairwise(levels)])
    parts = [random.integers(0, len(lower), len(upper) * PARTS) + lower[0] for upper, lower in pairwise(levels)]
    return levels, parents, np.concatenate(parts)


def as_arrays() -> Network:
    """The company as a network, built directly."""
    random = np.random.default_rng(1)
    levels, parents, parts = bill(random)
    made, bought, sold = np.arange(ITEMS - len(levels[-1])), levels[-1], levels[0]
    items = np.array([f"I{number:05d}" for number in range(ITEMS)], dtype=object)
    nodes = pd.DataFrame({
        "item": items, "location": "PLANT", "level": np.repeat(np.arange(LEVELS), [len(level) for level in levels]),
        "on_hand": random.integers(0, 500, ITEMS).astype(float), "unit_cost": 1.0, "holding_cost": 0.5,
        "storage_units": 1.0, "safety_time": 0.0, "lot_rule": random.choice(np.array(RULES, object), ITEMS),
        "lot_size": 200.0, "minimum_lot": 0.0, "lot_multiple": np.nan, "lot_periods": np.nan, "safety_stock": 10.0,
        "safety_days": 3.0, "backlog_cost": np.nan,
    })
    buys = pd.DataFrame({
        "node": np.tile(bought, 2), "item": np.tile(items[bought], 2), "location": "PLANT",
        "supplier": np.repeat(["S1", "S2"], len(bought)), "lead": 6, "unit_price": 1.0, "expedite_price": np.nan,
        "minimum_order": 0.0, "order_multiple": np.nan, "priority": np.repeat([1.0, 2.0], len(bought)),
        "capacity": np.repeat([5000.0, np.nan], len(bought)), "quota": np.nan,
    })
    makes = pd.DataFrame({
        "node": made, "item": items[made], "location": "PLANT", "routing": "", "lead": random.integers(0, 3, len(made)),
        "production_cost": 0.0, "yield_rate": 0.95, "priority": 1.0,
    })
    operations = pd.DataFrame({
        "make": made, "resource": made % RESOURCES, "operation": "10", "use": "primary", "hours_per_unit": 0.01,
        "setup_hours": 0.1, "setup_group": "", "offset": 0,
    })
    demands = pd.DataFrame({"item": items[sold], "market": "Home", "node": sold, "priority": 1.0, "quota": np.nan,
                            "freight_cost": 0.0, "opening_backlog": 0.0})
    resources = pd.DataFrame({"resource": [f"R{number}" for number in range(RESOURCES)], "location": "PLANT",
                              "workers": np.nan, "worker_hours": np.nan, "overtime_share": 0.0})
    moves = pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in (
        ("item", object), ("from_node", int), ("to_node", int), ("from_location", object), ("to_location", object),
        ("lead", int), ("unit_cost", float), ("capacity", float), ("priority", float), ("quota", float),
        ("lane", int), ("usual", bool))})
    return Network(
        settings=SETTINGS, nodes=nodes, demands=demands, makes=makes, operations=operations, buys=buys, moves=moves,
        components=pd.DataFrame({"make": parents, "node": parts, "quantity": 2.0}), resources=resources,
        demand=random.integers(0, 100, (len(sold), PERIODS)).astype(float), **_arrays(makes, buys),
    )


def _arrays(makes: pd.DataFrame, buys: pd.DataFrame) -> dict[str, Any]:
    """The arrays of the network in which nothing out of the ordinary stands."""
    shapes = {"minimum_stock": ITEMS, "open_other": ITEMS, "open_production": len(makes), "open_purchases": len(buys),
              "open_transfers": 0, "overtime_hours": RESOURCES}
    arrays = {name: np.zeros((count, PERIODS)) for name, count in shapes.items()}
    return arrays | {
        "price": np.ones((ITEMS // LEVELS, PERIODS)), "maximum_stock": np.full((ITEMS, PERIODS), np.inf),
        "order_cost": np.full((ITEMS, PERIODS), 100.0), "firm_production": np.full((len(makes), PERIODS), np.nan),
        "regular_hours": np.full((RESOURCES, PERIODS), 4000.0),
        "make_open": np.ones((len(makes), PERIODS), bool), "buy_open": np.ones((len(buys), PERIODS), bool),
        "component_open": np.ones((PARTS * (ITEMS - ITEMS // LEVELS), PERIODS), bool),
    }


def as_tables() -> tuple[dict[tuple[str, str], list[float]], Frames]:
    """Demand and frames of the same company."""
    random = np.random.default_rng(1)
    levels, parents, parts = bill(random)
    items = np.array([f"I{number:05d}" for number in range(ITEMS)], dtype=object)
    made, bought = np.arange(ITEMS - len(levels[-1])), levels[-1]
    pairs = pd.DataFrame({"parent": items[parents], "component": items[parts]}).drop_duplicates()
    frames: Frames = {
        "items": {"item": items, "lead_time": random.integers(0, 20, ITEMS)},
        "bills_of_material": {"parent": pairs["parent"], "component": pairs["component"], "quantity": 2.0},
        "resources": {"resource": [f"R{number}" for number in range(RESOURCES)], "location": "PLANT",
                      "hours_per_day": 4000.0},
        "routings": {"item": items[made], "location": "PLANT", "operation": "10", "hours_per_unit": 0.01,
                     "resource": [f"R{number % RESOURCES}" for number in made], "yield_rate": 0.95},
        "suppliers": {"supplier": ["S1", "S2"]},
        "sourcing": {"item": np.tile(items[bought], 2), "location": "PLANT", "price": 1.0, "lead_time": 40.0,
                     "supplier": np.repeat(["S1", "S2"], len(bought)), "priority": np.repeat([1, 2], len(bought)),
                     "capacity": np.repeat([5000.0, np.nan], len(bought))},
        "stock_on_hand": {"item": items, "location": "PLANT", "quantity": random.integers(0, 500, ITEMS)},
        "stock_policies": {"item": items, "location": "", "safety_days": 3.0, "order_cost": 100.0,
                           "lot_rule": random.choice(np.array(RULES, object), ITEMS), "lot_size": 200.0,
                           "holding_cost": 0.5},
    }
    demand = {(items[number], "Home"): list(random.integers(0, 100, PERIODS).astype(float)) for number in levels[0]}
    return demand, frames


def timed(name: str, function: Callable[[], Result], profile: bool = False) -> Result:
    """Run it twice and print the seconds of the second run, and where they go if asked."""
    function()
    watch = cProfile.Profile()
    started = time.perf_counter()
    result = watch.runcall(function) if profile else function()
    print(f"{name:34s} {time.perf_counter() - started:6.2f} s")
    if profile:
        pstats.Stats(watch).sort_stats("tottime").print_stats(18)
    return result


def one_pass(network: Network) -> None:
    """Read and write once every number that a plan has per node, source, component and period."""
    rows = 8 * len(network.nodes) + 5 * (len(network.makes) + len(network.buys)) + 2 * len(network.components)
    numbers = np.ones((rows, PERIODS))
    timed(f"one pass over {rows * PERIODS / 1e6:.0f} million numbers", lambda: numbers + 1.0)


def time_schedule(view: PlanView, profile: bool) -> None:
    """The job schedule of the near weeks, and how much of it is finding the jobs."""
    machinery = read_machinery(view, 2 * SETTINGS.schedule_days)
    jobs = timed("find_jobs", lambda: find_jobs(view, machinery, 24.0 * SETTINGS.schedule_days))
    timed(f"job_schedule, {len(jobs)} jobs", lambda: job_schedule(view), profile)


def main() -> None:
    """Time each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    parser.add_argument("--arrays", action="store_true", help="only the network built directly")
    parser.add_argument("--steps", action="store_true", help="also the whole supply steps, reviews and formulas")
    asked = parser.parse_args()
    network = as_arrays()
    one_pass(network)
    flows = timed("plan_requirements, from arrays", lambda: plan_requirements(network), asked.profile)
    print(f"{len(network.nodes)} nodes, {len(network.components)} components, "
          f"{(flows.make_start > 0).sum() + (flows.buy_receipt > 0).sum()} orders")
    if asked.arrays:
        return
    demand, frames = as_tables()
    typed = plan_tables(SETTINGS, demand, frames)
    tables = conform_all(TABLES, typed)
    built = timed("build_network, from tables", lambda: build_network(tables, SETTINGS), asked.profile)
    flows = timed("plan_requirements, from tables", lambda: plan_requirements(built))
    written = timed("write_grids", lambda: write_grids(tables, built, flows, flows), asked.profile)
    timed("rough_cut_plan", lambda: rough_cut_plan(PlanView({**tables, **written}, built, flows, flows)), asked.profile)
    time_schedule(PlanView({**tables, **written}, built, flows, flows), asked.profile)
    if asked.steps:
        timed("the three steps, reviews, formulas", lambda: run_supply(typed), asked.profile)


if __name__ == "__main__":
    main()
