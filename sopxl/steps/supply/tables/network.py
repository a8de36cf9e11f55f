"""What can be made, bought and moved, on what and by whom. Add a column here, nowhere else."""

from __future__ import annotations

from sopxl.schema import Column, Table

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

CALENDARS = Table(
    "calendars",
    "The hours of each shift by day of the week; rows with dates replace the others on these dates (0: closed).",
    "inputs",
    (
        Column("calendar", "text", "Code of the calendar.", required=True),
        Column("shift", "text", "Shift, like early; each shift has its row."),
        Column("from_date", "date", "First day on which the row holds; empty: always."),
        Column("until_date", "date", "Last day on which it holds; empty: the first day alone, or always."),
        Column("start", "number", "Hour of the day at which the shift starts, like 6 or 14.5.", unit="hour of day",
               default=6.0, minimum=0, maximum=24),
        *(Column(day, "number", f"Hours worked on a {day.capitalize()}.", unit="hours", default=0.0, minimum=0,
                 maximum=24) for day in DAYS),
    ),
    key=("calendar", "shift", "from_date"),
)

RESOURCES = Table(
    "resources",
    "Work centres and work forces: what limits production.",
    "inputs",
    (
        Column("resource", "text", "Code of the resource.", required=True),
        Column("name", "text", "What planners call it."),
        Column("location", "text", "Where it stands.", required=True, refers_to="locations.location"),
        Column("hours_per_day", "number", "Hours that it can work a day, all shifts and machines together.",
               unit="hours", minimum=0),
        Column("days", "text", "Which days it works.", default="calendar", choices=("calendar", "working")),
        Column("calendar", "text", "Calendar of its shifts; empty: hours per day and days as above.",
               refers_to="calendars.calendar"),
        Column("machines", "number", "Machines or work places side by side: the calendar's hours count for each, and "
               "each does one job at a time.", default=1.0, minimum=0, maximum=10000),
        Column("efficiency", "percent", "Share of these hours that gives standard hours.", default=1.0, minimum=0,
               maximum=5),
        Column("hourly_cost", "money", "Cost of an hour worked in regular time.", unit="{currency} per hour",
               default=0.0, minimum=0),
        Column("overtime_limit", "percent", "Most overtime, as a share of regular hours.", default=0.0, minimum=0,
               maximum=10),
        Column("overtime_cost", "money", "Cost of an hour of overtime; empty: 1.5 times the hourly cost.",
               unit="{currency} per hour", minimum=0),
        Column("most_extra_shifts", "number", "Most extra shifts per period.", unit="shifts per {bucket}", default=0.0,
               minimum=0, maximum=1000),
        Column("extra_shift_hours", "number", "Hours that one extra shift adds.", unit="hours", default=0.0, minimum=0),
        Column("extra_shift_cost", "money", "Cost of running one extra shift, beside the hourly cost of its hours.",
               unit="{currency} per shift", default=0.0, minimum=0),
        Column("workers", "number", "Workers at the start, where hiring and lay-off are planned; empty: they are not.",
               unit="workers", minimum=0),
        Column("worker_hours", "number", "Regular hours of one worker per period.", unit="hours", minimum=0),
        Column("wage", "money", "Pay of one worker per period, busy or not.", unit="{currency} per {bucket}",
               default=0.0, minimum=0),
        Column("hiring_cost", "money", "Cost of hiring one worker.", unit="{currency}", default=0.0, minimum=0),
        Column("layoff_cost", "money", "Cost of laying off one worker.", unit="{currency}", default=0.0, minimum=0),
        Column("least_workers", "number", "Fewest workers to be employed.", unit="workers", default=0.0, minimum=0),
        Column("most_workers", "number", "Most workers that there is room for; empty: no limit.", unit="workers",
               minimum=0),
        Column("most_hired", "number", "Most workers that can be hired in a period; empty: no limit.", unit="workers",
               minimum=0),
        Column("most_laid_off", "number", "Most workers that can be laid off in a period; empty: no limit.",
               unit="workers", minimum=0),
        Column("overall_share", "percent", "Share of all hours, for rough-cut planning by overall factors.",
               minimum=0, maximum=1),
    ),
    key=("resource",),
)

