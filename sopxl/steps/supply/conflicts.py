"""Where no plan keeps to all limits: the limits that must give, by how little, and the best plan if they do.

Limits become soft: first those that say what the plan must reach, then, if that is not enough, whatever it may use
as well. Everything else costs nothing at first, so what is paid for is what cannot be had; then limits give just so
much and the plan of least cost is found. Shadow prices of the first search tell what stands in the way.

To soften another limit, add a function under ``@softening`` that says what planners call it; a limit that none
of them knows is softened in the last resort, row by row, under its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from sopxl.steps.supply.balance_model import Model, is_expedited, most_stock
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.program import ProgramArrays
from sopxl.steps.supply.solve import Solution, SolverFailed, solve
from sopxl.steps.supply.tables import LIMIT_CONFLICTS

MOST_CAUSES = 6
NOTICEABLE = 1e-6
SPARED = 1000.0
"""How much rather a unit of a goal is given up than a unit of what the plan may use."""
BALANCES = ("stock_balance", "demand_balance", "work_force")
"""Limits that only say what stock, backlog and work force are."""
NAMED_ROWS: dict[str, tuple[str, str, str, str]] = {
    "supplier_capacity": ("units", "Agree more with the supplier, or draw on another.", "suppliers", "supplier"),
    "contract_minimum": ("units", "Agree a lower quantity, or a fee for what is not taken.", "contracts", "contract"),
    "contract_maximum": ("units", "Agree a higher quantity, or draw on another supplier.", "contracts", "contract"),
    "lane_capacity": ("units", "Raise the capacity of the lane.", "lanes", "to_location"),
    "overtime_share": ("hours", "Raise the overtime limit.", "resources", "resource"),
}
"""Limits on rows that are softened in the last resort: unit, remedy, and the frame and column that name them."""


@dataclass(frozen=True)
class Softened:
    """A limit made soft: new columns that say by how much it gives, and of each what planners know."""

    columns: np.ndarray
    names: Sequence[str]
    """Per column: resource, item at its location, supplier or location."""
    periods: np.ndarray
    stated: np.ndarray
    """Per column: the limit as stated; NaN where it is no number of the planner's."""
    money: np.ndarray | float = 0.0
    """Per column: what one unit that it gives is worth."""


Soften = Callable[[Model], Softened]


@dataclass(frozen=True)
class Softening:
    """A limit that may give: its planners' name, unit and remedy, and how it is softened."""

    limit: str
    unit: str
    remedy: str
    soften: Soften


GOALS: list[Softening] = []
MEANS: list[Softening] = []


def softening(group: list[Softening], limit: str, unit: str, remedy: str) -> Callable[[Soften], Soften]:
    """Register a limit that can be made soft among GOALS (tried first) or MEANS."""

    def register(function: Soften) -> Soften:
        group.append(Softening(limit, unit, remedy, function))
        return function

    return register


@dataclass(frozen=True)
class Compromise:
    """The best plan if limits give, and what they give: rows of LIMIT_CONFLICTS with their money, largest first."""

    model: Model
    solution: Solution
    conflicts: pd.DataFrame


def find_compromise(build: Callable[[], Model], time_limit: float) -> Compromise | None:
    """The plan of least cost if as little as possible gives; None where no plan is found even so.

    ``build`` gives the model afresh: it is changed here. Raises SolverFailed where no solver answers.
    """
    for with_means in (False, True):
        model = build()
        softenings = GOALS + MEANS + _rest(model) if with_means else GOALS
        softened = [(softening, softening.soften(model)) for softening in softenings]
        compromise = _settle(model, softened, time_limit)
        if compromise is not None:
            return compromise
    return None


def _settle(model: Model, softened: list[tuple[Softening, Softened]], time_limit: float) -> Compromise | None:
    """How much each limit gives at least, then the plan of least cost with just that."""
    program = model.program.arrays()
    program = replace(program, upper=np.maximum(program.lower, program.upper))
    weight = np.zeros(len(program.cost))
    for softening, limit in softened:
        weight[limit.columns] = 1.0 if softening in GOALS else SPARED
    try:
        least = solve(replace(program, cost=weight, constant=0.0), time_limit)
    except SolverFailed:
        return None
    if not least.has_plan:
        return None
    giving = np.concatenate([limit.columns for _, limit in softened])
    best = _best_if_they_give(program, giving, least, time_limit)
    rows = [_rows_of(model, softening, limit, least.values) for softening, limit in softened]
    causes = _what_stands_in_the_way(model, least)
    conflicts = pd.concat(rows, ignore_index=True).sort_values("gives", ascending=False, kind="stable")
    conflicts["stands_in_the_way"] = [_causes_of(row, causes) for row in conflicts.itertuples()]
    return Compromise(model, best, conflicts.reset_index(drop=True))


