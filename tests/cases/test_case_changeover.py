"""One machine with a matrix of changeover costs: the proven optima of discrete lot sizing, through the schedule.

A slot is a day with one unit's hours; demands are production orders with due dates, and stock costs by the day.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.cases.case_tables import Frames, plan_tables, read_case, run_supply, weekly

CASE, EXPECTED = read_case("dlsp_changeover_sequencing")
FIRST, *OTHERS = CASE
FIRST_DAY = pd.Timestamp("2027-01-04")


def scheduled(case: dict[str, Any], **settings: Any) -> pd.DataFrame:
    items = [f"K{number}" for number in range(case["items"])]
    asked = [(item, slot) for item, row in zip(items, case["demand"], strict=True)
             for slot, units in enumerate(row) for _ in range(int(units))]
    pairs = [(before, after) for before in range(len(items)) for after in range(len(items)) if before != after]
    due = [FIRST_DAY + pd.Timedelta(days=slot) for _, slot in asked]
    frames: Frames = {
        "items": {"item": items},
        "resources": {"resource": ["Mill"], "location": "PLANT", "hours_per_day": 8.0},
        "routings": {"item": items, "location": "PLANT", "operation": "10", "resource": "Mill", "hours_per_unit": 8.0},
        "stock_policies": {"item": items, "holding_cost": 7.0 * case["stock_cost_per_unit_slot"]},
        "changeovers": {"resource": "Mill", "from_group": [items[before] for before, _ in pairs],
                        "to_group": [items[after] for _, after in pairs],
                        "cost": [float(case["changeover_cost_from_to"][before][after]) for before, after in pairs]},
        "open_orders": {"order": [f"P{number}" for number in range(len(asked))], "kind": "production",
                        "item": [item for item, _ in asked], "location": "PLANT", "due_date": due,
                        "due_period": [f"2027-W{day.isocalendar().week:02d}" for day in due], "quantity": 1.0},
    }
    settings = {"schedule_days": 35, **settings}
    return run_supply(plan_tables(weekly(6, **settings), {(items[0], "Home"): [0]}, frames))["job_schedule"]


@pytest.mark.parametrize("name", [FIRST, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_changeovers_and_stock_cost_what_is_proven_to_be_least(name: str) -> None:
    schedule = scheduled(CASE[name])
    early = (schedule["due"].dt.normalize() - schedule["end"].dt.normalize()).dt.days
    assert (early >= 0).all()
    assert schedule["start"].dt.normalize().is_unique
    stock = float(early.sum()) * CASE[name]["stock_cost_per_unit_slot"]
    assert schedule["changeover_cost"].sum() + stock == EXPECTED[name]["optimum_state_kept_over_idle"]


def test_the_changeover_cost_shown_is_that_of_the_matrix_between_neighbours() -> None:
    case = CASE["15timeslots_8types"]
    schedule = scheduled(case).sort_values("start")
    kinds = schedule["item"].str[1:].astype(int).to_numpy()
    matrix = np.asarray(case["changeover_cost_from_to"])
    assert schedule["changeover_cost"].tolist() == [0.0, *matrix[kinds[:-1], kinds[1:]].tolist()]
