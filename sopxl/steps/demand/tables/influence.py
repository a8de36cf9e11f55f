"""What people know and the history does not: recent sales, drivers, promotions, launches, overrides, policies."""

from __future__ import annotations

from sopxl.schema import Column, Table

ROLES = ("sales", "marketing", "finance")
"""Who may see demand otherwise than the baseline, in the order in which they speak."""

RECENT_SALES = Table(
    "recent_sales",
    "Sales day by day or week by week, up to today: they correct the forecast of the next periods (demand sensing).",
    "inputs",
    (
        Column("date", "date", "Day of the sale, or first day of its week.", required=True),
        Column("item", "text", "Item sold.", required=True, refers_to="items.item"),
        Column("market", "text", "Market that bought it.", required=True, refers_to="markets.market"),
        Column("quantity", "number", "Quantity sold.", unit="units", required=True),
    ),
    key=("date", "item", "market"),
)

DRIVERS = Table(
    "drivers",
    "What moves demand besides time: events, holidays, working days, weather, competitors' prices; past and future.",
    "inputs",
    (
        Column("driver", "text", "Name of the driver, like 'Easter' or 'Competitor price'.", required=True),
        Column("period", "period", "Period.", required=True),
        Column("item", "text", "Item; empty: all.", refers_to="items.item"),
        Column("market", "text", "Planning market; empty: all."),
        Column("value", "number", "How strong: 1 for an event, a share of it, or the driver's value.", required=True),
    ),
    key=("driver", "period", "item", "market"),
)

PROMOTIONS = Table(
    "promotions",
    "Past and planned promotions: what past ones brought is what planned ones are worth.",
    "inputs",
    (
        Column("promotion", "text", "Name of the promotion.", required=True),
        Column("item", "text", "Item promoted; empty: the whole family.", refers_to="items.item"),
        Column("family", "text", "Family promoted, where no item is named."),
        Column("market", "text", "Planning market; empty: all."),
        Column("from_period", "period", "First period.", required=True),
        Column("to_period", "period", "Last period; empty: the first."),
        Column("kind", "text", "Kind of promotion: those of a kind are taken to work alike.", default="promotion"),
        Column("discount", "percent", "Discount on the net price.", default=0.0, minimum=0, maximum=1),
        Column("cost", "money", "Fixed cost of the promotion.", unit="{currency}", default=0.0, minimum=0),
    ),
    key=("promotion", "item", "family", "market"),
)

LAUNCHES = Table(
    "launches",
    "Items that start, replace others or end, and the curve by which they do.",
    "inputs",
    (
        Column("item", "text", "Item that starts or ends.", required=True, refers_to="items.item"),
        Column("market", "text", "Planning market; empty: all."),
        Column("kind", "text", "Launch: a new item. Replacement: it takes over from another. End: it is sold out.",
               default="launch", choices=("launch", "replacement", "end")),
        Column("start_period", "period", "First period of the launch, the takeover or the run-out.", required=True),
        Column("curve", "text", "Like item: follows another item's first periods or present demand. Bass: adoption "
               "curve. Ramp: straight line up.", default="like item", choices=("like item", "bass", "ramp")),
        Column("like_item", "text", "Item that it is expected to sell like.", refers_to="items.item"),
        Column("share", "percent", "Its demand as a share of the like item's.", default=1.0, minimum=0, maximum=100),
        Column("potential", "number", "Bass: units sold over its whole life; ramp: units per period when it has "
               "arrived; empty: from the like item.", unit="units", minimum=0),
        Column("innovation", "number", "Bass: share of the market that buys by itself in a period (p); empty: as the "
               "like item was launched, else 0.03 a year.", minimum=0, maximum=1),
        Column("imitation", "number", "Bass: how fast buyers win others, per period (q); empty: as the like item "
               "was launched, else 0.38 a year.", minimum=0, maximum=2),
        Column("ramp_periods", "integer", "Periods until a launch has arrived, or until an end or takeover is "
               "complete.", unit="periods", default=6.0, minimum=0, maximum=120),
        Column("replaces", "text", "Item that loses demand to it.", refers_to="items.item"),
        Column("taken_share", "percent", "Share of its demand that is taken from the item that it replaces.",
               default=1.0, minimum=0, maximum=1),
    ),
    key=("item", "market", "kind"),
)

