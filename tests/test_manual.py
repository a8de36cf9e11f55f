"""The manual says what the product has, no more and no less; its examples are run as they stand on the page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from sopxl import __version__
from sopxl.cli import application
from sopxl.grids import take
from sopxl.manual.reference import CHAPTERS, PAGE, first_sentence, reference
from sopxl.pipeline import STEPS, run
from sopxl.schema import Tables, conform
from sopxl.settings import Settings, setting_name, settings_frame
from sopxl.steps.demand.accuracy import LEVELS as ACCURACY_LEVELS
from sopxl.steps.demand.hierarchy import LEVELS
from sopxl.steps.demand.snapshots import STAGES
from sopxl.steps.demand.tables import (
    DEMAND_BASELINE,
    DEMAND_TABLES,
    LAUNCHES,
    OPEN_ORDERS,
    OVERRIDES,
    SEGMENT_POLICIES,
)
from sopxl.steps.demand.tables.influence import INFLUENCE_TABLES
from sopxl.steps.demand.tables.master import MASTER_TABLES
from sopxl.tables import GRIDS, TABLES
from tests.small_company import SETTINGS, small_company

FOLDER = Path(__file__).parent.parent
SOURCES = sorted((FOLDER / "sopxl").rglob("*.py"))
DEMAND_PAGE = PAGE.with_name("demand.md").read_text(encoding="utf-8")
README = (FOLDER / "README.md").read_text(encoding="utf-8")
LABELS = SETTINGS.periods.labels

NOT_FOR_PLANNERS = {
    "question": "what sopxl doctor asks, and answers itself",
    "told": "the sentences in which each step sums itself up",
}
"""Registers of which the reference says nothing."""


# -- the reference ------------------------------------------------------------------------------------------------

def test_the_reference_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m sopxl.manual.reference"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_line_of_the_reference_lacks_its_explanation(chapter: str) -> None:
    rows = [line for line in CHAPTERS[chapter]() if line.startswith("| ")]
    assert len(rows) > 1
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) >= 2
        assert cells[0], row
        assert any(cells[1:]), row


def registered() -> Iterator[tuple[str, str, str]]:
    """What stands under a decorator of sopxl itself: its decorator, its name, and what it says of itself."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
    own = {name for tree in trees for node in tree.body for name in _bound(node)} - set(NOT_FOR_PLANNERS)
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    called = decorator.func if isinstance(decorator, ast.Call) else decorator
                    if isinstance(called, ast.Name) and called.id in own:
                        yield called.id, node.name, (ast.get_docstring(node) or "").split("\n\n")[0]


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement of a module makes."""
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [node.name] if isinstance(node, ast.FunctionDef) else []


def test_everything_under_a_register_s_decorator_has_its_line_in_the_reference() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    found = list(registered())
    assert {"method", "measure", "detector", "curve", "source", "way", "advice", "remark", "exception", "check",
            "row_check", "worksheet_function", "lot_rule", "limit"} <= {decorator for decorator, _, _ in found}
    missing = [f"@{decorator} {name}" for decorator, name, said in found
               if not said or " ".join(said.split()).replace("|", "\\|") not in page]
    assert not missing, "give them a chapter in sopxl/manual/reference.py"


def test_the_first_sentence_is_what_stands_before_the_first_blank_line() -> None:
    assert first_sentence(test_the_reference_page_is_up_to_date) == ""
    assert first_sentence(_bound) == "The names that a statement of a module makes."


# -- the demand planner's page: it leaves nothing out -------------------------------------------------------------

def demand_settings() -> list[Any]:
    """The settings from the first that only the demand step reads to the last before supply's."""
    names = [setting.name for setting in fields(Settings)]
    return list(fields(Settings)[names.index("market_level") : names.index("plan_mode")])


def table_after(words: str, page: str = DEMAND_PAGE) -> pd.DataFrame:
    """The first table of the page after these words, without emphasis; cells are text."""
    assert page.count(words) == 1, f"'{words}' must stand once on the page"
    lines = page[page.index(words) :].splitlines()
    start = next(place for place, line in enumerate(lines) if place and line.startswith("| "))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("*`") for cell in line[1:].rstrip("|").split("|")])
    return pd.DataFrame(rows[2:], columns=rows[0])


