"""Solvers: a program as arrays in, values and shadow prices out. HiGHS first, CBC where HiGHS is missing or fails.

To add a solver, write a function of a program and a time limit and put it into SOLVERS.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np

from sopxl.steps.supply.program import Basis, ProgramArrays

Status = Literal["optimal", "time limit", "infeasible", "nothing found"]
SNAP = 1e-7
MIXED_INTEGER_GAP = 1e-6
ROUND_UP_FROM = 1e-6
SIMPLEX_SHARE = 1 / 3
"""Share of the time limit in which the simplex method may find the optimum; then interior point tries.

Measured with tests/benchmarks/balance_speed.py: simplex is ten times faster on a real company's plan and far slower
on dense bills of material that overload every resource.
"""
PATIENCE = 10.0
"""How many times the time limit interior point may take to the end: on a slow or busy computer a plan that comes late
is better than none, and the search cannot be taken up again. Only a search for whole numbers stops at the limit."""


class SolverFailed(Exception):  # noqa: N818 - told apart from PlanError: the next solver takes over
    """A solver is not there, or gave no answer that can be used."""


@dataclass(frozen=True)
class Solution:
    """What a solver found. ``row_value``: what the objective gains when a row's bound rises by one (dual)."""

    status: Status
    values: np.ndarray
    row_value: np.ndarray
    column_value: np.ndarray
    gap: float = 0.0
    solver: str = ""
    read_basis: Callable[[], Basis | None] = lambda: None
    """Gives ``basis``: few ask for it, and to read it takes time."""

    @cached_property
    def basis(self) -> Basis | None:
        """Where the search ended, for the next one to start from; None where the solver does not tell."""
        return self.read_basis()

    @property
    def has_plan(self) -> bool:
        """Whether there are values to read."""
        return self.status in {"optimal", "time limit"}


def solve(program: ProgramArrays, time_limit: float) -> Solution:
    """The optimum, or with whole numbers the best that was found within ``time_limit`` seconds; see PATIENCE.

    Raises SolverFailed where no solver answers.
    """
    found = _solve_whole_numbers if program.whole.any() else _first_answer
    solution = found(program, time_limit)
    return replace(solution, values=_cleaned(solution.values, program)) if solution.has_plan else solution


def _solve_whole_numbers(program: ProgramArrays, time_limit: float) -> Solution:
    """A program with whole numbers: first without them, then rounded up to have a plan, then searched for the best.

    At last the whole numbers are held and the rest is solved again, so that values are clean and shadow prices
    exist (given these whole numbers).
    """
    started = time.monotonic()
    relaxed = _first_answer(replace(program, whole=np.zeros_like(program.whole)), time_limit / 2)
    if not relaxed.has_plan:
        return relaxed
    rounded = _first_answer(hold_whole(program, np.ceil(relaxed.values - ROUND_UP_FROM)), time_limit / 4)
    if rounded.has_plan:
        program = replace(program, guess=rounded.values)
    best = _first_answer(program, max(time_limit - (time.monotonic() - started), 1.0))
    if rounded.has_plan and (best.status == "nothing found" or (
            best.has_plan and program.cost_of(rounded.values) < program.cost_of(best.values))):
        cost = program.cost_of(rounded.values)
        gap = (cost - program.cost_of(relaxed.values)) / max(abs(cost), 1e-9)
        return replace(rounded, status="time limit", gap=gap)
    if not best.has_plan:
        return best
    held = _first_answer(hold_whole(program, np.round(best.values)), max(time_limit / 4, 10.0))
    return replace(held, status=best.status, gap=best.gap) if held.status == "optimal" else best


def _first_answer(program: ProgramArrays, time_limit: float) -> Solution:
    """The answer of the first solver that gives one."""
    failures = []
    for name, solver in SOLVERS.items():
        try:
            return solver(program, time_limit)
        except (SolverFailed, ImportError) as failure:
            failures.append(f"{name}: {failure}")
    raise SolverFailed("; ".join(failures))


