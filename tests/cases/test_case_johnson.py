"""Two work centres in a row, by Johnson's rule: open production orders through the product's own schedule."""

from __future__ import annotations

import pandas as pd

from tests.cases.case_tables import Frames, plan_tables, read_case, run_supply, weekly

CASE, EXPECTED = read_case("johnson_two_machine")


def scheduled() -> pd.DataFrame:
    jobs = CASE["jobs"]
    frames: Frames = {
        "items": {"item": list(jobs)},
        "resources": {"resource": ["First", "Second"], "location": "PLANT", "hours_per_day": 24.0},
        "routings": {
            "item": [item for item in jobs for _ in "12"], "location": "PLANT", "operation": ["10", "20"] * len(jobs),
            "resource": ["First", "Second"] * len(jobs),
            "hours_per_unit": [float(hours) for pair in jobs.values() for hours in pair],
        },
        "open_orders": {"order": [f"P{item}" for item in jobs], "kind": "production", "item": list(jobs),
                        "location": "PLANT", "due_period": "2027-W01", "quantity": 1.0},
    }
    return run_supply(plan_tables(weekly(2), {("A", "Home"): [0, 0]}, frames))["job_schedule"]


def test_both_machines_run_the_jobs_in_johnsons_order() -> None:
    schedule = scheduled()
    for resource in ("First", "Second"):
        on_it = schedule[schedule["resource"] == resource].sort_values("sequence")
        assert "".join(on_it["item"]) == EXPECTED["sequence_johnson"]


def test_the_last_job_is_done_after_the_published_hours_and_none_is_late() -> None:
    schedule = scheduled()
    hours = (schedule["end"].max() - schedule["start"].min()).total_seconds() / 3600
    assert hours == EXPECTED["makespan"]
    assert set(schedule["status"]) == {"In time"}
