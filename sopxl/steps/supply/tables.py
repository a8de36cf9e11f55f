"""Tables of the supply network and of the plans for it. Add a column here, nowhere else."""

from __future__ import annotations

from sopxl.schema import Column, Measure, PlanGrid, Table

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
        Column("efficiency", "percent", "Share of these hours that gives standard hours.", default=1.0, minimum=0,
               maximum=5),
        Column("hourly_cost", "money", "Cost of an hour worked in regular time.", unit="{currency} per hour",
               default=0.0, minimum=0),
        Column("overtime_limit", "percent", "Most overtime, as a share of regular hours.", default=0.0, minimum=0,
               maximum=10),
        Column("overtime_cost", "money", "Cost of an hour of overtime; empty: 1.5 times the hourly cost.",
               unit="{currency} per hour", minimum=0),
        Column("workers", "number", "Workers at the start, where hiring and lay-off are planned; empty: they are not.",
               unit="workers", minimum=0),
        Column("worker_hours", "number", "Regular hours of one worker per period.", unit="hours", minimum=0),
        Column("wage", "money", "Pay of one worker per period, busy or not.", unit="{currency} per {bucket}",
               default=0.0, minimum=0),
        Column("hiring_cost", "money", "Cost of hiring one worker.", unit="{currency}", default=0.0, minimum=0),
        Column("layoff_cost", "money", "Cost of laying off one worker.", unit="{currency}", default=0.0, minimum=0),
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
    ),
    key=("resource", "period"),
)

ROUTINGS = Table(
    "routings",
    "The operations by which an item is made, and the hours that they take.",
    "inputs",
    (
        Column("item", "text", "Item made.", required=True, refers_to="items.item"),
        Column("location", "text", "Plant that makes it.", required=True, refers_to="locations.location"),
        Column("operation", "text", "Number of the operation.", required=True),
        Column("resource", "text", "Resource that does it.", required=True, refers_to="resources.resource"),
        Column("hours_per_unit", "number", "Standard hours for one unit.", unit="hours per unit", default=0.0,
               minimum=0),
        Column("setup_hours", "number", "Hours to set up for one lot.", unit="hours per lot", default=0.0, minimum=0),
        Column("offset", "number", "Days before completion at which the operation loads its resource, for resource "
               "profiles.", unit="days", default=0.0, minimum=0),
    ),
    key=("item", "location", "operation"),
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
    ),
    key=("parent", "component"),
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
    ),
    key=("item", "location", "supplier"),
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
    ),
    key=("item", "location"),
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
        Column("production_cost", "money", "Cost of making one unit that neither routing nor components carry.",
               unit="{currency} per unit", default=0.0, minimum=0),
    ),
    key=("item",),
)

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

_ITEM = Column("item", "text", "Item.", refers_to="items.item")
_NAME = Column("name", "text", "Name of the item.")
_LOCATION = Column("location", "text", "Location.", refers_to="locations.location")
_FAMILY = Column("family", "text", "Family of the item.")
_PAST_DUE = Column("past_due", "number", "Quantity that should have been ordered before the first period.",
                   unit="units", default=0.0)

REQUIREMENTS = PlanGrid(
    "requirements",
    "What is needed, limits or not: the material requirements record of every item at every location.",
    "plans",
    (
        _ITEM, _NAME, _LOCATION,
        Column("level", "integer", "Low-level code: 0 for what customers buy, the deepest level where it is used."),
        Column("on_hand", "number", "Stock at the start.", unit="units", default=0.0),
        _PAST_DUE,
    ),
    key=("item", "location"),
    measures=(
        Measure("Gross requirements", "result", "Demand of customers, parents and other locations.", unit="units"),
        Measure("Scheduled receipts", "result", "Open orders that will come.", unit="units"),
        Measure("Planned order receipts", "result", "New orders, when their stock must be there.", unit="units"),
        Measure("Projected available", "formula", "Stock at the end of the period.", unit="units",
                first="{#on_hand}+{Scheduled receipts}+{Planned order receipts}-{Gross requirements}",
                formula="{Projected available@-1}+{Scheduled receipts}+{Planned order receipts}"
                        "-{Gross requirements}"),
        Measure("Planned order releases", "result", "New orders, when they must be placed.", unit="units"),
        Measure("Planned lots", "result", "Number of lots behind the receipts.", unit="lots", detail=True),
    ),
)

