"""What the supply steps tell planners beside the plans: proposals, prices of limits, pegging, jobs, targets, promises.

Add a column here, nowhere else; what fills a table is its function under ``@review``.
"""

from __future__ import annotations

from sopxl.schema import Column, Table

_ITEM = Column("item", "text", "Item.")
_NAME = Column("name", "text", "Name of the item.")
_LOCATION = Column("location", "text", "Location.")
_MONEY = Column("money", "money", "What it is worth.", unit="{currency}")

ORDER_PROPOSALS = Table(
    "order_proposals",
    "What to do with which order: release, expedite, delay, cancel; the most urgent first.",
    "reviews",
    (
        Column("action", "text", "Release, expedite, delay, cancel, increase or reduce."),
        Column("kind", "text", "Purchase, production or transfer."),
        Column("order", "text", "Number of the open order; empty: a new one."),
        _ITEM, _NAME, _LOCATION,
        Column("source", "text", "Supplier, sending location or routing."),
        Column("quantity", "number", "Quantity concerned.", unit="units"),
        Column("order_period", "text", "When to place it."),
        Column("present_period", "text", "When it is due at present; empty: it is new."),
        Column("due_period", "text", "When it shall come."),
        _MONEY,
        Column("reason", "text", "Why."),
    ),
    owner="result",
)

LATE_SUPPLIERS = Table(
    "late_suppliers",
    "What a late supplier does to which customers: deliveries of the next periods later by the days shown.",
    "reviews",
    (
        Column("supplier", "text", "Supplier."),
        Column("days_late", "number", "How late it is taken to be.", unit="days"),
        Column("item", "text", "Item sold that comes late; empty: all together."),
        Column("market", "text", "Customers who wait; empty: all together."),
        Column("period", "text", "First period in which they wait."),
        Column("quantity", "number", "Units that come late, at the worst time.", unit="units"),
        _MONEY,
        Column("through", "text", "The item bought, and what it goes into."),
    ),
    owner="result",
)

SHADOW_PRICES = Table(
    "shadow_prices",
    "What one more of each scarce thing would be worth, and which orders it would free; the dearest first.",
    "reviews",
    (
        Column("kind", "text", "Hours, overtime, supplier, lane, storage, stock or workers."),
        Column("name", "text", "Resource, supplier, lane, location or item at its location."),
        Column("period", "text", "Period."),
        Column("limit", "number", "How much there is."),
        Column("used", "number", "How much the plan uses."),
        Column("unit", "text", "Unit of these."),
        Column("value", "money", "What one more unit would save.", unit="{currency} per unit"),
        Column("frees", "text", "The orders that one more unit would bring forward, and how much of them."),
    ),
    owner="result",
)

PLAN_COST = Table(
    "plan_cost",
    "What the plan costs by term; the terms add up to what was made as small as possible.",
    "reviews",
    (
        Column("term", "text", "Cost term."),
        Column("amount", "money", "Over the horizon.", unit="{currency}"),
        Column("money_flows", "text", "Whether it is paid, or only a price that steers the plan."),
        Column("plan_line", "text", "Line of the financial plan, or of the stock flows behind it, that holds it."),
        Column("meaning", "text", "What it holds."),
    ),
    key=("term",),
    owner="result",
)

LIMIT_CONFLICTS = Table(
    "limit_conflicts",
    "Limits that cannot all be kept, and how much each has to give in the plan shown.",
    "reviews",
    (
        Column("limit", "text", "Kind of limit."),
        Column("name", "text", "Resource, item at its location, supplier or location."),
        Column("period", "text", "Period."),
        Column("stated", "number", "The limit as stated."),
        Column("gives", "number", "How much it gives in the plan."),
        Column("unit", "text", "Unit of these."),
        Column("stands_in_the_way", "text", "The limits with which it conflicts."),
        Column("remedy", "text", "What would cure it."),
    ),
    owner="result",
)

PEGGING_INQUIRIES = Table(
    "pegging_inquiries",
    "Orders or demands that pegging shall follow; late demands are always followed.",
    "inputs",
    (
        Column("item", "text", "Item.", required=True, refers_to="items.item"),
        Column("place", "text", "Location (an order) or planning market (a demand); empty: all."),
        Column("period", "period", "Period; empty: all."),
    ),
    key=("item", "place", "period"),
)

