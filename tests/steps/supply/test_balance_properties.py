"""What must hold for any balanced plan of a network with all that can be declared: its limits, wider ones, rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.contracts import paid_for_shortfall
from sopxl.steps.supply.figures import figures
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.requirements import plan_requirements
from tests.steps.supply.balance_networks import NAN, small_network

PERIODS = 4
SMALL = 1e-5
SWITCHES = ("keep_capacity", "keep_material", "keep_storage", "keep_frozen")
FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow],
               phases=[Phase.generate])


@st.composite
def networks(draw: st.DrawFn, fences: bool = True) -> Network:
    """A plant with two lines and a team, two routings, frames from two suppliers under contract, and a depot."""

    def numbers(low: int, high: int, count: int = PERIODS) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=count, max_size=count))

    def one(*values: float) -> float:
        return float(draw(st.sampled_from(values)))

    def shut(count: int) -> list[list[bool]]:
        return [draw(st.lists(st.sampled_from([True, True, True, False]), min_size=PERIODS, max_size=PERIODS))
                for _ in range(count)]

    parts: dict[str, Any] = {
        "nodes": [
            {"on_hand": one(0, 9), "unit_cost": 40, "holding_cost": one(0.5, 2), "safety_stock": one(0, 6),
             "storage_units": one(1, 2), "safety_time": one(0, 1)},
            {"location": "Depot", "unit_cost": 45, "holding_cost": one(1, 3), "on_hand": one(0, 8),
             "fulfilment": draw(st.sampled_from(["make-to-stock", "assemble-to-order"]))},
            {"item": "Frame", "unit_cost": 10, "holding_cost": 0.5, "on_hand": one(0, 30)},
            {"item": "Scrap", "unit_cost": 1, "holding_cost": 0.0},
        ],
        "demands": [{"opening_backlog": one(0, 5), "freight_cost": 1.0}, {"node": 1, "market": "Abroad"}],
        "makes": [{"lead": int(one(0, 1)), "yield_rate": one(1, 0.8), "production_cost": one(0, 4)},
                  {"routing": "Second", "priority": one(1, 2), "production_cost": one(0, 4)}],
        "components": [{"node": 2, "quantity": one(1, 2)}, {"make": 1, "node": 2, "quantity": 2.0}],
        "co_products": [{"node": 3, "quantity": 0.5}],
        "operations": [{"hours_per_unit": one(0.5, 1)}, {"make": 1, "resource": 1, "hours_per_unit": one(0.5, 1)},
                       {"make": 0, "resource": 2, "hours_per_unit": 0.5}],
        "alternates": [{"operation": 0, "resource": 1, "hours_factor": one(1, 1.5)}],
        "resources": [
            {"hourly_cost": one(0, 3), "overtime_cost": 6.0, "most_extra_shifts": one(0, 2), "extra_shift_hours": 4.0,
             "extra_shift_cost": one(2, 8)},
            {"resource": "Old line", "hourly_cost": one(1, 5), "overtime_cost": 9.0},
            {"resource": "Team", "workers": 2.0, "worker_hours": 5.0, "wage": 10.0, "hiring_cost": one(5, 15),
             "layoff_cost": 5.0, "most_workers": one(NAN, 3), "most_hired": one(NAN, 1), "least_workers": one(0, 1)},
        ],
        "suppliers": [{"capacity": one(NAN, 25)}, {"supplier": "Other"}],
        "buys": [
            {"node": 2, "item": "Frame", "lead": int(one(0, 2)), "unit_price": 3.0, "expedite_price": one(NAN, 2),
             "capacity": one(NAN, 20)},
            {"node": 2, "item": "Frame", "supplier": "Other", "unit_price": one(2, 6), "priority": one(1, 2),
             "quota": one(NAN, 0.3)},
        ],
        "contracts": [{"minimum": one(0, 20), "maximum": one(NAN, 60), "shortfall_cost": one(1, 9), "last": 2}],
        "contract_buys": [{"buy": 0}],
        "moves": [{"unit_cost": one(0, 2), "capacity": one(NAN, 12)}, {"lead": 1, "quota": one(NAN, 0.5)}],
        "lanes": [{"total_capacity": one(NAN, 18), "load_size": 8.0, "load_cost": one(0, 10)}],
        "demand": [numbers(0, 25), numbers(0, 20)], "price": [[100.0] * PERIODS, [90.0] * PERIODS],
        "regular_hours": [numbers(0, 25), numbers(0, 12), [10] * PERIODS], "overtime_hours": [[4], [2], [3]],
        "maximum_stock": [[one(np.inf, 15)], [np.inf], [np.inf], [np.inf]],
        "storage": [{"location": "Plant", "storage_capacity": one(150, 60)}],
        "make_open": shut(2), "buy_open": shut(2), "move_open": shut(2), "component_open": shut(2),
    }
    if fences:
        parts |= {"last_production": [numbers(0, 3), [NAN] * PERIODS],
                  "frozen": [[True, False, False, False], [False] * PERIODS],
                  "slushy": [[False, True, False, False], [False] * PERIODS]}
    return small_network(PERIODS, **parts)


def cost(flows: Flows) -> float:
    return sum(flows.cost.values())


def stock_and_stores_keep_their_limits(network: Network, flows: Flows) -> None:
    stock = figures(network, flows).closing_stock
    assert (stock >= -SMALL).all()
    stated = network.nodes["on_hand"].to_numpy(float)[:, None]
    assert (stock <= np.maximum(network.maximum_stock, stated) + SMALL).all()
    at_plant = (network.nodes["location"] == "Plant").to_numpy()
    used = (stock * network.nodes["storage_units"].to_numpy()[:, None])[at_plant].sum(axis=0)
    assert (used <= network.storage["storage_capacity"].iloc[0] + SMALL).all()


def nothing_is_built_ahead_of_orders(network: Network, flows: Flows) -> None:
    if network.nodes["fulfilment"].iloc[1] == "assemble-to-order":
        left = np.maximum(network.nodes["on_hand"].iloc[1] - network.demand[1].cumsum(), 0.0)
        assert (figures(network, flows).closing_stock[1] <= left + SMALL).all()


def hours_and_workers_keep_their_limits(network: Network, flows: Flows) -> None:
    plan = figures(network, flows)
    assert flows.alternate_hours is not None
    assert (plan.hours <= plan.regular_hours + plan.extra_hours + plan.overtime_limit + SMALL).all()
    own = flows.make_start[0] * network.operations["hours_per_unit"].iloc[0]
    assert (flows.alternate_hours[0] <= own + SMALL).all()
    shifts = np.zeros_like(plan.hours) if flows.extra_shifts is None else flows.extra_shifts
    assert (shifts <= network.resources["most_extra_shifts"].to_numpy()[:, None] + SMALL).all()
    team, employed = network.resources.iloc[2], flows.workers[2]
    before = np.concatenate([[team["workers"]], employed[:-1]])
    assert employed - before == pytest.approx(flows.hired[2] - flows.laid_off[2], abs=SMALL)
    assert (employed >= team["least_workers"] - SMALL).all()
    assert (employed <= np.nan_to_num(team["most_workers"], nan=np.inf) + SMALL).all()
    assert (flows.hired[2] <= np.nan_to_num(team["most_hired"], nan=np.inf) + SMALL).all()


def what_is_agreed_is_kept(network: Network, flows: Flows) -> None:
    assert network.buy_open is not None
    assert network.move_open is not None
    bought, moved = flows.buy_receipt, flows.move_shipment
    for frame, taken in ((network.buys, bought), (network.moves, moved)):
        most = np.nan_to_num(frame["capacity"].to_numpy(float), nan=np.inf)[:, None]
        assert (taken <= most + SMALL).all()
    assert (bought[0] <= np.nan_to_num(network.suppliers["capacity"].iloc[0], nan=np.inf) + SMALL).all()
    assert (moved.sum(axis=0) <= np.nan_to_num(network.lanes["total_capacity"].iloc[0], nan=np.inf) + SMALL).all()
    assert (bought[~network.buy_open] == 0).all()
    assert (moved[~network.move_open] == 0).all()
    terms, called = network.contracts.iloc[0], bought[0, :3].sum()
    assert called <= np.nan_to_num(terms["maximum"], nan=np.inf) + SMALL
    paid = paid_for_shortfall(network, bought).sum()
    assert paid == pytest.approx(max(terms["minimum"] - called, 0.0) * terms["shortfall_cost"], abs=1e-3)
    assert paid == pytest.approx(flows.cost.get("Contract shortfall", 0.0), abs=1e-3)
    early = np.arange(PERIODS) < network.buys["lead"].iloc[0]
    assert not np.isnan(network.buys["expedite_price"].iloc[0]) or (bought[0, early] == 0).all()


def starts_keep_to_fences_and_calendars(network: Network, flows: Flows) -> None:
    assert network.make_open is not None
    assert (flows.make_start[~network.make_open] == 0).all()
    if network.last_production is not None and network.make_open[0, 0]:
        assert flows.make_start[0, 0] == pytest.approx(network.last_production[0, 0])
    if network.last_production is not None and network.make_open[0, 1]:
        last = network.last_production[0, 1]
        assert 0.8 * last - SMALL <= flows.make_start[0, 1] <= 1.2 * last + SMALL


@FEW
@given(networks())
def test_a_balanced_plan_keeps_every_limit_or_says_which_it_does_not(network: Network) -> None:
    flows = balance(network)
    if flows.conflicts is None:
        stock_and_stores_keep_their_limits(network, flows)
        nothing_is_built_ahead_of_orders(network, flows)
        hours_and_workers_keep_their_limits(network, flows)
        what_is_agreed_is_kept(network, flows)
        starts_keep_to_fences_and_calendars(network, flows)
        assert all((values >= 0).all() for values in flows.limit_values.values())


def relaxed(network: Network) -> dict[str, Network]:
    """The network with each of its limits a little wider, and with each switch off."""
    off: list[dict[str, Any]] = [{switch: False} for switch in SWITCHES]
    more = {next(iter(switch)): replace(network, settings=replace(network.settings, **switch)) for switch in off}
    for name in ("regular_hours", "overtime_hours", "maximum_stock"):
        more[name] = replace(network, **{name: getattr(network, name) + 2.0})
    columns = {"buys": ["capacity"], "moves": ["capacity"], "suppliers": ["capacity"], "contracts": ["maximum"],
               "lanes": ["total_capacity"], "storage": ["storage_capacity"],
               "resources": ["most_extra_shifts", "most_workers", "most_hired"]}
    for frame, names in columns.items():
        for name in names:
            values: pd.DataFrame = getattr(network, frame)
            wider: dict[str, Any] = {frame: values.assign(**{name: values[name] + 2.0})}
            more[f"{frame} {name}"] = replace(network, **wider)
    return more


@FEW
@given(networks(fences=False))
def test_no_plan_gets_dearer_because_a_limit_is_wider(network: Network) -> None:
    flows = balance(network)
    assert flows.conflicts is None
    for name, wider in relaxed(network).items():
        found = balance(wider)
        assert cost(found) <= cost(flows) * (1 + 1e-6) + 1e-3, name


@FEW
@given(networks(fences=False))
def test_no_plan_gets_dearer_because_purchases_need_no_lead_time(network: Network) -> None:
    # stock under way costs no holding, so only what is bought tells
    at_once: dict[str, Any] = {"makes": network.makes.assign(lead=0), "moves": network.moves.assign(lead=0)}
    without = replace(network.settings, keep_lead_times=False)
    least = balance(replace(network, settings=without, **at_once))
    assert cost(least) <= cost(balance(replace(network, **at_once))) * (1 + 1e-6) + 1e-3
    assert least.cost["Expediting"] == 0


@FEW
@given(networks(fences=False))
def test_no_rule_of_thumb_makes_a_cheaper_plan(network: Network) -> None:
    least = cost(balance(network))
    needed = plan_requirements(network).make_start
    level = np.full((1, PERIODS), network.demand.sum() / PERIODS / network.makes["yield_rate"].iloc[0])
    chase = network.demand.sum(axis=0, keepdims=True) / network.makes["yield_rate"].iloc[0]
    for rule in (needed, np.vstack([level, 0 * level]), np.vstack([chase, 0 * chase])):
        allowed = rule if network.make_open is None else np.where(network.make_open, rule, 0.0)
        plan = balance(replace(network, firm_production=allowed))
        assert plan.conflicts is not None or cost(plan) >= least * (1 - 1e-6) - 1e-3
