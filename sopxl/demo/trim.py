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
    "promotions.csv": ("promotion_id", "description", "type", "category", "discount_pct", "start_month", "end_month"),
    "promotion_items.csv": ("promotion_id", "sku"),
    "recent_sales.csv.gz": ("date", "sku", "territory", "channel", "quantity"),
}
ITEM_COLUMNS = {"items.csv": "sku", "bom.csv": "parent_sku", "routing.csv": "sku", "sourcing.csv": "component_sku",
                "inventory.csv": "sku"}
DERIVED = ("recent_sales.csv.gz",)
ORDER_LINES = "sales_order_lines.csv.gz"
LAST_COMPLETE_MONTH = "2014-05-01"
FIRST_RECENT_MONTH = "2014-03-01"
DAYS_SHIFTED = 2160
STANDING_OFFERS = ("No Discount", "Volume Discount")


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
    source = {name: pd.read_csv(source_folder / name.removesuffix(".gz"), dtype=str)
              for name in KEPT_COLUMNS if name not in DERIVED}
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
    source["promotions.csv"] = used_promotions(source["promotions.csv"])
    offers = source["promotion_items.csv"]
    used_offers = set(source["promotions.csv"]["promotion_id"])
    source["promotion_items.csv"] = offers[offers["promotion_id"].isin(used_offers) & offers["sku"].isin(sold)]
    lines = pd.read_csv(source_folder / ORDER_LINES, dtype=str)
    bikes = set(items.loc[items["category"] == "Bikes", "sku"]) & sold
    source["recent_sales.csv.gz"] = recent_sales(lines[lines["sku"].isin(bikes)])
    return {name: source[name][list(columns)].reset_index(drop=True) for name, columns in KEPT_COLUMNS.items()}


def used_promotions(promotions: pd.DataFrame) -> pd.DataFrame:
    """Offers of a limited time that were made use of; discounts by quantity stand all the time."""
    limited = ~promotions["type"].isin(STANDING_OFFERS)
    kept: pd.DataFrame = promotions[limited & (promotions["sales_quantity"].astype(int) > 0)]
    return kept


def recent_sales(lines: pd.DataFrame) -> pd.DataFrame:
    """Web sales of the last complete months day by day, on the days of the plan's months.

    The source's days were moved so that its months do not begin on the first: moved back, a day's place in its
    month holds (31 becomes 30 where the plan's month is shorter).
    """
    months = lines["month"]
    lines = lines[(lines["channel"] == "Online") & (months >= FIRST_RECENT_MONTH) & (months <= LAST_COMPLETE_MONTH)]
    begin = pd.to_datetime(lines["month"])
    original = pd.to_datetime(lines["order_date"]) - pd.Timedelta(days=DAYS_SHIFTED)
    day = original.dt.day.clip(upper=begin.dt.days_in_month)
    lines = lines.assign(date=(begin + pd.to_timedelta(day - 1, unit="D")).dt.strftime("%Y-%m-%d"),
                         quantity=lines["quantity"].astype(int))
    sums = lines.groupby(["date", "sku", "territory", "channel"], as_index=False)[["quantity"]].sum()
    return sums.assign(quantity=sums["quantity"].astype(str))


def write(frames: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the frames as CSV; those named .gz compressed, with no time stamp, so that the bytes repeat."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        method = {"method": "gzip", "mtime": 0, "compresslevel": 9} if name.endswith(".gz") else None
        frame.to_csv(folder / name, index=False, lineterminator="\n", compression=method)


if __name__ == "__main__":
    write(trimmed(Path(sys.argv[1])), DATA_FOLDER)
