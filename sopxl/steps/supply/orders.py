"""Orders that are placed already, and production that the planner has fixed: each where it enters the network."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl import grids
from sopxl.prices import positions_of
from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.places import Places, positions
from sopxl.steps.supply.tables import PRODUCTION_PLAN


def read_receipts(tables: Tables, settings: Settings, places: Places) -> pd.DataFrame:
    """Open orders that bring stock: kind, place, supplier, from_place, period (late ones at once) and quantity.

    Orders due beyond the horizon are left out.
    """
    orders = tables["open_orders"]
    orders = orders[orders["kind"] != "sale"].reset_index(drop=True)
    receipts = pd.DataFrame({
        "kind": orders["kind"], "supplier": orders["supplier"],
        "place": places.of(orders["item"], orders["location"]),
        "from_place": places.of(orders["item"], orders["supplier"]),
        "period": np.maximum(positions_of(orders["due_period"], settings), 0),
        "quantity": orders["quantity"].fillna(0.0),
    })
    inside = (receipts["place"] >= 0) & (receipts["period"] < settings.horizon) & (receipts["quantity"] > 0)
    receipts = receipts[inside].reset_index(drop=True)
    return receipts.assign(period=receipts["period"].astype(int))


def place_receipts(
    receipts: pd.DataFrame, horizon: int, makes: pd.DataFrame, buys: pd.DataFrame, moves: pd.DataFrame,
    node_places: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Open production (M x T), purchases (B x T), transfers (V x T), and what comes by none of them (N x T).

    ``makes`` and ``buys`` have a column place, ``moves`` from_place and to_place. The components of open
    production orders count as issued already.
    """
    kinds = (
        ("production", ["place"], makes[["place"]]),
        ("purchase", ["place", "supplier"], buys[["place", "supplier"]]),
        ("transfer", ["place", "from_place"], pd.DataFrame({"place": moves["to_place"],
                                                            "from_place": moves["from_place"]})),
    )
    placed = np.zeros(len(receipts), bool)
    arrays = []
    for kind, keys, ways in kinds:
        row = np.full(len(receipts), -1)
        chosen = (receipts["kind"] == kind).to_numpy()
        row[chosen] = _row_of(receipts.loc[chosen, keys], ways)
        arrays.append(_sum_by(row, receipts, (len(ways), horizon)))
        placed |= row >= 0
    node = np.where(placed, -1, positions(receipts["place"].to_numpy(int), node_places))
    return arrays[0], arrays[1], arrays[2], _sum_by(node, receipts, (len(node_places), horizon))


def _row_of(wanted: pd.DataFrame, ways: pd.DataFrame) -> np.ndarray:
    """Row in ``ways`` that equals each wanted row, the first of several, -1 where none does."""
    first = ways.drop_duplicates()
    found = pd.MultiIndex.from_frame(first).get_indexer(pd.MultiIndex.from_frame(wanted))
    return np.asarray(np.append(first.index.to_numpy(int), -1)[found])


def _sum_by(row: np.ndarray, receipts: pd.DataFrame, shape: tuple[int, int]) -> np.ndarray:
    """Quantities added up by row and period."""
    total = np.zeros(shape)
    chosen = row >= 0
    np.add.at(total, (row[chosen], receipts["period"].to_numpy(int)[chosen]), receipts["quantity"].to_numpy()[chosen])
    return total


def firm_places(tables: Tables, places: Places) -> np.ndarray:
    """Places for which the planner has fixed production in some period."""
    objects = grids.objects_with_inputs(PRODUCTION_PLAN, tables["production_plan"])
    chosen = places.of(objects["item"], objects["location"])
    return np.asarray(np.unique(chosen[chosen >= 0]))


def firm_production(tables: Tables, settings: Settings, makes: pd.DataFrame) -> np.ndarray:
    """The planner's production (M x T), NaN where there is none."""
    if "measure" not in tables["production_plan"]:
        return np.full((len(makes), settings.horizon), np.nan)
    inputs = grids.carry_inputs(PRODUCTION_PLAN, tables["production_plan"], makes, settings.periods.labels)
    return inputs["Firm production"]


def last_production(tables: Tables, settings: Settings, makes: pd.DataFrame) -> np.ndarray | None:
    """What the last plan started (M x T), NaN where it planned nothing; None where there is no last plan."""
    existing = tables["production_plan"]
    if "measure" not in existing or existing.empty:
        return None
    rows = grids.take(PRODUCTION_PLAN, existing, "Planned production", settings.periods.labels)
    wanted = pd.MultiIndex.from_frame(makes[list(PRODUCTION_PLAN.key)])
    return np.asarray(rows[~rows.index.duplicated()].reindex(wanted).to_numpy(float))


def time_fences(
    settings: Settings, policies: pd.DataFrame, last: np.ndarray | None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Frozen and slushy (M x T) by the stock policy of each make's node, else by the settings, where the last plan is
    known; None where nothing is, or the settings do not keep to them."""
    if last is None or not settings.keep_frozen:
        return None, None
    fences = [policies[name].fillna(otherwise).to_numpy(float)[:, None] for name, otherwise in (
        ("frozen_periods", settings.frozen_periods), ("slushy_periods", settings.slushy_periods))]
    known, period = ~np.isnan(last), np.arange(settings.horizon)
    frozen = known & (period < fences[0])
    slushy = known & (period >= fences[0]) & (period < fences[0] + fences[1])
    return (frozen if frozen.any() else None), (slushy if slushy.any() else None)
