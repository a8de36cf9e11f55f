"""The flows of a balanced plan: what each decision of a solution stands for.

A decision or limit that planners see in the plan is read here, once, into a field of ``Flows``.
"""

from __future__ import annotations

import numpy as np

from sopxl.steps.supply.balance_model import Model, is_expedited
from sopxl.steps.supply.network import Flows
from sopxl.steps.supply.solve import Solution


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