PRODUCTION_PLAN = PlanGrid(
    "production_plan",
    "What is made, where and when; a quantity stands in the period in which it is worked on.",
    "plans",
    (_ITEM, _NAME, _LOCATION, _FAMILY),
    key=("item", "location"),
    measures=(
        Measure("Required production", "result", "What would be needed without limits.", unit="units"),
        Measure("Required lots", "result", "Set-ups for the required production.", unit="lots", detail=True),
        Measure("Firm production", "input", "The planner's quantity: planned exactly so.", unit="units", minimum=0),
        Measure("Planned production", "result", "What the plan makes.", unit="units"),
        Measure("Planned lots", "result", "Set-ups for the planned production.", unit="lots", detail=True),
        Measure("Built ahead", "formula", "Planned minus required so far: above 0 built ahead, below 0 late.",
                unit="units", first="{Planned production}-{Required production}",
                formula="{Built ahead@-1}+{Planned production}-{Required production}"),
    ),
)

RESOURCE_LOAD = PlanGrid(
    "resource_load",
    "The hours behind the load of each resource: who causes it.",
    "plans",
    (
        Column("resource", "text", "Resource.", refers_to="resources.resource"),
        _ITEM, _NAME, _LOCATION,
        Column("operation", "text", "Operation of the routing."),
        Column("hours_per_unit", "number", "Standard hours for one unit.", unit="hours per unit", default=0.0),
        Column("setup_hours", "number", "Hours for one set-up.", unit="hours per lot", default=0.0),
    ),
    key=("resource", "item", "location", "operation"),
    measures=(
        Measure("Required hours", "formula", "Hours of the required production.", unit="hours",
                formula="{production_plan:Required production by item,location}*{#hours_per_unit}"
                        "+{production_plan:Required lots by item,location}*{#setup_hours}"),
        Measure("Planned hours", "formula", "Hours of the planned production.", unit="hours",
                formula="{production_plan:Planned production by item,location}*{#hours_per_unit}"
                        "+{production_plan:Planned lots by item,location}*{#setup_hours}"),
    ),
)

CAPACITY_PLAN = PlanGrid(
    "capacity_plan",
    "Load of each resource against what it can do.",
    "plans",
    (
        Column("resource", "text", "Resource.", refers_to="resources.resource"),
        Column("overtime_cost", "money", "Cost of an hour of overtime.", unit="{currency} per hour", default=0.0),
        Column("hourly_cost", "money", "Cost of an hour of regular time.", unit="{currency} per hour", default=0.0),
        Column("wage", "money", "Pay of one worker per period.", unit="{currency}", default=0.0),
        Column("hiring_cost", "money", "Cost of hiring one worker.", unit="{currency}", default=0.0),
        Column("layoff_cost", "money", "Cost of laying off one worker.", unit="{currency}", default=0.0),
    ),
    key=("resource",),
    measures=(
        Measure("Regular hours", "result", "Hours in regular time.", unit="hours"),
        Measure("Overtime limit", "result", "Most overtime.", unit="hours", detail=True),
        Measure("Required hours", "formula", "Hours that would be needed without limits.", unit="hours",
                formula="{resource_load:Required hours by resource}"),
        Measure("Required load", "formula", "Required hours against regular hours.", "percent",
                formula="IF({Regular hours}=0,0,{Required hours}/{Regular hours})"),
        Measure("Planned hours", "formula", "Hours of the plan.", unit="hours",
                formula="{resource_load:Planned hours by resource}"),
        Measure("Planned load", "formula", "Planned hours against regular hours.", "percent",
                formula="IF({Regular hours}=0,0,{Planned hours}/{Regular hours})"),
        Measure("Overtime hours", "formula", "Planned hours beyond regular time.", unit="hours",
                formula="MAX(0,{Planned hours}-{Regular hours})"),
        Measure("Free hours", "formula", "Regular hours not used.", unit="hours",
                formula="MAX(0,{Regular hours}-{Planned hours})"),
        Measure("Value of one more hour", "result", "What the plan would save with one more regular hour.", "money",
                "{currency} per hour"),
        Measure("Workers", "result", "Workers employed, where hiring and lay-off are planned.", unit="workers",
                detail=True),
        Measure("Hired", "result", "Workers hired.", unit="workers", detail=True),
        Measure("Laid off", "result", "Workers laid off.", unit="workers", detail=True),
        Measure("Regular cost", "formula", "Regular hours worked and wages.", "money", "{currency}",
                formula="MIN({Planned hours},{Regular hours})*{#hourly_cost}+{Workers}*{#wage}", detail=True),
        Measure("Overtime cost", "formula", "Overtime hours at their cost.", "money", "{currency}",
                formula="{Overtime hours}*{#overtime_cost}", detail=True),
        Measure("Overtime premium", "formula", "What overtime hours cost beyond regular ones; standard conversion "
                "holds the rest.", "money", "{currency}", formula="{Overtime hours}*({#overtime_cost}-{#hourly_cost})",
                detail=True),
        Measure("Hiring and lay-off cost", "formula", "Workers hired and laid off at their cost.", "money",
                "{currency}", formula="{Hired}*{#hiring_cost}+{Laid off}*{#layoff_cost}", detail=True),
    ),
)

