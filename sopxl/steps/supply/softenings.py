"""Limits that may give where no plan keeps to all of them: each with its planners' name, unit and remedy.

To soften another limit, add a function under ``@softening``; a limit on rows that none of them knows is softened in
the last resort, row by row, under the name that NAMED_ROWS gives it, else under its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sopxl.steps.supply.balance_model import Model, most_stock
from sopxl.steps.supply.network import Network

BALANCES = ("stock_balance", "demand_balance", "work_force")
"""Limits that only say what stock, backlog and work force are."""
SOFTENED_ROWS = (
    "resource_hours", "storage", "made_to_order", "overtime_budget", "stock_value", "least_margin",
)
"""Limits on rows that a function here softens."""
NAMED_ROWS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "supplier_capacity": (
        "units", "Agree more with the supplier, or draw on another.", "suppliers", ("supplier",)),
    "contract_minimum": (
        "units", "Agree a lower quantity, or a fee for what is not taken.", "contracts", ("contract",)),
    "contract_maximum": (
        "units", "Agree a higher quantity, or draw on another supplier.", "contracts", ("contract",)),
    "lane_capacity": ("units", "Raise the capacity of the lane.", "lanes", ("from_location", "to_location")),
    "overtime_share": ("hours", "Raise the overtime limit.", "resources", ("resource",)),
    "overtime_budget": ("money", "Raise the budget of overtime.", "financial_limits", ("name",)),
    "stock_value": ("money", "Raise the cap on the value of stock.", "financial_limits", ("name",)),
    "least_margin": ("money", "Ask for less margin, or raise prices.", "financial_limits", ("name",)),
}
"""Limits on rows that are softened in the last resort: unit, remedy, and the frame and columns that name them."""


@dataclass(frozen=True)
class Softened:
    """A limit made soft: new columns that say by how much it gives, and of each what planners know."""

    columns: np.ndarray
    names: Sequence[str]
    """Per column: resource, item at its location, supplier or location."""
    periods: np.ndarray
    """Per column: its period, -1 for the whole plan."""
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


def place_names(network: Network, node: np.ndarray) -> list[str]:
    """Items at their locations, as planners say it."""
    nodes = network.nodes.iloc[node]
    return [f"{item} at {location}" for item, location in zip(nodes["item"], nodes["location"], strict=True)]


def _unit_cost(model: Model, node: np.ndarray) -> np.ndarray:
    """What a unit at these nodes is worth."""
    return np.asarray(model.unit_value[node])


def label_of(model: Model, period: int) -> str:
    """The label of a period; nothing for the whole plan."""
    return model.network.settings.periods.labels[period] if period >= 0 else ""


def names_of_rows(model: Model, name: str) -> list[str]:
    """What planners call each object of a limit on rows; its number where they have no name for it."""
    count = len(model.rows[name])
    if name not in NAMED_ROWS:
        return [f"{name.replace('_', ' ')} {place + 1}" for place in range(count)]
    frame, columns = NAMED_ROWS[name][2:]
    records = getattr(model.network, frame).iloc[model.objects.get(name, np.arange(count))]
    return [" to ".join(map(str, parts)) for parts in records[list(columns)].itertuples(index=False)]


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
    period = np.where(rows.shape[1] < model.period_count, -1, period)
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
    return Softened(missing, place_names(model.network, node), period, wanted, _unit_cost(model, node))


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
    return Softened(excess, place_names(model.network, node), period, most, _unit_cost(model, node))


@softening(GOALS, "Made to order", "units",
           "Lower firm production, or set the item's fulfilment to make-to-stock.")
def made_to_order(model: Model) -> Softened:
    """Stock of what is made or assembled to order may be built."""
    nodes = model.objects["made_to_order"]
    names, worth = place_names(model.network, nodes), _unit_cost(model, nodes)
    return _of_rows(model, model.rows["made_to_order"], names, -1.0, worth)


@softening(GOALS, "Overtime budget", "money", NAMED_ROWS["overtime_budget"][1])
def overtime_budget(model: Model) -> Softened:
    """Overtime may cost more than finance allows."""
    return _of_rows(model, model.rows["overtime_budget"], names_of_rows(model, "overtime_budget"), -1.0, 1.0)


@softening(GOALS, "Stock value", "money", NAMED_ROWS["stock_value"][1])
def stock_value(model: Model) -> Softened:
    """Stock may be worth more than finance allows."""
    return _of_rows(model, model.rows["stock_value"], names_of_rows(model, "stock_value"), -1.0, 1.0)


@softening(GOALS, "Gross margin", "money", NAMED_ROWS["least_margin"][1])
def least_margin(model: Model) -> Softened:
    """Shipments may earn less than finance asks for."""
    return _of_rows(model, model.rows["least_margin"], names_of_rows(model, "least_margin"), 1.0, 1.0)


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


@softening(GOALS, "Frozen production", "units",
           "Let the plan change in its frozen periods, or give more hours or supply.")
def frozen_production(model: Model) -> Softened:
    """Less may be made in frozen and slushy periods than the last plan says."""
    network, starts = model.network, model.columns["make_start"]
    lower = model.program.bounds()[0][starts]
    make, period = np.nonzero((lower > 0) & np.isnan(network.firm_production))
    least = lower[make, period]
    model.program.set_bounds(starts[make, period], lower=0.0)
    missing = model.program.add_columns(make.shape)
    rows = model.program.add_rows(make.shape, lower=least)
    model.program.add_entries(rows, starts[make, period], 1.0)
    model.program.add_entries(rows, missing, 1.0)
    node = network.makes["node"].to_numpy(int)[make]
    return Softened(missing, place_names(network, node), period, least, _unit_cost(model, node))


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
    names = place_names(model.network, every)
    limit = _of_rows(model, model.rows["stock_balance"], names, -1.0, _unit_cost(model, every))
    return replace(limit, stated=np.full(len(limit.columns), np.nan))


@softening(MEANS, "Hiring", "workers",
           "Raise what may be hired, or lower the workers prescribed or the fewest workers.")
def hiring(model: Model) -> Softened:
    """More workers may come than can be hired."""
    return _of_work_forces(model, -1.0)


@softening(MEANS, "Lay-off", "workers",
           "Raise what may be laid off, or raise the workers prescribed or the most workers.")
def layoff(model: Model) -> Softened:
    """More workers may leave than can be laid off."""
    return _of_work_forces(model, 1.0)


def _of_work_forces(model: Model, sign: float) -> Softened:
    """Work forces that more workers join (sign -1) or leave (sign 1) than the plan may hire or lay off."""
    column = "most_hired" if sign < 0 else "most_laid_off"
    resources = model.network.resources.iloc[model.objects["work_force"]]
    limit = _of_rows(model, model.rows["work_force"], resources["resource"].astype(str).tolist(), sign, 0.0)
    stated = resources[column].to_numpy(float) if column in resources else np.full(len(resources), np.nan)
    return replace(limit, stated=np.repeat(stated, model.period_count))


def other_rows(model: Model) -> list[Softening]:
    """Every other limit on rows, under its own name, on whichever side it limits."""
    rest = []
    for name, rows in model.rows.items():
        if name in {*BALANCES, *SOFTENED_ROWS} or not rows.size:
            continue
        limit = name.replace("_", " ").capitalize()
        unit, remedy = NAMED_ROWS[name][:2] if name in NAMED_ROWS else ("units", "Loosen this limit.")
        names = names_of_rows(model, name)
        for side, sign in zip(model.program.row_limits(), (1.0, -1.0), strict=True):
            if np.isfinite(side[rows]).any():
                soften = partial(_of_rows, rows=rows.reshape(len(rows), -1), names=names, sign=sign, money=0.0)
                rest.append(Softening(limit, unit, remedy, soften))
    return rest
