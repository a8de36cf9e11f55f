"""Garbage in the tables of demand and strategy: each run either names what is wrong or makes a plan, and never breaks.

The cells are spoilt at random, checked as they would be in a workbook, and planned with where the checks find no error.
The slow sweep takes every value in every column; cells that the checks accept are planned many at a time, and where
that breaks it is halved until the cell is found.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sopxl import pipeline
from sopxl.checks import check_table
from sopxl.plan_checks import check_plan, check_rows
from sopxl.schema import Finding, PlanError, Tables, conform, conform_all
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
    "development_projects": [{"project": "Legs", "status": "committed", "launch_item": "LEG",
                              "launch_period": "2027-02", "curve": "ramp", "potential": 10, "ramp_periods": 2,
                              "price_target": 30, "life": 3}],
    "project_stages": [{"project": "Legs", "stage": "Trial", "gate": 1, "from_period": "2026-12",
                        "until_period": "2027-01", "passed": True, "commits": True, "expense": 500, "investment": 900}],
    "project_resources": [{"project": "Legs", "stage": "Trial", "resource": resource, "hours": 10}
                          for resource in ("Makers", "SHOP")],
    "project_pools": [{"pool": "Makers", "hours_per_period": 20}],
    "initiatives": [{"initiative": "Sunday", "switched_on": True, "start_period": "2027-02", "investment": 100,
                     "running_cost": 10},
                    {"initiative": "Shop", "kind": "market", "switched_on": True, "start_period": "2027-03",
                     "depends_on": "Sunday"}],
    "initiative_effects": [{"initiative": "Shop", "effect": "demand", "family": "Chairs", "amount": 10,
                            "counted_as": "percent"},
                           {"initiative": "Sunday", "effect": "capacity hours", "resource": "SHOP", "amount": 8}],
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
    """The small company as people would have typed it, with rows in every table of demand and strategy."""
    given_rows = {name: pd.DataFrame(rows) for name, rows in ROWS.items()}
    tables = conform_all(TABLES, {**small_company(), **given_rows})
    return {name: frame.astype(object) for name, frame in tables.items()}


SOUND = sound_cells()
READ = conform_all(TABLES, SOUND)
SETTINGS = read_settings(READ["settings"])
REFUSED = "refused"


class Cell(NamedTuple):
    """What is typed into the first row of a table, or, ``beside`` it, into a copy of that row."""

    table: str
    column: str
    value: Any
    beside: bool = False

    def __repr__(self) -> str:
        return f"{self.table}.{self.column} = {self.value!r}"


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


def plan(cells: Tables, *, refused: bool = True) -> None:
    """Plan demand, and hold that what comes out is finite and not below zero; ``refused``: or that it is refused."""
    try:
        after = pipeline.run(cells, ["demand"])
    except PlanError:
        if refused:
            return
        raise
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


@hypothesis_settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


def refused_at_once(cell: Cell, cells: Tables) -> bool:
    """Whether a check finds an error; of the tables only the spoilt one and those that refer to its column are read."""
    table, column = cell.table, cell.column
    touched = {name for name in SPOILT for one in TABLES[name].columns if one.refers_to == f"{table}.{column}"}
    found = [one for name in (table, *sorted(touched - {table}))
             for one in check_table(TABLES[name], cells[name], SETTINGS.bucket, cells)]
    if not any(finding.severity == "error" for finding in found):
        found = check_plan({**READ, table: conform(TABLES[table], cells[table])}, SETTINGS)
    return any(finding.severity == "error" for finding in found)


def accepted_cells(place: tuple[str, str]) -> list[Cell]:
    """Garbage in the first row of a column that no check refuses: of what is read alike the first, not what stands."""
    table, column = place
    sound = SOUND[table][column].iloc[0]
    assert not refused_at_once(Cell(table, column, sound), spoil([(place, 0, sound)])), "every column takes what stands"
    known = {repr(READ[table][column].iloc[0])}
    accepted = []
    for value in GARBAGE:
        cells = spoil([(place, 0, value)])
        read = repr(conform(TABLES[table], cells[table])[column].iloc[0])
        if read not in known and not refused_at_once(Cell(table, column, value), cells):
            known.add(read)
            accepted.append(Cell(table, column, value))
    return accepted


def rounds_of(accepted: Mapping[tuple[str, str], Sequence[Cell]]) -> list[list[Cell]]:
    """Every accepted cell once, in as few plans as hide nothing.

    A column that takes nearly anything steers little: in each plan all of these are spoilt, and where they tell rows
    apart each has a row of its own. Of the others a plan has one cell per table, and no such rows beside it.
    """
    lanes: list[list[list[Cell]]] = []
    for table in SPOILT:
        of_table = {column: cells for (name, column), cells in accepted.items() if name == table}
        loose = {column for column, cells in of_table.items() if len(cells) > len(GARBAGE) / 2}
        keys = loose.intersection(TABLES[table].key)
        beside = ([cell._replace(beside=True) for cell in of_table[column]] for column in of_table if column in keys)
        alone = [[cell] for column, cells in of_table.items() if column not in loose for cell in cells]
        lanes.append(alone + [[cell for cell in rows if cell is not None] for rows in zip_longest(*beside)])
        lanes += [[[cell] for cell in of_table[column]] for column in of_table if column in loose - keys]
    return [list(chain(*together)) for together in zip_longest(*lanes, fillvalue=[])]


def spoil_together(spoilt: Sequence[Cell]) -> Tables:
    """The sound company with all these cells."""
    cells = dict(SOUND)
    for table, column, value, beside in spoilt:
        frame = cells[table]
        if beside:
            frame = pd.concat([frame, SOUND[table].head(1)], ignore_index=True)
        typed = list(frame[column])
        typed[len(frame) - 1 if beside else 0] = value
        cells[table] = frame.assign(**{column: pd.Series(typed, index=frame.index, dtype=object)})
    return cells


def breaking(spoilt: Sequence[Cell], breaks: Callable[[Sequence[Cell]], str]) -> list[tuple[Sequence[Cell], str]]:
    """The fewest cells that break a plan, each with how; looked for by halves, only where the whole makes no plan."""
    how = breaks(spoilt)
    half = len(spoilt) // 2
    parts = breaking(spoilt[:half], breaks) + breaking(spoilt[half:], breaks) if how and half else []
    return parts or ([(spoilt, how)] if how not in ("", REFUSED) else [])


def how_it_breaks(spoilt: Sequence[Cell]) -> str:
    """What goes wrong in planning with these cells; of several also that the checks or the plan refuse them."""
    alone = len(spoilt) == 1
    cells = spoil_together([cell._replace(beside=False) for cell in spoilt] if alone else spoilt)
    try:
        if not alone and errors_of(cells):
            return REFUSED
        plan(cells, refused=alone)
    except PlanError:
        return REFUSED
    except Exception:
        return traceback.format_exc(limit=-3)
    return ""


@pytest.mark.slow
def test_every_kind_of_garbage_in_every_column_gives_findings_or_a_plan() -> None:
    accepted = {place: accepted_cells(place) for place in PLACES}
    assert {table for (table, _), cells in accepted.items() if cells} == set(SPOILT)
    found = [one for spoilt in rounds_of(accepted) for one in breaking(spoilt, how_it_breaks)]
    assert not found, "\n".join(f"{', '.join(map(repr, spoilt))}\n{how}" for spoilt, how in found)


def test_every_accepted_cell_is_planned_once_and_the_one_that_breaks_a_plan_is_named() -> None:
    cells: dict[tuple[str, str], list[Any]] = {
        ("items", "name"): GARBAGE, ("items", "lead_time"): [1], ("items", "status"): ["ended"],
        ("prices", "price"): [1], ("drivers", "driver"): GARBAGE, ("drivers", "value"): [0],
    }
    accepted = {(table, column): [Cell(table, column, value) for value in values]
                for (table, column), values in cells.items()}
    rounds = rounds_of(accepted)
    assert list(map(repr, rounds[0])) == ["items.lead_time = 1", "items.name = None", "prices.price = 1",
                                          "drivers.value = 0"]
    assert list(map(repr, rounds[1])) == ["items.status = 'ended'", "items.name = ''", "drivers.driver = None"]
    assert sorted(map(repr, chain(*rounds))) == sorted(map(repr, chain(*accepted.values())))
    together = spoil_together(rounds[1])
    assert list(together["drivers"]["driver"]) == [*SOUND["drivers"]["driver"], None]
    assert together["items"]["status"].iloc[0] == "ended"
    ended = Cell("items", "status", "ended")
    assert breaking(rounds[1], lambda spoilt: "overflow" if ended in spoilt else "") == [([ended], "overflow")]
    assert breaking(rounds[0], lambda spoilt: "both" if len(spoilt) == 4 else "") == [(rounds[0], "both")]
    assert breaking(rounds[0], lambda spoilt: REFUSED) == []
