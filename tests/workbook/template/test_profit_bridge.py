"""The page on which profit is bridged: what is chosen, that it ties, and what the version does not know."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from sopxl.file_engine import open_book
from sopxl.grids import take
from sopxl.runner import run_file
from sopxl.schema import Tables
from sopxl.tables import GRIDS
from sopxl.workbook.template import build_workbook
from sopxl.workbook.template.page_values import page_values
from sopxl.workbook.template.profit_bridge import (
    BEGIN,
    BRIDGE,
    END,
    FAMILY,
    FIRST,
    FROM,
    MARKET,
    MAY_BE_UNKNOWN,
    STEPS,
    STEPS_ROW,
    UNTIL,
    VERSION,
)
from tests.libreoffice_agreement import assert_agrees, needs_libreoffice
from tests.small_company import SETTINGS, small_company

LABELS = SETTINGS.periods.labels
NOT_BUDGETED = "operating expenses, depreciation"


def shown(tables: Tables, **chosen: str) -> dict[str, float]:
    """The total of each step on the page."""
    values = page_values(tables, SETTINGS, chosen)
    row = STEPS_ROW + 2
    return {step: next(float(value) for text, value in values.items() if text.startswith(f"=SUM(D{row + place}:"))
            for place, step in enumerate(STEPS)}


def sentences(tables: Tables, **chosen: str) -> list[str]:
    values = page_values(tables, SETTINGS, chosen).values()
    return [value for value in values if isinstance(value, str) and value.startswith(("Ties", "Budget", "Last "))]


def test_the_page_shows_the_sums_of_the_bridge_and_says_that_it_ties(plan_tables: Tables) -> None:
    found = shown(plan_tables)
    grid = GRIDS["profit_bridge"]
    for step in STEPS:
        told = take(grid, plan_tables["profit_bridge"], step, LABELS)
        assert found[step] == pytest.approx(told[told.index == "Budget"].to_numpy(float).sum())
    plan = plan_tables["financial_plan"]
    as_planned = sum(float(plan.loc[plan["measure"] == name, LABELS[0]].iloc[0])
                     for name in ("Operating expenses", "Depreciation"))
    assert found[BEGIN] == pytest.approx(6000 - as_planned)
    assert sum(found[step] for step in STEPS[:-1]) == pytest.approx(found[END])
    assert sentences(plan_tables) == [
        "Ties to the cent: unexplained 0.00.",
        f"Budget does not hold {NOT_BUDGETED}: taken as in the plan, so that it is no part of the gap."]


def test_families_and_markets_add_up_to_the_whole(plan_tables: Tables) -> None:
    whole = shown(plan_tables, **{VERSION: "last year"})
    parts = [shown(plan_tables, **{VERSION: "Last year", FAMILY: family, MARKET: market})
             for family in ("Tables", "chairs") for market in ("South Shop", "North Shop")]
    for step in (BEGIN, END):
        assert whole[step] == pytest.approx(sum(part[step] for part in parts))
    assert whole[END] > 0


def test_only_the_periods_that_are_chosen_count(plan_tables: Tables) -> None:
    every = [shown(plan_tables, **{VERSION: "Last year", FROM: label, UNTIL: label})[END] for label in LABELS]
    assert shown(plan_tables, **{VERSION: "Last year", FROM: LABELS[1], UNTIL: LABELS[2]})[END] == pytest.approx(
        sum(every[1:3]))
    assert shown(plan_tables, **{VERSION: "Last year"})[END] == pytest.approx(sum(every))
    assert shown(plan_tables, **{VERSION: "Last year", FROM: "2031-01"})[END] == 0


def test_a_version_of_which_nothing_is_known_is_said(plan_tables: Tables) -> None:
    found = sentences(plan_tables, **{VERSION: "Last plan"})
    assert found == ["Last plan: nothing is known of the periods of the plan."]


def test_the_page_knows_which_costs_a_version_may_be_silent_on() -> None:
    assert [name.removeprefix("Base ") for name in MAY_BE_UNKNOWN] == [
        "production variance", "overtime and expediting", "other cost", "operating expenses", "depreciation"]


def test_no_step_is_written_over_another_row(formulas: Workbook) -> None:
    sheet = formulas["Profit review"]
    words = [sheet.cell(STEPS_ROW + 2 + place, FIRST + 1).value for place in range(len(STEPS) + 1)]
    assert words == [*STEPS, "Unexplained"]
    assert BRIDGE.totals == (BEGIN, END)


@needs_libreoffice
@pytest.mark.slow
def test_the_page_agrees_with_libreoffice_whatever_is_chosen(tmp_path: Path) -> None:
    paths = []
    choices: tuple[dict[str, str], ...] = (
        {}, {VERSION: "last year", FAMILY: "Tables", FROM: LABELS[1], UNTIL: LABELS[2]},
        {VERSION: "Last plan", MARKET: "North Shop"}, {FROM: "Moon"})
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
