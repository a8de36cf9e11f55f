"""What is wrong with a group is told by unit and cell, all at once, and nothing is written half."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sopxl.consolidation.group import Consolidation, consolidate
from sopxl.consolidation.group_workbook import consolidate_workbook, write_group
from sopxl.schema import Finding
from tests.consolidation.small_group import PAIRS, RATES, SOURCES, change_settings, inputs


def errors(outcome: Consolidation) -> list[Finding]:
    return [finding for finding in outcome.findings if finding.severity == "error"]


def told(outcome: Consolidation) -> str:
    return "\n".join(finding.message for finding in errors(outcome))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


def encrypt(path: Path) -> None:
    inside = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600 + inside + b"\0" * 600)


def make_foreign(path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Sheet1").write("A1", 1)


def move_away(path: Path) -> None:
    path.rename(path.with_name("elsewhere.xlsx"))


def hold_open(path: Path) -> None:
    path.with_name(f"~${path.name}").write_bytes(b"\x05Jane")


FAULTS = {
    "damaged": (cut_off, "damaged"), "password": (encrypt, "password"), "of another program": (make_foreign, "no plan"),
    "moved": (move_away, "no file"), "open": (hold_open, "open in another program"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_used_is_named_and_does_not_stop_the_others(fault: str, own_units: Path) -> None:
    spoil, word = FAULTS[fault]
    spoil(own_units / "East.xlsx")
    refused = consolidate(inputs(), own_units)
    assert len(errors(refused)) == 1
    assert "East" in told(refused)
    assert word in told(refused)
    assert refused.tables["group_plan"].empty
    allowed = consolidate(inputs(missing_units="allow"), own_units)
    assert allowed.done
    assert allowed.units == 2
    assert [finding.severity for finding in allowed.findings if word in finding.message] == ["warning"]
    state = allowed.tables["unit_status"].set_index("unit")["state"]
    assert state.to_dict() == {"North": "read", "South": "read", "East": "missing"}


def test_an_open_file_is_read_as_it_was_saved_where_the_setting_says_so(own_units: Path) -> None:
    hold_open(own_units / "East.xlsx")
    assert consolidate(inputs(open_files="read"), own_units).done


def test_every_fault_of_every_unit_is_told_at_once(own_units: Path) -> None:
    cut_off(own_units / "East.xlsx")
    change_settings(own_units / "South.xlsx", currency="Dollar")
    pairs = PAIRS.assign(market="Nowhere")
    outcome = consolidate(inputs(rates=None, pairs=pairs), own_units)
    assert "East cannot be read" in told(outcome)
    assert "South: its currency 'DOLLAR' is unknown" in told(outcome)
    assert "no market 'Nowhere'" in told(outcome)


def test_a_missing_rate_is_told_with_its_periods_and_the_units_that_need_it(units: Path) -> None:
    late = pd.concat([RATES[RATES["currency"] != "AUD"], pd.DataFrame(
        {"currency": ["AUD"], "period": ["2027-03"], "average": [0.65], "closing": [np.nan]})])
    outcome = consolidate(inputs(rates=late), units)
    assert [(finding.table, finding.column) for finding in errors(outcome)] == [("group_rates", "2027-01")] * 2
    assert "no average rate of AUD for 2027-01 to 2027-02; East" in told(outcome)
    assert "no closing rate of AUD for 2027-01 to 2027-04; East" in told(outcome)


def test_two_files_of_the_same_unit_are_told(own_units: Path) -> None:
    shutil.copy(own_units / "East.xlsx", own_units / "West.xlsx")
    sources = pd.concat([SOURCES, pd.DataFrame({"unit": ["West"], "path": ["West.xlsx"], "ownership": [1.0]})])
    outcome = consolidate(inputs(sources=sources), own_units)
    assert "East.xlsx and West.xlsx are both the plan of 'East'" in told(outcome)
    twice = pd.concat([SOURCES, SOURCES.head(1)])
    outcome = consolidate(inputs(sources=twice), own_units)
    assert "North stands here a second time" in told(outcome)
    assert ("group_sources", "unit", 3) in [(fault.table, fault.column, fault.row) for fault in errors(outcome)]


def test_owners_that_go_round_in_a_circle_are_told(units: Path) -> None:
    sources = SOURCES.assign(parent=["East", "", "North"])
    outcome = consolidate(inputs(sources=sources), units)
    assert "North is owned by East is owned by North" in told(outcome)
    assert ("group_sources", "parent", 0) in [(fault.table, fault.column, fault.row) for fault in errors(outcome)]


def test_a_share_that_is_held_through_others_is_the_product_of_their_shares(units: Path) -> None:
    sources = SOURCES.assign(parent=["South", "", ""], ownership=[0.9, 0.8, 1.0])
    status = consolidate(inputs(sources=sources), units).tables["unit_status"].set_index("unit")
    assert status["ownership"].round(9).to_dict() == {"North": 0.72, "South": 0.8, "East": 1.0}


def test_a_name_that_is_not_mapped_is_told_with_its_cell_and_the_kind(units: Path) -> None:
    mappings = pd.DataFrame({"unit": ["South"], "kind": ["family"], "from_name": ["Tables"], "to_name": ["Furniture"]})
    outcome = consolidate(inputs(mappings=mappings), units)
    assert "South: the family 'Chairs' is not mapped" in told(outcome)
    assert "North" not in told(outcome)
    assert all(fault.sheet == "[South.xlsx]Profit and loss" and fault.cell for fault in errors(outcome))


def test_mapped_families_are_added_up_under_the_groups_name(units: Path) -> None:
    names = pd.DataFrame({"unit": "", "kind": "family", "from_name": ["Tables", "Chairs", "(not allocated)"],
                          "to_name": ["Furniture", "Furniture", "Rest"]})
    scale = pd.DataFrame({"unit": ["South"], "kind": ["unit of measure"], "from_name": [""], "to_name": ["dozens"],
                          "factor": [0.5]})
    plain = consolidate(inputs(), units).tables
    outcome = consolidate(inputs(mappings=pd.concat([names, scale])), units)
    assert outcome.done, told(outcome)
    lines = outcome.tables["unit_lines"].query("role == 'plan'")
    assert set(lines["family"]) <= {"Furniture", "Rest", ""}
    same = ["Net sales", "Net result"]
    for tables in (plain, outcome.tables):
        assert (tables["proof"].iloc[0][["2027-01", "2027-02", "2027-03", "2027-04"]] == 0).all()
    at = plain["group_plan"]["measure"].isin(same)
    pd.testing.assert_frame_equal(outcome.tables["group_plan"][at], plain["group_plan"][at])
    shipped = [tables["unit_plans"].query("measure == 'Shipments'").set_index("unit")["2027-02"]
               for tables in (plain, outcome.tables)]
    assert shipped[1]["South"] == shipped[0]["South"] / 2
    assert shipped[1]["North"] == shipped[0]["North"]


def test_a_line_that_the_group_does_not_know_needs_a_mapping(own_units: Path) -> None:
    from sopxl.file_engine import open_book

    path = own_units / "East.xlsx"
    with open_book(path) as book:
        for name in ("profit_and_loss", "financial_plan"):
            table = next(table for sheet in book.sheets for table in sheet.tables if table.name == name)
            body = table.data_body_range
            measures = [str(value) for value in table.header_row_range.value].index("Measure")
            for row, cells in enumerate(body.value):
                if cells[measures] == "Scrap":
                    body[row, measures].value = "Royalties"
        book.save()
    refused = consolidate(inputs(), own_units)
    assert "East: the account 'Royalties' is not mapped" in told(refused)
    mapping = pd.DataFrame({"unit": ["East"], "kind": ["account"], "from_name": ["Royalties"], "to_name": ["Scrap"]})
    assert consolidate(inputs(mappings=mapping), own_units).done


def test_a_shorter_horizon_is_refused_or_taken_as_empty_and_said(own_units: Path) -> None:
    refused = consolidate(inputs(horizon=6), own_units)
    assert "North: its plan (4 periods from 2027-01) does not cover 2027-05, 2027-06." in told(refused)
    assert "East: its plan" in told(refused)
    taken = consolidate(inputs(horizon=6, missing_periods="empty"), own_units)
    assert taken.done
    assert sum("does not cover" in finding.message for finding in taken.findings) == 3
    sales = taken.tables["group_plan"].query("part == 'Group' and measure == 'Net sales'")
    assert sales[["2027-05", "2027-06"]].to_numpy().tolist() == [[0.0, 0.0]]
    assert sales["2027-04"].iloc[0] > 0


def test_stale_and_unlocked_plans_are_named_and_refused_where_the_group_asks_for_locked_ones(own_units: Path) -> None:
    from datetime import datetime

    late = consolidate(inputs(stale_after_days=7), own_units, now=datetime(2099, 1, 1))
    assert late.done
    assert late.tables["unit_status"]["attention"].tolist() == ["stale, not locked"] * 3
    refused = consolidate(inputs(unlocked_units="refuse"), own_units)
    assert told(refused).count("its plan is not locked") == 3
    mark_as_final(own_units / "East.xlsx")
    refused = consolidate(inputs(unlocked_units="refuse"), own_units)
    assert "East" not in told(refused)


def mark_as_final(path: Path) -> None:
    """What Excel writes for File, Info, Protect Workbook, Mark as Final."""
    import zipfile

    with zipfile.ZipFile(path, "a") as package:
        package.writestr("docProps/custom.xml", (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties xmlns="http://schemas.openxmlformats.org/'
            'officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/'
            'docPropsVTypes"><property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="_MarkAsFinal">'
            "<vt:bool>true</vt:bool></property></Properties>"))


def test_with_an_error_no_group_workbook_is_written(own_units: Path) -> None:
    cut_off(own_units / "East.xlsx")
    target = own_units / "group.xlsx"
    report = write_group(target, inputs())
    assert not report.done
    assert sorted(path.name for path in own_units.iterdir()) == ["East.xlsx", "North.xlsx", "South.xlsx"]


def test_with_an_error_the_results_of_an_existing_group_workbook_stay(own_units: Path) -> None:
    from sopxl.consolidation.tables import GROUP_TABLES
    from sopxl.file_engine import open_book
    from sopxl.workbook.read import bind

    target = own_units / "group.xlsx"
    assert write_group(target, inputs()).done
    with open_book(target) as book:
        before = bind(book, declared=GROUP_TABLES).frames()
    cut_off(own_units / "East.xlsx")
    report = consolidate_workbook(target)
    assert not report.done
    with open_book(target) as book:
        after = bind(book, declared=GROUP_TABLES).frames()
        assert "No group plan was written: 1 error" in book.names["message_run"].refers_to_range.value
    assert after["group_plan"].equals(before["group_plan"])
    assert after["unit_lines"].equals(before["unit_lines"])
    assert after["findings"]["message"].str.contains("East cannot be read").any()
    assert consolidate_workbook(target, settings={"missing_units": "allow"}).done
