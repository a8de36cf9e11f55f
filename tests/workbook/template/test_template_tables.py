"""Every declared table stands in the workbook as an Excel table, as its declaration says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from openpyxl import Workbook

from sopxl.schema import Column, PlanGrid, Tables
from sopxl.tables import TABLES
from sopxl.workbook.grid_formulas import headings
from sopxl.workbook.template.book import PAGES
from tests.small_company import SETTINGS
from tests.workbook.template.conftest import assert_approved, opened, part_of_sheet, parts

PERIODS = SETTINGS.periods.labels


def expected_headings(name: str) -> list[str]:
    table = TABLES[name]
    return headings(table, PERIODS) if isinstance(table, PlanGrid) else [column.heading for column in table.columns]


def test_headings_are_the_names_in_words_with_abbreviations_in_capitals() -> None:
    names = ("lead_time", "abc", "xyz", "weighted_mape", "rmsse", "mean_demand")
    assert [Column(name, "text", "").heading for name in names] == [
        "Lead time", "ABC", "XYZ", "Weighted MAPE", "RMSSE", "Mean demand"]


@pytest.mark.parametrize("name", TABLES)
def test_every_declared_table_is_an_excel_table_with_its_headings(name: str, formulas: Workbook) -> None:
    sheet = formulas[TABLES[name].title]
    table = sheet.tables[name]
    assert [column.name for column in table.tableColumns] == expected_headings(name)
    assert [cell.value for cell in sheet[table.ref][0]] == expected_headings(name)
    assert all(cell.data_type == "s" for cell in sheet[table.ref][0])


@pytest.mark.parametrize("name", TABLES)
def test_a_table_holds_the_rows_of_its_frame_and_at_least_one(
    name: str, formulas: Workbook, plan_tables: Tables
) -> None:
    sheet = formulas[TABLES[name].title]
    rows = len(sheet[sheet.tables[name].ref]) - 1
    if name in ("settings", "data_dictionary"):
        assert rows > 10
    elif len(plan_tables[name]):
        assert rows == len(plan_tables[name])
    else:
        assert rows >= 1


@pytest.mark.parametrize("name", TABLES)
def test_every_heading_of_a_declared_column_has_a_note_that_says_what_it_means(name: str, formulas: Workbook) -> None:
    sheet = formulas[TABLES[name].title]
    notes = {cell.value: cell.comment.text for cell in sheet[sheet.tables[name].ref][0] if cell.comment}
    for column in TABLES[name].columns:
        assert column.description in notes[column.heading]
        assert "{" not in notes[column.heading]


def test_sheets_stand_in_the_order_of_the_cycle(formulas: Workbook) -> None:
    titles = [table.title for table in TABLES.values()]
    assert formulas.sheetnames == [*PAGES, *titles]


def test_a_plan_sheet_keeps_its_objects_together_and_a_list_can_be_sorted(formulas: Workbook) -> None:
    for table in TABLES.values():
        protection = formulas[table.title].protection
        assert protection.sheet == isinstance(table, PlanGrid)
        if protection.sheet:
            assert protection.sort, "sorting is locked"
            assert not protection.autoFilter, "filtering is open"
            assert not protection.formatCells
            assert protection.password is None
            assert "sopxl_plan" in formulas[table.title].defined_names


def test_people_can_write_inputs_and_nothing_else_on_plan_sheets(formulas: Workbook) -> None:
    for table in TABLES.values():
        if not isinstance(table, PlanGrid):
            continue
        sheet = formulas[table.title]
        head, *rows = sheet[sheet.tables[table.name].ref]
        measure = [cell.value for cell in head].index("Measure")
        for row in rows:
            if row[measure].value is None:  # a grid that has no object yet
                continue
            owner = table.measure(row[measure].value).owner
            for cell in row[measure + 1:]:
                assert cell.protection.locked == (owner != "input")
                assert (cell.data_type == "f") == (owner == "formula")


def test_columns_that_refer_to_a_table_offer_its_entries(formulas: Workbook) -> None:
    offered = {
        column.refers_to.partition(".")[0] for table in TABLES.values() for column in table.columns if column.refers_to
    }
    for table in offered:
        assert f"list_{table}" in formulas.defined_names
    assert formulas.defined_names["list_items"].attr_text == "items[Item]"
    sheet = formulas["Bills of material"]
    lists = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["A6"] == lists["B6"] == "list_items"


def test_choices_and_limits_are_checked_while_typing(formulas: Workbook) -> None:
    rules = {str(rule.sqref).split(":")[0]: rule for rule in formulas["Items"].data_validations.dataValidation}
    assert rules["F6"].formula1 == '"active,ended,component"'
    assert (rules["J6"].type, rules["J6"].formula1, rules["J6"].formula2) == ("decimal", "0", "3650")


def test_an_override_must_be_a_number_wherever_its_row_comes_to_stand(formulas: Workbook) -> None:
    rules = formulas["Sales plan"].data_validations.dataValidation
    assert [rule.type for rule in rules] == ["custom"]
    assert '"Override"' in rules[0].formula1
    assert "ISNUMBER" in rules[0].formula1


def test_no_two_drop_downs_overlap(planned: Path) -> None:
    for table in TABLES.values():
        text = part_of_sheet(planned, table.title)
        columns = re.findall(r'<dataValidation [^>]*sqref="([A-Z]+\d+(?::[A-Z]+\d+)?)"', text)
        assert len(columns) == len(set(columns))


def test_codes_and_periods_are_text_so_that_excel_makes_no_dates_of_them(formulas: Workbook) -> None:
    sheet = formulas["Sales history"]
    assert sheet["A6"].number_format == "@"
    assert sheet.column_dimensions["A"].number_format == "@" or sheet["A6"].number_format == "@"


def test_a_blank_plan_has_empty_rows_to_type_in_and_plans_that_read_as_empty(blank: Path) -> None:
    book = opened(blank)
    assert len(book["Items"][book["Items"].tables["items"].ref]) == 21
    for table in TABLES.values():
        if isinstance(table, PlanGrid):
            sheet = book[table.title]
            body = sheet[sheet.tables[table.name].ref][1:]
            assert len(body) == len(table.measures)
            assert all(cell.value is None for row in body for cell in row)


def test_the_xml_of_a_plan_table_is_as_approved(planned: Path) -> None:
    tables = [text.decode() for name, text in parts(planned).items() if name.startswith("xl/tables/")]
    found = [text for text in tables if 'name="capacity_plan"' in text]
    assert_approved("capacity_plan_table.xml", found[0].replace("><", ">\n<") + "\n")


def test_the_defined_names_are_as_approved(planned: Path) -> None:
    names = re.findall(r"<definedName .*?</definedName>", parts(planned)["xl/workbook.xml"].decode())
    kept = [name for name in names if "_xlnm" not in name]
    assert_approved("defined_names.txt", "\n".join(kept) + "\n")


def test_the_pattern_of_an_empty_plan_looks_like_one_object(blank: Path, formulas: Workbook) -> None:
    """A run copies the formats of the first rows for the objects that it adds: one line over each object."""
    book = opened(blank)
    for table in TABLES.values():
        if isinstance(table, PlanGrid):
            column = headings(table, PERIODS).index("2027-01") + 2
            for position, measure in enumerate(table.measures):
                pattern = book[table.title].cell(6 + position, column)
                filled = formulas[table.title].cell(6 + position, column)
                assert (pattern.number_format, pattern.fill.fgColor.rgb, pattern.border.top.style) == (
                    filled.number_format, filled.fill.fgColor.rgb, filled.border.top.style), measure.name
                assert (pattern.border.top.style == "thin") == (position == 0)
