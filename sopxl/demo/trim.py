"""Cuts the demo company's full source down to what the plan needs: ``python -m sopxl.demo.trim SOURCE_FOLDER``.

To ship another file or column, add it to KEPT_COLUMNS; rows are kept for the items of :func:`items_of_plan`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

DATA_FOLDER = Path(__file__).parent / "data"

KEPT_COLUMNS: dict[str, tuple[str, ...]] = {
    "items.csv": ("sku", "name", "category", "subcategory", "make_buy", "standard_cost", "days_to_manufacture",
                  "first_sales_month", "sold_last_3_months"),
    "sales_monthly.csv.gz": ("month", "sku", "territory", "channel", "quantity", "revenue"),
    "bom.csv": ("parent_sku", "component_sku", "quantity", "unit"),
    "routing.csv": ("sku", "operation", "work_center", "hours_per_unit", "hours_per_unit_last_12m"),
    "work_centers.csv": ("work_center", "cost_rate_per_hour", "availability_hours_per_day"),
    "suppliers.csv": ("supplier_id", "name", "credit_rating_text", "active"),
    "sourcing.csv": ("component_sku", "supplier_id", "lead_time_days", "price", "min_order_qty", "order_unit",
                     "share_of_purchases"),
    "inventory.csv": ("sku", "location", "quantity"),
    "territories.csv": ("territory", "group", "country"),
    "fx_rates_monthly.csv": ("month", "to_currency", "average_rate", "end_rate"),
}
ITEM_COLUMNS = {"items.csv": "sku", "bom.csv": "parent_sku", "routing.csv": "sku", "sourcing.csv": "component_sku",
                "inventory.csv": "sku"}
LAST_COMPLETE_MONTH = "2014-05-01"


def items_of_plan(items: pd.DataFrame, bom: pd.DataFrame) -> set[str]:
    """Items sold in the last three months and everything that goes into them, at any depth."""
    needed: set[str] = set()
    front = set(items.loc[items["sold_last_3_months"] == 1, "sku"])
    while front:
        needed |= front
        front = set(bom.loc[bom["parent_sku"].isin(front), "component_sku"]) - needed
    return needed


def trimmed(source_folder: Path) -> dict[str, pd.DataFrame]:
    """The files that are shipped: name -> frame. Raises FileNotFoundError where one of the source's is missing."""
    source = {name: pd.read_csv(source_folder / name.removesuffix(".gz"), dtype=str) for name in KEPT_COLUMNS}
    items = source["items.csv"].assign(
        sold_last_3_months=source["items.csv"]["sold_last_3_months"].astype(int)
    )
    needed = items_of_plan(items, source["bom.csv"])
    sold = set(items.loc[items["sold_last_3_months"] == 1, "sku"])
    for name, column in ITEM_COLUMNS.items():
        source[name] = source[name][source[name][column].isin(needed)]
    sales = source["sales_monthly.csv.gz"]
    source["sales_monthly.csv.gz"] = sales[sales["sku"].isin(sold)]
    used = set(source["sourcing.csv"]["supplier_id"])
    source["suppliers.csv"] = source["suppliers.csv"][source["suppliers.csv"]["supplier_id"].isin(used)]
    rates = source["fx_rates_monthly.csv"]
    source["fx_rates_monthly.csv"] = rates[rates["month"] == LAST_COMPLETE_MONTH]
    return {name: source[name][list(columns)].reset_index(drop=True) for name, columns in KEPT_COLUMNS.items()}


def write(frames: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the frames as CSV; those named .gz compressed, with no time stamp, so that the bytes repeat."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        method = {"method": "gzip", "mtime": 0, "compresslevel": 9} if name.endswith(".gz") else None
        frame.to_csv(folder / name, index=False, lineterminator="\n", compression=method)


if __name__ == "__main__":
    write(trimmed(Path(sys.argv[1])), DATA_FOLDER)
