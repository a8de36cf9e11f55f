"""Balancing against its independent twin: the same least cost on networks drawn at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.figures import co_product_receipts
from sopxl.steps.supply.network import Network
from tests.steps.supply.balance_networks import NAN, small_network
from tests.steps.supply.balance_twin import least_cost

PERIODS = 4
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PuLP 3 announces PuLP 4


def whole(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


@st.composite
def networks(draw: st.DrawFn, whole_lots: bool = False) -> Network:
    """A plant that makes a bike of frames, a depot, two customers, suppliers and a subcontractor."""
    table = st.lists(whole(0, 30), min_size=PERIODS, max_size=PERIODS)
    ways = st.sampled_from(["make-to-stock", "make-to-order"])
    lot: dict[str, Any] = {}
    if whole_lots:
        lot = {"minimum_lot": float(draw(whole(0, 20))), "lot_multiple": draw(st.sampled_from([NAN, 5.0, 8.0]))}
    nodes = [
        {"on_hand": draw(whole(0, 20)), "unit_cost": 40, "holding_cost": draw(whole(0, 3)), **lot,
         "safety_stock": draw(whole(0, 5)), "backlog_cost": draw(st.sampled_from([NAN, 4.0])),
         "fulfilment": draw(ways)},
        {"location": "Depot", "unit_cost": 45, "holding_cost": draw(whole(1, 4)), "on_hand": draw(whole(0, 10)),
         "fulfilment": draw(ways)},
        {"item": "Frame", "unit_cost": 10, "holding_cost": 0.5, "on_hand": draw(whole(0, 40))},
    ]
    minimum = np.zeros((3, PERIODS))
    minimum[0, -1] = draw(whole(0, 8))
    chosen = {
        "final_backlog": draw(st.sampled_from(["allowed", "none"])),
        "unmet_demand": draw(st.sampled_from(["wait", "lost"])), "whole_lots": whole_lots,
    }
    return small_network(
        PERIODS, chosen, nodes=nodes,
        demands=[{"freight_cost": draw(whole(0, 2)),
                  "opening_backlog": draw(whole(0, 5)) if chosen["unmet_demand"] == "wait" else 0.0},
                 {"node": 1, "market": "Abroad"}],
        makes=[{"lead": draw(whole(0, 1)), "production_cost": draw(whole(0, 9))}],
        components=[{"node": 2, "quantity": draw(whole(1, 3))}],
        operations=[{"hours_per_unit": draw(st.sampled_from([0.5, 1.0, 2.0]))}],
        resources=[{"hourly_cost": draw(whole(0, 5)), "overtime_cost": draw(whole(5, 12))}],
        buys=[
            {"node": 2, "item": "Frame", "lead": draw(whole(0, 2)), "unit_price": draw(whole(1, 9)),
             "expedite_price": draw(st.sampled_from([NAN, 3.0])), "capacity": draw(st.sampled_from([NAN, 25.0]))},
            {"unit_price": draw(whole(40, 90)), "supplier": "Subcontractor", "capacity": 15.0,
             "minimum_order": float(draw(whole(0, 6)) if whole_lots else 0.0)},
        ],
        moves=[{"lead": draw(whole(0, 1)), "unit_cost": draw(whole(0, 4))}],
        demand=[draw(table), draw(table)], price=[[100.0] * PERIODS, [90.0] * PERIODS],
        regular_hours=[draw(table)], overtime_hours=[draw(table)], minimum_stock=minimum,
        order_cost=np.array([[draw(whole(0, 60))], [0], [draw(whole(0, 30))]]) if whole_lots else 0.0,
    )


@st.composite
def networks_of_agreements(draw: st.DrawFn) -> Network:
    """The same plant with yields, co-products, extra shifts, an alternate, contracts, loads and a store."""
    network = draw(networks())
    one = st.sampled_from
    resources = pd.concat([network.resources, network.resources.assign(resource="Old line")], ignore_index=True)
    return replace(
        network, makes=network.makes.assign(yield_rate=draw(one([0.5, 0.8, 1.0]))),
        nodes=network.nodes.assign(storage_units=[2.0, 1.0, 1.0]),
        resources=resources.assign(most_extra_shifts=[float(draw(whole(0, 2))), 0.0], extra_shift_hours=6.0,
                                   extra_shift_cost=float(draw(whole(0, 20)))),
        regular_hours=np.vstack([network.regular_hours, [[5.0] * PERIODS]]),
        overtime_hours=np.vstack([network.overtime_hours, [[0.0] * PERIODS]]),
        co_products=pd.DataFrame({"make": [0], "node": 2, "quantity": draw(one([0.0, 0.25]))}),
        alternates=pd.DataFrame({"operation": [0], "resource": 1, "hours_factor": draw(one([1.0, 2.0]))}),
        suppliers=pd.DataFrame({"supplier": ["Supplier"], "capacity": draw(one([20.0, 60.0]))}),
        contracts=pd.DataFrame({"contract": ["C"], "minimum": float(draw(whole(0, 30))), "maximum": 90.0,
                                "shortfall_cost": float(draw(whole(0, 9))), "first": 0, "last": 2}),
        contract_buys=pd.DataFrame({"contract": [0], "buy": [1]}),
        lanes=pd.DataFrame({"from_location": ["Plant"], "to_location": "Depot", "total_capacity": 25.0,
                            "minimum_load": 0.0, "load_size": 10.0, "load_cost": float(draw(whole(0, 20)))}),
        storage=pd.DataFrame({"location": ["Depot"], "storage_capacity": [40.0]}),
    )


def more(frame: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    """The frame with one more row: its first, changed."""
    return pd.concat([frame, frame.iloc[:1].assign(**changes)], ignore_index=True)


def _prices(draw: st.DrawFn, first: float) -> dict[str, Any]:
    """Prices from two quantities on: of all units they fall (they are warned of where they rise), of more units freely.
    """
    if draw(st.booleans()):
        return {"unit_price": draw(st.sampled_from([(0.75 * first, 0.5 * first), (first, 0.25 * first)])),
                "all_units": True}
    return {"unit_price": draw(st.sampled_from([(4.0, 2.0), (3.0, 5.0)])), "all_units": False}


@st.composite
def networks_of_ranks(draw: st.DrawFn, whole_lots: bool = False) -> Network:
    """The same plant with a second routing, supplier, lane and customer of some priority and quota, and fences; with
    whole lots also prices by quantity, whole loads and smallest shipments.
    """
    network = draw(networks(whole_lots))
    one, rank, quota = st.sampled_from, st.sampled_from([1.0, 2.0]), st.sampled_from([NAN, 0.3, 0.6])
    makes = more(network.makes, routing="Second", priority=draw(rank), production_cost=float(draw(whole(0, 9))))
    buys = more(network.buys, supplier="Other", priority=draw(rank), unit_price=float(draw(whole(1, 9))),
                quota=draw(quota), capacity=NAN, expedite_price=NAN)
    last = np.array([[float(draw(whole(0, 4)))] * PERIODS, [NAN] * PERIODS])
    grown: dict[str, Any] = {
        name: np.vstack([getattr(network, name), getattr(network, name)[:1]])
        for name in ("open_production", "firm_production", "open_purchases", "open_transfers", "price")}
    if whole_lots:
        grown["price_breaks"] = pd.DataFrame({
            "buy": 0, "from_quantity": [15.0, 30.0], **_prices(draw, float(buys["unit_price"].iloc[0]))})
        grown["lanes"] = pd.DataFrame({
            "from_location": ["Plant", "Rail"], "to_location": "Depot", "total_capacity": 40.0,
            "minimum_load": [float(draw(whole(0, 9))), 0.0], "load_size": 10.0, "load_cost": float(draw(whole(0, 20)))})
    return replace(
        network, makes=makes, buys=buys, moves=more(network.moves, priority=draw(rank), quota=draw(quota), lane=1),
        demands=more(network.demands, market="Key account", priority=draw(rank), opening_backlog=0.0),
        demand=np.vstack([network.demand, [draw(st.lists(whole(0, 15), min_size=PERIODS, max_size=PERIODS))]]),
        components=more(network.components, make=1, quantity=float(draw(whole(1, 3)))),
        operations=more(network.operations, make=1, hours_per_unit=draw(one([0.5, 1.0]))), last_production=last,
        frozen=np.array([[True] + [False] * (PERIODS - 1), [False] * PERIODS]),
        slushy=np.array([[False, True] + [False] * (PERIODS - 2), [False] * PERIODS]), **grown,
    )


@st.composite
def networks_of_finance(draw: st.DrawFn) -> Network:
    """The same plant with a budget of overtime, a cap on the worth of stock and a margin that is asked for."""
    network = draw(networks())
    families = network.nodes.assign(family=["Bikes", "Bikes", "Parts"])
    limits = pd.DataFrame({
        "limit": ["overtime budget", "stock value", "gross margin"], "family": ["", *(
            draw(st.sampled_from(["", "Bikes"])) for _ in range(2))],
        "amount": [float(draw(whole(0, 300))), float(draw(whole(200, 1500))), float(draw(whole(0, 600)))],
        "share": [NAN, NAN, draw(st.sampled_from([NAN, 0.3]))], "first": draw(whole(0, 2)), "last": PERIODS - 1,
        "in_total": [draw(st.booleans()), False, draw(st.booleans())],
    })
    return replace(network, nodes=families, financial_limits=limits.assign(name=limits["family"]))


def costs_agree(network: Network) -> None:
    expected = least_cost(network)
    if expected is None:
        conflicts = balance(network).conflicts
        assert conflicts is not None
        assert (conflicts["gives"] > 0).all()
        return
    flows = balance(network)
    assert flows.conflicts is None
    assert sum(flows.cost.values()) == pytest.approx(expected, abs=1e-3, rel=1e-6)
    assert_balanced(network, flows)


def assert_balanced(network: Network, flows: Any) -> None:
    """Stock and backlog, added up from the flows, are never below 0 nor below the minimum stock."""
    stock = network.nodes["on_hand"].to_numpy()[:, None] + np.cumsum(network.scheduled_receipts, axis=1)
    for node, flow in (
        (network.makes["node"], flows.make_receipt), (network.buys["node"], flows.buy_receipt),
        (network.moves["to_node"], flows.move_arrival), (network.moves["from_node"], -flows.move_shipment),
        (network.demands["node"], -flows.shipment),
        (network.co_products["node"], co_product_receipts(network, flows.make_receipt)),
        (network.components["node"],
         -network.components["quantity"].to_numpy()[:, None] * flows.make_start[network.components["make"]]),
    ):
        np.add.at(stock, node.to_numpy(), np.cumsum(flow, axis=1))
    assert (stock >= network.minimum_stock - 1e-6).all()
    opening = network.demands["opening_backlog"].to_numpy()[:, None]
    backlog = opening + np.cumsum(network.demand - flows.shipment - flows.lost, axis=1)
    assert (backlog >= -1e-6).all()
    for name in ("make_start", "buy_receipt", "move_shipment", "shipment", "lost", "buy_order"):
        assert (getattr(flows, name) >= 0).all(), name


@given(networks())
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_small_network_costs_what_its_twin_costs(network: Network) -> None:
    costs_agree(network)


@given(networks(whole_lots=True))
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_small_network_in_whole_lots_costs_what_its_twin_costs(network: Network) -> None:
    costs_agree(network)


@given(networks_of_agreements())
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_small_network_of_agreements_costs_what_its_twin_costs(network: Network) -> None:
    costs_agree(network)


@given(networks_of_ranks())
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_small_network_of_ranks_costs_what_its_twin_costs(network: Network) -> None:
    costs_agree(network)


@given(networks_of_ranks(whole_lots=True))
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_small_network_of_ranks_in_whole_lots_costs_what_its_twin_costs(network: Network) -> None:
    costs_agree(network)


@pytest.mark.slow
@given(st.booleans().flatmap(lambda lots: st.one_of(networks(whole_lots=lots), networks_of_ranks(whole_lots=lots))))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_many_small_networks_cost_what_their_twins_cost(network: Network) -> None:
    costs_agree(network)


@given(networks_of_finance())
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_small_network_with_limits_of_finance_costs_what_its_twin_costs(network: Network) -> None:
    costs_agree(network)