PEGGING = Table(
    "pegging",
    "Which supply serves which demand: from orders to demands and from late demands back to what holds them up.",
    "reviews",
    (
        Column("demand_item", "text", "Item demanded."),
        Column("market", "text", "Planning market."),
        Column("demand_period", "text", "When it is wanted."),
        Column("shipped_period", "text", "When it is shipped; empty: not within the horizon."),
        Column("level", "integer", "0: what is shipped itself, 1: what went into it, and so on."),
        Column("supply", "text", "Stock, open order, production, purchase or transfer."),
        _ITEM, _LOCATION,
        Column("source", "text", "Supplier, sending location or order."),
        Column("supply_period", "text", "When the supply is there."),
        Column("quantity", "number", "How much of it serves this demand.", unit="units"),
        Column("late", "number", "Periods that the demand waits for it.", unit="periods"),
        Column("holds_up", "text", "What holds it up, where the demand waits."),
    ),
    owner="result",
)

OVERLOAD_ORDERS = Table(
    "overload_orders",
    "The orders behind each overload of a resource: what would be needed without limits, the largest first.",
    "reviews",
    (
        Column("resource", "text", "Resource."),
        Column("period", "text", "Period."),
        Column("load", "percent", "Load without limits."),
        Column("over_hours", "number", "Hours beyond regular time.", unit="hours"),
        _ITEM, _NAME, _LOCATION,
        Column("hours", "number", "Hours that the item needs there and then.", unit="hours"),
        Column("quantity", "number", "Units that are to be made.", unit="units"),
        Column("serves", "text", "The demands behind it."),
        _MONEY,
    ),
    owner="result",
)

PLAN_VARIANTS = Table(
    "plan_variants",
    "Plans side by side: without limits, as planned, and the strategies level, chase and mixed.",
    "reviews",
    (
        Column("variant", "text", "Plan."),
        Column("meaning", "text", "How it is made."),
        Column("cost", "money", "All that the plan costs.", unit="{currency}"),
        Column("stock_value", "money", "Average stock at standard cost.", unit="{currency}"),
        Column("stock_units", "number", "Average stock.", unit="units"),
        Column("peak_load", "percent", "Highest load of a resource in a period."),
        Column("overtime_hours", "number", "Overtime, all resources.", unit="hours"),
        Column("head_count", "number", "Average workers employed.", unit="workers"),
        Column("hired", "number", "Workers hired.", unit="workers"),
        Column("laid_off", "number", "Workers laid off.", unit="workers"),
        Column("bought_in", "number", "Units bought that could be made.", unit="units"),
        Column("shipped", "number", "Units shipped.", unit="units"),
        Column("late", "number", "Units waiting, added up over the periods.", unit="unit periods"),
        Column("note", "text", "What to know of it, or why it cannot be."),
    ),
    key=("variant",),
    owner="result",
)

JOB_SCHEDULE = Table(
    "job_schedule",
    "The jobs of the near weeks in their order on each resource.",
    "reviews",
    (
        Column("job", "text", "Number of the job."),
        Column("order", "text", "Open order that it is; empty: planned."),
        _ITEM, _NAME, _LOCATION,
        Column("operation", "text", "Operation."),
        Column("resource", "text", "Resource, and its machine where there are several."),
        Column("beside", "text", "Tools and crews that it needs at the same time."),
        Column("sequence", "integer", "Place in the order of the resource."),
        Column("line", "integer", "Its line on the sheet Job chart: resource by resource, in their order."),
        Column("setup_group", "text", "What the resource is set up for."),
        Column("quantity", "number", "Units.", unit="units"),
        Column("start", "date", "Start, set-up included."),
        Column("end", "date", "End."),
        Column("due", "date", "When it shall be done."),
        Column("setup_hours", "number", "Hours of set-up and changeover.", unit="hours"),
        Column("run_hours", "number", "Hours of work.", unit="hours"),
        Column("changeover", "text", "From what to what the resource is changed."),
        Column("changeover_cost", "money", "Cost of the changeover.", unit="{currency}"),
        Column("days_late", "number", "Days after it is due.", unit="days"),
        Column("status", "text", "In time, late, or why it cannot be done."),
    ),
    key=("job", "operation"),
    owner="result",
)

