"""How fast balancing is, against the same program handed to HiGHS as it is, and how much of the time is HiGHS's own.

Run: ``python tests/benchmarks/balance_speed.py [products ...] [--methods]``. 0 products stand for the demo company;
for others the network is drawn at random: products of four levels, bought parts, seven work centres near full load,
five markets, bills of material denser than a real company's. Without sizes, also a manufacturer of 1,000 items at
four sites over 24 months, a fifth of whose resources are overloaded in season.
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
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.safety import safety_stock
from tests.steps.supply.balance_networks import small_network


def network_of(products: int) -> Network:
    """A network drawn at random, or the demo company's by market for 0 products."""
    return bicycle_maker(products) if products else demo_company()


def demo_company(market_level: str = "market") -> Network:
    """Adventure Works by market or by group of markets, as the supply step sees it."""
    tables = pipeline.run(adventure_works(market_level=market_level), ["demand"])
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


SITES = ("North", "South", "East", "West")
RESOURCES = 20


def manufacturer(items: int, periods: int = 24, overloaded: float = 0.2, seed: int = 1) -> Network:
    """Items at four sites: half of them sold at all, a fifth assemblies and the rest bought parts at two plants.

    Each plant has 20 resources; this share of them has just the hours that are needed on average (so that seasons
    overload them), the others half as much again or more.
    """
    random = np.random.default_rng(seed)
    finished, bought = items // 2, items * 3 // 10
    assemblies = np.arange(finished, items - bought)
    cost = np.concatenate([random.uniform(100, 900, finished), random.uniform(30, 90, len(assemblies)),
                           random.uniform(2, 20, bought)])
    places = [(item, site) for item in range(items) for site in range(4 if item < finished else 2)]
    at = {place: node for node, place in enumerate(places)}
    nodes = [{
        "item": f"I{item}", "location": SITES[site], "unit_cost": cost[item], "holding_cost": cost[item] * 0.2 / 12,
        "on_hand": float(random.integers(0, 60)), "safety_stock": float(random.integers(0, 30)),
    } for item, site in places]
    parts = {**_made(random, at, finished, assemblies, items), "nodes": nodes,
             **_bought_and_sold(random, at, finished, len(assemblies), items, cost)}
    season = 1 + 0.3 * np.sin(np.arange(periods) * 2 * np.pi / 12 + random.uniform(0, 6, (finished * 4, 1)))
    demand = random.uniform(2, 40, (finished * 4, 1)) * season * random.uniform(0.7, 1.3, (finished * 4, periods))
    parts["demand"], parts["price"] = demand.round(), np.repeat(2 * cost[:finished], 4)[:, None]
    load = _mean_load(small_network(periods, **parts))
    is_tight = random.uniform(size=len(load)) < overloaded
    regular = np.repeat((load * np.where(is_tight, 1.0, random.uniform(1.5, 2.2, len(load))))[:, None], periods, axis=1)
    return small_network(periods, {"time_limit": 600.0}, **parts, regular_hours=regular, overtime_hours=regular * 0.2)


