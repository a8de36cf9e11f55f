"""Balance supply and demand at least cost: one linear program over the whole network and horizon.

It builds ahead, uses overtime, hires, expedites or lets orders wait, whichever costs least, within every limit, and
tells what it costs by term and what one more hour of each resource would be worth. Decisions are declared in
``balance_model``, limits in ``limits``, costs in ``cost_terms``.
"""

from __future__ import annotations

import numpy as np

from sopxl.schema import Finding, PlanError
from sopxl.steps.supply import whole_lots as _whole_lots  # noqa: F401 - declares the decisions and limits of whole lots
from sopxl.steps.supply.balance_model import DECISIONS, Model, is_expedited
from sopxl.steps.supply.conflicts import find_conflicts
from sopxl.steps.supply.cost_terms import charge_all
from sopxl.steps.supply.limits import LIMITS
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.solve import Solution, SolverFailed, solve


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


def read_flows(model: Model, solution: Solution) -> Flows:
    """The plan that a solution stands for."""
    network, values = model.network, solution.values
    found = {name: values[columns] for name, columns in model.columns.items()}
    make_start, receipt, move = found["make_start"], found["buy_receipt"], found["move_shipment"]
    expedited = np.where(is_expedited(model), receipt, 0.0)
    demands = (len(network.demands), model.period_count)
    return Flows(
        make_start=make_start,
        make_receipt=_later(make_start, network.makes["lead"].to_numpy(int)),
        make_lots=_lots_of_production(model, found),
        buy_order=_orders(receipt, expedited, network.buys["lead"].to_numpy(int)),
        buy_receipt=receipt,
        buy_expedited=expedited,
        move_shipment=move,
        move_arrival=_later(move, network.moves["lead"].to_numpy(int)),
        shipment=found["shipment"],
        lost=found.get("lost", np.zeros(demands)),
        make_past_due=np.zeros(len(network.makes)),
        buy_past_due=np.zeros(len(network.buys)),
        move_past_due=np.zeros(len(network.moves)),
        workers=_of_work_forces(model, found, "workers", np.nan),
        hired=_of_work_forces(model, found, "hired", 0.0),
        laid_off=_of_work_forces(model, found, "laid_off", 0.0),
        hour_value=_hour_value(model, solution),
        cost=model.program.cost_of(values),
        message=_message(model, solution),
    )


def _later(started: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Objects x T: what started, ``lead`` periods later; what lies beyond the horizon is left out."""
    count = started.shape[1]
    came = np.zeros_like(started)
    rows, periods = np.nonzero(np.arange(count)[None, :] + lead[:, None] < count)
    came[rows, periods + lead[rows]] = started[rows, periods]
    return came


def _orders(receipt: np.ndarray, expedited: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """B x T: when receipts are ordered: the lead time before, what is expedited at once."""
    count = receipt.shape[1]
    order = np.zeros_like(receipt)
    rows, periods = np.nonzero(np.arange(count)[None, :] >= lead[:, None])
    order[rows, periods - lead[rows]] = receipt[rows, periods]
    if count:
        order[:, 0] += expedited.sum(axis=1)
    return order


def _lots_of_production(model: Model, found: dict[str, np.ndarray]) -> np.ndarray:
    """M x T: set-ups: as planned, else as many usual lots as set-up hours were reckoned with."""
    start = found["make_start"]
    operations = model.network.operations
    has_setup = np.zeros(len(start), bool)
    has_setup[operations.loc[operations["setup_hours"] > 0, "make"].to_numpy(int)] = True
    lots = np.where(has_setup[:, None], start / model.usual_lot[:, None], (start > 0).astype(float))
    if "make_lots" in found:
        lots[model.objects["make_lots"]] = found["make_lots"]
    return np.asarray(lots)


def _of_work_forces(model: Model, found: dict[str, np.ndarray], name: str, otherwise: float) -> np.ndarray:
    """R x T: a decision on workers, ``otherwise`` for resources where they are not planned."""
    result = np.full((len(model.network.resources), model.period_count), otherwise)
    result[model.objects[name]] = found[name]
    return result


def _hour_value(model: Model, solution: Solution) -> np.ndarray:
    """R x T: shadow price of regular hours, as what one more would save."""
    value = -solution.row_value[model.rows["resource_hours"]]
    return np.asarray(np.where(value > 1e-9, value, 0.0))


def _message(model: Model, solution: Solution) -> str:
    """How the plan was found, in a sentence."""
    settings = model.network.settings
    if solution.status == "time limit":
        gap = ("its distance to the best possible is not known" if np.isnan(solution.gap)
               else f"at most {solution.gap:.2%} dearer than the best possible" if solution.gap
               else "it may not be the cheapest")
        return (f"Balanced by {solution.solver}: the time limit of {settings.time_limit:g} s was reached; "
                f"the best plan found by then is used ({gap}).")
    return (f"Balanced by {solution.solver} at least cost: {model.program.column_count:,} decisions, "
            f"{model.program.row_count:,} limits.")
