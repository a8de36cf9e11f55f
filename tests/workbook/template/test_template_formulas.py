"""Formulas are live, and the value beside each is the one that the plan computed."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from sopxl.pipeline import compute_formulas
from sopxl.schema import Tables
from sopxl.tables import GRIDS
from sopxl.workbook.template.live_numbers import KEY_NUMBERS
from tests.libreoffice_agreement import assert_agrees, needs_libreoffice
from tests.small_company import SETTINGS, small_company

PERIODS = SETTINGS.periods.labels


@pytest.mark.parametrize("name", GRIDS)
def test_every_formula_of_a_plan_carries_the_computed_value(
    name: str, formulas: Workbook, values: Workbook, plan_tables: Tables
) -> None:
    grid, frame = GRIDS[name], compute_formulas(plan_tables, SETTINGS)[name]
    sheet, shown = formulas[grid.title], values[grid.title]
    head, *rows = sheet[sheet.tables[name].ref]
    columns = {cell.value: cell.column for cell in head}
    for position, row in enumerate(rows):
        measure = grid.measure(sheet.cell(row[0].row, columns["Measure"]).value)
        for period in PERIODS:
            cell, expected = (row[0].row, columns[period]), frame[period].iloc[position]
            if measure.owner == "formula":
                assert str(sheet.cell(*cell).value).startswith("=")
                assert len(str(sheet.cell(*cell).value)) < 8192
                assert shown.cell(*cell).value == pytest.approx(expected, abs=1e-12)
            elif expected == expected:
                assert sheet.cell(*cell).value == pytest.approx(expected)
            else:
                assert sheet.cell(*cell).value is None


def test_the_tiles_of_home_show_what_their_formulas_give(values: Workbook, plan_tables: Tables) -> None:
    shown = {cell.column: cell.value for cell in values["Home"][5] if cell.value is not None}
    expected = [one.number.value(plan_tables) for one in KEY_NUMBERS]
    assert list(shown.values()) == pytest.approx(expected)
    revenue = plan_tables["financial_plan"].query("measure == 'Net sales'")[PERIODS].to_numpy().sum()
    assert revenue > 0
    assert shown[2] == pytest.approx(revenue)


def test_growth_on_last_year_compares_only_the_periods_that_have_one(plan_tables: Tables) -> None:
    plan = plan_tables["financial_plan"].copy()
    later = PERIODS[2:]
    plan.loc[plan["measure"] == "Last year revenue", later] = 0.0
    growth = next(one for one in KEY_NUMBERS if one.title == "Revenue of the plan").compared
    rows = plan.set_index("measure")
    expected = rows.loc["Net sales", PERIODS[:2]].sum() / rows.loc["Last year revenue", PERIODS[:2]].sum() - 1
    assert growth.value({**plan_tables, "financial_plan": plan}) == pytest.approx(expected)


@needs_libreoffice
@pytest.mark.slow
def test_libreoffice_computes_the_same_values_from_scratch(planned: Path, blank: Path) -> None:
    assert assert_agrees(planned, blank) > 1000


@needs_libreoffice
@pytest.mark.slow
@pytest.mark.parametrize(("bucket", "first"), [("week", "2026-W50"), ("quarter", "2026-Q4")])
def test_weeks_and_quarters_agree_with_libreoffice_too(bucket: str, first: str, tmp_path: Path) -> None:
    from dataclasses import replace

    from sopxl.pipeline import run
    from sopxl.workbook.template import build_workbook

    settings = replace(SETTINGS, bucket=bucket, first_period=first, backtest_periods=1)
    path = tmp_path / f"{bucket}.xlsx"
    build_workbook(path, run(small_company(settings)), settings, macros=False)
    assert_agrees(path)
