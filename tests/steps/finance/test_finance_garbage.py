"""Garbage in what finance enters: a cell is refused at its place, or the plan is made and its proofs hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from sopxl import finance_checks
from sopxl.check_register import CHECKS
from sopxl.checks import check_table
from sopxl.grids import take
from sopxl.pipeline import run
from sopxl.schema import Tables, conform
from sopxl.settings import settings_frame
from sopxl.steps.finance.plan import plan_finance
from sopxl.tables import GRIDS, TABLES
from tests.small_company import SETTINGS, small_company
from tests.test_finance_checks import GOOD

GARBAGE: list[Any] = [
    None, "", " ", "A", 0, -1, 1, 1.5, 31, 32, 1e12, 1e300, -1e300, float("inf"), float("nan"), "TABLE", "SAWMILL",
    "Tables", "South shop", "South Shop", "2027-01", "2026-12", "2027-02", "2029-01", "0001-01", "9999-12", "2026-W53",
    "#REF!", "{x}", "%s", "=1+1", "1,5", "fixed", "PER UNIT", "percent", "suppliers", "customers", "cash", "payables",
    "loans", "losses carried forward", "tax payable", True, datetime(1900, 1, 1), "x" * 300,
]
REFUSING = [*(name for name, function in CHECKS.items() if function.__module__ == finance_checks.__name__),
            "market_that_is_not_planned", "family_or_channel_that_nobody_has"]
PROOF = 0.01
"""Difference in money that amounts of up to 1e12 leave in floating point."""


def accepted(table: str, column: str, value: Any, sound: Tables) -> bool:
    """Whether no check refuses the cell; what is refused is told with its place and a remedy."""
    typed = pd.DataFrame([{**GOOD[table], column: value}]).astype(object)
    found = check_table(TABLES[table], typed, SETTINGS.bucket, {**sound, table: typed})
    if not any(finding.severity == "error" for finding in found):
        frames = {**sound, table: conform(TABLES[table], typed)}
        found = [finding for name in REFUSING for finding in CHECKS[name](frames, SETTINGS)]
    for finding in found:
        assert finding.remedy, finding
        assert finding.column in TABLES[table].column_names, finding
    return not any(finding.severity == "error" for finding in found)


def test_every_cell_of_finance_is_refused_or_planned_with() -> None:
    settings = replace(SETTINGS, plan_mode="requirements", tax_rate=25.0)
    sound = run({**small_company(), "settings": settings_frame(settings)}, ["demand", "procurement", "production",
                                                                            "distribution"])
    spoilt, refused = dict(sound), 0
    for table, row in GOOD.items():
        rows = [row]
        for column in TABLES[table].column_names:
            cells = [value for value in GARBAGE if accepted(table, column, value, sound)]
            refused += len(GARBAGE) - len(cells)
            rows += [{**row, column: value} for value in cells]
        spoilt[table] = conform(TABLES[table], pd.DataFrame(rows).astype(object))
    assert refused > 500
    tables = {**spoilt, **plan_finance(spoilt, settings)}
    for grid in ("cash_flow", "balance_sheet"):
        difference = take(GRIDS[grid], tables[grid], "Difference", settings.periods.labels).to_numpy(float)
        assert np.abs(difference).max() < PROOF
    assert np.isfinite(take(GRIDS["cash_flow"], tables["cash_flow"], "Cash", settings.periods.labels)).all(axis=None)
