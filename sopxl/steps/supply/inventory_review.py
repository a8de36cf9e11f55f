"""The review of stock on hand: how long it lasts, how often it turns, how old it is, and what of it is too much."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.tables import INVENTORY_REVIEW
from sopxl.steps.supply.words import amount

AGED_DAYS = 91
PERIODS_AHEAD = 3
SMALLEST = 1e-6


@review(INVENTORY_REVIEW)
def inventory_review(view: PlanView) -> pd.DataFrame:
    """A row for each node with stock on hand, the most money in excess or obsolete stock first."""
    nodes = view.network.nodes
    on_hand, cost = nodes["on_hand"].to_numpy(float), nodes["unit_cost"].fillna(0.0).to_numpy(float)
    oldest, aged, too_old = _ages(view)
    excess = np.maximum(excess_stock(view), 0.0)
    obsolete = np.where(needed_in(view, len(view.labels)) > SMALLEST, np.minimum(too_old, on_hand), on_hand)
    rows = pd.DataFrame({
        "item": nodes["item"], "name": view.name_of(nodes["item"]), "location": nodes["location"],
        "family": view.family_of(nodes["item"]),
        "on_hand": on_hand, "value": on_hand * cost, "days_of_supply": _days_of_supply(view), "turns": _turns(view),
        "oldest_days": oldest, "aged_value": aged * cost, "target": _target(view), "excess": excess,
        "excess_value": excess * cost, "obsolete": obsolete, "obsolete_value": obsolete * cost,
    })
    rows["advice"] = _advice(view, rows)
    stocked = rows[on_hand > SMALLEST].assign(
        worst=lambda one: one[["excess_value", "obsolete_value"]].max(axis=1))
    return stocked.sort_values(["worst", "value"], ascending=False, kind="stable", ignore_index=True)


def excess_stock(view: PlanView) -> np.ndarray:
    """N: stock on hand beyond what the setting's periods and the safety stock need; below 0 where there is less."""
    kept = _safety(view).max(axis=1, initial=0.0)
    on_hand = view.network.nodes["on_hand"].to_numpy(float)
    return np.asarray(on_hand - needed_in(view, view.settings.excess_periods) - kept)


def needed_in(view: PlanView, periods: int) -> np.ndarray:
    """N: what the next so many periods use, all limits aside; beyond the horizon it goes on on average."""
    gross = view.required.gross_requirements
    if gross is None or not gross.shape[1]:
        return np.zeros(len(view.network.nodes))
    return np.asarray(gross[:, :periods].sum(axis=1) * max(periods / gross.shape[1], 1.0))


def _safety(view: PlanView) -> np.ndarray:
    """N x T: safety stock."""
    kept = view.network.safety_stock
    return np.zeros((len(view.network.nodes), len(view.labels))) if kept is None else kept


def _target(view: PlanView) -> np.ndarray:
    """N: average safety stock."""
    kept = _safety(view)
    return np.asarray(kept.mean(axis=1) if kept.shape[1] else np.zeros(len(kept)))


def _days_of_supply(view: PlanView) -> np.ndarray:
    """N: days that the stock lasts at the planned use of the next periods; NaN where nothing is used."""
    use = (view.plan.internal_use + view.plan.shipments)[:, :PERIODS_AHEAD].sum(axis=1)
    days = float(view.settings.periods.days[:PERIODS_AHEAD].sum())
    on_hand = view.network.nodes["on_hand"].to_numpy(float)
    return np.asarray(np.where(use > SMALLEST, on_hand / np.where(use > SMALLEST, use, 1.0) * days, np.nan))


def _turns(view: PlanView) -> np.ndarray:
    """N: use of a year at standard cost against the average planned stock; NaN where there is none."""
    use = (view.plan.internal_use + view.plan.shipments).sum(axis=1)
    yearly = use * view.settings.periods.season_length / max(len(view.labels), 1)
    stock = np.maximum(view.plan.closing_stock, 0.0).sum(axis=1) / max(len(view.labels), 1)
    return np.asarray(np.where(stock > SMALLEST, yearly / np.where(stock > SMALLEST, stock, 1.0), np.nan))


def _ages(view: PlanView) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Age of the oldest batch (N, days on the first day of the plan; NaN where not known), units older than a quarter,
    and units older than the setting Obsolete days.
    """
    stock = view.tables["stock_on_hand"]
    nodes = pd.MultiIndex.from_frame(view.network.nodes[["item", "location"]])
    node = nodes.get_indexer(pd.MultiIndex.from_frame(stock[["item", "location"]]))
    first_day = view.settings.periods.index[0].start_time
    age = (first_day - pd.to_datetime(stock["received"])).dt.days.to_numpy(float)
    quantity = stock["quantity"].fillna(0.0).to_numpy(float)
    known = (node >= 0) & ~np.isnan(age) & (quantity > 0)
    oldest = np.full(len(nodes), -np.inf)
    np.maximum.at(oldest, node[known], np.maximum(age[known], 0.0))
    older = [np.bincount(node[chosen], quantity[chosen], len(nodes))
             for chosen in (known & (age > days) for days in (AGED_DAYS, view.settings.obsolete_days))]
    return np.where(np.isfinite(oldest), oldest, np.nan), older[0], older[1]


def _advice(view: PlanView, rows: pd.DataFrame) -> list[str]:
    """What to do with the stock of each row."""
    missing = rows["target"] - rows["on_hand"]
    wanting = rows.assign(missing=missing)[missing > SMALLEST].sort_values("missing", ascending=False)
    receiver = wanting.drop_duplicates("item").set_index("item")["location"]
    coming = view.plan.receipts.sum(axis=1) > SMALLEST
    columns = (rows["item"], rows["excess"], rows["obsolete"], missing, coming)
    return [_advise(excess, obsolete, short, receiver.get(item), bool(comes))
            for item, excess, obsolete, short, comes in zip(*columns, strict=True)]


def _advise(excess: float, obsolete: float, missing: float, receiver: object, comes: bool) -> str:
    """What to do with stock of which so much is too much, obsolete, or missing to the target."""
    if obsolete > SMALLEST:
        return f"Sell off, rework or write down {amount(obsolete)} units that nothing will use or that are too old."
    if excess > SMALLEST and receiver is not None:
        return f"Move up to {amount(excess)} units to {receiver}, which stands below its safety stock."
    if excess > SMALLEST:
        return ("Hold back or cancel orders until it is used up." if comes
                else f"Let {amount(excess)} units be used up; sell them where that takes too long.")
    return f"{amount(missing)} units are missing to safety stock: bring receipts forward." if missing > SMALLEST else ""
