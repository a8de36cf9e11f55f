"""The start from the plan without limits leads to the same least cost, sooner."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sopxl.steps.supply.balance import build
from sopxl.steps.supply.first_basis import first_basis
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.program import ProgramArrays
from sopxl.steps.supply.solve import solve
from tests.benchmarks.balance_speed import bicycle_maker, manufacturer
from tests.steps.supply.balance_networks import small_network

CHAIN: dict[str, Any] = {
    "nodes": [{"on_hand": 4.0, "safety_stock": 2.0, "holding_cost": 1.0}, {"location": "Depot", "on_hand": 3.0},
              {"item": "Frame"}],
    "demands": [{"node": 1}], "makes": [{"lead": 1}], "components": [{"node": 2, "quantity": 2.0}],
    "moves": [{"lead": 1, "unit_cost": 1.0}], "operations": [{"hours_per_unit": 1.0}],
    "resources": [{"overtime_cost": 3.0}],
    "buys": [{"node": 2, "item": "Frame", "lead": 1, "unit_price": 2.0, "expedite_price": 5.0}],
    "price": 90.0, "demand": [[3, 5, 4, 8, 2, 6]], "regular_hours": 5.0, "overtime_hours": 2.0,
}


def program_of(network: Network) -> tuple[ProgramArrays, ProgramArrays]:
    """The program of a network without and with its first basis."""
    model = build(network)
    program = model.program.arrays()
    return program, replace(program, basis=first_basis(model, program))


@pytest.mark.parametrize("network", [
    small_network(6, **CHAIN), small_network(6, {"unmet_demand": "lost"}, **CHAIN), small_network(2),
    small_network(1, nodes=[{}]), bicycle_maker(4), manufacturer(30, 8),
], ids=["chain", "lost", "empty", "node", "bicycles", "manufacturer"])
def test_the_least_cost_is_the_same_from_any_start(network: Network) -> None:
    cold, warm = program_of(network)
    expected, found = solve(cold, 60.0), solve(warm, 60.0)
    assert found.status == expected.status == "optimal"
    assert warm.cost_of(found.values) == pytest.approx(cold.cost_of(expected.values), rel=1e-9, abs=1e-6)


def test_the_first_basis_carries_every_row_once() -> None:
    for network in (small_network(6, **CHAIN), manufacturer(30, 8)):
        _, program = program_of(network)
        assert program.basis is not None
        assert program.basis.column.sum() + program.basis.row.sum() == len(program.row_lower)


def test_where_nothing_is_scarce_the_first_basis_is_all_but_the_optimum() -> None:
    highspy = pytest.importorskip("highspy")
    from sopxl.steps.supply import solve as solving

    steps = []
    for program in program_of(replace(manufacturer(60, 8), regular_hours=manufacturer(60, 8).regular_hours * 9)):
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.passModel(
            len(program.cost), len(program.row_lower), len(program.index), int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize), program.constant, program.cost, program.lower, program.upper,
            program.row_lower, program.row_upper, program.start, program.index, program.value,
            program.whole.astype(np.int32))
        if program.basis is not None:
            solver.setBasis(solving._for_highs(program.basis, highspy))
        solver.run()
        steps.append(solver.getInfo().simplex_iteration_count)
    assert steps[1] < steps[0] / 3
