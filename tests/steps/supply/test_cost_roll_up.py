"""The cost roll-up: small companies counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sopxl.schema import Tables
from tests.cases.case_tables import plan_tables, run_supply, weekly

FRAMES: dict[str, dict[str, Any]] = {
    "items": {"item": ["BIKE", "FRAME", "TUBE"], "status": ["active", "component", "component"]},
    "locations": {"location": ["PLANT", "STORE"], "kind": ["plant", "warehouse"]},
    "markets": {"market": ["HOME"], "ship_from": ["STORE"], "market_group": ["HOME"]},
    "lanes": {"from_location": ["PLANT"], "to_location": ["STORE"], "unit_cost": [4.0]},
    "resources": {"resource": ["WELD"], "location": ["PLANT"], "hours_per_day": [100.0], "hourly_cost": [30.0]},
    "routings": {
        "item": ["BIKE", "FRAME"], "location": ["PLANT"] * 2, "operation": ["10"] * 2, "resource": ["WELD"] * 2,
        "hours_per_unit": [0.5, 1.0], "setup_hours": [0.0, 2.0], "yield_rate": [1.0, 0.8],
    },
    "bills_of_material": {"parent": ["BIKE", "FRAME"], "component": ["FRAME", "TUBE"], "quantity": [1.0, 3.0],
                          "scrap": [0.0, 0.25]},
    "suppliers": {"supplier": ["STEEL"]},
    "sourcing": {"item": ["TUBE"], "location": ["PLANT"], "supplier": ["STEEL"], "price": [6.0]},
    "stock_policies": {"item": ["FRAME"], "location": ["PLANT"], "lot_rule": ["fixed"], "lot_size": [20.0]},
    "costs": {"item": ["BIKE", "FRAME", "TUBE"], "material_cost": [60.0, 40.0, 5.0],
              "conversion_cost": [20.0, 33.0, 0.0]},
}


def roll_up_of(frames: dict[str, dict[str, Any]]) -> dict[Any, Any]:
    """The rows of the cost roll-up by item and location, of a plan that sells 16 bikes a week."""
    tables = plan_tables(weekly(4), {("BIKE", "HOME"): [16.0] * 4}, frames)
    rows = run_supply(tables)["cost_roll_up"]
    return {(row["item"], row["location"]): row for row in rows.to_dict("records")}


def test_a_made_item_costs_its_parts_hours_set_ups_and_what_is_lost_on_the_way() -> None:
    rows = roll_up_of(FRAMES)
    frame = rows["FRAME", "PLANT"]
    # a frame started: 3 tubes in it and 1 lost (24 in all, 6 of it scrap), an hour at 30; 2 set-up hours for 25
    # started, 20 of them good: 2.40. So 56.40 for a frame started, 70.50 for a good one
    assert [frame[name] for name in ("material", "conversion", "set_up")] == pytest.approx([18.0, 30.0, 2.4])
    assert frame["scrap"] == pytest.approx(6.0 + 56.4 * 0.25)
    assert frame["rolled_up"] == pytest.approx(70.5)


def test_freight_is_added_where_stock_is_moved() -> None:
    rows = roll_up_of(FRAMES)
    assert rows["BIKE", "PLANT"]["rolled_up"] == pytest.approx(70.5 + 15.0)
    assert rows["BIKE", "STORE"]["freight"] == pytest.approx(4.0)
    assert rows["BIKE", "STORE"]["rolled_up"] == pytest.approx(70.5 + 15.0 + 4.0)


def test_the_difference_from_the_standard_arises_here_or_comes_with_what_goes_in() -> None:
    rows = roll_up_of(FRAMES)
    frame = rows["FRAME", "PLANT"]
    # 4 tubes for a frame started are 5 for a good one, each 1 dearer than its standard of 5
    assert frame["difference"] == pytest.approx(70.5 - 73.0)
    assert frame["by_inputs"] == pytest.approx(5.0)
    assert frame["by_source"] == pytest.approx(-7.5)
    assert frame["explanation"] == ("-7.50 by hours, rates and yields here; +5.00 by what goes into it, most of it by "
                                    "TUBE.")
    assert rows["TUBE", "PLANT"]["explanation"] == "+1.00 by the purchase price."


def test_what_could_be_made_and_is_bought_is_subcontracted() -> None:
    frames = FRAMES | {
        "sourcing": {"item": ["TUBE", "FRAME"], "location": ["PLANT"] * 2, "supplier": ["STEEL"] * 2,
                     "price": [6.0, 80.0]},
        "routings": {name: values[:1] for name, values in FRAMES["routings"].items()},
    }
    rows = roll_up_of(frames)
    assert rows["FRAME", "PLANT"]["subcontract"] == 80.0
    assert rows["BIKE", "PLANT"]["subcontract"] == 80.0
    assert rows["BIKE", "PLANT"]["material"] == 0.0


def test_prices_of_several_suppliers_count_by_their_quotas() -> None:
    frames = FRAMES | {
        "suppliers": {"supplier": ["STEEL", "IRON"]},
        "sourcing": {"item": ["TUBE"] * 2, "location": ["PLANT"] * 2, "supplier": ["STEEL", "IRON"],
                     "price": [6.0, 10.0], "quota": [0.75, 0.25]},
    }
    assert roll_up_of(frames)["TUBE", "PLANT"]["rolled_up"] == pytest.approx(7.0)


def test_the_worth_of_a_co_product_is_taken_off_what_is_made_with_it() -> None:
    frames = FRAMES | {
        "items": {"item": ["BIKE", "FRAME", "TUBE", "SCRAP IRON"],
                  "status": ["active", "component", "component", "component"]},
        "co_products": {"item": ["FRAME"], "co_product": ["SCRAP IRON"], "quantity": [0.5]},
        "costs": {"item": ["BIKE", "FRAME", "TUBE", "SCRAP IRON"], "material_cost": [60.0, 40.0, 5.0, 2.0],
                  "conversion_cost": [20.0, 33.0, 0.0, 0.0]},
    }
    rows = roll_up_of(frames)
    assert rows["FRAME", "PLANT"]["other_cost"] == pytest.approx(-1.0)
    assert rows["SCRAP IRON", "PLANT"]["rolled_up"] == 2.0


def tables_of(frames: dict[str, dict[str, Any]]) -> Tables:
    """The tables of a plan without any demand."""
    return plan_tables(weekly(2), {("BIKE", "HOME"): [0.0, 0.0]}, frames)


def test_a_company_that_makes_nothing_has_a_roll_up_too() -> None:
    bare = {name: FRAMES[name] for name in ("items", "locations", "markets")}
    assert (run_supply(tables_of(bare))["cost_roll_up"]["source"] == "").all()


def test_a_price_far_from_the_standard_is_an_exception_with_its_money() -> None:
    tables = plan_tables(weekly(4), {("BIKE", "HOME"): [16.0] * 4}, FRAMES)
    told = run_supply(tables)["exceptions"]
    told = told[told["kind"] == "Standard cost out of date"].set_index("item")
    assert told.loc["TUBE", "message"] == "TUBE at PLANT costs 6.00, not 5.00: +1.00 by the purchase price."
    assert told.loc["TUBE", "remedy"] == "Renegotiate or buy elsewhere; else set its standard cost to 6.00."
    # 16 bikes a week need 20 frames started and 80 tubes, each 1 dearer; a year has 52 weeks
    assert told.loc["TUBE", "money"] == pytest.approx(80.0 * 52.0, rel=0.3)
