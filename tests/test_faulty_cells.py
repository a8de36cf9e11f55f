"""A plan with all sorts of faulty cells at once: each is told with its sheet and cell, and nothing else is.

The cells are spoilt and named by openpyxl, so that what sopxl says of their places is checked independently. Faults of
single cells come in one go; faults that join tables come in one go after those are mended.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
from typer.testing import CliRunner

from sopxl.cli import ExitCode, application
from sopxl.runner import plan_workbook
from tests.small_company import small_company

HEADER = -1
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")


class Fault(NamedTuple):
    """What is typed where (by table, heading and record; HEADER: the heading itself), and words of what is said."""

    table: str
    heading: str
    record: int
    typed: Any
    said: str


CELL_FAULTS = [
    Fault("sourcing", "Price", 0, "cheap", "'cheap' is not a number. Enter a number"),
    Fault("routings", "Hours per unit", 0, -1, "-1 is too small. Enter at least 0 (hours"),
    Fault("sourcing", "Lead time", 1, 5000, "5000 is too large. Enter at most 3650 (days)"),
    Fault("costs", "Item", 1, "TABLE", "TABLE stands here a second time. Keep one row for each item"),
    Fault("prices", "Item", 1, "CHIAR", "'CHIAR' is not in items. Correct it, or add it to items. Did you"),
    Fault("stock_on_hand", "Location", 1, "NRTH", "Did you mean 'NORTH'"),
    Fault("markets", "Ship from", 0, "MOON", "'MOON' is not in locations"),
    Fault("lanes", "To location", 0, "NOWHERE", "'NOWHERE' is not in locations"),
    Fault("routings", "Resource", 1, None, "Resource is missing. Enter it: resource that does it"),
    Fault("bills_of_material", "Quantity", 0, None, "Quantity is missing"),
    Fault("stock_on_hand", "Quantity", 0, "#REF!", "The cell holds the formula error #REF!. Mend the formula"),
    Fault("stock_on_hand", "Quantity", 2, "#N/A", "The cell holds the formula error #N/A"),
    Fault("open_orders", "Due period", 0, "soon", "'soon' is not a month like 2026-12. Enter the month in that form"),
    Fault("items", "Status", 0, "maybe", "'maybe' cannot be chosen. Choose active, ended or component"),
    Fault("items", "Like item", 1, "CHAIR", "CHAIR cannot sell like itself. Enter another item"),
    Fault("settings", "Value", 3, "many", "Horizon must be a number, not 'many'"),
    Fault("stock_policies", "Safety stock", HEADER, "Safety stok", "Is it the column now headed 'Safety stok'"),
    Fault("budget", "Period", HEADER, "When", "The column 'Period' is missing or renamed. Head it 'Period' again"),
]
PLAN_FAULTS = [
    Fault("bills_of_material", "Component", 2, "TABLE", "LEG contains itself by way of TABLE"),
    Fault("sourcing", "Item", 1, "WOOD", ""),
    Fault("prices", "Currency", 0, "GBP", "There is no exchange rate for GBP. Add GBP to exchange rates"),
    Fault("lanes", "To location", 0, "PLANT", "The lane from PLANT ends where it starts"),
    Fault("resources", "Hours per day", 0, None, "SHOP has neither hours per day nor workers"),
    Fault("open_orders", "Market", 0, None, "Sales order S1 has no market"),
    Fault("open_orders", "Location", 1, None, "Order P1 has no location"),
    Fault("markets", "Market group", 1, "South", ""),
]
PLAN_CONSEQUENCES = [
    Fault("bills_of_material", "Component", 0, "LEG", "TABLE contains itself by way of LEG"),
    Fault("items", "Item", 1, "CHAIR", "CHAIR (Chair) is sold but can be neither made nor bought"),
    Fault("markets", "Ship from", 1, "NORTH", "North shop ships from NORTH, the rest of South"),
]
"""Told of other cells than the one that was spoilt, which hold what they held."""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company's workbook after a run, so that it has rows for overrides."""
    path = tmp_path_factory.mktemp("cells") / "small.xlsx"
    plan_workbook(path, small_company())
    return path


