"""What the demo assumes because the source does not say: one constant each; README.md gives value and reason.

To add an assumption, add a constant here and its line in README.md; a test compares the two.
"""

from __future__ import annotations

FIRST_PERIOD = "2014-06"
HORIZON = 18

PLANT = "Bothell plant"
WAREHOUSE_OF_GROUP = {"Europe": "Europe warehouse", "Pacific": "Pacific warehouse"}
TRANSIT_DAYS = {"Europe": 35, "Pacific": 30}
TRANSIT_FREIGHT = {
    "Europe": {"Bikes": 24.0, "Components": 4.0, "Accessories": 0.6, "Clothing": 0.4},
    "Pacific": {"Bikes": 20.0, "Components": 3.5, "Accessories": 0.5, "Clothing": 0.35},
}
CUSTOMER_FREIGHT = 0.0

OVERTIME_LIMIT = 0.15
OVERTIME_FACTOR = 1.5
EXPEDITE_SURCHARGE = 0.25
OVERHEAD_SHARE_OF_PRODUCTION_COST = 1 / 3
MINIMUM_ORDER_MONTHS = 3
PACK_SIZE = {"EA": 1, "DZ": 12, "PAK": 40, "GAL": 128, "CS": 100, "CTN": 500, "CAN": 500}

SAFETY_DAYS = {"Bikes": 10.0, "Components": 15.0, "Accessories": 15.0, "Clothing": 15.0, "Raw & parts": 5.0}
ORDERED_GROWTH = 1.15
INTERCOMPANY_MARKUP = 0.1
SHARE_OF_FIXED_EXPENSES = {"North America": 0.6, "Europe": 0.25, "Pacific": 0.15}

BUDGET_GROWTH = 1.15
OPERATING_EXPENSES = {"Commissions and marketing": ("percent", 6.0), "Administration": ("fixed", 250_000.0)}
CUSTOMER_DAYS = {"Reseller": 30.0, "Online": 0.0}
PAYABLE_DAYS = 30.0
FIXED_ASSETS = {
    "Fittings of the warehouses": (900_000.0, "2011-07", 10.0, 0.0),
    "Order portal": (240_000.0, "2014-09", 4.0, 0.0),
    "Delivery vans": (360_000.0, "2015-03", 6.0, 60_000.0),
}
TAX_RATE = 35.0
TAX_PAYMENT_PERIODS = 3
OPENING_CASH = 3_000_000.0
OPENING_LOANS = 2_500_000.0

PROJECT = {
    "project": "FENDERS", "name": "Fender sets for resellers", "owner": "Product management", "status": "idea",
    "launch_item": "FE-6654", "launch_market": "Northwest Reseller", "launch_period": "2015-01", "curve": "ramp",
    "potential": 150.0, "ramp_periods": 4, "life": 4.0,
}
PROJECT_STAGES = (
    ("Concept", "2014-07", "2014-08", 0.7, 6_000.0, 0.0, False),
    ("Mounting kit", "2014-09", "2014-10", 0.8, 9_000.0, 15_000.0, True),
    ("Trial with dealers", "2014-11", "2014-12", 0.9, 5_000.0, 0.0, False),
)
PROJECT_HOURS = {
    ("Concept", "Product engineering"): 240.0, ("Mounting kit", "Product engineering"): 320.0,
    ("Mounting kit", "Final Assembly"): 40.0, ("Trial with dealers", "Product engineering"): 80.0,
}
PROJECT_POOLS = {"Product engineering": 480.0}
INITIATIVES = {
    "EVENING SHIFT": {
        "name": "Evening shift at Subassembly", "kind": "shift", "owner": "Production", "switched_on": False,
        "start_period": "2014-09", "probability": 0.8, "investment": 60_000.0, "life": 8.0, "running_cost": 9_000.0,
    },
    "TIRE CONTRACT": {
        "name": "Framework contract for tires and tubes", "kind": "cost programme", "owner": "Purchasing",
        "switched_on": False, "start_period": "2014-10", "probability": 0.7, "investment": 15_000.0, "life": 3.0,
    },
}
INITIATIVE_EFFECTS = {
    "EVENING SHIFT": {"effect": "capacity hours", "resource": "Subassembly", "amount": 25.0, "counted_as": "percent"},
    "TIRE CONTRACT": {"effect": "purchase price", "family": "Tires and Tubes", "amount": -4.0,
                      "counted_as": "percent"},
}
