"""Small supply plans whose books can be kept by hand: bicycles made of two wheels each, sold from a warehouse."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sopxl.grids import stack
from sopxl.pipeline import compute_formulas
from sopxl.schema import Tables, conform_all
from sopxl.settings import Settings, settings_frame
from sopxl.steps.finance.plan import plan_finance
from sopxl.steps.supply.tables import (
    BACKLOG_PLAN,
    CAPACITY_PLAN,
    DISTRIBUTION_PLAN,
    INVENTORY_PLAN,
    PROCUREMENT_PLAN,
    PRODUCTION_PLAN,
    RESOURCE_LOAD,
    SUPPLIER_PLAN,
)
from sopxl.tables import TABLES

WHEEL_COST = 3.0
BIKE_MATERIAL, BIKE_CONVERSION, OTHER_COST = 7.0, 5.0, 2.0
BIKE_COST = BIKE_MATERIAL + BIKE_CONVERSION
HOURS, HOURLY_COST, OVERTIME_COST = 0.5, 8.0, 12.0


@dataclass(frozen=True)
class Books:
    """What happens in each period, in units; arrays of the same length. A bike takes 2 wheels, 0.5 hours and 2.00."""

    started: np.ndarray
    bought: np.ndarray
    moved: np.ndarray
    shipped: np.ndarray
    expedited: np.ndarray
    open_purchases: np.ndarray
    open_production: np.ndarray
    open_transfers: np.ndarray
    make_lead: int = 0
    move_lead: int = 1
    on_hand: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Wheels at the plant, bikes at the plant, bikes at the warehouse."""
    price: float = 20.0
    unit_price: float = 3.1
    expedite_price: float = 0.5
    freight: float = 0.25
    transfer_freight: float = 1.0
    regular_hours: float = 40.0
    contract_shortfall: float = 0.0
    """Money in the last period."""
    sales_history: list[dict[str, object]] = field(default_factory=list)
    budget: list[dict[str, object]] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)
    inputs: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    """Rows of the tables that finance enters: operating_expenses, payment_terms and so on."""

    @property
    def horizon(self) -> int:
        return len(self.started)

    def in_settings(self) -> Settings:
        values = {"company": "Wheelers", "first_period": "2026-01", "horizon": self.horizon, **self.settings}
        return Settings(**values)  # type: ignore[arg-type]


def later(values: np.ndarray, lead: int) -> np.ndarray:
    """The values ``lead`` periods later; what comes after the last period is cut off."""
    return np.concatenate([np.zeros(lead), values])[: len(values)]


def supply_tables(books: Books) -> Tables:
    """All tables with the grids of the supply step, computed."""
    settings = books.in_settings()
    labels = settings.periods.labels
    tables = conform_all(TABLES, {
        "settings": settings_frame(settings),
        "items": pd.DataFrame({"item": ["bike", "wheel"], "family": ["Bikes", "Wheels"],
                               "status": ["active", "component"]}),
        "locations": pd.DataFrame({"location": ["plant", "store"], "kind": ["plant", "warehouse"]}),
        "markets": pd.DataFrame({"market": ["town"], "channel": ["Shop"], "market_group": ["Home"],
                                 "ship_from": ["store"]}),
        "costs": pd.DataFrame({"item": ["bike", "wheel"], "material_cost": [BIKE_MATERIAL, WHEEL_COST],
                               "conversion_cost": [BIKE_CONVERSION, 0.0], "production_cost": [OTHER_COST, 0.0]}),
        "sales_history": pd.DataFrame(books.sales_history),
        "budget": pd.DataFrame(books.budget),
        **{name: pd.DataFrame(rows) for name, rows in books.inputs.items()},
        "open_orders": _open_orders(books, labels),
    })
    return compute_formulas({**tables, **_grids(books, labels)}, settings)


def planned(books: Books) -> Tables:
    """All tables after the finance step."""
    tables = supply_tables(books)
    return {**tables, **plan_finance(tables, books.in_settings())}