def _made(
    random: np.random.Generator, at: dict[tuple[int, int], int], finished: int, assemblies: np.ndarray, items: int
) -> dict[str, Any]:
    """Finished items made at one plant of assemblies, assemblies at both of bought parts."""
    makes, components, operations = [], [], []
    for item in range(int(assemblies[-1]) + 1):
        below, count = (assemblies, 2) if item < finished else (np.arange(assemblies[-1] + 1, items), 3)
        for site in ([item % 2] if item < finished else [0, 1]):
            makes.append({"node": at[item, site], "item": f"I{item}", "location": SITES[site],
                          "lead": 0 if item < finished else int(random.integers(0, 2))})
            components += [{"make": len(makes) - 1, "node": at[int(part), site],
                            "quantity": float(random.integers(1, 4))}
                           for part in random.choice(below, size=count, replace=False)]
            operations += [{"make": len(makes) - 1, "resource": int(resource) + site * RESOURCES,
                            "hours_per_unit": random.uniform(0.05, 0.3)}
                           for resource in random.choice(RESOURCES, size=2, replace=False)]
    resources = [{"resource": f"R{number}", "location": SITES[number // RESOURCES], "hourly_cost": 20.0,
                  "overtime_cost": 30.0, "overtime_share": 0.2} for number in range(2 * RESOURCES)]
    return {"makes": makes, "components": components, "operations": operations, "resources": resources}


def _bought_and_sold(
    random: np.random.Generator, at: dict[tuple[int, int], int], finished: int, assemblies: int, items: int,
    cost: np.ndarray,
) -> dict[str, Any]:
    """Parts bought at both plants, finished items moved from their plant to the other sites and sold at all."""
    moves = [{
        "item": f"I{item}", "from_node": at[item, item % 2], "to_node": at[item, site],
        "from_location": SITES[item % 2], "to_location": SITES[site], "lead": int(site > 1),
        "unit_cost": random.uniform(0.5, 3),
    } for item in range(finished) for site in range(4) if site != item % 2]
    demands = [{"item": f"I{item}", "market": SITES[site], "node": at[item, site]}
               for item in range(finished) for site in range(4)]
    buys = [{"node": at[item, site], "item": f"I{item}", "location": SITES[site], "lead": int(random.integers(0, 3)),
             "unit_price": cost[item], "expedite_price": cost[item] * 0.3}
            for item in range(finished + assemblies, items) for site in range(2)]
    return {"moves": moves, "demands": demands, "buys": buys}


def _mean_load(network: Network) -> np.ndarray:
    """Hours a period that each resource needs on average."""
    requirements = explode(network, demand_at_nodes(network)).mean(axis=1)
    operations = network.operations
    hours = np.zeros(len(network.resources))
    node = network.makes["node"].to_numpy(int)[operations["make"].to_numpy(int)]
    np.add.at(hours, operations["resource"].to_numpy(int),
              requirements[node] * operations["hours_per_unit"].to_numpy(float))
    return hours


def measure(name: str, network: Network) -> None:
    """Print what balancing takes, how much of it is not the solver's, and what the program takes from nothing."""
    inside = [0.0]
    solver = solving.SOLVERS["HiGHS"]

    def timed(*arguments: Any) -> solving.Solution:
        begun = time.process_time()
        answer = solver(*arguments)
        inside[0] += time.process_time() - begun
        return answer

    program = build(network).program.arrays()
    begun = time.process_time()
    cold = solver(program, 600.0)
    from_nothing = time.process_time() - begun
    solving.SOLVERS["HiGHS"] = timed
    begun = time.process_time()
    flows = balance(network)
    whole = time.process_time() - begun
    solving.SOLVERS["HiGHS"] = solver
    cost, expected = sum(flows.cost.values()), program.cost_of(cold.values)
    print(f"{name}: {len(program.cost):,d} decisions, {len(program.row_lower):,d} limits, {len(program.index):,d} "
          f"entries: all {whole:.2f} s, HiGHS {inside[0]:.2f} s, all else {whole - inside[0]:.2f} s "
          f"({(whole - inside[0]) / inside[0]:.1%} of that); HiGHS from nothing {from_nothing:.2f} s: "
          f"{from_nothing / whole:.1f} times as long as the whole; costs differ by {abs(cost / expected - 1):.1e}")
    measure_second_searches(network)


def measure_second_searches(network: Network) -> None:
    """Print what it takes to stay near a last plan (a tenth above this one), and, in scarcity, to share fairly and to
    say which limits conflict.
    """
    network = _with(network, time_limit=600.0)
    usual, took = _timed(network)
    last = replace(network, last_production=np.round(usual.make_start * 1.1))
    less = scarce(network)
    short, short_took = _timed(less)
    for name, changed, base in (
        ("staying near the last plan", last, took),
        ("fair shares of what is short", _with(less, fair_share="equal days"), short_took),
        ("conflicts of limits", _with(less, final_backlog="none"), short_took),
    ):
        flows, seconds = _timed(changed)
        conflicts = 0 if flows.conflicts is None else len(flows.conflicts)
        cost, least = sum(flows.cost.values()), sum((usual if changed is last else short).cost.values())
        print(f"    {name}: {seconds:.2f} s, {seconds / base:.1f} times as long as the least cost alone; costs differ "
              f"by {cost / least - 1:.1e}; {conflicts} limits give")


def scarce(network: Network) -> Network:
    """The network with a fifth of its hours and all overtime gone: demand has to wait at the end."""
    return replace(network, regular_hours=network.regular_hours * 0.8, overtime_hours=network.overtime_hours * 0.0)


def _timed(network: Network) -> tuple[Flows, float]:
    """The balanced plan, and the seconds of processor that it took."""
    begun = time.process_time()
    flows = balance(network)
    return flows, time.process_time() - begun


def _with(network: Network, **settings: Any) -> Network:
    """The network with other settings."""
    return replace(network, settings=replace(network.settings, **settings))


def compare_methods(products: int) -> None:
    """Print the solving time of each method of HiGHS."""
    program = build(network_of(products)).program.arrays()
    for method in ("simplex", "ipm"):
        begun = time.process_time()
        solution = solving._run_highs(program, 90.0, method)
        result = f"{program.cost @ solution.values:,.2f}" if solution.has_plan else solution.status
        print(f"{products:5d} products, {method:8s} {time.process_time() - begun:7.2f} s of processor  {result}")


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    if "--methods" in sys.argv:
        for size in given or [0, 20]:
            compare_methods(size)
    else:
        for size in given or [0, 20]:
            measure(f"{size} products" if size else "the demo company", network_of(size))
        if not given:
            measure("1,000 items at four sites, 24 months", manufacturer(1000))
