"""One program solved again and again as its costs, bounds and limits change, each time from where the last ended.

For scenarios that differ in little: what another hour, a later delivery or a dearer supplier would do to the plan.
One thread, the same answer every time.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sopxl.steps.supply.program import ProgramArrays
from sopxl.steps.supply.solve import Solution, solve


class Session:
    """A program and where its last search ended; ``program`` is as it stands now."""

    def __init__(self, program: ProgramArrays) -> None:
        """Start with this program; a basis that it brings is where the first search starts."""
        self.program = program

    def solve(self, time_limit: float) -> Solution:
        """The optimum of the program as it stands. Raises SolverFailed where no solver answers."""
        solution = solve(self.program, time_limit)
        if solution.basis is not None:
            self.program = replace(self.program, basis=solution.basis)
        return solution

    def change_cost(self, columns: np.ndarray, unit_cost: np.ndarray | float) -> None:
        """Charge these columns so much a unit."""
        self.program = replace(self.program, cost=_with(self.program.cost, columns, unit_cost))

    def change_bounds(
        self, columns: np.ndarray, lower: np.ndarray | float | None = None, upper: np.ndarray | float | None = None
    ) -> None:
        """Give these columns other bounds; None leaves a bound as it is."""
        self.program = replace(
            self.program,
            lower=_with(self.program.lower, columns, lower), upper=_with(self.program.upper, columns, upper),
        )

    def change_limits(
        self, rows: np.ndarray, lower: np.ndarray | float | None = None, upper: np.ndarray | float | None = None
    ) -> None:
        """Give these rows other limits; None leaves a limit as it is."""
        self.program = replace(
            self.program,
            row_lower=_with(self.program.row_lower, rows, lower), row_upper=_with(self.program.row_upper, rows, upper),
        )


def _with(values: np.ndarray, places: np.ndarray, changed: np.ndarray | float | None) -> np.ndarray:
    """The values with those at some places changed."""
    if changed is None:
        return values
    result = values.copy()
    result[places] = changed
    return result
