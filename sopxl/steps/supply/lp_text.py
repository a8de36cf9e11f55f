"""The program of a network in words: CPLEX LP text with the names of items, places and periods.

For reading, for approved files in tests and for handing a plan's program to any other solver.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from sopxl.steps.supply.balance import build
from sopxl.steps.supply.balance_model import Model
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.order_prices import price_segments
from sopxl.steps.supply.program import ProgramArrays

NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_.]")
LABELS: dict[str, tuple[str, ...]] = {
    "alternates": ("item", "operation", "resource"),
    "contracts": ("contract",),
    "financial_limits": ("name",),
    "lanes": ("from_location", "to_location"),
    "operations": ("item", "operation"),
    "segments": ("item", "location", "supplier", "first"),
    "suppliers": ("supplier",),
    "nodes": ("item", "location"),
    "demands": ("item", "market"),
    "makes": ("item", "location"),
    "buys": ("item", "location", "supplier"),
    "moves": ("item", "from_location", "to_location"),
    "resources": ("resource",),
    "storage": ("location",),
}
FRAMES: dict[str, str] = {
    "make": "makes", "buy": "buys", "move": "moves", "overtime": "resources", "workers": "resources",
    "hired": "resources", "laid": "resources", "work": "resources", "resource": "resources",
    "shipment": "demands", "lost": "demands", "backlog": "demands", "demand": "demands",
    "stock": "nodes", "safety": "nodes", "made_to_order": "nodes", "storage": "storage", "extra": "resources",
    "alternate_work": "operations", "alternate": "alternates", "supplier": "suppliers", "contract": "contracts",
    "lane": "lanes", "load": "lanes",
    "overtime_budget": "financial_limits", "stock_value": "financial_limits", "least_margin": "financial_limits",
    "price_list": "buys", "price_list_one": "buys", "price": "segments",
}
"""A decision or limit, or its first word -> the frame whose objects it is about."""


def write_lp(network: Network) -> str:
    """The program that :func:`sopxl.steps.supply.balance.balance` solves, in CPLEX LP format."""
    model = build(network)
    program = model.program.arrays()
    columns = _names(model, model.columns, len(program.cost))
    rows = _names(model, model.rows, len(program.row_lower))
    parts = [
        "Minimize", f" cost: {_sum(program.cost, np.arange(len(program.cost)), columns) or '0 ' + columns[0]}",
        "Subject To", *_constraints(program, rows, columns),
        "Bounds", *_bounds(program, columns),
    ]
    whole = [columns[at] for at in np.flatnonzero(program.whole)]
    if whole:
        parts += ["General", *(f" {name}" for name in whole)]
    return "\n".join([*parts, "End", ""])


def _names(model: Model, blocks: dict[str, np.ndarray], count: int) -> list[str]:
    """A name for every column or row; two that would be the same get their number."""
    names = [""] * count
    for block, numbers in blocks.items():
        frame = FRAMES.get(block) or FRAMES[block.split("_")[0]]
        label = _labels(_frame(model, frame), LABELS[frame])
        objects = model.objects.get(block, np.arange(len(label)))
        for place, period in np.ndindex(*numbers.shape):
            is_once = numbers.shape[1] < model.period_count
            when = "" if is_once else f".{model.network.settings.periods.labels[period]}"
            names[numbers[place, period]] = NOT_ALLOWED.sub("_", f"{block}.{label[objects[place]]}{when}")
    seen: set[str] = set()
    for number, name in enumerate(names):
        names[number] = f"{name}.{number}" if name in seen else name
        seen.add(name)
    return names


def _frame(model: Model, name: str) -> pd.DataFrame:
    """The network's frame of this name, or what is derived from one, with the columns of its labels."""
    network = model.network
    if name == "segments":
        segments = price_segments(model)
        return segments.join(network.buys[["item", "location", "supplier"]], on="buy")
    if name == "alternates":
        operations = _frame(model, "operations")
        resource = network.resources["resource"].to_numpy(object)[network.alternates["resource"].to_numpy(int)]
        return network.alternates.drop(columns="resource").assign(resource=resource).rename(
            columns={"operation": "number"}).join(operations[["item", "operation"]], on="number")
    if name == "operations":
        return network.operations.join(network.makes[["item", "location"]], on="make")
    return pd.DataFrame(getattr(network, name))


def _labels(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[str]:
    """What each object of a frame is called."""
    return [".".join(map(str, parts)) for parts in zip(*(frame[column] for column in columns), strict=True)]


def _sum(values: np.ndarray, numbers: np.ndarray, names: list[str]) -> str:
    """A linear expression."""
    terms = [f"{'-' if value < 0 else '+'} {abs(value):.12g} {names[number]}"
             for value, number in zip(values, numbers, strict=True) if value != 0]
    return " ".join(terms)


def _constraints(program: ProgramArrays, rows: list[str], columns: list[str]) -> list[str]:
    """The rows; one with two different bounds is written twice, one without bounds or entries not at all."""
    lines = []
    write: dict[str, Callable[[int], float]] = {
        ">=": lambda row: float(program.row_lower[row]), "<=": lambda row: float(program.row_upper[row]),
    }
    for row, name in enumerate(rows):
        span = slice(program.start[row], program.start[row + 1])
        expression = _sum(program.value[span], program.index[span], columns)
        is_equal = program.row_lower[row] == program.row_upper[row]
        for sense, bound in write.items():
            if not expression or not np.isfinite(bound(row)) or (is_equal and sense == "<="):
                continue
            lines.append(f" {name}{'.most' * (sense == '<=')}: {expression} {'=' if is_equal else sense} "
                         f"{bound(row):.12g}")
    return lines


def _bounds(program: ProgramArrays, columns: list[str]) -> list[str]:
    """Bounds that differ from 'at least 0'."""
    lines = []
    for name, lower, upper in zip(columns, program.lower, program.upper, strict=True):
        if lower == upper:
            lines.append(f" {name} = {lower:.12g}")
        elif lower != 0 or np.isfinite(upper):
            most = "" if not np.isfinite(upper) else f" <= {upper:.12g}"
            lines.append(f" {lower:.12g} <= {name}{most}")
    return lines
