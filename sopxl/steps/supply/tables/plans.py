"""The plan grids of supply. Add a measure here, nowhere else."""

from __future__ import annotations

from sopxl.schema import Column, Measure, PlanGrid

_ITEM = Column("item", "text", "Item.", refers_to="items.item")
_NAME = Column("name", "text", "Name of the item.")
_LOCATION = Column("location", "text", "Location.", refers_to="locations.location")
_FAMILY = Column("family", "text", "Family of the item.")
_ROUTING = Column("routing", "text", "Routing, where there are several ways to make it.", or_empty=True)
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
    (
        _ITEM, _NAME, _LOCATION, _FAMILY, _ROUTING,
        Column("yield_rate", "percent", "Good units per unit started.", default=1.0),
    ),
    key=("item", "location", "routing"),
    measures=(
        Measure("Required production", "result", "What would be needed without limits.", unit="units"),
        Measure("Required lots", "result", "Set-ups for the required production.", unit="lots", detail=True),
        Measure("Firm production", "input", "The planner's quantity: planned exactly so.", unit="units", minimum=0),
        Measure("Planned production", "result", "What the plan starts.", unit="units"),
        Measure("Good output", "formula", "Good units of the planned production.", unit="units",
                formula="{Planned production}*{#yield_rate}", detail=True),
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
        _ITEM, _NAME, _LOCATION, _ROUTING,
        Column("operation", "text", "Operation of the routing."),
        Column("hours_per_unit", "number", "Standard hours for one unit.", unit="hours per unit", default=0.0),
        Column("setup_hours", "number", "Hours for one set-up.", unit="hours per lot", default=0.0),
    ),
    key=("resource", "item", "location", "routing", "operation"),
    measures=(
        Measure("Required hours", "formula", "Hours of the required production.", unit="hours",
                formula="{production_plan:Required production by item,location,routing}*{#hours_per_unit}"
                        "+{production_plan:Required lots by item,location,routing}*{#setup_hours}"),
        Measure("Planned hours", "formula", "Hours of the planned production.", unit="hours",
                formula="{production_plan:Planned production by item,location,routing}*{#hours_per_unit}"
                        "+{production_plan:Planned lots by item,location,routing}*{#setup_hours}"),
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
        Column("extra_shift_hours", "number", "Hours that one extra shift adds.", unit="hours", default=0.0),
        Column("extra_shift_cost", "money", "Cost of running one extra shift.", unit="{currency} per shift",
               default=0.0),
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
        Measure("Hours taken over", "result", "Hours worked for other resources that this one stands in for.",
                unit="hours", detail=True),
        Measure("Hours given away", "result", "Hours of its work that other resources do.", unit="hours", detail=True),
        Measure("Planned hours", "formula", "Hours of the plan.", unit="hours",
                formula="{resource_load:Planned hours by resource}+{Hours taken over}-{Hours given away}"),
        Measure("Planned load", "formula", "Planned hours against regular hours.", "percent",
                formula="IF({Regular hours}=0,0,{Planned hours}/{Regular hours})"),
        Measure("Extra shifts", "result", "Extra shifts run.", unit="shifts", detail=True),
        Measure("Overtime hours", "formula", "Planned hours beyond regular time and extra shifts.", unit="hours",
                formula="MAX(0,{Planned hours}-{Regular hours}-{Extra shifts}*{#extra_shift_hours})"),
        Measure("Free hours", "formula", "Regular hours not used.", unit="hours",
                formula="MAX(0,{Regular hours}-{Planned hours})"),
        Measure("Value of one more hour", "result", "What the plan would save with one more regular hour.", "money",
                "{currency} per hour"),
        Measure("Workers", "result", "Workers employed, where hiring and lay-off are planned.", unit="workers",
                detail=True),
        Measure("Hired", "result", "Workers hired.", unit="workers", detail=True),
        Measure("Laid off", "result", "Workers laid off.", unit="workers", detail=True),
        Measure("Regular cost", "formula", "Regular hours and extra shifts worked, and wages.", "money", "{currency}",
                formula="({Planned hours}-{Overtime hours})*{#hourly_cost}+{Extra shifts}*{#extra_shift_cost}"
                        "+{Workers}*{#wage}", detail=True),
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
        Column("unit_price", "money", "Price of the first unit in the plan's currency.", unit="{currency} per unit",
               default=0.0),
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
        Measure("Price", "result", "What a unit of the receipts costs on average, by the price breaks that their "
                "quantities earn.", "money", "{currency} per unit", detail=True),
        Measure("Spend", "formula", "Receipts at purchase prices.", "money", "{currency}",
                formula="({Open orders}+{Planned receipts})*{Price}+{Expedited}*{#expedite_price}"),
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
        Column("under_way", "number", "Units under way at the start.", unit="units", default=0.0),
        Column("standard_cost", "money", "Standard cost.", unit="{currency} per unit", default=0.0),
    ),
    key=("item", "from_location", "to_location"),
    measures=(
        Measure("Required arrivals", "result", "What would be needed without limits.", unit="units"),
        Measure("Planned shipments", "result", "New transfers, when they leave.", unit="units"),
        Measure("Arrivals", "result", "Transfers under way and planned, when they arrive.", unit="units"),
        Measure("In transit", "formula", "Units under way at the end of the period.", unit="units",
                first="{#under_way}+{Planned shipments}-{Arrivals}",
                formula="{In transit@-1}+{Planned shipments}-{Arrivals}"),
        Measure("In transit value", "formula", "Units under way at standard cost.", "money", "{currency}",
                formula="{In transit}*{#standard_cost}", detail=True),
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
        Column("storage_units", "number", "Places that one unit takes in a store.", unit="places", default=1.0),
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
        Measure("Storage used", "formula", "Places that the closing stock takes.", unit="places",
                formula="{Closing stock}*{#storage_units}", detail=True),
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
        Column("subcontract_cost", "money", "Subcontractors' work in the standard cost.", unit="{currency} per unit",
               default=0.0),
        Column("scrap_cost", "money", "Usual losses in the standard cost.", unit="{currency} per unit", default=0.0),
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
        Measure("Orders in hand", "result", "Customers' orders within the demand, overdue ones at once.", unit="units",
                detail=True),
        Measure("Waiting orders", "result", "Customers' orders in the backlog: orders are served before forecast.",
                unit="units", detail=True),
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
        Measure("Subcontract", "formula", "Subcontractors' work in the shipments.", "money", "{currency}",
                formula="{Shipments}*{#subcontract_cost}", detail=True),
        Measure("Scrap", "formula", "Usual losses in the shipments.", "money", "{currency}",
                formula="{Shipments}*{#scrap_cost}", detail=True),
        Measure("Freight", "formula", "Freight of the shipments.", "money", "{currency}",
                formula="{Shipments}*{#freight_cost}", detail=True),
    ),
)