RESOURCE_CALENDAR = Table(
    "resource_calendar",
    "Periods in which a resource has more or fewer hours than usual.",
    "inputs",
    (
        Column("resource", "text", "Resource.", required=True, refers_to="resources.resource"),
        Column("period", "period", "Period.", required=True),
        Column("available_hours", "number", "Regular hours in this period; empty: as usual.", unit="hours", minimum=0),
        Column("downtime", "number", "Planned downtime, taken off the regular hours.", unit="hours", default=0.0,
               minimum=0),
        Column("overtime_limit", "number", "Most overtime in this period; empty: as usual.", unit="hours", minimum=0),
        Column("workers", "number", "Workers that shall be employed in this period; empty: as the plan finds best.",
               unit="workers", minimum=0),
    ),
    key=("resource", "period"),
)

ALTERNATE_RESOURCES = Table(
    "alternate_resources",
    "Resources that can take over work of others.",
    "inputs",
    (
        Column("resource", "text", "Resource whose work can be taken over.", required=True,
               refers_to="resources.resource"),
        Column("alternate", "text", "Resource that can do it.", required=True, refers_to="resources.resource"),
        Column("item", "text", "Item whose work it can do; empty: all.", refers_to="items.item"),
        Column("hours_factor", "number", "Hours that it takes for an hour of the resource's work.", default=1.0,
               minimum=0.01, maximum=100),
    ),
    key=("resource", "alternate", "item"),
)

CHANGEOVERS = Table(
    "changeovers",
    "What it takes to change a resource from one set-up to another, for the job schedule.",
    "inputs",
    (
        Column("resource", "text", "Resource; empty: all.", refers_to="resources.resource"),
        Column("from_group", "text", "Set-up group (or item) that ran before; empty: any."),
        Column("to_group", "text", "Set-up group (or item) that runs next; empty: any."),
        Column("hours", "number", "Hours that the change takes.", unit="hours", default=0.0, minimum=0),
        Column("cost", "money", "Cost of the change beside its hours.", unit="{currency}", default=0.0, minimum=0),
    ),
    key=("resource", "from_group", "to_group"),
)

ROUTINGS = Table(
    "routings",
    "The operations by which an item is made, and the hours that they take.",
    "inputs",
    (
        Column("item", "text", "Item made.", required=True, refers_to="items.item"),
        Column("location", "text", "Plant that makes it.", required=True, refers_to="locations.location"),
        Column("routing", "text", "Code of the routing, where there are several ways to make it."),
        Column("operation", "text", "Number of the operation.", required=True),
        Column("resource", "text", "Resource that does it; a second row for tools or crews it also needs.",
               required=True, refers_to="resources.resource"),
        Column("use", "text", "Primary: sets how long the operation takes; secondary: a tool or crew needed beside.",
               default="primary", choices=("primary", "secondary")),
        Column("hours_per_unit", "number", "Standard hours for one unit.", unit="hours per unit", default=0.0,
               minimum=0),
        Column("setup_hours", "number", "Hours to set up for one lot.", unit="hours per lot", default=0.0, minimum=0),
        Column("offset", "number", "Days before completion at which the operation loads its resource, for resource "
               "profiles.", unit="days", default=0.0, minimum=0),
        Column("yield_rate", "percent", "Good units per unit started at the operation.", default=1.0, minimum=0.01,
               maximum=1),
        Column("setup_group", "text", "Set-ups alike: between them no changeover is needed; empty: the item itself."),
        Column("priority", "number", "1 is the usual routing; others serve when it cannot.", default=1.0, minimum=1,
               maximum=99),
        Column("valid_from", "period", "First period in which the routing may be started; empty: from the start."),
        Column("valid_until", "period", "Last period in which it may be started; empty: no end."),
    ),
    key=("item", "location", "routing", "operation", "resource"),
)

BILLS_OF_MATERIAL = Table(
    "bills_of_material",
    "What one unit of an item is made of, one level at a time.",
    "inputs",
    (
        Column("parent", "text", "Item made.", required=True, refers_to="items.item"),
        Column("component", "text", "Item that goes into it.", required=True, refers_to="items.item"),
        Column("quantity", "number", "Quantity of the component in one parent.", unit="units", required=True,
               minimum=0),
        Column("scrap", "percent", "Share of the component that is lost on the way.", default=0.0, minimum=0,
               maximum=0.99),
        Column("location", "text", "Plant for which the row holds; empty: all.", refers_to="locations.location"),
        Column("routing", "text", "Routing for which the row holds; empty: all."),
        Column("valid_from", "period", "First period whose starts use the component; empty: from the start."),
        Column("valid_until", "period", "Last period whose starts use it; empty: no end."),
    ),
    key=("parent", "component", "location", "routing", "valid_from"),
)

