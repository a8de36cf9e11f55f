"""Which limits conflict, and by how much, where no plan keeps to all of them.

The limits become soft: first those that say what the plan must reach, then, if that is not enough, the hours and
the stock that it may use as well. Everything else costs nothing, so what is paid for is what cannot be had; shadow
prices tell what stands in the way. To soften another limit, add a function under ``@softening``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sopxl.schema import Finding
from sopxl.steps.supply.balance_model import Model, is_expedited, most_stock
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.solve import Solution, SolverFailed, solve

MOST_FINDINGS = 20
MOST_CAUSES = 6
NOTICEABLE = 1e-6


@dataclass(frozen=True)
class Softened:
    """A limit made soft: new columns that say by how much it is missed, and what to tell where it is."""

    columns: np.ndarray
    tell: Callable[[int, float, str], Finding]
    """Position in ``columns``, amount, and what stands in the way -> finding."""


Softening = Callable[[Model], Softened]
GOALS: list[Softening] = []
MEANS: list[Softening] = []


def softening(group: list[Softening]) -> Callable[[Softening], Softening]:
    """Register a limit that can be made soft among GOALS (tried first) or MEANS."""

    def register(function: Softening) -> Softening:
        group.append(function)
        return function

    return register


def find_conflicts(build: Callable[[], Model], time_limit: float) -> list[Finding]:
    """Findings that say which limits of the model conflict, by how much, and what stands in the way.

    ``build`` gives the model afresh: it is changed here.
    """
    for softenings in (GOALS, GOALS + MEANS):
        model = build()
        model.program.costs.clear()
        softened = [soften(model) for soften in softenings]
        for limit in softened:
            model.program.add_cost("conflict", limit.columns, 1.0)
        try:
            solution = solve(model.program.arrays(), time_limit)
        except SolverFailed:
            continue
        if solution.has_plan:
            findings = _tell_all(model, softened, solution)
            if findings:
                return findings
    return [Finding(
        "error", "No plan keeps to all limits; which of them conflict could not be found.",
        "Take off limits one kind at a time: minimum and maximum stocks, lot sizes, firm production.",
        table="settings", column="value",
    )]


def _tell_all(model: Model, softened: list[Softened], solution: Solution) -> list[Finding]:
    """A finding for every limit that is missed, the largest first, and a note on those that are left out."""
    found = _what_stands_in_the_way(model, solution)
    more = [f"{len(found) - MOST_CAUSES} more"] if len(found) > MOST_CAUSES else []
    causes = "; ".join(found[:MOST_CAUSES] + more)
    missed = []
    for limit in softened:
        amounts = solution.values[limit.columns]
        missed += [(float(amounts[at]), int(at), limit) for at in np.flatnonzero(amounts > NOTICEABLE)]
    missed.sort(key=lambda one: -one[0])
    findings = [limit.tell(position, amount, causes) for amount, position, limit in missed[:MOST_FINDINGS]]
    if len(missed) > MOST_FINDINGS:
        findings.append(Finding("error", f"{len(missed) - MOST_FINDINGS} more limits cannot be kept.",
                                "Cure those above first, then run again."))
    return findings


def _place(model: Model, node: int) -> str:
    """An item at a location, as planners say it."""
    record = model.network.nodes.iloc[node]
    return f"{record['item']} at {record['location']}"


def _label(model: Model, period: int) -> str:
    """The label of a period."""
    return model.network.settings.periods.labels[period]


def _because(causes: str) -> str:
    """What stands in the way, as the end of a sentence."""
    return f" What stands in the way: {causes}." if causes else " It would have had to be started before the plan."


def _add_stock(model: Model, rows: np.ndarray, node: np.ndarray, period: np.ndarray) -> None:
    """Put the whole stock of a node in a period into each row."""
    model.program.add_entries(rows, model.columns["stock"][node, period], 1.0)
    at = np.full(len(model.network.nodes), -1)
    at[model.objects["safety_part"]] = np.arange(len(model.objects["safety_part"]))
    within = np.flatnonzero(at[node] >= 0)
    model.program.add_entries(rows[within], model.columns["safety_part"][at[node[within]], period[within]], 1.0)


@softening(GOALS)
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

    def tell(at: int, amount: float, causes: str) -> Finding:
        return Finding(
            "error",
            f"The minimum stock of {wanted[at]:,.6g} {_place(model, node[at])} in {_label(model, period[at])} cannot "
            f"be reached: {amount:,.6g} units are missing.{_because(causes)}",
            "Lower the minimum stock, or give more hours, supply or time.",
            table="stock_policy_changes", column="minimum_stock",
        )

    return Softened(missing, tell)


@softening(GOALS)
def maximum_stock(model: Model) -> Softened:
    """Stock may rise above its maximum."""
    node, period = np.nonzero(np.isfinite(model.network.maximum_stock))
    most = most_stock(model)[node, period]
    model.program.set_bounds(model.columns["stock"], upper=np.inf)
    excess = model.program.add_columns(node.shape)
    rows = model.program.add_rows(node.shape, upper=most)
    _add_stock(model, rows, node, period)
    model.program.add_entries(rows, excess, -1.0)

    def tell(at: int, amount: float, causes: str) -> Finding:
        return Finding(
            "error",
            f"The maximum stock of {most[at]:,.6g} {_place(model, node[at])} in {_label(model, period[at])} cannot be "
            f"kept: {amount:,.6g} units too many.{_because(causes)}",
            "Raise the maximum stock, or lower firm production, minimum stock or lot sizes.",
            table="stock_policies", column="maximum_stock",
        )

    return Softened(excess, tell)


@softening(GOALS)
def storage(model: Model) -> Softened:
    """More stock may be put in a location than fits."""
    rows = model.rows["storage"]
    place, period = (index.ravel() for index in np.indices(rows.shape))
    excess = model.program.add_columns(place.shape)
    model.program.add_entries(rows.ravel(), excess, -1.0)

    def tell(at: int, amount: float, causes: str) -> Finding:
        name = model.network.storage["location"].iloc[place[at]]
        causes = "; ".join(cause for cause in causes.split("; ") if not cause.startswith(f"storage of {name} in"))
        return Finding(
            "error",
            f"The storage capacity of {name} does not suffice in {_label(model, period[at])}: {amount:,.6g} units too "
            f"many.{_because(causes)}",
            "Raise the storage capacity, or lower firm production, minimum stocks or lot sizes.",
            table="locations", column="storage_capacity",
        )

    return Softened(excess, tell)


@softening(GOALS)
def final_backlog(model: Model) -> Softened:
    """Demand may still wait at the end."""
    backlog = model.columns["backlog"][:, -1]
    waiting = model.program.add_columns(backlog.shape, upper=np.inf)
    rows = model.program.add_rows(backlog.shape, upper=0.0)
    model.program.add_entries(rows, backlog, 1.0)
    model.program.add_entries(rows, waiting, -1.0)
    if model.network.settings.unmet_demand == "wait":
        model.program.set_bounds(backlog, upper=np.inf)

    def tell(at: int, amount: float, causes: str) -> Finding:
        demand = model.network.demands.iloc[at]
        return Finding(
            "error",
            f"{amount:,.6g} units of {demand['item']} for {demand['market']} would still wait at the end of "
            f"{_label(model, -1)}, but no demand may.{_because(causes)}",
            "Set Final backlog to allowed, or give more hours or supply.", table="settings", column="value",
        )

    return Softened(waiting if model.network.settings.final_backlog == "none" else waiting[:0], tell)


@softening(MEANS)
def hours(model: Model) -> Softened:
    """Resources may work longer than they can."""
    rows = model.rows["resource_hours"]
    resource, period = (index.ravel() for index in np.indices(rows.shape))
    extra = model.program.add_columns(resource.shape)
    model.program.add_entries(rows.ravel(), extra, -1.0)

    def tell(at: int, amount: float, causes: str) -> Finding:
        name = model.network.resources["resource"].iloc[resource[at]]
        label = _label(model, period[at])
        return Finding(
            "error",
            f"{name} would need {amount:,.6g} hours more than it has in {label}, overtime included: firm production "
            f"asks for more than its capacity.",
            f"Lower the firm production in {label}, or raise the hours or the overtime limit of {name}.",
            table="production_plan", column=label,
        )

    return Softened(extra, tell)


@softening(MEANS)
def material(model: Model) -> Softened:
    """Stock may come from nowhere."""
    rows = model.rows["stock_balance"]
    node, period = (index.ravel() for index in np.indices(rows.shape))
    missing = model.program.add_columns(node.shape)
    model.program.add_entries(rows.ravel(), missing, -1.0)

    def tell(at: int, amount: float, causes: str) -> Finding:
        label = _label(model, period[at])
        return Finding(
            "error",
            f"{amount:,.6g} units of {_place(model, node[at])} are missing in {label} for firm production.",
            f"Lower the firm production in {label} or later, order more, or allow expediting.",
            table="production_plan", column=label,
        )

    return Softened(missing, tell)


def _what_stands_in_the_way(model: Model, solution: Solution) -> list[str]:
    """The hours, suppliers, lanes, stocks and firm quantities that would have to give way, with their periods."""
    network = model.network
    resources = network.resources["resource"].astype(str).tolist()
    places = [_place(model, node) for node in range(len(network.nodes))]
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
