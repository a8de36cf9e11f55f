"""Small plans in money, written down as their lines, and the formulas of a grid reckoned in exact fractions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from sopxl.formulas import OPERATORS, REFERENCE, Reference, formula_at, read_reference
from sopxl.grids import stack
from sopxl.schema import PlanGrid, Tables, conform, conform_all
from sopxl.settings import Settings
from sopxl.steps.finance.tables import BUDGET, PROFIT_AND_LOSS
from sopxl.steps.supply.tables import BACKLOG_PLAN
from sopxl.tables import TABLES

Pair = tuple[str, str]
Lines = Mapping[str, float]
SETTINGS = Settings(company="Wheelers", first_period="2026-01", horizon=1, currency="EUR")
LABELS = SETTINGS.periods.labels


def plan_in_money(plan: Mapping[Pair, Lines], settings: Settings = SETTINGS, **tables: pd.DataFrame) -> Tables:
    """Tables with a profit and loss of these lines in every period, by (family, market), subtotals worked out here.

    ``Demand`` is of the backlog plan; where it is not given, all demand is shipped.
    """
    labels = settings.periods.labels
    pairs = pd.DataFrame(list(plan), columns=["family", "market"])
    rows = [_with_subtotals(lines) for lines in plan.values()]
    values = {name: _over_time([row.get(name, 0.0) for row in rows], labels)
              for name in PROFIT_AND_LOSS.measure_names if any(name in row for row in rows)}
    sold = {"Demand": [row.get("Demand", row["Shipments"]) for row in rows],
            "Shipments": [row["Shipments"] for row in rows], "Sales value": [row["Net sales"] for row in rows]}
    costs = [row.get("Material", 0.0) / row["Shipments"] if row["Shipments"] else 0.0 for row in rows]
    backlog = stack(BACKLOG_PLAN, pairs.assign(item=pairs["family"], material_cost=costs),
                    {name: _over_time(each, labels) for name, each in sold.items()}, labels)
    return conform_all(TABLES, tables) | {
        "profit_and_loss": stack(PROFIT_AND_LOSS, pairs, values, labels), "backlog_plan": backlog,
    }


def budget_of(rows: Mapping[Pair, Mapping[str, Any]], period: str = LABELS[0]) -> pd.DataFrame:
    """A budget of one period."""
    return conform(BUDGET, pd.DataFrame([{"period": period, "family": family, "market": market, **row}
                                         for (family, market), row in rows.items()]))


def _over_time(values: list[float], labels: list[str]) -> np.ndarray:
    return np.repeat(np.array(values, dtype=float)[:, None], len(labels), axis=1)


def _with_subtotals(lines: Lines) -> dict[str, float]:
    """The lines with those subtotals that follow from them; ``Material`` stands for all cost of shipments."""
    cost = sum(lines.get(name, 0.0) for name in (
        "Material", "Production variance", "Overtime premium", "Transfer freight"))
    margin = lines["Net sales"] - cost
    ebit = margin - lines.get("Fixed expenses", 0.0) - lines.get("Depreciation", 0.0)
    return {"Cost of goods sold": cost, "Gross margin": margin, "Operating expenses": lines.get("Fixed expenses", 0.0),
            "EBIT": ebit, **lines}


class Exact:
    """A rational number as formulas reckon with it: what is divided by 0 is 0 where IF does not take it."""

    value: Fraction

    def __init__(self, value: Any) -> None:
        self.value = Fraction(value.value if isinstance(value, Exact) else value)

    def __add__(self, other: Any) -> Exact:
        return Exact(self.value + Exact(other).value)

    __radd__ = __add__

    def __neg__(self) -> Exact:
        return Exact(-self.value)

    def __sub__(self, other: Any) -> Exact:
        return self + -Exact(other)

    def __mul__(self, other: Any) -> Exact:
        return Exact(self.value * Exact(other).value)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Exact:
        return Exact(self.value / Exact(other).value if Exact(other).value else 0)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == Exact(other).value)

    def __hash__(self) -> int:
        return hash(self.value)


EXACT_FUNCTIONS = {
    "IF": lambda condition, then, otherwise: Exact(then if condition else otherwise),
    "SUM": lambda *values: sum(values, start=Exact(0)),
    "OR": lambda *values: any(values),
}


def exactly(
    grid: PlanGrid, frame: pd.DataFrame, period: str, tables: Mapping[str, pd.DataFrame]
) -> list[dict[str, Any]]:
    """Every object of a grid in one period: measure -> Exact, its formulas reckoned in fractions.

    The numbers of the frame and of the grids that it adds up are taken as the decimals that they show.
    """
    count = len(grid.measures)
    return [_object(grid, frame.iloc[start : start + count], period, tables) for start in range(0, len(frame), count)]


def _object(grid: PlanGrid, rows: pd.DataFrame, period: str, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    written = dict(zip(rows["measure"], rows[period], strict=True))
    known: dict[str, Any] = {}

    def value(reference: Reference) -> Any:
        if reference.table:
            source = tables[reference.table]
            chosen = (source["measure"] == reference.name).to_numpy(bool)
            for name in reference.by:
                chosen = chosen & (source[name] == rows[name].iloc[0]).to_numpy(bool)
            return sum((Exact(repr(float(one))) for one in source[period].to_numpy(float)[chosen] if one == one),
                       start=Exact(0))
        if reference.is_blank_test:
            return bool(np.isnan(written[reference.name]))
        return known[reference.name] if reference.name in known else reckoned(reference.name)

    def reckoned(name: str) -> Any:
        measure = grid.measure(name)
        if measure.owner != "formula":
            known[name] = Exact(0 if np.isnan(written[name]) else repr(float(written[name])))
        else:
            names: dict[str, Any] = dict(EXACT_FUNCTIONS)

            def name_of(match: re.Match[str]) -> str:
                names[f"cell_{len(names)}"] = value(read_reference(match[1]))
                return f"cell_{len(names) - 1}"

            text = REFERENCE.sub(name_of, formula_at(measure, 0))
            text = OPERATORS.sub(lambda match: "==" if match[0] == "=" else match[0], text)
            known[name] = Exact(eval(text, {"__builtins__": {}}, names))  # noqa: S307 - formulas of this package
        return known[name]

    return {name: reckoned(name) for name in grid.measure_names}