CO_PRODUCTS = Table(
    "co_products",
    "What comes out beside the item when it is made.",
    "inputs",
    (
        Column("item", "text", "Item made.", required=True, refers_to="items.item"),
        Column("co_product", "text", "Item that comes out beside it.", required=True, refers_to="items.item"),
        Column("quantity", "number", "Quantity of the co-product for each good unit of the item.", unit="units",
               required=True, minimum=0),
        Column("location", "text", "Plant for which the row holds; empty: all.", refers_to="locations.location"),
        Column("routing", "text", "Routing for which the row holds; empty: all."),
    ),
    key=("item", "co_product", "location", "routing"),
)

SUPPLIERS = Table(
    "suppliers",
    "Those who sell to us, subcontractors among them.",
    "inputs",
    (
        Column("supplier", "text", "Code of the supplier.", required=True),
        Column("name", "text", "Name."),
        Column("currency", "text", "Currency of the supplier's prices; empty: the plan's."),
        Column("rating", "text", "Rating."),
        Column("active", "flag", "Whether new orders may be placed.", default=True),
        Column("capacity", "number", "Most that it delivers per period, all items together; empty: no limit.",
               unit="units per {bucket}", minimum=0),
        Column("calendar", "text", "Calendar of the days on which it delivers; empty: every day.",
               refers_to="calendars.calendar"),
        Column("days_late", "number", "How late it is at present: what that does to customers is told.", unit="days",
               default=0.0, minimum=0, maximum=3650),
    ),
    key=("supplier",),
)

SOURCING = Table(
    "sourcing",
    "Which supplier delivers which item where, how fast and at what price.",
    "inputs",
    (
        Column("item", "text", "Item bought.", required=True, refers_to="items.item"),
        Column("location", "text", "Location that receives it.", required=True, refers_to="locations.location"),
        Column("supplier", "text", "Supplier.", required=True, refers_to="suppliers.supplier"),
        Column("price", "money", "Price in the supplier's currency.", unit="per unit", default=0.0, minimum=0),
        Column("lead_time", "number", "Days from order to receipt.", unit="days", default=0.0, minimum=0,
               maximum=3650),
        Column("minimum_order", "number", "Smallest order.", unit="units", default=0.0, minimum=0),
        Column("order_multiple", "number", "Orders are multiples of this; empty: any quantity.", unit="units",
               minimum=0),
        Column("capacity", "number", "Most that can be had per period; empty: no limit.", unit="units per {bucket}",
               minimum=0),
        Column("expedite_cost", "percent", "Surcharge for receiving sooner than the lead time; empty: not possible.",
               minimum=0, maximum=100),
        Column("priority", "number", "1 is the usual source; others serve when it cannot.", default=1.0, minimum=1,
               maximum=99),
        Column("quota", "percent", "Share of all purchases of the item here that this supplier shall get; empty: none "
               "is agreed.", minimum=0, maximum=1),
        Column("valid_from", "period", "First period in which it delivers; empty: from the start."),
        Column("valid_until", "period", "Last period in which it delivers; empty: no end."),
    ),
    key=("item", "location", "supplier"),
)

PRICE_BREAKS = Table(
    "price_breaks",
    "Prices that depend on the quantity ordered.",
    "inputs",
    (
        Column("item", "text", "Item bought.", required=True, refers_to="items.item"),
        Column("location", "text", "Location that receives it; empty: all.", refers_to="locations.location"),
        Column("supplier", "text", "Supplier.", required=True, refers_to="suppliers.supplier"),
        Column("from_quantity", "number", "Smallest order at this price.", unit="units", required=True, minimum=0),
        Column("price", "money", "Price in the supplier's currency.", unit="per unit", required=True, minimum=0),
        Column("applies_to", "text", "All units of the order, or only those beyond the quantity.",
               default="all units", choices=("all units", "units beyond")),
    ),
    key=("item", "location", "supplier", "from_quantity"),
)

