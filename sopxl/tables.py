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

_ALL: tuple[Table, ...] = (SETTINGS, *DEMAND_TABLES, *SUPPLY_TABLES, *FINANCE_TABLES, *STRATEGY_TABLES, *RECORD_TABLES)

TABLES: dict[str, Table] = {
    table.name: table for table in sorted(_ALL, key=lambda table: GROUP_ORDER.index(table.group))
}
GRIDS: dict[str, PlanGrid] = {table.name: table for table in _ALL if isinstance(table, PlanGrid)}