ROUGH_CUT_PLAN = PlanGrid(
    "rough_cut_plan",
    "Load of each resource by the methods of rough-cut planning, from the master schedule alone.",
    "plans",
    (
        Column("resource", "text", "Resource.", refers_to="resources.resource"),
        Column("method", "text", "Overall factors, bills of capacity or resource profiles."),
    ),
    key=("resource", "method"),
    measures=(
        Measure("Hours", "result", "Hours by this method.", unit="hours"),
        Measure("Load", "formula", "Hours against regular hours.", "percent",
                formula="IF({capacity_plan:Regular hours by resource}=0,0,"
                        "{Hours}/{capacity_plan:Regular hours by resource})"),
    ),
)

SUPPLIER_PLAN = PlanGrid(
    "supplier_plan",
    "What comes from each supplier and what is paid for it.",
    "plans",
    (
        Column("supplier", "text", "Supplier.", refers_to="suppliers.supplier"),
        Column("name", "text", "Name of the supplier."),
    ),
    key=("supplier",),
    measures=(
        Measure("Inbound", "formula", "Units received, open orders included.", unit="units",
                formula="{procurement_plan:Open orders by supplier}+{procurement_plan:Planned receipts by supplier}"),
        Measure("Capacity", "result", "Most that it delivers; empty: no limit.", unit="units"),
        Measure("Load", "formula", "Inbound against capacity; 0 where there is no limit.", "percent",
                formula="IF({Capacity}=0,0,{Inbound}/{Capacity})"),
        Measure("Spend", "formula", "Receipts at purchase prices.", "money", "{currency}",
                formula="{procurement_plan:Spend by supplier}"),
        Measure("Contract shortfall", "result", "Paid for what contracts ask for and is not taken, in the last period "
                "in which receipts count.", "money", "{currency}", detail=True),
        Measure("Value of one more unit", "result", "What the plan would save if it could deliver one more unit.",
                "money", "{currency} per unit"),
    ),
)

