"""Placing safety stock exactly where stages form no tree: a program of whole numbers for stages that hang together.

The cost of each stage is read off its own table at the time that its stock covers, so it need be neither concave nor
straight. Source: Magnanti, Shen, Shu, Simchi-Levi & Teo (2006), "Inventory placement in acyclic supply chain networks",
Operations Research Letters 34(2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sopxl.steps.supply.program import Program

MOST_CHOICES = 4000
"""Stages with more times to choose from in all are left to the search: whole numbers would take minutes."""


@dataclass(frozen=True)
class Exact:
    """Service times in and out (J, in steps), and what any placement costs at least."""

    time_in: np.ndarray
    time_out: np.ndarray
    bound: float


def place_exactly(
    cost: np.ndarray, most_out: np.ndarray, supplier: np.ndarray, user: np.ndarray, seconds: float
) -> Exact | None:
    """The placement that costs least, or the best that is found in so many seconds; None where none is.

    ``cost``: J x (2 K + 1), of the stock where the service time in is -K to K steps longer than the one out (infinite:
    cannot be); ``most_out``: the longest time that each stage may quote, in steps.
    """
    from sopxl.steps.supply.solve import SolverFailed, solve

    stage, apart = np.nonzero(np.isfinite(cost))
    if len(stage) > MOST_CHOICES:
        return None
    count, steps = len(cost), cost.shape[1] // 2
    program = Program()
    chosen = program.add_columns((len(stage),), upper=1.0, whole=True)
    time_in = program.add_columns((count,), upper=float(steps), whole=True)
    time_out = program.add_columns((count,), upper=most_out.astype(float), whole=True)
    program.add_cost("stock", chosen, cost[stage, apart])
    program.add_entries(program.add_rows((count,), 1.0, 1.0)[stage], chosen, 1.0)
    covers = program.add_rows((count,), 0.0, 0.0)
    program.add_entries(covers[stage], chosen, apart - float(steps))
    program.add_entries(covers, time_in, -1.0)
    program.add_entries(covers, time_out, 1.0)
    waits = program.add_rows((len(supplier),), lower=0.0)
    program.add_entries(waits, time_in[user], 1.0)
    program.add_entries(waits, time_out[supplier], -1.0)
    try:
        found = solve(program.arrays(), seconds)
    except SolverFailed:
        return None
    if not found.has_plan:
        return None
    values: np.ndarray = found.values
    best = float(cost[stage, apart] @ values[chosen])
    return Exact(np.rint(values[time_in]).astype(int), np.rint(values[time_out]).astype(int), best * (1.0 - found.gap))