def _solve_with_highs(program: ProgramArrays, time_limit: float) -> Solution:
    """HiGHS: by simplex, and by interior point with crossover, to the end, where that takes too long."""
    if program.whole.any():
        return _run_highs(program, time_limit, "choose")
    solution = _run_highs(program, time_limit * SIMPLEX_SHARE, "simplex")
    if solution.status in {"optimal", "infeasible"}:
        return solution
    return _run_highs(program, time_limit * PATIENCE, "ipm")


def _run_highs(program: ProgramArrays, time_limit: float, method: str) -> Solution:
    """HiGHS by one method, handed the arrays in one call."""
    import highspy

    solver = highspy.Highs()
    for option, value in _highs_options(time_limit, method).items():
        solver.setOptionValue(option, value)
    passed = solver.passModel(
        len(program.cost), len(program.row_lower), len(program.index),
        int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMinimize), program.constant,
        program.cost, program.lower, program.upper, program.row_lower, program.row_upper,
        program.start, program.index, program.value, program.whole.astype(np.int32),
    )
    if passed == highspy.HighsStatus.kError:
        raise SolverFailed("the program was refused")
    if program.guess is not None and program.whole.any():
        guess = highspy.HighsSolution()
        guess.col_value = program.guess.tolist()
        solver.setSolution(guess)
    if program.basis is not None and method == "simplex":
        solver.setBasis(_for_highs(program.basis, highspy))
    solver.run()
    return _read_highs(solver, highspy, program)


def _highs_options(time_limit: float, method: str) -> dict[str, Any]:
    """One thread and one seed, so that a plan can be repeated."""
    return {
        "output_flag": False,
        "solver": method,
        "threads": 1,
        "random_seed": 0,
        "time_limit": float(time_limit),
        "mip_rel_gap": MIXED_INTEGER_GAP,
        "mip_abs_gap": MIXED_INTEGER_GAP,
    }


def _read_highs(solver: Any, highspy: Any, program: ProgramArrays) -> Solution:
    """Status, values and shadow prices that HiGHS holds."""
    status = solver.getModelStatus()
    known = highspy.HighsModelStatus
    info = solver.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if status in {known.kInfeasible, known.kUnboundedOrInfeasible}:
        return _without_values("infeasible", "HiGHS")
    if status == known.kOptimal or (status == known.kTimeLimit and feasible):
        solution = solver.getSolution()
        return Solution(
            "optimal" if status == known.kOptimal else "time limit",
            np.asarray(solution.col_value),
            np.asarray(solution.row_dual) if len(solution.row_dual) else np.zeros(len(program.row_lower)),
            np.asarray(solution.col_dual) if len(solution.col_dual) else np.zeros(len(program.cost)),
            float(info.mip_gap) if program.whole.any() and status == known.kTimeLimit else 0.0,
            "HiGHS",
            (lambda: None) if program.whole.any() else partial(_from_highs, solver, highspy),
        )
    if status == known.kTimeLimit:
        return _without_values("nothing found", "HiGHS")
    raise SolverFailed(solver.modelStatusToString(status))


def _solve_with_cbc(program: ProgramArrays, time_limit: float) -> Solution:
    """CBC through PuLP: slower, and exact to seven digits only, so just where HiGHS gives no answer."""
    import pulp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # PuLP 3 announces PuLP 4, which has no CBC of its own
        solver = pulp.PULP_CBC_CMD(msg=False, timeLimit=time_limit, threads=1, gapRel=MIXED_INTEGER_GAP)
        if not solver.available():
            raise SolverFailed("not installed")
        problem, variables, rows = _in_pulp(program)
        try:
            problem.solve(solver)
        except pulp.PulpSolverError as failure:
            raise SolverFailed(str(failure)) from failure
        return _read_pulp(problem, variables, rows, program)


