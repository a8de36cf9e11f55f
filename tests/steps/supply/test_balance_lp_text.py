"""The programs of small plans, row by row, against approved files: whoever changes the model sees it here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest

from sopxl.steps.supply.balance import build
from sopxl.steps.supply.balance_model import DECISIONS, Model
from sopxl.steps.supply.cost_terms import COST_TERMS
from sopxl.steps.supply.limits import LIMITS
from sopxl.steps.supply.lp_text import write_lp
from sopxl.steps.supply.network import Network
from sopxl.steps.supply.solve import solve
from sopxl.steps.supply.whole_lots import SOURCES
from tests.steps.supply.balance_networks import small_network

APPROVED = Path(__file__).parent / "approved"
NETWORK: dict[str, Any] = {
    "nodes": [
        {"holding_cost": 1.0, "unit_cost": 20.0, "safety_stock": 4.0, "on_hand": 6.0},
        {"location": "Depot", "holding_cost": 2.0, "backlog_cost": 7.0},
        {"item": "Frame", "holding_cost": 0.5},
    ],
    "demands": [{"freight_cost": 1.0, "priority": 2.0}, {"market": "Key account"},
                {"node": 1, "market": "Abroad", "opening_backlog": 3.0}],
    "makes": [{"production_cost": 2.0}],
    "components": [{"node": 2, "quantity": 2.0}],
    "operations": [{"hours_per_unit": 0.5, "setup_hours": 2.0}, {"resource": 1, "hours_per_unit": 1.0}],
    "resources": [
        {"hourly_cost": 4.0, "overtime_cost": 6.0},
        {"resource": "Team", "workers": 2.0, "worker_hours": 8.0, "wage": 50.0, "hiring_cost": 90.0,
         "layoff_cost": 80.0, "overtime_cost": 9.0},
    ],
    "buys": [
        {"node": 2, "item": "Frame", "lead": 1, "unit_price": 3.0, "expedite_price": 1.5, "capacity": 30.0},
        {"node": 2, "item": "Frame", "supplier": "Other", "unit_price": 2.0, "priority": 2.0},
    ],
    "moves": [{"lead": 1, "unit_cost": 0.25}],
    "demand": [[5, 20], [4, 6], [2, 9]], "price": 60.0, "regular_hours": [[15, 15], [16, 16]],
    "overtime_hours": [[2, 2], [4, 4]], "minimum_stock": [[0, 2], [0, 0], [0, 0]],
    "maximum_stock": [[15, 15], [np.inf, np.inf], [np.inf, np.inf]], "order_cost": [[8], [0], [5]],
    "storage": [{"location": "Plant", "storage_capacity": 90.0}],
}
AGREEMENTS: dict[str, Any] = {
    **NETWORK,
    "nodes": [{**NETWORK["nodes"][0], "storage_units": 2.0}, NETWORK["nodes"][1],
              {**NETWORK["nodes"][2], "safety_time": 0.5}],
    "makes": [{"production_cost": 2.0, "yield_rate": 0.8},
              {"routing": "Second", "production_cost": 1.0, "priority": 2.0}],
    "components": [{"node": 2, "quantity": 2.0}, {"make": 1, "node": 2, "quantity": 3.0}],
    "component_open": [[True, True], [True, False]],
    "co_products": [{"node": 2, "quantity": 0.25}],
    "operations": [*NETWORK["operations"], {"make": 1, "hours_per_unit": 0.75}],
    "alternates": [{"operation": 0, "resource": 1, "hours_factor": 1.5}],
    "resources": [
        {**NETWORK["resources"][0], "most_extra_shifts": 2.0, "extra_shift_hours": 8.0, "extra_shift_cost": 30.0},
        {**NETWORK["resources"][1], "least_workers": 1.0, "most_workers": 4.0, "most_hired": 1.0},
    ],
    "prescribed_workers": [[np.nan, np.nan], [np.nan, 3.0]],
    "suppliers": [{"capacity": 40.0}, {"supplier": "Other"}],
    "buys": [NETWORK["buys"][0], {**NETWORK["buys"][1], "quota": 0.25}],
    "contracts": [{"minimum": 20.0, "maximum": 50.0, "shortfall_cost": 4.0, "last": 1}],
    "contract_buys": [{"buy": 0}],
    "moves": [{"unit_cost": 0.25, "quota": 0.5}, {"lead": 1, "lane": 1}],
    "lanes": [{"total_capacity": 25.0, "load_size": 10.0, "load_cost": 12.0, "minimum_load": 3.0},
              {"from_location": "Rail"}],
    "open_purchases": [[5, 0], [0, 0]], "firm_production": np.nan, "last_production": [[3, 10], [np.nan, np.nan]],
    "frozen": [[True, False], [True, False]], "slushy": [[False, True], [False, True]],
    "make_open": [[True, True], [True, False]], "buy_open": [[True, True], [False, True]],
    "price_breaks": [{"buy": 1, "from_quantity": 20.0, "unit_price": 1.5},
                     {"buy": 1, "from_quantity": 40.0, "unit_price": 1.25, "all_units": False}],
}
PLANS: dict[str, dict[str, Any]] = {
    "waiting": {"final_backlog": "allowed"},
    "lost": {"unmet_demand": "lost"},
    "agreements": {},
    "agreements_off": {"keep_capacity": False, "keep_material": False, "keep_lead_times": False, "keep_storage": False,
                       "keep_frozen": False},
    "agreements_in_whole_lots": {"whole_lots": True, "whole_workers": True},
    "made_to_order": {},
    "what_finance_sets": {},
    "whole_lots_and_workers": {"whole_lots": True, "whole_workers": True, "final_backlog": "none"},
}


def network(name: str) -> Network:
    if name.startswith("agreements"):
        return small_network(2, PLANS[name], **AGREEMENTS)
    parts = dict(NETWORK)
    if name == "made_to_order":
        stocked, depot, part = NETWORK["nodes"]
        parts["nodes"] = [{**stocked, "fulfilment": "make-to-order"},
                          {**depot, "fulfilment": "assemble-to-order", "on_hand": 7.0},
                          {**part, "fulfilment": "make-to-order"}]
        parts["open_other"] = [[0, 0], [0, 3], [4, 0]]
    if name == "what_finance_sets":
        parts["nodes"] = [{**NETWORK["nodes"][0], "family": "Bikes"}, {**NETWORK["nodes"][1], "family": "Bikes"},
                          {**NETWORK["nodes"][2], "unit_cost": 3.0, "family": "Parts"}]
        parts["financial_limits"] = [
            {"limit": "overtime budget", "amount": 20.0, "last": 1, "in_total": True},
            {"limit": "overtime budget", "amount": 15.0},
            {"limit": "stock value", "family": "Bikes", "name": "Bikes", "amount": 200.0, "last": 1},
            {"limit": "stock value", "amount": 300.0, "first": 1, "last": 1},
            {"limit": "gross margin", "family": "Bikes", "name": "Bikes", "share": 0.4, "last": 1},
            {"limit": "gross margin", "amount": 400.0, "last": 1, "in_total": True},
        ]
    if "whole_lots" in PLANS[name]:
        first, depot, part = NETWORK["nodes"]
        parts["nodes"] = [{**first, "minimum_lot": 8.0, "lot_multiple": 4.0},
                          {**depot, "minimum_lot": 6.0, "lot_multiple": 2.0}, part]
        parts["buys"] = [{**NETWORK["buys"][0], "minimum_order": 6.0}, {**NETWORK["buys"][1], "order_multiple": 5.0}]
    return small_network(2, PLANS[name], **parts)


@pytest.mark.parametrize("name", PLANS)
def test_the_program_is_the_approved_one(name: str) -> None:
    text = write_lp(network(name))
    approved = APPROVED / f"{name}.lp"
    assert text == approved.read_text(encoding="utf-8"), f"if this change is meant, write the text into {approved.name}"


@pytest.mark.parametrize("name", PLANS)
def test_a_solver_that_reads_the_text_finds_the_same_cost(name: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.lp"
    path.write_text(write_lp(network(name)), encoding="utf-8")
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", 0.0)
    assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    program = build(network(name)).program.arrays()
    assert solver.getInfo().objective_function_value + program.constant == pytest.approx(
        program.cost_of(solve(program, 60.0).values), rel=1e-6)


@pytest.mark.parametrize("name", list(DECISIONS))
def test_every_decision_is_in_an_approved_program(name: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in APPROVED.glob("*.lp")]
    assert any(f"{name}." in text for text in texts)


@pytest.fixture(scope="module")
def approved_rows() -> dict[str, set[str]]:
    """Limit -> the rows that it adds to the plans and that stand in their approved programs."""
    found: dict[str, set[str]] = {name: set() for name in LIMITS}
    for plan in PLANS:
        text = (APPROVED / f"{plan}.lp").read_text(encoding="utf-8")
        model = Model(network(plan))
        for name, decide in DECISIONS.items():
            decided = decide(model)
            if decided is not None:
                model.add(name, decided)
        for name, add_limit in LIMITS.items():
            before = set(model.rows)
            add_limit(model)
            found[name] |= {rows for rows in set(model.rows) - before if f" {rows}." in text}
    return found


@pytest.mark.parametrize("name", list(LIMITS))
def test_every_limit_is_in_an_approved_program(name: str, approved_rows: dict[str, set[str]]) -> None:
    assert approved_rows[name]


def test_every_kind_of_lot_is_in_an_approved_program(approved_rows: dict[str, set[str]]) -> None:
    kinds = {f"{source}_{row}" for source in SOURCES for row in ("lot_size", "minimum_lot", "lot_multiple")}
    assert approved_rows["whole_lots"] == kinds


def approve() -> None:
    """Write the approved files anew: ``python -m tests.steps.supply.test_balance_lp_text``."""
    for name in PLANS:
        (APPROVED / f"{name}.lp").write_text(write_lp(network(name)), encoding="utf-8")


def test_every_cost_term_says_what_it_is_and_charges_something() -> None:
    charged: set[str] = set()
    for name in PLANS:
        model = build(network(name))
        charged |= {term for term, charges in model.program.costs.items()
                    if any(np.any(np.asarray(unit_cost) != 0) for _, unit_cost in charges)}
    assert charged == {term.name for term in COST_TERMS}
    assert all(term.description.endswith(".") for term in COST_TERMS)


def test_names_that_would_be_the_same_are_told_apart() -> None:
    text = write_lp(small_network(1, nodes=[{"item": "A-1"}, {"item": "A 1"}]))
    assert "stock.A_1.Plant.2026_12:" not in text
    assert len({line.split("<=")[0] for line in text.splitlines() if "stock_balance" in line}) == 2


if __name__ == "__main__":
    approve()
