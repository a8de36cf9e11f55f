"""The formula language: what it computes, and that every declared formula can be computed and rendered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sopxl.formulas import compute, references, round_half_up
from sopxl.grids import stack
from sopxl.schema import Column, Measure, PlanGrid
from sopxl.tables import GRIDS

PERIODS = ["2026-12", "2027-01", "2027-02"]


def grid(*measures: Measure) -> PlanGrid:
    return PlanGrid("trial", "A grid to try.", "plans", (Column("item", "text", "Item."),
                    Column("on_hand", "number", "Stock.", default=0.0)), key=("item",), measures=measures)


STOCK = grid(
    Measure("Receipts", "result", "In."),
    Measure("Issues", "result", "Out."),
    Measure("Closing", "formula", "Left.", first="{#on_hand}+{Receipts}-{Issues}",
            formula="{Closing@-1}+{Receipts}-{Issues}"),
)


def rows_of(trial: PlanGrid, **measures: list[list[float]]) -> pd.DataFrame:
    count = len(next(iter(measures.values())))
    objects = pd.DataFrame({"item": [f"item {place}" for place in range(count)], "on_hand": [10.0] * count})
    return stack(trial, objects, {name: np.array(values, float) for name, values in measures.items()}, PERIODS)


def values_of(trial: PlanGrid, frame: pd.DataFrame, measure: str) -> list[list[float]]:
    frame = compute(trial, frame, PERIODS, {}).query("measure == @measure")
    computed: list[list[float]] = frame[PERIODS].to_numpy().tolist()
    return computed


def test_a_balance_runs_from_the_stock_on_hand_through_all_periods() -> None:
    frame = rows_of(STOCK, Receipts=[[5, 0, 1]], Issues=[[3, 4, 0]])
    assert values_of(STOCK, frame, "Closing") == [[12, 8, 9]]


def test_an_empty_cell_counts_as_nought_in_arithmetic_and_is_told_apart_by_the_question_mark() -> None:
    trial = grid(Measure("Base", "result", "B."), Measure("Override", "input", "O."),
                 Measure("Final", "formula", "F.", formula="IF({Override?},{Base},{Override})"),
                 Measure("Sum", "formula", "S.", formula="{Base}+{Override}"))
    frame = rows_of(trial, Base=[[7, 8, 9]], Override=[[np.nan, 0, 5]])
    assert values_of(trial, frame, "Final") == [[7, 0, 5]]
    assert values_of(trial, frame, "Sum") == [[7, 8, 14]]


def test_the_last_period_stands_for_what_lies_beyond_it() -> None:
    trial = grid(Measure("Use", "result", "U."), Measure("Next", "formula", "N.", formula="{Use@+2}"))
    assert values_of(trial, rows_of(trial, Use=[[1, 2, 3]]), "Next") == [[3, 3, 3]]


def test_a_sum_over_another_grid_matches_rows_by_the_named_columns() -> None:
    parts = grid(Measure("Value", "result", "V."))
    frame = rows_of(parts, Value=[[1, 2, 3], [10, 20, 30]])
    total = grid(Measure("All", "formula", "A.", formula="{parts:Value}"),
                 Measure("Own", "formula", "O.", formula="{parts:Value by item}"),
                 Measure("Top", "formula", "T.", formula="{max parts:Value}"))
    wanted = rows_of(total, All=[[0, 0, 0], [0, 0, 0]])
    computed = compute(total, wanted, PERIODS, {"parts": frame})
    assert computed.query("measure == 'All'")[PERIODS].to_numpy().tolist() == [[11, 22, 33], [11, 22, 33]]
    assert computed.query("measure == 'Own'")[PERIODS].to_numpy().tolist() == [[1, 2, 3], [10, 20, 30]]
    assert computed.query("measure == 'Top'")[PERIODS].to_numpy().tolist() == [[10, 20, 30], [10, 20, 30]]


def test_a_sum_takes_only_the_rows_whose_column_has_the_value_that_is_asked_for() -> None:
    parts = grid(Measure("Value", "result", "V."))
    frame = rows_of(parts, Value=[[1, 2, 3], [10, 20, 30]])
    total = grid(Measure("Second", "formula", "S.", formula="{parts:Value by item=item 1}"),
                 Measure("Neither", "formula", "N.", formula="{parts:Value by item,item=item 1}"))
    computed = compute(total, rows_of(total, Second=[[0, 0, 0]]), PERIODS, {"parts": frame})
    assert computed.query("measure == 'Second'")[PERIODS].to_numpy().tolist() == [[10, 20, 30]]
    assert computed.query("measure == 'Neither'")[PERIODS].to_numpy().tolist() == [[0, 0, 0]]


def test_rounding_takes_halves_away_from_nought_as_spreadsheets_do() -> None:
    # 1.005, 2.675 and 1.115 stand a little below the half in binary; a spreadsheet rounds what it shows
    numbers = np.array([1.005, -1.005, 2.675, 1.115, 0.4449999, -0.125, 123456789.125, np.nan])
    rounded = [1.01, -1.01, 2.68, 1.12, 0.44, -0.13, 123456789.13, np.nan]
    np.testing.assert_array_equal(round_half_up(numbers, 2), rounded)


def test_looking_before_the_first_period_without_a_first_formula_is_refused() -> None:
    trial = grid(Measure("Use", "result", "U."), Measure("Past", "formula", "P.", formula="{Use@-1}"))
    with pytest.raises(KeyError, match="first"):
        compute(trial, rows_of(trial, Use=[[1, 2, 3]]), PERIODS, {})


@pytest.mark.parametrize("name", GRIDS)
def test_every_reference_of_a_declared_formula_is_to_something_declared(name: str) -> None:
    trial = GRIDS[name]
    for measure in trial.owned_by("formula"):
        assert measure.formula, measure.name
        for reference in references(measure.formula) + references(measure.first):
            if reference.table:
                other = GRIDS[reference.table]
                other.measure(reference.name)
                for column in reference.by:
                    name_of_column = column.removesuffix("?")
                    assert trial.column(name_of_column).name == other.column(name_of_column).name
            elif reference.is_attribute:
                assert trial.column(reference.name).name == reference.name
            else:
                trial.measure(reference.name)


@pytest.mark.parametrize("name", GRIDS)
def test_formulas_refer_only_to_what_is_computed_before_them(name: str) -> None:
    trial = GRIDS[name]
    order = [measure.name for measure in trial.owned_by("formula")]
    for measure in trial.owned_by("formula"):
        for reference in references(measure.formula) + references(measure.first):
            if reference.table:
                assert list(GRIDS).index(reference.table) < list(GRIDS).index(name)
            elif reference.name in order and reference.offset >= 0:
                assert reference.offset == 0
                assert order.index(reference.name) < order.index(measure.name)
