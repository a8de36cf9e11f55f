"""Requirements on hand-made networks: yields, co-products, alternates, calendars, quotas, safety time and fences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sopxl.steps.supply.figures import figures
from sopxl.steps.supply.network import Flows, Network
from sopxl.steps.supply.requirements import plan_requirements
from sopxl.steps.supply.settled import room_for_starts, settled_starts
from tests.steps.supply.balance_networks import NAN, small_network

MADE: dict[str, Any] = {
    "nodes": [{}, {"item": "Part", "level": 1}], "demands": [{}], "makes": [{}],
    "components": [{"node": 1, "quantity": 2.0}], "buys": [{"node": 1, "item": "Part"}],
}
OPEN, SHUT = True, False


def planned(periods: int, *, settings: dict[str, Any] | None = None, **parts: Any) -> tuple[Network, Flows]:
    """A bike made of two parts that are bought, unless ``parts`` say otherwise, and its requirements plan."""
    network = small_network(periods, settings, **{**MADE, **parts})
    return network, plan_requirements(network)


def test_more_is_started_than_is_needed_by_the_yield() -> None:
    network, flows = planned(3, demand=[[8, 4, 0]], makes=[{"yield_rate": 0.8, "lead": 1}])
    assert flows.make_receipt.tolist() == [[8, 4, 0]]
    assert flows.make_start.tolist() == [[15, 0, 0]]
    assert flows.make_past_due.tolist() == [10]
    assert flows.buy_receipt.tolist() == [[30, 0, 0]]
    assert figures(network, flows).closing_stock.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_firm_production_brings_good_units_and_open_orders_are_good_units() -> None:
    network, flows = planned(3, demand=[[8, 8, 8]], makes=[{"yield_rate": 0.5}], firm_production=[[10, NAN, NAN]],
                             open_production=[[3, 0, 0]])
    assert flows.make_start.tolist() == [[10, 16, 16]]
    assert flows.make_receipt.tolist() == [[5, 8, 8]]
    assert figures(network, flows).closing_stock[0].tolist() == [0, 0, 0]


def test_a_co_product_covers_the_requirements_of_its_item_first() -> None:
    network, flows = planned(
        3, nodes=[{}, {"item": "Part", "level": 1}, {"item": "Offcut", "level": 1}],
        demands=[{}, {"item": "Offcut", "node": 2}], demand=[[8, 0, 4], [5, 5, 5]],
        makes=[{"yield_rate": 0.8}], co_products=[{"node": 2, "quantity": 0.7}],
        buys=[{"node": 1, "item": "Part"}, {"node": 2, "item": "Offcut"}],
    )
    assert flows.buy_receipt[1] == pytest.approx([0, 3, 1.5])
    assert figures(network, flows).receipts[2] == pytest.approx([7, 3, 3.5 + 1.5])
    assert figures(network, flows).closing_stock[2] == pytest.approx([2, 0, 0])


def test_a_co_product_lowers_the_requirements_of_a_component_that_it_comes_back_as() -> None:
    network, flows = planned(2, demand=[[10, 10]], co_products=[{"node": 1, "quantity": 0.5}])
    assert flows.buy_receipt.tolist() == [[15, 15]]
    assert figures(network, flows).closing_stock[1].tolist() == [0, 0]


def test_a_co_product_of_its_own_component_adds_to_stock_only() -> None:
    network, flows = planned(2, demand=[[10, 10]], makes=[{}, {"node": 1, "item": "Part"}], buys=[],
                             co_products=[{"make": 1, "node": 0, "quantity": 0.1}])
    assert flows.make_start.tolist() == [[10, 10], [20, 20]]
    assert figures(network, flows).closing_stock[0].tolist() == [2, 4]


def test_the_next_routing_makes_what_the_usual_one_may_not_start() -> None:
    _, flows = planned(
        3, demand=[[5, 6, 7]], makes=[{"routing": "B", "priority": 2.0}, {"routing": "A", "priority": 1.0}],
        components=[{"make": 0, "node": 1, "quantity": 1.0}, {"make": 1, "node": 1, "quantity": 3.0}],
        make_open=[[OPEN, OPEN, OPEN], [SHUT, OPEN, SHUT]],
    )
    assert flows.make_start.tolist() == [[5, 0, 7], [0, 6, 0]]
    assert flows.buy_receipt.tolist() == [[5, 18, 7]]


def test_what_no_routing_may_start_is_made_in_the_nearest_open_period_before_else_after() -> None:
    _, flows = planned(4, demand=[[5, 6, 7, 8]], make_open=[[SHUT, OPEN, SHUT, SHUT]])
    assert flows.make_start.tolist() == [[0, 26, 0, 0]]
    assert flows.shipment.tolist() == [[0, 11, 7, 8]]


def test_a_lead_time_dates_what_is_open_by_the_start() -> None:
    _, flows = planned(4, demand=[[0, 0, 7, 8]], makes=[{"lead": 1}], make_open=[[OPEN, SHUT, OPEN, OPEN]])
    assert flows.make_receipt.tolist() == [[0, 7, 0, 8]]
    assert flows.make_start.tolist() == [[7, 0, 8, 0]]


def test_a_component_is_used_only_by_starts_in_its_periods() -> None:
    network, flows = planned(
        3, nodes=[{}, {"item": "Old", "level": 1}, {"item": "New", "level": 1}], demand=[[5, 6, 7]],
        components=[{"node": 1, "quantity": 2.0}, {"node": 2, "quantity": 1.0}],
        buys=[{"node": 1, "item": "Old"}, {"node": 2, "item": "New"}],
        component_open=[[OPEN, OPEN, SHUT], [SHUT, SHUT, OPEN]],
    )
    assert flows.buy_receipt.tolist() == [[10, 12, 0], [0, 0, 7]]
    assert figures(network, flows).internal_use[1:].tolist() == [[10, 12, 0], [0, 0, 7]]


def test_suppliers_and_lanes_bring_stock_only_when_they_are_open() -> None:
    _, flows = planned(4, demand=[[1, 2, 3, 4]], buy_open=[[OPEN, OPEN, SHUT, OPEN]])
    assert flows.buy_receipt.tolist() == [[2, 10, 0, 8]]
    _, flows = planned(
        4, nodes=[{}, {"location": "Depot", "level": 0}], makes=[], components=[], buys=[{}], demands=[{"node": 1}],
        moves=[{"lead": 1}], demand=[[0, 2, 3, 4]], move_open=[[OPEN, SHUT, OPEN, OPEN]],
    )
    assert flows.move_arrival.tolist() == [[0, 5, 0, 4]]
    assert flows.move_shipment.tolist() == [[5, 0, 4, 0]]


def bought(periods: int, buys: list[dict[str, Any]], **parts: Any) -> list[list[float]]:
    """Receipts of one item that is bought."""
    _, flows = planned(periods, nodes=[{}], makes=[], components=[], buys=buys, **parts)
    found: list[list[float]] = flows.buy_receipt.tolist()
    return found


def test_quotas_share_the_purchases_and_the_rest_goes_by_priority() -> None:
    buys: list[dict[str, Any]] = [{"supplier": "A", "quota": 0.5}, {"supplier": "B", "quota": 0.2},
                                  {"supplier": "C", "priority": 2.0}, {"supplier": "D"}]
    assert bought(2, buys, demand=[[10, 20]]) == [[5, 10], [2, 4], [0, 0], [3, 6]]
    assert bought(2, buys[:2], demand=[[10, 20]]) == [[8, 16], [2, 4]]
    assert bought(2, [{**one, "quota": 0.8} for one in buys[:2]], demand=[[10, 20]]) == [[5, 10], [5, 10]]


def test_a_quota_keeps_to_minimum_orders_and_multiples_and_leaves_to_others_what_it_cannot_deliver() -> None:
    buys = [{"supplier": "A", "quota": 0.5, "minimum_order": 8.0, "order_multiple": 4.0},
            {"supplier": "B", "quota": 0.5, "capacity": 4.0}, {"supplier": "C", "priority": 2.0}]
    assert bought(3, buys, demand=[[10, 10, 10]]) == [[8, 8, 0], [4, 4, 4], [1, 1, 1]]


def test_lanes_with_a_quota_bring_their_share() -> None:
    nodes = [{"location": "East", "level": 1}, {"location": "West", "level": 1}, {"location": "Shop"}]
    _, flows = planned(
        2, nodes=nodes, makes=[], components=[], buys=[{"node": 0}, {"node": 1}], demands=[{"node": 2}],
        demand=[[10, 20]], moves=[{"from_node": 0, "to_node": 2, "quota": 0.3, "unit_cost": 9.0},
                                  {"from_node": 1, "to_node": 2, "unit_cost": 1.0}],
    )
    assert flows.move_arrival.tolist() == [[3, 6], [7, 14]]


def test_receipts_come_before_they_are_needed_by_the_safety_time() -> None:
    settings = {"bucket": "week", "first_period": "2027-W01"}
    assert bought(4, [{}], demand=[[1, 2, 3, 4]], settings=settings) == [[1, 2, 3, 4]]
    _, flows = planned(4, nodes=[{"safety_time": 10.0}], makes=[], components=[], buys=[{}],
                       demand=[[1, 2, 3, 4]], settings=settings)
    assert flows.buy_receipt.tolist() == [[3, 3, 4, 0]]


def test_frozen_production_stays_and_slushy_production_changes_a_little() -> None:
    frozen, slushy = [[OPEN, SHUT, SHUT, SHUT]], [[SHUT, OPEN, OPEN, SHUT]]
    fences = {"last_production": [[7, 10, 10, 10]], "frozen": frozen, "slushy": slushy}
    _, flows = planned(4, demand=[[10, 0, 20, 30]], settings={"slushy_change": 20.0}, **fences)
    assert flows.make_start.tolist() == [[7, 11, 12, 30]]
    assert flows.shipment.tolist() == [[7, 3, 20, 30]]
    assert (flows.make_lots == 1).all()
    _, flows = planned(4, demand=[[10, 0, 20, 30]], settings={"keep_frozen": False}, **fences)
    assert flows.make_start.tolist() == [[10, 0, 20, 30]]


def test_slushy_production_falls_no_further_than_allowed_and_firm_production_wins_over_a_fence() -> None:
    fences = {"last_production": [[NAN, 10, 10]], "frozen": [[OPEN, SHUT, OPEN]], "slushy": [[SHUT, OPEN, SHUT]]}
    _, flows = planned(3, demand=[[2, 3, 4]], settings={"slushy_change": 20.0}, firm_production=[[NAN, NAN, 6]],
                       **fences)
    assert flows.make_start.tolist() == [[2, 8, 6]]


def test_what_is_beyond_every_capacity_stays_with_the_first_source_that_is_open() -> None:
    buys = [{"supplier": "A", "capacity": 4.0}, {"supplier": "B", "capacity": 5.0, "priority": 2.0}]
    assert bought(2, buys, demand=[[10, 10]], buy_open=[[OPEN, SHUT], [OPEN, OPEN]]) == [[5, 0], [5, 10]]


def test_hours_move_to_the_alternate_at_its_own_pace() -> None:
    network = small_network(
        2, **{**MADE, "demand": [[10, 20]], "resources": [{}, {"resource": "Spare", "extra_shift_hours": 8.0}],
              "operations": [{"hours_per_unit": 1.0}], "alternates": [{"operation": 0, "resource": 1,
                                                                      "hours_factor": 1.5}]})
    flows = plan_requirements(network)
    assert figures(network, flows).hours.tolist() == [[10, 20], [0, 0]]
    moved = Flows(**{**flows.__dict__, "alternate_hours": np.array([[4.0, 0.0]]),
                     "extra_shifts": np.array([[0.0, 0.0], [2.0, 0.0]])})
    found = figures(network, moved)
    assert found.hours.tolist() == [[6, 20], [6, 0]]
    assert (found.hours_taken_over.tolist(), found.hours_given_away.tolist()) == ([[0, 0], [6, 0]], [[4, 0], [0, 0]])
    assert found.extra_hours.tolist() == [[0, 0], [16, 0]]


def test_an_empty_network_has_an_empty_plan() -> None:
    for periods in (1, 3):
        flows = plan_requirements(small_network(periods))
        assert flows.make_start.shape == (0, periods)


def any_network(seed: int) -> Network:
    """A bike of parts of steel, made in two ways each or bought, everything closed and fenced at random."""
    random = np.random.default_rng(seed)
    periods = int(random.integers(1, 6))

    def some(count: int, share: float) -> np.ndarray:
        return random.random((count, periods)) < share

    def maybe(count: int, share: float, high: int) -> np.ndarray:
        return np.where(some(count, share), random.integers(0, high, (count, periods)), NAN)

    nodes = [{"level": level, "on_hand": float(random.integers(0, 9)), "safety_stock": float(random.integers(0, 4)),
              "safety_time": float(random.choice([0, 7])), "lot_size": 7.0, "order_cost": 3.0, "holding_cost": 1.0,
              "lot_rule": str(random.choice(["lot-for-lot", "fixed", "economic", "period"]))} for level in range(3)]
    makes = [{"node": node, "lead": int(random.integers(0, 3)), "yield_rate": float(random.choice([1.0, 0.5])),
              "routing": str(way), "priority": float(way)} for node in (0, 1) for way in (1, 2)]
    components = [{"make": make, "node": 1 + make // 2, "quantity": 2.0} for make in range(4)]
    buys = [{"node": node, "supplier": str(number), "lead": int(random.integers(0, 3)), "minimum_order": 3.0,
             "capacity": float(random.choice([NAN, 5.0])), "quota": float(random.choice([NAN, 0.4, 0.9]))}
            for node in (1, 2) for number in range(3)]
    return small_network(
        periods, {"bucket": "week", "first_period": "2027-W01"}, nodes=nodes, makes=makes, components=components,
        buys=buys, demands=[{}, {"market": "Far", "priority": 2.0}], demand=random.integers(0, 20, (2, periods)),
        co_products=[{"make": 2, "node": 2, "quantity": 0.3}, {"make": 2, "node": 0, "quantity": 0.1}],
        price_breaks=[{"buy": 0, "from_quantity": 20.0, "unit_price": 0.1}],
        make_open=some(4, 0.7), component_open=some(4, 0.7), buy_open=some(6, 0.7), firm_production=maybe(4, 0.2, 9),
        last_production=maybe(4, 0.8, 15), frozen=some(4, 0.2), slushy=some(4, 0.3),
        open_production=random.integers(0, 3, (4, periods)), open_purchases=random.integers(0, 3, (6, periods)),
    )


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_closed_or_fenced_the_plan_keeps_to_it_and_every_quantity_is_accounted_for(seed: int) -> None:
    network = any_network(seed)
    flows = plan_requirements(network)
    rate = network.makes["yield_rate"].to_numpy(float)[:, None]
    free = flows.make_start - settled_starts(network)
    assert (free >= -1e-9).all()
    assert (free <= room_for_starts(network) + 1e-9).all()
    assert not flows.buy_receipt[~np.asarray(network.buy_open)].any()
    assert (flows.make_receipt.sum(axis=1) <= (flows.make_start * rate).sum(axis=1) + 1e-9).all()
    received = figures(network, flows).receipts.sum(axis=1) - network.scheduled_receipts.sum(axis=1)
    beside = flows.make_receipt[2].sum() / rate[2, 0]
    assert received == pytest.approx(np.array([
        flows.make_receipt[:2].sum() + 0.1 * beside,
        flows.make_receipt[2:].sum() + flows.buy_receipt[:3].sum(), flows.buy_receipt[3:].sum() + 0.3 * beside]))
    backlog = figures(network, flows).backlog
    assert (backlog >= -1e-9).all()
    assert ((backlog.sum(axis=0) > 1e-6) <= (figures(network, flows).closing_stock[0] < 1e-6)).all()
