"""The group workbook: live formulas with right values, a controller's own things kept, the ways in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sopxl.buttons import consolidate as press
from sopxl.cli import application
from sopxl.consolidation.group_workbook import consolidate_workbook, write_group
from sopxl.consolidation.tables import GROUP_TABLES
from sopxl.file_engine import open_book
from sopxl.schema import PlanGrid, Tables
from sopxl.workbook.read import bind
from tests.consolidation.small_group import RATES, UNITS, fingerprints, inputs
from tests.libreoffice_agreement import assert_agrees, needs_libreoffice

RUN = CliRunner()
FILES = [f"{unit}.xlsx" for unit in UNITS]


def frames(path: Path) -> Tables:
    with open_book(path, read_only=True) as book:
        return bind(book, declared=GROUP_TABLES).frames()


@pytest.fixture
def group(own_units: Path) -> Path:
    path = own_units / "group.xlsx"
    assert write_group(path, inputs()).done
    return path


@pytest.mark.parametrize("name", GROUP_TABLES)
def test_every_table_of_a_group_is_described_in_sentences(name: str) -> None:
    table = GROUP_TABLES[name]
    assert len(table.title) <= 31
    described = [table.description, *(column.description for column in table.columns)]
    described += [measure.description for measure in table.measures] if isinstance(table, PlanGrid) else []
    for sentence in described:
        assert sentence.endswith("."), sentence
        assert sentence[:1].isupper() or sentence[:1].isdigit(), sentence


def test_consolidating_again_writes_the_same_and_keeps_what_the_controller_added(group: Path) -> None:
    with open_book(group) as book:
        sheet = book.sheets["Group sources"]
        sheet.range("J2").value = "ask East about March"
        book.save()
    before = frames(group)
    assert consolidate_workbook(group).done
    after = frames(group)
    with open_book(group) as book:
        assert book.sheets["Group sources"].range("J2").value == "ask East about March"
        assert str(book.names["proof_of_group"].refers_to_range.value).startswith("✓")
    for name in GROUP_TABLES:
        if name not in ("run_log", "unit_status", "findings"):
            assert after[name].equals(before[name]), name
    assert len(after["run_log"]) == 2


def test_a_rate_that_is_typed_into_the_workbook_is_in_the_next_group_plan(group: Path) -> None:
    with open_book(group) as book:
        table = bind(book, ["group_rates"], GROUP_TABLES).tables["group_rates"]
        row = table.cells.index[(table.cells["currency"] == "AUD") & (table.cells["measure"] == "Average")][0]
        book.sheets[table.sheet].range(table.address(int(row), "2027-03")).value = 0.7
        book.save()
    assert consolidate_workbook(group).done
    sales = frames(group)["unit_plans"].query("unit == 'East' and measure == 'Net sales'")
    assert sales[["2027-02", "2027-03", "2027-04"]].to_numpy().round(2).tolist() == [[13_065, 14_070, 14_070]]


def test_another_horizon_moves_every_grid_of_the_workbook(group: Path) -> None:
    assert consolidate_workbook(group, settings={"first_period": "2027-02", "horizon": 3}).done
    after = frames(group)
    labels = [name for name in after["group_plan"].columns if name.startswith("2027")]
    assert labels == ["2027-02", "2027-03", "2027-04"]
    assert (after["proof"].query("measure == 'Largest difference'")[["2027-02", "2027-04"]] == 0).all(axis=None)


def test_a_fault_that_is_typed_into_the_workbook_is_told_with_its_cell(group: Path) -> None:
    with open_book(group) as book:
        book.sheets["Group sources"].tables["group_sources"].data_body_range[1, 2].value = "most"
        book.save()
    report = consolidate_workbook(group)
    assert not report.done
    assert [(fault.sheet, fault.cell) for fault in report.findings if fault.severity == "error"] == [
        ("Group sources", "C7")]


def test_the_button_consolidates_and_says_so_on_home(group: Path) -> None:
    with open_book(group) as book:
        press(book)
        assert book.names["status_run"].refers_to_range.value == "Done"
        assert str(book.names["message_run"].refers_to_range.value).startswith("Consolidated 3 units.")


def test_the_button_in_a_plan_workbook_says_what_is_wanted(own_units: Path) -> None:
    with open_book(own_units / "East.xlsx") as book:
        press(book)
        assert "This is no group workbook" in str(book.names["message_run"].refers_to_range.value)


def test_the_command_makes_a_group_workbook_and_leaves_the_units_as_they_are(own_units: Path) -> None:
    before = fingerprints(own_units)
    rates = own_units / "rates.csv"
    RATES.to_csv(rates, index=False)
    target = own_units / "group.xlsm"
    told = RUN.invoke(application, ["consolidate", *(str(own_units / file) for file in FILES), "-o", str(target),
                                    "--currency", "USD", "--rates", str(rates)])
    assert told.exit_code == 0, told.output
    assert "Consolidated 3 units." in told.output
    assert {name: value for name, value in fingerprints(own_units).items() if name in FILES} == before
    assert set(frames(target)["group_sources"]["path"]) == set(FILES)
    again = RUN.invoke(application, ["consolidate", str(target), "--json"])
    assert again.exit_code == 0
    assert json.loads(again.stdout)["units"] == 3


def test_without_rates_the_command_writes_nothing_but_can_prepare_the_workbook(own_units: Path) -> None:
    target = own_units / "group.xlsx"
    command = ["consolidate", *(str(own_units / file) for file in FILES), "-o", str(target), "--currency", "USD"]
    refused = RUN.invoke(application, command)
    assert refused.exit_code == 1
    assert "There is no average rate of AUD" in refused.output
    assert not target.exists()
    prepared = RUN.invoke(application, [*command, "--prepare"])
    assert prepared.exit_code == 0
    assert "Enter the rates of AUD, EUR in Group rates." in prepared.output
    tables = frames(target)
    assert tables["group_plan"]["2027-01"].fillna(0).eq(0).all()
    assert set(tables["group_rates"]["currency"]) == {"AUD", "EUR"}


def test_a_plan_alone_is_refused_with_the_way_to_make_a_group(own_units: Path) -> None:
    refused = RUN.invoke(application, ["consolidate", str(own_units / "East.xlsx")])
    assert refused.exit_code == 1
    assert "This is no group workbook" in refused.output


@pytest.mark.slow
@needs_libreoffice
def test_libreoffice_reckons_every_formula_of_the_group_workbook_as_it_stands_there(own_units: Path) -> None:
    first, again = own_units / "group.xlsx", own_units / "again.xlsx"
    assert write_group(first, inputs()).done
    assert write_group(again, inputs(detail="family and market")).done
    assert consolidate_workbook(again, settings={"first_period": "2027-02", "horizon": 3}).done
    assert assert_agrees(first, again) > 5000
