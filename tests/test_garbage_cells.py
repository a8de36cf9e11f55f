"""Garbage in the tables of the demand step: each run either names what is wrong or makes a plan, and never breaks.

The cells are spoilt at random, checked as they would be in a workbook, and planned with where the checks find no error.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl import pipeline
from sopxl.checks import check_table
from sopxl.plan_checks import check_plan, check_rows
from sopxl.schema import Finding, PlanError, Tables, conform_all
from sopxl.settings import read_settings
from sopxl.steps.demand.cleansing import propose_corrections, with_corrections
from sopxl.steps.demand.history import read_history
from sopxl.tables import TABLES
from tests.small_company import small_company

ROWS: dict[str, list[dict[str, Any]]] = {
    "recent_sales": [{"date": datetime(2027, 1, day), "item": "TABLE", "market": "South shop", "quantity": 1}
                     for day in (4, 5, 6)],
    "drivers": [{"driver": "Fair", "period": period, "value": 1} for period in ("2025-05", "2026-05", "2027-03")],
    "promotions": [{"promotion": "Spring", "item": "TABLE", "from_period": "2026-02", "to_period": "2026-03"},
                   {"promotion": "Summer", "family": "Chairs", "market": "North Shop", "from_period": "2027-02"}],
    "launches": [{"item": "CHAIR", "start_period": "2027-02", "like_item": "TABLE", "replaces": "TABLE"}],
    "overrides": [{"role": "sales", "item": "TABLE", "from_period": "2027-02", "kind": "add percent", "amount": 5,
                   "reason": "Fair", "author": "Desk A", "entered": datetime(2026, 12, 1)},
                  {"role": "finance", "from_period": "2027-01", "to_period": "2027-04", "kind": "set money",
                   "amount": 90000, "amount_is": "in total", "reason": "Budget", "author": "Desk B"}],
    "segment_policies": [{"abc": "A", "xyz": "X"}, {"abc": "C", "xyz": "Z", "forecast_policy": "simple"}],
    "history_corrections": [{"item": "TABLE", "market": "South Shop", "period": "2026-05", "reason": "outlier",
                             "sold": 20, "proposed": 25, "decision": "accept"}],
}
SPOILT = ("sales_history", "items", "markets", "prices", "open_orders", *ROWS)
GARBAGE = [
    None, "", " ", "A", "X", "PLANT", "sale", "sales", 0, -1, 1, 1.5,
    1e300, -1e300, float("inf"), float("nan"), "x", "TABLE", "CHAIR", "LEG", "table",
    "South shop", "South Shop", "North Shop", "Tables", "Chairs", "2026-13", "2026-12", "2027-02", "2029-01", "0001-01",
    "9999-12", "2026-W53", "2026-Q4", "#REF!", "{x}", "%s", "=1+1", "1,5", "accept", "ACCEPT", "active", "ended",
    "component", "launch", "replacement", "end", "bass", "ramp", "set units", "add percent", "in total", "equal", True,
    datetime(1900, 1, 1), datetime(2027, 1, 9), datetime(9999, 12, 31), "1.2.2026", "today", "🪑", "x" * 300,
]


def sound_cells() -> Tables:
    """The small company as people would have typed it, with rows in every table of the demand step."""
    given_rows = {name: pd.DataFrame(rows) for name, rows in ROWS.items()}
    tables = conform_all(TABLES, {**small_company(), **given_rows})
    return {name: frame.astype(object) for name, frame in tables.items()}


SOUND = sound_cells()
PLACES = [(table, column.name) for table in SPOILT for column in TABLES[table].columns]


def errors_of(cells: Tables) -> list[Finding]:
    """What stops a run with these cells."""
    frames = conform_all(TABLES, cells)
    settings = read_settings(frames["settings"])
    found = [one for name in SPOILT for one in check_table(TABLES[name], cells[name], settings.bucket, cells)]
    stopped = any(finding.severity == "error" for finding in found)
    found += check_rows(frames, settings) if stopped else check_plan(frames, settings)
    return [finding for finding in found if finding.severity == "error"]


def spoil(spoilt: list[tuple[tuple[str, str], int, Any]]) -> Tables:
    cells = dict(SOUND)
    for (table, column), row, value in spoilt:
        frame = cells[table].copy()
        typed = list(frame[column])
        typed[row % len(typed)] = value
        frame[column] = pd.Series(typed, dtype=object)
        cells[table] = frame
    return cells


def plan(cells: Tables) -> None:
    """Plan demand, and hold that what comes out is finite and not below zero; a plan error is an answer too."""
    try:
        after = pipeline.run(cells, ["demand"])
    except PlanError:
        return
    settings = read_settings(after["settings"])
    consensus = after["sales_plan"][after["sales_plan"]["measure"] == "Consensus"][settings.periods.labels]
    assert np.isfinite(consensus.to_numpy(float)).all()
    assert (consensus.to_numpy(float) >= 0).all()
    history = read_history(after, settings)
    used = with_corrections(history, propose_corrections(history, after, settings), settings)
    assert np.array_equal(used.sold, history.sold, equal_nan=True)


def test_the_sound_company_has_no_errors_and_makes_a_plan() -> None:
    assert errors_of(SOUND) == []
    plan(SOUND)


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.integers(0, 95), st.sampled_from(GARBAGE)), min_size=1,
                max_size=3))
def test_garbage_gives_findings_with_a_place_or_a_plan(spoilt: list[tuple[tuple[str, str], int, Any]]) -> None:
    cells = spoil(spoilt)
    errors = errors_of(cells)
    for finding in errors:
        assert finding.remedy
        assert finding.column in TABLES[finding.table].column_names
        assert finding.row is None or 0 <= finding.row < len(cells[finding.table])
    if not errors:
        plan(cells)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_every_kind_of_garbage_in_every_column_gives_findings_or_a_plan(place: tuple[str, str]) -> None:
    planned = set()
    for value in (SOUND[place[0]][place[1]].iloc[0], *GARBAGE):  # the sound one too: a column may refuse all others
        cells = spoil([(place, 0, value)])
        read = repr(conform_all(TABLES, cells)[place[0]].iloc[0].to_dict())
        if read not in planned and not errors_of(cells):
            planned.add(read)
            plan(cells)
    assert planned, "no column refuses the value that stands there"
