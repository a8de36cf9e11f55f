"""Williams's distribution: two factories, four depots and six customers, each lane at its freight.

A depot's throughput is the hours of a resource at which it turns goods coming in into goods going out; a factory
does the same without limit, so that it can ship to customers as well. Customers are locations that lanes lead to.
"""

from __future__ import annotations

import pytest

from sopxl.schema import Tables
from sopxl.settings import Settings
from sopxl.steps.supply.balance import balance
from tests.cases.case_tables import Frames, measure, network_of, plan_tables, read_case, run_supply

CASE, EXPECTED = read_case("williams_distribution_1")
FACTORIES, DEPOTS, CUSTOMERS = list(CASE["supply"]), list(CASE["depot_throughput"]), list(CASE["demand"])


def settings_of() -> Settings:
    return Settings(first_period="2027-01", horizon=1, final_backlog="none")


def inputs() -> Tables:
    limits = {**CASE["supply"], **CASE["depot_throughput"]}
    lanes = [(start, end, "Incoming" if end in DEPOTS else "Outgoing", cost) for start, end, cost in CASE["lanes"]]
    frames: Frames = {
        "items": {"item": ["Incoming", "Outgoing"]},
        "locations": {"location": [*limits, *CUSTOMERS],
                      "kind": ["plant"] * len(limits) + ["warehouse"] * len(CUSTOMERS)},
        "markets": {"market": CUSTOMERS, "market_group": CUSTOMERS, "ship_from": CUSTOMERS},
        "bills_of_material": {"parent": ["Outgoing"], "component": ["Incoming"], "quantity": [1.0]},
        "resources": {"resource": list(limits), "location": list(limits)},
        "resource_calendar": {"resource": list(limits), "period": "2027-01", "available_hours": list(limits.values())},
        "routings": {
            "item": ["Incoming"] * len(FACTORIES) + ["Outgoing"] * len(limits), "location": [*FACTORIES, *limits],
            "operation": "10", "resource": [*FACTORIES, *limits],
            "hours_per_unit": [1.0] * len(FACTORIES) + [0.0] * len(FACTORIES) + [1.0] * len(DEPOTS),
        },
        "lanes": dict(zip(("from_location", "to_location", "item", "unit_cost"), zip(*lanes, strict=True),
                          strict=True)),
    }
    return plan_tables(settings_of(), {("Outgoing", name): [CASE["demand"][name]] for name in CUSTOMERS}, frames)


def test_the_freight_is_the_published_least() -> None:
    cost = balance(network_of(inputs(), settings_of())).cost
    assert sum(cost.values()) == pytest.approx(EXPECTED["cost"], abs=1e-6)


def test_the_distribution_plan_tells_the_same_and_keeps_to_the_throughput() -> None:
    tables = run_supply(inputs())
    assert float(measure(tables, "distribution_plan", "Freight cost").to_numpy().sum()) == pytest.approx(
        EXPECTED["cost"], abs=1e-3)
    sent = measure(tables, "distribution_plan", "Planned shipments").iloc[:, 0]
    for depot, most in CASE["depot_throughput"].items():
        assert sent[sent.index.get_level_values("to_location") == depot].sum() <= most + 1e-6
    for factory, most in CASE["supply"].items():
        assert sent[sent.index.get_level_values("from_location") == factory].sum() <= most + 1e-6
