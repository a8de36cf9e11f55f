"""What flows through stock, at standard cost: the figures behind the variances and the stock value.

They weigh quantities of one grid with unit costs of another, which no formula of the financial plan can do; so
they are results. Source: the inventory balance of any cost accounting text (Horngren, Cost Accounting, ch. 7-8):
opening stock + purchases + production - components used - cost of goods shipped = closing stock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sopxl.grids import take
from sopxl.prices import positions_of
from sopxl.schema import PlanGrid, Tables
from sopxl.settings import Settings
from sopxl.steps.supply.tables import DISTRIBUTION_PLAN, INVENTORY_PLAN, PROCUREMENT_PLAN, PRODUCTION_PLAN

STOCK_ORDERS = ("purchase", "production", "transfer")


@dataclass(frozen=True)
class StandardFlows:
    """Money in the plan's currency, T periods."""

    purchases: np.ndarray
    """T: receipts from suppliers at standard cost."""
    production: np.ndarray
    """T: units started at standard cost."""
    components: np.ndarray
    """T: components that production takes, at standard cost."""
    other_production_cost: np.ndarray
    """T: units started at the production cost of the costs table."""
    opening_on_hand: float
    opening_under_way: float
    """Open orders that are neither paid for nor received in the plan: in transit and in process at the start."""
    under_way: np.ndarray
    """T: in transit and in process at the end of each period."""


def standard_flows(tables: Tables, settings: Settings) -> StandardFlows:
    """Flows of the supply plan at standard cost.

    ``tables``: the grids of the supply step, computed. What leaves a location or is started is under way until
    it is received; an open order that no purchase of the plan pays for is under way (and paid) from the start.
    """
    labels = settings.periods.labels
    unit_cost = _unit_costs(tables)
    started = _by_node(PRODUCTION_PLAN, tables, "Planned production", labels)
    shipped = _by_node(DISTRIBUTION_PLAN, tables, "Planned shipments", labels, location="from_location")
    ordered = _by_node(PROCUREMENT_PLAN, tables, "Open orders", labels)
    bought = ordered.add(_by_node(PROCUREMENT_PLAN, tables, "Planned receipts", labels), fill_value=0.0)
    received = _by_node(INVENTORY_PLAN, tables, "Receipts", labels)
    internal_use = _by_node(INVENTORY_PLAN, tables, "Internal use", labels)

    purchases, production, moved = (_worth(flow, unit_cost) for flow in (bought, started, shipped))
    opening = _open_orders_worth(tables, settings, unit_cost) - float(_worth(ordered, unit_cost).sum())
    under_way = opening + np.cumsum(production + moved + purchases - _worth(received, unit_cost))
    return StandardFlows(
        purchases=purchases,
        production=production,
        components=_worth(internal_use, unit_cost) - moved,
        other_production_cost=_worth(started, _production_costs(tables, started.index)),
        opening_on_hand=_on_hand_worth(tables),
        opening_under_way=opening,
        under_way=under_way,
    )


def _nodes(tables: Tables) -> pd.DataFrame:
    """One row per node of the inventory plan: item, location, on_hand, unit_cost."""
    grid = tables["inventory_plan"]
    return grid[["item", "location", "on_hand", "unit_cost"]].drop_duplicates(["item", "location"])


def _unit_costs(tables: Tables) -> pd.Series:
    """Standard cost by item and location."""
    return _nodes(tables).set_index(["item", "location"])["unit_cost"].fillna(0.0)


def _production_costs(tables: Tables, nodes: pd.Index) -> pd.Series:
    """Production cost of the items of these nodes."""
    by_item = tables["costs"].drop_duplicates("item").set_index("item")["production_cost"]
    return pd.Series(by_item.reindex(nodes.get_level_values(0)).fillna(0.0).to_numpy(float), index=nodes)


def _on_hand_worth(tables: Tables) -> float:
    """Stock on hand at standard cost."""
    nodes = _nodes(tables)
    return float((nodes["on_hand"] * nodes["unit_cost"]).fillna(0.0).sum())


def _by_node(
    grid: PlanGrid, tables: Tables, measure: str, labels: list[str], location: str = "location"
) -> pd.DataFrame:
    """A measure added up by item and location: nodes x periods."""
    return take(grid, tables[grid.name], measure, labels).fillna(0.0).groupby(level=["item", location]).sum()


def _worth(flow: pd.DataFrame, unit_cost: pd.Series) -> np.ndarray:
    """T: a flow (nodes x periods) at the cost of its nodes."""
    costs = unit_cost.reindex(flow.index).fillna(0.0).to_numpy(float)
    return np.asarray(costs @ flow.to_numpy(float))


def _open_orders_worth(tables: Tables, settings: Settings, unit_cost: pd.Series) -> float:
    """Open orders that bring stock within the horizon, at standard cost."""
    orders = tables["open_orders"]
    due = positions_of(orders["due_period"], settings)
    orders = orders[orders["kind"].isin(STOCK_ORDERS) & (due < settings.horizon)]
    nodes = pd.MultiIndex.from_frame(orders[["item", "location"]])
    return float(unit_cost.reindex(nodes).fillna(0.0).to_numpy(float) @ orders["quantity"].to_numpy(float))
