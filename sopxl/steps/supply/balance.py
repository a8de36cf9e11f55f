"""Balance supply and demand at least cost: one linear program over the whole network and horizon.

It builds ahead, uses overtime, hires, expedites or lets orders wait, whichever costs least, within every limit, and
tells what it costs by term and what one more unit of each limit would be worth. Decisions, limits and costs are
declared in the files that ``balance_parts`` lists.
"""

from __future__ import annotations

from dataclasses import replace

from sopxl.schema import Finding, PlanError
from sopxl.steps.supply import balance_parts as _parts  # noqa: F401 - declares all decisions, limits and costs
from sopxl.steps.supply.balance_model import DECISIONS, Model
from sopxl.steps.supply.conflicts import find_compromise, with_conflicts
from sopxl.steps.supply.cost_terms import charge_all
from sopxl.steps.supply.fair_balance import fairest
from sopxl.steps.supply.first_basis import first_basis
from sopxl.steps.supply.flows_of_solution import read_flows
from sopxl.steps.supply.limits import LIMITS
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.program import ProgramArrays
from sopxl.steps.supply.solve import Solution, SolverFailed, solve
from sopxl.steps.supply.stability import nearest_to_last


def balance(network: Network) -> Flows:
    """The plan of least cost that keeps to every limit; costs by term in ``Flows.cost`` add up to the objective, save
    that purchases count at the prices that orders earn.

    Where limits conflict, the plan of least cost in which as little as possible gives: ``Flows.conflicts`` tells
    what. Of plans in which no more gives and that cost hardly more, the one with the fairest shares of what is short
    (``fair_balance``); of plans that cost the same, the one nearest to the last plan. Raises PlanError where no plan
    was found within the time limit or whatever gives, and where no solver answers.
    """
    time_limit = network.settings.time_limit
    try:
        model = build(network)
        program = model.program.arrays()
        program = replace(program, basis=first_basis(model, program))
        solution = solve(program, time_limit)
        if solution.status == "infeasible":
            return _compromise(network)
    except SolverFailed as failure:
        raise PlanError([Finding(
            "error", f"The plan could not be balanced: no solver gave an answer ({failure}).",
            "Install highspy, or set Plan mode to requirements.", table="settings", column="value",
        )]) from failure
    if not solution.has_plan:
        raise PlanError([Finding(
            "error", f"No plan was found within the time limit of {time_limit:g} seconds.",
            "Raise the setting Time limit, or set Whole lots and Whole workers to no.",
            table="settings", column="value",
        )])
    return _settled(model, program, solution)


def _settled(model: Model, program: ProgramArrays, least: Solution) -> Flows:
    """The plan of fair shares that is nearest to the last one, with the shadow prices of the plan of least cost."""
    limit = model.network.settings.time_limit
    shared, fair = fairest(model, program, least, limit)
    nearest = nearest_to_last(model, shared, fair, limit)
    values = nearest.values[:len(program.cost)]
    flows = read_flows(model, replace(least, values=values))
    if fair is least:
        return flows
    dearer = program.cost_of(values) - program.cost_of(least.values)
    rule = model.network.settings.fair_share
    return replace(flows, message=f"{flows.message} What is short is shared by {rule}, which costs {dearer:,.0f} more.")


def _compromise(network: Network) -> Flows:
    """The best plan in which as little as possible gives."""
    found = find_compromise(lambda: build(network), network.settings.time_limit)
    if found is None:
        raise PlanError([Finding(
            "error", "No plan keeps to all limits, and none was found that gives up some of them.",
            "Raise the setting Time limit, or take off limits one kind at a time: minimum and maximum stocks, lot "
            "sizes, firm production.", table="settings", column="value",
        )])
    return with_conflicts(_settled(found.model, found.program, found.solution), found.conflicts)


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
