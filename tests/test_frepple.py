"""What becomes of frePPLe's tables; its two demo companies are among the cases (tests/cases/test_case_frepple.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from sopxl.cli import ExitCode, application
from sopxl.file_engine import open_book
from sopxl.frepple import read_frepple
from sopxl.frepple_files import days_of
from sopxl.runner import check_file
from sopxl.schema import PlanError, conform_all
from sopxl.settings import read_settings
from sopxl.tables import TABLES
from sopxl.workbook.read import bind


def a_workshop(folder: Path) -> Path:
    """A small export: benches from boards, by one joiner of two with the skill, sold from the workshop."""
    frames: dict[str, dict[str, Any]] = {
        "parameter": {"name": ["currentdate", "currency"], "value": ["2027-01-04 00:00:00", "€"]},
        "item": {"name": ["All items", "bench", "board"], "owner": [None, "All items", "All items"],
                 "cost": [None, 100.0, 10.0], "category": [None, "Benches", "Wood"]},
        "location": {"name": ["workshop"], "available": ["Weekdays"]},
        "demand": {"name": ["1", "2", "3"], "due": ["2026-12-28", "2027-01-06", "2027-01-20"],
                   "status": ["closed", "open", "open"], "quantity": [7, 4, 6], "priority": [1, 0, 1],
                   "customer": ["Town", "Town", "Town"], "item": "bench", "location": "workshop"},
        "calendar": {"name": ["Weekdays"], "defaultvalue": [0]},
        "calendarbucket": {"startdate": ["2001-01-01", "2027-01-13"], "enddate": ["2030-12-31", "2027-01-14"],
                           "value": [1, 0], "priority": [10, 1], "calendar": "Weekdays",
                           **{day: [day not in ("saturday", "sunday"), True] for day in (
                               "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")}},
        "operation": {"name": ["Join", "Glue dries", "Join bench"], "type": ["time_per", "fixed_time", "routing"],
                      "item": [None, None, "bench"], "location": "workshop", "owner": ["Join bench"] * 2 + [None],
                      "duration_days": [0.0, 2.0, None], "duration_per_days": [0.125, None, None],
                      "priority": [1, 2, 1]},
        "operationmaterial": {"operation": ["Join", "Glue dries"], "item": ["board", "bench"], "quantity": [-3, 1]},
        "operationresource": {"operation": ["Join"], "resource": ["joiners"], "skill": ["oak"], "quantity": [1]},
        "resource": {"name": ["joiners", "first", "second"], "owner": [None, "joiners", "joiners"], "maximum": 1,
                     "location": "workshop"},
        "resourceskill": {"resource": ["second"], "skill": ["oak"]},
        "itemsupplier": {"item": ["board"], "location": ["workshop"], "supplier": ["mill"], "leadtime_days": [7.0],
                         "sizeminimum": [20], "sizemultiple": [10], "priority": [1]},
        "supplier": {"name": ["mill"]},
        "buffer": {"item": ["board"], "location": ["workshop"], "onhand": [40]},
    }
    for name, columns in frames.items():
        pd.DataFrame(columns).to_csv(folder / f"{name}.csv", index=False)
    return folder


def test_the_tables_of_a_workshop_become_those_of_a_plan(tmp_path: Path) -> None:
    tables = conform_all(TABLES, read_frepple(a_workshop(tmp_path), "week", 4))
    settings = read_settings(tables["settings"])
    assert (settings.currency, settings.first_period, settings.market_level) == ("EUR", "2027-W01", "market")
    assert tables["items"][["item", "status", "lead_time"]].to_numpy().tolist() == [
        ["bench", "active", 2.0], ["board", "component", 0.0]]
    assert tables["bills_of_material"][["parent", "component", "quantity"]].to_numpy().tolist() == [
        ["bench", "board", 3.0]]
    assert tables["routings"][["item", "resource", "use", "hours_per_unit"]].to_numpy().tolist() == [
        ["bench", "joiners", "primary", 3.0], ["bench", "joiners: oak", "secondary", 3.0]]
    assert tables["resources"].set_index("resource")["machines"].to_dict() == {"joiners": 2.0, "joiners: oak": 1.0}
    assert tables["sales_history"][["period", "quantity"]].to_numpy().tolist() == [["2026-W53", 7.0]]
    orders = tables["open_orders"]
    assert orders[["order", "due_period", "quantity", "priority"]].to_numpy().tolist() == [
        ["2", "2027-W01", 4.0, 1.0], ["3", "2027-W03", 6.0, 2.0]]
    assert tables["sourcing"][["minimum_order", "order_multiple", "price"]].to_numpy().tolist() == [[20.0, 10.0, 10.0]]


def test_a_day_on_which_the_location_is_closed_has_a_row_of_its_own_in_its_calendar(tmp_path: Path) -> None:
    calendars = conform_all(TABLES, read_frepple(a_workshop(tmp_path), "week", 4))["calendars"]
    assert calendars[["monday", "saturday"]].to_numpy().tolist() == [[24.0, 0.0], [0.0, 0.0]]
    assert [str(day)[:10] for day in calendars["from_date"]] == ["NaT", "2027-01-13"]


def test_weeks_are_planned_where_sales_are_weekly_and_months_where_they_are_not(tmp_path: Path) -> None:
    a_workshop(tmp_path)
    demand = pd.read_csv(tmp_path / "demand.csv")
    assert read_settings(read_frepple(tmp_path)["settings"]).bucket == "week"
    demand.assign(due=["2025-12-28", "2026-06-06", "2027-01-20"]).to_csv(tmp_path / "demand.csv", index=False)
    assert read_settings(read_frepple(tmp_path)["settings"]).bucket == "month"


def test_an_export_without_demand_is_told_what_it_lacks(tmp_path: Path) -> None:
    (a_workshop(tmp_path) / "demand.csv").unlink()
    with pytest.raises(PlanError, match="no frePPLe table demand"):
        read_frepple(tmp_path)


@pytest.mark.parametrize(("said", "days"), [
    ("86400", 1.0), (43200.0, 0.5), ("7 00:00:00", 7.0), ("2 12:00:00", 2.5), ("06:00:00", 0.25), ("30:00", 1 / 48),
])
def test_durations_are_read_as_frepple_says_them(said: object, days: float) -> None:
    assert days_of(said) == pytest.approx(days)


@pytest.mark.parametrize("said", ["", None, "soon", float("nan"), "1:2:3:4"])
def test_what_is_no_duration_has_no_days(said: object) -> None:
    assert np.isnan(days_of(said))


def test_an_export_with_headings_in_words_and_semicolons_is_the_same_plan(tmp_path: Path) -> None:
    named = read_frepple(a_workshop(tmp_path), "week", 4)
    offers = pd.read_csv(tmp_path / "itemsupplier.csv").rename(
        columns={"sizeminimum": "size minimum", "sizemultiple": "size multiple", "leadtime_days": "lead time"})
    offers.assign(**{"lead time": "7 00:00:00"}).to_csv(tmp_path / "item supplier.csv", index=False, sep=";")
    (tmp_path / "itemsupplier.csv").unlink()
    (tmp_path / "demand.csv").rename(tmp_path / "sales order.csv")
    worded = read_frepple(tmp_path, "week", 4)
    for name in ("sourcing", "open_orders", "items"):
        pd.testing.assert_frame_equal(worded[name], named[name])


def test_a_table_without_a_column_that_it_needs_is_told_with_those_that_it_has(tmp_path: Path) -> None:
    a_workshop(tmp_path)
    pd.read_csv(tmp_path / "demand.csv").rename(columns={"quantity": "amount"}).to_csv(
        tmp_path / "demand.csv", index=False)
    with pytest.raises(PlanError, match=r"demand has no column quantity.*amount"):
        read_frepple(tmp_path)


def test_files_and_buckets_that_cannot_be_are_told(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear planner")
    for path, words in ((tmp_path, "holds no CSV file"), (tmp_path / "letter.txt", "is no workbook")):
        with pytest.raises(PlanError, match=words):
            read_frepple(path)
    with pytest.raises(PlanError, match="'day' is no bucket"):
        read_frepple(a_workshop(tmp_path), "day")


def test_an_export_becomes_a_planned_workbook(tmp_path: Path) -> None:
    target = tmp_path / "plan.xlsx"
    done = CliRunner().invoke(application, ["import", str(a_workshop(tmp_path)), "--to", str(target)])
    assert done.exit_code == ExitCode.DONE, done.output
    assert "done in" in done.output
    with open_book(target, read_only=True) as book:
        frames = bind(book).frames()
    assert frames["run_log"]["status"].tolist() == ["Done"]
    assert len(frames["production_plan"])


def test_an_export_with_errors_becomes_a_workbook_that_tells_the_cells_to_mend(tmp_path: Path) -> None:
    a_workshop(tmp_path)
    pd.read_csv(tmp_path / "itemsupplier.csv").assign(item="plank").to_csv(tmp_path / "itemsupplier.csv", index=False)
    target = tmp_path / "plan.xlsx"
    done = CliRunner().invoke(application, ["import", str(tmp_path), "--to", str(target), "--bucket", "week"])
    assert done.exit_code == ExitCode.INPUT_ERRORS
    assert "Sourcing!" in done.output
    assert "'plank'" in done.output
    assert "No plan was written" in done.output
    assert not check_file(target).done
