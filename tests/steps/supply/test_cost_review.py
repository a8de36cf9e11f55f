"""The review of a plan's cost by term."""

from __future__ import annotations

import pytest

from sopxl.steps.supply.balance import balance
from sopxl.steps.supply.cost_terms import COST_TERMS
from tests.cases.case_tables import Frames, network_of, plan_tables, run_supply, weekly

FRAMES: Frames = {
    "suppliers": {"supplier": ["S"]},
    "sourcing": {"item": ["Bike"], "location": "PLANT", "supplier": "S", "price": 5.0, "capacity": 8.0},
    "stock_policies": {"item": ["Bike"], "location": "PLANT", "holding_cost": 0.5, "safety_stock": 4.0},
    "costs": {"item": ["Bike"], "material_cost": 5.0},
}


@pytest.mark.parametrize("mode", ["balance", "requirements"])
def test_the_terms_of_a_balanced_plan_add_up_to_what_was_made_small(mode: str) -> None:
    settings = weekly(3, plan_mode=mode)
    tables = plan_tables(settings, {("Bike", "Home"): [4, 12, 9]}, FRAMES)
    told = run_supply(tables)["plan_cost"]
    if mode == "requirements":
        assert told.empty
        return
    least = balance(network_of(tables, settings)).cost
    assert told["amount"].sum() == pytest.approx(sum(least.values()))
    assert told["term"].tolist() == [term.name for term in COST_TERMS if term.name in least]
    assert (told["meaning"] != "").all()
    by_term = told.set_index("term")
    assert list(by_term.loc["Purchases", ["amount", "money_flows", "plan_line"]]) == [
        pytest.approx(5 * 24), "paid", "Purchases"]
    assert by_term.loc["Late demand", "money_flows"] == "steers the plan"