INVENTORY_TARGETS = Table(
    "inventory_targets",
    "How much stock each item needs where, and why.",
    "reviews",
    (
        _ITEM, _NAME, _LOCATION,
        Column("method", "text", "By hand, days of supply, service level, fill rate, guaranteed service or none."),
        Column("service_level", "percent", "Cycle service level aimed at."),
        Column("fill_rate", "percent", "Share of demand served from stock that follows, or is aimed at."),
        Column("risk_periods", "number", "Lead time and review that the stock has to cover.", unit="periods"),
        Column("mean_demand", "number", "Demand of one period, dependent demand included.", unit="units"),
        Column("deviation", "number", "Standard deviation of demand over the risk periods.", unit="units"),
        Column("basis", "text", "Where it comes from: forecast quantiles, stated deviation, or demand's own swing."),
        Column("service_time_in", "number", "Longest wait for supply (guaranteed service).", unit="days"),
        Column("service_time_out", "number", "Time quoted to those who draw on it.", unit="days"),
        Column("safety_stock", "number", "Safety stock.", unit="units"),
        Column("cycle_stock", "number", "Half the usual lot.", unit="units"),
        Column("order_lot", "number", "Lot that costs least, or is stated.", unit="units"),
        Column("reorder_point", "number", "Order when stock and orders fall to this.", unit="units"),
        Column("order_up_to", "number", "Order up to this at each review.", unit="units"),
        Column("expected_shortage", "number", "Units short in an order cycle, on average.", unit="units"),
        Column("safety_value", "money", "Safety stock at standard cost.", unit="{currency}"),
        Column("safety_cost", "money", "Cost of holding the safety stock for a period.",
               unit="{currency} per {bucket}"),
        Column("possible_saving", "percent", "Guaranteed service: share of the cost of all safety stock that another "
               "placement along the network could save at most; 0: none costs less."),
    ),
    key=("item", "location"),
    owner="result",
)

INVENTORY_REVIEW = Table(
    "inventory_review",
    "Stock on hand: how long it lasts, how often it turns, how old it is, and what of it is too much.",
    "reviews",
    (
        _ITEM, _NAME, _LOCATION,
        Column("family", "text", "Family."),
        Column("on_hand", "number", "Stock on hand.", unit="units"),
        Column("value", "money", "At standard cost.", unit="{currency}"),
        Column("days_of_supply", "number", "How long it lasts at the use of the next three periods.", unit="days"),
        Column("turns", "number", "Yearly use at cost against average planned stock.", unit="per year"),
        Column("oldest_days", "number", "Age of the oldest batch.", unit="days"),
        Column("aged_value", "money", "Stock older than a quarter, at standard cost.", unit="{currency}"),
        Column("target", "number", "Safety stock.", unit="units"),
        Column("excess", "number", "Stock beyond what the setting Excess periods and the target need.", unit="units"),
        Column("excess_value", "money", "At standard cost.", unit="{currency}"),
        Column("obsolete", "number", "Stock that nothing will use, or older than the setting Obsolete days.",
               unit="units"),
        Column("obsolete_value", "money", "At standard cost.", unit="{currency}"),
        Column("advice", "text", "What to do."),
    ),
    key=("item", "location"),
    owner="result",
)

DEPLOYMENT = Table(
    "deployment",
    "What to send where of the stock there is: fair shares where there is too little, and balancing of warehouses.",
    "reviews",
    (
        Column("kind", "text", "Deploy: to where it is needed; rebalance: from excess to need."),
        _ITEM, _NAME,
        Column("from_location", "text", "Sends."),
        Column("to_location", "text", "Receives."),
        Column("period", "text", "When it leaves."),
        Column("wanted", "number", "What the receiver needs.", unit="units"),
        Column("quantity", "number", "What it gets.", unit="units"),
        Column("days_of_supply", "number", "How long the receiver's stock then lasts.", unit="days"),
        Column("freight", "money", "Freight.", unit="{currency}"),
        Column("reason", "text", "The rule, and why so much."),
    ),
    owner="result",
)

