"""Of plans that cost the same, the one nearest to the last: nobody wants to re-plan the shop for nothing.

After the optimum its face is held: columns that would cost more away from their bound stay there, limits that cost
money stay used up. Whatever may still move is moved as near as possible to what the last plan had started.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sopxl.steps.supply.balance_model import Model
from sopxl.steps.supply.program import Basis, ProgramArrays
from sopxl.steps.supply.solve import Solution, SolverFailed, hold_whole, solve

NO_PRICE = 1e-9
"""Shadow prices below this, relative to the largest cost, count as none."""
SAME_COST = 1e-7
"""Plans whose costs differ by less than this share cost the same."""


def nearest_to_last(model: Model, program: ProgramArrays, solution: Solution, time_limit: float) -> Solution:
    """The solution of the same cost whose production differs least from ``Network.last_production``, units added up.

    ``solution`` itself where there is no last plan, the setting Stay close says no, or nothing can move.
    """
    last = model.network.last_production
    if last is None or not model.network.settings.stay_close or solution.status != "optimal":
        return solution
    face = _optimal_face(hold_whole(program, solution.values), solution)
    starts = model.columns["make_start"]
    movable = ~np.isnan(last) & (face.upper[starts] > face.lower[starts])
    if not (np.abs(solution.values[starts] - last) > 1e-9)[movable].any():
        return solution
    try:
        nearer = solve(least_distance(face, solution.values, starts[movable], last[movable]), time_limit)
    except SolverFailed:
        return solution
    if not nearer.has_plan:
        return solution
    values = nearer.values[:len(program.cost)]
    cost = program.cost_of(solution.values)
    if program.cost_of(values) > cost + SAME_COST * max(abs(cost), 1.0):
        return solution
    return replace(solution, values=values, read_basis=lambda: None)


def _optimal_face(program: ProgramArrays, solution: Solution) -> ProgramArrays:
    """The program that admits the plans of least cost only (complementary slackness)."""
    smallest = NO_PRICE * max(float(np.abs(program.cost).max(initial=0.0)), 1.0)
    held = np.abs(solution.column_value) > smallest
    priced = np.abs(solution.row_value) > smallest
    lower_side = np.isfinite(program.row_lower) & (
        (solution.row_value > 0) | ~np.isfinite(program.row_upper) | (program.row_lower == program.row_upper))
    side = np.where(lower_side, program.row_lower, program.row_upper)
    return replace(
        program,
        lower=np.where(held, solution.values, program.lower), upper=np.where(held, solution.values, program.upper),
        row_lower=np.where(priced, side, program.row_lower), row_upper=np.where(priced, side, program.row_upper),
        basis=solution.basis,
    )


def least_distance(program: ProgramArrays, values: np.ndarray, columns: np.ndarray, aims: np.ndarray) -> ProgramArrays:
    """Minimise the distance of these columns from their aims, units added up: each is its aim, plus over, less under.

    ``values``: a plan that keeps to all limits of ``program``; from its basis the search starts.
    """
    count, width = len(columns), len(program.cost)
    over, under = width + np.arange(count), width + count + np.arange(count)
    entries = np.stack([columns, over, under], axis=1).ravel()
    none, infinite = np.zeros(2 * count), np.full(2 * count, np.inf)
    return ProgramArrays(
        cost=np.concatenate([np.zeros(width), np.ones(2 * count)]),
        lower=np.concatenate([program.lower, none]), upper=np.concatenate([program.upper, infinite]),
        whole=np.zeros(width + 2 * count, bool),
        row_lower=np.concatenate([program.row_lower, aims]), row_upper=np.concatenate([program.row_upper, aims]),
        start=np.concatenate([program.start, program.start[-1] + 3 * np.arange(1, count + 1)]).astype(np.int32),
        index=np.concatenate([program.index, entries]).astype(np.int32),
        value=np.concatenate([program.value, np.tile([1.0, -1.0, 1.0], count)]),
        basis=_extended(program.basis, values[columns] >= aims),
    )


def _extended(basis: Basis | None, is_over: np.ndarray) -> Basis | None:
    """The basis with the distances that there are now carrying their rows."""
    if basis is None:
        return None
    none = np.zeros(len(is_over), bool)
    return Basis(
        np.concatenate([basis.column, is_over, ~is_over]), np.concatenate([basis.row, none]),
        np.concatenate([basis.column_at_upper, none, none]), np.concatenate([basis.row_at_upper, none]),
    )