CONTRACTS = Table(
    "contracts",
    "Quantities agreed with suppliers over several periods.",
    "inputs",
    (
        Column("contract", "text", "Number of the contract.", required=True),
        Column("supplier", "text", "Supplier.", required=True, refers_to="suppliers.supplier"),
        Column("item", "text", "Item; empty: all items of the supplier.", refers_to="items.item"),
        Column("from_period", "period", "First period of receipts that count; empty: from the start."),
        Column("until_period", "period", "Last period of receipts that count; empty: no end."),
        Column("minimum_quantity", "number", "Quantity still to be taken over these periods.", unit="units",
               default=0.0, minimum=0),
        Column("maximum_quantity", "number", "Most that may still be called; empty: no limit.", unit="units",
               minimum=0),
        Column("shortfall_cost", "money", "Paid for each unit not taken.", unit="{currency} per unit", default=0.0,
               minimum=0),
    ),
    key=("contract", "item"),
)

LANES = Table(
    "lanes",
    "Ways along which stock moves from one location to another.",
    "inputs",
    (
        Column("from_location", "text", "Sends.", required=True, refers_to="locations.location"),
        Column("to_location", "text", "Receives.", required=True, refers_to="locations.location"),
        Column("item", "text", "Item; empty: all items.", refers_to="items.item"),
        Column("lead_time", "number", "Days in transit.", unit="days", default=0.0, minimum=0, maximum=3650),
        Column("unit_cost", "money", "Freight.", unit="{currency} per unit", default=0.0, minimum=0),
        Column("capacity", "number", "Most that can be moved per period, per item; empty: no limit.",
               unit="units per {bucket}", minimum=0),
        Column("priority", "number", "1 is the usual way to the receiver; others serve when it cannot.", default=1.0,
               minimum=1, maximum=99),
        Column("quota", "percent", "Share of what the receiver gets that shall come this way; empty: none is agreed.",
               minimum=0, maximum=1),
        Column("total_capacity", "number", "Most that can be moved per period, all items together; empty: no limit. "
               "Give it, and the loads, in the row for all items.", unit="units per {bucket}", minimum=0),
        Column("minimum_load", "number", "Smallest shipment, all items together.", unit="units", default=0.0,
               minimum=0),
        Column("load_size", "number", "Units in one vehicle or container; empty: loads are not counted.", unit="units",
               minimum=0),
        Column("load_cost", "money", "Cost of one vehicle or container, beside the freight of its units.",
               unit="{currency} per load", default=0.0, minimum=0),
    ),
    key=("from_location", "to_location", "item"),
)

STOCK_ON_HAND = Table(
    "stock_on_hand",
    "Stock at the start of the first period.",
    "inputs",
    (
        Column("item", "text", "Item.", required=True, refers_to="items.item"),
        Column("location", "text", "Location.", required=True, refers_to="locations.location"),
        Column("quantity", "number", "Quantity on hand.", unit="units", required=True, minimum=0),
        Column("batch", "text", "Batch, where stock of different age is told apart."),
        Column("received", "date", "When it came; empty: not known."),
    ),
    key=("item", "location", "batch"),
)

COSTS = Table(
    "costs",
    "Standard cost of each item, by element, and what making it costs beside hours and components.",
    "inputs",
    (
        Column("item", "text", "Item.", required=True, refers_to="items.item"),
        Column("material_cost", "money", "Material in the standard cost.", unit="{currency} per unit", default=0.0,
               minimum=0),
        Column("conversion_cost", "money", "Labour and machines in the standard cost.", unit="{currency} per unit",
               default=0.0, minimum=0),
        Column("subcontract_cost", "money", "Subcontractors' work in the standard cost.", unit="{currency} per unit",
               default=0.0, minimum=0),
        Column("scrap_cost", "money", "Usual losses in the standard cost.", unit="{currency} per unit", default=0.0,
               minimum=0),
        Column("production_cost", "money", "Cost of making one unit that neither routing nor components carry.",
               unit="{currency} per unit", default=0.0, minimum=0),
    ),
    key=("item",),
)


NETWORK_TABLES: tuple[Table, ...] = (
    CALENDARS, RESOURCES, RESOURCE_CALENDAR, ALTERNATE_RESOURCES, CHANGEOVERS, ROUTINGS, BILLS_OF_MATERIAL, CO_PRODUCTS,
    SUPPLIERS, SOURCING, PRICE_BREAKS, CONTRACTS, LANES, STOCK_ON_HAND, COSTS,
)