def _best_if_they_give(program: ProgramArrays, giving: np.ndarray, least: Solution, time_limit: float) -> Solution:
    """The plan of least cost in which limits give no more than found; the one found where there is no better."""
    upper = program.upper.copy()
    found = np.asarray(least.values)
    upper[giving] = np.where(found > 0, found * (1 + 1e-9) + 1e-9, 0.0)[giving]
    guess = found if program.whole.any() else None
    program = replace(program, upper=upper, basis=least.basis, guess=guess)
    try:
        best = solve(program, time_limit)
    except SolverFailed:
        return replace(least, status="time limit", gap=float("nan"))
    return best if best.has_plan else replace(least, status="time limit", gap=float("nan"))


def _rows_of(model: Model, softening: Softening, limit: Softened, values: np.ndarray) -> pd.DataFrame:
    """A row for every object and period in which the limit gives."""
    given = values[limit.columns]
    at = np.flatnonzero(given > NOTICEABLE)
    worth = np.broadcast_to(limit.money, given.shape)[at] if given.size else np.zeros(0)
    return pd.DataFrame({
        "limit": softening.limit, "name": [limit.names[place] for place in at.tolist()],
        "period": [_label(model, int(limit.periods[place])) for place in at],
        "stated": limit.stated[at], "gives": given[at], "unit": softening.unit, "stands_in_the_way": "",
        "remedy": softening.remedy, "money": given[at] * worth,
    })


def _causes_of(row: object, causes: list[str]) -> str:
    """What stands in the way of a limit, itself apart."""
    own = f"{row.limit} of {row.name}".lower()  # type: ignore[attr-defined]
    others = [cause for cause in causes if not cause.lower().startswith(own)]
    more = [f"{len(others) - MOST_CAUSES} more"] if len(others) > MOST_CAUSES else []
    return "; ".join(others[:MOST_CAUSES] + more) or "It would have had to be started before the plan."


