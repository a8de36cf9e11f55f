"""How much stock is kept and in what lots it comes. Add a column here, nowhere else."""

from __future__ import annotations

from sopxl.schema import Column, Table

LOT_RULES = (
    "lot-for-lot", "fixed", "economic", "period", "silver-meal", "least-unit-cost", "part-period", "optimal",
)

STOCK_POLICIES = Table(
    "stock_policies",
    "How much stock an item shall have at a location, and in what lots it comes.",
    "inputs",
    (
        Column("item", "text", "Item.", required=True, refers_to="items.item"),
        Column("location", "text", "Location; empty: everywhere.", refers_to="locations.location"),
        Column("safety_stock", "number", "Stock below which it shall not fall.", unit="units", default=0.0, minimum=0),
        Column("safety_days", "number", "The same as days of the following demand; the larger holds.", unit="days",
               default=0.0, minimum=0, maximum=3650),
        Column("service_level", "percent", "Share of order cycles without a stock-out that the safety stock shall give "
               "(cycle service level); empty: by segment, or as stated above.", minimum=0.5, maximum=0.9999),
        Column("fill_rate", "percent", "Share of demand served from stock that the safety stock shall give; empty: "
               "none is stated.", minimum=0.5, maximum=0.9999),
        Column("demand_deviation", "number", "Standard deviation of demand in one period; empty: from the forecast's "
               "errors.", unit="units", minimum=0),
        Column("lead_time_deviation", "number", "Standard deviation of the lead time.", unit="days", default=0.0,
               minimum=0, maximum=3650),
        Column("review_days", "number", "Days between two orders of the item; empty: one period.", unit="days",
               minimum=0, maximum=3650),
        Column("service_time", "number", "Longest time quoted to whoever draws on the stock, for placing safety stock "
               "along the network; empty: 0 to customers, free inside.", unit="days", minimum=0, maximum=3650),
        Column("safety_time", "number", "Days by which receipts shall come before they are needed.", unit="days",
               default=0.0, minimum=0, maximum=3650),
        Column("frozen_periods", "integer", "First periods in which orders stay as the last plan had them; empty: from "
               "the settings.", unit="periods", minimum=0, maximum=104),
        Column("slushy_periods", "integer", "Periods after these in which orders may change a little; empty: from the "
               "settings.", unit="periods", minimum=0, maximum=104),
        Column("maximum_stock", "number", "Most stock; empty: no limit.", unit="units", minimum=0),
        Column("lot_rule", "text", "How lots are made in requirements mode.", default="lot-for-lot",
               choices=LOT_RULES),
        Column("lot_size", "number", "Lot of the rule 'fixed': orders are the fewest such lots that suffice.",
               unit="units", minimum=0),
        Column("minimum_lot", "number", "Smallest lot.", unit="units", default=0.0, minimum=0),
        Column("lot_multiple", "number", "Lots are multiples of this; empty: any quantity.", unit="units", minimum=0),
        Column("lot_periods", "integer", "Periods that a lot covers by the rule 'period'; empty: from order and "
               "holding cost.", unit="periods", minimum=1, maximum=104),
        Column("order_cost", "money", "Cost of one order or set-up.", unit="{currency}", default=0.0, minimum=0),
        Column("holding_cost", "money", "Cost of holding one unit for one period; empty: from the settings.",
               unit="{currency} per {bucket}", minimum=0),
        Column("backlog_cost", "money", "Cost of one unit of demand waiting one period; empty: from the settings.",
               unit="{currency} per {bucket}", minimum=0),
    ),
    key=("item", "location"),
)

STOCK_POLICY_CHANGES = Table(
    "stock_policy_changes",
    "Periods in which a stock policy differs.",
    "inputs",
    (
        Column("item", "text", "Item.", required=True, refers_to="items.item"),
        Column("location", "text", "Location.", required=True, refers_to="locations.location"),
        Column("period", "period", "Period.", required=True),
        Column("minimum_stock", "number", "Stock that must be there at the end of the period.", unit="units",
               minimum=0),
        Column("maximum_stock", "number", "Most stock at the end of the period.", unit="units", minimum=0),
        Column("order_cost", "money", "Cost of one order or set-up in the period.", unit="{currency}", minimum=0),
    ),
    key=("item", "location", "period"),
)

FINANCIAL_LIMITS = Table(
    "financial_limits",
    "What finance allows and asks for: the plan in balance mode keeps to it.",
    "inputs",
    (
        Column("limit", "text", "Overtime budget: most that overtime costs. Stock value: most that stock is worth at "
               "standard cost. Gross margin: least that shipments earn beyond standard cost and freight.",
               required=True, choices=("overtime budget", "stock value", "gross margin")),
        Column("family", "text", "Family; empty: all together. Overtime is not budgeted by family."),
        Column("from_period", "period", "First period; empty: from the start."),
        Column("until_period", "period", "Last period; empty: no end."),
        Column("amount", "money", "Most, or least, money.", unit="{currency}"),
        Column("share", "percent", "Gross margin only: least share of revenue, instead of an amount.", maximum=1),
        Column("holds_for", "text", "Whether it holds for each period, or for all of them together (not for stock).",
               default="each period", choices=("each period", "all together")),
    ),
    key=("limit", "family", "from_period"),
)

POLICY_TABLES: tuple[Table, ...] = (STOCK_POLICIES, STOCK_POLICY_CHANGES, FINANCIAL_LIMITS)