@pytest.mark.parametrize("setting", demand_settings(), ids=lambda setting: str(setting.name))
def test_the_demand_page_names_every_setting_of_the_step_with_its_default_and_its_choices(setting: Any) -> None:
    rows = table_after("## Settings of the demand step").set_index("Setting")
    default = f"{setting.default:g}" if isinstance(setting.default, float) else str(setting.default)
    assert rows.loc[setting_name(setting), "Default"] == default
    for choice in setting.metadata["choices"]:
        assert choice in DEMAND_PAGE, choice


def test_the_demand_page_has_no_setting_that_is_none() -> None:
    rows = table_after("## Settings of the demand step")
    assert rows["Setting"].tolist() == [setting_name(setting) for setting in demand_settings()]


@pytest.mark.parametrize("name", [table.name for table in DEMAND_TABLES if table not in MASTER_TABLES])
def test_the_demand_page_names_every_sheet_of_the_step(name: str) -> None:
    assert TABLES[name].title in ", ".join(table_after("## Which sheet holds what")["Sheet"])


def test_every_sheet_that_the_demand_page_names_is_there() -> None:
    titles = {table.title for table in TABLES.values()}
    pages = {"Home", "Why this forecast", "Demand review"}
    named = {name for cell in table_after("## Which sheet holds what")["Sheet"] for name in cell.split(", ")}
    month = table_after("For planners. It follows")
    for column in ("sheet that you fill", "sheet that answers"):
        named |= {name for cell in month[column] for name in cell.split(", ")} - {"none"}
    named |= {" ".join(name.split()) for name in re.findall(r"\*\*([A-Z][^*.]*)\*\*", DEMAND_PAGE)}
    assert named <= titles | pages


def test_every_row_and_column_that_the_demand_page_names_is_there() -> None:
    known = {setting_name(setting) for setting in fields(Settings)}
    for table in TABLES.values():
        known |= {column.heading for column in table.columns}
    for grid in GRIDS.values():
        known |= set(grid.measure_names)
    text = re.sub(r"\*\*[^*]*\*\*", "", DEMAND_PAGE)
    named = {" ".join(name.split()) for name in re.findall(r"\*([A-Z][^*]*)\*", text)}
    exceptions = {" ".join(line.split("|")[1].split()) for line in CHAPTERS["Exceptions"]() if line.startswith("| ")}
    sources = {" ".join(line.split("|")[1].split()) for line in CHAPTERS["Sources of demand sensing"]()
               if line.startswith("| ")}
    assert named <= known | exceptions | sources | {"Demand"}
    assert {step.title for step in STEPS} >= {"Demand"}


def test_the_demand_page_names_every_row_of_the_baseline() -> None:
    rows = ", ".join(table_after("## 5. How the baseline comes about")["Row"]).split(", ")
    assert rows == list(DEMAND_BASELINE.measure_names)


def test_the_demand_page_explains_every_choice_of_the_inputs() -> None:
    for table in INFLUENCE_TABLES:
        for column in table.columns:
            for choice in column.choices:
                assert choice in DEMAND_PAGE, f"{table.title}: {choice}"
    kinds = table_after("What is typed holds before what is spread")["Kind"].tolist()
    assert kinds == list(OVERRIDES.column("kind").choices)
    assert table_after("* `end`: demand runs out")["Curve"].tolist() == list(LAUNCHES.column("curve").choices)
    policies = table_after("**Segment policies** says for each cell")["Forecast policy"].tolist()
    assert policies == list(SEGMENT_POLICIES.column("forecast_policy").choices)


def test_the_demand_page_names_every_stage_and_level() -> None:
    stages = ", ".join(table_after("periods are sold. It is compared")["Stage"]).split(", ")
    assert stages == ["naive", *STAGES]
    assert f"({', '.join(ACCURACY_LEVELS)})" in " ".join(DEMAND_PAGE.split())
    assert list(LEVELS) == ["total", "family", "market", "family and market", "item"], "chapter 5 names the levels"


# -- its examples come out as they are told -----------------------------------------------------------------------

