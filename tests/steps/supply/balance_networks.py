"""Small networks for the tests of balancing, built from what differs from 'nothing'."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sopxl.settings import Settings
from sopxl.steps.supply.network import Network

NAN = float("nan")
DEFAULTS: dict[str, dict[str, Any]] = {
    "nodes": {
        "item": "Bike", "location": "Plant", "level": 0, "on_hand": 0.0, "unit_cost": 0.0, "holding_cost": 0.0,
        "storage_units": 1.0, "safety_time": 0.0, "lot_rule": "lot-for-lot", "lot_size": NAN, "minimum_lot": 0.0,
        "lot_multiple": NAN, "lot_periods": NAN, "safety_stock": 0.0, "safety_days": 0.0, "backlog_cost": NAN,
        "service_level": NAN, "fill_rate": NAN, "demand_deviation": NAN, "lead_time_deviation": 0.0,
        "review_days": NAN, "service_time": NAN, "fulfilment": "make-to-stock",
        "family": "All",
    },
    "demands": {
        "item": "Bike", "market": "Home", "node": 0, "priority": 1.0, "quota": NAN, "freight_cost": 0.0,
        "opening_backlog": 0.0,
    },
    "makes": {
        "node": 0, "item": "Bike", "location": "Plant", "routing": "", "lead": 0, "production_cost": 0.0,
        "yield_rate": 1.0, "priority": 1.0,
    },
    "components": {"make": 0, "node": 0, "quantity": 1.0},
    "operations": {
        "make": 0, "resource": 0, "operation": "10", "use": "primary", "hours_per_unit": 0.0, "setup_hours": 0.0,
        "setup_group": "", "offset": 0,
    },
    "buys": {
        "node": 0, "item": "Bike", "location": "Plant", "supplier": "Supplier", "lead": 0, "unit_price": 0.0,
        "expedite_price": NAN, "minimum_order": 0.0, "order_multiple": NAN, "capacity": NAN, "priority": 1.0,
        "quota": NAN,
    },
    "moves": {
        "item": "Bike", "from_node": 0, "to_node": 1, "from_location": "Plant", "to_location": "Depot", "lead": 0,
        "unit_cost": 0.0, "capacity": NAN, "priority": 1.0, "quota": NAN, "lane": 0, "usual": True,
    },
    "resources": {
        "resource": "Assembly", "location": "Plant", "machines": 1.0, "hourly_cost": 0.0, "overtime_cost": 0.0,
        "overtime_share": 0.0, "most_extra_shifts": 0.0, "extra_shift_hours": 0.0, "extra_shift_cost": 0.0,
        "workers": NAN, "worker_hours": NAN, "wage": 0.0, "hiring_cost": 0.0, "layoff_cost": 0.0,
        "least_workers": 0.0, "most_workers": NAN, "most_hired": NAN, "most_laid_off": NAN, "overall_share": NAN,
    },
}
OPTIONAL: dict[str, dict[str, Any]] = {
    "co_products": {"make": 0, "node": 0, "quantity": 1.0},
    "alternates": {"operation": 0, "resource": 0, "hours_factor": 1.0},
    "suppliers": {"supplier": "Supplier", "capacity": NAN},
    "price_breaks": {"buy": 0, "from_quantity": 0.0, "unit_price": 0.0, "all_units": True},
    "contracts": {
        "contract": "C", "supplier": "Supplier", "minimum": 0.0, "maximum": NAN, "shortfall_cost": 0.0,
        "first": 0, "last": 0,
    },
    "contract_buys": {"contract": 0, "buy": 0},
    "financial_limits": {
        "limit": "", "family": "", "name": "all families", "amount": 0.0, "share": NAN, "first": 0, "last": 0,
        "in_total": False,
    },
    "lanes": {
        "from_location": "Plant", "to_location": "Depot", "total_capacity": NAN, "minimum_load": 0.0,
        "load_size": NAN, "load_cost": 0.0,
    },
}
"""Frames that a network may do without: where none is given, the network's own empty one stands."""
SHAPES = {
    "demand": ("demands", 0.0), "price": ("demands", 0.0), "minimum_stock": ("nodes", 0.0),
    "maximum_stock": ("nodes", np.inf), "order_cost": ("nodes", 0.0), "open_production": ("makes", 0.0),
    "open_purchases": ("buys", 0.0), "open_transfers": ("moves", 0.0), "open_other": ("nodes", 0.0),
    "firm_production": ("makes", NAN), "regular_hours": ("resources", 0.0), "overtime_hours": ("resources", 0.0),
}
OPTIONAL_SHAPES: dict[str, tuple[str, type]] = {
    "orders_in_hand": ("demands", float), "make_open": ("makes", bool), "component_open": ("components", bool),
    "buy_open": ("buys", bool), "move_open": ("moves", bool), "prescribed_workers": ("resources", float),
    "last_production": ("makes", float), "frozen": ("makes", bool), "slushy": ("makes", bool),
    "safety_stock": ("nodes", float),
}


def small_network(periods: int, settings: dict[str, Any] | None = None, **parts: Any) -> Network:
    """A network of the records given (``nodes=[{...}]``) and of the arrays given (broadcast to their shape)."""
    frames: dict[str, Any] = {name: _frame(default, parts.get(name, [])) for name, default in DEFAULTS.items()}
    arrays: dict[str, Any] = {
        name: np.array(np.broadcast_to(np.asarray(parts.get(name, otherwise), float), (len(frames[of]), periods)))
        for name, (of, otherwise) in SHAPES.items()
    }
    more: dict[str, Any] = {name: _frame(OPTIONAL[name], parts[name]) for name in OPTIONAL if name in parts}
    for name, (of, kind) in OPTIONAL_SHAPES.items():
        if name in parts:
            more[name] = np.array(np.broadcast_to(np.asarray(parts[name], kind), (len(frames[of]), periods)))
    storage = pd.DataFrame(parts.get("storage", []), columns=["location", "storage_capacity"])
    return Network(settings=Settings(horizon=periods, **(settings or {})), storage=storage, **frames, **arrays, **more)


def _frame(default: dict[str, Any], records: list[dict[str, Any]]) -> pd.DataFrame:
    """A frame of these records, what they leave out by default."""
    frame = pd.DataFrame([{**default, **record} for record in records], columns=list(default))
    return frame.astype({column: type(value) for column, value in default.items() if not isinstance(value, str)})
