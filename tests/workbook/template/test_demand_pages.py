"""The pages of the demand meeting: why a forecast is as it is, and how it becomes the consensus."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from sopxl.file_engine import open_book
from sopxl.runner import run_file
from sopxl.schema import Tables, conform
from sopxl.steps.demand.explanation import MOST_CANDIDATES
from sopxl.steps.demand.forecasting.methods import METHODS
from sopxl.steps.demand.forecasting.selection import COMBINATION
from sopxl.tables import GRIDS, TABLES
from sopxl.workbook.template import build_workbook
from sopxl.workbook.template.book import TemplateBook
from sopxl.workbook.template.demand_review import FIGURES, FROM_FORECAST_TO_CONSENSUS, _count, _share
from sopxl.workbook.template.highlights import LIST_HIGHLIGHTS
from sopxl.workbook.template.live_cells import NOTHING
from sopxl.workbook.template.page_values import CHOICES, PAGES, _Listener, page_values
from sopxl.workbook.template.shown_series import LINES, SEASON, ShownSeries
from sopxl.workbook.template.styles import Styles
from sopxl.workbook.template.waterfall import bars, cut_of
from tests.libreoffice_agreement import assert_agrees, needs_libreoffice
from tests.small_company import SETTINGS, small_company
from tests.workbook.template.conftest import opened

UNITS = st.integers(-1000, 1000).map(float)
STEPS, TOTALS = FROM_FORECAST_TO_CONSENSUS.steps, FROM_FORECAST_TO_CONSENSUS.totals
levels_of = FROM_FORECAST_TO_CONSENSUS.levels_of


@pytest.fixture(scope="module")
def told(plan_tables: Tables) -> Tables:
    """The plan of the small company with something in every review table."""
    rows: dict[str, list[dict[str, Any]]] = {
        "history_corrections": [
            {"item": "TABLE", "name": "Oak table", "market": "South Shop", "period": period, "reason": "outlier",
             "sold": 90.0, "proposed": 20.0, "money": 100.0, "explanation": "Sold 90, usually 20.",
             "decision": decision, "used": 20.0 if decision else 90.0}
            for period, decision in (("2026-03", "accept"), ("2026-07", ""))],
        "driver_effects": [
            {"item": "TABLE", "name": "Oak table", "market": "South Shop", "driver": "Price", "effect": -0.8,
             "certainty": 0.9, "units": 3.0, "explanation": "A price 1 % lower sells 0.8 % more."}],
        "forecast_value_added": [
            {"stage": stage, "author": author, "changes": 4.0, "value_added": added, "money": 100.0 * added,
             "verdict": "Go on."}
            for stage, author, added in (("baseline", "", 0.04), ("sales", "Desk A", 0.01), ("sales", "", -0.02))],
        "forecast_accuracy": [
            {"level": "item", "item": item, "stage": "consensus", "lag": 1.0, "tracking_signal": signal,
             "money_error": 500.0, "attention": "Too high."}
            for item, signal in (("TABLE", 5.0), ("CHAIR", -1.0))],
    }
    return {**plan_tables, **{name: conform(TABLES[name], pd.DataFrame(each)) for name, each in rows.items()}}


def shown(tables: Tables, **chosen: str) -> ShownSeries:
    return ShownSeries(tables, SETTINGS, chosen)


def test_without_a_choice_the_series_of_the_highest_value_is_shown(told: Tables) -> None:
    series = shown(told)
    assert (series.item, series.market) == ("TABLE", "South Shop")
    assert series.message == "Oak table (TABLE), South Shop"


def test_a_planner_chooses_an_item_in_any_spelling_of_capitals_and_sees_its_dearest_market(told: Tables) -> None:
    series = shown(told, why_item="chair")
    assert (series.item, series.market) == ("CHAIR", "South Shop")
    assert [market for market in series.markets if market] == ["North Shop", "South Shop"]
    assert shown(told, why_item="CHAIR", why_market="North Shop").market == "North Shop"


def test_what_is_not_planned_is_said_and_nothing_is_shown(told: Tables) -> None:
    series = shown(told, why_item="LEG")
    assert series.message == "LEG is not planned there: choose another item or market."
    assert series.fact("method") == ""
    assert {value for line in LINES for value in series.line_values(line, series.offsets)} == {NOTHING}
    nothing = ShownSeries({name: table.empty_frame() for name, table in TABLES.items()}, SETTINGS, {})
    assert nothing.message == "Nothing planned yet: run the demand step from Home."


def test_the_past_has_no_forecast_and_the_future_no_sales_but_gaps(told: Tables) -> None:
    series = shown(told)
    today = series.offsets.index(0)
    lines = {line.title: series.line_values(line, series.offsets) for line in LINES}
    assert set(lines["Sold"][today:]) == set(lines["Consensus"][:today]) == {NOTHING}
    assert lines["Sold"][today - 12:today] == [20.0] * 11 + [30.0]
    assert lines["Sold"][today - 25] == NOTHING
    consensus = told["sales_plan"].query("item == 'TABLE' and market == 'South Shop' and measure == 'Consensus'")
    assert lines["Consensus"][today:today + 4] == consensus[SETTINGS.periods.labels].to_numpy().ravel().tolist()
    assert series.line_values(SEASON, [0])[0] != NOTHING


@pytest.mark.parametrize(("horizon", "past"), [(4, 50), (18, 36), (40, 30)])
def test_the_window_ends_with_the_plan_and_always_shows_thirty_periods_of_history(horizon: int, past: int) -> None:
    offsets = ShownSeries({}, replace(SETTINGS, horizon=horizon), {}).offsets
    assert (offsets[0], len(offsets)) == (-past, 54)


@settings(max_examples=60, deadline=None)
@given(start=UNITS, changes=st.lists(UNITS, min_size=3, max_size=3), opinions=st.lists(UNITS, min_size=4, max_size=4))
def test_each_column_of_the_waterfall_spans_what_its_step_changes_also_across_zero(
    start: float, changes: list[float], opinions: list[float]
) -> None:
    baseline = start + sum(changes)
    values = [start, *changes, baseline, *opinions, baseline + sum(opinions)]
    levels = levels_of(values)
    cut = cut_of(levels)
    assert levels[-1] == values[-1]
    for position, (step, value) in enumerate(zip(STEPS, values, strict=True)):
        part = bars(step, step in TOTALS, value, levels[position - 1], cut)
        low, high = min(part["Start"], part["End"]) - cut, max(part["Start"], part["End"]) - cut
        drawn = [part[name] for name in ("Total", "More", "More, below zero", "Less", "Less, below zero")]
        above = sum(one for one in drawn if one > 0)
        below = sum(one for one in drawn if one < 0)
        assert above - below == pytest.approx(high - low)
        assert max(part["Base"], 0.0) + above == pytest.approx(max(0.0, high))
        assert min(part["Base"], 0.0) + below == pytest.approx(min(0.0, low))
        if step not in TOTALS:
            assert part["End"] - part["Start"] == value
            assert (part["Less"] == part["Less, below zero"] == 0) or value < 0


def test_a_small_change_beside_large_totals_is_drawn_large_enough_to_be_seen() -> None:
    levels = levels_of([1000.0, 0, 0, 0, 1000.0, 10.0, 0, 0, 0, 1010.0])
    assert cut_of(levels) == 980.0
    assert bars("Sales change", False, 10.0, 1000.0, 980.0)["More"] == 10.0
    assert cut_of(levels_of([5.0, 0, 0, 0, 5.0, -10.0, 0, 0, 0, -5.0])) == 0.0
    assert cut_of(levels_of([7.0, 0, 0, 0, 7.0, 0, 0, 0, 0, 7.0])) == 0.0


def test_every_item_stands_in_one_cell_of_the_matrix(told: Tables) -> None:
    cells = [(abc, xyz) for abc in "ABC" for xyz in "XYZ"]
    assert sum(_count(*cell).value(told) for cell in cells) == len(told["segments"]) > 0
    assert sum(_share(*cell).value(told) for cell in cells) == pytest.approx(1.0)


def test_the_figures_say_how_much_there_is_to_do(told: Tables) -> None:
    figures = {words: number.value(told) for words, number, _ in FIGURES}
    assert figures["Corrections to decide"] == 1
    assert figures["Biased: signal beyond 4"] == 1


@pytest.mark.parametrize("chosen", [{}, {"why_item": "CHAIR", "review_family": "Tables"}])
def test_a_formula_never_stands_for_two_values(chosen: Mapping[str, str], told: Tables) -> None:
    """After a run a formula gets the value of its text: two cells of one text must show the same."""

    class Told(dict[str, Any]):
        def __setitem__(self, formula: str, value: Any) -> None:
            assert self.get(formula, value) == value, formula
            super().__setitem__(formula, value)

    listener = _Listener(Told())
    book = TemplateBook(listener, told, SETTINGS, False, Styles(listener), chosen=chosen)
    for add_page in PAGES:
        add_page(book)
    assert len(listener.formulas) > 500


def test_steps_are_of_the_family_and_market_that_are_chosen(told: Tables) -> None:
    everything = page_values(told, SETTINGS, {})
    tables = page_values(told, SETTINGS, {"review_family": "tables"})
    chairs = page_values(told, SETTINGS, {"review_family": "Chairs"})
    north = page_values(told, SETTINGS, {"review_family": "Chairs", "review_market": "North Shop"})
    formula = next(text for text in everything if text.startswith("=SUM(D24:"))
    assert everything[formula] == pytest.approx(tables[formula] + chairs[formula])
    assert 0 < north[formula] < chairs[formula]


def test_the_cells_to_choose_in_are_named_and_can_be_typed_in(formulas: Workbook) -> None:
    for name in CHOICES:
        title, cell = formulas.defined_names[name].attr_text.split("!")
        assert not formulas[title.strip("'")][cell.replace("$", "")].protection.locked


def test_decisions_on_corrections_are_yellow_with_a_drop_down_that_reaches_new_rows(formulas: Workbook) -> None:
    sheet = formulas["History corrections"]
    head, first = sheet[sheet.tables["history_corrections"].ref][:2]
    column = [cell.value for cell in head].index("Decision")
    assert first[column].fill.fgColor.rgb == formulas["Items"]["A6"].fill.fgColor.rgb
    assert first[column - 1].fill.fgColor.rgb != first[column].fill.fgColor.rgb
    rules = [rule for rule in sheet.data_validations.dataValidation if first[column].coordinate in rule.sqref]
    assert [rule.formula1 for rule in rules] == ['"accept,refuse"']
    assert max(area.max_row for area in rules[0].sqref.ranges) > 10_000


def test_columns_that_are_lit_up_are_declared() -> None:
    for rule in LIST_HIGHLIGHTS:
        assert TABLES[rule.grid].column(rule.measure)


def test_a_blank_plan_starts_with_a_policy_for_each_of_the_nine_segments(blank: Path) -> None:
    sheet = opened(blank)["Segment policies"]
    rows = [[cell.value for cell in row] for row in sheet[sheet.tables["segment_policies"].ref][1:]]
    assert [row[:2] for row in rows] == [[abc, xyz] for abc in "ABC" for xyz in "XYZ"]
    assert {row[2] for row in rows} <= {"automatic", "review", "simple"}


def test_a_method_that_no_backtest_could_try_is_said_to_be_not_tested(told: Tables) -> None:
    tried = told["forecast_candidates"]
    untried = {**told, "forecast_candidates": tried.assign(error=tried["error"].where(tried["rank"] > 1))}
    formulas = page_values(untried, SETTINGS, {})
    errors = [value for text, value in formulas.items() if "INDEX(forecast_candidates[Error]" in text]
    assert errors[0] == "not tested"
    assert errors[1] == pytest.approx(0.0, abs=1e-9)
    assert errors[-1] == ""


def test_the_longest_weighted_mean_finds_room_in_its_cell(formulas: Workbook) -> None:
    sheet = formulas["Why this forecast"]
    longest = sorted(METHODS, key=len)[-MOST_CANDIDATES:]
    cell = next(row[2] for row in sheet.iter_rows() if row[1].value == "Method")
    assert cell.alignment.wrap_text
    width = sum(sheet.column_dimensions[letters].width or 9.7 for letters in "CDE")
    lines = textwrap.wrap(f"{COMBINATION}: {', '.join(longest)}", int(width * 11 / cell.font.sz))
    assert len(lines) * 1.25 * cell.font.sz <= sheet.row_dimensions[cell.row].height


def test_a_driver_without_units_is_grey_in_all_its_columns(formulas: Workbook) -> None:
    sheet = formulas["Driver effects"]
    ref = sheet.tables["driver_effects"].ref
    units = next(cell.column_letter for cell in sheet[ref][0] if cell.value == "Units")
    faded = [block for area in sheet.conditional_formatting for rule in area.rules for block in area.sqref.ranges
             if f"${units}6=0" in rule.formula[0]]
    assert [(block.min_col, block.max_col) for block in faded] == [(1, len(TABLES["driver_effects"].columns))]


def test_what_to_do_first_is_hidden_as_soon_as_any_row_of_a_plan_has_its_first_key(
    formulas: Workbook, values: Workbook
) -> None:
    for title, grid in ((grid.title, grid) for grid in GRIDS.values()):
        sheet = formulas[title]
        rule = next(rule for area in sheet.conditional_formatting for rule in area.rules if "COUNTA" in rule.formula[0])
        assert rule.formula[0].startswith("COUNTA($B$6:$B$")
        first = values[title][sheet.tables[grid.name].ref.split(":")[0]].offset(1, 0)
        assert (first.column_letter, bool(first.value)) == ("B", True), title


@needs_libreoffice
@pytest.mark.slow
def test_the_pages_agree_with_libreoffice_whatever_is_chosen(tmp_path: Path, told: Tables) -> None:
    full = tmp_path / "full.xlsx"
    build_workbook(full, told, SETTINGS, macros=False)
    paths = [full]
    choices: tuple[dict[str, str], ...] = (
        {"why_item": "chair", "why_market": "North Shop", "review_family": "Tables",
         "capacity_load": "required"},
        {"why_item": "CHAIR", "why_market": "Moon", "review_market": "North Shop", "capacity_resource": "bench"},
    )
    for number, chosen in enumerate(choices):
        path = tmp_path / f"{number}.xlsx"
        build_workbook(path, small_company(), SETTINGS, macros=False)
        with open_book(path) as book:
            for name, value in chosen.items():
                book.names[name].refers_to_range.value = value
            book.save()
        assert run_file(path).done
        paths.append(path)
    assert_agrees(*paths)
    heads = [opened(path, data_only=True)["Why this forecast"]["G4"].value for path in paths]
    assert heads == ["Oak table (TABLE), South Shop", "Chair (CHAIR), North Shop",
                     "CHAIR is not planned there: choose another item or market."]
