"""The job chart: live from the job schedule, whatever its order, and on one page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sopxl.schema import Tables, conform
from sopxl.settings import Settings
from sopxl.steps.supply.tables import JOB_SCHEDULE
from sopxl.tables import TABLES
from sopxl.workbook.template import build_workbook
from sopxl.workbook.template.book import JOB_CHART, TemplateBook
from sopxl.workbook.template.gantt import (
    CHART_HOURS,
    CHART_LINE,
    CHART_RESOURCE,
    CHART_SKIP,
    DUE,
    LINES,
    TOP,
    _Chart,
    add_gantt,
)
from sopxl.workbook.template.page_values import _Listener
from sopxl.workbook.template.styles import Styles
from tests.libreoffice_agreement import assert_agrees, needs_libreoffice
from tests.workbook.template.conftest import opened

SETTINGS = Settings(bucket="week", first_period="2027-W01", horizon=6)
MONDAY = pd.Timestamp("2027-01-04")


def schedule(lines: int = 6) -> pd.DataFrame:
    """Jobs of a day each on a saw and the two machines of a press, the last one impossible."""
    rows: list[dict[str, Any]] = []
    for number in range(lines):
        start = MONDAY + pd.Timedelta(days=number, hours=6)
        rows.append({
            "job": f"J{number:04d}", "item": "TABLE", "operation": "10", "line": number + 1.0,
            "resource": "Saw" if number < lines // 2 else f"Press #{number % 2 + 1}", "quantity": 10.0,
            "setup_group": ("Red", "Blue")[number % 2], "start": start, "end": start + pd.Timedelta(hours=8),
            "due": MONDAY + pd.Timedelta(days=2, hours=23.9), "days_late": max(number - 2.4, 0.0),
            "status": "Late: Saw is busy until 06.01. 12:00." if number > 2 else "In time",
        })
    rows.append({"job": "J9999", "item": "CHAIR", "operation": "10", "line": lines + 1.0,
                 "status": "Component missing: 3 of LEG are neither in stock nor planned in time."})
    return conform(JOB_SCHEDULE, pd.DataFrame(rows))


def tables_with(jobs: pd.DataFrame) -> Tables:
    resources = pd.DataFrame({"resource": ["Saw", "Press"], "location": "PLANT"})
    return {"job_schedule": jobs, "resources": resources, "locations": pd.DataFrame({"location": ["PLANT"]})}


def chart_of(jobs: pd.DataFrame, chosen: Mapping[str, str] | None = None) -> _Chart:
    listener = _Listener({})
    filled = {name: table.empty_frame() for name, table in TABLES.items()}
    return _Chart(TemplateBook(listener, {**filled, "job_schedule": jobs}, SETTINGS, False, Styles(listener),
                               chosen=chosen or {}))


def shown(chart: _Chart) -> list[str]:
    return [str(chart.value(chart.row(line), "job")) for line in range(LINES) if chart.row(line)]


def test_lines_keep_their_order_when_the_table_is_sorted_in_another() -> None:
    jobs = schedule()
    upside_down = jobs.iloc[::-1].reset_index(drop=True)
    assert shown(chart_of(jobs)) == shown(chart_of(upside_down)) == jobs["job"].tolist()


def test_a_chosen_resource_shows_all_its_machines_and_no_other() -> None:
    assert shown(chart_of(schedule(), {CHART_RESOURCE: "press"})) == ["J0003", "J0004", "J0005"]
    assert shown(chart_of(schedule(), {CHART_RESOURCE: "Saw", CHART_LINE: "2"})) == ["J0001", "J0002"]
    assert shown(chart_of(schedule(), {CHART_RESOURCE: "Lathe"})) == []


def test_remarks_say_how_late_a_job_is_and_why_one_cannot_be_done() -> None:
    chart = chart_of(schedule())
    remarks = [chart.remark(chart.row(line)) for line in range(7)]
    why = "late: Saw is busy until 06.01. 12:00."
    assert remarks[:5] == ["", "", "", f"1 day {why}", f"2 days {why}"]
    assert remarks[6].startswith("Component missing")
    assert chart.summary() == "7 operations; 3 of late jobs; 1 not scheduled"


def test_the_width_of_a_column_can_be_hours() -> None:
    chart = chart_of(schedule(), {CHART_HOURS: "4", CHART_SKIP: "2"})
    assert [chart.head(column) - chart.head(0) for column in (1, 6)] == pytest.approx([1 / 6, 1.0])
    assert chart.head(0) == chart_of(schedule()).head(2)


def test_without_jobs_the_page_says_what_to_do() -> None:
    assert "run the supply steps" in chart_of(JOB_SCHEDULE.empty_frame()).summary()


def test_a_formula_of_the_chart_never_stands_for_two_values() -> None:
    class Told(dict[str, Any]):
        def __setitem__(self, formula: str, value: Any) -> None:
            assert self.get(formula, value) == value, formula
            super().__setitem__(formula, value)

    listener = _Listener(Told())
    filled = {name: table.empty_frame() for name, table in TABLES.items()}
    add_gantt(TemplateBook(listener, {**filled, "job_schedule": schedule()}, SETTINGS, False, Styles(listener)))
    assert len(listener.formulas) > LINES * 30


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gantt") / "jobs.xlsx"
    build_workbook(path, tables_with(schedule()), SETTINGS, macros=False)
    return path


def test_the_due_day_is_marked_and_the_bars_are_coloured_by_formulas_over_start_and_end(workbook: Path) -> None:
    sheet = opened(workbook, data_only=True)[JOB_CHART]
    head = next(cell for row in sheet.iter_rows(min_row=TOP) for cell in row if cell.value == DUE)
    assert sheet.cell(TOP, head.column).value is not None
    rules = [rule.formula[0] for area in sheet.conditional_formatting for rule in area.rules]
    assert sum("MAX(" in rule for rule in rules) >= 9


def test_the_chart_prints_on_one_landscape_page(workbook: Path) -> None:
    book = opened(workbook)
    assert {CHART_RESOURCE, CHART_LINE, CHART_SKIP, CHART_HOURS} <= set(book.defined_names)
    page = book[JOB_CHART].page_setup
    assert (page.orientation, int(page.fitToWidth or 1), int(page.fitToHeight or 1)) == ("landscape", 1, 1)


@needs_libreoffice
@pytest.mark.slow
def test_libreoffice_calculates_what_the_chart_shows(tmp_path: Path) -> None:
    full = tmp_path / "many.xlsx"
    build_workbook(full, tables_with(schedule(60)[::-1].reset_index(drop=True)), SETTINGS, macros=False)
    blank = tmp_path / "blank.xlsx"
    build_workbook(blank, {}, SETTINGS, macros=False)
    assert_agrees(full, blank)
