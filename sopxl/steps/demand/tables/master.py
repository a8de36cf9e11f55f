"""Master data and records that every step shares: items, places, markets, sales, orders, prices, rates."""

from __future__ import annotations

import pandas as pd

from sopxl.schema import Column, Table

LONGEST_HISTORY = 10
"""Years of sales history that are looked at."""

ITEMS = Table(
    "items",
    "Everything that is sold, made or bought.",
    "inputs",
    (
        Column("item", "text", "Code of the item; it names the item in all tables.", required=True),
        Column("name", "text", "What planners call it."),
        Column("category", "text", "Product category."),
        Column("family", "text", "Product family: the level at which money is planned.", default="(no family)"),
        Column("unit", "text", "Unit in which the item is counted.", default="EA"),
        Column("status", "text", "Active items are forecast; ended ones are sold off; components are not sold.",
               default="active", choices=("active", "ended", "component")),
        Column("first_sales_period", "period", "First period in which the item is sold; empty: from the start."),
        Column("last_sales_period", "period", "Last period in which the item is sold; empty: no end."),
        Column("like_item", "text", "Item whose history a new item follows.", refers_to="items.item"),
        Column("lead_time", "number", "Days from starting a production order until its stock is there.",
               unit="days", default=0.0, minimum=0, maximum=3650),
        Column("fulfilment", "text", "Made to stock from the forecast; assembled to order from components made by "
               "forecast; or made to order, components too.", default="make-to-stock",
               choices=("make-to-stock", "assemble-to-order", "make-to-order")),
        Column("phantom", "flag", "A phantom is never stocked: its components go straight into its parents."),
        Column("storage_units", "number", "Places that one unit takes in a store.", unit="places", default=1.0,
               minimum=0),
    ),
    key=("item",),
)

LOCATIONS = Table(
    "locations",
    "Plants and warehouses: wherever stock is held.",
    "inputs",
    (
        Column("location", "text", "Code of the location.", required=True),
        Column("name", "text", "What planners call it."),
        Column("kind", "text", "A plant makes, a warehouse only stores.", default="plant",
               choices=("plant", "warehouse")),
        Column("storage_capacity", "number", "Places for stock, all items together; empty: no limit.",
               unit="places", minimum=0),
        Column("calendar", "text", "Calendar of the days on which goods come in and go out; empty: every day.",
               refers_to="calendars.calendar"),
    ),
    key=("location",),
)

MARKETS = Table(
    "markets",
    "Where demand comes from: territory by channel, and the location that serves it.",
    "inputs",
    (
        Column("market", "text", "Code of the market (territory and channel).", required=True),
        Column("territory", "text", "Sales territory."),
        Column("country", "text", "Country."),
        Column("channel", "text", "Sales channel."),
        Column("market_group", "text", "Group that is planned together when the market level is 'group'.",
               default="(no group)"),
        Column("ship_from", "text", "Location that serves the market.", required=True,
               refers_to="locations.location"),
        Column("freight_cost", "money", "Freight to the customer.", unit="{currency} per unit", default=0.0,
               minimum=0),
        Column("priority", "number", "1 is served first when there is not enough.", default=1.0, minimum=1,
               maximum=99),
        Column("quota", "percent", "Share of what there is when there is not enough, by quotas; empty: by demand.",
               minimum=0, maximum=1),
    ),
    key=("market",),
)

SALES_HISTORY = Table(
    "sales_history",
    "What was sold in each past period.",
    "inputs",
    (
        Column("period", "period", "Period of the sale.", required=True),
        Column("item", "text", "Item sold.", required=True, refers_to="items.item"),
        Column("market", "text", "Market that bought it.", required=True, refers_to="markets.market"),
        Column("quantity", "number", "Quantity sold.", unit="units", required=True),
        Column("revenue", "money", "Net revenue.", unit="{currency}", default=0.0),
    ),
    key=("period", "item", "market"),
)

OPEN_ORDERS = Table(
    "open_orders",
    "Orders that are placed and not yet fulfilled: from customers, to suppliers, in the plant, between locations.",
    "inputs",
    (
        Column("order", "text", "Number of the order.", required=True),
        Column("kind", "text", "Sale: a customer's order. Purchase, production, transfer: stock that will come.",
               required=True, choices=("sale", "purchase", "production", "transfer")),
        Column("item", "text", "Item ordered.", required=True, refers_to="items.item"),
        Column("location", "text", "Where the stock will come (not for sales).", refers_to="locations.location"),
        Column("market", "text", "Market that ordered (sales only).", refers_to="markets.market"),
        Column("supplier", "text", "Supplier (purchases) or location (transfers) that it comes from."),
        Column("due_period", "period", "Period in which it is due; one that has passed is due at once.",
               required=True),
        Column("quantity", "number", "Quantity still open.", unit="units", required=True, minimum=0),
        Column("due_date", "date", "Day on which it is due, for the job schedule; empty: the last of the period."),
        Column("priority", "number", "1 is scheduled or served first.", default=1.0, minimum=1, maximum=99),
    ),
    key=("order", "kind", "item"),
)

PRICES = Table(
    "prices",
    "Net sales prices by item and market.",
    "inputs",
    (
        Column("item", "text", "Item sold.", required=True, refers_to="items.item"),
        Column("market", "text", "Planning market (market group and channel, or market); empty: all."),
        Column("from_period", "period", "First period in which the price holds; empty: from the start."),
        Column("price", "money", "Net price.", unit="per unit", required=True, minimum=0),
        Column("currency", "text", "Currency of the price; empty: the plan's."),
    ),
    key=("item", "market", "from_period"),
)

EXCHANGE_RATES = Table(
    "exchange_rates",
    "What one unit of a currency is worth in the plan's currency.",
    "inputs",
    (
        Column("currency", "text", "Foreign currency.", required=True),
        Column("from_period", "period", "First period in which the rate holds; empty: from the start."),
        Column("average_rate", "number", "Average rate of the period, for prices and costs.",
               unit="{currency} per unit", required=True, minimum=0),
        Column("closing_rate", "number", "Rate at the end of the period, for balances; empty: the average.",
               unit="{currency} per unit", minimum=0),
    ),
    key=("currency", "from_period"),
)

MASTER_TABLES: tuple[Table, ...] = (ITEMS, LOCATIONS, MARKETS, SALES_HISTORY, OPEN_ORDERS, PRICES, EXCHANGE_RATES)


def planning_markets(markets: pd.DataFrame, market_level: str) -> pd.Series:
    """Planning market of each market: 'group channel' at level ``group``, itself at level ``market``.

    Indexed by market; the setting ``market_level`` says which.
    """
    names = markets["market"]
    if market_level == "group":
        names = (markets["market_group"] + " " + markets["channel"]).str.strip()
    return pd.Series(names.to_numpy(), index=markets["market"].to_numpy(), dtype="str")