def _in_pulp(program: ProgramArrays) -> tuple[Any, list[Any], list[list[str]]]:
    """The program as a PuLP problem, its variables, and the names of the constraints of each row."""
    import pulp

    columns = zip(program.lower.tolist(), program.upper.tolist(), program.whole.tolist(), strict=True)
    variables = [
        pulp.LpVariable(f"x{position}", lower, None if np.isinf(upper) else upper,
                        "Integer" if whole else "Continuous")
        for position, (lower, upper, whole) in enumerate(columns)
    ]
    problem = pulp.LpProblem("balance", pulp.LpMinimize)
    problem += pulp.LpAffineExpression(zip(variables, program.cost.tolist(), strict=True))
    rows: list[list[str]] = []
    for row, (lower, upper) in enumerate(zip(program.row_lower, program.row_upper, strict=True)):
        span = slice(program.start[row], program.start[row + 1])
        terms = list(zip([variables[column] for column in program.index[span]], program.value[span].tolist(),
                         strict=True))
        sides = {pulp.LpConstraintEQ: lower} if lower == upper else {
            pulp.LpConstraintGE: lower, pulp.LpConstraintLE: upper}
        rows.append([])
        for sense, bound in sides.items():
            if terms and np.isfinite(bound):
                rows[-1].append(f"r{row}_{len(rows[-1])}")
                problem.addConstraint(pulp.LpConstraint(
                    pulp.LpAffineExpression(terms), sense, rows[-1][-1], float(bound)))
    return problem, variables, rows


def _read_pulp(
    problem: Any, variables: list[Any], rows: list[list[str]], program: ProgramArrays
) -> Solution:
    """Status, values and shadow prices that CBC gave to PuLP."""
    import pulp

    if problem.status == pulp.LpStatusInfeasible:
        return _without_values("infeasible", "CBC")
    if problem.status != pulp.LpStatusOptimal:
        return _without_values("nothing found", "CBC")
    values = np.array([variable.varValue or 0.0 for variable in variables])
    duals = [sum(problem.constraints[name].pi or 0.0 for name in names) for names in rows]
    reduced = np.array([variable.dj or 0.0 for variable in variables])
    is_best = problem.sol_status == pulp.LpSolutionOptimal
    gap = 0.0 if is_best or not program.whole.any() else float("nan")
    return Solution("optimal" if is_best else "time limit", values, np.array(duals), reduced, gap, "CBC")


SOLVERS: dict[str, Callable[[ProgramArrays, float], Solution]] = {
    "HiGHS": _solve_with_highs,
    "CBC": _solve_with_cbc,
}


def _for_highs(basis: Basis, highspy: Any) -> Any:
    """A basis as HiGHS takes it; one that does not fit is mended there."""
    status = highspy.HighsBasisStatus
    names = (status.kLower, status.kBasic, status.kUpper)
    given = highspy.HighsBasis()
    given.col_status = [names[code] for code in np.where(basis.column, 1, 2 * basis.column_at_upper).tolist()]
    given.row_status = [names[code] for code in np.where(basis.row, 1, 2 * basis.row_at_upper).tolist()]
    return given


def _from_highs(solver: Any, highspy: Any) -> Basis | None:
    """The basis at which HiGHS ended, None where it has none."""
    basis = solver.getBasis()
    if not basis.valid:
        return None
    basic, upper = (int(getattr(highspy.HighsBasisStatus, name)) for name in ("kBasic", "kUpper"))
    column, row = (np.array(list(map(int, part)), np.int8) for part in (basis.col_status, basis.row_status))
    return Basis(column == basic, row == basic, column == upper, row == upper)


def _without_values(status: Status, solver: str) -> Solution:
    """A solution of no values."""
    empty = np.zeros(0)
    return Solution(status, empty, empty, empty, solver=solver)


def hold_whole(program: ProgramArrays, values: np.ndarray) -> ProgramArrays:
    """The program with its whole numbers held at these values."""
    held = np.clip(values, program.lower, program.upper)
    lower = np.where(program.whole, held, program.lower)
    upper = np.where(program.whole, held, program.upper)
    return replace(program, lower=lower, upper=upper, whole=np.zeros(len(values), bool))


def _cleaned(values: np.ndarray, program: ProgramArrays) -> np.ndarray:
    """Values without the solver's noise: whole where they are all but whole, never outside their bounds."""
    nearest = np.round(values)
    snapped = np.where(np.abs(values - nearest) <= SNAP, nearest, values)
    return np.asarray(np.clip(snapped, program.lower, program.upper) + 0.0)