def demand_run(settings: Settings = SETTINGS, **tables: pd.DataFrame) -> Tables:
    """The small company after the demand step, with these tables and settings."""
    return run({**small_company(), **tables, "settings": settings_frame(settings)}, ["demand"])


def measure(tables: Tables, grid: str, name: str) -> pd.DataFrame:
    """One measure of a grid by its objects."""
    return take(GRIDS[grid], tables[grid], name, LABELS)


def cells(tables: Tables, name: str, item: str = "CHAIR", market: str = "South Shop") -> np.ndarray:
    """One row of the sales plan, without its headings."""
    frame = measure(tables, "sales_plan", name)
    return np.asarray(frame[frame.index == (item, market)].to_numpy(float)[0])


def numbers(row: pd.Series) -> list[float]:
    """The cells of a row of the page under the periods; NaN where they are empty."""
    return [float(cell) if cell else np.nan for cell in row[LABELS]]


def assert_rows_come_out(told: pd.DataFrame, tables: Tables) -> None:
    """Each row of a table of the page (item, market, row) is what the sales plan says."""
    assert len(told)
    for _, row in told.iterrows():
        found = cells(tables, row["Row"], row["Item"], row["Market"])
        np.testing.assert_allclose(found, numbers(row), atol=0.005, err_msg=str(row.to_dict()))


@cache
def told_overrides() -> pd.DataFrame:
    """The overrides of the page, as the sheet would have them."""
    rows = table_after("Example. **Overrides**")
    rows.columns = [name.lower().replace(" ", "_") for name in rows.columns]
    assert set(rows.columns) < set(OVERRIDES.column_names)
    rows["amount"] = rows["amount"].astype(float)
    return conform(OVERRIDES, rows.assign(reason="fair", author="Desk A"))


@cache
def typed_plan() -> pd.DataFrame:
    """The sales plan after a run, in which sales has typed what the page says."""
    plan = demand_run()["sales_plan"]
    row = (plan["item"] == "CHAIR") & (plan["market"] == "South Shop") & (plan["measure"] == "Sales")
    plan.loc[row, "2027-02"] = 90.0
    return plan


@cache
def with_opinions(settings: Settings = SETTINGS) -> Tables:
    """The small company with the opinions of the page."""
    return demand_run(settings, sales_plan=typed_plan(), overrides=told_overrides())


def test_the_example_of_overrides_comes_out() -> None:
    assert_rows_come_out(table_after("with the consensus rule `last word`:"), with_opinions())


def test_every_consensus_rule_gives_what_is_told() -> None:
    rules = table_after("**The consensus rule.**").set_index("Consensus rule")
    (declared,) = (setting for setting in fields(Settings) if setting.name == "consensus_rule")
    assert tuple(rules.index) == declared.metadata["choices"]
    for rule, told in rules["Consensus"].items():
        found = cells(with_opinions(replace(SETTINGS, consensus_rule=str(rule))), "Consensus")
        assert found[LABELS.index("2027-02")] == pytest.approx(float(told), abs=0.005), rule
    heavier = with_opinions(replace(SETTINGS, consensus_rule="weights", sales_weight=2.0))
    said = re.search(r"With \*Sales weight\* 2, `weights` gives ([\d.]+)\.\s", DEMAND_PAGE)
    assert said
    assert cells(heavier, "Consensus")[LABELS.index("2027-02")] == pytest.approx(float(said[1]))


def test_the_steps_of_the_waterfall_come_out() -> None:
    told = table_after("**The waterfall.**")
    steps = np.zeros(len(LABELS))
    for _, row in told.iterrows():
        found = measure(with_opinions(), "sales_summary", row["Row"]).sum().to_numpy(float)
        np.testing.assert_allclose(found, numbers(row), atol=0.005, err_msg=row["Row"])
        steps = steps + (found if row["Row"] != "Consensus" else 0)
    np.testing.assert_allclose(steps, numbers(told.iloc[-1]))


