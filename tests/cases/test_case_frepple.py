"""frePPLe's two demo companies, read as plans: no demand is lost, and every limit is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sopxl import pipeline
from sopxl.frepple import read_frepple
from sopxl.plan_checks import check_plan
from sopxl.schema import Tables, conform_all
from sopxl.settings import read_settings, settings_frame
from sopxl.tables import TABLES
from tests.cases.case_tables import FOLDER

COMPANIES = [FOLDER / name for name in ("frepple_manufacturing_demo", "frepple_distribution_demo")]
SMALL = 1e-6


def total(tables: Tables, grid: str, measure: str) -> np.ndarray:
    labels = read_settings(tables["settings"]).periods.labels
    frame = tables[grid]
    return np.asarray(frame.loc[frame["measure"] == measure, labels].to_numpy(float))


def planned(folder: Path, **changed: Any) -> Tables:
    """All tables after a cycle with these settings."""
    tables = read_frepple(folder)
    settings = replace(read_settings(tables["settings"]), **changed)
    tables = {**tables, "settings": settings_frame(settings)}
    assert [one for one in check_plan(conform_all(TABLES, tables), settings) if one.severity == "error"] == []
    return pipeline.run(tables)


@pytest.mark.parametrize("folder", [COMPANIES[0], pytest.param(COMPANIES[1], marks=pytest.mark.slow)],
                         ids=["maker", "shops"])
def test_frepples_demo_companies_lose_no_demand_and_keep_every_limit(folder: Path) -> None:
    after = planned(folder, whole_lots=False)
    assert total(after, "backlog_plan", "Demand").sum() > 0
    assert total(after, "backlog_plan", "Lost sales").sum() == 0
    assert total(after, "backlog_plan", "Backlog")[:, -1] == pytest.approx(0.0, abs=SMALL)
    assert (total(after, "inventory_plan", "Closing stock") >= -SMALL).all()
    over = total(after, "capacity_plan", "Planned hours") - total(after, "capacity_plan", "Regular hours")
    assert (over <= SMALL * 1e3).all()
    assert len(after["limit_conflicts"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("folder", COMPANIES, ids=["maker", "shops"])
def test_frepples_demo_companies_buy_and_move_in_whole_lots(folder: Path) -> None:
    after = planned(folder, time_limit=10.0)
    labels = read_settings(after["settings"]).periods.labels
    assert total(after, "backlog_plan", "Lost sales").sum() == 0
    bought = after["procurement_plan"][after["procurement_plan"]["measure"] == "Planned receipts"]
    for _, offer in after["sourcing"].iterrows():
        rows = bought[(bought["item"] == offer["item"]) & (bought["supplier"] == offer["supplier"])]
        quantity = rows[labels].to_numpy(float).ravel()
        ordered = quantity[quantity > SMALL]
        assert (ordered >= offer["minimum_order"] - SMALL).all()
        if offer["order_multiple"] > 0:
            assert ordered / offer["order_multiple"] == pytest.approx(np.round(ordered / offer["order_multiple"]))
