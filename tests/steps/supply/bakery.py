"""A bakery small enough to check by hand, as a supply network: one cake, its components, a plant and a shop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sopxl.schema import PlanError
from sopxl.steps.supply.network import Network
from tests.cases.case_tables import Frames, network_of, plan_tables, weekly

SETTINGS = weekly(4)
HOME = {("CAKE", "Home"): [10.0, 20.0, 0.0, 5.0]}


def bakery(**changes: dict[str, Any]) -> Frames:
    """A cake made of flour and a box at the plant and sold from the plant; changes replace whole tables."""
    frames: Frames = {
        "items": {"item": ["CAKE", "FLOUR", "BOX", "EGG"], "lead_time": [7.0, 0.0, 0.0, 0.0]},
        "locations": {"location": ["PLANT", "SHOP"], "kind": ["plant", "warehouse"]},
        "bills_of_material": {"parent": ["CAKE", "CAKE"], "component": ["FLOUR", "BOX"], "quantity": [0.5, 1.0],
                              "scrap": [0.2, 0.0]},
        "suppliers": {"supplier": ["MILL", "OTHER"], "currency": ["", "EUR"]},
        "sourcing": {"item": ["FLOUR", "BOX", "FLOUR"], "location": "PLANT", "supplier": ["OTHER", "MILL", "MILL"],
                     "price": [2.0, 0.5, 3.0], "priority": [2, 1, 1], "lead_time": [14.0, 0.0, 10.0],
                     "expedite_cost": [np.nan, np.nan, 0.5]},
        "exchange_rates": {"currency": ["EUR"], "average_rate": [1.25]},
    }
    return frames | changes


def network(demand: dict[tuple[str, str], list[float]] | None = None, **changes: dict[str, Any]) -> Network:
    return network_of(plan_tables(SETTINGS, demand or HOME, bakery(**changes)), SETTINGS)


def nodes(network: Network) -> list[tuple[str, str]]:
    return list(zip(network.nodes["item"], network.nodes["location"], strict=True))


def faults(demand: dict[tuple[str, str], list[float]] | None = None, **changes: dict[str, Any]) -> list[str]:
    with pytest.raises(PlanError) as told:
        network(demand, **changes)
    return [finding.message for finding in told.value.findings]