def test_the_replacement_comes_out() -> None:
    items = pd.concat([small_company()["items"], conform(TABLES["items"], pd.DataFrame(
        {"item": ["BENCH"], "name": ["Bench"], "family": ["Tables"]}))], ignore_index=True)
    launches = conform(LAUNCHES, pd.DataFrame({
        "item": ["BENCH"], "kind": ["replacement"], "start_period": ["2027-02"], "curve": ["ramp"],
        "ramp_periods": [2], "replaces": ["TABLE"],
    }))
    assert_rows_come_out(table_after("Example: BENCH replaces TABLE"), demand_run(items=items, launches=launches))


def test_the_correction_is_proposed_in_these_words_and_used_once_accepted() -> None:
    history = small_company()["sales_history"]
    once = (history["item"] == "CHAIR") & (history["market"] == "South shop") & (history["period"] == "2026-06")
    history.loc[once, "quantity"] = 200.0
    before = demand_run(sales_history=history)
    (said,) = before["history_corrections"]["explanation"]
    assert f'"{said}"' in " ".join(DEMAND_PAGE.split())
    assert (cells(before, "Baseline forecast") > 65).all()
    accepted = before["history_corrections"].assign(decision="accept")
    after = demand_run(sales_history=history, history_corrections=accepted)
    assert cells(after, "Baseline forecast").tolist() == [60] * 4


def test_orders_consume_the_forecast_as_told() -> None:
    orders = conform(OPEN_ORDERS, pd.DataFrame({
        "order": ["S1", "S2"], "kind": "sale", "item": "CHAIR", "market": "South shop",
        "due_period": ["2027-01", "2027-02"], "quantity": [40.0, 80.0],
    }))
    for _, row in table_after("Example: orders of 40 chairs").iterrows():
        settings = replace(SETTINGS, consume_backward=int(row["Consume backward"]))
        assert cells(demand_run(settings, open_orders=orders), "Demand").tolist() == numbers(row)


# -- all pages ----------------------------------------------------------------------------------------------------

def test_the_command_line_prints_every_page_and_names_them() -> None:
    pages = sorted(path.stem for path in PAGE.parent.glob("*.md"))
    assert pages == ["consolidation", "demand", "figures", "finance", "reference", "strategy", "supply"]
    for page in pages:
        told = CliRunner().invoke(application, ["manual", page])
        assert told.exit_code == 0
        assert told.output.strip() == PAGE.with_name(f"{page}.md").read_text(encoding="utf-8").strip()
    assert ", ".join(pages) in " ".join(CliRunner().invoke(application, ["manual", "--help"]).output.split())


def test_every_file_that_the_readme_names_is_there() -> None:
    paths = {path for text in re.findall(r"`([^`\s]+)`", README) for path in [text] if path.startswith("sopxl/")}
    paths |= set(re.findall(r"\]\(([^)\s]+)\)", README))
    assert len(paths) > 10
    for path in paths:
        assert list(FOLDER.glob(path.rstrip("/"))), path


def test_every_decorator_that_the_readme_names_is_used_where_it_says() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| ") and "`@" in line]
    assert len(rows) > 5
    for row in rows:
        paths = [path for text in re.findall(r"`(sopxl/[^`]+)`", row) for path in sorted(FOLDER.glob(text))]
        files = [file for path in paths for file in (sorted(path.glob("*.py")) if path.is_dir() else [path])]
        for decorator in re.findall(r"`(@[a-z_]+)`", row):
            texts = [file.read_text(encoding="utf-8") for file in files]
            assert any(re.search(rf"^{decorator}\b", text, re.MULTILINE) for text in texts), f"{decorator}: {row}"


def test_the_newest_version_has_its_line_among_the_changes() -> None:
    versions = re.findall(r"^\* (\d+\.\d+\.\d+):", README[README.index("## Changes") :], re.MULTILINE)
    assert versions[0] == __version__
    assert f'version = "{__version__}"' in (FOLDER / "pyproject.toml").read_text(encoding="utf-8")


def test_every_command_that_the_pages_tell_is_there() -> None:
    commands = {" ".join(line.split("|")[1].split()).strip("`").split()[1]
                for line in CHAPTERS["Commands"]() if line.startswith("| `")}
    for page in (README, DEMAND_PAGE):
        named = set(re.findall(r"(?:`|^|&& )sopxl ([a-z-]+)", page, flags=re.MULTILINE))
        assert named
        assert named <= commands
