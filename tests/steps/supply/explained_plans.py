"""Finished plans for the tests of what planners are told: small networks planned, seen with few tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.plan_view import PlanView
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.tables import BILLS_OF_MATERIAL
from tests.steps.supply.balance_networks import small_network

ITEMS = pd.DataFrame({"item": ["Bike", "Wheel", "Frame"], "name": ["A bike", "A wheel", "A frame"], "family": "All",
                      "unit": "EA"})


def workshop(demand: list[list[float]], mode: str = "balance", **changes: Any) -> Network:
    """Bikes that cost 20 are sold for 100 to Home, and to the Shop for 80, made in an hour each on Assembly.

    Assembly has 10 hours a period at 12, and overtime at 18 where it is given. Waiting costs 3 % of the price.
    """
    parts: dict[str, Any] = {
        "nodes": [{"unit_cost": 20.0, "holding_cost": 0.5}],
        "demands": [{"market": "Home"}, {"market": "Shop"}][: len(demand)], "makes": [{}],
        "operations": [{"hours_per_unit": 1.0}], "resources": [{"hourly_cost": 12.0, "overtime_cost": 18.0}],
        "regular_hours": 10.0, "price": np.array([[100.0], [80.0]])[: len(demand)],
    }
    settings = {"plan_mode": mode, "first_period": "2027-01", **changes.pop("settings", {})}
    return small_network(len(demand[0]), settings, demand=np.array(demand, float), **(parts | changes))


def view_of(network: Network) -> PlanView:
    """The plan of a network by the mode of its settings."""
    required = plan_requirements(network)
    planned = balance(network) if network.settings.plan_mode == "balance" else required
    return PlanView({"items": ITEMS, "bills_of_material": BILLS_OF_MATERIAL.empty_frame()}, network, required, planned)
