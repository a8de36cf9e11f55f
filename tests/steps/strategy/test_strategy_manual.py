"""The page of the manual on strategy: its example comes out as told, and all that it names is there."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import numpy as np
import pytest

from sopxl.grids import take
from sopxl.manual.reference import PAGE
from sopxl.pipeline import run
from sopxl.schema import Tables
from sopxl.settings import Settings, setting_name
from sopxl.steps.strategy.tables import (
    EFFECT_KINDS,
    PLAN_WITH_AND_WITHOUT,
    PROJECT_PIPELINE,
    STRATEGY_TABLES,
)
from sopxl.tables import GRIDS, TABLES
from tests.steps.strategy.strategy_company import HALF_YEAR, LABELS, with_project

STRATEGY_PAGE = PAGE.with_name("strategy.md").read_text(encoding="utf-8")


def rows_below(words: str) -> list[list[str]]:
    """The rows of the first table after these words, without its headings."""
    lines = STRATEGY_PAGE[STRATEGY_PAGE.index(words):].splitlines()[1:]
    start = next(place for place, line in enumerate(lines) if line.startswith("| "))
    found = []
    for line in lines[start + 2:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


@pytest.fixture(scope="module")
def plan() -> Tables:
    return run(with_project(replace(HALF_YEAR, plan_mode="requirements", discount_rate=10.0)), conformed=True)


def test_the_example_of_the_pipeline_comes_out(plan: Tables) -> None:
    told = rows_below("**Project pipeline** says:")
    assert len(told) == 6
    for name, *cells in told:
        found = take(PROJECT_PIPELINE, plan["project_pipeline"], name, LABELS).loc["D"].to_numpy(float)
        np.testing.assert_allclose(found, np.array(cells, float), atol=1e-6, err_msg=name)


def test_the_example_of_the_review_comes_out(plan: Tables) -> None:
    told = rows_below("**Project review** then says")
    assert len(told) == 4
    for name, value in told:
        found = plan["project_review"][name.lower().replace(" ", "_")].iloc[0]
        assert round(float(found), 2) == float(value), name


def test_the_page_explains_every_effect_and_names_every_sheet() -> None:
    assert tuple(row[0] for row in rows_below("**Initiative effects** says what it changes")) == EFFECT_KINDS
    for table in STRATEGY_TABLES:
        assert table.title in STRATEGY_PAGE, table.title


def test_every_sheet_row_column_and_setting_that_the_page_names_is_there() -> None:
    named = {" ".join(name.split()) for name in re.findall(r"\*\*([A-Z][^*.:]*)\*\*", STRATEGY_PAGE)}
    assert named <= {table.title for table in TABLES.values()}
    known = {setting_name(setting) for setting in fields(Settings)}
    known |= {column.heading for table in TABLES.values() for column in table.columns}
    known |= {measure for grid in GRIDS.values() for measure in grid.measure_names}
    text = re.sub(r"\*\*[^*]*\*\*", "", STRATEGY_PAGE)
    italics = {" ".join(name.split()) for name in re.findall(r"\*([A-Z][^*]*)\*", text)}
    assert {name.lower() for name in italics} <= {name.lower() for name in known}
    assert PLAN_WITH_AND_WITHOUT.title in named
