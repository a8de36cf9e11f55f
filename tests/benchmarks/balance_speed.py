"""How fast balancing is, and how much of the time is the solver's own: prints a line for each size and option.

Run: ``python tests/benchmarks/balance_speed.py [products ...] [--options]``. The network is drawn at random in the
shape of a bicycle maker's: products of four levels, bought parts, seven work centres near full load, five markets.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from sopxl.steps.supply import solve as solving
from sopxl.steps.supply.balance import balance, build
from sopxl.steps.supply.estimates import demand_at_nodes, explode
from sopxl.steps.supply.network import Network
from tests.steps.supply.balance_networks import small_network

OPTIONS: dict[str, dict[str, Any]] = {
    "choose": {"solver": "choose"},
    "dual simplex": {"solver": "simplex", "simplex_strategy": 1},
    "primal simplex": {"solver": "simplex", "simplex_strategy": 4},
    "simplex, no presolve": {"solver": "simplex", "presolve": "off"},
    "interior point": {"solver": "ipm"},
}


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
    network = bicycle_maker(products)
    inside = [0.0]
    solver = solving.SOLVERS["HiGHS"]
    runs: list[float] = []

    def timed(*arguments: Any) -> solving.Solution:
        begun = time.perf_counter()
        answer = solver(*arguments)
        inside[0] += time.perf_counter() - begun
        return answer

    solving.SOLVERS["HiGHS"] = timed
    begun = time.perf_counter()
    flows = balance(network)
    runs.append(time.perf_counter() - begun)
    solving.SOLVERS["HiGHS"] = solver
    program = build(network).program.arrays()
    print(f"{products:5d} products: {len(program.cost):7,d} decisions, {len(program.row_lower):7,d} limits, "
          f"{len(program.index):8,d} entries: {runs[0]:6.2f} s, HiGHS {inside[0]:6.2f} s, "
          f"all else {(runs[0] - inside[0]) / inside[0]:6.1%} of that; cost {sum(flows.cost.values()):,.0f}")


def compare_options(products: int) -> None:
    """Print the solving time of each set of options of HiGHS."""
    program = build(bicycle_maker(products)).program.arrays()
    usual = solving._highs_options
    for name, options in OPTIONS.items():
        solving._highs_options = lambda *given, options=options: {**usual(*given), **options}
        begun = time.perf_counter()
        try:
            solution = solving.SOLVERS["HiGHS"](program, 300.0)
            result = f"{program.cost @ solution.values:,.2f}" if solution.has_plan else solution.status
        except solving.SolverFailed as failure:
            result = str(failure)
        print(f"{products:5d} products, {name:24s} {time.perf_counter() - begun:7.2f} s  {result}")
    solving._highs_options = usual


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or [20, 60, 180]
    for size in sizes:
        (compare_options if "--options" in sys.argv else measure)(size)