OVERRIDES = Table(
    "overrides",
    "What sales, marketing and finance expect instead of the baseline, at any level; it is spread over the sales plan.",
    "inputs",
    (
        Column("role", "text", "Who says so.", required=True, choices=ROLES),
        Column("item", "text", "Item; empty: all.", refers_to="items.item"),
        Column("family", "text", "Family; empty: all."),
        Column("market", "text", "Planning market; empty: all."),
        Column("channel", "text", "Sales channel; empty: all."),
        Column("from_period", "period", "First period.", required=True),
        Column("to_period", "period", "Last period; empty: the first."),
        Column("kind", "text", "Set: what all that it covers comes to, with what the role typed in the sales plan; a "
               "finer one holds within a coarser one. Add: on top, in units, money or percent of the baseline.",
               required=True,
               choices=("set units", "add units", "set money", "add money", "add percent")),
        Column("amount", "number", "How much: units, money, or percent (10 is ten percent more).", required=True),
        Column("amount_is", "text", "Whether the amount holds for each period or for all of them together.",
               default="each period", choices=("each period", "in total")),
        Column("spread_by", "text", "In which proportions it is spread over items, markets and periods; where they are "
               "all 0: the baseline's, else equal.",
               default="baseline", choices=("baseline", "last year", "equal")),
        Column("reason", "text", "Why.", required=True),
        Column("author", "text", "Who entered it.", required=True),
        Column("entered", "date", "When it was entered; of two for the same, the later holds. Empty: before all."),
        Column("expires", "period", "Last plan in which it holds, by the plan's first period; empty: no end."),
    ),
)

SEGMENT_POLICIES = Table(
    "segment_policies",
    "How items are forecast and stocked, by their value (A, B, C) and how well they can be forecast (X, Y, Z).",
    "inputs",
    (
        Column("abc", "text", "A: most of the value, C: the many with little.", required=True,
               choices=("A", "B", "C")),
        Column("xyz", "text", "X: steady, Y: varying, Z: hard to forecast.", required=True, choices=("X", "Y", "Z")),
        Column("forecast_policy", "text", "Automatic: the forecast holds unless someone objects. Review: a planner "
               "looks at it each cycle. Simple: mean level, nobody looks.", default="automatic",
               choices=("automatic", "review", "simple")),
        Column("service_level", "percent", "Probability that stock lasts until the next receipt, for safety stock "
               "where the stock policies give none; empty: none.", minimum=0, maximum=0.9999),
        Column("stock_rule", "text", "What the stock policy of such items should be, in words."),
    ),
    key=("abc", "xyz"),
)

DEMAND_CHANGES = Table(
    "demand_changes",
    "What strategic initiatives change in demand. It has no sheet: initiatives fill it before the demand step runs.",
    "inputs",
    (
        Column("item", "text", "Item; empty: all."),
        Column("family", "text", "Family; empty: all."),
        Column("market", "text", "Planning market; empty: all."),
        Column("amount", "number", "Units per period over all that the row covers, or percent of what is expected."),
        Column("is_percent", "flag", "Whether the amount is a percentage."),
        Column("first", "number", "Position of the first period in the plan; 0 is the plan's first."),
        Column("last", "number", "Position of the last period."),
    ),
)

INFLUENCE_TABLES: tuple[Table, ...] = (RECENT_SALES, DRIVERS, PROMOTIONS, LAUNCHES, OVERRIDES, SEGMENT_POLICIES)
