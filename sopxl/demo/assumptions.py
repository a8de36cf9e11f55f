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
