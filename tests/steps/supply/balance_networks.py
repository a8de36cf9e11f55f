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
        "lot_rule": "lot-for-lot", "lot_size": NAN, "minimum_lot": 0.0, "lot_multiple": NAN, "lot_periods": NAN,
        "safety_stock": 0.0, "safety_days": 0.0, "backlog_cost": NAN,
    },
    "demands": {
        "item": "Bike", "market": "Home", "node": 0, "priority": 1.0, "freight_cost": 0.0, "opening_backlog": 0.0,
    },
    "makes": {"node": 0, "item": "Bike", "location": "Plant", "lead": 0, "production_cost": 0.0},
    "components": {"make": 0, "node": 0, "quantity": 1.0},
    "operations": {
        "make": 0, "resource": 0, "operation": "10", "hours_per_unit": 0.0, "setup_hours": 0.0, "offset": 0,
    },
    "buys": {
        "node": 0, "item": "Bike", "location": "Plant", "supplier": "Supplier", "lead": 0, "unit_price": 0.0,
        "expedite_price": NAN, "minimum_order": 0.0, "order_multiple": NAN, "capacity": NAN, "priority": 1.0,
    },
    "moves": {
        "item": "Bike", "from_node": 0, "to_node": 1, "from_location": "Plant", "to_location": "Depot", "lead": 0,
        "unit_cost": 0.0, "capacity": NAN, "usual": True,
    },
    "resources": {
        "resource": "Assembly", "location": "Plant", "hourly_cost": 0.0, "overtime_cost": 0.0, "overtime_share": 0.0,
        "workers": NAN, "worker_hours": NAN, "wage": 0.0, "hiring_cost": 0.0, "layoff_cost": 0.0,
        "overall_share": NAN,
    },
}
SHAPES = {
    "demand": ("demands", 0.0), "price": ("demands", 0.0), "minimum_stock": ("nodes", 0.0),
    "maximum_stock": ("nodes", np.inf), "order_cost": ("nodes", 0.0), "open_production": ("makes", 0.0),
    "open_purchases": ("buys", 0.0), "open_transfers": ("moves", 0.0), "open_other": ("nodes", 0.0),
    "firm_production": ("makes", NAN), "regular_hours": ("resources", 0.0), "overtime_hours": ("resources", 0.0),
}


def small_network(periods: int, settings: dict[str, Any] | None = None, **parts: Any) -> Network:
    """A network of the records given (``nodes=[{...}]``) and of the arrays given (broadcast to their shape)."""
    frames: dict[str, Any] = {
        name: pd.DataFrame([{**default, **record} for record in parts.get(name, [])], columns=list(default))
        for name, default in DEFAULTS.items()
    }
    for name, frame in frames.items():
        frames[name] = frame.astype({column: type(value) for column, value in DEFAULTS[name].items()
                                     if not isinstance(value, str)})
    arrays: dict[str, Any] = {
        name: np.array(np.broadcast_to(np.asarray(parts.get(name, otherwise), float), (len(frames[of]), periods)))
        for name, (of, otherwise) in SHAPES.items()
    }
    storage = pd.DataFrame(parts.get("storage", []), columns=["location", "storage_capacity"])
    return Network(settings=Settings(horizon=periods, **(settings or {})), storage=storage, **frames, **arrays)
