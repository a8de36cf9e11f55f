"""The formulas of plan grids, as they stand in cells: by heading, never by position."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from sopxl.file_engine.addresses import column_letters
from sopxl.tables import GRIDS
from sopxl.workbook.grid_formulas import GridLayout, headings, row_formulas, structured_reference

PERIODS = ["2027-01", "2027-02", "2027-03"]


def layout_of(name: str, **more: object) -> GridLayout:
    grid = GRIDS[name]
    columns = {heading: number for number, heading in enumerate(headings(grid, PERIODS), 2)}
    return GridLayout(grid, columns, PERIODS, **more)  # type: ignore[arg-type]


def rows_of(name: str, first: int = 6) -> dict[str, int]:
    return {measure: first + position for position, measure in enumerate(GRIDS[name].measure_names)}


def test_a_balance_starts_from_its_attribute_and_goes_on_from_the_period_before() -> None:
    layout, rows = layout_of("inventory_plan"), rows_of("inventory_plan")
    opening = row_formulas(layout, "Opening stock", rows)
    on_hand = column_letters(layout.columns["On hand"])
    first, second = (column_letters(layout.columns[period]) for period in PERIODS[:2])
    assert opening[0] == f"=${on_hand}{rows['Opening stock']}"
    assert opening[1] == f"={first}{rows['Closing stock']}"
    assert opening[2] == f"={second}{rows['Closing stock']}"


def test_an_override_is_tested_for_being_blank() -> None:
    layout, rows = layout_of("sales_plan"), rows_of("sales_plan")
    cell = column_letters(layout.columns["2027-01"])
    override = f"{cell}{rows['Override']}"
    formula = row_formulas(layout, "Consensus", rows)[0]
    assert formula.startswith(f'=IF({override}="",')
    assert formula.endswith(f",{override})")


def test_columns_that_people_moved_are_found_by_their_headings() -> None:
    grid = GRIDS["sales_plan"]
    moved = {heading: number for number, heading in enumerate(reversed(headings(grid, PERIODS)), 5)}
    rows = rows_of("sales_plan", 40)
    formulas = row_formulas(GridLayout(grid, moved, PERIODS), "Consensus value", rows)
    for period, formula in zip(PERIODS, formulas, strict=True):
        cell = column_letters(moved[period])
        assert formula == f"={cell}{rows['Consensus']}*{cell}{rows['Price']}"


def test_rows_of_an_object_may_stand_in_any_order() -> None:
    layout = layout_of("sales_plan")
    rows = {name: 100 - position for position, name in enumerate(GRIDS["sales_plan"].measure_names)}
    formula = row_formulas(layout, "Consensus value", rows)[0]
    assert re.findall(r"\d+", formula) == [str(rows["Consensus"]), str(rows["Price"])]


def test_what_lies_beyond_the_last_period_is_taken_from_the_last() -> None:
    layout, rows = layout_of("inventory_plan"), rows_of("inventory_plan")
    last = column_letters(layout.columns["2027-03"])
    used = set(re.findall(r"([A-Z]+)\d+", row_formulas(layout, "Coverage", rows)[-1]))
    assert used - {"IF", "SUM"} == {last}


def test_a_roll_up_adds_the_rows_whose_keys_are_the_same() -> None:
    layout, rows = layout_of("sales_summary"), rows_of("sales_summary")
    assert row_formulas(layout, "Last year", rows)[0] == (
        '=SUMIFS(sales_plan[2027-01],sales_plan[Measure],"Last year",sales_plan[Family],$B6,sales_plan[Market],$C6)')


def test_the_highest_load_is_a_maximum_that_excel_2016_knows() -> None:
    formula = row_formulas(layout_of("key_figures"), "Highest required load", rows_of("key_figures"))[0]
    assert formula == '=SUMPRODUCT(MAX((capacity_plan[Measure]="Required load")*capacity_plan[2027-01]))'


def test_a_period_that_another_table_does_not_have_counts_as_nothing() -> None:
    layout = layout_of("key_figures", sources={"sales_plan": ["Item", "Measure", "2027-01"]})
    formulas = row_formulas(layout, "Last year", rows_of("key_figures"))
    assert formulas[0].startswith("=SUMIFS(")
    assert formulas[1:] == ["=0", "=0"]


def test_a_missing_row_is_told_by_name() -> None:
    rows = rows_of("sales_plan")
    del rows["Price"]
    with pytest.raises(KeyError, match="Consensus value needs the rows Price"):
        row_formulas(layout_of("sales_plan"), "Consensus value", rows)


def test_an_input_has_no_formula() -> None:
    with pytest.raises(KeyError, match="Override"):
        row_formulas(layout_of("sales_plan"), "Override", rows_of("sales_plan"))


@pytest.mark.parametrize("name", GRIDS)
def test_every_formula_can_be_written_in_every_period(name: str) -> None:
    layout, rows = layout_of(name), rows_of(name)
    for measure in GRIDS[name].owned_by("formula"):
        for formula in row_formulas(layout, measure.name, rows):
            assert formula.startswith("=")
            assert "{" not in formula
            assert len(formula) < 8192
            assert formula.count("(") == formula.count(")")


def test_special_characters_in_headings_are_escaped_as_the_file_format_wants() -> None:
    assert structured_reference("items", "Item") == "items[Item]"
    assert structured_reference("items", "No. #1 [old]") == "items[No. '#1 '[old']]"


@given(st.integers(1, 16384))
def test_column_letters_are_those_of_openpyxl(number: int) -> None:
    assert column_letters(number) == get_column_letter(number)
