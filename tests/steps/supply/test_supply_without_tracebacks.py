"""Whatever is wrong in a table, planning supply ends with a plan or with findings, never with a traceback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pandas as pd
import pytest

from sopxl import pipeline
from sopxl.schema import Finding, PlanError, Tables, conform
from sopxl.settings import settings_frame
from sopxl.steps.supply.plan import plan_supply
from sopxl.tables import TABLES
from tests.small_company import SETTINGS, small_company

PLAN = replace(SETTINGS, plan_mode="requirements")
TYPED = [name for name, table in TABLES.items() if table.owner == "input" and name != "settings"]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return pipeline.run({**small_company(PLAN), "settings": settings_frame(PLAN)}, ("demand",))


def damaged(name: str, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The table empty, doubled, and with each column blank, unknown or 0."""
    declared = TABLES[name]
    yield declared.empty_frame()
    yield pd.concat([frame, frame], ignore_index=True)
    for column in declared.columns:
        yield conform(declared, frame.drop(columns=column.name))
        if column.kind in ("text", "period"):
            yield frame.assign(**{column.name: "GHOST"})
        if column.is_numeric:
            yield frame.assign(**{column.name: 0.0})


def different(frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """The frames without those that say the same as one before."""
    seen: list[pd.DataFrame] = []
    for frame in frames:
        if not any(frame.equals(one) for one in seen):
            seen.append(frame)
            yield frame


def findings_of(tables: Tables) -> list[Finding]:
    """What stands in the way of the plan."""
    try:
        plan_supply(tables, PLAN)
    except PlanError as told:
        return told.findings
    return []


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TYPED, "sales_plan", "production_plan"])
def test_a_damaged_table_ends_in_a_plan_or_in_findings(tables: Tables, name: str) -> None:
    frames = damaged(name, tables[name]) if name in TYPED else iter([TABLES[name].empty_frame()])
    for frame in different(frames):
        for finding in findings_of({**tables, name: frame}):
            assert finding.message.endswith(".")
            assert finding.remedy.endswith(".")


def test_a_lot_rule_that_is_none_is_told(tables: Tables) -> None:
    policies = tables["stock_policies"].assign(lot_rule="weekly")
    with pytest.raises(PlanError, match="'weekly' is no lot rule"):
        plan_supply({**tables, "stock_policies": policies}, PLAN)