PROCUREMENT_PLAN = PlanGrid(
    "procurement_plan",
    "What is bought from whom and when.",
    "plans",
    (
        _ITEM, _NAME, _LOCATION,
        Column("supplier", "text", "Supplier.", refers_to="suppliers.supplier"),
        Column("unit_price", "money", "Price in the plan's currency.", unit="{currency} per unit", default=0.0),
        Column("expedite_price", "money", "Surcharge for one unit received sooner than the lead time.",
               unit="{currency} per unit", default=0.0),
        _PAST_DUE,
    ),
    key=("item", "location", "supplier"),
    measures=(
        Measure("Required receipts", "result", "What would be needed without limits.", unit="units"),
        Measure("Open orders", "result", "Orders already placed, when they are received.", unit="units"),
        Measure("Planned receipts", "result", "New orders, when they are received.", unit="units"),
        Measure("Planned orders", "result", "New orders, when they must be placed.", unit="units"),
        Measure("Expedited", "result", "Part of the planned receipts that must come sooner than the lead time.",
                unit="units"),
        Measure("Spend", "formula", "Receipts at purchase prices.", "money", "{currency}",
                formula="({Open orders}+{Planned receipts})*{#unit_price}+{Expedited}*{#expedite_price}"),
        Measure("Expedite cost", "formula", "Surcharges in the spend.", "money", "{currency}",
                formula="{Expedited}*{#expedite_price}", detail=True),
    ),
)

DISTRIBUTION_PLAN = PlanGrid(
    "distribution_plan",
    "What moves between locations and when.",
    "plans",
    (
        _ITEM, _NAME,
        Column("from_location", "text", "Sends.", refers_to="locations.location"),
        Column("to_location", "text", "Receives.", refers_to="locations.location"),
        Column("unit_cost", "money", "Freight.", unit="{currency} per unit", default=0.0),
        _PAST_DUE,
    ),
    key=("item", "from_location", "to_location"),
    measures=(
        Measure("Required arrivals", "result", "What would be needed without limits.", unit="units"),
        Measure("Planned shipments", "result", "New transfers, when they leave.", unit="units"),
        Measure("Arrivals", "result", "Transfers under way and planned, when they arrive.", unit="units"),
        Measure("Freight cost", "formula", "Planned shipments at the lane's freight.", "money", "{currency}",
                formula="{Planned shipments}*{#unit_cost}"),
    ),
)

