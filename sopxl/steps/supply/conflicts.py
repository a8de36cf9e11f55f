"""Where no plan keeps to all limits: the limits that must give, by how little, and the best plan if they do.

Limits become soft: first those that say what the plan must reach, then, if that is not enough, whatever it may use
as well. What gives is so dear that no more gives than must, and the plan is the cheapest with that. Shadow prices
tell what stands in the way.

Which limits may give is declared in ``softenings``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sopxl.steps.supply.balance_model import Model, is_expedited
from sopxl.steps.supply.first_basis import first_basis
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.program import ProgramArrays
from sopxl.steps.supply.softenings import (
    GOALS,
    MEANS,
    NAMED_ROWS,
    Softened,
    Softening,
    label_of,
    names_of_rows,
    other_rows,
    place_names,
)
from sopxl.steps.supply.solve import Solution, SolverFailed, solve
from sopxl.steps.supply.tables import LIMIT_CONFLICTS

MOST_CAUSES = 6
NOTICEABLE = 1e-6
SPARED = 100.0
"""How much rather a unit of a goal is given up than a unit of what the plan may use."""
SOONER = 1e-4
"""By which share a unit weighs more that is given in the first period than one in the last."""
DEAR = 3.0
"""How many times the largest cost of a decision a unit costs that is given, at first."""
DEARER = 4.0
MOST_ROUNDS = 4
KINDS = {"least_margin": "gross margin"}
"""What planners call a limit on rows, where its name is another."""
TOO_LATE = "It would have had to be started before the plan."
NO_CAUSE = {"Gross margin": "Demand and prices: all that earns more is sold."}
"""By limit that gives: what is told where no other limit stands in its way; else TOO_LATE."""


@dataclass(frozen=True)
class Compromise:
    """The best plan if limits give, and what they give: rows of LIMIT_CONFLICTS with their money, largest first."""

    model: Model
    program: ProgramArrays
    """The program in which the limits give just so much, at its own costs."""
    solution: Solution
    conflicts: pd.DataFrame


def find_compromise(build: Callable[[], Model], time_limit: float) -> Compromise | None:
    """The plan of least cost if as little as possible gives; None where no plan is found even so.

    ``build`` gives the model afresh: it is changed here. Raises SolverFailed where no solver answers.
    """
    for with_means in (False, True):
        model = build()
        softenings = GOALS + MEANS + other_rows(model) if with_means else GOALS
        softened = [(softening, softening.soften(model)) for softening in softenings]
        compromise = _settle(model, softened, time_limit)
        if compromise is not None:
            return compromise
    return None


def _settle(model: Model, softened: list[tuple[Softening, Softened]], time_limit: float) -> Compromise | None:
    """The plan of least cost in which limits give as little as possible; None where there is none."""
    program = model.program.arrays()
    program = replace(program, upper=np.maximum(program.lower, program.upper))
    weight = np.zeros(len(program.cost))
    for softening, limit in softened:
        sooner = 1.0 - limit.periods / model.period_count if model.period_count else 1.0
        weight[limit.columns] = (1.0 if softening in GOALS else SPARED) * (1.0 + SOONER * sooner)
    try:
        program = replace(program, basis=first_basis(model, program))
        found = _least_giving(program, weight, time_limit)
    except SolverFailed:
        return None
    if found is None:
        return None
    best, blocking = found
    conflicts = pd.concat([_rows_of(model, softening, limit, best.values) for softening, limit in softened])
    conflicts = conflicts.sort_values("gives", ascending=False, kind="stable", ignore_index=True)
    causes = _what_stands_in_the_way(model, blocking)
    conflicts["stands_in_the_way"] = [_causes_of(row, causes) for row in conflicts.itertuples()]
    gives = weight > 0
    program = replace(
        program, lower=np.where(gives, best.values, program.lower), upper=np.where(gives, best.values, program.upper))
    return Compromise(model, program, best, conflicts)


def _least_giving(
    program: ProgramArrays, weight: np.ndarray, time_limit: float
) -> tuple[Solution, Solution] | None:
    """The solution of least cost among those that give least (``weight`` a unit), and one whose shadow prices tell
    what stands in the way: what one unit more of each limit would spare of what is given.

    Giving is made dear, then dearer, until no less is given (an exact penalty: beyond some price the least cost
    gives least).
    """
    price = DEAR * max(float(np.abs(program.cost).max(initial=0.0)), 1.0)
    before = solve(replace(program, cost=program.cost + price * weight), time_limit)
    if not before.has_plan:
        return None
    for _ in range(MOST_ROUNDS):
        dearer = replace(program, cost=program.cost + price * DEARER * weight, basis=before.basis)
        after = solve(dearer, time_limit)
        if not after.has_plan:
            return before, before
        given = np.dot(weight, before.values), np.dot(weight, after.values)
        blocking = replace(
            after, row_value=(after.row_value - before.row_value) / (price * (DEARER - 1)),
            column_value=(after.column_value - before.column_value) / (price * (DEARER - 1)),
        )
        before, price = after, price * DEARER
        if given[1] >= given[0] * (1 - NOTICEABLE) - NOTICEABLE:
            break
    return before, blocking


def _rows_of(model: Model, softening: Softening, limit: Softened, values: np.ndarray) -> pd.DataFrame:
    """A row for every object and period in which the limit gives."""
    given = values[limit.columns]
    at = np.flatnonzero(given > NOTICEABLE)
    worth = np.broadcast_to(limit.money, given.shape)[at] if given.size else np.zeros(0)
    return pd.DataFrame({
        "limit": softening.limit, "name": [limit.names[place] for place in at.tolist()],
        "period": [label_of(model, int(limit.periods[place])) for place in at],
        "stated": limit.stated[at], "gives": given[at], "unit": softening.unit, "stands_in_the_way": "",
        "remedy": softening.remedy, "money": given[at] * worth,
    })


def _causes_of(row: object, causes: list[str]) -> str:
    """What stands in the way of a limit, itself apart."""
    own = f"{row.limit} of {row.name}".lower()  # type: ignore[attr-defined]
    others = [cause for cause in causes if not cause.lower().startswith(own)]
    more = [f"{len(others) - MOST_CAUSES} more"] if len(others) > MOST_CAUSES else []
    return "; ".join(others[:MOST_CAUSES] + more) or NO_CAUSE.get(str(row.limit), TOO_LATE)  # type: ignore[attr-defined]


def told(conflicts: pd.DataFrame) -> str:
    """In a sentence, that limits gave."""
    first = conflicts.iloc[0]
    more = f", and {len(conflicts) - 1} more" if len(conflicts) > 1 else ""
    return (f"Not all limits can be kept: {first['limit'].lower()} of {first['name']}"
            f"{' in ' + first['period'] if first['period'] else ''} gives "
            f"{first['gives']:,.6g} {first['unit']}{more} (see Limit conflicts). This is the best plan if they do.")


def with_conflicts(flows: Flows, conflicts: pd.DataFrame) -> Flows:
    """The flows, with what the limits gave for them."""
    if conflicts.empty:
        return flows
    return replace(flows, conflicts=conflicts, message=f"{told(conflicts)} {flows.message}")


@review(LIMIT_CONFLICTS)
def limit_conflicts(view: PlanView) -> pd.DataFrame:
    """The limits that gave, the largest amounts first."""
    conflicts = view.planned.conflicts
    return LIMIT_CONFLICTS.empty_frame() if conflicts is None else conflicts


def _what_stands_in_the_way(model: Model, solution: Solution) -> list[str]:
    """The hours, suppliers, lanes, stocks and firm quantities that would have to give way, with their periods."""
    network = model.network
    resources = network.resources["resource"].astype(str).tolist()
    places = place_names(network, np.arange(len(network.nodes)))
    short = solution.row_value[model.rows["resource_hours"]] < -NOTICEABLE
    causes = _listed(model, short, [f"hours of {name}" for name in resources])
    at_most = {name: solution.column_value[columns] < -NOTICEABLE for name, columns in model.columns.items()}
    early = is_expedited(model)
    bought = _names(network, "buys", "supplier", "location", "{0} from {1} to {2}")
    causes += _listed(model, at_most["buy_receipt"] & ~early, [f"capacity for {name}" for name in bought])
    causes += _listed(model, at_most["buy_receipt"] & early, [f"lead time of {name}" for name in bought])
    moved = _names(network, "moves", "from_location", "to_location", "{0} from {1} to {2}")
    causes += _listed(model, at_most["move_shipment"], [f"lane for {name}" for name in moved])
    causes += _listed(model, at_most["stock"], [f"maximum stock of {name}" for name in places])
    full = solution.row_value[model.rows["storage"]] < -NOTICEABLE
    causes += _listed(model, full, [f"storage of {name}" for name in network.storage["location"]])
    for name in NAMED_ROWS:
        if name in model.rows and model.rows[name].size:
            used_up = np.abs(solution.row_value[model.rows[name]]) > NOTICEABLE
            kind = KINDS.get(name, name.replace("_", " "))
            causes += _listed(model, used_up, [f"{kind} of {one}" for one in names_of_rows(model, name)])
    made = _names(network, "makes", "location", "location", "{0} at {1}")
    firm = (np.abs(solution.column_value[model.columns["make_start"]]) > NOTICEABLE) & ~np.isnan(
        network.firm_production)
    return causes + _listed(model, firm, [f"firm production of {name}" for name in made])


def _names(network: Network, frame: str, first: str, second: str, pattern: str) -> list[str]:
    """What each record of a frame is called."""
    records = getattr(network, frame)
    return [pattern.format(*parts) for parts in
            zip(records["item"], records[first], records[second], strict=True)]


def _listed(model: Model, concerned: np.ndarray, names: list[str]) -> list[str]:
    """``name in period`` for the objects concerned (objects x T), a span where there are several periods."""
    listed = []
    for at in np.flatnonzero(concerned.any(axis=1)):
        periods = np.flatnonzero(concerned[at])
        if concerned.shape[1] < model.period_count:
            listed.append(names[at])
            continue
        first, last = label_of(model, periods[0]), label_of(model, periods[-1])
        listed.append(f"{names[at]} in {first}" if first == last else f"{names[at]} from {first} to {last}")
    return listed
