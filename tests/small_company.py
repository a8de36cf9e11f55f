"""A company small enough to check by hand: two products, one plant, one warehouse, two markets, two years of sales.

Tests build on it; give it no more than they need.
"""

from __future__ import annotations

import pandas as pd

from sopxl.periods import Periods
from sopxl.schema import Tables, conform_all
from sopxl.settings import Settings, settings_frame
from sopxl.tables import TABLES

SETTINGS = Settings(company="Small & Co", first_period="2027-01", horizon=4, currency="EUR")


def small_company(settings: Settings = SETTINGS) -> Tables:
    """The input tables of the company, conformed."""
    tables = {
        "settings": settings_frame(settings),
        "items": pd.DataFrame({
            "item": ["TABLE", "CHAIR", "LEG", "WOOD"],
            "name": ["Oak table", "Chair", "Leg", "Oak, sawn"],
            "category": ["Furniture", "Furniture", "Parts", "Parts"],
            "family": ["Tables", "Chairs", "Parts", "Parts"],
            "status": ["active", "active", "component", "component"],
        }),
        "locations": pd.DataFrame({"location": ["PLANT", "NORTH"], "name": ["Plant", "Northern warehouse"],
                                   "kind": ["plant", "warehouse"]}),
        "markets": pd.DataFrame({
            "market": ["South shop", "North shop"], "territory": ["South", "North"], "channel": ["Shop", "Shop"],
            "market_group": ["South", "North"], "ship_from": ["PLANT", "NORTH"], "freight_cost": [1.0, 2.0],
        }),
        "sales_history": _history(settings),
        "open_orders": pd.DataFrame({
            "order": ["S1", "P1"], "kind": ["sale", "purchase"], "item": ["TABLE", "WOOD"], "location": ["", "PLANT"],
            "market": ["South shop", ""], "supplier": ["", "SAWMILL"], "due_period": ["2027-01", "2027-01"],
            "quantity": [5.0, 100.0],
        }),
        "prices": pd.DataFrame({"item": ["TABLE", "CHAIR"], "market": ["", ""], "price": [400.0, 90.0]}),
        "resources": pd.DataFrame({"resource": ["SHOP"], "name": ["Workshop"], "location": ["PLANT"],
                                   "hours_per_day": [8.0], "days": ["working"], "hourly_cost": [30.0],
                                   "overtime_limit": [0.25]}),
        "routings": pd.DataFrame({"item": ["TABLE", "LEG"], "location": ["PLANT", "PLANT"], "operation": ["10", "10"],
                                  "resource": ["SHOP", "SHOP"], "hours_per_unit": [2.0, 0.25]}),
        "bills_of_material": pd.DataFrame({"parent": ["TABLE", "TABLE", "LEG"], "component": ["LEG", "WOOD", "WOOD"],
                                           "quantity": [4.0, 2.0, 0.5]}),
        "suppliers": pd.DataFrame({"supplier": ["SAWMILL", "SEATS"], "name": ["Sawmill", "Seats Ltd"]}),
        "sourcing": pd.DataFrame({"item": ["WOOD", "CHAIR"], "location": ["PLANT", "PLANT"],
                                  "supplier": ["SAWMILL", "SEATS"], "price": [20.0, 45.0], "lead_time": [20.0, 10.0],
                                  "expedite_cost": [0.2, 0.2]}),
        "lanes": pd.DataFrame({"from_location": ["PLANT"], "to_location": ["NORTH"], "unit_cost": [3.0],
                               "lead_time": [5.0]}),
        "stock_on_hand": pd.DataFrame({"item": ["TABLE", "CHAIR", "WOOD"], "location": ["PLANT", "NORTH", "PLANT"],
                                       "quantity": [20.0, 30.0, 60.0]}),
        "stock_policies": pd.DataFrame({"item": ["TABLE"], "location": ["PLANT"], "safety_stock": [5.0]}),
        "costs": pd.DataFrame({"item": ["TABLE", "CHAIR", "LEG", "WOOD"], "material_cost": [80.0, 45.0, 10.0, 20.0],
                               "conversion_cost": [90.0, 0.0, 7.5, 0.0]}),
        "budget": pd.DataFrame({"period": ["2027-01"], "family": ["Tables"], "market": ["South Shop"],
                                "revenue": [12000.0], "gross_margin": [6000.0]}),
    }
    return conform_all(TABLES, tables)


def _history(settings: Settings) -> pd.DataFrame:
    """Steady sales with a December peak: tables 20 and 10 a month, chairs 60 and 30."""
    rows = []
    for label in Periods(settings.bucket, settings.first_period, 1).before(24):
        peak = 1.5 if label.endswith("-12") else 1.0
        for item, price, south, north in (("TABLE", 400.0, 20.0, 10.0), ("CHAIR", 90.0, 60.0, 30.0)):
            for market, units in (("South shop", south), ("North shop", north)):
                rows.append({"period": label, "item": item, "market": market, "quantity": units * peak,
                             "revenue": units * peak * price})
    return pd.DataFrame(rows)
