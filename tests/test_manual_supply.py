"""The supply planner's page of the manual names only what is there, and leaves no sheet and no setting out."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest

from sopxl.manual.reference import CHAPTERS, PAGE
from sopxl.pipeline import STEPS
from sopxl.settings import Settings, setting_name
from sopxl.steps.supply.plan_view import PIECES
from sopxl.steps.supply.tables import SUPPLY_TABLES
from sopxl.tables import GRIDS, TABLES
from sopxl.workbook.template.book import PAGES

SUPPLY_PAGE = PAGE.with_name("supply.md").read_text(encoding="utf-8")
WITHOUT_SHEETS = re.sub(r"\*\*[^*]*\*\*", "", SUPPLY_PAGE)
SAID_ELSEWHERE = {"costs", "cost_roll_up"}
"""Tables of the supply step that are about money."""


def commands() -> set[str]:
    return {" ".join(line.split("|")[1].split()).strip("`").split()[1]
            for line in CHAPTERS["Commands"]() if line.startswith("| `")}


def named(pattern: str, text: str = SUPPLY_PAGE) -> set[str]:
    return {" ".join(name.split()) for name in re.findall(pattern, text)}


def supply_settings() -> list[Any]:
    """The settings from the first that only the supply step reads to its last."""
    names = [setting.name for setting in fields(Settings)]
    return list(fields(Settings)[names.index("plan_mode") : names.index("time_limit") + 1])


def sheets_of_the_first_table() -> set[str]:
    rows = [line.strip("|").split("|")[1:] for line in SUPPLY_PAGE.splitlines() if line.startswith("| ")][1:]
    cells = [re.sub(r"\([^)]*\)", "", cell) for row in rows for cell in row]
    return {name.strip() for cell in cells for name in cell.split(",")}


def test_every_sheet_that_the_page_names_is_there() -> None:
    titles = {table.title for table in TABLES.values()} | set(PAGES)
    sheets = (named(r"\*\*([^*]+)\*\*") - {"bold"}) | sheets_of_the_first_table()
    assert len(sheets) > 40
    assert sheets - titles == set()


def test_every_row_column_and_setting_that_the_page_names_is_there() -> None:
    known = {setting_name(setting) for setting in fields(Settings)}
    known |= {column.heading for table in TABLES.values() for column in table.columns}
    known |= {measure for grid in GRIDS.values() for measure in grid.measure_names}
    words = named(r"\*([A-Z][^*]*)\*", WITHOUT_SHEETS)
    assert len(words) > 40
    families = {word for word in words if word.endswith(" …") and any(name.startswith(word[:-1]) for name in known)}
    assert words - known - families == set()


def test_every_word_of_code_is_a_choice_or_a_command() -> None:
    choices = {choice for setting in fields(Settings) for choice in setting.metadata["choices"]}
    choices |= {choice for table in TABLES.values() for column in table.columns for choice in column.choices}
    words = named(r"`([^`]+)`")
    called = {word for word in words if word.startswith("sopxl ")}
    assert {word.split()[1] for word in called} <= commands()
    assert words - called - choices - set(PIECES) == set()


@pytest.mark.parametrize("name", [table.name for table in SUPPLY_TABLES if table.name not in SAID_ELSEWHERE])
def test_the_page_names_every_sheet_of_the_step(name: str) -> None:
    assert TABLES[name].title in " ".join(SUPPLY_PAGE.split())


def test_the_supply_planner_s_month_of_the_readme_names_what_is_there() -> None:
    readme = PAGE.parents[2].joinpath("README.md").read_text(encoding="utf-8")
    month = readme[readme.index("### The supply planner's month") : readme.index("### Buttons in Excel")]
    titles = {table.title for table in TABLES.values()} | set(PAGES)
    assert len(named(r"\*\*([^*]+)\*\*", month)) > 10
    assert named(r"\*\*([^*]+)\*\*", month) <= titles
    words = named(r"\*([A-Z][^*]*)\*", re.sub(r"\*\*[^*]*\*\*", "", month))
    assert words <= {setting_name(setting) for setting in fields(Settings)} | {step.title for step in STEPS}
    assert {word.split()[1] for word in named(r"`(sopxl [^`]+)`", month)} <= commands()


@pytest.mark.parametrize("setting", supply_settings(), ids=lambda setting: str(setting.name))
def test_the_page_names_every_setting_of_the_step(setting: Any) -> None:
    assert f"*{setting_name(setting)}*" in " ".join(SUPPLY_PAGE.split())
