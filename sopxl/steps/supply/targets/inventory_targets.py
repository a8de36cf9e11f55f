"""The table of inventory targets: what with_targets found for each node, and the service that follows from it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.steps.supply.plan_view import PlanView, review
from sopxl.steps.supply.tables import INVENTORY_TARGETS
from sopxl.steps.supply.targets.safety_factors import service_of, shortage
from sopxl.steps.supply.targets.stock_targets import DAYS, GUARANTEED


@review(INVENTORY_TARGETS)
def inventory_targets(view: PlanView) -> pd.DataFrame:
    """A row for each node that is used or has a target.

    Reorder point: mean demand of the time covered without the review, and safety stock; order up to: that with the
    review. Cycle service level and fill rate are what was asked for, else what the safety stock gives; the fill rate
    is 1 less the expected shortage of a cycle in the lot. Days of supply count with their average over the horizon.
    """
    nodes, targets = view.network.nodes, view.network.targets
    if targets is None:
        return INVENTORY_TARGETS.empty_frame()
    stock = _safety_stock(view)
    mean, deviation, lot = (targets[name].to_numpy(float) for name in ("mean_demand", "deviation", "order_lot"))
    factor = np.divide(stock, deviation, out=np.zeros_like(stock), where=deviation > 0)
    curvature = targets["curvature"].to_numpy(float)
    short = np.where(deviation > 0, shortage(factor, curvature) * deviation, 0.0)
    level = np.where(deviation > 0, service_of(factor, curvature), 1.0)
    served = np.clip(1.0 - np.divide(short, lot, out=np.zeros_like(short), where=lot > 0), 0.0, 1.0)
    covered, reviewed = targets["risk_periods"].to_numpy(float), targets["review_periods"].to_numpy(float)
    rows = nodes[["item", "location"]].assign(
        name=view.name_of(nodes["item"]), method=targets["method"],
        service_level=targets["service_level"].fillna(pd.Series(level, index=targets.index)),
        fill_rate=targets["fill_rate"].fillna(pd.Series(served, index=targets.index)), risk_periods=covered,
        mean_demand=mean, deviation=deviation, basis=targets["basis"], service_time_in=targets["service_time_in"],
        service_time_out=targets["service_time_out"], safety_stock=stock, cycle_stock=lot / 2.0, order_lot=lot,
        reorder_point=mean * (covered - reviewed) + stock, order_up_to=mean * covered + stock,
        expected_shortage=short, safety_value=stock * nodes["unit_cost"].fillna(0.0),
        safety_cost=stock * nodes["holding_cost"].fillna(0.0),
        possible_saving=targets["possible_saving"].where(targets["method"] == GUARANTEED),
    )
    told = rows[(mean > 0) | (stock > 0)]
    return told.sort_values(["safety_value", "item", "location"], ascending=[False, True, True], ignore_index=True)


def _safety_stock(view: PlanView) -> np.ndarray:
    """Safety stock of each node: as it is kept, on average where it moves with demand."""
    nodes, kept, targets = view.network.nodes, view.network.safety_stock, view.network.targets
    stock = nodes["safety_stock"].to_numpy(float)
    if kept is None or not kept.shape[1] or targets is None:
        return stock
    return np.asarray(np.where(targets["method"] == DAYS, kept.mean(axis=1), stock))
