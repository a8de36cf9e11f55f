"""Balance supply and demand at least cost: one linear program over the whole network and horizon.

It builds ahead, uses overtime, hires, expedites or lets orders wait, whichever costs least, within every limit, and
tells what it costs by term and what one more hour of each resource would be worth. Decisions are declared in
``balance_model``, limits in ``limits``, costs in ``cost_terms``.
"""

from __future__ import annotations

from sopxl.schema import Finding, PlanError
from sopxl.steps.supply import whole_lots as _whole_lots  # noqa: F401 - declares the decisions and limits of whole lots
from sopxl.steps.supply.balance_model import DECISIONS, Model
from sopxl.steps.supply.conflicts import find_conflicts
from sopxl.steps.supply.cost_terms import charge_all
from sopxl.steps.supply.flows_of_solution import read_flows
from sopxl.steps.supply.limits import LIMITS
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.solve import SolverFailed, solve


def balance(network: Network) -> Flows:
    """The plan of least cost that keeps to every limit; costs by term in ``Flows.cost`` add up to the objective.

    Raises PlanError where limits conflict (naming which and by how much), where no plan was found within the
    time limit, and where no solver answers.
    """
    model = build(network)
    try:
        solution = solve(model.program.arrays(), network.settings.time_limit)
    except SolverFailed as failure:
        raise PlanError([Finding(
            "error", f"The plan could not be balanced: no solver gave an answer ({failure}).",
            "Install highspy, or set Plan mode to requirements.", table="settings", column="value",
        )]) from failure
    if solution.status == "infeasible":
        raise PlanError(find_conflicts(lambda: build(network), network.settings.time_limit))
    if not solution.has_plan:
        raise PlanError([Finding(
            "error", f"No plan was found within the time limit of {network.settings.time_limit:g} seconds.",
            "Raise the setting Time limit, or set Whole lots and Whole workers to no.",
            table="settings", column="value",
        )])
    return read_flows(model, solution)


def build(network: Network) -> Model:
    """The model of a network: its decisions, limits and costs in one program."""
    model = Model(network)
    for name, decide in DECISIONS.items():
        decided = decide(model)
        if decided is not None:
            model.add(name, decided)
    for add_limit in LIMITS.values():
        add_limit(model)
    charge_all(model)
    return model
