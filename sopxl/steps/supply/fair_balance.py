"""Who gets how much of what is short, in balancing: of plans that cost nearly the same, the one of fairest shares.

The plan of least cost says how much of an item is shipped to all its customers together, period by period. The
setting Fair share says what each of them should get of that; among the plans that make and buy the same and cost
hardly more, the one is taken in which what waits (or is lost) comes nearest to it. By priority nothing is to do:
waiting costs a better one more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sopxl.steps.supply.balance_model import Model
from sopxl.steps.supply.fair_share import Receivers, fair_shares
from sopxl.steps.supply.program import Basis, ProgramArrays
from sopxl.steps.supply.shortage import share_over_periods, use_ahead
from sopxl.steps.supply.solve import Solution, SolverFailed, hold_whole, solve
from sopxl.steps.supply.stability import least_distance

DEARER = 0.01
"""How much dearer than the plan of least cost a plan of fair shares may be, as a share of its cost."""
NOTICEABLE = 1e-6
SHARED = {"move_shipment": "moves", "shipment": "demands", "lost": "demands", "backlog": "demands",
          "safety_part": "nodes", "stock": "nodes"}
"""Decisions that sharing changes for the items that are short, and the frames of their objects; all others stay."""


def fairest(
    model: Model, program: ProgramArrays, solution: Solution, time_limit: float
) -> tuple[ProgramArrays, Solution]:
    """The solution whose unserved demand is nearest to fair shares, units added up, and the program that it solves:
    the given one with a limit on the cost, new columns and rows behind its own.

    Both as given where shares are by priority, nothing is short, or no solution is found.
    """
    if model.network.settings.fair_share == "priority" or solution.status != "optimal":
        return program, solution
    name = "lost" if "lost" in model.columns else "backlog"
    columns = model.columns[name]
    unserved = solution.values[columns]
    rows = _competing(model, unserved)
    aims = _fair(model, unserved)[rows]
    if not (np.abs(unserved[rows] - aims) > NOTICEABLE).any():
        return program, solution
    near = _hardly_dearer(_all_else_held(model, program, solution, rows), solution)
    fair = least_distance(near, solution.values, columns[rows].ravel(), aims.ravel())
    try:
        found = solve(fair, time_limit)
    except SolverFailed:
        return program, solution
    return (fair, found) if found.status == "optimal" else (program, solution)


def _items(model: Model) -> np.ndarray:
    """D: number of the item that each demand is for: its demands draw on the same supplies."""
    return np.unique(model.network.demands["item"].to_numpy(str), return_inverse=True)[1]


def _competing(model: Model, unserved: np.ndarray) -> np.ndarray:
    """Demands of items that several customers want and of which not all is served."""
    item = _items(model)
    missing = np.bincount(item, unserved.sum(axis=1))
    return np.flatnonzero((missing > NOTICEABLE)[item] & (np.bincount(item) > 1)[item])


def _fair(model: Model, unserved: np.ndarray) -> np.ndarray:
    """D x T: what should wait at the end of each period, or be lost in it, if what is shipped of each item in all is
    shared by the rule of the setting.
    """
    network, item, rule = model.network, _items(model), model.network.settings.fair_share
    count, demands = int(item.max(initial=-1)) + 1, network.demands
    wanted = network.demand.astype(float).copy()
    missing = np.zeros((count, model.period_count))
    np.add.at(missing, item, unserved)
    receivers = Receivers(item, wanted[:, :1].sum(axis=1), demands["priority"].to_numpy(float),
                          demands["quota"].to_numpy(float), np.zeros(len(item)), np.zeros(len(item)))
    total = np.zeros_like(missing)
    if "lost" in model.columns:
        np.add.at(total, item, wanted)
        use = np.where(use_ahead(wanted) > 0, use_ahead(wanted), wanted)
        served = [fair_shares(rule, total[:, at] - missing[:, at], replace(
            receivers, wanted=wanted[:, at], use=use[:, at])) for at in range(model.period_count)]
        return np.asarray(wanted - np.stack(served, axis=1)) if served else wanted
    wanted[:, :1] += demands[["opening_backlog"]].to_numpy(float)
    np.add.at(total, item, wanted)
    supply = np.maximum(total.cumsum(axis=1) - missing, 0.0)
    return np.asarray((wanted - share_over_periods(rule, wanted, receivers, supply)).cumsum(axis=1))


def _all_else_held(model: Model, program: ProgramArrays, solution: Solution, short: np.ndarray) -> ProgramArrays:
    """The program in which only what is SHARED may change, of the items of these demands; no whole numbers."""
    items = model.network.demands["item"].iloc[short]
    held = np.ones(len(program.cost), bool)
    for name, frame in SHARED.items():
        if name in model.columns:
            of_item = getattr(model.network, frame)["item"].isin(items).to_numpy()[model.objects[name]]
            held[model.columns[name][of_item]] = False
    if "lane_loads" in model.columns:
        held[model.columns["lane_loads"]] = False
    values = np.clip(solution.values, program.lower, program.upper)
    freed = hold_whole(program, solution.values)
    return replace(
        freed, lower=np.where(held, values, freed.lower), upper=np.where(held, values, freed.upper),
    )


def _hardly_dearer(program: ProgramArrays, solution: Solution) -> ProgramArrays:
    """The program with one more row: a cost within DEARER of the least."""
    scale = max(float(np.abs(program.cost).max(initial=0.0)), 1.0)
    least = program.cost_of(solution.values)
    most = least - program.constant + DEARER * abs(least)
    charged = np.flatnonzero(program.cost)
    basis = program.basis
    return replace(
        program, row_lower=np.append(program.row_lower, -np.inf), row_upper=np.append(program.row_upper, most / scale),
        start=np.append(program.start, program.start[-1] + len(charged)).astype(np.int32),
        index=np.concatenate([program.index, charged]).astype(np.int32),
        value=np.concatenate([program.value, program.cost[charged] / scale]),
        basis=None if basis is None else Basis(
            basis.column, np.append(basis.row, True), basis.column_at_upper, np.append(basis.row_at_upper, False)),
    )
