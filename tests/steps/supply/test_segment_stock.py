"""Safety stock from service levels, checked by hand on the small company."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from sopxl.pipeline import run
from sopxl.schema import Tables, conform
from sopxl.steps.demand.tables import SEGMENTS
from sopxl.steps.supply.build_network import build_network
from sopxl.steps.supply.plan import plan_supply
from sopxl.steps.supply.segment_stock import with_segment_stock
from tests.small_company import SETTINGS, small_company


@cache
def demand_planned() -> Tables:
    """The small company after its demand step."""
    return run(small_company(), steps=["demand"])


def planned_company(service_level: float | None) -> Tables:
    """The small company after its demand step, its chairs with an error of 12 a month and that service level."""
    tables = demand_planned()
    rows = [{"item": item, "deviation": 12.0, "service_level": service_level} for item in ("CHAIR", "TABLE")]
    return {**tables, "sourcing": tables["sourcing"].copy(), "segments": conform(SEGMENTS, pd.DataFrame(rows))}


def test_a_service_level_makes_safety_stock_where_the_policy_gives_none() -> None:
    """95 %: 1.645 deviations, of 2/3 and 1/3 of demand, over lead time and one period; tables keep their own 5."""
    tables = planned_company(0.95)
    network = with_segment_stock(build_network(tables, SETTINGS), tables)
    stock = network.nodes.set_index(["item", "location"])["safety_stock"]
    assert stock["CHAIR", "PLANT"] == pytest.approx(1.6449 * 12 * np.sqrt(2 / 3), abs=0.01)
    assert stock["CHAIR", "NORTH"] == pytest.approx(1.6449 * 12 * np.sqrt(1 / 3), abs=0.01)
    assert stock["TABLE", "PLANT"] == 5
    assert stock["WOOD", "PLANT"] == 0


def test_lead_time_raises_the_safety_stock_by_its_root() -> None:
    tables = planned_company(0.95)
    tables["sourcing"].loc[tables["sourcing"]["item"] == "CHAIR", "lead_time"] = 90.0
    network = with_segment_stock(build_network(tables, SETTINGS), tables)
    stock = network.nodes.set_index(["item", "location"])["safety_stock"]
    assert stock["CHAIR", "PLANT"] == pytest.approx(1.6449 * 12 * np.sqrt(2 / 3) * np.sqrt(1 + 3), abs=0.01)


@pytest.mark.parametrize("service_level", [None, 0.0, 0.5])
def test_without_a_service_level_nothing_changes(service_level: float | None) -> None:
    tables = planned_company(service_level)
    network = build_network(tables, SETTINGS)
    pd.testing.assert_frame_equal(with_segment_stock(network, tables).nodes, network.nodes)


def test_the_supply_plan_holds_the_safety_stock_of_the_service_level() -> None:
    plan = plan_supply(planned_company(0.95), SETTINGS)["inventory_plan"]
    row = plan[(plan["item"] == "CHAIR") & (plan["location"] == "NORTH") & (plan["measure"] == "Safety stock")]
    assert row[SETTINGS.periods.labels].to_numpy(float) == pytest.approx(np.full((1, 4), 11.4), abs=0.01)
