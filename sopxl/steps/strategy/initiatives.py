"""Strategic initiatives: which ones count and with what weight, and the tables with their effects and their cost.

An initiative counts where it is switched on and so are all that it depends on. The setting 'Initiative basis' says
whether it then counts in full or by its probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.finance.tables import FIXED_ASSETS, OPERATING_EXPENSES
from sopxl.steps.strategy.dates import NEVER, label_at, moved
from sopxl.steps.strategy.effects import EFFECTS, HALF, OBJECTS, Change, closed
from sopxl.steps.strategy.rows import with_rows

OPENS = "opens"


@dataclass(frozen=True)
class Initiative:
    """One initiative: its row of the table, its dates as positions in the plan, and its weight (0: does not count)."""

    row: dict[str, Any]
    start: float
    end: float
    weight: float

    @property
    def name(self) -> str:
        """Code of the initiative."""
        return str(self.row["initiative"])

    @property
    def depends_on(self) -> list[str]:
        """Codes of the initiatives that must be on before it counts."""
        return needed(self.row["depends_on"])


def needed(text: str) -> list[str]:
    """The codes in a cell of 'Depends on'."""
    return [name.strip() for name in str(text).replace(";", ",").split(",") if name.strip()]


def read_initiatives(tables: Tables, settings: Settings) -> list[Initiative]:
    """The initiatives in the order of their table; rows without a code and doubles are left out."""
    rows = tables["initiatives"]
    rows = rows[rows["initiative"] != ""].drop_duplicates("initiative").reset_index(drop=True)
    start = moved(rows["start_period"], rows["slip"], settings)
    end = moved(rows["end_period"], rows["slip"], settings)
    counting = _counting(rows)
    return [
        Initiative({str(key): value for key, value in row.items()}, float(first), NEVER if np.isnan(last) else last,
                   _weight(row, settings) if row["initiative"] in counting else 0.0)
        for row, first, last in zip(rows.to_dict("records"), start, end, strict=True)
    ]


def _weight(row: dict[Any, Any], settings: Settings) -> float:
    """Weight of an initiative that counts."""
    return float(row["probability"]) if settings.initiative_basis == "expected" else 1.0


def _counting(rows: pd.DataFrame) -> set[str]:
    """Initiatives that are on together with all that they depend on; those that wait for one another are not."""
    needs = dict(zip(rows["initiative"], rows["depends_on"].map(needed), strict=True))
    on = set(rows.loc[rows["switched_on"], "initiative"])
    counting: set[str] = set()
    while True:
        more = {name for name in on - counting if set(needs[name]) <= counting}
        if not more:
            return counting
        counting |= more


def switched(tables: Tables, name: str, on: bool) -> Tables:
    """The tables with one initiative on or off; every initiative where the name is empty."""
    frame = tables["initiatives"]
    mine = (frame["initiative"] == name) | (name == "")
    return {**tables, "initiatives": frame.assign(switched_on=frame["switched_on"].where(~mine, on))}


def with_initiatives(tables: Tables, settings: Settings) -> Tables:
    """The tables with the effects and the cost of all initiatives that count; the tables given stay as they are."""
    initiatives = {one.name: one for one in read_initiatives(tables, settings)}
    if not initiatives:
        return tables
    changes = list(_changes(tables, settings, initiatives))
    result = _without_closed(tables, settings, initiatives)
    for kind, change, weight in changes:
        if kind != OPENS or weight >= HALF:
            result = EFFECTS[kind].function(change, result, settings)
    return _with_cost(result, settings, list(initiatives.values()))


def _changes(
    tables: Tables, settings: Settings, initiatives: dict[str, Initiative], counting: bool = True
) -> list[tuple[str, Change, float]]:
    """Effects of initiatives that count (or of those that do not), in the order of their table, with their weights."""
    rows = tables["initiative_effects"]
    rows = rows[rows["initiative"].isin(initiatives) & rows["effect"].isin(EFFECTS)]
    slip = rows["initiative"].map({name: one.row["slip"] for name, one in initiatives.items()}).astype(float)
    first, last = (moved(rows[name], slip, settings) for name in ("from_period", "until_period"))
    found = []
    for row, begin, end in zip(rows.to_dict("records"), first, last, strict=True):
        initiative = initiatives[row["initiative"]]
        begin, end = (own if np.isnan(mine) else mine for mine, own in (
            (begin, initiative.start), (end, initiative.end)))
        if (initiative.weight > 0) == counting and not np.isnan(begin):
            amount = float(np.nan_to_num(row["amount"])) * (initiative.weight if counting else 1.0)
            objects = {name: str(row[name]) for name in OBJECTS}
            change = Change(**objects, amount=amount, is_percent=row["counted_as"] == "percent",
                            first=float(begin), last=float(end))
            found.append((row["effect"], change, initiative.weight))
    return [one for one in found if any(getattr(one[1], name) for name in EFFECTS[one[0]].needs)]


def _without_closed(tables: Tables, settings: Settings, initiatives: dict[str, Initiative]) -> Tables:
    """The tables without what only initiatives would open that do not count, or count for less than a half."""
    counting = _changes(tables, settings, initiatives)
    waiting = _changes(tables, settings, initiatives, counting=False)
    there = {_opened(change) for kind, change, weight in counting if kind == OPENS and weight >= HALF}
    for kind, change, _ in [*waiting, *(one for one in counting if one[2] < HALF)]:
        if kind == OPENS and _opened(change) not in there:
            tables = closed(change, tables, settings)
            there.add(_opened(change))
    return tables


def _opened(change: Change) -> tuple[str, str, str]:
    """What a change opens."""
    return change.supplier, change.location, change.resource


def _with_cost(tables: Tables, settings: Settings, initiatives: list[Initiative]) -> Tables:
    """The tables with running cost and investment of the initiatives that count."""
    counting = [one for one in initiatives if one.weight > 0 and not np.isnan(one.start)]
    expenses = [
        {"expense": one.name, "basis": "fixed", "amount": one.row["running_cost"] * one.weight,
         "from_period": label_at(one.start, settings), "until_period": label_at(one.end, settings)}
        for one in counting if one.row["running_cost"] > 0 and one.start < settings.horizon and one.end >= 0
    ]
    assets = [
        {"asset": one.name, "amount": one.row["investment"] * one.weight,
         "bought_period": label_at(one.start, settings), "in_use_period": label_at(one.start, settings),
         "life": one.row["life"]}
        for one in counting if one.row["investment"] > 0 and 0 <= one.start < settings.horizon
    ]
    return {
        **tables,
        "operating_expenses": with_rows(OPERATING_EXPENSES, tables["operating_expenses"], expenses),
        "fixed_assets": with_rows(FIXED_ASSETS, tables["fixed_assets"], assets),
    }
