"""Exploding a real year of sales through a real bill of materials gives the work orders of that year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sopxl.settings import Settings
from sopxl.steps.supply.requirements import plan_requirements
from tests.cases.case_tables import FOLDER, Frames, network_of, plan_tables

DATA = FOLDER / "adventure_works_explosion"


def test_sales_of_last_year_explode_to_its_work_orders_within_a_quarter_percent() -> None:
    sales = pd.read_csv(DATA / "sales.csv", index_col="sku")
    bill = pd.read_csv(DATA / "bom.csv")
    made = pd.read_csv(DATA / "made.csv")
    bought = sorted((set(bill["component_sku"]) | set(sales.index)) - set(made["sku"]))
    frames: Frames = {
        "bills_of_material": {
            "parent": bill["parent_sku"], "component": bill["component_sku"], "quantity": bill["quantity"],
        },
        "suppliers": {"supplier": ["S"]},
        "sourcing": {"item": bought, "location": "PLANT", "supplier": "S"},
    }
    settings = Settings(first_period="2013-06", horizon=12, plan_mode="requirements")
    demand = {(str(item), "All"): list(row) for item, row in zip(sales.index, sales.to_numpy(float), strict=True)}
    network = network_of(plan_tables(settings, demand, frames), settings)
    flows = plan_requirements(network)
    needed = pd.Series(flows.make_start.sum(axis=1), index=network.makes["item"].to_numpy(object))
    by_subcategory = needed.groupby(made.set_index("sku")["subcategory"].reindex(needed.index).to_numpy()).sum()
    started = pd.read_csv(DATA / "work_orders.csv", index_col="subcategory")["started"]
    assert set(by_subcategory.index) == set(started.index)
    off = (by_subcategory / started - 1.0).abs()
    assert off.max() < 0.0025, off.sort_values().tail()
    assert np.isclose(by_subcategory["Component part"], 1_688_205)
    assert network.nodes["level"].max() == 4
