"""The shipped source files, read, and what is derived from them: last year's sales and the needs behind them.

To use another source file, let :mod:`sopxl.demo.trim` ship it and add a field here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sopxl.demo.assumptions import FIRST_PERIOD
from sopxl.demo.trim import DATA_FOLDER
from sopxl.periods import Periods


@dataclass(frozen=True)
class Source:
    """The demo company's raw data; frames have the columns of :data:`sopxl.demo.trim.KEPT_COLUMNS`."""

    items: pd.DataFrame
    """Indexed by sku."""
    sales: pd.DataFrame
    """With ``period`` instead of ``month``, ``market`` (territory and channel) and its ``group``."""
    bom: pd.DataFrame
    routing: pd.DataFrame
    work_centers: pd.DataFrame
    suppliers: pd.DataFrame
    sourcing: pd.DataFrame
    inventory: pd.DataFrame
    territories: pd.DataFrame
    rates: pd.DataFrame
    promotions: pd.DataFrame
    """One row per promotion and item."""
    recent_sales: pd.DataFrame
    """With ``market`` (territory and channel)."""

    @cached_property
    def sold(self) -> list[str]:
        """Items that still sell."""
        return list(self.items.index[self.items["sold_last_3_months"] == 1])

    @cached_property
    def history(self) -> pd.DataFrame:
        """Sales of the complete periods."""
        return self.sales[self.sales["period"] < FIRST_PERIOD]

    @cached_property
    def last_year(self) -> pd.DataFrame:
        """Sales of the last twelve complete months."""
        months = Periods("month", FIRST_PERIOD, 1).before(12)
        return self.sales[self.sales["period"].isin(months)]

    @cached_property
    def parts(self) -> dict[str, list[tuple[str, float]]]:
        """Parent -> its components with their quantities."""
        return {
            str(parent): list(zip(rows["component_sku"], rows["quantity"], strict=True))
            for parent, rows in self.bom.groupby("parent_sku")
        }

    @cached_property
    def parents_first(self) -> list[str]:
        """All items, every parent before its components."""
        depth = dict.fromkeys(self.items.index, 0)
        front = set(self.parts)
        while front:
            below: set[str] = set()
            for parent in front:
                for component, _ in self.parts.get(parent, []):
                    if depth[component] <= depth[parent]:
                        depth[component] = depth[parent] + 1
                        below.add(component)
            front = below
        return sorted(depth, key=lambda item: (depth[item], item))

    @cached_property
    def hours(self) -> pd.DataFrame:
        """The routings with the ``hours`` of one unit at last year's lots, and the work centre's ``rate``."""
        hours = self.routing["hours_per_unit_last_12m"].fillna(self.routing["hours_per_unit"])
        rates = self.work_centers.set_index("work_center")["cost_rate_per_hour"]
        return self.routing.assign(hours=hours, rate=self.routing["work_center"].map(rates))

    def needs(self, sales: pd.Series) -> pd.Series:
        """Sales by item, and what goes into them at every level: units of each item."""
        need = sales.reindex(self.items.index).fillna(0.0).astype(float).to_dict()
        for parent in self.parents_first:
            for component, quantity in self.parts.get(parent, []):
                need[component] += need[parent] * quantity
        return pd.Series(need).reindex(self.items.index)


def read_source() -> Source:
    """The shipped files."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(DATA_FOLDER / name)

    territories = read("territories.csv")
    sales = read("sales_monthly.csv.gz")
    sales["period"] = sales.pop("month").str[:7]
    sales["market"] = sales["territory"] + " " + sales["channel"]
    sales["group"] = sales["territory"].map(territories.set_index("territory")["group"])
    recent = read("recent_sales.csv.gz")
    recent["market"] = recent["territory"] + " " + recent["channel"]
    promotions = read("promotion_items.csv").merge(read("promotions.csv"), on="promotion_id")
    items = read("items.csv")
    items["category"] = np.where(items["category"].isna(), "Raw & parts", items["category"])
    return Source(
        items.set_index("sku"), sales, read("bom.csv"), read("routing.csv"), read("work_centers.csv"),
        read("suppliers.csv"), read("sourcing.csv"), read("inventory.csv"), territories,
        read("fx_rates_monthly.csv"), promotions, recent,
    )
