"""All declared tables, in the order of their sheets."""

from __future__ import annotations

from sopxl.records import RECORD_TABLES
from sopxl.schema import PlanGrid, Table
from sopxl.settings import SETTINGS
from sopxl.steps.demand.tables import DEMAND_TABLES
from sopxl.steps.finance.tables import FINANCE_TABLES
from sopxl.steps.strategy.tables import STRATEGY_TABLES
from sopxl.steps.supply.tables import SUPPLY_TABLES

GROUP_ORDER = ("cycle", "inputs", "plans", "reviews", "system")

SUBJECTS: dict[str, tuple[Table, ...]] = {
    "The whole plan": (SETTINGS, *RECORD_TABLES),
    "Demand": tuple(DEMAND_TABLES),
    "Supply": tuple(SUPPLY_TABLES),
    "Finance": tuple(FINANCE_TABLES),
    "Strategy": tuple(STRATEGY_TABLES),
}
"""The tables by what they are about, as Home groups the links to their sheets."""

_ALL: tuple[Table, ...] = (SETTINGS, *DEMAND_TABLES, *SUPPLY_TABLES, *FINANCE_TABLES, *STRATEGY_TABLES, *RECORD_TABLES)

TABLES: dict[str, Table] = {
    table.name: table for table in sorted(_ALL, key=lambda table: GROUP_ORDER.index(table.group))
}
GRIDS: dict[str, PlanGrid] = {table.name: table for table in _ALL if isinstance(table, PlanGrid)}