def told(conflicts: pd.DataFrame) -> str:
    """In a sentence, that limits gave."""
    first = conflicts.iloc[0]
    more = f", and {len(conflicts) - 1} more" if len(conflicts) > 1 else ""
    return (f"Not all limits can be kept: {first['limit'].lower()} of {first['name']} in {first['period']} gives "
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


def _place(network: Network, node: np.ndarray) -> list[str]:
    """Items at their locations, as planners say it."""
    nodes = network.nodes.iloc[node]
    return [f"{item} at {location}" for item, location in zip(nodes["item"], nodes["location"], strict=True)]


def _unit_cost(model: Model, node: np.ndarray) -> np.ndarray:
    """What a unit at these nodes is worth."""
    return np.asarray(model.unit_value[node])


def _label(model: Model, period: int) -> str:
    """The label of a period."""
    return model.network.settings.periods.labels[period]


def _add_stock(model: Model, rows: np.ndarray, node: np.ndarray, period: np.ndarray) -> None:
    """Put the whole stock of a node in a period into each row."""
    model.program.add_entries(rows, model.columns["stock"][node, period], 1.0)
    at = np.full(len(model.network.nodes), -1)
    at[model.objects["safety_part"]] = np.arange(len(model.objects["safety_part"]))
    within = np.flatnonzero(at[node] >= 0)
    model.program.add_entries(rows[within], model.columns["safety_part"][at[node[within]], period[within]], 1.0)


def _of_rows(model: Model, rows: np.ndarray, names: Sequence[str], sign: float, money: np.ndarray | float) -> Softened:
    """Rows (objects x T) that may be missed: by too much (sign -1) or by too little (sign 1)."""
    place, period = (index.ravel() for index in np.indices(rows.shape))
    gives = model.program.add_columns(place.shape)
    model.program.add_entries(rows.ravel(), gives, sign)
    side = model.program.row_limits()[0 if sign > 0 else 1][rows.ravel()]
    worth = np.broadcast_to(money, len(names))[place] if len(names) else 0.0
    stated = np.where(np.isfinite(side), side, np.nan)
    return Softened(gives, [names[at] for at in place.tolist()], period, stated, worth)


@softening(GOALS, "Minimum stock", "units", "Lower the minimum stock, or give more hours, supply or time.")
def minimum_stock(model: Model) -> Softened:
    """Stock may fall below its minimum."""
    node, period = np.nonzero(np.nan_to_num(model.network.minimum_stock) > 0)
    wanted = model.network.minimum_stock[node, period]
    for part in ("stock", "safety_part"):
        model.program.set_bounds(model.columns[part], lower=0.0)
    missing = model.program.add_columns(node.shape)
    rows = model.program.add_rows(node.shape, lower=wanted)
    _add_stock(model, rows, node, period)
    model.program.add_entries(rows, missing, 1.0)
    return Softened(missing, _place(model.network, node), period, wanted, _unit_cost(model, node))


@softening(GOALS, "Maximum stock", "units",
           "Raise the maximum stock, or lower firm production, minimum stock or lot sizes.")
def maximum_stock(model: Model) -> Softened:
    """Stock may rise above its maximum."""
    node, period = np.nonzero(np.isfinite(model.network.maximum_stock))
    most = most_stock(model)[node, period]
    model.program.set_bounds(model.columns["stock"], upper=np.inf)
    excess = model.program.add_columns(node.shape)
    rows = model.program.add_rows(node.shape, upper=most)
    _add_stock(model, rows, node, period)
    model.program.add_entries(rows, excess, -1.0)
    return Softened(excess, _place(model.network, node), period, most, _unit_cost(model, node))


@softening(GOALS, "Storage", "places", "Raise the storage capacity, or lower firm production, minimum stocks or lots.")
def storage(model: Model) -> Softened:
    """More stock may be put in a location than fits."""
    return _of_rows(model, model.rows["storage"], model.network.storage["location"].astype(str).tolist(), -1.0, 0.0)


@softening(GOALS, "Final backlog", "units", "Set Final backlog to allowed, or give more hours or supply.")
def final_backlog(model: Model) -> Softened:
    """Demand may still wait at the end."""
    demands, last = model.network.demands, model.period_count - 1
    is_limited = model.network.settings.final_backlog == "none" and last >= 0
    backlog = model.columns["backlog"][:, last] if is_limited else np.zeros(0, int)
    waiting = model.program.add_columns(backlog.shape)
    rows = model.program.add_rows(backlog.shape, upper=0.0)
    model.program.add_entries(rows, backlog, 1.0)
    model.program.add_entries(rows, waiting, -1.0)
    if model.network.settings.unmet_demand == "wait":
        model.program.set_bounds(backlog, upper=np.inf)
    names = [f"{item} for {market}" for item, market in zip(demands["item"], demands["market"], strict=True)]
    worth = _unit_cost(model, demands["node"].to_numpy(int))[:len(backlog)]
    return Softened(waiting, names, np.full(len(backlog), last), np.zeros(len(backlog)), worth)


@softening(MEANS, "Hours", "hours", "Lower the firm production, or raise the hours or the overtime limit.")
def hours(model: Model) -> Softened:
    """Resources may work longer than they can, overtime included."""
    resources = model.network.resources
    worth = np.nan_to_num(resources["overtime_cost"].to_numpy(float))
    return _of_rows(model, model.rows["resource_hours"], resources["resource"].astype(str).tolist(), -1.0, worth)


@softening(MEANS, "Material", "units", "Lower the firm production, order more, or allow expediting.")
def material(model: Model) -> Softened:
    """Stock may come from nowhere."""
    every = np.arange(len(model.network.nodes))
    limit = _of_rows(model, model.rows["stock_balance"], _place(model.network, every), -1.0, _unit_cost(model, every))
    return replace(limit, stated=np.full(len(limit.columns), np.nan))


def _rest(model: Model) -> list[Softening]:
    """Every other limit on rows, under its own name, on whichever side it limits."""
    rest = []
    for name, rows in model.rows.items():
        if name in {*BALANCES, "resource_hours", "storage"} or not rows.size:
            continue
        limit = name.replace("_", " ").capitalize()
        unit, remedy, frame, column = NAMED_ROWS.get(name, ("units", "Loosen this limit.", "", ""))
        names = [f"{limit.lower()} {place + 1}" for place in range(len(rows))]
        if frame:
            records = getattr(model.network, frame)
            names = records[column].astype(str).iloc[model.objects.get(name, np.arange(len(records)))].tolist()
        for side, sign in zip(model.program.row_limits(), (1.0, -1.0), strict=True):
            if np.isfinite(side[rows]).any():
                soften = partial(_of_rows, rows=rows.reshape(len(rows), -1), names=names, sign=sign, money=0.0)
                rest.append(Softening(limit, unit, remedy, soften))
    return rest


def _what_stands_in_the_way(model: Model, solution: Solution) -> list[str]:
    """The hours, suppliers, lanes, stocks and firm quantities that would have to give way, with their periods."""
    network = model.network
    resources = network.resources["resource"].astype(str).tolist()
    places = _place(network, np.arange(len(network.nodes)))
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
        first, last = _label(model, periods[0]), _label(model, periods[-1])
        listed.append(f"{names[at]} in {first}" if first == last else f"{names[at]} from {first} to {last}")
    return listed