class Workbook:
    """A workbook as openpyxl sees it: tables by name, cells by heading and record."""

    def __init__(self, path: Path) -> None:
        self.book = openpyxl.load_workbook(path)
        self.tables = {table.name: (sheet, table) for sheet in self.book for table in sheet.tables.values()}

    def cell(self, table: str, heading: str, record: int) -> Any:
        """The cell of a record, or of the heading."""
        sheet, declared = self.tables[table]
        header = sheet[declared.ref][0]
        column = next(cell for cell in header if cell.value == heading)
        return column.offset(record + 1, 0)

    def override(self, period: str) -> Any:
        """The first cell for an override of the sales plan."""
        sheet, declared = self.tables["sales_plan"]
        header, *rows = sheet[declared.ref]
        place = {cell.value: position for position, cell in enumerate(header)}
        return next(row[place[period]] for row in rows if row[place["Measure"]].value == "Override")

    def type(self, fault: Fault) -> tuple[str, str]:
        """Type what is wrong; give the sheet and the cell."""
        cell = self.cell(fault.table, fault.heading, fault.record)
        cell.value = fault.typed
        if fault.record == HEADER:
            columns = self.tables[fault.table][1].tableColumns
            next(column for column in columns if column.name == fault.heading).name = fault.typed
        return cell.parent.title, cell.coordinate


def check(path: Path, code: int) -> dict[tuple[str, str], list[str]]:
    """What is said of each cell, after holding the code and that ``run`` writes nothing."""
    before = path.read_bytes()
    result = CliRunner().invoke(application, ["check", str(path), "--json"])
    assert result.exit_code == code, result.output
    ran = CliRunner().invoke(application, ["run", str(path), "--json"])
    assert ran.exit_code == code, ran.output
    assert (path.read_bytes() == before) == (code == ExitCode.INPUT_ERRORS)
    found: dict[tuple[str, str], list[str]] = {}
    for finding in json.loads(result.stdout)["findings"]:
        assert re.fullmatch(r".+[.?]", finding["remedy"]), finding
        found.setdefault((finding["sheet"], finding["cell"]), []).append(f"{finding['message']} {finding['remedy']}")
    return found


def test_every_faulty_cell_is_told_in_one_go_with_its_place_and_no_other(planned: Path, tmp_path: Path) -> None:
    workbook = Workbook(planned)
    expected = {workbook.type(fault): fault.said for fault in CELL_FAULTS}
    # A column that is gone has no cell of its own: the first heading of its table stands for it.
    for fault in (each for each in CELL_FAULTS if each.record == HEADER):
        sheet, table = workbook.tables[fault.table]
        del expected[sheet.title, workbook.cell(fault.table, fault.typed, HEADER).coordinate]
        expected[sheet.title, sheet[table.ref][0][0].coordinate] = fault.said
    override = workbook.override("2027-02")
    override.value = "lots"
    expected["Sales plan", override.coordinate] = "'lots' is not a number"
    table = workbook.tables["exchange_rates"][1]
    table.name = table.displayName = "exchange_rate"
    expected["Exchange rates", ""] = "Is it the table that is now called 'exchange_rate'?"
    del workbook.book["Lanes"].tables["lanes"]  # its sheet stays as plain cells
    expected.pop(next(place for place in expected if place[0] == "Lanes"))
    expected["Lanes", ""] = "The table 'lanes' is missing: its sheet was deleted or the table renamed"
    workbook.book.save(tmp_path / "plan.xlsx")
    found = check(tmp_path / "plan.xlsx", ExitCode.INPUT_ERRORS)
    assert found.keys() == expected.keys()
    for place, said in expected.items():
        assert said in found[place][0]
        assert len(found[place]) == 1, found[place]


