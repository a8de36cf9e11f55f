"""The capacity review: where hours are short and free, and which orders ask for them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sopxl.schema import Tables, conform
from sopxl.tables import TABLES
from sopxl.workbook.template.book import TemplateBook
from sopxl.workbook.template.capacity_review import MAPS, add_capacity_review
from sopxl.workbook.template.page_values import _Listener
from sopxl.workbook.template.styles import Styles
from tests.small_company import SETTINGS

FIRST_CELL = 2


class Cells(_Listener):
    """Keeps the value of every cell by row and column."""

    def __init__(self) -> None:
        super().__init__({})
        self.cells: dict[tuple[int, int], Any] = {}

    def write_formula(self, row: int, column: int, formula: str, style: Any = None, value: Any = 0) -> None:
        self.cells[row, column] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **options: self


def shown(tables: Tables, **chosen: str) -> dict[tuple[int, int], Any]:
    listener = Cells()
    add_capacity_review(TemplateBook(listener, tables, SETTINGS, False, Styles(listener), chosen=chosen))
    return listener.cells


def hours(tables: Tables, measure: str) -> float:
    plan = tables["capacity_plan"]
    return float(plan.loc[plan["measure"] == measure, SETTINGS.periods.labels[0]].iloc[0])


def test_the_maps_show_load_and_free_hours_of_each_resource(plan_tables: Tables) -> None:
    cells = shown(plan_tables)
    planned, regular = hours(plan_tables, "Planned hours"), hours(plan_tables, "Regular hours")
    assert planned > 0
    assert cells[8, 1] == plan_tables["capacity_plan"]["resource"].iloc[0]
    assert cells[8, FIRST_CELL] == pytest.approx(planned / regular)
    assert cells[24, FIRST_CELL] == pytest.approx(regular - planned, abs=0.5)


def test_the_load_without_limits_is_shown_when_it_is_chosen(plan_tables: Tables) -> None:
    cells = shown(plan_tables, capacity_load="Required")
    required, regular = hours(plan_tables, "Required hours"), hours(plan_tables, "Regular hours")
    assert cells[8, FIRST_CELL] == pytest.approx(required / regular)


def test_only_the_orders_of_the_chosen_resource_are_listed(plan_tables: Tables) -> None:
    rows = [{"resource": name, "period": "2027-01", "load": 1.2, "item": "TABLE", "hours": 10.0}
            for name in ("SAW", "BENCH", "SAW")]
    tables = {**plan_tables, "overload_orders": conform(TABLES["overload_orders"], pd.DataFrame(rows))}
    of_all, of_bench = shown(tables), shown(tables, capacity_resource="bench")
    assert [of_all[row, 1] for row in range(40, 44)] == ["SAW", "BENCH", "SAW", ""]
    assert [of_bench[row, 1] for row in range(40, 42)] == ["BENCH", ""]


def test_a_resource_without_hours_has_no_load() -> None:
    assert MAPS[0].value(5.0, 0.0) == 0.0
    assert MAPS[1].value(5.0, 0.0) == -5.0


@pytest.mark.parametrize(("hours", "free"), [(10.0 + 1e-9, "0.0"), (10.4, "0.0"), (12.5, "-3.0"), (7.5, "3.0")])
def test_free_hours_are_whole_as_excel_rounds_them_and_nought_has_no_sign(hours: float, free: str) -> None:
    assert str(MAPS[1].value(hours, 10.0)) == free
    assert MAPS[1].formula("L", "R") == "ROUND(R-L,0)"
