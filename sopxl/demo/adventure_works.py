"""Adventure Works Cycles as the tables of a plan: what a planner finds in the demo workbook.

README.md says where the data come from, what was left out and every assumption. Master data and opening
position have a function a table; a new input table gets its line in :func:`adventure_works`.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from sopxl.demo import assumptions, finance, master_data, opening, strategy
from sopxl.demo.source import Source, read_source
from sopxl.demo.standard_costs import standard_costs
from sopxl.periods import Periods
from sopxl.schema import Tables, conform_all
from sopxl.settings import Settings, settings_frame
from sopxl.steps.demand.tables import planning_markets
from sopxl.tables import TABLES

BUILDERS: dict[str, Callable[[Source], pd.DataFrame]] = {
    function.__name__: function
    for function in (
        master_data.items, master_data.locations, master_data.markets, master_data.resources, master_data.routings,
        master_data.bills_of_material, master_data.suppliers, master_data.sourcing, master_data.lanes,
        master_data.costs, master_data.stock_policies, master_data.exchange_rates, opening.stock_on_hand,
        opening.open_orders,
    )
}


def adventure_works(market_level: str = "group", plan_mode: str = "balance") -> Tables:
    """Every declared table of the demo company, conformed; plans and reviews are empty until a run.

    ``market_level`` ('group' or 'market') and ``plan_mode`` ('balance' or 'requirements') are settings that
    prices and budget must agree with; everything else can be changed in the tables afterwards.
    """
    source = read_source()
    tables = {name: build(source) for name, build in BUILDERS.items()}
    planning_market = planning_markets(tables["markets"], market_level)
    tables["settings"] = settings_frame(_settings(market_level, plan_mode))
    tables["sales_history"] = _sales_history(source)
    tables["recent_sales"] = source.recent_sales.rename(columns={"sku": "item"})[
        ["date", "item", "market", "quantity"]]
    tables["promotions"] = _promotions(source, planning_market)
    tables["prices"] = _prices(source, planning_market)
    tables["budget"] = _budget(source, planning_market)
    tables |= finance.finance_inputs(planning_market) | strategy.strategy_inputs(planning_market)
    return conform_all(TABLES, tables)


def _settings(market_level: str, plan_mode: str) -> Settings:
    """The demo's settings."""
    return Settings(
        company="Adventure Works Cycles", bucket="month", first_period=assumptions.FIRST_PERIOD,
        horizon=assumptions.HORIZON, currency="USD", market_level=market_level, plan_mode=plan_mode,
        payable_days=assumptions.PAYABLE_DAYS, tax_rate=assumptions.TAX_RATE,
        tax_payment_periods=assumptions.TAX_PAYMENT_PERIODS,
    )


def _sales_history(source: Source) -> pd.DataFrame:
    """Sales of the complete months."""
    return source.history.rename(columns={"sku": "item"})[["period", "item", "market", "quantity", "revenue"]]


def _promotions(source: Source, planning_market: pd.Series) -> pd.DataFrame:
    """The limited offers that were made use of: one row for each item and each planning market of their channel."""
    market = planning_market.drop_duplicates().sort_values()
    channel = market.str.rsplit(" ", n=1).str[-1].to_numpy()
    offers = source.promotions.merge(pd.DataFrame({"market": market.to_numpy(), "category": channel}), on="category")
    return pd.DataFrame({
        "promotion": offers["description"], "item": offers["sku"], "market": offers["market"],
        "from_period": offers["start_month"].str[:7], "to_period": offers["end_month"].str[:7],
        "kind": offers["type"].str.capitalize(), "discount": offers["discount_pct"],
    })


def _prices(source: Source, planning_market: pd.Series) -> pd.DataFrame:
    """Average net price of last year: by item, and by item and planning market."""
    sales = source.last_year.rename(columns={"sku": "item"})
    everywhere = sales.groupby("item", as_index=False)[["revenue", "quantity"]].sum()
    by_market = sales.assign(market=sales["market"].map(planning_market))
    by_market = by_market.groupby(["item", "market"], as_index=False)[["revenue", "quantity"]].sum()
    prices = pd.concat([everywhere.assign(market=""), by_market], ignore_index=True)
    return prices.assign(price=(prices["revenue"] / prices["quantity"]).round(2))


def _budget(source: Source, planning_market: pd.Series) -> pd.DataFrame:
    """Last year's units, revenue and margin of the same month, grown, by family and planning market."""
    sales, figures = source.last_year, ["quantity", "revenue", "gross_margin"]
    cost = sales["quantity"] * sales["sku"].map(standard_costs(source)["cost"])
    sales = sales.assign(
        market=sales["market"].map(planning_market),
        family=sales["sku"].map(source.items["subcategory"]),
        gross_margin=sales["revenue"] - cost,
    )
    sums = sales.groupby(["period", "family", "market"], as_index=False)[figures].sum()
    horizon = Periods("month", assumptions.FIRST_PERIOD, assumptions.HORIZON)
    rows = []
    for position, label in enumerate(horizon.labels):
        same_month = sums[sums["period"].str[5:] == label[5:]].assign(period=label)
        growth = assumptions.BUDGET_GROWTH ** (position // 12 + 1)
        same_month[figures] = (same_month[figures] * growth).round(2)
        rows.append(same_month)
    return pd.concat(rows, ignore_index=True)