def test_faults_that_join_tables_are_told_in_one_go_with_the_cell_to_mend(planned: Path, tmp_path: Path) -> None:
    workbook = Workbook(planned)
    expected: dict[tuple[str, str], str] = {}
    for fault in PLAN_FAULTS:
        place = workbook.type(fault)
        expected |= {place: fault.said} if fault.said else {}
    for fault in PLAN_CONSEQUENCES:
        cell = workbook.cell(fault.table, fault.heading, fault.record)
        assert cell.value == fault.typed
        expected[cell.parent.title, cell.coordinate] = fault.said
    workbook.book.save(tmp_path / "plan.xlsx")
    found = check(tmp_path / "plan.xlsx", ExitCode.INPUT_ERRORS)
    assert {place: said for place, (said, *_) in found.items() if said.startswith("Sales history")} == {}
    assert found.keys() == expected.keys()
    for place, said in expected.items():
        assert said in found[place][0]


@pytest.mark.slow
def test_periods_without_sales_are_a_warning_and_a_date_stands_for_its_period(planned: Path, tmp_path: Path) -> None:
    workbook = Workbook(planned)
    for record in range(96):
        cell = workbook.cell("sales_history", "Period", record)
        if cell.value != "2026-05":
            cell.value = datetime.strptime(cell.value, "%Y-%m")
            continue
        for heading in ("Period", "Item", "Market", "Quantity", "Revenue"):
            workbook.cell("sales_history", heading, record).value = None
    workbook.cell("open_orders", "Due period", 0).value = datetime(2027, 1, 17)
    workbook.book.save(tmp_path / "plan.xlsx")
    found = check(tmp_path / "plan.xlsx", ExitCode.DONE)
    (place, (said,)), = found.items()
    assert place == ("Sales history", workbook.cell("sales_history", "Period", HEADER).coordinate)
    assert "no record at all in 1 period before the plan starts: 2026-05." in said


@pytest.mark.slow
def test_a_column_that_was_deleted_on_purpose_is_a_note_and_the_plan_runs(planned: Path, tmp_path: Path) -> None:
    workbook = Workbook(planned)
    workbook.type(Fault("locations", "Storage capacity", HEADER, "Telephone", ""))
    workbook.book.save(tmp_path / "plan.xlsx")
    found = check(tmp_path / "plan.xlsx", ExitCode.DONE)
    assert [said for sentences in found.values() for said in sentences] == [
        "The column 'Storage capacity' is missing; its cells count as empty. Add it again where you need it."
    ]


def test_settings_without_values_stop_a_run(planned: Path, tmp_path: Path) -> None:
    workbook = Workbook(planned)
    workbook.type(Fault("settings", "Value", HEADER, "My notes", ""))
    workbook.book.save(tmp_path / "plan.xlsx")
    assert "The column 'Value' is missing" in str(check(tmp_path / "plan.xlsx", ExitCode.INPUT_ERRORS))


def test_dates_in_a_weekly_plan_stand_for_their_weeks(planned: Path, tmp_path: Path) -> None:
    workbook = Workbook(planned)
    for record, (setting, value) in enumerate([("Bucket", "week"), ("First period", "2027-W01")], 1):
        assert workbook.cell("settings", "Setting", record).value == setting
        workbook.cell("settings", "Value", record).value = value
    for table, heading, count in (("sales_history", "Period", 96), ("open_orders", "Due period", 2)):
        for record in range(count):
            cell = workbook.cell(table, heading, record)
            cell.value = datetime.strptime(cell.value, "%Y-%m")
    workbook.cell("budget", "Period", 0).value = datetime(2027, 1, 6)
    workbook.book.save(tmp_path / "plan.xlsx")
    found = check(tmp_path / "plan.xlsx", ExitCode.DONE)
    assert {sheet for sheet, _ in found} <= {"Sales history"}
