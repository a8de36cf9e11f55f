"""Tables of the demand step and the master data that all steps share. Add a column in its file, nowhere else."""

from __future__ import annotations

from sopxl.schema import Table
from sopxl.steps.demand.tables.influence import (
    DEMAND_CHANGES,
    DRIVERS,
    INFLUENCE_TABLES,
    LAUNCHES,
    OVERRIDES,
    PROMOTIONS,
    RECENT_SALES,
    ROLES,
    SEGMENT_POLICIES,
)
from sopxl.steps.demand.tables.master import (
    EXCHANGE_RATES,
    ITEMS,
    LOCATIONS,
    LONGEST_HISTORY,
    MARKETS,
    MASTER_TABLES,
    OPEN_ORDERS,
    PRICES,
    SALES_HISTORY,
    planning_markets,
)
from sopxl.steps.demand.tables.plans import DEMAND_BASELINE, DEMAND_LEVELS, DEMAND_PLANS, SALES_PLAN, SALES_SUMMARY
from sopxl.steps.demand.tables.reviews import (
    DEMAND_SNAPSHOTS,
    DRIVER_EFFECTS,
    FORECAST_ACCURACY,
    FORECAST_CANDIDATES,
    FORECAST_QUALITY,
    FORECAST_VALUE_ADDED,
    HISTORY_CORRECTIONS,
    HISTORY_USED,
    MOST_LAGS,
    PROMOTION_EFFECTS,
    REVIEW_TABLES,
    SEGMENTS,
    SENSING_GAINS,
)

DEMAND_TABLES: tuple[Table, ...] = (*MASTER_TABLES, *INFLUENCE_TABLES, *DEMAND_PLANS, *REVIEW_TABLES)

__all__ = [
    "DEMAND_BASELINE", "DEMAND_CHANGES", "DEMAND_LEVELS", "DEMAND_PLANS", "DEMAND_SNAPSHOTS", "DEMAND_TABLES",
    "DRIVERS", "DRIVER_EFFECTS", "EXCHANGE_RATES", "FORECAST_ACCURACY", "FORECAST_CANDIDATES", "FORECAST_QUALITY",
    "FORECAST_VALUE_ADDED", "HISTORY_CORRECTIONS", "HISTORY_USED", "ITEMS", "LAUNCHES", "LOCATIONS",
    "LONGEST_HISTORY", "MARKETS",
    "MOST_LAGS", "OPEN_ORDERS", "OVERRIDES", "PRICES", "PROMOTIONS", "PROMOTION_EFFECTS", "RECENT_SALES",
    "REVIEW_TABLES", "ROLES", "SALES_HISTORY", "SALES_PLAN", "SALES_SUMMARY", "SEGMENTS", "SEGMENT_POLICIES",
    "SENSING_GAINS",
    "planning_markets",
]
