"""How fast balancing is, and how much of the time is the solver's own: prints a line for each size.

Run: ``python tests/benchmarks/balance_speed.py [products ...] [--methods]``. 0 products stand for the demo company;
for others the network is drawn at random: products of four levels, bought parts, seven work centres near full load,
five markets, bills of material denser than a real company's.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from sopxl import pipeline
from sopxl.demo.adventure_works import adventure_works
from sopxl.settings import read_settings
from sopxl.steps.supply import solve as solving
from sopxl.steps.supply.balance import balance, build
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.estimates import demand_at_nodes, explode
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.safety import safety_stock
from tests.steps.supply.balance_networks import small_network


def network_of(products: int) -> Network:
    """A network drawn at random, or the demo company's by market for 0 products."""
    return bicycle_maker(products) if products else demo_company()


def demo_company() -> Network:
    """Adventure Works by market, as the supply step sees it."""
    tables = pipeline.run(adventure_works(market_level="market"), ["demand"])
    network = build_network(tables, read_settings(tables["settings"]))
    gross = plan_requirements(network).gross_requirements
    assert gross is not None
    safety = safety_stock(network.nodes, gross, network.minimum_stock, network.settings.bucket)
    return replace(network, safety_stock=safety)


def bicycle_maker(products: int, periods: int = 18, markets: int = 5, seed: int = 1) -> Network:
    """A network of about ``4 * products`` nodes and ``markets * products`` demands."""
    random = np.random.default_rng(seed)
    levels = [products, products, products // 2, products]
    starts = np.cumsum([0, *levels])
    count = int(starts[-1])
    nodes = [{
        "item": f"I{node}", "unit_cost": float(cost := random.uniform(5, 500)), "holding_cost": cost * 0.2 / 12,
        "on_hand": float(random.integers(0, 200)), "safety_stock": float(random.integers(0, 50)),
    } for node in range(count)]
    made = int(starts[3])
    makes = [{"node": node, "item": f"I{node}", "lead": int(random.integers(0, 2)) if node < products else 0}
             for node in range(made)]
    components = []
    for node in range(made):
        level = int(np.searchsorted(starts, node, side="right")) - 1
        below = random.integers(starts[level + 1], count, size=4)
        components += [{"make": node, "node": int(part), "quantity": float(random.integers(1, 4))}
                       for part in np.unique(below)]
    operations = [{"make": node, "resource": int(random.integers(0, 7)), "hours_per_unit": random.uniform(0.05, 0.5)}
                  for node in range(made)]
    buys = [{"node": node, "item": f"I{node}", "lead": int(random.integers(0, 3)), "unit_price": random.uniform(5, 50),
             "expedite_price": random.uniform(1, 20), "supplier": supplier, "priority": rank + 1.0}
            for node in range(made, count) for rank, supplier in enumerate(("First", "Second"))]
    demands = [{"item": f"I{node}", "market": f"M{market}", "node": node}
               for node in range(products) for market in range(markets)]
    season = 1 + 0.5 * np.sin(np.arange(periods) * 2 * np.pi / 12)
    demand = random.uniform(0, 40, size=(len(demands), 1)) * season * random.uniform(0.7, 1.3, (len(demands), periods))
    price = np.repeat(random.uniform(100, 2000, size=(len(demands), 1)), periods, axis=1)
    resources = [{"resource": f"R{at}", "hourly_cost": 20.0, "overtime_cost": 30.0, "overtime_share": 0.2}
                 for at in range(7)]
    parts: dict[str, Any] = {
        "nodes": nodes, "makes": makes, "components": components, "operations": operations, "buys": buys,
        "demands": demands, "resources": resources, "demand": demand, "price": price,
    }
    hours = _mean_load(small_network(periods, **parts))
    regular = hours[:, None] * np.ones(periods)
    return small_network(periods, **parts, regular_hours=regular, overtime_hours=regular * 0.2)


def _mean_load(network: Network) -> np.ndarray:
    """Hours a period that each resource needs on average."""
    requirements = explode(network, demand_at_nodes(network)).mean(axis=1)
    operations = network.operations
    hours = np.zeros(len(network.resources))
    node = network.makes["node"].to_numpy(int)[operations["make"].to_numpy(int)]
    np.add.at(hours, operations["resource"].to_numpy(int),
              requirements[node] * operations["hours_per_unit"].to_numpy(float))
    return hours


def measure(products: int) -> None:
    """Print the time of balancing and the share that is not the solver's."""
    network = network_of(products)
    inside = [0.0]
    solver = solving.SOLVERS["HiGHS"]
    runs: list[float] = []

    def timed(*arguments: Any) -> solving.Solution:
        begun = time.process_time()
        answer = solver(*arguments)
        inside[0] += time.process_time() - begun
        return answer

    solving.SOLVERS["HiGHS"] = timed
    begun = time.process_time()
    flows = balance(network)
    runs.append(time.process_time() - begun)
    solving.SOLVERS["HiGHS"] = solver
    program = build(network).program.arrays()
    print(f"{products:5d} products: {len(program.cost):7,d} decisions, {len(program.row_lower):7,d} limits, "
          f"{len(program.index):8,d} entries: {runs[0]:6.2f} s, HiGHS {inside[0]:6.2f} s, "
          f"all else {(runs[0] - inside[0]) / inside[0]:6.1%} of that; cost {sum(flows.cost.values()):,.0f}")


def compare_methods(products: int) -> None:
    """Print the solving time of each method of HiGHS."""
    program = build(network_of(products)).program.arrays()
    for method in ("simplex", "ipm"):
        begun = time.process_time()
        solution = solving._run_highs(program, 90.0, method)
        result = f"{program.cost @ solution.values:,.2f}" if solution.has_plan else solution.status
        print(f"{products:5d} products, {method:8s} {time.process_time() - begun:7.2f} s of processor  {result}")


if __name__ == "__main__":
    for size in [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or [0, 20]:
        (compare_methods if "--methods" in sys.argv else measure)(size)