def _open_orders(books: Books, labels: list[str]) -> pd.DataFrame:
    kinds = {"purchase": ("wheel", "plant", "rim maker", books.open_purchases),
             "production": ("bike", "plant", "", books.open_production),
             "transfer": ("bike", "store", "plant", books.open_transfers)}
    rows = [
        {"order": f"{kind} {label}", "kind": kind, "item": item, "location": place, "supplier": source,
         "due_period": label, "quantity": quantity}
        for kind, (item, place, source, quantities) in kinds.items()
        for label, quantity in zip(labels, quantities, strict=True)
    ]
    return pd.DataFrame(rows)


def _grids(books: Books, labels: list[str]) -> Tables:
    made = {"item": ["bike"], "location": ["plant"], "routing": [""]}
    nothing = np.zeros(books.horizon)
    return {
        "production_plan": stack(PRODUCTION_PLAN, pd.DataFrame({**made, "family": ["Bikes"]}),
                                 {"Planned production": books.started[None, :]}, labels),
        "resource_load": stack(
            RESOURCE_LOAD, pd.DataFrame({**made, "resource": ["bench"], "operation": ["1"], "hours_per_unit": [HOURS],
                                         "setup_hours": [0.0]}), {}, labels),
        "capacity_plan": stack(
            CAPACITY_PLAN, pd.DataFrame({"resource": ["bench"], "overtime_cost": [OVERTIME_COST],
                                         "hourly_cost": [HOURLY_COST], "wage": [0.0], "hiring_cost": [0.0],
                                         "layoff_cost": [0.0]}),
            {"Regular hours": np.full((1, books.horizon), books.regular_hours)}, labels),
        "procurement_plan": stack(
            PROCUREMENT_PLAN, pd.DataFrame({"item": ["wheel"], "location": ["plant"], "supplier": ["rim maker"],
                                            "unit_price": [books.unit_price],
                                            "expedite_price": [books.expedite_price], "past_due": [0.0]}),
            {"Open orders": books.open_purchases[None, :], "Planned receipts": books.bought[None, :],
             "Expedited": books.expedited[None, :],
             "Price": np.full((1, books.horizon), books.unit_price)}, labels),
        "supplier_plan": stack(
            SUPPLIER_PLAN, pd.DataFrame({"supplier": ["rim maker"], "name": ["Rim maker"]}),
            {"Contract shortfall": np.append(nothing[1:], books.contract_shortfall)[None, :]}, labels),
        "distribution_plan": stack(
            DISTRIBUTION_PLAN, pd.DataFrame({"item": ["bike"], "from_location": ["plant"], "to_location": ["store"],
                                             "unit_cost": [books.transfer_freight], "past_due": [0.0]}),
            {"Planned shipments": books.moved[None, :]}, labels),
        "inventory_plan": stack(
            INVENTORY_PLAN, pd.DataFrame({"item": ["wheel", "bike", "bike"], "location": ["plant", "plant", "store"],
                                          "family": ["Wheels", "Bikes", "Bikes"], "on_hand": books.on_hand,
                                          "unit_cost": [WHEEL_COST, BIKE_COST, BIKE_COST]}),
            {"Receipts": np.array([books.bought + books.open_purchases,
                                   later(books.started, books.make_lead) + books.open_production,
                                   later(books.moved, books.move_lead) + books.open_transfers]),
             "Internal use": np.array([2 * books.started, books.moved, nothing]),
             "Shipments": np.array([nothing, nothing, books.shipped]),
             "Safety stock": np.zeros((3, books.horizon))}, labels),
        "backlog_plan": stack(
            BACKLOG_PLAN, pd.DataFrame({"item": ["bike"], "market": ["Home Shop"], "family": ["Bikes"],
                                        "opening_backlog": [0.0], "material_cost": [BIKE_MATERIAL],
                                        "conversion_cost": [BIKE_CONVERSION], "freight_cost": [books.freight]}),
            {"Demand": books.shipped[None, :], "Shipments": books.shipped[None, :], "Lost sales": nothing[None, :],
             "Price": np.full((1, books.horizon), books.price)}, labels),
    }
