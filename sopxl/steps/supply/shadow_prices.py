"""What one more of each scarce thing would be worth, and which waiting orders it would bring forward."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.capacity_bill import Loads, bill_of_capacity
from sopxl.steps.supply.pegging import late_parcels, parcel_names, periods_waiting
from sopxl.steps.supply.pegs import NEVER
from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.scarce_limits import SCARCE, Scarce
from sopxl.steps.supply.tables import SHADOW_PRICES
from sopxl.steps.supply.words import few_units

WORTH_TELLING = 1e-6
MOST_ROWS = 200
MOST_LATE = 300
"""Waiting orders that are looked at, the dearest."""
MOST_ORDERS = 3
NO_ORDER = "No order waits for it: it would save cost."


@review(SHADOW_PRICES)
def shadow_prices(view: PlanView) -> pd.DataFrame:
    """Rows of the table, the dearest first; none where the way of planning does not tell."""
    frames = []
    for name, values in _values(view).items():
        if name not in SCARCE or not values.size:
            continue
        limit = SCARCE[name](view)
        values = _for_every_object(view, values, len(limit.names))
        row, period = np.nonzero(np.nan_to_num(values) > WORTH_TELLING)
        frames.append(pd.DataFrame({
            "limit_name": name, "kind": limit.kind, "row": row, "at": period, "name": limit.names[row],
            "period": view.labels[period], "limit": limit.limit[row, period], "used": limit.used[row, period],
            "unit": limit.unit, "value": values[row, period],
        }))
    if not any(len(frame) for frame in frames):
        return SHADOW_PRICES.empty_frame()
    found = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
    found = found.sort_values("value", ascending=False, kind="stable", ignore_index=True).head(MOST_ROWS)
    freed = np.full(len(found), "", object)
    waiting = _Waiting(view)
    for name in found["limit_name"].unique():
        rows = np.flatnonzero((found["limit_name"] == name).to_numpy())
        freed[rows] = waiting.freed_by(SCARCE[name](view), *(found[part].to_numpy(int)[rows] for part in ("row", "at")))
    return found.assign(frees=freed).drop(columns=["limit_name", "row", "at"])


def _values(view: PlanView) -> dict[str, np.ndarray]:
    """Limit -> what one more unit would save; regular hours alone where nothing else is told."""
    return view.planned.limit_values or {"resource_hours": view.planned.hour_value}


def _for_every_object(view: PlanView, values: np.ndarray, count: int) -> np.ndarray:
    """Values for every object: those of planned work forces alone are put at their resources."""
    if len(values) == count:
        return values
    planned = np.flatnonzero(view.network.resources["workers"].notna().to_numpy())
    spread = np.zeros((count, values.shape[1]))
    if count == len(view.network.resources) and len(values) == len(planned):
        spread[planned] = values
    return spread


class _Waiting:
    """The dearest waiting orders and what stands behind them."""

    def __init__(self, view: PlanView) -> None:
        self.view = view
        pegs = view.pegs
        self.parcels = late_parcels(view)[:MOST_LATE]
        chosen = pegs.parcels.iloc[self.parcels]
        self.names = parcel_names(view, pegs, self.parcels)
        self.quantity = chosen["quantity"].to_numpy(float)
        self.unshipped = (chosen["shipped"] == NEVER).to_numpy()
        demand = chosen["demand"].to_numpy(int)
        self.node = view.network.demands["node"].to_numpy(int)[demand]
        wanted = np.maximum(chosen["wanted"].to_numpy(int), 0)
        self.worth = np.nan_to_num(view.network.price[demand, wanted]) * periods_waiting(view)[self.parcels]
        self.pegs = pegs.behind(self.parcels)
        rank = np.zeros(len(pegs.parcels), int)
        rank[self.parcels] = np.arange(len(self.parcels))
        self.row = rank[self.pegs["parcel"].to_numpy(int)]
        supplies = pegs.supplies.iloc[self.pegs["supply"].to_numpy(int)]
        self.kind, self.position = supplies["kind"].to_numpy(object), supplies["position"].to_numpy(int)
        self.supply_node = supplies["node"].to_numpy(int)
        started, comes = supplies["started"].to_numpy(int), supplies["period"].to_numpy(int)
        self.when = np.where(np.isin(self.kind, ["make", "move"]), started, comes)

    def freed_by(self, limit: Scarce, row: np.ndarray, period: np.ndarray) -> list[str]:
        """For each object and period of a limit, the orders that one more unit would bring forward."""
        if not len(self.parcels):
            return [NO_ORDER] * len(row)
        objects, place = np.unique(row, return_inverse=True)
        loads = limit.loads(objects)
        pegged = self._loads_of_pegs(loads)
        bill = bill_of_capacity(self.view.network, loads)[self.node] * self.unshipped[:, None]
        return [self._tell(pegged[:, at], bill[:, at], when) for at, when in zip(place, period, strict=True)]

    def _loads_of_pegs(self, loads: Loads) -> np.ndarray:
        """Pegs x K: what each supply behind a waiting order takes of the limits."""
        found = np.asarray(loads.node[self.supply_node], float)
        for kind, of_kind in (("make", loads.make), ("buy", loads.buy), ("move", loads.move)):
            rows = np.flatnonzero(self.kind == kind)
            found[rows] += of_kind[self.position[rows]]
        return np.asarray(found * self.pegs["quantity"].to_numpy(float)[:, None])

    def _tell(self, pegged: np.ndarray, bill: np.ndarray, period: int) -> str:
        """The orders whose load on a limit lies after the period, those of most worth for a unit of it first."""
        later = np.where(self.when > period, pegged, 0.0)
        each = np.bincount(self.row, later, minlength=len(self.parcels)) / self.quantity + bill
        candidates = np.flatnonzero(each > WORTH_TELLING)
        candidates = candidates[np.argsort(-self.worth[candidates] / each[candidates], kind="stable")]
        left, told = 1.0, []
        for parcel in candidates[:MOST_ORDERS]:
            units = min(left / each[parcel], self.quantity[parcel])
            told.append(f"{self.names[parcel]}: {few_units(units)}")
            left -= units * each[parcel]
            if left <= WORTH_TELLING:
                break
        return "; ".join(told) if told else NO_ORDER