PROMISED_LEAD_TIMES = Table(
    "promised_lead_times",
    "The lead time that can be promised to customers by family and market, and what would shorten it.",
    "reviews",
    (
        Column("family", "text", "Family."),
        Column("market", "text", "Planning market."),
        Column("lead_time", "number", "Days that can be promised for an order placed now.", unit="days"),
        Column("from_stock", "percent", "Share of demand that is there at once."),
        Column("waiting", "number", "Units waiting at the start of the plan.", unit="units"),
        Column("limited_by", "text", "What sets the lead time."),
        Column("shorter_by", "text", "What would shorten it, and to how many days."),
    ),
    key=("family", "market"),
    owner="result",
)

ORDER_PROMISES = Table(
    "order_promises",
    "When an order can be promised: enter item, market, quantity and period, then run distribution.",
    "reviews",
    (
        Column("inquiry", "text", "Number or name of the inquiry.", required=True, by_hand=True),
        Column("item", "text", "Item asked for.", required=True, refers_to="items.item", by_hand=True),
        Column("market", "text", "Planning market.", by_hand=True),
        Column("quantity", "number", "Quantity asked for.", unit="units", required=True, minimum=0, by_hand=True),
        Column("wanted_period", "period", "When it is wanted.", required=True, by_hand=True),
        Column("available", "number", "Units that can be promised for then from stock and planned receipts.",
               unit="units"),
        Column("available_period", "text", "When all of it is available to promise; empty: not within the horizon."),
        Column("capable_period", "text", "When all of it can be promised if more is made or bought for it."),
        Column("capable_cost", "money", "What that costs beyond the plan.", unit="{currency}"),
        Column("answer", "text", "The answer for the customer, and what limits it."),
    ),
    key=("inquiry",),
    owner="result",
)

COST_ROLL_UP = Table(
    "cost_roll_up",
    "What a unit costs by bills, routings, rates and prices, by element, against its standard cost, and why they "
    "differ; first where the standard misses most money.",
    "reviews",
    (
        _ITEM, _NAME, _LOCATION,
        Column("source", "text", "Made, bought, subcontracted or moved here; empty: it has no source."),
        Column("material", "money", "Purchased material, at purchase prices.", unit="{currency} per unit"),
        Column("conversion", "money", "Hours at the rates of their resources.", unit="{currency} per unit"),
        Column("set_up", "money", "Set-up hours, spread over an average lot.", unit="{currency} per unit"),
        Column("subcontract", "money", "Paid to suppliers for what could be made.", unit="{currency} per unit"),
        Column("freight", "money", "Freight between locations.", unit="{currency} per unit"),
        Column("scrap", "money", "What is lost: scrapped components, and units that do not come out good.",
               unit="{currency} per unit"),
        Column("other_cost", "money", "Production cost (see costs), less the worth of co-products.",
               unit="{currency} per unit"),
        Column("rolled_up", "money", "All of these.", unit="{currency} per unit"),
        Column("standard", "money", "Standard cost (see costs).", unit="{currency} per unit"),
        Column("difference", "money", "Rolled up less standard.", unit="{currency} per unit"),
        Column("share", "percent", "Difference as a share of the standard."),
        Column("by_source", "money", "Part of the difference that arises here: price, hours, yield, freight.",
               unit="{currency} per unit"),
        Column("by_inputs", "money", "Part that comes from what goes into it.", unit="{currency} per unit"),
        Column("yearly_effect", "money", "Difference on what an average year of the plan takes into stock.",
               unit="{currency}"),
        Column("explanation", "text", "Why it differs."),
    ),
    key=("item", "location"),
    owner="result",
)

SUPPLY_REVIEWS: tuple[Table, ...] = (
    ORDER_PROPOSALS, LATE_SUPPLIERS, SHADOW_PRICES, PLAN_COST, LIMIT_CONFLICTS, PEGGING, OVERLOAD_ORDERS,
    PLAN_VARIANTS, JOB_SCHEDULE, INVENTORY_TARGETS, INVENTORY_REVIEW, DEPLOYMENT, PROMISED_LEAD_TIMES, ORDER_PROMISES,
    COST_ROLL_UP,
)
