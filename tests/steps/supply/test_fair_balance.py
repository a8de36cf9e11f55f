"""Fair shares in balancing, on plans that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.network import Network
from tests.steps.supply.balance_networks import small_network
from tests.steps.supply.test_balance_properties import (
    FEW,
    SMALL,
    cost,
    hours_and_workers_keep_their_limits,
    networks,
    stock_and_stores_keep_their_limits,
    what_is_agreed_is_kept,
)


def markets(rule: str, demand: list[list[float]], supply: float, settings: dict[str, Any] | None = None,
            demands: list[dict[str, Any]] | None = None, **parts: Any) -> Network:
    """Two markets that draw on one supplier, who delivers so much a month."""
    given: dict[str, Any] = {
        "nodes": [{"unit_cost": 50.0, "holding_cost": 5.0}], "demands": demands or [{}, {"market": "Abroad"}],
        "buys": [{"unit_price": 50.0, "capacity": supply}], "price": 100.0, "demand": demand, **parts,
    }
    return small_network(len(demand[0]), {"fair_share": rule, **(settings or {})}, **given)


LOST = {"unmet_demand": "lost"}


@pytest.mark.parametrize("settings", [LOST, {}])
def test_with_supply_for_sixty_percent_each_market_gets_sixty_percent(settings: dict[str, Any]) -> None:
    flows = balance(markets("equal days", [[80.0], [20.0]], 60.0, settings))
    assert flows.shipment[:, 0] == pytest.approx([48, 12])
    assert "What is short is shared by equal days, which costs 0 more." in flows.message


def test_what_one_market_does_not_get_it_goes_on_waiting_for_as_long_as_the_other() -> None:
    flows = balance(markets("equal days", [[80.0, 40.0, 0.0], [20.0, 10.0, 0.0]], 60.0))
    assert flows.shipment == pytest.approx(np.array([[48.0, 48.0, 24.0], [12.0, 12.0, 6.0]]))


def test_quotas_are_kept_as_far_as_they_are_wanted() -> None:
    agreed: list[dict[str, Any]] = [{"quota": 0.5}, {"market": "Abroad", "quota": 0.5}]
    for demand, shipped in (([80.0, 70.0], [30, 30]), ([80.0, 20.0], [40, 20])):
        flows = balance(markets("quotas", [[one] for one in demand], 60.0, LOST, agreed))
        assert flows.shipment[:, 0] == pytest.approx(shipped)


def test_by_priority_the_better_customer_is_served_first() -> None:
    ranked: list[dict[str, Any]] = [{"priority": 2.0}, {"market": "Abroad"}]
    assert balance(markets("priority", [[80.0], [20.0]], 60.0, {}, ranked)).shipment[:, 0].tolist() == [40, 20]
    assert balance(markets("equal days", [[80.0], [20.0]], 60.0, {}, ranked)).shipment[:, 0] == pytest.approx([48, 12])


def test_depots_share_what_the_plant_has() -> None:
    nodes = [{}, {"location": "North", "holding_cost": 1.0}, {"location": "South", "holding_cost": 1.0}]
    network = markets(
        "equal days", [[40.0, 40.0], [10.0, 10.0]], 30.0, LOST, [{"node": 1}, {"node": 2, "market": "Abroad"}],
        nodes=nodes, moves=[{"to_location": "North", "unit_cost": 1.0}, {"to_node": 2, "to_location": "South"}])
    assert balance(network).shipment == pytest.approx(np.array([[24.0, 24.0], [6.0, 6.0]]))


def test_shares_are_fair_only_as_far_as_they_cost_one_percent() -> None:
    """120 bought for 6000, 40 lost in the cheaper market for 4000: 100 more moves 100 / (300 - 100) of a unit to it."""
    network = markets("equal days", [[80.0], [80.0]], 120.0, LOST, price=[[100.0], [300.0]])
    least = balance(replace(network, settings=replace(network.settings, fair_share="priority")))
    assert least.shipment[:, 0].tolist() == [40, 80]
    flows = balance(network)
    assert cost(flows) == pytest.approx(1.01 * (120 * 50 + 40 * 100))
    assert flows.shipment[:, 0] == pytest.approx([40.5, 79.5])
    assert "which costs 100 more" in flows.message


def test_nothing_changes_where_nothing_is_short() -> None:
    network = markets("equal days", [[30.0, 20.0], [20.0, 9.0]], 60.0)
    priority = balance(replace(network, settings=replace(network.settings, fair_share="priority")))
    flows = balance(network)
    assert flows.message == priority.message
    np.testing.assert_array_equal(flows.buy_receipt, priority.buy_receipt)


@FEW
@given(networks(fences=False))
def test_fair_plans_keep_every_limit_and_cost_hardly_more(network: Network) -> None:
    wanted = network.demands.assign(quota=[0.7, np.nan])
    for rule in ("equal days", "quotas"):
        fair = balance(replace(network, demands=wanted, settings=replace(network.settings, fair_share=rule)))
        stock_and_stores_keep_their_limits(network, fair)
        hours_and_workers_keep_their_limits(network, fair)
        what_is_agreed_is_kept(network, fair)
        assert cost(fair) <= 1.01 * cost(balance(network)) + SMALL


def test_where_limits_conflict_what_is_short_is_shared_all_the_same() -> None:
    nodes = [{"unit_cost": 50.0, "holding_cost": 5.0}, {"item": "Frame"}]
    flows = balance(markets("equal days", [[80.0, 40.0, 0.0], [20.0, 10.0, 0.0]], 60.0, nodes=nodes,
                            minimum_stock=[[0, 0, 0], [5, 5, 5]]))
    assert flows.conflicts is not None
    assert flows.conflicts["name"].tolist() == ["Frame at Plant"] * 3
    assert flows.shipment == pytest.approx(np.array([[48.0, 48.0, 24.0], [12.0, 12.0, 6.0]]))