INVENTORY_PLAN = PlanGrid(
    "inventory_plan",
    "Stock of every item at every location.",
    "plans",
    (
        _ITEM, _NAME, _LOCATION, _FAMILY,
        Column("on_hand", "number", "Stock at the start.", unit="units", default=0.0),
        Column("unit_cost", "money", "Standard cost.", unit="{currency} per unit", default=0.0),
    ),
    key=("item", "location"),
    measures=(
        Measure("Opening stock", "formula", "Stock at the start of the period.", unit="units", first="{#on_hand}",
                formula="{Closing stock@-1}"),
        Measure("Receipts", "result", "Made, bought and moved in.", unit="units"),
        Measure("Internal use", "result", "Used in production and moved out.", unit="units"),
        Measure("Shipments", "result", "Shipped to customers.", unit="units"),
        Measure("Closing stock", "formula", "Stock at the end of the period.", unit="units",
                formula="{Opening stock}+{Receipts}-{Internal use}-{Shipments}"),
        Measure("Safety stock", "result", "Stock below which it shall not fall.", unit="units"),
        Measure("Below safety stock", "formula", "What is missing to the safety stock.", unit="units",
                formula="MAX(0,{Safety stock}-{Closing stock})"),
        Measure("Available to promise", "result", "What can still be promised to customers until the next receipt: "
                "receipts less orders in hand and internal use; stock on hand counts in the first period.",
                unit="units"),
        Measure("Coverage", "formula", "How many periods the closing stock lasts at the use of the next three.",
                unit="periods",
                formula="IF(SUM({Internal use@+1},{Shipments@+1},{Internal use@+2},{Shipments@+2},{Internal use@+3},"
                        "{Shipments@+3})<=0,0,3*{Closing stock}/SUM({Internal use@+1},{Shipments@+1},"
                        "{Internal use@+2},{Shipments@+2},{Internal use@+3},{Shipments@+3}))"),
        Measure("Stock value", "formula", "Closing stock at standard cost.", "money", "{currency}",
                formula="{Closing stock}*{#unit_cost}"),
    ),
)

BACKLOG_PLAN = PlanGrid(
    "backlog_plan",
    "Demand, what is shipped for it and what waits, by item and market.",
    "plans",
    (
        _ITEM, _NAME,
        Column("market", "text", "Planning market."),
        _FAMILY,
        Column("opening_backlog", "number", "Customers' orders overdue at the start.", unit="units", default=0.0),
        Column("material_cost", "money", "Material in the standard cost.", unit="{currency} per unit", default=0.0),
        Column("conversion_cost", "money", "Conversion in the standard cost.", unit="{currency} per unit",
               default=0.0),
        Column("freight_cost", "money", "Freight to the customer.", unit="{currency} per unit", default=0.0),
    ),
    key=("item", "market"),
    measures=(
        Measure("Demand", "result", "Orders in hand, and the forecast that they have not consumed.", unit="units"),
        Measure("Shipments", "result", "Shipped to customers.", unit="units"),
        Measure("Lost sales", "result", "Demand that is lost.", unit="units"),
        Measure("Backlog", "formula", "Demand that waits at the end of the period.", unit="units",
                first="{#opening_backlog}+{Demand}-{Shipments}-{Lost sales}",
                formula="{Backlog@-1}+{Demand}-{Shipments}-{Lost sales}"),
        Measure("Customer lead time", "formula", "How long the backlog takes to ship at the present rate.",
                unit="periods", formula="IF({Shipments}<=0,0,{Backlog}/{Shipments})"),
        Measure("Price", "result", "Net price.", "money", "{currency} per unit", detail=True),
        Measure("Sales value", "formula", "Shipments at net price.", "money", "{currency}",
                formula="{Shipments}*{Price}"),
        Measure("Backlog value", "formula", "Backlog at net price.", "money", "{currency}",
                formula="{Backlog}*{Price}"),
        Measure("Material", "formula", "Material in the shipments.", "money", "{currency}",
                formula="{Shipments}*{#material_cost}", detail=True),
        Measure("Conversion", "formula", "Conversion in the shipments.", "money", "{currency}",
                formula="{Shipments}*{#conversion_cost}", detail=True),
        Measure("Freight", "formula", "Freight of the shipments.", "money", "{currency}",
                formula="{Shipments}*{#freight_cost}", detail=True),
    ),
)

SUPPLY_TABLES: tuple[Table, ...] = (
    RESOURCES, RESOURCE_CALENDAR, ROUTINGS, BILLS_OF_MATERIAL, SUPPLIERS, SOURCING, LANES, STOCK_ON_HAND,
    STOCK_POLICIES, STOCK_POLICY_CHANGES, COSTS, REQUIREMENTS, PRODUCTION_PLAN, RESOURCE_LOAD, CAPACITY_PLAN,
    PROCUREMENT_PLAN, DISTRIBUTION_PLAN, INVENTORY_PLAN, BACKLOG_PLAN,
)