LANE_PLAN = PlanGrid(
    "lane_plan",
    "What moves on each lane, all items together, and in how many loads.",
    "plans",
    (
        Column("from_location", "text", "Sends.", refers_to="locations.location"),
        Column("to_location", "text", "Receives.", refers_to="locations.location"),
        Column("load_size", "number", "Units in one load.", unit="units", default=0.0),
        Column("load_cost", "money", "Cost of one load.", unit="{currency} per load", default=0.0),
    ),
    key=("from_location", "to_location"),
    measures=(
        Measure("Units", "formula", "Planned shipments, when they leave.", unit="units",
                formula="{distribution_plan:Planned shipments by from_location,to_location}"),
        Measure("Capacity", "result", "Most that can be moved; empty: no limit.", unit="units"),
        Measure("Loads", "result", "Vehicles or containers.", unit="loads"),
        Measure("Fill", "formula", "How full the loads are.", "percent",
                formula="IF({Loads}*{#load_size}=0,0,{Units}/({Loads}*{#load_size}))"),
        Measure("Load cost", "formula", "Loads at their cost.", "money", "{currency}",
                formula="{Loads}*{#load_cost}"),
    ),
)

STORAGE_PLAN = PlanGrid(
    "storage_plan",
    "How full each location is.",
    "plans",
    (Column("location", "text", "Location.", refers_to="locations.location"),),
    key=("location",),
    measures=(
        Measure("Storage used", "formula", "Places that the closing stock takes.", unit="places",
                formula="{inventory_plan:Storage used by location}"),
        Measure("Capacity", "result", "Places that there are; empty: no limit.", unit="places"),
        Measure("Load", "formula", "Places used against capacity; 0 where there is no limit.", "percent",
                formula="IF({Capacity}=0,0,{Storage used}/{Capacity})"),
        Measure("Stock value", "formula", "Closing stock at standard cost.", "money", "{currency}",
                formula="{inventory_plan:Stock value by location}"),
        Measure("Value of one more place", "result", "What the plan would save with one more place.", "money",
                "{currency} per place"),
    ),
)

BACKLOG_SUMMARY = PlanGrid(
    "backlog_summary",
    "What waits, by customer group: orders in hand first, then what is only forecast.",
    "plans",
    (
        Column("market", "text", "Planning market: the customer group."),
        Column("priority", "number", "1 is served first.", default=1.0),
    ),
    key=("market",),
    measures=(
        Measure("Demand", "formula", "Orders in hand and forecast.", unit="units",
                formula="{backlog_plan:Demand by market}"),
        Measure("Shipments", "formula", "Shipped to customers.", unit="units",
                formula="{backlog_plan:Shipments by market}"),
        Measure("Backlog", "formula", "Demand that waits at the end of the period.", unit="units",
                formula="{backlog_plan:Backlog by market}"),
        Measure("Waiting orders", "formula", "Customers' orders in the backlog.", unit="units",
                formula="{backlog_plan:Waiting orders by market}"),
        Measure("Waiting forecast", "formula", "Forecast demand in the backlog.", unit="units",
                formula="{Backlog}-{Waiting orders}"),
        Measure("Backlog value", "formula", "Backlog at net price.", "money", "{currency}",
                formula="{backlog_plan:Backlog value by market}"),
    ),
)

PLAN_GRIDS: tuple[PlanGrid, ...] = (
    REQUIREMENTS, PRODUCTION_PLAN, RESOURCE_LOAD, CAPACITY_PLAN, ROUGH_CUT_PLAN, PROCUREMENT_PLAN, SUPPLIER_PLAN,
    DISTRIBUTION_PLAN, LANE_PLAN, INVENTORY_PLAN, STORAGE_PLAN, BACKLOG_PLAN, BACKLOG_SUMMARY,
)
