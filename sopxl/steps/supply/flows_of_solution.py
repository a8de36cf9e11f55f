"""The flows of a balanced plan: what each decision of a solution stands for.

A decision or limit that planners see in the plan is read here, once, into a field of ``Flows``.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.balance_model import Model, is_expedited
from sopxl.steps.supply.cost_terms import costs_of
from sopxl.steps.supply.limit_values import limit_values
from sopxl.steps.supply.network import Flows, numbers
from sopxl.steps.supply.requirements import set_forward
from sopxl.steps.supply.solve import Solution
from sopxl.steps.supply.transport import lane_of_moves

NOISE = 1e-6
"""Part of a load that is a solver's rounding."""


def read_flows(model: Model, solution: Solution) -> Flows:
    """The plan that a solution stands for."""
    network, values = model.network, solution.values
    found = {name: values[columns] for name, columns in model.columns.items()}
    make_start, receipt, move = found["make_start"], found["buy_receipt"], found["move_shipment"]
    expedited = np.where(is_expedited(model), receipt, 0.0)
    demands = (len(network.demands), model.period_count)
    valued = limit_values(model, solution)
    return Flows(
        make_start=make_start,
        make_receipt=set_forward(make_start * model.make_yield[:, None], model.make_lead),
        make_lots=_lots_of_production(model, found),
        buy_order=_orders(receipt, expedited, model.buy_lead),
        buy_receipt=receipt,
        buy_expedited=expedited,
        move_shipment=move,
        move_arrival=set_forward(move, model.move_lead),
        shipment=found["shipment"],
        lost=found.get("lost", np.zeros(demands)),
        make_past_due=np.zeros(len(network.makes)),
        buy_past_due=np.zeros(len(network.buys)),
        move_past_due=np.zeros(len(network.moves)),
        workers=_of_work_forces(model, found, "workers", np.nan),
        hired=_of_work_forces(model, found, "hired", 0.0),
        laid_off=_of_work_forces(model, found, "laid_off", 0.0),
        hour_value=valued["resource_hours"],
        cost=costs_of(model, values),
        message=_message(model, solution),
        extra_shifts=_of_some(model, found, "extra_shifts", len(network.resources)),
        alternate_hours=found.get("alternate_hours"),
        lane_loads=_loads(model, found),
        limit_values=valued,
    )


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


def _of_some(model: Model, found: dict[str, np.ndarray], name: str, count: int) -> np.ndarray | None:
    """Objects x T: a decision that arises for some objects, 0 for the others; None where it does not arise."""
    if name not in found:
        return None
    result = np.zeros((count, model.period_count))
    result[model.objects[name]] = found[name]
    return result


def _loads(model: Model, found: dict[str, np.ndarray]) -> np.ndarray | None:
    """L x T: loads as planned, else as many as the units fill: whole ones where lots are; 0 where they are not counted.

    None where the network has no lanes.
    """
    lanes = model.network.lanes
    if not len(lanes):
        return None
    size = numbers(lanes, "load_size")
    counted = np.flatnonzero(size > 0)
    moved = np.zeros((len(lanes), model.period_count))
    lane = lane_of_moves(model)
    np.add.at(moved, lane[lane >= 0], found["move_shipment"][lane >= 0])
    loads = np.zeros_like(moved)
    loads[counted] = moved[counted] / size[counted][:, None]
    if model.network.settings.whole_lots:
        loads = np.ceil(loads - NOISE)
    if "lane_loads" in found:
        loads[model.objects["lane_loads"]] = found["lane_loads"]
    return loads


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
